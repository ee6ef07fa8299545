/* page.c - see page.h.   Floor: vm. */
#include "vm/cli/page.h"

#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "vm/show/preview.h"
#include "vm/view/page.h"

/* One output; a failure is part of the page, not of the command. */
static enum zpl_err look(struct zpl_cli *cli, struct zpl_session *session,
                         const struct zpl_json *output, struct zpl_json **out)
{
    enum zpl_err err = zpl_preview_output(session, output, cli->rows, out);
    if (err == ZPL_OK && *out != NULL)
        err = zpl_preview_picture(session, output, *out);
    if (err == ZPL_OK || err == ZPL_ERR_INTERRUPTED || err == ZPL_ERR_NOMEM)
        return err;
    zpl_json_release(*out);
    *out = zpl_json_object();
    zpl_json_set_take(*out, "kind", zpl_json_string("failed"));
    zpl_json_set_take(*out, "why",
                      zpl_json_string(session->diags.count > 0 ? session->diags.items[0]->message
                                                               : "no reason is known"));
    zpl_diags_clear(&session->diags);
    return ZPL_OK;
}

/* Of every step, of as many outputs as a page shows. */
static enum zpl_err look_at_all(struct zpl_cli *cli, struct zpl_session *session,
                                const struct zpl_json *steps, struct zpl_json *all)
{
    enum zpl_err err = ZPL_OK;
    unsigned seen = 0;
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(steps); i++) {
        const struct zpl_json *outputs = zpl_json_get(zpl_json_at(steps, i), "outputs");
        struct zpl_json *of_step = zpl_json_object();
        for (size_t k = 0; err == ZPL_OK && k < zpl_json_count(outputs); k++) {
            struct zpl_json *preview = NULL;
            if (zpl_json_get(zpl_json_value_at(outputs, k), "digest") == NULL ||
                seen++ >= ZPL_PAGE_PREVIEWS_MAX)
                continue;
            err = look(cli, session, zpl_json_value_at(outputs, k), &preview);
            if (preview != NULL)
                zpl_json_set_take(of_step, zpl_json_key_at(outputs, k), preview);
        }
        zpl_json_add_take(all, of_step);
    }
    return err;
}

/* Of every step lines about its items, and the first of them. */
static enum zpl_err tell_items(struct zpl_cli *cli, struct zpl_session *session, int64_t run,
                               struct zpl_run_record *record, struct zpl_json *all,
                               struct zpl_json *each)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(record->steps); i++) {
        const struct zpl_json *step = zpl_json_at(record->steps, i);
        struct zpl_json *lines = zpl_json_array(), *items = zpl_json_array();
        err = zpl_cli_items_told(cli, session, run, record, step, lines);
        if (err == ZPL_OK)
            err = zpl_run_record_items(session, run, record, step, cli->rows, items, &cli->arena);
        zpl_json_add_take(all, lines);
        zpl_json_add_take(each, items);
    }
    return err;
}

static struct zpl_json *parse(const char *text)
{
    struct zpl_json *json = NULL;
    if (text == NULL || zpl_json_parse(text, strlen(text), &json, NULL) != ZPL_OK)
        return NULL;
    return json;
}

enum zpl_err zpl_cli_page(struct zpl_cli *cli, struct zpl_session *session,
                          const struct zpl_run_row *run, struct zpl_run_record *record)
{
    struct zpl_buf text = {0}, words = {0};
    struct zpl_json *graph = parse(run->graph), *params = parse(run->params);
    struct zpl_json *items = zpl_json_array(), *each = zpl_json_array();
    struct zpl_json *previews = zpl_json_array();
    const struct zpl_page page = {.run = run,
                                  .steps = record->steps,
                                  .graph = graph,
                                  .params = params,
                                  .items = items,
                                  .each = each,
                                  .previews = previews};
    enum zpl_err err = tell_items(cli, session, run->id, record, items, each);
    if (err == ZPL_OK)
        err = look_at_all(cli, session, record->steps, previews);
    if (err == ZPL_OK) {
        zpl_view_page(&page, &text);
        err = zpl_buf_error(&text) == ZPL_OK
                  ? zpl_fs_write_file(cli->html, text.data, text.len, false, &session->diags)
                  : zpl_diag_nomem(&session->diags);
    }
    if (err == ZPL_OK) {
        zpl_buf_printf(&words, "run %lld is written to %s, ", (long long)run->id, cli->html);
        zpl_text_show_bytes(&words, text.len);
        zpl_buf_putc(&words, '\n');
    }
    zpl_cli_print_take(&words);
    zpl_buf_release(&text);
    zpl_json_release(previews);
    zpl_json_release(each);
    zpl_json_release(items);
    zpl_json_release(params);
    zpl_json_release(graph);
    return err;
}
