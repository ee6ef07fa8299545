/* Functions of Python as bodies of steps: held to what the step declares, and declared by what they say
 * themselves. */
#include "tests/unit/compiling.h"

/* What the world says of the function, whichever is asked for; NULL: it can't say. */
static const struct zpl_function *answer;
static char asked[256];

static enum zpl_err ask(void *self, const char *path, const char *name, struct zpl_arena *arena,
                        const struct zpl_function **out, struct zpl_diags *diags)
{
    (void)self;
    (void)arena;
    (void)diags;
    snprintf(asked, sizeof asked, "%s %s", path, name);
    *out = answer;
    return ZPL_OK;
}

static bool has_file(void *self, const char *path)
{
    (void)self;
    return strcmp(path, "train.py") == 0;
}

static enum zpl_err compile_step(const char *declaration)
{
    char text[1024];
    snprintf(text, sizeof text, "local s = step \"s\" { %s }", declaration);
    struct zpl_world world = fake_world(true, NULL);
    world.function = ask;
    world.has_file = has_file;
    struct zpl_compile_request request = {.name = "t.zpl", .text = text, .len = strlen(text)};
    zpl_program_release(&program);
    return zpl_compile(&request, &world, &program);
}

/* The messages of all mistakes, a line each. */
static const char *said(void)
{
    static char text[4096];
    text[0] = '\0';
    for (size_t i = 0; i < program.diags.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n",
                 program.diags.items[i]->message);
    return text;
}

static void parameters_are_what_the_step_gives(void **state)
{
    (void)state;
    static const struct zpl_parameter rows = {
        "rows", ZPL_PARAMETER_PLAIN, "pandas.DataFrame", false, 1, 11};
    static const struct zpl_parameter plain = {"rows", ZPL_PARAMETER_PLAIN, NULL, false, 1, 11};
    static const struct zpl_parameter text = {"rows", ZPL_PARAMETER_PLAIN, "str", false, 1, 11};
    static const struct zpl_parameter mine = {"rows", ZPL_PARAMETER_PLAIN, "lib.Frame", false, 1,
                                              11};
    static const struct zpl_parameter placed = {"rows", ZPL_PARAMETER_PLACED, NULL, false, 1, 11};
    static const struct zpl_parameter depth = {"depth", ZPL_PARAMETER_PLAIN, "int | None", true, 2,
                                               3};
    static const struct zpl_parameter wanted = {"depth", ZPL_PARAMETER_PLAIN, "str", false, 2, 3};
    static const struct zpl_parameter near = {"depht", ZPL_PARAMETER_PLAIN, NULL, false, 2, 3};
    static const struct zpl_parameter real = {"depth", ZPL_PARAMETER_PLAIN, "float", false, 2, 3};
    static const struct zpl_parameter keywords = {"more", ZPL_PARAMETER_KEYWORDS, NULL, false, 2,
                                                  3};
    static const char one[] = "(rows: Table {...r}) -> (n: Int)";
    static const char two[] = "(rows: Table {...r}, depth: Int = 3) -> (n: Int)";
    static const struct {
        const char *signature;
        struct zpl_parameter parameters[2];
        size_t count;
        const char *returns, *expected;
    } cases[] = {
        {one, {rows}, 1, NULL, ""},
        {one, {plain}, 1, "int", ""},
        {one, {mine}, 1, "lib.Count", ""},
        {two, {rows, depth}, 2, "int", ""},
        {one, {rows, depth}, 2, "int", ""},
        {two, {rows, real}, 2, "int", ""},
        {two, {rows, keywords}, 2, NULL, ""},
        {one, {keywords}, 1, NULL, ""},
        {"(rows: Table {...r}, depth?: Int) -> (n: Int)", {rows, depth}, 2, NULL, ""},
        {"(rows: Table {...r}, depth?: Float) -> (n: Int)",
         {rows, real},
         2,
         NULL,
         "f() wants 'depth', which a call of the step may leave out\n"},
        {two, {rows}, 1, NULL, "f() has no parameter 'depth', which the step gives it\n"},
        {two, {rows, near}, 2, NULL, "f() has no parameter 'depth', which the step gives it\n"},
        {one, {rows, wanted}, 2, NULL, "f() wants 'depth', which the step does not give\n"},
        {one, {text}, 1, NULL, "f() takes 'rows' as str, but the step gives it Table {...r}\n"},
        {two, {rows, wanted}, 2, NULL, "f() takes 'depth' as str, but the step gives it Int\n"},
        {one,
         {placed},
         1,
         NULL,
         "f() takes 'rows' by its place alone, and a step gives everything by its name\n"},
        {one, {rows}, 1, "str", "f() returns str, but the step's output 'n' is Int\n"},
        {one, {rows}, 1, "None", "f() returns nothing, but the step has the output 'n'\n"},
        {"() -> (a: Int, b: Table {x: Int})", {{0}}, 0, "tuple[int, pandas.DataFrame]", ""},
        {"() -> (a: Int, b: List(Int))", {{0}}, 0, "tuple[int, list[dict[str, int]]]", ""},
        {"() -> (a: Int, b: Int)", {{0}}, 0, "lib.Both", ""},
        {"() -> (a: Int, b: Table {x: Int})",
         {{0}},
         0,
         "tuple[int, str]",
         "f() returns str, but the step's output 'b' is Table {x: Int}\n"},
        {"() -> (a: Int, b: Int)",
         {{0}},
         0,
         "tuple[int]",
         "f() returns tuple[int], but the step has 2 outputs\n"},
        {"() -> (a: Int, b: Int)",
         {{0}},
         0,
         "tuple[int, int, int]",
         "f() returns tuple[int, int, int], but the step has 2 outputs\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char declaration[512];
        struct zpl_function f = {.line = 1,
                                 .parameters = cases[i].parameters,
                                 .parameter_count = cases[i].count,
                                 .returns = cases[i].returns};
        answer = &f;
        snprintf(declaration, sizeof declaration, "signature = \"%s\", python = \"train.py:f\"",
                 cases[i].signature);
        assert_int_equal(compile_step(declaration), *cases[i].expected ? ZPL_ERR_CHECK : ZPL_OK);
        assert_string_equal(said(), cases[i].expected);
        assert_string_equal(asked, "train.py f");
    }
}

static void a_function_may_declare_the_step(void **state)
{
    (void)state;
    static const struct zpl_parameter k = {"k", ZPL_PARAMETER_PLAIN, "int", true, 1, 11};
    struct zpl_function f = {.line = 1,
                             .parameters = &k,
                             .parameter_count = 1,
                             .returns = "float",
                             .signature = "(k: Int = 3) -> (value: Float)"};
    answer = &f;
    assert_int_equal(compile_step("python = \"train.py:f\"}\ns { k = 4"), ZPL_OK);
    assert_int_equal(program.graph.count, 1);
    assert_string_equal(program.graph.nodes[0].kernel, "python");
    assert_string_equal(program.graph.nodes[0].outputs[0].name, "value");
    assert_string_equal(program.graph.nodes[0].body,
                        "{\"pass\":[],\"python\":\"train.py:f\",\"vars\":{}}");
    f.signature = NULL;
    f.unsigned_why = "has no annotation for 'k'";
    assert_int_equal(compile_step("python = \"train.py:f\""), ZPL_ERR_CHECK);
    assert_string_equal(said(),
                        "the step has no signature, and its function gives none: f() has no "
                        "annotation for 'k'\n");
}

static void mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    static const char *const names[] = {"train", "load"};
    struct zpl_function f = {
        .error = "has no function 'trian'", .candidates = names, .candidate_count = 2};
    static const char signature[] = "signature = \"() -> (n: Int)\"";
    char declaration[256];
    answer = &f;
    snprintf(declaration, sizeof declaration, "%s, python = \"train.py:trian\"", signature);
    assert_int_equal(compile_step(declaration), ZPL_ERR_CHECK);
    assert_string_equal(said(), "train.py has no function 'trian'\n");
    assert_non_null(strstr(shown(), "did you mean 'train'?"));
    snprintf(declaration, sizeof declaration, "%s, python = \"tran.py:train\"", signature);
    assert_int_equal(compile_step(declaration), ZPL_ERR_CHECK);
    assert_string_equal(said(), "there is no file 'tran.py'\n");
    snprintf(declaration, sizeof declaration, "%s, python = \"train.py\"", signature);
    assert_int_equal(compile_step(declaration), ZPL_ERR_CHECK);
    assert_string_equal(said(), "python names a file and a function in it\n");
    snprintf(declaration, sizeof declaration, "%s, python = \"train.py:f\", secrets = { \"K\" }",
             signature);
    answer = NULL; /* nobody can say: the signature is believed */
    assert_int_equal(compile_step(declaration), ZPL_ERR_CHECK);
    assert_non_null(strstr(said(), "runs Python steps without `secrets`"));
    snprintf(declaration, sizeof declaration, "%s, python = \"train.py:f\", network = true",
             signature);
    assert_int_equal(compile_step(declaration), ZPL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_what_the_step_gives),
        cmocka_unit_test(a_function_may_declare_the_step),
        cmocka_unit_test(mistakes_are_told_at_their_place),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    zpl_program_release(&program);
    return failed;
}
