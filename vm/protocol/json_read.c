/* json_read.c - lists between C and JSON.   Floor: vm. */
#include "vm/protocol/json_read.h"

#include <string.h>

#include "lang/types/signature.h"

const char *zpl_read_string(const struct zpl_json *value, struct zpl_arena *arena)
{
    const char *s = zpl_json_str(value, NULL);
    return s != NULL ? zpl_arena_strdup(arena, s) : NULL;
}

const char *zpl_read_text(const struct zpl_json *object, const char *key, struct zpl_arena *arena)
{
    return zpl_read_string(zpl_json_get(object, key), arena);
}

/* On failure nothing is told to be there, so that no reader goes over a missing list. */
bool zpl_read_names(const struct zpl_json *array, struct zpl_arena *arena, const char *const **out,
                    size_t *count)
{
    enum zpl_json_kind kind = zpl_json_kind(array);
    size_t n = zpl_json_count(array);
    *out = NULL;
    if (count != NULL)
        *count = 0;
    if (kind == ZPL_JSON_ABSENT || kind == ZPL_JSON_NULL)
        return true;
    if (kind != ZPL_JSON_ARRAY)
        return false;
    const char **names = zpl_arena_array(arena, n + 1, sizeof *names);
    if (names == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        names[i] = zpl_read_string(zpl_json_at(array, i), arena);
        if (names[i] == NULL)
            return false;
    }
    *out = names;
    if (count != NULL)
        *count = n;
    return true;
}

bool zpl_read_int(const struct zpl_json *object, const char *key, int64_t least, int64_t most,
                  int64_t *out)
{
    const struct zpl_json *value = zpl_json_get(object, key);
    *out = zpl_json_i64(value, 0);
    return zpl_json_kind(value) == ZPL_JSON_INT && *out >= least && *out <= most;
}

bool zpl_read_bool(const struct zpl_json *object, const char *key, bool *out)
{
    const struct zpl_json *value = zpl_json_get(object, key);
    *out = zpl_json_truth(value, false);
    return zpl_json_kind(value) == ZPL_JSON_BOOL;
}

const struct zpl_json *zpl_read_list(const struct zpl_json *object, const char *key, size_t *count)
{
    const struct zpl_json *list = zpl_json_get(object, key);
    *count = zpl_json_count(list);
    return zpl_json_kind(list) == ZPL_JSON_ARRAY ? list : NULL;
}

/* The names as an array of strings. */
struct zpl_json *zpl_names_json(const char *const *names, size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(array, zpl_json_string(names[i]));
    return array;
}

#define OPEN "..."

/* [[name, type text], …], and "..." behind them where the row is open. */
struct zpl_json *zpl_row_json(const struct zpl_row *row)
{
    struct zpl_json *array = zpl_json_array();
    struct zpl_buf text = {0};
    for (size_t i = 0; row != NULL && i < row->count; i++) {
        zpl_buf_clear(&text);
        zpl_type_show(row->columns[i].type, false, &text);
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, zpl_json_string(row->columns[i].name));
        zpl_json_add_take(pair, zpl_buf_error(&text) == ZPL_OK ? zpl_json_string(zpl_buf_str(&text))
                                                               : NULL);
        zpl_json_add_take(array, pair);
    }
    if (row != NULL && row->open)
        zpl_json_add_take(array, zpl_json_string(OPEN));
    zpl_buf_release(&text);
    return array;
}

/* Reads what zpl_row_json wrote; NULL when it is anything else. */
const struct zpl_row *zpl_read_row(const struct zpl_json *array, struct zpl_arena *arena)
{
    if (zpl_json_kind(array) != ZPL_JSON_ARRAY)
        return NULL;
    size_t n = zpl_json_count(array);
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    struct zpl_column *columns = zpl_arena_array(arena, n + 1, sizeof *columns);
    if (row == NULL || columns == NULL)
        return NULL;
    row->open = n > 0 && strcmp(zpl_json_str(zpl_json_at(array, n - 1), ""), OPEN) == 0;
    n -= row->open ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        const struct zpl_json *pair = zpl_json_at(array, i);
        struct zpl_signature_error error;
        const char *text = zpl_json_str(zpl_json_at(pair, 1), "");
        columns[i].name = zpl_read_string(zpl_json_at(pair, 0), arena);
        if (columns[i].name == NULL ||
            zpl_type_parse(text, arena, &columns[i].type, &error) != ZPL_OK)
            return NULL;
    }
    row->columns = columns;
    row->count = n;
    return row;
}

struct zpl_json *zpl_keys_json(const struct zpl_row_key *keys, size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t k = 0; k < count; k++) {
        struct zpl_json *key = zpl_json_array();
        for (size_t i = 0; i < keys[k].count; i++)
            zpl_json_add_take(key, zpl_json_int(keys[k].columns[i]));
        zpl_json_add_take(array, key);
    }
    return array;
}

bool zpl_read_keys(const struct zpl_json *array, const struct zpl_row *row, struct zpl_arena *arena,
                   const struct zpl_row_key **out, size_t *count)
{
    size_t n = zpl_json_count(array);
    struct zpl_row_key *keys = zpl_arena_array(arena, n, sizeof *keys);
    *out = keys;
    *count = 0;
    for (size_t k = 0; keys != NULL && k < n; k++) {
        const struct zpl_json *key = zpl_json_at(array, k);
        uint32_t *columns = zpl_arena_array(arena, zpl_json_count(key), sizeof *columns);
        if (columns == NULL || zpl_json_kind(key) != ZPL_JSON_ARRAY)
            return false;
        for (size_t i = 0; i < zpl_json_count(key); i++) {
            int64_t column = zpl_json_i64(zpl_json_at(key, i), -1);
            if (column < 0 || (uint64_t)column >= row->count)
                return false;
            columns[i] = (uint32_t)column;
        }
        keys[(*count)++] = (struct zpl_row_key){columns, zpl_json_count(key)};
    }
    return keys != NULL;
}

/* A digest written as hexadecimal digits. */
bool zpl_read_digest(const struct zpl_json *object, const char *key, struct zpl_digest *out)
{
    const char *hex = zpl_json_str(zpl_json_get(object, key), NULL);
    return hex != NULL && zpl_digest_parse(hex, out);
}

struct zpl_json *zpl_digest_json(const struct zpl_digest *digest)
{
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(digest, hex);
    return zpl_json_string(hex);
}
