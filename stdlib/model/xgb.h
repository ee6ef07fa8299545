/* xgb.h - XGBoost, reduced to what training and scoring need.  xgb.c is the one owner of its C API.
 * Promise: the library is opened at first use and is exactly ZPL_XGB_VERSION: another version scores
 * the same model differently.  What it has to say while a struct zpl_xgb lives goes to the step's
 * log, and no failure of it ends the process.
 * Owns: the handles in struct zpl_xgb, until zpl_xgb_release().
 * Errors: functions that return int give 0, or non-zero after ctx->fail() told why.
 * Limits: ZPL_MODEL_BYTES_MAX.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_XGB_H
#define ZPL_STDLIB_MODEL_XGB_H

#include <stddef.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/base/err.h"
#include "stdlib/kernel.h"

#define ZPL_XGB_VERSION "3.2.0"

/* One model in the making or in use.  One at a time in a process. */
struct zpl_xgb {
    struct zpl_kernel_context *ctx;
    void *matrix;  /* the rows it learns from, binned */
    void *booster; /* the trees */
};

/* Opens the library unless it is open.  NOT_FOUND, VERSION or IO with a NO_LIBRARY diagnostic that
 * says where it looked and what to do. */
enum zpl_err zpl_xgb_open(struct zpl_diags *diags);

/* Opens the library and makes an empty booster without rows. */
int zpl_xgb_new(struct zpl_xgb *xgb, struct zpl_kernel_context *ctx);
void zpl_xgb_release(struct zpl_xgb *xgb); /* safe on a zeroed struct; leaves it zeroed */

/* Takes `rows` × `columns` cells, row after row, NaN for a missing one, and one label a row, and
 * makes the booster one that learns from them.  Both arrays are borrowed for this call only.  All
 * rows are binned in one batch by one thread, so that the bins depend on nothing but the rows. */
int zpl_xgb_set_rows(struct zpl_xgb *xgb, const float *cells, const float *labels, size_t rows,
                     size_t columns);
/* A parameter by XGBoost's own name. */
int zpl_xgb_set(struct zpl_xgb *xgb, const char *name, const char *value);
/* Adds round `round` (from 0): one tree, or one a class. */
int zpl_xgb_round(struct zpl_xgb *xgb, int round);
/* The metric of the training rows as "logloss 0.4321", in out[size]. */
int zpl_xgb_metric(struct zpl_xgb *xgb, int round, char *out, size_t size);

/* Names and types ("int", "float" or "i" for a Bool) of the features, kept in the model's file. */
int zpl_xgb_set_features(struct zpl_xgb *xgb, const char **names, const char **types, size_t count);
/* A text kept in the model's file.  The one found lives until the next call; NULL: there is none. */
int zpl_xgb_set_attribute(struct zpl_xgb *xgb, const char *key, const char *value);
int zpl_xgb_attribute(struct zpl_xgb *xgb, const char *key, const char **value);

/* The model as UBJSON: equal models give equal bytes. */
int zpl_xgb_save(struct zpl_xgb *xgb, const char *path);
int zpl_xgb_load(struct zpl_xgb *xgb, const char *path);

/* Scores rows given as for zpl_xgb_set_rows.  *scores holds rows × *width numbers and lives until
 * the next call; *width is the number of classes, or 1.  A row's score depends on the row alone, so
 * the `nthread` that was set and the way rows are cut into calls change nothing. */
int zpl_xgb_predict(struct zpl_xgb *xgb, const float *cells, size_t rows, size_t columns,
                    const float **scores, size_t *width);

/* Rounds it was trained for. */
int zpl_xgb_rounds(struct zpl_xgb *xgb, int *out);
/* What each feature that a tree asks for is worth, by XGBoost's kind of importance: "gain" (mean of what
 * its splits won), "weight" (how many splits).  Names and scores live until the next call. */
int zpl_xgb_importance(struct zpl_xgb *xgb, const char *kind, const char ***names,
                       const float **scores, size_t *count);

#endif
