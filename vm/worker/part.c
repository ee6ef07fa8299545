/* part.c - see part.h.   Floor: vm. */
#include "vm/worker/part.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "stack/flavours.h"
#include "stack/orchestrator/spread.h"
#include "stdlib/body/gang_word.h"
#include "vm/protocol/json_read.h"
#include "vm/protocol/protocol.h"

#define LOOK_MS    50 /* between two looks whether it is still wanted */
#define READ_BYTES (64u << 10)

/* ---- who it is ---- */

static enum zpl_err write_line(struct zpl_buf *line)
{
    zpl_buf_putc(line, '\n');
    return zpl_buf_error(line) == ZPL_OK ? zpl_fs_write_all(STDOUT_FILENO, line->data, line->len)
                                         : ZPL_ERR_NOMEM;
}

static enum zpl_err say_hello(struct zpl_arena *arena)
{
    struct zpl_buf line = {0};
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "v", zpl_json_int(ZPL_PROTOCOL_VERSION));
    zpl_json_set_take(o, "machine", zpl_json_string(zpl_spread_name(arena)));
    zpl_json_set_take(o, "starter", zpl_json_string(zpl_spread_starter()));
    enum zpl_err err = zpl_json_write(o, false, &line);
    zpl_json_release(o);
    if (err == ZPL_OK)
        err = write_line(&line);
    zpl_buf_release(&line);
    return err;
}

bool zpl_part_hello_read(const char *line, struct zpl_part_hello *out, struct zpl_arena *arena)
{
    struct zpl_json *o = NULL;
    bool good = zpl_json_parse(line, strlen(line), &o, NULL) == ZPL_OK &&
                zpl_json_i64(zpl_json_get(o, "v"), 0) == ZPL_PROTOCOL_VERSION;
    *out = (struct zpl_part_hello){.machine = zpl_read_text(o, "machine", arena),
                                   .starter = zpl_read_text(o, "starter", arena)};
    zpl_json_release(o);
    return good && out->machine != NULL && out->starter != NULL;
}

/* ---- what it is told ---- */

/* Reads the one line of standard input; NOT_FOUND: it ended before, or a signal came. */
static enum zpl_err read_task(struct zpl_buf *line, const volatile sig_atomic_t *interrupted)
{
    while (line->len == 0 || line->data[line->len - 1] != '\n') {
        size_t had = line->len;
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        if (*interrupted != 0)
            return ZPL_ERR_NOT_FOUND;
        if (poll(&in, 1, LOOK_MS) <= 0)
            continue;
        char *place = zpl_buf_extend(line, READ_BYTES);
        ssize_t n = place != NULL ? read(STDIN_FILENO, place, READ_BYTES) : 0;
        zpl_buf_truncate(line, had + (n > 0 ? (size_t)n : 0));
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return place != NULL ? ZPL_ERR_NOT_FOUND : ZPL_ERR_NOMEM;
    }
    zpl_buf_truncate(line, line->len - 1);
    return ZPL_OK;
}

/* Nothing more is said once the task is told; the end of standard input is the end of who wants it done. */
static bool is_wanted(void)
{
    char rest;
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&in, 1, 0) <= 0 || in.revents == 0 || read(STDIN_FILENO, &rest, 1) == 1;
}

/* ---- what comes of it ---- */

static void say(enum zpl_gang_word_kind kind, const void *text, size_t len)
{
    struct zpl_buf line = {.cap = 2 * (size_t)ZPL_MESSAGE_MAX};
    if (zpl_gang_word_put(&line, &(struct zpl_gang_word){.kind = kind, .text = text, .len = len}) ==
        ZPL_OK)
        (void)zpl_fs_write_all(STDOUT_FILENO, line.data, line.len); /* nobody may hear it */
    zpl_buf_release(&line);
}

/* Its process answered: what went wrong, if anything did. */
static void say_answer(const struct zpl_event *event)
{
    struct zpl_arena arena = {0};
    struct zpl_diags told = {0};
    struct zpl_run_result none;
    if (zpl_reply_decode_run(event->data, event->len, &none, &arena, &told) != ZPL_OK) {
        const char *why = told.count > 0 ? told.items[0]->message : "no memory";
        say(ZPL_GANG_BROKE, why, strlen(why));
    }
    zpl_diags_release(&told);
    zpl_arena_release(&arena);
}

/* True when it was the last. */
static bool pass_on(const struct zpl_event *event)
{
    if (event->kind == ZPL_EVENT_MESSAGE && event->printed)
        say(ZPL_GANG_NOTED, event->data, event->len);
    else if (event->kind == ZPL_EVENT_MESSAGE)
        (void)zpl_fs_write_all(STDOUT_FILENO, event->data, event->len); /* words already */
    else if (event->kind == ZPL_EVENT_DONE)
        say_answer(event);
    else
        say(ZPL_GANG_BROKE, event->reason, strlen(event->reason));
    return event->kind != ZPL_EVENT_MESSAGE;
}

static enum zpl_err follow(struct zpl_orchestrator *here, uint64_t task,
                           const volatile sig_atomic_t *interrupted, struct zpl_diags *diags)
{
    struct zpl_event event;
    int64_t spoke_ns = 0;
    for (bool over = false; !over;) {
        if (zpl_clock_monotonic_ns() - spoke_ns >= ZPL_ALIVE_MS * ZPL_NS_PER_MS) {
            say(ZPL_GANG_ALIVE, NULL, 0);
            spoke_ns = zpl_clock_monotonic_ns();
        }
        enum zpl_err err = here->wait(here->self, LOOK_MS, &event, diags);
        if (*interrupted != 0 || !is_wanted())
            here->cancel(here->self, task);
        if (err == ZPL_OK)
            over = pass_on(&event);
        else if (err != ZPL_ERR_NOT_FOUND && err != ZPL_ERR_INTERRUPTED)
            return err;
    }
    return ZPL_OK;
}

/* ---- all of it ---- */

/* What its processes may use here. */
static enum zpl_err needs_of(const struct zpl_buf *line, struct zpl_task_needs *needs,
                             struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_task task;
    enum zpl_err err = zpl_task_decode(line->data, line->len, &task, arena, diags);
    if (err != ZPL_OK)
        return err;
    bool part = task.kind == ZPL_TASK_RUN && task.run.spread.machine > 0;
    if (!part) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0}, "a task that is no part of one");
        return ZPL_ERR_INPUT;
    }
    *needs = (struct zpl_task_needs){.memory_bytes = task.run.memory_bytes,
                                     .fresh = true,
                                     .workers = task.run.spread.counts[task.run.spread.machine],
                                     .together = true};
    return ZPL_OK;
}

enum zpl_err zpl_part_serve(struct zpl_zygote *zygote, const volatile sig_atomic_t *interrupted,
                            struct zpl_diags *diags)
{
    struct zpl_stack_config config = {.jobs = 1, .zygote = zygote};
    struct zpl_orchestrator here = {0};
    struct zpl_task_needs needs;
    struct zpl_arena arena = {0};
    struct zpl_buf line = {.cap = ZPL_MESSAGE_MAX + READ_BYTES};
    uint64_t task = 0;
    enum zpl_err err = say_hello(&arena);
    if (err == ZPL_OK)
        err = read_task(&line, interrupted);
    bool wanted = err == ZPL_OK;
    if (wanted)
        err = needs_of(&line, &needs, &arena, diags);
    if (err == ZPL_OK)
        err = zpl_orchestrator_local(&config, &here, diags);
    if (err == ZPL_OK)
        err = here.start(here.self, line.data, line.len, &needs, &task, diags);
    if (err == ZPL_OK)
        err = follow(&here, task, interrupted, diags);
    if (here.release != NULL)
        here.release(here.self);
    zpl_buf_release(&line);
    zpl_arena_release(&arena);
    return wanted ? err : ZPL_OK;
}
