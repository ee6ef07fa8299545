/* scorer_ort.c - models of ONNX: columns as the tensors that the model takes, and its output as scores.
 * A model takes its features as one tensor [rows, features] of floats, or each as a tensor [rows, 1] or [rows]
 * of a type of its own; its other outputs are not computed.   Floor: stdlib. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "stdlib/model/library.h"
#include "stdlib/model/model.h"
#include "stdlib/model/onnx.h"
#include "stdlib/model/ort.h"

/* What the output's numbers are. */
enum kind { KIND_VALUE, KIND_PROBABILITY, KIND_LOGIT };

struct engine {
    struct zpl_ort ort;
    struct zpl_onnx file;
    enum kind kind;
    const char *output;
    bool matrix;                    /* one input has all features */
    struct zpl_ort_tensor *tensors; /* one an input, with room for `room` rows each */
    void **data;                    /* of each */
    size_t room;
    struct zpl_buf texts; /* of the batch */
    float *scores;
};

/* ---- opening ---- */

static int refuse_file(struct zpl_kernel_context *ctx, const char *words)
{
    return words ? ctx->fail(ctx, "the model is no file of ONNX: %s", words)
                 : ctx->fail(ctx, "out of memory");
}

static int open_bytes(struct zpl_model *model, struct engine *e, const struct zpl_buf *data,
                      const char **text)
{
    struct zpl_kernel_context *ctx = model->ctx;
    const char *words;

    if (!zpl_onnx_read(data->data, data->len, &e->file, &model->arena, &words))
        return refuse_file(ctx, words);
    if (e->file.outside)
        return ctx->fail(ctx,
                         "the model keeps tensor '%s' in another file; save it with all its data "
                         "within (onnx.save without save_as_external_data)",
                         e->file.outside);
    *text = e->file.recorded;
    return zpl_ort_new(&e->ort, ctx, data->data, data->len);
}

static int open_model(struct zpl_model *model, const char *path, const char **text)
{
    struct zpl_kernel_context *ctx = model->ctx;
    struct engine *e = zpl_calloc(1, sizeof *e);
    struct zpl_diags diags = {0};
    struct zpl_buf data = {0};
    int failed;

    if (!e)
        return ctx->fail(ctx, "out of memory");
    model->engine = e;
    failed = zpl_fs_read_file(path, ZPL_MODEL_BYTES_MAX, &data, &diags) == ZPL_OK
                 ? open_bytes(model, e, &data, text)
                 : zpl_fail_diags(ctx, &diags);
    zpl_buf_release(&data);
    zpl_diags_release(&diags);
    return failed;
}

static void close_model(struct zpl_model *model)
{
    struct engine *e = model->engine;

    if (!e)
        return;
    for (size_t i = 0; e->data && i < e->file.input_count; i++)
        free(e->data[i]);
    free(e->data);
    free(e->tensors);
    free(e->scores);
    zpl_buf_release(&e->texts);
    zpl_ort_release(&e->ort);
    free(e);
}

/* ---- what it takes and gives ---- */

/* "f32[n, 3] x, i64[n, 1] age" */
static const char *inputs_text(struct zpl_model *model, const struct engine *e)
{
    const char *text = "";

    for (size_t i = 0; i < e->file.input_count && text; i++)
        text = zpl_arena_printf(&model->arena, "%s%s%s '%s'", text, i ? ", " : "",
                                zpl_onnx_shape(&e->file.inputs[i], &model->arena),
                                e->file.inputs[i].name);
    return text ? text : "";
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

static bool takes_all(const struct engine *e, size_t features)
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

static int plan_inputs(struct zpl_model *model, struct engine *e)
{
    struct zpl_kernel_context *ctx = model->ctx;
    size_t count = e->file.input_count, fits = 0;

    e->matrix = takes_all(e, model->feature_count);
    for (size_t i = 0; i < count; i++)
        fits += takes_one(&e->file.inputs[i]);
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

static bool kind_of_name(const char *name, enum kind *kind)
{
    static const char *const names[] = {"value", "probability", "logit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *kind = (enum kind)i;
            return true;
        }
    return false;
}

static int read_recorded(struct zpl_model *model, const struct zpl_json *recorded)
{
    struct zpl_kernel_context *ctx = model->ctx;
    struct engine *e = model->engine;
    const char *output = zpl_json_str(zpl_json_get(recorded, "output"), "");
    const char *kind = zpl_json_str(zpl_json_get(recorded, "kind"), "");

    for (size_t i = 0; i < e->file.output_count; i++)
        if (strcmp(e->file.outputs[i].name, output) == 0)
            e->output = e->file.outputs[i].name;
    if (!e->output)
        return ctx->fail(ctx, "the model has no output '%s', which its description names", output);
    if (!kind_of_name(kind, &e->kind) ||
        (e->kind == KIND_VALUE) != (model->task == ZPL_TASK_REGRESSION))
        return ctx->fail(ctx,
                         "the model's description says that its output is '%s', which is nothing "
                         "that a label of this type has",
                         kind);
    return plan_inputs(model, e);
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

static int refuse_element(const struct zpl_reader *reader, size_t column, int element)
{
    return reader->ctx->fail(reader->ctx, "feature '%s' of `%s` holds %s, and the model takes %s",
                             feature_name(reader, column), reader->input,
                             zpl_cells_are_text(&reader->cells[column]) ? "texts" : "numbers",
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

/* Pointers to copies of the texts, which are put one behind the other. */
static int fill_texts(struct engine *e, const struct zpl_reader *reader, size_t column,
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
static int fill_input(struct zpl_model *model, struct engine *e, const struct zpl_reader *reader,
                      size_t input)
{
    size_t count = e->matrix ? model->feature_count : 1;
    int element = e->file.inputs[input].element;
    bool text = element == ZPL_ONNX_STRING;
    int failed = 0;

    for (size_t i = 0; i < count && !failed; i++) {
        size_t column = e->matrix ? i : input;

        if (zpl_cells_are_text(&reader->cells[column]) != text)
            failed = refuse_element(reader, column, element);
        else if (text)
            failed = fill_texts(e, reader, column, e->data[input]);
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
    return element == ZPL_ONNX_BOOL                                 ? 1
           : element == ZPL_ONNX_INT32 || element == ZPL_ONNX_FLOAT ? 4
                                                                    : 8;
}

static int make_room(struct zpl_model *model, struct engine *e, size_t rows)
{
    size_t width = e->matrix ? model->feature_count : 1;

    for (size_t i = 0; rows > e->room && i < e->file.input_count; i++) {
        free(e->data[i]);
        e->data[i] = zpl_malloc(rows * width * element_bytes(e->file.inputs[i].element));
        if (!e->data[i])
            return model->ctx->fail(model->ctx, "out of memory");
    }
    if (rows > e->room) {
        free(e->scores);
        e->scores = zpl_malloc(rows * zpl_model_width(model) * sizeof *e->scores);
        if (!e->scores)
            return model->ctx->fail(model->ctx, "out of memory");
        e->room = rows;
    }
    return 0;
}

static int fill(struct zpl_model *model, struct engine *e, const struct zpl_reader *reader)
{
    size_t rows = (size_t)reader->rows, width = e->matrix ? model->feature_count : 1;
    int failed = make_room(model, e, rows);

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

/* ---- scores out ---- */

static double number_at(const struct zpl_ort_tensor *tensor, size_t i)
{
    switch (tensor->element) {
    case ZPL_ONNX_FLOAT:
        return ((const float *)tensor->data)[i];
    case ZPL_ONNX_DOUBLE:
        return ((const double *)tensor->data)[i];
    case ZPL_ONNX_INT64:
        return (double)((const int64_t *)tensor->data)[i];
    default:
        return ((const int32_t *)tensor->data)[i];
    }
}

static bool is_number(int element)
{
    return is_float(element) || element == ZPL_ONNX_INT64 || element == ZPL_ONNX_INT32;
}

/* One number stands for two classes: that of the second. */
static void turn_one(enum kind kind, double x, float *out, size_t width)
{
    double p = kind == KIND_LOGIT ? 1 / (1 + exp(-x)) : x;

    if (width == 2)
        *out++ = (float)(1 - p);
    *out = (float)p;
}

/* Numbers of a row as the scores of the model's classes; of a Bool the second alone. */
static void turn_many(enum kind kind, const struct zpl_ort_tensor *tensor, size_t begin,
                      size_t given, float *out, size_t width)
{
    double top = number_at(tensor, begin), sum = 0;

    for (size_t i = 1; i < given; i++)
        top = fmax(top, number_at(tensor, begin + i));
    for (size_t i = 0; kind == KIND_LOGIT && i < given; i++)
        sum += exp(number_at(tensor, begin + i) - top);
    for (size_t i = given - width; i < given; i++) {
        double x = number_at(tensor, begin + i);
        *out++ = (float)(kind == KIND_LOGIT ? exp(x - top) / sum : x);
    }
}

/* A score that is no number, or a probability that is none. */
static int refuse_score(const struct zpl_reader *reader, const struct engine *e, int64_t row,
                        float score)
{
    if (!isfinite(score))
        return reader->ctx->fail(
            reader->ctx, "the model's output '%s' is %s for row %" PRId64 " of `%s`%s", e->output,
            isnan(score) ? "no number" : "infinite", reader->first_row + row + 1, reader->input,
            isnan(score)
                ? "; if features of it are missing, fill them before: not every model takes that"
                : "");
    return reader->ctx->fail(reader->ctx,
                             "the model's output '%s' is %.9g for row %" PRId64
                             " of `%s`, which is no probability; if these are logits, its "
                             "description has to say so",
                             e->output, (double)score, reader->first_row + row + 1, reader->input);
}

static int check_scores(const struct engine *e, const struct zpl_reader *reader, size_t width)
{
    for (size_t i = 0; i < (size_t)reader->rows * width; i++) {
        float x = e->scores[i];
        if (!isfinite(x) || (e->kind != KIND_VALUE && !(x >= -1e-4f && x <= 1 + 1e-4f)))
            return refuse_score(reader, e, (int64_t)(i / width), x);
    }
    return 0;
}

/* The numbers that the output has a row; 0 (told): it has not one row for each. */
static size_t width_of(struct zpl_model *model, const struct engine *e,
                       const struct zpl_ort_tensor *out, size_t rows)
{
    size_t width = 1, expected = zpl_model_width(model);
    bool two = model->task == ZPL_TASK_BINARY || (model->task == ZPL_TASK_CLASSES && expected == 2);

    for (size_t i = 1; i < out->rank; i++)
        width *= (size_t)out->dims[i];
    if (out->rank == 0 || out->dims[0] != (int64_t)rows || !is_number(out->element)) {
        model->ctx->fail(
            model->ctx,
            "the model's output '%s' is %s of %zu dimensions, of which the first is not "
            "one number a row",
            e->output, zpl_onnx_element_name(out->element), out->rank);
        return 0;
    }
    if (width == expected || (two && (width == 1 || width == 2)))
        return width;
    model->ctx->fail(model->ctx,
                     "the model's output '%s' has %zu numbers a row, and %zu are expected",
                     e->output, width, expected);
    return 0;
}

static int score(struct zpl_model *model, const struct zpl_reader *reader, const float **scores,
                 size_t *width)
{
    struct engine *e = model->engine;
    struct zpl_ort_tensor out;
    int failed = fill(model, e, reader);

    *scores = e->scores;
    *width = zpl_model_width(model);
    if (!failed)
        failed = zpl_ort_run(&e->ort, e->tensors, e->file.input_count, e->output, &out);
    if (failed)
        return failed;
    size_t given = width_of(model, e, &out, (size_t)reader->rows);
    for (size_t row = 0; given && row < (size_t)reader->rows; row++) {
        float *to = e->scores + row * *width;
        if (given == 1)
            turn_one(e->kind, number_at(&out, row), to, *width);
        else
            turn_many(e->kind, &out, row * given, given, to, *width);
    }
    return given ? check_scores(e, reader, *width) : -1;
}

const struct zpl_scorer zpl_scorer_ort = {
    .framework = "onnx",
    .maker = "onnx.export",
    .open = open_model,
    .read = read_recorded,
    .score = score,
    .close = close_model,
};
