/* feed_plain.h - rows of an Arrow array without its dictionaries; for feed_arrow.c.  DuckDB's reading of a
 * dictionary loses nulls behind the first chunk, and ends the process where one is within a list.
 * Owns: nothing: views refer to the array they are of, and what is made anew is in the caller's arena.
 * Errors: NULL when memory is out; *why for an index that the dictionary does not have.
 * Floor: stdlib. */
#ifndef ZPL_TABLE_FEED_PLAIN_H
#define ZPL_TABLE_FEED_PLAIN_H

#include "lang/base/arena.h"
#include "stdlib/kernel.h"

/* The schema with the values' own formats in the place of dictionaries.  Not to be released. */
struct ArrowSchema *zpl_plain_schema(const struct ArrowSchema *schema, struct zpl_arena *arena);
/* Values [at, at + count) of an array of that schema (which has its dictionaries), counted from the
 * array's own offset.  Not to be released. */
struct ArrowArray *zpl_plain_array(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                   int64_t at, int64_t count, struct zpl_arena *arena,
                                   const char **why);

/* Is the value at `at`, counted from the buffers' begin, a null? */
bool zpl_plain_is_null(const struct ArrowArray *array, int64_t at);
/* Where value `at` of texts or lists, of the wide or narrow kind, begins and, one further, ends. */
int64_t zpl_plain_offset(const struct ArrowArray *array, bool wide, int64_t at);

#endif
