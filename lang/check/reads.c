/* reads.c - which columns of its tables a call may see, and what its kernel knows of variables.
 * A column counts as read when the signature names it, or a variable that is of use anywhere else
 * in the signature holds it; what is left over and never mentioned again is not read, so a change
 * there leaves the step's key alone.  A body of the user's own sees whatever its signature mentions. */
#include <string.h>
#include "lang/check/attempt.h"

/* The columns of one table that count as read, by place. */
struct marks {
    const struct zpl_row *have;
    bool *read;
    bool sees_rest; /* a variable that is read holds whatever is left */
    bool variables; /* the pattern has row variables */
};

static void mark(struct marks *m, const char *name)
{
    const struct zpl_column *found = name ? zpl_row_find(m->have, name) : NULL;
    if (found)
        m->read[found - m->have->columns] = true;
}

static void mark_row(struct marks *m, const struct zpl_bound_row *b)
{
    size_t hint = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct zpl_column *found = zpl_row_next(m->have, b->columns[i].name, &hint);
        if (found)
            m->read[found - m->have->columns] = true;
    }
}

static void mark_all(struct marks *m)
{
    for (size_t i = 0; i < m->have->count; i++)
        m->read[i] = true;
}

/* Is the row variable of input `input` of use, beside binding what is there? */
static bool is_used(const struct zpl_attempt *a, const char *var, size_t input)
{
    return a->call->body != NULL || zpl_line_has_row(a->line, var, input);
}

static void mark_pattern(struct zpl_attempt *a, struct marks *m, size_t input,
                         const struct zpl_row *pattern)
{
    m->sees_rest = pattern->open;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct zpl_column *column = &pattern->columns[i];
        if (column->type) {
            mark(m, zpl_attempt_resolve(a, column->name));
            continue;
        }
        m->variables = true;
        const struct zpl_bound_row *b = zpl_attempt_row(a, column->name);
        if (!b || !is_used(a, column->name, input))
            continue;
        bool unknown = b->state != ZPL_BOUND || (b->open && b->input != input);
        if (unknown) /* so it may be all */
            mark_all(m);
        else
            mark_row(m, b);
        if (unknown || (b->left && b->input == input))
            m->sees_rest = true;
    }
}

/* Columns named by arguments that no pattern mentions are of the first table. */
static void mark_free(struct zpl_attempt *a, struct marks *m, size_t input)
{
    if (zpl_attempt_first_table(a) != input)
        return;
    for (size_t i = 0; i < a->column_count; i++)
        if (zpl_line_is_free(a->line, a->columns[i].var))
            mark(m, a->columns[i].name);
    for (size_t i = 0; i < a->row_count; i++)
        if (zpl_line_is_free(a->line, a->rows[i].var))
            mark_row(m, &a->rows[i]);
}

/* Without row variables the step names every column itself, and sees them in its own order. */
static void list_written(struct zpl_attempt *a, const struct marks *m,
                         const struct zpl_row *pattern, const char **names, size_t *count)
{
    for (size_t i = 0; i < pattern->count; i++) {
        const char *name = zpl_attempt_resolve(a, pattern->columns[i].name);
        const struct zpl_column *found = name ? zpl_row_find(m->have, name) : NULL;
        if (!found)
            continue;
        m->read[found - m->have->columns] = false; /* listed */
        names[(*count)++] = found->name;
    }
}

static void list_stored(const struct marks *m, const char **names, size_t *count)
{
    for (size_t i = 0; i < m->have->count; i++)
        if (m->read[i])
            names[(*count)++] = m->have->columns[i].name;
}

void zpl_attempt_reads(struct zpl_attempt *a, size_t input, struct zpl_argument *out)
{
    const struct zpl_type *pattern = a->line->inputs[input].type;
    struct marks m = {.have = zpl_attempt_table(a, input)};
    if (!m.have || pattern->kind != ZPL_TABLE) {
        out->reads_all = true;
        return;
    }
    m.read = zpl_arena_array(a->scratch, m.have->count, sizeof *m.read);
    const char **names = zpl_arena_array(a->scratch, m.have->count, sizeof *names);
    if (!m.read || !names)
        return;
    mark_pattern(a, &m, input, pattern->row);
    mark_free(a, &m, input);
    size_t marked = 0, count = 0;
    for (size_t i = 0; i < m.have->count; i++)
        marked += m.read[i];
    if (m.sees_rest && (marked == m.have->count || pattern->row->open)) {
        out->reads_all = true;
        return;
    }
    if (!m.variables)
        list_written(a, &m, pattern->row, names, &count);
    list_stored(&m, names, &count);
    const char **kept = zpl_arena_array(a->arena, count, sizeof *kept);
    if (!kept)
        return;
    if (count)
        memcpy(kept, names, count * sizeof *kept);
    out->reads = kept;
    out->read_count = count;
}

static const char *const *names_of(struct zpl_attempt *a, const struct zpl_bound_row *b)
{
    const char **names = zpl_arena_array(a->arena, b->count, sizeof *names);
    for (size_t i = 0; names && i < b->count; i++)
        names[i] = b->columns[i].name;
    return names;
}

/* Does the kernel see the columns of the variable in some table? */
static bool is_seen(struct zpl_attempt *a, const struct zpl_bound_row *b)
{
    if (b->input != ZPL_NO_INPUT && a->line->inputs[b->input].type->kind == ZPL_TYPE_OF)
        return false;
    if (b->state != ZPL_BOUND || b->param != ZPL_NO_INPUT)
        return b->state == ZPL_BOUND;
    return b->of_table && is_used(a, b->var, b->input);
}

void zpl_attempt_bindings(struct zpl_attempt *a, struct zpl_node *node)
{
    struct zpl_binding *bindings =
        zpl_arena_array(a->arena, a->column_count + a->row_count, sizeof *bindings);
    if (!bindings)
        return;
    for (size_t i = 0; i < a->column_count; i++) {
        const struct zpl_bound_column *c = &a->columns[i];
        const char **name = zpl_arena_array(a->arena, 1, sizeof *name);
        if (!name || c->state != ZPL_BOUND)
            continue;
        name[0] = c->name;
        bindings[node->binding_count++] = (struct zpl_binding){c->var, name, 1};
    }
    for (size_t i = 0; i < a->row_count; i++) {
        const struct zpl_bound_row *b = &a->rows[i];
        if (!is_seen(a, b))
            continue;
        bindings[node->binding_count++] = (struct zpl_binding){b->var, names_of(a, b), b->count};
    }
    node->bindings = bindings;
}
