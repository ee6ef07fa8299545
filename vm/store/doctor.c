/* doctor.c - see doctor.h.   Floor: vm. */
#include "vm/store/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "stack/home.h"
#include "vm/session/sound.h"

#define FREE_LEAST (512ull << 20) /* bytes below which steps will fail for want of room */

struct visit {
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    struct zpl_artifacts *artifacts;
    const volatile sig_atomic_t *interrupted;
    struct zpl_doctor *out;
    bool repair;
    bool damaged; /* the database, so that nothing else can be told by it */
    struct zpl_finding *findings;
    size_t capacity;
    struct zpl_made_row *made;
    size_t made_count;
    struct zpl_artifact *all; /* sorted by digest */
    struct zpl_digest *bad;   /* wrong or missing: to be forgotten */
    size_t bad_count, bad_capacity;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
};

static const char REMAKE[] = "`zpl doctor --repair` forgets it, so that its step makes it again";

/* Adds a finding with words in the arena. */
static void find(struct visit *v, bool problem, const char *what, const char *help,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
static void find(struct visit *v, bool problem, const char *what, const char *help,
                 const char *format, ...)
{
    va_list args;
    struct zpl_finding *findings = zpl_arena_grow(v->arena, v->findings, v->out->finding_count,
                                                  &v->capacity, sizeof *findings);
    va_start(args, format);
    const char *words = zpl_arena_vprintf(v->arena, format, args);
    va_end(args);
    if (findings == NULL || words == NULL)
        return;
    v->findings = findings;
    findings[v->out->finding_count++] =
        (struct zpl_finding){.problem = problem, .what = what, .words = words, .help = help};
    v->out->problems += problem;
}

static enum zpl_err add_bad(struct visit *v, const struct zpl_digest *digest)
{
    struct zpl_digest *bad =
        zpl_arena_grow(v->arena, v->bad, v->bad_count, &v->bad_capacity, sizeof *bad);
    if (bad == NULL)
        return zpl_diag_nomem(v->diags);
    v->bad = bad;
    bad[v->bad_count++] = *digest;
    return ZPL_OK;
}

/* "3/split/train (720486ecdc3e)" of the newest that made it. */
static const char *name_of(struct visit *v, const struct zpl_digest *digest)
{
    char hex[ZPL_HEX_SIZE];
    const struct zpl_made_row *maker = NULL;
    zpl_digest_hex(digest, hex);
    for (size_t i = 0; (maker == NULL || maker->is_named) && i < v->made_count; i++)
        if (zpl_digest_equal(&v->made[i].digest, digest) && (maker == NULL || !v->made[i].is_named))
            maker = &v->made[i];
    if (maker != NULL)
        return zpl_arena_printf(v->arena, "%lld/%s/%s (%.12s)", (long long)maker->run, maker->step,
                                maker->output, hex);
    return zpl_arena_printf(v->arena, "%.12s, which no run names,", hex);
}

/* ---- artifacts ------------------------------------------------------------------------------- */

static int by_digest(const void *a, const void *b)
{
    const struct zpl_artifact *x = a, *y = b;
    return memcmp(&x->digest, &y->digest, sizeof x->digest);
}

static int by_maker(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct zpl_digest));
}

/* It may be whole: it is not forgotten. */
static enum zpl_err unreadable(struct visit *v, const struct zpl_digest *digest)
{
    find(v, true, "unreadable", "look at the disk, and at who may read the file",
         "%s can't be read: %s", name_of(v, digest),
         v->diags->count > 0 ? v->diags->items[0]->message : "no reason is known");
    zpl_diags_clear(v->diags);
    return ZPL_OK;
}

/* Each artifact against its digest.  One that can't be read is told as a problem, with why. */
static enum zpl_err hold_all(struct visit *v)
{
    enum zpl_err err = ZPL_OK;
    char path[ZPL_PATH_MAX];
    for (size_t i = 0; err == ZPL_OK && i < v->out->artifacts; i++) {
        if (*v->interrupted != 0)
            return ZPL_ERR_INTERRUPTED;
        v->out->bytes += v->all[i].bytes;
        err = zpl_sound_local(v->session, &v->all[i].digest, path, v->diags);
        v->out->sound += err == ZPL_OK;
        if (err == ZPL_ERR_IO) {
            err = unreadable(v, &v->all[i].digest);
        } else if (err == ZPL_ERR_NOT_FOUND) {
            zpl_diags_clear(v->diags); /* another process has just removed it */
            err = ZPL_OK;
        } else if (err == ZPL_ERR_CORRUPT) {
            zpl_diags_clear(v->diags);
            find(v, true, "artifact", REMAKE, "the bytes of %s are not what was stored",
                 name_of(v, &v->all[i].digest));
            err = add_bad(v, &v->all[i].digest);
        }
    }
    return err;
}

static bool is_there(const struct visit *v, const struct zpl_digest *digest)
{
    const struct zpl_artifact wanted = {.digest = *digest};
    return v->out->artifacts > 0 &&
           bsearch(&wanted, v->all, v->out->artifacts, sizeof *v->all, by_digest) != NULL;
}

/* Is it an effect's output, which has no bytes? */
static bool has_none(const struct zpl_digest *digest)
{
    static const struct zpl_digest none;
    return zpl_digest_equal(digest, &none);
}

static bool is_among(const struct zpl_made_row *made, size_t count, const struct zpl_digest *digest)
{
    for (size_t i = 0; i < count; i++)
        if (!made[i].is_named && zpl_digest_equal(&made[i].digest, digest))
            return true;
    return false;
}

/* Is it gone, and still recorded?  gc forgets rows before it removes what they named, and a run may have
 * made it again. */
static enum zpl_err still_missing(struct visit *v, const struct zpl_digest *digest, bool *missing)
{
    struct zpl_made_row *made;
    size_t count;
    enum zpl_err err = v->artifacts->has(v->artifacts->self, digest, UINT64_MAX, v->diags);
    *missing = err == ZPL_ERR_NOT_FOUND;
    if (!*missing)
        return err;
    err = v->metadata->made_list(v->metadata->self, &made, &count, v->arena, v->diags);
    *missing = err == ZPL_OK && is_among(made, count, digest);
    return err;
}

/* Outputs that are recorded and not there; each digest once. */
static enum zpl_err find_missing(struct visit *v)
{
    enum zpl_err err = ZPL_OK;
    size_t first = v->bad_count;
    for (size_t i = 0; err == ZPL_OK && i < v->made_count; i++) {
        const struct zpl_made_row *made = &v->made[i];
        bool told = false, missing = false;
        if (made->is_kept_here || made->is_named || has_none(&made->digest) ||
            is_there(v, &made->digest))
            continue;
        for (size_t k = first; k < v->bad_count; k++)
            told = told || zpl_digest_equal(&v->bad[k], &made->digest);
        if (!told)
            err = still_missing(v, &made->digest, &missing);
        if (err != ZPL_OK || !missing)
            continue;
        find(v, true, "artifact", REMAKE, "the bytes of %s are missing", name_of(v, &made->digest));
        err = add_bad(v, &made->digest);
    }
    return err;
}

static bool is_bad(const struct visit *v, const struct zpl_digest *digest)
{
    for (size_t i = 0; i < v->bad_count; i++)
        if (zpl_digest_equal(&v->bad[i], digest))
            return true;
    return false;
}

/* What stands under names and has no sound bytes: no repair makes it again, which its pipeline does. */
static enum zpl_err find_names(struct visit *v)
{
    struct zpl_metadata *m = v->metadata;
    struct zpl_name_row *names;
    size_t count;
    enum zpl_err err = m->name_list(m->self, NULL, &names, &count, v->arena, v->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        struct zpl_step_row row;
        err = m->name_step(m->self, names[i].step, &row, v->arena, v->diags);
        if (err == ZPL_ERR_NOT_FOUND) { /* it was removed meanwhile */
            err = ZPL_OK;
            continue;
        }
        const struct zpl_output_row *output = row.outputs;
        if (err != ZPL_OK || row.output_count != 1 || output->json != NULL ||
            (is_there(v, &output->digest) && !is_bad(v, &output->digest)))
            continue;
        find(v, false, "name",
             zpl_arena_printf(v->arena, "run pipeline %s again, which makes it and writes it again",
                              row.pipeline),
             "what run %lld wrote as '%s' is not in the store any more", (long long)row.run,
             names[i].name);
    }
    return err;
}

/* Artifacts that no row names. */
static enum zpl_err find_orphans(struct visit *v)
{
    struct zpl_digest *named = zpl_arena_array(v->arena, v->made_count + 1, sizeof *named);
    uint64_t bytes = 0;
    size_t count = 0;
    struct zpl_buf size = {0};
    if (named == NULL)
        return zpl_diag_nomem(v->diags);
    for (size_t i = 0; i < v->made_count; i++)
        named[i] = v->made[i].digest;
    qsort(named, v->made_count, sizeof *named, by_maker);
    for (size_t i = 0; i < v->out->artifacts; i++) {
        if (bsearch(&v->all[i].digest, named, v->made_count, sizeof *named, by_maker) != NULL)
            continue;
        count++;
        bytes += v->all[i].bytes;
    }
    zpl_text_show_bytes(&size, bytes);
    if (count > 0)
        find(v, false, "artifact", "`zpl gc` removes what no kept run needs",
             "%zu artifact%s, %s, %s not named by any run", count, count == 1 ? "" : "s",
             zpl_buf_str(&size), count == 1 ? "is" : "are");
    zpl_buf_release(&size);
    return ZPL_OK;
}

static enum zpl_err look_at_artifacts(struct visit *v)
{
    char **strays;
    size_t stray_count;
    /* Rows are read first: what they name was there by then. */
    enum zpl_err err =
        v->metadata->made_list(v->metadata->self, &v->made, &v->made_count, v->arena, v->diags);
    if (err == ZPL_OK)
        err = v->artifacts->list(v->artifacts->self, &v->all, &v->out->artifacts, &strays,
                                 &stray_count, v->arena, v->diags);
    if (err != ZPL_OK)
        return err;
    if (v->out->artifacts > 0)
        qsort(v->all, v->out->artifacts, sizeof *v->all, by_digest);
    for (size_t i = 0; err == ZPL_OK && i < stray_count; i++)
        find(v, true, "file", "nothing of zpl needs it: remove it",
             "%s is in the store and no artifact", strays[i]);
    if (err == ZPL_OK)
        err = hold_all(v);
    if (err == ZPL_OK)
        err = find_missing(v);
    if (err == ZPL_OK)
        err = find_names(v);
    return err == ZPL_OK ? find_orphans(v) : err;
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* Alone: other processes' answers come from what is damaged too. */
static enum zpl_err begin_alone(struct visit *v)
{
    int64_t run;
    enum zpl_err err = v->metadata->alone_begin(v->metadata->self, &run, v->diags);
    if (err == ZPL_ERR_BUSY) {
        struct zpl_diag *diag =
            zpl_diag_add(v->diags, ZPL_CODE_STORE_BUSY, (struct zpl_span){0},
                         "run %lld goes on: nothing is repaired meanwhile", (long long)run);
        zpl_diag_help(v->diags, diag, "do it again when `zpl runs` shows that it has ended");
    }
    return err;
}

/* Forgets what is damaged in the database; *mended tells whether nothing is left that is. */
static enum zpl_err mend(struct visit *v, bool *mended)
{
    struct zpl_metadata *m = v->metadata;
    struct zpl_diags quiet = {0};
    const char *why = NULL;
    *mended = false;
    enum zpl_err err = begin_alone(v);
    if (err != ZPL_OK)
        return err;
    err = m->alone_commit(m->self, m->mend(m->self, &quiet), &quiet);
    m->alone_end(m->self);
    if (err == ZPL_OK)
        err = m->integrity(m->self, &why, v->arena, &quiet);
    *mended = err == ZPL_OK && why == NULL;
    zpl_diags_release(&quiet);
    return ZPL_OK;
}

static enum zpl_err look_at_database(struct visit *v)
{
    bool mended = false;
    const char *why;
    enum zpl_err err = v->metadata->integrity(v->metadata->self, &why, v->arena, v->diags);
    if (err != ZPL_OK || why == NULL)
        return err;
    if (v->repair)
        err = mend(v, &mended);
    if (err != ZPL_OK)
        return err;
    if (mended) {
        find(v, false, "database", "what it named is made again when it is needed",
             "zpl.db was damaged, and what was is forgotten: %s", why);
        if (v->out->finding_count > 0)
            v->findings[v->out->finding_count - 1].repaired = true;
    } else {
        v->damaged = true;
        find(v, true, "database",
             v->repair
                 ? "copy the .zpl folder away, remove it, and run the pipelines again"
                 : "`zpl doctor --repair` forgets what is damaged, as far as it can; what else is "
                   "wrong is told when that is done",
             "zpl.db is damaged: %s", why);
    }
    return ZPL_OK;
}

/* What is deployed against the digest of its model.  What is damaged is taken away by `repair`, so that it is
 * deployed again. */
static enum zpl_err look_at_deployments(struct visit *v)
{
    struct zpl_deployer *deployer;
    struct zpl_deployed *deployed = NULL;
    size_t count = 0;
    enum zpl_err err = zpl_session_deployer(v->session, &deployer);
    if (err == ZPL_OK)
        err = deployer->list(deployer->self, &deployed, &count, v->arena, v->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        struct zpl_diags told = {0};
        const char *path = deployed[i].model_path;
        enum zpl_err sound =
            path != NULL ? zpl_sound_path(path, &deployed[i].model, &told) : ZPL_ERR_CORRUPT;
        zpl_diags_release(&told);
        if (*v->interrupted != 0)
            return ZPL_ERR_INTERRUPTED;
        if (sound != ZPL_ERR_CORRUPT)
            continue;
        find(v, !v->repair, "deployment",
             v->repair
                 ? "it is taken away: the next run of its pipeline deploys it again"
                 : "`zpl doctor --repair` takes it away, so that the next run of its pipeline "
                   "deploys it again",
             "what is deployed as %s is not what was deployed", deployed[i].name);
        if (v->repair)
            err = deployer->remove(deployer->self, deployed[i].name, v->diags);
        if (v->repair && err == ZPL_OK && v->out->finding_count > 0)
            v->findings[v->out->finding_count - 1].repaired = true;
    }
    return err;
}

static enum zpl_err look_at_runs(struct visit *v)
{
    struct zpl_run_row *rows;
    enum zpl_err err = v->metadata->run_list(v->metadata->self, NULL, SIZE_MAX, &rows,
                                             &v->out->runs, v->arena, v->diags);
    for (size_t i = 0; err == ZPL_OK && i < v->out->runs; i++)
        if (rows[i].status == ZPL_RUN_INTERRUPTED)
            find(v, false, "run",
                 zpl_arena_printf(v->arena, "to go on from what it finished: zpl run %s",
                                  rows[i].file),
                 "run %lld of %s was interrupted", (long long)rows[i].id, rows[i].pipeline);
    return err;
}

/* Folders of scratch, the guard aside. */
static size_t count_scratch(struct visit *v)
{
    char path[ZPL_PATH_MAX];
    char **names;
    size_t count = 0, folders = 0;
    if (zpl_path_join(path, v->session->project.home, "scratch") != ZPL_OK ||
        zpl_fs_list(path, v->arena, &names, &count, NULL) != ZPL_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        folders += strcmp(names[i], "guard") != 0;
    return folders;
}

/* What killed processes left is removed when the store is opened. */
static enum zpl_err look_at_scratch(struct visit *v)
{
    size_t before = count_scratch(v);
    enum zpl_err err = zpl_session_artifacts(v->session, &v->artifacts);
    size_t after = count_scratch(v);
    if (err == ZPL_OK && after < before)
        find(v, false, "scratch", NULL, "what %zu killed process%s left in scratch is removed now",
             before - after, before - after == 1 ? "" : "es");
    return err;
}

static void look_at_disk(struct visit *v)
{
    struct statfs kind;
    const char *network = statfs(v->session->project.home, &kind) == 0
                              ? zpl_home_network((uint64_t)kind.f_type)
                              : NULL;
    if (network != NULL)
        find(v, false, "disk", "ZPL_HOME=FOLDER keeps it on a local disk",
             "the store is on a network file system, %s: one machine at a time can use it",
             network);
    struct statvfs fs;
    struct zpl_buf size = {0};
    if (statvfs(v->session->project.home, &fs) != 0)
        return;
    v->out->free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    zpl_text_show_bytes(&size, v->out->free_bytes);
    if (v->out->free_bytes < FREE_LEAST)
        find(v, true, "disk", "`zpl gc` frees what no kept run needs",
             "only %s are free where the store is", zpl_buf_str(&size));
    zpl_buf_release(&size);
}

/* Forgets what is wrong or missing; alone, so that no run counts on it. */
static enum zpl_err repair(struct visit *v)
{
    struct zpl_metadata *m = v->metadata;
    enum zpl_err err = begin_alone(v);
    if (err != ZPL_OK)
        return err;
    for (size_t i = 0; err == ZPL_OK && i < v->bad_count; i++)
        err = m->forget(m->self, &v->bad[i], v->diags);
    err = m->alone_commit(m->self, err, v->diags);
    for (size_t i = 0; err == ZPL_OK && i < v->bad_count; i++)
        err = v->artifacts->remove(v->artifacts->self, &v->bad[i], v->diags);
    m->alone_end(m->self);
    for (size_t i = 0; err == ZPL_OK && i < v->out->finding_count; i++) {
        if (strcmp(v->findings[i].what, "artifact") != 0 || !v->findings[i].problem)
            continue;
        v->findings[i].problem = false;
        v->findings[i].repaired = true;
        v->findings[i].help = "it is forgotten: its step makes it again when it is needed";
        v->out->problems--;
    }
    return err;
}

enum zpl_err zpl_doctor(struct zpl_session *session, bool want_repair,
                        const volatile sig_atomic_t *interrupted, struct zpl_doctor *out,
                        struct zpl_arena *arena)
{
    struct visit v = {.session = session,
                      .interrupted = interrupted,
                      .repair = want_repair,
                      .out = out,
                      .arena = arena,
                      .diags = &session->diags};
    memset(out, 0, sizeof *out);
    enum zpl_err err = zpl_session_metadata(session, want_repair, &v.metadata);
    if (err == ZPL_OK)
        err = look_at_database(&v);
    out->counted = !v.damaged;
    if (err == ZPL_OK)
        err = look_at_scratch(&v);
    if (err == ZPL_OK && !v.damaged)
        err = look_at_artifacts(&v);
    if (err == ZPL_OK && !v.damaged)
        err = look_at_runs(&v);
    if (err == ZPL_OK)
        err = look_at_deployments(&v);
    if (err == ZPL_OK)
        look_at_disk(&v);
    if (err == ZPL_OK && zpl_arena_failed(arena)) /* what was found may not all be told */
        err = zpl_diag_nomem(v.diags);
    if (err == ZPL_OK && want_repair && v.bad_count > 0)
        err = repair(&v);
    out->findings = v.findings;
    return err;
}
