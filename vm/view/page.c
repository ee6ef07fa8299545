/* page.c - see page.h: the page around the parts.   Floor: vm. */
#include "vm/view/page.h"

#include <string.h>

#include "lang/base/text.h"
#include "lang/graph/body_kind.h"
#include "lang/types/signature.h"
#include "vm/run/report.h"
#include "vm/view/preview.h"
#include "vm/view/steps.h"

static const char STYLE[] =
    "img{max-width:100%}\n"
    ":root{color-scheme:light dark;--back:#fff;--text:#1c1e21;--dim:#5f6672;--line:#d8dbe0;"
    "--box:#f5f6f8;--good:#1a7f37;--bad:#c4271b;--warn:#8f5b00;--mark:#2f6fdb}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#15171a;--text:#e4e6ea;--dim:#9aa1ac;"
    "--line:#363b42;--box:#1f2227;--good:#57c26f;--bad:#ff7b6e;--warn:#e2b04a;--mark:#6aa2ff}}\n"
    "body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:72rem;background:var(--back);"
    "color:var(--text);font:15px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .6rem}"
    "h3{font-size:1rem;margin:1.6rem 0 .3rem;border-top:1px solid var(--line);padding-top:1rem}"
    "h4{font:600 14px/1.5 ui-monospace,monospace;margin:1rem 0 .2rem}\n"
    "p{margin:.3rem 0}.dim{color:var(--dim)}.type{font:12.5px/1.5 ui-monospace,monospace;"
    "color:var(--dim);overflow-wrap:anywhere}\n"
    ".ran,.done{color:var(--good)}.failed{color:var(--bad)}"
    ".cancelled,.interrupted,.skipped{color:var(--warn)}.cached{color:var(--dim)}\n"
    ".scroll{overflow-x:auto;margin:.4rem 0}table{border-collapse:collapse;font-size:14px}"
    "th,td{padding:.22rem .7rem;border-bottom:1px solid var(--line);text-align:left;"
    "vertical-align:top;white-space:nowrap}th{color:var(--dim);font-weight:600}"
    "td.wrap{white-space:normal}td.right{text-align:right;font-variant-numeric:tabular-nums}\n"
    "pre{background:var(--box);padding:.6rem "
    ".8rem;border-radius:6px;overflow-x:auto;font-size:13px;"
    "margin:.4rem 0}summary{cursor:pointer;color:var(--mark)}a{color:var(--mark);"
    "text-decoration:none}a:hover{text-decoration:underline}\n"
    ".bar{height:.7rem;margin-top:.35rem;background:var(--mark);border-radius:2px}\n"
    "svg text{font:13px system-ui,sans-serif;fill:var(--text)}svg text.dim{font-size:12px;"
    "fill:var(--dim)}.node rect{fill:var(--box);stroke:var(--line)}.node.ran rect{stroke:"
    "var(--good)}.node.failed rect{stroke:var(--bad);stroke-width:2}.node.skipped rect,"
    ".node.cancelled rect{stroke:var(--warn);stroke-dasharray:4 3}.edge{fill:none;"
    "stroke:var(--dim);stroke-opacity:.6}.edge.dashed{stroke-dasharray:4 3}\n";

static const char *text_of(const struct zpl_json *o, const char *key)
{
    return zpl_json_str(zpl_json_get(o, key), "");
}

static void add_head(const struct zpl_page *page, struct zpl_buf *out)
{
    const struct zpl_run_row *run = page->run;
    const char *status = zpl_run_status_name(run->status);
    struct zpl_buf text = {0};
    zpl_buf_puts(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                      "style-src 'unsafe-inline'; img-src data:\">\n<meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\">\n<title>");
    zpl_html(out, run->pipeline);
    zpl_buf_printf(out, ", run %lld</title>\n<style>\n%s</style></head><body>\n<h1>",
                   (long long)run->id, STYLE);
    zpl_html(out, run->pipeline);
    zpl_buf_printf(out, ", run %lld: <span class=\"%s\">%s</span></h1>\n<p class=\"dim\">",
                   (long long)run->id, status, status);
    zpl_html(out, run->file);
    zpl_buf_puts(&text, ", started ");
    zpl_view_time(run->started_ns, &text);
    if (run->ended_ns > 0) {
        zpl_buf_puts(&text, ", took ");
        zpl_text_show_ms(&text, (uint64_t)(run->ended_ns - run->started_ns) / 1000000);
    }
    zpl_html_take(out, &text);
    zpl_buf_puts(out, "</p>\n");
    if (run->error != NULL) {
        zpl_buf_puts(out, "<p class=\"failed\">");
        zpl_html(out, run->error);
        zpl_buf_puts(out, "</p>\n");
    }
}

static void add_params(const struct zpl_json *params, struct zpl_buf *out)
{
    if (zpl_json_count(params) == 0)
        return;
    zpl_buf_puts(out, "<h2>Params</h2>\n<div class=\"scroll\"><table><tbody>\n");
    for (size_t i = 0; i < zpl_json_count(params); i++) {
        struct zpl_buf text = {0};
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, zpl_json_key_at(params, i));
        zpl_buf_puts(out, "</td><td>");
        zpl_view_param(zpl_json_value_at(params, i), &text);
        zpl_html_take(out, &text);
        zpl_buf_puts(out, "</td></tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
}

/* "2,000 rows, 21.3 kB" */
static void add_size(const struct zpl_json *output, struct zpl_buf *out)
{
    const struct zpl_output_row row = {
        .rows = zpl_json_i64(zpl_json_get(output, "rows"), -1),
        .bytes = (uint64_t)zpl_json_i64(zpl_json_get(output, "bytes"), 0)};
    zpl_view_output(&row, out);
}

/* What became of a step, in cells of a table; `lines` are about its items, if it has some. */
static void add_cells(const struct zpl_json *step, const struct zpl_json *lines,
                      struct zpl_buf *out)
{
    const char *status = text_of(step, "status");
    struct zpl_buf text = {0};
    zpl_buf_puts(out, "<td class=\"");
    zpl_html(out, status);
    zpl_buf_puts(out, "\">");
    zpl_html(out, status);
    zpl_buf_puts(out, "</td><td class=\"right\">");
    if (zpl_json_i64(zpl_json_get(step, "attempts"), 0) > 0)
        zpl_text_show_ms(out, (uint64_t)zpl_json_i64(zpl_json_get(step, "duration_ms"), 0));
    zpl_buf_puts(out, "</td><td class=\"wrap\">");
    if (zpl_json_get(step, "items") != NULL)
        zpl_buf_puts(&text, zpl_json_str(zpl_json_at(lines, 0), ""));
    else
        zpl_view_made(step, NULL, &text);
    zpl_html_take(out, &text);
    zpl_buf_puts(out, "</td></tr>\n");
}

static void add_step_row(const struct zpl_page *page, size_t i, struct zpl_buf *out)
{
    const struct zpl_json *step = zpl_json_at(page->steps, i);
    zpl_buf_printf(out, "<tr><td><a href=\"#step-%zu\">", i);
    zpl_html(out, text_of(step, "name"));
    zpl_buf_puts(out, "</a></td><td>");
    zpl_html(out, text_of(step, "step"));
    zpl_buf_puts(out, "</td>");
    add_cells(step, zpl_json_at(page->items, i), out);
}

/* The first items of a step inside maps. */
static void add_items(const struct zpl_json *items, struct zpl_buf *out)
{
    if (zpl_json_count(items) == 0)
        return;
    zpl_buf_puts(out, "<div class=\"scroll\"><table><thead><tr><th>item</th><th>state</th>"
                      "<th>time</th><th>made</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < zpl_json_count(items); i++) {
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, text_of(zpl_json_at(items, i), "name"));
        zpl_buf_puts(out, "</td>");
        add_cells(zpl_json_at(items, i), NULL, out);
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
}

static void add_steps(const struct zpl_page *page, struct zpl_buf *out)
{
    zpl_buf_puts(out, "<h2>Steps</h2>\n<div class=\"scroll\"><table><thead><tr><th>name</th>"
                      "<th>step</th><th>state</th><th>time</th><th>made</th></tr></thead>"
                      "<tbody>\n");
    for (size_t i = 0; i < zpl_json_count(page->steps); i++)
        add_step_row(page, i, out);
    zpl_buf_puts(out, "</tbody></table></div>\n");
}

/* The type in brief; what it holds stands below. */
static void add_type(const char *text, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_signature_error error = {0};
    const struct zpl_type *type;
    struct zpl_buf brief = {0};
    if (zpl_type_parse(text, &arena, &type, &error) == ZPL_OK)
        zpl_type_show(type, true, &brief);
    else
        zpl_buf_puts(&brief, text);
    zpl_html_take(out, &brief);
    zpl_arena_release(&arena);
}

static void add_outputs(const struct zpl_json *step, const struct zpl_json *previews,
                        struct zpl_buf *out)
{
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    for (size_t i = 0; i < zpl_json_count(outputs); i++) {
        const struct zpl_json *output = zpl_json_value_at(outputs, i);
        const char *name = zpl_json_key_at(outputs, i), *type = text_of(output, "type");
        struct zpl_buf size = {0};
        zpl_buf_puts(out, "<h4>");
        zpl_html(out, name);
        zpl_buf_puts(out, "</h4>\n<p class=\"type\">");
        add_type(type, out);
        zpl_buf_puts(out, "</p>\n");
        if (zpl_json_get(output, "digest") == NULL)
            continue;
        add_size(output, &size);
        zpl_buf_puts(out, "<p class=\"dim\">");
        zpl_html_take(out, &size);
        zpl_buf_printf(out, ", %.12s</p>\n", text_of(output, "digest"));
        zpl_page_preview(zpl_json_get(previews, name), type, out);
    }
}

static void add_step(const struct zpl_page *page, size_t i, struct zpl_buf *out)
{
    const struct zpl_json *step = zpl_json_at(page->steps, i);
    const struct zpl_json *items = zpl_json_at(page->items, i);
    const char *error = text_of(step, "error"), *why = text_of(step, "why");
    const char *body = text_of(zpl_json_at(zpl_json_get(page->graph, "nodes"), i), "body");
    zpl_buf_printf(out, "<h3 id=\"step-%zu\">", i);
    zpl_html(out, text_of(step, "name"));
    zpl_buf_puts(out, " <span class=\"");
    zpl_html(out, text_of(step, "status"));
    zpl_buf_puts(out, "\">");
    zpl_html(out, text_of(step, "status"));
    zpl_buf_puts(out, "</span></h3>\n");
    if (*error != '\0') {
        zpl_buf_puts(out, "<p class=\"failed\">");
        zpl_html(out, error);
        zpl_buf_puts(out, "</p>\n");
    } else if (*why != '\0') {
        zpl_buf_puts(out, "<p class=\"dim\">");
        zpl_html(out, why);
        zpl_buf_puts(out, "</p>\n");
    }
    for (size_t k = 0; k < zpl_json_count(items); k++) {
        zpl_buf_puts(out, "<p class=\"dim\">");
        zpl_html(out, zpl_json_str(zpl_json_at(items, k), ""));
        zpl_buf_puts(out, "</p>\n");
    }
    add_items(zpl_json_at(page->each, i), out);
    if (*body != '\0' && zpl_body_kind(text_of(step, "kernel"))->body == ZPL_BODY_SQL) {
        zpl_buf_puts(out, "<details><summary>its SQL</summary><pre>");
        zpl_html(out, body);
        zpl_buf_puts(out, "</pre></details>\n");
    }
    add_outputs(step, zpl_json_at(page->previews, i), out);
}

void zpl_view_page(const struct zpl_page *page, struct zpl_buf *out)
{
    add_head(page, out);
    add_params(page->params, out);
    zpl_buf_puts(out, "<h2>Graph</h2>\n");
    zpl_page_graph(page->graph, page->steps, out);
    add_steps(page, out);
    zpl_buf_puts(out, "<h2>What was made</h2>\n");
    for (size_t i = 0; i < zpl_json_count(page->steps); i++)
        add_step(page, i, out);
    zpl_buf_puts(out, "</body></html>\n");
}
