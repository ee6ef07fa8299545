/* env.c - see env.h.   Floor: stdlib. */
#include "lang/graph/body_kind.h"
#include "stdlib/body/env.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stdlib/body/process.h"

#define MARK ".whole" /* written last */

static const struct zpl_span nowhere;

/* What installers are told by the environment of whoever runs zpl. */
static const char *const passed[] = {
    "PIP_",        "UV_",      "HTTP_PROXY",    "HTTPS_PROXY",    "NO_PROXY",          "http_proxy",
    "https_proxy", "no_proxy", "SSL_CERT_FILE", "XDG_CACHE_HOME", "REQUESTS_CA_BUNDLE"};

extern char **environ;

bool zpl_env_stands(const char *folder)
{
    char mark[ZPL_PATH_MAX];
    struct zpl_stat st;
    return zpl_path_join(mark, folder, MARK) == ZPL_OK && zpl_fs_stat(mark, &st, NULL) == ZPL_OK;
}

static bool is_passed(const char *variable)
{
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (strncmp(variable, passed[i], strlen(passed[i])) == 0)
            return true;
    return false;
}

/* {"network": true, "pass": […]} */
static struct zpl_json *surroundings(struct zpl_arena *arena)
{
    struct zpl_json *body = zpl_json_object(), *pass = zpl_json_array();
    for (char **variable = environ; *variable != NULL; variable++)
        if (is_passed(*variable))
            zpl_json_add_take(pass, zpl_json_string(zpl_arena_strndup(arena, *variable,
                                                                      strcspn(*variable, "="))));
    zpl_json_set_take(body, "network", zpl_json_bool(true));
    zpl_json_set_take(body, "pass", pass);
    return body;
}

/* Runs one program for it, to its end. */
static int install(const struct zpl_env *env, const struct zpl_json *body, char **words,
                   struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_process process = {
        .arena = arena, .diags = diags, .folder = env->project, .body = body, .words = words};
    char how[ZPL_EXIT_WORDS_SIZE];
    fflush(stdout);
    if (zpl_process_run(&process) != 0)
        return 1;
    if (process.status == 0)
        return 0;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                     "the environment of %s can't be made: '%s' ended with %s", env->requirements,
                     words[0], zpl_proc_exit_words(process.status, how));
    zpl_diag_help(diags, diag, "what it said stands in the step's log");
    return 1;
}

/* The folder, and in it what is required. */
static int fill(const struct zpl_env *env, const struct zpl_json *body, struct zpl_arena *arena,
                struct zpl_diags *diags)
{
    char *python = zpl_arena_printf(arena, "%s/bin/python", env->folder);
    char *folder = (char *)env->folder, *file = (char *)env->requirements;
    char *interpreter = (char *)env->interpreter;
    if (python == NULL)
        return zpl_diag_nomem(diags) != ZPL_OK;
    char *make[] = {interpreter, "-m", "venv", "--without-pip", folder, NULL};
    if (install(env, body, make, arena, diags) != 0)
        return 1;
    /* Steps can't write the bytecode of what they import, and pip alone makes it unasked; of a folder uv would take
     * what it built before, whose text may be another by now. */
    char *uv[] = {"uv",       "pip",  "install",       "--quiet", "--compile-bytecode",
                  "--python", python, "--requirement", file,      env->local ? "--refresh" : NULL,
                  NULL};
    char *pip[] = {interpreter,     "-m",         "pip",
                   "--python",      python,       "install",
                   "--quiet",       "--no-input", "--disable-pip-version-check",
                   "--requirement", file,         NULL};
    bool has_uv = zpl_process_find("uv", env->project, arena) != NULL;
    return install(env, body, has_uv ? uv : pip, arena, diags);
}

/* While nobody else makes it. */
static enum zpl_err make(const struct zpl_env *env, struct zpl_arena *arena,
                         struct zpl_diags *diags)
{
    char mark[ZPL_PATH_MAX];
    struct zpl_stat st;
    if (zpl_env_stands(env->folder))
        return ZPL_OK;
    if (zpl_path_join(mark, env->folder, MARK) != ZPL_OK)
        return zpl_diag_system(diags, "use", env->folder, ENAMETOOLONG);
    if (zpl_fs_stat(env->folder, &st, NULL) == ZPL_OK &&
        zpl_fs_remove_tree(env->folder, diags) != ZPL_OK)
        return ZPL_ERR_IO;
    struct zpl_json *body = surroundings(arena);
    int failed = fill(env, body, arena, diags);
    zpl_json_release(body);
    if (failed) {
        struct zpl_diags quiet = {0};
        (void)zpl_fs_remove_tree(env->folder, &quiet);
        zpl_diags_release(&quiet);
        return ZPL_ERR_STEP;
    }
    return zpl_fs_write_file(mark, "", 0, true, diags);
}

/* ---- who uses it ---- */

/* The lock of the environment that this process uses. */
static int used = -1;
static char used_folder[ZPL_PATH_MAX];

/* Is the file that was opened still the one of that name? */
static bool is_same(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

/* The lock of an environment, taken; -1 and errno. */
static int take(const char *lock, int how)
{
    for (;;) {
        int fd = zpl_fs_open(lock, O_RDWR | O_CREAT, 0666), taken = -1;
        while (fd >= 0 && (taken = flock(fd, how)) < 0 && errno == EINTR)
            continue;
        if (fd < 0 || (taken == 0 && is_same(fd, lock)))
            return fd;
        int error = errno;
        close(fd);
        errno = error;
        if (taken < 0)
            return -1;
    }
}

static void use(int fd, const char *folder)
{
    if (used >= 0)
        close(used);
    used = fd;
    snprintf(used_folder, sizeof used_folder, "%s", folder);
}

enum zpl_err zpl_env_make(const struct zpl_env *env, struct zpl_arena *arena,
                          struct zpl_diags *diags)
{
    char above[ZPL_PATH_MAX];
    const char *lock = zpl_arena_printf(arena, "%s.lock", env->folder);
    if (used >= 0 && strcmp(used_folder, env->folder) == 0 && zpl_env_stands(env->folder))
        return ZPL_OK;
    if (lock == NULL || zpl_path_dir(above, env->folder) != ZPL_OK)
        return zpl_diag_nomem(diags);
    if (zpl_fs_mkdirs(above, diags) != ZPL_OK)
        return ZPL_ERR_IO;
    for (;;) {
        int fd = take(lock, LOCK_SH);
        if (fd < 0)
            return zpl_diag_system(diags, "lock", lock, errno);
        if (zpl_env_stands(env->folder)) {
            use(fd, env->folder);
            return ZPL_OK;
        }
        close(fd);
        fd = take(lock, LOCK_EX);
        if (fd < 0)
            return zpl_diag_system(diags, "lock", lock, errno);
        enum zpl_err err = make(env, arena, diags);
        close(fd);
        if (err != ZPL_OK)
            return err;
    }
}

/* Is the lock there, and held?  Nothing is made for that. */
static enum zpl_err look_at_lock(const char *lock, bool *held, struct zpl_diags *diags)
{
    int fd = zpl_fs_open(lock, O_RDONLY, 0);
    *held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (fd < 0 && errno != ENOENT)
        return zpl_diag_system(diags, "look at", lock, errno);
    if (fd >= 0)
        close(fd);
    return ZPL_OK;
}

enum zpl_err zpl_env_remove(const char *folder, bool dry, bool *gone, struct zpl_diags *diags)
{
    char lock[ZPL_PATH_MAX];
    bool held = false;
    *gone = false;
    if ((size_t)snprintf(lock, sizeof lock, "%s.lock", folder) >= sizeof lock)
        return zpl_diag_system(diags, "remove", folder, ENAMETOOLONG);
    if (dry) {
        enum zpl_err err = look_at_lock(lock, &held, diags);
        *gone = err == ZPL_OK && !held;
        return err;
    }
    int fd = take(lock, LOCK_EX | LOCK_NB);
    if (fd < 0)
        return errno == EWOULDBLOCK ? ZPL_OK : zpl_diag_system(diags, "lock", lock, errno);
    enum zpl_err err = zpl_fs_remove_tree(folder, diags);
    if (err == ZPL_OK)
        unlink(lock);
    *gone = err == ZPL_OK;
    close(fd);
    return err;
}

/* What the step waits for: it takes a while. */
static void tell(const struct zpl_run_task *task, const struct zpl_env *env,
                 struct zpl_arena *arena)
{
    const char *below = zpl_path_below(task->project, env->requirements);
    const char *text = zpl_arena_printf(arena, "makes the environment of %s",
                                        below != NULL ? below : env->requirements);
    if (text != NULL)
        task->progress(task->self, -1, text);
}

enum zpl_err zpl_env_prepare(const struct zpl_run_task *task, struct zpl_arena *arena,
                             struct zpl_diags *diags)
{
    struct zpl_json *facts = NULL;
    const char *text = task->body != NULL ? strchr(task->body, '\n') : NULL;
    if (zpl_body_kind(task->kernel)->body != ZPL_BODY_PYTHON || text == NULL ||
        zpl_json_parse(text + 1, strlen(text + 1), &facts, NULL) != ZPL_OK)
        return ZPL_OK; /* the kernel tells what is wrong with it */
    const struct zpl_json *said = zpl_json_get(facts, "env");
    const struct zpl_env env = {
        .folder = zpl_json_str(zpl_json_get(said, "folder"), NULL),
        .interpreter = zpl_json_str(zpl_json_get(said, "interpreter"), NULL),
        .requirements = zpl_json_str(zpl_json_get(said, "requirements"), NULL),
        .project = task->project,
        .local = zpl_json_truth(zpl_json_get(said, "local"), false)};
    bool wanted = env.folder != NULL && env.interpreter != NULL && env.requirements != NULL;
    bool made = wanted && !zpl_env_stands(env.folder);
    if (made)
        tell(task, &env, arena);
    enum zpl_err err = wanted ? zpl_env_make(&env, arena, diags) : ZPL_OK;
    if (made)
        task->progress(task->self, -1, "");
    zpl_json_release(facts);
    return err;
}
