/* sqlite_step_put.c - a step as it is written, once, at its end: its row, outputs with columns, inputs and
 * name, in one transaction.
 * Limits: ZPL_INLINE_BYTES_MAX.   Floor: stack. */
#include <string.h>
#include "lang/base/limits.h"
#include "stack/metadata/sqlite.h"

static enum zpl_err put_columns(struct zpl_sqlite *store, int64_t output,
                                const struct zpl_output_row *row, struct zpl_diags *diags)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < row->column_count; i++) {
        char hex[ZPL_HEX_SIZE];
        zpl_digest_hex(&row->columns[i].digest, hex);
        err = zpl_sqldb_run(store->db, diags,
                            "INSERT INTO columns (output, name, digest) VALUES (?, ?, ?)", "iss",
                            output, row->columns[i].name, hex);
    }
    return err;
}

const char *zpl_sqlite_short_value(const struct zpl_output_row *output)
{
    bool fits = output->json && strlen(output->json) <= ZPL_INLINE_BYTES_MAX;
    return fits ? output->json : NULL;
}

static enum zpl_err put_output(struct zpl_sqlite *store, int64_t step,
                               const struct zpl_output_row *row, struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(&row->digest, hex);
    enum zpl_err err =
        zpl_sqldb_run(store->db, diags,
                      "INSERT INTO outputs (step, name, type, digest, bytes, rows, value) "
                      "VALUES (?, ?, ?, ?, ?, nullif(?, -1), ?)",
                      "isssiis", step, row->name, row->type, hex, (int64_t)row->bytes, row->rows,
                      zpl_sqlite_short_value(row));
    return err == ZPL_OK ? put_columns(store, zpl_sqldb_last_id(store->db), row, diags) : err;
}

static enum zpl_err put_input(struct zpl_sqlite *store, int64_t step,
                              const struct zpl_input_row *row, struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(&row->digest, hex);
    return zpl_sqldb_run(store->db, diags,
                         "INSERT INTO inputs (step, name, digest, from_step, from_output) "
                         "VALUES (?, ?, ?, ?, ?)",
                         "issss", step, row->name, hex, row->step ? row->step : "",
                         row->output ? row->output : "");
}

/* The step with all that belongs to it, inside a transaction. */
static enum zpl_err put(struct zpl_sqlite *store, const struct zpl_step_row *step,
                        struct zpl_diags *diags)
{
    char key[ZPL_HEX_SIZE], shape_key[ZPL_HEX_SIZE];
    struct zpl_sqlite_sums sums = zpl_sqlite_sums_of(step);
    zpl_digest_hex(&step->key, key);
    zpl_digest_hex(&step->shape_key, shape_key);
    enum zpl_err err = zpl_sqldb_run(
        store->db, diags,
        "INSERT INTO steps (run, pipeline, name, step, kernel, status, key, shape_key, "
        "started_ns, duration_ns, peak_bytes, attempts, error, ingredients, log, log_sum, "
        "made_sum, sum, boot) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?)",
        "isssssssiiiissbssss", step->run, step->pipeline, step->name, step->step, step->kernel,
        step->status == ZPL_STEP_RAN ? "ran" : "failed", key, shape_key, step->started_ns,
        step->duration_ns, (int64_t)step->peak_bytes, (int64_t)step->attempts, step->error,
        step->ingredients, step->log, step->log_len, sums.log, sums.made, sums.step, store->boot);
    int64_t id = zpl_sqldb_last_id(store->db);
    for (size_t i = 0; err == ZPL_OK && i < step->output_count; i++)
        err = put_output(store, id, &step->outputs[i], diags);
    for (size_t i = 0; err == ZPL_OK && i < step->input_count; i++)
        err = put_input(store, id, &step->inputs[i], diags);
    if (err == ZPL_OK && step->named)
        err = zpl_sqldb_run(store->db, diags, "INSERT INTO names (step, name) VALUES (?, ?)", "is",
                            id, step->named);
    return err;
}

enum zpl_err zpl_sqlite_step_put(void *self, const struct zpl_step_row *step,
                                 struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    if (step->status != ZPL_STEP_RAN && step->status != ZPL_STEP_FAILED)
        ZPL_BUG("a row for a step that did not run");
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_end(store, put(store, step, diags), diags);
    if (err == ZPL_OK && step->status == ZPL_STEP_RAN)
        zpl_sqlite_made_note(store, step);
    return err;
}
