#include "lang/types/literal.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/types/type.h"

static struct zpl_literal *new_literal(struct zpl_arena *arena, enum zpl_literal_kind kind)
{
    struct zpl_literal *v = zpl_arena_alloc(arena, sizeof *v);
    if (v)
        v->kind = kind;
    return v;
}

const struct zpl_literal *zpl_literal_null(void)
{
    static const struct zpl_literal null = {.kind = ZPL_LIT_NULL};
    return &null;
}

const struct zpl_literal *zpl_literal_bool(struct zpl_arena *arena, bool value)
{
    struct zpl_literal *v = new_literal(arena, ZPL_LIT_BOOL);
    if (v)
        v->as.b = value;
    return v;
}

const struct zpl_literal *zpl_literal_int(struct zpl_arena *arena, int64_t value)
{
    struct zpl_literal *v = new_literal(arena, ZPL_LIT_INT);
    if (v)
        v->as.i = value;
    return v;
}

const struct zpl_literal *zpl_literal_float(struct zpl_arena *arena, double value)
{
    struct zpl_literal *v = new_literal(arena, ZPL_LIT_FLOAT);
    if (v)
        v->as.f = value;
    return v;
}

static const struct zpl_literal *new_text(struct zpl_arena *arena, enum zpl_literal_kind kind,
                                          const char *s, size_t n)
{
    struct zpl_literal *v = new_literal(arena, kind);
    const char *copy = v ? zpl_arena_strndup(arena, s, n) : NULL;
    if (!copy)
        return NULL;
    v->as.str.s = copy;
    v->as.str.n = n;
    return v;
}

const struct zpl_literal *zpl_literal_string(struct zpl_arena *arena, const char *s, size_t n)
{
    return new_text(arena, ZPL_LIT_STRING, s, n);
}

const struct zpl_literal *zpl_literal_path(struct zpl_arena *arena, const char *s, size_t n)
{
    return new_text(arena, ZPL_LIT_PATH, s, n);
}

const struct zpl_literal *zpl_literal_list(struct zpl_arena *arena,
                                           const struct zpl_literal *const *items, size_t count)
{
    struct zpl_literal *v = new_literal(arena, ZPL_LIT_LIST);
    if (!v)
        return NULL;
    v->as.list.items = items;
    v->as.list.count = count;
    return v;
}

const struct zpl_literal *zpl_literal_record(struct zpl_arena *arena,
                                             const struct zpl_literal *const *items,
                                             const char *const *keys, size_t count)
{
    struct zpl_literal *v = new_literal(arena, ZPL_LIT_RECORD);
    if (!v)
        return NULL;
    v->as.list.items = items;
    v->as.list.keys = keys;
    v->as.list.count = count;
    return v;
}

static const struct zpl_literal *copy_items(struct zpl_arena *arena,
                                            const struct zpl_literal *literal)
{
    size_t count = literal->as.list.count;
    const struct zpl_literal **items = zpl_arena_array(arena, count + 1, sizeof *items);
    const char **keys = zpl_arena_array(arena, count + 1, sizeof *keys);
    for (size_t i = 0; items && keys && i < count; i++) {
        items[i] = zpl_literal_copy(arena, literal->as.list.items[i]);
        keys[i] = literal->kind == ZPL_LIT_RECORD
                      ? zpl_arena_strdup(arena, literal->as.list.keys[i])
                      : NULL;
        if (!items[i])
            return NULL;
    }
    if (!items || !keys)
        return NULL;
    return literal->kind == ZPL_LIT_RECORD ? zpl_literal_record(arena, items, keys, count)
                                           : zpl_literal_list(arena, items, count);
}

const struct zpl_literal *zpl_literal_copy(struct zpl_arena *arena,
                                           const struct zpl_literal *literal)
{
    struct zpl_literal *v;
    switch (literal->kind) {
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        return new_text(arena, literal->kind, literal->as.str.s, literal->as.str.n);
    case ZPL_LIT_LIST:
    case ZPL_LIT_RECORD:
        return copy_items(arena, literal);
    case ZPL_LIT_NULL:
    case ZPL_LIT_BOOL:
    case ZPL_LIT_INT:
    case ZPL_LIT_FLOAT:
    case ZPL_LIT_TYPE:
        v = new_literal(arena, literal->kind);
        if (v)
            v->as = literal->as;
        return v;
    }
    return NULL;
}

const struct zpl_literal *zpl_literal_type(struct zpl_arena *arena, const struct zpl_type *type)
{
    struct zpl_literal *v = new_literal(arena, ZPL_LIT_TYPE);
    if (v)
        v->as.type = type;
    return v;
}

/* Equal as bytes are: -0.0 is not 0.0, and NaN is NaN, because a step could tell them apart. */
static bool same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static bool same_items(const struct zpl_literal *a, const struct zpl_literal *b)
{
    if (a->as.list.count != b->as.list.count)
        return false;
    for (size_t i = 0; i < a->as.list.count; i++) {
        if (a->kind == ZPL_LIT_RECORD && strcmp(a->as.list.keys[i], b->as.list.keys[i]) != 0)
            return false;
        if (!zpl_literal_equal(a->as.list.items[i], b->as.list.items[i]))
            return false;
    }
    return true;
}

const struct zpl_literal *zpl_literal_field(const struct zpl_literal *record, const char *name)
{
    if (!record || record->kind != ZPL_LIT_RECORD)
        return NULL;
    for (size_t i = 0; i < record->as.list.count; i++)
        if (strcmp(record->as.list.keys[i], name) == 0)
            return record->as.list.items[i];
    return NULL;
}

bool zpl_literal_equal(const struct zpl_literal *a, const struct zpl_literal *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind)
        return false;
    switch (a->kind) {
    case ZPL_LIT_NULL:
        return true;
    case ZPL_LIT_BOOL:
        return a->as.b == b->as.b;
    case ZPL_LIT_INT:
        return a->as.i == b->as.i;
    case ZPL_LIT_FLOAT:
        return same_double(a->as.f, b->as.f);
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        return a->as.str.n == b->as.str.n && memcmp(a->as.str.s, b->as.str.s, a->as.str.n) == 0;
    case ZPL_LIT_LIST:
    case ZPL_LIT_RECORD:
        return same_items(a, b);
    case ZPL_LIT_TYPE:
        return zpl_type_equal(a->as.type, b->as.type);
    }
    return false;
}

void zpl_literal_quote(const char *s, size_t n, struct zpl_buf *out)
{
    zpl_buf_putc(out, '"');
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)s[i];
        uint32_t cp;
        size_t size = zpl_utf8_next(s + i, n - i, &cp);
        if (c == '"' || c == '\\')
            zpl_buf_printf(out, "\\%c", c);
        else if (c == '\n')
            zpl_buf_puts(out, "\\n");
        else if (c == '\t')
            zpl_buf_puts(out, "\\t");
        else if (c == '\r')
            zpl_buf_puts(out, "\\r");
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && size == 1))
            zpl_buf_printf(out, "\\x%02x", c);
        else
            zpl_buf_add(out, s + i, size);
        i += size;
    }
    zpl_buf_putc(out, '"');
}

static void show_double(double v, struct zpl_buf *out)
{
    if (isnan(v))
        zpl_buf_puts(out, "0/0");
    else if (isinf(v))
        zpl_buf_puts(out, v < 0 ? "-math.huge" : "math.huge");
    else
        zpl_text_double(out, v);
}

static void show_items(const struct zpl_literal *v, struct zpl_buf *out)
{
    zpl_buf_puts(out, v->as.list.count ? "{ " : "{");
    for (size_t i = 0; i < v->as.list.count; i++) {
        if (i)
            zpl_buf_puts(out, ", ");
        if (v->kind == ZPL_LIT_RECORD) {
            const char *key = v->as.list.keys[i];
            if (zpl_text_is_name(key)) {
                zpl_buf_puts(out, key);
            } else {
                zpl_buf_putc(out, '[');
                zpl_literal_quote(key, strlen(key), out);
                zpl_buf_putc(out, ']');
            }
            zpl_buf_puts(out, " = ");
        }
        zpl_literal_show(v->as.list.items[i], out);
    }
    zpl_buf_puts(out, v->as.list.count ? " }" : "}");
}

void zpl_literal_show(const struct zpl_literal *v, struct zpl_buf *out)
{
    switch (v->kind) {
    case ZPL_LIT_NULL:
        zpl_buf_puts(out, "nil");
        break;
    case ZPL_LIT_BOOL:
        zpl_buf_puts(out, v->as.b ? "true" : "false");
        break;
    case ZPL_LIT_INT:
        zpl_buf_printf(out, "%" PRId64, v->as.i);
        break;
    case ZPL_LIT_FLOAT:
        show_double(v->as.f, out);
        break;
    case ZPL_LIT_PATH:
        zpl_buf_puts(out, "Path ");
        zpl_literal_quote(v->as.str.s, v->as.str.n, out);
        break;
    case ZPL_LIT_STRING:
        zpl_literal_quote(v->as.str.s, v->as.str.n, out);
        break;
    case ZPL_LIT_LIST:
    case ZPL_LIT_RECORD:
        show_items(v, out);
        break;
    case ZPL_LIT_TYPE:
        zpl_type_show(v->as.type, false, out);
        break;
    }
}
