/* test_buf.c - a growable run of bytes with a cap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/buf.h"
#include "lang/base/fault.h"

static void what_is_added_stands_in_order(void **state)
{
    (void)state;
    struct zpl_buf buf = {0};
    char expected[20000] = "";
    size_t len = 0;
    for (int i = 0; i < 500; i++) {
        zpl_buf_puts(&buf, "ab");
        zpl_buf_putc(&buf, '-');
        zpl_buf_repeat(&buf, 'z', (size_t)(i % 7));
        zpl_buf_printf(&buf, "%d", i);
        zpl_buf_add(&buf, "\0x", 2);
        len += (size_t)snprintf(expected + len, sizeof expected - len, "ab-%.*s%d", i % 7,
                                "zzzzzzz", i);
        memcpy(expected + len, "\0x", 2);
        len += 2;
        assert_int_equal(buf.len, len);
        assert_int_equal(buf.data[buf.len], '\0');
    }
    assert_memory_equal(buf.data, expected, len);
    assert_int_equal(zpl_buf_error(&buf), ZPL_OK);
    zpl_buf_release(&buf);
    assert_null(buf.data);
    zpl_buf_release(&buf);
}

static void an_empty_buffer_is_an_empty_string(void **state)
{
    (void)state;
    struct zpl_buf buf = {0};
    assert_string_equal(zpl_buf_str(&buf), "");
    zpl_buf_add(&buf, NULL, 0);
    assert_string_equal(zpl_buf_str(&buf), "");
    zpl_buf_puts(&buf, "x");
    zpl_buf_clear(&buf);
    assert_string_equal(zpl_buf_str(&buf), "");
    zpl_buf_release(&buf);
}

static void the_cap_holds_exactly_and_sticks(void **state)
{
    (void)state;
    struct zpl_buf buf = {.cap = 100};
    for (int i = 0; i < 100; i++)
        zpl_buf_putc(&buf, 'a');
    assert_int_equal(zpl_buf_error(&buf), ZPL_OK);
    zpl_buf_putc(&buf, 'b');
    assert_int_equal(zpl_buf_error(&buf), ZPL_ERR_LIMIT);
    assert_int_equal(buf.len, 100);
    zpl_buf_puts(&buf, "");
    zpl_buf_printf(&buf, "%d", 5);
    assert_null(zpl_buf_extend(&buf, 0));
    assert_int_equal(buf.len, 100);
    assert_int_equal(strspn(buf.data, "a"), 100);
    zpl_buf_clear(&buf);
    zpl_buf_add(&buf, "again", SIZE_MAX);
    assert_int_equal(zpl_buf_error(&buf), ZPL_ERR_LIMIT);
    zpl_buf_clear(&buf);
    zpl_buf_printf(&buf, "%101d", 1);
    assert_int_equal(zpl_buf_error(&buf), ZPL_ERR_LIMIT);
    assert_string_equal(zpl_buf_str(&buf), "");
    zpl_buf_clear(&buf);
    zpl_buf_puts(&buf, "again");
    assert_string_equal(zpl_buf_str(&buf), "again");
    zpl_buf_release(&buf);
}

static void formatted_texts_of_every_length_are_whole(void **state)
{
    (void)state;
    for (int n = 1; n < 300; n++) {
        struct zpl_buf buf = {0};
        zpl_buf_puts(&buf, "<");
        zpl_buf_printf(&buf, "%*d>", n, 3);
        assert_int_equal(buf.len, n + 2);
        assert_int_equal(buf.data[n], '3');
        assert_int_equal(buf.data[n + 1], '>');
        zpl_buf_release(&buf);
    }
}

static void integers_are_little_endian(void **state)
{
    (void)state;
    struct zpl_buf buf = {0};
    uint32_t a = 0xDEADBEEF;
    uint64_t b = 0x0123456789ABCDEF;
    zpl_buf_u32(&buf, a);
    zpl_buf_u64(&buf, b);
    assert_int_equal(buf.len, 12);
    uint64_t read_a = 0, read_b = 0;
    for (size_t i = 0; i < 4; i++)
        read_a += (uint64_t)(unsigned char)buf.data[i] << (8 * i);
    for (size_t i = 0; i < 8; i++)
        read_b += (uint64_t)(unsigned char)buf.data[4 + i] << (8 * i);
    assert_true(read_a == a);
    assert_true(read_b == b);
    assert_true(zpl_buf_number(buf.data, 4) == a);
    assert_true(zpl_buf_number(buf.data + 4, 8) == b);
    zpl_buf_release(&buf);
}

static void extending_and_truncating(void **state)
{
    (void)state;
    struct zpl_buf buf = {0};
    zpl_buf_truncate(&buf, 0);
    zpl_buf_puts(&buf, "head ");
    memcpy(zpl_buf_extend(&buf, 4), "tail", 4);
    assert_string_equal(zpl_buf_str(&buf), "head tail");
    zpl_buf_truncate(&buf, 100);
    assert_string_equal(zpl_buf_str(&buf), "head tail");
    zpl_buf_truncate(&buf, 4);
    assert_string_equal(zpl_buf_str(&buf), "head");
    zpl_buf_release(&buf);
}

static void dropping_the_front(void **state)
{
    (void)state;
    struct zpl_buf buf = {.cap = 4u << 20};
    zpl_buf_drop(&buf, 0);
    zpl_buf_puts(&buf, "head tail");
    zpl_buf_drop(&buf, 5);
    assert_string_equal(zpl_buf_str(&buf), "tail");
    zpl_buf_drop(&buf, 0);
    zpl_buf_drop(&buf, 4);
    assert_string_equal(zpl_buf_str(&buf), "");
    assert_true(buf.room > 0); /* a small one keeps its memory */
    zpl_buf_repeat(&buf, 'x', 3u << 20);
    zpl_buf_drop(&buf, (3u << 20) - 1);
    assert_string_equal(zpl_buf_str(&buf), "x");
    zpl_buf_drop(&buf, 1);
    assert_int_equal(buf.room, 0);
    assert_int_equal(buf.cap, 4u << 20);
    zpl_buf_puts(&buf, "again");
    assert_string_equal(zpl_buf_str(&buf), "again");
    zpl_buf_release(&buf);
}

static void failing_allocations_stick(void **state)
{
    (void)state;
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct zpl_buf buf = {0};
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        for (int i = 0; i < 1000; i++)
            zpl_buf_printf(&buf, "%d,", i);
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(zpl_buf_error(&buf), failed ? ZPL_ERR_NOMEM : ZPL_OK);
        /* What was added before the failure is whole; nothing was added after it. */
        const char *p = zpl_buf_str(&buf);
        int numbers = 0;
        for (char *end; *p; p = end + 1) {
            assert_int_equal(strtol(p, &end, 10), numbers);
            assert_int_equal(*end, ',');
            numbers++;
        }
        assert_true(failed ? numbers < 1000 : numbers == 1000);
        assert_true(n < 100);
        zpl_buf_release(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_in_order),
        cmocka_unit_test(an_empty_buffer_is_an_empty_string),
        cmocka_unit_test(the_cap_holds_exactly_and_sticks),
        cmocka_unit_test(formatted_texts_of_every_length_are_whole),
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(extending_and_truncating),
        cmocka_unit_test(dropping_the_front),
        cmocka_unit_test(failing_allocations_stick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
