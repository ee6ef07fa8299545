/* origin_set.c - sets of columns, and what rows are made of; see origin.h.   Floor: stdlib. */
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "stdlib/query/origin.h"

#define ALTERNATIVES_MAX 64

/* Room for ids that is not used yet. */
#define FREE UINT32_MAX

/* Is all of `b` in `a`? */
static bool holds(struct zpl_origin_set a, struct zpl_origin_set b)
{
    size_t i = 0;
    for (size_t k = 0; k < b.count; k++) {
        while (i < a.count && a.ids[i] < b.ids[k])
            i++;
        if (i == a.count || a.ids[i] != b.ids[k])
            return false;
    }
    return true;
}

/* Puts `b` behind `a` where there is room that no other set took; sets share what they begin with. */
static bool append(struct zpl_origin_set *a, struct zpl_origin_set b)
{
    if (a->room < a->count + b.count || a->ids[a->count - 1] >= b.ids[0])
        return false;
    for (size_t i = 0; i < b.count; i++)
        if (a->ids[a->count + i] != FREE)
            return false;
    memcpy(a->ids + a->count, b.ids, b.count * sizeof *b.ids);
    a->count += b.count;
    return true;
}

struct zpl_origin_set zpl_origin_one(struct zpl_origin *o, uint32_t id)
{
    uint32_t *ids = zpl_arena_alloc(o->arena, sizeof *ids);
    if (ids == NULL)
        return (struct zpl_origin_set){0};
    *ids = id;
    return (struct zpl_origin_set){ids, 1, 1};
}

struct zpl_origin_set zpl_origin_join(struct zpl_origin *o, struct zpl_origin_set a,
                                      struct zpl_origin_set b)
{
    if (a.count < b.count) {
        struct zpl_origin_set other = a;
        a = b;
        b = other;
    }
    if (b.count == 0 || a.ids == b.ids || append(&a, b) || holds(a, b))
        return a;
    size_t room = 2 * (a.count + b.count), count = 0, i = 0, k = 0;
    uint32_t *ids = zpl_arena_array(o->arena, room, sizeof *ids);
    if (ids == NULL)
        return a;
    while (i < a.count || k < b.count) {
        bool left = k == b.count || (i < a.count && a.ids[i] <= b.ids[k]);
        bool same = left && k < b.count && a.ids[i] == b.ids[k];
        ids[count++] = left ? a.ids[i] : b.ids[k];
        k += !left || same;
        i += left;
    }
    memset(ids + count, 0xff, (room - count) * sizeof *ids);
    return (struct zpl_origin_set){ids, count, room};
}

static bool is_same(struct zpl_origin_set a, struct zpl_origin_set b)
{
    return a.ids == b.ids && a.count == b.count;
}

void zpl_origin_merge(struct zpl_origin *o, struct zpl_origin_value *to,
                      const struct zpl_origin_value *from)
{
    bool plain =
        is_same(to->of, to->at[ZPL_ORIGIN_SAME]) && is_same(from->of, from->at[ZPL_ORIGIN_SAME]);
    to->of = zpl_origin_join(o, to->of, from->of);
    for (size_t i = 0; i < ZPL_ORIGIN_WHENS; i++)
        to->at[i] =
            plain && i == ZPL_ORIGIN_SAME ? to->of : zpl_origin_join(o, to->at[i], from->at[i]);
    to->order = zpl_origin_same_order(to->order, from->order);
    to->by = zpl_origin_join(o, to->by, from->by);
    to->near = zpl_origin_join(o, to->near, from->near);
    to->keys = zpl_origin_join(o, to->keys, from->keys);
    to->over = zpl_origin_join(o, to->over, from->over);
    to->with = zpl_origin_join(o, to->with, from->with);
    to->unknown = to->unknown || from->unknown;
}

struct zpl_origin_set zpl_origin_all(struct zpl_origin *o, const struct zpl_origin_value *value)
{
    if (value->unknown)
        return o->everything;
    return zpl_origin_join(o, zpl_origin_join(o, value->of, value->by),
                           zpl_origin_join(o, value->near, value->keys));
}

struct zpl_origin_set zpl_origin_presence(struct zpl_origin *o,
                                          const struct zpl_origin_relation *relation)
{
    return zpl_origin_join(o, zpl_origin_all(o, &relation->rows), relation->gaps);
}

struct zpl_origin_column *zpl_origin_add(struct zpl_origin *o, struct zpl_origin_relation *to,
                                         const char *source, const char *name)
{
    struct zpl_origin_column *columns =
        to->count <= 4 * (size_t)ZPL_COLUMNS_MAX
            ? zpl_arena_grow(o->arena, to->columns, to->count, &to->capacity, sizeof *columns)
            : NULL;
    if (columns == NULL) {
        to->lost = true;
        return NULL;
    }
    to->columns = columns;
    struct zpl_origin_column *column = &columns[to->count++];
    *column = (struct zpl_origin_column){.source = source, .name = name, .plain = -1};
    return column;
}

void zpl_origin_lose(struct zpl_origin *o, struct zpl_origin_relation *relation)
{
    relation->lost = true;
    relation->columns = NULL;
    relation->count = relation->capacity = 0;
    relation->rows = (struct zpl_origin_value){.by = o->everything};
}

bool zpl_origin_holds(const struct zpl_json *names, const char *name)
{
    for (size_t i = 0; name != NULL && i < zpl_json_count(names); i++)
        if (zpl_text_equal_nocase(zpl_json_str(zpl_json_at(names, i), ""), name))
            return true;
    return false;
}

struct zpl_origin_column *zpl_origin_named(struct zpl_origin_relation *from, const char *name)
{
    for (size_t i = 0; name != NULL && i < from->count; i++)
        if (from->columns[i].name != NULL && !from->columns[i].hidden &&
            zpl_text_equal_nocase(from->columns[i].name, name))
            return &from->columns[i];
    return NULL;
}

/* Adds a column as it is in another relation. */
struct zpl_origin_column *zpl_origin_copy(struct zpl_origin *o, struct zpl_origin_relation *to,
                                          const struct zpl_origin_column *from, const char *source,
                                          const char *name)
{
    struct zpl_origin_column *column = zpl_origin_add(o, to, source, name);
    if (column != NULL) {
        *column = *from;
        column->source = source;
        column->name = name;
        column->hidden = false;
    }
    return column;
}

/* Names by their text without regard to case; open addressing. */
struct name_set {
    const char **slots;
    size_t room; /* a power of two */
};

/* Puts a name in; false when there is one like it. */
static bool put_name(struct name_set *set, const char *name)
{
    uint64_t at = 14695981039346656037u; /* FNV-1a */
    for (const char *c = name; *c != '\0'; c++)
        at = (at ^ (unsigned char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c)) * 1099511628211u;
    for (at &= set->room - 1; set->slots[at] != NULL; at = (at + 1) & (set->room - 1))
        if (zpl_text_equal_nocase(set->slots[at], name))
            return false;
    set->slots[at] = name;
    return true;
}

/* The second of two columns `v` of a source is called `v_1`, as DuckDB does. */
static void tell_apart(struct zpl_origin *o, struct zpl_origin_relation *source)
{
    struct name_set set = {.room = 4};
    while (set.room < 2 * source->count + 2)
        set.room *= 2;
    set.slots = zpl_arena_array(o->arena, set.room, sizeof *set.slots);
    for (size_t i = 0; set.slots != NULL && i < source->count; i++) {
        const char *name = source->columns[i].name, *other = name;
        for (size_t n = 1; other != NULL && !put_name(&set, other); n++)
            other = zpl_arena_printf(o->arena, "%s_%zu", name, n);
        source->columns[i].name = other;
    }
}

/* Adds what decides the rows of `from`. */
static void join_rows(struct zpl_origin *o, struct zpl_origin_relation *to,
                      const struct zpl_origin_relation *from)
{
    zpl_origin_choose(o, &to->rows, &from->rows);
    to->gaps = zpl_origin_join(o, to->gaps, from->gaps);
    to->picked = zpl_origin_join(o, to->picked, from->picked);
}

/* Adds `from`, called by a source's alias and, where they are given, by other names. */
void zpl_origin_rename(struct zpl_origin *o, struct zpl_origin_relation *to,
                       const struct zpl_origin_relation *from, const char *source,
                       const struct zpl_json *names)
{
    size_t place = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct zpl_origin_column *c = &from->columns[i];
        if (!c->hidden)
            zpl_origin_copy(o, to, c, source, zpl_json_str(zpl_json_at(names, place++), c->name));
    }
    tell_apart(o, to);
    to->lost = to->lost || from->lost;
    join_rows(o, to, from);
    zpl_origin_alternatives(o, from, false, to);
}

void zpl_origin_append(struct zpl_origin *o, struct zpl_origin_relation *out,
                       const struct zpl_origin_relation *side)
{
    for (size_t i = 0; i < side->count; i++) {
        struct zpl_origin_column *column =
            zpl_origin_add(o, out, side->columns[i].source, side->columns[i].name);
        if (column != NULL)
            *column = side->columns[i];
    }
    out->lost = out->lost || side->lost;
    join_rows(o, out, side);
}

static struct zpl_origin_rows *make_room(struct zpl_origin *o, struct zpl_origin_relation *out,
                                         size_t more)
{
    size_t count = out->made_count + more;
    struct zpl_origin_rows *rows =
        count <= ALTERNATIVES_MAX ? zpl_arena_array(o->arena, count + 1, sizeof *rows) : NULL;
    if (rows == NULL) {
        out->made_unknown = true;
        return NULL;
    }
    if (out->made_count > 0)
        memcpy(rows, out->made_of, out->made_count * sizeof *rows);
    out->made_of = rows;
    return rows;
}

bool zpl_origin_is_made_of(const struct zpl_origin_relation *relation, uint32_t table)
{
    for (size_t i = 0; i < relation->made_count; i++)
        for (size_t k = 0; k < relation->made_of[i].count; k++)
            if (relation->made_of[i].tables[k] == table)
                return true;
    return false;
}

void zpl_origin_change_rows(struct zpl_origin *o, struct zpl_origin_relation *relation,
                            bool repeats, bool grouped)
{
    struct zpl_origin_rows *rows = repeats || grouped ? make_room(o, relation, 0) : NULL;
    for (size_t i = 0; rows != NULL && i < relation->made_count; i++) {
        rows[i].repeats = rows[i].repeats || repeats;
        rows[i].grouped = rows[i].grouped || grouped;
    }
}

void zpl_origin_alternatives(struct zpl_origin *o, const struct zpl_origin_relation *from,
                             bool filtered, struct zpl_origin_relation *out)
{
    out->made_unknown = out->made_unknown || from->made_unknown;
    struct zpl_origin_rows *rows = make_room(o, out, from->made_count);
    for (size_t i = 0; rows != NULL && i < from->made_count; i++) {
        rows[out->made_count] = from->made_of[i];
        rows[out->made_count++].filtered = from->made_of[i].filtered || filtered;
    }
}

void zpl_origin_pair(struct zpl_origin *o, const struct zpl_origin_relation *left,
                     const struct zpl_origin_relation *right, bool both_filter, bool once,
                     struct zpl_origin_relation *out)
{
    out->made_unknown = out->made_unknown || left->made_unknown || right->made_unknown;
    struct zpl_origin_rows *rows = make_room(o, out, left->made_count * right->made_count);
    for (size_t i = 0; rows != NULL && i < left->made_count; i++)
        for (size_t k = 0; k < right->made_count; k++) {
            const struct zpl_origin_rows *a = &left->made_of[i], *b = &right->made_of[k];
            uint32_t *tables = zpl_arena_array(o->arena, a->count + b->count + 1, sizeof *tables);
            if (tables == NULL || a->count + b->count > ALTERNATIVES_MAX) {
                out->made_unknown = true;
                return;
            }
            if (a->count > 0)
                memcpy(tables, a->tables, a->count * sizeof *tables);
            if (b->count > 0)
                memcpy(tables + a->count, b->tables, b->count * sizeof *tables);
            rows[out->made_count++] =
                (struct zpl_origin_rows){.tables = tables,
                                         .count = a->count + b->count,
                                         .filtered = a->filtered || (both_filter && b->filtered),
                                         .repeats = a->repeats || !once || a->count == 0,
                                         .grouped = a->grouped};
        }
}
