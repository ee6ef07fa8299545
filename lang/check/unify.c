/* unify.c - what the variables of a signature stand for, from the types of the inputs.
 * Models come before tables, because they name columns; tables come in the order in which they
 * leave at most one row variable open, which then gets what is left. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/check/tell.h"
#include "lang/types/signature.h"

/* A message names this many columns that are missing. */
#define MISSING_TOLD 8

static void match(struct zpl_attempt *a, size_t input, const struct zpl_type *want,
                  const struct zpl_type *have);

static const char *text_of(struct zpl_attempt *a, const struct zpl_type *type)
{
    return zpl_type_text(type, true, a->scratch);
}

/* Adds who made the input. */
static void add_maker(struct zpl_attempt *a, struct zpl_diag *d, size_t input)
{
    zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[input]->value);
}

static struct zpl_diag *tell_wrong(struct zpl_attempt *a, size_t input, const char *why)
{
    struct zpl_diag *d =
        zpl_diag_add(&a->diags, ZPL_CODE_WRONG_KIND, a->given[input]->span, "'%s' of %s %s",
                     a->line->inputs[input].name, a->call->step->name, why);
    add_maker(a, d, input);
    return d;
}

static void tell_wrong_kind(struct zpl_attempt *a, size_t input, const struct zpl_type *want)
{
    const char *got = zpl_say_value(a->given[input]->value, a->scratch);
    const char *why =
        zpl_arena_printf(a->scratch, "wants %s, got %s", zpl_say_kind(want->kind, a->scratch), got);
    tell_wrong(a, input, why ? why : "is of another kind");
}

/* Binds every variable of the pattern that is still free to poison. */
static void poison(struct zpl_attempt *a, const struct zpl_type *pattern)
{
    struct zpl_bound_type *type =
        pattern->kind == ZPL_VAR ? zpl_attempt_type(a, pattern->name) : NULL;
    if (type && !type->type)
        type->type = zpl_type_new(a->arena, ZPL_UNKNOWN);
    struct zpl_bound_column *label =
        pattern->label_is_var ? zpl_attempt_column(a, pattern->label) : NULL;
    if (label && label->state == ZPL_UNBOUND)
        label->state = ZPL_POISONED;
    if (pattern->label_type)
        poison(a, pattern->label_type);
    if (pattern->elem)
        poison(a, pattern->elem);
    for (size_t i = 0; pattern->row && i < pattern->row->count; i++) {
        const struct zpl_column *column = &pattern->row->columns[i];
        if (column->type) {
            poison(a, column->type);
            continue;
        }
        struct zpl_bound_row *row = zpl_attempt_row(a, column->name);
        if (row && row->state != ZPL_BOUND)
            row->state = ZPL_POISONED;
    }
}

/* The place of what named the column: its argument, or the table it should be in. */
static struct zpl_span place_of(struct zpl_attempt *a, size_t param, const char *name, size_t input)
{
    if (param != ZPL_NO_INPUT && a->given[param])
        return zpl_item_span(a->given[param], name);
    return a->given[input]->span;
}

/* A column that may be meant, unless that is one which is needed too. */
static void tell_near(struct zpl_attempt *a, struct zpl_diag *d, const char *name,
                      const struct zpl_row *have, size_t source)
{
    const struct zpl_row *needed =
        source != ZPL_NO_INPUT && a->given[source] ? a->given[source]->value->type->row : NULL;
    struct zpl_column *others = zpl_arena_array(a->scratch, have->count + 1, sizeof *others);
    struct zpl_row row = {.columns = others};
    for (size_t i = 0; others && i < have->count; i++)
        if (!needed || !zpl_row_find(needed, have->columns[i].name))
            others[row.count++] = have->columns[i];
    zpl_tell_near_column(&a->diags, d, name, &row);
}

/* Columns that the step or one of its other inputs needs are not there. */
static void tell_missing_all(struct zpl_attempt *a, size_t input, const struct zpl_row *have,
                             const char *const *names, size_t count, size_t source)
{
    const char *table = a->line->inputs[input].name;
    const struct zpl_type *type = a->given[input]->value->type;
    bool report = type->kind == ZPL_REPORT || type->kind == ZPL_RECORD;
    struct zpl_buf text = {0};
    for (size_t i = 0; i < count && i < MISSING_TOLD; i++)
        zpl_buf_printf(&text, "%s'%s'", i == 0 ? "" : i + 1 == count ? " and " : ", ", names[i]);
    if (count > MISSING_TOLD)
        zpl_buf_printf(&text, " and %zu more", count - MISSING_TOLD);
    struct zpl_diag *d = zpl_diag_add(
        &a->diags, report ? ZPL_CODE_UNKNOWN_FIELD : ZPL_CODE_UNKNOWN_COLUMN, a->given[input]->span,
        "%s needs %s%s %s, which '%s' does not have", a->call->step->name,
        report ? "field" : "column", count > 1 ? "s" : "", zpl_buf_str(&text), table);
    zpl_tell_columns(&a->diags, d, table, have);
    if (source != ZPL_NO_INPUT && source != input && a->given[source])
        zpl_diag_note(&a->diags, d, a->given[source]->span, "'%s' has %s",
                      a->line->inputs[source].name, count > 1 ? "them" : "it");
    add_maker(a, d, input);
    if (count == 1)
        tell_near(a, d, names[0], have, source);
    zpl_tell_undeclared_column(a->checker->graph, &a->diags, d, a->given[input]->value, names[0]);
    zpl_buf_release(&text);
}

/* A column that `param` names, or that the step or one of its other inputs needs, is not there. */
static void tell_missing(struct zpl_attempt *a, size_t input, const struct zpl_row *have,
                         const char *name, size_t param, size_t source)
{
    if (param != ZPL_NO_INPUT) {
        zpl_tell_unknown_column(a->checker->graph, &a->diags, place_of(a, param, name, input), name,
                                a->line->inputs[input].name, have, a->given[input]->value);
        return;
    }
    tell_missing_all(a, input, have, &name, 1, source);
}

static void tell_column_type(struct zpl_attempt *a, size_t input, const char *name,
                             const struct zpl_type *have, const struct zpl_type *want,
                             size_t source)
{
    struct zpl_diag *d =
        zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, a->given[input]->span,
                     "column '%s' of '%s' is %s, wanted %s", name, a->line->inputs[input].name,
                     text_of(a, have), text_of(a, want));
    if (source != ZPL_NO_INPUT && source != input && a->given[source])
        zpl_diag_note(&a->diags, d, a->given[source]->span, "'%s' has it as %s",
                      a->line->inputs[source].name, text_of(a, want));
    zpl_tell_clue(a->checker->graph, &a->diags, d, a->given[input]->value, name);
    zpl_tell_column_maker(a->checker->graph, &a->diags, d, a->given[input]->value, &name, 1);
}

/* One meeting of a type variable; `column` is what has the type, NULL for a whole input. */
static void meet_type(struct zpl_attempt *a, size_t input, const char *column, const char *var,
                      const struct zpl_type *have)
{
    struct zpl_bound_type *bound = zpl_attempt_type(a, var);
    if (!bound || have->kind == ZPL_UNKNOWN)
        return;
    if (!bound->type || bound->type->kind == ZPL_UNKNOWN) {
        *bound = (struct zpl_bound_type){bound->var, have, column, input};
        return;
    }
    if (zpl_type_fits(have, bound->type, NULL, NULL))
        return;
    if (column) {
        tell_column_type(a, input, column, have, bound->type, bound->input);
        return;
    }
    const char *why = zpl_arena_printf(a->scratch, "is %s, but another argument is %s",
                                       text_of(a, have), text_of(a, bound->type));
    tell_wrong(a, input, why ? why : "differs from another argument");
}

static void match_column(struct zpl_attempt *a, size_t input, const struct zpl_type *want,
                         const struct zpl_column *found, size_t source)
{
    if (found->type->kind == ZPL_UNKNOWN)
        poison(a, want);
    else if (want->kind == ZPL_VAR)
        meet_type(a, input, found->name, want->name, found->type);
    else if (!zpl_type_fits(found->type, want, NULL, NULL))
        tell_column_type(a, input, found->name, found->type, want, source);
    else if (want->kind == ZPL_TENSOR)
        zpl_attempt_meet_dims(a, input, found->name, want, found->type);
}

/* The columns of `have` that the pattern's items took. */
struct taking {
    size_t input;
    const struct zpl_row *have;
    bool *taken;
    size_t hint;
    bool unsure;          /* an item could not be found, so nobody knows what is left */
    const char **missing; /* what a bound variable has, and the table has not */
    size_t missing_count;
};

/* Must a name be among the known columns?  A table's must, also where its type is open: nobody knows
 * whether it is among the others. */
static bool is_held(const struct zpl_attempt *a, const struct taking *t)
{
    return !t->have->open || a->given[t->input]->value->type->kind == ZPL_TABLE;
}

/* A column that the pattern names, itself or by a column variable. */
static void take_named(struct zpl_attempt *a, struct taking *t, const struct zpl_column *item)
{
    struct zpl_bound_column *var = zpl_attempt_column(a, item->name);
    const char *name = var ? var->name : item->name;
    const struct zpl_column *found = name ? zpl_row_next(t->have, name, &t->hint) : NULL;
    if (!found) {
        if (name && is_held(a, t))
            tell_missing(a, t->input, t->have, name, var ? var->param : ZPL_NO_INPUT,
                         var ? var->input : ZPL_NO_INPUT);
        poison(a, item->type);
        t->unsure = true;
        return;
    }
    t->taken[found - t->have->columns] = true;
    size_t source = var ? var->input : ZPL_NO_INPUT;
    size_t told = a->diags.errors;
    match_column(a, t->input, item->type, found, source);
    if (var && var->type && a->diags.errors == told &&
        !zpl_type_fits(found->type, var->type, NULL, NULL))
        tell_column_type(a, t->input, name, found->type, var->type, source);
    if (var && !var->type) {
        var->type = found->type;
        if (var->input == ZPL_NO_INPUT)
            var->input = t->input;
    }
}

/* What two tables promise together of a column that both have: the kind, and hindsight if one says
 * so; other refinements only where both have the same. */
static const struct zpl_type *promised(struct zpl_attempt *a, const struct zpl_type *x,
                                       const struct zpl_type *y)
{
    if (x->refine == y->refine)
        return x;
    if (strcmp(zpl_type_text(x, false, a->scratch), zpl_type_text(y, false, a->scratch)) == 0)
        return x;
    struct zpl_refine kept = {0};
    kept.hindsight = zpl_type_is_hindsight(x) || zpl_type_is_hindsight(y);
    const struct zpl_type *type = zpl_type_refined(a->arena, x, kept.hindsight ? &kept : NULL);
    return type ? type : x;
}

/* One column of a bound variable, looked up in this table. */
static void take_bound_column(struct zpl_attempt *a, struct taking *t, struct zpl_bound_row *b,
                              struct zpl_column *column, bool table)
{
    const struct zpl_column *found = zpl_row_next(t->have, column->name, &t->hint);
    if (!found) {
        if (is_held(a, t) && b->param != ZPL_NO_INPUT)
            tell_missing(a, t->input, t->have, column->name, b->param, b->input);
        else if (is_held(a, t))
            t->missing[t->missing_count++] = column->name;
        if (!column->type)
            column->type = zpl_type_new(a->arena, ZPL_UNKNOWN);
        t->unsure = true;
        return;
    }
    size_t i = (size_t)(found - t->have->columns);
    if (t->taken[i]) {
        struct zpl_diag *d = zpl_diag_add(
            &a->diags, ZPL_CODE_DUPLICATE_COLUMN, place_of(a, b->param, found->name, t->input),
            "column '%s' can't serve %s as two things at once", found->name, a->call->step->name);
        add_maker(a, d, t->input);
    }
    t->taken[i] = true;
    if (!column->type || (table && !b->of_table && found->type->kind != ZPL_UNKNOWN &&
                          zpl_type_fits(found->type, column->type, NULL, NULL)))
        column->type = found->type;
    else if (!zpl_type_fits(found->type, column->type, NULL, NULL))
        tell_column_type(a, t->input, column->name, found->type, column->type, b->input);
    else if (table)
        column->type = promised(a, column->type, found->type);
}

/* Puts the columns that `param` listed into stored order; those that are not there stay behind. */
static void order(struct zpl_attempt *a, struct zpl_bound_row *b, const struct zpl_row *have)
{
    struct zpl_column *sorted = zpl_arena_array(a->scratch, b->count, sizeof *sorted);
    const struct zpl_column **at = zpl_arena_array(a->scratch, have->count, sizeof *at);
    size_t count = 0, hint = 0;
    if (!sorted || !at)
        return;
    for (size_t i = 0; i < b->count; i++) {
        const struct zpl_column *found = zpl_row_next(have, b->columns[i].name, &hint);
        if (found)
            at[found - have->columns] = &b->columns[i];
    }
    for (size_t i = 0; i < have->count; i++)
        if (at[i])
            sorted[count++] = *at[i];
    for (size_t i = 0; i < b->count; i++)
        if (!zpl_row_find(have, b->columns[i].name))
            sorted[count++] = b->columns[i];
    b->columns = sorted;
}

/* A row variable that is bound already has to find its columns here. */
static void take_bound(struct zpl_attempt *a, struct taking *t, struct zpl_bound_row *b)
{
    bool named = b->state == ZPL_NAMED;
    enum zpl_kind kind = a->line->inputs[t->input].type->kind;
    struct zpl_column *columns = zpl_arena_array(a->scratch, b->count, sizeof *columns);
    if (!columns)
        return;
    memcpy(columns, b->columns, b->count * sizeof *columns);
    b->columns = columns;
    t->missing = zpl_arena_array(a->scratch, b->count, sizeof *t->missing);
    t->missing_count = 0;
    for (size_t i = 0; t->missing && i < b->count; i++)
        take_bound_column(a, t, b, &columns[i], kind == ZPL_TABLE);
    if (t->missing_count > 0)
        tell_missing_all(a, t->input, t->have, t->missing, t->missing_count, b->input);
    if (named) {
        order(a, b, t->have);
        b->state = ZPL_BOUND;
    }
    if (b->input == ZPL_NO_INPUT)
        b->input = t->input;
    b->of_table |= kind == ZPL_TABLE;
    t->unsure |= b->open;
}

static void take_rest(struct zpl_attempt *a, struct taking *t, struct zpl_bound_row *b)
{
    if (t->unsure) {
        b->state = ZPL_POISONED;
        return;
    }
    struct zpl_column *columns = zpl_arena_array(a->scratch, t->have->count, sizeof *columns);
    if (!columns)
        return;
    b->columns = columns;
    for (size_t i = 0; i < t->have->count; i++) {
        if (t->taken[i])
            continue;
        t->taken[i] = true;
        columns[b->count++] = t->have->columns[i];
    }
    b->state = ZPL_BOUND;
    b->open = t->have->open;
    b->left = true;
    b->input = t->input;
    b->of_table = a->line->inputs[t->input].type->kind == ZPL_TABLE;
}

/* A variable that is all of this row and was what was left of another has to be the same there. */
static void hold_to_equal(struct zpl_attempt *a, const struct taking *t,
                          const struct zpl_row *pattern)
{
    const struct zpl_bound_row *b =
        pattern->count == 1 && !pattern->open ? zpl_attempt_row(a, pattern->columns[0].name) : NULL;
    if (!b || !b->left || b->input == t->input || b->open || t->have->open || t->unsure)
        return;
    for (size_t i = 0; i < t->have->count; i++) {
        if (t->taken[i])
            continue;
        struct zpl_diag *d = zpl_diag_add(
            &a->diags, ZPL_CODE_UNKNOWN_COLUMN, a->given[t->input]->span,
            "'%s' and '%s' of %s must have the same columns, but only '%s' has '%s'",
            a->line->inputs[b->input].name, a->line->inputs[t->input].name, a->call->step->name,
            a->line->inputs[t->input].name, t->have->columns[i].name);
        add_maker(a, d, t->input);
        return;
    }
}

static void match_row(struct zpl_attempt *a, size_t input, const struct zpl_row *pattern,
                      const struct zpl_row *have)
{
    struct taking t = {.input = input, .have = have};
    t.taken = zpl_arena_array(a->scratch, have->count, sizeof *t.taken);
    if (!t.taken)
        return;
    for (size_t i = 0; i < pattern->count; i++)
        if (pattern->columns[i].type)
            take_named(a, &t, &pattern->columns[i]);
    for (size_t i = 0; i < pattern->count; i++) {
        struct zpl_bound_row *b =
            pattern->columns[i].type ? NULL : zpl_attempt_row(a, pattern->columns[i].name);
        if (b && b->state == ZPL_POISONED)
            t.unsure = true;
        else if (b && b->state != ZPL_UNBOUND)
            take_bound(a, &t, b);
    }
    hold_to_equal(a, &t, pattern);
    for (size_t i = 0; i < pattern->count; i++) {
        struct zpl_bound_row *b =
            pattern->columns[i].type ? NULL : zpl_attempt_row(a, pattern->columns[i].name);
        if (b && b->state == ZPL_UNBOUND)
            take_rest(a, &t, b);
    }
}

static void match_label(struct zpl_attempt *a, size_t input, const struct zpl_type *want,
                        const struct zpl_type *have)
{
    struct zpl_bound_column *var = want->label_is_var ? zpl_attempt_column(a, want->label) : NULL;
    if (var && var->state == ZPL_UNBOUND) {
        var->state = have->label ? ZPL_BOUND : ZPL_POISONED;
        var->name = have->label;
        var->type = have->label_type;
        var->input = input;
    } else if (have->label && want->label) {
        const char *wanted = var ? var->name : want->label;
        if (wanted && strcmp(wanted, have->label) != 0) {
            const char *why =
                zpl_arena_printf(a->scratch, "predicts '%s', wanted '%s'", have->label, wanted);
            tell_wrong(a, input, why ? why : "predicts another column");
        }
    }
    if (!want->label_type)
        return;
    if (!have->label_type || have->label_type->kind == ZPL_UNKNOWN) {
        poison(a, want->label_type);
    } else if (want->label_type->kind == ZPL_VAR) {
        meet_type(a, input, have->label ? have->label : "label", want->label_type->name,
                  have->label_type);
    } else if (!zpl_type_fits(have->label_type, want->label_type, NULL, NULL)) {
        const char *why = zpl_arena_printf(
            a->scratch, "predicts '%s', which is %s; wanted %s", have->label ? have->label : "?",
            text_of(a, have->label_type), zpl_say_kind(want->label_type->kind, a->scratch));
        tell_wrong(a, input, why ? why : "predicts another type");
    }
}

static bool has_variables(const struct zpl_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (!row->columns[i].type)
            return true;
    return false;
}

/* The frameworks whose models one of the signatures of a step takes or gives: "xgboost or onnx". */
static const char *frameworks_of(const char *signature, struct zpl_arena *arena)
{
    static const char model[] = "Model {";
    const char *out = NULL;
    for (const char *at = strstr(signature, model); at; at = strstr(at, model)) {
        at += strlen(model);
        const char *name = zpl_arena_strndup(arena, at, strcspn(at, ", }:"));
        if (!name || at[strlen(name)] == ':')
            continue;
        if (!out)
            out = name;
        else if (!strstr(out, name))
            out = zpl_arena_printf(arena, "%s or %s", out, name);
    }
    return out;
}

static void match_model(struct zpl_attempt *a, size_t input, const struct zpl_type *want,
                        const struct zpl_type *have)
{
    match_label(a, input, want, have);
    const char *why = NULL;
    struct zpl_type kind = *want, made = *have;
    kind.label = NULL; /* label and label type were looked at above */
    kind.label_type = NULL;
    if (want->row && has_variables(want->row))
        kind.row = NULL;
    if (!zpl_type_fits(&made, &kind, a->scratch, &why)) {
        bool other =
            have->framework && want->framework && strcmp(have->framework, want->framework) != 0;
        bool scored = strstr(a->call->step->signature, "Model {onnx,") != NULL;
        const char *all =
            other && scored ? frameworks_of(a->call->step->signature, a->scratch) : NULL;
        if (all)
            why = zpl_arena_printf(a->scratch, "is a model of %s, wanted one of %s",
                                   have->framework, all);
        struct zpl_diag *d = tell_wrong(a, input, why ? why : "is another model");
        /* A step that takes models of ONNX takes all that can be made ones. */
        if (other && scored && strcmp(have->framework, "onnx") != 0)
            zpl_diag_help(&a->diags, d,
                          "`onnx.export { model }` makes a model that is scored here of one of "
                          "scikit-learn, LightGBM, PyTorch or Keras");
    }
    if (kind.row || !want->row)
        return;
    if (have->row)
        match_row(a, input, want->row, have->row);
    else
        poison(a, want);
}

static void match(struct zpl_attempt *a, size_t input, const struct zpl_type *want,
                  const struct zpl_type *have)
{
    if (have->kind == ZPL_UNKNOWN) {
        a->poison = true;
        poison(a, want);
        return;
    }
    if (want->kind == ZPL_VAR) {
        meet_type(a, input, NULL, want->name, have);
        return;
    }
    bool row = have->kind == ZPL_TABLE || have->kind == ZPL_RECORD || have->kind == ZPL_REPORT;
    if (row && have->kind == want->kind) {
        match_row(a, input, want->row, have->row);
    } else if (have->kind == ZPL_MODEL && want->kind == ZPL_MODEL) {
        match_model(a, input, want, have);
    } else if (have->kind == ZPL_LIST && want->kind == ZPL_LIST && have->elem) {
        match(a, input, want->elem, have->elem);
    } else if (have->kind != want->kind && !zpl_type_fits(have, want, NULL, NULL)) {
        tell_wrong_kind(a, input, want);
        poison(a, want);
    } else {
        const char *why = NULL;
        if (!zpl_type_fits(have, want, a->scratch, &why))
            tell_wrong(a, input, why ? why : "is of another type");
        else if (want->kind == ZPL_TENSOR)
            zpl_attempt_meet_dims(a, input, NULL, want, have);
    }
}

/* Inputs whose types say something; scalars were looked at with the arguments. */
static void match_input(struct zpl_attempt *a, size_t input)
{
    const struct zpl_field *field = &a->line->inputs[input];
    const struct zpl_value *value = a->values[input];
    bool refused = !value && (a->given[input] || !field->optional);
    if (refused)
        poison(a, field->type);
    if (!value || !a->given[input] || !value->type || zpl_kind_is_scalar(field->type->kind))
        return;
    match(a, input, field->type, value->type);
}

static size_t open_variables(struct zpl_attempt *a, const struct zpl_row *pattern)
{
    size_t count = 0;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct zpl_bound_row *b =
            pattern->columns[i].type ? NULL : zpl_attempt_row(a, pattern->columns[i].name);
        count += b && b->state == ZPL_UNBOUND;
    }
    return count;
}

static void match_tables(struct zpl_attempt *a)
{
    const struct zpl_signature *line = a->line;
    bool *done = zpl_arena_array(a->scratch, line->input_count, sizeof *done);
    if (!done)
        return;
    size_t allowed = 1; /* open variables; more only when nothing else goes on */
    for (size_t left = line->input_count; left > 0;) {
        size_t before = left;
        left = 0;
        for (size_t i = 0; i < line->input_count; i++) {
            if (done[i] || line->inputs[i].type->kind != ZPL_TABLE)
                continue;
            if (open_variables(a, line->inputs[i].type->row) > allowed) {
                left++;
                continue;
            }
            match_input(a, i);
            done[i] = true;
        }
        if (left == before)
            allowed++;
    }
}

/* Columns that an argument names and no pattern mentions are columns of the first table. */
static void look_up_free(struct zpl_attempt *a)
{
    size_t input = zpl_attempt_first_table(a);
    const struct zpl_row *have = input == ZPL_NO_INPUT ? NULL : zpl_attempt_table(a, input);
    if (!have)
        return;
    for (size_t i = 0; i < a->column_count; i++) {
        struct zpl_bound_column *c = &a->columns[i];
        if (c->state != ZPL_BOUND || c->param == ZPL_NO_INPUT || !zpl_line_is_free(a->line, c->var))
            continue;
        const struct zpl_column *found = zpl_row_find(have, c->name);
        if (!found)
            tell_missing(a, input, have, c->name, c->param, ZPL_NO_INPUT);
        c->type = found ? found->type : NULL;
        c->input = input;
    }
    for (size_t i = 0; i < a->row_count; i++) {
        struct zpl_bound_row *b = &a->rows[i];
        if (b->state != ZPL_NAMED || !zpl_line_is_free(a->line, b->var))
            continue;
        struct taking t = {.input = input, .have = have};
        t.taken = zpl_arena_array(a->scratch, have->count, sizeof *t.taken);
        if (t.taken)
            take_bound(a, &t, b);
    }
}

void zpl_attempt_unify(struct zpl_attempt *a)
{
    for (size_t i = 0; i < a->line->input_count; i++)
        if (a->line->inputs[i].type->kind != ZPL_TABLE)
            match_input(a, i);
    match_tables(a);
    look_up_free(a);
}
