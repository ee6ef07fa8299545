/* process.c - see process.h.   Floor: stdlib. */
#include "stdlib/body/process.h"
#include <errno.h>
#include <fcntl.h>
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

#define GPUS "CUDA_VISIBLE_DEVICES"

static const struct zpl_span nowhere;

/* A program under way. */
struct child {
    struct zpl_process *process;
    const char *program;
    char **environment; /* NULL-terminated */
    pid_t pid;
    int listener; /* of the connections it tries; -1: nobody listens */
    int talk[2];  /* what it talks by: ours, its own; -1: nothing */
};

/* ---- its environment ---- */

/* Is the variable among those of the list? */
static bool is_fixed(const char *const *list, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (strncmp(list[i], name, n) == 0 && list[i][n] == '=')
            return true;
    return false;
}

static size_t list_length(const char *const *list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

/* Is the variable of "NAME=VALUE" in the list? */
static bool is_set(const struct zpl_json *vars, const char *variable, struct zpl_arena *arena)
{
    const char *name = zpl_arena_strndup(arena, variable, strcspn(variable, "="));
    return name != NULL && zpl_json_get(vars, name) != NULL;
}

/* A small one, the same on every machine but for what is passed on. */
static bool make_environment(struct child *c)
{
    static const char *const kept[] = {"PATH", "HOME", "USER"};
    static const char *const always[] = {"LC_ALL=C.UTF-8", "TZ=UTC", NULL};
    const struct zpl_process *p = c->process;
    const char *const *const defaults[] = {always, p->defaults};
    const struct zpl_json *vars = zpl_json_get(p->body, "vars");
    const struct zpl_json *pass = zpl_json_get(p->body, "pass");
    size_t count = 0, most = zpl_json_count(vars) + zpl_json_count(pass) + 9 +
                             list_length(p->defaults) + list_length(p->fixed);
    char **out = zpl_arena_array(p->arena, most, sizeof *out);
    if (out == NULL)
        return false;
    for (size_t i = 0; p->fixed != NULL && p->fixed[i] != NULL; i++)
        out[count++] = zpl_arena_strdup(p->arena, p->fixed[i]);
    for (size_t i = 0; i < zpl_json_count(vars); i++)
        if (!is_fixed(p->fixed, zpl_json_key_at(vars, i)))
            out[count++] = zpl_arena_printf(p->arena, "%s=%s", zpl_json_key_at(vars, i),
                                            zpl_json_str(zpl_json_value_at(vars, i), ""));
    for (size_t i = 0; i < zpl_json_count(pass); i++) {
        const char *name = zpl_json_str(zpl_json_at(pass, i), ""), *value = getenv(name);
        bool given = is_fixed(p->fixed, name) || (p->gpus != NULL && strcmp(name, GPUS) == 0);
        if (value != NULL && !given)
            out[count++] = zpl_arena_printf(p->arena, "%s=%s", name, value);
    }
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (getenv(kept[i]) != NULL && zpl_json_get(vars, kept[i]) == NULL)
            out[count++] = zpl_arena_printf(p->arena, "%s=%s", kept[i], getenv(kept[i]));
    for (size_t list = 0; list < sizeof defaults / sizeof *defaults; list++)
        for (size_t i = 0; defaults[list] != NULL && defaults[list][i] != NULL; i++)
            if (!is_set(vars, defaults[list][i], p->arena))
                out[count++] = zpl_arena_strdup(p->arena, defaults[list][i]);
    if (p->gpus != NULL && zpl_json_get(vars, GPUS) == NULL)
        out[count++] = zpl_arena_printf(p->arena, GPUS "=%s", p->gpus);
    if (p->tmp != NULL)
        out[count++] = zpl_arena_printf(p->arena, "TMPDIR=%s", p->tmp);
    if (c->talk[1] >= 0)
        out[count++] = zpl_arena_printf(p->arena, ZPL_PROCESS_TALK "=%d", c->talk[1]);
    c->environment = out;
    return !zpl_arena_failed(p->arena);
}

/* ---- its start ---- */

const char *zpl_process_find(const char *name, const char *folder, struct zpl_arena *arena)
{
    const char *list = getenv("PATH");
    struct stat st;
    if (strchr(name, '/') != NULL)
        return name;
    for (const char *s = list != NULL ? list : "/usr/bin:/bin"; *name != '\0';) {
        size_t n = strcspn(s, ":");
        const char *path = zpl_arena_printf(arena, "%.*s/%s", (int)n, s, name);
        if (path != NULL && *path != '/')
            path = zpl_arena_printf(arena, "%s/%s", folder, path);
        if (path != NULL && n > 0 && access(path, X_OK) == 0 && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode))
            return path;
        if (s[n] == '\0')
            break;
        s += n + 1;
    }
    return NULL;
}

/* The numbers of Landlock, the kernel's interface. */
#define MAKE_BLOCK (1ull << 11)
#define REFER                                                                                      \
    (1ull << 13) /* names moved between folders; refused by rules that do not speak of it */
#define BENEATH 1
struct rule {
    uint64_t rights;
    int32_t parent;
} __attribute__((packed));

/* Rules that refuse what was refused before, device nodes, and nothing else: -1, there are none to be made. */
static int make_rules(void)
{
    uint64_t rights = MAKE_BLOCK | REFER;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
    if (rules < 0) { /* version 1: names stay in their folders */
        rights = MAKE_BLOCK;
        return (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
    }
    struct rule rule = {.rights = REFER, .parent = open("/", O_PATH | O_CLOEXEC)};
    if (rule.parent >= 0) {
        (void)syscall(SYS_landlock_add_rule, rules, BENEATH, &rule, 0);
        close(rule.parent);
    }
    return rules;
}

/* Sets a process apart from the worker, into whose memory and environment it could look within the
 * confines that both share: one with confines of its own can't.  One of root's is left what opens files, not
 * what rules machines.  0, or an error of the system: it is not confined as it was to be. */
static int set_apart(int fence)
{
    int error = 0;
    for (int capability = CAP_SETPCAP; capability < 64; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    int rules = fence > 0 ? fence : make_rules();
    bool privileged = rules >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0;
    if (rules >= 0 && (privileged || syscall(SYS_landlock_restrict_self, rules, 0) < 0))
        error = errno;
    if (rules >= 0)
        close(rules);
    return fence > 0 ? error : 0;
}

/* What the child of a fork does: makes only calls that such a one may make.  Tells the parent an
 * error of the system, unless it becomes the program. */
static _Noreturn void become(const struct child *c, enum zpl_network network, int parent)
{
    sigset_t none;
    int error = 0, listener = -1, out = c->process->out;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* of the worker's death */
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(c->process->folder) < 0 || (c->talk[1] >= 0 && fcntl(c->talk[1], F_SETFD, 0) < 0))
        error = errno;
    if (error == 0 && ((c->process->leads && setpgid(0, 0) < 0) ||
                       (out > 0 && (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0))))
        error = errno;
    if (error == 0)
        error = set_apart(c->process->fence);
    if (error == 0)
        listener = zpl_network_deny_told(network, &error);
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

/* Starts it in its folder; 0 or an error of the system. */
static int start(struct child *c)
{
    int pair[2];
    bool all = zpl_json_truth(zpl_json_get(c->process->body, "network"), false);
    enum zpl_network network = all                       ? ZPL_NETWORK_ALL
                               : c->process->own_network ? ZPL_NETWORK_OWN
                                                         : ZPL_NETWORK_NONE;
    c->program = zpl_process_find(c->process->words[0], c->process->folder, c->process->arena);
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

/* ---- while it runs ---- */

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Takes one message; one that is none, and the end, is the last. */
static void hear(struct child *c)
{
    struct zpl_buf message = {.cap = ZPL_MESSAGE_MAX};
    if (zpl_msg_recv(c->talk[0], &message, NULL, NULL) == ZPL_OK)
        c->process->heard(c->process->self, message.data, message.len);
    else
        shut(&c->talk[0]);
    zpl_buf_release(&message);
}

/* Hears it and refuses the connections that it tries, until it has ended and said all. */
static void attend(struct child *c)
{
    int end = c->listener < 0 && c->talk[0] < 0 ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
    bool ended = end < 0;
    while (!ended) {
        struct pollfd fds[3] = {{.fd = c->talk[0], .events = POLLIN},
                                {.fd = c->listener, .events = POLLIN},
                                {.fd = end, .events = POLLIN}};
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents & POLLIN)
            c->process->tried = zpl_network_refuse(c->listener) || c->process->tried;
        else if (fds[0].revents & (POLLIN | POLLHUP))
            hear(c);
        else if (fds[2].revents)
            ended = true;
        else if (fds[1].revents & POLLHUP)
            shut(&c->listener); /* nobody is left to ask */
    }
    shut(&end);
    shut(&c->listener);
}

/* ---- its end ---- */

void zpl_process_advise(const struct zpl_process *process, struct zpl_diag *diag)
{
    if (process->tried)
        zpl_diag_help(process->diags, diag,
                      "it tried to open a network connection: if it is meant to, declare "
                      "`network = true` in the step");
}

int zpl_process_check(const struct zpl_process *process)
{
    char words[ZPL_EXIT_WORDS_SIZE];
    if (WIFEXITED(process->status) && WEXITSTATUS(process->status) == 0)
        return 0;
    struct zpl_diag *diag =
        zpl_diag_add(process->diags, ZPL_CODE_STEP_FAILED, nowhere, "'%s' ended with %s",
                     process->words[0], zpl_proc_exit_words(process->status, words));
    zpl_process_advise(process, diag);
    return 1;
}

static int tell_no_start(const struct zpl_process *process, int error)
{
    struct zpl_diag *diag =
        zpl_diag_add(process->diags, ZPL_CODE_STEP_FAILED, nowhere, "cannot start '%s': %s",
                     process->words[0], strerror(error));
    if (error == EACCES)
        zpl_diag_help(process->diags, diag,
                      "it has to be executable; a step may start programs of the system, of the "
                      "project, and of the folders in PATH and ZPL_TOOLS");
    return 1;
}

int zpl_process_keep(struct zpl_process *process, struct zpl_process_kept *out)
{
    struct child c = {.process = process, .listener = -1, .talk = {-1, -1}};
    if (process->tmp != NULL && zpl_fs_mkdirs(process->tmp, process->diags) != ZPL_OK)
        return 1;
    int error = zpl_proc_cloexec_pair(c.talk) == ZPL_OK ? 0 : errno;
    if (error == 0)
        error = make_environment(&c) ? start(&c) : ENOMEM;
    shut(&c.talk[1]);
    if (error != 0) {
        shut(&c.talk[0]);
        shut(&c.listener);
        if (c.pid > 0)
            (void)waitpid(c.pid, &process->status, 0);
        return tell_no_start(process, error);
    }
    *out = (struct zpl_process_kept){.pid = c.pid, .talk = c.talk[0], .listener = c.listener};
    return 0;
}

int zpl_process_run(struct zpl_process *process)
{
    struct child c = {.process = process, .listener = -1, .talk = {-1, -1}};
    if (process->tmp != NULL && zpl_fs_mkdirs(process->tmp, process->diags) != ZPL_OK)
        return 1;
    if (process->heard != NULL && zpl_proc_cloexec_pair(c.talk) != ZPL_OK)
        return tell_no_start(process, errno);
    int error = make_environment(&c) ? start(&c) : ENOMEM;
    shut(&c.talk[1]);
    if (error == 0 && process->said != NULL &&
        zpl_msg_send(c.talk[0], process->said, process->said_len, NULL, 0) != ZPL_OK &&
        errno != EPIPE)   /* as when it has ended, which is seen */
        shut(&c.talk[0]); /* so that it does not wait */
    if (error == 0)
        attend(&c);
    shut(&c.talk[0]);
    while (c.pid > 0 && waitpid(c.pid, &process->status, 0) < 0)
        if (errno != EINTR)
            return zpl_diag_system(process->diags, "wait for", process->words[0], errno) != ZPL_OK;
    return error == 0 ? 0 : tell_no_start(process, error);
}
