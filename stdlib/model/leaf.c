/* leaf.c - making Arrow columns.   Floor: stdlib. */
#include "stdlib/model/leaf.h"

#include <stdlib.h>

#include "lang/base/fault.h"

static void release_schema(struct ArrowSchema *schema)
{
    free((char *)schema->name);
    schema->release = NULL;
}

bool zpl_leaf_schema(struct ArrowSchema *out, const char *format, const char *name)
{
    *out = (struct ArrowSchema){.format = format, .name = zpl_strdup(name)};
    if (!out->name)
        return false;
    out->release = release_schema;
    return true;
}

struct leaf {
    const void *buffers[3]; /* validity (none), values or offsets, bytes */
};

static void release_array(struct ArrowArray *array)
{
    struct leaf *leaf = array->private_data;

    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)leaf->buffers[i]);
    free(leaf);
    array->release = NULL;
}

bool zpl_leaf_take(struct ArrowArray *out, int64_t count, void *values, void *bytes)
{
    struct leaf *leaf = zpl_calloc(1, sizeof *leaf);

    *out = (struct ArrowArray){0};
    if (!leaf) {
        free(values);
        free(bytes);
        return false;
    }
    leaf->buffers[1] = values;
    leaf->buffers[2] = bytes;
    *out = (struct ArrowArray){
        .length = count,
        .n_buffers = bytes ? 3 : 2,
        .buffers = leaf->buffers,
        .release = release_array,
        .private_data = leaf,
    };
    return true;
}
