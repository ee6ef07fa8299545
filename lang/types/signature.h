/* signature.h - one line of text that says what a step takes and gives.
 *
 *   signature = inputs [ "->" outputs ] { word }
 *   inputs    = "(" [ field { "," field } ] ")"      outputs likewise
 *   field     = name [ "?" ] ":" type [ "=" literal ]
 *   word      = "disjoint" | "effect" | "where" var ":" type { "," var ":" type }
 *   type      = ( base | "Optional" "(" type ")" ) { refinement }
 *   base      = scalar | "Number" | "Class" | "Any" | "File" | "Dir" | "Endpoint" | "Unknown"
 *             | ( "Table" | "Record" | "Report" ) [ row | "..." ]
 *             | "Model" [ "{" [ part { "," part } ] "}" ]
 *             | "List" "(" type ")" | "Enum" [ "{" string { "," string } "}" | name ]
 *             | "Tensor" name "[" [ dim { "," dim } ] "]" | "Step" [ string | signature ]
 *             | ( "column" | "columns" | "type" ) var | var
 *   scalar    = "Int" | "Float" | "String" | "Bool" | "Timestamp" | "Date" | "Bytes" | "Json"
 *             | "Path" | "Secret"
 *   part      = framework | "features" ":" row | "label" ":" ( name | string ) [ ":" type ]
 *   row       = "{" [ item { "," item } ] "}" | var
 *   item      = ( name | string ) [ ":" type ] | "..." [ var ]
 *   dim       = integer | name
 *   refinement= range | "one_of" literal | "match" string | "unique" | "required" | "hindsight"
 *             | "default" literal
 *   range     = literal ".." [ literal ] | ".." literal
 *   literal   = as zpl_literal_show() writes it: 15, 0.5, "s", true, Path "p", { 1, 2 }, { a = 1 }
 *
 * Names are [A-Za-z_][A-Za-z0-9_]*, others stand in quotes; variables begin in lower case.
 * `...` and its one-character look are the same, and white space only separates.  The string
 * behind Step holds a signature; its default is the name of a step: `= xgboost.train`.  `Table` alone
 * is `Table {...}`; a column whose type is left out may have any.  Number is Int, Float or Bool; Class is Enum or String.
 *
 * Variables.  `column l` binds l to the name of one column, `columns f` f to several, `type t` t
 * to a type.  The bare label of a Model among the inputs is a column variable too (a quoted one
 * is that very name); among the outputs a label is one if something binds it, else the name.
 * `...f`, or `{f}` where `columns f` stands somewhere, is a row variable, y in `l: y` a type
 * variable.  They bind in this order: arguments, models, tables.  `{l: y, ...f}` with f given
 * takes f's columns and leaves the rest alone; with f free, f gets what is left.  `{...f, ...r}`
 * where f is bound elsewhere gives r what is left.  A variable that several inputs share has the
 * same columns in each, and columns the same types.  A column variable that no row mentions is a
 * column of the first table.
 *
 * Columns of an output table stand in this order: for each input table in signature order its
 * columns that appear in the output, in stored order; then the new ones as written.
 * A step may have several lines, tried in order (check/call.h), each a signature of the same
 * inputs.
 * Owns: nothing; everything is in the caller's arena.   Limits: ZPL_SIGNATURE_MAX,
 * ZPL_TYPE_TEXT_MAX, ZPL_NESTING_MAX, ZPL_COLUMNS_MAX.
 * Floor: lang/types. */
#ifndef ZPL_TYPES_SIGNATURE_H
#define ZPL_TYPES_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/base/arena.h"
#include "lang/base/err.h"
#include "lang/types/type.h"

struct zpl_field {
    const char *name;
    const struct zpl_type *type;
    bool optional;                      /* `name?:` or a default */
    const struct zpl_literal *fallback; /* NULL: none */
};
struct zpl_where {
    const char *var;
    const struct zpl_type *type;
};
struct zpl_signature {
    const char *text; /* as written */
    const struct zpl_field *inputs;
    size_t input_count;
    const struct zpl_field *outputs;
    size_t output_count;
    const struct zpl_where *where;
    size_t where_count;
    bool disjoint; /* its outputs share no row of the input */
    bool effect;   /* it changes something outside the store */
};

/* What went wrong and at which byte of the text. */
struct zpl_signature_error {
    size_t offset, length;
    const char *message; /* in the arena */
};

/* ZPL_ERR_INPUT fills *error. */
enum zpl_err zpl_signature_parse(const char *text, struct zpl_arena *arena,
                                 const struct zpl_signature **out,
                                 struct zpl_signature_error *error);
/* One type alone: "Table {a: Int, ...}", "f32[784]" only after Tensor. */
enum zpl_err zpl_type_parse(const char *text, struct zpl_arena *arena, const struct zpl_type **out,
                            struct zpl_signature_error *error);
/* The type that other languages call so ("Integer", "str", "DateTime" give "Int", "String",
 * "Timestamp"), also in another case than it has here; NULL: none. */
const char *zpl_type_foreign(const char *name);
/* Canonical text without white space of the writer's. */
void zpl_signature_show(const struct zpl_signature *signature, struct zpl_buf *out);
const struct zpl_field *zpl_signature_input(const struct zpl_signature *s, const char *name);

#endif
