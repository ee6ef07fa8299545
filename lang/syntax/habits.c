/* habits.c - what people who come from Python, C or SQL meant, told as a help under a syntax error.
 * A help never changes what is a mistake: that is Lua's to say.   Floor: lang. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/syntax/parser.h"

#define NO_PIPE "there is no pipe: a step is given its table, `sql [[ SELECT … FROM rows ]]`"

/* A pair of neighbouring tokens: "" stands for any. */
static const struct {
    const char *before, *found, *help;
} habits[] = {
    {"<", ">", "'<>' is written '~='"},
    {"*", "*", "'**' is written '^'"},
    {"/", "*", "a comment begins with '--'; one of several lines is --[[ … ]]"},
    {"not", "in", "there is no 'in': look a key up, `t[key] == nil`"},
    {"", "in", "there is no 'in': look a key up, `t[key] ~= nil`"},
    {"+", "+", "there is no '++': write x + 1"},
    {"%", ">", NO_PIPE},
    {"|", ">", NO_PIPE},
    {"as", "", "an import is given a name by 'local': `local name = import \"file\"`"},
};

static const char no_colon[] =
    "a block has no ':'; it is `if … then … else … end`, `for … do … end`";

/* Is the cursor in the parentheses of a call, on the '=' of `name = value`? */
static bool is_keyword_argument(const struct parser *p, uint32_t token)
{
    const struct zpl_token *t = p->tree->tokens;
    int depth = 0;
    if (t[token].kind != ZPL_TOKEN_ASSIGN || token < 2 || t[token - 1].kind != ZPL_TOKEN_NAME)
        return false;
    for (uint32_t i = token - 1; i > 0 && token - i < 64; i--) {
        depth += (t[i].kind == ZPL_TOKEN_CLOSE_PAREN) - (t[i].kind == ZPL_TOKEN_OPEN_PAREN);
        if (depth < 0)
            return t[i - 1].kind == ZPL_TOKEN_NAME;
    }
    return false;
}

static const char no_slice[] =
    "there are no slices: take items of a list by `table.unpack(list, 1, 2)`, rows by SQL's LIMIT";

/* Does the token stand in open […] of its line? */
static bool in_brackets(const struct parser *p, uint32_t token)
{
    const struct zpl_token *t = p->tree->tokens;
    int depth = 0;
    for (uint32_t i = token; i > 0 && t[i - 1].line == t[token].line; i--) {
        depth +=
            (t[i - 1].kind == ZPL_TOKEN_CLOSE_BRACKET) - (t[i - 1].kind == ZPL_TOKEN_OPEN_BRACKET);
        if (depth < 0)
            return true;
    }
    return false;
}

/* `a is b`, `a is not None`, at the `is`. */
static void help_identity(struct parser *p, struct zpl_diag *diag, uint32_t token)
{
    const struct zpl_tree *tree = p->tree;
    bool negated = zpl_tree_token_is(tree, token + 1, "not");
    uint32_t what = token + (negated ? 2 : 1);
    if (what < tree->token_count &&
        (zpl_tree_token_is(tree, what, "None") || zpl_tree_token_is(tree, what, "nil")))
        zpl_diag_help(p->diags, diag, "'is %sNone' is written '%s nil'", negated ? "not " : "",
                      negated ? "~=" : "==");
    else
        zpl_diag_help(p->diags, diag, "'is%s' is written '%s'", negated ? " not" : "",
                      negated ? "~=" : "==");
}

const char *zpl_parser_culprit(const struct parser *p, uint32_t *token)
{
    static const char *const words[][2] = {
        {"lambda", "a function without a name is 'function (x) return … end'"},
        {"SELECT", "SQL stands in 'sql [[ SELECT … ]]'"},
    };
    const struct zpl_token *t = p->tree->tokens;
    bool behind = t[*token].flags & ZPL_TOKEN_FIRST; /* the line before ended too early */
    uint32_t line = t[behind && *token > 0 ? *token - 1 : *token].line;
    for (uint32_t i = *token; i > 0 && t[i - 1].line == line; i--) {
        if (t[i - 1].kind != ZPL_TOKEN_NAME || t[i].kind == ZPL_TOKEN_ASSIGN ||
            (behind && i - 1 == p->last_error))
            continue;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            if (!zpl_tree_token_is(p->tree, i - 1, words[k][0]))
                continue;
            *token = i - 1;
            return words[k][1];
        }
    }
    return NULL;
}

/* Skips to the closing bracket, or to the end where there is none. */
static void skip_to(struct parser *p, uint32_t closer)
{
    while (p->at < closer && !zpl_parser_is(p, ZPL_TOKEN_EOF))
        zpl_parser_next(p);
    p->panic = false;
}

bool zpl_parser_comprehension(struct parser *p, uint32_t opener)
{
    uint32_t closer = zpl_parser_matching(p, opener);
    struct zpl_diag *diag;
    if (!zpl_parser_is(p, ZPL_TOKEN_FOR) || closer == ZPL_NO_TOKEN ||
        p->tree->tokens[p->at].line != p->tree->tokens[p->last].line)
        return false;
    for (uint32_t i = p->at; i < closer; i++)
        if (p->tree->tokens[i].kind == ZPL_TOKEN_DO)
            return false;
    diag = zpl_parser_complain(p, opener, closer + 1, "there are no comprehensions");
    if (diag)
        zpl_diag_help(p->diags, diag,
                      "write `each(list, function (x) return … end)`, or fill a table in a loop: "
                      "`t[#t + 1] = …`");
    skip_to(p, closer);
    return true;
}

static const char swapped[] = "'=>' is written '>='";

/* Do `=>` or `->` stand at the token? */
static bool is_arrow(const struct parser *p, uint32_t token)
{
    const struct zpl_token *t = &p->tree->tokens[token];
    return (t->kind == ZPL_TOKEN_ASSIGN || t->kind == ZPL_TOKEN_SUB) && t[1].kind == ZPL_TOKEN_GT &&
           t[1].offset == t->offset + 1;
}

/* Is what begins at the token tested, or part of what is? */
static bool in_condition(const struct parser *p, uint32_t token)
{
    switch (token > 0 ? p->tree->tokens[token - 1].kind : ZPL_TOKEN_EOF) {
    case ZPL_TOKEN_IF:
    case ZPL_TOKEN_ELSEIF:
    case ZPL_TOKEN_WHILE:
    case ZPL_TOKEN_UNTIL:
    case ZPL_TOKEN_AND:
    case ZPL_TOKEN_OR:
    case ZPL_TOKEN_NOT:
        return true;
    default:
        return false;
    }
}

bool zpl_parser_arrow(struct parser *p)
{
    const struct zpl_token *t = p->tree->tokens;
    uint32_t i = p->at;
    if (t[i].kind == ZPL_TOKEN_OPEN_PAREN) {
        for (i++; t[i].kind == ZPL_TOKEN_NAME || t[i].kind == ZPL_TOKEN_COMMA;)
            i++;
        if (t[i].kind != ZPL_TOKEN_CLOSE_PAREN)
            return false;
    }
    if (t[i].kind == ZPL_TOKEN_EOF || !is_arrow(p, i + 1))
        return false;
    zpl_parser_complain(p, i + 1, i + 3, "%s",
                        t[i + 1].kind == ZPL_TOKEN_ASSIGN && in_condition(p, p->at)
                            ? swapped
                            : "a function without a name is 'function (x) return … end'");
    p->at = i + 2;
    zpl_parser_next(p);
    p->panic = false;
    if (zpl_parser_is(p, ZPL_TOKEN_OPEN_BRACE) &&
        (i = zpl_parser_matching(p, p->at)) != ZPL_NO_TOKEN) {
        skip_to(p, i);
        zpl_parser_next(p);
    } else {
        zpl_parser_expr(p);
    }
    return true;
}

bool zpl_parser_habit(struct parser *p, struct zpl_diag *diag, uint32_t token)
{
    const struct zpl_token *t = p->tree->tokens;
    if (!diag || token == 0)
        return false;
    if (t[token].kind == ZPL_TOKEN_ASSIGN && is_arrow(p, token)) {
        zpl_diag_help(p->diags, diag, "%s", swapped);
        return true;
    }
    if ((t[token].kind == ZPL_TOKEN_BOR || t[token].kind == ZPL_TOKEN_MOD) &&
        t[token + 1].kind == ZPL_TOKEN_GT) {
        zpl_diag_help(p->diags, diag, NO_PIPE);
        return true;
    }
    if (is_keyword_argument(p, token)) {
        zpl_diag_help(p->diags, diag,
                      "arguments with names stand in braces: `split { rows, ratio = 0.8 }`");
        return true;
    }
    if (t[token].kind == ZPL_TOKEN_NOT && zpl_parser_peek(p) == ZPL_TOKEN_IN) {
        zpl_diag_help(p->diags, diag, "there is no 'not in': look a key up, `t[key] == nil`");
        return true;
    }
    if (zpl_tree_token_is(p->tree, token, "is")) {
        help_identity(p, diag, token);
        return true;
    }
    if (t[token].kind == ZPL_TOKEN_COLON) {
        zpl_diag_help(p->diags, diag, "%s", in_brackets(p, token) ? no_slice : no_colon);
        return true;
    }
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        bool near = t[token].line == t[token - 1].line;
        if (!near ||
            (*habits[i].before && !zpl_tree_token_is(p->tree, token - 1, habits[i].before)) ||
            (*habits[i].found && !zpl_tree_token_is(p->tree, token, habits[i].found)))
            continue;
        zpl_diag_help(p->diags, diag, "%s", habits[i].help);
        return true;
    }
    return false;
}

/* ---- keywords with a slip ------------------------------------------------------------------------ */

/* Those long enough for a slip to be one, and that can stand where a statement begins. */
static const enum zpl_token_kind openers[] = {
    ZPL_TOKEN_END,    ZPL_TOKEN_ELSE,   ZPL_TOKEN_ELSEIF, ZPL_TOKEN_LOCAL, ZPL_TOKEN_FUNCTION,
    ZPL_TOKEN_RETURN, ZPL_TOKEN_REPEAT, ZPL_TOKEN_UNTIL,  ZPL_TOKEN_WHILE, ZPL_TOKEN_BREAK};

bool zpl_parser_resembles(const struct parser *p, enum zpl_token_kind keyword)
{
    const struct zpl_token *t = &p->tree->tokens[p->at];
    const char *text = zpl_token_text(keyword);
    char word[16];
    if (t->kind != ZPL_TOKEN_NAME || t->length >= sizeof word || strlen(text) < 3)
        return false;
    memcpy(word, p->tree->text + t->offset, t->length);
    word[t->length] = '\0';
    return zpl_text_nearest(word, &text, 1) != NULL;
}

bool zpl_parser_misspelt(struct parser *p)
{
    for (size_t i = 0; !p->trying && i < sizeof openers / sizeof *openers; i++) {
        char found[64];
        if (!zpl_parser_resembles(p, openers[i]))
            continue;
        zpl_parser_complain(p, p->at, p->at + 1, "%s is no keyword: '%s' is",
                            zpl_parser_describe(p, p->at, found), zpl_token_text(openers[i]));
        p->panic = false;
        p->tree->tokens[p->at].kind = (uint8_t)openers[i];
        return true;
    }
    return false;
}
