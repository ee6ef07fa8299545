/* convert.h - how the types of zpl, of DuckDB and of the stored Parquet meet.
 * Promise: a value crosses whole or not at all: what would be rounded, cut or overflow is an error
 * (or, when asked for leniently, a NULL), never another value.  Of a DECIMAL, a FLOAT and a text a
 * Float is the nearest there is: that is what Float means.  Any text crosses into an Enum: which
 * values there may be is a contract of the rows (contract.h).
 * Owns: a struct zpl_relation owns its types until zpl_relation_release().
 * Errors: NULL or false with words that follow "column 'x' ".   Floor: stdlib. */
#ifndef ZPL_TABLE_CONVERT_H
#define ZPL_TABLE_CONVERT_H

#include "lang/types/type.h"
#include "stdlib/table/duck.h"

/* The columns of a query's result or of a file. */
struct zpl_relation {
    const struct zpl_duck_api *api;
    size_t count;
    const char **names; /* in the arena */
    duckdb_logical_type *types;
};
/* Takes names and types of a result. */
enum zpl_err zpl_relation_of(const struct zpl_duck_api *api, duckdb_result *result,
                             struct zpl_relation *out, struct zpl_arena *arena,
                             struct zpl_diags *diags);
/* Those of `SELECT * FROM <from>`, without running it. */
enum zpl_err zpl_relation_from(struct zpl_duck *duck, const char *from, struct zpl_relation *out,
                               struct zpl_arena *arena, struct zpl_diags *diags);
void zpl_relation_release(struct zpl_relation *relation); /* safe on a zeroed struct */
/* The index of the column of that name (exactly; else without regard to case), or -1. */
long zpl_relation_find(const struct zpl_relation *relation, const char *name);

/* The kind of zpl that a DuckDB type is stored as (a JSON as String, which it is but for its alias);
 * UNKNOWN for none. */
enum zpl_kind zpl_convert_kind(duckdb_type id);
/* The zpl type a DuckDB type is stored as; NULL when there is none, *why then says
 * "is an INTERVAL, which zpl has no type for: …". */
const struct zpl_type *zpl_convert_type(const struct zpl_duck_api *api, duckdb_logical_type type,
                                        struct zpl_arena *arena, const char **why);
/* The type as SQL writes it: as queries see it (ENUM, JSON), or as it is stored (VARCHAR). */
void zpl_convert_sql(const struct zpl_type *type, bool stored, struct zpl_buf *out);

/* Strict: a value that does not fit is an error of the query, which zpl_convert_misfit() reads; the
 * number of the row, from 1, is in a column named ZPL_CONVERT_ROW.  Unnumbered: the same where rows
 * have no numbers, with an error that names nothing.  Lenient: it becomes NULL. */
enum zpl_convert { ZPL_CONVERT_STRICT, ZPL_CONVERT_UNNUMBERED, ZPL_CONVERT_LENIENT };
#define ZPL_CONVERT_ROW "\x1frow"
/* The SQL expression that turns column `name` of DuckDB type `from` into what is stored for `to`.
 * False when no value could be: *why then says "holds Bool, but Int is declared". */
bool zpl_convert_column(const struct zpl_duck_api *api, const char *name, duckdb_logical_type from,
                        const struct zpl_type *to, enum zpl_convert mode, struct zpl_buf *out,
                        struct zpl_arena *arena, const char **why);
/* The same of a SQL expression that gives text, unnumbered where it is strict; false when no text could
 * be of that type. */
bool zpl_convert_text(const struct zpl_duck_api *api, const char *expression,
                      const struct zpl_type *to, enum zpl_convert mode, struct zpl_buf *out);
/* The same of a column of JSON values, as a JSON file holds them: a text or number counts as a CSV
 * field with its characters would, a null is a NULL; only an array becomes a list, anything Json. */
bool zpl_convert_json(const struct zpl_duck_api *api, const char *name, const struct zpl_type *to,
                      enum zpl_convert mode, struct zpl_buf *out, struct zpl_arena *arena,
                      const char **why);
/* Of such a column the lists that a Tensor is written as, one in the other, as lists of SQL; NULL where they are
 * none. */
bool zpl_convert_json_list(const struct zpl_duck_api *api, const char *name,
                           const struct zpl_type *to, struct zpl_buf *out, struct zpl_arena *arena);
/* What stands for a value that does not fit where its row has no number. */
const char *zpl_convert_wrong(enum zpl_convert mode);
/* What a strict expression says begins so; then come what to do and, behind a bar, the message. */
#define ZPL_CONVERT_MISFIT "zpl misfit: "
/* Is DuckDB's message about a value that did not fit?  Then tells it (STEP_OUTPUT): "row 3, column
 * 'n': 18446744073709551614 does not fit an Int". */
bool zpl_convert_misfit(const char *message, struct zpl_diags *diags);
/* The SQL expression that shows a stored column to a query as its type (ENUM, JSON). */
void zpl_convert_shown(const char *name, const struct zpl_type *type, struct zpl_buf *out);

#endif
