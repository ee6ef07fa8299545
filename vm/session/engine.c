/* engine.c - bind, schema, preview, export and questions to Python as tasks.   Floor: vm. */
#include "vm/session/engine.h"

#include <stdio.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "vm/protocol/protocol.h"

/* How a question ended. */
struct outcome {
    enum zpl_event_kind kind;
    struct zpl_buf reply;
    char reason[96];
};

static const struct zpl_task_needs BIND_NEEDS = {
    .memory_bytes = ZPL_BIND_BYTES_MAX, .timeout_ms = ZPL_BIND_MS_MAX, .tables = true};

/* Starts the task and waits for its end; messages on the way are of no interest here. */
static enum zpl_err ask(struct zpl_session *session, const struct zpl_buf *task,
                        const struct zpl_task_needs *needs, struct outcome *outcome,
                        struct zpl_diags *diags)
{
    struct zpl_orchestrator *orchestrator;
    struct zpl_event event;
    uint64_t number;
    enum zpl_err err = zpl_session_here(session, &orchestrator);
    if (err != ZPL_OK && diags != &session->diags) {
        /* Moved, not copied: the command prints the session's diagnostics too. */
        zpl_diags_append(diags, &session->diags);
        zpl_diags_clear(&session->diags);
    }
    if (err != ZPL_OK)
        return err;
    int64_t begin = zpl_clock_monotonic_ns();
    err = orchestrator->start(orchestrator->self, task->data, task->len, needs, &number, diags);
    while (err == ZPL_OK) {
        err = orchestrator->wait(orchestrator->self, -1, &event, diags);
        if (err == ZPL_OK && event.task == number && event.kind != ZPL_EVENT_MESSAGE)
            break;
    }
    session->engine_ns += zpl_clock_monotonic_ns() - begin;
    if (err == ZPL_ERR_INTERRUPTED)
        orchestrator->cancel(orchestrator->self, number);
    if (err != ZPL_OK)
        return err;
    outcome->kind = event.kind;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", event.reason);
    zpl_buf_add(&outcome->reply, event.data, event.len);
    return zpl_buf_error(&outcome->reply) == ZPL_OK ? ZPL_OK : zpl_diag_nomem(diags);
}

/* What could not be written down as a question: too large, not UTF-8, or memory is out. */
static enum zpl_err unasked(enum zpl_err err, struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    if (err != ZPL_ERR_LIMIT)
        return zpl_diag_nomem(diags);
    zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere,
                 "a question to the database engine is over %u MiB", ZPL_MESSAGE_MAX >> 20);
    return err;
}

/* Why there is no reply, as words about the text that was asked about. */
static const char *gave_up(const struct outcome *outcome, struct zpl_arena *arena)
{
    if (outcome->kind == ZPL_EVENT_TIMEOUT)
        return zpl_arena_printf(arena, "takes longer than %d s to understand",
                                ZPL_BIND_MS_MAX / 1000);
    if (outcome->kind == ZPL_EVENT_MEMORY)
        return zpl_arena_printf(arena, "needs more than %u MiB of memory to understand",
                                (unsigned)(ZPL_BIND_BYTES_MAX >> 20));
    return zpl_arena_printf(arena, "ended the database engine (%s)", outcome->reason);
}

static enum zpl_err bind(void *self, const struct zpl_bind_request *request,
                         struct zpl_bind_answer *answer, struct zpl_arena *arena,
                         struct zpl_diags *diags)
{
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct outcome outcome = {0};
    enum zpl_err err = zpl_task_encode_bind(request, &task);
    err = err == ZPL_OK ? ask(self, &task, &BIND_NEEDS, &outcome, diags) : unasked(err, diags);
    if (err == ZPL_OK && outcome.kind == ZPL_EVENT_DONE) {
        err = zpl_reply_decode_bind(outcome.reply.data, outcome.reply.len, request->table_count,
                                    answer, arena, diags);
    } else if (err == ZPL_OK) {
        const char *words = gave_up(&outcome, arena);
        *answer = (struct zpl_bind_answer){0};
        answer->error.fault = ZPL_BIND_LIMIT;
        answer->error.message =
            words != NULL ? zpl_arena_printf(arena, "this SQL %s", words) : NULL;
        answer->error.offset = -1;
        answer->error.length = 1;
        if (answer->error.message == NULL)
            err = zpl_diag_nomem(diags);
    }
    zpl_buf_release(&outcome.reply);
    zpl_buf_release(&task);
    return err;
}

static enum zpl_err schema(void *self, const struct zpl_schema_request *request,
                           struct zpl_schema_answer *answer, struct zpl_arena *arena,
                           struct zpl_diags *diags)
{
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct outcome outcome = {0};
    enum zpl_err err = zpl_task_encode_schema(request, &task);
    err = err == ZPL_OK ? ask(self, &task, &BIND_NEEDS, &outcome, diags) : unasked(err, diags);
    if (err == ZPL_OK && outcome.kind == ZPL_EVENT_DONE) {
        err = zpl_reply_decode_schema(outcome.reply.data, outcome.reply.len, answer, arena, diags);
    } else if (err == ZPL_OK) {
        *answer = (struct zpl_schema_answer){0};
        answer->error = gave_up(&outcome, arena);
        if (answer->error == NULL)
            err = zpl_diag_nomem(diags);
    }
    zpl_buf_release(&outcome.reply);
    zpl_buf_release(&task);
    return err;
}

/* Asks for JSON; outcome->kind tells whether the worker answered. */
static enum zpl_err ask_json(struct zpl_session *session, const struct zpl_buf *task,
                             const struct zpl_task_needs *needs, struct outcome *outcome,
                             struct zpl_json **out, struct zpl_diags *diags)
{
    enum zpl_err err = ask(session, task, needs, outcome, diags);
    if (err == ZPL_OK && outcome->kind == ZPL_EVENT_DONE)
        err = zpl_reply_decode_json(outcome->reply.data, outcome->reply.len, out, diags);
    return err;
}

enum zpl_err zpl_engine_preview(struct zpl_session *session,
                                const struct zpl_preview_request *request, struct zpl_json **out)
{
    static const struct zpl_task_needs needs = {.timeout_ms = ZPL_PREVIEW_MS_MAX, .tables = true};
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct outcome outcome = {.kind = ZPL_EVENT_DONE};
    *out = NULL;
    enum zpl_err err = zpl_task_encode_preview(request, &task);
    err = err == ZPL_OK ? ask_json(session, &task, &needs, &outcome, out, &session->diags)
                        : unasked(err, &session->diags);
    if (err == ZPL_OK && outcome.kind == ZPL_EVENT_TIMEOUT)
        zpl_diag_add(&session->diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                     "it takes longer than %d s to look at", ZPL_PREVIEW_MS_MAX / 1000);
    else if (err == ZPL_OK && outcome.kind != ZPL_EVENT_DONE)
        zpl_diag_add(&session->diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                     "looking at it ended the engine (%s)", outcome.reason);
    if (err == ZPL_OK && outcome.kind != ZPL_EVENT_DONE)
        err = ZPL_ERR_STEP;
    zpl_buf_release(&outcome.reply);
    zpl_buf_release(&task);
    return err;
}

enum zpl_err zpl_engine_export(struct zpl_session *session,
                               const struct zpl_export_request *request)
{
    static const struct zpl_task_needs needs = {.tables = true};
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct outcome outcome = {.kind = ZPL_EVENT_DONE};
    struct zpl_json *nothing = NULL;
    enum zpl_err err = zpl_task_encode_export(request, &task);
    err = err == ZPL_OK ? ask_json(session, &task, &needs, &outcome, &nothing, &session->diags)
                        : unasked(err, &session->diags);
    if (err == ZPL_OK && outcome.kind != ZPL_EVENT_DONE) {
        zpl_diag_add(&session->diags, ZPL_CODE_WORKER, (struct zpl_span){0},
                     "writing it ended the database engine (%s)", outcome.reason);
        err = ZPL_ERR_STEP;
    }
    zpl_json_release(nothing);
    zpl_buf_release(&outcome.reply);
    zpl_buf_release(&task);
    return err;
}

enum zpl_err zpl_engine_look(struct zpl_session *session, const struct zpl_look_request *request,
                             struct zpl_json **out, struct zpl_diags *diags)
{
    static const struct zpl_task_needs needs = {.memory_bytes = ZPL_BIND_BYTES_MAX,
                                                .timeout_ms = ZPL_LOOK_MS_MAX};
    struct zpl_buf task = {.cap = ZPL_MESSAGE_MAX};
    struct outcome outcome = {.kind = ZPL_EVENT_DONE};
    *out = NULL;
    enum zpl_err err = zpl_task_encode_module(request, &task);
    err = err == ZPL_OK ? ask_json(session, &task, &needs, &outcome, out, diags)
                        : unasked(err, diags);
    if (err == ZPL_OK && outcome.kind != ZPL_EVENT_DONE) {
        struct zpl_span nowhere = {0};
        if (outcome.kind == ZPL_EVENT_TIMEOUT)
            zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere,
                         "Python takes longer than %d s to understand it", ZPL_LOOK_MS_MAX / 1000);
        else
            zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "understanding it ended Python (%s)",
                         outcome.reason);
        err = ZPL_ERR_STEP;
    }
    zpl_buf_release(&outcome.reply);
    zpl_buf_release(&task);
    return err;
}

void zpl_engine_init(struct zpl_engine *engine, struct zpl_session *session)
{
    engine->self = session;
    engine->bind = bind;
    engine->schema = schema;
}
