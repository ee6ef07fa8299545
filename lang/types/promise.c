/* promise.c - what one type wants of a column's values beyond what another promises of them. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/types/type.h"

struct question {
    const struct zpl_type *have, *want;
    struct zpl_arena *arena;
};

/* Is the value one of the wanted kind that keeps this rule? */
static bool keeps(const struct question *q, const struct zpl_refine *rule,
                  const struct zpl_literal *value)
{
    struct zpl_type type = *q->want;
    const char *why;
    bool range;
    type.refine = rule;
    type.optional = false;
    return zpl_type_admit(&type, value, q->arena, &why, &range) != NULL;
}

/* Does every value keep the rule, since only some are promised and each of them does? */
static bool all_keep(const struct question *q, const struct zpl_refine *rule)
{
    const struct zpl_literal *some = q->have->refine ? q->have->refine->one_of : NULL;
    for (size_t i = 0; some && i < some->as.list.count; i++)
        if (!keeps(q, rule, some->as.list.items[i]))
            return false;
    if (some)
        return true;
    if (q->have->kind != ZPL_ENUM || !q->have->values)
        return false;
    for (const char *const *v = q->have->values; *v; v++) {
        const struct zpl_literal value = {.kind = ZPL_LIT_STRING,
                                          .as.str = {.s = *v, .n = strlen(*v)}};
        if (!keeps(q, rule, &value))
            return false;
    }
    return true;
}

/* The wanted refinements that are not promised. */
static struct zpl_refine left_of(const struct question *q)
{
    static const struct zpl_refine none;
    const struct zpl_refine *w = q->want->refine ? q->want->refine : &none;
    const struct zpl_refine *h = q->have->refine ? q->have->refine : &none;
    const struct zpl_refine min = {.min = w->min}, max = {.max = w->max},
                            one_of = {.one_of = w->one_of}, match = {.match = w->match};
    struct zpl_refine left = {.required = w->required && !h->required,
                              .unique = w->unique && !h->unique};
    if (w->min && !(h->min && keeps(q, &min, h->min)) && !all_keep(q, &min))
        left.min = w->min;
    if (w->max && !(h->max && keeps(q, &max, h->max)) && !all_keep(q, &max))
        left.max = w->max;
    if (w->one_of && !all_keep(q, &one_of))
        left.one_of = w->one_of;
    if (w->match && !(h->match && strcmp(h->match, w->match) == 0) && !all_keep(q, &match))
        left.match = w->match;
    return left;
}

/* Has each value the wanted shape?  A dimension that is a name is the same in all of them. */
static bool is_shaped(const struct zpl_type *have, const struct zpl_type *want)
{
    if (have->kind != ZPL_TENSOR)
        return false;
    const char *const *h = have->values, *const *w = want->values;
    for (; *h && *w; h++, w++)
        if (!zpl_text_is_name(*w) && strcmp(*h, *w) != 0)
            return false;
    return !*h && !*w;
}

const struct zpl_type *zpl_type_unpromised(const struct zpl_type *have, const struct zpl_type *want,
                                           struct zpl_arena *arena)
{
    const struct zpl_type plain = {.kind = want->kind};
    const struct question q = {have ? have : &plain, want, arena};
    if (have && have->kind == ZPL_UNKNOWN)
        return NULL; /* an error was told already */
    struct zpl_refine left = left_of(&q);
    bool refined =
        left.required || left.unique || left.min || left.max || left.one_of || left.match;
    bool values = want->kind == ZPL_ENUM && want->values && !all_keep(&q, NULL);
    const struct zpl_type *elem =
        want->kind == ZPL_LIST && want->elem
            ? zpl_type_unpromised(q.have->kind == ZPL_LIST ? q.have->elem : NULL, want->elem, arena)
            : NULL;
    bool shape = want->kind == ZPL_TENSOR && !is_shaped(q.have, want);
    if (!refined && !values && !elem && !shape)
        return NULL;
    struct zpl_type *type = zpl_arena_alloc(arena, sizeof *type);
    if (!type)
        return NULL;
    *type = *want;
    type->optional = false;
    if (have && (want->kind == ZPL_VAR || want->kind == ZPL_ANY))
        type->kind = have->kind;
    if (want->kind == ZPL_ENUM && !values) {
        type->kind = ZPL_STRING;
        type->values = NULL;
    }
    if (want->kind == ZPL_LIST && want->elem)
        type->elem = elem ? elem : zpl_type_refined(arena, want->elem, NULL);
    type->name = NULL;
    return zpl_type_refined(arena, type, refined ? &left : NULL);
}
