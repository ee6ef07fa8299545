/* envs.h - the environments of Python in the store, and which steps used them.
 * Beside the folder of each stands a list of the keys of the steps that were run in it, so that one goes when no kept run
 * has any of them.  One that is removed is made again when a step wants it.
 * Owns: texts are in the arena.   Errors: SYSTEM, told.   Floor: vm. */
#ifndef ZPL_VM_PYTHON_ENVS_H
#define ZPL_VM_PYTHON_ENVS_H

#include "vm/session/session.h"

/* Notes that the step of that key is run in the environment. */
enum zpl_err zpl_envs_used(const char *folder, const struct zpl_digest *key,
                           struct zpl_diags *diags);

struct zpl_env_gone {
    const char *name; /* of the folder */
    uint64_t bytes;
    bool known; /* did any step use it? */
};
/* Removes those that no step uses whose key `needed` knows, and no process; `dry`: tells which that would be. */
enum zpl_err zpl_envs_collect(struct zpl_session *session, bool dry,
                              bool (*needed)(const void *self, const struct zpl_digest *key),
                              const void *self, const struct zpl_env_gone **out, size_t *count,
                              struct zpl_arena *arena);

#endif
