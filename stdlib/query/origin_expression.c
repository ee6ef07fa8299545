/* origin_expression.c - what an expression is computed from; see origin.h.   Floor: stdlib. */
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/query/origin.h"

/* The aggregates of the pinned DuckDB, and its macros that call some. */
static const char *const aggregates[] = {"any_value",
                                         "approx_count_distinct",
                                         "approx_quantile",
                                         "approx_top_k",
                                         "arbitrary",
                                         "arg_max",
                                         "arg_max_null",
                                         "arg_min",
                                         "arg_min_null",
                                         "argmax",
                                         "argmin",
                                         "array_agg",
                                         "avg",
                                         "bit_and",
                                         "bit_or",
                                         "bit_xor",
                                         "bitstring_agg",
                                         "bool_and",
                                         "bool_or",
                                         "corr",
                                         "count",
                                         "count_if",
                                         "count_star",
                                         "countif",
                                         "covar_pop",
                                         "covar_samp",
                                         "entropy",
                                         "favg",
                                         "first",
                                         "fsum",
                                         "geomean",
                                         "geometric_mean",
                                         "group_concat",
                                         "grouping",
                                         "grouping_id",
                                         "histogram",
                                         "histogram_exact",
                                         "kahan_sum",
                                         "kurtosis",
                                         "kurtosis_pop",
                                         "last",
                                         "list",
                                         "listagg",
                                         "mad",
                                         "max",
                                         "max_by",
                                         "mean",
                                         "median",
                                         "min",
                                         "min_by",
                                         "mode",
                                         "product",
                                         "quantile",
                                         "quantile_cont",
                                         "quantile_disc",
                                         "regr_avgx",
                                         "regr_avgy",
                                         "regr_count",
                                         "regr_intercept",
                                         "regr_r2",
                                         "regr_slope",
                                         "regr_sxx",
                                         "regr_sxy",
                                         "regr_syy",
                                         "reservoir_quantile",
                                         "sem",
                                         "skewness",
                                         "stddev",
                                         "stddev_pop",
                                         "stddev_samp",
                                         "string_agg",
                                         "sum",
                                         "sum_no_overflow",
                                         "sumkahan",
                                         "var_pop",
                                         "var_samp",
                                         "variance",
                                         "wavg",
                                         "weighted_avg"};

bool zpl_origin_is_aggregate(const char *function)
{
    return ZPL_TEXT_AMONG(function, aggregates);
}

static bool is_class(const struct zpl_json *v, const char *name)
{
    return strcmp(zpl_json_str(zpl_json_get(v, "class"), ""), name) == 0;
}

static const struct zpl_json *member(const struct zpl_json *v, size_t i)
{
    return zpl_json_kind(v) == ZPL_JSON_ARRAY ? zpl_json_at(v, i) : zpl_json_value_at(v, i);
}

bool zpl_origin_aggregates(const struct zpl_json *v)
{
    if (is_class(v, "SUBQUERY"))
        return zpl_origin_aggregates(zpl_json_get(v, "child"));
    if (is_class(v, "FUNCTION") || zpl_guard_is(v, "GROUPING_FUNCTION")) {
        const char *name = zpl_guard_text(v, "function_name");
        if (name == NULL || zpl_origin_is_aggregate(name) ||
            zpl_json_kind(zpl_json_get(v, "filter")) == ZPL_JSON_OBJECT ||
            zpl_json_truth(zpl_json_get(v, "distinct"), false))
            return true;
    }
    for (size_t i = 0; i < zpl_json_count(v); i++)
        if (zpl_origin_aggregates(member(v, i)))
            return true;
    return false;
}

/* Has the value a column of the table that is no time?  The first day of all is a calendar's, not a
 * statistic of the rows. */
static bool is_of(const struct zpl_origin *o, const struct zpl_origin_set *of, uint32_t table)
{
    const struct zpl_row *row = o->request->tables[table].row;
    for (size_t i = 0; i < of->count; i++) {
        if (of->ids[i] < o->offsets[table] || of->ids[i] >= o->offsets[table] + row->count)
            continue;
        const struct zpl_type *type = row->columns[of->ids[i] - o->offsets[table]].type;
        if (type == NULL || (type->kind != ZPL_TIMESTAMP && type->kind != ZPL_DATE))
            return true;
    }
    return false;
}

/* An aggregate puts together the rows of the tables that it takes columns of. */
static void put_together(struct zpl_origin *o, const struct zpl_origin_scope *scope,
                         struct zpl_origin_value *value)
{
    for (size_t i = 0; i < scope->over.count; i++)
        if (is_of(o, &value->of, scope->over.ids[i]))
            value->over = zpl_origin_join(o, value->over, zpl_origin_one(o, scope->over.ids[i]));
}

static void look_at_param(struct zpl_origin *o, const struct zpl_json *v,
                          struct zpl_origin_value *out)
{
    const char *name = zpl_guard_text(v, "identifier");
    for (uint32_t i = 0; name != NULL && i < o->request->param_count; i++)
        if (strcmp(name, o->request->params[i].name) == 0)
            out->with = zpl_origin_join(o, out->with, zpl_origin_one(o, i));
}

static bool fits(const struct zpl_origin_column *c, const char *source, const char *name)
{
    return c->name != NULL && zpl_text_equal_nocase(c->name, name) &&
           (source == NULL ? !c->hidden : zpl_text_equal_nocase(c->source, source));
}

/* Names are unique where they may be used, so the first that fits is it; queries name columns in the
 * order in which they stand. */
static const struct zpl_origin_column *find_in(struct zpl_origin *o,
                                               const struct zpl_origin_relation *from,
                                               const char *source, const char *name)
{
    for (size_t k = 0; k < from->count; k++) {
        size_t i = (o->hint + k) % from->count;
        if (fits(&from->columns[i], source, name)) {
            o->hint = i + 1;
            return &from->columns[i];
        }
    }
    return NULL;
}

/* In one scope: `t.c`, `c`, or a field of column `c`. */
static const struct zpl_origin_column *find_here(struct zpl_origin *o, const struct zpl_json *names,
                                                 const struct zpl_origin_scope *scope)
{
    size_t count = zpl_json_count(names);
    const char *first = zpl_json_str(zpl_json_at(names, 0), "");
    const struct zpl_origin_column *found = NULL;
    for (size_t i = 0; scope->from != NULL && found == NULL && i + 1 < count; i++)
        found = find_in(o, scope->from, zpl_json_str(zpl_json_at(names, i), ""),
                        zpl_json_str(zpl_json_at(names, i + 1), ""));
    if (found == NULL && scope->from != NULL)
        found = find_in(o, scope->from, NULL, first);
    if (found == NULL && scope->made != NULL)
        found = find_in(o, scope->made, NULL, first);
    return found;
}

/* May a name that was not found be one of the scope all the same? */
static bool is_lost(const struct zpl_origin_scope *scope)
{
    return (scope->from != NULL && scope->from->lost) || (scope->made != NULL && scope->made->lost);
}

const struct zpl_origin_column *zpl_origin_find(struct zpl_origin *o, const struct zpl_json *ref,
                                                const struct zpl_origin_scope *scope)
{
    const struct zpl_origin_column *found = NULL;
    for (; scope != NULL && found == NULL; scope = scope->outer) {
        found = find_here(o, zpl_json_get(ref, "column_names"), scope);
        if (found == NULL && is_lost(scope))
            break;
    }
    return found;
}

/* All columns that a FROM calls by `source` (NULL: all); `any`: those without a name alone. */
static bool add_source(struct zpl_origin *o, const struct zpl_origin_relation *from,
                       const char *source, bool any, struct zpl_origin_value *out)
{
    bool found = false;
    for (size_t i = 0; from != NULL && i < from->count; i++) {
        const struct zpl_origin_column *c = &from->columns[i];
        if ((source != NULL && !zpl_text_equal_nocase(c->source, source)) ||
            (any && c->name != NULL))
            continue;
        zpl_origin_merge(o, out, &c->value);
        found = true;
    }
    return found;
}

static void look_at_column(struct zpl_origin *o, const struct zpl_json *v,
                           const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    const struct zpl_json *names = zpl_json_get(v, "column_names");
    const char *first = zpl_json_str(zpl_json_at(names, 0), "");
    for (; scope != NULL; scope = scope->outer) {
        const struct zpl_origin_column *found = find_here(o, names, scope);
        if (found != NULL) {
            zpl_origin_merge(o, out, &found->value);
            return;
        }
        /* a whole row, or a column of a function's rows */
        if (is_lost(scope))
            break;
        if (add_source(o, scope->from, first, false, out) ||
            add_source(o, scope->from, NULL, true, out))
            return;
    }
    out->unknown = true;
}

static void look_at_subquery(struct zpl_origin *o, const struct zpl_json *v,
                             const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    const struct zpl_origin_scope inner = {.outer = scope, .inside = true};
    struct zpl_origin_relation rows = {0};
    struct zpl_origin_value value = {0};
    zpl_origin_query(o, zpl_json_get(zpl_json_get(v, "subquery"), "node"), &inner, &rows);
    bool exists = strstr(zpl_json_str(zpl_json_get(v, "subquery_type"), ""), "EXISTS") != NULL;
    for (size_t i = 0; !exists && i < rows.count; i++)
        zpl_origin_merge(o, &value, &rows.columns[i].value);
    zpl_origin_blur(o, &value); /* its rows are not the row at hand */
    zpl_origin_merge(o, out, &value);
    out->by = zpl_origin_join(o, out->by, zpl_origin_presence(o, &rows));
    out->unknown = out->unknown || rows.lost;
    zpl_origin_look(o, zpl_json_get(v, "child"), scope, out);
}

/* `x -> x + y`, which may also be a path into JSON, `j -> '$.a'`. */
static void look_at_lambda(struct zpl_origin *o, const struct zpl_json *v,
                           const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    const struct zpl_json *left = zpl_json_get(v, "lhs"), *listed = zpl_json_get(left, "children");
    struct zpl_origin_relation params = {0};
    size_t count = zpl_guard_is(left, "COLUMN_REF") ? 1 : zpl_json_count(listed);
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *param =
            zpl_guard_is(left, "COLUMN_REF") ? left : zpl_json_at(listed, i);
        const char *name = zpl_json_str(zpl_json_at(zpl_json_get(param, "column_names"), 0), NULL);
        const struct zpl_origin_column *outside = zpl_origin_find(o, param, scope);
        if (outside != NULL)
            zpl_origin_merge(o, out, &outside->value);
        if (name != NULL)
            zpl_origin_add(o, &params, "", name);
    }
    if (count == 0)
        zpl_origin_look(o, left, scope, out);
    const struct zpl_origin_scope inner = {.outer = scope,
                                           .from = &params,
                                           .window = scope->window,
                                           .over = scope->over,
                                           .inside = scope->inside};
    zpl_origin_look(o, zpl_json_get(v, "expr"), &inner, out);
}

/* A rank that is a share of all rows. */
static bool is_share(const char *function)
{
    static const char *const shares[] = {"cume_dist", "ntile", "percent_rank"};
    return ZPL_TEXT_AMONG(function, shares);
}

/* Does a window's function look at all rows, in whatever order? */
static bool looks_at_all(const struct zpl_json *v, const char *function)
{
    if (zpl_json_count(zpl_json_get(v, "partitions")) > 0 ||
        zpl_json_kind(zpl_json_get(v, "filter_expr")) == ZPL_JSON_OBJECT)
        return false;
    return is_share(function) ||
           (zpl_json_count(zpl_json_get(v, "orders")) == 0 && zpl_origin_is_aggregate(function));
}

/* What an expression is computed from, all of it as `by`. */
static void look_by(struct zpl_origin *o, const struct zpl_json *v,
                    const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    struct zpl_origin_value value = {0};
    zpl_origin_look(o, v, scope, &value);
    out->by = zpl_origin_join(o, out->by, zpl_origin_all(o, &value));
    out->unknown = out->unknown || value.unknown;
}

static void look_at_window(struct zpl_origin *o, const struct zpl_json *v,
                           const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    struct zpl_origin_value value = {0};
    struct zpl_origin_value fallback = {0};
    static const char *const values[] = {"children", "offset_expr", "filter_expr"};
    static const char *const places[] = {"partitions", "start_expr", "end_expr", "arg_orders"};
    const char *function = zpl_json_str(zpl_json_get(v, "function_name"), "");
    bool ranks = zpl_json_count(zpl_json_get(v, "children")) == 0 || is_share(function);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        zpl_origin_look(o, zpl_json_get(v, values[i]), scope, &value);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        look_by(o, zpl_json_get(v, places[i]), scope, &value);
    if (ranks) /* of row_number() and its like the order is the value */
        zpl_origin_look(o, zpl_json_get(v, "orders"), scope, &value);
    else
        look_by(o, zpl_json_get(v, "orders"), scope, &value);
    zpl_origin_see(o, v, scope, &value);
    zpl_origin_look(o, zpl_json_get(v, "default_expr"), scope, &fallback); /* of the row at hand */
    zpl_origin_merge(o, &value, &fallback);
    struct zpl_origin_value chosen = scope->window;
    zpl_origin_see(o, v, scope, &chosen);
    zpl_origin_choose(o, &value, &chosen);
    if (looks_at_all(v, function))
        put_together(o, scope, &value);
    zpl_origin_merge(o, out, &value);
}

/* Everything below: of a function the ORDER BY only chooses. */
static void look_at_parts(struct zpl_origin *o, const struct zpl_json *v,
                          const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    bool function = is_class(v, "FUNCTION");
    for (size_t i = 0; i < zpl_json_count(v); i++) {
        const char *key = zpl_json_key_at(v, i);
        if (function && key != NULL && strcmp(key, "order_bys") == 0)
            look_by(o, member(v, i), scope, out);
        else
            zpl_origin_look(o, member(v, i), scope, out);
    }
}

void zpl_origin_look(struct zpl_origin *o, const struct zpl_json *v,
                     const struct zpl_origin_scope *scope, struct zpl_origin_value *out)
{
    const char *name = zpl_guard_text(v, "function_name");
    if (zpl_guard_is(v, "COLUMN_REF")) {
        look_at_column(o, v, scope, out);
    } else if (is_class(v, "SUBQUERY")) {
        look_at_subquery(o, v, scope, out);
    } else if (is_class(v, "LAMBDA")) {
        look_at_lambda(o, v, scope, out);
    } else if (is_class(v, "WINDOW")) {
        look_at_window(o, v, scope, out);
    } else if (is_class(v, "STAR") || is_class(v, "POSITIONAL_REFERENCE")) {
        add_source(o, scope->from, zpl_guard_text(v, "relation_name"), false, out);
        out->unknown = out->unknown || scope->from == NULL || scope->from->lost;
    } else if (zpl_guard_is(v, "VALUE_PARAMETER")) {
        look_at_param(o, v, out);
    } else if (is_class(v, "FUNCTION") && zpl_origin_is_aggregate(name != NULL ? name : "")) {
        struct zpl_origin_value value = {0};
        look_at_parts(o, v, scope, &value);
        if (zpl_json_kind(zpl_json_get(v, "filter")) != ZPL_JSON_OBJECT)
            put_together(o, scope, &value);
        zpl_origin_merge(o, out, &value);
    } else {
        look_at_parts(o, v, scope, out);
    }
}
