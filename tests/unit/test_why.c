/* test_why.c - what differs between two lists of ingredients, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/text.h"
#include "tests/unit/random.h"
#include "vm/plan/why.h"

struct fixture {
    struct zpl_arena arena;
    struct zpl_ingredients before, now;
    struct zpl_reasons reasons;
};

static void add(struct fixture *f, struct zpl_ingredients *list, enum zpl_ingredient_kind kind,
                const char *name, const char *value, const char *shown)
{
    assert_true(zpl_ingredients_add(list, &f->arena, kind, name, value, shown));
}

/* A step as keys list it: two tables, one read through columns a and b, a model, a param … */
static void add_step(struct fixture *f, struct zpl_ingredients *list)
{
    add(f, list, ZPL_ING_FORMAT, "zpl", "1", NULL);
    add(f, list, ZPL_ING_KERNEL, "sql", "k1", NULL);
    add(f, list, ZPL_ING_ENGINE, "engines", "duckdb 1.4.4", NULL);
    add(f, list, ZPL_ING_BODY, "sql", "b1", "SELECT a FROM train");
    add(f, list, ZPL_ING_MODULE, "steps/lib.py", "i1", NULL);
    add(f, list, ZPL_ING_PACKAGE, "pandas", "3.1.0", NULL);
    add(f, list, ZPL_ING_WORKERS, "workers", "2", NULL);
    add(f, list, ZPL_ING_BINDING, "f", "[\"a\",\"b\"]", NULL);
    add(f, list, ZPL_ING_PARAM, "rounds", "100", "100");
    add(f, list, ZPL_ING_OUTPUT, "rows", "Table {a: Int}", NULL);
    add(f, list, ZPL_ING_WANTS, "train.a", "Int 0..", NULL);
    add(f, list, ZPL_ING_SOURCE, "path", "s1", "data/flights.csv");
    add(f, list, ZPL_ING_INPUT, "model", "m1", NULL);
    add(f, list, ZPL_ING_ROWS, "train", "10", NULL);
    add(f, list, ZPL_ING_ORDER, "train", "[\"a\",\"b\"]", NULL);
    add(f, list, ZPL_ING_COLUMN, "train.a", "c1", NULL);
    add(f, list, ZPL_ING_COLUMN, "train.b", "c2", NULL);
    add(f, list, ZPL_ING_ROWS, "test", "10", NULL);
    add(f, list, ZPL_ING_ORDER, "test", "[]", NULL);
}

static void start(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    add_step(f, &f->before);
    add_step(f, &f->now);
}

static struct zpl_ingredient *item(struct zpl_ingredients *list, enum zpl_ingredient_kind kind,
                                   const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == kind && strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    fail_msg("no %s %s", zpl_ingredient_kind_name(kind), name);
    return NULL;
}

static void drop(struct zpl_ingredients *list, enum zpl_ingredient_kind kind, const char *name)
{
    struct zpl_ingredient *gone = item(list, kind, name);
    memmove(gone, gone + 1, (size_t)(list->items + --list->count - gone) * sizeof *gone);
}

/* The reasons are exactly these, in this order (NULL ends them). */
static void expect(struct fixture *f, const char *const *wanted)
{
    memset(&f->reasons, 0, sizeof f->reasons);
    zpl_why_compare(&f->before, &f->now, &f->reasons, &f->arena);
    size_t n = 0;
    for (; wanted[n] != NULL; n++) {
        assert_true(n < f->reasons.count);
        assert_string_equal(f->reasons.texts[n], wanted[n]);
    }
    if (f->reasons.count != n)
        fail_msg("also told: %s", f->reasons.texts[n]);
}

static void equal_lists_differ_in_nothing(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    expect(&f, (const char *const[]){NULL});
    zpl_arena_release(&f.arena);
}

/* Each entry changed alone is named, and nothing else is. */
static void every_kind_changed_alone_is_named_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        enum zpl_ingredient_kind kind;
        const char *name, *value, *shown, *words;
    } CASES[] = {
        {ZPL_ING_FORMAT, "zpl", "2", NULL, "this version of zpl makes keys in another way"},
        {ZPL_ING_KERNEL, "sql", "k2", NULL, "the code of sql changed"},
        {ZPL_ING_ENGINE, "engines", "duckdb 1.5", NULL, "duckdb 1.4.4 → duckdb 1.5"},
        {ZPL_ING_BODY, "sql", "b2", "SELECT b FROM train",
         "sql: SELECT a FROM train → SELECT b FROM train"},
        {ZPL_ING_BODY, "sql", "b2", NULL, "the sql body changed"},
        {ZPL_ING_BODY, "sql", "b2", "SELECT a FROM train", "the sql body changed"},
        {ZPL_ING_MODULE, "steps/lib.py", "i2", NULL, "steps/lib.py changed"},
        {ZPL_ING_PACKAGE, "pandas", "3.1.1", NULL, "pandas 3.1.0 → 3.1.1"},
        {ZPL_ING_WORKERS, "workers", "4", NULL, "workers: 2 → 4"},
        {ZPL_ING_BINDING, "f", "[\"a\"]", NULL, "columns f: [\"a\",\"b\"] → [\"a\"]"},
        {ZPL_ING_PARAM, "rounds", "200", "200", "rounds: 100 → 200"},
        {ZPL_ING_OUTPUT, "rows", "Table {a: Float}", NULL,
         "type of output rows: Table {a: Int} → Table {a: Float}"},
        {ZPL_ING_WANTS, "train.a", "Int 5..", NULL,
         "what is needed of column a of train: Int 0.. → Int 5.."},
        {ZPL_ING_SOURCE, "path", "s2", "data/new.csv", "other content in data/new.csv"},
        {ZPL_ING_INPUT, "model", "m2", NULL, "other content in model"},
        {ZPL_ING_ROWS, "train", "11", NULL, "rows of train: 10 → 11"},
        {ZPL_ING_ORDER, "train", "[\"b\",\"a\"]", NULL,
         "columns read of train: [\"a\",\"b\"] → [\"b\",\"a\"]"},
        {ZPL_ING_COLUMN, "train.b", "c3", NULL, "other content in column b of train"},
    };
    bool met[ZPL_ING_KINDS] = {false};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct fixture f;
        start(&f);
        struct zpl_ingredient *changed = item(&f.now, CASES[i].kind, CASES[i].name);
        changed->value = CASES[i].value;
        changed->shown = CASES[i].shown;
        expect(&f, (const char *const[]){CASES[i].words, NULL});
        met[CASES[i].kind] = true;
        zpl_arena_release(&f.arena);
    }
    for (int kind = 0; kind < ZPL_ING_KINDS; kind++)
        assert_true(met[kind]);
}

/* What is shown to people makes no difference where the value has none. */
static void another_way_of_writing_the_same_is_no_reason(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    item(&f.now, ZPL_ING_BODY, "sql")->shown = "select a from train -- layout";
    item(&f.now, ZPL_ING_SOURCE, "path")->shown = "elsewhere/flights.csv";
    expect(&f, (const char *const[]){NULL});
    zpl_arena_release(&f.arena);
}

static void a_param_that_came_or_went_is_told_with_its_value(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    drop(&f.before, ZPL_ING_PARAM, "rounds");
    expect(&f, (const char *const[]){"rounds: now 100", NULL});
    zpl_arena_release(&f.arena);
    start(&f);
    drop(&f.now, ZPL_ING_PARAM, "rounds");
    expect(&f, (const char *const[]){"rounds: no longer 100", NULL});
    zpl_arena_release(&f.arena);
}

static void a_module_or_package_that_came_or_went_is_told_by_its_name(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    drop(&f.before, ZPL_ING_MODULE, "steps/lib.py");
    drop(&f.now, ZPL_ING_PACKAGE, "pandas");
    expect(&f, (const char *const[]){"steps/lib.py is imported now",
                                     "pandas 3.1.0 is used no longer", NULL});
    zpl_arena_release(&f.arena);
}

/* A column more or less is told with the set of columns, not once more by itself. */
static void rules_that_came_or_went_are_told_with_their_column(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    drop(&f.before, ZPL_ING_WANTS, "train.a");
    expect(&f, (const char *const[]){"column a of train is now held to Int 0..", NULL});
    drop(&f.now, ZPL_ING_WANTS, "train.a");
    add(&f, &f.before, ZPL_ING_WANTS, "train.a", "Int 0..", NULL);
    expect(&f, (const char *const[]){"column a of train is no longer held to Int 0..", NULL});
    zpl_arena_release(&f.arena);
}

static void a_changed_set_of_columns_is_told_once(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    drop(&f.before, ZPL_ING_COLUMN, "train.b");
    item(&f.before, ZPL_ING_ORDER, "train")->value = "[\"a\"]";
    expect(&f, (const char *const[]){"columns read of train: [\"a\"] → [\"a\",\"b\"]", NULL});
    zpl_arena_release(&f.arena);
    start(&f);
    drop(&f.now, ZPL_ING_COLUMN, "train.b");
    item(&f.now, ZPL_ING_ORDER, "train")->value = "[\"a\"]";
    item(&f.now, ZPL_ING_COLUMN, "train.a")->value = "c9";
    expect(&f, (const char *const[]){"columns read of train: [\"a\",\"b\"] → [\"a\"]",
                                     "other content in column a of train", NULL});
    zpl_arena_release(&f.arena);
}

/* A table of which no column was read has a set of columns, too: the empty one. */
static void the_first_column_that_is_read_is_told_once(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    add(&f, &f.now, ZPL_ING_COLUMN, "test.z", "c5", NULL);
    item(&f.now, ZPL_ING_ORDER, "test")->value = "[\"z\"]";
    expect(&f, (const char *const[]){"columns read of test: [] → [\"z\"]", NULL});
    zpl_arena_release(&f.arena);
}

static void a_table_that_came_or_went_is_told_once(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    drop(&f.before, ZPL_ING_ROWS, "train");
    drop(&f.before, ZPL_ING_ORDER, "train");
    drop(&f.before, ZPL_ING_COLUMN, "train.a");
    drop(&f.before, ZPL_ING_COLUMN, "train.b");
    expect(&f, (const char *const[]){"input train is new", NULL});
    struct zpl_ingredients other = f.before;
    f.before = f.now;
    f.now = other;
    expect(&f, (const char *const[]){"input train is gone", NULL});
    zpl_arena_release(&f.arena);
}

/* Names of tables that begin alike are told apart. */
static void tables_with_like_names_are_not_mixed_up(void **state)
{
    (void)state;
    struct fixture f;
    start(&f);
    add(&f, &f.before, ZPL_ING_ORDER, "train2", "[\"a\"]", NULL);
    add(&f, &f.before, ZPL_ING_COLUMN, "train2.a", "c1", NULL);
    add(&f, &f.now, ZPL_ING_ORDER, "train2", "[\"a\"]", NULL);
    add(&f, &f.now, ZPL_ING_COLUMN, "train2.a", "c2", NULL);
    expect(&f, (const char *const[]){"other content in column a of train2", NULL});
    zpl_arena_release(&f.arena);
}

/* Any part of the entries changed: as many reasons as changes, each once. */
static void every_change_is_one_reason(void **state)
{
    (void)state;
    struct random r = {41};
    for (int seed = 0; seed < 500; seed++) {
        struct fixture f;
        size_t changes = 0;
        start(&f);
        for (size_t i = 0; i < f.now.count; i++) {
            if (random_below(&r, 3) == 0) {
                f.now.items[i].value = "changed";
                f.now.items[i].shown = NULL;
                changes++;
            }
        }
        zpl_why_compare(&f.before, &f.now, &f.reasons, &f.arena);
        assert_int_equal(f.reasons.count, changes);
        zpl_arena_release(&f.arena);
    }
}

/* A long text of characters of one to four bytes. */
static char *long_text(struct random *r, struct zpl_arena *arena, size_t characters)
{
    static const char *const LETTERS[] = {"a", "é", "東", "🛫", "\n", " "};
    struct zpl_buf text = {0};
    for (size_t i = 0; i < characters; i++)
        zpl_buf_puts(&text, LETTERS[random_below(r, sizeof LETTERS / sizeof *LETTERS)]);
    char *copy = zpl_arena_strdup(arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return copy;
}

/* Excerpts of bodies of any letters are UTF-8 on one line, short, and show what differs. */
static void excerpts_of_bodies_are_short_lines_of_whole_characters(void **state)
{
    (void)state;
    struct random r = {42};
    for (int seed = 0; seed < 2000; seed++) {
        struct fixture f;
        start(&f);
        char *head = long_text(&r, &f.arena, random_below(&r, 80));
        char *rest = long_text(&r, &f.arena, random_below(&r, 80));
        struct zpl_ingredient *was = item(&f.before, ZPL_ING_BODY, "sql");
        struct zpl_ingredient *is = item(&f.now, ZPL_ING_BODY, "sql");
        is->value = "b2";
        was->shown = zpl_arena_printf(&f.arena, "%s<1>%s", head, rest);
        is->shown = zpl_arena_printf(&f.arena, "%s<2>%s", head, rest);
        zpl_why_compare(&f.before, &f.now, &f.reasons, &f.arena);
        assert_int_equal(f.reasons.count, 1);
        const char *words = f.reasons.texts[0];
        assert_true(zpl_utf8_valid(words, strlen(words)));
        assert_null(strpbrk(words, "\n\t\r"));
        assert_true(strlen(words) < 180);
        const char *arrow = strstr(words, " → ");
        assert_non_null(strstr(words, "<1>"));
        assert_non_null(arrow);
        assert_non_null(strstr(arrow, "<2>"));
        zpl_arena_release(&f.arena);
    }
}

/* Sets of thousands of columns do not fill the screen. */
static void long_values_are_cut_like_bodies(void **state)
{
    (void)state;
    struct fixture f;
    struct zpl_buf names = {0};
    start(&f);
    for (int i = 0; i < 3000; i++)
        zpl_buf_printf(&names, "\"column_%d\",", i);
    const char *many = zpl_arena_strdup(&f.arena, zpl_buf_str(&names));
    item(&f.before, ZPL_ING_ORDER, "train")->value = many;
    item(&f.now, ZPL_ING_ORDER, "train")->value = zpl_arena_printf(&f.arena, "%s\"x\"", many);
    zpl_why_compare(&f.before, &f.now, &f.reasons, &f.arena);
    assert_int_equal(f.reasons.count, 1);
    assert_true(strlen(f.reasons.texts[0]) < 200);
    assert_non_null(strstr(f.reasons.texts[0], "\"x\""));
    zpl_buf_release(&names);
    zpl_arena_release(&f.arena);
}

/* ---- against the last time in a store ---- */

/* A store that knows at most one row. */
struct store {
    enum zpl_err err;
    struct zpl_step_row row;
    enum zpl_err failed_err; /* of asking for the run that it failed in */
    int64_t failed_run;
    char asked[64];
    bool gone; /* are the step's outputs missing? */
};

static enum zpl_err step_last(void *self, const char *pipeline, const char *name,
                              struct zpl_step_row *out, struct zpl_arena *arena,
                              struct zpl_diags *diags)
{
    struct store *store = self;
    (void)arena, (void)diags;
    snprintf(store->asked, sizeof store->asked, "%s/%s", pipeline, name);
    *out = store->row;
    return store->err;
}

static enum zpl_err step_failed(void *self, const char *pipeline, const char *name,
                                struct zpl_step_row *out, struct zpl_arena *arena,
                                struct zpl_diags *diags)
{
    struct store *store = self;
    (void)pipeline, (void)name, (void)arena, (void)diags;
    *out = (struct zpl_step_row){.run = store->failed_run};
    return store->failed_err;
}

/* What zpl_why() says of the step of the fixture, in one line. */
static const char *why(struct fixture *f, struct store *store, bool no_cache)
{
    struct zpl_node node = {.name = "train"};
    struct zpl_graph graph = {.pipeline = "delays", .nodes = &node, .count = 1};
    struct zpl_step_plan step = {.ingredients = f->now, .gone = store->gone};
    struct zpl_session session = {.has_metadata = true};
    struct zpl_plan plan = {
        .session = &session, .graph = &graph, .steps = &step, .no_cache = no_cache};
    session.stack.metadata.self = store;
    session.stack.metadata.step_last = step_last;
    session.stack.metadata.step_failed = step_failed;
    enum zpl_err err = zpl_why(&plan, 0, &f->reasons, &f->arena);
    if (!store->gone)
        assert_string_equal(store->asked, "delays/train");
    if (err != ZPL_OK) {
        assert_int_equal(err, store->err);
        return NULL;
    }
    return zpl_reasons_text(&f->reasons, &f->arena);
}

/* The ingredients of last time as the store has them. */
static const char *stored(struct fixture *f)
{
    struct zpl_buf text = {0};
    struct zpl_json *json = zpl_ingredients_json(&f->before);
    assert_int_equal(zpl_json_write(json, false, &text), ZPL_OK);
    const char *copy = zpl_arena_strdup(&f->arena, zpl_buf_str(&text));
    zpl_json_release(json);
    zpl_buf_release(&text);
    return copy;
}

static void the_last_time_of_the_same_name_is_compared(void **state)
{
    (void)state;
    struct fixture f;
    struct store store = {.err = ZPL_ERR_NOT_FOUND, .failed_err = ZPL_ERR_NOT_FOUND};
    start(&f);
    assert_string_equal(why(&f, &store, false), "first time in this pipeline");
    assert_false(f.reasons.known);
    store.failed_err = ZPL_OK;
    store.failed_run = 4;
    assert_string_equal(why(&f, &store, false), "it failed in run 4");
    assert_false(f.reasons.known);
    store = (struct store){.row = {.run = 7, .ingredients = stored(&f)}};
    assert_string_equal(why(&f, &store, false), "its last row is not kept");
    assert_true(f.reasons.known);
    assert_int_equal(f.reasons.last_run, 7);
    store.gone = true;
    assert_string_equal(why(&f, &store, false), "what it made is gone from the store");
    store.gone = false;
    assert_string_equal(why(&f, &store, true), "--no-cache was asked for");
    item(&f.now, ZPL_ING_PARAM, "rounds")->shown = "200";
    item(&f.now, ZPL_ING_PARAM, "rounds")->value = "200";
    assert_string_equal(why(&f, &store, false), "rounds: 100 → 200");
    store.row.ingredients = "[[\"colour\"]]";
    assert_string_equal(why(&f, &store, false), "what it was made of last time can't be read");
    assert_false(f.reasons.known);
    store.row.ingredients = NULL;
    assert_string_equal(why(&f, &store, false), "what it was made of last time can't be read");
    store.err = ZPL_ERR_IO;
    assert_null(why(&f, &store, false));
    zpl_arena_release(&f.arena);
}

static void one_line_holds_three_reasons_and_counts_the_rest(void **state)
{
    (void)state;
    static const char *TEXTS[] = {"one", "two", "three", "four", "five"};
    static const char *const LINES[] = {"",
                                        "one",
                                        "one; two",
                                        "one; two; three",
                                        "one; two; three; and 1 more",
                                        "one; two; three; and 2 more"};
    struct zpl_arena arena = {0};
    for (size_t n = 0; n <= 5; n++) {
        struct zpl_reasons reasons = {.texts = TEXTS, .count = n};
        assert_string_equal(zpl_reasons_text(&reasons, &arena), LINES[n]);
    }
    zpl_arena_release(&arena);
}

/* A command is compared word by word and variable by variable. */
static void a_changed_command_is_told_by_what_differs(void **state)
{
    (void)state;
    static const char OLD[] =
        "{\"command\":[\"python3\",\"tidy.py\",\"a\",\"$out\"],\"pass\":[\"HOST\"],"
        "\"vars\":{\"LC_ALL\":\"C\",\"OLD\":\"1\"}}";
    static const struct {
        const char *body, *words[4];
    } CASES[] = {
        {"{\"command\":[\"python3\",\"tidy.py\",\"b\",\"$out\"],\"pass\":[\"HOST\"],"
         "\"vars\":{\"LC_ALL\":\"C\",\"OLD\":\"1\"}}",
         {"command word 3: \"a\" → \"b\""}},
        {"{\"command\":[\"python3\",\"-u\",\"tidy.py\",\"a\",\"$out\"],\"pass\":[\"HOST\"],"
         "\"vars\":{\"LC_ALL\":\"C\",\"OLD\":\"1\"}}",
         {"command word 2 \"-u\" is new"}},
        {"{\"command\":[\"python3\",\"tidy.py\",\"$out\"],\"pass\":[\"HOST\"],"
         "\"vars\":{\"LC_ALL\":\"C\",\"OLD\":\"1\"}}",
         {"command word 3 \"a\" is gone"}},
        {"{\"command\":[\"python3\",\"tidy.py\",\"a\",\"$out\"],\"pass\":[\"HOST\"],"
         "\"vars\":{\"LC_ALL\":\"C.UTF-8\",\"NEW\":\"2\"}}",
         {"vars.LC_ALL: \"C\" → \"C.UTF-8\"", "vars.NEW: now \"2\"", "vars.OLD: no longer \"1\""}},
        {"{\"command\":[\"python3\",\"tidy.py\",\"a\",\"$out\"],\"files\":[\"lib\"],\"pass\":["
         "\"USER\"],"
         "\"vars\":{\"LC_ALL\":\"C\",\"OLD\":\"1\"}}",
         {"vars.USER is passed on now", "vars.HOST is passed on no longer", "files: lib is new"}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct fixture f = {0};
        add(&f, &f.before, ZPL_ING_BODY, "command", "b1", OLD);
        add(&f, &f.now, ZPL_ING_BODY, "command", "b2", CASES[i].body);
        expect(&f, CASES[i].words);
        zpl_arena_release(&f.arena);
    }
}

static void parts_of_the_body_of_a_function_are_told_by_themselves(void **state)
{
    (void)state;
    static const char OLD[] = "{\"files\":[\"a.json\"],\"pass\":[],"
                              "\"python\":\"steps/t.py:train\",\"vars\":{\"SEED\":\"1\"}}";
    static const struct {
        const char *body, *words[4];
    } CASES[] = {
        {"{\"files\":[\"a.json\"],\"pass\":[],\"python\":\"steps/"
         "t.py:fit\",\"vars\":{\"SEED\":\"1\"}}",
         {"function: steps/t.py:train → steps/t.py:fit"}},
        {"{\"files\":[\"a.json\"],\"network\":true,\"pass\":[],\"python\":\"steps/t.py:train\","
         "\"vars\":{\"SEED\":\"2\"}}",
         {"vars.SEED: \"1\" → \"2\"", "network: now"}},
        {"{\"files\":[\"b.json\"],\"pass\":[\"TOKEN\"],\"python\":\"steps/t.py:train\","
         "\"vars\":{\"SEED\":\"1\"}}",
         {"vars.TOKEN is passed on now", "files: b.json is new", "files: a.json is gone"}},
        {"{\"env\":\"requirements.txt\",\"files\":[\"a.json\"],\"pass\":[],"
         "\"python\":\"steps/t.py:train\",\"vars\":{\"SEED\":\"1\"}}",
         {"env: none → requirements.txt"}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct fixture f = {0};
        add(&f, &f.before, ZPL_ING_BODY, "python", "b1", OLD);
        add(&f, &f.now, ZPL_ING_BODY, "python", "b2", CASES[i].body);
        expect(&f, CASES[i].words);
        zpl_arena_release(&f.arena);
    }
}

/* Files of a source by number, as a key lists them. */
static void add_files(struct fixture *f, struct zpl_ingredients *list, const char *const *paths,
                      const char *const *contents)
{
    drop(list, ZPL_ING_SOURCE, "path");
    for (size_t i = 0; paths[i] != NULL; i++)
        add(f, list, ZPL_ING_SOURCE, zpl_arena_printf(&f->arena, "path.%06zu", i + 1), contents[i],
            paths[i]);
}

static void files_of_a_pattern_are_told_by_their_paths(void **state)
{
    (void)state;
    static const char *const ab[] = {"a.csv", "b.csv", NULL};
    static const char *const aab[] = {"a.csv", "aa.csv", "b.csv", NULL};
    static const char *const ba[] = {"b.csv", "a.csv", NULL};
    static const char *const ac[] = {"a.csv", "c.csv", NULL};
    static const char *const one_two[] = {"1", "2"}, *const one_three_two[] = {"1", "3", "2"};
    static const char *const two_one[] = {"2", "1"}, *const one_four[] = {"1", "4"};
    static const struct {
        const char *const *before, *const *was, *const *now, *const *is;
        const char *words; /* NULL: a name is no ingredient */
    } cases[] = {
        {ab, one_two, aab, one_three_two, "file aa.csv is new"},
        {aab, one_three_two, ab, one_two, "file aa.csv is gone"},
        {ab, one_two, ab, one_four, "other content in b.csv"},
        {ab, one_two, ba, two_one, "its files are read in another order"},
        {ab, one_two, ac, one_two, NULL},
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(&f);
        add_files(&f, &f.before, cases[i].before, cases[i].was);
        add_files(&f, &f.now, cases[i].now, cases[i].is);
        expect(&f, (const char *[]){cases[i].words, NULL});
        zpl_arena_release(&f.arena);
    }
    start(&f);
    add_files(&f, &f.now, ab, one_two);
    expect(&f, (const char *[]){"file a.csv is new", "file b.csv is new",
                                "file data/flights.csv is gone", NULL});
    zpl_arena_release(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_lists_differ_in_nothing),
        cmocka_unit_test(every_kind_changed_alone_is_named_and_nothing_else),
        cmocka_unit_test(another_way_of_writing_the_same_is_no_reason),
        cmocka_unit_test(a_param_that_came_or_went_is_told_with_its_value),
        cmocka_unit_test(rules_that_came_or_went_are_told_with_their_column),
        cmocka_unit_test(a_module_or_package_that_came_or_went_is_told_by_its_name),
        cmocka_unit_test(a_changed_set_of_columns_is_told_once),
        cmocka_unit_test(the_first_column_that_is_read_is_told_once),
        cmocka_unit_test(a_table_that_came_or_went_is_told_once),
        cmocka_unit_test(tables_with_like_names_are_not_mixed_up),
        cmocka_unit_test(every_change_is_one_reason),
        cmocka_unit_test(excerpts_of_bodies_are_short_lines_of_whole_characters),
        cmocka_unit_test(long_values_are_cut_like_bodies),
        cmocka_unit_test(a_changed_command_is_told_by_what_differs),
        cmocka_unit_test(parts_of_the_body_of_a_function_are_told_by_themselves),
        cmocka_unit_test(the_last_time_of_the_same_name_is_compared),
        cmocka_unit_test(files_of_a_pattern_are_told_by_their_paths),
        cmocka_unit_test(one_line_holds_three_reasons_and_counts_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
