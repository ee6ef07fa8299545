/* What the emitter puts where a program looks at a value (see emit.h): plain values are treated as
 * Lua treats them, run-time values become conditions or are told.  Left operands of `and` and `or`
 * wait on a stack, which is a Lua table in the registry. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/dsl/step.h"

static char operands_key;

#define BRANCH_HELP "`when = …` skips a step; `x ~= nil` asks whether x was given"

/* ---- conditions ------------------------------------------------------------------------------- */

/* The run-time value at `index` as a condition: a condition itself, or a Bool known at run time.
 * NULL when it is none. */
const struct zpl_value *zpl_as_condition(lua_State *L, int index)
{
    const struct zpl_value *value = zpl_test_value(L, index);
    if (!value || zpl_is_poison(value) || value->kind == ZPL_VALUE_COND)
        return value;
    if (value->type->kind != ZPL_BOOL)
        return NULL;
    return zpl_host_need(L, zpl_value_cond(zpl_host_arena(L), ZPL_COND_TRUTH, value, NULL));
}

/* Pushes the condition of two parts (right may be NULL), or poison when one of them is. */
static int push_condition(lua_State *L, enum zpl_cond_op op, const struct zpl_value *left,
                          const struct zpl_value *right)
{
    if (zpl_is_poison(left) || (right && zpl_is_poison(right)))
        return zpl_push_poison(L);
    if (!zpl_value_fits(op, left, right)) {
        zpl_host_tell(L, ZPL_CODE_LANG_LIMIT, zpl_host_span(L),
                      "a condition of more than %d parts, or nested deeper than %d",
                      ZPL_VALUE_SIZE_MAX, ZPL_VALUE_DEPTH_MAX);
        return zpl_push_poison(L);
    }
    zpl_push_value(L, zpl_value_cond(zpl_host_arena(L), op, left, right));
    return 1;
}

/* What can be compared with what: numbers, texts and Bools. */
enum family { FAMILY_NONE, FAMILY_NUMBER, FAMILY_TEXT, FAMILY_BOOL };

static enum family family_of(const struct zpl_type *type)
{
    switch (type->kind) {
    case ZPL_INT:
    case ZPL_FLOAT:
    case ZPL_NUMBER:
        return FAMILY_NUMBER;
    case ZPL_STRING:
    case ZPL_ENUM:
    case ZPL_DATE:
    case ZPL_TIMESTAMP:
    case ZPL_CLASS:
        return FAMILY_TEXT;
    case ZPL_BOOL:
        return FAMILY_BOOL;
    default:
        return FAMILY_NONE;
    }
}

/* Tells when the two can't be compared by `op`. */
static bool comparable(lua_State *L, enum zpl_cond_op op, const struct zpl_value *a,
                       const struct zpl_value *b)
{
    enum family left = family_of(a->type), right = family_of(b->type);
    bool order = op != ZPL_COND_EQ && op != ZPL_COND_NE;
    if (left != FAMILY_NONE && left == right && !(order && left == FAMILY_BOOL))
        return true;
    struct zpl_arena *scratch = &zpl_host_of(L)->arena;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_BAD_CONDITION, zpl_host_span(L), "%s can't be compared with %s",
                      zpl_type_text(a->type, true, scratch), zpl_type_text(b->type, true, scratch));
    if (a->kind == ZPL_VALUE_LITERAL && zpl_test_value(L, 1))
        zpl_host_help(L, diag,
                      "a field of a table is the name of its column; compare its values in "
                      "`sql [[ … ]]`");
    else if ((left == FAMILY_BOOL || right == FAMILY_BOOL) && zpl_host_is_chained(L))
        zpl_host_help(L, diag, ZPL_CHAIN_HELP);
    else if (left == FAMILY_NONE || right == FAMILY_NONE)
        zpl_host_help(L, diag,
                      "compare numbers, texts or Bools, as a field of a report: "
                      "`report.auc >= 0.6`");
    return false;
}

static int compare(lua_State *L, enum zpl_cond_op op)
{
    if (zpl_test_value(L, 1) || zpl_test_value(L, 2)) {
        struct zpl_site nowhere = {.span = zpl_host_span(L)};
        const struct zpl_value *a = zpl_read_value(L, 1, nowhere);
        const struct zpl_value *b = zpl_read_value(L, 2, nowhere);
        if ((lua_isnil(L, 1) || lua_isnil(L, 2)) && (op == ZPL_COND_EQ || op == ZPL_COND_NE)) {
            lua_pushboolean(L, op == ZPL_COND_NE); /* was it given */
            return 1;
        }
        if (lua_isnil(L, 1) || lua_isnil(L, 2)) {
            if (!zpl_is_poison(a ? a : b))
                zpl_host_tell(L, ZPL_CODE_BAD_CONDITION, zpl_host_span(L),
                              a ? "%s can't be compared with nil" : "nil can't be compared with %s",
                              zpl_type_text((a ? a : b)->type, true, &zpl_host_of(L)->arena));
            return zpl_push_poison(L);
        }
        if (!a || !b || zpl_is_poison(a) || zpl_is_poison(b) || !comparable(L, op, a, b))
            return zpl_push_poison(L);
        return push_condition(L, op, a, b);
    }
    static const struct {
        int lua_op;
        bool swap, negate;
    } plain[] = {[ZPL_COND_EQ] = {LUA_OPEQ, false, false}, [ZPL_COND_NE] = {LUA_OPEQ, false, true},
                 [ZPL_COND_LT] = {LUA_OPLT, false, false}, [ZPL_COND_LE] = {LUA_OPLE, false, false},
                 [ZPL_COND_GT] = {LUA_OPLT, true, false},  [ZPL_COND_GE] = {LUA_OPLE, true, false}};
    int left = plain[op].swap ? 2 : 1;
    lua_pushboolean(L, lua_compare(L, left, 3 - left, plain[op].lua_op) != plain[op].negate);
    return 1;
}

static int guard_eq(lua_State *L)
{
    return compare(L, ZPL_COND_EQ);
}

static int guard_ne(lua_State *L)
{
    return compare(L, ZPL_COND_NE);
}

static int guard_lt(lua_State *L)
{
    return compare(L, ZPL_COND_LT);
}

static int guard_le(lua_State *L)
{
    return compare(L, ZPL_COND_LE);
}

static int guard_gt(lua_State *L)
{
    return compare(L, ZPL_COND_GT);
}

static int guard_ge(lua_State *L)
{
    return compare(L, ZPL_COND_GE);
}

/* What a statement tests; a run-time value is told, and then the test comes out as `otherwise`. */
static int test(lua_State *L, bool otherwise)
{
    lua_settop(L, 1);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (!value)
        return 1;
    zpl_branch_on(L, value);
    zpl_misuse(L, value, "branched on", BRANCH_HELP);
    lua_pushboolean(L, otherwise);
    return 1;
}

static int guard_truth(lua_State *L)
{
    return test(L, false);
}

static int guard_until(lua_State *L)
{
    return test(L, true);
}

static int guard_not(lua_State *L)
{
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (!value) {
        lua_pushboolean(L, !lua_toboolean(L, 1));
        return 1;
    }
    const struct zpl_value *condition = zpl_as_condition(L, 1);
    if (!condition)
        return zpl_misuse(L, value, "negated", "`not` takes a condition, as `report.auc > 0.5`");
    return push_condition(L, ZPL_COND_NOT, condition, NULL);
}

/* ---- and, or ---------------------------------------------------------------------------------- */

/* Puts what is on top of the stack (popped) on the stack of operands. */
static void push_operand(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &operands_key);
    lua_insert(L, -2);
    lua_rawseti(L, -2, ++host->operands);
    lua_pop(L, 1);
}

/* Takes the topmost operand off and pushes it. */
static void pop_operand(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &operands_key);
    lua_rawgeti(L, -1, host->operands);
    lua_pushnil(L);
    lua_rawseti(L, -3, host->operands--);
    lua_remove(L, -2);
}

/* The left operand at 1: a condition stays, a run-time value that is none is told. */
static void settle_left(lua_State *L)
{
    lua_settop(L, 1);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (!value)
        return;
    const struct zpl_value *condition = zpl_as_condition(L, 1);
    if (condition == value)
        return;
    if (condition)
        zpl_push_value(L, condition);
    else
        zpl_misuse(L, value, "an operand of `and` or `or`",
                   "they take conditions, as `report.auc > 0.5`");
    lua_replace(L, 1);
}

/* `left op right` of the operand popped and the one at 1, pushed.  A plain left one has decided
 * already, so right is the result. */
static void combine(lua_State *L, enum zpl_cond_op op)
{
    lua_settop(L, 1);
    pop_operand(L);
    const struct zpl_value *left = zpl_test_value(L, 2);
    if (!left) {
        lua_pushvalue(L, 1);
        return;
    }
    if (lua_type(L, 1) == LUA_TBOOLEAN) {
        /* What is known now decides, or has no say. */
        bool decides = lua_toboolean(L, 1) == (op == ZPL_COND_OR);
        lua_pushvalue(L, decides ? 1 : 2);
        return;
    }
    const struct zpl_value *right = zpl_as_condition(L, 1);
    if (right) {
        push_condition(L, op, left, right);
        return;
    }
    if (!zpl_is_poison(left)) {
        const struct zpl_value *value = zpl_test_value(L, 1);
        struct zpl_diag *diag = zpl_host_tell(
            L, ZPL_CODE_BAD_CONDITION, zpl_host_span(L), "%s beside a condition is no condition",
            value ? zpl_type_text(value->type, true, &zpl_host_of(L)->arena)
                  : lua_pushfstring(L, "a %s", luaL_typename(L, 1)));
        zpl_host_help(L, diag, "both sides of `and` and `or` must be conditions, true or false");
    }
    zpl_push_poison(L);
}

static int guard_andl(lua_State *L)
{
    settle_left(L);
    lua_pushvalue(L, 1);
    push_operand(L);
    return 1;
}

static int guard_andr(lua_State *L)
{
    combine(L, ZPL_COND_AND);
    lua_pushvalue(L, -1);
    push_operand(L);
    return 1;
}

static int guard_and(lua_State *L)
{
    combine(L, ZPL_COND_AND);
    return 1;
}

/* nil where Lua has to go on: the operand on top is a condition. */
static int go_on(lua_State *L)
{
    if (zpl_test_value(L, -1))
        lua_pushnil(L);
    return 1;
}

static int guard_orl(lua_State *L)
{
    settle_left(L);
    lua_pushvalue(L, 1);
    push_operand(L);
    return go_on(L);
}

static int guard_orr(lua_State *L)
{
    combine(L, ZPL_COND_OR);
    lua_pushvalue(L, -1);
    push_operand(L);
    return go_on(L);
}

static int guard_or(lua_State *L)
{
    combine(L, ZPL_COND_OR);
    return 1;
}

void zpl_offer_guards(lua_State *L)
{
    static const luaL_Reg functions[] = {{"__zpl_truth", guard_truth}, {"__zpl_until", guard_until},
                                         {"__zpl_eq", guard_eq},       {"__zpl_ne", guard_ne},
                                         {"__zpl_lt", guard_lt},       {"__zpl_le", guard_le},
                                         {"__zpl_gt", guard_gt},       {"__zpl_ge", guard_ge},
                                         {"__zpl_not", guard_not},     {"__zpl_andl", guard_andl},
                                         {"__zpl_andr", guard_andr},   {"__zpl_and", guard_and},
                                         {"__zpl_orl", guard_orl},     {"__zpl_orr", guard_orr},
                                         {"__zpl_or", guard_or},       {NULL, NULL}};
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &operands_key);
    luaL_setfuncs(L, functions, 0);
}
