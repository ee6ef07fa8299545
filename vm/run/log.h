/* log.h - what a step printed: its head and its tail, however much it was.
 * Owns: both parts, until _release.   Limits: ZPL_LOG_HEAD_BYTES, ZPL_LOG_TAIL_BYTES.
 * Errors: when memory is out the text is dropped and counted.   Floor: vm. */
#ifndef ZPL_VM_RUN_LOG_H
#define ZPL_VM_RUN_LOG_H

#include <stdint.h>
#include "lang/base/buf.h"

struct zpl_log {
    struct zpl_buf head;
    struct zpl_buf tail;
    uint64_t dropped; /* bytes between head and tail */
};
void zpl_log_add(struct zpl_log *log, const char *text, size_t len);
/* Head, a line that tells what was left out, tail. */
void zpl_log_text(const struct zpl_log *log, struct zpl_buf *out);
/* The last `lines` lines. */
void zpl_log_last(const struct zpl_log *log, unsigned lines, struct zpl_buf *out);
/* The same for an error: of a line what a terminal would be left with (what follows a carriage return
 * takes the place of what was before it), and of one over ZPL_LOG_LINE_BYTES its two ends. */
void zpl_log_shown(const struct zpl_log *log, unsigned lines, struct zpl_buf *out);
void zpl_log_release(struct zpl_log *log); /* safe on a zeroed struct */

#endif
