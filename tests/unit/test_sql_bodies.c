/* test_sql_bodies.c - steps with an sql body: what their query sees, what their result is held to, and
 * their check where they are declared. */
#include "tests/unit/oracle.h"

static enum zpl_err named(struct bench *b, const struct zpl_step_info *step, const char *body,
                          const char *text)
{
    read_call(b, step, text);
    b->call.body = body;
    return zpl_check_call(&b->checker, &b->call, &b->node);
}

static void a_named_query_sees_its_declared_inputs(void **state)
{
    (void)state;
    static const struct zpl_step_info late = {
        .name = "late",
        .signature = "(rows: Table {delay: Int, date: Timestamp}, extra: Table {seats: Int, ...}, "
                     "minutes: Int 0.. = 15, unused: Bool = true) -> "
                     "(rows: Table {late: Bool required})",
        .kernel = "sql"};
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {late: Bool}");
    o.reads[0] = "*";
    o.reads[1] = "tail";
    o.params[0] = "minutes";
    assert_int_equal(named(&b, &late, "SELECT …", "late { flights, planes }"), ZPL_OK);
    assert_string_equal(o.request, "rows(delay date) extra(tail seats) $minutes:Int $unused:Bool "
                                   "| SELECT …");
    assert_string_equal(reads_of(&b, "rows"), "delay, date");
    assert_string_equal(reads_of(&b, "extra"), "tail");
    assert_non_null(zpl_node_argument(made(&b), "$minutes"));
    assert_null(zpl_node_argument(made(&b), "$unused"));
    assert_string_equal(made(&b)->identity, IDENTITY);
    assert_output(&b, 0, "Table {late: Bool required}");
    bench_end(&b);
    start(&b, &o, "Table {late: Bool, more: Int}");
    assert_int_equal(named(&b, &late, "SELECT …", "late { flights, planes }"), ZPL_ERR_CHECK);
    helped(told(&b, ZPL_CODE_SQL_BIND, "late", "column 'more' is not declared by output 'rows'"),
           "declare it");
    bench_end(&b);
}

/* Checks a body where it is declared; true when a mistake was told. */
static bool declared(struct bench *b, const char *signature, const char *body)
{
    struct zpl_step_info *step = zpl_arena_alloc(&b->graph.arena, sizeof *step);
    bool wrong = false;
    *step = (struct zpl_step_info){.name = "mine", .signature = signature, .kernel = "sql"};
    b->call = (struct zpl_call){.step = step, .body = body};
    assert_int_equal(zpl_check_declared(&b->checker, &b->call, &wrong), ZPL_OK);
    assert_int_equal(b->graph.count, 2); /* flights and planes: a declaration makes no node */
    return wrong;
}

static void a_body_is_checked_where_it_is_declared(void **state)
{
    (void)state;
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {late: Bool}");
    assert_false(declared(&b,
                          "(rows: Table {a: Int}, n?: Int = 3, of: List(String)) -> "
                          "(out: Table {late: Bool})",
                          "SELECT"));
    assert_string_equal(o.request, "rows(a) $n:Int | SELECT");
    assert_int_equal(o.asked, 1);
    assert_true(declared(&b, "(rows: Table {a: Int}) -> (out: Table {late: Int})", "SELECT"));
    told(&b, ZPL_CODE_SQL_BIND, "", "column 'late' is Bool, wanted Int");
    o.asked = 0;
    static const char *const open[] = {
        "(rows: Table {a: Int, ...}) -> (out: Table {late: Bool})",
        "(rows: Table {...r}) -> (out: Table {...r})",
        "(rows: Table {a: y}) -> (out: Table {late: Bool, a: y})",
        "(rows: Table {l: Int}, label: column l) -> (out: Table {late: Bool})",
        "(rows: Table {a: Number}) -> (out: Table {late: Bool})"};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        assert_false(declared(&b, open[i], "SELECT"));
    assert_int_equal(o.asked, 0);
    bench_end(&b);
}

static void a_named_query_is_held_to_its_output(void **state)
{
    (void)state;
    static const struct zpl_step_info late = {
        .name = "late",
        .signature = "(rows: Table {...r}) -> (rows: Table {...r, late: Bool})",
        .kernel = "sql"};
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {tail: String, seats: Int, late: Int}");
    o.reads[0] = "*";
    static const char program[] = "sql SELECT *";
    assert_int_equal(named(&b, &late, program + 4, "late { planes }"), ZPL_ERR_CHECK);
    const struct zpl_diag *d = told(&b, ZPL_CODE_SQL_BIND, "late",
                                    "is not the declared 'rows': column 'late' is Int, wanted "
                                    "Bool");
    noted(&b, d, "", "'result' has tail, seats, late");
    bench_end(&b);
    start(&b, &o, "Table {seats: Int, late: Bool}");
    o.reads[0] = "*";
    assert_int_equal(named(&b, &late, "SELECT *", "late { planes }"), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_SQL_BIND, "late", "it has no column 'tail'");
    bench_end(&b);
}

static void wrong_arguments_of_a_named_query_are_told_first(void **state)
{
    (void)state;
    static const struct zpl_step_info late = {.name = "late",
                                              .signature = "(rows: Table {gone: Int}) -> "
                                                           "(rows: Table {...})",
                                              .kernel = "sql"};
    struct bench b;
    struct oracle o;
    start(&b, &o, "Table {x: Int}");
    assert_int_equal(named(&b, &late, "SELECT 1", "late { flights }"), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_UNKNOWN_COLUMN, "flights", "late needs column 'gone'");
    assert_int_equal(o.asked, 0);
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_named_query_sees_its_declared_inputs),
        cmocka_unit_test(a_body_is_checked_where_it_is_declared),
        cmocka_unit_test(a_named_query_is_held_to_its_output),
        cmocka_unit_test(wrong_arguments_of_a_named_query_are_told_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
