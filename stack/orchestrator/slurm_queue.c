/* slurm_queue.c - submitting, asking and cancelling, each without waiting.   Floor: stack. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/orchestrator/slurm.h"

#define LOOK_NS     (ZPL_SLURM_LOOK_MS * ZPL_NS_PER_MS)
#define RETRY_NS    (500 * ZPL_NS_PER_MS) /* before a batch is submitted again; doubled each time */
#define DOUBLED_MAX 5
#define REFUSED_MAX 2  /* times that sbatch says no while squeue answers */
#define REST        10 /* squeue is asked for a tenth of the time at most */

/* ---- is anybody there? ----------------------------------------------------------------------- */

static void heard(struct zpl_slurm *slurm)
{
    slurm->silent_since_ns = 0;
    slurm->outage_told = false;
}

/* A command failed: nobody may be there. */
static void unheard(struct zpl_slurm *slurm, const struct zpl_command_run *command)
{
    if (slurm->silent_since_ns == 0)
        slurm->silent_since_ns = command->began_ns;
    zpl_command_words(command, slurm->trouble, sizeof slurm->trouble);
}

/* Tells those that wait for the controller that they do; after a long time they fail. */
static void mind_outage(struct zpl_slurm *slurm, int64_t now)
{
    int64_t silent = slurm->silent_since_ns == 0 ? 0 : now - slurm->silent_since_ns;
    bool tell = silent > ZPL_SLURM_WORDS_MS * ZPL_NS_PER_MS && !slurm->outage_told;
    bool fail = silent > ZPL_SLURM_OUTAGE_MS * ZPL_NS_PER_MS;
    for (uint32_t i = 0; (tell || fail) && i < slurm->slots; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        bool queued = job->phase == ZPL_SLURM_QUEUED || job->phase == ZPL_SLURM_UNSURE;
        if (fail && queued)
            zpl_slurm_job_refuse(job, "the controller of Slurm does not answer");
        else if (tell && (queued || job->phase == ZPL_SLURM_SENDING) && job->words[0] == '\0')
            snprintf(
                job->words, sizeof job->words,
                "slurm: no answer of the controller for %d s (%s); this step waits for it, what "
                "runs goes on\n",
                (int)(silent / 1000 / ZPL_NS_PER_MS), slurm->trouble);
    }
    slurm->outage_told = slurm->outage_told || tell;
}

/* Starts a command; one that can't be started has failed. */
static bool begin(struct zpl_slurm *slurm, struct zpl_command_run *command, const char *const *argv,
                  struct zpl_diags *diags)
{
    struct zpl_diags quiet = {0};
    zpl_command_release(command);
    bool began = argv && zpl_command_start(command, argv, ZPL_SLURM_COMMAND_MS,
                                           diags ? diags : &quiet) == ZPL_OK;
    if (!began) {
        if (slurm->silent_since_ns == 0)
            slurm->silent_since_ns = zpl_clock_monotonic_ns();
        snprintf(slurm->trouble, sizeof slurm->trouble, "a command could not be started");
    }
    zpl_diags_release(&quiet);
    return began;
}

/* ---- sbatch ---------------------------------------------------------------------------------- */

static bool same_needs(const struct zpl_task_needs *a, const struct zpl_task_needs *b)
{
    return a->cpu == b->cpu && a->memory_bytes == b->memory_bytes &&
           a->timeout_ms == b->timeout_ms && a->gpus == b->gpus && a->workers == b->workers &&
           a->together == b->together;
}

/* Whether Slurm has it is not known: it is looked for before it is sent again. */
static void set_unsure(struct zpl_slurm_job *job, int64_t now)
{
    job->phase = ZPL_SLURM_UNSURE;
    job->sent_ns = now;
}

/* Puts the job into the batch; false when its folder does not take a note of that. */
static bool enlist(struct zpl_slurm_job *job, uint64_t number, size_t index)
{
    struct zpl_diags quiet = {0};
    job->about.batch = number;
    job->about.index = (uint32_t)index;
    bool noted = zpl_spool_write_about(job->folder, &job->about, &quiet) == ZPL_OK;
    if (!noted)
        zpl_slurm_job_refuse(job, quiet.count > 0 ? quiet.items[0]->message : "no memory");
    zpl_diags_release(&quiet);
    return noted;
}

/* Sends what is queued and needs the same, as one batch. */
static void submit(struct zpl_slurm *slurm, int64_t now)
{
    struct zpl_slurm_job *members[ZPL_SLURM_ARRAY_MAX];
    const char *folders[ZPL_SLURM_ARRAY_MAX];
    struct zpl_slurm_batch batch = {
        .script = slurm->script, .program = slurm->program, .folders = folders};
    struct zpl_arena arena = {0};
    for (uint32_t i = 0; i < slurm->slots && batch.count < ZPL_SLURM_ARRAY_MAX; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        if (job->phase != ZPL_SLURM_QUEUED || job->answered || job->retry_ns > now ||
            (batch.count > 0 && !same_needs(&job->needs, &batch.needs)))
            continue;
        if (batch.count == 0) {
            batch.number = (uint64_t)zpl_clock_wall_ns();
            batch.needs = job->needs;
        }
        if (!enlist(job, batch.number, batch.count))
            continue;
        folders[batch.count] = job->folder;
        members[batch.count++] = job;
    }
    if (batch.count == 0)
        return;
    bool began =
        begin(slurm, &slurm->send, zpl_slurm_submit(&batch, &slurm->options, &arena), NULL);
    slurm->sent_count = batch.count;
    for (size_t i = 0; i < batch.count; i++)
        if (began)
            members[i]->phase = ZPL_SLURM_SENDING;
        else
            set_unsure(members[i], now);
    zpl_arena_release(&arena);
}

/* sbatch has ended: it says the number of the job, or why there is none. */
static void submitted(struct zpl_slurm *slurm, int64_t now)
{
    unsigned long number = 0;
    bool worked = zpl_command_worked(&slurm->send) &&
                  sscanf(zpl_buf_str(&slurm->send.out), "%lu", &number) == 1;
    for (uint32_t i = 0; i < slurm->slots; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        if (job->phase != ZPL_SLURM_SENDING)
            continue;
        if (!worked) {
            set_unsure(job, now);
            continue;
        }
        job->phase = ZPL_SLURM_SENT;
        job->sent_ns = now;
        if (slurm->sent_count > 1)
            snprintf(job->id, sizeof job->id, "%lu_%u", number, job->about.index);
        else
            snprintf(job->id, sizeof job->id, "%lu", number);
        if (job->cancelled)
            zpl_slurm_give_up(slurm, job);
    }
    if (worked) {
        heard(slurm);
    } else {
        unheard(slurm, &slurm->send);
        slurm->ask_due_ns = 0;
    }
}

/* ---- squeue ---------------------------------------------------------------------------------- */

static bool is_asked_about(const struct zpl_slurm_job *job)
{
    return (job->phase == ZPL_SLURM_SENT || job->phase == ZPL_SLURM_UNSURE) &&
           job->about.batch != 0 && job->over_ns == 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The batches to ask about, each once: their names are one argument of squeue.  0: none. */
static size_t batches_of(const struct zpl_slurm *slurm, uint64_t *batches, bool orphans)
{
    size_t count = 0;
    for (uint32_t i = 0; i < slurm->slots; i++)
        if (is_asked_about(&slurm->jobs[i]))
            batches[count++] = slurm->jobs[i].about.batch;
    for (size_t i = 0; orphans && i < slurm->orphan_count; i++)
        batches[count++] = slurm->orphans[i].batch;
    qsort(batches, count, sizeof *batches, by_number);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || batches[kept - 1] != batches[i])
            batches[kept++] = batches[i];
    return kept;
}

static bool ask(struct zpl_slurm *slurm, bool orphans, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    uint64_t *batches =
        zpl_arena_array(&arena, slurm->slots + slurm->orphan_count + 1, sizeof *batches);
    size_t count = batches ? batches_of(slurm, batches, orphans) : 0;
    bool wanted = count > 0 || orphans || slurm->silent_since_ns != 0;
    bool began = batches && wanted &&
                 begin(slurm, &slurm->ask, zpl_slurm_ask(batches, count, &arena), diags);
    zpl_arena_release(&arena);
    return began;
}

static void take_row(struct zpl_slurm *slurm, const struct zpl_slurm_row *row)
{
    for (size_t i = 0; i < slurm->orphan_count; i++)
        if (slurm->orphans[i].batch == row->batch && slurm->orphans[i].index == row->index) {
            slurm->orphans[i].queued = true;
            slurm->orphans[i].row = *row;
        }
    for (uint32_t i = 0; i < slurm->slots; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        if (!is_asked_about(job) || job->about.batch != row->batch ||
            job->about.index != row->index)
            continue;
        bool unknown = job->id[0] == '\0';
        zpl_slurm_job_see(job, row, slurm->answers);
        bool refused = job->answered && job->last.kind == ZPL_EVENT_REFUSED;
        if ((unknown && job->cancelled) || refused)
            zpl_slurm_give_up(slurm, job);
    }
}

/* Slurm answers and does not have it. */
static void absent(struct zpl_slurm *slurm, struct zpl_slurm_job *job, int64_t now)
{
    if (job->phase == ZPL_SLURM_SENT) {
        zpl_slurm_job_miss(job);
    } else if (++job->refused >= REFUSED_MAX) {
        const char *words = strstr(slurm->trouble, "error: ");
        zpl_slurm_job_refuse(job, words ? words + strlen("error: ") : slurm->trouble);
    } else {
        job->phase = ZPL_SLURM_QUEUED;
        uint32_t doubled = job->refused < DOUBLED_MAX ? job->refused : DOUBLED_MAX;
        job->retry_ns = now + (RETRY_NS << doubled);
    }
}

/* squeue has ended. */
static void answered(struct zpl_slurm *slurm, int64_t now)
{
    int64_t took = now - slurm->ask.began_ns;
    slurm->ask_due_ns = now + LOOK_NS;
    if (!zpl_command_worked(&slurm->ask) || zpl_buf_error(&slurm->ask.out) != ZPL_OK) {
        unheard(slurm, &slurm->ask);
        return;
    }
    if (took * REST > LOOK_NS)
        slurm->ask_due_ns = now + took * REST;
    heard(slurm);
    slurm->answers++;
    const char *line = zpl_buf_str(&slurm->ask.out), *end;
    struct zpl_slurm_row row;
    for (; (end = strchr(line, '\n')); line = end + 1)
        if (zpl_slurm_read_row(line, (size_t)(end - line), &row))
            take_row(slurm, &row);
    for (uint32_t i = 0; i < slurm->slots; i++) {
        struct zpl_slurm_job *job = &slurm->jobs[i];
        if (is_asked_about(job) && job->seen != slurm->answers &&
            job->sent_ns < slurm->ask.began_ns)
            absent(slurm, job, now);
    }
}

enum zpl_err zpl_slurm_ask_now(struct zpl_slurm *slurm, char *words, size_t size,
                               struct zpl_diags *diags)
{
    errno = 0;
    if (!ask(slurm, true, diags)) {
        if (diags->count == 0)
            return zpl_diag_nomem(diags);
        return errno == ENOENT ? ZPL_ERR_NOT_FOUND : ZPL_ERR_IO;
    }
    zpl_command_finish(&slurm->ask);
    answered(slurm, zpl_clock_monotonic_ns());
    if (slurm->silent_since_ns == 0)
        return ZPL_OK;
    snprintf(words, size, "%s", slurm->trouble);
    return ZPL_ERR_UNREACHABLE;
}

/* ---- scancel --------------------------------------------------------------------------------- */

void zpl_slurm_give_up(struct zpl_slurm *slurm, const struct zpl_slurm_job *job)
{
    if (job->id[0] != '\0')
        zpl_buf_add(&slurm->cancels, job->id, strlen(job->id) + 1);
}

/* Without it the jobs end all the same: they see that their tasks are not wanted. */
static void cancel_all(struct zpl_slurm *slurm)
{
    const char *ids[ZPL_SLURM_JOBS_MAX];
    struct zpl_arena arena = {0};
    size_t count = 0;
    const char *at = zpl_buf_str(&slurm->cancels), *end = at + slurm->cancels.len;
    for (; at < end && count < ZPL_SLURM_JOBS_MAX; at += strlen(at) + 1)
        ids[count++] = at;
    begin(slurm, &slurm->stop, zpl_slurm_cancel(ids, count, &arena), NULL);
    zpl_buf_clear(&slurm->cancels);
    zpl_arena_release(&arena);
}

bool zpl_slurm_is_cancelling(const struct zpl_slurm *slurm)
{
    return slurm->cancels.len > 0 || slurm->stop.running;
}

/* ---- all of it ------------------------------------------------------------------------------- */

void zpl_slurm_talk(struct zpl_slurm *slurm)
{
    int64_t now = zpl_clock_monotonic_ns();
    if (zpl_command_poll(&slurm->send))
        submitted(slurm, now);
    if (zpl_command_poll(&slurm->ask))
        answered(slurm, now);
    zpl_command_poll(&slurm->stop);
    if (!slurm->send.running)
        submit(slurm, now);
    if (!slurm->ask.running && now >= slurm->ask_due_ns && !ask(slurm, false, NULL))
        slurm->ask_due_ns = now + LOOK_NS;
    if (!slurm->stop.running && slurm->cancels.len > 0)
        cancel_all(slurm);
    mind_outage(slurm, now);
}

size_t zpl_slurm_fds(const struct zpl_slurm *slurm, struct pollfd *fds)
{
    size_t count = zpl_command_fds(&slurm->send, fds);
    count += zpl_command_fds(&slurm->ask, fds + count);
    return count + zpl_command_fds(&slurm->stop, fds + count);
}
