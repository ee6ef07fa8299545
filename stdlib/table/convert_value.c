/* convert_value.c - the expressions that turn values into what is stored, and what they say of a value
 * that does not fit; see convert.h.   Floor: stdlib. */
#include <string.h>
#include "stdlib/table/convert.h"
#include "stdlib/table/tensor.h"

static const struct zpl_span nowhere;

/* Digits of which every number is whole in a Float's 53 bits. */
#define DECIMAL_DIGITS 15

/* What an expression is made of. */
struct making {
    struct zpl_buf *out;
    const struct zpl_duck_api *api;
    const char *x;      /* the column or item, quoted */
    const char *column; /* its name */
    size_t depth;       /* of lists */
    bool strict, numbered;
};
/* How a value becomes another. */
struct way {
    const char *if_;   /* of which values, @ being the value; NULL: all */
    const char *type;  /* by a cast to it, or by an expression of @; NULL: as it is */
    const char *words; /* of a value that does not fit: "does not fit an Int" */
    const char *help;
};

static const char exact_help[] =
    "declare the column as Int, or say in SQL that it is to be rounded: "
    "CAST(x AS DOUBLE)";

static void add_value(const struct making *m, const char *pattern)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '@')
            zpl_buf_puts(m->out, m->x);
        else
            zpl_buf_putc(m->out, *p);
    }
}

/* The beginning of an error that zpl_convert_misfit() reads, up to the row's number. */
static void begin_error(const struct making *m, const char *help)
{
    zpl_buf_puts(m->out, "error(concat(");
    zpl_duck_text(m->out, ZPL_CONVERT_MISFIT, sizeof ZPL_CONVERT_MISFIT - 1);
    zpl_buf_puts(m->out, ", ");
    zpl_duck_text(m->out, help, strlen(help));
    zpl_buf_puts(m->out, ", '|row ', ");
    zpl_duck_ident(m->out, ZPL_CONVERT_ROW);
    zpl_buf_puts(m->out, ", ");
}

/* An error that names row, column and value.  Texts are shown in quotes. */
static void add_error(const struct making *m, duckdb_type from, const struct way *way)
{
    struct zpl_buf words = {0};
    bool text = from == DUCKDB_TYPE_VARCHAR;
    if (!m->numbered) {
        zpl_buf_puts(m->out, zpl_convert_wrong(ZPL_CONVERT_UNNUMBERED));
        return;
    }
    zpl_buf_printf(&words, ", column '%s': %s", m->column, text ? "'" : "");
    begin_error(m, way->help);
    zpl_duck_text(m->out, zpl_buf_str(&words), words.len);
    zpl_buf_printf(m->out, ", left(CAST(%s AS VARCHAR), 60), ", m->x);
    zpl_buf_clear(&words);
    zpl_buf_printf(&words, "%s %s", text ? "'" : "", way->words);
    zpl_duck_text(m->out, zpl_buf_str(&words), words.len);
    zpl_buf_puts(m->out, "))");
    zpl_buf_release(&words);
}

/* The value where it fits; else NULL or, when strict, an error.  The error's own CASE is evaluated for
 * what came out as NULL alone. */
static void make_way(const struct making *m, duckdb_type from, const struct way *way)
{
    zpl_buf_puts(m->out, m->strict ? "coalesce(" : "");
    if (way->if_ != NULL) {
        zpl_buf_puts(m->out, "CASE WHEN ");
        add_value(m, way->if_);
        zpl_buf_puts(m->out, " THEN ");
    }
    if (way->type != NULL && strchr(way->type, '@') != NULL)
        add_value(m, way->type);
    else if (way->type != NULL)
        zpl_buf_printf(m->out, "TRY_CAST(%s AS %s)", m->x, way->type);
    else
        zpl_buf_puts(m->out, m->x);
    zpl_buf_puts(m->out, way->if_ != NULL ? " END" : "");
    if (!m->strict)
        return;
    zpl_buf_printf(m->out, ", CASE WHEN %s IS NOT NULL THEN ", m->x);
    add_error(m, from, way);
    zpl_buf_puts(m->out, " END)");
}

/* A cast that every value of the type survives whole. */
static void make_cast(const struct making *m, const char *type)
{
    zpl_buf_printf(m->out, "CAST(%s AS %s)", m->x, type);
}

/* Text is read by more than a cast, which would round '1.5' and take '0x10'; what is tried first keeps
 * the usual case cheap. */
static bool make_int(const struct making *m, duckdb_type from)
{
    static const struct way
        large = {NULL, "BIGINT", "does not fit an Int, which has 64 bits",
                 "cast it in SQL: CAST(x AS DOUBLE) keeps 15 digits of it, CAST(x AS VARCHAR) all"},
        whole = {"@ = trunc(@)", "BIGINT", "is no Int",
                 "declare the column as Float, or round it in SQL: CAST(round(x) AS BIGINT)"},
        text = {"CAST(TRY_CAST(@ AS BIGINT) AS VARCHAR) = @ OR "
                "regexp_full_match(@, '\\s*[+-]?[0-9]+\\s*')",
                "BIGINT", "is no Int", "declare the column as String"};
    switch (from) {
    case DUCKDB_TYPE_BIGINT:
        zpl_buf_puts(m->out, m->x);
        return true;
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
        make_way(m, from, &large);
        return true;
    default:
        break;
    }
    switch (zpl_convert_kind(from)) {
    case ZPL_INT:
        make_cast(m, "BIGINT");
        return true;
    case ZPL_FLOAT:
        make_way(m, from, &whole);
        return true;
    case ZPL_STRING:
        make_way(m, from, &text);
        return true;
    default:
        return false;
    }
}

/* The Float nearest to a DECIMAL.  The engine divides what is written without the point by a power of
 * ten: right for 15 digits; of more the text is read. */
static void make_nearest(const struct making *m, duckdb_logical_type type)
{
    int width = m->api->decimal_width(type), scale = m->api->decimal_scale(type);
    bool few = width <= DECIMAL_DIGITS;
    if (!few && scale < DECIMAL_DIGITS)
        zpl_buf_printf(m->out, "CASE WHEN abs(%s) < 1%0*d THEN CAST(%s AS DOUBLE) ELSE ", m->x,
                       DECIMAL_DIGITS - scale, 0, m->x);
    if (few)
        make_cast(m, "DOUBLE");
    else
        zpl_buf_printf(m->out, "CAST(CAST(%s AS VARCHAR) AS DOUBLE)", m->x);
    zpl_buf_puts(m->out, !few && scale < DECIMAL_DIGITS ? " END" : "");
}

/* Whole numbers that no Float is equal to are not rounded.  From 2^63 on, a Float that they became may
 * be beyond their own type, so they are compared as HUGEINT. */
static bool make_float_of_int(const struct making *m, duckdb_type from)
{
    static const struct way whole = {"@ BETWEEN -9007199254740992 AND 9007199254740992 OR "
                                     "TRY_CAST(CAST(@ AS DOUBLE) AS HUGEINT) = @",
                                     "DOUBLE", "is no Float, which has 53 bits", exact_help},
                            huge = {"TRY_CAST(CAST(@ AS DOUBLE) AS UHUGEINT) = @", "DOUBLE",
                                    "is no Float, which has 53 bits", exact_help};
    switch (from) {
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
        make_way(m, from, &whole);
        return true;
    case DUCKDB_TYPE_UHUGEINT:
        make_way(m, from, &huge);
        return true;
    default:
        make_cast(m, "DOUBLE");
        return true;
    }
}

/* Of a DECIMAL without a point the numbers are whole, and are not rounded either. */
static void make_decimal(const struct making *m, duckdb_logical_type type)
{
    static const struct way whole = {"TRY_CAST(CAST(CAST(@ AS HUGEINT) AS DOUBLE) AS HUGEINT) = @",
                                     "CAST(CAST(@ AS HUGEINT) AS DOUBLE)",
                                     "is no Float, which has 53 bits", exact_help};
    if (m->api->decimal_scale(type) == 0 && m->api->decimal_width(type) > DECIMAL_DIGITS)
        make_way(m, DUCKDB_TYPE_DECIMAL, &whole);
    else
        make_nearest(m, type);
}

/* What is stored has one zero: DuckDB's writer takes -0.0 and 0.0 for one value of a dictionary, so
 * which of them came back would depend on the other rows. */
static bool make_float(const struct making *m, duckdb_logical_type type)
{
    /* 1e400 is no infinity; what is asked first keeps the usual case cheap */
    static const struct way text = {
        "NOT (contains(@, 'e') OR contains(@, 'E') OR length(@) > 300) OR "
        "isfinite(TRY_CAST(@ AS DOUBLE)) OR NOT regexp_matches(@, '[0-9]')",
        "DOUBLE", "is no Float", "declare the column as String"};
    duckdb_type from = m->api->get_type_id(type);
    if (from == DUCKDB_TYPE_DECIMAL) {
        make_decimal(m, type);
        return true;
    }
    if (zpl_convert_kind(from) == ZPL_INT)
        return make_float_of_int(m, from);
    bool number = from == DUCKDB_TYPE_DOUBLE || from == DUCKDB_TYPE_FLOAT;
    if (!number && from != DUCKDB_TYPE_VARCHAR)
        return false;
    zpl_buf_putc(m->out, '(');
    if (number)
        zpl_buf_puts(m->out, m->x);
    else
        make_way(m, from, &text);
    zpl_buf_puts(m->out, " + 0::DOUBLE)");
    return true;
}

static bool make_bool(const struct making *m, duckdb_type from)
{
    static const struct way text = {NULL, "BOOLEAN", "is no Bool", "declare the column as String"};
    if (from == DUCKDB_TYPE_BOOLEAN)
        zpl_buf_puts(m->out, m->x);
    else if (from == DUCKDB_TYPE_VARCHAR)
        make_way(m, from, &text);
    return from == DUCKDB_TYPE_BOOLEAN || from == DUCKDB_TYPE_VARCHAR;
}

/* A text as an instant.  The plain cast, which is the cheap one, would pass over an offset and cut what is
 * below a microsecond.  Of a short text an offset's sign stands behind the day. */
#define INSTANT                                                                                    \
    "CASE WHEN length(@) < 20 AND NOT contains(substr(@, 12), '-') AND NOT contains(@, '+') "      \
    "THEN TRY_CAST(@ AS TIMESTAMP) "                                                               \
    "WHEN NOT regexp_matches(@, '[.][0-9]{6}[0-9]*[1-9]') "                                        \
    "THEN CAST(TRY_CAST(@ AS TIMESTAMPTZ) AS TIMESTAMP) END"

static bool make_timestamp(const struct making *m, duckdb_type from)
{
    static const char finite_help[] = "give NULL for it: CASE WHEN isfinite(x) THEN x END";
    static const struct way finite = {"isfinite(@)", NULL, "is no point in time", finite_help},
                            cast = {"isfinite(@)", "TIMESTAMP", "is no Timestamp", finite_help},
                            fine = {"epoch_ns(@) % 1000 = 0 AND isfinite(@)", "TIMESTAMP",
                                    "does not fit a Timestamp, which has microseconds",
                                    "say in SQL that they are to be cut: CAST(x AS TIMESTAMP)"},
                            text = {"isfinite(" INSTANT ")", INSTANT, "is no Timestamp",
                                    "a Timestamp is written '2024-06-01 13:05:00'"};
    switch (from) {
    case DUCKDB_TYPE_TIMESTAMP:
        make_way(m, from, &finite);
        return true;
    case DUCKDB_TYPE_TIMESTAMP_NS:
        make_way(m, from, &fine);
        return true;
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_DATE:
        make_way(m, from, &cast);
        return true;
    case DUCKDB_TYPE_VARCHAR:
        make_way(m, from, &text);
        return true;
    default:
        return false;
    }
}

static bool make_date(const struct making *m, duckdb_type from)
{
    static const struct way
        finite = {"isfinite(@)", NULL, "is no day",
                  "give NULL for it: CASE WHEN isfinite(x) THEN "
                  "x END"},
        text = {"CAST(TRY_CAST(@ AS TIMESTAMP) AS TIME) = TIME '00:00:00' AND "
                "(length(@) < 20 OR NOT regexp_matches(@, '[+-][0-9:]+$'))",
                "DATE", "is no Date", "a Date is written '2024-06-01'"},
        day = {"CAST(@ AS TIME) = TIME '00:00:00'", "DATE", "is no Date: it has a time of day",
               "declare the column as Timestamp, or say in SQL that it is to be cut: CAST(x AS "
               "DATE)"};
    if (from == DUCKDB_TYPE_DATE)
        make_way(m, from, &finite);
    else if (from == DUCKDB_TYPE_VARCHAR)
        make_way(m, from, &text);
    else if (zpl_convert_kind(from) == ZPL_TIMESTAMP)
        make_way(m, from, &day);
    return from == DUCKDB_TYPE_DATE || from == DUCKDB_TYPE_VARCHAR ||
           zpl_convert_kind(from) == ZPL_TIMESTAMP;
}

static bool make_text(const struct making *m, duckdb_type from, const struct zpl_type *to)
{
    static const struct way json = {NULL, "JSON", "is no Json",
                                    "declare the column as String, or make Json of it in SQL: "
                                    "to_json(x)"};
    bool text = from == DUCKDB_TYPE_VARCHAR || from == DUCKDB_TYPE_ENUM;
    if (to->kind == ZPL_JSON) {
        if (!text)
            return false;
        zpl_buf_puts(m->out, "CAST(");
        make_way(m, from, &json);
        zpl_buf_puts(m->out, " AS VARCHAR)");
        return true;
    }
    /* Which values an Enum has is a contract of the rows. */
    if (to->kind == ZPL_ENUM ? !text
                             : from == DUCKDB_TYPE_BLOB || from == DUCKDB_TYPE_LIST ||
                                   zpl_convert_kind(from) == ZPL_UNKNOWN)
        return false;
    if (from == DUCKDB_TYPE_VARCHAR)
        zpl_buf_puts(m->out, m->x);
    else
        make_cast(m, "VARCHAR");
    return true;
}

static bool make(const struct making *m, duckdb_logical_type type, const struct zpl_type *to);

/* A list item by item, unless items are stored as they are.  Leniently one with a wrong item is wrong as
 * a whole. */
static bool make_list(const struct making *m, duckdb_logical_type from, const struct zpl_type *to)
{
    if (m->api->get_type_id(from) != DUCKDB_TYPE_LIST || to->elem == NULL ||
        to->elem->kind == ZPL_TENSOR) /* which is a column alone */
        return false;
    struct zpl_buf item = {0}, made = {0};
    zpl_buf_printf(&item, "\"\x1fitem %zu\"", m->depth);
    struct making inner = *m;
    inner.out = &made;
    inner.x = zpl_buf_str(&item);
    inner.depth++;
    duckdb_logical_type child = m->api->list_type_child_type(from);
    bool fine = make(&inner, child, to->elem);
    m->api->destroy_logical_type(&child);
    bool plain = fine && strcmp(zpl_buf_str(&made), zpl_buf_str(&item)) == 0;
    bool lenient = fine && !plain && !m->strict;
    if (lenient)
        zpl_buf_printf(m->out,
                       "CASE WHEN len(list_filter(%s, lambda %s: %s IS NOT NULL AND (%s) IS NULL)) "
                       "= 0 THEN ",
                       m->x, zpl_buf_str(&item), zpl_buf_str(&item), zpl_buf_str(&made));
    if (plain)
        zpl_buf_puts(m->out, m->x);
    else if (fine)
        zpl_buf_printf(m->out, "list_transform(%s, lambda %s: %s)", m->x, zpl_buf_str(&item),
                       zpl_buf_str(&made));
    zpl_buf_puts(m->out, lenient ? " END" : "");
    zpl_buf_release(&item);
    zpl_buf_release(&made);
    return fine;
}

/* A list of the type, as many deep, that is cast to items that Tensors are made of. */
static void make_castable(const struct making *m, const char *items, size_t depth,
                          struct zpl_buf *out)
{
    zpl_buf_printf(out, "TRY_CAST(%s AS %s", m->x, items);
    for (size_t i = 0; i < depth; i++)
        zpl_buf_puts(out, "[]");
    zpl_buf_putc(out, ')');
}

/* A list as a Tensor.  Of a DECIMAL the elements are the nearest ones, as a Float is. */
static bool make_tensor(const struct making *m, duckdb_logical_type from, const struct zpl_type *to)
{
    static const char help[] = "give every row the shape and the elements that are declared; "
                               "CAST(x AS FLOAT[]) rounds in SQL, .astype(\"float32\") in NumPy";
    size_t depth = 0;
    struct zpl_buf x = {0}, words = {0};
    struct zpl_arena arena = {0};
    duckdb_type id = zpl_tensor_innermost(m->api, from, &depth);
    bool fine = zpl_tensor_refused(m->api, from, to, &arena) == NULL;
    bool real = zpl_tensor_element(to->dtype)->form == ZPL_TENSOR_REAL;
    if (id == DUCKDB_TYPE_DECIMAL)
        make_castable(m, real ? zpl_tensor_element(to->dtype)->sql : "DOUBLE", depth, &x);
    else if (id == DUCKDB_TYPE_HUGEINT || id == DUCKDB_TYPE_UHUGEINT)
        make_castable(m, "BIGINT", depth, &x);
    else
        zpl_buf_puts(&x, m->x);
    if (fine && m->strict)
        zpl_buf_puts(m->out, "coalesce(");
    if (fine)
        zpl_tensor_made(to, zpl_buf_str(&x), m->out);
    if (fine && m->strict) {
        zpl_buf_printf(m->out, ", CASE WHEN %s IS NOT NULL THEN ", m->x);
        if (m->numbered) {
            begin_error(m, help);
            zpl_buf_printf(&words, ", column '%s' ", m->column);
            zpl_duck_text(m->out, zpl_buf_str(&words), words.len);
            zpl_buf_puts(m->out, ", ");
            zpl_tensor_why(to, zpl_buf_str(&x), m->out);
            zpl_buf_puts(m->out, "))");
        } else {
            zpl_buf_puts(m->out, zpl_convert_wrong(ZPL_CONVERT_UNNUMBERED));
        }
        zpl_buf_puts(m->out, " END)");
    }
    zpl_buf_release(&x);
    zpl_buf_release(&words);
    zpl_arena_release(&arena);
    return fine;
}

static bool make(const struct making *m, duckdb_logical_type type, const struct zpl_type *to)
{
    duckdb_type from = m->api->get_type_id(type);
    switch (to->kind) {
    case ZPL_INT:
        return make_int(m, from);
    case ZPL_FLOAT:
        return make_float(m, type);
    case ZPL_BOOL:
        return make_bool(m, from);
    case ZPL_TIMESTAMP:
        return make_timestamp(m, from);
    case ZPL_DATE:
        return make_date(m, from);
    case ZPL_BYTES:
        zpl_buf_puts(m->out, m->x);
        return from == DUCKDB_TYPE_BLOB;
    case ZPL_STRING:
    case ZPL_PATH:
    case ZPL_ENUM:
    case ZPL_JSON:
        return make_text(m, from, to);
    case ZPL_LIST:
        return make_list(m, type, to);
    case ZPL_TENSOR:
        return make_tensor(m, type, to);
    default:
        return false;
    }
}

bool zpl_convert_column(const struct zpl_duck_api *api, const char *name, duckdb_logical_type from,
                        const struct zpl_type *to, enum zpl_convert mode, struct zpl_buf *out,
                        struct zpl_arena *arena, const char **why)
{
    struct zpl_buf x = {0};
    zpl_duck_ident(&x, name);
    const struct making m = {.out = out,
                             .api = api,
                             .x = zpl_buf_str(&x),
                             .column = name,
                             .strict = mode != ZPL_CONVERT_LENIENT,
                             .numbered = mode == ZPL_CONVERT_STRICT};
    bool fine = make(&m, from, to);
    zpl_buf_release(&x);
    if (fine)
        return true;
    if (to->kind == ZPL_TENSOR) {
        *why = zpl_tensor_refused(api, from, to, arena);
        return false;
    }
    const struct zpl_type *have = zpl_convert_type(api, from, arena, why);
    if (have == NULL && *why != NULL)
        return false;
    *why = zpl_arena_printf(arena, "holds %s, but %s is declared",
                            have == NULL ? "something else" : zpl_type_text(have, true, arena),
                            zpl_type_text(to, true, arena));
    return false;
}

const char *zpl_convert_wrong(enum zpl_convert mode)
{
    return mode == ZPL_CONVERT_LENIENT ? "NULL" : "error('a value does not fit the declared type')";
}

bool zpl_convert_text(const struct zpl_duck_api *api, const char *expression,
                      const struct zpl_type *to, enum zpl_convert mode, struct zpl_buf *out)
{
    const struct making m = {.out = out,
                             .api = api,
                             .x = expression,
                             .column = "",
                             .strict = mode != ZPL_CONVERT_LENIENT};
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    bool fine = make(&m, text, to);
    api->destroy_logical_type(&text);
    return fine;
}

bool zpl_convert_misfit(const char *message, struct zpl_diags *diags)
{
    const char *mark = strstr(message, ZPL_CONVERT_MISFIT);
    const char *bar = mark != NULL ? strchr(mark, '|') : NULL;
    if (bar == NULL)
        return false;
    struct zpl_buf words = {0};
    const char *help = mark + sizeof ZPL_CONVERT_MISFIT - 1;
    zpl_duck_words(bar + 1, &words);
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STEP_OUTPUT, nowhere, "%s", zpl_buf_str(&words));
    zpl_diag_help(diags, diag, "%.*s", (int)(bar - help), help);
    zpl_buf_release(&words);
    return true;
}
