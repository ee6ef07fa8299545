/* convert_json.c - values of a JSON file as what is stored.  Part of convert.h.   Floor: stdlib. */
#include "stdlib/table/convert.h"

#include <string.h>
#include "lang/base/text.h"
#include "stdlib/table/tensor.h"

struct making {
    const struct zpl_duck_api *api;
    enum zpl_convert mode;
    struct zpl_arena *arena;
};

/* CASE WHEN <x is null> THEN NULL WHEN json_type(x) <kinds> THEN <value> ELSE <wrong> END. */
static void make_case(const struct making *m, const char *x, const char *kinds, const char *value,
                      struct zpl_buf *out)
{
    zpl_buf_printf(out,
                   "CASE WHEN %s IS NULL OR json_type(%s) = 'NULL' THEN NULL "
                   "WHEN json_type(%s) %s THEN %s ELSE %s END",
                   x, x, x, kinds, value, zpl_convert_wrong(m->mode));
}

static bool make(const struct making *m, const char *x, const struct zpl_type *to, unsigned depth,
                 struct zpl_buf *out);

/* A text, number or truth value by its characters. */
static bool make_scalar(const struct making *m, const char *x, const struct zpl_type *to,
                        struct zpl_buf *out)
{
    bool time = to->kind == ZPL_TIMESTAMP || to->kind == ZPL_DATE;
    struct zpl_buf text = {0}, value = {0};
    zpl_buf_printf(&text, "json_extract_string(%s, '$')", x);
    bool fine = zpl_convert_text(m->api, zpl_buf_str(&text), to, m->mode, &value);
    if (fine)
        make_case(m, x, time ? "= 'VARCHAR'" : "NOT IN ('OBJECT', 'ARRAY')", zpl_buf_str(&value),
                  out);
    zpl_buf_release(&text);
    zpl_buf_release(&value);
    return fine;
}

/* Leniently a list with one wrong element is wrong as a whole. */
static bool make_list(const struct making *m, const char *x, const struct zpl_type *to,
                      unsigned depth, struct zpl_buf *out)
{
    struct zpl_buf element = {0}, value = {0};
    const char *e = zpl_arena_printf(m->arena, "zpl_e%u", depth);
    bool fine = e != NULL && make(m, e, to->elem, depth + 1, &element);
    if (fine && m->mode == ZPL_CONVERT_LENIENT)
        zpl_buf_printf(&value,
                       "CASE WHEN len(list_filter(CAST(%s AS JSON[]), lambda %s: %s IS NOT NULL "
                       "AND json_type(%s) <> 'NULL' AND (%s) IS NULL)) > 0 THEN NULL ELSE ",
                       x, e, e, e, zpl_buf_str(&element));
    if (fine)
        zpl_buf_printf(&value, "list_transform(CAST(%s AS JSON[]), lambda %s: %s)", x, e,
                       zpl_buf_str(&element));
    if (fine && m->mode == ZPL_CONVERT_LENIENT)
        zpl_buf_puts(&value, " END");
    if (fine)
        make_case(m, x, "= 'ARRAY'", zpl_buf_str(&value), out);
    zpl_buf_release(&element);
    zpl_buf_release(&value);
    return fine;
}

/* The lists, one in the other or flat, that a Tensor is written as: of Floats, Ints or Bools. */
static const struct zpl_type *lists_of(const struct making *m, const struct zpl_type *tensor,
                                       size_t rank)
{
    const struct zpl_tensor_element *element = zpl_tensor_element(tensor->dtype);
    const struct zpl_type *type =
        zpl_type_new(m->arena, element->form == ZPL_TENSOR_BOOL   ? ZPL_BOOL
                               : element->form == ZPL_TENSOR_REAL ? ZPL_FLOAT
                                                                  : ZPL_INT);
    for (size_t i = 0; i < rank && type != NULL; i++) {
        const struct zpl_type *plain = zpl_type_new(m->arena, ZPL_LIST);
        struct zpl_type *list = zpl_arena_alloc(m->arena, sizeof *list);
        if (plain == NULL || list == NULL)
            return NULL;
        *list = *plain;
        list->elem = type;
        type = list;
    }
    return type;
}

/* What stands there as lists of SQL, leniently; a number of a real Tensor is the nearest element. */
static bool make_lists(const struct making *m, const char *x, const struct zpl_type *to,
                       size_t rank, unsigned depth, struct zpl_buf *out)
{
    const struct making lenient = {m->api, ZPL_CONVERT_LENIENT, m->arena};
    const struct zpl_type *lists = lists_of(m, to, rank);
    bool small = strcmp(to->dtype, "f32") == 0;
    zpl_buf_puts(out, small ? "TRY_CAST(" : "");
    bool fine = lists != NULL && make(&lenient, x, lists, depth, out);
    zpl_buf_puts(out, small ? " AS FLOAT" : "");
    for (size_t i = 0; small && i < rank; i++)
        zpl_buf_puts(out, "[]");
    zpl_buf_puts(out, small ? ")" : "");
    return fine;
}

/* By lists as deep as it has dimensions, else by a flat one. */
static bool make_tensor(const struct making *m, const char *x, const struct zpl_type *to,
                        unsigned depth, struct zpl_buf *out)
{
    struct zpl_buf deep = {0}, flat = {0};
    size_t rank = zpl_names_count(to->values);
    bool fine = make_lists(m, x, to, rank > 0 ? rank : 1, depth, &deep);
    if (fine && rank > 1)
        fine = make_lists(m, x, to, 1, depth, &flat);
    zpl_buf_printf(out, "CASE WHEN %s IS NULL OR json_type(%s) = 'NULL' THEN NULL ELSE coalesce(",
                   x, x);
    zpl_tensor_made(to, zpl_buf_str(&deep), out);
    zpl_buf_puts(out, ", ");
    if (rank > 1) {
        zpl_tensor_made(to, zpl_buf_str(&flat), out);
        zpl_buf_puts(out, ", ");
    }
    zpl_buf_printf(out, "%s) END", zpl_convert_wrong(m->mode));
    zpl_buf_release(&deep);
    zpl_buf_release(&flat);
    return fine;
}

static bool make(const struct making *m, const char *x, const struct zpl_type *to, unsigned depth,
                 struct zpl_buf *out)
{
    switch (to->kind) {
    case ZPL_LIST:
        return make_list(m, x, to, depth, out);
    case ZPL_JSON:
        zpl_buf_printf(
            out, "CASE WHEN json_type(%s) = 'NULL' THEN NULL ELSE CAST(%s AS VARCHAR) END", x, x);
        return true;
    case ZPL_BYTES:
        return false;
    case ZPL_TENSOR:
        return make_tensor(m, x, to, depth, out);
    default:
        return make_scalar(m, x, to, out);
    }
}

bool zpl_convert_json(const struct zpl_duck_api *api, const char *name, const struct zpl_type *to,
                      enum zpl_convert mode, struct zpl_buf *out, struct zpl_arena *arena,
                      const char **why)
{
    const struct making m = {api, mode, arena};
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, name);
    bool fine = make(&m, zpl_buf_str(&x), to, 0, out);
    if (!fine)
        *why = zpl_arena_printf(arena, "holds JSON, in which no value is a %s",
                                zpl_type_text(to, true, arena));
    zpl_buf_release(&x);
    return fine;
}

bool zpl_convert_json_list(const struct zpl_duck_api *api, const char *name,
                           const struct zpl_type *to, struct zpl_buf *out, struct zpl_arena *arena)
{
    const struct making m = {api, ZPL_CONVERT_LENIENT, arena};
    struct zpl_buf x = {0};
    size_t rank = zpl_names_count(to->values);
    zpl_duck_ident(&x, name);
    bool fine = make_lists(&m, zpl_buf_str(&x), to, rank > 0 ? rank : 1, 0, out);
    zpl_buf_release(&x);
    return fine;
}
