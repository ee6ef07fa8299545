/* params.h - params of a file or pipeline: their types, and their values from the command line.
 * Private to lang/dsl.
 * Errors: told; a param whose value is wrong or missing becomes poison.   Floor: lang/dsl. */
#ifndef ZPL_DSL_PARAMS_H
#define ZPL_DSL_PARAMS_H

#include "lang/dsl/value.h"

/* Declares what the table at `index` lists (`where` is its constructor) as the program's params, reads
 * the given values, and pushes a table of the values that can't be changed. */
void zpl_declare_params(lua_State *L, int index, struct zpl_site where);
/* Replaces the table of values on top by one that can't be changed; reading a name that it lacks is told,
 * except for one of `names`, which is nil. */
void zpl_freeze_params(lua_State *L, const char *const *names, size_t count);
/* The type that a param's declaration (the value on top) stands for: a type, or that of a literal with
 * the literal as its default.  NULL when it is neither, or wrong in itself (told). */
const struct zpl_type *zpl_param_type(lua_State *L, const char *name, struct zpl_site where);
/* Tells given values that no param took. */
void zpl_tell_unused_given(struct zpl_host *host);

#endif
