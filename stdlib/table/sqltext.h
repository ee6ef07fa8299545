/* sqltext.h - places in the text of a query, for what the engine tells without one.
 * Owns: nothing.   Errors: none.   Floor: stdlib. */
#ifndef ZPL_TABLE_SQLTEXT_H
#define ZPL_TABLE_SQLTEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The byte where `word` first stands as a word of its own, outside of strings and comments and
 * without regard to case; `sigil` ('$' or 0) stands before it.  -1: nowhere. */
long zpl_sqltext_find(const char *sql, char sigil, const char *word);
/* The same for the last such word before byte `end` (negative: the end of the text). */
long zpl_sqltext_find_last(const char *sql, long end, const char *word);
/* The bytes of the word, quoted name, string or sign that stands at `offset`; at least 1. */
size_t zpl_sqltext_length(const char *sql, size_t offset);
/* The byte where character `n` (from 0) starts. */
size_t zpl_sqltext_byte(const char *sql, size_t n);
/* The bytes of the query without the blanks, comments and semicolons at its end. */
size_t zpl_sqltext_trim(const char *sql);

#endif
