/* limit.c - see limit.h.   Floor: vm. */
#include "vm/run/limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/limits.h"
#include "vm/plan/python_step.h"

#define GPU "gpu" /* a word of resources, so no limit of a project's has the name */

/* GPUs of this machine that it asks for, all its workers together. */
static uint64_t gpus_here(const struct zpl_orchestrator *orchestrator, const struct zpl_node *node)
{
    return orchestrator->gpus != NULL ? (uint64_t)node->resources.gpu * zpl_node_workers(node) : 0;
}

bool zpl_step_is_limited(const struct zpl_orchestrator *orchestrator, const struct zpl_node *node)
{
    return node->resources.limit_count > 0 || gpus_here(orchestrator, node) > 0;
}

enum zpl_err zpl_step_limits(const struct zpl_orchestrator *orchestrator,
                             const struct zpl_node *node, struct zpl_arena *arena,
                             const struct zpl_limit_use **out, size_t *count)
{
    const struct zpl_resources *resources = &node->resources;
    uint64_t gpus = gpus_here(orchestrator, node);
    *out = resources->limits;
    *count = resources->limit_count;
    if (gpus == 0)
        return ZPL_OK;
    struct zpl_limit_use *all = zpl_arena_array(arena, *count + 1, sizeof *all);
    if (all == NULL)
        return ZPL_ERR_NOMEM;
    if (*count > 0)
        memcpy(all, resources->limits, *count * sizeof *all);
    all[(*count)++] = (struct zpl_limit_use){
        .name = GPU, .slots = (uint32_t)gpus, .of = (uint32_t)orchestrator->gpu_count};
    *out = all;
    return ZPL_OK;
}

bool zpl_step_lacks_gpus(const struct zpl_orchestrator *orchestrator, const struct zpl_node *node,
                         struct zpl_diags *diags)
{
    static const struct zpl_span nowhere;
    uint64_t gpus = gpus_here(orchestrator, node);
    char has[32] = "none";
    if (gpus <= orchestrator->gpu_count)
        return false;
    if (orchestrator->gpu_count > 0)
        snprintf(has, sizeof has, "%zu", orchestrator->gpu_count);
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, nowhere,
                                         "it asks for %" PRIu64 " GPU%s, and this machine has %s",
                                         gpus, gpus == 1 ? "" : "s", has);
    zpl_diag_help(diags, diag,
                  "run it where they are (`zpl run --stack NAME`), or take `gpu` out of its "
                  "resources. GPUs are "
                  "those that CUDA_VISIBLE_DEVICES names, else /dev/nvidia0 …");
    return true;
}

const char *zpl_step_gpus(const struct zpl_orchestrator *orchestrator,
                          const struct zpl_metadata *metadata, const struct zpl_digest *holder,
                          const struct zpl_node *node, struct zpl_arena *arena)
{
    uint32_t which[ZPL_GPUS_MAX];
    const char *names = NULL;
    if (gpus_here(orchestrator, node) == 0)
        return NULL;
    size_t count = metadata->slots_of(metadata->self, holder, GPU, which, ZPL_GPUS_MAX);
    for (size_t i = 0; i < count; i++)
        names = i == 0 ? zpl_arena_strdup(arena, orchestrator->gpus[which[i]])
                       : zpl_arena_printf(arena, "%s,%s", names, orchestrator->gpus[which[i]]);
    return names;
}
