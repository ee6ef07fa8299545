/* value.c - see preview.h: values and the figures of columns.   Floor: vm. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lang/base/text.h"
#include "lang/types/literal.h"
#include "vm/view/preview.h"
#include "vm/view/term.h"

/* "[1, 2, … 98 more]", "{a 1, b "x"}" */
static void show_parts(const struct zpl_json *value, size_t most, struct zpl_buf *out)
{
    bool list = zpl_json_kind(value) == ZPL_JSON_ARRAY;
    size_t count = zpl_json_count(value);
    zpl_buf_putc(out, list ? '[' : '{');
    for (size_t i = 0; i < count && i < most; i++) {
        zpl_buf_puts(out, i > 0 ? ", " : "");
        if (!list) {
            const char *key = zpl_json_key_at(value, i);
            zpl_term_text(out, key, strlen(key));
            zpl_buf_puts(out, ": ");
        }
        zpl_view_value(list ? zpl_json_at(value, i) : zpl_json_value_at(value, i), most, out);
    }
    if (count > most) {
        zpl_buf_puts(out, ", … ");
        zpl_text_show_count(out, count - most);
        zpl_buf_puts(out, " more");
    }
    zpl_buf_putc(out, list ? ']' : '}');
}

void zpl_view_value(const struct zpl_json *value, size_t most, struct zpl_buf *out)
{
    size_t n;
    const char *s;
    switch (zpl_json_kind(value)) {
    case ZPL_JSON_REAL:
        zpl_text_ecma(out, zpl_json_f64(value, 0));
        break;
    case ZPL_JSON_INT:
        zpl_buf_printf(out, "%" PRId64, zpl_json_i64(value, 0));
        break;
    case ZPL_JSON_BOOL:
        zpl_buf_puts(out, zpl_json_truth(value, false) ? "true" : "false");
        break;
    case ZPL_JSON_STRING:
        s = zpl_json_strn(value, &n);
        zpl_term_text(out, s, n);
        break;
    case ZPL_JSON_ARRAY:
    case ZPL_JSON_OBJECT:
        show_parts(value, most, out);
        break;
    default:
        zpl_buf_puts(out, "null");
    }
}

void zpl_view_param(const struct zpl_json *param, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_buf text = {0};
    const struct zpl_literal *literal = zpl_literal_from_json(param, &arena);
    if (literal != NULL)
        zpl_literal_show(literal, &text);
    zpl_term_text(out, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    zpl_arena_release(&arena);
}

void zpl_view_figure(const struct zpl_json *value, struct zpl_buf *out)
{
    double v = zpl_json_f64(value, 0);
    if (zpl_json_kind(value) == ZPL_JSON_INT) {
        int64_t i = zpl_json_i64(value, 0);
        zpl_buf_puts(out, i < 0 ? "-" : "");
        zpl_text_show_count(out, i < 0 ? 0 - (uint64_t)i : (uint64_t)i);
    } else if (zpl_json_kind(value) == ZPL_JSON_REAL && fabs(v) >= 1e6 && fabs(v) < 1e15) {
        zpl_buf_puts(out, v < 0 ? "-" : "");
        zpl_text_show_count(out, (uint64_t)llround(fabs(v)));
    } else if (zpl_json_kind(value) == ZPL_JSON_REAL) {
        zpl_buf_printf(out, "%.5g", v);
    } else {
        zpl_view_value(value, 5, out);
    }
}

static void show_range(const struct zpl_json *column, struct zpl_buf *out)
{
    const struct zpl_json *mean = zpl_json_get(column, "mean");
    bool list = strncmp(zpl_json_str(zpl_json_get(column, "type"), ""), "List", 4) == 0;
    zpl_buf_puts(out, list ? "length " : "");
    zpl_view_figure(zpl_json_get(column, "min"), out);
    zpl_buf_puts(out, " … ");
    zpl_view_figure(zpl_json_get(column, "max"), out);
    if (mean != NULL) {
        zpl_buf_puts(out, ", mean ");
        zpl_view_figure(mean, out);
    }
}

void zpl_view_figures(const struct zpl_json *column, struct zpl_buf *out)
{
    const struct zpl_json *top = zpl_json_get(column, "top");
    int64_t nan = zpl_json_i64(zpl_json_get(column, "nan"), 0);
    int64_t distinct = zpl_json_i64(zpl_json_get(column, "distinct"), 0);
    if (zpl_json_get(column, "min") != NULL)
        show_range(column, out);
    for (size_t i = 0; i < zpl_json_count(top); i++) {
        const struct zpl_json *item = zpl_json_at(top, i);
        struct zpl_buf text = {0};
        zpl_view_value(zpl_json_get(item, "value"), 5, &text);
        zpl_buf_puts(out, i > 0 ? ", " : "");
        unsigned columns = zpl_term_columns(zpl_buf_str(&text));
        if (text.len == 0)
            zpl_buf_puts(out, "\"\"");
        zpl_term_cell(out, zpl_buf_str(&text), columns < 24 ? columns : 24);
        zpl_buf_putc(out, ' ');
        zpl_text_show_count(out, (uint64_t)zpl_json_i64(zpl_json_get(item, "count"), 0));
        zpl_buf_release(&text);
    }
    if (zpl_json_count(top) > 0 && (int64_t)zpl_json_count(top) < distinct)
        zpl_buf_puts(out, ", …");
    if (nan > 0) {
        bool alone = zpl_json_get(column, "min") == NULL && zpl_json_count(top) == 0;
        zpl_buf_puts(out, alone ? "not a number " : ", not a number ");
        zpl_text_show_count(out, (uint64_t)nan);
    }
}

void zpl_view_tensor(const struct zpl_json *tensor, struct zpl_buf *out)
{
    struct zpl_buf figures = {0};
    zpl_buf_printf(out, "%s ", zpl_json_str(zpl_json_get(tensor, "dtype"), ""));
    zpl_view_value(zpl_json_get(tensor, "shape"), 100, out);
    zpl_view_figures(tensor, &figures);
    zpl_buf_printf(out, "%s%s", figures.len > 0 ? ": " : "", zpl_buf_str(&figures));
    zpl_buf_release(&figures);
}

void zpl_view_onnx(const struct zpl_json *model, struct zpl_buf *out)
{
    const struct zpl_json *opsets = zpl_json_get(model, "opsets");
    const struct zpl_json *classes = zpl_json_get(model, "classes");
    const char *label = zpl_json_str(zpl_json_get(model, "label"), NULL);
    zpl_buf_puts(out, "onnx: ");
    zpl_text_show_count(out, (uint64_t)zpl_json_i64(zpl_json_get(model, "nodes"), 0));
    zpl_buf_puts(out, " nodes");
    for (size_t i = 0; i < zpl_json_count(opsets); i++) {
        const struct zpl_json *opset = zpl_json_at(opsets, i);
        const char *domain = zpl_json_str(zpl_json_get(opset, "domain"), "");
        zpl_buf_puts(out, ", ");
        zpl_term_text(out, *domain ? domain : "opset", strlen(*domain ? domain : "opset"));
        zpl_buf_printf(out, " %" PRId64, zpl_json_i64(zpl_json_get(opset, "version"), 0));
    }
    const char *producer = zpl_json_str(zpl_json_get(model, "producer"), "");
    zpl_buf_puts(out, *producer ? ", made by " : "");
    zpl_term_text(out, producer, strlen(producer));
    if (label == NULL)
        return;
    zpl_buf_puts(out, "; predicts ");
    zpl_term_text(out, label, strlen(label));
    zpl_buf_printf(out, ": %s by its output ", zpl_json_str(zpl_json_get(model, "label_type"), ""));
    zpl_view_value(zpl_json_get(model, "output"), 1, out);
    zpl_buf_printf(out, ", a %s", zpl_json_str(zpl_json_get(model, "means"), ""));
    if (zpl_json_count(classes) > 0) {
        zpl_buf_puts(out, " of each of ");
        zpl_view_value(classes, 20, out);
    }
}
