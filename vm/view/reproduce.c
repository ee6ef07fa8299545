/* reproduce.c - see reproduce.h.   Floor: vm. */
#include "vm/view/reproduce.h"

#include <string.h>

#include "lang/base/text.h"

#define PARTS 8 /* columns, fields or cells that are named */

static const struct {
    const char *status, *words;
    enum zpl_paint paint;
} STATES[] = {{"same", "same", ZPL_GREEN},      {"differs", "differs", ZPL_RED},
              {"failed", "failed", ZPL_RED},    {"impossible", "can't", ZPL_YELLOW},
              {"effect", "not again", ZPL_DIM}, {"undone", "undone", ZPL_DIM},
              {"skipped", "skipped", ZPL_DIM}};
#define STATE_COUNT (sizeof STATES / sizeof STATES[0])

static const char *text_of(const struct zpl_json *o, const char *key)
{
    return zpl_json_str(zpl_json_get(o, key), "");
}

static bool is(const struct zpl_json *step, const char *status)
{
    return strcmp(text_of(step, "status"), status) == 0;
}

static size_t state_of(const char *status)
{
    size_t i = 0;
    while (i + 1 < STATE_COUNT && strcmp(STATES[i].status, status) != 0)
        i++;
    return i;
}

/* "a, b, … 3 more" */
static void names(const struct zpl_json *list, struct zpl_buf *out)
{
    size_t count = zpl_json_count(list);
    for (size_t i = 0; i < count && i < PARTS; i++) {
        const char *name = zpl_json_str(zpl_json_at(list, i), "");
        zpl_buf_puts(out, i > 0 ? ", " : "");
        zpl_term_text(out, name, strlen(name));
    }
    if (count > PARTS)
        zpl_buf_printf(out, ", … %zu more", count - PARTS);
}

/* "rows, model", the outputs that differ. */
static void differing(const struct zpl_json *step, struct zpl_buf *out)
{
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    const char *comma = "";
    for (size_t i = 0; i < zpl_json_count(outputs); i++) {
        const struct zpl_json *output = zpl_json_at(outputs, i);
        if (zpl_json_truth(zpl_json_get(output, "same"), false))
            continue;
        zpl_buf_printf(out, "%s%s", comma, text_of(output, "name"));
        comma = ", ";
    }
}

/* "10 items: 9 same, 1 differs" */
static void items(const struct zpl_json *counts, struct zpl_buf *out)
{
    int64_t all = 0;
    for (size_t i = 0; i < zpl_json_count(counts); i++)
        all += zpl_json_i64(zpl_json_value_at(counts, i), 0);
    zpl_text_show_count(out, (uint64_t)all);
    zpl_buf_puts(out, all == 1 ? " item" : " items");
    for (size_t i = 0; i < zpl_json_count(counts) && zpl_json_count(counts) > 1; i++) {
        zpl_buf_puts(out, i > 0 ? ", " : ": ");
        zpl_text_show_count(out, (uint64_t)zpl_json_i64(zpl_json_value_at(counts, i), 0));
        zpl_buf_printf(out, " %s", STATES[state_of(zpl_json_key_at(counts, i))].words);
    }
}

static void rest(const struct zpl_json *step, struct zpl_buf *out)
{
    const struct zpl_json *code = zpl_json_get(step, "code");
    if (zpl_json_get(step, "items") != NULL && zpl_json_count(zpl_json_get(step, "items")) > 0)
        items(zpl_json_get(step, "items"), out);
    else if (is(step, "differs"))
        differing(step, out);
    else
        zpl_buf_puts(out, text_of(step, "why"));
    if (zpl_json_count(code) > 0 && (is(step, "same") || is(step, "differs"))) {
        zpl_buf_puts(out, out->len > 0 ? "; since then " : "though since then ");
        names(code, out);
    }
}

void zpl_view_reproduced_step(const struct zpl_view *view, const struct zpl_json *step,
                              struct zpl_buf *out)
{
    struct zpl_buf time = {0}, words = {0};
    size_t state = state_of(text_of(step, "status"));
    int64_t ms = zpl_json_i64(zpl_json_get(step, "duration_ms"), 0);
    if (ms > 0)
        zpl_text_show_ms(&time, (uint64_t)ms);
    rest(step, &words);
    zpl_view_state_line(view, STATES[state].words, STATES[state].paint, text_of(step, "name"),
                        zpl_buf_str(&time), zpl_buf_str(&words), out);
    zpl_buf_release(&time);
    zpl_buf_release(&words);
}

/* ---- what differs ---- */

static const struct zpl_json *side(const struct zpl_json *o, const char *key, size_t i)
{
    return zpl_json_at(zpl_json_get(o, key), i);
}

static void size(const struct zpl_json *output, size_t i, struct zpl_buf *out)
{
    const struct zpl_output_row row = {.rows = zpl_json_i64(side(output, "rows", i), -1),
                                       .bytes =
                                           (uint64_t)zpl_json_i64(side(output, "bytes", i), 0)};
    zpl_view_output(&row, out);
}

/* "a 1 then, 2 now", for fields and cells. */
static void values(const struct zpl_json *list, struct zpl_buf *out)
{
    size_t shown = 0;
    for (size_t i = 0; i < zpl_json_count(list); i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        struct zpl_buf a = {0}, b = {0};
        const char *name = text_of(item, "name");
        (void)zpl_json_write(side(item, "values", 0), false, &a);
        (void)zpl_json_write(side(item, "values", 1), false, &b);
        if (strcmp(zpl_buf_str(&a), zpl_buf_str(&b)) != 0 && ++shown <= PARTS) {
            zpl_buf_puts(out, shown > 1 ? "; " : "");
            zpl_term_text(out, name, strlen(name));
            zpl_buf_puts(out, name[0] != '\0' ? " " : "");
            zpl_term_text(out, zpl_buf_str(&a), a.len);
            zpl_buf_puts(out, " then, ");
            zpl_term_text(out, zpl_buf_str(&b), b.len);
            zpl_buf_puts(out, " now");
        }
        zpl_buf_release(&a);
        zpl_buf_release(&b);
    }
    if (shown > PARTS)
        zpl_buf_printf(out, "; … %zu more", shown - PARTS);
    zpl_buf_putc(out, '\n');
}

static void columns_line(const struct zpl_json *output, const char *key, const char *what,
                         struct zpl_buf *out)
{
    const struct zpl_json *list = zpl_json_get(zpl_json_get(output, "columns"), key);
    if (zpl_json_count(list) == 0)
        return;
    zpl_buf_printf(out, "    %s", what);
    names(list, out);
    zpl_buf_putc(out, '\n');
}

static void show_output(const struct zpl_view *view, const char *step,
                        const struct zpl_json *output, struct zpl_buf *out)
{
    const struct zpl_json *first = zpl_json_get(output, "first");
    const struct zpl_json *fields = zpl_json_get(output, "fields");
    zpl_buf_printf(out, "  %s", zpl_term_paint(ZPL_BOLD, view->colour));
    zpl_term_text(out, step, strlen(step));
    zpl_buf_printf(out, "/%s%s: ", text_of(output, "name"),
                   zpl_term_paint(ZPL_PLAIN, view->colour));
    size(output, 0, out);
    zpl_buf_puts(out, " then, ");
    size(output, 1, out);
    zpl_buf_puts(out, " now\n");
    columns_line(output, "changed", "other content in column ", out);
    columns_line(output, "added", "new columns: ", out);
    columns_line(output, "removed", "columns gone: ", out);
    if (first != NULL) {
        zpl_buf_puts(out, "    row ");
        zpl_text_show_count(out, (uint64_t)zpl_json_i64(zpl_json_get(first, "row"), 0));
        zpl_buf_puts(out, ": ");
        values(zpl_json_get(first, "values"), out);
    }
    if (zpl_json_count(fields) > 0) {
        zpl_buf_puts(out, "    ");
        values(fields, out);
    }
}

/* Why a step failed or can't be done again, whole where its line may have cut it. */
static void show_reason(const struct zpl_view *view, const struct zpl_json *step,
                        struct zpl_buf *out)
{
    const char *why = text_of(step, "why"), *name = text_of(step, "name");
    if (view->width == 0 || why[0] == '\0' || !(is(step, "failed") || is(step, "impossible")))
        return;
    zpl_buf_printf(out, "  %s", zpl_term_paint(ZPL_BOLD, view->colour));
    zpl_term_text(out, name, strlen(name));
    zpl_buf_printf(out, "%s: ", zpl_term_paint(ZPL_PLAIN, view->colour));
    zpl_term_text(out, why, strlen(why));
    zpl_buf_putc(out, '\n');
}

/* "run 3 not reproduced in 1.2 s: 3 same, 1 differs" */
static void summary(const struct zpl_view *view, const struct zpl_json *answer, struct zpl_buf *out)
{
    const struct zpl_json *steps = zpl_json_get(answer, "steps");
    bool good = zpl_json_truth(zpl_json_get(answer, "reproduced"), false);
    const char *comma = "";
    zpl_buf_printf(out, "%srun %lld %s%s in ",
                   zpl_term_paint(good ? ZPL_GREEN : ZPL_RED, view->colour),
                   (long long)zpl_json_i64(zpl_json_get(answer, "run"), 0),
                   good ? "reproduced" : "not reproduced", zpl_term_paint(ZPL_PLAIN, view->colour));
    zpl_text_show_ms(out, (uint64_t)zpl_json_i64(zpl_json_get(answer, "duration_ms"), 0));
    zpl_buf_puts(out, ": ");
    for (size_t k = 0; k < STATE_COUNT; k++) {
        size_t count = 0;
        for (size_t i = 0; i < zpl_json_count(steps); i++)
            count += is(zpl_json_at(steps, i), STATES[k].status) &&
                     zpl_json_get(zpl_json_at(steps, i), "of") == NULL;
        if (count == 0)
            continue;
        zpl_buf_printf(out, "%s%zu %s", comma, count, STATES[k].words);
        comma = ", ";
    }
    zpl_buf_puts(out, *comma == '\0' ? "it did no step\n" : "\n");
}

void zpl_view_reproduced(const struct zpl_view *view, const struct zpl_json *answer,
                         struct zpl_buf *out)
{
    const struct zpl_json *steps = zpl_json_get(answer, "steps");
    for (size_t i = 0; i < zpl_json_count(steps); i++) {
        const struct zpl_json *step = zpl_json_at(steps, i);
        const struct zpl_json *outputs = zpl_json_get(step, "outputs");
        show_reason(view, step, out);
        for (size_t k = 0; is(step, "differs") && k < zpl_json_count(outputs); k++)
            if (!zpl_json_truth(zpl_json_get(zpl_json_at(outputs, k), "same"), true))
                show_output(view, text_of(step, "name"), zpl_json_at(outputs, k), out);
    }
    summary(view, answer, out);
}
