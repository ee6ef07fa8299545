/* catalog.h - the words of a stack: every flavour of every component, and its options.
 * Floor: stack. */
#ifndef ZPL_STACK_CATALOG_H
#define ZPL_STACK_CATALOG_H

#include "lang/types/catalog.h"

/* NULL past the end.  Those of one component stand together, the embedded default first. */
const struct zpl_flavour_info *zpl_flavour_at(size_t i);

#endif
