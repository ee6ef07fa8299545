/* convert_json.c - values of a JSON file as what is stored.  Part of convert.h.   Floor: stdlib. */
#include "stdlib/table/convert.h"

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
