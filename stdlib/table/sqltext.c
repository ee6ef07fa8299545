/* sqltext.c - see sqltext.h.   Floor: stdlib. */
#include "stdlib/table/sqltext.h"

#include <string.h>
#include <strings.h>
#include "lang/base/text.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* Behind the quote that closes the one at s[0]; a doubled quote does not close, nor, in an E'text',
 * one behind a backslash. */
static const char *skip_quoted(const char *s, bool escapes)
{
    char quote = *s++;
    while (*s != '\0') {
        if (escapes && *s == '\\' && s[1] != '\0') {
            s += 2;
            continue;
        }
        if (*s++ != quote)
            continue;
        if (*s != quote)
            return s;
        s++;
    }
    return s;
}

/* Behind the $tag$text$tag$ at `s`, or `s` when there is none. */
static const char *skip_dollars(const char *s)
{
    const char *tag_end = s + 1;
    while (is_word(*tag_end))
        tag_end++;
    if (*s != '$' || *tag_end != '$')
        return s;
    size_t n = (size_t)(tag_end + 1 - s);
    for (const char *end = tag_end + 1; *end != '\0'; end++)
        if (strncmp(end, s, n) == 0)
            return end + n;
    return s + strlen(s);
}

/* Behind the comment at `s`, or `s` when there is none.  Those with stars nest. */
static const char *skip_comment(const char *s)
{
    size_t depth = 0;
    if (s[0] == '-' && s[1] == '-')
        return s + strcspn(s, "\n");
    do {
        bool opens = s[0] == '/' && s[1] == '*', closes = s[0] == '*' && s[1] == '/';
        if (depth == 0 && !opens)
            return s;
        depth += opens ? 1 : 0;
        depth -= closes ? 1 : 0;
        s += opens || closes ? 2 : 1;
    } while (depth > 0 && *s != '\0');
    return s;
}

/* Behind the string at `s`, or `s` when there is none. */
static const char *skip_string(const char *sql, const char *s)
{
    bool escapes = s > sql && (s[-1] == 'e' || s[-1] == 'E') && (s - 1 == sql || !is_word(s[-2]));
    return *s == '\'' ? skip_quoted(s, escapes) : skip_dollars(s);
}

long zpl_sqltext_find(const char *sql, char sigil, const char *word)
{
    size_t n = strlen(word);
    const char *s = sql;
    while (*s != '\0') {
        const char *behind = skip_comment(s);
        if (behind == s)
            behind = skip_string(sql, s);
        if (behind != s) {
            s = behind;
            continue;
        }
        bool quoted = *s == '"';
        const char *begin = quoted || (sigil != 0 && *s == sigil) ? s + 1 : s;
        const char *end = begin;
        if (quoted)
            end = skip_quoted(s, false) - 1;
        else
            while (is_word(*end))
                end++;
        bool same = (size_t)(end - begin) == n && strncasecmp(begin, word, n) == 0;
        if (n > 0 && same && (sigil == 0) == (begin == s || quoted))
            return begin - sql;
        s = quoted ? end + (*end != '\0') : end > s ? end : s + 1;
    }
    return -1;
}

long zpl_sqltext_find_last(const char *sql, long end, const char *word)
{
    long last = -1, from = 0;
    for (;;) {
        long at = zpl_sqltext_find(sql + from, 0, word);
        if (at < 0 || (end >= 0 && from + at >= end))
            return last;
        last = from + at;
        from = last + (long)zpl_sqltext_length(sql, (size_t)last);
    }
}

size_t zpl_sqltext_length(const char *sql, size_t offset)
{
    const char *s = sql + offset, *end = s;
    if (*s == '\'' || *s == '"')
        return (size_t)(skip_quoted(s, false) - s);
    while (is_word(*end))
        end++;
    return end > s ? (size_t)(end - s) : 1;
}

size_t zpl_sqltext_byte(const char *sql, size_t n)
{
    size_t at = 0, len = strlen(sql);
    uint32_t cp;
    while (n-- > 0 && at < len)
        at += zpl_utf8_next(sql + at, len - at, &cp);
    return at;
}

size_t zpl_sqltext_trim(const char *sql)
{
    size_t end = 0;
    for (const char *s = sql; *s != '\0';) {
        const char *behind = skip_comment(s);
        if (behind != s) {
            s = behind;
            continue;
        }
        behind = *s == '"' ? skip_quoted(s, false) : skip_string(sql, s);
        behind = behind == s ? s + 1 : behind;
        if (strchr("; \t\r\n\f\v", *s) == NULL)
            end = (size_t)(behind - sql);
        s = behind;
    }
    return end;
}
