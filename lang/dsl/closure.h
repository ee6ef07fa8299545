/* closure.h - a `lua =` body as bytes, and how such bytes are run.
 * Promise: an image is canonical JSON (ZPL_CLOSURE_VERSION) that holds all that the body can reach:
 * the text of its functions without comments and layout, and for every free name the value it had
 * at the end of the evaluation.  Running loads nothing but the image into a fresh, sandboxed Lua
 * state, so nothing that is not in the image can shape the outputs.
 *
 * The body is called with one Lua table that has a field for every input and param:
 *     a table    t: `t.col[i]` is the cell of row i (from 1; nil for a null), `#t` and `#t.col` the
 *                number of rows, `pairs(t)` visits the columns in stored order
 *     a scalar   the plain value; an optional one that was not given is nil
 *     a record, report or list   a Lua table
 * It returns its outputs in declared order.  A table output is a Lua table of columns,
 * `{ col = {…}, … }`, each as long as the longest; a column's length is its field `n` if it has one
 * (`{ 1, nil, n = 2 }`), else its last index.  A column of an input may be returned as it is.
 *
 * Cells and scalars cross as literals:
 *     Bool BOOL   Int INT   Float FLOAT   String, Enum, Json, Bytes STRING   Path PATH
 *     Date STRING "2024-06-01"   Timestamp INT, microseconds since 1970 UTC   List LIST   null NULL
 * An Int for a Float, and a whole Float for an Int, are converted on the way out.
 *
 * Owns: nothing beyond the call; everything given is borrowed, everything delivered is valid during
 * the callback only.
 * Errors: ZPL_ERR_STEP with a STEP_FAILED (the body failed), STEP_OUTPUT (it returned something
 * else) or STEP_LIMIT diagnostic; ZPL_ERR_CORRUPT or _VERSION for an image that is none.
 * Limits: ZPL_BODY_ROWS_MAX, the given memory; time is the worker's business: there is no hook.
 * Threads: one call at a time in a thread; no state is kept.   Floor: lang/dsl. */
#ifndef ZPL_DSL_CLOSURE_H
#define ZPL_DSL_CLOSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/base/digest.h"
#include "lang/types/type.h"

/* A table the body reads.  Columns are asked for when the body first touches them, each once, its
 * rows in order. */
struct zpl_lua_table {
    void *self;
    const char *const *columns;
    size_t column_count;
    int64_t rows; /* at most ZPL_BODY_ROWS_MAX */
    /* Fills *out with the cell of row `row` (from 0); its texts stay valid until the next call.
     * false ends the body with ZPL_ERR_STEP; the callback has told why in the diagnostics. */
    bool (*cell)(void *self, int64_t row, size_t column, struct zpl_literal *out);
};
struct zpl_lua_input {
    const char *name;
    const struct zpl_literal *literal; /* a scalar, list or record; NULL when `table` is set */
    const struct zpl_lua_table *table;
};
/* Where an output goes.  false from a callback ends the call with ZPL_ERR_STEP (it has told why).
 */
struct zpl_lua_output {
    const char *name;
    const struct zpl_type *type; /* TABLE: its row names the columns, in order */
    void *self;
    /* TABLE: `begin` once, then `cell` for every row of column 0, then of column 1 … */
    bool (*begin)(void *self, int64_t rows);
    bool (*cell)(void *self, size_t column, int64_t row, const struct zpl_literal *value);
    /* anything else: once, the whole value; a Report is a RECORD in the order of its type */
    bool (*value)(void *self, const struct zpl_literal *value);
};
struct zpl_closure_call {
    const char *image;
    size_t image_len;
    const char
        *places; /* NULL, or of each function of the image as JSON: the file, the line of every
                           line of its text, the names of its variables; for the words of an error */
    const struct zpl_lua_input *inputs;
    size_t input_count;
    const struct zpl_lua_output *outputs;
    size_t output_count;
    uint64_t memory_bytes; /* of the Lua state; 0: ZPL_LUA_BYTES_MAX */
};

enum zpl_err zpl_closure_run(const struct zpl_closure_call *call, struct zpl_diags *diags);

/* SHA-256 of the image: two bodies that mean the same have the same. */
struct zpl_digest zpl_closure_identity(const char *image, size_t len);

#endif
