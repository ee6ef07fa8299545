/* events.h - a run as JSON lines for other programs, each written when it happens:
 *   {event: "step", name, status, attempts, duration_ms, why, error}   a step came into another state; of an item
 *                                                           of a map the name says which
 *   {event: "progress", name, fraction, what}               fraction 0 to 1, or null
 *   {event: "log", name, text}                              what a step printed; bytes that are no UTF-8 are replaced
 *   {event: "end", run, status, duration_ms}                the last line
 * Every line has `version` (ZPL_REPORT_VERSION) and `at_ns`, the wall clock.
 * Owns: nothing.   Errors: what can't be written shows in the exit code, as all of standard output.
 * Floor: vm. */
#ifndef ZPL_VM_VIEW_EVENTS_H
#define ZPL_VM_VIEW_EVENTS_H

#include "vm/run/run.h"

/* An observer that prints. */
void zpl_events_init(struct zpl_run_observer *observer);
/* A step of a run that was recalled, as its record has it. */
void zpl_events_step(const struct zpl_json *step);
void zpl_events_end(int64_t run, enum zpl_run_status status, int64_t duration_ns);

#endif
