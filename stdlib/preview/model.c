/* model.c - see preview.h: what an XGBoost model learned from what.   Floor: stdlib. */
#include <stdlib.h>
#include <string.h>

#include "stdlib/context.h"
#include "stdlib/model/model.h"
#include "stdlib/preview/preview.h"

#define INPUT "model"

struct feature {
    const char *name;
    double gain, splits;
};

static int by_gain(const void *a, const void *b)
{
    const struct feature *x = a, *y = b;
    return x->gain != y->gain ? (x->gain < y->gain) - (x->gain > y->gain)
                              : strcmp(x->name, y->name);
}

/* Adds one kind of figure to the features it is known of. */
static int read_scores(struct zpl_model *model, const char *kind, struct feature *features)
{
    const char **names;
    const float *scores;
    size_t count;
    int failed = zpl_xgb_importance(model->engine, kind, &names, &scores, &count);
    for (size_t i = 0; !failed && i < count; i++)
        for (size_t k = 0; k < model->feature_count; k++)
            if (strcmp(features[k].name, names[i]) == 0)
                *(strcmp(kind, "gain") == 0 ? &features[k].gain : &features[k].splits) = scores[i];
    return failed;
}

/* By falling gain; a feature that no tree asks for has 0. */
static int add_features(struct zpl_model *model, struct zpl_json *out)
{
    struct feature *features =
        zpl_arena_array(&model->arena, model->feature_count + 1, sizeof *features);
    struct zpl_json *array = zpl_json_array();
    int failed = features == NULL ? model->ctx->fail(model->ctx, "out of memory") : 0;
    for (size_t i = 0; !failed && i < model->feature_count; i++)
        features[i].name = model->features[i];
    if (!failed)
        failed = read_scores(model, "gain", features);
    if (!failed)
        failed = read_scores(model, "weight", features);
    if (!failed)
        qsort(features, model->feature_count, sizeof *features, by_gain);
    for (size_t i = 0; !failed && i < model->feature_count; i++) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "name", zpl_json_string(features[i].name));
        zpl_json_set_take(o, "gain", zpl_json_real(features[i].gain));
        zpl_json_set_take(o, "splits", zpl_json_int((int64_t)features[i].splits));
        zpl_json_add_take(array, o);
    }
    zpl_json_set_take(out, "features", array);
    return failed;
}

static int describe(struct zpl_model *model, struct zpl_json *out)
{
    struct zpl_json *classes = zpl_json_array();
    int rounds = 0;
    int failed = zpl_xgb_rounds(model->engine, &rounds);
    int a_round = model->task == ZPL_TASK_CLASSES ? (int)model->class_count : 1;
    for (size_t i = 0; i < model->class_count; i++)
        zpl_json_add_take(classes, zpl_json_string(model->classes[i]));
    zpl_json_set_take(out, "kind", zpl_json_string("model"));
    zpl_json_set_take(out, "framework", zpl_json_string("xgboost"));
    zpl_json_set_take(out, "label", zpl_json_string(model->label));
    zpl_json_set_take(out, "label_type", zpl_json_string(zpl_kind_name(model->label_kind)));
    zpl_json_set_take(out, "classes", classes);
    zpl_json_set_take(out, "rounds", zpl_json_int(rounds));
    zpl_json_set_take(out, "trees", zpl_json_int((int64_t)rounds * a_round));
    return failed ? failed : add_features(model, out);
}

static void no_log(void *self, const char *text, size_t len)
{
    (void)self;
    (void)text;
    (void)len;
}

static void no_progress(void *self, double fraction, const char *what)
{
    (void)self;
    (void)fraction;
    (void)what;
}

enum zpl_err zpl_preview_model(const struct zpl_preview_request *request, struct zpl_json **out,
                               struct zpl_arena *arena, struct zpl_diags *diags)
{
    const struct zpl_run_input input = {
        .name = INPUT, .type = request->type, .path = request->path, .rows = -1, .reads_all = true};
    const struct zpl_run_task task = {.kernel = "evaluate",
                                      .inputs = &input,
                                      .input_count = 1,
                                      .threads = 1,
                                      .log = no_log,
                                      .progress = no_progress};
    struct zpl_context context = {0};
    struct zpl_model model = {0};
    enum zpl_err err = zpl_context_init(&context, &task, arena, diags);
    if (err != ZPL_OK)
        return err;
    *out = zpl_json_object();
    int failed = zpl_model_load(&model, &context.base, INPUT);
    if (!failed)
        failed = describe(&model, *out);
    zpl_model_release(&model);
    zpl_context_release(&context);
    if (!failed)
        return ZPL_OK;
    zpl_json_release(*out);
    *out = NULL;
    return ZPL_ERR_STEP;
}
