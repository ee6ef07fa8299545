/* where.c - the `where f: Number` of a signature. */
#include <string.h>
#include "lang/check/tell.h"

/* A message names this many columns of the wrong type. */
#define COLUMNS_TOLD 4

/* What the step asks for, in the plural: "xgboost.train needs numbers". */
static const char *plural(struct zpl_attempt *a, const struct zpl_type *type)
{
    if (type->kind == ZPL_NUMBER)
        return "numbers";
    if (type->kind == ZPL_CLASS)
        return "classes (Enum or String)";
    const char *text =
        zpl_arena_printf(a->scratch, "a type of %s", zpl_type_text(type, true, a->scratch));
    return text ? text : "another type";
}

/* `text` says which columns are of which type; `many` tells the number of the help's words. */
static struct zpl_diag *tell(struct zpl_attempt *a, struct zpl_span span, size_t input,
                             const struct zpl_type *want, const char *text, bool many)
{
    struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, span, "%s needs %s: %s",
                                      a->call->step->name, plural(a, want), text);
    zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[input]->value);
    if (want->kind == ZPL_NUMBER)
        zpl_diag_help(&a->diags, d, many ? "drop them, or encode them" : "drop it, or encode it");
    return d;
}

static void tell_one(struct zpl_attempt *a, struct zpl_span span, size_t input,
                     const struct zpl_type *want, const char *name, const struct zpl_type *have)
{
    const char *text = zpl_arena_printf(a->scratch, "column '%s' is %s", name,
                                        zpl_type_text(have, true, a->scratch));
    struct zpl_diag *d = tell(a, span, input, want, text ? text : name, false);
    zpl_tell_clue(a->checker->graph, &a->diags, d, a->given[input]->value, name);
}

static bool fits(const struct zpl_type *have, const struct zpl_type *want)
{
    return !have || zpl_type_fits(have, want, NULL, NULL);
}

/* Why the first columns of the wrong type have it. */
static void tell_clues(struct zpl_attempt *a, struct zpl_diag *d, const struct zpl_bound_row *b,
                       const struct zpl_type *want)
{
    for (size_t i = 0, told = 0; i < b->count && told < COLUMNS_TOLD; i++)
        if (!fits(b->columns[i].type, want) && told++ < COLUMNS_TOLD)
            zpl_tell_clue(a->checker->graph, &a->diags, d, a->given[b->input]->value,
                          b->columns[i].name);
}

/* Columns that an argument lists are told each at its place there, others all at the table. */
static void hold_row(struct zpl_attempt *a, const struct zpl_bound_row *b,
                     const struct zpl_type *want)
{
    struct zpl_buf text = {0};
    const struct zpl_column *first = NULL;
    size_t count = 0;
    if (b->state != ZPL_BOUND || b->input == ZPL_NO_INPUT || !a->given[b->input])
        return;
    if (b->open) {
        struct zpl_diag *d =
            zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, a->given[b->input]->span,
                         "the columns of '%s' are not all known: %s can't tell which are '%s'",
                         a->line->inputs[b->input].name, a->call->step->name, b->var);
        zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[b->input]->value);
        zpl_diag_help(&a->diags, d,
                      "declare its columns without `...`, or take those that are declared: "
                      "sql [[ SELECT … ]]");
        return;
    }
    if (b->count == 0) {
        size_t at = b->param != ZPL_NO_INPUT && a->given[b->param] ? b->param : b->input;
        struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, a->given[at]->span,
                                          "%s " ZPL_LACKS_COLUMNS " for '%s', and there is none",
                                          a->call->step->name, b->var);
        zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[b->input]->value);
        return;
    }
    for (size_t i = 0; i < b->count; i++) {
        const struct zpl_column *column = &b->columns[i];
        if (fits(column->type, want))
            continue;
        if (b->param != ZPL_NO_INPUT) {
            tell_one(a, zpl_item_span(a->given[b->param], column->name), b->input, want,
                     column->name, column->type);
            continue;
        }
        if (count++ == 0)
            first = column;
        if (count <= COLUMNS_TOLD)
            zpl_buf_printf(&text, "%s'%s' is %s", count > 1 ? ", " : "columns ", column->name,
                           zpl_type_text(column->type, true, a->scratch));
    }
    if (count > COLUMNS_TOLD)
        zpl_buf_printf(&text, " and %zu more are no better", count - COLUMNS_TOLD);
    struct zpl_span span = a->given[b->input]->span;
    if (count == 1)
        tell_one(a, span, b->input, want, first->name, first->type);
    else if (count > 1)
        tell_clues(a, tell(a, span, b->input, want, zpl_buf_str(&text), true), b, want);
    zpl_buf_release(&text);
}

void zpl_attempt_where(struct zpl_attempt *a)
{
    for (size_t i = 0; i < a->line->where_count; i++) {
        const struct zpl_where *w = &a->line->where[i];
        const struct zpl_bound_row *row = zpl_attempt_row(a, w->var);
        const struct zpl_bound_column *column = zpl_attempt_column(a, w->var);
        const struct zpl_bound_type *type = zpl_attempt_type(a, w->var);
        if (row)
            hold_row(a, row, w->type);
        if (column && column->input != ZPL_NO_INPUT && !fits(column->type, w->type)) {
            size_t at = column->param != ZPL_NO_INPUT ? column->param : column->input;
            tell_one(a, a->given[at]->span, column->input, w->type, column->name, column->type);
        }
        if (type && type->input != ZPL_NO_INPUT && !fits(type->type, w->type))
            tell_one(a, a->given[type->input]->span, type->input, w->type,
                     type->column ? type->column : a->line->inputs[type->input].name, type->type);
    }
}
