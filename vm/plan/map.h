/* map.h - the steps of an `each` over a list that is known only at run time: there once for every item.
 * An instance is the plan of one item: the same graph with the names of that item, the steps of outside
 * as they are, its own steps undecided.  Instances are few and are bound to one item after the other, so
 * a long list costs what is kept of each item: one entry for every value that is gathered.  Those of a map
 * inside a map are bound again for the next outer item: then only what is inside the outer map is new.
 * Owns: a mapping lives in the plan's arena; its instances until zpl_mapping_release().
 * Errors: NOMEM, told in the session's diagnostics.   Floor: vm. */
#ifndef ZPL_VM_PLAN_MAP_H
#define ZPL_VM_PLAN_MAP_H

#include "vm/plan/plan.h"
#include "vm/plan/schedule.h"

struct zpl_instance {
    struct zpl_plan plan;
    struct zpl_graph graph; /* nodes with names of their own; the rest is the program's */
    struct zpl_schedule schedule;
    struct zpl_mapping *mapping;
    size_t index; /* of its item */
    bool bound;   /* it has an item that is not at its end */
    struct zpl_arena base;
    struct zpl_spare *spares; /* by number of a map */
};

/* What the graph says of a map: found once, however often the map begins. */
struct zpl_map_shape {
    uint32_t *members; /* nodes inside, ascending; NULL: not found yet */
    size_t member_count;
    const struct zpl_value **gathered; /* values inside that are gathered somewhere */
    size_t gathered_count, gathered_room;
};
/* Instances of a map inside another; they live as long as the outer one's instance. */
struct zpl_spare {
    struct zpl_instance *instances;
    size_t count;
    struct zpl_arena *arena; /* of the outer one's instance */
};
/* What became of one value of one item. */
struct zpl_gathered {
    const struct zpl_value *value;  /* as the graph has it, of the item */
    struct zpl_made *items;         /* one an item; left out: neither literal nor row */
    const struct zpl_literal *list; /* of all that are literals, NULL: not made yet */
};
/* What became of one step inside in every item: of a map inside the map the same once more. */
struct zpl_item_step {
    struct zpl_digest key; /* zeroes: it came to none */
    enum zpl_plan_status status;
};
struct zpl_items {
    size_t count;
    struct zpl_item_step *steps; /* NULL: `inner` is set */
    struct zpl_items *inner;
};
struct zpl_mapping {
    struct zpl_plan *plan; /* outside */
    uint32_t map;
    const struct zpl_literal *items; /* the list; NULL: it is not known, and never will be */
    size_t count, next, ended;       /* items; the next to be bound; those at their end */
    size_t end;                      /* behind the last that is bound: the plan may be about one */
    const uint32_t *members;         /* nodes inside, ascending */
    size_t member_count;
    size_t (*counts)[ZPL_PLAN_STATES]; /* per member: how many items are in a state */
    struct zpl_items *done;            /* per member */
    struct zpl_gathered *gathered;
    size_t gathered_count;
    struct zpl_instance *instances;
    size_t instance_count;
    struct zpl_mapping *after; /* for its user's list */
};

/* Begins a map that is ready: finds its items.  ZPL_ERR_NOT_FOUND, told: the one item that the plan is
 * about, or that is done again, is not there.  *out is NULL when it is at its end already: there are
 * none, or its list will not be known; its nodes have the state that says so. */
enum zpl_err zpl_mapping_begin(struct zpl_plan *plan, uint32_t map, size_t instances,
                               struct zpl_mapping **out);
/* An instance for the next item; NULL when there is no item, or no instance is free. */
enum zpl_err zpl_mapping_next(struct zpl_mapping *mapping, struct zpl_instance **out);
/* The instance's item is at its end: what is gathered of it is kept.  The instance is free again. */
enum zpl_err zpl_mapping_take(struct zpl_instance *instance);
/* No further item is begun; they count as cancelled. */
void zpl_mapping_stop(struct zpl_mapping *mapping);
/* Every item is at its end: the nodes outside have the state of all together. */
bool zpl_mapping_is_over(const struct zpl_mapping *mapping);
void zpl_mapping_end(struct zpl_mapping *mapping);
/* What ran is from now on what the next run finds; false: nothing ran.  NULL is fine. */
bool zpl_mapping_settle(struct zpl_mapping *mapping);
void zpl_mapping_release(struct zpl_mapping *mapping); /* its instances; NULL is fine */

/* How many items of a mapped node are in each state; NULL: nobody knows. */
const size_t *zpl_mapping_counts(const struct zpl_plan *plan, uint32_t node);
/* What became of a mapped node in every item; NULL: nobody knows. */
struct zpl_items *zpl_mapping_items(const struct zpl_plan *plan, uint32_t node);
/* What a value was for every item, in their order; NULL: not known. */
const struct zpl_gathered *zpl_mapping_gathered(const struct zpl_plan *plan,
                                                const struct zpl_value *gather);

#endif
