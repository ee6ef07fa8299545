/* reproduce.h - a recorded run done again from what it recorded, its outputs held to the recorded bytes.
 * Its graph with its params is read back, and each step gets as inputs what it got then, from the store: so
 * a step that is not deterministic is named itself, and not all that come after it.  Conditions, choices
 * and the items of maps follow from recorded values, so they are those of the run.
 * Promise: what is made goes to scratch and is removed; no run, step or artifact is added or replaced.
 * Effects are not done again.  Steps take slots of the limits that runs share.  Bytes that gc takes
 * meanwhile are told as gone.
 * Owns: the answer is the caller's.
 * Errors: ZPL_ERR_USAGE for a run that goes on (told), ZPL_ERR_INTERRUPTED, those of the stores and of a
 * recorded graph that this zpl can't read; what is wrong with a step is part of the answer.
 * Limits: ZPL_REPRODUCE_LOOKS_MAX, ZPL_REPRODUCE_LOOK_BYTES.   Floor: vm. */
#ifndef ZPL_VM_REPRODUCE_REPRODUCE_H
#define ZPL_VM_REPRODUCE_REPRODUCE_H

#include "vm/run/run.h"
#include "vm/run/run_record.h"

struct zpl_reproduce_options {
    const struct zpl_run_row *run;
    const struct zpl_run_record *record;
    const volatile sig_atomic_t *interrupted;
    struct zpl_run_observer
        observer; /* of `changed` only that a step runs, and that it does no more */
    /* A step of the answer, as soon as it is known; NULL: nobody wants it.  `self` is the observer's. */
    void (*told)(void *self, const struct zpl_json *step);
};

/* { version, run, pipeline, file, reproduced, duration_ms, steps: [{ name, status, why, duration_ms,
 *   code: [TEXT], sources: [{ path, digests: [THEN, NOW] }], outputs: [OUTPUT], items }] }
 * OUTPUT = { name, same, type, rows, bytes, digests: [THEN, NOW], columns: { added, removed, changed:
 *   [NAME] }, fields: [{ name, values, difference }], first: { row, values: [{ name, values }] } }
 * `status` is
 *   same, differs   it was done again, with the same bytes or others; what was read under a name is the same
 *                   while its bytes are there, whatever stands under the name now
 *   failed          it was done again and failed
 *   impossible      it can't be done again: what it read is gone or changed, or this zpl reads the record
 *                   otherwise; `why` says it, `sources` names changed files
 *   effect          it changes what is outside of the store, and is not done again
 *   skipped         as in the run
 *   undone          it came to no good end in the run, so there is nothing to compare
 * `code` says what of zpl's own code, formats and engines is other than it was.  `reproduced`: no step
 * differs, failed or is impossible.  Steps of the items of a map are counted by status in `items` of their
 * step, and those that are neither same nor skipped follow it, with its name in `of`. */
enum zpl_err zpl_reproduce(struct zpl_session *session, const struct zpl_reproduce_options *options,
                           struct zpl_json **out);

#endif
