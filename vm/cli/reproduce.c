/* reproduce.c - zpl reproduce.   Floor: vm. */
#include "vm/reproduce/reproduce.h"

#include "vm/cli/cli.h"
#include "vm/view/live.h"
#include "vm/view/reproduce.h"
#include "vm/view/term.h"

static void on_told(void *self, const struct zpl_json *step)
{
    struct zpl_live *live = self;
    struct zpl_buf line = {0};
    zpl_view_reproduced_step(&live->view, step, &line);
    zpl_live_line(live, zpl_buf_str(&line));
    zpl_buf_release(&line);
}

/* Names of all steps, before the first line. */
static void measure(struct zpl_live *live, const struct zpl_run_record *record)
{
    live->measured = true;
    zpl_view_resize(&live->view, live->terminal ? zpl_term_width() : 0);
    zpl_view_measure(&live->view, "");
    for (size_t i = 0; i < zpl_json_count(record->steps); i++)
        zpl_view_measure(&live->view,
                         zpl_json_str(zpl_json_get(zpl_json_at(record->steps, i), "name"), ""));
}

static enum zpl_err find_run(struct zpl_cli *cli, struct zpl_session *session,
                             struct zpl_run_row *run, struct zpl_run_record *record)
{
    struct zpl_run_path path;
    struct zpl_part part;
    struct zpl_metadata *metadata;
    enum zpl_err err = zpl_cli_has_store(session);
    if (err != ZPL_OK)
        return err;
    if (!zpl_cli_run_path(cli, cli->word_count > 0 ? cli->words[0] : "last", &path))
        return ZPL_ERR_USAGE;
    if (path.step != NULL) {
        zpl_cli_usage(cli, ZPL_CODE_USAGE, "leave out what stands behind the number of the run",
                      "whole runs are done again, not '%s'", path.step);
        return ZPL_ERR_USAGE;
    }
    err = zpl_session_metadata(session, true, &metadata); /* it remembers digests of files */
    return err == ZPL_OK ? zpl_cli_find_part(cli, session, &path, run, record, &part) : err;
}

int zpl_cmd_reproduce(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_run_row run = {0};
    struct zpl_run_record record = {0};
    struct zpl_live live;
    struct zpl_json *answer = NULL;
    bool json = cli->options & ZPL_OPT_JSON;
    struct zpl_reproduce_options options = {
        .run = &run, .record = &record, .interrupted = &zpl_cli_signal};
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = find_run(cli, &session, &run, &record);
    zpl_live_init(&live, cli->terminal && !json, cli->colour_out, &options.observer);
    if (json)
        options.observer = (struct zpl_run_observer){0};
    else
        options.told = on_told;
    measure(&live, &record);
    if (err == ZPL_OK)
        err = zpl_reproduce(&session, &options, &answer);
    const struct zpl_view view = live.view;
    zpl_live_release(&live);
    bool same = zpl_json_truth(zpl_json_get(answer, "reproduced"), false);
    if (err == ZPL_OK && json) {
        zpl_cli_print_json_take(zpl_json_ref(answer));
    } else if (err == ZPL_OK) {
        struct zpl_buf text = {0};
        zpl_view_reproduced(&view, answer, &text);
        zpl_cli_print_take(&text);
    }
    zpl_json_release(answer);
    zpl_run_record_release(&record);
    int code = zpl_cli_end(cli, &session, err);
    return code == ZPL_EXIT_DONE && !same ? ZPL_EXIT_FAILED : code;
}
