/* flavours.h - the flavours of each component; open.c chooses one.
 * Each fills the struct it is given (zeroed after an error).   Floor: stack. */
#ifndef ZPL_STACK_FLAVOURS_H
#define ZPL_STACK_FLAVOURS_H

#include "stack/stack.h"

enum zpl_err zpl_orchestrator_local(const struct zpl_stack_config *config,
                                    struct zpl_orchestrator *out, struct zpl_diags *diags);
enum zpl_err zpl_orchestrator_slurm(const struct zpl_stack_config *config,
                                    struct zpl_orchestrator *out, struct zpl_diags *diags);
enum zpl_err zpl_metadata_sqlite(const struct zpl_stack_config *config, bool write,
                                 struct zpl_metadata *out, struct zpl_diags *diags);
enum zpl_err zpl_artifacts_folder(const struct zpl_stack_config *config, struct zpl_artifacts *out,
                                  struct zpl_diags *diags);
enum zpl_err zpl_deployer_folder(const struct zpl_stack_config *config, struct zpl_deployer *out,
                                 struct zpl_diags *diags);

#endif
