/* gc.c - see gc.h.   Floor: vm. */
#include "vm/store/gc.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/fs.h"
#include "vm/protocol/json_read.h"
#include "vm/run/report.h"
#include "vm/run/run_record.h"

#define DAY_NS (24 * 3600 * 1000000000LL)

struct digests {
    struct zpl_digest *items;
    size_t count, capacity;
};
struct collecting {
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    struct zpl_artifacts *artifacts;
    const struct zpl_gc_options *options;
    struct zpl_gc *out;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    int64_t *kept; /* numbers of runs */
    size_t kept_count;
    struct digests keys;   /* of the steps of kept runs */
    struct digests needed; /* artifacts */
    const char **mapped;   /* pipelines of kept runs with maps, NULL-terminated */
    size_t mapped_count;
};

static enum zpl_err add(struct collecting *c, struct digests *list, const struct zpl_digest *digest)
{
    struct zpl_digest *items =
        zpl_arena_grow(c->arena, list->items, list->count, &list->capacity, sizeof *items);
    if (items == NULL)
        return zpl_diag_nomem(c->diags);
    list->items = items;
    items[list->count++] = *digest;
    return ZPL_OK;
}

/* Of digests, and of what begins with one. */
static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct zpl_digest));
}

static bool holds(const struct digests *sorted, const struct zpl_digest *digest)
{
    return sorted->count > 0 &&
           bsearch(digest, sorted->items, sorted->count, sizeof *sorted->items, by_digest) != NULL;
}

/* ---- which runs stay ------------------------------------------------------------------------- */

static bool same_pipeline(const struct zpl_run_row *a, const struct zpl_run_row *b)
{
    return strcmp(a->pipeline, b->pipeline) == 0 && strcmp(a->file, b->file) == 0;
}

/* Of rows, newest first: is rows[i] to be kept? */
static bool is_kept(const struct collecting *c, const struct zpl_run_row *rows, size_t i,
                    int64_t now_ns)
{
    size_t newer = 0, keep = c->options->keep > 0 ? c->options->keep : 1;
    bool newest_done = rows[i].status == ZPL_RUN_DONE;
    if (c->options->days > 0 && now_ns - rows[i].started_ns < c->options->days * DAY_NS)
        return true;
    for (size_t k = 0; k < i && (newer < keep || newest_done); k++) {
        if (!same_pipeline(&rows[k], &rows[i]))
            continue;
        newer++;
        newest_done = newest_done && rows[k].status != ZPL_RUN_DONE;
    }
    return newer < keep || newest_done;
}

/* The key of what was done for an item. */
static enum zpl_err need_item(struct collecting *c, const char *made)
{
    struct zpl_digest digest;
    char hex[ZPL_HEX_SIZE] = "";
    memcpy(hex, made + 1, sizeof hex - 1);
    return zpl_digest_parse(hex, &digest) ? add(c, &c->keys, &digest) : ZPL_OK;
}

/* Those of all items of a step, as the run keeps them. */
static enum zpl_err need_items(struct collecting *c, const struct zpl_json *made)
{
    const char *text = zpl_json_str(made, "");
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(made); i++)
        err = need_items(c, zpl_json_at(made, i));
    for (size_t n = strlen(text); err == ZPL_OK && n >= ZPL_REPORT_ITEM_LEN;
         n -= ZPL_REPORT_ITEM_LEN, text += ZPL_REPORT_ITEM_LEN)
        err = need_item(c, text);
    return err;
}

/* What a kept run made or used: keys of its steps, artifacts of their outputs. */
static enum zpl_err need_run(struct collecting *c, int64_t id)
{
    struct zpl_run_row row;
    struct zpl_run_record record = {0};
    struct zpl_digest digest;
    bool mapped = false;
    enum zpl_err err = c->metadata->run_get(c->metadata->self, id, &row, c->arena, c->diags);
    if (err == ZPL_OK)
        err = zpl_run_record_open(&row, &record, c->diags);
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(record.steps); i++) {
        const struct zpl_json *step = zpl_json_at(record.steps, i);
        const struct zpl_json *outputs = zpl_json_get(step, "outputs");
        mapped = mapped || zpl_json_get(step, "items") != NULL;
        err = need_items(c, zpl_json_get(step, "made"));
        if (err == ZPL_OK && zpl_read_digest(step, "key", &digest))
            err = add(c, &c->keys, &digest);
        for (size_t k = 0; err == ZPL_OK && k < zpl_json_count(outputs); k++)
            if (zpl_read_digest(zpl_json_value_at(outputs, k), "digest", &digest))
                err = add(c, &c->needed, &digest);
    }
    /* What ran for items of maps stays, of the whole pipeline: a run of an older zpl does not name it. */
    if (mapped)
        c->mapped[c->mapped_count++] = row.pipeline;
    zpl_run_record_release(&record);
    return err;
}

static enum zpl_err choose_runs(struct collecting *c)
{
    struct zpl_run_row *rows;
    int64_t now_ns = zpl_clock_wall_ns();
    enum zpl_err err = c->metadata->run_list(c->metadata->self, NULL, SIZE_MAX, &rows,
                                             &c->out->runs, c->arena, c->diags);
    c->kept = zpl_arena_array(c->arena, c->out->runs + 1, sizeof *c->kept);
    c->mapped = zpl_arena_array(c->arena, c->out->runs + 1, sizeof *c->mapped);
    if (err == ZPL_OK && (c->kept == NULL || c->mapped == NULL))
        err = zpl_diag_nomem(c->diags);
    for (size_t i = 0; err == ZPL_OK && i < c->out->runs; i++) {
        if (!is_kept(c, rows, i, now_ns))
            continue;
        c->kept[c->kept_count++] = rows[i].id;
        err = need_run(c, rows[i].id);
    }
    c->out->runs_kept = c->kept_count;
    return err;
}

/* ---- which artifacts go ---------------------------------------------------------------------- */

/* Who made each; `made` has the newest first. */
static void name_makers(struct zpl_gc_artifact *removed, size_t count,
                        const struct zpl_made_row *made, size_t made_count)
{
    if (count == 0)
        return;
    qsort(removed, count, sizeof *removed, by_digest);
    for (size_t i = made_count; i-- > 0;) {
        struct zpl_gc_artifact *artifact =
            bsearch(&made[i].digest, removed, count, sizeof *removed, by_digest);
        if (artifact != NULL && (artifact->maker == NULL || !made[i].is_named))
            artifact->maker = &made[i];
    }
}

/* Of all artifacts those that nothing needs. */
static enum zpl_err choose_artifacts(struct collecting *c, const struct zpl_made_row *made,
                                     size_t made_count)
{
    struct zpl_artifact *all;
    char **strays;
    size_t stray_count;
    struct zpl_gc *out = c->out;
    enum zpl_err err = c->artifacts->list(c->artifacts->self, &all, &out->artifacts, &strays,
                                          &stray_count, c->arena, c->diags);
    struct zpl_gc_artifact *removed =
        zpl_arena_array(c->arena, out->artifacts + 1, sizeof *removed);
    if (err == ZPL_OK && removed == NULL)
        err = zpl_diag_nomem(c->diags);
    if (c->needed.count > 0)
        qsort(c->needed.items, c->needed.count, sizeof *c->needed.items, by_digest);
    for (size_t i = 0; err == ZPL_OK && i < out->artifacts; i++) {
        out->bytes += all[i].bytes;
        if (holds(&c->needed, &all[i].digest))
            continue;
        removed[out->removed_count++] =
            (struct zpl_gc_artifact){.digest = all[i].digest, .bytes = all[i].bytes};
        out->removed_bytes += all[i].bytes;
    }
    if (err == ZPL_OK)
        name_makers(removed, out->removed_count, made, made_count);
    out->removed = removed;
    return err;
}

/* Forgets rows and finds what they leave behind; inside the transaction. */
static enum zpl_err condemn(struct collecting *c)
{
    struct zpl_made_row *before, *after;
    struct zpl_run_row *rows;
    size_t before_count, after_count, left = 0;
    struct zpl_metadata *m = c->metadata;
    enum zpl_err err = choose_runs(c);
    if (err == ZPL_OK)
        err = m->made_list(m->self, &before, &before_count, c->arena, c->diags);
    if (err == ZPL_OK)
        err = m->retain(m->self, c->kept, c->kept_count, c->keys.items, c->keys.count, c->mapped,
                        c->diags);
    if (err == ZPL_OK)
        err = m->made_list(m->self, &after, &after_count, c->arena, c->diags);
    for (size_t i = 0; err == ZPL_OK && i < after_count; i++)
        err = add(c, &c->needed, &after[i].digest);
    if (err == ZPL_OK)
        err = m->run_list(m->self, NULL, SIZE_MAX, &rows, &left, c->arena, c->diags);
    c->out->runs_gone = c->out->runs - left;
    return err == ZPL_OK ? choose_artifacts(c, before, before_count) : err;
}

static bool is_key_needed(const void *self, const struct zpl_digest *key)
{
    const struct collecting *c = self;
    return holds(&c->keys, key);
}

/* An environment is needed by the steps of kept runs that were run in it. */
static enum zpl_err collect_envs(struct collecting *c)
{
    if (c->keys.count > 0)
        qsort(c->keys.items, c->keys.count, sizeof *c->keys.items, by_digest);
    return zpl_envs_collect(c->session, c->options->dry_run, is_key_needed, c, &c->out->envs,
                            &c->out->env_count, c->arena);
}

/* Tells which run is in the way. */
static enum zpl_err busy(struct collecting *c, int64_t run)
{
    struct zpl_diag *diag = zpl_diag_add(
        c->diags, ZPL_CODE_STORE_BUSY, (struct zpl_span){0},
        "run %lld goes on: nothing is removed while a run may need it", (long long)run);
    zpl_diag_help(c->diags, diag, "do it again when `zpl runs` shows that it has ended");
    return ZPL_ERR_BUSY;
}

enum zpl_err zpl_gc(struct zpl_session *session, const struct zpl_gc_options *options,
                    struct zpl_gc *out, struct zpl_arena *arena)
{
    struct collecting c = {.session = session,
                           .options = options,
                           .out = out,
                           .arena = arena,
                           .diags = &session->diags};
    int64_t run;
    memset(out, 0, sizeof *out);
    enum zpl_err err = zpl_session_metadata(session, true, &c.metadata);
    if (err == ZPL_OK)
        err = zpl_session_artifacts(session, &c.artifacts);
    if (err != ZPL_OK)
        return err;
    err = c.metadata->alone_begin(c.metadata->self, &run, c.diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_BUSY ? busy(&c, run) : err;
    err = condemn(&c);
    bool write = err == ZPL_OK && !options->dry_run;
    enum zpl_err written =
        c.metadata->alone_commit(c.metadata->self, write ? ZPL_OK : ZPL_ERR_USAGE, c.diags);
    if (write)
        err = written;
    for (size_t i = 0; write && err == ZPL_OK && i < out->removed_count; i++)
        err = c.artifacts->remove(c.artifacts->self, &out->removed[i].digest, c.diags);
    if (err == ZPL_OK)
        err = collect_envs(&c);
    c.metadata->alone_end(c.metadata->self);
    return err;
}
