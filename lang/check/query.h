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
struct zpl_query {
    struct zpl_checker *checker;
    const struct zpl_call *call;
    struct zpl_diags *diags;
    struct zpl_arena *arena, *scratch;
    const char *sql;
    struct zpl_query_input *inputs; /* in the order of the call */
    size_t input_count;
    bool unknown; /* a table is not known, so nothing can be said of the query */
};

/* Asks the engine and fills the node's arguments, body and identity.  *row is the result, NULL when
 * nothing is known of it or it was told to be wrong. */
enum zpl_err zpl_query_bind(struct zpl_query *query, struct zpl_node *node,
                            const struct zpl_row **row);
/* Where a part of the text stands in the program; a negative offset means anywhere. */
struct zpl_span zpl_query_place(const struct zpl_query *query, long offset, size_t length);
/* query_error.c: tells what is wrong with the text. */
void zpl_query_tell(const struct zpl_query *query, const struct zpl_bind_error *error);

#endif
