/* metrics.h - how good predictions are, as scikit-learn defines it.
 * Promise: a figure depends on the rows and their order alone, not on how they come in batches.
 * Owns: nothing.   Errors: none; where a figure is not defined the function says what it gives.
 * Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_METRICS_H
#define ZPL_STDLIB_MODEL_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sum that carries what rounding loses (Neumaier's variant of Kahan's summation). */
struct zpl_sum {
    double sum, lost;
};
void zpl_sum_add(struct zpl_sum *sum, double v);
double zpl_sum_value(const struct zpl_sum *sum);

/* Sorts keys upwards; `spare` has room for as many. */
void zpl_keys_sort(uint64_t *keys, uint64_t *spare, size_t count);

/* A row for zpl_auc(): its score and truth in one key that sorts by the score. */
uint64_t zpl_auc_key(float score, bool positive);
/* Area under the ROC curve: the share of (positive, negative) pairs that the scores put in order, a
 * tie being half a pair (Mann-Whitney's U over P·N, which is the trapezoids' area).  Exact up to
 * the last division.  Sorts `keys`.  NaN when all rows are of one class. */
double zpl_auc(uint64_t *keys, uint64_t *spare, size_t count);

/* What a row adds to the log loss (whose mean over rows it is): -ln p of the true class, with p kept
 * within 2^-52 of 0 and 1 as scikit-learn keeps a float64. */
double zpl_log_loss(double p);

/* From counts of true positives, false positives and false negatives; 0 where a divisor is 0. */
double zpl_precision(uint64_t tp, uint64_t fp);
double zpl_recall(uint64_t tp, uint64_t fn);
double zpl_f1(uint64_t tp, uint64_t fp, uint64_t fn);
/* Mean F1 of the classes that occur among labels or predictions.  confusion[label * classes +
 * prediction] counts rows; 0 when there is none. */
double zpl_macro_f1(const uint64_t *confusion, size_t classes);

/* 1 - Σ(label - prediction)² / Σ(label - mean)².  Of constant labels: 1 when every prediction is
 * exact, else 0. */
double zpl_r2(const double *labels, size_t count, double squared_errors);

#endif
