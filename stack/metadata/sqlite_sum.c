/* sqlite_sum.c - what rows are held to.  A database has no sums of its pages: a byte that a disk changed
 * would be read as what was written.  So a run, and a step with all that belongs to it, have the digest of
 * their columns in `sum`, and it is looked at whenever they are read; a step's log has its own, so that
 * nobody reads a log to look at a step, and so has what it made, which a run asks of every step; a long text has its digest for a name; and what is remembered
 * (memo) is just asked for again.
 * Errors: STORE_CORRUPT that names the row.   Floor: stack. */
#include <stdio.h>
#include <string.h>
#include "stack/metadata/sqlite.h"

#define RUN_COLUMNS "id, pipeline, file, status, started_ns, ended_ns, params, error, plan, graph"
#define STEP_COLUMNS                                                                               \
    "id, run, pipeline, name, step, kernel, status, key, shape_key, started_ns, duration_ns, "     \
    "peak_bytes, attempts, error, ingredients, log_sum, made_sum"

/* A query about one id, and how many columns it gives. */
struct part {
    const char *sql;
    int columns;
};
static const struct part RUN[] = {{"SELECT " RUN_COLUMNS " FROM runs WHERE id = ?", 10}, {0}};
static const struct part STEP[] = {
    {"SELECT " STEP_COLUMNS " FROM steps WHERE id = ?", 17},
    {"SELECT id, name, type, digest, bytes, rows, value FROM outputs WHERE step = ? ORDER BY id",
     7},
    {"SELECT output, name, digest FROM columns WHERE output IN "
     "(SELECT id FROM outputs WHERE step = ?) ORDER BY output, id",
     3},
    {"SELECT name, digest, from_step, from_output FROM inputs WHERE step = ? ORDER BY id", 4},
    {"SELECT name FROM names WHERE step = ?", 1},
    {0}};

/* One column; nothing differs from an empty text. */
static void add_column(struct zpl_hasher *hasher, struct zpl_sqlrow *row, int column)
{
    size_t len = 0;
    const void *bytes = zpl_sqlrow_blob(row, column, &len);
    bool null = zpl_sqlrow_is_null(row, column);
    zpl_hasher_field(hasher, null ? "" : "=", null ? 0 : 1);
    zpl_hasher_field(hasher, bytes ? bytes : "", len);
}

/* The sum of all rows that the parts give. */
static enum zpl_err sum_of(struct zpl_sqlite *store, const struct part *parts, int64_t id,
                           char hex[ZPL_HEX_SIZE], struct zpl_diags *diags)
{
    struct zpl_hasher hasher;
    struct zpl_sqlrow *row;
    enum zpl_err err = ZPL_ERR_NOT_FOUND;
    zpl_hasher_init(&hasher);
    for (; err == ZPL_ERR_NOT_FOUND && parts->sql; parts++) {
        err = zpl_sqldb_query(store->db, &row, diags, parts->sql, "i", id);
        while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK)
            for (int i = 0; i < parts->columns; i++)
                add_column(&hasher, row, i);
        zpl_hasher_field(&hasher, "", 0); /* here one part ends */
    }
    struct zpl_digest sum = zpl_hasher_final(&hasher);
    zpl_digest_hex(&sum, hex);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

enum zpl_err zpl_sqlite_damaged(const char *table, int64_t id, struct zpl_diags *diags)
{
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
                     "cannot use the row %lld of %s in zpl.db: it is not what was written",
                     (long long)id, table);
    zpl_diag_help(
        diags, diag,
        "`zpl doctor --repair` forgets it; what it named is made again when it is needed");
    return ZPL_ERR_CORRUPT;
}

static enum zpl_err check(struct zpl_sqlite *store, const struct part *parts, const char *table,
                          const char *sql, int64_t id, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    char hex[ZPL_HEX_SIZE];
    enum zpl_err err = sum_of(store, parts, id, hex, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_query(store->db, &row, diags, sql, "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err == ZPL_ERR_NOT_FOUND)
        return zpl_sqlite_damaged(table, id, diags); /* an index names it, and it is not there */
    if (err != ZPL_OK)
        return err;
    const char *sum = zpl_sqlrow_text(row, 0);
    bool same = sum && strcmp(sum, hex) == 0;
    zpl_sqldb_reset(row);
    return same ? ZPL_OK : zpl_sqlite_damaged(table, id, diags);
}

enum zpl_err zpl_sqlite_seal_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    enum zpl_err err = sum_of(store, RUN, id, hex, diags);
    return err == ZPL_OK ? zpl_sqldb_run(store->db, diags, "UPDATE runs SET sum = ? WHERE id = ?",
                                         "si", hex, id)
                         : err;
}

enum zpl_err zpl_sqlite_check_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    return check(store, RUN, "runs", "SELECT sum FROM runs WHERE id = ?", id, diags);
}

enum zpl_err zpl_sqlite_seal_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    enum zpl_err err = sum_of(store, STEP, id, hex, diags);
    return err == ZPL_OK ? zpl_sqldb_run(store->db, diags, "UPDATE steps SET sum = ? WHERE id = ?",
                                         "si", hex, id)
                         : err;
}

enum zpl_err zpl_sqlite_check_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    return check(store, STEP, "steps", "SELECT sum FROM steps WHERE id = ?", id, diags);
}

static void add_text(struct zpl_hasher *hasher, const char *text)
{
    zpl_hasher_field(hasher, text ? "=" : "", text ? 1 : 0);
    zpl_hasher_field(hasher, text ? text : "", text ? strlen(text) : 0);
}

static void add_output(struct zpl_hasher *hasher, const struct zpl_output_row *output)
{
    uint64_t numbers[] = {output->bytes, (uint64_t)output->rows, output->column_count};
    add_text(hasher, output->name);
    add_text(hasher, output->type);
    add_text(hasher, zpl_sqlite_short_value(output));
    zpl_hasher_field(hasher, output->digest.b, sizeof output->digest.b);
    zpl_hasher_field(hasher, numbers, sizeof numbers);
    for (size_t i = 0; i < output->column_count; i++) {
        add_text(hasher, output->columns[i].name);
        zpl_hasher_field(hasher, output->columns[i].digest.b, sizeof output->columns[i].digest.b);
    }
}

void zpl_sqlite_made_sum(const struct zpl_step_row *step, char hex[ZPL_HEX_SIZE])
{
    struct zpl_hasher hasher;
    int64_t numbers[] = {step->started_ns, step->duration_ns, (int64_t)step->output_count};
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, step->key.b, sizeof step->key.b);
    zpl_hasher_field(&hasher, numbers, sizeof numbers);
    for (size_t i = 0; i < step->output_count; i++)
        add_output(&hasher, &step->outputs[i]);
    struct zpl_digest sum = zpl_hasher_final(&hasher);
    zpl_digest_hex(&sum, hex);
}

void zpl_sqlite_log_sum(const void *log, size_t len, char hex[ZPL_HEX_SIZE])
{
    struct zpl_digest digest = zpl_digest_of(log ? log : "", log ? len : 0);
    zpl_digest_hex(&digest, hex);
}

enum zpl_err zpl_sqlite_check_log(struct zpl_sqlrow *row, int log, int sum, int64_t step,
                                  struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    size_t len = 0;
    const void *bytes = zpl_sqlrow_blob(row, log, &len);
    zpl_sqlite_log_sum(bytes, len, hex);
    const char *stored = zpl_sqlrow_text(row, sum);
    return stored && strcmp(stored, hex) == 0 ? ZPL_OK : zpl_sqlite_damaged("steps", step, diags);
}

enum zpl_err zpl_sqlite_check_text(const char *digest, const char *text, int64_t run,
                                   struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE] = "";
    if (!digest)
        return ZPL_OK;
    if (text) {
        struct zpl_digest sum = zpl_digest_of(text, strlen(text));
        zpl_digest_hex(&sum, hex);
    }
    return strcmp(digest, hex) == 0 ? ZPL_OK : zpl_sqlite_damaged("runs", run, diags);
}

struct zpl_digest zpl_sqlite_memo_sum(const char *space, const char *key, const void *data,
                                      size_t len)
{
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, space, strlen(space));
    zpl_hasher_field(&hasher, key, strlen(key));
    zpl_hasher_field(&hasher, data ? data : "", data ? len : 0);
    return zpl_hasher_final(&hasher);
}

enum zpl_err zpl_sqlite_check_table(struct zpl_sqlite *store, const char *table,
                                    struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA integrity_check(%s)", table);
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, sql, "");
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    const char *text = zpl_sqlrow_text(row, 0);
    if (!text || strcmp(text, "ok") != 0) {
        struct zpl_diag *diag =
            zpl_diag_add(diags, ZPL_CODE_STORE_CORRUPT, (struct zpl_span){0},
                         "cannot use the table %s in zpl.db: %s", table, text ? text : "no answer");
        zpl_diag_help(diags, diag,
                      "`zpl doctor --repair` forgets what is damaged, as far as it can");
        err = ZPL_ERR_CORRUPT;
    }
    zpl_sqldb_reset(row);
    return err;
}
