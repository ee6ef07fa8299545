#include "lang/dsl/closure.h"
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "lang/dsl/body.h"
#include "lang/dsl/sandbox.h"

#define FREE_NAMES_MAX 200

struct zpl_digest zpl_closure_identity(const char *image, size_t len)
{
    return zpl_digest_of(image, len);
}

/* ---- loading ----------------------------------------------------------------------------------- */

/* Raises the error of an image that was not written by capture.c. */
static void corrupt(lua_State *L)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    body->corrupt = true;
    luaL_error(L, "the image is malformed");
}

/* Pushes an item; tables and functions are found in the arrays at these stack indices. */
static void push_item(lua_State *L, const struct zpl_json *item, int tables, int functions)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    const char *builtin = zpl_json_str(zpl_json_get(item, "builtin"), NULL);
    const struct zpl_json *table = zpl_json_get(item, "table");
    const struct zpl_json *function = zpl_json_get(item, "function");
    if (table || function) {
        int64_t number = zpl_json_i64(table ? table : function, -1);
        if (number < 0 || lua_rawgeti(L, table ? tables : functions, number + 1) == LUA_TNIL)
            corrupt(L);
    } else if (builtin) {
        if (!zpl_sandbox_push_builtin(L, builtin))
            corrupt(L);
    } else {
        const struct zpl_literal *literal = zpl_literal_from_json(item, &body->arena);
        if (!literal && zpl_arena_failed(&body->arena))
            zpl_body_no_memory(L);
        if (!literal)
            corrupt(L);
        zpl_body_push(L, literal);
    }
}

/* Pushes function `number` of an image, its free names not yet set. */
static void push_function(lua_State *L, const struct zpl_json *function, size_t number)
{
    char name[32];
    const char *text = zpl_json_str(zpl_json_get(function, "text"), "");
    size_t free_count = zpl_json_count(zpl_json_get(function, "free"));
    if (strncmp(text, "function", 8) != 0 || free_count > FREE_NAMES_MAX)
        corrupt(L);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < free_count; i++) {
        luaL_addstring(&b, i ? "," : "local ");
        lua_pushfstring(L, "__zpl_f%d", (int)i + 1);
        luaL_addvalue(&b);
    }
    luaL_addstring(&b, " return ");
    luaL_addstring(&b, text);
    luaL_pushresult(&b);
    size_t len;
    const char *chunk = lua_tolstring(L, -1, &len);
    snprintf(name, sizeof name, "=body%zu", number);
    int status = luaL_loadbufferx(L, chunk, len, name, "t");
    if (status == LUA_ERRMEM) {
        struct zpl_sandbox *sandbox = zpl_sandbox_of(L);
        sandbox->ended = sandbox->refused;
        lua_error(L);
    }
    if (status != LUA_OK)
        corrupt(L);
    lua_remove(L, -2);
    lua_call(L, 0, 1);
    if (lua_type(L, -1) != LUA_TFUNCTION)
        corrupt(L);
}

/* Gives the function on top the values of its free names; it must have no other way to the outside. */
static void set_free_names(lua_State *L, const struct zpl_json *names, int tables, int functions)
{
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, -1, i)); i++) {
        lua_pop(L, 1);
        size_t number = strncmp(name, "__zpl_f", 7) == 0 ? strtoul(name + 7, NULL, 10) : 0;
        if (number == 0 || number > zpl_json_count(names))
            corrupt(L);
        push_item(L, zpl_json_at(names, number - 1), tables, functions);
        lua_setupvalue(L, -2, i);
    }
}

/* Pushes the body's main function with all it reaches. */
static void push_main(lua_State *L, const struct zpl_json *image)
{
    const struct zpl_json *functions_json = zpl_json_get(image, "functions");
    const struct zpl_json *tables_json = zpl_json_get(image, "tables");
    size_t function_count = zpl_json_count(functions_json);
    size_t table_count = zpl_json_count(tables_json);
    lua_newtable(L);
    lua_newtable(L);
    int tables = lua_gettop(L) - 1, functions = lua_gettop(L);
    for (size_t i = 0; i < table_count; i++) {
        lua_newtable(L);
        lua_rawseti(L, tables, (lua_Integer)i + 1);
    }
    for (size_t i = 0; i < function_count; i++) {
        push_function(L, zpl_json_at(functions_json, i), i);
        lua_rawseti(L, functions, (lua_Integer)i + 1);
    }
    for (size_t i = 0; i < table_count; i++) {
        const struct zpl_json *entries = zpl_json_at(tables_json, i);
        lua_rawgeti(L, tables, (lua_Integer)i + 1);
        for (size_t k = 0; k < zpl_json_count(entries); k++) {
            const struct zpl_json *pair = zpl_json_at(entries, k);
            push_item(L, zpl_json_at(pair, 0), tables, functions);
            push_item(L, zpl_json_at(pair, 1), tables, functions);
            if (lua_isnil(L, -2))
                corrupt(L);
            lua_rawset(L, -3);
        }
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < function_count; i++) {
        lua_rawgeti(L, functions, (lua_Integer)i + 1);
        set_free_names(L, zpl_json_get(zpl_json_at(functions_json, i), "free"), tables, functions);
        lua_pop(L, 1);
    }
    if (lua_rawgeti(L, functions, 1) != LUA_TFUNCTION)
        corrupt(L);
    lua_replace(L, tables);
    lua_settop(L, tables);
}

/* ---- running ----------------------------------------------------------------------------------- */

/* Loads, calls, delivers.  A lua_CFunction. */
static int run(lua_State *L)
{
    struct zpl_body *body = zpl_sandbox_owner(L);
    push_main(L, body->image);
    zpl_body_push_inputs(L);
    body->running = true;
    int base = lua_gettop(L) - 2;
    lua_call(L, 1, LUA_MULTRET);
    body->running = false;
    zpl_body_deliver(L, base + 1, lua_gettop(L) - base);
    return 0;
}

/* Appends line `k` (from 1) of a text; false where it has none. */
static bool add_line(const char *text, size_t k, struct zpl_buf *out)
{
    while (*text && k > 1)
        k -= *text++ == '\n';
    size_t n = strcspn(text, "\n");
    zpl_buf_add(out, text, n);
    return n > 0;
}

/* Appends the name of the variable `__zpl_l1` at `s` as the program has it; false: it is not known. */
static bool add_name(const struct zpl_json *place, const char *s, struct zpl_buf *out)
{
    const char *names = zpl_json_str(zpl_json_get(place, s[6] == 'l' ? "locals" : "free"), NULL);
    if (!names)
        return false;
    zpl_buf_putc(out, '\'');
    add_line(names, strtoul(s + 7, NULL, 10), out);
    zpl_buf_putc(out, '\'');
    return true;
}

/* Appends `message` with the names of the program, or without those that images give to variables. */
static void show_message(const char *message, const struct zpl_json *place, struct zpl_buf *out)
{
    for (const char *s; (s = strstr(message, " '__zpl_")); message = s) {
        const char *word = s;
        while (word > message && word[-1] != '(' && word[-1] != ' ')
            word--;
        zpl_buf_add(out, message, (size_t)(word - message));
        if (place) {
            zpl_buf_puts(out, s[8] == 'f' ? "captured value " : "local ");
            add_name(place, s + 2, out);
        } else {
            zpl_buf_puts(out, s[8] == 'f' ? "a captured value" : "a local variable");
        }
        s += 8;
        s += strcspn(s, "'");
        s += *s == '\'';
    }
    zpl_buf_puts(out, message);
}

/* Goes behind the "body2:17: " that Lua puts before a message; *place is what is known of that
 * function, *line the line of the program; NULL and 0 where nothing is. */
static const char *without_place(const char *message, const struct zpl_json *places,
                                 const struct zpl_json **place, int64_t *line)
{
    char *end;
    *place = NULL;
    *line = 0;
    if (strncmp(message, "body", 4) != 0)
        return message;
    unsigned long function = strtoul(message + 4, &end, 10);
    if (end == message + 4 || *end != ':')
        return message;
    unsigned long row = strtoul(end + 1, &end, 10);
    if (strncmp(end, ": ", 2) != 0)
        return message;
    *place = zpl_json_at(places, function);
    if (row > 0)
        *line = zpl_json_i64(zpl_json_at(zpl_json_get(*place, "lines"), row - 1), 0);
    return end + 2;
}

/* Tells what Lua says of the body, and where in the program that is. */
static void tell_words(const struct zpl_body *body, const char *error)
{
    struct zpl_diags *diags = body->diags;
    struct zpl_json *places = NULL;
    struct zpl_buf text = {0};
    const struct zpl_json *place;
    int64_t line;
    if (body->call->places &&
        zpl_json_parse(body->call->places, strlen(body->call->places), &places, NULL) != ZPL_OK)
        places = NULL;
    const char *message = without_place(error, places, &place, &line);
    show_message(message, place, &text);
    struct zpl_diag *diag =
        zpl_diag_add(diags, body->running ? ZPL_CODE_STEP_FAILED : ZPL_CODE_STEP_OUTPUT,
                     (struct zpl_span){0}, "%s", zpl_buf_str(&text));
    if (line > 0)
        zpl_diag_note(diags, diag, (struct zpl_span){0}, "at %s:%lld, in the body",
                      zpl_json_str(zpl_json_get(place, "file"), ""), (long long)line);
    if (body->running && body->null_row > 0 && strstr(zpl_buf_str(&text), "a nil value"))
        zpl_diag_note(diags, diag, (struct zpl_span){0},
                      "the last null cell that was read is row %lld of '%s', column '%s'",
                      (long long)body->null_row, body->null_input, body->null_column);
    zpl_buf_release(&text);
    zpl_json_release(places);
}

/* Tells how the call ended. */
static enum zpl_err tell_failure(struct zpl_body *body, int status)
{
    static const struct zpl_span nowhere = {0};
    struct zpl_diags *diags = body->diags;
    lua_State *L = body->sandbox.L;
    const char *error = L && lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    enum zpl_sandbox_stop stop = zpl_sandbox_stopped(&body->sandbox, status, error);
    if (body->corrupt) {
        zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, nowhere, "a lua body's image is malformed");
        return ZPL_ERR_CORRUPT;
    }
    if (body->told)
        return ZPL_ERR_STEP;
    if (body->no_memory || stop == ZPL_STOP_SYSTEM)
        return zpl_diag_nomem(diags);
    if (status != LUA_ERRRUN || stop != ZPL_STOP_NONE) {
        const char *words = zpl_sandbox_stop_words(stop);
        zpl_diag_add(diags, ZPL_CODE_STEP_LIMIT, nowhere, "the lua body was ended: %s",
                     words ? words : "it needs too much");
        return ZPL_ERR_STEP;
    }
    char other[80];
    snprintf(other, sizeof other, "error() was given a %s, not a text",
             L ? luaL_typename(L, -1) : "");
    tell_words(body, error ? error : other);
    return ZPL_ERR_STEP;
}

enum zpl_err zpl_closure_run(const struct zpl_closure_call *call, struct zpl_diags *diags)
{
    struct zpl_json *image = NULL;
    struct zpl_body body = {.call = call, .diags = diags};
    enum zpl_err err = zpl_json_parse(call->image, call->image_len, &image, NULL);
    if (err == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(diags);
    int64_t version = zpl_json_i64(zpl_json_get(image, "version"), -1);
    if (err == ZPL_OK && version >= 0 && version != ZPL_CLOSURE_VERSION) {
        zpl_diag_add(diags, ZPL_CODE_STORE_VERSION, (struct zpl_span){0},
                     "a lua body's image has version %lld; this zpl reads version %d",
                     (long long)version, ZPL_CLOSURE_VERSION);
        zpl_json_release(image);
        return ZPL_ERR_VERSION;
    }
    body.image = image;
    body.corrupt = err != ZPL_OK || version < 0;
    size_t bytes = call->memory_bytes ? call->memory_bytes : ZPL_LUA_BYTES_MAX;
    struct zpl_sandbox_limits limits = {.bytes = bytes, .block = bytes, .string = bytes};
    int status = LUA_OK;
    if (!body.corrupt && zpl_sandbox_open(&body.sandbox, &limits, &body, NULL, NULL) != ZPL_OK) {
        err = zpl_diag_nomem(diags);
    } else {
        if (!body.corrupt) {
            lua_pushcfunction(body.sandbox.L, run);
            status = lua_pcall(body.sandbox.L, 0, 0, 0);
        }
        err = body.corrupt || status != LUA_OK ? tell_failure(&body, status) : ZPL_OK;
    }
    zpl_sandbox_release(&body.sandbox);
    zpl_arena_release(&body.cell);
    zpl_arena_release(&body.arena);
    zpl_json_release(image);
    return err;
}
