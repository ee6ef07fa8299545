/* sandbox.h - a Lua state in which nothing can be reached but what DESIGN allows.
 * Promise: offered are `assert error ipairs pairs select tostring tonumber type`, math without
 * random, table without move, string without dump pack unpack packsize, utf8; nothing else.  The
 * same text gives the same result: pairs() walks sorted keys, no address is ever printed, numbers
 * print as the shortest text that reads back.  A script can neither keep the state busy beyond
 * `ms` nor make it hold more than `bytes`.
 * Owns: the state and all it holds, until zpl_sandbox_release().
 * Errors: a limit ends the evaluation; zpl_sandbox_stopped() says which.  Lua errors are the
 * caller's to catch: every entry is by lua_pcall. Limits: ZPL_LUA_BYTES_MAX, _BLOCK_MAX,
 * _STRING_MAX, _MS_MAX, or as given.   Floor: lang/dsl. */
#ifndef ZPL_DSL_SANDBOX_H
#define ZPL_DSL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lua.h>
#include <lauxlib.h>
#include "lang/base/err.h"

enum zpl_sandbox_stop {
    ZPL_STOP_NONE,
    ZPL_STOP_TIME,   /* it ran too long */
    ZPL_STOP_BYTES,  /* it held too much memory */
    ZPL_STOP_BLOCK,  /* one table or buffer grew too large */
    ZPL_STOP_STRING, /* one string grew too long */
    ZPL_STOP_SYSTEM  /* the machine has no memory left */
};
struct zpl_sandbox_limits {
    size_t bytes, block, string;
    int64_t ms; /* 0: no clock and no hook */
};
struct zpl_sandbox {
    lua_State *L;
    struct zpl_sandbox_limits limits;
    size_t used;                    /* bytes held */
    int64_t deadline_ns;            /* monotonic; 0: none */
    size_t (*outside)(void *owner); /* bytes held for the script elsewhere, which count; or NULL */
    const char *refused_source;     /* the chunk and line that the last refusal came from */
    int refused_line;
    uint32_t steps;                /* of pattern matching since the clock was read */
    enum zpl_sandbox_stop refused; /* why the last allocation failed */
    enum zpl_sandbox_stop ended;   /* why a function of ours raised an error */
    void *owner;                   /* of the state's user; see zpl_sandbox_owner() */
};

/* What a program evaluates under: the named limits. */
extern const struct zpl_sandbox_limits zpl_sandbox_program;

/* A state with the offered names.  `unknown` is called as unknown(names, key) with the table of
 * names when a name is read that is not there (a global, a field of a library), and returns the
 * value to use; `assign` as assign(proxy, key, value) for a new or an offered global.  NULL: an
 * error is raised.  The clock starts here.  ZPL_ERR_NOMEM (then it is released). */
enum zpl_err zpl_sandbox_open(struct zpl_sandbox *sandbox, const struct zpl_sandbox_limits *limits,
                              void *owner, lua_CFunction unknown, lua_CFunction assign);
void zpl_sandbox_release(struct zpl_sandbox *sandbox); /* safe on a zeroed struct */
/* Which limit ended the script, after an entry failed with `status` and that error (NULL: no text);
 * and its words (NULL for NONE). */
enum zpl_sandbox_stop zpl_sandbox_stopped(const struct zpl_sandbox *sandbox, int status,
                                          const char *error);
const char *zpl_sandbox_stop_words(enum zpl_sandbox_stop stop);

struct zpl_sandbox *zpl_sandbox_of(lua_State *L);
void *zpl_sandbox_owner(lua_State *L);

/* Pushes the table of global names, so that more can be offered. */
void zpl_sandbox_push_names(lua_State *L);
/* Replaces the table on top by one that reads the same but can't be changed.  A field that is not
 * there is asked of `unknown` as above; its upvalue 1 is the label. */
void zpl_sandbox_freeze(lua_State *L, const char *label, lua_CFunction unknown);
/* The table behind a frozen one at `index` (pushed; true), or false and nothing pushed. */
bool zpl_sandbox_thaw(lua_State *L, int index);
/* The label a frozen table was given, or NULL. */
const char *zpl_sandbox_label(lua_State *L, int index);
/* "math.floor" for an offered function, "math" for an offered table at `index`; NULL for others. */
const char *zpl_sandbox_builtin(lua_State *L, int index);
/* Pushes what is offered under that name; false (nothing pushed) when nothing is. */
bool zpl_sandbox_push_builtin(lua_State *L, const char *name);

/* A userdata whose metatable has the field `__misuse` is not for the library's functions: they call
 * __misuse(value, use) and give what it returns.  `use` is the function's name, "pairs",
 * "math.floor". */
#define ZPL_SANDBOX_MISUSE "__misuse"

/* Raises an error when the time is up or too much memory is held. */
void zpl_sandbox_check(struct zpl_sandbox *sandbox);
/* Counts one step of work done in C; checks now and then. */
void zpl_sandbox_tick(struct zpl_sandbox *sandbox);
/* Pushes the text of the value at `index` as tostring() gives it; false (and the result of __misuse
 * pushed) for a value that has none. */
bool zpl_sandbox_push_text(lua_State *L, int index);
/* Sorts the keys of the table at `index` into an array that is pushed: numbers, then strings, then
 * booleans.  Raises an error for keys that have no order. */
void zpl_sandbox_push_sorted_keys(lua_State *L, int index);

/* What is offered beside or instead of Lua's own functions, for sandbox.c. */
extern const struct luaL_Reg zpl_sandbox_base[], zpl_sandbox_string[], zpl_sandbox_table[],
    zpl_sandbox_pattern[];
/* Lua's select, which is its upvalue 1.  Given a table it is a step that there is not, of which
 * upvalue 2 (see zpl_sandbox_open) is asked. */
int zpl_sandbox_select(lua_State *L);
/* Wraps the function on top so that such a userdata among its first arguments is told by __misuse. */
void zpl_sandbox_guard(lua_State *L, const char *name, int arguments);
/* Calls __misuse for the value at `index`, with that many results pushed; false: it has none. */
bool zpl_sandbox_misused(lua_State *L, int index, const char *use, int results);

#endif
