/* local_fixture.h - an orchestrator with a worker that does, well or badly, what its task says.  For
 * test_local.c and test_local_end.c, which share it. */
#ifndef ZPL_TESTS_LOCAL_FIXTURE_H
#define ZPL_TESTS_LOCAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stack/stack.h"

/* ---- the worker ------------------------------------------------------------------------------ */

static char nasty_name[16]; /* of the processes workers leave behind; set before the zygote */
static char ready_name[16]; /* of the process in which what workers for tables need is made ready */
static uint32_t made_ready; /* what is: another number each time; 0: nothing */

static inline void say(int fd, char kind, const void *data, size_t len)
{
    struct zpl_buf frame = {0};
    zpl_buf_putc(&frame, kind);
    zpl_buf_add(&frame, data, len);
    zpl_msg_send(fd, frame.data, frame.len, NULL, 0);
    zpl_buf_release(&frame);
}

static inline void reply(int fd, const char *text)
{
    say(fd, ZPL_WORKER_REPLY, text, strlen(text));
}

static inline void sleep_forever(void)
{
    for (;;)
        pause();
}

/* Three daemons that do all they can not to be found: double fork, sessions of their own, no
 * descriptors, deaf to SIGTERM; each forks on and on for a while. */
static inline void leave_daemons(void)
{
    for (int i = 0; i < 3; i++) {
        if (fork() != 0)
            continue;
        setsid();
        if (fork() != 0)
            _exit(0);
        prctl(PR_SET_NAME, nasty_name);
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        close_range(0, ~0u, 0);
        for (int k = 0; k < 100; k++) {
            if (fork() > 0)
                _exit(0);
            usleep(2000);
        }
        sleep_forever();
    }
}

/* Touches that many MiB; false when there is no memory for it. */
static inline bool eat(size_t mib)
{
    char *p = malloc(mib << 20);
    if (!p)
        return false;
    for (size_t i = 0; i < mib << 20; i += 4096)
        ((volatile char *)p)[i] = 1;
    return true;
}

static inline void describe_self(int fd)
{
    struct rlimit core;
    char text[256];
    int open_fds = 0, handled = 0;
    for (int i = 0; i < 1024; i++)
        open_fds += fcntl(i, F_GETFD) >= 0;
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            handled++;
    }
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    getrlimit(RLIMIT_CORE, &core);
    char c;
    snprintf(text, sizeof text, "fds %d handled %d blocked %d core %d input %d leads %d", open_fds,
             handled, sigismember(&blocked, SIGTERM) + sigismember(&blocked, SIGINT),
             (int)core.rlim_cur, (int)read(0, &c, 1), getsid(0) == getpid());
    reply(fd, text);
}

/* Sends `size` bytes that say where they are. */
static inline void send_big(int fd, char kind, size_t size)
{
    char *big = malloc(size);
    for (size_t i = 0; i < size; i++)
        big[i] = (char)(i * 31 + (i >> 13));
    say(fd, kind, big, size);
    free(big);
}

/* A name of its own, by which a worker is known in any space of processes. */
static inline void name_self(char name[16])
{
    static uint32_t drawn;
    if (drawn == 0 && getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
        abort();
    snprintf(name, 16, "zw%08x", drawn);
    prctl(PR_SET_NAME, name);
}

static inline void misbehave(int fd, const char *task)
{
    if (strcmp(task, "crash") == 0)
        raise(SIGSEGV);
    if (strcmp(task, "exit 3") == 0)
        _exit(3);
    if (strcmp(task, "deaf") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(task, "garbled") == 0)
        say(fd, '?', "what", 4);
    if (strcmp(task, "endless") == 0)
        (void)!write(fd, "\xff\xff\xff\xff", 4);
    if (strcmp(task, "half") == 0)
        (void)!write(fd, "\x10\0\0\0Rhal", 8);
    if (strcmp(task, "mute") == 0)
        close(fd);
    if (strcmp(task, "daemons") == 0) {
        leave_daemons();
        usleep(20000);
        say(fd, ZPL_WORKER_MESSAGE, "ready", 5);
    }
    if (strcmp(task, "herd") == 0)
        for (int i = 0; i < 4; i++)
            if (fork() == 0) {
                eat(40);
                sleep_forever();
            }
    sleep_forever();
}

static inline bool answer(int fd, const char *task, size_t len)
{
    char text[64];
    if (strncmp(task, "echo ", 5) == 0)
        say(fd, ZPL_WORKER_REPLY, task + 5, len - 5);
    else if (strcmp(task, "name") == 0)
        name_self(text), reply(fd, text);
    else if (strcmp(task, "ready") == 0)
        snprintf(text, sizeof text, "%u", made_ready), reply(fd, text);
    else if (strcmp(task, "last") == 0)
        say(fd, ZPL_WORKER_LAST, "bye", 3);
    else if (strcmp(task, "self") == 0)
        describe_self(fd);
    else if (strcmp(task, "big") == 0)
        send_big(fd, ZPL_WORKER_REPLY, 5u << 20);
    else if (strcmp(task, "big message") == 0)
        send_big(fd, ZPL_WORKER_MESSAGE, 5u << 20), reply(fd, "sent");
    else if (strcmp(task, "print") == 0) {
        say(fd, ZPL_WORKER_MESSAGE, "one", 3);
        printf("to output\n");
        fprintf(stderr, "to error\n");
        reply(fd, "printed");
    } else if (strcmp(task, "print much") == 0) {
        for (int i = 0; i < 40000; i++)
            printf("line %d\n", i);
        reply(fd, "printed");
    } else if (strcmp(task, "eat") == 0)
        reply(fd, eat(256) ? "ate" : "no memory");
    else if (strcmp(task, "flock") == 0) { /* three that share what their parent ate */
        bool ate = eat(60);
        for (int i = 0; i < 3; i++)
            if (fork() == 0)
                sleep_forever();
        usleep(5000 * ZPL_MEMORY_POLL_MS);
        reply(fd, ate ? "ate" : "no memory");
    } else if (strcmp(task, "grow") == 0)
        reply(fd, eat((ZPL_WORKER_RSS_MAX >> 20) + 16) ? "grown" : "no memory");
    else if (strcmp(task, "leave daemons") == 0)
        leave_daemons(), reply(fd, "left");
    else
        return false;
    return true;
}

static inline void make_ready(void)
{
    prctl(PR_SET_NAME, ready_name);
    if (getrandom(&made_ready, sizeof made_ready, 0) != sizeof made_ready)
        abort();
    made_ready |= 1;
}

static inline int work(int fd)
{
    struct zpl_buf task = {0};
    while (zpl_msg_recv(fd, &task, NULL, NULL) == ZPL_OK)
        if (!answer(fd, zpl_buf_str(&task), task.len))
            misbehave(fd, zpl_buf_str(&task));
    zpl_buf_release(&task);
    return 0;
}

/* ---- helpers --------------------------------------------------------------------------------- */

struct fixture {
    struct zpl_zygote *zygote;
    struct zpl_orchestrator local;
    struct zpl_diags diags;
};

static inline int open_with(struct fixture *f, uint32_t jobs)
{
    if (zpl_zygote_start(work, make_ready, &f->zygote, &f->diags) != ZPL_OK)
        return -1;
    struct zpl_stack_config config = {.jobs = jobs, .zygote = f->zygote};
    return zpl_orchestrator_open(&config, &f->local, &f->diags) == ZPL_OK ? 0 : -1;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    snprintf(nasty_name, sizeof nasty_name, "zn%d", (int)getpid());
    snprintf(ready_name, sizeof ready_name, "zr%d", (int)getpid());
    return open_with(f, 2);
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->local.release)
        f->local.release(f->local.self);
    zpl_zygote_release(f->zygote);
    zpl_diags_release(&f->diags);
    free(f);
    return 0;
}

static inline uint64_t start(struct fixture *f, const char *text, struct zpl_task_needs needs)
{
    uint64_t task = 0;
    assert_int_equal(f->local.start(f->local.self, text, strlen(text), &needs, &task, &f->diags),
                     ZPL_OK);
    assert_true(task > 0);
    return task;
}

static inline enum zpl_err next(struct fixture *f, int timeout_ms, struct zpl_event *event)
{
    return f->local.wait(f->local.self, timeout_ms, event, &f->diags);
}

/* The end of a task; printed text and messages on the way go into `log` (may be NULL). */
static inline struct zpl_event finish(struct fixture *f, uint64_t task, struct zpl_buf *log)
{
    struct zpl_event event;
    for (;;) {
        assert_int_equal(next(f, 20000, &event), ZPL_OK);
        assert_int_equal(event.task, task);
        if (event.kind != ZPL_EVENT_MESSAGE)
            return event;
        if (log)
            zpl_buf_add(log, event.data, event.len);
    }
}

static inline struct zpl_event run(struct fixture *f, const char *text, struct zpl_task_needs needs)
{
    return finish(f, start(f, text, needs), NULL);
}

static inline void assert_reply(const struct zpl_event *event, const char *text)
{
    assert_int_equal(event->kind, ZPL_EVENT_DONE);
    assert_int_equal(event->len, strlen(text));
    assert_memory_equal(event->data, text, event->len);
}

/* The name of the process that takes the task. */
static inline void ask_name(struct fixture *f, struct zpl_task_needs needs, char name[32])
{
    struct zpl_event event = run(f, "name", needs);
    assert_int_equal(event.kind, ZPL_EVENT_DONE);
    snprintf(name, 32, "%.*s", (int)event.len, (const char *)event.data);
}

static inline int64_t now_ms(void)
{
    return zpl_clock_monotonic_ns() / 1000000;
}

/* The name of a process that lives, or "".  A zombie does not: it waits for whoever became its
 * parent, which is not of our making. */
static inline void name_of(const char *pid, char name[32])
{
    char path[300], text[128] = {0}, state = 'Z';
    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return;
    (void)!read(fd, text, sizeof text - 1);
    close(fd);
    if (sscanf(text, "%*d (%31[^)]) %c", name, &state) != 2 || state == 'Z' || state == 'X')
        name[0] = '\0';
}

static inline bool lives(pid_t pid)
{
    char text[32], name[32];
    snprintf(text, sizeof text, "%d", (int)pid);
    name_of(text, name);
    return name[0] != '\0';
}

/* How many living processes bear that name; sends them a signal unless it is 0. */
static inline int signal_named(const char *wanted, int number)
{
    int count = 0;
    DIR *proc = opendir("/proc");
    assert_non_null(proc);
    for (struct dirent *entry; (entry = readdir(proc));) {
        char name[32];
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        name_of(entry->d_name, name);
        if (strcmp(name, wanted) != 0)
            continue;
        count++;
        if (number > 0)
            kill((pid_t)strtol(entry->d_name, NULL, 10), number);
    }
    closedir(proc);
    return count;
}

static inline int count_named(const char *wanted)
{
    return signal_named(wanted, 0);
}

/* Waits until such a process is seen; false after two seconds. */
static inline bool some_there(const char *name)
{
    for (int i = 0; i < 200; i++) {
        if (count_named(name) > 0)
            return true;
        usleep(10000);
    }
    return false;
}

/* Waits until no such process is left; false after two seconds. */
static inline bool all_gone(const char *name)
{
    for (int i = 0; i < 200; i++) {
        if (count_named(name) == 0)
            return true;
        usleep(10000);
    }
    return false;
}

static const struct zpl_task_needs NO_NEEDS;
static const struct zpl_task_needs FRESH = {.fresh = true};
static const struct zpl_task_needs TABLES = {.fresh = true, .tables = true};

#endif
