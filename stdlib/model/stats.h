/* stats.h - how far apart two samples of one quantity are: tests and distances, with the values of
 * SciPy 1.17 (ks_2samp, chisquare, wasserstein_distance, jensenshannon).
 * Promise: the same value as SciPy's to 1e-9.
 * Owns: nothing.   Errors: none; samples must not be empty.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_STATS_H
#define ZPL_STDLIB_MODEL_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Sorts numbers upwards (no NaN among them); -0 becomes 0.  `spare` has room for as many.  Both must
 * be heap memory, which may hold keys for a while. */
void zpl_numbers_sort(double *values, double *spare, size_t count);

/* P(X >= x) of a chi-squared X with `df` degrees of freedom, from the finite sums that exist for
 * whole degrees (Abramowitz and Stegun 26.4.4 and 26.4.5).  x may be infinite. */
double zpl_chi2_sf(double x, unsigned df);
/* p-value of Pearson's test that counts `current` follow the shares of counts `reference`; 0 when a
 * category occurs in `current` only.  One category or more. */
double zpl_chi2_test(const uint64_t *reference, const uint64_t *current, size_t categories);
/* Two-sided p-value that the shares a of n and b of m are equal (pooled z-test); 1 when all or none
 * of both are. */
double zpl_z_test(uint64_t a, uint64_t n, uint64_t b, uint64_t m);

/* Two-sided p-value of the two-sample Kolmogorov-Smirnov test of sorted samples.  Up to 10,000
 * values each the exact one, by counting lattice paths in O(n·m) (Hodges, Arkiv för Matematik 3,
 * 1958); else that of a one-sample statistic of round(n·m / (n + m)) values.  NaN when memory is
 * out. */
double zpl_ks_test(const double *a, size_t n, const double *b, size_t m);
/* P(D >= d) of the one-sample statistic D of n values: exact up to 140 of them, beyond with the
 * approximations that SciPy takes, right to 2e-6 (Simard and L'Ecuyer, see stats_ks.c). */
double zpl_ks_sf(unsigned n, double d);

/* ∫ |F_a - F_b| of sorted samples: the earth mover's distance in the quantity's own unit. */
double zpl_wasserstein(const double *a, size_t n, const double *b, size_t m);
/* √(½KL(p‖mean) + ½KL(q‖mean)) of the shares of two lists of counts, in nats: 0 to √ln 2. */
double zpl_jensen_shannon(const uint64_t *p, const uint64_t *q, size_t categories);
/* Standard deviation of the values themselves (divisor n). */
double zpl_deviation(const double *values, size_t count);

#endif
