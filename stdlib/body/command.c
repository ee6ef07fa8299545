/* command.c - the body of a `command =` step: a process with the step's inputs, params and outputs
 * named in its words.   Floor: stdlib. */
#include <ctype.h>
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
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stdlib/body/network.h"
#include "stdlib/outcome.h"
#include "stdlib/table/ingest.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

/* Formats in which a table crosses to a command: `$rows` is Parquet, `$rows.csv` CSV. */
static const char *const formats[] = {"parquet", "csv"};
enum { PARQUET, CSV, FORMATS };

/* Its TMPDIR in scratch; no input or output has such a name. */
#define TMP ".tmp"

/* A process under preparation. */
struct command {
    struct zpl_context *context;
    const struct zpl_run_task *task;
    struct zpl_json *body;
    char **words, **environment; /* NULL-terminated */
};

/* Where table `name` crosses: DIR/in.rows.csv. */
static const char *crossing(const struct command *c, const char *way, const char *name, int format)
{
    return zpl_arena_printf(c->context->arena, "%s/%s.%s.%s", c->task->scratch, way, name,
                            formats[format]);
}

/* The database session may use these files beside the task's own. */
static bool allow_crossings(struct command *c)
{
    size_t count = 0;
    const char **paths = zpl_arena_array(
        c->context->arena, (c->task->input_count + c->task->output_count) * FORMATS + 1,
        sizeof *paths);
    for (size_t i = 0; paths != NULL && i < c->task->input_count; i++)
        for (int f = 0; f < FORMATS; f++)
            paths[count++] = crossing(c, "in", c->task->inputs[i].name, f);
    for (size_t i = 0; paths != NULL && i < c->task->output_count; i++)
        for (int f = 0; f < FORMATS; f++)
            paths[count++] = crossing(c, "out", c->task->outputs[i].name, f);
    c->context->paths = paths;
    c->context->path_count = count;
    return !zpl_arena_failed(c->context->arena);
}

/* ---- inputs ---- */

static int write_csv(struct command *c, const struct zpl_scan *scan, const char *name,
                     const char *path)
{
    struct zpl_duck *duck = zpl_context_duck(c->context);
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "COPY (SELECT ");
    for (size_t i = 0; !scan->all && i < scan->read_count; i++) {
        zpl_buf_puts(&sql, i > 0 ? ", " : "");
        zpl_duck_ident(&sql, scan->reads[i]);
    }
    zpl_buf_puts(&sql, scan->all ? "* FROM " : " FROM ");
    zpl_duck_ident(&sql, name);
    zpl_buf_puts(&sql, ") TO ");
    zpl_duck_text(&sql, path, strlen(path));
    zpl_buf_puts(&sql, " (FORMAT csv, HEADER)");
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(c->context->diags)
                           : zpl_scan_view(duck, name, scan, c->context->diags);
    if (err == ZPL_OK)
        err = zpl_duck_exec(duck, zpl_buf_str(&sql), c->context->diags);
    zpl_buf_release(&sql);
    return err != ZPL_OK;
}

static int write_parquet(struct command *c, const struct zpl_scan *scan, const char *path)
{
    struct zpl_duck *duck = zpl_context_duck(c->context);
    struct ArrowArrayStream stream;
    return zpl_scan_stream(duck, scan, &stream, c->context->diags) != ZPL_OK ||
           zpl_write_stream(duck, &stream, NULL, path, c->context->diags) != ZPL_OK;
}

/* Makes the file in which a table goes in, unless an earlier word did: the columns that the step may
 * see and no others.  A table that it sees whole is linked, not copied. */
static const char *table_file(struct command *c, const struct zpl_run_input *input, int format)
{
    struct zpl_scan scan;
    struct zpl_stat st;
    const char *path = crossing(c, "in", input->name, format);
    if (path == NULL || zpl_fs_stat(path, &st, NULL) == ZPL_OK)
        return path;
    if (input->reads_all && format == PARQUET) {
        if (symlink(input->path, path) == 0)
            return path;
        zpl_diag_system(c->context->diags, "link", path, errno);
        return NULL;
    }
    if (zpl_context_duck(c->context) == NULL || !zpl_context_scan(c->context, input, &scan))
        return NULL;
    int failed =
        format == CSV ? write_csv(c, &scan, input->name, path) : write_parquet(c, &scan, path);
    return failed ? NULL : path;
}

/* A param as a program takes it: texts as they are, anything else as JSON. */
static const char *param_text(struct command *c, const char *name)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    const struct zpl_run_param *param = zpl_context_param(c->context, name);
    if (param->value->kind == ZPL_LIT_NULL)
        return "";
    const char *text = ctx->param_text(ctx, name);
    return text != NULL ? text : ctx->param_json(ctx, name);
}

/* ---- words ---- */

/* What `$name`, followed by `rest`, stands for; *used bytes of `rest` belong to it.  NULL: told. */
static const char *value_of(struct command *c, const char *name, const char *rest, size_t *used)
{
    const struct zpl_run_input *input = zpl_context_input(c->context, name);
    long output = zpl_context_output(c->context, name);
    int format = strncmp(rest, ".csv", 4) == 0 ? CSV : PARQUET;
    *used = 0;
    if (output < 0 && input == NULL && zpl_context_param(c->context, name) == NULL)
        return ""; /* an optional one that was not given */
    if (output < 0 && input == NULL)
        return param_text(c, name);
    if (output < 0 && input->rows < 0)
        return input->path;
    if (output >= 0) {
        const struct zpl_type *type = zpl_context_type(c->context, c->task->outputs[output].type);
        if (type == NULL || type->kind != ZPL_TABLE)
            return type == NULL ? NULL : c->task->outputs[output].path;
    }
    *used = format == CSV ? 4 : strncmp(rest, ".parquet", 8) == 0 ? 8 : 0;
    return output >= 0 ? crossing(c, "out", name, format) : table_file(c, input, format);
}

/* A word with what it names filled in; NULL after telling. */
static char *fill_word(struct command *c, const char *word)
{
    struct zpl_arena *arena = c->context->arena;
    struct zpl_buf out = {0};
    bool fine = true;
    for (const char *s = word; *s != '\0' && fine;) {
        size_t n = 1, used;
        if (*s != '$') {
            n = strcspn(s, "$");
            zpl_buf_add(&out, s, n);
        } else if (s[1] == '$') {
            zpl_buf_putc(&out, '$');
            n = 2;
        } else {
            while (isalnum((unsigned char)s[n]) || s[n] == '_')
                n++;
            const char *name = zpl_arena_strndup(arena, s + 1, n - 1);
            const char *value = name != NULL ? value_of(c, name, s + n, &used) : NULL;
            fine = value != NULL;
            zpl_buf_puts(&out, fine ? value : "");
            n += fine ? used : 0;
        }
        s += n;
    }
    char *filled = fine && zpl_buf_error(&out) == ZPL_OK
                       ? zpl_arena_strndup(arena, zpl_buf_str(&out), out.len)
                       : NULL;
    if (filled == NULL && c->context->diags->errors == 0)
        zpl_diag_nomem(c->context->diags);
    zpl_buf_release(&out);
    return filled;
}

static bool fill_words(struct command *c)
{
    const struct zpl_json *words = zpl_json_get(c->body, "command");
    size_t count = zpl_json_count(words);
    c->words = zpl_arena_array(c->context->arena, count + 1, sizeof *c->words);
    for (size_t i = 0; c->words != NULL && i < count; i++) {
        c->words[i] = fill_word(c, zpl_json_str(zpl_json_at(words, i), ""));
        if (c->words[i] == NULL)
            return false;
    }
    return c->words != NULL && count > 0;
}

/* A small environment, the same on every machine but for what is passed on. */
static bool make_environment(struct command *c)
{
    static const char *const kept[] = {"PATH", "HOME", "USER"};
    const struct zpl_json *vars = zpl_json_get(c->body, "vars");
    const struct zpl_json *pass = zpl_json_get(c->body, "pass");
    struct zpl_arena *arena = c->context->arena;
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
    out[count++] = zpl_arena_printf(arena, "TMPDIR=%s/" TMP, c->task->scratch);
    c->environment = out;
    return !zpl_arena_failed(arena);
}

static bool make_tmp(struct command *c)
{
    const char *path = zpl_arena_printf(c->context->arena, "%s/" TMP, c->task->scratch);
    if (path == NULL)
        return zpl_diag_nomem(c->context->diags) == ZPL_OK;
    return zpl_fs_mkdirs(path, c->context->diags) == ZPL_OK;
}

/* ---- the process ---- */

/* A program under way. */
struct process {
    pid_t pid;
    int listener; /* of the connections it tries; -1: nobody listens */
    bool tried;   /* one was refused */
    int status;   /* of waitpid */
};

/* Where the program is that the first word names: by its path, or on PATH; NULL: nowhere. */
static const char *find_program(struct command *c)
{
    const char *name = c->words[0], *list = getenv("PATH");
    struct stat st;
    if (strchr(name, '/') != NULL)
        return name;
    for (const char *s = list != NULL ? list : "/usr/bin:/bin"; *name != '\0';) {
        size_t n = strcspn(s, ":");
        const char *path = zpl_arena_printf(c->context->arena, "%.*s/%s", (int)n, s, name);
        if (path != NULL && *path != '/') /* it is started in the project's folder */
            path = zpl_arena_printf(c->context->arena, "%s/%s", c->task->project, path);
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
static _Noreturn void become(struct command *c, const char *program, bool network, int parent)
{
    sigset_t none;
    int error = 0, listener = -1;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* of the worker's death */
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(c->task->project) < 0)
        error = errno;
    set_apart();
    if (error == 0 && !network)
        listener = zpl_network_deny_told(&error);
    if (listener >= 0)
        (void)zpl_msg_send(parent, "", 0, &listener, 1);
    if (error == 0) {
        execve(program, c->words, c->environment);
        error = errno;
    }
    (void)zpl_msg_send(parent, &error, sizeof error, NULL, 0);
    _exit(127);
}

/* What the child says until it is the program: its listener, or why it can't be.  Returns the error. */
static int hear_start(int fd, struct process *process)
{
    struct zpl_buf message = {0};
    int error = 0, ends[1];
    size_t count = 1;
    while (zpl_msg_recv(fd, &message, ends, &count) == ZPL_OK) {
        if (count == 1)
            process->listener = ends[0];
        else if (message.len == sizeof error)
            memcpy(&error, message.data, sizeof error);
        count = 1;
    }
    zpl_buf_release(&message);
    return error;
}

/* Starts it in the project's folder; 0 or an error of the system. */
static int start(struct command *c, struct process *process)
{
    int pair[2];
    const char *program = find_program(c);
    bool network = zpl_json_truth(zpl_json_get(c->body, "network"), false);
    if (program == NULL)
        return ENOENT;
    if (zpl_proc_cloexec_pair(pair) != ZPL_OK)
        return errno;
    process->pid = zpl_fault(ZPL_FAULT_FORK) ? -1 : fork();
    if (process->pid == 0) {
        close(pair[0]);
        become(c, program, network, pair[1]);
    }
    int error = process->pid < 0 ? errno : 0;
    close(pair[1]);
    if (error == 0)
        error = hear_start(pair[0], process);
    close(pair[0]);
    return error;
}

/* Refuses the connections that it tries, until it has ended. */
static void attend(struct process *process)
{
    int end = process->listener < 0 ? -1 : (int)syscall(SYS_pidfd_open, process->pid, 0);
    struct pollfd fds[2] = {{.fd = end, .events = POLLIN},
                            {.fd = process->listener, .events = POLLIN}};
    while (end >= 0 && (poll(fds, 2, -1) >= 0 || errno == EINTR)) {
        if (fds[1].revents & POLLIN)
            process->tried = zpl_network_refuse(process->listener) || process->tried;
        else if (fds[0].revents)
            break;
        else if (fds[1].revents & POLLHUP)
            fds[1].fd = -1; /* nobody is left to ask */
    }
    if (end >= 0)
        close(end);
    if (process->listener >= 0)
        close(process->listener);
}

/* How it failed, with what it may have failed by. */
static int tell_end(struct command *c, const struct process *process)
{
    char words[ZPL_EXIT_WORDS_SIZE];
    struct zpl_diags *diags = c->context->diags;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere, "'%s' ended with %s",
                                         c->words[0], zpl_proc_exit_words(process->status, words));
    if (process->tried)
        zpl_diag_help(diags, diag,
                      "it tried to open a network connection: if it is meant to, declare "
                      "`network = true` in the step");
    return 1;
}

static int tell_no_start(struct command *c, int error)
{
    struct zpl_diags *diags = c->context->diags;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                                         "cannot start '%s': %s", c->words[0], strerror(error));
    if (error == EACCES)
        zpl_diag_help(diags, diag,
                      "it has to be executable; a step may start programs of the system, of the "
                      "project, and of the folders in PATH and ZPL_TOOLS");
    return 1;
}

/* Runs it to its end; what it prints goes to the step's log. */
static int run_process(struct command *c)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    struct process process = {.listener = -1};
    int error = start(c, &process);
    if (error == 0)
        attend(&process);
    while (process.pid > 0 && waitpid(process.pid, &process.status, 0) < 0)
        if (errno != EINTR)
            return ctx->fail(ctx, "cannot wait for '%s': %s", c->words[0], strerror(errno));
    if (error != 0)
        return tell_no_start(c, error);
    if (WIFEXITED(process.status) && WEXITSTATUS(process.status) == 0)
        return 0;
    return tell_end(c, &process);
}

/* ---- outputs ---- */

static int unwritten(struct command *c, const char *name)
{
    zpl_diag_add(c->context->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                 "output '%s' was not written: the command ended without making the file that $%s "
                 "names",
                 name, name);
    return 1;
}

/* The table that the command wrote becomes a stored one. */
static int take_table(struct command *c, const struct zpl_run_output *output,
                      const struct zpl_type *type)
{
    struct zpl_stat st;
    const char *shown = zpl_arena_printf(c->context->arena, "output '%s'", output->name);
    for (int format = 0; format < FORMATS; format++) {
        struct zpl_datafile_options options = {.format = formats[format],
                                               .path = crossing(c, "out", output->name, format)};
        if (options.path == NULL || shown == NULL)
            return zpl_diag_nomem(c->context->diags) != ZPL_OK;
        if (zpl_fs_stat(options.path, &st, NULL) == ZPL_OK)
            return zpl_ingest_files(c->context, &options,
                                    &(struct zpl_ingest_file){options.path, shown}, 1, type,
                                    output->path);
    }
    return unwritten(c, output->name);
}

static int take_json(struct command *c, const struct zpl_run_output *output)
{
    struct zpl_kernel_context *ctx = &c->context->base;
    struct zpl_buf text = {0};
    struct zpl_stat st;
    size_t at = 0;
    struct zpl_json *value = NULL;
    int failed = 1;
    if (zpl_fs_stat(output->path, &st, NULL) != ZPL_OK)
        return unwritten(c, output->name);
    if (zpl_fs_read_file(output->path, ZPL_BUF_BYTES_MAX, &text, c->context->diags) == ZPL_OK) {
        if (zpl_json_parse(zpl_buf_str(&text), text.len, &value, &at) != ZPL_OK)
            zpl_diag_add(c->context->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                         "output '%s' is no JSON: byte %zu of what the command wrote", output->name,
                         at);
        else
            failed = ctx->output_json(ctx, output->name, zpl_buf_str(&text));
    }
    zpl_json_release(value);
    zpl_buf_release(&text);
    return failed;
}

static int take_outputs(struct command *c)
{
    int failed = 0;
    for (size_t i = 0; i < c->task->output_count && !failed; i++) {
        const struct zpl_run_output *output = &c->task->outputs[i];
        const struct zpl_type *type = zpl_context_type(c->context, output->type);
        struct zpl_stat st;
        if (type == NULL)
            return 1;
        if (type->kind == ZPL_TABLE)
            failed = take_table(c, output, type);
        else if (zpl_outcome_is_json(type))
            failed = take_json(c, output);
        else if (zpl_fs_stat(output->path, &st, NULL) != ZPL_OK)
            failed = unwritten(c, output->name);
    }
    return failed;
}

static int run(struct zpl_kernel_context *ctx)
{
    struct zpl_context *context = zpl_context_of(ctx);
    struct command c = {.context = context, .task = context->task};
    const char *body = c.task->body;
    if (body == NULL || zpl_json_parse(body, strlen(body), &c.body, NULL) != ZPL_OK)
        return ctx->fail(ctx, "a command step has the words of a command");
    int failed = 1;
    if (!allow_crossings(&c) || !make_environment(&c))
        zpl_diag_nomem(context->diags);
    else if (make_tmp(&c) && fill_words(&c))
        failed = run_process(&c) || take_outputs(&c);
    zpl_json_release(c.body);
    return failed;
}

ZPL_KERNEL(command) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "command",
    .signature = "",
    .doc = "Runs a program.\n"
           "\n"
           "Its words name what the step is given and what it makes: `$rows` is the path of a "
           "Parquet file\n"
           "with the columns that the step may see, `$rows.csv` of a CSV file, `$model` of a "
           "model's file,\n"
           "`$n` the text of a param.  An output is written to the path that its name stands for; "
           "values\n"
           "as JSON.  No shell reads the words; `$$` is a dollar sign.  It runs in the project's "
           "folder, in\n"
           "UTC and C.UTF-8, with PATH, HOME and what `vars` says.  It reads the system and the "
           "project,\n"
           "writes its outputs and below $TMPDIR, and reaches the network with `network = true` "
           "only.\n"
           "\n"
           "    local sorted = step \"sorted\" { signature = \"(rows: Table {x: Int}) -> (out: "
           "Table {x: Int})\",\n"
           "                                   command = { \"python3\", \"sort.py\", \"$rows\", "
           "\"$out\" } }",
    .engines = "duckdb",
    .run = run,
};
