/* leak.h - is a model about to learn from what is known only afterwards?
 * Promise: errors (LEAK) that show the chain are a feature that comes from a hindsight column through
 * any number of steps; one that is computed of all that the label is computed of; and a table to
 * evaluate on that holds rows the model was trained on.  A feature that shares a part with the label is
 * a warning.  A table to evaluate on whose features are computed with what was fitted on its rows is an
 * error too.  `allow = { leak = { "name" } }` waives each by feature, or by argument of evaluate.
 * Floor: lang/check. */
#ifndef ZPL_CHECK_LEAK_H
#define ZPL_CHECK_LEAK_H

#include "lang/check/call.h"

/* Looks at a node that trains (an output is a Model) or evaluates and tells what leaks; any other node is
 * fine.
 * Called by whoever made the call, after zpl_check_call() and after node->allow was set. */
enum zpl_err zpl_check_leak(struct zpl_checker *checker, const struct zpl_call *call, uint32_t id);

#endif
