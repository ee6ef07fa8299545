/* slurm_job.h - one task on its way through Slurm: its folder, its job, what it says.
 * What a task came to is read from its folder; what Slurm says of the job decides only when the
 * folder does not, so a controller that does not answer stops nothing that runs.
 * Owns: a descriptor, a buffer and the lock of its folder, from _place to _remove.   Floor: stack. */
#ifndef ZPL_STACK_SLURM_JOB_H
#define ZPL_STACK_SLURM_JOB_H

#include "lang/base/limits.h"
#include "stack/orchestrator/slurm_talk.h"
#include "stack/orchestrator/spool.h"

enum zpl_slurm_phase {
    ZPL_SLURM_FREE,
    ZPL_SLURM_PLACED,  /* it has a folder */
    ZPL_SLURM_QUEUED,  /* to be submitted at retry_ns */
    ZPL_SLURM_SENDING, /* part of the batch that sbatch has */
    ZPL_SLURM_UNSURE,  /* sbatch failed: Slurm may or may not have it */
    ZPL_SLURM_SENT     /* Slurm has it */
};
struct zpl_slurm_job {
    enum zpl_slurm_phase phase;
    uint64_t task;
    uint64_t stamp; /* names its folder */
    char folder[ZPL_PATH_MAX];
    struct zpl_spool_about about; /* batch 0: never submitted */
    struct zpl_task_needs needs;
    /* Slurm's side */
    char id[32];
    char node[64];
    enum zpl_slurm_state state;
    int64_t sent_ns, over_ns; /* when it was submitted; when its job was found to be over, 0: not */
    uint64_t seen;            /* the last answer of squeue that had it, */
    int64_t seen_ns;          /* and when that was */
    uint32_t missing, refused; /* answers without it; times that sbatch said no */
    uint32_t hopeless;         /* answers that it asks for what there is not */
    bool waits_told;
    int64_t retry_ns;
    bool adopted; /* a job of an earlier driver */
    /* its own side */
    int events;
    struct zpl_buf in; /* of `events`, what was not told yet */
    size_t told;       /* bytes of it that the last event showed */
    bool begun, cancelled;
    bool garbled;  /* what it says can't be understood */
    bool answered; /* `last` is how it ended */
    struct zpl_event last;
    int64_t answered_ns, cancelled_ns;
    char words[512]; /* of our own for its log, to be told next */
    bool words_told;
    bool explained; /* what its job wrote instead of events was told */
};

/* A new folder in `spool`, its lock (in `owners`) taken. */
enum zpl_err zpl_slurm_job_place(struct zpl_slurm_job *job, const char *spool, int owners,
                                 const struct zpl_digest *key, struct zpl_diags *diags);
/* The folder that an earlier driver left, if it is free and its task goes on or has an answer. */
bool zpl_slurm_job_adopt(struct zpl_slurm_job *job, const char *spool, int owners, uint64_t stamp,
                         const struct zpl_slurm_row *row /* NULL: not in the queue */);
/* Removes the folder and gives the lock back. */
void zpl_slurm_job_remove(struct zpl_slurm_job *job, int owners);

/* The bytes that the last event showed are not needed any more. */
void zpl_slurm_job_forget(struct zpl_slurm_job *job);
/* What is to be told of it next; false: nothing now.  After an event of an end the job is PLACED. */
bool zpl_slurm_job_next(struct zpl_slurm_job *job, struct zpl_event *event);
/* Nobody wants it done. */
void zpl_slurm_job_cancel(struct zpl_slurm_job *job);
/* Ends it before it ran, in these words. */
void zpl_slurm_job_refuse(struct zpl_slurm_job *job, const char *words);
/* Takes in what squeue says of it. */
void zpl_slurm_job_see(struct zpl_slurm_job *job, const struct zpl_slurm_row *row, uint64_t answer);
/* An answer of squeue does not have it. */
void zpl_slurm_job_miss(struct zpl_slurm_job *job);

#endif
