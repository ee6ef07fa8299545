/* diff.c - zpl diff.   Floor: vm. */
#include "vm/show/diff.h"

#include <string.h>

#include "vm/cli/cli.h"
#include "vm/view/diff.h"

/* One of the two runs. */
struct side {
    struct zpl_run_row run;
    struct zpl_run_record record;
    struct zpl_json *graph;
};

static enum zpl_err open_side(struct zpl_cli *cli, struct zpl_session *session, const char *word,
                              struct side *side)
{
    struct zpl_run_path path;
    struct zpl_part part;
    if (!zpl_cli_run_path(cli, word, &path))
        return ZPL_ERR_USAGE;
    if (path.step != NULL) {
        zpl_cli_usage(cli, ZPL_CODE_USAGE, "leave out what stands behind the number of the run",
                      "whole runs are compared, not '%s'", path.step);
        return ZPL_ERR_USAGE;
    }
    enum zpl_err err = zpl_cli_find_part(cli, session, &path, &side->run, &side->record, &part);
    if (err == ZPL_OK && side->run.graph != NULL &&
        zpl_json_parse(side->run.graph, strlen(side->run.graph), &side->graph, NULL) ==
            ZPL_ERR_NOMEM)
        err = zpl_diag_nomem(&session->diags);
    return err;
}

static void close_side(struct side *side)
{
    zpl_run_record_release(&side->record);
    zpl_json_release(side->graph);
}

/* A single word is compared with the run before it. */
static const char *before(struct zpl_cli *cli, struct zpl_session *session, const struct side *now)
{
    struct zpl_metadata *metadata;
    struct zpl_run_row *rows;
    size_t count = 0;
    if (zpl_session_metadata(session, false, &metadata) != ZPL_OK ||
        metadata->run_list(metadata->self, now->run.pipeline, SIZE_MAX, &rows, &count, &cli->arena,
                           &session->diags) != ZPL_OK)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (rows[i].id < now->run.id)
            return zpl_arena_printf(&cli->arena, "%lld", (long long)rows[i].id);
    struct zpl_diag *diag = zpl_diag_add(
        &session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
        "run %lld is the first one of %s that is kept", (long long)now->run.id, now->run.pipeline);
    zpl_diag_help(&session->diags, diag, "name the run to compare it with: `zpl runs` lists them");
    return NULL;
}

int zpl_cmd_diff(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct side a = {0}, b = {0};
    struct zpl_json *diff = NULL;
    struct zpl_buf text = {0};
    const char *second = cli->word_count > 0 ? cli->words[cli->word_count - 1] : "last";
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = open_side(cli, &session, second, &b);
    const char *first = err != ZPL_OK          ? NULL
                        : cli->word_count == 2 ? cli->words[0]
                                               : before(cli, &session, &b);
    if (err == ZPL_OK)
        err = first != NULL ? open_side(cli, &session, first, &a) : ZPL_ERR_NOT_FOUND;
    if (err == ZPL_OK) {
        const struct zpl_diff_side sides[] = {{&a.run, &a.record, a.graph},
                                              {&b.run, &b.record, b.graph}};
        err = zpl_diff(&session, sides, &diff, &cli->arena);
    }
    if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON))
        zpl_cli_print_json_take(zpl_json_ref(diff));
    else if (err == ZPL_OK)
        zpl_view_diff(diff, cli->terminal ? cli->width : 0, cli->colour_out, &text);
    zpl_cli_print_take(&text);
    zpl_json_release(diff);
    close_side(&a);
    close_side(&b);
    return zpl_cli_end(cli, &session, err);
}
