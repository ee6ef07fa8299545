/* syntax_fixture.h - what the tests of lang/syntax share: a parsed text, Lua's verdict about the
 * same text, and the Lua sources of this machine, which others wrote. */
#ifndef TESTS_UNIT_SYNTAX_FIXTURE_H
#define TESTS_UNIT_SYNTAX_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <glob.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "lang/base/diag.h"
#include "lang/base/limits.h"
#include "lang/syntax/emit.h"
#include "lang/syntax/parse.h"

struct fixture {
    struct zpl_arena arena;
    struct zpl_sources sources;
    struct zpl_diags diags;
    struct zpl_tree *tree;
    enum zpl_err err;
};

static inline void fixture_parse(struct fixture *f, const char *text, size_t len)
{
    uint32_t source;

    memset(f, 0, sizeof *f);
    source = zpl_sources_add(&f->sources, "t.zpl", text, len);
    assert_int_not_equal(source, 0);
    f->err = zpl_parse(&f->arena, source, zpl_sources_get(&f->sources, source)->text, len,
                       &f->diags, &f->tree);
    assert_int_equal(f->err != ZPL_OK, f->diags.errors > 0);
}

static inline void fixture_release(struct fixture *f)
{
    zpl_arena_release(&f->arena);
    zpl_sources_release(&f->sources);
    zpl_diags_release(&f->diags);
}

/* The diagnostics, one a line: "line:col-col message". */
static inline void fixture_messages(const struct fixture *f, struct zpl_buf *out)
{
    const struct zpl_source *source = zpl_sources_get(&f->sources, 1);

    for (size_t i = 0; i < f->diags.count; i++) {
        const struct zpl_diag *d = f->diags.items[i];
        uint32_t line, column, end_line, end_column;

        zpl_source_place(source, d->span.begin, &line, &column);
        zpl_source_place(source, d->span.end, &end_line, &end_column);
        zpl_buf_printf(out, "%u:%u-%u %s\n", line, column, end_column, d->message);
    }
}

/* Loads text as lua's own loader of files does, which skips a mark and a '#' line. */
static inline int fixture_lua_load(lua_State *L, const char *text, size_t len)
{
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (len > 0 && text[0] == '#')
        while (len > 0 && text[0] != '\n') {
            text++;
            len--;
        }
    return luaL_loadbufferx(L, text, len, "=t", "t");
}

/* Does the tree hold what the parser accepts beyond Lua: `...` as a rest outside vararg functions? */
static inline bool fixture_has_rest(const struct fixture *f)
{
    for (uint32_t i = 1; i < f->tree->node_count; i++)
        if (f->tree->nodes[i].kind == ZPL_NODE_VARARG && (f->tree->nodes[i].flags & ZPL_NODE_REST))
            return true;
    return false;
}

/* Refused for one of the reasons that parse.h documents? */
static inline bool fixture_is_documented(const struct fixture *f)
{
    for (size_t i = 0; i < f->diags.count; i++) {
        const struct zpl_diag *d = f->diags.items[i];

        if (d->code != ZPL_CODE_LANG_LIMIT && !strstr(d->message, "__zpl") &&
            !strstr(d->message, "f-strings"))
            return false;
    }
    return f->diags.count > 0;
}

/* Parses the text, compares the verdict with Lua's, and the text with what its tree prints.  True
 * when both accept it; Lua's function, or its message, is left on the stack. */
static inline bool fixture_check(struct fixture *f, lua_State *L, const char *what,
                                 const char *text, size_t len)
{
    bool accepted = fixture_lua_load(L, text, len) == LUA_OK;
    struct zpl_buf said = {0}, printed = {0};

    fixture_parse(f, text, len);
    fixture_messages(f, &said);
    if (accepted && f->err && !fixture_is_documented(f))
        fail_msg("%s: Lua takes it, zpl says %s\n%.*s", what, zpl_buf_str(&said), (int)len, text);
    if (!accepted && !f->err && !fixture_has_rest(f))
        fail_msg("%s: Lua refuses it: %s\n%.*s", what, lua_tostring(L, -1), (int)len, text);
    zpl_tree_print(f->tree, &printed);
    if (printed.len != len || memcmp(zpl_buf_str(&printed), text, len) != 0)
        fail_msg("%s: the tree prints another text\n%.*s", what, (int)len, text);
    zpl_buf_release(&said);
    zpl_buf_release(&printed);
    return accepted && !f->err;
}

/* Calls visit for each Lua source on this machine, `step` apart; returns how many.  They come from
 * the packages that .ci/setup.sh installs for the tests. */
static inline size_t fixture_corpus(size_t step,
                                    void (*visit)(void *data, const char *path, const char *text,
                                                  size_t len),
                                    void *data)
{
    static const char *const patterns[] = {
        "/usr/share/lua/5.4/*.lua",     "/usr/share/lua/5.4/*/*.lua",
        "/usr/share/lua/5.4/*/*/*.lua", "/usr/share/lua/5.4/*/*/*/*.lua",
        "/usr/share/nmap/*.lua",        "/usr/share/nmap/nselib/*.lua",
        "/usr/share/nmap/*/*/*.lua",    "/usr/share/nmap/*/*/*/*.lua",
        "/usr/share/nmap/scripts/*.nse"};
    size_t n = 0;
    glob_t g = {0};

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &g);
    for (size_t i = 0; i < g.gl_pathc; i += step) {
        FILE *file = fopen(g.gl_pathv[i], "re");
        char *text = malloc(ZPL_SOURCE_BYTES_MAX);
        size_t len;

        assert_non_null(file);
        assert_non_null(text);
        len = fread(text, 1, ZPL_SOURCE_BYTES_MAX, file);
        fclose(file);
        if (len < ZPL_SOURCE_BYTES_MAX) {
            visit(data, g.gl_pathv[i], text, len);
            n++;
        }
        free(text);
    }
    globfree(&g);
    return n;
}

/* A text with a little of everything, for machines without Lua sources. */
__attribute__((unused)) static const char fixture_sample[] =
    "local M = {}\nlocal a <const>, b = 1, { x = 2, [3] = 4; 5 }\n"
    "function M.f:g(x, ...)\n  local n = select('#', ...)\n  for i = 1, n, 1 do\n"
    "    if x[i] == nil then goto continue elseif x > 3 and not x.y or n then break end\n"
    "    x[i], b.x = f { i }, (g 's') (i) :m()\n    ::continue::\n  end\n"
    "  while n < 3 do n = n + 1 end\n  repeat local y = -n ^ 2 .. 'a' until y ~= [[ z ]]\n"
    "  return function (k, ...) return sql 'M a', self, ... end\nend\n"
    "for k, v in pairs(M) do print(k, v, #k, ~v, a // 2) end\nreturn M\n";

#endif
