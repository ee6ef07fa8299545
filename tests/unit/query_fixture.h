/* query_fixture.h - a node that is a query and says what its columns come from, in every way there is. */
#ifndef ZPL_TESTS_QUERY_FIXTURE_H
#define ZPL_TESTS_QUERY_FIXTURE_H

#include "lang/graph/graph.h"
#include "lang/types/signature.h"

/* Adds a query on output 0 of node 0, which has the columns `delay` and `distance`. */
static inline void query_fixture(struct zpl_graph *graph, struct zpl_arena *arena,
                                 const char *identity)
{
    static const char *const columns[] = {"delay", "distance", NULL};
    struct zpl_argument *flights = zpl_arena_array(arena, 1, sizeof *flights);
    flights[0] = (struct zpl_argument){
        .name = "flights",
        .value = zpl_value_ref(arena, 0, 0, NULL, graph->nodes[0].outputs->type),
        .reads = columns,
        .read_count = 2};
    static const struct zpl_column_source sources[] = {
        {.when = ZPL_WHEN_SAME}, {.column = 1, .by = true, .when = ZPL_WHEN_ANY}};
    static const struct zpl_column_source seen[] = {{.when = ZPL_WHEN_BEFORE | ZPL_WHEN_SAME}};
    static const struct zpl_column_origin origins[] = {
        {.sources = sources, .count = 1, .plain = true},
        {.sources = sources, .count = 1, .plain = true},
        {.sources = sources, .count = 2},
        {.sources = seen, .count = 1, .order = {.of = ZPL_COLUMN_ORDER_SOURCE, .column = 1}},
        {.sources = seen,
         .count = 1,
         .order = {.of = ZPL_COLUMN_ORDER_RESULT, .column = 2, .nulls_first = true}},
        {.all = true}};
    static const uint32_t arguments[] = {0};
    static const struct zpl_row_origin made_of[] = {
        {.arguments = arguments, .count = 1, .filtered = true, .repeats = true, .grouped = true}};
    static struct zpl_output query[1];
    const struct zpl_type *type = NULL;
    struct zpl_signature_error error;
    (void)zpl_type_parse(
        "Table {delay: Int hindsight, lag: Int hindsight, n: Int, m: Int, o: Int, x: Int}", arena,
        &type, &error);
    query[0] = (struct zpl_output){
        .name = "rows", .type = type, .origins = origins, .rows = made_of, .rows_count = 1};
    struct zpl_node *node = zpl_graph_add(graph);
    node->name = node->step = node->kernel = "sql";
    node->identity = identity;
    node->engines = "duckdb 1.4.4";
    node->place = "delays.zpl:7:1";
    node->body = "SELECT delay, delay AS lag, …";
    node->arguments = flights;
    node->argument_count = 1;
    node->outputs = query;
    node->output_count = 1;
}

#endif
