/* test_parse.c - the parser tells every mistake once, keeps its limits, and answers questions. */
#include "syntax_fixture.h"

#include <errno.h>

#include "lang/base/fault.h"

/* --- mistakes --- */

static const char *const mistakes[][2] = {
    /* several in one text, each once */
    {"local features = step \"features\" {\n"
     "  inputs  = { flights = Flight,\n"
     "  params  = { minutes = Int { default = 15 min = 0 } },\n"
     "  outputs = { rows = Table },\n"
     "}\n"
     "local x = = 3\n"
     "local rows = features { flights = flights\n"
     "local model = xgboost.train { train = train, label = \"late }\n"
     "if rows then\n"
     "  print(rows)\n"
     "pipeline \"delays\" {\n"
     "  build = function (p)\n"
     "    return features { flights = p.x }\n"
     "  end,\n"
     "}\n"
     "local y = 1 +\n"
     "local z = 2 3\n",
     "8:54-61 unfinished string: its closing quote is missing\n"
     "3:44-47 expected ',' between two fields\n"
     "6:1-6 expected '}' (to close '{' at line 1)\n"
     "6:11-12 expected an expression, found '='\n"
     "8:1-6 expected '}' (to close '{' at line 7)\n"
     "17:1-6 expected an expression, found 'local'\n"
     "17:13-14 expected a statement, found a number\n"
     "18:1-1 expected 'end' (to close 'if' at line 9)\n"},
    /* blocks */
    {"local function a()\n  if x then\n    y()\nend\nlocal function b() end",
     "5:23-23 expected 'end' (to close 'function' at line 1)\n"},
    {"build { run = function (p)\n  return p\n}\nlocal q = 1",
     "3:1-2 expected 'end' (to close 'function' at line 1)\n"},
    {"f(function () return 1 )\nx = 2", "1:24-25 expected 'end' (to close 'function' at line 1)\n"},
    {"repeat x()", "1:11-11 expected 'until' (to close 'repeat' at line 1)\n"},
    {"do do do", "1:9-9 expected 'end' (to close 'do' at line 1)\n"},
    {"end", "1:1-4 'end' closes nothing\n"},
    {"x = 1 }\ny = = 2",
     "1:7-8 expected a statement, found '}'\n2:5-6 expected an expression, found '='\n"},
    {"return 1 x = 2", "1:10-11 'return' must be the last statement of its block\n"},
    {"if x\n  y()\nend", "2:3-4 expected 'then', found 'y'\n"},
    {"if x:\n  y()\nend", "1:5-6 a block begins with 'then', not with ':'\n"},
    {"for k, v in pairs(t):\n  f()\nend", "1:21-22 a block begins with 'do', not with ':'\n"},
    {"for i = 1 do end", "1:11-13 expected ',', found 'do'\n"},
    {"for a, b = 1, 2 do end", "1:10-11 expected 'in', found '='\n"},
    {"for i = 1, 2, 3, 4 do end",
     "1:9-19 a 'for' over numbers has a first, a last and perhaps a step\n"},
    /* brackets */
    {"f(a, b\nlocal y = 2", "2:1-6 expected ')' (to close '(' at line 1)\n"},
    {"x = (1 + 2\ny = 3", "2:1-2 expected ')' (to close '(' at line 1)\n"},
    {"function f(a, b\n  return a\nend\nlocal x = 1",
     "2:3-9 expected ')' (to close '(' at line 1)\n"},
    {"local a = { 1, 2, 3\n\nlocal b = 2\nlocal c = }",
     "3:1-6 expected '}' (to close '{' at line 1)\n4:11-12 expected an expression, found '}'\n"},
    {"x = { a = = 1, b = 2, c = = 3 }",
     "1:11-12 expected an expression, found '='\n1:27-28 expected an expression, found '='\n"},
    /* expressions and assignments */
    {"f(1,)", "1:5-6 expected an expression, found ')'\n"},
    {"a.b", "1:1-4 expected '=' or the arguments of a call behind this\n"},
    {"a:b.c()", "1:4-5 expected the arguments of the call, found '.'\n"},
    {"f() = 3", "1:1-4 this can't be assigned to\n"},
    {"local function(x) end", "1:15-16 expected a name, found '('\n"},
    {"local x <konst> = 1", "1:10-15 expected 'const' or 'close'\n"},
    {"local __zpl_x = t.__zpl_y", "1:7-14 names that begin with '__zpl' are reserved\n"
                                  "1:19-26 names that begin with '__zpl' are reserved\n"},
    {"x = 3..2 + 1\ny = \"a\\q\\xg\"", "1:5-9 malformed number\n2:7-9 unknown escape sequence\n"
                                       "2:9-11 '\\x' wants two hexadecimal digits\n"},
    {"x = 1 --[[ abc", "1:7-11 unfinished comment: its closing bracket is missing\n"},
    {"x = [==[ abc ]]", "1:5-9 unfinished long string: its closing bracket is missing\n"},
    /* habits */
    {"if a != b && !c || d then x += 1 end\ny ++\nz ..= 2",
     "1:6-8 '!=' is written '~='\n1:11-13 '&&' is written 'and'\n1:14-15 '!' is written 'not'\n"
     "1:17-19 '||' is written 'or'\n1:29-31 there is no '+=': write x = x + …\n"
     "2:3-5 there is no '++': write x = x + 1\n3:3-6 there is no '..=': write x = x .. …\n"},
    {"# a comment\nlocal x = 1 # other one\n// third\nx = 2 // fourth, it is\n# more",
     "2:13-14 a comment begins with '--'\n3:1-3 a comment begins with '--'\n"
     "4:21-23 expected '=' or the arguments of a call behind this\n5:1-2 a comment begins with "
     "'--'\n"},
    {"if a then\nelif b then\nelif not c then\nelse if d then end\nend",
     "2:1-5 'elif' is written 'elseif'\n3:1-5 'elif' is written 'elseif'\n"},
    {"x = [1, 2, 3]\ny = { \"a\": 1, b: 2 }\nz = { [1, 2], 3, [f(x)] }",
     "1:5-6 a list is written { 1, 2 }, not [1, 2]\n"
     "2:7-11 a field is written name = value, not name: value\n"
     "2:15-17 a field is written name = value, not name: value\n"
     "3:7-8 a list is written { 1, 2 }, not [1, 2]\n3:18-19 a list is written { 1, 2 }, not [1, "
     "2]\n"},
    {"x = f\"a {b}\"", "1:5-13 there are no f-strings\n"},
    {"t = { end = Int, a.end, or = 1 }",
     "1:7-10 'end' is a keyword: write [\"end\"] = …\n"
     "1:20-23 'end' is a keyword: write [\"end\"] without the dot\n"
     "1:25-27 'or' is a keyword: write [\"or\"] = …\n"},
    {"while x = 3 do end", "1:9-10 '=' assigns; a comparison is written '=='\n"},
    {"a == b", "1:3-5 a comparison alone does nothing; '=' assigns\n"},
    {"def f(x):\n  return x", "1:1-4 a function is written 'function name(…) … end'\n"},
    {"let x = 1\nimport foo", "1:1-4 a variable is declared with 'local'\n"
                              "2:1-7 an import is a call: local name = import \"name\"\n"},
    {"x = a ? b : c", "1:7-8 a character that means nothing here\n"},
    /* scopes */
    {"goto a do ::a:: end", "1:6-7 no label of this name is visible from here\n"},
    {"do goto a end local x ::a:: f()",
     "1:9-10 this goto jumps into the scope of a local variable\n"},
    {"::a:: do ::a:: end", "1:12-13 a label of this name is visible here already\n"},
    {"while f(function () break end) do end", "1:21-26 'break' outside a loop\n"},
    {"local c <const> = 1; c = 2; function c() end",
     "1:22-23 a constant can't be assigned to\n1:38-39 a constant can't be assigned to\n"},
    {"local a <close>, b <close> = 1", "1:18-19 only one variable of a 'local' can be <close>\n"},
    {"function f() return ... end x = { lua = function () return { ... } end }",
     "1:21-24 '...' stands in a function that does not take '...'\n"
     "1:62-65 '...' stands in a function that does not take '...'\n"},
};

static void test_mistakes_are_told_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct zpl_buf said = {0};
        struct fixture f;

        fixture_parse(&f, mistakes[i][0], strlen(mistakes[i][0]));
        assert_int_equal(f.err, ZPL_ERR_CHECK);
        fixture_messages(&f, &said);
        if (strcmp(zpl_buf_str(&said), mistakes[i][1]) != 0)
            fail_msg("%s\n--- told:\n%s--- expected:\n%s", mistakes[i][0], zpl_buf_str(&said),
                     mistakes[i][1]);
        zpl_buf_release(&said);
        fixture_release(&f);
    }
}

/* What could be taken for a habit of another language but is right. */
static void test_right_texts_are_left_alone(void **state)
{
    static const char *const texts[] = {
        "if a then elif = 1 elif(b) elif.c = 2 elif {} elif 'x' end",
        "local f = print; local s = f\"a {b}\"",
        "f = print; f\"a {b}\"",
        "x = f\"plain\" y = f \"{}\"",
        "def(x) let = 1 import 'foo' f{ import 'x' }",
        "t = { a:b(), a:b{}, a:b'', f[1], #t, [1] = 2, [f(x)] = 3, ['end'] = 4 }",
        "x = 5 // 2 y = #x",
        "if x then y() else if z then w() end end",
        "goto a; do local x end ::a:: ::a_:: goto b do ::c:: end ::b:: do ::c:: end",
        "repeat if x then goto next end ::next:: local y until y",
        "local function f(...) return function () return { a = 1, ... } end, { ... }, ... end",
        "local x <const>, y = 1; y = 2; for i = 1, 2 do i = 3 end",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct zpl_buf said = {0};
        struct fixture f;

        fixture_parse(&f, texts[i], strlen(texts[i]));
        fixture_messages(&f, &said);
        if (f.err)
            fail_msg("%s: %s", texts[i], zpl_buf_str(&said));
        zpl_buf_release(&said);
        fixture_release(&f);
    }
}

/* --- limits --- */

/* head, n times the piece, middle, n times the other piece. */
static void check_limit(const char *head, const char *piece, const char *middle, const char *other,
                        unsigned n, bool ok)
{
    struct zpl_buf text = {0}, out = {0};
    struct zpl_emit_map map = {0};
    struct fixture f;

    zpl_buf_puts(&text, head);
    for (unsigned i = 0; i < n; i++)
        zpl_buf_puts(&text, piece);
    zpl_buf_puts(&text, middle);
    for (unsigned i = 0; i < n; i++)
        zpl_buf_puts(&text, other);
    fixture_parse(&f, text.data, text.len);
    if (ok != (f.err == ZPL_OK))
        fail_msg("%u times %s: %s", n, piece, ok ? "refused" : "accepted");
    if (!ok) {
        assert_int_equal(f.diags.count, 1);
        assert_int_equal(f.diags.items[0]->code, ZPL_CODE_LANG_LIMIT);
    } else {
        lua_State *L = luaL_newstate();

        assert_int_equal(zpl_emit(f.tree, ZPL_EMIT_GUARD, &out, &map), ZPL_OK);
        if (luaL_loadbufferx(L, out.data, out.len, "=t", "t") != LUA_OK)
            fail_msg("%u times %s: %s", n, piece, lua_tostring(L, -1));
        lua_close(L);
    }
    zpl_emit_map_release(&map);
    zpl_buf_release(&text);
    zpl_buf_release(&out);
    fixture_release(&f);
}

static void test_limits_are_told_and_what_is_below_compiles(void **state)
{
    (void)state;
    check_limit("x = ", "(", "1", ")", ZPL_NESTING_MAX - 2, true);
    check_limit("x = ", "(", "1", ")", ZPL_NESTING_MAX + 1, false);
    check_limit("x = ", "(", "1", ")", 100000, false);
    check_limit("x = ", "{", "", "}", ZPL_NESTING_MAX - 2, true);
    check_limit("x = ", "{", "", "}", 100000, false);
    check_limit("", "do ", "", "end ", ZPL_NESTING_MAX - 1, true);
    check_limit("", "do ", "", "end ", ZPL_NESTING_MAX + 1, false);
    check_limit("x = ", "not ", "y", "", ZPL_NESTING_MAX - 3, true);
    check_limit("x = ", "not ", "y", "", ZPL_NESTING_MAX + 1, false);
    check_limit("x = ", "a and (", "b", ")", 60, true);
    check_limit("x = ", "a and (", "b", ")", 90, false); /* three levels each, guarded */
    check_limit("x = y", " == z", "", "", 150, true);
    check_limit("x = y", " == z", "", "", 200, false);
    check_limit("x = y", " and z", " or w", "", ZPL_CHAIN_MAX - 10, true);
    check_limit("x = y", " + z", "", "", ZPL_CHAIN_MAX - 10, true);
    check_limit("x = y", " + z", "", "", ZPL_CHAIN_MAX + 1, false);
    check_limit("x = y", " .. z", "", "", ZPL_NESTING_MAX + 1, false);
    check_limit("x", "(1)", "", "", ZPL_CHAIN_MAX - 10, true);
    check_limit("x", ":a(b(c))", "", "", ZPL_CHAIN_MAX - 10, true);
    check_limit("x", "(1)", "", "", ZPL_CHAIN_MAX + 1, false);
    check_limit("if a then ", "elseif b then ", "end", "", ZPL_ARMS_MAX - 2, true);
    check_limit("if a then ", "elseif b then ", "end", "", ZPL_ARMS_MAX + 1, false);
    check_limit("", "goto x ", "::x::", "", ZPL_ARMS_MAX, true);
    check_limit("", "goto x ", "::x::", "", ZPL_ARMS_MAX + 1, false);
    check_limit("", "local a ", "", "", ZPL_LOCALS_MAX, true);
    check_limit("", "local a ", "", "", ZPL_LOCALS_MAX + 1, false);
    check_limit("for i = 1, 2 do ", "local a ", "end", "", ZPL_LOCALS_MAX - 4, true);
    check_limit("for i = 1, 2 do ", "local a ", "end", "", ZPL_LOCALS_MAX - 3, false);
    check_limit("x", ", y", " = 1", "", ZPL_NESTING_MAX - 2, true);
    check_limit("x", ", y", " = 1", "", ZPL_NESTING_MAX + 1, false);
    check_limit("", "x = {} ", "", "", 20000, true);
}

static void test_many_mistakes_end_the_reading(void **state)
{
    struct zpl_buf text = {0};
    struct fixture f;

    (void)state;
    for (int i = 0; i < 40000; i++)
        zpl_buf_puts(&text, "x = = 1 local ) end { ");
    fixture_parse(&f, text.data, text.len);
    assert_int_equal(f.err, ZPL_ERR_CHECK);
    assert_int_equal(f.diags.count, ZPL_DIAGS_MAX);
    zpl_buf_release(&text);
    fixture_release(&f);
}

/* Every allocation fails once: the answer is NOMEM or, where it was not needed, as ever. */
static void test_no_memory_is_told(void **state)
{
    bool fired = true;
    long n;

    (void)state;
    for (n = 0; fired; n++) {
        struct zpl_arena arena = {0};
        struct zpl_diags diags = {0};
        struct zpl_tree *tree = NULL;
        struct zpl_buf out = {0}, image = {0};
        struct zpl_emit_map map = {0}, image_map = {0};
        uint32_t function = 1;
        enum zpl_err err;

        zpl_fault_arm(ZPL_FAULT_ALLOC, n, ENOMEM);
        err = zpl_parse(&arena, 1, fixture_sample, sizeof fixture_sample - 1, &diags, &tree);
        assert_int_equal(err == ZPL_OK, tree != NULL);
        if (!err) {
            while (tree->nodes[function].kind != ZPL_NODE_FUNCTION)
                function++;
            err = zpl_emit(tree, ZPL_EMIT_GUARD, &out, &map);
            if (!err)
                err = zpl_emit_node(tree, function, &image, &image_map);
        }
        fired = zpl_fault_fired();
        zpl_fault_disarm();
        assert_int_equal(err, fired ? ZPL_ERR_NOMEM : ZPL_OK);
        zpl_emit_map_release(&map);
        zpl_emit_map_release(&image_map);
        zpl_buf_release(&out);
        zpl_buf_release(&image);
        zpl_arena_release(&arena);
        zpl_diags_release(&diags);
    }
    assert_true(n > 5);
}

/* --- questions --- */

/* The text of a node, or of a token. */
static void check_text(const struct zpl_tree *tree, struct zpl_span span, const char *expected)
{
    assert_int_equal(span.source, 1);
    assert_int_equal(span.end - span.begin, strlen(expected));
    assert_memory_equal(tree->text + span.begin, expected, strlen(expected));
}

/* The n-th token (from 0) that is spelt so. */
static uint32_t token(const struct zpl_tree *tree, const char *text, int n)
{
    for (uint32_t i = 0; i < tree->token_count; i++)
        if (zpl_tree_token_is(tree, i, text) && n-- == 0)
            return i;
    fail_msg("no token %s", text);
    return 0;
}

static void test_questions_about_calls(void **state)
{
    static const char text[] =
        "local train, test = split { rows, ratio = 0.8, ['seed'] = 7, ratio = 0.9 }\n"
        "local args = { a = 1 } local changed = {} changed = {}\n"
        "model, t.report = f(args), step 'x' { 2 }\n"
        "g(changed) g(1, 2) o:m { b = 2 } local p = (h {})\n"
        "local function k(x) return x end x = function () end";
    struct fixture f;
    const struct zpl_tree *t;
    struct zpl_buf name = {0};
    uint32_t call, table, field;

    (void)state;
    fixture_parse(&f, text, sizeof text - 1);
    assert_int_equal(f.err, ZPL_OK);
    t = f.tree;
    call = zpl_tree_call_at(t, token(t, "{", 0));
    check_text(t, zpl_tree_span(t, zpl_tree_callee(t, call)), "split");
    table = zpl_tree_argument_table(t, call);
    check_text(t, zpl_tree_token_span(t, zpl_tree_result_name(t, call, 0)), "train");
    check_text(t, zpl_tree_token_span(t, zpl_tree_result_name(t, call, 1)), "test");
    assert_int_equal(zpl_tree_result_name(t, call, 2), ZPL_NO_TOKEN);
    assert_int_equal(zpl_tree_count(t, table), 4);
    field = zpl_tree_field(t, table, "ratio", 5);
    check_text(t, zpl_tree_span(t, zpl_tree_value(t, field)), "0.9");
    field = zpl_tree_field(t, table, "seed", 4);
    check_text(t, zpl_tree_key_span(t, field), "'seed'");
    check_text(t, zpl_tree_span(t, field), "['seed'] = 7");
    assert_true(zpl_tree_field_name(t, field, &name));
    assert_string_equal(zpl_buf_str(&name), "seed");
    assert_int_equal(zpl_tree_field(t, table, "rows", 4), 0);
    check_text(t, zpl_tree_span(t, zpl_tree_item(t, table, 1)), "rows");
    assert_int_equal(zpl_tree_item(t, table, 2), 0);

    call = zpl_tree_call_at(t, token(t, "(", 0)); /* f(args): through the local */
    check_text(t, zpl_tree_span(t, zpl_tree_argument_table(t, call)), "{ a = 1 }");
    check_text(t, zpl_tree_token_span(t, zpl_tree_result_name(t, call, 0)), "model");
    assert_int_equal(zpl_tree_result_name(t, call, 1), ZPL_NO_TOKEN);
    call = zpl_tree_call_at(t, token(t, "'x'", 0));
    assert_int_equal(zpl_tree_result_name(t, call, 0), ZPL_NO_TOKEN);
    call = zpl_tree_call_at(t, token(t, "2", 0) - 1);
    check_text(t, zpl_tree_span(t, call), "step 'x' { 2 }");
    check_text(t, zpl_tree_token_span(t, zpl_tree_result_name(t, call, 0)), "report");
    call = zpl_tree_call_at(t, token(t, "(", 1)); /* g(changed): the local is assigned again */
    assert_int_equal(zpl_tree_argument_table(t, call), 0);
    call = zpl_tree_call_at(t, token(t, "(", 2));
    assert_int_equal(zpl_tree_argument_table(t, call), 0);
    check_text(t, zpl_tree_span(t, zpl_tree_argument(t, call, 1)), "2");
    call = zpl_tree_call_at(t, token(t, "b", 0) - 1);
    check_text(t, zpl_tree_token_span(t, zpl_tree_method(t, call)), "m");
    check_text(t, zpl_tree_span(t, zpl_tree_argument_table(t, call)), "{ b = 2 }");
    call = zpl_tree_call_at(t, token(t, "h", 0) + 1); /* in parentheses: one result */
    check_text(t, zpl_tree_token_span(t, zpl_tree_result_name(t, call, 0)), "p");
    assert_int_equal(zpl_tree_result_name(t, call, 1), ZPL_NO_TOKEN);

    assert_int_equal(zpl_tree_call_at(t, token(t, "local", 0)), 0);
    assert_int_not_equal(zpl_tree_function_at(t, token(t, "function", 0)), 0);
    assert_int_equal(zpl_tree_function_at(t, token(t, "function", 0)),
                     zpl_tree_function_at(t, token(t, "function", 0) + 2));
    check_text(t, zpl_tree_span(t, zpl_tree_function_at(t, token(t, "function", 1))),
               "function () end");
    assert_int_equal(zpl_tree_function_at(t, token(t, "function", 1) + 1),
                     zpl_tree_function_at(t, token(t, "function", 1)));
    zpl_buf_release(&name);
    fixture_release(&f);
}

static void test_owners_of_tokens(void **state)
{
    static const char text[] = "if a == b then elseif c then end while d do end repeat until e.f";
    static const char *const expected[][2] = {{"if", "a == b"}, {"==", "a == b"}, {"elseif", "c"},
                                              {"while", "d"},   {"until", "e.f"}, {"f", "e.f"}};
    struct fixture f;

    (void)state;
    fixture_parse(&f, text, sizeof text - 1);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        check_text(f.tree,
                   zpl_tree_span(f.tree, zpl_tree_owner(f.tree, token(f.tree, expected[i][0], 0))),
                   expected[i][1]);
    fixture_release(&f);
}

/* Lua's verdict on text[0..len): 0 right, 1 wrong, 2 wrong because it ends. */
static int verdict_of_lua(const char *text, size_t len)
{
    lua_State *L = luaL_newstate();
    int code = 0;

    if (luaL_loadbufferx(L, text, len, "=t", "t") != LUA_OK) {
        const char *message = lua_tostring(L, -1);
        size_t n = strlen(message);

        code = n >= 5 && strcmp(message + n - 5, "<eof>") == 0 ? 2 : 1;
        if (strstr(message, "unfinished long ") != NULL)
            code = 2;
    }
    lua_close(L);
    return code;
}

/* Cut anywhere, a text is unfinished when Lua ends at its end, but for an expression by itself, which more
 * text would not make right as Lua sees it either. */
static void test_what_is_unfinished(void **state)
{
    static const char text[] =
        "local rows, n = sql [[ SELECT a FROM t ]], 3 --[[ a\nnote ]]\n"
        "local function f(x, ...)\n  for i = 1, x do if i > 2 then break elseif not x then\n"
        "    return { a = 1, [x] = 'b', ... } else repeat x = x - 1 until x < 0 end end\n"
        "  while x do goto done end ::done:: return (x and n or -x) .. [==[ ]] ]==]\nend\n"
        "model = f { rows, label = \"late\", when = a.b:c(1)[2] >= 0.5 }\ndo local z <const> = 1 "
        "end";
    size_t unfinished = 0;

    (void)state;
    for (size_t n = 0; n <= sizeof text - 1; n++) {
        char expression[sizeof text + 8];
        struct fixture f;
        int verdict = verdict_of_lua(text, n);
        int length = snprintf(expression, sizeof expression, "return %.*s", (int)n, text);

        fixture_parse(&f, text, n);
        assert_int_equal(f.err == ZPL_OK, verdict == 0);
        if (f.tree->unfinished && verdict != 2)
            fail_msg("unfinished: %.*s", (int)n, text);
        if (!f.tree->unfinished && verdict == 2 && f.diags.items[0]->span.begin >= n &&
            verdict_of_lua(expression, (size_t)length) != 0)
            fail_msg("not unfinished: %.*s", (int)n, text);
        unfinished += f.tree->unfinished;
        fixture_release(&f);
    }
    assert_true(unfinished > 100);
    static const char *const wrong[] = {"x = = 1", "f(", "local = [[ a", "'a", "x = )", "if x: y("};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fixture f;

        fixture_parse(&f, wrong[i], strlen(wrong[i]));
        assert_int_equal(f.err, ZPL_ERR_CHECK);
        assert_int_equal(f.tree->unfinished, strcmp(wrong[i], "f(") == 0);
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_are_told_exactly),
        cmocka_unit_test(test_right_texts_are_left_alone),
        cmocka_unit_test(test_limits_are_told_and_what_is_below_compiles),
        cmocka_unit_test(test_many_mistakes_end_the_reading),
        cmocka_unit_test(test_no_memory_is_told),
        cmocka_unit_test(test_questions_about_calls),
        cmocka_unit_test(test_owners_of_tokens),
        cmocka_unit_test(test_what_is_unfinished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
