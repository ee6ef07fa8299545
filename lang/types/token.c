#include "lang/types/token.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"

/* U+2026, the ellipsis. */
static const char ellipsis[] = "\xe2\x80\xa6";

static bool is_letter(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void *zpl_parser_fail(struct zpl_parser *p, const struct zpl_token *at, const char *format, ...)
{
    if (p->failed)
        return NULL;
    va_list args;
    va_start(args, format);
    const char *message = zpl_arena_vprintf(p->arena, format, args);
    va_end(args);
    if (!message)
        return zpl_parser_no_memory(p);
    p->error = (struct zpl_signature_error){at->offset, at->length, message};
    p->failed = true;
    p->token.kind = ZPL_TOKEN_END;
    return NULL;
}

void *zpl_parser_no_memory(struct zpl_parser *p)
{
    p->failed = p->no_memory = true;
    p->token.kind = ZPL_TOKEN_END;
    return NULL;
}

enum zpl_err zpl_parser_result(const struct zpl_parser *p, struct zpl_signature_error *error)
{
    if (!p->failed)
        return ZPL_OK;
    if (p->no_memory)
        return ZPL_ERR_NOMEM;
    *error = p->error;
    return ZPL_ERR_INPUT;
}

/* Where a name that begins at `i` ends; a dot belongs to it when a letter follows. */
static size_t name_end(const struct zpl_parser *p, size_t i)
{
    while (is_letter(p->text[i]) || is_digit(p->text[i]) ||
           (p->text[i] == '.' && is_letter(p->text[i + 1])))
        i++;
    return i;
}

/* Reads [-]digits[.digits][e[+-]digits]; a dot counts only before a digit, because `0..1` is a
 * range. */
static void read_number(struct zpl_parser *p, struct zpl_token *token)
{
    const char *s = p->text;
    size_t i = token->offset + (s[token->offset] == '-');
    bool whole = true;
    while (is_digit(s[i]))
        i++;
    if (s[i] == '.' && is_digit(s[i + 1])) {
        whole = false;
        for (i++; is_digit(s[i]);)
            i++;
    }
    size_t digit = i + 1 + (s[i] && (s[i + 1] == '+' || s[i + 1] == '-'));
    if ((s[i] == 'e' || s[i] == 'E') && is_digit(s[digit])) {
        whole = false;
        for (i = digit; is_digit(s[i]);)
            i++;
    }
    token->length = i - token->offset;
    errno = 0;
    token->i = whole ? strtoll(s + token->offset, NULL, 10) : 0;
    token->kind = whole && errno == 0 ? ZPL_TOKEN_INT : ZPL_TOKEN_FLOAT;
    token->f = strtod(s + token->offset, NULL);
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character that the escape at s[*i] (behind the backslash) stands for, -1: none. */
static int read_escape(const char *s, size_t *i)
{
    static const char letters[] = "ntr\"\\", meant[] = "\n\t\r\"\\";
    char c = s[(*i)++];
    const char *known = c ? strchr(letters, c) : NULL;
    if (known)
        return (unsigned char)meant[known - letters];
    int high = c == 'x' ? hex_digit(s[*i]) : -1;
    int low = high >= 0 ? hex_digit(s[*i + 1]) : -1;
    if (low < 0)
        return -1;
    *i += 2;
    return high * 16 + low;
}

static void read_string(struct zpl_parser *p, struct zpl_token *token)
{
    const char *s = p->text;
    size_t i = token->offset + 1;
    while (s[i] && s[i] != '"')
        i += s[i] == '\\' && s[i + 1] ? 2 : 1;
    token->length = i - token->offset;
    if (!s[i]) {
        zpl_parser_fail(p, token, "this string has no end");
        return;
    }
    token->length++;
    char *text = zpl_arena_alloc(p->arena, token->length);
    if (!text) {
        zpl_parser_no_memory(p);
        return;
    }
    for (i = token->offset + 1; s[i] != '"';) {
        int c = (unsigned char)s[i++];
        if (c == '\\' && (c = read_escape(s, &i)) < 0) {
            zpl_parser_fail(p, token,
                            "this string has an escape other than \\n \\t \\r \\\" "
                            "\\\\ \\xNN");
            return;
        }
        text[token->n++] = (char)c;
    }
    token->kind = ZPL_TOKEN_STRING;
    token->text = text;
}

static void read_mark(struct zpl_parser *p, struct zpl_token *token)
{
    const char *s = p->text + token->offset;
    if (strncmp(s, "->", 2) == 0) {
        token->kind = ZPL_TOKEN_ARROW;
        token->length = 2;
    } else if (strncmp(s, "...", 3) == 0 || strncmp(s, ellipsis, 3) == 0) {
        token->kind = ZPL_TOKEN_MORE;
        token->length = 3;
    } else if (strncmp(s, "..", 2) == 0) {
        token->kind = ZPL_TOKEN_RANGE;
        token->length = 2;
    } else if (strchr("(){}[],:?=-/", *s)) {
        token->kind = ZPL_TOKEN_MARK;
        token->mark = *s;
        token->length = 1;
    } else if (*s == '\'') {
        token->length = 1;
        zpl_parser_fail(p, token, "a text stands in double quotes in a signature: \"…\"");
    } else {
        token->length = 1;
        while (((unsigned char)s[token->length] & 0xc0) == 0x80)
            token->length++;
        zpl_parser_fail(p, token, "'%.*s' has no meaning in a signature", (int)token->length, s);
    }
}

/* Is it a byte of a letter outside ASCII, or of something that looks like one? */
static bool is_foreign(const struct zpl_parser *p, size_t i)
{
    return (unsigned char)p->text[i] >= 0x80 && strncmp(p->text + i, ellipsis, 3) != 0;
}

/* A name with letters that names have only in quotes: told over the whole of it. */
static void fail_foreign_name(struct zpl_parser *p, struct zpl_token *token)
{
    size_t i = token->offset;
    while (is_foreign(p, i) || is_letter(p->text[i]) || is_digit(p->text[i]))
        i++;
    token->length = i - token->offset;
    zpl_parser_fail(p, token,
                    "'%.*s' has other letters than a to z: a column of that name stands in quotes",
                    (int)token->length, p->text + token->offset);
}

void zpl_parser_step(struct zpl_parser *p)
{
    if (p->failed)
        return;
    const char *s = p->text;
    while (s[p->next] == ' ' || (s[p->next] >= '\t' && s[p->next] <= '\r'))
        p->next++;
    struct zpl_token token = {.kind = ZPL_TOKEN_END, .offset = p->next};
    char c = s[p->next];
    if (is_foreign(p, is_letter(c) ? name_end(p, token.offset) : token.offset)) {
        fail_foreign_name(p, &token);
    } else if (is_letter(c)) {
        token.kind = ZPL_TOKEN_NAME;
        token.length = name_end(p, token.offset) - token.offset;
        token.text = zpl_arena_strndup(p->arena, s + token.offset, token.length);
        token.n = token.length;
        if (!token.text)
            zpl_parser_no_memory(p);
    } else if (is_digit(c) || (c == '-' && is_digit(s[p->next + 1]))) {
        read_number(p, &token);
    } else if (c == '"') {
        read_string(p, &token);
    } else if (c) {
        read_mark(p, &token);
    }
    if (p->failed)
        return;
    p->token = token;
    p->next = token.offset + token.length;
}

void zpl_parser_start(struct zpl_parser *p, const char *text, struct zpl_arena *arena)
{
    *p = (struct zpl_parser){.arena = arena, .text = text, .len = strlen(text)};
    zpl_parser_step(p);
}

bool zpl_parser_at_mark(const struct zpl_parser *p, char mark)
{
    return p->token.kind == ZPL_TOKEN_MARK && p->token.mark == mark;
}

bool zpl_parser_at_word(const struct zpl_parser *p, const char *word)
{
    return p->token.kind == ZPL_TOKEN_NAME && strcmp(p->token.text, word) == 0;
}

bool zpl_parser_take_mark(struct zpl_parser *p, char mark)
{
    if (!zpl_parser_at_mark(p, mark))
        return false;
    zpl_parser_step(p);
    return true;
}

bool zpl_parser_take_word(struct zpl_parser *p, const char *word)
{
    if (!zpl_parser_at_word(p, word))
        return false;
    zpl_parser_step(p);
    return true;
}

void *zpl_parser_expected(struct zpl_parser *p, const char *wanted)
{
    const struct zpl_token *t = &p->token;
    if (t->kind == ZPL_TOKEN_END)
        zpl_parser_fail(p, t, "expected %s at the end", wanted);
    else
        zpl_parser_fail(p, t, "expected %s before '%.*s'", wanted, (int)t->length,
                        p->text + t->offset);
    return NULL;
}

bool zpl_parser_expect_mark(struct zpl_parser *p, char mark)
{
    if (zpl_parser_take_mark(p, mark))
        return true;
    char wanted[] = {'\'', mark, '\'', '\0'};
    zpl_parser_expected(p, wanted);
    return false;
}

const char *zpl_parser_take_name(struct zpl_parser *p, bool quoted, const char *what)
{
    const struct zpl_token t = p->token;
    if (quoted && t.kind == ZPL_TOKEN_STRING) {
        if (t.n == 0 || memchr(t.text, '\0', t.n))
            return zpl_parser_fail(p, &t, "this is no name for %s", what);
    } else if (!quoted && t.kind == ZPL_TOKEN_STRING && *t.text) {
        return zpl_parser_fail(p, &t, "%s stands in a signature without quotes: %s", what, t.text);
    } else if (t.kind != ZPL_TOKEN_NAME) {
        zpl_parser_expected(p, what);
        return NULL;
    } else if (memchr(t.text, '.', t.n)) {
        return zpl_parser_fail(p, &t, "'%s' can't name %s%s", t.text, what,
                               quoted ? " without quotes" : "");
    }
    zpl_parser_step(p);
    return p->no_memory ? NULL : t.text;
}

const char *zpl_type_foreign(const char *name)
{
    static const char *const types[][2] = {
        {"Integer", "Int"},
        {"Long", "Int"},
        {"BigInt", "Int"},
        {"Int32", "Int"},
        {"Int64", "Int"},
        {"Double", "Float"},
        {"Real", "Float"},
        {"Decimal", "Float"},
        {"Float32", "Float"},
        {"Float64", "Float"},
        {"Str", "String"},
        {"Text", "String"},
        {"Char", "String"},
        {"Varchar", "String"},
        {"Utf8", "String"},
        {"Boolean", "Bool"},
        {"Logical", "Bool"},
        {"DateTime", "Timestamp"},
        {"TimestampTZ", "Timestamp"},
        {"DataFrame", "Table"},
        {"Dataset", "Table"},
        {"Array", "List"},
        {"Vector", "List"},
        {"Dict", "Record"},
        {"Struct", "Record"},
        {"Object", "Record"},
        {"Category", "Enum"},
        {"Categorical", "Enum"},
        {"Factor", "Enum"},
        {"Nullable", "Optional"},
        {"Binary", "Bytes"},
        {"Blob", "Bytes"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (zpl_text_equal_nocase(name, types[i][0]))
            return types[i][1];
    for (int k = ZPL_INT; k < ZPL_VAR; k++) {
        const char *known = zpl_kind_name((enum zpl_kind)k);
        if (zpl_text_equal_nocase(name, known) && strcmp(name, known) != 0)
            return known;
    }
    return NULL;
}
