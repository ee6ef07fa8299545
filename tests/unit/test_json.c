/* test_json.c - JSON as a tree, and its canonical text. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"

/* The text of a value, which it releases; the caller frees the buffer. */
static const char *text_of(struct zpl_buf *out, struct zpl_json *v, bool pretty)
{
    zpl_buf_clear(out);
    assert_int_equal(zpl_json_write(v, pretty, out), ZPL_OK);
    zpl_json_release(v);
    return zpl_buf_str(out);
}

static struct zpl_json *parsed(const char *text)
{
    struct zpl_json *v = NULL;
    size_t offset;
    if (zpl_json_parse(text, strlen(text), &v, &offset) != ZPL_OK)
        fail_msg("%s: mistake at %zu", text, offset);
    return v;
}

/* Parses `text`, writes it, and compares. */
static void expect_canonical(const char *text, const char *expected)
{
    struct zpl_buf out = {0};
    assert_string_equal(text_of(&out, parsed(text), false), expected);
    zpl_buf_release(&out);
}

static void a_built_tree_is_written_sorted(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    struct zpl_json *o = zpl_json_object(), *a = zpl_json_array();
    assert_true(zpl_json_add_take(a, zpl_json_int(1)));
    assert_true(zpl_json_add_take(a, zpl_json_real(0.5)));
    assert_true(zpl_json_add_take(a, zpl_json_string(NULL)));
    assert_true(zpl_json_set_take(o, "b", a));
    assert_true(zpl_json_set_take(o, "a", zpl_json_bool(true)));
    assert_true(zpl_json_set_take(o, "c", zpl_json_object()));
    assert_true(zpl_json_set_take(o, "aa", zpl_json_array()));
    assert_true(zpl_json_set_take(o, "a", zpl_json_bool(false)));
    zpl_json_ref(o);
    assert_string_equal(text_of(&out, o, true), "{\n"
                                                "  \"a\": false,\n"
                                                "  \"aa\": [],\n"
                                                "  \"b\": [\n"
                                                "    1,\n"
                                                "    0.5,\n"
                                                "    null\n"
                                                "  ],\n"
                                                "  \"c\": {}\n"
                                                "}");
    assert_string_equal(text_of(&out, o, false),
                        "{\"a\":false,\"aa\":[],\"b\":[1,0.5,null],\"c\":{}}");
    zpl_buf_release(&out);
}

/* The order of RFC 8785, 3.2.3: by UTF-16 code units, in which U+1F600 stands before U+FB33. */
static void keys_are_sorted_by_utf16(void **state)
{
    (void)state;
    expect_canonical("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,"
                     "\"\\u0080\":6,\"\\u00f6\":7}",
                     "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\u00f6\":7,\"\u20ac\":1,"
                     "\"\U0001F600\":5,\"\ufb33\":3}");
    /* Not only the lead byte decides. */
    expect_canonical("{\"\uE000\":1,\"\uD7FF\":2,\"\U00010000\":3,\"\uFFFF\":4,\"\U0010FFFF\":5}",
                     "{\"\uD7FF\":2,\"\U00010000\":3,\"\U0010FFFF\":5,\"\uE000\":1,\"\uFFFF\":4}");
}

static void strings_are_escaped_as_the_standard_says(void **state)
{
    (void)state;
    expect_canonical("\"\\u20ac$\\u000F\\nA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\b\\f\\t\\u007f\"",
                     "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\t\x7F\"");
    struct zpl_json *v = parsed("\"a\\u0000b\"");
    size_t len = 0;
    assert_memory_equal(zpl_json_strn(v, &len), "a\0b", 4);
    assert_int_equal(len, 3);
    assert_string_equal(zpl_json_str(v, "fallback"), "fallback");
    struct zpl_buf out = {0};
    assert_string_equal(text_of(&out, v, false), "\"a\\u0000b\"");
    zpl_buf_release(&out);
}

static void integers_keep_64_bits(void **state)
{
    (void)state;
    expect_canonical("[-9223372036854775808,9223372036854775807,0,-0,9007199254740993]",
                     "[-9223372036854775808,9223372036854775807,0,0,9007199254740993]");
    struct zpl_json *v = parsed("-9223372036854775808");
    assert_true(zpl_json_i64(v, 0) == INT64_MIN);
    zpl_json_release(v);
    /* One more is a real, and so is what large reals are written as. */
    v = parsed("9223372036854775808");
    assert_int_equal(zpl_json_kind(v), ZPL_JSON_REAL);
    assert_true(zpl_json_f64(v, 0) == 9223372036854775808.0);
    zpl_json_release(v);
    expect_canonical("[1e20,-9223372036854775809,\"9999999999999999999999\",1e21]",
                     "[100000000000000000000,-9223372036854776000,\"9999999999999999999999\","
                     "1e+21]");
    expect_canonical("[100000000000000000000,1]", "[100000000000000000000,1]");
}

/* What the shortest text of v has at least: no text of fewer digits reads back. */
static void check_real(double v)
{
    struct zpl_buf out = {0};
    struct zpl_json *made = zpl_json_real(v), *read = NULL;
    assert_int_equal(zpl_json_write(made, false, &out), ZPL_OK);
    zpl_json_release(made);
    if (zpl_json_parse(out.data, out.len, &read, NULL) != ZPL_OK)
        fail_msg("%s is not read", out.data);
    if (zpl_json_f64(read, NAN) != v || strtod(out.data, NULL) != v)
        fail_msg("%s is not %.17g", out.data, v);
    zpl_json_release(read);
    size_t digits = 0, zeros = 0;
    for (const char *p = out.data; *p && *p != 'e'; p++) {
        if (*p < '0' || *p > '9' || (digits == 0 && *p == '0'))
            continue;
        digits++;
        zeros = *p == '0' ? zeros + 1 : 0;
    }
    digits -= zeros;
    for (size_t precision = 1; precision < digits; precision++) {
        char other[64];
        snprintf(other, sizeof other, "%.*g", (int)precision, v);
        if (strtod(other, NULL) == v)
            fail_msg("%s is shorter than %s", other, out.data);
    }
    zpl_buf_release(&out);
}

static void reals_are_shortest(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 5000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v))
            check_real(v);
        check_real((double)(bits >> 44) / 100);
    }
    check_real(DBL_MAX);
    check_real(DBL_MIN);
    check_real(DBL_TRUE_MIN);
    check_real(DBL_EPSILON);
}

/* Number::toString of ECMAScript: the examples its text gives the rules for. */
static void reals_are_laid_out_as_ecmascript_does(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } CASES[] = {{0, "0"},
                 {-0.0, "0"},
                 {1, "1"},
                 {-1.5, "-1.5"},
                 {1e20, "100000000000000000000"},
                 {1e21, "1e+21"},
                 {1.25e22, "1.25e+22"},
                 {1e-6, "0.000001"},
                 {1e-7, "1e-7"},
                 {1.5e-7, "1.5e-7"},
                 {5e-324, "5e-324"},
                 {0.1 + 0.2, "0.30000000000000004"}};
    struct zpl_buf out = {0};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_string_equal(text_of(&out, zpl_json_real(CASES[i].v), false), CASES[i].text);
    assert_string_equal(text_of(&out, zpl_json_real(NAN), false), "\"NaN\"");
    assert_string_equal(text_of(&out, zpl_json_real(-INFINITY), false), "\"-Infinity\"");
    zpl_buf_release(&out);
}

static void members_are_visited_in_order(void **state)
{
    (void)state;
    struct zpl_json *o = zpl_json_object();
    enum { COUNT = 1000 };
    for (int i = 0; i < COUNT; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i * 7919 % COUNT);
        assert_true(zpl_json_set_take(o, key, zpl_json_int(i * 7919 % COUNT)));
    }
    assert_int_equal(zpl_json_count(o), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const char *key = zpl_json_key_at(o, i);
        assert_int_equal(zpl_json_i64(zpl_json_get(o, key), -1), atoi(key + 1));
        assert_ptr_equal(zpl_json_value_at(o, i), zpl_json_get(o, key));
        if (i > 0)
            assert_true(strcmp(zpl_json_key_at(o, i - 1), key) < 0);
    }
    assert_null(zpl_json_key_at(o, COUNT));
    assert_null(zpl_json_get(o, "other"));
    zpl_json_release(o);
}

static void absent_and_other_kinds_read_as_the_default(void **state)
{
    (void)state;
    assert_int_equal(zpl_json_kind(NULL), ZPL_JSON_ABSENT);
    assert_null(zpl_json_get(NULL, "a"));
    assert_null(zpl_json_at(NULL, 0));
    assert_int_equal(zpl_json_count(NULL), 0);
    assert_string_equal(zpl_json_str(NULL, "d"), "d");
    assert_int_equal(zpl_json_i64(NULL, 5), 5);
    zpl_json_release(NULL);
    assert_null(zpl_json_ref(NULL));
    struct zpl_json *v = parsed("{\"s\":\"x\",\"i\":3,\"r\":2.5,\"t\":true,\"a\":[1]}");
    assert_string_equal(zpl_json_str(zpl_json_get(v, "s"), "d"), "x");
    assert_string_equal(zpl_json_str(zpl_json_get(v, "i"), "d"), "d");
    assert_true(zpl_json_f64(zpl_json_get(v, "i"), 0) == 3.0);
    assert_true(zpl_json_f64(zpl_json_get(v, "r"), 0) == 2.5);
    assert_int_equal(zpl_json_i64(zpl_json_get(v, "r"), 9), 9);
    assert_true(zpl_json_truth(zpl_json_get(v, "t"), false));
    assert_true(zpl_json_truth(zpl_json_get(v, "s"), true));
    assert_int_equal(zpl_json_i64(zpl_json_at(zpl_json_get(v, "a"), 0), 0), 1);
    assert_null(zpl_json_at(zpl_json_get(v, "a"), 1));
    assert_null(zpl_json_at(v, 0));
    zpl_json_release(v);
}

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t from, to; /* where the offset may be */
    } CASES[] = {{"", 0, 0},
                 {"[1,]", 3, 4},
                 {"{\"a\":1,\"a\":2}", 8, 12},
                 {"[1,2", 4, 4},
                 {"nul", 0, 3},
                 {"[01]", 1, 3},
                 {"\"\\ud800\"", 0, 8},
                 {"1 2", 2, 3},
                 {"[100000000000000000000,100000000000000000000,x]", 45, 46},
                 {"[\"\xFF\"]", 2, 3},
                 {"{\"a\" 1}", 5, 6},
                 {"1e999", 0, 5},
                 {"[1", 2, 2},
                 {"\"abc\\", 0, 5},
                 {"'a'", 0, 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct zpl_json *v = NULL;
        size_t offset = SIZE_MAX;
        enum zpl_err err = zpl_json_parse(CASES[i].text, strlen(CASES[i].text), &v, &offset);
        if (err != ZPL_ERR_INPUT || offset < CASES[i].from || offset > CASES[i].to || v)
            fail_msg("%s: %d at %zu", CASES[i].text, err, offset);
    }
}

/* `depth` arrays inside each other. */
static enum zpl_err parse_nested(size_t depth, struct zpl_json **out, size_t *offset)
{
    struct zpl_buf text = {0};
    zpl_buf_repeat(&text, '[', depth);
    zpl_buf_repeat(&text, ']', depth);
    enum zpl_err err = zpl_json_parse(text.data, text.len, out, offset);
    zpl_buf_release(&text);
    return err;
}

static void the_depth_is_limited(void **state)
{
    (void)state;
    struct zpl_json *v = NULL;
    struct zpl_buf out = {0};
    size_t offset = 0;
    assert_int_equal(parse_nested(ZPL_JSON_DEPTH_MAX, &v, &offset), ZPL_OK);
    assert_int_equal(zpl_json_write(v, false, &out), ZPL_OK);
    struct zpl_json *outer = zpl_json_array();
    assert_true(zpl_json_add_take(outer, v));
    assert_int_equal(zpl_json_write(outer, false, &out), ZPL_ERR_LIMIT);
    zpl_json_release(outer);
    assert_int_equal(parse_nested(ZPL_JSON_DEPTH_MAX + 1, &v, &offset), ZPL_ERR_LIMIT);
    assert_int_equal(offset, ZPL_JSON_DEPTH_MAX);
    assert_int_equal(parse_nested(1000000, &v, &offset), ZPL_ERR_LIMIT);
    /* Brackets in strings don't count. */
    zpl_buf_clear(&out);
    zpl_buf_puts(&out, "[\"\\\"");
    zpl_buf_repeat(&out, '[', 1000);
    zpl_buf_puts(&out, "\"]");
    assert_int_equal(zpl_json_parse(out.data, out.len, &v, NULL), ZPL_OK);
    zpl_json_release(v);
    zpl_buf_release(&out);
}

static void what_could_not_be_built_is_not_written(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    assert_null(zpl_json_string("\xFF"));
    assert_int_equal(zpl_json_write(NULL, false, &out), ZPL_ERR_NOMEM);
    struct zpl_json *o = zpl_json_object(), *inner = zpl_json_array();
    assert_false(zpl_json_add_take(inner, NULL));
    assert_true(zpl_json_set_take(o, "inner", inner));
    assert_int_equal(zpl_json_write(o, false, &out), ZPL_ERR_NOMEM);
    zpl_json_release(o);
    o = zpl_json_object();
    assert_false(zpl_json_set_take(o, "\xC0", zpl_json_int(1)));
    assert_int_equal(zpl_json_write(o, false, &out), ZPL_ERR_NOMEM);
    zpl_json_release(o);
    assert_false(zpl_json_set_take(NULL, "a", zpl_json_int(1)));
    struct zpl_buf small = {.cap = 3};
    struct zpl_json *s = zpl_json_string("long");
    assert_int_equal(zpl_json_write(s, false, &small), ZPL_ERR_LIMIT);
    zpl_json_release(s);
    zpl_buf_release(&small);
    zpl_buf_release(&out);
}

/* Builds without looking at a single result, as builders do. */
static enum zpl_err build_and_write(struct zpl_buf *out)
{
    struct zpl_json *o = zpl_json_object(), *a = zpl_json_array();
    for (int i = 0; i < 9; i++) {
        struct zpl_json *item = zpl_json_object();
        zpl_json_set_take(item, "name", zpl_json_string("value"));
        zpl_json_set_take(item, "at", zpl_json_int(i));
        zpl_json_add_take(a, item);
    }
    zpl_json_set_take(o, "list", a);
    zpl_json_set_take(o, "half", zpl_json_real(0.5));
    enum zpl_err err = zpl_json_write(o, false, out);
    zpl_json_release(o);
    return err;
}

static void failing_allocations_while_building(void **state)
{
    (void)state;
    struct zpl_buf whole = {0};
    assert_int_equal(build_and_write(&whole), ZPL_OK);
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct zpl_buf out = {0};
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        enum zpl_err err = build_and_write(&out);
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(err, failed ? ZPL_ERR_NOMEM : ZPL_OK);
        if (!failed)
            assert_string_equal(out.data, whole.data);
        assert_true(n < 1000);
        zpl_buf_release(&out);
    }
    zpl_buf_release(&whole);
}

static void failing_allocations_while_parsing(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"a\":100000000000000000000,\"b\":[1,2.5,\"text é\",null,"
                               "{\"x\":{}}],\"c\":[[],[true]]}";
    struct zpl_buf out = {0};
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct zpl_json *v = NULL;
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        enum zpl_err err = zpl_json_parse(TEXT, sizeof TEXT - 1, &v, NULL);
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        if (err != (failed ? ZPL_ERR_NOMEM : ZPL_OK) || failed != !v)
            fail_msg("allocation %ld: %d", n, err);
        if (!failed)
            assert_string_equal(text_of(&out, v, false), TEXT);
        assert_true(n < 1000);
    }
    assert_true(out.len > 0);
    zpl_buf_release(&out);
}

/* Bytes of every kind around the places where eight are looked at together. */
static void strings_are_written_whole_wherever_an_escape_stands(void **state)
{
    (void)state;
    static const char *const ODD[] = {"\"", "\\", "\n", "\x01", "\x1f", "\x7f", "é", "€", "😀", " "};
    static const char *const SHOWN[] = {"\\\"", "\\\\", "\\n", "\\u0001", "\\u001f",
                                        "\x7f", "é",    "€",   "😀",       " "};
    struct zpl_buf out = {0}, s = {0}, wanted = {0};
    for (size_t odd = 0; odd < sizeof ODD / sizeof *ODD; odd++) {
        for (size_t len = 0; len < 40; len++) {
            zpl_buf_clear(&s);
            zpl_buf_clear(&wanted);
            zpl_buf_putc(&wanted, '"');
            for (size_t i = 0; i <= len; i++) {
                bool here = i == len / 2 || i == len;
                zpl_buf_puts(&s, here ? ODD[odd] : "x");
                zpl_buf_puts(&wanted, here ? SHOWN[odd] : "x");
            }
            zpl_buf_putc(&wanted, '"');
            assert_string_equal(text_of(&out, zpl_json_string(zpl_buf_str(&s)), false),
                                zpl_buf_str(&wanted));
        }
    }
    zpl_buf_release(&out);
    zpl_buf_release(&s);
    zpl_buf_release(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_built_tree_is_written_sorted),
        cmocka_unit_test(keys_are_sorted_by_utf16),
        cmocka_unit_test(strings_are_escaped_as_the_standard_says),
        cmocka_unit_test(integers_keep_64_bits),
        cmocka_unit_test(reals_are_shortest),
        cmocka_unit_test(reals_are_laid_out_as_ecmascript_does),
        cmocka_unit_test(members_are_visited_in_order),
        cmocka_unit_test(absent_and_other_kinds_read_as_the_default),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(the_depth_is_limited),
        cmocka_unit_test(strings_are_written_whole_wherever_an_escape_stands),
        cmocka_unit_test(what_could_not_be_built_is_not_written),
        cmocka_unit_test(failing_allocations_while_building),
        cmocka_unit_test(failing_allocations_while_parsing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
