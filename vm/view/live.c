/* live.c - lines that stay, lines that move.   Floor: vm. */
#include "vm/view/live.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/fs.h"
#include "vm/plan/map.h"
#include "vm/view/term.h"

/* Lines of steps that are done already come in thousands, and wait so long where nobody watches. */
#define FLUSH_NS 100000000LL

/* Takes the moving lines off the screen, which may have wrapped them since. */
static void erase(struct zpl_live *live)
{
    unsigned columns, lines;
    zpl_term_size(&columns, &lines);
    unsigned drawn = zpl_term_lines(zpl_buf_str(&live->drawn), columns);
    if (drawn > 0)
        fputs("\r\033[2K", stdout);      /* a typed ^C may stand before the cursor */
    for (unsigned i = 0; i < drawn; i++) /* clearing the screen would be kept as history by some */
        fputs("\033[1A\033[2K", stdout);
    zpl_buf_clear(&live->drawn);
    zpl_view_resize(&live->view, live->terminal ? columns : 0);
}

/* A map outside of all others that has begun and is not at its end, and of which no single item is meant. */
static const struct zpl_mapping *mapping_of(const struct zpl_live *live, uint32_t map)
{
    const struct zpl_mapping *m = live->plan->maps[map];
    bool one = live->plan->only_item != NULL && live->plan->only_item[map] > 0;
    return m != NULL && !one && m->ended < m->count ? m : NULL;
}

static unsigned count_mappings(const struct zpl_live *live)
{
    unsigned count = 0;
    for (uint32_t i = 0; live->plan != NULL && i < live->plan->graph->map_count; i++)
        count += mapping_of(live, i) != NULL;
    return count;
}

/* Draws a moving line for every step that runs, as far as there is room (what has left the screen above
 * could not be removed again), above them one for every map, and below one for those that wait for a slot. */
static void draw(struct zpl_live *live)
{
    struct zpl_buf *text = &live->drawn;
    int64_t now = zpl_clock_monotonic_ns();
    unsigned columns, lines;
    zpl_term_size(&columns, &lines);
    unsigned mappings = count_mappings(live);
    unsigned kept = live->waiting_count > 0 ? 3 : 2; /* lines that are not for those that run */
    if (lines < kept + mappings + 1)
        mappings = 0;
    kept += mappings;
    unsigned room = lines > kept ? lines - kept : 1;
    unsigned shown = live->running_count <= room ? live->running_count : room - 1;
    for (uint32_t i = 0; mappings > 0 && i < live->plan->graph->map_count; i++)
        if (mapping_of(live, i) != NULL)
            zpl_view_mapping(&live->view, mapping_of(live, i)->ended, mapping_of(live, i)->count,
                             text);
    for (unsigned i = 0; i < shown; i++) {
        const struct zpl_live_row *row = &live->running[i];
        zpl_view_running(&live->view, row->plan, row->id, (uint64_t)(now - row->since_ns) / 1000000,
                         row->fraction, row->what[0] != '\0' ? row->what : NULL, text);
    }
    if (shown < live->running_count)
        zpl_buf_printf(text, "%s  running%s   … %u\n", zpl_term_paint(ZPL_CYAN, live->view.colour),
                       zpl_term_paint(ZPL_PLAIN, live->view.colour), live->running_count - shown);
    if (live->waiting_count > 0)
        zpl_view_waiting(&live->view, live->waiting, live->limit, live->waiting_count, text);
    fputs(zpl_buf_str(text), stdout);
    fflush(stdout);
}

static struct zpl_live_row *row_of(struct zpl_live *live, const struct zpl_plan *plan, uint32_t id)
{
    for (unsigned i = 0; i < live->running_count; i++)
        if (live->running[i].plan == plan && live->running[i].id == id)
            return &live->running[i];
    return NULL;
}

/* Keeps the list of what runs: a change costs what runs now, not what the graph holds. */
static void note_running(struct zpl_live *live, const struct zpl_plan *plan, uint32_t id,
                         bool running)
{
    struct zpl_live_row *row = row_of(live, plan, id);
    if (running && row == NULL && live->running_count < ZPL_SLOTS_MAX)
        row = &live->running[live->running_count++];
    if (running && row != NULL) {
        *row = (struct zpl_live_row){
            .plan = plan, .id = id, .since_ns = zpl_clock_monotonic_ns(), .fraction = -1};
    } else if (!running && row != NULL) {
        live->running_count--;
        memmove(row, row + 1, (size_t)(&live->running[live->running_count] - row) * sizeof *row);
    }
}

static void flush(struct zpl_live *live)
{
    fflush(stdout);
    live->flushed_ns = zpl_clock_monotonic_ns();
}

/* The plan is known with the first that is told of it. */
static void measure(struct zpl_live *live, const struct zpl_plan *plan)
{
    if (!live->measured)
        zpl_view_init(&live->view, plan->graph, live->view.colour, 0);
    live->measured = true;
}

static void on_changed(void *self, const struct zpl_plan *plan, uint32_t id)
{
    struct zpl_live *live = self;
    struct zpl_buf text = {0};
    enum zpl_plan_status status = plan->steps[id].status;
    bool running = status == ZPL_PLAN_RUNNING;
    bool stays = !running && status != ZPL_PLAN_WOULD_RUN && status != ZPL_PLAN_PENDING &&
                 (plan->scope == 0 || status == ZPL_PLAN_FAILED);
    measure(live, plan);
    if (plan->scope == 0)
        live->plan = plan;
    note_running(live, plan, id, running);
    if (live->terminal)
        erase(live);
    if (stays) {
        zpl_view_step(&live->view, plan, id, &text);
        fputs(zpl_buf_str(&text), stdout);
        zpl_buf_release(&text);
    }
    bool found = status == ZPL_PLAN_CACHED || status == ZPL_PLAN_SKIPPED;
    if (live->terminal)
        draw(live);
    else if (!found || zpl_clock_monotonic_ns() - live->flushed_ns > FLUSH_NS)
        flush(live);
}

static void on_progress(void *self, const struct zpl_plan *plan, uint32_t id, double fraction,
                        const char *what)
{
    struct zpl_live_row *row = row_of(self, plan, id);
    if (row == NULL)
        return;
    row->fraction = fraction;
    snprintf(row->what, sizeof row->what, "%s", what != NULL ? what : "");
}

static void on_waiting(void *self, const struct zpl_plan *plan, uint32_t id, const char *limit,
                       size_t count)
{
    struct zpl_live *live = self;
    measure(live, plan);
    if (count > 0)
        snprintf(live->waiting, sizeof live->waiting, "%s", plan->graph->nodes[id].name);
    live->limit = limit;
    live->waiting_count = count;
}

static void on_tick(void *self)
{
    struct zpl_live *live = self;
    if (!live->terminal)
        flush(live);
    else if (live->measured) {
        erase(live);
        draw(live);
    }
}

void zpl_live_init(struct zpl_live *live, bool terminal, bool colour,
                   struct zpl_run_observer *observer)
{
    memset(live, 0, sizeof *live);
    live->terminal = terminal;
    live->view.colour = colour;
    *observer = (struct zpl_run_observer){.self = live,
                                          .changed = on_changed,
                                          .progress = on_progress,
                                          .waiting = on_waiting,
                                          .tick = on_tick};
}

void zpl_live_line(struct zpl_live *live, const char *line)
{
    erase(live);
    fputs(line, stdout);
    if (live->terminal)
        draw(live);
    else
        fflush(stdout);
}

void zpl_live_release(struct zpl_live *live)
{
    erase(live);
    fflush(stdout);
    zpl_buf_release(&live->drawn);
    memset(live, 0, sizeof *live);
}
