#include "lang/dsl/slot.h"
#include <lauxlib.h>
#include <string.h>
#include "lang/dsl/declare.h"
#include "lang/dsl/step.h"

/* ---- making ------------------------------------------------------------------------------------ */

/* The signature of the text on top, or NULL (told). */
static const struct zpl_signature *read_text(lua_State *L, struct zpl_site where)
{
    if (lua_type(L, -1) == LUA_TSTRING)
        return zpl_read_signature(L, lua_tostring(L, -1), where);
    struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                                          "Step needs a signature: what the step takes and gives");
    zpl_host_help(L, diag,
                  "write `Step \"(train: Table {...r}) -> (model: Model)\"`, or with a default "
                  "`Step { \"…\", default = xgboost.train }`");
    return NULL;
}

/* Keeps the step on top (popped) as the default of the slot. */
static void keep_default(lua_State *L, const struct zpl_type *type)
{
    struct zpl_host *host = zpl_host_of(L);
    host->slots = zpl_host_need(L, zpl_arena_grow(&host->arena, host->slots, host->slot_count,
                                                  &host->slot_capacity, sizeof *host->slots));
    host->slots[host->slot_count++] =
        (struct zpl_slot){.type = type, .step = luaL_ref(L, LUA_REGISTRYINDEX)};
}

/* Pushes the default of the slot, or nil. */
static void push_default(lua_State *L, const struct zpl_type *type)
{
    struct zpl_host *host = zpl_host_of(L);
    for (size_t i = 0; i < host->slot_count; i++) {
        if (host->slots[i].type != type)
            continue;
        lua_rawgeti(L, LUA_REGISTRYINDEX, host->slots[i].step);
        return;
    }
    lua_pushnil(L);
}

bool zpl_slot_is_filled(lua_State *L, const struct zpl_type *type,
                        const struct zpl_literal *fallback)
{
    push_default(L, type);
    bool filled = !lua_isnil(L, -1) || fallback;
    lua_pop(L, 1);
    return filled;
}

const struct zpl_type *zpl_make_slot(lua_State *L, struct zpl_site where)
{
    bool table = lua_type(L, 2) == LUA_TTABLE;
    if (!table && lua_type(L, 2) != LUA_TSTRING)
        return NULL;
    struct zpl_type *type = zpl_host_need(L, zpl_arena_alloc(zpl_host_arena(L), sizeof *type));
    type->kind = ZPL_STEP;
    if (table)
        lua_rawgeti(L, 2, 1);
    else
        lua_pushvalue(L, 2);
    type->signature = read_text(L, table ? zpl_site_item(where, 1) : where);
    lua_pop(L, 1);
    size_t count = 0;
    const char *const *names = table ? zpl_site_names(L, 2, where, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "default") == 0)
            continue;
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_key(where, names[i]),
                      "a Step has a signature and a `default`, no '%s'", names[i]);
    }
    if (table && type->signature && lua_getfield(L, 2, "default") != LUA_TNIL) {
        zpl_fill_slot(L, type, NULL, "default", zpl_site_field(where, "default"));
        keep_default(L, type);
    }
    lua_settop(L, 2);
    return type->signature ? type : zpl_host_need(L, zpl_type_new(zpl_host_arena(L), ZPL_UNKNOWN));
}

/* ---- filling ----------------------------------------------------------------------------------- */

/* Can a value of one kind stand where the other is asked for, whatever their parts are?  Those are
 * checked when the step is called. */
static bool kinds_fit(const struct zpl_type *have, const struct zpl_type *want)
{
    bool open = have->kind == ZPL_ANY || want->kind == ZPL_ANY || have->kind == ZPL_VAR ||
                want->kind == ZPL_VAR || want->kind == ZPL_UNKNOWN;
    return open || have->kind == want->kind || (have->kind == ZPL_INT && want->kind == ZPL_FLOAT) ||
           (have->kind == ZPL_STRING && want->kind == ZPL_COLUMN_OF) ||
           (have->kind == ZPL_COLUMN_OF && want->kind == ZPL_STRING);
}

/* "an Int", "a column" */
static const char *kind_words(struct zpl_arena *arena, const struct zpl_type *type)
{
    const char *name = zpl_kind_name(type->kind);
    const char *words = zpl_arena_printf(arena, "%s %s", strchr("AEIOU", *name) ? "an" : "a", name);
    return words ? words : name;
}

/* What differs first between what a slot asks for and what a step is; NULL: it fits. */
static const char *difference(struct zpl_arena *arena, const struct zpl_signature *slot,
                              const struct zpl_signature *step)
{
    for (size_t i = 0; i < slot->input_count; i++) {
        const struct zpl_field *want = &slot->inputs[i];
        const struct zpl_field *have = zpl_signature_input(step, want->name);
        if (!have && i < step->input_count && !step->inputs[i].optional)
            have = &step->inputs[i]; /* by position */
        if (!have)
            return zpl_arena_printf(arena, "it takes no '%s'", want->name);
        if (!kinds_fit(want->type, have->type))
            return zpl_arena_printf(arena, "its input '%s' takes %s, the slot gives %s", have->name,
                                    kind_words(arena, have->type), kind_words(arena, want->type));
    }
    for (size_t i = 0; i < step->input_count; i++) {
        const struct zpl_field *have = &step->inputs[i];
        bool asked = have->optional || zpl_signature_input(slot, have->name) ||
                     (i < slot->input_count && !slot->inputs[i].optional);
        if (!asked)
            return zpl_arena_printf(arena, "it needs '%s' as well", have->name);
    }
    for (size_t i = 0; i < slot->output_count; i++) {
        if (i >= step->output_count)
            return zpl_arena_printf(arena, "it gives no '%s'", slot->outputs[i].name);
        if (!kinds_fit(step->outputs[i].type, slot->outputs[i].type))
            return zpl_arena_printf(arena, "its output '%s' is %s, the slot asks for %s",
                                    step->outputs[i].name, kind_words(arena, step->outputs[i].type),
                                    kind_words(arena, slot->outputs[i].type));
    }
    return NULL;
}

/* The next line of a step's signature at *text, which moves behind it; NULL: there is none. */
static const struct zpl_signature *next_line(lua_State *L, const char **text)
{
    struct zpl_arena *arena = &zpl_host_of(L)->arena;
    const struct zpl_signature *line = NULL;
    while (**text && !line) {
        size_t n = strcspn(*text, "\n");
        struct zpl_signature_error error;
        const char *copy = zpl_host_need(L, zpl_arena_strndup(arena, *text, n));
        if (zpl_signature_parse(copy, arena, &line, &error) == ZPL_ERR_NOMEM)
            zpl_host_no_memory(L);
        *text += n + ((*text)[n] == '\n');
    }
    return line;
}

/* Why the step fits the slot by none of its lines, or NULL.  Arguments that are fixed already count as
 * given. */
static const char *misfit(lua_State *L, const struct zpl_type *slot,
                          const struct zpl_step_def *step)
{
    const char *text = step->info->signature, *first = NULL;
    const struct zpl_signature *line;
    if (step->broken || step->fixed != LUA_NOREF || !slot->signature)
        return NULL;
    while ((line = next_line(L, &text))) {
        const char *why = difference(&zpl_host_of(L)->arena, slot->signature, line);
        if (!why)
            return NULL;
        first = first ? first : why;
    }
    return first;
}

bool zpl_check_fixed(lua_State *L, const struct zpl_step_def *step, int index,
                     struct zpl_site table)
{
    bool all = true;
    size_t count, inputs = 0, capacity = 0;
    const char *const *names = zpl_site_names(L, index, table, &count);
    const char **known = NULL, *text = step->info->signature;
    const struct zpl_signature *line;
    while ((line = next_line(L, &text)))
        for (size_t i = 0; i < line->input_count; i++) {
            known = zpl_host_need(
                L, zpl_arena_grow(&zpl_host_of(L)->arena, known, inputs, &capacity, sizeof *known));
            known[inputs++] = line->inputs[i].name;
        }
    for (size_t i = 0; i < count; i++) {
        bool fine = zpl_call_has(names[i]);
        for (size_t k = 0; k < inputs; k++)
            fine = fine || strcmp(known[k], names[i]) == 0;
        all = all && fine;
        if (!fine)
            zpl_host_nearest(L,
                             zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT,
                                           zpl_site_key(table, names[i]), "%s has no argument '%s'",
                                           step->info->name, names[i]),
                             names[i], known, inputs);
    }
    return all;
}

bool zpl_push_named_step(lua_State *L, const char *name)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_catalog *catalog = &host->world->catalog;
    const struct zpl_step_info *info = catalog->find ? catalog->find(catalog->self, name) : NULL;
    if (!info)
        return false;
    struct zpl_step_def *step = zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *step));
    *step = (struct zpl_step_def){.info = info, .lua = LUA_NOREF, .fixed = LUA_NOREF};
    zpl_push_step(L, step);
    return true;
}

const char *zpl_slot_misfit(lua_State *L, const struct zpl_type *type)
{
    return misfit(L, type, zpl_test_step(L, -1));
}

struct zpl_diag *zpl_tell_no_step(lua_State *L, struct zpl_span where, const char *flag,
                                  const char *name)
{
    const struct zpl_catalog *catalog = &zpl_host_of(L)->world->catalog;
    const struct zpl_step_info *info;
    const char **names = NULL;
    size_t count = 0, capacity = 0;
    for (; catalog->at && (info = catalog->at(catalog->self, count)); names[count++] = info->name)
        names = zpl_host_need(
            L, zpl_arena_grow(&zpl_host_of(L)->arena, names, count, &capacity, sizeof *names));
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_STEP, where, "--%s: there is no step '%s'", flag, name);
    zpl_host_nearest(L, diag, name, names, count);
    return diag;
}

void zpl_fill_slot(lua_State *L, const struct zpl_type *type, const struct zpl_literal *fallback,
                   const char *name, struct zpl_site where)
{
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        push_default(L, type);
    }
    if (lua_isnil(L, -1) && fallback && fallback->kind == ZPL_LIT_STRING) {
        lua_pop(L, 1);
        if (!zpl_push_named_step(L, fallback->as.str.s))
            lua_pushnil(L);
    }
    const struct zpl_value *value = zpl_test_value(L, -1);
    const struct zpl_step_def *step = zpl_test_step(L, -1);
    const char *why = step ? misfit(L, type, step) : NULL;
    if ((step && !why) || zpl_test_pipeline(L, -1) || (value && zpl_is_poison(value)))
        return;
    const char *wanted = zpl_type_text(type, true, &zpl_host_of(L)->arena);
    struct zpl_diag *diag =
        lua_isnil(L, -1) ? zpl_host_tell(L, ZPL_CODE_MISSING_ARGUMENT, where.span,
                                         "'%s' has no default, and no step is given for it", name)
        : step           ? zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span,
                                         "step '%s' does not fit '%s': %s", step->info->name, name, why)
               : zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span, "'%s' takes a step", name);
    zpl_host_help(L, diag, "it takes %s", wanted);
    lua_pop(L, 1);
    zpl_push_poison(L);
}
