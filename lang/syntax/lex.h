/* lex.h - the tokens of a .zpl text: exactly Lua 5.4's boundaries and verdicts.
 * Promise: the tokens in order, each with its bytes; what lies between two tokens (blanks,
 * comments, a byte-order mark, a first line that begins with '#') is trivia and can be had back
 * from the offsets, so tokens and gaps together are the text to the byte. Owns: nothing; the tokens
 * live in the caller's arena, the text is borrowed. Errors: SYNTAX diagnostics with the exact span;
 * the wrong token stays in the list and is marked, so that the parser can go on.   Limits:
 * ZPL_SOURCE_BYTES_MAX, ZPL_TOKENS_MAX.   Floor: lang. */
#ifndef ZPL_SYNTAX_LEX_H
#define ZPL_SYNTAX_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/err.h"

/* X(NAME, text): the keywords, then the symbols of Lua 5.4. */
#define ZPL_KEYWORDS(X)                                                                            \
    X(AND, "and")                                                                                  \
    X(BREAK, "break")                                                                              \
    X(DO, "do")                                                                                    \
    X(ELSE, "else")                                                                                \
    X(ELSEIF, "elseif")                                                                            \
    X(END, "end")                                                                                  \
    X(FALSE, "false")                                                                              \
    X(FOR, "for")                                                                                  \
    X(FUNCTION, "function")                                                                        \
    X(GOTO, "goto")                                                                                \
    X(IF, "if")                                                                                    \
    X(IN, "in")                                                                                    \
    X(LOCAL, "local")                                                                              \
    X(NIL, "nil")                                                                                  \
    X(NOT, "not")                                                                                  \
    X(OR, "or")                                                                                    \
    X(REPEAT, "repeat")                                                                            \
    X(RETURN, "return")                                                                            \
    X(THEN, "then")                                                                                \
    X(TRUE, "true")                                                                                \
    X(UNTIL, "until")                                                                              \
    X(WHILE, "while")
#define ZPL_SYMBOLS(X)                                                                             \
    X(DOTS, "...")                                                                                 \
    X(CONCAT, "..")                                                                                \
    X(EQ, "==")                                                                                    \
    X(NE, "~=")                                                                                    \
    X(LE, "<=")                                                                                    \
    X(GE, ">=")                                                                                    \
    X(SHL, "<<")                                                                                   \
    X(SHR, ">>")                                                                                   \
    X(IDIV, "//")                                                                                  \
    X(DOUBLE_COLON, "::")                                                                          \
    X(ADD, "+")                                                                                    \
    X(SUB, "-")                                                                                    \
    X(MUL, "*")                                                                                    \
    X(DIV, "/")                                                                                    \
    X(MOD, "%")                                                                                    \
    X(POW, "^")                                                                                    \
    X(LENGTH, "#")                                                                                 \
    X(BAND, "&")                                                                                   \
    X(TILDE, "~")                                                                                  \
    X(BOR, "|")                                                                                    \
    X(LT, "<")                                                                                     \
    X(GT, ">")                                                                                     \
    X(ASSIGN, "=")                                                                                 \
    X(OPEN_PAREN, "(")                                                                             \
    X(CLOSE_PAREN, ")")                                                                            \
    X(OPEN_BRACE, "{")                                                                             \
    X(CLOSE_BRACE, "}")                                                                            \
    X(OPEN_BRACKET, "[")                                                                           \
    X(CLOSE_BRACKET, "]")                                                                          \
    X(SEMICOLON, ";")                                                                              \
    X(COLON, ":")                                                                                  \
    X(COMMA, ",")                                                                                  \
    X(DOT, ".")

enum zpl_token_kind {
    ZPL_TOKEN_EOF, /* the last token of every list; empty, at the end of the text */
    ZPL_TOKEN_BAD, /* bytes that begin no token; the parser skips them */
    ZPL_TOKEN_NAME,
    ZPL_TOKEN_NUMBER,
    ZPL_TOKEN_STRING,
#define ZPL_TOKEN_ENUM(name, text) ZPL_TOKEN_##name,
    ZPL_KEYWORDS(ZPL_TOKEN_ENUM) ZPL_SYMBOLS(ZPL_TOKEN_ENUM)
#undef ZPL_TOKEN_ENUM
        ZPL_TOKEN_KINDS
};

enum zpl_token_flag {
    ZPL_TOKEN_FIRST = 1, /* the first token of its line */
    ZPL_TOKEN_WRONG = 2, /* has its diagnostic already */
};

struct zpl_token {
    uint32_t offset, length; /* bytes */
    uint32_t line;           /* from 1, where the token begins */
    uint32_t column;         /* bytes before it on its line */
    uint8_t kind;            /* enum zpl_token_kind */
    uint8_t flags;           /* enum zpl_token_flag */
};

struct zpl_tokens {
    struct zpl_token *items;
    uint32_t count;  /* with the EOF token */
    bool wrong;      /* a diagnostic was added */
    bool unfinished; /* the one mistake is a long string or comment that the text ends in */
};

/* The tokens of text[0..len), which is source number `source` of the diagnostics.
 * ZPL_OK also for a wrong text; ZPL_ERR_LIMIT (with a LANG_LIMIT diagnostic), ZPL_ERR_NOMEM. */
enum zpl_err zpl_lex(struct zpl_arena *arena, uint32_t source, const char *text, size_t len,
                     struct zpl_diags *diags, struct zpl_tokens *out);

/* "end", "==", …; for the kinds without a fixed text what they are: "a name", "a string". */
const char *zpl_token_text(enum zpl_token_kind kind);
bool zpl_token_is_keyword(enum zpl_token_kind kind);

/* How strongly a binary operator binds on its left and on its right, as Lua's parser has it: an
 * operand read with limit n takes the operators whose left strength is over n.  0, 0 for others. */
void zpl_token_strength(enum zpl_token_kind kind, int *left, int *right);
#define ZPL_UNARY_STRENGTH 12

#endif
