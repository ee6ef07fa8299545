/* bind.c - see bind.h: what a query gives, what it reads, and what is wrong with it.  The tables are
 * empty and have neutral names, behind views with the program's; so nothing is executed, and the plan
 * says which columns are read without any quoting.   Floor: stdlib. */
#include "stdlib/query/bind.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "stdlib/query/bind_error.h"
#include "stdlib/query/bind_literal.h"
#include "stdlib/query/bind_scope.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/lineage.h"
#include "stdlib/query/unique.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/sqltext.h"

struct binding {
    const struct zpl_bind_request *request;
    struct zpl_bind_answer *answer;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    struct zpl_duck duck; /* the kept session */
    struct zpl_guarded guarded;
    struct zpl_relation result;
    struct zpl_lineage lineage; /* of the result's columns */
    bool rest; /* a column stands in each open table for those that are not known */
    struct zpl_arena scratch;
};

/* The column that stands for others: DuckDB has no table, and no `*`, without columns.  It is none of the result. */
#define REST "(further columns)"

/* The tables: zpl_in.t0 (c0 BIGINT, …), and a view `flights` on it with the columns' own names. */
static enum zpl_err create_tables(struct binding *b)
{
    struct zpl_buf table = {0}, view = {0};
    enum zpl_err err = zpl_duck_exec(&b->duck, "CREATE SCHEMA zpl_in", b->diags);
    for (size_t t = 0; err == ZPL_OK && t < b->request->table_count; t++) {
        const struct zpl_row *row = b->request->tables[t].row;
        zpl_buf_clear(&table);
        zpl_buf_clear(&view);
        zpl_buf_printf(&table, "CREATE TABLE zpl_in." ZPL_LINEAGE_TABLE "%zu (", t);
        zpl_buf_puts(&view, "CREATE VIEW ");
        zpl_duck_ident(&view, b->request->tables[t].name);
        zpl_buf_puts(&view, " AS SELECT ");
        for (size_t c = 0; c < row->count; c++) {
            zpl_buf_printf(&table, "%s" ZPL_LINEAGE_COLUMN "%zu ", c > 0 ? ", " : "", c);
            zpl_convert_sql(row->columns[c].type, false, &table);
            zpl_buf_printf(&view, "%s" ZPL_LINEAGE_COLUMN "%zu AS ", c > 0 ? ", " : "", c);
            zpl_duck_ident(&view, row->columns[c].name);
        }
        zpl_buf_puts(&table, row->count > 0 ? ")" : ZPL_LINEAGE_COLUMN "0 BIGINT)");
        if (row->count == 0 || (b->rest && row->open))
            zpl_buf_printf(&view, "%sNULL AS \"" REST "\"", row->count > 0 ? ", " : "");
        zpl_buf_printf(&view, " FROM zpl_in." ZPL_LINEAGE_TABLE "%zu", t);
        if (zpl_buf_error(&table) != ZPL_OK || zpl_buf_error(&view) != ZPL_OK)
            err = zpl_diag_nomem(b->diags);
        if (err == ZPL_OK)
            err = zpl_duck_exec(&b->duck, zpl_buf_str(&table), b->diags);
        if (err == ZPL_OK)
            err = zpl_duck_exec(&b->duck, zpl_buf_str(&view), b->diags);
    }
    zpl_buf_release(&table);
    zpl_buf_release(&view);
    return err;
}

/* Some value of the kind a param has: its type decides how the query binds, its value nothing. */
static duckdb_value sample_value(const struct zpl_duck_api *api, enum zpl_kind kind)
{
    switch (kind) {
    case ZPL_INT:
        return api->create_int64(1);
    case ZPL_FLOAT:
        return api->create_double(1);
    case ZPL_BOOL:
        return api->create_bool(true);
    case ZPL_DATE:
        return api->create_date((duckdb_date){0});
    case ZPL_TIMESTAMP:
        return api->create_timestamp((duckdb_timestamp){0});
    default:
        return api->create_varchar_length("", 0);
    }
}

/* Runs `before` query `after` with every param given; DuckDB's words in `words` on failure. */
static bool run_around(struct binding *b, const char *before, const char *after, duckdb_result *out,
                       struct zpl_buf *words)
{
    const struct zpl_duck_api *api = b->duck.api;
    duckdb_prepared_statement statement = NULL;
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, before);
    zpl_buf_add(&sql, b->request->sql, zpl_sqltext_trim(b->request->sql));
    zpl_buf_puts(&sql, after);
    memset(out, 0, sizeof *out);
    zpl_buf_clear(words);
    bool fine = api->prepare(b->duck.connection, zpl_buf_str(&sql), &statement) == DuckDBSuccess;
    if (!fine)
        zpl_buf_puts(words, api->prepare_error(statement));
    for (size_t i = 0; fine && i < b->request->param_count; i++) {
        idx_t index;
        if (api->bind_parameter_index(statement, &index, b->request->params[i].name) !=
            DuckDBSuccess)
            continue;
        duckdb_value value = sample_value(api, b->request->params[i].kind);
        fine = api->bind_value(statement, index, value) == DuckDBSuccess;
        api->destroy_value(&value);
    }
    if (fine && api->execute_prepared(statement, out) != DuckDBSuccess) {
        const char *why = api->result_error(out);
        zpl_buf_puts(words, why != NULL ? why : "");
        api->destroy_result(out);
        memset(out, 0, sizeof *out);
        fine = false;
    }
    api->destroy_prepare(&statement);
    zpl_buf_release(&sql);
    return fine;
}

/* The names as the query gives them: in a subquery DuckDB would rename the second of two.  A query whose
 * columns depend on a param's value has none before it is given; then the subquery's names stand. */
static enum zpl_err name_columns(struct binding *b)
{
    const struct zpl_duck_api *api = b->duck.api;
    duckdb_prepared_statement statement = NULL;
    enum zpl_err err = ZPL_OK;
    if (api->prepare(b->duck.connection, b->request->sql, &statement) != DuckDBSuccess)
        zpl_bind_error_read(b->request, api->prepare_error(statement), 0, &b->answer->error,
                            b->arena);
    size_t count = api->prepared_statement_column_count(statement);
    bool known = count == b->result.count && count > 0 &&
                 api->prepared_statement_column_type(statement, 0) != DUCKDB_TYPE_INVALID;
    for (size_t i = 0; known && i < count; i++) {
        const char *name = api->prepared_statement_column_name(statement, i);
        if (name != NULL)
            b->result.names[i] = zpl_arena_strdup(b->arena, name);
        api->free((void *)(uintptr_t)name);
        if (b->result.names[i] == NULL)
            err = zpl_diag_nomem(b->diags);
    }
    api->destroy_prepare(&statement);
    return err;
}

/* What only stands for other columns is no column of the result. */
static void leave_out_rest(struct binding *b)
{
    struct zpl_relation *result = &b->result;
    size_t kept = 0;
    for (size_t i = 0; i < result->count; i++) {
        if (strstr(result->names[i], REST) != NULL) {
            b->duck.api->destroy_logical_type(&result->types[i]);
            continue;
        }
        result->names[kept] = result->names[i];
        result->types[kept++] = result->types[i];
    }
    result->count = kept;
}

/* Where the last result column of that name is made: its alias, its name, or the star it comes from.
 * -1: nowhere. */
static long place_of_column(const struct binding *b, const char *name)
{
    const char *sql = b->request->sql;
    const struct zpl_json *node = b->guarded.tree;
    long named = -1, star = -1;
    size_t count = 0;
    while (zpl_guard_is(node, "SET_OPERATION_NODE"))
        node = zpl_json_get(node, "left");
    const struct zpl_json *list = zpl_json_get(node, "select_list");
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        const struct zpl_json *names = zpl_json_get(item, "column_names");
        const char *alias = zpl_guard_text(item, "alias");
        if (alias == NULL && zpl_json_count(names) > 0)
            alias = zpl_json_str(zpl_json_at(names, zpl_json_count(names) - 1), NULL);
        long at = zpl_guard_place(item, sql), word = -1;
        if (at >= 0 && zpl_guard_is(item, "STAR"))
            star = at;
        if (at >= 0 && alias != NULL && zpl_text_equal_nocase(alias, name))
            word = zpl_sqltext_find(sql + at, 0, alias);
        if (word < 0)
            continue;
        named = at + word;
        count++;
    }
    long place = count > 1 || named > star ? named : star;
    return place >= 0 ? place : zpl_sqltext_find_last(sql, -1, name);
}

static void refuse_column(struct binding *b, enum zpl_bind_fault fault, const char *name,
                          const char *message)
{
    struct zpl_bind_error *e = &b->answer->error;
    if (e->message != NULL)
        return;
    e->fault = fault;
    e->name = name;
    e->message = message;
    e->offset = place_of_column(b, name);
    e->length = e->offset >= 0 ? zpl_sqltext_length(b->request->sql, (size_t)e->offset) : 1;
}

static const char *twins(struct binding *b, const char *first, const char *second)
{
    if (strcmp(first, second) == 0)
        return zpl_arena_printf(b->arena, "two columns of the result are named '%s'", first);
    return zpl_arena_printf(b->arena, "two columns of the result are named '%s' and '%s'", first,
                            second);
}

/* A result of more columns than a table has. */
static void refuse_width(struct binding *b)
{
    struct zpl_bind_error *e = &b->answer->error;
    e->fault = ZPL_BIND_LIMIT;
    e->message = zpl_arena_printf(b->arena, "the result has %zu columns; a table has at most %u",
                                  b->result.count, ZPL_COLUMNS_MAX);
    e->offset = -1;
    e->length = 1;
}

/* The type of a Tensor that a result column is, unchanged; NULL: it is none.  The engine sees a list. */
static const struct zpl_type *passed_tensor(const struct binding *b, size_t i)
{
    const struct zpl_bind_origin *origin = &b->lineage.origins[i];
    const struct zpl_type *type = NULL;
    size_t of = 0;
    for (size_t k = 0; origin->plain && k < origin->count; k++) {
        const struct zpl_bind_source *source = &origin->sources[k];
        if (source->by)
            continue;
        type = b->request->tables[source->table].row->columns[source->column].type;
        of++;
    }
    return of == 1 && type->kind == ZPL_TENSOR ? zpl_type_refined(b->arena, type, NULL) : NULL;
}

/* The result's row, or an error for a column that can't be one of a table. */
static enum zpl_err type_columns(struct binding *b)
{
    size_t count = b->result.count;
    struct zpl_column *columns = zpl_arena_array(b->arena, count + 1, sizeof *columns);
    struct zpl_row *row = zpl_arena_alloc(b->arena, sizeof *row);
    if (columns == NULL || row == NULL ||
        !zpl_lineage_follow(b->request, b->guarded.tree, b->result.names, count, &b->lineage,
                            b->arena, &b->scratch))
        return zpl_diag_nomem(b->diags);
    for (size_t i = 0; i < count; i++) {
        const char *name = b->result.names[i], *why = NULL;
        columns[i].name = name;
        columns[i].type = passed_tensor(b, i);
        if (columns[i].type == NULL)
            columns[i].type = zpl_convert_type(b->duck.api, b->result.types[i], b->arena, &why);
        if (columns[i].type == NULL && why == NULL)
            return zpl_diag_nomem(b->diags);
        if (why != NULL)
            refuse_column(b, ZPL_BIND_TYPE, name,
                          zpl_arena_printf(b->arena, "column '%s' %s", name, why));
        for (size_t k = 0; k < i; k++)
            if (zpl_text_equal_nocase(columns[k].name, name))
                refuse_column(b, ZPL_BIND_NAME, name, twins(b, columns[k].name, name));
        const struct zpl_refine refine = {.hindsight = true};
        if (b->lineage.hindsight[i] && columns[i].type != NULL)
            columns[i].type = zpl_type_refined(b->arena, columns[i].type, &refine);
    }
    *row = (struct zpl_row){.columns = columns, .count = count};
    b->answer->row = row;
    return zpl_arena_failed(b->arena) ? zpl_diag_nomem(b->diags) : ZPL_OK;
}

/* Adds to an error what the engine does not say by itself. */
static void explain_error(struct binding *b)
{
    struct zpl_bind_error *e = &b->answer->error;
    if (e->fault == ZPL_BIND_NAME && strncmp(e->message, "unknown column ", 15) == 0)
        zpl_bind_scope(&b->duck, b->request, b->guarded.tree, e, b->arena);
    else if (strncmp(e->message, "Set operations can only ", 24) == 0)
        zpl_bind_sides(&b->duck, b->request, b->guarded.tree, e, b->arena);
}

/* For the next statements: which optimizers are off. */
static enum zpl_err disable(struct binding *b, const char *optimizers)
{
    struct zpl_buf sql = {0};
    zpl_buf_printf(&sql, "SET disabled_optimizers = '%s'", optimizers);
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(b->diags)
                           : zpl_duck_exec(&b->duck, zpl_buf_str(&sql), b->diags);
    zpl_buf_release(&sql);
    return err;
}

/* Finds the result's columns; an error of the query goes into the answer.  What is never true empties the
 * plan, so that nothing of the query is run, not even what needs no table. */
static enum zpl_err find_columns(struct binding *b)
{
    static const char before[] = "SELECT * FROM (";
    struct zpl_buf words = {0};
    duckdb_result result;
    enum zpl_err err = disable(b, zpl_lineage_folders);
    if (err != ZPL_OK)
        return err;
    if (run_around(b, before, "\n) WHERE false", &result, &words)) {
        err = zpl_relation_of(b->duck.api, &result, &b->result, b->arena, b->diags);
        b->duck.api->destroy_result(&result);
        if (err == ZPL_OK && b->result.count > ZPL_COLUMNS_MAX)
            refuse_width(b);
        if (err == ZPL_OK && b->answer->error.message == NULL)
            err = name_columns(b);
        leave_out_rest(b);
        if (err == ZPL_OK && b->answer->error.message == NULL)
            err = type_columns(b);
    } else
        zpl_bind_error_read(b->request, zpl_buf_str(&words), sizeof before - 1, &b->answer->error,
                            b->arena);
    zpl_buf_release(&words);
    return err;
}

/* The plan as JSON; *out NULL when there is none, which lineage takes for "reads all". */
static enum zpl_err explain(struct binding *b, struct zpl_json **out)
{
    const struct zpl_duck_api *api = b->duck.api;
    struct zpl_buf words = {0};
    duckdb_result result;
    *out = NULL;
    enum zpl_err err = disable(b, zpl_lineage_optimizers);
    if (err == ZPL_OK && run_around(b, "EXPLAIN (FORMAT json) ", "", &result, &words)) {
        duckdb_data_chunk chunk = api->fetch_chunk(result);
        if (chunk != NULL && api->data_chunk_get_size(chunk) == 1 &&
            api->column_count(&result) == 2) {
            size_t len;
            const char *text = zpl_duck_string(api->data_chunk_get_vector(chunk, 1), 0, &len);
            if (zpl_json_parse(text, len, out, NULL) != ZPL_OK)
                *out = NULL;
        }
        if (chunk != NULL)
            api->destroy_data_chunk(&chunk);
        api->destroy_result(&result);
    }
    zpl_buf_release(&words);
    return err;
}

/* What a query that binds reads, is, and warns of. */
static enum zpl_err find_facts(struct binding *b)
{
    struct zpl_json *plan;
    enum zpl_err err = explain(b, &plan);
    if (err == ZPL_OK) {
        struct zpl_bind_answer *a = b->answer;
        a->reads = zpl_lineage_reads(b->request, b->guarded.tree, plan, b->arena);
        if (a->reads != NULL &&
            !zpl_lineage_narrow(b->request, a->reads, &b->lineage, b->result.count, &b->scratch))
            a->reads = NULL;
        a->origins = b->lineage.origins;
        a->rows = b->lineage.rows;
        a->rows_count = b->lineage.rows_count;
        a->rows_unknown = b->lineage.rows_unknown;
        memcpy(a->choices, b->lineage.choices, sizeof a->choices);
        a->identity = b->guarded.identity;
        a->params_used = zpl_guard_params(b->guarded.tree, b->request, b->arena);
        struct zpl_unique unique = {.request = b->request, .arena = &b->scratch};
        zpl_unique_answer(&unique, b->guarded.tree, a, b->arena);
        if (!zpl_guard_warnings(b->guarded.tree, &unique, a, b->arena) || a->reads == NULL ||
            a->identity == NULL || a->params_used == NULL || zpl_arena_failed(b->arena) ||
            zpl_arena_failed(&b->scratch))
            err = zpl_diag_nomem(b->diags);
    }
    zpl_json_release(plan);
    return err;
}

/* Opening a session costs ten times what a question does, so a worker keeps one.  A question leaves
 * nothing in it but its tables: the guard lets only a SELECT pass, and that is not executed. */
static struct zpl_duck kept;

static enum zpl_err take_session(struct binding *b)
{
    const struct zpl_duck_options options = {.memory_bytes = ZPL_BIND_BYTES_MAX / 2,
                                             .json_errors = true};
    enum zpl_err err = kept.api != NULL ? ZPL_OK : zpl_duck_open(&options, &kept, b->diags);
    b->duck = kept;
    return err;
}

static enum zpl_err drop_tables(struct binding *b, struct zpl_diags *diags)
{
    struct zpl_buf sql = {0};
    for (size_t t = 0; t < b->request->table_count; t++) {
        zpl_buf_puts(&sql, "DROP VIEW IF EXISTS ");
        zpl_duck_ident(&sql, b->request->tables[t].name);
        zpl_buf_puts(&sql, "; ");
    }
    zpl_buf_puts(&sql, "DROP SCHEMA IF EXISTS zpl_in CASCADE");
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(diags)
                           : zpl_duck_exec(&b->duck, zpl_buf_str(&sql), diags);
    zpl_buf_release(&sql);
    return err;
}

/* Removes the tables of the question; a session that can't be tidied, or that failed, is closed. */
static void give_session(struct binding *b, enum zpl_err err)
{
    struct zpl_diags quiet = {0};
    if (kept.api != NULL && (err != ZPL_OK || drop_tables(b, &quiet) != ZPL_OK))
        zpl_duck_release(&kept);
    zpl_diags_release(&quiet);
}

/* A query may take of an open table none of the columns that are known (`* EXCLUDE (those)`). */
static bool takes_rest(const struct binding *b)
{
    bool open = false;
    for (size_t t = 0; t < b->request->table_count; t++)
        open = open || b->request->tables[t].row->open;
    const char *message = b->answer->error.message;
    return open && message != NULL && strcmp(message, zpl_bind_no_columns) == 0;
}

/* The tables, and the columns of the query over them. */
static enum zpl_err bind_tables(struct binding *b)
{
    enum zpl_err err = create_tables(b);
    if (err == ZPL_OK)
        err = find_columns(b);
    if (err != ZPL_OK || b->rest || !takes_rest(b))
        return err;
    b->rest = true;
    b->answer->error = (struct zpl_bind_error){0};
    err = drop_tables(b, b->diags);
    return err == ZPL_OK ? bind_tables(b) : err;
}

enum zpl_err zpl_duck_bind(const struct zpl_bind_request *request, struct zpl_bind_answer *answer,
                           struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct binding b = {.request = request, .answer = answer, .arena = arena, .diags = diags};
    memset(answer, 0, sizeof *answer);
    enum zpl_err err = take_session(&b);
    if (err == ZPL_OK)
        err = zpl_guard(&b.duck, request, &b.guarded, &answer->error, arena, diags);
    if (err == ZPL_OK && answer->error.message == NULL)
        err = bind_tables(&b);
    /* Some casts of constants fail in the optimizer, without a place. */
    bool cast = answer->error.message == NULL || answer->error.fault == ZPL_BIND_TYPE;
    if (err == ZPL_OK && cast &&
        !zpl_bind_literal(&b.duck, request, b.guarded.tree, &answer->error, arena))
        err = zpl_diag_nomem(diags);
    if (err == ZPL_OK && answer->error.message == NULL)
        err = find_facts(&b);
    else if (err == ZPL_OK && b.guarded.tree != NULL)
        explain_error(&b);
    zpl_arena_release(&b.scratch);
    zpl_relation_release(&b.result);
    zpl_guarded_release(&b.guarded);
    give_session(&b, err);
    return err;
}
