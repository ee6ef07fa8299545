/* regex.h - patterns as people write them: Perl's, by PCRE2.  The one owner of pcre2.h.
 * Promise: a match ends within ZPL_REGEX_STEPS_MAX steps whatever pattern and text are.
 * Owns: a struct zpl_regex is the caller's until zpl_regex_release().   Floor: base. */
#ifndef ZPL_BASE_REGEX_H
#define ZPL_BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/base/err.h"

#define ZPL_REGEX_WORDS 160

/* A pattern, for many texts. */
struct zpl_regex;

/* ZPL_ERR_INPUT: it is no pattern, `words` says why and where; ZPL_ERR_NOMEM. */
enum zpl_err zpl_regex_new(const char *pattern, struct zpl_regex **out,
                           char words[ZPL_REGEX_WORDS]);
/* Does it match anywhere in text[0..len)?  UTF-8.  ZPL_ERR_LIMIT: that takes too long. */
enum zpl_err zpl_regex_test(const struct zpl_regex *regex, const char *text, size_t len,
                            bool *matches);
void zpl_regex_release(struct zpl_regex *regex); /* NULL is fine */

/* The same for one text, the pattern compiled for this call. */
enum zpl_err zpl_regex_match(const char *pattern, const char *text, size_t len, bool *matches,
                             char words[ZPL_REGEX_WORDS]);

/* What the pattern says of itself for people, a noun: the comment that it begins with, as of
 * "(?#lower-case letters)^[a-z]+$", and its length; NULL: it says nothing. */
const char *zpl_regex_said(const char *pattern, size_t *len);

#endif
