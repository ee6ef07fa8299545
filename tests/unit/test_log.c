/* test_log.c - the head and the tail of what a step printed, against the whole text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "tests/unit/random.h"
#include "vm/run/log.h"

#define HEAD ZPL_LOG_HEAD_BYTES
#define TAIL ZPL_LOG_TAIL_BYTES

/* `size` bytes that are different everywhere; the caller frees them. */
static char *text_of(size_t size)
{
    char *text = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('!' + (i * 31 + i / 7919) % 90);
    text[size] = '\0';
    return text;
}

/* What the log of `text` has to read: all of it, or head, a line, and tail. */
static void expect_log(const struct zpl_log *log, const char *text, size_t size)
{
    struct zpl_buf got = {0}, wanted = {0};
    if (size <= (size_t)HEAD + TAIL) {
        zpl_buf_add(&wanted, text, size);
    } else {
        zpl_buf_add(&wanted, text, HEAD);
        zpl_buf_printf(&wanted, "\n… %zu bytes left out …\n", size - HEAD - TAIL);
        zpl_buf_add(&wanted, text + size - TAIL, TAIL);
    }
    zpl_log_text(log, &got);
    assert_int_equal(got.len, wanted.len);
    assert_memory_equal(zpl_buf_str(&got), zpl_buf_str(&wanted), wanted.len);
    zpl_buf_release(&got);
    zpl_buf_release(&wanted);
}

/* Adds the text in pieces of up to `piece` bytes. */
static void add_in_pieces(struct zpl_log *log, struct random *r, const char *text, size_t size,
                          size_t piece)
{
    for (size_t at = 0; at < size;) {
        size_t n = 1 + random_below(r, piece);
        if (n > size - at)
            n = size - at;
        zpl_log_add(log, text + at, n);
        at += n;
    }
}

static void a_text_up_to_both_limits_is_whole_and_a_longer_one_has_a_gap(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0,
                                   1,
                                   100,
                                   HEAD - 1,
                                   HEAD,
                                   HEAD + 1,
                                   HEAD + TAIL - 1,
                                   HEAD + TAIL,
                                   HEAD + TAIL + 1,
                                   HEAD + 2 * TAIL - 1,
                                   HEAD + 2 * TAIL,
                                   HEAD + 2 * TAIL + 1,
                                   HEAD + 3 * TAIL + 77,
                                   HEAD + 5 * TAIL};
    static const size_t PIECES[] = {1000, 64u << 10, HEAD + TAIL, 8u * TAIL};
    struct random r = {21};
    char *text = text_of(HEAD + 5 * TAIL);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        for (size_t k = 0; k < sizeof PIECES / sizeof *PIECES; k++) {
            struct zpl_log log = {0};
            add_in_pieces(&log, &r, text, SIZES[i], PIECES[k]);
            expect_log(&log, text, SIZES[i]);
            zpl_log_release(&log);
        }
    }
    free(text);
}

static void one_piece_larger_than_everything_is_cut_in_its_middle(void **state)
{
    (void)state;
    size_t size = HEAD + 4 * TAIL;
    char *text = text_of(size);
    for (size_t before = 0; before <= HEAD + TAIL + 500; before += (HEAD + TAIL + 500) / 5) {
        struct zpl_log log = {0};
        if (before > 0)
            zpl_log_add(&log, text, before);
        zpl_log_add(&log, text + before, size - before);
        expect_log(&log, text, size);
        zpl_log_release(&log);
    }
    free(text);
}

/* The last `lines` lines of a text, without newlines at its end. */
static void expect_last(const char *text, size_t size, unsigned lines, const struct zpl_buf *got)
{
    size_t end = size;
    while (end > 0 && text[end - 1] == '\n')
        end--;
    size_t from = end;
    while (from > 0 && lines > 0 && !(text[from - 1] == '\n' && --lines == 0))
        from--;
    assert_int_equal(got->len, end - from);
    assert_memory_equal(zpl_buf_str(got), text + from, end - from);
}

static void the_last_lines_of_any_text(void **state)
{
    (void)state;
    struct random r = {22};
    for (int seed = 0; seed < 500; seed++) {
        struct zpl_log log = {0};
        char text[64];
        size_t size = random_below(&r, sizeof text);
        for (size_t i = 0; i < size; i++)
            text[i] = random_below(&r, 3) == 0 ? '\n' : 'x';
        add_in_pieces(&log, &r, text, size, 9);
        for (unsigned lines = 0; lines < 5; lines++) {
            struct zpl_buf got = {0};
            zpl_log_last(&log, lines, &got);
            expect_last(text, size, lines, &got);
            zpl_buf_release(&got);
        }
        zpl_log_release(&log);
    }
}

/* The border between head and tail is no place where lines are lost. */
static void the_last_lines_may_begin_in_the_head(void **state)
{
    (void)state;
    struct random r = {23};
    size_t size = HEAD + 40;
    char *text = text_of(size);
    for (size_t i = HEAD - 60; i < size; i++)
        if (i % 9 == 0)
            text[i] = '\n';
    for (size_t cut = HEAD - 3; cut < size; cut += 5) {
        struct zpl_log log = {0};
        struct zpl_buf got = {0};
        add_in_pieces(&log, &r, text, cut, 10000);
        zpl_log_last(&log, 3, &got);
        expect_last(text, cut, 3, &got);
        zpl_buf_release(&got);
        zpl_log_release(&log);
    }
    free(text);
}

/* After a gap nothing from before it stands among the last lines. */
static void the_last_lines_never_reach_over_a_gap(void **state)
{
    (void)state;
    struct zpl_log log = {0};
    struct zpl_buf got = {0};
    char *text = text_of(HEAD + 3 * TAIL);
    zpl_log_add(&log, text, HEAD + 3 * TAIL);
    zpl_log_last(&log, 5, &got);
    assert_int_equal(got.len, TAIL);
    assert_memory_equal(got.data, text + HEAD + 2 * TAIL, TAIL);
    zpl_buf_release(&got);
    zpl_log_release(&log);
    free(text);
}

/* What there was no memory for is counted: kept and left-out bytes are all there were. */
static void without_memory_text_is_dropped_and_counted(void **state)
{
    (void)state;
    char *text = text_of(3 * HEAD);
    for (long n = 0; n < 40; n++) {
        struct zpl_log log = {0};
        size_t added = 0;
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        for (size_t i = 0; i < 24; i++, added += HEAD / 8)
            zpl_log_add(&log, text + added, HEAD / 8);
        bool fired = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(log.head.len + log.tail.len + log.dropped, added);
        zpl_log_release(&log);
        if (!fired)
            break;
        assert_true(n < 39);
    }
    free(text);
}

static void expect_shown(const char *text, size_t size, const char *wanted)
{
    struct zpl_log log = {0};
    struct zpl_buf got = {0};
    zpl_log_add(&log, text, size);
    zpl_log_shown(&log, 3, &got);
    assert_string_equal(zpl_buf_str(&got), wanted);
    zpl_buf_release(&got);
    zpl_log_release(&log);
}

/* What stands on a terminal after such lines; a bar of progress is one line of many returns. */
static void lines_are_shown_as_a_terminal_is_left_with_them(void **state)
{
    (void)state;
    expect_shown("a\rb\rc\n", 6, "c");
    expect_shown("one\r\ntwo\r\r\n", 11, "one\ntwo");
    expect_shown("0\n1\n\n3\n", 7, "1\n\n3");
    struct zpl_buf bar = {0}, wanted = {0};
    for (int i = 0; i < 100000; i++)
        zpl_buf_printf(&bar, "\r%6d of 100000", i);
    zpl_buf_puts(&bar, "\nError: it went wrong\n");
    expect_shown(zpl_buf_str(&bar), bar.len, " 99999 of 100000\nError: it went wrong");
    /* the two ends of a long line, in whole characters */
    zpl_buf_clear(&bar);
    for (int i = 0; i < 1000000; i++)
        zpl_buf_puts(&bar, "ä");
    zpl_buf_puts(&bar, "x\nend\n");
    for (int i = 0; i < ZPL_LOG_LINE_BYTES / 4; i++)
        zpl_buf_puts(&wanted, "ä");
    zpl_buf_puts(&wanted, " … ");
    for (int i = 0; i < ZPL_LOG_LINE_BYTES / 4 - 1; i++)
        zpl_buf_puts(&wanted, "ä");
    zpl_buf_puts(&wanted, "x\nend");
    struct zpl_log log = {0};
    struct zpl_buf got = {0};
    zpl_log_add(&log, zpl_buf_str(&bar), bar.len);
    zpl_log_shown(&log, 2, &got);
    /* of the line that began in the part left out, what is kept may begin inside of a character */
    assert_true(got.len <= wanted.len + 4);
    size_t end = ZPL_LOG_LINE_BYTES / 2;
    assert_memory_equal(got.data + got.len - end, wanted.data + wanted.len - end, end);
    zpl_log_release(&log);
    zpl_buf_release(&got);
    zpl_buf_release(&bar);
    zpl_buf_release(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_up_to_both_limits_is_whole_and_a_longer_one_has_a_gap),
        cmocka_unit_test(one_piece_larger_than_everything_is_cut_in_its_middle),
        cmocka_unit_test(the_last_lines_of_any_text),
        cmocka_unit_test(the_last_lines_may_begin_in_the_head),
        cmocka_unit_test(the_last_lines_never_reach_over_a_gap),
        cmocka_unit_test(without_memory_text_is_dropped_and_counted),
        cmocka_unit_test(lines_are_shown_as_a_terminal_is_left_with_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
