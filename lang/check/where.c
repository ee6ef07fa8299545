/* where.c - the `where f: Number` of a signature. */
#include <string.h>
#include "lang/check/sqlname.h"
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

/* How a column becomes a number. */
static const char *say_number(struct zpl_attempt *a, const struct zpl_column *column)
{
    const char *text;
    switch (column->type->kind) {
    case ZPL_TIMESTAMP:
    case ZPL_DATE:
        text = zpl_arena_printf(a->scratch, "epoch(%s) counts seconds",
                                zpl_sql_name(column->name, a->scratch));
        break;
    case ZPL_LIST:
        text = zpl_arena_printf(a->scratch, "len(%s) counts its values",
                                zpl_sql_name(column->name, a->scratch));
        break;
    default:
        text = zpl_arena_printf(a->scratch, "%s = 'a value' is a Bool, which counts as 0 and 1",
                                zpl_sql_name(column->name, a->scratch));
    }
    return text ? text : "";
}

/* Columns of the wrong type. */
static void tell(struct zpl_attempt *a, struct zpl_span span, size_t input,
                 const struct zpl_type *want, const struct zpl_column *columns, size_t count)
{
    struct zpl_buf text = {0};
    const char **names = zpl_arena_array(a->scratch, count, sizeof *names);
    if (!names)
        return;
    for (size_t i = 0; i < count; i++) {
        names[i] = columns[i].name;
        const char *type = zpl_type_text(columns[i].type, true, a->scratch);
        if (count == 1)
            zpl_buf_printf(&text, "column '%s' is %s", names[i], type);
        else if (i < COLUMNS_TOLD)
            zpl_buf_printf(&text, "%s'%s' is %s",
                           i == 0           ? ""
                           : i + 1 == count ? " and "
                                            : ", ",
                           names[i], type);
    }
    if (count > COLUMNS_TOLD)
        zpl_buf_printf(&text, " and %zu more columns are no better", count - COLUMNS_TOLD);
    struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, span, "%s needs %s: %s",
                                      a->call->step->name, plural(a, want), zpl_buf_str(&text));
    zpl_tell_column_maker(a->checker->graph, &a->diags, d, a->given[input]->value, names, count);
    for (size_t i = 0; i < count && i < COLUMNS_TOLD; i++)
        zpl_tell_clue(a->checker->graph, &a->diags, d, a->given[input]->value, names[i]);
    if (want->kind == ZPL_NUMBER)
        zpl_diag_help(&a->diags, d, "drop %s, or encode %s in SQL: %s", count > 1 ? "them" : "it",
                      count > 1 ? "them" : "it", say_number(a, columns));
    zpl_buf_release(&text);
}

static bool fits(const struct zpl_type *have, const struct zpl_type *want)
{
    return !have || zpl_type_fits(have, want, NULL, NULL);
}

/* Columns that an argument lists are told each at its place there, others all at the table. */
static void hold_row(struct zpl_attempt *a, const struct zpl_bound_row *b,
                     const struct zpl_type *want)
{
    struct zpl_column *wrong = zpl_arena_array(a->scratch, b->count, sizeof *wrong);
    size_t count = 0;
    if (!wrong || b->state != ZPL_BOUND || b->input == ZPL_NO_INPUT || !a->given[b->input])
        return;
    if (b->open) {
        struct zpl_diag *d =
            zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, a->given[b->input]->span,
                         "the columns of '%s' are not all known: %s can't tell which are '%s'",
                         a->line->inputs[b->input].name, a->call->step->name, b->var);
        zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[b->input]->value);
        zpl_diag_help(&a->diags, d,
                      "declare its columns without `...` (once it has run, `zpl show` has the "
                      "declaration), or take those that are declared: sql [[ SELECT … ]]");
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
            tell(a, zpl_item_span(a->given[b->param], column->name), b->input, want, column, 1);
            continue;
        }
        wrong[count++] = *column;
    }
    if (count > 0)
        tell(a, a->given[b->input]->span, b->input, want, wrong, count);
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
            const struct zpl_column wrong = {column->name, column->type};
            tell(a, a->given[at]->span, column->input, w->type, &wrong, 1);
        }
        if (type && type->input != ZPL_NO_INPUT && !fits(type->type, w->type)) {
            const struct zpl_column wrong = {
                type->column ? type->column : a->line->inputs[type->input].name, type->type};
            tell(a, a->given[type->input]->span, type->input, w->type, &wrong, 1);
        }
    }
}
