/* write.c - see write.h.   Floor: stdlib. */
#include "stdlib/table/write.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/table/tensor.h"

static const struct zpl_span nowhere;

/* The DuckDB value of a literal, of the type its kind has in a query; NULL for one that has none.
 * The caller destroys it. */
static duckdb_value value_of(const struct zpl_duck_api *api, const struct zpl_literal *literal)
{
    switch (literal->kind) {
    case ZPL_LIT_NULL:
        return api->create_null_value();
    case ZPL_LIT_BOOL:
        return api->create_bool(literal->as.b);
    case ZPL_LIT_INT:
        return api->create_int64(literal->as.i);
    case ZPL_LIT_FLOAT:
        return api->create_double(literal->as.f);
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        return api->create_varchar_length(literal->as.str.s, literal->as.str.n);
    default:
        return NULL;
    }
}

static enum zpl_err bind_params(struct zpl_duck *duck, duckdb_prepared_statement statement,
                                const struct zpl_write_param *params, size_t count,
                                struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = duck->api;
    for (size_t i = 0; i < count; i++) {
        idx_t index;
        if (api->bind_parameter_index(statement, &index, params[i].name) != DuckDBSuccess)
            continue;
        duckdb_value value = value_of(api, params[i].value);
        bool bound = value != NULL && api->bind_value(statement, index, value) == DuckDBSuccess;
        if (value != NULL)
            api->destroy_value(&value);
        if (!bound) {
            zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                         "param '%s' can't be given to SQL: it is no number, text or Bool",
                         params[i].name);
            return ZPL_ERR_STEP;
        }
    }
    return ZPL_OK;
}

/* Says where in the query an error happened, when DuckDB does: it ends its words with "LINE 3: " and an
 * excerpt, and a line with a caret.  A `::` is shown with what stands before it. */
static void note_place(const char *words, struct zpl_diags *diags)
{
    enum { SHOWN = 50 };
    const char *line = strstr(words, "\nLINE ");
    const char *text = line != NULL ? strstr(line, ": ") : NULL;
    const char *below = text != NULL ? strchr(text, '\n') : NULL;
    const char *caret = below != NULL ? strchr(below, '^') : NULL;
    if (caret == NULL || diags == NULL || diags->count == 0)
        return;
    const char *start = line + 1;
    uint32_t letter;
    for (long column = caret - below - 1; column > 0 && start < below; column--)
        start += zpl_utf8_next(start, (size_t)(below - start), &letter);
    bool behind = strncmp(start, "::", 2) == 0;
    while (behind && start > text + 2 && strchr(" ,(", start[-1]) == NULL)
        start--;
    size_t left = (size_t)(below - start), n = 0;
    for (size_t i = 0; i < SHOWN && n < left; i++)
        n += zpl_utf8_next(start + n, left - n, &letter);
    zpl_diag_note(diags, diags->items[diags->count - 1], nowhere, "line %ld of the query: %.*s%s",
                  strtol(line + sizeof "\nLINE " - 1, NULL, 10) - 1, (int)n, start,
                  start + n < below ? " …" : "");
}

enum zpl_err zpl_write_execute(struct zpl_duck *duck, const char *query,
                               const struct zpl_write_param *params, size_t param_count,
                               duckdb_result *out, struct zpl_diags *diags)
{
    const struct zpl_duck_api *api = duck->api;
    duckdb_prepared_statement statement = NULL;
    enum zpl_err err;
    memset(out, 0, sizeof *out);
    if (api->prepare(duck->connection, query, &statement) != DuckDBSuccess) {
        err = zpl_duck_fail(diags, api->prepare_error(statement));
        goto done;
    }
    err = bind_params(duck, statement, params, param_count, diags);
    if (err == ZPL_OK && api->execute_prepared(statement, out) != DuckDBSuccess) {
        const char *words = api->result_error(out);
        err = zpl_duck_fail(diags, words != NULL ? words : "");
        note_place(words != NULL ? words : "", diags);
        api->destroy_result(out);
        memset(out, 0, sizeof *out);
    }
done:
    api->destroy_prepare(&statement);
    return err;
}

/* One column of the select list, as what is stored for `type`. */
static const char *add_column(const struct zpl_relation *have, long at, const char *name,
                              const struct zpl_type *type, struct zpl_buf *out,
                              struct zpl_arena *arena)
{
    const char *why = NULL;
    if (at < 0)
        return "is declared, but there is none of this name";
    if (type == NULL)
        type = zpl_convert_type(have->api, have->types[at], arena, &why);
    if (type == NULL)
        return why != NULL ? why : "has no type";
    zpl_buf_puts(out, out->len > 0 ? ", " : "");
    if (!zpl_convert_column(have->api, have->names[at], have->types[at], type, ZPL_CONVERT_STRICT,
                            out, arena, &why))
        return why;
    zpl_buf_puts(out, " AS ");
    zpl_duck_ident(out, name);
    return NULL;
}

/* The select list that gives the declared columns, of an open row also the others behind them;
 * STEP_OUTPUT when one can't be had. */
static enum zpl_err project(const struct zpl_relation *have, const struct zpl_row *row,
                            struct zpl_buf *out, struct zpl_arena *arena, struct zpl_diags *diags)
{
    size_t declared = row != NULL ? row->count : 0;
    const char *why = NULL, *name = NULL;
    for (size_t i = 0; why == NULL && i < declared; i++) {
        name = row->columns[i].name;
        why =
            add_column(have, zpl_relation_find(have, name), name, row->columns[i].type, out, arena);
    }
    for (size_t i = 0; why == NULL && (row == NULL || row->open) && i < have->count; i++) {
        name = have->names[i];
        if (row == NULL || zpl_row_find(row, name) == NULL)
            why = add_column(have, (long)i, name, NULL, out, arena);
    }
    if (why == NULL)
        return ZPL_OK;
    zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, nowhere, "column '%s' %s", name, why);
    return ZPL_ERR_STEP;
}

#define TENSOR_GROUP_BYTES ((uint64_t)64 << 20)

int64_t zpl_write_group_rows(const struct zpl_row *row)
{
    uint64_t bytes = 0, rows = ZPL_DUCK_GROUP_ROWS;
    for (size_t i = 0; row != NULL && i < row->count; i++) {
        const struct zpl_type *type = row->columns[i].type;
        bytes += type != NULL && type->kind == ZPL_TENSOR ? zpl_tensor_bytes(type) : 0;
    }
    if (bytes > 0 && TENSOR_GROUP_BYTES / bytes < rows)
        rows = TENSOR_GROUP_BYTES / bytes;
    if (rows > ZPL_FEED_ROWS) /* groups of full chunks */
        return (int64_t)(rows - rows % ZPL_FEED_ROWS);
    return rows > 0 ? (int64_t)rows : 1;
}

/* Writes the feed's rows; `projection` is a select list. */
static enum zpl_err copy(struct zpl_duck *duck, struct zpl_feed *feed, const char *projection,
                         const struct zpl_row *row, const char *path, struct zpl_diags *diags)
{
    int64_t group = zpl_write_group_rows(row);
    struct zpl_buf sql = {0}, words = {0};
    enum zpl_err err = ZPL_OK;
    zpl_feed_limit(feed, group);
    zpl_buf_printf(&sql, "COPY (SELECT %s FROM %s) TO ", projection, zpl_feed_name(feed));
    zpl_duck_text(&sql, path, strlen(path));
    zpl_buf_printf(&sql,
                   " (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE %lld, USE_TMP_FILE false)",
                   (long long)group);
    if (zpl_buf_error(&sql) != ZPL_OK)
        err = zpl_diag_nomem(diags);
    else if (!zpl_duck_try(duck, zpl_buf_str(&sql), NULL, &words))
        err = zpl_convert_misfit(zpl_buf_str(&words), diags)
                  ? ZPL_ERR_STEP
                  : zpl_duck_fail(diags, zpl_buf_str(&words));
    zpl_buf_release(&sql);
    zpl_buf_release(&words);
    return err;
}

/* The columns of the query, found by running it for no rows. */
static enum zpl_err columns_of(struct zpl_duck *duck, const struct zpl_write *write,
                               struct zpl_relation *out, struct zpl_arena *arena,
                               struct zpl_diags *diags)
{
    struct zpl_buf sql = {0};
    duckdb_result result;
    zpl_buf_printf(&sql, "SELECT * FROM (\n%s\n) LIMIT 0", write->query);
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(diags)
                           : zpl_write_execute(duck, zpl_buf_str(&sql), write->params,
                                               write->param_count, &result, diags);
    if (err == ZPL_OK) {
        err = zpl_relation_of(duck->api, &result, out, arena, diags);
        duck->api->destroy_result(&result);
    }
    zpl_buf_release(&sql);
    return err;
}

/* The names of the query's columns that are wanted, as a select list: others are not computed. */
static void choose(const struct zpl_relation *have, const struct zpl_row *row, struct zpl_buf *out)
{
    bool all = row == NULL || row->open;
    for (size_t i = 0; i < (all ? have->count : row->count); i++) {
        long at = all ? (long)i : zpl_relation_find(have, row->columns[i].name);
        if (at < 0)
            continue; /* project() tells it */
        zpl_buf_puts(out, out->len > 0 ? ", " : "");
        zpl_duck_ident(out, have->names[at]);
    }
}

enum zpl_err zpl_write_query(struct zpl_duck *duck, const struct zpl_write *write,
                             struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_relation have = {0};
    struct zpl_feed *feed = NULL;
    struct zpl_buf projection = {0}, chosen = {0}, sql = {0};
    duckdb_result result;
    enum zpl_err err = columns_of(duck, write, &have, &arena, diags);
    if (err != ZPL_OK)
        goto done;
    err = project(&have, write->row, &projection, &arena, diags);
    if (err != ZPL_OK)
        goto done;
    choose(&have, write->row, &chosen);
    zpl_buf_printf(&sql, "SELECT %s FROM (\n%s\n)", zpl_buf_str(&chosen), write->query);
    if (zpl_buf_error(&projection) != ZPL_OK || zpl_buf_error(&chosen) != ZPL_OK ||
        zpl_buf_error(&sql) != ZPL_OK || zpl_arena_failed(&arena)) {
        err = zpl_diag_nomem(diags);
        goto done;
    }
    err = zpl_write_execute(duck, zpl_buf_str(&sql), write->params, write->param_count, &result,
                            diags);
    if (err == ZPL_OK)
        err = zpl_feed_of_result(duck, &result, &feed, diags);
    if (err == ZPL_OK)
        err = copy(duck, feed, zpl_buf_str(&projection), write->row, write->path, diags);
done:
    zpl_feed_release(feed);
    zpl_relation_release(&have);
    zpl_buf_release(&projection);
    zpl_buf_release(&chosen);
    zpl_buf_release(&sql);
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_write_feed(struct zpl_duck *duck, struct zpl_feed *feed, const struct zpl_row *row,
                            const char *path, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_buf projection = {0};
    enum zpl_err err = project(zpl_feed_columns(feed), row, &projection, &arena, diags);
    if (err == ZPL_OK)
        err = zpl_buf_error(&projection) != ZPL_OK || zpl_arena_failed(&arena)
                  ? zpl_diag_nomem(diags)
                  : copy(duck, feed, zpl_buf_str(&projection), row, path, diags);
    zpl_buf_release(&projection);
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_write_stream(struct zpl_duck *duck, struct ArrowArrayStream *in,
                              const struct zpl_row *row, const char *path, struct zpl_diags *diags)
{
    struct zpl_feed *feed = NULL;
    enum zpl_err err = zpl_feed_of_stream(duck, in, &feed, diags);
    if (err == ZPL_OK)
        err = zpl_write_feed(duck, feed, row, path, diags);
    zpl_feed_release(feed);
    return err;
}
