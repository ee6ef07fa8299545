#include "lang/dsl/sandbox.h"
#include <limits.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"

#define HOOK_INSTRUCTIONS 100
#define LAST_WORDS        (1u << 20) /* bytes for telling that a limit was met */
#define TICK_STEPS        4096       /* pattern steps between two looks at the clock: some 10 µs */

const struct zpl_sandbox_limits zpl_sandbox_program = {.bytes = ZPL_LUA_BYTES_MAX,
                                                       .block = ZPL_LUA_BLOCK_MAX,
                                                       .string = ZPL_LUA_STRING_MAX,
                                                       .ms = ZPL_LUA_MS_MAX};

/* Keys of the registry. */
static char names_key, builtins_key, offered_key;

/* ---- memory and time ------------------------------------------------------------------------- */

static size_t held_outside(const struct zpl_sandbox *sandbox)
{
    return sandbox->outside ? sandbox->outside(sandbox->owner) : 0;
}

/* Notes the line that could get no memory: Lua calls no message handler for that.  Looking at the
 * stack allocates nothing. */
static void note_refusal(struct zpl_sandbox *sandbox, enum zpl_sandbox_stop stop)
{
    lua_Debug frame;
    sandbox->refused =
        stop; /* of a refusal while the stack is unwound the line is that of the one before */
    for (int level = 0; sandbox->L && lua_getstack(sandbox->L, level, &frame); level++) {
        if (!lua_getinfo(sandbox->L, "Sl", &frame) || frame.currentline <= 0)
            continue;
        sandbox->refused_source = frame.source;
        sandbox->refused_line = frame.currentline;
        return;
    }
}

/* What a block of that size costs: the allocator adds a word and rounds up to 16 bytes, 32 at least, which
 * is a third of what small tables take. */
static size_t cost(size_t size)
{
    if (size == 0)
        return 0;
    return size <= 24 ? 32 : (size + 8 + 15) & ~(size_t)15;
}

/* lua_Alloc: counts, and refuses what is over a limit.  For a new object Lua passes its type as
 * `old_size`.  Shrinking and freeing never fail, as Lua demands. */
static void *allocate(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct zpl_sandbox *sandbox = ud;
    size_t held = block ? old_size : 0;
    if (new_size == 0) {
        free(block);
        sandbox->used -= cost(held);
        return NULL;
    }
    if (new_size > held) {
        enum zpl_sandbox_stop stop = ZPL_STOP_NONE;
        if (!block && old_size == LUA_TSTRING && new_size > sandbox->limits.string + 64)
            stop = ZPL_STOP_STRING;
        else if (new_size > sandbox->limits.block)
            stop = ZPL_STOP_BLOCK;
        else if (sandbox->used - cost(held) + cost(new_size) + held_outside(sandbox) >
                 sandbox->limits.bytes)
            stop = ZPL_STOP_BYTES;
        if (stop != ZPL_STOP_NONE) {
            note_refusal(sandbox, stop);
            return NULL;
        }
    }
    void *moved = zpl_realloc(block, new_size);
    if (!moved && new_size <= held)
        return block;
    if (!moved) {
        sandbox->refused = ZPL_STOP_SYSTEM;
        return NULL;
    }
    sandbox->used += cost(new_size) - cost(held);
    return moved;
}

void zpl_sandbox_check(struct zpl_sandbox *sandbox)
{
    size_t held = sandbox->used + held_outside(sandbox);
    if (held > sandbox->limits.bytes)
        sandbox->ended = ZPL_STOP_BYTES;
    else if (sandbox->deadline_ns && zpl_clock_monotonic_ns() >= sandbox->deadline_ns)
        sandbox->ended = ZPL_STOP_TIME;
    else
        return;
    if (held + LAST_WORDS > sandbox->limits.bytes)
        sandbox->limits.bytes = held + LAST_WORDS;
    luaL_error(sandbox->L, "a limit was met");
}

static void on_count(lua_State *L, lua_Debug *event)
{
    (void)event;
    zpl_sandbox_check(zpl_sandbox_of(L));
}

void zpl_sandbox_tick(struct zpl_sandbox *sandbox)
{
    if (++sandbox->steps < TICK_STEPS)
        return;
    sandbox->steps = 0;
    zpl_sandbox_check(sandbox);
}

enum zpl_sandbox_stop zpl_sandbox_stopped(const struct zpl_sandbox *sandbox, int status,
                                          const char *error)
{
    if (sandbox->ended != ZPL_STOP_NONE)
        return sandbox->ended;
    /* Lua's library raises the lack of a buffer as an error like any other. */
    bool memory = status != LUA_ERRRUN || (error && strcmp(error, "not enough memory") == 0);
    return memory ? sandbox->refused : ZPL_STOP_NONE;
}

const char *zpl_sandbox_stop_words(enum zpl_sandbox_stop stop)
{
    switch (stop) {
    case ZPL_STOP_NONE:
        return NULL;
    case ZPL_STOP_TIME:
        return "it ran longer than its time limit";
    case ZPL_STOP_BYTES:
        return "it held more memory than its limit";
    case ZPL_STOP_BLOCK:
        return "one table grew over the size limit";
    case ZPL_STOP_STRING:
        return "one string grew over the length limit";
    case ZPL_STOP_SYSTEM:
        return "the machine has no memory left";
    }
    return NULL;
}

struct zpl_sandbox *zpl_sandbox_of(lua_State *L)
{
    void *ud;
    lua_getallocf(L, &ud);
    return ud;
}

void *zpl_sandbox_owner(lua_State *L)
{
    return zpl_sandbox_of(L)->owner;
}

/* ---- frozen tables --------------------------------------------------------------------------- */

static int refuse_change(lua_State *L)
{
    return luaL_error(L, "'%s' can't be changed", lua_tostring(L, lua_upvalueindex(1)));
}

static int refuse_unknown(lua_State *L)
{
    const char *label = lua_tostring(L, lua_upvalueindex(1));
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "'%s' has no such field", label);
    if (*label == '\0')
        return luaL_error(L, "unknown name '%s'", lua_tostring(L, 2));
    return luaL_error(L, "'%s' has no field '%s'", label, lua_tostring(L, 2));
}

/* names -> names; its missing fields are asked of `unknown`. */
static void guard_names(lua_State *L, const char *label, lua_CFunction unknown)
{
    lua_createtable(L, 0, 1);
    lua_pushstring(L, label);
    lua_pushcclosure(L, unknown ? unknown : refuse_unknown, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

/* names -> a proxy of it, with `assign` for changes. */
static void wrap_names(lua_State *L, const char *label, lua_CFunction assign)
{
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 3);
    lua_rotate(L, -3, -1);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, label);
    lua_pushcclosure(L, assign ? assign : refuse_change, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, label);
    lua_setfield(L, -2, "__frozen");
    lua_setmetatable(L, -2);
}

void zpl_sandbox_freeze(lua_State *L, const char *label, lua_CFunction unknown)
{
    luaL_checkstack(L, 6, NULL);
    guard_names(L, label, unknown);
    wrap_names(L, label, NULL);
}

const char *zpl_sandbox_label(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE || luaL_getmetafield(L, index, "__frozen") == LUA_TNIL)
        return NULL;
    const char *label = lua_tostring(L, -1);
    lua_pop(L, 1);
    return label;
}

bool zpl_sandbox_thaw(lua_State *L, int index)
{
    return zpl_sandbox_label(L, index) && luaL_getmetafield(L, index, "__index") != LUA_TNIL;
}

void zpl_sandbox_push_names(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
}

const char *zpl_sandbox_builtin(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &builtins_key);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    const char *name = lua_tostring(L, -1);
    lua_pop(L, 2);
    return name;
}

bool zpl_sandbox_push_builtin(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &offered_key);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static const char *const offered_base[] = {"error", "tonumber", NULL};
static const char *const offered_math[] = {
    "abs",  "acos", "asin", "atan", "ceil",       "cos",  "deg",        "exp",  "floor",
    "fmod", "huge", "log",  "max",  "maxinteger", "min",  "mininteger", "modf", "pi",
    "rad",  "sin",  "sqrt", "tan",  "tointeger",  "type", "ult",        NULL};
static const char *const offered_table[] = {"insert", "pack", "remove", "sort", "unpack", NULL};
static const char *const offered_string[] = {"byte",    "char", "len",   "lower",
                                             "reverse", "sub",  "upper", NULL};
static const char *const offered_utf8[] = {"char", "charpattern", "codepoint", "codes",
                                           "len",  "offset",      NULL};
static const struct {
    const char *name;
    lua_CFunction open;
    const char *const *picked;
    const luaL_Reg *own[2]; /* added, or instead of Lua's; NULL: none */
} libraries[] = {
    {"math", luaopen_math, offered_math, {NULL, NULL}},
    {"table", luaopen_table, offered_table, {zpl_sandbox_table, NULL}},
    {"string", luaopen_string, offered_string, {zpl_sandbox_string, zpl_sandbox_pattern}},
    {"utf8", luaopen_utf8, offered_utf8, {NULL, NULL}},
};

/* How many arguments of a function must be plain: of those that keep or pass on values only the
 * first, which is what they work on.  Those that look by themselves have 0. */
static int plain_arguments(const char *library, const char *name)
{
    if (*library == '\0')
        return strcmp(name, "tonumber") == 0 || strcmp(name, "select") == 0;
    if (strcmp(library, "table") == 0)
        return strcmp(name, "pack") != 0;
    return INT_MAX;
}

/* Notes the value on top under its name, for closures that reach it. */
static void note_builtin(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &builtins_key);
    lua_pushvalue(L, -2);
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &offered_key);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Offers the value on top as field `name` of the table below it, whose name is `library` ("" for
 * the global names). */
static void offer(lua_State *L, const char *library, const char *name, bool guarded)
{
    if (lua_type(L, -1) == LUA_TFUNCTION) {
        int plain = guarded ? plain_arguments(library, name) : 0;
        const char *full = lua_pushfstring(L, *library ? "%s.%s" : "%s%s", library, name);
        lua_insert(L, -2);
        if (plain > 0)
            zpl_sandbox_guard(L, full, plain);
        note_builtin(L, full);
        lua_remove(L, -2);
    }
    lua_setfield(L, -2, name);
}

static void offer_own(lua_State *L, const char *library, const luaL_Reg *own, bool guarded)
{
    for (; own && own->name; own++) {
        lua_pushcfunction(L, own->func);
        offer(L, library, own->name, guarded);
    }
}

/* Offers the named fields of the library at -2 in the table on top. */
static void offer_picked(lua_State *L, const char *library, const char *const *names, bool guarded)
{
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        offer(L, library, *names, guarded);
    }
}

/* ("x"):upper(): strings have the methods of the table on top and no others, and no arithmetic. */
static void set_string_methods(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

struct opening {
    lua_CFunction unknown, assign;
};

/* Opens Lua's libraries where no script can reach them, and offers what is listed.  They stay in
 * Lua's table of loaded modules, from which messages take the names of functions. */
static int open_state(lua_State *L)
{
    const struct opening *opening = lua_touserdata(L, 1);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &builtins_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &offered_key);

    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    lua_newtable(L);
    int names = lua_gettop(L);
    bool guarded = opening->unknown != NULL; /* a body sees no value that is known only later */
    offer_picked(L, "", offered_base, guarded);
    offer_own(L, "", zpl_sandbox_base, guarded);
    lua_getfield(L, 2, "select");
    lua_pushliteral(L, "");
    lua_pushcclosure(L, opening->unknown ? opening->unknown : refuse_unknown, 1);
    lua_pushcclosure(L, zpl_sandbox_select, 2);
    offer(L, "", "select", guarded);
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        const char *name = libraries[i].name;
        luaL_requiref(L, name, libraries[i].open, 0);
        lua_newtable(L);
        offer_picked(L, name, libraries[i].picked, guarded);
        offer_own(L, name, libraries[i].own[0], guarded);
        offer_own(L, name, libraries[i].own[1], guarded);
        if (libraries[i].open == luaopen_string)
            set_string_methods(L);
        zpl_sandbox_freeze(L, name, opening->unknown);
        note_builtin(L, name);
        lua_setfield(L, names, name);
        lua_settop(L, names);
    }
    lua_pushvalue(L, names);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &names_key);
    guard_names(L, "", opening->unknown);
    wrap_names(L, "", opening->assign);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

enum zpl_err zpl_sandbox_open(struct zpl_sandbox *sandbox, const struct zpl_sandbox_limits *limits,
                              void *owner, lua_CFunction unknown, lua_CFunction assign)
{
    struct opening opening = {.unknown = unknown, .assign = assign};
    *sandbox = (struct zpl_sandbox){.limits = *limits, .owner = owner};
    sandbox->L = lua_newstate(allocate, sandbox);
    if (!sandbox->L)
        return ZPL_ERR_NOMEM;
    lua_pushcfunction(sandbox->L, open_state);
    lua_pushlightuserdata(sandbox->L, &opening);
    if (lua_pcall(sandbox->L, 1, 0, 0) != LUA_OK) {
        zpl_sandbox_release(sandbox);
        return ZPL_ERR_NOMEM;
    }
    if (limits->ms > 0) {
        sandbox->deadline_ns = zpl_clock_monotonic_ns() + limits->ms * 1000000;
        lua_sethook(sandbox->L, on_count, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    }
    return ZPL_OK;
}

void zpl_sandbox_release(struct zpl_sandbox *sandbox)
{
    if (sandbox->L) {
        /* Nothing has a finalizer, so closing runs no Lua code. */
        lua_sethook(sandbox->L, NULL, 0, 0);
        lua_close(sandbox->L);
    }
    *sandbox = (struct zpl_sandbox){0};
}
