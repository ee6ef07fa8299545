/* events.c - see events.h.   Floor: vm. */
#include "vm/view/events.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/run/report.h"

static struct zpl_json *event(const char *kind)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "at_ns", zpl_json_int(zpl_clock_wall_ns()));
    zpl_json_set_take(o, "event", zpl_json_string(kind));
    return o;
}

/* One line, at once; half a value would be worse than none. */
static void print_take(struct zpl_json *o)
{
    struct zpl_buf line = {0};
    if (zpl_json_write(o, false, &line) == ZPL_OK) {
        zpl_buf_putc(&line, '\n');
        fwrite(zpl_buf_str(&line), 1, line.len, stdout);
        fflush(stdout);
    }
    zpl_buf_release(&line);
    zpl_json_release(o);
}

static void on_changed(void *self, const struct zpl_plan *plan, uint32_t id)
{
    const struct zpl_step_plan *step = &plan->steps[id];
    struct zpl_json *o = event("step");
    (void)self;
    zpl_json_set_take(o, "name", zpl_json_string(plan->graph->nodes[id].name));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_plan_status_name(step->status)));
    zpl_json_set_take(o, "attempts", zpl_json_int(step->attempts));
    zpl_json_set_take(o, "duration_ms", zpl_json_int(step->duration_ns / 1000000));
    zpl_json_set_take(o, "why", zpl_json_string(step->why));
    zpl_json_set_take(o, "error", zpl_json_string(step->error));
    print_take(o);
}

static void on_progress(void *self, const struct zpl_plan *plan, uint32_t id, double fraction,
                        const char *what)
{
    struct zpl_json *o = event("progress");
    (void)self;
    zpl_json_set_take(o, "name", zpl_json_string(plan->graph->nodes[id].name));
    zpl_json_set_take(o, "fraction", fraction >= 0 ? zpl_json_real(fraction) : zpl_json_null());
    zpl_json_set_take(o, "what", zpl_json_string(what));
    print_take(o);
}

static void on_log(void *self, const struct zpl_plan *plan, uint32_t id, const char *text,
                   size_t len)
{
    struct zpl_json *o = event("log");
    struct zpl_buf clean = {0};
    (void)self;
    zpl_text_scrub(&clean, text, len);
    zpl_json_set_take(o, "name", zpl_json_string(plan->graph->nodes[id].name));
    zpl_json_set_take(o, "text", zpl_json_string(zpl_buf_str(&clean)));
    print_take(o);
    zpl_buf_release(&clean);
}

void zpl_events_init(struct zpl_run_observer *observer)
{
    *observer =
        (struct zpl_run_observer){.changed = on_changed, .progress = on_progress, .log = on_log};
}

void zpl_events_step(const struct zpl_json *step)
{
    static const char *const KEYS[] = {"name", "status", "attempts", "duration_ms", "why", "error"};
    struct zpl_json *o = event("step");
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        const struct zpl_json *value = zpl_json_get(step, KEYS[i]);
        zpl_json_set_take(o, KEYS[i], value != NULL ? zpl_json_ref(value) : zpl_json_null());
    }
    print_take(o);
}

void zpl_events_end(int64_t run, enum zpl_run_status status, int64_t duration_ns)
{
    struct zpl_json *o = event("end");
    zpl_json_set_take(o, "run", zpl_json_int(run));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_run_status_name(status)));
    zpl_json_set_take(o, "duration_ms", zpl_json_int(duration_ns / 1000000));
    print_take(o);
}
