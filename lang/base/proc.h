/* proc.h - framed messages between processes, and how a process ended.
 * Promise: a message arrives whole, with its descriptors, or not at all; a dead peer is an error
 * code, never a signal.
 * Owns: nothing; descriptors belong to the caller and are CLOEXEC.
 * Errors: by return value with errno for ZPL_ERR_IO: the caller knows who the peer was and says so.
 * Limits: ZPL_MESSAGE_MAX, ZPL_MESSAGE_FDS_MAX.   Floor: base. */
#ifndef ZPL_BASE_PROC_H
#define ZPL_BASE_PROC_H

#include <stddef.h>
#include "lang/base/buf.h"
#include "lang/base/err.h"
#include "lang/base/limits.h"

#define ZPL_EXIT_WORDS_SIZE 64

/* A pair of connected stream sockets, both CLOEXEC.  ZPL_ERR_IO; then both are -1. */
enum zpl_err zpl_proc_cloexec_pair(int fds[2]);

/* Sends one message: a u32 length (little-endian), then the bytes.  `fds` (may be NULL when nfds is
 * 0) are borrowed and travel with the length.  Blocks until all is written, also on a non-blocking
 * socket.  ZPL_ERR_LIMIT over a limit (nothing was sent), ZPL_ERR_IO (EPIPE: the peer is gone). */
enum zpl_err zpl_msg_send(int fd, const void *data, size_t len, const int *fds, size_t nfds);

/* Receives one message into `out`, which is cleared first.  `*nfds` tells how many descriptors fit
 * into `fds` and then how many came; they are the caller's.  Both may be NULL for none.
 * ZPL_ERR_NOT_FOUND when the peer closed between messages; ZPL_ERR_LIMIT for a message over
 * ZPL_MESSAGE_MAX or with more descriptors than fit; ZPL_ERR_NOMEM; ZPL_ERR_IO (ECONNRESET: the
 * peer ended inside a message).  After an error no descriptor is left open, *nfds is 0, and the
 * stream is out of step: close it. */
enum zpl_err zpl_msg_recv(int fd, struct zpl_buf *out, int *fds, size_t *nfds);

/* How a process ended, from the status of waitpid: "exit code 3", "signal 11 (SIGSEGV)".
 * Returns `out`. */
const char *zpl_proc_exit_words(int wait_status, char out[ZPL_EXIT_WORDS_SIZE]);

/* The path of the running program, as it was when this process or one that it was forked from first asked.
 * ZPL_ERR_IO, ZPL_ERR_LIMIT. */
enum zpl_err zpl_proc_self_path(char out[ZPL_PATH_MAX]);

#endif
