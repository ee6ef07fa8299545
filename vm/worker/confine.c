/* confine.c - rules of Landlock for one process.  The numbers are the kernel's interface, as its
 * documentation (userspace-api/landlock) gives them; older headers lack most.   Floor: vm. */
#include "vm/worker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "lang/graph/body_kind.h"
#include "stdlib/body/python.h"

#define ASK_VERSION 1u /* flag of landlock_create_ruleset */
#define BENEATH     1  /* type of a rule: a file, or a folder and all below it */

#define EXECUTE    (1ull << 0)
#define WRITE_FILE (1ull << 1)
#define READ_FILE  (1ull << 2)
#define READ_DIR   (1ull << 3)
#define MAKE_CHAR  (1ull << 6)
#define MAKE_BLOCK (1ull << 11)
#define REFER      (1ull << 13) /* since version 2: names moved between folders */
#define TRUNCATE   (1ull << 14) /* since version 3 */
#define RIGHTS_1   ((1ull << 13) - 1)
#define OF_FILES   (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)
#define SCOPE_BOTH 3ull /* since version 6: abstract sockets, signals */
#define READ       (EXECUTE | READ_FILE | READ_DIR)
#define WRITE      (~(MAKE_CHAR | MAKE_BLOCK))
#define DEVICE     (READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE)

struct ruleset {
    uint64_t files, network, scopes;
};
struct rule {
    uint64_t rights;
    int32_t parent;
} __attribute__((packed));

/* A fence under construction. */
struct fence {
    int fd;
    uint64_t rights; /* that this kernel can refuse */
    enum zpl_err err;
    struct zpl_diags *diags;
};

int zpl_confine_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    return version > 0 ? (int)version : 0;
}

static void failed(struct fence *f, const char *operation, const char *path)
{
    if (f->err == ZPL_OK)
        f->err = zpl_diag_system(f->diags, operation, path, errno);
}

/* Begins a fence; false: there is none to be made. */
static bool begin(struct fence *f, bool scopes, struct zpl_diags *diags)
{
    int version = zpl_confine_version();
    *f = (struct fence){.fd = -1, .rights = RIGHTS_1, .diags = diags};
    if (version == 0)
        return false;
    if (version >= 2)
        f->rights |= REFER;
    if (version >= 3)
        f->rights |= TRUNCATE;
    struct ruleset set = {.files = f->rights, .scopes = scopes && version >= 6 ? SCOPE_BOTH : 0};
    size_t size = version >= 6 ? sizeof set : sizeof set.files;
    f->fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
    if (f->fd < 0)
        failed(f, "confine", "a worker");
    return f->fd >= 0;
}

/* Allows rights on what an open descriptor stands for. */
static void allow_fd(struct fence *f, int fd, const char *path, uint64_t rights)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return;
    struct rule rule = {.rights = rights & f->rights, .parent = fd};
    if (!S_ISDIR(st.st_mode))
        rule.rights &= OF_FILES;
    if (syscall(SYS_landlock_add_rule, f->fd, BENEATH, &rule, 0) < 0 &&
        errno != EBADFD) /* of a file system that has no folders to be below */
        failed(f, "let a worker use", path);
}

/* Allows rights on a path and all below it; one that is not there is left out. */
static void allow(struct fence *f, const char *path, uint64_t rights)
{
    int fd = f->err == ZPL_OK ? open(path, O_PATH | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    allow_fd(f, fd, path, rights);
    close(fd);
}

static void allow_in(struct fence *f, const char *folder, const char *name, uint64_t rights)
{
    char path[ZPL_PATH_MAX];
    if (zpl_path_join(path, folder, name) == ZPL_OK)
        allow(f, path, rights);
}

/* From here on it holds. */
static enum zpl_err close_fence(struct fence *f)
{
    if (f->err == ZPL_OK && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
                             syscall(SYS_landlock_restrict_self, f->fd, 0) < 0))
        failed(f, "confine", "a worker");
    close(f->fd);
    return f->err;
}

/* ---- the machine ---- */

/* What opens libraries, and what those look at when they are opened. */
static void allow_libraries(struct fence *f)
{
    static const char *const folders[] = {"/usr", "/lib",  "/lib32", "/lib64", "/libx32",
                                          "/etc", "/proc", "/sys",   "/nix",   "/gnu"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        allow(f, folders[i], READ);
    allow(f, "/dev/null", DEVICE);
}

static void allow_devices(struct fence *f)
{
    static const char *const devices[] = {
        "/dev/null",          "/dev/zero",       "/dev/full",
        "/dev/random",        "/dev/urandom",    "/dev/tty",
        "/dev/ptmx",          "/dev/pts",        "/dev/dri",
        "/dev/kfd",           "/dev/nvidia0",    "/dev/nvidia1",
        "/dev/nvidia2",       "/dev/nvidia3",    "/dev/nvidia4",
        "/dev/nvidia5",       "/dev/nvidia6",    "/dev/nvidia7",
        "/dev/nvidiactl",     "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools",
        "/dev/nvidia-modeset"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        allow(f, devices[i], DEVICE);
    allow(f, "/dev/shm", WRITE); /* semaphores have names there */
}

/* What programs use beside libraries. */
static void allow_system(struct fence *f)
{
    static const char *const folders[] = {"/bin",
                                          "/sbin",
                                          "/opt",
                                          "/snap",
                                          "/dev",
                                          "/run/systemd/resolve",
                                          "/run/resolvconf",
                                          "/run/nscd",
                                          "/run/current-system",
                                          "/run/opengl-driver",
                                          "/var/cache/fontconfig"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        allow(f, folders[i], READ);
    allow_devices(f);
}

/* Is it a hidden folder or below one, as tools make them in a home (~/.pyenv)?  ~/.local is shared by
 * many. */
static bool is_tools_own(const char *folder)
{
    return strstr(folder, "/.") != NULL && strcmp(zpl_path_base(folder), ".local") != 0;
}

/* A folder of programs, and what stands beside such a one for them. */
static void allow_programs(struct fence *f, const char *folder)
{
    static const char *const beside[] = {"lib",         "lib64",    "libexec",
                                         "etc",         "ssl",      "pyvenv.cfg",
                                         "share/julia", "share/uv", "share/pipx"};
    char prefix[ZPL_PATH_MAX];
    allow(f, folder, READ);
    if (zpl_path_dir(prefix, folder) != ZPL_OK || strcmp(prefix, "/") == 0)
        return;
    if (is_tools_own(prefix))
        allow(f, prefix, READ);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        allow_in(f, prefix, beside[i], READ);
}

/* Both the folder by that name and the one it leads to. */
static void allow_program_folder(struct fence *f, const char *folder)
{
    char real[ZPL_PATH_MAX];
    allow_programs(f, folder);
    if (realpath(folder, real) != NULL && strcmp(real, folder) != 0)
        allow_programs(f, real);
}

/* Each absolute path of a list with colons; NULL is an empty one. */
static void allow_list(struct fence *f, const char *list,
                       void (*each)(struct fence *f, const char *path))
{
    char path[ZPL_PATH_MAX];
    for (const char *s = list; s != NULL && *s != '\0';) {
        size_t n = strcspn(s, ":");
        if (*s == '/' && n < sizeof path) {
            memcpy(path, s, n);
            path[n] = '\0';
            if (zpl_path_clean(path, path) == ZPL_OK)
                each(f, path);
        }
        s += n + (s[n] == ':');
    }
}

static void allow_read(struct fence *f, const char *path)
{
    allow(f, path, READ);
}

/* Where this program and the engines that it opens are. */
static void allow_engines(struct fence *f)
{
    static const char *const beside[] = {"deps", "../deps", "../lib/zpl", "../stdlib/python",
                                         "../../stdlib/python"};
    char self[ZPL_PATH_MAX], folder[ZPL_PATH_MAX];
    allow_list(f, getenv("DUCKDB_DIR"), allow_read);
    allow_list(f, getenv("XGBOOST_DIR"), allow_read);
    allow_list(f, getenv("ONNXRUNTIME_DIR"), allow_read);
    allow_list(f, getenv("ZPL_PYTHON_DIR"), allow_read);
    allow_list(f, getenv("LD_LIBRARY_PATH"), allow_read);
    if (zpl_proc_self_path(self) != ZPL_OK || zpl_path_dir(folder, self) != ZPL_OK)
        return;
    allow(f, self, READ);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        allow_in(f, folder, beside[i], READ);
}

/* Of its project a function of Python reads what its key knows; others read all of it. */
static bool reads_project(const struct zpl_run_task *task)
{
    return zpl_body_kind(task->kernel)->body != ZPL_BODY_PYTHON;
}

/* A program by its path: the folder that it is in, and where links lead. */
static void allow_program(struct fence *f, const struct zpl_run_task *task, const char *program)
{
    char path[ZPL_PATH_MAX], real[ZPL_PATH_MAX];
    if (strchr(program, '/') == NULL || strchr(program, '$') != NULL ||
        zpl_path_join(path, task->project, program) != ZPL_OK || realpath(path, real) == NULL ||
        (reads_project(task) && zpl_path_below(task->project, real) != NULL))
        return;
    allow(f, real, READ);
    if (zpl_path_dir(path, path) == ZPL_OK)
        allow_program_folder(f, path);
    if (zpl_path_dir(real, real) == ZPL_OK)
        allow_program_folder(f, real);
}

/* What a function of Python is run by: its interpreter, the packages that are installed, and zpl's own. */
static void allow_python(struct fence *f, const struct zpl_run_task *task, const char *facts)
{
    struct zpl_json *json = NULL;
    struct zpl_arena arena = {0};
    if (zpl_json_parse(facts, strlen(facts), &json, NULL) != ZPL_OK)
        return;
    const struct zpl_json *site = zpl_json_get(json, "site"), *own = zpl_json_get(json, "own");
    allow_program(f, task, zpl_json_str(zpl_json_get(json, "interpreter"), ""));
    for (size_t i = 0; i < zpl_json_count(site); i++)
        allow(f, zpl_json_str(zpl_json_at(site, i), ""), READ);
    for (size_t i = 0; i < zpl_json_count(own); i++) /* its modules count one by one */
        allow(f, zpl_json_str(zpl_json_at(own, i), ""), READ_DIR);
    const char *package = zpl_python_folder(&arena);
    if (package != NULL)
        allow(f, package, READ);
    allow(f, zpl_json_str(zpl_json_get(zpl_json_get(json, "env"), "folder"), ""), READ);
    allow_program(f, task,
                  zpl_json_str(zpl_json_get(zpl_json_get(json, "env"), "interpreter"), ""));
    zpl_arena_release(&arena);
    zpl_json_release(json);
}

/* What a body that is a program runs, and what is on the PATH that `vars` gives it. */
static void allow_body(struct fence *f, const struct zpl_run_task *task)
{
    struct zpl_json *body = NULL;
    if (task->body == NULL || !zpl_body_kind(task->kernel)->program)
        return;
    size_t len = strcspn(task->body, "\n");
    if (zpl_json_parse(task->body, len, &body, NULL) != ZPL_OK)
        return;
    allow_list(f, zpl_json_str(zpl_json_get(zpl_json_get(body, "vars"), "PATH"), NULL),
               allow_program_folder);
    allow_program(f, task, zpl_json_str(zpl_json_at(zpl_json_get(body, "command"), 0), ""));
    if (task->body[len] != '\0')
        allow_python(f, task, task->body + len + 1);
    zpl_json_release(body);
}

/* ---- the task ---- */

/* The project, without the store when that is in it: what other steps made is no input.  Names in its folders can be
 * listed where nothing in them can be read: a rule holds for all that is below a folder, and Python looks there for
 * modules. */
static void allow_project(struct fence *f, const struct zpl_run_task *task)
{
    struct zpl_arena arena = {0};
    char path[ZPL_PATH_MAX];
    const char *name = zpl_path_below(task->project, task->store);
    char **names;
    size_t count = 0;
    allow(f, task->project, READ_DIR);
    if (!reads_project(task))
        return;
    if (name == NULL || strchr(name, '/') != NULL) {
        allow(f, task->project, READ);
        return;
    }
    if (zpl_fs_list(task->project, &arena, &names, &count, NULL) != ZPL_OK)
        failed(f, "list", task->project);
    for (size_t i = 0; f->err == ZPL_OK && i < count; i++) {
        struct stat st;
        if (strcmp(names[i], name) != 0 && zpl_path_join(path, task->project, names[i]) == ZPL_OK &&
            lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
            allow(f, path, READ);
    }
    zpl_arena_release(&arena);
}

/* What a command or a kernel of the user's may want beside its task and the project. */
static void allow_wants(struct fence *f, const struct zpl_run_task *task)
{
    allow_system(f);
    allow_list(f, getenv("PATH"), allow_program_folder);
    allow_list(f, getenv("ZPL_TOOLS"), allow_read);
    if (getenv("HOME") != NULL)
        allow_in(f, getenv("HOME"), ".local/lib", READ); /* Python's packages of one user */
    allow_body(f, task);
}

/* What the body of one task may touch; false: there is no fence to be made. */
static bool fence_body(struct fence *f, const struct zpl_run_task *task, struct zpl_diags *diags)
{
    if (!begin(f, true, diags))
        return false;
    allow_libraries(f);
    allow_engines(f);
    if (zpl_body_kind(task->kernel)->body != ZPL_BODY_LUA) { /* Lua names no file */
        allow_wants(f, task);
        allow_project(f, task);
    }
    for (size_t i = 0; i < task->input_count; i++)
        allow(f, task->inputs[i].path, READ);
    for (size_t i = 0; i < task->file_count; i++)
        allow(f, task->files[i], READ);
    allow(f, task->scratch, WRITE);
    return true;
}

enum zpl_err zpl_confine_body(const struct zpl_run_task *task, struct zpl_diags *diags)
{
    struct fence f;
    return fence_body(&f, task, diags) ? close_fence(&f) : f.err;
}

/* ---- a process that serves several tasks ---- */

/* Gives the fence away. */
static enum zpl_err hand_over(struct fence *f, int *out)
{
    *out = f->fd;
    if (f->err != ZPL_OK)
        close(f->fd);
    if (f->err != ZPL_OK)
        *out = 0;
    return f->err;
}

enum zpl_err zpl_confine_fence(const struct zpl_run_task *task, int *out, struct zpl_diags *diags)
{
    struct fence f;
    *out = 0;
    return fence_body(&f, task, diags) ? hand_over(&f, out) : f.err;
}

enum zpl_err zpl_confine_group_fence(const struct zpl_run_task *task, int *out,
                                     struct zpl_diags *diags)
{
    struct fence f;
    char group[ZPL_PATH_MAX];
    *out = 0;
    if (zpl_path_dir(group, task->scratch) != ZPL_OK || !begin(&f, true, diags))
        return ZPL_OK;
    allow_libraries(&f);
    allow_engines(&f);
    allow_wants(&f, task);
    allow(&f, task->project, READ);
    allow(&f, task->store, READ);
    allow(&f, group, WRITE);
    return hand_over(&f, out);
}

/* As its header says of builtin kernels; what they start may use devices too. */
static enum zpl_err confine_worker(const struct zpl_run_task *task, bool devices,
                                   struct zpl_diags *diags)
{
    static bool done;
    char scratches[ZPL_PATH_MAX];
    struct fence f = {0};
    if (done || zpl_path_dir(scratches, task->scratch) != ZPL_OK || !begin(&f, false, diags))
        return f.err;
    allow(&f, "/", READ);
    allow(&f, "/dev/null", DEVICE);
    if (devices)
        allow_devices(&f);
    allow(&f, scratches, WRITE);
    done = true;
    return close_fence(&f);
}

enum zpl_err zpl_confine_builtin(const struct zpl_run_task *task, struct zpl_diags *diags)
{
    return confine_worker(task, false, diags);
}

enum zpl_err zpl_confine_server(const struct zpl_run_task *task, struct zpl_diags *diags)
{
    return confine_worker(task, true, diags);
}
