/* The fields that every call may have: as, when, after, allow, and how it runs (running.c).  A call of a
 * pipeline hands them on to the steps inside. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/step.h"

/* ---- reading ----------------------------------------------------------------------------------- */

static const char *read_as(lua_State *L, struct zpl_site where)
{
    size_t len = 0;
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (name && len > 0 && len <= ZPL_NAME_MAX && strlen(name) == len &&
        zpl_utf8_valid(name, len) && strpbrk(name, "/\n\r\t:") == NULL &&
        strstr(name, "[*]") == NULL)
        return zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), name));
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (!value || !zpl_is_poison(value))
        zpl_host_tell(L, ZPL_CODE_BAD_CALL, where.span,
                      "as takes a name of 1 to %d bytes, without /, : and [*]", ZPL_NAME_MAX);
    return NULL;
}

/* NULL: always, or told. */
static const struct zpl_value *read_when(lua_State *L, struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    if (lua_type(L, -1) == LUA_TBOOLEAN) {
        if (lua_toboolean(L, -1))
            return NULL;
        return zpl_host_need(
            L, zpl_value_literal(arena, zpl_host_need(L, zpl_literal_bool(arena, false))));
    }
    const struct zpl_value *condition = zpl_as_condition(L, -1);
    if (condition && (zpl_is_poison(condition) || zpl_escapes_map(L, condition, where.span)))
        return NULL;
    if (condition)
        return condition;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_BAD_CONDITION, where.span, "when takes a condition");
    zpl_host_help(L, diag, "compare a field of a report: `when = report.auc >= 0.6`");
    return NULL;
}

/* after = value or { value, … }: the steps that made them come first. */
static void read_after(lua_State *L, struct zpl_site where, struct zpl_reserved *out)
{
    bool list = lua_type(L, -1) == LUA_TTABLE;
    size_t count = list ? lua_rawlen(L, -1) : 1, kept = 0;
    uint32_t *after =
        zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), count + 1, sizeof *after));
    for (size_t i = 0; i < count; i++) {
        struct zpl_span span = (list ? zpl_site_item(where, i + 1) : where).span;
        if (list)
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
        else
            lua_pushvalue(L, -1);
        const struct zpl_value *value = zpl_test_value(L, -1);
        lua_pop(L, 1);
        if (value && value->kind == ZPL_VALUE_REF) {
            if (!zpl_escapes_map(L, value, span))
                after[kept++] = value->ref.node;
        } else if (!value || !zpl_is_poison(value)) {
            zpl_host_tell(L, ZPL_CODE_BAD_CALL, span,
                          "after takes what steps returned: { rows, model }");
        }
    }
    out->after = after;
    out->after_count = kept;
}

/* allow = { leak = { "column", … } } */
static const struct zpl_literal *read_allow(lua_State *L, struct zpl_site where)
{
    const struct zpl_literal *allow = zpl_read_literal(L, -1, where);
    bool fine = allow && allow->kind == ZPL_LIT_RECORD;
    for (size_t i = 0; fine && i < allow->as.list.count; i++) {
        const struct zpl_literal *list = allow->as.list.items[i];
        fine = strcmp(allow->as.list.keys[i], "leak") == 0 && list->kind == ZPL_LIT_LIST;
        for (size_t k = 0; fine && k < list->as.list.count; k++)
            fine = list->as.list.items[k]->kind == ZPL_LIT_STRING;
    }
    if (fine)
        return allow;
    zpl_host_tell(L, ZPL_CODE_BAD_CALL, where.span,
                  "allow says what is meant, feature by feature: { leak = { \"column\" } }");
    return NULL;
}

void zpl_read_reserved(lua_State *L, int index, struct zpl_site table, struct zpl_reserved *out)
{
    index = lua_absindex(L, index);
    if (lua_getfield(L, index, "as") != LUA_TNIL)
        out->as = read_as(L, zpl_site_field(table, "as"));
    if (lua_getfield(L, index, "when") != LUA_TNIL)
        out->when = read_when(L, zpl_site_field(table, "when"));
    if (lua_getfield(L, index, "after") != LUA_TNIL)
        read_after(L, zpl_site_field(table, "after"), out);
    if (lua_getfield(L, index, "allow") != LUA_TNIL)
        out->allow = read_allow(L, zpl_site_field(table, "allow"));
    zpl_read_running(L, index, table, &out->running);
    if (lua_getfield(L, index, "env") != LUA_TNIL)
        zpl_host_tell(L, ZPL_CODE_BAD_CALL, zpl_site_key(table, "env"),
                      "env is for steps with a Python or command body; this one has neither");
    lua_pop(L, 5);
    out->as_span = zpl_site_field(table, "as").span;
}

/* ---- applying ---------------------------------------------------------------------------------- */

/* Gives the node its name, with those of the pipeline and the items that it is inside. */
static void apply_as(lua_State *L, struct zpl_node *node, const struct zpl_reserved *reserved)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_graph *graph = &host->program->graph;
    const char *whole = zpl_arena_printf(&graph->arena, "%s%s%s", host->prefix ? host->prefix : "",
                                         reserved->as, host->suffix ? host->suffix : "");
    const struct zpl_node *other = zpl_graph_rival(graph, zpl_host_need(L, whole));
    if (!other) {
        node->name = whole;
        return;
    }
    struct zpl_diag *diag =
        strcmp(other->name, whole) == 0
            ? zpl_host_tell(L, ZPL_CODE_BAD_CALL, reserved->as_span,
                            "another step is called '%s' already", whole)
            : zpl_host_tell(L, ZPL_CODE_BAD_CALL, reserved->as_span,
                            "another step is called '%s' already: an item of one and of '%s' would "
                            "have one name",
                            other->name, whole);
    zpl_host_note(L, diag, other->span, "this one");
}

/* Both conditions; NULL is "always". */
static const struct zpl_value *both(lua_State *L, const struct zpl_value *a,
                                    const struct zpl_value *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->kind == ZPL_VALUE_LITERAL || b->kind == ZPL_VALUE_LITERAL)
        return a->kind == ZPL_VALUE_LITERAL ? a : b; /* the only literal condition is false */
    if (!zpl_value_fits(ZPL_COND_AND, a, b))
        luaL_error(L, "a condition of more than %d parts", ZPL_VALUE_SIZE_MAX);
    return zpl_host_need(L, zpl_value_cond(zpl_host_arena(L), ZPL_COND_AND, a, b));
}

/* What the call of a pipeline says, over what that of the pipeline around it said. */
void zpl_inherit_reserved(lua_State *L, const struct zpl_reserved *outer,
                          struct zpl_reserved *inner)
{
    size_t count = outer->after_count + inner->after_count;
    uint32_t *after =
        zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), count + 1, sizeof *after));
    for (size_t i = 0; i < count; i++)
        after[i] = i < outer->after_count ? outer->after[i] : inner->after[i - outer->after_count];
    inner->after = after;
    inner->after_count = count;
    inner->when = both(L, outer->when, inner->when);
    struct zpl_running running = outer->running;
    zpl_overlay_running(L, &running, &inner->running);
    inner->running = running;
}

void zpl_apply_reserved(lua_State *L, uint32_t id, const struct zpl_reserved *said)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_node *node = &host->program->graph.nodes[id];
    struct zpl_reserved all = *said;
    if (host->inherited)
        zpl_inherit_reserved(L, host->inherited, &all);
    if (all.as)
        apply_as(L, node, &all);
    node->when = all.when;
    node->after = all.after;
    node->after_count = all.after_count;
    node->allow = all.allow;
    zpl_apply_running(&all.running, node);
    zpl_check_workers(L, node);
}

/* ---- holding it to the step -------------------------------------------------------------------- */

/* The names of the node's tables and of all their columns; NULL: not all are known. */
static const char *const *names_of(lua_State *L, const struct zpl_node *node, size_t *count)
{
    struct zpl_arena *arena = &zpl_host_of(L)->arena;
    const char **names = zpl_host_need(L, zpl_arena_array(arena, 1, sizeof *names));
    size_t capacity = 0;
    *count = 0;
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_value *value = node->arguments[i].value;
        if (!value || !value->type || value->type->kind == ZPL_UNKNOWN)
            return NULL;
        const struct zpl_row *row = value->type->kind == ZPL_TABLE ? value->type->row : NULL;
        if (value->type->kind == ZPL_TABLE && (!row || row->open))
            return NULL;
        for (size_t k = 0; row && k <= row->count; k++) {
            names = zpl_host_need(
                L, zpl_arena_grow(arena, *count ? names : NULL, *count, &capacity, sizeof *names));
            names[(*count)++] = k < row->count ? row->columns[k].name : node->arguments[i].name;
        }
    }
    return names;
}

void zpl_check_allow(lua_State *L, uint32_t id, struct zpl_site table)
{
    const struct zpl_node *node = &zpl_host_of(L)->program->graph.nodes[id];
    size_t count;
    const char *const *names = node->allow && !node->poison ? names_of(L, node, &count) : NULL;
    struct zpl_site leak = zpl_site_field(zpl_site_field(table, "allow"), "leak");
    for (size_t i = 0; names && i < node->allow->as.list.count; i++) {
        const struct zpl_literal *list = node->allow->as.list.items[i];
        for (size_t k = 0; k < list->as.list.count; k++) {
            const char *word = list->as.list.items[k]->as.str.s;
            size_t n = 0;
            while (n < count && strcmp(names[n], word) != 0)
                n++;
            if (n == count)
                zpl_host_nearest(
                    L,
                    zpl_host_tell(
                        L, ZPL_CODE_UNKNOWN_COLUMN, zpl_site_item(leak, k + 1).span,
                        "this step has no table, and no column of one, that is called '%s'", word),
                    word, names, count);
        }
    }
}
