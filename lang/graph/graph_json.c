#include "lang/graph/graph_json.h"
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "lang/graph/json_words.h"
#include "lang/graph/lineage_json.h"

/* What is being written. */
struct writer {
    const struct zpl_graph *graph;
    const struct zpl_sources *sources; /* gives places; NULL: none */
};

static struct zpl_json *type_json(const struct zpl_type *type)
{
    struct zpl_buf text = {0};
    zpl_type_show(type, false, &text);
    struct zpl_json *json =
        zpl_buf_error(&text) ? NULL : zpl_json_stringn(zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    return json;
}

static struct zpl_json *names_json(const char *const *names, size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(array, zpl_json_string(names[i]));
    return array;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Appends the parts of a chain of `op`, leftmost first: a long chain stays flat. */
static void add_chain(struct zpl_json *array, enum zpl_cond_op op, const struct zpl_value *value)
{
    if (value->kind != ZPL_VALUE_COND || value->cond.op != op) {
        zpl_json_add_take(array, zpl_value_to_json(value));
        return;
    }
    add_chain(array, op, value->cond.left);
    zpl_json_add_take(array, zpl_value_to_json(value->cond.right));
}

static struct zpl_json *cond_json(const struct zpl_value *value)
{
    enum zpl_cond_op op = value->cond.op;
    struct zpl_json *of = zpl_json_array();
    if (op == ZPL_COND_AND || op == ZPL_COND_OR) {
        add_chain(of, op, value);
    } else {
        zpl_json_add_take(of, zpl_value_to_json(value->cond.left));
        if (value->cond.right)
            zpl_json_add_take(of, zpl_value_to_json(value->cond.right));
    }
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "cond", zpl_json_string(zpl_cond_words[op]));
    zpl_json_set_take(object, "of", of);
    return object;
}

static struct zpl_json *items_json(const struct zpl_value *value)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < value->list.count; i++) {
        struct zpl_json *item = zpl_value_to_json(value->list.items[i]);
        if (value->kind == ZPL_VALUE_RECORD) {
            struct zpl_json *pair = zpl_json_array();
            zpl_json_add_take(pair, zpl_json_string(value->list.keys[i]));
            zpl_json_add_take(pair, item);
            item = pair;
        }
        zpl_json_add_take(array, item);
    }
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, value->kind == ZPL_VALUE_RECORD ? "record" : "list", array);
    return object;
}

static struct zpl_json *values_json(const struct zpl_value *const *values, size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(array, zpl_value_to_json(values[i]));
    return array;
}

static struct zpl_json *pick_json(const struct zpl_value *value)
{
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "pick", zpl_json_string(zpl_pick_words[value->pick.op]));
    zpl_json_set_take(object, "of", values_json(value->pick.items, value->pick.count));
    if (value->pick.by)
        zpl_json_set_take(object, "by", values_json(value->pick.by, value->pick.count));
    return object;
}

static struct zpl_json *ref_json(const struct zpl_value *value)
{
    struct zpl_json *pair = zpl_json_array();
    zpl_json_add_take(pair, zpl_json_int(value->ref.node));
    zpl_json_add_take(pair, zpl_json_int(value->ref.output));
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "ref", pair);
    if (value->ref.field)
        zpl_json_set_take(object, "field", zpl_json_string(value->ref.field));
    return object;
}

/* {item: MAP} with `index` or `field`; {gather: VALUE, map: MAP}. */
static struct zpl_json *map_json(const struct zpl_value *value)
{
    struct zpl_json *object = zpl_json_object();
    if (value->kind == ZPL_VALUE_GATHER) {
        zpl_json_set_take(object, "gather", zpl_value_to_json(value->gather.value));
        zpl_json_set_take(object, "map", zpl_json_int(value->gather.map));
        return object;
    }
    zpl_json_set_take(object, "item", zpl_json_int(value->item.map));
    if (value->item.index)
        zpl_json_set_take(object, "index", zpl_json_bool(true));
    if (value->item.field)
        zpl_json_set_take(object, "field", zpl_json_string(value->item.field));
    return object;
}

struct zpl_json *zpl_value_to_json(const struct zpl_value *value)
{
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
        break;
    case ZPL_VALUE_REF:
        return ref_json(value);
    case ZPL_VALUE_COND:
        return cond_json(value);
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        return items_json(value);
    case ZPL_VALUE_PICK:
        return pick_json(value);
    case ZPL_VALUE_ITEM:
    case ZPL_VALUE_GATHER:
        return map_json(value);
    }
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "literal", zpl_literal_json(value->literal));
    return object;
}

/* ---- nodes and params ------------------------------------------------------------------------ */

/* "delays.zpl:12:7", from the sources or as it was read back; nothing when the place is unknown. */
static void set_place(const struct writer *w, struct zpl_json *object, struct zpl_span span,
                      const char *place)
{
    const struct zpl_source *source =
        w->sources && span.source ? zpl_sources_get(w->sources, span.source) : NULL;
    struct zpl_buf text = {0};
    if (source) {
        uint32_t line, column;
        zpl_source_place(source, span.begin, &line, &column);
        zpl_buf_printf(&text, "%s:%u:%u", source->name, line, column);
        zpl_json_set_take(object, "at",
                          zpl_buf_error(&text) ? NULL
                                               : zpl_json_stringn(zpl_buf_str(&text), text.len));
    } else if (place) {
        zpl_json_set_take(object, "at", zpl_json_string(place));
    }
    zpl_buf_release(&text);
}

static void set_text(struct zpl_json *object, const char *key, const char *text)
{
    if (text)
        zpl_json_set_take(object, key, zpl_json_string(text));
}

static void set_int(struct zpl_json *object, const char *key, uint64_t v)
{
    if (v)
        zpl_json_set_take(object, key, zpl_json_int((int64_t)v));
}

static void set_true(struct zpl_json *object, const char *key, bool v)
{
    if (v)
        zpl_json_set_take(object, key, zpl_json_bool(true));
}

static struct zpl_json *arguments_json(const struct zpl_node *node)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_argument *argument = &node->arguments[i];
        struct zpl_json *object = zpl_json_object();
        zpl_json_set_take(object, "name", zpl_json_string(argument->name));
        zpl_json_set_take(object, "value", zpl_value_to_json(argument->value));
        if (argument->wants)
            zpl_json_set_take(object, "wants", type_json(argument->wants));
        if (argument->reads_all)
            zpl_json_set_take(object, "reads", zpl_json_string("all"));
        else if (argument->reads)
            zpl_json_set_take(object, "reads", names_json(argument->reads, argument->read_count));
        zpl_json_add_take(array, object);
    }
    return array;
}

static struct zpl_json *outputs_json(const struct zpl_node *node)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < node->output_count; i++) {
        struct zpl_json *object = zpl_json_object();
        zpl_json_set_take(object, "name", zpl_json_string(node->outputs[i].name));
        zpl_json_set_take(object, "type", type_json(node->outputs[i].type));
        zpl_lineage_set(object, node, &node->outputs[i]);
        zpl_json_add_take(array, object);
    }
    return array;
}

static struct zpl_json *bindings_json(const struct zpl_node *node)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < node->binding_count; i++) {
        const struct zpl_binding *binding = &node->bindings[i];
        struct zpl_json *object = zpl_json_object();
        zpl_json_set_take(object, "var", zpl_json_string(binding->var));
        zpl_json_set_take(object, "columns", names_json(binding->columns, binding->count));
        zpl_json_add_take(array, object);
    }
    return array;
}

/* { NAME: { of, slots } } */
static struct zpl_json *limits_json(const struct zpl_resources *r)
{
    struct zpl_json *object = zpl_json_object();
    for (size_t i = 0; i < r->limit_count; i++) {
        struct zpl_json *limit = zpl_json_object();
        set_int(limit, "slots", r->limits[i].slots);
        set_int(limit, "of", r->limits[i].of);
        zpl_json_set_take(object, r->limits[i].name, limit);
    }
    return object;
}

static void set_running(struct zpl_json *object, const struct zpl_node *node)
{
    const struct zpl_resources *r = &node->resources;
    set_int(object, "retries", node->retries);
    set_int(object, "timeout_ms", node->timeout_ms);
    if (!(r->cpu > 0) && !r->memory_bytes && !r->gpu && !r->workers && !r->limit_count)
        return;
    struct zpl_json *resources = zpl_json_object();
    if (r->cpu > 0)
        zpl_json_set_take(resources, "cpu", zpl_json_real(r->cpu));
    set_int(resources, "memory_bytes", r->memory_bytes);
    set_int(resources, "gpu", r->gpu);
    set_int(resources, "workers", r->workers);
    if (r->limit_count)
        zpl_json_set_take(resources, "limits", limits_json(r));
    zpl_json_set_take(object, "resources", resources);
}

static struct zpl_json *node_json(const void *of, size_t i)
{
    const struct writer *w = of;
    const struct zpl_node *node = &w->graph->nodes[i];
    struct zpl_json *object = zpl_json_object();
    set_text(object, "name", node->name);
    set_text(object, "step", node->step);
    set_text(object, "kernel", node->kernel);
    set_text(object, "identity", node->identity);
    set_text(object, "engines", node->engines);
    set_place(w, object, node->span, node->place);
    if (node->map)
        zpl_json_set_take(object, "map", zpl_json_int(node->map - 1));
    zpl_json_set_take(object, "arguments", arguments_json(node));
    zpl_json_set_take(object, "outputs", outputs_json(node));
    if (node->binding_count)
        zpl_json_set_take(object, "bindings", bindings_json(node));
    set_text(object, "source", node->source);
    set_text(object, "body", node->body);
    if (node->when)
        zpl_json_set_take(object, "when", zpl_value_to_json(node->when));
    if (node->after_count) {
        struct zpl_json *after = zpl_json_array();
        for (size_t i = 0; i < node->after_count; i++)
            zpl_json_add_take(after, zpl_json_int(node->after[i]));
        zpl_json_set_take(object, "after", after);
    }
    set_true(object, "effect", node->effect);
    set_true(object, "disjoint", node->disjoint);
    set_true(object, "no_cache", !node->cache);
    set_true(object, "poison", node->poison);
    set_running(object, node);
    if (node->allow)
        zpl_json_set_take(object, "allow", zpl_literal_json(node->allow));
    return object;
}

static struct zpl_json *param_json(const struct writer *w, const struct zpl_param *param)
{
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "name", zpl_json_string(param->name));
    zpl_json_set_take(object, "type", type_json(param->type));
    if (param->type->refine)
        set_text(object, "doc", param->type->refine->doc);
    if (param->value)
        zpl_json_set_take(object, "value", zpl_literal_json(param->value));
    set_true(object, "given", param->given);
    set_place(w, object, param->span, param->place);
    return object;
}

static struct zpl_json *maps_json(const struct writer *w)
{
    const struct zpl_graph *graph = w->graph;
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < graph->map_count; i++) {
        const struct zpl_map *map = &graph->maps[i];
        struct zpl_json *object = zpl_json_object();
        zpl_json_set_take(object, "over", zpl_value_to_json(map->over));
        if (map->parent)
            zpl_json_set_take(object, "map", zpl_json_int(map->parent - 1));
        set_place(w, object, map->span, map->place);
        zpl_json_add_take(array, object);
    }
    return array;
}

static struct zpl_json *imports_json(const struct zpl_graph *graph)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < graph->import_count; i++) {
        struct zpl_json *object = zpl_json_object();
        zpl_json_set_take(object, "name", zpl_json_string(graph->imports[i].name));
        zpl_json_set_take(object, "digest", zpl_json_string(graph->imports[i].digest));
        zpl_json_add_take(array, object);
    }
    return array;
}

struct zpl_json *zpl_graph_to_json(const struct zpl_graph *graph, const struct zpl_sources *sources)
{
    struct writer w = {.graph = graph, .sources = sources};
    struct zpl_json *params = zpl_json_array();
    for (size_t i = 0; i < graph->param_count; i++)
        zpl_json_add_take(params, param_json(&w, &graph->params[i]));
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "version", zpl_json_int(ZPL_GRAPH_VERSION));
    set_text(object, "pipeline", graph->pipeline);
    if (graph->schedule)
        zpl_json_set_take(object, "schedule", zpl_literal_json(graph->schedule));
    if (graph->import_count)
        zpl_json_set_take(object, "imports", imports_json(graph));
    zpl_json_set_take(object, "params", params);
    zpl_json_set_take(object, "nodes", zpl_json_making(graph->count, node_json, &w, sizeof w));
    if (graph->map_count)
        zpl_json_set_take(object, "maps", maps_json(&w));
    return object;
}
