/* show.c - types and values as a session prints them.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "vm/plan/map.h"
#include "vm/repl/repl.h"
#include "vm/run/report.h"
#include "vm/show/preview.h"
#include "vm/view/preview.h"
#include "vm/view/steps.h"
#include "vm/view/term.h"

#define HEAD       5  /* rows of a table */
#define LINES_MOST 12 /* of columns; `:columns` has no limit */

/* ---- types ---- */

/* "species String" for each, as many a line as fit. */
static void show_flow(const struct zpl_row *row, unsigned width, struct zpl_buf *out)
{
    struct zpl_buf item = {0};
    unsigned used = 0, lines = 1;
    zpl_buf_puts(out, " ");
    for (size_t i = 0; i < row->count; i++) {
        zpl_buf_clear(&item);
        zpl_buf_printf(&item, "%s ", row->columns[i].name);
        zpl_type_show(row->columns[i].type, true, &item);
        unsigned columns = zpl_term_columns(zpl_buf_str(&item));
        if (used > 0 && used + 1 + columns + 2 > width) {
            if (lines++ == LINES_MOST) {
                zpl_buf_puts(out, "\n  … ");
                zpl_text_show_count(out, row->count - i);
                zpl_buf_puts(out, " more");
                break;
            }
            zpl_buf_puts(out, "\n ");
            used = 0;
        }
        zpl_buf_printf(out, "%s%s", used > 0 ? "  " : " ", zpl_buf_str(&item));
        used += columns + 2;
    }
    zpl_buf_putc(out, '\n');
    zpl_buf_release(&item);
}

/* Cut to the width of a line. */
static void add_line(struct zpl_buf *out, const struct zpl_buf *text, unsigned width)
{
    unsigned columns = zpl_term_columns(zpl_buf_str(text));
    zpl_term_cell(out, zpl_buf_str(text), columns < width ? columns : width);
    zpl_buf_putc(out, '\n');
}

static void show_type(const char *label, const struct zpl_type *type, unsigned width,
                      struct zpl_buf *out)
{
    struct zpl_buf text = {0};
    zpl_buf_puts(&text, label);
    zpl_type_show(type, false, &text);
    if (zpl_term_columns(zpl_buf_str(&text)) > width && type->row != NULL &&
        type->kind != ZPL_MODEL && type->row->count > 0) {
        zpl_buf_printf(out, "%s%s of ", label, zpl_kind_name(type->kind));
        zpl_text_show_count(out, type->row->count);
        zpl_buf_puts(out, type->kind == ZPL_TABLE ? " columns\n" : " fields\n");
        show_flow(type->row, width, out);
    } else {
        add_line(out, &text, width);
    }
    zpl_buf_release(&text);
}

/* "csv.read (path: Path, …) -> (rows: Table)": a line a signature. */
static void show_step(const struct zpl_returned *step, struct zpl_buf *out)
{
    for (const char *line = step->signature; line != NULL;) {
        const char *end = strchr(line, '\n');
        zpl_buf_printf(out, "  %s %.*s\n", step->step, (int)(end != NULL ? end - line : 1000),
                       line);
        line = end != NULL ? end + 1 : NULL;
    }
}

void zpl_repl_show_type(const struct zpl_repl *repl, const char *label,
                        const struct zpl_returned *returned, bool named, struct zpl_buf *out)
{
    const struct zpl_value *value = returned->value;
    struct zpl_buf text = {0}, head = {0};
    unsigned width = repl->cli->width;
    zpl_buf_printf(&head, "%s%s", label, label[0] != '\0' ? ": " : "");
    if (value == NULL) {
        zpl_buf_printf(out, "%s%s\n", zpl_buf_str(&head), returned->words);
        if (!named)
            show_step(returned, out);
    } else if (value->kind == ZPL_VALUE_LITERAL) {
        zpl_buf_puts(&text, zpl_buf_str(&head));
        if (named && value->literal->kind != ZPL_LIT_TYPE) {
            zpl_type_show(value->type, true, &text);
            zpl_buf_puts(&text, " = ");
        }
        zpl_literal_show(value->literal, &text);
        if (named)
            add_line(out, &text, width);
        else
            zpl_buf_printf(out, "%s\n", zpl_buf_str(&text));
    } else {
        show_type(zpl_buf_str(&head), value->type, width, out);
    }
    zpl_buf_release(&head);
    zpl_buf_release(&text);
}

bool zpl_repl_show_columns(const struct zpl_type *type, struct zpl_buf *out)
{
    unsigned widest = 0;
    if (type->row == NULL)
        return false;
    for (size_t i = 0; i < type->row->count; i++) {
        unsigned columns = zpl_term_columns(type->row->columns[i].name);
        widest = columns > widest ? columns : widest;
    }
    for (size_t i = 0; i < type->row->count; i++) {
        const struct zpl_column *column = &type->row->columns[i];
        zpl_buf_puts(out, "  ");
        zpl_term_cell(out, column->name, widest);
        zpl_buf_puts(out, "  ");
        zpl_type_show(column->type, false, out);
        zpl_buf_putc(out, '\n');
    }
    if (type->row->open)
        zpl_buf_puts(out, "  … others may follow\n");
    return true;
}

/* ---- values ---- */

/* Of a table's preview what is about one column; NULL: it is not among those that are looked at. */
static struct zpl_json *preview_of_column(const struct zpl_json *preview, const char *column)
{
    const struct zpl_json *columns = zpl_json_get(preview, "columns");
    const struct zpl_json *head = zpl_json_get(preview, "head");
    size_t i = 0, count = zpl_json_count(columns);
    const char *key;
    while (i < count &&
           strcmp(zpl_json_str(zpl_json_get(zpl_json_at(columns, i), "name"), ""), column) != 0)
        i++;
    if (i == count)
        return NULL;
    struct zpl_json *o = zpl_json_object(), *one = zpl_json_array(), *cells = zpl_json_array();
    int64_t figures = zpl_json_i64(zpl_json_get(preview, "figure_count"), 0);
    zpl_json_add_take(one, zpl_json_ref(zpl_json_at(columns, i)));
    for (size_t k = 0; k < zpl_json_count(head); k++) {
        struct zpl_json *row = zpl_json_array();
        zpl_json_add_take(row, zpl_json_ref(zpl_json_at(zpl_json_at(head, k), i)));
        zpl_json_add_take(cells, row);
    }
    for (size_t k = 0; (key = zpl_json_key_at(preview, k)) != NULL; k++)
        if (strcmp(key, "columns") != 0 && strcmp(key, "head") != 0)
            zpl_json_set_take(o, key, zpl_json_ref(zpl_json_get(preview, key)));
    zpl_json_set_take(o, "column_count", zpl_json_int(1));
    zpl_json_set_take(o, "figure_count", zpl_json_int((int64_t)i < figures ? 1 : 0));
    zpl_json_set_take(o, "columns", one);
    zpl_json_set_take(o, "head", cells);
    return o;
}

static struct zpl_digest seen_key(const struct zpl_output_row *row)
{
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, row->digest.b, sizeof row->digest.b);
    zpl_hasher_field(&hasher, row->type, strlen(row->type));
    return zpl_hasher_final(&hasher);
}

/* What is inside of an artifact, borrowed: asked of the engine once, as figures of a long table take their
 * time.  NULL: nothing, or told. */
static const struct zpl_json *preview_of(struct zpl_repl *repl, const struct zpl_output_row *row)
{
    struct zpl_repl_seen *seen = repl->seen;
    struct zpl_json *preview = NULL;
    const struct zpl_digest key = seen_key(row);
    for (size_t i = 0; i < ZPL_REPL_SEEN_MAX; i++)
        if (seen[i].preview != NULL && zpl_digest_equal(&seen[i].key, &key))
            return seen[i].preview;
    struct zpl_json *output = zpl_report_output(row);
    enum zpl_err err = zpl_preview_output(&repl->session, output, HEAD, &preview);
    zpl_json_release(output);
    repl->failed |= err != ZPL_OK;
    if (err != ZPL_OK || preview == NULL) {
        zpl_json_release(preview);
        return NULL;
    }
    seen += repl->seen_next++ % ZPL_REPL_SEEN_MAX;
    zpl_json_release(seen->preview);
    *seen = (struct zpl_repl_seen){key, preview};
    return preview;
}

/* A table's columns and first rows, a model's features.  What is wrong is told later. */
static void show_inside(struct zpl_repl *repl, const struct zpl_output_row *row, const char *column,
                        struct zpl_buf *out)
{
    const struct zpl_json *preview = preview_of(repl, row);
    struct zpl_json *shown = preview == NULL  ? NULL
                             : column != NULL ? preview_of_column(preview, column)
                                              : zpl_json_ref(preview);
    if (shown != NULL)
        zpl_view_preview(shown, row->type, repl->cli->terminal ? repl->cli->width : 0,
                         repl->cli->colour_out, out);
    zpl_json_release(shown);
}

void zpl_repl_show_output(struct zpl_repl *repl, const struct zpl_output_row *row,
                          const char *column, bool inside, struct zpl_buf *out)
{
    char digest[ZPL_HEX_SIZE];
    if (row->json != NULL) {
        zpl_view_report(row->type, row->json, out);
        zpl_buf_putc(out, '\n');
        return;
    }
    zpl_digest_hex(&row->digest, digest);
    zpl_view_output(row, out);
    zpl_buf_printf(out, ", %.12s\n", digest);
    if (inside)
        show_inside(repl, row, column, out);
}

void zpl_repl_show_step(const struct zpl_plan *plan, uint32_t node, struct zpl_buf *out)
{
    const struct zpl_step_plan *step = &plan->steps[node];
    zpl_buf_puts(out, zpl_plan_status_name(step->status));
    if (step->why != NULL)
        zpl_buf_printf(out, ": %s", step->why);
    zpl_buf_putc(out, '\n');
}

/* The parts of a list or record, each with its name before it. */
static void show_parts(struct zpl_repl *repl, const struct zpl_plan *plan,
                       const struct zpl_value *value, const char *label, struct zpl_buf *out)
{
    for (size_t i = 0; i < value->list.count; i++) {
        struct zpl_buf name = {0};
        if (value->kind == ZPL_VALUE_RECORD)
            zpl_buf_printf(&name, "%s%s%s", label, label[0] != '\0' ? "." : "",
                           value->list.keys[i]);
        else
            zpl_buf_printf(&name, "%s[%zu]", label, i + 1);
        zpl_repl_show_value(repl, plan, value->list.items[i], zpl_buf_str(&name), out);
        zpl_buf_release(&name);
    }
}

/* What was made for every item of a map; false: it is not known. */
static bool show_items(struct zpl_repl *repl, const struct zpl_plan *plan,
                       const struct zpl_value *value, const char *label, struct zpl_buf *out)
{
    const struct zpl_gathered *gathered =
        value->kind == ZPL_VALUE_GATHER ? zpl_mapping_gathered(plan, value) : NULL;
    size_t count = gathered != NULL ? plan->maps[value->gather.map]->count : 0;
    for (size_t i = 0; i < count; i++) {
        zpl_buf_printf(out, "  %s[%zu]: ", label, i + 1);
        if (gathered->items[i].row != NULL) {
            zpl_repl_show_output(repl, gathered->items[i].row, NULL, false, out);
        } else {
            if (gathered->items[i].literal != NULL)
                zpl_literal_show(gathered->items[i].literal, out);
            zpl_buf_puts(out, gathered->items[i].literal != NULL ? "\n" : "skipped\n");
        }
    }
    return gathered != NULL;
}

/* One value on a line. */
static void show_one(struct zpl_repl *repl, const struct zpl_plan *plan,
                     const struct zpl_value *value, bool inside, struct zpl_buf *out)
{
    struct zpl_arena arena = {0};
    struct zpl_made made;
    const struct zpl_literal *known = NULL;
    bool stored = zpl_plan_made(plan, value, &made) && made.row != NULL;
    if (!stored || value->type->kind != ZPL_REPORT)
        known = zpl_plan_value(plan, value, &arena);
    if (stored && known == NULL) {
        zpl_repl_show_output(repl, made.row, NULL, inside, out);
    } else if (known != NULL) {
        zpl_literal_show(known, out);
        zpl_buf_putc(out, '\n');
    } else if (value->kind == ZPL_VALUE_REF && plan->steps[value->ref.node].outputs == NULL) {
        zpl_repl_show_step(plan, value->ref.node, out);
    } else {
        zpl_buf_puts(out,
                     "no value: what it needs was skipped, or it is shown by its fields alone\n");
    }
    zpl_arena_release(&arena);
}

void zpl_repl_show_value(struct zpl_repl *repl, const struct zpl_plan *plan,
                         const struct zpl_value *value, const char *label, struct zpl_buf *out)
{
    if (value->kind == ZPL_VALUE_LIST || value->kind == ZPL_VALUE_RECORD) {
        show_parts(repl, plan, value, label, out);
    } else if (!show_items(repl, plan, value, label, out)) {
        zpl_buf_printf(out, "  %s%s", label, label[0] != '\0' ? ": " : "");
        show_one(repl, plan, value, label[0] == '\0', out);
    }
}
