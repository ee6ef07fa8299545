/* command.h - the files that a command names and declares.  Private to lang/dsl.
 * Errors: told.   Floor: lang/dsl. */
#ifndef ZPL_DSL_COMMAND_H
#define ZPL_DSL_COMMAND_H

#include "lang/dsl/declare.h"

/* The paths of `files = { … }` in the table at `index`, as a list; NULL when there are none.  False:
 * one is none, or is not there (told). */
bool zpl_read_command_files(lua_State *L, int index, struct zpl_site table,
                            const struct zpl_literal **out);

/* Warns of a word that names a script or another file of the project which is not there.  `program`: it
 * is the first. */
void zpl_check_command_word(lua_State *L, const char *word, bool program, struct zpl_site where);

#endif
