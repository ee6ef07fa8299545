/* parse.h - from a text to its tree, with every independent mistake in one go.
 * Promise: accepts what Lua 5.4's compiler accepts, with these exceptions, all deliberate:
 *   - names that begin with `__zpl` are refused;
 *   - `...` as an item of a table constructor is accepted outside vararg functions (it says "other
 *     columns may follow"), but not inside a `lua = function` body;
 *   - f"…{x}…" is refused where nothing in the file declares `f`;
 *   - the limits below come before Lua's own; upvalues, registers and constants are left to Lua.
 * Errors: SYNTAX and LANG_LIMIT diagnostics.  What depends on scopes (goto, const, vararg, break)
 * is judged only in a text that is otherwise right, because a repaired tree would mislead.
 * Limits: ZPL_NESTING_MAX (counted on the guarded text of emit.h, so that what parses can be
 * emitted), ZPL_CHAIN_MAX, ZPL_ARMS_MAX, ZPL_LOCALS_MAX, ZPL_DIAGS_MAX.   Floor: lang. */
#ifndef ZPL_SYNTAX_PARSE_H
#define ZPL_SYNTAX_PARSE_H

#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/err.h"
#include "lang/syntax/tree.h"

/* Parses text[0..len), which is source number `source` of the spans and has a NUL behind it, as the
 * texts of struct zpl_sources have.  The text is borrowed for the tree's life.
 * ZPL_OK; ZPL_ERR_CHECK with diagnostics (the tree is there, repaired, for those who can use it);
 * ZPL_ERR_LIMIT, ZPL_ERR_NOMEM (*out is NULL). */
enum zpl_err zpl_parse(struct zpl_arena *arena, uint32_t source, const char *text, size_t len,
                       struct zpl_diags *diags, struct zpl_tree **out);

#endif
