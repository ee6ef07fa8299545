/* test_schema.c - the columns of files that people name, and what is said of files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lang/base/fs.h"
#include "stdlib/table/bind.h"
#include "stdlib/table/duck.h"

static char folder[] = "/tmp/zpl-test-schema-XXXXXX", path[200];
static struct zpl_arena arena;
static struct zpl_diags diags;

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zpl_fs_remove_tree(folder, NULL);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return 0;
}

static const char *file(const char *name, const char *text)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, &diags), ZPL_OK);
    return path;
}

static struct zpl_schema_answer ask(const char *format, const char *at,
                                    const struct zpl_literal *options)
{
    const struct zpl_schema_request request = {format, at, options};
    struct zpl_schema_answer answer;
    if (zpl_duck_schema(&request, &answer, &arena, &diags) != ZPL_OK)
        fail_msg("%s", diags.items[diags.count - 1]->message);
    return answer;
}

static void assert_type(const struct zpl_schema_answer *answer, const char *type)
{
    if (answer->error != NULL)
        fail_msg("%s", answer->error);
    assert_string_equal(zpl_type_text(zpl_type_table(&arena, answer->row), false, &arena), type);
}

static void test_csv(void **state)
{
    (void)state;
    struct zpl_schema_answer answer =
        ask("csv",
            file("a.csv", "id,ratio,name,ok,day,at,odd,gap,zip\n"
                          "1,0.5,\"a, b\",true,2024-06-01,2024-06-01 10:00:00,31/12/2024,,01234\n"
                          "2,2,c,false,2024-06-02,2024-06-01 11:00:00,30/11/2024,,98765\n"),
            NULL);
    assert_type(&answer, "Table {id: Int, ratio: Float, name: String, ok: Bool, day: Date, "
                         "at: Timestamp, odd: String, gap: String, zip: String}");
    assert_non_null(strstr(answer.note, "guessed from the first 20,480 rows"));
    answer = ask("csv", file("b.csv", "x;y\na;1\nb;2\n"), NULL);
    assert_type(&answer, "Table {x: String, y: Int}");
    answer = ask("csv", file("only header.csv", "a,b\n"), NULL);
    assert_type(&answer, "Table {a: String, b: String}");
    /* a day that is not written as in ISO 8601 is text: another file may mean another order */
    answer = ask("csv", file("c.csv", "when\n2024/06/01 10:00:00\n2024/06/02 10:00:00\n"), NULL);
    assert_type(&answer, "Table {when: String}");
}

static void test_csv_options(void **state)
{
    (void)state;
    const char *keys[] = {"path", "delimiter", "header"};
    const struct zpl_literal *items[] = {zpl_literal_path(&arena, "x", 1),
                                         zpl_literal_string(&arena, "|", 1),
                                         zpl_literal_bool(&arena, false)};
    const struct zpl_literal options = {
        .kind = ZPL_LIT_RECORD,
        .as.list = {.items = items, .keys = keys, .count = 3},
    };
    struct zpl_schema_answer answer = ask("csv", file("d.csv", "a,b|c\nd,e|f\n"), &options);
    assert_type(&answer, "Table {column0: String, column1: String}");
}

static void test_parquet(void **state)
{
    (void)state;
    struct zpl_duck duck;
    char sql[400];
    snprintf(path, sizeof path, "%s/we[i]rd '*.parquet", folder);
    const char *paths[] = {path};
    const struct zpl_duck_options options = {.paths = paths, .path_count = 1};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    struct zpl_buf quoted = {0};
    zpl_duck_text(&quoted, path, strlen(path));
    snprintf(sql, sizeof sql,
             "COPY (SELECT 1::SMALLINT AS a, 1.5::FLOAT AS \"b b\", 'x' AS c, [1] AS l, "
             "TIMESTAMP_NS '2024-01-01' AS t) TO %s (FORMAT parquet, USE_TMP_FILE false)",
             zpl_buf_str(&quoted));
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    struct zpl_schema_answer answer = ask("parquet", path, NULL);
    assert_type(&answer, "Table {a: Int, \"b b\": Float, c: String, l: List(Int), t: Timestamp}");
    assert_null(answer.note);
    snprintf(sql, sizeof sql,
             "COPY (SELECT {'x': 1} AS s) TO %s (FORMAT parquet, USE_TMP_FILE false)",
             zpl_buf_str(&quoted));
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    assert_non_null(strstr(ask("parquet", path, NULL).error, "column 's' that is a STRUCT"));
    zpl_buf_release(&quoted);
    zpl_duck_release(&duck);
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    assert_string_equal(ask("csv", "/nowhere/x.csv", NULL).error, "does not exist");
    assert_string_equal(ask("csv", folder, NULL).error, "is a folder, not a file");
    assert_string_equal(ask("csv", "/dev/null", NULL).error, "is no regular file");
    assert_string_equal(ask("csv", file("empty.csv", ""), NULL).error, "is empty");
    assert_string_equal(ask("parquet", file("x.parquet", "hello"), NULL).error,
                        "is not a Parquet file");
    assert_non_null(
        strstr(ask("parquet", file("torn.parquet", "PAR1torn"), NULL).error, "can't be read: "));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_string_equal(ask("csv", path, NULL).error, "is no regular file");
    assert_non_null(strstr(ask("csv", file("bad.csv", "a,b\n1,\xff\xfe\n"), NULL).error,
                           "can't be read as CSV: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_options),
        cmocka_unit_test(test_parquet),
        cmocka_unit_test(test_files_that_are_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
