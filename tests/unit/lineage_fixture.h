/* lineage_fixture.h - random queries on real rows, for the properties of lineage: three tables whose columns can be
 * shown in other versions, what the engine says of a query, and the rows that it gives.
 * ZPL_QUERIES says how many are made, ZPL_SEED which. */
#ifndef ZPL_TESTS_LINEAGE_FIXTURE_H
#define ZPL_TESTS_LINEAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include "lang/base/digest.h"
#include "lang/types/signature.h"
#include "stdlib/query/bind.h"
#include "stdlib/table/duck.h"
#include "tests/unit/queries.h"

#define TABLES 3
#define VERSIONS                                                                                   \
    5 /* of every column: as it is, other values, none missing, all missing, one value */

static struct zpl_arena arena;
static struct zpl_diags diags;
static struct zpl_duck duck;
/* What a query gives: how many rows, and the digest of each column. */
#define ROW_MAX 40
struct rows {
    size_t columns, count;
    struct zpl_digest digests[ROW_MAX];
};
/* What does not hold is told of every query, and fails the test at its end. */
static size_t violations, unsteady;
#define violate(...) (printf("# VIOLATION: " __VA_ARGS__), puts(""), violations++)

/* How many are asked of a property; under a sanitizer, which looks at our code and not at theirs, fewer. */
static inline size_t queries(size_t fallback)
{
    const char *given = getenv("ZPL_QUERIES");
#ifdef __SANITIZE_ADDRESS__
    fallback /= 10;
#endif
    return given != NULL ? strtoul(given, NULL, 10) : fallback;
}

/* Another seed makes other queries. */
static inline uint64_t seed(uint64_t of_test)
{
    const char *given = getenv("ZPL_SEED");
    return of_test + (given != NULL ? 1000 * strtoull(given, NULL, 10) : 0);
}

/* Version `v` of a column, of row i. */
static inline void write_version(struct zpl_buf *out, size_t t, size_t c, unsigned v)
{
    const struct query_column *column = &query_tables[t].columns[c];
    char seed[40];
    snprintf(seed, sizeof seed, "hash(i, %zu)", t * 1000 + c * 10 + (v == 2 ? 7 : v));
    if (column->key) { /* stays unique */
        zpl_buf_printf(out, v == 0 ? "i" : v == 1 ? "(i * 7 + 3) %% 41" : "i + %u", v * 3);
        return;
    }
    if (v == 3) {
        zpl_buf_puts(out, "NULL");
    } else {
        zpl_buf_printf(
            out, v == 0 || v == 1 ? "CASE WHEN %s %% 5 > 0 THEN " : "CASE WHEN true THEN ", seed);
        const char *n = v == 4 ? "3" : seed;
        zpl_buf_printf(out,
                       column->type == 'i'   ? "(%s %% 10)::BIGINT - 2"
                       : column->type == 'f' ? "(%s %% 90) / 8.0"
                       : column->type == 's' ? "chr((97 + %s %% 8)::INTEGER)"
                       : column->type == 'b'
                           ? "%s %% 2 = 0"
                           : "TIMESTAMP '2024-01-01' + to_hours((%s %% 99)::INTEGER)",
                       n);
        zpl_buf_puts(out, " END");
    }
}

static inline const char *sql_type(char type)
{
    return type == 'i'   ? "BIGINT"
           : type == 'f' ? "DOUBLE"
           : type == 's' ? "VARCHAR"
           : type == 'b' ? "BOOLEAN"
                         : "TIMESTAMP";
}

/* What the views show. */
#define EMPTY 99
static unsigned shown[TABLES][QUERY_COLUMNS];
static bool shows;

/* The rows, every column in all its versions. */
static inline int set_up(void **state)
{
    (void)state;
    zpl_duck_release(&duck);
    static const int rows[] = {40, 12, 25};
    const struct zpl_duck_options options = {0};
    shows = false;
    assert_int_equal(zpl_duck_open(&options, &duck, &diags), ZPL_OK);
    for (size_t t = 0; t < TABLES; t++) {
        struct zpl_buf sql = {0};
        zpl_buf_printf(&sql, "CREATE TABLE rows%zu AS SELECT i", t);
        for (size_t c = 0; c < query_tables[t].count; c++)
            for (unsigned v = 0; v < VERSIONS; v++) {
                zpl_buf_puts(&sql, ", (");
                write_version(&sql, t, c, v);
                zpl_buf_printf(&sql, ")::%s AS %s_%u", sql_type(query_tables[t].columns[c].type),
                               query_tables[t].columns[c].name, v);
            }
        zpl_buf_printf(&sql, " FROM range(%d) r(i)", rows[t]);
        if (zpl_duck_exec(&duck, zpl_buf_str(&sql), &diags) != ZPL_OK)
            fail_msg("%s: %s", zpl_buf_str(&sql), diags.items[diags.count - 1]->message);
        zpl_buf_release(&sql);
    }
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    zpl_duck_release(&duck);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return 0;
}

/* Shows the tables with these versions of their columns; EMPTY of the first: without rows. */
static inline void show(unsigned version[TABLES][QUERY_COLUMNS])
{
    struct zpl_buf sql = {0};
    for (size_t t = 0; t < TABLES; t++) {
        if (shows && memcmp(shown[t], version[t], sizeof shown[t]) == 0)
            continue;
        memcpy(shown[t], version[t], sizeof shown[t]);
        bool empty = version[t][0] == EMPTY;
        zpl_buf_printf(&sql, "CREATE OR REPLACE VIEW %s AS SELECT ", query_tables[t].alias);
        for (size_t c = 0; c < query_tables[t].count; c++)
            zpl_buf_printf(&sql, "%s%s_%u AS %s", c > 0 ? ", " : "",
                           query_tables[t].columns[c].name, empty ? 0 : version[t][c],
                           query_tables[t].columns[c].name);
        zpl_buf_printf(&sql, " FROM rows%zu%s; ", t, empty ? " WHERE false" : "");
    }
    shows = true;
    if (sql.len > 0)
        assert_int_equal(zpl_duck_exec(&duck, zpl_buf_str(&sql), &diags), ZPL_OK);
    zpl_buf_release(&sql);
}

static inline const struct zpl_row *row_of(const struct query_source *table)
{
    struct zpl_buf text = {0};
    const struct zpl_type *type;
    struct zpl_signature_error error;
    zpl_buf_puts(&text, "Table {");
    for (size_t c = 0; c < table->count; c++) {
        char kind = table->columns[c].type;
        zpl_buf_printf(&text, "%s%s: %s", c > 0 ? ", " : "", table->columns[c].name,
                       kind == 'i'   ? "Int"
                       : kind == 'f' ? "Float"
                       : kind == 's' ? "String"
                       : kind == 'b' ? "Bool"
                                     : "Timestamp");
    }
    zpl_buf_puts(&text, "}");
    assert_int_equal(zpl_type_parse(zpl_buf_str(&text), &arena, &type, &error), ZPL_OK);
    zpl_buf_release(&text);
    return type->row;
}

/* What the engine says of a query; false when it does not bind. */
static inline bool bind(const char *sql, struct zpl_bind_answer *answer)
{
    struct zpl_bind_table tables[TABLES];
    for (size_t t = 0; t < TABLES; t++)
        tables[t] =
            (struct zpl_bind_table){.name = query_tables[t].alias, .row = row_of(&query_tables[t])};
    const struct zpl_bind_request request = {.sql = sql, .tables = tables, .table_count = TABLES};
    if (zpl_duck_bind(&request, answer, &arena, &diags) != ZPL_OK)
        fail_msg("%s: %s", sql, diags.items[diags.count - 1]->message);
    if (answer->error.message != NULL && getenv("ZPL_QUERIES") != NULL)
        printf("# %s: %s\n", answer->error.message, sql);
    return answer->error.message == NULL;
}

/* Takes the texts of a chunk's cells into the digests of their columns. */
static inline void hash_chunk(duckdb_data_chunk chunk, size_t columns, struct zpl_hasher *hashers)
{
    const struct zpl_duck_api *api = duck.api;
    idx_t rows = api->data_chunk_get_size(chunk);
    for (size_t c = 0; c < columns; c++) {
        duckdb_vector vector = api->data_chunk_get_vector(chunk, c);
        const uint64_t *valid = api->vector_get_validity(vector);
        for (idx_t r = 0; r < rows; r++) {
            bool there = valid == NULL || (valid[r / 64] >> (r % 64) & 1) != 0;
            size_t len = 0;
            const char *text = there ? zpl_duck_string(vector, r, &len) : "";
            zpl_hasher_field(&hashers[c], there ? "v" : "", there);
            zpl_hasher_field(&hashers[c], text, len);
        }
    }
}

/* The rows that a query gives, each column as texts; false when it fails. */
static inline bool run(const char *query, const struct zpl_row *row, struct rows *out)
{
    const struct zpl_duck_api *api = duck.api;
    struct zpl_hasher hashers[ROW_MAX];
    struct zpl_buf sql = {0}, words = {0};
    duckdb_result result;
    assert_true(row->count <= ROW_MAX);
    *out = (struct rows){.columns = row->count};
    zpl_buf_puts(&sql, "SELECT ");
    for (size_t i = 0; i < row->count; i++) {
        zpl_buf_puts(&sql, i > 0 ? ", " : "");
        zpl_duck_ident(&sql, row->columns[i].name);
        zpl_buf_puts(&sql, "::VARCHAR");
        zpl_hasher_init(&hashers[i]);
    }
    zpl_buf_printf(&sql, " FROM (%s)", query);
    bool fine = zpl_duck_try(&duck, zpl_buf_str(&sql), &result, &words);
    if (!fine && getenv("ZPL_QUERIES") != NULL)
        printf("# %s: %s\n", zpl_buf_str(&words), query);
    for (duckdb_data_chunk chunk; fine && (chunk = api->fetch_chunk(result)) != NULL;
         api->destroy_data_chunk(&chunk)) {
        out->count += api->data_chunk_get_size(chunk);
        hash_chunk(chunk, row->count, hashers);
    }
    for (size_t i = 0; i < row->count; i++)
        if (fine)
            out->digests[i] = zpl_hasher_final(&hashers[i]);
        else
            zpl_hasher_release(&hashers[i]);
    api->destroy_result(&result);
    if (strstr(zpl_buf_str(&words), "INTERNAL") != NULL)
        set_up(NULL); /* a fault of the engine's own ends its session */
    zpl_buf_release(&sql);
    zpl_buf_release(&words);
    return fine;
}

static inline bool same_column(const struct rows *a, const struct rows *b, size_t i)
{
    return a->count == b->count && zpl_digest_equal(&a->digests[i], &b->digests[i]);
}

static inline bool same_rows(const struct rows *a, const struct rows *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->columns; i++)
        same = same_column(a, b, i);
    return same;
}

/* Does the engine give the same rows again, when nothing changed?  Of some queries it does not: in 1.4.4 it
 * hashes what lies behind some NULLs. */
static inline bool is_steady(const char *query, const struct zpl_row *row,
                             const struct rows *expected)
{
    unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
    struct rows again;
    bool steady = true;
    show(version);
    for (unsigned i = 0; steady && i < 20; i++)
        steady = run(query, row, &again) && same_rows(expected, &again);
    unsteady += !steady;
    assert_true(unsteady < 20);
    return steady;
}

/* What a property saw of the queries it was asked of. */
struct tally {
    size_t tried, columns, narrow, unknown, unbound, failed;
};

typedef const char *(*rewrite)(const char *sql, const struct query_source *made);

/* A query, its answer and what it gives; one that the engine can't run is left out.  In the arena. */
struct asked {
    struct query_source made;
    const char *text;
    struct zpl_bind_answer answer;
    struct rows rows;
};

static inline void ask(struct queries *g, rewrite rewrite, size_t wanted, struct tally *tally,
                       struct asked *out)
{
    for (;;) {
        struct zpl_buf sql = {0};
        unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
        query_make(g, &sql, &out->made);
        out->text = rewrite(zpl_buf_str(&sql), &out->made);
        zpl_buf_release(&sql);
        show(version);
        bool bound = bind(out->text, &out->answer);
        if (bound && run(out->text, out->answer.row, &out->rows))
            return;
        tally->unbound += !bound;
        tally->failed += bound;
        assert_true(tally->unbound + tally->failed < 20 + wanted / 5);
    }
}

#endif
