/* keys.c - see keys.h.   Floor: lang/check. */
#include "lang/check/keys.h"

/* The key in another row; NULL: it is not all there, or memory is out. */
static const uint32_t *move(const struct zpl_row_key *key, const struct zpl_row *from,
                            const struct zpl_row *to, struct zpl_arena *arena)
{
    uint32_t *columns = zpl_arena_array(arena, key->count, sizeof *columns);
    for (size_t i = 0; columns && i < key->count; i++) {
        const struct zpl_column *column =
            key->columns[i] < from->count ? zpl_row_find(to, from->columns[key->columns[i]].name)
                                          : NULL;
        if (!column)
            return NULL;
        columns[i] = (uint32_t)(column - to->columns);
    }
    return columns;
}

bool zpl_keys_pass(const struct zpl_graph *graph, const struct zpl_value *value,
                   const struct zpl_row *row, struct zpl_arena *arena,
                   const struct zpl_row_key **keys, size_t *count)
{
    *keys = NULL;
    *count = 0;
    if (value->kind != ZPL_VALUE_REF || value->ref.field || value->ref.node >= graph->count ||
        value->ref.output >= graph->nodes[value->ref.node].output_count)
        return true;
    const struct zpl_output *output = &graph->nodes[value->ref.node].outputs[value->ref.output];
    if (output->type->kind != ZPL_TABLE || output->key_count == 0)
        return true;
    struct zpl_row_key *moved = zpl_arena_array(arena, output->key_count, sizeof *moved);
    for (size_t i = 0; moved && i < output->key_count; i++) {
        const uint32_t *columns = move(&output->keys[i], output->type->row, row, arena);
        if (columns)
            moved[(*count)++] = (struct zpl_row_key){columns, output->keys[i].count};
    }
    *keys = moved;
    return !zpl_arena_failed(arena);
}

bool zpl_keys_of_step(const struct zpl_graph *graph, const struct zpl_node *node,
                      struct zpl_output *outputs, struct zpl_arena *arena)
{
    const struct zpl_value *table = NULL;
    size_t tables = 0;
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_type *type = node->arguments[i].value->type;
        if (!type || type->kind != ZPL_TABLE)
            continue;
        table = node->arguments[i].value;
        tables++;
    }
    for (size_t i = 0; !node->body && !node->source && tables == 1 && i < node->output_count; i++)
        if (outputs[i].type->kind == ZPL_TABLE &&
            !zpl_keys_pass(graph, table, outputs[i].type->row, arena, &outputs[i].keys,
                           &outputs[i].key_count))
            return false;
    return true;
}
