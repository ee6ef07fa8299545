/* logs.c - zpl logs.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/follow.h"
#include "vm/protocol/json_read.h"
#include "vm/run/run_record.h"
#include "vm/view/steps.h"

/* Adds the log of one row as JSON. */
static void add_json(const char *name, const char *status, const struct zpl_step_row *row,
                     struct zpl_json *array)
{
    struct zpl_json *o = zpl_json_object();
    struct zpl_json *text =
        row != NULL ? zpl_json_stringn(row->log, row->log_len) : zpl_json_null();
    zpl_json_set_take(o, "step", zpl_json_string(name));
    zpl_json_set_take(o, "status", zpl_json_string(status));
    zpl_json_set_take(o, "log", text != NULL ? text : zpl_json_string("(bytes that are no UTF-8)"));
    zpl_json_add_take(array, o);
}

static void add_text(const struct zpl_step_row *row, struct zpl_buf *out)
{
    if (row->error != NULL)
        zpl_buf_printf(out, "error: %s\n", row->error);
    zpl_buf_add(out, row->log, row->log_len);
    if (row->log_len > 0 && row->log[row->log_len - 1] != '\n')
        zpl_buf_putc(out, '\n');
}

/* What is being told: logs of one run. */
struct telling {
    struct zpl_cli *cli;
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    int64_t run;
    struct zpl_json *json; /* NULL: `out` */
    struct zpl_buf *out;
    bool running; /* the run goes on */
    bool head;    /* a title above each */
    size_t items; /* of maps that are still told */
};

/* Why a step that has no row in the run has no log here, and where the one is that did its work.
 * CORRUPT: it has a row, which only its key leads to. */
static enum zpl_err tell_none(struct telling *t, const struct zpl_json *step, const char *name,
                              const char *status)
{
    struct zpl_digest key;
    struct zpl_step_row row;
    bool ran = strcmp(status, "ran") == 0 || strcmp(status, "failed") == 0;
    bool found = zpl_read_digest(step, "key", &key) &&
                 t->metadata->step_by_key(t->metadata->self, &key, &row, &t->cli->arena,
                                          &t->session->diags) == ZPL_OK;
    if (found && row.run == t->run && strcmp(row.name, name) == 0) {
        struct zpl_diag *diag = zpl_diag_add(
            &t->session->diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
            "cannot find step %s of run %lld in zpl.db, which has it", name, (long long)t->run);
        zpl_diag_help(&t->session->diags, diag, "`zpl doctor --repair` mends what finds it");
        return ZPL_ERR_CORRUPT;
    }
    if (ran)
        zpl_buf_printf(t->out, "%s %s in run %lld, and its log was removed with `zpl gc`", name,
                       status, (long long)t->run);
    else
        zpl_buf_printf(t->out, "%s did not run in run %lld (%s)", name, (long long)t->run, status);
    if (found)
        zpl_buf_printf(t->out, "; %s in run %lld: zpl logs %s%lld/%s%s",
                       ran ? "the same ran" : "it ran", (long long)row.run,
                       zpl_item_quote(row.name), (long long)row.run, row.name,
                       zpl_item_quote(row.name));
    zpl_buf_putc(t->out, '\n');
    return ZPL_OK;
}

static void add_row(struct telling *t, const char *name, const char *status,
                    const struct zpl_step_row *row)
{
    if (t->json != NULL) {
        add_json(name, status, row, t->json);
        return;
    }
    if (t->head)
        zpl_buf_printf(t->out, "== %s (%s)\n", name, status);
    if (row != NULL)
        add_text(row, t->out);
}

/* The log of one step of a run; of a cached one it says where it ran. */
static enum zpl_err add_log(struct telling *t, const struct zpl_json *step, const char *name,
                            const char *status)
{
    struct zpl_step_row row;
    enum zpl_err err = t->metadata->step_of_run(t->metadata->self, t->run, name, &row,
                                                &t->cli->arena, &t->session->diags);
    if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND)
        return err;
    add_row(t, name, status, err == ZPL_OK ? &row : NULL);
    if (err == ZPL_OK || t->json != NULL)
        return ZPL_OK;
    if (t->running) {
        const char *quote = zpl_item_quote(name);
        zpl_buf_printf(t->out, "%s is not at its end: zpl logs -f %s%lld/%s%s follows it\n", name,
                       quote, (long long)t->run, name, quote);
        return ZPL_OK;
    }
    return tell_none(t, step, name, status);
}

/* What a step that was stopped had printed; nothing of one that never began. */
static enum zpl_err add_stopped(struct telling *t, const char *name, const char *status)
{
    struct zpl_step_row row;
    enum zpl_err err = t->metadata->step_of_run(t->metadata->self, t->run, name, &row,
                                                &t->cli->arena, &t->session->diags);
    if (err == ZPL_OK)
        add_row(t, name, status, &row);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* Of a run that has left no plan (it goes on, or was killed) all that has ended, or the items of it that
 * `wanted` names. */
static enum zpl_err add_rows(struct telling *t, const char *wanted)
{
    const char **names;
    size_t count;
    int64_t last = 0;
    struct zpl_item_path path;
    struct zpl_step_row row;
    enum zpl_err err = t->metadata->step_names(t->metadata->self, t->run, &last, &names, &count,
                                               &t->cli->arena, &t->session->diags);
    t->head = true;
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        if (wanted != NULL && !zpl_item_match(wanted, names[i], strlen(names[i]), &path))
            continue;
        err = t->metadata->step_of_run(t->metadata->self, t->run, names[i], &row, &t->cli->arena,
                                       &t->session->diags);
        if (err == ZPL_OK)
            add_row(t, names[i], row.status == ZPL_STEP_RAN ? "ran" : "failed", &row);
    }
    return err;
}

/* Of an item that ran; where all steps are told, of those that failed alone. */
static enum zpl_err add_item(void *self, const struct zpl_json *step, const char *name,
                             enum zpl_plan_status status)
{
    struct telling *t = self;
    if ((status != ZPL_PLAN_RAN && status != ZPL_PLAN_FAILED) || t->items == 0)
        return ZPL_OK;
    t->items--;
    return add_log(t, step, name, zpl_plan_status_name(status));
}

static enum zpl_err add_failed(void *self, const struct zpl_json *step, const char *name,
                               enum zpl_plan_status status)
{
    return status == ZPL_PLAN_FAILED ? add_item(self, step, name, status) : ZPL_OK;
}

/* Of a step inside a map: the logs of its items, of those that failed where it is one of all steps. */
static enum zpl_err add_items(struct telling *t, const struct zpl_json *step, const char *name,
                              const char *status, bool all)
{
    const struct zpl_json *made = zpl_json_get(step, "made");
    size_t counts[ZPL_PLAN_STATES];
    if (!zpl_run_record_counts(step, counts) ||
        counts[ZPL_PLAN_RAN] + counts[ZPL_PLAN_FAILED] == 0) {
        if (all && t->json == NULL)
            zpl_buf_printf(t->out, "%s did not run in run %lld (%s)\n", name, (long long)t->run,
                           status);
        return ZPL_OK;
    }
    if (!all && t->json == NULL) {
        zpl_buf_printf(t->out, "== %s (%s)\n", name, status);
        zpl_view_items(counts, t->out);
        zpl_buf_printf(t->out, ", which have logs of their own: zpl logs '%lld/%s'\n",
                       (long long)t->run, name);
    }
    t->head = true;
    t->items = all ? SIZE_MAX : ZPL_CLI_ITEMS_TOLD;
    return zpl_run_record_each(step, name, made, all ? add_item : add_failed, t, &t->cli->arena);
}

/* The step that is wanted, or an item of it; told when there is none. */
static enum zpl_err add_wanted(struct telling *t, struct zpl_run_record *record, const char *wanted)
{
    const char *output = NULL;
    const struct zpl_json *step = zpl_run_record_step(record, wanted, &output);
    enum zpl_err err = ZPL_OK;
    if (record->plan == NULL && strstr(wanted, "[*]") != NULL)
        return add_rows(t, wanted);
    if (record->plan == NULL)
        return add_log(t, NULL, wanted, t->running ? "running" : "interrupted");
    if (step == NULL)
        err =
            zpl_run_record_item(t->session, t->run, record, wanted, &step, &output, &t->cli->arena);
    if (err != ZPL_OK)
        return err;
    if (step != NULL && output == NULL) {
        const char *status = zpl_json_str(zpl_json_get(step, "status"), "");
        return zpl_json_get(step, "made") != NULL ? add_items(t, step, wanted, status, true)
                                                  : add_log(t, step, wanted, status);
    }
    size_t count;
    const char **names = zpl_run_record_names(record, &t->cli->arena, &count);
    const char *near = zpl_cli_near_step(wanted, names, count);
    struct zpl_diag *diag =
        zpl_diag_add(&t->session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     "run %lld has no step '%s'", (long long)t->run, wanted);
    if (near != NULL)
        zpl_diag_help(&t->session->diags, diag, "did you mean %s?", near);
    else
        zpl_diag_help(&t->session->diags, diag, "`zpl show %lld` lists its steps",
                      (long long)t->run);
    return ZPL_ERR_NOT_FOUND;
}

/* The logs asked for: of one step, or of all. */
static enum zpl_err collect(struct zpl_cli *cli, struct zpl_session *session,
                            const struct zpl_run_row *run, const char *wanted,
                            struct zpl_json *json, struct zpl_buf *out)
{
    struct zpl_run_record record = {0};
    struct telling t = {.cli = cli,
                        .session = session,
                        .run = run->id,
                        .json = json,
                        .out = out,
                        .running = run->status == ZPL_RUN_RUNNING};
    enum zpl_err err = zpl_session_metadata(session, false, &t.metadata);
    if (err == ZPL_OK)
        err = zpl_run_record_open(run, &record, &session->diags);
    if (err == ZPL_OK && wanted != NULL)
        err = add_wanted(&t, &record, wanted);
    else if (err == ZPL_OK && record.plan == NULL)
        err = add_rows(&t, NULL);
    for (size_t i = 0; err == ZPL_OK && wanted == NULL && i < zpl_json_count(record.steps); i++) {
        const struct zpl_json *step = zpl_json_at(record.steps, i);
        const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
        const char *status = zpl_json_str(zpl_json_get(step, "status"), "");
        t.head = true;
        if (zpl_json_get(step, "made") != NULL)
            err = add_items(&t, step, name, status, false);
        else if (strcmp(status, "ran") == 0 || strcmp(status, "failed") == 0)
            err = add_log(&t, step, name, status);
        else if (strcmp(status, "cancelled") == 0)
            err = add_stopped(&t, name, status);
    }
    zpl_run_record_release(&record);
    return err == ZPL_ERR_NOMEM ? zpl_diag_nomem(&session->diags) : err;
}

/* Where there is nothing to print it is said why, beside the logs. */
static void tell_empty(const struct zpl_run_row *run, const char *wanted)
{
    if (run->status == ZPL_RUN_RUNNING)
        fprintf(stderr, "nothing of run %lld is at its end: zpl logs -f %lld follows it\n",
                (long long)run->id, (long long)run->id);
    else if (wanted != NULL)
        fprintf(stderr, "%s printed nothing in run %lld\n", wanted, (long long)run->id);
    else
        fprintf(stderr, "no step ran in run %lld: zpl show %lld\n", (long long)run->id,
                (long long)run->id);
}

int zpl_cmd_logs(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_run_path path;
    struct zpl_run_row run;
    struct zpl_buf text = {0};
    bool json = cli->options & ZPL_OPT_JSON;
    if (json && (cli->options & ZPL_OPT_FOLLOW))
        return zpl_cli_usage(cli, ZPL_CODE_USAGE, NULL, "--follow and --json do not go together");
    struct zpl_json *array = json ? zpl_json_array() : NULL;
    if (!zpl_cli_run_path(cli, cli->word_count > 0 ? cli->words[0] : "last", &path)) {
        zpl_json_release(array);
        return ZPL_EXIT_USAGE;
    }
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_cli_find_run(cli, &session, &path, &run);
    bool shown = false;
    if (err == ZPL_OK && (cli->options & ZPL_OPT_FOLLOW) && run.status == ZPL_RUN_RUNNING) {
        err = zpl_cli_follow(cli, &session, &run, path.step, &shown);
        if (err == ZPL_OK && !shown) /* it did not run: said as it is of a run that has ended */
            err = zpl_cli_find_run(cli, &session, &path, &run);
    }
    if (err == ZPL_OK && !shown)
        err = collect(cli, &session, &run, path.step, array, &text);
    if (err == ZPL_OK && array != NULL) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
        zpl_json_set_take(o, "run", zpl_json_int(run.id));
        zpl_json_set_take(o, "logs", zpl_json_ref(array));
        zpl_cli_print_json_take(o);
    }
    zpl_json_release(array);
    if (err == ZPL_OK && !json && !shown && text.len == 0)
        tell_empty(&run, path.step);
    zpl_cli_print_take(&text);
    return zpl_cli_end(cli, &session, err);
}
