/* The local orchestrator with real processes: how tasks end, and what must not outlive them. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "tests/unit/local_fixture.h"

static void how_a_worker_ended_is_told(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *task, *reason;
    } cases[] = {{"crash", "signal 11 (SIGSEGV)"},
                 {"exit 3", "exit code 3"},
                 {"garbled", "sent what is not a message"},
                 {"endless", "sent what is not a message"},
                 {"mute", "sent what is not a message"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_event event = run(f, cases[i].task, NO_NEEDS);
        assert_int_equal(event.kind, ZPL_EVENT_DIED);
        assert_string_equal(event.reason, cases[i].reason);
        event = run(f, "echo next", NO_NEEDS);
        assert_reply(&event, "next");
    }
}

static void a_time_limit_ends_a_task(void **state)
{
    struct fixture *f = *state;
    int64_t begin = now_ms();
    struct zpl_event event = run(f, "hang", (struct zpl_task_needs){.timeout_ms = 150});
    int64_t took = now_ms() - begin;
    assert_int_equal(event.kind, ZPL_EVENT_TIMEOUT);
    assert_non_null(strstr(event.reason, "150 ms"));
    assert_in_range(took, 150, ZPL_GRACE_MS);
    event = run(f, "echo on", NO_NEEDS);
    assert_reply(&event, "on");
}

static void one_deaf_to_sigterm_is_killed(void **state)
{
    struct fixture *f = *state;
    int64_t begin = now_ms();
    struct zpl_event event = run(f, "deaf", (struct zpl_task_needs){.timeout_ms = 50});
    assert_int_equal(event.kind, ZPL_EVENT_TIMEOUT);
    assert_in_range(now_ms() - begin, ZPL_GRACE_MS, ZPL_GRACE_MS + ZPL_KILL_MS);
}

static void a_task_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    uint64_t task = start(f, "hang", NO_NEEDS);
    assert_int_equal(next(f, 50, &event), ZPL_ERR_NOT_FOUND);
    f->local.cancel(f->local.self, task);
    f->local.cancel(f->local.self, task + 77);
    event = finish(f, task, NULL);
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
    assert_string_equal(event.reason, "cancelled");
    /* also when the answer is on its way, and at once */
    task = start(f, "echo too late", NO_NEEDS);
    f->local.cancel(f->local.self, task);
    event = finish(f, task, NULL);
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
}

static void daemons_do_not_survive_their_task(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    /* an answer, a time limit, a cancelled task */
    event = run(f, "leave daemons", FRESH);
    assert_reply(&event, "left");
    assert_int_equal(count_named(nasty_name), 0);

    event = run(f, "daemons", (struct zpl_task_needs){.timeout_ms = 100});
    assert_int_equal(event.kind, ZPL_EVENT_TIMEOUT);
    assert_int_equal(count_named(nasty_name), 0);

    uint64_t task = start(f, "daemons", FRESH);
    assert_int_equal(next(f, 5000, &event), ZPL_OK);
    assert_int_equal(event.kind, ZPL_EVENT_MESSAGE);
    assert_true(some_there(nasty_name));
    f->local.cancel(f->local.self, task);
    finish(f, task, NULL);
    assert_int_equal(count_named(nasty_name), 0);
}

static void nothing_survives_a_release(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    start(f, "daemons", NO_NEEDS);
    start(f, "deaf", FRESH);
    assert_int_equal(next(f, 5000, &event), ZPL_OK);
    assert_true(some_there(nasty_name));
    /* the zygote alone, with the orchestrator still open */
    zpl_zygote_release(f->zygote);
    f->zygote = NULL;
    assert_int_equal(count_named(nasty_name), 0);
    for (int died = 0; died < 2;) {
        assert_int_equal(next(f, 5000, &event), ZPL_OK);
        died += event.kind == ZPL_EVENT_DIED;
    }
}

/* The pid of the one child of `pid`, or 0. */
static pid_t only_child(pid_t pid)
{
    char path[64], text[64] = {0};
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return 0;
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    return (pid_t)strtol(text, NULL, 10);
}

/* A folder in which a driver can run, with a /proc of its own. */
static void make_root(char *root)
{
    const char *const folders[] = {"dev", "proc"};
    char path[ZPL_PATH_MAX];
    snprintf(root, ZPL_PATH_MAX, "/tmp/zpl-root-XXXXXX");
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        assert_int_equal(zpl_path_join(path, root, folders[i]), ZPL_OK);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    assert_int_equal(zpl_path_join(path, root, "dev/null"), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, "", 0, false, NULL), ZPL_OK);
}

/* Changes this process's root to it, and nobody else's mounts. */
static bool enter_root(const char *root)
{
    char proc[ZPL_PATH_MAX];
    if (zpl_path_join(proc, root, "proc") != ZPL_OK || unshare(CLONE_NEWNS) != 0)
        return false;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return errno == EINVAL; /* ours is no mount either: it will do */
    return mount("proc", proc, "proc", 0, NULL) == 0 && chroot(root) == 0 && chdir("/") == 0;
}

/* Starts a driver in a process of its own that runs `daemons`; returns when they are there.  With a root
 * of its own, or NULL. */
static pid_t start_driver(const char *root)
{
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t driver = fork();
    if (driver == 0) {
        struct fixture f = {0};
        struct zpl_event event;
        if (root && !enter_root(root))
            _exit(1);
        open_with(&f, 2);
        start(&f, "daemons", NO_NEEDS);
        next(&f, 5000, &event);
        (void)!write(ready[1], "x", 1);
        sleep_forever();
    }
    char c;
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return driver;
}

static void nothing_survives_a_killed_driver(void **state)
{
    (void)state;
    pid_t driver = start_driver(NULL);
    pid_t zygote = only_child(driver), supervisor = only_child(zygote);
    pid_t worker = only_child(supervisor);
    assert_true(zygote > 0 && supervisor > 0 && worker > 0);
    assert_true(some_there(nasty_name));
    kill(driver, SIGKILL);
    waitpid(driver, NULL, 0);
    assert_true(all_gone(nasty_name));
    for (int i = 0; i < 200 && lives(zygote); i++)
        usleep(10000);
    assert_false(lives(zygote));
    assert_false(lives(supervisor));
    assert_false(lives(worker));
}

/* Does it live in another space of processes than we do? */
static bool is_in_own_space(pid_t pid)
{
    char path[64], theirs[64] = {0}, ours[64] = {0};
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
    return readlink(path, theirs, sizeof theirs - 1) > 0 &&
           readlink("/proc/self/ns/pid", ours, sizeof ours - 1) > 0 && strcmp(theirs, ours) != 0;
}

/* Nothing survives that either; true when the worker had a space of its own. */
static bool kill_all_at_once(const char *root)
{
    pid_t driver = start_driver(root);
    pid_t zygote = only_child(driver), supervisor = only_child(zygote);
    pid_t worker = only_child(supervisor);
    bool own_space = is_in_own_space(worker);
    assert_true(some_there(nasty_name));
    kill(supervisor, SIGSTOP); /* none of them gets to do anything */
    kill(zygote, SIGSTOP);
    kill(driver, SIGKILL);
    kill(zygote, SIGKILL);
    kill(supervisor, SIGKILL);
    waitpid(driver, NULL, 0);
    for (int i = 0; i < 200 && lives(worker); i++)
        usleep(10000);
    assert_false(lives(worker));
    if (own_space) /* else the worker's own promise is all there is */
        assert_true(all_gone(nasty_name));
    else
        usleep(1000000); /* until they fork no more */
    signal_named(nasty_name, SIGKILL);
    assert_true(all_gone(nasty_name));
    return own_space;
}

static void nothing_survives_when_all_are_killed_at_once(void **state)
{
    char root[ZPL_PATH_MAX];
    (void)state;
    if (!kill_all_at_once(NULL))
        return;
    make_root(root); /* a space can be had there too */
    assert_true(kill_all_at_once(root));
    zpl_fs_remove_tree(root, NULL);
}

static void nothing_survives_a_killed_supervisor(void **state)
{
    struct fixture *f = *state;
    pid_t driver = start_driver(NULL);
    pid_t zygote = only_child(driver);
    kill(only_child(zygote), SIGKILL);
    assert_true(all_gone(nasty_name));
    kill(driver, SIGKILL);
    waitpid(driver, NULL, 0);

    struct zpl_event event;
    uint64_t task = start(f, "daemons", NO_NEEDS);
    assert_int_equal(next(f, 5000, &event), ZPL_OK);
    /* f's zygote is the child of this process that has the one supervisor */
    kill(only_child(only_child(getpid())), SIGKILL);
    event = finish(f, task, NULL);
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
    assert_string_equal(event.reason, "its supervisor was killed");
}

static void a_killed_zygote_is_told(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
    uint64_t task = start(f, "daemons", NO_NEEDS);
    assert_int_equal(next(f, 5000, &event), ZPL_OK);
    kill(only_child(getpid()), SIGKILL);
    usleep(50000);
    uint64_t other;
    assert_int_equal(f->local.start(f->local.self, "name", 4, &FRESH, &other, &f->diags),
                     ZPL_ERR_UNREACHABLE);
    assert_int_equal(f->diags.items[0]->code, ZPL_CODE_WORKER);
    f->local.cancel(f->local.self, task); /* what runs is still in hand */
    event = finish(f, task, NULL);
    assert_int_equal(event.kind, ZPL_EVENT_DIED);
    assert_int_equal(count_named(nasty_name), 0);
}

static void a_memory_limit_holds(void **state)
{
    struct fixture *f = *state;
    struct zpl_event event;
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone is over any limit */
    event = run(f, "eat", (struct zpl_task_needs){.memory_bytes = UINT64_C(64) << 20});
    assert_reply(&event, "no memory");
    event = run(f, "eat", (struct zpl_task_needs){.memory_bytes = UINT64_C(400) << 20});
    assert_reply(&event, "ate");
    /* each of the herd keeps the limit, all together do not */
    event = run(f, "herd", (struct zpl_task_needs){.memory_bytes = UINT64_C(100) << 20});
    assert_int_equal(event.kind, ZPL_EVENT_MEMORY);
    assert_non_null(strstr(event.reason, "100 MiB"));
    /* what they share counts once */
    event = run(f, "flock", (struct zpl_task_needs){.memory_bytes = UINT64_C(100) << 20});
    assert_reply(&event, "ate");
#endif
    event = run(f, "echo on", NO_NEEDS);
    assert_reply(&event, "on");
}

static void a_worker_killed_while_idle_is_replaced(void **state)
{
    struct fixture *f = *state;
    char name[32];
    ask_name(f, NO_NEEDS, name);
    pid_t worker = only_child(only_child(only_child(getpid())));
    assert_true(worker > 1);
    kill(worker, SIGKILL);
    usleep(100000);
    assert_int_equal(count_named(name), 0);
    struct zpl_event event = run(f, "echo again", NO_NEEDS);
    assert_reply(&event, "again");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(how_a_worker_ended_is_told),
        TEST(a_time_limit_ends_a_task),
        TEST(one_deaf_to_sigterm_is_killed),
        TEST(a_task_can_be_cancelled),
        TEST(daemons_do_not_survive_their_task),
        TEST(nothing_survives_a_release),
        TEST(nothing_survives_a_killed_driver),
        TEST(nothing_survives_when_all_are_killed_at_once),
        TEST(nothing_survives_a_killed_supervisor),
        TEST(a_killed_zygote_is_told),
        TEST(a_memory_limit_holds),
        TEST(a_worker_killed_while_idle_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
