/* contract_rule.h - the rules that the type of a column holds, in words and in SQL.
 * Owns: nothing; texts are in the caller's arena, functions that SQL calls live with the session.
 * Errors: false after telling.   Floor: stdlib, private to contract.c. */
#ifndef ZPL_TABLE_CONTRACT_RULE_H
#define ZPL_TABLE_CONTRACT_RULE_H

#include "lang/types/type.h"
#include "stdlib/table/duck.h"

enum zpl_rule_kind {
    ZPL_RULE_REQUIRED,
    ZPL_RULE_MIN,
    ZPL_RULE_MAX,
    ZPL_RULE_ONE_OF,
    ZPL_RULE_ENUM,
    ZPL_RULE_MATCH,
    ZPL_RULE_UNIQUE,
    ZPL_RULE_SHAPE, /* of a Tensor: how long its values are */
    ZPL_RULE_KINDS
};
/* One rule of a column, or of the items of a column of lists. */
struct zpl_rule {
    enum zpl_rule_kind kind;
    const struct zpl_column *column;
    const struct zpl_type *type; /* what says the rule: the column's, or that of its items */
    unsigned depth;              /* lists around it */
    const char *breaks;          /* SQL: true where it is broken; of UNIQUE NULL */
    int64_t count;               /* rows that break it */
};
struct zpl_rules {
    struct zpl_rule *items;
    size_t count, capacity;
};

/* Adds the rules that hold for a column, then those for the items in it; false: memory is out. */
bool zpl_rules_add(struct zpl_rules *rules, const struct zpl_column *column,
                   struct zpl_arena *arena);
/* What the column is to be, as in "is to be at least 0". */
void zpl_rule_say(const struct zpl_rule *rule, struct zpl_buf *out);
/* Fills `breaks`, of names as they are in the table that is stored at `path`. */
bool zpl_rule_write(struct zpl_rule *rule, struct zpl_duck *duck, const char *path,
                    struct zpl_arena *arena, struct zpl_diags *diags);

#endif
