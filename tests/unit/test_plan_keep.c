/* test_plan_keep.c - a plan about some steps is about what they need, and nothing else. */
#include "tests/unit/compiling.h"
#include "vm/plan/plan.h"

/* The names of the steps that are kept for what the program returns, in order. */
static const char *kept(const char *text)
{
    static char out[512];
    struct zpl_world world = fake_world(true, NULL);
    struct zpl_compile_request request = {
        .name = "t.zpl", .text = text, .len = strlen(text), .all_pipelines = true, .returns = true};
    zpl_program_release(&program);
    if (zpl_compile(&request, &world, &program) != ZPL_OK)
        fail_msg("%s\n%s", text, shown());
    struct zpl_plan plan = {.graph = &program.graph};
    bool only[64] = {false};
    assert_true(program.graph.count + program.graph.map_count < 64);
    for (size_t i = 0; i < program.returned_count; i++)
        zpl_plan_want(&program.graph, program.returned[i].value, only);
    assert_int_equal(zpl_plan_keep(&plan, only), ZPL_OK);
    out[0] = '\0';
    for (uint32_t id = 0; id < program.graph.count; id++)
        if (zpl_plan_keeps(&plan, id)) {
            size_t n = strlen(out);
            snprintf(out + n, sizeof out - n, "%s ", program.graph.nodes[id].name);
        }
    zpl_arena_release(&plan.arena);
    return out;
}

#define DEMO                                                                                       \
    "local flights = parquet.read \"f\"\nlocal rows = csv.read \"r\"\n"                            \
    "local train, test = split { rows }\nlocal shift = drift { train, test }\n"                    \
    "local other = csv.read { \"o\", after = shift }\n"                                            \
    "local some = split { flights, when = shift.drifted }\n"

static void only_what_is_needed_is_kept(void **state)
{
    (void)state;
    assert_string_equal(kept(DEMO "return 1, nil"), "");
    assert_string_equal(kept(DEMO "return rows"), "csv.read@rows ");
    assert_string_equal(kept(DEMO "return test, { a = flights }"),
                        "parquet.read csv.read@rows split@train ");
    assert_string_equal(kept(DEMO "return other"),
                        "csv.read@rows split@train drift csv.read@other ");
    assert_string_equal(kept(DEMO "return some"),
                        "parquet.read csv.read@rows split@train drift split@some ");
    assert_string_equal(kept(DEMO "return not shift.drifted"), "csv.read@rows split@train drift ");
    assert_string_equal(kept(DEMO "return coalesce(some, rows)"),
                        "parquet.read csv.read@rows split@train drift split@some ");
    struct zpl_plan all = {.graph = &program.graph};
    assert_true(zpl_plan_keeps(&all, 0));
}

/* Of a map its list is kept, and of its steps those that are needed, with what they need from outside. */
static void maps_are_kept_with_what_is_needed(void **state)
{
    (void)state;
    static const char text[] =
        "local list = step \"list\" { signature = \"() -> (n: List(String))\", "
        "lua = function () return {} end }\n"
        "local apart, rows, names = csv.read \"a\", csv.read \"r\", list {}\n"
        "local a, b = each(names, function (n)\n  local one = split { rows }\n"
        "  local two = csv.read \"t\"\n  return one, n end)\nreturn ";
    char whole[1024];
    for (size_t i = 0; i < 2; i++) {
        snprintf(whole, sizeof whole, "%s%s", text, i == 0 ? "a" : "b");
        const char *names = kept(whole);
        assert_true(program.graph.map_count == 1);
        assert_string_equal(names, i == 0 ? "csv.read@rows list split[*] " : "list ");
    }
    snprintf(whole, sizeof whole, "%s%s", text, "rows");
    assert_string_equal(kept(whole), "csv.read@rows ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_needed_is_kept),
        cmocka_unit_test(maps_are_kept_with_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, release_program);
}
