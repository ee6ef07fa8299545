/* admit.c - a value for a type, from another kind of literal or from text. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/base/regex.h"
#include "lang/base/text.h"
#include "lang/types/moment.h"
#include "lang/types/type.h"

struct admission {
    struct zpl_arena *arena;
    const char **why;
    bool *range;
};

static const struct zpl_literal *refuse(const struct admission *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const struct zpl_literal *refuse(const struct admission *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *a->why = zpl_arena_vprintf(a->arena, format, args);
    va_end(args);
    if (!*a->why)
        *a->why = "can't be used: out of memory";
    return NULL;
}

/* The literal as text for messages. */
static const char *shown(const struct admission *a, const struct zpl_literal *v)
{
    struct zpl_buf text = {0};
    zpl_literal_show(v, &text);
    const char *copy = zpl_arena_strndup(a->arena, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    return copy ? copy : "?";
}

static const struct zpl_literal *to_int(const struct admission *a, const struct zpl_literal *v)
{
    if (v->kind == ZPL_LIT_INT)
        return v;
    /* 2^63 is the first double over the range; -2^63 is in it. */
    if (v->kind == ZPL_LIT_FLOAT && v->as.f == trunc(v->as.f) && v->as.f >= -0x1p63 &&
        v->as.f < 0x1p63)
        return zpl_literal_int(a->arena, (int64_t)v->as.f);
    return refuse(a, "is not a whole number");
}

static const struct zpl_literal *to_float(const struct admission *a, const struct zpl_literal *v)
{
    if (v->kind == ZPL_LIT_FLOAT)
        return v;
    if (v->kind == ZPL_LIT_INT)
        return zpl_literal_float(a->arena, (double)v->as.i);
    return refuse(a, "is not a number");
}

static const struct zpl_literal *to_enum(const struct admission *a, const struct zpl_type *type,
                                         const struct zpl_literal *v)
{
    if (v->kind != ZPL_LIT_STRING)
        return refuse(a, "is not a string");
    size_t count = 0;
    for (; type->values && type->values[count]; count++)
        if (strlen(type->values[count]) == v->as.str.n &&
            memcmp(type->values[count], v->as.str.s, v->as.str.n) == 0)
            return v;
    if (!type->values)
        return v;
    const char *near = zpl_text_nearest(v->as.str.s, type->values, count);
    const char *all = zpl_type_text(type, true, a->arena);
    if (near)
        return refuse(a, "is not a value of %s; did you mean \"%s\"?", all, near);
    return refuse(a, "is not a value of %s", all);
}

static const struct zpl_literal *to_moment(const struct admission *a, enum zpl_kind kind,
                                           const struct zpl_literal *v)
{
    int64_t when;
    if (v->kind == ZPL_LIT_STRING && kind == ZPL_DATE &&
        zpl_date_read(v->as.str.s, v->as.str.n, &when))
        return v;
    if (v->kind == ZPL_LIT_STRING && kind == ZPL_TIMESTAMP &&
        zpl_timestamp_read(v->as.str.s, v->as.str.n, &when))
        return v;
    if (kind == ZPL_DATE)
        return refuse(a, "is not a date; write \"2024-02-29\"");
    return refuse(a, "is not a timestamp; write \"2024-02-29 13:05:00\"");
}

static const struct zpl_literal *admit(const struct admission *a, const struct zpl_type *type,
                                       const struct zpl_literal *v);

static const struct zpl_literal *to_list(const struct admission *a, const struct zpl_type *type,
                                         const struct zpl_literal *v)
{
    if (v->kind != ZPL_LIT_LIST)
        return refuse(a, "is not a list");
    size_t count = v->as.list.count;
    const struct zpl_literal **items = zpl_arena_array(a->arena, count, sizeof *items);
    bool changed = false;
    for (size_t i = 0; items && i < count; i++) {
        items[i] = type->elem ? admit(a, type->elem, v->as.list.items[i]) : v->as.list.items[i];
        if (!items[i])
            return refuse(a, "has at place %zu a value that %s", i + 1, *a->why);
        changed |= items[i] != v->as.list.items[i];
    }
    if (!items)
        return refuse(a, "can't be used: out of memory");
    return changed ? zpl_literal_list(a->arena, items, count) : v;
}

/* Fields stay in written order; what the type does not ask for stays too. */
static const struct zpl_literal *to_record(const struct admission *a, const struct zpl_type *type,
                                           const struct zpl_literal *v)
{
    if (v->kind == ZPL_LIT_LIST && v->as.list.count == 0)
        v = zpl_literal_record(a->arena, NULL, NULL, 0); /* `{}` is both */
    if (!v || v->kind != ZPL_LIT_RECORD)
        return refuse(a, "is not a record");
    for (size_t i = 0; type->row && i < type->row->count; i++) {
        const struct zpl_column *field = &type->row->columns[i];
        if (field->type && !field->type->optional && !zpl_literal_field(v, field->name))
            return refuse(a, "has no field '%s'", field->name);
    }
    size_t count = v->as.list.count;
    const struct zpl_literal **items = zpl_arena_array(a->arena, count, sizeof *items);
    if (!items)
        return refuse(a, "can't be used: out of memory");
    for (size_t i = 0; i < count; i++) {
        const char *key = v->as.list.keys[i];
        const struct zpl_column *field = type->row ? zpl_row_find(type->row, key) : NULL;
        items[i] = v->as.list.items[i];
        if (field && !(items[i] = admit(a, field->type, v->as.list.items[i])))
            return refuse(a, "has a field '%s' that %s", key, *a->why);
    }
    return zpl_literal_record(a->arena, items, v->as.list.keys, count);
}

/* Can the string be a name or a path: UTF-8 without NUL? */
static bool is_plain_text(const struct zpl_literal *v)
{
    return !memchr(v->as.str.s, '\0', v->as.str.n) && zpl_utf8_valid(v->as.str.s, v->as.str.n);
}

/* The value as a value of the kind, refinements aside. */
static const struct zpl_literal *convert(const struct admission *a, const struct zpl_type *type,
                                         const struct zpl_literal *v)
{
    bool text = v->kind == ZPL_LIT_STRING;
    switch (type->kind) {
    case ZPL_UNKNOWN:
    case ZPL_ANY:
    case ZPL_VAR:
        return v;
    case ZPL_INT:
        return to_int(a, v);
    case ZPL_FLOAT:
        return to_float(a, v);
    case ZPL_NUMBER:
        return v->kind == ZPL_LIT_INT || v->kind == ZPL_LIT_FLOAT || v->kind == ZPL_LIT_BOOL
                   ? v
                   : refuse(a, "is not a number");
    case ZPL_BOOL:
        return v->kind == ZPL_LIT_BOOL ? v : refuse(a, "is neither true nor false");
    case ZPL_STRING:
    case ZPL_CLASS:
    case ZPL_BYTES:
    case ZPL_SECRET:
        return text ? v : refuse(a, "is not a string");
    case ZPL_PATH:
    case ZPL_FILE:
    case ZPL_DIR:
        if (v->kind == ZPL_LIT_PATH)
            return v;
        if (text && !is_plain_text(v))
            return refuse(a, "is not a path: it is no UTF-8 or holds a NUL character");
        return text ? zpl_literal_path(a->arena, v->as.str.s, v->as.str.n)
                    : refuse(a, "is not a path");
    case ZPL_ENUM:
        return to_enum(a, type, v);
    case ZPL_DATE:
    case ZPL_TIMESTAMP:
        return to_moment(a, type->kind, v);
    case ZPL_JSON:
        return v->kind != ZPL_LIT_TYPE ? v : refuse(a, "is a type, which JSON has no name for");
    case ZPL_LIST:
        return to_list(a, type, v);
    case ZPL_RECORD:
        return to_record(a, type, v);
    case ZPL_TYPE_OF:
        return v->kind == ZPL_LIT_TYPE ? v : refuse(a, "is not a type");
    case ZPL_COLUMN_OF:
        return text && is_plain_text(v) ? v : refuse(a, "is not the name of a column");
    default:
        return refuse(a, "is not a %s", zpl_kind_name(type->kind));
    }
}

/* Less than 0, 0, or more: a before, with, or after b.  NaN has no place; it counts as after. */
static int compare(enum zpl_kind kind, const struct zpl_literal *a, const struct zpl_literal *b)
{
    int64_t x = 0, y = 0;
    if (kind == ZPL_DATE) {
        zpl_date_read(a->as.str.s, a->as.str.n, &x);
        zpl_date_read(b->as.str.s, b->as.str.n, &y);
    } else if (kind == ZPL_TIMESTAMP) {
        zpl_timestamp_read(a->as.str.s, a->as.str.n, &x);
        zpl_timestamp_read(b->as.str.s, b->as.str.n, &y);
    } else if (a->kind == ZPL_LIT_STRING || b->kind == ZPL_LIT_STRING) {
        return strcmp(a->as.str.s, b->as.str.s);
    } else if (a->kind == ZPL_LIT_INT && b->kind == ZPL_LIT_INT) {
        x = a->as.i;
        y = b->as.i;
    } else {
        double f = a->kind == ZPL_LIT_INT ? (double)a->as.i : a->as.f;
        double g = b->kind == ZPL_LIT_INT ? (double)b->as.i : b->as.f;
        return f < g ? -1 : f == g ? 0 : 1;
    }
    return (x > y) - (x < y);
}

static bool is_nan(const struct zpl_literal *v)
{
    return v->kind == ZPL_LIT_FLOAT && isnan(v->as.f);
}

static bool has_order(const struct zpl_literal *v)
{
    return v->kind == ZPL_LIT_INT || v->kind == ZPL_LIT_FLOAT || v->kind == ZPL_LIT_STRING;
}

static bool is_one_of(const struct zpl_literal *list, const struct zpl_literal *v)
{
    for (size_t i = 0; i < list->as.list.count; i++)
        if (zpl_literal_equal(list->as.list.items[i], v))
            return true;
    return false;
}

/* The value, if the pattern matches anywhere in it. */
static const struct zpl_literal *keep_match(const struct admission *a, const char *pattern,
                                            const struct zpl_literal *v)
{
    char words[ZPL_REGEX_WORDS];
    bool matches = false;
    size_t len;
    const char *said = zpl_regex_said(pattern, &len);
    enum zpl_err err = zpl_regex_match(pattern, v->as.str.s, v->as.str.n, &matches, words);
    if (err == ZPL_ERR_NOMEM)
        return refuse(a, "can't be used: out of memory");
    if (err == ZPL_ERR_LIMIT)
        return refuse(a, "takes too long to match \"%s\"", pattern);
    if (err != ZPL_OK)
        return refuse(a, "can't be matched: \"%s\" is no pattern: %s", pattern, words);
    if (matches)
        return v;
    return said ? refuse(a, "is not %.*s", (int)len, said)
                : refuse(a, "does not match \"%s\"", pattern);
}

/* The value, if it keeps the type's refinements. */
static const struct zpl_literal *refine(const struct admission *a, const struct zpl_type *type,
                                        const struct zpl_literal *v)
{
    const struct zpl_refine *r = type->refine;
    *a->range = true;
    if ((r->min || r->max) && has_order(v) && is_nan(v))
        return refuse(a, "is not a number (NaN)");
    if (r->min && has_order(v) && compare(type->kind, v, r->min) < 0)
        return refuse(a, "is below the minimum %s", shown(a, r->min));
    if (r->max && has_order(v) && compare(type->kind, v, r->max) > 0)
        return refuse(a, "is above the maximum %s", shown(a, r->max));
    if (r->one_of && !is_one_of(r->one_of, v))
        return refuse(a, "is not one of %s", shown(a, r->one_of));
    if (r->match && v->kind == ZPL_LIT_STRING && !keep_match(a, r->match, v))
        return NULL;
    *a->range = false;
    return v;
}

static const struct zpl_literal *admit(const struct admission *a, const struct zpl_type *type,
                                       const struct zpl_literal *v)
{
    if (v->kind == ZPL_LIT_NULL && type->kind != ZPL_JSON && type->kind != ZPL_ANY)
        return type->optional ? v : refuse(a, "is not given");
    const struct zpl_literal *made = convert(a, type, v);
    return made && type->refine ? refine(a, type, made) : made;
}

const struct zpl_literal *zpl_type_admit(const struct zpl_type *type,
                                         const struct zpl_literal *value, struct zpl_arena *arena,
                                         const char **why, bool *range)
{
    struct admission a = {arena, why, range};
    *range = false;
    *why = "can't be used: out of memory";
    return admit(&a, type, value);
}

/* Decimal digits with an optional sign, and nothing else. */
static const struct zpl_literal *int_text(const struct admission *a, const char *text)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    bool plain = strspn(text, "+-0123456789") == strlen(text);
    if (!*text || *end || !plain)
        return refuse(a, "is not a whole number");
    if (errno)
        return refuse(a, "is too large for an Int (64 bits)");
    return zpl_literal_int(a->arena, v);
}

static const struct zpl_literal *float_text(const struct admission *a, const char *text)
{
    char *end;
    double v = strtod(text, &end);
    bool plain = strspn(text, "+-.eE0123456789") == strlen(text);
    if (!*text || *end || !plain || !isfinite(v))
        return refuse(a, "is not a number");
    return zpl_literal_float(a->arena, v);
}

static const struct zpl_literal *json_text(const struct admission *a, const char *text)
{
    struct zpl_json *json = NULL;
    if (zpl_json_parse(text, strlen(text), &json, NULL))
        return refuse(a, "is not JSON");
    const struct zpl_literal *v = zpl_literal_of_json(json, NULL, a->arena);
    zpl_json_release(json);
    return v;
}

static const struct zpl_literal *read_text(const struct admission *a, const struct zpl_type *type,
                                           const char *text);

/* "a,b,c"; an empty text is an empty list. */
static const struct zpl_literal *list_text(const struct admission *a, const struct zpl_type *type,
                                           const char *text)
{
    const struct zpl_literal **items = NULL;
    size_t count = 0, room = 0;
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, ",");
        const char *item = zpl_arena_strndup(a->arena, s, n);
        items = zpl_arena_grow(a->arena, items, count, &room, sizeof *items);
        if (!item || !items)
            return NULL;
        items[count] = read_text(a, type->elem, item);
        if (!items[count])
            return refuse(a, "has at place %zu a value that %s", count + 1, *a->why);
        count++;
        s += n;
        if (*s == ',' && !s[1])
            return refuse(a, "ends with a comma");
        s += *s == ',';
    }
    return zpl_literal_list(a->arena, items, count);
}

static const struct zpl_literal *read_text(const struct admission *a, const struct zpl_type *type,
                                           const char *text)
{
    const struct zpl_literal *v;
    switch (type->kind) {
    case ZPL_INT:
        v = int_text(a, text);
        break;
    case ZPL_FLOAT:
    case ZPL_NUMBER:
        v = float_text(a, text);
        break;
    case ZPL_BOOL:
        v = strcmp(text, "true") == 0 || strcmp(text, "false") == 0
                ? zpl_literal_bool(a->arena, text[0] == 't')
                : refuse(a, "is neither true nor false");
        break;
    case ZPL_JSON:
        v = json_text(a, text);
        break;
    case ZPL_LIST:
        v = type->elem ? list_text(a, type, text) : refuse(a, "can't be given as text");
        break;
    default:
        v = zpl_kind_is_scalar(type->kind) || type->kind == ZPL_FILE || type->kind == ZPL_DIR
                ? zpl_literal_string(a->arena, text, strlen(text))
                : refuse(a, "can't be given as text: a %s is made by a step",
                         zpl_kind_name(type->kind));
    }
    return v ? admit(a, type, v) : NULL;
}

const struct zpl_literal *zpl_type_read_text(const struct zpl_type *type, const char *text,
                                             struct zpl_arena *arena, const char **why, bool *range)
{
    struct admission a = {arena, why, range};
    *range = false;
    *why = "can't be used: out of memory";
    return read_text(&a, type, text);
}
