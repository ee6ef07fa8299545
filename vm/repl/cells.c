/* cells.c - a session's list and its text.   Floor: vm. */
#include "vm/repl/cells.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "lang/syntax/parse.h"

enum zpl_err zpl_cells_add(struct zpl_cells *cells, struct zpl_cell *cell)
{
    if (cells->count == cells->capacity) {
        size_t capacity = cells->capacity > 0 ? cells->capacity * 2 : 16;
        struct zpl_cell **items = zpl_realloc(cells->items, capacity * sizeof(*items));
        if (items == NULL)
            return ZPL_ERR_NOMEM;
        cells->items = items;
        cells->capacity = capacity;
    }
    cells->items[cells->count++] = cell;
    return ZPL_OK;
}

void zpl_cells_remove(struct zpl_cells *cells, size_t i)
{
    zpl_cell_free(cells->items[i]);
    memmove(&cells->items[i], &cells->items[i + 1],
            (--cells->count - i) * sizeof(struct zpl_cell *));
}

void zpl_cells_release(struct zpl_cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        zpl_cell_free(cells->items[i]);
    free(cells->items);
    memset(cells, 0, sizeof *cells);
}

/* ---- the program's text ---- */

static void add_piece(struct zpl_cells_text *out, const struct zpl_cell *cell, uint32_t from,
                      uint32_t to)
{
    struct zpl_cells_piece *pieces =
        zpl_arena_grow(&out->arena, out->pieces, out->count, &out->capacity, sizeof *pieces);
    if (pieces == NULL)
        return;
    out->pieces = pieces;
    pieces[out->count++] = (struct zpl_cells_piece){cell, (uint32_t)out->text.len, to - from, from};
    zpl_buf_add(&out->text, cell->text + from, to - from);
}

/* The cell's text to byte `end`, with what it gets before some of its statements. */
static void add_cell(struct zpl_cells_text *out, const struct zpl_cell *cell, uint32_t end)
{
    uint32_t from = 0;
    for (size_t i = 0; i < cell->insert_count; i++) {
        add_piece(out, cell, from, cell->inserts[i].at);
        zpl_buf_puts(&out->text, cell->inserts[i].text);
        from = cell->inserts[i].at;
    }
    add_piece(out, cell, from, end);
    zpl_buf_putc(&out->text, '\n');
}

/* A statement that begins with a parenthesis must not be the arguments of the one before. */
static void add_kept(struct zpl_cells_text *out, const struct zpl_cell *cell)
{
    if (cell->parenthesis)
        zpl_buf_putc(&out->text, ';');
    add_cell(out, cell, cell->kept);
}

void zpl_cells_write(const struct zpl_cells *cells, const bool *left_out,
                     struct zpl_cells_text *out)
{
    for (size_t i = 0; i < cells->count; i++)
        if (left_out == NULL || !left_out[i])
            add_kept(out, cells->items[i]);
}

void zpl_cells_write_last(const struct zpl_cell *cell, struct zpl_cells_text *out)
{
    bool statements = cell->kind == ZPL_CELL_STATEMENTS;
    if (!statements || cell->parenthesis)
        zpl_buf_puts(&out->text, statements ? ";" : "return ");
    if (cell->base != NULL)
        zpl_buf_printf(&out->text, "%s, ", cell->base);
    add_cell(out, cell, cell->len);
    if (!statements || cell->kept < cell->len)
        return;
    for (size_t i = 0; i < cell->name_count; i++)
        zpl_buf_printf(&out->text, "%s%s", i > 0 ? ", " : "return ", cell->names[i]);
    zpl_buf_putc(&out->text, '\n');
}

enum zpl_err zpl_cells_text_error(const struct zpl_cells_text *text)
{
    return zpl_arena_failed(&text->arena) ? ZPL_ERR_NOMEM : zpl_buf_error(&text->text);
}

void zpl_cells_text_release(struct zpl_cells_text *text)
{
    zpl_buf_release(&text->text);
    zpl_arena_release(&text->arena);
    memset(text, 0, sizeof *text);
}

/* ---- what is replaced ---- */

/* The program with the new cell, and which cell looks at which. */
struct looking {
    const struct zpl_tree *tree;
    const struct zpl_cells_text *text;
    const struct zpl_cells *cells;
    size_t count;    /* with the new one */
    uint32_t *makes; /* by node: 1 + the cell that declares the local at the top there */
    bool *looks;     /* count × count: does cell a look at cell b? */
    bool *calls;     /* by cell: something that is not zpl's own, whatever it may do */
};

static const struct zpl_tree_node *at(const struct looking *l, uint32_t node)
{
    return &l->tree->nodes[node];
}

/* The cell that the token stands in. */
static size_t cell_of(const struct looking *l, uint32_t token)
{
    const struct zpl_cell *cell =
        l->text->pieces[zpl_cells_piece_at(l->text, l->tree->tokens[token].offset)].cell;
    for (size_t i = 0; i < l->cells->count; i++)
        if (l->cells->items[i] == cell)
            return i;
    return l->count - 1;
}

static void note_declarations(struct looking *l, uint32_t statement)
{
    uint32_t first = at(l, statement)->child;
    size_t cell = cell_of(l, at(l, statement)->begin);
    if (at(l, statement)->kind == ZPL_NODE_LOCAL_FUNCTION)
        l->makes[first] = (uint32_t)cell + 1;
    for (uint32_t n = at(l, statement)->kind == ZPL_NODE_LOCAL ? at(l, first)->child : 0; n != 0;
         n = at(l, n)->next)
        l->makes[n] = (uint32_t)cell + 1;
}

static void note_look(struct looking *l, uint32_t token, uint32_t declaration)
{
    if (l->makes[declaration] > 0)
        l->looks[cell_of(l, token) * l->count + l->makes[declaration] - 1] = true;
}

/* A query gets what its words name: the nearest declaration before it, or any if there are several. */
static void note_passed(struct looking *l, const struct zpl_passed *passed)
{
    uint32_t len, call = at(l, passed->call)->begin;
    const char *word = zpl_tree_text(l->tree, passed->token, &len);
    uint32_t found = 0;
    for (uint32_t n = 1; n < l->tree->node_count; n++) {
        uint32_t n_len;
        if (l->makes[n] == 0 || at(l, n)->begin > call)
            continue;
        const char *name = zpl_tree_text(l->tree, at(l, n)->key, &n_len);
        if (n_len == len && memcmp(name, word, len) == 0 &&
            (found == 0 || at(l, n)->begin > at(l, found)->begin))
            found = n;
    }
    if (found != 0)
        note_look(l, call, found);
}

/* Is the callee one of zpl's own: `sql`, `csv.read`? */
static bool is_own(const struct looking *l, uint32_t callee)
{
    while (at(l, callee)->kind == ZPL_NODE_INDEX || at(l, callee)->kind == ZPL_NODE_PAREN)
        callee = at(l, callee)->child;
    return at(l, callee)->kind == ZPL_NODE_NAME && at(l, callee)->decl == 0;
}

static bool look(struct looking *l, struct zpl_arena *arena)
{
    uint32_t nodes = l->tree->node_count;
    l->makes = zpl_arena_array(arena, nodes, sizeof *l->makes);
    l->looks = zpl_arena_array(arena, l->count * l->count, sizeof *l->looks);
    l->calls = zpl_arena_array(arena, l->count, sizeof *l->calls);
    if (zpl_arena_failed(arena))
        return false;
    for (uint32_t s = at(l, at(l, ZPL_TREE_ROOT)->child)->child; s != 0; s = at(l, s)->next) {
        uint8_t kind = at(l, s)->kind;
        if (kind == ZPL_NODE_LOCAL || kind == ZPL_NODE_LOCAL_FUNCTION)
            note_declarations(l, s);
        else
            l->calls[cell_of(l, at(l, s)->begin)] = true;
    }
    for (uint32_t n = 1; n < nodes; n++) {
        const struct zpl_tree_node *node = at(l, n);
        if (node->kind == ZPL_NODE_NAME && node->decl != 0 && node->decl != n)
            note_look(l, node->begin, node->decl);
        else if (node->kind == ZPL_NODE_METHOD ||
                 (node->kind == ZPL_NODE_CALL && !is_own(l, node->child)))
            l->calls[cell_of(l, node->begin)] = true;
    }
    for (uint32_t i = 0; i < l->tree->passed_count; i++)
        note_passed(l, &l->tree->passed[i]);
    return true;
}

/* Cells that are declared again, from the last to the first: a cell that goes looks at nothing. */
static void drop(const struct looking *l, const struct zpl_cell *last, bool *replaced)
{
    for (size_t i = l->cells->count; i-- > 0;) {
        const struct zpl_cell *cell = l->cells->items[i];
        bool needed = cell->from_file || cell->name_count == 0 || l->calls[i];
        for (size_t k = 0; !needed && k < cell->name_count; k++) {
            bool again = zpl_cell_declares(last, cell->names[k]);
            for (size_t later = i + 1; !again && later < l->cells->count; later++)
                again =
                    !replaced[later] && zpl_cell_declares(l->cells->items[later], cell->names[k]);
            needed = !again;
        }
        for (size_t later = i + 1; !needed && later < l->count; later++)
            needed =
                (later == l->cells->count || !replaced[later]) && l->looks[later * l->count + i];
        replaced[i] |= !needed;
    }
}

/* Does the new cell declare a name that an old one has? */
static bool declares_again(const struct zpl_cells *cells, const struct zpl_cell *cell)
{
    for (size_t i = 0; i < cells->count; i++)
        for (size_t k = 0; k < cell->name_count; k++)
            if (zpl_cell_declares(cells->items[i], cell->names[k]))
                return true;
    return false;
}

enum zpl_err zpl_cells_replaced(const struct zpl_cells *cells, const struct zpl_cell *cell,
                                bool *replaced)
{
    struct zpl_arena arena = {0};
    struct zpl_cells_text text = {0};
    struct zpl_tree *tree = NULL;
    struct zpl_diags quiet = {0};
    memset(replaced, 0, cells->count * sizeof *replaced);
    for (size_t i = 0; i < cells->count && cell->kind == ZPL_CELL_CALL; i++)
        replaced[i] = cells->items[i]->kind == ZPL_CELL_CALL && cells->items[i]->len == cell->len &&
                      memcmp(cells->items[i]->text, cell->text, cell->len) == 0;
    if (cell->broken || !declares_again(cells, cell))
        return ZPL_OK;
    zpl_cells_write(cells, NULL, &text);
    /* a function of its own, so that its locals don't count with the others */
    zpl_buf_puts(&text.text, "return function(...) ");
    add_kept(&text, cell);
    zpl_buf_puts(&text.text, "end");
    enum zpl_err err = zpl_cells_text_error(&text);
    if (err == ZPL_OK)
        err = zpl_parse(&arena, 1, zpl_buf_str(&text.text), text.text.len, &quiet, &tree);
    struct looking l = {.tree = tree, .text = &text, .cells = cells, .count = cells->count + 1};
    if (err == ZPL_OK && look(&l, &arena))
        drop(&l, cell, replaced);
    else if (err == ZPL_OK)
        err = ZPL_ERR_NOMEM;
    zpl_diags_release(&quiet);
    zpl_arena_release(&arena);
    zpl_cells_text_release(&text);
    return err == ZPL_ERR_CHECK || err == ZPL_ERR_LIMIT ? ZPL_OK : err;
}
