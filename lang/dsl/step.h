/* step.h - what call.c, declare.c and running.c share.  Private to lang/dsl.   Floor: lang/dsl. */
#ifndef ZPL_DSL_STEP_H
#define ZPL_DSL_STEP_H

#include "lang/dsl/value.h"

/* Reads `resources retries timeout cache` of the table at `index` over what *running says. */
void zpl_read_running(lua_State *L, int index, struct zpl_site table, struct zpl_running *running);
/* What `over` says replaces what *running says. */
void zpl_overlay_running(lua_State *L, struct zpl_running *running, const struct zpl_running *over);
/* Reads all that every call may say beside its arguments from the table at `index`; mistakes are
 * told.  In reserved.c. */
void zpl_read_reserved(lua_State *L, int index, struct zpl_site table, struct zpl_reserved *out);
/* Makes what the call of a pipeline inside another says of what both say. */
void zpl_inherit_reserved(lua_State *L, const struct zpl_reserved *outer,
                          struct zpl_reserved *inner);
/* Puts what was said of a call, and of the pipelines it is inside, into its node. */
void zpl_apply_reserved(lua_State *L, uint32_t id, const struct zpl_reserved *said);
/* Tells columns that the call allows to leak and that no table of the node has. */
void zpl_check_allow(lua_State *L, uint32_t id, struct zpl_site table);
/* Tells that the node has workers that it can't use. */
void zpl_check_workers(lua_State *L, const struct zpl_node *node);
/* Puts it into a new node. */
void zpl_apply_running(const struct zpl_running *running, struct zpl_node *node);

/* The run-time value at `index` as a condition, NULL when it is none; see guards.c. */
const struct zpl_value *zpl_as_condition(lua_State *L, int index);

/* Names of params and of local variables of the caller that are scalars, for a did-you-mean; raises
 * nothing.  In sight.c. */
const char *const *zpl_sql_scalars(lua_State *L, size_t *count);
/* What the checker is given for a table of Lua (on top) that a query mentions: a list or a record. */
const struct zpl_value *zpl_sql_lua_table(lua_State *L);

/* Is it a resource that every machine has? */
bool zpl_is_machine_resource(const char *name);
/* The limits of the project; false: they can't be read (told).  In limits.c. */
bool zpl_project_limits(lua_State *L, const struct zpl_limit **limits, size_t *count);

/* What is known of a kernel that runs bodies ("sql", "lua"): the catalog's entry, or its name alone. */
const struct zpl_step_info *zpl_body_info(lua_State *L, const char *kernel);

/* 64 hexadecimal digits of a body that is a text of its own. */
const char *zpl_body_identity(lua_State *L, const char *body);
/* The body of a call of a standard step that is a function of Python's (zpl_step_info.body), with the environment
 * that the table at `index` (0: none) names, else that of the step that made `model` (NULL: nothing), where that is
 * known and has one.  NULL: it names something else (told).  In python.c. */
const char *zpl_own_body(lua_State *L, int index, struct zpl_site table, const char *body,
                         const struct zpl_value *model);

/* What `lua = function` stands for: the closure image as text, in the graph's arena.  The function is
 * on top of the stack, `where` its place.  *places is what zpl_closure_call wants to know of the text.
 * NULL when it can't be captured (told). */
const char *zpl_capture(lua_State *L, struct zpl_site where, const char **places);
/* What one function of an image is in the program: { file, lines, locals, free }.  In places.c. */
struct zpl_json *zpl_places_json(const struct zpl_unit *unit, uint32_t function);

#endif
