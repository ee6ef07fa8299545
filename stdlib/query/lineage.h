/* lineage.h - which columns of its tables may change a query's result, and which result columns are
 * input columns passed on.
 * Influence is read off the engine's plan: the projections of all scans, planned with every optimizer
 * off but the one that drops unused columns (others look at the statistics of tables, and those of
 * the binder are empty, or push filters into scans where they are no projections).  Where the set of
 * columns is not written out (`*`, COLUMNS, NATURAL JOIN, a whole row as a value, #1, PIVOT) the
 * whole table counts, in stored order.
 * Owns: everything is in the caller's arena.   Errors: whatever is not understood counts as "all".
 * Floor: stdlib. */
#ifndef ZPL_QUERY_LINEAGE_H
#define ZPL_QUERY_LINEAGE_H

#include "lang/base/json.h"
#include "lang/check/engine.h"

/* The value for disabled_optimizers. */
extern const char zpl_lineage_optimizers[];
/* The same for a query that is only to bind: they would compute what is constant, but those that drop what
 * is never true are on. */
extern const char zpl_lineage_folders[];
/* In the plan, column j of the request's table i is called by these. */
#define ZPL_LINEAGE_TABLE  "t"
#define ZPL_LINEAGE_COLUMN "c"

/* One a table of the request.  `plan` is what EXPLAIN (FORMAT json) gives, NULL: unknown.
 * NULL when memory is out. */
const struct zpl_bind_reads *zpl_lineage_reads(const struct zpl_bind_request *request,
                                               const struct zpl_json *tree,
                                               const struct zpl_json *plan,
                                               struct zpl_arena *arena);

struct zpl_lineage {
    struct zpl_bind_origin *origins; /* one a result column */
    const bool *hindsight; /* it is a hindsight column of a table, as it is, renamed or cast; where
                              columns can't be followed, their names decide */
    const struct zpl_bind_rows *rows;
    size_t rows_count;
    bool rows_unknown;
    struct zpl_bind_origin choices[ZPL_CHOICES]; /* what decides the rows */
};
/* What the `count` result columns are computed from; `scratch` holds what is of no use afterwards. False when memory is out. */
bool zpl_lineage_follow(const struct zpl_bind_request *request, const struct zpl_json *tree,
                        const char *const *names, size_t count, struct zpl_lineage *out,
                        struct zpl_arena *arena, struct zpl_arena *scratch);
/* The same without what the query does not read. */
bool zpl_lineage_narrow(const struct zpl_bind_request *request, const struct zpl_bind_reads *reads,
                        struct zpl_lineage *lineage, size_t count, struct zpl_arena *arena);

#endif
