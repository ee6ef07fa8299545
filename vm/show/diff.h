/* diff.h - two runs side by side, as JSON: what went in, what was done, what came out.
 * Promise: a step is `same` only if its key and every output are; else what differs is named: the
 * ingredients of its key by the words of vm/plan/why.h, the outputs by their bytes, columns and fields.
 * Owns: the answer is the caller's.
 * Errors: those of the store.   Floor: vm. */
#ifndef ZPL_VM_SHOW_DIFF_H
#define ZPL_VM_SHOW_DIFF_H

#include "vm/run/run_record.h"

struct zpl_diff_side {
    const struct zpl_run_row *run;
    struct zpl_run_record *record;
    const struct zpl_json *graph; /* NULL: not known */
};

/* { version, runs: [SIDE, SIDE], params: [{ name, values: [A, B] }], steps: [{ name, change, status,
 *   duration_ms, code, reasons: [TEXT], outputs: [{ name, same, type, rows, bytes, columns: { added,
 *   removed, changed: [{ name, types }] }, fields: [{ name, values: [A, B], difference }] }] }] }
 * SIDE = { run, pipeline, file, status, started_ns, duration_ms, ran, cached, bytes }.  `change` is same,
 * changed, added or removed; pairs [A, B] hold null on the side that has none.  `code` is true when the
 * body or the native code differs.  Only params and columns that differ are listed, but all fields of
 * reports; of a step inside maps the means of the numbers that its items made, by the name "mean auc". */
enum zpl_err zpl_diff(struct zpl_session *session, const struct zpl_diff_side sides[2],
                      struct zpl_json **out, struct zpl_arena *arena);

#endif
