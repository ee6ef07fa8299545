/* test_drift.c - the step drift: which test a column gets, what is left out, what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lang/base/fault.h"
#include "lang/base/json.h"
#include "stdlib/model/compare.h"
#include "stdlib/model/stats.h"
#include "tests/unit/fake_kernel.h"

extern const struct zpl_kernel zpl_kernel_drift;

enum { MANY = 3000, FEW = 400 };

/* A pair of tables of one column. */
struct pair {
    const char *type; /* "Float" */
    const char *format;
    const double *numbers[2];
    const char *const *texts[2];
    int64_t rows[2];
    int64_t batch, front;
    uint64_t memory;
};

static int run_pair(struct fake_kernel *fake, const struct pair *pair)
{
    static const char *const names[] = {"x", NULL};
    static const struct fake_binding bindings[] = {{"r", names}};
    static struct fake_column columns[2];
    static struct fake_table tables[2];
    static char type[128];

    snprintf(type, sizeof type, "Table {x: %s}", pair->type);
    for (int side = 0; side < 2; side++) {
        columns[side] =
            (struct fake_column){"x", pair->format, pair->numbers[side], pair->texts[side]};
        tables[side] = (struct fake_table){side ? "current" : "reference",
                                           type,
                                           &columns[side],
                                           1,
                                           pair->rows[side],
                                           pair->batch,
                                           pair->front};
    }
    *fake = (struct fake_kernel){.tables = tables,
                                 .table_count = 2,
                                 .bindings = bindings,
                                 .binding_count = 1,
                                 .memory = pair->memory};
    return fake_run(fake, &zpl_kernel_drift);
}

static double field(const struct fake_kernel *fake, const char *name)
{
    struct zpl_json *json = NULL;
    double v;

    assert_int_equal(zpl_json_parse(fake->json.data, fake->json.len, &json, NULL), ZPL_OK);
    v = zpl_json_kind(zpl_json_get(json, name)) == ZPL_JSON_BOOL
            ? zpl_json_truth(zpl_json_get(json, name), false)
            : zpl_json_f64(zpl_json_get(json, name), NAN);
    zpl_json_release(json);
    return v;
}

static void assert_log_has(const struct fake_kernel *fake, const char *words)
{
    if (!strstr(zpl_buf_str(&fake->log), words)) {
        print_error("'%s' is not in the log:\n%s", words, zpl_buf_str(&fake->log));
        fail();
    }
}

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        print_error("got %.17g, wanted %.17g\n", got, want);
        fail();
    }
}

static void a_shifted_number_drifts_by_its_distance_in_deviations(void **state)
{
    double reference[MANY], current[MANY], mean = 0, squares = 0;
    struct fake_kernel fake;
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        reference[i] = 50 * fake_random(&seed);
        current[MANY - 1 - i] = reference[i] + 3; /* every quantile moves by 3 */
        mean += reference[i] / MANY;
    }
    for (int i = 0; i < MANY; i++)
        squares += pow(reference[i] - mean, 2) / MANY;
    struct pair pair = {"Float", "g", {reference, current}, {0}, {MANY, MANY}, 0, 0, 0};
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_near(field(&fake, "worst_score"), 3 / sqrt(squares) / 0.1, 1e-9);
    assert_near(field(&fake, "drifted"), 1, 0);
    assert_near(field(&fake, "share"), 1, 0);
    assert_near(field(&fake, "drifted_columns"), 1, 0);
    assert_log_has(&fake, "x: Wasserstein = ");
    fake_release(&fake);
}

static void the_same_rows_do_not_drift_however_they_come(void **state)
{
    double reference[MANY], current[MANY];
    struct fake_kernel fake, other;
    uint64_t seed = 2;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        reference[i] = floor(1000 * fake_random(&seed));
        current[(i * 7) % MANY] = reference[i];
    }
    reference[10] = current[20] = NAN; /* left out */
    reference[11] = INFINITY;
    struct pair pair = {"Float", "g", {reference, current}, {0}, {MANY, MANY}, 0, 0, 0};
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_near(field(&fake, "drifted"), 0, 0);
    assert_true(field(&fake, "worst_score") < 0.05);
    pair.batch = 97;
    pair.front = 5;
    pair.memory = 1; /* one column a pass */
    assert_int_equal(run_pair(&other, &pair), 0);
    assert_string_equal(zpl_buf_str(&fake.json), zpl_buf_str(&other.json));
    fake_release(&fake);
    fake_release(&other);
}

static void a_small_reference_is_tested_by_p_value(void **state)
{
    double reference[FEW], current[FEW], sorted[2][FEW], spare[FEW], p;
    double *sides[2] = {reference, current};
    struct fake_kernel fake;
    uint64_t seed = 3;

    (void)state;
    for (int i = 0; i < FEW; i++) {
        reference[i] = fake_random(&seed);
        current[i] = fake_random(&seed) * 1.2;
    }
    for (int side = 0; side < 2; side++) {
        double *heap = malloc(sizeof sorted[0]), *room = malloc(sizeof spare);
        memcpy(heap, sides[side], sizeof sorted[0]);
        zpl_numbers_sort(heap, room, FEW);
        memcpy(sorted[side], heap, sizeof sorted[0]);
        free(heap);
        free(room);
    }
    p = zpl_ks_test(sorted[0], FEW, sorted[1], FEW);
    struct pair pair = {"Float", "g", {reference, current}, {0}, {FEW, FEW}, 0, 0, 0};
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_near(field(&fake, "worst_score"), log(p) / log(0.05), 1e-12);
    assert_near(field(&fake, "drifted"), p <= 0.05, 0);
    assert_log_has(&fake, "Kolmogorov-Smirnov p = ");
    fake_release(&fake);
}

static void few_integers_are_categories_and_few_floats_too(void **state)
{
    double reference[MANY], current[MANY];
    struct fake_kernel fake;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        reference[i] = i % 10;
        current[i] = i % 10;
    }
    struct pair pair = {"Int", "l", {reference, current}, {0}, {MANY, MANY}, 0, 0, 0};
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_log_has(&fake, "x: Jensen-Shannon = 0");
    fake_release(&fake);
    /* An eleventh value in `current` makes it a number; ten values of a Float are numbers. */
    current[0] = 10;
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_log_has(&fake, "x: Wasserstein = ");
    fake_release(&fake);
    current[0] = 0;
    pair.type = "Float";
    pair.format = "g";
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_log_has(&fake, "x: Wasserstein = 0");
    fake_release(&fake);
    for (int i = 0; i < MANY; i++)
        reference[i] = current[i] = i % 5;
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_log_has(&fake, "x: Jensen-Shannon = 0");
    fake_release(&fake);
}

static void bools_are_tested_by_their_shares(void **state)
{
    double reference[FEW], current[FEW];
    struct fake_kernel fake;

    (void)state;
    for (int i = 0; i < FEW; i++) {
        reference[i] = i % 2 == 0;
        current[i] = i % 5 == 0;
    }
    struct pair pair = {"Bool", "b", {reference, current}, {0}, {FEW, FEW}, 100, 3, 0};
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_near(field(&fake, "worst_score"),
                log(zpl_z_test(FEW / 2, FEW, FEW / 5, FEW)) / log(0.05), 1e-12);
    assert_near(field(&fake, "drifted"), 1, 0);
    fake_release(&fake);
    for (int i = 0; i < FEW; i++)
        reference[i] = current[i] = 1;
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_near(field(&fake, "worst_score"), 0, 0);
    fake_release(&fake);
}

static void texts_are_categories_in_plain_and_in_dictionary_form(void **state)
{
    static const char *const words[] = {"amber", "blue", "cyan", "drab"};
    const char *reference[FEW], *current[FEW];
    uint64_t counts[2][4] = {{0}, {0}};
    struct fake_kernel fake, other;

    (void)state;
    for (int i = 0; i < FEW; i++) {
        reference[i] = i % 9 == 0 ? NULL : words[i % 4];
        current[i] = words[i % 3];
        if (reference[i])
            counts[0][i % 4]++;
        counts[1][i % 3]++;
    }
    struct pair pair = {"String", "u", {0}, {reference, current}, {FEW, FEW}, 50, 2, 0};
    assert_int_equal(run_pair(&fake, &pair), 0);
    assert_near(field(&fake, "worst_score"),
                log(fmax(zpl_chi2_test(counts[0], counts[1], 4), 1e-300)) / log(0.05), 1e-9);
    pair.type = "Enum {\"amber\", \"blue\", \"cyan\", \"drab\"}";
    pair.format = "D";
    assert_int_equal(run_pair(&other, &pair), 0);
    assert_string_equal(zpl_buf_str(&fake.json), zpl_buf_str(&other.json));
    fake_release(&fake);
    fake_release(&other);
}

static void free_text_and_dates_are_left_out(void **state)
{
    char room[FEW][16];
    const char *texts[FEW];
    double days[FEW];
    struct fake_kernel fake;

    (void)state;
    for (int i = 0; i < FEW; i++) {
        snprintf(room[i], sizeof room[i], "note %d", i);
        texts[i] = room[i];
        days[i] = i;
    }
    struct pair pair = {"String", "u", {0}, {texts, texts}, {FEW, FEW}, 0, 0, 0};
    assert_int_not_equal(run_pair(&fake, &pair), 0);
    assert_log_has(&fake, "x: left out: it is free text");
    assert_non_null(strstr(zpl_buf_str(&fake.failure), "no column"));
    fake_release(&fake);
    struct pair dates = {"Date", "tdD", {days, days}, {0}, {FEW, FEW}, 0, 0, 0};
    assert_int_not_equal(run_pair(&fake, &dates), 0);
    assert_log_has(&fake, "x: left out: there is no test for Date");
    fake_release(&fake);
}

static void a_column_that_lost_all_its_values_fails(void **state)
{
    double reference[FEW], current[FEW];
    struct fake_kernel fake;

    (void)state;
    for (int i = 0; i < FEW; i++) {
        reference[i] = i;
        current[i] = NAN;
    }
    struct pair pair = {"Int", "l", {reference, current}, {0}, {FEW, FEW}, 0, 0, 0};
    assert_int_not_equal(run_pair(&fake, &pair), 0);
    assert_non_null(strstr(zpl_buf_str(&fake.failure), "'x' has no value in `current`"));
    fake_release(&fake);
    pair.rows[1] = 0;
    assert_int_not_equal(run_pair(&fake, &pair), 0);
    assert_non_null(strstr(zpl_buf_str(&fake.failure), "`current` holds no rows"));
    fake_release(&fake);
}

static void half_of_the_columns_make_the_tables_drift(void **state)
{
    enum { COLUMNS = 4 };
    static const char *const names[] = {"a", "b", "c", "d", NULL};
    static const char type[] = "Table {a: Int, b: Float, c: Bool, d: Float}";
    const struct fake_binding bindings[] = {{"r", names}};
    double values[2][COLUMNS][FEW];
    struct fake_column columns[2][COLUMNS];
    struct fake_table tables[2];
    struct fake_kernel fake = {
        .tables = tables, .table_count = 2, .bindings = bindings, .binding_count = 1};

    (void)state;
    for (int side = 0; side < 2; side++) {
        for (int c = 0; c < COLUMNS; c++) {
            /* a and d drift, d more. */
            for (int i = 0; i < FEW; i++)
                values[side][c][i] =
                    c == 2 ? i % 2 : i + side * (c == 0) * 60 + side * (c == 3) * 300;
            columns[side][c] = (struct fake_column){names[c],
                                                    c == 0   ? "i"
                                                    : c == 2 ? "b"
                                                             : "f",
                                                    values[side][c], NULL};
        }
        tables[side] = (struct fake_table){
            side ? "current" : "reference", type, columns[side], COLUMNS, FEW, 33, 0};
    }
    assert_int_equal(fake_run(&fake, &zpl_kernel_drift), 0);
    assert_near(field(&fake, "columns"), 4, 0);
    assert_near(field(&fake, "drifted_columns"), 2, 0);
    assert_near(field(&fake, "share"), 0.5, 0);
    assert_near(field(&fake, "drifted"), 1, 0);
    assert_non_null(strstr(zpl_buf_str(&fake.json), "\"worst\":\"d\""));
    assert_int_equal(fake.progress_calls, COLUMNS);
    fake_release(&fake);
}

static void every_failing_allocation_is_a_failure_in_words(void **state)
{
    static const char *const words[] = {"amber", "blue", "cyan"};
    const char *texts[FEW];
    double values[FEW];
    struct fake_kernel fake;
    const struct pair pairs[] = {
        {"Int", "l", {values, values}, {0}, {FEW, FEW}, 50, 0, 0},
        {"Float", "g", {values, values}, {0}, {FEW, FEW}, 50, 0, 0},
        {"String", "u", {0}, {texts, texts}, {FEW, FEW}, 50, 0, 0},
    };

    (void)state;
    for (int i = 0; i < FEW; i++) {
        values[i] = i % 7;
        texts[i] = words[i % 3];
    }
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
        for (long n = 0, failed = 1; failed; n++) {
            zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
            failed = run_pair(&fake, &pairs[p]) != 0;
            assert_true(failed || !zpl_fault_fired() || fake_lost(&fake));
            failed = zpl_fault_fired();
            zpl_fault_disarm();
            fake_release(&fake);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shifted_number_drifts_by_its_distance_in_deviations),
        cmocka_unit_test(the_same_rows_do_not_drift_however_they_come),
        cmocka_unit_test(a_small_reference_is_tested_by_p_value),
        cmocka_unit_test(few_integers_are_categories_and_few_floats_too),
        cmocka_unit_test(bools_are_tested_by_their_shares),
        cmocka_unit_test(texts_are_categories_in_plain_and_in_dictionary_form),
        cmocka_unit_test(free_text_and_dates_are_left_out),
        cmocka_unit_test(a_column_that_lost_all_its_values_fails),
        cmocka_unit_test(half_of_the_columns_make_the_tables_drift),
        cmocka_unit_test(every_failing_allocation_is_a_failure_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
