#include "lang/dsl/value.h"
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"

/* Names of metatables; type() gives them. */
#define VALUE    "value"
#define TYPE     "type"
#define PATH     "path"
#define STEP     "step"
#define PIPELINE "pipeline"
#define WORD     "part of a stack"

/* What a userdata of these kinds holds: its number in the host's list. */
struct handle {
    uint32_t number;
};

static void push_handle(lua_State *L, const char *kind, size_t number)
{
    luaL_checkstack(L, 4, NULL);
    struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->number = (uint32_t)number;
    luaL_setmetatable(L, kind);
}

/* The number at `index`, or SIZE_MAX when it is of another kind. */
static size_t test_handle(lua_State *L, int index, const char *kind)
{
    const struct handle *handle =
        lua_type(L, index) == LUA_TUSERDATA ? luaL_testudata(L, index, kind) : NULL;
    return handle ? handle->number : SIZE_MAX;
}

/* ---- pushing and testing --------------------------------------------------------------------- */

void zpl_push_value(lua_State *L, const struct zpl_value *value)
{
    struct zpl_host *host = zpl_host_of(L);
    zpl_host_need(L, value);
    if (host->value_count >= ZPL_HOST_VALUES_MAX)
        luaL_error(L, "more than %d run-time values", (int)ZPL_HOST_VALUES_MAX);
    host->values = zpl_host_need(L, zpl_arena_grow(&host->arena, host->values, host->value_count,
                                                   &host->value_capacity, sizeof *host->values));
    host->values[host->value_count] = value;
    push_handle(L, VALUE, host->value_count++);
}

int zpl_push_poison(lua_State *L)
{
    push_handle(L, VALUE, 0);
    return 1;
}

int zpl_push_poisons(lua_State *L)
{
    struct zpl_site call = zpl_host_call(L);
    int count = zpl_push_poison(L);
    while (call.node && count < 100 &&
           zpl_tree_result_name(call.unit->tree, call.node, (uint32_t)count) != ZPL_NO_TOKEN)
        count += zpl_push_poison(L);
    return count;
}

void zpl_push_type(lua_State *L, const struct zpl_type *type)
{
    struct zpl_host *host = zpl_host_of(L);
    zpl_host_need(L, type);
    host->types = zpl_host_need(L, zpl_arena_grow(&host->arena, host->types, host->type_count,
                                                  &host->type_capacity, sizeof *host->types));
    host->types[host->type_count] = type;
    push_handle(L, TYPE, host->type_count++);
}

void zpl_push_step(lua_State *L, struct zpl_step_def *step)
{
    struct zpl_host *host = zpl_host_of(L);
    host->steps = zpl_host_need(L, zpl_arena_grow(&host->arena, host->steps, host->step_count,
                                                  &host->step_capacity, sizeof *host->steps));
    host->steps[host->step_count] = step;
    push_handle(L, STEP, host->step_count++);
}

void zpl_push_pipeline(lua_State *L, struct zpl_pipeline_def *pipeline)
{
    struct zpl_host *host = zpl_host_of(L);
    host->pipelines =
        zpl_host_need(L, zpl_arena_grow(&host->arena, host->pipelines, host->pipeline_count,
                                        &host->pipeline_capacity, sizeof *host->pipelines));
    host->pipelines[host->pipeline_count] = pipeline;
    push_handle(L, PIPELINE, host->pipeline_count++);
}

void zpl_push_word(lua_State *L, struct zpl_word *word)
{
    struct zpl_host *host = zpl_host_of(L);
    host->words = zpl_host_need(L, zpl_arena_grow(&host->arena, host->words, host->word_count,
                                                  &host->word_capacity, sizeof *host->words));
    host->words[host->word_count] = word;
    push_handle(L, WORD, host->word_count++);
}

void zpl_push_path(lua_State *L, const char *s, size_t n)
{
    if (n >= ZPL_PATH_MAX)
        luaL_error(L, "a path of more than %d bytes", ZPL_PATH_MAX - 1);
    char *path = lua_newuserdatauv(L, n + 1, 0);
    memcpy(path, s, n);
    path[n] = '\0';
    luaL_setmetatable(L, PATH);
}

const struct zpl_value *zpl_test_value(lua_State *L, int index)
{
    size_t number = test_handle(L, index, VALUE);
    return number == SIZE_MAX ? NULL : zpl_host_of(L)->values[number];
}

const struct zpl_type *zpl_test_type(lua_State *L, int index)
{
    size_t number = test_handle(L, index, TYPE);
    return number == SIZE_MAX ? NULL : zpl_host_of(L)->types[number];
}

struct zpl_step_def *zpl_test_step(lua_State *L, int index)
{
    size_t number = test_handle(L, index, STEP);
    return number == SIZE_MAX ? NULL : zpl_host_of(L)->steps[number];
}

struct zpl_pipeline_def *zpl_test_pipeline(lua_State *L, int index)
{
    size_t number = test_handle(L, index, PIPELINE);
    return number == SIZE_MAX ? NULL : zpl_host_of(L)->pipelines[number];
}

struct zpl_word *zpl_test_word(lua_State *L, int index)
{
    size_t number = test_handle(L, index, WORD);
    return number == SIZE_MAX ? NULL : zpl_host_of(L)->words[number];
}

const char *zpl_test_path(lua_State *L, int index, size_t *len)
{
    const char *path = lua_type(L, index) == LUA_TUSERDATA ? luaL_testudata(L, index, PATH) : NULL;
    if (path && len)
        *len = lua_rawlen(L, index) - 1;
    return path;
}

static void push_items(lua_State *L, const struct zpl_literal *literal)
{
    bool record = literal->kind == ZPL_LIT_RECORD;
    int count = (int)literal->as.list.count;
    luaL_checkstack(L, 4, "a literal nested too deeply");
    lua_createtable(L, record ? 0 : count, record ? count : 0);
    for (int i = 0; i < count; i++) {
        zpl_push_literal(L, literal->as.list.items[i]);
        if (record)
            lua_setfield(L, -2, literal->as.list.keys[i]);
        else
            lua_rawseti(L, -2, i + 1);
    }
}

void zpl_push_literal(lua_State *L, const struct zpl_literal *literal)
{
    switch (literal->kind) {
    case ZPL_LIT_NULL:
        lua_pushnil(L);
        return;
    case ZPL_LIT_BOOL:
        lua_pushboolean(L, literal->as.b);
        return;
    case ZPL_LIT_INT:
        lua_pushinteger(L, literal->as.i);
        return;
    case ZPL_LIT_FLOAT:
        lua_pushnumber(L, literal->as.f);
        return;
    case ZPL_LIT_STRING:
        lua_pushlstring(L, literal->as.str.s, literal->as.str.n);
        return;
    case ZPL_LIT_PATH:
        zpl_push_path(L, literal->as.str.s, literal->as.str.n);
        return;
    case ZPL_LIT_TYPE:
        zpl_push_type(L, literal->as.type);
        return;
    case ZPL_LIT_LIST:
    case ZPL_LIT_RECORD:
        push_items(L, literal);
        return;
    }
}

/* ---- run-time values ------------------------------------------------------------------------- */

bool zpl_is_poison(const struct zpl_value *value)
{
    return value->type->kind == ZPL_UNKNOWN;
}

const char *zpl_keep_text(lua_State *L, struct zpl_arena *arena, struct zpl_buf *text)
{
    const char *copy =
        zpl_buf_error(text) ? NULL : zpl_arena_strndup(arena, zpl_buf_str(text), text->len);
    zpl_buf_release(text);
    return zpl_host_need(L, copy);
}

const char *zpl_value_words(lua_State *L, const struct zpl_value *value)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_buf text = {0};
    zpl_value_show(&host->program->graph, value, &text);
    return zpl_keep_text(L, &host->arena, &text);
}

int zpl_misuse_at(lua_State *L, const struct zpl_value *value, struct zpl_span span,
                  const char *use, const char *help)
{
    if (zpl_is_poison(value))
        return zpl_push_poison(L);
    bool column = value->kind == ZPL_VALUE_LITERAL; /* t.c, which names a column */
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_RUNTIME_VALUE, span,
                      column ? "column %s has its values only at run time: it can't be %s here"
                             : "'%s' is known only at run time: it can't be %s here",
                      zpl_value_words(L, value), use);
    if (value->kind == ZPL_VALUE_REF) {
        const struct zpl_node *node = &zpl_host_of(L)->program->graph.nodes[value->ref.node];
        zpl_host_note(L, diag, node->span,
                      node->stands_in ? "it is the input '%s'" : "it comes from step '%s'",
                      node->step);
    }
    if (help)
        zpl_host_help(L, diag, "%s", help);
    return zpl_push_poison(L);
}

void zpl_branch_on(lua_State *L, const struct zpl_value *value)
{
    struct zpl_host *host = zpl_host_of(L);
    if (!zpl_is_poison(value) || host->guessed)
        return;
    host->guessed = true;
    host->guessed_at = host->program->diags.count;
}

int zpl_misuse(lua_State *L, const struct zpl_value *value, const char *use, const char *help)
{
    return zpl_misuse_at(L, value, zpl_host_span(L), use, help);
}

const char *zpl_visit_help(const struct zpl_value *value)
{
    if (value->type->kind == ZPL_TABLE)
        return "rows can't be visited in a program: work on them in `sql` or a `lua =` body";
    if (value->type->kind == ZPL_LIST)
        return "a list known only at run time is gone over by `each(list, function (item) … end)`";
    return "an array of values can be visited, a value made by a step can't";
}

/* The run-time value among two operands. */
static const struct zpl_value *operand(lua_State *L)
{
    const struct zpl_value *value = zpl_test_value(L, 1);
    return value ? value : zpl_test_value(L, 2);
}

static int value_arithmetic(lua_State *L)
{
    return zpl_misuse(L, operand(L), "computed with",
                      "compute it inside a step (`sql` or a `lua =` body), or compare it and use "
                      "`when = …`");
}

static int value_bits(lua_State *L)
{
    const char *help = zpl_host_bits_help(L);
    return help ? zpl_misuse(L, operand(L), "computed with", help) : value_arithmetic(L);
}

static int value_concat(lua_State *L)
{
    return zpl_misuse(L, operand(L), "joined to a text", "compute the text inside a step");
}

static int value_compare(lua_State *L)
{
    return zpl_misuse(L, operand(L), "compared", "compare it where the file calls steps");
}

static int value_length(lua_State *L)
{
    const struct zpl_value *value = zpl_test_value(L, 1);
    zpl_branch_on(L, value);
    zpl_misuse(L, value, "counted",
               value->type && value->type->kind == ZPL_LIST
                   ? "count its items in the step that gives the list, or in one that takes it"
                   : "count rows inside a step: `sql [[ SELECT count(*) … ]]`");
    lua_pushinteger(L, 0);
    return 1;
}

static int value_call(lua_State *L)
{
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (zpl_is_poison(value))
        return zpl_push_poisons(L);
    zpl_misuse(L, value, "called", "steps are called, their outputs are given to steps");
    lua_pop(L, 1);
    return zpl_push_poisons(L);
}

static int value_assign(lua_State *L)
{
    struct zpl_span span = lua_type(L, 2) == LUA_TSTRING
                               ? zpl_host_target_span(L, ZPL_NODE_INDEX, lua_tostring(L, 2))
                               : zpl_host_span(L);
    zpl_misuse_at(L, zpl_test_value(L, 1), span, "changed", "make a new value with a step");
    return 0;
}

/* What to write instead of `value[i]`. */
static const char *index_help(lua_State *L, const struct zpl_value *value)
{
    const struct zpl_node *node = value->kind == ZPL_VALUE_REF
                                      ? &zpl_host_of(L)->program->graph.nodes[value->ref.node]
                                      : NULL;
    if (node && node->output_count > 1)
        return "a step's outputs are assigned: `local train, test = split { rows }`";
    if (value->type->kind == ZPL_TABLE)
        return "read rows inside a step: `sql [[ SELECT … FROM rows LIMIT 10 ]]`";
    if (value->kind == ZPL_VALUE_GATHER)
        return "go over it with each(list, function (item) … end), or take one with max or min";
    return "read it inside a step";
}

static int value_index(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    const struct zpl_value *value = zpl_test_value(L, 1);
    if (zpl_is_poison(value))
        return zpl_push_poison(L);
    if (lua_type(L, 2) != LUA_TSTRING)
        return zpl_misuse(L, value, "indexed", index_help(L, value));
    const char *field = lua_tostring(L, 2);
    const struct zpl_value *found =
        zpl_check_field(&host->checker, value, field, zpl_host_name_span(L, field));
    if (!found)
        return zpl_push_poison(L);
    zpl_push_value(L, found);
    return 1;
}

/* Called by the sandbox's functions with (value, the function's name): the words for its use. */
static int value_misuse(lua_State *L)
{
    static const struct {
        const char *function, *use, *help;
    } uses[] = {
        {"tostring", "made a text", "compute the text inside a step"},
        {"assert", "asserted", "`when = …` skips a step where a condition is false"},
        {"error", "the text of an error", "an error says what is wrong now, before anything runs"},
        {"math.", NULL,
         "compute it inside a step (`sql` or a `lua =` body), or compare it and use `when = …`"},
        {"table.", NULL, "an array of values can be worked on, a value made by a step can't"},
        {"", NULL, "compute it inside a step (`sql` or a `lua =` body)"},
    };
    const struct zpl_value *value = zpl_test_value(L, 1);
    const char *function = lua_tostring(L, 2);
    if (strcmp(function, "pairs") == 0 || strcmp(function, "ipairs") == 0) {
        zpl_branch_on(L, value);
        return zpl_misuse(L, value, "visited", zpl_visit_help(value));
    }
    size_t i = 0;
    while (strncmp(function, uses[i].function, strlen(uses[i].function)) != 0)
        i++;
    zpl_misuse(L, value, uses[i].use ? uses[i].use : lua_pushfstring(L, "passed to '%s'", function),
               uses[i].help);
    return zpl_push_poisons(L);
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* The text of a part of a path, or NULL when it can't be one. */
static const char *path_part(lua_State *L, int index, size_t *len)
{
    const char *path = zpl_test_path(L, index, len);
    if (path)
        return path;
    if (lua_type(L, index) == LUA_TSTRING || lua_isinteger(L, index))
        return luaL_tolstring(L, index, len); /* stays on the stack */
    return NULL;
}

/* a / b: joined by one slash. */
static int path_join(lua_State *L)
{
    if (operand(L))
        return zpl_misuse(L, operand(L), "a part of a path", "a path must be known now");
    size_t a_len, b_len;
    const char *a = path_part(L, 1, &a_len), *b = path_part(L, 2, &b_len);
    if (!a || !b)
        return luaL_error(L,
                          "a path can be joined to a path, a text or a whole number, not to a %s",
                          luaL_typename(L, a ? 2 : 1));
    while (a_len > 1 && a[a_len - 1] == '/')
        a_len--;
    while (b_len > 0 && *b == '/')
        b++, b_len--;
    if (a_len + b_len + 1 >= ZPL_PATH_MAX || memchr(b, '\0', b_len) || memchr(a, '\0', a_len))
        return luaL_error(L, "a path has at most %d bytes and no NUL", ZPL_PATH_MAX - 1);
    char joined[ZPL_PATH_MAX];
    size_t len = 0;
    memcpy(joined, a, a_len);
    len += a_len;
    if (len > 0 && joined[len - 1] != '/')
        joined[len++] = '/';
    memcpy(joined + len, b, b_len);
    zpl_push_path(L, joined, len + b_len);
    return 1;
}

static int path_text(lua_State *L)
{
    size_t len;
    const char *path = zpl_test_path(L, 1, &len);
    lua_pushlstring(L, path, len);
    return 1;
}

static int path_concat(lua_State *L)
{
    if (operand(L))
        return value_concat(L);
    for (int i = 1; i <= 2; i++) {
        size_t len;
        const char *path = zpl_test_path(L, i, &len);
        if (!path)
            continue;
        lua_pushlstring(L, path, len);
        lua_replace(L, i);
    }
    lua_settop(L, 2);
    lua_concat(L, 2);
    return 1;
}

static int path_equal(lua_State *L)
{
    size_t a_len, b_len;
    const char *a = zpl_test_path(L, 1, &a_len), *b = zpl_test_path(L, 2, &b_len);
    lua_pushboolean(L, a && b && a_len == b_len && memcmp(a, b, a_len) == 0);
    return 1;
}

/* ---- types, steps, pipelines ------------------------------------------------------------------ */

static int type_text(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    lua_pushstring(L, zpl_type_text(zpl_test_type(L, 1), false, &host->arena));
    return 1;
}

static int type_equal(lua_State *L)
{
    const struct zpl_type *a = zpl_test_type(L, 1), *b = zpl_test_type(L, 2);
    lua_pushboolean(L, a && b && zpl_type_equal(a, b));
    return 1;
}

static int step_text(lua_State *L)
{
    lua_pushfstring(L, "step '%s'", zpl_test_step(L, 1)->info->name);
    return 1;
}

static int pipeline_text(lua_State *L)
{
    lua_pushfstring(L, "pipeline '%s'", zpl_test_pipeline(L, 1)->name);
    return 1;
}

static int word_text(lua_State *L)
{
    lua_pushstring(L, zpl_test_word(L, 1)->name);
    return 1;
}

/* A field of what has none. */
static int no_field(lua_State *L)
{
    const char *field = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    zpl_sandbox_push_text(L, 1);
    struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_UNKNOWN_FIELD, zpl_host_name_span(L, field),
                                          "%s has no field '%s'", lua_tostring(L, -1), field);
    if (zpl_test_step(L, 1) || zpl_test_pipeline(L, 1))
        zpl_host_help(L, diag, "call it first; what it returns are its outputs");
    return zpl_push_poison(L);
}

static void new_metatable(lua_State *L, const char *kind, const luaL_Reg *functions)
{
    luaL_newmetatable(L, kind);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}

void zpl_value_metatables(lua_State *L)
{
    static const char *const arithmetic[] = {"__add", "__sub",  "__mul", "__div", "__mod",
                                             "__pow", "__idiv", "__unm", "__shl", "__shr"};
    static const char *const bits[] = {"__band", "__bor", "__bxor", "__bnot"};
    static const luaL_Reg value[] = {
        {"__index", value_index}, {"__newindex", value_assign},       {"__call", value_call},
        {"__len", value_length},  {"__concat", value_concat},         {"__lt", value_compare},
        {"__le", value_compare},  {ZPL_SANDBOX_MISUSE, value_misuse}, {NULL, NULL}};
    static const luaL_Reg path[] = {{"__div", path_join},      {"__tostring", path_text},
                                    {"__concat", path_concat}, {"__eq", path_equal},
                                    {"__index", no_field},     {NULL, NULL}};
    static const luaL_Reg type[] = {{"__call", zpl_call_type},
                                    {"__tostring", type_text},
                                    {"__eq", type_equal},
                                    {"__index", no_field},
                                    {NULL, NULL}};
    static const luaL_Reg step[] = {
        {"__call", zpl_call_step}, {"__tostring", step_text}, {"__index", no_field}, {NULL, NULL}};
    static const luaL_Reg pipeline[] = {{"__call", zpl_call_pipeline},
                                        {"__tostring", pipeline_text},
                                        {"__index", no_field},
                                        {NULL, NULL}};
    static const luaL_Reg word[] = {{"__tostring", word_text}, {"__index", no_field}, {NULL, NULL}};
    new_metatable(L, VALUE, value);
    luaL_getmetatable(L, VALUE);
    for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++) {
        lua_pushcfunction(L, value_arithmetic);
        lua_setfield(L, -2, arithmetic[i]);
    }
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        lua_pushcfunction(L, value_bits);
        lua_setfield(L, -2, bits[i]);
    }
    lua_pop(L, 1);
    new_metatable(L, PATH, path);
    new_metatable(L, TYPE, type);
    new_metatable(L, STEP, step);
    new_metatable(L, PIPELINE, pipeline);
    new_metatable(L, WORD, word);
}
