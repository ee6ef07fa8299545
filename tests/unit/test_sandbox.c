/* What a script can and cannot do in the sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <lualib.h>
#include "lang/dsl/sandbox.h"

#define AMPLE_MS 120000 /* no script here takes as long, on however busy a machine */

static const struct zpl_sandbox_limits small = {
    .bytes = 8u << 20, .block = 1u << 20, .string = 64u << 10, .ms = AMPLE_MS};

/* Runs a script; its returned string or error message, in a static buffer. */
static const char *run(const struct zpl_sandbox_limits *limits, const char *script,
                       enum zpl_sandbox_stop *stop)
{
    static char out[4096];
    struct zpl_sandbox box;
    assert_int_equal(zpl_sandbox_open(&box, limits, NULL, NULL, NULL), ZPL_OK);
    int status = luaL_loadbufferx(box.L, script, strlen(script), "=t", "t");
    if (status == LUA_OK)
        status = lua_pcall(box.L, 0, 1, 0);
    snprintf(out, sizeof out, "%s%s", status == LUA_OK ? "" : "error: ",
             lua_tostring(box.L, -1) ? lua_tostring(box.L, -1) : "(no text)");
    if (stop)
        *stop = status == LUA_OK ? ZPL_STOP_NONE
                                 : zpl_sandbox_stopped(&box, status, lua_tostring(box.L, -1));
    zpl_sandbox_release(&box);
    return out;
}

static void gives(const char *script, const char *expected)
{
    const char *got = run(&zpl_sandbox_program, script, NULL);
    if (strcmp(got, expected) != 0)
        fail_msg("%s\n gives    %s\n expected %s", script, got, expected);
}

static void fails(const char *script, const char *words)
{
    const char *got = run(&zpl_sandbox_program, script, NULL);
    if (strncmp(got, "error: ", 7) != 0 || !strstr(got, words))
        fail_msg("%s\n gives %s\n expected an error with '%s'", script, got, words);
}

static void stops(const char *script, enum zpl_sandbox_stop expected)
{
    /* Time ends only what nothing else would; a script that time does not end either hangs here. */
    struct zpl_sandbox_limits limits = small;
    if (expected == ZPL_STOP_TIME)
        limits.ms = 100;
    enum zpl_sandbox_stop stop;
    const char *got = run(&limits, script, &stop);
    if (stop != expected || strncmp(got, "error: ", 7) != 0)
        fail_msg("%s\n stops with %d (%s), expected %d", script, stop, got, expected);
}

static void offers_the_list_and_nothing_else(void **state)
{
    (void)state;
    static const char *const absent[] = {"setmetatable",
                                         "getmetatable",
                                         "rawget",
                                         "rawset",
                                         "rawequal",
                                         "rawlen",
                                         "next",
                                         "pcall",
                                         "xpcall",
                                         "coroutine",
                                         "load",
                                         "loadstring",
                                         "loadfile",
                                         "dofile",
                                         "require",
                                         "package",
                                         "collectgarbage",
                                         "print",
                                         "warn",
                                         "debug",
                                         "io",
                                         "os",
                                         "_G",
                                         "_VERSION",
                                         "math.random",
                                         "math.randomseed",
                                         "table.move",
                                         "string.dump",
                                         "string.pack",
                                         "string.unpack",
                                         "string.packsize",
                                         "bit32",
                                         "math.pow",
                                         "('').dump",
                                         "('').pack"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        char script[128];
        snprintf(script, sizeof script, "local x = %s return 'there: ' .. tostring(x)", absent[i]);
        const char *got = run(&zpl_sandbox_program, script, NULL);
        if (strncmp(got, "error: ", 7) != 0)
            fail_msg("%s is offered: %s", absent[i], got);
    }
    gives("return type(math.floor) .. type(utf8.char) .. type(select) .. type(string.rep)",
          "functionfunctionfunctionfunction");
    /* Everything reachable, by name. */
    gives("local names = {} for k in pairs(math) do names[#names + 1] = k end "
          "return table.concat(names, ' ')",
          "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger "
          "modf pi rad sin sqrt tan tointeger type ult");
}

static void nothing_offered_can_be_changed(void **state)
{
    (void)state;
    fails("math.floor = 1", "'math' can't be changed");
    fails("string.x = 1", "'string' can't be changed");
    fails("table.insert(math, 1)", "can't be changed");
    fails("x = 1", "can't be changed");
    fails("pairs = 1", "can't be changed");
    fails("local s = 'x' s.upper = 1", "string");
    fails("return '10' + 1", "arithmetic");
    gives("local _ENV = { } return tostring == nil and 'own' or 'no'", "own");
}

static void pairs_is_sorted(void **state)
{
    (void)state;
    gives("local t = { zeta = 1, alpha = 2, [3] = 1, [1] = 1, [2.5] = 1, [-7] = 1, [true] = 1 } "
          "local out = {} for k in pairs(t) do out[#out + 1] = tostring(k) end "
          "return table.concat(out, ' ')",
          "-7 1 2.5 3 alpha zeta true");
    /* In whatever order they were put in; removing while visiting is fine. */
    gives(
        "local t = {} for i = 100, 1, -1 do t['k' .. i % 7 .. '-' .. i] = i end local n, last = 0 "
        "for k, v in pairs(t) do if last and not (last < k) then return 'disorder' end "
        "last = k t[k] = nil n = n + 1 end return tostring(n)",
        "100");
    gives("local n = 0 for k in pairs({}) do n = n + 1 end return tostring(n)", "0");
    fails("for k in pairs({ [{}] = 1 }) do end", "has no order");
    fails("for k in pairs(nil) do end", "table expected");
}

static void texts_are_shortest_and_hide_addresses(void **state)
{
    (void)state;
    gives("return tostring(0.1 + 0.2) .. ' ' .. tostring(1e300 * 10) .. ' ' .. tostring(2.0)",
          "0.30000000000000004 1e+301 2.0");
    gives("return tostring({}) .. tostring(print == nil) .. tostring(tostring)",
          "error: t:1: unknown name 'print'");
    gives("return tostring({}) .. ' ' .. tostring(tostring) .. ' ' .. tostring(nil)",
          "table function nil");
    gives("return string.format('%s %s %5.2f %d %q %%', {}, 0.1, 2.345, 7, 'a')",
          "table 0.1  2.35 7 \"a\" %");
    gives("return table.concat({ 0.1, 'x', 3 }, ', ')", "0.1, x, 3");
    fails("return string.format('%p', {})", "address");
    fails("return ('x'):format('%d') .. ('%5p'):format(1)", "address");
    fails("return string.format('%d', 'x')", "number expected");
}

/* Each of these would run for ages or take all memory under Lua's own libraries. */
static void hostile_scripts_end(void **state)
{
    (void)state;
    stops("while true do end", ZPL_STOP_TIME);
    stops("local function f() return f() end return f()", ZPL_STOP_TIME);
    stops("for i = 1, math.huge do local s = i end", ZPL_STOP_TIME);
    stops("goto a ::a:: goto a", ZPL_STOP_TIME);
    stops("table.sort({ 3, 1, 2 }, function(a, b) while true do end end)", ZPL_STOP_TIME);
    stops("return (('a'):rep(30000)):find('.-.-.-.-b')", ZPL_STOP_TIME);
    stops("return (('a'):rep(60000)):match('(a*)*b') or (('a'):rep(60000)):find('a*a*a*a*b')",
          ZPL_STOP_TIME);
    stops("return (('('):rep(60000)):gsub('%b()', '')", ZPL_STOP_TIME);
    stops("local s = ('x'):rep(1 << 40)", ZPL_STOP_STRING);
    stops("local s = ('x'):rep(1 << 62, 'y')", ZPL_STOP_STRING);
    stops("local s = 'x' while true do s = s .. s end", ZPL_STOP_STRING);
    stops("local s = ('x'):rep(60000) return (s:gsub('x', s))", ZPL_STOP_BLOCK);
    stops("local s = ('x'):rep(60000) return string.format('%s%s', s, s)", ZPL_STOP_STRING);
    stops("local s = ('x'):rep(60000) return table.concat({ s, s })", ZPL_STOP_STRING);
    stops("local t = {} for i = 1, 1e9 do t[i] = i end", ZPL_STOP_BLOCK);
    stops("local t = {} for i = 1, 1e9 do t[i % 30000 + 1] = { i, { i }, { i }, { i }, { i } } end",
          ZPL_STOP_BYTES);
    stops("local t = {} for i = 1, 1e9 do t[#t % 300 + 1] = ('x'):rep(30000) .. i end",
          ZPL_STOP_BYTES);
    gives("return ('').rep('', 1 << 62)", "");
    fails("local function f() return 1 + f() end return f()", "stack overflow");
    fails("return table.unpack({}, 1, 1e8)", "too many results");
    fails("return ('x'):rep(1000000):byte(1, -1)", "too long");
    fails("return table.concat({}, 'x', 1, math.maxinteger)", "not a string");
    fails("return (('('):rep(300) .. (')'):rep(300)):find(('('):rep(40))", "captures");
    fails("error({})", "(no text)");
}

/* Lua's own results, by section 6.4.1 of its manual. */
static void patterns_match_as_lua_says(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"return ('hello world'):find('o w')", "5"},
        {"local a, b = ('hello'):find('l+') return a .. ',' .. b", "3,4"},
        {"return ('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key"},
        {"return select(2, ('key = value'):match('^(%w+)%s*=%s*(%w+)$'))", "value"},
        {"return (('abc'):gsub('%w', '%0%0'))", "aabbcc"},
        {"return (('hello world'):gsub('(%w+) (%w+)', '%2 %1'))", "world hello"},
        {"return (('abc'):gsub('', '-'))", "-a-b-c-"},
        {"return (('a,b,,c'):gsub(',', ';', 2))", "a;b;,c"},
        {"return (('THE (quick) fox'):find('%((%a+)%)'))", "5"},
        {"return (('f(a(b)c)d'):match('%b()'))", "(a(b)c)"},
        {"return (('THE (quick) fox'):gsub('%f[%a]%a+', 'w'))", "w (w) w"},
        {"return tostring(('x'):match('y'))", "nil"},
        {"return tostring((''):match('^$'))", ""},
        {"return ('  trim  '):match('^%s*(.-)%s*$')", "trim"},
        {"return (('$name is $age'):gsub('%$(%w+)', { name = 'Ann', age = 7 }))", "Ann is 7"},
        {"return (('abc'):gsub('b', function() return nil end))", "abc"},
        {"return (('[[x]]'):match('[]]+'))", "]]"},
        {"return (('a-b'):match('[a%-]+'))", "a-"},
        {"return (('x^y'):match('[%^]'))", "^"},
        {"return (('\"q\"'):match([[([\"']).-%1]]))", "\""},
        {"return ('abc'):match('()', 3)", "3"},
        {"return (('a.b'):find('.', 2, true))", "2"},
        {"return (('äö'):gsub('[\\128-\\255]', '?'))", "????"},
        {"local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end "
         "return table.concat(t, ' ')",
         "a1 b2"},
        {"local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return tostring(n)", "4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        gives(cases[i][0], cases[i][1]);
    fails("return ('x'):find('[a')", "missing ']'");
    fails("return ('x'):find('%')", "ends with '%'");
    fails("return ('x'):find('(x')", "unfinished capture");
    fails("return ('x'):match('x)')", "without '('");
    fails("return ('x'):gsub('x', '%2')", "capture index");
    fails("return ('x'):find('%f')", "missing '['");
}

static void append(char *text, size_t size, const char *more)
{
    size_t len = strlen(text);
    snprintf(text + len, size - len, "%s", more);
}

/* The same patterns on random short texts as Lua's own library gives them. */
static void patterns_agree_with_lua(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "a", "b",  ".",  "%a",   "[ab]", "[^a]", "a*",  "b+",    "a-",   "b?", "(a)", "(.-)", "$",
        "^", "%1", "()", "%b()", "(",    ")",    "[%w", "%f[b]", "[b-]", "%",  "[]",  "b]"};
    lua_State *plain = luaL_newstate();
    luaL_requiref(plain, "string", luaopen_string, 1);
    struct zpl_sandbox_limits limits = zpl_sandbox_program;
    limits.ms = AMPLE_MS; /* one box for all rounds */
    struct zpl_sandbox box;
    assert_int_equal(zpl_sandbox_open(&box, &limits, NULL, NULL, NULL), ZPL_OK);
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char pattern[64] = "", text[16] = "", script[512];
        for (int i = rand() % 5; i >= 0; i--)
            append(pattern, sizeof pattern, parts[rand() % (int)(sizeof parts / sizeof *parts)]);
        for (int i = rand() % 9; i > 0; i--)
            append(text, sizeof text, (const char *[]){"a", "b", "(", ")"}[rand() % 4]);
        snprintf(script, sizeof script,
                 "local a, b, c = ('%s'):find('%s') local s, n = ('%s'):gsub('%s', '<%%0>') "
                 "local r = '' for x in ('%s'):gmatch('%s') do r = r .. x .. ';' end "
                 "return (a or '-') .. ',' .. (b or '-') .. ',' .. (c or '-') .. s .. n .. r",
                 text, pattern, text, pattern, text, pattern);
        lua_State *states[] = {plain, box.L};
        char results[2][512];
        for (int k = 0; k < 2; k++) {
            int failed = luaL_dostring(states[k], script);
            snprintf(results[k], sizeof *results, "%s",
                     failed ? "error" : lua_tostring(states[k], -1));
            lua_settop(states[k], 0);
        }
        if (strcmp(results[0], results[1]) != 0)
            fail_msg("'%s' on '%s': Lua %s, sandbox %s", pattern, text, results[0], results[1]);
    }
    lua_close(plain);
    zpl_sandbox_release(&box);
}

static void builtins_are_known_by_name(void **state)
{
    (void)state;
    struct zpl_sandbox box;
    assert_int_equal(zpl_sandbox_open(&box, &small, NULL, NULL, NULL), ZPL_OK);
    static const char *const names[] = {"math.floor", "string.format", "table.insert", "math",
                                        "pairs",      "utf8.char",     "ipairs",       "utf8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char script[64];
        snprintf(script, sizeof script, "return %s", names[i]);
        assert_int_equal(luaL_dostring(box.L, script), LUA_OK);
        assert_string_equal(zpl_sandbox_builtin(box.L, -1), names[i]);
        assert_true(zpl_sandbox_push_builtin(box.L, names[i]));
        assert_true(lua_rawequal(box.L, -1, -2));
        lua_settop(box.L, 0);
    }
    lua_pushboolean(box.L, 1);
    assert_null(zpl_sandbox_builtin(box.L, -1));
    assert_false(zpl_sandbox_push_builtin(box.L, "os.exit"));
    zpl_sandbox_release(&box);
    zpl_sandbox_release(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_the_list_and_nothing_else),
        cmocka_unit_test(nothing_offered_can_be_changed),
        cmocka_unit_test(pairs_is_sorted),
        cmocka_unit_test(texts_are_shortest_and_hide_addresses),
        cmocka_unit_test(hostile_scripts_end),
        cmocka_unit_test(patterns_match_as_lua_says),
        cmocka_unit_test(patterns_agree_with_lua),
        cmocka_unit_test(builtins_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
