/* test_schedule.c - which steps are ready, against a scan over everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "tests/unit/random.h"
#include "vm/plan/schedule.h"

#define SEEDS     200
#define NODES_MAX 40
#define MANY      200000u

/* A graph made by hand; what it is made of is in its arena. */
static void start_graph(struct zpl_graph *graph, uint32_t count)
{
    memset(graph, 0, sizeof *graph);
    graph->nodes = zpl_arena_array(&graph->arena, count + 1, sizeof *graph->nodes);
    assert_non_null(graph->nodes);
    graph->count = count;
    for (uint32_t id = 0; id < count; id++)
        graph->nodes[id].id = id;
}

static const struct zpl_value *ref(struct zpl_graph *graph, uint32_t to)
{
    return zpl_value_ref(&graph->arena, to, 0, NULL, zpl_type_new(&graph->arena, ZPL_BOOL));
}

/* `node` needs `makers`: each in a way of its own, and some of them twice. */
static void need(struct zpl_graph *graph, struct random *r, uint32_t node, const uint32_t *makers,
                 size_t count)
{
    struct zpl_node *n = &graph->nodes[node];
    struct zpl_argument *arguments =
        zpl_arena_array(&graph->arena, 2 * count + 1, sizeof *arguments);
    uint32_t *after = zpl_arena_array(&graph->arena, count + 1, sizeof *after);
    n->arguments = arguments;
    n->after = after;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_value *value = ref(graph, makers[i]);
        switch (random_below(r, 4)) {
        case 0:
            after[n->after_count++] = makers[i];
            break;
        case 1:
            n->when = n->when == NULL ? value
                                      : zpl_value_cond(&graph->arena, ZPL_COND_AND, n->when, value);
            break;
        case 2: {
            const struct zpl_value **items = zpl_arena_array(&graph->arena, 2, sizeof *items);
            items[0] = items[1] = value;
            value = zpl_value_items(&graph->arena, items, NULL, 2);
        } /* fall through */
        default:
            arguments[n->argument_count++].value = value;
        }
    }
}

/* Which steps each step needs, as a matrix. */
struct edges {
    bool to[NODES_MAX][NODES_MAX];
};

static void random_graph(struct zpl_graph *graph, struct random *r, struct edges *edges)
{
    uint32_t count = (uint32_t)random_below(r, NODES_MAX + 1);
    size_t density = 1 + random_below(r, 8);
    memset(edges, 0, sizeof *edges);
    start_graph(graph, count);
    for (uint32_t id = 0; id < count; id++) {
        uint32_t makers[NODES_MAX];
        size_t n = 0;
        for (uint32_t maker = 0; maker < id; maker++)
            if (random_below(r, 8) < density && random_below(r, 4) == 0)
                edges->to[id][makers[n++] = maker] = true;
        need(graph, r, id, makers, n);
    }
}

/* The smallest step that was not given out and needs nothing that is not settled; `count`: none. */
static uint32_t expected(const struct edges *edges, uint32_t count, const bool *taken,
                         const bool *settled)
{
    for (uint32_t id = 0; id < count; id++) {
        bool ready = !taken[id];
        for (uint32_t maker = 0; maker < id; maker++)
            ready = ready && (!edges->to[id][maker] || settled[maker]);
        if (ready)
            return id;
    }
    return count;
}

/* Runs with up to `slots` steps at a time, which end in any order; every step comes out once. */
static void run_through(const struct zpl_graph *graph, struct random *r, const struct edges *edges,
                        size_t slots)
{
    struct zpl_schedule schedule;
    bool taken[NODES_MAX] = {false}, settled[NODES_MAX] = {false};
    uint32_t running[NODES_MAX], id, given = 0;
    size_t running_count = 0;
    assert_int_equal(zpl_schedule_init(&schedule, graph, 0), ZPL_OK);
    for (;;) {
        uint32_t wanted = expected(edges, (uint32_t)graph->count, taken, settled);
        if (running_count < slots && wanted < graph->count) {
            assert_true(zpl_schedule_next(&schedule, &id));
            assert_int_equal(id, wanted);
            taken[id] = true;
            running[running_count++] = id;
            given++;
            continue;
        }
        if (wanted == graph->count)
            assert_false(zpl_schedule_next(&schedule, &id));
        if (running_count == 0)
            break;
        size_t ends = random_below(r, running_count);
        settled[running[ends]] = true;
        zpl_schedule_settle(&schedule, running[ends]);
        running[ends] = running[--running_count];
    }
    assert_int_equal(given, graph->count);
    zpl_schedule_release(&schedule);
}

static void every_step_comes_once_after_what_it_needs_smallest_first(void **state)
{
    (void)state;
    struct random r = {11};
    for (int seed = 0; seed < SEEDS; seed++) {
        struct zpl_graph graph;
        struct edges edges;
        random_graph(&graph, &r, &edges);
        run_through(&graph, &r, &edges, 1);
        run_through(&graph, &r, &edges, 1 + random_below(&r, 8));
        run_through(&graph, &r, &edges, NODES_MAX);
        zpl_arena_release(&graph.arena);
    }
}

static double seconds_of_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Each of many steps needs two others; node 0 is needed by all, so that one settle frees many. */
static void many_steps_take_no_time(void **state)
{
    (void)state;
    struct random r = {12};
    struct zpl_graph graph;
    start_graph(&graph, MANY);
    for (uint32_t id = 1; id < MANY; id++) {
        uint32_t makers[2] = {0, (uint32_t)random_below(&r, id)};
        need(&graph, &r, id, makers, 2);
    }
    double began = seconds_of_cpu();
    struct zpl_schedule schedule;
    uint32_t id, given = 0;
    assert_int_equal(zpl_schedule_init(&schedule, &graph, 0), ZPL_OK);
    while (zpl_schedule_next(&schedule, &id)) {
        assert_int_equal(id, given); /* one at a time, ids are the order */
        given++;
        zpl_schedule_settle(&schedule, id);
    }
    assert_int_equal(given, MANY);
    assert_true(seconds_of_cpu() - began < 1.0);
    zpl_schedule_release(&schedule);
    zpl_arena_release(&graph.arena);
}

static void a_graph_without_steps_is_done(void **state)
{
    (void)state;
    struct zpl_graph graph;
    struct zpl_schedule schedule;
    uint32_t id;
    start_graph(&graph, 0);
    assert_int_equal(zpl_schedule_init(&schedule, &graph, 0), ZPL_OK);
    assert_false(zpl_schedule_next(&schedule, &id));
    zpl_schedule_release(&schedule);
    zpl_schedule_release(&schedule);
    zpl_arena_release(&graph.arena);
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    struct random r = {13};
    struct zpl_graph graph;
    struct edges edges;
    random_graph(&graph, &r, &edges);
    for (long n = 0;; n++) {
        struct zpl_schedule schedule;
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        enum zpl_err err = zpl_schedule_init(&schedule, &graph, 0);
        bool fired = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(err, fired ? ZPL_ERR_NOMEM : ZPL_OK);
        zpl_schedule_release(&schedule);
        if (!fired)
            break;
    }
    zpl_arena_release(&graph.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_comes_once_after_what_it_needs_smallest_first),
        cmocka_unit_test(many_steps_take_no_time),
        cmocka_unit_test(a_graph_without_steps_is_done),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
