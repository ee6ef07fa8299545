/* train.c - the step xgboost.train.   Floor: stdlib. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "stdlib/kernel.h"
#include "stdlib/model/model.h"
#include "stdlib/model/reader.h"
#include "stdlib/model/tally.h"

/* Everything a training holds. */
struct training {
    struct zpl_kernel_context *ctx;
    struct zpl_model model; /* what it is to be */
    struct zpl_xgb xgb;
    const struct zpl_type *label_type;
    const char **feature_types; /* XGBoost's words */
    struct zpl_reader reader;   /* the features, then the label */
    struct zpl_tally classes;   /* of a String label */
    struct zpl_nulls nulls;     /* labels that are missing */
    float *cells, *labels;
    size_t rows;
};

static void training_release(struct training *t)
{
    free(t->cells);
    free(t->labels);
    zpl_tally_release(&t->classes);
    zpl_reader_release(&t->reader);
    zpl_xgb_release(&t->xgb);
    zpl_model_release(&t->model);
}

static const char *feature_type(enum zpl_kind kind)
{
    return kind == ZPL_BOOL ? "i" : kind == ZPL_INT ? "int" : "float";
}

/* Learns features, label and task from the bound columns and the type of the table. */
static int describe(struct training *t)
{
    struct zpl_kernel_context *ctx = t->ctx;
    struct zpl_model *model = &t->model;
    const char *const *label = ctx->columns(ctx, "l");
    const struct zpl_column *column;
    const struct zpl_row *row = NULL;
    int failed = zpl_table_row(ctx, ctx->input_type(ctx, "train"), &model->arena, &row);

    if (failed)
        return failed;
    model->features = ctx->columns(ctx, "f");
    model->feature_count = zpl_names_count(model->features);
    if (zpl_names_count(label) != 1 || model->feature_count == 0)
        return ctx->fail(ctx,
                         "there is no column to learn from; `train` needs one beside the label");
    model->label = label[0];
    column = zpl_row_find(row, model->label);
    if (!column || !column->type || !zpl_task_of(column->type->kind, &model->task))
        return ctx->fail(ctx,
                         "column '%s' can't be a label: a label is a Bool, Enum, String, Int "
                         "or Float",
                         model->label);
    t->label_type = column->type;
    model->label_kind = column->type->kind;
    t->feature_types = zpl_arena_array(&model->arena, model->feature_count, sizeof(char *));
    for (size_t i = 0; t->feature_types && i < model->feature_count; i++) {
        column = zpl_row_find(row, model->features[i]);
        t->feature_types[i] = feature_type(column && column->type ? column->type->kind : ZPL_FLOAT);
    }
    if (model->label_kind == ZPL_ENUM) {
        model->classes = t->label_type->values;
        model->class_count = zpl_names_count(model->classes);
    }
    return zpl_arena_failed(&model->arena) ? ctx->fail(ctx, "out of memory") : 0;
}

/* Makes room for the rows, held against the memory the step may use: 4 bytes a cell for the floats,
 * up to 2 for its bin, and for each row its label, gradients and margin for every class. */
static int allocate(struct training *t)
{
    struct zpl_kernel_context *ctx = t->ctx;
    int64_t rows = ctx->input_rows(ctx, "train");
    uint64_t memory = ctx->memory(ctx), trees = t->model.class_count ? t->model.class_count : 1;
    uint64_t row_bytes = 6 * t->model.feature_count + 16 + 12 * trees;
    struct zpl_buf need = {0}, have = {0};
    int failed = 0;

    if (rows <= 0)
        return ctx->fail(ctx, "`train` holds no rows");
    t->rows = (size_t)rows;
    if (memory && memory / row_bytes < t->rows) {
        zpl_text_show_bytes(&need, row_bytes * t->rows);
        zpl_text_show_bytes(&have, memory);
        failed = ctx->fail(ctx,
                           "training on %zu rows of %zu features needs %s and the step may use %s; "
                           "give it more with resources = { memory = … }",
                           t->rows, t->model.feature_count, zpl_buf_str(&need), zpl_buf_str(&have));
        zpl_buf_release(&need);
        zpl_buf_release(&have);
        return failed;
    }
    t->cells = zpl_malloc(t->rows * t->model.feature_count * sizeof *t->cells);
    t->labels = zpl_malloc(t->rows * sizeof *t->labels);
    return t->cells && t->labels ? 0 : ctx->fail(ctx, "out of memory");
}

/* The number of a class by its text; for a String label the number of its first occurrence. */
static int class_label(struct training *t, const char *text, size_t len, float *out)
{
    struct zpl_kernel_context *ctx = t->ctx;
    size_t id = 0;
    int64_t class;

    if (t->model.label_kind == ZPL_ENUM) {
        class = zpl_model_class(&t->model, text, len);
        *out = (float)class;
        return class >= 0 ? 0
                          : ctx->fail(ctx, "label '%.*s' is not one of the values of Enum '%s'",
                                      (int)len, text, t->model.label);
    }
    if (memchr(text, '\0', len))
        return ctx->fail(ctx, "a label of '%s' holds a NUL character", t->model.label);
    if (!zpl_tally_add(&t->classes, text, len, 0, &id))
        return ctx->fail(ctx, "out of memory");
    if (t->classes.count > ZPL_CLASSES_MAX)
        return ctx->fail(ctx,
                         "'%s' has more than %d different texts; a model tells at most so many "
                         "classes apart",
                         t->model.label, ZPL_CLASSES_MAX);
    *out = (float)id;
    return 0;
}

/* Reads the labels of the current batch to out[]. */
static int read_labels(struct training *t, float *out)
{
    const struct zpl_cells *cells = &t->reader.cells[t->model.feature_count];
    struct zpl_kernel_context *ctx = t->ctx;
    int failed = 0;

    if (zpl_cells_are_text(cells) != (t->model.task == ZPL_TASK_CLASSES))
        return ctx->fail(ctx, "the label '%s' is stored in another type than declared",
                         t->model.label);
    for (int64_t row = 0; row < cells->count && !failed; row++) {
        size_t len;

        if (zpl_cells_null(cells, row)) {
            zpl_nulls_add(&t->nulls, &t->reader, row);
        } else if (t->model.task == ZPL_TASK_CLASSES) {
            const char *text = zpl_cells_text(cells, row, &len);
            failed = class_label(t, text, len, &out[row]);
        } else {
            out[row] = (float)zpl_cells_number(cells, row);
            if (isnan(out[row]))
                zpl_nulls_add(&t->nulls, &t->reader, row);
            else if (isinf(out[row]))
                failed =
                    ctx->fail(ctx,
                              "the label '%s' is infinite, or too large for a 32-bit float, in "
                              "row %" PRId64,
                              t->model.label, t->reader.first_row + row + 1);
        }
    }
    return failed;
}

static int read_rows(struct training *t)
{
    struct zpl_kernel_context *ctx = t->ctx;
    size_t features = t->model.feature_count, done = 0;
    bool more = true;
    int failed =
        zpl_reader_open(&t->reader, ctx, "train", t->model.features, features, t->model.label);

    while (!failed && (failed = zpl_reader_next(&t->reader, &more)) == 0 && more) {
        size_t length = (size_t)t->reader.rows;

        if (length > t->rows - done)
            return ctx->fail(ctx, "`train` gives more rows than the %zu it has", t->rows);
        failed = zpl_reader_floats(&t->reader, features, t->cells + done * features);
        if (!failed)
            failed = read_labels(t, t->labels + done);
        done += length;
    }
    if (failed)
        return failed;
    if (done != t->rows)
        return ctx->fail(ctx, "`train` gives %zu of its %zu rows", done, t->rows);
    return zpl_nulls_refuse(&t->nulls, &t->reader, t->model.label);
}

/* Numbers the classes of a String label in the order of their bytes. */
static int order_classes(struct training *t)
{
    struct zpl_kernel_context *ctx = t->ctx;
    size_t count = t->classes.count, *order = NULL;
    float numbers[ZPL_CLASSES_MAX];
    const char **classes;

    order = zpl_tally_sorted(&t->classes);
    classes = zpl_arena_array(&t->model.arena, count + 1, sizeof *classes);
    if (!order || !classes) {
        free(order);
        return ctx->fail(ctx, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        classes[i] = zpl_tally_text(&t->classes, order[i]);
        numbers[order[i]] = (float)i;
    }
    free(order);
    for (size_t row = 0; row < t->rows; row++)
        t->labels[row] = numbers[(size_t)t->labels[row]];
    t->model.classes = classes;
    t->model.class_count = count;
    return 0;
}

/* There must be two classes to tell apart. */
static int check_labels(struct training *t)
{
    struct zpl_kernel_context *ctx = t->ctx;

    if (t->model.task == ZPL_TASK_REGRESSION)
        return 0;
    for (size_t row = 1; row < t->rows; row++)
        if (t->labels[row] != t->labels[0])
            return 0;
    if (t->model.task == ZPL_TASK_BINARY)
        return ctx->fail(ctx,
                         "the label '%s' is %s in all %zu rows; there is nothing to tell apart",
                         t->model.label, t->labels[0] > 0 ? "true" : "false", t->rows);
    return ctx->fail(ctx, "the label '%s' is '%s' in all %zu rows; there is nothing to tell apart",
                     t->model.label, t->model.classes[(size_t)t->labels[0]], t->rows);
}

/* Hands a param on under XGBoost's name for it. */
static int set_number(struct training *t, const char *param, const char *name, bool not_zero)
{
    struct zpl_kernel_context *ctx = t->ctx;
    struct zpl_buf text = {0};
    double number;
    int64_t whole;
    int failed;

    if (ctx->param_int(ctx, param, &whole))
        zpl_buf_printf(&text, "%" PRId64, whole);
    else if (!ctx->param_float(ctx, param, &number))
        return 0;
    else if (not_zero && number == 0)
        return ctx->fail(ctx, "%s is 0, so that no tree would see anything; give a share above 0",
                         param);
    else
        zpl_text_double(&text, number);
    failed = zpl_xgb_set(&t->xgb, name, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return failed;
}

/* One thread: the histograms of a node are sums over rows, and more threads add in another order.
 * With hist on 3,000,000 rows that gave other bytes, so it would break the cache's promise. */
static int set_params(struct training *t)
{
    static const char *const objectives[] = {
        [ZPL_TASK_BINARY] = "binary:logistic",
        [ZPL_TASK_CLASSES] = "multi:softprob",
        [ZPL_TASK_REGRESSION] = "reg:squarederror",
    };
    static const struct {
        const char *param, *name;
        bool not_zero;
    } numbers[] = {
        {"max_depth", "max_depth", false},
        {"eta", "eta", false},
        {"subsample", "subsample", true},
        {"colsample", "colsample_bytree", true},
        {"min_child_weight", "min_child_weight", false},
        {"lambda", "lambda", false},
        {"alpha", "alpha", false},
        {"seed", "seed", false},
    };
    struct zpl_xgb *xgb = &t->xgb;
    char classes[24];
    int failed = zpl_xgb_set(xgb, "tree_method", "hist");

    if (!failed)
        failed = zpl_xgb_set(xgb, "nthread", "1");
    if (!failed)
        failed = zpl_xgb_set(xgb, "objective", objectives[t->model.task]);
    snprintf(classes, sizeof classes, "%zu", t->model.class_count);
    if (!failed && t->model.task == ZPL_TASK_CLASSES)
        failed = zpl_xgb_set(xgb, "num_class", classes);
    for (size_t i = 0; !failed && i < sizeof numbers / sizeof *numbers; i++)
        failed = set_number(t, numbers[i].param, numbers[i].name, numbers[i].not_zero);
    return failed;
}

static int train_rounds(struct training *t)
{
    struct zpl_kernel_context *ctx = t->ctx;
    int64_t rounds = 100;
    char metric[64], what[128];
    int failed = 0;

    ctx->param_int(ctx, "rounds", &rounds);
    for (int64_t i = 0; i < rounds && !failed; i++) {
        failed = zpl_xgb_round(&t->xgb, (int)i);
        if (failed)
            return failed;
        snprintf(what, sizeof what, "round %" PRId64 " of %" PRId64, i + 1, rounds);
        ctx->progress(ctx, (double)(i + 1) / (double)rounds, what);
        /* About ten lines, the first and the last round among them. */
        if (i != 0 && i + 1 != rounds && (i + 1) * 10 / rounds == i * 10 / rounds)
            continue;
        failed = zpl_xgb_metric(&t->xgb, (int)i, metric, sizeof metric);
        if (!failed)
            ctx->log(ctx, "%s: train %s", what, metric);
    }
    return failed;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct training t = {.ctx = ctx, .model.ctx = ctx};
    int failed = describe(&t);

    if (!failed)
        failed = allocate(&t);
    if (!failed)
        failed = read_rows(&t);
    if (!failed && t.model.label_kind == ZPL_STRING)
        failed = order_classes(&t);
    if (!failed)
        failed = check_labels(&t);
    if (!failed)
        failed = zpl_xgb_new(&t.xgb, ctx);
    if (!failed)
        failed = zpl_xgb_set_rows(&t.xgb, t.cells, t.labels, t.rows, t.model.feature_count);
    free(t.cells); /* the engine has its own, smaller copy */
    t.cells = NULL;
    if (!failed)
        failed = set_params(&t);
    if (!failed)
        failed = train_rounds(&t);
    if (!failed)
        failed = zpl_model_save(&t.model, &t.xgb, "model", t.feature_types);
    training_release(&t);
    return failed;
}

ZPL_KERNEL(xgboost_train) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "xgboost.train",
    .signature =
        "(train: Table {l: y, ...f}, label: column l, features?: columns f, "
        "rounds: Int 1..5000 = 100, max_depth: Int 1..30 = 6, eta: Float 0..1 = 0.3, "
        "subsample: Float 0..1 = 1.0, colsample: Float 0..1 = 1.0, "
        "min_child_weight: Float 0.. = 1.0, lambda: Float 0.. = 1.0, alpha: Float 0.. = 0.0, "
        "seed: Int = 0) -> (model: Model {xgboost, features: f, label: l: y}) where f: Number",
    .doc =
        "Trains gradient-boosted trees on a table, with XGBoost.\n"
        "\n"
        "The type of the label column picks the task: a Bool is told apart with binary:logistic, "
        "an\n"
        "Enum or a String with multi:softprob (classes in declared order, a String's in the order "
        "of\n"
        "its bytes), an Int or Float is estimated with reg:squarederror.  Features are numbers: "
        "Int\n"
        "and Float become 32-bit floats (whole numbers are exact up to 16,777,216), Bool becomes 0 "
        "or\n"
        "1, and a null or NaN is a missing value, for which each split learns a direction.\n"
        "\n"
        "features   the columns to learn from; all but the label when not given\n"
        "rounds     boosting rounds: one tree each, or one a class\n"
        "max_depth  levels of a tree\n"
        "eta        share of each tree's answer that is added (the learning rate)\n"
        "subsample  share of the rows a tree sees, more than 0\n"
        "colsample  share of the features a tree sees, more than 0\n"
        "min_child_weight  least sum of hessians in a leaf\n"
        "lambda, alpha     L2 and L1 penalty on the leaves' weights\n"
        "seed       of the two samplings\n"
        "\n"
        "Trees grow on histograms of at most 256 bins (tree_method hist), in one thread: sums in\n"
        "several threads depend on their number, and the model's bytes depend on the rows, their\n"
        "order, the params and XGBoost's version alone.  The log shows the training metric about "
        "ten\n"
        "times.\n"
        "\n"
        "Fails when a label is missing or infinite, all rows have the same class, a String label "
        "has\n"
        "more than 1,000 texts, a feature is infinite, or the rows don't fit into the step's "
        "memory.\n"
        "\n"
        "Source: Chen and Guestrin, XGBoost: A Scalable Tree Boosting System, KDD 2016.\n"
        "\n"
        "    local model = xgboost.train { train, label = \"late\", rounds = 200, max_depth = 4 "
        "}\n",
    .engines = "xgboost",
    .run = run,
};
