/* run.c - zpl run.   Floor: vm. */
#include "vm/run.h"

#include <string.h>

#include "lang/base/text.h"
#include "vm/cli/cli.h"
#include "vm/report.h"
#include "vm/view/live.h"
#include "vm/view/term.h"

/* How many steps ended in a state. */
static size_t count_of(const struct zpl_plan *plan, enum zpl_plan_status status)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->graph->count; i++)
        n += plan->steps[i].status == status;
    return n;
}

/* "done in 12.3 s: 8 ran, 1 cached" and what to look at next. */
static void summary(const struct zpl_cli *cli, const struct zpl_run *run, struct zpl_buf *out)
{
    static const enum zpl_plan_status STATES[] = {ZPL_PLAN_RAN, ZPL_PLAN_CACHED, ZPL_PLAN_SKIPPED,
                                                  ZPL_PLAN_FAILED, ZPL_PLAN_CANCELLED};
    enum zpl_paint paint = run->status == ZPL_RUN_DONE ? ZPL_GREEN : ZPL_RED;
    const char *comma = "";
    zpl_buf_printf(out, "%s%s%s in ", zpl_term_paint(paint, cli->colour_out),
                   zpl_run_status_name(run->status), zpl_term_paint(ZPL_PLAIN, cli->colour_out));
    zpl_text_show_ms(out, (uint64_t)(run->ended_ns - run->started_ns) / 1000000);
    zpl_buf_puts(out, ": ");
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        size_t n = count_of(&run->plan, STATES[i]);
        if (n == 0)
            continue;
        zpl_buf_printf(out, "%s%zu %s", comma, n, zpl_plan_status_name(STATES[i]));
        comma = ", ";
    }
    if (run->plan.graph->count == 0)
        zpl_buf_puts(out, "the program calls no step");
    if (run->status == ZPL_RUN_FAILED)
        zpl_buf_printf(out, "      next: zpl logs %lld", (long long)run->id);
    else
        zpl_buf_printf(out, "      next: zpl show %lld", (long long)run->id);
    zpl_buf_putc(out, '\n');
}

int zpl_cmd_run(struct zpl_cli *cli)
{
    struct zpl_session session;
    struct zpl_live live;
    struct zpl_run run = {0};
    struct zpl_run_options options = {.no_cache = cli->options & ZPL_OPT_NO_CACHE,
                                      .fail_fast = cli->options & ZPL_OPT_FAIL_FAST,
                                      .interrupted = &zpl_cli_signal};
    bool json = cli->options & ZPL_OPT_JSON;
    enum zpl_err err = zpl_cli_compile(cli, &session);
    if (err != ZPL_OK)
        return zpl_cli_end(cli, &session, err);
    if (!json)
        zpl_live_init(&live, cli->terminal, cli->colour_out, &options.observer);
    err = zpl_run(&session, &options, &run);
    if (!json)
        zpl_live_release(&live);
    if (json && run.id > 0) {
        zpl_cli_print_json_take(zpl_report_run(&run));
    } else if (run.id > 0) {
        struct zpl_buf text = {0};
        summary(cli, &run, &text);
        zpl_cli_print_take(&text);
    }
    zpl_run_release(&run);
    return zpl_cli_end(cli, &session, err);
}
