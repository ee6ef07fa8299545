/* model.c - model files in and out.   Floor: stdlib. */
#include "stdlib/model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/base/json.h"
#include "lang/types/signature.h"

#define ATTRIBUTE "zpl"

static const struct zpl_scorer *const scorers[] = {&zpl_scorer_ort, &zpl_scorer_xgb};

/* Label kinds by name, for the attribute. */
static const struct {
    enum zpl_kind kind;
    enum zpl_task task;
} labels[] = {
    {ZPL_BOOL, ZPL_TASK_BINARY},      {ZPL_ENUM, ZPL_TASK_CLASSES},
    {ZPL_STRING, ZPL_TASK_CLASSES},   {ZPL_INT, ZPL_TASK_REGRESSION},
    {ZPL_FLOAT, ZPL_TASK_REGRESSION},
};

bool zpl_task_of(enum zpl_kind kind, enum zpl_task *task)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (labels[i].kind == kind) {
            *task = labels[i].task;
            return true;
        }
    return false;
}

static bool kind_of_name(const char *name, enum zpl_kind *kind)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(zpl_kind_name(labels[i].kind), name) == 0) {
            *kind = labels[i].kind;
            return true;
        }
    return false;
}

int64_t zpl_model_class(const struct zpl_model *model, const char *text, size_t len)
{
    for (size_t i = 0; i < model->class_count; i++)
        if (strlen(model->classes[i]) == len && memcmp(model->classes[i], text, len) == 0)
            return (int64_t)i;
    return -1;
}

size_t zpl_class_best(const float *scores, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* An array of strings as a list in the arena; NULL when it is not one, or memory is out. */
static const char *const *read_texts(struct zpl_arena *arena, const struct zpl_json *array,
                                     size_t *count)
{
    const char **texts;

    *count = zpl_json_count(array);
    texts = zpl_arena_array(arena, *count + 1, sizeof *texts);
    for (size_t i = 0; texts && i < *count; i++) {
        const char *text = zpl_json_str(zpl_json_at(array, i), NULL);
        texts[i] = text ? zpl_arena_strdup(arena, text) : NULL;
        if (!texts[i])
            return NULL;
    }
    return texts;
}

/* Reads the attribute's text into the model. */
static int read_attribute(struct zpl_model *model, const char *text)
{
    struct zpl_kernel_context *ctx = model->ctx;
    struct zpl_json *json = NULL;
    int failed = 0;
    int64_t version;
    const char *engine;

    if (zpl_json_parse(text, strlen(text), &json, NULL) != ZPL_OK)
        return ctx->fail(ctx, "the model's description can't be read");
    version = zpl_json_i64(zpl_json_get(json, "version"), 0);
    engine = zpl_json_str(zpl_json_get(json, model->scorer->framework), "?");
    if (version != ZPL_MODEL_FORMAT) {
        failed = ctx->fail(ctx,
                           "the model's description has version %" PRId64
                           ", and this zpl knows %d; train it again",
                           version, ZPL_MODEL_FORMAT);
        goto done;
    }
    if (model->scorer->version && strcmp(engine, model->scorer->version) != 0) {
        failed = ctx->fail(ctx,
                           "the model was trained with XGBoost %s, and %s would score it "
                           "differently; train it again",
                           engine, model->scorer->version);
        goto done;
    }
    model->label = zpl_arena_strdup(&model->arena, zpl_json_str(zpl_json_get(json, "label"), ""));
    model->features =
        read_texts(&model->arena, zpl_json_get(json, "features"), &model->feature_count);
    model->classes = read_texts(&model->arena, zpl_json_get(json, "classes"), &model->class_count);
    if (zpl_arena_failed(&model->arena))
        failed = ctx->fail(ctx, "out of memory");
    else if (!model->features || !model->classes ||
             !kind_of_name(zpl_json_str(zpl_json_get(json, "label_type"), ""),
                           &model->label_kind) ||
             !zpl_task_of(model->label_kind, &model->task))
        failed = ctx->fail(ctx, "the model's description is incomplete; train it again");
    if (!failed && model->scorer->read)
        failed = model->scorer->read(model, json);
done:
    zpl_json_release(json);
    return failed;
}

/* By the framework that the input's type names. */
static int find_scorer(struct zpl_model *model, const char *input)
{
    struct zpl_kernel_context *ctx = model->ctx;
    const char *text = ctx->input_type(ctx, input);
    struct zpl_signature_error error = {0};
    const struct zpl_type *type = NULL;

    if (text && zpl_type_parse(text, &model->arena, &type, &error) == ZPL_OK)
        for (size_t i = 0; i < sizeof scorers / sizeof *scorers; i++)
            if (zpl_type_is_model_of(type, scorers[i]->framework))
                model->scorer = scorers[i];
    return model->scorer ? 0 : ctx->fail(ctx, "nothing scores a '%s'", text ? text : "");
}

int zpl_model_load(struct zpl_model *model, struct zpl_kernel_context *ctx, const char *input)
{
    const char *path = ctx->input_path(ctx, input), *text = NULL;
    int failed;

    *model = (struct zpl_model){.ctx = ctx};
    failed = find_scorer(model, input);
    if (!failed)
        failed = model->scorer->open(model, path, &text);
    if (failed)
        return failed;
    if (zpl_arena_failed(&model->arena))
        return ctx->fail(ctx, "out of memory");
    if (!text)
        return ctx->fail(ctx,
                         "the model `%s` does not say what its features and label are: it was "
                         "not made by %s",
                         input, model->scorer->maker);
    return read_attribute(model, text);
}

static struct zpl_json *texts_json(const char *const *texts, size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(array, zpl_json_string(texts[i]));
    return array;
}

int zpl_model_save(struct zpl_model *model, struct zpl_xgb *xgb, const char *output,
                   const char **types)
{
    struct zpl_kernel_context *ctx = model->ctx;
    struct zpl_json *json = zpl_json_object();
    struct zpl_buf text = {0};
    int failed;

    zpl_json_set_take(json, "version", zpl_json_int(ZPL_MODEL_FORMAT));
    zpl_json_set_take(json, "xgboost", zpl_json_string(ZPL_XGB_VERSION));
    zpl_json_set_take(json, "label", zpl_json_string(model->label));
    zpl_json_set_take(json, "label_type", zpl_json_string(zpl_kind_name(model->label_kind)));
    zpl_json_set_take(json, "features", texts_json(model->features, model->feature_count));
    zpl_json_set_take(json, "classes", texts_json(model->classes, model->class_count));
    if (zpl_json_write(json, false, &text) != ZPL_OK) {
        failed = ctx->fail(ctx, "out of memory");
        goto done;
    }
    failed = zpl_xgb_set_attribute(xgb, ATTRIBUTE, zpl_buf_str(&text));
    if (!failed)
        failed =
            zpl_xgb_set_features(xgb, (const char **)model->features, types, model->feature_count);
    if (!failed)
        failed = zpl_xgb_save(xgb, ctx->output_path(ctx, output));
done:
    zpl_buf_release(&text);
    zpl_json_release(json);
    return failed;
}

int zpl_model_cells(struct zpl_model *model, const struct zpl_reader *reader)
{
    size_t rows = (size_t)reader->rows, features = model->feature_count;

    if (rows > model->room) {
        free(model->cells);
        model->room = 0;
        model->cells = zpl_malloc(rows * features * sizeof *model->cells);
        if (!model->cells)
            return model->ctx->fail(model->ctx, "out of memory");
        model->room = rows;
    }
    return zpl_reader_floats(reader, features, model->cells);
}

size_t zpl_model_width(const struct zpl_model *model)
{
    return model->task == ZPL_TASK_CLASSES ? model->class_count : 1;
}

int zpl_model_score(struct zpl_model *model, const struct zpl_reader *reader, const float **scores,
                    size_t *width)
{
    struct zpl_kernel_context *ctx = model->ctx;
    int failed = model->scorer->score(model, reader, scores, width);

    if (!failed && *width != zpl_model_width(model))
        failed = ctx->fail(ctx, "the model gives %zu numbers a row, and %zu are expected", *width,
                           zpl_model_width(model));
    return failed;
}

void zpl_model_release(struct zpl_model *model)
{
    free(model->cells);
    if (model->scorer)
        model->scorer->close(model);
    zpl_arena_release(&model->arena);
    *model = (struct zpl_model){0};
}
