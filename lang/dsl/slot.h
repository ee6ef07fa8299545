/* slot.h - Step "(…) -> (…)": a param that takes a step.  Private to lang/dsl.
 * Promise: what stands in a slot can be called as the slot's signature says, or is refused where it is
 * given; the call itself is then checked against the step that is really there.
 * Errors: told.   Floor: lang/dsl. */
#ifndef ZPL_DSL_SLOT_H
#define ZPL_DSL_SLOT_H

#include "lang/dsl/value.h"

/* The type that `Step` called with what stands at 2 is, a signature's text or a table with one and a
 * `default`; NULL when it is neither. */
const struct zpl_type *zpl_make_slot(lua_State *L, struct zpl_site where);
/* Replaces what is on top (nil: not given) by the step or pipeline for the slot `name`: what is there,
 * the slot's own default, or the catalog's step that `fallback` (NULL: none) names; else poison. */
void zpl_fill_slot(lua_State *L, const struct zpl_type *type, const struct zpl_literal *fallback,
                   const char *name, struct zpl_site where);
/* Has the slot a default, of its own or the step that `fallback` (NULL: none) names? */
bool zpl_slot_is_filled(lua_State *L, const struct zpl_type *type,
                        const struct zpl_literal *fallback);
/* Tells fields of the table at `index` that the step does not take; false: there are some. */
bool zpl_check_fixed(lua_State *L, const struct zpl_step_def *step, int index,
                     struct zpl_site table);
/* Why the step on top does not fit the slot, or NULL. */
const char *zpl_slot_misfit(lua_State *L, const struct zpl_type *type);
/* Tells that a flag names a step that there is not. */
struct zpl_diag *zpl_tell_no_step(lua_State *L, struct zpl_span where, const char *flag,
                                  const char *name);
/* Pushes the step of the catalog of that name; false when there is none. */
bool zpl_push_named_step(lua_State *L, const char *name);
/* Is this call, which is under way, written as the default of a slot or where a call of a pipeline fills
 * one?  Then it is not made: it stands for the step with these arguments fixed.  In slot_call.c. */
bool zpl_stands_in_slot(lua_State *L, struct zpl_site call);

#endif
