/* test_python.c - functions of Python as the bodies of steps: what they are given and give, and each way
 * in which one goes wrong.      Time limit: 120 s */
#include "lang/base/json.h"
#include "lang/base/proc.h"
#include "stdlib_fixture.h"

static char interpreter[ZPL_PATH_MAX];
static struct zpl_buf logged;
static double progressed;

/* The functions of the steps. */
static const char text[] =
    "import os, sys\n"
    "import zpl\n"
    "\n"
    "def add(a, b=2.5):\n"
    "    return a + b\n"
    "\n"
    "def several(rows, by: int):\n"
    "    zpl.context().log('%d rows' % len(rows))\n"
    "    zpl.context().progress(0.5, 'half')\n"
    "    zpl.context().metric('loss', 0.25, step=3)\n"
    "    print('printed')\n"
    "    rows['a'] = rows['a'] * by\n"
    "    return rows, int(rows['a'].sum())\n"
    "\n"
    "def raises(a):\n"
    "    return inner(a)\n"
    "def inner(a):\n"
    "    raise ValueError('%d is none' % a)\n"
    "def exits(a):\n"
    "    sys.exit(3)\n"
    "def ends(a):\n"
    "    os._exit(5)\n"
    "def crashes(a):\n"
    "    import ctypes\n"
    "    ctypes.string_at(0)\n"
    "def text_for_number(a):\n"
    "    return 'three'\n"
    "def two_for_one(a):\n"
    "    return 1, 2\n"
    "def nothing(a):\n"
    "    pass\n"
    "def lacks(a):\n"
    "    import surely_not_there\n"
    "def hidden(a):\n"
    "    return __import__('other' + '').value\n"
    "def binary(a):\n"
    "    sys.stdout.buffer.write(b'\\xff\\x00\\xfe\\n'); return a\n"
    "def forks(a):\n"
    "    pid = os.fork()\n"
    "    if pid: os.waitpid(pid, 0)\n"
    "    return a if pid else a + 1\n"
    "def twice(rows):\n"
    "    import pandas as pd\n"
    "    return pd.concat([rows, rows], axis=1)\n"
    "def mixed(rows):\n"
    "    import pandas as pd\n"
    "    return pd.DataFrame({'a': [1, 'x']})\n"
    "def wrong_column(rows):\n"
    "    return rows.assign(a='x')\n"
    "def lost(rows):\n"
    "    return rows.rename(columns={'a': 'b'})\n"
    "def number_for_rows(rows):\n"
    "    return 3\n"
    "def network(a):\n"
    "    import socket\n"
    "    socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
    "def environment(a):\n"
    "    return ' '.join(os.environ.get(n, '-') for n in ('PYTHONHASHSEED', 'OMP_NUM_THREADS',\n"
    "        'OPENBLAS_NUM_THREADS', 'MPLBACKEND', 'MINE')) + ' ' + os.path.basename(os.getcwd())\n"
    "def fit(rows):\n"
    "    import xgboost\n"
    "    data = xgboost.DMatrix(rows[['a', 'b']], label=rows['late'])\n"
    "    return xgboost.train({'objective': 'binary:logistic', 'seed': 1}, data, 5)\n"
    "def score(rows, model):\n"
    "    import xgboost\n"
    "    return rows[['a']].assign(score=model.predict(xgboost.DMatrix(rows[['a', 'b']])))\n"
    "def kinds(p, r, l, s, m):\n"
    "    return [type(p).__name__, r['x'], l, s.hex(), m is None]\n";

static void write_file(const char *name, const char *content)
{
    char path[192], folder[ZPL_PATH_MAX];
    snprintf(path, sizeof path, "%s/project/%s", f.folder, name);
    assert_int_equal(zpl_path_dir(folder, path), ZPL_OK);
    assert_int_equal(zpl_fs_mkdirs(folder, NULL), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, content, strlen(content), false, NULL), ZPL_OK);
}

/* The reference environment: beside the programs of the tests, or one folder up. */
static bool find_interpreter(void)
{
    static const char *const beside[] = {"../oracle", "../../oracle"};
    char self[ZPL_PATH_MAX], folder[ZPL_PATH_MAX];
    struct zpl_stat st;
    assert_int_equal(zpl_proc_self_path(self), ZPL_OK);
    assert_int_equal(zpl_path_dir(folder, self), ZPL_OK);
    for (size_t i = 0; i < 2; i++) {
        snprintf(interpreter, sizeof interpreter, "%.2000s/%s/bin/python3", folder, beside[i]);
        if (zpl_path_clean(interpreter, interpreter) == ZPL_OK &&
            zpl_fs_stat(interpreter, &st, NULL) == ZPL_OK)
            return true;
    }
    return false;
}

static int setup(void **state)
{
    (void)state;
    return fixture_open(&f);
}

static int teardown(void **state)
{
    (void)state;
    zpl_buf_release(&logged);
    return fixture_close(&f);
}

static void keep_log(void *self, const char *line, size_t len)
{
    (void)self;
    zpl_buf_add(&logged, line, len);
}

static void keep_progress(void *self, double fraction, const char *what)
{
    (void)self;
    assert_string_equal(what, "half");
    progressed = fraction;
}

/* Runs the function; `more` are members of the body beside its name, `modules` what it may import. */
static enum zpl_err call(const char *function, const char *more, const char *modules,
                         struct zpl_run_task *task, struct zpl_run_result *result)
{
    if (!find_interpreter())
        skip();
    write_file("steps/s.py", text);
    write_file("other.py", "value = 7\n");
    task->kernel = "python";
    task->body = zpl_arena_printf(&f.arena,
                                  "{\"python\":\"steps/s.py:%s\"%s}\n"
                                  "{\"interpreter\":\"%s\",\"modules\":%s,\"packages\":null}",
                                  function, more, interpreter, modules);
    task->project = zpl_arena_printf(&f.arena, "%s/project", f.folder);
    task->store = f.folder;
    task->threads = 3;
    task->log = keep_log;
    task->progress = keep_progress;
    zpl_buf_clear(&logged);
    char scratch[128];
    snprintf(scratch, sizeof scratch, "%s/scratch", f.folder);
    zpl_fs_remove_tree(scratch, NULL);
    return fixture_run(&f, task, result);
}

/* Runs a function of the one number 4; what it makes is of that type. */
static enum zpl_err call_value(const char *function, const char *type, const char *more,
                               struct zpl_run_result *result)
{
    const struct zpl_run_param param = {"a", zpl_literal_int(&f.arena, 4)};
    const struct zpl_run_output output = {"value", type, f.paths[3]};
    struct zpl_run_task task = {
        .params = &param, .param_count = 1, .outputs = &output, .output_count = 1};
    zpl_fs_remove_tree(f.paths[3], NULL);
    return call(function, more, "[\"steps/s.py\"]", &task, result);
}

static void test_value(void **state)
{
    (void)state;
    struct zpl_run_result result;
    if (call_value("add", "Float", "", &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_string_equal(result.made[0].json, "6.5");
    assert_int_equal(call_value("forks", "Int", "", &result), ZPL_OK);
    assert_string_equal(result.made[0].json, "4");
    assert_int_equal(call_value("binary", "Int", "", &result), ZPL_OK);
    assert_int_equal(call_value("environment", "String", ",\"vars\":{\"MINE\":\"yes\"}", &result),
                     ZPL_OK);
    assert_string_equal(result.made[0].json, "\"0 3 3 Agg yes project\"");
}

/* Params of every form that a literal has. */
static void test_kinds(void **state)
{
    (void)state;
    struct zpl_run_result result;
    const struct zpl_literal *one = zpl_literal_float(&f.arena, 1.0);
    const struct zpl_literal *items[] = {one, zpl_literal_bool(&f.arena, true)};
    const char *const keys[] = {"x"};
    const struct zpl_run_param params[] = {{"p", zpl_literal_path(&f.arena, "data/x.csv", 10)},
                                           {"r", zpl_literal_record(&f.arena, items, keys, 1)},
                                           {"l", zpl_literal_list(&f.arena, items, 2)},
                                           {"s", zpl_literal_string(&f.arena, "\xff\x01", 2)},
                                           {"m", zpl_literal_null()}};
    const struct zpl_run_output output = {"value", "Json", f.paths[3]};
    struct zpl_run_task task = {
        .params = params, .param_count = 5, .outputs = &output, .output_count = 1};
    if (call("kinds", "", "[\"steps/s.py\"]", &task, &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_string_equal(result.made[0].json, "[\"PosixPath\",1,[1,true],\"ff01\",true]");
}

#define ROWS "Table {a: Int, t: Timestamp, e: Enum {\"x\", \"y\"}, l: List(Float)}"

static void test_table(void **state)
{
    (void)state;
    struct zpl_run_result result;
    fixture_table(&f, 0,
                  "SELECT i AS a, TIMESTAMP '2024-01-01' + to_microseconds(i) AS t, "
                  "CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END AS e, [i / 2, NULL] AS l "
                  "FROM range(1000) r(i)");
    const struct zpl_run_param param = {"by", zpl_literal_int(&f.arena, 3)};
    const struct zpl_run_input input = {
        .name = "rows", .type = ROWS, .path = f.paths[0], .rows = 1000, .reads_all = true};
    const struct zpl_run_output outputs[] = {{"rows", ROWS, f.paths[1]},
                                             {"total", "Int", f.paths[2]}};
    struct zpl_run_task task = {.params = &param,
                                .param_count = 1,
                                .inputs = &input,
                                .input_count = 1,
                                .outputs = outputs,
                                .output_count = 2};
    if (call("several", "", "[\"steps/s.py\"]", &task, &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(result.made[0].rows, 1000);
    assert_string_equal(result.made[1].json, "1498500");
    assert_int_equal(fixture_number(&f, "SELECT count(*) FROM $0 x POSITIONAL JOIN $1 y WHERE y.a "
                                        "= 3 * x.a AND x.t = y.t AND x.e = y.e AND x.l = y.l"),
                     1000);
    assert_non_null(strstr(zpl_buf_str(&logged), "1000 rows\nloss = 0.25 at 3\n"));
    assert_true(progressed == 0.5);
}

#define FITTED "Table {a: Int, b: Float, late: Bool}"
#define MODEL                                                                                      \
    "Model {xgboost, features: {a: Int, b: Float}, label: late}" /* whose type is that of the column */

/* A model that Python made is scored by the native step as by Python, which can load it again. */
static void test_model(void **state)
{
    (void)state;
    struct zpl_run_result result;
    fixture_table(&f, 0,
                  "SELECT i AS a, (i * 7 % 13) / 2 AS b, i * 7 % 13 + i % 5 > 8 AS late FROM "
                  "range(500) r(i)");
    struct zpl_run_input inputs[] = {
        {.name = "rows", .type = FITTED, .path = f.paths[0], .rows = 500, .reads_all = true},
        {.name = "model", .type = MODEL, .path = f.paths[1], .rows = -1}};
    struct zpl_run_output output = {"model", MODEL, f.paths[1]};
    struct zpl_run_task task = {
        .inputs = inputs, .input_count = 1, .outputs = &output, .output_count = 1};
    if (call("fit", "", "[\"steps/s.py\"]", &task, &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    inputs[1].type = "Model {xgboost, features: {a: Int, b: Float}, label: late: Bool}";
    output = (struct zpl_run_output){"rows", "Table {a: Int, score: Float}", f.paths[2]};
    task.input_count = 2;
    if (call("score", "", "[\"steps/s.py\"]", &task, &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    output = (struct zpl_run_output){
        "rows", "Table {a: Int, b: Float, late: Bool, prediction: Bool, score: Float}", f.paths[3]};
    task.kernel = "predict";
    task.body = NULL;
    if (fixture_run(&f, &task, &result) != ZPL_OK)
        fail_msg("%s", fixture_words(&f));
    assert_int_equal(fixture_number(&f, "SELECT count(*) FROM $2 x JOIN $3 y USING (a) WHERE "
                                        "abs(x.score - y.score) < 1e-6"),
                     500);
    assert_int_not_equal(fixture_number(&f, "SELECT count(DISTINCT score) FROM $3"), 1);
}

/* A function that fails: by the code and the words of its message. */
static void expect(enum zpl_err err, enum zpl_code code, const char *words)
{
    assert_int_equal(err, ZPL_ERR_STEP);
    assert_int_equal(f.diags.errors, 1);
    assert_string_equal(fixture_words(&f), words);
    assert_int_equal(f.diags.items[f.diags.count - 1]->code, code);
}

static void test_failures(void **state)
{
    (void)state;
    struct zpl_run_result result;
    char words[ZPL_PATH_MAX + 200];
    expect(call_value("raises", "Int", "", &result), ZPL_CODE_STEP_FAILED,
           "steps/s.py:18: raises() raised ValueError: 4 is none");
    assert_string_equal(zpl_buf_str(&logged),
                        "steps/s.py:16 in raises: return inner(a)\n"
                        "steps/s.py:18 in inner: raise ValueError('%d is none' % a)\n"
                        "ValueError: 4 is none\n");
    expect(call_value("exits", "Int", "", &result), ZPL_CODE_STEP_FAILED,
           "steps/s.py:20: exits() called sys.exit(3)");
    expect(call_value("ends", "Int", "", &result), ZPL_CODE_STEP_FAILED,
           "steps/s.py: ends() ended its process with exit code 5");
    expect(call_value("crashes", "Int", "", &result), ZPL_CODE_STEP_CRASHED,
           "steps/s.py: crashes() crashed its process with signal 11 (SIGSEGV)");
    expect(
        call_value("text_for_number", "Int", "", &result), ZPL_CODE_STEP_OUTPUT,
        "steps/s.py:26: text_for_number(): output 'value' is 'three' (str), and Int is declared");
    expect(call_value("two_for_one", "Int", "", &result), ZPL_CODE_STEP_OUTPUT,
           "steps/s.py:28: two_for_one(): it returned 2 values, and declares one output: 'value'");
    expect(call_value("nothing", "Int", "", &result), ZPL_CODE_STEP_OUTPUT,
           "steps/s.py:30: nothing(): output 'value' is None, and Int is declared");
    snprintf(words, sizeof words,
             "steps/s.py:33: lacks(): it needs the package 'surely_not_there', which %s does not "
             "have: pip install it there, or mend the name",
             interpreter);
    expect(call_value("lacks", "Int", "", &result), ZPL_CODE_STEP_FAILED, words);
    expect(call_value("hidden", "Int", "", &result), ZPL_CODE_STEP_FAILED,
           "steps/s.py:35: hidden(): it imports 'other' (other.py) in a way that can't be seen in "
           "its text, so the step's key does not know of it: write `import other` in the file, and "
           "keep it where the file's folder or the project has it");
    expect(call_value("absent", "Int", "", &result), ZPL_CODE_STEP_FAILED,
           "steps/s.py: absent(): steps/s.py has no function 'absent'");
    assert_int_equal(call_value("network", "Int", "", &result), ZPL_ERR_STEP);
    const struct zpl_diag *diag = f.diags.items[f.diags.count - 1];
    assert_non_null(strstr(diag->message, "network() raised PermissionError"));
}

/* Frames that can't be a table. */
static void test_wrong_tables(void **state)
{
    (void)state;
    static const struct {
        const char *function, *words;
    } wrong[] = {
        {"twice", "steps/s.py:42: twice(): output 'out' has two columns 'a': rename or drop one"},
        {"mixed", "steps/s.py:45: mixed(): column 'a' of output 'out' mixes int (row 1) and str "
                  "(row 2), and Int is declared: make it one type"},
        {"wrong_column", "steps/s.py:48: wrong_column(): column 'a' of output 'out' is String, and "
                         "Int is declared: convert it (.astype('int64'))"},
        {"lost", "steps/s.py:50: lost(): output 'out' has no column 'a'; it has 'b'"},
        {"number_for_rows",
         "steps/s.py:52: number_for_rows(): output 'out' is an int, and Table is "
         "declared: return a DataFrame or a pyarrow.Table"}};
    struct zpl_run_result result;
    fixture_table(&f, 0, "SELECT i AS a FROM range(3) r(i)");
    const struct zpl_run_input input = {
        .name = "rows", .type = "Table {a: Int}", .path = f.paths[0], .rows = 3, .reads_all = true};
    const struct zpl_run_output output = {"out", "Table {a: Int}", f.paths[1]};
    struct zpl_run_task task = {
        .inputs = &input, .input_count = 1, .outputs = &output, .output_count = 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(call(wrong[i].function, "", "[\"steps/s.py\"]", &task, &result),
               ZPL_CODE_STEP_OUTPUT, wrong[i].words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value),    cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_table),    cmocka_unit_test(test_model),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_wrong_tables)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
