#include "stack/orchestrator/slurm_job.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/home.h"
#include "stack/lock.h"

#define LAG_NS (ZPL_SLURM_LAG_MS * ZPL_NS_PER_MS)
#define WHY_NS                                                                                     \
    (30000 * ZPL_NS_PER_MS) /* for Slurm to say why, while it answers that the job runs */
#define SOON_NS    (1000 * ZPL_NS_PER_MS) /* for last words after a job that was ended */
#define CANCEL_NS  (3000 * ZPL_NS_PER_MS) /* for sbatch to end before its task is given up */
#define READ_BYTES (256u << 10)
#define WAITS_NS   (10000 * ZPL_NS_PER_MS) /* in the queue before it is told */
#define MISSES     2                       /* answers without a job before it counts as gone */
#define HOPELESS   3                       /* answers that a job can't run before it is given up */
#define OUTPUT     "output"                /* what its script and zpl wrote that is no event */
#define OUTPUT_MAX 400

/* ---- the folder ------------------------------------------------------------------------------ */

static enum zpl_err folder_of(char *out, const char *spool, uint64_t stamp, struct zpl_diags *diags)
{
    char name[32];
    snprintf(name, sizeof name, "%" PRIu64, stamp);
    return zpl_home_join(out, spool, name, diags);
}

/* Opens the events for reading. */
static enum zpl_err open_events(struct zpl_slurm_job *job, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_home_join(path, job->folder, ZPL_SPOOL_EVENTS, diags);
    if (err != ZPL_OK)
        return err;
    job->events = zpl_fs_open(path, O_RDONLY, 0);
    return job->events >= 0 ? ZPL_OK : zpl_diag_system(diags, "open", path, errno);
}

static void clear(struct zpl_slurm_job *job)
{
    if (job->phase != ZPL_SLURM_FREE && job->events >= 0)
        close(job->events);
    zpl_buf_release(&job->in);
    *job = (struct zpl_slurm_job){.events = -1};
    job->in.cap = 2 * (size_t)ZPL_MESSAGE_MAX;
}

enum zpl_err zpl_slurm_job_place(struct zpl_slurm_job *job, const char *spool, int owners,
                                 const struct zpl_digest *key, struct zpl_diags *diags)
{
    clear(job);
    enum zpl_err err;
    do {
        job->stamp = (uint64_t)zpl_clock_wall_ns();
        err = zpl_lock_take(owners, job->stamp, false);
    } while (err == ZPL_ERR_BUSY || err == ZPL_ERR_INTERRUPTED);
    if (err != ZPL_OK)
        return zpl_diag_system(diags, "lock a folder in", spool, errno);
    err = folder_of(job->folder, spool, job->stamp, diags);
    if (err == ZPL_OK)
        err = zpl_spool_make(job->folder, diags);
    if (err == ZPL_OK)
        err = open_events(job, diags);
    job->phase = ZPL_SLURM_PLACED;
    if (key)
        job->about = (struct zpl_spool_about){.has_key = true, .key = *key};
    if (err != ZPL_OK)
        zpl_slurm_job_remove(job, owners);
    return err;
}

void zpl_slurm_job_remove(struct zpl_slurm_job *job, int owners)
{
    if (job->folder[0] != '\0') {      /* its path may have been too long */
        zpl_spool_unwant(job->folder); /* first: a worker that starts now finds nothing to do */
        zpl_fs_remove_tree(job->folder, NULL);
    }
    zpl_lock_give(owners, job->stamp);
    clear(job);
}

/* ---- what the task says ---------------------------------------------------------------------- */

void zpl_slurm_job_forget(struct zpl_slurm_job *job)
{
    if (job->words_told)
        job->words[0] = '\0';
    job->words_told = false;
    zpl_buf_drop(&job->in, job->told);
    job->told = 0;
}

/* Reads what was added to the events; true when there was something. */
static bool read_more(struct zpl_slurm_job *job)
{
    size_t had = job->in.len;
    char *place = job->events >= 0 ? zpl_buf_extend(&job->in, READ_BYTES) : NULL;
    ssize_t n = place ? read(job->events, place, READ_BYTES) : 0;
    if (place)
        zpl_buf_truncate(&job->in, had + (n > 0 ? (size_t)n : 0));
    job->garbled = job->garbled || zpl_buf_error(&job->in) != ZPL_OK;
    return n > 0;
}

/* Takes in whole frames: true when `event` is a message to tell; sets `begun` and `last`. */
static bool take_frames(struct zpl_slurm_job *job, struct zpl_event *event)
{
    struct zpl_spool_frame frame;
    size_t used;
    while (!job->answered && !job->garbled) {
        enum zpl_err err = zpl_spool_take(job->in.data, job->in.len, &used, &frame);
        if (err == ZPL_ERR_NOT_FOUND && read_more(job))
            continue;
        if (err == ZPL_ERR_NOT_FOUND)
            return false;
        job->garbled = err != ZPL_OK;
        if (err != ZPL_OK)
            return false;
        if (frame.began) {
            job->begun = true;
            snprintf(job->words, sizeof job->words, "slurm: job %s on %.*s\n",
                     job->id[0] != '\0' ? job->id : "(number not known yet)",
                     (int)(frame.event.len < 64 ? frame.event.len : 64),
                     (const char *)frame.event.data);
            job->told = used;
            zpl_slurm_job_forget(job);
            return false;
        }
        job->told = used;
        if (frame.event.kind == ZPL_EVENT_MESSAGE) {
            *event = frame.event;
            return true;
        }
        job->answered = true;
        job->last = frame.event;
        job->answered_ns = zpl_clock_monotonic_ns();
    }
    return false;
}

/* Our own words for the step's log. */
static bool say_words(struct zpl_slurm_job *job, struct zpl_event *event)
{
    if (job->words[0] == '\0')
        return false;
    job->words_told = true;
    *event = (struct zpl_event){
        .kind = ZPL_EVENT_MESSAGE, .printed = true, .data = job->words, .len = strlen(job->words)};
    return true;
}

/* ---- its end --------------------------------------------------------------------------------- */

static void ended(struct zpl_event *event, enum zpl_event_kind kind, const char *words,
                  const char *what)
{
    *event = (struct zpl_event){.kind = kind};
    snprintf(event->reason, sizeof event->reason, words, what);
}

/* The first words of what the job wrote instead of events: why zpl did not start there. */
static void explain(struct zpl_slurm_job *job)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    job->explained = true;
    if (zpl_path_join(path, job->folder, OUTPUT) == ZPL_OK &&
        zpl_fs_read_file(path, ZPL_LOG_HEAD_BYTES, &text, NULL) == ZPL_OK && text.len > 0)
        snprintf(job->words, sizeof job->words, "%.*s", OUTPUT_MAX, zpl_buf_str(&text));
    else
        snprintf(job->words, sizeof job->words,
                 "slurm: nothing of zpl ran in job %s on %s; do the nodes have the program and the "
                 "folder of the store?\n",
                 job->id, job->node);
    zpl_buf_release(&text);
}

/* The end that Slurm's word for the job means. */
static void judge(const struct zpl_slurm_job *job, struct zpl_event *event)
{
    switch (job->state) {
    case ZPL_SLURM_NODE_FAILED:
        ended(event, ZPL_EVENT_LOST,
              strpbrk(job->node, "[,") != NULL ? "a node of %s failed" : "node %s failed",
              job->node);
        break;
    case ZPL_SLURM_PREEMPTED:
        ended(event, ZPL_EVENT_LOST, "it was preempted on node %s", job->node);
        break;
    case ZPL_SLURM_TIMEOUT:
        ended(event, ZPL_EVENT_TIMEOUT, "ended by the time limit of its job %s", job->id);
        break;
    case ZPL_SLURM_MEMORY:
        ended(event, ZPL_EVENT_MEMORY,
              "ended by Slurm, as job %s held more memory than it asked for", job->id);
        break;
    case ZPL_SLURM_CANCELLED:
        ended(event, ZPL_EVENT_DIED, "the cancellation of its job %s by somebody else", job->id);
        break;
    case ZPL_SLURM_FAILED:
        if (job->begun)
            ended(event, ZPL_EVENT_DIED, "no answer: its job %s failed", job->id);
        else
            ended(event, ZPL_EVENT_REFUSED, "job %s failed before zpl ran in it", job->id);
        break;
    default:
        ended(event, ZPL_EVENT_LOST, "job %s is over and has left no answer", job->id);
    }
}

/* It died, or lost a machine: why, Slurm may know better. */
static bool may_be_explained(const struct zpl_slurm_job *job)
{
    return job->last.kind == ZPL_EVENT_DIED || job->last.kind == ZPL_EVENT_LOST;
}

/* It may, and is still given the time to notice. */
static bool is_unexplained(const struct zpl_slurm_job *job, int64_t now)
{
    int64_t waited = now - job->answered_ns;
    return may_be_explained(job) && job->over_ns == 0 &&
           (waited < LAG_NS || (waited < WHY_NS && job->seen_ns > job->answered_ns));
}

/* Has it come to its end?  Then `event` is that. */
static bool conclude(struct zpl_slurm_job *job, struct zpl_event *event)
{
    int64_t now = zpl_clock_monotonic_ns();
    bool over = job->over_ns != 0;
    bool told_by_slurm = over && job->state != ZPL_SLURM_COMPLETED &&
                         job->state != ZPL_SLURM_FAILED && job->state != ZPL_SLURM_GONE;
    if (job->cancelled) {
        if (job->phase == ZPL_SLURM_SENDING && now - job->cancelled_ns < CANCEL_NS)
            return false;
        if (!job->answered && !over && !job->garbled && job->begun)
            return false;
        ended(event, ZPL_EVENT_DIED, "%s", "cancelled");
    } else if (job->garbled) {
        ended(event, ZPL_EVENT_DIED, "%s", "events that can't be understood");
    } else if (job->answered) {
        if (is_unexplained(job, now))
            return false;
        *event = job->last;
        bool known = job->last.kind == ZPL_EVENT_LOST && job->state == ZPL_SLURM_NODE_FAILED;
        if (may_be_explained(job) && told_by_slurm && !known)
            judge(job, event);
    } else {
        if (!over || now - job->over_ns < (told_by_slurm ? SOON_NS : LAG_NS))
            return false;
        if (!job->begun && job->state == ZPL_SLURM_FAILED && !job->explained) {
            explain(job);
            return say_words(job, event);
        }
        judge(job, event);
    }
    job->phase = ZPL_SLURM_PLACED;
    return true;
}

bool zpl_slurm_job_next(struct zpl_slurm_job *job, struct zpl_event *event)
{
    if (job->phase == ZPL_SLURM_FREE || job->phase == ZPL_SLURM_PLACED)
        return false;
    bool any = say_words(job, event) || take_frames(job, event) || say_words(job, event) ||
               conclude(job, event);
    event->task = job->task;
    return any;
}

void zpl_slurm_job_cancel(struct zpl_slurm_job *job)
{
    if (job->cancelled)
        return;
    job->cancelled = true;
    job->cancelled_ns = zpl_clock_monotonic_ns();
    zpl_spool_unwant(job->folder);
}

void zpl_slurm_job_refuse(struct zpl_slurm_job *job, const char *words)
{
    zpl_spool_unwant(job->folder);
    ended(&job->last, ZPL_EVENT_REFUSED, "%s", words);
    job->answered = true;
    job->answered_ns = job->over_ns = zpl_clock_monotonic_ns();
    job->state = ZPL_SLURM_GONE;
}

/* ---- what Slurm says ------------------------------------------------------------------------- */

/* A job that asks for what there is not. */
static void refuse_hopeless(struct zpl_slurm_job *job, const char *reason)
{
    char words[sizeof job->last.reason];
    snprintf(words, sizeof words, "job %.20s can't run on this cluster (%.24s)", job->id, reason);
    zpl_slurm_job_refuse(job, words);
}

/* A job that waits: for what, once; for what there is not, not for ever. */
static void mind_waiting(struct zpl_slurm_job *job, const char *reason)
{
    job->hopeless = zpl_slurm_is_hopeless(reason) ? job->hopeless + 1 : 0;
    if (job->hopeless >= HOPELESS) {
        refuse_hopeless(job, reason);
    } else if (!job->waits_told && job->words[0] == '\0' &&
               zpl_clock_monotonic_ns() - job->sent_ns > WAITS_NS) {
        snprintf(job->words, sizeof job->words, "slurm: job %s waits in the queue (%s)\n", job->id,
                 reason);
        job->waits_told = true;
    }
}

void zpl_slurm_job_see(struct zpl_slurm_job *job, const struct zpl_slurm_row *row, uint64_t answer)
{
    job->phase = ZPL_SLURM_SENT;
    job->seen = answer;
    job->seen_ns = zpl_clock_monotonic_ns();
    job->missing = 0;
    job->state = row->state;
    memcpy(job->id, row->id, sizeof job->id);
    memcpy(job->node, row->node, sizeof job->node);
    if (zpl_slurm_state_is_end(row->state) && job->over_ns == 0)
        job->over_ns = zpl_clock_monotonic_ns();
    if (row->state == ZPL_SLURM_WAITS && !job->cancelled)
        mind_waiting(job, row->reason);
    if (row->state == ZPL_SLURM_FAILED && row->node[0] == '\0' && !job->cancelled && !job->answered)
        refuse_hopeless(job, row->reason); /* no node was ever to run it */
}

void zpl_slurm_job_miss(struct zpl_slurm_job *job)
{
    if (job->phase != ZPL_SLURM_SENT || job->over_ns != 0 || ++job->missing < MISSES)
        return;
    job->state = ZPL_SLURM_GONE;
    job->over_ns = zpl_clock_monotonic_ns();
}

bool zpl_slurm_job_adopt(struct zpl_slurm_job *job, const char *spool, int owners, uint64_t stamp,
                         const struct zpl_slurm_row *row)
{
    struct zpl_event event;
    clear(job);
    if (zpl_lock_take(owners, stamp, false) != ZPL_OK)
        return false;
    job->stamp = stamp;
    job->phase = ZPL_SLURM_SENT;
    bool whole = folder_of(job->folder, spool, stamp, NULL) == ZPL_OK &&
                 zpl_spool_read_about(job->folder, &job->about) == ZPL_OK &&
                 open_events(job, NULL) == ZPL_OK;
    if (whole && row)
        zpl_slurm_job_see(job, row, 0);
    /* Its answer, if there is one, behind everything that it said; then from the start again. */
    while (whole && !job->answered && !job->garbled) {
        if (!take_frames(job, &event) && !job->answered && !job->words[0])
            break;
        zpl_slurm_job_forget(job);
        job->words[0] = '\0';
    }
    bool goes_on = row && !zpl_slurm_state_is_end(row->state) && zpl_spool_wanted(job->folder);
    bool good =
        whole && !job->garbled && (job->answered ? job->last.kind == ZPL_EVENT_DONE : goes_on);
    if (!good || lseek(job->events, 0, SEEK_SET) != 0) {
        zpl_slurm_job_remove(job, owners);
        return false;
    }
    zpl_buf_clear(&job->in);
    job->told = 0;
    job->answered = job->begun = false;
    job->words[0] = '\0';
    job->adopted = true;
    job->phase = ZPL_SLURM_PLACED;
    return true;
}
