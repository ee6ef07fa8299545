/* show.h - how types are written, for types and for signatures.
 * Owns: nothing.   Floor: lang/types, private to it. */
#ifndef ZPL_TYPES_SHOW_H
#define ZPL_TYPES_SHOW_H

#include "lang/types/signature.h"

struct zpl_shower {
    struct zpl_buf *out;
    bool brief;
    bool quote_labels; /* inside a signature, where a bare label of an input is a variable */
};

void zpl_shower_type(const struct zpl_shower *s, const struct zpl_type *type);

#endif
