/* test_run.c - kernels run on tasks: sources, SQL and Lua bodies; what they make is checked and
 * digested, what is wrong is told in words for the person who wrote the pipeline. */
#include "tests/unit/stdlib_fixture.h"

#include <ctype.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/lang.h"
#include "stdlib/catalog.h"
#include "stdlib/outcome.h"
#include "stdlib/table/stored.h"

static const struct zpl_literal *text(const char *s)
{
    return zpl_literal_string(&f.arena, s, strlen(s));
}

/* Reads `path` with a source kernel into file 1. */
static enum zpl_err read_source(const char *kernel, const char *path, const char *type,
                                struct zpl_run_result *result)
{
    const struct zpl_run_param param = {"path", zpl_literal_path(&f.arena, path, strlen(path))};
    const struct zpl_run_output output = {"rows", type, f.paths[1]};
    struct zpl_run_task task = {.kernel = kernel,
                                .params = &param,
                                .param_count = 1,
                                .outputs = &output,
                                .output_count = 1};
    return fixture_run(&f, &task, result);
}

static enum zpl_err read_csv(const char *content, const char *type, struct zpl_run_result *result)
{
    char path[128];
    snprintf(path, sizeof path, "%s/x.csv", f.folder);
    assert_int_equal(zpl_fs_write_file(path, content, strlen(content), false, NULL), ZPL_OK);
    return read_source("csv.read", path, type, result);
}

static void assert_words(const char *words)
{
    if (strstr(fixture_words(&f), words) == NULL)
        fail_msg("'%s' is not in: %s", words, fixture_words(&f));
}

static void test_csv(void **state)
{
    (void)state;
    struct zpl_run_result result;
    if (read_csv("id,name,score,day,extra\n1,\"a, \"\"b\"\"\",0.5,2024-06-01,x\n"
                 " +2 ,,1e3,,y\n9007199254740993,c,2,1999-12-31,z\n",
                 "Table {name: String, id: Int, day: Date, score: Float}", &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(result.made[0].rows, 3);
    assert_int_equal(result.made[0].column_count, 4);
    assert_string_equal(result.made[0].columns[0].name, "name");
    assert_int_equal(fixture_number(&f, "SELECT max(id) FROM $1"), 9007199254740993);
    assert_int_equal(fixture_number(&f, "SELECT count(*) FROM $1 WHERE name = 'a, \"b\"' AND "
                                        "day = DATE '2024-06-01' OR id = 2 AND name IS NULL "
                                        "AND score = 1000"),
                     2);
    struct zpl_digest digest;
    uint64_t size;
    assert_int_equal(zpl_fs_digest(f.paths[1], &digest, &size, NULL), ZPL_OK);
    assert_true(zpl_digest_equal(&digest, &result.made[0].digest) && size == result.made[0].bytes);
    /* without a header, names go by place */
    if (read_csv("1;2.5\n3;4.5\n", "Table {a: Int, b: Float}", &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(fixture_number(&f, "SELECT sum(a * 10 + b * 2) FROM $1"), 54);
}

static void test_csv_errors(void **state)
{
    (void)state;
    struct zpl_run_result result;
    static const struct {
        const char *content, *type, *words;
    } wrong[] = {
        {"a,b\n1,x\n1.5,y\nz,w\n", "Table {a: Int, b: String}",
         "column 'a' holds '1.5', which is no Int"},
        {"a,b\n1,x\n2,y\n0x10,w\n", "Table {a: Int, b: String}", "row 3 of "},
        {"a,b\n1,2024-01-01\n2,01/02/2024\n", "Table {a: Int, b: Date}", "row 2 of "},
        {"a,b\n1,2024-01-01 10:00:00\n", "Table {a: Int, b: Date}", "which is no Date"},
        {"a,b\n1,x\n99999999999999999999,y\n", "Table {a: Int, b: String}",
         "holds '99999999999999999999', which does not fit an Int"},
        {"a,b\n1e300,x\n-1e999,y\n", "Table {a: Float, b: String}",
         "column 'a' holds '-1e999', which is no Float"},
        {"a,b\n1,x\n2,q\n", "Table {a: Int, b: Enum {\"x\", \"y\"}}",
         "x.csv breaks its contract: column 'b' is to be a value of Enum {\"x\", \"y\"}: "
         "1 of 2 rows is not: row 2 has \"q\""},
        {"a,b\n1,x\n2,\n", "Table {a: Int ..1, b: String}",
         "x.csv breaks its contract: column 'a' is to be at most 1: 1 of 2 rows is not: "
         "row 2 has 2"},
        {"a,b\n1,x\n2,\n", "Table {a: Int, b: String required}",
         "column 'b' is required: 1 of 2 rows has none: row 2"},
        {"id,name\n1,x\n", "Table {idd: Int}", "has no column 'idd'"},
        {"a,b\n1,2\n1\n2,3\n", "Table {a: Int, b: Int}", "Line: 3"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_csv(wrong[i].content, wrong[i].type, &result), ZPL_ERR_STEP);
        if (f.diags.count != 1)
            fail_msg("%zu: %s; %s", i, f.diags.items[0]->message, f.diags.items[1]->message);
        assert_words(wrong[i].words);
    }
    assert_int_equal(read_source("csv.read", "/nowhere.csv", "Table {a: Int}", &result),
                     ZPL_ERR_STEP);
    assert_words("/nowhere.csv does not exist");
}

static void test_parquet(void **state)
{
    (void)state;
    struct zpl_run_result result;
    char sql[400];
    snprintf(sql, sizeof sql,
             "COPY (SELECT i::SMALLINT AS i, i::FLOAT / 2 AS h, "
             "TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, make_timestamp_ns(i * 500) AS ns "
             "FROM range(5) r(i)) TO '%s' (FORMAT parquet, USE_TMP_FILE false)",
             f.paths[2]);
    assert_int_equal(zpl_duck_exec(&f.duck, sql, &f.diags), ZPL_OK);
    if (read_source("parquet.read", f.paths[2], "Table {i: Int, h: Float, t: Timestamp}",
                    &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(result.made[0].rows, 5);
    assert_int_equal(fixture_number(&f, "SELECT count(*) FROM $1 WHERE h * 2 = i AND "
                                        "t = TIMESTAMP '2024-01-01'"),
                     5);
    /* whole floats may be declared as Int; half ones, and lost nanoseconds, may not */
    assert_int_equal(read_source("parquet.read", f.paths[2], "Table {h: Int}", &result),
                     ZPL_ERR_STEP);
    assert_words("row 2 of ");
    assert_words("column 'h' holds '0.5', which is no Int");
    assert_int_equal(read_source("parquet.read", f.paths[2], "Table {ns: Timestamp}", &result),
                     ZPL_ERR_STEP);
    assert_words("which is no Timestamp");
    assert_int_equal(read_source("parquet.read", f.paths[2], "Table {i: Bool}", &result),
                     ZPL_ERR_STEP);
    assert_words("holds Int, but Bool is declared");
}

/* Runs a query over file 0 as `t` into file 1. */
static enum zpl_err run_sql(const char *sql, const char *const *reads, size_t count,
                            const char *type, struct zpl_run_result *result)
{
    const struct zpl_run_param params[] = {{"least", zpl_literal_int(&f.arena, 3)},
                                           {"word", text("it's")},
                                           {"unused", zpl_literal_bool(&f.arena, true)}};
    const struct zpl_run_input input = {.name = "t",
                                        .type = "Table {a: Int, b: Float, c: String, "
                                                "k: Enum {\"x\", \"y\"}}",
                                        .path = f.paths[0],
                                        .rows = 10,
                                        .reads = reads,
                                        .read_count = count};
    const struct zpl_run_output output = {"rows", type, f.paths[1]};
    struct zpl_run_task task = {.kernel = "sql",
                                .body = sql,
                                .params = params,
                                .param_count = 3,
                                .inputs = &input,
                                .input_count = 1,
                                .outputs = &output,
                                .output_count = 1};
    return fixture_run(&f, &task, result);
}

static void test_sql(void **state)
{
    (void)state;
    struct zpl_run_result result;
    fixture_table(&f, 0,
                  "SELECT i AS a, i / 4 AS b, 'c' || i AS c, "
                  "CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END AS k FROM range(10) r(i)");
    const char *reads[] = {"a", "k"};
    if (run_sql("SELECT a * 2 AS d, $word AS w FROM t WHERE a >= $least AND k < 'y'; -- even\n",
                reads, 2, "Table {d: Int, w: String}", &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(result.made[0].rows, 3);
    assert_int_equal(fixture_number(&f, "SELECT sum(d) FROM $1 WHERE w = 'it''s'"), 8 + 12 + 16);
    /* a column outside of what it reads is named but not needed: fine */
    assert_int_equal(
        run_sql("SELECT a FROM (SELECT a, b FROM t)", reads, 2, "Table {a: Int}", &result), ZPL_OK);
    /* needed after all: an error, never a value */
    assert_int_equal(run_sql("SELECT b FROM t", reads, 2, "Table {b: Float}", &result),
                     ZPL_ERR_STEP);
    assert_words("column 'b' of t is read, but the query was said not to need it");
    assert_false(result.unharmed);
    /* rows that break a contract are all that is wrong: who found them goes on */
    assert_int_equal(run_sql("SELECT a FROM t", reads, 2, "Table {a: Int 1..}", &result),
                     ZPL_ERR_STEP);
    assert_words("column 'a' is to be at least 1: 1 of 10 rows is not");
    assert_true(result.unharmed);
    assert_int_equal(run_sql("SELECT now() AS n", NULL, 0, "Table {n: Timestamp}", &result),
                     ZPL_ERR_STEP);
    assert_words("'now' can't be used in a step");
    assert_int_equal(run_sql("SELECT a // (a - a) + CAST('x' || a AS BIGINT) AS a FROM t", reads, 2,
                             "Table {a: Int}", &result),
                     ZPL_ERR_STEP);
    assert_words("Could not convert string 'x0' to INT64");
    assert_int_equal(run_sql("SELECT sum(a) * 9223372036854775807 AS a FROM t", reads, 2,
                             "Table {a: Int}", &result),
                     ZPL_ERR_STEP);
    assert_int_equal(run_sql("SELECT a FROM t", reads, 2, "Table {z: Int}", &result), ZPL_ERR_STEP);
    assert_words("column 'z' is declared, but there is none of this name");
}

/* The body of the one lua step of a program. */
static const char *lua_body(const char *program)
{
    static struct zpl_program compiled;
    const struct zpl_world world = {0};
    const struct zpl_compile_request request = {
        .name = "x.zpl", .text = program, .len = strlen(program)};
    zpl_program_release(&compiled);
    enum zpl_err err = zpl_compile(&request, &world, &compiled);
    for (uint32_t i = 0; i < compiled.graph.count; i++)
        if (compiled.graph.nodes[i].body != NULL) {
            const char *body = zpl_arena_strdup(&f.arena, compiled.graph.nodes[i].body);
            zpl_program_release(&compiled);
            return body;
        }
    fail_msg("%d, %s", (int)err,
             compiled.diags.count > 0 ? compiled.diags.items[0]->message : "no lua step");
    return NULL;
}

static void test_lua(void **state)
{
    (void)state;
    struct zpl_run_result result;
    fixture_table(&f, 0,
                  "SELECT i AS a, CASE WHEN i <> 4 THEN i / 4 END AS b, 'c' || i AS c, "
                  "DATE '2024-01-01' + i::INT AS d, TIMESTAMP '2024-01-01' AS t, "
                  "[i, i + 1] AS l, i % 2 = 0 AS e FROM range(5000) r(i)");
    const char *body = lua_body(
        "local double = step \"double\" {\n"
        "  signature = \"(rows: Table {a: Int, b: Float, c: String, d: Date, t: Timestamp, l: "
        "List(Int), e: Bool}, by: Int) -> (rows: Table {a: Int, b: Float, c: String, d: Date, t: "
        "Timestamp, l: List(Int), e: Bool}, total: Int)\",\n"
        "  lua = function (t)\n"
        "    local a, total = {}, 0\n"
        "    for i = 1, #t.rows do a[i] = t.rows.a[i] * t.by; total = total + a[i] end\n"
        "    return { a = a, b = t.rows.b, c = t.rows.c, d = t.rows.d, t = t.rows.t, l = "
        "t.rows.l, e = t.rows.e }, total\n"
        "  end }\n"
        "local rows = csv.read { \"x.csv\", type = Table { a = Int, b = Float, c = String, d = "
        "Date, t = Timestamp, l = List(Int), e = Bool } }\n"
        "double { rows, by = 3 }\n");
    const char *type = "Table {a: Int, b: Float, c: String, d: Date, t: Timestamp, l: List(Int), "
                       "e: Bool}";
    const struct zpl_run_param param = {"by", zpl_literal_int(&f.arena, 3)};
    const struct zpl_run_input input = {
        .name = "rows", .type = type, .path = f.paths[0], .rows = 5000, .reads_all = true};
    const struct zpl_run_output outputs[] = {{"rows", type, f.paths[1]},
                                             {"total", "Int", f.paths[2]}};
    struct zpl_run_task task = {.kernel = "lua",
                                .body = body,
                                .params = &param,
                                .param_count = 1,
                                .inputs = &input,
                                .input_count = 1,
                                .outputs = outputs,
                                .output_count = 2};
    if (fixture_run(&f, &task, &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(result.made[0].rows, 5000);
    assert_string_equal(result.made[1].json, "37492500");
    /* all but the doubled column came out as it went in: same columns, same digests */
    struct zpl_stored before;
    assert_int_equal(zpl_stored_read(&f.duck, f.paths[0], NULL, &before, &f.arena, &f.diags),
                     ZPL_OK);
    for (size_t i = 1; i < 7; i++)
        if (!zpl_digest_equal(&before.columns[i].digest, &result.made[0].columns[i].digest))
            fail_msg("column %s changed", before.columns[i].name);
    assert_int_equal(fixture_number(&f, "SELECT count(*) FROM (SELECT row_number() OVER () AS r, a "
                                        "FROM $1) WHERE a = 3 * (r - 1)"),
                     5000);
}

static const char *differs(const char *json, const char *type)
{
    const struct zpl_type *parsed;
    struct zpl_signature_error error;
    struct zpl_json *value;
    assert_int_equal(zpl_type_parse(type, &f.arena, &parsed, &error), ZPL_OK);
    assert_int_equal(zpl_json_parse(json, strlen(json), &value, NULL), ZPL_OK);
    const char *why = zpl_outcome_differs(value, parsed, &f.arena);
    zpl_json_release(value);
    return why != NULL ? why : "";
}

static void test_values(void **state)
{
    (void)state;
    assert_string_equal(differs("{\"auc\": 0.5, \"rows\": 3}", "Report {auc: Float, rows: Int}"),
                        "");
    assert_string_equal(
        differs("{\"auc\": \"NaN\", \"rows\": 3}", "Report {auc: Float, rows: Int}"), "");
    assert_string_equal(differs("[\"Infinity\", \"-Infinity\"]", "List(Float)"), "");
    assert_string_equal(differs("{\"auc\": null, \"rows\": 3}", "Report {auc: Float, rows: Int}"),
                        "has a field 'auc' that is null, but Float is declared; what is no number "
                        "is written NaN");
    assert_string_equal(differs("\"NaN\"", "Int"), "is text, but Int is declared");
    assert_string_equal(differs("{\"auc\": 1}", "Report {auc: Float, rows: Int}"),
                        "has no field 'rows'");
    assert_string_equal(differs("{\"auc\": \"x\", \"rows\": 3}", "Report {auc: Float, rows: Int}"),
                        "has a field 'auc' that is text, but Float is declared");
    assert_string_equal(differs("{\"auc\": 1, \"more\": 3}", "Report {auc: Float}"),
                        "has a field 'more' that is not declared");
    assert_string_equal(differs("1.5", "Int"), "is a fraction, but Int is declared");
    assert_string_equal(differs("[1, \"x\"]", "List(Int)"),
                        "has an item 2 that is text, but Int is declared");
}

/* What a type promises beyond the kind. */
static void test_promises(void **state)
{
    (void)state;
    assert_string_equal(differs("5", "Int 0..5"), "");
    assert_string_equal(differs("99", "Int 0..5"), "is 99, which is above the maximum 5");
    assert_string_equal(differs("1", "Float 0.5..2"), "");
    assert_string_equal(differs("\"NaN\"", "Float 0.5..2"), "is 0/0, which is not a number (NaN)");
    assert_string_equal(differs("\"Infinity\"", "Float 0.5..2"),
                        "is math.huge, which is above the maximum 2.0");
    assert_string_equal(differs("\"b\"", "Enum {\"a\", \"b\"}"), "");
    assert_string_equal(differs("\"zz\"", "Enum {\"a\", \"b\"}"),
                        "is \"zz\", which is not a value of Enum {\"a\", \"b\"}");
    assert_string_equal(differs("\"q\"", "String match \"^x\""),
                        "is \"q\", which does not match \"^x\"");
    assert_string_equal(differs("\"2024-02-30\"", "Date"),
                        "is \"2024-02-30\", which is not a date; write \"2024-02-29\"");
    assert_string_equal(differs("\"2024-02-29 13:05:00\"", "Timestamp"), "");
    assert_string_equal(differs("1700000000000000", "Timestamp"), "");
    assert_string_equal(differs("{\"a\": 9}", "Report {a: Int 0..5}"),
                        "has a field 'a' that is 9, which is above the maximum 5");
    assert_string_equal(differs("[1, 9]", "List(Int 0..5)"),
                        "has an item 2 that is 9, which is above the maximum 5");
    assert_string_equal(differs("null", "Optional(Int 0..5)"), "");
}

static struct zpl_digest tree_digest(const char *path)
{
    struct zpl_digest digest;
    uint64_t bytes;
    assert_int_equal(zpl_outcome_tree(path, &digest, &bytes, &f.arena, &f.diags), ZPL_OK);
    assert_int_equal(bytes, 7);
    return digest;
}

static void put(const char *folder, const char *name, const char *content)
{
    char path[200], dir[200];
    snprintf(path, sizeof path, "%s/%s/%s", f.folder, folder, name);
    assert_int_equal(zpl_path_dir(dir, path), ZPL_OK);
    assert_int_equal(zpl_fs_mkdirs(dir, NULL), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, content, strlen(content), false, NULL), ZPL_OK);
}

/* A folder's digest is that of its files: names, bytes and the right to be run. */
static void test_trees(void **state)
{
    (void)state;
    char one[128], two[128], file[200];
    snprintf(one, sizeof one, "%s/one", f.folder);
    snprintf(two, sizeof two, "%s/two", f.folder);
    put("one", "a", "abc");
    put("one", "b/c", "defg");
    put("two", "b/c", "defg");
    put("two", "a", "abc");
    struct zpl_digest a = tree_digest(one), b = tree_digest(two);
    assert_true(zpl_digest_equal(&a, &b));
    put("two", "a", "abd");
    b = tree_digest(two);
    assert_false(zpl_digest_equal(&a, &b));
    put("two", "a", "abc");
    snprintf(file, sizeof file, "%s/a", two);
    assert_int_equal(chmod(file, 0755), 0);
    b = tree_digest(two);
    assert_false(zpl_digest_equal(&a, &b));
    snprintf(file, sizeof file, "%s/link", two);
    assert_int_equal(symlink("/etc/passwd", file), 0);
    uint64_t bytes;
    zpl_diags_clear(&f.diags);
    assert_int_equal(zpl_outcome_tree(two, &b, &bytes, &f.arena, &f.diags), ZPL_ERR_STEP);
}

static void test_catalog(void **state)
{
    (void)state;
    const struct zpl_step_info *step, *before = NULL;
    size_t count = 0;
    for (; (step = zpl_stdlib_step(count)) != NULL; count++) {
        if (before != NULL)
            assert_true(strcmp(before->name, step->name) < 0);
        before = step;
        assert_ptr_equal(zpl_stdlib_find(step->name), step);
        assert_int_equal(strlen(step->identity), 64);
        assert_string_equal(step->identity, zpl_stdlib_identity(step->kernel));
        assert_true(strchr(step->doc, '\n') != NULL && step->doc[0] != '\n');
        /* every line of a signature can be read */
        struct zpl_buf line = {0};
        for (const char *s = step->signature; *s != '\0';) {
            const struct zpl_signature *signature;
            struct zpl_signature_error error;
            size_t n = strcspn(s, "\n");
            zpl_buf_clear(&line);
            zpl_buf_add(&line, s, n);
            if (zpl_signature_parse(zpl_buf_str(&line), &f.arena, &signature, &error) != ZPL_OK)
                fail_msg("%s: %s", step->name, error.message);
            s += n + (s[n] == '\n');
        }
        zpl_buf_release(&line);
    }
    assert_true(count >= 8);
    assert_null(zpl_stdlib_find("sql"));
    assert_non_null(zpl_stdlib_kernel("sql"));
    assert_null(zpl_stdlib_kernel("nothing"));
    assert_string_not_equal(zpl_stdlib_identity("split"), zpl_stdlib_identity("csv.read"));
    assert_string_equal(zpl_stdlib_engines("split"), "duckdb 1.4.4");
    assert_string_equal(zpl_stdlib_engines("predict"),
                        "duckdb 1.4.4, xgboost 3.2.0, onnxruntime 1.32.0");
    assert_string_equal(zpl_stdlib_engines("evaluate"), /* tables come in, none goes out */
                        "xgboost 3.2.0, onnxruntime 1.32.0");
    assert_string_equal(zpl_stdlib_engines("deploy"), "");
    struct zpl_run_task task = {.kernel = "nothing"};
    struct zpl_run_result result;
    assert_int_equal(fixture_run(&f, &task, &result), ZPL_ERR_NOT_FOUND);
    task.kernel = "deploy";
    assert_int_equal(fixture_run(&f, &task, &result), ZPL_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),      cmocka_unit_test(test_csv_errors),
        cmocka_unit_test(test_parquet),  cmocka_unit_test(test_sql),
        cmocka_unit_test(test_lua),      cmocka_unit_test(test_values),
        cmocka_unit_test(test_promises), cmocka_unit_test(test_trees),
        cmocka_unit_test(test_catalog),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
