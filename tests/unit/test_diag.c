/* test_diag.c - the list of diagnostics, and how they read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/diag.h"
#include "lang/base/fault.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"

static const struct zpl_span NOWHERE;

/* The span of the first `part` in the text of a source. */
static struct zpl_span span_of(const struct zpl_sources *sources, uint32_t number, const char *part)
{
    const char *text = zpl_sources_get(sources, number)->text;
    const char *place = strstr(text, part);
    assert_non_null(place);
    uint32_t begin = (uint32_t)(place - text);
    return (struct zpl_span){number, begin, begin + (uint32_t)strlen(part)};
}

static uint32_t add_source(struct zpl_sources *sources, const char *name, const char *text)
{
    uint32_t number = zpl_sources_add(sources, name, text, strlen(text));
    assert_true(number > 0);
    return number;
}

static void expect_shown(const struct zpl_diags *diags, const struct zpl_sources *sources,
                         const char *expected)
{
    struct zpl_buf out = {0};
    zpl_diags_show(diags, sources, false, &out);
    assert_string_equal(zpl_buf_str(&out), expected);
    zpl_buf_release(&out);
}

/* Shows one error at `part` of a one-line text and compares excerpt and caret. */
static void expect_caret(const char *text, const char *part, const char *line, const char *caret)
{
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf expected = {0};
    uint32_t number = add_source(&sources, "a.zpl", text);
    struct zpl_span span = span_of(&sources, number, part);
    uint32_t row, column;
    zpl_source_place(zpl_sources_get(&sources, number), span.begin, &row, &column);
    zpl_diag_add(&diags, ZPL_CODE_SYNTAX, span, "x");
    zpl_buf_printf(&expected, "a.zpl:%u:%u: error[E001]: x\n%5u | %s\n      | %s\n", row, column,
                   row, line, caret);
    expect_shown(&diags, &sources, zpl_buf_str(&expected));
    zpl_buf_release(&expected);
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

static void a_diagnostic_reads_as_promised(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    uint32_t n = add_source(&sources, "delays.zpl",
                            "local rows =\n  split { flights }\nlocal x = dealy > 3\n");
    struct zpl_diag *diag =
        zpl_diag_add(&diags, ZPL_CODE_UNKNOWN_COLUMN, span_of(&sources, n, "dealy"),
                     "unknown column '%s'", "dealy");
    zpl_diag_note(&diags, diag, span_of(&sources, n, "split"), "the table comes from here");
    zpl_diag_note(&diags, diag, NOWHERE, "it has %d columns", 2);
    zpl_diag_help(&diags, diag, "did you mean '%s'?", "delay");
    expect_shown(&diags, &sources,
                 "delays.zpl:3:11: error[E014]: unknown column 'dealy'\n"
                 "    3 | local x = dealy > 3\n"
                 "      |           ^^^^^\n"
                 "  = note: delays.zpl:2:3: the table comes from here\n"
                 "    2 |   split { flights }\n"
                 "      |   ^^^^^\n"
                 "  = note: it has 2 columns\n"
                 "  = help: did you mean 'delay'?\n");
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

static void the_caret_stands_below_what_it_means(void **state)
{
    (void)state;
    expect_caret("local x = y", "y", "local x = y", "          ^");
    expect_caret("\tx = y", "y", "    x = y", "        ^");
    expect_caret("ab\tx", "x", "ab  x", "    ^");
    expect_caret("abcd\tx", "x", "abcd    x", "        ^");
    expect_caret("a\tb", "\t", "a   b", " ^^^");
    expect_caret("\"日本\" x", "x", "\"日本\" x", "       ^");
    expect_caret("日\tx", "x", "日  x", "    ^");
    expect_caret("\"日本\"", "日本", "\"日本\"", " ^^^^");
    expect_caret("e\u0301x y", "y", "e\u0301x y", "   ^");
    expect_caret("a e\u0301 b", "e\u0301", "a e\u0301 b", "  ^");
    expect_caret("🙂 y", "y", "🙂 y", "   ^");
    expect_caret("x\xFFy", "y", "x\uFFFDy", "  ^");
    expect_caret("x = \r\n", "= ", "x = ", "  ^^");
    expect_caret("", "", "", "^");
}

/* Text that would act on the terminal, or reorder it, is shown and not obeyed. */
static void a_source_can_not_drive_the_terminal(void **state)
{
    (void)state;
    expect_caret("a\x1b[31mb", "b", "a\uFFFD[31mb", "      ^");
    expect_caret("a\u202Eb c", "c", "a\uFFFDb c", "    ^");
    struct zpl_diags diags = {0};
    struct zpl_sources sources = {0};
    zpl_diag_add(&diags, ZPL_CODE_STEP_FAILED, NOWHERE, "bell \a, \xFF\nnext line");
    expect_shown(&diags, &sources, "error[E400]: bell \uFFFD, \uFFFD\n     next line\n");
    zpl_diags_release(&diags);
}

static void a_span_over_lines_shows_the_first_and_the_last(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    uint32_t n = add_source(&sources, "q.zpl", "local q = sql [[\n  SELECT a\n\n  FROM t ]] x\n");
    zpl_diag_warn(&diags, ZPL_CODE_SQL_BIND, span_of(&sources, n, "[[\n  SELECT a\n\n  FROM t ]]"),
                  "w");
    zpl_diag_warn(&diags, ZPL_CODE_SQL_BIND, span_of(&sources, n, "sql [[\n  SELECT"), "v");
    expect_shown(&diags, &sources,
                 "q.zpl:1:11: warning[E051]: v\n"
                 "    1 | local q = sql [[\n"
                 "      |           ^^^^^^\n"
                 "    2 |   SELECT a\n"
                 "      |   ^^^^^^\n"
                 "q.zpl:1:15: warning[E051]: w\n"
                 "    1 | local q = sql [[\n"
                 "      |               ^^\n"
                 "  ... |\n"
                 "    4 |   FROM t ]] x\n"
                 "      |   ^^^^^^^^^\n");
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

static void diagnostics_are_sorted_by_place(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    uint32_t a = add_source(&sources, "a.zpl", "one two"), b = add_source(&sources, "b.zpl", "six");
    zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, b, "six"), "fourth");
    zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, a, "two"), "second");
    zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, a, "two"), "third");
    zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "zeroth");
    zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, a, "one"), "first");
    struct zpl_json *json = zpl_diags_json(&diags, &sources);
    static const char *const ORDER[] = {"zeroth", "first", "second", "third", "fourth"};
    assert_int_equal(zpl_json_count(json), 5);
    struct zpl_buf out = {0};
    zpl_diags_show(&diags, &sources, false, &out);
    const char *place = zpl_buf_str(&out);
    for (size_t i = 0; i < 5; i++) {
        const struct zpl_json *item = zpl_json_at(json, i);
        assert_string_equal(zpl_json_str(zpl_json_get(item, "message"), ""), ORDER[i]);
        place = strstr(place, ORDER[i]);
        assert_non_null(place);
    }
    zpl_buf_release(&out);
    zpl_json_release(json);
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

static void a_very_long_line_is_cut_around_the_caret(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf text = {0}, out = {0};
    zpl_buf_repeat(&text, 'a', 5000);
    zpl_buf_puts(&text, "HERE");
    zpl_buf_repeat(&text, 'b', 5000);
    uint32_t n = add_source(&sources, "long.zpl", zpl_buf_str(&text));
    zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, n, "HERE"), "m");
    zpl_diags_show(&diags, &sources, false, &out);
    assert_true(out.len < 600);
    /* All characters here but the two signs of a cut are one byte and one column wide. */
    const char *line = strchr(zpl_buf_str(&out), '\n') + 1, *below = strchr(line, '\n') + 1;
    size_t before_caret = (size_t)(strchr(below, '^') - below);
    size_t cut_bytes = strlen("…") - 1;
    assert_memory_equal(line + before_caret + cut_bytes, "HERE", 4);
    assert_string_equal(below + before_caret, "^^^^\n");
    zpl_buf_release(&text);
    zpl_buf_release(&out);
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

/* Places against a walk over the text. */
/* A message of a program's own may be as long as a text can be. */
static void a_very_long_message_is_cut(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    size_t len = 100000;
    char *text = malloc(2 * len + 2);
    assert_non_null(text);
    text[0] = 'x'; /* so that the cut falls into a character */
    for (size_t i = 0; i < len; i++)
        memcpy(text + 1 + 2 * i, "ä", 2);
    text[2 * len + 1] = '\0';
    const char *message = zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "%s", text)->message;
    assert_memory_equal(message, text, ZPL_DIAG_TEXT_MAX - 1);
    assert_string_equal(message + ZPL_DIAG_TEXT_MAX - 1, "… 198,002 more");
    text[ZPL_DIAG_TEXT_MAX + 1] = '\0';
    struct zpl_diag *diag = zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "%s", text + 1);
    assert_string_equal(diag->message, text + 1);
    free(text);
    zpl_diags_release(&diags);
}

static void places_count_characters(void **state)
{
    (void)state;
    static const char TEXT[] = "é\n\n日本 x\r\n\tend\n";
    struct zpl_sources sources = {0};
    uint32_t n = add_source(&sources, "p", TEXT), line = 1, column = 1;
    const struct zpl_source *source = zpl_sources_get(&sources, n);
    for (size_t i = 0; i < sizeof TEXT;) {
        uint32_t got_line, got_column, cp;
        zpl_source_place(source, (uint32_t)i, &got_line, &got_column);
        assert_int_equal(got_line, line);
        assert_int_equal(got_column, column);
        i += zpl_utf8_next(TEXT + i, sizeof TEXT - i, &cp);
        column = cp == '\n' ? 1 : column + 1;
        line += cp == '\n';
    }
    uint32_t end_line, end_column;
    zpl_source_place(source, UINT32_MAX, &end_line, &end_column);
    assert_int_equal(end_line, 5);
    assert_int_equal(end_column, 1);
    assert_null(zpl_sources_get(&sources, 0));
    assert_null(zpl_sources_get(&sources, n + 1));
    zpl_sources_release(&sources);
}

static void colours_change_no_letter(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf plain = {0}, coloured = {0}, stripped = {0};
    uint32_t n = add_source(&sources, "c.zpl", "x = 1");
    struct zpl_diag *diag = zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, n, "1"), "m");
    zpl_diag_note(&diags, diag, NOWHERE, "n");
    zpl_diag_help(&diags, diag, "h");
    zpl_diags_show(&diags, &sources, false, &plain);
    zpl_diags_show(&diags, &sources, true, &coloured);
    for (const char *p = zpl_buf_str(&coloured); *p; p++) {
        if (*p == '\x1b')
            p = strchr(p, 'm');
        else
            zpl_buf_putc(&stripped, *p);
    }
    assert_true(coloured.len > plain.len);
    assert_string_equal(zpl_buf_str(&stripped), zpl_buf_str(&plain));
    zpl_buf_release(&plain);
    zpl_buf_release(&coloured);
    zpl_buf_release(&stripped);
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

static void json_has_every_field(void **state)
{
    (void)state;
    struct zpl_sources sources = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf out = {0};
    uint32_t n = add_source(&sources, "j.zpl", "é = 1\nx");
    struct zpl_diag *diag = zpl_diag_add(&diags, ZPL_CODE_LUA, span_of(&sources, n, "1\nx"), "m");
    zpl_diag_note(&diags, diag, NOWHERE, "n");
    zpl_diag_help(&diags, diag, "h");
    zpl_diag_warn(&diags, ZPL_CODE_LEAK, NOWHERE, "\xFF");
    struct zpl_json *json = zpl_diags_json(&diags, &sources);
    assert_int_equal(zpl_json_write(json, false, &out), ZPL_OK);
    assert_string_equal(
        zpl_buf_str(&out),
        "[{\"code\":\"E070\",\"col\":null,\"end_col\":null,\"end_line\":null,\"file\":null,"
        "\"help\":null,\"line\":null,\"message\":\"\uFFFD\",\"notes\":[],"
        "\"severity\":\"warning\"},"
        "{\"code\":\"E003\",\"col\":5,\"end_col\":2,\"end_line\":2,\"file\":\"j.zpl\","
        "\"help\":\"h\",\"line\":1,\"message\":\"m\",\"notes\":[{\"col\":null,\"end_col\":null,"
        "\"end_line\":null,\"file\":null,\"line\":null,\"message\":\"n\"}],"
        "\"severity\":\"error\"}]");
    zpl_json_release(json);
    zpl_buf_release(&out);
    zpl_diags_release(&diags);
    zpl_sources_release(&sources);
}

static void codes_are_unique_and_worded(void **state)
{
    (void)state;
    for (int i = 0; i < ZPL_CODE_COUNT; i++) {
        assert_int_equal(strlen(zpl_code_id((enum zpl_code)i)), 4);
        assert_true(strlen(zpl_code_title((enum zpl_code)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(zpl_code_id((enum zpl_code)i), zpl_code_id((enum zpl_code)j));
    }
}

static void a_full_list_counts_and_prefers_errors(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_sources sources = {0};
    for (int i = 0; i < ZPL_DIAGS_MAX + 5; i++) {
        struct zpl_diag *diag = zpl_diag_warn(&diags, ZPL_CODE_LUA, NOWHERE, "w%d", i);
        zpl_diag_note(&diags, diag, NOWHERE, "n");
        zpl_diag_help(&diags, diag, "h");
    }
    assert_int_equal(diags.count, ZPL_DIAGS_MAX);
    assert_int_equal(diags.dropped, 5);
    assert_int_equal(diags.errors, 0);
    zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "the one error");
    assert_int_equal(diags.count, ZPL_DIAGS_MAX);
    assert_int_equal(diags.errors, 1);
    struct zpl_buf out = {0};
    zpl_diags_show(&diags, &sources, false, &out);
    assert_non_null(strstr(zpl_buf_str(&out), "the one error"));
    assert_non_null(strstr(zpl_buf_str(&out), "6 more diagnostics are not shown"));
    zpl_buf_release(&out);
    for (int i = 0; i < ZPL_DIAGS_MAX + 5; i++)
        zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "e%d", i);
    assert_int_equal(diags.count, ZPL_DIAGS_MAX);
    assert_int_equal(diags.errors, ZPL_DIAGS_MAX + 6);
    struct zpl_diags copy = {0};
    zpl_diags_append(&copy, &diags);
    assert_int_equal(copy.count, diags.count);
    assert_int_equal(copy.errors, diags.errors);
    assert_int_equal(copy.dropped, diags.dropped);
    zpl_diags_clear(&diags);
    assert_int_equal(diags.count + diags.errors + diags.dropped, 0);
    zpl_diags_release(&copy);
}

static void system_calls_are_told_with_operation_and_path(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    assert_int_equal(zpl_diag_system(&diags, "open", "/a/b", EACCES), ZPL_ERR_IO);
    assert_int_equal(errno, EACCES);
    assert_int_equal(diags.items[0]->code, ZPL_CODE_SYSTEM);
    char expected[200];
    snprintf(expected, sizeof expected, "cannot open /a/b: %s", strerror(EACCES));
    assert_string_equal(diags.items[0]->message, expected);
    assert_non_null(diags.items[0]->help);
    assert_int_equal(zpl_diag_system(&diags, "open", "/a/b", ENOMEM), ZPL_ERR_NOMEM);
    assert_int_equal(diags.items[1]->code, ZPL_CODE_NO_MEMORY);
    assert_int_equal(zpl_diag_nomem(&diags), ZPL_ERR_NOMEM);
    assert_int_equal(diags.count, 2);
    assert_int_equal(zpl_diag_system(&diags, "open", "/x", 99999), ZPL_ERR_IO);
    assert_non_null(strstr(diags.items[2]->message, "99999"));
    zpl_diags_release(&diags);
    assert_int_equal(zpl_diag_system(NULL, "open", "/x", EIO), ZPL_ERR_IO);
    assert_int_equal(zpl_diag_nomem(NULL), ZPL_ERR_NOMEM);
}

/* Adds several diagnostics with notes and help and shows them both ways. */
static enum zpl_err add_and_show(struct zpl_diags *diags, struct zpl_buf *text,
                                 struct zpl_buf *json_text)
{
    struct zpl_sources sources = {0};
    struct zpl_diags all = {0};
    uint32_t n = zpl_sources_add(&sources, "f.zpl", "x = 1", 5);
    for (int i = 0; i < 10; i++) {
        struct zpl_diag *diag =
            zpl_diag_add(diags, ZPL_CODE_LUA, (struct zpl_span){n, 0, 1}, "message %d \xFF", i);
        zpl_diag_note(diags, diag, NOWHERE, "note");
        zpl_diag_help(diags, diag, "help");
    }
    zpl_diags_append(&all, diags);
    zpl_diags_show(&all, &sources, false, text);
    struct zpl_json *json = zpl_diags_json(&all, &sources);
    enum zpl_err err = zpl_json_write(json, false, json_text);
    zpl_json_release(json);
    zpl_diags_release(&all);
    zpl_sources_release(&sources);
    return zpl_buf_error(text) ? zpl_buf_error(text) : err;
}

static void failing_allocations_are_told(void **state)
{
    (void)state;
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct zpl_diags diags = {0};
        struct zpl_buf text = {0}, json = {0};
        zpl_fault_arm(ZPL_FAULT_ALLOC, n, 0);
        enum zpl_err err = add_and_show(&diags, &text, &json);
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        assert_true(diags.errors >= 10);
        /* Whatever failed: it can be seen in the list, in what was shown, or in the result; or it
         * was the source, without which only the excerpts are missing. */
        bool told = strstr(zpl_buf_str(&text), "E201") != NULL || err == ZPL_ERR_NOMEM ||
                    strstr(zpl_buf_str(&text), "f.zpl") == NULL;
        assert_int_equal(told, failed);
        assert_true(n < 1000);
        zpl_buf_release(&text);
        zpl_buf_release(&json);
        zpl_diags_release(&diags);
    }
}

static void no_memory_at_all_still_says_so(void **state)
{
    (void)state;
    struct zpl_diags diags = {.arena = {.cap = 1}};
    struct zpl_sources sources = {0};
    struct zpl_diag *diag = zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "m");
    assert_non_null(diag);
    zpl_diag_note(&diags, diag, NOWHERE, "n");
    zpl_diag_help(&diags, diag, "h");
    zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "m");
    assert_int_equal(diags.count, 1);
    assert_int_equal(diags.items[0]->code, ZPL_CODE_NO_MEMORY);
    assert_true(diags.errors > 0);
    struct zpl_diags copy = {0};
    zpl_diags_append(&copy, &diags);
    assert_int_equal(copy.items[0]->code, ZPL_CODE_NO_MEMORY);
    struct zpl_buf out = {0};
    zpl_diags_show(&copy, &sources, false, &out);
    assert_non_null(strstr(zpl_buf_str(&out), "out of memory"));
    zpl_buf_release(&out);
    zpl_diags_release(&copy);
    zpl_diags_release(&diags);
}

static void what_holds_of_others_too_is_one_note(void **state)
{
    (void)state;
    struct zpl_diags diags = {0}, copy = {0};
    struct zpl_diag *diag = zpl_diag_add(&diags, ZPL_CODE_LUA, NOWHERE, "m");
    zpl_diag_note(&diags, diag, NOWHERE, "first");
    const char *const names[] = {"a and b", "c", "d", "e", "f", "g", "h"};
    zpl_diag_also(&diags, diag, names[0]);
    assert_string_equal(diag->notes->next->text, "the same of a and b");
    for (size_t i = 1; i < 5; i++)
        zpl_diag_also(&diags, diag, names[i]);
    assert_string_equal(diag->notes->next->text, "the same of a and b, c, d, e, f");
    zpl_diag_also(&diags, diag, names[5]);
    zpl_diag_also(&diags, diag, names[6]);
    assert_string_equal(diag->notes->next->text, "the same of a and b, c, d, e, f and 2 more");
    assert_null(diag->notes->next->next);
    zpl_diags_append(&copy, &diags);
    zpl_diag_also(&copy, copy.items[0], "z");
    assert_string_equal(diag->notes->next->text, "the same of a and b, c, d, e, f and 2 more");
    zpl_diags_release(&copy);
    zpl_diags_release(&diags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_diagnostic_reads_as_promised),
        cmocka_unit_test(the_caret_stands_below_what_it_means),
        cmocka_unit_test(a_source_can_not_drive_the_terminal),
        cmocka_unit_test(a_span_over_lines_shows_the_first_and_the_last),
        cmocka_unit_test(diagnostics_are_sorted_by_place),
        cmocka_unit_test(a_very_long_line_is_cut_around_the_caret),
        cmocka_unit_test(a_very_long_message_is_cut),
        cmocka_unit_test(places_count_characters),
        cmocka_unit_test(colours_change_no_letter),
        cmocka_unit_test(json_has_every_field),
        cmocka_unit_test(codes_are_unique_and_worded),
        cmocka_unit_test(what_holds_of_others_too_is_one_note),
        cmocka_unit_test(a_full_list_counts_and_prefers_errors),
        cmocka_unit_test(system_calls_are_told_with_operation_and_path),
        cmocka_unit_test(failing_allocations_are_told),
        cmocka_unit_test(no_memory_at_all_still_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
