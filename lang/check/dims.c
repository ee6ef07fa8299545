/* dims.c - the dimensions of Tensors that a signature calls by names: what they are is said by a param of this
 * name, or by the first input that has a number there. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/check/tell.h"
#include "lang/types/tensor.h"

static struct zpl_bound_dim *find(struct zpl_attempt *a, const char *name)
{
    for (size_t i = 0; i < a->dim_count; i++)
        if (strcmp(a->dims[i].name, name) == 0)
            return &a->dims[i];
    return NULL;
}

static struct zpl_bound_dim *add(struct zpl_attempt *a, struct zpl_bound_dim dim)
{
    struct zpl_bound_dim *dims =
        zpl_arena_grow(a->scratch, a->dims, a->dim_count, &a->dim_room, sizeof *dims);
    if (!dims)
        return NULL;
    a->dims = dims;
    dims[a->dim_count] = dim;
    return &dims[a->dim_count++];
}

/* What a name stands for; NULL: that is not known yet. */
static const struct zpl_bound_dim *bound(struct zpl_attempt *a, const char *name)
{
    const struct zpl_bound_dim *known = find(a, name);
    if (known)
        return known;
    for (size_t i = 0; i < a->line->input_count; i++) {
        const struct zpl_value *value = a->values[i];
        if (a->line->inputs[i].type->kind != ZPL_INT ||
            strcmp(a->line->inputs[i].name, name) != 0 || !value ||
            value->kind != ZPL_VALUE_LITERAL || value->literal->kind != ZPL_LIT_INT)
            continue;
        const char *text = zpl_arena_printf(a->arena, "%lld", (long long)value->literal->as.i);
        if (value->literal->as.i < 1 && a->given[i])
            zpl_diag_add(&a->diags, ZPL_CODE_OUT_OF_RANGE, a->given[i]->span,
                         "'%s' of %s is %s, and a dimension is at least 1", name,
                         a->call->step->name, text ? text : "");
        if (value->literal->as.i < 1)
            text = "1";
        return text ? add(a, (struct zpl_bound_dim){name, text, NULL, i}) : NULL;
    }
    return NULL;
}

/* "column 'x' of 'rows'", "'x'" */
static const char *whose(struct zpl_attempt *a, size_t input, const char *column)
{
    const char *name = a->line->inputs[input].name;
    return column ? zpl_arena_printf(a->scratch, "column '%s' of '%s'", column, name)
                  : zpl_arena_printf(a->scratch, "'%s'", name);
}

static void tell_other(struct zpl_attempt *a, size_t input, const char *column,
                       const struct zpl_type *have, const struct zpl_bound_dim *dim,
                       const char *found)
{
    const char *says = a->line->inputs[dim->input].type->kind == ZPL_INT
                           ? zpl_arena_printf(a->scratch, "the param '%s'", dim->name)
                           : whose(a, dim->input, dim->column);
    struct zpl_diag *d =
        zpl_diag_add(&a->diags, column ? ZPL_CODE_COLUMN_TYPE : ZPL_CODE_WRONG_KIND,
                     a->given[input]->span, "%s is %s: '%s' of %s would be %s, and %s says %s",
                     whose(a, input, column), zpl_type_text(have, true, a->scratch), dim->name,
                     a->call->step->name, found, says, dim->value);
    zpl_tell_maker(a->checker->graph, &a->diags, d, a->given[input]->value);
}

void zpl_attempt_meet_dims(struct zpl_attempt *a, size_t input, const char *column,
                           const struct zpl_type *want, const struct zpl_type *have)
{
    const char *const *h = have->values, *const *w = want->values;
    for (; h && w && *h && *w; h++, w++) {
        const struct zpl_bound_dim *known = zpl_text_is_name(*w) ? bound(a, *w) : NULL;
        if (!zpl_text_is_name(*w) || zpl_text_is_name(*h))
            continue;
        if (!known) {
            add(a, (struct zpl_bound_dim){*w, *h, column, input});
        } else if (strcmp(known->value, *h) != 0) {
            tell_other(a, input, column, have, known, *h);
            return;
        }
    }
}

bool zpl_attempt_has_dims(const struct zpl_type *type)
{
    for (const char *const *dim = type->values; type->kind == ZPL_TENSOR && dim && *dim; dim++)
        if (zpl_text_is_name(*dim))
            return true;
    return false;
}

const struct zpl_type *zpl_attempt_fill_dims(struct zpl_attempt *a, const struct zpl_type *pattern)
{
    size_t count = zpl_names_count(pattern->values), i = 0;
    struct zpl_type *type = zpl_arena_alloc(a->arena, sizeof *type);
    const char **dims = zpl_arena_array(a->arena, count + 1, sizeof *dims);
    if (!type || !dims)
        return NULL;
    for (; i < count; i++) {
        const char *name = pattern->values[i];
        const struct zpl_bound_dim *known = zpl_text_is_name(name) ? bound(a, name) : NULL;
        dims[i] = known ? known->value : name;
    }
    *type = *pattern;
    type->values = dims;
    return type;
}

/* Does a dimension of an input have the name? */
static bool is_mentioned(const struct zpl_type *type, const char *name)
{
    for (const char *const *dim = type->values; type->kind == ZPL_TENSOR && dim && *dim; dim++)
        if (strcmp(*dim, name) == 0)
            return true;
    for (size_t i = 0; type->row && i < type->row->count; i++)
        if (type->row->columns[i].type && is_mentioned(type->row->columns[i].type, name))
            return true;
    return type->elem && is_mentioned(type->elem, name);
}

/* How many dimensions will nobody know: names that no input has. */
static size_t count_free(const struct zpl_attempt *a, const struct zpl_type *type)
{
    size_t count = 0;
    for (const char *const *dim = type->values; *dim; dim++) {
        bool free = zpl_text_is_name(*dim);
        for (size_t i = 0; free && i < a->line->input_count; i++)
            free = !is_mentioned(a->line->inputs[i].type, *dim);
        count += free;
    }
    return count;
}

void zpl_attempt_hold_dims(struct zpl_attempt *a, const char *column, const struct zpl_type *type)
{
    uint64_t count;
    size_t names;
    struct zpl_diag *d = NULL;
    if (type->kind != ZPL_TENSOR)
        return;
    const char *text = zpl_type_text(type, true, a->scratch);
    if (!zpl_tensor_size(type, &count, &names)) {
        d = zpl_diag_add(&a->diags, ZPL_CODE_OUT_OF_RANGE, a->call->callee,
                         "column '%s' of %s would be %s", column, a->call->step->name, text);
        zpl_diag_help(&a->diags, d, "a Tensor has at most 2 GiB");
    } else if (count_free(a, type) > 1) {
        d = zpl_diag_add(&a->diags, ZPL_CODE_COLUMN_TYPE, a->call->callee,
                         "column '%s' of %s would be %s, and nothing says its dimensions", column,
                         a->call->step->name, text);
        zpl_diag_help(&a->diags, d,
                      "declare numbers, or give them the names of Int params whose values are "
                      "known, or of dimensions of an input; one of them may stay a name");
    }
}
