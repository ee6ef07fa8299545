/* settled.c - see settled.h.   Floor: vm. */
#include "vm/run/settled.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/version.h"
#include "stack/boot.h"
#include "vm/plan/effect.h"
#include "vm/plan/map.h"
#include "vm/run/report.h"
#include "vm/session/named.h"
#include "vm/session/witness.h"

static const char SPACE[] = "settled";
static const char TEXT[] = "text", GRAPH[] = "graph"; /* what a run is found by */

/* ---- under which name it is kept ---- */

/* This zpl, the program by its text or its graph, its params and its place; false: nobody knows. */
static bool name_of(const struct zpl_session *session, const struct zpl_session_options *options,
                    const char *what, const struct zpl_digest *digest, struct zpl_digest *name)
{
    struct zpl_hasher hasher;
    struct zpl_stat zpl;
    char folder[ZPL_PATH_MAX];
    if (zpl_fs_stat("/proc/self/exe", &zpl, NULL) != ZPL_OK ||
        getcwd(folder, sizeof folder) == NULL)
        return false;
    uint64_t build[] = {
        ZPL_SETTLED_VERSION,   zpl.size, zpl.inode, zpl.device, (uint64_t)zpl.mtime_ns,
        (uint64_t)zpl.ctime_ns};
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, build, sizeof build);
    zpl_hasher_text(&hasher, what);
    zpl_hasher_field(&hasher, digest->b, sizeof digest->b);
    zpl_hasher_text(&hasher, session->project.root);
    zpl_hasher_text(&hasher, session->project.home);
    zpl_hasher_text(&hasher, session->project.relative);
    zpl_hasher_text(&hasher, options->file); /* with its pipeline */
    zpl_hasher_text(&hasher, folder);        /* params may be paths */
    for (size_t i = 0; i < options->given_count; i++) {
        zpl_hasher_text(&hasher, options->given[i].name);
        zpl_hasher_text(&hasher, options->given[i].text);
    }
    *name = zpl_hasher_final(&hasher);
    return true;
}

/* ---- writing: numbers are little-endian, texts have their length before them ---- */

static void put_text(struct zpl_buf *out, const char *text)
{
    zpl_buf_u32(out, (uint32_t)strlen(text));
    zpl_buf_puts(out, text);
}

static void put_digest(struct zpl_buf *out, const struct zpl_digest *digest)
{
    zpl_buf_add(out, digest->b, sizeof digest->b);
}

static void put_sights(struct zpl_buf *out, const struct zpl_witness *witness)
{
    zpl_buf_u32(out, (uint32_t)witness->count);
    for (size_t i = 0; i < witness->count; i++) {
        const struct zpl_sight *s = &witness->sights[i];
        zpl_buf_u32(out, (uint32_t)s->kind | (s->sure ? 0x100u : 0));
        put_text(out, s->path);
        put_digest(out, &s->answer);
        if (s->kind != ZPL_SAW_CONTENT && s->kind != ZPL_SAW_IMPORT)
            continue;
        zpl_buf_u64(out, s->stat.size);
        zpl_buf_u64(out, s->stat.inode);
        zpl_buf_u64(out, s->stat.device);
        zpl_buf_u64(out, (uint64_t)s->stat.mtime_ns);
        zpl_buf_u64(out, (uint64_t)s->stat.ctime_ns);
    }
}

static int by_digest(const void *a, const void *b)
{
    const struct zpl_plan_artifact *x = a, *y = b;
    return memcmp(&x->digest, &y->digest, sizeof x->digest);
}

/* The artifacts that have to be there, each once. */
static bool put_artifacts(struct zpl_buf *out, const struct zpl_plan *plan)
{
    const struct zpl_plan_stands *stands = plan->stands;
    size_t most = stands->artifact_count, count = 0, kept = 0;
    struct zpl_arena arena = {0};
    for (size_t id = 0; id < plan->graph->count; id++)
        most += plan->graph->nodes[id].output_count;
    struct zpl_plan_artifact *artifacts = zpl_arena_array(&arena, most + 1, sizeof *artifacts);
    for (size_t id = 0; artifacts != NULL && id < plan->graph->count; id++) {
        const struct zpl_step_plan *step = &plan->steps[id];
        for (size_t i = 0; step->outputs != NULL && !zpl_effect_is(&plan->graph->nodes[id]) &&
                           i < plan->graph->nodes[id].output_count;
             i++)
            if (!zpl_output_is_inline(&step->outputs[i]))
                artifacts[count++] =
                    (struct zpl_plan_artifact){step->outputs[i].digest, step->outputs[i].bytes};
    }
    for (size_t i = 0; artifacts != NULL && i < stands->artifact_count; i++)
        artifacts[count++] = stands->artifacts[i];
    bool fine = artifacts != NULL;
    if (fine && count > 0)
        qsort(artifacts, count, sizeof *artifacts, by_digest);
    for (size_t i = 0; fine && i < count; i++)
        if (i == 0 || by_digest(&artifacts[i - 1], &artifacts[i]) != 0)
            artifacts[kept++] = artifacts[i];
    zpl_buf_u32(out, (uint32_t)kept);
    for (size_t i = 0; i < kept; i++) {
        put_digest(out, &artifacts[i].digest);
        zpl_buf_u64(out, artifacts[i].bytes);
    }
    zpl_arena_release(&arena);
    return fine;
}

/* Is it a deployment of the program itself, which was done?  Those of items are listed by themselves. */
static bool is_deployed(const struct zpl_plan *plan, uint32_t id)
{
    return zpl_effect_is(&plan->graph->nodes[id]) && plan->graph->nodes[id].map == 0 &&
           plan->steps[id].status == ZPL_PLAN_CACHED;
}

/* The deployments, and what was written under names, that have to stand. */
static void put_effects(struct zpl_buf *out, struct zpl_plan *plan)
{
    uint32_t count = (uint32_t)plan->stands->effect_count;
    for (uint32_t id = 0; id < plan->graph->count; id++)
        count += is_deployed(plan, id);
    zpl_buf_u32(out, count);
    for (uint32_t id = 0; id < plan->graph->count; id++) {
        if (!is_deployed(plan, id))
            continue;
        zpl_buf_u32(out, zpl_node_writes_name(&plan->graph->nodes[id]));
        put_text(out, zpl_effect_name(plan, id));
        put_digest(out, &plan->steps[id].key);
    }
    for (size_t i = 0; i < plan->stands->effect_count; i++) {
        zpl_buf_u32(out, plan->stands->effects[i].written);
        put_text(out, plan->stands->effects[i].name);
        put_digest(out, &plan->stands->effects[i].key);
    }
}

/* Is nothing left to do, and would nobody be told anything? */
static bool is_settled(const struct zpl_run *run)
{
    const struct zpl_session *session = run->plan.session;
    if (run->status != ZPL_RUN_DONE || run->plan.no_cache || session->witness.lost ||
        session->program.diags.count > 0 || session->diags.count > 0 ||
        run->plan.only_item != NULL) /* what other items would do nobody knows */
        return false;
    for (size_t id = 0; id < run->plan.graph->count; id++) {
        enum zpl_plan_status status = run->plan.steps[id].status;
        if (status != ZPL_PLAN_SKIPPED && ((status != ZPL_PLAN_CACHED && status != ZPL_PLAN_RAN) ||
                                           !run->plan.graph->nodes[id].cache))
            return false;
    }
    return true;
}

/* What ran is what a run after it finds; false: nothing ran, so the plan is that of such a run already. */
static bool find_done(struct zpl_plan *plan)
{
    bool other = false;
    for (size_t id = 0; id < plan->graph->count; id++) {
        struct zpl_step_plan *step = &plan->steps[id];
        if (step->status != ZPL_PLAN_RAN)
            continue;
        step->status = ZPL_PLAN_CACHED;
        step->attempts = 0;
        step->why = NULL;
        other = true;
    }
    for (size_t map = 0; map < plan->graph->map_count; map++)
        if (zpl_mapping_settle(plan->maps[map]))
            other = true;
    return other;
}

/* Keeps the plan of a run that finds everything; *digest names it. */
static enum zpl_err keep_plan(struct zpl_run *run, struct zpl_metadata *metadata,
                              struct zpl_digest *digest)
{
    struct zpl_session *session = run->plan.session;
    struct zpl_buf text = {0};
    *digest = run->plan_text;
    if (!find_done(&run->plan))
        return ZPL_OK;
    struct zpl_json *json = zpl_report_record(&run->plan);
    enum zpl_err err =
        zpl_json_write(json, false, &text) == ZPL_OK
            ? metadata->text_put(metadata->self, zpl_buf_str(&text), digest, &session->diags)
            : zpl_diag_nomem(&session->diags);
    zpl_json_release(json);
    zpl_buf_release(&text);
    return err;
}

/* What is kept for each text, and for the graph: a text may have another graph when it is evaluated again.  The rest is
 * the same for all of one graph, and kept once under its digest. */
struct head {
    int64_t run;
    bool maps;                            /* the graph has some */
    struct zpl_digest plan, places, rest; /* names of texts, and of the rest */
};

/* Keeps a head under its name, with what the session saw of the world. */
static enum zpl_err keep_head(struct zpl_session *session, struct zpl_metadata *metadata,
                              const struct head *head, const struct zpl_digest *name)
{
    struct zpl_buf value = {0};
    char boot[ZPL_BOOT_SIZE];
    zpl_boot_name(&session->config, boot);
    zpl_buf_u32(&value, ZPL_SETTLED_VERSION);
    zpl_buf_u64(&value, (uint64_t)head->run);
    put_text(&value, boot);
    zpl_buf_u32(&value, head->maps);
    put_digest(&value, &head->plan);
    put_digest(&value, &head->places);
    put_digest(&value, &head->rest);
    put_sights(&value, &session->witness);
    enum zpl_err err = zpl_buf_error(&value) == ZPL_OK
                           ? metadata->memo_put(metadata->self, SPACE, name, value.data, value.len,
                                                &session->diags)
                           : zpl_diag_nomem(&session->diags);
    zpl_buf_release(&value);
    return err;
}

/* Keeps what has to be there, and a line a step; *digest names it. */
static enum zpl_err keep_rest(struct zpl_plan *plan, struct zpl_metadata *metadata,
                              zpl_settled_describe_fn *describe, struct zpl_digest *digest)
{
    struct zpl_diags *diags = &plan->session->diags;
    struct zpl_buf text = {0}, value = {0};
    bool fine = put_artifacts(&value, plan);
    put_effects(&value, plan);
    zpl_buf_u32(&value, (uint32_t)plan->graph->count);
    for (uint32_t id = 0; id < plan->graph->count; id++) {
        zpl_buf_u32(&value, plan->steps[id].status == ZPL_PLAN_SKIPPED);
        put_text(&value, plan->graph->nodes[id].name);
        zpl_buf_clear(&text);
        describe(plan, id, &text);
        put_text(&value, zpl_buf_str(&text));
    }
    fine = fine && !zpl_arena_failed(&plan->arena) && zpl_buf_error(&value) == ZPL_OK;
    *digest = zpl_digest_of(zpl_buf_str(&value), value.len);
    enum zpl_err err =
        fine ? metadata->memo_put(metadata->self, SPACE, digest, value.data, value.len, diags)
             : zpl_diag_nomem(diags);
    zpl_buf_release(&text);
    zpl_buf_release(&value);
    return err;
}

enum zpl_err zpl_settled_keep(struct zpl_run *run, const struct zpl_session_options *options,
                              zpl_settled_describe_fn *describe)
{
    struct zpl_session *session = run->plan.session;
    struct zpl_metadata *metadata;
    struct zpl_digest name, graph, of_graph;
    struct head head = {
        .run = run->id, .maps = run->plan.graph->map_count > 0, .places = run->places_text};
    if (options->stack != NULL || !is_settled(run))
        return ZPL_OK;
    enum zpl_err err = zpl_session_digest_graph(session, &graph);
    if (err != ZPL_OK || !name_of(session, options, TEXT, &session->text_digest, &name) ||
        !name_of(session, options, GRAPH, &graph, &of_graph))
        return err;
    err = zpl_session_metadata(session, true, &metadata);
    if (err == ZPL_OK)
        err = keep_plan(run, metadata, &head.plan);
    if (err == ZPL_OK)
        err = keep_rest(&run->plan, metadata, describe, &head.rest);
    if (err == ZPL_OK)
        err = keep_head(session, metadata, &head, &name);
    if (err == ZPL_OK)
        err = keep_head(session, metadata, &head, &of_graph);
    return err;
}

/* ---- reading ---- */

struct reader {
    const char *at, *end;
    bool failed; /* malformed: nothing is recalled */
    struct zpl_arena *arena;
};

static void get(struct reader *r, void *out, size_t len)
{
    r->failed = r->failed || (size_t)(r->end - r->at) < len;
    if (r->failed) {
        memset(out, 0, len);
        return;
    }
    memcpy(out, r->at, len);
    r->at += len;
}

static uint64_t get_number(struct reader *r, size_t bytes)
{
    uint8_t b[8];
    get(r, b, bytes);
    return zpl_buf_number(b, bytes);
}

static const char *get_text(struct reader *r)
{
    size_t len = get_number(r, 4);
    r->failed = r->failed || (size_t)(r->end - r->at) < len;
    const char *text = r->failed ? NULL : zpl_arena_strndup(r->arena, r->at, len);
    r->failed = text == NULL;
    r->at += r->failed ? 0 : len;
    return r->failed ? "" : text;
}

static struct zpl_digest get_digest(struct reader *r)
{
    struct zpl_digest digest;
    get(r, digest.b, sizeof digest.b);
    return digest;
}

/* Says what is not as it was; false. */
static bool doubt(struct zpl_settled *out, struct zpl_arena *arena, const char *what,
                  const char *which)
{
    const char *words = zpl_arena_printf(arena, "%s %s", what, which);
    out->doubt = words != NULL ? words : what;
    return false;
}

/* Nothing is noted of what is asked here. */
static bool sight_holds(const struct zpl_sight *sight, struct zpl_session *session)
{
    struct zpl_project project = session->project;
    project.witness = NULL;
    return sight->kind == ZPL_SAW_NAME ? zpl_named_holds(session, sight->path, &sight->answer)
                                       : zpl_sight_holds(sight, &project);
}

static struct zpl_sight get_sight(struct reader *r)
{
    uint64_t kind = get_number(r, 4);
    struct zpl_sight sight = {.kind = (enum zpl_saw)(kind & 0xff), .sure = kind >> 8 & 1};
    sight.path = get_text(r);
    sight.answer = get_digest(r);
    if (sight.kind != ZPL_SAW_CONTENT && sight.kind != ZPL_SAW_IMPORT)
        return sight;
    sight.stat = (struct zpl_stat){.is_file = true};
    sight.stat.size = get_number(r, 8);
    sight.stat.inode = get_number(r, 8);
    sight.stat.device = get_number(r, 8);
    sight.stat.mtime_ns = (int64_t)get_number(r, 8);
    sight.stat.ctime_ns = (int64_t)get_number(r, 8);
    return sight;
}

/* Of a program that was compiled (`graph`) what its imports say is known: it gave the same graph. */
static bool sights_hold(struct reader *r, struct zpl_session *session, bool graph,
                        struct zpl_settled *out)
{
    bool hold = true;
    for (uint64_t n = get_number(r, 4); hold && n > 0 && !r->failed; n--) {
        struct zpl_sight sight = get_sight(r);
        hold = !r->failed &&
               ((graph && sight.kind == ZPL_SAW_IMPORT) || sight_holds(&sight, session) ||
                doubt(out, r->arena, "there is something else at", sight.path));
    }
    return hold && !r->failed;
}

static bool artifacts_are_there(struct reader *r, struct zpl_session *session,
                                struct zpl_settled *out)
{
    struct zpl_artifacts *artifacts;
    struct zpl_diags quiet = {0};
    uint64_t count = get_number(r, 4);
    bool there = !r->failed && zpl_session_artifacts(session, &artifacts) == ZPL_OK;
    for (uint64_t i = 0; there && i < count; i++) {
        struct zpl_digest digest = get_digest(r);
        uint64_t bytes = get_number(r, 8);
        char hex[ZPL_HEX_SIZE];
        zpl_digest_hex(&digest, hex);
        there = !r->failed && (artifacts->has(artifacts->self, &digest, bytes, &quiet) == ZPL_OK ||
                               doubt(out, r->arena, "there is no artifact", hex));
    }
    zpl_diags_release(&quiet);
    return there;
}

static bool effects_stand(struct reader *r, struct zpl_session *session, struct zpl_settled *out)
{
    struct zpl_deployer *deployer;
    struct zpl_diags quiet = {0};
    uint64_t count = get_number(r, 4);
    bool stand = !r->failed;
    for (uint64_t i = 0; stand && i < count; i++) {
        bool written = get_number(r, 4) != 0;
        const char *name = get_text(r);
        struct zpl_digest key = get_digest(r);
        if (r->failed)
            stand = false;
        else if (written)
            stand = (zpl_named_stands(session, name, &key, &stand, &quiet) == ZPL_OK && stand) ||
                    doubt(out, r->arena, "something else is written as", name);
        else
            stand = (zpl_session_deployer(session, &deployer) == ZPL_OK &&
                     deployer->current(deployer->self, name, &key, &quiet) == ZPL_OK) ||
                    doubt(out, r->arena, "this is deployed no longer:", name);
    }
    zpl_diags_release(&quiet);
    return stand;
}

static bool read_steps(struct reader *r, struct zpl_settled *out)
{
    uint64_t count = get_number(r, 4);
    if (r->failed || count > (uint64_t)(r->end - r->at))
        return false;
    out->step_count = count;
    out->steps = zpl_arena_array(r->arena, count + 1, sizeof *out->steps);
    for (uint64_t i = 0; out->steps != NULL && i < count && !r->failed; i++) {
        out->steps[i].status = get_number(r, 4) != 0 ? ZPL_PLAN_SKIPPED : ZPL_PLAN_CACHED;
        out->steps[i].name = get_text(r);
        out->steps[i].rest = get_text(r);
    }
    return out->steps != NULL && !r->failed && r->at == r->end;
}

/* Another text of the same graph, which was compiled. */
struct other {
    struct zpl_digest name; /* under which it is kept */
    struct zpl_buf text;    /* of where its steps stand */
    struct zpl_digest places;
};

/* Keeps a run for the text that the session compiled, as it was kept for another one of the same graph: both
 * were told the same of the world, and each what it asked for itself.  `sights` is where those stand. */
static enum zpl_err keep_again(struct zpl_session *session, struct zpl_metadata *metadata,
                               const struct head *head, struct reader *sights,
                               const struct other *other)
{
    struct head again = *head;
    again.places = other->places;
    for (uint64_t n = get_number(sights, 4); n > 0; n--) {
        struct zpl_sight sight = get_sight(sights);
        if (sight.kind != ZPL_SAW_IMPORT)
            zpl_witness_take(&session->witness, &sight);
    }
    return session->witness.lost ? ZPL_OK : keep_head(session, metadata, &again, &other->name);
}

/* Is all there that has to be?  Then *out has the steps. */
static bool rest_holds(struct zpl_session *session, const struct zpl_digest *name,
                       struct zpl_settled *out, struct zpl_arena *arena)
{
    struct zpl_metadata *metadata;
    struct zpl_buf value = {0};
    struct zpl_diags quiet = {0};
    bool holds = zpl_session_metadata(session, false, &metadata) == ZPL_OK &&
                 metadata->memo_get(metadata->self, SPACE, name, &value, &quiet) == ZPL_OK;
    if (holds) {
        struct reader r = {.at = value.data, .end = value.data + value.len, .arena = arena};
        holds = artifacts_are_there(&r, session, out) && effects_stand(&r, session, out) &&
                read_steps(&r, out);
    }
    zpl_buf_release(&value);
    zpl_diags_release(&quiet);
    return holds;
}

/* Holds everything that was kept?  Then the run is written down once more; for another text it is kept too. */
static enum zpl_err repeat(struct zpl_session *session, const struct zpl_buf *value,
                           const struct other *other, struct zpl_settled *out, bool *again,
                           struct zpl_arena *arena)
{
    struct reader r = {.at = value->data, .end = value->data + value->len, .arena = arena};
    struct zpl_metadata *metadata;
    if (get_number(&r, 4) != ZPL_SETTLED_VERSION)
        return ZPL_OK;
    struct head head = {.run = (int64_t)get_number(&r, 8)};
    const char *boot = get_text(&r);
    head.maps = get_number(&r, 4) != 0;
    head.plan = get_digest(&r);
    head.places = get_digest(&r);
    head.rest = get_digest(&r);
    if (head.maps && out->every) {
        out->doubt = "what becomes of every item is to be told";
        return ZPL_OK;
    }
    if (!r.failed && !zpl_boot_is(&session->config, boot)) {
        out->doubt = "this machine was started since, so that what was stored is to be read once";
        return ZPL_OK;
    }
    struct reader sights = r;
    if (!sights_hold(&r, session, other != NULL, out) || r.at != r.end ||
        !rest_holds(session, &head.rest, out, arena))
        return ZPL_OK;
    out->ended_ns = zpl_clock_wall_ns();
    if (out->ended_ns < out->started_ns)
        out->ended_ns = out->started_ns; /* the clock was set back */
    enum zpl_err err = zpl_session_metadata(session, true, &metadata);
    struct zpl_run_row row = {.started_ns = out->started_ns,
                              .ended_ns = out->ended_ns,
                              .plan_digest = &head.plan,
                              .places = other != NULL ? zpl_buf_str(&other->text) : NULL,
                              .places_digest = other != NULL ? &other->places : &head.places};
    if (err == ZPL_OK)
        err = metadata->run_repeat(metadata->self, head.run, &row, &out->run, &session->diags);
    *again = err == ZPL_OK;
    if (err == ZPL_OK && other != NULL)
        err = keep_again(session, metadata, &head, &sights, other);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

static void begin(struct zpl_settled *out, bool every, const char *doubt)
{
    memset(out, 0, sizeof *out);
    out->every = every;
    out->started_ns = zpl_clock_wall_ns();
    out->doubt = doubt;
}

enum zpl_err zpl_settled_recall(struct zpl_session *session,
                                const struct zpl_session_options *options, bool every,
                                struct zpl_settled *out, bool *again, struct zpl_arena *arena)
{
    struct zpl_buf text = {0}, value = {0};
    struct zpl_diags quiet = {0};
    struct zpl_digest name;
    enum zpl_err err = ZPL_OK;
    *again = false;
    begin(out, every, "it has not run to its end with this text and these params");
    if (options->stack == NULL &&
        zpl_session_read_program(session->project.file, &text, &quiet) == ZPL_OK) {
        struct zpl_digest digest = zpl_digest_of(zpl_buf_str(&text), text.len);
        struct zpl_metadata *metadata = zpl_session_memo(session);
        if (metadata != NULL && name_of(session, options, TEXT, &digest, &name) &&
            metadata->memo_get(metadata->self, SPACE, &name, &value, &quiet) == ZPL_OK)
            err = repeat(session, &value, NULL, out, again, arena);
    }
    zpl_buf_release(&text);
    zpl_buf_release(&value);
    zpl_diags_release(&quiet);
    return err;
}

enum zpl_err zpl_settled_recall_graph(struct zpl_session *session,
                                      const struct zpl_session_options *options, bool every,
                                      struct zpl_settled *out, bool *again, struct zpl_arena *arena)
{
    struct zpl_buf value = {0};
    struct zpl_diags quiet = {0};
    struct zpl_digest graph, of_graph;
    struct other other = {0};
    *again = false;
    begin(out, every, "no other text with this graph has run to its end with these params");
    if (session->program.diags.count > 0 || session->diags.count > 0)
        out->doubt = "something is to be told of the program";
    if (options->stack != NULL || session->witness.lost || session->program.diags.count > 0 ||
        session->diags.count > 0)
        return ZPL_OK;
    enum zpl_err err = zpl_session_digest_graph(session, &graph);
    struct zpl_metadata *metadata = err == ZPL_OK ? zpl_session_memo(session) : NULL;
    if (metadata != NULL && name_of(session, options, TEXT, &session->text_digest, &other.name) &&
        name_of(session, options, GRAPH, &graph, &of_graph) &&
        metadata->memo_get(metadata->self, SPACE, &of_graph, &value, &quiet) == ZPL_OK) {
        err = zpl_session_write_places(session, &other.text);
        other.places = zpl_digest_of(zpl_buf_str(&other.text), other.text.len);
        if (err == ZPL_OK)
            err = repeat(session, &value, &other, out, again, arena);
    }
    zpl_buf_release(&other.text);
    zpl_buf_release(&value);
    zpl_diags_release(&quiet);
    return err;
}
