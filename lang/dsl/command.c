/* command = { "program", "--rows", "$rows" }: the words of a process, with the step's inputs, params and
 * outputs in them. */
#include <ctype.h>
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/outside.h"

/* A declaration under reading. */
struct reading {
    lua_State *L;
    const struct zpl_signature *signature;
    const char **words;
    size_t count;
    bool *named; /* one an output: does a word say it? */
    bool fine;
};

static const struct zpl_field *output_of(const struct zpl_signature *s, const char *name, size_t *i)
{
    for (*i = 0; *i < s->output_count; ++*i)
        if (strcmp(s->outputs[*i].name, name) == 0)
            return &s->outputs[*i];
    return NULL;
}

/* `$name` at byte `at` of a word names nothing. */
static void unknown_name(struct reading *r, const char *name, size_t at, struct zpl_site where)
{
    lua_State *L = r->L;
    const struct zpl_signature *s = r->signature;
    size_t total = s->input_count + s->output_count;
    const char **known =
        zpl_host_need(L, zpl_arena_array(&zpl_host_of(L)->arena, total + 1, sizeof *known));
    for (size_t i = 0; i < total; i++)
        known[i] = i < s->input_count ? s->inputs[i].name : s->outputs[i - s->input_count].name;
    struct zpl_diag *diag =
        zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_inside(where, at, strlen(name) + 1),
                      "the step has no input, param or output '%s'", name);
    if (zpl_text_nearest(name, known, total))
        zpl_host_nearest(L, diag, name, known, total);
    else
        zpl_host_help(L, diag, "a dollar sign that means itself is written $$");
    r->fine = false;
}

/* `$name` at byte `at` of a word: an input, a param or an output. */
static void check_name(struct reading *r, const char *name, size_t at, struct zpl_site where)
{
    lua_State *L = r->L;
    size_t output;
    const struct zpl_field *out = output_of(r->signature, name, &output);
    const struct zpl_field *in = zpl_signature_input(r->signature, name);
    if (!out && !in)
        unknown_name(r, name, at, where);
    if (out && in && !r->named[output]) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BODY, zpl_site_inside(where, at, strlen(name) + 1),
                                    "'$%s' is the name of an input and of an output", name),
                      "a command tells them apart by their names: give the output another one in "
                      "the signature");
        r->fine = false;
    }
    if (out)
        r->named[output] = true;
}

/* What follows the name of a table at byte `at` of a word: the formats in which one crosses, or no
 * ending at all. */
static void check_format(struct reading *r, const char *name, const char *rest, size_t at,
                         struct zpl_site where)
{
    size_t output, n = 1;
    const struct zpl_field *field = output_of(r->signature, name, &output);
    if (!field)
        field = zpl_signature_input(r->signature, name);
    if (!field || field->type->kind != ZPL_TABLE || rest[0] != '.' ||
        !isalnum((unsigned char)rest[1]))
        return;
    while (isalnum((unsigned char)rest[n]) || rest[n] == '_')
        n++;
    if ((n == 4 && strncmp(rest, ".csv", n) == 0) || (n == 8 && strncmp(rest, ".parquet", n) == 0))
        return;
    zpl_host_help(r->L,
                  zpl_host_tell(r->L, ZPL_CODE_BODY,
                                zpl_site_inside(where, at, strlen(name) + 1 + n),
                                "a command is given tables as Parquet or CSV files, not as '%.*s'",
                                (int)n, rest),
                  "write \"$%s.csv\", or \"$%s\" for Parquet", name, name);
    r->fine = false;
}

/* Looks for `$name` in a word. */
static void check_word(struct reading *r, const char *word, struct zpl_site where)
{
    for (const char *s = strchr(word, '$'); s; s = strchr(s, '$')) {
        size_t n = 1;
        if (s[1] == '$') {
            s += 2;
            continue;
        }
        while (isalnum((unsigned char)s[n]) || s[n] == '_')
            n++;
        const char *name =
            zpl_host_need(r->L, zpl_arena_strndup(&zpl_host_of(r->L)->arena, s + 1, n - 1));
        check_name(r, name, (size_t)(s - word), where);
        check_format(r, name, s + n, (size_t)(s - word), where);
        s += n;
    }
}

/* The item on top as a word; NULL: it is none (told, but for poison). */
static const char *read_word(struct reading *r, struct zpl_site where)
{
    lua_State *L = r->L;
    size_t len;
    const struct zpl_value *value = zpl_test_value(L, -1);
    const char *text = zpl_test_path(L, -1, &len);
    if (!text && (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER))
        text = luaL_tolstring(L, -1, &len);
    else
        lua_pushnil(L);
    const char *word = NULL;
    if (text && strlen(text) == len && zpl_utf8_valid(text, len))
        word = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), text));
    else if (!value || !zpl_is_poison(value))
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BODY, where.span, "a word of a command is a text"),
                      "what the step is given is named in it: \"$rows\"");
    lua_pop(L, 1);
    return word;
}

static void read_words(struct reading *r, int index, struct zpl_site table)
{
    lua_State *L = r->L;
    struct zpl_site where = zpl_site_field(table, "command");
    size_t names;
    lua_getfield(L, index, "command");
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) == 0) {
        zpl_host_help(L,
                      zpl_host_tell(L, ZPL_CODE_BODY, where.span,
                                    "command takes the words of a command line, as a table"),
                      "write `command = { \"program\", \"$rows\" }`; no shell reads them: for one "
                      "write { \"sh\", \"-c\", \"…\" }");
        r->fine = false;
        return;
    }
    r->count = lua_rawlen(L, -1);
    r->words = zpl_host_need(L, zpl_arena_array(zpl_host_arena(L), r->count + 1, sizeof *r->words));
    if (zpl_site_names(L, -1, where, &names), names > 0) {
        zpl_host_tell(L, ZPL_CODE_BODY, where.span, "the words of a command have no names");
        r->fine = false;
    }
    for (size_t i = 0; i < r->count; i++) {
        struct zpl_site at = zpl_site_item(where, i + 1);
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        r->words[i] = read_word(r, at);
        lua_pop(L, 1);
        if (!r->words[i]) {
            r->fine = false;
            continue;
        }
        check_word(r, r->words[i], at);
        zpl_check_command_word(L, r->words[i], i == 0, at);
    }
    lua_pop(L, 1);
    for (size_t i = 0; r->fine && i < r->signature->output_count; i++) {
        const char *name = r->signature->outputs[i].name;
        if (r->named[i])
            continue;
        zpl_host_help(
            L,
            zpl_host_tell(L, ZPL_CODE_BODY, where.span,
                          "no word of the command says where output '%s' is written", name),
            "name it in a word: \"$%s\" is the path of a file that the command makes", name);
        r->fine = false;
    }
}

const char *zpl_read_command(lua_State *L, int index, struct zpl_site table,
                             const struct zpl_signature *signature)
{
    struct zpl_outside outside;
    struct reading r = {.L = L, .signature = signature, .fine = true};
    r.named = zpl_host_need(
        L, zpl_arena_array(&zpl_host_of(L)->arena, signature->output_count + 1, sizeof *r.named));
    read_words(&r, index, table);
    bool fine = zpl_read_outside(L, index, table, &outside) && r.fine;
    if (!fine)
        return NULL;
    struct zpl_json *words = zpl_json_array();
    for (size_t i = 0; i < r.count; i++)
        zpl_json_add_take(words, zpl_json_string(r.words[i]));
    return zpl_outside_body(L, &outside, "command", words);
}
