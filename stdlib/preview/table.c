/* table.c - see preview.h: the figures of a table's columns, and its first rows.   Floor: stdlib. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "stdlib/preview/preview.h"
#include "stdlib/table/convert.h"
#include "stdlib/table/tensor.h"

#define CELLS_AT_ONCE  16       /* columns of one query for first rows */
#define TOP_COUNT      5        /* most frequent values that are told */
#define EXACT_CELLS    10000000 /* cells of a table whose distinct values are counted, not estimated */
#define NANOSECONDS_MS 1000000LL

struct looking {
    const struct zpl_preview_request *request;
    struct zpl_duck duck;
    struct zpl_relation relation;
    const struct zpl_type **types; /* of each column; NULL: of no zpl type */
    size_t count;                  /* columns that are shown */
    struct zpl_arena *arena;
    struct zpl_diags *diags;
};

/* A cell's text as the JSON of its type; one that the engine cut ends in "…". */
static struct zpl_json *cell_json(const struct zpl_type *type, const struct zpl_duck_cell *cell)
{
    struct zpl_buf text = {0};
    struct zpl_json *out = NULL;
    if (!cell->valid)
        return zpl_json_null();
    bool cut = zpl_utf8_length(cell->s, cell->n) > ZPL_PREVIEW_CELL_MAX;
    size_t n = 0;
    for (size_t i = 0; cut && i < ZPL_PREVIEW_CELL_MAX; i++) {
        uint32_t point;
        n += zpl_utf8_next(cell->s + n, cell->n - n, &point);
    }
    zpl_buf_add(&text, cell->s, cut ? n : cell->n);
    zpl_buf_puts(&text, cut ? "…" : "");
    const char *s = zpl_buf_str(&text);
    if (zpl_buf_error(&text) == ZPL_OK && type != NULL && type->kind == ZPL_INT)
        out = zpl_json_int(strtoll(s, NULL, 10));
    else if (zpl_buf_error(&text) == ZPL_OK && type != NULL && type->kind == ZPL_FLOAT)
        out = zpl_json_real(strtod(s, NULL));
    else if (zpl_buf_error(&text) == ZPL_OK && type != NULL && type->kind == ZPL_BOOL)
        out = zpl_json_bool(strcmp(s, "true") == 0);
    else if (zpl_buf_error(&text) == ZPL_OK)
        out = zpl_json_stringn(s, text.len);
    zpl_buf_release(&text);
    return out;
}

/* Runs a query whose text is taken and released. */
static enum zpl_err ask_take(struct looking *l, struct zpl_buf *sql, zpl_duck_row_fn *row,
                             void *self)
{
    enum zpl_err err = zpl_buf_error(sql) == ZPL_OK
                           ? zpl_duck_each(&l->duck, zpl_buf_str(sql), row, self, l->diags)
                           : zpl_diag_nomem(l->diags);
    zpl_buf_release(sql);
    return err;
}

static void from_file(const struct looking *l, struct zpl_buf *sql)
{
    zpl_buf_puts(sql, " FROM read_parquet(");
    zpl_duck_text(sql, l->request->path, strlen(l->request->path));
    zpl_buf_putc(sql, ')');
}

/* A column as text that is cut behind what is shown of a cell. */
static void shown(const char *x, struct zpl_buf *sql)
{
    zpl_buf_printf(sql, "left(CAST(%s AS VARCHAR), %d)", x, ZPL_PREVIEW_CELL_MAX + 1);
}

static bool is_tensor(const struct zpl_type *type)
{
    return type != NULL && type->kind == ZPL_TENSOR;
}

/* ---- first rows ------------------------------------------------------------------------------ */

struct head {
    struct looking *l;
    struct zpl_json **rows; /* one a row, filled from the left */
    size_t first;           /* column of the first cell */
    int64_t next;
};

static enum zpl_err add_cells(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    struct head *head = self;
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(head->rows[head->next],
                          cell_json(head->l->types[head->first + i], &cells[i]));
    head->next++;
    return ZPL_OK;
}

/* The first rows, some columns at a time. */
static enum zpl_err read_head(struct looking *l, struct zpl_json *out)
{
    int64_t most = l->request->rows < l->request->head ? l->request->rows : l->request->head;
    int64_t count = most < ZPL_PREVIEW_ROWS_MAX ? most : ZPL_PREVIEW_ROWS_MAX;
    struct zpl_json *array = zpl_json_array();
    struct head head = {.l = l};
    enum zpl_err err = ZPL_OK;
    head.rows = zpl_arena_array(l->arena, (size_t)(count > 0 ? count : 0) + 1, sizeof *head.rows);
    if (head.rows == NULL)
        err = zpl_diag_nomem(l->diags);
    for (int64_t r = 0; err == ZPL_OK && r < count; r++)
        head.rows[r] = zpl_json_array();
    for (size_t c = 0; err == ZPL_OK && count > 0 && c < l->count; c += CELLS_AT_ONCE) {
        struct zpl_buf sql = {0};
        head.first = c;
        head.next = 0;
        for (size_t i = c; i < l->count && i < c + CELLS_AT_ONCE; i++) {
            struct zpl_buf name = {0}, first = {0};
            zpl_duck_ident(&name, l->relation.names[i]);
            zpl_buf_puts(&sql, i == c ? "SELECT " : ", ");
            if (is_tensor(l->types[i])) { /* each element has a character or more */
                zpl_buf_puts(&first, "list_slice(");
                zpl_tensor_shown(l->types[i], zpl_buf_str(&name), &first);
                zpl_buf_printf(&first, ", 1, %d)", ZPL_PREVIEW_CELL_MAX);
            }
            shown(zpl_buf_str(first.len > 0 ? &first : &name), &sql);
            zpl_buf_release(&first);
            zpl_buf_release(&name);
        }
        from_file(l, &sql);
        zpl_buf_printf(&sql, " LIMIT %lld", (long long)count);
        err = ask_take(l, &sql, add_cells, &head);
    }
    for (int64_t r = 0; head.rows != NULL && r < count; r++)
        zpl_json_add_take(array, head.rows[r]);
    zpl_json_set_take(out, "head", array);
    return err;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* Which figures a type has. */
static bool has_range(const struct zpl_type *type)
{
    return type->kind == ZPL_INT || type->kind == ZPL_FLOAT || type->kind == ZPL_DATE ||
           type->kind == ZPL_TIMESTAMP || type->kind == ZPL_LIST;
}

static bool has_top(const struct zpl_type *type)
{
    return type->kind == ZPL_STRING || type->kind == ZPL_ENUM || type->kind == ZPL_BOOL;
}

struct figures {
    const struct zpl_type *type;
    struct zpl_json *o;
    struct zpl_json *top;
    int64_t rows, distinct;
};

/* filled, distinct, nan, min, max, mean */
static enum zpl_err add_figures(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    static const struct zpl_type number = {.kind = ZPL_FLOAT}, whole = {.kind = ZPL_INT};
    struct figures *f = self;
    bool list = f->type->kind == ZPL_LIST;
    const struct zpl_type *type = list ? &whole : is_tensor(f->type) ? &number : f->type;
    (void)count;
    f->distinct = cells[1].valid ? cells[1].i : -1;
    zpl_json_set_take(f->o, "nulls", zpl_json_int(f->rows - cells[0].i));
    if (cells[1].valid)
        zpl_json_set_take(f->o, "distinct", zpl_json_int(cells[1].i));
    if (cells[2].valid && cells[2].i > 0)
        zpl_json_set_take(f->o, "nan", zpl_json_int(cells[2].i));
    if (cells[3].valid)
        zpl_json_set_take(f->o, "min", cell_json(type, &cells[3]));
    if (cells[4].valid)
        zpl_json_set_take(f->o, "max", cell_json(type, &cells[4]));
    if (cells[5].valid)
        zpl_json_set_take(f->o, "mean", cell_json(&number, &cells[5]));
    return ZPL_OK;
}

static enum zpl_err add_top(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    struct figures *f = self;
    struct zpl_json *o = zpl_json_object();
    (void)count;
    zpl_json_set_take(o, "value", cell_json(f->type, &cells[0]));
    zpl_json_set_take(o, "count", zpl_json_int(cells[1].i));
    zpl_json_add_take(f->top, o);
    return ZPL_OK;
}

/* The same of the elements of Tensors; of bools the mean is the share of those that are true. */
static void write_tensor(const struct looking *l, const char *x, const struct zpl_type *type,
                         struct zpl_buf *sql)
{
    bool real = zpl_tensor_element(type->dtype)->form == ZPL_TENSOR_REAL;
    zpl_buf_printf(sql,
                   "SELECT count(x), NULL::BIGINT, %s, "
                   "CAST(min(f[3]) FILTER (WHERE f[1] > f[2]) AS VARCHAR), "
                   "CAST(max(f[4]) FILTER (WHERE f[1] > f[2]) AS VARCHAR), "
                   "CAST(sum(f[5]) / nullif(sum(f[1] - f[2]), 0) AS VARCHAR) FROM (SELECT x, ",
                   real ? "coalesce(sum(f[2]), 0)::BIGINT" : "NULL::BIGINT");
    zpl_tensor_figures_sql(type, "x", sql);
    zpl_buf_printf(sql, " AS f FROM (SELECT %s AS x", x);
    from_file(l, sql);
    zpl_buf_puts(sql, "))");
}

/* The query for add_figures(). */
static void write_figures(const struct looking *l, const char *x, const struct zpl_type *type,
                          bool exact, struct zpl_buf *sql)
{
    bool real = type->kind == ZPL_FLOAT;
    if (is_tensor(type)) {
        write_tensor(l, x, type, sql);
        return;
    }
    const char *where = real ? " FILTER (WHERE NOT isnan(x))" : "";
    zpl_buf_puts(sql, "SELECT count(x), ");
    if (type->kind == ZPL_LIST || type->kind == ZPL_BYTES || type->kind == ZPL_JSON)
        zpl_buf_puts(sql, "NULL::BIGINT, ");
    else
        zpl_buf_puts(sql, exact ? "count(DISTINCT x), " : "approx_count_distinct(x)::BIGINT, ");
    zpl_buf_puts(sql, real ? "count(*) FILTER (WHERE isnan(x)), " : "NULL::BIGINT, ");
    if (has_range(type)) {
        const char *inner = type->kind == ZPL_LIST ? "len(x)" : "x";
        zpl_buf_printf(sql, "CAST(min(%s)%s AS VARCHAR), CAST(max(%s)%s AS VARCHAR), ", inner,
                       where, inner, where);
    } else {
        zpl_buf_puts(sql, "NULL::VARCHAR, NULL::VARCHAR, ");
    }
    if (type->kind == ZPL_INT || real)
        zpl_buf_printf(sql, "CAST(avg(x::DOUBLE)%s AS VARCHAR)", where);
    else
        zpl_buf_puts(sql, "NULL::VARCHAR");
    zpl_buf_printf(sql, " FROM (SELECT %s AS x", x);
    from_file(l, sql);
    zpl_buf_putc(sql, ')');
}

/* The most frequent values, unless nearly every row has its own. */
static enum zpl_err read_top(struct looking *l, const char *x, struct figures *f)
{
    struct zpl_buf sql = {0};
    if (!has_top(f->type) || f->distinct <= 0 || (f->distinct > 10 && f->distinct > f->rows / 2))
        return ZPL_OK;
    f->top = zpl_json_array();
    zpl_buf_puts(&sql, "SELECT ");
    shown("x", &sql);
    zpl_buf_printf(&sql, ", count(*) FROM (SELECT %s AS x", x);
    from_file(l, &sql);
    zpl_buf_printf(&sql, ") WHERE x IS NOT NULL GROUP BY x ORDER BY 2 DESC, x LIMIT %d", TOP_COUNT);
    enum zpl_err err = ask_take(l, &sql, add_top, f);
    zpl_json_set_take(f->o, "top", f->top);
    return err;
}

static enum zpl_err read_figures(struct looking *l, size_t i, struct zpl_json *o)
{
    struct figures f = {.type = l->types[i], .o = o, .rows = l->request->rows};
    struct zpl_buf sql = {0}, x = {0};
    bool exact = f.rows <= EXACT_CELLS / (int64_t)l->count;
    zpl_duck_ident(&x, l->relation.names[i]);
    write_figures(l, zpl_buf_str(&x), f.type, exact, &sql);
    enum zpl_err err = ask_take(l, &sql, add_figures, &f);
    if (err == ZPL_OK && f.distinct >= 0)
        zpl_json_set_take(o, "exact", zpl_json_bool(exact));
    if (err == ZPL_OK)
        err = read_top(l, zpl_buf_str(&x), &f);
    zpl_buf_release(&x);
    return err;
}

/* Columns with their figures, as long as there is time. */
static enum zpl_err read_columns(struct looking *l, struct zpl_json *out)
{
    struct zpl_json *array = zpl_json_array();
    int64_t until = zpl_clock_monotonic_ns() + ZPL_PREVIEW_FIGURES_MS * NANOSECONDS_MS;
    enum zpl_err err = ZPL_OK;
    size_t made = 0;
    for (size_t i = 0; i < l->count; i++) {
        struct zpl_json *o = zpl_json_object();
        const char *text =
            l->types[i] != NULL ? zpl_type_text(l->types[i], false, l->arena) : "(no type of zpl)";
        zpl_json_set_take(o, "name", zpl_json_string(l->relation.names[i]));
        zpl_json_set_take(o, "type", zpl_json_string(text));
        if (err == ZPL_OK && made == i && l->types[i] != NULL &&
            (i == 0 || zpl_clock_monotonic_ns() < until)) {
            err = read_figures(l, i, o);
            made++;
        }
        zpl_json_add_take(array, o);
    }
    zpl_json_set_take(out, "columns", array);
    zpl_json_set_take(out, "figure_count", zpl_json_int((int64_t)made));
    return err;
}

/* ---- together -------------------------------------------------------------------------------- */

/* The declared type of a column, or what is stored. */
static enum zpl_err find_types(struct looking *l, const struct zpl_type *type)
{
    size_t hint = 0;
    l->count =
        l->relation.count < ZPL_PREVIEW_COLUMNS_MAX ? l->relation.count : ZPL_PREVIEW_COLUMNS_MAX;
    l->types = zpl_arena_array(l->arena, l->count + 1, sizeof *l->types);
    for (size_t i = 0; l->types != NULL && i < l->count; i++) {
        const char *why;
        const struct zpl_column *column =
            type->row != NULL ? zpl_row_next(type->row, l->relation.names[i], &hint) : NULL;
        l->types[i] = column != NULL
                          ? column->type
                          : zpl_convert_type(l->duck.api, l->relation.types[i], l->arena, &why);
    }
    return zpl_arena_failed(l->arena) ? zpl_diag_nomem(l->diags) : ZPL_OK;
}

static enum zpl_err look(struct looking *l, const struct zpl_type *type, struct zpl_json *out)
{
    struct zpl_buf from = {0};
    zpl_buf_puts(&from, "read_parquet(");
    zpl_duck_text(&from, l->request->path, strlen(l->request->path));
    zpl_buf_putc(&from, ')');
    enum zpl_err err =
        zpl_relation_from(&l->duck, zpl_buf_str(&from), &l->relation, l->arena, l->diags);
    zpl_buf_release(&from);
    if (err == ZPL_OK)
        err = find_types(l, type);
    if (err == ZPL_OK)
        err = read_columns(l, out);
    if (err == ZPL_OK)
        err = read_head(l, out);
    zpl_json_set_take(out, "kind", zpl_json_string("table"));
    zpl_json_set_take(out, "rows", zpl_json_int(l->request->rows));
    zpl_json_set_take(out, "column_count", zpl_json_int((int64_t)l->relation.count));
    return err;
}

enum zpl_err zpl_preview_table(const struct zpl_preview_request *request,
                               const struct zpl_type *type, struct zpl_json **out,
                               struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct looking l = {.request = request, .arena = arena, .diags = diags};
    const struct zpl_duck_options options = {.paths = &request->path, .path_count = 1};
    enum zpl_err err = zpl_duck_open(&options, &l.duck, diags);
    *out = zpl_json_object();
    if (err == ZPL_OK)
        err = look(&l, type, *out);
    zpl_relation_release(&l.relation);
    zpl_duck_release(&l.duck);
    if (err == ZPL_OK)
        return ZPL_OK;
    zpl_json_release(*out);
    *out = NULL;
    return err;
}
