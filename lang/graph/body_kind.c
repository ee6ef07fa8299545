/* body_kind.c - see body_kind.h.   Floor: lang/graph. */
#include "lang/graph/body_kind.h"

#include <string.h>

static const struct zpl_body_kind none = {.body = ZPL_BODY_NONE};
static const struct zpl_body_kind kinds[] = {
    {ZPL_BODY_COMMAND, "command", "command", .opaque = true, .alone = true, .program = true},
    {ZPL_BODY_LIBRARY, "native", "kernel", .opaque = true, .alone = true, .program = false},
    {ZPL_BODY_LUA, "lua", "lua", .opaque = true, .alone = true, .program = false},
    {ZPL_BODY_PYTHON, "python", "python", .opaque = true, .alone = true, .program = true},
    {ZPL_BODY_SQL, "sql", "sql", .opaque = false, .alone = false, .program = false},
    {ZPL_BODY_PYTHON, "onnx.export", NULL, .opaque = true, .alone = true, .program = true}};
#define KINDS (sizeof kinds / sizeof *kinds)

const struct zpl_body_kind *zpl_body_kind(const char *kernel)
{
    for (size_t i = 0; kernel && i < KINDS; i++)
        if (strcmp(kinds[i].kernel, kernel) == 0)
            return &kinds[i];
    return &none;
}

const struct zpl_body_kind *zpl_body_kind_at(size_t i)
{
    return i < KINDS && kinds[i].field ? &kinds[i] : NULL;
}
