/* Another attempt: when, and with how much memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lang/base/digest.h"
#include "vm/run/retry.h"

#define GIB ((uint64_t)1 << 30)

static struct zpl_digest key;

static struct zpl_attempt attempt(uint32_t number, uint32_t retries)
{
    return (struct zpl_attempt){.key = &key,
                                .number = number,
                                .retries = retries,
                                .memory_bytes = GIB,
                                .memory_bytes_max = 16 * GIB};
}

static void as_often_as_retries_say(void **state)
{
    (void)state;
    for (uint32_t retries = 0; retries <= 3; retries++) {
        uint32_t attempts = 1;
        for (struct zpl_attempt a = attempt(1, retries); zpl_retry_decide(&a).again; a.number++)
            attempts++;
        assert_int_equal(attempts, retries + 1);
    }
}

static void pauses_double_up_to_a_bound_and_differ_by_step(void **state)
{
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        key = zpl_digest_of(&i, sizeof i);
        int64_t base = 500000000;
        for (uint32_t number = 1; number <= 20; number++) {
            struct zpl_attempt a = attempt(number, 100);
            struct zpl_retry retry = zpl_retry_decide(&a);
            assert_in_range(retry.after_ns, base / 2, base / 2 * 3);
            assert_int_equal(retry.after_ns, zpl_retry_decide(&a).after_ns);
            if (number == 1) {
                least = retry.after_ns < least ? retry.after_ns : least;
                most = retry.after_ns > most ? retry.after_ns : most;
            }
            base = number <= 8 ? base * 2 : base;
        }
    }
    /* a thousand steps are spread over nearly all of the time */
    assert_true(least < 270000000 && most > 730000000);
}

static void memory_doubles_after_it_ran_out(void **state)
{
    (void)state;
    struct zpl_attempt a = attempt(1, 100);
    assert_int_equal(zpl_retry_decide(&a).memory_bytes, GIB);
    a.out_of_memory = true;
    uint64_t expected[] = {2 * GIB, 4 * GIB, 8 * GIB, 10 * GIB};
    a.memory_bytes_max = 10 * GIB;
    for (size_t i = 0; i < 4; i++) {
        struct zpl_retry retry = zpl_retry_decide(&a);
        assert_true(retry.again);
        assert_int_equal(retry.memory_bytes, expected[i]);
        a.memory_bytes = retry.memory_bytes;
        a.number++;
    }
    assert_false(zpl_retry_decide(&a).again);
    /* any other failure there is another matter */
    a.out_of_memory = false;
    assert_true(zpl_retry_decide(&a).again);
    assert_int_equal(zpl_retry_decide(&a).memory_bytes, 10 * GIB);
    /* a limit near the end of numbers, and none */
    a = attempt(1, 1);
    a.out_of_memory = true;
    a.memory_bytes = UINT64_MAX - 1;
    a.memory_bytes_max = UINT64_MAX;
    assert_int_equal(zpl_retry_decide(&a).memory_bytes, UINT64_MAX);
    a.memory_bytes = 0;
    assert_int_equal(zpl_retry_decide(&a).memory_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_often_as_retries_say),
        cmocka_unit_test(pauses_double_up_to_a_bound_and_differ_by_step),
        cmocka_unit_test(memory_doubles_after_it_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
