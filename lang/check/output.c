/* output.c - the types of a call's outputs: the signature's, with the variables filled in.
 * Columns of a table stand in this order: for each input table in signature order its columns that
 * appear in the output, in stored order; then the new ones as written. */
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/check/tell.h"

/* A column of the output before the columns are put into order. */
struct item {
    const char *name;
    const struct zpl_type *type;
    const char *var; /* the row variable it comes from, or NULL: written in the pattern */
    bool placed;
};
struct items {
    struct item *items;
    size_t count, room;
    bool unknown; /* a variable is poisoned */
    bool open;
};

static bool add(struct zpl_attempt *a, struct items *list, struct item item)
{
    struct item *items =
        zpl_arena_grow(a->scratch, list->items, list->count, &list->room, sizeof *items);
    if (!items)
        return false;
    list->items = items;
    items[list->count++] = item;
    return true;
}

/* `features: x` where no row variable x is, but a column: that one. */
static bool expand_column(struct zpl_attempt *a, struct items *list, const char *name)
{
    for (size_t i = 0; i < a->line->input_count; i++) {
        const struct zpl_type *pattern = a->line->inputs[i].type;
        const struct zpl_column *column =
            pattern->kind == ZPL_TABLE ? zpl_row_find(pattern->row, name) : NULL;
        const struct zpl_type *type = column ? zpl_attempt_fill(a, column->type) : NULL;
        if (type)
            return add(a, list, (struct item){name, type, NULL, false});
    }
    return false;
}

static void expand_variable(struct zpl_attempt *a, struct items *list, const char *var)
{
    const struct zpl_bound_row *b = zpl_attempt_row(a, var);
    if (!b && expand_column(a, list, var))
        return;
    if (!b || b->state == ZPL_UNBOUND) {
        list->open = true; /* the step says no more than that there may be columns */
        return;
    }
    if (b->state != ZPL_BOUND) {
        list->unknown = true;
        return;
    }
    list->open |= b->open;
    for (size_t i = 0; i < b->count; i++)
        if (!add(a, list, (struct item){b->columns[i].name, b->columns[i].type, var, false}))
            return;
}

/* The pattern's columns in written order, variables replaced by what they stand for. */
static void expand(struct zpl_attempt *a, struct items *list, const struct zpl_row *pattern)
{
    list->open |= pattern->open;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct zpl_column *column = &pattern->columns[i];
        if (!column->type) {
            expand_variable(a, list, column->name);
            continue;
        }
        const char *name = zpl_attempt_resolve(a, column->name);
        const struct zpl_type *type = name ? zpl_attempt_fill(a, column->type) : NULL;
        if (type)
            add(a, list, (struct item){name, type, NULL, false});
        else
            list->unknown = true;
    }
}

/* Does the item come through the pattern of this input? */
static bool comes_through(struct zpl_attempt *a, const struct item *item,
                          const struct zpl_row *pattern)
{
    for (size_t i = 0; i < pattern->count; i++) {
        const struct zpl_column *column = &pattern->columns[i];
        if (!column->type) {
            if (item->var && strcmp(column->name, item->var) == 0)
                return true;
        } else if (!item->var) {
            const char *name = zpl_attempt_resolve(a, column->name);
            if (name && strcmp(name, item->name) == 0)
                return true;
        }
    }
    return false;
}

/* The first item of the name that is not placed, looked for from *hint on. */
static struct item *find(struct items *list, const char *name, size_t *hint)
{
    for (size_t k = 0; k < list->count; k++) {
        size_t i = (*hint + k) % list->count;
        struct item *item = &list->items[i];
        if (item->placed || strcmp(item->name, name) != 0)
            continue;
        *hint = i + 1;
        return item;
    }
    return NULL;
}

/* Puts the columns of one input that appear in the output. */
static void place(struct zpl_attempt *a, struct items *list, size_t input,
                  struct zpl_column *columns, size_t *count)
{
    const struct zpl_row *have = zpl_attempt_table(a, input);
    const struct zpl_type *pattern = a->line->inputs[input].type;
    size_t hint = 0;
    if (!have || pattern->kind != ZPL_TABLE || list->count == 0)
        return;
    for (size_t i = 0; i < have->count; i++) {
        struct item *item = find(list, have->columns[i].name, &hint);
        if (!item || !comes_through(a, item, pattern->row))
            continue;
        item->placed = true;
        bool as_is = item->type->kind == ZPL_ANY; /* `{k, …}` says nothing of the type */
        columns[(*count)++] =
            (struct zpl_column){have->columns[i].name, as_is ? have->columns[i].type : item->type};
    }
}

/* Which input tables have the column: their number, the last one in *input. */
static size_t tables_with(const struct zpl_attempt *a, const char *name, size_t *inputs)
{
    size_t count = 0;
    for (size_t i = 0; i < a->line->input_count; i++) {
        const struct zpl_row *row =
            a->line->inputs[i].type->kind == ZPL_TABLE ? zpl_attempt_table(a, i) : NULL;
        if (row && zpl_row_find(row, name) && a->given[i])
            inputs[count++ ? 1 : 0] = i;
    }
    return count;
}

static void tell_twins(struct zpl_attempt *a, const struct zpl_column *first,
                       const struct zpl_column *twin)
{
    size_t with_twin[2], with_first[2];
    size_t twins = tables_with(a, twin->name, with_twin);
    size_t firsts = tables_with(a, first->name, with_first);
    const char *step = a->call->step->name;
    struct zpl_diag *d;
    if (twins > 1 || (twins == 1 && firsts == 1 && with_twin[0] != with_first[0])) {
        size_t at = twins > 1 ? with_twin[1] : with_twin[0];
        d = zpl_diag_add(&a->diags, ZPL_CODE_DUPLICATE_COLUMN, a->given[at]->span,
                         "both '%s' and '%s' of %s have a column '%s'",
                         a->line->inputs[firsts ? with_first[0] : with_twin[0]].name,
                         a->line->inputs[at].name, step, twin->name);
        zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[at]->value);
    } else if (twins || firsts) {
        size_t at = firsts ? with_first[0] : with_twin[0];
        d = zpl_diag_add(&a->diags, ZPL_CODE_DUPLICATE_COLUMN, a->given[at]->span,
                         "%s adds a column '%s', but '%s' has '%s' already", step,
                         firsts ? twin->name : first->name, a->line->inputs[at].name,
                         firsts ? first->name : twin->name);
        zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[at]->value);
    } else {
        d = zpl_diag_add(&a->diags, ZPL_CODE_DUPLICATE_COLUMN, a->call->callee,
                         "%s would give two columns, '%s' and '%s', that differ at most in case",
                         step, first->name, twin->name);
    }
    zpl_diag_help(&a->diags, d, "rename or drop one of them first");
}

/* An input's type that is this row already, so that chains of steps share one. */
static const struct zpl_type *shared(const struct zpl_attempt *a, const struct zpl_column *columns,
                                     size_t count, bool open)
{
    for (size_t i = 0; i < a->line->input_count; i++) {
        const struct zpl_row *row = zpl_attempt_table(a, i);
        if (!row || row->count != count || row->open != open)
            continue;
        size_t k = 0;
        while (k < count && row->columns[k].name == columns[k].name &&
               row->columns[k].type == columns[k].type)
            k++;
        if (k == count)
            return a->values[i]->type;
    }
    return NULL;
}

static const struct zpl_type *unknown(struct zpl_attempt *a)
{
    return zpl_type_new(a->arena, ZPL_UNKNOWN);
}

static const struct zpl_type *fill_table(struct zpl_attempt *a, const struct zpl_type *pattern)
{
    struct items list = {0};
    expand(a, &list, pattern->row);
    struct zpl_column *columns = zpl_arena_array(a->scratch, list.count, sizeof *columns);
    size_t count = 0;
    if (list.unknown || !columns)
        return unknown(a);
    for (size_t i = 0; i < a->line->input_count; i++)
        place(a, &list, i, columns, &count);
    for (size_t i = 0; i < list.count; i++)
        if (!list.items[i].var)
            zpl_attempt_hold_dims(a, list.items[i].name, list.items[i].type);
    for (size_t i = 0; i < list.count; i++)
        if (!list.items[i].placed)
            columns[count++] = (struct zpl_column){list.items[i].name, list.items[i].type};
    const struct zpl_type *same = shared(a, columns, count, list.open);
    if (same)
        return same;
    struct zpl_row *row = zpl_arena_alloc(a->arena, sizeof *row);
    struct zpl_column *kept = zpl_arena_array(a->arena, count, sizeof *kept);
    if (!row || !kept)
        return NULL;
    if (count)
        memcpy(kept, columns, count * sizeof *kept);
    *row = (struct zpl_row){kept, count, list.open};
    const struct zpl_column *first, *twin = zpl_row_twins(row, &first);
    if (twin) {
        tell_twins(a, first, twin);
        return unknown(a);
    }
    if (count > ZPL_COLUMNS_MAX) {
        zpl_diag_add(&a->diags, ZPL_CODE_LANG_LIMIT, a->call->callee,
                     "%s would give a table of %zu columns; a table has at most %u",
                     a->call->step->name, count, ZPL_COLUMNS_MAX);
        return unknown(a);
    }
    return zpl_type_table(a->arena, row);
}

/* A model is no data: its features and label are kinds without contracts. */
static const struct zpl_type *bare(struct zpl_attempt *a, const struct zpl_type *type)
{
    return type && type->refine ? zpl_type_refined(a->arena, type, NULL) : type;
}

/* Rows of models, records and reports: as written. */
static const struct zpl_row *fill_row(struct zpl_attempt *a, const struct zpl_row *pattern,
                                      bool model, bool *poisoned)
{
    struct items list = {0};
    expand(a, &list, pattern);
    *poisoned |= list.unknown;
    struct zpl_row *row = zpl_arena_alloc(a->arena, sizeof *row);
    struct zpl_column *columns = zpl_arena_array(a->arena, list.count, sizeof *columns);
    if (!row || !columns)
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        columns[i] = (struct zpl_column){list.items[i].name,
                                         model ? bare(a, list.items[i].type) : list.items[i].type};
    *row = (struct zpl_row){columns, list.count, list.open};
    return row;
}

/* The type of the label where only its name is written: that of the column in an input. */
static const struct zpl_type *label_of_inputs(struct zpl_attempt *a, const char *label)
{
    for (size_t i = 0; i < a->line->input_count; i++) {
        const struct zpl_row *have = zpl_attempt_table(a, i);
        const struct zpl_column *column = have ? zpl_row_find(have, label) : NULL;
        if (column)
            return column->type;
    }
    return NULL;
}

static const struct zpl_type *fill_model(struct zpl_attempt *a, const struct zpl_type *pattern)
{
    struct zpl_type *type = zpl_arena_alloc(a->arena, sizeof *type);
    bool poisoned = false;
    if (!type)
        return NULL;
    *type = *pattern;
    type->label_is_var = false;
    if (pattern->label)
        type->label =
            pattern->label_is_var ? zpl_attempt_resolve(a, pattern->label) : pattern->label;
    if (pattern->label && !type->label)
        poisoned = true;
    if (pattern->label_type) {
        type->label_type = bare(a, zpl_attempt_fill(a, pattern->label_type));
        poisoned |= type->label_type && type->label_type->kind == ZPL_UNKNOWN;
    } else if (type->label) {
        type->label_type = bare(a, label_of_inputs(a, type->label));
    }
    if (pattern->row)
        type->row = fill_row(a, pattern->row, true, &poisoned);
    return poisoned ? unknown(a) : type;
}

static bool has_variables(const struct zpl_type *type)
{
    if (type->kind == ZPL_VAR || type->label_is_var || zpl_attempt_has_dims(type) ||
        (type->label_type && has_variables(type->label_type)) ||
        (type->elem && has_variables(type->elem)))
        return true;
    for (size_t i = 0; type->row && i < type->row->count; i++)
        if (!type->row->columns[i].type || has_variables(type->row->columns[i].type))
            return true;
    return false;
}

const struct zpl_type *zpl_attempt_fill(struct zpl_attempt *a, const struct zpl_type *pattern)
{
    const struct zpl_bound_type *bound;
    bool poisoned = false;
    /* Columns of tables may be named by variables that only expanding them shows. */
    if (pattern->kind == ZPL_TABLE)
        return fill_table(a, pattern);
    if (pattern->kind == ZPL_MODEL)
        return fill_model(a, pattern);
    if (!has_variables(pattern))
        return pattern;
    if (pattern->kind == ZPL_VAR) {
        bound = zpl_attempt_type(a, pattern->name);
        return bound && bound->type ? bound->type : unknown(a);
    }
    if (pattern->kind == ZPL_TENSOR)
        return zpl_attempt_fill_dims(a, pattern);
    struct zpl_type *type = zpl_arena_alloc(a->arena, sizeof *type);
    if (!type)
        return NULL;
    *type = *pattern;
    if (pattern->elem)
        type->elem = zpl_attempt_fill(a, pattern->elem);
    if (pattern->row)
        type->row = fill_row(a, pattern->row, false, &poisoned);
    return poisoned ? unknown(a) : type;
}
