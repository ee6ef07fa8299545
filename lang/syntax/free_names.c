/* free_names.c - which variables a function uses, how its image numbers them, and how the numbers
 * become names again.  See emit.h. */
#include <stdlib.h>
#include <string.h>

#include "lang/syntax/chars.h"
#include "lang/syntax/image.h"

/* What has been met: a free name (by its declaration or, for a global, by its text) or a field of
 * one (by the name's index and the field's text). */
struct key {
    uint32_t owner;
    const char *text;
    uint32_t len;
};
struct slot {
    struct key key;
    uint32_t value; /* index + 1; 0: empty */
};
struct collector {
    const struct zpl_tree *tree;
    struct zpl_arena *arena;
    struct zpl_numbering *out;
    struct slot *slots;
    uint32_t mask;
};
#define OWNER_GLOBAL 0u
#define OWNER_FIELD  0x80000000u /* + index of the free name; node numbers are below */

static const struct zpl_tree_node *at(const struct collector *c, uint32_t node)
{
    return &c->tree->nodes[node];
}

static struct slot *find(const struct collector *c, struct key key)
{
    uint32_t h = 2166136261u ^ key.owner * 2654435761u; /* FNV-1a over owner and text */

    for (uint32_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.text[i]) * 16777619u;
    for (;; h++) {
        struct slot *s = &c->slots[h & c->mask];

        if (s->value == 0 || (s->key.owner == key.owner && s->key.len == key.len &&
                              memcmp(s->key.text, key.text, key.len) == 0))
            return s;
    }
}

/* The index of the free name that NAME node `node` means, new if need be; false: out of memory. */
static bool free_name(struct collector *c, uint32_t node, uint32_t *index)
{
    struct zpl_free_names *names = &c->out->names;
    struct key key = {at(c, node)->decl, "", 0};
    struct slot *slot;

    if (key.owner == OWNER_GLOBAL)
        key.text = zpl_tree_text(c->tree, at(c, node)->key, &key.len);
    slot = find(c, key);
    if (slot->value == 0) {
        struct zpl_free_name *items =
            zpl_arena_grow(c->arena, names->items, names->count, &names->capacity, sizeof *items);

        if (!items)
            return false;
        names->items = items;
        items[names->count++] =
            (struct zpl_free_name){.token = at(c, node)->key, .decl = at(c, node)->decl};
        *slot = (struct slot){key, (uint32_t)names->count};
    }
    *index = slot->value - 1;
    return true;
}

/* Notes field text[0..len) of free name `index`; false: out of memory. */
static bool add_field(struct collector *c, uint32_t index, const char *text, uint32_t len)
{
    struct zpl_free_name *name = &c->out->names.items[index];
    struct key key = {OWNER_FIELD + index, text, len};
    struct slot *slot = find(c, key);
    const char **fields;

    if (slot->value)
        return true;
    fields = zpl_arena_grow(c->arena, name->fields, name->field_count, &name->field_capacity,
                            sizeof *fields);
    if (!fields)
        return false;
    name->fields = fields;
    fields[name->field_count++] = zpl_arena_strndup(c->arena, text, len);
    *slot = (struct slot){key, 1};
    return !zpl_arena_failed(c->arena);
}

/* The name in a string literal that is nothing but a name in quotes. */
static bool quoted_name(const struct collector *c, uint32_t node, const char **text, uint32_t *len)
{
    const char *s = zpl_tree_text(c->tree, at(c, node)->key, len);

    if (at(c, node)->kind != ZPL_NODE_STRING || *len < 3 || !zpl_is_alpha(s[1]))
        return false;
    *len -= 2;
    *text = s + 1;
    for (uint32_t i = 0; i < *len; i++)
        if (!zpl_is_word((*text)[i]))
            return false;
    return true;
}

/* Is the expression assigned to, or the name of a function statement? */
static bool is_target(const struct collector *c, uint32_t node)
{
    uint32_t list = at(c, node)->parent, statement = at(c, list)->parent;

    if (at(c, list)->kind == ZPL_NODE_FUNCTION_STAT)
        return at(c, list)->child == node;
    return at(c, statement)->kind == ZPL_NODE_ASSIGN && at(c, statement)->child == list;
}

/* Notes one use of a free name. */
static bool use(struct collector *c, uint32_t node, uint32_t index)
{
    struct zpl_free_name *name = &c->out->names.items[index];
    uint32_t parent = at(c, node)->parent, len;
    const char *text;
    bool is_field = false;

    if (at(c, parent)->kind == ZPL_NODE_INDEX) {
        text = zpl_tree_text(c->tree, at(c, parent)->key, &len);
        is_field = true;
    } else if (at(c, parent)->kind == ZPL_NODE_INDEX_EXPR && at(c, parent)->child == node) {
        is_field = quoted_name(c, at(c, parent)->last_child, &text, &len);
    }
    if (is_field && !is_target(c, parent))
        return add_field(c, index, text, len);
    name->whole = true;
    if (is_target(c, node))
        name->written = true;
    return true;
}

/* The numbers of the nodes of a function: from its own on while they begin inside it. */
static uint32_t extent(const struct zpl_tree *tree, uint32_t function)
{
    const struct zpl_tree_node *f = &tree->nodes[function];
    uint32_t node = function;

    while (node < tree->node_count && tree->nodes[node].begin >= f->begin &&
           tree->nodes[node].begin < f->end)
        node++;
    return node - function;
}

static bool number_all(struct collector *c)
{
    struct zpl_numbering *n = c->out;

    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t node = n->function + i, decl = at(c, node)->decl, index;

        if (at(c, node)->kind != ZPL_NODE_NAME)
            continue;
        if (decl == node) {
            n->local_of[i] = ++n->local_count;
            n->local_tokens[n->local_count] = at(c, node)->key;
        } else if (decl >= n->function && decl < n->function + n->count) {
            n->local_of[i] = n->local_of[decl - n->function]; /* 0 for `self` */
        } else {
            if (!free_name(c, node, &index) || !use(c, node, index))
                return false;
            n->free_of[i] = index + 1;
        }
    }
    return true;
}

enum zpl_err zpl_number_names(const struct zpl_tree *tree, uint32_t function,
                              struct zpl_arena *arena, struct zpl_numbering *out)
{
    struct collector c = {.tree = tree, .arena = arena, .out = out};
    uint32_t size = 16;

    memset(out, 0, sizeof *out);
    out->function = function;
    out->count = extent(tree, function);
    while (size < 2 * out->count)
        size *= 2;
    c.mask = size - 1;
    c.slots = zpl_arena_array(arena, size, sizeof *c.slots);
    out->local_of = zpl_arena_array(arena, out->count, sizeof *out->local_of);
    out->free_of = zpl_arena_array(arena, out->count, sizeof *out->free_of);
    out->local_tokens = zpl_arena_array(arena, out->count + 1, sizeof *out->local_tokens);
    if (!c.slots || !out->local_of || !out->free_of || !out->local_tokens || !number_all(&c))
        return ZPL_ERR_NOMEM;
    return ZPL_OK;
}

enum zpl_err zpl_free_names(const struct zpl_tree *tree, uint32_t function, struct zpl_arena *arena,
                            struct zpl_free_names *out)
{
    struct zpl_numbering numbering;
    enum zpl_err err = zpl_number_names(tree, function, arena, &numbering);

    *out = numbering.names;
    return err;
}

/* The number behind `__zpl_l` or `__zpl_f` at s, and how many bytes all of it has; 0 for none. */
static size_t read_numbered(const char *s, bool *is_local, unsigned long *number)
{
    char *end;

    if (strncmp(s, "__zpl_l", 7) != 0 && strncmp(s, "__zpl_f", 7) != 0)
        return 0;
    if (!zpl_is_digit(s[7]))
        return 0;
    *is_local = s[6] == 'l';
    *number = strtoul(s + 7, &end, 10);
    return (size_t)(end - s);
}

enum zpl_err zpl_emit_restore_names(const struct zpl_tree *tree, uint32_t function,
                                    const char *message, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_numbering n;
    enum zpl_err err = zpl_number_names(tree, function, &arena, &n);

    while (!err && *message) {
        bool is_local = false;
        unsigned long k = 0;
        size_t used = read_numbered(message, &is_local, &k);
        uint32_t token = ZPL_NO_TOKEN, len;

        if (used && k > 0 && k <= (is_local ? n.local_count : n.names.count))
            token = is_local ? n.local_tokens[k] : n.names.items[k - 1].token;
        if (token != ZPL_NO_TOKEN) {
            const char *text = zpl_tree_text(tree, token, &len);

            zpl_buf_add(out, text, len);
            message += used;
        } else {
            zpl_buf_putc(out, *message++);
        }
    }
    zpl_arena_release(&arena);
    return err ? err : zpl_buf_error(out);
}

enum zpl_err zpl_emit_name_list(const struct zpl_tree *tree, uint32_t function, bool locals,
                                struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_numbering n;
    enum zpl_err err = zpl_number_names(tree, function, &arena, &n);
    size_t count = err ? 0 : locals ? n.local_count : n.names.count;

    for (size_t k = 1; k <= count; k++) {
        uint32_t len, token = locals ? n.local_tokens[k] : n.names.items[k - 1].token;
        const char *text = token == ZPL_NO_TOKEN ? "" : zpl_tree_text(tree, token, &len);

        zpl_buf_add(out, text, token == ZPL_NO_TOKEN ? 0 : len);
        zpl_buf_putc(out, '\n');
    }
    zpl_arena_release(&arena);
    return err ? err : zpl_buf_error(out);
}

uint32_t zpl_free_name_field(const struct zpl_tree *tree, uint32_t function,
                             const struct zpl_free_name *name, const char *field)
{
    uint32_t len;
    const char *text = zpl_tree_text(tree, name->token, &len);

    for (uint32_t i = name->token; i + 2 < tree->nodes[function].end; i++) {
        const struct zpl_token *t = &tree->tokens[i];

        if (t[0].kind == ZPL_TOKEN_NAME && t[0].length == len && t[1].kind == ZPL_TOKEN_DOT &&
            memcmp(tree->text + t[0].offset, text, len) == 0 &&
            zpl_tree_token_is(tree, i + 2, field))
            return i + 2;
    }
    return name->token;
}
