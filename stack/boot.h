/* boot.h - which start of the machine this is.
 * What was written and not synced may be torn by a power loss, which nothing outlives but the disk: what a
 * later start reads came from there.  Floor: stack. */
#ifndef ZPL_STACK_BOOT_H
#define ZPL_STACK_BOOT_H

#include <stdbool.h>
#include "stack/stack.h"

#define ZPL_BOOT_SIZE 64

/* Its name; "" when nobody knows. */
void zpl_boot_name(const struct zpl_stack_config *config, char out[ZPL_BOOT_SIZE]);
/* Is `name` (NULL: none) for sure that of this start? */
bool zpl_boot_is(const struct zpl_stack_config *config, const char *name);

#endif
