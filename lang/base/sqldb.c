#include "lang/base/sqldb.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "lang/base/buf.h"
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"

#define BUSY_TIMEOUT_MS 60000
#define WAL_PAUSE_MS    5

/* A prepared statement; a member of the connection's list, the most recently used first. */
struct zpl_sqlrow {
    struct zpl_sqlrow *newer, *older;
    sqlite3_stmt *stmt;
    char *sql;
    bool in_use; /* between query and reset: bound, maybe on a row */
};
struct zpl_sqldb {
    sqlite3 *handle;
    char *path;
    struct zpl_sqlrow *newest, *oldest;
    size_t count;
};

/* What SQLite says to the call that the fault switch fails; SQLITE_OK for all others. */
static int failure(void)
{
    if (!zpl_fault(ZPL_FAULT_SQLITE))
        return SQLITE_OK;
    switch (errno) {
    case ENOSPC:
        return SQLITE_FULL;
    case EBUSY:
        return SQLITE_BUSY;
    case EROFS:
        return SQLITE_READONLY;
    default:
        return SQLITE_IOERR;
    }
}

/* Says what happened to the file, in SQLite's words where it has any, and maps its code. */
static enum zpl_err report(const struct zpl_sqldb *db, int code, const char *operation,
                           struct zpl_diags *diags)
{
    const struct zpl_span nowhere = {0};
    struct zpl_diag *diag = NULL;
    /* The connection's words belong to its last call, which an injected fault was not. */
    const char *words = db->handle && sqlite3_extended_errcode(db->handle) == code
                            ? sqlite3_errmsg(db->handle)
                            : sqlite3_errstr(code);
    switch (code & 0xFF) {
    case SQLITE_NOMEM:
        return zpl_diag_nomem(diags);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        diag = zpl_diag_add(diags, ZPL_CODE_STORE_BUSY, nowhere, "cannot %s %s: %s", operation,
                            db->path, words);
        zpl_diag_help(diags, diag, "wait for the other process, or end it");
        return ZPL_ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        diag = zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, nowhere, "cannot %s %s: %s", operation,
                            db->path, words);
        zpl_diag_help(diags, diag, "put a copy from a backup in its place, or move it away");
        return ZPL_ERR_CORRUPT;
    case SQLITE_ERROR: /* of SQL that fitted when it was written */
        diag = zpl_diag_add(diags, ZPL_CODE_STORE, nowhere, "cannot %s %s: %s", operation, db->path,
                            words);
        zpl_diag_help(
            diags, diag,
            "its tables are not what they were: put a copy from a backup in its place, or "
            "move it away");
        return ZPL_ERR_INPUT;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        zpl_diag_add(diags, ZPL_CODE_STORE, nowhere, "cannot %s %s: %s", operation, db->path,
                     words);
        return ZPL_ERR_INPUT;
    default:
        diag = zpl_diag_add(diags, ZPL_CODE_STORE, nowhere, "cannot %s %s: %s", operation, db->path,
                            words);
        zpl_diag_help(diags, diag, "check its permissions and the free space of its disk");
        return ZPL_ERR_IO;
    }
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_nsec = ms * 1000000};
    nanosleep(&t, NULL);
}

static int is_wal(void *seen, int count, char **values, char **names)
{
    (void)names;
    *(bool *)seen = count == 1 && values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

/* Switches to WAL.  SQLite does not wait its busy timeout when two processes switch a new file at
 * the same moment, so that is done here. */
static enum zpl_err use_wal(struct zpl_sqldb *db, struct zpl_diags *diags)
{
    int64_t deadline = zpl_clock_monotonic_ns() + (int64_t)BUSY_TIMEOUT_MS * 1000000;
    bool seen = false;
    int code;
    for (;;) {
        code = failure();
        if (code == SQLITE_OK)
            code = sqlite3_exec(db->handle, "PRAGMA journal_mode=WAL", is_wal, &seen, NULL);
        if ((code & 0xFF) != SQLITE_BUSY || zpl_clock_monotonic_ns() > deadline)
            break;
        pause_ms(WAL_PAUSE_MS);
    }
    if (code != SQLITE_OK)
        return report(db, code, "open", diags);
    if (seen)
        return ZPL_OK;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STORE, (struct zpl_span){0},
                     "cannot open %s: its file system can't hold a write-ahead log", db->path);
    zpl_diag_help(diags, diag, "keep it on a local disk, not on a network file system");
    return ZPL_ERR_IO;
}

/* Does the file hold all there is, in a folder where nothing can be written by us?  A reader makes files
 * beside it otherwise. */
static bool is_still(const char *path)
{
    char folder[ZPL_PATH_MAX], log[ZPL_PATH_MAX];
    struct zpl_stat st;
    if (zpl_path_dir(folder, path) != ZPL_OK || access(folder, W_OK) == 0 || errno == ENOENT)
        return false;
    int n = snprintf(log, sizeof log, "%s-wal", path);
    return n > 0 && (size_t)n < sizeof log &&
           (zpl_fs_stat(log, &st, NULL) == ZPL_ERR_NOT_FOUND || st.size == 0);
}

/* sqlite3_open_v2() of a file that is_still(). */
static int open_still(struct zpl_sqldb *db, int flags)
{
    struct zpl_buf uri = {0};
    zpl_buf_puts(&uri, "file:");
    for (const char *s = db->path; *s; s++) {
        if (strchr("%?#", *s))
            zpl_buf_printf(&uri, "%%%02X", (unsigned char)*s);
        else
            zpl_buf_putc(&uri, *s);
    }
    zpl_buf_puts(&uri, "?immutable=1");
    int code = zpl_buf_error(&uri) != ZPL_OK
                   ? SQLITE_NOMEM
                   : sqlite3_open_v2(zpl_buf_str(&uri), &db->handle, flags | SQLITE_OPEN_URI, NULL);
    zpl_buf_release(&uri);
    return code;
}

enum zpl_err zpl_sqldb_open(const char *path, enum zpl_sqldb_mode mode, struct zpl_sqldb **out,
                            struct zpl_diags *diags)
{
    *out = NULL;
    enum zpl_err err = ZPL_OK;
    struct zpl_sqldb *db = zpl_calloc(1, sizeof *db);
    if (db)
        db->path = zpl_strdup(path);
    if (!db || !db->path) {
        err = zpl_diag_nomem(diags);
        goto done;
    }
    struct zpl_stat stat;
    bool writes = mode == ZPL_SQLDB_WRITE;
    if (!writes && zpl_fs_stat(path, &stat, NULL) == ZPL_ERR_NOT_FOUND) {
        zpl_diag_system(diags, "open", path, ENOENT);
        err = ZPL_ERR_NOT_FOUND;
        goto done;
    }
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    int code = failure();
    if (code == SQLITE_OK)
        code = !writes && is_still(path) ? open_still(db, flags)
                                         : sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (code != SQLITE_OK) {
        err = report(db, code, "open", diags);
        goto done;
    }
    sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    if (writes) {
        err = use_wal(db, diags);
        if (err != ZPL_OK)
            goto done;
    }
    /* Reading the schema's version tells whether the file is a database at all. */
    code = failure();
    if (code == SQLITE_OK)
        code = sqlite3_exec(db->handle,
                            "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                            "PRAGMA cell_size_check=ON; "
                            "PRAGMA schema_version",
                            NULL, NULL, NULL);
    if (code != SQLITE_OK)
        err = report(db, code, "open", diags);
done:
    if (err == ZPL_OK)
        *out = db;
    else
        zpl_sqldb_release(db);
    return err;
}

/* Takes the statement out of the list. */
static void unlink_row(struct zpl_sqldb *db, struct zpl_sqlrow *row)
{
    *(row->newer ? &row->newer->older : &db->newest) = row->older;
    *(row->older ? &row->older->newer : &db->oldest) = row->newer;
    row->newer = row->older = NULL;
    db->count--;
}

static void link_newest(struct zpl_sqldb *db, struct zpl_sqlrow *row)
{
    row->older = db->newest;
    *(db->newest ? &db->newest->newer : &db->oldest) = row;
    db->newest = row;
    db->count++;
}

static void free_row(struct zpl_sqlrow *row)
{
    sqlite3_finalize(row->stmt);
    free(row->sql);
    free(row);
}

void zpl_sqldb_release(struct zpl_sqldb *db)
{
    if (!db)
        return;
    while (db->newest) {
        struct zpl_sqlrow *row = db->newest;
        unlink_row(db, row);
        free_row(row);
    }
    sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

enum zpl_err zpl_sqldb_exec(struct zpl_sqldb *db, const char *sql, struct zpl_diags *diags)
{
    int code = failure();
    if (code == SQLITE_OK)
        code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? ZPL_OK : report(db, code, "use", diags);
}

enum zpl_err zpl_sqldb_begin(struct zpl_sqldb *db, struct zpl_diags *diags)
{
    return zpl_sqldb_run(db, diags, "BEGIN IMMEDIATE", "");
}

enum zpl_err zpl_sqldb_commit(struct zpl_sqldb *db, struct zpl_diags *diags)
{
    enum zpl_err err = zpl_sqldb_run(db, diags, "COMMIT", "");
    if (err != ZPL_OK)
        zpl_sqldb_rollback(db);
    return err;
}

void zpl_sqldb_rollback(struct zpl_sqldb *db)
{
    /* Some errors have rolled back already. */
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* Makes room in the cache: the least recently used statement that is not in use goes. */
static void evict(struct zpl_sqldb *db)
{
    struct zpl_sqlrow *row = db->oldest;
    while (row && db->count >= ZPL_SQLDB_STATEMENTS_MAX) {
        struct zpl_sqlrow *newer = row->newer;
        if (!row->in_use) {
            unlink_row(db, row);
            free_row(row);
        }
        row = newer;
    }
}

/* Says that the caller's SQL can't be used. */
static enum zpl_err refuse(const struct zpl_sqldb *db, const char *why, struct zpl_diags *diags)
{
    zpl_diag_add(diags, ZPL_CODE_STORE, (struct zpl_span){0}, "cannot use %s: %s", db->path, why);
    return ZPL_ERR_INPUT;
}

/* Prepares a statement and puts it into the list. */
static enum zpl_err prepare(struct zpl_sqldb *db, const char *sql, struct zpl_sqlrow **out,
                            struct zpl_diags *diags)
{
    struct zpl_sqlrow *row = zpl_calloc(1, sizeof *row);
    if (row)
        row->sql = zpl_strdup(sql);
    if (!row || !row->sql) {
        free(row);
        return zpl_diag_nomem(diags);
    }
    const char *tail = "";
    int code =
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &row->stmt, &tail);
    if (code != SQLITE_OK) {
        enum zpl_err err = report(db, code, "use", diags);
        free_row(row);
        return err;
    }
    if (!row->stmt || tail[strspn(tail, "; \t\r\n")] != '\0') {
        free_row(row);
        return refuse(db, "not exactly one statement", diags);
    }
    evict(db);
    link_newest(db, row);
    *out = row;
    return ZPL_OK;
}

/* The cached statement of this text that is not in use, or a new one. */
static enum zpl_err find(struct zpl_sqldb *db, const char *sql, struct zpl_sqlrow **out,
                         struct zpl_diags *diags)
{
    struct zpl_sqlrow *row = db->newest;
    while (row && (row->in_use || strcmp(row->sql, sql) != 0))
        row = row->older;
    if (!row)
        return prepare(db, sql, out, diags);
    if (row != db->newest) {
        unlink_row(db, row);
        link_newest(db, row);
    }
    *out = row;
    return ZPL_OK;
}

/* Binds the arguments that `format` describes; SQLite's code. */
static int bind(sqlite3_stmt *stmt, const char *format, va_list *args)
{
    int code = SQLITE_OK;
    for (int i = 1; code == SQLITE_OK && format[i - 1]; i++) {
        const char *text;
        const void *blob;
        switch (format[i - 1]) {
        case 'i':
            code = sqlite3_bind_int64(stmt, i, va_arg(*args, int64_t));
            break;
        case 'f':
            code = sqlite3_bind_double(stmt, i, va_arg(*args, double));
            break;
        case 's':
            text = va_arg(*args, const char *);
            code = sqlite3_bind_text(stmt, i, text, -1, SQLITE_TRANSIENT);
            break;
        case 'b':
            blob = va_arg(*args, const void *);
            code = sqlite3_bind_blob64(stmt, i, blob, va_arg(*args, size_t), SQLITE_TRANSIENT);
            break;
        case 'n':
            code = sqlite3_bind_null(stmt, i);
            break;
        default:
            ZPL_BUG("a letter that stands for no type");
        }
    }
    return code;
}

static enum zpl_err query(struct zpl_sqldb *db, struct zpl_sqlrow **out, struct zpl_diags *diags,
                          const char *sql, const char *format, va_list *args)
{
    struct zpl_sqlrow *row = NULL;
    *out = NULL;
    enum zpl_err err = find(db, sql, &row, diags);
    if (err != ZPL_OK)
        return err;
    if (sqlite3_bind_parameter_count(row->stmt) != (int)strlen(format))
        return refuse(db, "the statement has another number of parameters than it is given", diags);
    row->in_use = true;
    int code = bind(row->stmt, format, args);
    if (code != SQLITE_OK) {
        err = report(db, code, "use", diags);
        zpl_sqldb_reset(row);
        return err;
    }
    *out = row;
    return ZPL_OK;
}

enum zpl_err zpl_sqldb_query(struct zpl_sqldb *db, struct zpl_sqlrow **out, struct zpl_diags *diags,
                             const char *sql, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum zpl_err err = query(db, out, diags, sql, format, &args);
    va_end(args);
    return err;
}

enum zpl_err zpl_sqldb_step(struct zpl_sqldb *db, struct zpl_sqlrow *row, struct zpl_diags *diags)
{
    int code = failure();
    if (code == SQLITE_OK)
        code = sqlite3_step(row->stmt);
    if (code == SQLITE_ROW)
        return ZPL_OK;
    enum zpl_err err = code == SQLITE_DONE ? ZPL_ERR_NOT_FOUND : report(db, code, "use", diags);
    zpl_sqldb_reset(row);
    return err;
}

void zpl_sqldb_reset(struct zpl_sqlrow *row)
{
    if (!row)
        return;
    sqlite3_reset(row->stmt);
    sqlite3_clear_bindings(row->stmt);
    row->in_use = false;
}

enum zpl_err zpl_sqldb_run(struct zpl_sqldb *db, struct zpl_diags *diags, const char *sql,
                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct zpl_sqlrow *row;
    enum zpl_err err = query(db, &row, diags, sql, format, &args);
    va_end(args);
    while (err == ZPL_OK)
        err = zpl_sqldb_step(db, row, diags);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

int64_t zpl_sqldb_last_id(struct zpl_sqldb *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t zpl_sqldb_changes(struct zpl_sqldb *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t zpl_sqlrow_int(struct zpl_sqlrow *row, int column)
{
    return sqlite3_column_int64(row->stmt, column);
}

double zpl_sqlrow_float(struct zpl_sqlrow *row, int column)
{
    return sqlite3_column_double(row->stmt, column);
}

const char *zpl_sqlrow_text(struct zpl_sqlrow *row, int column)
{
    return (const char *)sqlite3_column_text(row->stmt, column);
}

const void *zpl_sqlrow_blob(struct zpl_sqlrow *row, int column, size_t *len)
{
    const void *blob = sqlite3_column_blob(row->stmt, column);
    *len = (size_t)sqlite3_column_bytes(row->stmt, column);
    return blob;
}

bool zpl_sqlrow_is_null(struct zpl_sqlrow *row, int column)
{
    return sqlite3_column_type(row->stmt, column) == SQLITE_NULL;
}
