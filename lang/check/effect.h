/* effect.h - do two effects undo each other?
 * Promise: an error (BAD_CALL) is a call that deploys under a name under which an earlier one does, where both may
 * happen in one run, and one that does for every item of a map: whichever comes last would have it, and the
 * others would be done again in every run.  Two that each have a `when` are believed to exclude each other.
 * Floor: lang/check. */
#ifndef ZPL_CHECK_EFFECT_H
#define ZPL_CHECK_EFFECT_H

#include "lang/check/call.h"

/* Looks at a node with an effect, any other is fine.  Called by whoever made the call, after node->when and
 * node->map were set. */
enum zpl_err zpl_check_effect(struct zpl_checker *checker, const struct zpl_call *call,
                              uint32_t id);

#endif
