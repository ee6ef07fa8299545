#include "stack/orchestrator/slurm_talk.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"

#define NAME_PREFIX "zpl-"
#define WORDS_MAX   24 /* of a command line, without its tasks */
#define ROW_MAX     1024
/* What a job takes beside the memory that its step may use: the processes that look after it. */
#define OVERHEAD_MIB 64
#define MS_PER_MIN   60000

const char zpl_slurm_script[] = "#!/bin/sh\n"
                                "# The arguments: zpl, then the folder of each task of the array.\n"
                                "zpl=$1\n"
                                "shift \"$((${SLURM_ARRAY_TASK_ID:-0} + 1))\"\n"
                                "cd \"$1\" || exit 66\n"
                                "exec \"$zpl\" worker \"$1\" >output 2>&1\n";

enum zpl_slurm_state zpl_slurm_state_of(const char *word)
{
    static const struct {
        const char *word;
        enum zpl_slurm_state state;
    } STATES[] = {{"PENDING", ZPL_SLURM_WAITS},         {"CONFIGURING", ZPL_SLURM_WAITS},
                  {"REQUEUED", ZPL_SLURM_WAITS},        {"REQUEUE_HOLD", ZPL_SLURM_WAITS},
                  {"REQUEUE_FED", ZPL_SLURM_WAITS},     {"SPECIAL_EXIT", ZPL_SLURM_WAITS},
                  {"COMPLETED", ZPL_SLURM_COMPLETED},   {"FAILED", ZPL_SLURM_FAILED},
                  {"CANCELLED", ZPL_SLURM_CANCELLED},   {"REVOKED", ZPL_SLURM_CANCELLED},
                  {"TIMEOUT", ZPL_SLURM_TIMEOUT},       {"DEADLINE", ZPL_SLURM_TIMEOUT},
                  {"OUT_OF_MEMORY", ZPL_SLURM_MEMORY},  {"NODE_FAIL", ZPL_SLURM_NODE_FAILED},
                  {"BOOT_FAIL", ZPL_SLURM_NODE_FAILED}, {"PREEMPTED", ZPL_SLURM_PREEMPTED}};
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++)
        if (strcmp(STATES[i].word, word) == 0)
            return STATES[i].state;
    return ZPL_SLURM_RUNS;
}

bool zpl_slurm_state_is_end(enum zpl_slurm_state state)
{
    return state > ZPL_SLURM_RUNS;
}

bool zpl_slurm_is_hopeless(const char *reason)
{
    static const char *const REASONS[] = {"BadConstraints",     "InvalidAccount",
                                          "InvalidQOS",         "PartitionConfig",
                                          "PartitionNodeLimit", "PartitionTimeLimit"};
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++)
        if (strcmp(REASONS[i], reason) == 0)
            return true;
    return false;
}

/* A command line that grows; `count` words so far. */
struct line {
    struct zpl_arena *arena;
    const char **words;
    size_t count;
};

static void start_line(struct line *line, struct zpl_arena *arena, size_t more, const char *program)
{
    line->arena = arena;
    line->words = zpl_arena_array(arena, WORDS_MAX + more + 1, sizeof *line->words);
    line->count = 0;
    if (line->words)
        line->words[line->count++] = program;
}

static void add(struct line *line, const char *word)
{
    if (line->words)
        line->words[line->count++] = word;
}

/* The finished line, or NULL when memory ran out on the way. */
static const char *const *end_line(struct line *line)
{
    add(line, NULL);
    return zpl_arena_failed(line->arena) ? NULL : line->words;
}

/* What each worker of a task needs.  Slurm counts memory by node unless it is said of a core, which
 * only a gang has to. */
static void add_needs(struct line *line, const struct zpl_task_needs *needs)
{
    struct zpl_arena *arena = line->arena;
    unsigned long cores = needs->cpu > 1 ? (unsigned long)needs->cpu : 1;
    uint64_t mib = ((needs->memory_bytes + (1u << 20) - 1) >> 20) + OVERHEAD_MIB;
    bool gang = needs->workers > 1;
    if ((double)cores < needs->cpu)
        cores++;
    if (!gang)
        add(line, "--nodes=1");
    add(line, zpl_arena_printf(arena, "--ntasks=%" PRIu32, gang ? needs->workers : 1));
    add(line, zpl_arena_printf(arena, "--cpus-per-task=%lu", cores));
    if (needs->memory_bytes > 0 && gang)
        add(line, zpl_arena_printf(arena, "--mem-per-cpu=%" PRIu64 "M", (mib + cores - 1) / cores));
    else if (needs->memory_bytes > 0)
        add(line, zpl_arena_printf(arena, "--mem=%" PRIu64 "M", mib));
    if (needs->gpus > 0)
        add(line, zpl_arena_printf(arena, gang ? "--gpus-per-task=%" PRIu32 : "--gres=gpu:%" PRIu32,
                                   needs->gpus));
    if (needs->timeout_ms > 0) /* the worker holds it to the millisecond; this is for the queue */
        add(line, zpl_arena_printf(arena, "--time=%" PRIu64, needs->timeout_ms / MS_PER_MIN + 2));
}

/* A time as Slurm reads it: a duration in zpl's words becomes minutes, anything else stays. */
static const char *time_of(const char *text, struct zpl_arena *arena)
{
    uint64_t ms;
    if (!zpl_text_duration(text, &ms))
        return text;
    return zpl_arena_printf(arena, "%" PRIu64, (ms + MS_PER_MIN - 1) / MS_PER_MIN);
}

const char *const *zpl_slurm_submit(const struct zpl_slurm_batch *batch,
                                    const struct zpl_slurm_options *options,
                                    struct zpl_arena *arena)
{
    struct line line;
    start_line(&line, arena, batch->count, "sbatch");
    add(&line, "--parsable");
    add(&line,
        "--no-requeue"); /* what is lost is begun again by the driver, in a folder of its own */
    add(&line, "--output=/dev/null");
    add(&line, zpl_arena_printf(arena, "--job-name=" NAME_PREFIX "%" PRIu64, batch->number));
    add_needs(&line, &batch->needs);
    if (batch->needs.timeout_ms == 0 && options->time)
        add(&line, zpl_arena_printf(arena, "--time=%s", time_of(options->time, arena)));
    if (options->partition)
        add(&line, zpl_arena_printf(arena, "--partition=%s", options->partition));
    if (options->account)
        add(&line, zpl_arena_printf(arena, "--account=%s", options->account));
    if (batch->count > 1)
        add(&line, zpl_arena_printf(arena, "--array=0-%zu", batch->count - 1));
    add(&line, batch->script);
    add(&line, batch->program);
    for (size_t i = 0; i < batch->count; i++)
        add(&line, batch->folders[i]);
    return end_line(&line);
}

const char *const *zpl_slurm_ask(const uint64_t *batches, size_t count, struct zpl_arena *arena)
{
    struct line line;
    struct zpl_buf names = {0};
    start_line(&line, arena, 0, "squeue");
    add(&line, "--noheader");
    add(&line, "--array"); /* a line a task */
    add(&line, "--states=all");
    add(&line, "--format=%j|%F|%K|%T|%N|%r");
    zpl_buf_puts(&names, "--name=" NAME_PREFIX); /* with no batch: that of none */
    for (size_t i = 0; i < count; i++)
        zpl_buf_printf(&names, "%s%" PRIu64, i > 0 ? "," NAME_PREFIX : "", batches[i]);
    bool whole = zpl_buf_error(&names) == ZPL_OK;
    add(&line, whole ? zpl_arena_strdup(arena, names.data) : NULL);
    zpl_buf_release(&names);
    return whole ? end_line(&line) : NULL;
}

const char *const *zpl_slurm_cancel(const char *const *ids, size_t count, struct zpl_arena *arena)
{
    struct line line;
    start_line(&line, arena, count, "scancel");
    add(&line, "--quiet");
    for (size_t i = 0; i < count; i++)
        add(&line, ids[i]);
    return end_line(&line);
}

bool zpl_slurm_read_row(const char *text, size_t len, struct zpl_slurm_row *row)
{
    char line[ROW_MAX], *parts[6], *at = line;
    if (len >= sizeof line)
        return false;
    memcpy(line, text, len);
    line[len] = '\0';
    for (int i = 0; i < 6; i++)
        if (!(parts[i] = strsep(&at, "|")))
            return false;
    char *end;
    if (strncmp(parts[0], NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
        return false;
    row->batch = strtoull(parts[0] + strlen(NAME_PREFIX), &end, 10);
    if (*end != '\0')
        return false;
    unsigned long index = strtoul(parts[2], &end, 10);
    bool of_array = end != parts[2] && *end == '\0'; /* else "N/A" */
    row->index = of_array ? (uint32_t)index : 0;
    if (of_array)
        snprintf(row->id, sizeof row->id, "%.20s_%lu", parts[1], index % 1000000);
    else
        snprintf(row->id, sizeof row->id, "%.30s", parts[1]);
    snprintf(row->node, sizeof row->node, "%.63s", parts[4]);
    snprintf(row->reason, sizeof row->reason, "%.63s", parts[5]);
    row->state = zpl_slurm_state_of(parts[3]);
    return true;
}
