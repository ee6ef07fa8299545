/* span.h - a place in a text: bytes begin..end of source `source`.
 * Offsets are kept; line and column are derived when a person asks (diag.h).   Floor: base. */
#ifndef ZPL_BASE_SPAN_H
#define ZPL_BASE_SPAN_H

#include <stdint.h>

struct zpl_span {
    uint32_t source; /* 1-based index into struct zpl_sources; 0 means no place */
    uint32_t begin, end;
};

#endif
