#include "lang/check/trace.h"
#include <stdlib.h>
#include <string.h>

/* A chain of steps longer than this is told by its ends. */
#define CHAIN_TOLD 16
#define CLEAN      1u /* beside the turn: no hindsight column is reached from there */

/* Which columns of an output were met: in which turn, times two. */
struct zpl_trace_mark {
    uint32_t node, output;
    uint32_t *turns; /* NULL: the place is free */
};

static bool is_hindsight(const struct zpl_graph *graph, struct zpl_lineage_column column)
{
    const struct zpl_row *row = zpl_lineage_row(graph, column.node, column.output);
    return row && column.column < row->count &&
           zpl_type_is_hindsight(row->columns[column.column].type);
}

static struct zpl_trace_mark *place_of(struct zpl_trace_mark *marks, size_t room, uint32_t node,
                                       uint32_t output)
{
    size_t i = ((size_t)node * 31 + output) * 0x9e3779b97f4a7c15u % room;
    while (marks[i].turns && (marks[i].node != node || marks[i].output != output))
        i = (i + 1) % room;
    return &marks[i];
}

/* The turns of the columns of an output; NULL: it has none, or memory is out. */
static uint32_t *turns_of(struct zpl_trace *t, uint32_t node, uint32_t output)
{
    const struct zpl_row *row = zpl_lineage_row(t->graph, node, output);
    if (!row)
        return NULL;
    if (2 * t->mark_count >= t->mark_room) {
        size_t room = t->mark_room ? 2 * t->mark_room : 64;
        struct zpl_trace_mark *marks = zpl_arena_array(t->arena, room, sizeof *marks);
        if (!marks)
            return NULL;
        for (size_t i = 0; i < t->mark_room; i++)
            if (t->marks[i].turns)
                *place_of(marks, room, t->marks[i].node, t->marks[i].output) = t->marks[i];
        t->marks = marks;
        t->mark_room = room;
    }
    struct zpl_trace_mark *mark = place_of(t->marks, t->mark_room, node, output);
    if (!mark->turns) {
        mark->turns = zpl_arena_array(t->arena, row->count + ZPL_CHOICES, sizeof *mark->turns);
        mark->node = node;
        mark->output = output;
        t->mark_count += mark->turns != NULL;
    }
    return mark->turns;
}

/* Adds a column that was not met in this turn; `over` says whether those that are clean are not of interest. */
static void meet(struct zpl_trace *t, struct zpl_lineage_column at, size_t behind,
                 enum zpl_lineage_how how, bool over)
{
    uint32_t *turns = turns_of(t, at.node, at.output);
    if (!turns || turns[at.column] / 2 == t->turn || (over && turns[at.column] & CLEAN))
        return;
    struct zpl_trace_step *steps =
        zpl_arena_grow(t->arena, t->steps, t->count, &t->capacity, sizeof *steps);
    if (!steps)
        return;
    turns[at.column] = t->turn * 2 | (turns[at.column] & CLEAN);
    t->steps = steps;
    steps[t->count++] = (struct zpl_trace_step){at, (uint32_t)behind, how};
}

struct walk {
    struct zpl_trace *trace;
    size_t at;
    bool computed; /* only what it is computed of */
    bool moved;
};

/* Is it what chooses rows that the model learns from? */
static bool is_own(const struct zpl_trace *t, struct zpl_lineage_column column)
{
    bool own = false;
    for (size_t i = 0; i < t->own_count && !own; i++)
        own = t->own[i] == column.node && zpl_lineage_is_choice(t->graph, column);
    return own;
}

static bool step_back(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct walk *w = self;
    if (w->computed && how != ZPL_LINEAGE_PLAIN && how != ZPL_LINEAGE_OF)
        return true;
    bool by = how == ZPL_LINEAGE_BY || how == ZPL_LINEAGE_KEY;
    if ((w->trace->values && by) || is_own(w->trace, from) ||
        (w->trace->sure && (how == ZPL_LINEAGE_MAYBE || how == ZPL_LINEAGE_KEY)))
        return true;
    w->moved = true;
    meet(w->trace, from, w->at, how, !w->computed);
    return true;
}

static void begin(struct zpl_trace *t, struct zpl_lineage_column start, bool over)
{
    t->turn++;
    t->count = 0;
    meet(t, start, 0, ZPL_LINEAGE_PLAIN, over);
}

long zpl_trace_find(struct zpl_trace *t, struct zpl_lineage_column start, zpl_trace_end_fn *is_end,
                    void *self)
{
    struct walk w = {.trace = t};
    begin(t, start, true);
    for (w.at = 0; w.at < t->count; w.at++) {
        if (is_end(self, t->steps[w.at].at))
            return (long)w.at;
        zpl_lineage_visit_choices(t->graph, t->steps[w.at].at, step_back, &w);
    }
    for (size_t i = 0; i < t->count; i++) {
        uint32_t *turns = turns_of(t, t->steps[i].at.node, t->steps[i].at.output);
        if (turns)
            turns[t->steps[i].at.column] |= CLEAN;
    }
    return -1;
}

static bool ends_in_hindsight(void *self, struct zpl_lineage_column column)
{
    struct zpl_trace *t = self;
    return is_hindsight(t->graph, column);
}

long zpl_trace_hindsight(struct zpl_trace *t, struct zpl_lineage_column start)
{
    return zpl_trace_find(t, start, ends_in_hindsight, t);
}

struct finding {
    const struct zpl_graph *graph;
    const char *name;
    struct zpl_lineage_column *out;
    size_t hint;
    bool found;
};

static void find_in(void *self, uint32_t node, uint32_t output)
{
    struct finding *f = self;
    const struct zpl_row *row = zpl_lineage_row(f->graph, node, output);
    const struct zpl_column *column =
        row && !f->found ? zpl_row_next(row, f->name, &f->hint) : NULL;
    if (!column)
        return;
    f->found = true;
    *f->out = (struct zpl_lineage_column){node, output, (uint32_t)(column - row->columns)};
}

bool zpl_trace_column(const struct zpl_graph *graph, const struct zpl_value *value,
                      const char *name, size_t *hint, struct zpl_lineage_column *out)
{
    struct finding f = {graph, name, out, *hint, false};
    zpl_lineage_outputs(graph, value, find_in, &f);
    *hint = f.hint;
    return f.found;
}

static int by_place(const void *x, const void *y)
{
    const struct zpl_lineage_column *a = x, *b = y;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->output != b->output)
        return a->output < b->output ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

struct zpl_lineage_column *zpl_trace_roots(struct zpl_trace *t, struct zpl_lineage_column start,
                                           size_t *count)
{
    struct walk w = {.trace = t, .computed = true};
    begin(t, start, false);
    *count = 0;
    for (w.at = 0; w.at < t->count; w.at++) {
        w.moved = false;
        zpl_lineage_visit(t->graph, t->steps[w.at].at, step_back, &w);
        t->steps[w.at].how = w.moved ? ZPL_LINEAGE_OF : ZPL_LINEAGE_PLAIN; /* PLAIN: a root */
        *count += !w.moved;
    }
    struct zpl_lineage_column *roots = zpl_arena_array(t->arena, *count + 1, sizeof *roots);
    *count = 0;
    for (size_t i = 0; roots && i < t->count; i++)
        if (t->steps[i].how == ZPL_LINEAGE_PLAIN)
            roots[(*count)++] = t->steps[i].at;
    if (roots)
        qsort(roots, *count, sizeof *roots, by_place);
    return roots;
}

static bool pass_on(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct zpl_lineage_column *to = self;
    if (how != ZPL_LINEAGE_PLAIN)
        return true;
    *to = from;
    return false;
}

struct zpl_lineage_column zpl_trace_maker(const struct zpl_graph *graph,
                                          struct zpl_lineage_column start)
{
    while (!zpl_lineage_visit(graph, start, pass_on, &start))
        continue;
    return start;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Where the source says so: its `hindsight` or `type` argument, else the call. */
static struct zpl_span declaration(const struct zpl_node *source)
{
    const struct zpl_argument *list = zpl_node_argument(source, "hindsight");
    const struct zpl_argument *type = zpl_node_argument(source, "type");
    return list ? list->span : type ? type->span : source->span;
}

static void tell_step(const struct zpl_graph *graph, struct zpl_diags *diags, struct zpl_diag *d,
                      struct zpl_lineage_column made, struct zpl_lineage_column from,
                      enum zpl_lineage_how how)
{
    const struct zpl_node *node = &graph->nodes[made.node];
    const char *step = zpl_say_node(node), *name = zpl_lineage_name(graph, made);
    const char *source = zpl_lineage_name(graph, from);
    bool rows = zpl_lineage_is_choice(graph, made);
    if (zpl_lineage_is_choice(graph, from)) {
        source = zpl_say_node(&graph->nodes[from.node]);
        if (rows)
            zpl_diag_note(diags, d, node->span, "step '%s' chose its rows by those of step '%s'",
                          step, source);
        else
            zpl_diag_note(diags, d, node->span, "step '%s' made '%s' by which rows step '%s' has",
                          step, name, source);
        return;
    }
    if (rows) {
        zpl_diag_note(diags, d, node->span, "step '%s' chose its rows by '%s'", step, source);
        return;
    }
    switch (how) {
    case ZPL_LINEAGE_PLAIN:
        if (strcmp(name, source) == 0)
            zpl_diag_note(diags, d, node->span, "made here by step '%s'", step);
        else
            zpl_diag_note(diags, d, node->span, "step '%s' made it from '%s'", step, source);
        break;
    case ZPL_LINEAGE_OF:
        zpl_diag_note(diags, d, node->span, "step '%s' computed '%s' from '%s'", step, name,
                      source);
        break;
    case ZPL_LINEAGE_BY:
    case ZPL_LINEAGE_KEY:
        zpl_diag_note(diags, d, node->span, "step '%s' chose '%s' by '%s'", step, name, source);
        break;
    case ZPL_LINEAGE_MAYBE: /* a column that stays hindsight was only renamed */
        if (is_hindsight(graph, made))
            zpl_diag_note(diags, d, node->span, "step '%s' made it from '%s'", step, source);
        else
            zpl_diag_note(diags, d, node->span,
                          "step '%s' reads '%s', and may compute '%s' from it", step, source, name);
        break;
    }
}

/* The first hindsight column that a hindsight column comes from. */
struct declared {
    const struct zpl_graph *graph;
    struct zpl_lineage_column from;
    enum zpl_lineage_how how;
};

static bool look_behind(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct declared *d = self;
    if (!is_hindsight(d->graph, from))
        return true;
    d->from = from;
    d->how = how;
    return false;
}

void zpl_trace_tell(const struct zpl_trace *t, size_t end, struct zpl_diags *diags,
                    struct zpl_diag *diag)
{
    size_t length = 0, told = 0;
    for (size_t i = end; i != 0; i = t->steps[i].behind)
        length++;
    size_t *way = zpl_arena_array(t->arena, length + 1, sizeof *way);
    if (!way)
        return;
    for (size_t i = end, k = length; k > 0; i = t->steps[i].behind)
        way[k--] = i;
    for (size_t k = 1; k <= length; k++)
        if (told++ < CHAIN_TOLD || k == length)
            tell_step(t->graph, diags, diag, t->steps[way[k - 1]].at, t->steps[way[k]].at,
                      t->steps[way[k]].how);
}

void zpl_trace_tell_hindsight(const struct zpl_trace *t, size_t end, struct zpl_diags *diags,
                              struct zpl_diag *diag)
{
    size_t told = 0;
    zpl_trace_tell(t, end, diags, diag);
    struct zpl_lineage_column at = t->steps[end].at;
    struct declared back = {.graph = t->graph};
    while (!zpl_lineage_visit(t->graph, at, look_behind, &back)) {
        if (told++ < CHAIN_TOLD)
            tell_step(t->graph, diags, diag, at, back.from, back.how);
        at = back.from;
    }
    const struct zpl_node *source = &t->graph->nodes[at.node];
    zpl_diag_note(diags, diag, declaration(source),
                  "'%s' is declared as hindsight here, by step '%s'",
                  zpl_lineage_name(t->graph, at), zpl_say_node(source));
}
