/* preview.h - what a stored artifact holds, for people: the figures of a table's columns and its first
 * rows, the insides of a model; and a table in another format.  Called in a worker process.
 * Promise: nothing here is part of a step, so no key depends on it; the artifact is only read.
 * Owns: the answer is the caller's JSON.
 * Errors: ZPL_ERR_STEP when the bytes are not what the type says, others when the engine could not be
 * opened; each told.
 * Limits: ZPL_PREVIEW_COLUMNS_MAX, ZPL_PREVIEW_ROWS_MAX, ZPL_PREVIEW_CELL_MAX, ZPL_PREVIEW_FIGURES_MS.
 * Floor: stdlib. */
#ifndef ZPL_STDLIB_PREVIEW_H
#define ZPL_STDLIB_PREVIEW_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/json.h"
#include "lang/types/type.h"

struct zpl_preview_request {
    const char *type; /* text */
    const char *path; /* of the stored bytes */
    int64_t rows;     /* of a table; -1: none */
    int64_t head;     /* first rows to give */
};

/* Of a table
 *   { kind: "table", rows, column_count, figure_count, columns: [{ name, type, nulls, distinct, exact,
 *     nan, min, max, mean, top: [{ value, count }] }], head: [[cell, …], …] }
 * columns and head hold the first ZPL_PREVIEW_COLUMNS_MAX columns, and the first figure_count of these
 * have figures: as many as could be made in time.  `exact`: distinct is counted, else estimated; min and
 * max of lists are lengths, and of Tensors those of their elements; mean is of numbers, which leave not-a-number out.
 * Of an XGBoost model
 *   { kind: "model", framework, label, label_type, classes, rounds, trees, features: [{ name, gain,
 *     splits }] }
 * by falling gain.  Of an ONNX model
 *   { kind: "onnx", framework, bytes, label, label_type, classes, output, means, producer, opsets: [{
 *     domain, version }], inputs: [{ name, type }], outputs: [{ name, type }], nodes, operators: [{
 *     name, count }] }
 * by falling count, the first 30; without what zpl recorded of it, where that is not there.  Of a Tensor
 *   { kind: "tensor", dtype, shape: [n, …], nan, min, max, mean, corners: [[x, …], …] }
 * corners are the first and last three elements of the first and last three rows, all dimensions but the last being
 * rows together, with null where others are left out; min, max and mean are of those that are numbers.  Cells are numbers, truth values, texts or null; what is longer than
 * ZPL_PREVIEW_CELL_MAX characters ends in "…". */
enum zpl_err zpl_preview_table(const struct zpl_preview_request *request,
                               const struct zpl_type *type, struct zpl_json **out,
                               struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_preview_model(const struct zpl_preview_request *request, struct zpl_json **out,
                               struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_preview_tensor(const struct zpl_preview_request *request, struct zpl_json **out,
                                struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_preview_onnx(const struct zpl_preview_request *request, struct zpl_json **out,
                              struct zpl_arena *arena, struct zpl_diags *diags);
/* One of them, by the type; ZPL_ERR_USAGE, silently, for a type that needs no engine to be looked at. */
enum zpl_err zpl_preview(const struct zpl_preview_request *request, struct zpl_json **out,
                         struct zpl_arena *arena, struct zpl_diags *diags);

struct zpl_export_request {
    const char *type; /* text, of a Table */
    const char *path; /* of its stored bytes */
    const char *to;   /* a file that is not there yet */
    const char
        *format; /* "csv", "json" (an array of records), "jsonl" (a record a line), "parquet" */
};
/* Writes the table.  CSV has a header, commas and quotes where needed, null is an empty cell; in JSON
 * not-a-number and infinity are null.  A Tensor is a list of its elements. */
enum zpl_err zpl_export_table(const struct zpl_export_request *request, struct zpl_arena *arena,
                              struct zpl_diags *diags);

#endif
