/* test_sqldb.c - a SQLite database with short calls and clear errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/sqldb.h"

static char folder[ZPL_PATH_MAX];

static int make_folder(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    if (zpl_path_join(folder, parent && *parent ? parent : "/tmp", "zpl-test-XXXXXX") != ZPL_OK)
        return -1;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return zpl_fs_remove_tree(folder, NULL) == ZPL_OK ? 0 : -1;
}

static const char *at(const char *name)
{
    static char path[ZPL_PATH_MAX];
    assert_int_equal(zpl_path_join(path, folder, name), ZPL_OK);
    return path;
}

static struct zpl_sqldb *opened(const char *name, enum zpl_sqldb_mode mode)
{
    struct zpl_sqldb *db = NULL;
    assert_int_equal(zpl_sqldb_open(at(name), mode, &db, NULL), ZPL_OK);
    return db;
}

static void run(struct zpl_sqldb *db, const char *sql)
{
    struct zpl_diags diags = {0};
    if (zpl_sqldb_exec(db, sql, &diags) != ZPL_OK)
        fail_msg("%s: %s", sql, diags.items[0]->message);
}

/* The one integer that a query gives. */
static int64_t number(struct zpl_sqldb *db, const char *sql)
{
    struct zpl_sqlrow *row;
    assert_int_equal(zpl_sqldb_query(db, &row, NULL, sql, ""), ZPL_OK);
    assert_int_equal(zpl_sqldb_step(db, row, NULL), ZPL_OK);
    int64_t v = zpl_sqlrow_int(row, 0);
    zpl_sqldb_reset(row);
    return v;
}

static void expect_told(struct zpl_diags *diags, enum zpl_code code, const char *name)
{
    assert_int_equal(diags->count, 1);
    assert_int_equal(diags->items[0]->code, code);
    assert_non_null(strstr(diags->items[0]->message, at(name)));
    zpl_diags_release(diags);
}

static void values_of_every_type_go_in_and_out(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("types.db", ZPL_SQLDB_WRITE);
    run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, i, f, s, b, n); CREATE INDEX x ON t(i)");
    char text[] = "naïve";
    assert_int_equal(zpl_sqldb_run(db, NULL, "INSERT INTO t(i,f,s,b,n) VALUES(?,?,?,?,?)", "ifsbn",
                                   INT64_MIN, 0.1, text, "a\0b", (size_t)3),
                     ZPL_OK);
    int64_t first = zpl_sqldb_last_id(db);
    assert_int_equal(zpl_sqldb_changes(db), 1);
    assert_int_equal(zpl_sqldb_run(db, NULL, "INSERT INTO t(i,f,s,b,n) VALUES(?,?,?,?,?)", "ifsbn",
                                   INT64_MAX, -1e300, NULL, "", (size_t)0),
                     ZPL_OK);
    assert_int_equal(zpl_sqldb_last_id(db), first + 1);
    struct zpl_sqlrow *row;
    size_t len;
    assert_int_equal(zpl_sqldb_query(db, &row, NULL,
                                     "SELECT i,f,s,b,n FROM t WHERE id>=? ORDER BY id", "i", first),
                     ZPL_OK);
    assert_int_equal(zpl_sqldb_step(db, row, NULL), ZPL_OK);
    assert_true(zpl_sqlrow_int(row, 0) == INT64_MIN);
    assert_true(zpl_sqlrow_float(row, 1) == 0.1);
    assert_string_equal(zpl_sqlrow_text(row, 2), "naïve");
    assert_memory_equal(zpl_sqlrow_blob(row, 3, &len), "a\0b", 3);
    assert_int_equal(len, 3);
    assert_true(zpl_sqlrow_is_null(row, 4));
    assert_false(zpl_sqlrow_is_null(row, 0));
    assert_int_equal(zpl_sqldb_step(db, row, NULL), ZPL_OK);
    assert_true(zpl_sqlrow_int(row, 0) == INT64_MAX);
    assert_null(zpl_sqlrow_text(row, 2));
    assert_true(zpl_sqlrow_is_null(row, 2));
    assert_false(zpl_sqlrow_is_null(row, 3));
    zpl_sqlrow_blob(row, 3, &len);
    assert_int_equal(len, 0);
    assert_int_equal(zpl_sqldb_step(db, row, NULL), ZPL_ERR_NOT_FOUND);
    zpl_sqldb_release(db);
    zpl_sqldb_release(NULL);
}

static void arguments_of_a_query_are_copied(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("copied.db", ZPL_SQLDB_WRITE);
    char text[] = "before";
    struct zpl_sqlrow *row;
    assert_int_equal(zpl_sqldb_query(db, &row, NULL, "SELECT ?", "s", text), ZPL_OK);
    memcpy(text, "after!", 6);
    assert_int_equal(zpl_sqldb_step(db, row, NULL), ZPL_OK);
    assert_string_equal(zpl_sqlrow_text(row, 0), "before");
    zpl_sqldb_reset(row);
    zpl_sqldb_release(db);
}

static void a_database_is_set_up_as_promised(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("setup.db", ZPL_SQLDB_WRITE);
    struct zpl_sqlrow *row;
    assert_int_equal(zpl_sqldb_query(db, &row, NULL, "PRAGMA journal_mode", ""), ZPL_OK);
    assert_int_equal(zpl_sqldb_step(db, row, NULL), ZPL_OK);
    assert_string_equal(zpl_sqlrow_text(row, 0), "wal");
    zpl_sqldb_reset(row);
    assert_int_equal(number(db, "PRAGMA synchronous"), 1);
    assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(db, "PRAGMA busy_timeout"), 60000);
    zpl_sqldb_release(db);
}

static void statements_may_nest_and_are_many(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("nest.db", ZPL_SQLDB_WRITE);
    run(db, "CREATE TABLE t(v); INSERT INTO t VALUES(1),(2),(3)");
    static const char SQL[] = "SELECT v FROM t ORDER BY v";
    struct zpl_sqlrow *outer, *inner;
    int64_t sum = 0;
    assert_int_equal(zpl_sqldb_query(db, &outer, NULL, SQL, ""), ZPL_OK);
    while (zpl_sqldb_step(db, outer, NULL) == ZPL_OK) {
        assert_int_equal(zpl_sqldb_query(db, &inner, NULL, SQL, ""), ZPL_OK);
        assert_ptr_not_equal(inner, outer);
        while (zpl_sqldb_step(db, inner, NULL) == ZPL_OK)
            sum += zpl_sqlrow_int(outer, 0) * zpl_sqlrow_int(inner, 0);
    }
    assert_int_equal(sum, (1 + 2 + 3) * (1 + 2 + 3));
    /* More texts than are kept, while one stands on a row. */
    assert_int_equal(zpl_sqldb_query(db, &outer, NULL, SQL, ""), ZPL_OK);
    assert_int_equal(zpl_sqldb_step(db, outer, NULL), ZPL_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3 * ZPL_SQLDB_STATEMENTS_MAX; i++) {
            char sql[64];
            snprintf(sql, sizeof sql, "SELECT %d", i);
            assert_int_equal(number(db, sql), i);
        }
    }
    assert_int_equal(zpl_sqldb_step(db, outer, NULL), ZPL_OK);
    assert_int_equal(zpl_sqlrow_int(outer, 0), 2);
    zpl_sqldb_release(db);
}

static void a_statement_is_prepared_once(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("once.db", ZPL_SQLDB_WRITE);
    struct zpl_sqlrow *first, *again;
    char sql[] = "SELECT 1", same[] = "SELECT 1";
    assert_int_equal(zpl_sqldb_query(db, &first, NULL, sql, ""), ZPL_OK);
    zpl_sqldb_reset(first);
    assert_int_equal(zpl_sqldb_query(db, &again, NULL, same, ""), ZPL_OK);
    assert_ptr_equal(first, again);
    zpl_sqldb_reset(again);
    zpl_sqldb_release(db);
}

static void transactions_commit_or_roll_back(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("tx.db", ZPL_SQLDB_WRITE);
    struct zpl_sqldb *reader = opened("tx.db", ZPL_SQLDB_READ);
    run(db, "CREATE TABLE t(v)");
    assert_int_equal(zpl_sqldb_begin(db, NULL), ZPL_OK);
    run(db, "INSERT INTO t VALUES(1)");
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
    assert_int_equal(zpl_sqldb_commit(db, NULL), ZPL_OK);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    assert_int_equal(zpl_sqldb_begin(db, NULL), ZPL_OK);
    run(db, "INSERT INTO t VALUES(2)");
    zpl_sqldb_rollback(db);
    zpl_sqldb_rollback(db);
    assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
    struct zpl_diags diags = {0};
    assert_int_equal(zpl_sqldb_exec(reader, "INSERT INTO t VALUES(3)", &diags), ZPL_ERR_IO);
    expect_told(&diags, ZPL_CODE_STORE, "tx.db");
    zpl_sqldb_release(reader);
    zpl_sqldb_release(db);
}

static void a_failed_commit_is_rolled_back(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_sqldb *db = opened("defer.db", ZPL_SQLDB_WRITE);
    run(db, "CREATE TABLE p(id INTEGER PRIMARY KEY);"
            "CREATE TABLE c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
    assert_int_equal(zpl_sqldb_begin(db, NULL), ZPL_OK);
    run(db, "INSERT INTO c VALUES(7)");
    assert_int_equal(zpl_sqldb_commit(db, &diags), ZPL_ERR_INPUT);
    expect_told(&diags, ZPL_CODE_STORE, "defer.db");
    assert_int_equal(number(db, "SELECT count(*) FROM c"), 0);
    assert_int_equal(zpl_sqldb_begin(db, NULL), ZPL_OK);
    assert_int_equal(zpl_sqldb_commit(db, NULL), ZPL_OK);
    zpl_sqldb_release(db);
}

static void wrong_sql_and_broken_constraints_are_told(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_sqldb *db = opened("wrong.db", ZPL_SQLDB_WRITE);
    struct zpl_sqlrow *row;
    run(db, "CREATE TABLE t(v UNIQUE); INSERT INTO t VALUES(1)");
    assert_int_equal(zpl_sqldb_run(db, &diags, "INSERT INTO t VALUES(?)", "i", (int64_t)1),
                     ZPL_ERR_INPUT);
    expect_told(&diags, ZPL_CODE_STORE, "wrong.db");
    static const char *const WRONG[] = {"SELECT nothing FROM t", "SELEC", "", "SELECT 1; SELECT 2",
                                        "SELECT ?"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_int_equal(zpl_sqldb_query(db, &row, &diags, WRONG[i], ""), ZPL_ERR_INPUT);
        assert_null(row);
        expect_told(&diags, ZPL_CODE_STORE, "wrong.db");
    }
    assert_int_equal(number(db, "SELECT count(*) FROM t; \n"), 1);
    zpl_sqldb_release(db);
}

static void an_absent_database_is_not_found_for_reading(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_sqldb *db;
    assert_int_equal(zpl_sqldb_open(at("none.db"), ZPL_SQLDB_READ, &db, &diags), ZPL_ERR_NOT_FOUND);
    assert_null(db);
    expect_told(&diags, ZPL_CODE_SYSTEM, "none.db");
    assert_int_equal(zpl_sqldb_open(at("none/x.db"), ZPL_SQLDB_WRITE, &db, &diags), ZPL_ERR_IO);
    assert_null(db);
    expect_told(&diags, ZPL_CODE_STORE, "none/x.db");
}

static void a_file_that_is_no_database_is_corrupt(void **state)
{
    (void)state;
    struct zpl_buf junk = {0};
    zpl_buf_repeat(&junk, 'j', 5000);
    for (int mode = ZPL_SQLDB_READ; mode <= ZPL_SQLDB_WRITE; mode++) {
        struct zpl_diags diags = {0};
        struct zpl_sqldb *db;
        assert_int_equal(zpl_fs_write_file(at("junk.db"), junk.data, junk.len, false, NULL),
                         ZPL_OK);
        assert_int_equal(zpl_sqldb_open(at("junk.db"), (enum zpl_sqldb_mode)mode, &db, &diags),
                         ZPL_ERR_CORRUPT);
        assert_null(db);
        expect_told(&diags, ZPL_CODE_STORE_CORRUPT, "junk.db");
    }
    zpl_buf_release(&junk);
}

static void a_damaged_page_is_corrupt(void **state)
{
    (void)state;
    struct zpl_sqldb *db = opened("damaged.db", ZPL_SQLDB_WRITE);
    run(db, "CREATE TABLE t(v);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) "
            "INSERT INTO t SELECT hex(randomblob(50)) FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
    zpl_sqldb_release(db);
    struct zpl_buf bytes = {0};
    assert_int_equal(zpl_fs_read_file(at("damaged.db"), 1 << 24, &bytes, NULL), ZPL_OK);
    assert_true(bytes.len > 40000);
    memset(bytes.data + 4096, 0xA5, bytes.len - 4096);
    assert_int_equal(zpl_fs_write_file(at("damaged.db"), bytes.data, bytes.len, false, NULL),
                     ZPL_OK);
    zpl_buf_release(&bytes);
    struct zpl_diags diags = {0};
    db = opened("damaged.db", ZPL_SQLDB_READ);
    assert_int_equal(zpl_sqldb_run(db, &diags, "SELECT sum(length(v)) FROM t", ""),
                     ZPL_ERR_CORRUPT);
    expect_told(&diags, ZPL_CODE_STORE_CORRUPT, "damaged.db");
    zpl_sqldb_release(db);
}

static void a_held_database_is_busy(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_sqldb *a = opened("busy.db", ZPL_SQLDB_WRITE),
                     *b = opened("busy.db", ZPL_SQLDB_WRITE);
    run(b, "PRAGMA busy_timeout=10");
    assert_int_equal(zpl_sqldb_begin(a, NULL), ZPL_OK);
    assert_int_equal(zpl_sqldb_begin(b, &diags), ZPL_ERR_BUSY);
    expect_told(&diags, ZPL_CODE_STORE_BUSY, "busy.db");
    assert_int_equal(zpl_sqldb_commit(a, NULL), ZPL_OK);
    assert_int_equal(zpl_sqldb_begin(b, NULL), ZPL_OK);
    zpl_sqldb_release(a);
    zpl_sqldb_release(b);
}

/* Processes that all make the same new database and write to it. */
static void many_processes_open_a_new_database_at_once(void **state)
{
    (void)state;
    enum { PROCESSES = 6, ROWS = 5 };
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        struct zpl_sqldb *db;
        if (zpl_sqldb_open(at("many.db"), ZPL_SQLDB_WRITE, &db, NULL) != ZPL_OK ||
            zpl_sqldb_exec(db, "CREATE TABLE IF NOT EXISTS t(v)", NULL) != ZPL_OK)
            _exit(1);
        for (int j = 0; j < ROWS; j++) {
            if (zpl_sqldb_begin(db, NULL) != ZPL_OK ||
                zpl_sqldb_run(db, NULL, "INSERT INTO t VALUES(?)", "i", (int64_t)j) != ZPL_OK ||
                zpl_sqldb_commit(db, NULL) != ZPL_OK)
                _exit(2);
        }
        zpl_sqldb_release(db);
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    struct zpl_sqldb *db = opened("many.db", ZPL_SQLDB_READ);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), PROCESSES * ROWS);
    zpl_sqldb_release(db);
}

/* The switch to WAL fails at once, whatever the busy timeout, when two processes meet in it. */
static void a_new_database_is_switched_to_wal_by_many(void **state)
{
    (void)state;
    enum { ROUNDS = 40, PROCESSES = 8 };
    for (int round = 0; round < ROUNDS; round++) {
        char name[32];
        snprintf(name, sizeof name, "switch%d.db", round);
        for (int i = 0; i < PROCESSES; i++) {
            pid_t child = fork();
            assert_true(child >= 0);
            struct zpl_sqldb *db;
            if (child == 0)
                _exit(zpl_sqldb_open(at(name), ZPL_SQLDB_WRITE, &db, NULL) != ZPL_OK);
        }
        for (int i = 0; i < PROCESSES; i++) {
            int status = -1;
            wait(&status);
            assert_int_equal(status, 0);
        }
    }
}

/* Another process holds a database that is not in WAL mode yet. */
static void opening_waits_for_the_switch_to_wal(void **state)
{
    (void)state;
    int held[2], unused;
    assert_int_equal(pipe(held), 0);
    pid_t holder = fork();
    assert_true(holder >= 0);
    if (holder == 0) {
        struct zpl_sqldb *db;
        if (zpl_sqldb_open(at("old.db"), ZPL_SQLDB_WRITE, &db, NULL) != ZPL_OK ||
            zpl_sqldb_exec(db, "PRAGMA journal_mode=DELETE; CREATE TABLE t(v); BEGIN EXCLUSIVE",
                           NULL) != ZPL_OK)
            _exit(1);
        ssize_t told = write(held[1], "h", 1);
        usleep(200000);
        _exit(told != 1 || zpl_sqldb_exec(db, "INSERT INTO t VALUES(1); COMMIT", NULL) != ZPL_OK);
    }
    close(held[1]);
    assert_int_equal(read(held[0], &unused, 1), 1);
    close(held[0]);
    struct zpl_sqldb *db = opened("old.db", ZPL_SQLDB_WRITE);
    assert_int_equal(number(db, "SELECT v FROM t"), 1);
    zpl_sqldb_release(db);
    int status = -1;
    waitpid(holder, &status, 0);
    assert_int_equal(status, 0);
}

/* Opens, writes two rows in a transaction, reads them. */
static enum zpl_err use(struct zpl_diags *diags)
{
    struct zpl_sqldb *db = NULL;
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_open(at("sweep.db"), ZPL_SQLDB_WRITE, &db, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_exec(db, "CREATE TABLE IF NOT EXISTS t(v)", diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_begin(db, diags);
    for (int64_t i = 0; err == ZPL_OK && i < 2; i++)
        err = zpl_sqldb_run(db, diags, "INSERT INTO t VALUES(?)", "i", i);
    if (err == ZPL_OK)
        err = zpl_sqldb_commit(db, diags);
    else if (db)
        zpl_sqldb_rollback(db);
    if (err == ZPL_OK)
        err = zpl_sqldb_query(db, &row, diags, "SELECT count(*) FROM t", "");
    if (err == ZPL_OK)
        err = zpl_sqldb_step(db, row, diags);
    zpl_sqldb_release(db);
    return err;
}

static void failing_calls_are_told_and_leave_whole_transactions(void **state)
{
    (void)state;
    static const enum zpl_fault_kind KINDS[] = {ZPL_FAULT_SQLITE, ZPL_FAULT_ALLOC};
    for (size_t k = 0; k < 2; k++) {
        bool failed = true;
        for (long n = 0; failed; n++) {
            struct zpl_diags diags = {0};
            zpl_fault_arm(KINDS[k], n, 0);
            enum zpl_err err = use(&diags);
            failed = zpl_fault_fired();
            zpl_fault_disarm();
            enum zpl_err expected = KINDS[k] == ZPL_FAULT_ALLOC ? ZPL_ERR_NOMEM : ZPL_ERR_IO;
            assert_int_equal(err, failed ? expected : ZPL_OK);
            assert_int_equal(diags.count, failed ? 1 : 0);
            zpl_diags_release(&diags);
            struct zpl_sqldb *db = opened("sweep.db", ZPL_SQLDB_WRITE);
            run(db, "CREATE TABLE IF NOT EXISTS t(v)");
            assert_int_equal(number(db, "SELECT count(*) FROM t") % 2, 0);
            zpl_sqldb_release(db);
            assert_true(n < 100);
        }
    }
}

/* In a process without rights: 0 if the file in the folder reads as it should. */
static int read_as_nobody(const char *path)
{
    struct zpl_sqldb *db = NULL;
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        return 1;
    if (access(folder, W_OK) == 0 || zpl_sqldb_open(path, ZPL_SQLDB_READ, &db, NULL) != ZPL_OK)
        return 2;
    return number(db, "SELECT sum(v) FROM t") == 42 ? 0 : 3;
}

static void a_database_is_read_where_nothing_can_be_written(void **state)
{
    (void)state;
    char own[ZPL_PATH_MAX], before[ZPL_PATH_MAX];
    memcpy(before, folder, sizeof before);
    snprintf(folder, sizeof folder, "/tmp/zpl-still-XXXXXX");
    assert_non_null(mkdtemp(folder)); /* not below TMPDIR, whose folders may be private */
    memcpy(own, at("50% of #1?.db"), sizeof own);
    struct zpl_sqldb *db = opened("50% of #1?.db", ZPL_SQLDB_WRITE);
    run(db, "CREATE TABLE t (v INTEGER); INSERT INTO t VALUES (40), (2)");
    zpl_sqldb_release(db);
    assert_int_equal(chmod(folder, 0555), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(read_as_nobody(own));
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(zpl_fs_remove_tree(folder, NULL), ZPL_OK);
    memcpy(folder, before, sizeof before);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_type_go_in_and_out),
        cmocka_unit_test(arguments_of_a_query_are_copied),
        cmocka_unit_test(a_database_is_set_up_as_promised),
        cmocka_unit_test(statements_may_nest_and_are_many),
        cmocka_unit_test(a_statement_is_prepared_once),
        cmocka_unit_test(transactions_commit_or_roll_back),
        cmocka_unit_test(a_failed_commit_is_rolled_back),
        cmocka_unit_test(wrong_sql_and_broken_constraints_are_told),
        cmocka_unit_test(an_absent_database_is_not_found_for_reading),
        cmocka_unit_test(a_file_that_is_no_database_is_corrupt),
        cmocka_unit_test(a_damaged_page_is_corrupt),
        cmocka_unit_test(a_held_database_is_busy),
        cmocka_unit_test(many_processes_open_a_new_database_at_once),
        cmocka_unit_test(a_database_is_read_where_nothing_can_be_written),
        cmocka_unit_test(a_new_database_is_switched_to_wal_by_many),
        cmocka_unit_test(opening_waits_for_the_switch_to_wal),
        cmocka_unit_test(failing_calls_are_told_and_leave_whole_transactions),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
