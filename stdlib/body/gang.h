/* gang.h - programs that are one step together: started, watched and ended together.
 * Promise: when it returns none of them runs.  The first that fails ends all: SIGTERM to their groups, ZPL_GRACE_MS,
 * SIGKILL; so does a SIGTERM to this process.  Which of them is to blame is told apart from those that only lost
 * their connection to it: where the first to fail reads like one of these, another that fails on grounds of its own
 * within ZPL_GANG_SETTLE_MS is blamed.
 * Those on other machines are started and ended there by somebody else, who says what comes of them (gang_word.h), and
 * whom a stream that is shut down asks for the end.  One who falls silent before that, for ZPL_SILENT_MS, ends all;
 * and a lost connection is blamed on nobody before all of them have spoken after it.
 * Owns: its processes, until it returns.   Limits: ZPL_GANG_MAX.   Floor: stdlib. */
#ifndef ZPL_STDLIB_GANG_H
#define ZPL_STDLIB_GANG_H

#include "stdlib/body/process.h"

/* How one of them stands, by how much it says for itself. */
enum zpl_gang_verdict {
    ZPL_GANG_FINE,  /* it runs, or ended well */
    ZPL_GANG_CUT,   /* it failed as one does whose connection to another broke */
    ZPL_GANG_GONE,  /* it ended without a word, as libraries end a program whose connection broke */
    ZPL_GANG_FAILED /* it failed on its own */
};

/* Those of another machine. */
struct zpl_gang_part {
    const char *machine;
    uint32_t first, count;
    int stream; /* closed when it returns */
    bool
        silent; /* set: it had said nothing for some time when all were to end, and was not waited for */
};

struct zpl_gang {
    struct zpl_process *
        processes; /* each as zpl_process_run() takes it; what it prints is told below, not passed on */
    uint32_t count;
    uint32_t here; /* so many of them, the first, are started here */
    struct zpl_gang_part
        *parts; /* the others, in order; these are heard, and have `status` and `tried` */
    size_t part_count;
    uint64_t memory_bytes; /* of each with all that it starts; 0: no limit */
    /* Asked of each, by its `self`, when it said something, and when it has ended. */
    enum zpl_gang_verdict (*verdict)(void *self, bool ended);
    void (*printed)(void *self, const char *line, size_t len); /* a line, without its end */
    /* Set.  Who is to blame, -1: nobody, or it was ended from outside; was it ended for its memory? */
    long blamed;
    bool over_memory, ended;
    const struct zpl_gang_part *lost; /* it fell silent, or said why it is no more: */
    const char *why;                  /* that, in the arena of the processes, or NULL */
};

/* Runs them to the end of all.  Non-zero after telling: not all could be started. */
int zpl_gang_run(struct zpl_gang *gang);

#endif
