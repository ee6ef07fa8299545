/* field.c - `report.auc`, `rows.hour`, `record.name`: what a field of a value stands for. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/check/tell.h"

static const struct zpl_value *no_memory(struct zpl_checker *checker)
{
    zpl_diag_nomem(checker->diags);
    return NULL;
}

/* A field known at run time; a field of a field is reached through its outermost value. */
static const struct zpl_value *field_of(struct zpl_checker *checker, const struct zpl_value *base,
                                        const char *field, const struct zpl_type *type)
{
    struct zpl_arena *arena = &checker->graph->arena;
    bool item = base->kind == ZPL_VALUE_ITEM;
    const char *outer = item ? base->item.field : base->ref.field;
    const char *path =
        outer ? zpl_arena_printf(arena, "%s.%s", outer, field) : zpl_arena_strdup(arena, field);
    const struct zpl_value *v = NULL;
    if (path && type)
        v = item ? zpl_value_item(arena, base->item.map, false, path, type)
                 : zpl_value_ref(arena, base->ref.node, base->ref.output, path, type);
    return v ? v : no_memory(checker);
}

static const struct zpl_value *column_name(struct zpl_checker *checker, const char *field)
{
    struct zpl_arena *arena = &checker->graph->arena;
    struct zpl_value *v = zpl_arena_alloc(arena, sizeof *v);
    const struct zpl_literal *name = zpl_literal_string(arena, field, strlen(field));
    const struct zpl_type *type = zpl_type_new(arena, ZPL_STRING);
    if (!v || !name || !type)
        return no_memory(checker);
    v->kind = ZPL_VALUE_LITERAL;
    v->type = type;
    v->literal = name;
    return v;
}

/* The item of a record that the program wrote, or NULL. */
static const struct zpl_value *item_of(struct zpl_checker *checker, const struct zpl_value *base,
                                       const char *field, const struct zpl_type *type)
{
    if (base->kind == ZPL_VALUE_RECORD) {
        for (size_t i = 0; i < base->list.count; i++)
            if (strcmp(base->list.keys[i], field) == 0)
                return base->list.items[i];
        return NULL;
    }
    const struct zpl_literal *item = zpl_literal_field(base->literal, field);
    if (!item)
        return NULL;
    struct zpl_value *v = zpl_arena_alloc(&checker->graph->arena, sizeof *v);
    if (!v)
        return no_memory(checker);
    v->kind = ZPL_VALUE_LITERAL;
    v->type = type;
    v->literal = item;
    return v;
}

static const char *base_name(const struct zpl_checker *checker, const struct zpl_value *base)
{
    if (base->kind == ZPL_VALUE_REF && base->ref.node < checker->graph->count) {
        const struct zpl_node *node = &checker->graph->nodes[base->ref.node];
        if (base->ref.output < node->output_count)
            return node->outputs[base->ref.output].name;
    }
    return zpl_kind_name(base->type->kind);
}

static void tell_no_field(struct zpl_checker *checker, const struct zpl_value *base,
                          const char *field, struct zpl_span span)
{
    struct zpl_diags *diags = checker->diags;
    struct zpl_arena scratch = {0};
    enum zpl_kind kind = base->type->kind;
    struct zpl_diag *d;
    if (kind == ZPL_REPORT || kind == ZPL_RECORD) {
        d = zpl_diag_add(diags, ZPL_CODE_UNKNOWN_FIELD, span, "this %s has no field '%s'",
                         zpl_kind_name(kind), field);
        zpl_tell_columns(diags, d, base_name(checker, base), base->type->row);
        zpl_tell_near_column(diags, d, field, base->type->row);
    } else {
        d = zpl_diag_add(diags, ZPL_CODE_UNKNOWN_FIELD, span, "%s has no fields, so no '%s'",
                         zpl_say_kind(kind, &scratch), field);
        if (kind == ZPL_MODEL)
            zpl_diag_help(diags, d, "evaluate { model, test } gives a report of its metrics");
        if (kind == ZPL_JSON)
            zpl_tell_undeclared(checker->graph, diags, d, base,
                                zpl_arena_printf(&scratch, "Report {%s: Float}", field));
    }
    zpl_tell_maker(checker->graph, diags, d, base);
    zpl_arena_release(&scratch);
}

/* The field of a choice is the choice among the fields. */
static const struct zpl_value *field_of_pick(struct zpl_checker *checker,
                                             const struct zpl_value *base, const char *field,
                                             struct zpl_span span)
{
    struct zpl_arena *arena = &checker->graph->arena;
    size_t odd;
    const struct zpl_value **items = zpl_arena_array(arena, base->pick.count + 1, sizeof *items);
    if (!items)
        return no_memory(checker);
    for (size_t i = 0; i < base->pick.count; i++) {
        const struct zpl_value *item = base->pick.items[i];
        bool reduces = base->pick.op != ZPL_PICK_COALESCE && item->kind == ZPL_VALUE_GATHER;
        items[i] = reduces ? zpl_check_item_field(checker, item, field, span)
                           : zpl_check_field(checker, item, field, span);
        if (!items[i])
            return NULL;
    }
    const struct zpl_type *type =
        zpl_value_pick_type(arena, base->pick.op, items, base->pick.count, &odd);
    if (!type) {
        zpl_diag_add(checker->diags, ZPL_CODE_WRONG_KIND, span,
                     "field '%s' has other types in the values that are chosen from", field);
        return NULL;
    }
    const struct zpl_value *value =
        zpl_value_pick(arena, base->pick.op, items, base->pick.by, base->pick.count, type);
    return value ? value : no_memory(checker);
}

/* The field of every item of a gathered list: the list of their fields. */
const struct zpl_value *zpl_check_item_field(struct zpl_checker *checker,
                                             const struct zpl_value *list, const char *field,
                                             struct zpl_span span)
{
    const struct zpl_value *inner = zpl_check_field(checker, list->gather.value, field, span);
    const struct zpl_value *value =
        inner ? zpl_value_gather(&checker->graph->arena, list->gather.map, inner) : NULL;
    return value || !inner ? value : no_memory(checker);
}

/* Is it what a data frame or an estimator would be asked for? */
static bool is_method(const char *field)
{
    static const char *const methods[] = {
        "apply",   "append",  "columns", "copy",  "describe",    "drop", "dropna", "fillna",
        "fit",     "groupby", "head",    "iloc",  "info",        "join", "loc",    "merge",
        "predict", "query",   "sample",  "shape", "sort_values", "tail", "to_csv", "transform"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(field, methods[i]) == 0)
            return true;
    return false;
}

/* `result.train`, where result is the first output of a step that has several, or one of that name:
 * told. */
static bool is_output(struct zpl_checker *checker, const struct zpl_value *base, const char *field,
                      struct zpl_span span)
{
    if (base->kind != ZPL_VALUE_REF)
        return false;
    const struct zpl_node *node = &checker->graph->nodes[base->ref.node];
    struct zpl_arena scratch = {0};
    const char *names = "";
    bool found = false;
    for (size_t i = 0; i < node->output_count && names; i++) {
        found = found || strcmp(node->outputs[i].name, field) == 0;
        names =
            zpl_arena_printf(&scratch, "%s%s%s", names, *names ? ", " : "", node->outputs[i].name);
    }
    if (found) {
        struct zpl_diag *d =
            zpl_diag_add(checker->diags, ZPL_CODE_UNKNOWN_FIELD, span,
                         "'%s' is an output of %s, not a field", field, node->step);
        zpl_diag_help(checker->diags, d,
                      "outputs are assigned in their order: `local %s = %s { … }`",
                      names ? names : field, node->step);
    }
    zpl_arena_release(&scratch);
    return found;
}

const struct zpl_value *zpl_check_field(struct zpl_checker *checker, const struct zpl_value *base,
                                        const char *field, struct zpl_span span)
{
    const struct zpl_type *type = base->type;
    const struct zpl_row *row = type->row;
    if (type->kind == ZPL_UNKNOWN)
        return field_of(checker, base, field, type);
    if (base->kind == ZPL_VALUE_PICK && base->pick.op != ZPL_PICK_MEAN && type->kind != ZPL_TABLE)
        return field_of_pick(checker, base, field, span);
    const struct zpl_column *found =
        row && type->kind != ZPL_MODEL ? zpl_row_find(row, field) : NULL;
    if (type->kind == ZPL_TABLE) {
        if (found || row->open)
            return column_name(checker, field);
        if (is_method(field)) {
            struct zpl_diag *d = zpl_diag_add(checker->diags, ZPL_CODE_UNKNOWN_FIELD, span,
                                              "a table has no method '%s'", field);
            zpl_diag_help(checker->diags, d,
                          "tables are worked on by steps: `sql [[ SELECT … FROM rows ]]`, "
                          "`xgboost.train { rows, label = \"…\" }`");
            return NULL;
        }
        if (!is_output(checker, base, field, span))
            zpl_tell_unknown_column(checker->graph, checker->diags, span, field,
                                    base_name(checker, base), row, base);
        return NULL;
    }
    if ((type->kind == ZPL_REPORT || type->kind == ZPL_RECORD) && row && (found || row->open)) {
        const struct zpl_type *held =
            found ? found->type : zpl_type_new(&checker->graph->arena, ZPL_UNKNOWN);
        if (base->kind == ZPL_VALUE_REF || base->kind == ZPL_VALUE_ITEM)
            return field_of(checker, base, field, held);
        const struct zpl_value *item = item_of(checker, base, field, held);
        if (item)
            return item;
    }
    if (!is_output(checker, base, field, span))
        tell_no_field(checker, base, field, span);
    return NULL;
}
