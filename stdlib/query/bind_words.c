/* bind_words.c - DuckDB's sentences about types, in the names that zpl has for them.   Floor: stdlib. */
#include <string.h>
#include "lang/base/buf.h"
#include "stdlib/query/bind_error.h"

static const struct {
    const char *duckdb, *zpl;
} types[] = {
    {"VARCHAR", "String"},      {"STRING_LITERAL", "String"},
    {"BIGINT", "Int"},          {"INTEGER", "Int"},
    {"SMALLINT", "Int"},        {"TINYINT", "Int"},
    {"HUGEINT", "Int"},         {"UBIGINT", "Int"},
    {"UINTEGER", "Int"},        {"USMALLINT", "Int"},
    {"UTINYINT", "Int"},        {"UHUGEINT", "Int"},
    {"INTEGER_LITERAL", "Int"}, {"INT32", "Int"},
    {"INT64", "Int"},           {"DOUBLE", "Float"},
    {"FLOAT", "Float"},         {"DECIMAL", "Float"},
    {"BOOLEAN", "Bool"},        {"BOOL", "Bool"},
    {"DATE", "Date"},           {"TIMESTAMP", "Timestamp"},
    {"ENUM", "Enum"},           {"BLOB", "Bytes"},
    {"JSON", "Json"},
};

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The zpl name of the type written at s[0..n), or NULL. */
static const char *type_name(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strlen(types[i].duckdb) == n && memcmp(types[i].duckdb, s, n) == 0)
            return types[i].zpl;
    return NULL;
}

/* Behind the parentheses of DECIMAL(18,3) and ENUM('a', 'b'). */
static const char *behind_arguments(const char *s)
{
    int depth = 0;
    if (*s != '(')
        return s;
    for (const char *end = s; *end != '\0'; end++) {
        depth += (*end == '(') - (*end == ')');
        if (depth == 0)
            return end + 1;
    }
    return s;
}

/* Adds s[0..n) with the names of types replaced. */
static void add_translated(struct zpl_buf *out, const char *s, size_t n)
{
    const char *end = s + n;
    while (s < end) {
        const char *word = s;
        while (s < end && is_letter(*s))
            s++;
        const char *zpl = s > word ? type_name(word, (size_t)(s - word)) : NULL;
        if (zpl == NULL) {
            zpl_buf_add(out, word, s > word ? (size_t)(s - word) : 1);
            s = s > word ? s : word + 1;
            continue;
        }
        bool sized = strcmp(zpl, "Float") == 0 || strcmp(zpl, "Enum") == 0;
        s = sized ? behind_arguments(s) : s;
        bool list = s + 1 < end && s[0] == '[' && s[1] == ']';
        zpl_buf_printf(out, list ? "List(%s)" : "%s", zpl);
        s += list ? 2 : 0;
    }
}

/* The rest of `s` behind `start`, or NULL when it begins otherwise. */
static const char *behind(const char *s, const char *start)
{
    size_t n = strlen(start);
    return strncmp(s, start, n) == 0 ? s + n : NULL;
}

const char *zpl_bind_words(const char *message, struct zpl_arena *arena)
{
    static const char cast[] = " - an explicit cast is required";
    struct zpl_buf out = {0};
    const char *call = behind(message, "No function matches the given name and argument types '");
    const char *compared = behind(message, "Cannot compare values of type ");
    const char *end = strstr(message, cast), *parens = call != NULL ? strchr(call, '(') : NULL;
    const char *closing = parens != NULL ? strstr(parens, ")'") : NULL;
    const char *second = compared != NULL ? strstr(compared, " and type ") : NULL;
    end = end != NULL ? end : message + strlen(message);
    if (closing != NULL) {
        zpl_buf_printf(&out, "'%.*s' can't be applied to ", (int)(parens - call), call);
        add_translated(&out, parens, (size_t)(closing + 1 - parens));
    } else if (second != NULL && second < end) {
        zpl_buf_puts(&out, "can't compare values of types ");
        add_translated(&out, compared, (size_t)(second - compared));
        zpl_buf_puts(&out, " and ");
        second += strlen(" and type ");
        add_translated(&out, second, (size_t)(end - second));
    } else
        add_translated(&out, message, (size_t)(end - message));
    const char *words =
        zpl_buf_error(&out) != ZPL_OK ? NULL : zpl_arena_strdup(arena, zpl_buf_str(&out));
    zpl_buf_release(&out);
    return words;
}
