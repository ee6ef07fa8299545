/* value.h - what a program holds: run-time values, types, paths, steps.  Private to lang/dsl.
 * Promise: a userdata holds a number or a text, never a pointer, and prints no address.  A run-time
 * value can be handed to steps, compared (guards.c) and asked for a constant field; anything else is
 * a RUNTIME_VALUE error that says what to write instead.  Poison absorbs everything silently.
 * Owns: nothing.   Errors: raised in Lua when memory is out.   Floor: lang/dsl. */
#ifndef ZPL_DSL_VALUE_H
#define ZPL_DSL_VALUE_H

#include "lang/dsl/host.h"

/* Makes the metatables; called once, before anything else here. */
void zpl_value_metatables(lua_State *L);

void zpl_push_value(lua_State *L, const struct zpl_value *value); /* NULL: raises no memory */
/* One piece of poison; or as many as the call under way has results to assign.  Both return how many
 * they pushed. */
int zpl_push_poison(lua_State *L);
int zpl_push_poisons(lua_State *L);
void zpl_push_type(lua_State *L, const struct zpl_type *type);
void zpl_push_path(lua_State *L, const char *s, size_t n);
void zpl_push_step(lua_State *L, struct zpl_step_def *step);
void zpl_push_pipeline(lua_State *L, struct zpl_pipeline_def *pipeline);
void zpl_push_word(lua_State *L, struct zpl_word *word);
/* As plain Lua values: a list is an array, a record a table, a null nil. */
void zpl_push_literal(lua_State *L, const struct zpl_literal *literal);

/* What is at `index`, or NULL. */
const struct zpl_value *zpl_test_value(lua_State *L, int index);
const struct zpl_type *zpl_test_type(lua_State *L, int index);
const char *zpl_test_path(lua_State *L, int index, size_t *len);
struct zpl_step_def *zpl_test_step(lua_State *L, int index);
struct zpl_pipeline_def *zpl_test_pipeline(lua_State *L, int index);
struct zpl_word *zpl_test_word(lua_State *L, int index);

/* Does the value belong to items of a mapped list, used outside of the map?  Tells. */
bool zpl_escapes_map(lua_State *L, const struct zpl_value *value, struct zpl_span span);
bool zpl_is_poison(const struct zpl_value *value);
/* The value as a program would write it: "evaluate.report.auc"; in scratch. */
const char *zpl_value_words(lua_State *L, const struct zpl_value *value);
/* Is it a table with items 1, 2, 3 … alone (or none)? */
bool zpl_is_array(lua_State *L, int index);
/* Tells that a run-time value can't be `use` ("counted") and pushes poison; returns 1. */
int zpl_misuse(lua_State *L, const struct zpl_value *value, const char *use, const char *help);
/* The same at another place than where the program stands. */
int zpl_misuse_at(lua_State *L, const struct zpl_value *value, struct zpl_span span,
                  const char *use, const char *help);
/* The program goes a way that depends on the value: when that is poison, it may be the wrong one. */
void zpl_branch_on(lua_State *L, const struct zpl_value *value);
/* What to write instead of a loop over the value. */
const char *zpl_visit_help(const struct zpl_value *value);
/* Text that a buffer holds, copied into `arena`; the buffer is released first.  Raises no memory. */
const char *zpl_keep_text(lua_State *L, struct zpl_arena *arena, struct zpl_buf *text);

/* What calling a step, a pipeline and a type does; in call.c, pipeline.c, types.c. */
int zpl_call_step(lua_State *L);
int zpl_call_pipeline(lua_State *L);
int zpl_call_type(lua_State *L);

/* The value at `index` as steps take it: plain values and tables of them as literals, tables that hold
 * run-time values as LIST or RECORD; in the graph's arena.  NULL when it is none (told, at `where`)
 * or nil (not told). */
const struct zpl_value *zpl_read_value(lua_State *L, int index, struct zpl_site where);
/* The same where only a literal will do; a run-time value is told.  Poison gives NULL silently. */
const struct zpl_literal *zpl_read_literal(lua_State *L, int index, struct zpl_site where);

#endif
