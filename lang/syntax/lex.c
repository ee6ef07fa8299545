/* lex.c - the lexer.  See lex.h.
 * Every verdict is Lua 5.4's: maximal munch, the escapes, malformed numbers, long brackets.  On top
 * come words for habits of other languages (`!=`, `&&`), which Lua refuses one token later. */
#include "lang/syntax/lex.h"

#include <string.h>

#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/syntax/chars.h"

struct lexer {
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    struct zpl_tokens *out;
    const char *s;
    size_t n, at;
    size_t capacity;
    size_t line_start; /* offset of the first byte of the line */
    uint32_t line;
    uint32_t source;
    uint8_t flags; /* of the token being read */
    /* Symbols by their first byte, and the next that begins with the same; ZPL_TOKEN_KINDS: none. */
    uint8_t first[256], next[ZPL_TOKEN_KINDS];
};

static const char *const token_texts[ZPL_TOKEN_KINDS] = {[ZPL_TOKEN_EOF] = "the end of the file",
                                                         [ZPL_TOKEN_BAD] = "a wrong character",
                                                         [ZPL_TOKEN_NAME] = "a name",
                                                         [ZPL_TOKEN_NUMBER] = "a number",
                                                         [ZPL_TOKEN_STRING] = "a string",
#define TEXT(name, text) [ZPL_TOKEN_##name] = text,
                                                         ZPL_KEYWORDS(TEXT) ZPL_SYMBOLS(TEXT)
#undef TEXT
};

const char *zpl_token_text(enum zpl_token_kind kind)
{
    return token_texts[kind];
}

bool zpl_token_is_keyword(enum zpl_token_kind kind)
{
    return kind >= ZPL_TOKEN_AND && kind <= ZPL_TOKEN_WHILE;
}

void zpl_token_strength(enum zpl_token_kind kind, int *left, int *right)
{
    static const uint8_t table[ZPL_TOKEN_KINDS][2] = {
        [ZPL_TOKEN_OR] = {1, 1},     [ZPL_TOKEN_AND] = {2, 2},    [ZPL_TOKEN_LT] = {3, 3},
        [ZPL_TOKEN_GT] = {3, 3},     [ZPL_TOKEN_LE] = {3, 3},     [ZPL_TOKEN_GE] = {3, 3},
        [ZPL_TOKEN_NE] = {3, 3},     [ZPL_TOKEN_EQ] = {3, 3},     [ZPL_TOKEN_BOR] = {4, 4},
        [ZPL_TOKEN_TILDE] = {5, 5},  [ZPL_TOKEN_BAND] = {6, 6},   [ZPL_TOKEN_SHL] = {7, 7},
        [ZPL_TOKEN_SHR] = {7, 7},    [ZPL_TOKEN_CONCAT] = {9, 8}, [ZPL_TOKEN_ADD] = {10, 10},
        [ZPL_TOKEN_SUB] = {10, 10},  [ZPL_TOKEN_MUL] = {11, 11},  [ZPL_TOKEN_DIV] = {11, 11},
        [ZPL_TOKEN_IDIV] = {11, 11}, [ZPL_TOKEN_MOD] = {11, 11},  [ZPL_TOKEN_POW] = {14, 13},
    };

    *left = table[kind][0];
    *right = table[kind][1];
}

/* A diagnostic over bytes begin..end; the token being read is marked wrong. */
static struct zpl_diag *complain(struct lexer *lx, size_t begin, size_t end, const char *message)
{
    struct zpl_span span = {lx->source, (uint32_t)begin, (uint32_t)end};

    lx->flags |= ZPL_TOKEN_WRONG;
    lx->out->wrong = true;
    return zpl_diag_add(lx->diags, ZPL_CODE_SYNTAX, span, "%s", message);
}

static char peek(const struct lexer *lx, size_t ahead)
{
    return lx->at + ahead < lx->n ? lx->s[lx->at + ahead] : '\0';
}

/* Steps over the line break at the cursor. */
static void newline(struct lexer *lx)
{
    lx->at += zpl_newline_length(lx->s + lx->at, lx->n - lx->at);
    lx->line++;
    lx->line_start = lx->at;
}

/* Steps behind the closing bracket that fits an opening one of `width` bytes, which the cursor
 * stands behind; false (and the cursor at the end) where the text has none. */
static bool long_body(struct lexer *lx, size_t width)
{
    while (lx->at < lx->n) {
        size_t i = 1;

        if (zpl_is_newline(lx->s[lx->at])) {
            newline(lx);
            continue;
        }
        if (lx->s[lx->at] == ']') {
            while (peek(lx, i) == '=')
                i++;
            if (i == width - 1 && peek(lx, i) == ']') {
                lx->at += width;
                return true;
            }
        }
        lx->at++;
    }
    return false;
}

/* A comment; the cursor stands on its `--`. */
static void comment(struct lexer *lx)
{
    size_t begin = lx->at, width;

    lx->at += 2;
    width = zpl_long_bracket(lx->s + lx->at, lx->n - lx->at);
    if (width == 0) {
        while (lx->at < lx->n && !zpl_is_newline(lx->s[lx->at]))
            lx->at++;
        return;
    }
    lx->at += width;
    if (long_body(lx, width))
        return;
    lx->out->unfinished = !lx->out->wrong;
    complain(lx, begin, begin + 2 + width, "unfinished comment: its closing bracket is missing");
}

/* Steps over blanks and comments; true if a line ended among them. */
static bool trivia(struct lexer *lx)
{
    uint32_t line = lx->line;

    while (lx->at < lx->n) {
        char c = lx->s[lx->at];

        if (zpl_is_newline(c))
            newline(lx);
        else if (zpl_is_space(c))
            lx->at++;
        else if (c == '-' && peek(lx, 1) == '-')
            comment(lx);
        else
            break;
    }
    return lx->line != line;
}

/* A byte-order mark and a first line that begins with '#' are trivia, as in Lua's own loader. */
static void skip_head(struct lexer *lx)
{
    if (lx->n >= 3 && memcmp(lx->s, "\xEF\xBB\xBF", 3) == 0)
        lx->at = lx->line_start = 3;
    if (peek(lx, 0) == '#')
        while (lx->at < lx->n && lx->s[lx->at] != '\n')
            lx->at++;
}

/* Is s[0..n), which Lua's lexer took for one number, a number? */
static bool number_is_valid(const char *s, size_t n)
{
    bool hex = n > 1 && s[0] == '0' && (s[1] | 0x20) == 'x';
    size_t i = hex ? 2 : 0, digits = 0;
    bool point = false;

    for (; i < n; i++) {
        if (s[i] == '.' && !point)
            point = true;
        else if (hex ? zpl_is_hex(s[i]) : zpl_is_digit(s[i]))
            digits++;
        else
            break;
    }
    if (digits == 0)
        return false;
    if (i == n)
        return true;
    if ((s[i] | 0x20) != (hex ? 'p' : 'e'))
        return false;
    i++;
    if (i < n && (s[i] == '+' || s[i] == '-'))
        i++;
    if (i == n)
        return false;
    while (i < n && zpl_is_digit(s[i]))
        i++;
    return i == n;
}

/* A number with everything that touches it, as Lua takes it before it judges. */
static void number(struct lexer *lx)
{
    size_t begin = lx->at;
    char exponent = 'e';

    if (lx->s[lx->at] == '0' && (peek(lx, 1) | 0x20) == 'x') {
        exponent = 'p';
        lx->at++;
    }
    lx->at++;
    while (lx->at < lx->n) {
        char c = lx->s[lx->at];

        if ((c | 0x20) == exponent) {
            lx->at++;
            if (peek(lx, 0) == '+' || peek(lx, 0) == '-')
                lx->at++;
        } else if (zpl_is_hex(c) || c == '.') {
            lx->at++;
        } else {
            break;
        }
    }
    if (zpl_is_alpha(peek(lx, 0)))
        lx->at++;
    if (!number_is_valid(lx->s + begin, lx->at - begin))
        complain(lx, begin, lx->at, "malformed number");
}

/* The digits of \u{…}; the cursor stands behind the `u`, the escape began at `begin`. */
static void unicode_escape(struct lexer *lx, size_t begin)
{
    uint32_t value = 0;
    size_t digits = 0;

    if (peek(lx, 0) != '{') {
        complain(lx, begin, lx->at, "expected '{' after '\\u'");
        return;
    }
    lx->at++;
    for (; lx->at < lx->n && zpl_is_hex(lx->s[lx->at]); lx->at++, digits++) {
        if (value > (0x7FFFFFFFu >> 4)) {
            complain(lx, begin, lx->at + 1, "this character is over \\u{7FFFFFFF}");
            return;
        }
        value = value << 4 | zpl_hex_value(lx->s[lx->at]);
    }
    if (digits == 0)
        complain(lx, begin, lx->at, "expected hexadecimal digits in '\\u{…}'");
    else if (peek(lx, 0) != '}')
        complain(lx, begin, lx->at, "expected '}' after the digits of '\\u{…'");
    else
        lx->at++;
}

/* One escape sequence; the cursor stands on its backslash, which is not the last byte. */
static void escape(struct lexer *lx)
{
    size_t begin = lx->at;
    char c = lx->s[lx->at + 1];

    lx->at += 2;
    if (c == 'z') {
        while (lx->at < lx->n && zpl_is_space(lx->s[lx->at])) {
            if (zpl_is_newline(lx->s[lx->at]))
                newline(lx);
            else
                lx->at++;
        }
    } else if (zpl_is_newline(c)) {
        lx->at--;
        newline(lx);
    } else if (c == 'x') {
        for (int i = 0; i < 2; i++, lx->at++) {
            if (!zpl_is_hex(peek(lx, 0))) {
                complain(lx, begin, lx->at, "'\\x' wants two hexadecimal digits");
                return;
            }
        }
    } else if (c == 'u') {
        unicode_escape(lx, begin);
    } else if (zpl_is_digit(c)) {
        unsigned value = (unsigned)(c - '0');

        for (int i = 0; i < 2 && zpl_is_digit(peek(lx, 0)); i++)
            value = value * 10 + (unsigned)(lx->s[lx->at++] - '0');
        if (value > 255)
            complain(lx, begin, lx->at, "a decimal escape goes up to \\255");
    } else if (c == '\0' || !strchr("abfnrtv\\\"'", c)) {
        struct zpl_diag *diag = complain(lx, begin, lx->at, "unknown escape sequence");

        zpl_diag_help(lx->diags, diag, "a backslash itself is written '\\\\', or in [[ … ]]");
    }
}

/* A text in triple quotes that ends on a later line, of which the unfinished string at `begin` is the
 * third quote: told, and skipped to its end. */
static bool triple_quote(struct lexer *lx, size_t begin)
{
    const char quote = lx->s[begin], close[] = {quote, quote, quote};
    size_t at = begin + 1;

    if (begin < 2 || lx->s[begin - 1] != quote || lx->s[begin - 2] != quote)
        return false;
    while (at + 3 <= lx->n && memcmp(lx->s + at, close, 3) != 0)
        at++;
    if (at + 3 > lx->n)
        return false;
    complain(lx, begin - 2, begin + 1, "text of several lines is written [[ … ]]");
    for (lx->at = begin + 1; lx->at < at;) {
        if (zpl_is_newline(lx->s[lx->at]))
            newline(lx);
        else
            lx->at++;
    }
    lx->at = at + 3;
    return true;
}

/* An unfinished string in a comment of another language: that is the mistake, which the parser tells
 * at its '#' too. */
static bool foreign_comment(struct lexer *lx)
{
    struct zpl_tokens *out = lx->out;

    for (uint32_t i = out->count; i > 0 && out->items[i - 1].line == lx->line; i--) {
        struct zpl_token *t = &out->items[i - 1];

        if ((t->kind != ZPL_TOKEN_LENGTH && t->kind != ZPL_TOKEN_IDIV) ||
            lx->s[t->offset + t->length] != ' ')
            continue;
        if (!(t->flags & ZPL_TOKEN_WRONG))
            complain(lx, t->offset, t->offset + t->length, "a comment begins with '--'");
        t->flags |= ZPL_TOKEN_WRONG;
        while (lx->at < lx->n && !zpl_is_newline(lx->s[lx->at]))
            lx->at++;
        return true;
    }
    return false;
}

/* A string in quotes; a wrong one ends with its line. */
static void short_string(struct lexer *lx)
{
    size_t begin = lx->at;
    char quote = lx->s[lx->at++];

    while (lx->at < lx->n && lx->s[lx->at] != quote) {
        if (zpl_is_newline(lx->s[lx->at]))
            break;
        if (lx->s[lx->at] == '\\' && lx->at + 1 < lx->n)
            escape(lx);
        else
            lx->at++;
    }
    if (lx->at < lx->n && lx->s[lx->at] == quote)
        lx->at++;
    else if (!triple_quote(lx, begin) && !foreign_comment(lx))
        zpl_diag_help(
            lx->diags,
            complain(lx, begin, lx->at, "unfinished string: its closing quote is missing"),
            "text of several lines is written [[ … ]]");
}

/* A name or keyword. */
static enum zpl_token_kind word(struct lexer *lx)
{
    const char *s = lx->s + lx->at;
    size_t n = 1;

    while (lx->at + n < lx->n && zpl_is_word(s[n]))
        n++;
    lx->at += n;
    for (int kind = ZPL_TOKEN_AND; kind <= ZPL_TOKEN_WHILE; kind++)
        if (token_texts[kind][0] == s[0] && strlen(token_texts[kind]) == n &&
            memcmp(token_texts[kind], s, n) == 0)
            return (enum zpl_token_kind)kind;
    return ZPL_TOKEN_NAME;
}

/* The operators of C and Python that Lua spells otherwise; they stand for Lua's own. */
static enum zpl_token_kind foreign_symbol(struct lexer *lx)
{
    static const struct {
        char text[3];
        uint8_t kind;
        const char *message;
    } habits[] = {
        {"!=", ZPL_TOKEN_NE, "'!=' is written '~='"},
        {"&&", ZPL_TOKEN_AND, "'&&' is written 'and'"},
        {"||", ZPL_TOKEN_OR, "'||' is written 'or'"},
        {"!", ZPL_TOKEN_NOT, "'!' is written 'not'"},
    };

    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        if (habits[i].text[0] != lx->s[lx->at])
            continue;
        size_t n = strlen(habits[i].text);

        if (lx->n - lx->at >= n && memcmp(lx->s + lx->at, habits[i].text, n) == 0) {
            complain(lx, lx->at, lx->at + n, habits[i].message);
            lx->at += n;
            return (enum zpl_token_kind)habits[i].kind;
        }
    }
    return ZPL_TOKEN_BAD;
}

/* Bytes that begin no token: one character, or a run of characters outside ASCII. */
static enum zpl_token_kind stray(struct lexer *lx)
{
    size_t begin = lx->at;
    struct zpl_diag *diag;

    lx->at++;
    if ((unsigned char)lx->s[begin] < 0x80) {
        diag = complain(lx, begin, lx->at, "a character that means nothing here");
        if (lx->s[begin] == '`') {
            size_t end = lx->at;

            while (end < lx->n && lx->s[end] != '`' && !zpl_is_newline(lx->s[end]))
                end++;
            if (end < lx->n && lx->s[end] == '`')
                lx->at = end + 1;
            zpl_diag_help(lx->diags, diag,
                          "text stands in quotes: \"…\", of several lines in [[ … ]]");
        }
        if (lx->s[begin] == '$')
            zpl_diag_help(lx->diags, diag, "'$name' is for SQL text; here it is just 'name'");
        if (lx->s[begin] == '?')
            zpl_diag_help(lx->diags, diag,
                          "there is no '? :'; plain values are chosen by `a and b or c`");
        if (lx->s[begin] == '@')
            zpl_diag_help(lx->diags, diag,
                          "there are no decorators: a step is declared with `step \"name\" { … }`");
        return ZPL_TOKEN_BAD;
    }
    while (lx->at < lx->n && (unsigned char)lx->s[lx->at] >= 0x80)
        lx->at++;
    diag = complain(lx, begin, lx->at, "a character that means nothing here");
    zpl_diag_help(lx->diags, diag,
                  "names have letters a to z, digits and '_'; text stands in plain quotes");
    return ZPL_TOKEN_BAD;
}

static void sort_symbols(struct lexer *lx)
{
    memset(lx->first, ZPL_TOKEN_KINDS, sizeof lx->first);
    for (int k = ZPL_TOKEN_KINDS - 1; k >= ZPL_TOKEN_DOTS; k--) {
        uint8_t *first = &lx->first[(unsigned char)token_texts[k][0]];
        lx->next[k] = *first;
        *first = (uint8_t)k;
    }
}

static enum zpl_token_kind symbol(struct lexer *lx)
{
    enum zpl_token_kind kind = foreign_symbol(lx);
    size_t left = lx->n - lx->at;

    if (kind != ZPL_TOKEN_BAD)
        return kind;
    for (int k = lx->first[(unsigned char)lx->s[lx->at]]; k < ZPL_TOKEN_KINDS; k = lx->next[k]) {
        size_t n = strlen(token_texts[k]);

        if (left >= n && memcmp(lx->s + lx->at, token_texts[k], n) == 0) {
            lx->at += n;
            return (enum zpl_token_kind)k;
        }
    }
    return stray(lx);
}

/* A long string, or `[` as a symbol, or `[=` without its second bracket. */
static enum zpl_token_kind bracket(struct lexer *lx)
{
    size_t begin = lx->at, width = zpl_long_bracket(lx->s + begin, lx->n - begin);

    if (width > 0) {
        lx->at += width;
        if (long_body(lx, width))
            return ZPL_TOKEN_STRING;
        lx->out->unfinished = !lx->out->wrong;
        complain(lx, begin, begin + width,
                 "unfinished long string: its closing bracket is missing");
        return ZPL_TOKEN_STRING;
    }
    if (peek(lx, 1) != '=')
        return symbol(lx);
    while (peek(lx, 1) == '=')
        lx->at++;
    lx->at++;
    complain(lx, begin, lx->at, "a long string begins with '[[' or '[=['");
    return ZPL_TOKEN_BAD;
}

/* Reads the token at the cursor and returns its kind. */
static enum zpl_token_kind scan(struct lexer *lx)
{
    char c = lx->s[lx->at];

    if (zpl_is_alpha(c))
        return word(lx);
    if (zpl_is_digit(c) || (c == '.' && zpl_is_digit(peek(lx, 1)))) {
        number(lx);
        return ZPL_TOKEN_NUMBER;
    }
    if (c == '"' || c == '\'') {
        short_string(lx);
        return ZPL_TOKEN_STRING;
    }
    return c == '[' ? bracket(lx) : symbol(lx);
}

/* Appends a token; false when memory is out. */
static bool append(struct lexer *lx, struct zpl_token token)
{
    struct zpl_tokens *out = lx->out;

    out->items = zpl_arena_grow(lx->arena, out->items, out->count, &lx->capacity, sizeof token);
    if (!out->items)
        return false;
    out->items[out->count++] = token;
    return true;
}

static enum zpl_err limit(struct lexer *lx, const char *what, unsigned max)
{
    struct zpl_span span = {lx->source, 0, 0};

    zpl_diag_add(lx->diags, ZPL_CODE_LANG_LIMIT, span, "the file has more than %u %s", max, what);
    return ZPL_ERR_LIMIT;
}

enum zpl_err zpl_lex(struct zpl_arena *arena, uint32_t source, const char *text, size_t len,
                     struct zpl_diags *diags, struct zpl_tokens *out)
{
    struct lexer lx = {.arena = arena,
                       .diags = diags,
                       .out = out,
                       .s = text,
                       .n = len,
                       .line = 1,
                       .source = source};
    bool first = true;

    memset(out, 0, sizeof *out);
    if (len > ZPL_SOURCE_BYTES_MAX)
        return limit(&lx, "bytes", ZPL_SOURCE_BYTES_MAX);
    sort_symbols(&lx);
    skip_head(&lx);
    for (;;) {
        struct zpl_token token = {0};

        lx.flags = 0;
        if (trivia(&lx))
            first = true;
        if (first)
            lx.flags |= ZPL_TOKEN_FIRST;
        first = false;
        token.offset = (uint32_t)lx.at;
        token.line = lx.line;
        token.column = (uint32_t)(lx.at - lx.line_start);
        if (lx.at < len)
            token.kind = (uint8_t)scan(&lx);
        token.length = (uint32_t)(lx.at - token.offset);
        token.flags = lx.flags;
        if (out->count > ZPL_TOKENS_MAX)
            return limit(&lx, "tokens", ZPL_TOKENS_MAX);
        if (!append(&lx, token))
            return zpl_diag_nomem(diags);
        if (token.kind == ZPL_TOKEN_EOF)
            return ZPL_OK;
    }
}
