/* test_lineage.c - random queries on real rows: columns that a query is said not to read do not change
 * its bytes, and those that a result column is said not to come from do not change its values.
 * ZPL_QUERIES says how many are made.   Time limit: 600 s */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include "lang/base/digest.h"
#include "lang/base/fs.h"
#include "lang/types/signature.h"
#include "stdlib/table/bind.h"
#include "stdlib/table/origin.h"
#include "stdlib/table/stored.h"
#include "stdlib/table/write.h"
#include "tests/unit/queries.h"

#define TABLES 3
#define VERSIONS                                                                                   \
    5 /* of every column: as it is, other values, none missing, all missing, one value */

static struct zpl_arena arena;
static struct zpl_diags diags;
static struct zpl_duck duck;
static char folder[] = "/tmp/zpl-test-lineage-XXXXXX";
/* DuckDB remembers a file's footer by name, size and second: a name is not used again soon. */
static char paths[500][64];
static size_t next_path;

static size_t queries(size_t fallback)
{
    const char *given = getenv("ZPL_QUERIES");
    return given != NULL ? strtoul(given, NULL, 10) : fallback;
}

/* Version `v` of a column, of row i. */
static void write_version(struct zpl_buf *out, size_t t, size_t c, unsigned v)
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

static const char *sql_type(char type)
{
    return type == 'i'   ? "BIGINT"
           : type == 'f' ? "DOUBLE"
           : type == 's' ? "VARCHAR"
           : type == 'b' ? "BOOLEAN"
                         : "TIMESTAMP";
}

/* The rows, every column in all its versions. */
static int set_up(void **state)
{
    (void)state;
    static const int rows[] = {40, 12, 25};
    assert_non_null(mkdtemp(folder));
    const char *allowed[500];
    for (size_t i = 0; i < 500; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%zu.parquet", folder, i);
        allowed[i] = paths[i];
    }
    const struct zpl_duck_options options = {.paths = allowed, .path_count = 500};
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

static int tear_down(void **state)
{
    (void)state;
    zpl_duck_release(&duck);
    zpl_fs_remove_tree(folder, NULL);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return 0;
}

/* Shows the tables with these versions of their columns. */
static void show(unsigned version[TABLES][QUERY_COLUMNS])
{
    struct zpl_buf sql = {0};
    for (size_t t = 0; t < TABLES; t++) {
        zpl_buf_printf(&sql, "CREATE OR REPLACE VIEW %s AS SELECT ", query_tables[t].alias);
        for (size_t c = 0; c < query_tables[t].count; c++)
            zpl_buf_printf(&sql, "%s%s_%u AS %s", c > 0 ? ", " : "",
                           query_tables[t].columns[c].name, version[t][c],
                           query_tables[t].columns[c].name);
        zpl_buf_printf(&sql, " FROM rows%zu; ", t);
    }
    assert_int_equal(zpl_duck_exec(&duck, zpl_buf_str(&sql), &diags), ZPL_OK);
    zpl_buf_release(&sql);
}

static const struct zpl_row *row_of(const struct query_source *table)
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
static bool bind(const char *sql, struct zpl_bind_answer *answer)
{
    struct zpl_bind_table tables[TABLES];
    for (size_t t = 0; t < TABLES; t++)
        tables[t] = (struct zpl_bind_table){query_tables[t].alias, row_of(&query_tables[t])};
    const struct zpl_bind_request request = {.sql = sql, .tables = tables, .table_count = TABLES};
    if (zpl_duck_bind(&request, answer, &arena, &diags) != ZPL_OK)
        fail_msg("%s: %s", sql, diags.items[diags.count - 1]->message);
    if (answer->error.message != NULL && getenv("ZPL_QUERIES") != NULL)
        print_message("# %s: %s\n", answer->error.message, sql);
    return answer->error.message == NULL;
}

/* What a step of that query stores; false when it fails. */
static bool run(const char *sql, const struct zpl_row *row, struct zpl_stored *out)
{
    const char *path = paths[next_path++ % 500];
    const struct zpl_write write = {.query = sql, .row = row, .path = path};
    bool fine = zpl_write_query(&duck, &write, &diags) == ZPL_OK &&
                zpl_stored_read(&duck, path, out, &arena, &diags) == ZPL_OK;
    if (!fine && getenv("ZPL_QUERIES") != NULL)
        print_message("# %s: %s\n", diags.items[diags.count - 1]->message, sql);
    zpl_diags_clear(&diags);
    return fine;
}

static bool is_read(const struct zpl_bind_reads *reads, const char *name)
{
    bool found = reads->all;
    for (size_t i = 0; i < reads->count; i++)
        found = found || strcmp(reads->columns[i], name) == 0;
    return found;
}

static void test_unread_columns_do_not_matter(void **state)
{
    (void)state;
    struct queries g = {.random = {4711}};
    size_t wanted = queries(60), tried = 0, narrow = 0, changed = 0, unbound = 0, failed = 0;
    while (tried < wanted) {
        struct zpl_buf sql = {0};
        struct query_source made;
        struct zpl_bind_answer answer;
        struct zpl_stored before, after;
        unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
        query_make(&g, &sql, &made);
        const char *text = zpl_buf_str(&sql);
        show(version);
        bool bound = bind(text, &answer);
        unbound += !bound;
        if (!bound || !run(text, answer.row, &before)) {
            failed += bound;
            zpl_buf_release(&sql);
            assert_true(unbound + failed < 20 + wanted);
            continue;
        }
        size_t unread = 0;
        for (size_t t = 0; t < TABLES; t++)
            for (size_t c = 0; c < query_tables[t].count; c++)
                unread += !is_read(&answer.reads[t], query_tables[t].columns[c].name);
        for (unsigned v = 1; v < VERSIONS && unread > 0; v++) {
            for (size_t t = 0; t < TABLES; t++)
                for (size_t c = 0; c < query_tables[t].count; c++)
                    version[t][c] =
                        is_read(&answer.reads[t], query_tables[t].columns[c].name) ? 0 : v;
            show(version);
            if (!run(text, answer.row, &after) || !zpl_digest_equal(&before.digest, &after.digest))
                fail_msg("version %u of what it is said not to read changes: %s", v, text);
        }
        /* The converse is no promise: what is read may be of no consequence for these rows. */
        for (size_t t = 0; t < TABLES; t++)
            for (size_t c = 0; c < query_tables[t].count; c++)
                version[t][c] = is_read(&answer.reads[t], query_tables[t].columns[c].name);
        show(version);
        changed +=
            !run(text, answer.row, &after) || !zpl_digest_equal(&before.digest, &after.digest);
        tried++;
        narrow += unread > 0;
        zpl_buf_release(&sql);
        zpl_arena_clear(&arena);
    }
    print_message(
        "# %zu queries, %zu of them with columns that are not read; those that are read changed "
        "the bytes of %zu; %zu more did not bind, %zu failed\n",
        tried, narrow, changed, unbound, failed);
    assert_true(narrow > wanted / 2);
    assert_true(changed > wanted / 2);
}

/* Is a column of the tables one that the result's column is computed from or chosen by? */
static bool comes_from(const struct zpl_bind_answer *answer, size_t result, size_t t, size_t c)
{
    const struct zpl_bind_origin *origin = &answer->origins[result];
    bool found = origin->all;
    for (size_t i = 0; i < origin->count; i++)
        found = found || (origin->sources[i].table == t && origin->sources[i].column == c);
    return found;
}

static bool same_column(const struct zpl_stored *a, const struct zpl_stored *b, size_t i)
{
    return a->rows == b->rows && zpl_digest_equal(&a->columns[i].digest, &b->columns[i].digest);
}

/* Shows version `v` of every column but those that `result` and the keys come from. */
static void show_others(const struct zpl_bind_answer *answer, const struct query_source *made,
                        size_t result, unsigned v)
{
    unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
    for (size_t t = 0; t < TABLES; t++)
        for (size_t c = 0; c < query_tables[t].count; c++) {
            bool keep = comes_from(answer, result, t, c);
            for (size_t k = 0; k < made->count; k++)
                keep = keep || (made->columns[k].key && comes_from(answer, k, t, c));
            version[t][c] = keep ? 0 : v;
        }
    show(version);
}

/* The query in the order of its keys: that of a join is anyone's. */
static const char *by_keys(const char *sql, const struct query_source *made)
{
    struct zpl_buf text = {0};
    zpl_buf_printf(&text, "SELECT * FROM (%s) AS q", sql);
    const char *before = " ORDER BY ";
    for (size_t i = 0; i < made->count; i++)
        if (made->columns[i].key) {
            zpl_buf_printf(&text, "%s%s", before, made->columns[i].name);
            before = ", ";
        }
    const char *kept = zpl_arena_strdup(&arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return kept;
}

/* What a property saw of the queries it was asked of. */
struct tally {
    size_t tried, columns, narrow, skipped, unknown;
};

typedef const char *(*rewrite)(const char *sql, const struct query_source *made);

/* A query, its answer and what it gives; one that the engine can't run is left out.  In the arena. */
struct asked {
    struct query_source made;
    const char *text;
    struct zpl_bind_answer answer;
    struct zpl_stored rows;
};

static void ask(struct queries *g, rewrite rewrite, size_t wanted, struct tally *tally,
                struct asked *out)
{
    for (;;) {
        struct zpl_buf sql = {0};
        unsigned version[TABLES][QUERY_COLUMNS] = {{0}};
        query_make(g, &sql, &out->made);
        out->text = rewrite(zpl_buf_str(&sql), &out->made);
        zpl_buf_release(&sql);
        show(version);
        if (bind(out->text, &out->answer) && run(out->text, out->answer.row, &out->rows))
            return;
        assert_true(++tally->skipped < 20 + wanted);
    }
}

static void count_column(struct tally *tally, const struct zpl_bind_answer *answer, size_t i)
{
    tally->columns++;
    tally->unknown += answer->origins[i].all;
    tally->narrow += answer->origins[i].count < 8;
}

static void print_tally(const struct tally *tally)
{
    print_message(
        "# %zu queries, %zu columns, %zu from less than half of the tables' columns, %zu not "
        "known; %zu queries failed\n",
        tally->tried, tally->columns, tally->narrow, tally->unknown, tally->skipped);
    assert_int_equal(tally->unknown, 0);
}

static void test_values_come_from_their_origins(void **state)
{
    (void)state;
    struct queries g = {.random = {815}, .rows_stay = true};
    struct tally tally = {0};
    size_t wanted = queries(40);
    for (; tally.tried < wanted; tally.tried++) {
        struct asked q;
        struct zpl_stored after;
        ask(&g, by_keys, wanted, &tally, &q);
        assert_int_equal(q.answer.row->count, q.made.count);
        for (size_t i = 0; i < q.made.count; i++) {
            const char *name = q.made.columns[i].name;
            if (q.made.columns[i].key)
                continue;
            show_others(&q.answer, &q.made, i, 1 + (unsigned)random_below(&g.random, VERSIONS - 1));
            if (!run(q.text, q.answer.row, &after))
                fail_msg("what '%s' does not come from makes it fail: %s", name, q.text);
            for (size_t k = 0; k < q.made.count; k++)
                if (q.made.columns[k].key && !same_column(&q.rows, &after, k))
                    fail_msg("what key '%s' does not come from changes it: %s",
                             q.made.columns[k].name, q.text);
            if (!same_column(&q.rows, &after, i))
                fail_msg("what '%s' does not come from changes it: %s", name, q.text);
            count_column(&tally, &q.answer, i);
        }
        zpl_arena_clear(&arena);
    }
    print_tally(&tally);
    assert_true(tally.narrow > tally.columns / 2);
}

/* One row that sums up whatever rows a query gives: there filters, joins and unions decide values. */
static const char *summed_up(const char *sql, const struct query_source *made)
{
    struct zpl_buf text = {0};
    zpl_buf_puts(&text, "SELECT count(*) AS n");
    for (size_t i = 0; i < made->count; i++)
        zpl_buf_printf(&text,
                       made->columns[i].type == 'i' ? ", sum(%s) AS s%zu" : ", max(%s) AS s%zu",
                       made->columns[i].name, i);
    zpl_buf_printf(&text, " FROM (%s) AS q", sql);
    const char *kept = zpl_arena_strdup(&arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return kept;
}

static void test_sums_come_from_what_filters_them(void **state)
{
    (void)state;
    static const struct query_source keyless;
    struct queries g = {.random = {99}, .sums_only = true};
    struct tally tally = {0};
    size_t wanted = queries(30);
    for (; tally.tried < wanted; tally.tried++) {
        struct asked q;
        struct zpl_stored after;
        ask(&g, summed_up, wanted, &tally, &q);
        for (size_t i = 0; i < q.answer.row->count; i++) {
            show_others(&q.answer, &keyless, i,
                        1 + (unsigned)random_below(&g.random, VERSIONS - 1));
            if (!run(q.text, q.answer.row, &after) || !same_column(&q.rows, &after, i))
                fail_msg("what '%s' does not come from changes it: %s",
                         q.answer.row->columns[i].name, q.text);
            count_column(&tally, &q.answer, i);
        }
        zpl_arena_clear(&arena);
    }
    print_tally(&tally);
    assert_true(tally.narrow > tally.columns / 4);
}

/* The engine's own list is the oracle. */
static enum zpl_err is_listed(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    char name[100];
    snprintf(name, sizeof name, "%.*s", (int)cells[0].n, cells[0].s);
    if (!zpl_origin_is_aggregate(name))
        fail_msg("%s is not listed as an aggregate", name);
    (*(size_t *)self)++;
    return ZPL_OK;
}

static void test_every_aggregate_is_known(void **state)
{
    (void)state;
    size_t known = 0;
    assert_int_equal(zpl_duck_each(&duck,
                                   "SELECT DISTINCT function_name FROM duckdb_functions() WHERE "
                                   "function_type = 'aggregate' AND regexp_matches(function_name, "
                                   "'^[a-z]')",
                                   is_listed, &known, &diags),
                     ZPL_OK);
    assert_true(known > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_aggregate_is_known),
        cmocka_unit_test(test_unread_columns_do_not_matter),
        cmocka_unit_test(test_values_come_from_their_origins),
        cmocka_unit_test(test_sums_come_from_what_filters_them),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
