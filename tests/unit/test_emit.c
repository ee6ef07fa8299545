/* test_emit.c - the emitted text does what the original does, says where it is, and guards. */
#include "syntax_bytecode.h"

static void test_snippets_compile_to_the_same_code(void **state)
{
    lua_State *L = luaL_newstate();

    (void)state;
    for (size_t i = 0; i < sizeof snippets / sizeof *snippets; i++) {
        struct fixture f;

        assert_true(fixture_check(&f, L, snippets[i], snippets[i], strlen(snippets[i])));
        check_same_code(L, &f, snippets[i]);
        check_guarded(L, &f, snippets[i]);
        fixture_release(&f);
    }
    lua_close(L);
}

/* --- the guards --- */

/* A host in Lua that keeps the contract of emit.h; a condition is a table { text = … }. */
static const char host[] =
    "local C, stack, n = {}, {}, 0\n"
    "function cond(text) return setmetatable({ text = text }, C) end\n"
    "local function rt(v) return getmetatable(v) == C end\n"
    "function height() return n end\n"
    "function show(...) local t = table.pack(...) for i = 1, t.n do\n"
    "  t[i] = rt(t[i]) and t[i].text or tostring(t[i]) end return table.concat(t, ' ') end\n"
    "local function count(want, ...) assert(select('#', ...) == want, 'argument count') end\n"
    "local function join(t, op, r) if not rt(t) then return r end\n"
    "  if type(r) ~= 'boolean' and not rt(r) then error('no condition', 0) end\n"
    "  return cond('(' .. t.text .. ' ' .. op .. ' ' .. show(r) .. ')') end\n"
    "function __zpl_truth(v) if rt(v) then error('branch', 0) end return v end\n"
    "local function compare(name, op, plain) _G['__zpl_' .. name] = function (...)\n"
    "  count(2, ...) local a, b = ... if rt(a) or rt(b) then\n"
    "  return cond(show(a) .. op .. show(b)) end return plain(a, b) end end\n"
    "__zpl_until = __zpl_truth function __zpl_visit(...) count(3, ...) return ... end\n"
    "local last, step function __zpl_first(a, b, c) last, step = b, c return a end\n"
    "function __zpl_last(...) count(0, ...) return last end\n"
    "function __zpl_step(...) count(0, ...) return step end\n"
    "compare('eq', '==', function (a, b) return a == b end)\n"
    "compare('ne', '~=', function (a, b) return a ~= b end)\n"
    "compare('lt', '<', function (a, b) return a < b end)\n"
    "compare('le', '<=', function (a, b) return a <= b end)\n"
    "compare('gt', '>', function (a, b) return a > b end)\n"
    "compare('ge', '>=', function (a, b) return a >= b end)\n"
    "function __zpl_not(...) count(1, ...) local v = ...\n"
    "  if rt(v) then return cond('not ' .. v.text) end return not v end\n"
    "function __zpl_andl(...) count(1, ...) n = n + 1 stack[n] = ... return (...) end\n"
    "function __zpl_andr(...) count(1, ...) stack[n] = join(stack[n], 'and', (...))\n"
    "  return stack[n] end\n"
    "function __zpl_and(...) count(1, ...) local t = stack[n] n = n - 1\n"
    "  return join(t, 'and', (...)) end\n"
    "local function go_on(v) if rt(v) then return nil end return v end\n"
    "function __zpl_orl(...) count(1, ...) n = n + 1 stack[n] = ... return go_on((...)) end\n"
    "function __zpl_orr(...) count(1, ...) stack[n] = join(stack[n], 'or', (...))\n"
    "  return go_on(stack[n]) end\n"
    "function __zpl_or(...) count(1, ...) local t = stack[n] n = n - 1\n"
    "  return join(t, 'or', (...)) end\n"
    "__zpl_rest = 'REST'\n"
    "function __zpl_scope(arg, names) local k = {} for name, v in pairs(names) do\n"
    "  k[#k + 1] = name .. '=' .. tostring(v) end table.sort(k)\n"
    "  return (type(arg) == 'table' and arg[1] or arg) .. ' | ' .. table.concat(k, ' ') end\n"
    "function sql(x) return x end\n"
    "function none() end function two() return 1, 2 end function fails() error('evaluated', 0) "
    "end\n";

/* What show() makes of the values of the chunk, or the error; guarded or not. */
static const char *run(lua_State *L, const char *text, bool guard)
{
    struct fixture f;
    struct zpl_buf out = {0};
    struct zpl_emit_map map = {0};

    lua_settop(L, 0);
    fixture_parse(&f, text, strlen(text));
    if (f.err) {
        fixture_messages(&f, &out);
        fail_msg("%s: %s", text, zpl_buf_str(&out));
    }
    assert_int_equal(zpl_emit(f.tree, guard ? ZPL_EMIT_GUARD : ZPL_EMIT_PLAIN, &out, &map), ZPL_OK);
    lua_getglobal(L, "show");
    if (luaL_loadbufferx(L, out.data, out.len, "=t", "t") != LUA_OK ||
        lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK)
        lua_replace(L, 1);
    else
        lua_call(L, lua_gettop(L) - 1, 1);
    lua_settop(L, 1);
    zpl_emit_map_release(&map);
    zpl_buf_release(&out);
    fixture_release(&f);
    return lua_tostring(L, 1);
}

static lua_State *new_host(void)
{
    lua_State *L = luaL_newstate();

    luaL_openlibs(L);
    assert_int_equal(luaL_dostring(L, host), LUA_OK);
    return L;
}

/* On plain values the guarded text gives what the plain one gives. */
static void test_guards_keep_the_meaning_of_plain_values(void **state)
{
    static const char *const texts[] = {
        "return 1 and 2, nil and fails(), false or 'x', 5 or fails(), nil or false, nil and nil",
        "return 1 and 2 and 3, 1 and nil and fails(), false and fails() and fails()",
        "return false or nil or 3, nil or 2 or fails(), (1 and nil) or (nil or 4) and 5",
        "return true and two(), none() or two(), (two()), two() and two(), none() and 1",
        "return 1 == two(), two() == two(), none() == nil, two() ~= none(), (two()) == 1",
        "return 1 < 2, 2 <= two(), 1 > 2, 2 >= two(), 'a' < 'b', not two(), not none(), not not 1",
        "return 1 < 2 == true, not (1 == 2) == true, not 1 == 2",
        "local n = 0 while n < 3 do n = n + 1 end repeat n = n - 1 until n == 1 return n",
        "local s = 0 for i = (two()), two() do s = s + i end for i = #'abc', two(), -1 do "
        "s = 10 * s + i end for i = 1, two() + 1, two() do s = 10 * s + i end return s",
        "local s = '' for i, v in ipairs({ 4, 5 }) do s = s .. i .. v end "
        "for w in ('a b'):gmatch('%a'), nil, nil do s = s .. w end return s",
        "if none() then return 1 elseif two() then return 2 else return 3 end",
        "local function f(...) return (...) and select('#', ...) == 2 and (...) or ... end "
        "return f(7, 8), f(nil, 9), f()",
        "local function f(n) return n <= 1 and 1 or n * f(n - 1) end return f(10)",
        "local t = { 3, 1, 2 } table.sort(t, function (a, b) return a > b end) "
        "return t[1], t[2], t[3]",
        "local s = '' for i = 1, 20 do s = s .. (i % 15 == 0 and 'FB' or i % 5 == 0 and 'B' or "
        "i % 3 == 0 and 'F' or i) end return s",
        "return (function (...) return ... end)(1, 2, 3)",
    };
    lua_State *L = new_host();

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *plain = strdup(run(L, texts[i], false));

        assert_string_equal(run(L, texts[i], true), plain);
        free(plain);
        assert_string_equal(run(L, "return height()", true), "0");
    }
    lua_close(L);
}

static void test_guards_carry_conditions(void **state)
{
    static const char *const cases[][2] = {
        {"a and not b", "(a and not b)"},
        {"a and b and c", "((a and b) and c)"},
        {"a or b or c", "((a or b) or c)"},
        {"a and b or c and not (a or b)", "((a and b) or (c and not (a or b)))"},
        {"a and (b or c) and true", "((a and (b or c)) and true)"},
        {"true and a", "a"},
        {"false or a", "a"},
        {"nil or 1 and a", "a"},
        {"5 or a", "5"},
        {"nil and a", "nil"},
        {"a == 1 and 2 <= b", "(a==1 and 2<=b)"},
        {"a ~= nil", "a~=nil"},
        {"a == two()", "a==1"},
        {"{ a or b } ~= nil", "true"},
    };
    lua_State *L = new_host();
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "local a, b, c = cond 'a', cond 'b', cond 'c' return %s",
                 cases[i][0]);
        assert_string_equal(run(L, text, true), cases[i][1]);
    }
    assert_string_equal(run(L, "return cond 'a' and 10", true), "no condition");
    assert_string_equal(run(L, "if cond 'a' then end", true), "branch");
    assert_string_equal(run(L, "while not cond 'a' do end", true), "branch");
    assert_string_equal(run(L, "repeat until cond 'a' == 1", true), "branch");
    assert_string_equal(run(L, "if nil then elseif cond 'a' or cond 'b' then end", true), "branch");
    lua_close(L);
}

/* A `lua` body is plain Lua, with the functions inside it; what surrounds it is not. */
static void test_bodies_have_no_guards(void **state)
{
    static const char *const texts[][2] = {
        {"x = { lua = function () if a == b and not c then return sql 'a' end end }", "0"},
        {"x = { lua = (function () return function () return a < b end end) }", "0"},
        {"x = { other = function () return a < b end }", "1"},
        {"x = { lua = function () end, y = a < b }", "1"},
        {"lua = function () return a < b end", "1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fixture f;
        struct zpl_buf out = {0};
        struct zpl_emit_map map = {0};

        fixture_parse(&f, texts[i][0], strlen(texts[i][0]));
        assert_int_equal(zpl_emit(f.tree, ZPL_EMIT_GUARD, &out, &map), ZPL_OK);
        assert_int_equal(strstr(out.data, "__zpl_") != NULL, atoi(texts[i][1]));
        zpl_emit_map_release(&map);
        zpl_buf_release(&out);
        fixture_release(&f);
    }
}

static void test_rest_stands_for_other_columns(void **state)
{
    lua_State *L = new_host();

    (void)state;
    assert_string_equal(run(L, "local t = { 1, ... } return t[2]", true), "REST");
    assert_string_equal(
        run(L, "local f = function () return { a = 1, ... } end return f()[1]", true), "REST");
    assert_string_equal(run(L, "local f = function (...) return { ... } end return f(8)[1]", true),
                        "8");
    assert_string_equal(run(L, "return select('#', ...)", true), "0");
    lua_close(L);
}

static void test_sql_sees_the_names_in_its_text(void **state)
{
    static const char *const cases[][2] = {
        {"local flights, m, other = 1, 2, 3 return sql [[select $m from flights]]",
         "select $m from flights | flights=1 m=2"},
        {"local a = 1 return sql \"a 'b' \\x61 -- a\\n\"", "a 'b' a -- a\n | a=1"},
        {"local a, b, c = 1, 2, 3 return sql [['a' \"b\" --c\n/* c */ $$c$$ 'it''s a' E]]",
         "'a' \"b\" --c\n/* c */ $$c$$ 'it''s a' E | b=2"},
        {"local a = 1 do local a = 2 end local function f() return sql 'a' end local a = 5 return "
         "f()",
         "a | a=1"},
        {"local a = 1 return sql { 'from a', as = 'x' }", "from a | a=1"},
        {"local a = 1 return sql ({ 'from a' })", "from a | a=1"},
        {"local a = 1 return sql('a')", "a | a=1"},
        {"g = 7 local r = sql 'g h' h = 8 return r", "g h | g=7"},
        {"local a = sql 'a' return a", "a | "},
        {"local sql = function (x) return x end return sql 'sql'", "sql"},
        {"local q = 'a' return sql(q)", "a"},
        {"local a = 1 return sql 'aa a_ _a A'", "aa a_ _a A | "},
    };
    lua_State *L = new_host();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(run(L, cases[i][0], true), cases[i][1]);
    lua_close(L);
}

/* --- lines --- */

struct places {
    struct fixture f;
    struct zpl_emit_map map;
    struct zpl_buf said; /* the source text of every call, in the order they happen */
};

/* Notes the call that Lua says is running; returns itself, so that chains go on. */
static int note_place(lua_State *L)
{
    struct places *p = lua_touserdata(L, lua_upvalueindex(1));
    struct zpl_span span;
    lua_Debug ar;
    uint32_t call;

    assert_int_equal(lua_getstack(L, 1, &ar), 1);
    lua_getinfo(L, "l", &ar);
    call = zpl_tree_call_at(p->f.tree, zpl_emit_map_token(&p->map, ar.currentline));
    assert_int_not_equal(call, 0);
    span = zpl_tree_span(p->f.tree, call);
    zpl_buf_printf(&p->said, "%.*s\n", (int)(span.end - span.begin), p->f.tree->text + span.begin);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, note_place, 1);
    lua_setfield(L, -2, "__call");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, note_place, 1);
    lua_setfield(L, -2, "__index");
    lua_getfield(L, -1, "__call");
    lua_setfield(L, -3, "m");
    lua_setmetatable(L, -2);
    return 1;
}

static void check_places(const char *text, const char *expected)
{
    for (int mode = ZPL_EMIT_PLAIN; mode <= ZPL_EMIT_GUARD; mode++) {
        struct places p = {0};
        struct zpl_buf out = {0};
        lua_State *L = luaL_newstate();

        fixture_parse(&p.f, text, strlen(text));
        assert_int_equal(zpl_emit(p.f.tree, mode, &out, &p.map), ZPL_OK);
        lua_pushlightuserdata(L, &p);
        lua_pushcclosure(L, note_place, 1);
        lua_setglobal(L, "f");
        lua_newtable(L);
        lua_getglobal(L, "f");
        lua_setfield(L, -2, "g");
        lua_setglobal(L, "t");
        if (luaL_loadbufferx(L, out.data, out.len, "=t", "t") != LUA_OK ||
            lua_pcall(L, 0, 0, 0) != LUA_OK)
            fail_msg("%s", lua_tostring(L, -1));
        assert_string_equal(zpl_buf_str(&p.said), expected);
        lua_close(L);
        zpl_buf_release(&out);
        zpl_buf_release(&p.said);
        zpl_emit_map_release(&p.map);
        fixture_release(&p.f);
    }
}

static void test_every_call_reports_its_own_line(void **state)
{
    (void)state;
    check_places("local a = f \"x\" { 1 }", "f \"x\"\nf \"x\" { 1 }\n");
    check_places("f(f 'a', f(1))(2):m(3) [[b\n]]",
                 "f 'a'\nf(1)\nf(f 'a', f(1))\nf(f 'a', f(1))(2)\n"
                 "f(f 'a', f(1))(2):m(3)\nf(f 'a', f(1))(2):m(3) [[b\n]]\n");
    check_places("local x = { t.g { 1 }, f, f 'q', y = t.g(1) }\nt.g()\nf()",
                 "t.g { 1 }\nf 'q'\nt.g(1)\nt.g()\nf()\n");
    check_places("local function h() return f(1) end h()", "f(1)\n");
}

/* The token of the line in Lua's message, for a text that fails when it runs. */
static void check_error_token(const char *text, const char *token)
{
    struct fixture f;
    struct zpl_emit_map map = {0};
    struct zpl_buf out = {0};
    lua_State *L = luaL_newstate();
    const char *message, *spelt;
    uint32_t len;

    fixture_parse(&f, text, strlen(text));
    assert_int_equal(zpl_emit(f.tree, ZPL_EMIT_PLAIN, &out, &map), ZPL_OK);
    assert_int_equal(luaL_loadbufferx(L, out.data, out.len, "=t", "t"), LUA_OK);
    assert_int_not_equal(lua_pcall(L, 0, 0, 0), LUA_OK);
    message = lua_tostring(L, -1);
    assert_memory_equal(message, "t:", 2);
    spelt = zpl_tree_text(f.tree, zpl_emit_map_token(&map, atoi(message + 2)), &len);
    assert_int_equal(len, strlen(token));
    assert_memory_equal(spelt, token, len);
    lua_close(L);
    zpl_emit_map_release(&map);
    zpl_buf_release(&out);
    fixture_release(&f);
}

static void test_errors_report_their_token(void **state)
{
    (void)state;
    check_error_token("local a\nlocal b = 1 + 2 + a * 3", "*");
    check_error_token("local s = [[\n\n]] local a; return a.first.second", "first");
    check_error_token("local a = 'x\\\ny\\z \n' .. {}", "..");
    check_error_token("local t = {}\nt . u (1)", "(");
    check_error_token("for i = 1, 'x' do end", "do");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snippets_compile_to_the_same_code),
        cmocka_unit_test(test_guards_keep_the_meaning_of_plain_values),
        cmocka_unit_test(test_guards_carry_conditions),
        cmocka_unit_test(test_bodies_have_no_guards),
        cmocka_unit_test(test_rest_stands_for_other_columns),
        cmocka_unit_test(test_sql_sees_the_names_in_its_text),
        cmocka_unit_test(test_every_call_reports_its_own_line),
        cmocka_unit_test(test_errors_report_their_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
