/* scope.c - resolves names and checks what depends on scopes.  See scope.h.
 * Names are numbered first (symbols), so that looking one up is one step however many are visible.
 */
#include "lang/syntax/scope.h"

#include <string.h>

#include "lang/base/limits.h"

struct local {
    uint32_t symbol; /* 0: hidden, of a loop */
    uint32_t decl;
    uint32_t shadowed; /* what the symbol meant before: an index into locals + 1, or 0 */
};
struct label {
    uint32_t symbol, token;
    uint32_t locals; /* how many were visible */
};
struct list { /* of labels that are visible, or of gotos that have not met theirs */
    struct label *items;
    size_t count, capacity;
};
struct function {
    struct function *outer; /* NULL: the chunk */
    uint32_t first_local;
    size_t first_label;
    uint32_t loops, labels, gotos; /* open loops; statements so far */
    bool variadic, body, full;     /* `full`: told about too many locals */
};
struct block {
    uint32_t locals; /* counts when it began */
    size_t labels, gotos;
};
struct scope {
    struct zpl_tree *tree;
    struct zpl_diags *diags;
    uint32_t *symbol_of; /* per token; 0 if it is no name */
    uint32_t *slots;     /* hash table: a token that spells the symbol, + 1 */
    uint32_t slot_mask;  /* its size - 1 */
    uint32_t *bindings;  /* per symbol: index into locals + 1, or 0 */
    bool *assigned;      /* per symbol: a global of this file, from here on */
    uint32_t *passed_to; /* per symbol: the last `sql` call it was passed to */
    struct local *locals;
    size_t local_count, local_capacity;
    size_t passed_capacity;
    struct list labels, gotos;
    struct function *function;
    struct zpl_buf text; /* of the SQL literal at hand */
    bool wrong, nomem;
};

static void resolve(struct scope *s, uint32_t node);

static struct zpl_tree_node *at(const struct scope *s, uint32_t node)
{
    return &s->tree->nodes[node];
}

static struct zpl_diag *complain(struct scope *s, enum zpl_code code, struct zpl_span span,
                                 const char *message)
{
    s->wrong = true;
    return zpl_diag_add(s->diags, code, span, "%s", message);
}

/* --- symbols --- */

static uint32_t hash(const char *name, size_t len)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 16777619u;
    return h;
}

/* The slot of a name: the one that holds it, or the empty one where it belongs. */
static uint32_t *find_slot(const struct scope *s, const char *name, size_t len)
{
    for (uint32_t i = hash(name, len);; i++) {
        uint32_t *slot = &s->slots[i & s->slot_mask], n;
        const char *text;

        if (*slot == 0)
            return slot;
        text = zpl_tree_text(s->tree, *slot - 1, &n);
        if (n == len && memcmp(text, name, len) == 0)
            return slot;
    }
}

/* The symbol of a name that is somewhere in the text, or 0. */
static uint32_t find_symbol(const struct scope *s, const char *name, size_t len)
{
    uint32_t slot = *find_slot(s, name, len);

    return slot ? s->symbol_of[slot - 1] : 0;
}

/* Numbers the names; false when memory is out. */
static bool number_names(struct scope *s)
{
    const struct zpl_tree *tree = s->tree;
    uint32_t names = 0, size = 16, count = 0;

    for (uint32_t i = 0; i < tree->token_count; i++)
        names += tree->tokens[i].kind == ZPL_TOKEN_NAME;
    while (size < 2 * names)
        size *= 2;
    s->slot_mask = size - 1;
    s->slots = zpl_arena_array(tree->arena, size, sizeof *s->slots);
    s->symbol_of = zpl_arena_array(tree->arena, tree->token_count, sizeof *s->symbol_of);
    s->bindings = zpl_arena_array(tree->arena, names + 1, sizeof *s->bindings);
    s->assigned = zpl_arena_array(tree->arena, names + 1, sizeof *s->assigned);
    s->passed_to = zpl_arena_array(tree->arena, names + 1, sizeof *s->passed_to);
    if (zpl_arena_failed(tree->arena))
        return false;
    for (uint32_t i = 0; i < tree->token_count; i++) {
        const char *text;
        uint32_t len, *slot;

        if (tree->tokens[i].kind != ZPL_TOKEN_NAME)
            continue;
        text = zpl_tree_text(tree, i, &len);
        slot = find_slot(s, text, len);
        if (*slot == 0) {
            *slot = i + 1;
            s->symbol_of[i] = ++count;
        }
        s->symbol_of[i] = s->symbol_of[*slot - 1];
    }
    return true;
}

/* --- locals, blocks, functions --- */

/* Makes `symbol` mean `decl` from here to the end of the block; symbol 0 only takes the room. */
static void declare(struct scope *s, uint32_t symbol, uint32_t decl)
{
    struct function *f = s->function;
    struct local *items = zpl_arena_grow(s->tree->arena, s->locals, s->local_count,
                                         &s->local_capacity, sizeof *items);

    if (!items) {
        s->nomem = true;
        return;
    }
    s->locals = items;
    items[s->local_count] = (struct local){symbol, decl, s->bindings[symbol]};
    s->bindings[symbol] = (uint32_t)++s->local_count;
    if (s->local_count - f->first_local > ZPL_LOCALS_MAX && !f->full) {
        struct zpl_diag *diag =
            zpl_diag_add(s->diags, ZPL_CODE_LANG_LIMIT, zpl_tree_span(s->tree, decl),
                         "more than %d local variables in one function", ZPL_LOCALS_MAX);

        zpl_diag_help(s->diags, diag, "gather some in a table, or close a part in 'do … end'");
        f->full = s->wrong = true;
    }
}

static void declare_name(struct scope *s, uint32_t name)
{
    at(s, name)->decl = name;
    declare(s, s->symbol_of[at(s, name)->key], name);
}

static struct block open_block(const struct scope *s)
{
    return (struct block){(uint32_t)s->local_count, s->labels.count, s->gotos.count};
}

/* Forgets the block's names and labels; its gotos look for their label outside. */
static void close_block(struct scope *s, const struct block *b)
{
    while (s->local_count > b->locals) {
        const struct local *l = &s->locals[--s->local_count];

        s->bindings[l->symbol] = l->shadowed;
    }
    s->labels.count = b->labels;
    for (size_t i = b->gotos; i < s->gotos.count; i++)
        if (s->gotos.items[i].locals > b->locals)
            s->gotos.items[i].locals = b->locals;
}

/* Tells the gotos from `first` on that nothing can answer any more. */
static void tell_lost_gotos(struct scope *s, size_t first)
{
    for (size_t i = first; i < s->gotos.count; i++)
        complain(s, ZPL_CODE_SYNTAX, zpl_tree_token_span(s->tree, s->gotos.items[i].token),
                 "no label of this name is visible from here");
    s->gotos.count = first;
}

static void push(struct scope *s, struct list *list, struct label item)
{
    struct label *items =
        zpl_arena_grow(s->tree->arena, list->items, list->count, &list->capacity, sizeof item);

    if (!items) {
        s->nomem = true;
        return;
    }
    list->items = items;
    items[list->count++] = item;
}

/* One more goto or label of this function; false, told once, when there are too many. */
static bool count_arm(struct scope *s, uint32_t *count, uint32_t node)
{
    if (++*count == ZPL_ARMS_MAX + 1) {
        s->wrong = true;
        zpl_diag_add(s->diags, ZPL_CODE_LANG_LIMIT, zpl_tree_span(s->tree, node),
                     "more than %d gotos or labels in one function", ZPL_ARMS_MAX);
    }
    return *count <= ZPL_ARMS_MAX;
}

/* --- statements --- */

static void resolve_goto(struct scope *s, uint32_t node)
{
    uint32_t token = at(s, node)->key, symbol = s->symbol_of[token];

    if (!count_arm(s, &s->function->gotos, node))
        return;
    for (size_t i = s->function->first_label; i < s->labels.count; i++)
        if (s->labels.items[i].symbol == symbol)
            return;
    push(s, &s->gotos, (struct label){symbol, token, (uint32_t)s->local_count});
}

/* A label answers the gotos of its block that came before it; it must not lie in the scope of a
 * local that they have not seen, unless only labels follow to the end of the block. */
static void resolve_label(struct scope *s, uint32_t node, const struct block *b)
{
    uint32_t token = at(s, node)->key, symbol = s->symbol_of[token], after = at(s, node)->next;
    struct label label = {symbol, token, (uint32_t)s->local_count};
    size_t kept = b->gotos;

    if (!count_arm(s, &s->function->labels, node))
        return;
    for (size_t i = s->function->first_label; i < s->labels.count; i++) {
        if (s->labels.items[i].symbol == symbol) {
            struct zpl_diag *diag =
                complain(s, ZPL_CODE_SYNTAX, zpl_tree_token_span(s->tree, token),
                         "a label of this name is visible here already");

            zpl_diag_note(s->diags, diag, zpl_tree_token_span(s->tree, s->labels.items[i].token),
                          "it is here");
            return;
        }
    }
    while (after && at(s, after)->kind == ZPL_NODE_LABEL)
        after = at(s, after)->next;
    if (!after && at(s, at(s, at(s, node)->parent)->parent)->kind != ZPL_NODE_REPEAT)
        label.locals = b->locals;
    for (size_t i = b->gotos; i < s->gotos.count; i++) {
        struct label *jump = &s->gotos.items[i];

        if (jump->symbol != symbol) {
            s->gotos.items[kept++] = *jump;
        } else if (jump->locals < label.locals) {
            struct zpl_diag *diag =
                complain(s, ZPL_CODE_SYNTAX, zpl_tree_token_span(s->tree, jump->token),
                         "this goto jumps into the scope of a local variable");

            zpl_diag_note(s->diags, diag, zpl_tree_span(s->tree, s->locals[jump->locals].decl),
                          "the variable is declared here");
        }
    }
    s->gotos.count = kept;
    push(s, &s->labels, label);
}

/* The statements of a block, without opening a scope. */
static void resolve_statements(struct scope *s, uint32_t block, const struct block *b)
{
    for (uint32_t c = at(s, block)->child; c; c = at(s, c)->next) {
        if (at(s, c)->kind == ZPL_NODE_LABEL)
            resolve_label(s, c, b);
        else
            resolve(s, c);
    }
}

static void resolve_block(struct scope *s, uint32_t block)
{
    struct block b = open_block(s);

    resolve_statements(s, block, &b);
    close_block(s, &b);
}

static void resolve_children(struct scope *s, uint32_t node)
{
    for (uint32_t c = at(s, node)->child; c; c = at(s, c)->next)
        resolve(s, c);
}

static void resolve_function(struct scope *s, uint32_t node)
{
    struct function f = {.outer = s->function,
                         .first_local = (uint32_t)s->local_count,
                         .first_label = s->labels.count};
    struct block b = open_block(s);
    uint32_t params = at(s, node)->child;

    f.variadic = at(s, node)->flags & ZPL_NODE_VARIADIC;
    f.body = s->function->body || (at(s, node)->flags & ZPL_NODE_BODY);
    s->function = &f;
    if (at(s, node)->flags & ZPL_NODE_METHOD_DEF)
        declare(s, find_symbol(s, "self", 4), node);
    for (uint32_t c = at(s, params)->child; c; c = at(s, c)->next)
        declare_name(s, c);
    resolve_statements(s, at(s, params)->next, &b);
    tell_lost_gotos(s, b.gotos);
    close_block(s, &b);
    s->function = f.outer;
}

/* Notes that the target of an assignment is written to, and refuses a constant. */
static void write_to(struct scope *s, uint32_t target)
{
    uint32_t decl = at(s, target)->decl;

    if (at(s, target)->kind != ZPL_NODE_NAME)
        return;
    if (decl == 0) {
        s->assigned[s->symbol_of[at(s, target)->key]] = true;
    } else if (at(s, decl)->kind == ZPL_NODE_NAME) {
        if (at(s, decl)->flags & (ZPL_NODE_CONST | ZPL_NODE_CLOSE)) {
            struct zpl_diag *diag = complain(s, ZPL_CODE_SYNTAX, zpl_tree_span(s->tree, target),
                                             "a constant can't be assigned to");

            zpl_diag_note(s->diags, diag, zpl_tree_span(s->tree, decl), "it is declared here");
        }
        at(s, decl)->flags |= ZPL_NODE_WRITTEN;
    }
}

static void resolve_local(struct scope *s, uint32_t node)
{
    uint32_t names = at(s, node)->child, exprs = at(s, names)->next;
    bool closes = false;

    if (exprs)
        resolve(s, exprs);
    for (uint32_t c = at(s, names)->child; c; c = at(s, c)->next) {
        declare_name(s, c);
        if (!(at(s, c)->flags & ZPL_NODE_CLOSE))
            continue;
        if (closes)
            complain(s, ZPL_CODE_SYNTAX, zpl_tree_span(s->tree, c),
                     "only one variable of a 'local' can be <close>");
        closes = true;
    }
}

static void resolve_for(struct scope *s, uint32_t node)
{
    uint32_t names = at(s, node)->child, exprs = at(s, names)->next;
    int hidden = at(s, node)->kind == ZPL_NODE_FOR_NUMBER ? 3 : 4; /* the state Lua keeps */
    struct block b;

    resolve(s, exprs);
    b = open_block(s);
    while (hidden-- > 0)
        declare(s, 0, names);
    for (uint32_t c = at(s, names)->child; c; c = at(s, c)->next)
        declare_name(s, c);
    s->function->loops++;
    resolve_block(s, at(s, exprs)->next);
    s->function->loops--;
    close_block(s, &b);
}

/* The condition sees the locals of the body. */
static void resolve_repeat(struct scope *s, uint32_t node)
{
    uint32_t block = at(s, node)->child;
    struct block b = open_block(s);

    s->function->loops++;
    resolve_statements(s, block, &b);
    resolve(s, at(s, block)->next);
    s->function->loops--;
    close_block(s, &b);
}

/* --- expressions --- */

static void resolve_vararg(struct scope *s, uint32_t node)
{
    const struct function *f = s->function;

    if (at(s, at(s, node)->parent)->kind == ZPL_NODE_FIELD_ITEM && !f->body &&
        (!f->outer || !f->variadic))
        at(s, node)->flags |= ZPL_NODE_REST;
    else if (f->outer && !f->variadic)
        complain(s, ZPL_CODE_SYNTAX, zpl_tree_span(s->tree, node),
                 "'...' stands in a function that does not take '...'");
}

/* Notes which visible names the text of an `sql` call mentions, each once. */
static void pass_names(struct scope *s, uint32_t call, uint32_t literal)
{
    struct zpl_tree *tree = s->tree;
    const char *word;
    size_t begin = 0, len;

    at(s, call)->flags |= ZPL_NODE_SCOPED;
    at(s, call)->decl = tree->passed_count;
    zpl_buf_clear(&s->text);
    zpl_tree_string_value(tree, at(s, literal)->key, &s->text);
    if (zpl_buf_error(&s->text)) {
        s->nomem = true;
        return;
    }
    while (zpl_sql_word(zpl_buf_str(&s->text), s->text.len, &begin, &word, &len)) {
        uint32_t symbol = find_symbol(s, word, len);
        struct zpl_passed *items;

        if (symbol == 0 || s->passed_to[symbol] == call ||
            (s->bindings[symbol] == 0 && !s->assigned[symbol]))
            continue;
        s->passed_to[symbol] = call;
        items = zpl_arena_grow(tree->arena, tree->passed, tree->passed_count, &s->passed_capacity,
                               sizeof *items);
        if (!items) {
            s->nomem = true;
            return;
        }
        tree->passed = items;
        items[tree->passed_count++] = (struct zpl_passed){call, *find_slot(s, word, len) - 1};
    }
}

/* The calls with a meaning of their own: `sql` on a literal, and Python's f"…{x}…". */
static void resolve_call(struct scope *s, uint32_t node)
{
    const struct zpl_tree *tree = s->tree;
    uint32_t callee = at(s, node)->child, argument = at(s, callee)->next, key = at(s, callee)->key;

    resolve_children(s, node);
    if (at(s, callee)->kind != ZPL_NODE_NAME || at(s, callee)->decl || !argument ||
        at(s, argument)->next || s->function->body)
        return;
    if (zpl_tree_token_is(tree, key, "sql")) {
        uint32_t literal = argument;

        if (at(s, argument)->kind == ZPL_NODE_TABLE)
            literal = zpl_tree_value(tree, zpl_tree_item(tree, argument, 1));
        if (at(s, literal)->kind == ZPL_NODE_STRING)
            pass_names(s, node, literal);
    } else if (zpl_tree_token_is(tree, key, "f") && !s->assigned[s->symbol_of[key]] &&
               at(s, argument)->kind == ZPL_NODE_STRING) {
        const struct zpl_token *t = &tree->tokens[at(s, argument)->key];
        struct zpl_span span = {tree->source, t->offset - 1, t->offset + t->length};

        if (tree->tokens[key].offset + 1 == t->offset &&
            memchr(tree->text + t->offset, '{', t->length))
            zpl_diag_help(s->diags, complain(s, ZPL_CODE_SYNTAX, span, "there are no f-strings"),
                          "join the parts: \"rows of \" .. name, or use string.format");
    }
}

/* A field `lua = function …` holds a body that runs in a worker. */
static void resolve_named_field(struct scope *s, uint32_t node)
{
    uint32_t value = zpl_tree_bare(s->tree, at(s, node)->child);

    if (at(s, value)->kind == ZPL_NODE_FUNCTION &&
        zpl_tree_token_is(s->tree, at(s, node)->key, "lua"))
        at(s, value)->flags |= ZPL_NODE_BODY;
    resolve(s, at(s, node)->child);
}

static void resolve_name(struct scope *s, uint32_t node)
{
    uint32_t binding = s->bindings[s->symbol_of[at(s, node)->key]];

    at(s, node)->decl = binding ? s->locals[binding - 1].decl : 0;
}

static void resolve_assign(struct scope *s, uint32_t node)
{
    uint32_t targets = at(s, node)->child;

    resolve_children(s, node);
    for (uint32_t c = at(s, targets)->child; c; c = at(s, c)->next)
        write_to(s, c);
}

static void resolve(struct scope *s, uint32_t node)
{
    uint32_t child = at(s, node)->child;

    switch ((enum zpl_node_kind)at(s, node)->kind) {
    case ZPL_NODE_NAME:
        resolve_name(s, node);
        break;
    case ZPL_NODE_LOCAL:
        resolve_local(s, node);
        break;
    case ZPL_NODE_LOCAL_FUNCTION:
        declare_name(s, child);
        resolve(s, at(s, child)->next);
        break;
    case ZPL_NODE_FUNCTION_STAT:
        resolve(s, child);
        write_to(s, child);
        resolve(s, at(s, child)->next);
        break;
    case ZPL_NODE_ASSIGN:
        resolve_assign(s, node);
        break;
    case ZPL_NODE_BLOCK:
        resolve_block(s, node);
        break;
    case ZPL_NODE_FUNCTION:
        resolve_function(s, node);
        break;
    case ZPL_NODE_FOR_NUMBER:
    case ZPL_NODE_FOR_IN:
        resolve_for(s, node);
        break;
    case ZPL_NODE_REPEAT:
        resolve_repeat(s, node);
        break;
    case ZPL_NODE_WHILE:
        s->function->loops++;
        resolve_children(s, node);
        s->function->loops--;
        break;
    case ZPL_NODE_BREAK:
        if (s->function->loops == 0)
            complain(s, ZPL_CODE_SYNTAX, zpl_tree_span(s->tree, node), "'break' outside a loop");
        break;
    case ZPL_NODE_GOTO:
        resolve_goto(s, node);
        break;
    case ZPL_NODE_VARARG:
        resolve_vararg(s, node);
        break;
    case ZPL_NODE_CALL:
        resolve_call(s, node);
        break;
    case ZPL_NODE_FIELD_NAMED:
        resolve_named_field(s, node);
        break;
    default:
        resolve_children(s, node);
    }
}

enum zpl_err zpl_scope_resolve(struct zpl_tree *tree, struct zpl_diags *diags)
{
    struct function chunk = {.variadic = true};
    struct scope s = {.tree = tree, .diags = diags, .function = &chunk};

    if (!number_names(&s))
        return ZPL_ERR_NOMEM;
    resolve_children(&s, ZPL_TREE_ROOT);
    tell_lost_gotos(&s, 0);
    zpl_buf_release(&s.text);
    if (s.nomem)
        return ZPL_ERR_NOMEM;
    return s.wrong ? ZPL_ERR_CHECK : ZPL_OK;
}
