#include "lang/base/err.h"
#include <stdio.h>
#include <stdlib.h>

void zpl_bug_(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: bug in zpl: %s\n", file, line, why);
    abort();
}
