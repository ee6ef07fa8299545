/* spool_serve.c - the worker's side of a spooled task: the orchestrator of this machine runs it, what
 * that says is written down.   Floor: stack. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/flavours.h"
#include "stack/home.h"
#include "stack/lock.h"
#include "stack/orchestrator/spool.h"
#include "stack/orchestrator/spread.h"

#define LOOK_MS   500 /* between two looks whether the task is still wanted */
#define SYNC_NS   INT64_C(250000000)
#define HOST_SIZE 256
/* For a signal to arrive that a process of the task got a moment earlier. */
#define SIGNAL_MS 1000
#define PAUSE_MS  20

struct serving {
    const char *folder;
    const volatile sig_atomic_t *interrupted;
    const struct zpl_spool_readers *readers;
    int events;
    uint64_t printed; /* bytes of text passed on */
    int64_t synced_ns;
    struct zpl_diags *diags;
};

/* One frame at the end of the file; what has ended is brought to the disk, so that other machines
 * see it. */
static enum zpl_err tell(struct serving *s, const struct zpl_spool_frame *frame, bool last)
{
    struct zpl_buf bytes = {.cap = ZPL_MESSAGE_MAX + 1024};
    zpl_spool_put(&bytes, frame);
    enum zpl_err err = zpl_buf_error(&bytes) == ZPL_OK
                           ? zpl_fs_write_all(s->events, bytes.data, bytes.len)
                           : ZPL_ERR_NOMEM;
    int64_t now = zpl_clock_monotonic_ns();
    if (err == ZPL_OK && (last || now - s->synced_ns > SYNC_NS)) {
        err = fdatasync(s->events) == 0 ? ZPL_OK : ZPL_ERR_IO;
        s->synced_ns = now;
    }
    if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(s->diags);
    else if (err != ZPL_OK)
        err = zpl_diag_system(s->diags, "write the events of", s->folder, errno);
    zpl_buf_release(&bytes);
    return err;
}

/* Text above the limit is left out: the file stands on a file system that all share. */
static bool passes(struct serving *s, struct zpl_event *event)
{
    static const char CUT[] = "\n[more was printed than is passed on]\n";
    if (event->kind != ZPL_EVENT_MESSAGE || !event->printed)
        return true;
    if (s->printed > ZPL_SPOOL_PRINTED_MAX)
        return false;
    s->printed += event->len;
    if (s->printed > ZPL_SPOOL_PRINTED_MAX) {
        event->data = CUT;
        event->len = sizeof CUT - 1;
    }
    return true;
}

/* The end of a task, unless it is none of its own. */
static void hold_to_signals(const struct serving *s, struct zpl_event *event)
{
    char reason[sizeof event->reason] = "";
    enum zpl_spool_verdict verdict =
        event->kind == ZPL_EVENT_DONE
            ? s->readers->verdict(event->data, event->len, reason, sizeof reason)
            : ZPL_SPOOL_FAILED;
    bool fine = !zpl_spool_wanted(s->folder) || event->kind == ZPL_EVENT_TIMEOUT ||
                event->kind == ZPL_EVENT_MEMORY || verdict == ZPL_SPOOL_FINE;
    bool lost = verdict == ZPL_SPOOL_LOST;
    for (int ms = 0; !fine && !lost && *s->interrupted == 0 && ms < SIGNAL_MS; ms += PAUSE_MS)
        usleep(PAUSE_MS * 1000);
    if (fine || (*s->interrupted == 0 && !lost))
        return;
    *event = (struct zpl_event){.kind = lost ? ZPL_EVENT_LOST : ZPL_EVENT_DIED};
    if (lost)
        snprintf(event->reason, sizeof event->reason, "%s", reason);
    else
        snprintf(event->reason, sizeof event->reason, "signal %d to its job", (int)*s->interrupted);
}

/* Until the task has ended. */
static enum zpl_err follow(struct serving *s, struct zpl_orchestrator *here, uint64_t task)
{
    for (;;) {
        struct zpl_spool_frame frame = {0};
        enum zpl_err err = here->wait(here->self, LOOK_MS, &frame.event, s->diags);
        if (*s->interrupted != 0 || !zpl_spool_wanted(s->folder))
            here->cancel(here->self, task);
        if (err == ZPL_ERR_NOT_FOUND || err == ZPL_ERR_INTERRUPTED)
            continue;
        bool last = err == ZPL_OK && frame.event.kind != ZPL_EVENT_MESSAGE;
        if (last)
            hold_to_signals(s, &frame.event);
        if (err == ZPL_OK && passes(s, &frame.event))
            err = tell(s, &frame, last);
        if (err != ZPL_OK || last)
            return err;
    }
}

/* The first frame, written by the first worker alone. */
static enum zpl_err begin(struct serving *s, bool *first)
{
    struct zpl_stat st;
    char path[ZPL_PATH_MAX], host[HOST_SIZE] = "";
    *first = false;
    enum zpl_err err = zpl_home_join(path, s->folder, ZPL_SPOOL_EVENTS, s->diags);
    if (err != ZPL_OK)
        return err;
    s->events = zpl_fs_open(path, O_RDWR | O_APPEND, 0);
    if (s->events < 0)
        return zpl_diag_system(s->diags, "open", path, errno);
    if (zpl_lock_take(s->events, 0, false) == ZPL_ERR_BUSY)
        return ZPL_OK;
    err = zpl_fs_stat(path, &st, s->diags);
    if (err != ZPL_OK || st.size > 0)
        return err;
    *first = true;
    gethostname(host, sizeof host - 1);
    return tell(
        s, &(struct zpl_spool_frame){.began = true, .event = {.data = host, .len = strlen(host)}},
        true);
}

/* Of the workers that the task starts, those that it starts here are what it needs of this machine. */
static enum zpl_err settle_here(const struct serving *s, struct zpl_task_needs *needs,
                                struct zpl_buf *task)
{
    struct zpl_arena arena = {0};
    size_t count = 0;
    if (!needs->together)
        return ZPL_OK;
    const uint32_t *counts = zpl_spread_counts(needs->workers, &count, &arena, s->diags);
    enum zpl_err err = counts != NULL ? ZPL_OK : ZPL_ERR_INPUT;
    if (err == ZPL_OK && count > 1)
        err = s->readers->spread(task, counts, count, s->diags);
    if (err == ZPL_OK)
        needs->workers = counts[0];
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_spool_serve(const char *folder, struct zpl_zygote *zygote,
                             const volatile sig_atomic_t *interrupted,
                             const struct zpl_spool_readers *readers, struct zpl_diags *diags)
{
    struct serving s = {.folder = folder,
                        .interrupted = interrupted,
                        .readers = readers,
                        .events = -1,
                        .diags = diags};
    struct zpl_stack_config config = {.jobs = 1, .zygote = zygote};
    struct zpl_orchestrator here = {0};
    struct zpl_task_needs needs;
    struct zpl_buf bytes = {.cap = ZPL_MESSAGE_MAX + 1024};
    uint64_t task = 0;
    bool first;
    enum zpl_err err = begin(&s, &first);
    if (err != ZPL_OK || !first)
        goto done;
    err = zpl_spool_read_task(folder, &needs, &bytes, diags);
    if (err == ZPL_ERR_NOT_FOUND) {
        err = ZPL_OK;
        goto done;
    }
    if (err == ZPL_OK)
        err = settle_here(&s, &needs, &bytes);
    if (err == ZPL_OK)
        err = zpl_orchestrator_local(&config, &here, diags);
    if (err == ZPL_OK)
        err = here.start(here.self, bytes.data, bytes.len, &needs, &task, diags);
    if (err == ZPL_OK)
        err = follow(&s, &here, task);
done:
    if (here.release)
        here.release(here.self);
    if (s.events >= 0)
        close(s.events);
    zpl_buf_release(&bytes);
    return err;
}
