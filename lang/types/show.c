/* show.c - types and signatures as text: the one canonical spelling, which read.c reads back. */
#include <math.h>
#include <string.h>
#include "lang/base/text.h"
#include "lang/types/show.h"

/* In brief, a row of more columns than this shows the first few. */
#define BRIEF_WHOLE 6
#define BRIEF_SHOWN 4

static void show_type(const struct zpl_shower *s, const struct zpl_type *type);

static void show_name(const struct zpl_shower *s, const char *name)
{
    if (zpl_text_is_name(name))
        zpl_buf_puts(s->out, name);
    else
        zpl_literal_quote(name, strlen(name), s->out);
}

static void show_row(const struct zpl_shower *s, const struct zpl_row *row)
{
    bool cut = s->brief && row->count > BRIEF_WHOLE;
    size_t shown = cut ? BRIEF_SHOWN : row->count;
    zpl_buf_putc(s->out, '{');
    for (size_t i = 0; i < shown; i++) {
        const struct zpl_column *column = &row->columns[i];
        if (i)
            zpl_buf_puts(s->out, ", ");
        if (!column->type) {
            zpl_buf_printf(s->out, "...%s", column->name);
            continue;
        }
        show_name(s, column->name);
        zpl_buf_puts(s->out, ": ");
        show_type(s, column->type);
    }
    if (cut)
        zpl_buf_printf(s->out, ", … %zu more", row->count - shown);
    if (row->open)
        zpl_buf_puts(s->out, row->count ? ", ..." : "...");
    zpl_buf_putc(s->out, '}');
}

static bool is_row_variable(const struct zpl_row *row)
{
    return row->count == 1 && !row->columns[0].type && !row->open;
}

static void show_model(const struct zpl_shower *s, const struct zpl_type *type)
{
    const char *comma = "";
    zpl_buf_puts(s->out, "Model");
    if (!type->framework && !type->row && !type->label)
        return;
    zpl_buf_puts(s->out, " {");
    if (type->framework) {
        zpl_buf_puts(s->out, type->framework);
        comma = ", ";
    }
    if (type->row) {
        zpl_buf_printf(s->out, "%sfeatures: ", comma);
        if (is_row_variable(type->row))
            zpl_buf_puts(s->out, type->row->columns[0].name);
        else
            show_row(s, type->row);
        comma = ", ";
    }
    if (type->label) {
        zpl_buf_printf(s->out, "%slabel: ", comma);
        if (s->quote_labels && !type->label_is_var)
            zpl_literal_quote(type->label, strlen(type->label), s->out);
        else
            show_name(s, type->label);
        if (type->label_type) {
            zpl_buf_puts(s->out, ": ");
            show_type(s, type->label_type);
        }
    }
    zpl_buf_putc(s->out, '}');
}

/* An Enum's values or a Tensor's element type and dimensions. */
static void show_values(const struct zpl_shower *s, const struct zpl_type *type)
{
    bool tensor = type->kind == ZPL_TENSOR;
    if (tensor)
        zpl_buf_printf(s->out, " %s[", type->dtype ? type->dtype : "f32");
    else if (type->values)
        zpl_buf_puts(s->out, " {");
    else if (type->name)
        zpl_buf_printf(s->out, " %s", type->name);
    for (size_t i = 0; type->values && type->values[i]; i++) {
        if (i)
            zpl_buf_puts(s->out, ", ");
        if (!tensor && s->brief && i == BRIEF_WHOLE) {
            zpl_buf_puts(s->out, "…");
            break;
        }
        if (tensor)
            zpl_buf_puts(s->out, type->values[i]);
        else
            zpl_literal_quote(type->values[i], strlen(type->values[i]), s->out);
    }
    if (tensor)
        zpl_buf_putc(s->out, ']');
    else if (type->values)
        zpl_buf_putc(s->out, '}');
}

static void show_base(const struct zpl_shower *s, const struct zpl_type *type)
{
    switch (type->kind) {
    case ZPL_MODEL:
        show_model(s, type);
        return;
    case ZPL_VAR:
        zpl_buf_puts(s->out, type->name);
        return;
    default:
        zpl_buf_puts(s->out, zpl_kind_name(type->kind));
    }
    if (type->kind == ZPL_ENUM || type->kind == ZPL_TENSOR) {
        show_values(s, type);
    } else if (type->kind == ZPL_LIST) {
        zpl_buf_putc(s->out, '(');
        show_type(s, type->elem);
        zpl_buf_putc(s->out, ')');
    } else if (type->kind == ZPL_STEP && type->signature) {
        struct zpl_buf inner = {0};
        zpl_signature_show(type->signature, &inner);
        zpl_buf_putc(s->out, ' ');
        zpl_literal_quote(zpl_buf_str(&inner), inner.len, s->out);
        if (zpl_buf_error(&inner))
            s->out->err = zpl_buf_error(&inner);
        zpl_buf_release(&inner);
    } else if (type->name) {
        zpl_buf_printf(s->out, " %s", type->name);
    } else if (type->row) {
        zpl_buf_putc(s->out, ' ');
        show_row(s, type->row);
    }
}

/* Bounds of Floats are shown as short as they can be: a Float's `0` reads back as 0.0. */
static void show_bound(const struct zpl_literal *bound, struct zpl_buf *out)
{
    if (bound->kind != ZPL_LIT_FLOAT || isnan(bound->as.f))
        zpl_literal_show(bound, out);
    else if (isinf(bound->as.f))
        zpl_buf_puts(out, bound->as.f < 0 ? "-1e999" : "1e999");
    else
        zpl_text_ecma(out, bound->as.f);
}

static void show_refine(const struct zpl_shower *s, const struct zpl_refine *r)
{
    if (r->min || r->max) {
        zpl_buf_putc(s->out, ' ');
        if (r->min)
            show_bound(r->min, s->out);
        zpl_buf_puts(s->out, "..");
        if (r->max)
            show_bound(r->max, s->out);
    }
    if (s->brief)
        return;
    if (r->one_of) {
        zpl_buf_puts(s->out, " one_of ");
        zpl_literal_show(r->one_of, s->out);
    }
    if (r->match) {
        zpl_buf_puts(s->out, " match ");
        zpl_literal_quote(r->match, strlen(r->match), s->out);
    }
    if (r->unique)
        zpl_buf_puts(s->out, " unique");
    if (r->required)
        zpl_buf_puts(s->out, " required");
    if (r->hindsight)
        zpl_buf_puts(s->out, " hindsight");
    if (r->fallback) {
        zpl_buf_puts(s->out, " default ");
        zpl_literal_show(r->fallback, s->out);
    }
}

static void show_type(const struct zpl_shower *s, const struct zpl_type *type)
{
    if (type->optional)
        zpl_buf_puts(s->out, "Optional(");
    show_base(s, type);
    if (type->refine)
        show_refine(s, type->refine);
    if (type->optional)
        zpl_buf_putc(s->out, ')');
}

void zpl_shower_type(const struct zpl_shower *s, const struct zpl_type *type)
{
    show_type(s, type);
}

void zpl_type_show(const struct zpl_type *type, bool brief, struct zpl_buf *out)
{
    struct zpl_shower s = {.out = out, .brief = brief};
    show_type(&s, type);
}

const char *zpl_type_text(const struct zpl_type *type, bool brief, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    zpl_type_show(type, brief, &text);
    const char *copy =
        zpl_buf_error(&text) ? NULL : zpl_arena_strndup(arena, zpl_buf_str(&text), text.len);
    zpl_buf_release(&text);
    if (!copy) /* in a message the kind is better than nothing; a key is not made of it */
        arena->failed = true;
    return copy ? copy : zpl_kind_name(type->kind);
}
