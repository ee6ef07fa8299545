/* guard.h - is a text one query that is a function of its tables and params alone?
 * Promise: what passes is one SELECT, reads no table but those it was given (and those it defines in
 * a WITH), opens no file, sees no setting, clock or chance, and samples only with a seed.  The rule
 * is on the syntax tree, so layout, quoting and comments can't hide a word.
 * Owns: a struct zpl_guarded owns its tree.
 * Errors: ZPL_OK with error->message set when the text is refused; other codes when DuckDB could not
 * be asked.   Limits: ZPL_JSON_DEPTH_MAX for the nesting of the tree.   Floor: stdlib. */
#ifndef ZPL_QUERY_GUARD_H
#define ZPL_QUERY_GUARD_H

#include "lang/base/json.h"
#include "lang/check/engine.h"
#include "stdlib/table/duck.h"

/* A query that was let through. */
struct zpl_guarded {
    struct zpl_json *document;
    const struct zpl_json *tree; /* its query node ("type": "SELECT_NODE" …), in the document */
    const char *identity;        /* 64 hexadecimal digits: the tree without places; in the arena */
};

/* Parses the request's SQL and looks at every part of it. */
enum zpl_err zpl_guard(struct zpl_duck *duck, const struct zpl_bind_request *request,
                       struct zpl_guarded *out, struct zpl_bind_error *error,
                       struct zpl_arena *arena, struct zpl_diags *diags);
void zpl_guarded_release(struct zpl_guarded *guarded); /* safe on a zeroed struct */

/* The text of a member of a node, NULL when it is absent or empty. */
const char *zpl_guard_text(const struct zpl_json *node, const char *key);
/* Is the node's "type" this one? */
bool zpl_guard_is(const struct zpl_json *node, const char *type);
/* Is there a COLUMNS(…) or its like inside, which gives a column for each that it means?  Subqueries aside. */
bool zpl_guard_holds_star(const struct zpl_json *node);

/* Why a function can't be used in a step; NULL: it can. */
const char *zpl_guard_refuses(const char *function);
/* The byte of the text that the node is about, -1: not known. */
long zpl_guard_place(const struct zpl_json *node, const char *sql);

/* The names of the params, NULL-terminated, each once, in the order of the request. */
const char *const *zpl_guard_params(const struct zpl_json *tree,
                                    const struct zpl_bind_request *request,
                                    struct zpl_arena *arena);
/* What is allowed, but may differ from what the writer expects; false when memory is out. */
struct zpl_unique;
bool zpl_guard_warnings(const struct zpl_json *tree, struct zpl_unique *unique,
                        struct zpl_bind_answer *answer, struct zpl_arena *arena);

#endif
