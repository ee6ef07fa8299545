/* slurm_talk.h - what is said to Slurm's commands, and what they answer.
 * A batch is one sbatch: a job, or an array of them.  Its name is made of its number, so it is found
 * again in the queue although the answer of sbatch was lost; a task is one (batch, index).
 * Owns: command lines are in the caller's arena.   Errors: NULL when memory is out.   Floor: stack. */
#ifndef ZPL_STACK_SLURM_TALK_H
#define ZPL_STACK_SLURM_TALK_H

#include "stack/stack.h"

/* What became of a job, as far as it matters here. */
enum zpl_slurm_state {
    ZPL_SLURM_WAITS,
    ZPL_SLURM_RUNS,
    ZPL_SLURM_COMPLETED,
    ZPL_SLURM_FAILED,
    ZPL_SLURM_CANCELLED,
    ZPL_SLURM_TIMEOUT,
    ZPL_SLURM_MEMORY,
    ZPL_SLURM_NODE_FAILED,
    ZPL_SLURM_PREEMPTED,
    ZPL_SLURM_GONE /* Slurm knows nothing of it any more */
};
/* By Slurm's own word; one it does not know counts as running. */
enum zpl_slurm_state zpl_slurm_state_of(const char *word);
bool zpl_slurm_state_is_end(enum zpl_slurm_state state);
/* Does a job that waits for this reason ask for what the cluster does not give? */
bool zpl_slurm_is_hopeless(const char *reason);

struct zpl_slurm_options {
    const char *partition, *account; /* NULL: Slurm's default */
    const char *time;                /* of steps without a timeout: "4h", or as sbatch takes it */
};
struct zpl_slurm_batch {
    uint64_t number;
    const char *script; /* path of zpl_slurm_script */
    const char *program;
    const char *const *folders; /* one a task */
    size_t count;
    struct zpl_task_needs needs;
};
/* The text of the script, the same for every task: what it runs are its arguments. */
extern const char zpl_slurm_script[];

/* sbatch; it answers with the job's number alone. */
const char *const *zpl_slurm_submit(const struct zpl_slurm_batch *batch,
                                    const struct zpl_slurm_options *options,
                                    struct zpl_arena *arena);
/* squeue for these batches. */
const char *const *zpl_slurm_ask(const uint64_t *batches, size_t count, struct zpl_arena *arena);
/* scancel for jobs by number, "12" or "12_3". */
const char *const *zpl_slurm_cancel(const char *const *ids, size_t count, struct zpl_arena *arena);

/* One line of what squeue answers. */
struct zpl_slurm_row {
    uint64_t batch;
    uint32_t index;
    char id[32];
    char node[64];   /* "" before it runs */
    char reason[64]; /* why it waits, Slurm's word; "None" when it does not */
    enum zpl_slurm_state state;
};
bool zpl_slurm_read_row(const char *line, size_t len, struct zpl_slurm_row *row);

#endif
