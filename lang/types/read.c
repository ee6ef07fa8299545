/* read.c - types as text: the `type` and `row` of the grammar in signature.h.
 * By recursive descent; the depth is bounded by ZPL_NESTING_MAX. */
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/types/tensor.h"
#include "lang/types/token.h"

static const char *const refinement_words[] = {"required", "unique", "hindsight",
                                               "one_of",   "match",  "default"};

static bool at_refinement_word(const struct zpl_parser *p)
{
    for (size_t i = 0; i < sizeof refinement_words / sizeof *refinement_words; i++)
        if (zpl_parser_at_word(p, refinement_words[i]))
            return true;
    return false;
}

static bool add_name(struct zpl_parser *p, const char ***names, size_t *count, size_t *room,
                     const char *name)
{
    const char **grown = zpl_arena_grow(p->arena, *names, *count, room, sizeof *grown);
    if (!grown)
        return zpl_parser_no_memory(p);
    *names = grown;
    grown[(*count)++] = name;
    return true;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* What a table's column, a record's or a report's field may be. */
static bool may_hold(enum zpl_kind whole, enum zpl_kind part)
{
    if (part == ZPL_VAR || part == ZPL_UNKNOWN || part == ZPL_ANY)
        return true;
    if (whole == ZPL_REPORT)
        return part == ZPL_INT || part == ZPL_FLOAT || part == ZPL_BOOL || part == ZPL_STRING ||
               part == ZPL_NUMBER;
    if (whole == ZPL_RECORD)
        return part < ZPL_VAR;
    return zpl_kind_is_scalar(part) || part == ZPL_LIST || part == ZPL_RECORD || part == ZPL_TENSOR;
}

/* One item of a row: a column, or a row variable (its type is left NULL). */
static bool row_item(struct zpl_parser *p, enum zpl_kind whole, struct zpl_row *row,
                     struct zpl_column *column)
{
    struct zpl_token at = p->token;
    if (at.kind == ZPL_TOKEN_MORE) {
        zpl_parser_step(p);
        if (p->token.kind == ZPL_TOKEN_NAME)
            column->name = zpl_parser_take_name(p, false, "a row variable");
        else
            row->open = true;
        return !p->failed;
    }
    column->name = zpl_parser_take_name(p, true, "a column");
    if (!column->name)
        return false;
    if (!zpl_parser_take_mark(p, ':')) {
        if (at.kind == ZPL_TOKEN_NAME &&
            has_name(p->column_lists, p->column_list_count, column->name))
            return true;
        if (p->token.kind == ZPL_TOKEN_NAME && (p->token.text[0] < 'A' || p->token.text[0] > 'Z'))
            return zpl_parser_expected(p, "':' or ','");
        if (p->token.kind == ZPL_TOKEN_NAME || zpl_parser_at_mark(p, '='))
            return zpl_parser_expected(p, "':'");
        column->type = zpl_type_new(p->arena, ZPL_ANY);
        return column->type || zpl_parser_no_memory(p);
    }
    struct zpl_token type_at = p->token;
    column->type = zpl_parse_type(p);
    if (column->type && !may_hold(whole, column->type->kind))
        zpl_parser_fail(p, &type_at, "a %s can't stand in a %s", zpl_kind_name(column->type->kind),
                        zpl_kind_name(whole));
    return !p->failed;
}

/* Where the name of a column stands. */
struct place {
    size_t offset, length;
};

/* Tells a column that stands twice, at its second name. */
static bool check_twins(struct zpl_parser *p, const struct zpl_row *row, const struct place *places)
{
    const struct zpl_column *first, *twin = zpl_row_twins(row, &first);
    if (!twin)
        return true;
    const struct place *place = &places[twin - row->columns];
    struct zpl_token at = {.offset = place->offset, .length = place->length};
    if (strcmp(twin->name, first->name) == 0)
        return zpl_parser_fail(p, &at, "'%s' stands here twice", twin->name);
    return zpl_parser_fail(p, &at, "'%s' and '%s' differ only in case", first->name, twin->name);
}

/* `{…}` behind Table, Record, Report or features:. */
static const struct zpl_row *braced_row(struct zpl_parser *p, enum zpl_kind whole)
{
    struct zpl_token open = p->token;
    struct place *places = NULL;
    size_t place_room = 0;
    struct zpl_row *row = zpl_arena_alloc(p->arena, sizeof *row);
    struct zpl_column *columns = NULL;
    size_t room = 0;
    if (!row)
        return zpl_parser_no_memory(p);
    zpl_parser_step(p);
    while (!p->failed && !zpl_parser_at_mark(p, '}')) {
        if (row->count == ZPL_COLUMNS_MAX)
            return zpl_parser_fail(p, &open, "more than %u columns", ZPL_COLUMNS_MAX);
        columns = zpl_arena_grow(p->arena, columns, row->count, &room, sizeof *columns);
        places = zpl_arena_grow(p->arena, places, row->count, &place_room, sizeof *places);
        if (!columns || !places)
            return zpl_parser_no_memory(p);
        columns[row->count] = (struct zpl_column){0};
        places[row->count] = (struct place){p->token.offset, p->token.length};
        row->columns = columns;
        if (!row_item(p, whole, row, &columns[row->count]))
            return NULL;
        row->count += columns[row->count].name != NULL;
        if (!zpl_parser_take_mark(p, ','))
            break;
    }
    if (!zpl_parser_at_mark(p, '}') && !p->failed)
        return zpl_parser_expected(p, "',' or '}'");
    zpl_parser_step(p);
    return !p->failed && check_twins(p, row, places) ? row : NULL;
}

/* A row in braces, a row variable, or nothing, which means any. */
static const struct zpl_row *any_row(struct zpl_parser *p, enum zpl_kind whole)
{
    if (zpl_parser_at_mark(p, '{'))
        return braced_row(p, whole);
    struct zpl_row *row = zpl_arena_alloc(p->arena, sizeof *row);
    if (!row)
        return zpl_parser_no_memory(p);
    if (p->token.kind != ZPL_TOKEN_NAME || at_refinement_word(p)) {
        if (p->token.kind == ZPL_TOKEN_MORE)
            zpl_parser_step(p);
        row->open = true;
        return row;
    }
    struct zpl_column *column = zpl_arena_alloc(p->arena, sizeof *column);
    if (!column)
        return zpl_parser_no_memory(p);
    column->name = zpl_parser_take_name(p, false, "a row variable");
    row->columns = column;
    row->count = 1;
    return p->failed ? NULL : row;
}

static bool model_label(struct zpl_parser *p, struct zpl_type *type)
{
    bool bare = p->token.kind == ZPL_TOKEN_NAME;
    type->label = zpl_parser_take_name(p, true, "the label");
    if (!type->label)
        return false;
    if (bare && p->in_inputs) {
        type->label_is_var = true;
        if (!add_name(p, &p->column_names, &p->column_name_count, &p->column_name_room,
                      type->label))
            return false;
    }
    if (bare && p->in_outputs)
        type->label_is_var = has_name(p->column_names, p->column_name_count, type->label);
    if (zpl_parser_take_mark(p, ':'))
        type->label_type = zpl_parse_type(p);
    return !p->failed;
}

static bool model(struct zpl_parser *p, struct zpl_type *type)
{
    if (!zpl_parser_take_mark(p, '{'))
        return true;
    while (!p->failed && !zpl_parser_at_mark(p, '}')) {
        struct zpl_token at = p->token;
        const char *word = zpl_parser_take_name(p, false, "a framework, 'features:' or 'label:'");
        if (!word)
            return false;
        bool keyed = zpl_parser_take_mark(p, ':');
        if (!keyed && !type->framework)
            type->framework = word;
        else if (keyed && strcmp(word, "features") == 0 && !type->row)
            type->row = any_row(p, ZPL_TABLE);
        else if (keyed && strcmp(word, "label") == 0 && !type->label)
            model_label(p, type);
        else
            zpl_parser_fail(p, &at, "a Model has a framework, 'features:' and 'label:', each once");
        if (!zpl_parser_take_mark(p, ','))
            break;
    }
    return zpl_parser_expect_mark(p, '}');
}

static bool enumeration(struct zpl_parser *p, struct zpl_type *type)
{
    const char **values = NULL;
    size_t count = 0, room = 0;
    if (p->token.kind == ZPL_TOKEN_NAME && !at_refinement_word(p))
        type->name = zpl_parser_take_name(p, false, "a variable");
    if (type->name || !zpl_parser_at_mark(p, '{'))
        return !p->failed;
    do {
        zpl_parser_step(p);
        struct zpl_token at = p->token;
        if (at.kind != ZPL_TOKEN_STRING || memchr(at.text, '\0', at.n)) {
            zpl_parser_fail(p, &at, "the values of an Enum are strings");
            return false;
        }
        if (has_name(values, count, at.text)) {
            zpl_parser_fail(p, &at, "this value stands here twice");
            return false;
        }
        if (!add_name(p, &values, &count, &room, at.text))
            return false;
        zpl_parser_step(p);
    } while (zpl_parser_at_mark(p, ','));
    if (!add_name(p, &values, &count, &room, NULL))
        return false;
    type->values = values;
    return zpl_parser_expect_mark(p, '}');
}

/* Steps over `(` … `)`. */
static void skip_parens(struct zpl_parser *p)
{
    int open = 0;
    do {
        open += zpl_parser_at_mark(p, '(') - zpl_parser_at_mark(p, ')');
        zpl_parser_step(p);
    } while (open > 0 && !p->failed && p->token.kind != ZPL_TOKEN_END);
}

/* `(…) -> (…)` as it is, inside another signature: variables are its own. */
static bool inner_signature(struct zpl_parser *p, struct zpl_type *type)
{
    size_t begin = p->token.offset;
    skip_parens(p);
    if (p->token.kind == ZPL_TOKEN_ARROW) {
        zpl_parser_step(p);
        skip_parens(p);
    }
    if (p->failed)
        return false;
    struct zpl_parser inner;
    const char *text = zpl_arena_strndup(p->arena, p->text + begin, p->token.offset - begin);
    if (!text)
        return zpl_parser_no_memory(p);
    zpl_parser_start(&inner, text, p->arena);
    inner.depth = p->depth;
    type->signature = zpl_parse_signature(&inner);
    if (inner.no_memory)
        return zpl_parser_no_memory(p);
    if (!inner.failed)
        return true;
    struct zpl_token at = {.offset = begin + inner.error.offset, .length = inner.error.length};
    zpl_parser_fail(p, &at, "%s", inner.error.message);
    return false;
}

/* The type of a slot that takes a step: its signature follows, in a string or as it is. */
static bool step(struct zpl_parser *p, struct zpl_type *type)
{
    struct zpl_token at = p->token;
    if (zpl_parser_at_mark(p, '('))
        return inner_signature(p, type);
    if (at.kind != ZPL_TOKEN_STRING)
        return true;
    struct zpl_parser inner;
    zpl_parser_step(p);
    zpl_parser_start(&inner, at.text, p->arena);
    inner.depth = p->depth;
    type->signature = zpl_parse_signature(&inner);
    if (inner.no_memory)
        return zpl_parser_no_memory(p);
    if (inner.failed)
        zpl_parser_fail(p, &at, "in this signature: %s", inner.error.message);
    return !inner.failed;
}

/* `(T)` behind List and Optional. */
static const struct zpl_type *wrapped(struct zpl_parser *p)
{
    if (!zpl_parser_expect_mark(p, '('))
        return NULL;
    const struct zpl_type *inner = zpl_parse_type(p);
    return inner && zpl_parser_expect_mark(p, ')') ? inner : NULL;
}

static bool optional(struct zpl_parser *p, struct zpl_type *type)
{
    struct zpl_token at = p->token;
    const struct zpl_type *inner = wrapped(p);
    if (!inner)
        return false;
    *type = *inner;
    type->optional = true;
    if (!zpl_kind_is_scalar(inner->kind) && inner->kind != ZPL_LIST)
        zpl_parser_fail(p, &at, "only scalars and lists can be Optional");
    return !p->failed;
}

static bool kind_of(const char *name, enum zpl_kind *kind)
{
    for (int k = ZPL_UNKNOWN; k < ZPL_VAR; k++) {
        if (strcmp(zpl_kind_name((enum zpl_kind)k), name) == 0) {
            *kind = (enum zpl_kind)k;
            return true;
        }
    }
    return false;
}

static bool unknown_type(struct zpl_parser *p, const struct zpl_token *at)
{
    const char *names[ZPL_VAR];
    for (int k = ZPL_INT; k < ZPL_VAR; k++)
        names[k - 1] = zpl_kind_name((enum zpl_kind)k);
    const char *near = zpl_type_foreign(at->text);
    if (!near)
        near = zpl_text_nearest(at->text, names, ZPL_VAR - 1);
    if (near)
        zpl_parser_fail(p, at, "unknown type '%s'; did you mean %s?", at->text, near);
    else
        zpl_parser_fail(p, at, "unknown type '%s'", at->text);
    return false;
}

/* A lower-case name: `column l`, `columns k`, `type t`, or a type variable. */
static bool variable(struct zpl_parser *p, const struct zpl_token *at, struct zpl_type *type)
{
    static const struct {
        const char *word;
        enum zpl_kind kind;
    } binders[] = {{"column", ZPL_COLUMN_OF}, {"columns", ZPL_COLUMNS_OF}, {"type", ZPL_TYPE_OF}};
    type->kind = ZPL_VAR;
    type->name = at->text;
    if (memchr(at->text, '.', at->n)) {
        zpl_parser_fail(p, at, "'%s' is no type", at->text);
        return false;
    }
    if (zpl_type_foreign(at->text))
        return unknown_type(p, at);
    if (p->token.kind != ZPL_TOKEN_NAME || at_refinement_word(p))
        return true;
    for (size_t i = 0; i < sizeof binders / sizeof *binders; i++) {
        if (strcmp(binders[i].word, at->text) != 0)
            continue;
        type->kind = binders[i].kind;
        type->name = zpl_parser_take_name(p, false, "a variable");
        if (type->name && type->kind == ZPL_COLUMN_OF)
            return add_name(p, &p->column_names, &p->column_name_count, &p->column_name_room,
                            type->name);
    }
    return !p->failed;
}

/* What follows the name of a kind. */
static bool inside(struct zpl_parser *p, struct zpl_type *type)
{
    switch (type->kind) {
    case ZPL_TABLE:
    case ZPL_RECORD:
    case ZPL_REPORT:
        type->row = any_row(p, type->kind);
        return type->row != NULL;
    case ZPL_MODEL:
        return model(p, type);
    case ZPL_ENUM:
        return enumeration(p, type);
    case ZPL_TENSOR:
        return zpl_parse_tensor(p, type);
    case ZPL_LIST:
        type->elem = wrapped(p);
        return type->elem != NULL;
    case ZPL_STEP:
        return step(p, type);
    default:
        return true;
    }
}

static bool base_type(struct zpl_parser *p, struct zpl_type *type)
{
    struct zpl_token at = p->token;
    if (at.kind != ZPL_TOKEN_NAME)
        return zpl_parser_take_name(p, false, "a type") != NULL;
    zpl_parser_step(p);
    if (strcmp(at.text, "Optional") == 0)
        return optional(p, type);
    if (kind_of(at.text, &type->kind))
        return inside(p, type);
    if (at.text[0] >= 'A' && at.text[0] <= 'Z')
        return unknown_type(p, &at);
    return variable(p, &at, type);
}

static bool has_order(enum zpl_kind kind)
{
    return kind == ZPL_INT || kind == ZPL_FLOAT || kind == ZPL_NUMBER || kind == ZPL_DATE ||
           kind == ZPL_TIMESTAMP || kind == ZPL_STRING;
}

/* A literal as a value of the bare type, or failure at `at`. */
static const struct zpl_literal *admitted(struct zpl_parser *p, const struct zpl_type *type,
                                          const struct zpl_token *at,
                                          const struct zpl_literal *value)
{
    const char *why = "is no value for it";
    bool out_of_range;
    if (!value)
        return NULL;
    struct zpl_type bare = *type;
    bare.refine = NULL;
    const struct zpl_literal *v = zpl_type_admit(&bare, value, p->arena, &why, &out_of_range);
    if (!v)
        return zpl_parser_fail(p, at, "this %s", why);
    return v;
}

/* `1..5`, `1..` or `..5`. */
static bool range(struct zpl_parser *p, const struct zpl_type *type, struct zpl_refine *refine)
{
    struct zpl_token first = p->token;
    if (!has_order(type->kind)) {
        zpl_parser_fail(p, &first, "a %s has no range", zpl_kind_name(type->kind));
        return false;
    }
    if (first.kind != ZPL_TOKEN_RANGE)
        refine->min = admitted(p, type, &first, zpl_parse_literal(p));
    if (p->token.kind != ZPL_TOKEN_RANGE)
        return zpl_parser_fail(p, &p->token, "expected '..' behind the minimum");
    zpl_parser_step(p);
    struct zpl_token second = p->token;
    bool bounded = second.kind == ZPL_TOKEN_INT || second.kind == ZPL_TOKEN_FLOAT ||
                   second.kind == ZPL_TOKEN_STRING || zpl_parser_at_mark(p, '-');
    if (bounded)
        refine->max = admitted(p, type, &second, zpl_parse_literal(p));
    if (p->failed)
        return false;
    struct zpl_type low = *type;
    struct zpl_refine floor = {.min = refine->min};
    low.refine = &floor;
    const char *why;
    bool out_of_range = false;
    if (refine->max && !zpl_type_admit(&low, refine->max, p->arena, &why, &out_of_range))
        zpl_parser_fail(p, &first, "the range is empty");
    return !p->failed;
}

static bool one_of(struct zpl_parser *p, const struct zpl_type *type, struct zpl_refine *refine)
{
    struct zpl_token at = p->token;
    const struct zpl_literal *list = zpl_parse_literal(p);
    if (list && list->kind != ZPL_LIT_LIST)
        zpl_parser_fail(p, &at, "one_of takes a list: one_of { 1, 2 }");
    if (p->failed)
        return false;
    const struct zpl_literal **items =
        zpl_arena_array(p->arena, list->as.list.count, sizeof *items);
    if (!items)
        return zpl_parser_no_memory(p);
    for (size_t i = 0; i < list->as.list.count; i++)
        if (!(items[i] = admitted(p, type, &at, list->as.list.items[i])))
            return false;
    refine->one_of = zpl_literal_list(p->arena, items, list->as.list.count);
    return refine->one_of || zpl_parser_no_memory(p);
}

/* Reads all refinements that stand here; *any tells whether there are some. */
static bool refinements(struct zpl_parser *p, const struct zpl_type *type,
                        struct zpl_refine *refine, bool *any)
{
    while (!p->failed) {
        enum zpl_token_kind kind = p->token.kind;
        if (kind == ZPL_TOKEN_INT || kind == ZPL_TOKEN_FLOAT || kind == ZPL_TOKEN_STRING ||
            kind == ZPL_TOKEN_RANGE || zpl_parser_at_mark(p, '-'))
            range(p, type, refine);
        else if (zpl_parser_take_word(p, "required"))
            refine->required = true;
        else if (zpl_parser_take_word(p, "unique"))
            refine->unique = true;
        else if (zpl_parser_take_word(p, "hindsight"))
            refine->hindsight = true;
        else if (zpl_parser_take_word(p, "one_of"))
            one_of(p, type, refine);
        else if (zpl_parser_take_word(p, "match"))
            refine->match = p->token.kind == ZPL_TOKEN_STRING
                                ? zpl_parser_take_name(p, true, "a pattern")
                                : zpl_parser_fail(p, &p->token, "match takes a string");
        else if (at_refinement_word(p)) {
            zpl_parser_step(p);
            struct zpl_token at = p->token;
            const struct zpl_literal *v = zpl_parse_literal(p);
            /* inside Optional( ) the type does not know yet that it may be absent */
            refine->fallback = v && v->kind == ZPL_LIT_NULL ? v : admitted(p, type, &at, v);
        } else
            return true;
        *any = true;
    }
    return false;
}

const struct zpl_type *zpl_parse_type(struct zpl_parser *p)
{
    struct zpl_type *type = zpl_arena_alloc(p->arena, sizeof *type);
    if (!type)
        return zpl_parser_no_memory(p);
    if (++p->depth > ZPL_NESTING_MAX)
        return zpl_parser_fail(p, &p->token, "more than %d levels of nesting", ZPL_NESTING_MAX);
    struct zpl_token at = p->token;
    struct zpl_refine refine = {0};
    bool any = false;
    if (!base_type(p, type))
        return NULL;
    if (type->refine)
        refine = *type->refine; /* those inside Optional( ) */
    if (!refinements(p, type, &refine, &any))
        return NULL;
    p->depth--;
    if (!any)
        return type;
    if (!zpl_kind_is_scalar(type->kind) && type->kind != ZPL_LIST && type->kind != ZPL_TENSOR &&
        type->kind != ZPL_VAR && type->kind != ZPL_ANY)
        return zpl_parser_fail(p, &at, "a %s takes no refinement", zpl_kind_name(type->kind));
    const struct zpl_type *refined = zpl_type_refined(p->arena, type, &refine);
    return refined ? refined : zpl_parser_no_memory(p);
}

enum zpl_err zpl_type_parse(const char *text, struct zpl_arena *arena, const struct zpl_type **out,
                            struct zpl_signature_error *error)
{
    struct zpl_parser p;
    *error = (struct zpl_signature_error){0};
    if (strlen(text) > ZPL_TYPE_TEXT_MAX) {
        error->message = "the text of this type is too long";
        return ZPL_ERR_INPUT;
    }
    zpl_parser_start(&p, text, arena);
    *out = zpl_parse_type(&p);
    if (!p.failed && p.token.kind != ZPL_TOKEN_END)
        zpl_parser_fail(&p, &p.token, "nothing may follow the type");
    return zpl_parser_result(&p, error);
}
