/* pipelines.h - random pipelines of queries over rows of a time, for the property test of leaks: what each row has of
 * rows before it and after it, through steps, subqueries, groups, joins and unions.
 * Rows are told apart by `house` and their time, which no other column changes; where they may not be, orders have further
 * keys, since an order with ties goes by anything. */
#ifndef ZPL_TESTS_PIPELINES_H
#define ZPL_TESTS_PIPELINES_H

#include <stdio.h>
#include <string.h>
#include "lang/base/arena.h"
#include "tests/unit/random.h"

#define PIPE_STEPS   12
#define PIPE_COLUMNS 10

struct pipe_table {
    const char *with, *from; /* as a query names it */
    const char *time;        /* its column of a time */
    bool id;                 /* it still has that of the first table */
    bool ties;               /* several rows of a house may be of one time */
    const char *columns[PIPE_COLUMNS];
    size_t count;
};
struct pipe {
    struct random random;
    struct zpl_arena *arena;
    struct {
        const char *name, *sql; /* sql NULL: a part of table `of` */
        const char *of;
    } steps[PIPE_STEPS];
    size_t count;
    unsigned names;
    bool plain; /* of what people write: windows that lag and lead, filters, groups */
};

static inline size_t pipe_below(struct pipe *p, size_t n)
{
    return random_below(&p->random, n);
}

#define PIPE_PICK(p, texts) (texts)[pipe_below(p, sizeof(texts) / sizeof *(texts))]
#define say(p, ...)         zpl_arena_printf((p)->arena, __VA_ARGS__)

static inline const char *pipe_column(struct pipe *p, const struct pipe_table *t)
{
    return say(p, "r.%s", t->columns[pipe_below(p, t->count)]);
}

static inline const char *pipe_value(struct pipe *p, const struct pipe_table *t)
{
    const char *a = pipe_column(p, t), *b = pipe_column(p, t);
    switch (pipe_below(p, 10)) {
    case 0:
        return say(p, "(%s + %s)", a, b);
    case 1:
        return say(p, "coalesce(%s, 2)", a);
    case 2:
        return say(p, "(CASE WHEN %s > 3 THEN %s ELSE 0 END)", a, b);
    case 3:
        return say(p, "(%s * 2)", a);
    default:
        return a;
    }
}

static inline const char *pipe_condition(struct pipe *p, const struct pipe_table *t)
{
    static const char *const forms[] = {"%s > 3", "%s IS NOT NULL", "%s < 90",
                                        "coalesce(%s, 1) <> 7"};
    const char *a = pipe_column(p, t);
    char text[80];
    const char *form = PIPE_PICK(p, forms);
    int at = (int)(strstr(form, "%s") - form);
    snprintf(text, sizeof text, "%.*s%s%s", at, form, a, form + at + 2);
    return say(p, "%s", text);
}

/* Parts and order of a window. */
static inline const char *pipe_over(struct pipe *p, const struct pipe_table *t)
{
    static const char *const turns[] = {
        "", "", "", "", " DESC", " DESC NULLS FIRST", " NULLS FIRST"};
    const char *turn = PIPE_PICK(p, turns), *order;
    bool parted = pipe_below(p, 5) > 0;
    if (pipe_below(p, 25) == 0)
        order = ""; /* in no order */
    else if (pipe_below(p, 20) == 0)
        order = say(p, "ORDER BY %s, r.house, r.%s", pipe_column(p, t), t->time);
    else if (pipe_below(p, 12) == 0)
        order = say(p, "ORDER BY CAST(r.%s AS DATE)%s, r.%s, r.house%s", t->time, turn, t->time,
                    t->id ? ", r.id" : "");
    else if (t->ties || !parted || pipe_below(p, 8) == 0)
        order = say(p, "ORDER BY r.%s%s, r.house%s", t->time, turn, t->id ? ", r.id" : "");
    else
        order = say(p, "ORDER BY r.%s%s", t->time, turn);
    return say(p, "%s%s %s", parted ? "PARTITION BY r.house" : "",
               parted && pipe_below(p, 12) == 0 ? say(p, ", %s", pipe_condition(p, t)) : "", order);
}

static inline const char *pipe_frame(struct pipe *p)
{
    static const char *const frames[] = {
        "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING",
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
        "ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING",
        "ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING",
        "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING",
        "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
        "ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING",
        "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
        "ROWS BETWEEN 2 PRECEDING AND 0 PRECEDING",
        "ROWS BETWEEN 0 FOLLOWING AND 2 FOLLOWING",
        "ROWS BETWEEN 1 PRECEDING AND 3 PRECEDING",
        "ROWS BETWEEN 1 + 1 PRECEDING AND 2 - 1 PRECEDING",
        "ROWS 1 PRECEDING",
        "ROWS BETWEEN CURRENT ROW AND CURRENT ROW",
        "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW",
        "GROUPS BETWEEN 2 PRECEDING AND 1 PRECEDING",
        "GROUPS BETWEEN 1 FOLLOWING AND 1 FOLLOWING",
        "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES",
        "GROUPS BETWEEN CURRENT ROW AND CURRENT ROW",
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
        "RANGE BETWEEN CURRENT ROW AND CURRENT ROW",
        ""};
    return PIPE_PICK(p, frames);
}

static inline const char *pipe_window(struct pipe *p, const struct pipe_table *t)
{
    static const char *const lags[] = {"lag(%s)",
                                       "lag(%s)",
                                       "lag(%s, 2)",
                                       "lead(%s)",
                                       "lead(%s)",
                                       "lead(%s, 2)",
                                       "lag(%s, -1)",
                                       "lag(%s, 0)",
                                       "lag(%s, 1, 0)",
                                       "lag(%s, 1, %s)",
                                       "lead(%s, 1, %s)",
                                       "lag(%s, 2 - 1)",
                                       "lag(%s, %s)",
                                       "lag(%s IGNORE NULLS)",
                                       "lead(%s, 2 IGNORE NULLS)"};
    static const char *const framed[] = {"sum(%s)",
                                         "sum(%s)",
                                         "max(%s)",
                                         "count(%s)",
                                         "/* %s */ count(*)",
                                         "count(DISTINCT %s)",
                                         "first_value(%s)",
                                         "last_value(%s)",
                                         "last_value(%s IGNORE NULLS)",
                                         "nth_value(%s, 2)",
                                         "sum(%s) FILTER (WHERE %s > 2)"};
    static const char *const usual[] = {
        "lag(%s) OVER (PARTITION BY r.house ORDER BY r.%s)",
        "lag(%s, 2) OVER (PARTITION BY r.house ORDER BY r.%s)",
        "lead(%s) OVER (PARTITION BY r.house ORDER BY r.%s)",
        "lag(%s) OVER (PARTITION BY r.house ORDER BY r.%s DESC NULLS FIRST)",
        "sum(%s) OVER (PARTITION BY r.house ORDER BY r.%s ROWS BETWEEN 2 PRECEDING AND 1 "
        "PRECEDING)",
        "sum(%s) OVER (PARTITION BY r.house ORDER BY r.%s)",
        "max(%s) OVER (PARTITION BY r.house ORDER BY r.%s ROWS BETWEEN 1 FOLLOWING AND 2 "
        "FOLLOWING)"};
    if (!t->ties && (p->plain || random_bool(&p->random))) {
        const char *text = PIPE_PICK(p, usual), *value = strstr(text, "%s") + 2;
        const char *time = strstr(value, "%s");
        return say(p, "%.*s%s%.*s%s%s", (int)(value - 2 - text), text, pipe_value(p, t),
                   (int)(time - value), value, t->time, time + 2);
    }
    bool lag = random_bool(&p->random);
    const char *form = lag ? PIPE_PICK(p, lags) : PIPE_PICK(p, framed);
    const char *second = strstr(form, "%s") + 2;
    const char *rest = strstr(second, "%s");
    int first = (int)(second - 2 - form);
    const char *call = rest == NULL
                           ? say(p, "%.*s%s%s", first, form, pipe_value(p, t), second)
                           : say(p, "%.*s%s%.*s%s%s", first, form, pipe_value(p, t),
                                 (int)(rest - second), second, pipe_column(p, t), rest + 2);
    const char *over = pipe_over(p, t);
    const char *frame = lag || strstr(over, "ORDER") == NULL ? "" : pipe_frame(p);
    if (pipe_below(p, 30) == 0)
        return say(p, "(SELECT max(z.%s) FROM m AS z WHERE z.house = r.house)",
                   random_bool(&p->random) ? "kwh" : "temp");
    return say(p, "%s OVER (%s %s)", call, over, frame);
}

/* The columns that a query passes on, and what is said of them. */
static inline const char *pipe_pass(struct pipe *p, const struct pipe_table *in,
                                    struct pipe_table *out, const char *source)
{
    const char *list = say(p, "%s.house, %s.%s%s", source, source, in->time,
                           in->id ? say(p, ", %s.id", source) : "");
    *out = *in;
    out->count = 0;
    for (size_t i = 0; i < in->count; i++)
        if (out->count < 5 && pipe_below(p, 4) > 0) {
            list = say(p, "%s, %s.%s", list, source, in->columns[i]);
            out->columns[out->count++] = in->columns[i];
        }
    return list;
}

static inline const char *pipe_add(struct pipe *p, const char *list, const char *item,
                                   struct pipe_table *out)
{
    const char *name = say(p, "c%u", ++p->names);
    out->columns[out->count++] = name;
    return say(p, "%s, %s AS %s", list, item, name);
}

static inline const char *pipe_windows(struct pipe *p, const struct pipe_table *in,
                                       struct pipe_table *out)
{
    const char *list = pipe_pass(p, in, out, "r");
    for (size_t n = 1 + pipe_below(p, 3); n > 0; n--)
        list =
            pipe_add(p, list, pipe_below(p, 4) > 0 ? pipe_window(p, in) : pipe_value(p, in), out);
    return say(p, "%sSELECT %s FROM %s AS r%s%s", in->with, list, in->from,
               pipe_below(p, 6) == 0 ? say(p, " WHERE %s", pipe_condition(p, in)) : "",
               pipe_below(p, 20) == 0 ? say(p, " QUALIFY %s > 1", pipe_window(p, in)) : "");
}

static inline const char *pipe_groups(struct pipe *p, const struct pipe_table *in,
                                      struct pipe_table *out)
{
    static const char *const forms[] = {"sum(%s)",
                                        "max(%s)",
                                        "count(%s)",
                                        "min(%s)",
                                        "count_if(%s > 4)",
                                        "/* %s */ count(*)",
                                        "sum(%s) FILTER (WHERE r.house = 'a')"};
    bool by_day = strcmp(in->time, "day") != 0 && pipe_below(p, 3) > 0;
    const char *key = by_day ? say(p, "CAST(r.%s AS DATE)", in->time) : say(p, "r.%s", in->time);
    const char *list = say(p, "r.house, %s AS %s", key, by_day ? "day" : in->time);
    *out = *in;
    out->id = out->ties = false;
    out->time = by_day ? "day" : in->time;
    out->count = 0;
    for (size_t n = 1 + pipe_below(p, 3); n > 0; n--) {
        const char *form = PIPE_PICK(p, forms);
        int at = (int)(strstr(form, "%s") - form);
        list =
            pipe_add(p, list, say(p, "%.*s%s%s", at, form, pipe_value(p, in), form + at + 2), out);
    }
    if (pipe_below(p, 4) == 0)
        list = pipe_add(
            p, list,
            say(p, "lag(sum(%s)) OVER (PARTITION BY r.house ORDER BY %s)", pipe_column(p, in), key),
            out);
    return say(p, "%sSELECT %s FROM %s AS r%s GROUP BY r.house, %s", in->with, list, in->from,
               pipe_below(p, 5) == 0 ? say(p, " WHERE %s", pipe_condition(p, in)) : "", key);
}

static inline const char *pipe_joins(struct pipe *p, const struct pipe_table *in,
                                     struct pipe_table *out)
{
    const char *list = pipe_pass(p, in, out, "r");
    const char *other = say(p, "o.%s", in->columns[pipe_below(p, in->count)]);
    switch (pipe_below(p, 7)) {
    case 0: /* one of each house */
        list = pipe_add(p, list, "h.size", out);
        return say(p, "%sSELECT %s FROM %s AS r JOIN h USING (house)", in->with, list, in->from);
    case 1: /* perhaps several of a day */
        list = pipe_add(p, list, "w.rain", out);
        out->ties = true;
        return say(p, "%sSELECT %s FROM %s AS r LEFT JOIN w ON w.day = CAST(r.%s AS DATE)",
                   in->with, list, in->from, in->time);
    case 2: /* others of the same */
        list = pipe_add(p, list, other, out);
        out->ties = true;
        return say(p, "%sSELECT %s FROM %s AS r JOIN %s AS o ON o.house = r.house AND o.%s < r.%s",
                   in->with, list, in->from, in->from, in->time, in->time);
    case 3: /* the last of the same */
        list = pipe_add(p, list, other, out);
        return say(p,
                   "%sSELECT %s FROM %s AS r ASOF JOIN %s AS o ON o.house = r.house AND r.%s > "
                   "o.%s",
                   in->with, list, in->from, in->from, in->time, in->time);
    case 4:
        return say(p, "%sSELECT %s FROM %s AS r SEMI JOIN h USING (house)", in->with, list,
                   in->from);
    case 5: /* a list of them */
        list = pipe_add(p, list, "u.n", out);
        out->ties = true;
        return say(p, "%sSELECT %s FROM %s AS r, unnest([1, 2]) AS u(n)", in->with, list, in->from);
    default: /* the other way round */
        list = pipe_add(p, list, "h.size", out);
        return say(p, "%sSELECT %s FROM h RIGHT JOIN %s AS r ON h.house = r.house", in->with, list,
                   in->from);
    }
}

static inline const char *pipe_unions(struct pipe *p, const struct pipe_table *in,
                                      struct pipe_table *out)
{
    const char *list = pipe_pass(p, in, out, "r");
    const char *condition = pipe_condition(p, in);
    list = pipe_add(p, list, pipe_value(p, in), out);
    if (strcmp(in->from, "m") == 0 && in->with[0] == '\0')
        return say(p, "SELECT %s FROM m AS r UNION ALL SELECT %s FROM n AS r", list, list);
    out->ties = true;
    return say(p, "%sSELECT %s FROM %s AS r WHERE %s UNION ALL SELECT %s FROM %s AS r", in->with,
               list, in->from, condition, list, in->from);
}

static inline const char *pipe_picks(struct pipe *p, const struct pipe_table *in,
                                     struct pipe_table *out)
{
    const char *list = pipe_pass(p, in, out, "r");
    switch (pipe_below(p, 5)) {
    case 0:
        return say(p, "%sSELECT DISTINCT %s FROM %s AS r", in->with, list, in->from);
    case 1:
        return say(p, "%sSELECT %s FROM %s AS r ORDER BY %s, r.house, r.%s LIMIT 6", in->with, list,
                   in->from, pipe_column(p, in), in->time);
    case 2:
        return say(p, "%sSELECT %s FROM %s AS r ORDER BY r.%s DESC, r.house", in->with, list,
                   in->from, in->time);
    default:
        return say(p, "%sSELECT %s FROM %s AS r WHERE %s", in->with, list, in->from,
                   pipe_condition(p, in));
    }
}

/* Makes a step of a query, perhaps a part of its rows, or goes on with it inside the next. */
static inline void pipe_give(struct pipe *p, const char *sql, struct pipe_table *out)
{
    unsigned number = ++p->names;
    out->with = "";
    switch (pipe_below(p, 4)) {
    case 0:
        out->from = say(p, "(%s)", sql);
        return;
    case 1:
        out->with = say(p, "WITH q%u AS (%s) ", number, sql);
        out->from = say(p, "q%u", number);
        return;
    default:
        out->from = say(p, "t%u", number);
        p->steps[p->count].name = out->from;
        p->steps[p->count++].sql = sql;
    }
    if (pipe_below(p, 5) > 0)
        return;
    p->steps[p->count].of = out->from;
    out->from = say(p, "s%u", number);
    p->steps[p->count].sql = NULL;
    p->steps[p->count++].name = out->from;
}

/* The steps of a pipeline, the last called `rows`: house, time, f1 … f4, and y. */
static inline void pipe_make(struct pipe *p)
{
    struct pipe_table table = {
        .with = "", .from = "m", .time = "ts", .id = true, .columns = {"kwh", "temp"}, .count = 2};
    p->count = 0;
    p->names = 0;
    p->plain = random_bool(&p->random);
    for (size_t n = pipe_below(p, 4); n > 0; n--) {
        struct pipe_table next;
        const char *sql;
        switch (pipe_below(p, p->plain ? 7 : 10)) {
        case 0:
        case 1:
            sql = pipe_groups(p, &table, &next);
            break;
        case 2:
            sql = pipe_picks(p, &table, &next);
            break;
        case 7:
        case 8:
            sql = pipe_joins(p, &table, &next);
            break;
        case 9:
            sql = pipe_unions(p, &table, &next);
            break;
        default:
            sql = pipe_windows(p, &table, &next);
        }
        if (next.count == 0)
            continue;
        pipe_give(p, sql, &next);
        table = next;
    }
    const char *list = say(p, "r.house, r.%s AS moment", table.time);
    for (unsigned i = 1; i <= 4; i++)
        list = say(p, "%s, %s AS f%u", list,
                   pipe_below(p, 4) > 0 ? pipe_window(p, &table) : pipe_value(p, &table), i);
    list = say(p, "%s, %s > 3 AS y", list,
               random_bool(&p->random) ? pipe_window(p, &table) : pipe_value(p, &table));
    p->steps[p->count].name = "rows";
    p->steps[p->count++].sql = say(p, "%sSELECT %s FROM %s AS r", table.with, list, table.from);
}

#endif
