/* leak.h - is a model about to learn from what is known only afterwards?
 * Promise: a feature that is itself a hindsight column, passed through or renamed on the way, is an
 * error (LEAK) that shows the chain; `allow = { leak = { "name" } }` waives it by feature.
 * Floor: lang/check. */
#ifndef ZPL_CHECK_LEAK_H
#define ZPL_CHECK_LEAK_H

#include "lang/check/call.h"

/* Looks at a node that trains (an output is a Model) and tells what leaks; any other node is fine.
 * Called by whoever made the call, after zpl_check_call() and after node->allow was set. */
enum zpl_err zpl_check_leak(struct zpl_checker *checker, const struct zpl_call *call, uint32_t id);

#endif
