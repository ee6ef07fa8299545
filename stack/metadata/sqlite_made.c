/* sqlite_made.c - what the steps that a pipeline's run found done had made, in one piece: a run of thousands
 * of steps that are done would look each of them up.  It is remembered (memo, with its sum) at the end of a
 * run, for the next run of that pipeline, and says what step_made would say:
 * - a step whose row is newer than the piece is looked up, as is one that the piece does not have;
 * - when any row of a step goes, so do all pieces (a trigger: sqlite_schema.c);
 * - it holds for the start of the machine in which it was written; rows that are unsure are not in it.
 * A piece is: version u32, boot, number of the newest row u64, count u32, then the steps.  A step is: its
 * length u32, key, start u64, duration u64, count u32, then the outputs.  A text is its length u32, UINT32_MAX
 * for none, its bytes and a NUL.
 * Limits: ZPL_MADE_BYTES_MAX.   Floor: stack. */
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/version.h"
#include "stack/metadata/sqlite.h"

static const char SPACE[] = "made";

#define NO_TEXT   UINT32_MAX
#define STALE(n)  ((n) / 8 + 16) /* so many newer rows make reading it no gain any more */
#define WORTH(n)  ((n) / 8)      /* so many steps that were not in it are worth another */
#define KEY_AT(p) ((p) + 4)      /* of a step that stands there */

/* A step that the piece has; an empty one has the place 0. */
struct place {
    uint32_t at;
    bool used;  /* this run asked for it */
    bool newer; /* there is a newer row of that key */
};
struct zpl_sqlite_made {
    int64_t run, newest; /* number of the newest row of a step when the run began */
    struct zpl_digest name;
    struct zpl_buf piece; /* empty: there is none that holds */
    struct place *places; /* by key, a power of two of them */
    size_t mask, count, used;
    struct zpl_buf fresh; /* steps that were looked up or made */
    size_t fresh_count;
};

/* ---- writing --------------------------------------------------------------------------------- */

static void put_text(struct zpl_buf *out, const char *text)
{
    zpl_buf_u32(out, text ? (uint32_t)strlen(text) : NO_TEXT);
    zpl_buf_add(out, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void put_output(struct zpl_buf *out, const struct zpl_output_row *output)
{
    put_text(out, output->name);
    put_text(out, output->type);
    put_text(out, zpl_sqlite_short_value(output));
    zpl_buf_add(out, output->digest.b, sizeof output->digest.b);
    zpl_buf_u64(out, output->bytes);
    zpl_buf_u64(out, (uint64_t)output->rows);
    zpl_buf_u32(out, (uint32_t)output->column_count);
    for (size_t i = 0; i < output->column_count; i++) {
        put_text(out, output->columns[i].name);
        zpl_buf_add(out, output->columns[i].digest.b, sizeof output->columns[i].digest.b);
    }
}

static void put_step(struct zpl_buf *out, const struct zpl_step_row *step)
{
    size_t from = out->len;
    zpl_buf_u32(out, 0);
    zpl_buf_add(out, step->key.b, sizeof step->key.b);
    zpl_buf_u64(out, (uint64_t)step->started_ns);
    zpl_buf_u64(out, (uint64_t)step->duration_ns);
    zpl_buf_u32(out, (uint32_t)step->output_count);
    for (size_t i = 0; i < step->output_count; i++)
        put_output(out, &step->outputs[i]);
    size_t len = out->len - from - 4;
    for (size_t i = 0; i < 4 && zpl_buf_error(out) == ZPL_OK; i++)
        out->data[from + i] = (char)(len >> (8 * i));
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reader {
    const char *at, *end;
    bool failed;
};

static const char *take(struct reader *r, size_t len)
{
    const char *at = r->at;
    r->failed = r->failed || (size_t)(r->end - r->at) < len;
    r->at += r->failed ? 0 : len;
    return r->failed ? NULL : at;
}

static uint64_t take_number(struct reader *r, size_t bytes)
{
    const char *at = take(r, bytes);
    return at ? zpl_buf_number(at, bytes) : 0;
}

static const char *take_text(struct reader *r)
{
    size_t len = take_number(r, 4);
    const char *text = take(r, len == NO_TEXT ? 1 : len + 1);
    if (len == NO_TEXT)
        return NULL;
    r->failed = r->failed || text[len] != '\0';
    return r->failed ? "" : text;
}

static void take_digest(struct reader *r, struct zpl_digest *out)
{
    const char *at = take(r, sizeof out->b);
    if (at)
        memcpy(out->b, at, sizeof out->b);
}

static void take_output(struct reader *r, struct zpl_output_row *out, struct zpl_arena *arena)
{
    out->name = take_text(r);
    out->type = take_text(r);
    out->json = take_text(r);
    take_digest(r, &out->digest);
    out->bytes = take_number(r, 8);
    out->rows = (int64_t)take_number(r, 8);
    out->column_count = take_number(r, 4);
    r->failed = r->failed || out->column_count > (size_t)(r->end - r->at);
    struct zpl_column_row *columns =
        r->failed || out->column_count == 0
            ? NULL
            : zpl_arena_array(arena, out->column_count, sizeof *columns);
    for (size_t i = 0; columns && i < out->column_count; i++) {
        columns[i].name = take_text(r);
        take_digest(r, &columns[i].digest);
    }
    out->columns = columns;
}

/* The step that stands at `at`; its texts point into a copy. */
static bool read_step(const struct zpl_sqlite_made *made, uint32_t at, struct zpl_step_row *out,
                      struct zpl_arena *arena)
{
    size_t len = zpl_buf_number(made->piece.data + at, 4);
    char *copy = zpl_arena_alloc(arena, len);
    if (!copy)
        return false;
    struct reader r = {.at = copy, .end = copy + len};
    memcpy(copy, made->piece.data + at + 4, len);
    *out = (struct zpl_step_row){0};
    take_digest(&r, &out->key);
    out->started_ns = (int64_t)take_number(&r, 8);
    out->duration_ns = (int64_t)take_number(&r, 8);
    out->output_count = take_number(&r, 4);
    r.failed = r.failed || out->output_count > len;
    struct zpl_output_row *outputs =
        r.failed || out->output_count == 0
            ? NULL
            : zpl_arena_array(arena, out->output_count, sizeof *outputs);
    for (size_t i = 0; outputs && i < out->output_count; i++)
        take_output(&r, &outputs[i], arena);
    out->outputs = outputs;
    return !r.failed && r.at == r.end && !zpl_arena_failed(arena);
}

/* Where the step of that key is, or would be. */
static struct place *find(const struct zpl_sqlite_made *made, const void *key)
{
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    size_t i = hash & made->mask;
    while (made->places[i].at != 0 && memcmp(KEY_AT(made->piece.data + made->places[i].at), key,
                                             sizeof(struct zpl_digest)) != 0)
        i = (i + 1) & made->mask;
    return &made->places[i];
}

/* Where each step stands; of several of one key the last counts. */
static bool list_steps(struct zpl_sqlite_made *made, struct reader *r, size_t count)
{
    size_t room = 64;
    while (room < 2 * count)
        room *= 2;
    if (count > made->piece.len)
        return false;
    made->places = zpl_calloc(room, sizeof *made->places);
    made->mask = room - 1;
    for (size_t i = 0; made->places && i < count && !r->failed; i++) {
        uint32_t at = (uint32_t)(r->at - made->piece.data);
        size_t len = take_number(r, 4);
        r->failed = r->failed || len < sizeof(struct zpl_digest);
        if (take(r, len))
            find(made, KEY_AT(made->piece.data + at))->at = at;
    }
    made->count = count;
    return made->places && !r->failed && r->at == r->end;
}

/* Those of which there are newer rows are not to be taken from it; false: they are too many. */
static bool mark_newer(struct zpl_sqlite *store, struct zpl_sqlite_made *made, int64_t newest)
{
    struct zpl_diags quiet = {0};
    struct zpl_sqlrow *row;
    size_t most = STALE(made->count), found = 0;
    enum zpl_err err = zpl_sqldb_query(
        store->db, &row, &quiet, "SELECT key FROM steps WHERE id > ? AND status = 'ran' LIMIT ?",
        "ii", newest, (int64_t)most + 1);
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, &quiet)) == ZPL_OK) {
        struct zpl_digest key;
        const char *hex = zpl_sqlrow_text(row, 0);
        found++;
        if (hex && zpl_digest_parse(hex, &key))
            find(made, key.b)->newer = true; /* one that the piece does not have stays empty */
    }
    zpl_diags_release(&quiet);
    return err == ZPL_ERR_NOT_FOUND && found <= most;
}

/* What was remembered last, if it holds. */
static bool recall(struct zpl_sqlite *store, struct zpl_sqlite_made *made)
{
    struct zpl_diags quiet = {0};
    enum zpl_err err = zpl_sqlite_memo_get(store, SPACE, &made->name, &made->piece, &quiet);
    zpl_diags_release(&quiet);
    if (err != ZPL_OK)
        return false;
    struct reader r = {.at = made->piece.data, .end = made->piece.data + made->piece.len};
    uint64_t version = take_number(&r, 4);
    const char *boot = take_text(&r);
    int64_t newest = (int64_t)take_number(&r, 8);
    size_t count = take_number(&r, 4);
    return !r.failed && version == ZPL_MADE_VERSION && boot && strcmp(boot, store->boot) == 0 &&
           list_steps(made, &r, count) && mark_newer(store, made, newest);
}

/* ---- a run ----------------------------------------------------------------------------------- */

/* The number of the newest row of a step. */
static enum zpl_err newest_step(struct zpl_sqlite *store, int64_t *out, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags, "SELECT coalesce(max(id), 0) FROM steps", "");
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err;
    *out = zpl_sqlrow_int(row, 0);
    zpl_sqldb_reset(row);
    return ZPL_OK;
}

static void forget_piece(struct zpl_sqlite_made *made)
{
    zpl_buf_release(&made->piece);
    free(made->places);
    made->places = NULL;
    made->count = made->used = 0;
}

enum zpl_err zpl_sqlite_made_begin(struct zpl_sqlite *store, const struct zpl_run_row *run,
                                   int64_t id, struct zpl_diags *diags)
{
    struct zpl_hasher hasher;
    zpl_sqlite_made_release(store);
    if (store->boot[0] == '\0')
        return ZPL_OK; /* whether a row is unsure nobody knows */
    struct zpl_sqlite_made *made = zpl_calloc(1, sizeof *made);
    if (!made)
        return zpl_diag_nomem(diags);
    store->made = made;
    made->run = id;
    made->fresh.cap = ZPL_MADE_BYTES_MAX;
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, run->file, strlen(run->file));
    zpl_hasher_field(&hasher, run->pipeline, strlen(run->pipeline));
    made->name = zpl_hasher_final(&hasher);
    if (!recall(store, made))
        forget_piece(made);
    return newest_step(store, &made->newest, diags);
}

void zpl_sqlite_made_release(struct zpl_sqlite *store)
{
    if (!store->made)
        return;
    forget_piece(store->made);
    zpl_buf_release(&store->made->fresh);
    free(store->made);
    store->made = NULL;
}

bool zpl_sqlite_made_find(struct zpl_sqlite *store, const struct zpl_digest *key,
                          struct zpl_step_row *out, struct zpl_arena *arena)
{
    struct zpl_sqlite_made *made = store->made;
    struct place *place = made && made->places ? find(made, key->b) : NULL;
    if (!place || place->at == 0 || place->newer || !read_step(made, place->at, out, arena))
        return false;
    made->used += !place->used;
    place->used = true;
    return true;
}

void zpl_sqlite_made_note(struct zpl_sqlite *store, const struct zpl_step_row *step)
{
    struct zpl_sqlite_made *made = store->made;
    if (!made)
        return;
    struct place *place = made->places ? find(made, step->key.b) : NULL;
    if (place && place->at != 0)
        place->newer = true;
    put_step(&made->fresh, step);
    made->fresh_count++;
}

/* Did others write rows of steps since the run began? */
static enum zpl_err met_others(struct zpl_sqlite *store, bool *out, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags,
                                       "SELECT 1 FROM steps WHERE id > ? AND run <> ? LIMIT 1",
                                       "ii", store->made->newest, store->made->run);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    *out = err == ZPL_OK;
    if (*out)
        zpl_sqldb_reset(row);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* The piece for the next run, without its head. */
static size_t put_steps(const struct zpl_sqlite_made *made, struct zpl_buf *out)
{
    size_t count = made->fresh_count;
    for (size_t i = 0; made->places && i <= made->mask; i++) {
        const struct place *place = &made->places[i];
        const char *step = made->piece.data + place->at;
        if (place->at == 0 || !place->used || place->newer)
            continue;
        zpl_buf_add(out, step, 4 + zpl_buf_number(step, 4));
        count++;
    }
    zpl_buf_add(out, made->fresh.data, made->fresh.len);
    return count;
}

enum zpl_err zpl_sqlite_made_end(struct zpl_sqlite *store, int64_t run, struct zpl_diags *diags)
{
    struct zpl_sqlite_made *made = store->made;
    struct zpl_buf head = {0}, steps = {0};
    bool others;
    int64_t newest;
    if (!made || made->run != run || zpl_buf_error(&made->fresh) != ZPL_OK ||
        made->fresh_count <= WORTH(made->used))
        return ZPL_OK;
    enum zpl_err err = newest_step(store, &newest, diags);
    if (err == ZPL_OK)
        err = met_others(store, &others, diags);
    if (err != ZPL_OK)
        return err;
    zpl_buf_u32(&head, ZPL_MADE_VERSION);
    put_text(&head, store->boot);
    zpl_buf_u64(&head, (uint64_t)(others ? made->newest : newest));
    zpl_buf_u32(&head, (uint32_t)put_steps(made, &steps));
    zpl_buf_add(&head, steps.data, steps.len);
    if (zpl_buf_error(&steps) != ZPL_OK || zpl_buf_error(&head) != ZPL_OK)
        err = zpl_diag_nomem(diags);
    else if (head.len <= ZPL_MADE_BYTES_MAX)
        err = zpl_sqlite_memo_set(store, SPACE, &made->name, head.data, head.len, diags);
    zpl_buf_release(&steps);
    zpl_buf_release(&head);
    return err;
}
