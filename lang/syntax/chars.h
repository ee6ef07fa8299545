/* chars.h - the character classes of Lua's lexer: ASCII only, whatever the locale.
 * Private to lang/syntax.   Floor: lang. */
#ifndef ZPL_SYNTAX_CHARS_H
#define ZPL_SYNTAX_CHARS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool zpl_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool zpl_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool zpl_is_word(char c)
{
    return zpl_is_alpha(c) || zpl_is_digit(c);
}

static inline bool zpl_is_hex(char c)
{
    return zpl_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The value of a hexadecimal digit. */
static inline unsigned zpl_hex_value(char c)
{
    return zpl_is_digit(c) ? (unsigned)(c - '0') : ((unsigned)c | 0x20) - 'a' + 10;
}

static inline bool zpl_is_newline(char c)
{
    return c == '\n' || c == '\r';
}

static inline bool zpl_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes of the line break at s[0..n): two for \r\n and \n\r, 0 where there is none. */
static inline size_t zpl_newline_length(const char *s, size_t n)
{
    if (n == 0 || !zpl_is_newline(s[0]))
        return 0;
    return n > 1 && zpl_is_newline(s[1]) && s[1] != s[0] ? 2 : 1;
}

/* Bytes of the opening bracket `[`, `=`*, `[` at s[0..n), 0 where there is none. */
static inline size_t zpl_long_bracket(const char *s, size_t n)
{
    size_t i = 1;

    if (n < 2 || s[0] != '[')
        return 0;
    while (i < n && s[i] == '=')
        i++;
    return i < n && s[i] == '[' ? i + 1 : 0;
}

#endif
