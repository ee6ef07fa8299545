/* json_write.c - the text of a JSON value: canonical (RFC 8785) or indented.   Floor: base. */
#include <string.h>
#include "lang/base/json_node.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"

#define HASHED_AT_ONCE ((size_t)32 << 10)

/* An array or object that is being written. */
struct level {
    bool object, any; /* something stands in it */
    const char *key;  /* of an object: the last one */
};
/* Members that may come again. */
struct part {
    size_t from;         /* where they begin, while they are put */
    size_t len;          /* of their text, with the comma before each */
    struct zpl_buf text; /* which is needed for no digest */
    const char *key;     /* the last of them */
};
struct zpl_json_text {
    struct zpl_buf *out;
    struct zpl_hasher *hasher; /* that is given what is in `out`, piece by piece; or NULL */
    bool pretty;
    enum zpl_err err;
    size_t depth;
    struct part parts[ZPL_JSON_PARTS];
    struct level levels[ZPL_JSON_DEPTH_MAX];
};

static void fail(struct zpl_json_text *text, enum zpl_err err)
{
    if (text->err == ZPL_OK)
        text->err = err;
}

/* ---- strings --------------------------------------------------------------------------------- */

/* What stands behind the backslash of a byte's escape (RFC 8785, 3.2.2.2), 'u' with four digits more; 0: it
 * has none. */
static const char ESCAPES[256] = {'u', 'u', 'u', 'u', 'u', 'u',         'u',          'u', 'b',
                                  't', 'n', 'u', 'f', 'r', 'u',         'u',          'u', 'u',
                                  'u', 'u', 'u', 'u', 'u', 'u',         'u',          'u', 'u',
                                  'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\'};

/* The bytes of s[0..n) from its start that are ASCII and need no escape. */
static size_t plain_prefix(const char *s, size_t n)
{
    static const uint64_t ONES = 0x0101010101010101u, HIGH = 0x8080808080808080u;
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, s + i, sizeof word);
        uint64_t quote = word ^ (ONES * '"'), slash = word ^ (ONES * '\\');
        uint64_t low = (word - ONES * 0x20) | (quote - ONES) | (slash - ONES);
        if ((word | low) & HIGH)
            break;
    }
    while (i < n && (unsigned char)s[i] < 0x80 && !ESCAPES[(unsigned char)s[i]])
        i++;
    return i;
}

static char *put_escape(char *out, unsigned char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = ESCAPES[c];
    if (ESCAPES[c] != 'u')
        return out;
    *out++ = '0';
    *out++ = '0';
    *out++ = DIGITS[c >> 4];
    *out++ = DIGITS[c & 15];
    return out;
}

/* The string between quotes; it is UTF-8, and begins with so many plain bytes. */
static void put_quoted(struct zpl_buf *out, const char *s, size_t n, size_t plain)
{
    size_t more = 0;
    for (size_t i = plain; i < n; i++) {
        char escape = ESCAPES[(unsigned char)s[i]];
        more += escape == 0 ? 0 : escape == 'u' ? 5 : 1;
    }
    char *at = zpl_buf_extend(out, n + more + 2);
    if (!at)
        return;
    *at++ = '"';
    memcpy(at, s, plain);
    at += plain;
    for (size_t i = plain; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (ESCAPES[c])
            at = put_escape(at, c);
        else
            *at++ = (char)c;
    }
    *at = '"';
}

/* ---- arrays and objects ---------------------------------------------------------------------- */

static void put_line(struct zpl_json_text *text)
{
    zpl_buf_putc(text->out, '\n');
    zpl_buf_repeat(text->out, ' ', 2 * text->depth);
}

/* What stands before an item or a key. */
static void put_gap(struct zpl_json_text *text, struct level *level)
{
    if (level->any)
        zpl_buf_putc(text->out, ',');
    level->any = true;
    if (text->pretty)
        put_line(text);
}

/* What stands before a value; of a member its key does already. */
static void put_before(struct zpl_json_text *text)
{
    struct level *level = text->depth > 0 ? &text->levels[text->depth - 1] : NULL;
    if (level && !level->object)
        put_gap(text, level);
}

static void open_level(struct zpl_json_text *text, bool object)
{
    put_before(text);
    if (text->depth == ZPL_JSON_DEPTH_MAX) {
        fail(text, ZPL_ERR_LIMIT);
        return;
    }
    text->levels[text->depth++] = (struct level){.object = object};
    zpl_buf_putc(text->out, object ? '{' : '[');
}

void zpl_json_put_object(struct zpl_json_text *text)
{
    if (text->err == ZPL_OK)
        open_level(text, true);
}

void zpl_json_put_array(struct zpl_json_text *text)
{
    if (text->err == ZPL_OK)
        open_level(text, false);
}

void zpl_json_put_end(struct zpl_json_text *text)
{
    if (text->err != ZPL_OK)
        return;
    struct level *level = &text->levels[--text->depth];
    if (level->any && text->pretty)
        put_line(text);
    zpl_buf_putc(text->out, level->object ? '}' : ']');
}

static void put_key(struct zpl_json_text *text, const char *key, size_t n, size_t plain)
{
    put_gap(text, &text->levels[text->depth - 1]);
    put_quoted(text->out, key, n, plain);
    zpl_buf_add(text->out, ": ", text->pretty ? 2 : 1);
}

void zpl_json_put_key(struct zpl_json_text *text, const char *key)
{
    size_t n = strlen(key), plain = plain_prefix(key, n);
    if (text->err != ZPL_OK)
        return;
    struct level *level = &text->levels[text->depth - 1];
    if (level->key && zpl_json_compare_keys(level->key, key) >= 0)
        ZPL_BUG("members of JSON that are not in order");
    level->key = key;
    if (plain == n || zpl_utf8_valid(key, n))
        put_key(text, key, n, plain);
    else
        fail(text, ZPL_ERR_NOMEM);
}

/* The object that parts are put in has members before them, so that each begins with its comma. */
static struct level *parts_level(struct zpl_json_text *text)
{
    struct level *level = text->depth > 0 ? &text->levels[text->depth - 1] : NULL;
    if (!level || !level->object || !level->any)
        ZPL_BUG("a part of JSON that is not behind a member");
    return level;
}

void zpl_json_part_begin(struct zpl_json_text *text, size_t part)
{
    if (text->err != ZPL_OK)
        return;
    parts_level(text);
    text->parts[part].from = text->out->len;
}

void zpl_json_part_end(struct zpl_json_text *text, size_t part)
{
    if (text->err != ZPL_OK)
        return;
    struct part *put = &text->parts[part];
    put->key = parts_level(text)->key;
    put->len = text->out->len - put->from;
    if (text->hasher)
        return;
    zpl_buf_clear(&put->text);
    zpl_buf_add(&put->text, zpl_buf_str(text->out) + put->from, put->len);
    if (zpl_buf_error(&put->text) != ZPL_OK)
        fail(text, zpl_buf_error(&put->text));
}

_Static_assert(1 + ZPL_JSON_PARTS < ' ', "the mark of a part is a byte that no text has");

void zpl_json_part_again(struct zpl_json_text *text, size_t number)
{
    const struct part *part = &text->parts[number];
    if (text->err != ZPL_OK)
        return;
    struct level *level = parts_level(text);
    if (part->len == 0)
        return;
    if (level->key && zpl_json_compare_keys(level->key, part->key) >= 0)
        ZPL_BUG("members of JSON that are not in order");
    level->key = part->key;
    if (text->hasher)
        zpl_buf_putc(text->out, (char)(1 + number)); /* no text has such a byte */
    else
        zpl_buf_add(text->out, part->text.data, part->len);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put_word(struct zpl_json_text *text, const char *word)
{
    if (text->err != ZPL_OK)
        return;
    put_before(text);
    zpl_buf_puts(text->out, word);
}

void zpl_json_put_string(struct zpl_json_text *text, const char *s)
{
    if (s)
        zpl_json_put_stringn(text, s, strlen(s));
    else
        put_word(text, "null");
}

void zpl_json_put_stringn(struct zpl_json_text *text, const char *s, size_t n)
{
    size_t plain = plain_prefix(s, n);
    if (text->err != ZPL_OK)
        return;
    if (plain == n || zpl_utf8_valid(s, n)) {
        put_before(text);
        put_quoted(text->out, s, n, plain);
    } else {
        fail(text, ZPL_ERR_NOMEM);
    }
}

void zpl_json_put_int(struct zpl_json_text *text, int64_t v)
{
    char digits[24];
    char *end = digits + sizeof digits, *p = end;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (text->err != ZPL_OK)
        return;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (v < 0)
        *--p = '-';
    put_before(text);
    zpl_buf_add(text->out, p, (size_t)(end - p));
}

void zpl_json_put_bool(struct zpl_json_text *text, bool v)
{
    put_word(text, v ? "true" : "false");
}

static void hash_out(struct zpl_json_text *text)
{
    zpl_hasher_add(text->hasher, zpl_buf_str(text->out), text->out->len);
    zpl_buf_truncate(text->out, 0);
}

static void put_tree(struct zpl_json_text *text, const struct zpl_json *v);

static void put_items(struct zpl_json_text *text, const struct zpl_json *v)
{
    bool object = v->kind == ZPL_JSON_OBJECT;
    if (v->failed)
        fail(text, ZPL_ERR_NOMEM);
    if (text->err != ZPL_OK)
        return;
    open_level(text, object);
    for (size_t i = 0; text->err == ZPL_OK && i < zpl_json_count(v); i++) {
        if (object) {
            const char *key = zpl_json_member_key(&v->object.items[i]);
            size_t n = strlen(key);
            put_key(text, key, n, plain_prefix(key, n));
            put_tree(text, v->object.items[i].value);
        } else if (v->writing) {
            v->written.write(text, v + 1, i);
        } else {
            put_tree(text, v->array.items[i]);
        }
        if (zpl_buf_error(text->out) != ZPL_OK)
            fail(text, zpl_buf_error(text->out));
        if (text->hasher && text->out->len >= HASHED_AT_ONCE)
            hash_out(text);
    }
    zpl_json_put_end(text);
}

static void put_tree(struct zpl_json_text *text, const struct zpl_json *v)
{
    switch (v->kind) {
    case ZPL_JSON_ARRAY:
    case ZPL_JSON_OBJECT:
        put_items(text, v);
        break;
    case ZPL_JSON_STRING:
        put_before(text);
        put_quoted(text->out, v->string.text, v->string.len,
                   plain_prefix(v->string.text, v->string.len));
        break;
    case ZPL_JSON_INT:
        zpl_json_put_int(text, v->integer);
        break;
    case ZPL_JSON_REAL:
        put_before(text);
        zpl_text_ecma(text->out, v->real);
        break;
    case ZPL_JSON_BOOL:
        zpl_json_put_bool(text, v->truth);
        break;
    default:
        put_word(text, "null");
        break;
    }
}

void zpl_json_put_take(struct zpl_json_text *text, struct zpl_json *v)
{
    if (!v)
        fail(text, ZPL_ERR_NOMEM);
    if (text->err == ZPL_OK)
        put_tree(text, v);
    zpl_json_release(v);
}

static enum zpl_err write_text(const struct zpl_json *v, bool pretty, struct zpl_buf *out,
                               struct zpl_hasher *hasher)
{
    if (!v)
        return ZPL_ERR_NOMEM;
    struct zpl_json_text text;
    text.out = out;
    text.hasher = hasher;
    text.pretty = pretty;
    text.err = ZPL_OK;
    text.depth = 0;
    memset(text.parts, 0, sizeof text.parts);
    put_tree(&text, v);
    for (size_t i = 0; i < ZPL_JSON_PARTS; i++)
        zpl_buf_release(&text.parts[i].text);
    return text.err != ZPL_OK ? text.err : zpl_buf_error(out);
}

enum zpl_err zpl_json_write(const struct zpl_json *v, bool pretty, struct zpl_buf *out)
{
    return write_text(v, pretty, out, NULL);
}

enum zpl_err zpl_json_digest(const struct zpl_json *v, struct zpl_digest *out)
{
    struct zpl_buf text = {0};
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    enum zpl_err err = write_text(v, false, &text, &hasher);
    zpl_hasher_add(&hasher, zpl_buf_str(&text), text.len);
    *out = zpl_hasher_final(&hasher);
    zpl_buf_release(&text);
    return err;
}
