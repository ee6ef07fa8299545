/* test_contract.c - rows held to the types of their columns: every rule on every type, nulls, NaN, no
 * rows at all, many broken rules, names that need quoting, wide and long tables. */
#include "tests/unit/stdlib_fixture.h"

#include <unistd.h>
#include "stdlib/table/contract.h"

/* Holds file 0 to the type; what is told is kept in the fixture. */
static enum zpl_err hold(const char *type)
{
    const struct zpl_contract contract = {
        .whose = "T", .note = "made by M", .path = f.paths[0], .row = type_of(type)->row};
    zpl_diags_clear(&f.diags);
    return zpl_contract_check(&f.duck, &contract, &f.arena, &f.diags);
}

static enum zpl_err hold_rows(const char *query, const char *type)
{
    fixture_table(&f, 0, query);
    return hold(type);
}

static void keeps(const char *query, const char *type)
{
    if (hold_rows(query, type) != ZPL_OK)
        fail_msg("%s on %s: %s", type, query, fixture_words(&f));
    assert_int_equal(f.diags.count, 0);
}

static void breaks(const char *query, const char *type, const char *words)
{
    assert_int_equal(hold_rows(query, type), ZPL_ERR_STEP);
    assert_int_equal(f.diags.count, 1);
    assert_int_equal(f.diags.items[0]->code, ZPL_CODE_CONTRACT);
    assert_string_equal(fixture_words(&f), words);
    assert_string_equal(f.diags.items[0]->notes->text, "made by M");
}

#define INTS "SELECT * FROM (VALUES (3::BIGINT), (NULL), (-1), (7), (3)) t(a)"

static void test_ints(void **state)
{
    (void)state;
    keeps(INTS, "Table {a: Int -1..7 one_of {-1, 3, 7}}");
    keeps(INTS, "Table {a: Int}");
    breaks(INTS, "Table {a: Int 0..}",
           "T: column 'a' is to be at least 0: 1 of 5 rows is not: row 3 has -1");
    breaks(INTS, "Table {a: Int ..2}",
           "T: column 'a' is to be at most 2: 3 of 5 rows are not: row 1 has 3, row 4 has 7, "
           "row 5 has 3");
    breaks(
        INTS, "Table {a: Int one_of {7, -1}}",
        "T: column 'a' is to be one of { 7, -1 }: 2 of 5 rows are not: row 1 has 3, row 5 has 3");
    breaks(INTS, "Table {a: Int required}",
           "T: column 'a' is required: 1 of 5 rows has none: row 2");
    breaks(INTS, "Table {a: Int unique}",
           "T: column 'a' is to be unique: 1 of 5 rows repeats a value: row 5 has 3 as row 1");
    keeps("SELECT unnest([-9223372036854775808, 9223372036854775807])::BIGINT AS a",
          "Table {a: Int -9223372036854775808..9223372036854775807}");
    breaks("SELECT unnest([-9223372036854775808, 9223372036854775807])::BIGINT AS a",
           "Table {a: Int -9223372036854775807..}",
           "T: column 'a' is to be at least -9223372036854775807: 1 of 2 rows is not: "
           "row 1 has -9223372036854775808");
}

#define FLOATS                                                                                     \
    "SELECT * FROM (VALUES (0.1::DOUBLE), ('nan'), (NULL), ('inf'), ('-inf'), (-0.0), (0.0)) t(a)"

static void test_floats(void **state)
{
    (void)state;
    breaks(FLOATS, "Table {a: Float -1e999..}",
           "T: column 'a' is to be at least -math.huge: 1 of 7 rows is not: row 2 has nan");
    breaks(FLOATS, "Table {a: Float ..1e999}",
           "T: column 'a' is to be at most math.huge: 1 of 7 rows is not: row 2 has nan");
    breaks(FLOATS, "Table {a: Float ..0.1}",
           "T: column 'a' is to be at most 0.1: 2 of 7 rows are not: row 2 has nan, row 4 has inf");
    breaks(
        FLOATS, "Table {a: Float 0..}",
        "T: column 'a' is to be at least 0.0: 2 of 7 rows are not: row 2 has nan, row 5 has -inf");
    breaks(FLOATS, "Table {a: Float one_of {0.1, 0}}",
           "T: column 'a' is to be one of { 0.1, 0.0 }: 3 of 7 rows are not: row 2 has nan, "
           "row 4 has inf, row 5 has -inf");
    breaks(FLOATS, "Table {a: Float unique}",
           "T: column 'a' is to be unique: 1 of 7 rows repeats a value: row 7 has 0.0 as row 6");
    breaks("SELECT unnest(['1.5', 'nan', '2.5', 'nan'])::DOUBLE AS a", "Table {a: Float unique}",
           "T: column 'a' is to be unique: 1 of 4 rows repeats a value: row 4 has nan as row 2");
    /* a narrower kind than was asked for */
    breaks(INTS, "Table {a: Float -0.5..}",
           "T: column 'a' is to be at least -0.5: 1 of 5 rows is not: row 3 has -1");
    keeps(INTS, "Table {a: Number -1..}");
}

#define TEXTS                                                                                      \
    "SELECT * FROM (VALUES ('abc'), (NULL), (''), ('Köln'), ('O''Brien \"x\"'), ('abc')) t(a)"

static void test_texts(void **state)
{
    (void)state;
    keeps(TEXTS, "Table {a: String one_of {\"abc\", \"\", \"Köln\", \"O'Brien \\\"x\\\"\"}}");
    keeps(TEXTS, "Table {a: String match \"^.{0,11}$\"}");
    breaks(TEXTS, "Table {a: String match \"^\\\\p{L}+$\"}",
           "T: column 'a' is to match \"^\\\\p{L}+$\": 2 of 6 rows do not: row 3 has \"\", "
           "row 5 has \"O'Brien \\\"x\\\"\"");
    /* a pattern that says what it is */
    breaks(TEXTS, "Table {a: String match \"(?#a word)^\\\\p{L}+$\"}",
           "T: column 'a' is to be a word: 2 of 6 rows are not: row 3 has \"\", "
           "row 5 has \"O'Brien \\\"x\\\"\"");
    /* what DuckDB's own patterns can't say */
    breaks(TEXTS, "Table {a: String match \"^(?!abc)\"}",
           "T: column 'a' is to match \"^(?!abc)\": 2 of 6 rows do not: row 1 has \"abc\", "
           "row 6 has \"abc\"");
    breaks(
        TEXTS, "Table {a: String unique}",
        "T: column 'a' is to be unique: 1 of 6 rows repeats a value: row 6 has \"abc\" as row 1");
    breaks(TEXTS, "Table {a: Enum {\"abc\", \"Köln\", \"\"}}",
           "T: column 'a' is to be a value of Enum {\"abc\", \"Köln\", \"\"}: 1 of 6 rows is not: "
           "row 5 has \"O'Brien \\\"x\\\"\"");
    breaks("SELECT repeat('é', 100) AS a", "Table {a: String match \"^a\"}",
           "T: column 'a' is to match \"^a\": 1 of 1 row does not: row 1 has "
           "\"éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé\"…");
    breaks("SELECT 'a' || chr(0) || 'b' AS a", "Table {a: String one_of {\"a\"}}",
           "T: column 'a' is to be one of { \"a\" }: 1 of 1 row is not: row 1 has \"a\\x00b\"");
}

static void test_a_match_that_takes_too_long_is_told(void **state)
{
    (void)state;
    assert_int_equal(
        hold_rows("SELECT repeat('a', 40) || 'b' AS a", "Table {a: String match \"^(a+)+$\"}"),
        ZPL_ERR_STEP);
    assert_string_equal(fixture_words(&f),
                        "T: column 'a' is to match \"^(a+)+$\", which takes too long on "
                        "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"");
    assert_int_equal(f.diags.items[0]->code, ZPL_CODE_CONTRACT);
}

static void test_other_types(void **state)
{
    (void)state;
    const char *dates = "SELECT unnest(['2024-02-29', '1969-12-31', '0001-01-01'])::DATE AS a";
    keeps(dates, "Table {a: Date \"0001-01-01\"..\"2024-02-29\"}");
    breaks(dates, "Table {a: Date \"1969-12-31\"..}",
           "T: column 'a' is to be at least \"1969-12-31\": 1 of 3 rows is not: "
           "row 3 has 0001-01-01");
    breaks(dates, "Table {a: Date one_of {\"2024-02-29\", \"0001-01-01\"}}",
           "T: column 'a' is to be one of { \"2024-02-29\", \"0001-01-01\" }: 1 of 3 rows is not: "
           "row 2 has 1969-12-31");
    const char *times =
        "SELECT unnest(['2024-06-01 12:00:00.000001', '2024-06-01 10:00'])::TIMESTAMP"
        " AS a";
    keeps(times,
          "Table {a: Timestamp \"2024-06-01T12:00+02:00\"..\"2024-06-01 12:00:00.000001Z\"}");
    breaks(times, "Table {a: Timestamp ..\"2024-06-01 12:00:00\"}",
           "T: column 'a' is to be at most \"2024-06-01 12:00:00\": 1 of 2 rows is not: "
           "row 1 has 2024-06-01 12:00:00.000001");
    breaks("SELECT unnest([true, NULL, false]) AS a", "Table {a: Bool one_of {true}}",
           "T: column 'a' is to be one of { true }: 1 of 3 rows is not: row 3 has false");
    breaks("SELECT unnest(['ab', 'c\\x00']::BLOB[]) AS a", "Table {a: Bytes one_of {\"ab\"}}",
           "T: column 'a' is to be one of { \"ab\" }: 1 of 2 rows is not: row 2 has \"c\\\\x00\"");
    breaks("SELECT unnest(['{\"b\": 1,\"a\":[2]}', '1', '\"1\"']) AS a",
           "Table {a: Json one_of {{a = {2}, b = 1}, \"1\"}}",
           "T: column 'a' is to be one of { { a = { 2 }, b = 1 }, \"1\" }: 1 of 3 rows is not: "
           "row 2 has \"1\"");
}

static void test_lists(void **state)
{
    (void)state;
    const char *lists = "SELECT unnest([[1, 2], [], NULL, [3, NULL, 2]])::BIGINT[] AS a";
    keeps(lists, "Table {a: List(Int 1..3)}");
    breaks(lists, "Table {a: List(Int ..2)}",
           "T: column 'a' is to be at most 2 in each item: 1 of 4 rows has one that is not: "
           "row 4 has [3, NULL, 2]");
    breaks(lists, "Table {a: List(Int required)}",
           "T: column 'a' is to have no null among its items: 1 of 4 rows has one: "
           "row 4 has [3, NULL, 2]");
    breaks(lists, "Table {a: List(Int) required}",
           "T: column 'a' is required: 1 of 4 rows has none: row 3");
    breaks(lists, "Table {a: List(Int) one_of {{1, 2}, {}}}",
           "T: column 'a' is to be one of { { 1, 2 }, {} }: 1 of 4 rows is not: "
           "row 4 has [3, NULL, 2]");
    breaks("SELECT [1]::BIGINT[] AS a", "Table {a: List(Int) one_of {{2}}}",
           "T: column 'a' is to be one of { { 2 } }: 1 of 1 row is not: row 1 has [1]");
    breaks("SELECT unnest([[1, 2], [1, 2]])::BIGINT[] AS a", "Table {a: List(Int) unique}",
           "T: column 'a' is to be unique: 1 of 2 rows repeats a value: row 2 has [1, 2] as row 1");
    breaks("SELECT [['x'], ['y']] AS a", "Table {a: List(List(String match \"x\"))}",
           "T: column 'a' is to match \"x\" in each item: 1 of 1 row has one that does not: "
           "row 1 has [[x], [y]]");
}

static void test_no_rows(void **state)
{
    (void)state;
    keeps("SELECT 1::BIGINT AS a, 'x' AS b WHERE false",
          "Table {a: Int 5..6 required unique, b: Enum {\"y\"} match \"z\" unique}");
    keeps("SELECT NULL::BIGINT AS a, NULL::VARCHAR AS b FROM range(3)",
          "Table {a: Int 5..6 unique one_of {5}, b: Enum {\"y\"} match \"z\" unique}");
}

static void test_every_broken_rule_is_told(void **state)
{
    (void)state;
    const char *query =
        "SELECT i AS a, (CASE WHEN i % 2 = 0 THEN 'p' END) AS \"O\"\"k's\", i / 2.0 AS "
        "\"file_row_number\" FROM range(2000) t(i)";
    assert_int_equal(hold_rows(query, "Table {\"file_row_number\": Float 1.., "
                                      "\"O\\\"k's\": Enum {\"q\"} required unique, "
                                      "a: Int 0..1994}"),
                     ZPL_ERR_STEP);
    assert_int_equal(f.diags.count, 5);
    static const char *const words[] = {
        "T: column 'file_row_number' is to be at least 1.0: 2 of 2,000 rows are not: "
        "row 1 has 0.0, row 2 has 0.5",
        "T: column 'O\"k's' is required: 1,000 of 2,000 rows have none: row 2, row 4, row 6, row "
        "8, "
        "row 10, …",
        "T: column 'O\"k's' is to be a value of Enum {\"q\"}: 1,000 of 2,000 rows are not: "
        "row 1 has \"p\", row 3 has \"p\", row 5 has \"p\", row 7 has \"p\", row 9 has \"p\", …",
        "T: column 'O\"k's' is to be unique: 999 of 2,000 rows repeat a value: row 3 has \"p\" as "
        "row 1, row 5 has \"p\" as row 1, row 7 has \"p\" as row 1, row 9 has \"p\" as row 1, "
        "row 11 has \"p\" as row 1, …",
        "T: column 'a' is to be at most 1994: 5 of 2,000 rows are not: row 1,996 has 1995, "
        "row 1,997 has 1996, row 1,998 has 1997, row 1,999 has 1998, row 2,000 has 1999"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(f.diags.items[i]->message, words[i]);
}

/* Where a type leaves its columns open, the stored table may be another. */
static void test_what_can_not_be_held_is_told(void **state)
{
    (void)state;
    assert_int_equal(hold_rows("SELECT 1 AS b", "Table {a: Int 0..}"), ZPL_ERR_STEP);
    assert_string_equal(fixture_words(&f), "T: Referenced column \"a\" not found in FROM clause! "
                                           "Candidate bindings: \"b\"");
    assert_int_equal(hold_rows("SELECT 'x' AS a", "Table {a: Int 0..}"), ZPL_ERR_STEP);
    assert_string_equal(fixture_words(&f),
                        "T: Cannot compare values of type VARCHAR and type BIGINT - an "
                        "explicit cast is required");
}

static void test_words_and_any(void **state)
{
    (void)state;
    const struct zpl_row *row = type_of("Table {a: Int 0..9 unique hindsight, b: String hindsight, "
                                        "c: Enum {\"x\"} required}")
                                    ->row;
    const char *const *words = zpl_contract_words(&row->columns[0], &f.arena);
    assert_string_equal(words[0], "is to be at least 0");
    assert_string_equal(words[1], "is to be at most 9");
    assert_string_equal(words[2], "is to be unique");
    assert_null(words[3]);
    assert_null(zpl_contract_words(&row->columns[1], &f.arena)[0]);
    words = zpl_contract_words(&row->columns[2], &f.arena);
    assert_string_equal(words[0], "is required");
    assert_string_equal(words[1], "is to be a value of Enum {\"x\"}");
    row = type_of("Table {a: Int one_of {1, 2, 3, 4, 5, 6, 7, 8}}")->row;
    words = zpl_contract_words(&row->columns[0], &f.arena);
    assert_string_equal(words[0], "is to be one of { 1, 2, 3, 4, 5, 6, … 2 more }");
    assert_true(zpl_contract_any(row));
    assert_false(zpl_contract_any(type_of("Table {b: String hindsight, d: List(Int)}")->row));
    assert_true(zpl_contract_any(type_of("Table {d: List(Int 0..)}")->row));
}

/* A task that splits file 0, held to `wants` first; its outputs are of type `out`. */
static enum zpl_err split_held(const char *wants, const char *out)
{
    const struct zpl_run_param params[] = {{"ratio", zpl_literal_float(&f.arena, 0.5)},
                                           {"seed", zpl_literal_int(&f.arena, 1)}};
    const struct zpl_run_input input = {.name = "rows",
                                        .type = "Table {a: Int}",
                                        .path = f.paths[0],
                                        .rows = 5,
                                        .reads_all = true,
                                        .wants = wants,
                                        .maker = "csv.read"};
    const struct zpl_run_output outputs[] = {{"train", out, f.paths[1]}, {"test", out, f.paths[2]}};
    struct zpl_run_task task = {.kernel = "split",
                                .params = params,
                                .param_count = 2,
                                .inputs = &input,
                                .input_count = 1,
                                .outputs = outputs,
                                .output_count = 2};
    struct zpl_run_result result;
    return fixture_run(&f, &task, &result);
}

static void test_tasks(void **state)
{
    (void)state;
    fixture_table(&f, 0, INTS);
    assert_int_equal(split_held(NULL, "Table {a: Int -1..}"), ZPL_OK);
    assert_int_equal(split_held("Table {a: Int ..7, ...}", "Table {a: Int}"), ZPL_OK);
    remove(f.paths[1]);
    assert_int_equal(split_held("Table {a: Int 0.. required, ...}", "Table {a: Int}"),
                     ZPL_ERR_STEP);
    assert_int_equal(f.diags.count, 2);
    assert_string_equal(f.diags.items[0]->message,
                        "input 'rows' is not what the step needs: column 'a' is required: "
                        "1 of 5 rows has none: row 2");
    assert_string_equal(f.diags.items[0]->notes->text,
                        "'rows' was made by csv.read, whose type does not promise it");
    assert_string_equal(f.diags.items[1]->message,
                        "input 'rows' is not what the step needs: column 'a' is to be at least 0: "
                        "1 of 5 rows is not: row 3 has -1");
    assert_int_not_equal(access(f.paths[1], F_OK), 0); /* the kernel did not begin */
    assert_int_equal(split_held(NULL, "Table {a: Int 100..}"), ZPL_ERR_STEP);
    assert_non_null(strstr(f.diags.items[0]->message, "output 'train' breaks its contract: column "
                                                      "'a' is to be at least 100: "));
}

/* More rules than one pass counts. */
static void test_very_wide(void **state)
{
    (void)state;
    struct zpl_buf query = {0}, type = {0};
    zpl_buf_puts(&query, "SELECT ");
    zpl_buf_puts(&type, "Table {");
    for (int i = 0; i < 400; i++) {
        zpl_buf_printf(&query, "%s(i + %d) AS c%d", i > 0 ? ", " : "", i, i);
        zpl_buf_printf(&type, "%sc%d: Int 0..%d", i > 0 ? ", " : "", i, i == 390 ? 398 : 600);
    }
    zpl_buf_puts(&query, " FROM range(10) t(i)");
    zpl_buf_puts(&type, "}");
    breaks(zpl_buf_str(&query), zpl_buf_str(&type),
           "T: column 'c390' is to be at most 398: 1 of 10 rows is not: row 10 has 399");
    zpl_buf_release(&query);
    zpl_buf_release(&type);
}

/* 16 columns and a million rows: printed, not asserted. */
static void test_wide_and_long(void **state)
{
    (void)state;
    fixture_table(&f, 0,
                  "SELECT i AS a, i % 100 AS b, i / 7.0 AS c, 'k' || (i % 1000) AS d, "
                  "'user' || i AS e, DATE '2020-01-01' + (i % 900)::INTEGER AS g, i AS h, "
                  "i % 2 = 0 AS j, i * 3 AS k, i % 17 AS l, i / 3.0 AS m, 'x' AS n, "
                  "CASE WHEN i % 3 > 0 THEN 'low' ELSE 'high' END AS o, i AS p, i AS q, i AS r "
                  "FROM range(1000000) t(i)");
    const char *type =
        "Table {a: Int 0.. required unique, b: Int 0..99, c: Float 0.., d: String match "
        "\"^k\\\\d+$\", e: String match \"^user\", g: Date \"2020-01-01\".., h: Int ..1000000, "
        "j: Bool required, k: Int 0.., l: Int one_of {0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}, "
        "m: Float ..1e9, n: String required, o: Enum {\"low\", \"high\"}, p: Int 0.., q: Int 0.., "
        "r: Int 0..999998}";
    int64_t since = zpl_clock_monotonic_ns();
    assert_int_equal(hold(type), ZPL_ERR_STEP);
    printf("16 columns, 1,000,000 rows: %lld ms\n",
           (long long)(zpl_clock_monotonic_ns() - since) / 1000000);
    assert_int_equal(f.diags.count, 1);
    assert_string_equal(fixture_words(&f), "T: column 'r' is to be at most 999998: 1 of 1,000,000 "
                                           "rows is not: row 1,000,000 has 999999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_a_match_that_takes_too_long_is_told),
        cmocka_unit_test(test_other_types),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_every_broken_rule_is_told),
        cmocka_unit_test(test_what_can_not_be_held_is_told),
        cmocka_unit_test(test_words_and_any),
        cmocka_unit_test(test_tasks),
        cmocka_unit_test(test_very_wide),
        cmocka_unit_test(test_wide_and_long),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
