/* bind_scope.c - see bind_scope.h.   Floor: stdlib. */
#include "stdlib/query/bind_scope.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/table/sqltext.h"

/* Things that one message tells of. */
#define SCOPE_MAX 16
/* Questions for one message. */
#define ASKED_MAX 32

/* A query node around the place, the innermost first. */
struct frame {
    const struct frame *outer;
    const struct zpl_json *node;
    size_t defined; /* so many entries of its WITH are visible */
    bool sees;      /* its FROM is visible to queries inside of it on the way, not only its WITH */
};
struct search {
    struct zpl_duck *duck;
    const struct zpl_bind_request *request;
    struct zpl_bind_error *error;
    struct zpl_arena *arena;
    struct zpl_bind_scope *scope;
    const char *qualifier; /* the `f` of f.delay, or NULL */
    size_t asked;          /* how often the engine was */
};
/* Looks at a node; true ends the walk. */
typedef bool visit(struct search *s, const struct zpl_json *v, const struct frame *frame);

static const struct zpl_json *with_of(const struct zpl_json *node)
{
    return zpl_json_get(zpl_json_get(node, "cte_map"), "map");
}

/* ---- what the engine says of a part of the tree ------------------------------------------------- */

/* A copy without the places: those of nothing are numbers that only DuckDB writes whole. */
static struct zpl_json *copy(const struct zpl_json *v)
{
    if (zpl_json_kind(v) == ZPL_JSON_ARRAY) {
        struct zpl_json *array = zpl_json_array();
        for (size_t i = 0; i < zpl_json_count(v); i++)
            zpl_json_add_take(array, copy(zpl_json_at(v, i)));
        return array;
    }
    if (zpl_json_kind(v) != ZPL_JSON_OBJECT)
        return zpl_json_ref(v);
    struct zpl_json *object = zpl_json_object();
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (strcmp(zpl_json_key_at(v, i), "query_location") != 0)
            zpl_json_set_take(object, zpl_json_key_at(v, i), copy(zpl_json_value_at(v, i)));
    return object;
}

/* Adds the entries of the WITHs that are visible, the outermost first; an inner one hides an outer one
 * of its name. */
static void add_definitions(struct zpl_json *map, const struct frame *frame,
                            const struct frame *innermost)
{
    if (frame == NULL)
        return;
    add_definitions(map, frame->outer, innermost);
    for (size_t i = 0; i < frame->defined; i++) {
        const struct zpl_json *entry = zpl_json_at(with_of(frame->node), i);
        const char *name = zpl_json_str(zpl_json_get(entry, "key"), "");
        bool hidden = false;
        for (const struct frame *f = innermost; f != frame; f = f->outer)
            for (size_t k = 0; k < f->defined; k++)
                hidden |= zpl_text_equal_nocase(
                    name, zpl_json_str(zpl_json_get(zpl_json_at(with_of(f->node), k), "key"), ""));
        if (!hidden)
            zpl_json_add_take(map, copy(entry));
    }
}

static struct zpl_json *list_of(struct zpl_json *item)
{
    struct zpl_json *array = zpl_json_array();
    if (item != NULL)
        zpl_json_add_take(array, item);
    return array;
}

/* SELECT * FROM `from`, with the definitions of the frames, as DuckDB writes trees. */
static struct zpl_json *select_all(struct zpl_json *from, const struct frame *frame)
{
    static const char *const absent[] = {"where_clause", "having", "sample", "qualify"};
    struct zpl_json *star = zpl_json_object(), *node = zpl_json_object(), *map = zpl_json_array(),
                    *with = zpl_json_object();
    static const char *const lists[] = {"exclude_list", "replace_list", "qualified_exclude_list",
                                        "rename_list"};
    zpl_json_set_take(star, "class", zpl_json_string("STAR"));
    zpl_json_set_take(star, "type", zpl_json_string("STAR"));
    zpl_json_set_take(star, "alias", zpl_json_string(""));
    zpl_json_set_take(star, "relation_name", zpl_json_string(""));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        zpl_json_set_take(star, lists[i], zpl_json_array());
    zpl_json_set_take(star, "columns", zpl_json_bool(false));
    zpl_json_set_take(star, "expr", zpl_json_null());
    add_definitions(map, frame, frame);
    zpl_json_set_take(with, "map", map);
    zpl_json_set_take(node, "type", zpl_json_string("SELECT_NODE"));
    zpl_json_set_take(node, "modifiers", zpl_json_array());
    zpl_json_set_take(node, "cte_map", with);
    zpl_json_set_take(node, "select_list", list_of(star));
    zpl_json_set_take(node, "from_table", from);
    zpl_json_set_take(node, "group_expressions", zpl_json_array());
    zpl_json_set_take(node, "group_sets", zpl_json_array());
    zpl_json_set_take(node, "aggregate_handling", zpl_json_string("STANDARD_HANDLING"));
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        zpl_json_set_take(node, absent[i], zpl_json_null());
    return node;
}

static enum zpl_err keep_text(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    zpl_buf_add(self, cells[0].s, cells[0].n);
    return ZPL_OK;
}

/* The SQL of a query node (taken); false when DuckDB can't write it. */
static bool text_of(struct zpl_duck *duck, struct zpl_json *node, struct zpl_buf *out)
{
    struct zpl_json *document = zpl_json_object(), *statement = zpl_json_object();
    struct zpl_buf text = {0}, query = {0};
    struct zpl_diags quiet = {0};
    zpl_json_set_take(statement, "node", node);
    zpl_json_set_take(statement, "named_param_map", zpl_json_array());
    zpl_json_set_take(document, "error", zpl_json_bool(false));
    zpl_json_set_take(document, "statements", list_of(statement));
    bool fine = zpl_json_write(document, false, &text) == ZPL_OK;
    zpl_buf_puts(&query, "SELECT json_deserialize_sql(");
    zpl_duck_text(&query, zpl_buf_str(&text), text.len);
    zpl_buf_puts(&query, ")");
    fine = fine && zpl_buf_error(&query) == ZPL_OK &&
           zpl_duck_each(duck, zpl_buf_str(&query), keep_text, out, &quiet) == ZPL_OK &&
           zpl_buf_error(out) == ZPL_OK;
    zpl_json_release(document);
    zpl_buf_release(&text);
    zpl_buf_release(&query);
    zpl_diags_release(&quiet);
    return fine;
}

/* The columns of what stands in a FROM (taken); NULL when it does not bind. */
static const char *const *columns_of(struct search *s, struct zpl_json *from,
                                     const struct frame *frame)
{
    const struct zpl_duck_api *api = s->duck->api;
    duckdb_prepared_statement statement = NULL;
    const char **names = NULL;
    struct zpl_buf sql = {0};
    if (s->asked++ >= ASKED_MAX) {
        zpl_json_release(from);
        return NULL;
    }
    if (text_of(s->duck, select_all(from, frame), &sql) &&
        api->prepare(s->duck->connection, zpl_buf_str(&sql), &statement) == DuckDBSuccess) {
        size_t count = api->prepared_statement_column_count(statement);
        names = zpl_arena_array(s->arena, count + 1, sizeof *names);
        for (size_t i = 0; names != NULL && i < count; i++) {
            const char *name = api->prepared_statement_column_name(statement, i);
            names[i] = zpl_arena_strdup(s->arena, name != NULL ? name : "");
            api->free((void *)(uintptr_t)name);
        }
    }
    api->destroy_prepare(&statement);
    zpl_buf_release(&sql);
    return names;
}

/* ---- walking ------------------------------------------------------------------------------------ */

/* Visits a value and what is below it, with the query nodes around each. */
static bool walk(struct search *s, const struct zpl_json *v, const struct frame *outer, visit *look)
{
    enum zpl_json_kind kind = zpl_json_kind(v);
    const struct zpl_json *with = with_of(v);
    struct frame frame = {outer, v, zpl_json_count(with), true};
    const struct frame *inner = kind == ZPL_JSON_OBJECT && with != NULL ? &frame : outer;
    if (kind != ZPL_JSON_OBJECT && kind != ZPL_JSON_ARRAY)
        return false;
    for (size_t i = 0; kind == ZPL_JSON_ARRAY && i < zpl_json_count(v); i++)
        if (walk(s, zpl_json_at(v, i), outer, look))
            return true;
    if (kind == ZPL_JSON_ARRAY)
        return false;
    for (size_t i = 0; i < zpl_json_count(with); i++) {
        frame.defined = i; /* a definition sees those before it */
        frame.sees = false;
        if (walk(s, zpl_json_at(with, i), inner, look))
            return true;
    }
    frame.defined = zpl_json_count(with);
    frame.sees = true;
    if (look(s, v, inner))
        return true;
    for (size_t i = 0; i < zpl_json_count(v); i++) {
        const char *key = zpl_json_key_at(v, i);
        frame.sees = strcmp(key, "from_table") != 0; /* a subquery there does not */
        if (strcmp(key, "cte_map") != 0 && walk(s, zpl_json_value_at(v, i), inner, look))
            return true;
    }
    return false;
}

/* ---- the scope at a place ----------------------------------------------------------------------- */

/* Is it a name of a WITH around the place? */
static bool is_defined(const struct frame *frame, const char *name)
{
    for (; frame != NULL; frame = frame->outer)
        for (size_t i = 0; i < frame->defined; i++)
            if (zpl_text_equal_nocase(
                    name,
                    zpl_json_str(zpl_json_get(zpl_json_at(with_of(frame->node), i), "key"), "")))
                return true;
    return false;
}

/* The columns of the request's table of that name, or NULL. */
static const struct zpl_bind_table *given_table(const struct search *s, const char *name)
{
    for (size_t i = 0; name != NULL && i < s->request->table_count; i++)
        if (zpl_text_equal_nocase(name, s->request->tables[i].name))
            return &s->request->tables[i];
    return NULL;
}

static void add(struct search *s, struct zpl_bind_scope scope)
{
    struct zpl_bind_error *e = s->error;
    for (size_t i = 0; i < e->scope_count; i++)
        if (scope.given && s->scope[i].given && strcmp(scope.name, s->scope[i].name) == 0)
            return; /* a table joined with itself */
    if (e->scope_count < SCOPE_MAX && scope.columns != NULL)
        s->scope[e->scope_count++] = scope;
}

/* Adds what a FROM reads, part by part. */
static void add_from(struct search *s, const struct zpl_json *from, const struct frame *frame)
{
    if (zpl_guard_is(from, "JOIN")) {
        add_from(s, zpl_json_get(from, "left"), frame);
        add_from(s, zpl_json_get(from, "right"), frame);
        return;
    }
    const char *alias = zpl_guard_text(from, "alias"), *table = zpl_guard_text(from, "table_name");
    const char *name = alias != NULL ? alias : table;
    if (zpl_json_kind(from) != ZPL_JSON_OBJECT || zpl_guard_is(from, "EMPTY"))
        return;
    if (s->qualifier != NULL && (name == NULL || !zpl_text_equal_nocase(name, s->qualifier)))
        return;
    const struct zpl_bind_table *given = given_table(s, table);
    if (given != NULL && !is_defined(frame, table) &&
        zpl_json_count(zpl_json_get(from, "column_name_alias")) == 0) {
        const char **names = zpl_arena_array(s->arena, given->row->count + 1, sizeof *names);
        for (size_t i = 0; names != NULL && i < given->row->count; i++)
            names[i] = given->row->columns[i].name;
        add(s, (struct zpl_bind_scope){given->name, true, names});
        return;
    }
    const char *const *columns = columns_of(s, copy(from), frame);
    name = name != NULL ? zpl_arena_strdup(s->arena, name) : "";
    if (name != NULL)
        add(s, (struct zpl_bind_scope){name, false, columns});
}

static void add_frames(struct search *s, const struct frame *frame)
{
    bool first = true;
    for (; frame != NULL; frame = frame->outer) {
        const struct zpl_json *from = zpl_json_get(frame->node, "from_table");
        if (from == NULL && first)
            return; /* ORDER BY of a UNION names what its sides give */
        if (first || frame->sees)
            add_from(s, from, frame);
        first = false;
    }
}

/* Is there nothing but names and dots between the two? */
static bool is_one_name(const char *sql, long from, long to)
{
    while (from < to) {
        size_t n = zpl_sqltext_length(sql, (size_t)from);
        if (n == 1 && strchr("+-*/()<>=,;%'", sql[from]) != NULL)
            return false;
        from += (long)n;
    }
    return from == to || sql[to - 1] == '"';
}

static bool in_list(const struct zpl_json *list, const char *key, const char *name)
{
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        if (zpl_text_equal_nocase(name,
                                  zpl_json_str(key != NULL ? zpl_json_get(item, key) : item, "")))
            return true;
    }
    return false;
}

/* Is it the word in question: a column at that place, or one that the engine gave no place? */
static bool is_at_place(struct search *s, const struct zpl_json *v, const struct frame *frame)
{
    struct zpl_bind_error *e = s->error;
    const char *sql = s->request->sql, *name = e->name;
    const char *dot = strrchr(name, '.');
    long at = zpl_guard_place(v, sql);
    if (zpl_guard_is(v, "COLUMN_REF")) {
        const struct zpl_json *names = zpl_json_get(v, "column_names");
        if (at < 0 || e->offset < at || !is_one_name(sql, at, e->offset) ||
            !(in_list(names, NULL, name) || (dot != NULL && in_list(names, NULL, dot + 1))))
            return false;
        s->qualifier = zpl_json_count(names) > 1 ? zpl_json_str(zpl_json_at(names, 0), NULL) : NULL;
    } else {
        bool listed =
            zpl_guard_is(v, "STAR") && (in_list(zpl_json_get(v, "exclude_list"), NULL, name) ||
                                        in_list(zpl_json_get(v, "replace_list"), "key", name));
        bool joined =
            zpl_guard_is(v, "JOIN") && in_list(zpl_json_get(v, "using_columns"), NULL, name);
        if (!listed && !joined)
            return false;
        long word = at >= 0 ? zpl_sqltext_find(sql + at, 0, name) : -1;
        e->offset = word >= 0 ? at + word : e->offset;
        e->length = e->offset >= 0 ? zpl_sqltext_length(sql, (size_t)e->offset) : 1;
    }
    add_frames(s, frame);
    return true;
}

void zpl_bind_scope(struct zpl_duck *duck, const struct zpl_bind_request *request,
                    const struct zpl_json *tree, struct zpl_bind_error *error,
                    struct zpl_arena *arena)
{
    struct search s = {.duck = duck, .request = request, .error = error, .arena = arena};
    s.scope = zpl_arena_array(arena, SCOPE_MAX, sizeof *s.scope);
    error->scope = s.scope;
    error->scope_count = 0;
    if (s.scope != NULL && error->name != NULL)
        walk(&s, tree, NULL, is_at_place);
}

/* ---- sides that differ -------------------------------------------------------------------------- */

/* The columns that a query node gives; 0: not known.  Only stars need the engine. */
static size_t width_of(struct search *s, const struct zpl_json *node, const struct frame *frame)
{
    const struct zpl_json *first = node;
    while (zpl_guard_is(first, "SET_OPERATION_NODE"))
        first = zpl_json_get(first, "left");
    const struct zpl_json *list = zpl_json_get(first, "select_list");
    size_t count = zpl_json_count(list), plain = 0;
    while (plain < count && !zpl_guard_is(zpl_json_at(list, plain), "STAR"))
        plain++;
    if (count > 0 && plain == count)
        return count;
    struct zpl_json *from = zpl_json_object(), *query = zpl_json_object();
    zpl_json_set_take(query, "node", copy(node));
    zpl_json_set_take(query, "named_param_map", zpl_json_array());
    zpl_json_set_take(from, "type", zpl_json_string("SUBQUERY"));
    zpl_json_set_take(from, "alias", zpl_json_string(""));
    zpl_json_set_take(from, "sample", zpl_json_null());
    zpl_json_set_take(from, "subquery", query);
    zpl_json_set_take(from, "column_name_alias", zpl_json_array());
    return zpl_names_count(columns_of(s, from, frame));
}

/* The first byte that the tree places in a part of it; -1: none. */
static long first_place(const struct zpl_json *v, const char *sql)
{
    bool array = zpl_json_kind(v) == ZPL_JSON_ARRAY;
    long first = zpl_guard_place(v, sql);
    for (size_t i = 0; i < zpl_json_count(v); i++) {
        long at = first_place(array ? zpl_json_at(v, i) : zpl_json_value_at(v, i), sql);
        if (at >= 0 && (first < 0 || at < first))
            first = at;
    }
    return first;
}

static bool has_uneven_sides(struct search *s, const struct zpl_json *v, const struct frame *frame)
{
    struct zpl_bind_error *e = s->error;
    const char *sql = s->request->sql, *word = zpl_guard_text(v, "setop_type");
    const struct zpl_json *left = zpl_json_get(v, "left"), *right = zpl_json_get(v, "right");
    if (!zpl_guard_is(v, "SET_OPERATION_NODE") || word == NULL || left == NULL || right == NULL)
        return false;
    size_t first = width_of(s, left, frame), second = width_of(s, right, frame);
    if (first == second || first == 0 || second == 0)
        return false;
    long at = zpl_sqltext_find_last(sql, first_place(right, sql), word);
    e->offset = at;
    e->length = at >= 0 ? zpl_sqltext_length(sql, (size_t)at) : 1;
    e->message = zpl_arena_printf(s->arena,
                                  "both sides of %s have to give the same columns: the first gives "
                                  "%zu, the second %zu",
                                  word, first, second);
    return true;
}

void zpl_bind_sides(struct zpl_duck *duck, const struct zpl_bind_request *request,
                    const struct zpl_json *tree, struct zpl_bind_error *error,
                    struct zpl_arena *arena)
{
    struct search s = {.duck = duck, .request = request, .error = error, .arena = arena};
    walk(&s, tree, NULL, has_uneven_sides);
}
