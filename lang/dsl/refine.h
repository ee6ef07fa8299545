/* refine.h - what a program says of a type beyond its kind.  Private to lang/dsl.
 * Errors: told; the refinement is then left out.   Floor: lang/dsl. */
#ifndef ZPL_DSL_REFINE_H
#define ZPL_DSL_REFINE_H

#include "lang/dsl/value.h"

/* The type with the named fields of the table at `index` as refinements; UNKNOWN when its default is
 * none of its values. */
const struct zpl_type *zpl_refine_type(lua_State *L, const struct zpl_type *type, int index,
                                       struct zpl_site where);
/* The text on top, which is what `name` takes; NULL when it is none (told). */
const char *zpl_read_word(lua_State *L, const char *name, struct zpl_site where);

#endif
