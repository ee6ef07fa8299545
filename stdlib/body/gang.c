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
#include "stdlib/body/gang_word.h"
#include "stdlib/body/network.h"

#define LINE_MAX   (64u << 10) /* of what one prints without an end of line */
#define READ_BYTES 4096
#define READS      17 /* at once: what a pipe holds */
#define FDS        4  /* of each */
#define PART_BYTES (64u << 10)
#define SILENT                                                                                     \
    3 /* words of being there that a machine missed when all are to end: it is not there */

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
/* What comes from another machine. */
struct part {
    struct zpl_gang_part *told;
    struct zpl_buf in;
    int64_t heard_ns; /* when it spoke last */
};
struct run {
    struct zpl_gang *gang;
    struct rank *ranks;
    struct part *parts;
    struct pollfd *fds; /* that of signals, those of the parts, then FDS of each here */
    int signals;
    uint32_t running, failures;
    bool ending;
    int64_t failed_ns; /* when the first failed */
    /* when what is due is; 0: nothing is */
    int64_t settle_ns, kill_ns, leave_ns, memory_ns;
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
    if (g->settle_ns != 0)
        return;
    g->failed_ns = zpl_clock_monotonic_ns();
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
    for (uint32_t i = 0; i < g->gang->here; i++)
        if (g->ranks[i].runs)
            kill(-g->ranks[i].kept.pid, number);
}

/* Nobody says any more how those of the part are; were there any that ran? */
static bool forget(struct run *g, const struct part *p)
{
    bool any = false;
    for (uint32_t i = 0; i < p->told->count; i++) {
        struct rank *r = &g->ranks[p->told->first + i];
        any = any || r->runs;
        g->running -= r->runs;
        r->runs = false;
    }
    shut(&p->told->stream);
    return any;
}

/* Asks all to end, and lets them know that nobody waits for them.  Who had fallen silent is not waited for. */
static void end_all(struct run *g)
{
    if (g->ending)
        return;
    g->ending = true;
    g->kill_ns = in_ms(ZPL_GRACE_MS);
    for (uint32_t i = 0; i < g->gang->here; i++)
        if (g->ranks[i].kept.talk >= 0)
            (void)shutdown(g->ranks[i].kept.talk, SHUT_WR);
    int64_t silent_since = zpl_clock_monotonic_ns() - SILENT * ZPL_ALIVE_MS * ZPL_NS_PER_MS;
    for (size_t i = 0; i < g->gang->part_count; i++) {
        struct zpl_gang_part *part = &g->gang->parts[i];
        if (part->stream >= 0)
            (void)shutdown(part->stream, SHUT_WR);
        if (g->parts[i].heard_ns < silent_since)
            part->silent = forget(g, &g->parts[i]);
    }
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

/* Have all machines with some of them that run spoken since the first failed?  One that has not may be gone. */
static bool all_spoke(const struct run *g)
{
    bool all = true;
    for (size_t i = 0; all && i < g->gang->part_count; i++)
        all = g->gang->parts[i].stream < 0 || g->parts[i].heard_ns > g->failed_ns;
    return all;
}

/* Ends all when it is known who failed, or nobody is left who could say it better. */
static void decide(struct run *g)
{
    struct rank *worst = g->failures > 0 ? blame(g) : NULL;
    if (worst == NULL || g->ending)
        return;
    if (worst->verdict < ZPL_GANG_FAILED && g->running > 0 &&
        (zpl_clock_monotonic_ns() < g->settle_ns || !all_spoke(g)))
        return;
    g->gang->blamed = worst - g->ranks;
    end_all(g);
}

static void find_over_memory(struct run *g, uint32_t i)
{
    if (g->ending)
        return;
    g->gang->over_memory = true;
    g->gang->blamed = i;
    if (i < g->gang->here)
        kill(-g->ranks[i].kept.pid, SIGKILL);
    end_all(g);
}

/* Looks at what each holds. */
static void look_at_memory(struct run *g)
{
    uint64_t limit = g->gang->memory_bytes;
    g->memory_ns = in_ms(ZPL_MEMORY_POLL_MS);
    for (uint32_t i = 0; !g->ending && i < g->gang->here; i++)
        if (g->ranks[i].runs && zpl_proc_memory_below(g->ranks[i].kept.pid, limit) > limit)
            find_over_memory(g, i);
}

/* ---- on other machines ---- */

/* The part is no more; that ends all, unless they are at their end. */
static void lose(struct run *g, struct part *p, const char *why)
{
    if (!forget(g, p) || g->ending)
        return;
    g->gang->lost = p->told;
    g->gang->why = why;
    end_all(g);
}

static void take_word(struct run *g, struct part *p, const struct zpl_gang_word *word)
{
    bool ranked = word->kind <= ZPL_GANG_ENDED;
    if (ranked && (word->rank < p->told->first || word->rank - p->told->first >= p->told->count ||
                   !g->ranks[word->rank].runs))
        return;
    struct rank *r = ranked ? &g->ranks[word->rank] : &g->ranks[p->told->first];
    switch (word->kind) {
    case ZPL_GANG_HEARD:
        r->process->heard(r->process->self, word->text, word->len);
        judge(g, r, g->gang->verdict(r->process->self, false));
        break;
    case ZPL_GANG_PRINTED:
        g->gang->printed(r->process->self, word->text, word->len);
        break;
    case ZPL_GANG_OVER:
        find_over_memory(g, word->rank);
        break;
    case ZPL_GANG_ENDED:
        r->process->status = word->status;
        r->process->tried = word->tried;
        r->runs = false;
        g->running--;
        judge(g, r, g->gang->verdict(r->process->self, true));
        break;
    case ZPL_GANG_NOTED: /* as if it had been printed here */
        (void)zpl_fs_write_all(STDOUT_FILENO, word->text, word->len);
        break;
    case ZPL_GANG_ALIVE:
        break;
    case ZPL_GANG_BROKE:
        lose(g, p, zpl_arena_strndup(r->process->arena, word->text, word->len));
        break;
    }
}

/* Takes what has come, and its whole lines; the end of the stream is that of the part. */
static void hear_part(struct run *g, struct part *p)
{
    size_t from = p->in.len, told = 0; /* no line ends before */
    char *place = zpl_buf_extend(&p->in, PART_BYTES);
    ssize_t n = place != NULL ? recv(p->told->stream, place, PART_BYTES, MSG_DONTWAIT) : 0;
    bool over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    zpl_buf_truncate(&p->in, from + (n > 0 ? (size_t)n : 0));
    if (n > 0)
        p->heard_ns = zpl_clock_monotonic_ns();
    for (const char *end; p->in.len > from && p->told->stream >= 0 &&
                          (end = memchr(p->in.data + from, '\n', p->in.len - from)) != NULL;) {
        struct zpl_gang_word word;
        struct zpl_json *keep;
        from = (size_t)(end - p->in.data) + 1;
        if (zpl_gang_word_take(p->in.data + told, from - 1 - told, &word, &keep))
            take_word(g, p, &word);
        zpl_json_release(keep);
        told = from;
    }
    zpl_buf_drop(&p->in, told);
    if (over && p->told->stream >= 0)
        lose(g, p, NULL);
}

/* ---- while they run ---- */

/* When the first of the machines counts as gone, if it goes on to say nothing; 0: never. */
static int64_t silent_ns(const struct run *g)
{
    int64_t first = 0;
    for (size_t i = 0; !g->ending && i < g->gang->part_count; i++) {
        int64_t then = g->parts[i].heard_ns + ZPL_SILENT_MS * ZPL_NS_PER_MS;
        if (g->gang->parts[i].stream >= 0 && (first == 0 || then < first))
            first = then;
    }
    return first;
}

/* Milliseconds until something is due; -1: nothing is. */
static int patience_ms(const struct run *g)
{
    int64_t now = zpl_clock_monotonic_ns(), next = 0;
    /* What has been due for longer waits for a word. */
    const int64_t dues[] = {g->ending || g->settle_ns < now ? 0 : g->settle_ns, g->kill_ns,
                            g->leave_ns, g->ending ? 0 : g->memory_ns, silent_ns(g)};
    for (size_t i = 0; i < sizeof dues / sizeof *dues; i++)
        if (dues[i] > 0 && (next == 0 || dues[i] < next))
            next = dues[i];
    if (next == 0)
        return -1;
    return next <= now ? 0 : (int)((next - now + ZPL_NS_PER_MS - 1) / ZPL_NS_PER_MS);
}

/* Those who can't be heard any more. */
static void lose_silent(struct run *g, int64_t before_ns)
{
    for (size_t i = 0; i < g->gang->part_count; i++)
        if (g->gang->parts[i].stream >= 0 && g->parts[i].heard_ns < before_ns)
            lose(g, &g->parts[i], NULL);
}

static void keep_time(struct run *g)
{
    int64_t now = zpl_clock_monotonic_ns();
    if (g->kill_ns > 0 && now >= g->kill_ns) {
        signal_all(g, SIGKILL);
        g->kill_ns = 0;
        g->leave_ns = in_ms(ZPL_KILL_MS);
    }
    if (g->leave_ns > 0 && now >= g->leave_ns) {
        g->leave_ns = 0;
        lose_silent(g, INT64_MAX);
    }
    if (!g->ending)
        lose_silent(g, now - ZPL_SILENT_MS * ZPL_NS_PER_MS);
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

/* Who is to be listened to; returns how many. */
static size_t listen_to(struct run *g)
{
    size_t count = 0;
    g->fds[count++] = (struct pollfd){.fd = g->signals, .events = POLLIN};
    for (size_t i = 0; i < g->gang->part_count; i++)
        g->fds[count++] = (struct pollfd){.fd = g->gang->parts[i].stream, .events = POLLIN};
    for (uint32_t i = 0; i < g->gang->here; i++) {
        const struct rank *r = &g->ranks[i];
        const int mine[FDS] = {r->kept.talk, r->kept.listener, r->end, r->out};
        for (int k = 0; k < FDS; k++)
            g->fds[count++] = (struct pollfd){.fd = r->runs ? mine[k] : -1, .events = POLLIN};
    }
    return count;
}

static void attend(struct run *g)
{
    const struct pollfd *of_parts = g->fds + 1, *of_ranks = of_parts + g->gang->part_count;
    while (g->running > 0) {
        if (poll(g->fds, listen_to(g), patience_ms(g)) < 0)
            continue;
        if (g->fds[0].revents) {
            struct signalfd_siginfo info;
            while (read(g->signals, &info, sizeof info) == (ssize_t)sizeof info)
                g->gang->ended = true;
            end_all(g);
        }
        for (size_t i = 0; i < g->gang->part_count; i++)
            if (of_parts[i].revents)
                hear_part(g, &g->parts[i]);
        for (uint32_t i = 0; i < g->gang->here; i++)
            if (g->ranks[i].runs)
                attend_one(g, &g->ranks[i], &of_ranks[FDS * i]);
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
    for (uint32_t i = 0; i < g->gang->here; i++)
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

/* Those on other machines run already. */
static void count_parts(struct run *g)
{
    for (size_t i = 0; i < g->gang->part_count; i++) {
        struct zpl_gang_part *part = &g->gang->parts[i];
        g->parts[i] = (struct part){.told = part,
                                    .in = {.cap = 2 * (size_t)ZPL_MESSAGE_MAX},
                                    .heard_ns = zpl_clock_monotonic_ns()};
        for (uint32_t k = 0; k < part->count; k++)
            g->ranks[part->first + k].runs = true;
        g->running += part->count;
    }
}

static void release(struct run *g)
{
    for (uint32_t i = 0; i < g->gang->count; i++)
        zpl_buf_release(&g->ranks[i].line);
    for (size_t i = 0; i < g->gang->part_count; i++) {
        shut(&g->gang->parts[i].stream);
        zpl_buf_release(&g->parts[i].in);
    }
    shut(&g->signals);
}

int zpl_gang_run(struct zpl_gang *gang)
{
    struct zpl_arena *arena = gang->processes[0].arena;
    struct zpl_diags *diags = gang->processes[0].diags;
    struct run g = {.gang = gang,
                    .ranks = zpl_arena_array(arena, gang->count, sizeof *g.ranks),
                    .parts = zpl_arena_array(arena, gang->part_count + 1, sizeof *g.parts),
                    .fds = zpl_arena_array(arena, 1 + gang->part_count + FDS * (size_t)gang->here,
                                           sizeof *g.fds)};
    sigset_t before;
    gang->blamed = -1;
    if (gang->here > ZPL_GANG_MAX) {
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                     "a gang of %u workers is more than one machine starts: %u at most", gang->here,
                     ZPL_GANG_MAX);
        return 1;
    }
    if (g.ranks == NULL || g.parts == NULL || g.fds == NULL)
        return zpl_diag_nomem(diags) != ZPL_OK;
    for (uint32_t i = 0; i < gang->count; i++)
        g.ranks[i] = (struct rank){.process = &gang->processes[i],
                                   .kept = {.talk = -1, .listener = -1},
                                   .end = -1,
                                   .out = -1};
    count_parts(&g);
    g.signals = take_signals(&g, &before);
    int failed = g.signals < 0;
    for (uint32_t i = 0; !failed && i < gang->here; i++)
        failed = start(&g, &g.ranks[i]);
    if (gang->memory_bytes > 0)
        g.memory_ns = in_ms(ZPL_MEMORY_POLL_MS);
    if (failed)
        abandon(&g);
    else
        attend(&g);
    release(&g);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}
