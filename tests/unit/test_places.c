/* Where the steps of a graph stand: what is read is what was written, and a program whose lines moved has other places in
 * one entry. */
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/graph/places_json.h"

enum { FILES = 4, LINES = 40, NODES = 200 };

/* A program in a few files, and steps somewhere in it: `before` lines come before all others of each file. */
struct program {
    struct zpl_sources sources;
    struct zpl_graph graph;
};

static const char *const NAMES[FILES] = {"p.zpl", "lib/a.zpl", "lib/größe \"b\".zpl", "p.zpl"};

static void make(struct program *program, struct random random, size_t before)
{
    uint32_t begins[FILES][LINES];
    for (size_t file = 0; file < FILES; file++) {
        struct zpl_buf text = {0};
        for (size_t i = 0; i < before; i++)
            zpl_buf_puts(&text, "-- é\n");
        for (size_t i = 0; i < LINES; i++) {
            begins[file][i] = (uint32_t)text.len;
            zpl_buf_printf(&text, "  äö%.*s\n", (int)random_below(&random, 9), "xxxxxxxxx");
        }
        assert_int_equal(
            zpl_sources_add(&program->sources, NAMES[file], zpl_buf_str(&text), text.len),
            file + 1);
        zpl_buf_release(&text);
    }
    struct zpl_span span = {0};
    for (size_t n = random_below(&random, NODES); n > 0; n--) {
        struct zpl_node *node = zpl_graph_add(&program->graph);
        if (random_below(&random, 3) > 0) { /* else where the one before stands */
            size_t file = random_below(&random, FILES + 1), line = random_below(&random, LINES);
            span = (struct zpl_span){0};
            if (file < FILES)
                span = (struct zpl_span){(uint32_t)file + 1, begins[file][line] + 2, 0};
        }
        node->span = span;
        if (random_below(&random, 10) == 0)
            zpl_graph_add_param(&program->graph)->span = span;
    }
}

static void release(struct program *program)
{
    zpl_graph_release(&program->graph);
    zpl_sources_release(&program->sources);
}

static struct zpl_json *written(const struct program *program, struct zpl_buf *text)
{
    struct zpl_json *json;
    assert_int_equal(zpl_places_write(&program->graph, &program->sources, "p.zpl", text), ZPL_OK);
    assert_int_equal(zpl_json_parse(zpl_buf_str(text), text->len, &json, NULL), ZPL_OK);
    return json;
}

static void assert_place(const struct program *program, struct zpl_span span,
                         const struct zpl_place *place)
{
    const struct zpl_source *source = zpl_sources_get(&program->sources, span.source);
    uint32_t line = 0, column = 0;
    if (source)
        zpl_source_place(source, span.begin, &line, &column);
    assert_int_equal(place->line, line);
    assert_int_equal(place->column, column);
    if (source && strcmp(source->name, "p.zpl") != 0)
        assert_string_equal(place->file, source->name);
    else
        assert_null(place->file);
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct program program = {0};
        struct zpl_arena arena = {0};
        struct zpl_buf text = {0};
        struct zpl_place *places;
        size_t count;
        make(&program, (struct random){seed}, seed % 3);
        struct zpl_json *json = written(&program, &text);
        assert_int_equal(zpl_places_read(json, &places, &count, &arena), ZPL_OK);
        assert_int_equal(count, program.graph.count);
        for (size_t i = 0; i < count; i++)
            assert_place(&program, program.graph.nodes[i].span, &places[i]);
        zpl_json_release(json);
        zpl_buf_release(&text);
        zpl_arena_release(&arena);
        release(&program);
    }
}

/* How many items of two lists differ, by their text. */
static size_t differing(const struct zpl_json *a, const struct zpl_json *b)
{
    size_t n = 0;
    assert_int_equal(zpl_json_count(a), zpl_json_count(b));
    for (size_t i = 0; i < zpl_json_count(a); i++) {
        struct zpl_buf x = {0}, y = {0};
        assert_int_equal(zpl_json_write(zpl_json_at(a, i), false, &x), ZPL_OK);
        assert_int_equal(zpl_json_write(zpl_json_at(b, i), false, &y), ZPL_OK);
        n += strcmp(zpl_buf_str(&x), zpl_buf_str(&y)) != 0;
        zpl_buf_release(&x);
        zpl_buf_release(&y);
    }
    return n;
}

static void a_line_before_all_others_changes_one_entry_of_a_file(void **state)
{
    (void)state;
    size_t moved = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct program here = {0}, there = {0};
        struct zpl_buf one = {0}, other = {0};
        make(&here, (struct random){seed}, 1);
        make(&there, (struct random){seed}, 2);
        struct zpl_json *a = written(&here, &one), *b = written(&there, &other);
        /* an entry whose steps were alike and are no longer is two */
        if (zpl_json_count(zpl_json_get(a, "nodes")) == zpl_json_count(zpl_json_get(b, "nodes"))) {
            size_t n = differing(zpl_json_get(a, "nodes"), zpl_json_get(b, "nodes"));
            assert_in_range(n, 0, FILES - 1);
            moved += n > 0;
        }
        zpl_json_release(a);
        zpl_json_release(b);
        zpl_buf_release(&one);
        zpl_buf_release(&other);
        release(&here);
        release(&there);
    }
    assert_in_range(moved, 50, 100);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum zpl_err err;
        size_t count;
    } CASES[] = {
        {"{\"version\":1}", ZPL_OK, 0},
        {"{\"nodes\":[{}],\"version\":1}", ZPL_OK, 1},
        {"{\"nodes\":[{\"column\":1,\"count\":3,\"lines\":2}],\"version\":1}", ZPL_OK, 3},
        {"{\"version\":2}", ZPL_ERR_VERSION, 0},
        {"{}", ZPL_ERR_INPUT, 0},
        {"[]", ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"column\":1}],\"version\":1}", ZPL_ERR_INPUT, 0}, /* no line 0 */
        {"{\"nodes\":[{\"column\":1,\"lines\":1},{\"column\":1,\"lines\":-1}],\"version\":1}",
         ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"column\":-1,\"lines\":1}],\"version\":1}", ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"column\":4294967296,\"lines\":1}],\"version\":1}", ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"column\":1,\"lines\":4294967296}],\"version\":1}", ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"column\":1,\"lines\":4294967295,\"count\":2}],\"version\":1}",
         ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"count\":1048577}],\"version\":1}", ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"count\":1048576},{}],\"version\":1}", ZPL_ERR_INPUT, 0},
        {"{\"nodes\":[{\"count\":\"1\"}],\"version\":1}", ZPL_ERR_INPUT, 0},
        {"{\"files\":[\"a\"],\"nodes\":[{\"column\":1,\"file\":2,\"lines\":1}],\"version\":1}",
         ZPL_ERR_INPUT, 0},
        {"{\"files\":[1],\"nodes\":[{\"column\":1,\"file\":1,\"lines\":1}],\"version\":1}",
         ZPL_ERR_INPUT, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct zpl_arena arena = {0};
        struct zpl_place *places;
        struct zpl_json *json;
        size_t count;
        assert_int_equal(zpl_json_parse(CASES[i].text, strlen(CASES[i].text), &json, NULL), ZPL_OK);
        enum zpl_err err = zpl_places_read(json, &places, &count, &arena);
        if (err != CASES[i].err || (err == ZPL_OK && count != CASES[i].count))
            fail_msg("%s: %d, %zu places", CASES[i].text, (int)err, count);
        zpl_json_release(json);
        zpl_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(a_line_before_all_others_changes_one_entry_of_a_file),
        cmocka_unit_test(what_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
