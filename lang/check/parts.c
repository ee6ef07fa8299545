#include "lang/check/parts.h"
#include <string.h>
#include "lang/check/tell.h"
#include "lang/graph/lineage.h"

struct trained {
    const struct zpl_graph *graph;
    const struct zpl_node *node;
    const struct zpl_argument *table;
};

static void find_training(void *self, uint32_t node, uint32_t output)
{
    struct trained *t = self;
    const struct zpl_node *n = &t->graph->nodes[node];
    (void)output;
    for (size_t i = 0; i < n->argument_count && !t->table; i++)
        if (n->arguments[i].value->type && n->arguments[i].value->type->kind == ZPL_TABLE) {
            t->node = n;
            t->table = &n->arguments[i];
        }
}

const struct zpl_node *zpl_find_training(const struct zpl_rows *rows, const struct zpl_value *model,
                                         const struct zpl_argument **table)
{
    struct trained trained = {.graph = rows->graph};
    zpl_lineage_outputs(rows->graph, model, find_training, &trained);
    *table = trained.table;
    return trained.node;
}

const char *zpl_say_table(const struct zpl_rows *rows, const struct zpl_value *value)
{
    if (value->kind != ZPL_VALUE_REF)
        return "one of several tables";
    const struct zpl_node *node = &rows->graph->nodes[value->ref.node];
    return zpl_arena_printf(rows->arena, "'%s' of step '%s'", node->outputs[value->ref.output].name,
                            zpl_say_node(node));
}

static void tell(const struct zpl_judging *j)
{
    struct zpl_diags told = {0};
    const struct zpl_argument *table;
    const struct zpl_node *training = zpl_find_training(j->rows, j->model->value, &table);
    const char *judged = zpl_say_table(j->rows, j->test->value);
    const char *known = table ? zpl_say_table(j->rows, table->value) : "rows";
    bool same = strcmp(judged, known) == 0;
    struct zpl_diag *d =
        same
            ? zpl_diag_add(&told, ZPL_CODE_LEAK, j->test->span,
                           "the model was trained on these rows, %s: how well it does on them says "
                           "nothing of others",
                           judged)
            : zpl_diag_add(
                  &told, ZPL_CODE_LEAK, j->test->span,
                  "%s holds rows of %s, which the model was trained on: how well it does on "
                  "them says nothing of others",
                  judged, known);
    if (training)
        zpl_diag_note(&told, d, training->span, "trained here, by step '%s', on %s",
                      zpl_say_node(training), known);
    zpl_tell_maker(j->rows->graph, &told, d, j->test->value);
    zpl_diag_help(
        &told, d,
        "evaluate on rows that were kept apart: local train, test = split { rows }; if it "
        "is meant: allow = { leak = { \"%s\" } }",
        j->test->name);
    zpl_tell_all(j->checker, j->call, &told);
    zpl_diags_release(&told);
}

/* Judges one model by one table; returns the number of errors. */
static size_t judge(struct zpl_judging *j)
{
    struct zpl_rowset learnt = zpl_rows_of(j->rows, j->model->value);
    struct zpl_rowset judged = zpl_rows_of(j->rows, j->test->value);
    if (zpl_leak_allowed(j->node, j->test->name) || judged.unknown)
        return 0;
    if (!learnt.unknown && zpl_rows_share(j->rows, &learnt, &judged)) {
        tell(j);
        return 1;
    }
    j->judged = &judged;
    return zpl_check_fitted(j);
}

size_t zpl_check_parts(struct zpl_checker *checker, const struct zpl_call *call,
                       const struct zpl_node *node)
{
    struct zpl_rows rows = {.graph = checker->graph, .arena = &checker->scratch};
    struct zpl_judging j = {.checker = checker, .call = call, .node = node, .rows = &rows};
    size_t leaks = 0;
    if (!zpl_rows_find(&rows, node))
        return 0;
    for (size_t i = 0; i < node->argument_count; i++)
        for (size_t k = 0; k < node->argument_count; k++) {
            j.model = &node->arguments[i];
            j.test = &node->arguments[k];
            if (j.model->value->type && j.model->value->type->kind == ZPL_MODEL &&
                j.test->value->type && j.test->value->type->kind == ZPL_TABLE)
                leaks += judge(&j);
        }
    return leaks;
}
