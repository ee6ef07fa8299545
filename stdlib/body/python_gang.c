/* python_gang.c - a function of Python that several processes call together, the first of which speaks for all.  Of
 * those on other machines that machine says what it hears (zpl_python_gang() there), and all is judged by the first.
 * Floor: stdlib. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/limits.h"
#include "stdlib/body/gang.h"
#include "stdlib/body/gang_word.h"
#include "stdlib/body/python.h"
#include "stdlib/body/python_call.h"

static const struct zpl_span nowhere;

bool zpl_python_is_secluded(const struct zpl_run_task *task)
{
    struct zpl_json *body = NULL;
    bool secluded = task->workers > 1 && task->spread.count == 0 && task->body != NULL &&
                    zpl_json_parse(task->body, strcspn(task->body, "\n"), &body, NULL) == ZPL_OK &&
                    !zpl_json_truth(zpl_json_get(body, "network"), false);
    zpl_json_release(body);
    return secluded;
}

uint32_t zpl_python_free_port(bool any, struct zpl_diags *diags)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK)};
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

/* Which of them are here. */
struct place {
    uint32_t first, here;
    size_t machine;
    const char *address;
    uint32_t port;
};

static bool find_place(const struct zpl_run_task *task, struct place *out, struct zpl_diags *diags)
{
    const struct zpl_run_spread *spread = &task->spread;
    *out =
        (struct place){.here = task->workers, .address = "127.0.0.1", .machine = spread->machine};
    if (spread->count == 0) {
        out->port = zpl_python_free_port(false, diags);
        return out->port != 0;
    }
    for (size_t i = 0; i < spread->machine; i++)
        out->first += spread->counts[i];
    out->here = spread->counts[spread->machine];
    out->address = spread->address;
    out->port = spread->port;
    return true;
}

/* Who it is among the others, in the words of torchrun. */
static const char *const *rank_variables(const struct zpl_python_call *c, const struct place *place)
{
    struct zpl_arena *arena = c->context->arena;
    const char **out = zpl_arena_array(arena, 8, sizeof *out);
    if (out == NULL)
        return NULL;
    out[0] = zpl_arena_printf(arena, "RANK=%u", c->rank);
    out[1] = zpl_arena_printf(arena, "LOCAL_RANK=%u", c->rank - place->first);
    out[2] = zpl_arena_printf(arena, "WORLD_SIZE=%u", c->task->workers);
    out[3] = zpl_arena_printf(arena, "LOCAL_WORLD_SIZE=%u", place->here);
    out[4] = zpl_arena_printf(arena, "NODE_RANK=%zu", place->machine);
    out[5] = zpl_arena_printf(arena, "MASTER_ADDR=%s", place->address);
    out[6] = zpl_arena_printf(arena, "MASTER_PORT=%u", place->port);
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

/* ---- a part of it ---- */

static void say(const struct zpl_python_call *c, const struct zpl_gang_word *word)
{
    struct zpl_buf line = {.cap = 2 * (size_t)ZPL_MESSAGE_MAX};
    if (zpl_gang_word_put(&line, word) == ZPL_OK)
        c->task->spread.say(c->task->self, zpl_buf_str(&line), line.len);
    zpl_buf_release(&line);
}

static void pass_heard(void *self, const void *message, size_t len)
{
    const struct zpl_python_call *c = self;
    say(c, &(struct zpl_gang_word){
               .kind = ZPL_GANG_HEARD, .rank = c->rank, .text = message, .len = len});
}

static void pass_printed(void *self, const char *line, size_t len)
{
    const struct zpl_python_call *c = self;
    say(c, &(struct zpl_gang_word){
               .kind = ZPL_GANG_PRINTED, .rank = c->rank, .text = line, .len = len});
}

/* Why all here are ended, before anything is told of one that ended by that. */
static void say_why(const struct zpl_python_call *c)
{
    static const char outside[] = "it was ended from outside";
    const struct zpl_gang *gang = c->gang;
    uint32_t first = c->rank - (uint32_t)(c->process - gang->processes);
    if (gang->over_memory)
        say(c,
            &(struct zpl_gang_word){.kind = ZPL_GANG_OVER, .rank = first + (uint32_t)gang->blamed});
    else if (gang->ended)
        say(c, &(struct zpl_gang_word){
                   .kind = ZPL_GANG_BROKE, .text = outside, .len = sizeof outside - 1});
}

/* Who is to blame is not judged here. */
static enum zpl_gang_verdict pass_end(void *self, bool ended)
{
    const struct zpl_python_call *c = self;
    if (!ended)
        return ZPL_GANG_FINE;
    say_why(c);
    say(c, &(struct zpl_gang_word){.kind = ZPL_GANG_ENDED,
                                   .rank = c->rank,
                                   .status = c->process->status,
                                   .tried = c->process->tried});
    return ZPL_GANG_FINE;
}

/* ---- all of it ---- */

static const char *ranks_words(uint32_t first, uint32_t count, struct zpl_arena *arena)
{
    return count == 1 ? zpl_arena_printf(arena, "rank %u", first)
                      : zpl_arena_printf(arena, "ranks %u %s %u", first, count == 2 ? "and" : "to",
                                         first + count - 1);
}

/* Those on other machines. */
static bool make_parts(const struct zpl_run_spread *spread, struct zpl_gang *gang,
                       struct zpl_arena *arena)
{
    size_t count = spread->count > 0 ? spread->count - 1 : 0;
    uint32_t first = gang->here;
    gang->parts = zpl_arena_array(arena, count + 1, sizeof *gang->parts);
    for (size_t i = 0; gang->parts != NULL && i < count; i++) {
        gang->parts[i] = (struct zpl_gang_part){.machine = spread->names[i + 1],
                                                .first = first,
                                                .count = spread->counts[i + 1],
                                                .stream = spread->streams[i + 1]};
        first += spread->counts[i + 1];
    }
    gang->part_count = gang->parts != NULL ? count : 0;
    return gang->parts != NULL;
}

/* Who is where, for the log. */
static void tell_spread(struct zpl_context *context, const struct zpl_gang *gang)
{
    struct zpl_buf text = {0};
    const struct zpl_run_spread *spread = &context->task->spread;
    zpl_buf_printf(&text, "%s on %s", ranks_words(0, gang->here, context->arena), spread->names[0]);
    for (size_t i = 0; i < gang->part_count; i++)
        zpl_buf_printf(&text, ", %s on %s",
                       ranks_words(gang->parts[i].first, gang->parts[i].count, context->arena),
                       gang->parts[i].machine);
    context->base.log(&context->base, "%s; they have the network of these machines",
                      zpl_buf_str(&text));
    zpl_buf_release(&text);
}

/* A machine with some of them is not there any more, or has said why they are not. */
static int tell_lost(struct zpl_context *context, const struct zpl_gang_part *part, const char *why)
{
    const char *ranks = ranks_words(part->first, part->count, context->arena);
    if (why != NULL)
        return context->base.fail(&context->base, "%s on %s: %s", ranks, part->machine, why);
    context->lost = true;
    return zpl_diag_add(context->diags, ZPL_CODE_STEP_LOST, nowhere, "%s with %s fell silent",
                        part->machine, ranks) != NULL;
}

/* It was ended from outside: that may be for a machine that has not been heard for some time. */
static int tell_ended(struct zpl_context *context, const struct zpl_gang *gang)
{
    for (size_t i = 0; i < gang->part_count; i++)
        if (gang->parts[i].silent)
            return tell_lost(context, &gang->parts[i], NULL);
    return context->base.fail(&context->base, "it was ended from outside");
}

/* What the gang came to: the words of the one that is to blame, last in the log. */
static int tell_gang(const struct zpl_gang *gang, const struct zpl_python_call *calls)
{
    const struct zpl_python_call *worst = gang->blamed >= 0 ? &calls[gang->blamed] : NULL;
    struct zpl_context *context = calls[0].context;
    for (uint32_t i = 0; i < gang->count; i++)
        if (&calls[i] != worst)
            zpl_python_log_trace(&calls[i]);
    if (gang->lost != NULL)
        return tell_lost(context, gang->lost, gang->why);
    if (gang->over_memory)
        return zpl_diag_add(context->diags, ZPL_CODE_STEP_LIMIT, nowhere,
                            "%s: %s()%s was over its memory limit of %llu MiB", worst->file,
                            worst->function, worst->who,
                            (unsigned long long)(gang->memory_bytes >> 20)) != NULL;
    if (worst != NULL)
        return zpl_python_tell(worst, worst->process);
    return gang->ended ? tell_ended(context, gang) : 0;
}

/* Where it is, when that is not here alone. */
static const char *where(const struct zpl_gang *gang, const struct zpl_run_spread *spread,
                         uint32_t i)
{
    const char *name = gang->part_count > 0 ? spread->names[0] : "";
    for (size_t p = 0; p < gang->part_count; p++)
        if (i >= gang->parts[p].first)
            name = gang->parts[p].machine;
    return name;
}

/* The call of one of them; non-zero after telling. */
static int join(struct zpl_python_call *c, const struct zpl_python_call *first,
                const struct place *place, const struct zpl_gang *gang, uint32_t i,
                struct zpl_buf *message)
{
    struct zpl_arena *arena = first->context->arena;
    struct zpl_process *process = &gang->processes[i];
    const char *machine = where(gang, &first->task->spread, i);
    const char **defaults = zpl_arena_array(arena, ZPL_PYTHON_DEFAULTS, sizeof *defaults);
    *c = *first;
    c->rank = place->first + i;
    c->process = process;
    c->gang = gang;
    c->tag = zpl_arena_printf(arena, "[%u] ", c->rank);
    c->who = zpl_arena_printf(arena, " of rank %u%s%s", c->rank, *machine != '\0' ? " on " : "",
                              machine);
    if (defaults == NULL)
        return zpl_diag_nomem(c->context->diags) != ZPL_OK;
    *process = zpl_python_process(c, defaults);
    process->fixed = rank_variables(c, place);
    process->own_network = zpl_python_is_secluded(c->task) || c->task->spread.count > 0;
    if (place->machine > 0)
        process->heard = pass_heard;
    if (zpl_python_check(c, process) || (i < gang->here && zpl_python_call_ask(c, message)))
        return 1;
    process->said = zpl_buf_str(message);
    process->said_len = message->len;
    return 0;
}

int zpl_python_gang(struct zpl_python_call *first)
{
    struct zpl_context *context = first->context;
    struct place place;
    if (!find_place(context->task, &place, context->diags))
        return 1;
    bool part = place.machine > 0;
    uint32_t count = part ? place.here : context->task->workers;
    struct zpl_python_call *calls = zpl_arena_array(context->arena, count, sizeof *calls);
    struct zpl_buf *messages = zpl_arena_array(context->arena, count, sizeof *messages);
    struct zpl_gang gang = {.processes =
                                zpl_arena_array(context->arena, count, sizeof *gang.processes),
                            .count = count,
                            .here = place.here,
                            .memory_bytes = context->task->memory_bytes,
                            .verdict = part ? pass_end : verdict,
                            .printed = part ? pass_printed : printed};
    if (calls == NULL || gang.processes == NULL || messages == NULL ||
        (!part && !make_parts(&context->task->spread, &gang, context->arena)))
        return zpl_diag_nomem(context->diags) != ZPL_OK;
    if (gang.part_count > 0)
        tell_spread(context, &gang);
    int failed = 0;
    for (uint32_t i = 0; !failed && i < count; i++)
        failed = join(&calls[i], first, &place, &gang, i, &messages[i]);
    if (!failed)
        failed = zpl_gang_run(&gang) || (!part && tell_gang(&gang, calls));
    if (!failed && !part)
        first->end = zpl_json_ref(calls[0].end);
    for (uint32_t i = 0; i < count; i++) {
        zpl_buf_release(&messages[i]);
        zpl_json_release(calls[i].end);
    }
    return failed;
}
