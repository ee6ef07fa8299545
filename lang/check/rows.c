/* rows.c - what tables are made of; see rows.h.   Floor: lang/check. */
#include "lang/check/rows.h"
#include <stdlib.h>
#include <string.h>
#include "lang/graph/body_kind.h"
#include "lang/graph/lineage.h"

#define ALTERNATIVES_MAX 64
#define TABLES_MAX       16

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Where the node stands among those that the evaluation depends on; -1: it is none of them. */
static long place_of(const struct zpl_rows *r, uint32_t node)
{
    const uint32_t *at =
        r->count ? bsearch(&node, r->nodes, r->count, sizeof node, ascending) : NULL;
    return at ? at - r->nodes : -1;
}

/* ---- which nodes make the same --------------------------------------------------------------- */

/* The first node that makes the same; of those that were looked at. */
static uint32_t same_of(const struct zpl_rows *r, uint32_t node)
{
    long place = place_of(r, node);
    return place < 0 ? node : r->same[place];
}

static bool is_same_node(const struct zpl_rows *r, uint32_t a, uint32_t b)
{
    return same_of(r, a) == same_of(r, b);
}

/* Do two values mean the same? */
static bool is_same_value(const struct zpl_rows *r, const struct zpl_value *a,
                          const struct zpl_value *b)
{
    if (a == b)
        return true;
    if (a->kind == ZPL_VALUE_LITERAL && b->kind == ZPL_VALUE_LITERAL)
        return zpl_literal_equal(a->literal, b->literal);
    return a->kind == ZPL_VALUE_REF && b->kind == ZPL_VALUE_REF && !a->ref.field && !b->ref.field &&
           a->ref.output == b->ref.output && is_same_node(r, a->ref.node, b->ref.node);
}

/* Are two calls alike, so that a split that is written twice is one?  What they are given was looked at
 * before. */
static bool is_alike(const struct zpl_rows *r, const struct zpl_node *x, const struct zpl_node *y)
{
    if (strcmp(x->step, y->step) != 0 || x->argument_count != y->argument_count ||
        (x->body && y->body ? strcmp(x->body, y->body) != 0 : x->body != y->body) || x->map ||
        y->map)
        return false;
    for (size_t i = 0; i < x->argument_count; i++)
        if (strcmp(x->arguments[i].name, y->arguments[i].name) != 0 ||
            !is_same_value(r, x->arguments[i].value, y->arguments[i].value))
            return false;
    return true;
}

/* Alike nodes have the same. */
static uint64_t hash_of(const struct zpl_rows *r, const struct zpl_node *node)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bits */
    for (const char *s = node->step; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    for (const char *s = node->body ? node->body : ""; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_value *value = node->arguments[i].value;
        uint64_t given = value->kind == ZPL_VALUE_REF ? 1 + same_of(r, value->ref.node) : 0;
        h = (h ^ given) * 0x100000001b3u;
    }
    return h ^ h >> 32;
}

/* Fills `same`, one node after the other: what a node is given stands before it, and is compared by what
 * was found of it, so that chains that are written twice cost their nodes alone. */
static bool find_same(struct zpl_rows *r)
{
    size_t room = 4;
    while (room < 2 * r->count)
        room *= 2;
    uint32_t *slots = zpl_arena_array(r->arena, room, sizeof *slots); /* 1 + place; 0: free */
    r->same = zpl_arena_array(r->arena, r->count, sizeof *r->same);
    if (!slots || !r->same)
        return false;
    for (size_t i = 0; i < r->count; i++)
        r->same[i] = r->nodes[i];
    for (size_t i = 0; i < r->count; i++) {
        const struct zpl_node *node = &r->graph->nodes[r->nodes[i]];
        size_t at = hash_of(r, node) & (room - 1);
        while (slots[at] && !is_alike(r, &r->graph->nodes[r->nodes[slots[at] - 1]], node))
            at = (at + 1) & (room - 1);
        if (slots[at])
            r->same[i] = r->nodes[slots[at] - 1];
        else
            slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* ---- what rows tables are made of ------------------------------------------------------------ */

static void need(void *self, uint32_t node, uint32_t output)
{
    struct zpl_rows *r = self;
    (void)output;
    for (size_t i = 0; i < r->count; i++)
        if (r->nodes[i] == node)
            return;
    uint32_t *nodes = zpl_arena_grow(r->arena, r->nodes, r->count, &r->capacity, sizeof *nodes);
    if (!nodes)
        return;
    r->nodes = nodes;
    nodes[r->count++] = node;
}

static struct zpl_rowset *set_of(const struct zpl_rows *r, uint32_t node, uint32_t output)
{
    long place = place_of(r, node);
    struct zpl_rowset *sets = place < 0 ? NULL : r->sets[place];
    return sets && output < r->graph->nodes[node].output_count ? &sets[output] : NULL;
}

struct uniting {
    struct zpl_rows *rows;
    struct zpl_rowset *out;
};

static bool is_same_made(const struct zpl_made *a, const struct zpl_made *b)
{
    return a->count == b->count && memcmp(a->lots, b->lots, a->count * sizeof *a->lots) == 0;
}

/* Adds those that are not there: a hundred models of one table have learnt from one. */
static void add(struct zpl_rows *r, struct zpl_rowset *out, const struct zpl_made *more,
                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < out->count && !is_same_made(&out->alternatives[k], &more[i]))
            k++;
        if (k < out->count)
            continue;
        struct zpl_made *made = out->count < ALTERNATIVES_MAX
                                    ? zpl_arena_array(r->arena, out->count + 1, sizeof *made)
                                    : NULL;
        if (!made) {
            out->unknown = true;
            return;
        }
        if (out->count)
            memcpy(made, out->alternatives, out->count * sizeof *made);
        made[out->count++] = more[i];
        out->alternatives = made;
    }
}

static void unite(void *self, uint32_t node, uint32_t output)
{
    struct uniting *u = self;
    const struct zpl_rowset *set = set_of(u->rows, node, output);
    if (!set)
        return;
    u->out->unknown |= set->unknown;
    add(u->rows, u->out, set->alternatives, set->count);
}

struct zpl_rowset zpl_rows_of(struct zpl_rows *r, const struct zpl_value *value)
{
    struct zpl_rowset out = {0};
    struct uniting u = {r, &out};
    zpl_lineage_outputs(r->graph, value, unite, &u);
    return out;
}

/* The same rows after something happened to the leading table. */
static void follow(struct zpl_rows *r, struct zpl_rowset *set, uint32_t node, uint32_t part,
                   bool filters)
{
    struct zpl_made *made = zpl_arena_array(r->arena, set->count, sizeof *made);
    for (size_t i = 0; made && i < set->count; i++) {
        struct zpl_lot *lots = zpl_arena_array(r->arena, set->alternatives[i].count, sizeof *lots);
        struct zpl_link *link = zpl_arena_alloc(r->arena, sizeof *link);
        if (!lots || !link)
            return;
        memcpy(lots, set->alternatives[i].lots, set->alternatives[i].count * sizeof *lots);
        *link = (struct zpl_link){lots[0].way, node, part, filters};
        lots[0].way = link;
        made[i] = (struct zpl_made){lots, set->alternatives[i].count};
    }
    if (made)
        set->alternatives = made;
}

/* Rows of one alternative of each: the leading table's lots first. */
static struct zpl_rowset pair(struct zpl_rows *r, const struct zpl_rowset *a,
                              const struct zpl_rowset *b)
{
    struct zpl_rowset out = {.unknown = a->unknown || b->unknown};
    for (size_t i = 0; i < a->count && !out.unknown; i++)
        for (size_t k = 0; k < b->count; k++) {
            const struct zpl_made *x = &a->alternatives[i], *y = &b->alternatives[k];
            struct zpl_lot *lots =
                x->count + y->count <= TABLES_MAX
                    ? zpl_arena_array(r->arena, x->count + y->count, sizeof *lots)
                    : NULL;
            if (!lots) {
                out.unknown = true;
                break;
            }
            memcpy(lots, x->lots, x->count * sizeof *lots);
            memcpy(lots + x->count, y->lots, y->count * sizeof *lots);
            struct zpl_made made = {lots, x->count + y->count};
            add(r, &out, &made, 1);
        }
    return out;
}

/* Of a query: as it says. */
static struct zpl_rowset rows_of_query(struct zpl_rows *r, const struct zpl_node *node,
                                       const struct zpl_output *output)
{
    struct zpl_rowset out = {.unknown = output->rows == NULL};
    for (size_t i = 0; i < output->rows_count; i++) {
        const struct zpl_row_origin *from = &output->rows[i];
        struct zpl_rowset rows = {0};
        for (size_t k = 0; k < from->count; k++) {
            struct zpl_rowset next = zpl_rows_of(r, node->arguments[from->arguments[k]].value);
            rows = k ? pair(r, &rows, &next) : next;
        }
        if (from->filtered)
            follow(r, &rows, node->id, 0, true);
        out.unknown |= rows.unknown;
        add(r, &out, rows.alternatives, rows.count);
    }
    return out;
}

/* Rows that nothing is known of but where they first were. */
static struct zpl_rowset root(struct zpl_rows *r, uint32_t node, uint32_t output)
{
    struct zpl_lot *lot = zpl_arena_alloc(r->arena, sizeof *lot);
    struct zpl_made *made = zpl_arena_alloc(r->arena, sizeof *made);
    if (!lot || !made)
        return (struct zpl_rowset){.unknown = true};
    *lot = (struct zpl_lot){node, output, NULL};
    *made = (struct zpl_made){lot, 1};
    return (struct zpl_rowset){made, 1, false};
}

/* A model passes on what it was trained on to models alone, a scalar what it was computed from to what is
 * no table and no model. */
static bool passes_rows(const struct zpl_type *given, const struct zpl_type *made)
{
    bool rows = made->kind == ZPL_TABLE || made->kind == ZPL_MODEL;
    if (given && given->kind == ZPL_MODEL)
        return made->kind != ZPL_TABLE;
    while (given && given->kind == ZPL_LIST)
        given = given->elem;
    return !rows || !given || given->kind == ZPL_TABLE || given->kind == ZPL_MODEL;
}

static struct zpl_rowset rows_of_output(struct zpl_rows *r, const struct zpl_node *node,
                                        uint32_t output)
{
    const struct zpl_output *made = &node->outputs[output];
    if (made->type->kind == ZPL_TABLE && zpl_body_kind(node->kernel)->body == ZPL_BODY_SQL)
        return rows_of_query(r, node, made);
    struct zpl_rowset out = {0};
    for (size_t i = 0; i < node->argument_count; i++) {
        struct zpl_rowset more = zpl_rows_of(r, node->arguments[i].value);
        if (!passes_rows(node->arguments[i].value->type, made->type))
            continue;
        out.unknown |= more.unknown;
        add(r, &out, more.alternatives, more.count);
    }
    if (out.count == 0 && !out.unknown)
        return root(r, node->id, output);
    if (node->disjoint)
        follow(r, &out, node->id, output, false);
    else if (zpl_lineage_is_body(node) && made->type->kind == ZPL_TABLE)
        follow(r, &out, node->id, 0, true);
    return out;
}

bool zpl_rows_find(struct zpl_rows *r, const struct zpl_node *node)
{
    for (size_t i = 0; i < node->argument_count; i++)
        zpl_lineage_outputs(r->graph, node->arguments[i].value, need, r);
    for (size_t i = 0; i < r->count; i++) {
        const struct zpl_node *n = &r->graph->nodes[r->nodes[i]];
        for (size_t k = 0; k < n->argument_count; k++)
            zpl_lineage_outputs(r->graph, n->arguments[k].value, need, r);
    }
    if (r->count)
        qsort(r->nodes, r->count, sizeof *r->nodes, ascending);
    if (!find_same(r))
        return false;
    r->sets = zpl_arena_array(r->arena, r->count, sizeof *r->sets);
    for (size_t i = 0; r->sets && i < r->count; i++) {
        const struct zpl_node *n = &r->graph->nodes[r->nodes[i]];
        r->sets[i] = zpl_arena_array(r->arena, n->output_count, sizeof **r->sets);
        for (uint32_t k = 0; r->sets[i] && k < n->output_count; k++)
            r->sets[i][k] = rows_of_output(r, n, k);
    }
    return r->sets && !zpl_arena_failed(r->arena);
}

/* ---- do two tables share rows? --------------------------------------------------------------- */

/* The place of a file that two steps read alike counts once. */
static bool is_same_root(const struct zpl_rows *r, const struct zpl_lot *a, const struct zpl_lot *b)
{
    return a->output == b->output && is_same_node(r, a->node, b->node);
}

static bool has_filter(const struct zpl_rows *r, const struct zpl_lot *lot, uint32_t node)
{
    for (const struct zpl_link *l = lot->way; l; l = l->before)
        if (l->filters && is_same_node(r, l->node, node))
            return true;
    return false;
}

/* Does `b` leave out at least what `a` does? */
static bool leaves_out(const struct zpl_rows *r, const struct zpl_lot *a, const struct zpl_lot *b)
{
    for (const struct zpl_link *l = a->way; l; l = l->before)
        if (l->filters && !has_filter(r, b, l->node))
            return false;
    return true;
}

enum relation { APART, UNSURE, SHARED };

static enum relation compare(const struct zpl_rows *r, const struct zpl_lot *a,
                             const struct zpl_lot *b)
{
    bool common = false;
    if (!is_same_root(r, a, b))
        return UNSURE;
    for (const struct zpl_link *x = a->way; x; x = x->before)
        for (const struct zpl_link *y = b->way; y; y = y->before)
            if (!x->filters && !y->filters && is_same_node(r, x->node, y->node)) {
                if (x->part != y->part)
                    return APART;
                common = true;
            }
    return common || leaves_out(r, a, b) || leaves_out(r, b, a) ? SHARED : UNSURE;
}

/* Has every table of `a` its root in `b` too? */
static bool is_within(const struct zpl_rows *r, const struct zpl_made *a, const struct zpl_made *b)
{
    for (size_t i = 0; i < a->count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->count && !found; k++)
            found = is_same_root(r, &a->lots[i], &b->lots[k]);
        if (!found)
            return false;
    }
    return true;
}

/* Leading tables are compared with each other, and so are those that were joined to them. */
static bool share(const struct zpl_rows *r, const struct zpl_made *a, const struct zpl_made *b)
{
    if (a->count == 0 || b->count == 0 || compare(r, &a->lots[0], &b->lots[0]) != SHARED)
        return false;
    for (size_t i = 1; i < a->count; i++)
        for (size_t k = 1; k < b->count; k++)
            if (compare(r, &a->lots[i], &b->lots[k]) == APART)
                return false;
    return is_within(r, a, b) || is_within(r, b, a);
}

bool zpl_rows_share(const struct zpl_rows *r, const struct zpl_rowset *a,
                    const struct zpl_rowset *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (share(r, &a->alternatives[i], &b->alternatives[k]))
                return true;
    return false;
}
