/* test_literal.c - literals: equality, as a program writes them, as JSON and back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/types/literal.h"
#include "lang/types/signature.h"

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static const char *shown(const struct zpl_literal *v, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    zpl_literal_show(v, &text);
    const char *copy = zpl_arena_strndup(arena, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    return copy;
}

static const struct zpl_literal *parsed(const char *text, struct zpl_arena *arena)
{
    const struct zpl_signature *signature;
    struct zpl_signature_error error;
    const char *line = zpl_arena_printf(arena, "(x: Any = %s)", text);
    if (zpl_signature_parse(line, arena, &signature, &error))
        fail_msg("%s: %s", line, error.message);
    return signature->inputs[0].fallback;
}

static const struct zpl_literal *through_json(const struct zpl_literal *v, struct zpl_arena *arena)
{
    struct zpl_json *json = zpl_literal_json(v), *again = NULL;
    struct zpl_buf text = {0};
    assert_int_equal(zpl_json_write(json, false, &text), ZPL_OK);
    assert_int_equal(zpl_json_parse(zpl_buf_str(&text), text.len, &again, NULL), ZPL_OK);
    const struct zpl_literal *back = zpl_literal_from_json(again, arena);
    zpl_json_release(json);
    zpl_json_release(again);
    zpl_buf_release(&text);
    return back;
}

static void literals_read_as_a_program_writes_them(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    static const char *const same[] = {"15",
                                       "-9223372036854775808",
                                       "0.6",
                                       "2.0",
                                       "\"late\"",
                                       "true",
                                       "nil",
                                       "Path \"data/x.csv\"",
                                       "{ \"a\", \"b\" }",
                                       "{ a = 1, [\"b c\"] = { 2.5 } }",
                                       "math.huge",
                                       "-math.huge",
                                       "0/0",
                                       "{}",
                                       "\"q\\\"\\\\\\n\\x00\\xff\"",
                                       "Table {a: Int, ...}"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(shown(parsed(same[i], &arena), &arena), same[i]);
    zpl_arena_release(&arena);
}

static void equal_means_to_the_byte(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    assert_true(zpl_literal_equal(zpl_literal_float(&arena, NAN), zpl_literal_float(&arena, NAN)));
    assert_false(
        zpl_literal_equal(zpl_literal_float(&arena, 0.0), zpl_literal_float(&arena, -0.0)));
    assert_false(zpl_literal_equal(zpl_literal_int(&arena, 1), zpl_literal_float(&arena, 1)));
    assert_false(zpl_literal_equal(zpl_literal_string(&arena, "a\0b", 3),
                                   zpl_literal_string(&arena, "a\0c", 3)));
    assert_false(
        zpl_literal_equal(zpl_literal_string(&arena, "a", 1), zpl_literal_path(&arena, "a", 1)));
    assert_false(
        zpl_literal_equal(parsed("{ a = 1, b = 2 }", &arena), parsed("{ b = 2, a = 1 }", &arena)));
    assert_true(zpl_literal_equal(zpl_literal_null(), zpl_literal_null()));
    zpl_arena_release(&arena);
}

static const struct zpl_literal *random_literal(struct zpl_arena *arena, uint64_t *seed, int depth)
{
    static const double doubles[] = {
        0.0,      -0.0,      1.0, -2.5, 1e300, 1e-300, 0.1, 1e21, 9007199254740993.0,
        INFINITY, -INFINITY, NAN};
    char bytes[12];
    size_t n = random_bits(seed) % sizeof bytes;
    for (size_t i = 0; i < n; i++)
        bytes[i] =
            (char)(random_bits(seed) % 4 ? 'a' + random_bits(seed) % 26 : random_bits(seed) % 256);
    switch (random_bits(seed) % (depth > 0 ? 9 : 6)) {
    case 0:
        return zpl_literal_null();
    case 1:
        return zpl_literal_bool(arena, random_bits(seed) % 2);
    case 2:
        return zpl_literal_int(arena, (int64_t)random_bits(seed) >> (random_bits(seed) % 63));
    case 3:
        return zpl_literal_float(arena,
                                 doubles[random_bits(seed) % (sizeof doubles / sizeof *doubles)]);
    case 4:
        return zpl_literal_string(arena, bytes, n);
    case 5:
        return zpl_literal_path(arena, bytes, n);
    default:
        break;
    }
    size_t count = 1 + random_bits(seed) % 3;
    const struct zpl_literal **items = zpl_arena_array(arena, count, sizeof *items);
    const char **keys = zpl_arena_array(arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        items[i] = random_literal(arena, seed, depth - 1);
        keys[i] = zpl_arena_printf(arena, random_bits(seed) % 2 ? "k%zu" : "k \xff%zu", i);
    }
    return random_bits(seed) % 2 ? zpl_literal_list(arena, items, count)
                                 : zpl_literal_record(arena, items, keys, count);
}

/* What is written, as text or as JSON, reads back as the very same value. */
static void any_literal_survives_text_and_json(void **state)
{
    (void)state;
    uint64_t seed = 20240229;
    for (int i = 0; i < 5000; i++) {
        struct zpl_arena arena = {0};
        const struct zpl_literal *v = random_literal(&arena, &seed, 3);
        const char *text = shown(v, &arena);
        if (!zpl_literal_equal(parsed(text, &arena), v))
            fail_msg("text: %s", text);
        const struct zpl_literal *back = through_json(v, &arena);
        if (!back || !zpl_literal_equal(back, v))
            fail_msg("json: %s", text);
        zpl_arena_release(&arena);
    }
}

static void malformed_json_is_no_literal(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"float\":\"x\"}",
                                        "{\"float\":\"\"}",
                                        "{\"bytes\":\"0\"}",
                                        "{\"bytes\":\"zz\"}",
                                        "{\"record\":[[\"a\"]]}",
                                        "{\"record\":{}}",
                                        "{\"type\":\"Tabel\"}",
                                        "{\"a\":1}",
                                        "{}",
                                        "{\"path\":1}",
                                        "[1,{}]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct zpl_arena arena = {0};
        struct zpl_json *json = NULL;
        assert_int_equal(zpl_json_parse(texts[i], strlen(texts[i]), &json, NULL), ZPL_OK);
        if (zpl_literal_from_json(json, &arena))
            fail_msg("%s was read", texts[i]);
        zpl_json_release(json);
        zpl_arena_release(&arena);
    }
}

/* What steps made is plain JSON; its type tells Floats from Ints, at any depth. */
static void stored_values_are_read_by_their_type(void **state)
{
    (void)state;
    static const struct {
        const char *type, *json, *literal;
    } cases[] = {{"Float", "2", "2.0"},
                 {"Int", "2", "2"},
                 {"List(Float)", "[1,2.5]", "{ 1.0, 2.5 }"},
                 {"Report {a: Float, b: Int}", "{\"a\":1,\"b\":2}", "{ a = 1.0, b = 2 }"},
                 {"List(Record {deep: Record {z: Float}})", "[{\"deep\":{\"z\":3}}]",
                  "{ { deep = { z = 3.0 } } }"},
                 {"Json", "{\"record\":[1]}", "{ record = { 1 } }"},
                 {"Json", "{\"float\":\"2\",\"x\":null}", "{ float = \"2\", x = nil }"},
                 {NULL, "{\"a\":1}", "{ a = 1 }"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_arena arena = {0};
        struct zpl_json *json = NULL;
        const struct zpl_type *type = NULL;
        struct zpl_signature_error error;
        if (cases[i].type)
            assert_int_equal(zpl_type_parse(cases[i].type, &arena, &type, &error), ZPL_OK);
        assert_int_equal(zpl_json_parse(cases[i].json, strlen(cases[i].json), &json, NULL), ZPL_OK);
        const struct zpl_literal *v = zpl_literal_of_json(json, type, &arena);
        assert_non_null(v);
        assert_string_equal(shown(v, &arena), cases[i].literal);
        zpl_json_release(json);
        zpl_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_read_as_a_program_writes_them),
        cmocka_unit_test(equal_means_to_the_byte),
        cmocka_unit_test(any_literal_survives_text_and_json),
        cmocka_unit_test(malformed_json_is_no_literal),
        cmocka_unit_test(stored_values_are_read_by_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
