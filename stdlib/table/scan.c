/* scan.c - see scan.h.   Floor: stdlib. */
#include "stdlib/table/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "stdlib/table/write.h"

static const struct zpl_span nowhere;

static bool is_read(const struct zpl_scan *scan, const char *name)
{
    for (size_t i = 0; !scan->all && i < scan->read_count; i++)
        if (strcmp(scan->reads[i], name) == 0)
            return true;
    return scan->all;
}

static const struct zpl_type *declared_type(const struct zpl_scan *scan, const char *name)
{
    const struct zpl_column *column = scan->row != NULL ? zpl_row_find(scan->row, name) : NULL;
    return column != NULL ? column->type : NULL;
}

/* The file's columns, after making sure that every one that is read or declared is there. */
static enum zpl_err open_columns(struct zpl_duck *duck, const struct zpl_scan *scan,
                                 struct zpl_relation *out, struct zpl_buf *from,
                                 struct zpl_arena *arena, struct zpl_diags *diags)
{
    zpl_buf_puts(from, "read_parquet(");
    zpl_duck_text(from, scan->path, strlen(scan->path));
    zpl_buf_putc(from, ')');
    enum zpl_err err = zpl_relation_from(duck, zpl_buf_str(from), out, arena, diags);
    const char *missing = NULL;
    for (size_t i = 0; err == ZPL_OK && !scan->all && i < scan->read_count; i++)
        if (zpl_relation_find(out, scan->reads[i]) < 0)
            missing = scan->reads[i];
    for (size_t i = 0; err == ZPL_OK && scan->row != NULL && i < scan->row->count; i++)
        if (zpl_relation_find(out, scan->row->columns[i].name) < 0)
            missing = scan->row->columns[i].name;
    if (missing == NULL)
        return err;
    zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, nowhere, "%s has no column '%s'", scan->path,
                 missing);
    return ZPL_ERR_CORRUPT;
}

/* An unread column of a view: of its type, and failing when a query asks for it after all. */
static void add_sealed(const char *name, const char *table, const struct zpl_type *type,
                       struct zpl_buf *out)
{
    struct zpl_buf words = {0};
    zpl_buf_printf(&words, "column '%s' of %s is read, but the query was said not to need it", name,
                   table);
    zpl_buf_puts(out, "CAST(error(");
    zpl_duck_text(out, zpl_buf_str(&words), words.len);
    zpl_buf_puts(out, ") AS ");
    zpl_convert_sql(type, false, out);
    zpl_buf_putc(out, ')');
    zpl_buf_release(&words);
}

enum zpl_err zpl_scan_view(struct zpl_duck *duck, const char *name, const struct zpl_scan *scan,
                           struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_relation have = {0};
    struct zpl_buf sql = {0}, from = {0};
    bool closed = scan->row != NULL && !scan->row->open;
    enum zpl_err err = open_columns(duck, scan, &have, &from, &arena, diags);
    if (err != ZPL_OK)
        goto done;
    zpl_buf_puts(&sql, "CREATE TEMP VIEW ");
    zpl_duck_ident(&sql, name);
    zpl_buf_puts(&sql, " AS SELECT ");
    size_t count = closed ? scan->row->count : have.count;
    for (size_t i = 0; i < count; i++) {
        const char *column = closed ? scan->row->columns[i].name : have.names[i];
        const struct zpl_type *type = declared_type(scan, column);
        const char *why;
        if (type == NULL) {
            long at = zpl_relation_find(&have, column);
            type = zpl_convert_type(have.api, have.types[at], &arena, &why);
        }
        zpl_buf_puts(&sql, i > 0 ? ", " : "");
        if (is_read(scan, column) || type == NULL)
            zpl_convert_shown(column, type, &sql);
        else
            add_sealed(column, name, type, &sql);
        zpl_buf_puts(&sql, " AS ");
        zpl_duck_ident(&sql, column);
    }
    zpl_buf_printf(&sql, " FROM %s", zpl_buf_str(&from));
    err = zpl_buf_error(&sql) != ZPL_OK || zpl_arena_failed(&arena)
              ? zpl_diag_nomem(diags)
              : zpl_duck_exec(duck, zpl_buf_str(&sql), diags);
done:
    zpl_relation_release(&have);
    zpl_buf_release(&sql);
    zpl_buf_release(&from);
    zpl_arena_release(&arena);
    return err;
}

/* The private data of a stream. */
struct stream {
    struct zpl_duck duck; /* the session's, with a connection of the stream's own */
    struct zpl_arena arena;
    struct zpl_relation columns; /* what is given */
    duckdb_arrow_options options;
    struct zpl_buf query; /* "SELECT … FROM …" */
    struct zpl_buf words; /* of the last failure */
    duckdb_result slab;
    bool open;  /* slab holds rows */
    bool over;  /* the last slab had none */
    int64_t at; /* its first row behind the slab */
    int64_t group_rows;
};

static int tell(struct stream *s, duckdb_error_data error)
{
    if (error == NULL)
        return 0;
    zpl_buf_clear(&s->words);
    zpl_buf_puts(&s->words, s->duck.api->error_data_message(error));
    s->duck.api->destroy_error_data(&error);
    return EIO;
}

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct stream *s = stream->private_data;
    memset(out, 0, sizeof *out);
    return tell(s, s->duck.api->to_arrow_schema(s->options, s->columns.types, s->columns.names,
                                                s->columns.count, out));
}

/* Reads the next slab; DuckDB skips the row groups outside of it. */
static int next_slab(struct stream *s)
{
    int64_t end = s->at + ZPL_SCAN_GROUPS * s->group_rows;
    struct zpl_buf sql = {0};
    zpl_buf_printf(&sql, "%s WHERE file_row_number >= %lld AND file_row_number < %lld",
                   zpl_buf_str(&s->query), (long long)s->at, (long long)end);
    s->open = zpl_buf_error(&sql) == ZPL_OK &&
              zpl_duck_try(&s->duck, zpl_buf_str(&sql), &s->slab, &s->words);
    zpl_buf_release(&sql);
    s->at = end;
    return s->open ? 0 : EIO;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct stream *s = stream->private_data;
    const struct zpl_duck_api *api = s->duck.api;
    bool fresh = false; /* the slab was just read: no chunk in it is the end */
    memset(out, 0, sizeof *out);
    while (!s->over && s->columns.count > 0) {
        if (!s->open) {
            if (next_slab(s) != 0)
                return EIO;
            fresh = true;
        }
        duckdb_data_chunk chunk = api->fetch_chunk(s->slab);
        if (chunk != NULL) {
            int error = tell(s, api->data_chunk_to_arrow(s->options, chunk, out));
            api->destroy_data_chunk(&chunk);
            return error;
        }
        api->destroy_result(&s->slab);
        s->open = false;
        s->over = fresh;
        fresh = false;
    }
    return 0;
}

static const char *stream_error(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;
    return zpl_buf_str(&s->words);
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;
    if (s->open)
        s->duck.api->destroy_result(&s->slab);
    if (s->options != NULL)
        s->duck.api->destroy_arrow_options(&s->options);
    zpl_relation_release(&s->columns);
    if (s->duck.connection != NULL)
        s->duck.api->disconnect(&s->duck.connection);
    zpl_buf_release(&s->query);
    zpl_buf_release(&s->words);
    zpl_arena_release(&s->arena);
    free(s);
    stream->release = NULL;
}

/* Writes the query of the columns that are read, in stored order. */
static enum zpl_err build_query(struct stream *s, const struct zpl_scan *scan,
                                struct zpl_diags *diags)
{
    struct zpl_relation have = {0};
    struct zpl_buf from = {0};
    size_t taken = 0;
    enum zpl_err err = open_columns(&s->duck, scan, &have, &from, &s->arena, diags);
    zpl_buf_puts(&s->query, "SELECT ");
    for (size_t i = 0; err == ZPL_OK && i < have.count; i++) {
        if (!is_read(scan, have.names[i]))
            continue;
        zpl_buf_puts(&s->query, taken++ > 0 ? ", " : "");
        zpl_convert_shown(have.names[i], declared_type(scan, have.names[i]), &s->query);
        zpl_buf_puts(&s->query, " AS ");
        zpl_duck_ident(&s->query, have.names[i]);
    }
    zpl_relation_release(&have);
    if (err == ZPL_OK && taken > 0) {
        zpl_buf_printf(&s->query, " FROM %s", zpl_buf_str(&from));
        struct zpl_buf shown = {0};
        zpl_buf_printf(&shown, "(%s)", zpl_buf_str(&s->query));
        err = zpl_buf_error(&shown) != ZPL_OK
                  ? zpl_diag_nomem(diags)
                  : zpl_relation_from(&s->duck, zpl_buf_str(&shown), &s->columns, &s->arena, diags);
        zpl_buf_release(&shown);
    }
    zpl_buf_release(&from);
    return err;
}

enum zpl_err zpl_scan_stream(struct zpl_duck *duck, const struct zpl_scan *scan,
                             struct ArrowArrayStream *out, struct zpl_diags *diags)
{
    memset(out, 0, sizeof *out);
    struct stream *s = zpl_calloc(1, sizeof *s);
    if (s == NULL)
        return zpl_diag_nomem(diags);
    *out = (struct ArrowArrayStream){stream_schema, stream_next, stream_error, stream_release, s};
    s->duck = *duck;
    s->duck.connection = NULL;
    s->group_rows = zpl_write_group_rows(scan->row);
    enum zpl_err err = duck->api->connect(duck->database, &s->duck.connection) == DuckDBSuccess
                           ? build_query(s, scan, diags)
                           : zpl_duck_fail(diags, "the database could not be connected to");
    if (err == ZPL_OK)
        duck->api->connection_get_arrow_options(s->duck.connection, &s->options);
    else
        stream_release(out);
    return err;
}
