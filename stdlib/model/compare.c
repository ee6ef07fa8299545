/* compare.c - Evidently's default choice of a drift test.   Floor: stdlib. */
#include "stdlib/model/compare.h"

#include <math.h>
#include <stdlib.h>

#include "lang/base/fault.h"
#include "stdlib/model/stats.h"

#define SMALL_REFERENCE    1000 /* values up to which a p-value is asked for */
#define FEW_NUMBERS        5    /* different numbers up to which they are taken as categories */
#define P_VALUE            0.05
#define DISTANCE           0.1
#define DEVIATION_AT_LEAST 0.001

static void set_p_value(struct zpl_drift *out, const char *test, double p, bool drifted)
{
    out->test = test;
    out->value = p;
    out->threshold = P_VALUE;
    out->drifted = drifted;
    out->score = fabs(log(fmax(p, 1e-300)) / log(P_VALUE));
}

static void set_distance(struct zpl_drift *out, const char *test, double distance)
{
    out->test = test;
    out->value = distance;
    out->threshold = DISTANCE;
    out->drifted = distance >= DISTANCE;
    out->score = distance / DISTANCE;
}

void zpl_drift_counts(const uint64_t *reference, const uint64_t *current, size_t categories,
                      struct zpl_drift *out)
{
    uint64_t n = 0, m = 0;
    double p;

    for (size_t i = 0; i < categories; i++) {
        n += reference[i];
        m += current[i];
    }
    if (n > SMALL_REFERENCE) {
        set_distance(out, "Jensen-Shannon", zpl_jensen_shannon(reference, current, categories));
    } else if (categories > 2) {
        p = zpl_chi2_test(reference, current, categories);
        set_p_value(out, "chi-squared p", p, p < P_VALUE);
    } else {
        p = zpl_z_test(reference[0], n, current[0], m);
        set_p_value(out, "z of shares p", p, p < P_VALUE);
    }
}

size_t zpl_distinct(const double *sorted, size_t count)
{
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || sorted[i] != sorted[i - 1];
    return distinct;
}

/* Counts each different number of both samples into reference[] and current[] (when not NULL);
 * returns how many there are. */
static size_t count_both(const double *a, size_t n, const double *b, size_t m, uint64_t *reference,
                         uint64_t *current)
{
    size_t distinct = 0;

    for (size_t i = 0, j = 0; i < n || j < m; distinct++) {
        double at = j == m || (i < n && a[i] <= b[j]) ? a[i] : b[j];
        size_t first = i, second = j;

        while (i < n && a[i] == at)
            i++;
        while (j < m && b[j] == at)
            j++;
        if (reference) {
            reference[distinct] = i - first;
            current[distinct] = j - second;
        }
    }
    return distinct;
}

enum zpl_err zpl_drift_numbers(const double *reference, size_t n, const double *current, size_t m,
                               bool category, struct zpl_drift *out)
{
    size_t distinct = count_both(reference, n, current, m, NULL, NULL);

    if (category || distinct <= FEW_NUMBERS) {
        uint64_t *counts = zpl_malloc(2 * distinct * sizeof *counts);
        if (!counts)
            return ZPL_ERR_NOMEM;
        count_both(reference, n, current, m, counts, counts + distinct);
        zpl_drift_counts(counts, counts + distinct, distinct, out);
        free(counts);
    } else if (n <= SMALL_REFERENCE) {
        double p = zpl_ks_test(reference, n, current, m);
        if (isnan(p))
            return ZPL_ERR_NOMEM;
        set_p_value(out, "Kolmogorov-Smirnov p", p, p <= P_VALUE);
    } else {
        set_distance(out, "Wasserstein",
                     zpl_wasserstein(reference, n, current, m) /
                         fmax(zpl_deviation(reference, n), DEVIATION_AT_LEAST));
    }
    return ZPL_OK;
}
