/* test_type.c - types: their text, what fits what, values for a type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/types/signature.h"

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static const struct zpl_type *parsed(const char *text, struct zpl_arena *arena)
{
    const struct zpl_type *type;
    struct zpl_signature_error error;
    if (zpl_type_parse(text, arena, &type, &error))
        fail_msg("%s: %s at %zu", text, error.message, error.offset);
    return type;
}

static void canonical_texts_stay(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    static const char *const same[] = {
        "Int",
        "Int 1..5000",
        "Float 0..1",
        "Float -2.5..",
        "Int ..10 required",
        "Int 0.. one_of { 1, 2 } unique required hindsight default 1",
        "String match \"^a\\\\d+$\"",
        "Date \"2024-01-01\"..\"2024-12-31\"",
        "Enum {\"a\", \"b c\"}",
        "Enum",
        "Enum kinds",
        "List(Optional(Int 0..))",
        "Optional(Float)",
        "Table {hour: Int, late: Bool}",
        "Table {\"arr delay\": Float hindsight, \"...\": Int, ...}",
        "Table {...}",
        "Table {}",
        "Record {a: List(Record {b: Json})}",
        "Report {auc: Float, rows: Int}",
        "Tensor f32[n, 784]",
        "Tensor i64[]",
        "Model",
        "Model {xgboost, features: {hour: Int}, label: late: Bool}",
        "Model {features: {...}, label: \"is late\"}",
        "Step \"(a: Table {...r}) -> (b: Table {...r}) disjoint\"",
        "Unknown",
        "Class",
        "File",
        "Optional(Int default nil)",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(zpl_type_text(parsed(same[i], &arena), false, &arena), same[i]);
    zpl_arena_release(&arena);
}

static void other_spellings_mean_the_same(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    static const char *const pairs[][2] = {
        {"Table", "Table {...}"},
        {"Report …", "Report {...}"},
        {" Table\n{ a :Int,b:\tFloat , }", "Table {a: Int, b: Float}"},
        {"Table r", "Table {...r}"},
        {"Float 0.0..1.0", "Float 0..1"},
        {"Int required 0..9", "Int 0..9 required"},
        {"Table {a}", "Table {a: Any}"},
        {"Optional(Int) unique", "Optional(Int unique)"},
        {"Model {}", "Model"},
        {"Model {features: f}", "Model {features: f}"},
        {"Float 1e400..", "Float 1e999.."},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(zpl_type_text(parsed(pairs[i][0], &arena), false, &arena), pairs[i][1]);
    zpl_arena_release(&arena);
}

static void brief_cuts_long_rows(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    struct zpl_buf text = {0};
    zpl_buf_puts(&text, "Table {");
    for (int i = 0; i < 16; i++)
        zpl_buf_printf(&text, "%sc%d: Int hindsight", i ? ", " : "", i);
    zpl_buf_puts(&text, "}");
    assert_string_equal(zpl_type_text(parsed(zpl_buf_str(&text), &arena), true, &arena),
                        "Table {c0: Int, c1: Int, c2: Int, c3: Int, … 12 more}");
    zpl_buf_release(&text);
    zpl_arena_release(&arena);
}

static void mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *at, *words;
    } cases[] = {
        {"Sting", "Sting", "did you mean String"},
        {"Table {a: Foo}", "Foo", "unknown type 'Foo'"},
        {"Table {a: Int, A: Int}", "A", "'a' and 'A' differ only in case"},
        {"Table {b: Int, c: Int, b: Int}", "b: Int}", "'b' stands here twice"},
        {"Table {a Int}", "Int", "expected ':' before 'Int'"},
        {"Table {a = Int}", "=", "expected ':' before '='"},
        {"Table {a: Int b: Int}", "b", "expected ',' or '}' before 'b'"},
        {"Table {größe: Int}", "größe",
         "'größe' has other letters than a to z: a column of that name stands in quotes"},
        {"Int default 'x'", "'", "a text stands in double quotes in a signature: \"…\""},
        {"Bool default True", "True", "'True' is written true"},
        {"Table {a: int}", "int", "unknown type 'int'; did you mean Int?"},
        {"Table {a: DateTime}", "DateTime", "unknown type 'DateTime'; did you mean Timestamp?"},
        {"Table {a: Table {}}", "Table {}}", "can't stand in a Table"},
        {"Report {t: Timestamp}", "Timestamp", "can't stand in a Report"},
        {"Int 5..1", "5", "the range is empty"},
        {"Int 0.5..", "0.5", "is not a whole number"},
        {"Bool 0..1", "0..1", "a Bool has no range"},
        {"Date \"2023-02-29\"..", "\"2023-02-29\"", "is not a date"},
        {"Table {a: Int", "", "at the end"},
        {"Int Int", "Int", "nothing may follow"},
        {"Optional(Table {})", "(", "only scalars and lists"},
        {"Table unique", "Table", "takes no refinement"},
        {"Model {features: {}, features: {}}", "features: {}}", "each once"},
        {"Enum {1}", "1", "are strings"},
        {"Int 1", "", "expected '..'"},
        {"Table {a b}", "b}", "expected ':' or ',' before 'b'"},
        {"List Int", "Int", "expected '(' before 'Int'"},
        {"String match \"a", "\"a", "no end"},
        {"Int ; Int", ";", "';' has no meaning"},
        {"Int ä", "ä", "'ä' has other letters than a to z"},
        {"Tensor f16[3]", "f16", "write f32, which holds each of its values"},
        {"Tensor float32[3]", "float32", "write f32"},
        {"Tensor c64[3]", "c64", "they are f32, f64, i8"},
        {"Tensor u8[3, 0]", "0", "a dimension is at least 1"},
        {"Tensor u8[-1]", "-1", "a dimension is at least 1"},
        {"Tensor f64[65536, 4097]", "f64", "at most 2 GiB"},
        {"Tensor u8[99999999999999]", "u8", "at most 2 GiB"},
        {"Tensor u8[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", "2",
         "at most 32 dimensions"},
        {"Tensor u8[3", "", "']'"},
        {"Step \"(a: Foo)\"", "\"(a: Foo)\"", "unknown type 'Foo'"},
        {"", "", "expected a type at the end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_arena arena = {0};
        const struct zpl_type *type;
        struct zpl_signature_error error;
        if (zpl_type_parse(cases[i].text, &arena, &type, &error) != ZPL_ERR_INPUT)
            fail_msg("%s was read", cases[i].text);
        if (!strstr(error.message, cases[i].words) ||
            strncmp(cases[i].text + error.offset, cases[i].at, strlen(cases[i].at)) != 0)
            fail_msg("%s: %s at %zu", cases[i].text, error.message, error.offset);
        assert_true(error.offset + error.length <= strlen(cases[i].text));
        zpl_arena_release(&arena);
    }
}

static void deep_nesting_is_an_error(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    struct zpl_buf text = {0};
    const struct zpl_type *type;
    struct zpl_signature_error error;
    for (int i = 0; i < 10000; i++)
        zpl_buf_puts(&text, "List(");
    assert_int_equal(zpl_type_parse(zpl_buf_str(&text), &arena, &type, &error), ZPL_ERR_INPUT);
    assert_non_null(strstr(error.message, "levels of nesting"));
    zpl_buf_clear(&text);
    zpl_buf_puts(&text, "Int default ");
    for (int i = 0; i < 10000; i++)
        zpl_buf_puts(&text, "{");
    assert_int_equal(zpl_type_parse(zpl_buf_str(&text), &arena, &type, &error), ZPL_ERR_INPUT);
    zpl_buf_release(&text);
    zpl_arena_release(&arena);
}

/* ---- a type of any shape --------------------------------------------------------------------- */

struct maker {
    struct zpl_arena *arena;
    uint64_t seed;
};

static size_t pick(struct maker *m, size_t n)
{
    return (size_t)(random_bits(&m->seed) % n);
}

static const char *random_name(struct maker *m, size_t i)
{
    static const char *const stems[] = {"c",   "arr delay ", "ä",       "\"\\",
                                        "1st", "required",   "Int.of ", "..."};
    return zpl_arena_printf(m->arena, "%s%zu", stems[pick(m, 8)], i);
}

static const struct zpl_type *random_type(struct maker *m, int depth);

static const struct zpl_row *random_row(struct maker *m, int depth, bool report)
{
    struct zpl_row *row = zpl_arena_alloc(m->arena, sizeof *row);
    row->count = pick(m, 5);
    struct zpl_column *columns = zpl_arena_array(m->arena, row->count, sizeof *columns);
    for (size_t i = 0; i < row->count; i++) {
        columns[i].name = random_name(m, i);
        do
            columns[i].type = random_type(m, report ? 0 : depth - 1);
        while ((report && columns[i].type->kind != ZPL_INT && columns[i].type->kind != ZPL_FLOAT &&
                columns[i].type->kind != ZPL_BOOL) ||
               (!zpl_kind_is_scalar(columns[i].type->kind) && columns[i].type->kind != ZPL_LIST &&
                columns[i].type->kind != ZPL_RECORD));
    }
    row->columns = columns;
    row->open = pick(m, 4) == 0;
    return row;
}

static const struct zpl_refine *random_refine(struct maker *m, enum zpl_kind kind)
{
    struct zpl_refine *r = zpl_arena_alloc(m->arena, sizeof *r);
    struct zpl_arena *arena = m->arena;
    int64_t low = (int64_t)random_bits(&m->seed) >> (1 + pick(m, 60));
    if (kind == ZPL_INT && pick(m, 2))
        r->min = zpl_literal_int(arena, low);
    if (kind == ZPL_INT && pick(m, 2))
        r->max = zpl_literal_int(arena, low / 2 + INT64_MAX / 2);
    if (kind == ZPL_FLOAT && pick(m, 2))
        r->min = zpl_literal_float(arena, (double)low / 1000);
    if (kind == ZPL_FLOAT && pick(m, 2))
        r->max = zpl_literal_float(arena, 1e300);
    if (kind == ZPL_STRING && pick(m, 2))
        r->match = "^[a-z]\\d+\"$";
    if (kind == ZPL_BOOL && pick(m, 2))
        r->fallback = zpl_literal_bool(arena, pick(m, 2));
    r->unique = pick(m, 2);
    r->required = pick(m, 2);
    r->hindsight = pick(m, 2);
    return r;
}

static const struct zpl_type *random_type(struct maker *m, int depth)
{
    static const enum zpl_kind scalars[] = {ZPL_INT,  ZPL_FLOAT,    ZPL_STRING, ZPL_BOOL,
                                            ZPL_DATE, ZPL_BYTES,    ZPL_JSON,   ZPL_PATH,
                                            ZPL_ENUM, ZPL_TIMESTAMP};
    static const enum zpl_kind wholes[] = {ZPL_LIST,   ZPL_RECORD, ZPL_TABLE, ZPL_MODEL,
                                           ZPL_REPORT, ZPL_TENSOR, ZPL_FILE,  ZPL_DIR};
    static const char *const values[] = {"a", "b c", "\"", NULL};
    static const char *const dims[] = {"n", "784", NULL};
    struct zpl_type *type = zpl_arena_alloc(m->arena, sizeof *type);
    bool whole = depth > 0 && pick(m, 2);
    type->kind = whole ? wholes[pick(m, 8)] : scalars[pick(m, 10)];
    if (type->kind == ZPL_ENUM && pick(m, 4))
        type->values = values;
    if (type->kind == ZPL_LIST)
        type->elem = random_type(m, depth - 1);
    if (type->kind == ZPL_RECORD || type->kind == ZPL_TABLE || type->kind == ZPL_REPORT)
        type->row = random_row(m, depth, type->kind == ZPL_REPORT);
    if (type->kind == ZPL_TENSOR) {
        type->dtype = "f32";
        type->values = dims;
    }
    if (type->kind == ZPL_MODEL) {
        type->framework = pick(m, 2) ? "xgboost" : NULL;
        type->row = pick(m, 2) ? random_row(m, depth, false) : NULL;
        type->label = pick(m, 2) ? random_name(m, 1) : NULL;
        type->label_type = type->label && pick(m, 2) ? random_type(m, 0) : NULL;
    }
    if (type->kind == ZPL_TENSOR && pick(m, 2))
        type->refine = random_refine(m, type->kind);
    if (zpl_kind_is_scalar(type->kind) || type->kind == ZPL_LIST) {
        type->optional = pick(m, 4) == 0;
        if (pick(m, 2))
            type->refine = random_refine(m, type->kind);
    }
    return type;
}

static void any_type_survives_its_text(void **state)
{
    (void)state;
    struct maker m = {.seed = 7};
    for (int i = 0; i < 10000; i++) {
        struct zpl_arena arena = {0};
        m.arena = &arena;
        const struct zpl_type *type = random_type(&m, 3);
        const char *text = zpl_type_text(type, false, &arena);
        const struct zpl_type *back = parsed(text, &arena);
        if (!zpl_type_equal(type, back))
            fail_msg("%s", text);
        assert_string_equal(zpl_type_text(back, false, &arena), text);
        assert_true(zpl_type_fits(back, type, &arena, NULL));
        zpl_arena_release(&arena);
    }
}

/* Types that differ have texts that differ: equality agrees with the text without refinements. */
static void unequal_types_have_unequal_texts(void **state)
{
    (void)state;
    struct maker m = {.seed = 99};
    size_t equal = 0;
    for (int i = 0; i < 5000; i++) {
        struct zpl_arena arena = {0};
        m.arena = &arena;
        const struct zpl_type *a = random_type(&m, 1), *b = random_type(&m, 1);
        const char *x = zpl_type_text(a, false, &arena), *y = zpl_type_text(b, false, &arena);
        if (strcmp(x, y) == 0)
            assert_true(zpl_type_equal(a, b));
        else if (!a->refine && !b->refine && !a->row && !b->row && !a->elem && !b->elem &&
                 !a->label_type && !b->label_type)
            assert_false(zpl_type_equal(a, b));
        equal += zpl_type_equal(a, b);
        zpl_arena_release(&arena);
    }
    assert_true(equal > 0);
}

/* ---- fitting --------------------------------------------------------------------------------- */

static void what_fits_what(void **state)
{
    (void)state;
    static const struct {
        const char *have, *want, *why; /* NULL: it fits */
    } cases[] = {
        {"Int", "Float", NULL},
        {"Float", "Int", "is Float, wanted Int"},
        {"Bool", "Number", NULL},
        {"Bool", "Int", "is Bool, wanted Int"},
        {"Enum {\"a\"}", "Class", NULL},
        {"Enum {\"a\"}", "String", NULL},
        {"Enum {\"a\"}", "Enum {\"b\", \"a\"}", NULL},
        {"Enum {\"a\", \"c\"}", "Enum {\"b\", \"a\"}", "may be \"c\""},
        {"String", "Class", NULL},
        {"Int", "Class", "is Int, wanted Class"},
        {"Optional(Int)", "Int", "may be absent"},
        {"Int", "Optional(Int)", NULL},
        {"Unknown", "Table {a: Int}", NULL},
        {"Table {a: Int}", "Unknown", NULL},
        {"Table {b: Bool, a: Int}", "Table {a: Float}", NULL},
        {"Table {a: Int}", "Table {a: Int, b: Int}", "has no column 'b'"},
        {"Table {a: Int, ...}", "Table {b: Int}", NULL},
        {"Table {a: Int}", "Table {...}", NULL},
        {"Table {late: Int}", "Table {late: Bool}", "column 'late' is Int, wanted Bool"},
        {"Report {auc: Float}", "Report {auc: Int}", "field 'auc' is Float, wanted Int"},
        {"List(Int)", "List(Float)", NULL},
        {"List(Table {a: Int})", "List(Table {b: Int})", "has no column 'b'"},
        {"Model {xgboost}", "Model", NULL},
        {"Model {xgboost}", "Model {torch}", "is a model of xgboost, wanted one of torch"},
        {"Model {features: {a: Int}}", "Model {features: {a: Int, b: Int}}", NULL},
        {"Model {features: {a: Int, c: Int}}", "Model {features: {a: Int}}", "needs feature 'c'"},
        {"Model {features: {a: Float}}", "Model {features: {a: Int}}", NULL},
        {"Model {features: {a: Int}}", "Model {features: {a: Float}}", "feature 'a' is Float"},
        {"Model {label: late: Bool}", "Model {label: late}", NULL},
        {"Model {label: late: Bool}", "Model {label: early}", "predicts 'late', wanted 'early'"},
        {"Model {label: late: Int}", "Model {label: late: Bool}", "label 'late' is Int"},
        {"Tensor f32[28, 784]", "Tensor f32[n, 784]", NULL},
        {"Tensor f32[28, 783]", "Tensor f32[n, 784]", "is Tensor f32[28, 783]"},
        {"Tensor f64[n]", "Tensor f32[n]", "is Tensor f64[n]"},
        {"Tensor u8[2, 2]", "Tensor u8[4]", "is Tensor u8[2, 2]"},
        {"List(Float)", "Tensor f64[n]", "is List(Float)"},
        {"Table {x: Tensor f32[3] required}", "Table {x: Tensor f32[n]}", NULL},
        {"Report {a: Int}", "Json", NULL},
        {"Table {}", "Json", "is Table {}"},
        {"Int", "Any", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_arena arena = {0};
        const char *why = "";
        bool fits = zpl_type_fits(parsed(cases[i].have, &arena), parsed(cases[i].want, &arena),
                                  &arena, &why);
        if (fits != !cases[i].why || (!fits && !strstr(why, cases[i].why)))
            fail_msg("%s for %s: %s", cases[i].have, cases[i].want, fits ? "fits" : why);
        zpl_arena_release(&arena);
    }
}

static void columns_are_found_and_twins_too(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    const struct zpl_row *row = parsed("Table {a: Int, B: Int, c: Int}", &arena)->row;
    size_t hint = 2;
    assert_ptr_equal(zpl_row_find(row, "B"), &row->columns[1]);
    assert_null(zpl_row_find(row, "b"));
    assert_ptr_equal(zpl_row_next(row, "a", &hint), &row->columns[0]);
    assert_int_equal(hint, 1);
    assert_null(zpl_row_next(row, "x", &hint));
    assert_null(zpl_row_twins(row, NULL));
    for (size_t count = 2; count < 200; count += 37) {
        struct zpl_column *columns = zpl_arena_array(&arena, count, sizeof *columns);
        for (size_t i = 0; i < count; i++)
            columns[i] = (struct zpl_column){zpl_arena_printf(&arena, "Col%zu", i),
                                             zpl_type_new(&arena, ZPL_INT)};
        struct zpl_row wide = {.columns = columns, .count = count};
        const struct zpl_column *first = NULL;
        assert_null(zpl_row_twins(&wide, &first));
        columns[count - 1].name = "cOL0";
        assert_ptr_equal(zpl_row_twins(&wide, &first), &columns[count - 1]);
        assert_ptr_equal(first, &columns[0]);
    }
    zpl_arena_release(&arena);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void texts_become_values(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text, *shown; /* or why not, after a '!' for a range, '?' for a type */
    } cases[] = {
        {"Int", "15", "15"},
        {"Int", "-0", "0"},
        {"Int", "1.5", "?is not a whole number"},
        {"Int", "", "?is not a whole number"},
        {"Int", " 1", "?is not a whole number"},
        {"Int", "0x10", "?is not a whole number"},
        {"Int", "9223372036854775808", "?is too large"},
        {"Int 0..10", "-1", "!is below the minimum 0"},
        {"Int 0..10", "11", "!is above the maximum 10"},
        {"Int one_of { 1, 2 }", "3", "!is not one of { 1, 2 }"},
        {"Float", "2", "2.0"},
        {"Float", "1e-3", "0.001"},
        {"Float", "nan", "?is not a number"},
        {"Float", "0x1p3", "?is not a number"},
        {"Float 0..1", "1.5", "!is above the maximum 1.0"},
        {"Bool", "true", "true"},
        {"Bool", "yes", "?is neither true nor false"},
        {"String", "", "\"\""},
        {"Path", "a/b.csv", "Path \"a/b.csv\""},
        {"Enum {\"red\", \"blue\"}", "blue", "\"blue\""},
        {"Enum {\"red\", \"blue\"}", "bleu", "?did you mean \"blue\""},
        {"Date", "2024-02-29", "\"2024-02-29\""},
        {"Date", "2023-02-29", "?is not a date"},
        {"Date", "1900-02-29", "?is not a date"},
        {"Date \"2024-01-01\"..", "2023-12-31", "!is below the minimum \"2024-01-01\""},
        {"Timestamp", "2024-02-29 23:59:59.123456", "\"2024-02-29 23:59:59.123456\""},
        {"Timestamp", "2024-02-29T23:59Z", "\"2024-02-29T23:59Z\""},
        {"Timestamp", "2024-02-29 24:00:00", "?is not a timestamp"},
        {"Timestamp \"2024-01-01 00:00:00\"..", "2024-01-01 01:00:00+02:00", "!is below"},
        {"Timestamp \"2024-01-01 00:00:00\"..", "2023-12-31 23:00:00-02:00",
         "\"2023-12-31 23:00:00-02:00\""},
        {"List(Int)", "1,2,3", "{ 1, 2, 3 }"},
        {"List(Int)", "", "{}"},
        {"List(Int)", "1,x", "?has at place 2 a value that is not a whole number"},
        {"List(Int)", "1,", "?ends with a comma"},
        {"List(Int 0..5)", "1,6", "!has at place 2 a value that is above the maximum 5"},
        {"Json", "{\"b\":[1,2.5,null,true],\"a\":\"x\"}",
         "{ a = \"x\", b = { 1, 2.5, nil, true } }"},
        {"Json", "{", "?is not JSON"},
        {"Table {}", "x", "?can't be given as text"},
        {"Optional(Int)", "3", "3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_arena arena = {0};
        struct zpl_buf text = {0};
        const char *why = NULL, *wanted = cases[i].shown;
        bool range = false;
        const struct zpl_literal *v =
            zpl_type_read_text(parsed(cases[i].type, &arena), cases[i].text, &arena, &why, &range);
        bool refused = *wanted == '?' || *wanted == '!';
        if (v)
            zpl_literal_show(v, &text);
        if (refused == (v != NULL) || (v && strcmp(zpl_buf_str(&text), wanted) != 0) ||
            (!v && (!strstr(why, wanted + 1) || range != (*wanted == '!'))))
            fail_msg("%s of '%s': %s", cases[i].type, cases[i].text, v ? zpl_buf_str(&text) : why);
        zpl_buf_release(&text);
        zpl_arena_release(&arena);
    }
}

static void literals_of_other_kinds_are_admitted(void **state)
{
    (void)state;
    struct zpl_arena arena = {0};
    const char *why;
    bool range;
    const struct zpl_literal *v =
        zpl_type_admit(parsed("Float", &arena), zpl_literal_int(&arena, 3), &arena, &why, &range);
    assert_int_equal(v->kind, ZPL_LIT_FLOAT);
    assert_true(v->as.f == 3.0);
    v = zpl_type_admit(parsed("Int", &arena), zpl_literal_float(&arena, 100), &arena, &why, &range);
    assert_int_equal(v->kind, ZPL_LIT_INT);
    assert_int_equal(v->as.i, 100);
    assert_null(zpl_type_admit(parsed("Int", &arena), zpl_literal_float(&arena, 0x1p63), &arena,
                               &why, &range));
    v = zpl_type_admit(parsed("Int", &arena), zpl_literal_float(&arena, -0x1p63), &arena, &why,
                       &range);
    assert_true(v->as.i == INT64_MIN);
    v = zpl_type_admit(parsed("Path", &arena), zpl_literal_string(&arena, "x", 1), &arena, &why,
                       &range);
    assert_int_equal(v->kind, ZPL_LIT_PATH);
    assert_null(zpl_type_admit(parsed("String", &arena), zpl_literal_path(&arena, "x", 1), &arena,
                               &why, &range));
    assert_null(zpl_type_admit(parsed("Int", &arena), zpl_literal_null(), &arena, &why, &range));
    assert_ptr_equal(
        zpl_type_admit(parsed("Optional(Int)", &arena), zpl_literal_null(), &arena, &why, &range),
        zpl_literal_null());
    assert_null(zpl_type_admit(parsed("Float 0..1", &arena), zpl_literal_float(&arena, 0.0 / 0.0),
                               &arena, &why, &range));
    assert_true(range);
    zpl_arena_release(&arena);
}

/* Reading with the N-th allocation failing ends in NOMEM, never in a crash or half a type. */
static void running_out_of_memory_is_an_error(void **state)
{
    (void)state;
    static const char text[] = "Table {a: Int 1..5 required, \"b c\": Enum {\"x\", \"y\"}, "
                               "d: List(Record {e: Float default 2})}";
    struct zpl_arena whole = {0};
    const struct zpl_type *wanted = parsed(text, &whole), *type;
    struct zpl_signature_error error;
    for (size_t cap = 16;; cap += 16) {
        struct zpl_arena arena = {.cap = cap};
        enum zpl_err err = zpl_type_parse(text, &arena, &type, &error);
        if (!err) {
            assert_true(zpl_type_equal(type, wanted));
            zpl_arena_release(&arena);
            break;
        }
        assert_int_equal(err, ZPL_ERR_NOMEM);
        zpl_arena_release(&arena);
    }
    zpl_arena_release(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_texts_stay),
        cmocka_unit_test(other_spellings_mean_the_same),
        cmocka_unit_test(brief_cuts_long_rows),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(deep_nesting_is_an_error),
        cmocka_unit_test(any_type_survives_its_text),
        cmocka_unit_test(unequal_types_have_unequal_texts),
        cmocka_unit_test(what_fits_what),
        cmocka_unit_test(columns_are_found_and_twins_too),
        cmocka_unit_test(texts_become_values),
        cmocka_unit_test(literals_of_other_kinds_are_admitted),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
