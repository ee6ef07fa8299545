/* literal.c - what the literals of a text say: values of strings and numbers, and the place in the
 * source of every byte of a string.  See tree.h; the rules are Lua 5.4's. */
#include <stdlib.h>
#include <string.h>

#include "lang/syntax/chars.h"
#include "lang/syntax/tree.h"

/* A string literal being read, one element (a byte, a line break or an escape) at a time. */
struct reader {
    const char *s;
    size_t at, end; /* the body, without quotes or brackets */
    bool is_long;
    char bytes[8]; /* what the last element says */
    size_t count;  /* how many bytes; \z says none */
};

static struct reader open_literal(const struct zpl_tree *tree, uint32_t token)
{
    const struct zpl_token *t = &tree->tokens[token];
    struct reader r = {.s = tree->text + t->offset};
    size_t width = zpl_long_bracket(r.s, t->length);

    r.is_long = width > 0;
    r.at = r.is_long ? width : 1;
    r.end = t->length - r.at;
    if (r.is_long)
        r.at += zpl_newline_length(r.s + r.at, r.end - r.at);
    return r;
}

/* The bytes of \u{value}: UTF-8, and beyond Unicode its six-byte original. */
static void put_utf8(struct reader *r, uint32_t value)
{
    char reversed[8];
    size_t n = 0;
    uint32_t first = 0x3F; /* the largest value that fits into the first byte so far */

    if (value < 0x80) {
        r->bytes[0] = (char)value;
        r->count = 1;
        return;
    }
    do {
        reversed[n++] = (char)(0x80 | (value & 0x3F));
        value >>= 6;
        first >>= 1;
    } while (value > first);
    reversed[n++] = (char)((~first << 1) | value);
    for (r->count = 0; n > 0;)
        r->bytes[r->count++] = reversed[--n];
}

static void put_byte(struct reader *r, char c)
{
    r->bytes[0] = c;
    r->count = 1;
}

/* An escape sequence of a right literal; the cursor stands behind its backslash. */
static void read_escape(struct reader *r)
{
    static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    char c = r->s[r->at++];
    const char *letter = memchr(letters, c, sizeof letters - 1);
    uint32_t value = 0;

    if (letter) {
        put_byte(r, values[letter - letters]);
    } else if (c == 'z') {
        r->count = 0;
        while (r->at < r->end && zpl_is_space(r->s[r->at]))
            r->at++;
    } else if (zpl_is_newline(c)) {
        put_byte(r, '\n');
        r->at += zpl_newline_length(r->s + r->at - 1, r->end - r->at + 1) - 1;
    } else if (c == 'x') {
        put_byte(r, (char)(zpl_hex_value(r->s[r->at]) << 4 | zpl_hex_value(r->s[r->at + 1])));
        r->at += 2;
    } else if (c == 'u') {
        for (r->at++; r->s[r->at] != '}'; r->at++)
            value = value << 4 | zpl_hex_value(r->s[r->at]);
        r->at++;
        put_utf8(r, value);
    } else if (zpl_is_digit(c)) {
        value = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && r->at < r->end && zpl_is_digit(r->s[r->at]); i++)
            value = value * 10 + (uint32_t)(r->s[r->at++] - '0');
        put_byte(r, (char)value);
    } else {
        put_byte(r, c);
    }
}

/* Reads the next element; false at the end. */
static bool read_element(struct reader *r)
{
    size_t newline;

    if (r->at >= r->end)
        return false;
    newline = zpl_newline_length(r->s + r->at, r->end - r->at);
    if (r->is_long && newline) {
        put_byte(r, '\n');
        r->at += newline;
    } else if (!r->is_long && r->s[r->at] == '\\') {
        r->at++;
        read_escape(r);
    } else {
        put_byte(r, r->s[r->at++]);
    }
    return true;
}

void zpl_tree_string_value(const struct zpl_tree *tree, uint32_t token, struct zpl_buf *out)
{
    struct reader r = open_literal(tree, token);

    while (read_element(&r))
        zpl_buf_add(out, r.bytes, r.count);
}

bool zpl_tree_string_is(const struct zpl_tree *tree, uint32_t token, const char *s, size_t len)
{
    struct reader r = open_literal(tree, token);
    size_t said = 0;

    while (read_element(&r)) {
        if (said + r.count > len || memcmp(s + said, r.bytes, r.count) != 0)
            return false;
        said += r.count;
    }
    return said == len;
}

uint32_t zpl_tree_string_offset(const struct zpl_tree *tree, uint32_t token, uint32_t value_offset)
{
    struct reader r = open_literal(tree, token);
    size_t said = 0, begin = r.at;

    while (read_element(&r)) {
        if (said + r.count > value_offset)
            return tree->tokens[token].offset + (uint32_t)begin;
        said += r.count;
        begin = r.at;
    }
    return tree->tokens[token].offset + (uint32_t)r.end;
}

/* An integer literal; false for one with a point or exponent, or a decimal one over 63 bits. */
static bool read_integer(const char *s, size_t n, int64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;

    if (n > 1 && s[0] == '0' && (s[1] | 0x20) == 'x') {
        for (i = 2; i < n && zpl_is_hex(s[i]); i++)
            value = value << 4 | zpl_hex_value(s[i]); /* wraps around, as Lua's do */
    } else {
        for (; i < n && zpl_is_digit(s[i]); i++) {
            unsigned digit = (unsigned)(s[i] - '0');

            if (value > ((uint64_t)INT64_MAX - digit) / 10)
                return false;
            value = value * 10 + digit;
        }
    }
    *out = (int64_t)value;
    return i == n;
}

bool zpl_tree_number(const struct zpl_tree *tree, uint32_t token, int64_t *integer, double *real)
{
    const struct zpl_token *t = &tree->tokens[token];
    const char *s = tree->text + t->offset;

    if (read_integer(s, t->length, integer))
        return true;
    *real = strtod(s, NULL); /* stops at the token's end, at the latest at the text's NUL */
    return false;
}
