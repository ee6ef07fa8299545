/* test_signature.c - signatures: what they say, their canonical text, their mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/types/signature.h"

static const struct zpl_signature *parsed(const char *text, struct zpl_arena *arena)
{
    const struct zpl_signature *signature;
    struct zpl_signature_error error;
    if (zpl_signature_parse(text, arena, &signature, &error))
        fail_msg("%s: %s at %zu", text, error.message, error.offset);
    return signature;
}

static const char *shown(const struct zpl_signature *signature, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    zpl_signature_show(signature, &text);
    const char *copy = zpl_arena_strndup(arena, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    return copy;
}

static void fields_hold_what_was_written(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    const struct zpl_signature *s =
        parsed("(rows: Table {l: y, ...f}, label: column l, features?: columns f, "
               "eta: Float 0..1 = 1, seed: Int = 7, type?: type t) -> "
               "(model: Model {xgboost, features: f, label: l: y}, again: t) "
               "disjoint where f: Number, y: Class",
               &arena);
    assert_int_equal(s->input_count, 6);
    assert_int_equal(s->output_count, 2);
    assert_true(s->disjoint);
    assert_false(s->effect);
    const struct zpl_type *rows = s->inputs[0].type;
    assert_int_equal(rows->row->count, 2);
    assert_int_equal(rows->row->columns[0].type->kind, ZPL_VAR);
    assert_null(rows->row->columns[1].type);
    assert_string_equal(rows->row->columns[1].name, "f");
    assert_int_equal(s->inputs[1].type->kind, ZPL_COLUMN_OF);
    assert_false(s->inputs[1].optional);
    assert_int_equal(s->inputs[2].type->kind, ZPL_COLUMNS_OF);
    assert_true(s->inputs[2].optional);
    assert_null(s->inputs[2].fallback);
    assert_true(s->inputs[3].optional);
    assert_int_equal(s->inputs[3].fallback->kind, ZPL_LIT_FLOAT);
    assert_true(s->inputs[3].fallback->as.f == 1.0);
    assert_int_equal(s->inputs[3].type->refine->max->kind, ZPL_LIT_FLOAT);
    const struct zpl_type *model = s->outputs[0].type;
    assert_string_equal(model->framework, "xgboost");
    assert_true(model->label_is_var);
    assert_int_equal(s->where_count, 2);
    assert_string_equal(s->where[1].var, "y");
    assert_ptr_equal(zpl_signature_input(s, "seed"), &s->inputs[4]);
    assert_null(zpl_signature_input(s, "sed"));
    zpl_arena_release(&arena);
}

static void a_label_is_a_variable_or_a_name(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    const struct zpl_signature *s =
        parsed("(model: Model {label: l: Bool}) -> (m: Model {label: l})", &arena);
    assert_true(s->inputs[0].type->label_is_var);
    assert_true(s->outputs[0].type->label_is_var);
    s = parsed("(model: Model {label: \"l\": Bool}) -> (m: Model {label: l})", &arena);
    assert_false(s->inputs[0].type->label_is_var);
    assert_false(s->outputs[0].type->label_is_var);
    s = parsed("(t: Table {y: Bool, ...f}) -> (m: Model {features: f, label: y})", &arena);
    assert_false(s->outputs[0].type->label_is_var);
    zpl_arena_release(&arena);
}

static void listed_columns_are_a_row_variable(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    const struct zpl_signature *s =
        parsed("(left: Table {k, ...a}, right: Table {k, j}, on: columns k) -> "
               "(rows: Table {k, ...a})",
               &arena);
    assert_null(s->inputs[0].type->row->columns[0].type);
    assert_null(s->inputs[1].type->row->columns[0].type);
    assert_int_equal(s->inputs[1].type->row->columns[1].type->kind, ZPL_ANY);
    zpl_arena_release(&arena);
}

static void texts_are_canonical(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"(a:Int=3,b ?: Float)->(r :Report{x:Float})disjoint",
         "(a: Int = 3, b?: Float) -> (r: Report {x: Float}) disjoint"},
        {"(model: Model, name: String) effect", "(model: Model, name: String) effect"},
        {"()", "()"},
        {"() -> (t: Table r)", "() -> (t: Table {...r})"},
        {"(t: Table {...f}) -> (t: Table {...f}) effect disjoint where f: Number, f: Any",
         "(t: Table {...f}) -> (t: Table {...f}) disjoint effect where f: Number, f: Any"},
        {"(m: Model {features: f, label: l: y}) -> (m: Model {label: x})",
         "(m: Model {features: f, label: l: y}) -> (m: Model {label: \"x\"})"},
        {"(p?: Path = \"a.csv\", s: Step \"(a: Int)\")",
         "(p: Path = Path \"a.csv\", s: Step \"(a: Int)\")"},
        {"(h: Json = { a = 1, b = { } })", "(h: Json = { a = 1, b = {} })"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct zpl_arena arena = {0};
        const char *text = shown(parsed(pairs[i][0], &arena), &arena);
        assert_string_equal(text, pairs[i][1]);
        assert_string_equal(shown(parsed(text, &arena), &arena), text);
        zpl_arena_release(&arena);
    }
}

static void mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *at, *words;
    } cases[] = {
        {"", "", "expected '(' at the end"},
        {"(a Int)", "Int)", "expected ':' before 'Int'"},
        {"(a: Int, a: Int)", "a: Int)", "'a' stands here twice"},
        {"(a: Int) -> (b: Table {y: y})", "y})",
         "no input has the type variable 'y'; types are Int, Float, String …"},
        {"(a: Int) -> (b: List(x))", "x",
         "no input has the type variable 'x'; types are Int, Float, String …"},
        {"(a: Int) => (b: Int)", "=", "outputs stand behind '->'"},
        {"(a: Int) -> Table {b: Int}", "Table",
         "outputs stand in parentheses with their names: -> (rows: Table …)"},
        {"(a: Int 0..5 = 7)", "7)", "the default is above the maximum 5"},
        {"(a: Int = \"x\")", "\"x\")", "the default is not a whole number"},
        {"(a: Tensor \"f32[3]\")", "\"f32[3]\"", "without quotes: f32[3]"},
        {"(a: Table {x: \"Tensor f32[3]\"})", "\"Tensor", "without quotes: Tensor f32[3]"},
        {"(a: Model {\"xgboost\"})", "\"xgboost\"", "without quotes: xgboost"},
        {"(a: Int) -> (b: Int) sideways", "sideways", "expected 'where'"},
        {"(t: Table {...f}) -> (u: Table {...f}) where g: Number",
         "g:", "no input has a variable 'g'"},
        {"(t: Table {...a, ...b})", "(t", "nothing tells which columns of 't'"},
        {"(t: Table {...a, ...b}, c?: columns a)", "(t", "nothing tells"},
        {"(t: Table {...a, ...b}, u: Table {...a, ...b})", "(t", "nothing tells"},
        {"(a.b: Int)", "a.b", "can't name"},
        {"(a: Int) -> (b: Int) -> (c: Int)", "-> (c", "expected 'where'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_arena arena = {0};
        const struct zpl_signature *signature;
        struct zpl_signature_error error;
        if (zpl_signature_parse(cases[i].text, &arena, &signature, &error) != ZPL_ERR_INPUT)
            fail_msg("%s was read", cases[i].text);
        if (!strstr(error.message, cases[i].words) ||
            strncmp(cases[i].text + error.offset, cases[i].at, strlen(cases[i].at)) != 0)
            fail_msg("%s: %s at %zu", cases[i].text, error.message, error.offset);
        zpl_arena_release(&arena);
    }
}

static void variables_that_others_tell_apart_are_fine(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "(current: Table {...r, ...s}, reference: Table {...r})",
        "(t: Table {...a, ...b}, c: columns a)",
        "(m: Model {features: f}, t: Table {...f, ...r})",
        "(t: Table {...f, ...r}, m: Model {features: f})",
        "(type: type t, rows: Table {...t, ...r})",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct zpl_arena arena = {0};
        parsed(texts[i], &arena);
        zpl_arena_release(&arena);
    }
}

/* Any prefix, and any text with one byte changed, is read or refused with a place in the text. */
static void damaged_texts_are_refused_in_order(void **state)
{
    (void)state;
    static const char whole[] =
        "(train: Table {l: y, \"b c\": Int required, ...f}, label: column l, features?: columns f, "
        "rounds: Int 1..5000 = 100, eta: Float 0..1 = 0.3, e: Enum {\"a\"} = \"a\") -> "
        "(model: Model {xgboost, features: f, label: l: y}) disjoint where f: Number";
    static const char bytes[] = "(){}[],:?=-./\"\\x1.\n\xe2…";
    uint64_t seed = 5;
    for (size_t i = 0; i < 20000; i++) {
        struct zpl_arena arena = {0};
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = (size_t)(seed >> 33) % (sizeof whole - 1);
        if (i < sizeof whole)
            text[i] = '\0';
        else
            text[at] = bytes[(seed >> 20) % (sizeof bytes - 1)];
        const struct zpl_signature *signature;
        struct zpl_signature_error error;
        enum zpl_err err = zpl_signature_parse(text, &arena, &signature, &error);
        if (err) {
            assert_int_equal(err, ZPL_ERR_INPUT);
            assert_non_null(error.message);
            assert_true(error.offset + error.length <= strlen(text));
        } else {
            const char *canonical = shown(signature, &arena);
            assert_string_equal(shown(parsed(canonical, &arena), &arena), canonical);
        }
        zpl_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_hold_what_was_written),
        cmocka_unit_test(a_label_is_a_variable_or_a_name),
        cmocka_unit_test(listed_columns_are_a_row_variable),
        cmocka_unit_test(texts_are_canonical),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(variables_that_others_tell_apart_are_fine),
        cmocka_unit_test(damaged_texts_are_refused_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
