/* regex.c - PCRE2 behind one call.   Floor: base. */
#include "lang/base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/limits.h"

/* Runs a compiled pattern under the limit of steps. */
static enum zpl_err match(const pcre2_code *code, const char *text, size_t len, bool *matches)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    enum zpl_err err = ZPL_ERR_NOMEM;
    if (context != NULL && data != NULL) {
        pcre2_set_match_limit(context, ZPL_REGEX_STEPS_MAX);
        int found = pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, data, context);
        *matches = found >= 0;
        err = found >= 0 || found == PCRE2_ERROR_NOMATCH ? ZPL_OK
              : found == PCRE2_ERROR_NOMEMORY            ? ZPL_ERR_NOMEM
                                                         : ZPL_ERR_LIMIT;
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    return err;
}

enum zpl_err zpl_regex_match(const char *pattern, const char *text, size_t len, bool *matches,
                             char words[ZPL_REGEX_WORDS])
{
    int error;
    PCRE2_SIZE offset;
    unsigned char why[ZPL_REGEX_WORDS / 2];
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_UCP, &error, &offset, NULL);
    *matches = false;
    words[0] = '\0';
    if (code == NULL) {
        pcre2_get_error_message(error, why, sizeof why);
        snprintf(words, ZPL_REGEX_WORDS, "%s, at character %zu", (const char *)why,
                 (size_t)offset + 1);
        return ZPL_ERR_INPUT;
    }
    enum zpl_err err = match(code, text, len, matches);
    if (err == ZPL_ERR_LIMIT)
        snprintf(words, ZPL_REGEX_WORDS, "it takes too long on this text");
    pcre2_code_free(code);
    return err;
}
