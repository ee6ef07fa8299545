/* reach.c - see reach.h.   Floor: vm. */
#include "vm/worker/reach.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stack/orchestrator/spread.h"
#include "stdlib/body/python.h"
#include "vm/protocol/protocol.h"
#include "vm/worker/part.h"

static const struct zpl_span nowhere;

/* One that says nothing.  Of those whose names are not known yet, which of how many. */
static enum zpl_err silent(const struct zpl_run_spread *spread, size_t machine, const char *how,
                           struct zpl_diags *diags)
{
    zpl_diag_add(diags, ZPL_CODE_STEP_LOST, nowhere, "machine %zu of %zu %s", machine + 1,
                 spread->count, how);
    return ZPL_ERR_UNREACHABLE;
}

/* Reads a line, without its end, and nothing behind it. */
static bool read_line(int fd, int64_t until_ns, char *out, size_t size)
{
    for (size_t len = 0; len < size; len++) {
        int64_t left = until_ns - zpl_clock_monotonic_ns();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&ready, 1, (int)(left / ZPL_NS_PER_MS) + 1) < 0 ||
            !(ready.revents & (POLLIN | POLLHUP)) || recv(fd, out + len, 1, 0) != 1)
            return false;
        if (out[len] == '\n') {
            out[len] = '\0';
            return true;
        }
    }
    return false;
}

/* Hears who it is, and by which address it knows this machine. */
static enum zpl_err greet(const struct zpl_run_spread *spread, size_t machine, int64_t until_ns,
                          struct zpl_part_hello *hello, struct zpl_arena *arena,
                          struct zpl_diags *diags)
{
    char line[ZPL_PART_HELLO_MAX];
    if (!read_line(spread->streams[machine], until_ns, line, sizeof line))
        return silent(spread, machine, "did not answer; the log has why, if anybody knows", diags);
    if (!zpl_part_hello_read(line, hello, arena)) {
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                     "machine %zu of %zu has another version of zpl", machine + 1, spread->count);
        return ZPL_ERR_STEP;
    }
    return ZPL_OK;
}

/* One that is gone is an error, no signal. */
static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return false;
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* The part of one machine.  It makes no outputs, and what it is given was held to be whole here. */
static enum zpl_err hand_over(const struct zpl_run_task *task, size_t machine,
                              struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_buf line = {.cap = ZPL_MESSAGE_MAX};
    struct zpl_run_task part = *task;
    struct zpl_run_input *inputs = zpl_arena_array(arena, part.input_count + 1, sizeof *inputs);
    for (size_t i = 0; inputs != NULL && i < part.input_count; i++) {
        inputs[i] = task->inputs[i];
        inputs[i].wants = NULL;
        inputs[i].hold = false;
    }
    part.inputs = inputs;
    part.output_count = 0;
    part.spread.machine = machine;
    if (inputs == NULL || zpl_task_encode_run(&part, &line) != ZPL_OK) {
        zpl_buf_release(&line);
        return zpl_diag_nomem(diags);
    }
    zpl_buf_putc(&line, '\n');
    bool sent = zpl_buf_error(&line) == ZPL_OK &&
                send_all(task->spread.streams[machine], line.data, line.len);
    zpl_buf_release(&line);
    return sent ? ZPL_OK
                : silent(&task->spread, machine, "left before it was told what to do", diags);
}

/* Starts all, so that each takes its time while others do. */
static enum zpl_err start_all(struct zpl_run_task *task, int *streams, struct zpl_arena *arena,
                              struct zpl_diags *diags)
{
    char program[ZPL_PATH_MAX];
    const char *const words[] = {program, "worker", ZPL_PART_WORD, NULL};
    if (zpl_proc_self_path(program) != ZPL_OK)
        return zpl_diag_system(diags, "find", "the program that runs", errno);
    enum zpl_err err = ZPL_OK;
    for (size_t i = 1; err == ZPL_OK && i < task->spread.count; i++)
        err = zpl_spread_start(i, words, arena, &streams[i], diags);
    return err;
}

enum zpl_err zpl_reach(struct zpl_run_task *task, struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_run_spread *spread = &task->spread;
    if (spread->count == 0 || spread->machine > 0)
        return ZPL_OK;
    int64_t until = zpl_clock_monotonic_ns() + ZPL_REACH_MS * ZPL_NS_PER_MS;
    const char **names = zpl_arena_array(arena, spread->count, sizeof *names);
    int *streams = zpl_arena_array(arena, spread->count, sizeof *streams);
    if (names == NULL || streams == NULL)
        return zpl_diag_nomem(diags);
    for (size_t i = 0; i < spread->count; i++)
        streams[i] = -1;
    names[0] = zpl_spread_name(arena);
    spread->names = names;
    spread->streams = streams;
    enum zpl_err err = start_all(task, streams, arena, diags);
    for (size_t i = 1; err == ZPL_OK && i < spread->count; i++) {
        struct zpl_part_hello hello = {0};
        err = greet(spread, i, until, &hello, arena, diags);
        names[i] = hello.machine;
        if (i == 1)
            spread->address = hello.starter;
    }
    if (err == ZPL_OK && (spread->address == NULL || spread->address[0] == '\0'))
        spread->address = names[0];
    if (err == ZPL_OK) {
        spread->port = zpl_python_free_port(true, diags);
        err = spread->port != 0 ? ZPL_OK : ZPL_ERR_STEP;
    }
    for (size_t i = 1; err == ZPL_OK && i < spread->count; i++)
        err = hand_over(task, i, arena, diags);
    return err;
}
