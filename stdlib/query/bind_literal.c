/* bind_literal.c - see bind_literal.h.   Floor: stdlib. */
#include "stdlib/query/bind_literal.h"

#include <ctype.h>
#include <string.h>
#include "stdlib/query/guard.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/sqltext.h"

#define LITERALS_MAX 4096

/* A constant that is cast. */
struct doubt {
    const struct zpl_json *value; /* {"type": {"id": …}, "value": …} */
    const struct zpl_json *type;  /* what it is cast to */
    const char *column;           /* that stands beside it, NULL: none does */
    long offset;
};
/* A `$name` of the text, in whose place a NULL of its type is planned. */
struct stand_in {
    size_t at, length; /* in the text */
    size_t put;        /* bytes in its place */
};
struct search {
    const struct zpl_bind_request *request;
    struct zpl_arena *arena;
    struct stand_in *stand_ins; /* by place */
    size_t stand_in_count, stand_in_capacity;
    struct doubt *doubts;
    size_t count, capacity;
    bool failed;
};

static const struct zpl_json *member(const struct zpl_json *v, size_t i)
{
    return zpl_json_kind(v) == ZPL_JSON_ARRAY ? zpl_json_at(v, i) : zpl_json_value_at(v, i);
}

static bool is_class(const struct zpl_json *node, const char *class)
{
    return strcmp(zpl_json_str(zpl_json_get(node, "expression_class"), ""), class) == 0;
}

static const char *type_id(const struct zpl_json *type)
{
    return zpl_json_str(zpl_json_get(type, "id"), "");
}

/* Is there a cast, or a text that may be cast without saying so?  Saves planning the query again. */
static bool may_cast(const struct zpl_json *v)
{
    if (zpl_guard_is(v, "OPERATOR_CAST"))
        return true;
    if (zpl_guard_is(v, "VALUE_CONSTANT") &&
        strcmp(type_id(zpl_json_get(zpl_json_get(v, "value"), "type")), "VARCHAR") == 0)
        return true;
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (may_cast(member(v, i)))
            return true;
    return false;
}

/* Adds the type as SQL writes it; false for one that constants are not held to. */
static bool add_type(const struct zpl_json *type, struct zpl_buf *out)
{
    static const char *const plain[] = {
        "BOOLEAN",  "TINYINT",      "SMALLINT", "INTEGER",   "BIGINT",      "HUGEINT",
        "UTINYINT", "USMALLINT",    "UINTEGER", "UBIGINT",   "UHUGEINT",    "FLOAT",
        "DOUBLE",   "DATE",         "TIME",     "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS",
        "INTERVAL", "TIMESTAMP_NS", "UUID"}; /* TRY() does not hold a BLOB's mistakes */
    const struct zpl_json *info = zpl_json_get(type, "type_info");
    const char *id = type_id(type);
    if (strcmp(zpl_json_str(zpl_json_get(info, "alias"), ""), "JSON") == 0) {
        zpl_buf_puts(out, "JSON");
        return true;
    }
    if (strcmp(id, "DECIMAL") == 0) {
        zpl_buf_printf(out, "DECIMAL(%lld, %lld)",
                       (long long)zpl_json_i64(zpl_json_get(info, "width"), 18),
                       (long long)zpl_json_i64(zpl_json_get(info, "scale"), 0));
        return true;
    }
    if (strcmp(id, "LIST") == 0) {
        bool known = add_type(zpl_json_get(info, "child_type"), out);
        zpl_buf_puts(out, "[]");
        return known;
    }
    for (size_t i = 0; info == NULL && i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(id, plain[i]) == 0) {
            zpl_buf_puts(out, id);
            return true;
        }
    return false;
}

/* The type in the words of zpl where it is one of zpl's, else in those of SQL. */
static const char *type_words(const struct zpl_json *type, struct zpl_arena *arena)
{
    static const struct {
        const char *sql, *zpl;
    } names[] = {{"BIGINT", "Int"}, {"DOUBLE", "Float"},        {"BOOLEAN", "Bool"},
                 {"DATE", "Date"},  {"TIMESTAMP", "Timestamp"}, {"JSON", "Json"}};
    struct zpl_buf sql = {0};
    (void)add_type(type, &sql);
    const char *words =
        zpl_buf_error(&sql) == ZPL_OK ? zpl_arena_strdup(arena, zpl_buf_str(&sql)) : NULL;
    for (size_t i = 0; words != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(words, names[i].sql) == 0)
            words = names[i].zpl;
    zpl_buf_release(&sql);
    return words;
}

/* The text of a constant; NULL for a NULL and one of another type.  The plan leaves out what is empty. */
static const char *text_of(const struct zpl_json *value, size_t *n)
{
    bool text = strcmp(type_id(zpl_json_get(value, "type")), "VARCHAR") == 0 &&
                !zpl_json_truth(zpl_json_get(value, "is_null"), true);
    const char *s = zpl_json_strn(zpl_json_get(value, "value"), n);
    if (!text || s != NULL)
        return s;
    *n = 0;
    return "";
}

/* Where in the text a part of what is planned stands. */
static long place_in_text(const struct search *s, long offset)
{
    size_t shift = 0; /* wraps around and back */
    for (size_t i = 0; offset >= 0 && i < s->stand_in_count; i++) {
        const struct stand_in *in = &s->stand_ins[i];
        if ((size_t)offset < in->at + shift + in->put)
            break;
        shift += in->put - in->length;
    }
    return offset < 0 ? offset : (long)((size_t)offset - shift);
}

/* Does the text of the query stand at the place?  A constant of a macro's body has a place in that. */
static bool stands_at(const char *sql, long offset, const char *text, size_t n)
{
    if (offset < 0 || (size_t)offset >= strlen(sql))
        return false;
    const char *s = sql + offset;
    if (*s++ != '\'')
        return false;
    for (; n > 0; n--, text++, s++) {
        if (*s != *text || *s == '\0')
            return false;
        if (*s == '\'' && *++s != '\'')
            return false;
    }
    return *s == '\'';
}

/* Does a whole number stand at the place? */
static bool number_at(const char *sql, long offset)
{
    return offset >= 0 && (size_t)offset < strlen(sql) && isdigit((unsigned char)sql[offset]);
}

/* The column that one of the nodes is, maybe within a cast; NULL: none is. */
static const char *column_among(const struct zpl_json *v)
{
    const struct zpl_json *node = is_class(v, "BOUND_CAST") ? zpl_json_get(v, "child") : v;
    if (is_class(node, "BOUND_REF") || is_class(node, "BOUND_COLUMN_REF"))
        return zpl_guard_text(node, "alias");
    const char *column = NULL;
    for (size_t i = 0;
         column == NULL && zpl_json_kind(v) == ZPL_JSON_ARRAY && i < zpl_json_count(v); i++)
        column = column_among(zpl_json_at(v, i));
    return column;
}

/* The column that a node compares its other parts with, or NULL. */
static const char *compared_column(const struct zpl_json *node)
{
    static const char *const sides[] = {"left", "right", "input"};
    const char *column = NULL;
    if (is_class(node, "BOUND_COMPARISON") || is_class(node, "BOUND_BETWEEN"))
        for (size_t i = 0; column == NULL && i < sizeof sides / sizeof sides[0]; i++)
            column = column_among(zpl_json_get(node, sides[i]));
    if (zpl_guard_is(node, "COMPARE_IN") || zpl_guard_is(node, "COMPARE_NOT_IN"))
        column = column_among(zpl_json_at(zpl_json_get(node, "children"), 0));
    return column;
}

/* Notes a cast of a constant. */
static void note(struct search *s, const struct zpl_json *cast, const char *column)
{
    const struct zpl_json *child = zpl_json_get(cast, "child"),
                          *value = zpl_json_get(child, "value");
    long offset = place_in_text(s, (long)zpl_json_i64(zpl_json_get(child, "query_location"), -1));
    size_t n;
    const char *text = text_of(value, &n);
    bool number = zpl_json_kind(zpl_json_get(value, "value")) == ZPL_JSON_INT &&
                  strcmp(type_id(zpl_json_get(value, "type")), "DECIMAL") != 0;
    if (zpl_json_truth(zpl_json_get(cast, "try_cast"), false) || s->count == LITERALS_MAX)
        return;
    if (text != NULL ? !stands_at(s->request->sql, offset, text, n)
                     : !number || !number_at(s->request->sql, offset))
        return;
    struct doubt *grown =
        zpl_arena_grow(s->arena, s->doubts, s->count, &s->capacity, sizeof *grown);
    s->failed = s->failed || grown == NULL;
    if (grown == NULL)
        return;
    s->doubts = grown;
    grown[s->count++] = (struct doubt){value, zpl_json_get(cast, "return_type"), column, offset};
}

static void find(struct search *s, const struct zpl_json *v, const char *column)
{
    if (zpl_guard_is(v, "OPERATOR_TRY"))
        return;
    if (is_class(v, "BOUND_CAST") && is_class(zpl_json_get(v, "child"), "BOUND_CONSTANT"))
        note(s, v, column);
    const char *inner = compared_column(v);
    /* A list of what is compared passes the column on. */
    if (inner == NULL && zpl_json_kind(v) == ZPL_JSON_ARRAY)
        inner = column;
    for (size_t i = 0; i < zpl_json_count(v); i++)
        find(s, member(v, i), inner);
}

/* The constant as SQL writes it. */
static void add_constant(const struct doubt *d, struct zpl_buf *out)
{
    size_t n;
    const char *text = text_of(d->value, &n);
    if (text != NULL)
        zpl_duck_text(out, text, n);
    else
        zpl_buf_printf(out, "%lld", (long long)zpl_json_i64(zpl_json_get(d->value, "value"), 0));
}

/* Those whose cast fails are marked. */
static enum zpl_err mark(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    bool *wrong = self;
    wrong[cells[0].i] = true;
    return ZPL_OK;
}

/* Has the engine try every cast. */
static bool try_all(struct zpl_duck *duck, const struct search *s, bool *wrong)
{
    struct zpl_buf sql = {0};
    struct zpl_diags quiet = {0};
    size_t asked = 0;
    zpl_buf_puts(&sql, "SELECT place::BIGINT FROM (VALUES ");
    for (size_t i = 0; i < s->count; i++) {
        struct zpl_buf type = {0};
        if (add_type(s->doubts[i].type, &type)) {
            zpl_buf_printf(&sql, "%s(%zu, TRY(CAST(", asked++ > 0 ? ", " : "", i);
            add_constant(&s->doubts[i], &sql);
            zpl_buf_printf(&sql, " AS %s)) IS NULL)", zpl_buf_str(&type));
        }
        zpl_buf_release(&type);
    }
    zpl_buf_puts(&sql, ") AS casts(place, wrong) WHERE wrong");
    bool fine = zpl_buf_error(&sql) == ZPL_OK &&
                (asked == 0 ||
                 zpl_duck_each(duck, zpl_buf_str(&sql), mark, wrong, &quiet) != ZPL_ERR_NOMEM);
    zpl_diags_release(&quiet);
    zpl_buf_release(&sql);
    return fine;
}

/* Does the query write the cast of the constant at the place? */
static bool is_written(const struct zpl_json *v, long offset)
{
    if (zpl_guard_is(v, "OPERATOR_CAST") &&
        zpl_json_i64(zpl_json_get(zpl_json_get(v, "child"), "query_location"), -1) == offset)
        return true;
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (is_written(member(v, i), offset))
            return true;
    return false;
}

static bool tell(const struct search *s, const struct doubt *d, const struct zpl_json *tree,
                 struct zpl_bind_error *error)
{
    const char *type = type_words(d->type, s->arena);
    size_t length = zpl_sqltext_length(s->request->sql, (size_t)d->offset);
    const char *shown = zpl_arena_strndup(s->arena, s->request->sql + d->offset, length);
    *error = (struct zpl_bind_error){
        .fault = ZPL_BIND_LITERAL, .name = type, .offset = d->offset, .length = length};
    if (type == NULL || shown == NULL)
        return false;
    error->message =
        d->column != NULL
            ? zpl_arena_printf(s->arena, "%s is no %s, as column '%s' is", shown, type, d->column)
            : zpl_arena_printf(s->arena, "%s is no %s%s", shown, type,
                               is_written(tree, d->offset) ? ": the cast always fails" : "");
    return error->message != NULL;
}

static enum zpl_err keep_plan(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct zpl_buf *out = self;
    zpl_buf_add(out, cells[0].s, cells[0].n);
    return ZPL_OK;
}

/* The first `$name` from byte `from` on that is one of the request's params; -1: none. */
static long next_param(const struct zpl_bind_request *request, size_t from,
                       const struct zpl_bind_param **out)
{
    long first = -1;
    for (size_t i = 0; i < request->param_count; i++) {
        long at = zpl_sqltext_find(request->sql + from, '$', request->params[i].name);
        if (at < 1 || (first >= 0 && at >= first))
            continue;
        first = at;
        *out = &request->params[i];
    }
    return first < 0 ? -1 : (long)from + first - 1;
}

/* The query with a NULL of its type for each param: without one its type would be guessed. */
static bool add_typed(struct search *s, struct zpl_buf *out)
{
    const char *sql = s->request->sql;
    const struct zpl_bind_param *param = NULL;
    size_t from = 0;
    for (long at; (at = next_param(s->request, from, &param)) >= 0;) {
        struct stand_in *grown = zpl_arena_grow(s->arena, s->stand_ins, s->stand_in_count,
                                                &s->stand_in_capacity, sizeof *grown);
        const struct zpl_type *type = zpl_type_new(s->arena, param->kind);
        if (grown == NULL || type == NULL)
            return false;
        zpl_buf_add(out, sql + from, (size_t)at - from);
        size_t before = out->len;
        zpl_buf_puts(out, "(NULL::");
        zpl_convert_sql(type, false, out);
        zpl_buf_putc(out, ')');
        s->stand_ins = grown;
        size_t length = strlen(param->name) + 1;
        grown[s->stand_in_count++] = (struct stand_in){(size_t)at, length, out->len - before};
        from = (size_t)at + length;
    }
    zpl_buf_puts(out, sql + from);
    return zpl_buf_error(out) == ZPL_OK;
}

/* The plan of the query before it is optimised; *out NULL when there is none. */
static bool plan(struct zpl_duck *duck, struct search *s, struct zpl_json **out)
{
    struct zpl_buf query = {0}, sql = {0}, text = {0};
    struct zpl_diags quiet = {0};
    bool typed = add_typed(s, &query);
    *out = NULL;
    zpl_buf_puts(&sql, "SELECT json_serialize_plan(");
    zpl_duck_text(&sql, zpl_buf_str(&query), query.len);
    zpl_buf_puts(&sql, ", skip_null := true, skip_empty := true, skip_default := true)::VARCHAR");
    enum zpl_err err = !typed || zpl_buf_error(&sql) != ZPL_OK
                           ? ZPL_ERR_NOMEM
                           : zpl_duck_each(duck, zpl_buf_str(&sql), keep_plan, &text, &quiet);
    if (err == ZPL_OK && zpl_buf_error(&text) == ZPL_OK)
        err = zpl_json_parse(zpl_buf_str(&text), text.len, out, NULL);
    zpl_diags_release(&quiet);
    zpl_buf_release(&query);
    zpl_buf_release(&sql);
    zpl_buf_release(&text);
    return err != ZPL_ERR_NOMEM;
}

bool zpl_bind_literal(struct zpl_duck *duck, const struct zpl_bind_request *request,
                      const struct zpl_json *tree, struct zpl_bind_error *error,
                      struct zpl_arena *arena)
{
    struct search s = {.request = request, .arena = arena};
    const struct doubt *first = NULL;
    struct zpl_json *planned = NULL;
    if (!may_cast(tree))
        return true;
    if (!plan(duck, &s, &planned))
        return false;
    find(&s, zpl_json_get(planned, "plans"), NULL);
    bool *wrong = zpl_arena_array(arena, s.count + 1, sizeof *wrong);
    bool fine = !s.failed && wrong != NULL;
    if (fine && s.count > 0)
        fine = try_all(duck, &s, wrong);
    for (size_t i = 0; fine && i < s.count; i++)
        if (wrong[i] && (first == NULL || s.doubts[i].offset < first->offset))
            first = &s.doubts[i];
    if (fine && first != NULL)
        fine = tell(&s, first, tree, error);
    zpl_json_release(planned);
    return fine;
}
