/* test_stats.c - tests and distances against their definitions, counted or integrated here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stdlib/model/stats.h"
#include "tests/unit/fake_kernel.h"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        print_error("got %.17g, wanted %.17g within %g\n", got, want, tolerance);
        fail();
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sorting_orders_numbers_as_qsort_does(void **state)
{
    uint64_t seed = 5;
    size_t count = 3000;
    double *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b),
           *spare = malloc(count * sizeof *spare);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        double u = fake_random(&seed);
        a[i] = b[i] = i % 7 == 0 ? floor(20 * u) - 10 : (u - 0.5) * exp(60 * fake_random(&seed));
    }
    a[3] = -0.0;
    b[3] = 0.0;
    zpl_numbers_sort(a, spare, count);
    qsort(b, count, sizeof *b, compare_doubles);
    assert_memory_equal(a, b, count * sizeof *a);
    zpl_numbers_sort(a, spare, 0);
    free(a);
    free(b);
    free(spare);
}

/* ∫ from x on of the chi-squared density, by Simpson's rule in the variable √t. */
static double chi2_integral(double x, unsigned df)
{
    const int steps = 40000;
    double from = sqrt(x), to = sqrt(x + 60 + 12 * df), h = (to - from) / steps, sum = 0;

    for (int i = 0; i <= steps; i++) {
        double u = from + i * h, t = u * u;
        double density =
            t == 0 && df == 1
                ? 2 / sqrt(2 * M_PI)
                : 2 * u *
                      exp((df / 2.0 - 1) * log(t) - t / 2 - df / 2.0 * log(2) - lgamma(df / 2.0));
        if (t == 0 && df > 1)
            density = 0;
        sum += density * (i == 0 || i == steps ? 1 : i % 2 ? 4 : 2);
    }
    return sum * h / 3;
}

static void chi_squared_tail_is_the_integral_of_its_density(void **state)
{
    const unsigned degrees[] = {1, 2, 3, 4, 7, 10, 31, 100};
    const double at[] = {0, 0.3, 1, 3.84, 12, 40};

    (void)state;
    for (size_t d = 0; d < sizeof degrees / sizeof *degrees; d++)
        for (size_t i = 0; i < sizeof at / sizeof *at; i++)
            assert_near(zpl_chi2_sf(at[i], degrees[d]), chi2_integral(at[i], degrees[d]), 1e-10);
    assert_true(zpl_chi2_sf(INFINITY, 3) == 0);
}

static void chi_squared_of_a_category_without_reference_is_certain(void **state)
{
    const uint64_t reference[] = {10, 0, 5}, same[] = {20, 0, 10}, other[] = {20, 1, 10};

    (void)state;
    assert_near(zpl_chi2_test(reference, same, 3), 1, 0);
    assert_near(zpl_chi2_test(reference, other, 3), 0, 0);
}

static void z_test_is_two_normal_tails(void **state)
{
    double share = 50.0 / 150, z = (30.0 / 100 - 20.0 / 50) / sqrt(share * (1 - share) * 0.03);

    (void)state;
    /* z² has a chi-squared distribution of one degree. */
    assert_near(zpl_z_test(30, 100, 20, 50), chi2_integral(z * z, 1), 1e-10);
    assert_near(zpl_z_test(0, 100, 0, 50), 1, 0);
    assert_near(zpl_z_test(100, 100, 50, 50), 1, 0);
}

static double statistic(const double *a, size_t n, const double *b, size_t m)
{
    double greatest = 0;
    for (size_t k = 0; k < n + m; k++) {
        double at = k < n ? a[k] : b[k - n], x = 0, y = 0;
        for (size_t i = 0; i < n; i++)
            x += a[i] <= at;
        for (size_t j = 0; j < m; j++)
            y += b[j] <= at;
        greatest = fmax(greatest, fabs(x / (double)n - y / (double)m));
    }
    return greatest;
}

/* Share of all ways to choose n of n + m places whose statistic is at least d. */
static double share_of_choices(size_t n, size_t m, double d)
{
    double a[16], b[16], all = 0, outside = 0;

    for (unsigned choice = 0; choice < 1u << (n + m); choice++) {
        size_t i = 0, j = 0;
        if ((size_t)__builtin_popcount(choice) != n)
            continue;
        for (size_t k = 0; k < n + m; k++)
            if (choice >> k & 1)
                a[i++] = (double)k;
            else
                b[j++] = (double)k;
        all++;
        outside += statistic(a, n, b, m) >= d - 1e-9;
    }
    return outside / all;
}

static void ks_of_small_samples_counts_all_arrangements(void **state)
{
    const size_t sizes[][2] = {{1, 1}, {3, 3}, {4, 7}, {7, 4}, {6, 6}, {5, 8}};
    uint64_t seed = 9;

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int round = 0; round < 6; round++) {
            size_t n = sizes[s][0], m = sizes[s][1];
            double a[8], b[8], d;
            /* Rounds with few different values have ties. */
            for (size_t i = 0; i < n; i++)
                a[i] = floor(fake_random(&seed) * (round % 2 ? 4 : 1e6));
            for (size_t j = 0; j < m; j++)
                b[j] = floor(fake_random(&seed) * (round % 2 ? 4 : 1e6) + round / 2);
            qsort(a, n, sizeof *a, compare_doubles);
            qsort(b, m, sizeof *b, compare_doubles);
            d = statistic(a, n, b, m);
            assert_near(zpl_ks_test(a, n, b, m), d == 0 ? 1 : share_of_choices(n, m, d), 1e-12);
        }
}

static void ks_of_one_sample_has_its_closed_forms(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 12; n++)
        for (double part = 0.05; part < 1; part += 0.1) {
            /* n! (2d - 1/n)^n is P(D < d) for d from 1/2n to 1/n. */
            double d = (0.5 + part / 2) / n;
            double inside = exp(lgamma(n + 1.0) + n * log(2 * d - 1.0 / n));
            assert_near(zpl_ks_sf(n, d), 1 - inside, 1e-12);
        }
    for (double d = 0.25; d < 0.5; d += 0.01)
        assert_near(zpl_ks_sf(2, d), 1 - 2 * pow(2 * d - 0.5, 2), 1e-12);
    for (double d = 0.5; d < 1; d += 0.01)
        assert_near(zpl_ks_sf(2, d), 2 * pow(1 - d, 2), 1e-12);
    assert_true(zpl_ks_sf(7, 0.01) == 1 && zpl_ks_sf(7, 1) == 0);
}

/* How far zpl_ks_sf jumps at d, where one formula takes over from another. */
static double jump(unsigned n, double d)
{
    return fabs(zpl_ks_sf(n, d - 1e-12) - zpl_ks_sf(n, d + 1e-12));
}

static void ks_formulas_meet_where_one_takes_over_from_another(void **state)
{
    (void)state;
    /* The two exact ones, then the approximations within what is promised of them. */
    for (unsigned n = 20; n <= 140; n += 20)
        assert_true(jump(n, sqrt(4.0 / n)) < 1e-9);
    for (unsigned n = 200; n <= 3000; n += 400) {
        assert_true(jump(n, sqrt(2.2 / n)) < 2e-6);
        assert_true(jump(n, pow(1.4 / n, 2.0 / 3)) < 2e-6);
    }
    /* Kolmogorov's limit 2·e^(-2nd²), right to a few 1/√n of the value. */
    for (unsigned n = 20; n <= 3000; n *= 2)
        assert_near(zpl_ks_sf(n, sqrt(4.0 / n)), 2 * exp(-8), 2 * exp(-8) * 3 / sqrt(n));
}

static void ks_of_a_long_sample_uses_the_distribution_of_one(void **state)
{
    size_t n = 40, m = 12000;
    double *a = malloc(n * sizeof *a), *b = malloc(m * sizeof *b);

    (void)state;
    for (size_t i = 0; i < n; i++)
        a[i] = pow((double)i / (double)n, 1.5);
    for (size_t j = 0; j < m; j++)
        b[j] = (double)j / (double)m;
    assert_near(zpl_ks_test(a, n, b, m), zpl_ks_sf(40, statistic(a, n, b, m)), 1e-12);
    free(a);
    free(b);
}

static void wasserstein_is_the_mean_gap_of_quantiles(void **state)
{
    enum { N = 6, M = 9, BOTH = 18 };
    uint64_t seed = 77;

    (void)state;
    for (int round = 0; round < 20; round++) {
        double a[N], b[M], mean = 0;
        for (int i = 0; i < N; i++)
            a[i] = round % 2 ? floor(5 * fake_random(&seed)) : fake_random(&seed) * 10 - 3;
        for (int j = 0; j < M; j++)
            b[j] = round % 2 ? floor(7 * fake_random(&seed)) : fake_random(&seed) * 4;
        qsort(a, N, sizeof *a, compare_doubles);
        qsort(b, M, sizeof *b, compare_doubles);
        for (int k = 0; k < BOTH; k++)
            mean += fabs(a[k * N / BOTH] - b[k * M / BOTH]) / BOTH;
        assert_near(zpl_wasserstein(a, N, b, M), mean, 1e-13);
        assert_near(zpl_wasserstein(a, N, a, N), 0, 0);
    }
}

static void jensen_shannon_is_symmetric_and_bounded(void **state)
{
    const uint64_t p[] = {3, 0, 7, 10}, q[] = {1, 4, 0, 0}, twice[] = {6, 0, 14, 20};
    const uint64_t left[] = {5, 0}, right[] = {0, 9};
    long double sum = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        long double x = p[i] / 20.0L, y = q[i] / 5.0L, mean = (x + y) / 2;
        sum += (x > 0 ? x * logl(x / mean) : 0) + (y > 0 ? y * logl(y / mean) : 0);
    }
    assert_near(zpl_jensen_shannon(p, q, 4), (double)sqrtl(sum / 2), 1e-15);
    assert_near(zpl_jensen_shannon(q, p, 4), zpl_jensen_shannon(p, q, 4), 1e-16);
    assert_near(zpl_jensen_shannon(p, twice, 4), 0, 1e-15);
    assert_near(zpl_jensen_shannon(left, right, 2), sqrt(log(2)), 1e-15);
}

static void deviation_keeps_small_spreads_of_large_numbers(void **state)
{
    const double values[] = {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 6};

    (void)state;
    assert_near(zpl_deviation(values, 4), sqrt((4 + 1 + 0 + 9) / 4.0), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_orders_numbers_as_qsort_does),
        cmocka_unit_test(chi_squared_tail_is_the_integral_of_its_density),
        cmocka_unit_test(chi_squared_of_a_category_without_reference_is_certain),
        cmocka_unit_test(z_test_is_two_normal_tails),
        cmocka_unit_test(ks_of_small_samples_counts_all_arrangements),
        cmocka_unit_test(ks_of_one_sample_has_its_closed_forms),
        cmocka_unit_test(ks_formulas_meet_where_one_takes_over_from_another),
        cmocka_unit_test(ks_of_a_long_sample_uses_the_distribution_of_one),
        cmocka_unit_test(wasserstein_is_the_mean_gap_of_quantiles),
        cmocka_unit_test(jensen_shannon_is_symmetric_and_bounded),
        cmocka_unit_test(deviation_keeps_small_spreads_of_large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
