/* Whole programs that mean harm, or were hurt: the compiler ends, and says something. */
#include <errno.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "tests/unit/compiling.h"

/* A clock that goes ahead by so much whenever it is looked at (linked with --wrap): the time limit is met soon.  That of
 * the real one is met in tests/e2e/110-hostile.sh. */
static int64_t ahead_a_look_ns, ahead_ns;

int64_t __real_zpl_clock_monotonic_ns(void);
int64_t __wrap_zpl_clock_monotonic_ns(void);

int64_t __wrap_zpl_clock_monotonic_ns(void)
{
    ahead_ns += ahead_a_look_ns;
    return __real_zpl_clock_monotonic_ns() + ahead_ns;
}

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
        {"split { csv.read '\\xff' }", "E011"},
        {"xgboost.train { csv.read 'a', label = '\\xff' }", "E011"},
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
    ahead_a_look_ns = 50 * ZPL_NS_PER_MS;
    assert_int_equal(compile("local x = 1\nwhile true do\n  x = x + 1\nend"), ZPL_ERR_CHECK);
    assert_int_equal(program.diags.count, 1);
    assert_int_equal(program.diags.items[0]->code, ZPL_CODE_LANG_LIMIT);
    zpl_source_place(zpl_sources_get(&program.sources, 1), program.diags.items[0]->span.begin,
                     &line, &column);
    assert_in_range(line, 2, 4);
    assert_true(ahead_ns >= ZPL_LUA_MS_MAX * ZPL_NS_PER_MS / 2); /* by its time, which went fast */
    ahead_a_look_ns = 0;
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
        struct zpl_buf text = {0};
        char source[8192], *rest;
        const char *words[2048];
        size_t count = 0;
        snprintf(source, sizeof source, "%s%s", demo, round % 2 ? more : "");
        for (char *word = strtok_r(source, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
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
                zpl_buf_printf(&text, "%s ", words[i]);
                break;
            }
            zpl_buf_printf(&text, "%s ", words[pick]);
        }
        compile(zpl_buf_str(&text));
        free(graph_text());
        zpl_buf_release(&text);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_files_end),
        cmocka_unit_test(an_endless_loop_ends_inside_itself),
        cmocka_unit_test(mutants_are_survived),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, release_program);
}
