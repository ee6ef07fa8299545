/* datafile_parquet.c - Parquet files, which say their columns themselves.   Floor: stdlib. */
#include "stdlib/table/datafile_format.h"

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
