/* when.h - which rows a value is computed from, seen from the row that it stands in: bits, 0 for what is not known.
 * Owns: nothing.   Floor: lang/types. */
#ifndef ZPL_TYPES_WHEN_H
#define ZPL_TYPES_WHEN_H

#include <stdint.h>

enum zpl_when {
    ZPL_WHEN_UNKNOWN,    /* as any */
    ZPL_WHEN_BEFORE = 1, /* from rows before it, in the order of a time */
    ZPL_WHEN_SAME = 2,   /* from that row itself */
    ZPL_WHEN_AFTER = 4,  /* from rows after it */
    ZPL_WHEN_ANY = 7
};

/* In JSON: "<", "=", ">", or some of them in this order. */
const char *zpl_when_name(uint8_t when);
/* The other way; ZPL_WHEN_UNKNOWN: it is no such text. */
uint8_t zpl_when_read(const char *name);

#endif
