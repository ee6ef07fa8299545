/* fits.c - does a value of one type serve where another is asked for? */
#include <string.h>
#include "lang/base/text.h"
#include "lang/types/type.h"

struct question {
    struct zpl_arena *arena;
    const char **why; /* NULL: nobody asks */
};

static bool no(const struct question *q, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts the reason, unless one was given deeper down; returns false. */
static bool no(const struct question *q, const char *format, ...)
{
    if (q->why && !*q->why) {
        va_list args;
        va_start(args, format);
        *q->why = zpl_arena_vprintf(q->arena, format, args);
        va_end(args);
    }
    return false;
}

static bool differs(const struct question *q, const struct zpl_type *have,
                    const struct zpl_type *want)
{
    if (!q->why)
        return false;
    return no(q, "is %s, wanted %s", zpl_type_text(have, true, q->arena),
              zpl_type_text(want, true, q->arena));
}

static bool fits(const struct question *q, const struct zpl_type *have, const struct zpl_type *want,
                 bool column);

/* `what` names a field in the reason: "column" or "field". */
static bool row_fits(const struct question *q, const struct zpl_row *have,
                     const struct zpl_row *want, const char *what)
{
    size_t hint = 0;
    if (!have || !want)
        return true;
    for (size_t i = 0; i < want->count; i++) {
        const struct zpl_column *asked = &want->columns[i];
        if (!asked->type)
            continue;
        const struct zpl_column *found = zpl_row_next(have, asked->name, &hint);
        if (!found && have->open)
            continue;
        if (!found)
            return no(q, "has no %s '%s'", what, asked->name);
        const char *deeper = NULL;
        struct question inner = {q->arena, q->why ? &deeper : NULL};
        if (!fits(&inner, found->type, asked->type, true))
            return no(q, "%s '%s' %s", what, asked->name, deeper ? deeper : "differs");
    }
    return true;
}

/* A model serves where it is given at least the features it needs. */
static bool features_fit(const struct question *q, const struct zpl_row *have,
                         const struct zpl_row *want)
{
    size_t hint = 0;
    if (!have || !want || want->open)
        return true;
    for (size_t i = 0; i < want->count; i++)
        if (!want->columns[i].type) /* a row variable may stand for any */
            return true;
    for (size_t i = 0; i < have->count; i++) {
        const struct zpl_column *needed = &have->columns[i];
        if (!needed->type)
            continue;
        const struct zpl_column *given = zpl_row_next(want, needed->name, &hint);
        if (!given)
            return no(q, "needs feature '%s', which is not among those wanted", needed->name);
        const char *deeper = NULL;
        struct question inner = {q->arena, q->why ? &deeper : NULL};
        if (!fits(&inner, given->type, needed->type, true))
            return no(q, "feature '%s' %s", needed->name, deeper ? deeper : "differs");
    }
    return true;
}

static bool model_fits(const struct question *q, const struct zpl_type *have,
                       const struct zpl_type *want)
{
    if (want->framework && have->framework && strcmp(want->framework, have->framework) != 0)
        return no(q, "is a model of %s, wanted one of %s", have->framework, want->framework);
    if (want->label && !want->label_is_var && have->label && strcmp(want->label, have->label) != 0)
        return no(q, "predicts '%s', wanted '%s'", have->label, want->label);
    if (want->label_type && have->label_type) {
        const char *deeper = NULL;
        struct question inner = {q->arena, q->why ? &deeper : NULL};
        if (!fits(&inner, have->label_type, want->label_type, true))
            return no(q, "label '%s' %s", have->label ? have->label : "?",
                      deeper ? deeper : "differs");
    }
    return features_fit(q, have->row, want->row);
}

static bool enum_fits(const struct question *q, const struct zpl_type *have,
                      const struct zpl_type *want)
{
    if (!want->values || !have->values)
        return true;
    for (const char *const *h = have->values; *h; h++) {
        const char *const *w = want->values;
        while (*w && strcmp(*w, *h) != 0)
            w++;
        if (!*w)
            return no(q, "may be \"%s\", which is not among %s", *h,
                      zpl_type_text(want, true, q->arena));
    }
    return true;
}

/* Dimensions that are names stand for any number. */
static bool tensor_fits(const struct question *q, const struct zpl_type *have,
                        const struct zpl_type *want)
{
    if (have->dtype && want->dtype && strcmp(have->dtype, want->dtype) != 0)
        return differs(q, have, want);
    const char *const *h = have->values, *const *w = want->values;
    if (!h || !w)
        return true;
    for (; *h && *w; h++, w++)
        if (!zpl_text_is_name(*h) && !zpl_text_is_name(*w) && strcmp(*h, *w) != 0)
            return differs(q, have, want);
    return !*h && !*w ? true : differs(q, have, want);
}

/* Kinds that are not equal but serve. */
static bool kind_serves(enum zpl_kind have, enum zpl_kind want)
{
    switch (want) {
    case ZPL_FLOAT:
        return have == ZPL_INT;
    case ZPL_STRING:
    case ZPL_CLASS:
        return have == ZPL_ENUM || (want == ZPL_CLASS && have == ZPL_STRING);
    case ZPL_NUMBER:
        return have == ZPL_INT || have == ZPL_FLOAT || have == ZPL_BOOL;
    case ZPL_JSON:
        return have == ZPL_RECORD || have == ZPL_LIST || have == ZPL_REPORT;
    default:
        return false;
    }
}

static bool is_open_question(const struct zpl_type *type)
{
    return type->kind == ZPL_UNKNOWN || type->kind == ZPL_ANY || type->kind == ZPL_VAR;
}

/* `column`: both are columns, where whether a null may stand is a refinement, not a type. */
static bool fits(const struct question *q, const struct zpl_type *have, const struct zpl_type *want,
                 bool column)
{
    if (have == want || have->kind == ZPL_UNKNOWN || is_open_question(want))
        return true;
    if (have->optional && !want->optional && !column)
        return q->why && no(q, "may be absent, wanted %s", zpl_type_text(want, true, q->arena));
    if (have->kind != want->kind)
        return kind_serves(have->kind, want->kind) || differs(q, have, want);
    switch (have->kind) {
    case ZPL_ENUM:
        return enum_fits(q, have, want);
    case ZPL_LIST:
        return !have->elem || !want->elem || fits(q, have->elem, want->elem, false);
    case ZPL_TABLE:
        return row_fits(q, have->row, want->row, "column");
    case ZPL_RECORD:
    case ZPL_REPORT:
        return row_fits(q, have->row, want->row, "field");
    case ZPL_TENSOR:
        return tensor_fits(q, have, want);
    case ZPL_MODEL:
        return model_fits(q, have, want);
    default:
        return true;
    }
}

bool zpl_type_fits(const struct zpl_type *have, const struct zpl_type *want,
                   struct zpl_arena *arena, const char **why)
{
    struct question q = {arena, why};
    if (why)
        *why = NULL;
    return fits(&q, have, want, false);
}
