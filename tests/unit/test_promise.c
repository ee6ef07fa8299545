/* test_promise.c - which rules of a column a type promises, and which are left to be held at an edge. */
#include "tests/unit/checking.h"

/* The text of what is left, "" for nothing. */
static void leaves(const char *have, const char *want, const char *left)
{
    struct bench b;
    bench_start(&b);
    const struct zpl_type *type =
        zpl_type_unpromised(have ? type_of(&b, have) : NULL, type_of(&b, want), &b.graph.arena);
    const char *text = type ? text_of(&b, type) : "";
    if (strcmp(text, left) != 0)
        fail_msg("%s for %s leaves '%s', not '%s'", have ? have : "nothing", want, text, left);
    if (type) /* it travels as text */
        assert_string_equal(text_of(&b, type_of(&b, text)), left);
    bench_end(&b);
}

static void a_promise_that_implies_a_rule_is_enough(void **state)
{
    (void)state;
    leaves("Int 0..", "Int 0..", "");
    leaves("Int 0..", "Int -5..", "");
    leaves("Int 0..", "Int 1..", "Int 1..");
    leaves("Int 0..9", "Int 0..5", "Int ..5");
    leaves("Int 0..", "Float -0.5..", "");
    leaves("Int 0..", "Float 0.5..", "Float 0.5..");
    leaves("Float 0..1", "Float 0..1", "");
    leaves("Int one_of {1, 2}", "Int 0..2", "");
    leaves("Int one_of {1, 2}", "Int one_of {3, 2, 1}", "");
    leaves("Int one_of {1, 4}", "Int one_of {3, 2, 1}", "Int one_of { 3, 2, 1 }");
    leaves("Int 1..2", "Int one_of {1, 2}", "Int one_of { 1, 2 }");
    leaves("String match \"^a\"", "String match \"^a\"", "");
    leaves("String match \"^ab\"", "String match \"^a\"", "String match \"^a\"");
    leaves("String one_of {\"ab\", \"ac\"}", "String match \"^a\"", "");
    leaves("Enum {\"ab\", \"ac\"}", "String match \"^a\" one_of {\"ab\", \"ac\", \"x\"}", "");
    leaves("Enum {\"ab\", \"b\"}", "String match \"^a\"", "String match \"^a\"");
    leaves("Date \"2024-02-01\"..", "Date \"2023-12-31\"..", "");
    leaves("Timestamp ..\"2024-01-01 12:00:00\"", "Timestamp ..\"2024-01-01T13:00+01:00\"", "");
    leaves("Timestamp ..\"2024-01-01 12:00:01\"", "Timestamp ..\"2024-01-01T13:00+01:00\"",
           "Timestamp ..\"2024-01-01T13:00+01:00\"");
    leaves("Int required", "Int required", "");
    leaves("Int", "Int required unique hindsight", "Int unique required");
    leaves("Int unique", "Int required unique", "Int required");
    leaves("Int 0.. default 3", "Int default 4", "");
}

static void an_enum_promises_its_values(void **state)
{
    (void)state;
    leaves("Enum {\"a\"}", "Enum {\"b\", \"a\"}", "");
    leaves("Enum {\"a\"}", "Enum {\"b\", \"a\"} required", "String required");
    leaves("Enum", "Enum {\"b\", \"a\"}", "Enum {\"b\", \"a\"}");
    leaves("Enum {\"a\"}", "Class required", "Class required");
}

static void nothing_known_promises_nothing(void **state)
{
    (void)state;
    leaves(NULL, "Int", "");
    leaves(NULL, "Int 0.. required", "Int 0.. required");
    leaves(NULL, "Enum {\"a\"}", "Enum {\"a\"}");
    leaves("Unknown", "Int 0.. required", "");
}

static void lists_promise_for_their_items(void **state)
{
    (void)state;
    leaves("List(Int 0..)", "List(Int -1..)", "");
    leaves("List(Int)", "List(Int -1..)", "List(Int -1..)");
    leaves("List(Int)", "List(Int -1..) required", "List(Int -1..) required");
    leaves("List(Int 0..)", "List(Int -1..) required", "List(Int) required");
}

static const struct zpl_step_info need = {
    .name = "need",
    .kernel = "lua",
    .signature = "(rows: Table {a: Int 0.. required, l: String match \"^x\", ...r}, l: column l, "
                 "more?: Table {a: Int}) -> (rows: Table {a: Int 0.., l: String, ...r})"};

static const char *wants_of(struct bench *b, const char *name)
{
    const struct zpl_argument *argument = zpl_node_argument(made(b), name);
    return argument && argument->wants ? text_of(b, argument->wants) : "";
}

static void an_edge_wants_what_its_maker_does_not_promise(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    define(&b, "t", "Table {z: Int, a: Int 5..9, name: String}");
    checks_as(&b, &need, "need { t, l = \"name\", more = t }", "out");
    assert_string_equal(wants_of(&b, "rows"),
                        "Table {a: Int required, name: String match \"^x\", ...}");
    assert_string_equal(wants_of(&b, "more"), "");
    /* what came out promises only what its type says */
    checks_as(&b, &need, "need { out, l = \"name\" }", NULL);
    assert_string_equal(wants_of(&b, "rows"),
                        "Table {a: Int required, name: String match \"^x\", ...}");
    define(&b, "u", "Table {a: Int 0.. required, name: String match \"^x\"}");
    checks_as(&b, &need, "need { u, l = \"name\" }", NULL);
    assert_string_equal(wants_of(&b, "rows"), "");
    bench_end(&b);
}

static void every_alternative_has_to_promise(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    define(&b, "t", "Table {a: Int 0.. required, name: String match \"^x\"}");
    define(&b, "u", "Table {a: Int 3.. required, name: String match \"^x\"}");
    define(&b, "v", "Table {a: Int 0.., name: String match \"^x\"}");
    const struct zpl_value *items[3];
    for (size_t i = 0; i < 3; i++)
        items[i] = b.names[i].value;
    name_value(&b, "good",
               zpl_value_pick(&b.graph.arena, ZPL_PICK_COALESCE, items, NULL, 2, items[0]->type));
    name_value(&b, "bad",
               zpl_value_pick(&b.graph.arena, ZPL_PICK_COALESCE, items, NULL, 3, items[0]->type));
    checks_as(&b, &need, "need { good, l = \"name\" }", NULL);
    assert_string_equal(wants_of(&b, "rows"), "");
    checks_as(&b, &need, "need { bad, l = \"name\" }", NULL);
    assert_string_equal(wants_of(&b, "rows"), "Table {a: Int 0.. required, ...}");
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_promise_that_implies_a_rule_is_enough),
        cmocka_unit_test(an_enum_promises_its_values),
        cmocka_unit_test(nothing_known_promises_nothing),
        cmocka_unit_test(lists_promise_for_their_items),
        cmocka_unit_test(an_edge_wants_what_its_maker_does_not_promise),
        cmocka_unit_test(every_alternative_has_to_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
