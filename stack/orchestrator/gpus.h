/* gpus.h - the GPUs of this machine, by the names that CUDA_VISIBLE_DEVICES takes.
 * CUDA_VISIBLE_DEVICES, where it is set, says which; else each /dev/nvidia<N> is one, and where the driver of AMD
 * is (/dev/kfd) each /dev/dri/renderD<N>.   Limits: ZPL_GPUS_MAX.   Floor: stack. */
#ifndef ZPL_STACK_ORCHESTRATOR_GPUS_H
#define ZPL_STACK_ORCHESTRATOR_GPUS_H

#include <stddef.h>
#include "lang/base/limits.h"

struct zpl_gpus {
    size_t count;
    char names[ZPL_GPUS_MAX][ZPL_GPU_NAME_SIZE];
    const char *list[ZPL_GPUS_MAX]; /* of these */
};
void zpl_gpus_find(struct zpl_gpus *out);

#endif
