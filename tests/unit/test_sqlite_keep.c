/* Housekeeping of the metadata store: who is alone with it, and what is forgotten. */
#include "tests/unit/sqlite_fixture.h"

/* Puts a step that reads `read` (NULL: nothing) and makes `made`. */
static void step(struct fixture *f, int64_t run, const char *name, const char *key,
                 const char *read, const char *made)
{
    struct zpl_step_row row = plain_step(run, name, key);
    const struct zpl_output_row output = {
        .name = "out", .type = "Int", .digest = digest_of(made), .bytes = 3, .rows = -1};
    const struct zpl_input_row input = {"in", digest_of(read != NULL ? read : ""), "", ""};
    row.outputs = &output;
    row.output_count = 1;
    row.inputs = &input;
    row.input_count = read != NULL;
    assert_int_equal(put(f, &row), ZPL_OK);
}

static int64_t ended_run(struct fixture *f, const char *plan)
{
    struct zpl_run_row end = {
        .id = begin_run(f, "p"), .status = ZPL_RUN_DONE, .ended_ns = 5, .plan = plan};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
    return end.id;
}

static void alone(struct fixture *f)
{
    int64_t run;
    assert_int_equal(f->store.alone_begin(f->store.self, &run, &f->diags), ZPL_OK);
}

static void commit(struct fixture *f, enum zpl_err err)
{
    assert_int_equal(f->store.alone_commit(f->store.self, err, &f->diags), err);
    f->store.alone_end(f->store.self);
}

static void retain(struct fixture *f, int64_t run, const char *key)
{
    struct zpl_digest digest = digest_of(key);
    const char *const mapped[] = {"mapped", NULL};
    assert_int_equal(f->store.retain(f->store.self, &run, 1, &digest, 1, mapped, &f->diags),
                     ZPL_OK);
}

static void what_is_named_stays(void **state)
{
    struct fixture *f = *state;
    int64_t first = ended_run(f, "[]"), second = ended_run(f, "[]"), third = ended_run(f, "[]");
    step(f, first, "a", "ka", NULL, "A");
    step(f, first, "b", "kb", "A", "B");
    step(f, second, "a", "ka", NULL, "A");
    step(f, third, "c", "kc", NULL, "C");
    alone(f);
    retain(f, third, "ka");
    commit(f, ZPL_OK);
    /* The newest of the key, its run, and the kept one with all it has. */
    assert_int_equal(ask(f, "SELECT count(*) FROM runs"), 2);
    assert_int_equal(ask(f, "SELECT min(id) FROM runs"), second);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM outputs"), 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM inputs"), 0);
}

static void what_stands_under_a_name_stays(void **state)
{
    struct fixture *f = *state;
    struct zpl_name_row *names;
    size_t count;
    int64_t old = ended_run(f, "[]"), newer = ended_run(f, "[]"), kept = ended_run(f, "[]");
    int64_t failed = begin_run(f, "p");
    const int64_t runs[] = {old, newer, failed};
    step(f, old, "make", "km", "before", "x");
    step(f, newer, "make", "km", "before", "x");
    for (size_t i = 0; i < 3; i++) {
        const struct zpl_output_row output = {
            .name = "value", .type = "Int", .digest = digest_of("x"), .bytes = 3, .rows = -1};
        struct zpl_step_row row = plain_step(runs[i], "write", "kw");
        row.outputs = &output;
        row.output_count = 1;
        row.named = "model";
        assert_int_equal(put(f, &row), ZPL_OK);
    }
    struct zpl_run_row end = {.id = failed, .status = ZPL_RUN_FAILED, .ended_ns = 5, .plan = "[]"};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
    alone(f);
    retain(f, kept, "none");
    commit(f, ZPL_OK);
    assert_int_equal(ask(f, "SELECT count(*) FROM names"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), 2);
    assert_int_equal(ask(f, "SELECT run FROM steps WHERE name = 'write'"), newer);
    assert_int_equal(ask(f, "SELECT run FROM steps WHERE name = 'make'"), newer);
    assert_int_equal(ask(f, "SELECT count(*) FROM outputs"), 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM inputs"), 1);
    assert_int_equal(f->store.name_list(f->store.self, NULL, &names, &count, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(count, 1);
    struct zpl_digest x = digest_of("x");
    alone(f);
    assert_int_equal(f->store.forget(f->store.self, &x, &f->diags), ZPL_OK);
    commit(f, ZPL_OK);
    assert_int_equal(ask(f, "SELECT count(*) FROM names"), 1); /* what is gone is known to be */
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), 1);
}

static void of_a_run_without_a_plan_all_that_it_stands_on_stays(void **state)
{
    struct fixture *f = *state;
    int64_t old = ended_run(f, "[]"), killed = ended_run(f, NULL);
    alter(f, "UPDATE runs SET plan = NULL WHERE id = 2");
    step(f, old, "a", "ka", NULL, "A");
    step(f, old, "b", "kb", "A", "B");
    step(f, old, "other", "ko", NULL, "O");
    step(f, killed, "c", "kc", "B", "C");
    alone(f);
    retain(f, killed, "none");
    commit(f, ZPL_OK);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), 3);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps WHERE name = 'other'"), 0);
}

static void what_ran_for_items_stays(void **state)
{
    struct fixture *f = *state;
    int64_t old = ended_run(f, "[]");
    step(f, old, "fold[1]", "k1", NULL, "A");
    step(f, old, "fold[2]", "k2", NULL, "B");
    step(f, old, "fold", "k3", NULL, "C");
    alter(f, "UPDATE steps SET pipeline = 'mapped' WHERE name <> 'fold[2]'");
    alone(f);
    retain(f, 77, "none");
    commit(f, ZPL_OK);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps WHERE name = 'fold[1]'"), 1);
}

static void texts_that_no_run_names_go(void **state)
{
    struct fixture *f = *state;
    struct zpl_digest digest;
    int64_t kept = ended_run(f, "[1]"), gone = ended_run(f, "[2]");
    assert_int_equal(f->store.text_put(f->store.self, "[3]", &digest, &f->diags), ZPL_OK);
    assert_true(gone > kept);
    alone(f);
    retain(f, kept, "none");
    commit(f, ZPL_OK);
    assert_int_equal(ask(f, "SELECT count(*) FROM texts"), 2); /* its graph too */
    assert_int_equal(ask(f, "SELECT count(*) FROM pieces WHERE text IN ('[2]', '[3]')"), 0);
    assert_int_equal(ask(f, "SELECT count(*) FROM pieces WHERE text = '[1]'"), 1);
}

static void what_is_not_committed_is_not_forgotten(void **state)
{
    struct fixture *f = *state;
    step(f, ended_run(f, "[]"), "a", "ka", NULL, "A");
    alone(f);
    retain(f, 77, "none");
    commit(f, ZPL_ERR_USAGE);
    assert_int_equal(ask(f, "SELECT count(*) FROM runs"), 1);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), 1);
    alone(f); /* and it can be done again */
    retain(f, 77, "none");
    commit(f, ZPL_OK);
    assert_int_equal(ask(f, "SELECT count(*) FROM runs"), 0);
}

static void nobody_is_alone_while_a_run_goes_on(void **state)
{
    struct fixture *f = *state;
    struct zpl_metadata other;
    int64_t run = 0, mine = begin_run(f, "p");
    assert_int_equal(zpl_metadata_open(&f->config, true, &other, &f->diags), ZPL_OK);
    assert_int_equal(other.alone_begin(other.self, &run, &f->diags), ZPL_ERR_BUSY);
    assert_int_equal(run, mine);
    step(f, mine, "a", "ka", NULL, "A"); /* the other gave the lock back */
    struct zpl_run_row end = {.id = mine, .status = ZPL_RUN_DONE, .ended_ns = 5};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
    assert_int_equal(other.alone_begin(other.self, &run, &f->diags), ZPL_OK);
    assert_int_equal(other.alone_commit(other.self, ZPL_OK, &f->diags), ZPL_OK);
    other.alone_end(other.self);
    other.release(other.self);
}

/* The transaction is over, the byte is still held: the artifacts go now. */
static void no_run_begins_until_the_end(void **state)
{
    struct fixture *f = *state;
    int pipes[2];
    char byte;
    alone(f);
    assert_int_equal(f->store.alone_commit(f->store.self, ZPL_OK, &f->diags), ZPL_OK);
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct zpl_metadata other;
        struct zpl_run_row run = {.pipeline = "p", .file = "f", .started_ns = 1};
        int64_t id;
        bool fine = zpl_metadata_open(&f->config, true, &other, &f->diags) == ZPL_OK &&
                    other.run_begin(other.self, &run, &id, &f->diags) == ZPL_OK;
        _exit(fine && write(pipes[1], "x", 1) == 1 ? 0 : 1);
    }
    assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
    usleep(200000);
    assert_int_equal(read(pipes[0], &byte, 1), -1);
    f->store.alone_end(f->store.self);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    close(pipes[0]);
    close(pipes[1]);
}

static void what_was_made_is_listed_newest_first(void **state)
{
    struct fixture *f = *state;
    struct zpl_made_row *made;
    const char *why;
    size_t count;
    int64_t run = ended_run(f, "[]");
    step(f, run, "a", "ka", NULL, "A");
    step(f, run, "b", "kb", "A", "B");
    assert_int_equal(f->store.made_list(f->store.self, &made, &count, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(count, 2);
    assert_string_equal(made[0].step, "b");
    assert_digest(&made[1].digest, "A");
    assert_false(made[0].is_kept_here);
    assert_int_equal(f->store.integrity(f->store.self, &why, &f->arena, &f->diags), ZPL_OK);
    assert_null(why);
    alter(f, "PRAGMA foreign_keys = off; DELETE FROM steps WHERE name = 'a'");
    assert_int_equal(f->store.integrity(f->store.self, &why, &f->arena, &f->diags), ZPL_OK);
    assert_non_null(why);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_named_stays),
        TEST(what_stands_under_a_name_stays),
        TEST(of_a_run_without_a_plan_all_that_it_stands_on_stays),
        TEST(what_ran_for_items_stays),
        TEST(texts_that_no_run_names_go),
        TEST(what_is_not_committed_is_not_forgotten),
        TEST(nobody_is_alone_while_a_run_goes_on),
        TEST(no_run_begins_until_the_end),
        TEST(what_was_made_is_listed_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
