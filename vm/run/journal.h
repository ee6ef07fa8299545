/* journal.h - what a run writes down: its own row, a row for each step that worked, and the words for
 * one that failed.
 * Promise: one transaction holds a step's outputs, inputs, ingredients and log; a failure is told
 * once, at the step's place in the program.
 * Owns: nothing.   Errors: those of the store, told in the session's diagnostics.   Floor: vm. */
#ifndef ZPL_VM_RUN_JOURNAL_H
#define ZPL_VM_RUN_JOURNAL_H

#include "vm/run/log.h"
#include "vm/run/run.h"

/* Writes that the run is going on; sets its number and when it started. */
enum zpl_err zpl_journal_begin(struct zpl_run *run);
/* Writes how it ended (run->status), with the plan as it was carried out; sets when. */
enum zpl_err zpl_journal_end(struct zpl_run *run);
/* Writes the row of a keyed step of the run's plan, or of one of its items'; `log` may be NULL, peak_bytes 0 when unknown. */
enum zpl_err zpl_journal_step(const struct zpl_run *run, struct zpl_plan *plan, uint32_t id,
                              enum zpl_step_status status, const struct zpl_log *log,
                              uint64_t peak_bytes);
/* Tells the first of `details` with the others as notes, or `reason` when there is none, and the end
 * of the log; sets the step's error.  `details` and `log` may be NULL. */
void zpl_journal_failure(struct zpl_plan *plan, uint32_t id, enum zpl_code code, const char *reason,
                         const struct zpl_diags *details, const struct zpl_log *log);

#endif
