/* test_tensor.c - Tensors in tables: what becomes one and what does not, that elements keep their bits, how they are
 * stored and seen, the figures of their elements, and how many rows a group of large ones has. */
#include "tests/unit/stdlib_fixture.h"

#include <math.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "stdlib/npy.h"
#include "stdlib/table/scan.h"
#include "stdlib/table/stored.h"
#include "stdlib/table/tensor.h"

static enum zpl_err write_as(const char *query, const char *type)
{
    const struct zpl_write write = {.query = query, .path = f.paths[0], .row = type_of(type)->row};
    zpl_diags_clear(&f.diags);
    return zpl_write_query(&f.duck, &write, &f.diags);
}

/* The query's column x becomes the Tensor, and a query that sees that has `shown` for it, as text. */
static void becomes(const char *query, const char *tensor, const char *shown)
{
    struct zpl_buf sql = {0};
    const char *type = zpl_arena_printf(&f.arena, "Table {x: Tensor %s}", tensor);
    if (write_as(query, type) != ZPL_OK)
        fail_msg("%s as %s: %s", query, tensor, fixture_words(&f));
    zpl_buf_printf(&sql, "SELECT count(*) FROM $0 WHERE CAST(zpl_list_%.*s(x) AS VARCHAR) = '%s'",
                   (int)strcspn(tensor, "["), tensor, shown);
    if (fixture_number(&f, zpl_buf_str(&sql)) != 1)
        fail_msg("%s as %s is not %s", query, tensor, shown);
    zpl_buf_release(&sql);
}

static void refuses(const char *query, const char *tensor, const char *words)
{
    const char *type = zpl_arena_printf(&f.arena, "Table {x: Tensor %s}", tensor);
    assert_int_equal(write_as(query, type), ZPL_ERR_STEP);
    if (strstr(fixture_words(&f), words) == NULL)
        fail_msg("%s as %s: %s, not %s", query, tensor, fixture_words(&f), words);
}

static void test_what_becomes_one(void **state)
{
    (void)state;
    becomes("SELECT [1.5::FLOAT, 2, -0.0::FLOAT] AS x", "f32[3]", "[1.5, 2.0, -0.0]");
    becomes("SELECT [0.1, 2.5] AS x", "f32[2]", "[0.1, 2.5]"); /* of a DECIMAL the nearest */
    becomes("SELECT [[1, 2], [3, 4], [5, 6]] AS x", "u8[3, 2]", "[1, 2, 3, 4, 5, 6]");
    becomes("SELECT [1, 2, 3, 4, 5, 6] AS x", "i16[3, 2]", "[1, 2, 3, 4, 5, 6]");
    becomes("SELECT array_value(1::DOUBLE, 2) AS x", "f64[2]", "[1.0, 2.0]");
    becomes("SELECT [7] AS x", "i64[]", "[7]");
    becomes("SELECT [[[1]]] AS x", "i64[1, 1, 1]", "[1]");
    becomes("SELECT [true, false] AS x", "bool[2]", "[true, false]");
    becomes("SELECT [18446744073709551615::UBIGINT] AS x", "u64[1]", "[18446744073709551615]");
    becomes("SELECT [9223372036854775808::DOUBLE] AS x", "u64[1]", "[9223372036854775808]");
    becomes("SELECT [-128, 127] AS x", "i8[2]", "[-128, 127]");
    becomes("SELECT [sum(i)] AS x FROM range(5) t(i)", "i32[1]", "[10]");
    becomes("SELECT ['nan'::DOUBLE, 'inf'::DOUBLE] AS x", "f32[2]", "[nan, inf]");
    becomes("SELECT '\\x01\\x00\\x02\\x00'::BLOB AS x", "u16[2]", "[1, 2]");
    becomes("SELECT [1, 2, 3] AS x", "u8[n]", "[1, 2, 3]");
    becomes("SELECT [1, 2, 3, 4] AS x", "u8[n, 2]", "[1, 2, 3, 4]");
}

static void test_what_does_not(void **state)
{
    (void)state;
    const char rows[] = "SELECT if(i = 2, [1, 2], [1, 2, 3]) AS x FROM range(9) t(i)";
    refuses(rows, "i8[3]", "row 3, column 'x' has 2 values, and Tensor i8[3] has 3");
    refuses("SELECT [[1, 2], [3]] AS x", "i8[2, 2]",
            "is ragged: at level 2 it has lists of 2 and of 1 values");
    refuses("SELECT [[1, 2, 3], [1, 2, 3]] AS x", "i8[3, 2]",
            "has the shape [2, 3], and Tensor i8[3, 2] is declared");
    refuses("SELECT [1, NULL] AS x", "i8[2]", "has a null among its values");
    refuses("SELECT [[1, 2], NULL] AS x", "i8[2, 2]", "has a null among its values");
    refuses("SELECT [128] AS x", "i8[1]", "has 128, which is no i8");
    refuses("SELECT [-1] AS x", "u64[1]", "has -1, which is no u64");
    refuses("SELECT [0.5::DOUBLE] AS x", "i8[1]", "has 0.5, which is no i8");
    refuses("SELECT ['nan'::DOUBLE] AS x", "i64[1]", "has nan, which is no i64");
    refuses("SELECT [1e19::DOUBLE] AS x", "i64[1]", "has 1e+19, which is no i64");
    refuses("SELECT [0.1::DOUBLE] AS x", "f32[1]", "has 0.1, which no f32 is equal to: f64 holds");
    refuses("SELECT [16777217] AS x", "f32[1]", "has 16777217, which is no f32");
    refuses("SELECT [9007199254740993] AS x", "f64[1]", "which is no f64");
    refuses("SELECT [] AS x", "f32[2]", "has 0 values, and Tensor f32[2] has 2");
    refuses("SELECT []::FLOAT[] AS x", "f32[n]", "has 0 values");
    refuses("SELECT [1, 2, 3] AS x", "f32[n, 2]", "are a multiple of 2");
    refuses("SELECT '\\x01\\x00\\x02'::BLOB AS x", "u16[2]", "has 3 bytes");
    refuses("SELECT '\\x02'::BLOB AS x", "bool[1]", "has a byte that is 2");
    refuses("SELECT 'x' AS x", "f32[1]", "holds no lists, but Tensor f32[1] is declared");
    refuses("SELECT ['x'] AS x", "f32[1]", "holds lists of other things than numbers");
    refuses("SELECT [1] AS x", "bool[1]", "holds lists of other things than Bools");
    refuses("SELECT [true] AS x", "u8[1]", "holds lists of other things than numbers");
    refuses("SELECT [[1]] AS x", "u8[1]", "holds lists in 2 levels");
    refuses("SELECT [1] AS x", "u8[n, m]", "one dimension at most may be a name");
}

/* Bits of every kind, of random lengths, through the writer and back by the stream that kernels read. */
static void test_bits_stay(void **state)
{
    (void)state;
    for (int rows = 0; rows < 5000; rows += rows < 2 ? 1 : 1231) {
        struct ArrowArrayStream stream;
        struct ArrowArray batch;
        const char *query = zpl_arena_printf(
            &f.arena,
            "SELECT if(i %% 7 = 3, NULL, from_hex(substr(sha256(i::VARCHAR), 1, 48))) AS x "
            "FROM range(%d) t(i)",
            rows);
        const char *type = "Table {x: Tensor f32[2, 3]}";
        int64_t seen = 0;
        assert_int_equal(write_as(query, type), ZPL_OK);
        assert_int_equal(
            fixture_number(&f, zpl_arena_printf(&f.arena,
                                                "SELECT count(*) FROM (SELECT x FROM $0 EXCEPT ALL "
                                                "(%s))",
                                                query)),
            0);
        const struct zpl_scan scan = {.path = f.paths[0], .row = type_of(type)->row, .all = true};
        assert_int_equal(zpl_scan_stream(&f.duck, &scan, &stream, &f.diags), ZPL_OK);
        while (stream.get_next(&stream, &batch) == 0 && batch.release != NULL) {
            const struct ArrowArray *lists = batch.children[0];
            const int32_t *offsets = lists->buffers[1];
            const uint8_t *valid = lists->buffers[0];
            int64_t there = 0;
            for (int64_t i = 0; i < lists->length; i++) {
                bool is = valid == NULL || (valid[i / 8] >> (i % 8) & 1) != 0;
                assert_int_equal(is, (seen + i) % 7 != 3);
                assert_int_equal(offsets[i], there * 6);
                there += is;
            }
            assert_int_equal(lists->children[0]->length, there * 6);
            seen += batch.length;
            batch.release(&batch);
        }
        assert_int_equal(seen, rows);
        stream.release(&stream);
    }
}

/* Two columns of the same bytes are the same column only if they are the same Tensors. */
static void test_digests(void **state)
{
    (void)state;
    static const char *const types[] = {"u8[4]", "u8[2, 2]", "f32[1]"};
    struct zpl_digest digests[3];
    for (int i = 0; i < 3; i++) {
        struct zpl_stored stored;
        const char *type = zpl_arena_printf(&f.arena, "Table {x: Tensor %s required}", types[i]);
        assert_int_equal(write_as("SELECT '\\x01\\x00\\x00\\x00'::BLOB AS x", type), ZPL_OK);
        assert_int_equal(
            zpl_stored_read(&f.duck, f.paths[0], type_of(type)->row, &stored, &f.arena, &f.diags),
            ZPL_OK);
        digests[i] = stored.columns[0].digest;
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(digests[i].b, digests[k].b, sizeof digests[i].b);
    }
}

static void test_groups_of_large_rows(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        int64_t rows;
    } cases[] = {{"Table {a: Int}", 122880},
                 {"Table {x: Tensor u8[8]}", 122880},
                 {"Table {x: Tensor f32[784]}", 20480},
                 {"Table {x: Tensor u8[3, 224, 224]}", 445},
                 {"Table {x: Tensor u8[2147483648]}", 1},
                 {"Table {x: Tensor f32[n]}", 122880}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(zpl_write_group_rows(type_of(cases[i].type)->row), cases[i].rows);
    const char *type = "Table {x: Tensor u8[65536]}"; /* 1,024 rows a group */
    struct zpl_stored stored;
    assert_int_equal(write_as("SELECT repeat('a', 65536)::BLOB AS x FROM range(2500)", type),
                     ZPL_OK);
    assert_int_equal(
        zpl_stored_read(&f.duck, f.paths[0], type_of(type)->row, &stored, &f.arena, &f.diags),
        ZPL_OK);
    assert_true(stored.canonical);
    assert_int_equal(stored.rows, 2500);
    assert_int_equal(fixture_number(&f, zpl_arena_printf(&f.arena,
                                                         "SELECT count(DISTINCT row_group_id) FROM "
                                                         "parquet_metadata('%s')",
                                                         f.paths[0])),
                     3);
}

static void test_figures(void **state)
{
    (void)state;
    const float reals[] = {3, NAN, -1};
    const int16_t whole[] = {-300, 7};
    const uint64_t large[] = {UINT64_MAX};
    struct zpl_tensor_figures r = {0}, w = {0}, l = {0};
    zpl_tensor_look(zpl_tensor_element("f32"), reals, 3, &r);
    zpl_tensor_look(zpl_tensor_element("f32"), reals + 1, 1, &r);
    zpl_tensor_look(zpl_tensor_element("i16"), whole, 2, &w);
    zpl_tensor_look(zpl_tensor_element("u64"), large, 1, &l);
    assert_true(r.count == 4 && r.nan == 2 && r.min == -1 && r.max == 3 && r.sum == 2);
    assert_true(w.count == 2 && w.nan == 0 && w.min == -300 && w.max == 7 && w.sum == -293);
    assert_true(l.min == 0x1p64 && l.max == 0x1p64);
}

/* What a file with this header and so many bytes behind it is. */
static const char *npy_of(const char *header, int version, size_t bytes, struct zpl_npy *out)
{
    struct zpl_buf text = {0};
    size_t n = strlen(header);
    zpl_buf_add(&text, "\x93NUMPY", 6);
    zpl_buf_putc(&text, (char)version);
    zpl_buf_putc(&text, 0);
    for (int i = 0; i < (version > 1 ? 4 : 2); i++)
        zpl_buf_putc(&text, (char)(n >> 8 * i));
    zpl_buf_puts(&text, header);
    for (size_t i = 0; i < bytes; i++)
        zpl_buf_putc(&text, 0);
    unlink(f.paths[0]);
    assert_int_equal(zpl_fs_write_file(f.paths[0], zpl_buf_str(&text), text.len, false, &f.diags),
                     ZPL_OK);
    zpl_buf_release(&text);
    return zpl_npy_read(f.paths[0], out, &f.arena);
}

static void test_npy(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int version;
        size_t bytes;
        const char *type, *words;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n", 1, 48, "f32[n, 4]", NULL},
        {"{'shape': (2,), 'descr': '|b1', 'fortran_order': True}", 2, 2, "bool[2]", NULL},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (), }", 3, 8, "i64[]", NULL},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (0, 3), }", 1, 0, "i64[n, 3]", NULL},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 1, 48, "f32[n, n]",
         "is f32[3, 4], but Tensor f32[n, n] is declared"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 1, 48, "f64[3, 4]",
         "but Tensor f64[3, 4] is declared"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 1, 48, "f32[12]",
         "is f32["},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 1, 47, NULL,
         "has 47 bytes behind its header, and f32[3, 4] has 48"},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (3, 4), }", 1, 48, NULL,
         "has elements of '>f4', which no Tensor has"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (3, 4), }", 1, 96, NULL, "'<c8'"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3, 4), }", 1, 96, NULL, "'|O'"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 1, 4, NULL,
         "which no Tensor has"},
        {"{'descr': '<f4', 'shape': (3, 4), }", 1, 48, NULL, "none of .npy"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3 4), }", 1, 48, NULL, NULL},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4), }", 1, 48, NULL,
         "none of .npy"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }", 1, 48,
         NULL, "none of .npy"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4", 1, 0, NULL, "none of .npy"},
        {"", 9, 0, NULL, "is no .npy file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_npy npy;
        const char *why = npy_of(cases[i].header, cases[i].version, cases[i].bytes, &npy);
        const char *type =
            cases[i].type != NULL ? zpl_arena_printf(&f.arena, "Tensor %s", cases[i].type) : NULL;
        if (why == NULL && type != NULL)
            why = zpl_npy_differs(&npy, type_of(type), &f.arena);
        if ((why == NULL) != (cases[i].words == NULL) ||
            (why != NULL && strstr(why, cases[i].words) == NULL))
            fail_msg("%s: %s", cases[i].header, why != NULL ? why : "fine");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_becomes_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_does_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bits_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_digests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups_of_large_rows, set_up, tear_down),
        cmocka_unit_test(test_figures),
        cmocka_unit_test_setup_teardown(test_npy, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
