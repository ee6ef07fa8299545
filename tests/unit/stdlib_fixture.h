/* stdlib_fixture.h - a folder, a database session of the test's own, and kernels run on tasks; for
 * the tests of the standard kernels. */
#ifndef ZPL_TESTS_STDLIB_FIXTURE_H
#define ZPL_TESTS_STDLIB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/types/signature.h"
#include "stdlib/run.h"
#include "stdlib/table/duck.h"
#include "stdlib/table/write.h"

#define FIXTURE_FILES 8

struct fixture {
    char folder[64];
    char paths[FIXTURE_FILES][128]; /* folder/0.parquet … */
    struct zpl_arena arena;
    struct zpl_diags diags;
    struct zpl_duck duck; /* the oracle: may read and write the paths */
};

static inline int fixture_open(struct fixture *f)
{
    const char *paths[FIXTURE_FILES];
    memset(f, 0, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/zpl-test-stdlib-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    for (int i = 0; i < FIXTURE_FILES; i++) {
        snprintf(f->paths[i], sizeof f->paths[i], "%s/%d.parquet", f->folder, i);
        paths[i] = f->paths[i];
    }
    const struct zpl_duck_options options = {.paths = paths, .path_count = FIXTURE_FILES};
    return zpl_duck_open(&options, &f->duck, &f->diags) == ZPL_OK ? 0 : -1;
}

static inline int fixture_close(struct fixture *f)
{
    zpl_duck_release(&f->duck);
    zpl_fs_remove_tree(f->folder, NULL);
    zpl_diags_release(&f->diags);
    zpl_arena_release(&f->arena);
    return 0;
}

static inline const char *fixture_words(struct fixture *f)
{
    return f->diags.count > 0 ? f->diags.items[f->diags.count - 1]->message : "(nothing was told)";
}

/* The one of a test program. */
static struct fixture f;

static inline int set_up(void **state)
{
    (void)state;
    return fixture_open(&f);
}

static inline int tear_down(void **state)
{
    (void)state;
    return fixture_close(&f);
}

static inline const struct zpl_type *type_of(const char *text)
{
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    if (zpl_type_parse(text, &f.arena, &type, &error) != ZPL_OK)
        fail_msg("%s: %s", text, error.message);
    return type;
}

/* Writes a query's rows as file `i`. */
static inline void fixture_table(struct fixture *f, int i, const char *query)
{
    const struct zpl_write write = {.query = query, .path = f->paths[i]};
    if (zpl_write_query(&f->duck, &write, &f->diags) != ZPL_OK)
        fail_msg("%s: %s", query, fixture_words(f));
}

static inline enum zpl_err fixture_keep(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    *(int64_t *)self = cells[0].i;
    return ZPL_OK;
}

/* The one whole number a query gives; in it, $0 stands for file 0 … */
static inline int64_t fixture_number(struct fixture *f, const char *query)
{
    struct zpl_buf sql = {0};
    int64_t number = INT64_MIN;
    zpl_buf_puts(&sql, "SELECT CAST((");
    for (; *query != '\0'; query++) {
        if (query[0] != '$') {
            zpl_buf_putc(&sql, *query);
            continue;
        }
        const char *path = f->paths[*++query - '0'];
        zpl_buf_puts(&sql, "read_parquet(");
        zpl_duck_text(&sql, path, strlen(path));
        zpl_buf_putc(&sql, ')');
    }
    zpl_buf_puts(&sql, ") AS BIGINT)");
    if (zpl_duck_each(&f->duck, zpl_buf_str(&sql), fixture_keep, &number, &f->diags) != ZPL_OK)
        fail_msg("%s: %s", zpl_buf_str(&sql), fixture_words(f));
    zpl_buf_release(&sql);
    return number;
}

/* Runs a kernel; diagnostics of earlier runs are forgotten. */
static inline enum zpl_err fixture_run(struct fixture *f, struct zpl_run_task *task,
                                       struct zpl_run_result *result)
{
    char scratch[128];
    snprintf(scratch, sizeof scratch, "%s/scratch", f->folder);
    task->scratch = zpl_arena_strdup(&f->arena, scratch);
    zpl_fs_mkdirs(scratch, NULL);
    zpl_diags_clear(&f->diags);
    return zpl_run_kernel(task, result, &f->arena, &f->diags);
}

#endif
