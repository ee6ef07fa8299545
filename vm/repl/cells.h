/* cells.h - the cells of a session in order, and the one program that they are.
 * Promise: the program is nothing but the texts of the cells one after the other, so that it can be
 * saved and run; every place in it is a place in a cell.
 * Owns: the cells that were added, until zpl_cells_release().
 * Errors: NOMEM.   Floor: vm. */
#ifndef ZPL_VM_REPL_CELLS_H
#define ZPL_VM_REPL_CELLS_H

#include "lang/base/err.h"
#include "lang/lang.h"
#include "vm/repl/cell.h"

struct zpl_cells {
    struct zpl_cell **items;
    size_t count, capacity;
};
/* Bytes of the program that are bytes of a cell. */
struct zpl_cells_piece {
    const struct zpl_cell *cell;
    uint32_t begin, len; /* in the program */
    uint32_t from;       /* in the cell */
};
struct zpl_cells_text {
    struct zpl_buf text;
    struct zpl_cells_piece *pieces; /* in the order of the text */
    size_t count, capacity;
    struct zpl_arena arena;
};

/* Takes the cell over, as the last one; NOMEM: the caller has it still. */
enum zpl_err zpl_cells_add(struct zpl_cells *cells, struct zpl_cell *cell);
void zpl_cells_remove(struct zpl_cells *cells, size_t i);
void zpl_cells_release(struct zpl_cells *cells); /* safe on a zeroed struct */

/* Which cells can go when `cell` comes: all that they declare is declared again later and nothing looks
 * at it before, and what they call is zpl's own; or they are the same call.  One entry a cell. */
enum zpl_err zpl_cells_replaced(const struct zpl_cells *cells, const struct zpl_cell *cell,
                                bool *replaced);

/* Writes the cells that are not `left_out` (NULL: all) as later cells see them. */
void zpl_cells_write(const struct zpl_cells *cells, const bool *left_out,
                     struct zpl_cells_text *out);
/* Adds a cell so that the program returns what it shows: the values of an expression, or of the names
 * that it declares; of `base.field` the base, then the field. */
void zpl_cells_write_last(const struct zpl_cell *cell, struct zpl_cells_text *out);
enum zpl_err zpl_cells_text_error(const struct zpl_cells_text *text);
void zpl_cells_text_release(struct zpl_cells_text *text);

/* The first piece that ends behind the byte of the text; at the end of the text the last one. */
size_t zpl_cells_piece_at(const struct zpl_cells_text *text, uint32_t byte);
/* Makes every place in the program (source 1) of the compiled text a place in a cell. */
enum zpl_err zpl_cells_place(const struct zpl_cells_text *text, struct zpl_program *program);

#endif
