/* sqldb.h - a SQLite database with short calls and clear errors.  The one owner of sqlite3.
 * Owns: the connection and its prepared statements (cached by their text), until _release.
 * Errors: each with a diagnostic that names the file: ZPL_ERR_BUSY (STORE_BUSY), ZPL_ERR_CORRUPT
 * (STORE_CORRUPT: damaged, or no SQLite database), ZPL_ERR_NOMEM, and with STORE: ZPL_ERR_INPUT (a
 * constraint, a value too large, SQL that does not fit the tables), ZPL_ERR_IO (all else).
 * Limits: ZPL_SQLDB_STATEMENTS_MAX statements are kept, the least recently used goes first; more
 * may stand on rows at one time.   Threads: one connection, one thread.   Floor: base. */
#ifndef ZPL_BASE_SQLDB_H
#define ZPL_BASE_SQLDB_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/base/err.h"

struct zpl_sqldb;  /* opaque */
struct zpl_sqlrow; /* a prepared statement that stands on a row; borrowed from the connection */

enum zpl_sqldb_mode { ZPL_SQLDB_READ, ZPL_SQLDB_WRITE };

/* Opens (and for WRITE creates) with WAL, synchronous=NORMAL, foreign keys, busy timeout 60 s; pages whose
 * cells do not fit them are found when they are read.
 * READ never changes the data, and works in a folder that can't be written; ZPL_ERR_NOT_FOUND (with a
 * diagnostic) if the file is absent. */
enum zpl_err zpl_sqldb_open(const char *path, enum zpl_sqldb_mode mode, struct zpl_sqldb **out,
                            struct zpl_diags *diags);
void zpl_sqldb_release(struct zpl_sqldb *db); /* NULL is fine */

/* Runs one or more statements without results. */
enum zpl_err zpl_sqldb_exec(struct zpl_sqldb *db, const char *sql, struct zpl_diags *diags);
/* BEGIN IMMEDIATE … COMMIT; a failed commit is rolled back. */
enum zpl_err zpl_sqldb_begin(struct zpl_sqldb *db, struct zpl_diags *diags);
enum zpl_err zpl_sqldb_commit(struct zpl_sqldb *db, struct zpl_diags *diags);
void zpl_sqldb_rollback(struct zpl_sqldb *db);

/* Prepares (or finds) `sql` and binds by `format`, a letter an argument:
 *   i int64_t   f double   s const char * (NULL binds NULL)   b const void *, size_t (NULL binds
 *   NULL)   n (no argument) NULL
 * then zpl_sqldb_step() once a row: ZPL_OK a row, ZPL_ERR_NOT_FOUND the end.  Arguments are copied.
 * The statement is reset by the end, by an error, or by zpl_sqldb_reset(); then `row` is gone.  The
 * same `sql` may be queried again while it stands on a row. */
enum zpl_err zpl_sqldb_query(struct zpl_sqldb *db, struct zpl_sqlrow **out, struct zpl_diags *diags,
                             const char *sql, const char *format, ...);
enum zpl_err zpl_sqldb_step(struct zpl_sqldb *db, struct zpl_sqlrow *row, struct zpl_diags *diags);
void zpl_sqldb_reset(struct zpl_sqlrow *row);
/* Query and step to the end (rows are passed over), for INSERT, UPDATE, DELETE. */
enum zpl_err zpl_sqldb_run(struct zpl_sqldb *db, struct zpl_diags *diags, const char *sql,
                           const char *format, ...);
int64_t zpl_sqldb_last_id(struct zpl_sqldb *db);

/* How many rows the last INSERT, UPDATE or DELETE touched. */
int64_t zpl_sqldb_changes(struct zpl_sqldb *db);

/* Columns of the row, from 0; texts and blobs live until the next step or reset. */
int64_t zpl_sqlrow_int(struct zpl_sqlrow *row, int column);
double zpl_sqlrow_float(struct zpl_sqlrow *row, int column);
const char *zpl_sqlrow_text(struct zpl_sqlrow *row, int column); /* NULL for NULL */
const void *zpl_sqlrow_blob(struct zpl_sqlrow *row, int column, size_t *len);
bool zpl_sqlrow_is_null(struct zpl_sqlrow *row, int column);

#endif
