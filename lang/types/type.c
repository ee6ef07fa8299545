#include "lang/types/type.h"
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/text.h"
#include "lang/types/signature.h"

/* Below this many columns comparing all pairs is quicker than sorting. */
#define PAIRS_MAX 24

const struct zpl_type *zpl_type_new(struct zpl_arena *arena, enum zpl_kind kind)
{
    struct zpl_type *type = zpl_arena_alloc(arena, sizeof *type);
    if (type)
        type->kind = kind;
    return type;
}

const struct zpl_type *zpl_type_table(struct zpl_arena *arena, const struct zpl_row *row)
{
    struct zpl_type *type = zpl_arena_alloc(arena, sizeof *type);
    if (!type)
        return NULL;
    type->kind = ZPL_TABLE;
    type->row = row;
    return type;
}

const struct zpl_type *zpl_type_refined(struct zpl_arena *arena, const struct zpl_type *type,
                                        const struct zpl_refine *refine)
{
    struct zpl_type *copy = zpl_arena_alloc(arena, sizeof *copy);
    struct zpl_refine *kept = refine ? zpl_arena_alloc(arena, sizeof *kept) : NULL;
    if (!copy || (refine && !kept))
        return NULL;
    *copy = *type;
    if (kept)
        *kept = *refine;
    copy->refine = kept;
    return copy;
}

const struct zpl_type *zpl_type_hindsight(struct zpl_arena *arena, const struct zpl_type *type)
{
    struct zpl_refine refine = type->refine ? *type->refine : (struct zpl_refine){0};
    refine.hindsight = true;
    return zpl_type_refined(arena, type, &refine);
}

bool zpl_type_is_hindsight(const struct zpl_type *type)
{
    return type && type->refine && type->refine->hindsight;
}

const struct zpl_column *zpl_row_find(const struct zpl_row *row, const char *name)
{
    size_t hint = 0;
    return zpl_row_next(row, name, &hint);
}

const struct zpl_column *zpl_row_next(const struct zpl_row *row, const char *name, size_t *hint)
{
    for (size_t k = 0; k < row->count; k++) {
        size_t i = *hint + k;
        if (i >= row->count)
            i -= row->count;
        const struct zpl_column *column = &row->columns[i];
        if (column->type && strcmp(column->name, name) == 0) {
            *hint = i + 1 < row->count ? i + 1 : 0;
            return column;
        }
    }
    return NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int compare_nocase(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

/* By name, then by place, so that of several twins the first in stored order stand together. */
static int compare_columns(const void *a, const void *b)
{
    const struct zpl_column *x = *(const struct zpl_column *const *)a;
    const struct zpl_column *y = *(const struct zpl_column *const *)b;
    int order = compare_nocase(x->name, y->name);
    return order ? order : (x > y) - (x < y);
}

static const struct zpl_column *twins_by_pairs(const struct zpl_row *row,
                                               const struct zpl_column **first)
{
    for (size_t i = 1; i < row->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct zpl_column *x = &row->columns[j], *y = &row->columns[i];
            if (!x->type || !y->type || compare_nocase(x->name, y->name) != 0)
                continue;
            if (first)
                *first = x;
            return y;
        }
    }
    return NULL;
}

const struct zpl_column *zpl_row_twins(const struct zpl_row *row, const struct zpl_column **first)
{
    const struct zpl_column **sorted =
        row->count > PAIRS_MAX ? zpl_malloc(row->count * sizeof *sorted) : NULL;
    if (!sorted)
        return twins_by_pairs(row, first); /* slower, but it needs no memory */
    size_t count = 0;
    for (size_t i = 0; i < row->count; i++)
        if (row->columns[i].type)
            sorted[count++] = &row->columns[i];
    qsort(sorted, count, sizeof *sorted, compare_columns);
    const struct zpl_column *found = NULL;
    for (size_t i = 1; i < count; i++) {
        if (compare_nocase(sorted[i - 1]->name, sorted[i]->name) != 0 ||
            (found && found < sorted[i]))
            continue;
        found = sorted[i];
        if (first)
            *first = sorted[i - 1];
    }
    free(sorted);
    return found;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_values(const char *const *a, const char *const *b)
{
    if (a == b)
        return true;
    if (!a || !b)
        return false;
    while (*a && *b && strcmp(*a, *b) == 0)
        a++, b++;
    return !*a && !*b;
}

static bool same_type(const struct zpl_type *a, const struct zpl_type *b)
{
    return a == b || (a && b && zpl_type_equal(a, b));
}

bool zpl_row_equal(const struct zpl_row *a, const struct zpl_row *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->count != b->count || a->open != b->open)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->columns[i].name, b->columns[i].name) != 0 ||
            !same_type(a->columns[i].type, b->columns[i].type))
            return false;
    return true;
}

static bool same_fields(const struct zpl_field *a, const struct zpl_field *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || a[i].optional != b[i].optional ||
            !same_type(a[i].type, b[i].type))
            return false;
    return true;
}

static bool same_signature(const struct zpl_signature *a, const struct zpl_signature *b)
{
    if (a == b)
        return true;
    return a && b && a->input_count == b->input_count && a->output_count == b->output_count &&
           same_fields(a->inputs, b->inputs, a->input_count) &&
           same_fields(a->outputs, b->outputs, a->output_count);
}

bool zpl_type_equal(const struct zpl_type *a, const struct zpl_type *b)
{
    if (a == b)
        return true;
    return a->kind == b->kind && a->optional == b->optional && same_text(a->name, b->name) &&
           same_type(a->elem, b->elem) && zpl_row_equal(a->row, b->row) &&
           same_values(a->values, b->values) && same_text(a->dtype, b->dtype) &&
           same_text(a->framework, b->framework) && same_text(a->label, b->label) &&
           a->label_is_var == b->label_is_var && same_type(a->label_type, b->label_type) &&
           same_signature(a->signature, b->signature);
}

bool zpl_type_is_model_of(const struct zpl_type *type, const char *framework)
{
    return type->kind == ZPL_MODEL && type->framework != NULL &&
           strcmp(type->framework, framework) == 0;
}

bool zpl_kind_is_scalar(enum zpl_kind kind)
{
    switch (kind) {
    case ZPL_INT:
    case ZPL_FLOAT:
    case ZPL_STRING:
    case ZPL_BOOL:
    case ZPL_TIMESTAMP:
    case ZPL_DATE:
    case ZPL_BYTES:
    case ZPL_JSON:
    case ZPL_PATH:
    case ZPL_SECRET:
    case ZPL_ENUM:
    case ZPL_NUMBER:
    case ZPL_CLASS:
        return true;
    default:
        return false;
    }
}

const char *zpl_kind_name(enum zpl_kind kind)
{
    static const char *const names[] = {
        [ZPL_UNKNOWN] = "Unknown",   [ZPL_INT] = "Int",
        [ZPL_FLOAT] = "Float",       [ZPL_STRING] = "String",
        [ZPL_BOOL] = "Bool",         [ZPL_TIMESTAMP] = "Timestamp",
        [ZPL_DATE] = "Date",         [ZPL_BYTES] = "Bytes",
        [ZPL_JSON] = "Json",         [ZPL_PATH] = "Path",
        [ZPL_SECRET] = "Secret",     [ZPL_ENUM] = "Enum",
        [ZPL_LIST] = "List",         [ZPL_RECORD] = "Record",
        [ZPL_TABLE] = "Table",       [ZPL_TENSOR] = "Tensor",
        [ZPL_MODEL] = "Model",       [ZPL_REPORT] = "Report",
        [ZPL_FILE] = "File",         [ZPL_DIR] = "Dir",
        [ZPL_ENDPOINT] = "Endpoint", [ZPL_STEP] = "Step",
        [ZPL_NUMBER] = "Number",     [ZPL_CLASS] = "Class",
        [ZPL_ANY] = "Any",           [ZPL_VAR] = "type variable",
        [ZPL_COLUMN_OF] = "column",  [ZPL_COLUMNS_OF] = "columns",
        [ZPL_TYPE_OF] = "type",
    };
    return names[kind];
}
