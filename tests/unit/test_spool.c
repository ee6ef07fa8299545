/* Tasks as folders: what is written comes back, what is not whole is not taken, and a worker runs a
 * task once, while it is wanted. */
#include "tests/unit/local_fixture.h"
#include "lang/base/version.h"
#include "stack/orchestrator/spool.h"

static char folder[ZPL_PATH_MAX];
static struct zpl_diags diags;
static volatile sig_atomic_t interrupted;

static int set_up(void **state)
{
    char base[] = "/tmp/zpl-spool.XXXXXX";
    interrupted = 0;
    if (!mkdtemp(base) || setup(state) != 0)
        return -1;
    snprintf(folder, sizeof folder, "%s", base);
    return zpl_spool_make(folder, &diags) == ZPL_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    zpl_fault_disarm();
    zpl_fs_remove_tree(folder, NULL);
    zpl_diags_release(&diags);
    return teardown(state);
}

static struct zpl_spool_frame printed(const char *text)
{
    return (struct zpl_spool_frame){.event = {.kind = ZPL_EVENT_MESSAGE,
                                              .printed = true,
                                              .peak_bytes = UINT64_C(0x123456789a),
                                              .data = text,
                                              .len = strlen(text)}};
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void frames_come_back(void **state)
{
    (void)state;
    struct zpl_buf bytes = {0};
    struct zpl_spool_frame frame = printed("a\n"), got;
    size_t used, at = 0;
    zpl_spool_put(&bytes,
                  &(struct zpl_spool_frame){.began = true, .event = {.data = "n1", .len = 2}});
    zpl_spool_put(&bytes, &frame);
    frame = (struct zpl_spool_frame){.event = {.kind = ZPL_EVENT_DIED, .reason = "signal 9"}};
    zpl_spool_put(&bytes, &frame);

    assert_int_equal(zpl_spool_take(bytes.data, bytes.len, &used, &got), ZPL_OK);
    assert_true(got.began);
    assert_int_equal(got.event.len, 2);
    assert_memory_equal(got.event.data, "n1", 2);
    at += used;
    assert_int_equal(zpl_spool_take(bytes.data + at, bytes.len - at, &used, &got), ZPL_OK);
    assert_false(got.began);
    assert_int_equal(got.event.kind, ZPL_EVENT_MESSAGE);
    assert_true(got.event.printed);
    assert_int_equal(got.event.peak_bytes, UINT64_C(0x123456789a));
    assert_memory_equal(got.event.data, "a\n", 2);
    at += used;
    assert_int_equal(zpl_spool_take(bytes.data + at, bytes.len - at, &used, &got), ZPL_OK);
    assert_int_equal(got.event.kind, ZPL_EVENT_DIED);
    assert_string_equal(got.event.reason, "signal 9");
    assert_int_equal(at + used, bytes.len);
    zpl_buf_release(&bytes);
}

static void what_is_not_whole_is_not_taken(void **state)
{
    (void)state;
    struct zpl_buf bytes = {0};
    struct zpl_spool_frame frame = printed("text"), got;
    size_t used;
    zpl_spool_put(&bytes, &frame);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_equal(zpl_spool_take(bytes.data, len, &used, &got), ZPL_ERR_NOT_FOUND);
    bytes.data[4]++;
    assert_int_equal(zpl_spool_take(bytes.data, bytes.len, &used, &got), ZPL_ERR_VERSION);
    bytes.data[4]--;
    bytes.data[5] = 77; /* no kind */
    assert_int_equal(zpl_spool_take(bytes.data, bytes.len, &used, &got), ZPL_ERR_INPUT);
    bytes.data[5] = ZPL_EVENT_DIED;
    bytes.data[7] = 127; /* a reason longer than the frame */
    assert_int_equal(zpl_spool_take(bytes.data, bytes.len, &used, &got), ZPL_ERR_INPUT);
    memset(bytes.data, 0xff, bytes.len);
    assert_int_equal(zpl_spool_take(bytes.data, bytes.len, &used, &got), ZPL_ERR_INPUT);
    memset(bytes.data, 0, bytes.len);
    assert_int_equal(zpl_spool_take(bytes.data, bytes.len, &used, &got), ZPL_ERR_INPUT);
    zpl_buf_release(&bytes);
}

/* ---- the folder ------------------------------------------------------------------------------ */

static void write_file(const char *name, const char *text)
{
    char path[ZPL_PATH_MAX];
    assert_int_equal(zpl_path_join(path, folder, name), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, &diags), ZPL_OK);
}

static void a_task_comes_back(void **state)
{
    (void)state;
    static const char BYTES[] = "{\n\0x}";
    struct zpl_task_needs needs = {.memory_bytes = 5u << 20, .timeout_ms = 1500, .workers = 3}, got;
    struct zpl_buf bytes = {0};
    assert_false(zpl_spool_wanted(folder));
    assert_int_equal(zpl_spool_read_task(folder, &got, &bytes, &diags), ZPL_ERR_NOT_FOUND);
    assert_int_equal(zpl_spool_write_task(folder, BYTES, sizeof BYTES, &needs, &diags), ZPL_OK);
    assert_true(zpl_spool_wanted(folder));
    assert_int_equal(zpl_spool_read_task(folder, &got, &bytes, &diags), ZPL_OK);
    assert_int_equal(bytes.len, sizeof BYTES);
    assert_memory_equal(bytes.data, BYTES, sizeof BYTES);
    assert_int_equal(got.memory_bytes, needs.memory_bytes);
    assert_int_equal(got.timeout_ms, needs.timeout_ms);
    assert_int_equal(got.workers, 0); /* the task has them started by others */
    assert_true(got.fresh);
    zpl_spool_unwant(folder);
    assert_false(zpl_spool_wanted(folder));
    assert_int_equal(zpl_spool_read_task(folder, &got, &bytes, &diags), ZPL_ERR_NOT_FOUND);
    assert_int_equal(diags.count, 0);

    write_file(ZPL_SPOOL_TASK, "zpl-task 999 0 0\nx");
    assert_int_equal(zpl_spool_read_task(folder, &got, &bytes, &diags), ZPL_ERR_VERSION);
    const char *const torn[] = {"", "zpl-task", "zpl-task 2 0", "zpl-task 2 0 0 0", "hello\nworld"};
    for (size_t i = 0; i < sizeof torn / sizeof torn[0]; i++) {
        write_file(ZPL_SPOOL_TASK, torn[i]);
        assert_int_equal(zpl_spool_read_task(folder, &got, &bytes, &diags), ZPL_ERR_INPUT);
    }
    assert_int_equal(diags.errors, 1 + sizeof torn / sizeof torn[0]);
    zpl_buf_release(&bytes);
}

static void about_comes_back(void **state)
{
    (void)state;
    struct zpl_spool_about about = {.has_key = true, .batch = INT64_MAX, .index = 7}, got;
    memset(&about.key, 0xab, sizeof about.key);
    assert_int_equal(zpl_spool_read_about(folder, &got), ZPL_ERR_NOT_FOUND);
    assert_int_equal(zpl_spool_write_about(folder, &about, &diags), ZPL_OK);
    assert_int_equal(zpl_spool_read_about(folder, &got), ZPL_OK);
    assert_true(got.has_key);
    assert_true(zpl_digest_equal(&got.key, &about.key));
    assert_int_equal(got.batch, about.batch);
    assert_int_equal(got.index, 7);
    about.has_key = false;
    assert_int_equal(zpl_spool_write_about(folder, &about, &diags), ZPL_OK);
    assert_int_equal(zpl_spool_read_about(folder, &got), ZPL_OK);
    assert_false(got.has_key);
    write_file(ZPL_SPOOL_ABOUT, "{\"v\":999}");
    assert_int_equal(zpl_spool_read_about(folder, &got), ZPL_ERR_VERSION);
    write_file(ZPL_SPOOL_ABOUT, "{\"v\":");
    assert_int_equal(zpl_spool_read_about(folder, &got), ZPL_ERR_INPUT);
}

/* Each allocation, open and write fails once: an error, and the next time it works. */
static void what_fails_is_told(void **state)
{
    (void)state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN, ZPL_FAULT_WRITE,
                                         ZPL_FAULT_RENAME};
    struct zpl_spool_about about = {.batch = 1};
    struct zpl_task_needs needs = {0};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (long n = 0;; n++) {
            zpl_fault_arm(kinds[k], n, EIO);
            enum zpl_err err = zpl_spool_write_about(folder, &about, &diags);
            if (err == ZPL_OK)
                err = zpl_spool_write_task(folder, "x", 1, &needs, &diags);
            bool fired = zpl_fault_fired();
            zpl_fault_disarm();
            assert_int_equal(err != ZPL_OK, fired);
            assert_int_equal(diags.errors > 0, fired);
            zpl_diags_clear(&diags);
            if (!fired)
                break;
            assert_true(n < 100);
        }
}

/* ---- the worker ------------------------------------------------------------------------------ */

/* All events as text: "began", "print:…", "say:…", then how it ended. */
static void read_events(struct zpl_buf *out)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf bytes = {0};
    struct zpl_spool_frame frame;
    size_t used;
    assert_int_equal(zpl_path_join(path, folder, ZPL_SPOOL_EVENTS), ZPL_OK);
    assert_int_equal(zpl_fs_read_file(path, 64u << 20, &bytes, &diags), ZPL_OK);
    zpl_buf_clear(out);
    for (size_t at = 0; at < bytes.len; at += used) {
        assert_int_equal(zpl_spool_take(bytes.data + at, bytes.len - at, &used, &frame), ZPL_OK);
        const struct zpl_event *event = &frame.event;
        if (frame.began)
            zpl_buf_puts(out, "began ");
        else if (event->kind == ZPL_EVENT_MESSAGE)
            zpl_buf_printf(out, "%s:%.*s ", event->printed ? "print" : "say", (int)event->len,
                           (const char *)event->data);
        else if (event->kind == ZPL_EVENT_DONE)
            zpl_buf_printf(out, "done:%.*s", (int)event->len, (const char *)event->data);
        else
            zpl_buf_printf(out, "%s:%s",
                           event->kind == ZPL_EVENT_TIMEOUT ? "late"
                           : event->kind == ZPL_EVENT_LOST  ? "lost"
                                                            : "died",
                           event->reason);
    }
    zpl_buf_release(&bytes);
}

static enum zpl_spool_verdict verdict(const void *answer, size_t len, char *reason, size_t size)
{
    snprintf(reason, size, "n2 fell silent");
    return len == 3 && memcmp(answer, "bye", 3) == 0    ? ZPL_SPOOL_FAILED
           : len == 4 && memcmp(answer, "gone", 4) == 0 ? ZPL_SPOOL_LOST
                                                        : ZPL_SPOOL_FINE;
}

static enum zpl_err spread(struct zpl_buf *task, const uint32_t *counts, size_t count,
                           struct zpl_diags *told)
{
    (void)told;
    for (size_t i = 0; i < count; i++)
        zpl_buf_printf(task, " %u", counts[i]);
    return zpl_buf_error(task);
}

static enum zpl_err serve(struct fixture *f, const char *text, struct zpl_task_needs needs)
{
    if (text)
        assert_int_equal(zpl_spool_write_task(folder, text, strlen(text), &needs, &diags), ZPL_OK);
    static const struct zpl_spool_readers readers = {verdict, spread};
    return zpl_spool_serve(folder, f->zygote, &interrupted, &readers, &diags);
}

static void a_worker_writes_down_what_comes_of_a_task(void **state)
{
    struct zpl_buf events = {0}, again = {0};
    assert_int_equal(serve(*state, "print", NO_NEEDS), ZPL_OK);
    read_events(&events);
    const char *text = zpl_buf_str(&events);
    assert_memory_equal(text, "began ", 6);
    assert_non_null(strstr(text, "say:one "));
    assert_non_null(strstr(text, "to output\n"));
    assert_non_null(strstr(text, "to error\n"));
    assert_non_null(strstr(text, " done:printed"));
    /* a second worker finds that it was done */
    assert_int_equal(serve(*state, "echo hello", NO_NEEDS), ZPL_OK);
    read_events(&again);
    assert_string_equal(zpl_buf_str(&again), text);
    assert_int_equal(diags.count, 0);
    zpl_buf_release(&again);
    zpl_buf_release(&events);
}

static void what_is_not_wanted_is_not_begun(void **state)
{
    struct zpl_buf events = {0};
    assert_int_equal(serve(*state, NULL, NO_NEEDS), ZPL_OK);
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events), "began ");
    zpl_buf_release(&events);
}

static void what_is_not_wanted_any_more_ends(void **state)
{
    struct zpl_buf events = {0};
    pid_t child = fork();
    if (child == 0) {
        usleep(300000);
        zpl_spool_unwant(folder);
        _exit(0);
    }
    assert_int_equal(serve(*state, "sleep", NO_NEEDS), ZPL_OK);
    assert_int_equal(waitpid(child, NULL, 0), child);
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events), "began died:cancelled");
    zpl_buf_release(&events);
}

static void on_signal(int number)
{
    interrupted = number;
}

/* The signal reaches the task's process first, which fails of it. */
static void what_fails_by_the_end_of_its_job_has_not_failed(void **state)
{
    struct zpl_buf events = {0};
    signal(SIGTERM, on_signal);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        usleep(300000);
        kill(parent, SIGTERM);
        _exit(0);
    }
    assert_int_equal(serve(*state, "last", NO_NEEDS), ZPL_OK);
    assert_int_equal(waitpid(child, NULL, 0), child);
    signal(SIGTERM, SIG_DFL);
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events), "began died:signal 15 to its job");
    zpl_buf_release(&events);
}

static void what_fails_by_itself_is_told(void **state)
{
    struct zpl_buf events = {0};
    assert_int_equal(serve(*state, "last", NO_NEEDS), ZPL_OK);
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events), "began done:bye");
    zpl_buf_release(&events);
}

static void what_fails_for_a_machine_is_lost(void **state)
{
    struct zpl_buf events = {0};
    assert_int_equal(serve(*state, "echo gone", NO_NEEDS), ZPL_OK);
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events), "began lost:n2 fell silent");
    zpl_buf_release(&events);
}

/* A task that starts its workers itself is told on which machines they are. */
static void workers_on_several_machines_are_told(void **state)
{
    struct zpl_buf events = {0};
    struct zpl_task_needs needs = {.workers = 3, .together = true};
    setenv("SLURM_TASKS_PER_NODE", "2,1", true);
    assert_int_equal(serve(*state, "echo on", needs), ZPL_OK);
    unsetenv("SLURM_TASKS_PER_NODE");
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events), "began done:on 2 1");
    zpl_buf_release(&events);
}

static void limits_hold_where_it_runs(void **state)
{
    struct zpl_buf events = {0};
    struct zpl_task_needs needs = {.timeout_ms = 100};
    assert_int_equal(serve(*state, "sleep", needs), ZPL_OK);
    read_events(&events);
    assert_string_equal(zpl_buf_str(&events),
                        "began late:not ready after its time limit of 100 ms");
    zpl_buf_release(&events);
}

static void a_folder_that_is_gone_is_an_error(void **state)
{
    zpl_fs_remove_tree(folder, NULL);
    assert_int_equal(serve(*state, NULL, NO_NEEDS), ZPL_ERR_IO);
    assert_int_equal(diags.errors, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_whole_is_not_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(about_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_fails_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_worker_writes_down_what_comes_of_a_task, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_wanted_is_not_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_wanted_any_more_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_fails_by_the_end_of_its_job_has_not_failed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_fails_by_itself_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_fails_for_a_machine_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(workers_on_several_machines_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_hold_where_it_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_gone_is_an_error, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
