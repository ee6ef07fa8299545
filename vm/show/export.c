/* export.c - see export.h.   Floor: vm. */
#include "vm/show/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/types/signature.h"
#include "stdlib/outcome.h"
#include "vm/protocol/json_read.h"
#include "vm/session/engine.h"
#include "vm/session/sound.h"
#include "vm/show/preview.h"

#define BLOCK_BYTES   (1u << 20)
#define PICTURE_BYTES 4096 /* of which one sees what it is */

struct export
{
    struct zpl_session *session;
    struct zpl_diags *diags;
    const struct zpl_json *output;
    const struct zpl_type *type;
    const char *type_text, *target;
    char bytes[ZPL_PATH_MAX]; /* in the store; "": the value stands in the run's record */
    char part[ZPL_PATH_MAX];  /* beside the target, renamed when it is whole; absolute */
};

static const struct zpl_span nowhere;

/* ---- what the target may be ------------------------------------------------------------------ */

static const char *const TABLE_ENDINGS[] = {".csv", ".parquet", ".json", ".jsonl", NULL};
static const char *const VALUE_ENDINGS[] = {".json", NULL};
static const char *const TEXT_ENDINGS[] = {".txt", ".json", NULL};
static const char *const TENSOR_ENDINGS[] = {".npy", NULL};

/* The endings that say how to write it; NULL: any, it goes out as it is. */
static const char *const *endings_of(const struct zpl_type *type)
{
    if (type->kind == ZPL_TABLE)
        return TABLE_ENDINGS;
    if (type->kind == ZPL_STRING)
        return TEXT_ENDINGS;
    if (type->kind == ZPL_TENSOR)
        return TENSOR_ENDINGS;
    return zpl_outcome_is_json(type) ? VALUE_ENDINGS : NULL;
}

/* The ending of the target's name, "" for none. */
static const char *ending_of(const char *target)
{
    const char *base = zpl_path_base(target);
    const char *dot = strrchr(base, '.');
    return dot != NULL && dot != base ? dot : "";
}

static bool has_ending(const char *ending, const char *const *endings)
{
    for (size_t i = 0; endings[i] != NULL; i++)
        if (zpl_text_equal_nocase(ending, endings[i]))
            return true;
    return false;
}

/* A model that is one file goes out as it is, which is none of the formats that others are written in. */
static enum zpl_err check_model_ending(const struct export *x)
{
    const char *ending = ending_of(x->target);
    if (!has_ending(ending, TABLE_ENDINGS) && !has_ending(ending, TEXT_ENDINGS))
        return ZPL_OK;
    struct zpl_diag *diag = zpl_diag_add(
        x->diags, ZPL_CODE_USAGE, nowhere,
        "the ending of '%s' is that of another format: a Model goes out as it is", x->target);
    zpl_diag_help(x->diags, diag, "%s",
                  zpl_type_is_model_of(x->type, "onnx") ? "others know it as .onnx"
                                                        : "XGBoost knows it as .ubj");
    return ZPL_ERR_USAGE;
}

static enum zpl_err check_ending(const struct export *x)
{
    const char *const *endings = endings_of(x->type);
    const char *ending = ending_of(x->target);
    struct zpl_buf words = {0};
    size_t count = zpl_names_count(endings);
    if (zpl_type_is_model_of(x->type, "xgboost") || zpl_type_is_model_of(x->type, "onnx"))
        return check_model_ending(x);
    if (endings == NULL || has_ending(ending, endings))
        return ZPL_OK;
    for (size_t i = 0; i < count; i++)
        zpl_buf_printf(&words, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", endings[i]);
    struct zpl_diag *diag =
        zpl_diag_add(x->diags, ZPL_CODE_USAGE, nowhere, "%s '%s' does not say how to write a %s",
                     *ending != '\0' ? "the ending of" : "without an ending,", x->target,
                     zpl_kind_name(x->type->kind));
    const char *near = *ending != '\0' ? zpl_text_nearest(ending, endings, count) : NULL;
    if (near != NULL)
        zpl_diag_help(x->diags, diag,
                      count > 1 ? "did you mean %s?  It can be %s" : "did you mean %s?", near,
                      zpl_buf_str(&words));
    else
        zpl_diag_help(x->diags, diag, "it can be %s", zpl_buf_str(&words));
    zpl_buf_release(&words);
    return ZPL_ERR_USAGE;
}

/* A picture goes out as it is, and a name that ends as those of another kind would say something else of it. */
static enum zpl_err check_picture(const struct export *x)
{
    char start[PICTURE_BYTES];
    size_t got = 0;
    const char *named = zpl_media_of_ending(ending_of(x->target));
    int fd = named != NULL ? zpl_fs_open(x->bytes, O_RDONLY, 0) : -1;
    if (fd < 0)
        return ZPL_OK;
    bool read = zpl_fs_read_all(fd, start, sizeof start, &got) == ZPL_OK;
    close(fd);
    const char *media = read ? zpl_media_type(x->bytes, start, got) : named;
    const char *ending = zpl_media_ending(media);
    if (ending == NULL || strcmp(media, named) == 0)
        return ZPL_OK;
    struct zpl_diag *diag =
        zpl_diag_add(x->diags, ZPL_CODE_USAGE, nowhere,
                     "'%s' would be %s under the name of another kind: a File goes out as it is",
                     x->target, media);
    zpl_diag_help(x->diags, diag, "let its name end in %s", ending);
    return ZPL_ERR_USAGE;
}

/* Nothing may stand there but, with force, a file. */
static enum zpl_err check_place(const struct export *x, bool folder, bool force)
{
    struct zpl_stat st;
    enum zpl_err err = zpl_fs_stat(x->target, &st, x->diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return ZPL_OK;
    if (err != ZPL_OK)
        return err;
    if (st.is_dir && folder) {
        struct zpl_diag *diag = zpl_diag_add(x->diags, ZPL_CODE_USAGE, nowhere,
                                             "the folder %s is there already", x->target);
        zpl_diag_help(x->diags, diag,
                      "name another, or remove it first: --force replaces files only");
        return ZPL_ERR_USAGE;
    }
    if (st.is_dir) {
        struct zpl_diag *diag =
            zpl_diag_add(x->diags, ZPL_CODE_USAGE, nowhere, "%s is a folder", x->target);
        zpl_diag_help(x->diags, diag, "name the file in it");
        return ZPL_ERR_USAGE;
    }
    if (force && !folder)
        return ZPL_OK;
    struct zpl_diag *diag =
        zpl_diag_add(x->diags, ZPL_CODE_USAGE, nowhere, "%s is there already", x->target);
    zpl_diag_help(x->diags, diag,
                  folder ? "name another place: this is a folder" : "--force replaces it");
    return ZPL_ERR_USAGE;
}

/* A name beside the target; the folder it is in has to be there. */
static enum zpl_err name_part(struct export *x)
{
    char dir[ZPL_PATH_MAX], full[ZPL_PATH_MAX], name[64];
    if (zpl_path_dir(dir, x->target) != ZPL_OK)
        return zpl_diag_system(x->diags, "write", x->target, ENAMETOOLONG);
    if (realpath(dir, full) == NULL)
        return zpl_diag_system(x->diags, "write below", dir, errno);
    snprintf(name, sizeof name, ".zpl-export-%ld", (long)getpid());
    if (zpl_path_join(x->part, full, name) != ZPL_OK)
        return zpl_diag_system(x->diags, "write", x->target, ENAMETOOLONG);
    return zpl_fs_remove_tree(x->part, x->diags);
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* Writes `fd` to `to`; 0, or an errno. */
static int copy_bytes(int from, int to)
{
    char *block = zpl_malloc(BLOCK_BYTES);
    int error = block != NULL ? 0 : ENOMEM;
    size_t got = 1;
    while (error == 0 && got > 0) {
        if (zpl_fs_read_all(from, block, BLOCK_BYTES, &got) != ZPL_OK ||
            zpl_fs_write_all(to, block, got) != ZPL_OK)
            error = errno;
    }
    free(block);
    return error;
}

static enum zpl_err copy_file(const char *from, const char *to, bool executable,
                              struct zpl_diags *diags)
{
    int in = zpl_fs_open(from, O_RDONLY, 0);
    int out = in >= 0 ? zpl_fs_open(to, O_WRONLY | O_CREAT | O_EXCL, executable ? 0777 : 0666) : -1;
    int error = in < 0 || out < 0 ? errno : copy_bytes(in, out);
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) != 0 && error == 0)
        error = errno;
    return error == 0 ? ZPL_OK : zpl_diag_system(diags, "copy to", to, error);
}

static enum zpl_err copy_tree(const char *from, const char *to, unsigned depth,
                              struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_stat st;
    char **names = NULL;
    size_t count = 0;
    enum zpl_err err = zpl_fs_stat(from, &st, diags);
    if (err != ZPL_OK || !st.is_dir)
        return err == ZPL_OK ? copy_file(from, to, (st.mode & S_IXUSR) != 0, diags) : err;
    if (depth > ZPL_TREE_DEPTH_MAX)
        return zpl_diag_system(diags, "copy", from, ENAMETOOLONG);
    err = zpl_fs_mkdirs(to, diags);
    if (err == ZPL_OK)
        err = zpl_fs_list(from, &arena, &names, &count, diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        char inner[ZPL_PATH_MAX], target[ZPL_PATH_MAX];
        err = zpl_path_join(inner, from, names[i]) == ZPL_OK &&
                      zpl_path_join(target, to, names[i]) == ZPL_OK
                  ? copy_tree(inner, target, depth + 1, diags)
                  : zpl_diag_system(diags, "copy", names[i], ENAMETOOLONG);
    }
    zpl_arena_release(&arena);
    return err;
}

/* ---- by type --------------------------------------------------------------------------------- */

/* A value as JSON that people can read, or a text as it is. */
static enum zpl_err write_value(struct export *x)
{
    struct zpl_json *value;
    struct zpl_buf text = {0};
    enum zpl_err err = zpl_preview_value(x->output, x->bytes, &value, x->diags);
    size_t n = 0;
    const char *s = zpl_json_strn(value, &n);
    if (err == ZPL_OK && s != NULL && zpl_text_equal_nocase(ending_of(x->target), ".txt"))
        zpl_buf_add(&text, s, n);
    else if (err == ZPL_OK && zpl_json_write(value, true, &text) == ZPL_OK)
        zpl_buf_putc(&text, '\n');
    if (err == ZPL_OK)
        err = zpl_buf_error(&text) == ZPL_OK
                  ? zpl_fs_write_file(x->part, zpl_buf_str(&text), text.len, false, x->diags)
                  : zpl_diag_nomem(x->diags);
    zpl_buf_release(&text);
    zpl_json_release(value);
    return err;
}

/* A Tensor goes out as a list, which other programs know. */
static bool has_tensors(const struct zpl_row *row)
{
    for (size_t i = 0; row != NULL && i < row->count; i++)
        if (row->columns[i].type->kind == ZPL_TENSOR)
            return true;
    return false;
}

static enum zpl_err write_table(struct export *x)
{
    const char *ending = ending_of(x->target);
    struct zpl_export_request request = {.type = x->type_text, .path = x->bytes, .to = x->part};
    bool parquet = zpl_text_equal_nocase(ending, ".parquet");
    if (parquet && !has_tensors(x->type->row))
        return copy_file(x->bytes, x->part, false, x->diags);
    request.format = parquet                                  ? "parquet"
                     : zpl_text_equal_nocase(ending, ".csv")  ? "csv"
                     : zpl_text_equal_nocase(ending, ".json") ? "json"
                                                              : "jsonl";
    return zpl_engine_export(x->session, &request);
}

static enum zpl_err write_part(struct export *x)
{
    if (x->type->kind == ZPL_TABLE)
        return write_table(x);
    if (zpl_outcome_is_json(x->type))
        return write_value(x);
    return copy_tree(x->bytes, x->part, 0, x->diags);
}

/* Gives what is whole its name; what came there meanwhile is not replaced unless it may be. */
static enum zpl_err put_in_place(const struct export *x, bool force)
{
    int error = 0;
    if (zpl_fault(ZPL_FAULT_RENAME))
        error = errno;
    else if (force ? rename(x->part, x->target) != 0
                   : renameat2(AT_FDCWD, x->part, AT_FDCWD, x->target, RENAME_NOREPLACE) != 0)
        error = errno;
    if (error == EINVAL &&
        !force) /* a file system that can't do it in one go: looked just before */
        error = rename(x->part, x->target) == 0 ? 0 : errno;
    return error == 0 ? ZPL_OK : zpl_diag_system(x->diags, "write", x->target, error);
}

/* Where its bytes are; a value that the record has needs none. */
static enum zpl_err find_bytes(struct export *x)
{
    struct zpl_digest digest;
    if (zpl_json_get(x->output, "value") != NULL)
        return ZPL_OK;
    if (x->type->kind == ZPL_ENDPOINT || !zpl_read_digest(x->output, "digest", &digest)) {
        zpl_diag_add(x->diags, ZPL_CODE_USAGE, nowhere,
                     x->type->kind == ZPL_ENDPOINT ? "an Endpoint has no bytes to export"
                                                   : "the step did not make it in this run");
        return ZPL_ERR_USAGE;
    }
    return zpl_sound_local(x->session, &digest, x->bytes, x->diags);
}

enum zpl_err zpl_export(struct zpl_session *session, const struct zpl_json *output,
                        const char *target, bool force)
{
    struct export x = {.session = session,
                       .diags = &session->diags,
                       .output = output,
                       .type_text = zpl_json_str(zpl_json_get(output, "type"), ""),
                       .target = target};
    struct zpl_signature_error error = {0};
    struct zpl_stat st = {0};
    enum zpl_err err = zpl_type_parse(x.type_text, &session->arena, &x.type, &error);
    if (err != ZPL_OK) {
        zpl_diag_add(x.diags, ZPL_CODE_STORE_CORRUPT, nowhere, "the type '%s' can't be read",
                     x.type_text);
        return ZPL_ERR_CORRUPT;
    }
    err = check_ending(&x);
    if (err == ZPL_OK)
        err = find_bytes(&x);
    if (err == ZPL_OK && x.bytes[0] != '\0')
        err = zpl_fs_stat(x.bytes, &st, x.diags);
    if (err == ZPL_OK && x.type->kind == ZPL_FILE && !st.is_dir)
        err = check_picture(&x);
    if (err == ZPL_OK)
        err = check_place(&x, st.is_dir, force);
    if (err == ZPL_OK)
        err = name_part(&x);
    if (err != ZPL_OK)
        return err;
    err = write_part(&x);
    if (err == ZPL_OK)
        err = put_in_place(&x, force && !st.is_dir);
    if (err != ZPL_OK)
        zpl_fs_remove_tree(x.part, NULL);
    return err;
}
