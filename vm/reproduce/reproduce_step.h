/* reproduce_step.h - what the files of reproduce.h share.   Floor: vm, private to reproduce*.c. */
#ifndef ZPL_VM_REPRODUCE_REPRODUCE_STEP_H
#define ZPL_VM_REPRODUCE_REPRODUCE_STEP_H

#include "stdlib/run.h"
#include "vm/plan/map.h"
#include "vm/reproduce/reproduce.h"
#include "vm/run/log.h"

enum zpl_again {
    ZPL_AGAIN_SAME,
    ZPL_AGAIN_SKIPPED,
    ZPL_AGAIN_EFFECT,
    ZPL_AGAIN_UNDONE,
    ZPL_AGAIN_IMPOSSIBLE,
    ZPL_AGAIN_FAILED,
    ZPL_AGAIN_DIFFERS,
    ZPL_AGAIN_STATES
};
const char *zpl_again_name(enum zpl_again status);

/* ---- reproduce_recall.c: what was recorded of a step ---- */

struct zpl_recalled {
    bool go;               /* it can be done again */
    bool silent;           /* the run was not about this step */
    enum zpl_again status; /* !go: why not */
    const char *why;       /* in the plan's arena, or NULL */
    struct zpl_json
        *code; /* [TEXT], the caller's; NULL: nothing of zpl's own is other than it was */
    struct zpl_json *sources; /* [{ path, digests }], the caller's; NULL: none changed */
};
/* Gives the step its recorded outputs, and tells whether it can be done again.  `step` is the run's record
 * of it; NULL: there is none (an item of a map, or a run that left no plan). */
enum zpl_err zpl_reproduce_recall(const struct zpl_reproduce_options *options,
                                  struct zpl_plan *plan, uint32_t id, const struct zpl_json *step,
                                  struct zpl_recalled *out);

/* ---- reproduce_output.c: one output then and now ---- */

/* OUTPUT of reproduce.h, without `first`. */
struct zpl_json *zpl_reproduce_output(const struct zpl_output_row *then,
                                      const struct zpl_run_made *now);

/* A table that differs, to be looked into at the end. */
struct zpl_reproduce_look {
    struct zpl_json *output; /* is given its `first` */
    const char *type;
    struct zpl_digest then;
    const char *path; /* of what was made now, in scratch */
    int64_t rows[2];
};
/* The first row that differs, as far as both begin differently. */
enum zpl_err zpl_reproduce_first(struct zpl_session *session,
                                 const struct zpl_reproduce_look *look);

/* ---- reproduce_run.c: steps that are done again, side by side ---- */

/* An item of a map whose steps are under way. */
struct zpl_again_item {
    struct zpl_instance *instance;
    uint32_t running;
    bool walked; /* all its steps were taken up */
};
struct zpl_again_slot {
    bool taken, started;
    bool limited; /* it has slots of limits */
    struct zpl_plan *plan;
    uint32_t id;
    struct zpl_again_item *item; /* NULL: of the program */
    uint64_t task;
    int64_t since_ns, until_ns; /* until_ns: before it is tried, or tried again */
    char scratch[ZPL_PATH_MAX];
    struct zpl_recalled recalled;
    struct zpl_log log;
};
/* What is told of a step of the program, of a map all items together. */
struct zpl_again_entry {
    struct zpl_json *json;  /* NULL: nothing */
    struct zpl_json *items; /* those that are not as they were */
    size_t counts[ZPL_AGAIN_STATES];
};
struct zpl_reproducing {
    struct zpl_session *session;
    const struct zpl_reproduce_options *options;
    struct zpl_plan plan;
    struct zpl_artifacts *artifacts;
    struct zpl_orchestrator *orchestrator;
    struct zpl_again_slot *slots;
    uint32_t slot_count, running;
    uint64_t memory_bytes, memory_bytes_max;
    struct zpl_again_entry *entries; /* by node */
    struct zpl_reproduce_look looks[ZPL_REPRODUCE_LOOKS_MAX];
    const char *kept[ZPL_REPRODUCE_LOOKS_MAX]; /* scratch folders of theirs */
    size_t look_count;
    bool failed; /* something differs, failed or is impossible */
};

/* Starts a step as soon as there is a slot; takes what was recalled. */
enum zpl_err zpl_again_start(struct zpl_reproducing *r, struct zpl_plan *plan, uint32_t id,
                             struct zpl_again_item *item, struct zpl_recalled *recalled);
/* Waits for something to happen, a tick at most. */
enum zpl_err zpl_again_wait(struct zpl_reproducing *r);
/* Ends what runs and waits for it, so that nothing writes any more where scratch is removed. */
void zpl_again_abandon(struct zpl_reproducing *r);
/* Removes what a step left behind; its item may be at its end then. */
enum zpl_err zpl_again_free_slot(struct zpl_reproducing *r, struct zpl_again_slot *slot);
/* The item's values are kept once its last step is at its end. */
enum zpl_err zpl_again_leave(struct zpl_again_item *item);
bool zpl_again_interrupted(const struct zpl_reproducing *r);

/* ---- reproduce.c ---- */

/* A step's end; takes `outputs` and what was recalled. */
void zpl_again_tell(struct zpl_reproducing *r, struct zpl_plan *plan, uint32_t id, bool in_map,
                    enum zpl_again status, const char *why, int64_t duration_ns,
                    struct zpl_recalled *recalled, struct zpl_json *outputs);

#endif
