/* crossing.h - how what a step is given and makes crosses to a program of the user's and back: tables as
 * files in the step's scratch folder, values as JSON, everything else as it is stored.
 * Owns: files are in scratch, texts in the context's arena.
 * Errors: functions tell and return NULL or non-zero.   Floor: stdlib. */
#ifndef ZPL_STDLIB_CROSSING_H
#define ZPL_STDLIB_CROSSING_H

#include "lang/base/json.h"
#include "stdlib/context.h"

/* Formats in which a table crosses. */
enum zpl_crossing { ZPL_CROSSING_PARQUET, ZPL_CROSSING_CSV };

/* The program's TMPDIR in scratch; no input or output has such a name.  NULL: memory is out. */
const char *zpl_crossing_tmp(struct zpl_context *context);
/* The database session may use the files of tables that cross beside the task's own; before its first use.
 * False: memory is out. */
bool zpl_crossing_allow(struct zpl_context *context);
/* The file in which a table goes in, made at the first call: the columns that the step may see and no
 * others. */
const char *zpl_crossing_table(struct zpl_context *context, const struct zpl_run_input *input,
                               enum zpl_crossing format);
/* Where the program writes a table. */
const char *zpl_crossing_output(struct zpl_context *context, const struct zpl_run_output *output,
                                enum zpl_crossing format);
/* Takes all outputs that the program wrote, but of values those that it told ({NAME: JSON}; NULL: none). */
int zpl_crossing_take(struct zpl_context *context, const struct zpl_json *told);

#endif
