/* gc.h - removes what no kept run needs: artifacts, and environments of Python.
 * Promise: gc and runs exclude each other.  From its look at the runs to its last unlink gc is alone with
 * the store (stack.h, alone_begin), and it does nothing while a run goes on; so no run loses what it has
 * decided on, and what is left under a digest is whole at every instant, a kill included.
 * After it every output of every kept run is there, and the same program with the same params is cached.
 * Owns: texts are in the arena.
 * Errors: ZPL_ERR_BUSY when a run goes on (told); those of the stores.   Floor: vm. */
#ifndef ZPL_VM_STORE_GC_H
#define ZPL_VM_STORE_GC_H

#include "vm/python/envs.h"

/* Kept are, of each pipeline of each file, its `keep` newest runs (at least one), those that began in the
 * last `days`, and the newest that was done. */
struct zpl_gc_options {
    uint32_t keep, days;
    bool dry_run; /* nothing is changed */
};
struct zpl_gc_artifact {
    struct zpl_digest digest;
    uint64_t bytes;
    const struct zpl_made_row *maker; /* the newest; NULL: no row names it */
};
struct zpl_gc {
    size_t runs, runs_kept, runs_gone; /* all; kept; that leave the list */
    const struct zpl_gc_artifact *removed;
    size_t removed_count;
    uint64_t removed_bytes;
    size_t artifacts; /* there were */
    uint64_t bytes;
    const struct zpl_env_gone *envs; /* environments of Python that are removed */
    size_t env_count;
};
enum zpl_err zpl_gc(struct zpl_session *session, const struct zpl_gc_options *options,
                    struct zpl_gc *out, struct zpl_arena *arena);

#endif
