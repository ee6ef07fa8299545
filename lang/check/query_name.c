/* query_name.c - names of a query that are nothing: tables, scalars, and what stands before a dot.
 * Floor: lang/check. */
#include <string.h>
#include "lang/base/text.h"
#include "lang/check/query_tell.h"
#include "lang/check/sqlname.h"
#include "lang/check/tell.h"

/* The name in scope of which the engine was not told, or NULL. */
static const struct zpl_query_other *find_other(const struct zpl_query *q, const char *name)
{
    for (size_t i = 0; i < q->other_count; i++)
        if (zpl_text_equal_nocase(q->others[i].name, name))
            return &q->others[i];
    return NULL;
}

/* What the name stands for if it is a table of Lua's own: a LIST, a RECORD; else NULL. */
static const struct zpl_literal *lua_table(const struct zpl_query *q, const char *name)
{
    for (size_t i = 0; i < q->call->argument_count; i++) {
        const struct zpl_call_argument *argument = &q->call->arguments[i];
        if (!argument->name || !zpl_text_equal_nocase(argument->name, name))
            continue;
        const struct zpl_literal *literal =
            argument->value->kind == ZPL_VALUE_LITERAL ? argument->value->literal : NULL;
        return literal && (literal->kind == ZPL_LIT_LIST || literal->kind == ZPL_LIT_RECORD)
                   ? literal
                   : NULL;
    }
    return NULL;
}

/* A table of Lua's where a query reads a table or takes a scalar: `FROM tab`, `$p.f`. */
static void tell_lua_table(const struct zpl_query *q, struct zpl_span span, const char *word,
                           const struct zpl_query_fix *fix, bool list, bool table)
{
    struct zpl_diag *d =
        table ? zpl_diag_add(q->diags, ZPL_CODE_WRONG_KIND, span,
                             "'%s' is a table of Lua's, not one that a step made", word)
              : zpl_diag_add(q->diags, ZPL_CODE_WRONG_KIND, span, "'%s' is a %s; $ takes scalars",
                             word, list ? "List" : "table");
    const char *field = q->asked + fix->offset + fix->length;
    size_t n = 0;
    while (*field == '.' && zpl_query_is_word(field[1 + n]))
        n++;
    if (table)
        zpl_diag_help(
            q->diags, d,
            "rows of your own are written in the query: FROM (VALUES (1, 'a'), (2, 'b')) AS "
            "%s(id, name)",
            word);
    else if (n > 0)
        zpl_diag_help(q->diags, d, "write `local %.*s = %s.%.*s` before it, and $%.*s in the query",
                      (int)n, field + 1, word, (int)n, field + 1, (int)n, field + 1);
    else if (list)
        zpl_diag_help(q->diags, d, "write its items out, as in IN ('a', 'b')");
    else
        zpl_diag_help(q->diags, d, "give its values names: `local a = %s.a`, and $a in the query",
                      word);
}

/* A name in scope that stands for something else than it is used as. */
static void tell_kind(const struct zpl_query *q, struct zpl_span span, const char *word,
                      enum zpl_kind kind, bool table)
{
    const char *is = zpl_say_kind(kind, q->scratch);
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_WRONG_KIND, span,
                     table ? "'%s' is %s, not a Table" : "'%s' is %s; $ takes scalars", word, is);
    if (table && zpl_kind_is_scalar(kind))
        zpl_diag_help(q->diags, d, "a scalar stands where a value does: $%s", word);
    else if (!table && kind == ZPL_TABLE)
        zpl_diag_help(q->diags, d, "tables are named without $, where a query reads them: FROM %s",
                      word);
    else if (table && kind == ZPL_LIST)
        zpl_diag_help(q->diags, d,
                      "a query reads one table: each(%s, function (item) return sql [[ … FROM "
                      "item ]] end)",
                      word);
    else if (!table && kind == ZPL_LIST)
        zpl_diag_help(q->diags, d, "write its items out, as in IN ('a', 'b')");
}

/* Offers the tables, or the scalars, and the variables that hold a step's output. */
static void offer_inputs(struct zpl_choice *c, bool table)
{
    const struct zpl_call *call = c->q->call;
    for (size_t i = 0; i < c->q->input_count; i++)
        if ((c->q->inputs[i].row != NULL) == table)
            zpl_choice_offer(c, c->q->inputs[i].name);
    for (size_t i = 0; table && !call->body && i < call->naming_count; i++)
        zpl_choice_offer(c, call->naming[i].variable);
    size_t count = 0;
    const char *const *scalars =
        !table && call->scalars ? call->scalars(call->place_self, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        zpl_choice_offer(c, scalars[i]);
}

/* Is it a variable of the program that the query does not see? */
static bool is_hidden(const struct zpl_query *q, const char *word)
{
    for (size_t i = 0; i < q->call->naming_count; i++)
        if (q->call->naming[i].variable && strcmp(q->call->naming[i].variable, word) == 0)
            return true;
    return false;
}

/* The `rows` of rows.id where no table is read by that name. */
void zpl_query_tell_qualifier(const struct zpl_query *q, const struct zpl_bind_error *error,
                              struct zpl_span span, const char *word, struct zpl_query_fix *fix)
{
    struct zpl_choice c = {.q = q, .word = word};
    struct zpl_diag *d = zpl_diag_add(q->diags, ZPL_CODE_UNKNOWN_NAME, span,
                                      "no table is called '%s' at this place", word);
    zpl_choice_offer_all(&c, error->candidates);
    const char *near = c.count == 1 ? c.names[0] : strlen(word) > 1 ? zpl_choice_nearest(&c) : NULL;
    if (near && zpl_query_find_input(q, word, true))
        zpl_diag_help(q->diags, d, "it is read as '%s' here: write %s", near, near);
    else if (near)
        zpl_diag_help(q->diags, d, "did you mean '%s'?", near);
    fix->with = c.count == 1 ? zpl_sql_quoted(near, q->scratch) : "NULL";
    fix->empty = c.count != 1;
    for (size_t end = fix->offset + fix->length; fix->empty && q->asked[end] == '.';) {
        for (end++; zpl_query_is_word(q->asked[end]);)
            end++;
        fix->length = end - fix->offset;
    }
}

/* Does a dot follow the word? */
bool zpl_query_is_qualifier(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    return error->offset >= 0 && q->asked[(size_t)error->offset + error->length] == '.';
}

/* Says what there is instead of a name that is nothing: of a step's body its inputs. */
static void help_names(const struct zpl_query *q, struct zpl_diag *d, const char *word, bool table)
{
    struct zpl_buf names = {0};
    if (!q->call->body) {
        zpl_diag_help(q->diags, d, "%s",
                      table ? "a query sees the tables that are in scope by their names"
                            : "$ names a param, or a local variable that holds a scalar");
        return;
    }
    for (size_t i = 0; i < q->input_count; i++)
        if ((q->inputs[i].row != NULL) == table)
            zpl_buf_printf(&names, "%s%s%s", names.len > 0 ? ", " : "", table ? "" : "$",
                           q->inputs[i].name);
    if (zpl_buf_error(&names))
        zpl_buf_clear(&names);
    if (table && is_hidden(q, word))
        zpl_diag_help(q->diags, d,
                      "a body sees no variables of the program: make '%s' an input of the step",
                      word);
    else if (names.len > 0)
        zpl_diag_help(q->diags, d, "a body sees what its step takes: %s", zpl_buf_str(&names));
    else
        zpl_diag_help(q->diags, d, "a body sees what its step takes: here no %s",
                      table ? "tables" : "scalars");
    zpl_buf_release(&names);
}

/* An unknown table or $name; both are names of the program. */
void zpl_query_tell_name(const struct zpl_query *q, const struct zpl_bind_error *error,
                         struct zpl_span span, const char *word, const struct zpl_query_fix *fix,
                         bool table)
{
    const struct zpl_query_other *other = find_other(q, word);
    const struct zpl_query_input *in = zpl_query_find_input(q, word, !table);
    if (other && other->kind == ZPL_UNKNOWN)
        return; /* too little is known of it */
    const struct zpl_literal *lua = other ? lua_table(q, word) : NULL;
    if (lua) {
        tell_lua_table(q, span, word, fix, lua->kind == ZPL_LIT_LIST, table);
        return;
    }
    if (other || in) {
        tell_kind(q, span, word, other ? other->kind : in->value->type->kind, table);
        return;
    }
    struct zpl_choice c = {.q = q, .word = word, .exact = true};
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_UNKNOWN_NAME, span,
                     table ? "unknown table '%s'" : "nothing in scope is called '%s'", word);
    zpl_choice_offer_all(&c, error->candidates);
    offer_inputs(&c, table);
    const char *near = zpl_choice_nearest(&c);
    if (table && !q->call->body && is_hidden(q, word))
        zpl_diag_help(
            q->diags, d,
            "this query does not see the variable '%s': it is local to another function or block, "
            "or the query is put together instead of one literal, which sees none: use $name for "
            "values, or a step with inputs",
            word);
    else if (near)
        zpl_diag_help(q->diags, d, table ? "did you mean '%s'?" : "did you mean '$%s'?", near);
    else
        help_names(q, d, word, table);
}

/* In the place of a wrong table: one without columns that matter, since no more is told of any;
 * of a wrong $name: NULL. */
void zpl_query_fix_name(const struct zpl_query *q, struct zpl_query_fix *fix, bool table)
{
    if (!table && fix->offset > 0 && q->asked[fix->offset] != '$') {
        fix->offset--;
        fix->length++;
    }
    fix->with = table ? "(SELECT 1)" : "(NULL)";
    fix->empty = !table;
}
