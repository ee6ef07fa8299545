/* Lua bodies: which edits of a program make another body.  Lua itself is asked what an edit means, and
 * what an image does is compared with what Lua does. */
#include "tests/unit/imaging.h"
#include <lauxlib.h>
#include <lualib.h>
#include "tests/unit/identity_edits.h"

#define OUTPUTS_MAX 6

/* One program: what stands above the step, its body, what stands below. */
struct body {
    char head[1024], code[1024], tail[1024];
};

static void read_program(struct body *b, const char *head, const char *code)
{
    const char *mark = strchr(head, '$');
    int n = mark ? (int)(mark - head) : (int)strlen(head);
    bool whole = strncmp(code, "function", 8) == 0;
    snprintf(b->head, sizeof b->head, "%.*s", n, head);
    snprintf(b->tail, sizeof b->tail, "%s", mark ? mark + 1 : "");
    snprintf(b->code, sizeof b->code, whole ? "%s" : "function (r) %s end", code);
}

/* ---- what a body gives ------------------------------------------------------------------------- */

/* The values of a call as text, "error" when it fails, and the types to ask an image for. */
struct outcome {
    char text[512];
    const char *types[OUTPUTS_MAX];
    size_t count;
};

static void add_literal(struct outcome *o, const struct zpl_literal *value)
{
    struct zpl_buf buf = {0};
    zpl_literal_show(value, &buf);
    size_t n = strlen(o->text);
    snprintf(o->text + n, sizeof o->text - n, "%s;", zpl_buf_str(&buf));
    zpl_buf_release(&buf);
}

static void add_lua_value(struct outcome *o, lua_State *L, int index)
{
    struct zpl_literal value = {.kind = ZPL_LIT_NULL};
    const char *type = "Optional(Int)";
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        break;
    case LUA_TBOOLEAN:
        type = "Bool";
        value = (struct zpl_literal){.kind = ZPL_LIT_BOOL, .as.b = lua_toboolean(L, index)};
        break;
    case LUA_TNUMBER:
        type = lua_isinteger(L, index) ? "Int" : "Float";
        if (lua_isinteger(L, index))
            value = (struct zpl_literal){.kind = ZPL_LIT_INT, .as.i = lua_tointeger(L, index)};
        else
            value = (struct zpl_literal){.kind = ZPL_LIT_FLOAT, .as.f = lua_tonumber(L, index)};
        break;
    case LUA_TSTRING:
        type = "String";
        value.kind = ZPL_LIT_STRING;
        value.as.str.s = lua_tolstring(L, index, &value.as.str.n);
        break;
    default:
        fail_msg("a body of these tests gives plain values");
    }
    assert_true(o->count < OUTPUTS_MAX);
    o->types[o->count++] = type;
    add_literal(o, &value);
}

/* The inputs of call `i`; false when there are no more. */
static bool inputs_of(size_t i, struct zpl_literal values[4])
{
    static const struct {
        int64_t n, m;
        double x;
        const char *k;
    } rows[] = {{3, 2, 0.5, "a"}, {-7, 4, 2.0, "b"}, {0, 1, -0.25, "c"}, {1, 0, 1e300, ""}};
    if (i == sizeof rows / sizeof *rows)
        return false;
    values[0] = (struct zpl_literal){.kind = ZPL_LIT_INT, .as.i = rows[i].n};
    values[1] = (struct zpl_literal){.kind = ZPL_LIT_INT, .as.i = rows[i].m};
    values[2] = (struct zpl_literal){.kind = ZPL_LIT_FLOAT, .as.f = rows[i].x};
    values[3] = (struct zpl_literal){.kind = ZPL_LIT_STRING,
                                     .as.str = {.s = rows[i].k, .n = strlen(rows[i].k)}};
    return true;
}

static const char *const input_names[] = {"n", "m", "x", "k"};

/* What Lua makes of the program, whose body is called behind its last line. */
static struct outcome ask_lua(const struct body *b, const struct zpl_literal values[4])
{
    struct outcome o = {0};
    struct zpl_buf text = {0};
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    zpl_buf_printf(&text, "%s\nlocal body = %s\n%s\nreturn body", b->head, b->code, b->tail);
    if (luaL_dostring(L, zpl_buf_str(&text)) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    lua_settop(L, 1);
    lua_newtable(L);
    lua_pushinteger(L, values[0].as.i);
    lua_setfield(L, -2, "n");
    lua_pushinteger(L, values[1].as.i);
    lua_setfield(L, -2, "m");
    lua_pushnumber(L, values[2].as.f);
    lua_setfield(L, -2, "x");
    lua_pushstring(L, values[3].as.str.s);
    lua_setfield(L, -2, "k");
    if (lua_pcall(L, 1, LUA_MULTRET, 0) != LUA_OK)
        snprintf(o.text, sizeof o.text, "error");
    else
        for (int i = 1; i <= lua_gettop(L); i++)
            add_lua_value(&o, L, i);
    lua_close(L);
    zpl_buf_release(&text);
    return o;
}

static bool take_value(void *self, const struct zpl_literal *value)
{
    add_literal(self, value);
    return true;
}

/* What the image makes of the same call, asked for outputs of the types that Lua gave. */
static struct outcome run_image(const char *image, const struct zpl_literal values[4],
                                const struct outcome *wanted)
{
    struct outcome o = {0};
    struct zpl_arena arena = {0};
    struct zpl_lua_input inputs[4];
    struct zpl_lua_output outputs[OUTPUTS_MAX];
    for (size_t i = 0; i < 4; i++)
        inputs[i] = (struct zpl_lua_input){.name = input_names[i], .literal = &values[i]};
    for (size_t i = 0; i < wanted->count; i++) {
        const struct zpl_type *type;
        struct zpl_signature_error error;
        assert_int_equal(zpl_type_parse(wanted->types[i], &arena, &type, &error), ZPL_OK);
        outputs[i] =
            (struct zpl_lua_output){.name = "out", .type = type, .self = &o, .value = take_value};
    }
    struct zpl_closure_call call = {.image = image,
                                    .image_len = strlen(image),
                                    .inputs = inputs,
                                    .input_count = 4,
                                    .outputs = outputs,
                                    .output_count = wanted->count};
    struct zpl_diags diags = {0};
    if (zpl_closure_run(&call, &diags) != ZPL_OK)
        snprintf(o.text, sizeof o.text, "%s",
                 strcmp(wanted->text, "error") == 0 ? "error" : diags.items[0]->message);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return o;
}

/* ---- edits ------------------------------------------------------------------------------------- */

/* Does the image do what Lua does, whatever it is given? */
static void check_behaviour(const char *what, const struct body *b, const char *image)
{
    struct zpl_literal values[4];
    for (size_t i = 0; inputs_of(i, values); i++) {
        struct outcome lua = ask_lua(b, values);
        struct outcome got = run_image(image, values, &lua);
        if (strcmp(got.text, lua.text) != 0)
            fail_msg("%s: %s\n%s\n%s\ngives %s, Lua gives %s", what, b->head, b->code, b->tail,
                     got.text, lua.text);
    }
}

/* Does Lua tell them apart? */
static bool differ_in_lua(const struct body *a, const struct body *b)
{
    struct zpl_literal values[4];
    for (size_t i = 0; inputs_of(i, values); i++)
        if (strcmp(ask_lua(a, values).text, ask_lua(b, values).text) != 0)
            return true;
    return false;
}

static void check_edits(const struct edit *edits, size_t count, bool counts, bool another_meaning)
{
    for (size_t i = 0; i < count; i++) {
        const struct edit *e = &edits[i];
        struct body a, b;
        read_program(&a, e->head, e->body);
        read_program(&b, e->new_head, e->new_body);
        char *image_a = image_between(a.head, a.code, a.tail);
        char *image_b = image_between(b.head, b.code, b.tail);
        if (!image_a || !image_b)
            fail_msg("%s: a body does not compile", e->what);
        if ((strcmp(image_a, image_b) != 0) != counts)
            fail_msg("%s: %s\n%s\n%s", e->what,
                     counts ? "should make another body" : "should be the same body", image_a,
                     image_b);
        if (differ_in_lua(&a, &b) != another_meaning)
            fail_msg("%s: Lua sees it otherwise", e->what);
        check_behaviour(e->what, &a, image_a);
        check_behaviour(e->what, &b, image_b);
        free(image_a);
        free(image_b);
    }
}

static void what_means_the_same_does_not_count(void **state)
{
    (void)state;
    check_edits(same, sizeof same / sizeof *same, false, false);
}

static void another_meaning_counts(void **state)
{
    (void)state;
    check_edits(other, sizeof other / sizeof *other, true, true);
}

static void code_written_otherwise_counts(void **state)
{
    (void)state;
    check_edits(rewritten, sizeof rewritten / sizeof *rewritten, true, false);
}

/* ---- behaviour --------------------------------------------------------------------------------- */

/* Programs whose images could easily do something else than Lua. */
static const struct {
    const char *head, *code;
} tricky[] = {

    {"local T = { n = 1 } local function bump (t) t.n = t.n + 1 end local function get () return "
     "T.n end",
     "bump(T) return get(), T.n"},
    {"local U = { n = 1 } local V = U local function get () return V.n end",
     "U.n = 5 return get(), V.n"},
    {"local n = 0", "n = n + 1 n = n + r.n return n"},
    {"local w = { a = { x = 1 } } local v = w.a", "v.x = 9 return w.a.x"},
    {"local w = { a = { x = 1 } } local v = w", "local q = v.a q.x = 9 return w.a.x"},
    {"local w = { a = 1 } local T = { w = w } local function get () return w.a end",
     "T.w.a = 2 return get()"},
    {"local w = { a = 1 } local T = { w = w } local function get () return T.w.a end",
     "w.a = 2 return get()"},
    {"local f = function () return 1 end local T = { f = f }", "return T.f == f"},
    {"local T = { f = 1 } local function a () return T.f end local function b () local q = T "
     "return q end",
     "b().f = 3 return a(), T.f"},
    {"local T = {} function T.f (x) return x <= 0 and 0 or T.f(x - 1) + 1 end", "return T.f(3)"},
    {"local T = { k = 2 } function T.f (x) return x * T.k end", "return T.f(r.n)"},
    {"local T = { k = 2 } function T.set (x) T.k = x end function T.get () return T.k end",
     "T.set(4) return T.get()"},
    {"",
     "local s = '' for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end s = s .. i .. "
     "j ::continue:: end if i == 2 then goto continue end s = s .. '-' ::continue:: end return s"},
    {"",
     "for i = math.maxinteger - 1, math.maxinteger do if i == r.n then return 1 end end return 2"},
    {"local w = { [true] = 1, [false] = 2 }", "return w[true], w[r.n == 1]"},
    {"local w = { [1.5] = 1, [-1] = 2, [0] = 3 }", "return w[1.5], w[-1], w[0]"},
    {"local nan = 0 / 0", "return nan == nan, nan ~= nan"},
    {"local i, j, k = math.maxinteger, math.mininteger, math.huge", "return i, j, -k, math.pi"},
    {"local k = 9007199254740993",
     "return k, 0x7fffffffffffffff, 0xffffffffffffffff, 1e15, 1e16, 123456789012345678"},
    {"local s = 'a\\0b\\n\\r\\t\\\\ \\'\\\" \\u{7f}\\u{80}\\u{10ffff}'",
     "return s, #s, 'a\\0b\\n\\r\\t\\\\ \\'\\\" \\u{7f}\\u{80}\\u{10ffff}', '\\xff' == '\\255'"},
    {"local a, b = 1, 2", "a, b = b, a return a, b"},
    {"local function f (...) local t = { n = select('#', ...), ... } return t.n, ... end",
     "return f(nil, r.n, nil)"},
    {"local f = function (self) return self.n end",
     "local o = { n = r.n, f = f } return o:f(), o.f(o), o['f'](r)"},
    {"local k = 1 local function f () local k = k + 1 return function () return k end end",
     "local k = 5 return f()(), k"},
    {"local x <const> = 5 local y <const> = 'a' local z <const> = -3 local n <const> = nil local t "
     "<const> = true",
     "return x, y, z, t"},
    {"local e <const> = { 1 }", "return e[1]"},
    {"local T = { a = { b = { c = function (x) return x end } } }",
     "return T.a.b.c(r.n), T['a'].b['c'](r.m)"},
    {"local T = { f = function (self) return self.g end, g = 3 }", "return T:f()"},
    {"local T = { 1, 2, 3 }", "return #T, T[1], T[r.m]"},
    {"local T = { 1, 2, 3, n = 4 }", "return #T, T.n"},
    {"local T = { f = 1 }", "return T.g, T.f"},
    {"local T = { f = 1 }", "T = { f = r.n } return T.f"},
    {"local T = { f = 1 } local U = T", "T = { f = r.n } return T.f, U.f"},
    {"local ok, t = true, {} t[1] = t", "return t == t[1], t[1][1] == t"},
    {"", "local s = ('x'):rep(3) return s:upper():len(), #s .. s, (s):byte(), ('%d'):format(r.n)"},
    {"", "return ({ 1, 2 })[r.m], (function (...) return ... end)(1, 2)"},
    {"", "local t = { f = function () return 1, 2 end } return (t.f()), t.f()"},
    {"", "local a <close> = nil do local b <const> = r.n return b end"},
    {"local e = 1", "local function e() return e end return e() == e"},
    {"local t = { x = 1 }", "local u = t t = nil return u.x, t"},
    {"local t = { x = 1 } local function g () return t end", "return g().x, t.x, g() == t"},
    {"local t = { x = 1 } local function g () return t.x end local function h () return t end",
     "local q = h() q.x = 3 return g(), t.x"},
    {"local t = { x = { y = 1 } } local function g () return t.x end", "g().y = 4 return t.x.y"},
    {"local t = { x = { y = 1 } } local u = { t }", "u[1].x = { y = 7 } return t.x.y"},
    {"local t = { x = 1 } local u = { t = t }", "u.t.x = 2 return t.x"},
    {"local t = { x = 1 } local function set (v) local q = t q.x = v end", "set(9) return t.x"},
    {"local t = { x = 1 } local i = ipairs",
     "for k, v in i({ 4, 5 }) do t.x = t.x + v end return t.x"},
    {"local t = { 3, 1, 2 }", "table.sort(t) return t[1], t[3]"},
    {"local t = { s = { 3, 1, 2 } } local function first () return t.s[1] end",
     "table.sort(t.s) return first()"},
    {"local t = { add = table.insert, l = {} }", "t.add(t.l, 5) return #t.l"},
    {"local t = math", "return t.floor(r.x), t.type(r.n)"},
    {"local L = { floor = math.floor, lib = string }", "return L.floor(2.5), L.lib.upper('a')"},
};

static void images_do_what_lua_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++) {
        struct body b;
        read_program(&b, tricky[i].head, tricky[i].code);
        char *image = image_between(b.head, b.code, b.tail);
        if (!image)
            fail_msg("%s: it does not compile", tricky[i].code);
        check_behaviour("a tricky body", &b, image);
        free(image);
    }
}

/* Where a helper was written does not count, nor does what else stands in its file. */
static void an_imported_helper_is_the_helper(void **state)
{
    (void)state;
    char *imported =
        image_of("local h = import \"helpers.zpl\"", "function (r) return h.add(r.n) + h.k end");
    char *local = image_of("local k, z = 3, 4 local h = { z = z, k = k }\n"
                           "function h.add (y) --[[ ! ]] return y + k end",
                           "function (r) return h.add(r.n) + h.k end");
    char *changed = image_of("local k = 4 local h = { k = 3 } function h.add (x) return x + k end",
                             "function (r) return h.add(r.n) + h.k end");
    assert_non_null(imported);
    assert_string_equal(imported, local);
    assert_string_not_equal(imported, changed);
    free(imported);
    free(local);
    free(changed);
}

/* ---- refusals ---------------------------------------------------------------------------------- */

/* What a body can't take along: the place that is told, spelt as in the program, and the words. */
static const struct {
    const char *head, *code, *place, *words;
} refusals[] = {
    {"local t = drift { csv.read 'a', csv.read 'b' }", "return t", "t",
     "a value that is known only at run time"},
    {"local w = { drift { csv.read 'a', csv.read 'b' } }", "return w[1]", "w",
     "a value that is known only at run time"},
    {"local t = drift { csv.read 'a', csv.read 'b' } local function h () return t end",
     "return h()", "t", "a value that is known only at run time"},
    {"local w = { a = { drift { csv.read 'a', csv.read 'b' } } }", "return w.a[1]", "w",
     "a value that is known only at run time"},
    {"local c = drift { csv.read 'a', csv.read 'b' }.drifted == true", "return c", "c",
     "a value that is known only at run time"},
    {"local n = 0 local function up () n = n + 1 end", "up() return n", "n",
     "two functions of a lua body share 'n', and one writes it"},
    {"local n = 0 local function up () n = n + 1 end local function get () return n end",
     "up() return get()", "n", "two functions of a lua body share 'n', and one writes it"},
    {"local function make () local n = 0 return function () n = n + 1 return n end, function () "
     "return n end end local up, get = make()",
     "up() return get()", "n", "two functions of a lua body share 'n', and one writes it"},
    {"local n, f = 0, {} for i = 1, 2 do f[i] = function () n = n + 1 return n end end",
     "return f[1]() + f[2]()", "n", "two functions of a lua body share 'n', and one writes it"},
    {"", "return sql [[ SELECT 1 ]]", "sql", "a lua body can't use 'sql'"},
    {"", "return split { r, ratio = 0.5 }", "split", "a lua body can't use"},
    {"", "return csv.read 'a.csv'", "csv", "a lua body can't use 'csv'"},
    {"", "return params { a = 1 }", "params", "a lua body can't use 'params'"},
    {"", "return import 'helpers.zpl'", "import", "a lua body can't use 'import'"},
    {"local read = csv.read", "return read 'a.csv'", "read", "a lua body can't use a step"},
    {"local own = step 'own' { signature = '(n: Int) -> (n: Int)', lua = function (t) return t.n "
     "end }",
     "return own { 1 }", "own", "a lua body can't use a step"},
    {"local T = { s = csv.read }", "return T.s 'a.csv'", "T", "a lua body can't use a step"},
    {"local T = Int { min = 0 }", "return T", "T", "a lua body can't use a type"},
    {"", "return Int", "Int", "a lua body can't use a type"},
    {"", "return nobody", "nobody", "unknown name 'nobody'"},
    {"local k <const> = 2 * 3", "return k", "k", "a lua body can't take 'k' along"},
    {"local w = { [{}] = 1 }", "return w[r.n]", "w",
     "a lua body can't use a table with a table as a key"},
    {"local w = { [csv.read] = 1 }", "return w[r.n]", "w",
     "a lua body can't use a table with a value of zpl as a key"},
};

/* Is that the text of the diagnostic's place? */
static bool stands_at(const struct zpl_program *program, const struct zpl_diag *diag,
                      const char *place)
{
    const struct zpl_source *source = zpl_sources_get(&program->sources, diag->span.source);
    size_t n = diag->span.end - diag->span.begin;
    return source && strlen(place) == n && memcmp(source->text + diag->span.begin, place, n) == 0;
}

static void what_cannot_go_along_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct body b;
        struct zpl_program program;
        read_program(&b, refusals[i].head, refusals[i].code);
        assert_int_equal(compile_body(b.head, b.code, b.tail, &program), ZPL_ERR_CHECK);
        assert_int_equal(program.diags.count, 1);
        const struct zpl_diag *diag = program.diags.items[0];
        if (!strstr(diag->message, refusals[i].words) ||
            !stands_at(&program, diag, refusals[i].place))
            fail_msg("%s\n%s\ntells '%s'\nexpected '%s' at '%s'", b.head, b.code, diag->message,
                     refusals[i].words, refusals[i].place);
        zpl_program_release(&program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_means_the_same_does_not_count),
        cmocka_unit_test(another_meaning_counts),
        cmocka_unit_test(code_written_otherwise_counts),
        cmocka_unit_test(images_do_what_lua_does),
        cmocka_unit_test(an_imported_helper_is_the_helper),
        cmocka_unit_test(what_cannot_go_along_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
