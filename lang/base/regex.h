/* regex.h - patterns as people write them: Perl's, by PCRE2.  The one owner of pcre2.h.
 * Promise: a match ends within ZPL_REGEX_STEPS_MAX steps whatever pattern and text are.
 * Owns: nothing; a pattern is compiled for one call.   Floor: base. */
#ifndef ZPL_BASE_REGEX_H
#define ZPL_BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/base/err.h"

#define ZPL_REGEX_WORDS 160

/* Does the pattern match anywhere in text[0..len)?  UTF-8.
 * ZPL_ERR_INPUT: it is no pattern, `words` says why and where; ZPL_ERR_LIMIT: it takes too long. */
enum zpl_err zpl_regex_match(const char *pattern, const char *text, size_t len, bool *matches,
                             char words[ZPL_REGEX_WORDS]);

#endif
