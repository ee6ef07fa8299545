/* scorer_ort.h - what the two files of the scorer for models of ONNX share.  Private to them.
 * Owns: struct zpl_ort_engine what it holds, until the model is closed.
 * Errors: functions that return int give 0, or non-zero after ctx->fail() told why.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_SCORER_ORT_H
#define ZPL_STDLIB_MODEL_SCORER_ORT_H

#include "lang/base/buf.h"
#include "stdlib/model/model.h"
#include "stdlib/model/onnx.h"
#include "stdlib/model/ort.h"

/* What the output's numbers are. */
enum zpl_ort_kind { ZPL_ORT_VALUE, ZPL_ORT_PROBABILITY, ZPL_ORT_LOGIT };

struct zpl_ort_engine {
    struct zpl_ort ort;
    struct zpl_onnx file;
    enum zpl_ort_kind kind;
    const char *output;
    bool matrix;                    /* one input has all features */
    bool whole;                     /* what is missing is no feature of its */
    size_t tensor_bytes;            /* room for elements that are converted */
    struct zpl_ort_tensor *tensors; /* one an input, with room for `room` rows each */
    void **data;                    /* of each */
    size_t room;
    struct zpl_buf texts; /* of the batch */
    float *scores;
};

/* Finds out how the inputs take the model's features; makes room for nothing yet. */
int zpl_ort_plan(struct zpl_model *model, struct zpl_ort_engine *e);
/* Makes the reader's batch the inputs' tensors, and room for its scores. */
int zpl_ort_fill(struct zpl_model *model, struct zpl_ort_engine *e,
                 const struct zpl_reader *reader);

#endif
