/* scorer_ort.c - models of ONNX: their files, and what their output says of each row.  Outputs that are not asked for
 * are not computed.   Floor: stdlib. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "stdlib/model/library.h"
#include "stdlib/model/scorer_ort.h"

/* ---- opening ---- */

static int refuse_file(struct zpl_kernel_context *ctx, const char *words)
{
    return words ? ctx->fail(ctx, "the model is no file of ONNX: %s", words)
                 : ctx->fail(ctx, "out of memory");
}

static int open_bytes(struct zpl_model *model, struct zpl_ort_engine *e, const struct zpl_buf *data,
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
    struct zpl_ort_engine *e = zpl_calloc(1, sizeof *e);
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
    struct zpl_ort_engine *e = model->engine;

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

/* ---- what it says of itself ---- */

static bool kind_of_name(const char *name, enum zpl_ort_kind *kind)
{
    static const char *const names[] = {"value", "probability", "logit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *kind = (enum zpl_ort_kind)i;
            return true;
        }
    return false;
}

static int read_recorded(struct zpl_model *model, const struct zpl_json *recorded)
{
    struct zpl_kernel_context *ctx = model->ctx;
    struct zpl_ort_engine *e = model->engine;
    const char *output = zpl_json_str(zpl_json_get(recorded, "output"), "");
    const char *kind = zpl_json_str(zpl_json_get(recorded, "kind"), "");

    for (size_t i = 0; i < e->file.output_count; i++)
        if (strcmp(e->file.outputs[i].name, output) == 0)
            e->output = e->file.outputs[i].name;
    if (!e->output)
        return ctx->fail(ctx, "the model has no output '%s', which its description names", output);
    if (!kind_of_name(kind, &e->kind) ||
        (e->kind == ZPL_ORT_VALUE) != (model->task == ZPL_TASK_REGRESSION))
        return ctx->fail(ctx,
                         "the model's description says that its output is '%s', which is nothing "
                         "that a label of this type has",
                         kind);
    e->whole = !zpl_json_truth(zpl_json_get(recorded, "missing"), true);
    return zpl_ort_plan(model, e);
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
    return element == ZPL_ONNX_FLOAT || element == ZPL_ONNX_DOUBLE || element == ZPL_ONNX_INT64 ||
           element == ZPL_ONNX_INT32;
}

/* One number stands for two classes: that of the second. */
static void turn_one(enum zpl_ort_kind kind, double x, float *out, size_t width)
{
    double p = kind == ZPL_ORT_LOGIT ? 1 / (1 + exp(-x)) : x;

    if (width == 2)
        *out++ = (float)(1 - p);
    *out = (float)p;
}

/* Numbers of a row as the scores of the model's classes; of a Bool the second alone. */
static void turn_many(enum zpl_ort_kind kind, const struct zpl_ort_tensor *tensor, size_t begin,
                      size_t given, float *out, size_t width)
{
    double top = number_at(tensor, begin), sum = 0;

    for (size_t i = 1; i < given; i++)
        top = fmax(top, number_at(tensor, begin + i));
    for (size_t i = 0; kind == ZPL_ORT_LOGIT && i < given; i++)
        sum += exp(number_at(tensor, begin + i) - top);
    for (size_t i = given - width; i < given; i++) {
        double x = number_at(tensor, begin + i);
        *out++ = (float)(kind == ZPL_ORT_LOGIT ? exp(x - top) / sum : x);
    }
}

/* A score that is no number, or a probability that is none. */
static int refuse_score(const struct zpl_reader *reader, const struct zpl_ort_engine *e,
                        int64_t row, float score)
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

static int check_scores(const struct zpl_ort_engine *e, const struct zpl_reader *reader,
                        size_t width)
{
    for (size_t i = 0; i < (size_t)reader->rows * width; i++) {
        float x = e->scores[i];
        if (!isfinite(x) || (e->kind != ZPL_ORT_VALUE && !(x >= -1e-4f && x <= 1 + 1e-4f)))
            return refuse_score(reader, e, (int64_t)(i / width), x);
    }
    return 0;
}

/* The numbers that the output has a row; 0 (told): it has not one row for each. */
static size_t width_of(struct zpl_model *model, const struct zpl_ort_engine *e,
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
    struct zpl_ort_engine *e = model->engine;
    struct zpl_ort_tensor out;
    int failed = zpl_ort_fill(model, e, reader);

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
