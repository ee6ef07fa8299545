/* before.c - see before.h.   Floor: lang/check. */
#include "lang/check/before.h"

#include <string.h>
#include "lang/graph/body_kind.h"
#include "lang/types/when.h"

/* A time that rows are ordered by, where it was computed last. */
struct order {
    enum { IN_NONE, IN_ONE, IN_SOME } kind; /* IN_SOME: one that compares with no other */
    struct zpl_lineage_column of;
    bool nulls_first;
};
/* Of which rows a column is taken. */
struct rows {
    uint8_t when; /* enum zpl_when; 0: it is not taken */
    struct order order;
};
/* How a node's rows stand to those that the model learns from. */
struct zpl_before_lead {
    bool leads;                    /* each of its rows is of one of these at most, by one way */
    bool crossed;                  /* there are more ways */
    bool grouped;                  /* several of its rows may be of one */
    uint32_t to, output, argument; /* the way */
};
struct zpl_seen {
    struct rows **rows; /* of each node, its outputs' columns and choices; NULL: none was met */
    struct zpl_lineage_column *queue; /* those that were met, again when more was found of them */
    size_t count, capacity;
    bool lost; /* something else than columns was met */
};

static bool is_same(struct zpl_lineage_column a, struct zpl_lineage_column b)
{
    return a.node == b.node && a.output == b.output && a.column == b.column;
}

static bool is_same_order(const struct order *a, const struct order *b)
{
    return a->kind == IN_ONE && b->kind == IN_ONE && is_same(a->of, b->of) &&
           a->nulls_first == b->nulls_first;
}

static struct order both_orders(struct order a, struct order b)
{
    if (a.kind == IN_NONE || b.kind == IN_NONE)
        return a.kind == IN_NONE ? b : a;
    return is_same_order(&a, &b) ? a : (struct order){.kind = IN_SOME};
}

/* ---- leading tables -------------------------------------------------------------------------- */

static bool is_kernel(const struct zpl_node *node, const char *kernel)
{
    return node->kernel && strcmp(node->kernel, kernel) == 0;
}

static bool is_query(const struct zpl_node *node)
{
    return zpl_body_kind(node->kernel)->body == ZPL_BODY_SQL;
}

/* Does the node give rows of its table as they are, each once at most?  Not when which these are goes by what a
 * column holds. */
static bool passes_rows(const struct zpl_node *node)
{
    const struct zpl_argument *strata = zpl_node_argument(node, "stratify");
    bool by_value = strata && !(strata->value->kind == ZPL_VALUE_LITERAL &&
                                strata->value->literal->kind == ZPL_LIT_NULL);
    return !node->body && !by_value &&
           (is_kernel(node, "split") || is_kernel(node, "fold") || is_kernel(node, "predict"));
}

static bool is_table(const struct zpl_argument *argument)
{
    return argument->value->type && argument->value->type->kind == ZPL_TABLE;
}

/* The part of a query's rows that this argument leads, each of whose rows is in one of them at most; NULL: there is
 * none, or it has another part in them too. */
static const struct zpl_row_origin *led_by(const struct zpl_output *output, uint32_t argument)
{
    const struct zpl_row_origin *led = NULL;
    size_t times = 0;
    for (size_t i = 0; i < output->rows_count; i++)
        for (size_t k = 0; k < output->rows[i].count; k++) {
            if (output->rows[i].arguments[k] != argument)
                continue;
            led = k == 0 ? &output->rows[i] : NULL;
            times++;
        }
    return times == 1 && led && !led->repeats ? led : NULL;
}

/* Is the argument a leading table of the output?  *grouped: several of its rows may be one. */
static bool leads(const struct zpl_node *node, uint32_t output, uint32_t argument, bool *grouped)
{
    const struct zpl_value *value = node->arguments[argument].value;
    *grouped = false;
    if (!is_table(&node->arguments[argument]) || value->kind != ZPL_VALUE_REF || value->ref.field)
        return false;
    if (!is_query(node))
        return passes_rows(node);
    const struct zpl_row_origin *led = led_by(&node->outputs[output], argument);
    *grouped = led && led->grouped;
    return led != NULL;
}

/* Follows leading tables from that of the label; a node that is met by two ways leads by none. */
static bool find_leads(struct zpl_before *b)
{
    const struct zpl_graph *graph = b->graph;
    uint32_t *queue = zpl_arena_array(b->arena, graph->count + 1, sizeof *queue);
    uint32_t *outputs = zpl_arena_array(b->arena, graph->count + 1, sizeof *outputs);
    size_t count = 0;
    b->leads = zpl_arena_array(b->arena, graph->count + 1, sizeof *b->leads);
    if (!queue || !outputs || !b->leads)
        return false;
    b->leads[b->label.node] = (struct zpl_before_lead){.leads = true, .to = UINT32_MAX};
    queue[count] = b->label.node;
    outputs[count++] = b->label.output;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_node *node = &graph->nodes[queue[i]];
        for (uint32_t a = 0; a < node->argument_count; a++) {
            bool grouped;
            if (!leads(node, outputs[i], a, &grouped))
                continue;
            uint32_t from = node->arguments[a].value->ref.node;
            struct zpl_before_lead *lead = &b->leads[from];
            if (lead->leads) {
                lead->crossed = true;
                continue;
            }
            *lead = (struct zpl_before_lead){.leads = true,
                                             .grouped = grouped || b->leads[queue[i]].grouped,
                                             .to = queue[i],
                                             .output = outputs[i],
                                             .argument = a};
            queue[count] = from;
            outputs[count++] = node->arguments[a].value->ref.output;
        }
    }
    return true;
}

/* Does this way from an output lead, so that what it says of rows holds? */
static bool is_way(const struct zpl_before *b, uint32_t node, uint32_t output, uint32_t argument)
{
    const struct zpl_value *value = b->graph->nodes[node].arguments[argument].value;
    if (value->kind != ZPL_VALUE_REF || value->ref.field || value->ref.node >= b->graph->count)
        return false;
    const struct zpl_before_lead *lead = &b->leads[value->ref.node];
    return b->leads[node].leads && !b->leads[node].crossed && lead->leads && !lead->crossed &&
           lead->to == node && lead->output == output && lead->argument == argument;
}

/* ---- one step back --------------------------------------------------------------------------- */

/* The column of the argument's table, as whoever made it has it; false: it has none of the name. */
static bool behind(const struct zpl_before *b, const struct zpl_argument *argument,
                   const char *name, size_t hint, struct zpl_lineage_column *out)
{
    uint32_t node = argument->value->ref.node, output = argument->value->ref.output;
    const struct zpl_row *row = zpl_lineage_row(b->graph, node, output);
    const struct zpl_column *column = row ? zpl_row_next(row, name, &hint) : NULL;
    if (column)
        *out = (struct zpl_lineage_column){node, output, (uint32_t)(column - row->columns)};
    return column != NULL;
}

static const char *name_of(const struct zpl_argument *argument, uint32_t column)
{
    return argument->value->type->row->columns[column].name;
}

/* Is a node that is no query given the column, which it passes on with its rows?  Where. */
static bool is_passed(const struct zpl_before *b, struct zpl_lineage_column column,
                      struct zpl_lineage_column *out)
{
    const struct zpl_node *node = &b->graph->nodes[column.node];
    const char *name = zpl_lineage_name(b->graph, column);
    for (uint32_t a = 0; passes_rows(node) && a < node->argument_count; a++)
        if (is_way(b, column.node, column.output, a))
            return behind(b, &node->arguments[a], name, column.column, out);
    return false;
}

/* What is said of a column or a choice of a query; NULL: nothing. */
static const struct zpl_column_origin *origin_of(const struct zpl_before *b,
                                                 struct zpl_lineage_column at)
{
    const struct zpl_output *output = &b->graph->nodes[at.node].outputs[at.output];
    const struct zpl_row *row = zpl_lineage_row(b->graph, at.node, at.output);
    if (row && at.column >= row->count)
        return output->choices ? &output->choices[at.column - row->count] : NULL;
    return row && output->origins ? &output->origins[at.column] : NULL;
}

/* Where the column of a row, the same of all rows that became it, was computed last. */
static struct zpl_lineage_column settle(const struct zpl_before *b, struct zpl_lineage_column at)
{
    for (;;) {
        const struct zpl_node *node = &b->graph->nodes[at.node];
        const struct zpl_column_origin *origin = origin_of(b, at);
        struct zpl_lineage_column next = at;
        bool moved = !is_query(node) && is_passed(b, at, &next);
        for (size_t i = 0; origin && origin->plain && !moved && i < origin->count; i++) {
            const struct zpl_column_source *s = &origin->sources[i];
            moved = !s->by && s->when == ZPL_WHEN_SAME &&
                    is_way(b, at.node, at.output, s->argument) &&
                    behind(b, &node->arguments[s->argument],
                           name_of(&node->arguments[s->argument], s->column), s->column, &next);
        }
        if (!moved)
            return at;
        at = next;
    }
}

static struct order order_of(const struct zpl_before *b, struct zpl_lineage_column at,
                             const struct zpl_column_order *order)
{
    const struct zpl_node *node = &b->graph->nodes[at.node];
    struct zpl_lineage_column of = {at.node, at.output, order->column};
    bool known = order->of == ZPL_COLUMN_ORDER_RESULT;
    if (order->of == ZPL_COLUMN_ORDER_SOURCE && is_way(b, at.node, at.output, order->argument))
        known =
            behind(b, &node->arguments[order->argument],
                   name_of(&node->arguments[order->argument], order->column), order->column, &of);
    return known ? (struct order){IN_ONE, settle(b, of), order->nulls_first}
                 : (struct order){.kind = IN_SOME};
}

static const struct rows any_rows = {ZPL_WHEN_ANY, {.kind = IN_SOME}};

/* Of which rows is it, when a column of `to` is computed of these of another?  `grouped`: those of `to` are several. */
static struct rows seen_from(struct rows to, uint8_t when, struct order order, bool grouped)
{
    if (when == ZPL_WHEN_SAME)
        return to;
    if (when == ZPL_WHEN_UNKNOWN || when == ZPL_WHEN_ANY || grouped)
        return any_rows;
    if (to.when == ZPL_WHEN_SAME)
        return (struct rows){when, order};
    /* what is before rows before it is before it, by one order; what is after them is anywhere */
    uint8_t both = (to.when | when) & ~ZPL_WHEN_SAME;
    if (!is_same_order(&to.order, &order) || both == (ZPL_WHEN_BEFORE | ZPL_WHEN_AFTER))
        return any_rows;
    return (struct rows){both | (to.when & when & ZPL_WHEN_SAME), order};
}

/* ---- the walk -------------------------------------------------------------------------------- */

static struct rows *place_of(const struct zpl_before *b, struct zpl_seen *s,
                             struct zpl_lineage_column column)
{
    const struct zpl_node *node = &b->graph->nodes[column.node];
    size_t count = 0, before = 0;
    for (uint32_t i = 0; i < node->output_count; i++) {
        const struct zpl_row *row = zpl_lineage_row(b->graph, column.node, i);
        before = i == column.output ? count : before;
        count += row ? row->count + ZPL_CHOICES : 0;
    }
    if (!s->rows[column.node])
        s->rows[column.node] = zpl_arena_array(b->arena, count + 1, sizeof **s->rows);
    return s->rows[column.node] ? &s->rows[column.node][before + column.column] : NULL;
}

static void meet(const struct zpl_before *b, struct zpl_seen *s, struct zpl_lineage_column column,
                 struct rows rows)
{
    struct rows *place = place_of(b, s, column);
    if (!place) {
        s->lost = true;
        return;
    }
    struct rows now = {place->when | rows.when,
                       place->when ? both_orders(place->order, rows.order) : rows.order};
    if (now.when == ZPL_WHEN_ANY)
        now = any_rows;
    if (now.when == place->when && now.order.kind == place->order.kind)
        return;
    struct zpl_lineage_column *queue =
        zpl_arena_grow(b->arena, s->queue, s->count, &s->capacity, sizeof *queue);
    if (!queue) {
        s->lost = true;
        return;
    }
    *place = now;
    s->queue = queue;
    queue[s->count++] = column;
}

struct walk {
    const struct zpl_before *before;
    struct zpl_seen *seen;
};

/* A zpl_lineage_visit_fn. */
static bool meet_any(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct walk *w = self;
    (void)how;
    meet(w->before, w->seen, from, any_rows);
    return true;
}

static void lose(void *self, uint32_t node, uint32_t output)
{
    struct zpl_seen *s = self;
    (void)node;
    (void)output;
    s->lost = true;
}

/* Values that steps compute are of rows that no column tells; so is what a model has learnt. */
static void look_at_values(const struct zpl_before *b, struct zpl_seen *s,
                           struct zpl_lineage_column at)
{
    const struct zpl_node *node = &b->graph->nodes[at.node];
    struct zpl_lineage_column passed;
    if (node->source || is_passed(b, at, &passed))
        return;
    for (size_t i = 0; i < node->argument_count; i++)
        if (!is_table(&node->arguments[i]))
            zpl_lineage_outputs(b->graph, node->arguments[i].value, lose, s);
}

/* What an argument may be, of which a column or a choice is looked for: it may be of any rows. */
struct anywhere {
    const struct zpl_before *before;
    struct zpl_seen *seen;
    const char *name; /* NULL: it is the choice */
    size_t hint;
    enum zpl_row_choice choice;
};

static void meet_anywhere(void *self, uint32_t node, uint32_t output)
{
    struct anywhere *a = self;
    const struct zpl_row *row = zpl_lineage_row(a->before->graph, node, output);
    const struct zpl_column *column = row && a->name ? zpl_row_next(row, a->name, &a->hint) : NULL;
    struct zpl_lineage_column at = {node, output, 0};
    if (!row || (a->name && !column))
        return;
    at.column = (uint32_t)(column ? (size_t)(column - row->columns) : row->count + a->choice);
    meet(a->before, a->seen, at, any_rows);
}

static struct zpl_lineage_column
choice_of(const struct zpl_before *b, const struct zpl_value *table, enum zpl_row_choice choice)
{
    const struct zpl_row *row = zpl_lineage_row(b->graph, table->ref.node, table->ref.output);
    return (struct zpl_lineage_column){table->ref.node, table->ref.output,
                                       (uint32_t)row->count + choice};
}

/* Other rows of a table that a node passes on are those that there are: what decides that is told of queries alone. */
static void look_at_passed_rows(const struct zpl_before *b, struct zpl_seen *s,
                                struct zpl_lineage_column at, struct rows rows)
{
    const struct zpl_node *node = &b->graph->nodes[at.node];
    for (uint32_t a = 0; rows.when != ZPL_WHEN_SAME && a < node->argument_count; a++)
        if (is_way(b, at.node, at.output, a))
            for (int k = 0; k < ZPL_CHOICES; k++)
                if (k != ZPL_CHOICE_GAPS)
                    meet(b, s, choice_of(b, node->arguments[a].value, (enum zpl_row_choice)k),
                         rows);
}

/* What a query's column comes from, seen from these rows of it. */
static void look_at_origin(const struct zpl_before *b, struct zpl_seen *s,
                           struct zpl_lineage_column at, struct rows rows,
                           const struct zpl_column_origin *origin)
{
    const struct zpl_node *node = &b->graph->nodes[at.node];
    const struct order order = order_of(b, at, &origin->order);
    bool grouped = b->leads[at.node].grouped;
    struct anywhere any = {.before = b, .seen = s};
    for (size_t i = 0; i < origin->count; i++) {
        const struct zpl_column_source *source = &origin->sources[i];
        const struct zpl_argument *argument = &node->arguments[source->argument];
        struct zpl_lineage_column from;
        any.name = name_of(argument, source->column);
        any.hint = source->column;
        if (is_way(b, at.node, at.output, source->argument) &&
            behind(b, argument, any.name, any.hint, &from))
            meet(b, s, from, seen_from(rows, source->when, order, grouped));
        else
            zpl_lineage_outputs(b->graph, argument->value, meet_anywhere, &any);
    }
    any.name = NULL;
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        for (size_t i = 0; i < origin->chosen_count[k]; i++) {
            const struct zpl_column_choice *choice = &origin->chosen[k][i];
            const struct zpl_value *table = node->arguments[choice->argument].value;
            any.choice = (enum zpl_row_choice)k;
            if (is_way(b, at.node, at.output, choice->argument))
                meet(b, s, choice_of(b, table, any.choice),
                     seen_from(rows, choice->when, order, grouped));
            else
                zpl_lineage_outputs(b->graph, table, meet_anywhere, &any);
        }
}

static void look_behind(const struct zpl_before *b, struct zpl_seen *s,
                        struct zpl_lineage_column at)
{
    const struct zpl_node *node = &b->graph->nodes[at.node];
    const struct zpl_row *row = zpl_lineage_row(b->graph, at.node, at.output);
    const struct zpl_column_origin *origin = origin_of(b, at);
    struct walk walk = {b, s};
    struct zpl_lineage_column passed;
    const struct rows *rows = place_of(b, s, at);
    look_at_values(b, s, at);
    if (!rows || !row || rows->when == ZPL_WHEN_ANY) {
        zpl_lineage_visit_choices(b->graph, at, meet_any, &walk);
    } else if (is_query(node) && origin && !origin->all) {
        look_at_origin(b, s, at, *rows, origin);
    } else if (at.column >= row->count && passes_rows(node)) {
        look_at_passed_rows(b, s, at, *rows);
    } else if (is_passed(b, at, &passed)) {
        meet(b, s, passed, *rows);
        look_at_passed_rows(b, s, at, *rows);
    } else {
        zpl_lineage_visit_choices(b->graph, at, meet_any, &walk);
    }
}

static struct zpl_seen *nothing_seen(const struct zpl_before *b)
{
    struct zpl_seen *s = zpl_arena_alloc(b->arena, sizeof *s);
    if (s)
        s->rows = zpl_arena_array(b->arena, b->graph->count + 1, sizeof *s->rows);
    return s && s->rows ? s : NULL;
}

/* Walks back from a column, and forgets what was met before. */
static void look(const struct zpl_before *b, struct zpl_seen *s, struct zpl_lineage_column start)
{
    for (size_t i = 0; i < s->count; i++)
        *place_of(b, s, s->queue[i]) = (struct rows){0};
    s->count = 0;
    s->lost = false;
    meet(b, s, start, (struct rows){ZPL_WHEN_SAME, {.kind = IN_NONE}});
    for (size_t i = 0; i < s->count && !s->lost; i++)
        look_behind(b, s, s->queue[i]);
}

void zpl_before_look(struct zpl_before *b, struct zpl_lineage_column feature)
{
    if (!b->found && find_leads(b)) {
        b->of_label = nothing_seen(b);
        b->of_feature = nothing_seen(b);
        if (b->of_label)
            look(b, b->of_label, b->label);
    }
    b->found = true;
    b->feature = feature;
    if (b->of_label && b->of_feature)
        look(b, b->of_feature, feature);
}

/* So many columns are looked at behind one. */
#define BEHIND_MAX 4096

/* Does a column go by its own rows alone, and they by theirs, so that other rows of it are of other rows of all that it
 * comes from?  Keys of groups are those rows. */
static bool goes_by_own_rows(const struct zpl_before *b, struct zpl_lineage_column at,
                             size_t *looked)
{
    const struct zpl_node *node = &b->graph->nodes[at.node];
    const struct zpl_column_origin *origin = origin_of(b, at);
    struct zpl_lineage_column from;
    bool given = false;
    for (size_t i = 0; i < node->argument_count; i++)
        given = given || is_table(&node->arguments[i]);
    if (node->source || !given)
        return true;
    if (++*looked > BEHIND_MAX)
        return false;
    if (!is_query(node))
        return is_passed(b, at, &from) && goes_by_own_rows(b, from, looked);
    if (!origin || origin->all)
        return false;
    for (size_t i = 0; i < origin->count; i++) {
        const struct zpl_column_source *s = &origin->sources[i];
        const struct zpl_argument *argument = &node->arguments[s->argument];
        if (!s->key && (s->when != ZPL_WHEN_SAME || !is_way(b, at.node, at.output, s->argument) ||
                        !behind(b, argument, name_of(argument, s->column), s->column, &from) ||
                        !goes_by_own_rows(b, from, looked)))
            return false;
    }
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        for (size_t i = 0; i < origin->chosen_count[k]; i++) {
            const struct zpl_column_choice *c = &origin->chosen[k][i];
            const struct zpl_value *table = node->arguments[c->argument].value;
            if (c->when != ZPL_WHEN_SAME || !is_way(b, at.node, at.output, c->argument) ||
                !goes_by_own_rows(b, choice_of(b, table, (enum zpl_row_choice)k), looked))
                return false;
        }
    return true;
}

bool zpl_before_is(const struct zpl_before *b, struct zpl_lineage_column column)
{
    size_t looked = 0;
    if (!b->of_label || !b->of_feature || b->of_label->lost || b->of_feature->lost ||
        b->feature.node != b->label.node || b->feature.output != b->label.output)
        return false;
    const struct rows *label = place_of(b, b->of_label, column);
    const struct rows *feature = place_of(b, b->of_feature, column);
    if (!label || !feature)
        return false;
    if (label->when == ZPL_WHEN_UNKNOWN || feature->when == ZPL_WHEN_UNKNOWN)
        return true;
    bool ordered = (feature->when & ZPL_WHEN_BEFORE) && (label->when & ZPL_WHEN_AFTER);
    bool before = (feature->when == ZPL_WHEN_BEFORE && !(label->when & ZPL_WHEN_BEFORE)) ||
                  (!(feature->when & ZPL_WHEN_AFTER) && label->when == ZPL_WHEN_AFTER);
    return before && (!ordered || is_same_order(&feature->order, &label->order)) &&
           goes_by_own_rows(b, column, &looked);
}
