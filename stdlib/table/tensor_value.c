/* tensor_value.c - see tensor_value.h.   Floor: stdlib. */
#include "stdlib/table/tensor_value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/text.h"

bool zpl_tensor_is_number(duckdb_type type)
{
    return (type >= DUCKDB_TYPE_TINYINT && type <= DUCKDB_TYPE_DOUBLE) ||
           type == DUCKDB_TYPE_DECIMAL || type == DUCKDB_TYPE_HUGEINT ||
           type == DUCKDB_TYPE_UHUGEINT;
}

static bool wrong(struct zpl_tensor_source *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says why, unless that was said; returns false. */
static bool wrong(struct zpl_tensor_source *s, const char *format, ...)
{
    if (s->why[0] != '\0')
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(s->why, sizeof s->why, format, args);
    va_end(args);
    return false;
}

/* ---- elements ---- */

/* A number of any type, exactly. */
struct number {
    enum { WHOLE, POSITIVE, REAL, TRUTH } kind; /* POSITIVE: beyond INT64_MAX too */
    int64_t i;
    uint64_t u;
    double d;
};

static struct number load(duckdb_type type, const void *data, idx_t at)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return (struct number){TRUTH, .u = ((const uint8_t *)data)[at]};
    case DUCKDB_TYPE_TINYINT:
        return (struct number){WHOLE, .i = ((const int8_t *)data)[at]};
    case DUCKDB_TYPE_SMALLINT:
        return (struct number){WHOLE, .i = ((const int16_t *)data)[at]};
    case DUCKDB_TYPE_INTEGER:
        return (struct number){WHOLE, .i = ((const int32_t *)data)[at]};
    case DUCKDB_TYPE_BIGINT:
        return (struct number){WHOLE, .i = ((const int64_t *)data)[at]};
    case DUCKDB_TYPE_UTINYINT:
        return (struct number){WHOLE, .i = ((const uint8_t *)data)[at]};
    case DUCKDB_TYPE_USMALLINT:
        return (struct number){WHOLE, .i = ((const uint16_t *)data)[at]};
    case DUCKDB_TYPE_UINTEGER:
        return (struct number){WHOLE, .i = ((const uint32_t *)data)[at]};
    case DUCKDB_TYPE_UBIGINT: {
        uint64_t u = ((const uint64_t *)data)[at];
        return u <= INT64_MAX ? (struct number){WHOLE, .i = (int64_t)u}
                              : (struct number){POSITIVE, .u = u};
    }
    case DUCKDB_TYPE_FLOAT:
        return (struct number){REAL, .d = (double)((const float *)data)[at]};
    default:
        return (struct number){REAL, .d = ((const double *)data)[at]};
    }
}

/* A whole number that a real one is equal to; false: there is none of 64 bits. */
static bool make_whole(struct number *n)
{
    if (n->kind != REAL)
        return n->kind != TRUTH;
    if (!(n->d >= -0x1p63 && n->d < 0x1p64) || n->d != trunc(n->d))
        return false;
    if (n->d < 0x1p63)
        *n = (struct number){WHOLE, .i = (int64_t)n->d};
    else
        *n = (struct number){POSITIVE, .u = (uint64_t)n->d};
    return true;
}

static bool store_real(struct number n, unsigned bytes, char *out)
{
    double d = n.kind == REAL ? n.d : n.kind == WHOLE ? (double)n.i : (double)n.u;
    if (n.kind == TRUTH)
        return false;
    if (n.kind == WHOLE && !(d < 0x1p63 && (int64_t)d == n.i))
        return false;
    if (n.kind == POSITIVE && !(d < 0x1p64 && (uint64_t)d == n.u))
        return false;
    if (bytes == sizeof d) {
        memcpy(out, &d, sizeof d);
        return true;
    }
    float f = (float)d;
    memcpy(out, &f, sizeof f);
    return isnan(d) || (double)f == d;
}

static bool store_whole(struct number n, const struct zpl_tensor_element *to, char *out)
{
    unsigned bits = to->bytes * 8;
    if (!make_whole(&n))
        return false;
    if (to->form == ZPL_TENSOR_UNSIGNED) {
        uint64_t u = n.kind == POSITIVE ? n.u : (uint64_t)n.i;
        if ((n.kind == WHOLE && n.i < 0) || (bits < 64 && u >> bits != 0))
            return false;
        memcpy(out, &u, to->bytes); /* little-endian, as the machine is */
        return true;
    }
    int64_t limit = bits < 64 ? (int64_t)1 << (bits - 1) : 0;
    if (n.kind == POSITIVE || (limit != 0 && (n.i < -limit || n.i >= limit)))
        return false;
    memcpy(out, &n.i, to->bytes);
    return true;
}

static bool store(struct number n, const struct zpl_tensor_element *to, char *out)
{
    if (to->form == ZPL_TENSOR_BOOL) {
        *out = (char)n.u;
        return n.kind == TRUTH;
    }
    return to->form == ZPL_TENSOR_REAL ? store_real(n, to->bytes, out) : store_whole(n, to, out);
}

static bool tell_lost(struct zpl_tensor_source *s, struct number n)
{
    if (n.kind == TRUTH)
        return wrong(s, "holds Bools, and %s is declared", s->shown);
    if (n.kind == REAL) {
        char text[40];
        snprintf(text, sizeof text, "%.15g", n.d);
        if (strtod(text, NULL) != n.d)
            snprintf(text, sizeof text, "%.17g", n.d);
        return s->element->form == ZPL_TENSOR_REAL
                   ? wrong(s, "has %s, which no f32 is equal to: f64 holds it", text)
                   : wrong(s, "has %s, which is no %s", text, s->element->name);
    }
    return n.kind == WHOLE
               ? wrong(s, "has %lld, which is no %s", (long long)n.i, s->element->name)
               : wrong(s, "has %llu, which is no %s", (unsigned long long)n.u, s->element->name);
}

static bool has_null(const uint64_t *validity, idx_t at, idx_t count)
{
    for (idx_t i = at; validity != NULL && i < at + count; i++)
        if ((validity[i / 64] >> (i % 64) & 1) == 0)
            return true;
    return false;
}

duckdb_type zpl_tensor_duck_type(const struct zpl_tensor_element *element)
{
    static const duckdb_type types[ZPL_TENSOR_ELEMENTS] = {
        DUCKDB_TYPE_FLOAT,    DUCKDB_TYPE_DOUBLE,  DUCKDB_TYPE_TINYINT,  DUCKDB_TYPE_SMALLINT,
        DUCKDB_TYPE_INTEGER,  DUCKDB_TYPE_BIGINT,  DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_USMALLINT,
        DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_UBIGINT, DUCKDB_TYPE_BOOLEAN};
    return types[element - zpl_tensor_elements];
}

/* Adds elements [at, at + count) of the last level. */
static bool add_elements(struct zpl_tensor_source *s, idx_t at, idx_t count)
{
    const struct zpl_tensor_level *level = &s->levels[s->count - 1];
    unsigned bytes = s->element->bytes;
    char *out = s->room + s->used;
    if (has_null(level->validity, at, count))
        return wrong(s, "has a null among its values");
    s->used += count * bytes;
    if (level->type == zpl_tensor_duck_type(s->element)) {
        memcpy(out, (const char *)level->data + at * bytes, count * bytes);
        return true;
    }
    for (idx_t i = 0; i < count; i++) {
        struct number n = load(level->type, level->data, at + i);
        if (!store(n, s->element, out + i * bytes))
            return tell_lost(s, n);
    }
    return true;
}

/* ---- shapes ---- */

/* The items of the list or array in row `at` of a level; false: it is null. */
static bool items_of(const struct zpl_tensor_level *level, idx_t at, idx_t *begin, idx_t *count)
{
    if (has_null(level->validity, at, 1))
        return false;
    if (level->type == DUCKDB_TYPE_ARRAY) {
        *begin = at * level->width;
        *count = level->width;
        return true;
    }
    duckdb_list_entry entry = ((const duckdb_list_entry *)level->data)[at];
    *begin = entry.offset;
    *count = entry.length;
    return true;
}

/* The lengths of the first list of each level. */
static bool find_shape(struct zpl_tensor_source *s, idx_t row)
{
    idx_t at = row, count;
    memset(s->found, 0, sizeof s->found);
    for (size_t i = 0; i + 1 < s->count; i++) {
        if (!items_of(&s->levels[i], at, &at, &count))
            return wrong(s, "has a null among its values");
        s->found[i] = count;
        if (count == 0)
            break;
    }
    return true;
}

static bool tell_shape(struct zpl_tensor_source *s)
{
    char shape[200];
    size_t n = 0;
    for (size_t i = 0; i + 1 < s->count && n < sizeof shape - 24; i++)
        n += (size_t)snprintf(shape + n, sizeof shape - n, "%s%llu", i > 0 ? ", " : "",
                              (unsigned long long)s->found[i]);
    return wrong(s, "has the shape [%s], and %s is declared", shape, s->shown);
}

static bool tell_count(struct zpl_tensor_source *s, uint64_t count)
{
    return s->open ? wrong(s, "has %llu values, and those of %s are a multiple of %llu",
                           (unsigned long long)count, s->shown, (unsigned long long)s->fixed)
                   : wrong(s, "has %llu value%s, and %s has %llu", (unsigned long long)count,
                           count == 1 ? "" : "s", s->shown, (unsigned long long)s->fixed);
}

static bool is_count(const struct zpl_tensor_source *s, uint64_t count)
{
    return s->open ? count > 0 && count % s->fixed == 0 : count == s->fixed;
}

/* Is the shape the type's?  Gives the number of elements. */
static bool hold_shape(struct zpl_tensor_source *s, uint64_t *count)
{
    bool flat = s->count == 2;
    *count = s->found[0];
    if (flat)
        return is_count(s, *count) || tell_count(s, *count);
    for (size_t i = 1; i < s->rank; i++)
        *count = s->found[i] > ZPL_TENSOR_BYTES_MAX ? 0 : *count * s->found[i];
    for (size_t i = 0; i < s->rank; i++) {
        char *end;
        uint64_t dim = strtoull(s->type->values[i], &end, 10);
        if (s->found[i] == 0 || (*end == '\0' && dim != s->found[i]))
            return tell_shape(s);
    }
    return is_count(s, *count) || tell_shape(s);
}

/* Adds what is below row `at` of a level. */
static bool add_below(struct zpl_tensor_source *s, size_t level, idx_t at)
{
    idx_t begin, count;
    if (!items_of(&s->levels[level], at, &begin, &count))
        return wrong(s, "has a null among its values");
    if (count != s->found[level])
        return wrong(s, "is ragged: at level %zu it has lists of %llu and of %llu values",
                     level + 1, (unsigned long long)s->found[level], (unsigned long long)count);
    if (level + 2 == s->count)
        return add_elements(s, begin, count);
    for (idx_t i = 0; i < count; i++)
        if (!add_below(s, level + 1, begin + i))
            return false;
    return true;
}

/* ---- values ---- */

static bool take_bytes(struct zpl_tensor_source *s, idx_t row, const char **bytes, size_t *n)
{
    *bytes = zpl_duck_string(s->levels[0].vector, row, n);
    if (*n % s->element->bytes != 0)
        return wrong(s, "has %zu bytes, which are no whole elements of %s", *n, s->shown);
    if (!is_count(s, *n / s->element->bytes))
        return tell_count(s, *n / s->element->bytes);
    for (size_t i = 0; s->element->form == ZPL_TENSOR_BOOL && i < *n; i++)
        if ((unsigned char)(*bytes)[i] > 1)
            return wrong(s, "has a byte that is %u, and those of a bool are 0 or 1",
                         (unsigned)(unsigned char)(*bytes)[i]);
    return true;
}

enum zpl_tensor_fit zpl_tensor_take(struct zpl_tensor_source *s, idx_t row, const char **bytes,
                                    size_t *n)
{
    uint64_t count = 0;
    s->why[0] = '\0';
    if (has_null(s->levels[0].validity, row, 1))
        return ZPL_TENSOR_NULL;
    if (s->levels[0].type == DUCKDB_TYPE_BLOB)
        return take_bytes(s, row, bytes, n) ? ZPL_TENSOR_FITS : ZPL_TENSOR_WRONG;
    if (!find_shape(s, row) || !hold_shape(s, &count))
        return ZPL_TENSOR_WRONG;
    *n = count * s->element->bytes;
    if (*n > s->capacity) {
        char *room = zpl_realloc(s->room, *n);
        if (room == NULL)
            return ZPL_TENSOR_STARVED;
        s->room = room;
        s->capacity = *n;
    }
    s->used = 0;
    *bytes = s->room;
    return add_below(s, 0, row) ? ZPL_TENSOR_FITS : ZPL_TENSOR_WRONG;
}

/* The levels of a vector, from outside in. */
static void open_levels(struct zpl_tensor_source *s, duckdb_vector vector)
{
    const struct zpl_duck_api *api = s->api;
    while (s->count < ZPL_TENSOR_LEVELS_MAX) {
        struct zpl_tensor_level *level = &s->levels[s->count++];
        duckdb_logical_type type = api->vector_get_column_type(vector);
        *level = (struct zpl_tensor_level){.type = api->get_type_id(type),
                                           .vector = vector,
                                           .data = api->vector_get_data(vector),
                                           .validity = api->vector_get_validity(vector)};
        if (level->type == DUCKDB_TYPE_ARRAY)
            level->width = api->array_type_array_size(type);
        api->destroy_logical_type(&type);
        if (level->type == DUCKDB_TYPE_ARRAY)
            vector = api->array_vector_get_child(vector);
        else if (level->type == DUCKDB_TYPE_LIST)
            vector = api->list_vector_get_child(vector);
        else
            return;
    }
}

bool zpl_tensor_source_open(duckdb_vector vector, const struct zpl_type *type,
                            struct zpl_tensor_source *out, struct zpl_arena *arena)
{
    size_t names;
    memset(out, 0, sizeof *out);
    out->api = zpl_duck_api();
    out->type = type;
    out->element = zpl_tensor_element(type->dtype);
    out->shown = zpl_type_text(type, true, arena);
    out->rank = zpl_names_count(type->values);
    zpl_tensor_size(type, &out->fixed, &names);
    out->open = names > 0;
    open_levels(out, vector);
    return out->shown != NULL;
}

void zpl_tensor_source_close(struct zpl_tensor_source *source)
{
    free(source->room);
}
