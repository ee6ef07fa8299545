/* bind_error.c - see bind_error.h.   Floor: stdlib. */
#include "stdlib/query/bind_error.h"

#include <stdlib.h>
#include <string.h>
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "stdlib/query/guard.h"
#include "stdlib/table/duck.h"
#include "stdlib/table/sqltext.h"

struct reading {
    const struct zpl_bind_request *request;
    const struct zpl_json *json;
    const char *message; /* DuckDB's, its first line */
    struct zpl_bind_error *out;
    struct zpl_arena *arena;
};

static const char *text(const struct reading *r, const char *key)
{
    return zpl_json_str(zpl_json_get(r->json, key), "");
}

/* The words between the n-th pair of double quotes (from 0), which may be doubled themselves, or NULL. */
static const char *quoted(const struct reading *r, const char *message, int n)
{
    for (const char *s = strchr(message, '"'); s != NULL; s = strchr(s, '"')) {
        s += strspn(s, "\"");
        const char *end = strchr(s, '"');
        if (end == NULL)
            return NULL;
        if (n-- == 0)
            return zpl_arena_strndup(r->arena, s, (size_t)(end - s));
        s = end + strspn(end, "\"");
    }
    return NULL;
}

/* Splits "delay,date" (or `"delay", "date"`) into names. */
static const char **split(const struct reading *r, const char *list)
{
    enum { NAMES_MAX = 32 };
    const char **names = zpl_arena_array(r->arena, NAMES_MAX + 1, sizeof *names);
    size_t count = 0;
    while (names != NULL && *list != '\0' && count < NAMES_MAX) {
        list += strspn(list, ", \"");
        size_t n = strcspn(list, ",\"");
        if (n > 0)
            names[count++] = zpl_arena_strndup(r->arena, list, n);
        list += n;
    }
    return count > 0 ? names : NULL;
}

/* The columns of the request's table of that name. */
static const char *const *columns_of(const struct reading *r, const char *table)
{
    for (size_t t = 0; table != NULL && t < r->request->table_count; t++) {
        if (!zpl_text_equal_nocase(table, r->request->tables[t].name))
            continue;
        const struct zpl_row *row = r->request->tables[t].row;
        const char **names = zpl_arena_array(r->arena, row->count + 1, sizeof *names);
        for (size_t c = 0; names != NULL && c < row->count; c++)
            names[c] = row->columns[c].name;
        return names;
    }
    return NULL;
}

/* What DuckDB suggests, and without it the columns of all tables. */
static const char *const *column_candidates(const struct reading *r)
{
    size_t count = 0;
    for (size_t t = 0; t < r->request->table_count; t++)
        count += r->request->tables[t].row->count;
    const char **names = zpl_arena_array(r->arena, count + 1, sizeof *names);
    size_t at = 0;
    for (size_t t = 0; names != NULL && t < r->request->table_count; t++)
        for (size_t c = 0; c < r->request->tables[t].row->count; c++)
            names[at++] = r->request->tables[t].row->columns[c].name;
    const char *const *given = split(r, text(r, "candidates"));
    return given != NULL ? given : names;
}

static void name_fault(struct reading *r, const char *what, const char *name,
                       const char *const *candidates)
{
    r->out->fault = ZPL_BIND_NAME;
    r->out->name = name;
    r->out->message = zpl_arena_printf(r->arena, "unknown %s '%s'", what, name);
    r->out->candidates = candidates;
}

/* "Scalar Function" → "function". */
static const char *kind_of_entry(const char *type)
{
    if (strstr(type, "Function") != NULL || strstr(type, "Macro") != NULL)
        return "function";
    if (strcmp(type, "Type") == 0)
        return "type";
    return strcmp(type, "Table") == 0 ? "table" : "name";
}

/* The engine's candidates without the functions that a step may not call. */
static const char *const *allowed(const struct reading *r)
{
    const char **names = split(r, text(r, "candidates"));
    size_t kept = 0;
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        if (zpl_guard_refuses(names[i]) == NULL)
            names[kept++] = names[i];
    if (names != NULL)
        names[kept] = NULL;
    return names;
}

const char zpl_bind_no_columns[] = "the query gives no columns: it leaves out all that there are";

/* Sorts the error by what DuckDB says of it. */
static void classify(struct reading *r)
{
    const char *type = text(r, "exception_type"), *subtype = text(r, "error_subtype");
    const char *name = text(r, "name"), *message = r->message;
    r->out->message = message;
    r->out->fault = ZPL_BIND_TYPE;
    if (strcmp(type, "Out of Memory") == 0 || strstr(message, "Out of Memory") != NULL ||
        strstr(message, "bad allocation") != NULL) {
        r->out->fault = ZPL_BIND_LIMIT;
        r->out->message =
            zpl_arena_printf(r->arena, "to understand the query takes more than %llu MiB of memory",
                             (unsigned long long)(ZPL_BIND_BYTES_MAX >> 20));
    } else if (strcmp(type, "Parser") == 0 || strcmp(subtype, "SYNTAX_ERROR") == 0)
        r->out->fault = ZPL_BIND_SYNTAX;
    else if (strcmp(subtype, "COLUMN_NOT_FOUND") == 0 && name[0] != '\0')
        name_fault(r, "column", zpl_arena_strdup(r->arena, name), column_candidates(r));
    else if (strcmp(subtype, "MISSING_ENTRY") == 0 && name[0] != '\0')
        name_fault(r, kind_of_entry(text(r, "type")), zpl_arena_strdup(r->arena, name), allowed(r));
    else if (strstr(message, "does not have a column named") != NULL) {
        const char *table = quoted(r, message, 0), *column = quoted(r, message, 1);
        if (column != NULL)
            name_fault(r, "column", column, columns_of(r, table));
    } else if (strncmp(message, "Referenced column ", 18) == 0) {
        const char *end = strstr(message + 18, " not found in FROM clause");
        if (end != NULL) /* of a QUALIFY, without quotes */
            name_fault(r, "column",
                       zpl_arena_strndup(r->arena, message + 18, (size_t)(end - message - 18)),
                       NULL);
    } else if (strstr(message, " list not found in ") != NULL ||
               strstr(message, " side of join!") != NULL) {
        const char *column = quoted(r, message, 0);
        if (column != NULL)
            name_fault(r, "column", column, NULL);
    } else if (strncmp(message, "Referenced table ", 17) == 0) {
        const char *whole = text(r, "exception_message"), *table = quoted(r, message, 0);
        const char *candidates = strstr(whole, "Candidate tables: ");
        if (table != NULL)
            name_fault(r, "table", table, candidates != NULL ? split(r, candidates + 18) : NULL);
    } else if (strncmp(message, "SELECT list is empty after ", 27) == 0) {
        r->out->message = zpl_bind_no_columns;
    } else if (strncmp(message, "Ambiguous reference", 19) == 0) {
        r->out->fault = ZPL_BIND_NAME;
        r->out->name = quoted(r, message, 0);
    }
}

/* Moves from `flights.dealy` to the part that is unknown. */
static void narrow(struct reading *r)
{
    const char *sql = r->request->sql, *name = r->out->name;
    size_t at = (size_t)r->out->offset;
    while (name != NULL && !zpl_text_equal_nocase(name, "")) {
        size_t n = zpl_sqltext_length(sql, at);
        bool same = (n == strlen(name) && strncmp(sql + at, name, n) == 0) ||
                    (sql[at] == '"' && n == strlen(name) + 2);
        if (same || sql[at + n] != '.')
            break;
        at += n + 1;
    }
    r->out->offset = (long)at;
    r->out->length = zpl_sqltext_length(sql, at);
}

void zpl_bind_error_read(const struct zpl_bind_request *request, const char *words, size_t before,
                         struct zpl_bind_error *out, struct zpl_arena *arena)
{
    struct zpl_json *json = NULL;
    const char *brace = strchr(words, '{');
    struct zpl_buf line = {0};
    memset(out, 0, sizeof *out);
    out->offset = -1;
    out->length = 1;
    if (brace == NULL || zpl_json_parse(brace, strlen(brace), &json, NULL) != ZPL_OK)
        json = NULL;
    struct reading r = {request, json, NULL, out, arena};
    const char *message = json != NULL ? text(&r, "exception_message") : words;
    zpl_duck_words(message, &line);
    const char *cut = strchr(message, '\n');
    r.message = json != NULL && cut != NULL
                    ? zpl_arena_strndup(arena, message, (size_t)(cut - message))
                    : zpl_arena_strdup(arena, zpl_buf_str(&line));
    classify(&r);
    if (out->fault == ZPL_BIND_TYPE && out->message != NULL)
        out->message = zpl_bind_words(out->message, arena);
    if (out->message == NULL)
        out->message = "out of memory";
    const char *position = text(&r, "position");
    if (position[0] != '\0') {
        size_t at = strtoul(position, NULL, 10);
        if (at >= before && at - before < strlen(request->sql))
            out->offset = (long)(at - before);
    }
    if (out->offset < 0 && out->name != NULL)
        out->offset = zpl_sqltext_find(request->sql, 0, out->name);
    if (out->offset >= 0)
        narrow(&r);
    zpl_json_release(json);
    zpl_buf_release(&line);
}
