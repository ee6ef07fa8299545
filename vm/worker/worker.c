/* worker.c - the loop of a worker process.   Floor: vm. */
#include "vm/worker/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "lang/graph/body_kind.h"
#include "stack/stack.h"
#include "stdlib/body/env.h"
#include "stdlib/body/gang_word.h"
#include "stdlib/body/network.h"
#include "stdlib/body/python.h"
#include "stdlib/body/python_host.h"
#include "stdlib/file/schema.h"
#include "stdlib/query/bind.h"
#include "stdlib/table/duck.h"
#include "vm/protocol/protocol.h"
#include "vm/session/sound.h"
#include "vm/worker/confine.h"
#include "vm/worker/reach.h"

/* Sends one framed message with its kind in front; a driver that is gone is no error of ours. */
static enum zpl_err send_kind(int fd, char kind, const struct zpl_buf *body)
{
    struct zpl_buf frame = {0};
    zpl_buf_putc(&frame, kind);
    zpl_buf_add(&frame, body->data, body->len);
    enum zpl_err err = zpl_buf_error(&frame);
    if (err == ZPL_OK)
        err = zpl_msg_send(fd, frame.data, frame.len, NULL, 0);
    zpl_buf_release(&frame);
    return err;
}

static void send_message(int fd, const struct zpl_note_message *message)
{
    struct zpl_buf body = {0};
    if (zpl_message_encode(message, &body) == ZPL_OK)
        (void)send_kind(fd, ZPL_WORKER_MESSAGE, &body);
    zpl_buf_release(&body);
}

static void on_log(void *self, const char *text, size_t len)
{
    struct zpl_note_message message = {.log = text, .log_len = len, .progress = -1};
    send_message(*(int *)self, &message);
}

static void on_progress(void *self, double fraction, const char *what)
{
    struct zpl_note_message message = {.progress = fraction, .what = what};
    send_message(*(int *)self, &message);
}

/* Of a part of a task: words for who gave it, and the log in such words. */
static void on_word(void *self, const char *line, size_t len)
{
    struct zpl_buf body = {0};
    zpl_buf_add(&body, line, len);
    (void)send_kind(*(int *)self, ZPL_WORKER_MESSAGE, &body);
    zpl_buf_release(&body);
}

static void on_part_log(void *self, const char *text, size_t len)
{
    struct zpl_buf line = {0}, word = {0};
    zpl_buf_add(&line, text, len);
    zpl_buf_putc(&line, '\n');
    if (zpl_gang_word_put(&word, &(struct zpl_gang_word){.kind = ZPL_GANG_NOTED,
                                                         .text = line.data,
                                                         .len = line.len}) == ZPL_OK)
        on_word(self, word.data, word.len);
    zpl_buf_release(&line);
    zpl_buf_release(&word);
}

/* Confines this process, which starts others for its tasks, and makes what those are to be confined by.  The
 * one that is kept is confined once, when it is started. */
static enum zpl_err confine_kept(struct zpl_run_task *run, struct zpl_diags *diags)
{
    enum zpl_err err = zpl_confine_server(run, diags);
    if (err == ZPL_OK)
        err = zpl_confine_fence(run, &run->fence, diags);
    if (err == ZPL_OK && !zpl_python_host_stands())
        err = zpl_confine_group_fence(run, &run->group_fence, diags);
    return err;
}

static void close_fences(struct zpl_run_task *run)
{
    if (run->fence > 0)
        close(run->fence);
    if (run->group_fence > 0)
        close(run->group_fence);
    run->fence = run->group_fence = 0;
}

/* Confines this process to what the task may touch.  A program of the user's opens its connections, or is
 * refused them, in a process of its own. */
static enum zpl_err confine(struct zpl_task *task, struct zpl_diags *diags)
{
    struct zpl_run_task *run = &task->run;
    bool runs = task->kind == ZPL_TASK_RUN;
    bool program = runs && zpl_body_kind(run->kernel)->program;
    bool body = runs && zpl_body_kind(run->kernel)->alone;
    enum zpl_err err = ZPL_OK;
    if (!program)
        err = zpl_network_deny(diags);
    else if (zpl_python_is_secluded(run))
        err = zpl_network_own(diags);
    if (err == ZPL_OK && runs && run->kept)
        err = confine_kept(run, diags);
    else if (err == ZPL_OK && runs)
        err = body ? zpl_confine_body(run, diags) : zpl_confine_builtin(run, diags);
    return err;
}

/* What was stored before this run is read to its end before a step is made of it. */
static enum zpl_err hold_inputs(const struct zpl_run_task *task, struct zpl_diags *diags)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < task->input_count; i++)
        if (task->inputs[i].hold)
            err = zpl_sound_path(task->inputs[i].path, &task->inputs[i].digest, diags);
    return err;
}

/* Runs a decoded task and encodes its answer; *failed when the process should take no other. */
static enum zpl_err answer(int fd, struct zpl_task *task, bool *failed, struct zpl_buf *out,
                           struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_bind_answer bound = {0};
    struct zpl_schema_answer schema = {0};
    struct zpl_run_result made = {0};
    struct zpl_json *seen = NULL;
    if (task->kind == ZPL_TASK_RUN) {
        task->run.self = &fd;
        task->run.log = task->run.spread.machine > 0 ? on_part_log : on_log;
        task->run.spread.say = on_word;
        task->run.progress = on_progress;
    }
    enum zpl_err err =
        task->kind == ZPL_TASK_RUN ? zpl_env_prepare(&task->run, arena, diags) : ZPL_OK;
    task->run.kept = task->kind == ZPL_TASK_RUN && zpl_python_is_kept(&task->run);
    if (err == ZPL_OK && task->kind == ZPL_TASK_RUN)
        err = zpl_reach(&task->run, arena, diags);
    if (err == ZPL_OK)
        err = confine(task, diags);
    if (err != ZPL_OK) {
        *failed = true;
        return zpl_reply_encode_run(err, NULL, diags, out);
    }
    switch (task->kind) {
    case ZPL_TASK_BIND:
        err = zpl_duck_bind(&task->bind, &bound, arena, diags);
        *failed = err != ZPL_OK;
        return zpl_reply_encode_bind(err, &bound, task->bind.table_count, diags, out);
    case ZPL_TASK_SCHEMA:
        err = zpl_duck_schema(&task->schema, &schema, arena, diags);
        *failed = err != ZPL_OK;
        return zpl_reply_encode_schema(err, &schema, diags, out);
    case ZPL_TASK_RUN:
        zpl_look_leave(); /* its memory is none of the step's */
        err = hold_inputs(&task->run, diags);
        if (err == ZPL_OK)
            err = zpl_run_kernel(&task->run, &made, arena, diags);
        if (made.lost)
            err = ZPL_ERR_UNREACHABLE;
        close_fences(&task->run);
        *failed = err != ZPL_OK && !made.unharmed;
        return zpl_reply_encode_run(err, &made, diags, out);
    case ZPL_TASK_PREVIEW:
        err = zpl_preview(&task->preview, &seen, arena, diags);
        *failed = err != ZPL_OK;
        err = zpl_reply_encode_json(err, seen, diags, out);
        zpl_json_release(seen);
        return err;
    case ZPL_TASK_EXPORT:
        err = zpl_export_table(&task->export, arena, diags);
        *failed = err != ZPL_OK;
        return zpl_reply_encode_json(err, NULL, diags, out);
    case ZPL_TASK_MODULE:
        err = zpl_look(&task->look, &seen, arena, diags);
        *failed = err != ZPL_OK;
        err = zpl_reply_encode_json(err, seen, diags, out);
        zpl_json_release(seen);
        return err;
    }
    ZPL_BUG("a task of no kind");
}

/* Sends the answer; one that can't be written or is too long is answered with why. */
static enum zpl_err send_answer(int fd, enum zpl_err encoded, bool *failed, struct zpl_buf *reply)
{
    struct zpl_diags diags = {0};
    struct zpl_span nowhere = {0};
    if (encoded == ZPL_OK && reply->len < ZPL_MESSAGE_MAX)
        return send_kind(fd, *failed ? ZPL_WORKER_LAST : ZPL_WORKER_REPLY, reply);
    *failed = true;
    zpl_buf_clear(reply);
    if (encoded == ZPL_OK || encoded == ZPL_ERR_LIMIT)
        zpl_diag_add(&diags, ZPL_CODE_WORKER, nowhere, "its answer is over %u MiB",
                     ZPL_MESSAGE_MAX >> 20);
    else
        zpl_diag_nomem(&diags);
    enum zpl_err err = zpl_reply_encode_run(ZPL_ERR_STEP, NULL, &diags, reply);
    if (err == ZPL_OK)
        err = send_kind(fd, ZPL_WORKER_LAST, reply);
    zpl_diags_release(&diags);
    return err;
}

/* One task, one answer.  After a failure the process is not used again: *last. */
static enum zpl_err serve(int fd, const struct zpl_buf *message, bool *last)
{
    struct zpl_arena arena = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf reply = {.cap = ZPL_MESSAGE_MAX};
    struct zpl_task task;
    enum zpl_err err = zpl_task_decode(message->data, message->len, &task, &arena, &diags);
    *last = err != ZPL_OK;
    if (err != ZPL_OK)
        err = zpl_reply_encode_run(err, NULL, &diags, &reply);
    else
        err = answer(fd, &task, last, &reply, &arena, &diags);
    fflush(stdout); /* what libraries printed belongs to this task */
    err = send_answer(fd, err, last, &reply);
    zpl_buf_release(&reply);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return err;
}

void zpl_worker_prepare(void)
{
    struct zpl_json *json = NULL;
    (void)zpl_digest_of("", 0);
    if (zpl_json_parse("{}", 2, &json, NULL) == ZPL_OK)
        zpl_json_release(json);
}

void zpl_worker_ready_tables(void)
{
    zpl_duck_ready();
}

/* Until the driver closes its end, or a task failed. */
int zpl_worker_loop(int fd)
{
    struct zpl_buf message = {.cap = ZPL_MESSAGE_MAX};
    enum zpl_err err = ZPL_OK;
    bool last = false;
    while (err == ZPL_OK && !last) {
        err = zpl_msg_recv(fd, &message, NULL, NULL);
        if (err == ZPL_OK)
            err = serve(fd, &message, &last);
    }
    zpl_buf_release(&message);
    return err == ZPL_OK || err == ZPL_ERR_NOT_FOUND ? 0 : 1;
}
