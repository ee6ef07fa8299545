/* contract_rule.c - see contract_rule.h; what contract.h says of a type alone, too.   Floor: stdlib. */
#include "stdlib/table/contract_rule.h"

#include <math.h>
#include <string.h>
#include "lang/base/regex.h"
#include "lang/types/moment.h"
#include "stdlib/context.h"
#include "stdlib/table/contract.h"
#include "stdlib/table/contract_match.h"
#include "stdlib/table/tensor.h"

#define SHOWN_VALUES 6 /* of those a rule lists, as of an Enum in brief */

/* ---- which rules there are ---- */

static bool has_rule(const struct zpl_type *type, enum zpl_rule_kind kind)
{
    const struct zpl_refine *r = type->refine;
    if (kind == ZPL_RULE_ENUM)
        return type->kind == ZPL_ENUM && type->values != NULL;
    if (kind == ZPL_RULE_SHAPE)
        return type->kind == ZPL_TENSOR;
    if (r == NULL)
        return false;
    switch (kind) {
    case ZPL_RULE_REQUIRED:
        return r->required;
    case ZPL_RULE_MIN:
        return r->min != NULL;
    case ZPL_RULE_MAX:
        return r->max != NULL;
    case ZPL_RULE_ONE_OF:
        return r->one_of != NULL;
    case ZPL_RULE_MATCH:
        return r->match != NULL;
    case ZPL_RULE_UNIQUE:
        return r->unique;
    default:
        return false;
    }
}

bool zpl_rules_add(struct zpl_rules *rules, const struct zpl_column *column,
                   struct zpl_arena *arena)
{
    unsigned depth = 0;
    for (const struct zpl_type *type = column->type; type != NULL; type = type->elem, depth++) {
        for (int kind = 0; kind < ZPL_RULE_KINDS; kind++) {
            if (!has_rule(type, kind) || (depth > 0 && kind == ZPL_RULE_UNIQUE))
                continue;
            rules->items = zpl_arena_grow(arena, rules->items, rules->count, &rules->capacity,
                                          sizeof *rules->items);
            if (rules->items == NULL)
                return false;
            rules->items[rules->count++] =
                (struct zpl_rule){.kind = kind, .column = column, .type = type, .depth = depth};
        }
        if (type->kind != ZPL_LIST)
            break;
    }
    return true;
}

bool zpl_contract_any(const struct zpl_row *row)
{
    for (size_t i = 0; row != NULL && i < row->count; i++)
        for (const struct zpl_type *type = row->columns[i].type; type != NULL; type = type->elem) {
            for (int kind = 0; kind < ZPL_RULE_KINDS; kind++)
                if (has_rule(type, kind))
                    return true;
            if (type->kind != ZPL_LIST)
                break;
        }
    return false;
}

/* ---- rules in words ---- */

/* The values that a rule lists, the first few. */
static void say_list(const struct zpl_literal *list, struct zpl_buf *out)
{
    struct zpl_literal first = *list;
    if (list->as.list.count <= SHOWN_VALUES) {
        zpl_literal_show(list, out);
        return;
    }
    first.as.list.count = SHOWN_VALUES;
    zpl_literal_show(&first, out);
    zpl_buf_truncate(out, out->len - 2); /* the brace */
    zpl_buf_printf(out, ", … %zu more }", list->as.list.count - SHOWN_VALUES);
}

/* The pattern, or what it says of itself. */
static void say_match(const char *pattern, struct zpl_buf *out)
{
    size_t len;
    const char *said = zpl_regex_said(pattern, &len);
    zpl_buf_puts(out, said != NULL ? "is to be " : "is to match ");
    if (said != NULL)
        zpl_buf_add(out, said, len);
    else
        zpl_literal_quote(pattern, strlen(pattern), out);
}

/* The Tensor; where a name stands for a dimension, that it is one number. */
static void say_shape(const struct zpl_type *type, struct zpl_buf *out)
{
    struct zpl_type plain = *type;
    plain.refine = NULL;
    zpl_buf_puts(out, "is to be ");
    zpl_type_show(&plain, true, out);
    zpl_buf_puts(out, zpl_tensor_bytes(type) == 0 ? " of one shape in all rows" : "");
}

void zpl_rule_say(const struct zpl_rule *rule, struct zpl_buf *out)
{
    const struct zpl_refine *r = rule->type->refine;
    switch (rule->kind) {
    case ZPL_RULE_REQUIRED:
        zpl_buf_puts(out, rule->depth > 0 ? "is to have no null among its items" : "is required");
        return;
    case ZPL_RULE_MIN:
        zpl_buf_puts(out, "is to be at least ");
        zpl_literal_show(r->min, out);
        break;
    case ZPL_RULE_MAX:
        zpl_buf_puts(out, "is to be at most ");
        zpl_literal_show(r->max, out);
        break;
    case ZPL_RULE_ONE_OF:
        zpl_buf_puts(out, "is to be one of ");
        say_list(r->one_of, out);
        break;
    case ZPL_RULE_ENUM: {
        struct zpl_type plain = *rule->type;
        plain.refine = NULL;
        plain.optional = false;
        zpl_buf_puts(out, "is to be a value of ");
        zpl_type_show(&plain, true, out);
        break;
    }
    case ZPL_RULE_MATCH:
        say_match(r->match, out);
        break;
    case ZPL_RULE_SHAPE:
        say_shape(rule->type, out);
        break;
    default:
        zpl_buf_puts(out, "is to be unique");
        break;
    }
    if (rule->depth > 0)
        zpl_buf_puts(out, " in each item");
}

const char *const *zpl_contract_words(const struct zpl_column *column, struct zpl_arena *arena)
{
    struct zpl_rules rules = {0};
    if (!zpl_rules_add(&rules, column, arena))
        return NULL;
    const char **words = zpl_arena_array(arena, rules.count + 1, sizeof *words);
    size_t kept = 0;
    for (size_t i = 0; words != NULL && i < rules.count; i++) {
        struct zpl_buf text = {0};
        if (rules.items[i].kind == ZPL_RULE_SHAPE && zpl_tensor_bytes(rules.items[i].type) > 0)
            continue; /* which the type says by itself */
        zpl_rule_say(&rules.items[i], &text);
        words[kept++] = zpl_arena_strdup(arena, zpl_buf_str(&text));
        zpl_buf_release(&text);
    }
    return zpl_arena_failed(arena) ? NULL : words;
}

/* ---- rules in SQL ---- */

struct writing {
    struct zpl_duck *duck;
    const char *path; /* of the table */
    struct zpl_arena *arena;
    struct zpl_diags *diags;
};

static void hex(const char *s, size_t n, struct zpl_buf *out)
{
    zpl_buf_puts(out, "from_hex('");
    for (size_t i = 0; i < n; i++)
        zpl_buf_printf(out, "%02x", (unsigned char)s[i]);
    zpl_buf_puts(out, "')");
}

static void text_value(enum zpl_kind kind, const struct zpl_literal *v, struct zpl_buf *out)
{
    const char *s = v->as.str.s;
    size_t n = v->as.str.n;
    int64_t when = 0;
    if (kind == ZPL_DATE && zpl_date_read(s, n, &when)) {
        zpl_buf_printf(out, "(DATE '1970-01-01' + CAST(%lld AS INTEGER))", (long long)when);
    } else if (kind == ZPL_TIMESTAMP && zpl_timestamp_read(s, n, &when)) {
        zpl_buf_printf(out, "make_timestamp(CAST('%lld' AS BIGINT))", (long long)when);
    } else if (kind == ZPL_BYTES) {
        hex(s, n, out);
    } else if (memchr(s, '\0', n) != NULL) { /* which would end the query */
        zpl_buf_puts(out, "decode(");
        hex(s, n, out);
        zpl_buf_putc(out, ')');
    } else {
        zpl_duck_text(out, s, n);
    }
}

/* A value of the type as a constant. */
static void value(const struct zpl_type *type, const struct zpl_literal *v, struct zpl_buf *out)
{
    switch (v->kind) {
    case ZPL_LIT_BOOL:
        zpl_buf_puts(out, v->as.b ? "true" : "false");
        return;
    case ZPL_LIT_INT:
        zpl_buf_printf(out, "CAST('%lld' AS BIGINT)", (long long)v->as.i);
        return;
    case ZPL_LIT_FLOAT:
        if (isnan(v->as.f))
            zpl_buf_puts(out, "CAST('nan' AS DOUBLE)");
        else
            zpl_buf_printf(out, "CAST('%.17g' AS DOUBLE)", v->as.f);
        return;
    case ZPL_LIT_STRING:
    case ZPL_LIT_PATH:
        text_value(type->kind, v, out);
        return;
    case ZPL_LIT_LIST:
        zpl_buf_puts(out, "CAST([");
        for (size_t i = 0; i < v->as.list.count; i++) {
            zpl_buf_puts(out, i > 0 ? ", " : "");
            value(type->elem != NULL ? type->elem : type, v->as.list.items[i], out);
        }
        zpl_buf_puts(out, "] AS ");
        zpl_convert_sql(type, true, out);
        zpl_buf_putc(out, ')');
        return;
    default:
        zpl_buf_puts(out, "NULL");
        return;
    }
}

/* Of a bound that is NaN no value is below and every one above, as in admit.c. */
static void break_bound(const struct zpl_rule *rule, const char *x, struct zpl_buf *out)
{
    bool min = rule->kind == ZPL_RULE_MIN;
    const struct zpl_literal *bound = min ? rule->type->refine->min : rule->type->refine->max;
    bool nan = bound->kind == ZPL_LIT_FLOAT && isnan(bound->as.f);
    bool number = rule->type->kind == ZPL_FLOAT || rule->type->kind == ZPL_NUMBER;
    if (nan && !min) {
        zpl_buf_printf(out, "%s IS NOT NULL", x);
        return;
    }
    if (!nan) {
        zpl_buf_printf(out, "%s %c ", x, min ? '<' : '>');
        value(rule->type, bound, out);
    }
    if (min && number) /* which SQL has above all numbers */
        zpl_buf_printf(out, "%sisnan(CAST(%s AS DOUBLE))", nan ? "" : " OR ", x);
}

/* The literals as canonical texts of JSON; NULL when memory is out. */
static const char *const *json_texts(const struct zpl_literal *list, struct zpl_arena *arena)
{
    size_t count = list->as.list.count;
    const char **texts = zpl_arena_array(arena, count + 1, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < count; i++) {
        struct zpl_buf text = {0};
        struct zpl_json *json = zpl_context_json(list->as.list.items[i]);
        if (zpl_json_write(json, false, &text) == ZPL_OK)
            texts[i] = zpl_arena_strdup(arena, zpl_buf_str(&text));
        zpl_json_release(json);
        zpl_buf_release(&text);
        if (texts[i] == NULL)
            return NULL;
    }
    return texts;
}

static bool break_one_of(const struct writing *w, const struct zpl_rule *rule, const char *x,
                         struct zpl_buf *out)
{
    const struct zpl_literal *list = rule->type->refine->one_of;
    bool scalar = rule->type->kind != ZPL_LIST;
    if (rule->type->kind == ZPL_JSON) {
        const char *name;
        const char *const *texts = json_texts(list, w->arena);
        if (texts == NULL || !zpl_contract_json(w->duck, texts, &name, w->arena, w->diags))
            return false;
        zpl_buf_printf(out, "%s IS NOT NULL AND NOT %s(%s)", x, name, x);
        return true;
    }
    if (list->as.list.count == 0) {
        zpl_buf_printf(out, "%s IS NOT NULL", x);
        return true;
    }
    /* `x IN (list)` with one list means something else. */
    zpl_buf_printf(out, "NOT (%s %s", x, scalar ? "IN (" : "= ");
    for (size_t i = 0; i < list->as.list.count; i++) {
        if (i > 0)
            zpl_buf_printf(out, scalar ? ", " : " OR %s = ", x);
        value(rule->type, list->as.list.items[i], out);
    }
    zpl_buf_puts(out, scalar ? "))" : ")");
    return true;
}

static void break_enum(const struct zpl_rule *rule, const char *x, struct zpl_buf *out)
{
    zpl_buf_printf(out, "%s NOT IN (", x);
    for (const char *const *v = rule->type->values; *v != NULL; v++) {
        zpl_buf_puts(out, v > rule->type->values ? ", " : "");
        zpl_duck_text(out, *v, strlen(*v));
    }
    zpl_buf_putc(out, ')');
}

/* By the length of the stored bytes; of a name it is that of the first value. */
static void break_shape(const struct writing *w, const struct zpl_rule *rule, const char *x,
                        struct zpl_buf *out)
{
    uint64_t count, bytes = zpl_tensor_bytes(rule->type);
    size_t names;
    if (bytes > 0) {
        zpl_buf_printf(out, "octet_length(%s) <> %llu", x, (unsigned long long)bytes);
        return;
    }
    zpl_tensor_size(rule->type, &count, &names);
    zpl_buf_printf(out,
                   "octet_length(%s) %% %llu <> 0 OR octet_length(%s) <> (SELECT octet_length(%s) "
                   "FROM read_parquet(",
                   x, (unsigned long long)(count * zpl_tensor_element(rule->type->dtype)->bytes), x,
                   x);
    zpl_duck_text(out, w->path, strlen(w->path));
    zpl_buf_printf(out, ") WHERE %s IS NOT NULL LIMIT 1)", x);
}

/* When does the value `x` break the rule?  NULL counts as no. */
static bool break_value(const struct writing *w, const struct zpl_rule *rule, const char *x,
                        struct zpl_buf *out)
{
    const char *name;
    switch (rule->kind) {
    case ZPL_RULE_REQUIRED:
        zpl_buf_printf(out, "%s IS NULL", x);
        return true;
    case ZPL_RULE_MIN:
    case ZPL_RULE_MAX:
        break_bound(rule, x, out);
        return true;
    case ZPL_RULE_ONE_OF:
        return break_one_of(w, rule, x, out);
    case ZPL_RULE_ENUM:
        break_enum(rule, x, out);
        return true;
    case ZPL_RULE_SHAPE:
        break_shape(w, rule, x, out);
        return true;
    default:
        if (!zpl_contract_match(w->duck, rule->column->name, rule->type->refine->match, &name,
                                w->arena, w->diags))
            return false;
        zpl_buf_printf(out, "%s IS NOT NULL AND NOT %s(%s)", x, name, x);
        return true;
    }
}

/* Of a list: is there an item that breaks it? */
static bool break_item(const struct writing *w, const struct zpl_rule *rule, const char *x,
                       unsigned depth, struct zpl_buf *out)
{
    if (depth == rule->depth)
        return break_value(w, rule, x, out);
    const char *item = zpl_arena_printf(w->arena, "zpl_item_%u", depth);
    if (item == NULL)
        return false;
    zpl_buf_printf(out, "len(list_filter(%s, lambda %s: ", x, item);
    bool fine = break_item(w, rule, item, depth + 1, out);
    zpl_buf_puts(out, ")) > 0");
    return fine;
}

/* Is the rule about texts, and the column none?  A pattern says nothing of a number. */
static bool is_idle(const struct zpl_rule *rule)
{
    enum zpl_kind kind = rule->type->kind;
    return rule->kind == ZPL_RULE_MATCH && kind != ZPL_STRING && kind != ZPL_PATH &&
           kind != ZPL_ENUM && kind != ZPL_JSON && kind != ZPL_CLASS && kind != ZPL_ANY;
}

bool zpl_rule_write(struct zpl_rule *rule, struct zpl_duck *duck, const char *path,
                    struct zpl_arena *arena, struct zpl_diags *diags)
{
    const struct writing w = {duck, path, arena, diags};
    struct zpl_buf x = {0}, sql = {0};
    bool fine = true;
    if (rule->kind == ZPL_RULE_UNIQUE)
        return true;
    zpl_duck_ident(&x, rule->column->name);
    if (is_idle(rule))
        zpl_buf_puts(&sql, "false");
    else
        fine = break_item(&w, rule, zpl_buf_str(&x), 0, &sql);
    if (zpl_buf_error(&sql) != ZPL_OK || zpl_buf_error(&x) != ZPL_OK)
        arena->failed = true;
    rule->breaks = zpl_arena_strdup(arena, zpl_buf_str(&sql));
    zpl_buf_release(&x);
    zpl_buf_release(&sql);
    if (zpl_arena_failed(arena) && diags->errors == 0)
        zpl_diag_nomem(diags);
    return fine && !zpl_arena_failed(arena);
}
