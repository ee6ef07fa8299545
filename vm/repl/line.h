/* line.h - lines from a person or from a pipe.  The one owner of libedit.
 * Promise: on a terminal a line can be edited, with a history that outlives the session and words that
 * Tab completes; elsewhere lines are only read.  Ctrl-C gives the line up.
 * Owns: the editor and its history, until zpl_lines_close().
 * Errors: a history that can't be read or written is silently none.
 * Limits: ZPL_HISTORY_LINES, ZPL_HISTORY_LINE; ZPL_SOURCE_BYTES_MAX for a line.   Floor: vm. */
#ifndef ZPL_VM_REPL_LINE_H
#define ZPL_VM_REPL_LINE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"

#define ZPL_HISTORY_LINES 1000
#define ZPL_HISTORY_LINE  1000 /* bytes; longer ones are not remembered */

enum zpl_line_end {
    ZPL_LINE_READ,
    ZPL_LINE_INTERRUPTED, /* by a signal: there is no line */
    ZPL_LINE_TOO_LONG,    /* and what follows it is not looked at */
    ZPL_LINE_END          /* of the input */
};
enum zpl_lines_kind {
    ZPL_LINES_PIPE,  /* no prompt */
    ZPL_LINES_PLAIN, /* a terminal that can't move its cursor */
    ZPL_LINES_EDITED
};
/* What may stand where the text before the cursor ends; see zpl_repl_complete(). */
struct zpl_completer {
    void *self;
    const char **(*words)(void *self, const char *before, size_t *count, size_t *typed,
                          struct zpl_arena *arena);
};
struct zpl_lines;

/* The history is kept in the file `history` (0600); a signal's handler sets `interrupted`.  NULL: memory
 * is out. */
struct zpl_lines *zpl_lines_open(enum zpl_lines_kind kind, const char *history,
                                 const volatile sig_atomic_t *interrupted,
                                 struct zpl_completer completer);
/* The next line without its end, into `out`, which is cleared. */
enum zpl_line_end zpl_lines_read(struct zpl_lines *lines, const char *prompt, struct zpl_buf *out);
void zpl_lines_close(struct zpl_lines *lines); /* writes the history; NULL is fine */

#endif
