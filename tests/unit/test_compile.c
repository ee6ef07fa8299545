/* Whole programs: what they build. */
#include "tests/unit/compiling.h"

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

/* The graph of the text, written, read and written again, is the same to the byte. */
static void reads_back(const char *text)
{
    compiles(text);
    char *first = graph_text();
    compiles(text);
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

static void the_same_text_gives_the_same_bytes(void **state)
{
    (void)state;
    reads_back(demo);
}

/* each over a list that a step returns: its function is called once, for all items. */
static void lists_known_at_run_time_are_mapped(void **state)
{
    (void)state;
    static const char text[] =
        "local list = step 'list' { signature = '() -> (names: List(String), hs: List(Record {k: "
        "Int}))', "
        "lua = function () return {}, {} end }\n"
        "local make = step 'make' { signature = '(name: String, i: Int, k: Int = 0) -> (rows: "
        "Table {x: Int}, "
        "r: Report {auc: Float})', lua = function (t) return { x = {} }, { auc = 1.0 } end }\n"
        "local join = step 'join' { signature = '(all: List(Report {auc: Float}), k: Int) -> (n: "
        "Int)', "
        "lua = function () return 1 end }\n"
        "local names, hs = list {}\n"
        "local outer = 0\n"
        "local tables, reports, nested = each(names, function (name, i)\n"
        "  local rows, r = make { name, i, when = i > 1 }\n"
        "  local inner = each(hs, function (h) return make { name, i, k = h.k } end)\n"
        "  return rows, r, inner\n"
        "end)\n"
        "local best = max(reports, 'auc')\n"
        "join { reports, 3, as = 'one', when = mean(reports).auc > 0.5 and best.auc < 1 }\n"
        "each(hs, function (h) join { reports, h.k, as = 'two' } end)\n";
    reads_back(text);
    assert_int_equal(program.graph.map_count, 3);
    assert_int_equal(program.graph.maps[1].parent, 1);
    assert_int_equal(program.graph.count, 5);
    assert_string_equal(argument_text("make[*]", "name"), "list.names[*]");
    assert_string_equal(argument_text("make[*]", "i"), "list.names[#]");
    assert_string_equal(argument_text("make[*][*]", "k"), "list.hs[*].k");
    assert_string_equal(argument_text("one", "all"), "each(make[*].r)");
    assert_string_equal(argument_text("two[*]", "k"), "list.hs[*].k");
    assert_string_equal(value_text(node("one")->when),
                        "mean(each(make[*].r.auc)) > 0.5 and max(each(make[*].r.auc)) < 1");
    assert_int_equal(node("make[*][*]")->map, 2);
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
    assert_int_equal(compile_with(text, NULL, "tidy", NULL), ZPL_ERR_USAGE);
    /* The only pipeline of a file that can be run needs no name. */
    assert_int_equal(compile_with(text, NULL, NULL, NULL), ZPL_OK);
    assert_string_equal(program.graph.pipeline, "main");
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

/* What a text returns, a line a value: its type and itself, or words for what is none. */
static const char *returned(const char *text)
{
    static char out[2048];
    struct zpl_world world = fake_world(true, NULL);
    struct zpl_compile_request request = {
        .name = "t.zpl", .text = text, .len = strlen(text), .all_pipelines = true, .returns = true};
    zpl_program_release(&program);
    if (zpl_compile(&request, &world, &program) != ZPL_OK)
        fail_msg("%s\n%s", text, shown());
    out[0] = '\0';
    for (size_t i = 0; i < program.returned_count; i++) {
        const struct zpl_returned *r = &program.returned[i];
        size_t n = strlen(out);
        snprintf(out + n, sizeof out - n, "%s%s%s\n",
                 r->value ? zpl_kind_name(r->value->type->kind) : "", r->value ? " " : "",
                 r->value ? value_text(r->value) : r->words);
    }
    return out;
}

static void what_is_returned_is_kept(void **state)
{
    (void)state;
    assert_string_equal(returned("local x = 1"), "");
    assert_string_equal(returned("return 1 + 2, 'a', { 1, 2 }, { a = true }, {}"),
                        "Int 3\nString \"a\"\nList { 1, 2 }\nRecord { a = true }\nList {}\n");
    assert_string_equal(returned("return nil, function () end, split, { f = math.floor, 1 }"),
                        "nil\na function\nstep 'split'\na table with 1 field: f, and 1 items\n");
    assert_string_equal(
        returned("local p = params { n = 3 }\nlocal a, b = split { csv.read \"x\" }\n"
                 "return p, p.n, b, { rows = a }"),
        "Record { n = 3 }\nInt 3\nTable split.test\nRecord { rows = split.train }\n");
    /* the call that is returned has its place; what a pipeline makes comes after the text's own steps */
    returned("pipeline \"q\" { build = function () drift { csv.read \"a\", csv.read \"b\" } end }\n"
             "return csv.read \"x\"");
    assert_int_equal(program.call_count, 1);
    assert_true(program.graph.count > 1);
    assert_int_equal(program.graph.nodes[0].span.source, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demo_builds_its_graph),
        cmocka_unit_test(the_same_text_gives_the_same_bytes),
        cmocka_unit_test(lists_known_at_run_time_are_mapped),
        cmocka_unit_test(given_params_count),
        cmocka_unit_test(names_follow_the_rules),
        cmocka_unit_test(what_a_call_may_say_beside),
        cmocka_unit_test(conditions_read_as_written),
        cmocka_unit_test(steps_of_the_program),
        cmocka_unit_test(pipelines_are_templates),
        cmocka_unit_test(imports_give_what_files_return),
        cmocka_unit_test(each_unrolls),
        cmocka_unit_test(what_is_returned_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, release_program);
}
