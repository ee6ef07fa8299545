/* sqlite_migrate.c - brings a store of an older version to the tables of sqlite_schema.c, a version at a
 * time.   Floor: stack. */
#include <string.h>
#include "lang/base/version.h"
#include "stack/metadata/sqlite.h"

/* A long text of a run of version 1 goes where each is kept once. */
static enum zpl_err move_text(struct zpl_sqlite *store, int64_t run, const char *text, bool plan,
                              struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    struct zpl_digest digest = zpl_digest_of(text, strlen(text));
    zpl_digest_hex(&digest, hex);
    enum zpl_err err =
        zpl_sqldb_run(store->db, diags, "INSERT OR IGNORE INTO texts (digest, text) VALUES (?, ?)",
                      "ss", hex, text);
    if (err != ZPL_OK)
        return err;
    return zpl_sqldb_run(store->db, diags,
                         plan ? "UPDATE runs SET plan = ? WHERE id = ?"
                              : "UPDATE runs SET graph = ? WHERE id = ?",
                         "si", hex, run);
}

static enum zpl_err move_texts(struct zpl_sqlite *store, bool plan, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags,
                        plan ? "SELECT id, plan FROM runs_1 WHERE plan IS NOT NULL"
                             : "SELECT id, graph FROM runs_1 WHERE graph IS NOT NULL",
                        "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK)
        err = move_text(store, zpl_sqlrow_int(row, 0), zpl_sqlrow_text(row, 1), plan, diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return ZPL_OK;
    zpl_sqldb_reset(row);
    return err;
}

/* Plans and graphs stood in the rows of their runs. */
static enum zpl_err from_1(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    enum zpl_err err =
        zpl_sqldb_exec(store->db,
                       "CREATE TABLE texts ( digest TEXT PRIMARY KEY, text TEXT NOT NULL);"
                       "CREATE TEMP TABLE runs_1 AS SELECT * FROM runs;"
                       "UPDATE runs SET plan = NULL, graph = NULL;",
                       diags);
    if (err == ZPL_OK)
        err = move_texts(store, true, diags);
    if (err == ZPL_OK)
        err = move_texts(store, false, diags);
    if (err != ZPL_OK)
        return err;
    return zpl_sqldb_exec(
        store->db,
        "DROP TABLE runs_1;"
        "CREATE INDEX runs_by_plan ON runs (plan);"
        "CREATE INDEX runs_by_graph ON runs (graph);"
        "CREATE VIEW run_texts AS SELECT runs.id AS run, p.text AS plan, g.text AS graph FROM runs "
        "LEFT JOIN texts p ON p.digest = runs.plan LEFT JOIN texts g ON g.digest = runs.graph;"
        "PRAGMA user_version = 2;",
        diags);
}

/* Seals each row of a table. */
static enum zpl_err seal_all(struct zpl_sqlite *store, const char *ids,
                             enum zpl_err (*seal)(struct zpl_sqlite *, int64_t, struct zpl_diags *),
                             struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, ids, "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK)
        err = seal(store, zpl_sqlrow_int(row, 0), diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return ZPL_OK;
    zpl_sqldb_reset(row);
    return err;
}

/* One that is damaged gets no sums, so that it is told when it is read, and forgotten by zpl doctor
 * --repair, like one that is damaged later. */
static enum zpl_err seal_old_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    struct zpl_diags told = {0};
    enum zpl_err err = zpl_sqlite_seal_step(store, id, &told);
    if (err == ZPL_ERR_CORRUPT)
        err = ZPL_OK;
    else
        zpl_diags_append(diags, &told);
    zpl_diags_release(&told);
    return err;
}

#define ADD_PLACES "ALTER TABLE runs ADD COLUMN places TEXT;"

/* Rows had no sums, and nothing had a name for other runs.  What is remembered is asked for again. */
static enum zpl_err from_2(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    enum zpl_err err =
        zpl_sqldb_exec(store->db,
                       "ALTER TABLE runs ADD COLUMN sum TEXT;" ADD_PLACES /* sums look at it */
                       "ALTER TABLE steps ADD COLUMN log_sum TEXT;"
                       "ALTER TABLE steps ADD COLUMN made_sum TEXT;"
                       "ALTER TABLE steps ADD COLUMN sum TEXT;"
                       "ALTER TABLE steps ADD COLUMN boot TEXT;"
                       "UPDATE steps SET boot = '';"
                       "DELETE FROM memo;"
                       "ALTER TABLE memo ADD COLUMN sum TEXT;"
                       "CREATE TABLE names ("
                       "  step INTEGER PRIMARY KEY REFERENCES steps (id) ON DELETE CASCADE,"
                       "  name TEXT NOT NULL);"
                       "CREATE INDEX names_by_name ON names (name, step);",
                       diags);
    if (err == ZPL_OK)
        err = seal_all(store, "SELECT id FROM runs", zpl_sqlite_seal_run, diags);
    if (err == ZPL_OK)
        err = seal_all(store, "SELECT id FROM steps", seal_old_step, diags);
    return err == ZPL_OK ? zpl_sqldb_exec(store->db, "PRAGMA user_version = 3;", diags) : err;
}

/* Each text that was in one piece; one that is damaged gets another name, so that it is missed. */
static enum zpl_err cut_texts(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, "SELECT text FROM texts_3", "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        char hex[ZPL_HEX_SIZE];
        err = zpl_sqlite_keep_text(store, zpl_sqlrow_text(row, 0), NULL, hex, diags);
        if (err != ZPL_OK)
            zpl_sqldb_reset(row);
    }
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* Texts were whole, and nothing saw to it that what steps made is not remembered longer than their rows. */
static enum zpl_err from_3(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    enum zpl_err err = zpl_sqldb_exec(store->db,
                                      "DROP VIEW run_texts;"
                                      "ALTER TABLE texts RENAME TO texts_3;" ZPL_SQLITE_TEXT_TABLES,
                                      diags);
    if (err == ZPL_OK)
        err = cut_texts(store, diags);
    if (err != ZPL_OK)
        return err;
    return zpl_sqldb_exec(store->db,
                          "DROP TABLE texts_3;"
                          "CREATE TRIGGER steps_forgotten AFTER DELETE ON steps"
                          "  BEGIN DELETE FROM memo WHERE space = 'made'; END;"
                          "PRAGMA user_version = 4;",
                          diags);
}

/* Plans and graphs said where steps stand; those of older runs still do. */
static enum zpl_err from_4(struct zpl_sqlite *store, int64_t version, struct zpl_diags *diags)
{
    enum zpl_err err = version > 2 ? zpl_sqldb_exec(store->db, ADD_PLACES, diags) : ZPL_OK;
    if (err != ZPL_OK)
        return err;
    return zpl_sqldb_exec(store->db,
                          "DROP VIEW IF EXISTS run_texts;"
                          "CREATE INDEX runs_by_places ON runs (places);" ZPL_SQLITE_TEXT_VIEW
                          "DELETE FROM memo WHERE space = 'settled';"
                          "PRAGMA user_version = 5;",
                          diags);
}

/* What an older zpl that still runs writes into newer tables would be told as damaged. */
static enum zpl_err refuse_runs(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    int64_t run;
    enum zpl_err err = zpl_sqlite_going_on(store, &run, diags);
    if (err != ZPL_OK || run == 0)
        return err;
    struct zpl_diag *diag = zpl_diag_add(
        diags, ZPL_CODE_STORE_BUSY, (struct zpl_span){0},
        "run %lld of an older zpl goes on in %s: the store can't be brought to this version "
        "meanwhile",
        (long long)run, store->home);
    zpl_diag_help(diags, diag, "do it again when that run has ended");
    return ZPL_ERR_BUSY;
}

enum zpl_err zpl_sqlite_migrate(struct zpl_sqlite *store, int64_t version, struct zpl_diags *diags)
{
    enum zpl_err err = zpl_sqldb_begin(store->db, diags);
    if (err != ZPL_OK)
        return err;
    err = refuse_runs(store, diags);
    if (err == ZPL_OK && version == 1)
        err = from_1(store, diags);
    if (err == ZPL_OK && version <= 2)
        err = from_2(store, diags);
    if (err == ZPL_OK && version <= 3)
        err = from_3(store, diags);
    if (err == ZPL_OK)
        err = from_4(store, version, diags);
    if (err == ZPL_OK)
        return zpl_sqldb_commit(store->db, diags);
    zpl_sqldb_rollback(store->db);
    return err;
}
