/* doctor.h - looks the whole store over and says what to do.
 * Promise: every artifact's bytes, and those of every deployed model, are read and held to their digest;
 * without `repair` nothing but what
 * killed processes left in scratch is touched, and runs may go on meanwhile.  With it, outputs whose bytes
 * are wrong or missing are forgotten, so that they are made again when they are needed, and so are damaged rows
 * of the database.  While the database is damaged nothing else is looked at: it would be told by what is not so.
 * Owns: texts are in the arena.
 * Errors: those of a store that can't be opened; ZPL_ERR_BUSY when there is something to repair and a run
 * goes on (told); ZPL_ERR_INTERRUPTED.   Floor: vm. */
#ifndef ZPL_VM_STORE_DOCTOR_H
#define ZPL_VM_STORE_DOCTOR_H

#include <signal.h>
#include "vm/session/session.h"

struct zpl_finding {
    bool problem;  /* else a note: nothing is wrong */
    bool repaired; /* it was a problem until now */
    const char
        *what; /* "artifact", "unreadable", "database", "run", "scratch", "disk", "file", "name",
                         "deployment" */
    const char *words;
    const char *help; /* what to do, or NULL */
};
struct zpl_doctor {
    bool counted; /* runs, artifacts, sound, bytes: else the database is too damaged for it */
    size_t runs, artifacts, sound; /* artifacts whose bytes are what they were */
    uint64_t bytes, free_bytes;
    const struct zpl_finding *findings;
    size_t finding_count;
    size_t problems; /* that are left */
};
enum zpl_err zpl_doctor(struct zpl_session *session, bool repair,
                        const volatile sig_atomic_t *interrupted, struct zpl_doctor *out,
                        struct zpl_arena *arena);

#endif
