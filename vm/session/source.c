/* source.c - digests of user files, remembered by stat data.   Floor: vm. */
#include "vm/session/source.h"

#include <errno.h>
#include <string.h>

#include "lang/base/fs.h"
#include "vm/session/witness.h"

static const char SPACE[] = "source";

/* Everything stat tells that changes when the content does. */
static struct zpl_digest stat_key(const char *path, const struct zpl_stat *st)
{
    struct zpl_hasher hasher;
    uint64_t fields[] = {st->size, st->inode, st->device, (uint64_t)st->mtime_ns,
                         (uint64_t)st->ctime_ns};
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, path, strlen(path));
    zpl_hasher_field(&hasher, fields, sizeof fields);
    return zpl_hasher_final(&hasher);
}

/* Asks the memo; false when it does not know. */
static bool recall(struct zpl_metadata *metadata, const struct zpl_digest *key,
                   struct zpl_digest *digest)
{
    struct zpl_buf value = {0};
    struct zpl_diags quiet = {0};
    bool known = metadata->memo_get(metadata->self, SPACE, key, &value, &quiet) == ZPL_OK &&
                 value.len == sizeof digest->b;
    if (known)
        memcpy(digest->b, value.data, sizeof digest->b);
    zpl_buf_release(&value);
    zpl_diags_release(&quiet);
    return known;
}

/* Digest and size of the file at `path`. */
enum zpl_err zpl_source_digest(struct zpl_session *session, const char *path,
                               struct zpl_digest *digest, uint64_t *bytes, struct zpl_diags *diags)
{
    struct zpl_metadata *metadata;
    struct zpl_stat st;
    struct zpl_stat after;
    enum zpl_err err = zpl_fs_stat(path, &st, diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return zpl_diag_system(diags, "open", path, ENOENT);
    if (err != ZPL_OK)
        return err;
    if (!st.is_file)
        return zpl_diag_system(diags, "read as a file", path, st.is_dir ? EISDIR : EINVAL);
    struct zpl_digest key = stat_key(path, &st);
    metadata = zpl_session_memo(session);
    *bytes = st.size;
    if (metadata != NULL && recall(metadata, &key, digest)) {
        zpl_witness_content(session->project.witness, path, &st, digest);
        return ZPL_OK;
    }
    err = zpl_fs_digest(path, digest, bytes, diags);
    if (err == ZPL_OK)
        zpl_witness_content(session->project.witness, path, &st, digest);
    if (err != ZPL_OK || metadata == NULL)
        return err;
    bool settled = zpl_stat_is_settled(&st) && zpl_fs_stat(path, &after, NULL) == ZPL_OK &&
                   after.mtime_ns == st.mtime_ns && after.ctime_ns == st.ctime_ns &&
                   after.size == st.size;
    if (settled) {
        struct zpl_diags quiet = {0};
        (void)metadata->memo_put(metadata->self, SPACE, &key, digest->b, sizeof digest->b, &quiet);
        zpl_diags_release(&quiet);
    }
    return ZPL_OK;
}
