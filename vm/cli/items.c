/* items.c - what became of the items of a step inside maps, in lines.   Floor: vm. */
#include "lang/base/text.h"
#include "vm/cli/cli.h"
#include "vm/view/steps.h"

struct telling {
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    int64_t run;
    struct zpl_json *lines;
    struct zpl_arena *arena;
    size_t told;
};

/* "slow[3] failed: exit code 3; zpl show '1/slow[3]'" */
static enum zpl_err tell_failed(void *self, const struct zpl_json *step, const char *name,
                                enum zpl_plan_status status)
{
    struct telling *t = self;
    struct zpl_step_row row = {0};
    struct zpl_buf line = {0};
    (void)step;
    if (status != ZPL_PLAN_FAILED || t->told == ZPL_CLI_ITEMS_TOLD)
        return ZPL_OK;
    enum zpl_err err = t->metadata->step_of_run(t->metadata->self, t->run, name, &row, t->arena,
                                                &t->session->diags);
    if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND)
        return err;
    t->told++;
    zpl_buf_printf(&line, "%s failed", name);
    if (err == ZPL_OK && row.error != NULL)
        zpl_buf_printf(&line, ": %s", row.error);
    zpl_buf_printf(&line, "; zpl show '%lld/%s'", (long long)t->run, name);
    zpl_json_add_take(t->lines, zpl_json_string(zpl_buf_str(&line)));
    zpl_buf_release(&line);
    return ZPL_OK;
}

/* "; mae 2.253 … 4.032, mean 3.106" */
static enum zpl_err add_figures(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                                struct zpl_run_record *record, const struct zpl_json *step,
                                const size_t counts[ZPL_PLAN_STATES], struct zpl_buf *out)
{
    struct zpl_json *items = zpl_json_array();
    struct zpl_buf text = {0};
    size_t all = 0;
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; i < ZPL_PLAN_STATES; i++)
        all += counts[i];
    if (all <= ZPL_FIGURES_MOST)
        err = zpl_run_record_items(session, run, record, step, all, items, &cli->arena);
    if (err == ZPL_OK)
        zpl_view_items_figures(items, zpl_json_get(step, "outputs"), &text);
    if (text.len > 0)
        zpl_buf_printf(out, "; %s", zpl_buf_str(&text));
    zpl_buf_release(&text);
    zpl_json_release(items);
    return err;
}

enum zpl_err zpl_cli_items_told(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                                struct zpl_run_record *record, const struct zpl_json *step,
                                struct zpl_json *lines)
{
    struct telling t = {.session = session, .run = run, .lines = lines, .arena = &cli->arena};
    size_t counts[ZPL_PLAN_STATES];
    struct zpl_buf line = {0};
    const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
    if (!zpl_run_record_counts(step, counts))
        return ZPL_OK;
    zpl_view_items(counts, &line);
    enum zpl_err err = add_figures(cli, session, run, record, step, counts, &line);
    zpl_json_add_take(lines, zpl_json_string(zpl_buf_str(&line)));
    zpl_buf_clear(&line);
    if (err == ZPL_OK && counts[ZPL_PLAN_FAILED] > 0)
        err = zpl_session_metadata(session, false, &t.metadata);
    if (err == ZPL_OK && t.metadata != NULL)
        err = zpl_run_record_each(step, name, zpl_json_get(step, "made"), tell_failed, &t,
                                  &cli->arena);
    if (err == ZPL_OK && t.told > 0 && counts[ZPL_PLAN_FAILED] > t.told) {
        zpl_text_show_count(&line, counts[ZPL_PLAN_FAILED] - t.told);
        zpl_buf_printf(&line, " more failed; zpl logs '%lld/%s'", (long long)run, name);
        zpl_json_add_take(lines, zpl_json_string(zpl_buf_str(&line)));
    }
    zpl_buf_release(&line);
    return err == ZPL_ERR_NOMEM ? zpl_diag_nomem(&session->diags) : err;
}
