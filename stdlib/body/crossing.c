/* crossing.c - see crossing.h.   Floor: stdlib. */
#include "stdlib/body/crossing.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/file/ingest.h"
#include "stdlib/outcome.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

static const char *const formats[] = {
    [ZPL_CROSSING_PARQUET] = "parquet", [ZPL_CROSSING_CSV] = "csv"};
#define FORMATS ((int)(sizeof formats / sizeof *formats))

/* Where table `name` crosses: DIR/in.rows.csv. */
static const char *crossing(struct zpl_context *c, const char *way, const char *name, int format)
{
    return zpl_arena_printf(c->arena, "%s/%s.%s.%s", c->task->scratch, way, name, formats[format]);
}

const char *zpl_crossing_tmp(struct zpl_context *context)
{
    return zpl_arena_printf(context->arena, "%s/.tmp", context->task->scratch);
}

const char *zpl_crossing_output(struct zpl_context *context, const struct zpl_run_output *output,
                                enum zpl_crossing format)
{
    return crossing(context, "out", output->name, format);
}

bool zpl_crossing_allow(struct zpl_context *c)
{
    size_t count = 0;
    const char **paths = zpl_arena_array(
        c->arena, (c->task->input_count + c->task->output_count) * FORMATS + 1, sizeof *paths);
    for (size_t i = 0; paths != NULL && i < c->task->input_count; i++)
        for (int f = 0; f < FORMATS; f++)
            paths[count++] = crossing(c, "in", c->task->inputs[i].name, f);
    for (size_t i = 0; paths != NULL && i < c->task->output_count; i++)
        for (int f = 0; f < FORMATS; f++)
            paths[count++] = crossing(c, "out", c->task->outputs[i].name, f);
    c->paths = paths;
    c->path_count = count;
    return !zpl_arena_failed(c->arena);
}

/* ---- inputs ---- */

/* As queries see it. */
static int write_copy(struct zpl_context *c, const struct zpl_scan *scan, const char *name,
                      const char *path, enum zpl_crossing format)
{
    struct zpl_duck *duck = zpl_context_duck(c);
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "COPY (SELECT ");
    for (size_t i = 0; !scan->all && i < scan->read_count; i++) {
        zpl_buf_puts(&sql, i > 0 ? ", " : "");
        zpl_duck_ident(&sql, scan->reads[i]);
    }
    zpl_buf_puts(&sql, scan->all ? "* FROM " : " FROM ");
    zpl_duck_ident(&sql, name);
    zpl_buf_puts(&sql, ") TO ");
    zpl_duck_text(&sql, path, strlen(path));
    zpl_buf_puts(&sql, format == ZPL_CROSSING_CSV
                           ? " (FORMAT csv, HEADER)"
                           : " (FORMAT parquet, ROW_GROUP_SIZE 2048, USE_TMP_FILE false)");
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK ? zpl_diag_nomem(c->diags)
                                                     : zpl_scan_view(duck, name, scan, c->diags);
    if (err == ZPL_OK)
        err = zpl_duck_exec(duck, zpl_buf_str(&sql), c->diags);
    zpl_buf_release(&sql);
    return err != ZPL_OK;
}

static int write_parquet(struct zpl_context *c, const struct zpl_scan *scan, const char *path)
{
    struct zpl_duck *duck = zpl_context_duck(c);
    struct ArrowArrayStream stream;
    return zpl_scan_stream(duck, scan, &stream, c->diags) != ZPL_OK ||
           zpl_write_stream(duck, &stream, NULL, path, c->diags) != ZPL_OK;
}

/* Does the step see Tensors?  Programs get them as lists, which they know. */
static bool has_tensors(const struct zpl_scan *scan)
{
    for (size_t i = 0; scan->row != NULL && i < scan->row->count; i++) {
        const struct zpl_column *column = &scan->row->columns[i];
        bool seen = scan->all;
        for (size_t k = 0; !seen && k < scan->read_count; k++)
            seen = strcmp(scan->reads[k], column->name) == 0;
        if (seen && column->type != NULL && column->type->kind == ZPL_TENSOR)
            return true;
    }
    return false;
}

/* A table that the step sees whole is linked, not copied; one that crossed already is there. */
const char *zpl_crossing_table(struct zpl_context *c, const struct zpl_run_input *input,
                               enum zpl_crossing format)
{
    struct zpl_scan scan;
    struct zpl_stat st;
    const char *path = crossing(c, "in", input->name, format);
    if (path == NULL || zpl_fs_stat(path, &st, NULL) == ZPL_OK)
        return path;
    if (!zpl_context_scan(c, input, &scan))
        return NULL;
    bool tensors = has_tensors(&scan);
    if (input->reads_all && format == ZPL_CROSSING_PARQUET && !tensors) {
        if (symlink(input->path, path) == 0)
            return path;
        zpl_diag_system(c->diags, "link", path, errno);
        return NULL;
    }
    if (zpl_context_duck(c) == NULL)
        return NULL;
    int failed = format == ZPL_CROSSING_CSV || tensors
                     ? write_copy(c, &scan, input->name, path, format)
                     : write_parquet(c, &scan, path);
    return failed ? NULL : path;
}

/* ---- outputs ---- */

static int unwritten(struct zpl_context *c, const char *name)
{
    zpl_diag_add(c->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                 "output '%s' was not written: the command ended without making the file that $%s "
                 "names",
                 name, name);
    return 1;
}

/* The table that the command wrote becomes a stored one. */
static int take_table(struct zpl_context *c, const struct zpl_run_output *output,
                      const struct zpl_type *type)
{
    struct zpl_stat st;
    const char *shown = zpl_arena_printf(c->arena, "output '%s'", output->name);
    for (int format = 0; format < FORMATS; format++) {
        struct zpl_datafile_options options = {.format = formats[format],
                                               .path = crossing(c, "out", output->name, format)};
        if (options.path == NULL || shown == NULL)
            return zpl_diag_nomem(c->diags) != ZPL_OK;
        if (zpl_fs_stat(options.path, &st, NULL) == ZPL_OK)
            return zpl_ingest_files(c, &options, &(struct zpl_ingest_file){options.path, shown}, 1,
                                    type, output->path);
    }
    return unwritten(c, output->name);
}

/* JSON in which Python's bare NaN, Infinity and -Infinity are records that only a Float is read from. */
static void wrap_odd_reals(const char *s, struct zpl_buf *out)
{
    static const char *const words[][2] = {
        {"NaN", "nan"}, {"Infinity", "inf"}, {"-Infinity", "-inf"}};
    bool quoted = false;
    while (*s != '\0') {
        size_t w = 0, n = 0;
        while (!quoted && w < 3 && strncmp(s, words[w][0], strlen(words[w][0])) != 0)
            w++;
        if (!quoted && w < 3) {
            zpl_buf_printf(out, "{\"float\":\"%s\"}", words[w][1]);
            s += strlen(words[w][0]);
            continue;
        }
        n = quoted && *s == '\\' && s[1] != '\0' ? 2 : 1;
        quoted = *s == '"' ? !quoted : quoted;
        zpl_buf_add(out, s, n);
        s += n;
    }
}

/* The value that a command wrote, of that type; NULL: it is no JSON, *at says where. */
static struct zpl_json *read_json(const struct zpl_buf *text, const struct zpl_type *type,
                                  struct zpl_arena *arena, size_t *at)
{
    struct zpl_buf wrapped = {0};
    struct zpl_json *value = NULL, *odd = NULL;
    if (zpl_json_parse(zpl_buf_str(text), text->len, &value, at) == ZPL_OK)
        return value;
    if (strlen(zpl_buf_str(text)) == text->len)
        wrap_odd_reals(zpl_buf_str(text), &wrapped);
    if (zpl_json_parse(zpl_buf_str(&wrapped), wrapped.len, &odd, NULL) == ZPL_OK) {
        const struct zpl_literal *literal = zpl_literal_of_json(odd, type, arena);
        value = literal != NULL ? zpl_context_json(literal) : NULL;
    }
    zpl_json_release(odd);
    zpl_buf_release(&wrapped);
    return value;
}

static int take_json(struct zpl_context *c, const struct zpl_run_output *output,
                     const struct zpl_type *type)
{
    struct zpl_kernel_context *ctx = &c->base;
    struct zpl_buf text = {0};
    struct zpl_stat st;
    size_t at = 0;
    int failed = 1;
    if (zpl_fs_stat(output->path, &st, NULL) != ZPL_OK)
        return unwritten(c, output->name);
    if (zpl_fs_read_file(output->path, ZPL_BUF_BYTES_MAX, &text, c->diags) == ZPL_OK) {
        struct zpl_json *value = read_json(&text, type, c->arena, &at);
        zpl_buf_clear(&text);
        if (value == NULL || zpl_json_write(value, false, &text) != ZPL_OK)
            zpl_diag_add(c->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                         "output '%s' is no JSON: byte %zu of what the command wrote", output->name,
                         at);
        else
            failed = ctx->output_json(ctx, output->name, zpl_buf_str(&text));
        zpl_json_release(value);
    }
    zpl_buf_release(&text);
    return failed;
}

static int take_told(struct zpl_context *c, const struct zpl_run_output *output,
                     const struct zpl_json *value)
{
    struct zpl_buf text = {0};
    int failed = zpl_json_write(value, false, &text) != ZPL_OK
                     ? zpl_diag_nomem(c->diags) != ZPL_OK
                     : c->base.output_json(&c->base, output->name, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return failed;
}

int zpl_crossing_take(struct zpl_context *c, const struct zpl_json *told)
{
    int failed = 0;
    for (size_t i = 0; i < c->task->output_count && !failed; i++) {
        const struct zpl_run_output *output = &c->task->outputs[i];
        const struct zpl_type *type = zpl_context_type(c, output->type);
        const struct zpl_json *value = zpl_json_get(told, output->name);
        struct zpl_stat st;
        if (type == NULL)
            return 1;
        if (type->kind == ZPL_TABLE)
            failed = take_table(c, output, type);
        else if (zpl_outcome_is_json(type) && value != NULL)
            failed = take_told(c, output, value);
        else if (zpl_outcome_is_json(type))
            failed = take_json(c, output, type);
        else if (zpl_fs_stat(output->path, &st, NULL) != ZPL_OK)
            failed = unwritten(c, output->name);
    }
    return failed;
}
