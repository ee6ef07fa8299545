/* feed_plain.c - see feed_plain.h.   Floor: stdlib. */
#include "stdlib/table/feed_plain.h"

#include <string.h>

static const char beyond[] = "the output has an index that its dictionary does not have";
static const char large[] = "the output has more than 2 GiB of text in 2,048 rows of a column";
static const char unknown[] = "the output has a dictionary of a kind that tables have no type for";

bool zpl_plain_is_null(const struct ArrowArray *array, int64_t at)
{
    const uint8_t *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;
    return validity != NULL && (validity[at / 8] >> (at % 8) & 1) == 0;
}

static bool is_list(const struct ArrowSchema *schema)
{
    return (strcmp(schema->format, "+l") == 0 || strcmp(schema->format, "+L") == 0) &&
           schema->n_children == 1;
}

int64_t zpl_plain_offset(const struct ArrowArray *array, bool wide, int64_t at)
{
    return wide ? ((const int64_t *)array->buffers[1])[at]
                : ((const int32_t *)array->buffers[1])[at];
}

static void put_offset(void *offsets, bool wide, int64_t at, int64_t value)
{
    if (wide)
        ((int64_t *)offsets)[at] = value;
    else
        ((int32_t *)offsets)[at] = (int32_t)value;
}

static bool has_dictionary(const struct ArrowSchema *schema)
{
    return schema->dictionary != NULL || (is_list(schema) && has_dictionary(schema->children[0]));
}

struct ArrowSchema *zpl_plain_schema(const struct ArrowSchema *schema, struct zpl_arena *arena)
{
    const struct ArrowSchema *values = schema->dictionary != NULL ? schema->dictionary : schema;
    struct ArrowSchema *out = zpl_arena_alloc(arena, sizeof *out);
    size_t count = (size_t)values->n_children;
    if (out == NULL)
        return NULL;
    *out = *values;
    out->name = schema->name;
    out->metadata = schema->metadata;
    out->flags = schema->flags;
    if (count == 0)
        return out;
    out->children = zpl_arena_array(arena, count, sizeof(struct ArrowSchema *));
    for (size_t i = 0; out->children != NULL && i < count; i++) {
        out->children[i] = zpl_plain_schema(values->children[i], arena);
        if (out->children[i] == NULL)
            return NULL;
    }
    return out->children != NULL ? out : NULL;
}

/* An array of `count` values with room for its buffers, all of them null so far. */
static struct ArrowArray *make_array(int64_t count, int64_t buffers, struct zpl_arena *arena)
{
    struct ArrowArray *out = zpl_arena_alloc(arena, sizeof *out);
    uint8_t *validity = zpl_arena_alloc(arena, (size_t)count / 8 + 1);
    if (out == NULL || validity == NULL)
        return NULL;
    out->buffers = zpl_arena_array(arena, (size_t)buffers, sizeof(const void *));
    if (out->buffers == NULL)
        return NULL;
    out->buffers[0] = validity;
    out->n_buffers = buffers;
    out->length = count;
    out->null_count = -1;
    return out;
}

static void set_valid(struct ArrowArray *array, int64_t at)
{
    uint8_t *validity = (uint8_t *)(uintptr_t)array->buffers[0];
    validity[at / 8] |= (uint8_t)(1u << (at % 8));
}

/* The index at `at`, -1 when it is none. */
static int64_t index_at(const struct ArrowSchema *schema, const struct ArrowArray *array,
                        int64_t at)
{
    const void *data = array->buffers[1];
    switch (schema->format[0]) {
    case 'c':
        return ((const int8_t *)data)[at];
    case 'C':
        return ((const uint8_t *)data)[at];
    case 's':
        return ((const int16_t *)data)[at];
    case 'S':
        return ((const uint16_t *)data)[at];
    case 'i':
        return ((const int32_t *)data)[at];
    case 'I':
        return ((const uint32_t *)data)[at];
    case 'l':
    case 'L':
        return ((const int64_t *)data)[at];
    default:
        return -1;
    }
}

/* Where the value that `at` stands for is in the dictionary; -1: a null, -2: nowhere. */
static int64_t place_of(const struct ArrowSchema *schema, const struct ArrowArray *array,
                        int64_t at)
{
    const struct ArrowArray *values = array->dictionary;
    if (zpl_plain_is_null(array, at))
        return -1;
    int64_t index = index_at(schema, array, at);
    if (index < 0 || index >= values->length)
        return -2;
    return zpl_plain_is_null(values, values->offset + index) ? -1 : values->offset + index;
}

/* Texts and bytes. */
static struct ArrowArray *expand_text(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, int64_t at, int64_t count,
                                      struct zpl_arena *arena, const char **why)
{
    const struct ArrowArray *values = array->dictionary;
    bool wide = schema->dictionary->format[0] == 'U' || schema->dictionary->format[0] == 'Z';
    struct ArrowArray *out = make_array(count, 3, arena);
    void *offsets = zpl_arena_array(arena, (size_t)count + 1, wide ? 8 : 4);
    int64_t total = 0;
    if (out == NULL || offsets == NULL)
        return NULL;
    for (int64_t i = 0; i < count; i++) {
        int64_t place = place_of(schema, array, at + i);
        if (place == -2) {
            *why = beyond;
            return NULL;
        }
        if (place >= 0) {
            set_valid(out, i);
            total +=
                zpl_plain_offset(values, wide, place + 1) - zpl_plain_offset(values, wide, place);
        }
        put_offset(offsets, wide, i + 1, total);
    }
    if (!wide && total > INT32_MAX) {
        *why = large;
        return NULL;
    }
    char *data = zpl_arena_alloc(arena, (size_t)total + 1), *to = data;
    if (data == NULL)
        return NULL;
    for (int64_t i = 0; i < count; i++) {
        int64_t place = place_of(schema, array, at + i);
        if (place < 0)
            continue;
        int64_t begin = zpl_plain_offset(values, wide, place);
        size_t n = (size_t)(zpl_plain_offset(values, wide, place + 1) - begin);
        memcpy(to, (const char *)values->buffers[2] + begin, n);
        to += n;
    }
    out->buffers[1] = offsets;
    out->buffers[2] = data;
    return out;
}

/* Bytes of a value of a format of fixed width; 0 for another. */
static size_t width_of(const char *format)
{
    static const struct {
        const char *formats;
        size_t width;
    } widths[] = {{"cC", 1}, {"sS", 2}, {"iIf", 4}, {"lLg", 8}};
    if (strcmp(format, "tdD") == 0)
        return 4;
    if (strncmp(format, "ts", 2) == 0)
        return 8;
    for (size_t i = 0; format[1] == '\0' && i < sizeof widths / sizeof widths[0]; i++)
        if (strchr(widths[i].formats, format[0]) != NULL)
            return widths[i].width;
    return 0;
}

/* Numbers and times. */
static struct ArrowArray *expand_fixed(const struct ArrowSchema *schema,
                                       const struct ArrowArray *array, int64_t at, int64_t count,
                                       struct zpl_arena *arena, const char **why)
{
    size_t width =
        schema->dictionary->dictionary == NULL ? width_of(schema->dictionary->format) : 0;
    struct ArrowArray *out = make_array(count, 2, arena);
    char *data = zpl_arena_array(arena, (size_t)count + 1, width > 0 ? width : 1);
    if (width == 0)
        *why = unknown;
    if (out == NULL || data == NULL || width == 0)
        return NULL;
    for (int64_t i = 0; i < count; i++) {
        int64_t place = place_of(schema, array, at + i);
        if (place == -2) {
            *why = beyond;
            return NULL;
        }
        if (place < 0)
            continue;
        set_valid(out, i);
        memcpy(data + (size_t)i * width,
               (const char *)array->dictionary->buffers[1] + (size_t)place * width, width);
    }
    out->buffers[1] = data;
    return out;
}

/* Lists of what has a dictionary: their offsets begin with 0. */
static struct ArrowArray *expand_list(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, int64_t at, int64_t count,
                                      struct zpl_arena *arena, const char **why)
{
    bool wide = schema->format[1] == 'L';
    struct ArrowArray *out = make_array(count, 2, arena);
    void *offsets = zpl_arena_array(arena, (size_t)count + 1, wide ? 8 : 4);
    if (out == NULL || offsets == NULL)
        return NULL;
    int64_t begin = count > 0 ? zpl_plain_offset(array, wide, at) : 0, end = begin;
    for (int64_t i = 0; i < count; i++) {
        end = zpl_plain_offset(array, wide, at + i + 1);
        put_offset(offsets, wide, i + 1, end - begin);
        if (!zpl_plain_is_null(array, at + i))
            set_valid(out, i);
    }
    out->buffers[1] = offsets;
    out->children = zpl_arena_array(arena, 1, sizeof(struct ArrowArray *));
    if (out->children == NULL)
        return NULL;
    out->n_children = 1;
    out->children[0] =
        zpl_plain_array(schema->children[0], array->children[0], begin, end - begin, arena, why);
    return out->children[0] != NULL ? out : NULL;
}

struct ArrowArray *zpl_plain_array(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                   int64_t at, int64_t count, struct zpl_arena *arena,
                                   const char **why)
{
    int64_t first = array->offset + at;
    if (schema->dictionary != NULL && strchr("uUzZ", schema->dictionary->format[0]) != NULL)
        return expand_text(schema, array, first, count, arena, why);
    if (schema->dictionary != NULL)
        return expand_fixed(schema, array, first, count, arena, why);
    if (has_dictionary(schema))
        return expand_list(schema, array, first, count, arena, why);
    struct ArrowArray *view = zpl_arena_alloc(arena, sizeof *view);
    if (view == NULL)
        return NULL;
    *view = *array;
    view->offset = first;
    view->length = count;
    view->null_count = -1;
    return view;
}
