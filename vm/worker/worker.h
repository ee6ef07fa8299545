/* worker.h - what a worker process does: reads tasks, runs them, answers.
 * Promise: it knows stdlib and nothing of stores or graphs; one task at a time; whatever happens to a
 * task short of a crash, it is answered.
 * Errors: those of a task travel in its answer.   Floor: vm. */
#ifndef ZPL_VM_WORKER_WORKER_H
#define ZPL_VM_WORKER_WORKER_H

/* Sets libraries up that every task uses: called before the zygote is forked, so that no worker does it
 * again.  Opens nothing that stays open. */
void zpl_worker_prepare(void);
/* What workers for tables begin with: see zpl_worker_ready in stack/stack.h. */
void zpl_worker_ready_tables(void);
/* The loop of a worker on its socket (see stack/stack.h for the framing); returns the exit code. */
int zpl_worker_loop(int fd);

#endif
