/* query_error.c - what an engine says of a query, as the program's reader needs to hear it: what is
 * unknown, what there is instead, who made it. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "lang/base/text.h"
#include "lang/check/query_tell.h"
#include "lang/check/sqlname.h"
#include "lang/check/tell.h"

/* A message describes this many tables. */
#define TABLES_TOLD 3

bool zpl_query_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Where the word stands in the text, as a whole word: as it is spelt, else without regard to case; -1:
 * nowhere. */
static long find_word(const char *sql, const char *word)
{
    size_t n = strlen(word);
    long other = -1;
    for (size_t i = 0; n > 0 && sql[i]; i++) {
        if (strncasecmp(sql + i, word, n) != 0 || (i > 0 && zpl_query_is_word(sql[i - 1])) ||
            zpl_query_is_word(sql[i + n]))
            continue;
        if (strncmp(sql + i, word, n) == 0)
            return (long)i;
        other = other < 0 ? (long)i : other;
    }
    return other;
}

struct zpl_span zpl_query_word_place(const struct zpl_query *q, const char *word)
{
    long at = find_word(q->sql, word);
    size_t blank = strspn(q->sql, " \n\t");
    if (at >= 0)
        return zpl_query_place(q, at, strlen(word));
    return zpl_query_place(q, (long)blank, strcspn(q->sql + blank, " \n\t"));
}

/* From the words that engine.h promises and the $ before a param. */
enum zpl_query_word zpl_query_classify(const struct zpl_query *q,
                                       const struct zpl_bind_error *error)
{
    static const char *const words[] = {"unknown column ", "unknown table ", "unknown function ",
                                        "unknown param "};
    long at = error->offset;
    if (error->fault != ZPL_BIND_NAME || !error->name)
        return ZPL_WORD_OTHER;
    if (*error->name == '$' ||
        (at >= 0 && (q->asked[at] == '$' || (at > 0 && q->asked[at - 1] == '$'))))
        return ZPL_WORD_PARAM;
    for (int i = 0; i < ZPL_WORD_OTHER; i++)
        if (strncmp(error->message, words[i], strlen(words[i])) == 0)
            return (enum zpl_query_word)i;
    return ZPL_WORD_OTHER;
}

void zpl_choice_offer(struct zpl_choice *c, const char *name)
{
    if (!name || (c->exact ? strcmp(name, c->word) == 0 : zpl_text_equal_nocase(name, c->word)))
        return;
    const char **names = zpl_arena_grow(c->q->scratch, c->names, c->count, &c->room, sizeof *names);
    if (!names)
        return;
    c->names = names;
    names[c->count++] = name;
}

void zpl_choice_offer_all(struct zpl_choice *c, const char *const *names)
{
    for (; names && *names; names++)
        zpl_choice_offer(c, *names);
}

const char *zpl_choice_nearest(const struct zpl_choice *c)
{
    return zpl_text_nearest(c->word, c->names, c->count);
}

const struct zpl_query_input *zpl_query_find_input(const struct zpl_query *q, const char *name,
                                                   bool table)
{
    for (size_t i = 0; i < q->input_count; i++)
        if ((q->inputs[i].row != NULL) == table && zpl_text_equal_nocase(q->inputs[i].name, name))
            return &q->inputs[i];
    return NULL;
}

/* ---- columns ------------------------------------------------------------------------------------ */

/* Does the name follow a FROM or JOIN?  Elsewhere it is a column, an alias, anything. */
static bool is_read(const char *sql, const char *name)
{
    static const char *const words[] = {"from", "join"};
    for (long at = 0, found; (found = find_word(sql + at, name)) >= 0;) {
        size_t end = (size_t)(at + found);
        at += found + (long)strlen(name);
        while (end > 0 && (isspace((unsigned char)sql[end - 1]) || strchr("\"(", sql[end - 1])))
            end--;
        for (size_t i = 0; i < 2; i++)
            if (end >= 4 && strncasecmp(sql + end - 4, words[i], 4) == 0)
                return true;
    }
    return false;
}

/* What the tables hold, and who made them. */
static void tell_tables(const struct zpl_query *q, struct zpl_diag *d, bool columns)
{
    size_t told = 0;
    for (size_t i = 0; i < q->input_count && told < TABLES_TOLD; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        if (!in->row || !is_read(q->asked, in->name))
            continue;
        if (columns)
            zpl_tell_columns(q->diags, d, in->name, in->row);
        zpl_tell_maker(q->checker->graph, q->diags, d, in->value);
        told++;
    }
}

/* Does the name stand in the text as a word? */
static bool is_said(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
        if ((at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_')) &&
            !isalnum((unsigned char)at[n]) && at[n] != '_')
            return true;
    return false;
}

/* Why the columns that the query names have their types, when these were guessed. */
static void tell_clues(const struct zpl_query *q, struct zpl_diag *d)
{
    for (size_t i = 0; i < q->input_count; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        for (size_t k = 0; in->row && k < in->row->count && is_read(q->asked, in->name); k++)
            if (is_said(q->asked, in->row->columns[k].name))
                zpl_tell_clue(q->checker->graph, q->diags, d, in->value, in->row->columns[k].name);
    }
}

/* What can be named at the place, and who made what was given. */
static void tell_scope(const struct zpl_query *q, struct zpl_diag *d,
                       const struct zpl_bind_error *error)
{
    static const struct zpl_type some = {.kind = ZPL_ANY};
    for (size_t i = 0; i < error->scope_count && i < TABLES_TOLD; i++) {
        const struct zpl_bind_scope *scope = &error->scope[i];
        size_t count = zpl_names_count(scope->columns);
        struct zpl_column *columns = zpl_arena_array(q->scratch, count, sizeof *columns);
        if (!columns)
            return;
        for (size_t k = 0; k < count; k++)
            columns[k] = (struct zpl_column){scope->columns[k], &some};
        const struct zpl_query_input *in =
            scope->given ? zpl_query_find_input(q, scope->name, true) : NULL;
        const struct zpl_row row = {columns, count, in && in->row->open};
        zpl_tell_columns(q->diags, d, *scope->name ? scope->name : NULL, &row);
        if (in)
            zpl_tell_maker(q->checker->graph, q->diags, d, in->value);
    }
}

/* A column of that name that the place does not see: says where it is. */
static void help_elsewhere(const struct zpl_query *q, struct zpl_diag *d,
                           const struct zpl_bind_error *error, const char *word)
{
    const char *between = NULL;
    for (size_t i = 0; i < error->scope_count; i++)
        if (!error->scope[i].given)
            between = error->scope[i].name;
    for (size_t i = 0; i < q->input_count; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        bool has = false;
        for (size_t k = 0; in->row && k < in->row->count; k++)
            has = has || zpl_text_equal_nocase(in->row->columns[k].name, word);
        if (!has)
            continue;
        if (between)
            zpl_diag_help(q->diags, d, "'%s' has it, but %s%s%s does not pass it on: add it there",
                          in->name, *between ? "'" : "", *between ? between : "the subquery",
                          *between ? "'" : "");
        else
            zpl_diag_help(q->diags, d, "'%s' has a column of that name", in->name);
        return;
    }
}

/* In the place of a wrong column: the near one, or NULL for it and the table before its dot. */
static void fix_column(const struct zpl_query *q, struct zpl_query_fix *fix, const char *near)
{
    const char *sql = q->asked;
    size_t from = fix->offset, to = from + fix->length;
    if (from > 0 && sql[from - 1] == '"' && sql[to] == '"') {
        from--;
        to++;
    }
    while (!near && from > 1 && sql[from - 1] == '.' && zpl_query_is_word(sql[from - 2]))
        for (from--; from > 0 && zpl_query_is_word(sql[from - 1]);)
            from--;
    fix->offset = from;
    fix->length = to - from;
    fix->with = near ? zpl_sql_quoted(near, q->scratch) : "NULL";
    fix->empty = !near;
}

/* A query without a FROM that has a word much like it; false: it is none. */
static bool tell_from(const struct zpl_query *q, struct zpl_query_fix *fix)
{
    size_t length;
    long at = find_word(q->asked, "from") < 0 ? zpl_query_misspelt(q, "FROM", &length) : -1;
    if (at < 0)
        return false;
    struct zpl_diag *d = zpl_diag_add(q->diags, ZPL_CODE_SQL_SYNTAX, zpl_query_place(q, at, length),
                                      "the query has no FROM, so there is nothing to name");
    zpl_diag_help(q->diags, d, "did you mean FROM?");
    fix->offset = (size_t)at;
    fix->length = length;
    fix->with = "FROM";
    return true;
}

/* The `day` of date_diff(day, a, b), which is a text. */
static bool is_part(const struct zpl_query *q, const struct zpl_bind_error *error, const char *word)
{
    static const char *const parts[] = {"second", "minute", "hour",    "day",
                                        "week",   "month",  "quarter", "year"};
    const char *s = q->asked;
    size_t at = error->offset > 0 ? (size_t)error->offset : 0;
    while (at > 0 && s[at - 1] == ' ')
        at--;
    if (!ZPL_TEXT_AMONG(word, parts) || at == 0 || s[at - 1] != '(')
        return false;
    size_t begin = at - 1;
    while (begin > 0 && zpl_query_is_word(s[begin - 1]))
        begin--;
    return strncasecmp(s + begin, "date", 4) == 0;
}

/* The only table that the place sees, when it is one that may have more columns than are declared; else NULL. */
static const struct zpl_query_input *open_scope(const struct zpl_query *q,
                                                const struct zpl_bind_error *error)
{
    const struct zpl_query_input *in = error->scope_count == 1 && error->scope[0].given
                                           ? zpl_query_find_input(q, error->scope[0].name, true)
                                           : NULL;
    return in && in->row && in->row->open ? in : NULL;
}

/* Of a table that declares no column at all each word of the query would be an error: the first stands for all.  False:
 * it is the first, or the table is another. */
static bool tell_undeclared_too(const struct zpl_query *q, const struct zpl_bind_error *error,
                                struct zpl_span span, const char *word, struct zpl_query_fix *fix)
{
    const struct zpl_query_input *in = open_scope(q, error);
    struct zpl_span text = zpl_query_place(q, 0, strlen(q->asked));
    for (size_t i = 0; in && in->row->count == 0 && i < q->diags->count; i++) {
        struct zpl_diag *d = q->diags->items[i];
        if (d->code != ZPL_CODE_UNKNOWN_COLUMN || d->span.source != span.source ||
            d->span.begin < text.begin || d->span.end > text.end)
            continue;
        zpl_diag_also(q->diags, d, zpl_arena_printf(q->scratch, "'%s'", word));
        fix_column(q, fix, NULL);
        return true;
    }
    return false;
}

static void tell_column(const struct zpl_query *q, const struct zpl_bind_error *error,
                        struct zpl_span span, const char *word, struct zpl_query_fix *fix)
{
    struct zpl_choice c = {.q = q, .word = word};
    if (tell_from(q, fix) || tell_undeclared_too(q, error, span, word, fix))
        return;
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_UNKNOWN_COLUMN, span, "unknown column '%s'", word);
    for (size_t i = 0; i < error->scope_count; i++)
        zpl_choice_offer_all(&c, error->scope[i].columns);
    if (error->scope_count > 0) {
        tell_scope(q, d, error);
    } else {
        tell_tables(q, d, true);
        zpl_choice_offer_all(&c, error->candidates);
        for (size_t i = 0; i < q->input_count; i++)
            for (size_t k = 0; q->inputs[i].row && k < q->inputs[i].row->count; k++)
                zpl_choice_offer(&c, q->inputs[i].row->columns[k].name);
    }
    const char *near = zpl_choice_nearest(&c), *blank = zpl_query_unquoted(q, error->offset);
    bool in_quotes = error->offset >= 0 && q->asked[error->offset] == '"';
    const struct zpl_query_input *scalar = zpl_query_find_input(q, word, false);
    if (scalar)
        zpl_diag_help(q->diags, d, "'%s' is a scalar of the program: write $%s", scalar->name,
                      scalar->name);
    else if (blank)
        zpl_diag_help(q->diags, d, "write \"%s\" in double quotes", blank);
    else if (is_part(q, error, word))
        zpl_diag_help(q->diags, d, "the part of a date is a text, in single quotes: '%s'", word);
    else if (near)
        zpl_diag_help(q->diags, d, "did you mean '%s'?", near);
    else if (in_quotes) /* what stands in double quotes is often a text */
        zpl_diag_help(q->diags, d,
                      "double quotes name a column; a text stands in single quotes: '%s'", word);
    else if (find_word(q->asked, "from") < 0)
        zpl_diag_help(q->diags, d, "the query has no FROM, so there is nothing to name");
    else if (open_scope(q, error))
        zpl_tell_undeclared_column(q->checker->graph, q->diags, d, open_scope(q, error)->value,
                                   word);
    else
        help_elsewhere(q, d, error, word);
    fix_column(q, fix, scalar || blank ? NULL : near);
}

/* ---- other errors ------------------------------------------------------------------------------- */

/* Tells a PIVOT, which the engine runs as several statements; false: there is none. */
static bool tell_pivot(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    long at = find_word(q->asked, "pivot");
    if (at < 0 || strncmp(error->message, "a step is one SELECT", 20) != 0)
        return false;
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_SQL_FORBIDDEN, zpl_query_place(q, at, strlen("pivot")),
                     "the columns of this PIVOT are known only from its rows");
    zpl_diag_help(
        q->diags, d,
        "name them: PIVOT rows ON kind IN ('a', 'b') USING sum(x), or sum(x) FILTER (WHERE "
        "kind = 'a') AS a");
    return true;
}

/* A constant that can't become what it is cast to; NULL goes on in its place. */
static void tell_literal(const struct zpl_query *q, const struct zpl_bind_error *error,
                         struct zpl_span span, struct zpl_query_fix *fix)
{
    static const struct {
        const char *type, *help;
    } forms[] = {
        {"Bool", "a Bool is true or false"},
        {"Date", "a Date is written '2024-06-01'"},
        {"Timestamp", "a Timestamp is written '2024-06-01 13:05:00'"},
        {"INTERVAL", "an INTERVAL is written '3 days'"},
        {"Json", "a text within Json stands in double quotes: '\"x\"'"},
    };
    const char *help = "for texts, cast what stands beside it: CAST(x AS VARCHAR)";
    struct zpl_diag *d = zpl_diag_add(q->diags, ZPL_CODE_SQL_BIND, span, "%s", error->message);
    tell_tables(q, d, false);
    if (strstr(error->message, ": the cast "))
        help = "TRY_CAST gives NULL for what can't be cast";
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(error->name ? error->name : "", forms[i].type) == 0)
            help = forms[i].help;
    zpl_diag_help(q->diags, d, "%s", help);
    fix->with = "NULL";
}

/* Names are quoted as other dialects do it, which the engine takes for operators. */
static bool tell_backticks(const struct zpl_query *q)
{
    long at;
    const char *name = zpl_query_backticked(q, &at);
    if (!name)
        return false;
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_SQL_SYNTAX, zpl_query_place(q, at, strlen(name) + 2),
                     "a name is quoted with double quotes, not with backticks");
    zpl_diag_help(q->diags, d, "write %s", zpl_sql_name(name, q->scratch));
    return true;
}

static void tell_other(const struct zpl_query *q, const struct zpl_bind_error *error,
                       enum zpl_code code, struct zpl_span span, struct zpl_query_fix *fix)
{
    bool function = zpl_query_classify(q, error) == ZPL_WORD_FUNCTION;
    bool twins = code == ZPL_CODE_DUPLICATE_COLUMN;
    struct zpl_choice c = {.q = q, .word = error->name ? error->name : ""};
    if ((code == ZPL_CODE_SQL_FORBIDDEN && tell_pivot(q, error)) ||
        ((function || error->fault == ZPL_BIND_SYNTAX) && tell_backticks(q)))
        return;
    struct zpl_diag *d = zpl_diag_add(q->diags, code, span, "%s", error->message);
    if (error->fault == ZPL_BIND_TYPE || (error->fault == ZPL_BIND_NAME && !twins && !function))
        tell_tables(q, d, false);
    if (error->fault == ZPL_BIND_TYPE)
        tell_clues(q, d);
    zpl_choice_offer_all(&c, error->candidates);
    const char *near = function ? zpl_query_function(error->name) : NULL;
    near = near || !error->name ? near : zpl_choice_nearest(&c);
    const char *hint = error->fault == ZPL_BIND_SYNTAX && !error->name
                           ? zpl_query_hint(q, error->offset)
                       : error->fault == ZPL_BIND_TYPE ? zpl_query_hint_cast(q, error)
                                                       : NULL;
    if (twins)
        zpl_diag_help(q->diags, d, "name one of them otherwise with AS");
    else if (hint)
        zpl_diag_help(q->diags, d, "%s", hint);
    else if (near)
        zpl_diag_help(q->diags, d, "did you mean '%s'?", near);
    /* coalesce() takes whatever stands between the parentheses. */
    if (function)
        fix->with = near ? near : "coalesce";
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
        return strncmp(error->message, "two columns ", 12) == 0 ? ZPL_CODE_DUPLICATE_COLUMN
                                                                : ZPL_CODE_SQL_BIND;
    }
}

/* Does a $name stand at the place that differs from the wrong one in case alone?  Names of the program
 * have a case, the engine finds them without. */
static bool is_twin(const struct zpl_query *q, const struct zpl_bind_error *error, const char *word)
{
    const char *at = q->asked + error->offset;
    return zpl_query_classify(q, error) == ZPL_WORD_PARAM &&
           strncmp(at + (*at == '$'), word, strlen(word)) != 0;
}

void zpl_query_tell(const struct zpl_query *q, const struct zpl_bind_error *error,
                    struct zpl_query_fix *fix)
{
    struct zpl_bind_error e = *error;
    const char *word = e.name;
    if (word && *word == '$')
        word++;
    if (word && strrchr(word, '.') && strrchr(word, '.')[1])
        word = strrchr(word, '.') + 1; /* flights.dealy */
    if (word && (e.offset < 0 || is_twin(q, &e, word))) {
        e.offset = find_word(q->asked, word);
        e.length = strlen(word);
    }
    struct zpl_span span = zpl_query_place(q, e.offset, e.length);
    *fix = (struct zpl_query_fix){
        .offset = e.offset < 0 ? 0 : (size_t)e.offset, .length = e.length, .word = word};
    if (e.fault == ZPL_BIND_LITERAL) {
        tell_literal(q, &e, span, fix);
        return;
    }
    switch (zpl_query_classify(q, &e)) {
    case ZPL_WORD_COLUMN:
        tell_column(q, &e, span, word, fix);
        break;
    case ZPL_WORD_TABLE:
        if (zpl_query_is_qualifier(q, &e)) {
            zpl_query_tell_qualifier(q, &e, span, word, fix);
            break;
        }
        zpl_query_tell_name(q, &e, span, word, fix, true);
        zpl_query_fix_name(q, fix, true);
        break;
    case ZPL_WORD_PARAM:
        zpl_query_tell_name(q, &e, span, word, fix, false);
        zpl_query_fix_name(q, fix, false);
        break;
    default:
        tell_other(q, &e, code_of(&e), span, fix);
        break;
    }
    if (e.offset < 0)
        fix->with = NULL;
}
