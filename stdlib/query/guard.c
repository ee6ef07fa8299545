/* guard.c - see guard.h.   Floor: stdlib. */
#include "stdlib/query/guard.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/digest.h"
#include "lang/base/text.h"
#include "stdlib/table/sqltext.h"

#define CLOCK   "it tells the time of the run"
#define CHANCE  "it differs each time"
#define SESSION "it tells of the database session, not of the tables"
#define PLACE   "it tells how rows are held, not what they are"

#define TOO_DEEP "the query is nested too deeply: split it into several steps"

/* Functions of the pinned DuckDB whose result is not a function of their arguments. */
static const struct {
    const char *name, *why;
} refused[] = {
    {"now", CLOCK},
    {"today", CLOCK},
    {"current_date", CLOCK},
    {"current_time", CLOCK},
    {"current_timestamp", CLOCK},
    {"current_localtime", CLOCK},
    {"current_localtimestamp", CLOCK},
    {"localtime", CLOCK},
    {"localtimestamp", CLOCK},
    {"get_current_time", CLOCK},
    {"get_current_timestamp", CLOCK},
    {"transaction_timestamp", CLOCK},
    {"getdate", CLOCK}, /* these four are other databases' words */
    {"sysdate", CLOCK},
    {"rand", CHANCE},
    {"newid", CHANCE},
    {"random", CHANCE},
    {"setseed", CHANCE},
    {"uuid", CHANCE},
    {"uuidv4", CHANCE},
    {"uuidv7", CHANCE},
    {"gen_random_uuid", CHANCE},
    {"reservoir_quantile", CHANCE},
    {"current_catalog", SESSION},
    {"current_connection_id", SESSION},
    {"current_database", SESSION},
    {"current_query", SESSION},
    {"current_query_id", SESSION},
    {"current_role", SESSION},
    {"current_schema", SESSION},
    {"current_schemas", SESSION},
    {"current_setting", SESSION},
    {"current_transaction_id", SESSION},
    {"current_user", SESSION},
    {"session_user", SESSION},
    {"user", SESSION},
    {"currval", SESSION},
    {"nextval", SESSION},
    {"getenv", SESSION},
    {"getvariable", SESSION},
    {"get_block_size", SESSION},
    {"in_search_path", SESSION},
    {"json_serialize_plan", SESSION},
    {"txid_current", SESSION},
    {"version", SESSION},
    {"write_log", SESSION},
    {"stats", PLACE},
    {"vector_type", PLACE},
};
static const char *const refused_prefixes[] = {"pg_", "has_", "inet_", "__internal_"};
/* Table functions that only make rows of their arguments. */
static const char *const rows_of_arguments[] = {
    "unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree"};
/* What SQL calls without parentheses when no column has the name. */
static const char *const bare_functions[] = {"current_catalog", "current_date", "current_role",
                                             "current_schema",  "current_time", "current_timestamp",
                                             "current_user",    "localtime",    "localtimestamp",
                                             "session_user",    "user"};
/* Mean something only with OVER. */
static const char *const needs_window[] = {
    "row_number", "rank", "dense_rank",  "percent_rank", "cume_dist", "ntile",
    "lag",        "lead", "first_value", "last_value",   "nth_value"};
/* Take the name of an aggregate as text. */
static const char *const by_name[] = {"list_aggr", "list_aggregate", "array_aggr",
                                      "array_aggregate", "aggregate"};

/* The names that the WITH clauses around a node define. */
struct scope {
    const struct scope *outer;
    const struct zpl_json *map; /* of a query node */
};
struct guard {
    const struct zpl_bind_request *request;
    struct zpl_bind_error *error;
    struct zpl_arena *arena;
};

const char *zpl_guard_text(const struct zpl_json *node, const char *key)
{
    const char *s = zpl_json_str(zpl_json_get(node, key), NULL);
    return s != NULL && s[0] != '\0' ? s : NULL;
}

bool zpl_guard_is(const struct zpl_json *node, const char *type)
{
    return strcmp(zpl_json_str(zpl_json_get(node, "type"), ""), type) == 0;
}

bool zpl_guard_holds_star(const struct zpl_json *node)
{
    bool array = zpl_json_kind(node) == ZPL_JSON_ARRAY;
    if (zpl_guard_is(node, "STAR"))
        return true;
    for (size_t i = 0; !zpl_guard_is(node, "SUBQUERY") && i < zpl_json_count(node); i++)
        if (zpl_guard_holds_star(array ? zpl_json_at(node, i) : zpl_json_value_at(node, i)))
            return true;
    return false;
}

/* Notes the first fault only; the place is the node's, else that of the word. */
static void refuse(struct guard *g, enum zpl_bind_fault fault, const struct zpl_json *node,
                   const char *name, const char *message)
{
    struct zpl_bind_error *e = g->error;
    if (e->message != NULL)
        return;
    const char *sql = g->request->sql;
    long at = (long)zpl_json_i64(zpl_json_get(node, "query_location"), -1);
    if (at < 0 || (size_t)at >= strlen(sql))
        at = name != NULL ? zpl_sqltext_find(sql, 0, name) : -1;
    e->fault = fault;
    e->message = message != NULL ? message : "out of memory";
    e->name = name != NULL ? zpl_arena_strdup(g->arena, name) : NULL;
    e->offset = at;
    e->length = at >= 0 ? zpl_sqltext_length(sql, (size_t)at) : 1;
}

const char *zpl_guard_refuses(const char *name)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (zpl_text_equal_nocase(name, refused[i].name))
            return refused[i].why;
    for (size_t i = 0; i < sizeof refused_prefixes / sizeof refused_prefixes[0]; i++)
        if (strncmp(name, refused_prefixes[i], strlen(refused_prefixes[i])) == 0)
            return SESSION;
    return NULL;
}

static void look_at_function(struct guard *g, const struct zpl_json *node)
{
    const char *name = zpl_guard_text(node, "function_name");
    const struct zpl_json *children = zpl_json_get(node, "children");
    if (name == NULL)
        return;
    const char *why = zpl_guard_refuses(name);
    if (zpl_text_equal_nocase(name, "age") && zpl_json_count(children) == 1)
        why = "with one argument it counts from the day of the run; give both dates";
    const char *aggregate =
        zpl_guard_text(zpl_json_get(zpl_json_at(children, 1), "value"), "value");
    if (why == NULL && ZPL_TEXT_AMONG(name, by_name)) {
        if (zpl_guard_is(zpl_json_at(children, 1), "VALUE_CONSTANT"))
            why = aggregate != NULL ? zpl_guard_refuses(aggregate) : NULL;
        else if (zpl_json_count(children) > 1)
            why = "the aggregate it calls is not written out";
    }
    if (why != NULL)
        refuse(g, ZPL_BIND_FORBIDDEN, node, name,
               zpl_arena_printf(g->arena, "'%s' can't be used in a step: %s", name, why));
    else if (zpl_guard_is(node, "FUNCTION") && ZPL_TEXT_AMONG(name, needs_window))
        refuse(g, ZPL_BIND_SYNTAX, node, name,
               zpl_arena_printf(
                   g->arena, "'%s' needs a window: write for example %s OVER (ORDER BY day)", name,
                   zpl_arena_printf(g->arena, "%s(%s)", name,
                                    zpl_json_count(children) > 0 ? "…" : "")));
}

static void look_at_table_function(struct guard *g, const struct zpl_json *node)
{
    const char *name = zpl_guard_text(zpl_json_get(node, "function"), "function_name");
    if (name == NULL || ZPL_TEXT_AMONG(name, rows_of_arguments))
        return;
    bool file = strncmp(name, "read_", 5) == 0 || strcmp(name, "glob") == 0 ||
                strstr(name, "_scan") != NULL || strncmp(name, "parquet_", 8) == 0 ||
                strcmp(name, "sniff_csv") == 0;
    refuse(g, ZPL_BIND_FORBIDDEN, node, name,
           zpl_arena_printf(g->arena, "'%s' can't be used in a step: %s", name,
                            file ? "files come in as tables; declare one with csv.read or "
                                   "parquet.read"
                                 : SESSION));
}

/* The tables of the request, as candidates. */
static const char *const *table_names(struct guard *g)
{
    const char **names = zpl_arena_array(g->arena, g->request->table_count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < g->request->table_count; i++)
        names[i] = g->request->tables[i].name;
    return names;
}

static void look_at_table(struct guard *g, const struct zpl_json *node, const struct scope *scope)
{
    const char *name = zpl_guard_text(node, "table_name");
    if (name == NULL)
        return;
    if (zpl_guard_text(node, "schema_name") != NULL ||
        zpl_guard_text(node, "catalog_name") != NULL) {
        refuse(g, ZPL_BIND_FORBIDDEN, node, name,
               zpl_arena_printf(g->arena,
                                "a step reads the tables it is given, by their names "
                                "alone: write '%s' without what stands before it",
                                name));
        return;
    }
    for (; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < zpl_json_count(scope->map); i++)
            if (zpl_text_equal_nocase(
                    name, zpl_json_str(zpl_json_get(zpl_json_at(scope->map, i), "key"), "")))
                return;
    for (size_t i = 0; i < g->request->table_count; i++)
        if (zpl_text_equal_nocase(name, g->request->tables[i].name))
            return;
    if (strpbrk(name, "./*") != NULL) {
        refuse(g, ZPL_BIND_FORBIDDEN, node, name,
               zpl_arena_printf(g->arena,
                                "'%s' is a file, and files come in as tables; declare it "
                                "with csv.read or parquet.read",
                                name));
        return;
    }
    if (g->error->message == NULL)
        g->error->candidates = table_names(g);
    refuse(g, ZPL_BIND_NAME, node, name, zpl_arena_printf(g->arena, "unknown table '%s'", name));
}

/* A bare `current_date` is a function unless some table has such a column; then the name is bound
 * to that column, or to a macro of duck.c that does not bind. */
static void look_at_column(struct guard *g, const struct zpl_json *node)
{
    const struct zpl_json *names = zpl_json_get(node, "column_names");
    const char *name = zpl_json_str(zpl_json_at(names, 0), NULL);
    if (name == NULL || zpl_json_count(names) != 1 || !ZPL_TEXT_AMONG(name, bare_functions))
        return;
    for (size_t t = 0; t < g->request->table_count; t++) {
        const struct zpl_row *row = g->request->tables[t].row;
        for (size_t c = 0; row != NULL && c < row->count; c++)
            if (zpl_text_equal_nocase(name, row->columns[c].name))
                return;
    }
    refuse(g, ZPL_BIND_FORBIDDEN, node, name,
           zpl_arena_printf(g->arena, "'%s' can't be used in a step: %s", name,
                            zpl_guard_refuses(name)));
}

static void look_at_param(struct guard *g, const struct zpl_json *node)
{
    const char *name = zpl_guard_text(node, "identifier");
    if (name == NULL || g->error->message != NULL)
        return;
    for (size_t i = 0; i < g->request->param_count; i++)
        if (strcmp(name, g->request->params[i].name) == 0)
            return;
    const char *sql = g->request->sql;
    bool by_place = name[0] >= '0' && name[0] <= '9';
    const char **names = zpl_arena_array(g->arena, g->request->param_count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < g->request->param_count; i++)
        names[i] = g->request->params[i].name;
    refuse(g, by_place ? ZPL_BIND_FORBIDDEN : ZPL_BIND_NAME, NULL, name,
           by_place ? "params have names: write for example $minutes"
                    : zpl_arena_printf(g->arena, "no scalar in scope is named '%s'", name));
    g->error->candidates = by_place ? NULL : names;
    long at = zpl_sqltext_find(sql, '$', name);
    if (at < 0 && by_place && strchr(sql, '?') != NULL)
        at = strchr(sql, '?') - sql;
    g->error->offset = at;
    g->error->length = at >= 0 ? zpl_sqltext_length(sql, (size_t)at) : 1;
}

static void look_at_sample(struct guard *g, const struct zpl_json *sample)
{
    if (zpl_json_kind(sample) != ZPL_JSON_OBJECT ||
        zpl_json_i64(zpl_json_get(sample, "seed"), -1) >= 0)
        return;
    refuse(g, ZPL_BIND_FORBIDDEN, NULL, "sample",
           "a sample without a seed differs each time: write for example "
           "USING SAMPLE 10% (bernoulli, 42)");
}

/* Looks at a value of the tree and all below it. */
static void look(struct guard *g, const struct zpl_json *v, const struct scope *outer)
{
    enum zpl_json_kind kind = zpl_json_kind(v);
    if (kind == ZPL_JSON_ARRAY)
        for (size_t i = 0; i < zpl_json_count(v); i++)
            look(g, zpl_json_at(v, i), outer);
    if (kind != ZPL_JSON_OBJECT)
        return;
    struct scope scope = {outer, zpl_json_get(zpl_json_get(v, "cte_map"), "map")};
    const struct scope *inner = scope.map != NULL ? &scope : outer;
    if (zpl_guard_is(v, "BASE_TABLE"))
        look_at_table(g, v, outer);
    else if (zpl_guard_is(v, "TABLE_FUNCTION"))
        look_at_table_function(g, v);
    else if (zpl_guard_is(v, "COLUMN_REF"))
        look_at_column(g, v);
    else if (zpl_guard_is(v, "VALUE_PARAMETER"))
        look_at_param(g, v);
    else if (zpl_guard_is(v, "SHOW_REF"))
        refuse(g, ZPL_BIND_FORBIDDEN, v, NULL,
               "DESCRIBE, SHOW and SUMMARIZE can't be used in a step: write a SELECT");
    look_at_function(g, v);
    look_at_sample(g, zpl_json_get(v, "sample"));
    for (size_t i = 0; i < zpl_json_count(v); i++)
        look(g, zpl_json_value_at(v, i), inner);
}

/* What DuckDB's parser says of a text it can't read.  Its positions count characters. */
static void tell_syntax(struct guard *g, const struct zpl_json *document)
{
    const char *words = zpl_json_str(zpl_json_get(document, "error_message"), "syntax error");
    const char *position = zpl_json_str(zpl_json_get(document, "position"), NULL);
    const char *sql = g->request->sql;
    struct zpl_bind_error *e = g->error;
    e->fault = ZPL_BIND_SYNTAX;
    e->message = zpl_arena_strdup(g->arena, words);
    e->offset = position != NULL ? (long)zpl_sqltext_byte(sql, strtoul(position, NULL, 10)) : -1;
    e->length = e->offset >= 0 ? zpl_sqltext_length(sql, (size_t)e->offset) : 1;
    if (strstr(words, "memory exhausted") != NULL ||
        strstr(words, "Max expression depth") != NULL) {
        e->fault = ZPL_BIND_LIMIT;
        e->message = TOO_DEEP;
    } else if (strstr(words, "Only SELECT") != NULL) {
        e->fault = ZPL_BIND_FORBIDDEN;
        e->message = "a step is one SELECT: it changes nothing";
        e->offset = (long)strspn(sql, " \t\r\n");
        e->length = zpl_sqltext_length(sql, (size_t)e->offset);
    } else if (strstr(words, "Mixing named and positional") != NULL) {
        e->fault = ZPL_BIND_FORBIDDEN;
        e->message = "params have names: write for example $minutes";
    }
}

static enum zpl_err keep_text(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct zpl_buf *out = self;
    zpl_buf_add(out, cells[0].s, cells[0].n);
    return ZPL_OK;
}

/* SHA-256 of the tree's text without the places of its parts, which are layout.  On the text, not on
 * the parsed tree, because there every number is still whole. */
static const char *identity_of(const char *text, size_t len, struct zpl_arena *arena)
{
    static const char place[] = "\"query_location\":";
    struct zpl_hasher hasher;
    char *hex = zpl_arena_alloc(arena, ZPL_HEX_SIZE);
    if (hex == NULL)
        return NULL;
    zpl_hasher_init(&hasher);
    size_t from = 0, i = 0;
    while (i < len) {
        if (text[i] != '"') {
            i++;
            continue;
        }
        if (len - i >= sizeof place - 1 && memcmp(text + i, place, sizeof place - 1) == 0) {
            i += sizeof place - 1;
            zpl_hasher_add(&hasher, text + from, i - from);
            while (i < len && text[i] >= '0' && text[i] <= '9')
                i++;
            from = i;
            continue;
        }
        for (i++; i < len && text[i] != '"'; i++)
            if (text[i] == '\\')
                i++;
        i++;
    }
    zpl_hasher_add(&hasher, text + from, len - from);
    struct zpl_digest digest = zpl_hasher_final(&hasher);
    zpl_digest_hex(&digest, hex);
    return hex;
}

/* The tree of a text as DuckDB serialises it, every default written out. */
static enum zpl_err parse(struct zpl_duck *duck, const char *sql, struct zpl_guarded *out,
                          struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_buf query = {0}, text = {0};
    zpl_buf_puts(&query, "SELECT json_serialize_sql(");
    zpl_duck_text(&query, sql, strlen(sql));
    zpl_buf_puts(&query, ")::VARCHAR");
    enum zpl_err err = zpl_buf_error(&query) != ZPL_OK
                           ? zpl_diag_nomem(diags)
                           : zpl_duck_each(duck, zpl_buf_str(&query), keep_text, &text, diags);
    if (err == ZPL_OK && zpl_buf_error(&text) != ZPL_OK)
        err = zpl_diag_nomem(diags);
    if (err == ZPL_OK) {
        err = zpl_json_parse(zpl_buf_str(&text), text.len, &out->document, NULL);
        out->identity = identity_of(zpl_buf_str(&text), text.len, arena);
    }
    zpl_buf_release(&query);
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_guard(struct zpl_duck *duck, const struct zpl_bind_request *request,
                       struct zpl_guarded *out, struct zpl_bind_error *error,
                       struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct guard g = {request, error, arena};
    memset(out, 0, sizeof *out);
    memset(error, 0, sizeof *error);
    error->offset = -1;
    error->length = 1;
    enum zpl_err err = parse(duck, request->sql, out, arena, diags);
    if (err == ZPL_ERR_LIMIT || err == ZPL_ERR_INPUT) {
        refuse(&g, err == ZPL_ERR_LIMIT ? ZPL_BIND_LIMIT : ZPL_BIND_TYPE, NULL, NULL,
               err == ZPL_ERR_LIMIT ? TOO_DEEP : "the query holds a number that is too large");
        return ZPL_OK;
    }
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOMEM ? zpl_diag_nomem(diags) : err;
    const struct zpl_json *statements = zpl_json_get(out->document, "statements");
    if (zpl_json_truth(zpl_json_get(out->document, "error"), true))
        tell_syntax(&g, out->document);
    else if (zpl_json_count(statements) == 0)
        refuse(&g, ZPL_BIND_SYNTAX, NULL, NULL, "there is no query in the text: write a SELECT");
    else if (zpl_json_count(statements) != 1)
        refuse(&g, ZPL_BIND_FORBIDDEN, NULL, NULL, "a step is one SELECT, not several");
    if (error->message != NULL)
        return ZPL_OK;
    out->tree = zpl_json_get(zpl_json_at(statements, 0), "node");
    look(&g, out->tree, NULL);
    return zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
}

void zpl_guarded_release(struct zpl_guarded *guarded)
{
    zpl_json_release(guarded->document);
    memset(guarded, 0, sizeof *guarded);
}
