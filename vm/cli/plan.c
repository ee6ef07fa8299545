/* plan.c - zpl plan.   Floor: vm. */
#include "vm/plan.h"

#include "vm/cli/cli.h"
#include "vm/report.h"
#include "vm/view/steps.h"

/* One line a step, then how many would run. */
static void show(struct zpl_cli *cli, const struct zpl_plan *plan)
{
    struct zpl_view view;
    struct zpl_buf text = {0};
    size_t would_run = 0;
    size_t unknown = 0;
    zpl_view_init(&view, plan->graph, cli->colour_out, cli->terminal ? cli->width : 0);
    for (uint32_t id = 0; id < plan->graph->count; id++) {
        zpl_view_step(&view, plan, id, &text);
        would_run += plan->steps[id].status == ZPL_PLAN_WOULD_RUN;
        unknown += plan->steps[id].status == ZPL_PLAN_UNKNOWN;
    }
    if (would_run == 0)
        zpl_buf_puts(&text, "nothing to run\n");
    else
        zpl_buf_printf(&text, "%zu to run, %zu depend%s on what that gives\n", would_run, unknown,
                       unknown == 1 ? "s" : "");
    zpl_cli_print_take(&text);
}

int zpl_cmd_plan(struct zpl_cli *cli)
{
    struct zpl_session session;
    struct zpl_plan plan = {0};
    enum zpl_err err = zpl_cli_compile(cli, &session);
    if (err == ZPL_OK)
        err = zpl_plan_init(&plan, &session, cli->options & ZPL_OPT_NO_CACHE);
    if (err == ZPL_OK)
        err = zpl_plan_all(&plan);
    bool decided = err == ZPL_OK || err == ZPL_ERR_STEP;
    if (decided && (cli->options & ZPL_OPT_JSON))
        zpl_cli_print_json_take(zpl_report_plan(&plan));
    else if (decided)
        show(cli, &plan);
    zpl_plan_release(&plan);
    return zpl_cli_end(cli, &session, err);
}
