/* graph.h - what a program says: steps, the values between them, params.
 * Promise: a node's inputs are nodes with smaller ids, so ids are a topological order.
 * Owns: everything in `arena`, until zpl_graph_release().
 * Errors: adders return NULL or ZPL_NO_NODE when memory or ZPL_NODES_MAX is exhausted.
 * Floor: lang/graph. */
#ifndef ZPL_GRAPH_GRAPH_H
#define ZPL_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/span.h"
#include "lang/types/choice.h"
#include "lang/types/literal.h"
#include "lang/types/rowkey.h"
#include "lang/types/type.h"
#include "lang/types/when.h"

#define ZPL_NO_NODE UINT32_MAX

enum zpl_value_kind {
    ZPL_VALUE_LITERAL,
    ZPL_VALUE_REF,  /* output of a node, or a constant field of it */
    ZPL_VALUE_COND, /* a condition over run-time values */
    ZPL_VALUE_LIST, /* values, at least one of them not a literal */
    ZPL_VALUE_RECORD,
    ZPL_VALUE_PICK,  /* one value of several: coalesce, max, min, mean */
    ZPL_VALUE_ITEM,  /* inside a map: the item at hand, a field of it, or its number */
    ZPL_VALUE_GATHER /* outside: the list of what a value inside a map was for every item */
};
enum zpl_cond_op {
    ZPL_COND_EQ,
    ZPL_COND_NE,
    ZPL_COND_LT,
    ZPL_COND_LE,
    ZPL_COND_GT,
    ZPL_COND_GE,
    ZPL_COND_AND,
    ZPL_COND_OR,
    ZPL_COND_NOT,  /* left only */
    ZPL_COND_TRUTH /* left only: a Bool known at run time */
};
/* One value of several that are known at run time. */
enum zpl_pick_op {
    ZPL_PICK_COALESCE, /* the first whose step was not skipped */
    ZPL_PICK_MAX,      /* the first with the greatest `by`; NaN is never it */
    ZPL_PICK_MIN,
    ZPL_PICK_MEAN /* of numbers, a Float */
};
struct zpl_value {
    enum zpl_value_kind kind;
    const struct zpl_type *type; /* static type */
    /* How much it is when written out: parts, and how deep they nest (a chain of one `and` or `or`
     * counts once).  Kept by the constructors; 0 counts as 1. */
    uint32_t size, depth;
    const struct zpl_literal *literal;
    struct {
        uint32_t node;
        uint32_t output;   /* index */
        const char *field; /* Report or Record field, or NULL */
    } ref;
    struct {
        enum zpl_cond_op op;
        const struct zpl_value *left, *right;
    } cond;
    struct {
        const struct zpl_value *const *items;
        const char *const *keys; /* RECORD only */
        size_t count;
    } list;
    struct {
        enum zpl_pick_op op;
        const struct zpl_value *const *items;
        const struct zpl_value *const
            *by;      /* MAX and MIN: what is compared, one an item; else NULL */
        size_t count; /* at least 1 */
    } pick;           /* MAX, MIN and MEAN of one list reduce its items */
    struct {
        uint32_t map;
        bool index;        /* the item's number, from 1, instead */
        const char *field; /* or NULL */
    } item;
    struct {
        uint32_t map;
        const struct zpl_value *value;
    } gather;
};

struct zpl_argument {
    const char *name; /* of the signature's input, of a table in SQL, or "$x" for a scalar in SQL */
    const struct zpl_value *value;
    struct zpl_span span; /* of the value as written; source 0 for a default */
    /* Of a scalar that is known only at run time: what it then has to be.  Of a table: the columns with
     * rules that whoever made it does not promise; its rows are held to them before the step runs.
     * Of a table that is written under a name: the columns that come from hindsight ones, so are
     * written as such.  Else NULL. */
    const struct zpl_type *wants;
    /* For a table: which of its columns the step may see.  They are all it gets. */
    bool reads_all; /* every column, in stored order */
    const char *const *reads;
    size_t read_count;
};
/* A column that another is computed from. */
struct zpl_column_source {
    uint32_t argument, column; /* of the node; of the table that it is given */
    bool
        by; /* it only chooses: a key of a join, group or window, a filter of what is aggregated or may
                be missing */
    bool key; /* it does as a key of the groups that are the result's rows, and by nothing else */
    uint8_t when; /* enum zpl_when: of which rows, where the table's are the result's */
};
/* A table whose rows decide a value. */
struct zpl_column_choice {
    uint32_t argument;
    uint8_t when; /* enum zpl_when: which of them, as of a source */
};
/* The column of a time by which rows are before or after others. */
struct zpl_column_order {
    enum {
        ZPL_COLUMN_ORDER_NONE,   /* there is none, or none that has a name */
        ZPL_COLUMN_ORDER_SOURCE, /* of an argument */
        ZPL_COLUMN_ORDER_RESULT  /* of the output itself */
    } of;
    uint32_t argument, column;
    bool nulls_first; /* rows without a time are before all others, else after them */
};
struct zpl_column_origin {
    const struct zpl_column_source *sources;
    size_t count;
    bool all;   /* not known: whatever the step reads */
    bool plain; /* its one source that is no `by`, unchanged */
    struct zpl_column_order order;
    const uint32_t *over; /* arguments: an aggregate puts the values of all their rows together */
    size_t over_count;
    const uint32_t *with; /* arguments: scalars known only at run time that it is computed with */
    size_t with_count;
    const struct zpl_column_choice *chosen[ZPL_CHOICES]; /* only of queries: what rows a file has is
                                                            chosen by nothing */
    size_t chosen_count[ZPL_CHOICES];
};
/* Rows that are made of one row of each of some tables. */
struct zpl_row_origin {
    const uint32_t *arguments; /* the leading table first */
    size_t count;
    bool filtered; /* not every row of the leading table is there */
    bool repeats;  /* one of them may be there more than once */
    bool grouped;  /* several of them may be one of the output's */
};
struct zpl_output {
    const char *name;
    const struct zpl_type *type;
    /* Of a query's table, one a column (NULL: not known).  What other outputs come from follows from
     * the node: see lineage.h. */
    const struct zpl_column_origin *origins;
    const struct zpl_row_origin *rows; /* of a query, alternatives (NULL: not known) */
    size_t rows_count;
    const struct zpl_column_origin
        *choices; /* of a query, ZPL_CHOICES: what decides its rows (NULL: not
                                                known) */
    /* Of a table: what tells its rows apart, beside its unique columns.  No part of the JSON. */
    const struct zpl_row_key *keys;
    size_t key_count;
    /* Of a source, one a column: why its type was guessed no narrower, or NULL.  No part of the JSON. */
    const char *const *clues;
};
/* A row, column or type variable of the signature, as this call bound it. */
struct zpl_binding {
    const char *var;
    const char *const *columns; /* names, in stored order; a column variable has one */
    size_t count;
};
/* A limit that all runs of the project share. */
struct zpl_limit {
    const char *name;
    uint32_t slots; /* how many there are */
};
/* What a step takes of one while it runs. */
struct zpl_limit_use {
    const char *name;
    uint32_t slots, of; /* at least 1, of how many: ZPL_LIMIT_SLOTS_MAX at most */
};
struct zpl_resources {
    double cpu;            /* cores; 0: not said */
    uint64_t memory_bytes; /* 0: not said */
    uint32_t gpu, workers;
    const struct zpl_limit_use *limits; /* by name */
    size_t limit_count;
};
/* each(list, …) over a list that is known only at run time: the nodes with its number are there once
 * for every item. */
struct zpl_map {
    const struct zpl_value *over; /* a List */
    uint32_t parent;              /* 1 + the map it is inside; 0: none */
    struct zpl_span span;
    const char *place; /* as of a node */
};
struct zpl_node {
    uint32_t id;
    uint32_t map;         /* 1 + the map it is inside; 0: none */
    const char *name;     /* unique in the graph */
    const char *step;     /* the step called: "xgboost.train" */
    const char *kernel;   /* what the workers run: "xgboost.train", "sql", "lua", "command" */
    const char *identity; /* of the code: 64 hexadecimal digits */
    const char *engines;  /* versions that shape bytes */
    struct zpl_span span; /* of the callee */
    const char *place;    /* "delays.zpl:12:7", of a graph that was read back; else NULL */
    const struct zpl_argument *arguments; /* in signature order, defaults filled in */
    size_t argument_count;
    const struct zpl_output *outputs;
    size_t output_count;
    const struct zpl_binding *bindings;
    size_t binding_count;
    const char
        *source; /* "csv" …: this node reads the file its `path` argument names; "artifact": what
                           stands under its `name` */
    const char
        *places;      /* of a Lua body: where it stands in the program (closure.h); no part of what
                           the node is */
    const char *body; /* of a user's step: SQL, closure image (JSON), words (JSON) …; else NULL */
    const struct zpl_value *when; /* NULL: always */
    const uint32_t *after;        /* nodes without data between */
    size_t after_count;
    bool effect, cache, disjoint; /* cache: false after `cache = false` */
    uint32_t retries;
    uint64_t timeout_ms; /* 0: none */
    struct zpl_resources resources;
    const struct zpl_literal *allow; /* what `allow = {…}` waives, or NULL */
    bool stands_in;                  /* for an input of a pipeline that is checked by itself */
    bool poison;                     /* its call had an error: outputs are UNKNOWN */
};
struct zpl_param {
    const char *name;
    const struct zpl_type *type; /* with refinements and default */
    const struct zpl_literal *value;
    bool given; /* on the command line */
    struct zpl_span span;
    const char *place; /* as of a node */
};
/* A file that the program imports, as it was when it was evaluated. */
struct zpl_import {
    const char *name;   /* relative to the project */
    const char *digest; /* SHA-256 of its text: 64 hexadecimal digits */
};
struct zpl_graph {
    struct zpl_arena arena;
    const char *pipeline;               /* name */
    const struct zpl_literal *schedule; /* RECORD { cron, timezone, sets }, or NULL: none */
    struct zpl_node *nodes;
    size_t count, capacity;
    struct zpl_param *params;
    size_t param_count, param_capacity;
    struct zpl_import *imports; /* in order of first use */
    size_t import_count, import_capacity;
    struct zpl_map *maps; /* an inner one after the outer */
    size_t map_count, map_capacity;
};

void zpl_graph_release(struct zpl_graph *graph);
/* A new zeroed node with its id (and cache = true) set; valid until the next call. */
struct zpl_node *zpl_graph_add(struct zpl_graph *graph);
struct zpl_param *zpl_graph_add_param(struct zpl_graph *graph);
/* Texts live as long as the graph; false when memory is out. */
bool zpl_graph_add_import(struct zpl_graph *graph, const char *name, const char *digest);
struct zpl_map *zpl_graph_add_map(struct zpl_graph *graph);
/* Is map `inner` (1 + its number) the map `outer` or inside it?  Everything is inside 0. */
bool zpl_map_within(const struct zpl_graph *graph, uint32_t inner, uint32_t outer);
const struct zpl_node *zpl_graph_find(const struct zpl_graph *graph, const char *name);
/* The node that has the name already, or whose items have names that those of this one have: "make[*]" of a
 * map and "make[3]". */
const struct zpl_node *zpl_graph_rival(const struct zpl_graph *graph, const char *name);
const struct zpl_argument *zpl_node_argument(const struct zpl_node *node, const char *name);

/* Does the node read what runs have written under a name, does it write so?  The name is its argument
 * `name`, a literal. */
bool zpl_node_reads_name(const struct zpl_node *node);
bool zpl_node_writes_name(const struct zpl_node *node);
/* That name; NULL: it is not known (in a program with errors). */
const char *zpl_node_name_of(const struct zpl_node *node);

/* Values in `arena`; NULL when it is out of memory.  Whoever builds from a program's loops asks
 * zpl_value_fits() first: shared parts can be written out exponentially large.  A condition's type
 * is Bool.  zpl_value_ref() takes the type of the whole output, or of the field when one is named:
 * the caller knows it. */
const struct zpl_value *zpl_value_literal(struct zpl_arena *arena,
                                          const struct zpl_literal *literal);
const struct zpl_value *zpl_value_ref(struct zpl_arena *arena, uint32_t node, uint32_t output,
                                      const char *field, const struct zpl_type *type);
const struct zpl_value *zpl_value_cond(struct zpl_arena *arena, enum zpl_cond_op op,
                                       const struct zpl_value *left, const struct zpl_value *right);
/* LIST when `keys` is NULL, else RECORD; both arrays are borrowed and must live in the arena. */
const struct zpl_value *zpl_value_items(struct zpl_arena *arena,
                                        const struct zpl_value *const *items,
                                        const char *const *keys, size_t count);
/* All arrays are borrowed and must live in the arena; `type` is that of the result. */
const struct zpl_value *zpl_value_pick(struct zpl_arena *arena, enum zpl_pick_op op,
                                       const struct zpl_value *const *items,
                                       const struct zpl_value *const *by, size_t count,
                                       const struct zpl_type *type);
const struct zpl_value *zpl_value_item(struct zpl_arena *arena, uint32_t map, bool index,
                                       const char *field, const struct zpl_type *type);
/* Its type is the List of the value's. */
const struct zpl_value *zpl_value_gather(struct zpl_arena *arena, uint32_t map,
                                         const struct zpl_value *value);
/* A type that holds the values of every item; NULL: there is none, and *odd is the first that does not
 * fit those before it.  Numbers of both kinds are Float; tables have the same columns in one order. */
const struct zpl_type *zpl_value_common_type(struct zpl_arena *arena,
                                             const struct zpl_value *const *items, size_t count,
                                             size_t *odd);
/* Is a condition of these two (`right` may be NULL) within ZPL_VALUE_SIZE_MAX and
 * ZPL_VALUE_DEPTH_MAX? */
bool zpl_value_fits(enum zpl_cond_op op, const struct zpl_value *left,
                    const struct zpl_value *right);
/* The type of a choice among the items; NULL as above.  Of one list MAX and MIN take an item. */
const struct zpl_type *zpl_value_pick_type(struct zpl_arena *arena, enum zpl_pick_op op,
                                           const struct zpl_value *const *items, size_t count,
                                           size_t *odd);
/* The type a literal has by itself: Int, List(Int), Record {…}; a list of mixed numbers is Float,
 * of anything else mixed Any; an empty one List(Any). */
const struct zpl_type *zpl_literal_natural_type(struct zpl_arena *arena,
                                                const struct zpl_literal *literal);

/* Visits a value (NULL: nothing) and, where `visit` says true, all that it is put together of: conditions,
 * lists, choices with what they are by, what a map gathers. */
typedef bool zpl_value_visit_fn(void *self, const struct zpl_value *value);
void zpl_value_walk(const struct zpl_value *value, zpl_value_visit_fn *visit, void *self);
/* Calls visit once for every reference in a value, conditions and lists included.  An item refers to
 * nothing: what it comes from is its map's list. */
void zpl_value_refs(const struct zpl_value *value,
                    void (*visit)(void *self, uint32_t node, uint32_t output), void *self);
/* Of a list, record or choice the first table, model or other artifact within, which no literal can stand
 * for; of such a value alone itself; NULL: there is none, its value is known once its steps have run. */
const struct zpl_value *zpl_value_artifact(const struct zpl_value *value);
/* As it reads in a program: "evaluate.report.auc >= 0.6 and not drift.report.drifted". */
void zpl_value_show(const struct zpl_graph *graph, const struct zpl_value *value,
                    struct zpl_buf *out);
/* What a program says about a node's name, beside `as`. */
struct zpl_naming {
    const char *variable; /* its first output was assigned to, or NULL */
    const char *prefix;   /* of the called pipeline it is in: "classify/"; NULL: none */
    const char *suffix;   /* of the item of an `each` it is in: "[3]"; NULL: none */
};
/* Gives every node its unique name, which no item of a map has either, from what the program wrote: `as` (already in node->name), else
 * the step if only one node has it, else step@variable if only one has that, else step#n with n
 * counted from 1 among the nodes of that step; prefix and suffix belong to the step's name.  `naming` has one entry a
 * node. ZPL_ERR_NOMEM. */
enum zpl_err zpl_graph_name(struct zpl_graph *graph, const struct zpl_naming *naming);

#endif
