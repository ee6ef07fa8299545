/* command.h - a program of somebody else's, run beside the driver's own work: arguments without a
 * shell, no input, what it says kept for when it has ended.
 * Promise: nothing here waits but zpl_command_finish(); a program that takes too long is killed.  It
 * leads a process group of its own, so Ctrl-C reaches the driver alone, and it goes on when the
 * driver ends.
 * Owns: the process and two pipes, from _start to _release.
 * Errors: SYSTEM diagnostics for what can't be started.   Limits: ZPL_COMMAND_TEXT_MAX.
 * Floor: stack. */
#ifndef ZPL_STACK_COMMAND_H
#define ZPL_STACK_COMMAND_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "lang/base/buf.h"
#include "lang/base/diag.h"

struct zpl_command_run {
    bool running;
    pid_t pid;
    int ends[2]; /* its standard output and error, or -1 */
    struct zpl_buf out, err;
    int64_t began_ns, deadline_ns; /* monotonic */
    int status;                    /* of waitpid, once it has ended */
    bool late;                     /* it was killed for taking too long */
};

/* Starts argv[0], looked for on the PATH; `argv` ends with NULL and is borrowed.  The struct is
 * zeroed or was released. */
enum zpl_err zpl_command_start(struct zpl_command_run *run, const char *const argv[], int limit_ms,
                               struct zpl_diags *diags);
/* Takes in what it says; true once it has ended (then `running` is false). */
bool zpl_command_poll(struct zpl_command_run *run);
/* Waits for its end. */
void zpl_command_finish(struct zpl_command_run *run);
/* What to wait for: up to two entries; returns how many. */
size_t zpl_command_fds(const struct zpl_command_run *run, struct pollfd *fds);
bool zpl_command_worked(const struct zpl_command_run *run); /* exit code 0 */
/* Why it did not: the last line it wrote to standard error, or how it ended; into out[size]. */
void zpl_command_words(const struct zpl_command_run *run, char *out, size_t size);
/* Lets go of it, also while it runs; safe on a zeroed struct. */
void zpl_command_release(struct zpl_command_run *run);

#endif
