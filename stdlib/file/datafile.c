/* datafile.c - see datafile.h.   Floor: stdlib. */
#include "stdlib/file/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/check/engine.h"
#include "stdlib/file/datafile_format.h"
#include "stdlib/table/tensor.h"

static const struct format {
    const char *name;
    zpl_datafile_format_fn *open;
    bool text;   /* unpacked by a name's ending, and nothing when empty */
    bool sparse; /* a key that is not there is a null */
} formats[] = {
    {"csv", zpl_datafile_csv, true, false},
    {"json", zpl_datafile_json, true, true},
    {"parquet", zpl_datafile_parquet, false, false},
};

static const struct format *format_of(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* gzip or Zstandard, which DuckDB would read by the name's ending: and of a file that was cut off it
 * gives the rows before the cut, without a word. */
static bool is_compressed(const char *start, size_t len)
{
    return (len >= 2 && memcmp(start, "\x1f\x8b", 2) == 0) ||
           (len >= 4 && memcmp(start, "\x28\xb5\x2f\xfd", 4) == 0);
}

const char *zpl_datafile_problem(const char *format, const char *path, struct zpl_arena *arena)
{
    static const char magic[] = {'P', 'A', 'R', '1'};
    const struct format *known = format_of(format);
    struct zpl_stat stat;
    if (known == NULL)
        return zpl_arena_printf(arena, "is of a format this zpl can't read: '%s'", format);
    enum zpl_err err = zpl_fs_stat(path, &stat, NULL);
    if (err == ZPL_ERR_NOT_FOUND)
        return ZPL_SCHEMA_MISSING;
    if (err != ZPL_OK)
        return zpl_arena_printf(arena, "can't be read: %s", strerror(errno));
    if (stat.is_dir)
        return "is a folder, not a file";
    if (!stat.is_file)
        return "is no regular file";
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    if (fd < 0)
        return zpl_arena_printf(arena, "can't be read: %s", strerror(errno));
    char start[sizeof magic];
    size_t got = 0;
    err = zpl_fs_read_all(fd, start, sizeof start, &got);
    int error = errno;
    close(fd);
    if (err != ZPL_OK)
        return zpl_arena_printf(arena, "can't be read: %s", strerror(error));
    if (known->text && is_compressed(start, got))
        return "is compressed: unpack it first";
    if (!known->text && (got < sizeof magic || memcmp(start, magic, sizeof magic) != 0))
        return "is not a Parquet file";
    return known->text && got == 0 ? "is empty" : NULL;
}

enum zpl_err zpl_datafile_open(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                               struct zpl_datafile *out, const char **why, struct zpl_arena *arena,
                               struct zpl_diags *diags)
{
    memset(out, 0, sizeof *out);
    *why = zpl_datafile_problem(options->format, options->path, arena);
    if (*why != NULL)
        return ZPL_OK;
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    if (row == NULL)
        return zpl_diag_nomem(diags);
    out->format = options->format;
    out->row = row;
    return format_of(options->format)->open(duck, options, out, row, why, arena, diags);
}

bool zpl_datafile_is_sparse(const char *format)
{
    const struct format *known = format_of(format);
    return known != NULL && known->sparse;
}

const char *zpl_datafile_fault(const char *format, const char *path, const char *said,
                               struct zpl_arena *arena)
{
    return strcmp(format, "json") == 0  ? zpl_datafile_json_fault(path, said, arena)
           : strcmp(format, "csv") == 0 ? zpl_datafile_csv_fault(path, said, arena)
                                        : NULL;
}

const char *zpl_datafile_quote(const char *s, size_t n, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    zpl_text_scrub(&text, s, n);
    const char *quoted = zpl_arena_printf(arena, "'%s'", zpl_buf_str(&text));
    zpl_buf_release(&text);
    return quoted != NULL ? quoted : "";
}

bool zpl_datafile_column(const struct zpl_datafile *file, const struct zpl_relation *have,
                         size_t at, const struct zpl_type *to, enum zpl_convert mode,
                         struct zpl_buf *out, struct zpl_arena *arena, const char **why)
{
    const struct zpl_type *type = zpl_convert_type(have->api, have->types[at], arena, why);
    if (strcmp(file->format, "json") == 0 && type != NULL && type->kind == ZPL_JSON)
        return zpl_convert_json(have->api, have->names[at], to, mode, out, arena, why);
    return zpl_convert_column(have->api, have->names[at], have->types[at], to, mode, out, arena,
                              why);
}

void zpl_datafile_tensor_why(const struct zpl_datafile *file, const struct zpl_relation *have,
                             size_t at, const struct zpl_type *to, struct zpl_buf *out,
                             struct zpl_arena *arena)
{
    struct zpl_buf x = {0}, list = {0};
    bool json = strcmp(file->format, "json") == 0;
    zpl_duck_ident(&x, have->names[at]);
    if (json && zpl_convert_json_list(have->api, have->names[at], to, &list, arena)) {
        zpl_buf_puts(out, "coalesce(");
        zpl_tensor_why(to, zpl_buf_str(&list), out);
        zpl_buf_printf(out, ", concat('holds ', left(CAST(%s AS VARCHAR), 60), ', and ",
                       zpl_buf_str(&x));
        zpl_type_show(to, true, out);
        zpl_buf_puts(out, " is declared'))");
    } else {
        zpl_tensor_why(to, zpl_buf_str(&x), out);
    }
    zpl_buf_release(&x);
    zpl_buf_release(&list);
}

bool zpl_datafile_guessed(const struct zpl_datafile *file, const struct zpl_relation *have,
                          size_t at, const struct zpl_type *to, enum zpl_convert mode,
                          struct zpl_buf *out, struct zpl_arena *arena, const char **why)
{
    /* What is compared first keeps the usual case cheap. */
    const char *when = to->kind == ZPL_INT     ? "@ < '1' AND " ZPL_SQL_ZEROS("@")
                       : to->kind == ZPL_FLOAT ? ZPL_SQL_ROUNDED("@")
                       : to->kind == ZPL_BOOL  ? "lower(@) NOT IN ('true', 'false')"
                                               : NULL;
    struct zpl_buf value = {0}, x = {0};
    bool text = when != NULL && have->api->get_type_id(have->types[at]) == DUCKDB_TYPE_VARCHAR;
    bool fine = zpl_datafile_column(file, have, at, to, mode, &value, arena, why);
    zpl_duck_ident(&x, have->names[at]);
    if (text) {
        zpl_buf_puts(out, "CASE WHEN ");
        for (const char *p = when; *p != '\0'; p++)
            zpl_buf_add(out, *p == '@' ? zpl_buf_str(&x) : p, *p == '@' ? x.len : 1);
        zpl_buf_printf(out, " THEN %s ELSE ", zpl_convert_wrong(mode));
    }
    zpl_buf_puts(out, zpl_buf_str(&value));
    zpl_buf_puts(out, text ? " END" : "");
    zpl_buf_release(&value);
    zpl_buf_release(&x);
    return fine;
}

enum zpl_err zpl_datafile_stray(struct zpl_duck *duck, const struct zpl_datafile *file,
                                const char *path, const struct zpl_row *row, int64_t *at,
                                const char **key, struct zpl_arena *arena, struct zpl_diags *diags)
{
    *key = NULL;
    return strcmp(file->format, "json") != 0
               ? ZPL_OK
               : zpl_datafile_json_stray(duck, path, row, at, key, arena, diags);
}

/* Can a value that was taken for one of kind `have`, as JSON writes it, be of kind `to`? */
static bool json_fits(const struct zpl_type *have, const struct zpl_type *to)
{
    switch (to->kind) {
    case ZPL_JSON:
        return true;
    case ZPL_BYTES:
        return false;
    case ZPL_TENSOR:
        return have->kind == ZPL_JSON || have->kind == ZPL_LIST;
    case ZPL_LIST:
        return have->kind == ZPL_JSON ||
               (have->kind == ZPL_LIST && json_fits(have->elem, to->elem));
    case ZPL_INT:
        return have->kind == ZPL_INT || have->kind == ZPL_STRING || have->kind == ZPL_JSON;
    case ZPL_FLOAT:
        return have->kind == ZPL_INT || have->kind == ZPL_FLOAT || have->kind == ZPL_STRING ||
               have->kind == ZPL_JSON;
    case ZPL_BOOL:
        return have->kind == ZPL_BOOL || have->kind == ZPL_STRING || have->kind == ZPL_JSON ||
               have->kind == ZPL_INT;
    case ZPL_DATE:
    case ZPL_TIMESTAMP:
        return have->kind == ZPL_DATE || have->kind == ZPL_TIMESTAMP || have->kind == ZPL_STRING ||
               have->kind == ZPL_JSON;
    default:
        return have->kind != ZPL_LIST;
    }
}

const char *zpl_datafile_misfit(const struct zpl_datafile *file, const struct zpl_relation *have,
                                size_t at, const struct zpl_type *to, struct zpl_arena *arena)
{
    const struct zpl_type *type = file->row->columns[at].type;
    const struct zpl_datafile_look *look = file->looks != NULL ? &file->looks[at] : NULL;
    struct zpl_buf unused = {0};
    const char *why = NULL;
    bool fine =
        zpl_datafile_column(file, have, at, to, ZPL_CONVERT_UNNUMBERED, &unused, arena, &why);
    zpl_buf_release(&unused);
    if (fine && look != NULL && look->misfit != NULL)
        return look->misfit;
    if (!fine || strcmp(file->format, "json") != 0 || look == NULL || look->empty)
        return fine ? NULL : why;
    if (look->objects && to->kind != ZPL_JSON)
        return zpl_arena_printf(arena, "holds objects, but %s is declared: Json keeps them",
                                zpl_type_text(to, true, arena));
    if (look->arrays && to->kind != ZPL_JSON && to->kind != ZPL_LIST && to->kind != ZPL_TENSOR)
        return zpl_arena_printf(arena,
                                "holds arrays, but %s is declared: a List or Json keeps them",
                                zpl_type_text(to, true, arena));
    if (type == NULL || json_fits(type, to))
        return NULL;
    return zpl_arena_printf(arena, "holds %s, but %s is declared", zpl_type_text(type, true, arena),
                            zpl_type_text(to, true, arena));
}
