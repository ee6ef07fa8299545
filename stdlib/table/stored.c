/* stored.c - see stored.h.   Floor: stdlib. */
#include "stdlib/table/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "stdlib/table/write.h"

#define BLOCK_BYTES (256u << 10) /* read at once: two hashes meet it in the cache */

static const struct zpl_span nowhere;

/* A column's bytes in one row group. */
struct chunk {
    uint64_t begin, end;
    size_t column;
};
struct reading {
    struct zpl_arena *arena;
    struct zpl_stored_column *columns;
    size_t column_count, column_capacity;
    struct chunk *chunks; /* in the order of the file */
    size_t chunk_count, chunk_capacity;
    int64_t rows, gaps, group_rows;
};

static enum zpl_err add_column(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct reading *r = self;
    struct zpl_stored_column *grown =
        zpl_arena_grow(r->arena, r->columns, r->column_count, &r->column_capacity, sizeof *grown);
    if (grown == NULL)
        return ZPL_ERR_NOMEM;
    r->columns = grown;
    grown[r->column_count].name = zpl_arena_strndup(r->arena, cells[0].s, cells[0].n);
    grown[r->column_count].type = zpl_arena_strndup(r->arena, cells[1].s, cells[1].n);
    r->column_count++;
    return ZPL_OK;
}

static enum zpl_err add_chunk(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct reading *r = self;
    struct chunk *grown =
        zpl_arena_grow(r->arena, r->chunks, r->chunk_count, &r->chunk_capacity, sizeof *grown);
    if (grown == NULL)
        return ZPL_ERR_NOMEM;
    r->chunks = grown;
    grown[r->chunk_count++] = (struct chunk){.column = (size_t)cells[0].i,
                                             .begin = (uint64_t)cells[1].i,
                                             .end = (uint64_t)(cells[1].i + cells[2].i)};
    return ZPL_OK;
}

static enum zpl_err add_groups(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct reading *r = self;
    r->rows = cells[0].i;
    r->gaps = cells[1].i;
    return ZPL_OK;
}

/* Runs `sql` with every @ replaced by the path as text, and every # by the rows of a group. */
static enum zpl_err ask(struct zpl_duck *duck, const char *sql, const char *path,
                        zpl_duck_row_fn *row, struct reading *r, struct zpl_diags *diags)
{
    struct zpl_buf text = {0};
    for (const char *p = sql; *p != '\0'; p++) {
        if (*p == '@')
            zpl_duck_text(&text, path, strlen(path));
        else if (*p == '#')
            zpl_buf_printf(&text, "%lld", (long long)r->group_rows);
        else
            zpl_buf_putc(&text, *p);
    }
    enum zpl_err err = zpl_buf_error(&text) != ZPL_OK
                           ? ZPL_ERR_NOMEM
                           : zpl_duck_each(duck, zpl_buf_str(&text), row, r, diags);
    zpl_buf_release(&text);
    return err == ZPL_ERR_NOMEM ? zpl_diag_nomem(diags) : err;
}

/* Reads the footer: columns, chunks and groups. */
static enum zpl_err read_footer(struct zpl_duck *duck, const char *path, struct reading *r,
                                struct zpl_diags *diags)
{
    enum zpl_err err =
        ask(duck, "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(@))", path,
            add_column, r, diags);
    if (err == ZPL_OK)
        err =
            ask(duck,
                "SELECT column_id, least(data_page_offset, "
                "coalesce(nullif(dictionary_page_offset, 0), data_page_offset))::BIGINT AS place, "
                "total_compressed_size FROM parquet_metadata(@) ORDER BY place, column_id",
                path, add_chunk, r, diags);
    if (err == ZPL_OK)
        err = ask(duck,
                  "SELECT coalesce(sum(n), 0)::BIGINT, "
                  "count(*) FILTER (g < last AND n <> # OR n > #)::BIGINT "
                  "FROM (SELECT row_group_id AS g, row_group_num_rows AS n, "
                  "max(row_group_id) OVER () AS last FROM parquet_metadata(@) "
                  "WHERE column_id = 0)",
                  path, add_groups, r, diags);
    return err;
}

/* Adds the part of block [at, at + n) that belongs to columns to their hashes, from chunk *next on. */
static void hash_block(const struct reading *r, struct zpl_hasher *hashers, size_t *next,
                       uint64_t at, const uint8_t *data, size_t n)
{
    for (size_t i = *next; i < r->chunk_count && r->chunks[i].begin < at + n; i++) {
        const struct chunk *c = &r->chunks[i];
        uint64_t begin = c->begin > at ? c->begin : at;
        uint64_t end = c->end < at + n ? c->end : at + n;
        if (begin < end)
            zpl_hasher_add(&hashers[c->column], data + (begin - at), (size_t)(end - begin));
        if (c->end <= at + n)
            *next = i + 1;
    }
}

/* One pass: the whole file and each column. */
static enum zpl_err hash_file(const char *path, const struct reading *r, struct zpl_hasher *hashers,
                              struct zpl_stored *out, struct zpl_diags *diags)
{
    uint8_t *block = zpl_malloc(BLOCK_BYTES);
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    struct zpl_hasher whole;
    size_t next = 0, got = 0;
    enum zpl_err err = ZPL_OK;
    zpl_hasher_init(&whole);
    if (block == NULL || fd < 0)
        err = block == NULL ? zpl_diag_nomem(diags) : zpl_diag_system(diags, "open", path, errno);
    while (err == ZPL_OK) {
        err = zpl_fs_read_all(fd, block, BLOCK_BYTES, &got);
        if (err != ZPL_OK)
            err = zpl_diag_system(diags, "read", path, errno);
        else if (got == 0)
            break;
        else {
            zpl_hasher_add(&whole, block, got);
            hash_block(r, hashers, &next, out->bytes, block, got);
            out->bytes += got;
        }
    }
    out->digest = zpl_hasher_final(&whole);
    if (fd >= 0)
        close(fd);
    free(block);
    return err;
}

/* Of a Tensor the bytes alone say neither elements nor shape. */
static void hash_tensor(struct zpl_hasher *hasher, const struct zpl_column *column)
{
    struct zpl_buf text = {0};
    if (column == NULL || column->type == NULL || column->type->kind != ZPL_TENSOR)
        return;
    struct zpl_type plain = *column->type;
    plain.refine = NULL;
    zpl_type_show(&plain, false, &text);
    zpl_hasher_field(hasher, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
}

static enum zpl_err refuse(struct zpl_diags *diags, const char *path)
{
    zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                 "%s holds columns within columns, which tables do not", path);
    return ZPL_ERR_STEP;
}

enum zpl_err zpl_stored_read(struct zpl_duck *duck, const char *path, const struct zpl_row *row,
                             struct zpl_stored *out, struct zpl_arena *arena,
                             struct zpl_diags *diags)
{
    struct reading r = {.arena = arena, .group_rows = zpl_write_group_rows(row)};
    size_t hint = 0;
    memset(out, 0, sizeof *out);
    enum zpl_err err = read_footer(duck, path, &r, diags);
    if (err != ZPL_OK)
        return err;
    /* A list has one leaf, so leaves are columns, unless there is a struct. */
    for (size_t i = 0; i < r.chunk_count; i++)
        if (r.chunks[i].column >= r.column_count || r.chunks[i].begin > r.chunks[i].end)
            return refuse(diags, path);
    struct zpl_hasher *hashers = zpl_calloc(r.column_count, sizeof *hashers);
    if (hashers == NULL && r.column_count > 0)
        return zpl_diag_nomem(diags);
    for (size_t i = 0; i < r.column_count; i++) {
        zpl_hasher_init(&hashers[i]);
        zpl_hasher_field(&hashers[i], r.columns[i].type, strlen(r.columns[i].type));
        hash_tensor(&hashers[i], row != NULL ? zpl_row_next(row, r.columns[i].name, &hint) : NULL);
    }
    err = hash_file(path, &r, hashers, out, diags);
    for (size_t i = 0; i < r.column_count; i++)
        r.columns[i].digest = zpl_hasher_final(&hashers[i]);
    free(hashers);
    for (size_t i = 0; i < r.chunk_count; i++)
        r.columns[r.chunks[i].column].bytes += r.chunks[i].end - r.chunks[i].begin;
    out->rows = r.rows;
    out->columns = r.columns;
    out->column_count = r.column_count;
    out->canonical = r.gaps == 0;
    return err != ZPL_OK ? err : zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
}
