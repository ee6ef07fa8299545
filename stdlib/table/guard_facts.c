/* guard_facts.c - what a query that was let through says of itself: params and warnings.
 * Floor: stdlib. */
#include <string.h>
#include "stdlib/table/guard.h"

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

/* What a query may leave to the order in which rows happen to stand. */
enum { ROWS_CUT, FIRST_OF_MANY, ROWS_NUMBERED, WARNINGS };

static bool has_orders(const struct zpl_json *node, const char *key)
{
    return zpl_json_count(zpl_json_get(zpl_json_get(node, key), "orders")) > 0;
}

static void note_modifiers(const struct zpl_json *modifiers, bool *found)
{
    bool ordered = false, cut = false;
    for (size_t i = 0; i < zpl_json_count(modifiers); i++) {
        const struct zpl_json *m = zpl_json_at(modifiers, i);
        ordered = ordered || zpl_guard_is(m, "ORDER_MODIFIER");
        cut = cut || zpl_guard_is(m, "LIMIT_MODIFIER") || zpl_guard_is(m, "LIMIT_PERCENT_MODIFIER");
    }
    found[ROWS_CUT] = found[ROWS_CUT] || (cut && !ordered);
}

static void note(const struct zpl_json *v, bool *found)
{
    bool array = zpl_json_kind(v) == ZPL_JSON_ARRAY;
    if (zpl_json_kind(v) == ZPL_JSON_OBJECT) {
        const char *function = zpl_guard_text(v, "function_name");
        note_modifiers(zpl_json_get(v, "modifiers"), found);
        if (zpl_guard_is(v, "FUNCTION") && function != NULL &&
            (strcmp(function, "first") == 0 || strcmp(function, "last") == 0) &&
            !has_orders(v, "order_bys"))
            found[FIRST_OF_MANY] = true;
        if (zpl_guard_is(v, "WINDOW_ROW_NUMBER") && zpl_json_count(zpl_json_get(v, "orders")) == 0)
            found[ROWS_NUMBERED] = true;
    }
    for (size_t i = 0; i < zpl_json_count(v); i++)
        note(array ? zpl_json_at(v, i) : zpl_json_value_at(v, i), found);
}

const char *const *zpl_guard_warnings(const struct zpl_json *tree, struct zpl_arena *arena)
{
    static const char *const words[WARNINGS] = {
        "LIMIT without ORDER BY keeps rows by the order they are stored in",
        "first() and last() without ORDER BY pick rows by the order they are stored in",
        "row_number() without ORDER BY counts rows in the order they are stored in",
    };
    bool found[WARNINGS] = {false};
    size_t count = 0;
    note(tree, found);
    const char **out = zpl_arena_array(arena, WARNINGS + 1, sizeof *out);
    for (size_t i = 0; out != NULL && i < WARNINGS; i++)
        if (found[i])
            out[count++] = words[i];
    return count > 0 ? out : NULL;
}
