/* process.c - see process.h.   Floor: stdlib. */
#include "stdlib/body/process.h"
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stdlib/body/network.h"

static const struct zpl_span nowhere;

/* Its TMPDIR in scratch; no input or output has such a name. */
#define TMP ".tmp"

/* A program under way. */
struct child {
    const struct zpl_process *process;
    const char *program;
    char **environment; /* NULL-terminated */
    pid_t pid;
    int listener; /* of the connections it tries; -1: nobody listens */
    bool tried;   /* one was refused */
    int status;   /* of waitpid */
};

/* A small environment, the same on every machine but for what is passed on. */
static bool make_environment(struct child *c)
{
    static const char *const kept[] = {"PATH", "HOME", "USER"};
    const struct zpl_json *vars = zpl_json_get(c->process->body, "vars");
    const struct zpl_json *pass = zpl_json_get(c->process->body, "pass");
    struct zpl_arena *arena = c->process->context->arena;
    size_t count = 0, most = zpl_json_count(vars) + zpl_json_count(pass) + 8;
    char **out = zpl_arena_array(arena, most, sizeof *out);
    if (out == NULL)
        return false;
    for (size_t i = 0; i < zpl_json_count(vars); i++)
        out[count++] = zpl_arena_printf(arena, "%s=%s", zpl_json_key_at(vars, i),
                                        zpl_json_str(zpl_json_value_at(vars, i), ""));
    for (size_t i = 0; i < zpl_json_count(pass); i++) {
        const char *name = zpl_json_str(zpl_json_at(pass, i), ""), *value = getenv(name);
        if (value != NULL)
            out[count++] = zpl_arena_printf(arena, "%s=%s", name, value);
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (getenv(kept[i]) != NULL && zpl_json_get(vars, kept[i]) == NULL)
            out[count++] = zpl_arena_printf(arena, "%s=%s", kept[i], getenv(kept[i]));
    if (zpl_json_get(vars, "LC_ALL") == NULL)
        out[count++] = zpl_arena_strdup(arena, "LC_ALL=C.UTF-8");
    if (zpl_json_get(vars, "TZ") == NULL)
        out[count++] = zpl_arena_strdup(arena, "TZ=UTC");
    out[count++] = zpl_arena_printf(arena, "TMPDIR=%s/" TMP, c->process->context->task->scratch);
    c->environment = out;
    return !zpl_arena_failed(arena);
}

static bool make_tmp(struct zpl_context *context)
{
    const char *path = zpl_arena_printf(context->arena, "%s/" TMP, context->task->scratch);
    if (path == NULL)
        return zpl_diag_nomem(context->diags) == ZPL_OK;
    return zpl_fs_mkdirs(path, context->diags) == ZPL_OK;
}

/* ---- the process ---- */

/* Where the program is that the first word names: by its path, or on PATH; NULL: nowhere. */
static const char *find_program(const struct zpl_process *process)
{
    struct zpl_context *c = process->context;
    const char *name = process->words[0], *list = getenv("PATH");
    struct stat st;
    if (strchr(name, '/') != NULL)
        return name;
    for (const char *s = list != NULL ? list : "/usr/bin:/bin"; *name != '\0';) {
        size_t n = strcspn(s, ":");
        const char *path = zpl_arena_printf(c->arena, "%.*s/%s", (int)n, s, name);
        if (path != NULL && *path != '/') /* it is started in the project's folder */
            path = zpl_arena_printf(c->arena, "%s/%s", c->task->project, path);
        if (path != NULL && n > 0 && access(path, X_OK) == 0 && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode))
            return path;
        if (s[n] == '\0')
            break;
        s += n + 1;
    }
    return NULL;
}

/* Sets a process apart from the worker, into whose memory and environment it could look within the
 * confines that both share: one with confines of its own can't (Landlock's; these refuse what was
 * refused before, device nodes).  One of root's is left what opens files, not what rules machines. */
static void set_apart(void)
{
    const uint64_t device_nodes = 1u << 11;
    for (int capability = CAP_SETPCAP; capability < 64; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &device_nodes, sizeof device_nodes, 0);
    if (rules < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return;
    (void)syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

/* What the child of a fork does: makes only calls that such a one may make.  Tells the parent an
 * error of the system, unless it becomes the program. */
static _Noreturn void become(const struct child *c, bool network, int parent)
{
    sigset_t none;
    int error = 0, listener = -1;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* of the worker's death */
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(c->process->context->task->project) < 0)
        error = errno;
    set_apart();
    if (error == 0 && !network)
        listener = zpl_network_deny_told(&error);
    if (listener >= 0)
        (void)zpl_msg_send(parent, "", 0, &listener, 1);
    if (error == 0) {
        execve(c->program, c->process->words, c->environment);
        error = errno;
    }
    (void)zpl_msg_send(parent, &error, sizeof error, NULL, 0);
    _exit(127);
}

/* What the child says until it is the program: its listener, or why it can't be.  Returns the error. */
static int hear_start(int fd, struct child *c)
{
    struct zpl_buf message = {0};
    int error = 0, ends[1];
    size_t count = 1;
    while (zpl_msg_recv(fd, &message, ends, &count) == ZPL_OK) {
        if (count == 1)
            c->listener = ends[0];
        else if (message.len == sizeof error)
            memcpy(&error, message.data, sizeof error);
        count = 1;
    }
    zpl_buf_release(&message);
    return error;
}

/* Starts it in the project's folder; 0 or an error of the system. */
static int start(struct child *c)
{
    int pair[2];
    bool network = zpl_json_truth(zpl_json_get(c->process->body, "network"), false);
    c->program = find_program(c->process);
    if (c->program == NULL)
        return ENOENT;
    if (zpl_proc_cloexec_pair(pair) != ZPL_OK)
        return errno;
    c->pid = zpl_fault(ZPL_FAULT_FORK) ? -1 : fork();
    if (c->pid == 0) {
        close(pair[0]);
        become(c, network, pair[1]);
    }
    int error = c->pid < 0 ? errno : 0;
    close(pair[1]);
    if (error == 0)
        error = hear_start(pair[0], c);
    close(pair[0]);
    return error;
}

/* Refuses the connections that it tries, until it has ended. */
static void attend(struct child *c)
{
    int end = c->listener < 0 ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
    struct pollfd fds[2] = {{.fd = end, .events = POLLIN}, {.fd = c->listener, .events = POLLIN}};
    while (end >= 0 && (poll(fds, 2, -1) >= 0 || errno == EINTR)) {
        if (fds[1].revents & POLLIN)
            c->tried = zpl_network_refuse(c->listener) || c->tried;
        else if (fds[0].revents)
            break;
        else if (fds[1].revents & POLLHUP)
            fds[1].fd = -1; /* nobody is left to ask */
    }
    if (end >= 0)
        close(end);
    if (c->listener >= 0)
        close(c->listener);
}

/* How it failed, with what it may have failed by. */
static int tell_end(const struct child *c)
{
    char words[ZPL_EXIT_WORDS_SIZE];
    struct zpl_diags *diags = c->process->context->diags;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere, "'%s' ended with %s",
                     c->process->words[0], zpl_proc_exit_words(c->status, words));
    if (c->tried)
        zpl_diag_help(diags, diag,
                      "it tried to open a network connection: if it is meant to, declare "
                      "`network = true` in the step");
    return 1;
}

static int tell_no_start(const struct child *c, int error)
{
    struct zpl_diags *diags = c->process->context->diags;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere, "cannot start '%s': %s",
                     c->process->words[0], strerror(error));
    if (error == EACCES)
        zpl_diag_help(diags, diag,
                      "it has to be executable; a step may start programs of the system, of the "
                      "project, and of the folders in PATH and ZPL_TOOLS");
    return 1;
}

int zpl_process_run(const struct zpl_process *process)
{
    struct zpl_context *context = process->context;
    struct zpl_kernel_context *ctx = &context->base;
    struct child c = {.process = process, .listener = -1};
    if (!make_environment(&c))
        return zpl_diag_nomem(context->diags) != ZPL_OK;
    if (!make_tmp(context))
        return 1;
    int error = start(&c);
    if (error == 0)
        attend(&c);
    while (c.pid > 0 && waitpid(c.pid, &c.status, 0) < 0)
        if (errno != EINTR)
            return ctx->fail(ctx, "cannot wait for '%s': %s", process->words[0], strerror(errno));
    if (error != 0)
        return tell_no_start(&c, error);
    if (WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0)
        return 0;
    return tell_end(&c);
}
