/* json_write.c - the text of a JSON value: canonical (RFC 8785) or indented. */
#include <string.h>
#include "lang/base/json_node.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"

struct writer {
    struct zpl_buf *out;
    bool pretty;
    size_t depth;
};

static enum zpl_err write_value(struct writer *w, const struct zpl_json *v);

/* The escape of a byte that can't stand in a string (RFC 8785, 3.2.2.2). */
static void write_escape(struct zpl_buf *out, unsigned char c)
{
    static const char SHORT[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c >= 0x20 || SHORT[c]) {
        zpl_buf_putc(out, '\\');
        zpl_buf_putc(out, c >= 0x20 ? (char)c : SHORT[c]);
    } else {
        zpl_buf_printf(out, "\\u%04x", c);
    }
}

static void write_string(struct zpl_buf *out, const char *s, size_t n)
{
    zpl_buf_putc(out, '"');
    size_t written = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        zpl_buf_add(out, s + written, i - written);
        write_escape(out, c);
        written = i + 1;
    }
    zpl_buf_add(out, s + written, n - written);
    zpl_buf_putc(out, '"');
}

static void write_int(struct zpl_buf *out, int64_t v)
{
    char digits[24];
    char *end = digits + sizeof digits, *p = end;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (v < 0)
        *--p = '-';
    zpl_buf_add(out, p, (size_t)(end - p));
}

/* What stands before an item, and before the closing bracket. */
static void write_gap(struct writer *w, bool comma)
{
    if (comma)
        zpl_buf_putc(w->out, ',');
    if (w->pretty) {
        zpl_buf_putc(w->out, '\n');
        zpl_buf_repeat(w->out, ' ', 2 * w->depth);
    }
}

/* An item of an array or a member's value. */
static enum zpl_err write_item(struct writer *w, const struct zpl_json *v, size_t i)
{
    if (v->kind == ZPL_JSON_OBJECT)
        return write_value(w, zpl_json_value_at(v, i));
    if (!v->making)
        return write_value(w, zpl_json_at(v, i));
    struct zpl_json *item = v->made.make(v + 1, i);
    enum zpl_err err = item ? write_value(w, item) : ZPL_ERR_NOMEM;
    zpl_json_release(item);
    return err;
}

static enum zpl_err write_items(struct writer *w, const struct zpl_json *v)
{
    bool object = v->kind == ZPL_JSON_OBJECT;
    size_t count = zpl_json_count(v);
    if (v->failed)
        return ZPL_ERR_NOMEM;
    if (w->depth == ZPL_JSON_DEPTH_MAX)
        return ZPL_ERR_LIMIT;
    zpl_buf_putc(w->out, object ? '{' : '[');
    w->depth++;
    for (size_t i = 0; i < count; i++) {
        write_gap(w, i > 0);
        if (object) {
            const char *key = zpl_json_key_at(v, i);
            write_string(w->out, key, strlen(key));
            zpl_buf_puts(w->out, w->pretty ? ": " : ":");
        }
        enum zpl_err err = write_item(w, v, i);
        if (err != ZPL_OK)
            return err;
    }
    w->depth--;
    if (count > 0)
        write_gap(w, false);
    zpl_buf_putc(w->out, object ? '}' : ']');
    return zpl_buf_error(w->out);
}

static enum zpl_err write_value(struct writer *w, const struct zpl_json *v)
{
    switch (v->kind) {
    case ZPL_JSON_ARRAY:
    case ZPL_JSON_OBJECT:
        return write_items(w, v);
    case ZPL_JSON_STRING:
        write_string(w->out, v->string.text, v->string.len);
        break;
    case ZPL_JSON_INT:
        write_int(w->out, v->integer);
        break;
    case ZPL_JSON_REAL:
        zpl_text_ecma(w->out, v->real);
        break;
    case ZPL_JSON_BOOL:
        zpl_buf_puts(w->out, v->truth ? "true" : "false");
        break;
    default:
        zpl_buf_puts(w->out, "null");
        break;
    }
    return zpl_buf_error(w->out);
}

enum zpl_err zpl_json_write(const struct zpl_json *v, bool pretty, struct zpl_buf *out)
{
    if (!v)
        return ZPL_ERR_NOMEM;
    struct writer w = {.out = out, .pretty = pretty};
    return write_value(&w, v);
}
