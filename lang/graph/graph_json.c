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
    bool kept;                         /* without what a run keeps with its places */
};

static void put_type(struct zpl_json_text *text, const struct zpl_type *type)
{
    struct zpl_buf shown = {0};
    zpl_type_show(type, false, &shown);
    if (zpl_buf_error(&shown))
        zpl_json_put_take(text, NULL);
    else
        zpl_json_put_stringn(text, zpl_buf_str(&shown), shown.len);
    zpl_buf_release(&shown);
}

static void put_names(struct zpl_json_text *text, const char *const *names, size_t count)
{
    zpl_json_put_array(text);
    for (size_t i = 0; i < count; i++)
        zpl_json_put_string(text, names[i]);
    zpl_json_put_end(text);
}

/* ---- members, which are there only where they say something ---------------------------------- */

static void put_text(struct zpl_json_text *text, const char *key, const char *s)
{
    if (!s)
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_string(text, s);
}

static void put_int(struct zpl_json_text *text, const char *key, uint64_t v)
{
    if (!v)
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_int(text, (int64_t)v);
}

static void put_true(struct zpl_json_text *text, const char *key, bool v)
{
    if (!v)
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_bool(text, true);
}

static void put_literal(struct zpl_json_text *text, const char *key,
                        const struct zpl_literal *literal)
{
    if (!literal)
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_take(text, zpl_literal_json(literal));
}

static void put_value(struct zpl_json_text *text, const char *key, const struct zpl_value *value)
{
    if (!value)
        return;
    zpl_json_put_key(text, key);
    zpl_value_put(text, value);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Appends the parts of a chain of `op`, leftmost first: a long chain stays flat. */
static void put_chain(struct zpl_json_text *text, enum zpl_cond_op op,
                      const struct zpl_value *value)
{
    if (value->kind != ZPL_VALUE_COND || value->cond.op != op) {
        zpl_value_put(text, value);
        return;
    }
    put_chain(text, op, value->cond.left);
    zpl_value_put(text, value->cond.right);
}

static void put_cond(struct zpl_json_text *text, const struct zpl_value *value)
{
    enum zpl_cond_op op = value->cond.op;
    zpl_json_put_key(text, "cond");
    zpl_json_put_string(text, zpl_cond_words[op]);
    zpl_json_put_key(text, "of");
    zpl_json_put_array(text);
    if (op == ZPL_COND_AND || op == ZPL_COND_OR) {
        put_chain(text, op, value);
    } else {
        zpl_value_put(text, value->cond.left);
        if (value->cond.right)
            zpl_value_put(text, value->cond.right);
    }
    zpl_json_put_end(text);
}

static void put_items(struct zpl_json_text *text, const struct zpl_value *value)
{
    bool record = value->kind == ZPL_VALUE_RECORD;
    zpl_json_put_key(text, record ? "record" : "list");
    zpl_json_put_array(text);
    for (size_t i = 0; i < value->list.count; i++) {
        if (record) {
            zpl_json_put_array(text);
            zpl_json_put_string(text, value->list.keys[i]);
        }
        zpl_value_put(text, value->list.items[i]);
        if (record)
            zpl_json_put_end(text);
    }
    zpl_json_put_end(text);
}

static void put_values(struct zpl_json_text *text, const char *key,
                       const struct zpl_value *const *values, size_t count)
{
    if (!values)
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_array(text);
    for (size_t i = 0; i < count; i++)
        zpl_value_put(text, values[i]);
    zpl_json_put_end(text);
}

static void put_pick(struct zpl_json_text *text, const struct zpl_value *value)
{
    put_values(text, "by", value->pick.by, value->pick.count);
    put_values(text, "of", value->pick.items, value->pick.count);
    put_text(text, "pick", zpl_pick_words[value->pick.op]);
}

static void put_ref(struct zpl_json_text *text, const struct zpl_value *value)
{
    put_text(text, "field", value->ref.field);
    zpl_json_put_key(text, "ref");
    zpl_json_put_array(text);
    zpl_json_put_int(text, value->ref.node);
    zpl_json_put_int(text, value->ref.output);
    zpl_json_put_end(text);
}

/* {item: MAP} with `index` or `field`. */
static void put_item(struct zpl_json_text *text, const struct zpl_value *value)
{
    put_text(text, "field", value->item.field);
    put_true(text, "index", value->item.index);
    zpl_json_put_key(text, "item");
    zpl_json_put_int(text, value->item.map);
}

static void put_gather(struct zpl_json_text *text, const struct zpl_value *value)
{
    put_value(text, "gather", value->gather.value);
    zpl_json_put_key(text, "map");
    zpl_json_put_int(text, value->gather.map);
}

void zpl_value_put(struct zpl_json_text *text, const struct zpl_value *value)
{
    zpl_json_put_object(text);
    switch (value->kind) {
    case ZPL_VALUE_LITERAL:
        put_literal(text, "literal", value->literal);
        break;
    case ZPL_VALUE_REF:
        put_ref(text, value);
        break;
    case ZPL_VALUE_COND:
        put_cond(text, value);
        break;
    case ZPL_VALUE_LIST:
    case ZPL_VALUE_RECORD:
        put_items(text, value);
        break;
    case ZPL_VALUE_PICK:
        put_pick(text, value);
        break;
    case ZPL_VALUE_ITEM:
        put_item(text, value);
        break;
    case ZPL_VALUE_GATHER:
        put_gather(text, value);
        break;
    }
    zpl_json_put_end(text);
}

/* ---- nodes and params ------------------------------------------------------------------------ */

/* "delays.zpl:12:7", from the sources or as it was read back; nothing when the place is unknown. */
static void put_place(struct zpl_json_text *text, const struct writer *w, struct zpl_span span,
                      const char *place)
{
    const struct zpl_source *source =
        w->sources && span.source ? zpl_sources_get(w->sources, span.source) : NULL;
    struct zpl_buf at = {0};
    if (w->kept)
        return;
    if (source) {
        uint32_t line, column;
        zpl_source_place(source, span.begin, &line, &column);
        zpl_buf_printf(&at, "%s:%u:%u", source->name, line, column);
        zpl_json_put_key(text, "at");
        if (zpl_buf_error(&at))
            zpl_json_put_take(text, NULL);
        else
            zpl_json_put_stringn(text, zpl_buf_str(&at), at.len);
    } else {
        put_text(text, "at", place);
    }
    zpl_buf_release(&at);
}

static void put_arguments(struct zpl_json_text *text, const struct zpl_node *node)
{
    zpl_json_put_key(text, "arguments");
    zpl_json_put_array(text);
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct zpl_argument *argument = &node->arguments[i];
        zpl_json_put_object(text);
        put_text(text, "name", argument->name);
        if (argument->reads_all) {
            put_text(text, "reads", "all");
        } else if (argument->reads) {
            zpl_json_put_key(text, "reads");
            put_names(text, argument->reads, argument->read_count);
        }
        put_value(text, "value", argument->value);
        if (argument->wants) {
            zpl_json_put_key(text, "wants");
            put_type(text, argument->wants);
        }
        zpl_json_put_end(text);
    }
    zpl_json_put_end(text);
}

typedef bool lineage_fn(const struct zpl_node *node, const struct zpl_output *output,
                        struct zpl_json **out);

static void put_lineage(struct zpl_json_text *text, const char *key, lineage_fn *of,
                        const struct zpl_node *node, const struct zpl_output *output)
{
    struct zpl_json *json;
    if (!of(node, output, &json))
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_take(text, json);
}

static void put_outputs(struct zpl_json_text *text, const struct zpl_node *node)
{
    zpl_json_put_key(text, "outputs");
    zpl_json_put_array(text);
    for (size_t i = 0; i < node->output_count; i++) {
        const struct zpl_output *output = &node->outputs[i];
        zpl_json_put_object(text);
        put_lineage(text, "chosen", zpl_lineage_chosen, node, output);
        put_lineage(text, "from", zpl_lineage_from, node, output);
        put_text(text, "name", output->name);
        put_lineage(text, "rows", zpl_lineage_rows, node, output);
        zpl_json_put_key(text, "type");
        put_type(text, output->type);
        zpl_json_put_end(text);
    }
    zpl_json_put_end(text);
}

static void put_bindings(struct zpl_json_text *text, const struct zpl_node *node)
{
    if (node->binding_count == 0)
        return;
    zpl_json_put_key(text, "bindings");
    zpl_json_put_array(text);
    for (size_t i = 0; i < node->binding_count; i++) {
        const struct zpl_binding *binding = &node->bindings[i];
        zpl_json_put_object(text);
        zpl_json_put_key(text, "columns");
        put_names(text, binding->columns, binding->count);
        put_text(text, "var", binding->var);
        zpl_json_put_end(text);
    }
    zpl_json_put_end(text);
}

static void put_after(struct zpl_json_text *text, const struct zpl_node *node)
{
    if (node->after_count == 0)
        return;
    zpl_json_put_key(text, "after");
    zpl_json_put_array(text);
    for (size_t i = 0; i < node->after_count; i++)
        zpl_json_put_int(text, node->after[i]);
    zpl_json_put_end(text);
}

static void set_int(struct zpl_json *object, const char *key, uint64_t v)
{
    if (v)
        zpl_json_set_take(object, key, zpl_json_int((int64_t)v));
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

static void put_resources(struct zpl_json_text *text, const struct zpl_node *node)
{
    const struct zpl_resources *r = &node->resources;
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
    zpl_json_put_key(text, "resources");
    zpl_json_put_take(text, resources);
}

/* Parts of a node that are as of the node before, as a rule. */
enum { PLACE, CODE };

/* Do both say the same of what put_code() puts?  The texts of a step are the same ones in each of its calls. */
static bool same_code(const struct zpl_node *a, const struct zpl_node *b)
{
    return a->body == b->body && a->disjoint == b->disjoint && a->effect == b->effect &&
           a->engines == b->engines && a->identity == b->identity && a->kernel == b->kernel;
}

static bool same_place(const struct zpl_node *a, const struct zpl_node *b)
{
    return a->span.source == b->span.source && a->span.begin == b->span.begin &&
           a->place == b->place;
}

static void put_code(struct zpl_json_text *text, const struct zpl_node *node)
{
    put_text(text, "body", node->body);
    put_true(text, "disjoint", node->disjoint);
    put_true(text, "effect", node->effect);
    put_text(text, "engines", node->engines);
    put_text(text, "identity", node->identity);
    put_text(text, "kernel", node->kernel);
}

static void put_node(struct zpl_json_text *text, const void *of, size_t i)
{
    const struct writer *w = of;
    const struct zpl_node *node = &w->graph->nodes[i], *before = i > 0 ? node - 1 : NULL;
    zpl_json_put_object(text);
    put_after(text, node);
    put_literal(text, "allow", node->allow);
    put_arguments(text, node);
    if (before && same_place(node, before)) {
        zpl_json_part_again(text, PLACE);
    } else {
        zpl_json_part_begin(text, PLACE);
        put_place(text, w, node->span, node->place);
        zpl_json_part_end(text, PLACE);
    }
    put_bindings(text, node);
    if (before && same_code(node, before)) {
        zpl_json_part_again(text, CODE);
    } else {
        zpl_json_part_begin(text, CODE);
        put_code(text, node);
        zpl_json_part_end(text, CODE);
    }
    if (node->map) {
        zpl_json_put_key(text, "map");
        zpl_json_put_int(text, node->map - 1);
    }
    put_text(text, "name", node->name);
    put_true(text, "no_cache", !node->cache);
    put_outputs(text, node);
    put_true(text, "poison", node->poison);
    put_resources(text, node);
    put_int(text, "retries", node->retries);
    put_text(text, "source", node->source);
    put_text(text, "step", node->step);
    put_int(text, "timeout_ms", node->timeout_ms);
    put_value(text, "when", node->when);
    zpl_json_put_end(text);
}

static void put_param(struct zpl_json_text *text, const void *of, size_t i)
{
    const struct writer *w = of;
    const struct zpl_param *param = &w->graph->params[i];
    zpl_json_put_object(text);
    put_place(text, w, param->span, param->place);
    put_text(text, "doc", param->type->refine ? param->type->refine->doc : NULL);
    put_true(text, "given", param->given);
    put_text(text, "name", param->name);
    zpl_json_put_key(text, "type");
    put_type(text, param->type);
    put_literal(text, "value", param->value);
    zpl_json_put_end(text);
}

static void put_map(struct zpl_json_text *text, const void *of, size_t i)
{
    const struct writer *w = of;
    const struct zpl_map *map = &w->graph->maps[i];
    zpl_json_put_object(text);
    put_place(text, w, map->span, map->place);
    if (map->parent) {
        zpl_json_put_key(text, "map");
        zpl_json_put_int(text, map->parent - 1);
    }
    put_value(text, "over", map->over);
    zpl_json_put_end(text);
}

static void put_import(struct zpl_json_text *text, const void *of, size_t i)
{
    const struct zpl_import *import = &(*(const struct zpl_graph *const *)of)->imports[i];
    zpl_json_put_object(text);
    put_text(text, "digest", import->digest);
    put_text(text, "name", import->name);
    zpl_json_put_end(text);
}

struct zpl_json *zpl_imports_json(const struct zpl_graph *graph)
{
    return zpl_json_writing(graph->import_count, put_import, &graph, sizeof graph);
}

static struct zpl_json *graph_json(const struct writer *w)
{
    const struct zpl_graph *graph = w->graph;
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "version", zpl_json_int(ZPL_GRAPH_VERSION));
    if (graph->pipeline)
        zpl_json_set_take(object, "pipeline", zpl_json_string(graph->pipeline));
    if (graph->schedule)
        zpl_json_set_take(object, "schedule", zpl_literal_json(graph->schedule));
    if (graph->import_count && !w->kept)
        zpl_json_set_take(object, "imports", zpl_imports_json(graph));
    zpl_json_set_take(object, "params",
                      zpl_json_writing(graph->param_count, put_param, w, sizeof *w));
    zpl_json_set_take(object, "nodes", zpl_json_writing(graph->count, put_node, w, sizeof *w));
    if (graph->map_count)
        zpl_json_set_take(object, "maps",
                          zpl_json_writing(graph->map_count, put_map, w, sizeof *w));
    return object;
}

struct zpl_json *zpl_graph_to_json(const struct zpl_graph *graph, const struct zpl_sources *sources)
{
    const struct writer w = {.graph = graph, .sources = sources};
    return graph_json(&w);
}

struct zpl_json *zpl_graph_to_kept_json(const struct zpl_graph *graph)
{
    const struct writer w = {.graph = graph, .kept = true};
    return graph_json(&w);
}
