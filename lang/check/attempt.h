/* attempt.h - one line of a step's signature, tried on the arguments of one call.
 * A call goes through it in this order: arguments (which belongs to which input), unify (what the
 * variables stand for), then output, reads and binding (what the call gives and its kernel sees).
 * Owns: its diagnostics, until the caller releases them; everything else is in the two arenas.
 * Errors: mistakes of the program go into `diags`; running out of memory leaves an arena failed,
 * which the caller looks at once at the end.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_ATTEMPT_H
#define ZPL_CHECK_ATTEMPT_H

#include "lang/check/call.h"
#include "lang/types/signature.h"

#define ZPL_NO_INPUT SIZE_MAX

enum zpl_bound {
    ZPL_UNBOUND,
    ZPL_NAMED, /* its names were given as an argument, no table with them was met yet */
    ZPL_BOUND,
    ZPL_POISONED /* an error was told, or the table is not known */
};
/* `...r`: some columns. */
struct zpl_bound_row {
    const char *var;
    enum zpl_bound state;
    struct zpl_column *columns; /* types are NULL while NAMED; in stored order when BOUND */
    size_t count;
    bool open;     /* more columns may follow */
    bool left;     /* it is what was left of `input` */
    size_t param;  /* the input that listed its names, or ZPL_NO_INPUT */
    size_t input;  /* the first input that has its columns, or ZPL_NO_INPUT */
    bool of_table; /* `input` is a table, whose types hold for the data */
};
/* `l`: one column. */
struct zpl_bound_column {
    const char *var;
    enum zpl_bound state;
    const char *name;
    const struct zpl_type *type; /* NULL until a table with it was met */
    size_t param, input;         /* as above */
};
/* `y`: a type. */
struct zpl_bound_type {
    const char *var;
    const struct zpl_type *type; /* UNKNOWN when poisoned */
    const char *column;          /* the column or label that has it, or NULL */
    size_t input;
};

/* `n`: a dimension of Tensors. */
struct zpl_bound_dim {
    const char *name, *value;
    const char *column; /* of `input`, that has it; NULL: the input itself */
    size_t input;
};

struct zpl_attempt {
    struct zpl_checker *checker;
    const struct zpl_call *call;
    const struct zpl_signature *line;
    struct zpl_arena *arena;   /* the graph's */
    struct zpl_arena *scratch; /* gone after the call */
    struct zpl_diags diags;
    const struct zpl_call_argument **given; /* by input; NULL: not given */
    const struct zpl_value **values;        /* by input, as the type admits it, with defaults */
    struct zpl_bound_row *rows;
    size_t row_count, row_room;
    struct zpl_bound_column *columns;
    size_t column_count, column_room;
    struct zpl_bound_type *types;
    size_t type_count, type_room;
    struct zpl_bound_dim *dims;
    size_t dim_count, dim_room;
    bool poison; /* an input is not known */
};

/* argument.c: fills `given` and `values`; false when memory is out. */
bool zpl_attempt_arguments(struct zpl_attempt *a);

/* variable.c: looks a variable up; NULL: the line has none of that name, or memory is out. */
struct zpl_bound_row *zpl_attempt_row(struct zpl_attempt *a, const char *var);
struct zpl_bound_column *zpl_attempt_column(struct zpl_attempt *a, const char *var);
struct zpl_bound_type *zpl_attempt_type(struct zpl_attempt *a, const char *var);
/* Makes all variables of the line, unbound, then binds those that arguments give: columns, lists of
 * columns, types. */
void zpl_attempt_declare(struct zpl_attempt *a);
/* The name that a column of a pattern stands for; NULL: its variable is not bound. */
const char *zpl_attempt_resolve(struct zpl_attempt *a, const char *name);
/* Does `...var` or `columns var` stand in an input but `skip`, in an output or in a where? */
bool zpl_line_has_row(const struct zpl_signature *line, const char *var, size_t skip);
/* Is `var` a column or list of columns given as an argument that no pattern mentions?  It then
 * speaks of the first table. */
bool zpl_line_is_free(const struct zpl_signature *line, const char *var);
/* The first table input that is given, or ZPL_NO_INPUT. */
size_t zpl_attempt_first_table(const struct zpl_attempt *a);
/* The row of a table input that is given and known, else NULL. */
const struct zpl_row *zpl_attempt_table(const struct zpl_attempt *a, size_t input);

/* unify.c: binds the rest from the types of the inputs. */
void zpl_attempt_unify(struct zpl_attempt *a);

/* dims.c: the names of the pattern's dimensions stand for those of `have`, whose dtype and rank fit; told where
 * one stands for another number already. */
void zpl_attempt_meet_dims(struct zpl_attempt *a, size_t input, const char *column,
                           const struct zpl_type *want, const struct zpl_type *have);
/* Is it a Tensor with dimensions that are names? */
bool zpl_attempt_has_dims(const struct zpl_type *type);
const struct zpl_type *zpl_attempt_fill_dims(struct zpl_attempt *a, const struct zpl_type *pattern);
/* Tells when a column of an output has dimensions that its values would not say. */
void zpl_attempt_hold_dims(struct zpl_attempt *a, const char *column, const struct zpl_type *type);

/* where.c: holds what was bound to the line's `where`. */
void zpl_attempt_where(struct zpl_attempt *a);

/* output.c: the type of an output with the variables filled in; UNKNOWN where one is poisoned. */
const struct zpl_type *zpl_attempt_fill(struct zpl_attempt *a, const struct zpl_type *pattern);

/* reads.c: which columns of a table input the kernel may see. */
void zpl_attempt_reads(struct zpl_attempt *a, size_t input, struct zpl_argument *out);
/* wants.c: of a table input the columns whose rules are not promised, with these rules; NULL: there is
 * none, or memory is out. */
const struct zpl_type *zpl_attempt_wants(struct zpl_attempt *a, size_t input);
/* What the kernel is told of the variables. */
void zpl_attempt_bindings(struct zpl_attempt *a, struct zpl_node *node);

/* source.c: the rows that a source's file holds, as the type of output 0. */
enum zpl_err zpl_attempt_source(struct zpl_attempt *a, struct zpl_output *outputs);

/* named.c: what other runs wrote and will find.  Of a step that reads a name what
 * stands there now is held to the declared type; a step that writes one is held to that it can. */
enum zpl_err zpl_attempt_named(struct zpl_attempt *a, struct zpl_node *node);

/* sql.c: the body of a named step, bound to the inputs; replaces arguments and outputs, and sets
 * the identity of the node. */
enum zpl_err zpl_attempt_body(struct zpl_attempt *a, struct zpl_node *node);

/* call.c: tells what was told of the call, then adds the node; `err` is what went wrong with it so
 * far.  Gives what zpl_check_call() returns. */
enum zpl_err zpl_check_commit(struct zpl_checker *checker, const struct zpl_call *call,
                              struct zpl_node *node, struct zpl_diags *told, enum zpl_err err,
                              uint32_t *id);

#endif
