#include "lang/check/leak.h"
#include <string.h>
#include "lang/check/before.h"
#include "lang/check/parts.h"
#include "lang/check/trace.h"

/* So many features of one call are told. */
#define FEATURES_TOLD 20

/* A call that trains. */
struct training {
    struct zpl_checker *checker;
    const struct zpl_call *call;
    const struct zpl_node *node;
    struct zpl_trace trace;
    const char *label;
    const struct zpl_lineage_column *answer; /* what the label is computed of */
    size_t answer_count, told;
    bool answer_chosen;              /* by other columns, as what a join brings is */
    struct zpl_trace chosen;         /* to the label, by whatever way */
    struct zpl_lineage_column maker; /* where the label was computed */
    struct zpl_before before;        /* what features take of rows before the label's */
};

bool zpl_leak_allowed(const struct zpl_node *node, const char *name)
{
    const struct zpl_literal *allow = node->allow;
    if (!allow || allow->kind != ZPL_LIT_RECORD)
        return false;
    for (size_t i = 0; i < allow->as.list.count; i++) {
        const struct zpl_literal *names = allow->as.list.items[i];
        if (strcmp(allow->as.list.keys[i], "leak") != 0)
            continue;
        if (names->kind == ZPL_LIT_STRING && strcmp(names->as.str.s, name) == 0)
            return true;
        for (size_t k = 0; names->kind == ZPL_LIT_LIST && k < names->as.list.count; k++) {
            const struct zpl_literal *item = names->as.list.items[k];
            if (item->kind == ZPL_LIT_STRING && strcmp(item->as.str.s, name) == 0)
                return true;
        }
    }
    return false;
}

/* Where the feature is named in the call, else the table that brings it. */
static struct zpl_span place_of(const struct zpl_call *call, const struct zpl_argument *table,
                                const char *name)
{
    for (size_t i = 0; i < call->argument_count; i++) {
        const struct zpl_call_argument *argument = &call->arguments[i];
        if (argument->name && strcmp(argument->name, "features") == 0)
            return zpl_item_span(argument, name);
    }
    return table->span;
}

/* How sure is it that the feature is computed from what was found at the end of the way? */
static const char *relation(const struct zpl_trace *t, size_t end)
{
    const char *words = "is computed from";
    for (size_t i = end; i != 0; i = t->steps[i].behind) {
        if (t->steps[i].how == ZPL_LINEAGE_MAYBE)
            return "may be computed from";
        if (t->steps[i].how == ZPL_LINEAGE_BY || t->steps[i].how == ZPL_LINEAGE_KEY)
            words = "depends on";
    }
    return words;
}

/* Is it the hindsight column itself, passed on? */
static bool is_itself(const struct zpl_trace *t, size_t end)
{
    for (size_t i = end; i != 0; i = t->steps[i].behind)
        if (t->steps[i].how != ZPL_LINEAGE_PLAIN)
            return false;
    return true;
}

static void tell_hindsight(struct training *t, struct zpl_diags *diags, struct zpl_span span,
                           const char *name, size_t end)
{
    struct zpl_diag *d;
    if (is_itself(&t->trace, end))
        d = zpl_diag_add(
            diags, ZPL_CODE_LEAK, span,
            "feature '%s' is known only afterwards: the model would learn from what it "
            "is meant to predict",
            name);
    else
        d = zpl_diag_add(diags, ZPL_CODE_LEAK, span,
                         "feature '%s' %s '%s', which is known only afterwards: the model would "
                         "learn from what it is meant to predict",
                         name, relation(&t->trace, end),
                         zpl_lineage_name(t->checker->graph, t->trace.steps[end].at));
    zpl_trace_tell_hindsight(&t->trace, end, diags, d);
    zpl_diag_help(diags, d, "leave it out, or say that it is meant: allow = { leak = { \"%s\" } }",
                  name);
}

/* "'delay', 'cancelled' and 2 more" */
static const char *say_columns(struct training *t, const struct zpl_lineage_column *columns,
                               size_t count)
{
    const struct zpl_graph *graph = t->checker->graph;
    const char *first = zpl_lineage_name(graph, columns[0]);
    if (count == 1)
        return zpl_arena_printf(t->trace.arena, "'%s'", first);
    const char *second = zpl_lineage_name(graph, columns[1]);
    if (count == 2)
        return zpl_arena_printf(t->trace.arena, "'%s' and '%s'", first, second);
    return zpl_arena_printf(t->trace.arena, "'%s', '%s' and %zu more", first, second, count - 2);
}

static void note_maker(struct training *t, struct zpl_diags *diags, struct zpl_diag *d,
                       struct zpl_lineage_column column)
{
    struct zpl_lineage_column made = zpl_trace_maker(t->checker->graph, column);
    const struct zpl_node *node = &t->checker->graph->nodes[made.node];
    zpl_diag_note(diags, d, node->span, "'%s' comes from here, step '%s'",
                  zpl_lineage_name(t->checker->graph, made), zpl_say_node(node));
}

/* The column of that name among the node's tables: the first. */
static bool find_column(const struct training *t, const char *name, struct zpl_lineage_column *out);

/* What the feature and the label are both computed of; moves these to the front of `roots`. */
static size_t shared(const struct training *t, struct zpl_lineage_column *roots, size_t count)
{
    size_t both = 0;
    for (size_t i = 0, k = 0; i < count && k < t->answer_count;) {
        const struct zpl_lineage_column a = roots[i], b = t->answer[k];
        if (memcmp(&a, &b, sizeof a) == 0) {
            roots[i] = roots[both];
            roots[both++] = a;
        }
        bool less = a.node != b.node       ? a.node < b.node
                    : a.output != b.output ? a.output < b.output
                                           : a.column <= b.column;
        i += less;
        k += !less || (a.node == b.node && a.output == b.output && a.column == b.column);
    }
    return both;
}

static bool is_same(struct zpl_lineage_column a, struct zpl_lineage_column b)
{
    return a.node == b.node && a.output == b.output && a.column == b.column;
}

static bool is_time(const struct zpl_graph *graph, struct zpl_lineage_column column)
{
    const struct zpl_type *type =
        zpl_lineage_row(graph, column.node, column.output)->columns[column.column].type;
    return type && (type->kind == ZPL_TIMESTAMP || type->kind == ZPL_DATE);
}

/* A zpl_lineage_visit_fn: stops at what chooses. */
static bool is_no_choice(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    (void)self;
    (void)from;
    return how != ZPL_LINEAGE_BY;
}

/* Does anything choose one of the columns that the trace has met? */
static bool is_any_chosen(const struct zpl_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        if (!zpl_lineage_visit(trace->graph, trace->steps[i].at, is_no_choice, NULL))
            return true;
    return false;
}

/* Is the label computed of one column, other than a time, that nothing chooses? */
static bool is_of_one(const struct training *t)
{
    return t->answer_count == 1 && !t->answer_chosen && !is_time(t->checker->graph, t->answer[0]);
}

/* A zpl_trace_end_fn: is it the label, or all that the label is computed of?  Of a time it is not: what
 * goes by the time of a row is not by how it ended.  Of a column that was chosen by others it is not: whether
 * a join finds a customer is not said by the customer, whom features are joined by too. */
static bool is_label(void *self, struct zpl_lineage_column column)
{
    const struct training *t = self;
    const struct zpl_graph *graph = t->checker->graph;
    if (zpl_lineage_is_choice(graph, column))
        return false;
    return is_same(zpl_trace_maker(graph, column), t->maker) ||
           (is_of_one(t) && is_same(column, t->answer[0]));
}

/* What is known of the rows that the feature is of. */
static const struct zpl_before *look_before(struct training *t, struct zpl_lineage_column feature)
{
    if (!t->before.found || !is_same(t->before.feature, feature))
        zpl_before_look(&t->before, feature);
    return &t->before;
}

/* Is one of the columns, other than a time and other than those that are shared, of rows not before the label's? */
static bool is_any_later(struct training *t, struct zpl_lineage_column feature,
                         const struct zpl_lineage_column *columns, size_t count,
                         const struct zpl_lineage_column *shared, size_t shared_count)
{
    for (size_t i = 0; i < count; i++) {
        bool later = !is_time(t->checker->graph, columns[i]) &&
                     !zpl_before_is(look_before(t, feature), columns[i]);
        for (size_t k = 0; later && k < shared_count; k++)
            later = !is_same(columns[i], shared[k]);
        if (later)
            return true;
    }
    return false;
}

/* Of the columns that the feature is computed of, the first `both` as the label is: how many of these are not only
 * of rows before the label's; moves them to the front.  All count when one of the two is computed of a column that
 * chooses the other, and is not so of rows before. */
static size_t keep_later(struct training *t, struct zpl_lineage_column feature,
                         struct zpl_lineage_column *columns, size_t count, size_t both)
{
    size_t kept = 0;
    if (both == 0 || is_any_later(t, feature, columns + both, count - both, NULL, 0) ||
        is_any_later(t, feature, t->answer, t->answer_count, columns, both))
        return both;
    for (size_t i = 0; i < both; i++)
        if (!zpl_before_is(look_before(t, feature), columns[i]))
            columns[kept++] = columns[i];
    return kept;
}

/* Is the feature chosen by the label?  Told; false: it is not. */
static bool tell_chosen(struct training *t, struct zpl_diags *diags, struct zpl_span span,
                        const char *name, struct zpl_lineage_column feature)
{
    long end = zpl_trace_find(&t->chosen, feature, is_label, t);
    if (end < 0 || (zpl_before_is(look_before(t, feature), t->maker) &&
                    (!is_of_one(t) || zpl_before_is(&t->before, t->answer[0]))))
        return false;
    const char *found = zpl_lineage_name(t->checker->graph, t->chosen.steps[end].at);
    struct zpl_diag *d =
        strcmp(found, t->label) == 0
            ? zpl_diag_add(diags, ZPL_CODE_LEAK, span,
                           "feature '%s' %s label '%s': it gives the answer away", name,
                           relation(&t->chosen, (size_t)end), t->label)
            : zpl_diag_add(diags, ZPL_CODE_LEAK, span,
                           "feature '%s' %s '%s', as label '%s' does: it gives the answer away",
                           name, relation(&t->chosen, (size_t)end), found, t->label);
    zpl_trace_tell(&t->chosen, (size_t)end, diags, d);
    zpl_diag_help(diags, d, "leave it out, or say that it is meant: allow = { leak = { \"%s\" } }",
                  name);
    return true;
}

static void tell_answer(struct training *t, struct zpl_diags *diags, struct zpl_span span,
                        const char *name, struct zpl_lineage_column feature)
{
    size_t count;
    struct zpl_lineage_column *roots = zpl_trace_roots(&t->trace, feature, &count), label;
    size_t both = roots ? keep_later(t, feature, roots, count, shared(t, roots, count)) : 0;
    if (both < t->answer_count && tell_chosen(t, diags, span, name, feature))
        return;
    if (both == 0 || !find_column(t, t->label, &label))
        return;
    const char *columns = say_columns(t, roots, both);
    struct zpl_lineage_column made = zpl_trace_maker(t->checker->graph, feature);
    struct zpl_diag *d;
    if (both == t->answer_count && memcmp(&made, &roots[0], sizeof made) == 0)
        d = zpl_diag_add(diags, ZPL_CODE_LEAK, span,
                         "label '%s' is computed from feature '%s' alone: it gives the answer away",
                         t->label, name);
    else if (both == t->answer_count)
        d = zpl_diag_add(diags, ZPL_CODE_LEAK, span,
                         "feature '%s' is computed from %s, as label '%s' is: it gives the answer "
                         "away",
                         name, columns, t->label);
    else
        d = zpl_diag_warn(
            diags, ZPL_CODE_LEAK, span,
            "feature '%s' and label '%s' are both computed from %s: it may give a part "
            "of the answer away",
            name, t->label, columns);
    note_maker(t, diags, d, label);
    note_maker(t, diags, d, feature);
    zpl_diag_help(diags, d, "leave it out, or say that it is meant: allow = { leak = { \"%s\" } }",
                  name);
}

static bool find_column(const struct training *t, const char *name, struct zpl_lineage_column *out)
{
    size_t hint = 0;
    for (size_t i = 0; i < t->node->argument_count; i++)
        if (zpl_trace_column(t->checker->graph, t->node->arguments[i].value, name, &hint, out))
            return true;
    return false;
}

/* Judges one feature; returns the number of errors. */
static size_t judge(struct training *t, const struct zpl_argument *table, const char *name,
                    size_t *hint)
{
    struct zpl_lineage_column feature = {0};
    struct zpl_diags told = {0};
    if (!zpl_trace_column(t->checker->graph, table->value, name, hint, &feature) ||
        zpl_leak_allowed(t->node, name) || (t->label && strcmp(name, t->label) == 0))
        return 0; /* the label itself is told by zpl_check_call() */
    struct zpl_span span = place_of(t->call, table, name);
    long end = zpl_trace_hindsight(&t->trace, feature);
    if (end >= 0)
        tell_hindsight(t, &told, span, name, (size_t)end);
    else if (t->answer_count > 0)
        tell_answer(t, &told, span, name, feature);
    t->told += told.count;
    size_t errors = told.errors;
    zpl_tell_all(t->checker, t->call, &told);
    zpl_diags_release(&told);
    return errors;
}

/* Did an earlier table of the node bring the column? */
static bool is_brought(const struct zpl_node *node, size_t argument, const char *name)
{
    for (size_t i = 0; i < argument; i++) {
        const struct zpl_type *type = node->arguments[i].value->type;
        if (type && type->kind == ZPL_TABLE && zpl_row_find(type->row, name))
            return true;
    }
    return false;
}

static size_t judge_features(struct training *t, const struct zpl_row *features)
{
    size_t errors = 0;
    for (size_t i = 0; i < t->node->argument_count; i++) {
        const struct zpl_type *type = t->node->arguments[i].value->type;
        size_t hint = 0, place = 0;
        if (!type || type->kind != ZPL_TABLE)
            continue;
        for (size_t k = 0; k < features->count && t->told < FEATURES_TOLD; k++) {
            const char *name = features->columns[k].name;
            if (zpl_row_next(type->row, name, &place) && !(i && is_brought(t->node, i, name)))
                errors += judge(t, &t->node->arguments[i], name, &hint);
        }
    }
    return errors;
}

struct one {
    uint32_t node, output;
    size_t count;
};

static void take_one(void *self, uint32_t node, uint32_t output)
{
    struct one *one = self;
    *one = (struct one){node, output, one->count + 1};
}

/* The table that each row of this one is a row of, with others perhaps; NULL: not known. */
static const struct zpl_value *leading(const struct zpl_node *node, const struct zpl_output *output)
{
    for (size_t i = 0; i < output->rows_count; i++)
        if (output->rows[i].count == 0 ||
            output->rows[i].arguments[0] != output->rows[0].arguments[0])
            return NULL;
    if (output->rows_count > 0)
        return node->arguments[output->rows[0].arguments[0]].value;
    for (size_t i = 0; !node->body && i < node->argument_count; i++)
        if (node->arguments[i].value->type && node->arguments[i].value->type->kind == ZPL_TABLE)
            return node->arguments[i].value;
    return NULL;
}

/* The nodes whose rows all those are that the model learns from. */
static const uint32_t *find_own(struct training *t, size_t *count)
{
    const struct zpl_graph *graph = t->checker->graph;
    uint32_t *own = NULL;
    size_t capacity = 0;
    const struct zpl_value *table = leading(t->node, &(struct zpl_output){0});
    while (table) {
        struct one one = {0};
        zpl_lineage_outputs(graph, table, take_one, &one);
        uint32_t *grown = one.count == 1
                              ? zpl_arena_grow(t->trace.arena, own, *count, &capacity, sizeof *own)
                              : NULL;
        if (!grown)
            return own;
        own = grown;
        own[(*count)++] = one.node;
        table = leading(&graph->nodes[one.node], &graph->nodes[one.node].outputs[one.output]);
    }
    return own;
}

static size_t judge_model(struct zpl_checker *checker, const struct zpl_call *call,
                          const struct zpl_node *node, const struct zpl_type *model)
{
    struct training t = {.checker = checker,
                         .call = call,
                         .node = node,
                         .trace = {.graph = checker->graph, .arena = &checker->scratch},
                         .label = model->label};
    struct zpl_lineage_column label;
    t.trace.own = find_own(&t, &t.trace.own_count);
    t.chosen = t.trace;
    t.chosen.sure = true;
    if (t.label && find_column(&t, t.label, &label)) {
        t.answer = zpl_trace_roots(&t.trace, label, &t.answer_count);
        t.answer_chosen = is_any_chosen(&t.trace);
        t.maker = zpl_trace_maker(checker->graph, label);
        t.before = (struct zpl_before){
            .graph = checker->graph, .arena = &checker->scratch, .label = label};
    }
    return judge_features(&t, model->row);
}

enum zpl_err zpl_check_leak(struct zpl_checker *checker, const struct zpl_call *call, uint32_t id)
{
    if (id >= checker->graph->count)
        return ZPL_OK;
    struct zpl_node *node = &checker->graph->nodes[id];
    size_t leaks = 0;
    for (size_t i = 0; i < node->output_count; i++) {
        const struct zpl_type *made = node->outputs[i].type;
        if (made->kind == ZPL_MODEL && made->row)
            leaks += judge_model(checker, call, node, made);
    }
    if (!node->poison && node->kernel && strcmp(node->kernel, "evaluate") == 0)
        leaks += zpl_check_parts(checker, call, node);
    bool failed = zpl_arena_failed(&checker->scratch);
    zpl_arena_clear(&checker->scratch);
    if (failed)
        return zpl_diag_nomem(checker->diags);
    if (leaks == 0)
        return ZPL_OK;
    node->poison = true;
    return ZPL_ERR_CHECK;
}
