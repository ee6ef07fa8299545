/* leaf.h - new Arrow columns: Float, Bool and String without nulls.
 * Owns: an array takes the buffers it is given; its release frees them.
 * Errors: false when memory is out; the buffers are then freed too.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_LEAF_H
#define ZPL_STDLIB_MODEL_LEAF_H

#include <stdbool.h>
#include <stdint.h>
#include "stdlib/kernel.h"

/* `name` is copied; format "g", "b" or "u". */
bool zpl_leaf_schema(struct ArrowSchema *out, const char *format, const char *name);

/* `values`: doubles for "g", a bit each for "b", count + 1 offsets (int32) for "u" with `bytes`. */
bool zpl_leaf_take(struct ArrowArray *out, int64_t count, void *values, void *bytes);

#endif
