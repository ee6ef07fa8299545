/* run_record.h - a stored run read back: the steps of the plan it kept.
 * Owns: the JSON tree, until _release; texts are borrowed from it.
 * Errors: a plan of another version or none is told.   Floor: vm. */
#ifndef ZPL_VM_RUN_RUN_RECORD_H
#define ZPL_VM_RUN_RUN_RECORD_H

#include "lang/base/json.h"
#include "vm/plan/plan.h"

struct zpl_run_record {
    struct zpl_json *plan; /* NULL: the run left none (it goes on, or was killed) */
    const struct zpl_json *steps;
    struct zpl_json *item; /* what zpl_run_record_item() gave last */
};
enum zpl_err zpl_run_record_open(const struct zpl_run_row *row, struct zpl_run_record *out,
                                 struct zpl_diags *diags);
void zpl_run_record_release(struct zpl_run_record *record);

/* The step of that name.  `rest` (what was typed after RUN/) may end in "/output": *output is then
 * what follows, else NULL.  NULL: no such step. */
const struct zpl_json *zpl_run_record_step(const struct zpl_run_record *record, const char *rest,
                                           const char **output);
/* One item of a step inside a map: "split[17]", "split[17]/train".  It is as a step of the record, with the
 * outputs that its row has.  *step is NULL where no such step is inside a map.  ZPL_ERR_NOT_FOUND, told:
 * the step has no such item, or no item is named. */
enum zpl_err zpl_run_record_item(struct zpl_session *session, int64_t run,
                                 struct zpl_run_record *record, const char *rest,
                                 const struct zpl_json **step, const char **output,
                                 struct zpl_arena *arena);
/* Calls visit for every item of a step inside maps, in order, until one is not ZPL_OK; `name` and `made` are
 * the step's. */
typedef enum zpl_err zpl_run_record_visit(void *self, const struct zpl_json *step, const char *name,
                                          enum zpl_plan_status status);
enum zpl_err zpl_run_record_each(const struct zpl_json *step, const char *name,
                                 const struct zpl_json *made, zpl_run_record_visit *visit,
                                 void *self, struct zpl_arena *arena);
/* The items of a step inside maps, in order, as zpl_run_record_item() has them, `most` of them: adds them to the
 * array. */
enum zpl_err zpl_run_record_items(struct zpl_session *session, int64_t run,
                                  struct zpl_run_record *record, const struct zpl_json *step,
                                  size_t most, struct zpl_json *array, struct zpl_arena *arena);
/* How many items of a step inside maps are in each state; false: nobody knows, or it is in none. */
bool zpl_run_record_counts(const struct zpl_json *step, size_t counts[ZPL_PLAN_STATES]);
/* Names of all steps, in the arena, for a did-you-mean. */
const char **zpl_run_record_names(const struct zpl_run_record *record, struct zpl_arena *arena,
                                  size_t *count);

#endif
