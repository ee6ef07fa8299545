/* diff.c - see diff.h.  Outputs: diff_output.c.   Floor: vm. */
#include "vm/show/diff.h"

#include <string.h>

#include "lang/base/version.h"
#include "vm/plan/ingredient.h"
#include "vm/plan/why.h"
#include "vm/protocol/json_read.h"
#include "vm/run/report.h"
#include "vm/show/diff_output.h"

struct comparing {
    struct zpl_session *session;
    const struct zpl_diff_side *sides;
    struct zpl_arena *arena;
    enum zpl_err err;
};

struct zpl_json *zpl_diff_pair(const struct zpl_json *a, const struct zpl_json *b)
{
    struct zpl_json *pair = zpl_json_array();
    zpl_json_add_take(pair, a != NULL ? zpl_json_ref(a) : zpl_json_null());
    zpl_json_add_take(pair, b != NULL ? zpl_json_ref(b) : zpl_json_null());
    return pair;
}

static bool same_text(const struct zpl_json *a, const struct zpl_json *b)
{
    size_t a_len = 0, b_len = 0;
    const char *x = zpl_json_strn(a, &a_len), *y = zpl_json_strn(b, &b_len);
    return a_len == b_len && memcmp(x, y, a_len) == 0;
}

/* Needs no memory, so that running out of it is no difference. */
bool zpl_diff_equal(const struct zpl_json *a, const struct zpl_json *b)
{
    enum zpl_json_kind kind = zpl_json_kind(a);
    size_t count = zpl_json_count(a);
    if (kind != zpl_json_kind(b)) /* a real that is whole is written as an integer is */
        return zpl_diff_is_number(a) && zpl_diff_is_number(b) &&
               zpl_json_f64(a, 0) == zpl_json_f64(b, 0);
    if (kind == ZPL_JSON_STRING)
        return same_text(a, b);
    if (kind == ZPL_JSON_INT)
        return zpl_json_i64(a, 0) == zpl_json_i64(b, 0);
    if (kind == ZPL_JSON_REAL)
        return zpl_json_f64(a, 0) == zpl_json_f64(b, 0);
    if (kind == ZPL_JSON_BOOL)
        return zpl_json_truth(a, false) == zpl_json_truth(b, false);
    if (count != zpl_json_count(b))
        return false;
    for (size_t i = 0; i < count; i++)
        if (kind == ZPL_JSON_ARRAY
                ? !zpl_diff_equal(zpl_json_at(a, i), zpl_json_at(b, i))
                : strcmp(zpl_json_key_at(a, i), zpl_json_key_at(b, i)) != 0 ||
                      !zpl_diff_equal(zpl_json_value_at(a, i), zpl_json_value_at(b, i)))
            return false;
    return true;
}

static const char *name_at(const struct zpl_json *list, size_t i)
{
    return zpl_json_str(zpl_json_get(zpl_json_at(list, i), "name"), "");
}

/* The item of a list with that name; looked for from `place` on, where it stands in most. */
static const struct zpl_json *named(const struct zpl_json *list, const char *name, size_t place)
{
    size_t count = zpl_json_count(list);
    for (size_t i = 0; i < count; i++)
        if (strcmp(name_at(list, (place + i) % count), name) == 0)
            return zpl_json_at(list, (place + i) % count);
    return NULL;
}

/* The body and the native code of a step, as its graph has them. */
static const struct zpl_json *code_of(const struct zpl_diff_side *side, const char *name,
                                      size_t place)
{
    return zpl_json_get(named(zpl_json_get(side->graph, "nodes"), name, place), "identity");
}

/* ---- a side ---------------------------------------------------------------------------------- */

static struct zpl_json *side_json(const struct zpl_diff_side *side)
{
    struct zpl_json *o = zpl_json_object();
    const struct zpl_run_row *run = side->run;
    int64_t ran = 0, cached = 0, bytes = 0;
    for (size_t i = 0; i < zpl_json_count(side->record->steps); i++) {
        const struct zpl_json *step = zpl_json_at(side->record->steps, i);
        const struct zpl_json *outputs = zpl_json_get(step, "outputs");
        const char *status = zpl_json_str(zpl_json_get(step, "status"), "");
        ran += strcmp(status, "ran") == 0;
        cached += strcmp(status, "cached") == 0;
        for (size_t k = 0; k < zpl_json_count(outputs); k++)
            bytes += zpl_json_i64(zpl_json_get(zpl_json_value_at(outputs, k), "bytes"), 0);
    }
    zpl_json_set_take(o, "run", zpl_json_int(run->id));
    zpl_json_set_take(o, "pipeline", zpl_json_string(run->pipeline));
    zpl_json_set_take(o, "file", zpl_json_string(run->file));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_run_status_name(run->status)));
    zpl_json_set_take(o, "started_ns", zpl_json_int(run->started_ns));
    zpl_json_set_take(
        o, "duration_ms",
        zpl_json_int(run->ended_ns > 0 ? (run->ended_ns - run->started_ns) / 1000000 : 0));
    zpl_json_set_take(o, "ran", zpl_json_int(ran));
    zpl_json_set_take(o, "cached", zpl_json_int(cached));
    zpl_json_set_take(o, "bytes", zpl_json_int(bytes));
    return o;
}

/* ---- params ---------------------------------------------------------------------------------- */

static void add_param(struct zpl_json *list, const char *name, const struct zpl_json *a,
                      const struct zpl_json *b)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(name));
    zpl_json_set_take(o, "values", zpl_diff_pair(a, b));
    zpl_json_add_take(list, o);
}

static struct zpl_json *parse(struct comparing *c, const char *text)
{
    struct zpl_json *json = NULL;
    if (text != NULL && zpl_json_parse(text, strlen(text), &json, NULL) == ZPL_ERR_NOMEM)
        c->err = zpl_diag_nomem(&c->session->diags);
    return json;
}

/* Those that differ, of either side. */
static struct zpl_json *params_json(struct comparing *c)
{
    struct zpl_json *list = zpl_json_array();
    struct zpl_json *a = parse(c, c->sides[0].run->params);
    struct zpl_json *b = parse(c, c->sides[1].run->params);
    const char *key;
    for (size_t i = 0; (key = zpl_json_key_at(a, i)) != NULL; i++)
        if (!zpl_diff_equal(zpl_json_get(a, key), zpl_json_get(b, key)))
            add_param(list, key, zpl_json_get(a, key), zpl_json_get(b, key));
    for (size_t i = 0; (key = zpl_json_key_at(b, i)) != NULL; i++)
        if (zpl_json_get(a, key) == NULL)
            add_param(list, key, NULL, zpl_json_get(b, key));
    zpl_json_release(a);
    zpl_json_release(b);
    return list;
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* What the step's key was made of in that run: of its own row, or of the one that it was cached from. */
static bool ingredients(struct comparing *c, int side, const struct zpl_json *step,
                        struct zpl_ingredients *out)
{
    struct zpl_metadata *metadata;
    struct zpl_step_row row;
    struct zpl_digest key;
    const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
    enum zpl_err err = zpl_session_metadata(c->session, false, &metadata);
    if (err == ZPL_OK)
        err = metadata->step_of_run(metadata->self, c->sides[side].run->id, name, &row, c->arena,
                                    &c->session->diags);
    if (err == ZPL_ERR_NOT_FOUND && zpl_read_digest(step, "key", &key))
        err = metadata->step_by_key(metadata->self, &key, &row, c->arena, &c->session->diags);
    if (err != ZPL_OK && err != ZPL_ERR_NOT_FOUND)
        c->err = err;
    return err == ZPL_OK && row.ingredients != NULL &&
           zpl_ingredients_read(row.ingredients, out, c->arena);
}

/* Of the items of a step inside maps: how many each side has, and of those that both have how many became
 * something else. */
struct items_change {
    size_t was, is, differ;
};

static bool is_done(char state)
{
    enum zpl_plan_status status = zpl_report_item_status(state);
    return status == ZPL_PLAN_RAN || status == ZPL_PLAN_CACHED;
}

static void compare_items(const struct zpl_json *a, const struct zpl_json *b,
                          struct items_change *out)
{
    const char *was = zpl_json_str(a, ""), *is = zpl_json_str(b, "");
    size_t most = zpl_json_count(a) > zpl_json_count(b) ? zpl_json_count(a) : zpl_json_count(b);
    size_t n = strlen(was) / ZPL_REPORT_ITEM_LEN, m = strlen(is) / ZPL_REPORT_ITEM_LEN;
    for (size_t i = 0; i < most; i++)
        compare_items(zpl_json_at(a, i), zpl_json_at(b, i), out);
    out->was += n;
    out->is += m;
    for (size_t i = 0; i < n && i < m; i++) {
        const char *x = was + i * ZPL_REPORT_ITEM_LEN, *y = is + i * ZPL_REPORT_ITEM_LEN;
        bool states = *x == *y || (is_done(*x) && is_done(*y));
        out->differ += !states || memcmp(x + 1, y + 1, ZPL_REPORT_ITEM_LEN - 1) != 0;
    }
}

static struct zpl_json *reasons_json(struct comparing *c, const struct zpl_json *a,
                                     const struct zpl_json *b, const struct items_change *items)
{
    struct zpl_ingredients before = {0}, now = {0};
    struct zpl_reasons reasons = {0};
    if (ingredients(c, 0, a, &before) && ingredients(c, 1, b, &now))
        zpl_why_compare(&before, &now, &reasons, c->arena);
    struct zpl_json *texts = zpl_names_json(reasons.texts, reasons.count);
    size_t both = items->was < items->is ? items->was : items->is;
    struct zpl_buf text = {0};
    if (items->was != items->is) {
        zpl_buf_printf(&text, "items: %zu → %zu", items->was, items->is);
        zpl_json_add_take(texts, zpl_json_string(zpl_buf_str(&text)));
        zpl_buf_clear(&text);
    }
    if (items->differ > 0) {
        zpl_buf_printf(&text, "of %zu items that both have %zu differ%s", both, items->differ,
                       items->differ == 1 ? "s" : "");
        zpl_json_add_take(texts, zpl_json_string(zpl_buf_str(&text)));
    }
    zpl_buf_release(&text);
    return texts;
}

/* Outputs of both sides, by the order of the second; what only the first has at the end. */
static struct zpl_json *outputs_json(const struct zpl_json *a, const struct zpl_json *b, bool *same)
{
    struct zpl_json *list = zpl_json_array();
    const struct zpl_json *was = zpl_json_get(a, "outputs"), *is = zpl_json_get(b, "outputs");
    const char *key;
    for (size_t i = 0; (key = zpl_json_key_at(is, i)) != NULL; i++)
        zpl_json_add_take(list,
                          zpl_diff_output(key, zpl_json_get(was, key), zpl_json_get(is, key)));
    for (size_t i = 0; (key = zpl_json_key_at(was, i)) != NULL; i++)
        if (zpl_json_get(is, key) == NULL)
            zpl_json_add_take(list, zpl_diff_output(key, zpl_json_get(was, key), NULL));
    for (size_t i = 0; i < zpl_json_count(list); i++)
        *same = *same && zpl_json_truth(zpl_json_get(zpl_json_at(list, i), "same"), false);
    return list;
}

/* Of a step inside maps what the items of both runs made, where they are not too many. */
static struct zpl_json *items_json(struct comparing *c, const struct zpl_json *a,
                                   const struct zpl_json *b, const struct items_change *change)
{
    struct zpl_json *made[2] = {zpl_json_array(), zpl_json_array()};
    const struct zpl_json *steps[2] = {a, b};
    bool few = change->was <= ZPL_FIGURES_MOST && change->is <= ZPL_FIGURES_MOST;
    for (int i = 0; i < 2 && few && c->err == ZPL_OK; i++)
        if (steps[i] != NULL)
            c->err = zpl_run_record_items(c->session, c->sides[i].run->id, c->sides[i].record,
                                          steps[i], SIZE_MAX, made[i], c->arena);
    struct zpl_json *out =
        zpl_diff_items(zpl_json_get(b != NULL ? b : a, "outputs"), made[0], made[1]);
    zpl_json_release(made[0]);
    zpl_json_release(made[1]);
    return out;
}

/* How long the work took; of all items of a map together nobody knows. */
static const struct zpl_json *duration_of(const struct zpl_json *step)
{
    return zpl_json_get(step, "items") == NULL ? zpl_json_get(step, "duration_ms") : NULL;
}

/* One step of either side or of both, at its place in the one that it was found in. */
static struct zpl_json *step_json(struct comparing *c, const char *name, size_t place,
                                  const struct zpl_json *a, const struct zpl_json *b)
{
    struct zpl_json *o = zpl_json_object();
    bool same = zpl_diff_equal(zpl_json_get(a, "key"), zpl_json_get(b, "key"));
    /* Of a step inside a map items are compared, each by its key: all together made nothing. */
    bool mapped = zpl_json_get(a, "items") != NULL || zpl_json_get(b, "items") != NULL;
    struct zpl_json *outputs = mapped ? NULL : outputs_json(a, b, &same);
    struct items_change items = {0};
    compare_items(zpl_json_get(a, "made"), zpl_json_get(b, "made"), &items);
    same = same && items.was == items.is && items.differ == 0;
    if (mapped)
        outputs = same ? zpl_json_array() : items_json(c, a, b, &items);
    bool both = a != NULL && b != NULL;
    bool recoded = both && !zpl_diff_equal(code_of(&c->sides[0], name, place),
                                           code_of(&c->sides[1], name, place));
    zpl_json_set_take(o, "name", zpl_json_string(name));
    zpl_json_set_take(o, "change",
                      zpl_json_string(a == NULL   ? "added"
                                      : b == NULL ? "removed"
                                      : same      ? "same"
                                                  : "changed"));
    zpl_json_set_take(o, "status",
                      zpl_diff_pair(zpl_json_get(a, "status"), zpl_json_get(b, "status")));
    zpl_json_set_take(o, "duration_ms", zpl_diff_pair(duration_of(a), duration_of(b)));
    zpl_json_set_take(o, "code", zpl_json_bool(recoded));
    zpl_json_set_take(o, "reasons",
                      both && !same ? reasons_json(c, a, b, &items) : zpl_json_array());
    zpl_json_set_take(o, "outputs", outputs);
    return o;
}

static struct zpl_json *steps_json(struct comparing *c)
{
    struct zpl_json *list = zpl_json_array();
    const struct zpl_json *was = c->sides[0].record->steps, *is = c->sides[1].record->steps;
    for (size_t i = 0; i < zpl_json_count(is); i++) {
        const char *name = name_at(is, i);
        zpl_json_add_take(list, step_json(c, name, i, named(was, name, i), zpl_json_at(is, i)));
    }
    for (size_t i = 0; i < zpl_json_count(was); i++) {
        const char *name = name_at(was, i);
        if (named(is, name, i) == NULL)
            zpl_json_add_take(list, step_json(c, name, i, zpl_json_at(was, i), NULL));
    }
    return list;
}

enum zpl_err zpl_diff(struct zpl_session *session, const struct zpl_diff_side sides[2],
                      struct zpl_json **out, struct zpl_arena *arena)
{
    struct comparing c = {.session = session, .sides = sides, .arena = arena};
    struct zpl_json *runs = zpl_json_array();
    *out = zpl_json_object();
    for (int i = 0; i < 2; i++)
        zpl_json_add_take(runs, side_json(&sides[i]));
    zpl_json_set_take(*out, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(*out, "runs", runs);
    zpl_json_set_take(*out, "params", params_json(&c));
    zpl_json_set_take(*out, "steps", steps_json(&c));
    if (c.err == ZPL_OK)
        return ZPL_OK;
    zpl_json_release(*out);
    *out = NULL;
    return c.err;
}
