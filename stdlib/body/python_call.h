/* python_call.h - one call of a step's function, as a process that is the whole step or as one of a gang.
 * Owns: texts are in the context's arena; JSON is released by who made the call.
 * Errors: functions that tell return non-zero.   Floor: stdlib. */
#ifndef ZPL_STDLIB_PYTHON_CALL_H
#define ZPL_STDLIB_PYTHON_CALL_H

#include "lang/base/json.h"
#include "stdlib/body/process.h"
#include "stdlib/context.h"

#define ZPL_PYTHON_DEFAULTS 9 /* variables that `vars` may set otherwise, and their end */

struct zpl_gang;

/* A call under way. */
struct zpl_python_call {
    struct zpl_context *context;
    const struct zpl_run_task *task;
    struct zpl_json *body;  /* what the step is */
    struct zpl_json *facts; /* of the machine: interpreter, and what the step's key has; or NULL */
    const char *file, *function;
    struct zpl_json *end; /* what the process said last of all: "done" or "error"; or NULL */
    const struct zpl_process *process; /* of a gang, its own */
    uint32_t rank;
    const char *tag; /* "[1] " in front of the lines of a gang's log, else "" */
    const char *who; /* " of rank 1", " of rank 1 on n2" behind the name of the function, else "" */
    const struct zpl_gang *gang; /* that it is one of, or NULL */
};

/* How its process is started; `defaults` has room for ZPL_PYTHON_DEFAULTS.  What could not be made is told by
 * the next. */
struct zpl_process zpl_python_process(struct zpl_python_call *c, const char **defaults);
int zpl_python_check(const struct zpl_python_call *c, const struct zpl_process *process);
/* The message that asks for the call; the caller releases it. */
int zpl_python_call_ask(const struct zpl_python_call *c, struct zpl_buf *message);
/* What it came to, told where that is an error; the way to it is in the log. */
int zpl_python_tell(const struct zpl_python_call *c, const struct zpl_process *process);
void zpl_python_log_trace(const struct zpl_python_call *c);
/* A line for the step's log. */
void zpl_python_log(const struct zpl_python_call *c, const char *line, size_t len);

/* Makes the call in all processes of a gang, `first` being what they have in common; on a machine that is not the first
 * of it in those that are here, and says what comes of them. */
int zpl_python_gang(struct zpl_python_call *first);

#endif
