/* run_record.h - a stored run read back: the steps of the plan it kept.
 * Owns: the JSON tree, until _release; texts are borrowed from it.
 * Errors: a plan of another version or none is told.   Floor: vm. */
#ifndef ZPL_VM_RUN_RECORD_H
#define ZPL_VM_RUN_RECORD_H

#include "lang/base/json.h"
#include "vm/session.h"

struct zpl_run_record {
    struct zpl_json *plan; /* NULL: the run left none (it goes on, or was killed) */
    const struct zpl_json *steps;
};
enum zpl_err zpl_run_record_open(const struct zpl_run_row *row, struct zpl_run_record *out,
                                 struct zpl_diags *diags);
void zpl_run_record_release(struct zpl_run_record *record);

/* The step of that name.  `rest` (what was typed after RUN/) may end in "/output": *output is then
 * what follows, else NULL.  NULL: no such step. */
const struct zpl_json *zpl_run_record_step(const struct zpl_run_record *record, const char *rest,
                                           const char **output);
/* Names of all steps, in the arena, for a did-you-mean. */
const char **zpl_run_record_names(const struct zpl_run_record *record, struct zpl_arena *arena,
                                  size_t *count);

#endif
