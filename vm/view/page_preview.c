/* page_preview.c - what an output holds (vm/show/preview.h), in a page.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "lang/types/signature.h"
#include "vm/view/page.h"
#include "vm/view/preview.h"

static int64_t number(const struct zpl_json *o, const char *key)
{
    return zpl_json_i64(zpl_json_get(o, key), 0);
}

static const char *text_of(const struct zpl_json *o, const char *key)
{
    return zpl_json_str(zpl_json_get(o, key), "");
}

/* <td> with the text, which is released; numbers stand right. */
static void cell_take(struct zpl_buf *out, bool right, struct zpl_buf *text)
{
    zpl_buf_puts(out, right ? "<td class=\"right\">" : "<td>");
    zpl_html_take(out, text);
    zpl_buf_puts(out, "</td>");
}

static void heads(struct zpl_buf *out, const char *const *names, size_t count)
{
    zpl_buf_puts(out, "<div class=\"scroll\"><table><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        zpl_buf_puts(out, "<th>");
        zpl_html(out, names[i]);
        zpl_buf_puts(out, "</th>");
    }
    zpl_buf_puts(out, "</tr></thead><tbody>\n");
}

static void count_cell(struct zpl_buf *out, const struct zpl_json *o, const char *key,
                       const char *before)
{
    struct zpl_buf text = {0};
    if (zpl_json_get(o, key) != NULL) {
        zpl_buf_puts(&text, before);
        zpl_text_show_count(&text, (uint64_t)number(o, key));
    }
    cell_take(out, true, &text);
}

/* "… 12 more columns" */
static void left_out(int64_t count, const char *what, struct zpl_buf *out)
{
    if (count <= 0)
        return;
    zpl_buf_puts(out, "<p class=\"dim\">… ");
    zpl_text_show_count(out, (uint64_t)count);
    zpl_buf_printf(out, " more %s%s</p>\n", what, count == 1 ? "" : "s");
}

static void show_columns(const struct zpl_json *table, struct zpl_buf *out)
{
    static const char *const HEADS[] = {"column", "type", "nulls", "distinct", "values"};
    const struct zpl_json *columns = zpl_json_get(table, "columns");
    heads(out, HEADS, 5);
    for (size_t i = 0; i < zpl_json_count(columns); i++) {
        const struct zpl_json *column = zpl_json_at(columns, i);
        bool exact = zpl_json_truth(zpl_json_get(column, "exact"), true);
        struct zpl_buf values = {0};
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, text_of(column, "name"));
        zpl_buf_puts(out, "</td><td>");
        zpl_html(out, text_of(column, "type"));
        zpl_buf_puts(out, "</td>");
        count_cell(out, column, "nulls", "");
        count_cell(out, column, "distinct", exact ? "" : "~");
        zpl_view_figures(column, &values);
        if ((int64_t)i >= number(table, "figure_count"))
            zpl_buf_puts(&values, "(not looked at: it took too long)");
        cell_take(out, false, &values);
        zpl_buf_puts(out, "</tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
    left_out(number(table, "column_count") - (int64_t)zpl_json_count(columns), "column", out);
}

static void show_rows(const struct zpl_json *table, struct zpl_buf *out)
{
    const struct zpl_json *columns = zpl_json_get(table, "columns");
    const struct zpl_json *rows = zpl_json_get(table, "head");
    if (zpl_json_count(rows) == 0)
        return;
    zpl_buf_puts(out,
                 "<details><summary>first rows</summary><div class=\"scroll\"><table><thead><tr>");
    for (size_t c = 0; c < zpl_json_count(columns); c++) {
        zpl_buf_puts(out, "<th>");
        zpl_html(out, text_of(zpl_json_at(columns, c), "name"));
        zpl_buf_puts(out, "</th>");
    }
    zpl_buf_puts(out, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < zpl_json_count(rows); r++) {
        zpl_buf_puts(out, "<tr>");
        for (size_t c = 0; c < zpl_json_count(columns); c++) {
            const struct zpl_json *value = zpl_json_at(zpl_json_at(rows, r), c);
            enum zpl_json_kind kind = zpl_json_kind(value);
            struct zpl_buf text = {0};
            zpl_view_value(value, 20, &text);
            cell_take(out, kind == ZPL_JSON_INT || kind == ZPL_JSON_REAL, &text);
        }
        zpl_buf_puts(out, "</tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div></details>\n");
}

static void show_pairs(const struct zpl_json *pairs, const char *head, const char *key,
                       struct zpl_buf *out)
{
    const char *const names[] = {head, key};
    heads(out, names, 2);
    for (size_t i = 0; i < zpl_json_count(pairs); i++) {
        const struct zpl_json *value = zpl_json_get(zpl_json_at(pairs, i), key);
        struct zpl_buf text = {0};
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, text_of(zpl_json_at(pairs, i), "name"));
        zpl_buf_puts(out, "</td>");
        zpl_view_value(value, 20, &text);
        cell_take(out, zpl_json_kind(value) == ZPL_JSON_INT, &text);
        zpl_buf_puts(out, "</tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
}

static void show_onnx(const struct zpl_json *model, struct zpl_buf *out)
{
    struct zpl_buf words = {0};
    zpl_view_onnx(model, &words);
    zpl_buf_puts(out, "<p>");
    zpl_html(out, zpl_buf_str(&words));
    zpl_buf_puts(out, "</p>\n");
    zpl_buf_release(&words);
    show_pairs(zpl_json_get(model, "inputs"), "input", "type", out);
    show_pairs(zpl_json_get(model, "outputs"), "output", "type", out);
    show_pairs(zpl_json_get(model, "operators"), "operator", "count", out);
}

static void show_model(const struct zpl_json *model, struct zpl_buf *out)
{
    static const char *const HEADS[] = {"feature", "gain", "splits", ""};
    const struct zpl_json *features = zpl_json_get(model, "features");
    double most = zpl_json_f64(zpl_json_get(zpl_json_at(features, 0), "gain"), 0);
    zpl_buf_puts(out, "<p>");
    zpl_html(out, text_of(model, "framework"));
    zpl_buf_printf(out, ": %lld trees of %lld rounds, predicts ", (long long)number(model, "trees"),
                   (long long)number(model, "rounds"));
    zpl_html(out, text_of(model, "label"));
    zpl_buf_puts(out, ": ");
    zpl_html(out, text_of(model, "label_type"));
    zpl_buf_puts(out, "</p>\n");
    heads(out, HEADS, 4);
    for (size_t i = 0; i < zpl_json_count(features); i++) {
        const struct zpl_json *feature = zpl_json_at(features, i);
        double gain = zpl_json_f64(zpl_json_get(feature, "gain"), 0);
        struct zpl_buf text = {0};
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, text_of(feature, "name"));
        zpl_buf_puts(out, "</td>");
        zpl_view_figure(zpl_json_get(feature, "gain"), &text);
        cell_take(out, true, &text);
        count_cell(out, feature, "splits", "");
        zpl_buf_printf(out, "<td><div class=\"bar\" style=\"width:%.0fpx\"></div></td></tr>\n",
                       most > 0 ? gain / most * 200 : 0);
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
}

/* A value, or a row for each field in the order of the type. */
static void show_value(const struct zpl_json *value, const char *type, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_signature_error error = {0};
    const struct zpl_type *declared = NULL;
    struct zpl_buf text = {0};
    if (zpl_json_kind(value) != ZPL_JSON_OBJECT) {
        zpl_view_value(value, 100, &text);
        zpl_buf_puts(out, "<pre>");
        zpl_html_take(out, &text);
        zpl_buf_puts(out, "</pre>\n");
        return;
    }
    if (zpl_type_parse(type, &arena, &declared, &error) != ZPL_OK || declared->row == NULL ||
        declared->row->open)
        declared = NULL;
    size_t count = declared != NULL ? declared->row->count : zpl_json_count(value);
    zpl_buf_puts(out, "<div class=\"scroll\"><table><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        const char *key =
            declared != NULL ? declared->row->columns[i].name : zpl_json_key_at(value, i);
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, key);
        zpl_buf_puts(out, "</td>");
        zpl_view_value(zpl_json_get(value, key), 20, &text);
        cell_take(out, true, &text);
        zpl_buf_puts(out, "</tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
    zpl_arena_release(&arena);
}

static void show_tensor(const struct zpl_json *tensor, struct zpl_buf *out)
{
    const struct zpl_json *corners = zpl_json_get(tensor, "corners");
    struct zpl_buf words = {0};
    zpl_view_tensor(tensor, &words);
    zpl_buf_puts(out, "<p>");
    zpl_html_take(out, &words);
    zpl_buf_puts(out, "</p>\n<div class=\"scroll\"><table><tbody>\n");
    for (size_t r = 0; r < zpl_json_count(corners); r++) {
        const struct zpl_json *row = zpl_json_at(corners, r);
        zpl_buf_puts(out, zpl_json_count(row) == 0 ? "<tr><td>…</td>" : "<tr>");
        for (size_t c = 0; c < zpl_json_count(row); c++) {
            struct zpl_buf text = {0};
            if (zpl_json_kind(zpl_json_at(row, c)) == ZPL_JSON_NULL)
                zpl_buf_puts(&text, "…");
            else
                zpl_view_figure(zpl_json_at(row, c), &text);
            cell_take(out, true, &text);
        }
        zpl_buf_puts(out, "</tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
}

static void show_file(const struct zpl_json *file, struct zpl_buf *out)
{
    size_t n = 0;
    const char *text = zpl_json_strn(zpl_json_get(file, "text"), &n);
    zpl_buf_puts(out, "<p>");
    zpl_html(out, text_of(file, "media"));
    if (zpl_json_get(file, "width") != NULL)
        zpl_buf_printf(out, ", %lld x %lld pixels", (long long)number(file, "width"),
                       (long long)number(file, "height"));
    zpl_buf_puts(out, "</p>\n");
    if (zpl_json_get(file, "data") != NULL) {
        zpl_buf_puts(out, "<p><img alt=\"\" src=\"data:");
        zpl_html(out, text_of(file, "media"));
        zpl_buf_printf(out, ";base64,%s\"></p>\n", text_of(file, "data"));
        return;
    }
    if (n == 0)
        return;
    zpl_buf_puts(out, "<details><summary>its beginning</summary><pre>");
    zpl_htmln(out, text, n);
    zpl_buf_puts(out, "</pre></details>\n");
}

static void show_dir(const struct zpl_json *dir, struct zpl_buf *out)
{
    static const char *const HEADS[] = {"file", "size", "kind"};
    const struct zpl_json *files = zpl_json_get(dir, "files");
    int64_t count = number(dir, "file_count");
    zpl_buf_puts(out, "<p>");
    zpl_text_show_count(out, (uint64_t)count);
    zpl_buf_puts(out, count == 1 ? " file</p>\n" : " files</p>\n");
    heads(out, HEADS, 3);
    for (size_t i = 0; i < zpl_json_count(files); i++) {
        const struct zpl_json *file = zpl_json_at(files, i);
        struct zpl_buf size = {0};
        zpl_buf_puts(out, "<tr><td>");
        zpl_html(out, text_of(file, "path"));
        zpl_buf_puts(out, "</td>");
        zpl_text_show_bytes(&size, (uint64_t)number(file, "bytes"));
        cell_take(out, true, &size);
        zpl_buf_puts(out, "<td>");
        zpl_html(out, text_of(file, "media"));
        zpl_buf_puts(out, "</td></tr>\n");
    }
    zpl_buf_puts(out, "</tbody></table></div>\n");
    left_out(count - (int64_t)zpl_json_count(files), "file", out);
}

void zpl_page_preview(const struct zpl_json *preview, const char *type, struct zpl_buf *out)
{
    const char *kind = text_of(preview, "kind");
    if (strcmp(kind, "table") == 0) {
        show_columns(preview, out);
        show_rows(preview, out);
    } else if (strcmp(kind, "tensor") == 0) {
        show_tensor(preview, out);
    } else if (strcmp(kind, "model") == 0) {
        show_model(preview, out);
    } else if (strcmp(kind, "onnx") == 0) {
        show_onnx(preview, out);
    } else if (strcmp(kind, "value") == 0) {
        show_value(zpl_json_get(preview, "value"), type, out);
    } else if (strcmp(kind, "file") == 0) {
        show_file(preview, out);
    } else if (strcmp(kind, "dir") == 0) {
        show_dir(preview, out);
    } else if (strcmp(kind, "gone") == 0) {
        zpl_buf_puts(out, "<p class=\"dim\">what it holds is not in the store any more</p>\n");
    } else if (strcmp(kind, "failed") == 0) {
        zpl_buf_puts(out, "<p class=\"failed\">it can't be looked at: ");
        zpl_html(out, text_of(preview, "why"));
        zpl_buf_puts(out, "</p>\n");
    }
}
