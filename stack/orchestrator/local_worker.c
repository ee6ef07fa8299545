#include "stack/orchestrator/local_worker.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "lang/base/proc_below.h"
#include "lang/base/text.h"

#define FRAME_SIZE 4
#define READ_BYTES (64u << 10)
#define MEASURE_NS INT64_C(100000000)

static int *descriptor(struct zpl_local_worker *w, enum zpl_local_source source)
{
    int *fds[ZPL_LOCAL_SOURCES] = {&w->ends.task, &w->ends.watch, &w->ends.log};
    return fds[source];
}

/* Nothing more comes from there; epoll forgets a closed descriptor. */
static void drop(struct zpl_local_worker *w, enum zpl_local_source source)
{
    int *fd = descriptor(w, source);
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    w->ready[source] = false;
}

enum zpl_err zpl_local_worker_open(struct zpl_local_worker *w, struct zpl_zygote *zygote,
                                   const struct zpl_task_needs *needs, int epoll, uint64_t index,
                                   struct zpl_diags *diags)
{
    *w = (struct zpl_local_worker){
        .memory_bytes = needs->memory_bytes, .kin = needs->kin, .log_left = -1};
    w->in.cap = ZPL_MESSAGE_MAX + FRAME_SIZE + READ_BYTES;
    /* One that starts several may use as much again itself. */
    uint64_t shares = needs->together ? needs->workers + 1 : 1;
    const struct zpl_worker_wish wish = {.memory = {.process_bytes = needs->memory_bytes,
                                                    .tree_bytes = needs->memory_bytes * shares},
                                         .tables = needs->tables};
    enum zpl_err err = zpl_zygote_spawn(zygote, &wish, &w->ends, diags);
    for (int i = 0; err == ZPL_OK && i < ZPL_LOCAL_SOURCES; i++) {
        struct epoll_event wanted = {.events = EPOLLIN,
                                     .data.u64 = index * ZPL_LOCAL_SOURCES + (uint64_t)i};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, *descriptor(w, (enum zpl_local_source)i), &wanted) < 0)
            err = zpl_diag_system(diags, "wait for", "a worker", errno);
    }
    if (err != ZPL_OK) {
        zpl_local_worker_close(w);
        return err;
    }
    w->state = ZPL_LOCAL_IDLE;
    return ZPL_OK;
}

void zpl_local_worker_close(struct zpl_local_worker *w)
{
    zpl_worker_ends_close(&w->ends);
    zpl_buf_release(&w->in);
    zpl_buf_release(&w->printed);
    *w = (struct zpl_local_worker){.ends = {-1, -1, -1}};
}

bool zpl_local_worker_give(struct zpl_local_worker *w, const void *bytes, size_t len, uint64_t task,
                           const struct zpl_task_needs *needs)
{
    bool sent = zpl_msg_send(w->ends.task, bytes, len, NULL, 0) == ZPL_OK;
    bool never_started = w->task == 0 && errno == EPIPE; /* why comes from its supervisor */
    if (!sent && !never_started)
        return false;
    w->state = ZPL_LOCAL_RUNNING;
    w->task = task;
    w->needs = *needs;
    w->verdict = ZPL_LOCAL_NONE;
    w->answered = false;
    w->leaving = false;
    w->log_left = -1;
    w->deadline_ns = 0;
    if (needs->timeout_ms > 0 && needs->timeout_ms < INT64_MAX / ZPL_NS_PER_MS / 2)
        w->deadline_ns = zpl_clock_monotonic_ns() + (int64_t)needs->timeout_ms * ZPL_NS_PER_MS;
    return true;
}

/* A byte to the supervisor; one that is gone has nothing to obey with. */
static void command(struct zpl_local_worker *w, char what)
{
    if (w->ends.watch >= 0)
        (void)!send(w->ends.watch, &what, 1, MSG_NOSIGNAL);
}

void zpl_local_worker_stop(struct zpl_local_worker *w, enum zpl_local_verdict verdict)
{
    if (w->verdict != ZPL_LOCAL_NONE)
        return;
    w->verdict = verdict;
    w->deadline_ns = 0;
    command(w, ZPL_WATCH_TERMINATE);
}

/* It can't be understood: what it sent does not count, its end is waited for. */
static void garbled(struct zpl_local_worker *w)
{
    if (w->verdict == ZPL_LOCAL_NONE)
        w->verdict = ZPL_LOCAL_GARBLED;
    w->deadline_ns = 0;
    w->told = 0;
    zpl_buf_release(&w->in);
    drop(w, ZPL_LOCAL_TASK);
    command(w, ZPL_WATCH_KILL);
}

/* Its socket has nothing more to give; the process may have a moment to end. */
static void leave(struct zpl_local_worker *w)
{
    drop(w, ZPL_LOCAL_TASK);
    w->leaving = true;
    if (w->verdict == ZPL_LOCAL_NONE && !w->ended)
        w->deadline_ns = zpl_clock_monotonic_ns() + ZPL_LEAVE_MS * ZPL_NS_PER_MS;
}

void zpl_local_worker_due(struct zpl_local_worker *w)
{
    w->deadline_ns = 0;
    if (!w->leaving)
        zpl_local_worker_stop(w, ZPL_LOCAL_LATE);
    else if (w->answered)
        command(w, ZPL_WATCH_KILL);
    else
        garbled(w);
}

void zpl_local_worker_forget(struct zpl_local_worker *w)
{
    zpl_buf_clear(&w->printed);
    zpl_buf_drop(&w->in, w->told);
    w->told = 0;
}

/* The length of the message at the start of `in`; false when not even that is there. */
static bool frame_length(const struct zpl_local_worker *w, size_t *len)
{
    if (w->in.len < FRAME_SIZE)
        return false;
    *len = zpl_buf_number(w->in.data, FRAME_SIZE);
    return true;
}

/* Reads what the task socket has, as far as one message needs it. */
static void receive(struct zpl_local_worker *w)
{
    size_t len = 0, want = READ_BYTES;
    if (frame_length(w, &len) && len <= ZPL_MESSAGE_MAX && FRAME_SIZE + len > w->in.len + want)
        want = FRAME_SIZE + len - w->in.len;
    size_t had = w->in.len;
    char *place = zpl_buf_extend(&w->in, want);
    if (!place) {
        garbled(w);
        return;
    }
    ssize_t n = recv(w->ends.task, place, want, MSG_DONTWAIT);
    zpl_buf_truncate(&w->in, had + (n > 0 ? (size_t)n : 0));
    w->ready[ZPL_LOCAL_TASK] = n == (ssize_t)want || (w->ended && n > 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        leave(w);
}

/* What was printed until now is all that belongs to the task. */
static void close_log(struct zpl_local_worker *w)
{
    int left = 0;
    if (w->ends.log >= 0)
        (void)!ioctl(w->ends.log, FIONREAD, &left);
    w->log_left = left;
    w->ready[ZPL_LOCAL_LOG] = left > 0;
}

/* The answer stands in `in`; a process that gets no other task is let go. */
static void answered(struct zpl_local_worker *w, bool last)
{
    w->answered = true;
    if (w->needs.fresh || last)
        leave(w);
    else
        close_log(w);
}

/* Looks for a whole message in `in`: true when `event` is one to tell. */
static bool take_message(struct zpl_local_worker *w, struct zpl_event *event)
{
    size_t len = 0;
    while (!w->answered && frame_length(w, &len)) {
        if (len == 0 || len > ZPL_MESSAGE_MAX) {
            garbled(w);
            return false;
        }
        if (w->in.len < FRAME_SIZE + len)
            return false;
        char kind = w->in.data[FRAME_SIZE];
        bool reply = kind == ZPL_WORKER_REPLY || kind == ZPL_WORKER_LAST;
        if (reply && w->verdict == ZPL_LOCAL_NONE) {
            answered(w, kind == ZPL_WORKER_LAST);
            return false;
        }
        w->told = FRAME_SIZE + len;
        if (kind == ZPL_WORKER_MESSAGE) {
            *event = (struct zpl_event){.kind = ZPL_EVENT_MESSAGE,
                                        .task = w->task,
                                        .data = w->in.data + FRAME_SIZE + 1,
                                        .len = len - 1};
            return true;
        }
        if (!reply) {
            garbled(w);
            return false;
        }
        zpl_local_worker_forget(w); /* an answer that comes too late */
    }
    return false;
}

/* Text from the pipe: true when `event` has some to tell. */
static bool take_printed(struct zpl_local_worker *w, struct zpl_event *event)
{
    size_t want = ZPL_LOG_CHUNK_BYTES;
    if (w->log_left >= 0 && (size_t)w->log_left < want)
        want = (size_t)w->log_left;
    w->ready[ZPL_LOCAL_LOG] = false;
    if (want == 0)
        return false;
    zpl_buf_clear(&w->printed);
    char *place = zpl_buf_extend(&w->printed, want);
    ssize_t n = place ? read(w->ends.log, place, want) : 0;
    if (n <= 0) {
        if (w->log_left > 0)
            w->log_left = 0;
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            drop(w, ZPL_LOCAL_LOG); /* nobody is left to print, or there is no memory to read */
        return false;
    }
    w->ready[ZPL_LOCAL_LOG] = true;
    zpl_buf_truncate(&w->printed, (size_t)n);
    if (w->log_left >= 0) {
        w->log_left -= (int)n;
        w->ready[ZPL_LOCAL_LOG] = w->log_left > 0;
    }
    *event = (struct zpl_event){.kind = ZPL_EVENT_MESSAGE,
                                .task = w->task,
                                .printed = true,
                                .data = w->printed.data,
                                .len = (size_t)n};
    return true;
}

/* A report of the supervisor, or its end. */
static void take_report(struct zpl_local_worker *w)
{
    struct zpl_watch_report report;
    ssize_t n = recv(w->ends.watch, &report, sizeof report, MSG_DONTWAIT);
    w->ready[ZPL_LOCAL_WATCH] = false;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == (ssize_t)sizeof report)
        w->report = report;
    w->pid = w->report.pid;
    if (n == (ssize_t)sizeof report && report.kind == ZPL_WATCH_STARTED)
        return;
    /* The process is gone, so all it ever said can be read now. */
    w->ended = true;
    w->deadline_ns = 0;
    drop(w, ZPL_LOCAL_WATCH);
    w->ready[ZPL_LOCAL_TASK] = w->ends.task >= 0;
    close_log(w);
}

/* Was it ended for its memory?  Its descendants may have lived on for longer than it may take to leave. */
static bool is_over_memory(const struct zpl_local_worker *w)
{
    return w->report.over_memory &&
           (w->verdict == ZPL_LOCAL_NONE || w->verdict == ZPL_LOCAL_GARBLED);
}

static void say_late(const struct zpl_local_worker *w, char *out, size_t size)
{
    struct zpl_buf limit = {0};
    zpl_text_show_ms(&limit, w->needs.timeout_ms);
    snprintf(out, size, "not ready after its time limit of %s", zpl_buf_str(&limit));
    zpl_buf_release(&limit);
}

/* The words for a worker that ended without an answer. */
static void say_why(const struct zpl_local_worker *w, struct zpl_event *event)
{
    char words[ZPL_EXIT_WORDS_SIZE];
    size_t size = sizeof event->reason;
    const struct zpl_watch_report *report = &w->report;
    bool killed = WIFSIGNALED(report->status) && WTERMSIG(report->status) == SIGKILL;
    if (w->verdict == ZPL_LOCAL_CANCELLED)
        snprintf(event->reason, size, "cancelled");
    else if (w->verdict == ZPL_LOCAL_LATE)
        say_late(w, event->reason, size);
    else if (is_over_memory(w))
        snprintf(event->reason, size, "over its memory limit of %llu MiB",
                 (unsigned long long)(w->memory_bytes >> 20));
    else if (w->verdict == ZPL_LOCAL_GARBLED && killed)
        snprintf(event->reason, size, "sent what is not a message");
    else if (report->kind == ZPL_WATCH_NOT_STARTED)
        snprintf(event->reason, size, "could not be started: %s", strerror(report->error));
    else if (report->kind == ZPL_WATCH_STARTED)
        snprintf(event->reason, size, "its supervisor was killed");
    else
        snprintf(event->reason, size, "%s", zpl_proc_exit_words(report->status, words));
}

/* True when its memory, looked at now and then, is more than a warm worker should keep. */
static bool swollen(struct zpl_local_worker *w)
{
    int64_t now = zpl_clock_monotonic_ns();
    if (w->pid == 0 || now - w->measured_ns < MEASURE_NS)
        return false;
    w->measured_ns = now;
    return zpl_proc_memory(w->pid) > ZPL_WORKER_RSS_MAX;
}

/* The end of the task. */
static void conclude(struct zpl_local_worker *w, struct zpl_event *event)
{
    *event = (struct zpl_event){.task = w->task};
    if (w->ended)
        event->peak_bytes = w->report.peak_bytes;
    if (w->answered && w->verdict == ZPL_LOCAL_NONE) {
        size_t len = 0;
        frame_length(w, &len);
        event->kind = ZPL_EVENT_DONE;
        event->data = w->in.data + FRAME_SIZE + 1;
        event->len = len - 1;
        w->told = FRAME_SIZE + len;
    } else {
        event->kind = ZPL_EVENT_DIED;
        if (w->verdict == ZPL_LOCAL_LATE)
            event->kind = ZPL_EVENT_TIMEOUT;
        else if (is_over_memory(w))
            event->kind = ZPL_EVENT_MEMORY;
        say_why(w, event);
    }
    w->deadline_ns = 0;
    w->state = w->ended || swollen(w) ? ZPL_LOCAL_SPENT : ZPL_LOCAL_IDLE;
}

bool zpl_local_worker_next(struct zpl_local_worker *w, struct zpl_event *event)
{
    for (;;) {
        if (w->ready[ZPL_LOCAL_LOG] && take_printed(w, event))
            return true;
        if (take_message(w, event))
            return true;
        if (w->answered && !w->leaving && w->verdict == ZPL_LOCAL_NONE && w->log_left == 0) {
            conclude(w, event);
            return true;
        }
        if (w->ready[ZPL_LOCAL_TASK])
            receive(w);
        else if (w->ready[ZPL_LOCAL_WATCH])
            take_report(w);
        else if (!w->ready[ZPL_LOCAL_LOG])
            break;
    }
    if (w->ended)
        conclude(w, event);
    return w->ended;
}

bool zpl_local_worker_rests(struct zpl_local_worker *w)
{
    struct zpl_event ignored;
    if (w->ready[ZPL_LOCAL_WATCH])
        take_report(w);
    w->log_left = -1;
    while (w->ready[ZPL_LOCAL_LOG] && take_printed(w, &ignored))
        ;
    return !w->ended && !w->ready[ZPL_LOCAL_TASK] && w->in.len == 0;
}
