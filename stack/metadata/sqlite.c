/* sqlite.c - the metadata store in home/zpl.db: opening, transactions, leases, the memo.
 * Owns: connection and lock files, until release; then its leases are free.
 * Errors: those of sqldb.h; STORE_VERSION for a store of another version.   Floor: stack. */
#include "stack/metadata/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "stack/flavours.h"
#include "stack/home.h"
#include "stack/lock.h"

/* Bytes of home/leases: below LEASE_RUNS by the bits of a key, above by the number of a run. */
#define LEASE_RUNS (UINT64_C(1) << 62)
/* Held for reading by everybody who has the store open: the byte of run 0, which there is none of. */
#define LEASE_OPEN LEASE_RUNS

/* ---- transactions ---------------------------------------------------------------------------- */

static enum zpl_err hold(void *self, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    enum zpl_err err = store->held ? ZPL_OK : zpl_sqldb_exec(store->db, "BEGIN", diags);
    store->held = err == ZPL_OK;
    return err;
}

/* Nothing was written, so nothing is lost. */
static void let_go(void *self)
{
    struct zpl_sqlite *store = self;
    if (store->held)
        zpl_sqldb_rollback(store->db);
    store->held = false;
}

/* Waits for the other writers; signals do not end that, for each of them is quick. */
static enum zpl_err take_write_lock(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    enum zpl_err err;
    let_go(store);
    do {
        err = zpl_lock_take(store->lock, 0, true);
    } while (err == ZPL_ERR_INTERRUPTED);
    return err == ZPL_OK ? ZPL_OK : zpl_home_lock_failed(store->home, errno, diags);
}

enum zpl_err zpl_sqlite_begin(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    if (!store->write)
        ZPL_BUG("a store opened for reading is written");
    enum zpl_err err = take_write_lock(store, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_sqldb_begin(store->db, diags);
    if (err != ZPL_OK)
        zpl_lock_give(store->lock, 0);
    return err;
}

enum zpl_err zpl_sqlite_end(struct zpl_sqlite *store, enum zpl_err err, struct zpl_diags *diags)
{
    if (err == ZPL_OK)
        err = zpl_sqldb_commit(store->db, diags);
    else
        zpl_sqldb_rollback(store->db);
    zpl_lock_give(store->lock, 0);
    return err;
}

const char *zpl_sqlite_text(struct zpl_arena *arena, struct zpl_sqlrow *row, int column,
                            const char *absent)
{
    const char *text = zpl_sqlrow_text(row, column);
    return text ? zpl_arena_strdup(arena, text) : absent;
}

enum zpl_err zpl_sqlite_arena(const struct zpl_arena *arena, struct zpl_diags *diags)
{
    return zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
}

/* ---- memo ------------------------------------------------------------------------------------ */

enum zpl_err zpl_sqlite_memo_get(void *self, const char *space, const struct zpl_digest *key,
                                 struct zpl_buf *out, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    char hex[ZPL_HEX_SIZE];
    struct zpl_sqlrow *row;
    zpl_digest_hex(key, hex);
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags,
                        "SELECT data, sum FROM memo WHERE space = ? AND key = ?", "ss", space, hex);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    size_t len = 0;
    const void *data = zpl_sqlrow_blob(row, 0, &len);
    zpl_buf_clear(out);
    zpl_buf_add(out, data, len);
    struct zpl_digest sum = zpl_sqlite_memo_sum(space, hex, data, len), stored;
    const char *text = zpl_sqlrow_text(row, 1);
    bool same = text && zpl_digest_parse(text, &stored) && zpl_digest_equal(&sum, &stored);
    zpl_sqldb_reset(row);
    if (!same)
        return ZPL_ERR_NOT_FOUND; /* it is asked again, and remembered anew */
    err = zpl_buf_error(out);
    return err == ZPL_ERR_NOMEM ? zpl_diag_nomem(diags) : err;
}

enum zpl_err zpl_sqlite_memo_set(struct zpl_sqlite *store, const char *space,
                                 const struct zpl_digest *key, const void *data, size_t len,
                                 struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE], sum_hex[ZPL_HEX_SIZE];
    zpl_digest_hex(key, hex);
    struct zpl_digest sum = zpl_sqlite_memo_sum(space, hex, data, len);
    zpl_digest_hex(&sum, sum_hex);
    return zpl_sqldb_run(store->db, diags,
                         "INSERT OR REPLACE INTO memo (space, key, data, sum) VALUES (?, ?, ?, ?)",
                         "ssbs", space, hex, len > 0 ? data : "", len, sum_hex);
}

static enum zpl_err memo_put(void *self, const char *space, const struct zpl_digest *key,
                             const void *data, size_t len, struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    enum zpl_err err = zpl_sqlite_begin(store, diags);
    return err == ZPL_OK
               ? zpl_sqlite_end(store, zpl_sqlite_memo_set(store, space, key, data, len, diags),
                                diags)
               : err;
}

/* ---- leases ---------------------------------------------------------------------------------- */

uint64_t zpl_sqlite_run_byte(int64_t run)
{
    return LEASE_RUNS | (uint64_t)run;
}

static uint64_t key_byte(const struct zpl_digest *key)
{
    uint64_t bits;
    memcpy(&bits, key->b, sizeof bits);
    return bits & (LEASE_RUNS - 1);
}

static enum zpl_err lease(void *self, const struct zpl_digest *key, bool wait,
                          struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    if (!store->write)
        ZPL_BUG("a lease in a store opened for reading");
    enum zpl_err err = zpl_lock_take(store->leases, key_byte(key), wait);
    return err == ZPL_ERR_IO ? zpl_home_lock_failed(store->home, errno, diags) : err;
}

static void unlease(void *self, const struct zpl_digest *key)
{
    struct zpl_sqlite *store = self;
    zpl_lock_give(store->leases, key_byte(key));
}

/* ---- slots of limits -------------------------------------------------------------------------- */

static enum zpl_err slots_take(void *self, const struct zpl_digest *holder,
                               const struct zpl_limit_use *uses, size_t count, size_t *lacking,
                               struct zpl_diags *diags)
{
    struct zpl_sqlite *store = self;
    char path[ZPL_PATH_MAX];
    enum zpl_err err = ZPL_OK;
    if (!store->write)
        ZPL_BUG("a slot in a store opened for reading");
    if (!store->slots)
        err = zpl_home_join(path, store->home, "limits", diags);
    if (err == ZPL_OK && !store->slots)
        err = zpl_slots_open(path, &store->slots, diags);
    return err == ZPL_OK ? zpl_slots_take(store->slots, holder, uses, count, lacking, diags) : err;
}

static void slots_give(void *self, const struct zpl_digest *holder)
{
    struct zpl_sqlite *store = self;
    if (store->slots)
        zpl_slots_give(store->slots, holder);
}

static size_t slots_of(void *self, const struct zpl_digest *holder, const char *name, uint32_t *out,
                       size_t room)
{
    struct zpl_sqlite *store = self;
    return store->slots ? zpl_slots_of(store->slots, holder, name, out, room) : 0;
}

static void slots_rest(void *self)
{
    struct zpl_sqlite *store = self;
    if (store->slots)
        zpl_slots_rest(store->slots);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* One number that a statement gives. */
static enum zpl_err ask_number(struct zpl_sqlite *store, const char *sql, int64_t *out,
                               struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    *out = 0;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, sql, "");
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err == ZPL_OK) {
        *out = zpl_sqlrow_int(row, 0);
        zpl_sqldb_reset(row);
    }
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* ZPL_OK for our version (an older one is brought to it in a store that is opened for writing),
 * NOT_FOUND for an empty database, ZPL_ERR_VERSION for any other. */
static enum zpl_err check_version(struct zpl_sqlite *store, const char *path,
                                  struct zpl_diags *diags)
{
    int64_t version = 0, things = 0;
    enum zpl_err err = ask_number(store, "PRAGMA user_version", &version, diags);
    if (err == ZPL_OK && version == 0)
        err = ask_number(store, "SELECT count(*) FROM sqlite_master", &things, diags);
    if (err != ZPL_OK || version == ZPL_SCHEMA_VERSION)
        return err;
    if (version > 0 && version < ZPL_SCHEMA_VERSION && store->write)
        return zpl_sqlite_migrate(store, version, diags);
    if (version == 0 && things == 0)
        return ZPL_ERR_NOT_FOUND;
    struct zpl_diag *diag = zpl_diag_add(
        diags, ZPL_CODE_STORE_VERSION, (struct zpl_span){0},
        "cannot use %s: its tables have version %lld, and this zpl (%s) knows version %d", path,
        (long long)version, ZPL_VERSION, ZPL_SCHEMA_VERSION);
    zpl_diag_help(diags, diag,
                  version < ZPL_SCHEMA_VERSION && version > 0
                      ? "the next `zpl run` brings it to this version"
                      : "use the zpl that wrote it, or set ZPL_HOME to another folder to start "
                        "afresh");
    return ZPL_ERR_VERSION;
}

/* Makes the tables of a new store; the caller holds the write lock. */
static enum zpl_err create(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    enum zpl_err err = zpl_sqldb_begin(store->db, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_sqldb_exec(store->db, zpl_sqlite_schema, diags);
    if (err == ZPL_OK)
        return zpl_sqldb_commit(store->db, diags);
    zpl_sqldb_rollback(store->db);
    return err;
}

static enum zpl_err used_elsewhere(const struct zpl_sqlite *store, struct zpl_diags *diags)
{
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_STORE_BUSY, (struct zpl_span){0},
                     "the store in %s is in use on another machine", store->home);
    zpl_diag_help(
        diags, diag,
        "ask for it there, or when it is done: the database's log is in memory that machines "
        "do not share");
    return ZPL_ERR_BUSY;
}

/* Is this the machine that had the store last? */
static bool had_it_last(const struct zpl_sqlite *store, const char *path)
{
    struct zpl_buf last = {0};
    struct zpl_diags quiet = {0};
    bool ours = zpl_fs_read_file(path, ZPL_BOOT_SIZE, &last, &quiet) == ZPL_OK &&
                strcmp(zpl_buf_str(&last), store->boot) == 0;
    zpl_buf_release(&last);
    zpl_diags_release(&quiet);
    return ours;
}

/* One machine at a time: the processes that have a database with such a log open share memory.  The file
 * `machine` names the one that had it last; another waits until nobody has it open any more. */
static enum zpl_err enter(struct zpl_sqlite *store, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    if (store->boot[0] == '\0' || store->leases < 0 || access(store->home, W_OK) != 0)
        return ZPL_OK; /* nobody knows; it had no writers yet; all that we can do is read files */
    enum zpl_err err = zpl_home_join(path, store->home, "machine", diags);
    if (err != ZPL_OK)
        return err;
    bool ours = had_it_last(store, path);
    if (!ours && zpl_lock_is_held(store->leases, LEASE_OPEN) && !had_it_last(store, path))
        return used_elsewhere(store, diags);
    if (!ours) /* before the lock: who meets that is to find the name */
        err = zpl_fs_write_file(path, store->boot, strlen(store->boot), false, diags);
    if (err == ZPL_OK && zpl_lock_share(store->leases, LEASE_OPEN) == ZPL_ERR_IO)
        err = zpl_home_lock_failed(store->home, errno, diags);
    return err;
}

static enum zpl_err open_for_writing(struct zpl_sqlite *store, const char *home, const char *path,
                                     struct zpl_diags *diags)
{
    char lock[ZPL_PATH_MAX], leases[ZPL_PATH_MAX];
    enum zpl_err err = zpl_home_make(home, "", diags);
    if (err == ZPL_OK)
        err = zpl_home_join(lock, home, "zpl.lock", diags);
    if (err == ZPL_OK)
        err = zpl_home_join(leases, home, "leases", diags);
    if (err != ZPL_OK)
        return err;
    store->lock = zpl_lock_open(lock);
    if (store->lock < 0)
        return zpl_diag_system(diags, "open", lock, errno);
    store->leases = zpl_lock_open(leases);
    if (store->leases < 0)
        return zpl_diag_system(diags, "open", leases, errno);
    err = take_write_lock(store, diags);
    if (err != ZPL_OK)
        return err;
    err = enter(store, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_open(path, ZPL_SQLDB_WRITE, &store->db, diags);
    if (err == ZPL_OK)
        err = check_version(store, path, diags);
    if (err == ZPL_ERR_NOT_FOUND)
        err = create(store, diags);
    zpl_lock_give(store->lock, 0);
    return err;
}

static enum zpl_err open_for_reading(struct zpl_sqlite *store, const char *home, const char *path,
                                     struct zpl_diags *diags)
{
    char leases[ZPL_PATH_MAX];
    struct zpl_stat st;
    enum zpl_err err = zpl_fs_stat(path, &st, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(leases, home, "leases", diags);
    if (err != ZPL_OK)
        return err;
    store->leases = zpl_fs_open(leases, O_RDONLY, 0);
    if (store->leases < 0 && errno != ENOENT)
        return zpl_diag_system(diags, "open", leases, errno);
    err = enter(store, diags);
    if (err == ZPL_OK)
        err = zpl_sqldb_open(path, ZPL_SQLDB_READ, &store->db, diags);
    return err == ZPL_OK ? check_version(store, path, diags) : err;
}

static void release(void *self)
{
    struct zpl_sqlite *store = self;
    zpl_sqlite_made_release(store);
    zpl_sqldb_release(store->db);
    if (store->lock >= 0)
        close(store->lock);
    if (store->leases >= 0)
        close(store->leases);
    zpl_slots_release(store->slots);
    free(store->runs);
    free(store);
}

enum zpl_err zpl_metadata_sqlite(const struct zpl_stack_config *config, bool write,
                                 struct zpl_metadata *out, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    *out = (struct zpl_metadata){0};
    struct zpl_sqlite *store = zpl_calloc(1, sizeof *store);
    if (!store)
        return zpl_diag_nomem(diags);
    *store = (struct zpl_sqlite){.write = write, .lock = -1, .leases = -1};
    zpl_boot_name(config, store->boot);
    enum zpl_err err = zpl_home_join(store->home, config->home, "", diags);
    if (err == ZPL_OK)
        err = zpl_home_join(path, config->home, "zpl.db", diags);
    if (err == ZPL_OK)
        err = write ? open_for_writing(store, config->home, path, diags)
                    : open_for_reading(store, config->home, path, diags);
    if (err != ZPL_OK) {
        release(store);
        return err;
    }
    *out = (struct zpl_metadata){
        .self = store,
        .flavour = "sqlite",
        .run_begin = zpl_sqlite_run_begin,
        .run_end = zpl_sqlite_run_end,
        .run_repeat = zpl_sqlite_run_repeat,
        .text_put = zpl_sqlite_text_put,
        .run_get = zpl_sqlite_run_get,
        .run_list = zpl_sqlite_run_list,
        .hold = hold,
        .let_go = let_go,
        .step_put = zpl_sqlite_step_put,
        .step_made = zpl_sqlite_step_made,
        .step_by_key = zpl_sqlite_step_by_key,
        .step_sure = zpl_sqlite_step_sure,
        .step_last = zpl_sqlite_step_last,
        .step_failed = zpl_sqlite_step_failed,
        .step_of_run = zpl_sqlite_step_of_run,
        .step_names = zpl_sqlite_step_names,
        .step_makers = zpl_sqlite_step_makers,
        .step_readers = zpl_sqlite_step_readers,
        .name_list = zpl_sqlite_name_list,
        .name_step = zpl_sqlite_name_step,
        .memo_get = zpl_sqlite_memo_get,
        .memo_put = memo_put,
        .lease = lease,
        .unlease = unlease,
        .slots_take = slots_take,
        .slots_give = slots_give,
        .slots_of = slots_of,
        .slots_rest = slots_rest,
        .alone_begin = zpl_sqlite_alone_begin,
        .alone_commit = zpl_sqlite_alone_commit,
        .alone_end = zpl_sqlite_alone_end,
        .retain = zpl_sqlite_retain,
        .forget = zpl_sqlite_forget,
        .made_list = zpl_sqlite_made_list,
        .mend = zpl_sqlite_mend,
        .integrity = zpl_sqlite_integrity,
        .release = release,
    };
    return ZPL_OK;
}
