/* outcome.h - is what a step made what it declares?  For values and folders.
 * Owns: texts are in the caller's arena.   Limits: ZPL_TREE_DEPTH_MAX.   Floor: stdlib. */
#ifndef ZPL_STDLIB_OUTCOME_H
#define ZPL_STDLIB_OUTCOME_H

#include "lang/base/diag.h"
#include "lang/base/digest.h"
#include "lang/base/json.h"
#include "lang/types/type.h"

/* Is a value of the type kept as JSON? */
bool zpl_outcome_is_json(const struct zpl_type *type);
/* NULL: the value is of the type; else words that follow its name: "has a field 'auc' that is text,
 * but Float is declared", "is 99, which is above the maximum 5".  A Float may be the text "NaN", "Infinity" or "-Infinity". */
const char *zpl_outcome_differs(const struct zpl_json *value, const struct zpl_type *type,
                                struct zpl_arena *arena);
/* The digest of a folder: SHA-256 of its manifest, which has for every file, in the order of their
 * paths from the folder, the length-framed fields path, "x" if it can be executed else "", SHA-256.
 * Empty folders do not count; a link or anything else than files and folders is STEP_OUTPUT. */
enum zpl_err zpl_outcome_tree(const char *path, struct zpl_digest *digest, uint64_t *bytes,
                              struct zpl_arena *arena, struct zpl_diags *diags);

#endif
