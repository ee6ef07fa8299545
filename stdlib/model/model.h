/* model.h - a trained model and what zpl records in its file: features, label, classes.  What scores it is a
 * struct zpl_scorer, by the framework of its type.
 * A file of XGBoost is its own .ubj with one attribute "zpl", canonical JSON:
 *   {"classes":["a","b"],"features":["hour"],"label":"late","label_type":"Bool",
 *    "version":1,"xgboost":"3.2.0"}      (classes: empty unless the label is an Enum or a String)
 * so that any XGBoost 3.2.0 opens it, and zpl needs nothing beside it.  A file of ONNX has the same in its
 * metadata under "zpl", and in place of "xgboost":
 *   "output":"probabilities"     which of its outputs is meant
 *   "kind":"probability"         what that is: "probability", "logit" or "value"
 * Of a Bool the output is one number a row, or two, of false and of true; of classes one for each in their
 * order, or of two that of the second; else one number.
 * Owns: the engine's handles and the texts, until zpl_model_release().
 * Errors: functions that return int give 0, or non-zero after ctx->fail() told why.
 * Limits: ZPL_CLASSES_MAX, ZPL_COLUMNS_MAX.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_MODEL_H
#define ZPL_STDLIB_MODEL_MODEL_H

#include "lang/base/arena.h"
#include "lang/types/type.h"
#include "stdlib/model/reader.h"
#include "stdlib/model/scorer.h"
#include "stdlib/model/xgb.h"

#define ZPL_MODEL_FORMAT 1 /* of the attribute above */

/* What the label's type makes of the model. */
enum zpl_task {
    ZPL_TASK_BINARY,    /* Bool: the probability of true */
    ZPL_TASK_CLASSES,   /* Enum, String: a probability for each class */
    ZPL_TASK_REGRESSION /* Int, Float: the value */
};

struct zpl_model {
    struct zpl_kernel_context *ctx;
    const struct zpl_scorer *scorer; /* NULL: one in the making */
    void *engine;                    /* the scorer's own */
    struct zpl_arena arena;
    enum zpl_task task;
    enum zpl_kind label_kind;
    const char *label;
    const char *const *features; /* in the order of the engine's columns */
    size_t feature_count;
    const char *const *classes; /* class i is number i to the engine */
    size_t class_count;
    float *cells; /* features of the batch that is scored */
    size_t room;  /* rows that fit */
};

/* Reads the model input `input` and scores with the threads of the context.  Refuses a model of
 * another XGBoost, and one that zpl did not write. */
int zpl_model_load(struct zpl_model *model, struct zpl_kernel_context *ctx, const char *input);
/* Writes a model of XGBoost and the fields above as the model output `output`.  types: XGBoost's word for
 * each feature's type. */
int zpl_model_save(struct zpl_model *model, struct zpl_xgb *xgb, const char *output,
                   const char **types);
/* Scores the reader's batch, whose first columns are the features.  *scores holds for each row its
 * *width numbers (one a class, else one) and lives until the next call. */
int zpl_model_score(struct zpl_model *model, const struct zpl_reader *reader, const float **scores,
                    size_t *width);
/* The batch's features as float32, row after row, NaN for null, in model->cells. */
int zpl_model_cells(struct zpl_model *model, const struct zpl_reader *reader);
/* The numbers that score a row: one a class, else one. */
size_t zpl_model_width(const struct zpl_model *model);
void zpl_model_release(struct zpl_model *model); /* safe on a zeroed struct */

/* The task of a label of kind `kind`; false for a kind that can't be a label. */
bool zpl_task_of(enum zpl_kind kind, enum zpl_task *task);
/* The number of the class with this text, or -1. */
int64_t zpl_model_class(const struct zpl_model *model, const char *text, size_t len);
/* The class with the highest probability of `scores` (the first of equals). */
size_t zpl_class_best(const float *scores, size_t count);

#endif
