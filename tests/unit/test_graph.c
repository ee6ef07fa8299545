/* Graphs: names, values as text, and the canonical JSON there and back.   Long because the random graphs
 * that all of these share have every kind of value and type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "lang/graph/graph_json.h"
#include "lang/types/signature.h"

static const struct zpl_type *type_of(struct zpl_arena *arena, const char *text)
{
    const struct zpl_type *type;
    struct zpl_signature_error error;
    if (zpl_type_parse(text, arena, &type, &error) != ZPL_OK)
        fail_msg("%s: %s", text, error.message);
    return type;
}

/* ---- random graphs ---------------------------------------------------------------------------- */

static const char *const texts[] = {"a", "late", "größe", "x y", "", "\"q\"", "line\nline"};
static const char *const type_texts[] = {
    "Table {a: Int, b: Float 0..1 required, c: Enum {\"x\", \"y\"}}",
    "Report {auc: Float, ok: Bool}",
    "Model {xgboost, features: {a: Int}, label: late: Bool}",
    "List(String)",
    "Optional(Int)",
    "Path",
    "Tensor f32[3, 4]",
    "Table {a: Int, ...}",
    "File"};

#define PICK(list) (list)[rand() % (int)(sizeof(list) / sizeof *(list))]

static const struct zpl_literal *random_literal(struct zpl_arena *arena, int depth)
{
    static const double doubles[] = {0, -0.0, 0.1, 2, 1e300, -5e-324, 1.0 / 0.0};
    const char *s = PICK(texts);
    switch (rand() % (depth > 3 ? 6 : 8)) {
    case 0:
        return zpl_literal_null();
    case 1:
        return zpl_literal_bool(arena, rand() % 2);
    case 2:
        return zpl_literal_int(arena, rand() % 2 ? INT64_MIN : rand());
    case 3:
        return zpl_literal_float(arena, PICK(doubles));
    case 4:
        return zpl_literal_string(arena, s, strlen(s));
    case 5:
        return zpl_literal_path(arena, "data/x.csv", 10);
    }
    size_t count = (size_t)(rand() % 3);
    const struct zpl_literal **items = zpl_arena_array(arena, 4, sizeof *items);
    const char **keys = zpl_arena_array(arena, 4, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        items[i] = random_literal(arena, depth + 1);
        keys[i] = i ? "second" : "first";
    }
    return rand() % 2 ? zpl_literal_list(arena, items, count)
                      : zpl_literal_record(arena, items, keys, count);
}

static const struct zpl_value *random_ref(struct zpl_graph *graph)
{
    uint32_t id = (uint32_t)rand() % (uint32_t)graph->count;
    const struct zpl_node *node = &graph->nodes[id];
    uint32_t output = (uint32_t)rand() % (uint32_t)node->output_count;
    const struct zpl_type *type = node->outputs[output].type;
    const char *field = NULL;
    if (type->kind == ZPL_REPORT && rand() % 2) {
        field = type->row->columns[0].name;
        type = type->row->columns[0].type;
    }
    return zpl_value_ref(&graph->arena, id, output, field, type);
}

static const struct zpl_value *random_value(struct zpl_graph *graph, int depth);

/* A choice of up to three values that have a common type; just one when they have none. */
static const struct zpl_value *random_pick(struct zpl_graph *graph, int depth)
{
    struct zpl_arena *arena = &graph->arena;
    const struct zpl_value **items = zpl_arena_array(arena, 3, sizeof *items);
    const struct zpl_value **by = zpl_arena_array(arena, 3, sizeof *by);
    enum zpl_pick_op op = (enum zpl_pick_op)(rand() % 4);
    bool compared = op == ZPL_PICK_MAX || op == ZPL_PICK_MIN;
    size_t count = 1 + (size_t)(rand() % 3), odd;
    for (size_t i = 0; i < count; i++) {
        items[i] = random_value(graph, depth + 1);
        by[i] = random_value(graph, depth + 1);
    }
    const struct zpl_type *type = zpl_value_pick_type(arena, op, items, count, &odd);
    count = type ? count : 1;
    type = type ? type : zpl_value_pick_type(arena, op, items, 1, &odd);
    return zpl_value_pick(arena, op, items, compared ? by : NULL, count, type);
}

/* The item at hand of a map, its number, or a list of what a value was for every item. */
static const struct zpl_value *random_mapped(struct zpl_graph *graph, int depth)
{
    struct zpl_arena *arena = &graph->arena;
    uint32_t map = (uint32_t)rand() % (uint32_t)graph->map_count;
    if (rand() % 2)
        return zpl_value_gather(arena, map, random_value(graph, depth + 1));
    bool index = rand() % 2;
    return zpl_value_item(arena, map, index, NULL,
                          index ? zpl_type_new(arena, ZPL_INT) : graph->maps[map].over->type->elem);
}

/* Over a list of values so far; maybe inside another map. */
static void random_map(struct zpl_graph *graph)
{
    const struct zpl_value **items = zpl_arena_array(&graph->arena, 2, sizeof *items);
    items[0] = random_value(graph, 3);
    items[1] = random_value(graph, 3);
    const struct zpl_value *over =
        zpl_value_items(&graph->arena, items, NULL, (size_t)(rand() % 3));
    uint32_t parent = (uint32_t)rand() % (uint32_t)(graph->map_count + 1);
    struct zpl_map *map = zpl_graph_add_map(graph);
    map->over = over;
    map->parent = parent;
}

static const struct zpl_value *random_value(struct zpl_graph *graph, int depth)
{
    if (graph->map_count > 0 && depth < 4 && rand() % 6 == 0)
        return random_mapped(graph, depth);
    struct zpl_arena *arena = &graph->arena;
    if (graph->count == 0 || depth > 4 || rand() % 4 == 0)
        return zpl_value_literal(arena, random_literal(arena, 0));
    switch (rand() % 5) {
    case 0:
        return random_ref(graph);
    case 4:
        return random_pick(graph, depth);
    case 1: {
        enum zpl_cond_op op = (enum zpl_cond_op)(rand() % 10);
        bool one = op == ZPL_COND_NOT || op == ZPL_COND_TRUTH;
        return zpl_value_cond(arena, op, random_value(graph, depth + 1),
                              one ? NULL : random_value(graph, depth + 1));
    }
    }
    const struct zpl_value **items = zpl_arena_array(arena, 4, sizeof *items);
    const char **keys = zpl_arena_array(arena, 4, sizeof *keys);
    size_t count = (size_t)(rand() % 4);
    for (size_t i = 0; i < count; i++) {
        items[i] = random_value(graph, depth + 1);
        keys[i] = (const char *[]){"b", "a", "größe", "x"}[i];
    }
    return zpl_value_items(arena, items, rand() % 2 ? keys : NULL, count);
}

static const char *const *random_names(struct zpl_arena *arena, size_t *count)
{
    *count = (size_t)(rand() % 3);
    const char **names = zpl_arena_array(arena, 4, sizeof *names);
    for (size_t i = 0; i < *count; i++)
        names[i] = PICK(texts);
    return names;
}

static void random_node(struct zpl_graph *graph)
{
    struct zpl_arena *arena = &graph->arena;
    struct zpl_node node = {
        .step = PICK(texts), .kernel = rand() % 2 ? "k" : "sql", .engines = "duckdb 1.4.4"};
    if (rand() % 4 == 0)
        random_map(graph);
    node.map = (uint32_t)rand() % (uint32_t)(graph->map_count + 1);
    node.name = zpl_arena_printf(arena, "n%zu", graph->count);
    node.identity = rand() % 2 ? "00ff" : NULL;
    node.argument_count = (size_t)(rand() % 4);
    struct zpl_argument *arguments = zpl_arena_array(arena, 4, sizeof *arguments);
    for (size_t i = 0; i < node.argument_count; i++) {
        arguments[i].name = PICK(texts);
        arguments[i].value = random_value(graph, 0);
        arguments[i].reads_all = rand() % 2;
        if (!arguments[i].reads_all && rand() % 2)
            arguments[i].reads = random_names(arena, &arguments[i].read_count);
    }
    node.arguments = arguments;
    struct zpl_output *outputs = zpl_arena_array(arena, 2, sizeof *outputs);
    node.output_count = 1 + (size_t)(rand() % 2);
    for (size_t i = 0; i < node.output_count; i++)
        outputs[i] = (struct zpl_output){.name = i ? "second" : "first",
                                         .type = type_of(arena, PICK(type_texts))};
    node.outputs = outputs;
    struct zpl_binding *binding = zpl_arena_array(arena, 1, sizeof *binding);
    binding->var = "f";
    binding->columns = random_names(arena, &binding->count);
    node.bindings = binding;
    node.binding_count = (size_t)(rand() % 2);
    node.source = rand() % 2 ? "csv" : NULL;
    node.body = rand() % 2 ? "SELECT 1" : NULL;
    node.when = rand() % 2 ? random_value(graph, 0) : NULL;
    uint32_t *after = zpl_arena_array(arena, 1, sizeof *after);
    node.after = after;
    node.after_count = graph->count ? (size_t)(rand() % 2) : 0;
    node.effect = rand() % 2;
    node.cache = rand() % 2;
    node.disjoint = rand() % 2;
    node.poison = rand() % 2;
    node.retries = (uint32_t)(rand() % 3);
    node.timeout_ms = (uint64_t)(rand() % 2) * 5000;
    if (rand() % 2)
        node.resources = (struct zpl_resources){0.5, 1 << 20, 1, 2, NULL, 0};
    if (rand() % 2) {
        static const struct zpl_limit_use limits[] = {{"db", 1, 2}, {"licence", 3, 3}};
        node.resources.limits = limits;
        node.resources.limit_count = 1 + (size_t)(rand() % 2);
    }
    if (rand() % 2)
        node.allow = random_literal(arena, 0);
    struct zpl_node *place = zpl_graph_add(graph);
    node.id = place->id;
    *place = node;
}

static void random_graph(struct zpl_graph *graph, struct zpl_sources *sources)
{
    memset(graph, 0, sizeof *graph);
    graph->pipeline = "p";
    for (int i = rand() % 3; i > 0; i--)
        zpl_graph_add_import(graph, PICK(texts), "00ff");
    if (rand() % 2)
        graph->schedule = random_literal(&graph->arena, 0);
    uint32_t source = zpl_sources_add(sources, "p.zpl", "one\ntwo\nthree", 13);
    static const char *const params[] = {"Int 0.. default 15", "String match \"a+\"",
                                         "Float one_of { 0.5, 1.0 } default 0.5", "Date"};
    for (int i = rand() % 4; i > 0; i--) {
        struct zpl_param *param = zpl_graph_add_param(graph);
        *param = (struct zpl_param){.name = PICK(texts),
                                    .type = type_of(&graph->arena, PICK(params)),
                                    .value = random_literal(&graph->arena, 0),
                                    .given = rand() % 2,
                                    .span = {source, 4, 7}};
    }
    for (int i = rand() % 8; i >= 0; i--) {
        random_node(graph);
        graph->nodes[graph->count - 1].span = (struct zpl_span){rand() % 2 ? source : 0, 8, 10};
    }
}

static char *text_of(const struct zpl_graph *graph, const struct zpl_sources *sources)
{
    struct zpl_json *json = zpl_graph_to_json(graph, sources);
    struct zpl_buf buf = {0};
    assert_int_equal(zpl_json_write(json, false, &buf), ZPL_OK);
    zpl_json_release(json);
    char *copy = strdup(zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return copy;
}

static enum zpl_err read_text(const char *text, struct zpl_graph *graph, struct zpl_diags *diags)
{
    struct zpl_json *json = NULL;
    assert_int_equal(zpl_json_parse(text, strlen(text), &json, NULL), ZPL_OK);
    enum zpl_err err = zpl_graph_from_json(json, graph, diags);
    zpl_json_release(json);
    return err;
}

static bool same_value(const struct zpl_value *a, const struct zpl_value *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || !zpl_type_equal(a->type, b->type) || a->size != b->size)
        return false;
    switch (a->kind) {
    case ZPL_VALUE_LITERAL:
        return zpl_literal_equal(a->literal, b->literal);
    case ZPL_VALUE_REF:
        return a->ref.node == b->ref.node && a->ref.output == b->ref.output &&
               !a->ref.field == !b->ref.field &&
               (!a->ref.field || strcmp(a->ref.field, b->ref.field) == 0);
    case ZPL_VALUE_COND:
        return a->cond.op == b->cond.op && same_value(a->cond.left, b->cond.left) &&
               same_value(a->cond.right, b->cond.right);
    case ZPL_VALUE_PICK:
        for (size_t i = 0; i < a->pick.count; i++)
            if (!same_value(a->pick.items[i], b->pick.items[i]) ||
                !same_value(a->pick.by ? a->pick.by[i] : NULL, b->pick.by ? b->pick.by[i] : NULL))
                return false;
        return a->pick.op == b->pick.op && a->pick.count == b->pick.count;
    case ZPL_VALUE_ITEM:
        return a->item.map == b->item.map && a->item.index == b->item.index;
    case ZPL_VALUE_GATHER:
        return a->gather.map == b->gather.map && same_value(a->gather.value, b->gather.value);
    default:
        break;
    }
    bool same = a->list.count == b->list.count;
    for (size_t i = 0; same && i < a->list.count; i++)
        same = same_value(a->list.items[i], b->list.items[i]) &&
               (!a->list.keys || strcmp(a->list.keys[i], b->list.keys[i]) == 0);
    return same;
}

static void json_reads_back(void **state)
{
    (void)state;
    srand(11);
    for (int round = 0; round < 300; round++) {
        struct zpl_sources sources = {0};
        struct zpl_graph graph, again;
        struct zpl_diags diags = {0};
        random_graph(&graph, &sources);
        char *first = text_of(&graph, &sources);
        if (read_text(first, &again, &diags) != ZPL_OK)
            fail_msg("%s\n%s", diags.items[0]->message, first);
        char *second = text_of(&again, NULL);
        assert_string_equal(first, second);
        assert_int_equal(graph.count, again.count);
        assert_int_equal(graph.param_count, again.param_count);
        for (size_t i = 0; i < graph.count; i++) {
            const struct zpl_node *a = &graph.nodes[i], *b = &again.nodes[i];
            assert_true(same_value(a->when, b->when));
            assert_int_equal(a->map, b->map);
            assert_int_equal(a->argument_count, b->argument_count);
            for (size_t k = 0; k < a->argument_count; k++)
                assert_true(same_value(a->arguments[k].value, b->arguments[k].value));
            for (size_t k = 0; k < a->output_count; k++)
                assert_true(zpl_type_equal(a->outputs[k].type, b->outputs[k].type));
            assert_int_equal(a->cache, b->cache);
            assert_int_equal(a->resources.memory_bytes, b->resources.memory_bytes);
            assert_int_equal(a->resources.limit_count, b->resources.limit_count);
            for (size_t k = 0; k < a->resources.limit_count; k++) {
                const struct zpl_limit_use *x = &a->resources.limits[k];
                const struct zpl_limit_use *y = &b->resources.limits[k];
                assert_string_equal(x->name, y->name);
                assert_int_equal(x->slots, y->slots);
                assert_int_equal(x->of, y->of);
            }
            assert_int_equal(a->span.source != 0, b->place != NULL);
            if (b->place)
                assert_string_equal(b->place, "p.zpl:3:1");
        }
        for (size_t i = 0; i < graph.param_count; i++) {
            assert_string_equal(again.params[i].place, "p.zpl:2:1");
            assert_true(zpl_literal_equal(graph.params[i].value, again.params[i].value));
        }
        free(first);
        free(second);
        zpl_graph_release(&graph);
        zpl_graph_release(&again);
        zpl_sources_release(&sources);
        zpl_diags_release(&diags);
    }
}

/* A graph whose bytes were changed reads as something or is refused; it never crashes. */
static void changed_json_is_survived(void **state)
{
    (void)state;
    srand(5);
    for (int round = 0; round < 2000; round++) {
        struct zpl_sources sources = {0};
        struct zpl_graph graph, again;
        struct zpl_diags diags = {0};
        struct zpl_json *json = NULL;
        random_graph(&graph, &sources);
        char *text = text_of(&graph, &sources);
        for (int i = rand() % 3; i >= 0; i--)
            text[(size_t)rand() % strlen(text)] = "0189\"{}[],:antf-"[rand() % 16];
        if (zpl_json_parse(text, strlen(text), &json, NULL) == ZPL_OK) {
            enum zpl_err err = zpl_graph_from_json(json, &again, &diags);
            assert_true(err == ZPL_OK || diags.count == 1);
            zpl_graph_release(&again);
        }
        zpl_json_release(json);
        free(text);
        zpl_graph_release(&graph);
        zpl_sources_release(&sources);
        zpl_diags_release(&diags);
    }
}

/* Whichever allocation fails, reading says so and leaks nothing. */
static void memory_may_run_out(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_graph graph;
    struct zpl_json *json = NULL;
    srand(2);
    random_graph(&graph, &sources);
    char *text = text_of(&graph, &sources);
    assert_int_equal(zpl_json_parse(text, strlen(text), &json, NULL), ZPL_OK);
    bool fired = true;
    for (long n = 0; fired; n++) {
        struct zpl_graph again;
        struct zpl_diags diags = {0};
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, ENOMEM);
        enum zpl_err err = zpl_graph_from_json(json, &again, &diags);
        struct zpl_json *written = err == ZPL_OK ? zpl_graph_to_json(&again, NULL) : NULL;
        struct zpl_buf buf = {0};
        if (err == ZPL_OK)
            err = zpl_json_write(written, false, &buf);
        fired = zpl_fault_fired();
        zpl_fault_disarm();
        if (err == ZPL_OK)
            assert_string_equal(zpl_buf_str(&buf), text);
        else
            assert_true(fired && err == ZPL_ERR_NOMEM);
        zpl_buf_release(&buf);
        zpl_json_release(written);
        zpl_graph_release(&again);
        zpl_diags_release(&diags);
    }
    free(text);
    zpl_json_release(json);
    zpl_graph_release(&graph);
    zpl_sources_release(&sources);
}

static void wrong_graphs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum zpl_err err;
    } cases[] = {
        {"{}", ZPL_ERR_INPUT},
        {"[]", ZPL_ERR_INPUT},
        {"{\"version\":3}", ZPL_ERR_INPUT},
        {"{\"nodes\":[],\"version\":99}", ZPL_ERR_VERSION},
        {"{\"nodes\":[],\"version\":3}", ZPL_OK},
        {"{\"nodes\":[{}],\"version\":3}", ZPL_ERR_INPUT},
        {"{\"nodes\":[{\"name\":\"a\",\"step\":\"s\"}],\"version\":3}", ZPL_OK},
        /* A node can refer to earlier ones only. */
        {"{\"nodes\":[{\"arguments\":[{\"name\":\"x\",\"value\":{\"ref\":[0,0]}}],\"name\":\"a\","
         "\"outputs\":[{\"name\":\"o\",\"type\":\"Int\"}],\"step\":\"s\"}],\"version\":3}",
         ZPL_ERR_INPUT},
        {"{\"nodes\":[{\"after\":[0],\"name\":\"a\",\"step\":\"s\"}],\"version\":3}",
         ZPL_ERR_INPUT},
        {"{\"nodes\":[{\"name\":\"a\",\"outputs\":[{\"name\":\"o\",\"type\":\"Tabel\"}],\"step\":"
         "\"s\"}]"
         ",\"version\":3}",
         ZPL_ERR_INPUT},
        {"{\"nodes\":[{\"name\":\"a\",\"step\":\"s\",\"when\":{\"cond\":\"xor\",\"of\":[]}}],"
         "\"version\":3}",
         ZPL_ERR_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_graph graph;
        struct zpl_diags diags = {0};
        enum zpl_err err = read_text(cases[i].text, &graph, &diags);
        if (err != cases[i].err)
            fail_msg("%s gives %d", cases[i].text, err);
        assert_int_equal(diags.count, err != ZPL_OK);
        zpl_graph_release(&graph);
        zpl_diags_release(&diags);
    }
}

/* ---- names ------------------------------------------------------------------------------------ */

struct named {
    const char *as, *step, *variable, *prefix, *suffix;
    const char *expected;
};

static void check_names(const struct named *cases, size_t count)
{
    struct zpl_graph graph = {0};
    struct zpl_naming naming[16] = {0};
    for (size_t i = 0; i < count; i++) {
        struct zpl_node *node = zpl_graph_add(&graph);
        assert_int_equal(node->id, i);
        assert_true(node->cache);
        node->step = cases[i].step;
        node->name = cases[i].as;
        naming[i] = (struct zpl_naming){cases[i].variable, cases[i].prefix, cases[i].suffix};
        if (cases[i].suffix && strstr(cases[i].suffix, "[*]"))
            zpl_graph_add_map(&graph);
    }
    assert_int_equal(zpl_graph_name(&graph, naming), ZPL_OK);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(graph.nodes[i].name, cases[i].expected);
        assert_ptr_equal(zpl_graph_find(&graph, cases[i].expected), &graph.nodes[i]);
    }
    zpl_graph_release(&graph);
}

static void names_are_unique_and_readable(void **state)
{
    (void)state;
    static const struct named alone[] = {{NULL, "split", "a", NULL, NULL, "split"},
                                         {NULL, "drift", NULL, NULL, NULL, "drift"}};
    static const struct named twice[] = {{NULL, "sql", "a", NULL, NULL, "sql@a"},
                                         {NULL, "sql", "b", NULL, NULL, "sql@b"},
                                         {NULL, "sql", NULL, NULL, NULL, "sql#3"}};
    static const struct named loop[] = {{NULL, "sql", "a", NULL, NULL, "sql#1"},
                                        {NULL, "sql", "a", NULL, NULL, "sql#2"}};
    static const struct named taken[] = {
        {"sql", "drift", NULL, NULL, NULL, "sql"}, {NULL, "sql", NULL, NULL, NULL, "sql#1"},
        {"x#1", "y", NULL, NULL, NULL, "x#1"},     {NULL, "x", NULL, NULL, NULL, "x"},
        {"sql#2", "z", NULL, NULL, NULL, "sql#2"}, {NULL, "sql", NULL, NULL, NULL, "sql#3"}};
    static const struct named nested[] = {{NULL, "split", "a", "tidy/", NULL, "tidy/split"},
                                          {NULL, "split", "a", NULL, NULL, "split"},
                                          {NULL, "sql", "a", NULL, "[1]", "sql[1]"},
                                          {NULL, "sql", "a", NULL, "[2]", "sql@a[2]"},
                                          {NULL, "sql", "b", NULL, "[2]", "sql@b[2]"}};
    /* "make[1]" may be an item of "make[*]" */
    static const struct named items[] = {{NULL, "make", "a", NULL, "[1]", "make@a[1]"},
                                         {NULL, "make", "a", NULL, "[2]", "make@a[2]"},
                                         {NULL, "make", "b", NULL, "[*]", "make@b[*]"},
                                         {NULL, "load", NULL, NULL, "[1]", "load[1]#1"},
                                         {NULL, "load", NULL, NULL, "[*]", "load[*]#2"},
                                         {"tidy[2]", "sql", NULL, NULL, NULL, "tidy[2]"},
                                         {NULL, "tidy", NULL, NULL, "[*]", "tidy[*]#1"},
                                         {NULL, "fit", NULL, "all[1]/", "[*]", "all[1]/fit[*]"},
                                         {NULL, "fit", NULL, "all[2]/", "[*]", "all[2]/fit[*]"},
                                         {NULL, "sum", NULL, NULL, "[1][*]", "sum[1][*]#1"},
                                         {NULL, "sum", NULL, NULL, "[*][7]", "sum[*][7]#2"},
                                         {NULL, "max", NULL, NULL, "[1][*]", "max[1][*]"},
                                         {NULL, "max", NULL, NULL, "[*]", "max[*]"}};
    check_names(items, sizeof items / sizeof *items);
    check_names(alone, 2);
    check_names(twice, 3);
    check_names(loop, 2);
    check_names(taken, 6);
    check_names(nested, 5);
}

static void naming_many_takes_no_time(void **state)
{
    (void)state;
    struct zpl_graph graph = {0};
    size_t count = 50000;
    struct zpl_naming *naming = calloc(count, sizeof *naming);
    for (size_t i = 0; i < count; i++)
        zpl_graph_add(&graph)->step = "sql";
    assert_int_equal(zpl_graph_name(&graph, naming), ZPL_OK);
    assert_string_equal(graph.nodes[0].name, "sql#1");
    assert_string_equal(graph.nodes[count - 1].name, "sql#50000");
    free(naming);
    zpl_graph_release(&graph);
}

/* ---- values ----------------------------------------------------------------------------------- */

static void count_ref(void *self, uint32_t node, uint32_t output)
{
    (void)node;
    *(size_t *)self += 1 + output;
}

static void values_show_as_programs_write_them(void **state)
{
    (void)state;
    struct zpl_graph graph = {0};
    struct zpl_arena *arena = &graph.arena;
    struct zpl_node *node = zpl_graph_add(&graph);
    struct zpl_output output = {.name = "report",
                                .type = type_of(arena, "Report {auc: Float, ok: Bool}")};
    node->name = node->step = "evaluate";
    node->outputs = &output;
    node->output_count = 1;
    const struct zpl_value *auc = zpl_value_ref(arena, 0, 0, "auc", type_of(arena, "Float"));
    const struct zpl_value *ok = zpl_value_cond(
        arena, ZPL_COND_TRUTH, zpl_value_ref(arena, 0, 0, "ok", type_of(arena, "Bool")), NULL);
    const struct zpl_value *half = zpl_value_literal(arena, zpl_literal_float(arena, 0.5));
    const struct zpl_value *high = zpl_value_cond(arena, ZPL_COND_GT, auc, half);
    const struct zpl_value *both = zpl_value_cond(arena, ZPL_COND_AND, high, ok);
    const struct zpl_value *any = zpl_value_cond(arena, ZPL_COND_OR, both, ok);
    const struct zpl_value *items[] = {any, zpl_value_cond(arena, ZPL_COND_AND, any, both),
                                       zpl_value_cond(arena, ZPL_COND_NOT, high, NULL),
                                       zpl_value_cond(arena, ZPL_COND_NOT, ok, NULL), half};
    struct zpl_buf buf = {0};
    zpl_value_show(&graph, zpl_value_items(arena, items, NULL, 5), &buf);
    assert_string_equal(
        zpl_buf_str(&buf),
        "{ evaluate.report.auc > 0.5 and evaluate.report.ok or evaluate.report.ok, "
        "(evaluate.report.auc > 0.5 and evaluate.report.ok or evaluate.report.ok) and "
        "(evaluate.report.auc > 0.5 and evaluate.report.ok), "
        "not (evaluate.report.auc > 0.5), not evaluate.report.ok, 0.5 }");
    size_t count = 0;
    zpl_value_refs(any, count_ref, &count);
    assert_int_equal(count, 3);
    zpl_buf_release(&buf);
    zpl_graph_release(&graph);
}

/* Parts that are shared count as often as they would be written out. */
static void put_chain(struct zpl_json_text *text, const void *of, size_t i)
{
    (void)i;
    zpl_value_put(text, *(const struct zpl_value *const *)of);
}

static void conditions_have_a_size(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    const struct zpl_value *v = zpl_value_ref(&arena, 0, 0, "ok", zpl_type_new(&arena, ZPL_BOOL));
    const struct zpl_value *chain = v, *doubled = v;
    int links = 0, doublings = 0;
    for (; zpl_value_fits(ZPL_COND_AND, chain, v); links++)
        chain = zpl_value_cond(&arena, ZPL_COND_AND, chain, v);
    for (; zpl_value_fits(ZPL_COND_AND, doubled, doubled); doublings++)
        doubled = zpl_value_cond(&arena, ZPL_COND_AND, doubled, doubled);
    assert_in_range(links, ZPL_VALUE_SIZE_MAX / 4, ZPL_VALUE_SIZE_MAX);
    assert_in_range(doublings, 5, 20);
    const struct zpl_value *deep = v;
    int depth = 0;
    for (; zpl_value_fits(ZPL_COND_NOT, deep, NULL); depth++)
        deep = zpl_value_cond(&arena, ZPL_COND_NOT, deep, NULL);
    assert_in_range(depth, ZPL_VALUE_DEPTH_MAX - 2, ZPL_VALUE_DEPTH_MAX);
    struct zpl_json *json = zpl_json_writing(1, put_chain, &chain, sizeof chain);
    struct zpl_buf buf = {0};
    assert_int_equal(zpl_json_write(json, false, &buf), ZPL_OK);
    zpl_buf_release(&buf);
    zpl_json_release(json);
    zpl_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_reads_back),
        cmocka_unit_test(changed_json_is_survived),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(wrong_graphs_are_refused),
        cmocka_unit_test(names_are_unique_and_readable),
        cmocka_unit_test(naming_many_takes_no_time),
        cmocka_unit_test(values_show_as_programs_write_them),
        cmocka_unit_test(conditions_have_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
