/* parser.h - what parse.c (statements) and parse_expr.c (expressions) share.  Private to
 * lang/syntax.   Floor: lang. */
#ifndef ZPL_SYNTAX_PARSER_H
#define ZPL_SYNTAX_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/syntax/tree.h"

struct parser {
    struct zpl_tree *tree;
    struct zpl_diags *diags;
    size_t node_capacity;
    uint32_t at;         /* the token to be read; never a BAD one */
    uint32_t last;       /* the token read before it */
    uint32_t last_error; /* the token of the last complaint */
    uint32_t level;      /* statements and expressions inside each other, as Lua counts */
    uint32_t brackets;   /* open ( { [ around the cursor */
    uint32_t errors;
    uint32_t strange_end; /* an `end` whose column is not that of what it closes, or ZPL_NO_TOKEN */
    uint32_t else_if; /* an `else if` whose `end` stands where the outer one's should, likewise */
    bool unfinished;  /* the first mistake is that the text ends */
    bool trying;      /* what is read now may be read again */
    bool panic;       /* a mistake was told and the parser has not found its feet again */
};

/* Where a parser was, to try something else from there. */
struct parser_mark {
    struct parser parser;
    size_t diags, diag_errors, dropped;
};

/* --- tokens --- */
static inline enum zpl_token_kind zpl_parser_kind(const struct parser *p)
{
    return (enum zpl_token_kind)p->tree->tokens[p->at].kind;
}
static inline bool zpl_parser_is(const struct parser *p, enum zpl_token_kind kind)
{
    return zpl_parser_kind(p) == kind;
}
/* The kind of the token behind the cursor's. */
enum zpl_token_kind zpl_parser_peek(const struct parser *p);
void zpl_parser_next(struct parser *p);
bool zpl_parser_accept(struct parser *p, enum zpl_token_kind kind);
/* Reads `kind` or complains. */
bool zpl_parser_expect(struct parser *p, enum zpl_token_kind kind);
/* Reads the `kind` that closes token `opener`, or complains with the opener's line. */
bool zpl_parser_close(struct parser *p, enum zpl_token_kind kind, uint32_t opener);

/* --- mistakes --- */
/* A SYNTAX diagnostic over tokens begin..end-1; NULL where it would only repeat an earlier one. */
struct zpl_diag *zpl_parser_complain(struct parser *p, uint32_t begin, uint32_t end,
                                     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds help to a diagnostic (or NULL) at `token`, where `wanted` was expected, by what stands before
 * it: a block begun by ':', a comment of another language, a long string that ended too early. */
/* A help for a habit of another language at an unexpected token; false: none is known. */
bool zpl_parser_habit(struct parser *p, struct zpl_diag *diag, uint32_t token);
void zpl_parser_suggest(struct parser *p, struct zpl_diag *diag, uint32_t token,
                        enum zpl_token_kind wanted);
/* "expected <wanted>, found …" at the cursor, with what the surroundings suggest. */
void zpl_parser_unexpected(struct parser *p, const char *wanted);
/* After the last token: ZPL_OK or ZPL_ERR_CHECK, and whether more text might make it right. */
enum zpl_err zpl_parser_verdict(struct parser *p, const struct zpl_tokens *tokens);
/* A LANG_LIMIT diagnostic at the cursor; reading ends there. */
void zpl_parser_limit(struct parser *p, const char *what, unsigned max);
/* "'end'", "a string", … for the token, in `out`. */
const char *zpl_parser_describe(const struct parser *p, uint32_t token, char out[64]);
/* After a mistake inside the bracket of token `opener`: skips to `closer`, or (with `fields`) to a
 * comma or semicolon, and ends the panic there; stays in it where a statement begins before. */
void zpl_parser_recover(struct parser *p, uint32_t opener, enum zpl_token_kind closer, bool fields);
/* The column of the first token on the line of `token`. */
uint32_t zpl_parser_indentation(const struct parser *p, uint32_t token);
/* Does the cursor's token begin a line, at or left of the column? */
bool zpl_parser_dedented(const struct parser *p, uint32_t column);

/* --- what other languages write (foreign.c, habits.c) --- */
void zpl_parser_mark(const struct parser *p, struct parser_mark *mark);
/* Goes back to the mark; what was told since is forgotten, so a mistake has to be told now. */
void zpl_parser_rewind(struct parser *p, const struct parser_mark *mark);
/* The token that closes the bracket `opener`, or ZPL_NO_TOKEN. */
uint32_t zpl_parser_matching(const struct parser *p, uint32_t opener);
/* The ':' or '{' that begins the block of the statement at `opener` as other languages have it. */
uint32_t zpl_parser_foreign_block(const struct parser *p, uint32_t opener);
/* Tells it and reads what belongs to the statement; `keyword` is what should stand there. */
void zpl_parser_read_foreign_block(struct parser *p, uint32_t opener, uint32_t at,
                                   enum zpl_token_kind keyword);
/* Skips `{…}`, at the brace, and what follows it as `else {…}`. */
void zpl_parser_skip_braces(struct parser *p);
/* Notes an `else if`, which is an `if` of its own (at `opener`, just read), when its `end` stands as
 * the outer one's should. */
void zpl_parser_note_else_if(struct parser *p, uint32_t opener);
/* Tells and reads a statement that begins with a word of another language, at a name; false: none. */
bool zpl_parser_foreign(struct parser *p);
/* Tells a name that is a keyword but for a slip, `endd`, where a statement should begin; from then on it
 * counts as that keyword.  false: it is none. */
bool zpl_parser_misspelt(struct parser *p);
/* Is the cursor at a name that is `keyword` but for a slip? */
bool zpl_parser_resembles(const struct parser *p, enum zpl_token_kind keyword);
/* Behind an expression that is a statement: `x += 1`, `x++`, `x <- 1`. */
bool zpl_parser_foreign_operator(struct parser *p);
/* Where a statement should begin, behind a text: `'it''s'`, `"x".format()`. */
bool zpl_parser_foreign_text(struct parser *p);
/* `local x: T = …`, at the ':': told, and the type skipped. */
void zpl_parser_foreign_type(struct parser *p);
/* `x = a if c else b`, at the `if`. */
void zpl_parser_foreign_choice(struct parser *p);
/* `[f(x) for x in list]`, at the `for`, inside the bracket `opener`: told, and the cursor is on the
 * closing bracket; false: it is none. */
bool zpl_parser_comprehension(struct parser *p, uint32_t opener);
/* `x => f(x)` and `x -> f(x)`, at the first name or parenthesis: told and skipped; false: it is none.
 * Where a condition stands, `x => y` is told as a comparison. */
bool zpl_parser_arrow(struct parser *p);
/* What a complaint at `token` is really about when its line has a `lambda` or SQL before: moves
 * *token there and returns the message, else NULL. */
const char *zpl_parser_culprit(const struct parser *p, uint32_t *token);

/* --- nodes --- */
uint32_t zpl_parser_node(struct parser *p, enum zpl_node_kind kind); /* begins at the cursor */
/* The same, but beginning where `node` begins. */
uint32_t zpl_parser_node_from(struct parser *p, enum zpl_node_kind kind, uint32_t node);
void zpl_parser_adopt(struct parser *p, uint32_t parent, uint32_t child); /* child is finished */
uint32_t zpl_parser_finish(struct parser *p, uint32_t node); /* ends behind the last token read */
uint32_t zpl_parser_leaf(struct parser *p, enum zpl_node_kind kind); /* of one token, reads it */
bool zpl_parser_enter(struct parser *p); /* one level deeper; false at the limit */
void zpl_parser_leave(struct parser *p);

/* --- grammar --- */
bool zpl_parser_word(struct parser *p); /* reads a name, or complains */
uint32_t zpl_parser_name(struct parser *p);
uint32_t zpl_parser_expr(struct parser *p);
uint32_t zpl_parser_exprs(struct parser *p);
uint32_t zpl_parser_suffixed(struct parser *p); /* a name or (…) with what follows it */
/* From `(` to `end`; `opener` is the token `function`. */
void zpl_parser_body(struct parser *p, uint32_t function, uint32_t opener);
uint32_t zpl_parser_statement(struct parser *p);
uint32_t zpl_parser_plain_statement(struct parser *p); /* a call or an assignment */
/* Statements up to what ends a block; in an `if` Python's `elif` ends it too. */
uint32_t zpl_parser_block(struct parser *p, bool in_if);

#endif
