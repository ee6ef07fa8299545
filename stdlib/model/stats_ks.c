/* stats_ks.c - the distribution of the Kolmogorov-Smirnov statistic, of one sample and of two.
 * Floor: stdlib. */
#include "stdlib/model/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"

#define FEW       140   /* values up to which the distribution of one sample is exact */
#define EXACT_MAX 10000 /* values of either sample up to which paths are counted */

/* max |i·m - j·n| over the merged samples, i of a's and j of b's values being passed: the statistic
 * times n·m, in whole numbers. */
static uint64_t greatest_gap(const double *a, size_t n, const double *b, size_t m)
{
    uint64_t greatest = 0;

    for (size_t i = 0, j = 0; i < n && j < m;) {
        double at = a[i] <= b[j] ? a[i] : b[j];
        uint64_t x, y, gap;

        while (i < n && a[i] == at)
            i++;
        while (j < m && b[j] == at)
            j++;
        x = (uint64_t)i * m;
        y = (uint64_t)j * n;
        gap = x > y ? x - y : y - x;
        greatest = gap > greatest ? gap : greatest;
    }
    return greatest;
}

/* The share of lattice paths from (0, 0) to (n, m) that come to a point with |x·m - y·n| >= gap.
 * Of the paths to (x, y), x in x + y come from the left and y in x + y from below, so a column of
 * shares gives the next one; nothing is subtracted, so small shares are exact too. */
static double share_outside(size_t n, size_t m, uint64_t gap)
{
    double *share = zpl_calloc(m + 1, sizeof *share), result;

    if (!share)
        return NAN;
    for (size_t x = 0; x <= n; x++)
        for (size_t y = 0; y <= m; y++) {
            uint64_t right = (uint64_t)x * m, up = (uint64_t)y * n;
            double left = share[y], below = y ? share[y - 1] : 0;

            if ((right > up ? right - up : up - right) >= gap)
                share[y] = 1;
            else
                share[y] = x + y ? ((double)x * left + (double)y * below) / (double)(x + y) : 0;
        }
    result = share[m];
    free(share);
    return result;
}

/* P(D+ >= d): d Σ_j C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j), for j up to n(1 - d)
 * (Birnbaum and Tingey, Annals of Mathematical Statistics 22, 1951). */
static double one_sided(unsigned n, double d)
{
    double sum = 0;

    for (unsigned j = 0; j <= n; j++) {
        double up = d + (double)j / n, down = 1 - up;

        if (down < 0 || (down == 0 && j < n))
            break;
        sum += exp(lgamma(n + 1.0) - lgamma(j + 1.0) - lgamma(n - j + 1.0) + (j - 1.0) * log(up) +
                   (j < n ? (n - j) * log(down) : 0));
    }
    return d * sum;
}

/* c = a·b of k × k matrices. */
static void multiply(const double *a, const double *b, double *c, size_t k)
{
    memset(c, 0, k * k * sizeof *c);
    for (size_t i = 0; i < k; i++)
        for (size_t l = 0; l < k; l++)
            for (size_t j = 0; j < k; j++)
                c[i * k + j] += a[i * k + l] * b[l * k + j];
}

/* Keeps the numbers of a power in range: divides all by 2^512 when the middle one is beyond it. */
static void scale_down(double *matrix, size_t k, int *exponent)
{
    if (matrix[(k / 2) * k + k / 2] > 0x1p512) {
        for (size_t i = 0; i < k * k; i++)
            matrix[i] *= 0x1p-512;
        *exponent += 512;
    }
}

/* The matrix H of Durbin's formula, k × k with k = 2·ceil(n·d) - 1 and h = ceil(n·d) - n·d. */
static void fill_durbin(double *matrix, size_t k, double h)
{
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            matrix[i * k + j] = j <= i + 1 ? 1 : 0;
    for (size_t i = 0; i < k; i++) {
        matrix[i * k] -= pow(h, (double)i + 1);
        matrix[(k - 1) * k + i] -= pow(h, (double)(k - i));
    }
    matrix[(k - 1) * k] += 2 * h - 1 > 0 ? pow(2 * h - 1, (double)k) : 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k && j <= i; j++)
            matrix[i * k + j] /= tgamma((double)(i - j) + 2);
}

/* P(D < d) = n!/n^n · (H^n) at the middle (Durbin's formula as Marsaglia, Tsang and Wang compute
 * it, Journal of Statistical Software 8, 2003).  O((n·d)³ log n).  NaN when memory is out. */
static double two_sided_cdf(unsigned n, double d)
{
    size_t steps = (size_t)ceil(n * d), k = 2 * steps - 1, size = k * k;
    double *base = zpl_malloc(4 * size * sizeof *base), *power, *spare, *swap, result;
    int base_exponent = 0, exponent = 0;

    if (!base)
        return NAN;
    power = base + size;
    spare = power + size;
    fill_durbin(base, k, (double)steps - n * d);
    memset(power, 0, size * sizeof *power);
    for (size_t i = 0; i < k; i++)
        power[i * k + i] = 1;
    /* Square and multiply; each matrix has its own binary exponent. */
    double *square = base, *room = spare + size;
    for (unsigned left = n; left; left >>= 1) {
        if (left & 1) {
            multiply(power, square, spare, k);
            swap = power;
            power = spare;
            spare = swap;
            exponent += base_exponent;
            scale_down(power, k, &exponent);
        }
        multiply(square, square, room, k);
        swap = square;
        square = room;
        room = swap;
        base_exponent *= 2;
        scale_down(square, k, &base_exponent);
    }
    result = power[(steps - 1) * k + steps - 1];
    for (unsigned i = 1; i <= n; i++) {
        result *= (double)i / n;
        if (result < 0x1p-512) {
            result *= 0x1p512;
            exponent -= 512;
        }
    }
    free(base);
    return ldexp(result, exponent);
}

/* P(D < d) for many values, from the first four terms in 1/√n of its expansion (Pelz and Good,
 * Journal of the Royal Statistical Society B 38, 1976; the formulas as in Simard and L'Ecuyer,
 * Journal of Statistical Software 39, 2011).  Right to 2e-6 from 140 values on. */
static double expanded_cdf(unsigned n, double d)
{
    const double root = sqrt(n), z = root * d, z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
    double halves[4] = {0}, wholes[2] = {0}; /* sums over (k + ½)π and over kπ */

    for (int k = 0; k < 16; k++) {
        double a2 = pow((k + 0.5) * M_PI, 2), b2 = pow((k + 1) * M_PI, 2);
        double e = exp(-a2 / (2 * z2)), f = exp(-b2 / (2 * z2));

        halves[0] += e;
        halves[1] += (a2 - z2) * e;
        halves[2] += (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * a2 + (1 - 2 * z2) * a2 * a2) * e;
        halves[3] += ((5 - 30 * z2) * a2 * a2 * a2 + (212 * z4 - 60 * z2) * a2 * a2 +
                      (135 * z4 - 96 * z6) * a2 - 30 * z6 - 90 * z4 * z4) *
                     e;
        wholes[0] += b2 * f;
        wholes[1] += (3 * z2 * b2 - b2 * b2) * f;
    }
    return sqrt(2 * M_PI) * (halves[0] / z + halves[1] / (6 * z4 * root) +
                             (halves[2] / (72 * z6 * z) - wholes[0] / (36 * z2 * z)) / n +
                             (halves[3] / (6480 * z6 * z4) + wholes[1] / (216 * z6)) / (n * root));
}

double zpl_ks_sf(unsigned n, double d)
{
    double squared = n * d * d, inside;

    if (d <= 0.5 / n)
        return 1;
    if (d >= 1)
        return 0;
    /* Both one-sided events at once have a probability near 2·e^(-8nd²): below 1e-13 from nd² = 4
     * on.  With many values SciPy takes 2.2 for enough, and the expansion between. */
    if (d >= 0.5 || squared >= (n <= FEW ? 4 : 2.2))
        return fmin(2 * one_sided(n, d), 1);
    if (n <= FEW || (n <= 100000 && n * pow(d, 1.5) <= 1.4))
        inside = two_sided_cdf(n, d);
    else
        inside = expanded_cdf(n, d);
    return isnan(inside) ? inside : fmin(fmax(1 - inside, 0), 1);
}

double zpl_ks_test(const double *a, size_t n, const double *b, size_t m)
{
    uint64_t gap = greatest_gap(a, n, b, m);
    double pooled = (double)n * (double)m / ((double)n + (double)m);

    if (gap == 0)
        return 1;
    if (n <= EXACT_MAX && m <= EXACT_MAX)
        return share_outside(n, m, gap);
    return zpl_ks_sf((unsigned)nearbyint(pooled), (double)gap / ((double)n * (double)m));
}
