/* stack.h - the components of a stack.  An interface is a small struct of functions with a `self`;
 * a flavour is one file that fills it; open.c finds the flavour by name.
 * Errors: every function tells why in `diags`; ZPL_ERR_UNREACHABLE when a component does not answer.
 * Floor: stack. */
#ifndef ZPL_STACK_H
#define ZPL_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "lang/base/digest.h"
#include "lang/base/json.h"
#include "lang/types/literal.h"

/* ---- orchestrator: runs tasks, which are bytes to it ---------------------------------------- */

struct zpl_task_needs {
    double cpu;            /* cores; 0: one */
    uint64_t memory_bytes; /* of one process (RLIMIT_DATA) and of all its descendants together
                              (resident); 0: the default share (local: no limit) */
    uint64_t timeout_ms;   /* 0: none */
    bool fresh;            /* a process of its own, not a warm worker (user code) */
    bool tables;   /* a process that is new has what zpl_zygote_start() was given for them */
    uint64_t kin;  /* a warm worker serves tasks of one kin only, as it keeps what is theirs alone;
                              0: the tasks that need nothing kept */
    uint32_t gpus; /* for each of its workers; local: who starts it has shared them out */
    uint32_t workers; /* that many are given at once or none, each with what is said here; the
                              task runs in the first and starts the others.  0: one */
    /* The task starts them itself, also those on other machines than its own: what is said here is of each of its
     * processes.  Else local gives one worker. */
    bool together;
    const char *place; /* where it writes, if the orchestrator gave that out, else NULL */
};
enum zpl_event_kind {
    ZPL_EVENT_MESSAGE, /* bytes the worker sent while running (log, progress) */
    ZPL_EVENT_DONE,    /* it answered: bytes are the reply */
    ZPL_EVENT_DIED,    /* it ended without an answer: `reason` says how ("signal 11 (SIGSEGV)") */
    ZPL_EVENT_TIMEOUT, /* ended by its time limit */
    ZPL_EVENT_MEMORY,  /* ended by its memory limit */
    ZPL_EVENT_REFUSED, /* it never began: `reason` says why */
    ZPL_EVENT_LOST     /* not its own doing: the machine it ran on failed, or was needed for others;
                          `reason` is a sentence.  Another attempt may well succeed */
};
struct zpl_event {
    enum zpl_event_kind kind;
    uint64_t task;
    bool printed;     /* MESSAGE: text the process printed (stdout, stderr), cut anywhere, for the
                         step's log; else a message its code sent */
    const void *data; /* without the kind byte; valid until the next call of wait */
    size_t len;
    uint64_t peak_bytes; /* resident, of the largest process; 0: unknown (a warm worker's DONE) */
    char reason[96];     /* all but MESSAGE and DONE */
};
struct zpl_orchestrator {
    void *self;
    const char *flavour;
    uint32_t slots; /* tasks it runs at the same time */
    bool elsewhere; /* on other machines: tasks do not share the memory of this one */
    /* This machine's GPUs, which whoever starts tasks shares out among them, by the names that CUDA_VISIBLE_DEVICES
     * takes; NULL: it gives them itself. */
    const char *const *gpus;
    size_t gpu_count;
    /* A folder (absolute path) for what a task writes, given back by place_remove; NULL functions:
     * the artifact store's scratch will do.  Of a task with the same key (what it is, whoever asks;
     * NULL: no other) that an earlier driver has left behind, the folder is given again if the task
     * still runs or has answered; starting it then is following it. */
    enum zpl_err (*place)(void *self, const struct zpl_digest *key, char *path /* ZPL_PATH_MAX */,
                          struct zpl_diags *diags);
    void (*place_remove)(void *self, const char *path);
    /* Hands over the bytes of a task; *task is its number.  ZPL_ERR_BUSY when every slot is taken. */
    enum zpl_err (*start)(void *self, const void *bytes, size_t len,
                          const struct zpl_task_needs *needs, uint64_t *task,
                          struct zpl_diags *diags);
    /* The next event; ZPL_ERR_NOT_FOUND after timeout_ms without one (-1: no limit; also when
     * nothing runs), ZPL_ERR_INTERRUPTED when a signal handler ran during the call (one that ran
     * just before it is not seen: a handler's flag is looked at in between, with a finite
     * timeout).  What a task printed before its answer is told before its answer. */
    enum zpl_err (*wait)(void *self, int timeout_ms, struct zpl_event *event,
                         struct zpl_diags *diags);
    /* SIGTERM, ZPL_GRACE_MS, SIGKILL for the process and all its descendants; ends in a DIED event
     * ("cancelled"), also when the answer was on its way.  An unknown number is ignored. */
    void (*cancel)(void *self, uint64_t task);
    void (*release)(void *self);
};

/* ---- artifact store: bytes by their SHA-256 -------------------------------------------------- */

struct zpl_artifact {
    struct zpl_digest digest;
    uint64_t bytes; /* of a folder: of all its files */
    bool tree;
};
struct zpl_artifacts {
    void *self;
    const char *flavour;
    /* A new empty folder (absolute path) on the store's own file system, for one task's outputs; those of a
     * group, a name or "", are in a folder of their own, which may hold other things of the group's too.
     * What a dead process left there is removed when a store is opened. */
    enum zpl_err (*scratch)(void *self, const char *group, char *path /* ZPL_PATH_MAX */,
                            struct zpl_diags *diags);
    void (*scratch_remove)(void *self, const char *path);
    /* Takes the file or folder at `path` (in scratch) as the artifact `digest`; by rename where it
     * can.  An artifact that is there already stays (a file of another size than `bytes` is torn
     * and replaced), and `path` is removed.  Links in it are refused: ZPL_ERR_INPUT.  After any
     * error the artifact is either there whole or not at all. */
    enum zpl_err (*publish)(void *self, const char *path, const struct zpl_digest *digest,
                            uint64_t bytes, struct zpl_diags *diags);
    /* ZPL_OK, or NOT_FOUND without a diagnostic, also for a file that has another size than `bytes`
     * (UINT64_MAX: any).  The bytes themselves are not read. */
    enum zpl_err (*has)(void *self, const struct zpl_digest *digest, uint64_t bytes,
                        struct zpl_diags *diags);
    /* A local absolute path where the bytes can be read until the run ends; fetched if they are
     * elsewhere.  NOT_FOUND with a diagnostic. */
    enum zpl_err (*local)(void *self, const struct zpl_digest *digest,
                          char *path /* ZPL_PATH_MAX */, struct zpl_diags *diags);
    /* All artifacts, ordered by digest; `strays` are paths in the store that are none. */
    enum zpl_err (*list)(void *self, struct zpl_artifact **out, size_t *count, char ***strays,
                         size_t *stray_count, struct zpl_arena *arena, struct zpl_diags *diags);
    /* Removes one, whole or not at all; absent is fine.  The caller sees to it that no run needs it:
     * metadata's alone_begin. */
    enum zpl_err (*remove)(void *self, const struct zpl_digest *digest, struct zpl_diags *diags);
    void (*release)(void *self);
};

/* ---- metadata store: runs, steps, keys, lineage ---------------------------------------------- */

enum zpl_run_status {
    ZPL_RUN_RUNNING,
    ZPL_RUN_DONE,
    ZPL_RUN_FAILED,
    ZPL_RUN_CANCELLED,
    ZPL_RUN_INTERRUPTED
};
enum zpl_step_status {
    ZPL_STEP_RAN,
    ZPL_STEP_CACHED,
    ZPL_STEP_SKIPPED,
    ZPL_STEP_FAILED,
    ZPL_STEP_CANCELLED
};

struct zpl_run_row {
    int64_t id; /* 1, 2, 3 … in a store */
    const char *pipeline;
    const char *file; /* as given, relative to the project */
    enum zpl_run_status
        status; /* INTERRUPTED is read, never written: running, but its lease is free */
    int64_t started_ns, ended_ns; /* wall clock; 0: not yet */
    const char *params;           /* canonical JSON */
    const char *plan;  /* canonical JSON (ZPL_PLAN_VERSION): every step, its key, why, outputs */
    const char *graph; /* canonical JSON of the graph, without places */
    const char
        *places; /* where its steps stand (lang/graph/places_json.h); NULL: of an older zpl, whose
                           plan and graph say so themselves */
    const char *error; /* what failed, or NULL */
    /* Written: the digests of these texts where they are known; NULL: they are reckoned. */
    const struct zpl_digest *plan_digest, *places_digest;
};
/* One column of a table artifact. */
struct zpl_column_row {
    const char *name;
    struct zpl_digest digest;
};
struct zpl_output_row {
    const char *name;
    const char *type; /* text */
    struct zpl_digest digest;
    uint64_t bytes;
    int64_t rows; /* -1: no table */
    const struct zpl_column_row *columns;
    size_t column_count;
    const char *json; /* value of a Report, scalar or Json, else NULL; over ZPL_INLINE_BYTES_MAX it
                         is not kept: the artifact has it */
    bool just_made;   /* not kept: by this process, so its bytes need no second look */
};
struct zpl_input_row {
    const char *name;
    struct zpl_digest digest; /* the artifact read */
    const char *step;         /* the step of the run it came from, or "" */
    const char *output;
};
/* An output of a step that ran, and of which. */
struct zpl_made_row {
    int64_t run;
    const char *step, *output, *type;
    struct zpl_digest digest;
    uint64_t bytes;
    bool is_kept_here; /* its value stands in the row: it has no artifact */
    bool is_named;     /* by a step that wrote it under a name: another has made it */
};
/* A step that ran: one row, one transaction, at its end. */
struct zpl_step_row {
    int64_t run;
    const char *pipeline, *name, *step, *kernel; /* step: "xgboost.train" */
    enum zpl_step_status status;                 /* RAN or FAILED */
    struct zpl_digest key;
    struct zpl_digest shape_key; /* the key without input digests */
    const char *ingredients;     /* JSON: what the key was made of */
    int64_t started_ns, duration_ns;
    uint64_t peak_bytes; /* resident memory of its process; 0: unknown */
    uint32_t attempts;
    const char *error; /* FAILED: what it said */
    const char *log;   /* kept head and tail */
    size_t log_len;
    const struct zpl_output_row *outputs;
    size_t output_count;
    const struct zpl_input_row *inputs;
    size_t input_count;
    bool
        unsure; /* read: its bytes were written before this machine was started, and nobody has read
                    them since; a power loss may have torn them */
    const char *named; /* RAN: the name under which others find its one output, or NULL */
};
/* What stands under a name: the newest that a run which is done has written. */
struct zpl_name_row {
    const char *name;
    int64_t step; /* number of the row of the step that wrote it */
};

struct zpl_limit_use; /* lang/graph/graph.h */

struct zpl_metadata {
    void *self;
    const char *flavour;
    /* Inserts a RUNNING row and takes its lease; *id is its number. */
    enum zpl_err (*run_begin)(void *self, const struct zpl_run_row *run, int64_t *id,
                              struct zpl_diags *diags);
    /* Sets status, end, plan and error; gives the lease back. */
    enum zpl_err (*run_end)(void *self, const struct zpl_run_row *run, struct zpl_diags *diags);
    /* A run that is over already: it found everything as run `like` left it.  Of `run` count the times, the
     * name of its plan, and its places or, where these are kept, their name.  NOT_FOUND, silent: `like` or one
     * of these texts is gone. */
    enum zpl_err (*run_repeat)(void *self, int64_t like, const struct zpl_run_row *run, int64_t *id,
                               struct zpl_diags *diags);
    /* Keeps a text; its digest names it. */
    enum zpl_err (*text_put)(void *self, const char *text, struct zpl_digest *digest,
                             struct zpl_diags *diags);
    /* All texts are put in the arena.  NOT_FOUND without a diagnostic. */
    enum zpl_err (*run_get)(void *self, int64_t id, struct zpl_run_row *out,
                            struct zpl_arena *arena, struct zpl_diags *diags);
    /* Newest first, without those texts; pipeline NULL: of all. */
    enum zpl_err (*run_list)(void *self, const char *pipeline, size_t limit,
                             struct zpl_run_row **out, size_t *count, struct zpl_arena *arena,
                             struct zpl_diags *diags);

    /* Until let_go() or the next write all that is read is of one state of the store, and quicker to
     * read.  Either may be called again.  Not to be kept while waiting: it holds up cleaning up. */
    enum zpl_err (*hold)(void *self, struct zpl_diags *diags);
    void (*let_go)(void *self);

    enum zpl_err (*step_put)(void *self, const struct zpl_step_row *step, struct zpl_diags *diags);
    /* What the successful step of that key made: outputs, start and duration.  NOT_FOUND without a
     * diagnostic. */
    enum zpl_err (*step_made)(void *self, const struct zpl_digest *key, struct zpl_step_row *out,
                              struct zpl_arena *arena, struct zpl_diags *diags);
    /* The successful step of that key, with outputs (no log).  NOT_FOUND without a diagnostic. */
    enum zpl_err (*step_by_key)(void *self, const struct zpl_digest *key, struct zpl_step_row *out,
                                struct zpl_arena *arena, struct zpl_diags *diags);
    /* The outputs of the steps of that key were read and are whole: none is unsure any more. */
    enum zpl_err (*step_sure)(void *self, const struct zpl_digest *key, struct zpl_diags *diags);
    /* The newest successful row of that name in that pipeline, with ingredients. */
    enum zpl_err (*step_last)(void *self, const char *pipeline, const char *name,
                              struct zpl_step_row *out, struct zpl_arena *arena,
                              struct zpl_diags *diags);
    /* Its newest row of a run that failed there, silently NOT_FOUND where it never did. */
    enum zpl_err (*step_failed)(void *self, const char *pipeline, const char *name,
                                struct zpl_step_row *out, struct zpl_arena *arena,
                                struct zpl_diags *diags);
    /* The row of that step in that run (with log); NOT_FOUND when it was cached or skipped. */
    enum zpl_err (*step_of_run)(void *self, int64_t run, const char *name, struct zpl_step_row *out,
                                struct zpl_arena *arena, struct zpl_diags *diags);
    /* Names of the steps that have a row in that run, in the order in which they ended: those behind the row
     * *last (0: all of them), which is then that of the last. */
    enum zpl_err (*step_names)(void *self, int64_t run, int64_t *last, const char ***out,
                               size_t *count, struct zpl_arena *arena, struct zpl_diags *diags);
    /* What stands under each name, or the one (`only` not NULL), by name; and the step of that number, its one output what was
     * written.  NOT_FOUND without a diagnostic: it was removed meanwhile. */
    enum zpl_err (*name_list)(void *self, const char *only, struct zpl_name_row **out,
                              size_t *count, struct zpl_arena *arena, struct zpl_diags *diags);
    enum zpl_err (*name_step)(void *self, int64_t step, struct zpl_step_row *out,
                              struct zpl_arena *arena, struct zpl_diags *diags);
    /* Lineage: the steps that made an artifact / that read it, newest first; with inputs, outputs.
     * `prefix` is at least 6 hexadecimal digits of its digest. */
    enum zpl_err (*step_makers)(void *self, const char *prefix, struct zpl_step_row **out,
                                size_t *count, struct zpl_arena *arena, struct zpl_diags *diags);
    enum zpl_err (*step_readers)(void *self, const char *prefix, struct zpl_step_row **out,
                                 size_t *count, struct zpl_arena *arena, struct zpl_diags *diags);

    /* A small cache of pure answers (binder, digests of user files): bytes by space and key. */
    enum zpl_err (*memo_get)(void *self, const char *space, const struct zpl_digest *key,
                             struct zpl_buf *out, struct zpl_diags *diags); /* or NOT_FOUND */
    enum zpl_err (*memo_put)(void *self, const char *space, const struct zpl_digest *key,
                             const void *data, size_t len, struct zpl_diags *diags);
    /* A named lock between processes, freed by the kernel when its holder dies; BUSY (silent) when
     * taken and wait is false, ZPL_ERR_INTERRUPTED when a signal ended the wait.  What this store
     * holds it may take again; one unlease frees it.  Who holds one lease does not wait for another
     * (two processes could wait for each other) but asks again later. */
    enum zpl_err (*lease)(void *self, const struct zpl_digest *key, bool wait,
                          struct zpl_diags *diags);
    void (*unlease)(void *self, const struct zpl_digest *key);
    /* Takes for `holder`, who has none, all these slots of limits that the runs over this store share, or
     * none of them: BUSY (silent), *lacking is the first of the uses that can't be met, and others are
     * told that this store waits for it.  Never waits.  The kernel frees them when the process dies. */
    enum zpl_err (*slots_take)(void *self, const struct zpl_digest *holder,
                               const struct zpl_limit_use *uses, size_t count, size_t *lacking,
                               struct zpl_diags *diags);
    void (*slots_give)(void *self, const struct zpl_digest *holder); /* all that it has */
    /* Which of a limit's slots it has, from 0; how many. */
    size_t (*slots_of)(void *self, const struct zpl_digest *holder, const char *name, uint32_t *out,
                       size_t room);
    void (*slots_rest)(void *self); /* this store waits for none any more */

    /* Housekeeping.  Between alone_begin and alone_end no other process writes to the store, and no run
     * begins or goes on: what a run has decided on can't be taken from it.  ZPL_ERR_BUSY (silent) when
     * one goes on: *run is its number. */
    enum zpl_err (*alone_begin)(void *self, int64_t *run, struct zpl_diags *diags);
    /* Writes what was changed since (err ZPL_OK) or forgets it; still alone. */
    enum zpl_err (*alone_commit)(void *self, enum zpl_err err, struct zpl_diags *diags);
    void (*alone_end)(void *self);
    /* Alone: forgets every run and step but those of the `runs`, the newest that ran of each of the `keys`,
     * those that wrote what stands under a name, and the newest that made it,
     * of a run among `runs` that left no plan what made what its steps read, and of the pipelines `mapped`
     * (NULL-terminated) all that ran for an item of a map: no plan names those.  A run of which a step
     * stays, stays in the list. */
    enum zpl_err (*retain)(void *self, const int64_t *runs, size_t run_count,
                           const struct zpl_digest *keys, size_t key_count,
                           const char *const *mapped, struct zpl_diags *diags);
    /* Alone: forgets the steps that made the artifact, so that it is made again when it is needed; names
     * for it stay. */
    enum zpl_err (*forget)(void *self, const struct zpl_digest *digest, struct zpl_diags *diags);
    /* Outputs of all steps that ran, newest first. */
    enum zpl_err (*made_list)(void *self, struct zpl_made_row **out, size_t *count,
                              struct zpl_arena *arena, struct zpl_diags *diags);
    /* Alone: forgets what is not what was written, as far as what it is kept in can still be read. */
    enum zpl_err (*mend)(void *self, struct zpl_diags *diags);
    /* Looks the whole store over; *why (arena) says what is wrong with it, NULL when nothing is. */
    enum zpl_err (*integrity)(void *self, const char **why, struct zpl_arena *arena,
                              struct zpl_diags *diags);
    void (*release)(void *self);
};

/* ---- deployer: makes a model reachable under a name ------------------------------------------ */

struct zpl_deployment {
    const char *name;
    const char *model_path; /* local file or folder */
    const char *model_type; /* text */
    struct zpl_digest model;
    uint64_t model_bytes;
    struct zpl_digest key; /* of the deploy step: makes it idempotent */
    const char *manifest;  /* canonical JSON: name, model, bytes, type, run, metrics */
};
/* What is deployed under a name. */
struct zpl_deployed {
    const char *name;
    const char *model_path; /* NULL: it is gone, or nobody can tell what it should be */
    struct zpl_digest model;
};
struct zpl_deployer {
    void *self;
    const char *flavour;
    /* Deploys; doing it again with the same key changes nothing. *where (arena) is for people. */
    enum zpl_err (*deploy)(void *self, const struct zpl_deployment *deployment, const char **where,
                           struct zpl_arena *arena, struct zpl_diags *diags);
    /* Is `key` what is deployed under `name`, with all its files?  ZPL_OK or NOT_FOUND (silent). */
    enum zpl_err (*current)(void *self, const char *name, const struct zpl_digest *key,
                            struct zpl_diags *diags);
    /* All names, in their order. */
    enum zpl_err (*list)(void *self, struct zpl_deployed **out, size_t *count,
                         struct zpl_arena *arena, struct zpl_diags *diags);
    /* Takes away what is deployed under the name now; the next run that deploys it does so again. */
    enum zpl_err (*remove)(void *self, const char *name, struct zpl_diags *diags);
    void (*release)(void *self);
};

/* ---- a stack: one of each -------------------------------------------------------------------- */

struct zpl_stack {
    struct zpl_orchestrator orchestrator;
    struct zpl_artifacts artifacts;
    struct zpl_metadata metadata;
    struct zpl_deployer deployer;
};

/* What a worker process runs: a loop that reads a task from `fd` and answers it, until the end of
 * file (ZPL_ERR_NOT_FOUND of zpl_msg_recv); then it returns and the process exits with the result.
 *   driver to worker   one framed message (proc.h) a task: its bytes
 *   worker to driver   framed messages of a kind byte and a body: any number of MESSAGE, then one
 *                      REPLY or LAST; nothing more until the next task
 * The process has standard input from /dev/null; standard output (line-buffered) and error are read
 * by the driver and told as MESSAGE events with `printed`.  Signals have their default disposition,
 * no descriptor but 0, 1, 2 and `fd` is open, it leads a session of its own, and it dies with its
 * supervisor.  A worker that gives no answer (crash, exit, a message of no kind) is ended. */
typedef int (*zpl_worker_main)(int fd);
/* The kind byte: not part of an event's data. */
#define ZPL_WORKER_MESSAGE 'M' /* while it runs: passed on as a MESSAGE event */
#define ZPL_WORKER_REPLY   'R' /* its answer: passed on as a DONE event */
#define ZPL_WORKER_LAST    'L' /* the same, and the process takes no other task: after a failure */

/* Makes ready what takes long and what tasks with tables need: called once, when the first such task is there, in
 * a process of its own from which their workers are forked.  It leaves no thread and no descriptor behind; what
 * fails the workers try again. */
typedef void (*zpl_worker_ready)(void);
/* Forks the zygote; call it before anything else in the process (no threads, nothing open).
 * The handle goes into struct zpl_stack_config.  UNREACHABLE when it can't be started. */
struct zpl_zygote;
enum zpl_err zpl_zygote_start(zpl_worker_main worker, zpl_worker_ready ready,
                              struct zpl_zygote **out, struct zpl_diags *diags);
/* Ends it and every worker and waits until no descendant of one is left; NULL is fine.  When the
 * process ends in any other way, kill -9 included, the same happens without it. */
void zpl_zygote_release(struct zpl_zygote *zygote);

struct zpl_stack_config {
    const char *home; /* the .zpl folder */
    uint32_t jobs;    /* slots of the orchestrator; 0: what it thinks right (local: one a core) */
    const char *orchestrator;          /* its word in the catalog; NULL: "here" */
    const struct zpl_literal *options; /* of the orchestrator: a RECORD, or NULL */
    struct zpl_zygote *zygote;
    const char
        *boot; /* which start of the machine this is, "": nobody knows; NULL: the kernel is asked */
};
/* Opens a component when it is first needed: a command that only reads metadata starts no worker.
 * The embedded flavours: here (local), sqlite (home/zpl.db), folder (home/objects), folder
 * (home/deployments). */
enum zpl_err zpl_orchestrator_open(const struct zpl_stack_config *config,
                                   struct zpl_orchestrator *out, struct zpl_diags *diags);
enum zpl_err zpl_metadata_open(const struct zpl_stack_config *config, bool write,
                               struct zpl_metadata *out, struct zpl_diags *diags);
enum zpl_err zpl_artifacts_open(const struct zpl_stack_config *config, struct zpl_artifacts *out,
                                struct zpl_diags *diags);
enum zpl_err zpl_deployer_open(const struct zpl_stack_config *config, struct zpl_deployer *out,
                               struct zpl_diags *diags);
void zpl_stack_release(struct zpl_stack *stack); /* safe on a zeroed struct and twice */

#endif
