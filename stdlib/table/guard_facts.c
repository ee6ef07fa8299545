/* guard_facts.c - what a query that was let through says of itself: params and warnings.
 * Floor: stdlib. */
#include <string.h>
#include "stdlib/table/guard.h"
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

/* What a query may leave to the order in which rows happen to stand, or compare in vain. */
enum { ROWS_CUT, FIRST_OF_MANY, ROWS_NUMBERED, IS_NULL, IS_NOT_NULL, WARNINGS };
static const char *const words[WARNINGS] = {
    "LIMIT without ORDER BY keeps rows by the order they are stored in",
    "first() and last() without ORDER BY pick rows by the order they are stored in",
    "row_number() without ORDER BY counts rows in the order they are stored in",
    "nothing equals NULL, so this is never true: write IS NULL",
    "nothing differs from NULL, so this is never true: write IS NOT NULL",
};
struct notes {
    const char *sql;
    long offset[WARNINGS];
    bool found[WARNINGS];
};

/* Notes what stands at `offset` (-1: not known), the first time. */
static void find(struct notes *notes, int which, long offset)
{
    if (notes->found[which])
        return;
    notes->found[which] = true;
    notes->offset[which] = offset;
}

long zpl_guard_place(const struct zpl_json *node, const char *sql)
{
    long at = (long)zpl_json_i64(zpl_json_get(node, "query_location"), -1);
    return at >= 0 && (size_t)at < strlen(sql) ? at : -1;
}

static bool has_orders(const struct zpl_json *node, const char *key)
{
    return zpl_json_count(zpl_json_get(zpl_json_get(node, key), "orders")) > 0;
}

static void note_modifiers(const struct zpl_json *modifiers, struct notes *notes)
{
    bool ordered = false;
    const struct zpl_json *cut = NULL;
    for (size_t i = 0; i < zpl_json_count(modifiers); i++) {
        const struct zpl_json *m = zpl_json_at(modifiers, i);
        ordered = ordered || zpl_guard_is(m, "ORDER_MODIFIER");
        if (zpl_guard_is(m, "LIMIT_MODIFIER") || zpl_guard_is(m, "LIMIT_PERCENT_MODIFIER"))
            cut = m;
    }
    if (cut == NULL || ordered)
        return;
    /* The tree places the number; the word stands before it. */
    long number = zpl_guard_place(zpl_json_get(cut, "limit"), notes->sql);
    find(notes, ROWS_CUT, zpl_sqltext_find_last(notes->sql, number, "LIMIT"));
}

static bool is_null(const struct zpl_json *v)
{
    return zpl_guard_is(v, "VALUE_CONSTANT") &&
           zpl_json_truth(zpl_json_get(zpl_json_get(v, "value"), "is_null"), false);
}

static void note(const struct zpl_json *v, struct notes *notes)
{
    bool array = zpl_json_kind(v) == ZPL_JSON_ARRAY;
    if (zpl_json_kind(v) == ZPL_JSON_OBJECT) {
        const char *function = zpl_guard_text(v, "function_name");
        long at = zpl_guard_place(v, notes->sql);
        note_modifiers(zpl_json_get(v, "modifiers"), notes);
        if (zpl_guard_is(v, "FUNCTION") && function != NULL &&
            (strcmp(function, "first") == 0 || strcmp(function, "last") == 0) &&
            !has_orders(v, "order_bys"))
            find(notes, FIRST_OF_MANY, at);
        if (zpl_guard_is(v, "WINDOW_ROW_NUMBER") && zpl_json_count(zpl_json_get(v, "orders")) == 0)
            find(notes, ROWS_NUMBERED, at);
        if (is_null(zpl_json_get(v, "left")) || is_null(zpl_json_get(v, "right"))) {
            if (zpl_guard_is(v, "COMPARE_EQUAL"))
                find(notes, IS_NULL, at);
            if (zpl_guard_is(v, "COMPARE_NOTEQUAL"))
                find(notes, IS_NOT_NULL, at);
        }
    }
    for (size_t i = 0; i < zpl_json_count(v); i++)
        note(array ? zpl_json_at(v, i) : zpl_json_value_at(v, i), notes);
}

bool zpl_guard_warnings(const struct zpl_json *tree, const struct zpl_bind_request *request,
                        struct zpl_bind_answer *answer, struct zpl_arena *arena)
{
    struct notes notes = {.sql = request->sql};
    struct zpl_bind_warning *out = zpl_arena_array(arena, WARNINGS, sizeof *out);
    size_t count = 0;
    if (out == NULL)
        return false;
    note(tree, &notes);
    for (size_t i = 0; i < WARNINGS; i++) {
        long at = notes.offset[i];
        if (notes.found[i])
            out[count++] = (struct zpl_bind_warning){
                words[i], at, at >= 0 ? zpl_sqltext_length(request->sql, (size_t)at) : 1};
    }
    answer->warnings = out;
    answer->warning_count = count;
    return true;
}
