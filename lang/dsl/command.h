/* command.h - the files that a command names and declares.  Private to lang/dsl.
 * Errors: told.   Floor: lang/dsl. */
#ifndef ZPL_DSL_COMMAND_H
#define ZPL_DSL_COMMAND_H

#include "lang/dsl/declare.h"

/* The paths of `files = { … }` in the table at `index`, as a list; NULL when there are none.  False:
 * one is none, or is not there (told). */
bool zpl_read_command_files(lua_State *L, int index, struct zpl_site table,
                            const struct zpl_literal **out);

#endif
