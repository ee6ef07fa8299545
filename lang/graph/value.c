#include "lang/graph/graph.h"
#include <string.h>
#include "lang/base/limits.h"
#include "lang/graph/json_words.h"

static struct zpl_value *new_value(struct zpl_arena *arena, enum zpl_value_kind kind,
                                   const struct zpl_type *type)
{
    struct zpl_value *value = type ? zpl_arena_alloc(arena, sizeof *value) : NULL;
    if (value) {
        value->kind = kind;
        value->type = type;
        value->size = value->depth = 1;
    }
    return value;
}

static uint32_t size_of(const struct zpl_value *value)
{
    return value && value->size ? value->size : value != NULL;
}

static uint32_t depth_of(const struct zpl_value *value)
{
    return value && value->depth ? value->depth : value != NULL;
}

static uint32_t cond_size(const struct zpl_value *left, const struct zpl_value *right)
{
    uint64_t size = 1 + (uint64_t)size_of(left) + size_of(right);
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

/* One more than its deeper side; a chain `a and b and c` stays on one level. */
static uint32_t cond_depth(enum zpl_cond_op op, const struct zpl_value *left,
                           const struct zpl_value *right)
{
    bool chain = (op == ZPL_COND_AND || op == ZPL_COND_OR) && left->kind == ZPL_VALUE_COND &&
                 left->cond.op == op;
    uint32_t a = depth_of(left) + !chain, b = depth_of(right) + 1;
    return a > b ? a : b;
}

bool zpl_value_fits(enum zpl_cond_op op, const struct zpl_value *left,
                    const struct zpl_value *right)
{
    return cond_size(left, right) <= ZPL_VALUE_SIZE_MAX &&
           cond_depth(op, left, right) <= ZPL_VALUE_DEPTH_MAX;
}

const struct zpl_value *zpl_value_literal(struct zpl_arena *arena,
                                          const struct zpl_literal *literal)
{
    if (!literal)
        return NULL;
    struct zpl_value *value =
        new_value(arena, ZPL_VALUE_LITERAL, zpl_literal_natural_type(arena, literal));
    if (value)
        value->literal = literal;
    return value;
}

const struct zpl_value *zpl_value_ref(struct zpl_arena *arena, uint32_t node, uint32_t output,
                                      const char *field, const struct zpl_type *type)
{
    struct zpl_value *value = new_value(arena, ZPL_VALUE_REF, type);
    if (value) {
        value->ref.node = node;
        value->ref.output = output;
        value->ref.field = field;
    }
    return value;
}

const struct zpl_value *zpl_value_cond(struct zpl_arena *arena, enum zpl_cond_op op,
                                       const struct zpl_value *left, const struct zpl_value *right)
{
    struct zpl_value *value = new_value(arena, ZPL_VALUE_COND, zpl_type_new(arena, ZPL_BOOL));
    if (value) {
        value->size = cond_size(left, right);
        value->depth = cond_depth(op, left, right);
        value->cond.op = op;
        value->cond.left = left;
        value->cond.right = right;
    }
    return value;
}

/* ---- natural types --------------------------------------------------------------------------- */

/* The type of a list's items when `so_far` (NULL: none yet) and `next` stand in it together. */
static const struct zpl_type *common_type(struct zpl_arena *arena, const struct zpl_type *so_far,
                                          const struct zpl_type *next)
{
    if (!so_far || !next)
        return next;
    if (zpl_type_equal(so_far, next))
        return so_far;
    bool numbers = (so_far->kind == ZPL_INT || so_far->kind == ZPL_FLOAT) &&
                   (next->kind == ZPL_INT || next->kind == ZPL_FLOAT);
    return zpl_type_new(arena, numbers ? ZPL_FLOAT : ZPL_ANY);
}

static const struct zpl_type *list_type(struct zpl_arena *arena, const struct zpl_type *elem)
{
    const struct zpl_type *any = elem ? elem : zpl_type_new(arena, ZPL_ANY);
    const struct zpl_type *list = zpl_type_new(arena, ZPL_LIST);
    struct zpl_type *type = any && list ? zpl_arena_alloc(arena, sizeof *type) : NULL;
    if (type) {
        *type = *list;
        type->elem = any;
    }
    return type;
}

static const struct zpl_type *record_type(struct zpl_arena *arena, const char *const *keys,
                                          const struct zpl_type *const *types, size_t count)
{
    const struct zpl_type *record = zpl_type_new(arena, ZPL_RECORD);
    struct zpl_type *type = record ? zpl_arena_alloc(arena, sizeof *type) : NULL;
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    struct zpl_column *columns = zpl_arena_array(arena, count + 1, sizeof *columns);
    if (!type || !row || !columns)
        return NULL;
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct zpl_column){.name = keys[i], .type = types[i]};
    *row = (struct zpl_row){.columns = columns, .count = count};
    *type = *record;
    type->row = row;
    return type;
}

/* The type of items that have `types`; NULL keys: a list. */
static const struct zpl_type *items_type(struct zpl_arena *arena, const char *const *keys,
                                         const struct zpl_type *const *types, size_t count)
{
    if (keys)
        return record_type(arena, keys, types, count);
    const struct zpl_type *elem = NULL;
    for (size_t i = 0; i < count; i++)
        elem = common_type(arena, elem, types[i]);
    return list_type(arena, elem);
}

const struct zpl_type *zpl_literal_natural_type(struct zpl_arena *arena,
                                                const struct zpl_literal *literal)
{
    static const enum zpl_kind kinds[] = {
        [ZPL_LIT_NULL] = ZPL_ANY,    [ZPL_LIT_BOOL] = ZPL_BOOL,     [ZPL_LIT_INT] = ZPL_INT,
        [ZPL_LIT_FLOAT] = ZPL_FLOAT, [ZPL_LIT_STRING] = ZPL_STRING, [ZPL_LIT_PATH] = ZPL_PATH,
        [ZPL_LIT_TYPE] = ZPL_TYPE_OF};
    if (literal->kind != ZPL_LIT_LIST && literal->kind != ZPL_LIT_RECORD)
        return zpl_type_new(arena, kinds[literal->kind]);
    size_t count = literal->as.list.count;
    const struct zpl_type **types = zpl_arena_array(arena, count + 1, sizeof *types);
    if (!types)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!(types[i] = zpl_literal_natural_type(arena, literal->as.list.items[i])))
            return NULL;
    return items_type(arena, literal->kind == ZPL_LIT_RECORD ? literal->as.list.keys : NULL, types,
                      count);
}

const struct zpl_value *zpl_value_items(struct zpl_arena *arena,
                                        const struct zpl_value *const *items,
                                        const char *const *keys, size_t count)
{
    const struct zpl_type **types = zpl_arena_array(arena, count + 1, sizeof *types);
    if (!types)
        return NULL;
    for (size_t i = 0; i < count; i++)
        types[i] = items[i]->type;
    struct zpl_value *value = new_value(arena, keys ? ZPL_VALUE_RECORD : ZPL_VALUE_LIST,
                                        items_type(arena, keys, types, count));
    if (!value)
        return NULL;
    value->list.items = items;
    value->list.keys = keys;
    value->list.count = count;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = (uint64_t)value->size + size_of(items[i]);
        value->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
        if (depth_of(items[i]) >= value->depth)
            value->depth = depth_of(items[i]) + 1;
    }
    return value;
}

const struct zpl_value *zpl_value_pick(struct zpl_arena *arena, enum zpl_pick_op op,
                                       const struct zpl_value *const *items,
                                       const struct zpl_value *const *by, size_t count,
                                       const struct zpl_type *type)
{
    struct zpl_value *value = new_value(arena, ZPL_VALUE_PICK, type);
    if (!value)
        return NULL;
    value->pick.op = op;
    value->pick.items = items;
    value->pick.by = by;
    value->pick.count = count;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = (uint64_t)value->size + size_of(items[i]) + (by ? size_of(by[i]) : 0);
        uint32_t depth = depth_of(items[i]);
        if (by && depth_of(by[i]) > depth)
            depth = depth_of(by[i]);
        value->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
        if (depth >= value->depth)
            value->depth = depth + 1;
    }
    return value;
}

const struct zpl_value *zpl_value_item(struct zpl_arena *arena, uint32_t map, bool index,
                                       const char *field, const struct zpl_type *type)
{
    struct zpl_value *value = new_value(arena, ZPL_VALUE_ITEM, type);
    if (value) {
        value->item.map = map;
        value->item.index = index;
        value->item.field = field;
    }
    return value;
}

const struct zpl_value *zpl_value_gather(struct zpl_arena *arena, uint32_t map,
                                         const struct zpl_value *inner)
{
    struct zpl_value *value =
        inner ? new_value(arena, ZPL_VALUE_GATHER, list_type(arena, inner->type)) : NULL;
    if (value) {
        value->size = size_of(inner) + 1;
        value->depth = depth_of(inner) + 1;
        value->gather.map = map;
        value->gather.value = inner;
    }
    return value;
}

const struct zpl_type *zpl_value_common_type(struct zpl_arena *arena,
                                             const struct zpl_value *const *items, size_t count,
                                             size_t *odd)
{
    const struct zpl_type *type = items[0]->type;
    *odd = 0;
    for (size_t i = 1; i < count; i++) {
        const struct zpl_type *next = items[i]->type;
        bool tables = next->kind == ZPL_TABLE && type->kind == ZPL_TABLE;
        if (tables ? zpl_type_equal(next, type) : zpl_type_fits(next, type, arena, NULL))
            continue;
        *odd = i;
        if (tables || !zpl_type_fits(type, next, arena, NULL))
            return NULL;
        type = next;
    }
    return type;
}

const struct zpl_type *zpl_value_pick_type(struct zpl_arena *arena, enum zpl_pick_op op,
                                           const struct zpl_value *const *items, size_t count,
                                           size_t *odd)
{
    *odd = 0;
    if (op == ZPL_PICK_MEAN)
        return zpl_type_new(arena, ZPL_FLOAT);
    if (op != ZPL_PICK_COALESCE && count == 1 && items[0]->type->kind == ZPL_LIST)
        return items[0]->type->elem;
    return zpl_value_common_type(arena, items, count, odd);
}

/* ---- walking and showing --------------------------------------------------------------------- */

void zpl_value_walk(const struct zpl_value *value, zpl_value_visit_fn *visit, void *self)
{
    if (!value || !visit(self, value))
        return;
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
    case ZPL_VALUE_ITEM:
    case ZPL_VALUE_REF:
        return;
    case ZPL_VALUE_GATHER:
        zpl_value_walk(value->gather.value, visit, self);
        return;
    case ZPL_VALUE_COND:
        zpl_value_walk(value->cond.left, visit, self);
        zpl_value_walk(value->cond.right, visit, self);
        return;
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        for (size_t i = 0; i < value->list.count; i++)
            zpl_value_walk(value->list.items[i], visit, self);
        return;
    case ZPL_VALUE_PICK:
        for (size_t i = 0; i < value->pick.count; i++) {
            zpl_value_walk(value->pick.items[i], visit, self);
            zpl_value_walk(value->pick.by ? value->pick.by[i] : NULL, visit, self);
        }
        return;
    }
}

struct refs {
    void (*visit)(void *self, uint32_t node, uint32_t output);
    void *self;
};

static bool visit_ref(void *self, const struct zpl_value *value)
{
    const struct refs *refs = self;
    if (value->kind == ZPL_VALUE_REF)
        refs->visit(refs->self, value->ref.node, value->ref.output);
    return true;
}

void zpl_value_refs(const struct zpl_value *value,
                    void (*visit)(void *self, uint32_t node, uint32_t output), void *self)
{
    struct refs refs = {visit, self};
    zpl_value_walk(value, visit_ref, &refs);
}

static bool is_artifact(enum zpl_kind kind)
{
    return kind == ZPL_TABLE || kind == ZPL_MODEL || kind == ZPL_TENSOR || kind == ZPL_FILE ||
           kind == ZPL_DIR || kind == ZPL_ENDPOINT;
}

const struct zpl_value *zpl_value_artifact(const struct zpl_value *value)
{
    const struct zpl_value *found = NULL;
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
    case ZPL_VALUE_COND:
    case ZPL_VALUE_ITEM:
        return NULL;
    case ZPL_VALUE_REF:
        return value->type && !value->ref.field && is_artifact(value->type->kind) ? value : NULL;
    case ZPL_VALUE_GATHER:
        return zpl_value_artifact(value->gather.value);
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        for (size_t i = 0; !found && i < value->list.count; i++)
            found = zpl_value_artifact(value->list.items[i]);
        return found;
    case ZPL_VALUE_PICK:
        for (size_t i = 0; !found && i < value->pick.count; i++)
            found = zpl_value_artifact(value->pick.items[i]);
        return found;
    }
    return NULL;
}

/* How tightly a condition binds in Lua, so that only needed parentheses are shown. */
enum { BIND_OR = 1, BIND_AND, BIND_COMPARE, BIND_NOT, BIND_VALUE };

static int binding_of(const struct zpl_value *value)
{
    if (value->kind != ZPL_VALUE_COND || value->cond.op == ZPL_COND_TRUTH)
        return BIND_VALUE;
    switch (value->cond.op) {
    case ZPL_COND_OR:
        return BIND_OR;
    case ZPL_COND_AND:
        return BIND_AND;
    case ZPL_COND_NOT:
        return BIND_NOT;
    default:
        return BIND_COMPARE;
    }
}

static void show_at(const struct zpl_graph *graph, const struct zpl_value *value, int least,
                    struct zpl_buf *out)
{
    bool parens = binding_of(value) < least;
    if (parens)
        zpl_buf_putc(out, '(');
    zpl_value_show(graph, value, out);
    if (parens)
        zpl_buf_putc(out, ')');
}

static void show_cond(const struct zpl_graph *graph, const struct zpl_value *value,
                      struct zpl_buf *out)
{
    static const char *const words[] = {
        [ZPL_COND_EQ] = " == ",   [ZPL_COND_NE] = " ~= ", [ZPL_COND_LT] = " < ",
        [ZPL_COND_LE] = " <= ",   [ZPL_COND_GT] = " > ",  [ZPL_COND_GE] = " >= ",
        [ZPL_COND_AND] = " and ", [ZPL_COND_OR] = " or "};
    enum zpl_cond_op op = value->cond.op;
    if (op == ZPL_COND_TRUTH) {
        zpl_value_show(graph, value->cond.left, out);
        return;
    }
    int binding = binding_of(value);
    if (op == ZPL_COND_NOT) {
        zpl_buf_puts(out, "not ");
        show_at(graph, value->cond.left, binding, out);
        return;
    }
    /* Lua's operators associate to the left: an equal one on the right needs parentheses. */
    show_at(graph, value->cond.left, binding, out);
    zpl_buf_puts(out, words[op]);
    show_at(graph, value->cond.right, binding + 1, out);
}

static void show_items(const struct zpl_graph *graph, const struct zpl_value *value,
                       struct zpl_buf *out)
{
    zpl_buf_putc(out, '{');
    for (size_t i = 0; i < value->list.count; i++) {
        zpl_buf_puts(out, i ? ", " : " ");
        if (value->kind == ZPL_VALUE_RECORD)
            zpl_buf_printf(out, "%s = ", value->list.keys[i]);
        zpl_value_show(graph, value->list.items[i], out);
    }
    zpl_buf_puts(out, value->list.count ? " }" : "}");
}

/* "coalesce(a, b)", "max(x, y)"; a choice by another value is shown by what is compared. */
static void show_pick(const struct zpl_graph *graph, const struct zpl_value *value,
                      struct zpl_buf *out)
{
    const struct zpl_value *const *shown = value->pick.by ? value->pick.by : value->pick.items;
    zpl_buf_printf(out, "%s(", zpl_pick_words[value->pick.op]);
    for (size_t i = 0; i < value->pick.count; i++) {
        zpl_buf_puts(out, i ? ", " : "");
        zpl_value_show(graph, shown[i], out);
    }
    zpl_buf_putc(out, ')');
}

static void show_ref(const struct zpl_graph *graph, const struct zpl_value *value,
                     struct zpl_buf *out)
{
    const struct zpl_node *node = &graph->nodes[value->ref.node];
    zpl_buf_puts(out, node->name ? node->name : node->step);
    if (value->ref.output < node->output_count && !node->stands_in)
        zpl_buf_printf(out, ".%s", node->outputs[value->ref.output].name);
    if (value->ref.field)
        zpl_buf_printf(out, ".%s", value->ref.field);
}

void zpl_value_show(const struct zpl_graph *graph, const struct zpl_value *value,
                    struct zpl_buf *out)
{
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
        zpl_literal_show(value->literal, out);
        return;
    case ZPL_VALUE_REF:
        show_ref(graph, value, out);
        return;
    case ZPL_VALUE_COND:
        show_cond(graph, value, out);
        return;
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        show_items(graph, value, out);
        return;
    case ZPL_VALUE_PICK:
        show_pick(graph, value, out);
        return;
    case ZPL_VALUE_ITEM:
        zpl_value_show(graph, graph->maps[value->item.map].over, out);
        zpl_buf_puts(out, value->item.index ? "[#]" : "[*]");
        if (value->item.field)
            zpl_buf_printf(out, ".%s", value->item.field);
        return;
    case ZPL_VALUE_GATHER:
        zpl_buf_puts(out, "each(");
        zpl_value_show(graph, value->gather.value, out);
        zpl_buf_putc(out, ')');
        return;
    }
}
