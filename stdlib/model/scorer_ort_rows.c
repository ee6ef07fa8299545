/* scorer_ort_rows.c - columns of a table as the tensors that a model of ONNX takes.
 * It takes its features as one tensor [rows, features] of floats, or each as a tensor [rows, 1] or [rows]
 * of a type of its own, or the one that is a Tensor as it is behind the rows.   Floor: stdlib. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "stdlib/model/scorer_ort.h"

/* ---- what it takes ---- */

/* "f32[n, 3] x, i64[n, 1] age" */
static const char *inputs_text(struct zpl_model *model, const struct zpl_ort_engine *e)
{
    const char *text = "";

    for (size_t i = 0; i < e->file.input_count && text; i++)
        text = zpl_arena_printf(&model->arena, "%s%s%s '%s'", text, i ? ", " : "",
                                zpl_onnx_shape(&e->file.inputs[i], &model->arena),
                                e->file.inputs[i].name);
    return text ? text : "";
}

/* Arrow's letters of numbers, and what ONNX calls them. */
static const struct {
    char format;
    int element;
    size_t bytes;
} numbers[] = {{'f', ZPL_ONNX_FLOAT, 4},  {'g', ZPL_ONNX_DOUBLE, 8}, {'C', ZPL_ONNX_UINT8, 1},
               {'c', ZPL_ONNX_INT8, 1},   {'S', ZPL_ONNX_UINT16, 2}, {'s', ZPL_ONNX_INT16, 2},
               {'I', ZPL_ONNX_UINT32, 4}, {'i', ZPL_ONNX_INT32, 4},  {'L', ZPL_ONNX_UINT64, 8},
               {'l', ZPL_ONNX_INT64, 8},  {'b', ZPL_ONNX_BOOL, 1}};

/* The bytes of a number of the element; 0: it is none. */
static size_t number_bytes(int element)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].element == element)
            return numbers[i].bytes;
    return 0;
}

static int element_of_format(char format)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].format == format)
            return numbers[i].element;
    return ZPL_ONNX_NONE;
}

static bool is_float(int element)
{
    return element == ZPL_ONNX_FLOAT || element == ZPL_ONNX_DOUBLE;
}

/* Is dimension `at` as many as `size`, or any? */
static bool may_be(const struct zpl_onnx_value *value, size_t at, int64_t size)
{
    return !value->shaped || (at < value->rank && (value->dims[at] < 0 || value->dims[at] == size));
}

static bool takes_all(const struct zpl_ort_engine *e, size_t features)
{
    const struct zpl_onnx_value *input = e->file.inputs;

    return e->file.input_count == 1 && is_float(input->element) &&
           (!input->shaped || input->rank == 2) && may_be(input, 1, (int64_t)features);
}

/* Is it an input of one column? */
static bool takes_one(const struct zpl_onnx_value *input)
{
    bool known = is_float(input->element) || input->element == ZPL_ONNX_INT64 ||
                 input->element == ZPL_ONNX_INT32 || input->element == ZPL_ONNX_BOOL ||
                 input->element == ZPL_ONNX_STRING;

    return known &&
           (!input->shaped || input->rank == 1 || (input->rank == 2 && may_be(input, 1, 1)));
}

/* May its one feature be a Tensor?  Whether it is one is seen with the rows. */
static bool takes_tensor(const struct zpl_model *model, const struct zpl_ort_engine *e)
{
    const struct zpl_onnx_value *input = e->file.inputs;

    return e->file.input_count == 1 && model->feature_count == 1 && input->shaped &&
           input->rank >= 2 && number_bytes(input->element) > 0;
}

int zpl_ort_plan(struct zpl_model *model, struct zpl_ort_engine *e)
{
    struct zpl_kernel_context *ctx = model->ctx;
    size_t count = e->file.input_count, fits = 0;

    e->matrix = takes_all(e, model->feature_count);
    for (size_t i = 0; i < count; i++)
        fits += takes_one(&e->file.inputs[i]) || takes_tensor(model, e);
    if (!e->matrix && (count != model->feature_count || fits != count))
        return ctx->fail(ctx,
                         "the model takes %s, and has %zu features: export it with one input "
                         "f32[n, %zu], or one input [n, 1] a feature",
                         inputs_text(model, e), model->feature_count, model->feature_count);
    for (size_t i = 0; i < count; i++)
        if (e->file.inputs[i].rank > 0 && e->file.inputs[i].dims[0] >= 0)
            return ctx->fail(ctx,
                             "the model's input '%s' is %s, which takes %" PRId64
                             " rows at a time and no others; export it with a first dimension that "
                             "may be any",
                             e->file.inputs[i].name,
                             zpl_onnx_shape(&e->file.inputs[i], &model->arena),
                             e->file.inputs[i].dims[0]);
    e->tensors = zpl_calloc(count, sizeof *e->tensors);
    e->data = zpl_calloc(count, sizeof *e->data);
    return e->tensors && e->data ? 0 : ctx->fail(ctx, "out of memory");
}

/* ---- rows in ---- */

static const char *feature_name(const struct zpl_reader *reader, size_t column)
{
    return reader->schema.children[reader->children[column]]->name;
}

static int refuse_null(const struct zpl_reader *reader, size_t column, int64_t row,
                       const char *element)
{
    return reader->ctx->fail(reader->ctx,
                             "feature '%s' of `%s` is null in row %" PRId64
                             ", and the model takes it as %s, which has no missing values; fill it "
                             "before",
                             feature_name(reader, column), reader->input,
                             reader->first_row + row + 1, element);
}

static int refuse_element(const struct zpl_reader *reader, size_t column, const char *holds,
                          int element)
{
    return reader->ctx->fail(reader->ctx, "feature '%s' of `%s` holds %s, and the model takes %s",
                             feature_name(reader, column), reader->input, holds,
                             zpl_onnx_element_name(element));
}

static int fill_whole(const struct zpl_reader *reader, size_t column, int element, void *out)
{
    const struct zpl_cells *cells = &reader->cells[column];

    for (int64_t row = 0; row < cells->count; row++) {
        if (zpl_cells_null(cells, row))
            return refuse_null(reader, column, row, zpl_onnx_element_name(element));
        double v = zpl_cells_number(cells, row);
        if (!(v >= -9007199254740992.0 && v <= 9007199254740992.0) || v != floor(v) ||
            (element == ZPL_ONNX_INT32 && (v < INT32_MIN || v > INT32_MAX)))
            return reader->ctx->fail(reader->ctx,
                                     "feature '%s' of `%s` is %.17g in row %" PRId64
                                     ", and the model takes it as %s",
                                     feature_name(reader, column), reader->input, v,
                                     reader->first_row + row + 1, zpl_onnx_element_name(element));
        if (element == ZPL_ONNX_INT64)
            ((int64_t *)out)[row] = (int64_t)v;
        else if (element == ZPL_ONNX_INT32)
            ((int32_t *)out)[row] = (int32_t)v;
        else
            ((uint8_t *)out)[row] = v != 0;
    }
    return 0;
}

static void fill_doubles(const struct zpl_reader *reader, size_t column, size_t stride, double *out)
{
    const struct zpl_cells *cells = &reader->cells[column];

    for (int64_t row = 0; row < cells->count; row++)
        out[(size_t)row * stride] = zpl_cells_null(cells, row) ? NAN : zpl_cells_number(cells, row);
}

/* Of a column that becomes floats or doubles: is what it holds there what the model was given when it learnt? */
static int hold_numbers(const struct zpl_ort_engine *e, const struct zpl_reader *reader,
                        size_t column, bool doubles)
{
    const struct zpl_cells *cells = &reader->cells[column];
    bool counts = !doubles && strchr("cCsSiIlL", cells->format) != NULL;

    for (int64_t row = 0; (counts || e->whole) && row < cells->count; row++) {
        double v = zpl_cells_null(cells, row) ? NAN : zpl_cells_number(cells, row);
        if (e->whole && isnan(v))
            return reader->ctx->fail(reader->ctx,
                                     "feature '%s' of `%s` is missing in row %" PRId64
                                     ", and the model does with that in ONNX not what it did "
                                     "before; fill it before it is trained and scored",
                                     feature_name(reader, column), reader->input,
                                     reader->first_row + row + 1);
        if (counts && !isnan(v) && (double)(float)v != v)
            return reader->ctx->fail(
                reader->ctx,
                "feature '%s' of `%s` is %.17g in row %" PRId64
                ", which no 32-bit float is equal to, and the model takes these; train it on what "
                "is smaller "
                "(a difference, a share), or on a Float that was rounded before",
                feature_name(reader, column), reader->input, v, reader->first_row + row + 1);
    }
    return 0;
}

/* Pointers to copies of the texts, which are put one behind the other. */
static int fill_texts(struct zpl_ort_engine *e, const struct zpl_reader *reader, size_t column,
                      const char **out)
{
    const struct zpl_cells *cells = &reader->cells[column];
    struct zpl_kernel_context *ctx = reader->ctx;
    size_t begin = e->texts.len, len;

    for (int64_t row = 0; row < cells->count; row++) {
        if (zpl_cells_null(cells, row))
            return refuse_null(reader, column, row, "string");
        const char *text = zpl_cells_text(cells, row, &len);
        if (memchr(text, '\0', len))
            return ctx->fail(ctx, "feature '%s' of `%s` holds a NUL character in row %" PRId64,
                             feature_name(reader, column), reader->input,
                             reader->first_row + row + 1);
        zpl_buf_add(&e->texts, text, len);
        zpl_buf_putc(&e->texts, (char)0);
    }
    if (zpl_buf_error(&e->texts) != ZPL_OK)
        return ctx->fail(ctx, "out of memory");
    /* Places; pointers once the buffer does not move any more. */
    for (int64_t row = 0; row < cells->count; row++) {
        out[row] = (const char *)(uintptr_t)begin;
        begin += strlen(e->texts.data + begin) + 1;
    }
    return 0;
}

/* One column, or all, as the data of an input. */
static int fill_input(struct zpl_model *model, struct zpl_ort_engine *e,
                      const struct zpl_reader *reader, size_t input)
{
    size_t count = e->matrix ? model->feature_count : 1;
    int element = e->file.inputs[input].element;
    bool text = element == ZPL_ONNX_STRING;
    int failed = 0;

    for (size_t i = 0; i < count && !failed; i++) {
        size_t column = e->matrix ? i : input;
        const struct zpl_cells *cells = &reader->cells[column];
        const char *holds = zpl_cells_are_text(cells)      ? "texts"
                            : zpl_cells_are_tensors(cells) ? "Tensors"
                                                           : "numbers";

        if ((!e->matrix && !takes_one(&e->file.inputs[input])) || zpl_cells_are_tensors(cells) ||
            zpl_cells_are_text(cells) != text)
            failed = refuse_element(reader, column, holds, element);
        else if (text)
            failed = fill_texts(e, reader, column, e->data[input]);
        else if (is_float(element) && hold_numbers(e, reader, column, element != ZPL_ONNX_FLOAT))
            failed = -1;
        else if (element == ZPL_ONNX_FLOAT)
            failed = zpl_reader_column(reader, column, count, (float *)e->data[input] + i);
        else if (element == ZPL_ONNX_DOUBLE)
            fill_doubles(reader, column, count, (double *)e->data[input] + i);
        else
            failed = fill_whole(reader, column, element, e->data[input]);
    }
    return failed;
}

static size_t element_bytes(int element)
{
    return element == ZPL_ONNX_STRING ? sizeof(char *) : number_bytes(element);
}

/* Room for the scores, and for the inputs that are not shown as they stand. */
static int make_room(struct zpl_model *model, struct zpl_ort_engine *e, size_t rows, bool shown)
{
    size_t width = e->matrix ? model->feature_count : 1;
    bool lost = false;

    if (rows <= e->room)
        return 0;
    for (size_t i = 0; !shown && i < e->file.input_count; i++) {
        free(e->data[i]);
        e->data[i] = zpl_malloc(rows * width * element_bytes(e->file.inputs[i].element));
        lost = lost || !e->data[i];
    }
    free(e->scores);
    e->scores = zpl_malloc(rows * zpl_model_width(model) * sizeof *e->scores);
    e->room = lost || !e->scores ? 0 : rows;
    return e->room ? 0 : model->ctx->fail(model->ctx, "out of memory");
}

/* The input's dimensions for so many elements a row; false: they are not so many. */
static bool tensor_dims(const struct zpl_onnx_value *input, int64_t each,
                        struct zpl_ort_tensor *tensor)
{
    size_t any = 0, unknown = 0;
    int64_t left = each;

    for (size_t i = 1; i < input->rank; i++) {
        tensor->dims[i] = input->dims[i];
        if (input->dims[i] < 0)
            any++, unknown = i;
        else if (input->dims[i] == 0 || left % input->dims[i] != 0)
            return false;
        else
            left /= input->dims[i];
    }
    if (any == 1)
        tensor->dims[unknown] = left;
    return each > 0 && (any == 1 || (any == 0 && left == 1));
}

/* Elements of another type than the input's, as floats: all that a wider or a truer type would be. */
static int convert_tensor(struct zpl_ort_engine *e, const struct zpl_reader *reader,
                          const void *elements, int64_t first, size_t count)
{
    struct zpl_cells cells = {.format = reader->cells->element_format, .values = elements};
    int element = e->file.inputs->element;
    size_t bytes = count * number_bytes(element);

    if (!is_float(element) && (element != ZPL_ONNX_BOOL || cells.format != 'b'))
        return refuse_element(reader, 0, "other elements", element);
    if (bytes > e->tensor_bytes) {
        free(e->data[0]);
        e->data[0] = zpl_malloc(bytes);
        e->tensor_bytes = e->data[0] ? bytes : 0;
        if (!e->data[0])
            return reader->ctx->fail(reader->ctx, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        double v = zpl_cells_number(&cells, first + (int64_t)i);
        if (element == ZPL_ONNX_FLOAT)
            ((float *)e->data[0])[i] = (float)v;
        else if (element == ZPL_ONNX_DOUBLE)
            ((double *)e->data[0])[i] = v;
        else
            ((uint8_t *)e->data[0])[i] = v != 0;
    }
    e->tensors->data = e->data[0];
    return 0;
}

/* The one feature is a Tensor: its elements are the input's as they stand, where they are of its type. */
static int fill_tensor(struct zpl_model *model, struct zpl_ort_engine *e,
                       const struct zpl_reader *reader)
{
    struct zpl_kernel_context *ctx = model->ctx;
    const struct zpl_onnx_value *input = e->file.inputs;
    const struct zpl_cells *cells = reader->cells;
    size_t bytes = number_bytes(input->element);
    int64_t first, each;

    for (int64_t row = 0; row < cells->count; row++)
        if (zpl_cells_null(cells, row))
            return refuse_null(reader, 0, row, "a tensor");
    const void *elements = zpl_cells_elements(cells, &first, &each);
    *e->tensors = (struct zpl_ort_tensor){.name = input->name,
                                          .element = input->element,
                                          .rank = input->rank,
                                          .dims = {cells->count},
                                          .bytes = (size_t)(cells->count * each) * bytes};
    if (!elements || !takes_tensor(model, e) || !tensor_dims(input, each, e->tensors))
        return ctx->fail(
            ctx, "feature '%s' of `%s` is a Tensor of %" PRId64 " elements, and the model takes %s",
            feature_name(reader, 0), reader->input, each, inputs_text(model, e));
    if (element_of_format(cells->element_format) != input->element || cells->element_format == 'b')
        return convert_tensor(e, reader, elements, first, (size_t)(cells->count * each));
    e->tensors->data = (const char *)elements + (size_t)first * bytes;
    return 0;
}

int zpl_ort_fill(struct zpl_model *model, struct zpl_ort_engine *e, const struct zpl_reader *reader)
{
    size_t rows = (size_t)reader->rows, width = e->matrix ? model->feature_count : 1;
    bool tensors = zpl_cells_are_tensors(reader->cells);
    int failed = make_room(model, e, rows, tensors);

    if (!failed && tensors)
        return fill_tensor(model, e, reader);
    zpl_buf_clear(&e->texts);
    for (size_t i = 0; i < e->file.input_count && !failed; i++)
        failed = fill_input(model, e, reader, i);
    for (size_t i = 0; i < e->file.input_count && !failed; i++) {
        const struct zpl_onnx_value *input = &e->file.inputs[i];
        const char **texts = e->data[i];

        for (size_t row = 0; input->element == ZPL_ONNX_STRING && row < rows; row++)
            texts[row] = e->texts.data + (uintptr_t)texts[row];
        e->tensors[i] = (struct zpl_ort_tensor){
            .name = input->name,
            .element = input->element,
            .rank = input->shaped ? input->rank : 2,
            .dims = {(int64_t)rows, (int64_t)width},
            .data = e->data[i],
            .bytes = rows * width * element_bytes(input->element),
        };
    }
    return failed;
}
