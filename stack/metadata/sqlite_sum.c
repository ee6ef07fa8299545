/* sqlite_sum.c - what rows are held to.  A database has no sums of its pages: a byte that a disk changed
 * would be read as what was written.  So a run, and a step with all that belongs to it, have the digest of
 * what they say in `sum`, and it is looked at whenever they are read; a step's log has its own, so that
 * nobody reads a log to look at a step, and so has what it made, which a run asks of every step; a long text
 * has its digest for a name; and what is remembered (memo) is just asked for again.
 * Errors: STORE_CORRUPT that names the row.   Floor: stack. */
#include <stdio.h>
#include <string.h>
#include "stack/metadata/sqlite.h"

static void add_text(struct zpl_hasher *hasher, const char *text)
{
    zpl_hasher_field(hasher, text ? "=" : "", text ? 1 : 0);
    zpl_hasher_field(hasher, text ? text : "", text ? strlen(text) : 0);
}

static void add_digest(struct zpl_hasher *hasher, const struct zpl_digest *digest)
{
    zpl_hasher_field(hasher, digest->b, sizeof digest->b);
}

static void end(struct zpl_hasher *hasher, char hex[ZPL_HEX_SIZE])
{
    struct zpl_digest sum = zpl_hasher_final(hasher);
    zpl_digest_hex(&sum, hex);
}

/* ---- runs ------------------------------------------------------------------------------------ */

#define RUN_COLUMNS "id, pipeline, file, status, started_ns, ended_ns, params, error, plan, graph"
#define RUN_COUNT   10 /* and places, where there are some: a run of an older zpl keeps its sum */

/* The sum of a run as it stands; *same: it is the one that it was given. */
static enum zpl_err run_sum(struct zpl_sqlite *store, int64_t id, char now[ZPL_HEX_SIZE],
                            bool *same, struct zpl_diags *diags)
{
    struct zpl_hasher hasher;
    struct zpl_sqlrow *row;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags,
                        "SELECT " RUN_COLUMNS ", sum, places FROM runs WHERE id = ?", "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    zpl_hasher_init(&hasher);
    for (int i = 0; i < RUN_COUNT; i++)
        add_text(&hasher, zpl_sqlrow_text(row, i));
    if (zpl_sqlrow_text(row, RUN_COUNT + 1))
        add_text(&hasher, zpl_sqlrow_text(row, RUN_COUNT + 1));
    end(&hasher, now);
    const char *stored = zpl_sqlrow_text(row, RUN_COUNT);
    *same = stored && strcmp(stored, now) == 0;
    zpl_sqldb_reset(row);
    return ZPL_OK;
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

enum zpl_err zpl_sqlite_seal_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    char sum[ZPL_HEX_SIZE];
    bool same;
    enum zpl_err err = run_sum(store, id, sum, &same, diags);
    if (err == ZPL_ERR_NOT_FOUND) /* it was just written, into a page that is damaged */
        return zpl_sqlite_damaged("runs", id, diags);
    return err == ZPL_OK ? zpl_sqldb_run(store->db, diags, "UPDATE runs SET sum = ? WHERE id = ?",
                                         "si", sum, id)
                         : err;
}

enum zpl_err zpl_sqlite_check_run(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    char sum[ZPL_HEX_SIZE];
    bool same = false; /* NOT_FOUND: an index names it, and it is not there */
    enum zpl_err err = run_sum(store, id, sum, &same, diags);
    if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND)
        return err;
    return same ? ZPL_OK : zpl_sqlite_damaged("runs", id, diags);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void add_output(struct zpl_hasher *hasher, const struct zpl_output_row *output)
{
    uint64_t numbers[] = {output->bytes, (uint64_t)output->rows, output->column_count};
    add_text(hasher, output->name);
    add_text(hasher, output->type);
    add_text(hasher, zpl_sqlite_short_value(output));
    add_digest(hasher, &output->digest);
    zpl_hasher_field(hasher, numbers, sizeof numbers);
    for (size_t i = 0; i < output->column_count; i++) {
        add_text(hasher, output->columns[i].name);
        add_digest(hasher, &output->columns[i].digest);
    }
}

void zpl_sqlite_made_sum(const struct zpl_step_row *step, char hex[ZPL_HEX_SIZE])
{
    struct zpl_hasher hasher;
    int64_t numbers[] = {step->started_ns, step->duration_ns, (int64_t)step->output_count};
    zpl_hasher_init(&hasher);
    add_digest(&hasher, &step->key);
    zpl_hasher_field(&hasher, numbers, sizeof numbers);
    for (size_t i = 0; i < step->output_count; i++)
        add_output(&hasher, &step->outputs[i]);
    end(&hasher, hex);
}

void zpl_sqlite_log_sum(const void *log, size_t len, char hex[ZPL_HEX_SIZE])
{
    struct zpl_digest digest = zpl_digest_of(log ? log : "", log ? len : 0);
    zpl_digest_hex(&digest, hex);
}

void zpl_sqlite_step_sum(const struct zpl_step_row *step, const char *log_sum, const char *made_sum,
                         char hex[ZPL_HEX_SIZE])
{
    struct zpl_hasher hasher;
    int64_t numbers[] = {step->run, step->status == ZPL_STEP_RAN, (int64_t)step->peak_bytes,
                         step->attempts, (int64_t)step->input_count};
    const char *const texts[] = {step->pipeline, step->name,  step->step,
                                 step->kernel,   step->error, step->ingredients,
                                 step->named,    log_sum,     made_sum};
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, numbers, sizeof numbers);
    add_digest(&hasher, &step->shape_key);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_text(&hasher, texts[i]);
    for (size_t i = 0; i < step->input_count; i++) {
        const struct zpl_input_row *input = &step->inputs[i];
        add_text(&hasher, input->name);
        add_digest(&hasher, &input->digest);
        add_text(&hasher, input->step ? input->step : "");
        add_text(&hasher, input->output ? input->output : "");
    }
    end(&hasher, hex);
}

struct zpl_sqlite_sums zpl_sqlite_sums_of(const struct zpl_step_row *step)
{
    struct zpl_sqlite_sums sums;
    zpl_sqlite_log_sum(step->log, step->log_len, sums.log);
    zpl_sqlite_made_sum(step, sums.made);
    zpl_sqlite_step_sum(step, sums.log, sums.made, sums.step);
    return sums;
}

/* ---- what is remembered ---------------------------------------------------------------------- */

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
