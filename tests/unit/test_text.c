/* test_text.c - UTF-8, names, distances, numbers as people write them. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>
#include "lang/base/text.h"

/* A small generator of its own, so that a failure repeats. */
static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The bytes of a code point, by the definition of UTF-8; surrogates too. */
static size_t encode(uint32_t cp, char out[4])
{
    unsigned char *b = (unsigned char *)out;
    if (cp < 0x80) {
        b[0] = (unsigned char)cp;
        return 1;
    }
    size_t size = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = size; i-- > 1; cp >>= 6)
        b[i] = (unsigned char)(0x80 | (cp & 0x3F));
    b[0] = (unsigned char)((0xF00 >> size) | cp);
    return size;
}

static void every_code_point_is_decoded(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char bytes[4];
        uint32_t got;
        size_t size = encode(cp, bytes);
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        if (zpl_utf8_next(bytes, size, &got) != (surrogate ? 1 : size) ||
            got != (surrogate ? 0xFFFD : cp) || zpl_utf8_valid(bytes, size) == surrogate)
            fail_msg("U+%04X", (unsigned)cp);
        /* Cut short it is invalid, and one byte is passed over. */
        if (size > 1 && (zpl_utf8_next(bytes, size - 1, &got) != 1 || got != 0xFFFD))
            fail_msg("U+%04X cut", (unsigned)cp);
    }
}

static void invalid_bytes_are_one_character_each(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"\x80",         "\xC0\x80",         "\xC1\xBF",
                                        "\xE0\x80\x80", "\xE0\x9F\xBF",     "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                                        "\xFF",         "\xFE\xFF",         "\xED\xA0\x80"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        size_t n = strlen(TEXTS[i]);
        assert_false(zpl_utf8_valid(TEXTS[i], n));
        assert_int_equal(zpl_utf8_length(TEXTS[i], n), n);
        struct zpl_buf out = {0};
        zpl_text_scrub(&out, TEXTS[i], n);
        assert_int_equal(out.len, 3 * n);
        assert_true(zpl_utf8_valid(out.data, out.len));
        zpl_buf_release(&out);
    }
    uint32_t cp;
    assert_int_equal(zpl_utf8_next("", 0, &cp), 0);
}

static void scrubbing_keeps_what_is_valid(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    const char text[] = "ascii only, long enough é\xFFx";
    zpl_text_scrub(&out, text, sizeof text - 1);
    assert_string_equal(zpl_buf_str(&out), "ascii only, long enough é\uFFFDx");
    zpl_buf_release(&out);
}

static void characters_are_counted(void **state)
{
    (void)state;
    static const char text[] = "naïve 日本語 🙂";
    assert_int_equal(zpl_utf8_length(text, sizeof text - 1), 11);
    assert_int_equal(zpl_utf8_length("plain ascii text", 16), 16);
}

/* The C library knows the width of characters too, in a UTF-8 locale. */
static void widths_are_what_a_terminal_gives(void **state)
{
    (void)state;
    assert_int_equal(zpl_utf8_width('a'), 1);
    assert_int_equal(zpl_utf8_width(0xE9), 1);
    assert_int_equal(zpl_utf8_width(0x0301), 0);
    assert_int_equal(zpl_utf8_width(0x200D), 0);
    assert_int_equal(zpl_utf8_width(0x65E5), 2);
    assert_int_equal(zpl_utf8_width(0x1F642), 2);
    assert_int_equal(zpl_utf8_width(0xFF21), 2);
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        skip();
    static const uint32_t RANGES[][2] = {{0x20, 0x7E},       {0xA1, 0xAC},       {0xAE, 0x4FF},
                                         {0x1100, 0x115F},   {0x1160, 0x11FF},   {0x20D0, 0x20F0},
                                         {0x3041, 0x3096},   {0x30A0, 0x30FF},   {0x4E00, 0x9FFF},
                                         {0xAC00, 0xD7A3},   {0xFE00, 0xFE0F},   {0xFF01, 0xFF60},
                                         {0xFF61, 0xFF9F},   {0x1F300, 0x1F320}, {0x1F600, 0x1F64F},
                                         {0x20000, 0x2A6DF}, {0xE0100, 0xE01EF}};
    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++) {
        for (uint32_t cp = RANGES[i][0]; cp <= RANGES[i][1]; cp++) {
            int expected = wcwidth((wchar_t)cp);
            if (expected >= 0 && zpl_utf8_width(cp) != expected)
                fail_msg("U+%04X: %d, wcwidth %d", (unsigned)cp, zpl_utf8_width(cp), expected);
        }
    }
    setlocale(LC_CTYPE, "C");
}

/* The recursive definition of optimal string alignment, for short words. */
static int slow_distance(const char *a, size_t n, const char *b, size_t m)
{
    if (n == 0 || m == 0)
        return (int)(n + m);
    int best = slow_distance(a, n - 1, b, m) + 1;
    int other = slow_distance(a, n, b, m - 1) + 1;
    best = other < best ? other : best;
    other = slow_distance(a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
    best = other < best ? other : best;
    if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1]) {
        other = slow_distance(a, n - 2, b, m - 2) + 1;
        best = other < best ? other : best;
    }
    return best;
}

static void distances_are_those_of_the_definition(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 400; i++) {
        char a[7] = "", b[7] = "";
        size_t n = random_bits(&seed) % 6, m = random_bits(&seed) % 6;
        for (size_t j = 0; j < n; j++)
            a[j] = (char)('a' + random_bits(&seed) % 3);
        for (size_t j = 0; j < m; j++)
            b[j] = (char)('a' + random_bits(&seed) % 3);
        int expected = slow_distance(a, n, b, m);
        for (int limit = 0; limit < 8; limit++) {
            int got = zpl_text_distance(a, b, limit);
            if (got != (expected <= limit ? expected : limit + 1))
                fail_msg("%s %s limit %d: %d, not %d", a, b, limit, got, expected);
        }
    }
    assert_int_equal(zpl_text_distance("Delay", "dELAY", 3), 0);
    char huge[400];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_int_equal(zpl_text_distance(huge, huge, 2), 3);
}

static void the_nearest_word_is_suggested_if_near(void **state)
{
    (void)state;
    static const char *const COLUMNS[] = {"distance", "delay", "date", "origin", "x"};
    assert_string_equal(zpl_text_nearest("dealy", COLUMNS, 5), "delay");
    assert_string_equal(zpl_text_nearest("DISTNCE", COLUMNS, 5), "distance");
    assert_string_equal(zpl_text_nearest("data", COLUMNS, 5), "date");
    assert_string_equal(zpl_text_nearest("orgin", COLUMNS, 5), "origin");
    static const char *const BEGUN[] = {"max_depth", "max_bin", "minutes", "min_child_weight"};
    assert_string_equal(zpl_text_nearest("dist", COLUMNS, 5), "distance");
    assert_string_equal(zpl_text_nearest("MIN_CH", BEGUN, 4), "min_child_weight");
    assert_null(zpl_text_nearest("max", BEGUN, 4)); /* which of them? */
    assert_null(zpl_text_nearest("di", COLUMNS, 5));
    assert_null(zpl_text_nearest("y", COLUMNS, 5));
    assert_null(zpl_text_nearest("label", COLUMNS, 5));
    assert_null(zpl_text_nearest("", COLUMNS, 5));
    assert_null(zpl_text_nearest("delay", COLUMNS, 0));
}

static void names_and_case(void **state)
{
    (void)state;
    assert_true(zpl_text_is_name("_a9"));
    assert_true(zpl_text_is_name("Z"));
    assert_false(zpl_text_is_name(""));
    assert_false(zpl_text_is_name("9a"));
    assert_false(zpl_text_is_name("a b"));
    assert_false(zpl_text_is_name("é"));
    assert_true(zpl_text_equal_nocase("DeLay", "delAY"));
    assert_false(zpl_text_equal_nocase("delay", "delays"));
    assert_false(zpl_text_equal_nocase("delays", "delay"));
    assert_false(zpl_text_equal_nocase("a", "b"));
}

/* Digits of a printed number that count: without sign, point, exponent and zeros at either end. */
static int significant_digits(const char *text)
{
    char digits[64];
    int n = 0;
    for (const char *p = text; *p && *p != 'e'; p++) {
        if (*p >= '0' && *p <= '9' && (n > 0 || *p != '0'))
            digits[n++] = *p;
    }
    while (n > 0 && digits[n - 1] == '0')
        n--;
    return n;
}

/* True if v rounded to `precision` digits, or that with one more or less in the last place, reads
 * back as v. */
static bool fits(double v, int precision)
{
    char rounded[64], shifted[64];
    snprintf(rounded, sizeof rounded, "%.*e", precision - 1, fabs(v));
    long exponent = strtol(strchr(rounded, 'e') + 1, NULL, 10) - (precision - 1);
    int64_t digits = 0;
    for (const char *p = rounded; *p != 'e'; p++)
        digits = *p == '.' ? digits : digits * 10 + (*p - '0');
    for (int64_t d = digits - 1; d <= digits + 1; d++) {
        snprintf(shifted, sizeof shifted, "%llde%ld", (long long)d, exponent);
        if (strtod(shifted, NULL) == fabs(v))
            return true;
    }
    return false;
}

static void check_shortest(double v)
{
    struct zpl_buf out = {0};
    zpl_text_ecma(&out, v);
    const char *text = zpl_buf_str(&out);
    if (strtod(text, NULL) != v)
        fail_msg("%s does not read back as %.17g", text, v);
    int digits = significant_digits(text);
    for (int precision = 1; precision < digits; precision++) {
        if (fits(v, precision))
            fail_msg("%s is not the shortest: %d digits do", text, precision);
    }
    /* Where the exponent is written is ECMAScript's rule. */
    bool exponent = fabs(v) >= 1e21 || (v != 0 && fabs(v) < 1e-6);
    if ((strchr(text, 'e') != NULL) != exponent)
        fail_msg("%s: exponent", text);
    zpl_buf_clear(&out);
    zpl_text_double(&out, v);
    if (strtod(zpl_buf_str(&out), NULL) != v || !strpbrk(zpl_buf_str(&out), ".e"))
        fail_msg("%s does not read back as a Float", zpl_buf_str(&out));
    zpl_buf_release(&out);
}

static void numbers_are_shortest_and_read_back(void **state)
{
    (void)state;
    uint64_t seed = 362436069;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_bits(&seed);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v))
            check_shortest(v);
        check_shortest((double)(int64_t)(bits >> 40) / 1000);
        check_shortest((double)(bits >> 11) / 9007199254740992.0);
    }
    for (int e = -1074; e < 1024; e++)
        check_shortest(ldexp(1, e));
    for (int e = -320; e < 308; e++)
        check_shortest(pow(10, e));
    check_shortest(0);
}

static const char *as_double(struct zpl_buf *out, double v)
{
    zpl_buf_clear(out);
    zpl_text_double(out, v);
    return zpl_buf_str(out);
}

static void floats_as_the_language_prints_them(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    assert_string_equal(as_double(&out, 0.1), "0.1");
    assert_string_equal(as_double(&out, 1), "1.0");
    assert_string_equal(as_double(&out, -2.5), "-2.5");
    assert_string_equal(as_double(&out, 0.0), "0.0");
    assert_string_equal(as_double(&out, -0.0), "-0.0");
    assert_string_equal(as_double(&out, 1e30), "1e+30");
    assert_string_equal(as_double(&out, 1.5e-7), "1.5e-7");
    assert_string_equal(as_double(&out, 0.000001), "0.000001");
    assert_string_equal(as_double(&out, 123456789012345680.0), "123456789012345680.0");
    assert_string_equal(as_double(&out, NAN), "nan");
    assert_string_equal(as_double(&out, -INFINITY), "-inf");
    zpl_buf_release(&out);
}

static void quotes_are_escaped(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    zpl_text_quote(&out, "a\"b\\c\nd\te\rf\x01\x7Fé\xFF");
    assert_string_equal(zpl_buf_str(&out), "\"a\\\"b\\\\c\\nd\\te\\rf\\u0001\\u007fé\uFFFD\"");
    zpl_buf_release(&out);
}

static void sizes_are_read(void **state)
{
    (void)state;
    const uint64_t ki = 1024;
    static const char *const WRONG[] = {"",
                                        "x",
                                        "-1",
                                        "1.",
                                        ".5",
                                        "1X",
                                        "1i",
                                        "1 K",
                                        "1Kib",
                                        "1KK",
                                        "99999999999999999999",
                                        "16777216Pi",
                                        "1e3",
                                        "0x10"};
    uint64_t v = 0;
    assert_true(zpl_text_size("12", &v) && v == 12);
    assert_true(zpl_text_size("16Gi", &v) && v == 16 * ki * ki * ki);
    assert_true(zpl_text_size("500M", &v) && v == 500000000);
    assert_true(zpl_text_size("1.5KiB", &v) && v == ki + ki / 2);
    assert_true(zpl_text_size("2k", &v) && v == 2000);
    assert_true(zpl_text_size("3TB", &v) && v == 3000000000000);
    assert_true(zpl_text_size("1Pi", &v) && v == ki * ki * ki * ki * ki);
    assert_true(zpl_text_size("0", &v) && v == 0);
    assert_true(zpl_text_size("18446744073709551615", &v) && v == UINT64_MAX);
    v = 7;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        if (zpl_text_size(WRONG[i], &v) || v != 7)
            fail_msg("%s was read as a size", WRONG[i]);
    }
}

static void durations_are_read(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "", "12", "h", "1x", "-1s", "1h 30m", "1hs", "1sm", "18446744073709551615d", "1.s"};
    uint64_t v = 0;
    assert_true(zpl_text_duration("2h", &v) && v == 2 * 3600 * 1000);
    assert_true(zpl_text_duration("90s", &v) && v == 90000);
    assert_true(zpl_text_duration("100ms", &v) && v == 100);
    assert_true(zpl_text_duration("1h30m", &v) && v == 90 * 60 * 1000);
    assert_true(zpl_text_duration("1.5d", &v) && v == 36 * 3600 * 1000);
    assert_true(zpl_text_duration("5m1s1ms", &v) && v == 301001);
    v = 7;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        if (zpl_text_duration(WRONG[i], &v) || v != 7)
            fail_msg("%s was read as a duration", WRONG[i]);
    }
}

typedef void show_function(struct zpl_buf *out, uint64_t n);

static void expect_shown(show_function *show, uint64_t n, const char *expected)
{
    struct zpl_buf out = {0};
    show(&out, n);
    assert_string_equal(zpl_buf_str(&out), expected);
    zpl_buf_release(&out);
}

static void base64_has_all_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
        size_t n;
    } cases[] = {{"", "", 0},
                 {"f", "Zg==", 1},
                 {"fo", "Zm8=", 2},
                 {"foo", "Zm9v", 3},
                 {"foob", "Zm9vYg==", 4},
                 {"fooba", "Zm9vYmE=", 5},
                 {"\xff\xfe\0", "//4A", 3}}; /* RFC 4648, 10 */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_buf out = {0};
        zpl_text_base64(&out, cases[i].bytes, cases[i].n);
        assert_string_equal(zpl_buf_str(&out), cases[i].text);
        zpl_buf_release(&out);
    }
}

static void quantities_for_people(void **state)
{
    (void)state;
    expect_shown(zpl_text_show_bytes, 0, "0 B");
    expect_shown(zpl_text_show_bytes, 999, "999 B");
    expect_shown(zpl_text_show_bytes, 1000, "1.0 kB");
    expect_shown(zpl_text_show_bytes, 13543210, "13.5 MB");
    expect_shown(zpl_text_show_bytes, 999949, "999.9 kB");
    expect_shown(zpl_text_show_bytes, 999950, "1.0 MB");
    expect_shown(zpl_text_show_bytes, UINT64_MAX, "18.4 EB");
    expect_shown(zpl_text_show_ms, 0, "0 ms");
    expect_shown(zpl_text_show_ms, 999, "999 ms");
    expect_shown(zpl_text_show_ms, 1249, "1.2 s");
    expect_shown(zpl_text_show_ms, 59949, "59.9 s");
    expect_shown(zpl_text_show_ms, 59950, "1 min 0 s");
    expect_shown(zpl_text_show_ms, 3599499, "59 min 59 s");
    expect_shown(zpl_text_show_ms, 3599500, "1 h 0 min");
    expect_shown(zpl_text_show_ms, 86400000, "1 d 0 h");
    expect_shown(zpl_text_show_count, 0, "0");
    expect_shown(zpl_text_show_count, 999, "999");
    expect_shown(zpl_text_show_count, 3000000, "3,000,000");
    expect_shown(zpl_text_show_count, 12345, "12,345");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_decoded),
        cmocka_unit_test(invalid_bytes_are_one_character_each),
        cmocka_unit_test(scrubbing_keeps_what_is_valid),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(widths_are_what_a_terminal_gives),
        cmocka_unit_test(distances_are_those_of_the_definition),
        cmocka_unit_test(the_nearest_word_is_suggested_if_near),
        cmocka_unit_test(names_and_case),
        cmocka_unit_test(numbers_are_shortest_and_read_back),
        cmocka_unit_test(floats_as_the_language_prints_them),
        cmocka_unit_test(quotes_are_escaped),
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(base64_has_all_bytes),
        cmocka_unit_test(quantities_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
