/* python_gang.c - a function of Python that several processes call together, the first of which speaks for all.
 * Floor: stdlib. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "stdlib/body/gang.h"
#include "stdlib/body/python.h"
#include "stdlib/body/python_call.h"

static const struct zpl_span nowhere;

bool zpl_python_is_secluded(const struct zpl_run_task *task)
{
    struct zpl_json *body = NULL;
    bool secluded = task->workers > 1 && task->body != NULL &&
                    zpl_json_parse(task->body, strcspn(task->body, "\n"), &body, NULL) == ZPL_OK &&
                    !zpl_json_truth(zpl_json_get(body, "network"), false);
    zpl_json_release(body);
    return secluded;
}

/* A port that nobody listens at now; 0 after telling. */
static unsigned free_port(struct zpl_diags *diags)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
                 getsockname(fd, (struct sockaddr *)&at, &size) == 0;
    if (!found)
        zpl_diag_system(diags, "find", "a free port", errno);
    if (fd >= 0)
        close(fd);
    return found ? ntohs(at.sin_port) : 0;
}

/* Who it is among the others, in the words of torchrun. */
static const char *const *rank_variables(const struct zpl_python_call *c, unsigned port)
{
    struct zpl_arena *arena = c->context->arena;
    const char **out = zpl_arena_array(arena, 7, sizeof *out);
    if (out == NULL)
        return NULL;
    out[0] = zpl_arena_printf(arena, "RANK=%u", c->rank);
    out[1] = zpl_arena_printf(arena, "LOCAL_RANK=%u", c->rank);
    out[2] = zpl_arena_printf(arena, "WORLD_SIZE=%u", c->task->workers);
    out[3] = zpl_arena_printf(arena, "LOCAL_WORLD_SIZE=%u", c->task->workers);
    out[4] = "MASTER_ADDR=127.0.0.1";
    out[5] = zpl_arena_printf(arena, "MASTER_PORT=%u", port);
    return out;
}

/* Does what it raised read as if another was gone?  As Python, gloo, NCCL and XGBoost say it. */
static bool reads_cut(const struct zpl_json *error)
{
    static const char *const words[] = {"onnection",      "roken pipe", "BrokenPipe",   "EOFError",
                                        "IncompleteRead", "imed out",   "TimeoutError", "ocket",
                                        "racker",         "ollective",  "gloo",         "NCCL",
                                        "DistBackend",    "DistNetwork"};
    const char *type = zpl_json_str(zpl_json_get(error, "type"), "");
    const char *message = zpl_json_str(zpl_json_get(error, "message"), "");
    bool cut = false;
    for (size_t i = 0; !cut && i < sizeof words / sizeof *words; i++)
        cut = strstr(type, words[i]) != NULL || strstr(message, words[i]) != NULL;
    return cut;
}

static enum zpl_gang_verdict verdict(void *self, bool ended)
{
    const struct zpl_python_call *c = self;
    const struct zpl_json *error = zpl_json_get(c->end, "error");
    if (error != NULL)
        return strcmp(zpl_json_str(zpl_json_get(error, "kind"), ""), "raise") == 0 &&
                       reads_cut(error)
                   ? ZPL_GANG_CUT
                   : ZPL_GANG_FAILED;
    if (!ended || c->end != NULL)
        return ZPL_GANG_FINE;
    return WIFSIGNALED(c->process->status) && WTERMSIG(c->process->status) != SIGABRT
               ? ZPL_GANG_FAILED
               : ZPL_GANG_GONE;
}

static void printed(void *self, const char *line, size_t len)
{
    zpl_python_log(self, line, len);
}

/* What the gang came to: the words of the one that is to blame, last in the log. */
static int tell_gang(const struct zpl_gang *gang, const struct zpl_python_call *calls)
{
    const struct zpl_python_call *worst = gang->blamed >= 0 ? &calls[gang->blamed] : NULL;
    struct zpl_context *context = calls[0].context;
    for (uint32_t i = 0; i < gang->count; i++)
        if (&calls[i] != worst)
            zpl_python_log_trace(&calls[i]);
    if (gang->over_memory)
        return zpl_diag_add(context->diags, ZPL_CODE_STEP_LIMIT, nowhere,
                            "%s: %s()%s was over its memory limit of %llu MiB", worst->file,
                            worst->function, worst->who,
                            (unsigned long long)(gang->memory_bytes >> 20)) != NULL;
    if (worst != NULL)
        return zpl_python_tell(worst, worst->process);
    return gang->ended ? context->base.fail(&context->base, "it was ended from outside") : 0;
}

/* The call of one of them; non-zero after telling. */
static int join(struct zpl_python_call *c, const struct zpl_python_call *first, uint32_t rank,
                unsigned port, struct zpl_process *process, struct zpl_buf *message)
{
    struct zpl_arena *arena = first->context->arena;
    const char **defaults = zpl_arena_array(arena, ZPL_PYTHON_DEFAULTS, sizeof *defaults);
    *c = *first;
    c->rank = rank;
    c->process = process;
    c->tag = zpl_arena_printf(arena, "[%u] ", rank);
    c->who = zpl_arena_printf(arena, " of rank %u", rank);
    if (defaults == NULL)
        return zpl_diag_nomem(c->context->diags) != ZPL_OK;
    *process = zpl_python_process(c, defaults);
    process->fixed = rank_variables(c, port);
    process->own_network = zpl_python_is_secluded(c->task);
    if (zpl_python_check(c, process) || zpl_python_call_ask(c, message))
        return 1;
    process->said = zpl_buf_str(message);
    process->said_len = message->len;
    return 0;
}

int zpl_python_gang(const struct zpl_python_call *first)
{
    struct zpl_context *context = first->context;
    uint32_t count = first->task->workers;
    struct zpl_python_call *calls = zpl_arena_array(context->arena, count, sizeof *calls);
    struct zpl_process *processes = zpl_arena_array(context->arena, count, sizeof *processes);
    struct zpl_buf *messages = zpl_arena_array(context->arena, count, sizeof *messages);
    struct zpl_gang gang = {.processes = processes,
                            .count = count,
                            .memory_bytes = first->task->memory_bytes,
                            .verdict = verdict,
                            .printed = printed};
    if (calls == NULL || processes == NULL || messages == NULL)
        return zpl_diag_nomem(context->diags) != ZPL_OK;
    unsigned port = free_port(context->diags);
    int failed = port == 0;
    for (uint32_t i = 0; !failed && i < count; i++)
        failed = join(&calls[i], first, i, port, &processes[i], &messages[i]);
    if (!failed)
        failed = zpl_gang_run(&gang) || tell_gang(&gang, calls);
    for (uint32_t i = 0; i < count; i++) {
        zpl_buf_release(&messages[i]);
        zpl_json_release(calls[i].end);
    }
    return failed;
}
