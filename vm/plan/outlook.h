/* outlook.h - what a plan will take and touch, told before it is carried out: how long the steps that may
 * run took last time, and what the program reads, runs, connects to and changes outside of the store.
 * Owns: texts are in the plan's arena.   Errors: those of the store, told in the session's diagnostics.
 * Floor: vm. */
#ifndef ZPL_VM_PLAN_OUTLOOK_H
#define ZPL_VM_PLAN_OUTLOOK_H

#include "vm/plan/plan.h"

/* Fills `last` of every step that would run or may. */
enum zpl_err zpl_outlook_costs(struct zpl_plan *plan);

/* Each once, in the order in which the program has them. */
struct zpl_outlook_list {
    const char **items;
    size_t count, capacity;
};
struct zpl_outlook {
    struct zpl_outlook_list reads; /* files, as the program names them */
    struct zpl_outlook_list runs;  /* commands, as one line of words each; "python FILE:FUNCTION" */
    struct zpl_outlook_list loads; /* libraries of kernels */
    struct zpl_outlook_list connects; /* steps that may use the network */
    struct zpl_outlook_list deploys;  /* names */
    struct zpl_outlook_list finds;    /* names of what other runs wrote */
    struct zpl_outlook_list writes;   /* the same that this one writes */
    struct zpl_outlook_list takes;    /* limits of the project that steps take slots of */
};
/* Of the whole program, whatever is cached.  A path that is known only at run time is told by its step. */
enum zpl_err zpl_outlook(struct zpl_plan *plan, struct zpl_outlook *out);

#endif
