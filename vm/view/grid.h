/* grid.h - a table of texts for a terminal: columns as wide as what they hold, as many as fit.
 * Promise: no line is wider than the terminal; no control character reaches it.
 * Owns: copies of the texts, until _release.
 * Errors: without memory cells stay empty.   Floor: vm. */
#ifndef ZPL_VM_VIEW_GRID_H
#define ZPL_VM_VIEW_GRID_H

#include <stdbool.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"

struct zpl_grid {
    struct zpl_arena arena;
    const char **cells; /* row after row; the first row is the heads */
    bool *right;        /* of each column: numbers stand right */
    size_t columns, rows, capacity;
};
/* An empty grid of that many columns. */
void zpl_grid_init(struct zpl_grid *grid, size_t columns);
/* Adds the next cell, row by row. */
void zpl_grid_cell(struct zpl_grid *grid, const char *text);
void zpl_grid_right(struct zpl_grid *grid, size_t column);
/* Prints it, each line behind `indent` blanks; `width` 0: no limit.  Cells wider than `most` are cut
 * (the last column's only where there is no room).  Returns how many columns were shown. */
size_t zpl_grid_show(const struct zpl_grid *grid, unsigned indent, unsigned width, unsigned most,
                     bool colour, struct zpl_buf *out);
void zpl_grid_release(struct zpl_grid *grid);

#endif
