/* lineage_origin.c - what result columns and rows come from, as an answer; see lineage.h.
 * Floor: stdlib. */
#include <stdlib.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/lineage.h"
#include "stdlib/query/origin.h"

/* Has any table a hindsight column of that name? */
static bool has_hindsight(const struct zpl_bind_request *request, const char *name)
{
    for (size_t t = 0; t < request->table_count; t++)
        for (size_t c = 0; c < request->tables[t].row->count; c++) {
            const struct zpl_column *column = &request->tables[t].row->columns[c];
            if (zpl_type_is_hindsight(column->type) && zpl_text_equal_nocase(name, column->name))
                return true;
        }
    return false;
}

/* Numbers the columns of all tables, and their choices. */
static bool number(struct zpl_origin *o)
{
    const struct zpl_bind_request *request = o->request;
    uint32_t *offsets = zpl_arena_array(o->arena, request->table_count + 1, sizeof *offsets);
    for (size_t t = 0; offsets != NULL && t < request->table_count; t++)
        offsets[t + 1] = offsets[t] + (uint32_t)request->tables[t].row->count + ZPL_CHOICES;
    o->offsets = offsets;
    size_t count = offsets != NULL ? offsets[request->table_count] : 0;
    o->everything.ids = zpl_arena_array(o->arena, count + 1, sizeof *o->everything.ids);
    if (o->everything.ids == NULL)
        return false;
    o->everything.count = o->everything.room = count;
    for (uint32_t i = 0; i < count; i++)
        o->everything.ids[i] = i;
    return offsets != NULL;
}

static bool has(struct zpl_origin_set set, uint32_t id)
{
    size_t low = 0, high = set.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set.ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set.count && set.ids[low] == id;
}

static const uint32_t *copy(const struct zpl_origin_set *set, struct zpl_arena *arena)
{
    uint32_t *ids = zpl_arena_array(arena, set->count + 1, sizeof *ids);
    if (ids != NULL && set->count > 0)
        memcpy(ids, set->ids, set->count * sizeof *ids);
    return ids;
}

/* Of which rows is a value of a column?  What chooses may be of any. */
static uint8_t when_of(const struct zpl_origin_value *value, uint32_t id)
{
    static const uint8_t whens[] = {[ZPL_ORIGIN_BEFORE] = ZPL_WHEN_BEFORE,
                                    [ZPL_ORIGIN_SAME] = ZPL_WHEN_SAME,
                                    [ZPL_ORIGIN_AFTER] = ZPL_WHEN_AFTER};
    uint8_t when = ZPL_WHEN_UNKNOWN;
    if (has(value->by, id) || has(value->keys, id))
        return ZPL_WHEN_ANY;
    for (size_t i = 0; i < ZPL_ORIGIN_WHENS; i++)
        when |= has(value->at[i], id) ? whens[i] : ZPL_WHEN_UNKNOWN;
    return when != ZPL_WHEN_UNKNOWN ? when : ZPL_WHEN_ANY;
}

/* The order of a value's rows, by a column of the tables, else of the result. */
static void tell_order(const struct zpl_origin *o, const struct zpl_origin_relation *made,
                       const struct zpl_origin_value *value, struct zpl_bind_order *out)
{
    int64_t of = value->order.of;
    out->nulls_first = value->order.nulls_first;
    for (uint32_t t = 0; of > 0 && t < o->request->table_count; t++)
        if (of > o->offsets[t] && of <= o->offsets[t + 1]) {
            out->of = ZPL_ORDER_SOURCE;
            out->table = t;
            out->column = (uint32_t)(of - 1 - o->offsets[t]);
            return;
        }
    for (size_t i = 0; of > 0 && i < made->count; i++)
        if (made->columns[i].order == of) {
            out->of = ZPL_ORDER_RESULT;
            out->column = (uint32_t)i;
            return;
        }
}

/* One value's answer. */
static bool tell(struct zpl_origin *o, const struct zpl_origin_value *value,
                 struct zpl_bind_origin *out, struct zpl_arena *arena)
{
    if (value->unknown) {
        out->all = true;
        return true;
    }
    struct zpl_origin_set all = zpl_origin_all(o, value);
    struct zpl_bind_source *sources = zpl_arena_array(arena, all.count + 1, sizeof *sources);
    struct zpl_bind_choice *chosen[ZPL_CHOICES];
    uint32_t table = 0;
    for (size_t k = 0; k < ZPL_CHOICES; k++) {
        chosen[k] = zpl_arena_array(arena, o->request->table_count + 1, sizeof *chosen[k]);
        out->chosen[k] = chosen[k];
        if (sources == NULL || chosen[k] == NULL)
            return false;
    }
    for (size_t i = 0; i < all.count; i++) {
        while (o->offsets[table + 1] <= all.ids[i])
            table++;
        uint32_t c = all.ids[i] - o->offsets[table];
        size_t columns = o->request->tables[table].row->count;
        if (c >= columns)
            chosen[c - columns][out->chosen_count[c - columns]++] =
                (struct zpl_bind_choice){table, when_of(value, all.ids[i])};
        else
            sources[out->count++] = (struct zpl_bind_source){.table = table,
                                                             .column = c,
                                                             .by = !has(value->of, all.ids[i]),
                                                             .key = !has(value->of, all.ids[i]) &&
                                                                    !has(value->by, all.ids[i]) &&
                                                                    !has(value->near, all.ids[i]),
                                                             .when = when_of(value, all.ids[i])};
    }
    out->sources = sources;
    out->over = copy(&value->over, arena);
    out->over_count = value->over.count;
    out->with = copy(&value->with, arena);
    out->with_count = value->with.count;
    return out->over != NULL && out->with != NULL;
}

/* What decides the rows. */
static bool tell_choices(struct zpl_origin *o, const struct zpl_origin_relation *made,
                         struct zpl_lineage *out, struct zpl_arena *arena)
{
    struct zpl_origin_value rows = made->rows;
    rows.unknown = made->lost;
    const struct zpl_origin_value values[ZPL_CHOICES] = {
        [ZPL_CHOICE_ROWS] = rows,
        [ZPL_CHOICE_GAPS] = {.by = made->gaps, .unknown = made->lost},
        [ZPL_CHOICE_PICKS] = {.by = made->picked, .unknown = made->lost}};
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        if (!tell(o, &values[k], &out->choices[k], arena))
            return false;
    return true;
}

static bool tell_rows(const struct zpl_origin_relation *made, struct zpl_lineage *out,
                      struct zpl_arena *arena)
{
    struct zpl_bind_rows *rows = zpl_arena_array(arena, made->made_count + 1, sizeof *rows);
    out->rows = rows;
    out->rows_unknown = made->made_unknown;
    for (size_t i = 0; rows != NULL && !made->made_unknown && i < made->made_count; i++) {
        const struct zpl_origin_rows *from = &made->made_of[i];
        uint32_t *tables = zpl_arena_array(arena, from->count + 1, sizeof *tables);
        if (tables == NULL)
            return false;
        if (from->count > 0)
            memcpy(tables, from->tables, from->count * sizeof *tables);
        rows[out->rows_count++] = (struct zpl_bind_rows){tables, from->count, from->filtered,
                                                         from->repeats, from->grouped};
    }
    return rows != NULL;
}

bool zpl_lineage_follow(const struct zpl_bind_request *request, const struct zpl_json *tree,
                        const char *const *names, size_t count, struct zpl_lineage *out,
                        struct zpl_arena *arena, struct zpl_arena *scratch)
{
    struct zpl_origin o = {.request = request, .arena = scratch};
    struct zpl_origin_relation made = {0};
    struct zpl_bind_origin *origins = zpl_arena_array(arena, count + 1, sizeof *origins);
    bool *hindsight = zpl_arena_array(arena, count + 1, sizeof *hindsight);
    *out = (struct zpl_lineage){.origins = origins, .hindsight = hindsight};
    if (origins == NULL || hindsight == NULL || !number(&o))
        return false;
    o.top = tree;
    while (zpl_guard_is(o.top, "CTE_NODE"))
        o.top = zpl_json_get(o.top, "child");
    zpl_origin_query(&o, tree, NULL, &made);
    bool lost = made.lost || made.count != count;
    for (size_t i = 0; i < count; i++) {
        hindsight[i] = lost ? has_hindsight(request, names[i]) : made.columns[i].hindsight;
        origins[i].all = lost;
        if (!lost && !tell(&o, &made.columns[i].value, &origins[i], arena))
            return false;
        if (!lost)
            tell_order(&o, &made, &made.columns[i].value, &origins[i].order);
        origins[i].plain = !origins[i].all && made.columns[i].plain >= 0;
    }
    if (!lost)
        tell_order(&o, &made, &made.rows, &out->choices[ZPL_CHOICE_ROWS].order);
    return tell_choices(&o, &made, out, arena) && tell_rows(&made, out, arena) &&
           !zpl_arena_failed(scratch);
}

bool zpl_lineage_narrow(const struct zpl_bind_request *request, const struct zpl_bind_reads *reads,
                        struct zpl_lineage *lineage, size_t count, struct zpl_arena *arena)
{
    bool **read = zpl_arena_array(arena, request->table_count + 1, sizeof *read);
    if (read == NULL)
        return false;
    for (size_t t = 0; t < request->table_count; t++) {
        const struct zpl_row *row = request->tables[t].row;
        size_t hint = 0;
        read[t] = zpl_arena_array(arena, row->count + 1, sizeof **read);
        for (size_t i = 0; read[t] != NULL && i < (reads[t].all ? row->count : reads[t].count);
             i++) {
            const struct zpl_column *column =
                reads[t].all ? &row->columns[i] : zpl_row_next(row, reads[t].columns[i], &hint);
            if (column != NULL)
                read[t][column - row->columns] = true;
        }
        if (read[t] == NULL)
            return false;
    }
    for (size_t i = 0; i < count + ZPL_CHOICES; i++) {
        struct zpl_bind_origin *origin =
            i < count ? &lineage->origins[i] : &lineage->choices[i - count];
        size_t kept = 0, of = 0;
        for (size_t k = 0; k < origin->count; k++)
            if (read[origin->sources[k].table][origin->sources[k].column]) {
                of += !origin->sources[k].by;
                origin->sources[kept++] = origin->sources[k];
            }
        origin->count = kept;
        origin->plain = origin->plain && of == 1;
    }
    return true;
}
