/* condition.c - values that become known while a run goes on: fields of reports, conditions.
 * Part of plan.h.   Floor: vm. */
#include <math.h>
#include <string.h>

#include "vm/plan/map.h"

/* "a.b": a field, or a field of a field; NULL: it is not there. */
static const struct zpl_json *find_field(const struct zpl_json *json, const char *path)
{
    const struct zpl_json *found = zpl_json_get(json, path);
    for (const char *dot = strchr(path, '.'); found == NULL && dot != NULL;
         dot = strchr(dot + 1, '.'))
        for (size_t i = 0; found == NULL && i < zpl_json_count(json); i++) {
            const char *key = zpl_json_key_at(json, i);
            if (key != NULL && strlen(key) == (size_t)(dot - path) &&
                memcmp(key, path, (size_t)(dot - path)) == 0)
                found = find_field(zpl_json_value_at(json, i), dot + 1);
        }
    return found;
}

/* The JSON value of an output that is known, as a literal. */
static const struct zpl_literal *read_field(const struct zpl_plan *plan,
                                            const struct zpl_value *value, struct zpl_arena *arena)
{
    const struct zpl_step_plan *maker = &plan->steps[value->ref.node];
    const struct zpl_literal *literal = NULL;
    struct zpl_json *json = NULL;
    if (maker->outputs == NULL || maker->outputs[value->ref.output].json == NULL)
        return NULL;
    const char *text = maker->outputs[value->ref.output].json;
    if (zpl_json_parse(text, strlen(text), &json, NULL) == ZPL_OK) {
        const struct zpl_json *field =
            value->ref.field != NULL ? find_field(json, value->ref.field) : json;
        /* JSON writes the Float 1.0 as 1: the declared type tells which it is. */
        literal = field != NULL ? zpl_literal_of_json(field, value->type, arena) : NULL;
    }
    zpl_json_release(json);
    return literal;
}

static bool is_number(const struct zpl_literal *v)
{
    return v->kind == ZPL_LIT_INT || v->kind == ZPL_LIT_FLOAT;
}

/* What compare() gives for two values that have no order. */
#define UNORDERED 2

/* By value, as Lua compares: an Int beyond 2^53 is not rounded to the nearest Float first. */
static int compare_mixed(int64_t i, double f)
{
    if (isnan(f))
        return UNORDERED;
    if (f >= 0x1p63)
        return -1;
    if (f < -0x1p63)
        return 1;
    int64_t whole = (int64_t)f;
    double rest = f - (double)whole;
    return i != whole ? (i > whole) - (i < whole) : (rest < 0) - (rest > 0);
}

static int compare_numbers(const struct zpl_literal *a, const struct zpl_literal *b)
{
    if (a->kind == ZPL_LIT_INT && b->kind == ZPL_LIT_INT)
        return (a->as.i > b->as.i) - (a->as.i < b->as.i);
    if (a->kind == ZPL_LIT_INT)
        return compare_mixed(a->as.i, b->as.f);
    if (b->kind == ZPL_LIT_INT) {
        int order = compare_mixed(b->as.i, a->as.f);
        return order == UNORDERED ? order : -order;
    }
    return isnan(a->as.f) || isnan(b->as.f) ? UNORDERED : (a->as.f > b->as.f) - (a->as.f < b->as.f);
}

/* -1, 0, 1, or UNORDERED (null, NaN, different kinds). */
static int compare(const struct zpl_literal *a, const struct zpl_literal *b)
{
    if (is_number(a) && is_number(b))
        return compare_numbers(a, b);
    if (a->kind == ZPL_LIT_STRING && b->kind == ZPL_LIT_STRING) {
        size_t n = a->as.str.n < b->as.str.n ? a->as.str.n : b->as.str.n;
        int order = memcmp(a->as.str.s, b->as.str.s, n);
        if (order == 0)
            return (a->as.str.n > b->as.str.n) - (a->as.str.n < b->as.str.n);
        return order < 0 ? -1 : 1;
    }
    return zpl_literal_equal(a, b) ? 0 : UNORDERED;
}

/* Comparisons with something unordered are false, but for "is not equal". */
static bool holds(enum zpl_cond_op op, int order)
{
    switch (op) {
    case ZPL_COND_EQ:
        return order == 0;
    case ZPL_COND_NE:
        return order != 0;
    case ZPL_COND_LT:
        return order == -1;
    case ZPL_COND_LE:
        return order == -1 || order == 0;
    case ZPL_COND_GT:
        return order == 1;
    case ZPL_COND_GE:
        return order == 1 || order == 0;
    default:
        ZPL_BUG("not a comparison");
    }
}

static bool truth(const struct zpl_literal *v)
{
    return v->kind == ZPL_LIT_BOOL && v->as.b;
}

static const struct zpl_literal *condition(const struct zpl_plan *plan,
                                           const struct zpl_value *value, struct zpl_arena *arena)
{
    enum zpl_cond_op op = value->cond.op;
    const struct zpl_literal *left = zpl_plan_value(plan, value->cond.left, arena);
    if (left == NULL)
        return NULL;
    if (op == ZPL_COND_NOT)
        return zpl_literal_bool(arena, !truth(left));
    if (op == ZPL_COND_TRUTH)
        return zpl_literal_bool(arena, truth(left));
    const struct zpl_literal *right = zpl_plan_value(plan, value->cond.right, arena);
    if (right == NULL)
        return NULL;
    if (op == ZPL_COND_AND)
        return zpl_literal_bool(arena, truth(left) && truth(right));
    if (op == ZPL_COND_OR)
        return zpl_literal_bool(arena, truth(left) || truth(right));
    return zpl_literal_bool(arena, holds(op, compare(left, right)));
}

static bool is_skipped(const struct zpl_plan *plan, const struct zpl_value *value);

/* What was chosen: a value, or one item of what is gathered of a map. */
struct chosen {
    const struct zpl_value *value; /* NULL: nothing is known, or there is nothing */
    const struct zpl_made *item;   /* NULL: the value itself */
    const struct zpl_literal *by;  /* what it was compared by */
};

/* Compares one more; one that is not a number is never the best. */
static void consider(struct chosen *best, enum zpl_pick_op op, const struct chosen *next)
{
    bool nan = next->by->kind == ZPL_LIT_FLOAT && isnan(next->by->as.f);
    if (!nan &&
        (best->value == NULL || compare(next->by, best->by) == (op == ZPL_PICK_MAX ? 1 : -1)))
        *best = *next;
}

/* Compares the items of a list, or what is gathered of a map; false: it is not known. */
static bool consider_items(const struct zpl_plan *plan, const struct zpl_value *value, size_t i,
                           struct chosen *best, struct zpl_arena *arena)
{
    const struct zpl_value *by = value->pick.by[i], *item = value->pick.items[i];
    struct chosen next = {.value = item};
    if (by->kind == ZPL_VALUE_GATHER) {
        const struct zpl_gathered *keys = zpl_mapping_gathered(plan, by);
        const struct zpl_gathered *items =
            item->kind == ZPL_VALUE_GATHER ? zpl_mapping_gathered(plan, item) : NULL;
        const struct zpl_mapping *mapping = plan->maps[by->gather.map];
        for (size_t k = 0; keys != NULL && items != NULL && k < mapping->count; k++) {
            next.by = keys->items[k].literal;
            next.item = &items->items[k];
            if (next.by != NULL)
                consider(best, value->pick.op, &next);
        }
        return keys != NULL && items != NULL;
    }
    next.by = zpl_plan_value(plan, by, arena);
    if (next.by == NULL)
        return false;
    if (next.by->kind != ZPL_LIT_LIST) {
        consider(best, value->pick.op, &next);
        return true;
    }
    const struct zpl_literal *list = next.by;
    for (size_t k = 0; k < list->as.list.count; k++) {
        struct zpl_made *made = zpl_arena_alloc(arena, sizeof *made);
        if (made == NULL)
            return false;
        made->literal = next.by = list->as.list.items[k];
        next.item = made;
        consider(best, value->pick.op, &next);
    }
    return true;
}

static bool is_skipped(const struct zpl_plan *plan, const struct zpl_value *value);

/* Which of several values, or of the items of a list, is meant. */
static struct chosen choose(const struct zpl_plan *plan, const struct zpl_value *value,
                            struct zpl_arena *arena)
{
    struct chosen best = {0};
    for (size_t i = 0; i < value->pick.count; i++) {
        if (value->pick.op != ZPL_PICK_COALESCE) {
            if (!consider_items(plan, value, i, &best, arena))
                return (struct chosen){0};
        } else if (!is_skipped(plan, value->pick.items[i])) {
            return (struct chosen){.value = value->pick.items[i]};
        }
    }
    return best;
}

static void find_skipped(void *self, uint32_t node, uint32_t output)
{
    const struct zpl_plan **plan = self;
    (void)output;
    if (*plan != NULL && (*plan)->steps[node].status == ZPL_PLAN_SKIPPED)
        *plan = NULL;
}

/* Does it need a step that was skipped? */
static bool is_skipped(const struct zpl_plan *plan, const struct zpl_value *value)
{
    const struct zpl_plan *seen = plan;
    if (value->kind == ZPL_VALUE_PICK && value->pick.op == ZPL_PICK_COALESCE)
        return choose(plan, value, NULL).value == NULL;
    zpl_value_refs(value, find_skipped, &seen);
    return seen == NULL;
}

bool zpl_plan_made(const struct zpl_plan *plan, const struct zpl_value *value, struct zpl_made *out)
{
    struct zpl_arena scratch = {0};
    *out = (struct zpl_made){0};
    while (value != NULL && value->kind == ZPL_VALUE_PICK && value->pick.op != ZPL_PICK_MEAN) {
        struct chosen chosen = choose(plan, value, &scratch);
        value = chosen.value;
        if (chosen.item != NULL) {
            *out = *chosen.item;
            value = NULL;
        }
    }
    zpl_arena_release(&scratch);
    if (value != NULL && value->kind == ZPL_VALUE_REF && value->ref.field == NULL &&
        plan->steps[value->ref.node].outputs != NULL) {
        const struct zpl_node *maker = &plan->graph->nodes[value->ref.node];
        out->row = &plan->steps[value->ref.node].outputs[value->ref.output];
        out->step = maker->name;
        out->output = maker->outputs[value->ref.output].name;
    }
    return out->row != NULL;
}

/* Adds a number, or those of a list in their order; false when it is neither. */
static bool add_up(const struct zpl_literal *value, double *sum, size_t *count)
{
    if (value->kind == ZPL_LIT_LIST) {
        for (size_t i = 0; i < value->as.list.count; i++)
            if (!add_up(value->as.list.items[i], sum, count))
                return false;
        return true;
    }
    if (!is_number(value))
        return false;
    *sum += value->kind == ZPL_LIT_INT ? (double)value->as.i : value->as.f;
    ++*count;
    return true;
}

/* Of the numbers; NULL when one is not known, or there is none. */
static const struct zpl_literal *mean(const struct zpl_plan *plan, const struct zpl_value *value,
                                      struct zpl_arena *arena)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < value->pick.count; i++) {
        const struct zpl_literal *item = zpl_plan_value(plan, value->pick.items[i], arena);
        if (item == NULL || !add_up(item, &sum, &count))
            return NULL;
    }
    return count > 0 ? zpl_literal_float(arena, sum / (double)count) : NULL;
}

enum zpl_err zpl_plan_param(struct zpl_plan *plan, const struct zpl_node *node,
                            const struct zpl_argument *argument, const struct zpl_literal **out)
{
    struct zpl_diags *diags = &plan->session->diags;
    const struct zpl_literal *value = zpl_plan_value(plan, argument->value, &plan->arena);
    const char *why = "has no value";
    bool range = false;
    *out = value != NULL && argument->wants != NULL
               ? zpl_type_admit(argument->wants, value, &plan->arena, &why, &range)
               : value;
    if (zpl_arena_failed(&plan->arena))
        return zpl_diag_nomem(diags);
    if (*out != NULL)
        return ZPL_OK;
    struct zpl_buf text = {0};
    zpl_value_show(plan->graph, argument->value, &text);
    if (value != NULL) {
        zpl_buf_puts(&text, " = ");
        zpl_literal_show(value, &text);
    }
    zpl_diag_add(diags, range ? ZPL_CODE_OUT_OF_RANGE : ZPL_CODE_WRONG_KIND, node->span,
                 "%s of step %s is %s, which %s", argument->name, node->name, zpl_buf_str(&text),
                 why);
    zpl_buf_release(&text);
    return ZPL_ERR_STEP;
}

/* A list or record whose items are all known. */
static const struct zpl_literal *collect(const struct zpl_plan *plan, const struct zpl_value *value,
                                         struct zpl_arena *arena)
{
    struct zpl_literal *literal = zpl_arena_alloc(arena, sizeof *literal);
    const struct zpl_literal **items = zpl_arena_array(arena, value->list.count + 1, sizeof *items);
    if (literal == NULL || items == NULL)
        return NULL;
    for (size_t i = 0; i < value->list.count; i++) {
        items[i] = zpl_plan_value(plan, value->list.items[i], arena);
        if (items[i] == NULL)
            return NULL;
    }
    literal->kind = value->kind == ZPL_VALUE_LIST ? ZPL_LIT_LIST : ZPL_LIT_RECORD;
    literal->as.list.items = items;
    literal->as.list.keys = value->list.keys;
    literal->as.list.count = value->list.count;
    return literal;
}

static const struct zpl_literal *field_of(const struct zpl_literal *record, const char *path)
{
    for (size_t i = 0; record->kind == ZPL_LIT_RECORD && i < record->as.list.count; i++) {
        const char *key = record->as.list.keys[i];
        const struct zpl_literal *inner = NULL;
        if (strcmp(key, path) == 0)
            return record->as.list.items[i];
        size_t n = strlen(key);
        if (strncmp(key, path, n) == 0 && path[n] == '.')
            inner = field_of(record->as.list.items[i], path + n + 1);
        if (inner != NULL)
            return inner;
    }
    return NULL;
}

/* The item at hand, its number, or a field of it. */
static const struct zpl_literal *item(const struct zpl_plan *plan, const struct zpl_value *value,
                                      struct zpl_arena *arena)
{
    const struct zpl_plan_item *at = &plan->items[value->item.map];
    if (at->value == NULL)
        return NULL;
    if (value->item.index)
        return zpl_literal_int(arena, (int64_t)at->index + 1);
    return value->item.field == NULL ? at->value : field_of(at->value, value->item.field);
}

/* The list of what was not left out; NULL when some of it is no literal. */
static const struct zpl_literal *gathered(const struct zpl_plan *plan,
                                          const struct zpl_value *value, struct zpl_arena *arena)
{
    const struct zpl_gathered *all = zpl_mapping_gathered(plan, value);
    size_t count = all != NULL ? plan->maps[value->gather.map]->count : 0, kept = 0;
    const struct zpl_literal **items = zpl_arena_array(arena, count + 1, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        if (all->items[i].literal != NULL)
            items[kept++] = all->items[i].literal;
        else if (all->items[i].row != NULL)
            return NULL;
    }
    return all != NULL && items != NULL ? zpl_literal_list(arena, items, kept) : NULL;
}

/* As it is now. */
const struct zpl_literal *zpl_plan_value(const struct zpl_plan *plan, const struct zpl_value *value,
                                         struct zpl_arena *arena)
{
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
        return value->literal;
    case ZPL_VALUE_REF:
        return read_field(plan, value, arena);
    case ZPL_VALUE_COND:
        return condition(plan, value, arena);
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        return collect(plan, value, arena);
    case ZPL_VALUE_PICK: {
        if (value->pick.op == ZPL_PICK_MEAN)
            return mean(plan, value, arena);
        struct chosen chosen = choose(plan, value, arena);
        if (chosen.item != NULL)
            return chosen.item->literal;
        return chosen.value != NULL ? zpl_plan_value(plan, chosen.value, arena) : NULL;
    }
    case ZPL_VALUE_ITEM:
        return item(plan, value, arena);
    case ZPL_VALUE_GATHER:
        return gathered(plan, value, arena);
    }
    return NULL;
}
