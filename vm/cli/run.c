/* run.c - zpl run.   Floor: vm. */
#include "vm/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/text.h"
#include "vm/cli/cli.h"
#include "vm/run/report.h"
#include "vm/run/settled.h"
#include "vm/view/events.h"
#include "vm/view/live.h"
#include "vm/view/steps.h"
#include "vm/view/term.h"

/* "done in 12.3 s: 8 ran, 1 cached" and what to look at next; `counts` by the state of steps. */
static void summary(const struct zpl_cli *cli, int64_t id, enum zpl_run_status status,
                    int64_t duration_ns, const size_t *counts, struct zpl_buf *out)
{
    static const enum zpl_plan_status STATES[] = {ZPL_PLAN_RAN, ZPL_PLAN_CACHED, ZPL_PLAN_SKIPPED,
                                                  ZPL_PLAN_FAILED, ZPL_PLAN_CANCELLED};
    enum zpl_paint paint = status == ZPL_RUN_DONE ? ZPL_GREEN : ZPL_RED;
    const char *comma = "";
    zpl_buf_printf(out, "%s%s%s in ", zpl_term_paint(paint, cli->colour_out),
                   zpl_run_status_name(status), zpl_term_paint(ZPL_PLAIN, cli->colour_out));
    zpl_text_show_ms(out, (uint64_t)duration_ns / 1000000);
    zpl_buf_puts(out, ": ");
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        size_t n = counts[STATES[i]];
        if (n == 0)
            continue;
        zpl_buf_printf(out, "%s%zu %s", comma, n, zpl_plan_status_name(STATES[i]));
        comma = ", ";
    }
    if (*comma == '\0')
        zpl_buf_puts(out, "the program calls no step");
    if (status == ZPL_RUN_FAILED)
        zpl_buf_printf(out, "      next: zpl logs %lld", (long long)id);
    else
        zpl_buf_printf(out, "      next: zpl show %lld", (long long)id);
    zpl_buf_putc(out, '\n');
}

/* A run that found everything as it was left, for other programs: its plan is that of the store. */
static enum zpl_err print_settled_json(struct zpl_cli *cli, struct zpl_session *session,
                                       const struct zpl_settled *settled)
{
    struct zpl_metadata *metadata;
    struct zpl_run_row row;
    struct zpl_run_record record = {0};
    int64_t took_ns = settled->ended_ns - settled->started_ns;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK)
        err = metadata->run_get(metadata->self, settled->run, &row, &cli->arena, &session->diags);
    if (err == ZPL_OK)
        err = zpl_run_record_open(&row, &record, &session->diags);
    if (err == ZPL_OK && cli->options & ZPL_OPT_EVENTS) {
        for (size_t i = 0; i < zpl_json_count(record.steps); i++)
            zpl_events_step(zpl_json_at(record.steps, i));
        zpl_events_end(settled->run, ZPL_RUN_DONE, took_ns);
    } else if (err == ZPL_OK) {
        struct zpl_json *shown = zpl_report_of_record(record.plan);
        zpl_report_set_run(shown, settled->run, ZPL_RUN_DONE, took_ns);
        zpl_cli_print_json_take(shown);
    }
    zpl_run_record_release(&record);
    return err;
}

/* The same for people. */
static void print_settled(const struct zpl_cli *cli, const struct zpl_settled *settled)
{
    struct zpl_view view = {.colour = cli->colour_out,
                            .width = cli->terminal ? zpl_term_width() : 0};
    struct zpl_buf text = {0};
    size_t counts[ZPL_PLAN_STATES] = {0};
    zpl_view_measure(&view, "");
    for (size_t i = 0; i < settled->step_count; i++)
        zpl_view_measure(&view, settled->steps[i].name);
    for (size_t i = 0; i < settled->step_count; i++) {
        const struct zpl_settled_step *step = &settled->steps[i];
        counts[step->status]++;
        zpl_view_line(&view, step->status, step->name, "", step->rest, &text);
    }
    summary(cli, settled->run, ZPL_RUN_DONE, settled->ended_ns - settled->started_ns, counts,
            &text);
    zpl_cli_print_take(&text);
}

static enum zpl_err print_recalled(struct zpl_cli *cli, struct zpl_session *session,
                                   const struct zpl_settled *settled)
{
    if (cli->options & (ZPL_OPT_JSON | ZPL_OPT_EVENTS))
        return print_settled_json(cli, session, settled);
    print_settled(cli, settled);
    return ZPL_OK;
}

/* Is a run of all of it asked for, of which nothing is done again? */
static bool may_recall(const struct zpl_cli *cli)
{
    return !(cli->options & (ZPL_OPT_NO_CACHE | ZPL_OPT_ONLY | ZPL_OPT_FROM));
}

/* Is the run of a program that was compiled over without being planned?  Then it is printed. */
static enum zpl_err try_graph(struct zpl_cli *cli, struct zpl_session *session, bool *over)
{
    struct zpl_settled settled;
    const struct zpl_session_options opened = zpl_cli_session_options(cli);
    *over = false;
    if (!may_recall(cli))
        return ZPL_OK;
    enum zpl_err err = zpl_settled_recall_graph(session, &opened, cli->options & ZPL_OPT_EVENTS,
                                                &settled, over, &cli->arena);
    if (getenv("ZPL_TRACE") != NULL)
        fprintf(stderr, "trace of the graph: %s%s\n",
                *over ? "recalled" : "planned: ", *over ? "" : settled.doubt);
    return err == ZPL_OK && *over ? print_recalled(cli, session, &settled) : err;
}

/* The run in full: evaluated, keyed, carried out. */
static enum zpl_err run_program(struct zpl_cli *cli, struct zpl_session *session)
{
    bool over = false;
    struct zpl_live live;
    struct zpl_run run = {0};
    struct zpl_run_options options = {.no_cache = cli->options & ZPL_OPT_NO_CACHE,
                                      .fail_fast = cli->options & ZPL_OPT_FAIL_FAST,
                                      .interrupted = &zpl_cli_signal};
    const struct zpl_session_options opened = zpl_cli_session_options(cli);
    bool json = cli->options & ZPL_OPT_JSON, events = cli->options & ZPL_OPT_EVENTS;
    enum zpl_err err = zpl_cli_compile_open(cli, session);
    if (err == ZPL_OK)
        err = try_graph(cli, session, &over);
    if (err == ZPL_OK && !over)
        err = zpl_cli_narrow(cli, session, &options.narrowing);
    if (err != ZPL_OK || over)
        return err;
    zpl_cli_tell_warnings(cli, session);
    if (events)
        zpl_events_init(&options.observer);
    else if (!json)
        zpl_live_init(&live, cli->terminal, cli->colour_out, &options.observer);
    err = zpl_run(session, &options, &run);
    if (!json && !events)
        zpl_live_release(&live);
    if (events && run.id > 0) {
        zpl_events_end(run.id, run.status, run.ended_ns - run.started_ns);
    } else if (json && run.id > 0) {
        zpl_cli_print_json_take(zpl_report_run(&run));
    } else if (run.id > 0) {
        struct zpl_buf text = {0};
        size_t counts[ZPL_PLAN_STATES] = {0};
        for (size_t i = 0; i < run.plan.graph->count; i++)
            counts[run.plan.steps[i].status]++;
        summary(cli, run.id, run.status, run.ended_ns - run.started_ns, counts, &text);
        zpl_cli_print_take(&text);
    }
    if (err == ZPL_OK)
        err = zpl_settled_keep(&run, &opened, zpl_view_rest);
    zpl_run_release(&run);
    return err;
}

/* Is the run over without evaluating the program?  Then it is printed.  Nothing is left open otherwise. */
static enum zpl_err try_settled(struct zpl_cli *cli, struct zpl_session *session, bool *over)
{
    struct zpl_settled settled;
    const struct zpl_session_options opened = zpl_cli_session_options(cli);
    *over = false;
    if ((cli->options & ZPL_OPT_JSON) && (cli->options & ZPL_OPT_EVENTS)) {
        memset(session, 0, sizeof *session);
        zpl_cli_usage(cli, ZPL_CODE_USAGE, "give one of them",
                      "--json prints one value, --events many");
        return ZPL_ERR_USAGE;
    }
    enum zpl_err err = zpl_cli_open(cli, session, cli->words[0]);
    if (err != ZPL_OK || !may_recall(cli))
        return err;
    err = zpl_settled_recall(session, &opened, cli->options & ZPL_OPT_EVENTS, &settled, over,
                             &cli->arena);
    if (getenv("ZPL_TRACE") != NULL)
        fprintf(stderr, "trace: %s%s\n",
                *over ? "recalled" : "evaluated: ", *over ? "" : settled.doubt);
    return err == ZPL_OK && *over ? print_recalled(cli, session, &settled) : err;
}

int zpl_cmd_run(struct zpl_cli *cli)
{
    struct zpl_session session;
    bool over;
    enum zpl_err err = try_settled(cli, &session, &over);
    if (err != ZPL_OK || over)
        return zpl_cli_end(cli, &session, err);
    zpl_session_release(&session);
    if (!zpl_cli_start_workers(cli))
        return ZPL_EXIT_UNREACHABLE;
    err = zpl_cli_open(cli, &session, cli->words[0]);
    if (err == ZPL_OK)
        err = run_program(cli, &session);
    return zpl_cli_end(cli, &session, err);
}
