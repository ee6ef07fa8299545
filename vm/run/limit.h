/* limit.h - what a step takes of limits while it runs: those that its resources name and, where the orchestrator does not
 * give them itself, GPUs of this machine, which are the slots of a limit "gpu" that all runs over the store share.   Floor: vm. */
#ifndef ZPL_VM_RUN_LIMIT_H
#define ZPL_VM_RUN_LIMIT_H

#include "lang/graph/graph.h"
#include "stack/stack.h"

/* Does it take any? */
bool zpl_step_is_limited(const struct zpl_orchestrator *orchestrator, const struct zpl_node *node);
/* All that it takes; *out is in the arena, or the node's own.  NOMEM. */
enum zpl_err zpl_step_limits(const struct zpl_orchestrator *orchestrator,
                             const struct zpl_node *node, struct zpl_arena *arena,
                             const struct zpl_limit_use **out, size_t *count);
/* Does it ask for more GPUs than this machine has?  Told. */
bool zpl_step_lacks_gpus(const struct zpl_orchestrator *orchestrator, const struct zpl_node *node,
                         struct zpl_diags *diags);
/* The GPUs that the step has taken, as CUDA_VISIBLE_DEVICES names them, in the arena; NULL: it asked for none (or no
 * memory: the arena has failed). */
const char *zpl_step_gpus(const struct zpl_orchestrator *orchestrator,
                          const struct zpl_metadata *metadata, const struct zpl_digest *holder,
                          const struct zpl_node *node, struct zpl_arena *arena);

#endif
