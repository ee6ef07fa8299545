/* ingredient.c - lists of ingredients: framing, hashing, JSON.   Floor: vm. */
#include "vm/plan/ingredient.h"

#include <string.h>

#include "lang/base/limits.h"
#include "vm/protocol/json_read.h"

static const char *const NAMES[ZPL_ING_KINDS] = {
    "format", "kernel", "engine", "body",   "module", "package", "workers", "binding",
    "param",  "output", "wants",  "source", "input",  "rows",    "order",   "column"};

const char *zpl_ingredient_kind_name(enum zpl_ingredient_kind kind)
{
    return NAMES[kind];
}

/* At the end of the list. */
bool zpl_ingredients_add(struct zpl_ingredients *list, struct zpl_arena *arena,
                         enum zpl_ingredient_kind kind, const char *name, const char *value,
                         const char *shown)
{
    if (list->count >= ZPL_INGREDIENTS_MAX || name == NULL || value == NULL)
        return false;
    struct zpl_ingredient *items =
        zpl_arena_grow(arena, list->items, list->count, &list->capacity, sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    items[list->count++] = (struct zpl_ingredient){kind, name, value, shown};
    return true;
}

/* Every field is framed by its length, so lists that differ never give the same bytes. */
struct zpl_digest zpl_ingredients_key(const struct zpl_ingredients *list, bool shape)
{
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    for (size_t i = 0; i < list->count; i++) {
        const struct zpl_ingredient *item = &list->items[i];
        if (shape && item->kind >= ZPL_ING_SOURCE)
            continue;
        zpl_hasher_field(&hasher, NAMES[item->kind], strlen(NAMES[item->kind]));
        zpl_hasher_field(&hasher, item->name, strlen(item->name));
        zpl_hasher_field(&hasher, item->value, strlen(item->value));
    }
    return zpl_hasher_final(&hasher);
}

/* For the store. */
struct zpl_json *zpl_ingredients_json(const struct zpl_ingredients *list)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct zpl_ingredient *item = &list->items[i];
        struct zpl_json *entry = zpl_json_array();
        zpl_json_add_take(entry, zpl_json_string(NAMES[item->kind]));
        zpl_json_add_take(entry, zpl_json_string(item->name));
        zpl_json_add_take(entry, zpl_json_string(item->value));
        if (item->shown != NULL)
            zpl_json_add_take(entry, zpl_json_string(item->shown));
        zpl_json_add_take(array, entry);
    }
    return array;
}

/* The kind of that name; KINDS for none. */
static enum zpl_ingredient_kind kind_of(const char *name)
{
    int kind = 0;
    while (kind < ZPL_ING_KINDS && strcmp(NAMES[kind], name) != 0)
        kind++;
    return (enum zpl_ingredient_kind)kind;
}

/* One entry; false when it is anything else than zpl_ingredients_json() writes, or memory is out. */
static bool read_entry(const struct zpl_json *entry, struct zpl_ingredients *out,
                       struct zpl_arena *arena)
{
    const struct zpl_json *shown = zpl_json_at(entry, 3);
    enum zpl_ingredient_kind kind = kind_of(zpl_json_str(zpl_json_at(entry, 0), ""));
    const char *shown_text = zpl_read_string(shown, arena);
    return kind < ZPL_ING_KINDS && (shown == NULL) == (shown_text == NULL) &&
           zpl_ingredients_add(out, arena, kind, zpl_read_string(zpl_json_at(entry, 1), arena),
                               zpl_read_string(zpl_json_at(entry, 2), arena), shown_text);
}

/* From the store. */
bool zpl_ingredients_read(const char *json, struct zpl_ingredients *out, struct zpl_arena *arena)
{
    struct zpl_json *array = NULL;
    bool ok = json != NULL && zpl_json_parse(json, strlen(json), &array, NULL) == ZPL_OK &&
              zpl_json_kind(array) == ZPL_JSON_ARRAY;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; ok && i < zpl_json_count(array); i++)
        ok = read_entry(zpl_json_at(array, i), out, arena);
    zpl_json_release(array);
    return ok;
}
