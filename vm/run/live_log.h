/* live_log.h - what a running step has printed so far, where `zpl logs --follow` finds it.
 * A file beside the step's scratch folder, or its group's: log-<run>-<digest of its name> in home/scratch/<owner>/, or in
 * home/spool/<task>/ where steps run elsewhere.  Its first line is the step's name.  It is there from the
 * start of the step until its row, which has the log, is written; what a killed run leaves goes with its
 * scratch.  A reader that has opened it reads on after it was removed.
 * Owns: file and descriptor, until _release.
 * Errors: none; a file that can't be written is no reason to disturb a step.
 * Limits: ZPL_LIVE_LOG_BYTES_MAX.   Floor: vm. */
#ifndef ZPL_VM_RUN_LIVE_LOG_H
#define ZPL_VM_RUN_LIVE_LOG_H

#include <stddef.h>
#include <stdint.h>
#include "lang/base/limits.h"

struct zpl_live_log {
    int fd; /* 0: none */
    uint64_t written;
    char path[ZPL_PATH_MAX];
};
/* `scratch` is the step's own folder. */
void zpl_live_log_begin(struct zpl_live_log *log, const char *scratch, int64_t run,
                        const char *step);
void zpl_live_log_add(struct zpl_live_log *log, const char *text, size_t len);
void zpl_live_log_release(struct zpl_live_log *log); /* safe on a zeroed struct */

/* Opens every one of that run: the descriptor, which is the visitor's, stands behind the name. */
typedef void zpl_live_log_visit(void *self, const char *name, int fd);
void zpl_live_log_each(const char *home, int64_t run, zpl_live_log_visit *visit, void *self);

#endif
