/* reply_bind.c - what the engine says of a query, as JSON, both ways: its row, what it reads, where columns and
 * rows come from; or what is wrong with it.   Floor: vm. */
#include <limits.h>
#include <string.h>

#include "lang/base/text.h"
#include "vm/protocol/json_read.h"
#include "vm/protocol/protocol.h"
#include "vm/protocol/reply.h"

static struct zpl_json *scope_json(const struct zpl_bind_error *error)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < error->scope_count; i++) {
        const struct zpl_bind_scope *scope = &error->scope[i];
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "name", zpl_json_string(scope->name));
        zpl_json_set_take(o, "given", zpl_json_bool(scope->given));
        zpl_json_set_take(o, "columns",
                          zpl_names_json(scope->columns, zpl_names_count(scope->columns)));
        zpl_json_add_take(list, o);
    }
    return list;
}

static struct zpl_json *bind_error_json(const struct zpl_bind_error *error)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "fault", zpl_json_int(error->fault));
    zpl_json_set_take(o, "message", zpl_json_string(error->message));
    zpl_json_set_take(o, "name", zpl_json_string(error->name));
    if (error->candidates != NULL)
        zpl_json_set_take(o, "candidates",
                          zpl_names_json(error->candidates, zpl_names_count(error->candidates)));
    zpl_json_set_take(o, "offset", zpl_json_int(error->offset));
    zpl_json_set_take(o, "length", zpl_json_int((int64_t)error->length));
    zpl_json_set_take(o, "scope", scope_json(error));
    return o;
}

static struct zpl_json *warnings_json(const struct zpl_bind_answer *answer)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < answer->warning_count; i++) {
        const struct zpl_bind_warning *warning = &answer->warnings[i];
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "message", zpl_json_string(warning->message));
        zpl_json_set_take(o, "offset", zpl_json_int(warning->offset));
        zpl_json_set_take(o, "length", zpl_json_int((int64_t)warning->length));
        zpl_json_add_take(list, o);
    }
    return list;
}

/* [TABLE, COLUMN], and true for a key, else of which rows it is when not of that at hand, of what chooses when not
 * of any. */
static struct zpl_json *source_json(const struct zpl_bind_source *source)
{
    struct zpl_json *pair = zpl_json_array();
    zpl_json_add_take(pair, zpl_json_int(source->table));
    zpl_json_add_take(pair, zpl_json_int(source->column));
    if (source->key)
        zpl_json_add_take(pair, zpl_json_bool(true));
    else if (source->when != (source->by ? ZPL_WHEN_ANY : ZPL_WHEN_SAME))
        zpl_json_add_take(pair, zpl_json_string(zpl_when_name(source->when)));
    return pair;
}

/* [[TABLE, of which rows where these are not any], …] */
static struct zpl_json *chosen_json(const struct zpl_bind_choice *choices, size_t count)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < count; i++) {
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, zpl_json_int(choices[i].table));
        if (choices[i].when != ZPL_WHEN_ANY)
            zpl_json_add_take(pair, zpl_json_string(zpl_when_name(choices[i].when)));
        zpl_json_add_take(list, pair);
    }
    return list;
}

static struct zpl_json *numbers_json(const uint32_t *numbers, size_t count)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < count; i++)
        zpl_json_add_take(list, zpl_json_int(numbers[i]));
    return list;
}

/* What is not there is an empty list: answers are many, and most say little. */
static void set_list(struct zpl_json *o, const char *name, struct zpl_json *list)
{
    if (zpl_json_count(list) > 0)
        zpl_json_set_take(o, name, list);
    else
        zpl_json_release(list);
}

static bool is_chosen(const struct zpl_bind_origin *origin)
{
    size_t count = 0;
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        count += origin->chosen_count[k];
    return count > 0;
}

/* The column that other rows are before or after: of a table, else of the result. */
static struct zpl_json *order_json(const struct zpl_bind_order *order)
{
    struct zpl_json *o = zpl_json_object();
    if (order->of == ZPL_ORDER_SOURCE)
        zpl_json_set_take(o, "table", zpl_json_int(order->table));
    zpl_json_set_take(o, "column", zpl_json_int(order->column));
    if (order->nulls_first)
        zpl_json_set_take(o, "nulls_first", zpl_json_bool(true));
    return o;
}

/* [TABLE, COLUMN] of a column passed on; { of, by, order, over, with, rows, gaps, picks, plain } of any other;
 * "all" when not known. */
static struct zpl_json *origin_json(const struct zpl_bind_origin *origin)
{
    if (origin->all)
        return zpl_json_string("all");
    if (origin->plain && origin->count == 1 && origin->over_count + origin->with_count == 0 &&
        !is_chosen(origin))
        return source_json(&origin->sources[0]);
    struct zpl_json *o = zpl_json_object();
    struct zpl_json *of = zpl_json_array();
    struct zpl_json *by = zpl_json_array();
    for (size_t i = 0; i < origin->count; i++)
        zpl_json_add_take(origin->sources[i].by ? by : of, source_json(&origin->sources[i]));
    set_list(o, "of", of);
    set_list(o, "by", by);
    if (origin->order.of != ZPL_ORDER_NONE)
        zpl_json_set_take(o, "order", order_json(&origin->order));
    set_list(o, "over", numbers_json(origin->over, origin->over_count));
    set_list(o, "with", numbers_json(origin->with, origin->with_count));
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        set_list(o, zpl_choice_names[k], chosen_json(origin->chosen[k], origin->chosen_count[k]));
    if (origin->plain)
        zpl_json_set_take(o, "plain", zpl_json_bool(true));
    return o;
}

static struct zpl_json *rows_json(const struct zpl_bind_answer *answer)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < answer->rows_count; i++) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "tables", numbers_json(answer->rows[i].tables, answer->rows[i].count));
        zpl_json_set_take(o, "filtered", zpl_json_bool(answer->rows[i].filtered));
        zpl_json_set_take(o, "repeats", zpl_json_bool(answer->rows[i].repeats));
        zpl_json_set_take(o, "grouped", zpl_json_bool(answer->rows[i].grouped));
        zpl_json_add_take(list, o);
    }
    return list;
}

/* Where its columns and rows come from. */
static void set_lineage(struct zpl_json *o, const struct zpl_bind_answer *answer)
{
    struct zpl_json *origins = zpl_json_array();
    for (size_t i = 0; answer->origins != NULL && i < answer->row->count; i++)
        zpl_json_add_take(origins, origin_json(&answer->origins[i]));
    if (answer->origins != NULL)
        zpl_json_set_take(o, "origins", origins);
    else
        zpl_json_release(origins);
    if (!answer->rows_unknown)
        zpl_json_set_take(o, "rows", rows_json(answer));
    struct zpl_json *chosen = zpl_json_array();
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        zpl_json_add_take(chosen, origin_json(&answer->choices[k]));
    zpl_json_set_take(o, "choices", chosen);
    set_list(o, "keys", zpl_keys_json(answer->keys, answer->key_count));
}

/* What a query gives, or what is wrong with it. */
enum zpl_err zpl_reply_encode_bind(enum zpl_err err, const struct zpl_bind_answer *answer,
                                   size_t table_count, const struct zpl_diags *diags,
                                   struct zpl_buf *out)
{
    struct zpl_json *o = zpl_json_object();
    if (err == ZPL_OK && answer->error.message != NULL) {
        zpl_json_set_take(o, "error", bind_error_json(&answer->error));
    } else if (err == ZPL_OK) {
        struct zpl_json *reads = zpl_json_array();
        for (size_t i = 0; i < table_count; i++) {
            const struct zpl_bind_reads *r = &answer->reads[i];
            struct zpl_json *item = zpl_json_object();
            zpl_json_set_take(item, "used", zpl_json_bool(r->used));
            zpl_json_set_take(item, "all", zpl_json_bool(r->all));
            zpl_json_set_take(item, "columns", zpl_names_json(r->columns, r->count));
            zpl_json_add_take(reads, item);
        }
        zpl_json_set_take(o, "row", zpl_row_json(answer->row));
        zpl_json_set_take(o, "reads", reads);
        zpl_json_set_take(o, "identity", zpl_json_string(answer->identity));
        zpl_json_set_take(
            o, "params", zpl_names_json(answer->params_used, zpl_names_count(answer->params_used)));
        zpl_json_set_take(o, "warnings", warnings_json(answer));
        set_lineage(o, answer);
    }
    return zpl_reply_write(err, o, diags, out);
}

/* A place in a query. */
static bool read_place(const struct zpl_json *o, long *offset, size_t *length)
{
    int64_t at;
    int64_t bytes;
    if (!zpl_read_int(o, "offset", -1, LONG_MAX, &at) ||
        !zpl_read_int(o, "length", 0, LONG_MAX, &bytes))
        return false;
    *offset = (long)at;
    *length = bytes > 0 ? (size_t)bytes : 1;
    return true;
}

static bool read_scope(const struct zpl_json *o, struct zpl_bind_error *error,
                       struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(o, "scope", &error->scope_count);
    struct zpl_bind_scope *scope = zpl_arena_array(arena, error->scope_count + 1, sizeof *scope);
    if (list == NULL || scope == NULL)
        return false;
    for (size_t i = 0; i < error->scope_count; i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        scope[i].name = zpl_read_text(item, "name", arena);
        if (scope[i].name == NULL || !zpl_read_bool(item, "given", &scope[i].given) ||
            !zpl_read_names(zpl_json_get(item, "columns"), arena, &scope[i].columns, NULL))
            return false;
    }
    error->scope = scope;
    return true;
}

static bool read_bind_error(const struct zpl_json *o, struct zpl_bind_error *error,
                            struct zpl_arena *arena)
{
    int64_t fault;
    error->message = zpl_read_text(o, "message", arena);
    error->name = zpl_read_text(o, "name", arena);
    if (error->message == NULL ||
        !zpl_read_int(o, "fault", ZPL_BIND_FINE, ZPL_BIND_LITERAL, &fault) ||
        !read_place(o, &error->offset, &error->length) || !read_scope(o, error, arena))
        return false;
    error->fault = (enum zpl_bind_fault)fault;
    return zpl_read_names(zpl_json_get(o, "candidates"), arena, &error->candidates, NULL);
}

/* One entry a table of the question: whoever asked goes over them by its own count. */
static bool read_reads(const struct zpl_json *answer, size_t table_count,
                       const struct zpl_bind_reads **out, struct zpl_arena *arena)
{
    size_t count;
    const struct zpl_json *list = zpl_read_list(answer, "reads", &count);
    struct zpl_bind_reads *reads = zpl_arena_array(arena, table_count + 1, sizeof *reads);
    if (list == NULL || count != table_count || reads == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        if (!zpl_read_bool(item, "used", &reads[i].used) ||
            !zpl_read_bool(item, "all", &reads[i].all) ||
            !zpl_read_names(zpl_json_get(item, "columns"), arena, &reads[i].columns,
                            &reads[i].count))
            return false;
    }
    *out = reads;
    return true;
}

static bool read_warnings(const struct zpl_json *answer, struct zpl_bind_answer *out,
                          struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(answer, "warnings", &out->warning_count);
    struct zpl_bind_warning *warnings =
        zpl_arena_array(arena, out->warning_count + 1, sizeof *warnings);
    if (list == NULL || warnings == NULL)
        return false;
    for (size_t i = 0; i < out->warning_count; i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        warnings[i].message = zpl_read_text(item, "message", arena);
        if (warnings[i].message == NULL ||
            !read_place(item, &warnings[i].offset, &warnings[i].length))
            return false;
    }
    out->warnings = warnings;
    return true;
}

static bool read_source(const struct zpl_json *pair, size_t table_count, bool by,
                        struct zpl_bind_source *out)
{
    int64_t table = zpl_json_i64(zpl_json_at(pair, 0), -1);
    int64_t column = zpl_json_i64(zpl_json_at(pair, 1), -1);
    if (table < 0 || (uint64_t)table >= table_count || column < 0 || column > UINT32_MAX)
        return false;
    const struct zpl_json *last = zpl_json_at(pair, 2);
    bool key = by && zpl_json_truth(last, false);
    uint8_t when = key || (by && last == NULL) ? ZPL_WHEN_ANY
                   : last == NULL              ? ZPL_WHEN_SAME
                                               : zpl_when_read(zpl_json_str(last, ""));
    *out = (struct zpl_bind_source){(uint32_t)table, (uint32_t)column, by, key, when};
    return when != ZPL_WHEN_UNKNOWN;
}

/* A list of numbers below `end`; NULL: it is none. */
static const uint32_t *read_numbers(const struct zpl_json *list, size_t end, size_t *count,
                                    struct zpl_arena *arena)
{
    *count = zpl_json_count(list);
    uint32_t *numbers = zpl_arena_array(arena, *count + 1, sizeof *numbers);
    for (size_t i = 0; numbers != NULL && i < *count; i++) {
        int64_t number = zpl_json_i64(zpl_json_at(list, i), -1);
        if (number < 0 || (uint64_t)number >= end)
            return NULL;
        numbers[i] = (uint32_t)number;
    }
    return numbers;
}

/* NULL: it is no such list. */
static const struct zpl_bind_choice *read_chosen(const struct zpl_json *list, size_t table_count,
                                                 size_t *count, struct zpl_arena *arena)
{
    *count = zpl_json_count(list);
    struct zpl_bind_choice *choices = zpl_arena_array(arena, *count + 1, sizeof *choices);
    for (size_t i = 0; choices != NULL && i < *count; i++) {
        const struct zpl_json *pair = zpl_json_at(list, i), *when = zpl_json_at(pair, 1);
        int64_t table = zpl_json_i64(zpl_json_at(pair, 0), -1);
        choices[i].when = when == NULL ? ZPL_WHEN_ANY : zpl_when_read(zpl_json_str(when, ""));
        if (table < 0 || (uint64_t)table >= table_count || choices[i].when == ZPL_WHEN_UNKNOWN)
            return NULL;
        choices[i].table = (uint32_t)table;
    }
    return choices;
}

/* Nothing is an order too: none. */
static bool read_order(const struct zpl_json *json, size_t table_count, struct zpl_bind_order *out)
{
    int64_t table = zpl_json_i64(zpl_json_get(json, "table"), -1);
    int64_t column = zpl_json_i64(zpl_json_get(json, "column"), -1);
    if (json == NULL)
        return true;
    if (table >= 0 && (uint64_t)table >= table_count)
        return false;
    *out = (struct zpl_bind_order){.of = table >= 0 ? ZPL_ORDER_SOURCE : ZPL_ORDER_RESULT,
                                   .table = table >= 0 ? (uint32_t)table : 0,
                                   .column = (uint32_t)column,
                                   .nulls_first =
                                       zpl_json_truth(zpl_json_get(json, "nulls_first"), false)};
    return column >= 0 && column <= UINT32_MAX;
}

static bool read_origin(const struct zpl_json *json, size_t table_count,
                        struct zpl_bind_origin *out, struct zpl_arena *arena)
{
    const struct zpl_json *lists[] = {zpl_json_get(json, "of"), zpl_json_get(json, "by")};
    bool alone = zpl_json_kind(json) == ZPL_JSON_ARRAY;
    out->all = strcmp(zpl_json_str(json, ""), "all") == 0;
    if (out->all)
        return true;
    out->count = alone ? 1 : zpl_json_count(lists[0]) + zpl_json_count(lists[1]);
    out->sources = zpl_arena_array(arena, out->count + 1, sizeof *out->sources);
    if (out->sources == NULL)
        return false;
    out->plain = alone || zpl_json_truth(zpl_json_get(json, "plain"), false);
    if (alone)
        return read_source(json, table_count, false, &out->sources[0]);
    size_t next = 0;
    for (size_t by = 0; by < 2; by++)
        for (size_t i = 0; i < zpl_json_count(lists[by]); i++)
            if (!read_source(zpl_json_at(lists[by], i), table_count, by, &out->sources[next++]))
                return false;
    if (!read_order(zpl_json_get(json, "order"), table_count, &out->order))
        return false;
    out->over = read_numbers(zpl_json_get(json, "over"), table_count, &out->over_count, arena);
    out->with = read_numbers(zpl_json_get(json, "with"), UINT32_MAX, &out->with_count, arena);
    for (size_t k = 0; k < ZPL_CHOICES; k++) {
        out->chosen[k] = read_chosen(zpl_json_get(json, zpl_choice_names[k]), table_count,
                                     &out->chosen_count[k], arena);
        if (out->chosen[k] == NULL)
            return false;
    }
    return zpl_json_kind(json) == ZPL_JSON_OBJECT && out->over != NULL && out->with != NULL;
}

/* Where columns and rows come from; either may be absent: not known. */
static bool read_lineage(const struct zpl_json *answer, size_t table_count,
                         struct zpl_bind_answer *out, struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_json_get(answer, "origins");
    const struct zpl_json *rows = zpl_json_get(answer, "rows");
    size_t count = out->row->count;
    struct zpl_bind_origin *origins = zpl_arena_array(arena, count + 1, sizeof *origins);
    struct zpl_bind_rows *made = zpl_arena_array(arena, zpl_json_count(rows) + 1, sizeof *made);
    if (origins == NULL || made == NULL || (list != NULL && zpl_json_count(list) != count))
        return false;
    for (size_t i = 0; list != NULL && i < count; i++)
        if (!read_origin(zpl_json_at(list, i), table_count, &origins[i], arena))
            return false;
    for (size_t i = 0; i < zpl_json_count(rows); i++) {
        const struct zpl_json *tables =
            zpl_read_list(zpl_json_at(rows, i), "tables", &made[i].count);
        made[i].tables =
            tables != NULL ? read_numbers(tables, table_count, &made[i].count, arena) : NULL;
        if (made[i].tables == NULL ||
            !zpl_read_bool(zpl_json_at(rows, i), "filtered", &made[i].filtered) ||
            !zpl_read_bool(zpl_json_at(rows, i), "repeats", &made[i].repeats) ||
            !zpl_read_bool(zpl_json_at(rows, i), "grouped", &made[i].grouped))
            return false;
    }
    const struct zpl_json *chosen = zpl_json_get(answer, "choices");
    for (size_t k = 0; k < ZPL_CHOICES; k++)
        if (!read_origin(zpl_json_at(chosen, k), table_count, &out->choices[k], arena))
            return false;
    out->origins = list != NULL ? origins : NULL;
    out->rows = made;
    out->rows_count = zpl_json_count(rows);
    out->rows_unknown = rows == NULL;
    return true;
}

static bool read_bound(const struct zpl_json *answer, size_t table_count,
                       struct zpl_bind_answer *out, struct zpl_arena *arena)
{
    out->row = zpl_read_row(zpl_json_get(answer, "row"), arena);
    out->identity = zpl_read_text(answer, "identity", arena);
    return out->row != NULL && out->identity != NULL &&
           read_reads(answer, table_count, &out->reads, arena) &&
           zpl_read_names(zpl_json_get(answer, "params"), arena, &out->params_used, NULL) &&
           read_warnings(answer, out, arena) && read_lineage(answer, table_count, out, arena) &&
           zpl_read_keys(zpl_json_get(answer, "keys"), out->row, arena, &out->keys,
                         &out->key_count);
}

/* Reads the binder's answer. */
enum zpl_err zpl_reply_decode_bind(const void *data, size_t len, size_t table_count,
                                   struct zpl_bind_answer *out, struct zpl_arena *arena,
                                   struct zpl_diags *diags)
{
    struct zpl_json *json;
    enum zpl_err err = zpl_reply_open(data, len, &json, diags);
    memset(out, 0, sizeof *out);
    if (err == ZPL_OK) {
        const struct zpl_json *answer = zpl_json_get(json, "answer");
        const struct zpl_json *error = zpl_json_get(answer, "error");
        err = zpl_reply_judge(error != NULL ? read_bind_error(error, &out->error, arena)
                                            : read_bound(answer, table_count, out, arena),
                              arena, diags);
    }
    zpl_json_release(json);
    return err;
}
