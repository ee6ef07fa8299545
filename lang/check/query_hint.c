/* query_hint.c - what to write instead, for SQL that other dialects and tools would take. */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include "lang/base/text.h"
#include "lang/check/query_tell.h"
#include "lang/check/sqlname.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The word that begins at `at`, "" when none does; scratch text, NULL: no memory. */
static const char *word_at(const struct zpl_query *q, size_t at)
{
    const char *s = q->asked + at;
    size_t n = 0;
    while (is_word(s[n]))
        n++;
    return zpl_arena_strndup(q->scratch, s, n);
}

/* The word before `at`, with blanks between; "" when something else stands there. */
static const char *word_before(const struct zpl_query *q, size_t at)
{
    const char *s = q->asked;
    while (at > 0 && isspace((unsigned char)s[at - 1]))
        at--;
    size_t end = at;
    while (at > 0 && is_word(s[at - 1]))
        at--;
    return zpl_arena_strndup(q->scratch, s + at, end - at);
}

static const struct zpl_query_input *input_of(const struct zpl_query *q, const char *name)
{
    for (size_t i = 0; i < q->input_count; i++)
        if (zpl_text_equal_nocase(q->inputs[i].name, name))
            return &q->inputs[i];
    return NULL;
}

/* "write $minutes" for the ways in which others write it. */
static const char *hint_scalar(const struct zpl_query *q, const char *word)
{
    const struct zpl_query_input *in = word && *word ? input_of(q, word) : NULL;
    if (in && in->row)
        return zpl_arena_printf(q->scratch, "tables are named without a sign: write %s", in->name);
    if (word && zpl_text_is_name(word))
        return zpl_arena_printf(q->scratch, "values of the program are named with $: write $%s",
                                in ? in->name : word);
    return NULL;
}

/* $rows, ${x}, :x, {x}, %s, %(x)s; NULL: none of these. */
static const char *hint_placeholder(const struct zpl_query *q, size_t at)
{
    static const char named[] = "values of the program are named: write for example $minutes";
    const char *s = q->asked;
    if (s[at] == '}') {
        size_t open = at;
        while (open > 0 && (is_word(s[open - 1]) || s[open - 1] == ' '))
            open--;
        if (open == 0 || s[open - 1] != '{')
            return NULL;
        open += strspn(s + open, " ");
        return hint_scalar(q, word_at(q, open));
    }
    if (s[at] == '{' || (s[at] == '$' && s[at + 1] == '{')) {
        at += s[at] == '$' ? 2 : 1;
        return hint_scalar(q, word_at(q, at + strspn(s + at, "{ ")));
    }
    if (s[at] == '$')
        return hint_scalar(q, word_at(q, at + 1));
    if (s[at] == ':')
        return hint_scalar(q, word_at(q, at + 1));
    if (s[at] == '%' && s[at + 1] == '(')
        return hint_scalar(q, word_at(q, at + 2));
    if (s[at] == '%') {
        const char *word = word_at(q, at + 1);
        return word && *word && input_of(q, word) ? hint_scalar(q, word) : named;
    }
    return NULL;
}

const char *zpl_query_unquoted(const struct zpl_query *q, long offset)
{
    const char *s = q->asked;
    for (size_t i = 0; offset >= 0 && i < q->input_count; i++) {
        const struct zpl_row *row = q->inputs[i].row;
        for (size_t c = 0; row && c < row->count; c++) {
            const char *name = row->columns[c].name;
            size_t n = strlen(name), at = (size_t)offset;
            if (zpl_text_is_name(name) || (!strchr(name, ' ') && !strchr(name, '-')))
                continue;
            for (size_t from = at < n ? 0 : at - n + 1; from <= at; from++)
                if (strncasecmp(s + from, name, n) == 0 && !is_word(s[from + n]) &&
                    (from == 0 || (!is_word(s[from - 1]) && s[from - 1] != '"')))
                    return name;
        }
    }
    return NULL;
}

const char *zpl_query_function(const char *name)
{
    static const char *const others[][2] = {
        {"isnull", "coalesce"},
        {"nvl", "coalesce"},
        {"charindex", "strpos"},
        {"to_char", "strftime"},
        {"date_format", "strftime"},
        {"to_date", "strptime"},
        {"str_to_date", "strptime"},
        {"iif", "if"},
        {"countif", "count_if"},
        {"sumif", "sum"},
        {"stdev", "stddev"},
        {"var", "variance"},
        {"regexp_like", "regexp_matches"},
        {"dateadd", "date_add"},
        {"percentile", "quantile_cont"},
        {"percentile_approx", "approx_quantile"},
        {"collect_list", "list"},
        {"size", "len"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (zpl_text_equal_nocase(name, others[i][0]))
            return others[i][1];
    return NULL;
}

static const char *say_reserved(const struct zpl_query *q, const char *word, const char *name)
{
    return zpl_arena_printf(q->scratch,
                            "%s is a word of SQL; as a name it stands in double quotes: %s", word,
                            zpl_sql_quoted(name, q->scratch));
}

/* A column or table whose name is a word of SQL, here or right before: the engine stumbles over what
 * comes next. */
static const char *hint_reserved(const struct zpl_query *q, const char *word)
{
    const char *name = NULL;
    for (size_t i = 0; zpl_sql_is_reserved(word) && i < q->input_count; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        for (size_t c = 0; in->row && c < in->row->count; c++)
            if (zpl_text_equal_nocase(in->row->columns[c].name, word))
                name = in->row->columns[c].name;
        if (in->row && zpl_text_equal_nocase(in->name, word))
            name = in->name;
    }
    return name ? say_reserved(q, word, name) : NULL;
}

/* GROUP city; in SELECT order FROM … it is a name. */
static const char *hint_by(const struct zpl_query *q, const char *word, const char *before)
{
    static const char *const firsts[] = {"GROUP", "ORDER", "PARTITION"};
    static const char *const behind[] = {"FROM", "WHERE", "AS", "AND", "OR", "IS", "IN", "LIMIT"};
    bool name = ZPL_TEXT_AMONG(word, behind);
    for (size_t i = 0; *word && i < sizeof firsts / sizeof *firsts; i++)
        if (zpl_text_equal_nocase(before, firsts[i]) && !zpl_text_equal_nocase(word, "BY"))
            return name ? say_reserved(q, before, before)
                        : zpl_arena_printf(q->scratch, "write %s BY %s", firsts[i], word);
    return NULL;
}

long zpl_query_misspelt(const struct zpl_query *q, const char *keyword, size_t *length)
{
    const char *s = q->asked;
    for (size_t at = 0; s[at]; at += *length > 0 ? *length : 1) {
        *length = 0;
        while (is_word(s[at + *length]))
            ++*length;
        const char *word = zpl_arena_strndup(q->scratch, s + at, *length);
        size_t next = at + *length;
        if (!word || *length < 3 || !isspace((unsigned char)s[next]))
            continue;
        next += strspn(s + next, " \n\t\r");
        if (zpl_text_nearest(word, &keyword, 1) && (is_word(s[next]) || s[next] == '('))
            return (long)at;
    }
    return -1;
}

const char *zpl_query_backticked(const struct zpl_query *q, long *offset)
{
    const char *s = q->asked, *open = NULL;
    for (const char *at = s; *at; at++) {
        if (!open && (*at == '\'' || *at == '"')) {
            const char *end = strchr(at + 1, *at);
            at = end ? end : at + strlen(at) - 1;
        } else if (*at == '`' && open) {
            *offset = open - s;
            return at == open + 1
                       ? NULL
                       : zpl_arena_strndup(q->scratch, open + 1, (size_t)(at - open - 1));
        } else if (*at == '`') {
            open = at;
        }
    }
    return NULL;
}

const char *zpl_query_hint_cast(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    static const char *const numeric[] = {"avg",    "sum",         "mean",     "median",
                                          "stddev", "stddev_samp", "variance", "var_samp"};
    bool is_bool = strstr(error->message, "can't be applied to (Bool)") != NULL;
    bool is_text = strstr(error->message, "can't be applied to (String)") != NULL;
    for (size_t i = 0; i < sizeof numeric / sizeof *numeric; i++) {
        size_t n = strlen(numeric[i]);
        if ((is_bool || is_text) && strncmp(error->message + 1, numeric[i], n) == 0 &&
            error->message[n + 1] == '\'')
            return is_bool
                       ? zpl_arena_printf(q->scratch, "count it as 0 and 1: %s(x::INT)", numeric[i])
                       : zpl_arena_printf(q->scratch,
                                          "make numbers of the texts: %s(CAST(x AS DOUBLE)), "
                                          "which tells the first that is none",
                                          numeric[i]);
    }
    return NULL;
}

/* A word of SQL that is written wrongly, here or right before. */
static const char *hint_keyword(const struct zpl_query *q, const char *word, const char *before)
{
    static const char *const keywords[] = {"SELECT", "FROM",  "WHERE",  "GROUP",   "ORDER",
                                           "HAVING", "LIMIT", "JOIN",   "WITH",    "UNION",
                                           "BY",     "USING", "VALUES", "DISTINCT"};
    enum { KEYWORDS = sizeof keywords / sizeof *keywords };
    const char *const words[] = {word, before};
    for (size_t i = 0; i < 2; i++) {
        const char *near = ZPL_TEXT_AMONG(words[i], keywords) || strlen(words[i]) < 3
                               ? NULL
                               : zpl_text_nearest(words[i], keywords, KEYWORDS);
        if (near)
            return zpl_arena_printf(q->scratch, "did you mean %s?", near);
    }
    return NULL;
}

const char *zpl_query_hint(const struct zpl_query *q, long offset)
{
    if (offset < 0)
        return NULL;
    size_t at = (size_t)offset < strlen(q->asked) ? (size_t)offset : strlen(q->asked);
    const char *word = word_at(q, at), *before = word_before(q, at);
    if (!word || !before)
        return NULL;
    const char *hint = hint_placeholder(q, at), *name = zpl_query_unquoted(q, offset);
    if (hint)
        return hint;
    if (name)
        return zpl_arena_printf(q->scratch, "write \"%s\" in double quotes", name);
    if (zpl_text_equal_nocase(before, "TOP") && isdigit((unsigned char)*word))
        return zpl_arena_printf(q->scratch, "there is no TOP: write LIMIT %s at the end", word);
    hint = hint_reserved(q, word);
    hint = hint ? hint : hint_reserved(q, before);
    hint = hint ? hint : hint_by(q, word, before);
    return hint ? hint : hint_keyword(q, word, before);
}
