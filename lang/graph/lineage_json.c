/* lineage_json.c - see lineage_json.h.   Floor: lang/graph. */
#include "lang/graph/lineage_json.h"

#include <string.h>
#include "lang/graph/body_kind.h"
#include "lang/graph/lineage.h"

static bool is_query(const struct zpl_node *node, const struct zpl_output *output)
{
    return zpl_body_kind(node->kernel)->body == ZPL_BODY_SQL && output->type &&
           output->type->kind == ZPL_TABLE;
}

static const struct zpl_row *row_of(const struct zpl_node *node, size_t argument)
{
    const struct zpl_type *type =
        argument < node->argument_count ? node->arguments[argument].value->type : NULL;
    return type && type->kind == ZPL_TABLE ? type->row : NULL;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* [[ARGUMENT, COLUMN], …] of the sources that are keys of the rows, that choose otherwise, or of the others; also of
 * which rows, when not of that at hand, of what chooses when not of any. */
static struct zpl_json *sources_json(const struct zpl_node *node,
                                     const struct zpl_column_origin *origin, bool by, bool key)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < origin->count; i++) {
        const struct zpl_column_source *s = &origin->sources[i];
        if (s->by != by || s->key != key)
            continue;
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, zpl_json_string(node->arguments[s->argument].name));
        zpl_json_add_take(pair,
                          zpl_json_string(row_of(node, s->argument)->columns[s->column].name));
        if (!key && s->when != (by ? ZPL_WHEN_ANY : ZPL_WHEN_SAME))
            zpl_json_add_take(pair, zpl_json_string(zpl_when_name(s->when)));
        zpl_json_add_take(array, pair);
    }
    return array;
}

/* [ARGUMENT, …] of tables whose rows decide; [ARGUMENT, of which rows] where these are not any. */
static struct zpl_json *chosen_json(const struct zpl_node *node,
                                    const struct zpl_column_choice *choices, size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++) {
        struct zpl_json *name = zpl_json_string(node->arguments[choices[i].argument].name);
        if (choices[i].when == ZPL_WHEN_ANY || choices[i].when == ZPL_WHEN_UNKNOWN) {
            zpl_json_add_take(array, name);
            continue;
        }
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, name);
        zpl_json_add_take(pair, zpl_json_string(zpl_when_name(choices[i].when)));
        zpl_json_add_take(array, pair);
    }
    return array;
}

/* The column that other rows are before or after: of an argument, else of the output. */
static struct zpl_json *order_json(const struct zpl_node *node, const struct zpl_output *output,
                                   const struct zpl_column_order *order)
{
    struct zpl_json *object = zpl_json_object();
    const struct zpl_row *row =
        order->of == ZPL_COLUMN_ORDER_SOURCE ? row_of(node, order->argument) : output->type->row;
    if (order->of == ZPL_COLUMN_ORDER_SOURCE)
        zpl_json_set_take(object, "of", zpl_json_string(node->arguments[order->argument].name));
    zpl_json_set_take(object, "column", zpl_json_string(row->columns[order->column].name));
    if (order->nulls_first)
        zpl_json_set_take(object, "nulls_first", zpl_json_bool(true));
    return object;
}

static struct zpl_json *names_json(const struct zpl_node *node, const uint32_t *arguments,
                                   size_t count)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(array, zpl_json_string(node->arguments[arguments[i]].name));
    return array;
}

static void set_sources(struct zpl_json *object, const char *key, struct zpl_json *sources)
{
    if (zpl_json_count(sources) > 0)
        zpl_json_set_take(object, key, sources);
    else
        zpl_json_release(sources);
}

static struct zpl_json *origin_json(const struct zpl_node *node, const struct zpl_output *output,
                                    const struct zpl_column_origin *origin)
{
    if (origin->all)
        return zpl_json_string("all");
    struct zpl_json *object = zpl_json_object();
    set_sources(object, "of", sources_json(node, origin, false, false));
    set_sources(object, "by", sources_json(node, origin, true, false));
    set_sources(object, "key", sources_json(node, origin, true, true));
    if (origin->order.of != ZPL_COLUMN_ORDER_NONE)
        zpl_json_set_take(object, "order", order_json(node, output, &origin->order));
    set_sources(object, "over", names_json(node, origin->over, origin->over_count));
    set_sources(object, "with", names_json(node, origin->with, origin->with_count));
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        set_sources(object, zpl_choice_names[k],
                    chosen_json(node, origin->chosen[k], origin->chosen_count[k]));
    if (origin->plain)
        zpl_json_set_take(object, "plain", zpl_json_bool(true));
    return object;
}

/* What decides the rows; an empty object: nothing does. */
static struct zpl_json *choices_json(const struct zpl_node *node, const struct zpl_output *output)
{
    struct zpl_json *object = zpl_json_object();
    for (size_t k = 0; k < ZPL_CHOICES; k++) {
        struct zpl_json *origin = origin_json(node, output, &output->choices[k]);
        if (output->choices[k].all || zpl_json_count(origin) > 0)
            zpl_json_set_take(object, zpl_choice_names[k], origin);
        else
            zpl_json_release(origin);
    }
    return object;
}

/* An empty list or object says nothing. */
static bool says(struct zpl_json *json, struct zpl_json **out)
{
    bool empty = json && zpl_json_kind(json) != ZPL_JSON_STRING && zpl_json_count(json) == 0;
    if (empty)
        zpl_json_release(json);
    *out = empty ? NULL : json;
    return !empty;
}

bool zpl_lineage_from(const struct zpl_node *node, const struct zpl_output *output,
                      struct zpl_json **out)
{
    if (!is_query(node, output))
        return false;
    struct zpl_json *from = output->origins ? zpl_json_object() : zpl_json_string("all");
    for (size_t i = 0; output->origins && i < output->type->row->count; i++) {
        const char *name = output->type->row->columns[i].name;
        if (!zpl_lineage_is_obvious(node, name, &output->origins[i]))
            zpl_json_set_take(from, name, origin_json(node, output, &output->origins[i]));
    }
    return says(from, out);
}

bool zpl_lineage_rows(const struct zpl_node *node, const struct zpl_output *output,
                      struct zpl_json **out)
{
    if (!is_query(node, output) || !output->rows)
        return false;
    *out = zpl_json_array();
    for (size_t i = 0; i < output->rows_count; i++) {
        struct zpl_json *object = zpl_json_object();
        zpl_json_set_take(object, "of",
                          names_json(node, output->rows[i].arguments, output->rows[i].count));
        if (output->rows[i].filtered)
            zpl_json_set_take(object, "filtered", zpl_json_bool(true));
        if (output->rows[i].repeats)
            zpl_json_set_take(object, "repeats", zpl_json_bool(true));
        if (output->rows[i].grouped)
            zpl_json_set_take(object, "grouped", zpl_json_bool(true));
        zpl_json_add_take(*out, object);
    }
    return true;
}

bool zpl_lineage_chosen(const struct zpl_node *node, const struct zpl_output *output,
                        struct zpl_json **out)
{
    return is_query(node, output) && output->choices && says(choices_json(node, output), out);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool find_argument(const struct zpl_node *node, const struct zpl_json *name, uint32_t *out)
{
    const char *s = zpl_json_str(name, "");
    for (size_t i = 0; i < node->argument_count; i++)
        if (strcmp(node->arguments[i].name, s) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    return false;
}

/* The numbers of the arguments with these names; NULL: one is unknown, or memory is out. */
static const uint32_t *read_names(const struct zpl_json *array, const struct zpl_node *node,
                                  size_t *count, struct zpl_arena *arena)
{
    *count = zpl_json_count(array);
    uint32_t *arguments = zpl_arena_array(arena, *count, sizeof *arguments);
    for (size_t i = 0; arguments && i < *count; i++)
        if (!find_argument(node, zpl_json_at(array, i), &arguments[i]))
            return NULL;
    return arguments;
}

static bool read_sources(const struct zpl_json *array, const struct zpl_node *node, bool by,
                         bool key, struct zpl_column_source *out)
{
    for (size_t i = 0; i < zpl_json_count(array); i++) {
        const struct zpl_json *pair = zpl_json_at(array, i);
        uint32_t argument;
        if (!find_argument(node, zpl_json_at(pair, 0), &argument))
            return false;
        const struct zpl_row *row = row_of(node, argument);
        const struct zpl_column *column =
            row ? zpl_row_find(row, zpl_json_str(zpl_json_at(pair, 1), "")) : NULL;
        if (!column)
            return false;
        const struct zpl_json *said = zpl_json_at(pair, 2);
        uint8_t when = said == NULL ? (by ? ZPL_WHEN_ANY : ZPL_WHEN_SAME)
                                    : zpl_when_read(zpl_json_str(said, ""));
        if (when == ZPL_WHEN_UNKNOWN)
            return false;
        out[i] =
            (struct zpl_column_source){argument, (uint32_t)(column - row->columns), by, key, when};
    }
    return true;
}

/* Sources stand by argument and column, whichever list they were in. */
static void sort(struct zpl_column_source *sources, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct zpl_column_source moved = sources[i];
        size_t k = i;
        for (; k > 0 && (sources[k - 1].argument > moved.argument ||
                         (sources[k - 1].argument == moved.argument &&
                          sources[k - 1].column > moved.column));
             k--)
            sources[k] = sources[k - 1];
        sources[k] = moved;
    }
}

/* NULL: one is unknown, or memory is out. */
static const struct zpl_column_choice *read_chosen(const struct zpl_json *array,
                                                   const struct zpl_node *node, size_t *count,
                                                   struct zpl_arena *arena)
{
    *count = zpl_json_count(array);
    struct zpl_column_choice *choices = zpl_arena_array(arena, *count, sizeof *choices);
    for (size_t i = 0; choices && i < *count; i++) {
        const struct zpl_json *item = zpl_json_at(array, i);
        bool pair = zpl_json_kind(item) == ZPL_JSON_ARRAY;
        choices[i].when =
            pair ? zpl_when_read(zpl_json_str(zpl_json_at(item, 1), "")) : ZPL_WHEN_ANY;
        if (choices[i].when == ZPL_WHEN_UNKNOWN ||
            !find_argument(node, pair ? zpl_json_at(item, 0) : item, &choices[i].argument))
            return NULL;
    }
    return choices;
}

/* Nothing is an order too: none. */
static bool read_order(const struct zpl_json *json, const struct zpl_node *node,
                       const struct zpl_output *output, struct zpl_column_order *out)
{
    const struct zpl_json *of = zpl_json_get(json, "of");
    const struct zpl_row *row = output->type->row;
    if (!json)
        return true;
    out->of = of ? ZPL_COLUMN_ORDER_SOURCE : ZPL_COLUMN_ORDER_RESULT;
    if (of)
        row = find_argument(node, of, &out->argument) ? row_of(node, out->argument) : NULL;
    const struct zpl_column *column =
        row ? zpl_row_find(row, zpl_json_str(zpl_json_get(json, "column"), "")) : NULL;
    out->column = column ? (uint32_t)(column - row->columns) : 0;
    out->nulls_first = zpl_json_truth(zpl_json_get(json, "nulls_first"), false);
    return column != NULL;
}

static bool read_origin(const struct zpl_json *json, const struct zpl_node *node,
                        const struct zpl_output *output, struct zpl_column_origin *out,
                        struct zpl_arena *arena)
{
    const struct zpl_json *of = zpl_json_get(json, "of"), *by = zpl_json_get(json, "by"),
                          *key = zpl_json_get(json, "key");
    out->all = strcmp(zpl_json_str(json, ""), "all") == 0;
    if (out->all)
        return true;
    size_t first = zpl_json_count(of), second = first + zpl_json_count(by),
           count = second + zpl_json_count(key);
    struct zpl_column_source *sources = zpl_arena_array(arena, count, sizeof *sources);
    if (!sources || zpl_json_kind(json) != ZPL_JSON_OBJECT ||
        !read_sources(of, node, false, false, sources) ||
        !read_sources(by, node, true, false, sources + first) ||
        !read_sources(key, node, true, true, sources + second) ||
        !read_order(zpl_json_get(json, "order"), node, output, &out->order))
        return false;
    sort(sources, count);
    out->sources = sources;
    out->count = count;
    out->plain = zpl_json_truth(zpl_json_get(json, "plain"), false) && first == 1;
    out->over = read_names(zpl_json_get(json, "over"), node, &out->over_count, arena);
    out->with = read_names(zpl_json_get(json, "with"), node, &out->with_count, arena);
    for (size_t k = 0; k < ZPL_CHOICES; k++) {
        out->chosen[k] = read_chosen(zpl_json_get(json, zpl_choice_names[k]), node,
                                     &out->chosen_count[k], arena);
        if (!out->chosen[k])
            return false;
    }
    return out->over && out->with;
}

/* The column of the same name of the first table that has one. */
static bool obvious(const struct zpl_node *node, const char *name, size_t hint,
                    struct zpl_column_origin *out, struct zpl_arena *arena)
{
    struct zpl_column_source *source = zpl_arena_alloc(arena, sizeof *source);
    for (size_t i = 0; source && i < node->argument_count; i++) {
        const struct zpl_row *row = row_of(node, i);
        const struct zpl_column *column = row ? zpl_row_next(row, name, &hint) : NULL;
        if (!column)
            continue;
        *source = (struct zpl_column_source){(uint32_t)i, (uint32_t)(column - row->columns), false,
                                             false, ZPL_WHEN_SAME};
        *out = (struct zpl_column_origin){.sources = source, .count = 1, .plain = true};
        return true;
    }
    return false;
}

static bool read_rows(const struct zpl_json *array, const struct zpl_node *node,
                      struct zpl_output *output, struct zpl_arena *arena)
{
    size_t count = zpl_json_count(array);
    struct zpl_row_origin *rows = zpl_arena_array(arena, count, sizeof *rows);
    for (size_t i = 0; rows && i < count; i++) {
        const struct zpl_json *row = zpl_json_at(array, i);
        rows[i].arguments = read_names(zpl_json_get(row, "of"), node, &rows[i].count, arena);
        rows[i].filtered = zpl_json_truth(zpl_json_get(row, "filtered"), false);
        rows[i].repeats = zpl_json_truth(zpl_json_get(row, "repeats"), false);
        rows[i].grouped = zpl_json_truth(zpl_json_get(row, "grouped"), false);
        if (!rows[i].arguments)
            return false;
    }
    output->rows = rows;
    output->rows_count = count;
    return rows != NULL;
}

static bool read_choices(const struct zpl_json *chosen, const struct zpl_node *node,
                         struct zpl_output *output, struct zpl_arena *arena)
{
    struct zpl_column_origin *read = zpl_arena_array(arena, ZPL_CHOICES, sizeof *read);
    for (size_t k = 0; read && k < ZPL_CHOICES; k++) {
        const struct zpl_json *said = zpl_json_get(chosen, zpl_choice_names[k]);
        if (said && !read_origin(said, node, output, &read[k], arena))
            return false;
    }
    output->choices = read;
    return read != NULL;
}

bool zpl_lineage_read(const struct zpl_json *object, const struct zpl_node *node,
                      struct zpl_output *output, struct zpl_arena *arena)
{
    const struct zpl_json *from = zpl_json_get(object, "from"),
                          *rows = zpl_json_get(object, "rows");
    if (!is_query(node, output))
        return true;
    if (rows && !read_rows(rows, node, output, arena))
        return false;
    if (strcmp(zpl_json_str(from, ""), "all") == 0)
        return true;
    size_t count = output->type->row->count;
    struct zpl_column_origin *origins = zpl_arena_array(arena, count, sizeof *origins);
    for (size_t i = 0; origins && i < count; i++) {
        const char *name = output->type->row->columns[i].name;
        const struct zpl_json *said = zpl_json_get(from, name);
        if (said ? !read_origin(said, node, output, &origins[i], arena)
                 : !obvious(node, name, i, &origins[i], arena))
            return false;
    }
    output->origins = origins;
    return origins != NULL && read_choices(zpl_json_get(object, "chosen"), node, output, arena);
}
