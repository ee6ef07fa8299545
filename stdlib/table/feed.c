/* feed.c - see feed.h.  The packing, and the table function that DuckDB calls for a chunk at a time;
 * where chunks come from is in feed_arrow.c or is a result's.   Floor: stdlib. */
#include "stdlib/table/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "stdlib/table/feed_arrow.h"

struct zpl_feed {
    struct zpl_duck *duck;
    struct zpl_arena arena;
    const struct zpl_relation *columns;
    zpl_feed_next_fn *next; /* where chunks come from */
    void *self;
    struct zpl_relation own;        /* the columns of a result or stream */
    duckdb_result result;           /* of zpl_feed_of_result() */
    struct zpl_arrow_chunks *arrow; /* of zpl_feed_of_stream() */
    duckdb_data_chunk chunk;        /* being packed, or passed on last */
    idx_t at, size;                 /* its first row that was not given yet; its rows */
    int64_t given;                  /* rows, of all chunks */
    idx_t limit;                    /* rows of a chunk */
    duckdb_selection_vector every;  /* 0, 1, 2, … */
    char name[40];
};

static void feed_bind(duckdb_bind_info info)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    const struct zpl_feed *feed = api->bind_get_extra_info(info);
    for (size_t i = 0; i < feed->columns->count; i++)
        api->bind_add_result_column(info, feed->columns->names[i], feed->columns->types[i]);
    duckdb_logical_type number = api->create_logical_type(DUCKDB_TYPE_BIGINT);
    api->bind_add_result_column(info, ZPL_CONVERT_ROW, number);
    api->destroy_logical_type(&number);
}

static void feed_init(duckdb_init_info info)
{
    (void)info; /* a feed is its own state */
}

/* Makes `chunk` hold rows; false at the end and, with *why, on failure. */
static bool advance(struct zpl_feed *feed, const char **why)
{
    const struct zpl_duck_api *api = feed->duck->api;
    while (feed->chunk == NULL || feed->at == feed->size) {
        if (feed->chunk != NULL)
            api->destroy_data_chunk(&feed->chunk);
        feed->chunk = feed->next(feed->self, why);
        if (feed->chunk == NULL)
            return false;
        feed->at = 0;
        feed->size = api->data_chunk_get_size(feed->chunk);
    }
    return true;
}

/* Gives the next rows: 2,048 of them, or the limit, if there are so many. */
static void feed_next(duckdb_function_info info, duckdb_data_chunk output)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    struct zpl_feed *feed = api->function_get_extra_info(info);
    const char *why = NULL;
    idx_t filled = 0;
    while (filled < feed->limit && advance(feed, &why)) {
        idx_t left = feed->size - feed->at, room = feed->limit - filled;
        idx_t rows = left < room ? left : room;
        for (size_t i = 0; i < feed->columns->count; i++) {
            duckdb_vector to = api->data_chunk_get_vector(output, i);
            duckdb_vector from = api->data_chunk_get_vector(feed->chunk, i);
            if (rows == ZPL_FEED_ROWS)
                api->vector_reference_vector(to, from);
            else
                api->vector_copy_sel(from, to, feed->every, feed->at + rows, feed->at, filled);
        }
        feed->at += rows;
        filled += rows;
    }
    if (why != NULL)
        api->function_set_error(info, why);
    int64_t *numbers =
        api->vector_get_data(api->data_chunk_get_vector(output, feed->columns->count));
    for (idx_t i = 0; i < filled; i++)
        numbers[i] = ++feed->given;
    api->data_chunk_set_size(output, filled);
}

/* Makes the feed known to SQL under a name of its own. */
static enum zpl_err announce(struct zpl_feed *feed, struct zpl_diags *diags)
{
    static unsigned long announced; /* names are never used again */
    const struct zpl_duck_api *api = feed->duck->api;
    char name[32];
    snprintf(name, sizeof name, "zpl_feed_%lu", announced++);
    snprintf(feed->name, sizeof feed->name, "%s()", name);
    feed->every = api->create_selection_vector(ZPL_FEED_ROWS);
    for (sel_t i = 0; i < ZPL_FEED_ROWS; i++)
        api->selection_vector_get_data_ptr(feed->every)[i] = i;
    duckdb_table_function function = api->create_table_function();
    api->table_function_set_name(function, name);
    api->table_function_set_extra_info(function, feed, NULL);
    api->table_function_set_bind(function, feed_bind);
    api->table_function_set_init(function, feed_init);
    api->table_function_set_function(function, feed_next);
    bool fine = api->register_table_function(feed->duck->connection, function) == DuckDBSuccess;
    api->destroy_table_function(&function);
    return fine ? ZPL_OK : zpl_duck_fail(diags, "a table function could not be registered");
}

/* Makes a feed, or NULL after telling. */
static struct zpl_feed *feed_new(struct zpl_duck *duck, zpl_feed_next_fn *next,
                                 struct zpl_diags *diags)
{
    struct zpl_feed *feed = zpl_calloc(1, sizeof *feed);
    if (feed == NULL) {
        zpl_diag_nomem(diags);
        return NULL;
    }
    feed->duck = duck;
    feed->next = next;
    feed->columns = &feed->own;
    feed->limit = ZPL_FEED_ROWS;
    return feed;
}

/* Hands a feed over if it is whole. */
static enum zpl_err finish(struct zpl_feed *feed, enum zpl_err err, struct zpl_feed **out,
                           struct zpl_diags *diags)
{
    if (err == ZPL_OK)
        err = announce(feed, diags);
    if (err == ZPL_OK)
        *out = feed;
    else
        zpl_feed_release(feed);
    return err;
}

static duckdb_data_chunk next_of_result(void *self, const char **why)
{
    struct zpl_feed *feed = self;
    (void)why;
    return feed->duck->api->fetch_chunk(feed->result);
}

static duckdb_data_chunk next_of_stream(void *self, const char **why)
{
    struct zpl_feed *feed = self;
    return zpl_arrow_chunks_next(feed->arrow, why);
}

enum zpl_err zpl_feed_of_result(struct zpl_duck *duck, duckdb_result *result, struct zpl_feed **out,
                                struct zpl_diags *diags)
{
    struct zpl_feed *feed = feed_new(duck, next_of_result, diags);
    *out = NULL;
    if (feed == NULL) {
        duck->api->destroy_result(result);
        return ZPL_ERR_NOMEM;
    }
    feed->self = feed;
    feed->result = *result;
    return finish(feed, zpl_relation_of(duck->api, &feed->result, &feed->own, &feed->arena, diags),
                  out, diags);
}

enum zpl_err zpl_feed_of_stream(struct zpl_duck *duck, struct ArrowArrayStream *stream,
                                struct zpl_feed **out, struct zpl_diags *diags)
{
    struct zpl_feed *feed = feed_new(duck, next_of_stream, diags);
    *out = NULL;
    if (feed == NULL) {
        if (stream->release != NULL)
            stream->release(stream);
        return ZPL_ERR_NOMEM;
    }
    feed->self = feed;
    return finish(feed,
                  zpl_arrow_chunks_new(duck, stream, &feed->arrow, &feed->own, &feed->arena, diags),
                  out, diags);
}

enum zpl_err zpl_feed_of_chunks(struct zpl_duck *duck, const struct zpl_relation *columns,
                                zpl_feed_next_fn *next, void *self, struct zpl_feed **out,
                                struct zpl_diags *diags)
{
    struct zpl_feed *feed = feed_new(duck, next, diags);
    *out = NULL;
    if (feed == NULL)
        return ZPL_ERR_NOMEM;
    feed->self = self;
    feed->columns = columns;
    return finish(feed, ZPL_OK, out, diags);
}

void zpl_feed_release(struct zpl_feed *feed)
{
    if (feed == NULL)
        return;
    const struct zpl_duck_api *api = feed->duck->api;
    if (feed->chunk != NULL)
        api->destroy_data_chunk(&feed->chunk);
    if (feed->every != NULL)
        api->destroy_selection_vector(feed->every);
    zpl_relation_release(&feed->own);
    zpl_arrow_chunks_release(feed->arrow);
    api->destroy_result(&feed->result);
    zpl_arena_release(&feed->arena);
    free(feed);
}

void zpl_feed_limit(struct zpl_feed *feed, int64_t rows)
{
    if (rows < ZPL_FEED_ROWS)
        feed->limit = (idx_t)rows;
}

const char *zpl_feed_name(const struct zpl_feed *feed)
{
    return feed->name;
}

const struct zpl_relation *zpl_feed_columns(const struct zpl_feed *feed)
{
    return feed->columns;
}
