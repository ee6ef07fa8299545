#include "lang/types/signature.h"
#include <string.h>
#include "lang/base/limits.h"
#include "lang/types/show.h"
#include "lang/types/token.h"

static bool field(struct zpl_parser *p, struct zpl_field *out)
{
    out->name = zpl_parser_take_name(p, false, "an argument's name");
    if (!out->name)
        return false;
    out->optional = zpl_parser_take_mark(p, '?');
    if (!zpl_parser_expect_mark(p, ':'))
        return false;
    out->type = zpl_parse_type(p);
    if (!out->type || !zpl_parser_at_mark(p, '='))
        return !p->failed;
    zpl_parser_step(p);
    struct zpl_token at = p->token;
    if (out->type->kind == ZPL_STEP) { /* the name of a step */
        out->optional = true;
        out->fallback = at.kind == ZPL_TOKEN_NAME
                            ? zpl_literal_string(p->arena, at.text, at.n)
                            : zpl_parser_fail(p, &at, "the default of a Step is a step's name");
        zpl_parser_step(p);
        return out->fallback && !p->failed;
    }
    const struct zpl_literal *value = zpl_parse_literal(p);
    const char *why = "is no value for it";
    bool out_of_range;
    if (!value)
        return false;
    out->optional = true;
    out->fallback = zpl_type_admit(out->type, value, p->arena, &why, &out_of_range);
    if (!out->fallback)
        zpl_parser_fail(p, &at, "the default %s", why);
    return !p->failed;
}

/* `(` fields `)`. */
static bool fields(struct zpl_parser *p, const struct zpl_field **out, size_t *count)
{
    struct zpl_field *items = NULL;
    size_t room = 0;
    if (!zpl_parser_expect_mark(p, '('))
        return false;
    while (!p->failed && !zpl_parser_at_mark(p, ')')) {
        struct zpl_token at = p->token;
        items = zpl_arena_grow(p->arena, items, *count, &room, sizeof *items);
        if (!items)
            return zpl_parser_no_memory(p);
        items[*count] = (struct zpl_field){0};
        if (!field(p, &items[*count]))
            return false;
        for (size_t i = 0; i < *count; i++)
            if (strcmp(items[i].name, items[*count].name) == 0)
                return zpl_parser_fail(p, &at, "'%s' stands here twice", at.text);
        (*count)++;
        if (!zpl_parser_take_mark(p, ','))
            break;
    }
    *out = items;
    return zpl_parser_expect_mark(p, ')');
}

/* Does the variable stand in the type of an input? */
static bool mentions(const struct zpl_type *type, const char *var)
{
    if (type->name && strcmp(type->name, var) == 0)
        return true;
    if ((type->elem && mentions(type->elem, var)) ||
        (type->label_type && mentions(type->label_type, var)))
        return true;
    for (size_t i = 0; type->row && i < type->row->count; i++) {
        const struct zpl_column *column = &type->row->columns[i];
        if (column->type ? mentions(column->type, var) : strcmp(column->name, var) == 0)
            return true;
    }
    return false;
}

static bool where(struct zpl_parser *p, struct zpl_signature *s)
{
    struct zpl_where *items = NULL;
    size_t room = 0;
    do {
        items = zpl_arena_grow(p->arena, items, s->where_count, &room, sizeof *items);
        if (!items)
            return zpl_parser_no_memory(p);
        struct zpl_where *w = &items[s->where_count];
        struct zpl_token at = p->token;
        w->var = zpl_parser_take_name(p, false, "a variable");
        if (!w->var || !zpl_parser_expect_mark(p, ':'))
            return false;
        bool known = false;
        for (size_t i = 0; i < s->input_count && !known; i++)
            known = mentions(s->inputs[i].type, w->var);
        if (!known)
            return zpl_parser_fail(p, &at, "no input has a variable '%s'", w->var);
        w->type = zpl_parse_type(p);
        s->where_count++;
    } while (zpl_parser_take_mark(p, ','));
    s->where = items;
    return !p->failed;
}

static bool words(struct zpl_parser *p, struct zpl_signature *s)
{
    while (!p->failed && p->token.kind != ZPL_TOKEN_END) {
        if (zpl_parser_take_word(p, "disjoint"))
            s->disjoint = true;
        else if (zpl_parser_take_word(p, "effect"))
            s->effect = true;
        else if (zpl_parser_take_word(p, "where"))
            where(p, s);
        else
            zpl_parser_fail(p, &p->token, "expected 'where', 'disjoint', 'effect' or the end");
    }
    return !p->failed;
}

/* A type variable of an output's type that no input has, or NULL. */
static const char *unbound_in(const struct zpl_signature *s, const struct zpl_type *type)
{
    bool known = type->kind != ZPL_VAR;
    for (size_t i = 0; i < s->input_count && !known; i++)
        known = mentions(s->inputs[i].type, type->name);
    if (!known)
        return type->name;
    const char *found = type->elem ? unbound_in(s, type->elem) : NULL;
    if (!found && type->label_type)
        found = unbound_in(s, type->label_type);
    for (size_t i = 0; type->row && i < type->row->count && !found; i++)
        if (type->row->columns[i].type)
            found = unbound_in(s, type->row->columns[i].type);
    return found;
}

/* A type that only outputs have is known to nobody. */
static void check_outputs(struct zpl_parser *p, const struct zpl_signature *s)
{
    const char *var = NULL;
    for (size_t i = 0; i < s->output_count && !var; i++)
        var = unbound_in(s, s->outputs[i].type);
    if (!var)
        return;
    struct zpl_parser scan;
    struct zpl_token at = {.length = p->len};
    bool outputs = false;
    for (zpl_parser_start(&scan, p->text, p->arena); scan.token.kind != ZPL_TOKEN_END;) {
        struct zpl_token t = scan.token;
        zpl_parser_step(&scan);
        outputs = outputs || t.kind == ZPL_TOKEN_ARROW;
        /* behind the arrow, and not as the name of an output or column */
        if (outputs && t.kind == ZPL_TOKEN_NAME && strcmp(t.text, var) == 0 &&
            !zpl_parser_at_mark(&scan, ':'))
            at = t;
    }
    zpl_parser_fail(p, &at, "no input has the type variable '%s'; types are Int, Float, String …",
                    var);
}

/* Notes the names that `columns NAME` binds, wherever it stands: `{NAME}` before it means them. */
static void find_column_lists(struct zpl_parser *p)
{
    struct zpl_parser scan;
    for (zpl_parser_start(&scan, p->text, p->arena); scan.token.kind != ZPL_TOKEN_END;) {
        if (!zpl_parser_take_word(&scan, "columns")) {
            zpl_parser_step(&scan);
            continue;
        }
        if (scan.token.kind != ZPL_TOKEN_NAME)
            continue;
        const char **names = zpl_arena_grow(p->arena, p->column_lists, p->column_list_count,
                                            &p->column_list_room, sizeof *names);
        if (!names) {
            zpl_parser_no_memory(p);
            return;
        }
        p->column_lists = names;
        names[p->column_list_count++] = scan.token.text;
    }
}

/* Is the row variable known before a table's leftover columns are: by a list of columns that has
 * to be given, by a model's features, by a declared type? */
static bool bound_before_tables(const struct zpl_signature *s, const char *var)
{
    for (size_t i = 0; i < s->input_count; i++) {
        const struct zpl_type *type = s->inputs[i].type;
        if ((type->kind == ZPL_COLUMNS_OF || type->kind == ZPL_TYPE_OF) && !s->inputs[i].optional &&
            strcmp(type->name, var) == 0)
            return true;
        for (size_t k = 0; type->kind == ZPL_MODEL && type->row && k < type->row->count; k++)
            if (!type->row->columns[k].type && strcmp(type->row->columns[k].name, var) == 0)
                return true;
    }
    return false;
}

/* The row variables of a table that nothing before it tells; `tables` holds the inputs read already
 * as true. */
static size_t unbound_count(const struct zpl_signature *s, size_t input, const bool *read,
                            const char **second)
{
    const struct zpl_row *row = s->inputs[input].type->row;
    size_t count = 0;
    for (size_t k = 0; k < row->count; k++) {
        const char *var = row->columns[k].name;
        bool bound = row->columns[k].type || bound_before_tables(s, var);
        for (size_t i = 0; i < s->input_count && !bound; i++) {
            const struct zpl_row *other = read[i] ? s->inputs[i].type->row : NULL;
            for (size_t m = 0; other && m < other->count && !bound; m++)
                bound = !other->columns[m].type && strcmp(other->columns[m].name, var) == 0;
        }
        if (bound)
            continue;
        count++;
        *second = var;
    }
    return count;
}

/* Two row variables of one table need something that tells their columns apart. */
static void check_ambiguity(struct zpl_parser *p, const struct zpl_signature *s)
{
    bool *read = zpl_arena_array(p->arena, s->input_count, sizeof *read);
    if (!read) {
        zpl_parser_no_memory(p);
        return;
    }
    const char *second = "";
    for (bool progress = true; progress;) {
        progress = false;
        for (size_t i = 0; i < s->input_count; i++) {
            if (read[i] || s->inputs[i].type->kind != ZPL_TABLE ||
                unbound_count(s, i, read, &second) > 1)
                continue;
            read[i] = progress = true;
        }
    }
    struct zpl_token all = {.length = p->len};
    for (size_t i = 0; i < s->input_count; i++)
        if (s->inputs[i].type->kind == ZPL_TABLE && !read[i] &&
            unbound_count(s, i, read, &second) > 1)
            zpl_parser_fail(p, &all,
                            "nothing tells which columns of '%s' are '%s' and which are the rest",
                            s->inputs[i].name, second);
}

const struct zpl_signature *zpl_parse_signature(struct zpl_parser *p)
{
    struct zpl_signature *s = zpl_arena_alloc(p->arena, sizeof *s);
    char *text = zpl_arena_strndup(p->arena, p->text, p->len);
    if (!s || !text)
        return zpl_parser_no_memory(p);
    s->text = text;
    find_column_lists(p);
    p->in_inputs = true;
    if (!fields(p, &s->inputs, &s->input_count))
        return NULL;
    p->in_inputs = false;
    p->in_outputs = true;
    if (zpl_parser_at_mark(p, '='))
        return zpl_parser_fail(p, &p->token, "outputs stand behind '->'");
    if (p->token.kind == ZPL_TOKEN_ARROW) {
        zpl_parser_step(p);
        if (p->token.kind == ZPL_TOKEN_NAME)
            return zpl_parser_fail(p, &p->token,
                                   "outputs stand in parentheses with their names: -> (rows: %s …)",
                                   p->token.text);
        if (!fields(p, &s->outputs, &s->output_count))
            return NULL;
    }
    if (!words(p, s))
        return NULL;
    check_outputs(p, s);
    check_ambiguity(p, s);
    return p->failed ? NULL : s;
}

enum zpl_err zpl_signature_parse(const char *text, struct zpl_arena *arena,
                                 const struct zpl_signature **out,
                                 struct zpl_signature_error *error)
{
    struct zpl_parser p;
    *error = (struct zpl_signature_error){0};
    if (strlen(text) > ZPL_SIGNATURE_MAX) {
        error->message = "the signature is too long";
        return ZPL_ERR_INPUT;
    }
    zpl_parser_start(&p, text, arena);
    *out = zpl_parse_signature(&p);
    return zpl_parser_result(&p, error);
}

static void show_fields(const struct zpl_shower *s, const struct zpl_field *items, size_t count)
{
    zpl_buf_putc(s->out, '(');
    for (size_t i = 0; i < count; i++) {
        if (i)
            zpl_buf_puts(s->out, ", ");
        zpl_buf_puts(s->out, items[i].name);
        zpl_buf_puts(s->out, items[i].optional && !items[i].fallback ? "?: " : ": ");
        zpl_shower_type(s, items[i].type);
        if (items[i].fallback) {
            zpl_buf_puts(s->out, " = ");
            if (items[i].type->kind == ZPL_STEP)
                zpl_buf_puts(s->out, items[i].fallback->as.str.s);
            else
                zpl_literal_show(items[i].fallback, s->out);
        }
    }
    zpl_buf_putc(s->out, ')');
}

void zpl_signature_show(const struct zpl_signature *signature, struct zpl_buf *out)
{
    struct zpl_shower s = {.out = out, .quote_labels = true};
    show_fields(&s, signature->inputs, signature->input_count);
    if (signature->output_count > 0) {
        zpl_buf_puts(out, " -> ");
        show_fields(&s, signature->outputs, signature->output_count);
    }
    if (signature->disjoint)
        zpl_buf_puts(out, " disjoint");
    if (signature->effect)
        zpl_buf_puts(out, " effect");
    for (size_t i = 0; i < signature->where_count; i++) {
        zpl_buf_puts(out, i ? ", " : " where ");
        zpl_buf_printf(out, "%s: ", signature->where[i].var);
        zpl_shower_type(&s, signature->where[i].type);
    }
}

const struct zpl_field *zpl_signature_input(const struct zpl_signature *s, const char *name)
{
    for (size_t i = 0; i < s->input_count; i++)
        if (strcmp(s->inputs[i].name, name) == 0)
            return &s->inputs[i];
    return NULL;
}
