/* sqlite_run.c - runs in the metadata store, and who still works on them.   Floor: stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "stack/home.h"
#include "stack/lock.h"
#include "stack/metadata/sqlite.h"

static const char *const STATUS_WORDS[] = {[ZPL_RUN_RUNNING] = "running",
                                           [ZPL_RUN_DONE] = "done",
                                           [ZPL_RUN_FAILED] = "failed",
                                           [ZPL_RUN_CANCELLED] = "cancelled"};

/* Room to remember one more run of ours. */
static bool make_room(struct zpl_sqlite *store)
{
    if (store->run_count < store->run_capacity)
        return true;
    size_t capacity = store->run_capacity * 2 + 4;
    int64_t *runs = zpl_realloc(store->runs, capacity * sizeof *runs);
    if (!runs)
        return false;
    store->runs = runs;
    store->run_capacity = capacity;
    return true;
}

/* The place of a run of ours, or run_count. */
static size_t find_ours(const struct zpl_sqlite *store, int64_t run)
{
    size_t i = 0;
    while (i < store->run_count && store->runs[i] != run)
        i++;
    return i;
}

/* Inserts the row; its lease is taken before anybody can see it. */
static enum zpl_err insert(struct zpl_sqlite *store, const struct zpl_run_row *run, int64_t *id,
                           struct zpl_diags *diags)
{
    char plan[ZPL_HEX_SIZE], graph[ZPL_HEX_SIZE], places[ZPL_HEX_SIZE];
    enum zpl_err err = zpl_sqlite_keep_text(store, run->plan, run->plan_digest, plan, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_keep_text(store, run->graph, NULL, graph, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_keep_text(store, run->places, run->places_digest, places, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_run(
            store->db, diags,
            "INSERT INTO runs (pipeline, file, status, started_ns, params, plan, graph, places) "
            "VALUES (?, ?, 'running', ?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''))",
            "ssissss", run->pipeline, run->file, run->started_ns, run->params, plan, graph, places);
    if (err != ZPL_OK)
        return err;
    *id = zpl_sqldb_last_id(store->db);
    err = zpl_sqlite_seal_run(store, *id, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_made_begin(store, run, *id, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_lock_take(store->leases, zpl_sqlite_run_byte(*id), false);
    return err == ZPL_OK ? ZPL_OK : zpl_home_lock_failed(store->home, errno, diags);
}

enum zpl_err zpl_sqlite_run_begin(void *self, const struct zpl_run_row *run, int64_t *id,
                                  struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    *id = 0;
    if (!make_room(store))
        return zpl_diag_nomem(diags);
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_sqlite_end(store, insert(store, run, id, diags), diags);
    if (err == ZPL_OK) {
        store->runs[store->run_count++] = *id;
        return ZPL_OK;
    }
    if (*id > 0)
        zpl_lock_give(store->leases, zpl_sqlite_run_byte(*id));
    *id = 0;
    return err;
}

enum zpl_err zpl_sqlite_run_end(void *self, const struct zpl_run_row *run, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    if (run->status != ZPL_RUN_DONE && run->status != ZPL_RUN_FAILED &&
        run->status != ZPL_RUN_CANCELLED)
        ZPL_BUG("a run that ends without an end");
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    if (err != ZPL_OK)
        return err;
    char plan[ZPL_HEX_SIZE];
    err = zpl_sqlite_check_run(store, run->id, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_keep_text(store, run->plan, run->plan_digest, plan, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_run(store->db, diags,
                            "UPDATE runs SET status = ?, ended_ns = ?, error = ?, "
                            "plan = coalesce(nullif(?, ''), plan) WHERE id = ?",
                            "sissi", STATUS_WORDS[run->status], run->ended_ns, run->error, plan,
                            run->id);
    if (err == ZPL_OK)
        err = zpl_sqlite_seal_run(store, run->id, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_made_end(store, run->id, diags);
    err = zpl_sqlite_end(store, err, diags);
    zpl_sqlite_made_release(store);
    size_t ours = find_ours(store, run->id);
    if (err != ZPL_OK || ours == store->run_count)
        return err;
    store->runs[ours] = store->runs[--store->run_count];
    zpl_lock_give(store->leases, zpl_sqlite_run_byte(run->id));
    return ZPL_OK;
}

enum zpl_err zpl_sqlite_text_put(void *self, const char *text, struct zpl_digest *digest,
                                 struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    char hex[ZPL_HEX_SIZE];
    *digest = zpl_digest_of(text, strlen(text));
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    return err == ZPL_OK
               ? zpl_sqlite_end(store, zpl_sqlite_keep_text(store, text, digest, hex, diags), diags)
               : err;
}

/* The row of a run as `like` was, sealed; *id stays 0 when that or a text is gone. */
static enum zpl_err repeat(struct zpl_sqlite *store, int64_t like, const struct zpl_run_row *run,
                           int64_t *id, struct zpl_diags *diags)
{
    char plan[ZPL_HEX_SIZE], places[ZPL_HEX_SIZE];
    struct zpl_diags quiet = {0};
    bool whole = zpl_sqlite_check_run(store, like, &quiet) == ZPL_OK;
    zpl_diags_release(&quiet);
    if (!whole)
        return ZPL_OK;
    zpl_digest_hex(run->plan_digest, plan);
    zpl_digest_hex(run->places_digest, places);
    if (run->places) {
        enum zpl_err err =
            zpl_sqlite_keep_text(store, run->places, run->places_digest, places, diags);
        if (err != ZPL_OK)
            return err;
    }
    enum zpl_err err =
        zpl_sqldb_run(store->db, diags,
                      "INSERT INTO runs (pipeline, file, status, started_ns, ended_ns, params, "
                      "plan, graph, places) "
                      "SELECT pipeline, file, 'done', ?, ?, params, p.digest, graph, a.digest "
                      "FROM runs, texts p, texts a "
                      "WHERE runs.id = ? AND status = 'done' AND p.digest = ? AND a.digest = ?",
                      "iiiss", run->started_ns, run->ended_ns, like, plan, places);
    if (err != ZPL_OK || zpl_sqldb_changes(store->db) == 0)
        return err;
    *id = zpl_sqldb_last_id(store->db);
    return zpl_sqlite_seal_run(store, *id, diags);
}

enum zpl_err zpl_sqlite_run_repeat(void *self, int64_t like, const struct zpl_run_row *run,
                                   int64_t *id, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    *id = 0;
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_sqlite_end(store, repeat(store, like, run, id, diags), diags);
    return err == ZPL_OK && *id == 0 ? ZPL_ERR_NOT_FOUND : err;
}

#define BRIEF_COLUMNS "id, pipeline, file, status, started_ns, ended_ns, params, error"

/* The columns above of the row a statement stands on. */
static void read_brief(struct zpl_sqlrow *row, struct zpl_run_row *out, struct zpl_arena *arena)
{
    *out = (struct zpl_run_row){.id = zpl_sqlrow_int(row, 0),
                                .pipeline = zpl_sqlite_text(arena, row, 1, ""),
                                .file = zpl_sqlite_text(arena, row, 2, ""),
                                .status = ZPL_RUN_RUNNING,
                                .started_ns = zpl_sqlrow_int(row, 4),
                                .ended_ns = zpl_sqlrow_int(row, 5),
                                .params = zpl_sqlite_text(arena, row, 6, NULL),
                                .error = zpl_sqlite_text(arena, row, 7, NULL)};
    const char *word = zpl_sqlrow_text(row, 3);
    for (int i = ZPL_RUN_DONE; i <= ZPL_RUN_CANCELLED; i++)
        if (word && strcmp(word, STATUS_WORDS[i]) == 0)
            out->status = (enum zpl_run_status)i;
}

/* One run, with its texts if `full`. */
static enum zpl_err read_one(struct zpl_sqlite *store, int64_t id, bool full,
                             struct zpl_run_row *out, struct zpl_arena *arena,
                             struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(
        store->db, &row, diags,
        "SELECT " BRIEF_COLUMNS ", plan, graph, places FROM runs WHERE id = ?", "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    read_brief(row, out, arena);
    if (full)
        err = zpl_sqlite_read_text(store, zpl_sqlrow_text(row, 8), id, &out->plan, arena, diags);
    if (full && err == ZPL_OK)
        err = zpl_sqlite_read_text(store, zpl_sqlrow_text(row, 9), id, &out->graph, arena, diags);
    if (full && err == ZPL_OK)
        err = zpl_sqlite_read_text(store, zpl_sqlrow_text(row, 10), id, &out->places, arena, diags);
    if (err == ZPL_OK)
        err = zpl_sqlite_check_run(store, id, diags);
    zpl_sqldb_reset(row);
    return err == ZPL_OK ? zpl_sqlite_arena(arena, diags) : err;
}

/* A run that is marked running and whose lease nobody holds was interrupted; unless it has just
 * ended: its end is written before the lease is given back, so the row is read once more. */
static enum zpl_err judge(struct zpl_sqlite *store, bool full, struct zpl_run_row *run,
                          struct zpl_arena *arena, struct zpl_diags *diags)
{
    bool held =
        find_ours(store, run->id) < store->run_count ||
        (store->leases >= 0 && zpl_lock_is_held(store->leases, zpl_sqlite_run_byte(run->id)));
    if (run->status != ZPL_RUN_RUNNING || held)
        return ZPL_OK;
    enum zpl_err err = read_one(store, run->id, full, run, arena, diags);
    if (err == ZPL_OK && run->status == ZPL_RUN_RUNNING)
        run->status = ZPL_RUN_INTERRUPTED;
    return err;
}

enum zpl_err zpl_sqlite_run_get(void *self, int64_t id, struct zpl_run_row *out,
                                struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    enum zpl_err err = read_one(store, id, true, out, arena, diags);
    if (err == ZPL_ERR_NOT_FOUND)
        err = zpl_sqlite_check_table(store, "runs", diags) == ZPL_OK ? err : ZPL_ERR_CORRUPT;
    return err == ZPL_OK ? judge(store, true, out, arena, diags) : err;
}

enum zpl_err zpl_sqlite_run_list(void *self, const char *pipeline, size_t limit,
                                 struct zpl_run_row **out, size_t *count, struct zpl_arena *arena,
                                 struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    struct zpl_sqlrow *row;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    enum zpl_err err = zpl_sqlite_check_table(store, "runs", diags);
    if (err != ZPL_OK)
        return err;
    err = pipeline ? zpl_sqldb_query(store->db, &row, diags,
                                     "SELECT " BRIEF_COLUMNS " FROM runs WHERE pipeline = ? "
                                     "ORDER BY id DESC LIMIT ?",
                                     "si", pipeline, most)
                   : zpl_sqldb_query(store->db, &row, diags,
                                     "SELECT " BRIEF_COLUMNS " FROM runs ORDER BY id DESC LIMIT ?",
                                     "i", most);
    if (err != ZPL_OK)
        return err;
    while ((err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        struct zpl_run_row *rows = zpl_arena_grow(arena, *out, *count, &capacity, sizeof *rows);
        if (!rows) {
            zpl_sqldb_reset(row);
            return zpl_diag_nomem(diags);
        }
        *out = rows;
        read_brief(row, &rows[*count], arena);
        err = zpl_sqlite_check_run(store, rows[(*count)++].id, diags);
        if (err != ZPL_OK) {
            zpl_sqldb_reset(row);
            return err;
        }
    }
    if (err != ZPL_ERR_NOT_FOUND)
        return err;
    err = zpl_sqlite_arena(arena, diags);
    for (size_t i = 0; err == ZPL_OK && i < *count; i++)
        err = judge(store, false, &(*out)[i], arena, diags);
    return err;
}
