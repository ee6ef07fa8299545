#include "lang/check/leak.h"
#include <string.h>
#include "lang/check/tell.h"

/* A chain of steps longer than this is told by its ends. */
#define CHAIN_TOLD 16

static bool is_hindsight(const struct zpl_column *column)
{
    return column && column->type && column->type->refine && column->type->refine->hindsight;
}

static const struct zpl_row *row_of(const struct zpl_value *value)
{
    return value && value->kind == ZPL_VALUE_REF && value->type && value->type->kind == ZPL_TABLE
               ? value->type->row
               : NULL;
}

/* The argument of the node through which hindsight came in under the name, else under any name that
 * the node's table output does not have any more: a rename.  *name becomes the name there. */
static const struct zpl_argument *way_in(const struct zpl_node *node, uint32_t output,
                                         const char **name)
{
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_row *row = row_of(node->arguments[i].value);
        if (row && is_hindsight(zpl_row_find(row, *name)))
            return &node->arguments[i];
    }
    const struct zpl_type *made = output < node->output_count ? node->outputs[output].type : NULL;
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_row *row = row_of(node->arguments[i].value);
        for (size_t k = 0; row && k < row->count; k++) {
            if (!is_hindsight(&row->columns[k]))
                continue;
            if (made && made->row && zpl_row_find(made->row, row->columns[k].name))
                continue;
            *name = row->columns[k].name;
            return &node->arguments[i];
        }
    }
    return NULL;
}

/* Where the source says so: its `hindsight` or `type` argument, else the call. */
static struct zpl_span declaration(const struct zpl_node *source)
{
    const struct zpl_argument *list = zpl_node_argument(source, "hindsight");
    const struct zpl_argument *type = zpl_node_argument(source, "type");
    return list ? list->span : type ? type->span : source->span;
}

/* Notes every step that the column came through, back to where it was declared. */
static void tell_chain(struct zpl_checker *checker, struct zpl_diags *diags, struct zpl_diag *d,
                       const struct zpl_value *table, const char *name)
{
    const struct zpl_graph *graph = checker->graph;
    size_t told = 0;
    while (table) {
        if (table->ref.node >= graph->count)
            return;
        const struct zpl_node *node = &graph->nodes[table->ref.node];
        const char *here = name;
        const struct zpl_argument *in = way_in(node, table->ref.output, &name);
        if (!in) {
            zpl_diag_note(diags, d, declaration(node),
                          "'%s' is declared as hindsight here, by step '%s'", name,
                          zpl_say_node(node));
            return;
        }
        if (told++ < CHAIN_TOLD) {
            if (strcmp(here, name) != 0)
                zpl_diag_note(diags, d, node->span, "step '%s' made it from '%s'",
                              zpl_say_node(node), name);
            else
                zpl_diag_note(diags, d, node->span, "made here by step '%s'", zpl_say_node(node));
        }
        table = in->value;
    }
}

/* Is the feature named in `allow = { leak = { … } }`?  One name alone may stand without braces. */
static bool is_allowed(const struct zpl_literal *allow, const char *name)
{
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
        if (!argument->name || strcmp(argument->name, "features") != 0)
            continue;
        return zpl_item_span(argument, name);
    }
    return table->span;
}

static void tell(struct zpl_checker *checker, const struct zpl_call *call,
                 const struct zpl_argument *table, const char *name)
{
    struct zpl_diags told = {0}, *diags = &told;
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_LEAK, place_of(call, table, name),
                     "feature '%s' is known only afterwards: the model would learn from what it "
                     "is meant to predict",
                     name);
    tell_chain(checker, diags, d, table->value, name);
    zpl_diag_help(diags, d, "leave it out, or say that it is meant: allow = { leak = { \"%s\" } }",
                  name);
    zpl_tell_all(checker, call, diags);
    zpl_diags_release(diags);
}

/* Did an earlier table of the node bring the column, so that it was told already? */
static bool is_told(const struct zpl_node *node, size_t argument, const char *name)
{
    for (size_t i = 0; i < argument; i++) {
        const struct zpl_row *row = row_of(node->arguments[i].value);
        if (row && is_hindsight(zpl_row_find(row, name)))
            return true;
    }
    return false;
}

/* Tells every hindsight column of the node's tables that is a feature; returns how many. */
static size_t tell_features(struct zpl_checker *checker, const struct zpl_call *call,
                            const struct zpl_node *node, const struct zpl_row *features)
{
    size_t leaks = 0;
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_row *row = row_of(node->arguments[i].value);
        for (size_t k = 0; row && k < row->count; k++) {
            const struct zpl_column *column = &row->columns[k];
            if (!is_hindsight(column) || !zpl_row_find(features, column->name) ||
                is_allowed(node->allow, column->name) || is_told(node, i, column->name))
                continue;
            tell(checker, call, &node->arguments[i], column->name);
            leaks++;
        }
    }
    return leaks;
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
            leaks += tell_features(checker, call, node, made->row);
    }
    if (leaks == 0)
        return ZPL_OK;
    node->poison = true;
    return ZPL_ERR_CHECK;
}
