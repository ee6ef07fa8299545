/* origin.h - which columns of the tables each column of a query is computed from: the syntax tree is
 * followed by name through SELECT lists, stars, joins, subqueries, WITH and unions.
 * A value has columns that it is computed `of`, and others that it is only chosen `by`: keys of joins,
 * groups and windows, the filters of what is aggregated, and what decides whether a row is there where
 * that becomes a value: in EXISTS, IN, outer joins, and in which part of a union a row is.  What filters
 * the rows of the result itself counts for none of its columns.
 * What a value is computed `of` it is so of some rows: that at hand, or those before or after it in the order of a
 * time.  The row at hand is that of the leading table of each FROM; what only chooses is of any rows.
 * Owns: everything is in the origin's arena.   Errors: what can't be followed is `unknown` or `lost`;
 * running out of memory leaves the arena failed.   Floor: stdlib, private to lineage. */
#ifndef ZPL_QUERY_ORIGIN_H
#define ZPL_QUERY_ORIGIN_H

#include "lang/base/json.h"
#include "lang/check/engine.h"

/* Columns by number, ascending.  Behind those of each table come two numbers that stand for its rows: which
 * there are, and which are not there for the want of a value. */
struct zpl_origin_set {
    uint32_t *ids;
    size_t count, room;
};
/* The rows that a value is computed of, behind each other. */
enum zpl_origin_when { ZPL_ORIGIN_BEFORE, ZPL_ORIGIN_SAME, ZPL_ORIGIN_AFTER, ZPL_ORIGIN_WHENS };
/* A time that rows are ordered by: that of column `of - 1`, or behind them all one that a query computes.
 * 0: rows are in no order; -1: in one that compares with no other. */
struct zpl_origin_order {
    int64_t of;
    bool nulls_first;
};
struct zpl_origin_value {
    struct zpl_origin_set of, by;
    struct zpl_origin_set near;                 /* chooses too, but is of known rows as `of` is */
    struct zpl_origin_set at[ZPL_ORIGIN_WHENS]; /* these two, by the rows that they are of */
    struct zpl_origin_order order;              /* of these rows */
    struct zpl_origin_set keys; /* the groups that are the result's rows: they choose too */
    struct zpl_origin_set over; /* tables, by number: an aggregate puts all their rows together */
    struct zpl_origin_set with; /* params, by number */
    bool unknown;
};
struct zpl_origin_column {
    const char *source; /* what its FROM calls it by, "" for none */
    const char *name;   /* NULL: of a function's rows, any name */
    struct zpl_origin_value value;
    long plain;     /* the column that it is unchanged, -1: none */
    bool hindsight; /* passed on as it is, renamed or cast */
    bool time;      /* a date or a time, as far as is known */
    int64_t order;  /* which one: see struct zpl_origin_order; 0: it is none that has a name */
    bool hidden;    /* the second of USING: only with its source's name */
};
/* Rows made of one row of each of some tables, the leading one first. */
struct zpl_origin_rows {
    const uint32_t *tables;
    size_t count;
    bool filtered, repeats, grouped; /* see struct zpl_bind_rows */
};
struct zpl_origin_relation {
    struct zpl_origin_column *columns;
    size_t count, capacity;
    bool lost;                    /* there are others that could not be followed */
    struct zpl_origin_value rows; /* what decides which rows there are, in which order: `near`, seen
                                     from each of them, and `by` */
    struct zpl_origin_set gaps;   /* what rows that were left out have no value of */
    struct zpl_origin_set picked; /* what picks some among several, as LIMIT does */
    const struct zpl_origin_rows *made_of; /* alternatives */
    size_t made_count;
    bool made_unknown;
};
/* What can be named at a place: the columns of a FROM, those that its SELECT has made, names of WITH. */
struct zpl_origin_scope {
    const struct zpl_origin_scope *outer;
    const struct zpl_json *map; /* of a WITH … */
    size_t visible;             /* … its first */
    const struct zpl_origin_relation *from, *made;
    struct zpl_origin_value window; /* what decides the rows that a window looks at */
    struct zpl_origin_set over;     /* tables all of whose rows an aggregate here puts together */
    bool inside;                    /* below an expression: a filter decides its value */
};
struct zpl_origin {
    const struct zpl_bind_request *request;
    struct zpl_arena *arena;
    const struct zpl_json *top; /* the SELECT whose rows are the result's, NULL: there is none */
    const uint32_t *offsets; /* the number of the first column of each table; one more: the end */
    struct zpl_origin_set everything;
    struct {
        const struct zpl_json *with;
        const struct zpl_origin_relation *relation;
    } * known; /* the WITHs that were followed */
    size_t known_count, known_capacity;
    size_t hint;   /* of the last column that was found */
    int64_t times; /* that queries compute */
};

/* origin.c: a query node. */
void zpl_origin_query(struct zpl_origin *o, const struct zpl_json *node,
                      const struct zpl_origin_scope *outer, struct zpl_origin_relation *out);

/* origin_from.c: the columns of a FROM, in the order in which `*` gives them. */
void zpl_origin_source(struct zpl_origin *o, const struct zpl_json *node,
                       const struct zpl_origin_scope *scope, struct zpl_origin_relation *out);

/* origin_expression.c: adds what an expression, or anything that holds some, is computed from. */
void zpl_origin_look(struct zpl_origin *o, const struct zpl_json *v,
                     const struct zpl_origin_scope *scope, struct zpl_origin_value *out);
/* The column that a COLUMN_REF is, NULL: it is none of a FROM or SELECT list around. */
const struct zpl_origin_column *zpl_origin_find(struct zpl_origin *o, const struct zpl_json *ref,
                                                const struct zpl_origin_scope *scope);
/* Does an expression, without the queries below it, aggregate? */
bool zpl_origin_aggregates(const struct zpl_json *v);
/* Is it the name of an aggregate function? */
bool zpl_origin_is_aggregate(const char *function);

/* origin_when.c: a window's value: `value`, all of its arguments, seen from the rows that it looks at. */
void zpl_origin_see(struct zpl_origin *o, const struct zpl_json *window,
                    const struct zpl_origin_scope *scope, struct zpl_origin_value *value);
/* Adds what chooses rows, each seen from itself, to what chooses a value. */
void zpl_origin_choose(struct zpl_origin *o, struct zpl_origin_value *to,
                       const struct zpl_origin_value *rows);
/* Adds what an expression, true of the rows that are there, is computed from. */
void zpl_origin_keep(struct zpl_origin *o, struct zpl_origin_value *rows,
                     const struct zpl_origin_value *condition);
/* From now on it may be of any rows. */
void zpl_origin_blur(struct zpl_origin *o, struct zpl_origin_value *value);
/* The same of columns, and of what decides the rows, that are of other rows than those at hand, since several of these become one. */
void zpl_origin_blur_others(struct zpl_origin *o, struct zpl_origin_relation *relation);
/* The order of both, where it is one. */
struct zpl_origin_order zpl_origin_same_order(struct zpl_origin_order a, struct zpl_origin_order b);
/* Is an expression of a time, whatever it is given? */
bool zpl_origin_makes_time(const struct zpl_json *v);

/* origin_set.c */
struct zpl_origin_set zpl_origin_one(struct zpl_origin *o, uint32_t id);
struct zpl_origin_set zpl_origin_join(struct zpl_origin *o, struct zpl_origin_set a,
                                      struct zpl_origin_set b);
void zpl_origin_merge(struct zpl_origin *o, struct zpl_origin_value *to,
                      const struct zpl_origin_value *from);
/* All that decides whether a row of the relation is there. */
struct zpl_origin_set zpl_origin_presence(struct zpl_origin *o,
                                          const struct zpl_origin_relation *relation);
/* All of a value; of one that is not known, everything. */
struct zpl_origin_set zpl_origin_all(struct zpl_origin *o, const struct zpl_origin_value *value);
/* A new column of a relation; NULL when memory is out. */
struct zpl_origin_column *zpl_origin_add(struct zpl_origin *o, struct zpl_origin_relation *to,
                                         const char *source, const char *name);
/* Its column of that name; NULL: it has none. */
struct zpl_origin_column *zpl_origin_named(struct zpl_origin_relation *from, const char *name);
/* Of its columns none is known, of its rows that everything may decide them. */
void zpl_origin_lose(struct zpl_origin *o, struct zpl_origin_relation *relation);
/* Does a list of names hold this one? */
bool zpl_origin_holds(const struct zpl_json *names, const char *name);
/* Adds a column as it is in another relation, called otherwise. */
struct zpl_origin_column *zpl_origin_copy(struct zpl_origin *o, struct zpl_origin_relation *to,
                                          const struct zpl_origin_column *from, const char *source,
                                          const char *name);
/* Adds all of a relation: as it is; or called by a source's alias and, where given, other names. */
void zpl_origin_append(struct zpl_origin *o, struct zpl_origin_relation *out,
                       const struct zpl_origin_relation *side);
void zpl_origin_rename(struct zpl_origin *o, struct zpl_origin_relation *to,
                       const struct zpl_origin_relation *from, const char *source,
                       const struct zpl_json *names);
/* The rows of a join: one of each side; more than a cap of them are unknown.  `once`: a row of the left finds one
 * of the right at most. */
void zpl_origin_pair(struct zpl_origin *o, const struct zpl_origin_relation *left,
                     const struct zpl_origin_relation *right, bool both_filter, bool once,
                     struct zpl_origin_relation *out);
/* Is any of its rows made of a row of that table? */
bool zpl_origin_is_made_of(const struct zpl_origin_relation *relation, uint32_t table);
/* Of all alternatives: rows may be there more than once; several may have become one. */
void zpl_origin_change_rows(struct zpl_origin *o, struct zpl_origin_relation *relation,
                            bool repeats, bool grouped);
/* Adds the alternatives of `from`; `filtered`: not all of them. */
void zpl_origin_alternatives(struct zpl_origin *o, const struct zpl_origin_relation *from,
                             bool filtered, struct zpl_origin_relation *out);

#endif
