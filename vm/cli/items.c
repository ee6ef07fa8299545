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

enum zpl_err zpl_cli_items_told(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                                const struct zpl_json *step, struct zpl_json *lines)
{
    struct telling t = {.session = session, .run = run, .lines = lines, .arena = &cli->arena};
    size_t counts[ZPL_PLAN_STATES];
    struct zpl_buf line = {0};
    const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
    if (!zpl_run_record_counts(step, counts))
        return ZPL_OK;
    zpl_view_items(counts, &line);
    zpl_json_add_take(lines, zpl_json_string(zpl_buf_str(&line)));
    zpl_buf_clear(&line);
    enum zpl_err err =
        counts[ZPL_PLAN_FAILED] > 0 ? zpl_session_metadata(session, false, &t.metadata) : ZPL_OK;
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
