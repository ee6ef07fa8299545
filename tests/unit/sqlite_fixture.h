/* sqlite_fixture.h - a new metadata store in a temporary folder.  For test_sqlite.c and
 * test_sqlite_many.c, which share it. */
#ifndef ZPL_TESTS_SQLITE_FIXTURE_H
#define ZPL_TESTS_SQLITE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/sqldb.h"
#include "lang/base/version.h"
#include "stack/home.h"
#include "stack/stack.h"

struct fixture {
    char dir[64];
    char home[96], db[128];
    struct zpl_stack_config config;
    struct zpl_metadata store;
    struct zpl_diags diags;
    struct zpl_arena arena;
};

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    snprintf(f->dir, sizeof f->dir, "/tmp/zpl-test-sqlite-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->home, sizeof f->home, "%s/.zpl", f->dir);
    snprintf(f->db, sizeof f->db, "%s/zpl.db", f->home);
    f->config.home = f->home;
    return zpl_metadata_open(&f->config, true, &f->store, &f->diags) == ZPL_OK ? 0 : -1;
}

static inline void close_store(struct fixture *f)
{
    if (f->store.release)
        f->store.release(f->store.self);
    f->store = (struct zpl_metadata){0};
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    zpl_fault_disarm();
    close_store(f);
    zpl_fs_remove_tree(f->dir, NULL);
    zpl_diags_release(&f->diags);
    zpl_arena_release(&f->arena);
    free(f);
    return 0;
}

static inline struct zpl_digest digest_of(const char *text)
{
    return zpl_digest_of(text, strlen(text));
}

static inline void assert_digest(const struct zpl_digest *digest, const char *text)
{
    struct zpl_digest wanted = digest_of(text);
    assert_true(zpl_digest_equal(digest, &wanted));
}

static inline int64_t begin_run(struct fixture *f, const char *pipeline)
{
    struct zpl_run_row run = {.pipeline = pipeline,
                              .file = "x.zpl",
                              .status = ZPL_RUN_RUNNING,
                              .started_ns = 1700000000000000001,
                              .params = "{\"a\":1}",
                              .plan = "[]",
                              .graph = "{}"};
    int64_t id = 0;
    assert_int_equal(f->store.run_begin(f->store.self, &run, &id, &f->diags), ZPL_OK);
    return id;
}

/* A step row that says little. */
static inline struct zpl_step_row plain_step(int64_t run, const char *name, const char *key)
{
    return (struct zpl_step_row){.run = run,
                                 .pipeline = "p",
                                 .name = name,
                                 .step = "sql",
                                 .kernel = "sql",
                                 .status = ZPL_STEP_RAN,
                                 .key = digest_of(key),
                                 .shape_key = digest_of("shape"),
                                 .started_ns = 1,
                                 .attempts = 1};
}

static inline enum zpl_err put(struct fixture *f, const struct zpl_step_row *step)
{
    return f->store.step_put(f->store.self, step, &f->diags);
}

static inline enum zpl_err by_key(struct fixture *f, const char *key, struct zpl_step_row *out)
{
    struct zpl_digest digest = digest_of(key);
    return f->store.step_by_key(f->store.self, &digest, out, &f->arena, &f->diags);
}

static inline enum zpl_err step_made(struct fixture *f, const char *key, struct zpl_step_row *out)
{
    struct zpl_digest digest = digest_of(key);
    return f->store.step_made(f->store.self, &digest, out, &f->arena, &f->diags);
}

/* The one number a statement gives, read by a connection of its own. */
static inline int64_t ask(struct fixture *f, const char *sql)
{
    struct zpl_sqldb *db;
    struct zpl_sqlrow *row;
    assert_int_equal(zpl_sqldb_open(f->db, ZPL_SQLDB_READ, &db, &f->diags), ZPL_OK);
    assert_int_equal(zpl_sqldb_query(db, &row, &f->diags, sql, ""), ZPL_OK);
    assert_int_equal(zpl_sqldb_step(db, row, &f->diags), ZPL_OK);
    int64_t number = zpl_sqlrow_int(row, 0);
    zpl_sqldb_reset(row);
    zpl_sqldb_release(db);
    return number;
}

/* Runs statements with a connection of its own. */
static inline void alter(struct fixture *f, const char *sql)
{
    struct zpl_sqldb *db;
    assert_int_equal(zpl_sqldb_open(f->db, ZPL_SQLDB_WRITE, &db, &f->diags), ZPL_OK);
    assert_int_equal(zpl_sqldb_exec(db, sql, &f->diags), ZPL_OK);
    zpl_sqldb_release(db);
}

#endif
