/* tally.h - how often each text occurs, in two tables or in one.
 * Owns: its texts and counts, until zpl_tally_release().
 * Errors: false when memory is out or the texts are over ZPL_BUF_BYTES_MAX bytes.   Floor: stdlib. */
#ifndef ZPL_STDLIB_MODEL_TALLY_H
#define ZPL_STDLIB_MODEL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/buf.h"

struct zpl_tally_entry {
    size_t begin, len; /* of the text in `texts`; a NUL follows it */
    uint64_t hash;
    uint64_t count[2]; /* in either table */
};
struct zpl_tally {
    struct zpl_buf texts;
    struct zpl_tally_entry *entries; /* in order of first occurrence */
    size_t count, capacity;
    uint32_t *slots;   /* open addressing: 1 + index of an entry, 0 for none */
    size_t slot_count; /* a power of two, or 0 */
};

/* Counts a text of table `side` (0 or 1); *id (may be NULL) is its entry. */
bool zpl_tally_add(struct zpl_tally *tally, const char *text, size_t len, unsigned side,
                   size_t *id);
const char *zpl_tally_text(const struct zpl_tally *tally, size_t id);
/* Entry numbers sorted by the bytes of their texts; the caller frees.  NULL: memory is out. */
size_t *zpl_tally_sorted(const struct zpl_tally *tally);
void zpl_tally_release(struct zpl_tally *tally); /* safe on a zeroed struct */

#endif
