/* parts.h - is a model judged by rows that it was trained on?
 * Tables carry the rows they are made of: those of a source, the part that a step with disjoint
 * outputs (split, kfold) made of them, and that some were left out.  Two tables are told to share rows
 * when they have a part in common, or when one is made of rows of which the other leaves none out;
 * never when both leave out some by themselves, and never when a split parts them.
 * Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_PARTS_H
#define ZPL_CHECK_PARTS_H

#include "lang/check/call.h"

/* Tells each table of an evaluating node that holds rows its model was trained on (LEAK);
 * returns how many.  `allow = { leak = { "test" } }` waives it by argument. */
size_t zpl_check_parts(struct zpl_checker *checker, const struct zpl_call *call,
                       const struct zpl_node *node);

/* leak.c: does `allow = { leak = { … } }` of the node name it?  One name alone may stand without
 * braces. */
bool zpl_leak_allowed(const struct zpl_node *node, const char *name);

#endif
