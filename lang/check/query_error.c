/* query_error.c - what an engine says of a query, as the program's reader needs to hear it: what is
 * unknown, what there is instead, who made it. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "lang/base/text.h"
#include "lang/check/query.h"
#include "lang/check/tell.h"

/* A message describes this many tables. */
#define TABLES_TOLD 3

enum word { WORD_COLUMN, WORD_TABLE, WORD_PARAM, WORD_OTHER };

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Where the word stands in the text, as a whole word without regard to case; -1: nowhere. */
static long find_word(const char *sql, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; n > 0 && sql[i]; i++) {
        if (strncasecmp(sql + i, word, n) != 0)
            continue;
        if ((i == 0 || !is_word(sql[i - 1])) && !is_word(sql[i + n]))
            return (long)i;
    }
    return -1;
}

/* What is unknown, from the words that engine.h promises and the $ before a param. */
static enum word classify(const char *sql, long offset, const char *message)
{
    static const char *const words[] = {"unknown column ", "unknown table ", "unknown param "};
    if (offset >= 0 && (sql[offset] == '$' || (offset > 0 && sql[offset - 1] == '$')))
        return WORD_PARAM;
    for (int i = 0; i < WORD_OTHER; i++)
        if (strncmp(message, words[i], strlen(words[i])) == 0)
            return (enum word)i;
    return WORD_OTHER;
}

/* The nearest of the engine's candidates and of the names that `all` holds. */
static const char *nearest(const struct zpl_query *q, const char *word,
                           const char *const *candidates, const char **all, size_t count)
{
    size_t more = 0;
    while (candidates && candidates[more])
        more++;
    const char **names = zpl_arena_array(q->scratch, count + more, sizeof *names);
    if (!names)
        return NULL;
    if (count)
        memcpy(names, all, count * sizeof *names);
    if (more)
        memcpy(names + count, candidates, more * sizeof *names);
    const char *near = zpl_text_nearest(word, names, count + more);
    return near ? near : more == 1 ? candidates[0] : NULL;
}

/* Every column of every table; NULL when memory is out. */
static const char **all_columns(const struct zpl_query *q, size_t *count)
{
    size_t room = 0;
    *count = 0;
    for (size_t i = 0; i < q->input_count; i++)
        room += q->inputs[i].row ? q->inputs[i].row->count : 0;
    const char **names = zpl_arena_array(q->scratch, room, sizeof *names);
    for (size_t i = 0; names && i < q->input_count; i++)
        for (size_t k = 0; q->inputs[i].row && k < q->inputs[i].row->count; k++)
            names[(*count)++] = q->inputs[i].row->columns[k].name;
    return names;
}

/* The names of the tables, or of the scalars. */
static const char **all_inputs(const struct zpl_query *q, bool tables, size_t *count)
{
    const struct zpl_call *call = q->call;
    const char **names =
        zpl_arena_array(q->scratch, q->input_count + call->naming_count + 1, sizeof *names);
    *count = 0;
    for (size_t i = 0; names && i < q->input_count; i++)
        if ((q->inputs[i].row != NULL) == tables)
            names[(*count)++] = q->inputs[i].name;
    for (size_t i = 0; names && tables && i < call->naming_count; i++)
        if (call->naming[i].variable)
            names[(*count)++] = call->naming[i].variable;
    return names;
}

/* What the tables hold, and who made them. */
static void tell_tables(const struct zpl_query *q, struct zpl_diag *d, bool columns)
{
    size_t told = 0;
    for (size_t i = 0; i < q->input_count && told < TABLES_TOLD; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        if (!in->row)
            continue;
        if (columns)
            zpl_tell_columns(q->diags, d, in->name, in->row);
        zpl_tell_maker(q->checker->graph, q->diags, d, in->value);
        told++;
    }
}

static void tell_column(const struct zpl_query *q, const struct zpl_bind_error *error,
                        struct zpl_span span, const char *word)
{
    size_t count;
    const char **names = all_columns(q, &count);
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_UNKNOWN_COLUMN, span, "unknown column '%s'", word);
    tell_tables(q, d, true);
    bool quoted = error->offset >= 0 && q->sql[error->offset] == '"';
    const char *near =
        NULL; /* what stands in double quotes is often a text: no wild guesses there */
    if (names)
        near = quoted ? zpl_text_nearest(word, names, count)
                      : nearest(q, word, error->candidates, names, count);
    if (near)
        zpl_diag_help(q->diags, d, "did you mean '%s'?", near);
    else if (quoted)
        zpl_diag_help(q->diags, d,
                      "double quotes name a column; a text stands in single quotes: '%s'", word);
}

/* An unknown table or $name; both are names of the program. */
static void tell_name(const struct zpl_query *q, const struct zpl_bind_error *error,
                      struct zpl_span span, const char *word, bool table)
{
    size_t count;
    const char **names = all_inputs(q, table, &count);
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_UNKNOWN_NAME, span,
                     table ? "unknown table '%s'" : "nothing in scope is called '%s'", word);
    const char *near = names ? nearest(q, word, error->candidates, names, count) : NULL;
    if (near && strcmp(near, word) == 0)
        zpl_diag_help(
            q->diags, d,
            "only a query that is one literal sees variables; in one that is put together "
            "nothing is in scope: use $name for values, or a step with inputs");
    else if (near)
        zpl_diag_help(q->diags, d, table ? "did you mean '%s'?" : "did you mean '$%s'?", near);
    else if (table)
        zpl_diag_help(q->diags, d, "a query sees the tables that are in scope by their names");
    else
        zpl_diag_help(q->diags, d, "$%s is a param or a scalar in scope", word);
}

static void tell_other(const struct zpl_query *q, const struct zpl_bind_error *error,
                       enum zpl_code code, struct zpl_span span)
{
    struct zpl_diag *d = zpl_diag_add(q->diags, code, span, "%s", error->message);
    if (error->fault == ZPL_BIND_TYPE || error->fault == ZPL_BIND_NAME)
        tell_tables(q, d, false);
    const char *near = error->name ? nearest(q, error->name, error->candidates, NULL, 0) : NULL;
    if (near)
        zpl_diag_help(q->diags, d, "did you mean '%s'?", near);
}

static enum zpl_code code_of(const struct zpl_bind_error *error)
{
    switch (error->fault) {
    case ZPL_BIND_SYNTAX:
        return ZPL_CODE_SQL_SYNTAX;
    case ZPL_BIND_FORBIDDEN:
        return ZPL_CODE_SQL_FORBIDDEN;
    case ZPL_BIND_LIMIT:
        return ZPL_CODE_LANG_LIMIT;
    case ZPL_BIND_TYPE:
        return error->name ? ZPL_CODE_SQL_TYPE : ZPL_CODE_SQL_BIND;
    default:
        return ZPL_CODE_SQL_BIND;
    }
}

void zpl_query_tell(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    long offset = error->offset;
    size_t length = error->length;
    const char *word = error->name;
    if (word && *word == '$')
        word++;
    if (word && strrchr(word, '.') && strrchr(word, '.')[1])
        word = strrchr(word, '.') + 1; /* flights.dealy */
    if (offset < 0 && word) {
        offset = find_word(q->sql, word);
        length = strlen(word);
    }
    struct zpl_span span = zpl_query_place(q, offset, length);
    if (error->fault != ZPL_BIND_NAME || !word) {
        tell_other(q, error, code_of(error), span);
        return;
    }
    switch (classify(q->sql, offset, error->message)) {
    case WORD_COLUMN:
        tell_column(q, error, span, word);
        break;
    case WORD_TABLE:
        tell_name(q, error, span, word, true);
        break;
    case WORD_PARAM:
        tell_name(q, error, span, word, false);
        break;
    case WORD_OTHER:
        tell_other(q, error, ZPL_CODE_SQL_BIND, span);
        break;
    }
}
