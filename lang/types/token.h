/* token.h - the words of a signature.
 * Owns: nothing; texts are in the parser's arena.   Errors: the first mistake is kept in `error`
 * and everything after it reads as END, so a parser unwinds by itself.
 * Limits: the caller's, on the whole text.   Floor: lang/types, private to it. */
#ifndef ZPL_TYPES_TOKEN_H
#define ZPL_TYPES_TOKEN_H

#include "lang/types/signature.h"

enum zpl_token_kind {
    ZPL_TOKEN_END,
    ZPL_TOKEN_NAME,   /* text; may hold dots between its parts */
    ZPL_TOKEN_STRING, /* text[0..n), unescaped */
    ZPL_TOKEN_INT,    /* i */
    ZPL_TOKEN_FLOAT,  /* f */
    ZPL_TOKEN_ARROW,  /* -> */
    ZPL_TOKEN_RANGE,  /* .. */
    ZPL_TOKEN_MORE,   /* ... or the one character of that look */
    ZPL_TOKEN_MARK    /* one character: mark */
};
struct zpl_token {
    enum zpl_token_kind kind;
    char mark;
    size_t offset, length; /* in the whole text */
    const char *text;
    size_t n;
    int64_t i;
    double f;
};

/* Reads one text, a token ahead. */
struct zpl_parser {
    struct zpl_arena *arena;
    const char *text;
    size_t len, next;       /* `next` stands behind `token` */
    struct zpl_token token; /* the one to be looked at */
    int depth;
    bool failed, no_memory;
    struct zpl_signature_error error;
    /* Of a signature: names bound by `columns NAME`, which `{NAME}` then means; names bound by
     * `column NAME` or as a label in an input, which a label in an output then means. */
    const char **column_lists, **column_names;
    size_t column_list_count, column_list_room, column_name_count, column_name_room;
    bool in_inputs, in_outputs;
};

/* Stands on the first token. */
void zpl_parser_start(struct zpl_parser *p, const char *text, struct zpl_arena *arena);
void zpl_parser_step(struct zpl_parser *p);
/* Tells a mistake at a token; the first one stays.  Returns NULL, for callers that return a
 * pointer. */
void *zpl_parser_fail(struct zpl_parser *p, const struct zpl_token *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void *zpl_parser_no_memory(struct zpl_parser *p);
/* What the parser ended with. */
enum zpl_err zpl_parser_result(const struct zpl_parser *p, struct zpl_signature_error *error);

bool zpl_parser_at_mark(const struct zpl_parser *p, char mark);
bool zpl_parser_at_word(const struct zpl_parser *p, const char *word);
/* Steps over it if it stands here. */
bool zpl_parser_take_mark(struct zpl_parser *p, char mark);
bool zpl_parser_take_word(struct zpl_parser *p, const char *word);
/* Steps over it or fails: "expected ')' before 'x'". */
bool zpl_parser_expect_mark(struct zpl_parser *p, char mark);
void *zpl_parser_expected(struct zpl_parser *p, const char *wanted); /* the failure; NULL */
/* A plain name (no dots) or, when `quoted` allows it, a string without NUL; NULL: failed.  `what`
 * tells what is named. */
const char *zpl_parser_take_name(struct zpl_parser *p, bool quoted, const char *what);

/* The grammar's parts, each from where the parser stands; NULL: failed. */
const struct zpl_type *zpl_parse_type(struct zpl_parser *p);
const struct zpl_literal *zpl_parse_literal(struct zpl_parser *p);
const struct zpl_signature *zpl_parse_signature(struct zpl_parser *p);

#endif
