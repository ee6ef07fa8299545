/* driver.h - what the files of a run share: the driver, its slots, the steps that are scheduled together.
 * Owns: nothing that run.c does not release.   Floor: vm, private to run.c and driver_*.c. */
#ifndef ZPL_VM_RUN_DRIVER_H
#define ZPL_VM_RUN_DRIVER_H

#include "vm/plan/map.h"
#include "vm/protocol/protocol.h"
#include "vm/run/live_log.h"
#include "vm/run/log.h"
#include "vm/run/retry.h"
#include "vm/run/run.h"

/* Steps that are scheduled together: the program's, or those of one item of a map. */
struct zpl_scope {
    struct zpl_plan *plan;
    struct zpl_schedule *schedule;
    struct zpl_instance *instance; /* NULL: the program */
};
/* A map that is not over. */
struct zpl_active {
    struct zpl_mapping *mapping;
    struct zpl_scope *outer, *scopes; /* one an instance */
    struct zpl_active *next;
};
/* A step that runs now. */
struct zpl_slot {
    bool taken;
    struct zpl_scope *scope;
    uint32_t id;
    uint64_t task;
    int64_t since_ns; /* monotonic */
    char scratch[ZPL_PATH_MAX];
    struct zpl_log log;
    struct zpl_live_log live; /* the same, for who follows it */
};
#define ZPL_NO_LIMIT SIZE_MAX /* the number of none */
/* A limit that steps of this run take slots of. */
struct zpl_driver_limit {
    const char *name;
    bool full; /* was it, when it was looked at last?  Then a step waits for it */
};
/* A step that waits for a slot of a limit; it has none, no lease and no slot of the orchestrator. */
struct zpl_waiting {
    struct zpl_scope *scope;
    uint32_t id;
    size_t limit;    /* which one it lacks, by number */
    const char *why; /* it runs, as the plan said before */
};
/* A step that has to wait: for its lease, or before another attempt. */
struct zpl_delayed {
    struct zpl_scope *scope;
    uint32_t id;
    int64_t until_ns;
    bool leased; /* another process makes it just now */
};
struct zpl_driver {
    struct zpl_session *session;
    const struct zpl_run_options *options;
    struct zpl_run *run;
    struct zpl_plan *plan;
    struct zpl_scope program;
    struct zpl_schedule schedule; /* of the program */
    struct zpl_active *maps;      /* an inner one before the outer */
    struct zpl_orchestrator *orchestrator;
    struct zpl_metadata *metadata;
    struct zpl_artifacts *artifacts;
    struct zpl_slot *slots;
    uint32_t slot_count, running;
    struct zpl_delayed *delayed;
    size_t delayed_count, delayed_room;
    struct zpl_driver_limit *limits;
    size_t limit_count, limit_room;
    struct zpl_waiting *waiting; /* first come, first served, of each limit */
    size_t waiting_count, waiting_room;
    size_t leased_told;        /* of those that are leased the command knows */
    int64_t look_ns;           /* when slots are asked for again */
    uint64_t memory_bytes;     /* for each slot; 0: not this machine's */
    uint64_t memory_bytes_max; /* for any step */
    bool stopping;             /* nothing new is started */
    bool cancelled;            /* what ran was told to end */
    bool failed;               /* some step failed */
    enum zpl_err broken;       /* what ends the run, met where nothing could return it */
    struct zpl_arena arena;
};

/* ---- driver_step.c: a step from when it is ready to its end ---- */

/* Decides a ready step, and starts it if it has to run. */
enum zpl_err zpl_driver_take_up(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id);
/* The worker answered: outputs are published, then the row is written. */
enum zpl_err zpl_driver_finish(struct zpl_driver *d, struct zpl_slot *slot,
                               const struct zpl_event *event);
/* An attempt failed: another one, or the end of the step. */
enum zpl_err zpl_driver_attempt_failed(struct zpl_driver *d, struct zpl_slot *slot,
                                       const struct zpl_failure *failure);
/* Steps whose time to be tried again has come; *woken: there was one. */
enum zpl_err zpl_driver_wake(struct zpl_driver *d, bool *woken);
/* Starts a step that is decided and has no hit, or has it tried again soon when another process makes it
 * just now.  *lacking: the limit that it waits for, of which nothing is noted yet, or ZPL_NO_LIMIT. */
enum zpl_err zpl_driver_begin(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id,
                              size_t *lacking);
/* Tells the command how many steps wait for other runs that make them, and which is the first; a limit that steps wait
 * for is told before that. */
void zpl_driver_tell_leased(struct zpl_driver *d);
/* The step came to an end without having run: others may be ready now. */
void zpl_driver_settle(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id);
/* Removes what the step left behind, and lets others make what it was to make. */
void zpl_driver_free_slot(struct zpl_driver *d, struct zpl_slot *slot);
/* A step that is not done because the run was stopped. */
void zpl_driver_cancel(const struct zpl_scope *scope, uint32_t id);
/* Tells the command. */
void zpl_driver_changed(struct zpl_driver *d, const struct zpl_scope *scope, uint32_t id);

/* ---- driver_limit.c: slots of limits that all runs share, and the steps that wait for them ---- */

/* Takes for a step the slots that it says, under its key, or sets *lacking to the limit that has not so
 * many free, or whose turn is another step's. */
enum zpl_err zpl_driver_slots(struct zpl_driver *d, const struct zpl_node *node,
                              const struct zpl_digest *key, size_t *lacking);
void zpl_driver_slots_give(struct zpl_driver *d, const struct zpl_digest *key);
/* A step that lacks a limit: it waits behind the others. */
enum zpl_err zpl_driver_await(struct zpl_driver *d, struct zpl_scope *scope, uint32_t id,
                              size_t limit);
/* Asks again for those that wait, when it is time; *woken: one of them waits no more. */
enum zpl_err zpl_driver_look(struct zpl_driver *d, bool *woken);

/* ---- driver_map.c: which units are ready, and the items of maps ---- */

/* A unit that is ready, of inner scopes first; false: there is none. */
bool zpl_driver_next_unit(struct zpl_driver *d, struct zpl_scope **scope, uint32_t *unit);
/* Begins a map; its items are bound as there is room for them. */
enum zpl_err zpl_driver_take_up_map(struct zpl_driver *d, struct zpl_scope *scope, uint32_t map);
/* Binds one more item of some map; false: there is none, or no room for one. */
bool zpl_driver_next_item(struct zpl_driver *d);
/* A unit is at its end: others may be ready now, and its item may be at its end too. */
void zpl_driver_settle_unit(struct zpl_driver *d, struct zpl_scope *scope, uint32_t unit);
/* Takes the map out of the list, and frees what its items were bound to. */
void zpl_driver_release_map(struct zpl_driver *d, struct zpl_active *map);

#endif
