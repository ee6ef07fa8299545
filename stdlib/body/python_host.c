/* python_host.c - see python_host.h.   Floor: stdlib. */
#include "stdlib/body/python_host.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/proc.h"
#include "stdlib/body/network.h"

static const struct zpl_span nowhere;

/* The one of this process. */
static struct {
    struct zpl_process_kept kept;
    int end; /* a descriptor of its process, by which its end is seen */
    bool stands;
} host;

/* A call under way. */
struct calling {
    struct zpl_process *process;
    int talk;   /* to the process of the call; -1: it says no more */
    bool ended; /* with process->status */
};

bool zpl_python_host_stands(void)
{
    return host.stands;
}

/* ---- its end ---- */

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int say(int fd, const struct zpl_json *frame, const int *fds, size_t count)
{
    struct zpl_buf message = {0};
    bool fine = zpl_json_write(frame, false, &message) == ZPL_OK &&
                zpl_msg_send(fd, message.data, message.len, fds, count) == ZPL_OK;
    zpl_buf_release(&message);
    return fine ? 0 : 1;
}

/* It is gone, and so is the call that it was to make. */
static void bury(struct calling *c)
{
    host.stands = false;
    shut(&host.kept.talk);
    shut(&c->talk); /* what says nonsense ends when nobody hears it */
    while (waitpid(host.kept.pid, &c->process->status, 0) < 0 && errno == EINTR)
        ;
    shut(&host.kept.listener);
    shut(&host.end);
    c->ended = true;
}

/* ---- a call ---- */

/* Takes one message of the call; one that is none, and the end, is the last. */
static void hear_call(struct calling *c)
{
    struct zpl_buf message = {.cap = ZPL_MESSAGE_MAX};
    if (zpl_msg_recv(c->talk, &message, NULL, NULL) == ZPL_OK)
        c->process->heard(c->process->self, message.data, message.len);
    else
        shut(&c->talk);
    zpl_buf_release(&message);
}

/* {"ended": STATUS}: the process of the call is gone, with all that it started; or the host has begun. */
static void hear_host(struct calling *c)
{
    struct zpl_buf message = {.cap = ZPL_MESSAGE_MAX};
    struct zpl_json *said = NULL;
    if (zpl_msg_recv(host.kept.talk, &message, NULL, NULL) == ZPL_OK &&
        zpl_json_parse(message.data, message.len, &said, NULL) == ZPL_OK &&
        zpl_json_get(said, "ended") != NULL) {
        c->process->status = (int)zpl_json_i64(zpl_json_get(said, "ended"), 0);
        c->ended = true;
    } else {
        bury(c);
    }
    zpl_json_release(said);
    zpl_buf_release(&message);
}

/* Hears call and host, and refuses the connections that are tried, until the call has ended; what it said until
 * then is there by then. */
static void attend(struct calling *c)
{
    for (;;) {
        struct pollfd fds[4] = {{.fd = c->talk, .events = POLLIN},
                                {.fd = host.kept.listener, .events = POLLIN},
                                {.fd = c->ended ? -1 : host.kept.talk, .events = POLLIN},
                                {.fd = c->ended ? -1 : host.end, .events = POLLIN}};
        int ready = poll(fds, 4, c->ended ? 0 : -1);
        if (ready < 0 && errno != EINTR)
            return;
        if (ready <= 0 && c->ended)
            return;
        if (ready <= 0)
            continue;
        if (fds[1].revents & POLLIN)
            c->process->tried = zpl_network_refuse(host.kept.listener) || c->process->tried;
        else if (fds[1].revents & POLLHUP)
            shut(&host.kept.listener);
        else if (fds[0].revents)
            hear_call(c);
        else if (fds[2].revents)
            hear_host(c);
        else if (fds[3].revents)
            bury(c);
    }
}

/* What it starts has no network by the filter that it was started with; this process needs none either. */
static int begin(const struct zpl_python_host_call *call, struct calling *c)
{
    struct zpl_process first = *call->process;
    first.fence = call->group_fence;
    first.tmp = call->tmp;
    if (zpl_process_keep(&first, &host.kept) != 0)
        return 1;
    host.end = (int)syscall(SYS_pidfd_open, host.kept.pid, 0);
    host.stands = host.end >= 0;
    if (!host.stands)
        return zpl_diag_system(call->process->diags, "watch", "a process of Python", errno) !=
               ZPL_OK;
    if (zpl_network_deny(call->process->diags) != ZPL_OK)
        return 1;
    (void)say(host.kept.talk, call->first, NULL, 0); /* or it has ended, which is seen */
    attend(c);
    c->ended = !host.stands;
    return 0;
}

/* Hands the call over: an end to talk by, and the fence. */
static int hand_over(const struct zpl_python_host_call *call, struct calling *c)
{
    struct zpl_json *frame = zpl_json_object();
    int pair[2], fds[2];
    if (zpl_proc_cloexec_pair(pair) != ZPL_OK) {
        zpl_json_release(frame);
        return zpl_diag_system(call->process->diags, "make sockets for", "a call", errno) != ZPL_OK;
    }
    fds[0] = pair[1];
    fds[1] = call->fence;
    const struct zpl_json *models = zpl_json_get(call->first, "models");
    zpl_json_set_take(frame, "call", zpl_json_bool(true));
    zpl_json_set_take(frame, "models", models != NULL ? zpl_json_ref(models) : zpl_json_array());
    (void)say(host.kept.talk, frame, fds, call->fence > 0 ? 2 : 1); /* an end is seen */
    close(pair[1]);
    c->talk = pair[0];
    if (zpl_msg_send(c->talk, call->process->said, call->process->said_len, NULL, 0) != ZPL_OK &&
        errno != EPIPE)
        shut(&c->talk); /* so that it does not wait */
    zpl_json_release(frame);
    return 0;
}

int zpl_python_host_call(const struct zpl_python_host_call *call)
{
    struct calling c = {.process = call->process, .talk = -1};
    if (zpl_fs_mkdirs(call->process->tmp, call->process->diags) != ZPL_OK)
        return 1;
    if (!host.stands && begin(call, &c) != 0)
        return 1;
    if (!c.ended && hand_over(call, &c) != 0)
        return 1;
    if (!c.ended)
        attend(&c);
    shut(&c.talk);
    if (c.ended)
        return 0;
    zpl_diag_add(call->process->diags, ZPL_CODE_STEP_FAILED, nowhere,
                 "the process of a call can't be heard: %s", strerror(errno));
    return 1;
}
