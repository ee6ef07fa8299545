/* diff.c - see diff.h.   Floor: vm. */
#include "vm/view/diff.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/text.h"
#include "vm/view/grid.h"
#include "vm/view/preview.h"
#include "vm/view/steps.h"
#include "vm/view/term.h"

#define CELL_MOST 40
#define PARTS     12

struct view {
    const struct zpl_json *diff;
    unsigned width;
    bool colour;
    struct zpl_buf *out;
};

static const char *text_of(const struct zpl_json *o, const char *key)
{
    return zpl_json_str(zpl_json_get(o, key), "");
}

static const struct zpl_json *side_of(const struct zpl_json *o, const char *key, size_t side)
{
    return zpl_json_at(zpl_json_get(o, key), side);
}

static void words(const struct view *v, const char *text)
{
    zpl_term_text(v->out, text, strlen(text));
}

static void value(const struct zpl_json *v, struct zpl_buf *out)
{
    if (v == NULL || zpl_json_kind(v) == ZPL_JSON_NULL)
        zpl_buf_puts(out, "-");
    else
        zpl_view_value(v, PARTS, out);
}

static void value_cell(struct zpl_grid *grid, const struct zpl_json *v)
{
    struct zpl_buf text = {0};
    value(v, &text);
    zpl_grid_cell(grid, zpl_buf_str(&text));
    zpl_buf_release(&text);
}

/* ---- head ------------------------------------------------------------------------------------ */

static void show_side(const struct view *v, size_t side)
{
    const struct zpl_json *run = zpl_json_at(zpl_json_get(v->diff, "runs"), side);
    zpl_buf_printf(v->out, "run %lld of ", (long long)zpl_json_i64(zpl_json_get(run, "run"), 0));
    words(v, text_of(run, "pipeline"));
    zpl_buf_printf(v->out, ": %s, started ", text_of(run, "status"));
    zpl_view_time(zpl_json_i64(zpl_json_get(run, "started_ns"), 0), v->out);
    zpl_buf_puts(v->out, ", took ");
    zpl_text_show_ms(v->out, (uint64_t)zpl_json_i64(zpl_json_get(run, "duration_ms"), 0));
    zpl_buf_printf(v->out, ", %lld ran, %lld cached, outputs of ",
                   (long long)zpl_json_i64(zpl_json_get(run, "ran"), 0),
                   (long long)zpl_json_i64(zpl_json_get(run, "cached"), 0));
    zpl_text_show_bytes(v->out, (uint64_t)zpl_json_i64(zpl_json_get(run, "bytes"), 0));
    zpl_buf_putc(v->out, '\n');
}

static void param_value(const struct zpl_json *v, struct zpl_buf *out)
{
    if (v == NULL || zpl_json_kind(v) == ZPL_JSON_NULL)
        zpl_buf_puts(out, "-");
    else
        zpl_view_param(v, out);
}

static void show_params(const struct view *v)
{
    const struct zpl_json *params = zpl_json_get(v->diff, "params");
    if (zpl_json_count(params) > 0)
        zpl_buf_puts(v->out, "\nparams\n");
    for (size_t i = 0; i < zpl_json_count(params); i++) {
        const struct zpl_json *param = zpl_json_at(params, i);
        zpl_buf_printf(v->out, "  %s: ", text_of(param, "name"));
        param_value(side_of(param, "values", 0), v->out);
        zpl_buf_puts(v->out, " → ");
        param_value(side_of(param, "values", 1), v->out);
        zpl_buf_putc(v->out, '\n');
    }
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* "ran → cached, 1.2 s → 0.9 s", or the one of them */
static void show_status(const struct view *v, const struct zpl_json *step)
{
    const char *a = zpl_json_str(side_of(step, "status", 0), NULL);
    const char *b = zpl_json_str(side_of(step, "status", 1), NULL);
    const char *before = ", ";
    if (a == NULL || b == NULL || strcmp(a, b) == 0)
        zpl_buf_printf(v->out, "%s", a != NULL ? a : b != NULL ? b : "");
    else
        zpl_buf_printf(v->out, "%s → %s", a, b);
    for (size_t side = 0; side < 2; side++) {
        const struct zpl_json *ms = side_of(step, "duration_ms", side);
        const char *status = side == 0 ? a : b;
        if (zpl_json_kind(ms) != ZPL_JSON_INT || status == NULL ||
            strcmp(status, "cancelled") == 0 || strcmp(status, "skipped") == 0)
            continue;
        zpl_buf_puts(v->out, before);
        before = " → ";
        zpl_text_show_ms(v->out, (uint64_t)zpl_json_i64(ms, 0));
    }
}

static void show_names(const struct view *v, const char *what, const struct zpl_json *names)
{
    if (zpl_json_count(names) == 0)
        return;
    zpl_buf_printf(v->out, "      %s ", what);
    for (size_t i = 0; i < zpl_json_count(names) && i < PARTS; i++) {
        zpl_buf_puts(v->out, i > 0 ? ", " : "");
        words(v, zpl_json_str(zpl_json_at(names, i), ""));
    }
    if (zpl_json_count(names) > PARTS)
        zpl_buf_printf(v->out, ", … %zu more", zpl_json_count(names) - PARTS);
    zpl_buf_putc(v->out, '\n');
}

static void show_columns(const struct view *v, const struct zpl_json *columns)
{
    const struct zpl_json *changed = zpl_json_get(columns, "changed");
    show_names(v, "new columns:", zpl_json_get(columns, "added"));
    show_names(v, "columns gone:", zpl_json_get(columns, "removed"));
    for (size_t i = 0; i < zpl_json_count(changed) && i < PARTS; i++) {
        const struct zpl_json *column = zpl_json_at(changed, i);
        zpl_buf_puts(v->out, "      column ");
        words(v, text_of(column, "name"));
        zpl_buf_puts(v->out, ": ");
        words(v, zpl_json_str(side_of(column, "types", 0), ""));
        zpl_buf_puts(v->out, " → ");
        words(v, zpl_json_str(side_of(column, "types", 1), ""));
        zpl_buf_putc(v->out, '\n');
    }
}

/* Fields side by side, with the difference of numbers. */
static void show_fields(const struct view *v, const struct zpl_json *fields)
{
    struct zpl_grid grid;
    char heads[2][32];
    zpl_grid_init(&grid, 4);
    zpl_grid_cell(&grid, "");
    for (size_t side = 0; side < 2; side++) {
        const struct zpl_json *run = zpl_json_at(zpl_json_get(v->diff, "runs"), side);
        snprintf(heads[side], sizeof heads[side], "run %lld",
                 (long long)zpl_json_i64(zpl_json_get(run, "run"), 0));
        zpl_grid_cell(&grid, heads[side]);
        zpl_grid_right(&grid, side + 1);
    }
    zpl_grid_right(&grid, 3);
    zpl_grid_cell(&grid, "difference");
    for (size_t i = 0; i < zpl_json_count(fields); i++) {
        const struct zpl_json *field = zpl_json_at(fields, i);
        const struct zpl_json *difference = zpl_json_get(field, "difference");
        double d = zpl_json_f64(difference, 0);
        char text[40] = "";
        if (difference != NULL)
            snprintf(text, sizeof text, d == 0 ? "0" : "%+.5g", d);
        zpl_grid_cell(&grid, text_of(field, "name"));
        value_cell(&grid, side_of(field, "values", 0));
        value_cell(&grid, side_of(field, "values", 1));
        zpl_grid_cell(&grid, text);
    }
    zpl_grid_show(&grid, 6, v->width, CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
}

static void show_size(const struct view *v, const struct zpl_json *output, size_t side)
{
    const struct zpl_output_row row = {
        .rows = zpl_json_i64(side_of(output, "rows", side), -1),
        .bytes = (uint64_t)zpl_json_i64(side_of(output, "bytes", side), 0)};
    if (zpl_json_kind(side_of(output, "bytes", side)) != ZPL_JSON_INT)
        zpl_buf_puts(v->out, "not made");
    else
        zpl_view_output(&row, v->out);
}

static void show_output(const struct view *v, const struct zpl_json *output)
{
    const struct zpl_json *fields = zpl_json_get(output, "fields");
    zpl_buf_puts(v->out, "    ");
    words(v, text_of(output, "name"));
    if (zpl_json_truth(zpl_json_get(output, "same"), false)) {
        zpl_buf_puts(v->out, ": the same\n");
        return;
    }
    zpl_buf_puts(v->out, ": ");
    if (zpl_json_get(output, "type") == NULL) {
        zpl_buf_puts(v->out, "of all items");
    } else {
        show_size(v, output, 0);
        zpl_buf_puts(v->out, " → ");
        show_size(v, output, 1);
    }
    zpl_buf_putc(v->out, '\n');
    show_columns(v, zpl_json_get(output, "columns"));
    if (zpl_json_count(fields) > 0)
        show_fields(v, fields);
}

static void show_step(const struct view *v, const struct zpl_json *step)
{
    const struct zpl_json *reasons = zpl_json_get(step, "reasons");
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    const char *change = text_of(step, "change");
    zpl_buf_printf(v->out, "  %s", zpl_term_paint(ZPL_BOLD, v->colour));
    words(v, text_of(step, "name"));
    zpl_buf_printf(v->out, "%s %s: ", zpl_term_paint(ZPL_PLAIN, v->colour), change);
    show_status(v, step);
    zpl_buf_putc(v->out, '\n');
    for (size_t i = 0; i < zpl_json_count(reasons); i++) {
        zpl_buf_puts(v->out, "    ");
        words(v, zpl_json_str(zpl_json_at(reasons, i), ""));
        zpl_buf_putc(v->out, '\n');
    }
    if (zpl_json_count(reasons) == 0 && zpl_json_truth(zpl_json_get(step, "code"), false))
        zpl_buf_puts(v->out, "    its code changed\n");
    for (size_t i = 0; strcmp(change, "changed") == 0 && i < zpl_json_count(outputs); i++)
        show_output(v, zpl_json_at(outputs, i));
}

static void show_steps(const struct view *v)
{
    const struct zpl_json *steps = zpl_json_get(v->diff, "steps");
    size_t same = 0, count = zpl_json_count(steps);
    for (size_t i = 0; i < count; i++)
        same += strcmp(text_of(zpl_json_at(steps, i), "change"), "same") == 0;
    zpl_buf_puts(v->out, same < count ? "\nsteps\n" : "");
    for (size_t i = 0; i < count; i++)
        if (strcmp(text_of(zpl_json_at(steps, i), "change"), "same") != 0)
            show_step(v, zpl_json_at(steps, i));
    if (same == 0)
        return;
    zpl_buf_puts(v->out,
                 same == count ? "\nevery step has the same key and outputs: " : "  the same: ");
    size_t shown = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text_of(zpl_json_at(steps, i), "change"), "same") != 0)
            continue;
        zpl_buf_puts(v->out, shown++ > 0 ? ", " : "");
        words(v, text_of(zpl_json_at(steps, i), "name"));
    }
    zpl_buf_putc(v->out, '\n');
}

void zpl_view_diff(const struct zpl_json *diff, unsigned width, bool colour, struct zpl_buf *out)
{
    const struct view v = {.diff = diff, .width = width, .colour = colour, .out = out};
    show_side(&v, 0);
    show_side(&v, 1);
    show_params(&v);
    show_steps(&v);
}
