/* test_image.c - closure images drop what does not count and keep what does. */
#include "syntax_bytecode.h"

/* The image of the first function of the text, spaces for line breaks. */
static void image(const char *text, struct zpl_buf *out)
{
    struct fixture f;
    struct zpl_emit_map map = {0};
    uint32_t function = 1;

    fixture_parse(&f, text, strlen(text));
    assert_int_equal(f.err, ZPL_OK);
    while (f.tree->nodes[function].kind != ZPL_NODE_FUNCTION)
        function++;
    zpl_buf_clear(out);
    assert_int_equal(zpl_emit_node(f.tree, function, out, &map), ZPL_OK);
    for (size_t i = 0, lines = 1; i < out->len; i++) {
        if (out->data[i] == '\n') {
            assert_true(lines < map.count && map.tokens[lines] < f.tree->token_count);
            lines++;
            out->data[i] = ' ';
        }
    }
    zpl_emit_map_release(&map);
    fixture_release(&f);
}

static void test_images_drop_what_does_not_count(void **state)
{
    static const char *const cases[][2] = {
        {"return function(r) return r.x+1 end", "x = function (r) -- hi\n return r.x\n+1; end"},
        {"return function(r) local q=r.x return q end",
         "return function(row) local v=((row)).x return (v) end"},
        {"return function(r) return {a='x',b=(1)} end",
         "return function(r) return {a=\"\\x78\";b=1,}; end"},
        {"local k=2 return function(r) return r.x+k end",
         "local kk=2 return function(r) return r.x+kk end"},
        {"return function(r) return r+16, 1e2 end", "return function(r) return r+0x10, 100.0 end"},
        {"return function(r) return f[[a]], g{} end",
         "return function(r) return f('a'), g({}) end"},
        {"local function h() end", "function h() end"},
    };
    static const char *const different[][2] = {
        {"return function(r) return r.x end", "return function(r) return r.y end"},
        {"return function(r) return (f(r)) end", "return function(r) return f(r) end"},
        {"return function(r) return r*1 end", "return function(r) return r*1.0 end"},
        {"return function(r) return a-b*r end", "return function(r) return b-b*r end"},
        {"return function(r) return (a-b)*r end", "return function(r) return a-b*r end"},
        {"return function(r) return (-a)^2 end", "return function(r) return -a^2 end"},
        {"return function(r) return a-(b-r) end", "return function(r) return a-b-r end"},
        {"return function(r) local k=1 do local k=2 end return k end",
         "return function(r) local k=1 local j=2 do end return j end"},
        {"return function(...) end", "return function() end"},
    };
    struct zpl_buf a = {0}, b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        image(cases[i][0], &a);
        image(cases[i][1], &b);
        assert_string_equal(zpl_buf_str(&a), zpl_buf_str(&b));
    }
    image("function t:h(x) return self, x, y, y end", &b);
    assert_string_equal(zpl_buf_str(&b),
                        "function ( self , __zpl_l1 ) return self , __zpl_l1 , __zpl_f1 , __zpl_f1 "
                        "end ");
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        image(different[i][0], &a);
        image(different[i][1], &b);
        assert_string_not_equal(zpl_buf_str(&a), zpl_buf_str(&b));
    }
    zpl_buf_release(&a);
    zpl_buf_release(&b);
}

/* With the names of the source put back, the image of a function compiles to the bytecode of the
 * function: only what does not count was dropped.  The text stands as the body of a function, unless
 * Lua or a limit refuses it there. */
static void check_image(void *data, const char *path, const char *text, size_t len)
{
    lua_State *L = data;
    struct fixture f;
    struct zpl_buf source = {0}, image = {0}, named = {0}, code = {0}, image_code = {0};
    struct zpl_emit_map map = {0};
    uint32_t function = 1;

    zpl_buf_puts(&source, "return function (...) ");
    if (len > 0 && text[0] == '#')
        zpl_buf_puts(&source, "-- ");
    zpl_buf_add(&source, text, len);
    zpl_buf_puts(&source, "\nend");
    if (!fixture_check(&f, L, path, source.data, source.len)) {
        lua_settop(L, 0);
        zpl_buf_release(&source);
        fixture_release(&f);
        return;
    }
    bytecode(L, &code);
    while (f.tree->nodes[function].kind != ZPL_NODE_FUNCTION)
        function++;
    assert_int_equal(zpl_emit_node(f.tree, function, &image, &map), ZPL_OK);
    zpl_buf_puts(&named, "return ");
    assert_int_equal(zpl_emit_restore_names(f.tree, function, zpl_buf_str(&image), &named), ZPL_OK);
    if (luaL_loadbufferx(L, named.data, named.len, "=i", "t") != LUA_OK)
        fail_msg("%s: %s", path, lua_tostring(L, -1));
    bytecode(L, &image_code);
    if (code.len != image_code.len || memcmp(code.data, image_code.data, code.len) != 0)
        fail_msg("%s: the image has other bytecode", path);
    zpl_emit_map_release(&map);
    zpl_buf_release(&source);
    zpl_buf_release(&image);
    zpl_buf_release(&named);
    zpl_buf_release(&code);
    zpl_buf_release(&image_code);
    fixture_release(&f);
}

static void test_images_keep_the_meaning(void **state)
{
    lua_State *L = luaL_newstate();

    (void)state;
    fixture_corpus(1, check_image, L);
    for (size_t i = 0; i < sizeof snippets / sizeof *snippets; i++)
        if ((unsigned char)snippets[i][0] != 0xEF)
            check_image(L, snippets[i], snippets[i], strlen(snippets[i]));
    lua_close(L);
}

static void test_free_names_are_told(void **state)
{
    static const char text[] =
        "local k, T, U, w = 1 function m:n() return { lua = function (x, k2)\n"
        "  local y = T.a + T['b'] + k + x + T.a; w = y; U.z = 1; math.max(self, y)\n"
        "  local function T(T) return T, y end; return T, U.q end } end";
    static const struct {
        const char *name;
        bool declared, whole, written;
        const char *fields;
    } expected[] = {
        {"T", true, false, false, "a b "},     {"k", true, true, false, ""},
        {"w", true, true, true, ""},           {"U", true, true, false, "q "},
        {"math", false, false, false, "max "}, {"self", true, true, false, ""},
    };
    struct fixture f;
    struct zpl_free_names names;
    uint32_t function = 0;

    (void)state;
    fixture_parse(&f, text, strlen(text));
    assert_int_equal(f.err, ZPL_OK);
    for (uint32_t i = 1; i < f.tree->node_count; i++)
        if (f.tree->nodes[i].flags & ZPL_NODE_BODY && f.tree->nodes[i].kind == ZPL_NODE_FUNCTION)
            function = i;
    assert_int_not_equal(function, 0);
    assert_int_equal(zpl_free_names(f.tree, function, &f.arena, &names), ZPL_OK);
    assert_int_equal(names.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < names.count; i++) {
        const struct zpl_free_name *n = &names.items[i];
        char fields[40] = "";

        assert_true(zpl_tree_token_is(f.tree, n->token, expected[i].name));
        assert_int_equal(n->decl != 0, expected[i].declared);
        assert_int_equal(n->whole, expected[i].whole);
        assert_int_equal(n->written, expected[i].written);
        for (size_t k = 0; k < n->field_count; k++)
            snprintf(fields + strlen(fields), sizeof fields - strlen(fields), "%s ", n->fields[k]);
        assert_string_equal(fields, expected[i].fields);
    }
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_drop_what_does_not_count),
        cmocka_unit_test(test_images_keep_the_meaning),
        cmocka_unit_test(test_free_names_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
