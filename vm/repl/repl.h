/* repl.h - a session: cells that were entered, each checked with those before it as one program, and
 * values that are computed when they are shown.
 * Promise: nothing is kept but texts: the program is evaluated in a fresh state for every cell, and what
 * steps make is in the store that `zpl run` uses.  A mistake, a failed step and a signal end no session.
 * Owns: the project's session and the cells, until zpl_repl_release().
 * Errors: told on standard error; `failed` remembers that there was one.   Floor: vm. */
#ifndef ZPL_VM_REPL_REPL_H
#define ZPL_VM_REPL_REPL_H

#include <stdio.h>
#include "vm/cli/cli.h"
#include "vm/repl/cells.h"
#include "vm/run/run.h"

/* What the program of a session without a file is called. */
#define ZPL_REPL_NAME "repl"

#define ZPL_REPL_SEEN_MAX 16
/* What was found inside of an artifact, which never changes. */
struct zpl_repl_seen {
    struct zpl_digest key;    /* of its bytes and its type */
    struct zpl_json *preview; /* NULL: nothing yet */
};

struct zpl_repl {
    struct zpl_cli *cli;
    struct zpl_session session;
    struct zpl_cells cells;
    /* Of an expression `base.field` that was compiled last; NULL: it is none. */
    const struct zpl_value *base;
    struct zpl_repl_seen seen[ZPL_REPL_SEEN_MAX]; /* the last ones, round and round */
    unsigned seen_next;
    bool interactive; /* a person sits there: a signal stops a step, steps are seen as they run */
    bool failed;      /* some cell, or command */
};

/* Opens the project of the file, or of the working directory when it is NULL, and checks the file. */
enum zpl_err zpl_repl_open(struct zpl_repl *repl, struct zpl_cli *cli, const char *file);
void zpl_repl_release(struct zpl_repl *repl);

/* ---- cells (repl.c) ---- */

/* Checks a cell with those before it, keeps it if it is right, and shows what it says; takes it. */
void zpl_repl_enter_take(struct zpl_repl *repl, struct zpl_cell *cell);
/* Checks an expression and tells its type, or (`columns`) one column a line; computes nothing; takes it. */
void zpl_repl_look_take(struct zpl_repl *repl, struct zpl_cell *cell, bool columns);
/* Compiles the cells and `cell` (may be NULL) as one program into session.program, with what it returns;
 * its mistakes have their places in cells.  Prints nothing. */
enum zpl_err zpl_repl_compile(struct zpl_repl *repl, const bool *left_out,
                              const struct zpl_cell *cell);
/* Prints an error without a place. */
void zpl_repl_tell(struct zpl_repl *repl, enum zpl_code code, const char *help, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
/* Prints what was told, of warnings only those about `cell`; forgets it. */
void zpl_repl_tell_all(struct zpl_repl *repl, const struct zpl_cell *cell);

/* ---- computing (compute.c) ---- */

/* Sees to it that the units of `only` (schedule.h) and what they need are done; the plan in `out` then
 * has what they made.  It is a run only if something is left to do. */
enum zpl_err zpl_repl_compute(struct zpl_repl *repl, const bool *only, struct zpl_run *out);

/* ---- values (show.c) ---- */

/* The type of a returned value with its columns, or the value itself when it is known. */
void zpl_repl_show_type(const struct zpl_repl *repl, const char *label,
                        const struct zpl_returned *returned, bool named, struct zpl_buf *out);
/* Every column of it, one a line; false: it has none. */
bool zpl_repl_show_columns(const struct zpl_type *type, struct zpl_buf *out);
/* A value of a plan that was carried out; without a label also what is inside. */
void zpl_repl_show_value(struct zpl_repl *repl, const struct zpl_plan *plan,
                         const struct zpl_value *value, const char *label, struct zpl_buf *out);
/* What is in the store as an output of a step, in lines: its size, and if asked for what is inside, or in
 * one column of it (NULL: all). */
void zpl_repl_show_output(struct zpl_repl *repl, const struct zpl_output_row *row,
                          const char *column, bool inside, struct zpl_buf *out);
/* How a step ended, and why; ends the line. */
void zpl_repl_show_step(const struct zpl_plan *plan, uint32_t node, struct zpl_buf *out);

/* ---- commands (command.c) ---- */

/* Does the line begin with a colon and a letter, or is it exit, quit, help or ?, none of them a name of the
 * session? */
bool zpl_repl_is_command(const struct zpl_repl *repl, const char *line);
/* Carries out a line that does; false: the session is to end. */
bool zpl_repl_command(struct zpl_repl *repl, const char *line);

/* ---- words to go on with (complete.c) ---- */

/* What may stand where the text before the cursor ends, sorted, in the arena; *typed tells how many bytes
 * of it are there already. */
const char **zpl_repl_complete(struct zpl_repl *repl, const char *before, size_t *count,
                               size_t *typed, struct zpl_arena *arena);

#endif
