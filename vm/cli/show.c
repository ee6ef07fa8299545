/* show.c - zpl show.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "lang/types/signature.h"
#include "stdlib/table/contract.h"
#include "vm/cli/cli.h"
#include "vm/cli/page.h"
#include "vm/plan/ingredient.h"
#include "vm/protocol/json_read.h"
#include "vm/run/report.h"
#include "vm/run/run_record.h"
#include "vm/show/preview.h"
#include "vm/view/preview.h"
#include "vm/view/steps.h"
#include "vm/view/term.h"

#define TYPE_MOST 240 /* bytes of a type that are shown whole */

/* Of a table that is in the store, the columns with rules: they were held against every row when it was
 * written.  NULL: there is none. */
static const struct zpl_row *contract_of(const struct zpl_json *output, struct zpl_arena *arena)
{
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    const char *text = zpl_json_str(zpl_json_get(output, "type"), NULL);
    if (text == NULL || zpl_json_str(zpl_json_get(output, "digest"), NULL) == NULL ||
        zpl_type_parse(text, arena, &type, &error) != ZPL_OK || type->kind != ZPL_TABLE)
        return NULL;
    return zpl_contract_any(type->row) ? type->row : NULL;
}

/* A line for each column with rules. */
static void show_contract(const struct zpl_json *output, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    const struct zpl_row *row = contract_of(output, &arena);
    for (size_t i = 0; row != NULL && i < row->count; i++) {
        const char *const *words = zpl_contract_words(&row->columns[i], &arena);
        if (words == NULL || words[0] == NULL)
            continue;
        zpl_buf_printf(out, "      column '%s' ", row->columns[i].name);
        for (size_t k = 0; words[k] != NULL; k++)
            zpl_buf_printf(out, "%s%s", k > 0 ? ", " : "", words[k]);
        zpl_buf_puts(out, ": holds in every row\n");
    }
    zpl_arena_release(&arena);
}

/* The same for machines: { column: [rule, …] }; NULL: no rule. */
static struct zpl_json *contract_json(const struct zpl_json *output)
{
    struct zpl_arena arena = {0};
    const struct zpl_row *row = contract_of(output, &arena);
    struct zpl_json *o = row != NULL ? zpl_json_object() : NULL;
    for (size_t i = 0; row != NULL && i < row->count; i++) {
        const char *const *words = zpl_contract_words(&row->columns[i], &arena);
        if (words != NULL && words[0] != NULL)
            zpl_json_set_take(o, row->columns[i].name,
                              zpl_names_json(words, zpl_names_count(words)));
    }
    zpl_arena_release(&arena);
    return o;
}

/* The type as text; a very long one is cut. */
static void show_type(const char *text, struct zpl_buf *out)
{
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    struct zpl_arena arena = {0};
    if (strlen(text) > TYPE_MOST && zpl_type_parse(text, &arena, &type, &error) == ZPL_OK)
        zpl_type_show(type, true, out);
    else
        zpl_buf_puts(out, text);
    zpl_arena_release(&arena);
}

/* One output: its type, size, digest, and the value of a report if it is wanted here. */
static void show_output(const char *name, const struct zpl_json *output, bool with_value,
                        struct zpl_buf *out)
{
    int64_t rows = zpl_json_i64(zpl_json_get(output, "rows"), -1);
    const char *digest = zpl_json_str(zpl_json_get(output, "digest"), NULL);
    const struct zpl_json *value = with_value ? zpl_json_get(output, "value") : NULL;
    struct zpl_buf text = {0};
    zpl_buf_printf(out, "    %s: ", name);
    show_type(zpl_json_str(zpl_json_get(output, "type"), ""), out);
    zpl_buf_putc(out, '\n');
    if (digest == NULL)
        return;
    zpl_buf_puts(out, "      ");
    if (rows >= 0) {
        zpl_text_show_count(out, (uint64_t)rows);
        zpl_buf_puts(out, rows == 1 ? " row, " : " rows, ");
    }
    zpl_text_show_bytes(out, (uint64_t)zpl_json_i64(zpl_json_get(output, "bytes"), 0));
    zpl_buf_printf(out, ", %.12s\n", digest);
    if (value != NULL && zpl_json_write(value, false, &text) == ZPL_OK) {
        zpl_buf_puts(out, "      ");
        zpl_view_report(zpl_json_str(zpl_json_get(output, "type"), NULL), zpl_buf_str(&text), out);
        zpl_buf_putc(out, '\n');
    }
    zpl_buf_release(&text);
}

/* "line 14", of an import "lib/prepare.zpl:14". */
static void show_place(const struct zpl_json *step, struct zpl_buf *out)
{
    const char *file = zpl_json_str(zpl_json_get(step, "file"), NULL);
    long long line = (long long)zpl_json_i64(zpl_json_get(step, "line"), 0);
    if (file == NULL)
        zpl_buf_printf(out, "line %lld", line);
    else
        zpl_buf_printf(out, "%s:%lld", file, line);
}

/* "params: rounds = 5, max_depth = 6": what the step was given, of the row that made it, if it is kept. */
static enum zpl_err show_params(struct zpl_cli *cli, struct zpl_session *session,
                                const struct zpl_json *step, struct zpl_buf *out)
{
    struct zpl_metadata *metadata;
    struct zpl_step_row row;
    struct zpl_digest key;
    struct zpl_ingredients list = {0};
    size_t shown = 0;
    if (!zpl_read_digest(step, "key", &key))
        return ZPL_OK;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK)
        err = metadata->step_by_key(metadata->self, &key, &row, &cli->arena, &session->diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
    if (row.ingredients == NULL || !zpl_ingredients_read(row.ingredients, &list, &cli->arena))
        return ZPL_OK;
    for (size_t i = 0; i < list.count; i++) {
        const struct zpl_ingredient *item = &list.items[i];
        if (item->kind != ZPL_ING_PARAM)
            continue;
        const char *value = item->shown != NULL ? item->shown : item->value;
        zpl_buf_printf(out, "%s%s = ", shown++ == 0 ? "    params: " : ", ", item->name);
        zpl_term_text(out, value, strlen(value));
    }
    zpl_buf_puts(out, shown > 0 ? "\n" : "");
    return ZPL_OK;
}

static void show_step(const struct zpl_json *step, struct zpl_buf *out)
{
    const char *why = zpl_json_str(zpl_json_get(step, "why"), NULL);
    const char *error = zpl_json_str(zpl_json_get(step, "error"), NULL);
    zpl_buf_printf(out, "  %s: %s, %s, ", zpl_json_str(zpl_json_get(step, "name"), ""),
                   zpl_json_str(zpl_json_get(step, "step"), ""),
                   zpl_json_str(zpl_json_get(step, "status"), ""));
    int64_t attempts = zpl_json_i64(zpl_json_get(step, "attempts"), 0);
    show_place(step, out);
    if (attempts > 0) {
        zpl_buf_puts(out, ", ");
        zpl_text_show_ms(out, (uint64_t)zpl_json_i64(zpl_json_get(step, "duration_ms"), 0));
    }
    if (attempts > 1)
        zpl_buf_printf(out, ", attempt %lld", (long long)attempts);
    zpl_buf_putc(out, '\n');
    if (why != NULL)
        zpl_buf_printf(out, "    why: %s\n", why);
    if (error != NULL)
        zpl_buf_printf(out, "    error: %s\n", error);
}

/* Of a step inside maps, what became of its items. */
static enum zpl_err show_items(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                               struct zpl_run_record *record, const struct zpl_json *step,
                               struct zpl_buf *out)
{
    struct zpl_json *lines = zpl_json_array();
    enum zpl_err err = zpl_cli_items_told(cli, session, run, record, step, lines);
    for (size_t i = 0; i < zpl_json_count(lines); i++)
        zpl_buf_printf(out, "    %s\n", zpl_json_str(zpl_json_at(lines, i), ""));
    zpl_json_release(lines);
    return err;
}

/* The first of them, each with what it made: "    ran  score[3]  156 ms  mae 2.785". */
static enum zpl_err show_each(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                              struct zpl_run_record *record, const struct zpl_json *step,
                              const char *only, struct zpl_buf *out)
{
    struct zpl_json *items = zpl_json_array();
    struct zpl_view view = {.colour = cli->colour_out, .width = cli->terminal ? cli->width : 0};
    enum zpl_err err =
        zpl_run_record_items(session, run, record, step, cli->rows, items, &cli->arena);
    size_t count = zpl_json_count(items), counts[ZPL_PLAN_STATES], all = 0;
    for (size_t i = 0; i < count; i++)
        zpl_view_measure(&view, zpl_json_str(zpl_json_get(zpl_json_at(items, i), "name"), ""));
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        const struct zpl_json *item = zpl_json_at(items, i);
        struct zpl_buf time = {0}, made = {0};
        if (zpl_json_i64(zpl_json_get(item, "attempts"), 0) > 0)
            zpl_text_show_ms(&time, (uint64_t)zpl_json_i64(zpl_json_get(item, "duration_ms"), 0));
        zpl_view_made(item, only, &made);
        zpl_view_line(&view, zpl_plan_status_of(zpl_json_str(zpl_json_get(item, "status"), "")),
                      zpl_json_str(zpl_json_get(item, "name"), ""), zpl_buf_str(&time),
                      zpl_buf_str(&made), out);
        zpl_buf_release(&made);
        zpl_buf_release(&time);
    }
    if (zpl_run_record_counts(step, counts))
        for (size_t i = 0; i < ZPL_PLAN_STATES; i++)
            all += counts[i];
    if (count < all)
        zpl_buf_printf(out, "  more of them: zpl show '%lld/%s' --rows %zu\n", (long long)run,
                       zpl_json_str(zpl_json_get(step, "name"), ""),
                       all < ZPL_PREVIEW_ROWS_MAX ? all : (size_t)ZPL_PREVIEW_ROWS_MAX);
    if (count > 0)
        zpl_buf_printf(out, "  of one item: zpl show '%lld/%s'\n", (long long)run,
                       zpl_cli_first_item(step, &cli->arena));
    zpl_json_release(items);
    return err;
}

static void show_outputs(const struct zpl_json *step, struct zpl_buf *out)
{
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    const char *key;
    for (size_t i = 0; (key = zpl_json_key_at(outputs, i)) != NULL; i++)
        show_output(key, zpl_json_value_at(outputs, i), true, out);
}

/* One step; or one output of it, with what it holds. */
static enum zpl_err show_part(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                              struct zpl_run_record *record, const struct zpl_json *step,
                              const char *only, struct zpl_buf *out)
{
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    const struct zpl_json *output = only != NULL ? zpl_json_get(outputs, only) : NULL;
    const char *name = zpl_json_key_at(outputs, 0);
    const char *step_name = zpl_json_str(zpl_json_get(step, "name"), "");
    struct zpl_json *preview = NULL;
    show_step(step, out);
    enum zpl_err err = show_params(cli, session, step, out);
    if (err == ZPL_OK)
        err = show_items(cli, session, run, record, step, out);
    if (err != ZPL_OK)
        return err;
    if (zpl_json_get(step, "items") != NULL) {
        show_outputs(step, out);
        return show_each(cli, session, run, record, step, only, out);
    }
    if (output == NULL) {
        show_outputs(step, out);
        if (name != NULL && zpl_json_get(zpl_json_value_at(outputs, 0), "digest") != NULL)
            zpl_buf_printf(out, "  to look inside: zpl show %s%lld/%s/%s%s\n",
                           zpl_item_quote(step_name), (long long)run, step_name, name,
                           zpl_item_quote(step_name));
        return ZPL_OK;
    }
    show_output(only, output, false, out);
    show_contract(output, out);
    err = zpl_preview_output(session, output, cli->rows, &preview);
    if (preview != NULL)
        zpl_view_preview(preview, zpl_json_str(zpl_json_get(output, "type"), ""),
                         cli->terminal ? cli->width : 0, cli->colour_out, out);
    zpl_json_release(preview);
    return err;
}

/* Who wrote what stands under a name. */
static void show_writer(const char *name, const struct zpl_run_row *run, struct zpl_buf *out)
{
    zpl_buf_printf(out, "%s was written by run %lld of %s (%s), started ", name, (long long)run->id,
                   run->pipeline, run->file);
    zpl_view_time(run->started_ns, out);
    zpl_buf_putc(out, '\n');
}

/* The same for machines. */
static struct zpl_json *writer_json(const char *name, const struct zpl_run_row *run)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(name));
    zpl_json_set_take(o, "run", zpl_json_int(run->id));
    zpl_json_set_take(o, "pipeline", zpl_json_string(run->pipeline));
    zpl_json_set_take(o, "file", zpl_json_string(run->file));
    zpl_json_set_take(o, "started_ns", zpl_json_int(run->started_ns));
    return o;
}

/* "  params minutes = 15, label = "late"", on a line of its own */
static void show_run_params(const struct zpl_run_row *run, struct zpl_buf *out)
{
    struct zpl_json *params = NULL;
    if (run->params != NULL)
        (void)zpl_json_parse(run->params, strlen(run->params), &params, NULL);
    for (size_t i = 0; i < zpl_json_count(params); i++) {
        zpl_buf_puts(out, i == 0 ? "\n  params " : ", ");
        zpl_buf_printf(out, "%s = ", zpl_json_key_at(params, i));
        zpl_view_param(zpl_json_value_at(params, i), out);
    }
    zpl_json_release(params);
}

/* Head of a run: number, pipeline, when, params. */
static void show_head(const struct zpl_run_row *run, struct zpl_buf *out)
{
    zpl_buf_printf(out, "run %lld of %s (%s): %s\n", (long long)run->id, run->pipeline, run->file,
                   zpl_run_status_name(run->status));
    zpl_buf_puts(out, "  started ");
    zpl_view_time(run->started_ns, out);
    if (run->ended_ns > 0) {
        zpl_buf_puts(out, ", took ");
        zpl_text_show_ms(out, (uint64_t)(run->ended_ns - run->started_ns) / 1000000);
    }
    show_run_params(run, out);
    if (run->error != NULL)
        zpl_buf_printf(out, "\n  error: %s", run->error);
    zpl_buf_putc(out, '\n');
    if (run->status == ZPL_RUN_RUNNING)
        zpl_buf_printf(out, "  it goes on; what its steps print: zpl logs -f %lld\n",
                       (long long)run->id);
    if (run->status == ZPL_RUN_INTERRUPTED)
        zpl_buf_puts(out, "  its process ended before the run did; what was finished is kept: run "
                          "it again to go on\n");
}

/* A part of the record, as a value that stands by itself; `made` is zpl's own. */
static struct zpl_json *alone(const struct zpl_json *part)
{
    struct zpl_json *o = zpl_json_object();
    const char *key;
    for (size_t i = 0; (key = zpl_json_key_at(part, i)) != NULL; i++)
        if (strcmp(key, "made") != 0)
            zpl_json_set_take(o, key, zpl_json_ref(zpl_json_value_at(part, i)));
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    return o;
}

/* An output with its contract and what it holds; `name`: under which it stands, or NULL. */
static enum zpl_err print_output_json(struct zpl_cli *cli, struct zpl_session *session,
                                      const struct zpl_run_row *run, const struct zpl_json *output,
                                      const char *name)
{
    struct zpl_json *o = alone(output);
    struct zpl_json *contract = contract_json(output);
    struct zpl_json *preview = NULL;
    if (contract != NULL)
        zpl_json_set_take(o, "contract", contract);
    if (name != NULL)
        zpl_json_set_take(o, "written", writer_json(name, run));
    enum zpl_err err = zpl_preview_output(session, output, cli->rows, &preview);
    zpl_json_set_take(o, "preview", preview != NULL ? preview : zpl_json_null());
    if (err == ZPL_OK)
        zpl_cli_print_json_take(o);
    else
        zpl_json_release(o);
    return err;
}

/* A run, as JSON. */
static void print_run_json(const struct zpl_run_row *run, const struct zpl_run_record *record)
{
    struct zpl_json *o = zpl_json_object();
    struct zpl_json *params = NULL;
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "run", zpl_json_int(run->id));
    zpl_json_set_take(o, "pipeline", zpl_json_string(run->pipeline));
    zpl_json_set_take(o, "file", zpl_json_string(run->file));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_run_status_name(run->status)));
    zpl_json_set_take(o, "started_ns", zpl_json_int(run->started_ns));
    zpl_json_set_take(o, "ended_ns", zpl_json_int(run->ended_ns));
    if (run->params != NULL &&
        zpl_json_parse(run->params, strlen(run->params), &params, NULL) == ZPL_OK)
        zpl_json_set_take(o, "params", params);
    if (record->steps != NULL)
        zpl_json_set_take(o, "steps", zpl_report_steps_of_record(record->steps));
    zpl_cli_print_json_take(o);
}

/* A step; of one inside maps with all its items. */
static enum zpl_err print_step_json(struct zpl_cli *cli, struct zpl_session *session,
                                    const struct zpl_run_row *run, struct zpl_run_record *record,
                                    const struct zpl_json *step)
{
    struct zpl_json *o = alone(step);
    struct zpl_json *items = zpl_json_array();
    enum zpl_err err =
        zpl_run_record_items(session, run->id, record, step, SIZE_MAX, items, &cli->arena);
    if (err == ZPL_OK && zpl_json_get(step, "items") != NULL)
        zpl_json_set_take(o, "each", zpl_json_ref(items));
    zpl_json_release(items);
    if (err == ZPL_OK)
        zpl_cli_print_json_take(o);
    else
        zpl_json_release(o);
    return err;
}

/* What was asked for, as JSON. */
static enum zpl_err print_json(struct zpl_cli *cli, struct zpl_session *session,
                               const struct zpl_run_row *run, struct zpl_run_record *record,
                               const struct zpl_part *part, const char *name)
{
    if (part->output != NULL)
        return print_output_json(cli, session, run, part->output, name);
    if (part->step != NULL)
        return print_step_json(cli, session, run, record, part->step);
    print_run_json(run, record);
    return ZPL_OK;
}

/* --html is about a run as a whole; false after telling. */
static bool fits_html(struct zpl_cli *cli, const struct zpl_run_path *path)
{
    if (cli->html == NULL)
        return true;
    if (path->step != NULL)
        zpl_cli_usage(cli, ZPL_CODE_USAGE, "leave out what stands behind the number of the run",
                      "a page is about a whole run, not about '%s' alone", path->step);
    else if (cli->options & ZPL_OPT_JSON)
        zpl_cli_usage(cli, ZPL_CODE_USAGE, NULL, "--html and --json do not go together");
    else
        return true;
    return false;
}

int zpl_cmd_show(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_run_path path;
    struct zpl_run_row run;
    struct zpl_run_record record = {0};
    struct zpl_buf text = {0};
    struct zpl_part part;
    if (!zpl_cli_output_path(cli, cli->word_count > 0 ? cli->words[0] : "last", &path) ||
        !fits_html(cli, &path))
        return ZPL_EXIT_USAGE;
    const char *name = path.name;
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_cli_find_part(cli, &session, &path, &run, &record, &part);
    if (err == ZPL_OK && cli->html != NULL) {
        err = zpl_cli_page(cli, &session, &run, &record);
    } else if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON)) {
        err = print_json(cli, &session, &run, &record, &part, name);
    } else if (err == ZPL_OK && part.step != NULL) {
        if (name != NULL)
            show_writer(name, &run, &text);
        err = show_part(cli, &session, run.id, &record, part.step, part.name, &text);
    } else if (err == ZPL_OK) {
        show_head(&run, &text);
        for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(record.steps); i++) {
            show_step(zpl_json_at(record.steps, i), &text);
            err = show_items(cli, &session, run.id, &record, zpl_json_at(record.steps, i), &text);
            show_outputs(zpl_json_at(record.steps, i), &text);
        }
    }
    zpl_cli_print_take(&text);
    zpl_run_record_release(&record);
    return zpl_cli_end(cli, &session, err);
}
