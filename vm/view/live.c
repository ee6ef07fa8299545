/* live.c - lines that stay, lines that move.   Floor: vm. */
#include "vm/view/live.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/fs.h"
#include "vm/view/term.h"

/* Takes the moving lines off the screen. */
static void erase(struct zpl_live *live)
{
    if (live->drawn > 0)
        printf("\r\033[%uA\033[J", live->drawn); /* a typed ^C may stand before the cursor */
    live->drawn = 0;
}

/* Draws a moving line for every step that runs. */
static void draw(struct zpl_live *live)
{
    struct zpl_buf text = {0};
    int64_t now = zpl_clock_monotonic_ns();
    for (unsigned i = 0; i < live->running_count; i++) {
        uint32_t id = live->running[i];
        const struct zpl_live_row *row = &live->rows[id];
        zpl_view_running(&live->view, live->plan, id, (uint64_t)(now - row->since_ns) / 1000000,
                         row->fraction, row->what[0] != '\0' ? row->what : NULL, &text);
        live->drawn++;
    }
    fputs(zpl_buf_str(&text), stdout);
    fflush(stdout);
    zpl_buf_release(&text);
}

/* The plan is known with the first change: only then can names be measured. */
static bool begin(struct zpl_live *live, const struct zpl_plan *plan)
{
    if (live->rows != NULL)
        return true;
    live->plan = plan;
    live->rows = zpl_arena_array(&live->arena, plan->graph->count + 1, sizeof *live->rows);
    zpl_view_init(&live->view, plan->graph, live->view.colour,
                  live->terminal ? zpl_term_width() : 0);
    return live->rows != NULL;
}

/* Keeps the list of what runs: a change costs what runs now, not what the graph holds. */
static void note_running(struct zpl_live *live, uint32_t id, bool running)
{
    unsigned i = 0;
    while (i < live->running_count && live->running[i] != id)
        i++;
    if (running && i == live->running_count && i < ZPL_SLOTS_MAX) {
        live->running[live->running_count++] = id;
    } else if (!running && i < live->running_count) {
        live->running_count--;
        memmove(&live->running[i], &live->running[i + 1],
                (live->running_count - i) * sizeof *live->running);
    }
}

static void on_changed(void *self, const struct zpl_plan *plan, uint32_t id)
{
    struct zpl_live *live = self;
    struct zpl_buf text = {0};
    if (!begin(live, plan))
        return;
    enum zpl_plan_status status = plan->steps[id].status;
    bool running = status == ZPL_PLAN_RUNNING;
    live->rows[id] = (struct zpl_live_row){.since_ns = zpl_clock_monotonic_ns(), .fraction = -1};
    note_running(live, id, running);
    erase(live);
    if (!running && status != ZPL_PLAN_WOULD_RUN && status != ZPL_PLAN_PENDING) {
        zpl_view_step(&live->view, plan, id, &text);
        fputs(zpl_buf_str(&text), stdout);
        zpl_buf_release(&text);
    }
    if (live->terminal)
        draw(live);
    else
        fflush(stdout);
}

static void on_progress(void *self, uint32_t id, double fraction, const char *what)
{
    struct zpl_live *live = self;
    if (live->rows == NULL)
        return;
    live->rows[id].fraction = fraction;
    snprintf(live->rows[id].what, sizeof live->rows[id].what, "%s", what != NULL ? what : "");
}

static void on_tick(void *self)
{
    struct zpl_live *live = self;
    if (!live->terminal || live->rows == NULL)
        return;
    live->view.width = zpl_term_width();
    erase(live);
    draw(live);
}

void zpl_live_init(struct zpl_live *live, bool terminal, bool colour,
                   struct zpl_run_observer *observer)
{
    memset(live, 0, sizeof *live);
    live->terminal = terminal;
    live->view.colour = colour;
    *observer = (struct zpl_run_observer){
        .self = live, .changed = on_changed, .progress = on_progress, .tick = on_tick};
}

void zpl_live_release(struct zpl_live *live)
{
    erase(live);
    fflush(stdout);
    zpl_arena_release(&live->arena);
    memset(live, 0, sizeof *live);
}
