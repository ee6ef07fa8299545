/* moment.h - dates and timestamps as people write them.
 * Owns: nothing.   Errors: false for what no calendar has.   Floor: lang/types. */
#ifndef ZPL_TYPES_MOMENT_H
#define ZPL_TYPES_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "2024-02-29" → days since 1970-01-01 in the proleptic Gregorian calendar, years 0001 to 9999. */
bool zpl_date_read(const char *s, size_t n, int64_t *days);
/* "2024-02-29 13:05:00.25", with a T for the space, with "Z", "+02:00" or "-05:30" behind, seconds
 * or the whole time left out → microseconds since 1970-01-01 00:00 UTC. */
bool zpl_timestamp_read(const char *s, size_t n, int64_t *us);

#endif
