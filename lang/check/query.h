/* query.h - an SQL text on the tables and scalars that it may use.
 * Owns: nothing.   Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_QUERY_H
#define ZPL_CHECK_QUERY_H

#include "lang/check/attempt.h"

struct zpl_query_input {
    const char *name; /* of the table, or of the scalar without its $ */
    const struct zpl_value *value;
    struct zpl_span span;
    const struct zpl_row *row; /* what the query may see of a table; NULL: a scalar */
};
/* A name in scope that is neither: a list, a model, a value of which nothing is known. */
struct zpl_query_other {
    const char *name;
    enum zpl_kind kind;
};
/* A part of the text that was told to be wrong, and what stands in its place when the engine is asked
 * once more. */
struct zpl_query_edit {
    size_t at, length; /* in the program's text */
    size_t put;        /* bytes that replace it */
    const char *word;  /* what was wrong */
    bool empty;        /* by NULL, so what it is for has another name and type */
    bool table;        /* by another table, so columns are others */
};
struct zpl_query {
    struct zpl_checker *checker;
    const struct zpl_call *call;
    struct zpl_diags *diags;
    struct zpl_arena *arena, *scratch;
    const char *sql;              /* as the program has it */
    const char *asked;            /* as the engine is asked: with the edits made */
    struct zpl_query_edit *edits; /* by place */
    size_t edit_count;
    struct zpl_query_input *inputs; /* in the order of the call */
    size_t input_count;
    struct zpl_query_other *others;
    size_t other_count;
    /* What the result comes from, after it was bound; NULL: not known. */
    const struct zpl_column_origin *origins;
    const struct zpl_row_origin *rows;
    size_t rows_count;
    const struct zpl_column_origin *choices;
    const struct zpl_row_key *keys;
    size_t key_count;
};

/* What the engine found unknown. */
enum zpl_query_word {
    ZPL_WORD_COLUMN,
    ZPL_WORD_TABLE,
    ZPL_WORD_FUNCTION,
    ZPL_WORD_PARAM,
    ZPL_WORD_OTHER /* the error is no such one */
};
/* What would go on in the place of a wrong word; `with` NULL: nothing. */
struct zpl_query_fix {
    size_t offset, length; /* in the text that was asked */
    const char *with;
    const char *word;
    bool empty;
};

/* Asks the engine and fills the node's arguments, body and identity.  *row is the result, NULL when
 * nothing is known of it or it was told to be wrong. */
enum zpl_err zpl_query_bind(struct zpl_query *query, struct zpl_node *node,
                            const struct zpl_row **row);
/* query_origin.c: says what the result's columns and rows come from, by the node's arguments.  False when
 * memory is out. */
bool zpl_query_origins(struct zpl_query *query, const struct zpl_bind_answer *answer,
                       const struct zpl_node *node);
/* What the engine is asked; false when memory is out. */
bool zpl_query_request(const struct zpl_query *query, struct zpl_bind_request *request);
/* Where a part of the text that was asked stands in the program; a negative offset means anywhere. */
struct zpl_span zpl_query_place(const struct zpl_query *query, long offset, size_t length);
/* Adds a name in scope to the inputs or the others; false when memory is out. */
bool zpl_query_add(struct zpl_query *query, const struct zpl_query_input *input);

/* query_repeat.c: tells the error and those that the engine finds when wrong names are replaced.
 * False when memory is out. */
bool zpl_query_tell_all(const struct zpl_query *query, const struct zpl_bind_error *error);

/* query_error.c: tells what is wrong with the text; nothing when the text names a table or value of
 * which nothing is known.  *fix says how to go on. */
void zpl_query_tell(const struct zpl_query *query, const struct zpl_bind_error *error,
                    struct zpl_query_fix *fix);
/* Where the word first stands in the text; nowhere (or ""): the text's first word. */
struct zpl_span zpl_query_word_place(const struct zpl_query *query, const char *word);
enum zpl_query_word zpl_query_classify(const struct zpl_query *query,
                                       const struct zpl_bind_error *error);

/* query_hint.c: what to write instead of what stands at the place, from habits of other dialects and
 * tools; scratch text, NULL: no idea. */
const char *zpl_query_hint(const struct zpl_query *query, long offset);
/* What is called so here that other databases have under that name, or NULL. */
const char *zpl_query_function(const char *name);
/* The column whose name needs double quotes and stands there without, or NULL. */
const char *zpl_query_unquoted(const struct zpl_query *query, long offset);

#endif
