/* logs.c - zpl logs.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/follow.h"
#include "vm/json_read.h"
#include "vm/run_record.h"

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

/* The run that did the work of a step that was cached in this one; 0: unknown. */
static int64_t origin(struct zpl_cli *cli, struct zpl_session *session,
                      struct zpl_metadata *metadata, const struct zpl_json *step)
{
    struct zpl_digest key;
    struct zpl_step_row row;
    if (!zpl_read_digest(step, "key", &key) ||
        metadata->step_by_key(metadata->self, &key, &row, &cli->arena, &session->diags) != ZPL_OK)
        return 0;
    return row.run;
}

/* The log of one step of a run; of a cached one it says where it ran.  `head` puts a title above. */
static enum zpl_err add_log(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                            const struct zpl_json *step, const char *name, bool head,
                            struct zpl_json *json, struct zpl_buf *out)
{
    struct zpl_metadata *metadata;
    struct zpl_step_row row;
    const char *status = zpl_json_str(zpl_json_get(step, "status"), "interrupted");
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK)
        err = metadata->step_of_run(metadata->self, run, name, &row, &cli->arena, &session->diags);
    if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND)
        return err;
    int64_t ran = err == ZPL_OK ? run : origin(cli, session, metadata, step);
    if (err != ZPL_OK && ran == run) { /* by its key it is there */
        struct zpl_diag *diag = zpl_diag_add(
            &session->diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
            "cannot find step %s of run %lld in zpl.db, which has it", name, (long long)run);
        zpl_diag_help(&session->diags, diag, "`zpl doctor --repair` mends what finds it");
        return ZPL_ERR_CORRUPT;
    }
    if (json != NULL) {
        add_json(name, status, err == ZPL_OK ? &row : NULL, json);
        return ZPL_OK;
    }
    if (head)
        zpl_buf_printf(out, "== %s (%s)\n", name, status);
    if (err == ZPL_OK) {
        add_text(&row, out);
        return ZPL_OK;
    }
    zpl_buf_printf(out, "%s did not run in run %lld (%s)", name, (long long)run, status);
    if (ran > 0)
        zpl_buf_printf(out, "; it ran in run %lld: zpl logs %lld/%s", (long long)ran,
                       (long long)ran, name);
    zpl_buf_putc(out, '\n');
    return ZPL_OK;
}

/* The logs asked for: of one step, or of all. */
static enum zpl_err collect(struct zpl_cli *cli, struct zpl_session *session,
                            const struct zpl_run_row *run, const char *wanted,
                            struct zpl_json *json, struct zpl_buf *out)
{
    struct zpl_run_record record;
    struct zpl_span nowhere = {0};
    enum zpl_err err = zpl_run_record_open(run, &record, &session->diags);
    bool found = false;
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(record.steps); i++) {
        const struct zpl_json *step = zpl_json_at(record.steps, i);
        const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
        const char *status = zpl_json_str(zpl_json_get(step, "status"), "");
        if (wanted != NULL && strcmp(wanted, name) != 0)
            continue;
        found = true;
        if (wanted != NULL || strcmp(status, "ran") == 0 || strcmp(status, "failed") == 0)
            err = add_log(cli, session, run->id, step, name, wanted == NULL, json, out);
    }
    if (err == ZPL_OK && record.plan == NULL && wanted != NULL) {
        found = true;
        err = add_log(cli, session, run->id, NULL, wanted, false, json, out);
    }
    if (err == ZPL_OK && wanted != NULL && !found) {
        size_t count;
        const char **names = zpl_run_record_names(&record, &cli->arena, &count);
        const char *near = zpl_cli_near_step(wanted, names, count);
        struct zpl_diag *diag =
            zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, nowhere,
                         "run %lld has no step '%s'", (long long)run->id, wanted);
        if (near != NULL)
            zpl_diag_help(&session->diags, diag, "did you mean %s?", near);
        else
            zpl_diag_help(&session->diags, diag, "`zpl show %lld` lists its steps",
                          (long long)run->id);
        err = ZPL_ERR_NOT_FOUND;
    }
    zpl_run_record_release(&record);
    return err;
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
    zpl_cli_print_take(&text);
    return zpl_cli_end(cli, &session, err);
}
