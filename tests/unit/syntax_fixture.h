/* syntax_fixture.h - what the tests of lang/syntax share: a parsed text, Lua's verdict about the
 * same text, and the Lua sources of this machine. */
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

__attribute__((unused)) static void fixture_parse(struct fixture *f, const char *text, size_t len)
{
    uint32_t source;

    memset(f, 0, sizeof *f);
    source = zpl_sources_add(&f->sources, "t.zpl", text, len);
    assert_int_not_equal(source, 0);
    f->err = zpl_parse(&f->arena, source, zpl_sources_get(&f->sources, source)->text, len,
                       &f->diags, &f->tree);
    assert_int_equal(f->err != ZPL_OK, f->diags.errors > 0);
}

__attribute__((unused)) static void fixture_release(struct fixture *f)
{
    zpl_arena_release(&f->arena);
    zpl_sources_release(&f->sources);
    zpl_diags_release(&f->diags);
}

/* The diagnostics, one a line: "line:col-col message". */
__attribute__((unused)) static void fixture_messages(const struct fixture *f, struct zpl_buf *out)
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
__attribute__((unused)) static int fixture_lua_load(lua_State *L, const char *text, size_t len)
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

/* Calls visit for each Lua source on this machine, `step` apart; returns how many. */
__attribute__((unused)) static size_t fixture_corpus(size_t step,
                                                     void (*visit)(void *data, const char *path,
                                                                   const char *text, size_t len),
                                                     void *data)
{
    static const char *const patterns[] = {"/usr/share/lua/5.4/*.lua", "/usr/share/lua/5.4/*/*.lua",
                                           "/usr/share/lua/5.4/*/*/*.lua",
                                           "/usr/share/lua/5.4/*/*/*/*.lua"};
    size_t n = 0;
    glob_t g = {0};

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &g);
    for (size_t i = 0; i < g.gl_pathc; i += step) {
        FILE *file = fopen(g.gl_pathv[i], "re");
        char *text = malloc(1 << 20);
        size_t len;

        assert_non_null(file);
        assert_non_null(text);
        len = fread(text, 1, 1 << 20, file);
        fclose(file);
        if (len < (1 << 20)) {
            visit(data, g.gl_pathv[i], text, len);
            n++;
        }
        free(text);
    }
    globfree(&g);
    return n;
}

#endif
