/* regex.c - PCRE2 behind one call.   Floor: base. */
#include "lang/base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/base/limits.h"

struct zpl_regex {
    pcre2_code *code;
    pcre2_match_context *context; /* holds the limit of steps */
    pcre2_match_data *data;
};

void zpl_regex_release(struct zpl_regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_match_data_free(regex->data);
    pcre2_match_context_free(regex->context);
    pcre2_code_free(regex->code);
    free(regex);
}

enum zpl_err zpl_regex_new(const char *pattern, struct zpl_regex **out, char words[ZPL_REGEX_WORDS])
{
    int error;
    PCRE2_SIZE offset;
    unsigned char why[ZPL_REGEX_WORDS / 2];
    struct zpl_regex *regex = zpl_calloc(1, sizeof *regex);
    *out = NULL;
    words[0] = '\0';
    if (regex == NULL)
        return ZPL_ERR_NOMEM;
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP,
                                &error, &offset, NULL);
    if (regex->code == NULL) {
        pcre2_get_error_message(error, why, sizeof why);
        snprintf(words, ZPL_REGEX_WORDS, "%s, at character %zu", (const char *)why,
                 (size_t)offset + 1);
        zpl_regex_release(regex);
        return ZPL_ERR_INPUT;
    }
    regex->context = pcre2_match_context_create(NULL);
    regex->data = pcre2_match_data_create(1, NULL);
    if (regex->context == NULL || regex->data == NULL) {
        zpl_regex_release(regex);
        return ZPL_ERR_NOMEM;
    }
    pcre2_set_match_limit(regex->context, ZPL_REGEX_STEPS_MAX);
    *out = regex;
    return ZPL_OK;
}

enum zpl_err zpl_regex_test(const struct zpl_regex *regex, const char *text, size_t len,
                            bool *matches)
{
    int found = pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, regex->data, regex->context);
    *matches = found >= 0;
    if (found >= 0 || found == PCRE2_ERROR_NOMATCH)
        return ZPL_OK;
    return found == PCRE2_ERROR_NOMEMORY ? ZPL_ERR_NOMEM : ZPL_ERR_LIMIT;
}

enum zpl_err zpl_regex_match(const char *pattern, const char *text, size_t len, bool *matches,
                             char words[ZPL_REGEX_WORDS])
{
    struct zpl_regex *regex;
    enum zpl_err err = zpl_regex_new(pattern, &regex, words);
    *matches = false;
    if (err == ZPL_OK)
        err = zpl_regex_test(regex, text, len, matches);
    if (err == ZPL_ERR_LIMIT)
        snprintf(words, ZPL_REGEX_WORDS, "it takes too long on this text");
    zpl_regex_release(regex);
    return err;
}

const char *zpl_regex_said(const char *pattern, size_t *len)
{
    static const char begin[] = "(?#";
    if (strncmp(pattern, begin, strlen(begin)) != 0)
        return NULL;
    const char *said = pattern + strlen(begin);
    *len = strcspn(said, ")");
    return *len > 0 ? said : NULL;
}
