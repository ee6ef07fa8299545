/* query_repeat.c - all wrong names of a query in one go: the engine stops at the first, so it is asked
 * again with that one replaced, by what was probably meant or by NULL.  An error that such a repeat may
 * have brought about itself is not told. */
#include <string.h>
#include <strings.h>
#include "lang/base/text.h"
#include "lang/check/query_tell.h"

/* Mistakes told of one query. */
#define MISTAKES_MAX 8

/* Is the error about a table that is read, not about the name before a column? */
static bool is_table(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    return zpl_query_classify(q, error) == ZPL_WORD_TABLE && error->offset >= 0 &&
           q->asked[(size_t)error->offset + error->length] != '.';
}

/* Is the constant held to a column that an edit put there, so may not be meant?  Constants are looked at
 * when all names are known; one that was replaced is none any more. */
static bool is_guess(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    size_t shift = 0;
    for (size_t i = 0; i < q->edit_count; i++) {
        const struct zpl_query_edit *e = &q->edits[i];
        const char *put = q->asked + e->at + shift; /* "name", in double quotes */
        shift += e->put - e->length;
        if (e->table)
            return true;
        if (*put != '"')
            continue;
        const char *words =
            zpl_arena_printf(q->scratch, ", as column '%.*s' is", (int)(e->put - 2), put + 1);
        if (!words || strstr(error->message, words))
            return true;
    }
    return false;
}

/* Is what stands behind the place, as in `FROM lost AS l`, that name? */
static bool is_alias(const char *s, const char *name)
{
    size_t n = strlen(name);
    s += strspn(s, " \n\t\r");
    if (strncasecmp(s, "AS", 2) == 0 && strspn(s + 2, " \n\t\r") > 0)
        s += 2 + strspn(s + 2, " \n\t\r");
    s += *s == '"';
    return strncasecmp(s, name, n) == 0 && (s[n] == '"' || !zpl_query_is_word(s[n]));
}

/* Could an edit be what the error is about? */
static bool is_follow_up(const struct zpl_query *q, const struct zpl_bind_error *error)
{
    enum zpl_query_word word = zpl_query_classify(q, error);
    bool guessed = false, emptied = false, again = false;
    if (error->fault == ZPL_BIND_LITERAL)
        return is_guess(q, error);
    if (error->fault != ZPL_BIND_NAME || word == ZPL_WORD_OTHER || error->offset < 0)
        return true;
    size_t offset = (size_t)error->offset, shift = 0;
    for (size_t i = 0; i < q->edit_count; i++) {
        const struct zpl_query_edit *e = &q->edits[i];
        size_t at = e->at + shift; /* wraps around and back */
        if (offset >= at && offset < at + e->put)
            return true;
        shift += e->put - e->length;
        guessed = guessed || e->table;
        emptied = emptied || e->empty;
        again = again || zpl_text_equal_nocase(e->word, error->name) ||
                (e->table && is_alias(q->asked + at + e->put, error->name));
    }
    if (word == ZPL_WORD_TABLE && again && !is_table(q, error))
        return true; /* the `lost` of lost.a, or the `l` of `lost l`, which was told where it is read */
    if (word == ZPL_WORD_TABLE || word == ZPL_WORD_PARAM)
        return false;
    if (guessed)
        return true; /* the columns are another table's */
    /* A subquery may have lost a column by an edit. */
    for (size_t i = 0; i < error->scope_count; i++) {
        const struct zpl_bind_scope *scope = &error->scope[i];
        if (!scope->given && again)
            return true;
        for (size_t k = 0; !scope->given && emptied && scope->columns && scope->columns[k]; k++)
            if (strncasecmp(scope->columns[k], "NULL", 4) == 0)
                return true;
    }
    return false;
}

/* Makes the edit; false when there is no memory for it. */
static bool edit(struct zpl_query *q, const struct zpl_query_fix *fix, bool table)
{
    struct zpl_query_edit *edits = zpl_arena_array(q->scratch, q->edit_count + 1, sizeof *edits);
    char *asked = zpl_arena_printf(q->scratch, "%.*s%s%s", (int)fix->offset, q->asked, fix->with,
                                   q->asked + fix->offset + fix->length);
    size_t i = 0, shift = 0;
    if (!edits || !asked)
        return false;
    for (; i < q->edit_count && q->edits[i].at + shift < fix->offset; i++) {
        edits[i] = q->edits[i];
        shift += edits[i].put - edits[i].length;
    }
    edits[i] = (struct zpl_query_edit){.at = fix->offset - shift,
                                       .length = fix->length,
                                       .put = strlen(fix->with),
                                       .word = fix->word,
                                       .table = table,
                                       .empty = fix->empty};
    for (; i < q->edit_count; i++)
        edits[i + 1] = q->edits[i];
    q->edits = edits;
    q->edit_count++;
    q->asked = asked;
    return true;
}

bool zpl_query_tell_all(const struct zpl_query *query, const struct zpl_bind_error *error)
{
    const struct zpl_engine *engine = query->checker->engine;
    struct zpl_query q = *query;
    struct zpl_bind_answer answer;
    struct zpl_diags quiet = {0};
    bool fine = true;
    for (size_t i = 0; i < MISTAKES_MAX; i++) {
        struct zpl_query_fix fix = {0};
        struct zpl_bind_request request;
        if (i > 0 && is_follow_up(&q, error))
            break;
        zpl_query_tell(&q, error, &fix);
        if (!fix.with)
            break;
        fine = edit(&q, &fix, is_table(&q, error)) && zpl_query_request(&q, &request);
        answer = (struct zpl_bind_answer){0};
        if (!fine || engine->bind(engine->self, &request, &answer, q.scratch, &quiet) ||
            !answer.error.message)
            break;
        error = &answer.error;
    }
    zpl_diags_release(&quiet);
    return fine;
}
