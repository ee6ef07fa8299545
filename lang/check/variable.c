/* variable.c - the variables of a signature's line, and what arguments bind at once. */
#include <string.h>
#include "lang/check/attempt.h"

struct zpl_bound_row *zpl_attempt_row(struct zpl_attempt *a, const char *var)
{
    for (size_t i = 0; i < a->row_count; i++)
        if (strcmp(a->rows[i].var, var) == 0)
            return &a->rows[i];
    return NULL;
}

struct zpl_bound_column *zpl_attempt_column(struct zpl_attempt *a, const char *var)
{
    for (size_t i = 0; i < a->column_count; i++)
        if (strcmp(a->columns[i].var, var) == 0)
            return &a->columns[i];
    return NULL;
}

struct zpl_bound_type *zpl_attempt_type(struct zpl_attempt *a, const char *var)
{
    for (size_t i = 0; i < a->type_count; i++)
        if (strcmp(a->types[i].var, var) == 0)
            return &a->types[i];
    return NULL;
}

static struct zpl_bound_row *declare_row(struct zpl_attempt *a, const char *var)
{
    struct zpl_bound_row *known = zpl_attempt_row(a, var);
    if (known)
        return known;
    struct zpl_bound_row *rows =
        zpl_arena_grow(a->scratch, a->rows, a->row_count, &a->row_room, sizeof *rows);
    if (!rows)
        return NULL;
    a->rows = rows;
    rows[a->row_count] =
        (struct zpl_bound_row){.var = var, .param = ZPL_NO_INPUT, .input = ZPL_NO_INPUT};
    return &rows[a->row_count++];
}

static struct zpl_bound_column *declare_column(struct zpl_attempt *a, const char *var)
{
    struct zpl_bound_column *known = zpl_attempt_column(a, var);
    if (known)
        return known;
    struct zpl_bound_column *columns =
        zpl_arena_grow(a->scratch, a->columns, a->column_count, &a->column_room, sizeof *columns);
    if (!columns)
        return NULL;
    a->columns = columns;
    columns[a->column_count] =
        (struct zpl_bound_column){.var = var, .param = ZPL_NO_INPUT, .input = ZPL_NO_INPUT};
    return &columns[a->column_count++];
}

static struct zpl_bound_type *declare_type(struct zpl_attempt *a, const char *var)
{
    struct zpl_bound_type *known = zpl_attempt_type(a, var);
    if (known)
        return known;
    struct zpl_bound_type *types =
        zpl_arena_grow(a->scratch, a->types, a->type_count, &a->type_room, sizeof *types);
    if (!types)
        return NULL;
    a->types = types;
    types[a->type_count] = (struct zpl_bound_type){.var = var, .input = ZPL_NO_INPUT};
    return &types[a->type_count++];
}

/* Declares every variable that stands in the pattern. */
static void declare(struct zpl_attempt *a, const struct zpl_type *pattern)
{
    if (pattern->kind == ZPL_VAR)
        declare_type(a, pattern->name);
    if (pattern->kind == ZPL_MODEL && pattern->label_is_var)
        declare_column(a, pattern->label);
    if (pattern->label_type)
        declare(a, pattern->label_type);
    if (pattern->elem)
        declare(a, pattern->elem);
    for (size_t i = 0; pattern->row && i < pattern->row->count; i++) {
        const struct zpl_column *column = &pattern->row->columns[i];
        if (column->type)
            declare(a, column->type);
        else
            declare_row(a, column->name);
    }
}

/* `columns k` with its names, whose types a table will tell. */
static void bind_names(struct zpl_attempt *a, size_t input, const struct zpl_literal *names)
{
    struct zpl_bound_row *row = declare_row(a, a->line->inputs[input].type->name);
    struct zpl_column *columns = zpl_arena_array(a->scratch, names->as.list.count, sizeof *columns);
    if (!row || !columns)
        return;
    for (size_t i = 0; i < names->as.list.count; i++)
        columns[i].name = names->as.list.items[i]->as.str.s;
    row->columns = columns;
    row->count = names->as.list.count;
    row->state = ZPL_NAMED;
    row->param = input;
}

static void bind_type(struct zpl_attempt *a, size_t input, const struct zpl_type *type)
{
    const char *var = a->line->inputs[input].type->name;
    struct zpl_bound_type *bound = declare_type(a, var);
    struct zpl_bound_row *row = declare_row(a, var);
    if (!bound || !row)
        return;
    bound->type = type;
    bound->input = input;
    if (type->kind != ZPL_TABLE)
        return;
    row->state = ZPL_BOUND;
    row->columns = (struct zpl_column *)type->row->columns; /* bound rows are never written to */
    row->count = type->row->count;
    row->open = type->row->open;
    row->input = input;
    row->of_table = true;
}

/* An argument that was refused leaves what it should have bound poisoned. */
static void poison(struct zpl_attempt *a, const struct zpl_type *type)
{
    struct zpl_bound_row *row = zpl_attempt_row(a, type->name);
    struct zpl_bound_column *column = zpl_attempt_column(a, type->name);
    struct zpl_bound_type *bound = zpl_attempt_type(a, type->name);
    if (row && type->kind != ZPL_COLUMN_OF)
        row->state = ZPL_POISONED;
    if (column && type->kind == ZPL_COLUMN_OF)
        column->state = ZPL_POISONED;
    if (bound && type->kind == ZPL_TYPE_OF)
        bound->type = zpl_type_new(a->arena, ZPL_UNKNOWN);
}

static void bind_argument(struct zpl_attempt *a, size_t input)
{
    const struct zpl_type *type = a->line->inputs[input].type;
    const struct zpl_value *value = a->values[input];
    if (!value || value->kind != ZPL_VALUE_LITERAL) {
        if (value || a->given[input] || !a->line->inputs[input].optional)
            poison(a, type);
        return;
    }
    if (type->kind == ZPL_COLUMNS_OF) {
        bind_names(a, input, value->literal);
    } else if (type->kind == ZPL_TYPE_OF) {
        bind_type(a, input, value->literal->as.type);
    } else {
        struct zpl_bound_column *column = zpl_attempt_column(a, type->name);
        if (!column)
            return;
        column->state = ZPL_BOUND;
        column->name = value->literal->as.str.s;
        column->param = input;
    }
}

void zpl_attempt_declare(struct zpl_attempt *a)
{
    const struct zpl_signature *line = a->line;
    for (size_t i = 0; i < line->input_count; i++) {
        const struct zpl_type *type = line->inputs[i].type;
        if (type->kind == ZPL_COLUMN_OF)
            declare_column(a, type->name);
        else if (type->kind == ZPL_COLUMNS_OF)
            declare_row(a, type->name);
        else if (type->kind == ZPL_TYPE_OF)
            declare_type(a, type->name);
        else
            declare(a, type);
    }
    for (size_t i = 0; i < line->input_count; i++) {
        enum zpl_kind kind = line->inputs[i].type->kind;
        if (kind == ZPL_COLUMN_OF || kind == ZPL_COLUMNS_OF || kind == ZPL_TYPE_OF)
            bind_argument(a, i);
    }
}

const char *zpl_attempt_resolve(struct zpl_attempt *a, const char *name)
{
    const struct zpl_bound_column *column = zpl_attempt_column(a, name);
    return column ? column->name : name;
}

/* Does the row variable stand in a row of the type? */
static bool has_row(const struct zpl_type *type, const char *var)
{
    if (type->kind == ZPL_COLUMNS_OF && strcmp(type->name, var) == 0)
        return true;
    if (type->elem && has_row(type->elem, var))
        return true;
    for (size_t i = 0; type->row && i < type->row->count; i++) {
        const struct zpl_column *column = &type->row->columns[i];
        if (column->type ? has_row(column->type, var) : strcmp(column->name, var) == 0)
            return true;
    }
    return false;
}

bool zpl_line_has_row(const struct zpl_signature *line, const char *var, size_t skip)
{
    for (size_t i = 0; i < line->input_count; i++)
        if (i != skip && has_row(line->inputs[i].type, var))
            return true;
    for (size_t i = 0; i < line->output_count; i++)
        if (has_row(line->outputs[i].type, var))
            return true;
    for (size_t i = 0; i < line->where_count; i++)
        if (strcmp(line->where[i].var, var) == 0)
            return true;
    return false;
}

/* Does a row of the type have a column or row variable of that name, or a label? */
static bool mentions(const struct zpl_type *type, const char *var)
{
    if (type->label && strcmp(type->label, var) == 0)
        return true;
    for (size_t i = 0; type->row && i < type->row->count; i++)
        if (strcmp(type->row->columns[i].name, var) == 0)
            return true;
    return false;
}

bool zpl_line_is_free(const struct zpl_signature *line, const char *var)
{
    for (size_t i = 0; i < line->input_count; i++)
        if (mentions(line->inputs[i].type, var))
            return false;
    for (size_t i = 0; i < line->output_count; i++)
        if (mentions(line->outputs[i].type, var))
            return false;
    return true;
}

const struct zpl_row *zpl_attempt_table(const struct zpl_attempt *a, size_t input)
{
    const struct zpl_value *value = a->values[input];
    if (!value || !value->type || value->type->kind != ZPL_TABLE)
        return NULL;
    return value->type->row;
}

size_t zpl_attempt_first_table(const struct zpl_attempt *a)
{
    for (size_t i = 0; i < a->line->input_count; i++)
        if (a->line->inputs[i].type->kind == ZPL_TABLE && a->values[i])
            return i;
    return ZPL_NO_INPUT;
}
