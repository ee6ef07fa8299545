/* run_item.c - one item of a map in a stored run: its row is found by what the run's plan keeps of every
 * item.  Part of run_record.h.   Floor: vm. */
#include <string.h>

#include "vm/plan/item.h"
#include "vm/protocol/json_read.h"
#include "vm/run/report.h"
#include "vm/run/run_record.h"

/* The step inside a map that `rest` names an item of; *len is where the name ends. */
static const struct zpl_json *find_step(const struct zpl_run_record *record, const char *rest,
                                        struct zpl_item_path *path, size_t *len)
{
    const char *slash = strrchr(rest, '/');
    size_t ends[] = {strlen(rest), slash != NULL ? (size_t)(slash - rest) : 0};
    for (size_t k = 0; k < 2 && ends[k] > 0; k++)
        for (size_t i = 0; i < zpl_json_count(record->steps); i++) {
            const struct zpl_json *step = zpl_json_at(record->steps, i);
            const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
            *len = ends[k];
            if (zpl_json_get(step, "items") != NULL && zpl_item_match(name, rest, ends[k], path) &&
                path->count > 0)
                return step;
        }
    return NULL;
}

static enum zpl_err no_item(struct zpl_session *session, const struct zpl_json *step,
                            const char *wanted, size_t count)
{
    const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
    struct zpl_diag *diag =
        zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     "'%s' is no item of step '%s'", wanted, name);
    if (count > 0)
        zpl_diag_help(&session->diags, diag, "it has items 1 … %zu", count);
    else
        zpl_diag_help(&session->diags, diag, "there were no items");
    return ZPL_ERR_NOT_FOUND;
}

/* The ZPL_REPORT_ITEM_LEN characters of an item; NULL: it has none, *count tells how many there are. */
static const char *find_made(const struct zpl_json *made, const struct zpl_item_path *path,
                             size_t *count)
{
    size_t last = path->count - 1;
    for (size_t i = 0; i < last; i++) {
        *count = zpl_json_count(made);
        if (path->at[i] == 0 || path->at[i] > *count)
            return NULL;
        made = zpl_json_at(made, path->at[i] - 1);
    }
    const char *text = zpl_json_str(made, "");
    *count = strlen(text) / ZPL_REPORT_ITEM_LEN;
    return path->at[last] > 0 && path->at[last] <= *count
               ? text + (path->at[last] - 1) * ZPL_REPORT_ITEM_LEN
               : NULL;
}

enum zpl_err zpl_run_record_each(const struct zpl_json *step, const char *name,
                                 const struct zpl_json *made, zpl_run_record_visit *visit,
                                 void *self, struct zpl_arena *arena)
{
    const char *star = strstr(name, "[*]");
    const char *text = zpl_json_str(made, NULL);
    size_t count = text != NULL ? strlen(text) / ZPL_REPORT_ITEM_LEN : zpl_json_count(made);
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && star != NULL && i < count; i++) {
        const char *inner =
            zpl_arena_printf(arena, "%.*s[%zu]%s", (int)(star - name), name, i + 1, star + 3);
        if (inner == NULL)
            return ZPL_ERR_NOMEM;
        err = text == NULL
                  ? zpl_run_record_each(step, inner, zpl_json_at(made, i), visit, self, arena)
                  : visit(self, step, inner, zpl_report_item_status(text[i * ZPL_REPORT_ITEM_LEN]));
    }
    return err;
}

/* What the step of all items says, for one of them; `key` is what the run keeps of it, NULL: that is the
 * row's. */
static struct zpl_json *item_json(const struct zpl_json *step, const char *name,
                                  enum zpl_plan_status status, const struct zpl_digest *key,
                                  const struct zpl_step_row *row)
{
    static const char *const SAME[] = {"file", "line", "step", "kind", "kernel"};
    struct zpl_json *o = zpl_json_object(), *outputs = zpl_json_object();
    bool done = status == ZPL_PLAN_RAN || status == ZPL_PLAN_FAILED;
    zpl_json_set_take(o, "name", zpl_json_string(name));
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        if (zpl_json_get(step, SAME[i]) != NULL)
            zpl_json_set_take(o, SAME[i], zpl_json_ref(zpl_json_get(step, SAME[i])));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_plan_status_name(status)));
    if (row != NULL)
        key = &row->key;
    zpl_json_set_take(o, "key", key != NULL ? zpl_digest_json(key) : zpl_json_null());
    zpl_json_set_take(o, "duration_ms", zpl_json_int(row != NULL ? row->duration_ns / 1000000 : 0));
    zpl_json_set_take(o, "attempts", zpl_json_int(row != NULL && done ? row->attempts : 0));
    zpl_json_set_take(o, "why", zpl_json_null());
    zpl_json_set_take(o, "error", zpl_json_string(row != NULL && done ? row->error : NULL));
    for (size_t i = 0; row != NULL && i < row->output_count; i++)
        zpl_json_set_take(outputs, row->outputs[i].name, zpl_report_output(&row->outputs[i]));
    if (row == NULL || row->output_count == 0) {
        zpl_json_release(outputs);
        outputs = zpl_json_ref(zpl_json_get(step, "outputs"));
    }
    zpl_json_set_take(o, "outputs", outputs);
    return o;
}

/* Of a run that kept nothing of single items: what ran in it has a row; key and state are the row's. */
static enum zpl_err only_row(struct zpl_session *session, int64_t run, const struct zpl_json *all,
                             const char *name, struct zpl_step_row *row,
                             enum zpl_plan_status *status, struct zpl_arena *arena)
{
    struct zpl_metadata *metadata;
    bool no_list = zpl_json_kind(zpl_json_get(all, "items")) == ZPL_JSON_NULL;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK)
        err = metadata->step_of_run(metadata->self, run, name, row, arena, &session->diags);
    if (err == ZPL_ERR_NOT_FOUND)
        zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, (struct zpl_span){0},
                     no_list ? "the items of '%s' were not known in run %lld"
                             : "'%s' did not run in run %lld, and an older zpl kept no more of it",
                     no_list ? zpl_json_str(zpl_json_get(all, "name"), "") : name, (long long)run);
    if (err == ZPL_OK)
        *status = row->status == ZPL_STEP_RAN ? ZPL_PLAN_RAN : ZPL_PLAN_FAILED;
    return err;
}

/* By what the run's plan keeps of it; *found tells whether there is a row. */
static enum zpl_err find_row(struct zpl_session *session, int64_t run, const char *name,
                             const char *made, const struct zpl_digest *key,
                             struct zpl_step_row *row, bool *found, struct zpl_arena *arena)
{
    struct zpl_metadata *metadata;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK && zpl_report_item_status(made[0]) != ZPL_PLAN_CACHED)
        err = metadata->step_of_run(metadata->self, run, name, row, arena, &session->diags);
    else if (err == ZPL_OK)
        err = key != NULL ? metadata->step_by_key(metadata->self, key, row, arena, &session->diags)
                          : ZPL_ERR_NOT_FOUND;
    *found = err == ZPL_OK;
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

enum zpl_err zpl_run_record_item(struct zpl_session *session, int64_t run,
                                 struct zpl_run_record *record, const char *rest,
                                 const struct zpl_json **step, const char **output,
                                 struct zpl_arena *arena)
{
    struct zpl_item_path path;
    struct zpl_step_row row = {0};
    static const struct zpl_digest none; /* of an item that was skipped before it had one */
    struct zpl_digest digest;
    const struct zpl_digest *key = NULL;
    enum zpl_plan_status status;
    enum zpl_err err;
    bool found = true;
    size_t len, count;
    *step = NULL;
    const struct zpl_json *all = find_step(record, rest, &path, &len);
    if (all == NULL)
        return ZPL_OK;
    const char *name = zpl_arena_strndup(arena, rest, len);
    if (name == NULL)
        return zpl_diag_nomem(&session->diags);
    if (zpl_json_get(all, "made") == NULL) {
        err = only_row(session, run, all, name, &row, &status, arena);
    } else {
        const char *made = find_made(zpl_json_get(all, "made"), &path, &count);
        if (made == NULL)
            return no_item(session, all, name, count);
        char hex[ZPL_HEX_SIZE] = "";
        memcpy(hex, made + 1, ZPL_HEX_SIZE - 1);
        status = zpl_report_item_status(made[0]);
        key = zpl_digest_parse(hex, &digest) && !zpl_digest_equal(&digest, &none) ? &digest : NULL;
        err = find_row(session, run, name, made, key, &row, &found, arena);
    }
    if (err != ZPL_OK)
        return err;
    zpl_json_release(record->item);
    *step = record->item = item_json(all, name, status, key, found ? &row : NULL);
    *output = rest[len] == '/' ? rest + len + 1 : NULL;
    return *step != NULL ? ZPL_OK : zpl_diag_nomem(&session->diags);
}

struct listing {
    struct zpl_session *session;
    int64_t run;
    struct zpl_run_record *record;
    size_t most;
    struct zpl_json *array;
    struct zpl_arena *arena;
};

static enum zpl_err list_item(void *self, const struct zpl_json *step, const char *name,
                              enum zpl_plan_status status)
{
    struct listing *l = self;
    const struct zpl_json *item = NULL;
    const char *output;
    (void)step, (void)status;
    if (zpl_json_count(l->array) >= l->most)
        return ZPL_OK;
    enum zpl_err err =
        zpl_run_record_item(l->session, l->run, l->record, name, &item, &output, l->arena);
    if (err == ZPL_OK)
        zpl_json_add_take(l->array, zpl_json_ref(item));
    return err;
}

enum zpl_err zpl_run_record_items(struct zpl_session *session, int64_t run,
                                  struct zpl_run_record *record, const struct zpl_json *step,
                                  size_t most, struct zpl_json *array, struct zpl_arena *arena)
{
    struct listing l = {session, run, record, most, array, arena};
    enum zpl_err err = zpl_run_record_each(step, zpl_json_str(zpl_json_get(step, "name"), ""),
                                           zpl_json_get(step, "made"), list_item, &l, arena);
    return err == ZPL_ERR_NOMEM ? zpl_diag_nomem(&session->diags) : err;
}
