/* test_ort.c - models of ONNX, written here field by field, scored by ONNX Runtime and held to what the formula says.
 * Needs the library: in ONNXRUNTIME_DIR, or in build/deps of the folder the tests run in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "stdlib/model/onnx.h"
#include "stdlib/model/ort.h"
#include "tests/unit/fake_kernel.h"

extern const struct zpl_kernel zpl_kernel_predict, zpl_kernel_evaluate;

enum { ROWS = 500, ANY = -1 };

static char folder[] = "/tmp/zpl-test-ort-XXXXXX";
static char model_path[64];

static struct {
    double a[ROWS], b[ROWS], whole[ROWS], flag[ROWS], late[ROWS];
    const char *kind[ROWS], *class[ROWS];
} rows;
static const char *const kinds[] = {"slow", "mild", "fast"};
static const double kind_value[] = {-1, 0.25, 2};
static const double weights[3][3] = {{1.5, -2, 0.5}, {-0.75, 1, 0.25}, {0.5, 0.5, -1}};

static void fill_rows(void)
{
    uint64_t seed = 5;
    for (int i = 0; i < ROWS; i++) {
        rows.a[i] = (float)(4 * fake_random(&seed) - 2);
        rows.b[i] = (float)(4 * fake_random(&seed) - 2);
        rows.whole[i] = floor(9 * fake_random(&seed)) - 4;
        rows.flag[i] = fake_random(&seed) < 0.5;
        rows.late[i] = rows.a[i] - rows.b[i] + fake_random(&seed) > 0.5;
        rows.kind[i] = kinds[i % 3];
        rows.class[i] = kinds[(size_t)(3 * fake_random(&seed))];
    }
}

/* ---- a writer of ONNX ---- */

static void put_varint(struct zpl_buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        zpl_buf_putc(out, (char)(v | 0x80));
    zpl_buf_putc(out, (char)v);
}

static void put_int(struct zpl_buf *out, uint64_t field, uint64_t v)
{
    put_varint(out, field << 3);
    put_varint(out, v);
}

static void put_bytes(struct zpl_buf *out, uint64_t field, const void *data, size_t len)
{
    put_varint(out, field << 3 | 2);
    put_varint(out, len);
    zpl_buf_add(out, data, len);
}

static void put_text(struct zpl_buf *out, uint64_t field, const char *s)
{
    put_bytes(out, field, s, strlen(s));
}

/* Puts `part` as a message and lets it go. */
static void put_part(struct zpl_buf *out, uint64_t field, struct zpl_buf *part)
{
    put_bytes(out, field, part->data ? part->data : "", part->len);
    zpl_buf_release(part);
}

static void put_value(struct zpl_buf *graph, uint64_t field, const char *name, int element,
                      int64_t first, int64_t second)
{
    struct zpl_buf value = {0}, type = {0}, tensor = {0}, shape = {0};
    const int64_t dims[] = {first, second};
    for (int i = 0; i < 2; i++) {
        struct zpl_buf dim = {0};
        if (dims[i] == ANY)
            put_text(&dim, 2, "n");
        else
            put_int(&dim, 1, (uint64_t)dims[i]);
        put_part(&shape, 1, &dim);
    }
    put_int(&tensor, 1, (uint64_t)element);
    put_part(&tensor, 2, &shape);
    put_part(&type, 1, &tensor);
    put_text(&value, 1, name);
    put_part(&value, 2, &type);
    put_part(graph, field, &value);
}

/* Texts end in NULL; `attributes` may be empty. */
static void put_node(struct zpl_buf *graph, const char *op, const char *domain,
                     const char *const *inputs, const char *output, struct zpl_buf *attributes)
{
    struct zpl_buf node = {0};
    for (; *inputs; inputs++)
        put_text(&node, 1, *inputs);
    put_text(&node, 2, output);
    put_text(&node, 4, op);
    if (attributes)
        zpl_buf_add(&node, attributes->data, attributes->len);
    if (*domain)
        put_text(&node, 7, domain);
    put_part(graph, 1, &node);
    if (attributes)
        zpl_buf_release(attributes);
}

static void attribute_int(struct zpl_buf *node, const char *name, int64_t v)
{
    struct zpl_buf attribute = {0};
    put_text(&attribute, 1, name);
    put_int(&attribute, 3, (uint64_t)v);
    put_int(&attribute, 20, 2);
    put_part(node, 5, &attribute);
}

static void put_tensor(struct zpl_buf *graph, const char *name, const float *data, int64_t first,
                       int64_t second, bool outside)
{
    struct zpl_buf tensor = {0}, entry = {0};
    put_int(&tensor, 1, (uint64_t)first);
    if (second)
        put_int(&tensor, 1, (uint64_t)second);
    put_int(&tensor, 2, ZPL_ONNX_FLOAT);
    put_text(&tensor, 8, name);
    if (outside) {
        put_text(&entry, 1, "location");
        put_text(&entry, 2, "weights.bin");
        put_part(&tensor, 13, &entry);
        put_int(&tensor, 14, 1);
    } else {
        put_bytes(&tensor, 9, data, (size_t)(first * (second ? second : 1)) * sizeof *data);
    }
    put_part(graph, 5, &tensor);
}

struct spec {
    size_t features, numbers; /* what it takes and gives a row */
    int element;              /* of its one input */
    int64_t batch;            /* rows that it takes; ANY */
    bool typed;               /* an input a feature: a, whole, kind */
    bool outside;             /* weights in another file */
    const char *last;         /* "Sigmoid", "Softmax"; NULL: what is linear */
    const char *recorded;     /* NULL: nothing */
};

static void put_cast(struct zpl_buf *graph, const char *from, const char *to)
{
    struct zpl_buf cast = {0};
    attribute_int(&cast, "to", ZPL_ONNX_FLOAT);
    put_node(graph, "Cast", "", (const char *const[]){from, NULL}, to, &cast);
}

/* kinds as numbers. */
static void put_encoder(struct zpl_buf *graph)
{
    struct zpl_buf both = {0}, keys = {0}, values = {0};
    put_text(&keys, 1, "keys_strings");
    put_text(&values, 1, "values_floats");
    for (int i = 0; i < 3; i++) {
        float v = (float)kind_value[i];
        put_text(&keys, 9, kinds[i]);
        put_varint(&values, 7 << 3 | 5);
        zpl_buf_add(&values, &v, sizeof v);
    }
    put_int(&keys, 20, 8);
    put_int(&values, 20, 6);
    put_part(&both, 5, &keys);
    put_part(&both, 5, &values);
    put_node(graph, "LabelEncoder", "ai.onnx.ml", (const char *const[]){"kind", NULL}, "kind#",
             &both);
}

static void put_inputs(struct zpl_buf *graph, const struct spec *spec)
{
    struct zpl_buf concat = {0};
    if (!spec->typed) {
        put_value(graph, 11, "x", spec->element, spec->batch, (int64_t)spec->features);
        put_cast(graph, "x", "all");
        return;
    }
    put_value(graph, 11, "a", ZPL_ONNX_DOUBLE, ANY, 1);
    put_value(graph, 11, "whole", ZPL_ONNX_INT64, ANY, 1);
    put_value(graph, 11, "kind", ZPL_ONNX_STRING, ANY, 1);
    put_cast(graph, "a", "a#");
    put_cast(graph, "whole", "whole#");
    put_encoder(graph);
    attribute_int(&concat, "axis", 1);
    put_node(graph, "Concat", "", (const char *const[]){"a#", "whole#", "kind#", NULL}, "all",
             &concat);
}

static void put_opset(struct zpl_buf *model, const char *domain, uint64_t version)
{
    struct zpl_buf opset = {0};
    put_text(&opset, 1, domain);
    put_int(&opset, 2, version);
    put_part(model, 8, &opset);
}

static struct zpl_buf make_model(const struct spec *spec)
{
    struct zpl_buf model = {0}, graph = {0}, entry = {0};
    float w[9];
    for (size_t i = 0; i < spec->features; i++)
        for (size_t k = 0; k < spec->numbers; k++)
            w[i * spec->numbers + k] = (float)weights[i][k];
    put_inputs(&graph, spec);
    put_node(&graph, "MatMul", "", (const char *const[]){"all", "w", NULL},
             spec->last ? "linear" : "out", NULL);
    if (spec->last)
        put_node(&graph, spec->last, "", (const char *const[]){"linear", NULL}, "out", NULL);
    put_text(&graph, 2, "g");
    put_tensor(&graph, "w", w, (int64_t)spec->features, (int64_t)spec->numbers, spec->outside);
    put_value(&graph, 12, "out", ZPL_ONNX_FLOAT, spec->batch, (int64_t)spec->numbers);
    put_int(&model, 1, 8);
    put_text(&model, 2, "a test");
    put_part(&model, 7, &graph);
    put_opset(&model, "", 15);
    put_opset(&model, "ai.onnx.ml", 2);
    if (spec->recorded) {
        put_text(&entry, 1, "zpl");
        put_text(&entry, 2, spec->recorded);
        put_part(&model, 14, &entry);
    }
    return model;
}

static void write_model(const struct spec *spec)
{
    struct zpl_buf model = make_model(spec);
    assert_int_equal(zpl_fs_write_file(model_path, model.data, model.len, false, NULL), ZPL_OK);
    zpl_buf_release(&model);
}

/* ---- running ---- */

#define RECORDED(features, label, type, classes, kind)                                             \
    "{\"classes\":[" classes "],\"features\":[" features "],\"kind\":\"" kind                      \
    "\",\"label\":\"" label "\",\"label_type\":\"" type "\",\"output\":\"out\",\"version\":1}"
#define AB    "\"a\",\"b\""
#define KINDS "\"slow\",\"mild\",\"fast\""

static const struct fake_column columns[] = {
    {"a", "g", rows.a, NULL},         {"b", "g", rows.b, NULL},
    {"whole", "l", rows.whole, NULL}, {"late", "b", rows.late, NULL},
    {"kind", "u", NULL, rows.kind},   {"class", "u", NULL, rows.class},
};
#define TYPE "a: Float, b: Float, whole: Int, late: Bool, kind: String, class: String"

static int run(struct fake_kernel *fake, const struct zpl_kernel *kernel, const char *added,
               int64_t batch, const struct fake_column *given)
{
    static struct fake_table tables[2];
    static char output[256];
    snprintf(output, sizeof output, "Table {" TYPE ", %s}", added);
    for (int i = 0; i < 2; i++)
        tables[i] = (struct fake_table){
            i ? "test" : "rows", "Table {" TYPE "}", given ? given : columns, 6, ROWS, batch, 0};
    *fake = (struct fake_kernel){.tables = tables,
                                 .table_count = 2,
                                 .model_path = model_path,
                                 .model_type = "Model {onnx}",
                                 .output_type = output};
    return fake_run(fake, kernel);
}

static void must_fail(const char *added, const struct fake_column *given, const char *words)
{
    struct fake_kernel fake;
    assert_int_not_equal(run(&fake, &zpl_kernel_predict, added, 0, given), 0);
    if (!strstr(zpl_buf_str(&fake.failure), words)) {
        print_error("'%s' is not in: %s\n", words, zpl_buf_str(&fake.failure));
        fail();
    }
    fake_release(&fake);
}

/* Cell `column` of each row of the table that a run wrote. */
static void written(const struct fake_kernel *fake, size_t column, char out[ROWS][32])
{
    const char *at = strchr(zpl_buf_str(&fake->table), '\n') + 1;
    for (int i = 0; i < ROWS; i++, at = strchr(at, '\n') + 1) {
        const char *cell = at;
        for (size_t k = 0; k < column; k++)
            cell = strchr(cell, '\t') + 1;
        snprintf(out[i], 32, "%.*s", (int)strcspn(cell, "\t\n"), cell);
    }
}

static char cells[ROWS][32], texts[ROWS][32];

static void must_predict(const char *added, int64_t batch, size_t score, size_t prediction)
{
    struct fake_kernel fake;
    if (run(&fake, &zpl_kernel_predict, added, batch, NULL)) {
        print_error("failed: %s\n", zpl_buf_str(&fake.failure));
        fail();
    }
    written(&fake, score, cells);
    written(&fake, prediction, texts);
    fake_release(&fake);
}

static double linear(int row, size_t number)
{
    return rows.a[row] * weights[0][number] + rows.b[row] * weights[1][number];
}

/* ---- tests ---- */

static void assert_refused(const char *dir, const char *target, enum zpl_err err, const char *words)
{
    char path[128], name[160];
    struct zpl_diags diags = {0};
    snprintf(path, sizeof path, "%s/%s", folder, dir);
    assert_int_equal(zpl_fs_mkdirs(path, NULL), ZPL_OK);
    snprintf(name, sizeof name, "%s/libonnxruntime.so", path);
    if (target)
        assert_int_equal(symlink(target, name), 0);
    else
        assert_int_equal(zpl_fs_write_file(name, "text", 4, false, NULL), ZPL_OK);
    setenv("ONNXRUNTIME_DIR", path, 1);
    assert_int_equal(zpl_ort_open(&diags), err);
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.items[0]->code, ZPL_CODE_NO_LIBRARY);
    assert_non_null(strstr(diags.items[0]->message, words));
    assert_non_null(strstr(diags.items[0]->help, "ONNXRUNTIME_DIR"));
    zpl_diags_release(&diags);
}

/* Runs first, while the library is not open. */
static void a_wrong_library_is_refused(void **state)
{
    char *kept = strdup(getenv("ONNXRUNTIME_DIR"));
    Dl_info libc;
    (void)state;
    assert_refused("broken", NULL, ZPL_ERR_IO, "can't be opened");
    assert_true(dladdr((void *)(uintptr_t)fopen, &libc) != 0);
    assert_refused("other", libc.dli_fname, ZPL_ERR_VERSION,
                   "is not ONNX Runtime " ZPL_ORT_VERSION);
    setenv("ONNXRUNTIME_DIR", kept, 1);
    free(kept);
}

static void a_probability_and_a_logit_are_scores_of_true(void **state)
{
    static const struct spec specs[] = {
        {2, 1, ZPL_ONNX_FLOAT, ANY, .last = "Sigmoid",
         .recorded = RECORDED(AB, "late", "Bool", "", "probability")},
        {2, 1, ZPL_ONNX_DOUBLE, ANY, .recorded = RECORDED(AB, "late", "Bool", "", "logit")},
        {2, 2, ZPL_ONNX_FLOAT, ANY, .last = "Softmax",
         .recorded = RECORDED(AB, "late", "Bool", "", "probability")},
        {2, 2, ZPL_ONNX_FLOAT, ANY, .recorded = RECORDED(AB, "late", "Bool", "", "logit")},
    };
    static const int64_t batches[] = {0, 1, 7};
    (void)state;
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++)
        for (size_t k = 0; k < 3; k++) {
            write_model(&specs[s]);
            must_predict("prediction: Bool, score: Float", batches[k], 7, 6);
            for (int i = 0; i < ROWS; i++) {
                double z = specs[s].numbers == 1 ? linear(i, 0) : linear(i, 1) - linear(i, 0);
                double p = 1 / (1 + exp(-z));
                assert_true(fabs(atof(cells[i]) - p) < 1e-6);
                if (fabs(p - 0.5) > 1e-6)
                    assert_string_equal(texts[i], p > 0.5 ? "1" : "0");
            }
        }
}

static void classes_are_in_the_order_of_the_description(void **state)
{
    static const struct spec specs[] = {
        {2, 3, ZPL_ONNX_FLOAT, ANY, .last = "Softmax",
         .recorded = RECORDED(AB, "class", "String", KINDS, "probability")},
        {2, 3, ZPL_ONNX_FLOAT, ANY, .recorded = RECORDED(AB, "class", "Enum", KINDS, "logit")},
    };
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        write_model(&specs[s]);
        must_predict("prediction: String, score: Float", 0, 7, 6);
        for (int i = 0; i < ROWS; i++) {
            size_t best = 0;
            double sum = 0;
            for (size_t k = 0; k < 3; k++) {
                sum += exp(linear(i, k));
                best = linear(i, k) > linear(i, best) ? k : best;
            }
            assert_true(fabs(atof(cells[i]) - exp(linear(i, best)) / sum) < 1e-6);
            assert_string_equal(texts[i], kinds[best]);
        }
    }
}

static void an_input_a_feature_has_its_own_type(void **state)
{
    static const struct spec spec = {
        3, 1, .batch = ANY, .typed = true,
        .recorded = RECORDED("\"a\",\"whole\",\"kind\"", "b", "Float", "", "value")};
    static const int64_t batches[] = {0, 3};
    (void)state;
    write_model(&spec);
    for (size_t k = 0; k < 2; k++) {
        must_predict("prediction: Float", batches[k], 6, 6);
        for (int i = 0; i < ROWS; i++)
            assert_true(
                fabs(atof(cells[i]) - (rows.a[i] * weights[0][0] + rows.whole[i] * weights[1][0] +
                                       kind_value[i % 3] * weights[2][0])) < 1e-5);
    }
    /* Neither a text nor a whole number can be missing. */
    static double some_whole[ROWS];
    static const char *some_kind[ROWS];
    struct fake_column gaps[6];
    memcpy(some_whole, rows.whole, sizeof some_whole);
    memcpy(some_kind, rows.kind, sizeof some_kind);
    memcpy(gaps, columns, sizeof gaps);
    some_whole[12] = NAN;
    gaps[2].numbers = some_whole;
    must_fail("prediction: Float", gaps, "feature 'whole' of `rows` is null in row 13");
    gaps[2].numbers = rows.whole;
    some_kind[40] = NULL;
    gaps[4].texts = some_kind;
    must_fail("prediction: Float", gaps, "feature 'kind' of `rows` is null in row 41");
}

static void a_report_agrees_with_its_definitions(void **state)
{
    static const struct spec spec = {2,
                                     1,
                                     ZPL_ONNX_FLOAT,
                                     ANY,
                                     .last = "Sigmoid",
                                     .recorded = RECORDED(AB, "late", "Bool", "", "probability")};
    struct fake_kernel fake;
    struct zpl_json *json = NULL;
    int right = 0;
    (void)state;
    write_model(&spec);
    assert_int_equal(run(&fake, &zpl_kernel_evaluate, "late: Bool", 0, NULL), 0);
    assert_int_equal(zpl_json_parse(fake.json.data, fake.json.len, &json, NULL), ZPL_OK);
    for (int i = 0; i < ROWS; i++)
        right += (linear(i, 0) >= 0) == (rows.late[i] != 0);
    double accuracy = zpl_json_f64(zpl_json_get(json, "accuracy"), -1);
    assert_true(fabs(accuracy - (double)right / ROWS) < 1e-9);
    zpl_json_release(json);
    fake_release(&fake);
}

static void what_can_not_be_scored_is_told(void **state)
{
    static const char bool_ab[] = RECORDED(AB, "late", "Bool", "", "probability");
    static const struct {
        struct spec spec;
        const char *words;
    } cases[] = {
        {{2, 1, ZPL_ONNX_FLOAT, ANY, .typed = false}, "it was not made by onnx.export"},
        {{2, 1, ZPL_ONNX_FLOAT, 16, .recorded = bool_ab}, "takes 16 rows at a time"},
        {{3, 1, ZPL_ONNX_FLOAT, ANY, .recorded = bool_ab},
         "the model takes f32[n, 3] 'x', and has 2 features"},
        {{2, 3, ZPL_ONNX_FLOAT, ANY, .recorded = bool_ab},
         "has 3 numbers a row, and 1 are expected"},
        {{2, 1, ZPL_ONNX_FLOAT, ANY, .recorded = bool_ab}, "which is no probability"},
        {{2, 1, ZPL_ONNX_FLOAT, ANY, .outside = true, .recorded = bool_ab},
         "keeps tensor 'w' in another file"},
        {{2, 1, ZPL_ONNX_FLOAT, ANY, .recorded = RECORDED(AB, "late", "Bool", "", "value")},
         "says that its output is 'value'"},
        {{2, 1, ZPL_ONNX_FLOAT, ANY, .last = "Nonsense", .recorded = bool_ab},
         "ONNX Runtime can't open the model"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_model(&cases[i].spec);
        must_fail("prediction: Bool, score: Float", NULL, cases[i].words);
    }
    /* A missing number is one that the model takes, and what it makes of it is none. */
    static double some[ROWS];
    struct fake_column gaps[6];
    memcpy(some, rows.a, sizeof some);
    memcpy(gaps, columns, sizeof gaps);
    some[100] = NAN;
    gaps[0].numbers = some;
    write_model(&(struct spec){2, 1, ZPL_ONNX_FLOAT, ANY, .last = "Sigmoid", .recorded = bool_ab});
    must_fail("prediction: Bool, score: Float", gaps, "is no number for row 101");
}

/* Files that are cut off anywhere, or of which bytes are others: an answer, whatever it is. */
static void a_broken_file_is_an_error(void **state)
{
    static const struct spec spec = {
        3, 1, .batch = ANY, .typed = true,
        .recorded = RECORDED("\"a\",\"whole\",\"kind\"", "b", "Float", "", "value")};
    struct zpl_buf model = make_model(&spec);
    uint64_t seed = 3;
    const char *words;
    (void)state;
    for (size_t len = 0; len < model.len; len++) {
        struct zpl_arena arena = {0};
        struct zpl_onnx onnx;
        char *copy = malloc(len + 1);
        memcpy(copy, model.data, len);
        bool read = zpl_onnx_read(copy, len, &onnx, &arena, &words);
        assert_true(read || words);
        free(copy);
        zpl_arena_release(&arena);
    }
    for (int round = 0; round < 400; round++) {
        struct fake_kernel fake;
        char *copy = malloc(model.len);
        memcpy(copy, model.data, model.len);
        for (int k = 0; k <= round % 4; k++)
            copy[(size_t)(fake_random(&seed) * (double)model.len)] =
                (char)(256 * fake_random(&seed));
        assert_int_equal(zpl_fs_write_file(model_path, copy, model.len, false, NULL), ZPL_OK);
        if (run(&fake, &zpl_kernel_predict, "prediction: Float", 0, NULL))
            assert_true(fake.failure.len > 0);
        fake_release(&fake);
        free(copy);
    }
    zpl_buf_release(&model);
}

static void a_file_says_what_it_is(void **state)
{
    static const struct spec spec = {3, 1, .batch = ANY, .typed = true, .last = "Sigmoid"};
    struct zpl_buf model = make_model(&spec);
    struct zpl_arena arena = {0};
    struct zpl_onnx onnx;
    const char *words;
    (void)state;
    assert_true(zpl_onnx_read(model.data, model.len, &onnx, &arena, &words));
    assert_int_equal(onnx.input_count, 3);
    assert_string_equal(zpl_onnx_shape(&onnx.inputs[0], &arena), "f64[n, 1]");
    assert_string_equal(zpl_onnx_shape(&onnx.inputs[2], &arena), "string[n, 1]");
    assert_string_equal(onnx.outputs[0].name, "out");
    assert_string_equal(onnx.producer, "a test");
    assert_int_equal(onnx.opset_count, 2);
    assert_int_equal(onnx.opsets[0].count, 15);
    assert_string_equal(onnx.operators[0].name, "Cast");
    assert_int_equal(onnx.operators[0].count, 2);
    assert_int_equal(onnx.nodes, 6);
    assert_null(onnx.recorded);
    assert_null(onnx.outside);
    /* A function's attribute may be a tensor, and that in another file. */
    struct zpl_buf function = {0}, attribute = {0};
    put_tensor(&attribute, "d", NULL, 1, 0, true);
    put_part(&function, 11, &attribute);
    put_part(&model, 25, &function);
    assert_true(zpl_onnx_read(model.data, model.len, &onnx, &arena, &words));
    assert_string_equal(onnx.outside, "d");
    zpl_arena_release(&arena);
    zpl_buf_release(&model);
}

static int set_up(void **state)
{
    (void)state;
    setenv("ONNXRUNTIME_DIR", "build/deps/onnxruntime", 0);
    fill_rows();
    if (!mkdtemp(folder))
        return -1;
    snprintf(model_path, sizeof model_path, "%s/model", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return zpl_fs_remove_tree(folder, NULL) == ZPL_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_library_is_refused),
        cmocka_unit_test(a_file_says_what_it_is),
        cmocka_unit_test(a_probability_and_a_logit_are_scores_of_true),
        cmocka_unit_test(classes_are_in_the_order_of_the_description),
        cmocka_unit_test(an_input_a_feature_has_its_own_type),
        cmocka_unit_test(a_report_agrees_with_its_definitions),
        cmocka_unit_test(what_can_not_be_scored_is_told),
        cmocka_unit_test(a_broken_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
