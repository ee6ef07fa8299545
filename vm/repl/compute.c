/* compute.c - doing what a shown value needs.   Floor: vm. */
#include "vm/repl/repl.h"
#include "vm/view/live.h"

/* A run on the screen, without the steps that were done before. */
struct watching {
    struct zpl_live live;
    struct zpl_run_observer drawing;
};

static void watch_changed(void *self, const struct zpl_plan *plan, uint32_t id)
{
    struct watching *watching = self;
    enum zpl_plan_status status = plan->steps[id].status;
    if (status != ZPL_PLAN_CACHED && status != ZPL_PLAN_CANCELLED)
        watching->drawing.changed(watching->drawing.self, plan, id);
}

static void watch_progress(void *self, const struct zpl_plan *plan, uint32_t id, double fraction,
                           const char *what)
{
    struct watching *watching = self;
    watching->drawing.progress(watching->drawing.self, plan, id, fraction, what);
}

static void watch_tick(void *self)
{
    struct watching *watching = self;
    watching->drawing.tick(watching->drawing.self);
}

/* Is all that the plan is about there already? */
static bool is_settled(const struct zpl_plan *plan)
{
    for (uint32_t id = 0; id < plan->graph->count; id++)
        if (zpl_plan_keeps(plan, id) && plan->steps[id].status != ZPL_PLAN_CACHED &&
            plan->steps[id].status != ZPL_PLAN_SKIPPED)
            return false;
    return true;
}

static enum zpl_err run(struct zpl_repl *repl, const bool *only, struct zpl_run *out)
{
    struct watching watching = {0};
    struct zpl_run_options options = {.narrowing.only = only, .interrupted = &zpl_cli_signal};
    bool watched = repl->interactive;
    if (watched) {
        zpl_live_init(&watching.live, repl->cli->terminal, repl->cli->colour_out,
                      &watching.drawing);
        options.observer = (struct zpl_run_observer){.self = &watching,
                                                     .changed = watch_changed,
                                                     .progress = watch_progress,
                                                     .tick = watch_tick};
    }
    enum zpl_err err = zpl_run(&repl->session, &options, out);
    if (watched)
        zpl_live_release(&watching.live);
    return err;
}

enum zpl_err zpl_repl_compute(struct zpl_repl *repl, const bool *only, struct zpl_run *out)
{
    struct zpl_plan *plan = &out->plan;
    enum zpl_err err = zpl_plan_init(plan, &repl->session, false);
    if (err == ZPL_OK)
        err = zpl_plan_keep(plan, only);
    if (err == ZPL_OK)
        err = zpl_plan_all(plan);
    if (err == ZPL_OK && is_settled(plan))
        return ZPL_OK;
    zpl_plan_release(plan);
    if (err != ZPL_OK && err != ZPL_ERR_STEP)
        return err;
    zpl_diags_clear(&repl->session.diags); /* the run tells it with its step */
    return run(repl, only, out);
}
