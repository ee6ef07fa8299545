/* contract_match.h - what SQL can't say of a text, as a function that SQL can call: does it match a
 * pattern as lang/base/regex.h understands it, is it one of some JSON values.
 * Owns: the function lives as long as the session and owns what it is made with.
 * Errors: false after telling; a match that takes too long is an error of the query that asks.
 * Floor: stdlib, private to contract.c. */
#ifndef ZPL_TABLE_CONTRACT_MATCH_H
#define ZPL_TABLE_CONTRACT_MATCH_H

#include "stdlib/table/duck.h"

/* Registers a function of VARCHAR that says whether the pattern matches; its name, in the arena.
 * `column` is told when a match takes too long. */
bool zpl_contract_match(struct zpl_duck *duck, const char *column, const char *pattern,
                        const char **name, struct zpl_arena *arena, struct zpl_diags *diags);
/* The same for "is, as JSON, equal to one of these texts", which are canonical and NULL-terminated. */
bool zpl_contract_json(struct zpl_duck *duck, const char *const *texts, const char **name,
                       struct zpl_arena *arena, struct zpl_diags *diags);

#endif
