/* plan.h - what each step of a graph will do, decided before it does it.
 * Promise: `zpl plan` and `zpl run` decide by the same function, so they agree.  A step is decided
 * once everything it needs is known: its key is made of content, looked up, and counts as a hit only
 * if every output is there.
 * Owns: everything in `arena`, until zpl_plan_release().
 * Errors: failures of stores; a step's own troubles are part of its state.   Floor: vm. */
#ifndef ZPL_VM_PLAN_PLAN_H
#define ZPL_VM_PLAN_PLAN_H

#include "vm/plan/ingredient.h"
#include "vm/session/session.h"

enum zpl_plan_status {
    ZPL_PLAN_PENDING,   /* not decided */
    ZPL_PLAN_WOULD_RUN, /* its key is known and has no hit */
    ZPL_PLAN_UNKNOWN,   /* it needs a step that would run: `until` */
    ZPL_PLAN_CACHED,
    ZPL_PLAN_SKIPPED, /* `when` is false, or what it needs was skipped */
    ZPL_PLAN_RUNNING,
    ZPL_PLAN_RAN,
    ZPL_PLAN_FAILED,
    ZPL_PLAN_CANCELLED /* what it needs failed, or the run was stopped */
};
#define ZPL_PLAN_STATES (ZPL_PLAN_CANCELLED + 1)

/* What a step took the last time it ran. */
struct zpl_step_cost {
    bool known;
    int64_t duration_ns;
    uint64_t bytes, peak_bytes; /* of all it made; of memory, 0: unknown */
};
struct zpl_step_plan {
    enum zpl_plan_status status;
    bool keyed; /* key and ingredients are set */
    bool gone;  /* it was done before, but what it made is not there any more */
    struct zpl_digest key;
    struct zpl_ingredients ingredients;
    const struct zpl_output_row *outputs; /* CACHED, RAN: in the node's order */
    const char *why;                      /* in words, or NULL */
    const char *until;                    /* UNKNOWN: the step's name */
    int64_t started_ns, duration_ns;      /* of the work: for CACHED, of when it was done */
    uint32_t attempts;
    uint32_t lost;             /* of them, with their machine */
    uint64_t memory_bytes;     /* that its attempt, or the next one, may use; 0: not yet said */
    uint64_t kin;              /* of its attempt: see struct zpl_task_needs */
    const char *earlier;       /* how the attempts before it ended: lines for its log, or NULL */
    const char *error;         /* FAILED: one line */
    struct zpl_step_cost last; /* of one that would run, or may: outlook.h */
};

/* The item of a map that a plan is for. */
struct zpl_plan_item {
    const struct zpl_literal *value; /* NULL: the plan is outside */
    size_t index;                    /* from 0 */
};
/* An artifact, and who made it. */
struct zpl_made {
    const struct zpl_literal *literal; /* of a value that is known; else NULL */
    const struct zpl_output_row *row;  /* of an output; else NULL */
    const char *step, *output;
};
struct zpl_mapping;
struct zpl_plan;
/* What has to be there for all that items of maps did to count as done; in the arena of the plan outside. */
struct zpl_plan_effect {
    bool written;     /* under a name of the store; else deployed */
    const char *name; /* that it stands under */
    struct zpl_digest key;
};
struct zpl_plan_artifact {
    struct zpl_digest digest;
    uint64_t bytes;
};
struct zpl_plan_stands {
    struct zpl_arena *arena;
    struct zpl_plan_artifact
        *artifacts; /* an artifact that several items made stands there for each */
    size_t artifact_count, artifact_room;
    struct zpl_plan_effect *effects;
    size_t effect_count, effect_room;
};
/* Who wants to look at one step of one item, whose plan is gone when the item is at its end. */
struct zpl_plan_watch {
    const char *name; /* "split[17]" */
    enum zpl_err (*decided)(struct zpl_plan_watch *watch, struct zpl_plan *plan, uint32_t id);
    bool seen;
};
struct zpl_plan {
    struct zpl_session *session;
    const struct zpl_graph *graph;
    struct zpl_step_plan *steps; /* by node id; of one inside a map that of all items together */
    uint32_t scope;              /* 0: the program; 1 + a map: one of its items */
    struct zpl_mapping **maps;   /* by number; NULL: not begun (map.h) */
    struct zpl_plan_item *items; /* by number of a map */
    struct zpl_plan_stands *stands;
    struct zpl_map_shape
        *shapes; /* by number, of the whole program; filled as maps begin (map.h) */
    struct zpl_spare
        *spares; /* by number: instances of maps inside, which the next item binds again;
                                     NULL: the plan is outside */
    bool no_cache;
    const bool *kept;  /* by unit (schedule.h): what it is about; NULL: all.  Others stay PENDING */
    const bool *again; /* by node: not taken from the store; NULL: none */
    /* By number of a map, from 1, 0 all: the one item that the plan is about, and that is done again. */
    const size_t *only_item, *again_item;
    struct zpl_plan_watch *watch; /* NULL: none */
    struct zpl_arena arena;
};

enum zpl_err zpl_plan_init(struct zpl_plan *plan, struct zpl_session *session, bool no_cache);
void zpl_plan_release(struct zpl_plan *plan); /* safe on a zeroed struct */

/* Which steps a plan is about, and which are done again; borrowed. */
struct zpl_narrowing {
    const bool *only;            /* by unit (schedule.h): these and what they need; NULL: all */
    const struct zpl_node *from; /* it and all that depend on it, whatever is cached; NULL: none */
    const size_t *only_item, *from_item; /* by map: of this item alone; NULL or 0: of all */
};
/* Holds a new plan to it (plan_keep.c). */
enum zpl_err zpl_plan_narrow(struct zpl_plan *plan, const struct zpl_narrowing *narrowing);
/* From now on the plan is only about the units of `only` and what they need (plan_keep.c). */
enum zpl_err zpl_plan_keep(struct zpl_plan *plan, const bool *only);
bool zpl_plan_keeps(const struct zpl_plan *plan, uint32_t unit);
/* Marks the units that a value is made by; one mark a node, then one a map. */
void zpl_plan_want(const struct zpl_graph *graph, const struct zpl_value *value, bool *units);

/* Decides step `id` if what it needs is decided; else leaves it PENDING. */
enum zpl_err zpl_plan_decide(struct zpl_plan *plan, uint32_t id);
/* The first half of it: do the steps that it needs and its condition allow step `id`?  If not, it has the
 * state that says so; one that has to wait stays PENDING. */
enum zpl_err zpl_plan_allow(struct zpl_plan *plan, uint32_t id, bool *allowed);
/* Gives step `id` the outputs of a row of the store; *whole is false when one is missing. */
enum zpl_err zpl_plan_take_outputs(struct zpl_plan *plan, uint32_t id,
                                   const struct zpl_step_row *row, bool *whole);
/* A step that a value makes impossible: the others go on, as they do in a run. */
void zpl_plan_fail(struct zpl_plan *plan, uint32_t id);
/* Decides every step that it is about, in order (plan_all.c).  ZPL_ERR_STEP (told): one can only fail; all are decided. */
enum zpl_err zpl_plan_all(struct zpl_plan *plan);
/* Are all outputs of a stored step there? */
enum zpl_err zpl_plan_there(struct zpl_plan *plan, const struct zpl_step_row *row, bool *there);
/* Reads a value that conditions and maps look into and that is too long for its row. */
enum zpl_err zpl_plan_fetch(struct zpl_plan *plan, const struct zpl_output *output,
                            struct zpl_output_row *row);
/* Looks again for a hit of a step that is keyed (another process may have made it). */
enum zpl_err zpl_plan_look(struct zpl_plan *plan, uint32_t id, bool *hit);

/* A value as it is now: literals, fields of reports that are known, conditions over them.
 * NULL when it needs something that is not known. */
const struct zpl_literal *zpl_plan_value(const struct zpl_plan *plan, const struct zpl_value *value,
                                         struct zpl_arena *arena);
/* The value of an argument that is a param, as what the step wants.  What it comes from is known by now.
 * ZPL_ERR_STEP (told): it has none, or one that the step does not take. */
enum zpl_err zpl_plan_param(struct zpl_plan *plan, const struct zpl_node *node,
                            const struct zpl_argument *argument, const struct zpl_literal **out);
/* What the steps that a value needs allow: state->status is PENDING when all is known, else CANCELLED,
 * SKIPPED or UNKNOWN, with why. */
void zpl_plan_needs(struct zpl_plan *plan, const struct zpl_value *value,
                    struct zpl_step_plan *state);
/* The artifact that a value stands for, by choice or as it is; false: it is none. */
bool zpl_plan_made(const struct zpl_plan *plan, const struct zpl_value *value,
                   struct zpl_made *out);
/* The artifact that an argument stands for; what it needs is known. */
struct zpl_made zpl_plan_input(const struct zpl_plan *plan, const struct zpl_argument *argument);
/* Is the output one whose value a run may look into: a report, a record or a list? */
bool zpl_output_is_value(const struct zpl_output *output);
/* Is the output's value in its row alone: has it no artifact? */
bool zpl_output_is_inline(const struct zpl_output_row *row);
/* Is the argument an artifact (a whole output of a step), rather than a param? */
bool zpl_argument_is_input(const struct zpl_argument *argument);
/* Does the kernel see this binding?  (A variable of columns it does not read stays unseen.) */
bool zpl_binding_is_seen(const struct zpl_node *node, const struct zpl_binding *binding);

const char *zpl_plan_status_name(enum zpl_plan_status status); /* "would_run" */
enum zpl_plan_status zpl_plan_status_of(const char *name);     /* UNKNOWN: of no such name */

#endif
