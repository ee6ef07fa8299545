/* The local orchestrator with real processes: tasks and answers. */
#include "tests/unit/local_fixture.h"

static void an_answer_comes_back(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event = run(f, "echo hello", NO_NEEDS);
    assert_reply(&event, "hello");
    event = run(f, "echo ", NO_NEEDS);
    assert_reply(&event, "");
    assert_int_equal(next(f, -1, &event), ZPL_ERR_NOT_FOUND); /* nothing runs */
    assert_int_equal(f->diags.count, 0);
}

static void a_worker_starts_clean(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event = run(f, "self", NO_NEEDS);
    assert_reply(&event, "fds 4 handled 0 blocked 0 core 0 input 0 leads 1");
}

static void a_warm_worker_is_used_again(void **state)
{
    struct fixture *f = *state;
    char first[32], name[32];
    ask_name(f, NO_NEEDS, first);
    for (int i = 0; i < 1000; i++) {
        ask_name(f, NO_NEEDS, name);
        assert_string_equal(name, first);
    }
}

static void a_fresh_task_has_a_process_of_its_own(void **state)
{
    struct fixture *f = *state;
    char names[4][32], name[32];
    ask_name(f, NO_NEEDS, names[0]);
    for (int i = 1; i < 4; i++) {
        struct zpl_event event = run(f, "name", FRESH);
        assert_int_equal(event.kind, ZPL_EVENT_DONE);
        snprintf(names[i], sizeof names[i], "%.*s", (int)event.len, (const char *)event.data);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(names[i], names[k]);
        assert_true(event.peak_bytes > 0);
        assert_int_equal(count_named(names[i]), 0); /* gone before its answer was told */
    }
    ask_name(f, NO_NEEDS, name);
    assert_string_equal(name, names[0]); /* the warm one was kept */
}

static void a_worker_serves_one_kin(void **state)
{
    struct fixture *f = *state;
    const struct zpl_task_needs some = {.kin = 7}, others = {.kin = UINT64_MAX};
    char plain[32], first[32], second[32], name[32];
    ask_name(f, NO_NEEDS, plain);
    ask_name(f, some, first);
    ask_name(f, others, second);
    assert_string_not_equal(first, plain);
    assert_string_not_equal(second, plain);
    assert_string_not_equal(second, first);
    ask_name(f, some, name);
    assert_string_equal(name, first);
    ask_name(f, others, name);
    assert_string_equal(name, second);
    ask_name(f, NO_NEEDS, name);
    assert_string_equal(name, plain);
}

static void those_of_another_kin_make_room_first(void **state)
{
    struct fixture *f = *state;
    const struct zpl_task_needs some = {.kin = 7}, large = {.kin = 7, .memory_bytes = 1u << 30};
    char plain[32], first[32], name[32];
    ask_name(f, some, first);
    ask_name(f, NO_NEEDS, plain);
    for (uint32_t i = 2; i < 2 * f->local.slots + 2; i++) /* as many as stay warm */
        ask_name(f, (struct zpl_task_needs){.kin = 7, .memory_bytes = (UINT64_C(2) + i) << 30},
                 name);
    ask_name(f, large, name);
    ask_name(f, some, name);
    assert_string_equal(name, first);
    ask_name(f, NO_NEEDS, name);
    assert_string_not_equal(name, plain);
}

static void the_one_that_rests_longest_makes_room(void **state)
{
    struct fixture *f = *state;
    char names[16][32], name[32];
    uint32_t most = 2 * f->local.slots + 2; /* as many as stay warm */
    assert_true(most < 16);
    for (uint32_t i = 0; i < most; i++)
        ask_name(f, (struct zpl_task_needs){.kin = 1 + i}, names[i]);
    ask_name(f, (struct zpl_task_needs){.kin = 1}, name); /* the first was busy again */
    assert_string_equal(name, names[0]);
    ask_name(f, (struct zpl_task_needs){.kin = 1 + most}, name);
    for (uint32_t i = 0; i < most; i++)
        assert_int_equal(count_named(names[i]) == 0, i == 1);
}

static void a_worker_can_say_it_is_its_last(void **state)
{
    struct fixture *f = *state;
    char first[32], second[32];
    ask_name(f, NO_NEEDS, first);
    struct zpl_event event = run(f, "last", NO_NEEDS);
    assert_reply(&event, "bye");
    ask_name(f, NO_NEEDS, second);
    assert_string_not_equal(first, second);
}

static void a_swollen_worker_retires(void **state)
{
    struct fixture *f = *state;
    char first[32], second[32];
    ask_name(f, NO_NEEDS, first);
    usleep(150000);
    struct zpl_event event = run(f, "grow", NO_NEEDS);
    assert_reply(&event, "grown");
    ask_name(f, NO_NEEDS, second);
    assert_string_not_equal(first, second);
}

static void text_comes_before_the_answer(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    struct zpl_buf printed = {0}, sent = {0};
    start(f, "print", NO_NEEDS);
    while (next(f, 5000, &event) == ZPL_OK && event.kind == ZPL_EVENT_MESSAGE)
        zpl_buf_add(event.printed ? &printed : &sent, event.data, event.len);
    assert_reply(&event, "printed");
    assert_string_equal(zpl_buf_str(&printed), "to output\nto error\n");
    assert_string_equal(zpl_buf_str(&sent), "one");
    zpl_buf_release(&printed);
    zpl_buf_release(&sent);
}

static void much_text_arrives_whole(void **state)
{
    struct fixture *f = *state;
    for (int fresh = 0; fresh < 2; fresh++) {
        struct zpl_buf log = {0}, wanted = {0};
        for (int i = 0; i < 40000; i++)
            zpl_buf_printf(&wanted, "line %d\n", i);
        struct zpl_event event = finish(f, start(f, "print much", fresh ? FRESH : NO_NEEDS), &log);
        assert_reply(&event, "printed");
        assert_int_equal(log.len, wanted.len);
        assert_memory_equal(log.data, wanted.data, wanted.len);
        zpl_buf_release(&log);
        zpl_buf_release(&wanted);
    }
}

static void assert_big(const void *data, size_t len)
{
    const char *b = data;
    size_t wrong = 0;
    assert_int_equal(len, 5u << 20);
    for (size_t i = 0; i < len; i++)
        wrong += b[i] != (char)(i * 31 + (i >> 13));
    assert_int_equal(wrong, 0);
}

static void big_messages_arrive_whole(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event = run(f, "big", NO_NEEDS);
    assert_int_equal(event.kind, ZPL_EVENT_DONE);
    assert_big(event.data, event.len);
    uint64_t task = start(f, "big message", FRESH);
    assert_int_equal(next(f, 20000, &event), ZPL_OK);
    assert_int_equal(event.kind, ZPL_EVENT_MESSAGE);
    assert_big(event.data, event.len);
    event = finish(f, task, NULL);
    assert_reply(&event, "sent");

    struct zpl_buf big = {0};
    zpl_buf_puts(&big, "echo ");
    zpl_buf_repeat(&big, 'x', 5u << 20);
    event = run(f, zpl_buf_str(&big), NO_NEEDS);
    assert_reply(&event, zpl_buf_str(&big) + 5);
    zpl_buf_release(&big);
}

static void every_slot_works_and_no_more(void **state)
{
    struct fixture *f = *state;
    uint64_t task = 0;
    uint64_t slow = start(f, "half", (struct zpl_task_needs){.timeout_ms = 400});
    uint64_t quick = start(f, "echo quick", NO_NEEDS);
    assert_int_equal(f->local.slots, 2);
    assert_int_equal(f->local.start(f->local.self, "echo", 4, &NO_NEEDS, &task, &f->diags),
                     ZPL_ERR_BUSY);
    struct zpl_event event = finish(f, quick, NULL);
    assert_reply(&event, "quick");
    assert_int_equal(next(f, 0, &event), ZPL_ERR_NOT_FOUND);
    event = finish(f, slow, NULL); /* stuck in the middle of a message, it still meets its limit */
    assert_int_equal(event.kind, ZPL_EVENT_TIMEOUT);
}

static void on_alarm(int number)
{
    (void)number;
}

static void a_signal_interrupts_waiting(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    uint64_t task = start(f, "hang", NO_NEEDS);
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 100000}, NULL);
    assert_int_equal(next(f, 10000, &event), ZPL_ERR_INTERRUPTED);
    sigaction(SIGALRM, &old, NULL);
    assert_int_equal(f->diags.count, 0);
    f->local.cancel(f->local.self, task);
    finish(f, task, NULL);
}

static void a_fork_that_fails_is_told(void **state)
{
    struct fixture *spare = *state;
    struct zpl_zygote *zygote;
    zpl_fault_arm(ZPL_FAULT_FORK, 0, EAGAIN);
    assert_int_equal(zpl_zygote_start(work, NULL, &zygote, &spare->diags), ZPL_ERR_UNREACHABLE);
    assert_null(zygote);
    assert_int_equal(spare->diags.count, 1);
    for (int n = 1; n <= 2; n++) { /* in the zygote, in the supervisor */
        struct fixture f = {0};
        zpl_fault_arm(ZPL_FAULT_FORK, n, EAGAIN);
        assert_int_equal(open_with(&f, 1), 0);
        zpl_fault_disarm();
        struct zpl_event event = run(&f, "echo x", NO_NEEDS);
        assert_int_equal(event.kind, ZPL_EVENT_DIED);
        assert_non_null(strstr(event.reason, "could not be started"));
        if (n == 1) {
            event = run(&f, "echo y", NO_NEEDS);
            assert_reply(&event, "y");
        }
        f.local.release(f.local.self);
        zpl_zygote_release(f.zygote);
        zpl_diags_release(&f.diags);
    }
}

/* What a worker of its own finds made ready. */
static unsigned found_ready(struct fixture *f, struct zpl_task_needs needs)
{
    char text[32];
    struct zpl_event event = run(f, "ready", needs);
    assert_int_equal(event.kind, ZPL_EVENT_DONE);
    snprintf(text, sizeof text, "%.*s", (int)event.len, (const char *)event.data);
    return (unsigned)strtoul(text, NULL, 10);
}

static void what_tables_need_is_made_ready_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(count_named(ready_name), 0); /* nobody has asked for it */
    unsigned first = found_ready(f, TABLES);
    assert_int_not_equal(first, 0);
    assert_int_equal(found_ready(f, FRESH), 0);
    assert_int_equal(found_ready(f, TABLES), first);
    assert_int_equal(count_named(ready_name), 1);
    struct zpl_event event = run(f, "self", TABLES);
    assert_reply(&event, "fds 4 handled 0 blocked 0 core 0 input 0 leads 1");
    event = run(f, "leave daemons", TABLES);
    assert_reply(&event, "left");
    assert_int_equal(count_named(nasty_name), 0);
}

static void it_is_made_again_when_who_has_it_was_killed(void **state)
{
    struct fixture *f = *state;
    unsigned first = found_ready(f, TABLES);
    uint64_t goes_on = start(f, "daemons", TABLES);
    struct zpl_event event;
    assert_int_equal(next(f, 20000, &event), ZPL_OK);
    assert_int_equal(event.kind, ZPL_EVENT_MESSAGE);
    assert_int_equal(signal_named(ready_name, SIGKILL), 1);
    assert_true(all_gone(ready_name));
    unsigned second = found_ready(f, TABLES);
    assert_int_not_equal(second, 0);
    assert_int_not_equal(second, first);
    assert_int_equal(next(f, 0, &event), ZPL_ERR_NOT_FOUND);
    f->local.cancel(f->local.self, goes_on);
    event = finish(f, goes_on, NULL);
    assert_string_equal(event.reason, "cancelled");
    assert_int_equal(count_named(nasty_name), 0);
}

static void workers_come_without_it_where_it_cannot_be(void **state)
{
    (void)state;
    struct fixture f = {0};
    zpl_fault_arm(ZPL_FAULT_FORK, 1, EAGAIN); /* in the zygote */
    assert_int_equal(open_with(&f, 1), 0);
    zpl_fault_disarm();
    assert_int_equal(found_ready(&f, TABLES), 0);
    assert_int_not_equal(found_ready(&f, TABLES), 0);
    uint64_t task = start(&f, "hang", TABLES);
    (void)task;
    f.local.release(f.local.self);
    zpl_zygote_release(f.zygote);
    assert_int_equal(count_named(ready_name), 0); /* it went with the zygote */
    zpl_diags_release(&f.diags);
}

static int count_open_fds(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void no_descriptor_is_left_open(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    int before = count_open_fds();
    for (int i = 0; i < 20; i++) {
        run(f, "print", FRESH);
        run(f, "exit 3", NO_NEEDS);
    }
    assert_int_equal(next(f, 0, &event), ZPL_ERR_NOT_FOUND);
    assert_int_equal(count_open_fds(), before);
}

/* Allocations and descriptors of the driver fail one after the other; every task still ends in an
 * event or in an error that is told. */
static void every_failing_call_is_told(void **state)
{
    struct fixture *f = *state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN, ZPL_FAULT_WRITE};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        for (int n = 0; fired && n < 50; n++) {
            uint64_t task;
            struct zpl_event event = {0};
            zpl_fault_arm(kinds[k], n, EMFILE);
            enum zpl_err err = f->local.start(f->local.self, "print", 5, &FRESH, &task, &f->diags);
            bool started = err == ZPL_OK;
            while (err == ZPL_OK && (event.kind == ZPL_EVENT_MESSAGE || event.task == 0))
                err = next(f, 5000, &event);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            if (started)
                assert_int_equal(err, ZPL_OK);
            else
                assert_true(f->diags.count > 0);
            zpl_diags_clear(&f->diags);
        }
        assert_false(fired);
    }
    struct zpl_event event = run(f, "echo on", NO_NEEDS);
    assert_reply(&event, "on");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_back),
        TEST(a_worker_starts_clean),
        TEST(a_warm_worker_is_used_again),
        TEST(a_worker_serves_one_kin),
        TEST(those_of_another_kin_make_room_first),
        TEST(a_fresh_task_has_a_process_of_its_own),
        TEST(the_one_that_rests_longest_makes_room),
        TEST(a_worker_can_say_it_is_its_last),
        TEST(a_swollen_worker_retires),
        TEST(text_comes_before_the_answer),
        TEST(much_text_arrives_whole),
        TEST(big_messages_arrive_whole),
        TEST(every_slot_works_and_no_more),
        TEST(a_signal_interrupts_waiting),
        TEST(what_tables_need_is_made_ready_once),
        TEST(it_is_made_again_when_who_has_it_was_killed),
        TEST(workers_come_without_it_where_it_cannot_be),
        TEST(a_fork_that_fails_is_told),
        TEST(no_descriptor_is_left_open),
        TEST(every_failing_call_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
