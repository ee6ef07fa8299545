/* onnx.c - see onnx.h.  Fields by their numbers as onnx.proto gives them.   Floor: stdlib. */
#include "stdlib/model/onnx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/text.h"

#define DEPTH_MAX     32  /* graphs within graphs */
#define OPERATORS_MAX 512 /* kinds that are counted by name */

/* ---- protobuf ---- */

struct reading {
    struct zpl_onnx *out;
    struct zpl_arena *arena;
    const char *words;  /* what is wrong */
    const char **given; /* names of the main graph's initializers */
    size_t given_count, given_capacity;
};
struct bytes {
    const uint8_t *at, *end;
};
struct field {
    uint64_t number;
    uint64_t value;     /* of a number */
    struct bytes bytes; /* of a text or message; NULL: a number */
};

static bool wrong(struct reading *r, const char *words)
{
    if (!r->words)
        r->words = words;
    return false;
}

static bool read_varint(struct reading *r, struct bytes *b, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (b->at == b->end)
            return wrong(r, "it is cut off");
        uint8_t byte = *b->at++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return wrong(r, "it is no protobuf");
}

/* The next field; false at the end, or when something is wrong. */
static bool next(struct reading *r, struct bytes *b, struct field *f)
{
    uint64_t tag, len;
    *f = (struct field){0};
    if (r->words || b->at == b->end || !read_varint(r, b, &tag))
        return false;
    f->number = tag >> 3;
    switch (tag & 7) {
    case 0:
        return read_varint(r, b, &f->value);
    case 2:
        if (!read_varint(r, b, &len))
            return false;
        break;
    case 1:
        len = 8;
        break;
    case 5:
        len = 4;
        break;
    default:
        return wrong(r, "it is no protobuf");
    }
    if (len > (uint64_t)(b->end - b->at))
        return wrong(r, "it is cut off");
    f->bytes = (struct bytes){b->at, b->at + len};
    b->at += len;
    return true;
}

static const char *text_of(struct reading *r, const struct field *f)
{
    size_t len = (size_t)(f->bytes.end - f->bytes.at);
    const char *s = f->bytes.at ? (const char *)f->bytes.at : "";
    if (memchr(s, '\0', len) || !zpl_utf8_valid(s, len)) {
        wrong(r, "a name in it is no text");
        return "";
    }
    const char *copy = zpl_arena_strndup(r->arena, s, len);
    return copy ? copy : "";
}

/* ---- messages ---- */

static void read_dim(struct reading *r, struct bytes b, struct zpl_onnx_value *value)
{
    struct field f;
    int64_t size = -1;
    const char *symbol = NULL;
    while (next(r, &b, &f)) {
        if (f.number == 1)
            size = (int64_t)f.value >= 0 ? (int64_t)f.value : -1;
        else if (f.number == 2)
            symbol = text_of(r, &f);
    }
    if (value->rank == ZPL_ONNX_RANK_MAX) {
        wrong(r, "an input or output of it has more than 8 dimensions");
        return;
    }
    value->dims[value->rank] = size;
    value->symbols[value->rank++] = symbol;
}

/* TypeProto.Tensor */
static void read_tensor_type(struct reading *r, struct bytes b, struct zpl_onnx_value *value)
{
    struct field f, d;
    while (next(r, &b, &f)) {
        if (f.number == 1)
            value->element = (int)f.value;
        if (f.number != 2)
            continue;
        value->shaped = true;
        for (struct bytes shape = f.bytes; next(r, &shape, &d);)
            if (d.number == 1)
                read_dim(r, d.bytes, value);
    }
}

/* ValueInfoProto */
static void read_value(struct reading *r, struct bytes b, struct zpl_onnx_value **values,
                       size_t *count, size_t *capacity)
{
    struct field f, t;
    struct zpl_onnx_value value = {.name = ""};
    while (next(r, &b, &f)) {
        if (f.number == 1)
            value.name = text_of(r, &f);
        if (f.number != 2)
            continue;
        for (struct bytes type = f.bytes; next(r, &type, &t);)
            if (t.number == 1)
                read_tensor_type(r, t.bytes, &value);
    }
    *values = zpl_arena_grow(r->arena, *values, *count, capacity, sizeof **values);
    if (*values)
        (*values)[(*count)++] = value;
}

/* TensorProto; its name goes to *name. */
static void read_tensor(struct reading *r, struct bytes b, const char **name)
{
    struct field f;
    bool outside = false;
    *name = "";
    while (next(r, &b, &f)) {
        if (f.number == 8)
            *name = text_of(r, &f);
        outside = outside || f.number == 13 || (f.number == 14 && f.value != 0);
    }
    if (outside && !r->out->outside)
        r->out->outside = *name;
}

/* SparseTensorProto: values and indices are tensors. */
static void read_sparse(struct reading *r, struct bytes b, const char **name)
{
    struct field f;
    const char *other;
    *name = "";
    while (next(r, &b, &f))
        if (f.number == 1 || f.number == 2)
            read_tensor(r, f.bytes, f.number == 1 ? name : &other);
}

static void count_operator(struct reading *r, const char *name)
{
    struct zpl_onnx *out = r->out;
    out->nodes++;
    for (size_t i = 0; i < out->operator_count; i++)
        if (strcmp(out->operators[i].name, name) == 0) {
            out->operators[i].count++;
            return;
        }
    if (out->operator_count == OPERATORS_MAX) {
        wrong(r, "it has more kinds of operators than there are");
        return;
    }
    out->operators = zpl_arena_grow(r->arena, out->operators, out->operator_count,
                                    &out->operator_capacity, sizeof *out->operators);
    if (out->operators)
        out->operators[out->operator_count++] = (struct zpl_onnx_count){name, 1};
}

static void read_graph(struct reading *r, struct bytes b, int depth);

static void read_attribute(struct reading *r, struct bytes b, int depth)
{
    struct field f;
    const char *name;
    while (next(r, &b, &f)) {
        if (f.number == 5 || f.number == 10)
            read_tensor(r, f.bytes, &name);
        else if (f.number == 22 || f.number == 23)
            read_sparse(r, f.bytes, &name);
        else if (f.number == 6 || f.number == 11)
            read_graph(r, f.bytes, depth + 1);
    }
}

static void read_node(struct reading *r, struct bytes b, int depth)
{
    struct field f;
    const char *op = "";
    while (next(r, &b, &f)) {
        if (f.number == 4)
            op = text_of(r, &f);
        else if (f.number == 5)
            read_attribute(r, f.bytes, depth);
    }
    count_operator(r, op);
}

static void add_given(struct reading *r, const char *name)
{
    r->given =
        zpl_arena_grow(r->arena, r->given, r->given_count, &r->given_capacity, sizeof *r->given);
    if (r->given)
        r->given[r->given_count++] = name;
}

static void read_graph(struct reading *r, struct bytes b, int depth)
{
    struct field f;
    const char *name;
    if (depth > DEPTH_MAX) {
        wrong(r, "its graphs are too deep in each other");
        return;
    }
    while (next(r, &b, &f)) {
        if (f.number == 1) {
            read_node(r, f.bytes, depth);
        } else if (f.number == 5 || f.number == 15) {
            (f.number == 5 ? read_tensor : read_sparse)(r, f.bytes, &name);
            if (depth == 0)
                add_given(r, name);
        } else if (depth == 0 && f.number == 11) {
            read_value(r, f.bytes, &r->out->inputs, &r->out->input_count, &r->out->input_capacity);
        } else if (depth == 0 && f.number == 12) {
            read_value(r, f.bytes, &r->out->outputs, &r->out->output_count,
                       &r->out->output_capacity);
        }
    }
}

static void read_opset(struct reading *r, struct bytes b)
{
    struct field f;
    struct zpl_onnx *out = r->out;
    struct zpl_onnx_count opset = {.name = ""};
    while (next(r, &b, &f)) {
        if (f.number == 1)
            opset.name = text_of(r, &f);
        else if (f.number == 2)
            opset.count = (int64_t)f.value;
    }
    out->opsets = zpl_arena_grow(r->arena, out->opsets, out->opset_count, &out->opset_capacity,
                                 sizeof *out->opsets);
    if (out->opsets)
        out->opsets[out->opset_count++] = opset;
}

static void read_metadata(struct reading *r, struct bytes b)
{
    struct field f;
    const char *key = "", *value = "";
    while (next(r, &b, &f)) {
        if (f.number == 1)
            key = text_of(r, &f);
        else if (f.number == 2)
            value = text_of(r, &f);
    }
    if (strcmp(key, "zpl") == 0)
        r->out->recorded = value;
}

static void read_function(struct reading *r, struct bytes b)
{
    struct field f;
    while (next(r, &b, &f)) {
        if (f.number == 7)
            read_node(r, f.bytes, 1);
        else if (f.number == 11)
            read_attribute(r, f.bytes, 1);
    }
}

static void read_model(struct reading *r, struct bytes b)
{
    struct field f;
    bool graph = false;
    while (next(r, &b, &f)) {
        switch (f.number) {
        case 1:
            r->out->ir_version = (int64_t)f.value;
            break;
        case 2:
            r->out->producer = text_of(r, &f);
            break;
        case 3:
            r->out->producer_version = text_of(r, &f);
            break;
        case 7:
            graph = true;
            read_graph(r, f.bytes, 0);
            break;
        case 8:
            read_opset(r, f.bytes);
            break;
        case 14:
            read_metadata(r, f.bytes);
            break;
        case 25:
            read_function(r, f.bytes);
            break;
        default:
            break;
        }
    }
    if (!graph)
        wrong(r, "there is no graph in it");
}

/* ---- the whole ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_count(const void *a, const void *b)
{
    const struct zpl_onnx_count *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : strcmp(x->name, y->name);
}

/* Inputs that the file gives a value are none: older files list them all. */
static void drop_given(struct reading *r)
{
    struct zpl_onnx *out = r->out;
    size_t kept = 0;
    if (r->given_count)
        qsort(r->given, r->given_count, sizeof *r->given, by_name);
    for (size_t i = 0; i < out->input_count; i++)
        if (!r->given_count ||
            !bsearch(&out->inputs[i].name, r->given, r->given_count, sizeof *r->given, by_name))
            out->inputs[kept++] = out->inputs[i];
    out->input_count = kept;
}

bool zpl_onnx_read(const void *data, size_t len, struct zpl_onnx *out, struct zpl_arena *arena,
                   const char **words)
{
    struct reading r = {.out = out, .arena = arena};
    const uint8_t *at = data;
    *out = (struct zpl_onnx){.producer = "", .producer_version = ""};
    if (len == 0)
        wrong(&r, "it is empty");
    else
        read_model(&r, (struct bytes){at, at + len});
    *words = r.words;
    if (r.words || zpl_arena_failed(arena))
        return false;
    drop_given(&r);
    if (out->operator_count)
        qsort(out->operators, out->operator_count, sizeof *out->operators, by_count);
    return true;
}

const char *zpl_onnx_element_name(int element)
{
    static const char *const names[] = {"no tensor", "f32",    "u8",   "i8",  "u16", "i16", "i32",
                                        "i64",       "string", "bool", "f16", "f64", "u32", "u64"};
    bool known = element >= 0 && (size_t)element < sizeof names / sizeof *names;
    return known ? names[element] : "another type";
}

const char *zpl_onnx_shape(const struct zpl_onnx_value *value, struct zpl_arena *arena)
{
    struct zpl_buf out = {0};
    zpl_buf_puts(&out, zpl_onnx_element_name(value->element));
    for (size_t i = 0; i < value->rank; i++) {
        zpl_buf_puts(&out, i == 0 ? "[" : ", ");
        if (value->dims[i] >= 0)
            zpl_buf_printf(&out, "%" PRId64, value->dims[i]);
        else
            zpl_buf_puts(&out, value->symbols[i] && *value->symbols[i] ? value->symbols[i] : "?");
    }
    zpl_buf_puts(&out, value->rank ? "]" : "");
    const char *text = zpl_arena_strdup(arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return text;
}
