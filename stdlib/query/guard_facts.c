/* guard_facts.c - what a query that was let through says of itself: params and warnings.
 * Floor: stdlib. */
#include <stdarg.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/unique.h"
#include "stdlib/table/sqltext.h"

static bool names_param(const struct zpl_json *v, const char *name)
{
    const char *identifier = zpl_guard_text(v, "identifier");
    if (zpl_guard_is(v, "VALUE_PARAMETER") && identifier != NULL)
        return strcmp(identifier, name) == 0;
    for (size_t i = 0; i < zpl_json_count(v); i++) {
        const struct zpl_json *item =
            zpl_json_kind(v) == ZPL_JSON_ARRAY ? zpl_json_at(v, i) : zpl_json_value_at(v, i);
        if (names_param(item, name))
            return true;
    }
    return false;
}

const char *const *zpl_guard_params(const struct zpl_json *tree,
                                    const struct zpl_bind_request *request, struct zpl_arena *arena)
{
    const char **names = zpl_arena_array(arena, request->param_count + 1, sizeof *names);
    size_t used = 0;
    for (size_t i = 0; names != NULL && i < request->param_count; i++)
        if (names_param(tree, request->params[i].name))
            names[used++] = request->params[i].name;
    return names;
}

/* What a query may leave to the order in which rows happen to stand, or compare in vain; each is told once,
 * where it is met first. */
enum {
    ROWS_CUT,
    TIES_CUT,
    FIRST_OF_MANY,
    LISTED,
    NUMBERED,
    TIES_NUMBERED,
    FIRST_OF_EACH,
    TIES_OF_EACH,
    IS_NULL,
    IS_NOT_NULL,
    WARNINGS
};
#define STORED  "the order in which they are stored"
#define NUMBERS "row_number", "ntile", "lag", "lead", "first_value", "last_value", "nth_value"
struct notes {
    const struct zpl_bind_request *request;
    struct zpl_unique *unique;
    struct zpl_arena *arena;
    const char *message[WARNINGS];
    long offset[WARNINGS];
    bool failed;
};
/* Where a part of the tree stands. */
struct place {
    const struct zpl_json *query; /* the SELECT around it */
    const struct zpl_unique_scope *scope;
    bool settled; /* no order of the values inside matters */
};

/* Notes what stands at `offset` (-1: not known), the first time. */
static void __attribute__((format(printf, 4, 5)))
find(struct notes *notes, int which, long offset, const char *words, ...)
{
    struct zpl_buf text = {0};
    va_list args;
    if (notes->message[which] != NULL)
        return;
    va_start(args, words);
    zpl_buf_vprintf(&text, words, args);
    va_end(args);
    notes->message[which] = zpl_arena_strdup(notes->arena, zpl_buf_str(&text));
    notes->failed =
        notes->failed || zpl_buf_error(&text) != ZPL_OK || notes->message[which] == NULL;
    notes->offset[which] = offset;
    zpl_buf_release(&text);
}

long zpl_guard_place(const struct zpl_json *node, const char *sql)
{
    long at = (long)zpl_json_i64(zpl_json_get(node, "query_location"), -1);
    return at >= 0 && (size_t)at < strlen(sql) ? at : -1;
}

static long place_of(const struct notes *notes, const struct zpl_json *node)
{
    return zpl_guard_place(node, notes->request->sql);
}

static bool has_orders(const struct zpl_json *node, const char *key)
{
    return zpl_json_count(zpl_json_get(zpl_json_get(node, key), "orders")) > 0;
}

/* The byte of the word before a number, which is all that the tree places. */
static long word_before(const struct notes *notes, const struct zpl_json *number, const char *word)
{
    return zpl_sqltext_find_last(notes->request->sql, place_of(notes, number), word);
}

/* Does an order by the keys leave nothing to how the rows of the result are stored? */
static bool decides(const struct notes *notes, const struct zpl_json *query,
                    const struct zpl_unique_scope *scope, const struct zpl_order_keys *keys)
{
    return zpl_order_covers(query, keys) ||
           zpl_unique_is_total(notes->unique, query, scope, keys, true);
}

/* LIMIT and OFFSET, DISTINCT ON, and the order they go by. */
static void note_modifiers(struct notes *notes, const struct zpl_json *query,
                           const struct zpl_unique_scope *scope)
{
    const struct zpl_json *modifiers = zpl_json_get(query, "modifiers"), *cut = NULL;
    const struct zpl_json *orders = NULL, *on = NULL;
    struct zpl_order_keys keys = {0};
    for (size_t i = 0; i < zpl_json_count(modifiers); i++) {
        const struct zpl_json *m = zpl_json_at(modifiers, i);
        if (zpl_guard_is(m, "ORDER_MODIFIER"))
            orders = zpl_json_get(m, "orders");
        if (zpl_guard_is(m, "LIMIT_MODIFIER") || zpl_guard_is(m, "LIMIT_PERCENT_MODIFIER"))
            cut = m;
        if (zpl_guard_is(m, "DISTINCT_MODIFIER") &&
            zpl_json_count(zpl_json_get(m, "distinct_on_targets")) > 0)
            on = zpl_json_get(m, "distinct_on_targets");
    }
    zpl_order_add(&keys, orders);
    long first = place_of(notes, keys.count > 0 ? keys.items[0] : NULL);
    bool total = (cut == NULL && on == NULL) || decides(notes, query, scope, &keys);
    if (cut != NULL && !total && keys.count > 0)
        find(notes, TIES_CUT, first,
             "where this leaves ties, LIMIT keeps rows by " STORED
             ": order by a column that is unique too");
    else if (cut != NULL && !total) {
        const struct zpl_json *limit = zpl_json_get(cut, "limit");
        bool limits = zpl_json_kind(limit) == ZPL_JSON_OBJECT;
        const char *word = limits ? "LIMIT" : "OFFSET";
        find(
            notes, ROWS_CUT, word_before(notes, limits ? limit : zpl_json_get(cut, "offset"), word),
            "%s without ORDER BY keeps rows by " STORED ": order by a column that is unique", word);
    }
    zpl_order_add(&keys, on);
    if (on == NULL || decides(notes, query, scope, &keys))
        return;
    if (orders == NULL)
        find(notes, FIRST_OF_EACH, word_before(notes, zpl_json_at(on, 0), "DISTINCT"),
             "DISTINCT ON without ORDER BY keeps rows by " STORED ": say with ORDER BY which come "
             "first");
    else
        find(notes, TIES_OF_EACH, first,
             "where this leaves ties, DISTINCT ON keeps rows by " STORED
             ": order by a column that is unique too");
}

/* Does the frame of a window end at single rows, so that these are others when alike ones are stored otherwise? */
static bool counts_rows(const struct zpl_json *v)
{
    static const char *const ends[] = {"start", "end"};
    bool rows = false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        rows = rows || strstr(zpl_json_str(zpl_json_get(v, ends[i]), ""), "_ROWS") != NULL;
    return rows;
}

/* A window function that goes by single rows. */
static void note_window(struct notes *notes, const struct zpl_json *v, const struct place *place)
{
    static const char *const numbers[] = {NUMBERS};
    const char *function = zpl_guard_text(v, "function_name");
    const struct zpl_json *orders = zpl_json_get(v, "orders"), *own = zpl_json_get(v, "arg_orders");
    const struct zpl_json *value = zpl_json_at(zpl_json_get(v, "children"), 0);
    struct zpl_order_keys keys = {0};
    if (!ZPL_TEXT_AMONG(function, numbers) && !counts_rows(v))
        return;
    zpl_order_add(&keys, zpl_json_get(v, "partitions"));
    zpl_order_add(&keys, orders);
    zpl_order_add(&keys, own);
    bool picks = strcmp(function, "row_number") != 0 && strcmp(function, "ntile") != 0;
    if (zpl_unique_is_total(notes->unique, place->query, place->scope, &keys, false) ||
        (picks && zpl_order_has(&keys, value)))
        return;
    if (zpl_json_count(orders) + zpl_json_count(own) == 0)
        find(notes, NUMBERED, place_of(notes, v),
             "%s() without ORDER BY goes by the order in which rows are stored: write OVER (ORDER "
             "BY …)",
             function);
    else
        find(notes, TIES_NUMBERED, place_of(notes, v),
             "where its ORDER BY leaves ties, %s() goes by the order in which rows are stored: "
             "order by a column that is unique too",
             function);
}

/* An aggregate that goes by the order in which its rows come. */
static void note_aggregate(struct notes *notes, const struct zpl_json *v, const struct place *place)
{
    static const char *const picks[] = {"first", "last", "any_value", "arbitrary"};
    static const char *const lists[] = {"list", "array_agg", "string_agg", "group_concat",
                                        "listagg"};
    const char *function = zpl_guard_text(v, "function_name");
    bool pick = ZPL_TEXT_AMONG(function, picks);
    bool list = ZPL_TEXT_AMONG(function, lists);
    if ((!pick && !list) || has_orders(v, "order_bys"))
        return;
    if (pick)
        find(notes, FIRST_OF_MANY, place_of(notes, v),
             "%s() without ORDER BY picks a row by the order in which rows are stored: write %s(… "
             "ORDER BY …)",
             function, function);
    else if (!place->settled)
        find(notes, LISTED, place_of(notes, v),
             "%s() without ORDER BY takes values in " STORED ": write %s(… ORDER BY …)", function,
             function);
}

static bool is_null(const struct zpl_json *v)
{
    return zpl_guard_is(v, "VALUE_CONSTANT") &&
           zpl_json_truth(zpl_json_get(zpl_json_get(v, "value"), "is_null"), false);
}

static void note_comparison(struct notes *notes, const struct zpl_json *v)
{
    if (!is_null(zpl_json_get(v, "left")) && !is_null(zpl_json_get(v, "right")))
        return;
    if (zpl_guard_is(v, "COMPARE_EQUAL"))
        find(notes, IS_NULL, place_of(notes, v),
             "nothing equals NULL, so this is never true: write IS NULL");
    if (zpl_guard_is(v, "COMPARE_NOTEQUAL"))
        find(notes, IS_NOT_NULL, place_of(notes, v),
             "nothing differs from NULL, so this is never true: write IS NOT NULL");
}

static void note(struct notes *notes, const struct zpl_json *v, struct place place)
{
    /* What becomes of a list here does not depend on its order. */
    static const char *const settles[] = {
        "list_sort",    "array_sort",  "list_reverse_sort", "len",      "length",
        "array_length", "list_sum",    "list_min",          "list_max", "list_avg",
        "list_count",   "list_unique", "list_contains",     "list_has", "array_contains"};
    bool array = zpl_json_kind(v) == ZPL_JSON_ARRAY;
    const struct zpl_json *with = zpl_json_get(zpl_json_get(v, "cte_map"), "map");
    const struct zpl_unique_scope scope = {place.scope, with, zpl_json_count(with)};
    for (size_t i = 0; i < scope.visible; i++) { /* each sees those before it */
        const struct zpl_unique_scope before = {place.scope, with, i};
        note(notes, zpl_json_at(with, i), (struct place){NULL, &before, false});
    }
    if (with != NULL) {
        place = (struct place){v, &scope, false};
        note_modifiers(notes, v, &scope);
    }
    if (strcmp(zpl_json_str(zpl_json_get(v, "class"), ""), "WINDOW") == 0)
        note_window(notes, v, &place);
    if (zpl_guard_is(v, "FUNCTION"))
        note_aggregate(notes, v, &place);
    note_comparison(notes, v);
    if (zpl_guard_is(v, "FUNCTION"))
        place.settled = ZPL_TEXT_AMONG(zpl_guard_text(v, "function_name"), settles);
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (array || strcmp(zpl_json_key_at(v, i), "cte_map") != 0)
            note(notes, array ? zpl_json_at(v, i) : zpl_json_value_at(v, i), place);
}

bool zpl_guard_warnings(const struct zpl_json *tree, struct zpl_unique *unique,
                        struct zpl_bind_answer *answer, struct zpl_arena *arena)
{
    const struct zpl_bind_request *request = unique->request;
    struct notes notes = {.request = request, .unique = unique, .arena = arena};
    struct zpl_bind_warning *out = zpl_arena_array(arena, WARNINGS, sizeof *out);
    size_t count = 0;
    if (out == NULL)
        return false;
    note(&notes, tree, (struct place){0});
    for (size_t i = 0; i < WARNINGS; i++) {
        long at = notes.offset[i];
        if (notes.message[i] != NULL)
            out[count++] = (struct zpl_bind_warning){
                notes.message[i], at, at >= 0 ? zpl_sqltext_length(request->sql, (size_t)at) : 1};
    }
    answer->warnings = out;
    answer->warning_count = count;
    return !notes.failed;
}
