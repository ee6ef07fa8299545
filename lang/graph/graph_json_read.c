#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "lang/graph/graph_json.h"
#include "lang/graph/json_words.h"
#include "lang/graph/lineage_json.h"
#include "lang/types/signature.h"

/* What is being read, and the first thing that was wrong with it (later ones follow from it). */
struct reader {
    struct zpl_graph *graph;
    struct zpl_arena *arena;     /* the graph's */
    const struct zpl_json *maps; /* those that are read when something speaks of them */
    size_t map_count;
    const char *wrong;
};

static void *fail(struct reader *r, const char *what)
{
    if (!r->wrong)
        r->wrong = what;
    return NULL;
}

/* A required text. */
static const char *text_of(struct reader *r, const struct zpl_json *object, const char *key)
{
    const char *s = zpl_json_str(zpl_json_get(object, key), NULL);
    return s ? zpl_arena_strdup(r->arena, s) : fail(r, key);
}

/* A text that may be absent. */
static const char *maybe_text(struct reader *r, const struct zpl_json *object, const char *key)
{
    return zpl_json_get(object, key) ? text_of(r, object, key) : NULL;
}

static uint64_t count_of(struct reader *r, const struct zpl_json *object, const char *key,
                         uint64_t max)
{
    int64_t v = zpl_json_i64(zpl_json_get(object, key), 0);
    if (v < 0 || (uint64_t)v > max) {
        fail(r, key);
        return 0;
    }
    return (uint64_t)v;
}

static bool truth_of(const struct zpl_json *object, const char *key)
{
    return zpl_json_truth(zpl_json_get(object, key), false);
}

/* The type that field `key` of an object says. */
static const struct zpl_type *type_of(struct reader *r, const struct zpl_json *object,
                                      const char *key)
{
    const struct zpl_type *type = NULL;
    struct zpl_signature_error error;
    const char *text = zpl_json_str(zpl_json_get(object, key), NULL);
    if (!text || zpl_type_parse(text, r->arena, &type, &error) != ZPL_OK)
        return fail(r, "type");
    return type;
}

static const struct zpl_literal *literal_of(struct reader *r, const struct zpl_json *json)
{
    const struct zpl_literal *literal = json ? zpl_literal_from_json(json, r->arena) : NULL;
    return literal ? literal : fail(r, "literal");
}

/* The texts of an array; NULL (and a failure) when it is none. */
static const char *const *names_of(struct reader *r, const struct zpl_json *array, size_t *count)
{
    *count = zpl_json_count(array);
    const char **names = zpl_arena_array(r->arena, *count + 1, sizeof *names);
    if (!names || zpl_json_kind(array) != ZPL_JSON_ARRAY)
        return fail(r, "names");
    for (size_t i = 0; i < *count; i++) {
        const char *s = zpl_json_str(zpl_json_at(array, i), NULL);
        if (!s)
            return fail(r, "names");
        names[i] = zpl_arena_strdup(r->arena, s);
    }
    return names;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const struct zpl_value *read_value(struct reader *r, const struct zpl_json *json);
static const struct zpl_type *field_type(struct reader *r, const struct zpl_type *type,
                                         const char *field);

static const struct zpl_value *read_ref(struct reader *r, const struct zpl_json *json)
{
    const struct zpl_json *pair = zpl_json_get(json, "ref");
    int64_t id = zpl_json_i64(zpl_json_at(pair, 0), -1);
    int64_t output = zpl_json_i64(zpl_json_at(pair, 1), -1);
    /* Nodes are read in order: a reference to a later one finds nothing. */
    if (id < 0 || (uint64_t)id >= r->graph->count || output < 0)
        return fail(r, "ref");
    const struct zpl_node *node = &r->graph->nodes[id];
    if ((uint64_t)output >= node->output_count)
        return fail(r, "ref");
    const char *field = maybe_text(r, json, "field");
    const struct zpl_type *type = node->outputs[output].type;
    if (field)
        type = field_type(r, type, field);
    return zpl_value_ref(r->arena, (uint32_t)id, (uint32_t)output, field, type);
}

static const struct zpl_value *read_cond(struct reader *r, const struct zpl_json *json)
{
    const char *word = zpl_json_str(zpl_json_get(json, "cond"), "");
    const struct zpl_json *of = zpl_json_get(json, "of");
    int op = 0;
    while (op < ZPL_COND_WORDS && strcmp(zpl_cond_words[op], word) != 0)
        op++;
    bool chain = op == ZPL_COND_AND || op == ZPL_COND_OR;
    size_t want = op == ZPL_COND_NOT || op == ZPL_COND_TRUTH ? 1 : 2;
    size_t count = zpl_json_count(of);
    if (op == ZPL_COND_WORDS || (chain ? count < 2 : count != want))
        return fail(r, "cond");
    const struct zpl_value *value = read_value(r, zpl_json_at(of, 0));
    if (want == 1)
        return value ? zpl_value_cond(r->arena, (enum zpl_cond_op)op, value, NULL) : NULL;
    for (size_t i = 1; value && i < count; i++) {
        const struct zpl_value *right = read_value(r, zpl_json_at(of, i));
        value = right ? zpl_value_cond(r->arena, (enum zpl_cond_op)op, value, right) : NULL;
    }
    return value;
}

static const struct zpl_value *read_items(struct reader *r, const struct zpl_json *array,
                                          bool record)
{
    size_t count = zpl_json_count(array);
    const struct zpl_value **items = zpl_arena_array(r->arena, count + 1, sizeof *items);
    const char **keys = record ? zpl_arena_array(r->arena, count + 1, sizeof *keys) : NULL;
    if (!items || (record && !keys))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *item = zpl_json_at(array, i);
        if (record) {
            const char *key = zpl_json_str(zpl_json_at(item, 0), NULL);
            if (!key)
                return fail(r, "record");
            keys[i] = zpl_arena_strdup(r->arena, key);
            item = zpl_json_at(item, 1);
        }
        if (!(items[i] = read_value(r, item)))
            return NULL;
    }
    return zpl_value_items(r->arena, items, keys, count);
}

/* The values of an array of `count`, in the arena; NULL when it is another one. */
static const struct zpl_value *const *read_values(struct reader *r, const struct zpl_json *array,
                                                  size_t count)
{
    const struct zpl_value **values = zpl_arena_array(r->arena, count + 1, sizeof *values);
    if (!values || zpl_json_count(array) != count)
        return fail(r, "pick");
    for (size_t i = 0; i < count; i++)
        if (!(values[i] = read_value(r, zpl_json_at(array, i))))
            return NULL;
    return values;
}

static const struct zpl_value *read_pick(struct reader *r, const struct zpl_json *json)
{
    const char *word = zpl_json_str(zpl_json_get(json, "pick"), "");
    const struct zpl_json *of = zpl_json_get(json, "of"), *by = zpl_json_get(json, "by");
    size_t count = zpl_json_count(of), odd;
    int op = 0;
    while (op < ZPL_PICK_WORDS && strcmp(zpl_pick_words[op], word) != 0)
        op++;
    if (op == ZPL_PICK_WORDS || count == 0 ||
        (by != NULL) != (op == ZPL_PICK_MAX || op == ZPL_PICK_MIN))
        return fail(r, "pick");
    const struct zpl_value *const *items = read_values(r, of, count);
    const struct zpl_value *const *compared = items && by ? read_values(r, by, count) : NULL;
    if (!items || (by && !compared))
        return NULL;
    const struct zpl_type *type =
        zpl_value_pick_type(r->arena, (enum zpl_pick_op)op, items, count, &odd);
    return type ? zpl_value_pick(r->arena, (enum zpl_pick_op)op, items, compared, count, type)
                : fail(r, "pick");
}

/* The type of a field, or of a field of a field ("a.b"); UNKNOWN when there is none. */
static const struct zpl_type *field_type(struct reader *r, const struct zpl_type *type,
                                         const char *field)
{
    while (field && type) {
        bool whole = type->row && zpl_row_find(type->row, field);
        size_t n = whole ? strlen(field) : strcspn(field, ".");
        const char *name = zpl_arena_strndup(r->arena, field, n);
        const struct zpl_column *column = name && type->row ? zpl_row_find(type->row, name) : NULL;
        type = column ? column->type : NULL;
        field = field[n] ? field + n + 1 : NULL;
    }
    return type ? type : zpl_type_new(r->arena, ZPL_UNKNOWN);
}

/* The number of a map that was read, as field `key` says; SIZE_MAX: none (a failure). */
static size_t map_of(struct reader *r, const struct zpl_json *json, const char *key)
{
    int64_t map = zpl_json_i64(zpl_json_get(json, key), -1);
    if (map >= 0 && (uint64_t)map < r->map_count)
        return (size_t)map;
    fail(r, key);
    return SIZE_MAX;
}

/* A map is read when something first speaks of it: its list refers to earlier nodes. */
static bool need_map(struct reader *r, size_t map)
{
    while (r->graph->map_count <= map) {
        const struct zpl_json *json = zpl_json_at(r->maps, r->graph->map_count);
        size_t outer = zpl_json_get(json, "map") ? map_of(r, json, "map") : SIZE_MAX;
        const struct zpl_value *over = NULL;
        if (r->wrong || (outer != SIZE_MAX && outer >= r->graph->map_count) ||
            !(over = read_value(r, zpl_json_get(json, "over"))) || over->type->kind != ZPL_LIST)
            return fail(r, "maps") != NULL;
        struct zpl_map *made = zpl_graph_add_map(r->graph);
        if (!made)
            return false;
        made->over = over;
        made->parent = outer == SIZE_MAX ? 0 : (uint32_t)outer + 1;
        made->place = maybe_text(r, json, "at");
    }
    return true;
}

static const struct zpl_value *read_item(struct reader *r, const struct zpl_json *json)
{
    size_t map = map_of(r, json, "item");
    if (map == SIZE_MAX || !need_map(r, map))
        return NULL;
    const char *field = maybe_text(r, json, "field");
    bool index = truth_of(json, "index");
    const struct zpl_type *item = r->graph->maps[map].over->type->elem;
    const struct zpl_type *type =
        index ? zpl_type_new(r->arena, ZPL_INT) : field_type(r, item, field);
    return zpl_value_item(r->arena, (uint32_t)map, index, field, type);
}

static const struct zpl_value *read_gather(struct reader *r, const struct zpl_json *json)
{
    size_t map = map_of(r, json, "map");
    if (map == SIZE_MAX || !need_map(r, map))
        return NULL;
    const struct zpl_value *inner = read_value(r, zpl_json_get(json, "gather"));
    return inner ? zpl_value_gather(r->arena, (uint32_t)map, inner) : NULL;
}

static const struct zpl_value *read_value(struct reader *r, const struct zpl_json *json)
{
    if (zpl_json_get(json, "item"))
        return read_item(r, json);
    if (zpl_json_get(json, "gather"))
        return read_gather(r, json);
    if (zpl_json_get(json, "pick"))
        return read_pick(r, json);
    if (zpl_json_get(json, "ref"))
        return read_ref(r, json);
    if (zpl_json_get(json, "cond"))
        return read_cond(r, json);
    if (zpl_json_get(json, "list"))
        return read_items(r, zpl_json_get(json, "list"), false);
    if (zpl_json_get(json, "record"))
        return read_items(r, zpl_json_get(json, "record"), true);
    return zpl_value_literal(r->arena, literal_of(r, zpl_json_get(json, "literal")));
}

/* ---- nodes and params ------------------------------------------------------------------------ */

static bool read_arguments(struct reader *r, const struct zpl_json *json, struct zpl_node *node)
{
    const struct zpl_json *array = zpl_json_get(json, "arguments");
    size_t count = zpl_json_count(array);
    struct zpl_argument *arguments = zpl_arena_array(r->arena, count + 1, sizeof *arguments);
    if (!arguments)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *item = zpl_json_at(array, i);
        const struct zpl_json *reads = zpl_json_get(item, "reads");
        struct zpl_argument *argument = &arguments[i];
        argument->name = text_of(r, item, "name");
        argument->value = read_value(r, zpl_json_get(item, "value"));
        if (zpl_json_get(item, "wants"))
            argument->wants = type_of(r, item, "wants");
        argument->reads_all = strcmp(zpl_json_str(reads, ""), "all") == 0;
        if (reads && !argument->reads_all)
            argument->reads = names_of(r, reads, &argument->read_count);
        if (!argument->name || !argument->value)
            return false;
    }
    node->arguments = arguments;
    node->argument_count = count;
    return true;
}

static bool read_outputs(struct reader *r, const struct zpl_json *json, struct zpl_node *node)
{
    const struct zpl_json *array = zpl_json_get(json, "outputs");
    size_t count = zpl_json_count(array);
    struct zpl_output *outputs = zpl_arena_array(r->arena, count + 1, sizeof *outputs);
    if (!outputs)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *item = zpl_json_at(array, i);
        outputs[i].name = text_of(r, item, "name");
        outputs[i].type = type_of(r, item, "type");
        if (!outputs[i].name || !outputs[i].type)
            return false;
        if (!zpl_lineage_read(item, node, &outputs[i], r->arena))
            return fail(r, "from") != NULL;
    }
    node->outputs = outputs;
    node->output_count = count;
    return true;
}

static bool read_bindings(struct reader *r, const struct zpl_json *json, struct zpl_node *node)
{
    const struct zpl_json *array = zpl_json_get(json, "bindings");
    size_t count = zpl_json_count(array);
    if (count == 0)
        return true;
    struct zpl_binding *bindings = zpl_arena_array(r->arena, count, sizeof *bindings);
    if (!bindings)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *item = zpl_json_at(array, i);
        bindings[i].var = text_of(r, item, "var");
        bindings[i].columns = names_of(r, zpl_json_get(item, "columns"), &bindings[i].count);
    }
    node->bindings = bindings;
    node->binding_count = count;
    return true;
}

static bool read_after(struct reader *r, const struct zpl_json *json, struct zpl_node *node)
{
    const struct zpl_json *array = zpl_json_get(json, "after");
    size_t count = zpl_json_count(array);
    if (count == 0)
        return true;
    uint32_t *after = zpl_arena_array(r->arena, count, sizeof *after);
    if (!after)
        return false;
    for (size_t i = 0; i < count; i++) {
        int64_t id = zpl_json_i64(zpl_json_at(array, i), -1);
        if (id < 0 || (uint64_t)id >= r->graph->count)
            return fail(r, "after") != NULL;
        after[i] = (uint32_t)id;
    }
    node->after = after;
    node->after_count = count;
    return true;
}

/* { NAME: { of, slots } } */
static void read_limits(struct reader *r, const struct zpl_json *json, struct zpl_resources *out)
{
    size_t count = zpl_json_count(json);
    struct zpl_limit_use *limits = zpl_arena_array(r->arena, count + 1, sizeof *limits);
    for (size_t i = 0; limits && i < count; i++) {
        const char *name = zpl_json_key_at(json, i);
        const struct zpl_json *limit = name ? zpl_json_get(json, name) : NULL;
        limits[i] = (struct zpl_limit_use){
            .name = name ? zpl_arena_strdup(r->arena, name) : NULL,
            .slots = (uint32_t)count_of(r, limit, "slots", ZPL_LIMIT_SLOTS_MAX),
            .of = (uint32_t)count_of(r, limit, "of", ZPL_LIMIT_SLOTS_MAX)};
        if (!limits[i].name || limits[i].slots < 1 || limits[i].slots > limits[i].of) {
            fail(r, "limits");
            return;
        }
    }
    out->limits = limits;
    out->limit_count = limits ? count : 0;
}

static void read_running(struct reader *r, const struct zpl_json *json, struct zpl_node *node)
{
    const struct zpl_json *resources = zpl_json_get(json, "resources");
    node->retries = (uint32_t)count_of(r, json, "retries", UINT32_MAX);
    node->timeout_ms = count_of(r, json, "timeout_ms", INT64_MAX);
    node->resources = (struct zpl_resources){
        .cpu = zpl_json_f64(zpl_json_get(resources, "cpu"), 0),
        .memory_bytes = count_of(r, resources, "memory_bytes", INT64_MAX),
        .gpu = (uint32_t)count_of(r, resources, "gpu", UINT32_MAX),
        .workers = (uint32_t)count_of(r, resources, "workers", UINT32_MAX),
    };
    if (zpl_json_get(resources, "limits"))
        read_limits(r, zpl_json_get(resources, "limits"), &node->resources);
    node->effect = truth_of(json, "effect");
    node->disjoint = truth_of(json, "disjoint");
    node->cache = !truth_of(json, "no_cache");
    node->poison = truth_of(json, "poison");
}

/* Reads a whole node before it is added, so that it can't refer to itself. */
static bool read_node(struct reader *r, const struct zpl_json *json)
{
    struct zpl_node node = {.id = (uint32_t)r->graph->count};
    node.name = text_of(r, json, "name");
    node.step = text_of(r, json, "step");
    node.kernel = maybe_text(r, json, "kernel");
    node.identity = maybe_text(r, json, "identity");
    node.engines = maybe_text(r, json, "engines");
    node.place = maybe_text(r, json, "at");
    node.source = maybe_text(r, json, "source");
    node.body = maybe_text(r, json, "body");
    if (zpl_json_get(json, "map")) {
        size_t map = map_of(r, json, "map");
        if (map == SIZE_MAX || !need_map(r, map))
            return false;
        node.map = (uint32_t)map + 1;
    }
    if (!read_arguments(r, json, &node) || !read_outputs(r, json, &node) ||
        !read_bindings(r, json, &node) || !read_after(r, json, &node))
        return false;
    if (zpl_json_get(json, "when") && !(node.when = read_value(r, zpl_json_get(json, "when"))))
        return false;
    if (zpl_json_get(json, "allow"))
        node.allow = literal_of(r, zpl_json_get(json, "allow"));
    read_running(r, json, &node);
    struct zpl_node *place = r->wrong ? NULL : zpl_graph_add(r->graph);
    if (place)
        *place = node;
    return place != NULL;
}

static bool read_param(struct reader *r, const struct zpl_json *json)
{
    const struct zpl_type *type = type_of(r, json, "type");
    struct zpl_param *param = type ? zpl_graph_add_param(r->graph) : NULL;
    if (!param)
        return false;
    struct zpl_refine refine = type->refine ? *type->refine : (struct zpl_refine){0};
    refine.doc = maybe_text(r, json, "doc");
    if (refine.doc)
        type = zpl_type_refined(r->arena, type, &refine);
    *param = (struct zpl_param){.name = text_of(r, json, "name"), .type = type};
    if (zpl_json_get(json, "value"))
        param->value = literal_of(r, zpl_json_get(json, "value"));
    param->given = truth_of(json, "given");
    param->place = maybe_text(r, json, "at");
    return type && !r->wrong;
}

enum zpl_err zpl_graph_from_json(const struct zpl_json *json, struct zpl_graph *out,
                                 struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    int64_t version = zpl_json_i64(zpl_json_get(json, "version"), -1);
    memset(out, 0, sizeof *out);
    if (version >= 0 && version != ZPL_GRAPH_VERSION) {
        zpl_diag_add(diags, ZPL_CODE_STORE_VERSION, nowhere,
                     "a graph of version %lld; this zpl reads version %d", (long long)version,
                     ZPL_GRAPH_VERSION);
        return ZPL_ERR_VERSION;
    }
    struct reader r = {.graph = out, .arena = &out->arena};
    r.maps = zpl_json_get(json, "maps");
    r.map_count = zpl_json_count(r.maps);
    const struct zpl_json *params = zpl_json_get(json, "params");
    const struct zpl_json *nodes = zpl_json_get(json, "nodes");
    if (version < 0 || zpl_json_kind(nodes) != ZPL_JSON_ARRAY)
        fail(&r, "version or nodes");
    out->pipeline = maybe_text(&r, json, "pipeline");
    if (zpl_json_get(json, "schedule"))
        out->schedule = literal_of(&r, zpl_json_get(json, "schedule"));
    const struct zpl_json *imports = zpl_json_get(json, "imports");
    for (size_t i = 0; !r.wrong && i < zpl_json_count(imports); i++)
        if (!zpl_graph_add_import(out, text_of(&r, zpl_json_at(imports, i), "name"),
                                  text_of(&r, zpl_json_at(imports, i), "digest")))
            fail(&r, "imports");
    for (size_t i = 0; !r.wrong && i < zpl_json_count(params); i++)
        if (!read_param(&r, zpl_json_at(params, i)))
            fail(&r, "params");
    for (size_t i = 0; !r.wrong && i < zpl_json_count(nodes); i++)
        if (!read_node(&r, zpl_json_at(nodes, i)))
            fail(&r, "nodes");
    if (!r.wrong && r.map_count > 0)
        need_map(&r, r.map_count - 1);
    bool memory = zpl_arena_failed(&out->arena);
    if (!r.wrong && !memory)
        return ZPL_OK;
    size_t where = out->count;
    zpl_graph_release(out);
    if (memory)
        return zpl_diag_nomem(diags);
    zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, nowhere,
                 "the graph's JSON is malformed: '%s' after step number %zu", r.wrong, where);
    return ZPL_ERR_INPUT;
}
