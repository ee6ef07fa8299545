#include "lang/check/parts.h"
#include <stdlib.h>
#include <string.h>
#include "lang/check/tell.h"
#include "lang/graph/lineage.h"

#define ALTERNATIVES_MAX 64
#define TABLES_MAX       16

/* What happened to rows on their way, the last first. */
struct link {
    const struct link *before;
    uint32_t node, part;
    bool filters; /* else the node made the part */
};
/* Rows of one table at the root. */
struct lot {
    uint32_t node, output; /* the root */
    const struct link *way;
};
/* Rows made of one row of each of these, the leading one first. */
struct made {
    const struct lot *lots;
    size_t count;
};
struct rowset {
    const struct made *alternatives;
    size_t count;
    bool unknown;
};
struct parts {
    const struct zpl_graph *graph;
    struct zpl_arena *arena;
    uint32_t *nodes; /* those that the evaluation depends on, ascending */
    size_t count, capacity;
    struct rowset **sets; /* of each of these nodes, one an output */
};

static bool is_same_node(const struct parts *p, uint32_t a, uint32_t b);

/* Do two values mean the same? */
static bool is_same_value(const struct parts *p, const struct zpl_value *a,
                          const struct zpl_value *b)
{
    if (a == b)
        return true;
    if (a->kind == ZPL_VALUE_LITERAL && b->kind == ZPL_VALUE_LITERAL)
        return zpl_literal_equal(a->literal, b->literal);
    return a->kind == ZPL_VALUE_REF && b->kind == ZPL_VALUE_REF && !a->ref.field && !b->ref.field &&
           a->ref.output == b->ref.output && is_same_node(p, a->ref.node, b->ref.node);
}

/* Do two nodes make the same?  One level of calls is compared, so a split that is written twice is
 * one. */
static bool is_same_node(const struct parts *p, uint32_t a, uint32_t b)
{
    const struct zpl_node *x = &p->graph->nodes[a], *y = &p->graph->nodes[b];
    if (a == b)
        return true;
    if (strcmp(x->step, y->step) != 0 || x->argument_count != y->argument_count ||
        (x->body && y->body ? strcmp(x->body, y->body) != 0 : x->body != y->body) || x->map ||
        y->map)
        return false;
    for (size_t i = 0; i < x->argument_count; i++)
        if (strcmp(x->arguments[i].name, y->arguments[i].name) != 0 ||
            !is_same_value(p, x->arguments[i].value, y->arguments[i].value))
            return false;
    return true;
}

/* ---- what rows tables are made of ------------------------------------------------------------ */

static void need(void *self, uint32_t node, uint32_t output)
{
    struct parts *p = self;
    (void)output;
    for (size_t i = 0; i < p->count; i++)
        if (p->nodes[i] == node)
            return;
    uint32_t *nodes = zpl_arena_grow(p->arena, p->nodes, p->count, &p->capacity, sizeof *nodes);
    if (!nodes)
        return;
    p->nodes = nodes;
    nodes[p->count++] = node;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static struct rowset *set_of(const struct parts *p, uint32_t node, uint32_t output)
{
    const uint32_t *at = bsearch(&node, p->nodes, p->count, sizeof node, ascending);
    struct rowset *sets = at ? p->sets[at - p->nodes] : NULL;
    return sets && output < p->graph->nodes[node].output_count ? &sets[output] : NULL;
}

struct uniting {
    struct parts *parts;
    struct rowset *out;
};

static bool is_same_made(const struct made *a, const struct made *b)
{
    return a->count == b->count && memcmp(a->lots, b->lots, a->count * sizeof *a->lots) == 0;
}

/* Adds those that are not there: a hundred models of one table have learnt from one. */
static void add(struct parts *p, struct rowset *out, const struct made *more, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < out->count && !is_same_made(&out->alternatives[k], &more[i]))
            k++;
        if (k < out->count)
            continue;
        struct made *made = out->count < ALTERNATIVES_MAX
                                ? zpl_arena_array(p->arena, out->count + 1, sizeof *made)
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
    const struct rowset *set = set_of(u->parts, node, output);
    if (!set)
        return;
    u->out->unknown |= set->unknown;
    add(u->parts, u->out, set->alternatives, set->count);
}

static struct rowset rows_of(struct parts *p, const struct zpl_value *value)
{
    struct rowset out = {0};
    struct uniting u = {p, &out};
    zpl_lineage_outputs(p->graph, value, unite, &u);
    return out;
}

/* The same rows after something happened to the leading table. */
static void follow(struct parts *p, struct rowset *set, uint32_t node, uint32_t part, bool filters)
{
    struct made *made = zpl_arena_array(p->arena, set->count, sizeof *made);
    for (size_t i = 0; made && i < set->count; i++) {
        struct lot *lots = zpl_arena_array(p->arena, set->alternatives[i].count, sizeof *lots);
        struct link *link = zpl_arena_alloc(p->arena, sizeof *link);
        if (!lots || !link)
            return;
        memcpy(lots, set->alternatives[i].lots, set->alternatives[i].count * sizeof *lots);
        *link = (struct link){lots[0].way, node, part, filters};
        lots[0].way = link;
        made[i] = (struct made){lots, set->alternatives[i].count};
    }
    if (made)
        set->alternatives = made;
}

/* Rows of one alternative of each: the leading table's lots first. */
static struct rowset pair(struct parts *p, const struct rowset *a, const struct rowset *b)
{
    struct rowset out = {.unknown = a->unknown || b->unknown};
    for (size_t i = 0; i < a->count && !out.unknown; i++)
        for (size_t k = 0; k < b->count; k++) {
            const struct made *x = &a->alternatives[i], *y = &b->alternatives[k];
            struct lot *lots = x->count + y->count <= TABLES_MAX
                                   ? zpl_arena_array(p->arena, x->count + y->count, sizeof *lots)
                                   : NULL;
            if (!lots) {
                out.unknown = true;
                break;
            }
            memcpy(lots, x->lots, x->count * sizeof *lots);
            memcpy(lots + x->count, y->lots, y->count * sizeof *lots);
            struct made made = {lots, x->count + y->count};
            add(p, &out, &made, 1);
        }
    return out;
}

/* Of a query: as it says. */
static struct rowset rows_of_query(struct parts *p, const struct zpl_node *node,
                                   const struct zpl_output *output)
{
    struct rowset out = {.unknown = output->rows == NULL};
    for (size_t i = 0; i < output->rows_count; i++) {
        const struct zpl_row_origin *from = &output->rows[i];
        struct rowset rows = {0};
        for (size_t k = 0; k < from->count; k++) {
            struct rowset next = rows_of(p, node->arguments[from->arguments[k]].value);
            rows = k ? pair(p, &rows, &next) : next;
        }
        if (from->filtered)
            follow(p, &rows, node->id, 0, true);
        out.unknown |= rows.unknown;
        add(p, &out, rows.alternatives, rows.count);
    }
    return out;
}

/* Rows that nothing is known of but where they first were. */
static struct rowset root(struct parts *p, uint32_t node, uint32_t output)
{
    struct lot *lot = zpl_arena_alloc(p->arena, sizeof *lot);
    struct made *made = zpl_arena_alloc(p->arena, sizeof *made);
    if (!lot || !made)
        return (struct rowset){.unknown = true};
    *lot = (struct lot){node, output, NULL};
    *made = (struct made){lot, 1};
    return (struct rowset){made, 1, false};
}

static struct rowset rows_of_output(struct parts *p, const struct zpl_node *node, uint32_t output)
{
    const struct zpl_output *made = &node->outputs[output];
    if (made->type->kind == ZPL_TABLE && node->kernel && strcmp(node->kernel, "sql") == 0)
        return rows_of_query(p, node, made);
    struct rowset out = {0};
    for (size_t i = 0; i < node->argument_count; i++) {
        struct rowset more = rows_of(p, node->arguments[i].value);
        /* A model passes on what it was trained on to models alone. */
        const struct zpl_type *type = node->arguments[i].value->type;
        if (type && type->kind == ZPL_MODEL && made->type->kind != ZPL_MODEL)
            continue;
        out.unknown |= more.unknown;
        add(p, &out, more.alternatives, more.count);
    }
    if (out.count == 0 && !out.unknown)
        return root(p, node->id, output);
    if (node->disjoint)
        follow(p, &out, node->id, output, false);
    else if (zpl_lineage_is_body(node) && made->type->kind != ZPL_MODEL)
        follow(p, &out, node->id, 0, true);
    return out;
}

/* Finds what everything that the node depends on is made of. */
static bool find_rows(struct parts *p, const struct zpl_node *node)
{
    for (size_t i = 0; i < node->argument_count; i++)
        zpl_lineage_outputs(p->graph, node->arguments[i].value, need, p);
    for (size_t i = 0; i < p->count; i++) {
        const struct zpl_node *n = &p->graph->nodes[p->nodes[i]];
        for (size_t k = 0; k < n->argument_count; k++)
            zpl_lineage_outputs(p->graph, n->arguments[k].value, need, p);
    }
    if (p->count)
        qsort(p->nodes, p->count, sizeof *p->nodes, ascending);
    p->sets = zpl_arena_array(p->arena, p->count, sizeof *p->sets);
    for (size_t i = 0; p->sets && i < p->count; i++) {
        const struct zpl_node *n = &p->graph->nodes[p->nodes[i]];
        p->sets[i] = zpl_arena_array(p->arena, n->output_count, sizeof **p->sets);
        for (uint32_t k = 0; p->sets[i] && k < n->output_count; k++)
            p->sets[i][k] = rows_of_output(p, n, k);
    }
    return p->sets && !zpl_arena_failed(p->arena);
}

/* ---- do two tables share rows? --------------------------------------------------------------- */

/* The place of a file that two steps read alike counts once. */
static bool is_same_root(const struct parts *p, const struct lot *a, const struct lot *b)
{
    return a->output == b->output && is_same_node(p, a->node, b->node);
}

static bool has_filter(const struct parts *p, const struct lot *lot, uint32_t node)
{
    for (const struct link *l = lot->way; l; l = l->before)
        if (l->filters && is_same_node(p, l->node, node))
            return true;
    return false;
}

/* Does `b` leave out at least what `a` does? */
static bool leaves_out(const struct parts *p, const struct lot *a, const struct lot *b)
{
    for (const struct link *l = a->way; l; l = l->before)
        if (l->filters && !has_filter(p, b, l->node))
            return false;
    return true;
}

enum relation { APART, UNSURE, SHARED };

static enum relation compare(const struct parts *p, const struct lot *a, const struct lot *b)
{
    bool common = false;
    if (!is_same_root(p, a, b))
        return UNSURE;
    for (const struct link *x = a->way; x; x = x->before)
        for (const struct link *y = b->way; y; y = y->before)
            if (!x->filters && !y->filters && is_same_node(p, x->node, y->node)) {
                if (x->part != y->part)
                    return APART;
                common = true;
            }
    return common || leaves_out(p, a, b) || leaves_out(p, b, a) ? SHARED : UNSURE;
}

/* Has every table of `a` its root in `b` too? */
static bool is_within(const struct parts *p, const struct made *a, const struct made *b)
{
    for (size_t i = 0; i < a->count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->count && !found; k++)
            found = is_same_root(p, &a->lots[i], &b->lots[k]);
        if (!found)
            return false;
    }
    return true;
}

/* Leading tables are compared with each other, and so are those that were joined to them. */
static bool share(const struct parts *p, const struct made *a, const struct made *b)
{
    if (a->count == 0 || b->count == 0 || compare(p, &a->lots[0], &b->lots[0]) != SHARED)
        return false;
    for (size_t i = 1; i < a->count; i++)
        for (size_t k = 1; k < b->count; k++)
            if (compare(p, &a->lots[i], &b->lots[k]) == APART)
                return false;
    return is_within(p, a, b) || is_within(p, b, a);
}

static bool sets_share(const struct parts *p, const struct rowset *a, const struct rowset *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (share(p, &a->alternatives[i], &b->alternatives[k]))
                return true;
    return false;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* The step that trained a model, and the table it was given. */
struct trained {
    const struct parts *parts;
    const struct zpl_node *node;
    const struct zpl_argument *table;
};

static void find_training(void *self, uint32_t node, uint32_t output)
{
    struct trained *t = self;
    const struct zpl_node *n = &t->parts->graph->nodes[node];
    (void)output;
    for (size_t i = 0; i < n->argument_count && !t->table; i++)
        if (n->arguments[i].value->type && n->arguments[i].value->type->kind == ZPL_TABLE) {
            t->node = n;
            t->table = &n->arguments[i];
        }
}

/* "'train' of step 'split'" */
static const char *say_table(const struct parts *p, const struct zpl_value *value)
{
    if (value->kind != ZPL_VALUE_REF)
        return "one of several tables";
    const struct zpl_node *node = &p->graph->nodes[value->ref.node];
    return zpl_arena_printf(p->arena, "'%s' of step '%s'", node->outputs[value->ref.output].name,
                            zpl_say_node(node));
}

static void tell(struct parts *p, struct zpl_checker *checker, const struct zpl_call *call,
                 const struct zpl_argument *model, const struct zpl_argument *test)
{
    struct zpl_diags told = {0};
    struct trained trained = {.parts = p};
    zpl_lineage_outputs(p->graph, model->value, find_training, &trained);
    const char *judged = say_table(p, test->value);
    const char *known = trained.table ? say_table(p, trained.table->value) : "rows";
    bool same = strcmp(judged, known) == 0;
    struct zpl_diag *d =
        same
            ? zpl_diag_add(&told, ZPL_CODE_LEAK, test->span,
                           "the model was trained on these rows, %s: how well it does on them says "
                           "nothing of others",
                           judged)
            : zpl_diag_add(
                  &told, ZPL_CODE_LEAK, test->span,
                  "%s holds rows of %s, which the model was trained on: how well it does on "
                  "them says nothing of others",
                  judged, known);
    if (trained.node)
        zpl_diag_note(&told, d, trained.node->span, "trained here, by step '%s', on %s",
                      zpl_say_node(trained.node), known);
    zpl_tell_maker(p->graph, &told, d, test->value);
    zpl_diag_help(
        &told, d,
        "evaluate on rows that were kept apart: local train, test = split { rows }; if it "
        "is meant: allow = { leak = { \"%s\" } }",
        test->name);
    zpl_tell_all(checker, call, &told);
    zpl_diags_release(&told);
}

size_t zpl_check_parts(struct zpl_checker *checker, const struct zpl_call *call,
                       const struct zpl_node *node)
{
    struct parts p = {.graph = checker->graph, .arena = &checker->scratch};
    size_t leaks = 0;
    if (!find_rows(&p, node))
        return 0;
    for (size_t i = 0; i < node->argument_count; i++)
        for (size_t k = 0; k < node->argument_count; k++) {
            const struct zpl_argument *model = &node->arguments[i], *test = &node->arguments[k];
            if (!model->value->type || model->value->type->kind != ZPL_MODEL ||
                !test->value->type || test->value->type->kind != ZPL_TABLE ||
                zpl_leak_allowed(node, test->name))
                continue;
            struct rowset learnt = rows_of(&p, model->value), judged = rows_of(&p, test->value);
            if (learnt.unknown || judged.unknown || !sets_share(&p, &learnt, &judged))
                continue;
            tell(&p, checker, call, model, test);
            leaks++;
        }
    return leaks;
}
