/* host.h - one evaluation: the program's texts, the Lua state they run in, and the way from a Lua
 * frame to a place in a text.  Private to lang/dsl.
 * Promise: a mistake is told at its exact span, with a note for every helper it was called through;
 * after a mistake the evaluation goes on with poison, so that all independent ones are found.
 * Owns: trees, line maps and everything else of the evaluation, in `arena`; what outlives it is put
 * into the graph's arena.  No function here owns heap memory across a call that can raise in Lua.
 * Errors: functions that take a lua_State may raise; zpl_host_no_memory() is how they say that.
 * Limits: ZPL_IMPORTS_MAX, ZPL_HOST_VALUES_MAX.   Floor: lang/dsl. */
#ifndef ZPL_DSL_HOST_H
#define ZPL_DSL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/check/call.h"
#include "lang/dsl/sandbox.h"
#include "lang/lang.h"
#include "lang/syntax/emit.h"
#include "lang/syntax/tree.h"
#include "lang/types/signature.h"

/* Chunks are named after the number of their unit; Lua shows that in its messages. */
#define ZPL_CHUNK_PREFIX "=zpl:"

/* One text under evaluation. */
struct zpl_unit {
    const char *name; /* as diagnostics print it; imports are found by it */
    struct zpl_tree *tree;
    struct zpl_emit_map map;
    bool running; /* an import of it now would be a cycle */
    bool *asked;  /* one a node: the engine was asked for the call there; NULL: for none */
    int result;   /* what it returned, as a reference into Lua's registry */
};

/* A node of a text; unit NULL: nowhere.  `span` is set also where there is no node for it. */
struct zpl_site {
    const struct zpl_unit *unit;
    uint32_t node;
    struct zpl_span span;
};

/* How a step runs, as declared or as said in a call. */
struct zpl_running {
    struct zpl_resources resources;
    bool has_retries, has_timeout, has_cache;
    uint32_t retries;
    uint64_t timeout_ms;
    bool cache;
};

/* What a call may say beside its arguments. */
struct zpl_reserved {
    const char *as;
    struct zpl_span as_span;
    const struct zpl_value *when; /* NULL: always */
    const uint32_t *after;
    size_t after_count;
    const struct zpl_literal *allow;
    struct zpl_running running;
};

/* A step that can be called: one of the catalog, or declared in the program. */
struct zpl_step_def {
    const struct zpl_step_info *info;
    const char *kernel; /* of a declared step: what runs its body */
    const char *body;   /* of a declared step */
    struct zpl_site
        literal; /* the string token's node that the body's text stands in, or nowhere */
    struct zpl_running running;
    int lua;                  /* a `lua =` function in Lua's registry; LUA_NOREF: none */
    struct zpl_site function; /* where that one stands */
    int fixed;                /* a table of arguments that are given already, or LUA_NOREF */
    bool broken;              /* its declaration had an error: calls give poison */
};

/* The default of a Step slot. */
struct zpl_slot {
    const struct zpl_type *type;
    int step; /* in Lua's registry */
};

/* A word of a stack with its options, which the component it is given to reads. */
struct zpl_word {
    const char *name;
    const char *secret;       /* `secret "NAME"`: the name; else NULL */
    const char *requirements; /* `venv "FILE"`: the file; else NULL */
    struct zpl_site call, table;
    int options; /* a table in Lua's registry; LUA_NOREF: none */
};

struct zpl_pipeline_def {
    const char *name;
    const struct zpl_unit *unit;        /* the file that declares it */
    struct zpl_span span;               /* of the name */
    struct zpl_site params;             /* of `params = {…}` */
    const struct zpl_literal *schedule; /* when it is to run; NULL: not said */
    int build, param_table;             /* references into Lua's registry; LUA_NOREF: none */
    const struct zpl_field *takes; /* when it is called: inputs, then params, in written order */
    size_t take_count, input_count;
    const struct zpl_field *outputs; /* what build returns, as declared */
    size_t output_count;
    bool declares_outputs;
    bool building; /* to find that it calls itself */
    bool built;    /* by a call, or because it was asked for */
    bool broken;   /* what it takes could not be read */
};

struct zpl_host {
    const struct zpl_compile_request *request;
    const struct zpl_world *world;
    struct zpl_program *program;
    struct zpl_checker checker;
    struct zpl_sandbox sandbox;
    struct zpl_arena arena;
    struct zpl_unit **units; /* the file, then its imports in order of first use */
    size_t unit_count, unit_capacity;
    const char **broken; /* names of files that were imported and can't be read as programs */
    size_t broken_count, broken_capacity;
    const struct zpl_value **values; /* by the number in a userdata; [0] is poison */
    size_t value_count, value_capacity;
    const struct zpl_type **types;
    size_t type_count, type_capacity;
    struct zpl_step_def **steps;
    size_t step_count, step_capacity;
    struct zpl_pipeline_def **pipelines;
    size_t pipeline_count, pipeline_capacity;
    struct zpl_word **words;
    size_t word_count, word_capacity;
    size_t stack_capacity; /* of program->stacks */
    bool is_library;       /* the file ends in `return { … }`: others import it */
    struct zpl_slot *slots;
    size_t slot_count, slot_capacity;
    struct zpl_naming *naming; /* one a node */
    size_t naming_count, naming_capacity;
    const char *prefix, *suffix; /* of the names of nodes added now; see struct zpl_naming */
    const struct zpl_reserved *inherited; /* of the calls of pipelines around; NULL: none */
    uint32_t map;                         /* 1 + the map that nodes added now are inside; 0: none */
    bool *given_used;                     /* one an item of request->given */
    bool declared_params;                 /* params {…} was called */
    bool declared_limits;                 /* limits {…} was called */
    bool asked_limits, no_limits;   /* the world, for those of the project; it has none to give */
    const struct zpl_limit *limits; /* of the project, as far as they are known */
    size_t limit_count;
    bool values_optional; /* a param without a value is no mistake */
    bool standing_in;     /* a pipeline is built with stand-ins (template.c) */
    bool guessed;         /* it branched on poison */
    size_t guessed_at;    /* how many diagnostics there were then */
    int operands;         /* height of the stack of left operands; see guards.c */
    bool no_memory;
};

struct zpl_host *zpl_host_of(lua_State *L);
/* Raises the error that ends an evaluation without memory. */
void zpl_host_no_memory(lua_State *L);
/* A pointer from an arena, or the error above. */
void *zpl_host_need(lua_State *L, const void *memory);
/* The graph's arena, where everything that outlives the evaluation goes. */
struct zpl_arena *zpl_host_arena(lua_State *L);

/* What the engine has worked until now, and: what it did since then for the step that is declared or
 * called at a place of the text is not the program's time, once for each place and within
 * ZPL_ENGINE_MS_MAX. */
int64_t zpl_host_engine_ns(const struct zpl_host *host);
void zpl_host_forgive(lua_State *L, struct zpl_site call, int64_t before_ns);

/* --- places --- */
/* The unit of a chunk by Lua's name for it; NULL: none of ours. */
const struct zpl_unit *zpl_host_unit(lua_State *L, const char *chunk);
/* The token that frame `level` (0: the innermost that runs program text) stands on; false: none. */
bool zpl_host_token(lua_State *L, int level, const struct zpl_unit **unit, uint32_t *token);
/* Was that frame entered by `return f(…)`, so that Lua has forgotten the function it is in? */
bool zpl_host_is_tail_call(lua_State *L, int level);
/* The call that the innermost frame makes, or a node 0 with the span of the token. */
struct zpl_site zpl_host_call(lua_State *L);
/* The token itself, or the name or operator that what happens there is about. */
struct zpl_span zpl_host_span(lua_State *L);
/* The place where the innermost frame reads `name`, or assigns to it: to the variable (NODE_NAME) or
 * the field (NODE_INDEX). */
struct zpl_span zpl_host_name_span(lua_State *L, const char *name);
struct zpl_span zpl_host_target_span(lua_State *L, enum zpl_node_kind kind, const char *name);
/* Spans of the calls through which the innermost frame was reached, innermost first; in scratch. */
size_t zpl_host_callers(lua_State *L, const struct zpl_span **out);

struct zpl_site zpl_site_node(const struct zpl_unit *unit, uint32_t node);
/* The one table constructor a call is given, or nowhere with the span of the argument or call. */
struct zpl_site zpl_site_arguments(struct zpl_site call);
/* The value of a constructor's field or item (from 1); where there is none, the constructor's span. */
struct zpl_site zpl_site_field(struct zpl_site table, const char *name);
struct zpl_site zpl_site_item(struct zpl_site table, size_t i);
/* How many items without a name a constructor is written with; 0 for anything else. */
size_t zpl_site_items(struct zpl_site table);
/* The span of a field's name; of the constructor when it has none. */
struct zpl_span zpl_site_key(struct zpl_site table, const char *name);
/* Bytes of the text that the literal at a site says; where it is none, the site's span. */
struct zpl_span zpl_site_inside(struct zpl_site literal, size_t offset, size_t length);
/* A name that a constructor writes twice (Lua would keep the last), and where; false: none. */
bool zpl_site_again(lua_State *L, struct zpl_site table, const char **name, struct zpl_span *span);
/* The names of the table at `index`, each once: in written order where `where` is its constructor,
 * then (or else) sorted.  *count tells how many; items are not named.  In scratch. */
const char *const *zpl_site_names(lua_State *L, int index, struct zpl_site where, size_t *count);

/* --- telling --- */
/* Adds an error with notes for the callers.  The same error at the same place is told once, however
 * often a loop comes by: then it returns NULL, which the others take as nothing to add to. */
struct zpl_diag *zpl_host_tell(lua_State *L, enum zpl_code code, struct zpl_span span,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
void zpl_host_note(lua_State *L, struct zpl_diag *diag, struct zpl_span span, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
void zpl_host_help(lua_State *L, struct zpl_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "help: did you mean 'x'?" when one of the names is near. */
void zpl_host_nearest(lua_State *L, struct zpl_diag *diag, const char *word,
                      const char *const *names, size_t count);

/* Tells what Lua says of a mistake, with what to write instead where that is known (complaint.c). */
void zpl_host_complain(lua_State *L, const char *message);
/* Is the comparison where the program stands one of a chain, as `0 < x < 1`? */
bool zpl_host_is_chained(lua_State *L);
#define ZPL_CHAIN_HELP "a range is two comparisons: `0.5 < x and x < 0.9`"
/* What to write instead of `&`, `|` and `~` on conditions; NULL at other operators. */
const char *zpl_host_bits_help(lua_State *L);

/* --- running --- */
/* Parses and compiles a text into a unit; the chunk's function is pushed (1), or nothing and the
 * mistakes are told (0).  ZPL_ERR_NOMEM, ZPL_ERR_LIMIT, ZPL_ERR_CHECK. */
enum zpl_err zpl_host_load(struct zpl_host *host, const char *name, const char *text, size_t len,
                           struct zpl_unit **out);
/* Lua's message handler: tells the error at its place. */
int zpl_host_on_error(lua_State *L);
/* Calls what was pushed, by lua_pcall with that handler; tells limits.  ZPL_OK, ZPL_ERR_CHECK,
 * ZPL_ERR_NOMEM. */
enum zpl_err zpl_host_enter(struct zpl_host *host, int arguments, int results);

/* Puts the functions of each part among the names, which are on top of the stack. */
void zpl_offer_guards(lua_State *L);
void zpl_offer_loops(lua_State *L);
void zpl_offer_types(lua_State *L);
void zpl_offer_params(lua_State *L);
void zpl_offer_steps(lua_State *L);        /* the catalog's, and `sql` */
void zpl_offer_declarations(lua_State *L); /* `step` */
void zpl_offer_bodies(lua_State *L);       /* `venv` */
void zpl_offer_pipelines(lua_State *L);
void zpl_offer_stacks(lua_State *L);
void zpl_offer_limits(lua_State *L);
void zpl_offer_imports(lua_State *L);
void zpl_offer_files(lua_State *L);
void zpl_offer_each(lua_State *L);
void zpl_offer_picks(lua_State *L); /* coalesce max min mean grid */

/* After the evaluation: captures every `lua =` function as it is then, and gives the images to the
 * nodes.  A lua_CFunction. */
int zpl_capture_bodies(lua_State *L);
/* Keeps its arguments as what the program returned.  A lua_CFunction. */
int zpl_keep_returned(lua_State *L);
/* Builds the pipeline that was asked for, or the only one of a file that calls no steps itself.  A
 * lua_CFunction. */
int zpl_build_pipeline(lua_State *L);
/* Builds every pipeline of the file that takes inputs and was not called, to check it; the graph stays
 * as it is.  A lua_CFunction. */
int zpl_check_templates(lua_State *L);

/* A name that is not there: tells and gives poison.  For zpl_sandbox_open() and zpl_sandbox_freeze(). */
int zpl_unknown_name(lua_State *L);
/* Tells that a library, whose names are the table at `index`, lacks a function, and what serves instead. */
struct zpl_diag *zpl_tell_no_function(lua_State *L, int index, const char *library, const char *key,
                                      struct zpl_span span);
int zpl_unknown_step(lua_State *L);
int zpl_unknown_param(lua_State *L);
#define ZPL_NO_PARAM "there is no param" /* how that begins */
int zpl_unknown_field(lua_State *L);     /* its upvalue 1 says of what: "a fold" */
int zpl_assigned_name(lua_State *L);

#endif
