/* sqlite.h - what the files of the SQLite metadata store share.
 * Promise: a change is one transaction, made while the byte of home/zpl.lock is held, so writers
 * queue in the kernel and never meet a busy database; readers wait for nobody.
 * The database file is opened by SQLite alone: a second descriptor on it would drop its locks.
 * Floor: stack. */
#ifndef ZPL_STACK_SQLITE_H
#define ZPL_STACK_SQLITE_H

#include "lang/base/limits.h"
#include "lang/base/sqldb.h"
#include "stack/boot.h"
#include "stack/slots.h"
#include "stack/stack.h"

struct zpl_sqlite {
    struct zpl_sqldb *db;
    char home[ZPL_PATH_MAX];
    bool write;
    bool held;                    /* a read transaction is open */
    char boot[ZPL_BOOT_SIZE];     /* this start of the machine; "": nobody knows */
    int lock;                     /* home/zpl.lock; -1 when opened for reading */
    int leases;                   /* home/leases; -1 when reading a store that has none */
    struct zpl_slots *slots;      /* home/limits; NULL until some are asked for */
    struct zpl_sqlite_made *made; /* of the run that goes on; NULL: none */
    int64_t *runs;                /* whose leases we hold */
    size_t run_count, run_capacity;
};

/* What stands under each name, or those that `which` says: the number of the step and the name. */
#define ZPL_SQLITE_NAMES(which)                                                                    \
    "SELECT max(n.step) AS step, n.name FROM names n JOIN steps s ON s.id = n.step "               \
    "JOIN runs r ON r.id = s.run WHERE r.status = 'done'" which " GROUP BY n.name ORDER BY n.name"

/* Tables of long texts: each once, since runs that did the same share them, and of pieces that are kept once
 * too; `at` counts the bytes before a piece. */
#define ZPL_SQLITE_TEXT_TABLES                                                                     \
    "CREATE TABLE texts (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE);"                    \
    "CREATE TABLE pieces (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, "                   \
    "text TEXT NOT NULL);"                                                                         \
    "CREATE TABLE text_pieces (text INTEGER NOT NULL REFERENCES texts (id) ON DELETE CASCADE, "    \
    "at INTEGER NOT NULL, piece INTEGER NOT NULL, PRIMARY KEY (text, at)) WITHOUT ROWID;"
#define ZPL_SQLITE_WHOLE_TEXT(of)                                                                  \
    "(SELECT group_concat(text, '') FROM (SELECT p.text FROM texts t "                             \
    "JOIN text_pieces o ON o.text = t.id JOIN pieces p ON p.id = o.piece "                         \
    "WHERE t.digest = runs." of " ORDER BY o.at)) AS " of
#define ZPL_SQLITE_TEXT_VIEW                                                                       \
    "CREATE VIEW run_texts AS SELECT id AS run, " ZPL_SQLITE_WHOLE_TEXT(                           \
        "plan") ", " ZPL_SQLITE_WHOLE_TEXT("graph") ", " ZPL_SQLITE_WHOLE_TEXT("places") " FROM "  \
                                                                                         "runs;"

/* The tables of ZPL_SCHEMA_VERSION, as SQL. */
extern const char zpl_sqlite_schema[];
/* The number of a run that goes on, 0 for none: those marked running whose lease is held. */
enum zpl_err zpl_sqlite_going_on(struct zpl_sqlite *store, int64_t *run, struct zpl_diags *diags);
/* Brings the tables of an older version to ours, in one transaction; the caller holds the write lock.
 * ZPL_ERR_BUSY, told: a run goes on, of the zpl that knows the older tables. */
enum zpl_err zpl_sqlite_migrate(struct zpl_sqlite *store, int64_t version, struct zpl_diags *diags);

/* A write transaction; for every begin that gave ZPL_OK one end, which commits if `err` is ZPL_OK
 * and rolls back otherwise. */
enum zpl_err zpl_sqlite_begin(struct zpl_sqlite *store, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_end(struct zpl_sqlite *store, enum zpl_err err, struct zpl_diags *diags);

/* A column's text in the arena; `absent` when it is NULL. */
const char *zpl_sqlite_text(struct zpl_arena *arena, struct zpl_sqlrow *row, int column,
                            const char *absent);
/* NO_MEMORY told if the arena failed, else ZPL_OK. */
enum zpl_err zpl_sqlite_arena(const struct zpl_arena *arena, struct zpl_diags *diags);

/* Long texts (sqlite_text.c).  Keeps one, within a transaction; *hex names it: its digest,
 * which is reckoned if `digest` is NULL.  A NULL text has the name "". */
enum zpl_err zpl_sqlite_keep_text(struct zpl_sqlite *store, const char *text,
                                  const struct zpl_digest *digest, char hex[ZPL_HEX_SIZE],
                                  struct zpl_diags *diags);

/* The text of a run of that name, held to it; NULL has none. */
enum zpl_err zpl_sqlite_read_text(struct zpl_sqlite *store, const char *hex, int64_t run,
                                  const char **out, struct zpl_arena *arena,
                                  struct zpl_diags *diags);
/* Is the row of a piece, of a text with its pieces, what was written? */
enum zpl_err zpl_sqlite_check_piece(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_check_text(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);

/* What rows are held to (sqlite_sum.c): sealed once they are written, within the transaction; checked when
 * they are read: ZPL_ERR_CORRUPT, told, for one that is not what was written. */
enum zpl_err zpl_sqlite_seal_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_check_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);
/* With log, outputs, columns, inputs and name.  Sealing is for rows of an older store: a new one is written with
 * its sums.  ZPL_ERR_CORRUPT: a digest is none. */
enum zpl_err zpl_sqlite_seal_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_check_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);
/* That a row is not what was written is told; ZPL_ERR_CORRUPT. */
enum zpl_err zpl_sqlite_damaged(const char *table, int64_t id, struct zpl_diags *diags);
/* Do the pages and the indexes of a small table hold all its rows?  Where a missing row would be told as one
 * that never was. */
enum zpl_err zpl_sqlite_check_table(struct zpl_sqlite *store, const char *table,
                                    struct zpl_diags *diags);
void zpl_sqlite_log_sum(const void *log, size_t len, char hex[ZPL_HEX_SIZE]);
/* Of a step's key, times and outputs, as they are stored. */
void zpl_sqlite_made_sum(const struct zpl_step_row *step, char hex[ZPL_HEX_SIZE]);
/* Of all the rest, with these two. */
void zpl_sqlite_step_sum(const struct zpl_step_row *step, const char *log_sum, const char *made_sum,
                         char hex[ZPL_HEX_SIZE]);
/* All three, of a step with its log. */
struct zpl_sqlite_sums {
    char log[ZPL_HEX_SIZE], made[ZPL_HEX_SIZE], step[ZPL_HEX_SIZE];
};
struct zpl_sqlite_sums zpl_sqlite_sums_of(const struct zpl_step_row *step);
/* The value of an output that is kept in its row; NULL: it has none, or is too long. */
const char *zpl_sqlite_short_value(const struct zpl_output_row *output);
struct zpl_digest zpl_sqlite_memo_sum(const char *space, const char *key, const void *data,
                                      size_t len);

/* What the steps of a run that goes on had made, in one piece (sqlite_made.c).  It begins and ends within the
 * transactions of the run. */
enum zpl_err zpl_sqlite_made_begin(struct zpl_sqlite *store, const struct zpl_run_row *run,
                                   int64_t id, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_made_end(struct zpl_sqlite *store, int64_t run, struct zpl_diags *diags);
void zpl_sqlite_made_release(struct zpl_sqlite *store);
/* What step_made would say; false: it is to be looked up. */
bool zpl_sqlite_made_find(struct zpl_sqlite *store, const struct zpl_digest *key,
                          struct zpl_step_row *out, struct zpl_arena *arena);
/* That is the newest row of its key, and it is sure. */
void zpl_sqlite_made_note(struct zpl_sqlite *store, const struct zpl_step_row *step);

/* Remembers, within a transaction. */
enum zpl_err zpl_sqlite_memo_set(struct zpl_sqlite *store, const char *space,
                                 const struct zpl_digest *key, const void *data, size_t len,
                                 struct zpl_diags *diags);

/* The functions of struct zpl_metadata that other files hold. */
enum zpl_err zpl_sqlite_memo_get(void *self, const char *space, const struct zpl_digest *key,
                                 struct zpl_buf *out, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_run_begin(void *self, const struct zpl_run_row *run, int64_t *id,
                                  struct zpl_diags *diags);
enum zpl_err zpl_sqlite_run_end(void *self, const struct zpl_run_row *run, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_run_repeat(void *self, int64_t like, const struct zpl_run_row *run,
                                   int64_t *id, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_text_put(void *self, const char *text, struct zpl_digest *digest,
                                 struct zpl_diags *diags);
enum zpl_err zpl_sqlite_run_get(void *self, int64_t id, struct zpl_run_row *out,
                                struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_run_list(void *self, const char *pipeline, size_t limit,
                                 struct zpl_run_row **out, size_t *count, struct zpl_arena *arena,
                                 struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_put(void *self, const struct zpl_step_row *step,
                                 struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_made(void *self, const struct zpl_digest *key,
                                  struct zpl_step_row *out, struct zpl_arena *arena,
                                  struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_by_key(void *self, const struct zpl_digest *key,
                                    struct zpl_step_row *out, struct zpl_arena *arena,
                                    struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_sure(void *self, const struct zpl_digest *key,
                                  struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_last(void *self, const char *pipeline, const char *name,
                                  struct zpl_step_row *out, struct zpl_arena *arena,
                                  struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_failed(void *self, const char *pipeline, const char *name,
                                    struct zpl_step_row *out, struct zpl_arena *arena,
                                    struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_of_run(void *self, int64_t run, const char *name,
                                    struct zpl_step_row *out, struct zpl_arena *arena,
                                    struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_names(void *self, int64_t run, int64_t *last, const char ***out,
                                   size_t *count, struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_makers(void *self, const char *prefix, struct zpl_step_row **out,
                                    size_t *count, struct zpl_arena *arena,
                                    struct zpl_diags *diags);
enum zpl_err zpl_sqlite_step_readers(void *self, const char *prefix, struct zpl_step_row **out,
                                     size_t *count, struct zpl_arena *arena,
                                     struct zpl_diags *diags);

enum zpl_err zpl_sqlite_name_list(void *self, const char *only, struct zpl_name_row **out,
                                  size_t *count, struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_name_step(void *self, int64_t step, struct zpl_step_row *out,
                                  struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_alone_begin(void *self, int64_t *run, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_alone_commit(void *self, enum zpl_err err, struct zpl_diags *diags);
void zpl_sqlite_alone_end(void *self);
enum zpl_err zpl_sqlite_retain(void *self, const int64_t *runs, size_t run_count,
                               const struct zpl_digest *keys, size_t key_count,
                               const char *const *mapped, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_forget(void *self, const struct zpl_digest *digest,
                               struct zpl_diags *diags);
enum zpl_err zpl_sqlite_made_list(void *self, struct zpl_made_row **out, size_t *count,
                                  struct zpl_arena *arena, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_mend(void *self, struct zpl_diags *diags);
enum zpl_err zpl_sqlite_integrity(void *self, const char **why, struct zpl_arena *arena,
                                  struct zpl_diags *diags);

/* Byte of home/leases for a run. */
uint64_t zpl_sqlite_run_byte(int64_t run);

#endif
