/* What steps made is remembered in one piece: it says what each row says, whatever is written and forgotten. */
#include "tests/unit/random.h"
#include "tests/unit/sqlite_fixture.h"

#define KEYS 40

static const char *const PIPELINES[] = {"p", "q"};

static const char *key_of(struct fixture *f, size_t i)
{
    return zpl_arena_printf(&f->arena, "key %zu", i);
}

/* A step of that key which makes something else each time. */
static void make(struct fixture *f, int64_t run, size_t key, struct random *random)
{
    static int64_t times;
    struct zpl_column_row columns[] = {{"x", digest_of("x")}, {"y", digest_of("y")}};
    struct zpl_output_row outputs[] = {
        {.name = "n", .type = "Int", .rows = -1, .json = "17"},
        {.name = "t", .type = "Table", .rows = 5, .columns = columns, .column_count = 2},
        {.name = "empty", .type = "Table", .rows = 0}};
    struct zpl_step_row row = plain_step(
        run, zpl_arena_printf(&f->arena, "step %lld", (long long)++times), key_of(f, key));
    for (size_t i = 0; i < 3; i++) {
        outputs[i].bytes = (uint64_t)times;
        outputs[i].digest = digest_of(zpl_arena_printf(&f->arena, "%lld", (long long)times % 9));
    }
    row.outputs = outputs;
    row.output_count = random_below(random, 4);
    row.started_ns = 100 + times;
    row.duration_ns = times;
    row.status = random_below(random, 8) == 0 ? ZPL_STEP_FAILED : ZPL_STEP_RAN;
    assert_int_equal(put(f, &row), ZPL_OK);
}

static void assert_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void assert_same(const struct zpl_step_row *a, const struct zpl_step_row *b)
{
    assert_true(zpl_digest_equal(&a->key, &b->key));
    assert_int_equal(a->started_ns, b->started_ns);
    assert_int_equal(a->duration_ns, b->duration_ns);
    assert_int_equal(a->unsure, b->unsure);
    assert_int_equal(a->output_count, b->output_count);
    for (size_t i = 0; i < a->output_count; i++) {
        const struct zpl_output_row *x = &a->outputs[i], *y = &b->outputs[i];
        assert_text(x->name, y->name);
        assert_text(x->type, y->type);
        assert_text(x->json, y->json);
        assert_true(zpl_digest_equal(&x->digest, &y->digest));
        assert_int_equal(x->bytes, y->bytes);
        assert_int_equal(x->rows, y->rows);
        assert_int_equal(x->column_count, y->column_count);
        for (size_t k = 0; k < x->column_count; k++) {
            assert_text(x->columns[k].name, y->columns[k].name);
            assert_true(zpl_digest_equal(&x->columns[k].digest, &y->columns[k].digest));
        }
    }
}

/* Each key is looked up in the run and by a connection that looks every row up. */
static void compare(struct fixture *f, size_t from, size_t to)
{
    struct zpl_metadata rows;
    assert_int_equal(zpl_metadata_open(&f->config, false, &rows, &f->diags), ZPL_OK);
    for (size_t i = from; i < to; i++) {
        struct zpl_step_row a, b;
        struct zpl_digest key = digest_of(key_of(f, i));
        enum zpl_err found = step_made(f, key_of(f, i), &a);
        assert_int_equal(rows.step_made(rows.self, &key, &b, &f->arena, &f->diags), found);
        if (found == ZPL_OK)
            assert_same(&a, &b);
        else
            assert_int_equal(found, ZPL_ERR_NOT_FOUND);
    }
    rows.release(rows.self);
}

static void end_run(struct fixture *f, int64_t run)
{
    const struct zpl_run_row end = {.id = run, .status = ZPL_RUN_DONE, .ended_ns = 5, .plan = "[]"};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
}

static void reopen(struct fixture *f, const char *boot)
{
    close_store(f);
    f->config.boot = boot;
    assert_int_equal(zpl_metadata_open(&f->config, true, &f->store, &f->diags), ZPL_OK);
}

/* Another process writes a step while a run goes on. */
static void make_elsewhere(struct fixture *f, size_t key, struct random *random)
{
    struct fixture other = {.config = f->config};
    assert_int_equal(zpl_metadata_open(&other.config, true, &other.store, &other.diags), ZPL_OK);
    int64_t run = begin_run(&other, "p");
    make(&other, run, key, random);
    if (random_bool(random))
        end_run(&other, run);
    close_store(&other);
    zpl_arena_release(&other.arena);
    zpl_diags_release(&other.diags);
}

/* Rows are forgotten in one of the ways that there are. */
static void forget_some(struct fixture *f, int64_t run, struct random *random)
{
    struct zpl_digest key = digest_of(key_of(f, random_below(random, KEYS)));
    struct zpl_digest lost = digest_of(zpl_arena_printf(&f->arena, "%zu", random_below(random, 9)));
    const char *const mapped[] = {NULL};
    int64_t alone;
    enum zpl_err err = ZPL_OK;
    size_t way = random_below(random, 4);
    if (way == 3) {
        alter(f, zpl_arena_printf(&f->arena, "DELETE FROM runs WHERE id = %lld", (long long)run));
        return;
    }
    assert_int_equal(f->store.alone_begin(f->store.self, &alone, &f->diags), ZPL_OK);
    if (way == 0)
        err = f->store.retain(f->store.self, &run, 1, &key, 1, mapped, &f->diags);
    else if (way == 1)
        err = f->store.forget(f->store.self, &lost, &f->diags);
    else
        err = f->store.mend(f->store.self, &f->diags);
    assert_int_equal(f->store.alone_commit(f->store.self, err, &f->diags), ZPL_OK);
    f->store.alone_end(f->store.self);
}

static void walk(struct fixture *f, struct random *random)
{
    static const char *const BOOTS[] = {"first", "second", ""};
    int64_t last = 1;
    reopen(f, BOOTS[0]);
    for (size_t turn = 0; turn < 60; turn++) {
        int64_t run = begin_run(f, PIPELINES[random_below(random, 2)]);
        size_t most = random_below(random, KEYS + 1);
        if (random_below(random, 8) == 0)
            make_elsewhere(f, KEYS + random_below(random, KEYS), random);
        compare(f, 0, most);
        for (size_t n = random_below(random, 3) == 0 ? random_below(random, KEYS) : 1; n > 0; n--)
            make(f, run, random_below(random, KEYS), random);
        compare(f, most / 2, most);
        if (random_below(random, 6) == 0) /* seen by the next run */
            make_elsewhere(f, random_below(random, KEYS), random);
        if (random_below(random, 10) > 0)
            end_run(f, run);
        else
            reopen(f, f->config.boot); /* it was killed */
        if (random_below(random, 6) == 0)
            forget_some(f, random_bool(random) ? run : last, random);
        if (random_below(random, 6) == 0)
            reopen(f, BOOTS[random_below(random, 3)]);
        last = run;
        zpl_arena_clear(&f->arena);
    }
}

static void the_piece_says_what_each_row_says(void **state)
{
    struct random random = {.state = 20};
    for (int i = 0; i < 6; i++) {
        if (i > 0) {
            teardown(state);
            assert_int_equal(setup(state), 0);
        }
        walk(*state, &random);
    }
}

/* A row that was changed is not looked at while the piece holds, and is once it does not. */
static void it_stands_for_the_rows(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row row, made;
    const struct zpl_output_row output = {
        .name = "n", .type = "Int", .rows = -1, .json = "1", .bytes = 1};
    reopen(f, "boot");
    int64_t run = begin_run(f, "p");
    row = plain_step(run, "s", "key");
    row.outputs = &output;
    row.output_count = 1;
    assert_int_equal(put(f, &row), ZPL_OK);
    end_run(f, run);
    alter(f, "UPDATE outputs SET bytes = 2");
    run = begin_run(f, "p");
    assert_int_equal(step_made(f, "key", &made), ZPL_OK);
    assert_int_equal(made.outputs[0].bytes, 1);
    end_run(f, run);
    assert_int_equal(step_made(f, "key", &made), ZPL_ERR_CORRUPT); /* no run: it is looked up */
    run = begin_run(f, "q");
    assert_int_equal(step_made(f, "key", &made), ZPL_ERR_CORRUPT);
    end_run(f, run);
    alter(f, "UPDATE memo SET data = CAST(data AS TEXT) || 'x'");
    run = begin_run(f, "p");
    assert_int_equal(step_made(f, "key", &made), ZPL_ERR_CORRUPT);
    end_run(f, run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_piece_says_what_each_row_says, setup, teardown),
        cmocka_unit_test_setup_teardown(it_stands_for_the_rows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
