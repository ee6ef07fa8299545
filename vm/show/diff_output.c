/* diff_output.c - one output of two runs: bytes, columns, fields.   Floor: vm. */
#include "vm/show/diff_output.h"

#include <string.h>

#include "lang/types/signature.h"

static const struct zpl_type *type_of(const struct zpl_json *output, struct zpl_arena *arena)
{
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    const char *text = zpl_json_str(zpl_json_get(output, "type"), NULL);
    return text != NULL && zpl_type_parse(text, arena, &type, &error) == ZPL_OK ? type : NULL;
}

static const struct zpl_row *columns_of(const struct zpl_type *type)
{
    return type != NULL && type->kind == ZPL_TABLE ? type->row : NULL;
}

/* Names of the columns of one row that the other does not have. */
static struct zpl_json *only_in(const struct zpl_row *row, const struct zpl_row *other)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < row->count; i++)
        if (zpl_row_find(other, row->columns[i].name) == NULL)
            zpl_json_add_take(list, zpl_json_string(row->columns[i].name));
    return list;
}

/* Columns of both, whose types differ. */
static struct zpl_json *retyped(const struct zpl_row *was, const struct zpl_row *is,
                                struct zpl_arena *arena)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < is->count; i++) {
        const struct zpl_column *old = zpl_row_find(was, is->columns[i].name);
        const char *before = old != NULL ? zpl_type_text(old->type, false, arena) : NULL;
        const char *after = zpl_type_text(is->columns[i].type, false, arena);
        if (before == NULL || after == NULL || strcmp(before, after) == 0)
            continue;
        struct zpl_json *o = zpl_json_object(), *types = zpl_json_array();
        zpl_json_add_take(types, zpl_json_string(before));
        zpl_json_add_take(types, zpl_json_string(after));
        zpl_json_set_take(o, "name", zpl_json_string(is->columns[i].name));
        zpl_json_set_take(o, "types", types);
        zpl_json_add_take(list, o);
    }
    return list;
}

static void add_columns(struct zpl_json *o, const struct zpl_type *was, const struct zpl_type *is,
                        struct zpl_arena *arena)
{
    const struct zpl_row *before = columns_of(was), *after = columns_of(is);
    if (before == NULL || after == NULL)
        return;
    struct zpl_json *columns = zpl_json_object();
    zpl_json_set_take(columns, "added", only_in(after, before));
    zpl_json_set_take(columns, "removed", only_in(before, after));
    zpl_json_set_take(columns, "changed", retyped(before, after, arena));
    zpl_json_set_take(o, "columns", columns);
}

bool zpl_diff_is_number(const struct zpl_json *v)
{
    return zpl_json_kind(v) == ZPL_JSON_INT || zpl_json_kind(v) == ZPL_JSON_REAL;
}

void zpl_diff_field(struct zpl_json *list, const char *name, const struct zpl_json *a,
                    const struct zpl_json *b)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(name));
    zpl_json_set_take(o, "values", zpl_diff_pair(a, b));
    if (zpl_json_kind(a) == ZPL_JSON_INT && zpl_json_kind(b) == ZPL_JSON_INT)
        zpl_json_set_take(o, "difference",
                          zpl_json_real((double)zpl_json_i64(b, 0) - (double)zpl_json_i64(a, 0)));
    else if (zpl_diff_is_number(a) && zpl_diff_is_number(b))
        zpl_json_set_take(o, "difference", zpl_json_real(zpl_json_f64(b, 0) - zpl_json_f64(a, 0)));
    zpl_json_add_take(list, o);
}

/* The fields of a report or record, in the order of its type; a scalar has one without a name. */
static void add_fields(struct zpl_json *o, const struct zpl_json *was, const struct zpl_json *is,
                       const struct zpl_type *type)
{
    struct zpl_json *list;
    if (was == NULL && is == NULL)
        return;
    list = zpl_json_array();
    if (zpl_json_kind(was) != ZPL_JSON_OBJECT && zpl_json_kind(is) != ZPL_JSON_OBJECT)
        zpl_diff_field(list, "", was, is);
    for (size_t i = 0; type != NULL && type->row != NULL && i < type->row->count; i++) {
        const char *name = type->row->columns[i].name;
        zpl_diff_field(list, name, zpl_json_get(was, name), zpl_json_get(is, name));
    }
    zpl_json_set_take(o, "fields", list);
}

struct zpl_json *zpl_diff_output(const char *name, const struct zpl_json *a,
                                 const struct zpl_json *b)
{
    static const char *const FACTS[] = {"type", "rows", "bytes"};
    struct zpl_json *o = zpl_json_object();
    struct zpl_arena arena = {0};
    const struct zpl_type *was = type_of(a, &arena), *is = type_of(b, &arena);
    zpl_json_set_take(o, "name", zpl_json_string(name));
    zpl_json_set_take(
        o, "same",
        zpl_json_bool(a != NULL && b != NULL &&
                      zpl_diff_equal(zpl_json_get(a, "digest"), zpl_json_get(b, "digest"))));
    for (size_t i = 0; i < sizeof FACTS / sizeof FACTS[0]; i++)
        if (zpl_json_get(a, FACTS[i]) != NULL || zpl_json_get(b, FACTS[i]) != NULL)
            zpl_json_set_take(o, FACTS[i],
                              zpl_diff_pair(zpl_json_get(a, FACTS[i]), zpl_json_get(b, FACTS[i])));
    add_columns(o, was, is, &arena);
    add_fields(o, zpl_json_get(a, "value"), zpl_json_get(b, "value"), is != NULL ? is : was);
    zpl_arena_release(&arena);
    return o;
}

/* The mean of a number over items, `field` of what the output holds, NULL: it is the number; NULL: none made one. */
static struct zpl_json *mean_of(const struct zpl_json *items, const char *output, const char *field)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < zpl_json_count(items); i++) {
        const struct zpl_json *outputs = zpl_json_get(zpl_json_at(items, i), "outputs");
        const struct zpl_json *value = zpl_json_get(zpl_json_get(outputs, output), "value");
        value = field != NULL ? zpl_json_get(value, field) : value;
        if (!zpl_diff_is_number(value))
            continue;
        sum += zpl_json_f64(value, 0);
        count++;
    }
    return count > 0 ? zpl_json_real(sum / (double)count) : NULL;
}

static void add_mean(struct zpl_json *list, const char *output, const char *field,
                     const struct zpl_json *a, const struct zpl_json *b, struct zpl_arena *arena)
{
    struct zpl_json *was = mean_of(a, output, field), *is = mean_of(b, output, field);
    const char *name = field != NULL ? zpl_arena_printf(arena, "mean %s", field) : "mean";
    if ((was != NULL || is != NULL) && name != NULL)
        zpl_diff_field(list, name, was, is);
    zpl_json_release(was);
    zpl_json_release(is);
}

struct zpl_json *zpl_diff_items(const struct zpl_json *outputs, const struct zpl_json *a,
                                const struct zpl_json *b)
{
    struct zpl_json *list = zpl_json_array();
    struct zpl_arena arena = {0};
    const char *name;
    for (size_t i = 0; (name = zpl_json_key_at(outputs, i)) != NULL; i++) {
        const struct zpl_type *type = type_of(zpl_json_value_at(outputs, i), &arena);
        struct zpl_json *fields = zpl_json_array();
        bool table = type == NULL || type->kind == ZPL_TABLE;
        for (size_t k = 0; !table && type->row != NULL && k < type->row->count; k++)
            add_mean(fields, name, type->row->columns[k].name, a, b, &arena);
        if (!table && type->row == NULL)
            add_mean(fields, name, NULL, a, b, &arena);
        if (zpl_json_count(fields) > 0) {
            struct zpl_json *o = zpl_json_object();
            zpl_json_set_take(o, "name", zpl_json_string(name));
            zpl_json_set_take(o, "same", zpl_json_bool(false));
            zpl_json_set_take(o, "fields", zpl_json_ref(fields));
            zpl_json_add_take(list, o);
        }
        zpl_json_release(fields);
    }
    zpl_arena_release(&arena);
    return list;
}
