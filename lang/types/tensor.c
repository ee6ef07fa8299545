/* tensor.c - see tensor.h. */
#include "lang/types/tensor.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/types/token.h"

const struct zpl_tensor_element zpl_tensor_elements[ZPL_TENSOR_ELEMENTS] = {
    {"f32", 4, ZPL_TENSOR_REAL, "FLOAT"},        {"f64", 8, ZPL_TENSOR_REAL, "DOUBLE"},
    {"i8", 1, ZPL_TENSOR_SIGNED, "TINYINT"},     {"i16", 2, ZPL_TENSOR_SIGNED, "SMALLINT"},
    {"i32", 4, ZPL_TENSOR_SIGNED, "INTEGER"},    {"i64", 8, ZPL_TENSOR_SIGNED, "BIGINT"},
    {"u8", 1, ZPL_TENSOR_UNSIGNED, "UTINYINT"},  {"u16", 2, ZPL_TENSOR_UNSIGNED, "USMALLINT"},
    {"u32", 4, ZPL_TENSOR_UNSIGNED, "UINTEGER"}, {"u64", 8, ZPL_TENSOR_UNSIGNED, "UBIGINT"},
    {"bool", 1, ZPL_TENSOR_BOOL, "BOOLEAN"},
};

const struct zpl_tensor_element *zpl_tensor_element(const char *name)
{
    for (size_t i = 0; i < ZPL_TENSOR_ELEMENTS; i++)
        if (strcmp(zpl_tensor_elements[i].name, name) == 0)
            return &zpl_tensor_elements[i];
    return NULL;
}

const char *zpl_tensor_foreign(const char *name)
{
    static const char *const near[][2] = {
        {"float32", "f32"}, {"float", "f32"},  {"Float", "f64"},   {"float64", "f64"},
        {"double", "f64"},  {"int8", "i8"},    {"int16", "i16"},   {"int32", "i32"},
        {"int", "i64"},     {"Int", "i64"},    {"int64", "i64"},   {"uint8", "u8"},
        {"byte", "u8"},     {"uint16", "u16"}, {"uint32", "u32"},  {"uint64", "u64"},
        {"Bool", "bool"},   {"bool_", "bool"}, {"boolean", "bool"}};
    static const char *const small[] = {"f16", "bf16", "float16", "bfloat16", "half", "f8"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        if (strcmp(near[i][0], name) == 0)
            return near[i][1];
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strcmp(small[i], name) == 0)
            return "f32, which holds each of its values";
    return NULL;
}

bool zpl_tensor_size(const struct zpl_type *type, uint64_t *count, size_t *names)
{
    const struct zpl_tensor_element *element = zpl_tensor_element(type->dtype ? type->dtype : "");
    uint64_t bytes = element ? element->bytes : 1;
    *count = 1;
    *names = 0;
    for (const char *const *dim = type->values; dim && *dim; dim++) {
        if (zpl_text_is_name(*dim)) {
            ++*names;
            continue;
        }
        uint64_t n = strtoull(*dim, NULL, 10);
        if (n > ZPL_TENSOR_BYTES_MAX / bytes / *count)
            return false;
        *count *= n;
        if (n == 0)
            return true;
    }
    return true;
}

const struct zpl_type *zpl_tensor_list(const struct zpl_type *type)
{
    static const struct zpl_type bools = {.kind = ZPL_BOOL}, ints = {.kind = ZPL_INT},
                                 floats = {.kind = ZPL_FLOAT},
                                 narrow = {.kind = ZPL_FLOAT, .dtype = "f32"};
    static const struct zpl_type narrows = {.kind = ZPL_LIST, .elem = &narrow};
    static const struct zpl_type lists[] = {
        [ZPL_TENSOR_BOOL] = {.kind = ZPL_LIST, .elem = &bools},
        [ZPL_TENSOR_SIGNED] = {.kind = ZPL_LIST, .elem = &ints},
        [ZPL_TENSOR_UNSIGNED] = {.kind = ZPL_LIST, .elem = &ints},
        [ZPL_TENSOR_REAL] = {.kind = ZPL_LIST, .elem = &floats}};
    const struct zpl_tensor_element *element = zpl_tensor_element(type->dtype);
    bool is_narrow = element->form == ZPL_TENSOR_REAL && element->bytes == 4;
    return is_narrow ? &narrows : &lists[element->form];
}

static bool read_element(struct zpl_parser *p, struct zpl_type *type)
{
    struct zpl_token at = p->token;
    type->dtype = zpl_parser_take_name(p, false, "the element type");
    if (!type->dtype || zpl_tensor_element(type->dtype))
        return type->dtype != NULL;
    const char *near = zpl_tensor_foreign(type->dtype);
    zpl_parser_fail(p, &at, "'%s' is no element type of a Tensor; %s%s", type->dtype,
                    near ? "write " : "they are ",
                    near ? near : "f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 and bool");
    return false;
}

/* The dimension that stands here behind so many, as text. */
static const char *read_dim(struct zpl_parser *p, size_t before)
{
    struct zpl_token at = p->token;
    if (before == ZPL_TENSOR_RANK_MAX)
        return zpl_parser_fail(p, &at, "a Tensor has at most %d dimensions", ZPL_TENSOR_RANK_MAX);
    if (at.kind != ZPL_TOKEN_INT && at.kind != ZPL_TOKEN_NAME)
        return zpl_parser_fail(p, &at, "a dimension is a number or a name");
    if (at.kind == ZPL_TOKEN_INT && at.i < 1)
        return zpl_parser_fail(p, &at, "a dimension is at least 1");
    const char *dim = zpl_arena_strndup(p->arena, p->text + at.offset, at.length);
    return dim ? dim : zpl_parser_no_memory(p);
}

bool zpl_parse_tensor(struct zpl_parser *p, struct zpl_type *type)
{
    const char **dims = NULL;
    size_t count = 0, room = 0, names;
    uint64_t elements;
    struct zpl_token first = p->token;
    if (!read_element(p, type))
        return false;
    if (!zpl_parser_at_mark(p, '['))
        return zpl_parser_expect_mark(p, '[');
    do {
        zpl_parser_step(p);
        bool end = zpl_parser_at_mark(p, ']') && count == 0;
        const char **grown = zpl_arena_grow(p->arena, dims, count, &room, sizeof *grown);
        if (!grown)
            return zpl_parser_no_memory(p);
        dims = grown;
        dims[count] = end ? NULL : read_dim(p, count);
        if (end || !dims[count])
            break;
        count++;
        zpl_parser_step(p);
    } while (zpl_parser_at_mark(p, ','));
    dims = zpl_arena_grow(p->arena, dims, count, &room, sizeof *dims);
    if (!dims)
        return zpl_parser_no_memory(p);
    dims[count] = NULL;
    type->values = dims;
    if (p->failed || zpl_tensor_size(type, &elements, &names))
        return !p->failed && zpl_parser_expect_mark(p, ']');
    zpl_parser_fail(p, &first, "a Tensor has at most 2 GiB");
    return false;
}
