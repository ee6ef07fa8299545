/* wants.c - the contracts of an input that the step which made its table does not promise: they are
 * held against its rows before the step that needs them runs. */
#include "lang/check/attempt.h"

/* What is left to be held of `want` for one column of the value.  One of several tables that is chosen
 * at run time has to promise all by itself; where one does not, all is held.  *hint as zpl_row_next(). */
static const struct zpl_type *left_of(struct zpl_attempt *a, const struct zpl_value *value,
                                      const char *name, const struct zpl_type *want, size_t *hint)
{
    if (value->kind == ZPL_VALUE_PICK && value->pick.items[0]->type->kind == ZPL_TABLE) {
        const struct zpl_type *left = NULL;
        for (size_t i = 0; i < value->pick.count && !left; i++) {
            size_t anew = 0;
            left = left_of(a, value->pick.items[i], name, want, &anew);
        }
        return left ? zpl_type_unpromised(NULL, want, a->arena) : NULL;
    }
    const struct zpl_row *row = value->type->kind == ZPL_TABLE ? value->type->row : NULL;
    const struct zpl_column *found = row ? zpl_row_next(row, name, hint) : NULL;
    return zpl_type_unpromised(found ? found->type : NULL, want, a->arena);
}

const struct zpl_type *zpl_attempt_wants(struct zpl_attempt *a, size_t input)
{
    const struct zpl_type *pattern = a->line->inputs[input].type;
    struct zpl_column *columns = NULL;
    size_t count = 0, hint = 0;
    if (pattern->kind != ZPL_TABLE || !pattern->row)
        return NULL;
    for (size_t i = 0; i < pattern->row->count; i++) {
        const struct zpl_column *column = &pattern->row->columns[i];
        const char *name = column->type ? zpl_attempt_resolve(a, column->name) : NULL;
        const struct zpl_type *left =
            name ? left_of(a, a->values[input], name, column->type, &hint) : NULL;
        if (!left)
            continue;
        if (!columns)
            columns = zpl_arena_array(a->arena, pattern->row->count, sizeof *columns);
        if (!columns)
            return NULL;
        columns[count++] = (struct zpl_column){name, left};
    }
    if (count == 0)
        return NULL;
    struct zpl_row *row = zpl_arena_alloc(a->arena, sizeof *row);
    if (!row)
        return NULL;
    *row = (struct zpl_row){columns, count, true};
    return zpl_type_table(a->arena, row);
}
