/* parse.c - statements and blocks, and zpl_parse().  See parse.h. */
#include "lang/syntax/parse.h"

#include <string.h>

#include "lang/base/limits.h"
#include "lang/syntax/emit.h"
#include "lang/syntax/parser.h"
#include "lang/syntax/scope.h"

/* Is the cursor at `elif` where `elseif` is meant?  A variable of that name is left alone. */
static bool at_elif(const struct parser *p)
{
    if (!zpl_parser_is(p, ZPL_TOKEN_NAME) || !zpl_tree_token_is(p->tree, p->at, "elif"))
        return false;
    switch (zpl_parser_peek(p)) {
    case ZPL_TOKEN_NAME:
    case ZPL_TOKEN_NUMBER:
    case ZPL_TOKEN_NOT:
    case ZPL_TOKEN_NIL:
    case ZPL_TOKEN_TRUE:
    case ZPL_TOKEN_FALSE:
        return true;
    default:
        return false;
    }
}

/* Does the cursor's token end a block?  A bracket or comma does only inside open brackets, where
 * the block's `end` is missing. */
static bool at_block_end(const struct parser *p, bool in_if)
{
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_EOF:
    case ZPL_TOKEN_END:
    case ZPL_TOKEN_ELSE:
    case ZPL_TOKEN_ELSEIF:
    case ZPL_TOKEN_UNTIL:
        return true;
    case ZPL_TOKEN_CLOSE_PAREN:
    case ZPL_TOKEN_CLOSE_BRACE:
    case ZPL_TOKEN_CLOSE_BRACKET:
    case ZPL_TOKEN_COMMA:
        return p->brackets > 0;
    default:
        return in_if && at_elif(p);
    }
}

/* The condition of `if`, `elseif` and `while` with the keyword behind it.  0: its block is one of
 * another language, which was told and read. */
static uint32_t condition(struct parser *p, uint32_t opener, enum zpl_token_kind keyword)
{
    struct parser_mark mark;
    uint32_t node, foreign;

    zpl_parser_mark(p, &mark);
    node = zpl_parser_expr(p);
    foreign =
        p->panic || !zpl_parser_is(p, keyword) ? zpl_parser_foreign_block(p, opener) : ZPL_NO_TOKEN;
    if (foreign != ZPL_NO_TOKEN) {
        zpl_parser_rewind(p, &mark);
        zpl_parser_read_foreign_block(p, opener, foreign, keyword);
        return 0;
    }
    if (!p->panic && zpl_parser_is(p, ZPL_TOKEN_ASSIGN)) {
        zpl_parser_complain(p, p->at, p->at + 1, "'=' assigns; a comparison is written '=='");
        p->panic = false;
        zpl_parser_next(p);
        zpl_parser_expr(p);
    }
    p->tree->owners[opener] = node;
    if (p->panic)
        zpl_parser_recover(p, opener, keyword, false);
    if (!zpl_parser_expect(p, keyword) && !zpl_parser_is(p, ZPL_TOKEN_EOF)) {
        zpl_parser_recover(p, opener, keyword, false);
        zpl_parser_accept(p, keyword);
        p->panic = false;
    }
    return node;
}

/* `else` with its block. */
static void else_part(struct parser *p, uint32_t node)
{
    zpl_parser_next(p);
    if (zpl_parser_is(p, ZPL_TOKEN_COLON)) {
        zpl_parser_complain(p, p->at, p->at + 1, "a block is not begun by ':'");
        p->panic = false;
        zpl_parser_next(p);
    }
    zpl_parser_adopt(p, node, zpl_parser_block(p, false));
}

/* Reads the `end` of a statement.  One whose header was wrong may have none; an `end` that is indented
 * less is not its own. */
static void close_statement(struct parser *p, uint32_t opener, bool headed)
{
    if (headed || (zpl_parser_is(p, ZPL_TOKEN_END) &&
                   (!(p->tree->tokens[p->at].flags & ZPL_TOKEN_FIRST) ||
                    p->tree->tokens[p->at].column >= zpl_parser_indentation(p, opener))))
        zpl_parser_close(p, ZPL_TOKEN_END, opener);
}

static uint32_t if_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_IF), opener = p->at, test;
    bool headed = true;

    do {
        uint32_t keyword = p->at;

        if (zpl_parser_is(p, ZPL_TOKEN_NAME)) {
            zpl_parser_complain(p, keyword, keyword + 1, "'elif' is written 'elseif'");
            p->panic = false;
        }
        zpl_parser_next(p);
        test = condition(p, keyword, ZPL_TOKEN_THEN);
        if (!test)
            return node;
        headed = headed && p->tree->tokens[p->last].kind == ZPL_TOKEN_THEN;
        zpl_parser_adopt(p, node, test);
        zpl_parser_adopt(p, node, zpl_parser_block(p, true));
        if (zpl_tree_count(p->tree, node) > 2 * ZPL_ARMS_MAX)
            zpl_parser_limit(p, "too many 'elseif' arms", ZPL_ARMS_MAX);
    } while (zpl_parser_is(p, ZPL_TOKEN_ELSEIF) || at_elif(p));
    if (zpl_parser_is(p, ZPL_TOKEN_ELSE))
        else_part(p, node);
    close_statement(p, opener, headed);
    zpl_parser_note_else_if(p, opener);
    return node;
}

static uint32_t while_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_WHILE), opener = p->at, test;
    bool headed;

    zpl_parser_next(p);
    test = condition(p, opener, ZPL_TOKEN_DO);
    if (!test)
        return node;
    headed = p->tree->tokens[p->last].kind == ZPL_TOKEN_DO;
    zpl_parser_adopt(p, node, test);
    zpl_parser_adopt(p, node, zpl_parser_block(p, false));
    close_statement(p, opener, headed);
    return node;
}

static uint32_t repeat_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_REPEAT), opener = p->at, test;

    zpl_parser_next(p);
    zpl_parser_adopt(p, node, zpl_parser_block(p, false));
    if (zpl_parser_close(p, ZPL_TOKEN_UNTIL, opener)) {
        uint32_t until = p->last;

        test = zpl_parser_expr(p);
        p->tree->owners[until] = test;
        zpl_parser_adopt(p, node, test);
    }
    return node;
}

/* The names of `for` or `local`; `local` may have attributes behind them. */
static uint32_t names(struct parser *p, bool attributes)
{
    uint32_t list = zpl_parser_node(p, ZPL_NODE_NAMES);

    do {
        uint32_t name = zpl_parser_name(p);

        zpl_parser_adopt(p, list, name);
        if (!attributes || p->panic || !zpl_parser_accept(p, ZPL_TOKEN_LT))
            continue;
        if (zpl_tree_token_is(p->tree, p->at, "const"))
            p->tree->nodes[name].flags |= ZPL_NODE_CONST;
        else if (zpl_tree_token_is(p->tree, p->at, "close"))
            p->tree->nodes[name].flags |= ZPL_NODE_CLOSE;
        else if (zpl_parser_is(p, ZPL_TOKEN_SUB))
            zpl_parser_complain(p, p->last, p->at + 1, "'<-' is written '='");
        else
            zpl_parser_complain(p, p->at, p->at + 1, "expected 'const' or 'close'");
        zpl_parser_next(p);
        zpl_parser_expect(p, ZPL_TOKEN_GT);
    } while (!p->panic && zpl_parser_accept(p, ZPL_TOKEN_COMMA));
    return zpl_parser_finish(p, list);
}

/* The values of `for i = first, last[, step]`: two or three. */
static uint32_t range(struct parser *p)
{
    uint32_t list = zpl_parser_exprs(p), n = zpl_tree_count(p->tree, list);

    if (n < 2)
        zpl_parser_expect(p, ZPL_TOKEN_COMMA);
    else if (n > 3)
        zpl_parser_complain(p, p->tree->nodes[list].begin, p->tree->nodes[list].end,
                            "a 'for' over numbers has a first, a last and perhaps a step");
    return list;
}

/* Reads `for` up to where its `do` should stand. */
static void for_header(struct parser *p, uint32_t node)
{
    uint32_t list = names(p, false);

    zpl_parser_adopt(p, node, list);
    if (zpl_parser_is(p, ZPL_TOKEN_ASSIGN) && zpl_tree_count(p->tree, list) == 1) {
        p->tree->nodes[node].kind = ZPL_NODE_FOR_NUMBER;
        zpl_parser_next(p);
        zpl_parser_adopt(p, node, range(p));
    } else if (zpl_parser_expect(p, ZPL_TOKEN_IN)) {
        zpl_parser_adopt(p, node, zpl_parser_exprs(p));
    }
}

static uint32_t for_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_FOR_IN), opener = p->at, foreign;
    struct parser_mark mark;
    bool headed;

    p->tree->owners[opener] = node;
    zpl_parser_next(p);
    zpl_parser_mark(p, &mark);
    for_header(p, node);
    foreign = p->panic || !zpl_parser_is(p, ZPL_TOKEN_DO) ? zpl_parser_foreign_block(p, opener)
                                                          : ZPL_NO_TOKEN;
    if (foreign != ZPL_NO_TOKEN) {
        zpl_parser_rewind(p, &mark);
        zpl_parser_read_foreign_block(p, opener, foreign, ZPL_TOKEN_DO);
        return node;
    }
    if (p->panic)
        zpl_parser_recover(p, opener, ZPL_TOKEN_DO, false);
    headed = zpl_parser_expect(p, ZPL_TOKEN_DO);
    if (headed)
        p->tree->owners[p->last] = node;
    else if (!zpl_parser_is(p, ZPL_TOKEN_EOF))
        p->panic = false;
    zpl_parser_adopt(p, node, zpl_parser_block(p, false));
    close_statement(p, opener, headed);
    return node;
}

void zpl_parser_body(struct parser *p, uint32_t function, uint32_t opener)
{
    uint32_t params, paren = p->at;

    if (zpl_parser_is(p, ZPL_TOKEN_OPEN_PAREN))
        p->tree->owners[paren] = function;
    zpl_parser_expect(p, ZPL_TOKEN_OPEN_PAREN);
    params = zpl_parser_node(p, ZPL_NODE_PARAMS);
    if (!p->panic && !zpl_parser_is(p, ZPL_TOKEN_CLOSE_PAREN)) {
        do {
            if (zpl_parser_accept(p, ZPL_TOKEN_DOTS)) {
                p->tree->nodes[function].flags |= ZPL_NODE_VARIADIC;
                break;
            }
            zpl_parser_adopt(p, params, zpl_parser_name(p));
        } while (!p->panic && zpl_parser_accept(p, ZPL_TOKEN_COMMA));
    }
    zpl_parser_adopt(p, function, zpl_parser_finish(p, params));
    if (p->panic)
        zpl_parser_recover(p, paren, ZPL_TOKEN_CLOSE_PAREN, false);
    if (!zpl_parser_close(p, ZPL_TOKEN_CLOSE_PAREN, paren) && !zpl_parser_is(p, ZPL_TOKEN_EOF))
        p->panic = false;
    if (zpl_parser_is(p, ZPL_TOKEN_OPEN_BRACE)) {
        zpl_parser_complain(
            p, p->at, p->at + 1,
            "a function's body is no '{ … }': it follows at once and ends with 'end'");
        zpl_parser_skip_braces(p);
        return;
    }
    zpl_parser_adopt(p, function, zpl_parser_block(p, false));
    zpl_parser_close(p, ZPL_TOKEN_END, opener);
}

/* The function of a statement, from its `(`. */
static uint32_t statement_body(struct parser *p, uint32_t opener, bool method)
{
    uint32_t function = zpl_parser_node(p, ZPL_NODE_FUNCTION);

    if (method)
        p->tree->nodes[function].flags |= ZPL_NODE_METHOD_DEF;
    p->tree->owners[opener] = function;
    zpl_parser_body(p, function, opener);
    return zpl_parser_finish(p, function);
}

/* function a.b.c:d() … end */
static uint32_t function_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_FUNCTION_STAT), opener = p->at, name;
    bool method = false;

    zpl_parser_next(p);
    name = zpl_parser_name(p);
    while (!method && !p->panic &&
           (zpl_parser_is(p, ZPL_TOKEN_DOT) || zpl_parser_is(p, ZPL_TOKEN_COLON))) {
        uint32_t index = zpl_parser_node_from(p, ZPL_NODE_INDEX, name);

        method = zpl_parser_is(p, ZPL_TOKEN_COLON);
        zpl_parser_adopt(p, index, name);
        zpl_parser_next(p);
        p->tree->nodes[index].key = p->at;
        p->tree->owners[p->at] = index;
        zpl_parser_word(p);
        name = zpl_parser_finish(p, index);
    }
    zpl_parser_adopt(p, node, name);
    zpl_parser_adopt(p, node, statement_body(p, opener, method));
    return node;
}

static uint32_t local_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_LOCAL);

    zpl_parser_next(p);
    if (zpl_parser_accept(p, ZPL_TOKEN_FUNCTION)) {
        uint32_t opener = p->last;

        p->tree->nodes[node].kind = ZPL_NODE_LOCAL_FUNCTION;
        zpl_parser_adopt(p, node, zpl_parser_name(p));
        zpl_parser_adopt(p, node, statement_body(p, opener, false));
        return node;
    }
    zpl_parser_adopt(p, node, names(p, true));
    if (!p->panic)
        zpl_parser_foreign_type(p);
    if (!p->panic && zpl_parser_accept(p, ZPL_TOKEN_ASSIGN))
        zpl_parser_adopt(p, node, zpl_parser_exprs(p));
    return node;
}

static uint32_t return_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_RETURN);

    zpl_parser_next(p);
    if (!at_block_end(p, true) && !zpl_parser_is(p, ZPL_TOKEN_SEMICOLON))
        zpl_parser_adopt(p, node, zpl_parser_exprs(p));
    if (!p->panic)
        zpl_parser_accept(p, ZPL_TOKEN_SEMICOLON);
    return node;
}

/* A statement of one keyword, or with one name behind it. */
static uint32_t jump(struct parser *p, enum zpl_node_kind kind)
{
    uint32_t node = zpl_parser_node(p, kind);

    zpl_parser_next(p);
    if (kind == ZPL_NODE_BREAK)
        return node;
    p->tree->nodes[node].key = p->at;
    zpl_parser_word(p);
    if (kind == ZPL_NODE_LABEL && !p->panic)
        zpl_parser_expect(p, ZPL_TOKEN_DOUBLE_COLON);
    return node;
}

static uint32_t do_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_DO), opener = p->at;

    zpl_parser_next(p);
    zpl_parser_adopt(p, node, zpl_parser_block(p, false));
    zpl_parser_close(p, ZPL_TOKEN_END, opener);
    return node;
}

/* An expression that is no call, as a statement: told at what follows it, or at itself if that is on
 * the next line. */
static void does_nothing(struct parser *p, uint32_t expression)
{
    const struct zpl_tree_node *n = &p->tree->nodes[expression];
    struct zpl_diag *diag;

    if (!zpl_parser_is(p, ZPL_TOKEN_EOF) && !(p->tree->tokens[p->at].flags & ZPL_TOKEN_FIRST)) {
        zpl_parser_unexpected(p, "'=' or the arguments of a call");
        return;
    }
    diag = zpl_parser_complain(p, n->begin, n->end,
                               "expected '=' or the arguments of a call behind this");
    if (diag && n->begin > 0 && p->tree->tokens[n->begin - 1].kind == ZPL_TOKEN_NAME &&
        !(p->tree->tokens[n->begin].flags & ZPL_TOKEN_FIRST))
        zpl_diag_help(p->diags, diag, "arguments stand in braces: `split { rows }`");
    zpl_parser_suggest(p, diag, n->end - 1, ZPL_TOKEN_EOF);
    p->panic = false;
}

/* An assignment, from behind its first target.  Every further target is a level to Lua's parser. */
static uint32_t assignment(struct parser *p, uint32_t target)
{
    uint32_t node = zpl_parser_node_from(p, ZPL_NODE_ASSIGN, target);
    uint32_t targets = zpl_parser_node_from(p, ZPL_NODE_EXPRS, target), level = p->level;

    for (;;) {
        const struct zpl_tree_node *t = &p->tree->nodes[target];

        if (t->kind != ZPL_NODE_NAME && t->kind != ZPL_NODE_INDEX && t->kind != ZPL_NODE_INDEX_EXPR)
            zpl_parser_complain(p, t->begin, t->end, "this can't be assigned to");
        zpl_parser_adopt(p, targets, target);
        if (p->panic || !zpl_parser_accept(p, ZPL_TOKEN_COMMA) || !zpl_parser_enter(p))
            break;
        target = zpl_parser_suffixed(p);
    }
    zpl_parser_adopt(p, node, zpl_parser_finish(p, targets));
    if (!p->panic && zpl_parser_expect(p, ZPL_TOKEN_ASSIGN))
        zpl_parser_adopt(p, node, zpl_parser_exprs(p));
    p->level = level;
    return node;
}

uint32_t zpl_parser_plain_statement(struct parser *p)
{
    uint32_t first = zpl_parser_suffixed(p), kind = p->tree->nodes[first].kind, node;

    if (!p->panic && (zpl_parser_is(p, ZPL_TOKEN_ASSIGN) || zpl_parser_is(p, ZPL_TOKEN_COMMA)))
        return assignment(p, first);
    node = zpl_parser_node_from(p, ZPL_NODE_CALL_STAT, first);
    zpl_parser_adopt(p, node, first);
    if (kind != ZPL_NODE_CALL && kind != ZPL_NODE_METHOD && !p->panic &&
        !zpl_parser_foreign_operator(p))
        does_nothing(p, first);
    return node;
}

/* What can't begin a statement; a comment of another language is skipped with its line. */
static uint32_t no_statement(struct parser *p)
{
    uint32_t node = zpl_parser_node(p, ZPL_NODE_ERROR);

    if (zpl_parser_foreign_text(p))
        return node;
    if (zpl_parser_is(p, ZPL_TOKEN_LENGTH) || zpl_parser_is(p, ZPL_TOKEN_IDIV)) {
        zpl_parser_complain(p, p->at, p->at + 1, "a comment begins with '--'");
        do
            zpl_parser_next(p);
        while (!zpl_parser_is(p, ZPL_TOKEN_EOF) &&
               !(p->tree->tokens[p->at].flags & ZPL_TOKEN_FIRST));
        p->panic = false;
    } else if (zpl_parser_is(p, ZPL_TOKEN_COLON)) {
        zpl_parser_complain(p, p->at, p->at + 1, "a block is not begun by ':'");
        zpl_parser_next(p);
        p->panic = false;
    } else {
        zpl_parser_unexpected(p, "a statement");
    }
    return node;
}

uint32_t zpl_parser_statement(struct parser *p)
{
    if (zpl_parser_is(p, ZPL_TOKEN_NAME) && zpl_parser_foreign(p))
        return zpl_parser_node(p, ZPL_NODE_ERROR);
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_IF:
        return if_statement(p);
    case ZPL_TOKEN_WHILE:
        return while_statement(p);
    case ZPL_TOKEN_DO:
        return do_statement(p);
    case ZPL_TOKEN_FOR:
        return for_statement(p);
    case ZPL_TOKEN_REPEAT:
        return repeat_statement(p);
    case ZPL_TOKEN_FUNCTION:
        return function_statement(p);
    case ZPL_TOKEN_LOCAL:
        return local_statement(p);
    case ZPL_TOKEN_RETURN:
        return return_statement(p);
    case ZPL_TOKEN_BREAK:
        return jump(p, ZPL_NODE_BREAK);
    case ZPL_TOKEN_GOTO:
        return jump(p, ZPL_NODE_GOTO);
    case ZPL_TOKEN_DOUBLE_COLON:
        return jump(p, ZPL_NODE_LABEL);
    case ZPL_TOKEN_NAME:
    case ZPL_TOKEN_OPEN_PAREN:
        return zpl_parser_plain_statement(p);
    default:
        return no_statement(p);
    }
}

uint32_t zpl_parser_block(struct parser *p, bool in_if)
{
    uint32_t block = zpl_parser_node(p, ZPL_NODE_BLOCK);

    while (!at_block_end(p, in_if)) {
        uint32_t start = p->at, node;

        if (zpl_parser_accept(p, ZPL_TOKEN_SEMICOLON))
            continue;
        if (zpl_parser_enter(p)) {
            node = zpl_parser_statement(p);
            zpl_parser_adopt(p, block, zpl_parser_finish(p, node));
            if (!p->panic && zpl_parser_is(p, ZPL_TOKEN_IF))
                zpl_parser_foreign_choice(p);
            if (p->tree->nodes[node].kind == ZPL_NODE_RETURN && !p->panic &&
                !at_block_end(p, in_if)) {
                zpl_parser_complain(p, p->at, p->at + 1,
                                    "'return' must be the last statement of its block");
                p->panic = false;
            }
        }
        zpl_parser_leave(p);
        if (p->panic) {
            if (p->at == start)
                zpl_parser_next(p);
            zpl_parser_recover(p, start, ZPL_TOKEN_SEMICOLON, false);
            p->panic = false;
        }
    }
    return zpl_parser_finish(p, block);
}

/* The whole text; what closes nothing is told and skipped. */
static void chunk(struct parser *p)
{
    uint32_t root = zpl_parser_node(p, ZPL_NODE_CHUNK);
    char found[64];

    if (zpl_parser_is(p, ZPL_TOKEN_BAD)) {
        zpl_parser_next(p);
        p->last = 0;
    }
    for (;;) {
        zpl_parser_adopt(p, root, zpl_parser_block(p, false));
        if (zpl_parser_is(p, ZPL_TOKEN_EOF))
            break;
        zpl_parser_complain(p, p->at, p->at + 1, "%s closes nothing",
                            zpl_parser_describe(p, p->at, found));
        p->panic = false;
        zpl_parser_next(p);
    }
    zpl_parser_finish(p, root);
}

/* Refuses a text whose guarded form is nested deeper than Lua's compiler goes. */
static void check_depth(struct parser *p)
{
    /* A node stands for at most four levels. */
    bool low = p->tree->nodes[ZPL_TREE_ROOT].height <= ZPL_NESTING_MAX / 4;
    uint32_t node = low ? 0 : zpl_emit_too_deep(p->tree);

    if (node == 0)
        return;
    zpl_diag_add(p->diags, ZPL_CODE_LANG_LIMIT, zpl_tree_span(p->tree, node),
                 "too many blocks, expressions and tables inside each other (limit %u)",
                 ZPL_NESTING_MAX);
    p->errors++;
}

enum zpl_err zpl_parse(struct zpl_arena *arena, uint32_t source, const char *text, size_t len,
                       struct zpl_diags *diags, struct zpl_tree **out)
{
    struct zpl_tree *tree = zpl_arena_alloc(arena, sizeof *tree);
    struct parser p = {.tree = tree,
                       .diags = diags,
                       .last_error = ZPL_NO_TOKEN,
                       .strange_end = ZPL_NO_TOKEN,
                       .else_if = ZPL_NO_TOKEN};
    struct zpl_tokens tokens;
    enum zpl_err err;

    *out = NULL;
    if (!tree)
        return zpl_diag_nomem(diags);
    err = zpl_lex(arena, source, text, len, diags, &tokens);
    if (err)
        return err;
    *tree = (struct zpl_tree){.arena = arena,
                              .text = text,
                              .len = (uint32_t)len,
                              .source = source,
                              .tokens = tokens.items,
                              .token_count = tokens.count};
    tree->owners = zpl_arena_array(arena, tokens.count, sizeof *tree->owners);
    if (!tree->owners)
        return zpl_diag_nomem(diags);
    zpl_parser_node(&p, ZPL_NODE_NONE);
    if (tree->nodes)
        chunk(&p);
    if (!zpl_arena_failed(arena) && p.errors == 0 && !tokens.wrong) {
        err = zpl_scope_resolve(tree, diags);
        if (!err)
            check_depth(&p);
    }
    if (err == ZPL_ERR_NOMEM || zpl_arena_failed(arena))
        return zpl_diag_nomem(diags);
    *out = tree;
    return err ? ZPL_ERR_CHECK : zpl_parser_verdict(&p, &tokens);
}
