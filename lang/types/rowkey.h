/* rowkey.h - columns of a table that tell its rows apart: no two rows have the same values in all of them, a
 * null being a value like any other.  Of a column that is declared `unique` nulls are believed to be no more
 * than one.   Owns: nothing.   Floor: lang/types. */
#ifndef ZPL_TYPES_ROWKEY_H
#define ZPL_TYPES_ROWKEY_H

#include <stddef.h>
#include <stdint.h>

struct zpl_row_key {
    const uint32_t *columns; /* their places in the row */
    size_t count;            /* 0: there is at most one row */
};
/* Of one table, and columns of one key: what is more is not known. */
#define ZPL_ROW_KEYS_MAX        8
#define ZPL_ROW_KEY_COLUMNS_MAX 16

#endif
