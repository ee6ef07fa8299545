/* preview.c - see preview.h.   Floor: vm. */
#include "vm/show/preview.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/types/signature.h"
#include "stdlib/outcome.h"
#include "vm/protocol/json_read.h"
#include "vm/session/engine.h"
#include "vm/session/sound.h"

/* The first bytes of a file into `out`. */
static enum zpl_err read_start(const char *path, struct zpl_buf *out, struct zpl_diags *diags)
{
    size_t got = 0;
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    char *room = zpl_buf_extend(out, ZPL_PREVIEW_TEXT_MAX);
    enum zpl_err err = room == NULL ? zpl_diag_nomem(diags)
                       : fd < 0     ? ZPL_ERR_IO
                                    : zpl_fs_read_all(fd, room, ZPL_PREVIEW_TEXT_MAX, &got);
    if (err == ZPL_ERR_IO)
        err = zpl_diag_system(diags, "read", path, errno);
    if (fd >= 0)
        close(fd);
    zpl_buf_truncate(out, got);
    return err;
}

/* Takes off the beginning of a character whose end was not read. */
static void drop_cut_character(struct zpl_buf *text)
{
    size_t at = text->len;
    uint32_t cp;
    while (at > 0 && text->len - at < 3 && ((unsigned char)text->data[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0 || (unsigned char)text->data[--at] < 0xc0)
        return;
    if (zpl_utf8_next(text->data + at, text->len - at, &cp) == 1)
        zpl_buf_truncate(text, at);
}

/* Media type and, of a text, its beginning. */
static enum zpl_err add_file(const char *path, bool text, struct zpl_json *o,
                             struct zpl_diags *diags)
{
    struct zpl_buf start = {0}, clean = {0};
    struct zpl_stat st = {0};
    uint32_t width, height;
    enum zpl_err err = zpl_fs_stat(path, &st, diags);
    if (err == ZPL_OK)
        err = read_start(path, &start, diags);
    if (err == ZPL_OK) {
        const char *media = zpl_media_type(path, zpl_buf_str(&start), start.len);
        bool readable = strncmp(media, "text/", 5) == 0 || strstr(media, "json") != NULL ||
                        strstr(media, "yaml") != NULL || strstr(media, "xml") != NULL;
        zpl_json_set_take(o, "bytes", zpl_json_int((int64_t)st.size));
        zpl_json_set_take(o, "media", zpl_json_string(media));
        if (zpl_media_pixels(media, zpl_buf_str(&start), start.len, &width, &height)) {
            zpl_json_set_take(o, "width", zpl_json_int(width));
            zpl_json_set_take(o, "height", zpl_json_int(height));
        }
        if (text && readable) {
            if (start.len < st.size)
                drop_cut_character(&start);
            zpl_text_scrub(&clean, zpl_buf_str(&start), start.len);
            zpl_json_set_take(o, "text", zpl_json_stringn(zpl_buf_str(&clean), clean.len));
            if (zpl_buf_error(&clean) != ZPL_OK)
                err = zpl_diag_nomem(diags);
        }
    }
    zpl_buf_release(&clean);
    zpl_buf_release(&start);
    return err;
}

/* ---- folders --------------------------------------------------------------------------------- */

struct walk {
    const char *root;
    struct zpl_json *files;
    int64_t count, bytes;
    struct zpl_arena arena;
    struct zpl_diags *diags;
};

static enum zpl_err visit(struct walk *walk, const char *name, unsigned depth)
{
    char path[ZPL_PATH_MAX], inner[ZPL_PATH_MAX];
    struct zpl_stat st;
    char **names;
    size_t count;
    if (zpl_path_join(path, walk->root, name) != ZPL_OK || depth > ZPL_TREE_DEPTH_MAX)
        return zpl_diag_system(walk->diags, "read", name, ENAMETOOLONG);
    enum zpl_err err = zpl_fs_stat(path, &st, walk->diags);
    if (err != ZPL_OK)
        return err;
    if (!st.is_dir) {
        walk->bytes += (int64_t)st.size;
        if (walk->count++ >= ZPL_PREVIEW_FILES_MAX)
            return ZPL_OK;
        struct zpl_json *o = zpl_json_object();
        struct zpl_buf clean = {0};
        zpl_text_scrub(&clean, name, strlen(name));
        zpl_json_set_take(o, "path", zpl_json_string(zpl_buf_str(&clean)));
        err = zpl_buf_error(&clean) == ZPL_OK ? add_file(path, false, o, walk->diags)
                                              : zpl_diag_nomem(walk->diags);
        zpl_buf_release(&clean);
        zpl_json_add_take(walk->files, o);
        return err;
    }
    err = zpl_fs_list(path, &walk->arena, &names, &count, walk->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++)
        err = zpl_path_join(inner, name, names[i]) == ZPL_OK
                  ? visit(walk, inner, depth + 1)
                  : zpl_diag_system(walk->diags, "read", names[i], ENAMETOOLONG);
    return err;
}

static enum zpl_err add_dir(const char *path, struct zpl_json *o, struct zpl_diags *diags)
{
    struct walk walk = {.root = path, .files = zpl_json_array(), .diags = diags};
    enum zpl_err err = visit(&walk, "", 0);
    zpl_json_set_take(o, "files", walk.files);
    zpl_json_set_take(o, "file_count", zpl_json_int(walk.count));
    zpl_json_set_take(o, "bytes", zpl_json_int(walk.bytes));
    zpl_arena_release(&walk.arena);
    return err;
}

/* ---- by type --------------------------------------------------------------------------------- */

struct looking {
    struct zpl_session *session;
    const struct zpl_json *output;
    const struct zpl_type *type;
    int64_t head;
    char path[ZPL_PATH_MAX]; /* of the bytes; "": gone */
};

enum zpl_err zpl_preview_value(const struct zpl_json *output, const char *path,
                               struct zpl_json **out, struct zpl_diags *diags)
{
    const struct zpl_json *known = zpl_json_get(output, "value");
    struct zpl_buf text = {0};
    *out = known != NULL ? zpl_json_ref(known) : NULL;
    if (known != NULL)
        return ZPL_OK;
    enum zpl_err err = zpl_fs_read_file(path, ZPL_MESSAGE_MAX, &text, diags);
    enum zpl_err parsed =
        err == ZPL_OK ? zpl_json_parse(zpl_buf_str(&text), text.len, out, NULL) : ZPL_OK;
    zpl_buf_release(&text);
    if (parsed == ZPL_OK)
        return err;
    if (parsed == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(diags);
    zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0}, "%s is no JSON", path);
    return ZPL_ERR_CORRUPT;
}

static enum zpl_err look_value(struct looking *l, struct zpl_json *o)
{
    struct zpl_json *value;
    enum zpl_err err = zpl_preview_value(l->output, l->path, &value, &l->session->diags);
    zpl_json_set_take(o, "kind", zpl_json_string("value"));
    zpl_json_set_take(o, "value", value != NULL ? value : zpl_json_null());
    return err;
}

static enum zpl_err look_bytes(struct looking *l, struct zpl_json *o)
{
    struct zpl_stat st;
    enum zpl_err err = zpl_fs_stat(l->path, &st, &l->session->diags);
    if (err != ZPL_OK)
        return err;
    if (l->type->kind == ZPL_MODEL)
        zpl_json_set_take(
            o, "framework",
            zpl_json_string(l->type->framework != NULL ? l->type->framework : "unknown"));
    zpl_json_set_take(o, "kind", zpl_json_string(st.is_dir ? "dir" : "file"));
    return st.is_dir ? add_dir(l->path, o, &l->session->diags)
                     : add_file(l->path, true, o, &l->session->diags);
}

/* By an engine if it takes one. */
static enum zpl_err look_inside(struct looking *l, struct zpl_json **out)
{
    const struct zpl_preview_request request = {
        .type = zpl_json_str(zpl_json_get(l->output, "type"), ""),
        .path = l->path,
        .rows = zpl_json_i64(zpl_json_get(l->output, "rows"), -1),
        .head = l->head};
    if (l->type->kind == ZPL_TABLE || l->type->kind == ZPL_TENSOR ||
        zpl_type_is_model_of(l->type, "xgboost") || zpl_type_is_model_of(l->type, "onnx"))
        return zpl_engine_preview(l->session, &request, out);
    *out = zpl_json_object();
    return zpl_outcome_is_json(l->type) ? look_value(l, *out) : look_bytes(l, *out);
}

/* Finds the bytes; a value that the row has needs none. */
static enum zpl_err find_bytes(struct looking *l, const struct zpl_digest *digest)
{
    struct zpl_artifacts *artifacts;
    struct zpl_diags *diags = &l->session->diags;
    if (zpl_json_get(l->output, "value") != NULL)
        return ZPL_OK;
    enum zpl_err err = zpl_session_artifacts(l->session, &artifacts);
    if (err == ZPL_OK)
        err = artifacts->has(artifacts->self, digest, UINT64_MAX, diags);
    return err == ZPL_OK ? zpl_sound_local(l->session, digest, l->path, diags) : err;
}

enum zpl_err zpl_preview_output(struct zpl_session *session, const struct zpl_json *output,
                                int64_t head, struct zpl_json **out)
{
    struct looking l = {.session = session, .output = output, .head = head};
    struct zpl_arena arena = {0};
    struct zpl_signature_error error = {0};
    struct zpl_digest digest;
    const char *text = zpl_json_str(zpl_json_get(output, "type"), NULL);
    *out = NULL;
    if (text == NULL || !zpl_read_digest(output, "digest", &digest))
        return ZPL_OK;
    enum zpl_err err = zpl_type_parse(text, &arena, &l.type, &error);
    if (err != ZPL_OK || l.type->kind == ZPL_ENDPOINT) {
        bool starved = err == ZPL_ERR_NOMEM || zpl_arena_failed(&arena);
        zpl_arena_release(&arena);
        return starved ? zpl_diag_nomem(&session->diags) : ZPL_OK;
    }
    err = find_bytes(&l, &digest);
    if (err == ZPL_ERR_NOT_FOUND) {
        *out = zpl_json_object();
        zpl_json_set_take(*out, "kind", zpl_json_string("gone"));
        err = ZPL_OK;
    } else if (err == ZPL_OK) {
        err = look_inside(&l, out);
    }
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_preview_picture(struct zpl_session *session, const struct zpl_json *output,
                                 struct zpl_json *preview)
{
    struct looking l = {.session = session, .output = output};
    struct zpl_buf bytes = {0}, text = {0};
    struct zpl_digest digest;
    bool image = strncmp(zpl_json_str(zpl_json_get(preview, "media"), ""), "image/", 6) == 0;
    if (!image || zpl_json_i64(zpl_json_get(preview, "bytes"), INT64_MAX) > ZPL_PAGE_IMAGE_MAX ||
        !zpl_read_digest(output, "digest", &digest))
        return ZPL_OK;
    enum zpl_err err = find_bytes(&l, &digest);
    if (err == ZPL_OK)
        err = zpl_fs_read_file(l.path, ZPL_PAGE_IMAGE_MAX, &bytes, &session->diags);
    if (err == ZPL_OK) {
        zpl_text_base64(&text, zpl_buf_str(&bytes), bytes.len);
        err = zpl_buf_error(&text) == ZPL_OK ? ZPL_OK : zpl_diag_nomem(&session->diags);
    }
    if (err == ZPL_OK)
        zpl_json_set_take(preview, "data", zpl_json_stringn(zpl_buf_str(&text), text.len));
    zpl_buf_release(&bytes);
    zpl_buf_release(&text);
    return err;
}
