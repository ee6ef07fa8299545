/* schedule.c - the ready queue.   Floor: vm. */
#include "vm/schedule.h"

#include <string.h>

/* Visits every edge into `node`: arguments, condition, `after`. */
static void edges(const struct zpl_node *node, void (*visit)(void *, uint32_t, uint32_t),
                  void *self)
{
    for (size_t i = 0; i < node->argument_count; i++)
        zpl_value_refs(node->arguments[i].value, visit, self);
    for (size_t i = 0; i < node->after_count; i++)
        visit(self, node->after[i], 0);
    if (node->when != NULL)
        zpl_value_refs(node->when, visit, self);
}

/* Counts edges by their maker, then, in a second pass, writes them down. */
struct counter {
    struct zpl_schedule *schedule;
    uint32_t *next; /* NULL in the first pass */
    uint32_t reader;
};

static void count_edge(void *self, uint32_t node, uint32_t output)
{
    struct counter *counter = self;
    (void)output;
    if (counter->next == NULL) {
        counter->schedule->first[node + 1]++;
        counter->schedule->waits[counter->reader]++;
    } else {
        counter->schedule->dependents[counter->next[node]++] = counter->reader;
    }
}

static void push(struct zpl_schedule *schedule, uint32_t id)
{
    uint32_t i = schedule->ready_count++;
    while (i > 0 && schedule->ready[(i - 1) / 2] > id) {
        schedule->ready[i] = schedule->ready[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    schedule->ready[i] = id;
}

enum zpl_err zpl_schedule_init(struct zpl_schedule *schedule, const struct zpl_graph *graph)
{
    uint32_t n = (uint32_t)graph->count;
    memset(schedule, 0, sizeof *schedule);
    schedule->count = n;
    schedule->waits = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    schedule->first = zpl_arena_array(&schedule->arena, n + 2u, sizeof(uint32_t));
    schedule->ready = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    uint32_t *next = zpl_arena_array(&schedule->arena, n + 1u, sizeof(uint32_t));
    if (zpl_arena_failed(&schedule->arena))
        return ZPL_ERR_NOMEM;
    struct counter counter = {schedule, NULL, 0};
    for (uint32_t id = 0; id < n; id++) {
        counter.reader = id;
        edges(&graph->nodes[id], count_edge, &counter);
    }
    for (uint32_t id = 0; id < n; id++) {
        schedule->first[id + 1] += schedule->first[id];
        next[id] = schedule->first[id];
    }
    schedule->dependents =
        zpl_arena_array(&schedule->arena, schedule->first[n] + 1u, sizeof(uint32_t));
    if (schedule->dependents == NULL)
        return ZPL_ERR_NOMEM;
    counter.next = next;
    for (uint32_t id = 0; id < n; id++) {
        counter.reader = id;
        edges(&graph->nodes[id], count_edge, &counter);
    }
    for (uint32_t id = 0; id < n; id++)
        if (schedule->waits[id] == 0)
            push(schedule, id);
    return ZPL_OK;
}

void zpl_schedule_release(struct zpl_schedule *schedule)
{
    zpl_arena_release(&schedule->arena);
    memset(schedule, 0, sizeof *schedule);
}

bool zpl_schedule_next(struct zpl_schedule *schedule, uint32_t *id)
{
    uint32_t *heap = schedule->ready;
    if (schedule->ready_count == 0)
        return false;
    *id = heap[0];
    uint32_t last = heap[--schedule->ready_count];
    uint32_t n = schedule->ready_count;
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (child >= n || heap[child] >= last)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return true;
}

void zpl_schedule_settle(struct zpl_schedule *schedule, uint32_t id)
{
    for (uint32_t i = schedule->first[id]; i < schedule->first[id + 1]; i++)
        if (--schedule->waits[schedule->dependents[i]] == 0)
            push(schedule, schedule->dependents[i]);
}
