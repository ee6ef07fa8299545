#include "lang/base/proc.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"

#define FRAME_SIZE 4

/* Room for the control message that carries descriptors, aligned as the kernel wants it. */
union control {
    char bytes[CMSG_SPACE(sizeof(int) * ZPL_MESSAGE_FDS_MAX)];
    struct cmsghdr align;
};

enum zpl_err zpl_proc_cloexec_pair(int fds[2])
{
    if (!zpl_fault(ZPL_FAULT_OPEN) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0)
        return ZPL_OK;
    fds[0] = fds[1] = -1;
    return ZPL_ERR_IO;
}

/* After a failed call on a socket: true if it is worth another try, once the socket is ready. */
static bool try_again(int fd, short events)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    struct pollfd ready = {.fd = fd, .events = events};
    return poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

/* Puts the descriptors into the header, if there are any. */
static void attach(struct msghdr *msg, union control *control, const int *fds, size_t nfds)
{
    if (nfds == 0)
        return;
    msg->msg_control = control->bytes;
    msg->msg_controllen = CMSG_SPACE(sizeof *fds * nfds);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof *fds * nfds);
    memcpy(CMSG_DATA(cmsg), fds, sizeof *fds * nfds);
}

enum zpl_err zpl_msg_send(int fd, const void *data, size_t len, const int *fds, size_t nfds)
{
    if (len > ZPL_MESSAGE_MAX || nfds > ZPL_MESSAGE_FDS_MAX)
        return ZPL_ERR_LIMIT;
    unsigned char frame[FRAME_SIZE];
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (unsigned char)(len >> (8 * i));
    /* Frame and bytes in one call, so that a short message costs one. */
    struct iovec parts[] = {{.iov_base = frame, .iov_len = sizeof frame},
                            {.iov_base = (void *)data, .iov_len = len}};
    struct msghdr msg = {.msg_iov = parts, .msg_iovlen = 2};
    union control control = {0};
    attach(&msg, &control, fds, nfds);
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t n = zpl_fault(ZPL_FAULT_WRITE) ? -1 : sendmsg(fd, &msg, MSG_NOSIGNAL);
        if (n < 0) {
            if (try_again(fd, POLLOUT))
                continue;
            return ZPL_ERR_IO;
        }
        /* The descriptors went with the first byte. */
        msg.msg_control = NULL;
        msg.msg_controllen = 0;
        for (size_t i = 0, rest = (size_t)n; i < 2 && rest > 0; i++) {
            size_t gone = rest < parts[i].iov_len ? rest : parts[i].iov_len;
            parts[i].iov_base = (char *)parts[i].iov_base + gone;
            parts[i].iov_len -= gone;
            rest -= gone;
        }
    }
    return ZPL_OK;
}

/* Descriptors that came with a message, up to the room the caller has. */
struct received {
    int *fds;
    size_t room, count;
    bool too_many;
};

/* Takes the descriptors out of a received header and closes those that don't fit. */
static void detach(struct msghdr *msg, struct received *received)
{
    if (msg->msg_flags & MSG_CTRUNC)
        received->too_many = true;
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
            if (received->count < received->room) {
                received->fds[received->count++] = fd;
            } else {
                received->too_many = true;
                close(fd);
            }
        }
    }
}

/* Reads exactly len bytes.  ZPL_ERR_NOT_FOUND if the stream ends before the first of them,
 * ZPL_ERR_IO with ECONNRESET if it ends inside. */
static enum zpl_err receive(int fd, char *data, size_t len, struct received *received)
{
    for (size_t got = 0; got < len;) {
        struct iovec part = {.iov_base = data + got, .iov_len = len - got};
        union control control;
        struct msghdr msg = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
        ssize_t n = zpl_fault(ZPL_FAULT_READ) ? -1 : recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
        if (n < 0) {
            if (try_again(fd, POLLIN))
                continue;
            return ZPL_ERR_IO;
        }
        detach(&msg, received);
        if (n == 0) {
            errno = ECONNRESET;
            return got == 0 ? ZPL_ERR_NOT_FOUND : ZPL_ERR_IO;
        }
        got += (size_t)n;
    }
    return ZPL_OK;
}

enum zpl_err zpl_msg_recv(int fd, struct zpl_buf *out, int *fds, size_t *nfds)
{
    struct received received = {.fds = fds, .room = fds && nfds ? *nfds : 0};
    unsigned char frame[FRAME_SIZE];
    zpl_buf_clear(out);
    enum zpl_err err = receive(fd, (char *)frame, sizeof frame, &received);
    if (err != ZPL_OK)
        goto done;
    size_t len = zpl_buf_number(frame, sizeof frame);
    err = ZPL_ERR_LIMIT;
    if (len > ZPL_MESSAGE_MAX || received.too_many)
        goto done;
    char *data = zpl_buf_extend(out, len);
    err = data ? receive(fd, data, len, &received) : zpl_buf_error(out);
    if (err == ZPL_ERR_NOT_FOUND)
        err = ZPL_ERR_IO;
    else if (err == ZPL_OK && received.too_many)
        err = ZPL_ERR_LIMIT;
done:
    if (err != ZPL_OK) {
        int error = errno;
        while (received.count > 0)
            close(received.fds[--received.count]);
        zpl_buf_clear(out);
        errno = error;
    }
    if (nfds)
        *nfds = received.count;
    return err;
}

const char *zpl_proc_exit_words(int wait_status, char out[ZPL_EXIT_WORDS_SIZE])
{
    if (!WIFSIGNALED(wait_status)) {
        snprintf(out, ZPL_EXIT_WORDS_SIZE, "exit code %d", WEXITSTATUS(wait_status));
        return out;
    }
    int signal = WTERMSIG(wait_status);
    const char *name = sigabbrev_np(signal);
    if (name)
        snprintf(out, ZPL_EXIT_WORDS_SIZE, "signal %d (SIG%s)", signal, name);
    else
        snprintf(out, ZPL_EXIT_WORDS_SIZE, "signal %d", signal);
    return out;
}

enum zpl_err zpl_proc_self_path(char out[ZPL_PATH_MAX])
{
    static char known[ZPL_PATH_MAX]; /* forked processes have it too */
    if (known[0] == '\0') {
        ssize_t n = readlink("/proc/self/exe", out, ZPL_PATH_MAX);
        if (n < 0)
            return ZPL_ERR_IO;
        if (n == ZPL_PATH_MAX)
            return ZPL_ERR_LIMIT;
        memcpy(known, out, (size_t)n);
    }
    memcpy(out, known, sizeof known);
    return ZPL_OK;
}
