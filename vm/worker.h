/* worker.h - what a worker process does: reads tasks, runs them, answers.
 * Promise: it knows stdlib and nothing of stores or graphs; one task at a time; whatever happens to a
 * task short of a crash, it is answered.
 * Errors: those of a task travel in its answer.   Floor: vm. */
#ifndef ZPL_VM_WORKER_H
#define ZPL_VM_WORKER_H

/* The loop of a worker on its socket (see stack/stack.h for the framing); returns the exit code. */
int zpl_worker_loop(int fd);

#endif
