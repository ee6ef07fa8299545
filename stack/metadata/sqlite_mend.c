/* sqlite_mend.c - the metadata store looked over to its last row, and mended: rows that are not what was
 * written are forgotten, with what belongs to them, and indexes are made anew from their tables.
 * Errors: those of sqldb.h, also for a database whose pages can't be read any more.   Floor: stack. */
#include <string.h>
#include "stack/metadata/sqlite.h"

/* The first column of the first row that `sql` gives; NULL: it gives none. */
static enum zpl_err ask(struct zpl_sqlite *store, const char *sql, const char **out,
                        struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    *out = NULL;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, sql, "");
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
    *out = zpl_sqlite_text(arena, row, 0, "no answer");
    zpl_sqldb_reset(row);
    return zpl_sqlite_arena(arena, diags);
}

typedef enum zpl_err (*check_row)(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags);

static enum zpl_err check_whole_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_sqlrow *row;
    const char *text;
    enum zpl_err err = zpl_sqlite_check_run(store, id, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_query(store->db, &row, diags,
                              "SELECT plan, graph, places FROM runs WHERE id = ?", "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    for (int i = 0; err == ZPL_OK && i < 3; i++)
        err = zpl_sqlite_read_text(store, zpl_sqlrow_text(row, i), id, &text, &arena, diags);
    zpl_sqldb_reset(row);
    zpl_arena_release(&arena);
    return err;
}

/* Checks every row of a table.  One that is not what was written ends it (CORRUPT, told) or, when `forget`
 * is SQL that does so, is forgotten. */
static enum zpl_err check_all(struct zpl_sqlite *store, const char *ids, check_row check,
                              const char *forget, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    struct zpl_diags quiet = {0};
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, ids, "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        int64_t id = zpl_sqlrow_int(row, 0);
        err = check(store, id, forget ? &quiet : diags);
        if (forget && err == ZPL_ERR_CORRUPT)
            err = zpl_sqldb_run(store->db, diags, forget, "i", id);
        else if (forget && err != ZPL_OK)
            zpl_diags_append(diags, &quiet);
        zpl_diags_clear(&quiet);
        if (err != ZPL_OK)
            zpl_sqldb_reset(row);
    }
    zpl_diags_release(&quiet);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

static enum zpl_err check_rows(struct zpl_sqlite *store, bool forget, struct zpl_diags *diags)
{
    static const struct {
        const char *ids, *forget;
        check_row check;
    } TABLES[] = {
        {"SELECT id FROM pieces", "DELETE FROM pieces WHERE id = ?", zpl_sqlite_check_piece},
        {"SELECT id FROM texts", "DELETE FROM texts WHERE id = ?", zpl_sqlite_check_text},
        {"SELECT id FROM steps", "DELETE FROM steps WHERE id = ?", zpl_sqlite_check_step},
        {"SELECT id FROM runs", "DELETE FROM runs WHERE id = ?", check_whole_run}};
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < sizeof TABLES / sizeof *TABLES; i++)
        err = check_all(store, TABLES[i].ids, TABLES[i].check, forget ? TABLES[i].forget : NULL,
                        diags);
    return err;
}

/* What SQLite itself finds; NULL: nothing. */
static enum zpl_err look_at_pages(struct zpl_sqlite *store, const char **why,
                                  struct zpl_arena *arena, struct zpl_diags *diags)
{
    const char *table = NULL;
    enum zpl_err err = ask(store, "PRAGMA integrity_check(1)", why, arena, diags);
    if (err == ZPL_OK && *why && strcmp(*why, "ok") == 0)
        *why = NULL;
    if (err == ZPL_OK && !*why)
        err = ask(store, "PRAGMA foreign_key_check", &table, arena, diags);
    if (err == ZPL_OK && table)
        *why = zpl_arena_printf(arena, "a row of its table %s belongs to nothing", table);
    return err == ZPL_OK ? zpl_sqlite_arena(arena, diags) : err;
}

enum zpl_err zpl_sqlite_integrity(void *self, const char **why, struct zpl_arena *arena,
                                  struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    struct zpl_diags told = {0};
    enum zpl_err err = look_at_pages(store, why, arena, diags);
    if (err != ZPL_OK || *why)
        return err;
    err = check_rows(store, false, &told);
    if (err == ZPL_ERR_CORRUPT && told.count > 0) {
        *why = zpl_arena_strdup(arena, told.items[0]->message);
        err = zpl_sqlite_arena(arena, diags);
    } else {
        zpl_diags_append(diags, &told);
    }
    zpl_diags_release(&told);
    return err;
}

enum zpl_err zpl_sqlite_mend(void *self, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    /* Only then do lookups by an index find what the tables hold. */
    enum zpl_err err = zpl_sqldb_exec(store->db, "REINDEX", diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_exec(store->db,
                             "DELETE FROM steps WHERE run NOT IN (SELECT id FROM runs);"
                             "DELETE FROM outputs WHERE step NOT IN (SELECT id FROM steps);"
                             "DELETE FROM columns WHERE output NOT IN (SELECT id FROM outputs);"
                             "DELETE FROM inputs WHERE step NOT IN (SELECT id FROM steps);"
                             "DELETE FROM names WHERE step NOT IN (SELECT id FROM steps);"
                             "DELETE FROM text_pieces WHERE text NOT IN (SELECT id FROM texts);"
                             "DELETE FROM memo;",
                             diags);
    return err == ZPL_OK ? check_rows(store, true, diags) : err;
}
