/* literal_json.c - literals as JSON and back.
 * JSON has one kind of number and no bytes, so what it can't tell apart is wrapped in an object of
 * one member; a plain JSON object never stands for a record, whose keys have an order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/types/literal.h"
#include "lang/types/signature.h"
#include "lang/types/type.h"

static struct zpl_json *wrap_take(const char *key, struct zpl_json *value)
{
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, key, value);
    return object;
}

static struct zpl_json *text_json(const char *s, size_t n)
{
    if (zpl_utf8_valid(s, n) && !memchr(s, '\0', n))
        return zpl_json_stringn(s, n);
    struct zpl_buf hex = {0};
    for (size_t i = 0; i < n; i++)
        zpl_buf_printf(&hex, "%02x", (unsigned char)s[i]);
    struct zpl_json *json =
        zpl_buf_error(&hex) ? NULL : wrap_take("bytes", zpl_json_string(zpl_buf_str(&hex)));
    zpl_buf_release(&hex);
    return json;
}

static struct zpl_json *float_json(double v)
{
    if (isfinite(v) && v != trunc(v))
        return zpl_json_real(v);
    struct zpl_buf text = {0};
    if (v == 0 && signbit(v))
        zpl_buf_puts(&text, "-0");
    else if (isfinite(v))
        zpl_text_ecma(&text, v);
    else
        zpl_buf_puts(&text, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
    struct zpl_json *json =
        zpl_buf_error(&text) ? NULL : wrap_take("float", zpl_json_string(zpl_buf_str(&text)));
    zpl_buf_release(&text);
    return json;
}

static struct zpl_json *record_json(const struct zpl_literal *v)
{
    struct zpl_json *members = zpl_json_array();
    for (size_t i = 0; i < v->as.list.count; i++) {
        struct zpl_json *pair = zpl_json_array();
        const char *key = v->as.list.keys[i];
        zpl_json_add_take(pair, text_json(key, strlen(key)));
        zpl_json_add_take(pair, zpl_literal_json(v->as.list.items[i]));
        zpl_json_add_take(members, pair);
    }
    return wrap_take("record", members);
}

static struct zpl_json *type_json(const struct zpl_type *type)
{
    struct zpl_buf text = {0};
    zpl_type_show(type, false, &text);
    struct zpl_json *json =
        zpl_buf_error(&text) ? NULL : wrap_take("type", zpl_json_string(zpl_buf_str(&text)));
    zpl_buf_release(&text);
    return json;
}

struct zpl_json *zpl_literal_json(const struct zpl_literal *v)
{
    switch (v->kind) {
    case ZPL_LIT_NULL:
        return zpl_json_null();
    case ZPL_LIT_BOOL:
        return zpl_json_bool(v->as.b);
    case ZPL_LIT_INT:
        return zpl_json_int(v->as.i);
    case ZPL_LIT_FLOAT:
        return float_json(v->as.f);
    case ZPL_LIT_STRING:
        return text_json(v->as.str.s, v->as.str.n);
    case ZPL_LIT_PATH:
        return wrap_take("path", text_json(v->as.str.s, v->as.str.n));
    case ZPL_LIT_LIST: {
        struct zpl_json *array = zpl_json_array();
        for (size_t i = 0; i < v->as.list.count; i++)
            zpl_json_add_take(array, zpl_literal_json(v->as.list.items[i]));
        return array;
    }
    case ZPL_LIT_RECORD:
        return record_json(v);
    case ZPL_LIT_TYPE:
        return type_json(v->as.type);
    }
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of a string or of {"bytes": hex}, in the arena; NULL: neither. */
static const char *read_text(const struct zpl_json *json, struct zpl_arena *arena, size_t *n)
{
    const char *s = zpl_json_str(json, NULL);
    if (s) {
        *n = strlen(s);
        return zpl_arena_strndup(arena, s, *n);
    }
    const char *hex = zpl_json_str(zpl_json_get(json, "bytes"), NULL);
    size_t digits = hex ? strlen(hex) : 1;
    char *bytes = digits % 2 ? NULL : zpl_arena_alloc(arena, digits / 2 + 1);
    if (!bytes)
        return NULL;
    for (size_t i = 0; i < digits / 2; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        bytes[i] = (char)(high * 16 + low);
    }
    *n = digits / 2;
    return bytes;
}

static const struct zpl_literal *read_text_as(const struct zpl_json *json, bool path,
                                              struct zpl_arena *arena)
{
    size_t n;
    const char *s = read_text(json, arena, &n);
    if (!s)
        return NULL;
    return path ? zpl_literal_path(arena, s, n) : zpl_literal_string(arena, s, n);
}

static const struct zpl_literal *read_float(const struct zpl_json *json, struct zpl_arena *arena)
{
    const char *s = zpl_json_str(json, "");
    char *end;
    double v = strtod(s, &end);
    return *s && !*end ? zpl_literal_float(arena, v) : NULL;
}

static const struct zpl_literal *read_value(const struct zpl_json *json, struct zpl_arena *arena,
                                            int depth);

static const struct zpl_literal *read_list(const struct zpl_json *json, struct zpl_arena *arena,
                                           int depth)
{
    size_t count = zpl_json_count(json);
    const struct zpl_literal **items = zpl_arena_array(arena, count, sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        items[i] = read_value(zpl_json_at(json, i), arena, depth);
        if (!items[i])
            return NULL;
    }
    return zpl_literal_list(arena, items, count);
}

static const struct zpl_literal *read_record(const struct zpl_json *json, struct zpl_arena *arena,
                                             int depth)
{
    size_t count = zpl_json_count(json), n;
    const struct zpl_literal **items = zpl_arena_array(arena, count, sizeof *items);
    const char **keys = zpl_arena_array(arena, count, sizeof *keys);
    if (!items || !keys || zpl_json_kind(json) != ZPL_JSON_ARRAY)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *pair = zpl_json_at(json, i);
        keys[i] = read_text(zpl_json_at(pair, 0), arena, &n);
        items[i] = read_value(zpl_json_at(pair, 1), arena, depth);
        if (!keys[i] || !items[i])
            return NULL;
    }
    return zpl_literal_record(arena, items, keys, count);
}

static const struct zpl_literal *read_type(const struct zpl_json *json, struct zpl_arena *arena)
{
    const struct zpl_type *type;
    struct zpl_signature_error error;
    const char *text = zpl_json_str(json, NULL);
    if (!text || zpl_type_parse(text, arena, &type, &error))
        return NULL;
    return zpl_literal_type(arena, type);
}

static const struct zpl_literal *read_wrapped(const struct zpl_json *json, struct zpl_arena *arena,
                                              int depth)
{
    const char *key = zpl_json_count(json) == 1 ? zpl_json_key_at(json, 0) : "";
    const struct zpl_json *inner = zpl_json_get(json, key);
    if (strcmp(key, "float") == 0)
        return read_float(inner, arena);
    if (strcmp(key, "path") == 0)
        return read_text_as(inner, true, arena);
    if (strcmp(key, "bytes") == 0)
        return read_text_as(json, false, arena);
    if (strcmp(key, "record") == 0)
        return read_record(inner, arena, depth);
    if (strcmp(key, "type") == 0)
        return read_type(inner, arena);
    return NULL;
}

static const struct zpl_literal *read_value(const struct zpl_json *json, struct zpl_arena *arena,
                                            int depth)
{
    if (depth > ZPL_JSON_DEPTH_MAX)
        return NULL;
    switch (zpl_json_kind(json)) {
    case ZPL_JSON_ABSENT:
        return NULL;
    case ZPL_JSON_NULL:
        return zpl_literal_null();
    case ZPL_JSON_BOOL:
        return zpl_literal_bool(arena, zpl_json_truth(json, false));
    case ZPL_JSON_INT:
        return zpl_literal_int(arena, zpl_json_i64(json, 0));
    case ZPL_JSON_REAL:
        return zpl_literal_float(arena, zpl_json_f64(json, 0));
    case ZPL_JSON_STRING:
        return read_text_as(json, false, arena);
    case ZPL_JSON_ARRAY:
        return read_list(json, arena, depth + 1);
    case ZPL_JSON_OBJECT:
        return read_wrapped(json, arena, depth + 1);
    }
    return NULL;
}

const struct zpl_literal *zpl_literal_from_json(const struct zpl_json *json,
                                                struct zpl_arena *arena)
{
    return read_value(json, arena, 0);
}

const struct zpl_literal *zpl_literal_of_json(const struct zpl_json *json,
                                              const struct zpl_type *type, struct zpl_arena *arena)
{
    size_t count = zpl_json_count(json), n;
    const struct zpl_literal **items = zpl_arena_array(arena, count + 1, sizeof *items);
    const char **keys = zpl_arena_array(arena, count + 1, sizeof *keys);
    const char *s;
    double odd;
    if (!items || !keys)
        return NULL;
    switch (zpl_json_kind(json)) {
    case ZPL_JSON_BOOL:
        return zpl_literal_bool(arena, zpl_json_truth(json, false));
    case ZPL_JSON_INT:
        return type && type->kind == ZPL_FLOAT ? zpl_literal_float(arena, zpl_json_f64(json, 0))
                                               : zpl_literal_int(arena, zpl_json_i64(json, 0));
    case ZPL_JSON_REAL:
        return zpl_literal_float(arena, zpl_json_f64(json, 0));
    case ZPL_JSON_STRING:
        if (type && type->kind == ZPL_FLOAT && zpl_json_is_odd_real(json, &odd))
            return zpl_literal_float(arena, odd);
        s = zpl_json_strn(json, &n);
        return zpl_literal_string(arena, s, n);
    case ZPL_JSON_ARRAY:
        for (size_t i = 0; i < count; i++)
            if (!(items[i] =
                      zpl_literal_of_json(zpl_json_at(json, i), type ? type->elem : NULL, arena)))
                return NULL;
        return zpl_literal_list(arena, items, count);
    case ZPL_JSON_OBJECT:
        if (type && type->kind == ZPL_FLOAT && count == 1 && zpl_json_get(json, "float"))
            return read_float(zpl_json_get(json, "float"), arena);
        for (size_t i = 0; i < count; i++) {
            keys[i] = zpl_arena_strdup(arena, zpl_json_key_at(json, i));
            const struct zpl_column *field =
                type && type->row && keys[i] ? zpl_row_find(type->row, keys[i]) : NULL;
            items[i] =
                zpl_literal_of_json(zpl_json_value_at(json, i), field ? field->type : NULL, arena);
            if (!keys[i] || !items[i])
                return NULL;
        }
        return zpl_literal_record(arena, items, keys, count);
    default:
        return zpl_literal_null();
    }
}
