/* test_call.c - calls against signatures: what fits, what it gives, what is told when it does
 * not.   Long because every rule of a call has its case here, and all share the steps below. */
#include "tests/unit/checking.h"
#include "lang/base/fault.h"

#define IDENTITY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STEP(n, s)                                                                                 \
    {                                                                                              \
        .name = n, .signature = s, .kernel = n, .identity = IDENTITY, .engines = ""                \
    }

static const struct zpl_step_info split =
    STEP("split", "(rows: Table {...r}, ratio: Float 0..1 = 0.8, seed: Int = 0, "
                  "stratify?: column s, time?: column w) -> "
                  "(train: Table {...r}, test: Table {...r}) disjoint");
static const struct zpl_step_info train =
    STEP("xgboost.train",
         "(train: Table {l: y, ...f}, label: column l, features?: columns f, "
         "rounds: Int 1..5000 = 100, max_depth: Int 1..30 = 6, eta: Float 0..1 = 0.3, "
         "seed: Int = 0) -> (model: Model {xgboost, features: f, label: l: y}) where f: Number");
static const struct zpl_step_info predict =
    STEP("predict", "(model: Model {xgboost, features: f, label: l: Bool}, "
                    "rows: Table {...f, ...r}) -> "
                    "(rows: Table {...f, ...r, prediction: Bool, score: Float})\n"
                    "(model: Model {xgboost, features: f, label: l: y}, rows: Table {...f, ...r}) "
                    "-> (rows: Table {...f, ...r, prediction: y, score: Float}) where y: Class\n"
                    "(model: Model {xgboost, features: f, label: l: Number}, "
                    "rows: Table {...f, ...r}) -> (rows: Table {...f, ...r, prediction: Float})");
static const struct zpl_step_info evaluate =
    STEP("evaluate", "(model: Model {xgboost, features: f, label: l: Bool}, "
                     "test: Table {l: Bool, ...f, ...r}) -> (report: Report {auc: Float, "
                     "accuracy: Float, rows: Int})\n"
                     "(model: Model {xgboost, features: f, label: l: Class}, "
                     "test: Table {l: Class, ...f, ...r}) -> (report: Report {accuracy: Float, "
                     "rows: Int})\n"
                     "(model: Model {xgboost, features: f, label: l: Number}, "
                     "test: Table {l: Number, ...f, ...r}) -> (report: Report {rmse: Float, "
                     "rows: Int})");
static const struct zpl_step_info drift =
    STEP("drift", "(reference: Table {...r}, current: Table {...r, ...s}) -> "
                  "(report: Report {drifted: Bool, share: Float})");
static const struct zpl_step_info deploy = STEP("deploy", "(model: Model, name: String) effect");
static const struct zpl_step_info rename_ =
    STEP("rename", "(rows: Table {from: y, ...r}, from: column from, to: column to) -> "
                   "(rows: Table {to: y, ...r})");
static const struct zpl_step_info join =
    STEP("join", "(left: Table {k, ...a}, right: Table {k, ...b}, on: columns k) -> "
                 "(rows: Table {k, ...a, ...b})");
static const struct zpl_step_info pick =
    STEP("select", "(rows: Table {...c, ...r}, columns: columns c) -> (rows: Table {...c})");
static const struct zpl_step_info stack_ =
    STEP("union", "(a: Table {...r}, b: Table {...r}) -> (rows: Table {...r})");
static const struct zpl_step_info closed =
    STEP("closed", "(rows: Table {b: Int, a: Float}) -> (rows: Table {a: Float, n: Int})");
static const struct zpl_step_info open_ =
    STEP("open", "(rows: Table {b: Int, ...}) -> (rows: Table {b: Int, ...})");

#define ROWS "Table {hour: Int, weekday: Int, distance: Float, late: Bool}"

static void bench(struct bench *b)
{
    bench_start(b);
    define(b, "rows", ROWS);
}

/* ---- what fits ------------------------------------------------------------------------------- */

static void the_demo_checks_down_to_the_column(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    checks_as(&b, &split, "split { rows, ratio = 0.8, seed = 7 }", "train");
    assert_output(&b, 0, ROWS);
    assert_output(&b, 1, ROWS);
    assert_true(made(&b)->disjoint);
    assert_string_equal(reads_of(&b, "rows"), "*");
    assert_string_equal(binding_of(&b, "r"), "hour, weekday, distance, late");
    name_value(&b, "test", value_of(&b, b.node, 1));
    checks_as(&b, &train, "xgboost.train { train, label = \"late\", rounds = 100 }", "model");
    assert_output(&b, 0,
                  "Model {xgboost, features: {hour: Int, weekday: Int, distance: Float}, "
                  "label: late: Bool}");
    assert_string_equal(reads_of(&b, "train"), "*");
    assert_string_equal(binding_of(&b, "l"), "late");
    assert_string_equal(binding_of(&b, "f"), "hour, weekday, distance");
    checks_as(&b, &evaluate, "evaluate { model, test }", "report");
    assert_output(&b, 0, "Report {auc: Float, accuracy: Float, rows: Int}");
    assert_string_equal(reads_of(&b, "test"), "hour, weekday, distance, late");
    checks_as(&b, &drift, "drift { train, test }", NULL);
    checks_as(&b, &deploy, "deploy { model, name = \"delays\" }", NULL);
    assert_true(made(&b)->effect);
    assert_int_equal(made(&b)->output_count, 0);
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
}

static void arguments_are_admitted_and_defaults_filled_in(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    checks_as(&b, &split, "split { ratio = 1, rows = rows }", NULL);
    const struct zpl_node *node = made(&b);
    assert_int_equal(node->argument_count, 3);
    assert_string_equal(node->arguments[0].name, "rows");
    assert_string_equal(node->arguments[1].name, "ratio");
    assert_int_equal(node->arguments[1].value->literal->kind, ZPL_LIT_FLOAT);
    assert_true(node->arguments[1].value->literal->as.f == 1.0);
    assert_string_equal(covered(&b, node->arguments[1].span), "1");
    assert_string_equal(node->arguments[2].name, "seed");
    assert_int_equal(node->arguments[2].value->literal->as.i, 0);
    assert_int_equal(node->arguments[2].span.source, 0);
    assert_string_equal(covered(&b, node->span), "split");
    assert_string_equal(node->kernel, "split");
    assert_string_equal(node->identity, IDENTITY);
    assert_true(node->cache);
    checks_as(&b, &split, "split { rows, stratify = nil }", NULL);
    assert_null(zpl_node_argument(made(&b), "stratify"));
    bench_end(&b);
}

static void given_features_restrict_what_is_read(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    checks_as(&b, &train,
              "xgboost.train { rows, label = \"late\", features = { \"distance\", \"hour\" } }",
              "model");
    assert_output(&b, 0,
                  "Model {xgboost, features: {hour: Int, distance: Float}, label: late: Bool}");
    assert_string_equal(binding_of(&b, "f"), "hour, distance");
    assert_string_equal(reads_of(&b, "train"), "hour, distance, late");
    define(&b, "more", "Table {late: Bool, x: String, distance: Int, hour: Int}");
    checks_as(&b, &evaluate, "evaluate { model, more }", NULL);
    assert_string_equal(reads_of(&b, "test"), "late, distance, hour");
    assert_string_equal(binding_of(&b, "f"), "hour, distance");
    assert_string_equal(binding_of(&b, "r"), "-");
    checks_as(&b, &predict, "predict { model, more }", NULL);
    assert_output(&b, 0,
                  "Table {late: Bool, x: String, distance: Int, hour: Int, prediction: Bool, "
                  "score: Float}");
    assert_string_equal(reads_of(&b, "rows"), "*");
    bench_end(&b);
}

static void one_feature_may_stand_alone(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    checks_as(&b, &train, "xgboost.train { rows, label = \"late\", features = \"hour\" }", NULL);
    assert_string_equal(binding_of(&b, "f"), "hour");
    bench_end(&b);
}

static void the_label_picks_the_line(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    define(&b, "kinds", "Table {x: Int, kind: Enum {\"a\", \"b\"}}");
    checks_as(&b, &train, "xgboost.train { kinds, label = \"kind\" }", "by_kind");
    checks_as(&b, &predict, "predict { by_kind, kinds }", NULL);
    assert_output(&b, 0,
                  "Table {x: Int, kind: Enum {\"a\", \"b\"}, prediction: Enum {\"a\", \"b\"}, "
                  "score: Float}");
    define(&b, "others", "Table {x: Int, kind: Enum {\"a\", \"b\"}}");
    checks_as(&b, &evaluate, "evaluate { by_kind, others }", NULL);
    assert_output(&b, 0, "Report {accuracy: Float, rows: Int}");
    checks_as(&b, &train, "xgboost.train { rows, label = \"distance\" }", "by_number");
    checks_as(&b, &predict, "predict { by_number, rows }", NULL);
    assert_output(&b, 0,
                  "Table {hour: Int, weekday: Int, distance: Float, late: Bool, "
                  "prediction: Float}");
    bench_end(&b);
}

static void columns_keep_stored_order_and_new_ones_follow(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    checks_as(&b, &rename_, "rename { rows, from = \"weekday\", to = \"day\" }", NULL);
    assert_output(&b, 0, "Table {hour: Int, distance: Float, late: Bool, day: Int}");
    assert_string_equal(binding_of(&b, "to"), "day");
    define(&b, "right", "Table {temp: Float, weekday: Int, hour: Int}");
    checks_as(&b, &join, "join { rows, right, on = { \"weekday\", \"hour\" } }", NULL);
    assert_output(&b, 0,
                  "Table {hour: Int, weekday: Int, distance: Float, late: Bool, temp: Float}");
    checks_as(&b, &pick, "select { rows, columns = { \"late\", \"hour\" } }", NULL);
    assert_output(&b, 0, "Table {hour: Int, late: Bool}");
    assert_string_equal(reads_of(&b, "rows"), "hour, late");
    bench_end(&b);
}

static void closed_inputs_show_their_columns_in_written_order(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    define(&b, "t", "Table {a: Int, x: Bool, b: Int}");
    checks_as(&b, &closed, "closed { t }", NULL);
    assert_string_equal(reads_of(&b, "rows"), "b, a");
    assert_output(&b, 0, "Table {a: Float, n: Int}");
    checks_as(&b, &open_, "open { t }", NULL);
    assert_string_equal(reads_of(&b, "rows"), "*");
    bench_end(&b);
}

static void a_column_may_be_the_features(void **state)
{
    (void)state;
    static const struct zpl_step_info net =
        STEP("net", "(train: Table {x: Tensor f32[n], kind: Enum k}) -> "
                    "(net: Model {torch, features: x, label: kind})");
    struct bench b;
    bench_start(&b);
    define(&b, "t", "Table {id: Int, kind: Enum {\"a\"}, x: Tensor f32[784]}");
    checks_as(&b, &net, "net { t }", NULL);
    assert_output(&b, 0,
                  "Model {torch, features: {x: Tensor f32[784]}, label: kind: Enum {\"a\"}}");
    assert_string_equal(reads_of(&b, "train"), "x, kind");
    bench_end(&b);
}

static void dimensions_are_bound_by_params_and_inputs(void **state)
{
    (void)state;
    static const struct zpl_step_info load =
        STEP("load", "(size: Int 1.. = 224) -> (rows: Table {x: Tensor u8[3, size, size]})");
    static const struct zpl_step_info embed = STEP(
        "embed", "(rows: Table {x: Tensor u8[c, h, w]}, other?: Table {y: Tensor f32[h]}) "
                 "-> (out: Table {z: Tensor f32[h, w], e: Tensor f64[k]}, m: Tensor f32[c, j])");
    static const struct zpl_step_info wild =
        STEP("wild", "() -> (out: Table {x: Tensor u8[a, b]})");
    struct bench b;
    bench_start(&b);
    checks_as(&b, &load, "load {}", NULL);
    assert_output(&b, 0, "Table {x: Tensor u8[3, 224, 224]}");
    checks_as(&b, &load, "load { size = 32 }", NULL);
    assert_output(&b, 0, "Table {x: Tensor u8[3, 32, 32]}");
    define(&b, "t", "Table {x: Tensor u8[3, 28, 32], n: Int}");
    define(&b, "u", "Table {y: Tensor f32[28]}");
    define(&b, "v", "Table {y: Tensor f32[29]}");
    define(&b, "open", "Table {x: Tensor u8[3, n, 32]}");
    checks_as(&b, &embed, "embed { t, other = u }", NULL);
    assert_output(&b, 0, "Table {z: Tensor f32[28, 32], e: Tensor f64[k]}");
    assert_output(&b, 1, "Tensor f32[3, j]");
    checks_as(&b, &embed, "embed { open }", NULL); /* what is there when it runs says the rest */
    assert_output(&b, 0, "Table {z: Tensor f32[h, 32], e: Tensor f64[k]}");
    check(&b, &embed, "embed { t, other = v }");
    told(&b, ZPL_CODE_COLUMN_TYPE, "v",
         "column 'y' of 'other' is Tensor f32[29]: 'h' of embed would be 29, and column 'x' of "
         "'rows' says 28");
    zpl_diags_clear(&b.diags);
    check(&b, &wild, "wild {}");
    told(&b, ZPL_CODE_COLUMN_TYPE, "wild",
         "column 'x' of wild would be Tensor u8[a, b], and nothing says its dimensions");
    bench_end(&b);
}

static void leftovers_that_nobody_mentions_are_not_read(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    define(&b, "less", "Table {late: Bool, hour: Int}");
    checks_as(&b, &drift, "drift { less, rows }", NULL);
    assert_string_equal(reads_of(&b, "reference"), "*");
    assert_string_equal(reads_of(&b, "current"), "hour, late");
    assert_string_equal(binding_of(&b, "s"), "-");
    checks_as(&b, &split, "split { rows, stratify = \"late\" }", NULL);
    assert_string_equal(binding_of(&b, "s"), "late");
    bench_end(&b);
}

static void chains_share_one_row(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    checks_as(&b, &split, "split { rows }", "a");
    assert_ptr_equal(zpl_check_output_type(&b.checker, b.node, 0),
                     zpl_check_output_type(&b.checker, 0, 0));
    bench_end(&b);
}

static void contracts_travel_with_columns(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    define(&b, "t", "Table {id: Int 0.. unique, x: Float hindsight}");
    define(&b, "u", "Table {id: Int unique, x: Float}");
    checks_as(&b, &split, "split { t }", NULL);
    assert_output(&b, 0, "Table {id: Int 0.. unique, x: Float hindsight}");
    checks_as(&b, &rename_, "rename { t, from = \"x\", to = \"z\" }", NULL);
    assert_output(&b, 0, "Table {id: Int 0.. unique, z: Float hindsight}");
    checks_as(&b, &stack_, "union { t, u }", NULL);
    assert_output(&b, 0, "Table {id: Int, x: Float hindsight}");
    bench_end(&b);
}

static void run_time_scalars_wait_for_their_range(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    define(&b, "best", "Report {depth: Int, eta: Float, ok: Bool}");
    const struct zpl_value *report = b.names[b.name_count - 1].value;
    struct zpl_span none = {0};
    name_value(&b, "depth", zpl_check_field(&b.checker, report, "depth", none));
    name_value(&b, "rate", zpl_check_field(&b.checker, report, "eta", none));
    checks_as(&b, &train,
              "xgboost.train { rows, label = \"late\", max_depth = depth, eta = depth }", NULL);
    assert_int_equal(zpl_node_argument(made(&b), "max_depth")->value->kind, ZPL_VALUE_REF);
    assert_int_equal(
        check(&b, &train, "xgboost.train { rows, label = \"late\", max_depth = rate }"),
        ZPL_ERR_CHECK);
    const struct zpl_diag *d = told(&b, ZPL_CODE_WRONG_KIND, "rate",
                                    "'max_depth' of xgboost.train wants an Int, got a "
                                    "Float known only at run time");
    noted(&b, d, "make_best", "made here by step 'make_best'");
    bench_end(&b);
}

/* ---- what is told ---------------------------------------------------------------------------- */

struct mistake {
    const struct zpl_step_info *step;
    const char *call;
    enum zpl_code code;
    const char *at, *words, *help; /* help may be NULL */
};

static void every_mistake_is_told_at_its_place(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {&split, "split { rows, ratio = 1.8 }", ZPL_CODE_OUT_OF_RANGE, "1.8",
         "ratio = 1.8 is above the maximum 1.0", NULL},
        {&train, "xgboost.train { rows, label = \"late\", rounds = 0 }", ZPL_CODE_OUT_OF_RANGE, "0",
         "rounds = 0 is below the minimum 1", NULL},
        {&split, "split { rows, seed = \"x\" }", ZPL_CODE_WRONG_KIND, "\"x\"",
         "seed = \"x\" is not a whole number", NULL},
        {&split, "split { rows, test_size = 0.2 }", ZPL_CODE_UNKNOWN_ARGUMENT, "test_size",
         "split has no argument 'test_size'", "1 - test_size"},
        {&split, "split { rows, sead = 1 }", ZPL_CODE_UNKNOWN_ARGUMENT, "sead", "'sead'",
         "did you mean 'seed'?"},
        {&train, "xgboost.train { rows, label = \"late\", n_estimators = 5 }",
         ZPL_CODE_UNKNOWN_ARGUMENT, "n_estimators", "'n_estimators'", "'rounds'"},
        {&train, "xgboost.train { rows, label = \"late\", learning_rate = 5 }",
         ZPL_CODE_UNKNOWN_ARGUMENT, "learning_rate", "'learning_rate'", "'eta'"},
        {&split, "split { rows, random_state = 5 }", ZPL_CODE_UNKNOWN_ARGUMENT, "random_state",
         "'random_state'", "'seed'"},
        {&split, "split { ratio = 0.5 }", ZPL_CODE_MISSING_ARGUMENT, "split", "split needs 'rows'",
         NULL},
        {&train, "xgboost.train { rows }", ZPL_CODE_MISSING_ARGUMENT, "xgboost.train",
         "xgboost.train needs 'label'", "label = \"…\""},
        {&split, "split { rows, 0.8 }", ZPL_CODE_BAD_CALL, "0.8",
         "split takes 1 argument by position: rows", "ratio, seed, stratify, time"},
        {&split, "split { rows, rows = rows }", ZPL_CODE_DUPLICATE_ARGUMENT, "rows",
         "'rows' of split is given twice", NULL},
        {&split, "split { \"x.csv\" }", ZPL_CODE_WRONG_KIND, "\"x.csv\"",
         "'rows' of split wants a Table, got \"x.csv\"", NULL},
        {&split, "split { report }", ZPL_CODE_WRONG_KIND, "report",
         "'rows' of split wants a Table, got a Report", NULL},
        {&train, "xgboost.train { rows, label = \"lat\" }", ZPL_CODE_UNKNOWN_COLUMN, "\"lat\"",
         "unknown column 'lat'", "did you mean 'late'?"},
        {&train, "xgboost.train { rows, label = \"Late\" }", ZPL_CODE_UNKNOWN_COLUMN, "\"Late\"",
         "unknown column 'Late'", "did you mean 'late'?"},
        {&train, "xgboost.train { rows, label = 3 }", ZPL_CODE_WRONG_KIND, "3",
         "label = 3 is not the name of a column", NULL},
        {&train, "xgboost.train { rows, label = \"late\", features = { \"hour\", \"dist\" } }",
         ZPL_CODE_UNKNOWN_COLUMN, "\"dist\"", "unknown column 'dist'", NULL},
        {&train, "xgboost.train { rows, label = \"late\", features = { \"hour\", \"hour\" } }",
         ZPL_CODE_DUPLICATE_COLUMN, "\"hour\"", "'hour' stands twice in 'features'", NULL},
        {&train, "xgboost.train { rows, label = \"late\", features = { \"hour\", \"late\" } }",
         ZPL_CODE_DUPLICATE_COLUMN, "\"late\"", "'late' can't serve xgboost.train as two things",
         NULL},
        {&train, "xgboost.train { rows, label = \"late\", features = { 1 } }", ZPL_CODE_WRONG_KIND,
         "1", "1 in 'features' is not the name of a column", NULL},
        {&train, "xgboost.train { rows, label = \"late\", features = 1 }", ZPL_CODE_WRONG_KIND, "1",
         "features = 1 is not a list of columns", NULL},
        {&train, "xgboost.train { rows, label = \"late\", features = report }",
         ZPL_CODE_RUNTIME_VALUE, "report", "has to be known before anything runs", NULL},
        {&train, "xgboost.train { flights, label = \"late\" }", ZPL_CODE_COLUMN_TYPE, "flights",
         "xgboost.train needs numbers: column 'carrier' is String", "drop it, or encode it"},
        {&train,
         "xgboost.train { flights, label = \"late\", features = { \"hour\", \"carrier\" } }",
         ZPL_CODE_COLUMN_TYPE, "\"carrier\"", "column 'carrier' is String", "encode it"},
        {&train, "xgboost.train { many, label = \"late\" }", ZPL_CODE_COLUMN_TYPE, "many",
         "'carrier' is String and 'day' is Date", "drop them"},
        {&evaluate, "evaluate { model, flights }", ZPL_CODE_UNKNOWN_COLUMN, "flights",
         "evaluate needs column 'distance', which 'test' does not have", NULL},
        {&evaluate, "evaluate { model, numbers }", ZPL_CODE_COLUMN_TYPE, "numbers",
         "column 'late' of 'test' is Int, wanted Bool", NULL},
        {&evaluate, "evaluate { model, stringy }", ZPL_CODE_COLUMN_TYPE, "stringy",
         "column 'hour' of 'test' is String, wanted Int", NULL},
        {&evaluate, "evaluate { other, rows }", ZPL_CODE_WRONG_KIND, "other",
         "is a model of torch, wanted one of xgboost", NULL},
        {&predict, "predict { model, predicted }", ZPL_CODE_DUPLICATE_COLUMN, "predicted",
         "predict adds a column 'prediction', but 'rows' has 'prediction' already",
         "rename or drop"},
        {&join, "join { rows, rows, on = \"hour\" }", ZPL_CODE_DUPLICATE_COLUMN, "rows",
         "both 'left' and 'right' of join have a column 'weekday'", "rename or drop"},
        {&join, "join { rows, right, on = \"hour\" }", ZPL_CODE_COLUMN_TYPE, "right",
         "column 'hour' of 'right' is String, wanted Int", NULL},
        {&rename_, "rename { rows, from = \"hour\", to = \"LATE\" }", ZPL_CODE_DUPLICATE_COLUMN,
         "rows", "rename adds a column 'LATE', but 'rows' has 'late' already", NULL},
        {&split, "split { rows, stratify = \"lat\" }", ZPL_CODE_UNKNOWN_COLUMN, "\"lat\"",
         "unknown column 'lat'", "'late'"},
        {&drift, "drift { rows, flights }", ZPL_CODE_UNKNOWN_COLUMN, "flights",
         "drift needs column 'distance', which 'current' does not have", NULL},
        {&stack_, "union { flights, many }", ZPL_CODE_UNKNOWN_COLUMN, "many",
         "must have the same columns, but only 'b' has 'day'", NULL},
        {&deploy, "deploy { rows, name = \"x\" }", ZPL_CODE_WRONG_KIND, "rows",
         "'model' of deploy wants a Model, got a Table", NULL},
        {&closed, "closed { short }", ZPL_CODE_UNKNOWN_COLUMN, "short", "closed needs column 'a'",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        bench(&b);
        define(&b, "flights", "Table {hour: Int, weekday: Int, carrier: String, late: Bool}");
        define(&b, "many",
               "Table {hour: Int, weekday: Int, carrier: String, late: Bool, "
               "day: Date}");
        define(&b, "numbers", "Table {hour: Int, weekday: Int, distance: Float, late: Int}");
        define(&b, "stringy",
               "Table {hour: String, weekday2: Int, weekday: Int, distance: Float, "
               "late: Bool}");
        define(&b, "predicted",
               "Table {hour: Int, weekday: Int, distance: Float, "
               "prediction: Bool}");
        define(&b, "report", "Report {auc: Float}");
        define(&b, "model",
               "Model {xgboost, features: {hour: Int, weekday: Int, "
               "distance: Float}, label: late: Bool}");
        define(&b, "other", "Model {torch, features: {hour: Int}, label: late: Bool}");
        define(&b, "short", "Table {b: Int}");
        define(&b, "right", "Table {hour: String, z: Int}");
        const struct mistake *m = &cases[i];
        assert_int_equal(check(&b, m->step, m->call), ZPL_ERR_CHECK);
        const struct zpl_diag *d = told(&b, m->code, m->at, m->words);
        if (m->help)
            helped(d, m->help);
        assert_true(made(&b)->poison);
        bench_end(&b);
    }
}

static void messages_say_who_made_the_value_and_what_it_has(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    struct zpl_span callers[2] = {{1, 0, 4}, {1, 5, 9}};
    b.callers = callers;
    b.caller_count = 2;
    check(&b, &train, "xgboost.train { rows, label = \"lat\" }");
    const struct zpl_diag *d = told(&b, ZPL_CODE_UNKNOWN_COLUMN, "\"lat\"", "'lat'");
    noted(&b, d, "make_rows", "made here by step 'make_rows'");
    noted(&b, d, "", "'train' has hour, weekday, distance, late");
    noted(&b, d, "make", "called from here");
    noted(&b, d, "rows", "called from here");
    bench_end(&b);
}

static void independent_mistakes_are_all_told(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    check(&b, &train,
          "xgboost.train { rows, label = \"lat\", rounds = 9999, eta = \"x\", depht = 3 }");
    assert_int_equal(b.diags.count, 4);
    bench_end(&b);
}

static void the_line_with_the_fewest_mistakes_speaks(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    define(&b, "m", "Model {xgboost, features: {x: Int}, label: kind: String}");
    define(&b, "t", "Table {x: Int, kind: Int}");
    check(&b, &evaluate, "evaluate { m, t }");
    told(&b, ZPL_CODE_COLUMN_TYPE, "t", "column 'kind' of 'test' is Int, wanted");
    assert_output(&b, 0, "Report {accuracy: Float, rows: Int}");
    bench_end(&b);
}

/* ---- poison ---------------------------------------------------------------------------------- */

static void poison_is_silent(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    define(&b, "rows", "Unknown");
    checks_as(&b, &split, "split { rows }", "a");
    assert_output(&b, 0, "Unknown");
    checks_as(&b, &train, "xgboost.train { a, label = \"x\", features = { \"p\" } }", "m");
    assert_output(&b, 0, "Unknown");
    checks_as(&b, &evaluate, "evaluate { m, a }", "report");
    assert_output(&b, 0, "Unknown");
    checks_as(&b, &drift, "drift { a, rows }", NULL);
    assert_output(&b, 0, "Report {drifted: Bool, share: Float}");
    checks_as(&b, &deploy, "deploy { m, name = \"x\" }", NULL);
    checks_as(&b, &train, "xgboost.train { a, label = \"x\", rounds = m }", NULL);
    assert_int_equal(b.diags.count, 0);
    bench_end(&b);
}

static void what_follows_a_mistake_is_silent(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    check(&b, &train, "xgboost.train { rows, label = \"lat\" }");
    name_value(&b, "model", value_of(&b, b.node, 0));
    assert_int_equal(check(&b, &evaluate, "evaluate { model, rows }"), ZPL_OK);
    assert_int_equal(check(&b, &deploy, "deploy { model, name = \"x\" }"), ZPL_OK);
    told(&b, ZPL_CODE_UNKNOWN_COLUMN, "\"lat\"", "'lat'");
    bench_end(&b);
}

static void outputs_stay_known_where_the_mistake_is_elsewhere(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    check(&b, &train, "xgboost.train { rows, label = \"late\", rounds = 0 }");
    assert_output(&b, 0,
                  "Model {xgboost, features: {hour: Int, weekday: Int, distance: Float}, "
                  "label: late: Bool}");
    bench_end(&b);
}

static void of_partly_known_tables_the_known_columns_can_be_used(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    define(&b, "rows", "Table {hour: Int, late: Bool, ...}");
    checks_as(&b, &split, "split { rows }", "a");
    assert_output(&b, 0, "Table {hour: Int, late: Bool, ...}");
    define(&b, "model", "Model {xgboost}");
    checks_as(&b, &predict, "predict { model, rows }", NULL);
    assert_int_equal(b.diags.count, 0);
    assert_int_equal(check(&b, &train, "xgboost.train { rows, label = \"arrival\" }"),
                     ZPL_ERR_CHECK);
    const struct zpl_diag *d =
        told(&b, ZPL_CODE_UNKNOWN_COLUMN, "\"arrival\"", "unknown column 'arrival'");
    noted(&b, d, "", "'train' has hour, late; what else there may be");
    bench_end(&b);
    bench_start(&b);
    define(&b, "rows", "Table {hour: Int, late: Bool, ...}");
    assert_int_equal(check(&b, &train, "xgboost.train { rows, label = \"late\" }"), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_COLUMN_TYPE, "rows", "the columns of 'train' are not all known");
    bench_end(&b);
}

static void a_broken_signature_is_told(void **state)
{
    (void)state;
    static const struct zpl_step_info broken = STEP("mine", "(a: Int)\n(a: Itn)");
    struct bench b;
    bench(&b);
    assert_int_equal(check(&b, &broken, "mine { 1 }"), ZPL_ERR_CHECK);
    const struct zpl_diag *d = told(&b, ZPL_CODE_SIGNATURE, "mine", "unknown type 'Itn'");
    noted(&b, d, "", "at byte 13");
    bench_end(&b);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void fields_of_values(void **state)
{
    (void)state;
    struct bench b;
    bench(&b);
    define(&b, "report", "Report {auc: Float, drifted: Bool}");
    define(&b, "model", "Model {xgboost}");
    define(&b, "lost", "Unknown");
    const struct zpl_value *report = b.names[1].value;
    struct zpl_span at = b.graph.nodes[1].span;
    const struct zpl_value *v = zpl_check_field(&b.checker, report, "auc", at);
    assert_int_equal(v->kind, ZPL_VALUE_REF);
    assert_int_equal(v->type->kind, ZPL_FLOAT);
    assert_string_equal(v->ref.field, "auc");
    assert_int_equal(v->ref.node, 1);
    v = zpl_check_field(&b.checker, b.names[0].value, "late", at);
    assert_int_equal(v->kind, ZPL_VALUE_LITERAL);
    assert_string_equal(v->literal->as.str.s, "late");
    v = zpl_check_field(&b.checker, b.names[3].value, "x", at);
    assert_int_equal(v->type->kind, ZPL_UNKNOWN);
    assert_int_equal(b.diags.count, 0);
    assert_null(zpl_check_field(&b.checker, report, "acu", at));
    const struct zpl_diag *d =
        told(&b, ZPL_CODE_UNKNOWN_FIELD, "make_report", "this Report has no field 'acu'");
    helped(d, "did you mean 'auc'?");
    noted(&b, d, "", "'report' has auc, drifted");
    zpl_diags_clear(&b.diags);
    assert_null(zpl_check_field(&b.checker, b.names[0].value, "lat", at));
    helped(told(&b, ZPL_CODE_UNKNOWN_COLUMN, "make_report", "'lat'"), "'late'");
    zpl_diags_clear(&b.diags);
    assert_null(zpl_check_field(&b.checker, b.names[2].value, "auc", at));
    helped(told(&b, ZPL_CODE_UNKNOWN_FIELD, "make_report", "a Model has no fields"), "evaluate");
    bench_end(&b);
}

/* ---- sources --------------------------------------------------------------------------------- */

static const struct zpl_step_info csv = {
    .name = "csv.read",
    .signature = "(path: Path, type?: type t, delimiter?: String, header?: Bool, "
                 "hindsight?: columns h) -> (rows: Table t)",
    .kernel = "csv.read",
    .source = "csv"};

struct file {
    struct bench *b;
    const char *type, *error;
    char asked[64];
    size_t options;
};

static enum zpl_err file_schema(void *self, const struct zpl_schema_request *request,
                                struct zpl_schema_answer *answer, struct zpl_arena *arena,
                                struct zpl_diags *diags)
{
    struct file *f = self;
    (void)arena, (void)diags;
    snprintf(f->asked, sizeof f->asked, "%s:%s", request->format, request->path);
    f->options = request->options->as.list.count;
    answer->error = f->error;
    answer->row = f->error ? NULL : type_of(f->b, f->type)->row;
    return ZPL_OK;
}

static const char *below_root(void *self, const char *path, struct zpl_arena *arena)
{
    (void)self;
    return zpl_arena_printf(arena, "/project/%s", path);
}

static void with_file(struct bench *b, struct file *f, const char *type)
{
    bench_start(b);
    *f = (struct file){.b = b, .type = type};
    b->engine.self = f;
    b->engine.schema = file_schema;
    b->checker.resolve = below_root;
}

static void a_source_has_the_columns_of_its_file(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    with_file(&b, &f, "Table {id: Int, name: String, delay: Float}");
    checks_as(&b, &csv, "csv.read { \"data/x.csv\", hindsight = { \"delay\" }, delimiter = \";\" }",
              NULL);
    assert_output(&b, 0, "Table {id: Int, name: String, delay: Float hindsight}");
    assert_string_equal(f.asked, "csv:/project/data/x.csv");
    assert_int_equal(f.options, 1);
    assert_string_equal(made(&b)->source, "csv");
    assert_int_equal(made(&b)->arguments[0].value->literal->kind, ZPL_LIT_PATH);
    checks_as(&b, &csv, "csv.read { \"x.csv\", type = Table {delay: Int 0.., id: String, ...} }",
              NULL);
    assert_output(&b, 0, "Table {id: String, name: String, delay: Int 0..}");
    checks_as(&b, &csv, "csv.read { \"x.csv\", type = Table {delay: Int, id: String} }", NULL);
    assert_output(&b, 0, "Table {delay: Int, id: String}");
    bench_end(&b);
}

static void wrong_sources_are_told(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    with_file(&b, &f, "Table {id: Int, delay: Float}");
    check(&b, &csv, "csv.read { \"x.csv\", hindsight = { \"id\", \"dealy\" } }");
    helped(told(&b, ZPL_CODE_UNKNOWN_COLUMN, "\"dealy\"", "'dealy'"), "'delay'");
    bench_end(&b);
    with_file(&b, &f, "Table {id: Int, delay: Float}");
    check(&b, &csv, "csv.read { \"x.csv\", type = Table {ids: Int, ...} }");
    helped(told(&b, ZPL_CODE_SOURCE_SCHEMA, "Table {ids: Int, ...}", "has no column 'ids'"),
           "'id'");
    bench_end(&b);
    with_file(&b, &f, "");
    f.error = ZPL_SCHEMA_MISSING;
    check(&b, &csv, "csv.read { \"x.csv\" }");
    const struct zpl_diag *d =
        told(&b, ZPL_CODE_SOURCE_READ, "\"x.csv\"", "can't read 'x.csv': does not exist");
    noted(&b, d, "", "looked for at /project/x.csv");
    helped(d, "relative to its project");
    bench_end(&b);
    with_file(&b, &f, "");
    f.error = "is empty"; /* its path is right */
    check(&b, &csv, "csv.read { \"x.csv\" }");
    d = told(&b, ZPL_CODE_SOURCE_READ, "\"x.csv\"", "can't read 'x.csv': is empty");
    assert_null(d->notes);
    assert_null(d->help);
    assert_output(&b, 0, "Unknown");
    bench_end(&b);
    with_file(&b, &f, "Table {id: Int}");
    check(&b, &csv, "csv.read { \"x.csv\", type = Int }");
    told(&b, ZPL_CODE_WRONG_KIND, "Int", "is a Table, not an Int");
    bench_end(&b);
}

static enum zpl_err twin_schema(void *self, const struct zpl_schema_request *request,
                                struct zpl_schema_answer *answer, struct zpl_arena *arena,
                                struct zpl_diags *diags)
{
    (void)self, (void)request, (void)diags;
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    struct zpl_column *columns = zpl_arena_array(arena, 2, sizeof *columns);
    columns[0] = (struct zpl_column){"Id", zpl_type_new(arena, ZPL_INT)};
    columns[1] = (struct zpl_column){"id", zpl_type_new(arena, ZPL_INT)};
    *row = (struct zpl_row){columns, 2, false};
    answer->row = row;
    return ZPL_OK;
}

static enum zpl_err dead_schema(void *self, const struct zpl_schema_request *request,
                                struct zpl_schema_answer *answer, struct zpl_arena *arena,
                                struct zpl_diags *diags)
{
    (void)self, (void)request, (void)answer, (void)arena;
    return zpl_diag_system(diags, "start", "worker", 2);
}

static void files_sql_can_not_read_and_dead_engines(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    b.engine.schema = twin_schema;
    check(&b, &csv, "csv.read { \"x.csv\" }");
    told(&b, ZPL_CODE_DUPLICATE_COLUMN, "\"x.csv\"", "columns 'Id' and 'id'");
    bench_end(&b);
    bench_start(&b);
    b.engine.schema = dead_schema;
    assert_int_equal(check(&b, &csv, "csv.read { \"x.csv\" }"), ZPL_ERR_IO);
    assert_true(made(&b)->poison);
    assert_output(&b, 0, "Unknown");
    bench_end(&b);
}

static void without_an_engine_sources_are_unknown(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    checks_as(&b, &csv, "csv.read { \"x.csv\" }", NULL);
    assert_output(&b, 0, "Unknown");
    checks_as(&b, &csv, "csv.read { \"x.csv\", type = Table {a: Int}, hindsight = \"a\" }", NULL);
    assert_output(&b, 0, "Table {a: Int hindsight}");
    bench_end(&b);
}

/* ---- leaks ----------------------------------------------------------------------------------- */

static void a_leak_is_told_with_its_way(void **state)
{
    (void)state;
    struct bench b;
    struct file f;
    with_file(&b, &f, "Table {hour: Int, delay: Float, late: Bool}");
    checks_as(&b, &csv, "csv.read { \"x.csv\", hindsight = { \"delay\" } }", "flights");
    checks_as(&b, &rename_, "rename { flights, from = \"delay\", to = \"d\" }", "rows");
    checks_as(&b, &split, "split { rows }", "train");
    assert_int_equal(check(&b, &train, "xgboost.train { train, label = \"late\" }"), ZPL_ERR_CHECK);
    const struct zpl_diag *d =
        told(&b, ZPL_CODE_LEAK, "train", "feature 'd' is known only afterwards");
    noted(&b, d, "split", "made here by step 'split'");
    noted(&b, d, "rename", "step 'rename' made it from 'delay'");
    noted(&b, d, "{ \"delay\" }", "'delay' is declared as hindsight here");
    helped(d, "allow = { leak = { \"d\" } }");
    assert_true(made(&b)->poison);
    zpl_diags_clear(&b.diags);
    check(&b, &train, "xgboost.train { train, label = \"late\", features = { \"hour\", \"d\" } }");
    told(&b, ZPL_CODE_LEAK, "\"d\"", "'d'");
    zpl_diags_clear(&b.diags);
    checks_as(&b, &train, "xgboost.train { train, label = \"late\", features = \"hour\" }", NULL);
    checks_as(&b, &train, "xgboost.train { train, label = \"d\", features = \"hour\" }", NULL);
    bench_end(&b);
}

static void a_leak_can_be_meant(void **state)
{
    (void)state;
    struct bench b;
    bench_start(&b);
    define(&b, "rows", "Table {a: Int hindsight, b: Int hindsight, late: Bool}");
    read_call(&b, &train, "xgboost.train { rows, label = \"late\" }");
    assert_int_equal(zpl_check_call(&b.checker, &b.call, &b.node), ZPL_OK);
    b.graph.nodes[b.node].allow = literal_of(&b, "{ leak = { \"a\" } }");
    assert_int_equal(zpl_check_leak(&b.checker, &b.call, b.node), ZPL_ERR_CHECK);
    told(&b, ZPL_CODE_LEAK, "rows", "'b'");
    zpl_diags_clear(&b.diags);
    b.graph.nodes[b.node].allow = literal_of(&b, "{ leak = { \"a\", \"b\" } }");
    assert_int_equal(zpl_check_leak(&b.checker, &b.call, b.node), ZPL_OK);
    bench_end(&b);
}

/* ---- the order rule, as a property ----------------------------------------------------------- */

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Columns c0…c9 in random order without some of them, as a Table type. */
static size_t random_columns(uint64_t *seed, int *columns, int first, int last)
{
    size_t count = 0;
    for (int c = first; c < last; c++)
        if (random_bits(seed) % 3)
            columns[count++] = c;
    for (size_t i = count; i > 1; i--) {
        size_t k = random_bits(seed) % i;
        int swap = columns[i - 1];
        columns[i - 1] = columns[k];
        columns[k] = swap;
    }
    return count;
}

static const char *table_text(struct bench *b, const int *columns, size_t count)
{
    const char *text = "Table {";
    for (size_t i = 0; i < count; i++)
        text = zpl_arena_printf(&b->graph.arena, "%s%sc%d: Int", text, i ? ", " : "", columns[i]);
    return zpl_arena_printf(&b->graph.arena, "%s}", text);
}

static bool holds(const int *columns, size_t count, int c)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == c)
            return true;
    return false;
}

/* For two tables and a random set of listed columns that both have: the output {new, ...b, ...k,
 * ...a} is the left table's columns in stored order, then those of the right one that are not in
 * it, then the new one. */
static void outputs_follow_the_order_rule(void **state)
{
    (void)state;
    static const struct zpl_step_info mix =
        STEP("mix", "(left: Table {...k, ...a}, on: columns k, right: Table {...k, ...b}) -> "
                    "(rows: Table {fresh: Bool, ...b, ...k, ...a}, some: Table {...b, ...k})");
    uint64_t seed = 4711;
    for (int round = 0; round < 400; round++) {
        struct bench b;
        int left[20], right[20], want[41];
        size_t wanted = 0;
        bench_start(&b);
        /* c0…c4 may be in both and are all listed then; the others are in one table only. */
        size_t n = random_columns(&seed, left, 0, 10), m = random_columns(&seed, right, 5, 15);
        const char *on = "";
        for (int c = 5; c < 10; c++)
            if (holds(left, n, c) && holds(right, m, c))
                on = zpl_arena_printf(&b.graph.arena, "%s%s\"c%d\"", on, *on ? ", " : "", c);
        define(&b, "l", table_text(&b, left, n));
        define(&b, "r", table_text(&b, right, m));
        checks_as(&b, &mix, zpl_arena_printf(&b.graph.arena, "mix { l, { %s }, r }", on), NULL);
        for (size_t i = 0; i < n; i++)
            want[wanted++] = left[i];
        for (size_t i = 0; i < m; i++)
            if (!holds(left, n, right[i]))
                want[wanted++] = right[i];
        const struct zpl_row *row = zpl_check_output_type(&b.checker, b.node, 0)->row;
        assert_int_equal(row->count, wanted + 1);
        for (size_t i = 0; i < wanted; i++)
            assert_int_equal(atoi(row->columns[i].name + 1), want[i]);
        assert_string_equal(row->columns[wanted].name, "fresh");
        wanted = 0;
        for (size_t i = 0; i < n; i++)
            if (holds(right, m, left[i]))
                want[wanted++] = left[i];
        for (size_t i = 0; i < m; i++)
            if (!holds(left, n, right[i]))
                want[wanted++] = right[i];
        row = zpl_check_output_type(&b.checker, b.node, 1)->row;
        assert_int_equal(row->count, wanted);
        for (size_t i = 0; i < wanted; i++)
            assert_int_equal(atoi(row->columns[i].name + 1), want[i]);
        bench_end(&b);
    }
}

/* Every memory cap ends in NOMEM or in the whole answer. */
static void running_out_of_memory_is_an_error(void **state)
{
    (void)state;
    enum zpl_err err = ZPL_ERR_NOMEM;
    for (size_t more = 0; err; more += 48) {
        struct bench b;
        bench(&b);
        define(&b, "model", "Model {xgboost, features: {hour: Int}, label: late: Bool}");
        read_call(&b, &predict, "predict { model, rows }");
        b.graph.arena.cap = b.graph.arena.used + more;
        err = zpl_check_call(&b.checker, &b.call, &b.node);
        if (err) {
            assert_int_equal(err, ZPL_ERR_NOMEM);
            assert_int_equal(b.diags.items[0]->code, ZPL_CODE_NO_MEMORY);
        } else {
            b.graph.arena.cap = 0;
            assert_int_equal(zpl_check_output_type(&b.checker, b.node, 0)->row->count, 6);
        }
        bench_end(&b);
        assert_true(more < 1 << 20);
    }
}

/* Any single allocation may fail: the call ends in NOMEM, or as if nothing had happened, or tells a
 * mistake it would have told anyway. */
static void any_failing_allocation_is_survived(void **state)
{
    (void)state;
    static const char *const calls[] = {
        "xgboost.train { rows, label = \"late\", features = { \"hour\" } }",
        "xgboost.train { rows, label = \"lat\", rounds = 0, n_estimators = 3 }"};
    for (size_t k = 0; k < 2; k++) {
        bool fired = true;
        for (long n = 0; fired; n++) {
            struct bench b;
            bench(&b);
            read_call(&b, &train, calls[k]);
            zpl_fault_arm(ZPL_FAULT_ALLOC, n, 12);
            enum zpl_err err = zpl_check_call(&b.checker, &b.call, &b.node);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            assert_true(err == ZPL_ERR_NOMEM || err == (k ? ZPL_ERR_CHECK : ZPL_OK));
            if (!err)
                assert_string_equal(binding_of(&b, "f"), "hour");
            if (!fired)
                assert_int_equal(err, k ? ZPL_ERR_CHECK : ZPL_OK);
            bench_end(&b);
        }
    }
}

static void a_thousand_wide_calls_stay_small(void **state)
{
    (void)state;
    struct bench b;
    struct zpl_buf text = {0};
    bench_start(&b);
    zpl_buf_puts(&text, "Table {late: Bool");
    for (int i = 0; i < 500; i++)
        zpl_buf_printf(&text, ", c%d: Float", i);
    zpl_buf_puts(&text, "}");
    define(&b, "rows", zpl_buf_str(&text));
    checks_as(&b, &split, "split { rows }", NULL);
    size_t before = b.graph.arena.used;
    for (int i = 0; i < 1000; i++)
        checks_as(&b, &split, "split { rows }", NULL);
    /* Rows are shared; what a call keeps of 500 columns is a list of their names. */
    assert_true((b.graph.arena.used - before) / 1000 < 24 * 1024);
    zpl_buf_release(&text);
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_checks_down_to_the_column),
        cmocka_unit_test(arguments_are_admitted_and_defaults_filled_in),
        cmocka_unit_test(given_features_restrict_what_is_read),
        cmocka_unit_test(one_feature_may_stand_alone),
        cmocka_unit_test(the_label_picks_the_line),
        cmocka_unit_test(columns_keep_stored_order_and_new_ones_follow),
        cmocka_unit_test(closed_inputs_show_their_columns_in_written_order),
        cmocka_unit_test(a_column_may_be_the_features),
        cmocka_unit_test(dimensions_are_bound_by_params_and_inputs),
        cmocka_unit_test(leftovers_that_nobody_mentions_are_not_read),
        cmocka_unit_test(chains_share_one_row),
        cmocka_unit_test(contracts_travel_with_columns),
        cmocka_unit_test(run_time_scalars_wait_for_their_range),
        cmocka_unit_test(every_mistake_is_told_at_its_place),
        cmocka_unit_test(messages_say_who_made_the_value_and_what_it_has),
        cmocka_unit_test(independent_mistakes_are_all_told),
        cmocka_unit_test(the_line_with_the_fewest_mistakes_speaks),
        cmocka_unit_test(poison_is_silent),
        cmocka_unit_test(what_follows_a_mistake_is_silent),
        cmocka_unit_test(outputs_stay_known_where_the_mistake_is_elsewhere),
        cmocka_unit_test(of_partly_known_tables_the_known_columns_can_be_used),
        cmocka_unit_test(a_broken_signature_is_told),
        cmocka_unit_test(fields_of_values),
        cmocka_unit_test(a_source_has_the_columns_of_its_file),
        cmocka_unit_test(wrong_sources_are_told),
        cmocka_unit_test(files_sql_can_not_read_and_dead_engines),
        cmocka_unit_test(without_an_engine_sources_are_unknown),
        cmocka_unit_test(a_leak_is_told_with_its_way),
        cmocka_unit_test(a_leak_can_be_meant),
        cmocka_unit_test(outputs_follow_the_order_rule),
        cmocka_unit_test(running_out_of_memory_is_an_error),
        cmocka_unit_test(any_failing_allocation_is_survived),
        cmocka_unit_test(a_thousand_wide_calls_stay_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
