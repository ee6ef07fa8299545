/* cell.c - what a text is, as a cell.   Floor: vm. */
#include "vm/repl/cell.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/syntax/parse.h"

#define RETURN "return "

/* A reading of the text; released by hand. */
struct reading {
    struct zpl_arena arena;
    struct zpl_diags diags;
    struct zpl_tree *tree; /* NULL: it could not be read at all */
    enum zpl_err err;
    uint32_t shift; /* bytes before the cell's own text */
};

/* Reads the text behind `prefix`. */
static void read_as(struct reading *r, const struct zpl_cell *cell, const char *prefix)
{
    size_t shift = strlen(prefix), len = shift + cell->len;
    char *text = zpl_arena_alloc(&r->arena, len + 1);
    r->shift = (uint32_t)shift;
    r->err = ZPL_ERR_NOMEM;
    if (text == NULL)
        return;
    memcpy(text, prefix, shift);
    memcpy(text + shift, cell->text, cell->len);
    r->err = zpl_parse(&r->arena, 1, text, len, &r->diags, &r->tree);
}

static void release(struct reading *r)
{
    zpl_diags_release(&r->diags);
    zpl_arena_release(&r->arena);
}

static const struct zpl_tree_node *at(const struct zpl_tree *tree, uint32_t node)
{
    return &tree->nodes[node];
}

static const char *word(struct zpl_cell *cell, const struct zpl_tree *tree, uint32_t token)
{
    uint32_t len;
    const char *text = zpl_tree_text(tree, token, &len);
    return zpl_arena_strndup(&cell->arena, text, len);
}

bool zpl_cell_declares(const struct zpl_cell *cell, const char *name)
{
    for (size_t i = 0; i < cell->name_count; i++)
        if (strcmp(cell->names[i], name) == 0)
            return true;
    return false;
}

/* ---- statements ---- */

/* Lists under way; `cell` has what was found until now. */
struct declaring {
    struct zpl_cell *cell;
    const struct zpl_tree *tree;
    const char **names;
    size_t name_capacity;
    struct zpl_cell_insert *inserts;
    size_t insert_capacity;
};

static void add_name(struct declaring *d, const char *name)
{
    struct zpl_cell *cell = d->cell;
    if (name == NULL || zpl_cell_declares(cell, name))
        return;
    const char **names =
        zpl_arena_grow(&cell->arena, d->names, cell->name_count, &d->name_capacity, sizeof *names);
    if (names == NULL)
        return;
    d->names = names;
    names[cell->name_count++] = name;
    cell->names = names;
}

static void insert(struct declaring *d, uint32_t node, const char *text)
{
    struct zpl_cell *cell = d->cell;
    struct zpl_cell_insert *inserts = zpl_arena_grow(&cell->arena, d->inserts, cell->insert_count,
                                                     &d->insert_capacity, sizeof *inserts);
    if (inserts == NULL || text == NULL)
        return;
    d->inserts = inserts;
    inserts[cell->insert_count++] =
        (struct zpl_cell_insert){zpl_tree_span(d->tree, node).begin, text};
    cell->inserts = inserts;
}

static void declare_names(struct declaring *d, uint32_t list)
{
    for (uint32_t name = at(d->tree, list)->child; name != 0; name = at(d->tree, name)->next)
        add_name(d, word(d->cell, d->tree, at(d->tree, name)->key));
}

/* `x = …` where x is nothing of this cell: it names a value, as `local x = …` does.  A function may
 * call itself. */
static void declare_targets(struct declaring *d, uint32_t statement)
{
    const struct zpl_tree *tree = d->tree;
    uint32_t targets = at(tree, statement)->child, values = at(tree, targets)->next;
    for (uint32_t t = at(tree, targets)->child; t != 0; t = at(tree, t)->next)
        if (at(tree, t)->kind != ZPL_NODE_NAME || at(tree, t)->decl != 0)
            return;
    uint32_t first = at(tree, targets)->child;
    bool function = zpl_tree_count(tree, targets) == 1 && values != 0 &&
                    at(tree, at(tree, values)->child)->kind == ZPL_NODE_FUNCTION;
    const char *name = word(d->cell, tree, at(tree, first)->key);
    insert(d, statement,
           function && name != NULL ? zpl_arena_printf(&d->cell->arena, "local %s; ", name)
                                    : "local ");
    declare_names(d, targets);
}

static void declare(struct declaring *d, uint32_t statement)
{
    const struct zpl_tree *tree = d->tree;
    const struct zpl_tree_node *n = at(tree, statement);
    bool free_name = n->kind == ZPL_NODE_FUNCTION_STAT && at(tree, n->child)->decl == 0 &&
                     at(tree, n->child)->kind == ZPL_NODE_NAME;
    if (n->kind == ZPL_NODE_LOCAL)
        declare_names(d, n->child);
    else if (n->kind == ZPL_NODE_LOCAL_FUNCTION || (free_name && !d->cell->from_file))
        add_name(d, word(d->cell, tree, at(tree, n->child)->key));
    if (free_name && !d->cell->from_file)
        insert(d, statement, "local ");
    else if (n->kind == ZPL_NODE_ASSIGN && !d->cell->from_file)
        declare_targets(d, statement);
}

/* The statements of the text itself, which is the one child of the root. */
static void read_statements(struct zpl_cell *cell, const struct zpl_tree *tree)
{
    struct declaring d = {.cell = cell, .tree = tree};
    cell->kind = tree->token_count > 1 ? ZPL_CELL_STATEMENTS : ZPL_CELL_EMPTY;
    for (uint32_t s = at(tree, at(tree, ZPL_TREE_ROOT)->child)->child; s != 0;
         s = at(tree, s)->next)
        if (at(tree, s)->kind == ZPL_NODE_RETURN)
            cell->kept = zpl_tree_span(tree, s).begin;
        else
            declare(&d, s);
}

/* ---- expressions ---- */

/* Of `return …`: what is returned; nothing of a text that is empty. */
static void read_expression(struct zpl_cell *cell, const struct zpl_tree *tree)
{
    uint32_t statement = at(tree, at(tree, ZPL_TREE_ROOT)->child)->child;
    uint32_t list = at(tree, statement)->child, only = list != 0 ? at(tree, list)->child : 0;
    cell->kind = list != 0 ? ZPL_CELL_EXPRESSION : ZPL_CELL_EMPTY;
    if (only == 0 || at(tree, only)->next != 0)
        return;
    const struct zpl_tree_node *n = at(tree, only);
    if (n->kind == ZPL_NODE_CALL || n->kind == ZPL_NODE_METHOD)
        cell->kind = ZPL_CELL_CALL;
    if (n->kind != ZPL_NODE_INDEX || at(tree, n->child)->kind != ZPL_NODE_NAME)
        return;
    cell->base = word(cell, tree, at(tree, n->child)->key);
    cell->field = word(cell, tree, n->key);
}

/* How far a reading came before its first mistake, in the cell's own bytes. */
static uint32_t reach(const struct reading *r)
{
    uint32_t first = UINT32_MAX;
    for (size_t i = 0; i < r->diags.count; i++)
        if (r->diags.items[i]->span.begin < first)
            first = r->diags.items[i]->span.begin;
    return first > r->shift ? first - r->shift : 0;
}

static void shift_back(struct zpl_span *span, uint32_t shift)
{
    span->begin -= span->begin < shift ? span->begin : shift;
    span->end -= span->end < shift ? span->end : shift;
}

/* Is what the reading tells of our own word before the text, which the person did not write? */
static bool tells_of_prefix(const struct reading *r)
{
    for (size_t i = 0; i < r->diags.count; i++)
        if (strstr(r->diags.items[i]->message, "'return'") != NULL)
            return true;
    return false;
}

/* Neither an expression nor statements: the mistakes are those of the reading that came further. */
static void read_broken(struct zpl_cell *cell, struct reading *expression,
                        struct reading *statements)
{
    bool further = reach(expression) > reach(statements) && !tells_of_prefix(expression);
    struct reading *better = further ? expression : statements;
    bool unfinished = (expression->tree != NULL && expression->tree->unfinished) ||
                      (statements->tree != NULL && statements->tree->unfinished);
    cell->kind = unfinished ? ZPL_CELL_UNFINISHED : ZPL_CELL_STATEMENTS;
    cell->broken = true;
    zpl_sources_add(&cell->sources, cell->name, cell->text, cell->len);
    zpl_diags_append(&cell->mistakes, &better->diags);
    for (size_t i = 0; i < cell->mistakes.count; i++) {
        shift_back(&cell->mistakes.items[i]->span, better->shift);
        for (struct zpl_note *note = cell->mistakes.items[i]->notes; note != NULL;
             note = note->next)
            shift_back(&note->span, better->shift);
    }
}

/* ---- a cell ---- */

static struct zpl_cell *new_cell(const char *name, const char *text, size_t len)
{
    struct zpl_cell *cell = zpl_calloc(1, sizeof *cell);
    if (cell == NULL)
        return NULL;
    cell->name = zpl_arena_strdup(&cell->arena, name);
    cell->text = zpl_arena_strndup(&cell->arena, text, len);
    cell->len = cell->kept = (uint32_t)len;
    return cell;
}

static struct zpl_cell *finished(struct zpl_cell *cell)
{
    if (cell == NULL || !zpl_arena_failed(&cell->arena))
        return cell;
    zpl_cell_free(cell);
    return NULL;
}

struct zpl_cell *zpl_cell_new(const char *name, const char *text, size_t len)
{
    struct reading expression = {0}, statements = {0};
    struct zpl_cell *cell = new_cell(name, text, len);
    if (cell == NULL || zpl_arena_failed(&cell->arena))
        return finished(cell);
    read_as(&statements, cell, "");
    read_as(&expression, cell, RETURN);
    cell->parenthesis =
        statements.tree != NULL && statements.tree->tokens[0].kind == ZPL_TOKEN_OPEN_PAREN;
    if (expression.err == ZPL_OK)
        read_expression(cell, expression.tree);
    else if (statements.err == ZPL_OK)
        read_statements(cell, statements.tree);
    else
        read_broken(cell, &expression, &statements);
    release(&expression);
    release(&statements);
    return finished(cell);
}

struct zpl_cell *zpl_cell_from_file(const char *name, const char *text, size_t len)
{
    struct reading r = {0};
    struct zpl_cell *cell = new_cell(name, text, len);
    if (cell == NULL || zpl_arena_failed(&cell->arena))
        return finished(cell);
    cell->from_file = true;
    cell->kind = ZPL_CELL_STATEMENTS;
    read_as(&r, cell, "");
    if (r.err == ZPL_OK)
        read_statements(cell, r.tree);
    release(&r);
    return finished(cell);
}

void zpl_cell_free(struct zpl_cell *cell)
{
    if (cell == NULL)
        return;
    zpl_diags_release(&cell->mistakes);
    zpl_sources_release(&cell->sources);
    zpl_arena_release(&cell->arena);
    free(cell);
}
