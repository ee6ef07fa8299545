/* origin_when.c - which rows a window looks at, seen from the one at hand; see origin.h.
 * Rows are before it or after it where the window is ordered by a time; any other window may look at any.
 * In an order by a time alone these are rows of another time, unless there are ties, so what was computed of rows before
 * such rows is of rows before it.  By further keys rows of one time may be told apart: they are other rows, but in
 * no order that compares.   Floor: stdlib. */
#include "stdlib/query/origin.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"

/* Of a bound that is farther than any. */
#define FAR INT32_MAX

struct zpl_origin_order zpl_origin_same_order(struct zpl_origin_order a, struct zpl_origin_order b)
{
    if (a.of == 0 || b.of == 0)
        return a.of == 0 ? b : a;
    return a.of == b.of && a.nulls_first == b.nulls_first ? a : (struct zpl_origin_order){.of = -1};
}

void zpl_origin_blur(struct zpl_origin *o, struct zpl_origin_value *value)
{
    struct zpl_origin_set all = zpl_origin_join(o, value->of, value->near);
    for (size_t i = 0; i < ZPL_ORIGIN_WHENS; i++)
        value->at[i] = all;
    value->order = (struct zpl_origin_order){.of = -1};
}

/* Is it of rows other than that at hand? */
static bool is_of_others(const struct zpl_origin_value *value)
{
    return value->at[ZPL_ORIGIN_BEFORE].count + value->at[ZPL_ORIGIN_AFTER].count > 0;
}

void zpl_origin_choose(struct zpl_origin *o, struct zpl_origin_value *to,
                       const struct zpl_origin_value *rows)
{
    to->near = zpl_origin_join(o, to->near, rows->near);
    to->by = zpl_origin_join(o, to->by, rows->by);
    for (size_t i = 0; i < ZPL_ORIGIN_WHENS; i++)
        to->at[i] = zpl_origin_join(o, to->at[i], rows->at[i]);
    to->order = zpl_origin_same_order(to->order, rows->order);
}

void zpl_origin_keep(struct zpl_origin *o, struct zpl_origin_value *rows,
                     const struct zpl_origin_value *condition)
{
    struct zpl_origin_value by = *condition;
    by.near = zpl_origin_join(o, by.near, by.of);
    by.by = condition->unknown ? o->everything : zpl_origin_join(o, by.by, by.keys);
    zpl_origin_choose(o, rows, &by);
}

void zpl_origin_blur_others(struct zpl_origin *o, struct zpl_origin_relation *relation)
{
    bool any = false;
    if (is_of_others(&relation->rows))
        zpl_origin_blur(o, &relation->rows);
    for (size_t i = 0; i < relation->count; i++)
        any = any || is_of_others(&relation->columns[i].value);
    struct zpl_origin_column *columns =
        any ? zpl_arena_array(o->arena, relation->count + 1, sizeof *columns) : NULL;
    if (!any)
        return;
    if (columns == NULL) {
        relation->lost = true;
        return;
    }
    for (size_t i = 0; i < relation->count; i++) {
        columns[i] = relation->columns[i];
        if (is_of_others(&columns[i].value))
            zpl_origin_blur(o, &columns[i].value);
    }
    relation->columns = columns;
    relation->capacity = 0;
}

bool zpl_origin_makes_time(const struct zpl_json *v)
{
    static const char *const types[] = {"DATE",         "TIMESTAMP",    "TIMESTAMP_S",
                                        "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"};
    static const char *const functions[] = {"date_trunc", "datetrunc", "time_bucket"};
    if (zpl_guard_is(v, "OPERATOR_CAST"))
        return ZPL_TEXT_AMONG(zpl_guard_text(zpl_json_get(v, "cast_type"), "id"), types);
    return zpl_guard_is(v, "FUNCTION") &&
           ZPL_TEXT_AMONG(zpl_guard_text(v, "function_name"), functions);
}

/* A whole number that is written out; -1: it is none, or less than none. */
static int64_t number_of(const struct zpl_json *v)
{
    const struct zpl_json *value = zpl_json_get(v, "value");
    if (!zpl_guard_is(v, "VALUE_CONSTANT") ||
        zpl_json_kind(zpl_json_get(value, "value")) != ZPL_JSON_INT)
        return -1;
    int64_t number = zpl_json_i64(zpl_json_get(value, "value"), -1);
    return number < FAR ? number : -1;
}

/* The rows that a window looks at. */
struct sight {
    int64_t first, last; /* by their distance from that at hand */
    bool known;
    bool peers; /* of this distance 0 are all of its moment */
    bool backwards;
    struct zpl_origin_order order;
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* One end of a frame; false: not known.  What is before it or after it by an unknown distance is so by any. */
static bool find_bound(const struct zpl_json *window, const char *end, const char *expression,
                       bool last, struct sight *sight, int64_t *out)
{
    const char *bound = zpl_json_str(zpl_json_get(window, end), "");
    int64_t distance = number_of(zpl_json_get(window, expression));
    bool before = begins(bound, "EXPR_PRECEDING"), after = begins(bound, "EXPR_FOLLOWING");
    bool rows = strstr(bound, "_ROWS") != NULL, range = strstr(bound, "_RANGE") != NULL;
    sight->peers = sight->peers || (!rows && !begins(bound, "UNBOUNDED"));
    if (strcmp(bound, "UNBOUNDED_PRECEDING") == 0 || strcmp(bound, "UNBOUNDED_FOLLOWING") == 0)
        *out = strcmp(bound, "UNBOUNDED_PRECEDING") == 0 ? -FAR : FAR;
    else if (begins(bound, "CURRENT_ROW"))
        *out = 0;
    else if ((before && !last) || (after && last))
        *out = distance < 0 || range ? (last ? FAR : -FAR) : last ? distance : -distance;
    else if ((before || after) && distance >= 0 && !range)
        *out = after ? distance : -distance;
    else
        return false;
    return true;
}

/* By what is the window ordered?  False: by no time. */
static bool find_order(struct zpl_origin *o, const struct zpl_json *window,
                       const struct zpl_origin_scope *scope, struct sight *sight)
{
    const struct zpl_json *orders = zpl_json_get(window, "orders"), *first = zpl_json_at(orders, 0);
    const struct zpl_json *key = zpl_json_get(first, "expression");
    const struct zpl_origin_column *time =
        zpl_guard_is(key, "COLUMN_REF") ? zpl_origin_find(o, key, scope) : NULL;
    if ((time != NULL ? !time->time : !zpl_origin_makes_time(key)) ||
        zpl_json_count(zpl_json_get(window, "arg_orders")) > 0)
        return false;
    sight->backwards = strcmp(zpl_json_str(zpl_json_get(first, "type"), ""), "DESCENDING") == 0;
    bool nulls = strstr(zpl_json_str(zpl_json_get(first, "null_order"), ""), "FIRST") != NULL;
    sight->order = (struct zpl_origin_order){.of = -1};
    if (zpl_json_count(orders) == 1 && time != NULL && time->order != 0)
        sight->order = (struct zpl_origin_order){time->order, nulls != sight->backwards};
    return true;
}

static struct sight sight_of(struct zpl_origin *o, const struct zpl_json *window,
                             const struct zpl_origin_scope *scope)
{
    static const char *const framed[] = {"WINDOW_AGGREGATE", "WINDOW_FIRST_VALUE",
                                         "WINDOW_LAST_VALUE", "WINDOW_NTH_VALUE"};
    const struct zpl_json *offset = zpl_json_get(window, "offset_expr");
    bool lag = zpl_guard_is(window, "WINDOW_LAG"), lead = zpl_guard_is(window, "WINDOW_LEAD");
    struct sight sight = {0};
    if (!find_order(o, window, scope, &sight))
        return sight;
    if (lag || lead) {
        int64_t by = zpl_json_kind(offset) == ZPL_JSON_OBJECT ? number_of(offset) : 1;
        sight.known = by > 0;
        sight.first = sight.last = lag ? -1 : 1; /* at least so far: some are left out as null */
    } else if (ZPL_TEXT_AMONG(zpl_guard_text(window, "type"), framed)) {
        sight.known = find_bound(window, "start", "start_expr", false, &sight, &sight.first) &&
                      find_bound(window, "end", "end_expr", true, &sight, &sight.last);
    }
    if (sight.backwards) {
        int64_t first = sight.first;
        sight.first = -sight.last;
        sight.last = -first;
    }
    return sight;
}

static void add(struct zpl_origin *o, struct zpl_origin_value *to, enum zpl_origin_when when,
                struct zpl_origin_set set)
{
    to->at[when] = zpl_origin_join(o, to->at[when], set);
}

void zpl_origin_see(struct zpl_origin *o, const struct zpl_json *window,
                    const struct zpl_origin_scope *scope, struct zpl_origin_value *value)
{
    struct sight s = sight_of(o, window, scope);
    const struct zpl_origin_value seen = *value;
    bool same = s.order.of > 0 && s.order.of == seen.order.of &&
                s.order.nulls_first == seen.order.nulls_first;
    bool before = s.first < 0, at_hand = s.first <= 0 && s.last >= 0, after = s.last > 0;
    if (!s.known || (s.peers && !before && !after) ||
        (is_of_others(&seen) && !same && (before || after || s.peers))) {
        zpl_origin_blur(o, value);
        return;
    }
    memset(value->at, 0, sizeof value->at);
    if (before) {
        add(o, value, ZPL_ORIGIN_BEFORE, seen.at[ZPL_ORIGIN_SAME]);
        add(o, value, ZPL_ORIGIN_BEFORE, seen.at[ZPL_ORIGIN_BEFORE]);
        for (size_t i = 0; i < ZPL_ORIGIN_WHENS; i++) /* after what is before it: anywhere */
            add(o, value, (enum zpl_origin_when)i, seen.at[ZPL_ORIGIN_AFTER]);
    }
    for (size_t i = 0; at_hand && i < ZPL_ORIGIN_WHENS; i++)
        add(o, value, (enum zpl_origin_when)i, seen.at[i]);
    if (after) {
        add(o, value, ZPL_ORIGIN_AFTER, seen.at[ZPL_ORIGIN_SAME]);
        add(o, value, ZPL_ORIGIN_AFTER, seen.at[ZPL_ORIGIN_AFTER]);
        for (size_t i = 0; i < ZPL_ORIGIN_WHENS; i++)
            add(o, value, (enum zpl_origin_when)i, seen.at[ZPL_ORIGIN_BEFORE]);
    }
    value->order =
        zpl_origin_same_order(seen.order, before || after ? s.order : (struct zpl_origin_order){0});
}
