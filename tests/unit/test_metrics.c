/* test_metrics.c - figures about predictions against their definitions, and counted texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>

#include "lang/base/fault.h"
#include "stdlib/model/metrics.h"
#include "stdlib/model/tally.h"
#include "tests/unit/fake_kernel.h"

static void auc_is_the_share_of_ordered_pairs(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (int round = 0; round < 30; round++) {
        enum { ROWS = 120 };
        float scores[ROWS];
        bool truth[ROWS];
        uint64_t keys[ROWS], spare[ROWS];
        double pairs = 0, ordered = 0;

        /* Odd rounds have few different scores: many ties; some are negative or -0. */
        for (int i = 0; i < ROWS; i++) {
            double u = fake_random(&seed);
            scores[i] = (float)(round % 2 ? floor(6 * u) / 4 - 0.5 : 3 * u - 1);
            scores[i] = scores[i] == 0 && i % 2 ? -0.0f : scores[i];
            truth[i] = fake_random(&seed) < 0.2 + 0.4 * u;
            keys[i] = zpl_auc_key(scores[i], truth[i]);
        }
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < ROWS; j++)
                if (truth[i] && !truth[j]) {
                    pairs++;
                    ordered += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
        assert_true(fabs(zpl_auc(keys, spare, ROWS) - ordered / pairs) < 1e-15);
    }
}

static void auc_of_one_class_is_not_defined(void **state)
{
    uint64_t keys[2] = {zpl_auc_key(0.1f, true), zpl_auc_key(0.9f, true)}, spare[2];

    (void)state;
    assert_true(isnan(zpl_auc(keys, spare, 2)));
}

static void log_loss_is_kept_finite(void **state)
{
    (void)state;
    assert_true(fabs(zpl_log_loss(0.25) - log(4)) < 1e-15);
    assert_true(fabs(zpl_log_loss(0) + log(DBL_EPSILON)) < 1e-12);
    assert_true(zpl_log_loss(1) > 0 && zpl_log_loss(1) < 1e-15);
}

static void precision_recall_and_f1_are_zero_without_a_divisor(void **state)
{
    (void)state;
    assert_true(zpl_precision(3, 1) == 0.75 && zpl_precision(0, 0) == 0);
    assert_true(zpl_recall(3, 9) == 0.25 && zpl_recall(0, 0) == 0);
    /* The harmonic mean of precision and recall. */
    assert_true(fabs(zpl_f1(3, 1, 9) - 2 / (1 / 0.75 + 1 / 0.25)) < 1e-15);
    assert_true(zpl_f1(0, 0, 0) == 0);
}

static void macro_f1_leaves_out_classes_that_do_not_occur(void **state)
{
    /* Rows: label; columns: prediction.  Class 2 occurs nowhere, class 3 only as a prediction. */
    const uint64_t confusion[16] = {
        4, 1, 0, 0, 2, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    };
    double want = (zpl_f1(4, 2, 1) + zpl_f1(3, 1, 3) + zpl_f1(0, 1, 0)) / 3;

    (void)state;
    assert_true(fabs(zpl_macro_f1(confusion, 4) - want) < 1e-15);
    assert_true(zpl_macro_f1(confusion + 8, 2) == 0);
}

static void r2_compares_with_the_mean(void **state)
{
    const double labels[] = {1, 2, 4, 9}, same[] = {3, 3};

    (void)state;
    assert_true(fabs(zpl_r2(labels, 4, 9 + 4 + 0 + 25) - 0) < 1e-15); /* the mean itself */
    assert_true(fabs(zpl_r2(labels, 4, 19) - 0.5) < 1e-15);
    assert_true(zpl_r2(same, 2, 0) == 1 && zpl_r2(same, 2, 0.1) == 0);
}

static void sums_keep_what_rounding_loses(void **state)
{
    struct zpl_sum sum = {0};

    (void)state;
    zpl_sum_add(&sum, 1);
    zpl_sum_add(&sum, 1e100);
    zpl_sum_add(&sum, 1);
    zpl_sum_add(&sum, -1e100);
    assert_true(zpl_sum_value(&sum) == 2);
}

static void texts_are_counted_and_sorted_by_bytes(void **state)
{
    struct zpl_tally tally = {0};
    size_t *order;
    char text[32];

    (void)state;
    for (int i = 0; i < 30000; i++) {
        int n = snprintf(text, sizeof text, "t%d", i % 1000);
        assert_true(zpl_tally_add(&tally, text, (size_t)n, i % 3 == 0, NULL));
    }
    assert_true(zpl_tally_add(&tally, "", 0, 0, NULL));
    assert_int_equal(tally.count, 1001);
    order = zpl_tally_sorted(&tally);
    assert_string_equal(zpl_tally_text(&tally, order[0]), "");
    for (size_t i = 1; i < tally.count; i++) {
        const struct zpl_tally_entry *entry = &tally.entries[order[i]];
        assert_true(strcmp(zpl_tally_text(&tally, order[i - 1]), zpl_tally_text(&tally, order[i])) <
                    0);
        assert_int_equal(entry->count[0], 20);
        assert_int_equal(entry->count[1], 10);
    }
    free(order);
    zpl_tally_release(&tally);
}

static void counting_survives_every_failing_allocation(void **state)
{
    bool done = false;

    (void)state;
    for (long n = 0; !done; n++) {
        struct zpl_tally tally = {0};
        char text[32];

        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        done = true;
        for (int i = 0; i < 200 && done; i++)
            done =
                zpl_tally_add(&tally, text, (size_t)snprintf(text, sizeof text, "%d", i), 0, NULL);
        assert_true(done == !zpl_fault_fired());
        zpl_fault_disarm();
        zpl_tally_release(&tally);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auc_is_the_share_of_ordered_pairs),
        cmocka_unit_test(auc_of_one_class_is_not_defined),
        cmocka_unit_test(log_loss_is_kept_finite),
        cmocka_unit_test(precision_recall_and_f1_are_zero_without_a_divisor),
        cmocka_unit_test(macro_f1_leaves_out_classes_that_do_not_occur),
        cmocka_unit_test(r2_compares_with_the_mean),
        cmocka_unit_test(sums_keep_what_rounding_loses),
        cmocka_unit_test(texts_are_counted_and_sorted_by_bytes),
        cmocka_unit_test(counting_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
