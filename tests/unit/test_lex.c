/* test_lex.c - tokens are Lua's, and the text can be had back from them. */
#include "syntax_fixture.h"

struct lexed {
    struct zpl_arena arena;
    struct zpl_diags diags;
    struct zpl_tokens tokens;
};

static void lex(struct lexed *l, const char *text, size_t len)
{
    memset(l, 0, sizeof *l);
    assert_int_equal(zpl_lex(&l->arena, 1, text, len, &l->diags, &l->tokens), ZPL_OK);
    assert_int_equal(l->tokens.wrong, l->diags.errors > 0);
}

static void lexed_release(struct lexed *l)
{
    zpl_arena_release(&l->arena);
    zpl_diags_release(&l->diags);
}

/* Prints the tokens, joined by '|'. */
static void check_tokens(const char *text, const char *expected)
{
    struct zpl_buf out = {0};
    struct lexed l;

    lex(&l, text, strlen(text));
    for (uint32_t i = 0; i + 1 < l.tokens.count; i++)
        zpl_buf_printf(&out, "%s%.*s", i ? "|" : "", (int)l.tokens.items[i].length,
                       text + l.tokens.items[i].offset);
    assert_string_equal(zpl_buf_str(&out), expected);
    zpl_buf_release(&out);
    lexed_release(&l);
}

static void test_the_longest_token_wins(void **state)
{
    (void)state;
    check_tokens("a...b..c.d", "a|...|b|..|c|.|d");
    check_tokens("a<=b<<c<d>=e>>f~=g~h//i/j::k:l==m=n",
                 "a|<=|b|<<|c|<|d|>=|e|>>|f|~=|g|~|h|//|i|/|j|"
                 "::|k|:|l|==|m|=|n");
    check_tokens("x[[[a]]]--[[c]]y--z\n[=[]]]=]--[==[\n]]]==]q", "x|[[[a]]|]|y|[=[]]]=]|q");
    check_tokens("0x.8p-1+.5e+3-3.", "0x.8p-1|+|.5e+3|-|3.");
    check_tokens("'a\\'b'\"c\\\"\\\\\"'\\z \n '", "'a\\'b'|\"c\\\"\\\\\"|'\\z \n '");
    check_tokens("#!/bin/zpl --x\nend ending", "end|ending");
    check_tokens("\xEF\xBB\xBF# mark\nx", "x");
    check_tokens("", "");
    check_tokens("--", "");
}

static void test_places_of_tokens(void **state)
{
    const char *text = "a\r\n  b [[\n]] c\n\r\td";
    static const struct zpl_token expected[] = {
        {0, 1, 1, 0, ZPL_TOKEN_NAME, ZPL_TOKEN_FIRST},
        {5, 1, 2, 2, ZPL_TOKEN_NAME, ZPL_TOKEN_FIRST},
        {7, 5, 2, 4, ZPL_TOKEN_STRING, 0},
        {13, 1, 3, 3, ZPL_TOKEN_NAME, 0},
        {17, 1, 4, 1, ZPL_TOKEN_NAME, ZPL_TOKEN_FIRST},
        {18, 0, 4, 2, ZPL_TOKEN_EOF, 0},
    };
    struct lexed l;

    (void)state;
    lex(&l, text, strlen(text));
    assert_int_equal(l.tokens.count, sizeof expected / sizeof *expected);
    for (uint32_t i = 0; i < l.tokens.count; i++) {
        const struct zpl_token *t = &l.tokens.items[i], *e = &expected[i];

        assert_int_equal(t->offset, e->offset);
        assert_int_equal(t->length, e->length);
        assert_int_equal(t->line, e->line);
        assert_int_equal(t->column, e->column);
        assert_int_equal(t->kind, e->kind);
        assert_int_equal(t->flags, e->flags);
    }
    lexed_release(&l);
}

/* Both Lua and the lexer judge `return <text>`, which is right but for the literal. */
static const char *const literals[] = {
    "0",
    "00",
    "1.",
    ".1",
    ".",
    "1..2",
    "1...2",
    "3..2",
    "0x",
    "0x.",
    "0x.p1",
    "0xg",
    "0x1p",
    "0x1p+",
    "0x1p5",
    "0x1p5a",
    "0XA.8P+2",
    "1e",
    "1e5",
    "1e+",
    "1E-5",
    "1e5.5",
    "1.5.5",
    "08",
    "1f",
    "1_0",
    "0b1",
    "0x1P-3",
    "1e400",
    "0xfffffffffffffffff",
    "9223372036854775807",
    "9223372036854775808",
    "3x",
    "1n",
    "0x1..2",
    "1 ..2",
    "'\\x4'",
    "'\\x41'",
    "'\\xg1'",
    "'\\u{}'",
    "'\\u{41'",
    "'\\u41'",
    "'\\u{7FFFFFFF}'",
    "'\\u{80000000}'",
    "'\\u{0000000041}'",
    "'\\u{123456789}'",
    "'\\256'",
    "'\\255'",
    "'\\25'",
    "'\\2555'",
    "'\\q'",
    "'\\",
    "'\\'",
    "'a\nb'",
    "'a\\\nb'",
    "'a\\\r\nb'",
    "'a\rb'",
    "'a",
    "\"a'",
    "'\\z   \n\t b'",
    "'\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\''",
    "[[a",
    "[[a]]",
    "[=[a]]",
    "[=[a]=]",
    "[=a",
    "[==",
    "[===[a]==]===]",
    "[[\na]]",
    "[[\r\n\r\na]]",
    "[[a]b]]",
    "--[[",
    "--[[]] 1",
    "--[=[ ]] ]=] 1",
    "1 --[==",
    "'\xC3\xA9'",
    "\xC3\xA9",
    "$x",
    "@",
    "`",
    "?",
    "1 ? 2",
    "!x",
    "1 != 2",
    "1 && 2",
    "1 || 2",
    "\\",
    "'\\z",
    "'\\u{",
    "'\\x",
    "'\\1",
    "0x1.8",
    "1//2",
    "1~2",
    "~1",
    "#'a'",
    "'\\u{D800}'",
};

static void test_verdicts_and_values_are_luas(void **state)
{
    lua_State *L = luaL_newstate();

    (void)state;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        struct zpl_buf text = {0}, value = {0};
        struct fixture f;
        bool accepted;

        zpl_buf_printf(&text, "return %s", literals[i]);
        accepted = luaL_loadbufferx(L, text.data, text.len, "=t", "t") == LUA_OK;
        fixture_parse(&f, text.data, text.len);
        if (accepted != (f.err == ZPL_OK))
            fail_msg("%s: Lua %s it", literals[i], accepted ? "takes" : "refuses");
        if (accepted && f.tree->token_count == 3) {
            const struct zpl_token *t = &f.tree->tokens[1];

            lua_call(L, 0, 1);
            if (t->kind == ZPL_TOKEN_STRING) {
                size_t len;
                const char *s = lua_tolstring(L, -1, &len);

                zpl_tree_string_value(f.tree, 1, &value);
                assert_int_equal(value.len, len);
                assert_memory_equal(zpl_buf_str(&value), s, len);
            } else if (t->kind == ZPL_TOKEN_NUMBER) {
                int64_t integer = 0;
                double real = 0;

                assert_int_equal(zpl_tree_number(f.tree, 1, &integer, &real), lua_isinteger(L, -1));
                assert_int_equal(integer, lua_isinteger(L, -1) ? lua_tointeger(L, -1) : integer);
                assert_true(lua_isinteger(L, -1) || real == lua_tonumber(L, -1));
            }
        }
        lua_settop(L, 0);
        zpl_buf_release(&text);
        zpl_buf_release(&value);
        fixture_release(&f);
    }
    lua_close(L);
}

/* Every byte of a value leads back to the byte of the source that made it: a marker is put at each
 * place of the value in turn, and found in the source by its spelling. */
static void test_offsets_in_strings(void **state)
{
    static const struct {
        const char *text;
        const char *value; /* '^' stands where the offset is asked for */
    } cases[] = {
        {"'ab^c'", "ab^c"},
        {"'\\n\\065\\x41\\u{e9}\\u{7FFFFFFF}^'", "\nAA\xC3\xA9\xFD\xBF\xBF\xBF\xBF\xBF^"},
        {"'a\\z  \n  b\\\r\nc^'", "ab\nc^"},
        {"\"\\\"\\\\\\9^\"", "\"\\\t^"},
        {"[[\r\nab\r\nc^]]", "ab\nc^"},
        {"[==[\n\n]]\n\r^]==]", "\n]]\n^"},
        {"'\\z^'", "^"},
        {"[[\n^]]", "^"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zpl_buf text = {0}, value = {0};
        struct fixture f;
        size_t closer;
        uint32_t at = (uint32_t)(strchr(cases[i].value, '^') - cases[i].value);
        uint32_t expected = (uint32_t)(strchr(cases[i].text, '^') - cases[i].text) + 9;

        zpl_buf_printf(&text, "local x= %s", cases[i].text);
        fixture_parse(&f, text.data, text.len);
        assert_int_equal(f.err, ZPL_OK);
        zpl_tree_string_value(f.tree, 3, &value);
        assert_string_equal(zpl_buf_str(&value), cases[i].value);
        assert_int_equal(zpl_tree_string_offset(f.tree, 3, at), expected);
        /* the end of the value is the closing quote or bracket */
        closer = cases[i].text[0] == '['
                     ? (size_t)(strchr(cases[i].text + 1, '[') - cases[i].text) + 1
                     : 1;
        assert_int_equal(zpl_tree_string_offset(f.tree, 3, (uint32_t)value.len), text.len - closer);
        zpl_buf_release(&text);
        zpl_buf_release(&value);
        fixture_release(&f);
    }
}

static void check_round_trip(void *data, const char *path, const char *text, size_t len)
{
    struct zpl_buf out = {0};
    struct fixture f;

    (void)data;
    fixture_parse(&f, text, len);
    zpl_tree_print(f.tree, &out);
    if (out.len != len || memcmp(zpl_buf_str(&out), text, len) != 0)
        fail_msg("%s is not printed back", path);
    zpl_buf_release(&out);
    fixture_release(&f);
}

static void test_texts_are_printed_back(void **state)
{
    static const char odd[] =
        "\xEF\xBB\xBF# first\r\n\t x --[[\0]] = \"\\q\" $ \xC3\xA9 [[ \n\r ]] 3x "
        "-- end";

    (void)state;
    fixture_corpus(1, check_round_trip, NULL);
    check_round_trip(NULL, "odd", odd, sizeof odd - 1);
    check_round_trip(NULL, "nothing", "", 0);
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        check_round_trip(NULL, literals[i], literals[i], strlen(literals[i]));
}

static void test_too_long_a_text_is_told(void **state)
{
    size_t len = ZPL_SOURCE_BYTES_MAX + 1;
    char *text = malloc(len + 1);
    struct fixture f;

    (void)state;
    assert_non_null(text);
    memset(text, '\n', len);
    text[len] = '\0';
    fixture_parse(&f, text, len - 1);
    assert_int_equal(f.err, ZPL_OK);
    fixture_release(&f);
    fixture_parse(&f, text, len);
    assert_int_equal(f.err, ZPL_ERR_LIMIT);
    assert_null(f.tree);
    assert_int_equal(f.diags.items[0]->code, ZPL_CODE_LANG_LIMIT);
    fixture_release(&f);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_token_wins),
        cmocka_unit_test(test_places_of_tokens),
        cmocka_unit_test(test_verdicts_and_values_are_luas),
        cmocka_unit_test(test_offsets_in_strings),
        cmocka_unit_test(test_texts_are_printed_back),
        cmocka_unit_test(test_too_long_a_text_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
