/* A task on its way through Slurm, with a real folder and what Slurm would say of its job: which end
 * each state means, when the folder decides and when Slurm does, and what a later driver takes over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "stack/lock.h"
#include "stack/orchestrator/slurm_job.h"

#define JOBS 8

static char spool[ZPL_PATH_MAX];
static int owners = -1;
static struct zpl_diags diags;
static struct zpl_slurm_job jobs[JOBS];
static const struct zpl_digest KEY = {{1, 2, 3}};

static int set_up(void **state)
{
    (void)state;
    char path[ZPL_PATH_MAX];
    char base[] = "/tmp/zpl-job.XXXXXX";
    if (!mkdtemp(base))
        return -1;
    memcpy(spool, base, sizeof base);
    snprintf(path, sizeof path, "%s/owners", base);
    owners = zpl_lock_open(path);
    memset(jobs, 0, sizeof jobs);
    return owners >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < JOBS; i++)
        if (jobs[i].phase != ZPL_SLURM_FREE)
            zpl_slurm_job_remove(&jobs[i], owners);
    close(owners);
    zpl_fs_remove_tree(spool, NULL);
    zpl_diags_release(&diags);
    return 0;
}

/* A job that Slurm has. */
static void send(struct zpl_slurm_job *job)
{
    struct zpl_task_needs needs = {0};
    assert_int_equal(zpl_slurm_job_place(job, spool, owners, &KEY, &diags), ZPL_OK);
    assert_int_equal(zpl_spool_write_task(job->folder, "x", 1, &needs, &diags), ZPL_OK);
    job->about.batch = job->stamp;
    assert_int_equal(zpl_spool_write_about(job->folder, &job->about, &diags), ZPL_OK);
    job->phase = ZPL_SLURM_SENT;
    job->sent_ns = zpl_clock_monotonic_ns();
    job->task = job->stamp;
}

/* What its worker says. */
static void say(const struct zpl_slurm_job *job, bool began, enum zpl_event_kind kind,
                const char *text)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf bytes = {0};
    struct zpl_spool_frame frame = {.began = began,
                                    .event = {.kind = kind, .data = text, .len = strlen(text)}};
    if (kind == ZPL_EVENT_DIED || kind == ZPL_EVENT_LOST)
        snprintf(frame.event.reason, sizeof frame.event.reason, "%s", text);
    zpl_spool_put(&bytes, &frame);
    assert_int_equal(zpl_path_join(path, job->folder, ZPL_SPOOL_EVENTS), ZPL_OK);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(zpl_fs_write_all(fd, bytes.data, bytes.len), ZPL_OK);
    close(fd);
    zpl_buf_release(&bytes);
}

static void see(struct zpl_slurm_job *job, enum zpl_slurm_state state)
{
    struct zpl_slurm_row row = {.batch = job->about.batch, .state = state};
    snprintf(row.id, sizeof row.id, "7");
    snprintf(row.node, sizeof row.node, "n1");
    snprintf(row.reason, sizeof row.reason, "None");
    zpl_slurm_job_see(job, &row, 1);
}

/* The next event that is no message; false when there is none within so many milliseconds. */
static bool ends(struct zpl_slurm_job *job, int limit_ms, struct zpl_event *event)
{
    int64_t until = zpl_clock_monotonic_ns() + limit_ms * INT64_C(1000000);
    do {
        while (zpl_slurm_job_next(job, event)) {
            assert_int_equal(event->task, job->task);
            if (event->kind != ZPL_EVENT_MESSAGE)
                return true;
            zpl_slurm_job_forget(job);
        }
        usleep(10000);
    } while (zpl_clock_monotonic_ns() < until);
    return false;
}

static void what_the_folder_says_counts(void **state)
{
    (void)state;
    struct zpl_event event;
    send(&jobs[0]);
    assert_false(zpl_slurm_job_next(&jobs[0], &event));
    see(&jobs[0], ZPL_SLURM_RUNS);
    say(&jobs[0], true, ZPL_EVENT_MESSAGE, "vm");
    say(&jobs[0], false, ZPL_EVENT_MESSAGE, "hello");
    assert_true(zpl_slurm_job_next(&jobs[0], &event));
    assert_int_equal(event.kind, ZPL_EVENT_MESSAGE);
    assert_true(event.printed);
    assert_memory_equal(event.data, "slurm: job 7 on vm\n", event.len);
    zpl_slurm_job_forget(&jobs[0]);
    assert_true(zpl_slurm_job_next(&jobs[0], &event));
    assert_memory_equal(event.data, "hello", event.len);
    zpl_slurm_job_forget(&jobs[0]);
    say(&jobs[0], false, ZPL_EVENT_DONE, "answer");
    assert_true(ends(&jobs[0], 0, &event)); /* at once, Slurm may say what it likes */
    assert_int_equal(event.kind, ZPL_EVENT_DONE);
    assert_int_equal(event.len, 6);
    assert_memory_equal(event.data, "answer", 6);
    assert_int_equal(jobs[0].phase, ZPL_SLURM_PLACED);
}

/* Each state of Slurm for a job without an answer, and for one whose task died of it. */
static void states_decide_where_the_folder_does_not(void **state)
{
    (void)state;
    static const struct {
        enum zpl_slurm_state state;
        enum zpl_event_kind kind;
        const char *words;
    } ENDS[] = {
        {ZPL_SLURM_NODE_FAILED, ZPL_EVENT_LOST, "node n1 failed"},
        {ZPL_SLURM_PREEMPTED, ZPL_EVENT_LOST, "it was preempted on node n1"},
        {ZPL_SLURM_TIMEOUT, ZPL_EVENT_TIMEOUT, "ended by the time limit of its job 7"},
        {ZPL_SLURM_MEMORY, ZPL_EVENT_MEMORY,
         "ended by Slurm, as job 7 held more memory than it asked for"},
        {ZPL_SLURM_CANCELLED, ZPL_EVENT_DIED, "the cancellation of its job 7 by somebody else"}};
    struct zpl_event event;
    for (int died = 0; died < 2; died++) {
        for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
            send(&jobs[i]);
            say(&jobs[i], true, ZPL_EVENT_MESSAGE, "vm");
            if (died)
                say(&jobs[i], false, ZPL_EVENT_DIED, "signal 15 to its job");
            see(&jobs[i], ENDS[i].state);
        }
        for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
            assert_true(ends(&jobs[i], 3000, &event));
            assert_int_equal(event.kind, ENDS[i].kind);
            assert_string_equal(event.reason, ENDS[i].words);
            zpl_slurm_job_remove(&jobs[i], owners);
        }
    }
}

/* Which of several nodes it was, Slurm does not say of the job. */
static void a_job_of_several_nodes_is_lost_with_one(void **state)
{
    (void)state;
    struct zpl_event event;
    struct zpl_slurm_row row = {
        .id = "7", .node = "n[1-2]", .reason = "NodeDown", .state = ZPL_SLURM_NODE_FAILED};
    send(&jobs[0]);
    say(&jobs[0], true, ZPL_EVENT_MESSAGE, "vm");
    say(&jobs[0], false, ZPL_EVENT_DIED, "signal 15 to its job");
    zpl_slurm_job_see(&jobs[0], &row, 1);
    assert_true(ends(&jobs[0], 3000, &event));
    assert_int_equal(event.kind, ZPL_EVENT_LOST);
    assert_string_equal(event.reason, "a node of n[1-2] failed");
}

/* A task that lost a machine says which; what else ended its job, Slurm says. */
static void a_lost_machine_is_told_unless_slurm_knows_of_something_else(void **state)
{
    (void)state;
    struct zpl_event event;
    static const struct {
        enum zpl_slurm_state state;
        enum zpl_event_kind kind;
        const char *words;
    } ENDS[] = {
        {ZPL_SLURM_COMPLETED, ZPL_EVENT_LOST, "n2 fell silent"},
        {ZPL_SLURM_NODE_FAILED, ZPL_EVENT_LOST, "n2 fell silent"},
        {ZPL_SLURM_PREEMPTED, ZPL_EVENT_LOST, "it was preempted on node n1"},
        {ZPL_SLURM_CANCELLED, ZPL_EVENT_DIED, "the cancellation of its job 7 by somebody else"}};
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        send(&jobs[i]);
        say(&jobs[i], true, ZPL_EVENT_MESSAGE, "vm");
        say(&jobs[i], false, ZPL_EVENT_LOST, "n2 fell silent");
        assert_false(ends(&jobs[i], 100, &event));
        see(&jobs[i], ENDS[i].state);
        assert_true(ends(&jobs[i], 3000, &event));
        assert_int_equal(event.kind, ENDS[i].kind);
        assert_string_equal(event.reason, ENDS[i].words);
        zpl_slurm_job_remove(&jobs[i], owners);
    }
}

static void a_death_that_slurm_does_not_explain_is_the_tasks_own(void **state)
{
    (void)state;
    struct zpl_event event;
    send(&jobs[0]);
    say(&jobs[0], true, ZPL_EVENT_MESSAGE, "vm");
    say(&jobs[0], false, ZPL_EVENT_DIED, "signal 11 (SIGSEGV)");
    assert_false(ends(&jobs[0], 100, &event)); /* why, is not known yet */
    see(&jobs[0], ZPL_SLURM_COMPLETED);
    assert_true(ends(&jobs[0], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
    assert_string_equal(event.reason, "signal 11 (SIGSEGV)");
}

static void a_job_that_says_nothing_is_explained(void **state)
{
    (void)state;
    char path[ZPL_PATH_MAX];
    struct zpl_event event;
    send(&jobs[0]);
    assert_int_equal(zpl_path_join(path, jobs[0].folder, "output"), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, "exec: not found\n", 16, false, &diags), ZPL_OK);
    see(&jobs[0], ZPL_SLURM_FAILED);
    jobs[0].over_ns -= INT64_C(6000000000); /* the lag of a shared file system is over */
    assert_true(zpl_slurm_job_next(&jobs[0], &event));
    assert_int_equal(event.kind, ZPL_EVENT_MESSAGE);
    assert_memory_equal(event.data, "exec: not found\n", event.len);
    zpl_slurm_job_forget(&jobs[0]);
    assert_true(ends(&jobs[0], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_REFUSED);

    send(&jobs[1]); /* gone from the queue, twice */
    zpl_slurm_job_miss(&jobs[1]);
    assert_int_equal(jobs[1].over_ns, 0);
    zpl_slurm_job_miss(&jobs[1]);
    assert_true(jobs[1].over_ns > 0);
    jobs[1].over_ns -= INT64_C(6000000000);
    assert_true(ends(&jobs[1], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_LOST);
}

static void a_job_that_can_never_run_is_given_up(void **state)
{
    (void)state;
    struct zpl_event event;
    struct zpl_slurm_row row = {.id = "7", .reason = "PartitionConfig"};
    send(&jobs[0]);
    zpl_slurm_job_see(&jobs[0], &row, 1);
    zpl_slurm_job_see(&jobs[0], &row, 2);
    assert_false(ends(&jobs[0], 0, &event));
    zpl_slurm_job_see(&jobs[0], &row, 3);
    assert_true(ends(&jobs[0], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_REFUSED);
    assert_string_equal(event.reason, "job 7 can't run on this cluster (PartitionConfig)");
    assert_false(zpl_spool_wanted(jobs[0].folder));
}

static void what_is_cancelled_ends_when_it_can_do_no_more(void **state)
{
    (void)state;
    struct zpl_event event;
    send(&jobs[0]); /* not begun: at once */
    zpl_slurm_job_cancel(&jobs[0]);
    assert_false(zpl_spool_wanted(jobs[0].folder));
    assert_true(ends(&jobs[0], 0, &event));
    assert_string_equal(event.reason, "cancelled");

    send(&jobs[1]); /* it runs: when its worker has ended it */
    say(&jobs[1], true, ZPL_EVENT_MESSAGE, "vm");
    zpl_slurm_job_cancel(&jobs[1]);
    assert_false(ends(&jobs[1], 100, &event));
    say(&jobs[1], false, ZPL_EVENT_DONE, "late");
    assert_true(ends(&jobs[1], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
    assert_string_equal(event.reason, "cancelled");

    send(&jobs[2]); /* or when its job is over */
    say(&jobs[2], true, ZPL_EVENT_MESSAGE, "vm");
    zpl_slurm_job_cancel(&jobs[2]);
    see(&jobs[2], ZPL_SLURM_CANCELLED);
    assert_true(ends(&jobs[2], 0, &event));
    assert_string_equal(event.reason, "cancelled");
}

static void garbage_is_no_answer(void **state)
{
    (void)state;
    char path[ZPL_PATH_MAX];
    struct zpl_event event;
    send(&jobs[0]);
    assert_int_equal(zpl_path_join(path, jobs[0].folder, ZPL_SPOOL_EVENTS), ZPL_OK);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(zpl_fs_write_all(fd, "this is no frame", 16), ZPL_OK);
    close(fd);
    assert_true(ends(&jobs[0], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
}

/* A driver is killed: its locks are free, its folders are there. */
static uint64_t abandon(struct zpl_slurm_job *job)
{
    uint64_t stamp = job->stamp;
    zpl_lock_give(owners, stamp);
    close(job->events);
    zpl_buf_release(&job->in);
    memset(job, 0, sizeof *job);
    return stamp;
}

static bool is_there(uint64_t stamp)
{
    char path[ZPL_PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/%llu", spool, (unsigned long long)stamp);
    return access(path, F_OK) == 0;
}

static void a_later_driver_takes_over_what_goes_on_or_is_done(void **state)
{
    (void)state;
    struct zpl_event event;
    struct zpl_slurm_row row = {.id = "7", .node = "n1", .state = ZPL_SLURM_RUNS};
    send(&jobs[0]); /* done, and gone from the queue */
    say(&jobs[0], true, ZPL_EVENT_MESSAGE, "vm");
    say(&jobs[0], false, ZPL_EVENT_MESSAGE, "hello");
    say(&jobs[0], false, ZPL_EVENT_DONE, "answer");
    uint64_t done = abandon(&jobs[0]);
    send(&jobs[0]); /* it runs */
    say(&jobs[0], true, ZPL_EVENT_MESSAGE, "vm");
    uint64_t goes_on = abandon(&jobs[0]);
    send(&jobs[0]); /* it died */
    say(&jobs[0], true, ZPL_EVENT_MESSAGE, "vm");
    say(&jobs[0], false, ZPL_EVENT_DIED, "signal 9");
    uint64_t died = abandon(&jobs[0]);
    send(&jobs[0]); /* nobody knows its job */
    uint64_t lost = abandon(&jobs[0]);

    assert_true(zpl_slurm_job_adopt(&jobs[0], spool, owners, done, NULL));
    assert_true(jobs[0].adopted);
    jobs[0].phase = ZPL_SLURM_SENT;
    assert_true(zpl_slurm_job_next(&jobs[0], &event)); /* its log from the start */
    zpl_slurm_job_forget(&jobs[0]);
    assert_true(zpl_slurm_job_next(&jobs[0], &event));
    assert_memory_equal(event.data, "hello", event.len);
    zpl_slurm_job_forget(&jobs[0]);
    assert_true(ends(&jobs[0], 0, &event));
    assert_int_equal(event.kind, ZPL_EVENT_DONE);
    assert_memory_equal(event.data, "answer", 6);

    assert_true(zpl_slurm_job_adopt(&jobs[1], spool, owners, goes_on, &row));
    jobs[1].phase = ZPL_SLURM_SENT;
    assert_false(ends(&jobs[1], 0, &event));
    assert_string_equal(jobs[1].id, "7");

    assert_false(zpl_slurm_job_adopt(&jobs[2], spool, owners, died, NULL));
    assert_false(is_there(died));
    assert_false(zpl_slurm_job_adopt(&jobs[2], spool, owners, lost, NULL));
    assert_false(is_there(lost));
}

static void what_another_driver_follows_is_left_alone(void **state)
{
    (void)state;
    char path[ZPL_PATH_MAX];
    struct zpl_slurm_row row = {.id = "7", .state = ZPL_SLURM_RUNS};
    snprintf(path, sizeof path, "%.4000s/owners", spool);
    int other = zpl_lock_open(path);
    send(&jobs[0]);
    assert_false(zpl_slurm_job_adopt(&jobs[1], spool, other, jobs[0].stamp, &row));
    assert_true(is_there(jobs[0].stamp));
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_folder_says_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(states_decide_where_the_folder_does_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_machine_is_told_unless_slurm_knows_of_something_else,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_of_several_nodes_is_lost_with_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_death_that_slurm_does_not_explain_is_the_tasks_own,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_that_says_nothing_is_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_that_can_never_run_is_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_cancelled_ends_when_it_can_do_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(garbage_is_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_later_driver_takes_over_what_goes_on_or_is_done, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_another_driver_follows_is_left_alone, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
