/* pick.c - one value of several: coalesce(a, b), max(list, "field"), min, mean; and grid { a = {…} },
 * the list they are often asked of. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/dsl/value.h"

/* The values of a call under way. */
struct picking {
    lua_State *L;
    const char *name; /* "max" */
    enum zpl_pick_op op;
    struct zpl_site call;
    const struct zpl_value **items, **by;
    size_t count;
    bool poison;
};

static int refuse(struct picking *p, const char *words, const char *help)
{
    struct zpl_diag *diag = zpl_host_tell(p->L, ZPL_CODE_BAD_CALL, p->call.span, "%s", words);
    zpl_host_help(p->L, diag, "%s", help);
    return zpl_push_poison(p->L);
}

/* Where argument `i` (from 1) of the call is written. */
static struct zpl_site argument_site(const struct picking *p, uint32_t i)
{
    uint32_t node = p->call.node ? zpl_tree_argument(p->call.unit->tree, p->call.node, i - 1) : 0;
    return node ? zpl_site_node(p->call.unit, zpl_tree_bare(p->call.unit->tree, node)) : p->call;
}

static void make_room(struct picking *p, size_t count)
{
    struct zpl_arena *arena = zpl_host_arena(p->L);
    p->items = zpl_host_need(p->L, zpl_arena_array(arena, count + 1, sizeof *p->items));
    p->by = zpl_host_need(p->L, zpl_arena_array(arena, count + 1, sizeof *p->by));
}

/* Keeps the value on top (popped). */
static void keep(struct picking *p, struct zpl_site where)
{
    const struct zpl_value *value = zpl_read_value(p->L, -1, where);
    lua_pop(p->L, 1);
    p->poison |= value == NULL || zpl_is_poison(value);
    if (value)
        p->items[p->count++] = value;
}

/* Is the value known now? */
static bool is_known(const struct zpl_value *value)
{
    return value->kind == ZPL_VALUE_LITERAL;
}

/* What is reduced: a value, or the items of a list. */
static const struct zpl_type *reduced_type(const struct zpl_value *value)
{
    return value->type->kind == ZPL_LIST ? value->type->elem : value->type;
}

static bool is_number(const struct zpl_value *value)
{
    enum zpl_kind kind = reduced_type(value)->kind;
    return kind == ZPL_INT || kind == ZPL_FLOAT;
}

static bool too_large(struct picking *p)
{
    size_t size = 0;
    for (size_t i = 0; i < p->count; i++)
        size += p->items[i]->size + (p->by[i] ? p->by[i]->size : 0u) + 1;
    return size > ZPL_VALUE_SIZE_MAX;
}

/* Pushes the choice as a run-time value. */
static int finish(struct picking *p)
{
    struct zpl_arena *arena = zpl_host_arena(p->L);
    bool compared = p->op == ZPL_PICK_MAX || p->op == ZPL_PICK_MIN;
    size_t odd;
    if (too_large(p))
        return luaL_error(p->L, "%s: more than %d parts", p->name, ZPL_VALUE_SIZE_MAX);
    const struct zpl_type *type = zpl_value_pick_type(arena, p->op, p->items, p->count, &odd);
    if (!type && !zpl_arena_failed(arena)) {
        struct zpl_diag *diag = zpl_host_tell(
            p->L, ZPL_CODE_WRONG_KIND, p->call.span, "%s of values of different types: %s, and %s",
            p->name, zpl_type_text(p->items[0]->type, true, arena),
            zpl_type_text(p->items[odd]->type, true, arena));
        zpl_host_help(p->L, diag, "whichever is taken, the steps that follow need one type");
        return zpl_push_poison(p->L);
    }
    zpl_push_value(p->L, zpl_value_pick(arena, p->op, p->items, compared ? p->by : NULL, p->count,
                                        zpl_host_need(p->L, type)));
    return 1;
}

/* coalesce(a, b, …): the first whose step was not skipped. */
static int coalesce(lua_State *L)
{
    struct picking p = {
        .L = L, .name = "coalesce", .op = ZPL_PICK_COALESCE, .call = zpl_host_call(L)};
    int count = lua_gettop(L);
    make_room(&p, (size_t)count);
    for (int i = 1; i <= count; i++) {
        if (lua_isnil(L, i))
            return refuse(&p, "coalesce: a value is nil",
                          "it takes what steps returned, and may end in a plain value");
        lua_pushvalue(L, i);
        keep(&p, argument_site(&p, (uint32_t)i));
    }
    if (count == 0)
        return refuse(&p, "coalesce takes values", "write `coalesce(challenger, champion)`");
    if (p.poison)
        return zpl_push_poison(L);
    if (is_known(p.items[0])) {
        lua_settop(L, 1);
        return 1;
    }
    return finish(&p);
}

/* Is it a column of tables that is to be compared?  It is no value; told. */
static bool is_of_tables(struct picking *p, const struct zpl_value *value, const char *field)
{
    if (!field || reduced_type(value)->kind != ZPL_TABLE)
        return false;
    zpl_host_help(
        p->L,
        zpl_host_tell(p->L, ZPL_CODE_WRONG_KIND, argument_site(p, 1).span,
                      "%s of tables: a column has one value a row", p->name),
        "let a step give what is compared as a number, and return the two together: { rows "
        "= rows, share = share }");
    p->poison = true;
    return true;
}

/* Reads the list of a reduction and, with a field's name at 2, that field of every item into `by`. */
static bool read_list(struct picking *p)
{
    lua_State *L = p->L;
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site where = argument_site(p, 1);
    const char *field = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (value && is_of_tables(p, value, field))
        return true;
    if (value && (value->kind == ZPL_VALUE_GATHER || (value->type->kind == ZPL_LIST && !field))) {
        make_room(p, 1);
        p->items[p->count++] = value;
        p->by[0] =
            field ? zpl_check_item_field(&host->checker, value, field, argument_site(p, 2).span)
                  : value;
        p->poison |= !p->by[0] || zpl_is_poison(p->by[0]);
        return true;
    }
    if (value) {
        p->poison = true;
        zpl_misuse(
            L, value, "reduced",
            value->type->kind == ZPL_LIST
                ? "let the step that makes the list return what is compared as a list of its own"
                : "put what is compared into an array: { a, b }");
        return true;
    }
    if (!zpl_is_array(L, 1) || (lua_gettop(L) > 1 && !field && !lua_isnil(L, 2)))
        return false;
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    make_room(p, (size_t)count);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        keep(p, zpl_site_item(where, (size_t)i));
    }
    for (size_t i = 0; i < p->count && !p->poison && !is_of_tables(p, p->items[i], field); i++) {
        p->by[i] =
            field ? zpl_check_field(&host->checker, p->items[i], field, argument_site(p, 2).span)
                  : p->items[i];
        p->poison |= !p->by[i] || zpl_is_poison(p->by[i]);
    }
    return count > 0;
}

/* What is compared must be numbers, or all texts, or all other things with an order. */
static bool have_order(struct picking *p)
{
    for (size_t i = 0; i < p->count; i++) {
        enum zpl_kind kind = reduced_type(p->by[i])->kind;
        if (!is_number(p->by[i]) && kind != ZPL_STRING && kind != ZPL_DATE && kind != ZPL_TIMESTAMP)
            return false;
        if (is_number(p->by[i]) ? !is_number(p->by[0]) : kind != reduced_type(p->by[0])->kind)
            return false;
    }
    return true;
}

/* The place of the greatest or least of values that are all known, from 1; 0: they are not. */
static lua_Integer known_best(struct picking *p)
{
    lua_State *L = p->L;
    lua_Integer best = 0;
    for (size_t i = 0; i < p->count; i++)
        if (!is_known(p->by[i]))
            return 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct zpl_literal *literal = p->by[i]->literal;
        if (literal->kind == ZPL_LIT_FLOAT && isnan(literal->as.f))
            continue;
        if (best > 0) {
            zpl_push_literal(L, p->by[best - 1]->literal);
            zpl_push_literal(L, literal);
            bool less = lua_type(L, -1) == lua_type(L, -2) &&
                        (p->op == ZPL_PICK_MAX ? lua_compare(L, -2, -1, LUA_OPLT)
                                               : lua_compare(L, -1, -2, LUA_OPLT));
            lua_pop(L, 2);
            if (!less)
                continue;
        }
        best = (lua_Integer)i + 1;
    }
    return best;
}

static int extreme(lua_State *L, const char *name, enum zpl_pick_op op)
{
    struct picking p = {.L = L, .name = name, .op = op, .call = zpl_host_call(L)};
    const char *help = zpl_host_need(
        L, zpl_arena_printf(&zpl_host_of(L)->arena,
                            "write `%s(trials, \"auc\")`, or `%s({ a, b })` for plain values", name,
                            name));
    if (!read_list(&p))
        return refuse(&p, "this takes an array with at least one item, and the name of a field",
                      help);
    if (p.poison)
        return zpl_push_poison(L);
    if (!have_order(&p))
        return refuse(&p, "these values have no order", help);
    lua_Integer best = known_best(&p);
    if (best == 0)
        return finish(&p);
    lua_rawgeti(L, 1, best);
    return 1;
}

static int maximum(lua_State *L)
{
    return extreme(L, "max", ZPL_PICK_MAX);
}

static int minimum(lua_State *L)
{
    return extreme(L, "min", ZPL_PICK_MIN);
}

/* Pushes the mean of the numbers in `by`; plain when all are known. */
static int push_mean(struct picking *p)
{
    double sum = 0;
    bool known = true;
    for (size_t i = 0; i < p->count; i++) {
        const struct zpl_literal *literal = p->by[i]->literal;
        p->items[i] = p->by[i];
        known = known && is_known(p->by[i]);
        if (known)
            sum += literal->kind == ZPL_LIT_INT ? (double)literal->as.i : literal->as.f;
    }
    if (!known)
        return finish(p);
    lua_pushnumber(p->L, sum / (double)p->count);
    return 1;
}

/* Pushes a table of the means of every number that all the reports have. */
static int push_means(struct picking *p)
{
    lua_State *L = p->L;
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_row *row = reduced_type(p->items[0])->row;
    const struct zpl_value **reports = p->items;
    lua_newtable(L);
    for (size_t f = 0; row && f < row->count; f++) {
        size_t n = 0;
        make_room(p, p->count);
        while (n < p->count && reduced_type(reports[n])->row &&
               zpl_row_find(reduced_type(reports[n])->row, row->columns[f].name)) {
            const char *name = row->columns[f].name;
            p->by[n] = reports[n]->kind == ZPL_VALUE_GATHER
                           ? zpl_check_item_field(&host->checker, reports[n], name, p->call.span)
                           : zpl_check_field(&host->checker, reports[n], name, p->call.span);
            if (!p->by[n] || !is_number(p->by[n]))
                break;
            n++;
        }
        if (n < p->count)
            continue;
        push_mean(p);
        lua_setfield(L, -2, row->columns[f].name);
    }
    zpl_sandbox_freeze(L, "the mean of these", zpl_unknown_field);
    return 1;
}

/* mean(numbers), mean(list, "field"), or mean(reports): a table with the mean of every number in them. */
static int mean(lua_State *L)
{
    struct picking p = {.L = L, .name = "mean", .op = ZPL_PICK_MEAN, .call = zpl_host_call(L)};
    static const char help[] = "write `mean(reports).auc`, or `mean(trials, \"auc\")`";
    bool whole = lua_gettop(L) == 1;
    if (!read_list(&p))
        return refuse(&p, "mean takes an array with at least one item", help);
    if (p.poison)
        return zpl_push_poison(L);
    bool numbers = true, records = true;
    for (size_t i = 0; i < p.count; i++) {
        enum zpl_kind kind = reduced_type(p.by[i])->kind;
        numbers = numbers && is_number(p.by[i]);
        records = records && (kind == ZPL_REPORT || kind == ZPL_RECORD);
    }
    if (numbers)
        return push_mean(&p);
    if (whole && records)
        return push_means(&p);
    bool json = reduced_type(p.by[0])->kind == ZPL_JSON;
    return refuse(&p, "mean takes numbers or reports",
                  json ? "these are Json: declare what the step gives, `(…) -> (r: Report {auc: "
                         "Float})` in its "
                         "signature, or let its function return a dataclass of numbers"
                       : help);
}

/* grid { a = { 1, 2 }, b = { 3, 4 } }: { a = 1, b = 3 }, { a = 1, b = 4 }, … as they are written. */
static int grid(lua_State *L)
{
    struct picking p = {.L = L, .name = "grid", .call = zpl_host_call(L)};
    static const char help[] = "write `grid { max_depth = { 3, 6 }, eta = { 0.1, 0.3 } }`";
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE)
        return refuse(&p, "grid takes a table of arrays", help);
    size_t count, total = 1;
    const char *const *names = zpl_site_names(L, 1, zpl_site_arguments(p.call), &count);
    if (count == 0 || lua_rawlen(L, 1) > 0)
        return refuse(&p, "grid takes arrays with names", help);
    for (size_t i = 0; i < count; i++) {
        size_t items = lua_getfield(L, 1, names[i]) == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
        lua_pop(L, 1);
        if (items == 0)
            return refuse(&p, "grid takes arrays with at least one item", help);
        if (total > ZPL_NODES_MAX / items)
            return luaL_error(L, "grid: more than %d combinations", (int)ZPL_NODES_MAX);
        total *= items;
    }
    lua_newtable(L);
    for (size_t n = 0; n < total; n++) {
        size_t rest = n;
        lua_createtable(L, 0, (int)count);
        for (size_t i = count; i-- > 0;) {
            lua_getfield(L, 1, names[i]);
            size_t items = lua_rawlen(L, -1);
            lua_rawgeti(L, -1, (lua_Integer)(rest % items) + 1);
            lua_setfield(L, -3, names[i]);
            lua_pop(L, 1);
            rest /= items;
        }
        zpl_sandbox_freeze(L, "an item of this grid", zpl_unknown_field);
        lua_rawseti(L, -2, (lua_Integer)n + 1);
    }
    return 1;
}

void zpl_offer_picks(lua_State *L)
{
    static const luaL_Reg functions[] = {{"coalesce", coalesce}, {"max", maximum}, {"min", minimum},
                                         {"mean", mean},         {"grid", grid},   {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
