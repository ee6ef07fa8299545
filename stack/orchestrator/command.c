#include "stack/orchestrator/command.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"

#define CHUNK    4096
#define PAUSE_MS 50 /* between two looks at a program that has closed its outputs */

extern char **environ;

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Spawns with these ends of the pipes as its outputs; an errno or 0. */
static int spawn(pid_t *pid, const char *const argv[], int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    if (error == 0 && zpl_fault(ZPL_FAULT_FORK))
        error = errno;
    if (error == 0)
        error = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv,
                             environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

enum zpl_err zpl_command_start(struct zpl_command_run *run, const char *const argv[], int limit_ms,
                               struct zpl_diags *diags)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    *run = (struct zpl_command_run){.ends = {-1, -1}};
    run->out.cap = run->err.cap = ZPL_COMMAND_TEXT_MAX;
    int error = zpl_fault(ZPL_FAULT_OPEN) || pipe2(out, O_CLOEXEC) < 0 ||
                        pipe2(err, O_CLOEXEC) < 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) < 0 ||
                        fcntl(err[0], F_SETFL, O_NONBLOCK) < 0
                    ? errno
                    : spawn(&run->pid, argv, out[1], err[1]);
    drop(&out[1]);
    drop(&err[1]);
    if (error != 0) {
        drop(&out[0]);
        drop(&err[0]);
        return zpl_diag_system(diags, "run", argv[0], error);
    }
    run->running = true;
    run->ends[0] = out[0];
    run->ends[1] = err[0];
    run->began_ns = zpl_clock_monotonic_ns();
    run->deadline_ns = run->began_ns + limit_ms * ZPL_NS_PER_MS;
    return ZPL_OK;
}

/* What the pipe has; what is over the cap is read and forgotten. */
static void take(int *fd, struct zpl_buf *text)
{
    char chunk[CHUNK];
    ssize_t n = 1;
    while (*fd >= 0 && n > 0) {
        n = read(*fd, chunk, sizeof chunk);
        if (n > 0)
            zpl_buf_add(text, chunk, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            drop(fd);
    }
}

bool zpl_command_poll(struct zpl_command_run *run)
{
    if (!run->running)
        return false;
    take(&run->ends[0], &run->out);
    take(&run->ends[1], &run->err);
    pid_t ended = waitpid(run->pid, &run->status, WNOHANG);
    if (ended == 0 && zpl_clock_monotonic_ns() >= run->deadline_ns) {
        run->late = true;
        kill(-run->pid, SIGKILL);
        ended = waitpid(run->pid, &run->status, 0);
    }
    if (ended == 0)
        return false;
    take(&run->ends[0], &run->out); /* it may have said more before it ended */
    take(&run->ends[1], &run->err);
    drop(&run->ends[0]);
    drop(&run->ends[1]);
    run->running = false;
    return true;
}

size_t zpl_command_fds(const struct zpl_command_run *run, struct pollfd *fds)
{
    size_t count = 0;
    for (int i = 0; i < 2 && run->running; i++)
        if (run->ends[i] >= 0)
            fds[count++] = (struct pollfd){.fd = run->ends[i], .events = POLLIN};
    return count;
}

void zpl_command_finish(struct zpl_command_run *run)
{
    struct pollfd fds[2];
    while (run->running && !zpl_command_poll(run))
        poll(fds, zpl_command_fds(run, fds), PAUSE_MS);
}

bool zpl_command_worked(const struct zpl_command_run *run)
{
    return !run->late && WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0;
}

void zpl_command_words(const struct zpl_command_run *run, char *out, size_t size)
{
    const char *text = zpl_buf_str(&run->err);
    size_t end = strlen(text);
    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == ' '))
        end--;
    size_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    char words[ZPL_EXIT_WORDS_SIZE];
    if (run->late)
        snprintf(out, size, "it did not end in time");
    else if (end > begin)
        snprintf(out, size, "%.*s", (int)(end - begin), text + begin);
    else
        snprintf(out, size, "%s", zpl_proc_exit_words(run->status, words));
}

void zpl_command_release(struct zpl_command_run *run)
{
    if (run->running) {
        drop(&run->ends[0]);
        drop(&run->ends[1]);
    }
    zpl_buf_release(&run->out);
    zpl_buf_release(&run->err);
    *run = (struct zpl_command_run){.ends = {-1, -1}};
}
