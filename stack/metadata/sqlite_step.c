/* sqlite_step.c - steps in the metadata store as they are read: found by key, by name, by run, and by the
 * artifacts they made or read.
 * Errors: STORE_CORRUPT when a stored digest is none.
 * Limits: ZPL_LINEAGE_STEPS_MAX.   Floor: stack. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "lang/base/limits.h"
#include "stack/metadata/sqlite.h"

#define PREFIX_MIN 6 /* digits */

/* ---- reading --------------------------------------------------------------------------------- */

/* What reading goes into. */
struct reader {
    struct zpl_sqlite *store;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    bool corrupt; /* a digest that is none was met */
};

static struct zpl_digest read_digest(struct reader *r, struct zpl_sqlrow *row, int column)
{
    struct zpl_digest digest = {0};
    const char *hex = zpl_sqlrow_text(row, column);
    if (!hex || !zpl_digest_parse(hex, &digest))
        r->corrupt = true;
    return digest;
}

static const char *read_text(struct reader *r, struct zpl_sqlrow *row, int column)
{
    return zpl_sqlite_text(r->arena, row, column, NULL);
}

/* Reads one row of a list into `item`. */
typedef enum zpl_err (*read_item)(struct reader *r, struct zpl_sqlrow *row, void *item);

/* Reads all rows of `sql` about `owner` into an array of items. */
static enum zpl_err read_list(struct reader *r, const char *sql, int64_t owner, read_item read,
                              size_t size, void **out, size_t *count)
{
    struct zpl_sqlrow *row;
    size_t capacity = 0;
    char *items = NULL;
    *count = 0;
    enum zpl_err err = zpl_sqldb_query(r->store->db, &row, r->diags, sql, "i", owner);
    if (err != ZPL_OK)
        return err;
    while ((err = zpl_sqldb_step(r->store->db, row, r->diags)) == ZPL_OK) {
        char *more = zpl_arena_grow(r->arena, items, *count, &capacity, size);
        err = more ? read(r, row, more + *count * size) : zpl_diag_nomem(r->diags);
        if (err != ZPL_OK) {
            zpl_sqldb_reset(row);
            return err;
        }
        items = more;
        ++*count;
    }
    *out = items;
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

static enum zpl_err read_column(struct reader *r, struct zpl_sqlrow *row, void *item)
{
    struct zpl_column_row *column = item;
    column->name = read_text(r, row, 0);
    column->digest = read_digest(r, row, 1);
    return ZPL_OK;
}

#define OUTPUT_COLUMNS "o.id, o.name, o.type, o.digest, o.bytes, o.rows, o.value"

static enum zpl_err read_output(struct reader *r, struct zpl_sqlrow *row, void *item)
{
    struct zpl_output_row *output = item;
    void *columns = NULL;
    output->name = read_text(r, row, 1);
    output->type = read_text(r, row, 2);
    output->digest = read_digest(r, row, 3);
    output->bytes = (uint64_t)zpl_sqlrow_int(row, 4);
    output->rows = zpl_sqlrow_is_null(row, 5) ? -1 : zpl_sqlrow_int(row, 5);
    output->json = read_text(r, row, 6);
    output->columns = NULL;
    output->column_count = 0;
    if (output->rows < 0)
        return ZPL_OK;
    enum zpl_err err = read_list(r, "SELECT name, digest FROM columns WHERE output = ? ORDER BY id",
                                 zpl_sqlrow_int(row, 0), read_column, sizeof(struct zpl_column_row),
                                 &columns, &output->column_count);
    output->columns = columns;
    return err;
}

static enum zpl_err read_input(struct reader *r, struct zpl_sqlrow *row, void *item)
{
    struct zpl_input_row *input = item;
    input->name = read_text(r, row, 0);
    input->digest = read_digest(r, row, 1);
    input->step = read_text(r, row, 2);
    input->output = read_text(r, row, 3);
    return ZPL_OK;
}

/* Is all that was read of a step what it should be? */
static enum zpl_err sound(const struct reader *r, int64_t step)
{
    return r->corrupt ? zpl_sqlite_damaged("steps", step, r->diags)
                      : zpl_sqlite_arena(r->arena, r->diags);
}

#define STEP_COLUMNS                                                                               \
    "id, run, pipeline, name, step, kernel, status, key, shape_key, started_ns, duration_ns, "     \
    "peak_bytes, attempts, error, ingredients, boot, log_sum, made_sum, sum, "                     \
    "(SELECT names.name FROM names WHERE names.step = steps.id)"
#define BOOT_COLUMN     15
#define LOG_SUM_COLUMN  16
#define MADE_SUM_COLUMN 17
#define SUM_COLUMN      18
#define NAMED_COLUMN    19
#define LOG_COLUMN      20 /* where it is asked for */

/* Were its bytes written in another start of the machine, and not read since? */
static bool is_unsure(const struct zpl_sqlite *store, struct zpl_sqlrow *row, int column)
{
    const char *boot = zpl_sqlrow_text(row, column);
    return boot && (boot[0] == '\0' || strcmp(boot, store->boot) != 0);
}

/* The step a statement stands on, with outputs and inputs: while it stands there, all that is read
 * is of one state of the database.  It is not held to its sums. */
static enum zpl_err read_fields(struct reader *r, struct zpl_sqlrow *row, bool log,
                                struct zpl_step_row *out)
{
    const char *status = zpl_sqlrow_text(row, 6);
    int64_t id = zpl_sqlrow_int(row, 0);
    void *outputs = NULL, *inputs = NULL;
    *out = (struct zpl_step_row){.run = zpl_sqlrow_int(row, 1),
                                 .pipeline = read_text(r, row, 2),
                                 .name = read_text(r, row, 3),
                                 .step = read_text(r, row, 4),
                                 .kernel = read_text(r, row, 5),
                                 .status = status && strcmp(status, "ran") == 0 ? ZPL_STEP_RAN
                                                                                : ZPL_STEP_FAILED,
                                 .key = read_digest(r, row, 7),
                                 .shape_key = read_digest(r, row, 8),
                                 .started_ns = zpl_sqlrow_int(row, 9),
                                 .duration_ns = zpl_sqlrow_int(row, 10),
                                 .peak_bytes = (uint64_t)zpl_sqlrow_int(row, 11),
                                 .attempts = (uint32_t)zpl_sqlrow_int(row, 12),
                                 .error = read_text(r, row, 13),
                                 .ingredients = read_text(r, row, 14),
                                 .unsure = is_unsure(r->store, row, BOOT_COLUMN),
                                 .named = read_text(r, row, NAMED_COLUMN)};
    if (log) {
        const char *text = zpl_sqlrow_blob(row, LOG_COLUMN, &out->log_len);
        out->log = zpl_arena_strndup(r->arena, text ? text : "", out->log_len);
    }
    enum zpl_err err =
        read_list(r, "SELECT " OUTPUT_COLUMNS " FROM outputs o WHERE o.step = ? ORDER BY o.id", id,
                  read_output, sizeof(struct zpl_output_row), &outputs, &out->output_count);
    out->outputs = outputs;
    if (err == ZPL_OK)
        err = read_list(r,
                        "SELECT name, digest, from_step, from_output FROM inputs "
                        "WHERE step = ? ORDER BY id",
                        id, read_input, sizeof(struct zpl_input_row), &inputs, &out->input_count);
    out->inputs = inputs;
    return err == ZPL_OK ? sound(r, id) : err;
}

static bool says(struct zpl_sqlrow *row, int column, const char *sum)
{
    const char *stored = zpl_sqlrow_text(row, column);
    return stored && strcmp(stored, sum) == 0;
}

/* The same, held to its sums. */
static enum zpl_err read_step(struct reader *r, struct zpl_sqlrow *row, bool log,
                              struct zpl_step_row *out)
{
    enum zpl_err err = read_fields(r, row, log, out);
    if (err != ZPL_OK)
        return err;
    char log_sum[ZPL_HEX_SIZE] = "", made_sum[ZPL_HEX_SIZE], sum[ZPL_HEX_SIZE];
    if (log)
        zpl_sqlite_log_sum(out->log, out->log_len, log_sum);
    zpl_sqlite_made_sum(out, made_sum);
    zpl_sqlite_step_sum(out, zpl_sqlrow_text(row, LOG_SUM_COLUMN), made_sum, sum);
    bool whole = says(row, SUM_COLUMN, sum) && says(row, MADE_SUM_COLUMN, made_sum) &&
                 (!log || says(row, LOG_SUM_COLUMN, log_sum));
    return whole ? ZPL_OK : zpl_sqlite_damaged("steps", zpl_sqlrow_int(row, 0), r->diags);
}

/* The first step of a query, which asked for `name`, `run` or `key` (NULL, 0: not asked for): an index may
 * have led to another row.  Consumes the statement. */
static enum zpl_err read_first(struct reader *r, enum zpl_err err, struct zpl_sqlrow *row, bool log,
                               const char *name, int64_t run, const struct zpl_digest *key,
                               struct zpl_step_row *out)
{
    if (err == ZPL_OK)
        err = zpl_sqldb_step(r->store->db, row, r->diags);
    if (err != ZPL_OK)
        return err;
    int64_t id = zpl_sqlrow_int(row, 0);
    err = read_step(r, row, log, out);
    zpl_sqldb_reset(row);
    bool other =
        err == ZPL_OK && ((name && strcmp(out->name, name) != 0) || (run > 0 && out->run != run) ||
                          (key && !zpl_digest_equal(&out->key, key)));
    return other ? zpl_sqlite_damaged("steps", id, r->diags) : err;
}

/* The step of the first row, with the outputs of all rows, held to its sum. */
static enum zpl_err read_made(struct reader *r, struct zpl_sqlrow *row, struct zpl_step_row *out)
{
    enum zpl_err err = ZPL_OK;
    size_t capacity = 0;
    struct zpl_output_row *items = NULL;
    int64_t id = zpl_sqlrow_int(row, 7);
    char now[ZPL_HEX_SIZE];
    *out = (struct zpl_step_row){.key = read_digest(r, row, 8),
                                 .started_ns = zpl_sqlrow_int(row, 9),
                                 .duration_ns = zpl_sqlrow_int(row, 10),
                                 .unsure = is_unsure(r->store, row, 11)};
    const char *sum = read_text(r, row, 12);
    while (err == ZPL_OK && !zpl_sqlrow_is_null(row, 0)) {
        struct zpl_output_row *more =
            zpl_arena_grow(r->arena, items, out->output_count, &capacity, sizeof *items);
        err = more ? read_output(r, row, &more[out->output_count]) : zpl_diag_nomem(r->diags);
        if (err != ZPL_OK)
            break;
        items = more;
        out->output_count++;
        err = zpl_sqldb_step(r->store->db, row, r->diags);
    }
    out->outputs = items;
    if (err != ZPL_ERR_NOT_FOUND)
        zpl_sqldb_reset(row);
    if (err == ZPL_OK || err == ZPL_ERR_NOT_FOUND)
        err = sound(r, id);
    if (err != ZPL_OK)
        return err;
    zpl_sqlite_made_sum(out, now);
    return sum && strcmp(sum, now) == 0 ? ZPL_OK : zpl_sqlite_damaged("steps", id, r->diags);
}

enum zpl_err zpl_sqlite_step_made(void *self, const struct zpl_digest *key,
                                  struct zpl_step_row *out, struct zpl_arena *arena,
                                  struct zpl_diags *diags)
{
    struct reader r = {.store = self, .arena = arena, .diags = diags};
    struct zpl_sqlrow *row;
    char hex[ZPL_HEX_SIZE];
    if (zpl_sqlite_made_find(r.store, key, out, arena))
        return ZPL_OK;
    zpl_digest_hex(key, hex);
    enum zpl_err err = zpl_sqldb_query(
        r.store->db, &row, diags,
        "SELECT " OUTPUT_COLUMNS ", s.id, s.key, s.started_ns, s.duration_ns, s.boot, s.made_sum "
        "FROM steps s LEFT JOIN outputs o ON o.step = s.id WHERE s.id = (SELECT id FROM steps "
        "WHERE key = ? AND status = 'ran' ORDER BY id DESC LIMIT 1) ORDER BY o.id",
        "s", hex);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(r.store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    int64_t id = zpl_sqlrow_int(row, 7);
    err = read_made(&r, row, out);
    if (err == ZPL_OK && !zpl_digest_equal(&out->key, key)) /* an index led to it */
        err = zpl_sqlite_damaged("steps", id, diags);
    if (err == ZPL_OK && !out->unsure)
        zpl_sqlite_made_note(r.store, out);
    return err;
}

/* The step of that number with its log, held to its sums or not; NOT_FOUND. */
static enum zpl_err read_id(struct reader *r, int64_t id, bool held, struct zpl_step_row *out)
{
    struct zpl_sqlrow *row;
    enum zpl_err err =
        zpl_sqldb_query(r->store->db, &row, r->diags,
                        "SELECT " STEP_COLUMNS ", log FROM steps WHERE id = ?", "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(r->store->db, row, r->diags);
    if (err != ZPL_OK)
        return err;
    err = held ? read_step(r, row, true, out) : read_fields(r, row, true, out);
    zpl_sqldb_reset(row);
    return err;
}

enum zpl_err zpl_sqlite_check_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct reader r = {.store = store, .arena = &arena, .diags = diags};
    struct zpl_step_row step;
    enum zpl_err err = read_id(&r, id, true, &step);
    zpl_arena_release(&arena);
    return err == ZPL_ERR_NOT_FOUND ? zpl_sqlite_damaged("steps", id, diags) : err;
}

enum zpl_err zpl_sqlite_seal_step(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct reader r = {.store = store, .arena = &arena, .diags = diags};
    struct zpl_step_row step;
    enum zpl_err err = read_id(&r, id, false, &step);
    if (err == ZPL_OK) {
        struct zpl_sqlite_sums sums = zpl_sqlite_sums_of(&step);
        err = zpl_sqldb_run(store->db, diags,
                            "UPDATE steps SET log_sum = ?, made_sum = ?, sum = ? WHERE id = ?",
                            "sssi", sums.log, sums.made, sums.step, id);
    }
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_sqlite_step_by_key(void *self, const struct zpl_digest *key,
                                    struct zpl_step_row *out, struct zpl_arena *arena,
                                    struct zpl_diags *diags)
{
    struct reader r = {.store = self, .arena = arena, .diags = diags};
    struct zpl_sqlrow *row;
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(key, hex);
    enum zpl_err err = zpl_sqldb_query(r.store->db, &row, diags,
                                       "SELECT " STEP_COLUMNS " FROM steps WHERE key = ? "
                                       "AND status = 'ran' ORDER BY id DESC LIMIT 1",
                                       "s", hex);
    return read_first(&r, err, row, false, NULL, 0, key, out);
}

enum zpl_err zpl_sqlite_step_sure(void *self, const struct zpl_digest *key, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(key, hex);
    if (store->boot[0] == '\0')
        return ZPL_OK; /* it may be the start in which they were written */
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_sqldb_run(store->db, diags,
                        "UPDATE steps SET boot = NULL WHERE key = ? AND status = 'ran' "
                        "AND boot <> ?",
                        "ss", hex, store->boot);
    return zpl_sqlite_end(store, err, diags);
}

enum zpl_err zpl_sqlite_step_last(void *self, const char *pipeline, const char *name,
                                  struct zpl_step_row *out, struct zpl_arena *arena,
                                  struct zpl_diags *diags)
{
    struct reader r = {.store = self, .arena = arena, .diags = diags};
    struct zpl_sqlrow *row;
    enum zpl_err err =
        zpl_sqldb_query(r.store->db, &row, diags,
                        "SELECT " STEP_COLUMNS " FROM steps WHERE pipeline = ? AND name = ? "
                        "AND status = 'ran' ORDER BY id DESC LIMIT 1",
                        "ss", pipeline, name);
    return read_first(&r, err, row, false, name, 0, NULL, out);
}

/* By the runs of the pipeline, newest first: of rows that failed there is no index. */
enum zpl_err zpl_sqlite_step_failed(void *self, const char *pipeline, const char *name,
                                    struct zpl_step_row *out, struct zpl_arena *arena,
                                    struct zpl_diags *diags)
{
    struct reader r = {.store = self, .arena = arena, .diags = diags};
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(
        r.store->db, &row, diags,
        "SELECT " STEP_COLUMNS " FROM steps WHERE id = (SELECT s.id FROM runs r CROSS JOIN steps s "
        "WHERE r.pipeline = ? AND r.status <> 'done' AND s.run = r.id AND s.name = ? "
        "AND s.status = 'failed' ORDER BY r.id DESC LIMIT 1)",
        "ss", pipeline, name);
    return read_first(&r, err, row, false, name, 0, NULL, out);
}

enum zpl_err zpl_sqlite_step_of_run(void *self, int64_t run, const char *name,
                                    struct zpl_step_row *out, struct zpl_arena *arena,
                                    struct zpl_diags *diags)
{
    struct reader r = {.store = self, .arena = arena, .diags = diags};
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(
        r.store->db, &row, diags,
        "SELECT " STEP_COLUMNS ", log FROM steps WHERE run = ? AND name = ?", "is", run, name);
    return read_first(&r, err, row, true, name, run, NULL, out);
}

enum zpl_err zpl_sqlite_step_names(void *self, int64_t run, int64_t *last, const char ***out,
                                   size_t *count, struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    struct zpl_sqlrow *row;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    enum zpl_err err = zpl_sqldb_query(
        store->db, &row, diags, "SELECT id, name FROM steps WHERE run = ? AND id > ? ORDER BY id",
        "ii", run, *last);
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        const char **names = zpl_arena_grow(arena, *out, *count, &capacity, sizeof *names);
        if (!names) {
            zpl_sqldb_reset(row);
            return zpl_diag_nomem(diags);
        }
        names[*count] = zpl_sqlite_text(arena, row, 1, "");
        *out = names;
        ++*count;
        *last = zpl_sqlrow_int(row, 0);
    }
    return err == ZPL_ERR_NOT_FOUND ? zpl_sqlite_arena(arena, diags) : err;
}

/* ---- names ----------------------------------------------------------------------------------- */

enum zpl_err zpl_sqlite_name_list(void *self, const char *only, struct zpl_name_row **out,
                                  size_t *count, struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    struct zpl_sqlrow *row;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    enum zpl_err err =
        zpl_sqlite_check_table(store, "names", diags); /* a name that is none finds nothing */
    if (err == ZPL_OK)
        err = only ? zpl_sqldb_query(store->db, &row, diags, ZPL_SQLITE_NAMES(" AND n.name = ?"),
                                     "s", only)
                   : zpl_sqldb_query(store->db, &row, diags, ZPL_SQLITE_NAMES(""), "");
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        struct zpl_name_row *names = zpl_arena_grow(arena, *out, *count, &capacity, sizeof *names);
        if (!names) {
            zpl_sqldb_reset(row);
            return zpl_diag_nomem(diags);
        }
        names[*count] = (struct zpl_name_row){.name = zpl_sqlite_text(arena, row, 1, ""),
                                              .step = zpl_sqlrow_int(row, 0)};
        *out = names;
        ++*count;
    }
    return err == ZPL_ERR_NOT_FOUND ? zpl_sqlite_arena(arena, diags) : err;
}

enum zpl_err zpl_sqlite_name_step(void *self, int64_t step, struct zpl_step_row *out,
                                  struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct reader r = {.store = self, .arena = arena, .diags = diags};
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(
        r.store->db, &row, diags, "SELECT " STEP_COLUMNS " FROM steps WHERE id = ?", "i", step);
    return read_first(&r, err, row, false, NULL, 0, NULL, out);
}

/* ---- lineage --------------------------------------------------------------------------------- */

/* The range of digests that begin with `prefix`: from `low` up to, without, `high`. */
static enum zpl_err prefix_range(const char *prefix, char low[ZPL_HEX_SIZE],
                                 char high[ZPL_HEX_SIZE + 1], struct zpl_diags *diags)
{
    size_t n = strlen(prefix);
    bool good = n >= PREFIX_MIN && n < ZPL_HEX_SIZE;
    for (size_t i = 0; good && i <= n; i++) {
        good = i == n || isxdigit((unsigned char)prefix[i]);
        low[i] = (char)tolower((unsigned char)prefix[i]);
    }
    if (!good) {
        struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                                             "'%.80s' is not the digest of an artifact", prefix);
        zpl_diag_help(diags, diag, "give its first %d to %d hexadecimal digits, as zpl show does",
                      PREFIX_MIN, ZPL_HEX_SIZE - 1);
        return ZPL_ERR_INPUT;
    }
    snprintf(high, ZPL_HEX_SIZE + 1, "%sg", low); /* behind every digit */
    return ZPL_OK;
}

/* All steps that `sql`, with the range and a limit as its parameters, gives. */
static enum zpl_err read_lineage(struct zpl_sqlite *store, const char *sql, const char *prefix,
                                 struct zpl_step_row **out, size_t *count, struct zpl_arena *arena,
                                 struct zpl_diags *diags)
{
    struct reader r = {.store = store, .arena = arena, .diags = diags};
    char low[ZPL_HEX_SIZE], high[ZPL_HEX_SIZE + 1];
    struct zpl_sqlrow *row;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    enum zpl_err err = prefix_range(prefix, low, high, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_check_table(store, "outputs", diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_check_table(store, "inputs", diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_query(store->db, &row, diags, sql, "ssi", low, high,
                              (int64_t)ZPL_LINEAGE_STEPS_MAX);
    if (err != ZPL_OK)
        return err;
    while ((err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        struct zpl_step_row *steps = zpl_arena_grow(arena, *out, *count, &capacity, sizeof *steps);
        if (steps && zpl_sqlrow_is_null(row, 0))
            err = zpl_sqlite_damaged("outputs or inputs", zpl_sqlrow_int(row, NAMED_COLUMN + 1),
                                     diags);
        else
            err = steps ? read_step(&r, row, false, &steps[*count]) : zpl_diag_nomem(diags);
        if (err != ZPL_OK) {
            zpl_sqldb_reset(row);
            return err;
        }
        *out = steps;
        ++*count;
    }
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

enum zpl_err zpl_sqlite_step_makers(void *self, const char *prefix, struct zpl_step_row **out,
                                    size_t *count, struct zpl_arena *arena, struct zpl_diags *diags)
{
    return read_lineage(self,
                        "SELECT " STEP_COLUMNS ", of FROM (SELECT DISTINCT step AS of FROM outputs "
                        "WHERE digest >= ? AND digest < ? AND step NOT IN (SELECT step FROM "
                        "names)) LEFT JOIN steps ON id = of "
                        "ORDER BY of DESC LIMIT ?",
                        prefix, out, count, arena, diags);
}

enum zpl_err zpl_sqlite_step_readers(void *self, const char *prefix, struct zpl_step_row **out,
                                     size_t *count, struct zpl_arena *arena,
                                     struct zpl_diags *diags)
{
    return read_lineage(self,
                        "SELECT " STEP_COLUMNS ", of FROM (SELECT DISTINCT step AS of FROM inputs "
                        "WHERE digest >= ? AND digest < ?) LEFT JOIN steps ON id = of "
                        "ORDER BY of DESC LIMIT ?",
                        prefix, out, count, arena, diags);
}
