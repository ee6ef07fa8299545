/* fitted.c - is a feature computed with what was fitted on the very rows that the model is judged by?
 * see parts.h.   Floor: lang/check. */
#include <string.h>
#include "lang/check/parts.h"
#include "lang/check/tell.h"
#include "lang/check/trace.h"
#include "lang/graph/body_kind.h"
#include "lang/graph/lineage.h"

/* What was fitted: an argument of the node that computes the column. */
struct fit {
    const struct zpl_node *node;
    const struct zpl_argument *argument;
    bool over; /* a statistic over its rows; else a value or a model */
};
struct fitting {
    const struct zpl_judging *judging;
    struct zpl_trace trace;
    struct fit found;
    /* The argument that was looked at last, and whether it has seen the rows. */
    const struct zpl_argument *looked_at;
    bool saw;
};

/* Is what the argument holds made of rows that are judged? */
static bool has_seen(struct fitting *f, const struct zpl_argument *argument)
{
    if (f->looked_at != argument) {
        struct zpl_rowset seen = zpl_rows_of(f->judging->rows, argument->value);
        f->looked_at = argument;
        f->saw = !seen.unknown && zpl_rows_share(f->judging->rows, &seen, f->judging->judged);
    }
    return f->saw;
}

static bool is_fitted(struct fitting *f, const struct zpl_node *node, uint32_t argument, bool over)
{
    if (!has_seen(f, &node->arguments[argument]))
        return false;
    f->found = (struct fit){node, &node->arguments[argument], over};
    return true;
}

/* Does a step that is no query pass the column on as it is? */
static bool passes_on(const struct zpl_node *node, const char *name)
{
    for (size_t i = 0; !node->body && i < node->argument_count; i++) {
        const struct zpl_type *type = node->arguments[i].value->type;
        if (type && type->kind == ZPL_TABLE && zpl_row_find(type->row, name))
            return true;
    }
    return false;
}

/* A zpl_trace_end_fn: is the column computed here with something that has seen the rows? */
static bool is_end(void *self, struct zpl_lineage_column column)
{
    struct fitting *f = self;
    const struct zpl_graph *graph = f->judging->rows->graph;
    const struct zpl_node *node = &graph->nodes[column.node];
    const struct zpl_column_origin *origins = node->outputs[column.output].origins;
    if (node->source)
        return false;
    if (zpl_body_kind(node->kernel)->body == ZPL_BODY_SQL) {
        const struct zpl_column_origin *origin = origins ? &origins[column.column] : NULL;
        for (size_t i = 0; origin && i < origin->over_count; i++)
            if (is_fitted(f, node, origin->over[i], true))
                return true;
        for (size_t i = 0; origin && i < origin->with_count; i++)
            if (is_fitted(f, node, origin->with[i], false))
                return true;
        return false;
    }
    if (passes_on(node, zpl_lineage_name(graph, column)))
        return false;
    for (uint32_t i = 0; i < node->argument_count; i++) {
        const struct zpl_value *value = node->arguments[i].value;
        if (value->kind != ZPL_VALUE_LITERAL && value->type && value->type->kind != ZPL_TABLE &&
            is_fitted(f, node, i, false))
            return true;
    }
    return false;
}

/* "feature 'x' is", "features 'x', 'y' and 3 more are" */
static const char *say_features(struct fitting *f, const char *const *names, size_t count)
{
    struct zpl_arena *arena = f->judging->rows->arena;
    if (count == 1)
        return zpl_arena_printf(arena, "feature '%s' is", names[0]);
    if (count == 2)
        return zpl_arena_printf(arena, "features '%s' and '%s' are", names[0], names[1]);
    return zpl_arena_printf(arena, "features '%s', '%s' and %zu more are", names[0], names[1],
                            count - 2);
}

/* "x", "y", … */
static const char *list(struct fitting *f, const char *const *names, size_t count)
{
    enum { LISTED = 8 };
    struct zpl_arena *arena = f->judging->rows->arena;
    const char *text = "";
    for (size_t i = 0; text && i < count && i < LISTED; i++)
        text = zpl_arena_printf(arena, "%s%s\"%s\"", text, i > 0 ? ", " : "", names[i]);
    return text && count > LISTED ? zpl_arena_printf(arena, "%s, …", text) : text;
}

/* What the features are computed with. */
static const char *say_fit(struct fitting *f, const struct fit *fit)
{
    const struct zpl_rows *rows = f->judging->rows;
    const struct zpl_value *value = fit->argument->value;
    if (fit->over)
        return zpl_arena_printf(rows->arena, "a statistic over all rows of %s",
                                zpl_say_table(rows, value));
    if (value->kind != ZPL_VALUE_REF)
        return zpl_arena_printf(rows->arena, "'%s'", fit->argument->name);
    return zpl_arena_printf(rows->arena, "%s%s", value->type->kind == ZPL_MODEL ? "the model " : "",
                            zpl_say_table(rows, value));
}

static void tell(struct fitting *f, const struct fit *fit, const char *const *names, size_t count,
                 size_t end)
{
    const struct zpl_judging *j = f->judging;
    struct zpl_diags told = {0};
    struct zpl_diag *d = zpl_diag_add(
        &told, ZPL_CODE_LEAK, j->test->span,
        "%s computed with %s, and the rows to evaluate on are among those it was made from: "
        "how well the model does on them says too little of others",
        say_features(f, names, count), say_fit(f, fit));
    zpl_trace_tell(&f->trace, end, &told, d);
    if (fit->over)
        zpl_diag_note(&told, d, fit->node->span, "step '%s' puts all rows of %s together",
                      zpl_say_node(fit->node), zpl_say_table(j->rows, fit->argument->value));
    else
        zpl_diag_note(&told, d, fit->argument->span, "step '%s' is given it here",
                      zpl_say_node(fit->node));
    if (!fit->over)
        zpl_tell_maker(j->rows->graph, &told, d, fit->argument->value);
    zpl_diag_help(&told, d,
                  "split first, make it from the part for training alone, and use it for both "
                  "parts; if it is meant: allow = { leak = { %s } }",
                  list(f, names, count));
    zpl_tell_all(j->checker, j->call, &told);
    zpl_diags_release(&told);
}

/* Finds the first feature from `at` on that is fitted, and all that are by the same; they are told as
 * one.  `done` marks them.  False when there is none. */
static bool tell_next(struct fitting *f, const struct zpl_row *features, bool *done)
{
    const struct zpl_judging *j = f->judging;
    const char **names = zpl_arena_array(j->rows->arena, features->count + 1, sizeof *names);
    const struct zpl_argument *table;
    const struct zpl_node *training = zpl_find_training(j->rows, j->model->value, &table);
    struct fit first = {0};
    size_t count = 0, hint = 0, place = 0;
    long end = -1;
    for (size_t i = 0; names && i < features->count; i++) {
        const char *name = features->columns[i].name;
        struct zpl_lineage_column column;
        if (done[i] || !zpl_trace_column(j->rows->graph, j->test->value, name, &hint, &column) ||
            zpl_leak_allowed(j->node, name) || (training && zpl_leak_allowed(training, name)))
            continue;
        long found = zpl_trace_find(&f->trace, column, is_end, f);
        if (found < 0 ||
            (count > 0 && (f->found.node != first.node || f->found.argument != first.argument)))
            continue;
        if (count == 0) {
            first = f->found;
            place = i;
        }
        names[count++] = name;
        done[i] = true;
    }
    if (count == 0)
        return false;
    hint = 0;
    struct zpl_lineage_column column;
    if (zpl_trace_column(j->rows->graph, j->test->value, features->columns[place].name, &hint,
                         &column))
        end = zpl_trace_find(&f->trace, column, is_end, f);
    tell(f, &first, names, count, end < 0 ? 0 : (size_t)end);
    return true;
}

size_t zpl_check_fitted(const struct zpl_judging *judging)
{
    struct fitting f = {
        .judging = judging,
        .trace = {.graph = judging->rows->graph, .arena = judging->rows->arena, .values = true}};
    const struct zpl_row *features = judging->model->value->type->row;
    bool *done =
        features ? zpl_arena_array(judging->rows->arena, features->count + 1, sizeof *done) : NULL;
    size_t told = 0;
    while (done && told < 20 && tell_next(&f, features, done))
        told++;
    return told;
}
