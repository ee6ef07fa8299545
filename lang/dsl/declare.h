/* declare.h - what declarations of steps and pipelines share.  Private to lang/dsl.
 * Errors: told.   Floor: lang/dsl. */
#ifndef ZPL_DSL_DECLARE_H
#define ZPL_DSL_DECLARE_H

#include "lang/dsl/closure.h"
#include "lang/dsl/params.h"

/* Names and types as `inputs = { rows = Table {…} }` lists them, in written order. */
struct zpl_fields {
    struct zpl_field *items;
    size_t count, capacity;
    size_t first; /* how many are of the first group */
    bool broken;  /* one was wrong */
};

/* Reads the groups `first` and `second` (NULL: none) of the table at `index`.  A group "params" takes
 * literals for types, as params { } does. */
void zpl_read_fields(lua_State *L, int index, struct zpl_site table, const char *first,
                     const char *second, struct zpl_fields *out);
/* The signature of a text written at `where`, or NULL (told at the byte that is wrong). */
const struct zpl_signature *zpl_read_signature(lua_State *L, const char *text,
                                               struct zpl_site where);
/* The text with the names of variables that hold types replaced by what these are; arena text.
 * *origin is the byte of `text` that byte `place` of the result comes from. */
const char *zpl_expand_types(lua_State *L, const char *text, size_t place, size_t *origin);
/* The schedule on top, checked against what the pipeline takes; NULL when it is none (told). */
const struct zpl_literal *zpl_read_schedule(lua_State *L, const struct zpl_pipeline_def *pipeline,
                                            struct zpl_site where);
/* The text of a field that must be one, in the graph's arena; NULL when it is absent or none (told). */
const char *zpl_text_field(lua_State *L, int index, struct zpl_site table, const char *name);
/* Does the table at `index` have a field that is none of the known ones and resembles `field` most?  It
 * was told, so that `field` is missing is not. */
bool zpl_means_field(lua_State *L, int index, const char *const *known, size_t count,
                     const char *field);
/* The same of the fields of a step. */
bool zpl_step_means(lua_State *L, int index, const char *field);
/* Reads the one body of the step that the table at `index` declares, and what belongs to it; false
 * when it can't run (told).  `name` is where the step is named, `signature` NULL when it was wrong. */
bool zpl_read_body(lua_State *L, int index, struct zpl_site table, struct zpl_span name,
                   const struct zpl_signature *signature, struct zpl_step_def *step);
/* The JSON that stands for the words of `command = { … }`, for `vars` and `files`; NULL: told. */
const char *zpl_read_command(lua_State *L, int index, struct zpl_site table,
                             const struct zpl_signature *signature);
/* The JSON that stands for `python = "file.py:function"`, for `vars`, `files` and `network`; NULL: told. */
const char *zpl_read_python(lua_State *L, int index, struct zpl_site table,
                            const struct zpl_signature *signature);
/* The signature that the function gives itself, and where it is named; NULL: told. */
const char *zpl_python_signature(lua_State *L, int index, struct zpl_site table,
                                 struct zpl_site *where);
/* Calls the pipeline's build with the table on top (popped); its results stay.  Nodes get the prefix. */
int zpl_run_build(lua_State *L, struct zpl_pipeline_def *pipeline, const char *prefix);
/* Holds what build returned, above `base`, to the declared outputs: how many there are, of which kind. A
 * table may have more columns than are declared.  At 2 is what the call gives, written at `table`. */
void zpl_check_results(lua_State *L, const struct zpl_pipeline_def *pipeline, int base, int results,
                       struct zpl_site table);
/* Tells inputs and params that are named like a field which every call has. */
void zpl_refuse_reserved(lua_State *L, const struct zpl_field *fields, size_t count,
                         struct zpl_site where);
/* Is it a name for a step or pipeline (`what`)?  Tells when not. */
bool zpl_check_name(lua_State *L, const char *what, const char *name, struct zpl_span span);

#endif
