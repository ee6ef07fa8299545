/* contract.h - what the types of a table's columns promise of its rows, held against the rows.
 * Promise: a table that is not complained about keeps, in every row, each min, max, one_of, match,
 * required and unique of its columns, each Enum's values and each Tensor's shape.  A null breaks `required` alone, NaN every
 * min and max; equal values are those that SQL calls equal (NaN too, nulls never).  All rules are
 * counted in one pass over their columns; only of a rule that is broken are rows looked up.
 * Owns: nothing; texts are in the caller's arena.
 * Errors: ZPL_ERR_STEP, each broken rule told once by a CONTRACT diagnostic with its column, count and
 * first rows (numbers from 1).   Limits: ZPL_CONTRACT_RULES_MAX rules a pass.   Floor: stdlib. */
#ifndef ZPL_TABLE_CONTRACT_H
#define ZPL_TABLE_CONTRACT_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/types/type.h"

#define ZPL_CONTRACT_RULES_MAX 512
#define ZPL_CONTRACT_ROWS_MAX  5 /* rows told of one broken rule */

struct zpl_duck;

struct zpl_contract {
    const char *whose;         /* begins each message: "output 'rows' breaks its contract" */
    const char *note;          /* told with the first broken rule, or NULL */
    const char *path;          /* of the stored table, among the session's paths */
    const struct zpl_row *row; /* the columns and their rules; other columns don't matter */
    bool written; /* by write.h, which held each Tensor whose dimensions are numbers to them */
    /* Rows of several files: what the file of a row is called, its number there in *in_file; NULL
     * function, and NULL: the row has just its number. */
    const char *(*locate)(void *self, int64_t row, int64_t *in_file);
    void *locate_self;
};

/* Does any column have a rule? */
bool zpl_contract_any(const struct zpl_row *row);
/* ZPL_OK at once when none has. */
enum zpl_err zpl_contract_check(struct zpl_duck *duck, const struct zpl_contract *contract,
                                struct zpl_arena *arena, struct zpl_diags *diags);
/* The rules of one column in words that follow it, NULL-terminated: "is to be at least 0", "is
 * required".  NULL when memory is out. */
const char *const *zpl_contract_words(const struct zpl_column *column, struct zpl_arena *arena);

#endif
