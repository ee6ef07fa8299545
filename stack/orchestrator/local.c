/* local.c - the orchestrator of this machine.
 * Tasks run in processes that the zygote forks.  As many run at a time as there are slots, and as
 * many more and two may wait warm for the next task; a task that wants a fresh process, or
 * another limit of memory, gets a new one.
 * Owns: its workers, until release.   Limits: ZPL_SLOTS_MAX.   Floor: stack. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/flavours.h"
#include "stack/orchestrator/gpus.h"
#include "stack/orchestrator/local_worker.h"

#define READY_MAX 64
#define MORE_WARM                                                                                  \
    2 /* so that with one slot three kinds of steps that come by turns all stay warm */

struct local {
    struct zpl_zygote *zygote;
    int epoll;
    uint32_t slots, running;
    uint32_t worker_count; /* room: twice the slots and MORE_WARM */
    uint32_t turn;         /* who is asked first, so that a talkative one does not hide others */
    uint64_t last_task;
    struct zpl_gpus gpus;
    struct zpl_local_worker *shown; /* whose bytes the last event showed */
    struct zpl_local_worker workers[];
};

/* Is a warm worker to be let go before another, so that tasks of a kin have room?  One of another kin before one of this, then the
 * one that has had no task for longer. */
static bool goes_before(const struct zpl_local_worker *a, const struct zpl_local_worker *b,
                        uint64_t kin)
{
    bool a_serves = a->kin == kin, b_serves = b->kin == kin;
    return a_serves != b_serves ? b_serves : a->task < b->task;
}

/* A place for a new process: a free one, else that of a warm worker, which is let go. */
static struct zpl_local_worker *make_room(struct local *local, uint64_t kin)
{
    struct zpl_local_worker *idle = NULL;
    for (uint32_t i = 0; i < local->worker_count; i++) {
        struct zpl_local_worker *worker = &local->workers[i];
        if (worker->state == ZPL_LOCAL_FREE)
            return worker;
        if (worker->state == ZPL_LOCAL_IDLE && worker != local->shown &&
            (idle == NULL || goes_before(worker, idle, kin)))
            idle = worker;
    }
    if (idle)
        zpl_local_worker_close(idle);
    return idle;
}

/* To a warm worker that fits; false when none takes it. */
static bool give_warm(struct local *local, const void *bytes, size_t len, uint64_t task,
                      const struct zpl_task_needs *needs)
{
    for (uint32_t i = 0; i < local->worker_count; i++) {
        struct zpl_local_worker *worker = &local->workers[i];
        if (worker->state != ZPL_LOCAL_IDLE || needs->fresh ||
            worker->memory_bytes != needs->memory_bytes || worker->kin != needs->kin)
            continue;
        if (zpl_local_worker_give(worker, bytes, len, task, needs))
            return true;
        worker->state = ZPL_LOCAL_SPENT;
        if (worker != local->shown)
            zpl_local_worker_close(worker);
    }
    return false;
}

/* To a new worker. */
static enum zpl_err give_new(struct local *local, const void *bytes, size_t len, uint64_t task,
                             const struct zpl_task_needs *needs, struct zpl_diags *diags)
{
    struct zpl_local_worker *worker = make_room(local, needs->kin);
    if (!worker)
        ZPL_BUG("more workers than slots and warm ones");
    enum zpl_err err = zpl_local_worker_open(worker, local->zygote, needs, local->epoll,
                                             (uint64_t)(worker - local->workers), diags);
    if (err == ZPL_OK && !zpl_local_worker_give(worker, bytes, len, task, needs)) {
        err = zpl_diag_system(diags, "hand a task to", "a worker", errno);
        zpl_local_worker_close(worker);
    }
    return err;
}

static enum zpl_err start(void *self, const void *bytes, size_t len,
                          const struct zpl_task_needs *needs, uint64_t *task,
                          struct zpl_diags *diags)
{
    struct local *local = self;
    if (local->running >= local->slots)
        return ZPL_ERR_BUSY;
    if (len > ZPL_MESSAGE_MAX) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                     "a task of %zu bytes is too long for a worker; at most %u are possible", len,
                     ZPL_MESSAGE_MAX);
        return ZPL_ERR_LIMIT;
    }
    uint64_t number = local->last_task + 1;
    enum zpl_err err = ZPL_OK;
    if (!give_warm(local, bytes, len, number, needs))
        err = give_new(local, bytes, len, number, needs, diags);
    if (err != ZPL_OK)
        return err;
    local->running++;
    *task = local->last_task = number;
    return ZPL_OK;
}

/* What the last event showed is over. */
static void forget_shown(struct local *local)
{
    if (!local->shown)
        return;
    zpl_local_worker_forget(local->shown);
    if (local->shown->state == ZPL_LOCAL_SPENT)
        zpl_local_worker_close(local->shown);
    local->shown = NULL;
}

/* Looks after the workers that have no task, and asks the others for an event. */
static bool next_event(struct local *local, struct zpl_event *event)
{
    for (uint32_t i = 0; i < local->worker_count; i++) {
        uint32_t at = (local->turn + i) % local->worker_count;
        struct zpl_local_worker *worker = &local->workers[at];
        if (worker->state == ZPL_LOCAL_IDLE && !zpl_local_worker_rests(worker))
            zpl_local_worker_close(worker);
        if (worker->state != ZPL_LOCAL_RUNNING || !zpl_local_worker_next(worker, event))
            continue;
        if (worker->state != ZPL_LOCAL_RUNNING)
            local->running--;
        local->turn = at + 1;
        local->shown = worker;
        return true;
    }
    return false;
}

/* Does what is due; returns when the next thing is, or 0. */
static int64_t keep_time(struct local *local, int64_t now_ns)
{
    int64_t next = 0;
    for (uint32_t i = 0; i < local->worker_count; i++) {
        struct zpl_local_worker *worker = &local->workers[i];
        if (worker->state == ZPL_LOCAL_RUNNING && worker->deadline_ns > 0 &&
            worker->deadline_ns <= now_ns)
            zpl_local_worker_due(worker);
        if (worker->deadline_ns > 0 && (next == 0 || worker->deadline_ns < next))
            next = worker->deadline_ns;
    }
    return next;
}

/* Marks what can be read; ZPL_ERR_INTERRUPTED, or ZPL_ERR_IO. */
static enum zpl_err listen(struct local *local, int timeout_ms, struct zpl_diags *diags)
{
    struct epoll_event ready[READY_MAX];
    int count = epoll_wait(local->epoll, ready, READY_MAX, timeout_ms);
    if (count < 0 && errno == EINTR)
        return ZPL_ERR_INTERRUPTED;
    if (count < 0)
        return zpl_diag_system(diags, "wait for", "workers", errno);
    for (int i = 0; i < count; i++) {
        uint64_t which = ready[i].data.u64;
        local->workers[which / ZPL_LOCAL_SOURCES].ready[which % ZPL_LOCAL_SOURCES] = true;
    }
    return ZPL_OK;
}

static int milliseconds_until(int64_t then_ns, int64_t now_ns)
{
    if (then_ns <= now_ns)
        return 0;
    int64_t ms = (then_ns - now_ns + ZPL_NS_PER_MS - 1) / ZPL_NS_PER_MS;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static enum zpl_err wait_event(void *self, int timeout_ms, struct zpl_event *event,
                               struct zpl_diags *diags)
{
    struct local *local = self;
    int64_t give_up =
        timeout_ms < 0 ? INT64_MAX : zpl_clock_monotonic_ns() + (int64_t)timeout_ms * ZPL_NS_PER_MS;
    bool looked = false; /* at the descriptors, in this call */
    forget_shown(local);
    for (;;) {
        if (next_event(local, event))
            return ZPL_OK;
        if (local->running == 0)
            return ZPL_ERR_NOT_FOUND;
        int64_t now = zpl_clock_monotonic_ns();
        int64_t due = keep_time(local, now);
        if (looked && now >= give_up)
            return ZPL_ERR_NOT_FOUND;
        int64_t until = due > 0 && due < give_up ? due : give_up;
        int patience = until == INT64_MAX ? -1 : milliseconds_until(until, now);
        enum zpl_err err = listen(local, patience, diags);
        if (err != ZPL_OK)
            return err;
        looked = true;
    }
}

static void cancel(void *self, uint64_t task)
{
    struct local *local = self;
    for (uint32_t i = 0; i < local->worker_count; i++) {
        struct zpl_local_worker *worker = &local->workers[i];
        if (worker->state == ZPL_LOCAL_RUNNING && worker->task == task)
            zpl_local_worker_stop(worker, ZPL_LOCAL_CANCELLED);
    }
}

static void release(void *self)
{
    struct local *local = self;
    for (uint32_t i = 0; i < local->worker_count; i++)
        zpl_local_worker_close(&local->workers[i]);
    close(local->epoll);
    free(local);
}

/* The cores this process may use. */
static uint32_t core_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (uint32_t)count : 1;
}

enum zpl_err zpl_orchestrator_local(const struct zpl_stack_config *config,
                                    struct zpl_orchestrator *out, struct zpl_diags *diags)
{
    if (!config->zygote)
        ZPL_BUG("an orchestrator without zpl_zygote_start()");
    uint32_t slots = config->jobs > 0 ? config->jobs : core_count();
    if (slots > ZPL_SLOTS_MAX)
        slots = ZPL_SLOTS_MAX;
    *out = (struct zpl_orchestrator){0};
    uint32_t room = 2 * slots + MORE_WARM;
    struct local *local = zpl_calloc(1, sizeof *local + room * sizeof local->workers[0]);
    if (!local)
        return zpl_diag_nomem(diags);
    *local = (struct local){.zygote = config->zygote, .slots = slots, .worker_count = room};
    zpl_gpus_find(&local->gpus);
    for (uint32_t i = 0; i < local->worker_count; i++)
        local->workers[i].ends = (struct zpl_worker_ends){-1, -1, -1};
    local->epoll = zpl_fault(ZPL_FAULT_OPEN) ? -1 : epoll_create1(EPOLL_CLOEXEC);
    if (local->epoll < 0) {
        enum zpl_err err = zpl_diag_system(diags, "make a queue for", "workers", errno);
        free(local);
        return err;
    }
    *out = (struct zpl_orchestrator){.self = local,
                                     .flavour = "local",
                                     .slots = slots,
                                     .gpus = local->gpus.list,
                                     .gpu_count = local->gpus.count,
                                     .start = start,
                                     .wait = wait_event,
                                     .cancel = cancel,
                                     .release = release};
    return ZPL_OK;
}
