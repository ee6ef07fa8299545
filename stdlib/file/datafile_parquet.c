/* datafile_parquet.c - Parquet files, which say their columns themselves.   Floor: stdlib. */
#include <string.h>
#include "stdlib/file/datafile_format.h"

/* What the file itself says of its columns, in their order, beside what DuckDB says. */
struct footer {
    const struct zpl_relation *have;
    const struct zpl_row *naming;
    struct zpl_arena *arena;
    int64_t nested;    /* elements of the column at hand that are still to come */
    size_t next;       /* column */
    const char *wrong; /* words, or NULL */
};

/* Has the column to be readable? */
static bool is_wanted(const struct zpl_row *naming, const char *column)
{
    return naming == NULL || naming->open || zpl_row_find(naming, column) != NULL;
}

/* A row: name, how many children, digits of a DECIMAL or 0.  The first is the root. */
static enum zpl_err keep_element(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    struct footer *f = self;
    (void)count;
    if (cells[3].i == 0)
        return ZPL_OK;
    const char *name = zpl_datafile_quote(cells[0].s, cells[0].n, f->arena);
    const char *known = f->next < f->have->count ? f->have->names[f->next] : "";
    const char *column = f->nested > 0 && f->next > 0 ? f->have->names[f->next - 1] : known;
    if (f->wrong == NULL && cells[2].i > 38 && is_wanted(f->naming, column))
        f->wrong = zpl_arena_printf(f->arena,
                                    "has a DECIMAL of %lld digits, %s; of at most 38 can be read",
                                    (long long)cells[2].i, name);
    if (f->nested > 0) {
        f->nested += cells[1].i - 1;
        return ZPL_OK;
    }
    f->nested = cells[1].i;
    f->next++;
    if (f->wrong != NULL || cells[0].n == 0)
        return ZPL_OK;
    if (memchr(cells[0].s, '\0', cells[0].n) != NULL)
        f->wrong = zpl_arena_printf(f->arena, "has a NUL in the name of its column %zu", f->next);
    else if (strlen(known) != cells[0].n || memcmp(known, cells[0].s, cells[0].n) != 0)
        f->wrong = zpl_arena_printf(f->arena, "has two columns called %s", name);
    return ZPL_OK;
}

/* DuckDB renames a column whose name is there already, also in other case, and of a DECIMAL of more than
 * 38 digits it gives other numbers. */
static enum zpl_err look_at_footer(struct zpl_duck *duck,
                                   const struct zpl_datafile_options *options,
                                   const struct zpl_relation *have, const char **why,
                                   struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct footer f = {.have = have, .naming = options->naming, .arena = arena};
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "SELECT name, coalesce(num_children, 0)::BIGINT, "
                       "if(logical_type LIKE 'Decimal%' OR converted_type = 'DECIMAL', "
                       "coalesce(precision, 0), 0)::BIGINT, row_number() OVER () - 1 "
                       "FROM parquet_schema(");
    zpl_duck_path(&sql, options->path);
    zpl_buf_putc(&sql, ')');
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK
                           ? zpl_diag_nomem(diags)
                           : zpl_duck_each(duck, zpl_buf_str(&sql), keep_element, &f, diags);
    zpl_buf_release(&sql);
    if (*why == NULL)
        *why = f.wrong;
    return err;
}

enum zpl_err zpl_datafile_parquet(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                                  struct zpl_datafile *out, struct zpl_row *row, const char **why,
                                  struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_buf from = {0}, sql = {0}, words = {0};
    struct zpl_relation have = {0};
    duckdb_result result;
    enum zpl_err err = ZPL_OK;
    zpl_buf_puts(&from, "read_parquet(");
    zpl_duck_path(&from, options->path);
    zpl_buf_putc(&from, ')');
    zpl_buf_printf(&sql, "SELECT * FROM %s LIMIT 0", zpl_buf_str(&from));
    if (zpl_duck_try(duck, zpl_buf_str(&sql), &result, &words)) {
        err = zpl_relation_of(duck->api, &result, &have, arena, diags);
        duck->api->destroy_result(&result);
        if (err == ZPL_OK)
            err = look_at_footer(duck, options, &have, why, arena, diags);
    } else {
        struct zpl_buf line = {0};
        zpl_duck_words(zpl_buf_str(&words), &line);
        *why = zpl_arena_printf(arena, "can't be read: %s", zpl_buf_str(&line));
        zpl_buf_release(&line);
    }
    struct zpl_column *columns = zpl_arena_array(arena, have.count + 1, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < have.count; i++) {
        const char *strange;
        columns[i].name = have.names[i];
        columns[i].type = zpl_convert_type(duck->api, have.types[i], arena, &strange);
        const struct zpl_row *naming = options->naming;
        bool wanted =
            naming == NULL || (naming->open && zpl_row_find(naming, have.names[i]) == NULL);
        if (strange != NULL && *why == NULL && wanted)
            *why =
                zpl_arena_printf(arena, "has a column '%s' that %s; or declare a type without it",
                                 have.names[i], strange);
    }
    row->columns = columns;
    row->count = have.count;
    out->from = zpl_arena_strdup(arena, zpl_buf_str(&from));
    if (err == ZPL_OK && zpl_arena_failed(arena))
        err = zpl_diag_nomem(diags);
    zpl_relation_release(&have);
    zpl_buf_release(&from);
    zpl_buf_release(&sql);
    zpl_buf_release(&words);
    return err;
}
