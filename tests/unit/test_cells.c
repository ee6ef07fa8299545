/* test_cells.c - texts as cells of a session: what each is, the one program that they are, places in it,
 * and what a later cell replaces. */
#include "tests/unit/compiling.h"
#include "lang/base/limits.h"
#include "vm/repl/cells.h"

static struct zpl_cells cells;

static struct zpl_cell *cell_of(const char *text)
{
    static unsigned number;
    char name[16];
    snprintf(name, sizeof name, "[%u]", ++number);
    struct zpl_cell *cell = zpl_cell_new(name, text, strlen(text));
    assert_non_null(cell);
    return cell;
}

/* The program that a cell alone is, as later cells see it. */
static const char *alone(const char *text)
{
    static char out[1024];
    struct zpl_cells one = {0};
    struct zpl_cells_text whole = {0};
    assert_int_equal(zpl_cells_add(&one, cell_of(text)), ZPL_OK);
    zpl_cells_write(&one, NULL, &whole);
    assert_int_equal(zpl_cells_text_error(&whole), ZPL_OK);
    snprintf(out, sizeof out, "%s", zpl_buf_str(&whole.text));
    zpl_cells_text_release(&whole);
    zpl_cells_release(&one);
    return out;
}

static void texts_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum zpl_cell_kind kind;
        bool broken;
    } texts[] = {
        {"", ZPL_CELL_EMPTY, false},
        {"  -- nothing", ZPL_CELL_EMPTY, false},
        {";", ZPL_CELL_EMPTY, false},
        {"#!/usr/bin/env zpl", ZPL_CELL_EMPTY, false},
        {"#rows", ZPL_CELL_EXPRESSION, false},
        {"rows", ZPL_CELL_EXPRESSION, false},
        {"1 + 2 -- three", ZPL_CELL_EXPRESSION, false},
        {"rows.delay;", ZPL_CELL_EXPRESSION, false},
        {"a, b", ZPL_CELL_EXPRESSION, false},
        {"(f())", ZPL_CELL_EXPRESSION, false},
        {"function () end", ZPL_CELL_EXPRESSION, false},
        {"split { rows }", ZPL_CELL_CALL, false},
        {"a:b()", ZPL_CELL_CALL, false},
        {"x = 1", ZPL_CELL_STATEMENTS, false},
        {"local x", ZPL_CELL_STATEMENTS, false},
        {"return x", ZPL_CELL_STATEMENTS, false},
        {"f() g()", ZPL_CELL_STATEMENTS, false},
        {"x = {", ZPL_CELL_UNFINISHED, true},
        {"rows +", ZPL_CELL_UNFINISHED, true},
        {"f(", ZPL_CELL_UNFINISHED, true},
        {"sql [[ SELECT", ZPL_CELL_UNFINISHED, true},
        {"--[[ a", ZPL_CELL_UNFINISHED, true},
        {"for i = 1, 3 do", ZPL_CELL_UNFINISHED, true},
        {"x = = 1", ZPL_CELL_STATEMENTS, true},
        {"rows )", ZPL_CELL_STATEMENTS, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct zpl_cell *cell = cell_of(texts[i].text);
        if (cell->kind != texts[i].kind || cell->broken != texts[i].broken)
            fail_msg("%s: %d", texts[i].text, cell->kind);
        assert_int_equal(cell->mistakes.count > 0, cell->broken);
        zpl_cell_free(cell);
    }
}

static void names_become_locals(void **state)
{
    (void)state;
    assert_string_equal(alone("x = 1"), "local x = 1\n");
    assert_string_equal(alone("a, b = f()  c = 2"), "local a, b = f()  local c = 2\n");
    assert_string_equal(alone("local x = 1  x = 2"), "local x = 1  x = 2\n");
    assert_string_equal(alone("t.x = 1"), "t.x = 1\n");
    assert_string_equal(alone("function f() return 1 end"), "local function f() return 1 end\n");
    assert_string_equal(alone("f = function () return f() end"),
                        "local f; f = function () return f() end\n");
    assert_string_equal(alone("(f or g)()"), ";(f or g)()\n");
    assert_string_equal(alone("x = 1 return x"), "local x = 1 \n");
    struct zpl_cell *cell = cell_of("a, b = 1, 2  local c, a  function d() local e end  f.g = 1");
    assert_int_equal(cell->name_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(zpl_cell_declares(cell, (const char *const[]){"a", "b", "c", "d"}[i]));
    zpl_cell_free(cell);
    cell = cell_of("rows.delay");
    assert_string_equal(cell->base, "rows");
    assert_string_equal(cell->field, "delay");
    zpl_cell_free(cell);
    cell = zpl_cell_from_file("x.zpl", "x = 1 local y return y", 22);
    assert_int_equal(cell->insert_count, 0);
    assert_int_equal(cell->kept, 14);
    assert_true(cell->name_count == 1 && zpl_cell_declares(cell, "y"));
    zpl_cell_free(cell);
}

/* Adds a cell, without those that it replaces; how many these are. */
static size_t enter(const char *text)
{
    struct zpl_cell *cell = cell_of(text);
    bool replaced[64] = {false};
    size_t count = 0;
    assert_int_equal(zpl_cells_replaced(&cells, cell, replaced), ZPL_OK);
    for (size_t i = cells.count; i-- > 0;)
        if (replaced[i]) {
            zpl_cells_remove(&cells, i);
            count++;
        }
    assert_int_equal(zpl_cells_add(&cells, cell), ZPL_OK);
    return count;
}

static void fresh(void)
{
    zpl_cells_release(&cells);
}

static void a_name_declared_again_replaces(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(enter("x = 1"), 0);
    assert_int_equal(enter("x = 2"), 1);
    assert_int_equal(enter("y = x"), 0);
    assert_int_equal(enter("x = 3"), 0); /* y looks at it */
    assert_int_equal(enter("x = x + 1"), 0);
    assert_int_equal(enter("y = 5"), 2); /* y, and the first x that only y looked at */
    assert_int_equal(cells.count, 3);
    assert_int_equal(enter("x = 0"), 2);
    fresh();
    enter("a, b = 1, 2");
    assert_int_equal(enter("a = 3"), 0); /* b is still there */
    assert_int_equal(enter("b = 4"), 1);
    fresh();
    enter("rows = csv.read 'x'");
    enter("q = sql [[ SELECT a FROM rows ]]"); /* the query's words count */
    assert_int_equal(enter("rows = csv.read 'y'"), 0);
    assert_int_equal(enter("q = 1"), 2);
    fresh();
    enter("t = {}");
    enter("function put() t[#t + 1] = 1 return #t end");
    enter("n = put()"); /* may do something that others see */
    assert_int_equal(enter("n = put()"), 0);
    assert_int_equal(enter("f { 1 }"), 0);
    assert_int_equal(enter("f { 1 }"), 1); /* the same call */
    assert_int_equal(enter("f { 2 }"), 0);
    fresh();
    for (unsigned i = 0; i < ZPL_LOCALS_MAX / 4; i++) {
        char text[64];
        snprintf(text, sizeof text, "a%u, b%u, c%u, d%u = 1", i, i, i, i);
        assert_int_equal(enter(text), 0);
    }
    assert_int_equal(enter("a0, b0, c0, d0 = 2"),
                     1); /* also where there is no room for a name more */
    fresh();
}

/* Compiles the cells with `last`, and gives the mistakes as "cell:line:column code", a line each. */
static const char *told(const char *last)
{
    static char out[1024];
    struct zpl_cells_text text = {0};
    struct zpl_cell *cell = cell_of(last);
    struct zpl_world world = fake_world(true, NULL);
    zpl_cells_write(&cells, NULL, &text);
    zpl_cells_write_last(cell, &text);
    struct zpl_compile_request request = {.name = "s.zpl",
                                          .text = zpl_buf_str(&text.text),
                                          .len = text.text.len,
                                          .all_pipelines = true,
                                          .returns = true};
    zpl_program_release(&program);
    zpl_compile(&request, &world, &program);
    assert_int_equal(zpl_cells_place(&text, &program), ZPL_OK);
    out[0] = '\0';
    for (size_t i = 0; i < program.diags.count; i++) {
        const struct zpl_diag *diag = program.diags.items[i];
        const struct zpl_source *source = zpl_sources_get(&program.sources, diag->span.source);
        uint32_t line, column;
        size_t n = strlen(out);
        zpl_source_place(source, diag->span.begin, &line, &column);
        snprintf(out + n, sizeof out - n, "%s:%u:%u %.*s|",
                 strcmp(source->name, cell->name) == 0 ? "last" : "earlier", line, column,
                 (int)(diag->span.end - diag->span.begin), source->text + diag->span.begin);
    }
    zpl_cells_text_release(&text);
    zpl_cell_free(cell);
    return out;
}

static void places_are_those_of_cells(void **state)
{
    (void)state;
    fresh();
    enter("-- a note\nx = 1");
    enter("rows = csv.read 'x'  y = nope");
    assert_string_equal(told("x"), "earlier:1:26 nope|");
    fresh();
    enter("-- a note\nx = 1");
    assert_string_equal(told("x"), "");
    assert_int_equal(program.returned_count, 1);
    assert_string_equal(told("foo"), "last:1:1 foo|");
    assert_string_equal(told("\n  y = x + foo  z = bar"), "last:2:11 foo|last:2:20 bar|");
    assert_string_equal(told("a = 1\n\nreturn foo"), "last:3:8 foo|");
    assert_string_equal(told("x\n.y"), "last:2:2 y|");
    /* the steps of the graph, and the lines of a body */
    assert_string_equal(
        told("s = step \"s\" { signature = \"(t: Table) -> (n: Int)\", lua = function (t)\n"
             "  return 1\nend }\nn = s { csv.read \"x\" }"),
        "");
    const struct zpl_node *made = node("s");
    const struct zpl_source *source = zpl_sources_get(&program.sources, made->span.source);
    assert_true(source->name[0] == '[' && memcmp(source->text + made->span.begin, "s {", 1) == 0);
    struct zpl_json *places = NULL;
    assert_int_equal(zpl_json_parse(made->places, strlen(made->places), &places, NULL), ZPL_OK);
    const struct zpl_json *first = zpl_json_at(places, 0), *lines = zpl_json_get(first, "lines");
    assert_string_equal(zpl_json_str(zpl_json_get(first, "file"), ""), source->name);
    int64_t last_line = zpl_json_i64(zpl_json_at(lines, zpl_json_count(lines) - 1), 0);
    assert_true(zpl_json_i64(zpl_json_at(lines, 0), 0) == 1 && last_line >= 2 && last_line <= 3);
    zpl_json_release(places);
    fresh();
}

/* A cell that is wrong by itself counts its own lines. */
static void broken_cells_are_told_by_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } wrong[] = {{"\nrows )", "2:6"}, {"x = = 1", "1:5"}, {"f(\n1", "2:2"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct zpl_cell *cell = cell_of(wrong[i].text);
        uint32_t line, column;
        char place[32];
        const struct zpl_diag *diag = cell->mistakes.items[0];
        zpl_source_place(zpl_sources_get(&cell->sources, 1), diag->span.begin, &line, &column);
        snprintf(place, sizeof place, "%u:%u", line, column);
        assert_string_equal(place, wrong[i].place);
        zpl_cell_free(cell);
    }
}

static int tear_down(void **state)
{
    (void)state;
    fresh();
    zpl_program_release(&program);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_told_apart),
        cmocka_unit_test(names_become_locals),
        cmocka_unit_test(a_name_declared_again_replaces),
        cmocka_unit_test(places_are_those_of_cells),
        cmocka_unit_test(broken_cells_are_told_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
