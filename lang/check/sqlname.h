/* sqlname.h - names as SQL needs them: in double quotes where they are none by themselves.
 * Floor: lang/check. */
#ifndef ZPL_CHECK_SQLNAME_H
#define ZPL_CHECK_SQLNAME_H

#include "lang/base/arena.h"

/* Is it a word of SQL that names no column unless it is quoted? */
bool zpl_sql_is_reserved(const char *word);
/* The name as a query writes it, "" when memory is out. */
const char *zpl_sql_name(const char *name, struct zpl_arena *arena);
/* The same, quoted in any case. */
const char *zpl_sql_quoted(const char *name, struct zpl_arena *arena);

#endif
