/* sqlname.c - see sqlname.h.   Floor: lang/check. */
#include "lang/check/sqlname.h"
#include "lang/base/buf.h"
#include "lang/base/text.h"

/* Of the pinned DuckDB. */
static const char *const reserved[] = {"all",
                                       "analyse",
                                       "analyze",
                                       "and",
                                       "anti",
                                       "any",
                                       "array",
                                       "as",
                                       "asc",
                                       "asof",
                                       "asymmetric",
                                       "at",
                                       "authorization",
                                       "binary",
                                       "both",
                                       "by",
                                       "case",
                                       "cast",
                                       "check",
                                       "collate",
                                       "collation",
                                       "column",
                                       "columns",
                                       "concurrently",
                                       "constraint",
                                       "create",
                                       "cross",
                                       "default",
                                       "deferrable",
                                       "desc",
                                       "describe",
                                       "distinct",
                                       "do",
                                       "else",
                                       "end",
                                       "except",
                                       "false",
                                       "fetch",
                                       "for",
                                       "foreign",
                                       "freeze",
                                       "from",
                                       "full",
                                       "generated",
                                       "glob",
                                       "group",
                                       "having",
                                       "ilike",
                                       "in",
                                       "initially",
                                       "inner",
                                       "intersect",
                                       "into",
                                       "is",
                                       "isnull",
                                       "join",
                                       "lambda",
                                       "lateral",
                                       "leading",
                                       "left",
                                       "like",
                                       "limit",
                                       "map",
                                       "natural",
                                       "not",
                                       "notnull",
                                       "null",
                                       "offset",
                                       "on",
                                       "only",
                                       "or",
                                       "order",
                                       "outer",
                                       "overlaps",
                                       "pivot",
                                       "pivot_longer",
                                       "pivot_wider",
                                       "placing",
                                       "positional",
                                       "primary",
                                       "qualify",
                                       "references",
                                       "returning",
                                       "right",
                                       "select",
                                       "semi",
                                       "show",
                                       "similar",
                                       "some",
                                       "struct",
                                       "summarize",
                                       "symmetric",
                                       "table",
                                       "tablesample",
                                       "then",
                                       "to",
                                       "trailing",
                                       "true",
                                       "try_cast",
                                       "union",
                                       "unique",
                                       "unpack",
                                       "unpivot",
                                       "using",
                                       "variadic",
                                       "verbose",
                                       "when",
                                       "where",
                                       "window",
                                       "with"};

bool zpl_sql_is_reserved(const char *word)
{
    return ZPL_TEXT_AMONG(word, reserved);
}

const char *zpl_sql_quoted(const char *name, struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    zpl_buf_putc(&text, '"');
    for (; *name; name++)
        zpl_buf_printf(&text, "%s%c", *name == '"' ? "\"" : "", *name);
    zpl_buf_putc(&text, '"');
    const char *kept = zpl_buf_error(&text) ? NULL : zpl_arena_strdup(arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
    return kept ? kept : "";
}

const char *zpl_sql_name(const char *name, struct zpl_arena *arena)
{
    return zpl_text_is_name(name) && !zpl_sql_is_reserved(name) ? name
                                                                : zpl_sql_quoted(name, arena);
}
