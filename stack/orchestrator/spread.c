/* spread.c - see spread.h.   Floor: stack. */
#include "stack/orchestrator/spread.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/proc.h"

#define NAME_SIZE 256

extern char **environ;

/* ---- who is where ---- */

/* One group of "2(x3),1": so many workers on each of so many machines.  Where it ends, or NULL: it is none. */
static const char *read_group(const char *at, uint32_t *workers, uint32_t *machines)
{
    char *end;
    unsigned long number = strtoul(at, &end, 10), times = 1;
    bool good = end != at;
    if (good && strncmp(end, "(x", 2) == 0) {
        at = end + 2;
        times = strtoul(at, &end, 10);
        good = end != at && *end == ')';
        end += good;
    }
    if (!good || number > UINT32_MAX || times > UINT32_MAX || (*end != '\0' && *end != ','))
        return NULL;
    *workers = (uint32_t)number;
    *machines = (uint32_t)times;
    return *end == ',' ? end + 1 : end;
}

const uint32_t *zpl_spread_counts(uint32_t workers, size_t *count, struct zpl_arena *arena,
                                  struct zpl_diags *diags)
{
    const char *said = getenv("SLURM_TASKS_PER_NODE");
    uint32_t *counts = zpl_arena_array(arena, workers, sizeof *counts), left = workers;
    *count = 0;
    if (counts == NULL) {
        zpl_diag_nomem(diags);
        return NULL;
    }
    for (const char *at = said; at != NULL && *at != '\0' && left > 0;) {
        uint32_t each, machines;
        at = read_group(at, &each, &machines);
        for (uint32_t i = 0; at != NULL && each > 0 && i < machines && left > 0; i++) {
            counts[*count] = each < left ? each : left;
            left -= counts[(*count)++];
        }
    }
    if (said == NULL) {
        counts[(*count)++] = workers;
        left = 0;
    }
    if (left == 0)
        return counts;
    zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                 "%" PRIu32 " workers were asked for, and the job was given \"%s\"", workers, said);
    return NULL;
}

const char *zpl_spread_name(struct zpl_arena *arena)
{
    const char *said = getenv("SLURMD_NODENAME");
    char host[NAME_SIZE] = "";
    if (said == NULL && gethostname(host, sizeof host - 1) == 0)
        said = host;
    return zpl_arena_strdup(arena, said != NULL ? said : "");
}

const char *zpl_spread_starter(void)
{
    const char *address = getenv("SLURM_LAUNCH_NODE_IPADDR");
    return address != NULL ? address : "";
}

/* ---- starting ---- */

/* What the job was asked for and a part of it is not: the program has all that the job has on its machine. */
static bool is_of_whole_job(const char *variable)
{
    static const char *const names[] = {
        "SLURM_NTASKS",         "SLURM_NPROCS",        "SLURM_NTASKS_PER_NODE",
        "SLURM_TASKS_PER_NODE", "SLURM_CPUS_PER_TASK", "SLURM_MEM_PER_CPU",
        "SLURM_MEM_PER_NODE",   "SLURM_MEM_PER_GPU",   "SLURM_GPUS",
        "SLURM_GPUS_PER_TASK",  "SLURM_GPUS_PER_NODE", "SLURM_TRES_PER_TASK",
        "SLURM_NNODES",         "SLURM_JOB_NUM_NODES", "SLURM_DISTRIBUTION",
        "SLURM_CPU_BIND",       "SLURM_LABELIO",       "SLURM_UNBUFFEREDIO",
        "SLURM_STDINMODE",      "SLURM_STDOUTMODE",    "SLURM_STDERRMODE",
        "SLURM_STEP_GRES",      "SLURM_EXACT",         "SLURM_OVERLAP"};
    size_t n = strcspn(variable, "=");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], n) == 0 && names[i][n] == '\0')
            return true;
    return false;
}

static char **environment(struct zpl_arena *arena)
{
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **out = zpl_arena_array(arena, count + 1, sizeof *out);
    for (size_t i = 0, kept = 0; out != NULL && i < count; i++)
        if (!is_of_whole_job(environ[i]))
            out[kept++] = environ[i];
    return out;
}

/* The number of a machine in such a list; 0: it is not there. */
static uint32_t number_of(const char *list, size_t machine)
{
    uint32_t number, machines;
    for (const char *at = list; at != NULL && *at != '\0'; machine -= machines) {
        at = read_group(at, &number, &machines);
        if (at == NULL || machine < machines)
            return at != NULL ? number : 0;
    }
    return 0;
}

/* srun, then the program: it has all cores that the job has on that machine, and shares with what else of it is there. */
static const char **start_words(size_t machine, const char *const *words, struct zpl_arena *arena)
{
    size_t count = 0, at = 0;
    while (words[count] != NULL)
        count++;
    uint32_t cores = number_of(getenv("SLURM_JOB_CPUS_PER_NODE"), machine);
    const char *const before[] = {
        "srun",
        zpl_arena_printf(arena, "--relative=%zu", machine),
        "--nodes=1",
        "--ntasks=1",
        zpl_arena_printf(arena, "--cpus-per-task=%" PRIu32, cores > 0 ? cores : 1),
        "--mem=0",
        "--overlap",
        "--mpi=none",
        "--quiet"};
    const char **out =
        zpl_arena_array(arena, sizeof before / sizeof *before + count + 1, sizeof *out);
    for (size_t i = 0; out != NULL && i < sizeof before / sizeof *before; i++)
        out[at++] = before[i];
    for (size_t i = 0; out != NULL && i < count; i++)
        out[at++] = words[i];
    return zpl_arena_failed(arena) ? NULL : out;
}

/* With this end of the stream as standard input and output; an errno or 0. */
static int spawn(const char *const *words, char *const *variables, int end)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        error = posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO);
        if (error == 0 && zpl_fault(ZPL_FAULT_FORK))
            error = errno;
        if (error == 0)
            error = posix_spawnp(&pid, words[0], &actions, &attributes,
                                 (char *const *)(uintptr_t)words, variables);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

enum zpl_err zpl_spread_start(size_t machine, const char *const *words, struct zpl_arena *arena,
                              int *stream, struct zpl_diags *diags)
{
    int pair[2];
    const char **all = start_words(machine, words, arena);
    char **variables = environment(arena);
    *stream = -1;
    if (all == NULL || variables == NULL)
        return zpl_diag_nomem(diags);
    if (zpl_proc_cloexec_pair(pair) != ZPL_OK)
        return zpl_diag_system(diags, "make a socket for", all[0], errno);
    int error = spawn(all, variables, pair[1]);
    close(pair[1]);
    if (error != 0) {
        close(pair[0]);
        return zpl_diag_system(diags, "run", all[0], error);
    }
    *stream = pair[0];
    return ZPL_OK;
}
