/* Refinements: Int { min = 0 }, String { match = "^a" }, Enum { …, default = "x" }. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/regex.h"
#include "lang/base/text.h"
#include "lang/dsl/refine.h"

/* A literal of the type for field `name` of the table at 2; NULL when it is none (told). */
static const struct zpl_literal *read_bound(lua_State *L, const struct zpl_type *type,
                                            const char *name, struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    const struct zpl_literal *literal = zpl_read_literal(L, -1, where);
    const char *why;
    bool range;
    if (!literal)
        return NULL;
    const struct zpl_literal *admitted = zpl_type_admit(type, literal, arena, &why, &range);
    if (!admitted)
        zpl_host_tell(L, range ? ZPL_CODE_OUT_OF_RANGE : ZPL_CODE_BAD_DECLARATION, where.span,
                      "the %s of %s %s", strcmp(name, "fallback") ? name : "default",
                      zpl_type_text(type, true, arena), why);
    return admitted;
}

static const struct zpl_literal *read_one_of(lua_State *L, const struct zpl_type *type,
                                             struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    if (lua_type(L, -1) != LUA_TTABLE) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                      "one_of takes a list of values, as { 1, 2, 4 }");
        return NULL;
    }
    size_t count = lua_rawlen(L, -1);
    if (count == 0)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                      "one_of needs values: no value is one of none");
    const struct zpl_literal **items =
        zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof *items));
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        items[i] = read_bound(L, type, "one_of", zpl_site_item(where, i + 1));
        lua_pop(L, 1);
        if (!items[i])
            return NULL;
    }
    return zpl_host_need(L, zpl_literal_list(arena, items, count));
}

const char *zpl_read_word(lua_State *L, const char *name, struct zpl_site where)
{
    size_t len;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (text && strlen(text) == len && zpl_utf8_valid(text, len))
        return zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), text));
    zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span, "%s takes a text", name);
    return NULL;
}

static bool read_flag(lua_State *L, const char *name, struct zpl_site where)
{
    if (lua_type(L, -1) != LUA_TBOOLEAN)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span, "%s is true or false", name);
    return lua_toboolean(L, -1);
}

/* What refinements there are, and which types have them. */
enum { ORDERED = 1, TEXTS = 2, ALL = 4 };
static const struct {
    const char *name;
    int types;
} refinements[] = {{"default", ALL}, {"doc", ALL},      {"hindsight", ALL},
                   {"match", TEXTS}, {"max", ORDERED},  {"min", ORDERED},
                   {"one_of", ALL},  {"required", ALL}, {"unique", ALL}};
#define REFINEMENTS (sizeof refinements / sizeof *refinements)

static bool has_refinement(const struct zpl_type *type, size_t i)
{
    bool ordered = type->kind == ZPL_INT || type->kind == ZPL_FLOAT || type->kind == ZPL_DATE ||
                   type->kind == ZPL_TIMESTAMP;
    return refinements[i].types == ALL || (refinements[i].types == ORDERED && ordered) ||
           (refinements[i].types == TEXTS && type->kind == ZPL_STRING);
}

/* What other schemas call a refinement, or NULL. */
static const char *habit(const char *name)
{
    static const struct {
        const char *theirs, *ours;
    } habits[] = {{"minimum", "min"},   {"maximum", "max"},        {"ge", "min"},
                  {"le", "max"},        {"enum", "one_of"},        {"choices", "one_of"},
                  {"values", "one_of"}, {"pattern", "match"},      {"regex", "match"},
                  {"help", "doc"},      {"description", "doc"},    {"not_null", "required"},
                  {"uniq", "unique"},   {"primary_key", "unique"}, {"notnull", "required"}};
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (strcmp(habits[i].theirs, name) == 0)
            return habits[i].ours;
    return NULL;
}

/* "default, doc, min" */
static const char *listed(lua_State *L, const char *const *names, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = zpl_host_need(
            L, zpl_arena_printf(zpl_host_arena(L), "%s%s%s", text, i > 0 ? ", " : "", names[i]));
    return text;
}

/* Is it a refinement that the type has?  Tells when not. */
static bool check_name(lua_State *L, const struct zpl_type *type, const char *name,
                       struct zpl_site table)
{
    const char *known[REFINEMENTS];
    size_t count = 0;
    for (size_t i = 0; i < REFINEMENTS; i++) {
        if (!has_refinement(type, i))
            continue;
        if (strcmp(refinements[i].name, name) == 0)
            return true;
        known[count++] = refinements[i].name;
    }
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_key(table, name),
                      "%s has no refinement '%s'", zpl_kind_name(type->kind), name);
    const char *meant = habit(name);
    for (size_t i = 0; meant && i < count; i++)
        if (strcmp(known[i], meant) == 0) {
            zpl_host_help(L, diag, "it is called '%s'", meant);
            return false;
        }
    zpl_host_note(L, diag, (struct zpl_span){0}, "it takes %s", listed(L, known, count));
    zpl_host_nearest(L, diag, name, known, count);
    return false;
}

/* A pattern that compiles; NULL: it does not (told). */
static const char *read_match(lua_State *L, struct zpl_site where)
{
    char words[ZPL_REGEX_WORDS] = "";
    bool matches;
    const char *pattern = zpl_read_word(L, "match", where);
    if (!pattern || zpl_regex_match(pattern, "", 0, &matches, words) != ZPL_ERR_INPUT)
        return pattern;
    zpl_host_help(
        L, zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span, "this is no pattern: %s", words),
        "a pattern is Perl's: \"^[a-z]+$\"; a character that means itself is written \\\\[");
    return NULL;
}

/* Reads the field on top into the refinement; `plain` is the type without any. */
static void read_refinement(lua_State *L, const struct zpl_type *plain, const char *name,
                            struct zpl_site table, struct zpl_refine *refine)
{
    struct zpl_site where = zpl_site_field(table, name);
    if (!check_name(L, plain, name, table))
        return;
    if (strcmp(name, "min") == 0)
        refine->min = read_bound(L, plain, name, where);
    else if (strcmp(name, "max") == 0)
        refine->max = read_bound(L, plain, name, where);
    else if (strcmp(name, "one_of") == 0)
        refine->one_of = read_one_of(L, plain, where);
    else if (strcmp(name, "match") == 0)
        refine->match = read_match(L, where);
    else if (strcmp(name, "doc") == 0)
        refine->doc = zpl_read_word(L, name, where);
    else if (strcmp(name, "unique") == 0)
        refine->unique = read_flag(L, name, where);
    else if (strcmp(name, "required") == 0)
        refine->required = read_flag(L, name, where);
    else if (strcmp(name, "hindsight") == 0)
        refine->hindsight = read_flag(L, name, where);
}

/* Can any value be between the bounds?  Tells when not. */
static void check_range(lua_State *L, struct zpl_type *plain, const struct zpl_refine *refine,
                        struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    const char *why;
    bool range;
    if (!refine->min || !refine->max)
        return;
    const struct zpl_refine floor = {.min = refine->min};
    const struct zpl_type *low = zpl_host_need(L, zpl_type_refined(arena, plain, &floor));
    if (!zpl_type_admit(low, refine->max, arena, &why, &range))
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_field(where, "max").span,
                      "no value is between this min and max: the max %s", why);
}

const struct zpl_type *zpl_refine_type(lua_State *L, const struct zpl_type *type, int index,
                                       struct zpl_site where)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_refine refine = type->refine ? *type->refine : (struct zpl_refine){0};
    struct zpl_type *plain = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *plain));
    *plain = *type;
    size_t count;
    plain->refine = NULL;
    const char *const *names = zpl_site_names(L, index, where, &count);
    for (size_t i = 0; i < count; i++) {
        lua_getfield(L, index, names[i]);
        read_refinement(L, plain, names[i], where, &refine);
        lua_pop(L, 1);
    }
    check_range(L, plain, &refine, where);
    const struct zpl_type *refined =
        zpl_host_need(L, zpl_type_refined(arena, plain, count ? &refine : type->refine));
    /* The default is held to the others. */
    if (lua_getfield(L, index, "default") != LUA_TNIL) {
        refine.fallback = read_bound(L, refined, "fallback", zpl_site_field(where, "default"));
        refined = refine.fallback ? zpl_type_refined(arena, plain, &refine)
                                  : zpl_type_new(arena, ZPL_UNKNOWN);
    }
    lua_pop(L, 1);
    return zpl_host_need(L, refined);
}
