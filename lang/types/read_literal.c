/* read_literal.c - literals inside a signature, as zpl_literal_show() writes them. */
#include <math.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/types/token.h"

static const struct zpl_literal *number(struct zpl_parser *p)
{
    struct zpl_token t = p->token;
    zpl_parser_step(p);
    if (t.kind == ZPL_TOKEN_INT && t.i == 0 && zpl_parser_take_mark(p, '/')) {
        if (p->token.kind != ZPL_TOKEN_INT || p->token.i != 0)
            return zpl_parser_fail(p, &t, "only 0/0, which is not a number, may be divided");
        zpl_parser_step(p);
        return zpl_literal_float(p->arena, NAN);
    }
    return t.kind == ZPL_TOKEN_INT ? zpl_literal_int(p->arena, t.i)
                                   : zpl_literal_float(p->arena, t.f);
}

/* The key before a record's value, or NULL where the item has none (or on failure). */
static const char *record_key(struct zpl_parser *p)
{
    const char *key;
    if (zpl_parser_take_mark(p, '[')) {
        key = zpl_parser_take_name(p, true, "a key");
        if (!key || !zpl_parser_expect_mark(p, ']'))
            return NULL;
    } else {
        key = zpl_parser_take_name(p, false, "a key");
    }
    return key && zpl_parser_expect_mark(p, '=') ? key : NULL;
}

/* Is the item that begins here `name = …`?  A name that is a value of its own is not. */
static bool has_key(const struct zpl_parser *p)
{
    static const char *const values[] = {"true", "false", "nil", "math.huge"};
    if (zpl_parser_at_mark(p, '['))
        return true;
    if (p->token.kind != ZPL_TOKEN_NAME)
        return false;
    size_t next = p->next;
    while (p->text[next] == ' ')
        next++;
    if (p->text[next] != '=')
        return false;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i], p->token.text) == 0)
            return false;
    return true;
}

/* A list or a record; `{}` is an empty list. */
static const struct zpl_literal *braces(struct zpl_parser *p)
{
    struct zpl_token open = p->token;
    const struct zpl_literal **items = NULL;
    const char **keys = NULL;
    size_t count = 0, item_room = 0, key_room = 0;
    zpl_parser_step(p);
    bool record = has_key(p);
    while (!p->failed && !zpl_parser_at_mark(p, '}')) {
        if (has_key(p) != record)
            return zpl_parser_fail(p, &open, "a list has no names, and a record only names");
        items = zpl_arena_grow(p->arena, items, count, &item_room, sizeof *items);
        keys = zpl_arena_grow(p->arena, keys, count, &key_room, sizeof *keys);
        if (!items || !keys)
            return zpl_parser_no_memory(p);
        if (record && !(keys[count] = record_key(p)))
            return NULL;
        items[count] = zpl_parse_literal(p);
        count++;
        if (!zpl_parser_take_mark(p, ','))
            break;
    }
    if (!zpl_parser_expect_mark(p, '}'))
        return NULL;
    return record ? zpl_literal_record(p->arena, items, keys, count)
                  : zpl_literal_list(p->arena, items, count);
}

static const struct zpl_literal *word(struct zpl_parser *p)
{
    static const char *const foreign[][2] = {
        {"None", "nil"}, {"null", "nil"}, {"True", "true"}, {"False", "false"}};
    struct zpl_token t = p->token;
    if (zpl_parser_take_word(p, "true"))
        return zpl_literal_bool(p->arena, true);
    if (zpl_parser_take_word(p, "false"))
        return zpl_literal_bool(p->arena, false);
    if (zpl_parser_take_word(p, "nil"))
        return zpl_literal_null();
    if (zpl_parser_take_word(p, "math.huge"))
        return zpl_literal_float(p->arena, INFINITY);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strcmp(t.text, foreign[i][0]) == 0)
            return zpl_parser_fail(p, &t, "'%s' is written %s", t.text, foreign[i][1]);
    if (t.text[0] < 'A' || t.text[0] > 'Z')
        return zpl_parser_fail(p, &t, "'%s' is no value", t.text);
    size_t behind = p->next;
    while (p->text[behind] == ' ')
        behind++;
    if (strcmp(t.text, "Path") == 0 && p->text[behind] == '"') {
        zpl_parser_step(p);
        t = p->token;
        zpl_parser_step(p);
        return t.text ? zpl_literal_path(p->arena, t.text, t.n) : NULL;
    }
    const struct zpl_type *type = zpl_parse_type(p);
    return type ? zpl_literal_type(p->arena, type) : NULL;
}

static const struct zpl_literal *literal(struct zpl_parser *p)
{
    struct zpl_token t = p->token;
    if (t.kind == ZPL_TOKEN_INT || t.kind == ZPL_TOKEN_FLOAT)
        return number(p);
    if (t.kind == ZPL_TOKEN_NAME)
        return word(p);
    if (zpl_parser_at_mark(p, '{'))
        return braces(p);
    if (t.kind == ZPL_TOKEN_STRING) {
        zpl_parser_step(p);
        return zpl_literal_string(p->arena, t.text, t.n);
    }
    if (zpl_parser_take_mark(p, '-') && zpl_parser_take_word(p, "math.huge"))
        return zpl_literal_float(p->arena, -INFINITY);
    return zpl_parser_fail(
        p, &t, t.kind == ZPL_TOKEN_END ? "expected a value at the end" : "expected a value here");
}

const struct zpl_literal *zpl_parse_literal(struct zpl_parser *p)
{
    if (++p->depth > ZPL_NESTING_MAX)
        return zpl_parser_fail(p, &p->token, "more than %d levels of nesting", ZPL_NESTING_MAX);
    const struct zpl_literal *v = literal(p);
    p->depth--;
    if (!v && !p->failed)
        return zpl_parser_no_memory(p);
    return p->failed ? NULL : v;
}
