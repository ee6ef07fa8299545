/* items_figures.c - the numbers that the items of a map made, together.  Part of steps.h.   Floor: vm. */
#include <string.h>

#include "lang/base/limits.h"
#include "lang/types/signature.h"
#include "vm/plan/map.h"
#include "vm/view/steps.h"

struct figure {
    double least, most, sum;
    size_t count;
};

/* A number that is one; fields of values that are none, and NaN as JSON has it, are not. */
static void add_number(struct figure *figure, const struct zpl_json *value)
{
    if (zpl_json_kind(value) != ZPL_JSON_REAL && zpl_json_kind(value) != ZPL_JSON_INT)
        return;
    double x = zpl_json_f64(value, 0);
    if (figure->count == 0 || x < figure->least)
        figure->least = x;
    if (figure->count == 0 || x > figure->most)
        figure->most = x;
    figure->sum += x;
    figure->count++;
}

/* "mae 2.253 … 4.032, mean 3.106"; `field`: of what the output holds, NULL: it is the number itself. */
static void add_figure(const struct zpl_json *items, const char *output, const char *field,
                       struct zpl_buf *out)
{
    struct figure figure = {0};
    for (size_t i = 0; i < zpl_json_count(items); i++) {
        const struct zpl_json *outputs = zpl_json_get(zpl_json_at(items, i), "outputs");
        const struct zpl_json *value = zpl_json_get(zpl_json_get(outputs, output), "value");
        add_number(&figure, field != NULL ? zpl_json_get(value, field) : value);
    }
    if (figure.count == 0)
        return;
    zpl_buf_printf(out, "%s%s %.4g", out->len > 0 ? "; " : "", field != NULL ? field : output,
                   figure.least);
    if (figure.count > 1)
        zpl_buf_printf(out, " … %.4g, mean %.4g", figure.most, figure.sum / (double)figure.count);
}

void zpl_view_items_figures(const struct zpl_json *items, const struct zpl_json *outputs,
                            struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_signature_error error;
    const struct zpl_type *type;
    const char *name;
    for (size_t i = 0; (name = zpl_json_key_at(outputs, i)) != NULL; i++) {
        const char *text = zpl_json_str(zpl_json_get(zpl_json_value_at(outputs, i), "type"), "");
        if (zpl_type_parse(text, &arena, &type, &error) != ZPL_OK || type->kind == ZPL_TABLE)
            continue;
        for (size_t k = 0; type->row != NULL && k < type->row->count; k++)
            add_figure(items, name, type->row->columns[k].name, out);
        if (type->row == NULL)
            add_figure(items, name, NULL, out);
    }
    zpl_arena_release(&arena);
}

/* What is gathered of an output, as items of a record have it. */
static void add_gathered(const struct zpl_gathered *gathered, size_t count, const char *output,
                         struct zpl_json *items)
{
    for (size_t i = 0; i < count; i++) {
        const struct zpl_output_row *row = gathered->items[i].row;
        struct zpl_json *value = NULL, *one = zpl_json_object(), *outputs = zpl_json_object();
        struct zpl_json *item = zpl_json_object();
        if (row != NULL && row->json != NULL &&
            zpl_json_parse(row->json, strlen(row->json), &value, NULL) == ZPL_OK)
            zpl_json_set_take(one, "value", value);
        zpl_json_set_take(outputs, output, one);
        zpl_json_set_take(item, "outputs", outputs);
        zpl_json_add_take(items, item);
    }
}

void zpl_view_gathered_figures(const struct zpl_plan *plan, uint32_t id, struct zpl_buf *out)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    const struct zpl_mapping *m = node->map != 0 ? plan->maps[node->map - 1] : NULL;
    struct zpl_arena arena = {0};
    for (size_t k = 0; m != NULL && m->count <= ZPL_FIGURES_MOST && k < m->gathered_count; k++) {
        const struct zpl_value *value = m->gathered[k].value;
        if (value->kind != ZPL_VALUE_REF || value->ref.node != id ||
            value->ref.output >= node->output_count)
            continue;
        const char *name = node->outputs[value->ref.output].name;
        const char *type = zpl_type_text(value->type, false, &arena);
        struct zpl_json *items = zpl_json_array(), *outputs = zpl_json_object();
        struct zpl_json *output = zpl_json_object();
        add_gathered(&m->gathered[k], m->count, name, items);
        zpl_json_set_take(output, "type", zpl_json_string(type));
        zpl_json_set_take(outputs, name, output);
        zpl_view_items_figures(items, outputs, out);
        zpl_json_release(outputs);
        zpl_json_release(items);
    }
    zpl_arena_release(&arena);
}
