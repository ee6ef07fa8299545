/* python_host.h - the process of Python that a worker keeps: it has imported the packages that steps of one kin use, and
 * forks a process of its own for each call, one ahead.  What one call leaves behind, in memory or as processes,
 * is gone before the next begins (docs/python.md, "host").
 * Promise: only packages are imported in it, nothing of the project; a call is confined by its fence before it
 * looks at the project; how it ends is told as of a process that was started for it alone.
 * Owns: the process, as long as this one lives.   Floor: stdlib. */
#ifndef ZPL_STDLIB_PYTHON_HOST_H
#define ZPL_STDLIB_PYTHON_HOST_H

#include "stdlib/body/process.h"

/* A call: `process` is what zpl_process_run() would be given for it.  Words, environment, `folder` and `body` are
 * of use where there is no host yet, and are those of the first call ever after. */
struct zpl_python_host_call {
    struct zpl_process *process;
    const struct zpl_json
        *first;      /* the message that a new host is given; one that stands, its `models` */
    const char *tmp; /* TMPDIR of a new one */
    int group_fence, fence; /* of the host and of the call, or 0 */
};
/* Makes the call, to the end of its process.  Non-zero after telling: the host could not be started.  A host that
 * ended is as a call that did, and does not stand any more. */
int zpl_python_host_call(const struct zpl_python_host_call *call);

/* Is there one, which can take another call? */
bool zpl_python_host_stands(void);

#endif
