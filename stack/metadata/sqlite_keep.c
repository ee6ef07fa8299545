/* sqlite_keep.c - housekeeping of the metadata store: being alone with it, forgetting, what it says was made.
 * A run begins by a write, and a write needs the byte of home/zpl.lock.  Who holds that byte and finds no
 * run going on is alone until it gives the byte back, whatever the database's own transaction does.
 * Errors: those of sqldb.h; STORE_CORRUPT when a stored digest is none.   Floor: stack. */
#include <string.h>
#include "stack/lock.h"
#include "stack/metadata/sqlite.h"

/* ---- alone ----------------------------------------------------------------------------------- */

enum zpl_err zpl_sqlite_going_on(struct zpl_sqlite *store, int64_t *run, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    *run = 0;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags, "SELECT id FROM runs WHERE status = 'running'", "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        int64_t id = zpl_sqlrow_int(row, 0);
        if (zpl_lock_is_held(store->leases, zpl_sqlite_run_byte(id))) {
            *run = id;
            zpl_sqldb_reset(row);
            return ZPL_OK;
        }
    }
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

enum zpl_err zpl_sqlite_alone_begin(void *self, int64_t *run, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    *run = 0;
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_sqlite_going_on(store, run, diags);
    if (err == ZPL_OK && *run > 0)
        err = ZPL_ERR_BUSY;
    return err == ZPL_OK ? ZPL_OK : zpl_sqlite_end(store, err, diags);
}

enum zpl_err zpl_sqlite_alone_commit(void *self, enum zpl_err err, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    if (err == ZPL_OK)
        return zpl_sqldb_commit(store->db, diags);
    zpl_sqldb_rollback(store->db);
    return err;
}

void zpl_sqlite_alone_end(void *self)
{
    struct zpl_sqlite *store = self;
    zpl_lock_give(store->lock, 0);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static const char FORGET[] =
    /* made by the steps of kept runs, or by what made what those read, if the run left no plan */
    "WITH RECURSIVE lineage(step) AS ("
    "  SELECT s.id FROM steps s JOIN runs r ON r.id = s.run"
    "  WHERE r.plan IS NULL AND r.id IN (SELECT id FROM temp.kept_runs)"
    "  UNION SELECT o.step FROM lineage l JOIN inputs i ON i.step = l.step"
    "  JOIN outputs o ON o.digest = i.digest)"
    "DELETE FROM steps WHERE run NOT IN (SELECT id FROM temp.kept_runs)"
    "  AND id NOT IN (SELECT step FROM lineage)"
    "  AND id NOT IN (SELECT step FROM temp.kept_names)"
    /* and who made that last: its lineage is asked for by the name */
    "  AND id NOT IN (SELECT max(made.step) FROM temp.kept_names k"
    "                 JOIN outputs w ON w.step = k.step JOIN outputs made ON made.digest = w.digest"
    "                 WHERE made.step NOT IN (SELECT step FROM names) GROUP BY w.digest)"
    "  AND id NOT IN (SELECT max(id) FROM steps WHERE status = 'ran'"
    "                 AND key IN (SELECT key FROM temp.kept_keys) GROUP BY key)"
    /* "fold[3]" is what a step is called that ran for the third item of a map */
    "  AND NOT (status = 'ran' AND name LIKE '%[%]%'"
    "           AND pipeline IN (SELECT pipeline FROM temp.mapped));"
    "DELETE FROM runs WHERE id NOT IN (SELECT id FROM temp.kept_runs)"
    "  AND id NOT IN (SELECT run FROM steps);"
    /* A plan that no run names any more is no promise that what it names is there. */
    "DELETE FROM texts WHERE digest NOT IN (SELECT plan FROM runs WHERE plan IS NOT NULL)"
    "  AND digest NOT IN (SELECT graph FROM runs WHERE graph IS NOT NULL)"
    "  AND digest NOT IN (SELECT places FROM runs WHERE places IS NOT NULL);"
    "DELETE FROM pieces WHERE id NOT IN (SELECT piece FROM text_pieces);"
    "DELETE FROM memo WHERE space = 'settled';" /* what a run found then: the next finds it again */
    "DROP TABLE temp.kept_runs; DROP TABLE temp.kept_keys; DROP TABLE temp.mapped;"
    "DROP TABLE temp.kept_names;";

enum zpl_err zpl_sqlite_retain(void *self, const int64_t *runs, size_t run_count,
                               const struct zpl_digest *keys, size_t key_count,
                               const char *const *mapped, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    enum zpl_err err = zpl_sqldb_exec(store->db,
                                      "CREATE TEMP TABLE kept_runs (id INTEGER PRIMARY KEY);"
                                      "CREATE TEMP TABLE kept_keys (key TEXT PRIMARY KEY);"
                                      "CREATE TEMP TABLE mapped (pipeline TEXT PRIMARY KEY);"
                                      "CREATE TEMP TABLE kept_names (step INTEGER PRIMARY KEY);"
                                      "INSERT INTO temp.kept_names SELECT step FROM "
                                      "(" ZPL_SQLITE_NAMES("") ");",
                                      diags);
    for (size_t i = 0; err == ZPL_OK && i < run_count; i++)
        err = zpl_sqldb_run(store->db, diags, "INSERT OR IGNORE INTO temp.kept_runs VALUES (?)",
                            "i", runs[i]);
    for (size_t i = 0; err == ZPL_OK && i < key_count; i++) {
        char hex[ZPL_HEX_SIZE];
        zpl_digest_hex(&keys[i], hex);
        err = zpl_sqldb_run(store->db, diags, "INSERT OR IGNORE INTO temp.kept_keys VALUES (?)",
                            "s", hex);
    }
    for (size_t i = 0; err == ZPL_OK && mapped != NULL && mapped[i] != NULL; i++)
        err = zpl_sqldb_run(store->db, diags, "INSERT OR IGNORE INTO temp.mapped VALUES (?)", "s",
                            mapped[i]);
    return err == ZPL_OK ? zpl_sqldb_exec(store->db, FORGET, diags) : err;
}

enum zpl_err zpl_sqlite_forget(void *self, const struct zpl_digest *digest, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(digest, hex);
    return zpl_sqldb_run(store->db, diags,
                         "DELETE FROM steps WHERE id IN (SELECT step FROM outputs WHERE digest = ? "
                         "AND value IS NULL) AND id NOT IN (SELECT step FROM names)",
                         "s", hex);
}

/* ---- what was made ---------------------------------------------------------------------------- */

enum zpl_err zpl_sqlite_made_list(void *self, struct zpl_made_row **out, size_t *count,
                                  struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    struct zpl_sqlrow *row;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags,
                        "SELECT s.run, s.name, o.name, o.type, o.digest, o.bytes, "
                        "o.value IS NOT NULL, n.step IS NOT NULL FROM outputs o "
                        "JOIN steps s ON s.id = o.step LEFT JOIN names n ON n.step = s.id "
                        "WHERE s.status = 'ran' ORDER BY s.id DESC, o.id",
                        "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        struct zpl_made_row *rows = zpl_arena_grow(arena, *out, *count, &capacity, sizeof *rows);
        struct zpl_made_row *made = rows != NULL ? &rows[*count] : NULL;
        const char *hex = zpl_sqlrow_text(row, 4);
        if (made == NULL)
            err = zpl_diag_nomem(diags);
        else if (hex == NULL || !zpl_digest_parse(hex, &made->digest)) {
            zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
                         "cannot use zpl.db: an output of run %lld has a digest that is none",
                         (long long)zpl_sqlrow_int(row, 0));
            err = ZPL_ERR_CORRUPT;
        } else {
            made->run = zpl_sqlrow_int(row, 0);
            made->step = zpl_sqlite_text(arena, row, 1, "");
            made->output = zpl_sqlite_text(arena, row, 2, "");
            made->type = zpl_sqlite_text(arena, row, 3, "");
            made->bytes = (uint64_t)zpl_sqlrow_int(row, 5);
            made->is_kept_here = zpl_sqlrow_int(row, 6) != 0;
            made->is_named = zpl_sqlrow_int(row, 7) != 0;
            *out = rows;
            ++*count;
        }
        if (err != ZPL_OK)
            zpl_sqldb_reset(row);
    }
    return err == ZPL_ERR_NOT_FOUND ? zpl_sqlite_arena(arena, diags) : err;
}
