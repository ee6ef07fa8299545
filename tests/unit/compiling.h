/* compiling.h - whole programs in a fake world, for tests of the compiler: one program at a time. */
#ifndef ZPL_TESTS_COMPILING_H
#define ZPL_TESTS_COMPILING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/fake_world.h"

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
static inline enum zpl_err compile_with(const char *text, const char *given, const char *pipeline,
                                        const char *const *files)
{
    char words[256] = "";
    struct zpl_given list[8];
    size_t count = 0;
    snprintf(words, sizeof words, "%s", given ? given : "");
    char *rest;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
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

static inline enum zpl_err compile(const char *text)
{
    return compile_with(text, NULL, NULL, NULL);
}

static inline const char *shown(void)
{
    static char text[32768];
    struct zpl_buf buf = {0};
    zpl_diags_show(&program.diags, &program.sources, false, &buf);
    snprintf(text, sizeof text, "%s", zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return text;
}

static inline void compiles(const char *text)
{
    if (compile(text) != ZPL_OK)
        fail_msg("%s\n%s", text, shown());
}

/* Is every line of `got` what a line of `expected` begins with, and are there as many? */
static inline bool lines_begin(const char *got, const char *expected)
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
static inline void mistakes(const char *text, const char *expected)
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

static inline const struct zpl_node *node(const char *name)
{
    const struct zpl_node *found = zpl_graph_find(&program.graph, name);
    if (!found)
        fail_msg("no step '%s'", name);
    return found;
}

static inline const char *value_text(const struct zpl_value *value)
{
    static char text[1024];
    struct zpl_buf buf = {0};
    zpl_value_show(&program.graph, value, &buf);
    snprintf(text, sizeof text, "%s", zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return text;
}

static inline const char *argument_text(const char *step, const char *name)
{
    const struct zpl_argument *argument = zpl_node_argument(node(step), name);
    if (!argument)
        fail_msg("'%s' has no argument '%s'", step, name);
    return value_text(argument->value);
}

static inline char *graph_text(void)
{
    struct zpl_json *json = zpl_graph_to_json(&program.graph, &program.sources);
    struct zpl_buf buf = {0};
    assert_int_equal(zpl_json_write(json, false, &buf), ZPL_OK);
    zpl_json_release(json);
    char *copy = strdup(zpl_buf_str(&buf));
    zpl_buf_release(&buf);
    return copy;
}

static inline int release_program(void **state)
{
    (void)state;
    zpl_program_release(&program);
    return 0;
}

#endif
