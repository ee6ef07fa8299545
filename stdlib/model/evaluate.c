/* evaluate.c - the step evaluate: how well a model does on rows whose label is known.
 * Floor: stdlib. */
#include <math.h>
#include <stdlib.h>

#include "lang/base/fault.h"
#include "lang/base/json.h"
#include "stdlib/kernel.h"
#include "stdlib/model/metrics.h"
#include "stdlib/model/model.h"
#include "stdlib/model/reader.h"

/* What is gathered row by row, in their order. */
struct evaluation {
    struct zpl_kernel_context *ctx;
    struct zpl_model model;
    struct zpl_reader reader; /* the features, then the label */
    struct zpl_nulls nulls;
    size_t rows, room;                /* rows gathered and expected */
    uint64_t *keys, *spare;           /* Bool: score and truth of each row */
    uint64_t tp, fp, fn;              /* Bool */
    struct zpl_sum loss;              /* Bool, classes: log loss */
    uint64_t *confusion;              /* classes: [label * classes + prediction] */
    double *labels;                   /* number: of each row */
    struct zpl_sum absolute, squared; /* number: errors */
};

static void evaluation_release(struct evaluation *e)
{
    free(e->keys);
    free(e->spare);
    free(e->confusion);
    free(e->labels);
    zpl_reader_release(&e->reader);
    zpl_model_release(&e->model);
}

static int allocate(struct evaluation *e)
{
    struct zpl_kernel_context *ctx = e->ctx;
    int64_t rows = ctx->input_rows(ctx, "test");
    size_t classes = e->model.class_count;
    bool out_of_memory = false;

    if (rows <= 0)
        return ctx->fail(ctx, "`test` holds no rows to evaluate the model on");
    e->room = (size_t)rows;
    switch (e->model.task) {
    case ZPL_TASK_BINARY:
        e->keys = zpl_malloc(e->room * sizeof *e->keys);
        e->spare = zpl_malloc(e->room * sizeof *e->spare);
        out_of_memory = !e->keys || !e->spare;
        break;
    case ZPL_TASK_CLASSES:
        e->confusion = zpl_calloc(classes * classes, sizeof *e->confusion);
        out_of_memory = !e->confusion;
        break;
    case ZPL_TASK_REGRESSION:
        e->labels = zpl_malloc(e->room * sizeof *e->labels);
        out_of_memory = !e->labels;
        break;
    }
    return out_of_memory ? ctx->fail(ctx, "out of memory") : 0;
}

static void add_binary(struct evaluation *e, bool truth, float score)
{
    bool predicted = score >= 0.5f;

    e->keys[e->rows] = zpl_auc_key(score, truth);
    e->tp += truth && predicted;
    e->fp += !truth && predicted;
    e->fn += truth && !predicted;
    zpl_sum_add(&e->loss, zpl_log_loss(truth ? (double)score : 1 - (double)score));
}

static int add_class(struct evaluation *e, const char *text, size_t len, const float *scores)
{
    struct zpl_kernel_context *ctx = e->ctx;
    size_t classes = e->model.class_count;
    int64_t label = zpl_model_class(&e->model, text, len);

    if (label < 0)
        return ctx->fail(ctx,
                         "row %zu of `test` has the label '%.*s', which the model was not trained "
                         "on; split with stratify = \"%s\", or leave such rows out",
                         e->rows + 1, (int)len, text, e->model.label);
    e->confusion[(size_t)label * classes + zpl_class_best(scores, classes)]++;
    zpl_sum_add(&e->loss, zpl_log_loss(scores[label]));
    return 0;
}

static int add_number(struct evaluation *e, double label, float prediction)
{
    double error = label - (double)prediction;

    if (isinf(label))
        return e->ctx->fail(e->ctx, "the label '%s' is infinite in row %zu of `test`",
                            e->model.label, e->rows + 1);
    e->labels[e->rows] = label;
    zpl_sum_add(&e->absolute, fabs(error));
    zpl_sum_add(&e->squared, error * error);
    return 0;
}

/* Adds the rows of the current batch, whose scores are given. */
static int add_batch(struct evaluation *e, const float *scores, size_t width)
{
    const struct zpl_cells *label = &e->reader.cells[e->model.feature_count];
    int failed = 0;

    if (zpl_cells_are_text(label) != (e->model.task == ZPL_TASK_CLASSES))
        return e->ctx->fail(e->ctx, "the label '%s' of `test` has another type than the model's",
                            e->model.label);
    for (int64_t row = 0; row < label->count && !failed; row++, e->rows++) {
        const float *of_row = scores + (size_t)row * width;
        const char *text;
        size_t len;

        if (zpl_cells_null(label, row) ||
            (e->model.task != ZPL_TASK_CLASSES && isnan(zpl_cells_number(label, row)))) {
            zpl_nulls_add(&e->nulls, &e->reader, row);
            continue;
        }
        switch (e->model.task) {
        case ZPL_TASK_BINARY:
            add_binary(e, zpl_cells_number(label, row) != 0, *of_row);
            break;
        case ZPL_TASK_CLASSES:
            text = zpl_cells_text(label, row, &len);
            failed = add_class(e, text, len, of_row);
            break;
        case ZPL_TASK_REGRESSION:
            failed = add_number(e, zpl_cells_number(label, row), *of_row);
            break;
        }
    }
    return failed;
}

/* Scores and adds the reader's batch. */
static int take_batch(struct evaluation *e)
{
    const float *scores = NULL;
    size_t width = 1;
    int failed;

    if ((size_t)e->reader.rows > e->room - e->rows)
        return e->ctx->fail(e->ctx, "`test` gives more rows than the %zu it has", e->room);
    failed = zpl_model_score(&e->model, &e->reader, &scores, &width);
    return failed ? failed : add_batch(e, scores, width);
}

static int read_rows(struct evaluation *e)
{
    const struct zpl_model *model = &e->model;
    bool more = true;
    int failed = zpl_reader_open(&e->reader, e->ctx, "test", model->features, model->feature_count,
                                 model->label);

    e->reader.tensors = true;
    while (!failed && (failed = zpl_reader_next(&e->reader, &more)) == 0 && more)
        failed = take_batch(e);
    if (failed)
        return failed;
    if (e->rows != e->room)
        return e->ctx->fail(e->ctx, "`test` gives %zu of its %zu rows", e->rows, e->room);
    return zpl_nulls_refuse(&e->nulls, &e->reader, e->model.label);
}

static void set_real(struct zpl_json *report, const char *name, double v)
{
    zpl_json_set_take(report, name, zpl_json_real(v));
}

static void set_count(struct zpl_json *report, const char *name, uint64_t v)
{
    zpl_json_set_take(report, name, zpl_json_int((int64_t)v));
}

static int report_binary(struct evaluation *e, struct zpl_json *report)
{
    uint64_t positives = e->tp + e->fn;
    double rows = (double)e->rows;

    if (positives == 0 || positives == e->rows)
        return e->ctx->fail(
            e->ctx,
            "the label '%s' is %s in all %zu rows of `test`: the area under the ROC "
            "curve needs both; evaluate on more rows, or split with stratify = "
            "\"%s\"",
            e->model.label, positives ? "true" : "false", e->rows, e->model.label);
    set_real(report, "auc", zpl_auc(e->keys, e->spare, e->rows));
    set_real(report, "accuracy", (rows - (double)(e->fp + e->fn)) / rows);
    set_real(report, "log_loss", zpl_sum_value(&e->loss) / rows);
    set_real(report, "precision", zpl_precision(e->tp, e->fp));
    set_real(report, "recall", zpl_recall(e->tp, e->fn));
    set_real(report, "f1", zpl_f1(e->tp, e->fp, e->fn));
    set_count(report, "positives", positives);
    return 0;
}

static int report_classes(struct evaluation *e, struct zpl_json *report)
{
    size_t classes = e->model.class_count;
    uint64_t right = 0;

    for (size_t c = 0; c < classes; c++)
        right += e->confusion[c * classes + c];
    set_real(report, "accuracy", (double)right / (double)e->rows);
    set_real(report, "log_loss", zpl_sum_value(&e->loss) / (double)e->rows);
    set_real(report, "macro_f1", zpl_macro_f1(e->confusion, classes));
    set_count(report, "classes", classes);
    return 0;
}

static int report_number(struct evaluation *e, struct zpl_json *report)
{
    double squared = zpl_sum_value(&e->squared);

    if (e->rows < 2)
        return e->ctx->fail(e->ctx, "`test` has one row: r2 needs two or more");
    set_real(report, "rmse", sqrt(squared / (double)e->rows));
    set_real(report, "mae", zpl_sum_value(&e->absolute) / (double)e->rows);
    set_real(report, "r2", zpl_r2(e->labels, e->rows, squared));
    return 0;
}

static int write_report(struct evaluation *e)
{
    static int (*const reports[])(struct evaluation *, struct zpl_json *) = {
        [ZPL_TASK_BINARY] = report_binary,
        [ZPL_TASK_CLASSES] = report_classes,
        [ZPL_TASK_REGRESSION] = report_number,
    };
    struct zpl_json *report = zpl_json_object();
    struct zpl_buf text = {0};
    int failed;

    set_count(report, "rows", e->rows);
    failed = reports[e->model.task](e, report);
    if (!failed && zpl_json_write(report, false, &text) != ZPL_OK)
        failed = e->ctx->fail(e->ctx, "out of memory");
    if (!failed)
        failed = e->ctx->output_json(e->ctx, "report", zpl_buf_str(&text));
    zpl_buf_release(&text);
    zpl_json_release(report);
    return failed;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct evaluation e = {.ctx = ctx};
    int failed = zpl_model_load(&e.model, ctx, "model");

    if (!failed)
        failed = allocate(&e);
    if (!failed)
        failed = read_rows(&e);
    if (!failed)
        failed = write_report(&e);
    evaluation_release(&e);
    return failed;
}

ZPL_KERNEL(evaluate) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "evaluate",
    .signature =
        "(model: Model {xgboost, features: f, label: l: Bool}, "
        "test: Table {l: Bool, ...f, ...r}) -> (report: Report {auc: Float, accuracy: Float, "
        "log_loss: Float, precision: Float, recall: Float, f1: Float, rows: Int, "
        "positives: Int})\n"
        "(model: Model {xgboost, features: f, label: l: Class}, "
        "test: Table {l: Class, ...f, ...r}) -> (report: Report {accuracy: Float, "
        "log_loss: Float, macro_f1: Float, rows: Int, classes: Int})\n"
        "(model: Model {xgboost, features: f, label: l: Number}, "
        "test: Table {l: Number, ...f, ...r}) -> (report: Report {rmse: Float, mae: Float, "
        "r2: Float, rows: Int})\n"
        "(model: Model {onnx, features: f, label: l: Bool}, "
        "test: Table {l: Bool, ...f, ...r}) -> (report: Report {auc: Float, accuracy: Float, "
        "log_loss: Float, precision: Float, recall: Float, f1: Float, rows: Int, "
        "positives: Int})\n"
        "(model: Model {onnx, features: f, label: l: Class}, "
        "test: Table {l: Class, ...f, ...r}) -> (report: Report {accuracy: Float, "
        "log_loss: Float, macro_f1: Float, rows: Int, classes: Int})\n"
        "(model: Model {onnx, features: f, label: l: Number}, "
        "test: Table {l: Number, ...f, ...r}) -> (report: Report {rmse: Float, mae: Float, "
        "r2: Float, rows: Int})",
    .doc =
        "Says how well a model does on rows whose label is known.\n"
        "\n"
        "Every figure is scikit-learn's.  With tp, fp, fn the counts of true positives, false\n"
        "positives and false negatives, and a Bool predicted true from a score of 0.5:\n"
        "\n"
        "    auc        share of (true, false) pairs of rows that the scores order, a tie half a "
        "pair\n"
        "    accuracy   share of rows predicted right\n"
        "    log_loss   mean of -ln p, p the probability given to the true label, kept within "
        "2^-52\n"
        "               of 0 and 1\n"
        "    precision  tp / (tp + fp), 0 when nothing is predicted true\n"
        "    recall     tp / (tp + fn)\n"
        "    f1         2 tp / (2 tp + fp + fn), 0 when tp is\n"
        "    macro_f1   mean f1 of the classes that occur among labels or predictions\n"
        "    rmse, mae  root of the mean squared error, mean absolute error: in the label's unit\n"
        "    r2         1 - Σ error² / Σ (label - mean)²; of constant labels 1 if all is exact, "
        "else 0\n"
        "    rows, positives, classes   rows evaluated, those that are true, classes of the model\n"
        "\n"
        "Fails when `test` is empty or a label is missing; when a Bool label has one value only "
        "(auc\n"
        "is not defined); when a class was not in the training rows (its log loss is infinite); "
        "and\n"
        "for r2 of fewer than two rows.\n"
        "\n"
        "    local report = evaluate { model, test }\n"
        "    deploy { model, name = \"delays\", when = report.auc >= 0.7 }\n",
    .engines = "xgboost onnxruntime",
    .run = run,
};
