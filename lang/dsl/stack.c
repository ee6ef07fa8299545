/* stack "name" { orchestrator = here { jobs = 8 }, … }: where steps run and where things live.
 * A word as `kubernetes` may serve several components; the field it stands in decides which, so its
 * options are checked there, against the signature of that flavour. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/dsl/declare.h"

static const char *const components[] = {"artifacts", "deployer",     "images",
                                         "metadata",  "orchestrator", "secrets"};
#define COMPONENTS (sizeof components / sizeof *components)

/* ---- words ------------------------------------------------------------------------------------- */

static const struct zpl_flavour_info *flavour_at(lua_State *L, size_t i)
{
    const struct zpl_catalog *catalog = &zpl_host_of(L)->world->catalog;
    return catalog->flavour ? catalog->flavour(catalog->self, i) : NULL;
}

/* kubernetes { namespace = "ml" }, folder "/scratch", kserve {}: upvalue: the word. */
static int call_word(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_word *word = zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *word));
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 1);
    word->name = lua_tostring(L, lua_upvalueindex(1));
    word->call = call;
    word->table = zpl_site_arguments(call);
    word->options = LUA_NOREF;
    if (lua_type(L, 1) != LUA_TTABLE && !lua_isnil(L, 1)) {
        lua_createtable(L, 1, 0);
        lua_insert(L, 1);
        lua_rawseti(L, 1, 1);
    }
    if (!lua_isnil(L, 1))
        word->options = luaL_ref(L, LUA_REGISTRYINDEX);
    zpl_push_word(L, word);
    return 1;
}

/* secret "NAME" */
static int call_secret(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_site where = zpl_site_arguments(zpl_host_call(L));
    size_t len = 0;
    const char *name = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (!name || !zpl_text_is_name(name) || strlen(name) != len) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_STACK, where.span,
                                    "a secret is named by letters, digits and _"),
                      "write `secret \"PGPASSWORD\"`: its name, never its value");
        return zpl_push_poison(L);
    }
    struct zpl_word *word = zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *word));
    *word = (struct zpl_word){.name = "secret",
                              .secret = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), name)),
                              .options = LUA_NOREF};
    zpl_push_word(L, word);
    return 1;
}

/* ---- options ----------------------------------------------------------------------------------- */

/* One component under reading. */
struct reading {
    lua_State *L;
    const struct zpl_flavour_info *flavour;
    const struct zpl_word *word;
    const struct zpl_signature *signature;
    int table; /* index of the options in Lua; 0: none */
};

/* Pushes what is given for input `i`, nil when nothing; *where is its place. */
static void push_option(const struct reading *r, size_t i, struct zpl_site *where)
{
    const char *name = r->signature->inputs[i].name;
    *where = zpl_site_field(r->word->table, name);
    if (!r->table) {
        lua_pushnil(r->L);
        return;
    }
    if (lua_getfield(r->L, r->table, name) != LUA_TNIL)
        return;
    lua_pop(r->L, 1);
    lua_rawgeti(r->L, r->table, (lua_Integer)i + 1);
    *where = zpl_site_item(r->word->table, i + 1);
}

/* The secret on top as the text of its name; NULL: it is none (told). */
static const struct zpl_literal *read_secret(const struct reading *r, const char *name,
                                             struct zpl_site where)
{
    lua_State *L = r->L;
    const struct zpl_word *word = zpl_test_word(L, -1);
    if (word && word->secret)
        return zpl_host_need(
            L, zpl_literal_string(zpl_host_arena(L), word->secret, strlen(word->secret)));
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (value && zpl_is_poison(value))
        return NULL;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span, "'%s' takes a secret", name);
    zpl_host_help(L, diag, "write `%s = secret \"NAME\"`: a value written here would be no secret",
                  name);
    return NULL;
}

/* The value of input `i`; NULL: none, or it was told to be wrong. */
static const struct zpl_literal *read_option(const struct reading *r, size_t i)
{
    lua_State *L = r->L;
    const struct zpl_field *field = &r->signature->inputs[i];
    const struct zpl_literal *value = NULL;
    const struct zpl_value *known;
    const char *why = "";
    bool range = false;
    struct zpl_site where;
    push_option(r, i, &where);
    if (lua_isnil(L, -1)) {
        if (!field->optional)
            zpl_host_tell(L, ZPL_CODE_MISSING_ARGUMENT, r->word->call.span, "%s needs '%s': %s",
                          r->flavour->word, field->name,
                          zpl_type_text(field->type, true, zpl_host_arena(L)));
        value = field->fallback;
    } else if (field->type->kind == ZPL_SECRET) {
        value = read_secret(r, field->name, where);
    } else if (zpl_test_word(L, -1)) {
        zpl_host_tell(L, ZPL_CODE_WRONG_KIND, where.span, "'%s' of %s is %s, not a secret",
                      field->name, r->flavour->word,
                      zpl_type_text(field->type, true, zpl_host_arena(L)));
    } else if (!(known = zpl_test_value(L, -1)) || !zpl_is_poison(known)) {
        const struct zpl_literal *written = zpl_read_literal(L, -1, where);
        if (written)
            value = zpl_type_admit(field->type, written, zpl_host_arena(L), &why, &range);
        if (written && !value)
            zpl_host_tell(L, range ? ZPL_CODE_OUT_OF_RANGE : ZPL_CODE_WRONG_KIND, where.span,
                          "'%s' of %s %s", field->name, r->flavour->word, why);
    }
    lua_pop(L, 1);
    return value;
}

/* Tells options that the flavour does not have. */
static void tell_unknown(const struct reading *r)
{
    lua_State *L = r->L;
    size_t count, known = r->signature->input_count;
    const char *const *names = zpl_site_names(L, r->table, r->word->table, &count);
    const char **inputs =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, known + 1, sizeof *inputs));
    for (size_t i = 0; i < known; i++)
        inputs[i] = r->signature->inputs[i].name;
    for (size_t i = 0; i < count; i++) {
        if (zpl_signature_input(r->signature, names[i]))
            continue;
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(r->word->table, names[i]),
                          "%s has no option '%s'", r->flavour->word, names[i]);
        if (!zpl_text_nearest(names[i], inputs, known))
            zpl_host_help(L, diag, "its options: %s", r->flavour->signature);
        zpl_host_nearest(L, diag, names[i], inputs, known);
    }
    if (lua_rawlen(L, r->table) > known)
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_item(r->word->table, known + 1).span,
                      "%s takes %s", r->flavour->word, r->flavour->signature);
}

/* All options as a RECORD. */
static const struct zpl_literal *read_options(struct reading *r)
{
    lua_State *L = r->L;
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_signature_error error;
    if (zpl_signature_parse(r->flavour->signature, arena, &r->signature, &error) != ZPL_OK)
        zpl_host_no_memory(L);
    if (r->word->options != LUA_NOREF) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, r->word->options);
        r->table = lua_gettop(L);
        tell_unknown(r);
    }
    size_t kept = 0, count = r->signature->input_count;
    const struct zpl_literal **items =
        zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof(struct zpl_literal *)));
    const char **keys = zpl_host_need(L, zpl_arena_array(arena, count + 1, sizeof *keys));
    for (size_t i = 0; i < count; i++) {
        items[kept] = read_option(r, i);
        keys[kept] = r->signature->inputs[i].name;
        kept += items[kept] != NULL;
    }
    if (r->table)
        lua_pop(L, 1);
    return zpl_host_need(L, zpl_literal_record(arena, items, keys, kept));
}

/* ---- stacks ------------------------------------------------------------------------------------ */

/* The flavour of that word for that component; NULL: it does not serve as one. */
static const struct zpl_flavour_info *find_flavour(lua_State *L, const char *word,
                                                   const char *component)
{
    const struct zpl_flavour_info *flavour;
    for (size_t i = 0; (flavour = flavour_at(L, i)); i++)
        if (strcmp(flavour->component, component) == 0 &&
            (!word || strcmp(flavour->word, word) == 0))
            return flavour;
    return NULL;
}

/* "here, slurm, kubernetes": the words for a component; in scratch. */
static const char *words_for(lua_State *L, const char *component)
{
    struct zpl_arena *arena = &zpl_host_of(L)->arena;
    const struct zpl_flavour_info *flavour;
    const char *list = "";
    for (size_t i = 0; (flavour = flavour_at(L, i)); i++)
        if (strcmp(flavour->component, component) == 0)
            list = zpl_host_need(
                L, zpl_arena_printf(arena, "%s%s%s", list, *list ? ", " : "", flavour->word));
    return list;
}

/* Reads the field on top into *part; false when it is wrong (told). */
static bool read_part(lua_State *L, const char *component, struct zpl_site where,
                      struct zpl_stack_part *part)
{
    const struct zpl_word *word = zpl_test_word(L, -1);
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (value && zpl_is_poison(value))
        return false;
    struct reading r = {.L = L, .word = word};
    r.flavour = word ? find_flavour(L, word->name, component) : NULL;
    if (!r.flavour) {
        struct zpl_diag *diag =
            word ? zpl_host_tell(L, ZPL_CODE_STACK, where.span, "'%s' is nothing for %s",
                                 word->name, component)
                 : zpl_host_tell(L, ZPL_CODE_STACK, where.span,
                                 "%s takes one of the words for it, called", component);
        zpl_host_help(L, diag, "words for %s: %s; each with its options, as `%s {}`", component,
                      words_for(L, component), find_flavour(L, NULL, component)->word);
        return false;
    }
    *part = (struct zpl_stack_part){
        .component = r.flavour->component, .flavour = r.flavour, .span = where.span};
    part->options = read_options(&r);
    return true;
}

/* Warns of components that this build can check but not open. */
static void warn_closed(lua_State *L, const struct zpl_stack_def *stack)
{
    struct zpl_host *host = zpl_host_of(L);
    const char *words = "";
    for (size_t i = 0; i < stack->part_count; i++)
        if (!stack->parts[i].flavour->opens)
            words =
                zpl_host_need(L, zpl_arena_printf(&host->arena, "%s%s%s", words, *words ? ", " : "",
                                                  stack->parts[i].flavour->word));
    if (*words)
        zpl_diag_warn(&host->program->diags, ZPL_CODE_STACK, stack->span,
                      "nothing can run on stack '%s' yet: this build of zpl can't open %s",
                      stack->name, words);
}

static void keep_stack(lua_State *L, const struct zpl_stack_def *stack)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_program *program = host->program;
    for (size_t i = 0; i < program->stack_count; i++)
        if (strcmp(program->stacks[i].name, stack->name) == 0)
            zpl_host_note(L,
                          zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, stack->span,
                                        "another stack is called '%s' already", stack->name),
                          program->stacks[i].span, "this one");
    struct zpl_stack_def *grown =
        zpl_host_need(L, zpl_arena_grow(zpl_host_arena(L), program->stacks, program->stack_count,
                                        &host->stack_capacity, sizeof *grown));
    grown[program->stack_count++] = *stack;
    program->stacks = grown;
}

/* The second half of stack "name" {…}; upvalue: the name. */
static int declare_stack(lua_State *L)
{
    struct zpl_site call = zpl_host_call(L), table = zpl_site_arguments(call);
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    struct zpl_stack_def stack = {
        .name = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), name)), .span = call.span};
    if (call.node)
        stack.span = zpl_tree_span(call.unit->tree, zpl_tree_callee(call.unit->tree, call.node));
    if (lua_type(L, 1) != LUA_TTABLE) {
        zpl_host_tell(L, ZPL_CODE_STACK, table.span, "stack \"%s\" takes a table", name);
        return 0;
    }
    struct zpl_stack_part *parts =
        zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), COMPONENTS, sizeof *parts));
    size_t count;
    const char *const *names = zpl_site_names(L, 1, table, &count);
    for (size_t i = 0; i < count; i++) {
        struct zpl_site where = zpl_site_field(table, names[i]);
        if (!find_flavour(L, NULL, names[i])) {
            zpl_host_nearest(L,
                             zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT,
                                           zpl_site_key(table, names[i]),
                                           "a stack has no component '%s'", names[i]),
                             names[i], components, COMPONENTS);
            continue;
        }
        lua_getfield(L, 1, names[i]);
        stack.part_count += read_part(L, names[i], where, &parts[stack.part_count]);
        lua_pop(L, 1);
    }
    if (lua_rawlen(L, 1) > 0)
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_STACK, zpl_site_item(table, 1).span,
                                    "the components of a stack have names"),
                      "write `orchestrator = here { jobs = 8 }`");
    stack.parts = parts;
    warn_closed(L, &stack);
    keep_stack(L, &stack);
    return 0;
}

/* stack "name" */
static int name_stack(lua_State *L)
{
    struct zpl_site arguments = zpl_site_arguments(zpl_host_call(L));
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TSTRING) {
        zpl_host_help(L, zpl_host_tell(L, ZPL_CODE_STACK, arguments.span, "a stack needs a name"),
                      "write `stack \"name\" { … }`");
        return zpl_push_poison(L);
    }
    if (!zpl_check_name(L, "stack", lua_tostring(L, 1), arguments.span))
        return zpl_push_poison(L);
    lua_pushcclosure(L, declare_stack, 1);
    return 1;
}

void zpl_offer_stacks(lua_State *L)
{
    const struct zpl_flavour_info *flavour;
    for (size_t i = 0; (flavour = flavour_at(L, i)); i++) {
        lua_pushstring(L, flavour->word);
        lua_pushcclosure(L, call_word, 1);
        lua_setfield(L, -2, flavour->word);
    }
    lua_pushcfunction(L, call_secret);
    lua_setfield(L, -2, "secret");
    lua_pushcfunction(L, name_stack);
    lua_setfield(L, -2, "stack");
}
