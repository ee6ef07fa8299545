/* parts.h - is a model judged by rows that it, or what its features are computed with, has seen?
 * Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_PARTS_H
#define ZPL_CHECK_PARTS_H

#include "lang/check/call.h"
#include "lang/check/rows.h"

/* Tells each table of an evaluating node that holds rows its model was trained on (LEAK), or features
 * computed with what was fitted on its rows; returns how many.  `allow = { leak = { "test" } }` waives
 * the first by argument, the second by feature. */
size_t zpl_check_parts(struct zpl_checker *checker, const struct zpl_call *call,
                       const struct zpl_node *node);

/* A model, and the table that it is judged by. */
struct zpl_judging {
    struct zpl_checker *checker;
    const struct zpl_call *call;
    const struct zpl_node *node;
    struct zpl_rows *rows;
    const struct zpl_argument *model, *test;
    const struct zpl_rowset *judged; /* the rows of the table */
};

/* fitted.c: tells features of the table that are computed with what was fitted on its own rows: a
 * statistic over all rows, another model, a value that a step computed.  Returns how many errors. */
size_t zpl_check_fitted(const struct zpl_judging *judging);

/* "'train' of step 'split'" */
const char *zpl_say_table(const struct zpl_rows *rows, const struct zpl_value *value);
/* The step that trained a model, NULL: it is not known; *table is what it learnt from. */
const struct zpl_node *zpl_find_training(const struct zpl_rows *rows, const struct zpl_value *model,
                                         const struct zpl_argument **table);

/* leak.c: does `allow = { leak = { … } }` of the node name it?  One name alone may stand without
 * braces. */
bool zpl_leak_allowed(const struct zpl_node *node, const char *name);

#endif
