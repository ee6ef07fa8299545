/* reproduce_recall.c - the recorded outputs of a step, and what would be other than in that run.
 * Part of reproduce.h.   Floor: vm. */
#include "vm/reproduce/reproduce_step.h"

#include <string.h>

#include "stdlib/catalog.h"
#include "vm/plan/key.h"
#include "vm/plan/why.h"
#include "vm/protocol/json_read.h"
#include "vm/session/named.h"

struct recalling {
    const struct zpl_reproduce_options *options;
    struct zpl_plan *plan;
    uint32_t id;
    const struct zpl_json *step; /* the run's record, or NULL */
    struct zpl_metadata *metadata;
    const char *unkeyed; /* why it has no key today, or NULL */
    struct zpl_recalled *out;
};

static struct zpl_diags *diags_of(const struct recalling *r)
{
    return &r->plan->session->diags;
}

static void refuse(struct recalling *r, enum zpl_again status, const char *why)
{
    r->out->go = false;
    r->out->status = status;
    r->out->why = why;
}

/* The step is not there for those who need it. */
static void withhold(struct recalling *r, enum zpl_again status, const char *why)
{
    r->plan->steps[r->id].status = ZPL_PLAN_CANCELLED;
    refuse(r, status, why);
}

/* Moves what was told into the answer. */
static const char *take_words(const struct recalling *r)
{
    struct zpl_diags *diags = diags_of(r);
    const char *words = diags->count > 0 ? diags->items[0]->message : "it can't be keyed";
    words = zpl_arena_strdup(&r->plan->arena, words);
    zpl_diags_clear(diags);
    return words;
}

/* ---- the row of the store ---- */

/* Did the row make what the run's record says?  Two runs of one key may have made different things. */
static bool made_that(const struct zpl_step_row *row, const struct zpl_json *step)
{
    const struct zpl_json *outputs = zpl_json_get(step, "outputs");
    for (size_t i = 0; i < row->output_count; i++) {
        struct zpl_digest digest;
        const struct zpl_json *output = zpl_json_get(outputs, row->outputs[i].name);
        if (!zpl_read_digest(output, "digest", &digest) ||
            !zpl_digest_equal(&digest, &row->outputs[i].digest))
            return false;
    }
    return true;
}

/* Of a step that the run took from the store. */
static enum zpl_err row_of_record(struct recalling *r, struct zpl_step_row *out)
{
    struct zpl_metadata *m = r->metadata;
    struct zpl_arena *arena = &r->plan->arena;
    const struct zpl_json *first = zpl_json_value_at(zpl_json_get(r->step, "outputs"), 0);
    const char *digest = zpl_json_str(zpl_json_get(first, "digest"), NULL);
    struct zpl_digest key;
    struct zpl_step_row *rows;
    size_t count = 0;
    if (!zpl_read_digest(r->step, "key", &key))
        return ZPL_ERR_NOT_FOUND;
    enum zpl_err err = m->step_by_key(m->self, &key, out, arena, diags_of(r));
    if (err != ZPL_OK || made_that(out, r->step) || digest == NULL)
        return err;
    err = m->step_makers(m->self, digest, &rows, &count, arena, diags_of(r));
    for (size_t i = 0; err == ZPL_OK && i < count; i++)
        if (zpl_digest_equal(&rows[i].key, &key) && made_that(&rows[i], r->step)) {
            *out = rows[i];
            return ZPL_OK;
        }
    return err == ZPL_OK ? ZPL_ERR_NOT_FOUND : err;
}

/* Is the ingredient about zpl itself, or about what is installed beside it? */
static bool is_code(enum zpl_ingredient_kind kind)
{
    return kind == ZPL_ING_FORMAT || kind == ZPL_ING_KERNEL || kind == ZPL_ING_ENGINE ||
           kind == ZPL_ING_PACKAGE;
}

/* Is it about the content of a file of the user's? */
static bool is_file(enum zpl_ingredient_kind kind)
{
    return kind == ZPL_ING_SOURCE || kind == ZPL_ING_MODULE;
}

/* Those about code that is installed, or the others, without the files of the user's. */
static struct zpl_ingredients part(const struct zpl_ingredients *list, bool code,
                                   struct zpl_arena *arena)
{
    struct zpl_ingredients out = {0};
    for (size_t i = 0; i < list->count; i++) {
        const struct zpl_ingredient *item = &list->items[i];
        if (!is_file(item->kind) && is_code(item->kind) == code &&
            !zpl_ingredients_add(&out, arena, item->kind, item->name, item->value, item->shown))
            arena->failed = true;
    }
    return out;
}

static bool same_list(const struct zpl_ingredients *a, const struct zpl_ingredients *b)
{
    struct zpl_digest x = zpl_ingredients_key(a, false), y = zpl_ingredients_key(b, false);
    return zpl_digest_equal(&x, &y);
}

/* Of a step that no record names: by its key, or, where zpl's code is another now, the last of that name
 * that was given the same. */
static enum zpl_err row_of_name(struct recalling *r, struct zpl_step_row *out)
{
    struct zpl_metadata *m = r->metadata;
    struct zpl_arena *arena = &r->plan->arena;
    const struct zpl_step_plan *step = &r->plan->steps[r->id];
    struct zpl_ingredients then = {0};
    if (!step->keyed)
        return ZPL_ERR_NOT_FOUND;
    enum zpl_err err = m->step_by_key(m->self, &step->key, out, arena, diags_of(r));
    if (err != ZPL_ERR_NOT_FOUND)
        return err;
    err = m->step_last(m->self, r->plan->graph->pipeline, r->plan->graph->nodes[r->id].name, out,
                       arena, diags_of(r));
    if (err != ZPL_OK)
        return err;
    if (out->run > r->options->run->id || out->ingredients == NULL ||
        !zpl_ingredients_read(out->ingredients, &then, arena))
        return ZPL_ERR_NOT_FOUND;
    struct zpl_ingredients was = part(&then, false, arena);
    struct zpl_ingredients is = part(&step->ingredients, false, arena);
    return same_list(&was, &is) ? ZPL_OK : ZPL_ERR_NOT_FOUND;
}

static enum zpl_err find_row(struct recalling *r, struct zpl_step_row *out)
{
    struct zpl_metadata *m = r->metadata;
    enum zpl_err err =
        m->step_of_run(m->self, r->options->run->id, r->plan->graph->nodes[r->id].name, out,
                       &r->plan->arena, diags_of(r));
    if (err == ZPL_OK && (out->status == ZPL_STEP_RAN || r->step == NULL))
        return ZPL_OK;
    if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND)
        return err;
    return r->step != NULL ? row_of_record(r, out) : row_of_name(r, out);
}

/* Its recorded outputs, so that those who need it get them.  False: there are none. */
static enum zpl_err take_outputs(struct recalling *r, const struct zpl_step_row *row, bool *taken)
{
    bool whole = false;
    enum zpl_err err = zpl_plan_take_outputs(r->plan, r->id, row, &whole);
    *taken = err == ZPL_OK && whole;
    if (err == ZPL_ERR_NOT_FOUND) {
        zpl_diags_clear(diags_of(r));
        err = ZPL_OK;
    }
    if (*taken)
        r->plan->steps[r->id].status = ZPL_PLAN_CACHED;
    return err;
}

/* ---- what is other than it was ---- */

static void add_source(struct recalling *r, const char *path, const char *then, const char *now)
{
    struct zpl_json *o = zpl_json_object(), *pair = zpl_json_array();
    if (r->out->sources == NULL)
        r->out->sources = zpl_json_array();
    zpl_json_add_take(pair, zpl_json_string(then));
    zpl_json_add_take(pair, zpl_json_string(now));
    zpl_json_set_take(o, "path", zpl_json_string(path));
    zpl_json_set_take(o, "digests", pair);
    zpl_json_add_take(r->out->sources, o);
    struct zpl_arena *arena = &r->plan->arena;
    const char *before = r->out->why != NULL ? r->out->why : "";
    const char *gap = r->out->why != NULL ? "; " : "";
    if (then == NULL)
        r->out->why = zpl_arena_printf(arena, "%s%s%s is new since", before, gap, path);
    else if (now == NULL)
        r->out->why = zpl_arena_printf(arena, "%s%s%s is read no longer", before, gap, path);
    else
        r->out->why = zpl_arena_printf(arena, "%s%s%s has changed: %.12s then, %.12s now", before,
                                       gap, path, then, now);
}

/* The file of that name in a list, or NULL. */
static const struct zpl_ingredient *source_named(const struct zpl_ingredients *list,
                                                 const struct zpl_ingredient *wanted)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == wanted->kind && strcmp(list->items[i].name, wanted->name) == 0)
            return &list->items[i];
    return NULL;
}

static const char *path_of(const struct zpl_ingredient *item)
{
    return item->shown != NULL ? item->shown : item->name;
}

/* Files of the user's are kept by their digests alone: one that changed can't be read as it was. */
static void compare_sources(struct recalling *r, const struct zpl_ingredients *then,
                            const struct zpl_ingredients *now)
{
    for (size_t i = 0; i < then->count; i++) {
        const struct zpl_ingredient *item = &then->items[i];
        const struct zpl_ingredient *is = is_file(item->kind) ? source_named(now, item) : item;
        if (is == NULL || strcmp(item->value, is->value) != 0)
            add_source(r, path_of(item), item->value, is != NULL ? is->value : NULL);
    }
    for (size_t i = 0; i < now->count; i++)
        if (is_file(now->items[i].kind) && source_named(then, &now->items[i]) == NULL)
            add_source(r, path_of(&now->items[i]), NULL, now->items[i].value);
    if (r->out->sources != NULL)
        refuse(r, ZPL_AGAIN_IMPOSSIBLE, r->out->why);
}

/* Ingredients then and now: the user's files, zpl's own code, and what should never differ. */
static void compare(struct recalling *r, const struct zpl_step_row *row)
{
    struct zpl_arena *arena = &r->plan->arena;
    const struct zpl_ingredients *is = &r->plan->steps[r->id].ingredients;
    struct zpl_ingredients was = {0};
    struct zpl_reasons reasons = {0};
    if (zpl_digest_equal(&row->key, &r->plan->steps[r->id].key) || row->ingredients == NULL ||
        !zpl_ingredients_read(row->ingredients, &was, arena))
        return;
    struct zpl_ingredients before = part(&was, true, arena), now = part(is, true, arena);
    zpl_why_compare(&before, &now, &reasons, arena);
    if (reasons.count > 0)
        r->out->code = zpl_names_json(reasons.texts, reasons.count);
    compare_sources(r, &was, is);
    before = part(&was, false, arena);
    now = part(is, false, arena);
    if (r->out->go && !same_list(&before, &now)) {
        reasons = (struct zpl_reasons){0};
        zpl_why_compare(&before, &now, &reasons, arena);
        refuse(r, ZPL_AGAIN_IMPOSSIBLE,
               zpl_arena_printf(arena, "this zpl reads the record otherwise: %s",
                                zpl_reasons_text(&reasons, arena)));
    }
}

/* ---- what it needs ---- */

/* Are the bytes of its inputs there? */
static enum zpl_err look_for_inputs(struct recalling *r)
{
    const struct zpl_node *node = &r->plan->graph->nodes[r->id];
    struct zpl_artifacts *artifacts;
    struct zpl_made made;
    enum zpl_err err = zpl_session_artifacts(r->plan->session, &artifacts);
    for (size_t i = 0; err == ZPL_OK && r->out->go && i < node->argument_count; i++) {
        if (!zpl_argument_is_input(&node->arguments[i]) ||
            !zpl_plan_made(r->plan, node->arguments[i].value, &made) || made.row->json != NULL)
            continue;
        err = artifacts->has(artifacts->self, &made.row->digest, made.row->bytes, diags_of(r));
        if (err != ZPL_ERR_NOT_FOUND)
            continue;
        err = ZPL_OK;
        refuse(r, ZPL_AGAIN_IMPOSSIBLE,
               zpl_arena_printf(&r->plan->arena,
                                "what it read is not in the store any more: %s of %s", made.output,
                                made.step));
    }
    return err;
}

/* Its key as this zpl makes it, of recorded inputs; why it has none is kept. */
static enum zpl_err make_key(struct recalling *r)
{
    const struct zpl_node *node = &r->plan->graph->nodes[r->id];
    if (zpl_stdlib_identity(node->kernel) == NULL) {
        r->unkeyed = zpl_arena_printf(&r->plan->arena, "this zpl has no kernel '%s'", node->kernel);
        return ZPL_OK;
    }
    enum zpl_err err = zpl_key_make(r->plan, r->id);
    if (err == ZPL_OK || err == ZPL_ERR_NOMEM)
        return err;
    r->unkeyed = take_words(r);
    return ZPL_OK;
}

/* May it run, by the recorded values?  *known is false when they can't tell. */
static enum zpl_err allow(struct recalling *r, bool *allowed, bool *known)
{
    enum zpl_err err = zpl_plan_allow(r->plan, r->id, allowed);
    *known = err == ZPL_OK;
    if (err != ZPL_ERR_STEP)
        return err;
    zpl_diags_clear(diags_of(r));
    return ZPL_OK;
}

/* The run's own word on a step that it did not do; true when that is all there is to say. */
static bool was_not_done(struct recalling *r)
{
    const char *status = zpl_json_str(zpl_json_get(r->step, "status"), "");
    const char *why = zpl_json_str(zpl_json_get(r->step, "why"), NULL);
    if (strcmp(status, "failed") == 0) {
        withhold(r, ZPL_AGAIN_UNDONE, "it failed in that run");
        return true;
    }
    if (strcmp(status, "cancelled") == 0) {
        withhold(r, ZPL_AGAIN_UNDONE, "it was not done in that run");
        return true;
    }
    if (strcmp(status, "skipped") != 0)
        return false;
    refuse(r, ZPL_AGAIN_SKIPPED, why != NULL ? zpl_arena_strdup(&r->plan->arena, why) : NULL);
    return true;
}

/* What the recorded values say of the step, held to what the run did; true when it is to be done. */
static enum zpl_err decide(struct recalling *r, bool *done)
{
    struct zpl_step_plan *step = &r->plan->steps[r->id];
    bool allowed, known;
    *done = false;
    enum zpl_err err = allow(r, &allowed, &known);
    if (err != ZPL_OK)
        return err;
    const char *why = step->why;
    bool skipped = step->status == ZPL_PLAN_SKIPPED, needs = step->status == ZPL_PLAN_CANCELLED;
    if (r->step != NULL && was_not_done(r)) {
        if (r->out->status == ZPL_AGAIN_SKIPPED) {
            step->status = ZPL_PLAN_SKIPPED;
            if (known && allowed && !zpl_node_reads_name(&r->plan->graph->nodes[r->id]))
                refuse(r, ZPL_AGAIN_IMPOSSIBLE,
                       "it was skipped, and this zpl would not: its condition comes out otherwise");
        }
    } else if (needs) {
        refuse(r, r->step != NULL ? ZPL_AGAIN_IMPOSSIBLE : ZPL_AGAIN_UNDONE,
               r->step != NULL
                   ? zpl_arena_printf(&r->plan->arena, "%s, of which nothing is kept", why)
                   : why);
    } else if (skipped && r->step != NULL) {
        withhold(r, ZPL_AGAIN_IMPOSSIBLE, "it was done, and this zpl would skip it");
    } else if (skipped) {
        refuse(r, ZPL_AGAIN_SKIPPED, why);
    } else {
        *done = true;
    }
    return ZPL_OK;
}

/* ---- what was read under a name ---- */

/* The recorded output in a row; NULL: it is another's. */
static const struct zpl_output_row *recorded_in(const struct zpl_step_row *row,
                                                const struct zpl_json *recorded)
{
    const char *type = zpl_json_str(zpl_json_get(recorded, "type"), "");
    struct zpl_digest digest;
    for (size_t i = 0; zpl_read_digest(recorded, "digest", &digest) && i < row->output_count; i++)
        if (zpl_digest_equal(&row->outputs[i].digest, &digest) &&
            strcmp(row->outputs[i].type, type) == 0)
            return &row->outputs[i];
    return NULL;
}

/* By what the run's record says of the step: of who made it, or else of who wrote it. */
static enum zpl_err find_read(struct recalling *r, const struct zpl_output_row **out)
{
    struct zpl_metadata *m = r->metadata;
    const struct zpl_json *recorded = zpl_json_value_at(zpl_json_get(r->step, "outputs"), 0);
    const char *digest = zpl_json_str(zpl_json_get(recorded, "digest"), NULL);
    const struct zpl_step_row *named;
    struct zpl_step_row *rows;
    size_t count = 0;
    if (digest == NULL)
        return ZPL_OK;
    enum zpl_err err = m->step_makers(m->self, digest, &rows, &count, &r->plan->arena, diags_of(r));
    for (size_t i = 0; err == ZPL_OK && *out == NULL && i < count; i++)
        *out = recorded_in(&rows[i], recorded);
    if (err != ZPL_OK || *out != NULL)
        return err;
    err = zpl_named_find(r->plan->session, zpl_node_name_of(&r->plan->graph->nodes[r->id]), &named,
                         diags_of(r));
    if (err == ZPL_OK && named != NULL)
        *out = recorded_in(named, recorded);
    return err;
}

/* For an item of a map, of which the run keeps the key alone: what stands under the name, if that is it. */
static enum zpl_err find_read_of_item(struct recalling *r, const struct zpl_output_row **out,
                                      bool *skipped)
{
    const struct zpl_node *node = &r->plan->graph->nodes[r->id];
    struct zpl_run_record record = *r->options->record;
    const struct zpl_json *item = NULL;
    const struct zpl_step_row *named;
    const char *output;
    struct zpl_digest key;
    record.item = NULL;
    enum zpl_err err = zpl_run_record_item(r->plan->session, r->options->run->id, &record,
                                           node->name, &item, &output, &r->plan->arena);
    if (err == ZPL_ERR_NOT_FOUND) {
        zpl_diags_clear(diags_of(r));
        err = ZPL_OK;
    }
    *skipped = strcmp(zpl_json_str(zpl_json_get(item, "status"), ""), "skipped") == 0;
    bool keyed = zpl_read_digest(item, "key", &key);
    zpl_json_release(record.item);
    if (err == ZPL_OK && keyed)
        err = zpl_named_find(r->plan->session, zpl_node_name_of(node), &named, diags_of(r));
    if (err != ZPL_OK || !keyed || named == NULL)
        return err;
    err = zpl_key_make(r->plan, r->id);
    if (err == ZPL_OK && zpl_digest_equal(&key, &r->plan->steps[r->id].key))
        *out = &named->outputs[0];
    return err;
}

/* Nothing is done for it: it is as it was while the bytes are there, whatever stands under the name now. */
static enum zpl_err recall_read(struct recalling *r)
{
    const char *gone = r->step != NULL
                           ? "what it read is not in the store any more"
                           : "something else stands under the name now, and the run keeps no more "
                             "than the keys of items";
    const struct zpl_node *node = &r->plan->graph->nodes[r->id];
    struct zpl_step_plan *step = &r->plan->steps[r->id];
    const struct zpl_output_row *row = NULL;
    struct zpl_artifacts *artifacts;
    bool skipped = false;
    enum zpl_err err = r->step != NULL ? find_read(r, &row) : find_read_of_item(r, &row, &skipped);
    if (err == ZPL_OK && skipped) {
        step->status = ZPL_PLAN_SKIPPED;
        refuse(r, ZPL_AGAIN_SKIPPED, NULL);
        return ZPL_OK;
    }
    if (err == ZPL_OK)
        err = zpl_session_artifacts(r->plan->session, &artifacts);
    struct zpl_output_row *output = zpl_arena_alloc(&r->plan->arena, sizeof *output);
    if (err == ZPL_OK && output == NULL)
        err = zpl_diag_nomem(diags_of(r));
    if (err == ZPL_OK && row != NULL && row->json == NULL)
        err = artifacts->has(artifacts->self, &row->digest, row->bytes, diags_of(r));
    if (err == ZPL_ERR_NOT_FOUND || (err == ZPL_OK && row == NULL)) {
        withhold(r, ZPL_AGAIN_IMPOSSIBLE, gone);
        return ZPL_OK;
    }
    if (err != ZPL_OK)
        return err;
    *output = *row;
    output->name = node->outputs[0].name;
    err = zpl_plan_fetch(r->plan, &node->outputs[0], output);
    step->outputs = output;
    step->status = ZPL_PLAN_CACHED;
    refuse(r, ZPL_AGAIN_SAME, NULL);
    return err;
}

/* Of a step that the run did. */
static enum zpl_err recall_done(struct recalling *r)
{
    struct zpl_step_row row = {0};
    bool taken = false;
    enum zpl_err err = make_key(r);
    if (err == ZPL_OK)
        err = find_row(r, &row);
    bool gone = err == ZPL_ERR_NOT_FOUND;
    if (err == ZPL_OK && row.status != ZPL_STEP_RAN) {
        withhold(r, ZPL_AGAIN_UNDONE, "it failed in that run");
        return ZPL_OK;
    }
    if (err == ZPL_OK)
        err = take_outputs(r, &row, &taken);
    if (err != ZPL_OK && !gone)
        return err;
    if (r->plan->graph->nodes[r->id].effect)
        refuse(r, ZPL_AGAIN_EFFECT, "it changes what is outside of the store");
    else if (!taken && r->step == NULL && r->unkeyed == NULL)
        withhold(r, ZPL_AGAIN_UNDONE, "that run has no record of it");
    else if (!taken && r->step == NULL)
        withhold(r, ZPL_AGAIN_IMPOSSIBLE, r->unkeyed);
    else if (!taken)
        withhold(r, ZPL_AGAIN_IMPOSSIBLE, "what it made is not in the store any more");
    if (!taken && r->plan->steps[r->id].status == ZPL_PLAN_PENDING)
        r->plan->steps[r->id].status = ZPL_PLAN_CANCELLED;
    if (r->out->go)
        err = look_for_inputs(r);
    else
        return ZPL_OK;
    if (r->out->go && r->unkeyed != NULL)
        refuse(r, ZPL_AGAIN_IMPOSSIBLE, r->unkeyed);
    if (err == ZPL_OK && r->out->go)
        compare(r, &row);
    return err;
}

enum zpl_err zpl_reproduce_recall(const struct zpl_reproduce_options *options,
                                  struct zpl_plan *plan, uint32_t id, const struct zpl_json *step,
                                  struct zpl_recalled *out)
{
    struct recalling r = {.options = options, .plan = plan, .id = id, .step = step, .out = out};
    bool done = false;
    *out = (struct zpl_recalled){.go = true};
    if (step == NULL && plan->scope == 0 && options->record->plan != NULL) {
        withhold(&r, ZPL_AGAIN_UNDONE, NULL);
        out->silent = true;
        return ZPL_OK;
    }
    enum zpl_err err = zpl_session_metadata(plan->session, true, &r.metadata);
    if (err == ZPL_OK)
        err = decide(&r, &done);
    if (err == ZPL_OK && done)
        err = zpl_node_reads_name(&plan->graph->nodes[id]) ? recall_read(&r) : recall_done(&r);
    if (err == ZPL_OK && zpl_arena_failed(&plan->arena))
        err = zpl_diag_nomem(&plan->session->diags);
    if (err == ZPL_OK)
        return ZPL_OK;
    zpl_json_release(out->code);
    zpl_json_release(out->sources);
    out->code = out->sources = NULL;
    return err;
}
