/* slurm.c - the orchestrator of a Slurm cluster.
 * A task is a folder in home/spool (spool.h), which the nodes see too, and a job that runs `zpl worker`
 * on it.  Tasks that are ready at the same time become one array.  One squeue a second asks about all
 * jobs; what tasks say and answer is read from their folders, so while the controller is away what
 * runs goes on, what is new waits.
 * The jobs of a driver that was killed go on; a later driver finds their folders, whose locks are
 * free, and takes over those that it would start itself.
 * Owns: its jobs and their folders, until release.
 * Errors: ZPL_ERR_UNREACHABLE without Slurm's commands or without an answer of it at the start.
 * Limits: ZPL_SLURM_*.   Floor: stack. */
#include "stack/orchestrator/slurm.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stack/flavours.h"
#include "stack/home.h"
#include "stack/lock.h"

#define SCRIPT_NAME "task.sh"
#define OWNERS_NAME "owners"
#define LEAVE_MS    3000 /* for scancel at the end of a run */

/* ---- the interface --------------------------------------------------------------------------- */

static struct zpl_slurm_job *job_at(struct zpl_slurm *slurm, const char *place)
{
    for (uint32_t i = 0; place && i < slurm->slots; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        const char *below =
            job->phase == ZPL_SLURM_FREE ? NULL : zpl_path_below(job->folder, place);
        if (below && strcmp(below, ZPL_SPOOL_WORK) == 0)
            return job;
    }
    ZPL_BUG("a place that was not given out");
}

/* A task that an earlier driver left, if it can be taken over. */
static bool take_over(struct zpl_slurm *slurm, struct zpl_slurm_job *job,
                      const struct zpl_digest *key)
{
    for (size_t i = 0; i < slurm->orphan_count; i++) {
        struct zpl_slurm_orphan *orphan = &slurm->orphans[i];
        if (orphan->stamp == 0 || !zpl_digest_equal(&orphan->key, key))
            continue;
        uint64_t stamp = orphan->stamp;
        orphan->stamp = 0;
        if (zpl_slurm_job_adopt(job, slurm->spool, slurm->owners, stamp,
                                orphan->queued ? &orphan->row : NULL))
            return true;
    }
    return false;
}

static enum zpl_err place(void *self, const struct zpl_digest *key, char *path,
                          struct zpl_diags *diags)
{
    struct zpl_slurm *slurm = self;
    struct zpl_slurm_job *job = slurm->jobs;
    while (job < slurm->jobs + slurm->slots && job->phase != ZPL_SLURM_FREE)
        job++;
    if (job == slurm->jobs + slurm->slots)
        return ZPL_ERR_BUSY;
    enum zpl_err err = ZPL_OK;
    if (!key || !take_over(slurm, job, key))
        err = zpl_slurm_job_place(job, slurm->spool, slurm->owners, key, diags);
    return err == ZPL_OK ? zpl_home_join(path, job->folder, ZPL_SPOOL_WORK, diags) : err;
}

static void place_remove(void *self, const char *path)
{
    struct zpl_slurm *slurm = self;
    struct zpl_slurm_job *job = job_at(slurm, path);
    if (job == slurm->shown)
        slurm->shown = NULL;
    if (job->phase > ZPL_SLURM_PLACED)
        slurm->running--;
    zpl_slurm_job_remove(job, slurm->owners);
}

static enum zpl_err start(void *self, const void *bytes, size_t len,
                          const struct zpl_task_needs *needs, uint64_t *task,
                          struct zpl_diags *diags)
{
    struct zpl_slurm *slurm = self;
    struct zpl_slurm_job *job = job_at(slurm, needs->place);
    enum zpl_err err = ZPL_OK;
    if (!job->adopted)
        err = zpl_spool_write_task(job->folder, bytes, len, needs, diags);
    if (err != ZPL_OK)
        return err;
    job->needs = *needs;
    job->needs.place = NULL;
    job->phase = job->adopted ? ZPL_SLURM_SENT : ZPL_SLURM_QUEUED;
    job->sent_ns = zpl_clock_monotonic_ns();
    job->task = *task = ++slurm->last_task;
    slurm->running++;
    return ZPL_OK;
}

static void cancel(void *self, uint64_t task)
{
    struct zpl_slurm *slurm = self;
    for (uint32_t i = 0; i < slurm->slots; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        if (job->phase <= ZPL_SLURM_PLACED || job->task != task || job->cancelled)
            continue;
        zpl_slurm_job_cancel(job);
        if (job->phase == ZPL_SLURM_QUEUED)
            job->phase = ZPL_SLURM_SENT; /* it never will be */
        zpl_slurm_give_up(slurm, job);
    }
}

/* What the last event showed is over. */
static void forget_shown(struct zpl_slurm *slurm)
{
    if (slurm->shown)
        zpl_slurm_job_forget(slurm->shown);
    slurm->shown = NULL;
}

static bool next_event(struct zpl_slurm *slurm, struct zpl_event *event)
{
    for (uint32_t i = 0; i < slurm->slots; i++) {
        uint32_t at = (slurm->turn + i) % slurm->slots;
        struct zpl_slurm_job *job = &slurm->jobs[at];
        bool answered = job->answered;
        if (zpl_slurm_job_next(job, event)) {
            if (job->phase == ZPL_SLURM_PLACED)
                slurm->running--;
            slurm->turn = at + 1;
            slurm->shown = job;
            return true;
        }
        if (job->answered && !answered)
            slurm->ask_due_ns = 0; /* it died: why? */
    }
    return false;
}

static enum zpl_err wait_event(void *self, int timeout_ms, struct zpl_event *event,
                               struct zpl_diags *diags)
{
    struct zpl_slurm *slurm = self;
    int64_t give_up =
        timeout_ms < 0 ? INT64_MAX : zpl_clock_monotonic_ns() + (int64_t)timeout_ms * ZPL_NS_PER_MS;
    (void)diags;
    forget_shown(slurm);
    for (;;) {
        zpl_slurm_talk(slurm);
        if (next_event(slurm, event))
            return ZPL_OK;
        if (slurm->running == 0)
            return ZPL_ERR_NOT_FOUND;
        int64_t left = give_up - zpl_clock_monotonic_ns();
        if (left <= 0)
            return ZPL_ERR_NOT_FOUND;
        struct pollfd fds[6];
        size_t count = zpl_slurm_fds(slurm, fds);
        int64_t patience = left / ZPL_NS_PER_MS + 1;
        if (poll(fds, count, patience < ZPL_SLURM_POLL_MS ? (int)patience : ZPL_SLURM_POLL_MS) <
                0 &&
            errno == EINTR)
            return ZPL_ERR_INTERRUPTED;
    }
}

static void release(void *self)
{
    struct zpl_slurm *slurm = self;
    int64_t until = zpl_clock_monotonic_ns() + LEAVE_MS * ZPL_NS_PER_MS;
    while (zpl_slurm_is_cancelling(slurm) && zpl_clock_monotonic_ns() < until) {
        zpl_slurm_talk(slurm);
        struct pollfd fds[6];
        poll(fds, zpl_slurm_fds(slurm, fds), ZPL_SLURM_POLL_MS);
    }
    for (uint32_t i = 0; i < slurm->slots; i++)
        if (slurm->jobs[i].phase != ZPL_SLURM_FREE)
            zpl_slurm_job_remove(&slurm->jobs[i], slurm->owners);
    zpl_command_release(&slurm->send);
    zpl_command_release(&slurm->ask);
    zpl_command_release(&slurm->stop);
    zpl_buf_release(&slurm->cancels);
    zpl_arena_release(&slurm->arena);
    if (slurm->owners >= 0)
        close(slurm->owners);
    free(slurm);
}

/* ---- opening --------------------------------------------------------------------------------- */

static const char *option(const struct zpl_stack_config *config, const char *name)
{
    const struct zpl_literal *text = zpl_literal_field(config->options, name);
    return text ? text->as.str.s : NULL;
}

/* Folder, script and lock file. */
static enum zpl_err make_spool(struct zpl_slurm *slurm, const char *home, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_home_make(home, ZPL_SPOOL_NAME, diags);
    if (err == ZPL_OK)
        err = zpl_home_path(home, ZPL_SPOOL_NAME, slurm->spool, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(slurm->script, slurm->spool, SCRIPT_NAME, diags);
    if (err == ZPL_OK)
        err = zpl_fs_write_file(slurm->script, zpl_slurm_script, strlen(zpl_slurm_script), false,
                                diags);
    if (err == ZPL_OK)
        err = zpl_home_join(path, slurm->spool, OWNERS_NAME, diags);
    if (err != ZPL_OK)
        return err;
    slurm->owners = zpl_lock_open(path);
    if (slurm->owners < 0)
        return zpl_diag_system(diags, "open", path, errno);
    return zpl_proc_self_path(slurm->program) == ZPL_OK
               ? ZPL_OK
               : zpl_diag_system(diags, "find", "the program that runs", errno);
}

/* The folders whose drivers are gone.  One that nobody asked for in days is removed. */
static enum zpl_err find_orphans(struct zpl_slurm *slurm, struct zpl_diags *diags)
{
    char **names, folder[ZPL_PATH_MAX];
    size_t count;
    uint64_t now = (uint64_t)zpl_clock_wall_ns();
    enum zpl_err err = zpl_fs_list(slurm->spool, &slurm->arena, &names, &count, diags);
    if (err != ZPL_OK)
        return err;
    slurm->orphans = zpl_arena_array(&slurm->arena, count + 1, sizeof *slurm->orphans);
    if (!slurm->orphans)
        return zpl_diag_nomem(diags);
    for (size_t i = 0; i < count; i++) {
        char *end;
        uint64_t stamp = strtoull(names[i], &end, 10);
        struct zpl_spool_about about;
        if (end == names[i] || *end != '\0' || stamp == 0 || stamp > INT64_MAX ||
            zpl_lock_is_held(slurm->owners, stamp) ||
            zpl_path_join(folder, slurm->spool, names[i]) != ZPL_OK)
            continue;
        bool known = zpl_spool_read_about(folder, &about) == ZPL_OK && about.has_key;
        bool old = stamp + ZPL_SPOOL_KEEP_DAYS * UINT64_C(86400000000000) < now;
        if (known && !old && zpl_spool_wanted(folder)) {
            slurm->orphans[slurm->orphan_count++] = (struct zpl_slurm_orphan){
                .stamp = stamp, .key = about.key, .batch = about.batch, .index = about.index};
        } else if (zpl_lock_take(slurm->owners, stamp, false) == ZPL_OK) {
            zpl_fs_remove_tree(folder, NULL);
            zpl_lock_give(slurm->owners, stamp);
        }
    }
    return ZPL_OK;
}

/* Is there a Slurm that answers?  The first question, also about the jobs that were left. */
static enum zpl_err greet(struct zpl_slurm *slurm, struct zpl_diags *diags)
{
    const struct zpl_span nowhere = {0};
    struct zpl_diags quiet = {0};
    char words[200];
    enum zpl_err err = zpl_slurm_ask_now(slurm, words, sizeof words, &quiet);
    struct zpl_diag *diag;
    if (err == ZPL_ERR_NOT_FOUND) {
        diag = zpl_diag_add(diags, ZPL_CODE_STACK, nowhere,
                            "there is no Slurm on this machine: no squeue is on the PATH");
        zpl_diag_help(diags, diag,
                      "run zpl on a machine of the cluster from which jobs are submitted");
        err = ZPL_ERR_UNREACHABLE;
    } else if (err == ZPL_ERR_UNREACHABLE) {
        diag = zpl_diag_add(diags, ZPL_CODE_STACK, nowhere, "Slurm does not answer: %s", words);
        zpl_diag_help(diags, diag, "`squeue` should work here; then run again: nothing is lost");
    } else {
        zpl_diags_append(diags, &quiet);
    }
    zpl_diags_release(&quiet);
    return err;
}

enum zpl_err zpl_orchestrator_slurm(const struct zpl_stack_config *config,
                                    struct zpl_orchestrator *out, struct zpl_diags *diags)
{
    uint32_t slots = config->jobs > 0 ? config->jobs : ZPL_SLURM_JOBS;
    if (slots > ZPL_SLURM_JOBS_MAX)
        slots = ZPL_SLURM_JOBS_MAX;
    *out = (struct zpl_orchestrator){0};
    struct zpl_slurm *slurm = zpl_calloc(1, sizeof *slurm + slots * sizeof slurm->jobs[0]);
    if (!slurm)
        return zpl_diag_nomem(diags);
    slurm->slots = slots;
    slurm->owners = -1;
    slurm->options = (struct zpl_slurm_options){.partition = option(config, "partition"),
                                                .account = option(config, "account"),
                                                .time = option(config, "time")};
    enum zpl_err err = make_spool(slurm, config->home, diags);
    if (err == ZPL_OK)
        err = find_orphans(slurm, diags);
    if (err == ZPL_OK)
        err = greet(slurm, diags);
    if (err != ZPL_OK) {
        release(slurm);
        return err;
    }
    *out = (struct zpl_orchestrator){.self = slurm,
                                     .flavour = "slurm",
                                     .slots = slots,
                                     .elsewhere = true,
                                     .place = place,
                                     .place_remove = place_remove,
                                     .start = start,
                                     .wait = wait_event,
                                     .cancel = cancel,
                                     .release = release};
    return ZPL_OK;
}
