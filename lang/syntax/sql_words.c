/* sql_words.c - the words of an SQL text.  See scope.h. */
#include <string.h>

#include "lang/syntax/chars.h"
#include "lang/syntax/scope.h"

/* Bytes of a word: letters, digits, '_' and everything outside ASCII. */
static bool is_word(char c)
{
    return zpl_is_word(c) || (unsigned char)c >= 0x80;
}

/* The offset behind the first `end` at or after `at`, or the length. */
static size_t behind(const char *s, size_t len, size_t at, const char *end)
{
    size_t n = strlen(end);

    for (; at + n <= len; at++)
        if (memcmp(s + at, end, n) == 0)
            return at + n;
    return len;
}

/* Steps over the comment or string that begins at `at`; `at` itself where none does. */
static size_t skip(const char *s, size_t len, size_t at)
{
    char next = at + 1 < len ? s[at + 1] : '\0';

    if (s[at] == '-' && next == '-')
        return behind(s, len, at, "\n");
    if (s[at] == '/' && next == '*')
        return behind(s, len, at + 2, "*/");
    if (s[at] == '$' && next == '$')
        return behind(s, len, at + 2, "$$");
    if (s[at] != '\'')
        return at;
    for (at++; at < len; at++) {
        if (s[at] != '\'')
            continue;
        if (at + 1 >= len || s[at + 1] != '\'')
            return at + 1;
        at++;
    }
    return len;
}

bool zpl_sql_word(const char *sql, size_t len, size_t *at, const char **word, size_t *word_len)
{
    size_t i = *at;

    while (i < len) {
        size_t begin = i, next = skip(sql, len, i);

        if (next > i) {
            i = next;
            continue;
        }
        if (sql[i] == '"') {
            i = behind(sql, len, i + 1, "\"");
            *word = sql + begin + 1;
            *word_len = i - begin > 1 ? i - begin - 2 : 0;
        } else if (is_word(sql[i])) {
            while (i < len && is_word(sql[i]))
                i++;
            *word = sql + begin;
            *word_len = i - begin;
        } else {
            i++;
            continue;
        }
        *at = i;
        return true;
    }
    *at = len;
    return false;
}
