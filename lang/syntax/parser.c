/* parser.c - the parser's feet: its cursor, its nodes, how it complains and how it goes on after a
 * mistake.  See parser.h. */
#include "lang/syntax/parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/limits.h"

enum zpl_token_kind zpl_parser_peek(const struct parser *p)
{
    uint32_t at = p->at;

    do {
        if (p->tree->tokens[at].kind == ZPL_TOKEN_EOF)
            return ZPL_TOKEN_EOF;
        at++;
    } while (p->tree->tokens[at].kind == ZPL_TOKEN_BAD);
    return (enum zpl_token_kind)p->tree->tokens[at].kind;
}

void zpl_parser_next(struct parser *p)
{
    if (zpl_parser_is(p, ZPL_TOKEN_EOF))
        return;
    p->last = p->at;
    for (p->at++; zpl_parser_is(p, ZPL_TOKEN_BAD); p->at++)
        p->panic = true; /* told by the lexer */
}

/* Ends the reading: nothing more is told. */
static void stop(struct parser *p)
{
    p->at = p->tree->token_count - 1;
    p->panic = true;
    p->last_error = p->at;
}

bool zpl_parser_accept(struct parser *p, enum zpl_token_kind kind)
{
    if (!zpl_parser_is(p, kind))
        return false;
    zpl_parser_next(p);
    return true;
}

const char *zpl_parser_describe(const struct parser *p, uint32_t token, char out[64])
{
    const struct zpl_token *t = &p->tree->tokens[token];

    if (t->kind == ZPL_TOKEN_NAME && t->length <= 40)
        snprintf(out, 64, "'%.*s'", (int)t->length, p->tree->text + t->offset);
    else if (t->kind <= ZPL_TOKEN_STRING)
        snprintf(out, 64, "%s", zpl_token_text((enum zpl_token_kind)t->kind));
    else
        snprintf(out, 64, "'%s'", zpl_token_text((enum zpl_token_kind)t->kind));
    return out;
}

/* A complaint next to a token that has its own diagnostic would tell the same mistake again. */
static bool repeats(const struct parser *p, uint32_t token)
{
    const struct zpl_token *tokens = p->tree->tokens;

    return p->panic || token == p->last_error || (tokens[token].flags & ZPL_TOKEN_WRONG) ||
           (token > 0 && (tokens[token - 1].flags & ZPL_TOKEN_WRONG));
}

void zpl_parser_suggest(struct parser *p, struct zpl_diag *diag, uint32_t token,
                        enum zpl_token_kind wanted)
{
    const struct zpl_token *t = p->tree->tokens;

    if (!diag || zpl_parser_habit(p, diag, token))
        return;
    if (wanted == ZPL_TOKEN_THEN || wanted == ZPL_TOKEN_DO) {
        for (uint32_t i = token; i > 0 && token - i < 16; i--) {
            if (t[i - 1].kind == ZPL_TOKEN_COLON && (t[i].flags & ZPL_TOKEN_FIRST)) {
                zpl_diag_help(p->diags, diag, "a block begins with '%s', not with ':'",
                              zpl_token_text(wanted));
                return;
            }
        }
    }

    for (uint32_t i = token; i > 0 && !(t[i].flags & ZPL_TOKEN_FIRST); i--) {
        const struct zpl_token *before = &t[i - 1];

        if ((before->kind == ZPL_TOKEN_LENGTH || before->kind == ZPL_TOKEN_IDIV) &&
            t[i].offset > before->offset + before->length) {
            zpl_diag_help(p->diags, diag, "a comment begins with '--'");
            return;
        }
        if (before->kind == ZPL_TOKEN_STRING && before->length >= 4 &&
            memcmp(p->tree->text + before->offset, "[[", 2) == 0) {
            zpl_diag_help(p->diags, diag,
                          "the long string before ended at its first ']]'; text that holds ']]' is "
                          "written [=[ … ]=]");
            return;
        }
    }
}

/* Adds a diagnostic over tokens begin..end-1 unless it repeats one; after ZPL_DIAGS_MAX of them the
 * reading ends. */
static struct zpl_diag *tell(struct parser *p, enum zpl_code code, uint32_t begin, uint32_t end,
                             const char *format, va_list args)
{
    bool at_end = p->tree->tokens[begin].kind == ZPL_TOKEN_EOF;
    const char *culprit = code == ZPL_CODE_SYNTAX ? zpl_parser_culprit(p, &begin) : NULL;
    struct zpl_span span = zpl_tree_token_span(p->tree, begin);
    struct zpl_diag *diag = NULL;
    char message[256];

    if (p->errors == 0 && !p->panic)
        p->unfinished = code == ZPL_CODE_SYNTAX && at_end;
    if (!repeats(p, begin)) {
        if (!culprit && end > begin + 1)
            span.end = zpl_tree_token_span(p->tree, end - 1).end;
        vsnprintf(message, sizeof message, format, args);
        diag = zpl_diag_add(p->diags, code, span, "%s", culprit ? culprit : message);
        p->last_error = begin;
        if (++p->errors >= ZPL_DIAGS_MAX)
            stop(p);
    }
    p->panic = true;
    return diag;
}

struct zpl_diag *zpl_parser_complain(struct parser *p, uint32_t begin, uint32_t end,
                                     const char *format, ...)
{
    struct zpl_diag *diag;
    va_list args;

    va_start(args, format);
    diag = tell(p, ZPL_CODE_SYNTAX, begin, end, format, args);
    va_end(args);
    return diag;
}

enum zpl_err zpl_parser_verdict(struct parser *p, const struct zpl_tokens *tokens)
{
    bool only_open = tokens->unfinished && (p->errors == 0 || p->unfinished);

    p->tree->unfinished = tokens->wrong ? only_open : p->unfinished;
    return p->errors > 0 || tokens->wrong ? ZPL_ERR_CHECK : ZPL_OK;
}

/* The va_list of tell() for a message with one number. */
static void tell_limit(struct parser *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(p, ZPL_CODE_LANG_LIMIT, p->at, p->at + 1, format, args);
    va_end(args);
}

void zpl_parser_limit(struct parser *p, const char *what, unsigned max)
{
    tell_limit(p, "%s (limit %u)", what, max);
    stop(p);
}

void zpl_parser_unexpected(struct parser *p, const char *wanted)
{
    char found[64];
    struct zpl_diag *diag = zpl_parser_complain(p, p->at, p->at + 1, "expected %s, found %s",
                                                wanted, zpl_parser_describe(p, p->at, found));

    zpl_parser_suggest(p, diag, p->at, ZPL_TOKEN_EOF);
}

bool zpl_parser_expect(struct parser *p, enum zpl_token_kind kind)
{
    char found[64];
    struct zpl_diag *diag;

    if (zpl_parser_accept(p, kind))
        return true;
    diag = zpl_parser_complain(p, p->at, p->at + 1,
                               kind >= ZPL_TOKEN_AND ? "expected '%s', found %s"
                                                     : "expected %s, found %s",
                               zpl_token_text(kind), zpl_parser_describe(p, p->at, found));
    if (zpl_parser_resembles(p, kind)) {
        if (diag)
            zpl_diag_help(p->diags, diag, "did you mean '%s'?", zpl_token_text(kind));
        zpl_parser_next(p);
        p->panic = false;
        return true;
    }
    zpl_parser_suggest(p, diag, p->at, kind);
    return false;
}

bool zpl_parser_close(struct parser *p, enum zpl_token_kind kind, uint32_t opener)
{
    const struct zpl_token *open = &p->tree->tokens[opener];
    struct zpl_diag *diag;

    if (zpl_parser_is(p, kind)) {
        const struct zpl_token *t = &p->tree->tokens[p->at];

        if (kind == ZPL_TOKEN_END && (t->flags & ZPL_TOKEN_FIRST) &&
            p->strange_end == ZPL_NO_TOKEN && t->line != open->line &&
            t->column != zpl_parser_indentation(p, opener))
            p->strange_end = p->at;
        zpl_parser_next(p);
        return true;
    }
    if (kind != ZPL_TOKEN_END && kind != ZPL_TOKEN_UNTIL && zpl_parser_comprehension(p, opener))
        return zpl_parser_accept(p, kind);
    diag = zpl_parser_complain(
        p, p->at, p->at + 1, "expected '%s' (to close '%s' at line %u)", zpl_token_text(kind),
        zpl_token_text((enum zpl_token_kind)open->kind), (unsigned)open->line);
    if (diag && kind == ZPL_TOKEN_END && p->else_if != ZPL_NO_TOKEN) {
        struct zpl_span both = zpl_tree_token_span(p->tree, p->else_if);

        both.end = zpl_tree_token_span(p->tree, p->else_if + 1).end;
        zpl_diag_note(p->diags, diag, both,
                      "'else if' begins an 'if' of its own, with an 'end' of its own");
        zpl_diag_help(p->diags, diag, "'elseif' is one word");
        p->else_if = ZPL_NO_TOKEN;
        return false;
    }
    if (diag && zpl_parser_is(p, ZPL_TOKEN_EOF) && p->strange_end != ZPL_NO_TOKEN)
        zpl_diag_note(p->diags, diag, zpl_tree_token_span(p->tree, p->strange_end),
                      "this 'end' is indented unlike what it closes");
    zpl_parser_suggest(p, diag, p->at, kind);
    return false;
}

uint32_t zpl_parser_indentation(const struct parser *p, uint32_t token)
{
    while (token > 0 && !(p->tree->tokens[token].flags & ZPL_TOKEN_FIRST))
        token--;
    return p->tree->tokens[token].column;
}

bool zpl_parser_dedented(const struct parser *p, uint32_t column)
{
    const struct zpl_token *t = &p->tree->tokens[p->at];

    return (t->flags & ZPL_TOKEN_FIRST) && t->column <= column;
}

/* Is the cursor where a statement surely begins or a block ends?  `function (` is an expression. */
static bool at_statement(const struct parser *p)
{
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_FUNCTION:
        return zpl_parser_peek(p) == ZPL_TOKEN_NAME;
    case ZPL_TOKEN_EOF:
    case ZPL_TOKEN_LOCAL:
    case ZPL_TOKEN_RETURN:
    case ZPL_TOKEN_BREAK:
    case ZPL_TOKEN_GOTO:
    case ZPL_TOKEN_FOR:
    case ZPL_TOKEN_WHILE:
    case ZPL_TOKEN_IF:
    case ZPL_TOKEN_REPEAT:
    case ZPL_TOKEN_DO:
    case ZPL_TOKEN_END:
    case ZPL_TOKEN_ELSE:
    case ZPL_TOKEN_ELSEIF:
    case ZPL_TOKEN_UNTIL:
        return true;
    default:
        return false;
    }
}

/* What the token at the cursor does to the depth of what is being skipped. */
static int depth_change(const struct parser *p)
{
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_OPEN_PAREN:
    case ZPL_TOKEN_OPEN_BRACE:
    case ZPL_TOKEN_OPEN_BRACKET:
    case ZPL_TOKEN_FUNCTION:
    case ZPL_TOKEN_IF:
    case ZPL_TOKEN_DO:
    case ZPL_TOKEN_REPEAT:
        return 1;
    case ZPL_TOKEN_CLOSE_PAREN:
    case ZPL_TOKEN_CLOSE_BRACE:
    case ZPL_TOKEN_CLOSE_BRACKET:
    case ZPL_TOKEN_END:
    case ZPL_TOKEN_UNTIL:
        return -1;
    default:
        return 0;
    }
}

void zpl_parser_recover(struct parser *p, uint32_t opener, enum zpl_token_kind closer, bool fields)
{
    uint32_t column = zpl_parser_indentation(p, opener);
    int depth = 0;

    while (!zpl_parser_is(p, ZPL_TOKEN_EOF)) {
        enum zpl_token_kind kind = zpl_parser_kind(p);
        int change = depth_change(p);

        if (depth == 0 && (kind == closer ||
                           (fields && (kind == ZPL_TOKEN_COMMA || kind == ZPL_TOKEN_SEMICOLON)))) {
            p->panic = false;
            return;
        }
        if (depth == 0 && change < 0 && p->brackets == 0 && kind != ZPL_TOKEN_END &&
            kind != ZPL_TOKEN_UNTIL)
            change = 0; /* a bracket that closes nothing */
        if (depth == 0 && (change < 0 || at_statement(p)))
            return;
        if ((kind == ZPL_TOKEN_NAME || kind == ZPL_TOKEN_DOUBLE_COLON || at_statement(p)) &&
            change >= 0 && zpl_parser_dedented(p, column))
            return;
        depth += change;
        zpl_parser_next(p);
    }
}

uint32_t zpl_parser_node(struct parser *p, enum zpl_node_kind kind)
{
    struct zpl_tree *tree = p->tree;
    struct zpl_tree_node *nodes = zpl_arena_grow(tree->arena, tree->nodes, tree->node_count,
                                                 &p->node_capacity, sizeof *tree->nodes);

    if (!nodes) {
        stop(p);
        return 0;
    }
    tree->nodes = nodes;
    nodes[tree->node_count] =
        (struct zpl_tree_node){.kind = (uint8_t)kind, .begin = p->at, .end = p->at, .key = p->at};
    return tree->node_count++;
}

uint32_t zpl_parser_node_from(struct parser *p, enum zpl_node_kind kind, uint32_t node)
{
    uint32_t outer = zpl_parser_node(p, kind);

    p->tree->nodes[outer].begin = p->tree->nodes[node].begin;
    return outer;
}

void zpl_parser_adopt(struct parser *p, uint32_t parent, uint32_t child)
{
    struct zpl_tree_node *nodes = p->tree->nodes;

    nodes[child].parent = parent;
    if (nodes[parent].last_child)
        nodes[nodes[parent].last_child].next = child;
    else
        nodes[parent].child = child;
    nodes[parent].last_child = child;
    if (nodes[child].height >= nodes[parent].height)
        nodes[parent].height = (uint16_t)(nodes[child].height + 1);
    if (nodes[parent].height > ZPL_CHAIN_MAX)
        zpl_parser_limit(p, "too long a chain of operators or calls", ZPL_CHAIN_MAX);
}

uint32_t zpl_parser_finish(struct parser *p, uint32_t node)
{
    struct zpl_tree_node *n = &p->tree->nodes[node];

    if (n->begin < p->at && p->last + 1 > n->begin)
        n->end = p->last + 1;
    return node;
}

uint32_t zpl_parser_leaf(struct parser *p, enum zpl_node_kind kind)
{
    uint32_t node = zpl_parser_node(p, kind);

    zpl_parser_next(p);
    return zpl_parser_finish(p, node);
}

bool zpl_parser_enter(struct parser *p)
{
    if (++p->level <= ZPL_NESTING_MAX)
        return true;
    zpl_parser_limit(p, "too many blocks, expressions and tables inside each other",
                     ZPL_NESTING_MAX);
    return false;
}

void zpl_parser_leave(struct parser *p)
{
    p->level--;
}
