/* scope.h - which declaration a name means, and what Lua's compiler checks with that knowledge.
 * Owns: nothing; its tables live in the tree's arena.
 * Errors: SYNTAX and LANG_LIMIT diagnostics.   Limits: ZPL_LOCALS_MAX, ZPL_ARMS_MAX.   Floor: lang.
 */
#ifndef ZPL_SYNTAX_SCOPE_H
#define ZPL_SYNTAX_SCOPE_H

#include "lang/base/diag.h"
#include "lang/base/err.h"
#include "lang/syntax/tree.h"

/* Sets `decl` of every NAME, the flags of functions, `...` and `sql` calls, and the names passed to
 * the latter; checks goto, labels, break, attributes, constants and `...`.  For a tree without
 * syntax errors; zpl_parse() calls it.  ZPL_OK, ZPL_ERR_CHECK, ZPL_ERR_NOMEM (told by
 * the caller). */
enum zpl_err zpl_scope_resolve(struct zpl_tree *tree, struct zpl_diags *diags);

/* The words of an SQL text, one after the other: what stands in quotes '…', in $$…$$ and in
 * comments is none, "a name" in double quotes is one, and so is the name behind a `$`.  Begin with
 * *at = 0; false at the end. */
bool zpl_sql_word(const char *sql, size_t len, size_t *at, const char **word, size_t *word_len);

#endif
