#include "stack/orchestrator/supervise.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc_below.h"
#include "stack/orchestrator/space.h"
#include "stack/orchestrator/tree.h"

#define TASK_FD     3   /* of a worker */
#define EXIT_ORPHAN 125 /* nobody sees it */

struct supervisor {
    const struct zpl_supervised *job;
    pid_t worker;
    int watch, signals;   /* watch is -1 once the driver is gone */
    bool ended;           /* the worker was waited for */
    int64_t kill_at_ns;   /* 0: not yet to be killed */
    int64_t memory_at_ns; /* next look at its memory; 0: it has no limit */
    struct zpl_watch_report report;
};

static void limit(__rlimit_resource_t what, rlim_t value)
{
    setrlimit(what, &(struct rlimit){.rlim_cur = value, .rlim_max = value});
}

/* What the forked worker does first, and then its work. */
static _Noreturn void become_worker(const struct zpl_supervised *job, pid_t supervisor)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(EXIT_ORPHAN);
    prctl(PR_SET_NAME, "zpl-worker");
    setsid();
    dup2(job->log, STDOUT_FILENO);
    dup2(job->log, STDERR_FILENO);
    dup3(job->task, TASK_FD, O_CLOEXEC);
    close_range(TASK_FD + 1, ~0u, 0);
    static char line[BUFSIZ]; /* glibc looks for line ends from the start in a new buffer only */
    setvbuf(stdout, line, _IOLBF, sizeof line);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    limit(RLIMIT_CORE, 0);
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone is over any limit */
    if (job->memory.process_bytes > 0)
        limit(RLIMIT_DATA, job->memory.process_bytes);
#endif
    int code = job->main(TASK_FD);
    fflush(NULL);
    _exit(code);
}

void zpl_watch_tell(int watch, const struct zpl_watch_report *report)
{
    while (send(watch, report, sizeof *report, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static void reaped(void *self, pid_t pid, int status, uint64_t peak_bytes)
{
    struct supervisor *s = self;
    if (peak_bytes > s->report.peak_bytes)
        s->report.peak_bytes = peak_bytes;
    if (pid != s->worker)
        return;
    s->ended = true;
    s->report.status = status;
}

/* Sets the time of SIGKILL, unless an earlier one is set. */
static void kill_in(struct supervisor *s, int ms)
{
    int64_t at = zpl_clock_monotonic_ns() + ms * ZPL_NS_PER_MS;
    if (s->kill_at_ns == 0 || at < s->kill_at_ns)
        s->kill_at_ns = at;
}

/* SIGTERM to the worker's process group and to those who left it and became our children. */
static void terminate(struct supervisor *s)
{
    pid_t pids[256];
    if (kill(-s->worker, SIGTERM) < 0) /* it has not got so far as to lead a group */
        kill(s->worker, SIGTERM);
    size_t count = zpl_proc_children(0, pids, sizeof pids / sizeof *pids);
    for (size_t i = 0; i < count; i++)
        if (pids[i] != s->worker)
            kill(pids[i], SIGTERM);
    kill_in(s, ZPL_GRACE_MS);
}

/* A command of the driver, or its end. */
static void obey(struct supervisor *s)
{
    char command = 0;
    ssize_t n = recv(s->watch, &command, 1, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close(s->watch);
        s->watch = -1;
        kill_in(s, ZPL_LEAVE_MS);
    } else if (command == ZPL_WATCH_TERMINATE) {
        terminate(s);
    } else {
        kill_in(s, 0);
    }
}

/* A signal: SIGCHLD, or the zygote's SIGTERM. */
static void notice(struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM)
            kill_in(s, ZPL_LEAVE_MS);
    zpl_tree_reap(reaped, s);
}

static void look_at_memory(struct supervisor *s)
{
    s->memory_at_ns = zpl_clock_monotonic_ns() + ZPL_MEMORY_POLL_MS * ZPL_NS_PER_MS;
    uint64_t bytes = zpl_proc_memory_below(0, s->job->memory.tree_bytes);
    if (bytes <= s->job->memory.tree_bytes)
        return;
    s->report.over_memory = true;
    if (s->watch >= 0) /* that is known then also if we do not outlive what is to be killed */
        zpl_watch_tell(s->watch, &s->report);
    kill_in(s, 0);
}

/* Milliseconds until something is due; -1: nothing is. */
static int patience_ms(const struct supervisor *s)
{
    int64_t due = s->kill_at_ns;
    if (due == 0 || (s->memory_at_ns > 0 && s->memory_at_ns < due))
        due = s->memory_at_ns;
    if (due == 0)
        return -1;
    int64_t left = due - zpl_clock_monotonic_ns();
    return left <= 0 ? 0 : (int)((left + ZPL_NS_PER_MS - 1) / ZPL_NS_PER_MS);
}

/* Until the worker has ended or its time is over. */
static void watch_worker(struct supervisor *s)
{
    while (!s->ended) {
        struct pollfd fds[2] = {{.fd = s->signals, .events = POLLIN},
                                {.fd = s->watch, .events = POLLIN}};
        if (poll(fds, 2, patience_ms(s)) < 0)
            continue;
        if (fds[0].revents)
            notice(s);
        if (fds[1].revents)
            obey(s);
        int64_t now = zpl_clock_monotonic_ns();
        if (s->kill_at_ns > 0 && now >= s->kill_at_ns)
            return;
        if (s->memory_at_ns > 0 && now >= s->memory_at_ns)
            look_at_memory(s);
    }
}

_Noreturn void zpl_supervise(const struct zpl_supervised *job)
{
    struct supervisor s = {.job = job, .watch = job->watch};
    pid_t self = getpid();
    prctl(PR_SET_NAME, "zpl-supervisor");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    s.worker = zpl_fault(ZPL_FAULT_FORK) ? -1 : fork();
    if (s.worker == 0)
        become_worker(job, self);
    if (s.worker < 0) {
        s.report.kind = ZPL_WATCH_NOT_STARTED;
        s.report.error = errno;
        zpl_watch_tell(job->watch, &s.report);
        _exit(1);
    }
    close(job->task);
    close(job->log);
    s.report.pid = zpl_space_number(s.worker);
    s.report.kind = ZPL_WATCH_STARTED;
    zpl_watch_tell(job->watch, &s.report);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    s.signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s.signals < 0) /* then it can't be watched: it is ended at once */
        kill_in(&s, 0);
    if (job->memory.tree_bytes > 0)
        s.memory_at_ns = zpl_clock_monotonic_ns() + ZPL_MEMORY_POLL_MS * ZPL_NS_PER_MS;
    watch_worker(&s);
    zpl_tree_kill(ZPL_KILL_MS, reaped, &s);
    s.report.kind = ZPL_WATCH_ENDED;
    if (s.watch >= 0)
        zpl_watch_tell(s.watch, &s.report);
    _exit(0);
}
