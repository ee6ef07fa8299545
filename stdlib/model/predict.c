/* predict.c - the step predict: a stream of rows that passes its columns through and adds what the
 * model says of each row.   Floor: stdlib. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "stdlib/kernel.h"
#include "stdlib/model/leaf.h"
#include "stdlib/model/model.h"
#include "stdlib/model/reader.h"

/* Where a column of the output comes from, if not from the input. */
enum { FROM_PREDICTION = -1, FROM_SCORE = -2 };

/* Behind the stream that the context reads. */
struct prediction {
    struct zpl_kernel_context *ctx;
    struct zpl_model model;
    struct zpl_reader reader;  /* the features */
    const struct zpl_row *row; /* of the output */
    int64_t *sources;          /* of each output column: a child of the input, or FROM_… */
    bool failed;               /* fail() was told why */
};

static void prediction_release(struct prediction *p)
{
    free(p->sources);
    zpl_reader_release(&p->reader);
    zpl_model_release(&p->model);
}

/* Matches the columns of the declared output with those of the input and the new ones. */
static int plan_columns(struct prediction *p)
{
    struct zpl_kernel_context *ctx = p->ctx;
    const struct ArrowSchema *schema = &p->reader.schema;

    p->sources = zpl_calloc(p->row->count + 1, sizeof *p->sources);
    if (!p->sources)
        return ctx->fail(ctx, "out of memory");
    for (size_t i = 0; i < p->row->count; i++) {
        const char *name = p->row->columns[i].name;
        int64_t child = 0, added = 0;

        if (strcmp(name, "prediction") == 0)
            added = FROM_PREDICTION;
        else if (strcmp(name, "score") == 0 && p->model.task != ZPL_TASK_REGRESSION)
            added = FROM_SCORE;
        while (child < schema->n_children && strcmp(schema->children[child]->name, name) != 0)
            child++;
        if (added && child < schema->n_children)
            return ctx->fail(ctx, "the table `rows` has a column '%s' already; rename it before",
                             name);
        if (!added && child == schema->n_children)
            return ctx->fail(ctx, "the table `rows` has no column '%s'", name);
        p->sources[i] = added ? added : child;
    }
    return 0;
}

/* Children that show parts of the input's schema own nothing. */
static void release_shown(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

/* The place after the children holds the input's schema that some of them show. */
static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    if (schema->children[schema->n_children]->release)
        schema->children[schema->n_children]->release(schema->children[schema->n_children]);
    free(schema->children);
    free(schema->private_data);
    schema->release = NULL;
}

/* A table's schema with `count` columns to be filled in, and a place after them. */
static bool open_schema(struct ArrowSchema *out, size_t count)
{
    struct ArrowSchema *children = zpl_calloc(count + 1, sizeof *children);
    struct ArrowSchema **list = zpl_calloc(count + 1, sizeof *list);

    if (!children || !list) {
        free(children);
        free(list);
        return false;
    }
    for (size_t i = 0; i <= count; i++)
        list[i] = &children[i];
    *out = (struct ArrowSchema){
        .format = "+s",
        .name = "",
        .n_children = (int64_t)count,
        .children = list,
        .release = release_schema,
        .private_data = children,
    };
    return true;
}

static void release_batch(struct ArrowArray *batch)
{
    for (int64_t i = 0; i < batch->n_children; i++)
        if (batch->children[i]->release)
            batch->children[i]->release(batch->children[i]);
    free(batch->children);
    free(batch->private_data);
    batch->release = NULL;
}

/* A batch of `length` rows with `count` columns to be filled in. */
static bool open_batch(struct ArrowArray *out, size_t count, int64_t length)
{
    static const void *no_validity[1];
    struct ArrowArray *children = zpl_calloc(count + 1, sizeof *children);
    struct ArrowArray **list = zpl_calloc(count + 1, sizeof *list);

    if (!children || !list) {
        free(children);
        free(list);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        list[i] = &children[i];
    *out = (struct ArrowArray){
        .length = length,
        .n_buffers = 1,
        .buffers = no_validity,
        .n_children = (int64_t)count,
        .children = list,
        .release = release_batch,
        .private_data = children,
    };
    return true;
}

static const char *prediction_format(const struct prediction *p, int64_t source)
{
    if (source == FROM_SCORE || p->model.task == ZPL_TASK_REGRESSION)
        return "g";
    return p->model.task == ZPL_TASK_BINARY ? "b" : "u";
}

/* The input's own columns keep their schema.  They show a fresh one of the input, which stays whole
 * until the end: a producer may keep the texts of all columns in its root. */
static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct prediction *p = stream->private_data;
    struct ArrowSchema fresh = {0};

    if (p->reader.stream.get_schema(&p->reader.stream, &fresh))
        return EIO;
    if (!open_schema(out, p->row->count)) {
        fresh.release(&fresh);
        return ENOMEM;
    }
    *out->children[p->row->count] = fresh;
    for (size_t i = 0; i < p->row->count; i++) {
        int64_t source = p->sources[i];

        if (source >= 0) {
            *out->children[i] = *fresh.children[source];
            out->children[i]->release = release_shown;
            out->children[i]->private_data = NULL;
        } else if (!zpl_leaf_schema(out->children[i], prediction_format(p, source),
                                    p->row->columns[i].name)) {
            release_schema(out);
            return ENOMEM;
        }
    }
    return 0;
}

/* The score of a row: the probability of true, or of the class that is predicted. */
static float score_of(const struct prediction *p, const float *scores, size_t width, int64_t row)
{
    const float *of_row = scores + (size_t)row * width;
    return p->model.task == ZPL_TASK_CLASSES ? of_row[zpl_class_best(of_row, width)] : of_row[0];
}

static bool new_floats(const struct prediction *p, const float *scores, size_t width, int64_t count,
                       struct ArrowArray *out)
{
    double *values = zpl_malloc((size_t)count * sizeof *values);

    for (int64_t row = 0; values && row < count; row++)
        values[row] = score_of(p, scores, width, row);
    return values && zpl_leaf_take(out, count, values, NULL);
}

static bool new_bools(const float *scores, int64_t count, struct ArrowArray *out)
{
    uint8_t *bits = zpl_calloc((size_t)count / 8 + 1, 1);

    for (int64_t row = 0; bits && row < count; row++)
        if (scores[row] >= 0.5f)
            bits[row >> 3] |= (uint8_t)(1u << (row & 7));
    return bits && zpl_leaf_take(out, count, bits, NULL);
}

static bool new_texts(const struct prediction *p, const float *scores, size_t width, int64_t count,
                      struct ArrowArray *out)
{
    int32_t *offsets = zpl_malloc(((size_t)count + 1) * sizeof *offsets);
    struct zpl_buf bytes = {.cap = INT32_MAX};

    for (int64_t row = 0; offsets && row < count; row++) {
        offsets[row] = (int32_t)bytes.len;
        zpl_buf_puts(&bytes, p->model.classes[zpl_class_best(scores + (size_t)row * width, width)]);
    }
    if (!offsets || zpl_buf_error(&bytes) != ZPL_OK || !zpl_buf_extend(&bytes, 1)) {
        free(offsets);
        zpl_buf_release(&bytes);
        return false;
    }
    offsets[count] =
        (int32_t)bytes.len - 1; /* without the byte that keeps `data` from being NULL */
    return zpl_leaf_take(out, count, offsets, bytes.data);
}

static bool new_column(const struct prediction *p, int64_t source, const float *scores,
                       size_t width, int64_t count, struct ArrowArray *out)
{
    switch (prediction_format(p, source)[0]) {
    case 'g':
        return new_floats(p, scores, width, count, out);
    case 'b':
        return new_bools(scores, count, out);
    default:
        return new_texts(p, scores, width, count, out);
    }
}

/* Moves the batch's own columns into `out` and lets the batch go; the rest is made. */
static int build_batch(struct prediction *p, const float *scores, size_t width,
                       struct ArrowArray *out)
{
    struct ArrowArray *batch = &p->reader.batch;
    int64_t length = batch->length, offset = batch->offset;

    if (!open_batch(out, p->row->count, length))
        return ENOMEM;
    for (size_t i = 0; i < p->row->count; i++) {
        int64_t source = p->sources[i];
        struct ArrowArray *child = out->children[i];

        if (source < 0) {
            if (!new_column(p, source, scores, width, length, child)) {
                release_batch(out);
                return ENOMEM;
            }
            continue;
        }
        *child = *batch->children[source];
        child->offset += offset;
        child->length = length;
        /* Of a part of a column the number of nulls is not known. */
        if (child->null_count > 0)
            child->null_count = offset ? -1 : child->null_count;
        batch->children[source]->release = NULL;
    }
    zpl_reader_drop(&p->reader);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct prediction *p = stream->private_data;
    const float *scores = NULL;
    size_t width = 1;
    bool more = false;
    int err;

    *out = (struct ArrowArray){0};
    if (zpl_reader_next(&p->reader, &more) ||
        (more && zpl_model_score(&p->model, &p->reader, &scores, &width))) {
        p->failed = true;
        return EIO;
    }
    if (!more)
        return 0;
    err = build_batch(p, scores, width, out);
    if (err) {
        *out = (struct ArrowArray){0};
        p->failed = true;
        p->ctx->fail(p->ctx, "out of memory");
    }
    return err;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    struct prediction *p = stream->private_data;
    return p->failed ? "the rows can't be scored" : "the rows can't be read";
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct prediction p = {.ctx = ctx};
    struct ArrowArrayStream stream = {
        .get_schema = get_schema,
        .get_next = get_next,
        .get_last_error = get_last_error,
        .release = release_stream,
        .private_data = &p,
    };
    int failed = zpl_model_load(&p.model, ctx, "model");

    if (!failed)
        failed = zpl_table_row(ctx, ctx->output_type(ctx, "rows"), &p.model.arena, &p.row);
    if (!failed)
        failed =
            zpl_reader_open(&p.reader, ctx, "rows", p.model.features, p.model.feature_count, NULL);
    p.reader.tensors = true;
    if (!failed)
        failed = plan_columns(&p);
    if (!failed)
        failed = ctx->output_table(ctx, "rows", &stream);
    if (!failed && p.failed)
        failed = -1;
    prediction_release(&p);
    return failed;
}

ZPL_KERNEL(predict) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "predict",
    .signature =
        "(model: Model {xgboost, features: f, label: l: Bool}, rows: Table {...f, ...r}) -> "
        "(rows: Table {...f, ...r, prediction: Bool, score: Float})\n"
        "(model: Model {xgboost, features: f, label: l: Class}, rows: Table {...f, ...r}) -> "
        "(rows: Table {...f, ...r, prediction: String, score: Float})\n"
        "(model: Model {xgboost, features: f, label: l: Number}, rows: Table {...f, ...r}) -> "
        "(rows: Table {...f, ...r, prediction: Float})\n"
        "(model: Model {onnx, features: f, label: l: Bool}, rows: Table {...f, ...r}) -> "
        "(rows: Table {...f, ...r, prediction: Bool, score: Float})\n"
        "(model: Model {onnx, features: f, label: l: Class}, rows: Table {...f, ...r}) -> "
        "(rows: Table {...f, ...r, prediction: String, score: Float})\n"
        "(model: Model {onnx, features: f, label: l: Number}, rows: Table {...f, ...r}) -> "
        "(rows: Table {...f, ...r, prediction: Float})",
    .doc =
        "Adds to every row what a model predicts for it.\n"
        "\n"
        "The columns of `rows` stay as they are, in their order, and the new ones follow:\n"
        "\n"
        "    label         prediction                          score\n"
        "    Bool          Bool: is the score at least 0.5?    probability of true, 0 to 1\n"
        "    Enum, String  String: the most probable class     its probability, 0 to 1\n"
        "    Int, Float    Float, in the label's unit          -\n"
        "\n"
        "Of classes that are equally probable the first in the model's order is taken.  The "
        "features\n"
        "are found by name, and a null or NaN is a missing value, as in xgboost.train.  The table\n"
        "may be of any length: it is never in memory as a whole.  A model of XGBoost is scored by\n"
        "XGBoost, one of ONNX by ONNX Runtime.\n"
        "\n"
        "Fails when a feature is infinite; when a model of ONNX gives no number where features "
        "are\n"
        "missing; and when a model of XGBoost was trained with another version, which would score "
        "it\n"
        "differently.\n"
        "\n"
        "    local scored = predict { model, tomorrow }\n"
        "    local late   = sql [[ SELECT flight, score FROM scored WHERE prediction ]]\n",
    .engines = "xgboost onnxruntime",
    .run = run,
};
