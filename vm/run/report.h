/* report.h - the JSON shapes that `run --json` and `plan --json` print and that a run keeps.
 * Versioned by ZPL_REPORT_VERSION; documented in docs/json.md.   Floor: vm. */
#ifndef ZPL_VM_RUN_REPORT_H
#define ZPL_VM_RUN_REPORT_H

#include "lang/graph/places_json.h"
#include "vm/plan/outlook.h"
#include "vm/run/run.h"

/* An output: {type, digest, bytes, rows, value}. */
struct zpl_json *zpl_report_output(const struct zpl_output_row *row);
/* {version, pipeline, steps: [{name, file, line, step, kind, kernel, status, key, duration_ms, attempts,
 * why, outputs: {NAME: OUTPUT}, items, error}]}; to be written while the plan is there and as it is. */
struct zpl_json *zpl_report_plan(const struct zpl_plan *plan);
/* What a run keeps: the same without file and line, which are in the places of the run, and with what is nobody's but
 * zpl's own: of each step inside a map `made`, for every item ZPL_REPORT_ITEM_LEN characters, its state and its
 * key, of maps inside maps arrays of these; and `node`, the number in the graph, of a step that does not come
 * right after the one before it. */
#define ZPL_REPORT_ITEM_LEN (1 + ZPL_HEX_SIZE - 1)
struct zpl_json *zpl_report_record(const struct zpl_plan *plan);
/* What was kept, with file and line where `places` (by number in the graph) has them; NULL: a run of an older zpl
 * kept these.  ZPL_ERR_INPUT: there are too few. */
enum zpl_err zpl_report_set_places(const struct zpl_json *record, const struct zpl_place *places,
                                   size_t count, struct zpl_json **out);
/* The same as others see it. */
struct zpl_json *zpl_report_of_record(const struct zpl_json *record);
struct zpl_json *zpl_report_steps_of_record(const struct zpl_json *steps);
/* The state that a character says; PENDING: it did not take part. */
enum zpl_plan_status zpl_report_item_status(char c);
/* The same with what each step took last time, and what the program touches. */
struct zpl_json *zpl_report_outlook(const struct zpl_plan *plan, const struct zpl_outlook *outlook);
/* Makes a plan that of a run. */
void zpl_report_set_run(struct zpl_json *plan, int64_t id, enum zpl_run_status status,
                        int64_t duration_ns);
struct zpl_json *zpl_report_run(const struct zpl_run *run);
const char *zpl_run_status_name(enum zpl_run_status status); /* "done" */

#endif
