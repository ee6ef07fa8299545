/* query_origin.c - what a query's columns and rows come from, in the words of the graph: the engine
 * speaks of the tables it was told of, a node of its arguments.   Floor: lang/check. */
#include <string.h>
#include "lang/check/query.h"
#include "lang/graph/body_kind.h"

/* A table of the request. */
struct table {
    const struct zpl_query_input *in;
    uint32_t argument; /* of the node; UINT32_MAX: the query does not use it */
    uint32_t *columns; /* by the columns that the query sees: their places in the whole table */
};

static bool fill_table(const struct zpl_query *q, const struct zpl_node *node, struct table *t)
{
    const struct zpl_row *stored = t->in->value->type->row;
    size_t hint = 0;
    t->argument = UINT32_MAX;
    for (size_t i = 0; i < node->argument_count; i++)
        if (node->arguments[i].name == t->in->name)
            t->argument = (uint32_t)i;
    t->columns = zpl_arena_array(q->scratch, t->in->row->count, sizeof *t->columns);
    for (size_t c = 0; t->columns && c < t->in->row->count; c++) {
        const struct zpl_column *column = zpl_row_next(stored, t->in->row->columns[c].name, &hint);
        t->columns[c] = column ? (uint32_t)(column - stored->columns) : UINT32_MAX;
    }
    return t->columns != NULL;
}

/* The scalars of the query, in the order of the request: their places among the node's arguments.
 * UINT32_MAX: the query does not use it, or its value is in the program. */
static uint32_t *find_scalars(const struct zpl_query *q, const struct zpl_node *node, size_t *count)
{
    uint32_t *arguments = zpl_arena_array(q->scratch, q->input_count, sizeof *arguments);
    *count = 0;
    for (size_t i = 0; arguments && i < q->input_count; i++) {
        if (q->inputs[i].row)
            continue;
        arguments[*count] = UINT32_MAX;
        for (size_t k = 0; k < node->argument_count; k++)
            if (node->arguments[k].value == q->inputs[i].value &&
                q->inputs[i].value->kind != ZPL_VALUE_LITERAL)
                arguments[*count] = (uint32_t)k;
        ++*count;
    }
    return arguments;
}

static bool fill_with(const struct zpl_query *q, const uint32_t *scalars, size_t scalar_count,
                      const struct zpl_bind_origin *from, struct zpl_column_origin *out)
{
    uint32_t *with = zpl_arena_array(q->arena, from->with_count, sizeof *with);
    for (size_t i = 0; with && i < from->with_count; i++)
        if (from->with[i] < scalar_count && scalars[from->with[i]] != UINT32_MAX)
            with[out->with_count++] = scalars[from->with[i]];
    out->with = with;
    return with != NULL;
}

/* Is the table another query's?  What rows a file has, and in which part of a split they are, is chosen
 * by nothing that a model could learn. */
static bool is_chosen(const struct zpl_query *q, const struct table *t)
{
    const struct zpl_value *value = t->in->value;
    const struct zpl_graph *graph = q->checker->graph;
    if (value->kind != ZPL_VALUE_REF || value->ref.node >= graph->count)
        return value->kind != ZPL_VALUE_LITERAL;
    return zpl_body_kind(graph->nodes[value->ref.node].kernel)->body == ZPL_BODY_SQL;
}

static bool fill_chosen(const struct zpl_query *q, const struct table *tables, size_t table_count,
                        const struct zpl_bind_origin *from, struct zpl_column_origin *out)
{
    for (size_t k = 0; k < ZPL_CHOICES; k++) {
        struct zpl_column_choice *chosen =
            zpl_arena_array(q->arena, from->chosen_count[k], sizeof *chosen);
        if (!chosen)
            return false;
        for (size_t i = 0; i < from->chosen_count[k]; i++) {
            const struct zpl_bind_choice *c = &from->chosen[k][i];
            const struct table *t = c->table < table_count ? &tables[c->table] : NULL;
            if (t && t->argument != UINT32_MAX && is_chosen(q, t))
                chosen[out->chosen_count[k]++] = (struct zpl_column_choice){t->argument, c->when};
        }
        out->chosen[k] = chosen;
    }
    return true;
}

static void fill_order(const struct table *tables, size_t table_count, size_t result_count,
                       const struct zpl_bind_order *from, struct zpl_column_order *out)
{
    if (from->of == ZPL_ORDER_RESULT && from->column < result_count)
        *out =
            (struct zpl_column_order){ZPL_COLUMN_ORDER_RESULT, 0, from->column, from->nulls_first};
    if (from->of != ZPL_ORDER_SOURCE || from->table >= table_count)
        return;
    const struct table *t = &tables[from->table];
    if (t->argument != UINT32_MAX && from->column < t->in->row->count &&
        t->columns[from->column] != UINT32_MAX)
        *out = (struct zpl_column_order){ZPL_COLUMN_ORDER_SOURCE, t->argument,
                                         t->columns[from->column], from->nulls_first};
}

static bool fill_origin(const struct zpl_query *q, const struct table *tables, size_t table_count,
                        const struct zpl_bind_origin *from, struct zpl_column_origin *out)
{
    struct zpl_column_source *sources = zpl_arena_array(q->arena, from->count, sizeof *sources);
    uint32_t *over = zpl_arena_array(q->arena, from->over_count, sizeof *over);
    if (!sources || !over)
        return false;
    *out = (struct zpl_column_origin){
        .sources = sources, .all = from->all, .plain = from->plain, .over = over};
    for (size_t i = 0; i < from->over_count; i++)
        if (from->over[i] < table_count && tables[from->over[i]].argument != UINT32_MAX)
            over[out->over_count++] = tables[from->over[i]].argument;
    for (size_t i = 0; i < from->count; i++) {
        const struct zpl_bind_source *s = &from->sources[i];
        const struct table *t = s->table < table_count ? &tables[s->table] : NULL;
        if (!t || s->column >= t->in->row->count || t->columns[s->column] == UINT32_MAX)
            out->all = true; /* no such column: nothing is known */
        else if (t->argument != UINT32_MAX)
            sources[out->count++] = (struct zpl_column_source){t->argument, t->columns[s->column],
                                                               s->by, s->key, s->when};
    }
    out->plain = out->plain && !out->all;
    return fill_chosen(q, tables, table_count, from, out);
}

static bool fill_rows(struct zpl_query *q, const struct table *tables, size_t table_count,
                      const struct zpl_bind_answer *answer)
{
    struct zpl_row_origin *rows = zpl_arena_array(q->arena, answer->rows_count, sizeof *rows);
    for (size_t i = 0; rows && i < answer->rows_count; i++) {
        const struct zpl_bind_rows *from = &answer->rows[i];
        uint32_t *arguments = zpl_arena_array(q->arena, from->count, sizeof *arguments);
        if (!arguments)
            return false;
        rows[i] =
            (struct zpl_row_origin){arguments, 0, from->filtered, from->repeats, from->grouped};
        for (size_t k = 0; k < from->count; k++)
            if (from->tables[k] < table_count && tables[from->tables[k]].argument != UINT32_MAX)
                arguments[rows[i].count++] = tables[from->tables[k]].argument;
            else if (k == 0)
                rows[i].repeats = true; /* the next is not the leading one */
    }
    q->rows = rows;
    q->rows_count = answer->rows_count;
    return rows != NULL;
}

bool zpl_query_origins(struct zpl_query *q, const struct zpl_bind_answer *answer,
                       const struct zpl_node *node)
{
    struct table *tables = zpl_arena_array(q->scratch, q->input_count, sizeof *tables);
    size_t table_count = 0, scalar_count, count = answer->row->count;
    const uint32_t *scalars = find_scalars(q, node, &scalar_count);
    struct zpl_column_origin *origins = zpl_arena_array(q->arena, count, sizeof *origins);
    if (!tables || !origins || !scalars)
        return false;
    for (size_t i = 0; i < q->input_count; i++) {
        if (!q->inputs[i].row)
            continue;
        tables[table_count].in = &q->inputs[i];
        if (!fill_table(q, node, &tables[table_count++]))
            return false;
    }
    for (size_t i = 0; answer->origins && i < count; i++)
        if (!fill_origin(q, tables, table_count, &answer->origins[i], &origins[i]) ||
            !fill_with(q, scalars, scalar_count, &answer->origins[i], &origins[i]))
            return false;
    for (size_t i = 0; answer->origins && i < count; i++)
        fill_order(tables, table_count, count, &answer->origins[i].order, &origins[i].order);
    struct zpl_column_origin *choices = zpl_arena_array(q->arena, ZPL_CHOICES, sizeof *choices);
    for (size_t k = 0; k < ZPL_CHOICES; k++) {
        if (!choices || !fill_origin(q, tables, table_count, &answer->choices[k], &choices[k]))
            return false;
        fill_order(tables, table_count, count, &answer->choices[k].order, &choices[k].order);
    }
    q->origins = answer->origins ? origins : NULL;
    q->choices = answer->origins ? choices : NULL;
    return answer->rows_unknown || !answer->rows || fill_rows(q, tables, table_count, answer);
}
