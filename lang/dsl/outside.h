/* outside.h - the files that a step's body names and declares, its variables and network.  Private to
 * lang/dsl.   Errors: told.   Floor: lang/dsl. */
#ifndef ZPL_DSL_OUTSIDE_H
#define ZPL_DSL_OUTSIDE_H

#include "lang/base/json.h"
#include "lang/dsl/declare.h"

struct zpl_outside {
    const struct zpl_literal *set, *pass, *files; /* a RECORD and two LISTs, or NULL */
    bool network;
    bool allow_pickle;        /* Python's: may models be pickled? */
    const char *requirements; /* of Python's environment: a file; or NULL */
};

/* Reads it from the table at `index`; false: something is wrong. */
bool zpl_read_outside(lua_State *L, int index, struct zpl_site table, struct zpl_outside *out);
/* {"allow_pickle": true, "env": FILE, KEY: WHAT, "files": […], "network": true, "pass": […], "vars": {…}} as text in the
 * graph's arena; takes `what`.  No env and no files are not said, nor what is not allowed. */
const char *zpl_outside_body(lua_State *L, const struct zpl_outside *outside, const char *key,
                             struct zpl_json *what);

/* The paths of `files = { … }` in the table at `index`, as a list; NULL when there are none.  False:
 * one is none, or is not there (told). */
bool zpl_read_files(lua_State *L, int index, struct zpl_site table, const struct zpl_literal **out);
/* Warns of a word that names a script or another file of the project which is not there.  `program`: it
 * is the first. */
void zpl_check_command_word(lua_State *L, const char *word, bool program, struct zpl_site where);
/* The Path or text at `index` as a path; NULL: it is none. */
const char *zpl_path_at(lua_State *L, int index);
/* Says which file of the same folder may be meant by a path that names none. */
void zpl_help_find(lua_State *L, struct zpl_diag *diag, const char *path);

#endif
