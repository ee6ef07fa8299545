/* test_write.c - canonical Parquet: the same rows give the same bytes, however they arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/types/signature.h"
#include "stdlib/table/scan.h"
#include "stdlib/table/stored.h"
#include "stdlib/table/write.h"

#define ROWS 300000 /* two full row groups and a part */

static char folder[] = "/tmp/zpl-test-write-XXXXXX";
static char path_a[100], path_b[100];
static struct zpl_arena arena;
static struct zpl_diags diags;
static struct zpl_duck duck;

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path_a, sizeof path_a, "%s/a.parquet", folder);
    snprintf(path_b, sizeof path_b, "%s/b.parquet", folder);
    const char *paths[] = {path_a, path_b};
    const struct zpl_duck_options options = {.scratch = folder, .paths = paths, .path_count = 2};
    return zpl_duck_open(&options, &duck, &diags) == ZPL_OK ? 0 : -1;
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

static const struct zpl_row *row_of(const char *type)
{
    const struct zpl_type *parsed;
    struct zpl_signature_error error;
    assert_int_equal(zpl_type_parse(type, &arena, &parsed, &error), ZPL_OK);
    return parsed->row;
}

static enum zpl_err write_to(const char *path, const char *query, const char *type)
{
    const struct zpl_write write = {.query = query, .row = row_of(type), .path = path};
    zpl_diags_clear(&diags);
    return zpl_write_query(&duck, &write, &diags);
}

static struct zpl_stored stored_at(const char *path)
{
    struct zpl_stored stored;
    if (zpl_stored_read(&duck, path, NULL, &stored, &arena, &diags) != ZPL_OK)
        fail_msg("%s", diags.items[diags.count - 1]->message);
    return stored;
}

static void assert_same_file(void)
{
    struct zpl_digest a, b;
    uint64_t size_a, size_b;
    assert_int_equal(zpl_fs_digest(path_a, &a, &size_a, NULL), ZPL_OK);
    assert_int_equal(zpl_fs_digest(path_b, &b, &size_b, NULL), ZPL_OK);
    assert_true(size_a == size_b && zpl_digest_equal(&a, &b));
}

#define TYPE "Table {i: Int, f: Float, s: String, b: Bool}"
#define COLUMNS                                                                                    \
    "i, CASE WHEN mod(i, 5) = 0 THEN NULL ELSE i / 8 END AS f, 'text ' || mod(i, 1000) AS s, "     \
    "mod(i, 3) = 0 AS b"

/* A filter, a union and an order hand over chunks of other sizes; the bytes are the same. */
static void test_bytes_do_not_depend_on_arrival(void **state)
{
    (void)state;
    char plain[400], other[800];
    snprintf(plain, sizeof plain, "SELECT " COLUMNS " FROM range(%d) t(i)", ROWS);
    assert_int_equal(write_to(path_a, plain, TYPE), ZPL_OK);
    snprintf(other, sizeof other,
             "SELECT " COLUMNS " FROM (SELECT j // 3 AS i FROM range(%d) t(j) WHERE j %% 3 = 1) u",
             3 * ROWS);
    assert_int_equal(write_to(path_b, other, TYPE), ZPL_OK);
    assert_same_file();
    snprintf(other, sizeof other,
             "SELECT " COLUMNS " FROM range(1000) t(i) UNION ALL "
             "SELECT " COLUMNS " FROM range(1000, 130001) t(i) UNION ALL "
             "SELECT " COLUMNS " FROM range(130001, %d) t(i)",
             ROWS);
    assert_int_equal(write_to(path_b, other, TYPE), ZPL_OK);
    assert_same_file();
    snprintf(other, sizeof other, "SELECT " COLUMNS " FROM range(%d, -1, -1) t(i) ORDER BY i",
             ROWS - 1);
    assert_int_equal(write_to(path_b, other, TYPE), ZPL_OK);
    assert_same_file();
    struct zpl_stored stored = stored_at(path_b);
    assert_true(stored.canonical);
    assert_int_equal(stored.rows, ROWS);
}

/* The oracle is DuckDB's own COPY of rows that arrive in full chunks. */
static void test_bytes_are_those_of_a_plain_copy(void **state)
{
    (void)state;
    char sql[600];
    snprintf(sql, sizeof sql,
             "CREATE TEMP TABLE whole AS SELECT i, (i / 8)::DOUBLE AS f FROM range(%d) t(i)", ROWS);
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    snprintf(sql, sizeof sql,
             "COPY whole TO '%s' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)",
             path_a);
    assert_int_equal(zpl_duck_exec(&duck, sql, &diags), ZPL_OK);
    assert_int_equal(write_to(path_b, "FROM whole", "Table {i: Int, f: Float}"), ZPL_OK);
    assert_same_file();
    assert_int_equal(zpl_duck_exec(&duck, "DROP TABLE whole", &diags), ZPL_OK);
}

/* A column's digest is its own: of its values and type, not of its neighbours or place. */
static void test_column_digests(void **state)
{
    (void)state;
    assert_int_equal(write_to(path_a, "SELECT i, i * 2 AS j, 'x' AS s FROM range(200000) t(i)",
                              "Table {i: Int, j: Int, s: String}"),
                     ZPL_OK);
    struct zpl_stored a = stored_at(path_a);
    assert_int_equal(write_to(path_b,
                              "SELECT 'y' AS s, CASE i WHEN 150000 THEN 0 ELSE i * 2 END AS j, i "
                              "FROM range(200000) t(i)",
                              "Table {s: String, j: Int, i: Int}"),
                     ZPL_OK);
    struct zpl_stored b = stored_at(path_b);
    assert_int_equal(a.column_count, 3);
    assert_string_equal(a.columns[0].name, "i");
    assert_string_equal(b.columns[2].name, "i");
    assert_true(zpl_digest_equal(&a.columns[0].digest, &b.columns[2].digest));
    assert_false(zpl_digest_equal(&a.columns[1].digest, &b.columns[1].digest));
    assert_false(zpl_digest_equal(&a.columns[2].digest, &b.columns[0].digest));
    assert_int_equal(a.columns[0].bytes, b.columns[2].bytes);
    /* whole numbers and whole floats have other digests */
    assert_int_equal(write_to(path_a, "SELECT 0 AS i FROM range(9)", "Table {i: Int}"), ZPL_OK);
    assert_int_equal(write_to(path_b, "SELECT 0 AS i FROM range(9)", "Table {i: Float}"), ZPL_OK);
    a = stored_at(path_a);
    b = stored_at(path_b);
    assert_false(zpl_digest_equal(&a.columns[0].digest, &b.columns[0].digest));
    struct zpl_digest whole;
    uint64_t size;
    assert_int_equal(zpl_fs_digest(path_a, &whole, &size, NULL), ZPL_OK);
    assert_true(zpl_digest_equal(&whole, &a.digest) && size == a.bytes);
}

/* Types become those of zpl; what would change a value is an error that names it. */
static void test_types(void **state)
{
    (void)state;
    assert_int_equal(
        write_to(path_a,
                 "SELECT 1::TINYINT AS a, sum(x) AS b, 1.5 AS c, 2::FLOAT AS d, "
                 "TIMESTAMP_NS '2024-01-01 00:00:00.000001' AS e, "
                 "TIMESTAMPTZ '2024-01-01 12:00:00+02' AS f, "
                 "'9e0f4b33-7a3e-4c47-9f1e-5f0f8f6d2b11'::UUID AS g, "
                 "'x'::ENUM('x', 'y') AS h, [1, 2]::TINYINT[] AS l FROM range(3) t(x)",
                 "Table {a: Int, b: Int, c: Float, d: Float, e: Timestamp, f: Timestamp, "
                 "g: String, h: Enum {\"x\", \"y\"}, l: List(Int)}"),
        ZPL_OK);
    struct zpl_stored stored = stored_at(path_a);
    static const char *const types[] = {"BIGINT",    "BIGINT",  "DOUBLE",  "DOUBLE",  "TIMESTAMP",
                                        "TIMESTAMP", "VARCHAR", "VARCHAR", "BIGINT[]"};
    assert_int_equal(stored.column_count, 9);
    for (size_t i = 0; i < 9; i++)
        assert_string_equal(stored.columns[i].type, types[i]);
    static const struct {
        const char *query, *type, *words;
    } wrong[] = {
        {"SELECT 9223372036854775808 AS a", "Table {a: Int}",
         "row 1, column 'a': 9223372036854775808 does not fit an Int"},
        {"SELECT 18446744073709551615::UBIGINT AS a", "Table {a: Int}", "18446744073709551615"},
        {"SELECT CASE WHEN i = 4999 THEN 0.5 ELSE i END AS a FROM range(9999) t(i)",
         "Table {a: Int}", "row 5000, column 'a': 0.5 is no Int"},
        {"SELECT 'nan'::DOUBLE AS a", "Table {a: Int}", "row 1, column 'a': nan is no Int"},
        {"SELECT 1e300 AS a", "Table {a: Int}", "1e+300 is no Int"},
        {"SELECT 9007199254740993 AS a", "Table {a: Float}", "9007199254740993 is no Float"},
        {"SELECT -9223372036854775807 AS a", "Table {a: Float}", "is no Float"},
        {"SELECT 9223372036854775807 AS a", "Table {a: Float}", "is no Float"},
        {"SELECT 18446744073709551615::UBIGINT AS a", "Table {a: Float}", "is no Float"},
        {"SELECT TIMESTAMP_NS '2024-01-01 00:00:00.000000001' AS a", "Table {a: Timestamp}",
         "00.000000001 does not fit a Timestamp"},
        {"SELECT 'infinity'::TIMESTAMP AS a", "Table {a: Timestamp}", "infinity is no point"},
        {"SELECT '-infinity'::DATE AS a", "Table {a: Date}", "-infinity is no day"},
        {"SELECT TIMESTAMP '2024-01-01 00:00:01' AS a", "Table {a: Date}", "time of day"},
        {"SELECT 'it''s' AS a", "Table {a: Int}", "column 'a': 'it's' is no Int"},
        {"SELECT '{\"a\":' AS a", "Table {a: Json}", "'{\"a\":' is no Json"},
        {"SELECT [1, NULL, 9223372036854775808] AS \"it's\"", "Table {\"it's\": List(Int)}",
         "row 1, column 'it's': 9223372036854775808 does not fit an Int"},
        {"SELECT [[], [0, 9223372036854775808 - i]] AS a FROM range(3) t(i)",
         "Table {a: List(List(Int))}", "row 1, column 'a': 9223372036854775808 does"},
        {"SELECT [TIMESTAMP_NS '2024-01-01 00:00:00.000000001'] AS a", "Table {a: List(Timestamp)}",
         "00.000000001 does not fit"},
        {"SELECT INTERVAL 1 DAY AS a", "Table {a: Int}", "INTERVAL"},
        {"SELECT true AS a", "Table {a: Int}", "holds Bool, but Int is declared"},
        {"SELECT 1 AS b", "Table {a: Int}", "none of this name"},
        {"SELECT 1 AS a", "Table {a: Enum {\"x\", \"y\"}}", "holds Int, but Enum"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(write_to(path_a, wrong[i].query, wrong[i].type), ZPL_ERR_STEP);
        assert_int_equal(diags.count, 1);
        if (strstr(diags.items[0]->message, wrong[i].words) == NULL)
            fail_msg("%s: %s", wrong[i].query, diags.items[0]->message);
    }
    assert_int_equal(write_to(path_a, "SELECT 1 AS a WHERE false", "Table {a: Int}"), ZPL_OK);
    assert_int_equal(stored_at(path_a).rows, 0);
}

/* An Arrow stream of columns i, f, s, b in batches of `step` rows; row i of each batch is global. */
struct made {
    int64_t at, step;
    bool broken;
    struct ArrowSchema columns[4], *column_pointers[4];
    struct ArrowArray arrays[4], *array_pointers[4];
    const void *buffers[4][3], *none[1];
};

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    struct made *made = array->private_data;
    for (int c = 0; c < 4; c++)
        for (int b = 0; b < 3; b++) {
            free((void *)(uintptr_t)made->buffers[c][b]);
            made->buffers[c][b] = NULL;
        }
    array->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    static const char *const names[] = {"i", "f", "s", "b"}, *const formats[] = {"i", "g", "u",
                                                                                 "b"};
    struct made *made = stream->private_data;
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = 4,
                                .children = made->column_pointers,
                                .release = release_schema};
    for (int c = 0; c < 4; c++) {
        made->columns[c] = (struct ArrowSchema){.format = formats[c],
                                                .name = names[c],
                                                .flags = ARROW_FLAG_NULLABLE,
                                                .release = release_schema};
        made->column_pointers[c] = &made->columns[c];
    }
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct made *made = stream->private_data;
    int64_t n = ROWS - made->at < made->step ? ROWS - made->at : made->step;
    memset(out, 0, sizeof *out);
    if (n <= 0)
        return 0;
    if (made->broken && made->at > 0)
        return 5;
    int32_t *i32 = calloc((size_t)n, 4), *offsets = calloc((size_t)n + 1, 4);
    double *f64 = calloc((size_t)n, 8);
    uint8_t *valid = calloc((size_t)n / 8 + 1, 1), *bits = calloc((size_t)n / 8 + 1, 1);
    char *text = calloc((size_t)n, 16);
    for (int64_t k = 0; k < n; k++) {
        int64_t i = made->at + k;
        i32[k] = (int32_t)i;
        f64[k] = (double)i / 8;
        valid[k / 8] |= (uint8_t)((i % 5 != 0) << (k % 8));
        bits[k / 8] |= (uint8_t)((i % 3 == 0) << (k % 8));
        offsets[k + 1] = offsets[k] + snprintf(text + offsets[k], 16, "text %d", (int)(i % 1000));
    }
    if (made->step == 7)
        text[0] = (char)0xFF;
    const void *buffers[4][3] = {{NULL, i32}, {valid, f64}, {NULL, offsets, text}, {NULL, bits}};
    memcpy(made->buffers, buffers, sizeof buffers);
    for (int c = 0; c < 4; c++) {
        made->arrays[c] = (struct ArrowArray){.length = n,
                                              .null_count = -1,
                                              .n_buffers = c == 2 ? 3 : 2,
                                              .buffers = made->buffers[c],
                                              .release = release_array};
        made->array_pointers[c] = &made->arrays[c];
    }
    *out = (struct ArrowArray){.length = n,
                               .n_buffers = 1,
                               .n_children = 4,
                               .buffers = made->none,
                               .children = made->array_pointers,
                               .release = release_array,
                               .private_data = made};
    made->at += n;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "the source ran dry";
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static enum zpl_err write_stream(struct made *made)
{
    struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, made};
    zpl_diags_clear(&diags);
    enum zpl_err err = zpl_write_stream(&duck, &stream, row_of(TYPE), path_b, &diags);
    assert_null(stream.release);
    return err;
}

static void test_streams(void **state)
{
    (void)state;
    char sql[400];
    snprintf(sql, sizeof sql, "SELECT " COLUMNS " FROM range(%d) t(i)", ROWS);
    assert_int_equal(write_to(path_a, sql, TYPE), ZPL_OK);
    static const int64_t steps[] = {1000, 2048, 5003, ROWS};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct made made = {.step = steps[i]};
        assert_int_equal(write_stream(&made), ZPL_OK);
        assert_same_file();
    }
    struct made broken = {.step = 1000, .broken = true};
    assert_int_equal(write_stream(&broken), ZPL_ERR_STEP);
    assert_non_null(strstr(diags.items[0]->message, "the source ran dry"));
    struct made no_text = {.step = 7};
    assert_int_equal(write_stream(&no_text), ZPL_ERR_STEP);
    assert_non_null(strstr(diags.items[0]->message, "row 1, column 's': '\\xFFext 0' is no text"));
}

/* Enums cross in Arrow as dictionaries, also within lists: with nulls, and behind the first chunk. */
static void test_dictionaries(void **state)
{
    (void)state;
    static const char type[] =
        "Table {e: Enum {\"a\", \"ä\", \"\"}, l: List(Enum {\"a\", \"ä\", \"\"}), "
        "m: List(List(Enum {\"a\", \"ä\", \"\"})), n: List(Int)}";
    static const char query[] =
        "SELECT CASE WHEN i % 5 > 0 THEN ['a', 'ä', ''][i % 3 + 1] END AS e, "
        "CASE WHEN i % 7 > 0 THEN [e, NULL, 'ä'][:i % 4] END AS l, "
        "CASE WHEN i % 11 > 0 THEN [l, [], NULL, [e]][:i % 5] END AS m, [i, NULL][:i % 3] AS n "
        "FROM range(10000) t(i)";
    assert_int_equal(write_to(path_a, query, type), ZPL_OK);
    const struct zpl_scan scan = {.path = path_a, .row = row_of(type), .all = true};
    struct ArrowArrayStream stream;
    assert_int_equal(zpl_scan_stream(&duck, &scan, &stream, &diags), ZPL_OK);
    struct ArrowSchema schema;
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_non_null(schema.children[0]->dictionary);
    assert_non_null(schema.children[1]->children[0]->dictionary);
    schema.release(&schema);
    assert_int_equal(zpl_write_stream(&duck, &stream, row_of(type), path_b, &diags), ZPL_OK);
    assert_same_file();
}

/* `$name` in a query is given as a value of its type. */
static void test_params(void **state)
{
    (void)state;
    const struct zpl_write_param params[] = {
        {"limit", zpl_literal_int(&arena, 3)},
        {"word", zpl_literal_string(&arena, "it's", 4)},
        {"unused", zpl_literal_bool(&arena, true)},
    };
    const struct zpl_write write = {.query =
                                        "SELECT x + $limit AS x, $word AS w FROM range(2) t(x)",
                                    .params = params,
                                    .param_count = 3,
                                    .row = row_of("Table {x: Int, w: String}"),
                                    .path = path_a};
    assert_int_equal(zpl_write_query(&duck, &write, &diags), ZPL_OK);
    assert_int_equal(write_to(path_b, "SELECT * FROM (VALUES (3, 'it''s'), (4, 'it''s')) t(x, w)",
                              "Table {x: Int, w: String}"),
                     ZPL_OK);
    assert_same_file();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_do_not_depend_on_arrival),
        cmocka_unit_test(test_bytes_are_those_of_a_plain_copy),
        cmocka_unit_test(test_column_digests),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_dictionaries),
        cmocka_unit_test(test_params),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
