/* tensor.c - see tensor.h: what SQL is told of Tensors, and the functions that turn them into lists.
 * Floor: stdlib. */
#include "stdlib/table/tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "lang/base/text.h"
#include "stdlib/table/tensor_value.h"

/* "Tensor f32[3, 4]" without refinements, in quotes. */
static void add_type(const struct zpl_type *type, struct zpl_buf *out)
{
    struct zpl_type plain = *type;
    struct zpl_buf text = {0};
    plain.refine = NULL;
    plain.optional = false;
    zpl_type_show(&plain, false, &text);
    zpl_duck_text(out, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
}

void zpl_tensor_shown(const struct zpl_type *type, const char *x, struct zpl_buf *out)
{
    zpl_buf_printf(out, "zpl_list_%s(%s)", type->dtype, x);
}

void zpl_tensor_made(const struct zpl_type *type, const char *x, struct zpl_buf *out)
{
    zpl_buf_printf(out, "zpl_tensor(%s, ", x);
    add_type(type, out);
    zpl_buf_putc(out, ')');
}

void zpl_tensor_why(const struct zpl_type *type, const char *x, struct zpl_buf *out)
{
    zpl_buf_printf(out, "zpl_tensor_why(%s, ", x);
    add_type(type, out);
    zpl_buf_putc(out, ')');
}

void zpl_tensor_figures_sql(const struct zpl_type *type, const char *x, struct zpl_buf *out)
{
    zpl_buf_printf(out, "zpl_tensor_figures(%s, ", x);
    add_type(type, out);
    zpl_buf_putc(out, ')');
}

uint64_t zpl_tensor_bytes(const struct zpl_type *type)
{
    uint64_t count;
    size_t names;
    return zpl_tensor_size(type, &count, &names) && names == 0
               ? count * zpl_tensor_element(type->dtype)->bytes
               : 0;
}

duckdb_type zpl_tensor_innermost(const struct zpl_duck_api *api, duckdb_logical_type from,
                                 size_t *depth)
{
    duckdb_type id = api->get_type_id(from);
    if (id != DUCKDB_TYPE_LIST && id != DUCKDB_TYPE_ARRAY)
        return id;
    duckdb_logical_type child =
        id == DUCKDB_TYPE_LIST ? api->list_type_child_type(from) : api->array_type_child_type(from);
    ++*depth;
    id = zpl_tensor_innermost(api, child, depth);
    api->destroy_logical_type(&child);
    return id;
}

static const char *const forms[] = {[ZPL_TENSOR_BOOL] = "Bools",
                                    [ZPL_TENSOR_SIGNED] = "numbers",
                                    [ZPL_TENSOR_UNSIGNED] = "numbers",
                                    [ZPL_TENSOR_REAL] = "numbers"};

const char *zpl_tensor_refused(const struct zpl_duck_api *api, duckdb_logical_type from,
                               const struct zpl_type *type, struct zpl_arena *arena)
{
    uint64_t count;
    size_t names = 0, depth = 0;
    const char *text = zpl_type_text(type, true, arena);
    duckdb_type id = zpl_tensor_innermost(api, from, &depth);
    bool truth = zpl_tensor_element(type->dtype)->form == ZPL_TENSOR_BOOL;
    zpl_tensor_size(type, &count, &names);
    if (names > 1)
        return zpl_arena_printf(arena,
                                "is declared as %s, and of a column one dimension at most may be "
                                "a name: write numbers",
                                text);
    if (depth == 0 && id == DUCKDB_TYPE_BLOB)
        return NULL;
    if (depth == 0)
        return zpl_arena_printf(arena, "holds no lists, but %s is declared", text);
    if (depth > 1 && depth != zpl_names_count(type->values))
        return zpl_arena_printf(arena, "holds lists in %zu levels, but %s is declared", depth,
                                text);
    if (truth ? id != DUCKDB_TYPE_BOOLEAN : !zpl_tensor_is_number(id))
        return zpl_arena_printf(arena, "holds lists of other things than %s, but %s is declared",
                                forms[zpl_tensor_element(type->dtype)->form], text);
    return NULL;
}

/* ---- functions of SQL ---- */

static bool is_valid(const uint64_t *validity, idx_t at)
{
    return validity == NULL || (validity[at / 64] >> (at % 64) & 1) != 0;
}

static void set_null(const struct zpl_duck_api *api, duckdb_vector vector, idx_t at)
{
    api->vector_ensure_validity_writable(vector);
    api->vector_get_validity(vector)[at / 64] &= ~((uint64_t)1 << (at % 64));
}

/* zpl_list_f32: stored bytes as a list. */
static void list_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    const struct zpl_tensor_element *element = api->scalar_function_get_extra_info(info);
    duckdb_vector blobs = api->data_chunk_get_vector(input, 0);
    const uint64_t *validity = api->vector_get_validity(blobs);
    duckdb_list_entry *entries = api->vector_get_data(output);
    idx_t count = api->data_chunk_get_size(input), total = 0;
    size_t n;
    for (idx_t i = 0; i < count; i++)
        if (is_valid(validity, i)) {
            zpl_duck_string(blobs, i, &n);
            total += n / element->bytes;
        }
    if (api->list_vector_reserve(output, total) != DuckDBSuccess ||
        api->list_vector_set_size(output, total) != DuckDBSuccess) {
        api->scalar_function_set_error(info, "out of memory");
        return;
    }
    char *items = api->vector_get_data(api->list_vector_get_child(output));
    idx_t at = 0;
    for (idx_t i = 0; i < count; i++) {
        entries[i] = (duckdb_list_entry){.offset = at};
        if (!is_valid(validity, i)) {
            set_null(api, output, i);
            continue;
        }
        const char *bytes = zpl_duck_string(blobs, i, &n);
        entries[i].length = n / element->bytes;
        memcpy(items + at * element->bytes, bytes, entries[i].length * element->bytes);
        at += entries[i].length;
    }
}

/* The Tensor of a chunk, which the second argument names in each row; NULL after telling. */
static const struct zpl_type *type_of(duckdb_function_info info, duckdb_data_chunk input,
                                      struct zpl_arena *arena)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    const struct zpl_type *type = NULL;
    struct zpl_signature_error error = {0};
    size_t n;
    const char *s = zpl_duck_string(api->data_chunk_get_vector(input, 1), 0, &n);
    const char *text = zpl_arena_strndup(arena, s, n);
    if (text == NULL || zpl_type_parse(text, arena, &type, &error) != ZPL_OK ||
        type->kind != ZPL_TENSOR) {
        api->scalar_function_set_error(info, "the type of a Tensor can't be read");
        return NULL;
    }
    return type;
}

/* zpl_tensor: values as what is stored.  zpl_tensor_why: why they are none. */
static void make_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                       bool why)
{
    const struct zpl_duck_api *api = zpl_duck_api();
    struct zpl_arena arena = {0};
    idx_t count = api->data_chunk_get_size(input);
    const struct zpl_type *type = count > 0 ? type_of(info, input, &arena) : NULL;
    struct zpl_tensor_source source;
    bool fine = type != NULL &&
                zpl_tensor_source_open(api->data_chunk_get_vector(input, 0), type, &source, &arena);
    for (idx_t i = 0; fine && i < count; i++) {
        const char *bytes;
        size_t n;
        enum zpl_tensor_fit fit = zpl_tensor_take(&source, i, &bytes, &n);
        if (fit == ZPL_TENSOR_FITS && !why)
            api->vector_assign_string_element_len(output, i, bytes, n);
        else if (fit == ZPL_TENSOR_WRONG && why)
            api->vector_assign_string_element_len(output, i, source.why, strlen(source.why));
        else
            set_null(api, output, i);
        fine = fit != ZPL_TENSOR_STARVED;
    }
    if (!fine && type != NULL)
        api->scalar_function_set_error(info, "out of memory");
    if (type != NULL)
        zpl_tensor_source_close(&source);
    zpl_arena_release(&arena);
}

static void tensor_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    make_chunk(info, input, output, false);
}

static void why_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    make_chunk(info, input, output, true);
}

/* zpl_tensor_figures: five numbers of each value; of one of no number the least is above the greatest. */
static void figures_chunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    enum { FIGURES = 5 };
    const struct zpl_duck_api *api = zpl_duck_api();
    struct zpl_arena arena = {0};
    duckdb_vector blobs = api->data_chunk_get_vector(input, 0);
    const uint64_t *validity = api->vector_get_validity(blobs);
    duckdb_list_entry *entries = api->vector_get_data(output);
    idx_t count = api->data_chunk_get_size(input);
    const struct zpl_type *type = count > 0 ? type_of(info, input, &arena) : NULL;
    if (type == NULL || api->list_vector_reserve(output, count * FIGURES) != DuckDBSuccess ||
        api->list_vector_set_size(output, count * FIGURES) != DuckDBSuccess)
        count = 0;
    double *numbers = api->vector_get_data(api->list_vector_get_child(output));
    for (idx_t i = 0; i < count; i++) {
        struct zpl_tensor_figures f = {0};
        const struct zpl_tensor_element *element = zpl_tensor_element(type->dtype);
        size_t n = 0;
        entries[i] = (duckdb_list_entry){.offset = i * FIGURES, .length = FIGURES};
        const char *bytes = is_valid(validity, i) ? zpl_duck_string(blobs, i, &n) : NULL;
        zpl_tensor_look(element, bytes, n / element->bytes, &f);
        const double all[FIGURES] = {(double)f.count, (double)f.nan,
                                     f.count > f.nan ? f.min : INFINITY,
                                     f.count > f.nan ? f.max : -INFINITY, f.sum};
        memcpy(numbers + i * FIGURES, all, sizeof all);
    }
    zpl_arena_release(&arena);
}

static bool add_parameter(const struct zpl_duck_api *api, duckdb_scalar_function function,
                          duckdb_type id)
{
    duckdb_logical_type type = api->create_logical_type(id);
    if (type != NULL)
        api->scalar_function_add_parameter(function, type);
    api->destroy_logical_type(&type);
    return type != NULL;
}

/* Registers what was made; consumes the type that it returns. */
static bool finish(struct zpl_duck *duck, duckdb_scalar_function function, const char *name,
                   duckdb_logical_type returns, duckdb_scalar_function_t body)
{
    const struct zpl_duck_api *api = duck->api;
    api->scalar_function_set_name(function, name);
    api->scalar_function_set_return_type(function, returns);
    api->scalar_function_set_function(function, body);
    bool fine = api->register_scalar_function(duck->connection, function) == DuckDBSuccess;
    api->destroy_logical_type(&returns);
    api->destroy_scalar_function(&function);
    return fine;
}

static bool register_list(struct zpl_duck *duck, const struct zpl_tensor_element *element)
{
    const struct zpl_duck_api *api = duck->api;
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type item = api->create_logical_type(zpl_tensor_duck_type(element));
    char name[32];
    snprintf(name, sizeof name, "zpl_list_%s", element->name);
    add_parameter(api, function, DUCKDB_TYPE_BLOB);
    api->scalar_function_set_extra_info(function, (void *)(uintptr_t)element, NULL);
    bool fine = finish(duck, function, name, api->create_list_type(item), list_chunk);
    api->destroy_logical_type(&item);
    return fine;
}

static bool register_figures(struct zpl_duck *duck)
{
    const struct zpl_duck_api *api = duck->api;
    duckdb_scalar_function function = api->create_scalar_function();
    duckdb_logical_type item = api->create_logical_type(DUCKDB_TYPE_DOUBLE);
    add_parameter(api, function, DUCKDB_TYPE_BLOB);
    add_parameter(api, function, DUCKDB_TYPE_VARCHAR);
    bool fine =
        finish(duck, function, "zpl_tensor_figures", api->create_list_type(item), figures_chunk);
    api->destroy_logical_type(&item);
    return fine;
}

static bool register_made(struct zpl_duck *duck, const char *name, duckdb_type returns,
                          duckdb_scalar_function_t body)
{
    const struct zpl_duck_api *api = duck->api;
    duckdb_scalar_function function = api->create_scalar_function();
    add_parameter(api, function, DUCKDB_TYPE_ANY);
    add_parameter(api, function, DUCKDB_TYPE_VARCHAR);
    return finish(duck, function, name, api->create_logical_type(returns), body);
}

enum zpl_err zpl_tensor_register(struct zpl_duck *duck, struct zpl_diags *diags)
{
    bool fine = register_figures(duck) &&
                register_made(duck, "zpl_tensor", DUCKDB_TYPE_BLOB, tensor_chunk) &&
                register_made(duck, "zpl_tensor_why", DUCKDB_TYPE_VARCHAR, why_chunk);
    for (size_t i = 0; fine && i < ZPL_TENSOR_ELEMENTS; i++)
        fine = register_list(duck, &zpl_tensor_elements[i]);
    return fine ? ZPL_OK : zpl_duck_fail(diags, "a function could not be registered with DuckDB");
}
