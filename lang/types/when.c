/* when.c - see when.h.   Floor: lang/types. */
#include "lang/types/when.h"

#include <string.h>

static const char *const names[] = {"<=>", "<", "=", "<=", ">", "<>", "=>", "<=>"};

const char *zpl_when_name(uint8_t when)
{
    return names[when & ZPL_WHEN_ANY];
}

uint8_t zpl_when_read(const char *name)
{
    for (uint8_t when = ZPL_WHEN_BEFORE; when <= ZPL_WHEN_ANY; when++)
        if (strcmp(name, names[when]) == 0)
            return when;
    return ZPL_WHEN_UNKNOWN;
}
