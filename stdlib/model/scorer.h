/* scorer.h - what scores the rows of a model of one framework.
 * Owns: model->engine, from open() until close().
 * Errors: functions that return int give 0, or non-zero after ctx->fail() told why.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_SCORER_H
#define ZPL_STDLIB_MODEL_SCORER_H

#include <stddef.h>

struct zpl_json;
struct zpl_model;
struct zpl_reader;

struct zpl_scorer {
    const char *framework; /* of the Model's type: "xgboost" */
    const char *
        version; /* of the engine, which has to be the one that made the model; NULL: any will do */
    const char *maker; /* what makes such models, for messages */
    /* Opens the engine and the model's file; sets model->engine.  *text is what zpl recorded of the model, in its
     * arena; NULL: nothing. */
    int (*open)(struct zpl_model *model, const char *path, const char **text);
    /* What else it recorded, which is JSON: once the fields of the model are read.  NULL: nothing. */
    int (*read)(struct zpl_model *model, const struct zpl_json *recorded);
    /* Of the reader's batch, once what was recorded is read: as zpl_model_score(). */
    int (*score)(struct zpl_model *model, const struct zpl_reader *reader, const float **scores,
                 size_t *width);
    void (*close)(struct zpl_model *model); /* also after open() failed */
};

extern const struct zpl_scorer zpl_scorer_xgb, zpl_scorer_ort;

#endif
