/* part.c - RUN/STEP/OUTPUT, as several commands take it.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "vm/cli/cli.h"
#include "vm/session/named.h"

#define NAMES_TOLD 8

/* A step the run does not have. */
static enum zpl_err unknown_step(struct zpl_cli *cli, struct zpl_session *session,
                                 const struct zpl_run_record *record, int64_t run, const char *rest)
{
    size_t count;
    const char **names = zpl_run_record_names(record, &cli->arena, &count);
    const char *near = zpl_cli_near_step(rest, names, count);
    const char *slash = strrchr(rest, '/');
    const char *end = "";
    if (near == NULL && slash != NULL && count > 0) { /* the step alone may be near */
        const char *step = zpl_arena_strndup(&cli->arena, rest, (size_t)(slash - rest));
        near = step != NULL ? zpl_cli_near_step(step, names, count) : NULL;
        end = slash;
    }
    struct zpl_diag *diag =
        zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     "run %lld has no step or output '%s'", (long long)run, rest);
    if (near != NULL)
        zpl_diag_help(&session->diags, diag, "did you mean %lld/%s%s?", (long long)run, near, end);
    else if (count == 0)
        zpl_diag_help(&session->diags, diag, "it left no list of steps: it goes on, or was ended");
    else
        zpl_diag_help(&session->diags, diag, "`zpl show %lld` lists its steps", (long long)run);
    return ZPL_ERR_NOT_FOUND;
}

/* An output that the step does not have. */
static enum zpl_err unknown_output(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                                   const struct zpl_part *part)
{
    const struct zpl_json *outputs = zpl_json_get(part->step, "outputs");
    const char *step = zpl_json_str(zpl_json_get(part->step, "name"), "");
    size_t count = zpl_json_count(outputs);
    const char **names = zpl_arena_array(&cli->arena, count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < count; i++)
        names[i] = zpl_json_key_at(outputs, i);
    const char *near =
        names != NULL && count > 0 ? zpl_text_nearest(part->name, names, count) : NULL;
    if (near == NULL && count == 1)
        near = names != NULL ? names[0] : NULL;
    struct zpl_diag *diag =
        zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     "step '%s' of run %lld has no output '%s'", step, (long long)run, part->name);
    if (near != NULL)
        zpl_diag_help(&session->diags, diag, "did you mean %lld/%s/%s?", (long long)run, step,
                      near);
    else
        zpl_diag_help(&session->diags, diag, "`zpl show %lld/%s` lists them", (long long)run, step);
    return ZPL_ERR_NOT_FOUND;
}

/* A name that no run has written: told with what there is. */
static enum zpl_err unknown_name(struct zpl_cli *cli, struct zpl_session *session, const char *name)
{
    const struct zpl_names *names = &session->names;
    const char **all = zpl_arena_array(&cli->arena, names->row_count + 1, sizeof *all);
    struct zpl_buf list = {0};
    for (size_t i = 0; all != NULL && i < names->row_count; i++) {
        all[i] = names->rows[i].name;
        if (i < NAMES_TOLD)
            zpl_buf_printf(&list, "%s%s", i > 0 ? ", " : "", all[i]);
    }
    if (names->row_count > NAMES_TOLD)
        zpl_buf_printf(&list, " and %zu more", names->row_count - NAMES_TOLD);
    struct zpl_diag *diag = zpl_diag_add(
        &session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
        "'%s' is no run, which is a number or `last`, and no run has written that name", name);
    const char *near = all != NULL ? zpl_text_nearest(name, all, names->row_count) : NULL;
    if (near != NULL)
        zpl_diag_help(&session->diags, diag, "did you mean %s?", near);
    else if (list.len > 0)
        zpl_diag_help(&session->diags, diag, "`zpl runs` lists runs; names are %s",
                      zpl_buf_str(&list));
    else
        zpl_diag_help(&session->diags, diag, "%s", zpl_cli_run_help(cli, name, true));
    zpl_buf_release(&list);
    return ZPL_ERR_NOT_FOUND;
}

/* The output that stands under a name: of the run that wrote it, the step that made it or read it. */
static enum zpl_err resolve(struct zpl_cli *cli, struct zpl_session *session,
                            struct zpl_run_path *path)
{
    const struct zpl_step_row *row;
    struct zpl_metadata *metadata;
    const char *name = path->name;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK)
        err = zpl_named_find(session, name, &row, &session->diags);
    if (err != ZPL_OK)
        return err;
    if (row == NULL || row->input_count != 1)
        return unknown_name(cli, session, name);
    const struct zpl_input_row *input = &row->inputs[0];
    *path = (struct zpl_run_path){
        .run = row->run,
        .step = zpl_arena_printf(&cli->arena, "%s/%s", input->step, input->output)};
    return path->step != NULL ? ZPL_OK : zpl_diag_nomem(&session->diags);
}

enum zpl_err zpl_cli_find_part(struct zpl_cli *cli, struct zpl_session *session,
                               struct zpl_run_path *path, struct zpl_run_row *run,
                               struct zpl_run_record *record, struct zpl_part *out)
{
    memset(out, 0, sizeof *out);
    memset(record, 0, sizeof *record);
    enum zpl_err err = path->name != NULL ? resolve(cli, session, path) : ZPL_OK;
    if (err == ZPL_OK)
        err = zpl_cli_find_run(cli, session, path, run);
    if (err == ZPL_OK)
        err = zpl_run_record_open(run, record, &session->diags);
    if (err != ZPL_OK || path->step == NULL)
        return err;
    out->step = zpl_run_record_step(record, path->step, &out->name);
    if (out->step == NULL)
        err = zpl_run_record_item(session, run->id, record, path->step, &out->step, &out->name,
                                  &cli->arena);
    if (err != ZPL_OK)
        return err;
    if (out->step == NULL)
        return unknown_step(cli, session, record, run->id, path->step);
    if (out->name == NULL)
        return ZPL_OK;
    out->output = zpl_json_get(zpl_json_get(out->step, "outputs"), out->name);
    return out->output != NULL ? ZPL_OK : unknown_output(cli, session, run->id, out);
}

const char *zpl_cli_first_item(const struct zpl_json *step, struct zpl_arena *arena)
{
    char *name = zpl_arena_strdup(arena, zpl_json_str(zpl_json_get(step, "name"), ""));
    for (char *star = name; star != NULL && (star = strstr(star, "[*]")) != NULL;)
        star[1] = '1';
    return name != NULL ? name : "";
}

/* A step inside a map, which made something for each item, and nothing by itself. */
static enum zpl_err all_items(struct zpl_session *session, const struct zpl_run_row *run,
                              const struct zpl_part *part)
{
    const struct zpl_json *outputs = zpl_json_get(part->step, "outputs");
    const char *name = zpl_json_str(zpl_json_get(part->step, "name"), "");
    const char *output = part->output != NULL ? part->name : zpl_json_key_at(outputs, 0);
    bool any = zpl_json_count(zpl_json_get(part->step, "items")) > 0;
    struct zpl_diag *diag = zpl_diag_add(
        &session->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
        any ? "'%s' is all items of an `each`, and an output is one item's"
            : "'%s' is all items of an `each`, and in run %lld there were none, or none was known",
        name, (long long)run->id);
    if (any && output != NULL)
        zpl_diag_help(&session->diags, diag, "name one: '%lld/%s/%s'", (long long)run->id,
                      zpl_cli_first_item(part->step, &session->arena), output);
    return ZPL_ERR_USAGE;
}

enum zpl_err zpl_cli_part_output(struct zpl_session *session, const struct zpl_run_row *run,
                                 const struct zpl_part *part, const struct zpl_json **out)
{
    const struct zpl_json *outputs = zpl_json_get(part->step, "outputs");
    const char *name = zpl_json_str(zpl_json_get(part->step, "name"), "");
    struct zpl_buf names = {0};
    if (zpl_json_get(part->step, "items") != NULL)
        return all_items(session, run, part);
    *out = part->output != NULL ? part->output : zpl_json_value_at(outputs, 0);
    if (part->output != NULL || zpl_json_count(outputs) == 1)
        return ZPL_OK;
    struct zpl_diag *diag =
        part->step == NULL ? zpl_diag_add(&session->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                                          "which output of run %lld?", (long long)run->id)
                           : zpl_diag_add(&session->diags, ZPL_CODE_USAGE, (struct zpl_span){0},
                                          "which output of step '%s'?", name);
    for (size_t i = 0; i < zpl_json_count(outputs); i++)
        zpl_buf_printf(&names, "%s%lld/%s/%s", i > 0 ? ", " : "", (long long)run->id, name,
                       zpl_json_key_at(outputs, i));
    if (names.len > 0)
        zpl_diag_help(&session->diags, diag, "there are %s", zpl_buf_str(&names));
    else
        zpl_diag_help(&session->diags, diag,
                      "name it as RUN/STEP/OUTPUT: `zpl show %lld` lists them", (long long)run->id);
    zpl_buf_release(&names);
    return ZPL_ERR_USAGE;
}
