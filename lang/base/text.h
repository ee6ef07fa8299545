/* text.h - UTF-8, names, distances, numbers as people write them.
 * Owns: nothing.   Errors: by return value.   Floor: base. */
#ifndef ZPL_BASE_TEXT_H
#define ZPL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/buf.h"

/* Decodes one code point of s[0..n); returns its bytes (1 for an invalid byte, *cp = 0xFFFD; 0 and
 * 0xFFFD when n is 0).  Overlong forms and surrogates are invalid. */
size_t zpl_utf8_next(const char *s, size_t n, uint32_t *cp);
bool zpl_utf8_valid(const char *s, size_t n);
/* Columns a terminal gives the code point: 0 combining, 2 wide, else 1. */
int zpl_utf8_width(uint32_t cp);
/* Characters (code points) in s[0..n). */
size_t zpl_utf8_length(const char *s, size_t n);

/* Edits (insert, delete, replace, swap neighbours; no place edited twice) from a to b, without
 * regard to ASCII case, at most `limit` + 1; words over ZPL_NAME_MAX bytes are `limit` + 1 apart. */
int zpl_text_distance(const char *a, const char *b, int limit);
/* The nearest of `count` candidates to `word`, else the only one that begins with it; NULL if none is near
 * enough to suggest. */
const char *zpl_text_nearest(const char *word, const char *const *candidates, size_t count);

/* A name as Lua and SQL write one without quotes: [A-Za-z_][A-Za-z0-9_]*. */
bool zpl_text_is_name(const char *s);
bool zpl_text_equal_nocase(const char *a, const char *b);
/* Is it one of the words, but for its case?  Of NULL it is not. */
bool zpl_text_among(const char *text, const char *const *words, size_t count);
#define ZPL_TEXT_AMONG(text, words) zpl_text_among(text, words, sizeof(words) / sizeof *(words))

/* A finite number as ECMAScript and RFC 8785 print it: the shortest decimal that reads back as the
 * same double, of those the nearest; "1" for 1.0, "0" for -0.0, "1e+21", "1e-7". */
void zpl_text_ecma(struct zpl_buf *out, double v);
/* The shortest decimal that reads back as the same double ("0.1", "1e+30", "nan", "inf");
 * a whole number keeps ".0" so that it reads back as a Float; the sign of -0.0 is kept. */
void zpl_text_double(struct zpl_buf *out, double v);
/* A double-quoted literal with \" \\ \n \t \r and \u00XX; an invalid byte becomes U+FFFD. */
void zpl_text_quote(struct zpl_buf *out, const char *s);
/* s[0..n) as valid UTF-8: each invalid byte becomes U+FFFD. */
void zpl_text_scrub(struct zpl_buf *out, const char *s, size_t n);
/* Strings of a NULL-terminated list; a NULL list is empty. */
size_t zpl_names_count(const char *const *names);
/* Sizes "16Gi", "1.5G", "500MB", "12" → bytes (K M G T P by 1000, Ki … by 1024, with or without B);
 * durations "2h", "90s", "100ms", "1h30m", "1.5d" → milliseconds.  False for anything else. */
bool zpl_text_size(const char *s, uint64_t *bytes);
bool zpl_text_duration(const char *s, uint64_t *ms);
/* For people: "13.5 MB", "1.2 s", "3,000,000". */
void zpl_text_show_bytes(struct zpl_buf *out, uint64_t bytes);
void zpl_text_show_ms(struct zpl_buf *out, uint64_t ms);
void zpl_text_show_count(struct zpl_buf *out, uint64_t n);
void zpl_text_base64(struct zpl_buf *out, const char *s, size_t n);

#endif
