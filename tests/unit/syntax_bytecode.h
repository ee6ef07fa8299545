/* syntax_bytecode.h - compares texts by the bytecode that Lua makes of them, line numbers apart. */
#ifndef TESTS_UNIT_SYNTAX_BYTECODE_H
#define TESTS_UNIT_SYNTAX_BYTECODE_H

#include "syntax_fixture.h"

struct dump {
    const unsigned char *at, *end;
    struct zpl_buf *out;
};

static void dump_copy(struct dump *d, size_t n)
{
    assert_true((size_t)(d->end - d->at) >= n);
    zpl_buf_add(d->out, d->at, n);
    d->at += n;
}

/* A number of Lua's dump: seven bits a byte, the last one marked. */
static size_t dump_read_size(struct dump *d)
{
    size_t n = 0;

    for (;;) {
        unsigned char c = *d->at++;

        n = n << 7 | (c & 0x7F);
        if (c & 0x80)
            return n;
    }
}

static size_t dump_copy_size(struct dump *d)
{
    const unsigned char *begin = d->at;
    size_t n = dump_read_size(d);

    zpl_buf_add(d->out, begin, (size_t)(d->at - begin));
    return n;
}

static void dump_copy_string(struct dump *d)
{
    size_t n = dump_copy_size(d);

    dump_copy(d, n > 0 ? n - 1 : 0);
}

static void dump_copy_function(struct dump *d)
{
    size_t n;

    dump_copy_string(d); /* source: none in a stripped dump */
    dump_read_size(d);   /* the lines of the definition */
    dump_read_size(d);
    dump_copy(d, 3);
    dump_copy(d, dump_copy_size(d) * 4); /* code */
    n = dump_copy_size(d);               /* constants */
    while (n-- > 0) {
        unsigned char type = *d->at;

        dump_copy(d, 1);
        if (type == 0x03 || type == 0x13)
            dump_copy(d, 8);
        else if ((type & 0x0F) == LUA_TSTRING)
            dump_copy_string(d);
    }
    dump_copy(d, dump_copy_size(d) * 3); /* upvalues */
    n = dump_copy_size(d);
    while (n-- > 0)
        dump_copy_function(d);
    for (int i = 0; i < 4; i++)
        assert_int_equal(dump_copy_size(d), 0); /* debug information */
}

static int dump_write(lua_State *L, const void *data, size_t n, void *out)
{
    (void)L;
    zpl_buf_add(out, data, n);
    return 0;
}

/* The bytecode of the function on the stack's top, which is popped. */
__attribute__((unused)) static void bytecode(lua_State *L, struct zpl_buf *out)
{
    struct zpl_buf raw = {0};
    struct dump d = {.out = out};

    assert_int_equal(lua_dump(L, dump_write, &raw, 1), 0);
    lua_pop(L, 1);
    d.at = (const unsigned char *)raw.data;
    d.end = d.at + raw.len;
    dump_copy(&d, 4 + 1 + 1 + 6 + 3 + 8 + 8 + 1); /* header, number of upvalues */
    dump_copy_function(&d);
    assert_ptr_equal(d.at, d.end);
    zpl_buf_release(&raw);
}

/* Of a text that Lua took, its function on the stack's top: the emitted text has its bytecode. */
__attribute__((unused)) static void check_same_code(lua_State *L, const struct fixture *f,
                                                    const char *what)
{
    struct zpl_buf plain = {0}, original_code = {0}, plain_code = {0};
    struct zpl_emit_map map = {0};

    bytecode(L, &original_code);
    assert_int_equal(zpl_emit(f->tree, ZPL_EMIT_PLAIN, &plain, &map), ZPL_OK);
    if (luaL_loadbufferx(L, plain.data, plain.len, "=p", "t") != LUA_OK)
        fail_msg("%s: emitted: %s", what, lua_tostring(L, -1));
    bytecode(L, &plain_code);
    if (plain_code.len != original_code.len ||
        memcmp(plain_code.data, original_code.data, plain_code.len) != 0)
        fail_msg("%s: the bytecode differs\n%.*s", what, (int)f->tree->len, f->tree->text);
    zpl_emit_map_release(&map);
    zpl_buf_release(&plain);
    zpl_buf_release(&original_code);
    zpl_buf_release(&plain_code);
}

/* The guarded text of what zpl took compiles. */
__attribute__((unused)) static void check_guarded(lua_State *L, const struct fixture *f,
                                                  const char *what)
{
    struct zpl_buf guarded = {0};
    struct zpl_emit_map map = {0};

    assert_int_equal(zpl_emit(f->tree, ZPL_EMIT_GUARD, &guarded, &map), ZPL_OK);
    if (luaL_loadbufferx(L, guarded.data, guarded.len, "=g", "t") != LUA_OK)
        fail_msg("%s: guarded: %s\n%.*s", what, lua_tostring(L, -1), (int)f->tree->len,
                 f->tree->text);
    lua_pop(L, 1);
    zpl_emit_map_release(&map);
    zpl_buf_release(&guarded);
}

/* Texts with what the corpus may lack. */
__attribute__((unused)) static const char *const snippets[] = {
    "",
    "#!/usr/bin/env zpl\nreturn 1",
    "\xEF\xBB\xBFreturn 'mark'",
    "return",
    "local a <const>, b <close> = 1, nil; return a",
    "local t = {} ; (t).x = 1; (function () end)() ; t.f = print; t:f 'x' [1] {} ",
    "local x = f\n(g)\n(h)",
    "a.b['c'].d, e = (f()), ...",
    "function a.b.c:d(x, ...) return self, x, ... end local function r(n) return r(n) end",
    "for i = 1, 2, 3 do if i then break end end for k, v in pairs(t) do ; ; end",
    "do goto done; local x; ::done:: ; ::more:: end repeat local y = f() until y or not y",
    "return -2 ^ -3 ^ 2 .. 'a' .. 1 .. \"b\", not not #t, ~5 ~ 3 // 2 >> 1 << 2 & 3 | 4",
    "return [==[\r\n a ]] \n\r b\r]==], 'a\\\nb\\z  \n  c\\x41\\u{7FFFFFFF}\\065'",
    "x = { [1] = 2, y = 3; f(), z { }, n = nil, function (...) return ... end, ... }",
    "if a then elseif b then else end while a and b or c do end return a < b, a >= b, a ~= b == c",
    "while true do if x then goto continue end f() ::continue:: end",
    "local s <const> = 'x'; return s:rep(3), (s):rep(3), ('x'):rep(3)",
    "return 0x7fffffffffffffff, 0xffffffffffffffffff, 1e308, .5, 3., 0x.8p1, 9223372036854775808",
    "return (a or b)(c), (a and b).c, (a == b):d(), {f()}, (f()), f(), (f())",
    "local a; a.b(c)(d)(e).f.g(h):i(j) 'k' {l} [m] (n)",
};

#endif
