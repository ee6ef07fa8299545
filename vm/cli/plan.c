/* plan.c - zpl plan.   Floor: vm. */
#include "vm/plan/plan.h"

#include <string.h>

#include "lang/base/text.h"
#include "vm/cli/cli.h"
#include "vm/plan/outlook.h"
#include "vm/run/report.h"
#include "vm/view/steps.h"

#define TOUCHES_TOLD 8 /* of each kind */

/* "2 to run, 1 depends on what that gives; last time they took 12.3 s" */
static void count(const struct zpl_plan *plan, struct zpl_buf *out)
{
    size_t would_run = 0, unknown = 0, known = 0, items = 0;
    int64_t last_ns = 0;
    for (uint32_t id = 0; id < plan->graph->count; id++) {
        const struct zpl_step_plan *step = &plan->steps[id];
        would_run += step->status == ZPL_PLAN_WOULD_RUN;
        unknown += step->status == ZPL_PLAN_UNKNOWN;
        known += step->last.known;
        items += plan->graph->nodes[id].map != 0 && step->status == ZPL_PLAN_UNKNOWN &&
                 !step->last.known;
        last_ns += step->last.duration_ns;
    }
    if (would_run == 0) {
        zpl_buf_puts(out, "nothing to run\n");
        return;
    }
    zpl_buf_printf(out, "%zu to run, %zu depend%s on what that gives", would_run, unknown,
                   unknown == 1 ? "s" : "");
    if (known > 0) {
        zpl_buf_printf(out, "; last time %s took ",
                       known == would_run + unknown ? "they" : "those of them that ran");
        zpl_text_show_ms(out, (uint64_t)last_ns / 1000000);
        zpl_buf_puts(out,
                     items > 0 ? ", without the items of an `each` whose list is not known" : "");
    }
    zpl_buf_putc(out, '\n');
}

static void touch(const char *verb, const struct zpl_outlook_list *list, struct zpl_buf *out)
{
    for (size_t i = 0; i < list->count && i < TOUCHES_TOLD; i++) {
        zpl_buf_printf(out, "%-9s ", i == 0 ? verb : "");
        zpl_text_scrub(out, list->items[i], strlen(list->items[i]));
        zpl_buf_putc(out, '\n');
    }
    if (list->count > TOUCHES_TOLD)
        zpl_buf_printf(out, "          and %zu more\n", list->count - TOUCHES_TOLD);
}

/* One line a step, how many would run, and what the program touches. */
static void show(struct zpl_cli *cli, const struct zpl_plan *plan,
                 const struct zpl_outlook *outlook)
{
    struct zpl_view view = {0};
    struct zpl_buf text = {0};
    for (uint32_t id = 0; id < plan->graph->count; id++)
        view.costs = view.costs || plan->steps[id].last.known;
    zpl_view_init(&view, plan->graph, cli->colour_out, cli->terminal ? cli->width : 0);
    for (uint32_t id = 0; id < plan->graph->count; id++)
        if (plan->steps[id].status != ZPL_PLAN_PENDING)
            zpl_view_step(&view, plan, id, &text);
    count(plan, &text);
    touch("reads", &outlook->reads, &text);
    touch("runs", &outlook->runs, &text);
    touch("loads", &outlook->loads, &text);
    touch("connects", &outlook->connects, &text);
    touch("deploys", &outlook->deploys, &text);
    touch("finds", &outlook->finds, &text);
    touch("writes", &outlook->writes, &text);
    touch("takes", &outlook->takes, &text);
    zpl_cli_print_take(&text);
}

int zpl_cmd_plan(struct zpl_cli *cli)
{
    struct zpl_session session;
    struct zpl_plan plan = {0};
    struct zpl_outlook outlook;
    struct zpl_narrowing narrowing;
    enum zpl_err err = zpl_cli_compile(cli, &session);
    if (err == ZPL_OK)
        err = zpl_cli_narrow(cli, &session, &narrowing);
    if (err == ZPL_OK)
        err = zpl_plan_init(&plan, &session, cli->options & ZPL_OPT_NO_CACHE);
    if (err == ZPL_OK)
        err = zpl_plan_narrow(&plan, &narrowing);
    if (err == ZPL_OK)
        err = zpl_plan_all(&plan);
    bool decided = err == ZPL_OK || err == ZPL_ERR_STEP;
    enum zpl_err looked = decided ? zpl_outlook_costs(&plan) : ZPL_OK;
    if (decided && looked == ZPL_OK)
        looked = zpl_outlook(&plan, &outlook);
    if (looked != ZPL_OK)
        err = looked;
    else if (decided && (cli->options & ZPL_OPT_JSON))
        zpl_cli_print_json_take(zpl_report_outlook(&plan, &outlook));
    else if (decided)
        show(cli, &plan, &outlook);
    zpl_plan_release(&plan);
    return zpl_cli_end(cli, &session, err);
}
