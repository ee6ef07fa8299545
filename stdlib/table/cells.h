/* cells.h - tables cell by cell, for bodies that are no SQL and no kernel.
 * A cell is a literal: Bool BOOL, Int INT, Float FLOAT, String Enum Json Bytes STRING, Date STRING
 * "2024-06-01", Timestamp INT (microseconds since 1970, UTC), List LIST, Tensor LIST of
 * its elements, row by row, null NULL.
 * Owns: a reader or writer owns what it reads or gathers, until its _release.
 * Errors: told in the diagnostics.   Limits: ZPL_BODY_ROWS_MAX rows.   Floor: stdlib. */
#ifndef ZPL_TABLE_CELLS_H
#define ZPL_TABLE_CELLS_H

#include "stdlib/table/scan.h"

struct zpl_cells_reader; /* opaque */

/* Reads the columns of the scan; STEP_LIMIT for a table of too many rows. */
enum zpl_err zpl_cells_reader_new(struct zpl_duck *duck, const struct zpl_scan *scan, int64_t rows,
                                  struct zpl_cells_reader **out, struct zpl_diags *diags);
void zpl_cells_reader_release(struct zpl_cells_reader *reader); /* NULL is fine */
const char *const *zpl_cells_reader_columns(const struct zpl_cells_reader *reader, size_t *count);
/* The cell of row `row` (from 0), in any order but fast column by column, row by row.  Texts and
 * items are the reader's until the next call. */
bool zpl_cells_reader_get(struct zpl_cells_reader *reader, size_t column, int64_t row,
                          struct zpl_literal *out, struct zpl_diags *diags);

struct zpl_cells_writer; /* opaque */

/* Gathers `rows` rows of the declared columns, all cells null. */
enum zpl_err zpl_cells_writer_new(struct zpl_duck *duck, const struct zpl_row *row, int64_t rows,
                                  struct zpl_cells_writer **out, struct zpl_diags *diags);
void zpl_cells_writer_release(struct zpl_cells_writer *writer); /* NULL is fine */
/* Sets a cell, once; false (told) when the literal is none of the column's type. */
bool zpl_cells_writer_set(struct zpl_cells_writer *writer, size_t column, int64_t row,
                          const struct zpl_literal *value, struct zpl_diags *diags);
enum zpl_err zpl_cells_writer_write(struct zpl_cells_writer *writer, const char *path,
                                    struct zpl_diags *diags);

#endif
