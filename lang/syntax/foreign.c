/* foreign.c - statements that other languages begin otherwise: a block after ':' or in braces, words
 * as `def`, `try` and `import`.  Each is told once, where it stands, and what belongs to it is read on
 * or skipped, so that nothing in it is told as a mistake of its own.
 * What is told here is no Lua either: a word counts only where none of Lua's names could stand, a
 * block only when its header has failed.   Floor: lang. */
#include <string.h>

#include "lang/syntax/parser.h"

static bool first(const struct parser *p, uint32_t token)
{
    return p->tree->tokens[token].flags & ZPL_TOKEN_FIRST;
}

static enum zpl_token_kind kind_at(const struct parser *p, uint32_t token)
{
    return (enum zpl_token_kind)p->tree->tokens[token].kind;
}

/* +1 for an opening bracket, -1 for a closing one. */
static int bracket(enum zpl_token_kind kind)
{
    switch (kind) {
    case ZPL_TOKEN_OPEN_PAREN:
    case ZPL_TOKEN_OPEN_BRACE:
    case ZPL_TOKEN_OPEN_BRACKET:
        return 1;
    case ZPL_TOKEN_CLOSE_PAREN:
    case ZPL_TOKEN_CLOSE_BRACE:
    case ZPL_TOKEN_CLOSE_BRACKET:
        return -1;
    default:
        return 0;
    }
}

uint32_t zpl_parser_matching(const struct parser *p, uint32_t opener)
{
    int depth = 0;

    for (uint32_t i = opener; kind_at(p, i) != ZPL_TOKEN_EOF; i++) {
        depth += bracket(kind_at(p, i));
        if (depth == 0)
            return i;
    }
    return ZPL_NO_TOKEN;
}

/* Adds help to a diagnostic; NULL where it would have told an earlier one again. */
static void help(struct parser *p, struct zpl_diag *diag, const char *text)
{
    if (diag)
        zpl_diag_help(p->diags, diag, "%s", text);
}

/* Puts the cursor behind `token`; what stands before it is not told any more. */
static void go_behind(struct parser *p, uint32_t token)
{
    p->at = token;
    zpl_parser_next(p);
    p->panic = false;
}

/* +1 where a block begins that has an end of its own, SQL's `case` too, -1 where one ends. */
static int block(const struct parser *p)
{
    switch (zpl_parser_kind(p)) {
    case ZPL_TOKEN_IF:
    case ZPL_TOKEN_DO:
    case ZPL_TOKEN_FUNCTION:
    case ZPL_TOKEN_REPEAT:
        return 1;
    case ZPL_TOKEN_END:
    case ZPL_TOKEN_UNTIL:
        return -1;
    default:
        return zpl_tree_token_is(p->tree, p->at, "case");
    }
}

/* Does the cursor's token end the block, or the part of it, that the skipped words stand in? */
static bool ends_outer(const struct parser *p, int depth, int blocks)
{
    enum zpl_token_kind kind = zpl_parser_kind(p);

    return depth <= 0 && blocks == 0 &&
           (block(p) < 0 || kind == ZPL_TOKEN_ELSE || kind == ZPL_TOKEN_ELSEIF);
}

/* Skips the rest of a line, up to where the block around it ends, and further lines while a bracket is
 * open and they are indented. */
static void skip_line(struct parser *p)
{
    uint32_t column = zpl_parser_indentation(p, p->at);
    int depth = 0, blocks = 0;

    do {
        depth += bracket(zpl_parser_kind(p));
        blocks += block(p);
        zpl_parser_next(p);
    } while (!zpl_parser_is(p, ZPL_TOKEN_EOF) && !ends_outer(p, depth, blocks) &&
             !(first(p, p->at) && (depth <= 0 || zpl_parser_dedented(p, column))));
    p->panic = false;
}

static void skip_indented(struct parser *p, uint32_t column)
{
    while (!zpl_parser_is(p, ZPL_TOKEN_EOF) && !zpl_parser_dedented(p, column))
        zpl_parser_next(p);
    p->panic = false;
}

/* Reads statements up to the line that is indented no deeper than `column`. */
static void indented(struct parser *p, uint32_t column)
{
    while (!zpl_parser_is(p, ZPL_TOKEN_EOF) && !zpl_parser_dedented(p, column)) {
        uint32_t start = p->at;

        if (p->brackets > 0 && bracket(zpl_parser_kind(p)) < 0)
            break;
        if (zpl_parser_is(p, ZPL_TOKEN_END) || zpl_parser_accept(p, ZPL_TOKEN_SEMICOLON)) {
            if (p->at == start)
                zpl_parser_next(p);
            continue;
        }
        if (zpl_parser_enter(p))
            zpl_parser_statement(p);
        zpl_parser_leave(p);
        if (p->at == start)
            zpl_parser_next(p);
        if (p->panic)
            zpl_parser_recover(p, start, ZPL_TOKEN_SEMICOLON, false);
        p->panic = false;
    }
}

void zpl_parser_mark(const struct parser *p, struct parser_mark *mark)
{
    *mark = (struct parser_mark){.parser = *p};
    if (p->diags) {
        mark->diags = p->diags->count;
        mark->diag_errors = p->diags->errors;
        mark->dropped = p->diags->dropped;
    }
}

void zpl_parser_rewind(struct parser *p, const struct parser_mark *mark)
{
    size_t capacity = p->node_capacity;

    *p = mark->parser;
    p->node_capacity = capacity;
    if (p->diags) {
        p->diags->count = mark->diags;
        p->diags->errors = mark->diag_errors;
        p->diags->dropped = mark->dropped;
    }
}

/* --- blocks --- */

/* Does the line end with what closes the bracket, or go on with `else`? */
static bool closes_line(const struct parser *p, uint32_t opener)
{
    uint32_t closer = zpl_parser_matching(p, opener);

    return closer != ZPL_NO_TOKEN &&
           (first(p, closer + 1) || kind_at(p, closer + 1) == ZPL_TOKEN_EOF ||
            kind_at(p, closer + 1) == ZPL_TOKEN_ELSE);
}

uint32_t zpl_parser_foreign_block(const struct parser *p, uint32_t opener)
{
    const struct zpl_token *t = p->tree->tokens;
    int depth = 0;

    for (uint32_t i = opener + 1; t[i].kind != ZPL_TOKEN_EOF; i++) {
        enum zpl_token_kind kind = kind_at(p, i);
        bool ends = first(p, i + 1) || kind_at(p, i + 1) == ZPL_TOKEN_EOF;

        if (depth == 0 && (first(p, i) || kind == ZPL_TOKEN_THEN || kind == ZPL_TOKEN_DO))
            break;
        if (depth == 0 && kind == ZPL_TOKEN_OPEN_BRACE && (ends || closes_line(p, i)))
            return i;
        if (depth == 0 && kind == ZPL_TOKEN_COLON &&
            (ends || (t[i + 1].offset > t[i].offset + 1 &&
                      t[i].offset == t[i - 1].offset + t[i - 1].length)))
            return i;
        depth += bracket(kind);
        if (depth < 0)
            break;
    }
    return ZPL_NO_TOKEN;
}

/* Is the block behind the header at `column` closed as zpl closes it? */
static bool has_end(const struct parser *p, uint32_t column)
{
    uint32_t i = p->at;

    while (kind_at(p, i) != ZPL_TOKEN_EOF && !(first(p, i) && p->tree->tokens[i].column <= column))
        i++;
    if (p->tree->tokens[i].column != column)
        return false;
    return kind_at(p, i) == ZPL_TOKEN_END || kind_at(p, i) == ZPL_TOKEN_ELSEIF ||
           (kind_at(p, i) == ZPL_TOKEN_ELSE && kind_at(p, i + 1) != ZPL_TOKEN_COLON);
}

/* Does the cursor begin a further part of the compound statement at `column`? */
static bool at_part(const struct parser *p, uint32_t column)
{
    static const char *const words[] = {"elif", "else", "elseif", "except", "finally"};

    if (!first(p, p->at) || p->tree->tokens[p->at].column != column)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (zpl_tree_token_is(p->tree, p->at, words[i]))
            return true;
    return false;
}

/* The parts of a statement whose blocks end with their indentation. */
static void indented_parts(struct parser *p, uint32_t column)
{
    indented(p, column);
    while (at_part(p, column)) {
        uint32_t colon = zpl_parser_foreign_block(p, p->at);

        if (zpl_parser_is(p, ZPL_TOKEN_ELSE) && zpl_parser_peek(p) == ZPL_TOKEN_COLON)
            colon = p->at + 1;
        if (colon == ZPL_NO_TOKEN)
            skip_line(p);
        else
            go_behind(p, colon);
        indented(p, column);
    }
}

/* The parts of a statement that `end` closes although its first block began with ':'. */
static void ended_parts(struct parser *p)
{
    zpl_parser_block(p, true);
    while (zpl_parser_is(p, ZPL_TOKEN_ELSEIF) || zpl_parser_is(p, ZPL_TOKEN_ELSE) ||
           zpl_tree_token_is(p->tree, p->at, "elif")) {
        uint32_t colon = zpl_parser_foreign_block(p, p->at);

        if (colon != ZPL_NO_TOKEN) {
            go_behind(p, colon);
        } else if (!zpl_parser_accept(p, ZPL_TOKEN_ELSE)) {
            zpl_parser_next(p);
            zpl_parser_expr(p);
            zpl_parser_accept(p, ZPL_TOKEN_THEN);
        }
        zpl_parser_block(p, true);
    }
    zpl_parser_accept(p, ZPL_TOKEN_END);
}

void zpl_parser_skip_braces(struct parser *p)
{
    for (;;) {
        uint32_t closer = zpl_parser_matching(p, p->at), brace;

        if (closer == ZPL_NO_TOKEN)
            closer = p->tree->token_count - 1;
        go_behind(p, closer);
        if (!zpl_parser_is(p, ZPL_TOKEN_ELSE))
            return;
        brace = zpl_parser_peek(p) == ZPL_TOKEN_OPEN_BRACE ? p->at + 1
                                                           : zpl_parser_foreign_block(p, p->at + 1);
        if (brace == ZPL_NO_TOKEN || kind_at(p, brace) != ZPL_TOKEN_OPEN_BRACE)
            return;
        p->at = brace;
    }
}

void zpl_parser_read_foreign_block(struct parser *p, uint32_t opener, uint32_t at,
                                   enum zpl_token_kind keyword)
{
    uint32_t column = zpl_parser_indentation(p, opener);
    const char *word = zpl_token_text(keyword);
    struct zpl_diag *diag;

    if (kind_at(p, at) == ZPL_TOKEN_OPEN_BRACE) {
        diag = zpl_parser_complain(p, at, at + 1, "a block begins with '%s', not with '{'", word);
        p->at = at;
        zpl_parser_skip_braces(p);
    } else {
        diag = zpl_parser_complain(p, at, at + 1, "a block begins with '%s', not with ':'", word);
        go_behind(p, at);
        if (has_end(p, column))
            ended_parts(p);
        else
            indented_parts(p, column);
    }
    p->panic = false;
    if (keyword == ZPL_TOKEN_THEN)
        help(p, diag, "it is `if … then … elseif … then … else … end`");
    else if (kind_at(p, opener) == ZPL_TOKEN_FOR)
        help(p, diag, "it is `for i = 1, 10 do … end` or `for i, item in ipairs(list) do … end`");
    else
        help(p, diag, "it is `while … do … end`");
}

void zpl_parser_note_else_if(struct parser *p, uint32_t opener)
{
    const struct zpl_token *t = p->tree->tokens;
    uint32_t column = zpl_parser_indentation(p, opener);

    if (p->else_if != ZPL_NO_TOKEN || opener == 0 || t[opener - 1].kind != ZPL_TOKEN_ELSE ||
        t[opener - 1].line != t[opener].line || t[p->last].kind != ZPL_TOKEN_END ||
        !(t[p->last].flags & ZPL_TOKEN_FIRST) || t[p->last].column != column)
        return;
    if (!zpl_parser_is(p, ZPL_TOKEN_END) || t[p->at].column != column)
        p->else_if = opener - 1;
}

/* --- words --- */

enum shape {
    LINE,     /* told, and skipped to the end of its line */
    BLOCK,    /* and with the block that its ':' begins */
    FUNCTION, /* and the body that follows is read */
    CONDITION /* and what stands behind is read as an `if` */
};

static const struct word {
    const char *word;
    enum shape shape;
    const char *message, *help;
} words[] = {
    {"def", FUNCTION, "a function is written 'function name(…) … end'", NULL},
    {"func", FUNCTION, "a function is written 'function name(…) … end'", NULL},
    {"fun", FUNCTION, "a function is written 'function name(…) … end'", NULL},
    {"fn", FUNCTION, "a function is written 'function name(…) … end'", NULL},
    {"let", LINE, "a variable is declared with 'local'", NULL},
    {"var", LINE, "a variable is declared with 'local'", NULL},
    {"const", LINE, "a variable is declared with 'local', a constant 'local name <const>'", NULL},
    {"global", LINE, "there are no global variables: declare it with 'local' above", NULL},
    {"nonlocal", LINE, "a function changes the variables around it; nothing declares that", NULL},
    {"import", LINE, "an import is a call: local name = import \"name\"",
     "libraries of Python can't be imported; `zpl doc` lists the steps there are"},
    {"from", LINE, "an import is a call: local name = import \"name\"",
     "libraries of Python can't be imported; `zpl doc` lists the steps there are"},
    {"export", LINE, "a file ends in 'return { name = value }', which others import", NULL},
    {"class", BLOCK, "there are no classes: a pipeline or a table of functions serves", NULL},
    {"try", BLOCK, "errors can't be caught: a program says what to do, steps do it",
     "`retries = 2` in a call tries a step again"},
    {"except", BLOCK, "errors can't be caught: a program says what to do, steps do it", NULL},
    {"finally", BLOCK, "errors can't be caught: a program says what to do, steps do it", NULL},
    {"raise", LINE, "an error is a call: error(\"what is wrong\")", NULL},
    {"throw", LINE, "an error is a call: error(\"what is wrong\")", NULL},
    {"with", BLOCK, "there is no 'with': a program opens nothing, steps do",
     "files are read by steps, as `csv.read \"data.csv\"`"},
    {"assert", LINE, "assert is a call: assert(x, \"what is wrong\")", NULL},
    {"print", LINE, "a program prints nothing; `zpl show` shows what its steps made", NULL},
    {"del", LINE, "a variable or field is emptied by '= nil'", NULL},
    {"pass", LINE, "there is no 'pass': a block may be empty", NULL},
    {"continue", LINE, "there is no 'continue': write `if … then … end` around the rest", NULL},
    {"yield", LINE, "there are no generators: fill a table and return it", NULL},
    {"async", BLOCK, "steps run at the same time by themselves, as far as their data allows", NULL},
    {"await", LINE, "a step's outputs are given to steps; nothing waits here", NULL},
    {"match", BLOCK, "there is no 'match': write 'if … elseif … end'", NULL},
    {"switch", BLOCK, "there is no 'switch': write 'if … elseif … end'", NULL},
    {"case", BLOCK, "there is no 'case': write 'if … elseif … end'", NULL},
    {"elif", CONDITION, "'elif' is written 'elseif'", NULL},
    {"elsif", CONDITION, "'elsif' is written 'elseif'", NULL},
    {"unless", CONDITION, "'unless' is written 'if not'", NULL},
    {"is", LINE, "'is' is written '=='", NULL},
    {"SELECT", LINE, "SQL stands in 'sql [[ SELECT … ]]'", NULL},
    {"select", LINE, "SQL stands in 'sql [[ SELECT … ]]'", NULL},
    {"WITH", LINE, "SQL stands in 'sql [[ WITH … SELECT … ]]'", NULL},
};

/* Can a statement of Lua begin with a name and that kind behind it? */
static bool follows_name(enum zpl_token_kind kind)
{
    switch (kind) {
    case ZPL_TOKEN_ASSIGN:
    case ZPL_TOKEN_COMMA:
    case ZPL_TOKEN_DOT:
    case ZPL_TOKEN_COLON:
    case ZPL_TOKEN_OPEN_PAREN:
    case ZPL_TOKEN_OPEN_BRACE:
    case ZPL_TOKEN_OPEN_BRACKET:
    case ZPL_TOKEN_STRING:
        return true;
    default:
        return false;
    }
}

/* `is None`, `is not None`, with the cursor on `is`. */
static const char *identity(const struct parser *p)
{
    bool negated = zpl_tree_token_is(p->tree, p->at + 1, "not");
    uint32_t what = p->at + (negated ? 2 : 1);

    if (kind_at(p, what) != ZPL_TOKEN_EOF &&
        (zpl_tree_token_is(p->tree, what, "None") || zpl_tree_token_is(p->tree, what, "nil")))
        return negated ? "'is not None' is written '~= nil'" : "'is None' is written '== nil'";
    return negated ? "'is not' is written '~='" : "'is' is written '=='";
}

/* What follows the line of a word whose last token was `last`. */
static void read_behind(struct parser *p, const struct word *word, uint32_t start)
{
    uint32_t column = zpl_parser_indentation(p, start);

    if (word->shape == CONDITION) {
        go_behind(p, start);
        zpl_parser_expr(p);
        zpl_parser_accept(p, ZPL_TOKEN_THEN);
        zpl_parser_accept(p, ZPL_TOKEN_COLON);
        ended_parts(p);
    } else if (word->shape == FUNCTION) {
        uint32_t paren = start;
        while (kind_at(p, paren) != ZPL_TOKEN_EOF && kind_at(p, paren) != ZPL_TOKEN_OPEN_PAREN &&
               (paren == start || !first(p, paren)))
            paren++;
        uint32_t closer = kind_at(p, paren) == ZPL_TOKEN_OPEN_PAREN ? zpl_parser_matching(p, paren)
                                                                    : ZPL_NO_TOKEN;
        uint32_t colon = closer == ZPL_NO_TOKEN ? closer : zpl_parser_foreign_block(p, closer);
        if (closer == ZPL_NO_TOKEN) {
            skip_line(p);
        } else if (colon != ZPL_NO_TOKEN && kind_at(p, colon) == ZPL_TOKEN_COLON) {
            go_behind(p, colon);
            indented(p, column);
        } else {
            go_behind(p, closer);
            if (zpl_parser_is(p, ZPL_TOKEN_OPEN_BRACE))
                zpl_parser_skip_braces(p);
            else
                ended_parts(p);
        }
    } else {
        skip_line(p);
        while (word->shape == BLOCK && kind_at(p, p->last) == ZPL_TOKEN_COLON) {
            skip_indented(p, column);
            if (!at_part(p, column))
                break;
            skip_line(p);
        }
    }
    p->panic = false;
}

static void tell_word(struct parser *p, const struct word *word)
{
    uint32_t start = p->at;
    const char *message = zpl_tree_token_is(p->tree, start, "is") ? identity(p) : word->message;
    struct zpl_diag *diag = zpl_parser_complain(p, start, start + 1, "%s", message);

    if (word->help)
        help(p, diag, word->help);
    read_behind(p, word, start);
}

/* --- what stands behind an expression --- */

bool zpl_parser_foreign_operator(struct parser *p)
{
    enum zpl_token_kind kind = zpl_parser_kind(p), next = zpl_parser_peek(p);

    if (kind == ZPL_TOKEN_EQ || kind == ZPL_TOKEN_NE)
        return zpl_parser_complain(p, p->at, p->at + 1,
                                   "a comparison alone does nothing; '=' assigns"),
               true;
    if (kind == ZPL_TOKEN_LT && next == ZPL_TOKEN_SUB)
        return zpl_parser_complain(p, p->at, p->at + 2, "'<-' is written '='"), true;
    if (kind >= ZPL_TOKEN_CONCAT && kind <= ZPL_TOKEN_GT && next == ZPL_TOKEN_ASSIGN)
        return zpl_parser_complain(p, p->at, p->at + 2, "there is no '%s=': write x = x %s …",
                                   zpl_token_text(kind), zpl_token_text(kind)),
               true;
    if ((kind == ZPL_TOKEN_ADD || kind == ZPL_TOKEN_SUB) && next == kind)
        return zpl_parser_complain(p, p->at, p->at + 2, "there is no '%s%s': write x = x %s 1",
                                   zpl_token_text(kind), zpl_token_text(kind),
                                   zpl_token_text(kind)),
               true;
    return false;
}

bool zpl_parser_foreign_text(struct parser *p)
{
    const struct zpl_token *t = &p->tree->tokens[p->at];
    uint32_t begin = p->at;

    if (t->kind == ZPL_TOKEN_STRING && first(p, begin)) {
        zpl_parser_complain(p, begin, begin + 1,
                            "a text alone does nothing; a comment begins with '--'");
        skip_line(p);
        return true;
    }
    if (p->at == 0 || t[-1].kind != ZPL_TOKEN_STRING || t[-1].line != t->line)
        return false;
    if (t->kind == ZPL_TOKEN_STRING && t->offset == t[-1].offset + t[-1].length)
        help(p,
             zpl_parser_complain(p, begin, begin + 1, "a quote inside a text is not written twice"),
             "write \\' and \\\", or put the text in the other quotes: \"it's\"");
    else if (t->kind == ZPL_TOKEN_DOT || t->kind == ZPL_TOKEN_COLON)
        help(p,
             zpl_parser_complain(p, begin, begin + 1,
                                 "a text's function is called on a name or in parentheses"),
             "write (\"…\"):upper(), or string.format(\"%d rows\", n) for \"{} rows\".format(n)");
    else
        return false;
    skip_line(p);
    return true;
}

void zpl_parser_foreign_type(struct parser *p)
{
    if (!zpl_parser_is(p, ZPL_TOKEN_COLON) || first(p, p->at))
        return;
    zpl_parser_complain(p, p->at, p->at + 1, "a variable has no type: write 'local x = …'");
    while (!zpl_parser_is(p, ZPL_TOKEN_ASSIGN) && !zpl_parser_is(p, ZPL_TOKEN_EOF)) {
        zpl_parser_next(p);
        if (first(p, p->at))
            break;
    }
    p->panic = false;
}

void zpl_parser_foreign_choice(struct parser *p)
{
    uint32_t i = p->at;

    if (first(p, i))
        return;
    for (i++; !first(p, i) && kind_at(p, i) != ZPL_TOKEN_EOF; i++) {
        if (kind_at(p, i) == ZPL_TOKEN_THEN)
            return;
        if (kind_at(p, i) != ZPL_TOKEN_ELSE)
            continue;
        help(p, zpl_parser_complain(p, p->at, p->at + 1, "there is no 'a if c else b'"),
             "plain values are chosen by `c and a or b`, those of steps by `coalesce(a, b)`");
        skip_line(p);
        return;
    }
}

/* `try:` with its block is `try:f()` to Lua, which may be right up to its `except`. */
static bool fails_as_try(struct parser *p)
{
    struct parser_mark mark;
    bool failed;

    if (p->trying || !zpl_tree_token_is(p->tree, p->at, "try") ||
        zpl_parser_peek(p) != ZPL_TOKEN_COLON)
        return false;
    zpl_parser_mark(p, &mark);
    p->trying = true; /* one attempt inside another would take twice the time a level */
    zpl_parser_plain_statement(p);
    failed = p->panic || p->errors > mark.parser.errors ||
             ((zpl_tree_token_is(p->tree, p->at, "except") ||
               zpl_tree_token_is(p->tree, p->at, "finally")) &&
              !follows_name(zpl_parser_peek(p)));
    zpl_parser_rewind(p, &mark);
    return failed;
}

/* Does the cursor stand in what looks like a comment of another language? */
static bool in_comment(const struct parser *p)
{
    const struct zpl_token *t = p->tree->tokens;

    for (uint32_t i = p->at; i > 0 && !first(p, i); i--)
        if ((t[i - 1].kind == ZPL_TOKEN_LENGTH || t[i - 1].kind == ZPL_TOKEN_IDIV) &&
            t[i].offset > t[i - 1].offset + t[i - 1].length)
            return true;
    return false;
}

bool zpl_parser_foreign(struct parser *p)
{
    if ((follows_name(zpl_parser_peek(p)) && !fails_as_try(p)) || in_comment(p))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!zpl_tree_token_is(p->tree, p->at, words[i].word))
            continue;
        tell_word(p, &words[i]);
        return true;
    }
    return zpl_parser_misspelt(p);
}
