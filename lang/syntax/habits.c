/* habits.c - what people who come from Python, C or SQL meant, told as a help under a syntax error.
 * A help never changes what is a mistake: that is Lua's to say.   Floor: lang. */
#include <string.h>
#include "lang/syntax/parser.h"

/* A pair of neighbouring tokens: "" stands for any. */
static const struct {
    const char *before, *found, *help;
} habits[] = {
    {"<", ">", "'<>' is written '~='"},
    {"*", "*", "'**' is written '^'"},
    {"/", "*", "a comment begins with '--'; one of several lines is --[[ … ]]"},
    {"not", "in", "there is no 'in': look a key up, `t[key] == nil`"},
    {"", "in", "there is no 'in': look a key up, `t[key] ~= nil`"},
    {"is", "", "'is' is written '=='"},
    {"", "is", "'is' is written '=='"},
    {"from", "", "an import is a call: local name = import \"name\""},
    {"class", "", "there are no classes: a pipeline or a table of functions serves"},
    {"try", "", "errors can't be caught: a program says what to do, steps do it"},
    {"async", "", "steps run at the same time by themselves, as far as their data allows"},
    {"await", "", "a step's outputs are given to steps; nothing waits here"},
};

static const char no_colon[] =
    "a block has no ':'; it is `if … then … else … end`, `for … do … end`";

/* The Python keywords that a colon ends. */
static bool is_block_word(const struct parser *p, uint32_t token)
{
    static const char *const words[] = {"try", "except", "finally", "else", "class", "with"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (zpl_tree_token_is(p->tree, token, words[i]))
            return true;
    return false;
}

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

bool zpl_parser_habit(struct parser *p, struct zpl_diag *diag, uint32_t token)
{
    const struct zpl_token *t = p->tree->tokens;
    if (!diag || token == 0)
        return false;
    if (is_keyword_argument(p, token)) {
        zpl_diag_help(p->diags, diag,
                      "arguments with names stand in braces: `split { rows, ratio = 0.8 }`");
        return true;
    }
    if (t[token].kind == ZPL_TOKEN_COLON) {
        zpl_diag_help(p->diags, diag, "%s", no_colon);
        return true;
    }
    for (uint32_t i = token; i > 1 && token - i < 3; i--) {
        if (t[i - 1].kind != ZPL_TOKEN_COLON || !is_block_word(p, i - 2))
            continue;
        zpl_diag_help(p->diags, diag, "%s", no_colon);
        return true;
    }
    for (uint32_t i = token; i > 0 && token - i < 6; i--) {
        if (!zpl_tree_token_is(p->tree, i - 1, "lambda"))
            continue;
        zpl_diag_help(p->diags, diag, "a function without a name is `function (x) return … end`");
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
