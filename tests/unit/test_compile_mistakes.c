/* Whole programs: what their mistakes read like, and where they are told. */
#include "tests/unit/compiling.h"

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
                                            "time: it can't be passed to 'math.floor' here\n"},
        {"repeat until r.drifted", "2:8 E030 'drift.report.drifted' is known only at run time: it "
                                   "can't be branched on here\n"},
        {"for row in t do end",
         "2:12 E030 'csv.read.rows' is known only at run time: it can't be visited here\n"},
        {"for i = 1, r.drifted do end", "2:12 E030 'drift.report.drifted' is known only at run "
                                        "time: it can't be the bound of a loop here\n"},
        {"local x = r.drifted > nil", "2:21 E032 Bool can't be compared with nil\n"},
        {"local x, y = math.modf(r.drifted) local z = x + y",
         "2:14 E030 'drift.report.drifted' is known only at run time: it can't be passed to "
         "'math.modf' here\n"},
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
        /* The evaluation goes on behind it. */
        if (program.diags.count != 2)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_at_its_place),
        cmocka_unit_test(run_time_values_are_told),
        cmocka_unit_test(sql_mistakes_point_into_the_text),
        cmocka_unit_test(all_mistakes_of_a_file_at_once),
        cmocka_unit_test(helpers_tell_who_called_them),
        cmocka_unit_test(bodies_can_only_take_what_can_travel),
    };
    return cmocka_run_group_tests(tests, NULL, release_program);
}
