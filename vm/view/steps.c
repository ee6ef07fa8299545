/* steps.c - a step as a line.   Floor: vm. */
#include "vm/view/steps.h"

#include <string.h>
#include <time.h>

#include "lang/base/text.h"
#include "lang/types/signature.h"
#include "vm/plan/effect.h"
#include "vm/plan/map.h"
#include "vm/view/preview.h"

#define NAME_LEAST  8u
#define NAME_MOST   36u
#define STATE_WIDTH (2 + 9 + 1u)           /* of a line before the name */
#define FIXED_WIDTH (STATE_WIDTH + 2 + 8u) /* of a line beside the name: state, gaps, time */
#define PARTS_MOST  12                     /* of a list or record in one line */
#define REST_LEAST  8u                     /* columns below which the rest of a line is left out */

/* A name takes no more than the line has beside it; on a narrow one it stands without a time. */
static void bound(struct zpl_view *view)
{
    unsigned width = view->width;
    unsigned room = width > FIXED_WIDTH + NAME_LEAST   ? width - FIXED_WIDTH
                    : width > STATE_WIDTH + NAME_LEAST ? width - STATE_WIDTH
                                                       : NAME_LEAST;
    view->name_width = width > 0 && view->name_most > room ? room : view->name_most;
}

void zpl_view_measure(struct zpl_view *view, const char *name)
{
    unsigned columns = zpl_term_columns(name);
    if (view->name_most < NAME_LEAST)
        view->name_most = NAME_LEAST;
    if (columns > view->name_most)
        view->name_most = columns < NAME_MOST ? columns : NAME_MOST;
    bound(view);
}

void zpl_view_resize(struct zpl_view *view, unsigned width)
{
    view->width = width;
    bound(view);
}

void zpl_view_init(struct zpl_view *view, const struct zpl_graph *graph, bool colour,
                   unsigned width)
{
    *view = (struct zpl_view){.colour = colour, .width = width, .costs = view->costs};
    zpl_view_measure(view, "");
    for (size_t i = 0; i < graph->count; i++)
        zpl_view_measure(view, graph->nodes[i].name);
}

/* Is there room for a time behind the name? */
static bool has_time(const struct zpl_view *view)
{
    return view->width == 0 || view->width >= FIXED_WIDTH + view->name_width;
}

static enum zpl_paint paint_of(enum zpl_plan_status status)
{
    switch (status) {
    case ZPL_PLAN_RAN:
        return ZPL_GREEN;
    case ZPL_PLAN_WOULD_RUN:
    case ZPL_PLAN_RUNNING:
        return ZPL_CYAN;
    case ZPL_PLAN_FAILED:
        return ZPL_RED;
    case ZPL_PLAN_CANCELLED:
        return ZPL_YELLOW;
    default:
        return ZPL_DIM;
    }
}

/* "would run" as people read it. */
static const char *status_words(enum zpl_plan_status status)
{
    return status == ZPL_PLAN_WOULD_RUN ? "would run" : zpl_plan_status_name(status);
}

void zpl_view_output(const struct zpl_output_row *row, struct zpl_buf *out)
{
    if (row->rows >= 0) {
        zpl_text_show_count(out, (uint64_t)row->rows);
        zpl_buf_puts(out, row->rows == 1 ? " row, " : " rows, ");
    }
    zpl_text_show_bytes(out, row->bytes);
}

/* One field of a report. */
static void report_value(const struct zpl_json *value, struct zpl_buf *out)
{
    switch (zpl_json_kind(value)) {
    case ZPL_JSON_REAL:
        zpl_buf_printf(out, "%.4g", zpl_json_f64(value, 0));
        break;
    case ZPL_JSON_INT:
        zpl_buf_printf(out, "%lld", (long long)zpl_json_i64(value, 0));
        break;
    case ZPL_JSON_BOOL:
        zpl_buf_puts(out, zpl_json_truth(value, false) ? "yes" : "no");
        break;
    case ZPL_JSON_STRING:
    case ZPL_JSON_ARRAY:
    case ZPL_JSON_OBJECT:
        zpl_view_value(value, PARTS_MOST, out);
        break;
    default:
        zpl_buf_puts(out, "-");
    }
}

/* "auc 0.653" */
static void report_field(const struct zpl_json *object, const char *key, bool first,
                         struct zpl_buf *out)
{
    zpl_buf_printf(out, "%s%s ", first ? "" : "  ", key);
    report_value(zpl_json_get(object, key), out);
}

void zpl_view_report(const char *type, const char *json, struct zpl_buf *out)
{
    struct zpl_json *object = NULL;
    struct zpl_arena arena = {0};
    struct zpl_signature_error error;
    const struct zpl_type *declared = NULL;
    const char *key;
    if (json == NULL || zpl_json_parse(json, strlen(json), &object, NULL) != ZPL_OK)
        return;
    bool fields = zpl_json_kind(object) == ZPL_JSON_OBJECT;
    if (fields && type != NULL && zpl_type_parse(type, &arena, &declared, &error) != ZPL_OK)
        declared = NULL;
    if (!fields)
        report_value(object, out);
    else if (declared != NULL && declared->row != NULL)
        for (size_t i = 0; i < declared->row->count; i++)
            report_field(object, declared->row->columns[i].name, i == 0, out);
    else
        for (size_t i = 0; (key = zpl_json_key_at(object, i)) != NULL; i++)
            report_field(object, key, i == 0, out);
    zpl_arena_release(&arena);
    zpl_json_release(object);
}

/* The fields of a report, the size of anything else. */
static void output_made(const struct zpl_json *output, struct zpl_buf *out)
{
    const struct zpl_json *value = zpl_json_get(output, "value");
    struct zpl_output_row row = {.rows = zpl_json_i64(zpl_json_get(output, "rows"), -1),
                                 .bytes = (uint64_t)zpl_json_i64(zpl_json_get(output, "bytes"), 0)};
    struct zpl_buf json = {0};
    if (value != NULL && zpl_json_write(value, false, &json) == ZPL_OK)
        zpl_view_report(zpl_json_str(zpl_json_get(output, "type"), ""), zpl_buf_str(&json), out);
    else
        zpl_view_output(&row, out);
    zpl_buf_release(&json);
}

void zpl_view_made(const struct zpl_json *step, const char *only, struct zpl_buf *out)
{
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    const char *error = zpl_json_str(zpl_json_get(step, "error"), "");
    size_t start = out->len;
    for (size_t i = 0; *error == '\0' && i < zpl_json_count(outputs); i++) {
        const char *name = zpl_json_key_at(outputs, i);
        const struct zpl_json *output = zpl_json_value_at(outputs, i);
        if (zpl_json_get(output, "digest") == NULL || (only != NULL && strcmp(only, name) != 0))
            continue;
        zpl_buf_puts(out, out->len > start ? "; " : "");
        if (zpl_json_count(outputs) > 1 && only == NULL)
            zpl_buf_printf(out, "%s ", name);
        output_made(output, out);
    }
    if (*error != '\0')
        zpl_buf_puts(out, error);
    else if (out->len == start)
        zpl_buf_puts(out, zpl_json_str(zpl_json_get(step, "why"), ""));
}

/* What the step made, for the end of its line. */
static void made(const struct zpl_node *node, const struct zpl_step_plan *step, struct zpl_buf *out)
{
    for (size_t i = 0; step->outputs != NULL && i < node->output_count; i++) {
        zpl_buf_puts(out, i > 0 ? "; " : "");
        if (node->output_count > 1)
            zpl_buf_printf(out, "%s ", node->outputs[i].name);
        if (step->outputs[i].json != NULL)
            zpl_view_report(step->outputs[i].type, step->outputs[i].json, out);
        else
            zpl_view_output(&step->outputs[i], out);
    }
    if (zpl_effect_is(node) && step->status == ZPL_PLAN_RAN && step->why != NULL)
        zpl_buf_puts(out, step->why);
    if (zpl_node_reads_name(node) && step->why != NULL)
        zpl_buf_printf(out, ", %s", step->why);
}

void zpl_view_items(const size_t counts[ZPL_PLAN_STATES], struct zpl_buf *out)
{
    static const enum zpl_plan_status states[] = {
        ZPL_PLAN_RAN,     ZPL_PLAN_CACHED, ZPL_PLAN_WOULD_RUN, ZPL_PLAN_UNKNOWN,
        ZPL_PLAN_SKIPPED, ZPL_PLAN_FAILED, ZPL_PLAN_CANCELLED};
    size_t all = 0, told = 0;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        all += counts[states[i]];
    zpl_text_show_count(out, all);
    zpl_buf_puts(out, all == 1 ? " item" : " items");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (counts[states[i]] == 0 || counts[states[i]] == all)
            continue;
        zpl_buf_puts(out, told++ > 0 ? ", " : ": ");
        zpl_text_show_count(out, counts[states[i]]);
        zpl_buf_printf(out, " %s", status_words(states[i]));
    }
}

void zpl_view_rest(const struct zpl_plan *plan, uint32_t id, struct zpl_buf *out)
{
    const struct zpl_step_plan *step = &plan->steps[id];
    const size_t *counts =
        plan->graph->nodes[id].map != plan->scope ? zpl_mapping_counts(plan, id) : NULL;
    if (counts != NULL) {
        struct zpl_buf figures = {0};
        zpl_view_items(counts, out);
        if (step->status == ZPL_PLAN_RAN || step->status == ZPL_PLAN_CACHED)
            zpl_view_gathered_figures(plan, id, &figures);
        if (figures.len > 0)
            zpl_buf_printf(out, "; %s", zpl_buf_str(&figures));
        zpl_buf_release(&figures);
        return;
    }
    if (step->status == ZPL_PLAN_RAN || step->status == ZPL_PLAN_CACHED)
        made(&plan->graph->nodes[id], step, out);
    else if (step->status == ZPL_PLAN_FAILED)
        zpl_buf_puts(out, step->error != NULL ? step->error : "");
    else
        zpl_buf_puts(out, step->why != NULL ? step->why : "");
}

/* Takes blanks off the end. */
static void trim(struct zpl_buf *out)
{
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

void zpl_view_state_line(const struct zpl_view *view, const char *state, enum zpl_paint paint,
                         const char *name, const char *time, const char *rest, struct zpl_buf *out)
{
    zpl_buf_puts(out, "  ");
    zpl_buf_puts(out, zpl_term_paint(paint, view->colour));
    zpl_term_cell(out, state, 9);
    zpl_buf_puts(out, zpl_term_paint(ZPL_PLAIN, view->colour));
    zpl_buf_putc(out, ' ');
    zpl_term_cell(out, name, view->name_width);
    if (time != NULL && has_time(view)) {
        zpl_buf_puts(out, "  ");
        zpl_term_cell(out, time, 8);
    }
    unsigned used = FIXED_WIDTH + view->name_width + 2;
    unsigned columns = zpl_term_columns(rest);
    unsigned room = view->width == 0 ? columns : view->width > used ? view->width - used : 0;
    if (columns > 0 && (room >= REST_LEAST || room >= columns)) {
        zpl_buf_puts(out, "  ");
        zpl_term_cell(out, rest, columns < room ? columns : room);
    }
    trim(out);
    zpl_buf_putc(out, '\n');
}

void zpl_view_line(const struct zpl_view *view, enum zpl_plan_status status, const char *name,
                   const char *time, const char *rest, struct zpl_buf *out)
{
    bool timed = view->costs || (status != ZPL_PLAN_WOULD_RUN && status != ZPL_PLAN_UNKNOWN);
    zpl_view_state_line(view, status_words(status), paint_of(status), name, timed ? time : NULL,
                        rest, out);
}

void zpl_view_step(const struct zpl_view *view, const struct zpl_plan *plan, uint32_t id,
                   struct zpl_buf *out)
{
    const struct zpl_step_plan *step = &plan->steps[id];
    struct zpl_buf time = {0}, rest = {0};
    if (step->duration_ns > 0 && (step->status == ZPL_PLAN_RAN || step->status == ZPL_PLAN_FAILED))
        zpl_text_show_ms(&time, (uint64_t)step->duration_ns / 1000000);
    if (step->last.known) {
        zpl_buf_puts(&time, "~");
        zpl_text_show_ms(&time, (uint64_t)step->last.duration_ns / 1000000);
    }
    zpl_view_rest(plan, id, &rest);
    zpl_view_line(view, step->status, plan->graph->nodes[id].name, zpl_buf_str(&time),
                  zpl_buf_str(&rest), out);
    zpl_buf_release(&rest);
    zpl_buf_release(&time);
}

/* A moving line, as wide as the terminal lets it be. */
static void moving(const struct zpl_view *view, enum zpl_paint paint, struct zpl_buf *line,
                   struct zpl_buf *out)
{
    unsigned columns = zpl_term_columns(zpl_buf_str(line));
    unsigned room = view->width > 1 ? view->width - 1 : 1;
    zpl_buf_puts(out, zpl_term_paint(paint, view->colour));
    zpl_term_cell(out, zpl_buf_str(line), columns < room ? columns : room);
    zpl_buf_printf(out, "%s\n", zpl_term_paint(ZPL_PLAIN, view->colour));
    zpl_buf_release(line);
}

void zpl_view_running(const struct zpl_view *view, const struct zpl_plan *plan, uint32_t id,
                      uint64_t elapsed_ms, double fraction, const char *what, struct zpl_buf *out)
{
    struct zpl_buf line = {0};
    struct zpl_buf time = {0};
    zpl_text_show_ms(&time, elapsed_ms);
    zpl_buf_puts(&line, "  running   ");
    zpl_term_cell(&line, plan->graph->nodes[id].name, view->name_width);
    if (has_time(view)) {
        zpl_buf_puts(&line, "  ");
        zpl_term_cell(&line, zpl_buf_str(&time), 8);
        if (fraction >= 0)
            zpl_buf_printf(&line, "  %3.0f %%", fraction * 100);
        if (what != NULL)
            zpl_buf_printf(&line, "  %s", what);
    }
    trim(&line);
    moving(view, ZPL_CYAN, &line, out);
    zpl_buf_release(&time);
}

void zpl_view_mapping(const struct zpl_view *view, size_t ended, size_t count, struct zpl_buf *out)
{
    struct zpl_buf line = {0};
    zpl_buf_puts(&line, "  running   ");
    zpl_term_cell(&line, "each", view->name_width);
    zpl_buf_puts(&line, "  ");
    zpl_text_show_count(&line, ended);
    zpl_buf_puts(&line, " of ");
    zpl_text_show_count(&line, count);
    zpl_buf_puts(&line, count == 1 ? " item is done" : " items are done");
    moving(view, ZPL_DIM, &line, out);
}

void zpl_view_waiting(const struct zpl_view *view, const char *name, const char *limit,
                      size_t count, struct zpl_buf *out)
{
    struct zpl_buf line = {0};
    zpl_buf_puts(&line, "  waiting   ");
    zpl_term_cell(&line, name, view->name_width);
    zpl_buf_printf(&line, "  for %s", limit);
    if (count > 1) {
        zpl_buf_puts(&line, ", and ");
        zpl_text_show_count(&line, count - 1);
        zpl_buf_puts(&line, " more");
    }
    moving(view, ZPL_DIM, &line, out);
}

void zpl_view_time(int64_t wall_ns, struct zpl_buf *out)
{
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm parts;
    char text[32];
    localtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    zpl_buf_puts(out, text);
}
