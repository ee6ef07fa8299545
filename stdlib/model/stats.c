/* stats.c - tests and distances between two samples.   Floor: stdlib. */
#include "stdlib/model/stats.h"

#include <math.h>
#include <string.h>

#include "stdlib/model/metrics.h"

void zpl_numbers_sort(double *values, double *spare, size_t count)
{
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t bits;

    /* In place: the bits of a double, turned so that they order as the numbers do. */
    for (size_t i = 0; i < count; i++) {
        double v = values[i] + 0.0; /* -0 becomes 0 */
        memcpy(&bits, &v, sizeof bits);
        bits = bits & sign ? ~bits : bits | sign;
        memcpy(&values[i], &bits, sizeof bits);
    }
    zpl_keys_sort((uint64_t *)(void *)values, (uint64_t *)(void *)spare, count);
    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, &values[i], sizeof bits);
        bits = bits & sign ? bits & ~sign : ~bits;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

double zpl_chi2_sf(double x, unsigned df)
{
    double half = x / 2, sum;

    if (df == 0)
        return x > 0 ? 0 : 1;
    if (!(half > 0))
        return 1;
    if (isinf(half))
        return 0;
    sum = df % 2 ? erfc(sqrt(half)) : 0;
    /* The terms e^-half · half^k / Γ(k + 1), for whole k or for halves. */
    for (double k = df % 2 ? 0.5 : 0; k < df / 2.0; k++)
        sum += exp(k * log(half) - half - lgamma(k + 1));
    return fmin(sum, 1);
}

double zpl_chi2_test(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    uint64_t n = 0, m = 0;
    double statistic = 0;

    for (size_t i = 0; i < categories; i++) {
        n += reference[i];
        m += current[i];
    }
    for (size_t i = 0; i < categories; i++) {
        double expected = (double)reference[i] * ((double)m / (double)n);
        double off = (double)current[i] - expected;
        if (reference[i] == 0 && current[i] == 0)
            continue;
        statistic += off * off / expected;
    }
    return zpl_chi2_sf(statistic, (unsigned)categories - 1);
}

double zpl_z_test(uint64_t a, uint64_t n, uint64_t b, uint64_t m)
{
    double share = (double)(a + b) / (double)(n + m);
    double error = sqrt(share * (1 - share) * (1.0 / (double)n + 1.0 / (double)m));

    if (a + b == 0 || a + b == n + m)
        return 1;
    return erfc(fabs((double)a / (double)n - (double)b / (double)m) / error / sqrt(2));
}

double zpl_wasserstein(const double *a, size_t n, const double *b, size_t m)
{
    struct zpl_sum area = {0};
    size_t i = 0, j = 0;

    while (i < n || j < m) {
        double at = j == m || (i < n && a[i] <= b[j]) ? a[i] : b[j], next;

        while (i < n && a[i] == at)
            i++;
        while (j < m && b[j] == at)
            j++;
        if (i == n && j == m)
            break;
        next = j == m || (i < n && a[i] <= b[j]) ? a[i] : b[j];
        zpl_sum_add(&area, fabs((double)i / (double)n - (double)j / (double)m) * (next - at));
    }
    return zpl_sum_value(&area);
}

double zpl_jensen_shannon(const uint64_t *p, const uint64_t *q, size_t categories)
{
    uint64_t n = 0, m = 0;
    struct zpl_sum sum = {0};

    for (size_t i = 0; i < categories; i++) {
        n += p[i];
        m += q[i];
    }
    for (size_t i = 0; i < categories; i++) {
        double x = (double)p[i] / (double)n, y = (double)q[i] / (double)m, mean = (x + y) / 2;
        if (x > 0)
            zpl_sum_add(&sum, x * log(x / mean));
        if (y > 0)
            zpl_sum_add(&sum, y * log(y / mean));
    }
    return sqrt(fmax(zpl_sum_value(&sum), 0) / 2);
}

double zpl_deviation(const double *values, size_t count)
{
    struct zpl_sum sum = {0}, squares = {0};
    double mean;

    for (size_t i = 0; i < count; i++)
        zpl_sum_add(&sum, values[i]);
    mean = zpl_sum_value(&sum) / (double)count;
    for (size_t i = 0; i < count; i++)
        zpl_sum_add(&squares, (values[i] - mean) * (values[i] - mean));
    return sqrt(zpl_sum_value(&squares) / (double)count);
}
