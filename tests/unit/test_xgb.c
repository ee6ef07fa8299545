/* test_xgb.c - training, predicting and evaluating with XGBoost, from rows to figures.
 * Needs the library: in XGBOOST_DIR, or in build/deps of the folder the tests run in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "stdlib/model/xgb.h"
#include "tests/unit/fake_kernel.h"

extern const struct zpl_kernel zpl_kernel_xgboost_train, zpl_kernel_predict, zpl_kernel_evaluate;

enum { ROWS = 1200 };

static char folder[] = "/tmp/zpl-test-xgb-XXXXXX";
static char model_path[64], other_path[64];

/* The rows all tests learn from: speed and late decide the labels, `gap` has nulls, day is a date
 * that no model reads. */
static struct {
    double speed[ROWS], wet[ROWS], gap[ROWS], day[ROWS], late[ROWS], cost[ROWS];
    const char *kind[ROWS];
} rows;

static void fill_rows(void)
{
    uint64_t seed = 11;

    for (int i = 0; i < ROWS; i++) {
        double noise = fake_random(&seed);
        rows.speed[i] = floor(100 * fake_random(&seed));
        rows.wet[i] = fake_random(&seed) < 0.3;
        rows.gap[i] = i % 11 == 0 ? NAN : fake_random(&seed);
        rows.day[i] = 18000 + i;
        rows.late[i] = rows.speed[i] + 30 * rows.wet[i] + 40 * noise > 80;
        rows.cost[i] = 2 * rows.speed[i] + 10 * rows.wet[i] + noise;
        rows.kind[i] = rows.speed[i] < 30 ? "slow" : rows.speed[i] < 70 ? "mild" : "express";
    }
}

static const char *const features[] = {"speed", "wet", "gap", NULL};
static const char *const late[] = {"late", NULL}, *const cost[] = {"cost", NULL},
                         *const kind[] = {"kind", NULL};

static const struct fake_column columns[] = {
    {"speed", "l", rows.speed, NULL}, {"late", "b", rows.late, NULL},
    {"wet", "b", rows.wet, NULL},     {"day", "tdD", rows.day, NULL},
    {"gap", "g", rows.gap, NULL},     {"cost", "g", rows.cost, NULL},
    {"kind", "u", NULL, rows.kind},
};

/* What a run of a kernel is given, with the usual values. */
struct setup {
    const char *const *label;
    const char *kind_type; /* "String" or an Enum */
    const char *path;
    const char *output;
    int64_t batch, front, count;
    const struct fake_param *params;
    size_t param_count;
    const struct fake_column *columns;
    uint64_t memory;
};

static int run(struct fake_kernel *fake, const struct zpl_kernel *kernel, struct setup setup)
{
    static struct fake_binding bindings[2];
    static struct fake_table tables[3];
    static char type[256];
    static const char *const inputs[] = {"train", "test", "rows"};

    snprintf(type, sizeof type,
             "Table {speed: Int, late: Bool, wet: Bool, day: Date, gap: Float, cost: Float, "
             "kind: %s}",
             setup.kind_type ? setup.kind_type : "String");
    bindings[0] = (struct fake_binding){"f", features};
    bindings[1] = (struct fake_binding){"l", setup.label};
    for (int i = 0; i < 3; i++)
        tables[i] = (struct fake_table){
            inputs[i],   type,       setup.columns ? setup.columns : columns, 7, setup.count,
            setup.batch, setup.front};
    *fake = (struct fake_kernel){
        .tables = tables,
        .table_count = 3,
        .bindings = bindings,
        .binding_count = 2,
        .params = setup.params,
        .param_count = setup.param_count,
        .model_path = setup.path ? setup.path : model_path,
        .output_type = setup.output,
        .memory = setup.memory,
    };
    return fake_run(fake, kernel);
}

static const struct fake_param twenty[] = {{"rounds", 20, true}, {"eta", 0.5, false}};

static struct setup with_label(const char *const *label)
{
    return (struct setup){.label = label, .count = ROWS, .params = twenty, .param_count = 2};
}

static void must_run(const struct zpl_kernel *kernel, struct setup setup)
{
    struct fake_kernel fake;
    if (run(&fake, kernel, setup)) {
        print_error("failed: %s\n", zpl_buf_str(&fake.failure));
        fail();
    }
    fake_release(&fake);
}

static void must_fail(const struct zpl_kernel *kernel, struct setup setup, const char *words)
{
    struct fake_kernel fake;
    assert_int_not_equal(run(&fake, kernel, setup), 0);
    if (!strstr(zpl_buf_str(&fake.failure), words)) {
        print_error("'%s' is not in: %s\n", words, zpl_buf_str(&fake.failure));
        fail();
    }
    fake_release(&fake);
}

static double report(struct fake_kernel *fake, const char *name)
{
    struct zpl_json *json = NULL;
    double v;

    assert_int_equal(zpl_json_parse(fake->json.data, fake->json.len, &json, NULL), ZPL_OK);
    v = zpl_json_f64(zpl_json_get(json, name), NAN);
    zpl_json_release(json);
    return v;
}

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        print_error("got %.17g, wanted %.17g\n", got, want);
        fail();
    }
}

static void read_model(const char *path, struct zpl_buf *out)
{
    assert_int_equal(zpl_fs_read_file(path, 1u << 30, out, NULL), ZPL_OK);
}

static void assert_same_models(bool same)
{
    struct zpl_buf a = {0}, b = {0};

    read_model(model_path, &a);
    read_model(other_path, &b);
    assert_int_equal(a.len == b.len && memcmp(a.data, b.data, a.len) == 0, same);
    zpl_buf_release(&a);
    zpl_buf_release(&b);
}

/* Cell `column` of row `row` (from 0) of the table that was written. */
static void cell(const struct fake_kernel *fake, int row, int column, char out[64])
{
    const char *p = fake->table.data;

    for (int i = 0; i <= row; i++)
        p = strchr(p, '\n') + 1;
    for (int i = 0; i < column; i++)
        p = strchr(p, '\t') + 1;
    snprintf(out, 64, "%.*s", (int)strcspn(p, "\t"), p);
}

static void a_model_depends_on_rows_and_params_alone(void **state)
{
    struct setup setup = with_label(late);
    const struct fake_param sampled[] = {
        {"rounds", 20, true}, {"subsample", 0.5, false}, {"seed", 4, true}};

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    setup.path = other_path;
    setup.batch = 77;
    setup.front = 9;
    must_run(&zpl_kernel_xgboost_train, setup);
    assert_same_models(true);
    setup.params = sampled;
    setup.param_count = 3;
    must_run(&zpl_kernel_xgboost_train, setup);
    assert_same_models(false);
    setup.path = model_path;
    setup.batch = 0;
    must_run(&zpl_kernel_xgboost_train, setup);
    assert_same_models(true);
}

static void training_tells_how_it_goes(void **state)
{
    struct setup setup = with_label(late);
    struct fake_kernel fake;
    double first, last;
    const char *line;

    (void)state;
    assert_int_equal(run(&fake, &zpl_kernel_xgboost_train, setup), 0);
    assert_int_equal(fake.progress_calls, 20);
    line = strstr(zpl_buf_str(&fake.log), "round 1 of 20: train logloss ");
    assert_non_null(line);
    first = atof(strrchr(line, '\n') ? strstr(line, "logloss ") + 8 : "");
    line = strstr(line, "round 20 of 20: train logloss ");
    assert_non_null(line);
    last = atof(strstr(line, "logloss ") + 8);
    assert_true(last < first && last > 0);
    fake_release(&fake);
}

static void predictions_follow_the_columns_they_belong_to(void **state)
{
    struct setup setup = with_label(late);
    struct fake_kernel fake, other;
    char text[64], want[64];
    int right = 0;

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    setup.output = "Table {speed: Int, late: Bool, wet: Bool, day: Date, gap: Float, cost: Float, "
                   "kind: String, prediction: Bool, score: Float}";
    assert_int_equal(run(&fake, &zpl_kernel_predict, setup), 0);
    snprintf(want, sizeof want, "speed\tlate\twet\tday\tgap\tcost\tkind\tprediction\tscore\t\n");
    assert_memory_equal(fake.table.data, want, strlen(want));
    for (int i = 0; i < ROWS; i++) {
        cell(&fake, i, 0, text);
        assert_near(atof(text), rows.speed[i], 0);
        cell(&fake, i, 3, text);
        snprintf(want, sizeof want, "%d", 18000 + i);
        assert_string_equal(text, want);
        cell(&fake, i, 6, text);
        assert_string_equal(text, rows.kind[i]);
        cell(&fake, i, 8, text);
        assert_true(atof(text) >= 0 && atof(text) <= 1);
        snprintf(want, sizeof want, "%d", atof(text) >= 0.5);
        cell(&fake, i, 7, text);
        assert_string_equal(text, want);
        right += atof(text) == rows.late[i];
    }
    assert_true(right > ROWS * 0.8);
    setup.batch = 100;
    setup.front = 3;
    assert_int_equal(run(&other, &zpl_kernel_predict, setup), 0);
    assert_string_equal(zpl_buf_str(&fake.table), zpl_buf_str(&other.table));
    fake_release(&other);
    /* The report on the same rows says the same. */
    assert_int_equal(run(&other, &zpl_kernel_evaluate, setup), 0);
    assert_near(report(&other, "accuracy"), (double)right / ROWS, 1e-15);
    fake_release(&other);
    fake_release(&fake);
}

static void a_bool_report_agrees_with_its_definitions(void **state)
{
    struct setup setup = with_label(late);
    double score[ROWS], pairs = 0, ordered = 0, loss = 0, tp = 0, fp = 0, fn = 0;
    struct fake_kernel fake;
    char text[64];

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    setup.output = "Table {late: Bool, score: Float}";
    assert_int_equal(run(&fake, &zpl_kernel_predict, setup), 0);
    for (int i = 0; i < ROWS; i++) {
        cell(&fake, i, 1, text);
        score[i] = atof(text);
        loss -= log(rows.late[i] != 0 ? score[i] : 1 - score[i]) / ROWS;
        tp += rows.late[i] != 0 && score[i] >= 0.5;
        fp += rows.late[i] == 0 && score[i] >= 0.5;
        fn += rows.late[i] != 0 && score[i] < 0.5;
    }
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < ROWS; j++)
            if (rows.late[i] != 0 && rows.late[j] == 0) {
                pairs++;
                ordered += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
            }
    fake_release(&fake);
    setup.batch = 64;
    assert_int_equal(run(&fake, &zpl_kernel_evaluate, setup), 0);
    assert_near(report(&fake, "auc"), ordered / pairs, 1e-14);
    assert_near(report(&fake, "log_loss"), loss, 1e-12);
    assert_near(report(&fake, "precision"), tp / (tp + fp), 1e-15);
    assert_near(report(&fake, "recall"), tp / (tp + fn), 1e-15);
    assert_near(report(&fake, "f1"), 2 * tp / (2 * tp + fp + fn), 1e-15);
    assert_near(report(&fake, "rows"), ROWS, 0);
    assert_near(report(&fake, "positives"), tp + fn, 0);
    fake_release(&fake);
}

static void classes_are_named_by_their_texts(void **state)
{
    struct setup setup = with_label(kind);
    struct fake_kernel fake, other;
    char text[64];
    int right = 0;

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    setup.output = "Table {prediction: String, score: Float}";
    assert_int_equal(run(&fake, &zpl_kernel_predict, setup), 0);
    for (int i = 0; i < ROWS; i++) {
        cell(&fake, i, 0, text);
        right += strcmp(text, rows.kind[i]) == 0;
        cell(&fake, i, 1, text);
        assert_true(atof(text) > 1.0 / 3 && atof(text) <= 1);
    }
    assert_true(right == ROWS); /* speed decides the class */
    assert_int_equal(run(&other, &zpl_kernel_evaluate, setup), 0);
    assert_near(report(&other, "accuracy"), 1, 0);
    assert_near(report(&other, "macro_f1"), 1, 0);
    assert_near(report(&other, "classes"), 3, 0);
    assert_true(report(&other, "log_loss") < 0.1);
    fake_release(&other);
    fake_release(&fake);
    /* An Enum has the classes it declares, in its order, also one that no row has. */
    setup.kind_type = "Enum {\"slow\", \"mild\", \"express\", \"never\"}";
    must_run(&zpl_kernel_xgboost_train, setup);
    assert_int_equal(run(&other, &zpl_kernel_evaluate, setup), 0);
    assert_near(report(&other, "classes"), 4, 0);
    assert_near(report(&other, "macro_f1"), 1, 0);
    fake_release(&other);
    setup.kind_type = "Enum {\"slow\", \"mild\"}";
    must_fail(&zpl_kernel_xgboost_train, setup, "label 'express' is not one of the values");
}

static void a_number_is_estimated(void **state)
{
    struct setup setup = with_label(cost);
    double squares = 0, absolute = 0, mean = 0, spread = 0;
    struct fake_kernel fake;
    char text[64];

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    setup.output = "Table {cost: Float, prediction: Float}";
    assert_int_equal(run(&fake, &zpl_kernel_predict, setup), 0);
    for (int i = 0; i < ROWS; i++)
        mean += rows.cost[i] / ROWS;
    for (int i = 0; i < ROWS; i++) {
        cell(&fake, i, 1, text);
        squares += pow(rows.cost[i] - atof(text), 2);
        absolute += fabs(rows.cost[i] - atof(text)) / ROWS;
        spread += pow(rows.cost[i] - mean, 2);
    }
    fake_release(&fake);
    assert_int_equal(run(&fake, &zpl_kernel_evaluate, setup), 0);
    assert_near(report(&fake, "rmse"), sqrt(squares / ROWS), 1e-12);
    assert_near(report(&fake, "mae"), absolute, 1e-12);
    assert_near(report(&fake, "r2"), 1 - squares / spread, 1e-12);
    assert_true(report(&fake, "r2") > 0.99);
    fake_release(&fake);
}

static void labels_must_be_there_and_differ(void **state)
{
    struct setup setup = with_label(late);
    struct fake_column changed[7];
    double labels[ROWS];
    const char *texts[ROWS];

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    memcpy(changed, columns, sizeof changed);
    memcpy(labels, rows.late, sizeof labels);
    changed[1].numbers = labels;
    setup.columns = changed;
    setup.batch = 100;
    labels[204] = labels[500] = NAN;
    must_fail(&zpl_kernel_xgboost_train, setup, "2 of 1200 rows of `train` have no label");
    must_fail(&zpl_kernel_xgboost_train, setup, "first in row 205");
    must_fail(&zpl_kernel_evaluate, setup, "2 of 1200 rows of `test` have no label");
    for (int i = 0; i < ROWS; i++)
        labels[i] = 1;
    must_fail(&zpl_kernel_xgboost_train, setup, "'late' is true in all 1200 rows");
    must_fail(&zpl_kernel_evaluate, setup, "'late' is true in all 1200 rows of `test`");
    setup.label = kind;
    memcpy(texts, rows.kind, sizeof texts);
    changed[6].texts = texts;
    must_run(&zpl_kernel_xgboost_train, setup);
    texts[7] = "flying";
    must_fail(&zpl_kernel_evaluate, setup, "row 8 of `test` has the label 'flying'");
    setup.label = cost;
    changed[5].numbers = labels;
    labels[3] = INFINITY;
    must_fail(&zpl_kernel_xgboost_train, setup, "'cost' is infinite, or too large");
}

static void features_must_be_finite_floats(void **state)
{
    struct setup setup = with_label(late);
    struct fake_column changed[7];
    double gap[ROWS];

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    memcpy(changed, columns, sizeof changed);
    memcpy(gap, rows.gap, sizeof gap);
    changed[4].numbers = gap;
    gap[301] = 1e300;
    setup.columns = changed;
    setup.batch = 100;
    must_fail(&zpl_kernel_xgboost_train, setup, "'gap' of `train` is infinite, or too large");
    must_fail(&zpl_kernel_xgboost_train, setup, "row 302");
    setup.output = "Table {prediction: Bool, score: Float}";
    must_fail(&zpl_kernel_predict, setup, "row 302");
}

static void what_can_not_be_learned_is_refused_in_words(void **state)
{
    struct setup setup = with_label(late);
    const struct fake_param empty[] = {{"subsample", 0, false}}, wrong[] = {{"eta", -1, false}};

    (void)state;
    setup.memory = 1000;
    must_fail(&zpl_kernel_xgboost_train, setup, "resources = { memory");
    setup.memory = 0;
    setup.params = empty;
    setup.param_count = 1;
    must_fail(&zpl_kernel_xgboost_train, setup, "subsample is 0");
    setup.params = wrong;
    must_fail(&zpl_kernel_xgboost_train, setup, "XGBoost can't ");
    setup.count = 0;
    must_fail(&zpl_kernel_xgboost_train, setup, "`train` holds no rows");
}

static void a_new_column_must_not_hide_an_old_one(void **state)
{
    struct setup setup = with_label(late);
    struct fake_column changed[7];

    (void)state;
    must_run(&zpl_kernel_xgboost_train, setup);
    memcpy(changed, columns, sizeof changed);
    changed[5].name = "score";
    setup.columns = changed;
    setup.output = "Table {score: Float, prediction: Bool}";
    must_fail(&zpl_kernel_predict, setup, "has a column 'score' already");
}

static void other_peoples_models_are_refused(void **state)
{
    static const char junk[] = "{\"this is\": \"no model\"}";
    struct setup setup = with_label(late);
    struct zpl_buf model = {0};
    char *version;

    (void)state;
    setup.output = "Table {prediction: Bool, score: Float}";
    must_run(&zpl_kernel_xgboost_train, setup);
    read_model(model_path, &model);
    setup.path = other_path;
    version = memmem(model.data, model.len, "\"xgboost\":\"3.2.0\"", 17);
    if (!version) /* as UBJSON keeps the text of an attribute */
        version = memmem(model.data, model.len, "\\\"xgboost\\\":\\\"3.2.0", 19);
    assert_non_null(version);
    memcpy(strstr(version, "3.2.0"), "1.7.4", 5);
    assert_int_equal(zpl_fs_write_file(other_path, model.data, model.len, false, NULL), ZPL_OK);
    must_fail(&zpl_kernel_predict, setup, "trained with XGBoost 1.7.4");
    assert_int_equal(zpl_fs_write_file(other_path, junk, sizeof junk - 1, false, NULL), ZPL_OK);
    must_fail(&zpl_kernel_predict, setup, "XGBoost can't read the model");
    assert_int_equal(zpl_fs_write_file(other_path, model.data, model.len / 2, false, NULL), ZPL_OK);
    must_fail(&zpl_kernel_evaluate, setup, "XGBoost can't read the model");
    zpl_buf_release(&model);
}

/* Fails the N-th allocation of a kernel's run, N = 0, 1, … until none is left to fail. */
static void sweep(const struct zpl_kernel *kernel, struct setup setup)
{
    struct fake_kernel fake;
    bool fired = true, failed;

    for (long n = 0; fired; n++) {
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        failed = run(&fake, kernel, setup) != 0;
        fired = zpl_fault_fired();
        zpl_fault_disarm();
        if (failed != fired && !fake_lost(&fake))
            print_error("allocation %ld of %s: %s\n", n, kernel->name, zpl_buf_str(&fake.failure));
        assert_true(failed == fired || fake_lost(&fake));
        fake_release(&fake);
    }
}

static void every_failing_allocation_is_a_failure_in_words(void **state)
{
    const struct fake_param two[] = {{"rounds", 2, true}};
    const char *const *labels[] = {late, kind, cost};
    const char *outputs[] = {"Table {day: Date, prediction: Bool, score: Float}",
                             "Table {day: Date, prediction: String, score: Float}",
                             "Table {day: Date, prediction: Float}"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct setup setup = with_label(labels[i]);
        setup.params = two;
        setup.param_count = 1;
        setup.batch = 500;
        setup.output = outputs[i];
        sweep(&zpl_kernel_xgboost_train, setup);
        sweep(&zpl_kernel_predict, setup);
        sweep(&zpl_kernel_evaluate, setup);
    }
}

/* Puts `target` (a link) or a text file where the library is looked for, and tries to open it. */
static void assert_refused(const char *dir, const char *target, enum zpl_err err, const char *words)
{
    char path[128], name[160];
    struct zpl_diags diags = {0};

    snprintf(path, sizeof path, "%s/%s/xgboost/lib", folder, dir);
    assert_int_equal(zpl_fs_mkdirs(path, NULL), ZPL_OK);
    snprintf(name, sizeof name, "%s/libxgboost.so", path);
    if (target)
        assert_int_equal(symlink(target, name), 0);
    else
        assert_int_equal(zpl_fs_write_file(name, "text", 4, false, NULL), ZPL_OK);
    snprintf(path, sizeof path, "%s/%s", folder, dir);
    setenv("XGBOOST_DIR", path, 1);
    assert_int_equal(zpl_xgb_open(&diags), err);
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.items[0]->code, ZPL_CODE_NO_LIBRARY);
    assert_non_null(strstr(diags.items[0]->message, words));
    assert_non_null(strstr(diags.items[0]->help, "XGBOOST_DIR"));
    zpl_diags_release(&diags);
}

/* Runs first, while the library is not open. */
static void a_wrong_library_is_refused(void **state)
{
    const char *dir = getenv("XGBOOST_DIR");
    char *kept = strdup(dir);
    Dl_info libc;

    (void)state;
    assert_refused("broken", NULL, ZPL_ERR_IO, "can't be opened");
    assert_true(dladdr((void *)(uintptr_t)fopen, &libc) != 0);
    assert_refused("other", libc.dli_fname, ZPL_ERR_VERSION, "it is not XGBoost");
    setenv("XGBOOST_DIR", kept, 1);
    free(kept);
}

static int set_up(void **state)
{
    (void)state;
    setenv("XGBOOST_DIR", "build/deps/xgboost", 0);
    setenv("OMP_WAIT_POLICY", "passive",
           1); /* threads that wait take the processor from other tests */
    fill_rows();
    if (!mkdtemp(folder))
        return -1;
    snprintf(model_path, sizeof model_path, "%s/model", folder);
    snprintf(other_path, sizeof other_path, "%s/other-model", folder);
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
        cmocka_unit_test(a_model_depends_on_rows_and_params_alone),
        cmocka_unit_test(training_tells_how_it_goes),
        cmocka_unit_test(predictions_follow_the_columns_they_belong_to),
        cmocka_unit_test(a_bool_report_agrees_with_its_definitions),
        cmocka_unit_test(classes_are_named_by_their_texts),
        cmocka_unit_test(a_number_is_estimated),
        cmocka_unit_test(labels_must_be_there_and_differ),
        cmocka_unit_test(features_must_be_finite_floats),
        cmocka_unit_test(what_can_not_be_learned_is_refused_in_words),
        cmocka_unit_test(a_new_column_must_not_hide_an_old_one),
        cmocka_unit_test(other_peoples_models_are_refused),
        cmocka_unit_test(every_failing_allocation_is_a_failure_in_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
