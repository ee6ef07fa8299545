/* unique.h - which columns tell the rows of a query apart.  A FROM is made of parts, each with keys of its own: the
 * unique columns and the keys of a table, those of what a subquery gives.  What columns determine is closed over
 * the keys of the parts, the columns that a join makes equal, and what a join finds at most one row of; they tell
 * the rows apart when all parts are determined.  The result of a query has keys by its groups, by DISTINCT, and
 * by what it shows of those of its FROM.
 * Owns: everything is in the arena.   Errors: what can't be followed has no key; running out of memory leaves
 * the arena failed.   Floor: stdlib, private to guard and bind. */
#ifndef ZPL_QUERY_UNIQUE_H
#define ZPL_QUERY_UNIQUE_H

#include "lang/base/json.h"
#include "lang/check/engine.h"
#include "stdlib/query/guard_order.h"

/* The WITHs around a query. */
struct zpl_unique_scope {
    const struct zpl_unique_scope *outer;
    const struct zpl_json *map;
    size_t visible; /* its first */
};
struct zpl_unique_column {
    const char *source; /* what its FROM calls it by; of a result "" */
    const char *name;   /* NULL: not known */
    enum zpl_kind kind; /* UNKNOWN: not known */
    bool hidden;        /* the second of USING: only with its source's name */
    uint32_t same;      /* the first column that has its value in every row */
};
/* Rows that are told apart alone. */
struct zpl_unique_part {
    uint32_t first; /* of its columns */
    size_t count;
    const struct zpl_row_key *keys; /* columns counted from `first` */
    size_t key_count;
    uint32_t after; /* parts that have to be determined before its keys count */
};
/* Where these columns and parts are determined, so are those parts. */
struct zpl_unique_rule {
    const uint32_t *columns;
    size_t count;
    uint32_t after, parts;
};
struct zpl_unique_from {
    struct zpl_unique_column *columns;
    size_t count;
    struct zpl_unique_part *parts; /* at most 32: sets of them are bits */
    size_t part_count;
    struct zpl_unique_rule *rules;
    size_t rule_count;
    bool lost; /* it has columns that are not known */
};
/* What a query gives. */
struct zpl_unique_table {
    const struct zpl_unique_column *columns;
    size_t count;
    const struct zpl_row_key *keys;
    size_t key_count;
    bool lost; /* its columns are not known, and it has no keys */
};
/* A query that was followed. */
struct zpl_unique_known {
    const struct zpl_json *query;
    const struct zpl_unique_table *table; /* or */
    const struct zpl_unique_from *from;
    struct zpl_unique_known *next;
};
struct zpl_unique {
    const struct zpl_bind_request *request;
    struct zpl_arena *arena;
    struct zpl_unique_known *known;
};

/* unique.c: the keys of what a query node gives. */
const struct zpl_unique_table *zpl_unique_of(struct zpl_unique *u, const struct zpl_json *query,
                                             const struct zpl_unique_scope *scope);
/* Do the keys of an order tell apart the rows that a window of a SELECT sees, or those of a query's result?
 * `scope` knows its WITH. */
bool zpl_unique_is_total(struct zpl_unique *u, const struct zpl_json *query,
                         const struct zpl_unique_scope *scope, const struct zpl_order_keys *keys,
                         bool of_result);
/* The keys of the whole query into the answer, whose row is known. */
void zpl_unique_answer(struct zpl_unique *u, const struct zpl_json *tree,
                       struct zpl_bind_answer *answer, struct zpl_arena *arena);

/* unique_from.c: the FROM of a SELECT with what its WHERE makes equal; `scope` knows the SELECT's WITH. */
const struct zpl_unique_from *zpl_unique_from_of(struct zpl_unique *u,
                                                 const struct zpl_json *select,
                                                 const struct zpl_unique_scope *scope);
/* The column that a COLUMN_REF is, -1: none of the FROM. */
long zpl_unique_find(const struct zpl_unique_from *from, const struct zpl_json *ref);
/* Adds to `has` (by `same`) what the columns there determine; true when that is every part. */
bool zpl_unique_close(const struct zpl_unique_from *from, bool *has);

#endif
