#include "stack/orchestrator/zygote.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/proc.h"
#include "lang/base/proc_below.h"
#include "stack/orchestrator/space.h"
#include "stack/orchestrator/supervise.h"
#include "stack/orchestrator/tree.h"

#define CONTROL_FD 3 /* in the zygote */

struct zpl_zygote {
    int control;
    pid_t pid;
};

/* ---- in the zygote --------------------------------------------------------------------------- */

/* The zygote, or its nursery. */
struct server {
    zpl_worker_main worker;
    zpl_worker_ready ready; /* NULL: there is no nursery; in it there is none */
    int signals;
    int nursery; /* the socket to it; -1: there is none yet */
};

static void serve(struct server *server);

static void spawn(const struct server *server, const struct zpl_worker_wish *wish, const int fds[3])
{
    struct zpl_supervised job = {.main = server->worker,
                                 .task = fds[0],
                                 .watch = fds[1],
                                 .log = fds[2],
                                 .memory = wish->memory};
    pid_t pid = zpl_fault(ZPL_FAULT_FORK) ? -1 : zpl_space_fork();
    if (pid == 0) {
        close(CONTROL_FD);
        if (server->nursery >= 0)
            close(server->nursery);
        zpl_supervise(&job);
    }
    if (pid < 0)
        zpl_watch_tell(job.watch,
                       &(struct zpl_watch_report){.kind = ZPL_WATCH_NOT_STARTED, .error = errno});
}

/* Sends `number` to the supervisors, and SIGKILL to what supervisors that were killed have left.
 * Workers lead sessions of their own before they run anything, so nothing of theirs is in ours. */
static void signal_children(int number)
{
    pid_t pids[256], session = getsid(0);
    size_t count = zpl_proc_children(0, pids, sizeof pids / sizeof *pids);
    for (size_t i = 0; i < count; i++)
        if (getsid(pids[i]) != session)
            kill(pids[i], SIGKILL);
        else if (number > 0)
            kill(pids[i], number);
}

/* Ends the supervisors, which end their workers; those who do not obey are killed. */
static void end_all(void)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int64_t give_up = zpl_clock_monotonic_ns() + 2 * ZPL_KILL_MS * ZPL_NS_PER_MS;
    signal_children(SIGTERM);
    while (zpl_tree_reap(NULL, NULL) && zpl_clock_monotonic_ns() < give_up) {
        sigtimedwait(&child, NULL, &(struct timespec){.tv_nsec = 20000000});
        signal_children(0);
    }
    zpl_tree_kill(ZPL_KILL_MS, NULL, NULL);
}

/* In the session of the zygote, with its signals blocked; of its descriptors those of spaces and signals go on to
 * be used. */
static _Noreturn void become_nursery(const struct server *zygote, int control)
{
    prctl(PR_SET_NAME, "zpl-nursery");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (dup3(control, CONTROL_FD, O_CLOEXEC) < 0)
        _exit(1);
    close(control);
    zygote->ready();
    struct server nursery = {.worker = zygote->worker, .signals = zygote->signals, .nursery = -1};
    serve(&nursery);
    end_all();
    _exit(0);
}

static bool start_nursery(struct server *server, const int ends[3])
{
    int pair[2];
    zpl_space_look();
    if (zpl_proc_cloexec_pair(pair) != ZPL_OK)
        return false;
    pid_t pid = zpl_fault(ZPL_FAULT_FORK) ? -1 : fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++)
            close(ends[i]);
        close(pair[0]);
        become_nursery(server, pair[1]);
    }
    close(pair[1]);
    if (pid < 0)
        close(pair[0]);
    else
        server->nursery = pair[0];
    return pid > 0;
}

/* Passes a request on to the nursery, which may have been killed since the last one. */
static bool pass_on(struct server *server, const struct zpl_buf *request, const int ends[3])
{
    for (int tries = 0; server->ready != NULL && tries < 2; tries++) {
        if (server->nursery < 0 && !start_nursery(server, ends))
            return false;
        if (zpl_msg_send(server->nursery, request->data, request->len, ends, 3) == ZPL_OK)
            return true;
        close(server->nursery);
        server->nursery = -1;
    }
    return false;
}

static void fulfil(struct server *server, const struct zpl_buf *request, const int ends[3])
{
    struct zpl_worker_wish wish = {0};
    if (request->len == sizeof wish)
        memcpy(&wish, request->data, sizeof wish);
    if (!wish.tables || !pass_on(server, request, ends))
        spawn(server, &wish, ends);
}

/* Serves the driver, or the zygote, until its end closes (or it says what can't be understood). */
static void serve(struct server *server)
{
    struct zpl_buf request = {0};
    struct pollfd fds[2] = {{.fd = CONTROL_FD, .events = POLLIN},
                            {.fd = server->signals, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[1].revents) {
            struct signalfd_siginfo info;
            while (read(server->signals, &info, sizeof info) > 0)
                ;
            zpl_tree_reap(NULL, NULL);
            signal_children(0);
        }
        if (!fds[0].revents)
            continue;
        int ends[3];
        size_t count = 3;
        if (zpl_msg_recv(CONTROL_FD, &request, ends, &count) != ZPL_OK)
            break;
        if (count == 3)
            fulfil(server, &request, ends);
        for (size_t i = 0; i < count; i++)
            close(ends[i]);
    }
    zpl_buf_release(&request);
}

/* Standard input and output are nobody's here; standard error stays for ZPL_BUG. */
static bool settle(int control)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return false;
    if (control != CONTROL_FD && dup3(control, CONTROL_FD, O_CLOEXEC) < 0)
        return false;
    close_range(CONTROL_FD + 1, ~0u, 0);
    return true;
}

static _Noreturn void become_zygote(zpl_worker_main worker, zpl_worker_ready ready, int control)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid();
    prctl(PR_SET_NAME, "zpl-zygote");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    signal(SIGCHLD, SIG_DFL); /* ignored, children would vanish without a status */
    if (!settle(control))
        _exit(1);
    struct server server = {.worker = worker,
                            .ready = ready,
                            .signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK),
                            .nursery = -1};
    if (server.signals < 0)
        _exit(1);
    serve(&server);
    if (server.nursery >= 0)
        close(server.nursery);
    end_all();
    _exit(0);
}

/* ---- in the driver --------------------------------------------------------------------------- */

enum zpl_err zpl_zygote_start(zpl_worker_main worker, zpl_worker_ready ready,
                              struct zpl_zygote **out, struct zpl_diags *diags)
{
    struct zpl_zygote *zygote = zpl_calloc(1, sizeof *zygote);
    int pair[2];
    *out = NULL;
    if (!zygote)
        return zpl_diag_nomem(diags);
    if (zpl_proc_cloexec_pair(pair) != ZPL_OK) {
        zpl_diag_system(diags, "make sockets for", "the process that starts workers", errno);
        free(zygote);
        return ZPL_ERR_UNREACHABLE;
    }
    fflush(NULL); /* or what is still to be written would be written by both */
    zygote->pid = zpl_fault(ZPL_FAULT_FORK) ? -1 : fork();
    if (zygote->pid == 0)
        become_zygote(worker, ready, pair[1]);
    int error = errno;
    close(pair[1]);
    if (zygote->pid < 0) {
        close(pair[0]);
        free(zygote);
        zpl_diag_system(diags, "fork", "the process that starts workers", error);
        return ZPL_ERR_UNREACHABLE;
    }
    zygote->control = pair[0];
    *out = zygote;
    return ZPL_OK;
}

void zpl_zygote_release(struct zpl_zygote *zygote)
{
    if (!zygote)
        return;
    close(zygote->control);
    while (waitpid(zygote->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(zygote);
}

static void close_pair(int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* The three connections of a worker, [0] the driver's end and [1] the worker's; -1 where none. */
static bool connect_worker(int task[2], int watch[2], int log[2])
{
    if (zpl_proc_cloexec_pair(task) != ZPL_OK)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, watch) < 0) {
        watch[0] = watch[1] = -1;
        return false;
    }
    if (pipe2(log, O_CLOEXEC) < 0) {
        log[0] = log[1] = -1;
        return false;
    }
    return fcntl(log[0], F_SETFL, O_NONBLOCK) == 0; /* the worker's end goes on blocking */
}

enum zpl_err zpl_zygote_spawn(struct zpl_zygote *zygote, const struct zpl_worker_wish *wish,
                              struct zpl_worker_ends *out, struct zpl_diags *diags)
{
    int task[2] = {-1, -1}, watch[2] = {-1, -1}, log[2] = {-1, -1};
    *out = (struct zpl_worker_ends){-1, -1, -1};
    enum zpl_err err = ZPL_OK;
    if (!connect_worker(task, watch, log)) {
        err = zpl_diag_system(diags, "make the sockets of", "a worker", errno);
        goto done;
    }
    int ends[3] = {task[1], watch[1], log[1]};
    err = zpl_msg_send(zygote->control, wish, sizeof *wish, ends, 3);
    if (err != ZPL_OK) {
        struct zpl_diag *diag =
            zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                         "the process that starts workers does not answer: %s", strerror(errno));
        zpl_diag_help(diags, diag, "it was killed; run the command again");
        err = ZPL_ERR_UNREACHABLE;
        goto done;
    }
    *out = (struct zpl_worker_ends){.task = task[0], .watch = watch[0], .log = log[0]};
    task[0] = watch[0] = log[0] = -1;
done:
    close_pair(task);
    close_pair(watch);
    close_pair(log);
    return err;
}

void zpl_worker_ends_close(struct zpl_worker_ends *ends)
{
    int *fds[3] = {&ends->task, &ends->watch, &ends->log};
    for (int i = 0; i < 3; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}
