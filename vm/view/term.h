/* term.h - what the terminal can show.   Floor: vm. */
#ifndef ZPL_VM_VIEW_TERM_H
#define ZPL_VM_VIEW_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/base/buf.h"

/* Colour where it is a terminal, TERM is not dumb and NO_COLOR is not set. */
void zpl_term_init(bool *terminal, bool *colour_out, bool *colour_err, unsigned *width);
/* Columns of standard output now, at least 20; 80 when unknown. */
unsigned zpl_term_width(void);
/* The same as they are, and the lines; 80 and 24 when unknown. */
void zpl_term_size(unsigned *columns, unsigned *lines);
/* Lines that a terminal of that many columns gives a text, each of whose lines has its end; escape
 * sequences of zpl_term_paint() take none. */
unsigned zpl_term_lines(const char *text, unsigned columns);
/* Adds `text` padded with spaces to `width` columns, or cut with "…".  Bytes that are no UTF-8 and
 * characters that would move the cursor are shown as U+FFFD, a line's end and a tab as a space. */
void zpl_term_cell(struct zpl_buf *out, const char *text, unsigned width);
/* Adds text[0..n) as it can be shown in one line, in the same way. */
void zpl_term_text(struct zpl_buf *out, const char *text, size_t n);
/* Columns a text takes. */
unsigned zpl_term_columns(const char *text);

enum zpl_paint { ZPL_PLAIN, ZPL_DIM, ZPL_BOLD, ZPL_GREEN, ZPL_YELLOW, ZPL_RED, ZPL_CYAN };
/* The escape sequence that begins a paint ("" when colour is off); PLAIN ends every other. */
const char *zpl_term_paint(enum zpl_paint paint, bool colour);

#endif
