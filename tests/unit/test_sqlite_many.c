/* The metadata store in SQLite with several processes, killed ones among them, and failing calls. */
#include "tests/unit/sqlite_fixture.h"

/* As another process sees it, alone and in the list. */
static enum zpl_run_status status_of(struct fixture *f, int64_t id)
{
    struct zpl_metadata reader;
    struct zpl_run_row row, *rows;
    size_t count, i = 0;
    assert_int_equal(zpl_metadata_open(&f->config, false, &reader, &f->diags), ZPL_OK);
    assert_int_equal(reader.run_get(reader.self, id, &row, &f->arena, &f->diags), ZPL_OK);
    assert_int_equal(reader.run_list(reader.self, NULL, 9, &rows, &count, &f->arena, &f->diags),
                     ZPL_OK);
    reader.release(reader.self);
    while (i < count && rows[i].id != id)
        i++;
    assert_true(i < count);
    assert_int_equal(rows[i].status, row.status);
    return row.status;
}

/* A child that begins a run and waits to be killed; it has no part in the parent's locks. */
static pid_t start_runner(struct fixture *f)
{
    int ready[2];
    char c;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct fixture mine = {.config = f->config};
        if (zpl_metadata_open(&mine.config, true, &mine.store, &mine.diags) == ZPL_OK) {
            struct zpl_run_row run = {.pipeline = "p", .file = "f", .params = "{}"};
            struct zpl_digest key = digest_of("leased");
            int64_t id;
            if (mine.store.run_begin(mine.store.self, &run, &id, &mine.diags) == ZPL_OK &&
                mine.store.lease(mine.store.self, &key, false, &mine.diags) == ZPL_OK)
                (void)!write(ready[1], "x", 1);
        }
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

static void a_killed_run_reads_as_interrupted(void **state)
{
    struct fixture *f = *state;
    close_store(f);
    pid_t pid = start_runner(f);
    assert_int_equal(status_of(f, 1), ZPL_RUN_RUNNING);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(status_of(f, 1), ZPL_RUN_INTERRUPTED);
    /* it is read so, never written */
    assert_int_equal(ask(f, "SELECT count(*) FROM runs WHERE status = 'running'"), 1);
}

static void a_run_of_a_closed_store_was_interrupted(void **state)
{
    struct fixture *f = *state;
    int64_t one = begin_run(f, "p"), two = begin_run(f, "p");
    struct zpl_run_row end = {.id = one, .status = ZPL_RUN_DONE, .ended_ns = 9};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
    assert_int_equal(status_of(f, one), ZPL_RUN_DONE);
    assert_int_equal(status_of(f, two), ZPL_RUN_RUNNING);
    close_store(f);
    assert_int_equal(status_of(f, one), ZPL_RUN_DONE);
    assert_int_equal(status_of(f, two), ZPL_RUN_INTERRUPTED);
}

/* Waits for all; every one has to end well. */
static void assert_all_well(const pid_t *pids, int count)
{
    int bad = 0;
    for (int i = 0; i < count; i++) {
        int status = 1;
        waitpid(pids[i], &status, 0);
        bad += status != 0;
    }
    assert_int_equal(bad, 0);
}

/* Processes that open a new store at the same moment and write without pause; a reader among them
 * never waits and never sees half a step. */
static void many_writers_never_meet_a_busy_store(void **state)
{
    struct fixture *f = *state;
    enum { PROCESSES = 8, STEPS = 50 };
    pid_t pids[PROCESSES];
    close_store(f);
    zpl_fs_remove_tree(f->home, NULL);
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        if (pids[p] != 0)
            continue;
        struct fixture mine = {.config = f->config};
        struct zpl_run_row run = {.pipeline = "p", .file = "f", .params = "{}"};
        int64_t id = 0;
        bool good = zpl_metadata_open(&mine.config, true, &mine.store, &mine.diags) == ZPL_OK &&
                    mine.store.run_begin(mine.store.self, &run, &id, &mine.diags) == ZPL_OK;
        for (int i = 0; good && i < STEPS; i++) {
            char name[32], key[32];
            struct zpl_output_row outputs[2] = {{.name = "a", .type = "T", .rows = -1},
                                                {.name = "b", .type = "T", .rows = -1}};
            struct zpl_step_row got;
            snprintf(name, sizeof name, "s%d", i);
            snprintf(key, sizeof key, "%d/%d", p, i);
            struct zpl_step_row step = plain_step(id, name, key);
            step.outputs = outputs;
            step.output_count = 2;
            good = mine.store.hold(mine.store.self, &mine.diags) == ZPL_OK &&
                   put(&mine, &step) == ZPL_OK && step_made(&mine, key, &got) == ZPL_OK &&
                   got.output_count == 2;
        }
        run.id = id;
        run.status = ZPL_RUN_DONE;
        good = good && mine.store.run_end(mine.store.self, &run, &mine.diags) == ZPL_OK;
        if (good)
            close_store(&mine);
        _exit(good && mine.diags.count == 0 ? 0 : 1);
    }
    assert_all_well(pids, PROCESSES);
    assert_int_equal(ask(f, "SELECT count(*) FROM steps"), PROCESSES * STEPS);
    assert_int_equal(ask(f, "SELECT count(*) FROM outputs"), 2 * PROCESSES * STEPS);
    assert_int_equal(ask(f, "SELECT max(id) FROM runs"), PROCESSES);
}

static void a_lease_is_held_by_one_process(void **state)
{
    struct fixture *f = *state;
    struct zpl_digest key = digest_of("leased"), other = digest_of("other");
    close_store(f);
    pid_t pid = start_runner(f); /* holds "leased" */
    assert_int_equal(zpl_metadata_open(&f->config, true, &f->store, &f->diags), ZPL_OK);
    assert_int_equal(f->store.lease(f->store.self, &key, false, &f->diags), ZPL_ERR_BUSY);
    assert_int_equal(f->store.lease(f->store.self, &other, false, &f->diags), ZPL_OK);
    assert_int_equal(f->diags.count, 0);
    /* a waiter gets it as soon as the holder is killed */
    pid_t killer = fork();
    if (killer == 0) {
        usleep(100000);
        kill(pid, SIGKILL);
        _exit(0);
    }
    int64_t begin = zpl_clock_monotonic_ns();
    assert_int_equal(f->store.lease(f->store.self, &key, true, &f->diags), ZPL_OK);
    assert_in_range((zpl_clock_monotonic_ns() - begin) / 1000000, 50, 5000);
    waitpid(pid, NULL, 0);
    waitpid(killer, NULL, 0);
}

static void a_lease_that_is_given_back_is_free(void **state)
{
    struct fixture *f = *state;
    struct zpl_metadata other;
    struct zpl_digest key = digest_of("leased");
    assert_int_equal(zpl_metadata_open(&f->config, true, &other, &f->diags), ZPL_OK);
    assert_int_equal(f->store.lease(f->store.self, &key, false, &f->diags), ZPL_OK);
    assert_int_equal(other.lease(other.self, &key, false, &f->diags), ZPL_ERR_BUSY);
    /* closing another handle of this process must not drop it, as POSIX locks would be */
    other.release(other.self);
    assert_int_equal(zpl_metadata_open(&f->config, true, &other, &f->diags), ZPL_OK);
    assert_int_equal(other.lease(other.self, &key, false, &f->diags), ZPL_ERR_BUSY);
    f->store.unlease(f->store.self, &key);
    assert_int_equal(other.lease(other.self, &key, false, &f->diags), ZPL_OK);
    other.release(other.self);
}

/* A writer killed at any moment leaves whole steps only, and nobody has to repair anything. */
static void killed_writers_leave_whole_steps(void **state)
{
    struct fixture *f = *state;
    int64_t before = 0;
    close_store(f);
    for (int round = 0; round < 10; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct fixture mine = {.config = f->config};
            struct zpl_output_row outputs[3] = {
                {.name = "a", .type = "T"}, {.name = "b", .type = "T"}, {.name = "c", .type = "T"}};
            zpl_metadata_open(&mine.config, true, &mine.store, &mine.diags);
            int64_t id = begin_run(&mine, "p");
            for (int i = 0;; i++) {
                char name[32];
                snprintf(name, sizeof name, "s%d", i);
                struct zpl_step_row step = plain_step(id, name, name);
                step.outputs = outputs;
                step.output_count = 3;
                put(&mine, &step);
            }
        }
        usleep(20000 + round * 1111);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        assert_int_equal(zpl_metadata_open(&f->config, true, &f->store, &f->diags), ZPL_OK);
        int64_t id = begin_run(f, "p");
        struct zpl_step_row step = plain_step(id, "after", "after");
        assert_int_equal(put(f, &step), ZPL_OK);
        close_store(f);
        int64_t steps = ask(f, "SELECT count(*) FROM steps WHERE name <> 'after'");
        assert_int_equal(ask(f, "SELECT count(*) FROM outputs"), 3 * steps);
        assert_true(steps >= before);
        before = steps;
    }
    assert_true(before > 0);
}

/* Each call fails once, in turn: the step is there with all its parts, or not at all and the
 * failure is told; the next try works. */
static void every_failing_call_leaves_nothing_half(void **state)
{
    struct fixture *f = *state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_SQLITE, ZPL_FAULT_ALLOC};
    struct zpl_column_row column = {"c", digest_of("c")};
    struct zpl_output_row output = {.name = "rows",
                                    .type = "T",
                                    .digest = digest_of("o"),
                                    .columns = &column,
                                    .column_count = 1};
    struct zpl_input_row input = {"in", digest_of("i"), "", ""};
    int64_t run = begin_run(f, "p");
    int failures = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        for (int n = 0; fired; n++) {
            char name[32];
            struct zpl_step_row got;
            assert_in_range(n, 0, 200);
            if (kinds[k] == ZPL_FAULT_ALLOC) { /* with no statement prepared yet */
                close_store(f);
                assert_int_equal(zpl_metadata_open(&f->config, true, &f->store, &f->diags), ZPL_OK);
            }
            snprintf(name, sizeof name, "k%zu n%d", k, n);
            struct zpl_step_row step = plain_step(run, name, name);
            step.outputs = &output;
            step.output_count = 1;
            step.inputs = &input;
            step.input_count = 1;
            zpl_fault_arm(kinds[k], n, EIO);
            enum zpl_err err = put(f, &step);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            if (err != ZPL_OK) {
                failures++;
                assert_int_equal(f->diags.count, 1);
                zpl_diags_clear(&f->diags);
                assert_int_equal(by_key(f, name, &got), ZPL_ERR_NOT_FOUND);
                assert_int_equal(put(f, &step), ZPL_OK);
            }
            assert_int_equal(by_key(f, name, &got), ZPL_OK);
            assert_int_equal(got.output_count, 1);
            assert_int_equal(got.outputs[0].column_count, 1);
            assert_int_equal(got.input_count, 1);
        }
    }
    assert_true(failures > 10);
    assert_int_equal(ask(f, "SELECT (SELECT count(*) FROM steps) - (SELECT count(*) FROM outputs)"),
                     0);
}

/* The same for opening a new store, beginning a run and reading a step. */
static void every_failing_call_of_a_new_store_is_told(void **state)
{
    struct fixture *f = *state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_SQLITE, ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN,
                                         ZPL_FAULT_WRITE, ZPL_FAULT_RENAME};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        for (int n = 0; fired; n++) {
            struct zpl_run_row run = {.pipeline = "p", .file = "f", .params = "{}"}, got;
            struct zpl_arena arena = {0};
            int64_t id = 0;
            assert_in_range(n, 0, 200);
            close_store(f);
            zpl_fs_remove_tree(f->home, NULL);
            zpl_fault_arm(kinds[k], n, ENOSPC);
            enum zpl_err err = zpl_metadata_open(&f->config, true, &f->store, &f->diags);
            if (err == ZPL_OK)
                err = f->store.run_begin(f->store.self, &run, &id, &f->diags);
            if (err == ZPL_OK)
                err = f->store.run_get(f->store.self, id, &got, &arena, &f->diags);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            if (err == ZPL_OK)
                assert_int_equal(got.status, ZPL_RUN_RUNNING);
            assert_int_equal(f->diags.count, err == ZPL_OK ? 0 : 1);
            zpl_diags_clear(&f->diags);
            zpl_arena_release(&arena);
            close_store(f);
            assert_int_equal(zpl_metadata_open(&f->config, true, &f->store, &f->diags), ZPL_OK);
            assert_true(begin_run(f, "p") > 0);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_killed_run_reads_as_interrupted),
        TEST(a_run_of_a_closed_store_was_interrupted),
        TEST(many_writers_never_meet_a_busy_store),
        TEST(a_lease_is_held_by_one_process),
        TEST(a_lease_that_is_given_back_is_free),
        TEST(killed_writers_leave_whole_steps),
        TEST(every_failing_call_leaves_nothing_half),
        TEST(every_failing_call_of_a_new_store_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
