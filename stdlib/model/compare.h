/* compare.h - has one column drifted?  The tests and thresholds that Evidently 0.7 chooses by
 * default, from the size of the reference sample and the number of different values in both:
 *
 *     what the column holds             reference <= 1000 values         more
 *     numbers, over 5 different ones    Kolmogorov-Smirnov, p <= 0.05    Wasserstein >= 0.1
 *     categories, or fewer numbers      chi-squared, p < 0.05            Jensen-Shannon >= 0.1
 *
 * Of one or two categories a z-test of the share of one takes the place of chi-squared.  The
 * Wasserstein distance is in deviations of the reference, which counts as 0.001 at least; the
 * Jensen-Shannon distance is in nats.
 * Owns: nothing.   Errors: ZPL_ERR_NOMEM.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_COMPARE_H
#define ZPL_STDLIB_MODEL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/err.h"

struct zpl_drift {
    const char *test; /* "Kolmogorov-Smirnov p" */
    double value;     /* the p-value or distance */
    double threshold;
    bool drifted;
    /* How far, on one scale for all tests: 1 at the threshold, 0 for no difference.  A distance over
     * its threshold; of a p-value ln p / ln threshold, with p no smaller than 1e-300. */
    double score;
};

/* Two samples of a number, each sorted and not empty.  `category`: the numbers only name things. */
enum zpl_err zpl_drift_numbers(const double *reference, size_t n, const double *current, size_t m,
                               bool category, struct zpl_drift *out);
/* Counts of each category; every category occurs in one of both, and either has some. */
void zpl_drift_counts(const uint64_t *reference, const uint64_t *current, size_t categories,
                      struct zpl_drift *out);
/* Different values of a sorted sample. */
size_t zpl_distinct(const double *sorted, size_t count);

#endif
