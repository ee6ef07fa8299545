/* slurm.h - the driver's side of a Slurm cluster: the tasks it follows and its talk with Slurm.
 * Only slurm.c and slurm_queue.c look inside.   Floor: stack. */
#ifndef ZPL_STACK_SLURM_H
#define ZPL_STACK_SLURM_H

#include "stack/orchestrator/command.h"
#include "stack/orchestrator/slurm_job.h"
#include "stack/orchestrator/slurm_talk.h"

/* A task that an earlier driver left; stamp 0: it was asked for. */
struct zpl_slurm_orphan {
    uint64_t stamp;
    struct zpl_digest key;
    uint64_t batch;
    uint32_t index;
    bool queued; /* Slurm knows its job: `row` */
    struct zpl_slurm_row row;
};
struct zpl_slurm {
    char spool[ZPL_PATH_MAX], script[ZPL_PATH_MAX], program[ZPL_PATH_MAX];
    struct zpl_slurm_options options; /* borrowed */
    int owners;                       /* a lock for each folder of `spool`, or -1 */
    uint32_t slots, running, turn;    /* turn: who is asked first */
    uint64_t last_task;
    struct zpl_slurm_job *shown; /* whose bytes the last event showed */
    struct zpl_slurm_orphan *orphans;
    size_t orphan_count;
    /* One command of a kind at a time. */
    struct zpl_command_run send, ask, stop;
    size_t sent_count; /* tasks of the batch that `send` has, also those given up since */
    int64_t ask_due_ns;
    uint64_t answers;        /* of squeue */
    struct zpl_buf cancels;  /* numbers of jobs to cancel, each ended by a NUL */
    int64_t silent_since_ns; /* the controller does not answer; 0: it does */
    bool outage_told;        /* to those that wait */
    char trouble[200];       /* what the command that failed last said */
    struct zpl_arena arena;
    struct zpl_slurm_job jobs[];
};

/* Everything that is due: takes in answers, submits what is queued, asks, cancels. */
void zpl_slurm_talk(struct zpl_slurm *slurm);
/* What to wait for, up to six entries. */
size_t zpl_slurm_fds(const struct zpl_slurm *slurm, struct pollfd *fds);
/* Asks and waits for the answer.  NOT_FOUND: there is no such command; UNREACHABLE: it says why in
 * words[size] (neither told). */
enum zpl_err zpl_slurm_ask_now(struct zpl_slurm *slurm, char *words, size_t size,
                               struct zpl_diags *diags);
/* Has its job cancelled, once its number is known. */
void zpl_slurm_give_up(struct zpl_slurm *slurm, const struct zpl_slurm_job *job);
bool zpl_slurm_is_cancelling(const struct zpl_slurm *slurm);

#endif
