/* query_origin.c - what a query's columns and rows come from, in the words of the graph: the engine
 * speaks of the tables it was told of, a node of its arguments.   Floor: lang/check. */
#include <string.h>
#include "lang/check/query.h"

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

static bool fill_origin(const struct zpl_query *q, const struct table *tables, size_t table_count,
                        const struct zpl_bind_origin *from, struct zpl_column_origin *out)
{
    struct zpl_column_source *sources = zpl_arena_array(q->arena, from->count, sizeof *sources);
    if (!sources)
        return false;
    *out = (struct zpl_column_origin){sources, 0, from->all, from->plain};
    for (size_t i = 0; i < from->count; i++) {
        const struct zpl_bind_source *s = &from->sources[i];
        const struct table *t = s->table < table_count ? &tables[s->table] : NULL;
        if (!t || s->column >= t->in->row->count || t->columns[s->column] == UINT32_MAX)
            out->all = true; /* no such column: nothing is known */
        else if (t->argument != UINT32_MAX)
            sources[out->count++] =
                (struct zpl_column_source){t->argument, t->columns[s->column], s->by};
    }
    out->plain = out->plain && !out->all;
    return true;
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
        rows[i] = (struct zpl_row_origin){arguments, 0, from->filtered};
        for (size_t k = 0; k < from->count; k++)
            if (from->tables[k] < table_count && tables[from->tables[k]].argument != UINT32_MAX)
                arguments[rows[i].count++] = tables[from->tables[k]].argument;
    }
    q->rows = rows;
    q->rows_count = answer->rows_count;
    return rows != NULL;
}

bool zpl_query_origins(struct zpl_query *q, const struct zpl_bind_answer *answer,
                       const struct zpl_node *node)
{
    struct table *tables = zpl_arena_array(q->scratch, q->input_count, sizeof *tables);
    size_t table_count = 0, count = answer->row->count;
    struct zpl_column_origin *origins = zpl_arena_array(q->arena, count, sizeof *origins);
    if (!tables || !origins)
        return false;
    for (size_t i = 0; i < q->input_count; i++) {
        if (!q->inputs[i].row)
            continue;
        tables[table_count].in = &q->inputs[i];
        if (!fill_table(q, node, &tables[table_count++]))
            return false;
    }
    for (size_t i = 0; answer->origins && i < count; i++)
        if (!fill_origin(q, tables, table_count, &answer->origins[i], &origins[i]))
            return false;
    q->origins = answer->origins ? origins : NULL;
    return answer->rows_unknown || !answer->rows || fill_rows(q, tables, table_count, answer);
}
