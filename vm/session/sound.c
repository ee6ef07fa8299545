/* sound.c - see sound.h.   Floor: vm. */
#include "vm/session/sound.h"

#include "lang/base/fs.h"
#include "stdlib/outcome.h"

static enum zpl_err damaged(const char *path, struct zpl_diags *diags)
{
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
                     "the bytes of the artifact %s are not what was stored", path);
    zpl_diag_help(diags, diag, "`zpl doctor --repair` forgets it, so that its step makes it again");
    return ZPL_ERR_CORRUPT;
}

enum zpl_err zpl_sound_path(const char *path, const struct zpl_digest *digest,
                            struct zpl_diags *diags)
{
    struct zpl_digest now = {0};
    struct zpl_arena arena = {0};
    struct zpl_diags told = {0};
    struct zpl_stat st;
    uint64_t bytes;
    enum zpl_err err = zpl_fs_stat(path, &st, diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? damaged(path, diags) : err;
    err = st.is_dir ? zpl_outcome_tree(path, &now, &bytes, &arena, &told)
                    : zpl_fs_digest(path, &now, &bytes, &told);
    if (err == ZPL_ERR_STEP || (err == ZPL_OK && !zpl_digest_equal(&now, digest)))
        err = damaged(path, diags); /* STEP: something is in the folder that was not stored */
    else
        zpl_diags_append(diags, &told);
    zpl_diags_release(&told);
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_sound_local(struct zpl_session *session, const struct zpl_digest *digest,
                             char *path, struct zpl_diags *diags)
{
    struct zpl_artifacts *artifacts;
    enum zpl_err err = zpl_session_artifacts(session, &artifacts);
    if (err == ZPL_OK)
        err = artifacts->local(artifacts->self, digest, path, diags);
    return err == ZPL_OK ? zpl_sound_path(path, digest, diags) : err;
}

enum zpl_err zpl_sound_make_room(struct zpl_session *session, const struct zpl_digest *digest,
                                 struct zpl_diags *diags)
{
    struct zpl_artifacts *artifacts;
    struct zpl_diags quiet = {0};
    char path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_session_artifacts(session, &artifacts);
    if (err == ZPL_OK)
        err = artifacts->has(artifacts->self, digest, UINT64_MAX, diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
    bool sound = zpl_sound_local(session, digest, path, &quiet) == ZPL_OK;
    zpl_diags_release(&quiet);
    return sound ? ZPL_OK : artifacts->remove(artifacts->self, digest, diags);
}
