/* test_regex.c - patterns: what matches, what is none, what would take for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lang/base/regex.h"

static enum zpl_err match(const char *pattern, const char *text, bool *matches, char *words)
{
    return zpl_regex_match(pattern, text, strlen(text), matches, words);
}

static void patterns_match_as_perl_says(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } CASES[] = {{"^[a-z]+$", "abc", true}, {"^[a-z]+$", "ABC", false},  {"b", "abc", true},
                 {"^$", "", true},          {"^\\p{L}+$", "Köln", true}, {"^.{4}$", "Köln", true},
                 {"^\\d{3}$", "12a", false}};
    char words[ZPL_REGEX_WORDS];
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        bool matches;
        assert_int_equal(match(CASES[i].pattern, CASES[i].text, &matches, words), ZPL_OK);
        assert_int_equal(matches, CASES[i].matches);
    }
}

static void what_is_no_pattern_is_told_with_its_place(void **state)
{
    char words[ZPL_REGEX_WORDS];
    bool matches;
    (void)state;
    assert_int_equal(match("ab(c", "abc", &matches, words), ZPL_ERR_INPUT);
    assert_non_null(strstr(words, "at character 5"));
}

static void a_bomb_ends(void **state)
{
    char words[ZPL_REGEX_WORDS];
    bool matches;
    (void)state;
    assert_int_equal(
        match("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &matches, words),
        ZPL_ERR_LIMIT);
}

static void a_pattern_may_say_what_it_is(void **state)
{
    static const struct {
        const char *pattern, *said;
    } CASES[] = {{"(?#a word)^[a-z]+$", "a word"},
                 {"^(?#a word)[a-z]+$", NULL},
                 {"(?#)x", NULL},
                 {"", NULL},
                 {"(?", NULL}};
    char words[ZPL_REGEX_WORDS];
    bool matches;
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        size_t len;
        const char *said = zpl_regex_said(CASES[i].pattern, &len);
        if (CASES[i].said == NULL) {
            assert_null(said);
            continue;
        }
        assert_int_equal(len, strlen(CASES[i].said));
        assert_memory_equal(said, CASES[i].said, len);
    }
    assert_int_equal(match("(?#a word)^[a-z]+$", "abc", &matches, words), ZPL_OK);
    assert_true(matches); /* the comment is no part of what is matched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_perl_says),
        cmocka_unit_test(what_is_no_pattern_is_told_with_its_place),
        cmocka_unit_test(a_bomb_ends),
        cmocka_unit_test(a_pattern_may_say_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
