/* named.c - artifact.read and artifact.write, which move values from run to run under a name. */
#include <string.h>
#include "lang/check/trace.h"
#include "lang/types/signature.h"

/* The place of an argument, by its name. */
static struct zpl_span span_of(const struct zpl_attempt *a, const char *name)
{
    for (size_t i = 0; i < a->line->input_count; i++)
        if (strcmp(a->line->inputs[i].name, name) == 0 && a->given[i])
            return a->given[i]->span;
    return a->call->callee;
}

/* The name is in the program, so that who reads and writes what is known before anything runs; NULL
 * (told, unless the call was wrong anyway): it is not. */
static const char *name_of(struct zpl_attempt *a, const struct zpl_node *node)
{
    const char *name = zpl_node_name_of(node);
    const struct zpl_argument *argument = zpl_node_argument(node, "name");
    if (name || !argument || a->diags.errors > 0 || a->poison)
        return name;
    zpl_diag_help(&a->diags,
                  zpl_diag_add(&a->diags, ZPL_CODE_RUNTIME_VALUE, span_of(a, "name"),
                               "the name of an artifact is known when the program is checked; this "
                               "one is known only at run time"),
                  "write a text, or a param: what is there under it may depend on the run, what it "
                  "is called may not");
    return NULL;
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* Is the value what a step gave as a whole, as it is or by choice?  `item`: an item of what was gathered is
 * meant. */
static bool is_whole(const struct zpl_value *value, bool item)
{
    if (value->kind == ZPL_VALUE_GATHER)
        return item && is_whole(value->gather.value, false);
    if (value->kind != ZPL_VALUE_PICK || value->pick.op == ZPL_PICK_MEAN)
        return value->kind == ZPL_VALUE_REF && !value->ref.field;
    for (size_t i = 0; i < value->pick.count; i++)
        if (!is_whole(value->pick.items[i],
                      value->pick.by && value->pick.by[i]->kind == ZPL_VALUE_GATHER))
            return false;
    return true;
}

static bool can_write(const struct zpl_value *value)
{
    const struct zpl_type *type = value->type;
    return type && (type->kind == ZPL_JSON || !zpl_kind_is_scalar(type->kind)) &&
           is_whole(value, false);
}

/* The columns of what is written that come from hindsight ones. */
struct afterwards {
    struct zpl_trace trace;
    const struct zpl_row *row;
    bool *found; /* one a column of the row */
};

static void find_afterwards(void *self, uint32_t node, uint32_t output)
{
    struct afterwards *w = self;
    const struct zpl_row *row = zpl_lineage_row(w->trace.graph, node, output);
    size_t hint = 0;
    for (size_t i = 0; row && i < row->count; i++) {
        const struct zpl_lineage_column at = {node, output, (uint32_t)i};
        const struct zpl_column *column = zpl_row_next(w->row, row->columns[i].name, &hint);
        if (column && !w->found[column - w->row->columns])
            w->found[column - w->row->columns] = zpl_trace_hindsight(&w->trace, at) >= 0;
    }
}

/* What a column is computed from ends with the program: so what comes from a hindsight column is written as
 * one.  The value's `wants` are these columns. */
static void mark_afterwards(struct zpl_attempt *a, struct zpl_argument *value)
{
    static const struct zpl_refine afterwards = {.hindsight = true};
    const struct zpl_type *type = value->value->type;
    if (type->kind != ZPL_TABLE || !type->row)
        return;
    struct afterwards w = {.trace = {.graph = a->checker->graph, .arena = a->scratch},
                           .row = type->row,
                           .found = zpl_arena_array(a->scratch, type->row->count, sizeof(bool))};
    struct zpl_column *columns = zpl_arena_array(a->arena, type->row->count, sizeof *columns);
    struct zpl_row *row = zpl_arena_alloc(a->arena, sizeof *row);
    if (!w.found || !columns || !row)
        return;
    zpl_lineage_outputs(w.trace.graph, value->value, find_afterwards, &w);
    *row = (struct zpl_row){.columns = columns, .open = true};
    for (size_t i = 0; i < type->row->count; i++)
        if (w.found[i] && !zpl_type_is_hindsight(type->row->columns[i].type))
            columns[row->count++] = (struct zpl_column){
                type->row->columns[i].name,
                zpl_type_refined(a->arena, type->row->columns[i].type, &afterwards)};
    if (row->count > 0)
        value->wants = zpl_type_table(a->arena, row);
}

static void check_write(struct zpl_attempt *a, const struct zpl_node *node, const char *name)
{
    const struct zpl_graph *graph = a->checker->graph;
    struct zpl_argument *value = (struct zpl_argument *)zpl_node_argument(node, "value");
    if (!can_write(value->value)) {
        zpl_diag_help(
            &a->diags,
            zpl_diag_add(&a->diags, ZPL_CODE_WRONG_KIND, span_of(a, "value"),
                         "artifact.write takes what a step gave, as a whole, not %s",
                         zpl_say_value(value->value, a->scratch)),
            value->value->kind == ZPL_VALUE_GATHER
                ? "of what is gathered write an item, max(list, \"field\"), or what a step "
                  "makes of all"
                : "a table, a model, a report, a file; of a number write the report it is "
                  "in");
        return;
    }
    for (size_t i = a->checker->first; i < graph->count; i++) {
        const struct zpl_node *other = &graph->nodes[i];
        const char *taken = zpl_node_writes_name(other) ? zpl_node_name_of(other) : NULL;
        if (!taken || strcmp(taken, name) != 0)
            continue;
        struct zpl_diag *diag =
            zpl_diag_add(&a->diags, ZPL_CODE_BAD_CALL, span_of(a, "name"),
                         "another step writes '%s' already: which is there in the end?", name);
        zpl_diag_note(&a->diags, diag, other->span, "this one");
        zpl_diag_help(&a->diags, diag,
                      "write one of them: artifact.write { coalesce(a, b), \"%s\" }", name);
        return;
    }
    mark_afterwards(a, value);
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* Why a column that stands there is not what is declared of it; NULL: it is. */
static const char *column_misfit(struct zpl_attempt *a, const struct zpl_column *have,
                                 const struct zpl_column *want)
{
    const struct zpl_type *left = zpl_type_unpromised(have->type, want->type, a->scratch);
    if (left)
        return zpl_arena_printf(a->scratch, "column '%s' does not promise %s", want->name,
                                zpl_type_text(left, true, a->scratch));
    if (zpl_type_is_hindsight(have->type) && !zpl_type_is_hindsight(want->type))
        return zpl_arena_printf(a->scratch,
                                "column '%s' is known only afterwards, which the type has to say",
                                want->name);
    return NULL;
}

/* The same of all columns.  A step that reads the table counts on their order. */
static const char *row_misfit(struct zpl_attempt *a, const struct zpl_row *have,
                              const struct zpl_row *want)
{
    size_t at = 0;
    for (size_t i = 0; i < want->count; i++) {
        const struct zpl_column *found = zpl_row_find(have, want->columns[i].name);
        if (!found)
            return zpl_arena_printf(a->scratch, "column '%s' is not among those that it declares",
                                    want->columns[i].name);
        const char *why = column_misfit(a, found, &want->columns[i]);
        if (why)
            return why;
        if ((size_t)(found - have->columns) < at)
            return zpl_arena_printf(a->scratch, "column '%s' stands before '%s'", found->name,
                                    want->columns[i - 1].name);
        at = (size_t)(found - have->columns) + 1;
    }
    if (have->open && !want->open)
        return "may have other columns; write `...` for those that are not declared";
    for (size_t i = 0; !want->open && i < have->count; i++)
        if (!zpl_row_find(want, have->columns[i].name))
            return zpl_arena_printf(
                a->scratch, "has a column '%s'; write `...` for those that are not declared",
                have->columns[i].name);
    return NULL;
}

/* A model that is declared without features has those of the one that stands there: steps that score by it
 * have to know them. */
static enum zpl_err take_features(struct zpl_attempt *a, struct zpl_node *node, const char *text)
{
    const struct zpl_type *want = node->outputs[0].type, *have = NULL;
    struct zpl_signature_error error;
    if (want->kind != ZPL_MODEL || want->row)
        return ZPL_OK;
    struct zpl_arena *arena = &a->checker->graph->arena;
    struct zpl_output *outputs = zpl_arena_array(arena, node->output_count, sizeof *outputs);
    if (!outputs || zpl_type_parse(text, arena, &have, &error) != ZPL_OK)
        return ZPL_ERR_NOMEM; /* it was read before */
    *outputs = node->outputs[0];
    outputs->type = have;
    node->outputs = outputs;
    return ZPL_OK;
}

/* What stands under the name is held to the declared type, which the value has, whatever stands there. */
static enum zpl_err check_read(struct zpl_attempt *a, struct zpl_node *node, const char *name)
{
    struct zpl_checker *checker = a->checker;
    const struct zpl_type *want = node->outputs[0].type, *have = NULL;
    const char *text = NULL, *maker = NULL, *why = NULL;
    struct zpl_signature_error error;
    if (want->kind == ZPL_UNKNOWN || !checker->named)
        return ZPL_OK;
    enum zpl_err err =
        checker->named(checker->resolve_self, name, a->scratch, &text, &maker, checker->diags);
    if (err != ZPL_OK || !text || zpl_type_parse(text, a->scratch, &have, &error) != ZPL_OK)
        return err;
    if (!zpl_type_fits(have, want, a->scratch, &why))
        why = why ? why : "is of another type";
    else if (want->kind == ZPL_TABLE && want->row && have->row)
        why = row_misfit(a, have->row, want->row);
    if (why) {
        struct zpl_diag *diag = zpl_diag_add(&a->diags, ZPL_CODE_SOURCE_SCHEMA, span_of(a, "type"),
                                             "'%s': %s", name, why);
        zpl_diag_note(&a->diags, diag, (struct zpl_span){0}, "%s wrote %s", maker,
                      zpl_type_text(have, true, a->scratch));
        return ZPL_OK;
    }
    return take_features(a, node, text);
}

enum zpl_err zpl_attempt_named(struct zpl_attempt *a, struct zpl_node *node)
{
    const char *name = name_of(a, node);
    if (!name || a->diags.errors > 0 || a->poison)
        return ZPL_OK;
    if (zpl_node_reads_name(node))
        return check_read(a, node, name);
    check_write(a, node, name);
    return ZPL_OK;
}
