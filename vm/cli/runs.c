/* runs.c - zpl runs.   Floor: vm. */
#include "lang/base/fs.h"
#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"
#include "vm/run/report.h"
#include "vm/view/steps.h"
#include "vm/view/term.h"

static void print_json(const struct zpl_run_row *rows, size_t count)
{
    struct zpl_json *o = zpl_json_object();
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++) {
        struct zpl_json *r = zpl_json_object();
        zpl_json_set_take(r, "run", zpl_json_int(rows[i].id));
        zpl_json_set_take(r, "pipeline", zpl_json_string(rows[i].pipeline));
        zpl_json_set_take(r, "file", zpl_json_string(rows[i].file));
        zpl_json_set_take(r, "status", zpl_json_string(zpl_run_status_name(rows[i].status)));
        zpl_json_set_take(r, "started_ns", zpl_json_int(rows[i].started_ns));
        zpl_json_set_take(r, "ended_ns", zpl_json_int(rows[i].ended_ns));
        zpl_json_set_take(r, "error", zpl_json_string(rows[i].error));
        zpl_json_add_take(array, r);
    }
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "runs", array);
    zpl_cli_print_json_take(o);
}

/* "  12  done         delays      2026-11-24 03:40:36   12.3 s" */
static void print_text(const struct zpl_cli *cli, const struct zpl_run_row *rows, size_t count)
{
    struct zpl_buf out = {0};
    for (size_t i = 0; i < count; i++) {
        enum zpl_paint paint = rows[i].status == ZPL_RUN_DONE ? ZPL_GREEN : ZPL_YELLOW;
        zpl_buf_printf(&out, "%5lld  %s", (long long)rows[i].id,
                       zpl_term_paint(paint, cli->colour_out));
        zpl_term_cell(&out, zpl_run_status_name(rows[i].status), 11);
        zpl_buf_printf(&out, "%s  ", zpl_term_paint(ZPL_PLAIN, cli->colour_out));
        zpl_term_cell(&out, rows[i].pipeline, 20);
        zpl_buf_puts(&out, "  ");
        zpl_view_time(rows[i].started_ns, &out);
        if (rows[i].ended_ns > rows[i].started_ns) {
            zpl_buf_puts(&out, "  ");
            zpl_text_show_ms(&out, (uint64_t)(rows[i].ended_ns - rows[i].started_ns) / 1000000);
        }
        zpl_buf_putc(&out, '\n');
    }
    if (count == 0)
        zpl_buf_puts(&out, "no runs\n");
    zpl_cli_print_take(&out);
}

/* Told with the nearest pipeline of this store; a file stands for the pipeline of its name. */
static enum zpl_err unknown_pipeline(struct zpl_cli *cli, struct zpl_session *session,
                                     struct zpl_metadata *metadata, const char *name)
{
    struct zpl_run_row *rows;
    size_t count = 0;
    const char *base = strrchr(name, '/');
    base = base != NULL ? base + 1 : name;
    size_t n = strlen(base);
    n -= n > 4 && strcmp(base + n - 4, ".zpl") == 0 ? 4 : 0;
    const char *word = zpl_arena_strndup(&cli->arena, base, n);
    enum zpl_err err = metadata->run_list(metadata->self, NULL, SIZE_MAX, &rows, &count,
                                          &cli->arena, &session->diags);
    const char **names = zpl_arena_array(&cli->arena, count + 1, sizeof *names);
    if (err != ZPL_OK || names == NULL || word == NULL)
        return err != ZPL_OK ? err : zpl_diag_nomem(&session->diags);
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].pipeline;
    const char *near = count > 0 ? zpl_text_nearest(word, names, count) : NULL;
    struct zpl_diag *diag =
        zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     "no pipeline called '%s' has run here", name);
    if (near != NULL)
        zpl_diag_help(&session->diags, diag, "did you mean '%s'?", near);
    else
        zpl_diag_help(&session->diags, diag, "`zpl runs` lists the runs of all");
    return ZPL_ERR_NOT_FOUND;
}

int zpl_cmd_runs(struct zpl_cli *cli)
{
    struct zpl_session session;
    struct zpl_metadata *metadata;
    struct zpl_run_row *rows = NULL;
    size_t count = 0;
    const char *pipeline = cli->word_count > 0 ? cli->words[0] : NULL;
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_session_metadata(&session, false, &metadata);
    if (err == ZPL_OK)
        err = metadata->run_list(metadata->self, pipeline, cli->limit, &rows, &count, &cli->arena,
                                 &session.diags);
    if (err == ZPL_OK && count == 0 && pipeline != NULL)
        err = unknown_pipeline(cli, &session, metadata, pipeline);
    if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON))
        print_json(rows, count);
    else if (err == ZPL_OK)
        print_text(cli, rows, count);
    return zpl_cli_end(cli, &session, err);
}
