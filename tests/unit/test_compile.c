/* Whole programs: what they build, and what their mistakes read like. */
#include "fake_world.h"
#include <errno.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"

static const char demo[] =
    "-- delays.zpl: which flights arrive late?\n"
    "local p = params { data = Path \"data/flights.parquet\", minutes = Int { default = 15, min = "
    "0 }, "
    "min_auc = 0.6 }\n"
    "\n"
    "local flights = parquet.read { p.data, hindsight = { \"delay\" } }\n"
    "\n"
    "local rows = sql [[ SELECT hour(date) AS hour, isodow(date) AS weekday, distance,\n"
    "                           delay > $minutes AS late\n"
    "                    FROM flights ]]\n"
    "\n"
    "local train, test = split { rows, ratio = 0.8, seed = 7 }\n"
    "local model       = xgboost.train { train, label = \"late\", rounds = 100 }\n"
    "local report      = evaluate { model, test }\n"
    "local shift       = drift { train, test }\n"
    "deploy { model, name = \"delays\", when = report.auc >= p.min_auc and not shift.drifted }\n";

static struct zpl_program program;

/* Compiles `text` as t.zpl with given params ("name=value …") and keeps the program. */
static enum zpl_err compile_with(const char *text, const char *given, const char *pipeline,
                                 const char *const *files)
{
    char words[256] = "";
    struct zpl_given list[8];
    size_t count = 0;
    snprintf(words, sizeof words, "%s", given ? given : "");
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        char *equal = strchr(word, '=');
        if (equal)
            *equal = '\0';
        list[count++] = (struct zpl_given){word, equal ? equal + 1 : NULL};
    }
    struct zpl_world world = fake_world(true, files);
    struct zpl_compile_request request = {.name = "t.zpl",
                                          .text = text,
                                          .len = strlen(text),
                                          .pipeline = pipeline,
                                          .given = list,
                                          .given_count = count};
    zpl_program_release(&program);
    return zpl_compile(&request, &world, &program);
}

static enum zpl_err compile(const char *text)
{
    return compile_with(text, NULL, NULL, NULL);
}

static const char *shown(void)
{
    static char text[32768];
    struct zpl_buf buf = {0};
    zpl_diags_show(&program.diags, &program.sources, false, &buf);
    snprintf(text, sizeof text, "%s", zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return text;
}

static void compiles(const char *text)
{
    if (compile(text) != ZPL_OK)
        fail_msg("%s\n%s", text, shown());
}

/* Is every line of `got` what a line of `expected` begins with, and are there as many? */
static bool lines_begin(const char *got, const char *expected)
{
    while (*got && *expected) {
        size_t n = strcspn(expected, "\n");
        if (strncmp(got, expected, n) != 0)
            return false;
        expected += n + (expected[n] == '\n');
        got += strcspn(got, "\n");
        got += *got == '\n';
    }
    return !*got && !*expected;
}

/* The program has exactly these errors: "line:col CODE words", a line each; where the words are
 * another room's only their beginning is given. */
static void mistakes(const char *text, const char *expected)
{
    enum zpl_err err = compile(text);
    char got[8192] = "";
    for (size_t i = 0; i < program.diags.count; i++) {
        const struct zpl_diag *diag = program.diags.items[i];
        const struct zpl_source *source = zpl_sources_get(&program.sources, diag->span.source);
        uint32_t line = 0, column = 0;
        if (diag->span.source)
            zpl_source_place(source, diag->span.begin, &line, &column);
        size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%u:%u %s %s\n", line, column, zpl_code_id(diag->code),
                 diag->message);
    }
    if (!lines_begin(got, expected) || (err != ZPL_ERR_CHECK && err != ZPL_ERR_USAGE))
        fail_msg("%s\n--- got\n%s--- expected\n%s---\n%s", text, got, expected, shown());
}

static const struct zpl_node *node(const char *name)
{
    const struct zpl_node *found = zpl_graph_find(&program.graph, name);
    if (!found)
        fail_msg("no step '%s'", name);
    return found;
}

static const char *value_text(const struct zpl_value *value)
{
    static char text[1024];
    struct zpl_buf buf = {0};
    zpl_value_show(&program.graph, value, &buf);
    snprintf(text, sizeof text, "%s", zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return text;
}

static const char *argument_text(const char *step, const char *name)
{
    const struct zpl_argument *argument = zpl_node_argument(node(step), name);
    if (!argument)
        fail_msg("'%s' has no argument '%s'", step, name);
    return value_text(argument->value);
}

static char *graph_text(void)
{
    struct zpl_json *json = zpl_graph_to_json(&program.graph, &program.sources);
    struct zpl_buf buf = {0};
    assert_int_equal(zpl_json_write(json, false, &buf), ZPL_OK);
    zpl_json_release(json);
    char *copy = strdup(zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return copy;
}

/* ---- programs that check --------------------------------------------------------------------- */

static void the_demo_builds_its_graph(void **state)
{
    (void)state;
    compiles(demo);
    static const char *const steps[] = {"parquet.read", "sql",   "split", "xgboost.train",
                                        "evaluate",     "drift", "deploy"};
    assert_int_equal(program.graph.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(program.graph.nodes[i].name, steps[i]);
    assert_string_equal(program.graph.pipeline, "t");
    assert_string_equal(value_text(node("deploy")->when),
                        "evaluate.report.auc >= 0.6 and not drift.report.drifted");
    assert_string_equal(argument_text("sql", "$minutes"), "15");
    assert_string_equal(argument_text("sql", "flights"), "parquet.read.rows");
    assert_string_equal(argument_text("xgboost.train", "train"), "split.train");
    assert_string_equal(argument_text("drift", "now"), "split.test");
    assert_string_equal(argument_text("parquet.read", "path"), "Path \"data/flights.parquet\"");
    assert_true(node("deploy")->effect);
    assert_true(node("split")->disjoint);
    assert_int_equal(program.graph.param_count, 3);
    assert_string_equal(program.graph.params[1].name, "minutes");
    assert_int_equal(program.graph.params[1].value->as.i, 15);
    const struct zpl_span span = node("evaluate")->span;
    assert_memory_equal(demo + span.begin, "evaluate", span.end - span.begin);
}

static void the_same_text_gives_the_same_bytes(void **state)
{
    (void)state;
    compiles(demo);
    char *first = graph_text();
    compiles(demo);
    char *second = graph_text();
    assert_string_equal(first, second);
    struct zpl_json *json;
    struct zpl_graph graph;
    struct zpl_diags diags = {0};
    assert_int_equal(zpl_json_parse(first, strlen(first), &json, NULL), ZPL_OK);
    assert_int_equal(zpl_graph_from_json(json, &graph, &diags), ZPL_OK);
    struct zpl_json *again = zpl_graph_to_json(&graph, NULL);
    struct zpl_buf buf = {0};
    zpl_json_write(again, false, &buf);
    assert_string_equal(zpl_buf_str(&buf), first);
    zpl_buf_release(&buf);
    zpl_json_release(again);
    zpl_json_release(json);
    zpl_graph_release(&graph);
    zpl_diags_release(&diags);
    free(first);
    free(second);
}

static void given_params_count(void **state)
{
    (void)state;
    assert_int_equal(compile_with(demo, "minutes=30 data=other.parquet", NULL, NULL), ZPL_OK);
    assert_string_equal(argument_text("sql", "$minutes"), "30");
    assert_string_equal(argument_text("parquet.read", "path"), "Path \"other.parquet\"");
    assert_true(program.graph.params[0].given);
    assert_false(program.graph.params[2].given);

    static const struct {
        const char *given, *words;
        enum zpl_code code;
    } wrong[] = {{"minutes=soon", "--minutes: 'soon' ", ZPL_CODE_PARAM_TYPE},
                 {"minutes=-1", "--minutes: '-1' is below the minimum", ZPL_CODE_PARAM_RANGE},
                 {"minutes", "--minutes needs a value", ZPL_CODE_PARAM_TYPE},
                 {"minute=3", "t.zpl has no param 'minute'", ZPL_CODE_UNKNOWN_FLAG}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(compile_with(demo, wrong[i].given, NULL, NULL), ZPL_ERR_USAGE);
        assert_int_equal(program.diags.count, 1);
        assert_int_equal(program.diags.items[0]->code, wrong[i].code);
        if (!strstr(program.diags.items[0]->message, wrong[i].words))
            fail_msg("%s", shown());
    }
    assert_string_equal(program.diags.items[0]->help, "did you mean '--minutes'?");
    assert_int_equal(compile("local p = params { day = Date }"), ZPL_ERR_USAGE);
    assert_int_equal(program.diags.items[0]->code, ZPL_CODE_PARAM_MISSING);
    assert_int_equal(compile_with("local p = params { deep = false, n = List(Int) }\n"
                                  "if p.deep and #p.n == 2 then split { csv.read \"x\" } end",
                                  "deep n=1,2", NULL, NULL),
                     ZPL_OK);
    assert_int_equal(program.graph.count, 2);
    compiles("local p = params { day = Optional(Date), n = Optional(Int) { default = 3 } }\n"
             "if p.day == nil and p.n == 3 then csv.read \"x\" end");
    assert_int_equal(program.graph.count, 1);
}

static void names_follow_the_rules(void **state)
{
    (void)state;
    compiles("local rows = csv.read \"a.csv\"\n"
             "local other = csv.read \"b.csv\"\n"
             "local a, b = split { rows }\n"
             "for i = 1, 2 do local x = drift { a, b } end\n"
             "local m = evaluate { xgboost.train { sql [[ SELECT delay > 1 AS late, distance FROM "
             "rows ]], label = \"late\" }, sql [[ SELECT delay > 2 AS late, distance FROM rows ]], "
             "as = \"judge\" }\n");
    node("csv.read@rows");
    node("csv.read@other");
    node("split");
    node("drift#1");
    node("drift#2");
    node("xgboost.train");
    node("sql#1");
    node("sql#2");
    node("judge");
    mistakes("local a = csv.read { \"a\", as = \"x\" }\nlocal b = csv.read { \"b\", as = \"x\" }",
             "2:32 E019 another step is called 'x' already\n");
}

static void what_a_call_may_say_beside(void **state)
{
    (void)state;
    compiles(
        "local a, b = split { csv.read \"x\", resources = { cpu = 2, memory = \"16Gi\", gpu = 1 },"
        " retries = 3, timeout = \"2h\", cache = false }\n"
        "drift { a, b, after = { a }, when = false }");
    const struct zpl_node *split = node("split");
    assert_true(split->resources.cpu == 2);
    assert_int_equal(split->resources.memory_bytes, 16ull << 30);
    assert_int_equal(split->resources.gpu, 1);
    assert_int_equal(split->retries, 3);
    assert_int_equal(split->timeout_ms, 2 * 3600 * 1000);
    assert_false(split->cache);
    assert_int_equal(node("drift")->after_count, 1);
    assert_int_equal(node("drift")->after[0], split->id);
    assert_string_equal(value_text(node("drift")->when), "false");
    mistakes(
        "local a, b = split { csv.read \"x\", retries = -1, timeout = 3, resources = { cpus = 2 }, "
        "env = 1 }",
        "1:77 E012 resources has no 'cpus'\n"
        "1:46 E019 retries is a whole number from 0 to 100\n"
        "1:60 E019 timeout is a duration as \"90s\" or \"2h\"\n"
        "1:89 E019 env is for steps with a Python or command body; this one has neither\n");
}

static void conditions_read_as_written(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"r.auc >= 0.6", "evaluate.report.auc >= 0.6"},
        {"0.6 < r.auc", "0.6 < evaluate.report.auc"},
        {"d.drifted", "drift.report.drifted"},
        {"not d.drifted", "not drift.report.drifted"},
        {"r.auc > 0.5 and r.log_loss < 1 and d.drifted",
         "evaluate.report.auc > 0.5 and evaluate.report.log_loss < 1 and drift.report.drifted"},
        {"(r.auc > 0.5 or d.drifted) and not (r.auc == 1)",
         "(evaluate.report.auc > 0.5 or drift.report.drifted) and not (evaluate.report.auc == 1)"},
        {"r.auc > 0.5 and (1 < 2)", "evaluate.report.auc > 0.5"},
        {"(1 < 2) and r.auc > 0.5", "evaluate.report.auc > 0.5"},
        {"r.auc > 0.5 and false", "false"},
        {"r.auc > r.log_loss", "evaluate.report.auc > evaluate.report.log_loss"},
        {"d.drifted ~= true", "drift.report.drifted ~= true"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "local rows = sql [[ SELECT delay > 1 AS late, distance FROM t ]]\n"
                 "local m = xgboost.train { rows, label = \"late\" }\n"
                 "local r = evaluate { m, rows }\nlocal d = drift { rows, rows }\n"
                 "deploy { m, name = \"x\", when = %s }\n",
                 cases[i][0]);
        char whole[1200];
        snprintf(whole, sizeof whole, "local t = csv.read \"t.csv\"\n%s", text);
        compiles(whole);
        assert_string_equal(value_text(node("deploy")->when), cases[i][1]);
    }
    /* Was it given: plain truth. */
    compiles("local t = csv.read \"t.csv\"\nif t ~= nil then drift { t, t } end\n"
             "if t == nil then split { t } end");
    assert_int_equal(program.graph.count, 2);
}

static void steps_of_the_program(void **state)
{
    (void)state;
    compiles(
        "local add = step \"add\" { signature = \"(rows: Table {a: Int, ...}, by: Int = 1) -> "
        "(rows: Table {a: Int})\", lua = function (t) return { a = t.rows.a } end, "
        "doc = \"adds\", retries = 2 }\n"
        "local pick = step \"pick\" { inputs = { rows = Table { a = Int } }, params = { n = Int { "
        "min = 1, default = 3 } }, outputs = { rows = Table { a = Int } }, sql = [[ SELECT a FROM "
        "rows LIMIT $n ]] }\n"
        "local rows = sql [[ SELECT delay AS a FROM t ]]\n"
        "add { pick { rows, n = 5 } }\nadd { rows, by = 2, as = \"again\", retries = 0 }\n");
    assert_string_equal(node("add")->kernel, "lua");
    assert_non_null(strstr(node("add")->body, "\"functions\""));
    assert_string_equal(node("add")->body, node("again")->body);
    assert_int_equal(strlen(node("add")->identity), 64);
    assert_string_equal(node("add")->identity, node("again")->identity);
    assert_int_equal(node("add")->retries, 2);
    assert_int_equal(node("again")->retries, 0);
    assert_string_equal(node("pick")->kernel, "sql");
    assert_string_equal(argument_text("pick", "$n"), "5");
    assert_string_equal(argument_text("add", "by"), "1");
}

static void pipelines_are_templates(void **state)
{
    (void)state;
    static const char text[] =
        "local tidy = pipeline \"tidy\" { inputs = { rows = Table {...} }, params = { k = 3 },\n"
        "  build = function (p) local a, b = split { p.rows, seed = p.k } return a, b end }\n"
        "pipeline \"main\" { params = { seed = Int { default = 1 } }, build = function (p)\n"
        "  local a, b = tidy { csv.read \"x.csv\", k = p.seed }\n"
        "  drift { a, b }\nend }\n";
    assert_int_equal(compile_with(text, "seed=9", "main", NULL), ZPL_OK);
    assert_string_equal(program.graph.pipeline, "main");
    assert_string_equal(argument_text("tidy/split", "seed"), "9");
    assert_string_equal(argument_text("drift", "seen"), "tidy/split.train");
    assert_int_equal(compile_with(text, NULL, "mian", NULL), ZPL_ERR_USAGE);
    assert_string_equal(program.diags.items[0]->help, "did you mean 'main'?");
    assert_int_equal(compile_with(text, NULL, NULL, NULL), ZPL_ERR_USAGE);
    assert_int_equal(compile_with(text, NULL, "tidy", NULL), ZPL_ERR_USAGE);
    /* The only pipeline of a file needs no name. */
    assert_int_equal(compile_with("pipeline \"only\" { build = function () csv.read \"a\" end }",
                                  NULL, NULL, NULL),
                     ZPL_OK);
    assert_string_equal(program.graph.pipeline, "only");
    assert_int_equal(program.graph.count, 1);
    mistakes("local t = pipeline \"t\" { inputs = { n = Int }, build = function (p) end }\n"
             "t { n = \"x\" }\nt {}\nt { n = 1, m = 2 }\ncsv.read \"a\"",
             "2:9 E011 'n' of pipeline 't' is not a whole number\n"
             "3:1 E013 pipeline 't' needs 'n': Int\n"
             "4:12 E012 pipeline 't' has no argument 'm'\n");
    mistakes("local t\nt = pipeline \"t\" { build = function (p) t {} end }\ncsv.read \"a\" t {}",
             "2:41 E019 pipeline 't' calls itself\n");
}

static void imports_give_what_files_return(void **state)
{
    (void)state;
    static const char *const files[] = {
        "lib",
        "local n = 7\nlocal function halve (rows) return split { rows, seed = n } end\n"
        "return { halve = halve }",
        "empty",
        "local x = 1",
        "a",
        "return { b = import \"b\" }",
        "b",
        "return { a = import \"a\" }",
        "wrong",
        "local x = \nreturn {}",
        NULL};
    assert_int_equal(compile_with("local lib = import \"lib\"\nlocal again = import \"lib\"\n"
                                  "local a, b = lib.halve(csv.read \"x\")\n"
                                  "if lib == again then drift { a, b } end",
                                  NULL, NULL, files),
                     ZPL_OK);
    assert_string_equal(argument_text("split", "seed"), "7");
    assert_int_equal(program.graph.count, 3);

    static const struct {
        const char *text, *name, *words;
    } wrong[] = {{"import \"nowhere\"", "t.zpl", "there is no file 'nowhere'"},
                 {"import \"empty\"", "t.zpl", "'empty' returns nothing"},
                 {"import \"a\"", "b", "'a' imports itself"},
                 {"local l = import \"lib\" l.havle()", "t.zpl", "'lib' has no function 'havle'"},
                 {"import \"wrong\"", "wrong", ""}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(compile_with(wrong[i].text, NULL, NULL, files), ZPL_ERR_CHECK);
        const struct zpl_diag *diag = program.diags.items[0];
        const struct zpl_source *source = zpl_sources_get(&program.sources, diag->span.source);
        assert_string_equal(source->name, wrong[i].name);
        if (!strstr(diag->message, wrong[i].words))
            fail_msg("%s", shown());
    }
}

static void each_unrolls(void **state)
{
    (void)state;
    compiles("local seeds, tests = each({ 3, 5 }, function (s, i)\n"
             "  local a, b = split { csv.read \"x\", seed = s }\n  return a, b\nend)\n"
             "drift { seeds[2], tests[1] }");
    assert_string_equal(argument_text("split[1]", "seed"), "3");
    assert_string_equal(argument_text("split[2]", "seed"), "5");
    node("csv.read[1]");
    assert_string_equal(argument_text("drift", "seen"), "split[2].train");
    assert_string_equal(argument_text("drift", "now"), "split[1].test");
}

/* ---- mistakes --------------------------------------------------------------------------------- */

static void every_mistake_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"local x = flihgts", "1:11 E002 unknown name 'flihgts'\n"},
        {"local x = None\nlocal y = True", "1:11 E002 unknown name 'None'\n"
                                           "2:11 E002 unknown name 'True'\n"},
        {"local a = xgboost.trian { 1 }", "1:19 E010 unknown step 'xgboost.trian'\n"},
        {"splti { 1 }", "1:1 E002 unknown name 'splti'\n"},
        {"x = 1\nlocal y = x + 1", "1:1 E002 'x' is not declared\n"},
        {"function f() end", "1:10 E002 'f' is not declared\n"},
        {"split = 3", "1:1 E002 'split' is zpl's own and can't be changed\n"},
        {"local p = params { a = 1 }\nlocal x = p.b", "2:13 E031 there is no param 'b'\n"},
        {"local x = math.random()", "1:16 E002 'math' has no function 'random'\n"},
        {"local x = nil + 1", "1:15 E003 attempt to perform arithmetic on a nil value\n"},
        {"local t = {}\nlocal y = t.a.b", "2:15 E003 attempt to index a nil value (field 'a')\n"},
        {"error \"no\"", "1:1 E003 no\n"},
        {"error({})", "1:1 E003 error() was given a table, not a text\n"},
        {"local e = _ENV", "1:11 E001 '_ENV' can't be used in a zpl program\n"},
        {"params { n = Int { min = 5, default = 3 } }",
         "1:39 E016 the default of Int 5.. is below the minimum 5\n"},
        {"params { n = Int { mni = 5 } }", "1:20 E041 Int has no refinement 'mni'\n"
                                           "1:10 E105 param 'n' has no value\n"},
        {"local T = Table { a = Int, A = Int }",
         "1:28 E018 columns 'a' and 'A' differ only in case\n"},
        {"local T = Table { a = Int, a = Float }", "1:28 E018 column 'a' is there already\n"},
        {"local T = Table { a = 3 }", "1:23 E041 'a' of a Table needs a type, as Int or String\n"},
        {"step \"s\" { signature = \"(rows: Tabel) -> ()\", sql = \"\" }", NULL},
        {"step \"s\" { signature = \"() -> (x: Table {a: Int})\" }",
         "1:1 E042 the step has no body\n"},
        {"step \"s\" { signature = \"() -> (x: Table {a: Int})\", python = \"a.py:f\" }",
         "1:53 E042 this version of zpl runs no `python` bodies\n"},
        {"split { csv.read \"x\", ratio = 1, ratio = 0.5 }",
         "1:34 E017 'ratio' is given already\n"},
        {"split(csv.read \"x\", 0.5)", "1:1 E019 a step takes one table of arguments\n"},
        {"split { csv.read \"x\", seed = function () end }",
         "1:30 E011 a function can't be given to a step\n"},
        {"drift { csv.read \"x\", csv.read \"x\", when = 3 }",
         "1:44 E032 when takes a condition\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].expected)
            mistakes(cases[i].text, cases[i].expected);
        else
            assert_int_equal(compile(cases[i].text), ZPL_ERR_CHECK);
    }
    /* The place inside a signature's text. */
    assert_int_equal(compile("step \"s\" { signature = \"(rows: Tabel {}) -> ()\", sql = \"x\" }"),
                     ZPL_ERR_CHECK);
    assert_int_equal(program.diags.items[0]->code, ZPL_CODE_SIGNATURE);
    assert_true(program.diags.items[0]->span.begin > 23);
}

static void run_time_values_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *use, *expected;
    } cases[] = {
        {"if t then end",
         "2:1 E030 'csv.read.rows' is known only at run time: it can't be branched on "
         "here\n"},
        {"local x = r.drifted + 1",
         "2:21 E030 'drift.report.drifted' is known only at run time: it "
         "can't be computed with here\n"},
        {"local x = \"a\" .. r.drifted",
         "2:15 E030 'drift.report.drifted' is known only at run time: "
         "it can't be joined to a text here\n"},
        {"local x = #t", "2:11 E030 'csv.read.rows' is known only at run time: it can't be counted "
                         "here\n"},
        {"local x = tostring(r.drifted)",
         "2:11 E030 'drift.report.drifted' is known only at run time: "
         "it can't be made a text here\n"},
        {"for k, v in pairs(t) do end",
         "2:13 E030 'csv.read.rows' is known only at run time: it can't "
         "be visited here\n"},
        {"t.x = 3",
         "2:3 E030 'csv.read.rows' is known only at run time: it can't be changed here\n"},
        {"t()", "2:1 E030 'csv.read.rows' is known only at run time: it can't be called here\n"},
        {"while r.drifted do end",
         "2:1 E030 'drift.report.drifted' is known only at run time: it can't "
         "be branched on here\n"},
        {"local x = math.floor(r.drifted)", "2:11 E030 'drift.report.drifted' is known only at run "
                                            "time: it can't be passed to 'floor' here\n"},
        {"local x = r.drifted and 3", "2:21 E032 a number beside a condition is no condition\n"},
        {"local x = r < 3", "2:13 E032 Report {drifted: Bool} can't be compared with Int\n"},
        {"local x = r.drifted > 3", "2:21 E032 Bool can't be compared with Int\n"},
        {"local x = r.drfited", "2:13 E031 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "local t = csv.read \"t.csv\" local r = drift { t, t }\n%s\nlocal last = unknwon",
                 cases[i].use);
        compile(text);
        const char *got = shown();
        char line[512];
        const struct zpl_diag *diag = program.diags.items[0];
        uint32_t at, column;
        zpl_source_place(zpl_sources_get(&program.sources, 1), diag->span.begin, &at, &column);
        snprintf(line, sizeof line, "%u:%u %s %s\n", at, column, zpl_code_id(diag->code),
                 diag->message);
        if (strncmp(line, cases[i].expected, strcspn(cases[i].expected, "\n")) != 0)
            fail_msg("%s\n got %s expected %s\n%s", cases[i].use, line, cases[i].expected, got);
        /* The evaluation goes on behind it, except behind an error that Lua itself raises. */
        if (program.diags.count != 2 && !strstr(cases[i].use, "floor"))
            fail_msg("%s", got);
    }
}

static void sql_mistakes_point_into_the_text(void **state)
{
    (void)state;
    mistakes("local flights = csv.read \"f.csv\"\n"
             "local rows = sql [[ SELECT distance,\n"
             "                           dealy > 15 AS late FROM flights ]]\n",
             "3:28 E014 unknown column 'dealy'\n");
    mistakes(
        "local flights = csv.read \"missing.csv\"\nlocal rows = sql [[ SELECT x FROM flights ]]",
        "1:26 E060 \n");
    assert_int_equal(
        compile("local s = step \"s\" { inputs = { t = Table { delay = Int } }, outputs = { rows "
                "= Table { x = Int } },\n  sql = 'SELECT \\\n dealy AS x FROM t' }\n"
                "s { csv.read \"x\" }"),
        ZPL_ERR_CHECK);
    uint32_t line, column;
    zpl_source_place(zpl_sources_get(&program.sources, 1), program.diags.items[0]->span.begin,
                     &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 2);
}

static void all_mistakes_of_a_file_at_once(void **state)
{
    (void)state;
    mistakes("local p = params { minutes = Int { default = 15, mim = 0 } }\n"
             "local flights = parquet.read { \"f\", hindsigth = { \"delay\" } }\n"
             "local rows = sql [[ SELECT dealy AS x FROM flights ]]\n"
             "local train, test = split { rows, ratio = 1.5 }\n"
             "local m = xgboost.train { train, label = \"late\" }\n"
             "local r = evaluate { m, tset }\n"
             "deploy { m, name = \"x\", when = r.acu > 0.5 }\n",
             "1:50 E041 Int has no refinement 'mim'\n"
             "2:37 E012 \n"
             "4:43 E016 \n"
             "6:25 E002 unknown name 'tset'\n"
             "7:34 E031 \n");
}

static void helpers_tell_who_called_them(void **state)
{
    (void)state;
    compile("local function halve (rows)\n  return split { rows, rato = 0.5 }\nend\n"
            "local a = halve(csv.read \"x\")\n");
    assert_int_equal(program.diags.count, 1);
    const struct zpl_note *note = program.diags.items[0]->notes;
    bool found = false;
    for (; note; note = note->next) {
        uint32_t line, column;
        if (!note->span.source)
            continue;
        zpl_source_place(zpl_sources_get(&program.sources, 1), note->span.begin, &line, &column);
        found = found || line == 4;
    }
    if (!found && !strstr(shown(), "called from"))
        fail_msg("%s", shown());
}

static void bodies_can_only_take_what_can_travel(void **state)
{
    (void)state;
#define BODY(head, body)                                                                           \
    head "local s = step \"s\" { signature = \"(t: Table {a: Int}) -> (t: Table {a: Int})\",\n"    \
         "  lua = function (i) " body " end }\n"
    mistakes(BODY("local t = csv.read \"x\"\n", "return t"),
             "3:29 E042 a lua body can't use a value that is known only at run time\n");
    mistakes(BODY("", "return split { i }") "csv.read \"x\"",
             "2:29 E042 a lua body can't use a step\n");
    mistakes(BODY("", "return prnt(i)"), "2:29 E042 unknown name 'prnt'\n");
    mistakes(BODY("local n = 0\nlocal function f () n = n + 1 return n end\n", "f() return n"),
             "2:21 E042 two functions of a lua body share 'n', and one writes it\n");
    mistakes(BODY("", "return sql [[ SELECT 1 ]]"), "2:29 E042 a lua body can't use 'sql'\n");
#undef BODY
}

/* ---- hostile files ----------------------------------------------------------------------------- */

static void hostile_files_end(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        {"local s = 'x' while true do s = s .. s end", "E004"},
        {"local s = ('x'):rep(1 << 40)", "E004"},
        {"local t = {} for i = 1, 1e10 do t[i] = i end", "E004"},
        {"local function f () return 1 + f() end f()", "E003"},
        {"local t = {} t.t = t csv.read { t }", "E004"},
        {"local t = { 1 } for i = 1, 100 do t = { t, t } end csv.read { t }", "E004"},
        {"local r = drift { csv.read 'a', csv.read 'b' } local c = r.drifted "
         "for i = 1, 100 do c = c and c or c end",
         "E004"},
        {"for k in pairs({ [{}] = 1 }) do end", "E003"},
        {"local a = table.unpack({}, 1, 1e7)", "E003"},
        {"import(('x'):rep(100000))", "E005"},
        {"local t = setmetatable({}, { __gc = 1 })", "E002"},
        {"goto x", "E001"},
        {"local s = step(('x'):rep(300))", "E041"},
        {"local s = step 'a\\0b' {}", "E042"},
        {"Table { [('x'):rep(1000)] = Int }", "E041"},
        {"params { [1] = 2, ['a b'] = 3 }", "E041"},
        {"sql '\\xff'", "E019"},
        {"csv.read { ['\\xff'] = 1 }", NULL},
        {"local f = csv.read f(1, 2, 3)", "E019"},
        {"return csv", NULL},
        {"params(nil) params(3) params {} params {}", "E041"},
        {"List(List) (3) Optional(Table) Enum {} {}", "E041"},
        {"each(3) each({ 1 }, 2) each({ 1, 2 }, each)", "E019"},
        {"pipeline 'x' (3) pipeline(3) pipeline 'a' {} ", "E041"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t begin = zpl_clock_monotonic_ns();
        enum zpl_err err = compile(cases[i].text);
        assert_true(zpl_clock_monotonic_ns() - begin < 20000000000);
        if (!cases[i].code)
            continue;
        bool found = false;
        for (size_t k = 0; k < program.diags.count; k++)
            found = found || strcmp(zpl_code_id(program.diags.items[k]->code), cases[i].code) == 0;
        if (err == ZPL_OK || !found)
            fail_msg("%s\n%s", cases[i].text, shown());
    }
}

static void an_endless_loop_ends_inside_itself(void **state)
{
    (void)state;
    uint32_t line, column;
    assert_int_equal(compile("local x = 1\nwhile true do\n  x = x + 1\nend"), ZPL_ERR_CHECK);
    assert_int_equal(program.diags.count, 1);
    assert_int_equal(program.diags.items[0]->code, ZPL_CODE_LANG_LIMIT);
    zpl_source_place(zpl_sources_get(&program.sources, 1), program.diags.items[0]->span.begin,
                     &line, &column);
    assert_in_range(line, 2, 4);
}

/* Programs with words taken out, doubled and swapped never crash the compiler. */
static void mutants_are_survived(void **state)
{
    (void)state;
    static const char more[] =
        "local s = step \"s\" { signature = \"(rows: Table {a: Int, ...}) -> (rows: Table {a: "
        "Int})\", "
        "lua = function (t) local k = { 1, x = 2 } return { a = t.rows.a, k } end }\n"
        "local T = Table { a = Int { min = 0 }, b = Enum { \"x\", \"y\" }, ... }\n"
        "local q = pipeline \"q\" { params = { k = 1 }, build = function (p) return s { csv.read "
        "\"x\" } "
        "end }\nfor i, v in ipairs { 1, 2 } do q { k = v } end\n";
    srand(3);
    for (int round = 0; round < 1500; round++) {
        char text[8192] = "", source[8192];
        const char *words[2048];
        size_t count = 0;
        snprintf(source, sizeof source, "%s%s", demo, round % 2 ? more : "");
        char *copy = strdup(source);
        for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
            words[count++] = word;
        for (size_t i = 0; i < count; i++) {
            size_t pick = i;
            switch (rand() % 40) {
            case 0:
                continue;
            case 1:
                pick = (size_t)rand() % count;
                break;
            case 2:
                strcat(strcat(text, words[i]), " ");
                break;
            }
            strcat(strcat(text, words[pick]), " ");
            if (strlen(text) > sizeof text - 256)
                break;
        }
        compile(text);
        char *json = graph_text();
        free(json);
        free(copy);
    }
}

/* Whichever allocation fails, the compiler says so or does without; it leaks nothing. */
static void sweep(const char *text)
{
    compiles(text);
    char *whole = graph_text();
    long n = 0;
    for (bool fired = true; fired; n++) {
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, ENOMEM);
        enum zpl_err err = compile(text);
        fired = zpl_fault_fired();
        zpl_fault_disarm();
        if (err == ZPL_OK) {
            char *again = graph_text();
            assert_string_equal(again, whole);
            free(again);
        } else {
            assert_int_equal(err, ZPL_ERR_NOMEM);
            assert_true(fired && program.diags.errors > 0);
        }
    }
    assert_true(n > 50);
    free(whole);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    sweep(demo);
    sweep(
        "local k, w = 2, { a = { 1, 0.5 }, b = 'x' }\nlocal function f (x) return x + w.a[k] end\n"
        "local s = step 's' { inputs = { rows = Table { a = Int { min = 0 }, ... } }, params = { n "
        "= "
        "Enum { 'x', 'y', default = 'x' } }, outputs = { rows = Table { a = Int } },\n"
        "  lua = function (i) return { a = f(i.rows.a[1]) } end }\n"
        "pipeline 'p' { params = { n = List(Int) { default = { 1, 2 } }, w = Enum { 'x', 'y', "
        "default = 'y' } }, build = function (p)\n"
        "  local a = each(p.n, function (n) return s { sql [[ SELECT delay AS a FROM t ]], n = p.w "
        "} "
        "end)\n"
        "end }\n");
}

static int release(void **state)
{
    (void)state;
    zpl_program_release(&program);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_builds_its_graph),
        cmocka_unit_test(the_same_text_gives_the_same_bytes),
        cmocka_unit_test(given_params_count),
        cmocka_unit_test(names_follow_the_rules),
        cmocka_unit_test(what_a_call_may_say_beside),
        cmocka_unit_test(conditions_read_as_written),
        cmocka_unit_test(steps_of_the_program),
        cmocka_unit_test(pipelines_are_templates),
        cmocka_unit_test(imports_give_what_files_return),
        cmocka_unit_test(each_unrolls),
        cmocka_unit_test(every_mistake_at_its_place),
        cmocka_unit_test(run_time_values_are_told),
        cmocka_unit_test(sql_mistakes_point_into_the_text),
        cmocka_unit_test(all_mistakes_of_a_file_at_once),
        cmocka_unit_test(helpers_tell_who_called_them),
        cmocka_unit_test(bodies_can_only_take_what_can_travel),
        cmocka_unit_test(hostile_files_end),
        cmocka_unit_test(an_endless_loop_ends_inside_itself),
        cmocka_unit_test(mutants_are_survived),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
