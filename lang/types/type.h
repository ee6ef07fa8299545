/* type.h - what is known of a value before it exists.
 * Promise: types are immutable and live in an arena; equal text means equal type, and the text that
 * zpl_type_show() prints is read back by zpl_type_parse() (signature.h) to the same type.
 * Owns: nothing.   Floor: lang/types. */
#ifndef ZPL_TYPES_TYPE_H
#define ZPL_TYPES_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/types/literal.h"

enum zpl_kind {
    ZPL_UNKNOWN, /* poison: an error was told already; fits everything, silently */
    ZPL_INT,
    ZPL_FLOAT,
    ZPL_STRING,
    ZPL_BOOL,
    ZPL_TIMESTAMP, /* microseconds, UTC */
    ZPL_DATE,
    ZPL_BYTES,
    ZPL_JSON,
    ZPL_PATH,
    ZPL_SECRET,
    ZPL_ENUM,   /* values */
    ZPL_LIST,   /* elem */
    ZPL_RECORD, /* row */
    ZPL_TABLE,  /* row */
    ZPL_TENSOR, /* dtype, dims */
    ZPL_MODEL,  /* framework, row = features, label, label_type */
    ZPL_REPORT, /* row of Int, Float, Bool, String fields */
    ZPL_FILE,
    ZPL_DIR,
    ZPL_ENDPOINT,
    ZPL_STEP,   /* signature */
    ZPL_NUMBER, /* in signatures: Int, Float or Bool */
    ZPL_CLASS,  /* in signatures: Enum or String, what a classifier tells apart */
    ZPL_ANY,    /* in signatures: anything */
    /* only in the patterns of signatures: */
    ZPL_VAR,        /* a type variable: name */
    ZPL_COLUMN_OF,  /* `column l`: the argument names one column, bound to name */
    ZPL_COLUMNS_OF, /* `columns k`: the argument lists columns, bound to row variable name */
    ZPL_TYPE_OF     /* `type t`: the argument is a type, bound to name */
};

/* What is promised or wanted beyond the kind; absent bounds are NULL. */
struct zpl_refine {
    const struct zpl_literal *min, *max; /* inclusive */
    const struct zpl_literal *one_of;    /* a LIST */
    const struct zpl_literal *fallback;  /* the default */
    const char *match;                   /* PCRE2 pattern */
    const char *doc;
    bool unique, required, hindsight;
};

struct zpl_row;
struct zpl_signature;
struct zpl_type {
    enum zpl_kind kind;
    bool optional;                     /* Optional(T) */
    const struct zpl_refine *refine;   /* NULL: nothing */
    const char *name;                  /* VAR, COLUMN_OF, COLUMNS_OF, TYPE_OF: the variable; ENUM of
                                        any values: what the signature calls them, or NULL */
    const struct zpl_type *elem;       /* LIST */
    const struct zpl_row *row;         /* RECORD, TABLE, REPORT; MODEL: its features (NULL: any) */
    const char *const *values;         /* ENUM: NULL-terminated;  TENSOR: its dimensions as text */
    const char *dtype;                 /* TENSOR: "f32" … */
    const char *framework;             /* MODEL: "xgboost" … or NULL for any */
    const char *label;                 /* MODEL: name or column variable, or NULL */
    bool label_is_var;                 /* MODEL, in patterns: label is a column variable */
    const struct zpl_type *label_type; /* MODEL, or NULL */
    const struct zpl_signature *signature; /* STEP */
};

/* Columns in stored order.  In a signature's pattern an item may be a row variable `...r` and a
 * column's name may be a column variable. */
struct zpl_column {
    const char *name;
    const struct zpl_type *type; /* NULL: a row variable (then name is the variable's) */
};
struct zpl_row {
    const struct zpl_column *columns;
    size_t count;
    bool open; /* a type ending in `...`: other columns may follow */
};

/* Constructors; NULL when the arena is out of memory. */
const struct zpl_type *zpl_type_new(struct zpl_arena *arena, enum zpl_kind kind);
const struct zpl_type *zpl_type_table(struct zpl_arena *arena, const struct zpl_row *row);
const struct zpl_type *zpl_type_refined(struct zpl_arena *arena, const struct zpl_type *type,
                                        const struct zpl_refine *refine);
/* The same type, of values that are known only afterwards. */
const struct zpl_type *zpl_type_hindsight(struct zpl_arena *arena, const struct zpl_type *type);
bool zpl_type_is_hindsight(const struct zpl_type *type); /* NULL: no */

/* The column of that exact name, or NULL. */
const struct zpl_column *zpl_row_find(const struct zpl_row *row, const char *name);
/* The same for a reader that asks for one column after another: looks at *hint first and leaves the
 * place behind the hit there, so that names asked for in stored order cost one look each. */
const struct zpl_column *zpl_row_next(const struct zpl_row *row, const char *name, size_t *hint);
/* Two columns whose names differ at most in case (SQL can't tell them apart); the later one, and
 * the earlier in *first (may be NULL); NULL when there are none.  Row variables don't count. */
const struct zpl_column *zpl_row_twins(const struct zpl_row *row, const struct zpl_column **first);
bool zpl_type_equal(const struct zpl_type *a, const struct zpl_type *b); /* without refinements */
bool zpl_row_equal(const struct zpl_row *a, const struct zpl_row *b);    /* as well */
/* Int, Float, String, Bool, … : what a column, a Report field or a param may be. */
bool zpl_kind_is_scalar(enum zpl_kind kind);
/* A model of that framework. */
bool zpl_type_is_model_of(const struct zpl_type *type, const char *framework);
const char *zpl_kind_name(enum zpl_kind kind); /* "Int" */

/* Does a value of type `have` serve where `want` is asked for?  Structural: more columns fit fewer,
 * Int fits Float, an Enum fits String and the Enums that have its values, a model fits where its
 * features are a part of those listed; UNKNOWN on either side, ANY and variables fit all.  Kinds
 * only: refinements are contracts that the data is held to.  On false, *why (arena text; `why` may
 * be NULL) says the first difference in words that follow the value: "is Int, wanted Bool",
 * "has no column 'late'", "column 'late' is Int, wanted Bool". */
bool zpl_type_fits(const struct zpl_type *have, const struct zpl_type *want,
                   struct zpl_arena *arena, const char **why);

/* Of a column that has to be of type `want`: its type with the rules (min max one_of match required
 * unique, the values of an Enum, and those of a list's items) that `have` does not promise; NULL when
 * it promises them all, or memory is out.  A promise that implies a rule is enough: of 5.. follows
 * 0.., of one_of {1, 2} follows ..9.  `have` NULL: nothing is promised. */
const struct zpl_type *zpl_type_unpromised(const struct zpl_type *have, const struct zpl_type *want,
                                           struct zpl_arena *arena);

/* As it is written: "Table {hour: Int, late: Bool}", "Int 1..100", "Model {xgboost, features: {…},
 * label: late: Bool}".  `brief` cuts long rows ("Table {hour: Int, … 12 more}") for messages. */
void zpl_type_show(const struct zpl_type *type, bool brief, struct zpl_buf *out);
const char *zpl_type_text(const struct zpl_type *type, bool brief, struct zpl_arena *arena);

/* A value for the type, from text (command line) or from a literal that may be of another kind: a
 * whole number serves as Float and a whole Float as Int, a string as Path, Enum, Date
 * ("2024-02-29"), Timestamp ("2024-02-29 13:05:00", UTC or with an offset), Bytes or the name of a
 * Secret; null serves an optional type.  Minimum, maximum, one_of and match are checked.  A List is
 * written "a,b,c" as text, a Json as JSON.
 * On failure NULL, and *why (arena text) says what is wrong in words that follow the value ("is
 * not a whole number", "is below the minimum 0"); *range tells a refinement from a wrong type. */
const struct zpl_literal *zpl_type_read_text(const struct zpl_type *type, const char *text,
                                             struct zpl_arena *arena, const char **why,
                                             bool *range);
const struct zpl_literal *zpl_type_admit(const struct zpl_type *type,
                                         const struct zpl_literal *value, struct zpl_arena *arena,
                                         const char **why, bool *range);

#endif
