/* scorer_xgb.c - models of XGBoost.   Floor: stdlib. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lang/base/fault.h"
#include "stdlib/model/model.h"

#define ATTRIBUTE "zpl"

static int open_model(struct zpl_model *model, const char *path, const char **text)
{
    struct zpl_kernel_context *ctx = model->ctx;
    struct zpl_xgb *xgb = zpl_calloc(1, sizeof *xgb);
    const char *attribute = NULL;
    char threads[16];
    int failed;

    if (!xgb)
        return ctx->fail(ctx, "out of memory");
    model->engine = xgb;
    failed = zpl_xgb_new(xgb, ctx);
    if (failed)
        return failed;
    snprintf(threads, sizeof threads, "%" PRIu32, ctx->threads(ctx) ? ctx->threads(ctx) : 1);
    failed = zpl_xgb_load(xgb, path);
    if (!failed)
        failed = zpl_xgb_set(xgb, "nthread", threads);
    if (!failed)
        failed = zpl_xgb_attribute(xgb, ATTRIBUTE, &attribute);
    *text = attribute ? zpl_arena_strdup(&model->arena, attribute) : NULL;
    return failed;
}

static int score(struct zpl_model *model, const struct zpl_reader *reader, const float **scores,
                 size_t *width)
{
    int failed = zpl_model_cells(model, reader);

    return failed ? failed
                  : zpl_xgb_predict(model->engine, model->cells, (size_t)reader->rows,
                                    model->feature_count, scores, width);
}

static void close_model(struct zpl_model *model)
{
    if (model->engine)
        zpl_xgb_release(model->engine);
    free(model->engine);
}

const struct zpl_scorer zpl_scorer_xgb = {
    .framework = "xgboost",
    .version = ZPL_XGB_VERSION,
    .maker = "xgboost.train",
    .open = open_model,
    .score = score,
    .close = close_model,
};
