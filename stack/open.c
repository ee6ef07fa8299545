/* open.c - the one place that knows which flavours there are.   Floor: stack. */
#include <string.h>
#include "lang/base/err.h"
#include "stack/flavours.h"

enum zpl_err zpl_orchestrator_open(const struct zpl_stack_config *config,
                                   struct zpl_orchestrator *out, struct zpl_diags *diags)
{
    if (!config->orchestrator || strcmp(config->orchestrator, "here") == 0)
        return zpl_orchestrator_local(config, out, diags);
    if (strcmp(config->orchestrator, "slurm") == 0)
        return zpl_orchestrator_slurm(config, out, diags);
    ZPL_BUG("an orchestrator that the catalog says opens");
}

enum zpl_err zpl_metadata_open(const struct zpl_stack_config *config, bool write,
                               struct zpl_metadata *out, struct zpl_diags *diags)
{
    return zpl_metadata_sqlite(config, write, out, diags);
}

enum zpl_err zpl_artifacts_open(const struct zpl_stack_config *config, struct zpl_artifacts *out,
                                struct zpl_diags *diags)
{
    return zpl_artifacts_folder(config, out, diags);
}

enum zpl_err zpl_deployer_open(const struct zpl_stack_config *config, struct zpl_deployer *out,
                               struct zpl_diags *diags)
{
    return zpl_deployer_folder(config, out, diags);
}

/* Workers first: they may still write what the stores hold. */
void zpl_stack_release(struct zpl_stack *stack)
{
    if (stack->orchestrator.release)
        stack->orchestrator.release(stack->orchestrator.self);
    if (stack->deployer.release)
        stack->deployer.release(stack->deployer.self);
    if (stack->artifacts.release)
        stack->artifacts.release(stack->artifacts.self);
    if (stack->metadata.release)
        stack->metadata.release(stack->metadata.self);
    *stack = (struct zpl_stack){0};
}
