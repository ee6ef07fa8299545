/* tell.h - the parts that the checker's messages share.
 * Owns: nothing; texts are copied into the diagnostics.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_TELL_H
#define ZPL_CHECK_TELL_H

#include "lang/check/attempt.h"

/* "made here by step 'x'" for every step whose output the value is made of. */
void zpl_tell_maker(const struct zpl_graph *graph, struct zpl_diags *diags, struct zpl_diag *diag,
                    const struct zpl_value *value);
/* Why a column of the value has its type, when that was guessed from a file's rows; nothing else. */
void zpl_tell_clue(const struct zpl_graph *graph, struct zpl_diags *diags, struct zpl_diag *diag,
                   const struct zpl_value *value, const char *column);
/* "'carrier' comes from here, step 'flights'": where columns of the value were computed last. */
void zpl_tell_column_maker(const struct zpl_graph *graph, struct zpl_diags *diags,
                           struct zpl_diag *diag, const struct zpl_value *value,
                           const char *const *columns, size_t count);
/* "'train' has hour, weekday, … 12 more …, late". */
void zpl_tell_columns(struct zpl_diags *diags, struct zpl_diag *diag, const char *name,
                      const struct zpl_row *row);
/* Help "did you mean 'late'?", when a column is near enough. */
void zpl_tell_near_column(struct zpl_diags *diags, struct zpl_diag *diag, const char *word,
                          const struct zpl_row *row);
/* Help where a step of the program's own makes the value, and does not declare all that it has: `declares` is what to
 * write there, as "Table {late: Float, ...}".  Nothing of other steps, or where there is help. */
void zpl_tell_undeclared(const struct zpl_graph *graph, struct zpl_diags *diags,
                         struct zpl_diag *diag, const struct zpl_value *value,
                         const char *declares);
/* The same of a column of a table that may have more than are declared; nothing of another value. */
void zpl_tell_undeclared_column(const struct zpl_graph *graph, struct zpl_diags *diags,
                                struct zpl_diag *diag, const struct zpl_value *value,
                                const char *column);
/* An unknown column with all of these; `value` is the table. */
void zpl_tell_unknown_column(const struct zpl_graph *graph, struct zpl_diags *diags,
                             struct zpl_span span, const char *word, const char *table,
                             const struct zpl_row *row, const struct zpl_value *value);
/* Moves what was told of the call to the checker's diagnostics, with "called from here" notes. */
void zpl_tell_all(struct zpl_checker *checker, const struct zpl_call *call,
                  struct zpl_diags *diags);

/* "a Table", "an Int"; scratch text. */
const char *zpl_say_kind(enum zpl_kind kind, struct zpl_arena *scratch);
/* What an argument is, for "got …": a literal as written, else its kind. */
const char *zpl_say_value(const struct zpl_value *value, struct zpl_arena *scratch);
const char *zpl_say_literal(const struct zpl_literal *literal, struct zpl_arena *scratch);
/* The name of a node while the program is being built. */
const char *zpl_say_node(const struct zpl_node *node);
/* Where item `name` of a list argument stands, else the whole argument. */
struct zpl_span zpl_item_span(const struct zpl_call_argument *argument, const char *name);

#endif
