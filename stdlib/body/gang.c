/* gang.c - see gang.h.   Floor: stdlib. */
#include "stdlib/body/gang.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "lang/base/proc_below.h"
#include "stdlib/body/network.h"

#define LINE_MAX   (64u << 10) /* of what one prints without an end of line */
#define READ_BYTES 4096
#define READS      17 /* at once: what a pipe holds */
#define FDS        4  /* of each */

static const struct zpl_span nowhere;

struct rank {
    struct zpl_process *process;
    struct zpl_process_kept kept;
    int end, out; /* its pidfd, and what it prints; -1: closed */
    bool runs;
    struct zpl_buf line;
    enum zpl_gang_verdict verdict;
    uint32_t turn; /* of its failure, from 1 */
};
struct run {
    struct zpl_gang *gang;
    struct rank *ranks;
    struct pollfd *fds; /* that of signals, then FDS of each */
    int signals;
    uint32_t running, failures;
    bool ending;
    int64_t settle_ns, kill_ns, memory_ns; /* when what is due is; 0: nothing is */
};

static int64_t in_ms(int64_t ms)
{
    return zpl_clock_monotonic_ns() + ms * ZPL_NS_PER_MS;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- what they say ---- */

/* Tells the whole lines of what was printed; at its end also one that is not whole. */
static void tell_lines(struct run *g, struct rank *r, bool all)
{
    for (;;) {
        const char *end = r->line.len > 0 ? memchr(r->line.data, '\n', r->line.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - r->line.data) : r->line.len;
        if (end == NULL && (len == 0 || (!all && len < LINE_MAX)))
            return;
        g->gang->printed(r->process->self, r->line.data, len);
        zpl_buf_drop(&r->line, len + (end != NULL));
    }
}

/* Takes what was printed until now, and waits for no more. */
static void take_printed(struct run *g, struct rank *r)
{
    for (int i = 0; i < READS && r->out >= 0; i++) {
        size_t had = r->line.len;
        char *place = zpl_buf_extend(&r->line, READ_BYTES);
        ssize_t n = place != NULL ? read(r->out, place, READ_BYTES) : 0;
        zpl_buf_truncate(&r->line, had + (n > 0 ? (size_t)n : 0));
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            shut(&r->out);
        if (n <= 0)
            break;
        tell_lines(g, r, false);
    }
    tell_lines(g, r, r->out < 0);
}

/* Notes how it stands; that it failed counts from when it is seen first. */
static void judge(struct run *g, struct rank *r, enum zpl_gang_verdict verdict)
{
    if (verdict == ZPL_GANG_FINE || r->verdict != ZPL_GANG_FINE || g->ending)
        return;
    r->verdict = verdict;
    r->turn = ++g->failures;
    if (g->settle_ns == 0)
        g->settle_ns = in_ms(ZPL_GANG_SETTLE_MS);
}

/* Takes one message; one that is none, and the end, is the last. */
static void hear(struct run *g, struct rank *r)
{
    struct zpl_buf message = {.cap = ZPL_MESSAGE_MAX};
    take_printed(g, r); /* before what it says now */
    if (zpl_msg_recv(r->kept.talk, &message, NULL, NULL) == ZPL_OK)
        r->process->heard(r->process->self, message.data, message.len);
    else
        shut(&r->kept.talk);
    zpl_buf_release(&message);
    judge(g, r, g->gang->verdict(r->process->self, false));
}

/* ---- their end ---- */

/* It has ended: what it said until then is heard first. */
static void bury(struct run *g, struct rank *r)
{
    struct pollfd more = {.fd = r->kept.talk, .events = POLLIN};
    while (r->kept.talk >= 0 && poll(&more, 1, 0) > 0) {
        hear(g, r);
        more.fd = r->kept.talk;
    }
    while (waitpid(r->kept.pid, &r->process->status, 0) < 0 && errno == EINTR)
        ;
    r->runs = false;
    g->running--;
    take_printed(g, r);
    tell_lines(g, r, true);
    shut(&r->kept.talk);
    shut(&r->kept.listener);
    shut(&r->end);
    shut(&r->out);
    judge(g, r, g->gang->verdict(r->process->self, true));
}

static void signal_all(struct run *g, int number)
{
    for (uint32_t i = 0; i < g->gang->count; i++)
        if (g->ranks[i].runs)
            kill(-g->ranks[i].kept.pid, number);
}

/* Asks all to end, and lets them know that nobody waits for them. */
static void end_all(struct run *g)
{
    if (g->ending)
        return;
    g->ending = true;
    g->kill_ns = in_ms(ZPL_GRACE_MS);
    for (uint32_t i = 0; i < g->gang->count; i++)
        if (g->ranks[i].kept.talk >= 0)
            (void)shutdown(g->ranks[i].kept.talk, SHUT_WR);
    signal_all(g, SIGTERM);
}

/* Whom of those that failed: the first of those that say most for themselves. */
static struct rank *blame(const struct run *g)
{
    struct rank *worst = NULL;
    for (uint32_t i = 0; i < g->gang->count; i++) {
        struct rank *r = &g->ranks[i];
        if (r->turn > 0 && (worst == NULL || r->verdict > worst->verdict ||
                            (r->verdict == worst->verdict && r->turn < worst->turn)))
            worst = r;
    }
    return worst;
}

/* Ends all when it is known who failed, or nobody is left who could say it better. */
static void decide(struct run *g)
{
    struct rank *worst = g->failures > 0 ? blame(g) : NULL;
    if (worst == NULL || g->ending)
        return;
    if (worst->verdict < ZPL_GANG_FAILED && g->running > 0 &&
        zpl_clock_monotonic_ns() < g->settle_ns)
        return;
    g->gang->blamed = worst - g->ranks;
    end_all(g);
}

/* Looks at what each holds. */
static void look_at_memory(struct run *g)
{
    uint64_t limit = g->gang->memory_bytes;
    g->memory_ns = in_ms(ZPL_MEMORY_POLL_MS);
    for (uint32_t i = 0; !g->ending && i < g->gang->count; i++) {
        struct rank *r = &g->ranks[i];
        if (!r->runs || zpl_proc_memory_below(r->kept.pid, limit) <= limit)
            continue;
        g->gang->over_memory = true;
        g->gang->blamed = i;
        kill(-r->kept.pid, SIGKILL);
        end_all(g);
    }
}

/* ---- while they run ---- */

/* Milliseconds until something is due; -1: nothing is. */
static int patience_ms(const struct run *g)
{
    const int64_t dues[] = {g->ending ? 0 : g->settle_ns, g->kill_ns, g->ending ? 0 : g->memory_ns};
    int64_t next = 0;
    for (size_t i = 0; i < sizeof dues / sizeof *dues; i++)
        if (dues[i] > 0 && (next == 0 || dues[i] < next))
            next = dues[i];
    if (next == 0)
        return -1;
    int64_t left = next - zpl_clock_monotonic_ns();
    return left <= 0 ? 0 : (int)((left + ZPL_NS_PER_MS - 1) / ZPL_NS_PER_MS);
}

static void keep_time(struct run *g)
{
    int64_t now = zpl_clock_monotonic_ns();
    if (g->kill_ns > 0 && now >= g->kill_ns) {
        signal_all(g, SIGKILL);
        g->kill_ns = 0;
    }
    if (!g->ending && g->memory_ns > 0 && now >= g->memory_ns)
        look_at_memory(g);
}

/* What has come from one of them. */
static void attend_one(struct run *g, struct rank *r, const struct pollfd fds[FDS])
{
    if (fds[1].revents & POLLIN)
        r->process->tried = zpl_network_refuse(r->kept.listener) || r->process->tried;
    else if (fds[1].revents)
        shut(&r->kept.listener); /* nobody is left to ask */
    if (fds[3].revents)
        take_printed(g, r);
    if (fds[0].revents)
        hear(g, r);
    if (fds[2].revents)
        bury(g, r);
}

static void attend(struct run *g)
{
    while (g->running > 0) {
        g->fds[0] = (struct pollfd){.fd = g->signals, .events = POLLIN};
        for (uint32_t i = 0; i < g->gang->count; i++) {
            const struct rank *r = &g->ranks[i];
            const int mine[FDS] = {r->kept.talk, r->kept.listener, r->end, r->out};
            for (int k = 0; k < FDS; k++)
                g->fds[1 + FDS * i + (uint32_t)k] =
                    (struct pollfd){.fd = r->runs ? mine[k] : -1, .events = POLLIN};
        }
        if (poll(g->fds, 1 + FDS * g->gang->count, patience_ms(g)) < 0)
            continue;
        if (g->fds[0].revents) {
            struct signalfd_siginfo info;
            while (read(g->signals, &info, sizeof info) == (ssize_t)sizeof info)
                g->gang->ended = true;
            end_all(g);
        }
        for (uint32_t i = 0; i < g->gang->count; i++)
            if (g->ranks[i].runs)
                attend_one(g, &g->ranks[i], &g->fds[1 + FDS * i]);
        decide(g);
        keep_time(g);
    }
}

/* ---- their start ---- */

static int start(struct run *g, struct rank *r)
{
    int out[2];
    if (zpl_fault(ZPL_FAULT_OPEN) || pipe2(out, O_CLOEXEC) < 0)
        return zpl_diag_system(r->process->diags, "make a pipe for", "a worker", errno) != ZPL_OK;
    r->out = out[0];
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    r->process->out = out[1];
    r->process->leads = true;
    int failed = zpl_process_keep(r->process, &r->kept);
    close(out[1]);
    if (failed) {
        r->kept = (struct zpl_process_kept){.talk = -1, .listener = -1};
        return failed;
    }
    r->runs = true;
    g->running++;
    r->end = (int)syscall(SYS_pidfd_open, r->kept.pid, 0);
    if (r->end < 0)
        return zpl_diag_system(r->process->diags, "watch", "a worker", errno) != ZPL_OK;
    if (zpl_msg_send(r->kept.talk, r->process->said, r->process->said_len, NULL, 0) == ZPL_OK ||
        errno == EPIPE) /* an end is seen */
        return 0;
    return zpl_diag_system(r->process->diags, "hand a call to", "a worker", errno) != ZPL_OK;
}

/* Kills those that were started, where not all could be. */
static void abandon(struct run *g)
{
    signal_all(g, SIGKILL);
    for (uint32_t i = 0; i < g->gang->count; i++)
        if (g->ranks[i].runs)
            bury(g, &g->ranks[i]);
        else
            shut(&g->ranks[i].out);
}

/* From here on SIGTERM is read, not died of. */
static int take_signals(const struct run *g, sigset_t *before)
{
    sigset_t terminate;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    sigprocmask(SIG_BLOCK, &terminate, before);
    int fd = signalfd(-1, &terminate, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        zpl_diag_system(g->gang->processes[0].diags, "wait for", "signals", errno);
    return fd;
}

int zpl_gang_run(struct zpl_gang *gang)
{
    struct zpl_arena *arena = gang->processes[0].arena;
    struct zpl_diags *diags = gang->processes[0].diags;
    struct run g = {.gang = gang,
                    .ranks = zpl_arena_array(arena, gang->count, sizeof *g.ranks),
                    .fds = zpl_arena_array(arena, 1 + FDS * (size_t)gang->count, sizeof *g.fds)};
    sigset_t before;
    gang->blamed = -1;
    if (gang->count > ZPL_GANG_MAX) {
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                     "a gang of %u workers is more than one machine starts: %u at most",
                     gang->count, ZPL_GANG_MAX);
        return 1;
    }
    if (g.ranks == NULL || g.fds == NULL)
        return zpl_diag_nomem(diags) != ZPL_OK;
    for (uint32_t i = 0; i < gang->count; i++)
        g.ranks[i] = (struct rank){.process = &gang->processes[i],
                                   .kept = {.talk = -1, .listener = -1},
                                   .end = -1,
                                   .out = -1};
    g.signals = take_signals(&g, &before);
    int failed = g.signals < 0;
    for (uint32_t i = 0; !failed && i < gang->count; i++)
        failed = start(&g, &g.ranks[i]);
    if (gang->memory_bytes > 0)
        g.memory_ns = in_ms(ZPL_MEMORY_POLL_MS);
    if (failed)
        abandon(&g);
    else
        attend(&g);
    for (uint32_t i = 0; i < gang->count; i++)
        zpl_buf_release(&g.ranks[i].line);
    shut(&g.signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}
