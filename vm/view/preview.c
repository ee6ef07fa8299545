/* preview.c - see preview.h.   Floor: vm. */
#include "vm/view/preview.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/text.h"
#include "lang/types/signature.h"
#include "vm/view/grid.h"
#include "vm/view/term.h"

#define INDENT     6
#define CELL_MOST  32 /* columns of a terminal for one cell */
#define PARTS_MOST 20 /* of a list or record in one line */
#define LINES_MOST 15 /* of a text */

struct view {
    unsigned width;
    bool colour;
    struct zpl_buf *out;
};

static int64_t number(const struct zpl_json *o, const char *key)
{
    return zpl_json_i64(zpl_json_get(o, key), 0);
}

/* Adds the cell that a writer put into `text`, which is released. */
static void cell_take(struct zpl_grid *grid, struct zpl_buf *text)
{
    zpl_grid_cell(grid, zpl_buf_str(text));
    zpl_buf_release(text);
}

/* A line of words at the indent. */
static void line(const struct view *v, const char *words)
{
    zpl_buf_printf(v->out, "%*s", INDENT, "");
    zpl_term_text(v->out, words, strlen(words));
    zpl_buf_putc(v->out, '\n');
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* "24", "~1,234" (estimated), "" (unknown) */
static void distinct_cell(const struct zpl_json *column, struct zpl_grid *grid)
{
    struct zpl_buf text = {0};
    if (zpl_json_get(column, "distinct") != NULL) {
        if (!zpl_json_truth(zpl_json_get(column, "exact"), true))
            zpl_buf_puts(&text, "~");
        zpl_text_show_count(&text, (uint64_t)number(column, "distinct"));
    }
    cell_take(grid, &text);
}

static void show_columns(const struct view *v, const struct zpl_json *table)
{
    static const char *const HEADS[] = {"column", "type", "nulls", "distinct", "values"};
    const struct zpl_json *columns = zpl_json_get(table, "columns");
    size_t figures = (size_t)number(table, "figure_count");
    struct zpl_grid grid;
    zpl_grid_init(&grid, 5);
    zpl_grid_right(&grid, 2);
    zpl_grid_right(&grid, 3);
    for (size_t i = 0; i < 5; i++)
        zpl_grid_cell(&grid, HEADS[i]);
    for (size_t i = 0; i < zpl_json_count(columns); i++) {
        const struct zpl_json *column = zpl_json_at(columns, i);
        struct zpl_buf nulls = {0}, values = {0};
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(column, "name"), ""));
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(column, "type"), ""));
        if (zpl_json_get(column, "nulls") != NULL)
            zpl_text_show_count(&nulls, (uint64_t)number(column, "nulls"));
        cell_take(&grid, &nulls);
        distinct_cell(column, &grid);
        zpl_view_figures(column, &values);
        if (i >= figures)
            zpl_buf_puts(&values, "(not looked at: it took too long)");
        cell_take(&grid, &values);
    }
    zpl_grid_show(&grid, INDENT, v->width, CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
    int64_t left = number(table, "column_count") - (int64_t)zpl_json_count(columns);
    if (left > 0) {
        zpl_buf_printf(v->out, "%*s… ", INDENT, "");
        zpl_text_show_count(v->out, (uint64_t)left);
        zpl_buf_puts(v->out, left == 1 ? " more column\n" : " more columns\n");
    }
}

/* Of a table with columns that are not declared: the type that declares them all, as people would write it. */
static void show_whole(const struct view *v, const struct zpl_json *table, const char *type)
{
    struct zpl_arena arena = {0};
    struct zpl_signature_error error = {0};
    const struct zpl_json *list = zpl_json_get(table, "columns");
    const struct zpl_type *declared = NULL, *whole = NULL;
    struct zpl_buf text = {0};
    size_t count = zpl_json_count(list);
    struct zpl_column *columns = zpl_arena_array(&arena, count + 1, sizeof *columns);
    bool fine = columns != NULL && (int64_t)count == number(table, "column_count") &&
                zpl_type_parse(type, &arena, &declared, &error) == ZPL_OK &&
                declared->kind == ZPL_TABLE && declared->row->open;
    for (size_t i = 0; fine && i < count; i++) {
        const struct zpl_json *one = zpl_json_at(list, i);
        columns[i].name = zpl_json_str(zpl_json_get(one, "name"), "");
        const struct zpl_column *known = zpl_row_find(declared->row, columns[i].name);
        columns[i].type = known != NULL ? known->type : NULL;
        fine = known != NULL || zpl_type_parse(zpl_json_str(zpl_json_get(one, "type"), ""), &arena,
                                               &columns[i].type, &error) == ZPL_OK;
    }
    if (fine)
        whole = zpl_type_table(&arena, &(struct zpl_row){.columns = columns, .count = count});
    if (whole != NULL) {
        zpl_type_show(whole, false, &text);
        zpl_buf_puts(v->out, "\n      with all its columns it is a\n");
        line(v, zpl_buf_str(&text));
    }
    zpl_buf_release(&text);
    zpl_arena_release(&arena);
}

/* Says which columns of the first rows did not fit. */
static void show_left_out(const struct view *v, const struct zpl_json *columns, size_t shown,
                          int64_t all)
{
    struct zpl_buf words = {0};
    if ((int64_t)shown >= all)
        return;
    zpl_buf_puts(&words, "left out here, it is too wide: ");
    for (size_t i = shown; i < zpl_json_count(columns); i++) {
        const char *name = zpl_json_str(zpl_json_get(zpl_json_at(columns, i), "name"), "");
        zpl_buf_puts(&words, i > shown ? ", " : "");
        zpl_term_text(&words, name, strlen(name));
    }
    zpl_buf_puts(&words, (int64_t)zpl_json_count(columns) < all ? ", …" : "");
    zpl_buf_printf(v->out, "%*s", INDENT, "");
    unsigned room = v->width > INDENT ? v->width - INDENT : 80;
    unsigned columns_taken = zpl_term_columns(zpl_buf_str(&words));
    zpl_term_cell(v->out, zpl_buf_str(&words), columns_taken < room ? columns_taken : room);
    zpl_buf_putc(v->out, '\n');
    zpl_buf_release(&words);
}

static bool is_number(const char *type)
{
    return (strncmp(type, "Int", 3) == 0 || strncmp(type, "Float", 5) == 0);
}

static void show_rows(const struct view *v, const struct zpl_json *table)
{
    const struct zpl_json *columns = zpl_json_get(table, "columns");
    const struct zpl_json *rows = zpl_json_get(table, "head");
    struct zpl_grid grid;
    if (zpl_json_count(rows) == 0 || zpl_json_count(columns) == 0)
        return;
    int64_t all = number(table, "rows");
    zpl_grid_init(&grid, zpl_json_count(columns));
    for (size_t c = 0; c < zpl_json_count(columns); c++) {
        const struct zpl_json *column = zpl_json_at(columns, c);
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(column, "name"), ""));
        if (is_number(zpl_json_str(zpl_json_get(column, "type"), "")))
            zpl_grid_right(&grid, c);
    }
    for (size_t r = 0; r < zpl_json_count(rows); r++)
        for (size_t c = 0; c < zpl_json_count(columns); c++) {
            const struct zpl_json *value = zpl_json_at(zpl_json_at(rows, r), c);
            struct zpl_buf text = {0};
            if (zpl_json_kind(value) == ZPL_JSON_REAL)
                zpl_buf_printf(&text, "%.6g", zpl_json_f64(value, 0));
            else
                zpl_view_value(value, PARTS_MOST, &text);
            cell_take(&grid, &text);
        }
    zpl_buf_printf(v->out, "\n%*s", INDENT, "");
    if ((int64_t)zpl_json_count(rows) < all) {
        zpl_buf_printf(v->out, "the first %zu of ", zpl_json_count(rows));
        zpl_text_show_count(v->out, (uint64_t)all);
        zpl_buf_puts(v->out, " rows:\n");
    } else {
        zpl_buf_puts(v->out, all == 1 ? "the row:\n" : "all rows:\n");
    }
    size_t shown = zpl_grid_show(&grid, INDENT, v->width, CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
    show_left_out(v, columns, shown, number(table, "column_count"));
}

/* ---- models ---------------------------------------------------------------------------------- */

static void show_features(const struct view *v, const struct zpl_json *features)
{
    struct zpl_grid grid;
    zpl_grid_init(&grid, 3);
    zpl_grid_right(&grid, 1);
    zpl_grid_right(&grid, 2);
    zpl_grid_cell(&grid, "feature");
    zpl_grid_cell(&grid, "gain");
    zpl_grid_cell(&grid, "splits");
    for (size_t i = 0; i < zpl_json_count(features); i++) {
        const struct zpl_json *feature = zpl_json_at(features, i);
        struct zpl_buf gain = {0}, splits = {0};
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(feature, "name"), ""));
        zpl_view_figure(zpl_json_get(feature, "gain"), &gain);
        cell_take(&grid, &gain);
        zpl_view_figure(zpl_json_get(feature, "splits"), &splits);
        cell_take(&grid, &splits);
    }
    zpl_grid_show(&grid, INDENT, v->width, CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
}

/* Names and what they are, as two columns. */
static void show_pairs(const struct view *v, const struct zpl_json *pairs, const char *head,
                       const char *key)
{
    struct zpl_grid grid;
    bool number = zpl_json_kind(zpl_json_get(zpl_json_at(pairs, 0), key)) == ZPL_JSON_INT;
    zpl_grid_init(&grid, 2);
    if (number)
        zpl_grid_right(&grid, 1);
    zpl_grid_cell(&grid, head);
    zpl_grid_cell(&grid, key);
    for (size_t i = 0; i < zpl_json_count(pairs); i++) {
        struct zpl_buf text = {0};
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(zpl_json_at(pairs, i), "name"), ""));
        const struct zpl_json *value = zpl_json_get(zpl_json_at(pairs, i), key);
        zpl_view_value(value, PARTS_MOST, &text);
        cell_take(&grid, &text);
    }
    zpl_grid_show(&grid, INDENT, v->width, CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
}

static void show_onnx(const struct view *v, const struct zpl_json *model)
{
    struct zpl_buf words = {0};
    zpl_view_onnx(model, &words);
    line(v, zpl_buf_str(&words));
    zpl_buf_release(&words);
    zpl_buf_putc(v->out, '\n');
    show_pairs(v, zpl_json_get(model, "inputs"), "input", "type");
    zpl_buf_putc(v->out, '\n');
    show_pairs(v, zpl_json_get(model, "outputs"), "output", "type");
    zpl_buf_putc(v->out, '\n');
    show_pairs(v, zpl_json_get(model, "operators"), "operator", "count");
}

static void show_model(const struct view *v, const struct zpl_json *model)
{
    const struct zpl_json *classes = zpl_json_get(model, "classes");
    struct zpl_buf words = {0};
    zpl_buf_printf(&words, "%s: ", zpl_json_str(zpl_json_get(model, "framework"), ""));
    zpl_text_show_count(&words, (uint64_t)number(model, "trees"));
    zpl_buf_puts(&words, " trees of ");
    zpl_text_show_count(&words, (uint64_t)number(model, "rounds"));
    zpl_buf_printf(&words, " rounds, predicts %s: %s",
                   zpl_json_str(zpl_json_get(model, "label"), ""),
                   zpl_json_str(zpl_json_get(model, "label_type"), ""));
    if (zpl_json_count(classes) > 0) {
        zpl_buf_puts(&words, ", one of ");
        zpl_view_value(classes, PARTS_MOST, &words);
    }
    line(v, zpl_buf_str(&words));
    zpl_buf_release(&words);
    zpl_buf_putc(v->out, '\n');
    show_features(v, zpl_json_get(model, "features"));
}

/* ---- Tensors --------------------------------------------------------------------------------- */

static void show_corners(const struct view *v, const struct zpl_json *corners)
{
    size_t width = 0;
    for (size_t i = 0; i < zpl_json_count(corners); i++)
        if (zpl_json_count(zpl_json_at(corners, i)) > width)
            width = zpl_json_count(zpl_json_at(corners, i));
    if (width == 0)
        return;
    for (size_t r = 0; r < zpl_json_count(corners); r++) {
        const struct zpl_json *row = zpl_json_at(corners, r);
        struct zpl_buf text = {0};
        for (size_t c = 0; c < zpl_json_count(row); c++) {
            zpl_buf_puts(&text, c > 0 ? "  " : "");
            if (zpl_json_kind(zpl_json_at(row, c)) == ZPL_JSON_NULL)
                zpl_buf_puts(&text, "…");
            else
                zpl_view_figure(zpl_json_at(row, c), &text);
        }
        if (zpl_json_count(row) == 0)
            zpl_buf_puts(&text, "…");
        line(v, zpl_buf_str(&text));
        zpl_buf_release(&text);
    }
}

static void show_tensor(const struct view *v, const struct zpl_json *tensor)
{
    struct zpl_buf words = {0};
    zpl_view_tensor(tensor, &words);
    line(v, zpl_buf_str(&words));
    zpl_buf_release(&words);
    zpl_buf_putc(v->out, '\n');
    show_corners(v, zpl_json_get(tensor, "corners"));
}

/* ---- values, files, folders ------------------------------------------------------------------ */

/* A record or report has a line for each field, in the order of its type. */
static void show_fields(const struct view *v, const struct zpl_json *value, const char *type)
{
    struct zpl_arena arena = {0};
    struct zpl_signature_error error = {0};
    const struct zpl_type *declared = NULL;
    struct zpl_grid grid;
    if (zpl_type_parse(type, &arena, &declared, &error) != ZPL_OK || declared->row == NULL ||
        declared->row->open)
        declared = NULL;
    size_t count = declared != NULL ? declared->row->count : zpl_json_count(value);
    zpl_grid_init(&grid, 2);
    zpl_grid_cell(&grid, "field");
    zpl_grid_cell(&grid, "value");
    for (size_t i = 0; i < count; i++) {
        const char *key =
            declared != NULL ? declared->row->columns[i].name : zpl_json_key_at(value, i);
        struct zpl_buf text = {0};
        zpl_grid_cell(&grid, key);
        zpl_view_value(zpl_json_get(value, key), PARTS_MOST, &text);
        cell_take(&grid, &text);
    }
    zpl_grid_show(&grid, INDENT, v->width, CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
    zpl_arena_release(&arena);
}

static void show_value(const struct view *v, const struct zpl_json *value, const char *type)
{
    struct zpl_buf text = {0};
    if (zpl_json_kind(value) == ZPL_JSON_OBJECT && zpl_json_count(value) > 0) {
        show_fields(v, value, type);
        return;
    }
    zpl_view_value(value, 100, &text);
    line(v, zpl_buf_str(&text));
    zpl_buf_release(&text);
}

/* The first lines of a text. */
static void show_text(const struct view *v, const char *text, size_t n)
{
    unsigned lines = 0;
    zpl_buf_putc(v->out, '\n');
    while (n > 0 && lines++ < LINES_MOST) {
        const char *end = memchr(text, '\n', n);
        size_t len = end != NULL ? (size_t)(end - text) : n;
        struct zpl_buf shown = {0};
        zpl_term_text(&shown, text, len);
        unsigned columns = zpl_term_columns(zpl_buf_str(&shown));
        unsigned room = v->width > INDENT ? v->width - INDENT : columns;
        zpl_buf_printf(v->out, "%*s", INDENT, "");
        zpl_term_cell(v->out, zpl_buf_str(&shown), columns < room ? columns : room);
        zpl_buf_putc(v->out, '\n');
        zpl_buf_release(&shown);
        text += end != NULL ? len + 1 : len;
        n -= end != NULL ? len + 1 : len;
    }
    if (n > 0)
        line(v, "…");
}

static void show_file(const struct view *v, const struct zpl_json *file)
{
    struct zpl_buf words = {0};
    size_t n = 0;
    const char *text = zpl_json_strn(zpl_json_get(file, "text"), &n);
    zpl_text_show_bytes(&words, (uint64_t)number(file, "bytes"));
    zpl_buf_printf(&words, ", %s", zpl_json_str(zpl_json_get(file, "media"), ""));
    if (zpl_json_get(file, "width") != NULL)
        zpl_buf_printf(&words, ", %lld x %lld pixels", (long long)number(file, "width"),
                       (long long)number(file, "height"));
    line(v, zpl_buf_str(&words));
    zpl_buf_release(&words);
    if (n > 0)
        show_text(v, text, n);
}

static void show_dir(const struct view *v, const struct zpl_json *dir)
{
    const struct zpl_json *files = zpl_json_get(dir, "files");
    struct zpl_grid grid;
    struct zpl_buf words = {0};
    zpl_text_show_count(&words, (uint64_t)number(dir, "file_count"));
    zpl_buf_puts(&words, number(dir, "file_count") == 1 ? " file, " : " files, ");
    zpl_text_show_bytes(&words, (uint64_t)number(dir, "bytes"));
    line(v, zpl_buf_str(&words));
    zpl_buf_release(&words);
    zpl_grid_init(&grid, 3);
    zpl_grid_right(&grid, 1);
    zpl_grid_cell(&grid, "file");
    zpl_grid_cell(&grid, "size");
    zpl_grid_cell(&grid, "kind");
    for (size_t i = 0; i < zpl_json_count(files); i++) {
        const struct zpl_json *file = zpl_json_at(files, i);
        struct zpl_buf size = {0};
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(file, "path"), ""));
        zpl_text_show_bytes(&size, (uint64_t)number(file, "bytes"));
        cell_take(&grid, &size);
        zpl_grid_cell(&grid, zpl_json_str(zpl_json_get(file, "media"), ""));
    }
    zpl_buf_putc(v->out, '\n');
    zpl_grid_show(&grid, INDENT, v->width, 2 * CELL_MOST, v->colour, v->out);
    zpl_grid_release(&grid);
    if (number(dir, "file_count") > (int64_t)zpl_json_count(files)) {
        zpl_buf_printf(v->out, "%*s… ", INDENT, "");
        zpl_text_show_count(v->out, (uint64_t)number(dir, "file_count") - zpl_json_count(files));
        zpl_buf_puts(v->out, " more\n");
    }
}

void zpl_view_preview(const struct zpl_json *preview, const char *type, unsigned width, bool colour,
                      struct zpl_buf *out)
{
    const struct view v = {.width = width, .colour = colour, .out = out};
    const char *kind = zpl_json_str(zpl_json_get(preview, "kind"), "");
    if (strcmp(kind, "table") == 0) {
        zpl_buf_putc(out, '\n');
        show_columns(&v, preview);
        show_whole(&v, preview, type);
        show_rows(&v, preview);
    } else if (strcmp(kind, "tensor") == 0) {
        show_tensor(&v, preview);
    } else if (strcmp(kind, "model") == 0) {
        show_model(&v, preview);
    } else if (strcmp(kind, "onnx") == 0) {
        show_onnx(&v, preview);
    } else if (strcmp(kind, "value") == 0) {
        show_value(&v, zpl_json_get(preview, "value"), type);
    } else if (strcmp(kind, "file") == 0) {
        show_file(&v, preview);
    } else if (strcmp(kind, "dir") == 0) {
        show_dir(&v, preview);
    } else if (strcmp(kind, "gone") == 0) {
        line(&v, "what it holds is not in the store any more; running the pipeline again makes it");
    }
}
