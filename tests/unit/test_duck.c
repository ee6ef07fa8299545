/* test_duck.c - a database session: where its library is looked for, what it keeps locked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "stdlib/table/duck.h"

static char folder[] = "/tmp/zpl-test-duck-XXXXXX";
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
    return 0;
}

/* Goes first: a library that was opened stays open. */
static void test_missing_library(void **state)
{
    (void)state;
    struct zpl_duck duck;
    const struct zpl_duck_options options = {0};
    const char *before = getenv("DUCKDB_DIR");
    char *kept = before != NULL ? strdup(before) : NULL;
    setenv("DUCKDB_DIR", folder, 1);
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_ERR_NOT_FOUND);
    zpl_duck_release(&duck);
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.items[0]->code, ZPL_CODE_NO_LIBRARY);
    assert_non_null(strstr(diags.items[0]->notes->text, folder));
    assert_non_null(strstr(diags.items[0]->help, "DUCKDB_DIR"));
    /* a file that is no library is told with the loader's words */
    char path[100];
    snprintf(path, sizeof path, "%s/libduckdb.so", folder);
    assert_int_equal(zpl_fs_write_file(path, "hello", 5, false, NULL), ZPL_OK);
    zpl_diags_clear(&diags);
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_ERR_NOT_FOUND);
    assert_non_null(strstr(diags.items[0]->notes->text, "libduckdb.so ("));
    zpl_diags_clear(&diags);
    if (kept != NULL)
        setenv("DUCKDB_DIR", kept, 1);
    else
        unsetenv("DUCKDB_DIR");
    free(kept);
}

static void assert_refused(struct zpl_duck *duck, const char *sql)
{
    struct zpl_buf words = {0};
    if (zpl_duck_try(duck, sql, NULL, &words))
        fail_msg("%s: passed", sql);
    assert_true(words.len > 0);
    zpl_buf_release(&words);
}

static void test_locks(void **state)
{
    (void)state;
    struct zpl_duck duck;
    char in[100], sql[300];
    snprintf(in, sizeof in, "%s/in.csv", folder);
    assert_int_equal(zpl_fs_write_file(in, "a\n1\n", 4, false, NULL), ZPL_OK);
    snprintf(sql, sizeof sql, "%s/other.csv", folder);
    assert_int_equal(zpl_fs_write_file(sql, "a\n1\n", 4, false, NULL), ZPL_OK);
    const char *paths[] = {in};
    const struct zpl_duck_options options = {.paths = paths, .path_count = 1};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    snprintf(sql, sizeof sql, "FROM read_csv('%s')", in);
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    snprintf(sql, sizeof sql, "FROM read_csv('%s/other.csv')", folder);
    assert_refused(&duck, sql);
    snprintf(sql, sizeof sql, "COPY (SELECT 1) TO '%s/out.csv'", folder);
    assert_refused(&duck, sql);
    snprintf(sql, sizeof sql, "ATTACH '%s/x.db'", folder);
    assert_refused(&duck, sql);
    assert_refused(&duck, "FROM read_text('/etc/hostname')");
    assert_refused(&duck, "FROM glob('/*')");
    assert_refused(&duck, "SET threads = 2");
    assert_refused(&duck, "SET enable_external_access = true");
    assert_refused(&duck, "LOAD httpfs");
    assert_refused(&duck, "INSTALL httpfs");
    assert_refused(&duck, "SELECT current_date");
    assert_refused(&duck, "SELECT current_timestamp");
    assert_refused(&duck, "SELECT user");
    zpl_duck_release(&duck);
    zpl_duck_release(&duck);
}

static enum zpl_err keep(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    assert_int_equal(count, 1);
    snprintf(self, 100, "%.*s", (int)cells[0].n, cells[0].s);
    return ZPL_OK;
}

static const char *ask(struct zpl_duck *duck, const char *sql)
{
    static char answer[100];
    answer[0] = '\0';
    assert_int_equal(zpl_duck_each(duck, sql, keep, answer, &diags), ZPL_OK);
    return answer;
}

/* Whatever the machine's time zone and the number of its processors are. */
static void test_same_everywhere(void **state)
{
    (void)state;
    struct zpl_duck duck;
    const struct zpl_duck_options options = {0};
    setenv("TZ", "Asia/Tokyo", 1);
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    assert_string_equal(ask(&duck, "SELECT current_setting('threads')::VARCHAR"), "1");
    assert_string_equal(
        ask(&duck, "SELECT (TIMESTAMPTZ '2024-06-01 12:00:00+02')::TIMESTAMP::VARCHAR"),
        "2024-06-01 10:00:00");
    zpl_duck_release(&duck);
    unsetenv("TZ");
}

static void test_failures_are_told(void **state)
{
    (void)state;
    struct zpl_duck duck;
    char spill[100];
    snprintf(spill, sizeof spill, "%s/spill", folder);
    struct zpl_duck_options options = {.memory_bytes = 32u << 20};
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    zpl_diags_clear(&diags);
    assert_int_equal(zpl_duck_exec(&duck, "SELECT 'x'::BIGINT", &diags), ZPL_ERR_STEP);
    assert_string_equal(diags.items[0]->message, "Could not convert string 'x' to INT64");
    zpl_diags_clear(&diags);
    static const char big[] = "CREATE TABLE big AS SELECT md5(i::VARCHAR) AS x, i FROM "
                              "range(2000000) t(i)";
    assert_int_equal(zpl_duck_exec(&duck, big, &diags), ZPL_ERR_NOMEM);
    assert_int_equal(diags.items[0]->code, ZPL_CODE_STEP_LIMIT);
    zpl_duck_release(&duck);
    /* with a scratch folder what does not fit goes there */
    options.scratch = spill;
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    if (zpl_duck_exec(&duck, big, &diags) != ZPL_OK)
        fail_msg("%s", diags.items[diags.count - 1]->message);
    zpl_duck_release(&duck);
}

static duckdb_database opened(const struct zpl_duck_options *options, struct zpl_duck *duck)
{
    if (zpl_duck_open(options, duck, &diags) != ZPL_OK)
        fail_msg("%s", diags.items[diags.count - 1]->message);
    return duck->database;
}

/* Sessions of one folder have one database after the other's end, and see nothing of one another. */
static void test_a_database_is_kept(void **state)
{
    (void)state;
    char spill[100], inside[100], outside[100], sql[400];
    struct zpl_duck a, b;
    snprintf(spill, sizeof spill, "%s/spill", folder);
    snprintf(inside, sizeof inside, "%s/in.parquet", folder);
    snprintf(outside, sizeof outside, "%s-out.parquet", folder);
    const char *paths[] = {inside};
    const struct zpl_duck_options options = {
        .within = folder, .scratch = spill, .paths = paths, .path_count = 1};
    duckdb_database kept = opened(&options, &a);
    assert_true(a.kept);
    duckdb_database other = opened(&options, &b); /* at the same time */
    assert_false(b.kept);
    assert_ptr_not_equal(other, kept);
    zpl_duck_release(&b);
    assert_int_equal(zpl_duck_exec(&a, "CREATE TEMP VIEW mine AS SELECT 1 AS x", &diags), ZPL_OK);
    assert_int_equal(zpl_duck_exec(&a, "CREATE TEMP TABLE rows AS SELECT 2 AS x", &diags), ZPL_OK);
    zpl_duck_release(&a);

    assert_ptr_equal(opened(&options, &a), kept);
    assert_int_equal(zpl_duck_exec(&a, "SELECT * FROM mine", &diags), ZPL_ERR_STEP);
    assert_int_equal(zpl_duck_exec(&a, "SELECT * FROM rows", &diags), ZPL_ERR_STEP);
    assert_int_equal(zpl_duck_exec(&a, "SELECT current_date", &diags), ZPL_ERR_STEP);
    assert_int_equal(zpl_duck_exec(&a, "SET threads = 2", &diags), ZPL_ERR_STEP);
    assert_string_equal(ask(&a, "SELECT current_setting('TimeZone')"), "UTC");
    snprintf(sql, sizeof sql, "COPY (SELECT 1 AS x) TO '%s'", inside);
    assert_int_equal(zpl_duck_exec(&a, sql, &diags), ZPL_OK);
    snprintf(sql, sizeof sql, "COPY (SELECT 1 AS x) TO '%s'", outside);
    assert_int_equal(zpl_duck_exec(&a, sql, &diags), ZPL_ERR_STEP);
    snprintf(sql, sizeof sql, "COPY (SELECT 1 AS x) TO '%s/../x.parquet'", folder);
    assert_int_equal(zpl_duck_exec(&a, sql, &diags), ZPL_ERR_STEP);
    zpl_duck_release(&a);

    /* not for files elsewhere, nor for another way of working */
    paths[0] = outside;
    opened(&options, &a);
    assert_false(a.kept);
    zpl_duck_release(&a);
    paths[0] = inside;
    assert_ptr_equal(opened(&options, &a), kept);
    zpl_duck_release(&a);
    struct zpl_duck_options apart = options;
    apart.apart = true;
    opened(&apart, &a);
    assert_true(a.kept);
    assert_string_equal(ask(&a, "SELECT current_setting('disabled_optimizers')"),
                        "common_subexpressions");
    zpl_duck_release(&a);
    opened(&options, &a);
    assert_string_equal(ask(&a, "SELECT current_setting('disabled_optimizers')"), "");
    zpl_duck_release(&a);
    /* also one that keeps all in memory, and less of that */
    const struct zpl_duck_options small = {
        .within = folder, .memory_bytes = 64u << 20, .paths = paths, .path_count = 1};
    kept = opened(&small, &a);
    assert_true(a.kept);
    zpl_duck_release(&a);
    assert_ptr_equal(opened(&small, &a), kept);
    assert_string_equal(ask(&a, "SELECT current_setting('memory_limit')"), "64.0 MiB");
    zpl_duck_release(&a);
    opened(&options, &a);
    assert_string_equal(ask(&a, "SELECT current_setting('memory_limit')"), "2.0 GiB");
    zpl_duck_release(&a);
    zpl_diags_clear(&diags);
}

static size_t count_in(const char *place)
{
    struct zpl_arena arena = {0};
    size_t count = 0;
    char **names;
    assert_int_equal(zpl_fs_list(place, &arena, &names, &count, &diags), ZPL_OK);
    zpl_arena_release(&arena);
    return count;
}

/* One that was made ready is as one that is opened for the session, and is taken once. */
static void test_one_is_made_ready(void **state)
{
    (void)state;
    static const char *const everything =
        "SELECT md5(string_agg(name || '=' || value, ' ' ORDER BY name)) FROM duckdb_settings()";
    struct zpl_duck a, b;
    const struct zpl_duck_options options = {.scratch = folder, .memory_bytes = 100u << 20};
    size_t files = count_in("/proc/self/fd");
    zpl_duck_ready();
    zpl_duck_ready();
    assert_int_equal(count_in("/proc/self/fd"), files);
    assert_int_equal(count_in("/proc/self/task"), 1);
    char *settings = strdup((opened(&options, &a), ask(&a, everything)));
    assert_string_equal(ask(&a, "SELECT current_setting('temp_directory')"), folder);
    assert_string_equal((opened(&options, &b), ask(&b, everything)), settings);
    assert_ptr_not_equal(a.database, b.database);
    assert_string_equal(ask(&a, "SELECT current_setting('memory_limit')"), "100.0 MiB");
    free(settings);
    zpl_duck_release(&a);
    zpl_duck_release(&b);
}

static void test_quoting(void **state)
{
    (void)state;
    struct zpl_buf out = {0};
    zpl_duck_ident(&out, "a\"b");
    zpl_buf_putc(&out, ' ');
    zpl_duck_text(&out, "it's", 4);
    assert_string_equal(zpl_buf_str(&out), "\"a\"\"b\" 'it''s'");
    zpl_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_library),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_same_everywhere),
        cmocka_unit_test(test_failures_are_told),
        cmocka_unit_test(test_a_database_is_kept),
        cmocka_unit_test(test_one_is_made_ready),
        cmocka_unit_test(test_quoting),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
