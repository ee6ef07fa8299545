/* report.c - plans and runs as JSON.   Floor: vm. */
#include "vm/run/report.h"

#include <string.h>

#include "lang/base/version.h"
#include "lang/graph/body_kind.h"
#include "vm/plan/map.h"
#include "vm/protocol/json_read.h"

const char *zpl_run_status_name(enum zpl_run_status status)
{
    static const char *const NAMES[] = {"running", "done", "failed", "cancelled", "interrupted"};
    return NAMES[status];
}

static void put_text(struct zpl_json_text *text, const char *key, const char *s)
{
    zpl_json_put_key(text, key);
    zpl_json_put_string(text, s);
}

static void put_int(struct zpl_json_text *text, const char *key, int64_t v)
{
    zpl_json_put_key(text, key);
    zpl_json_put_int(text, v);
}

static void put_take(struct zpl_json_text *text, const char *key, struct zpl_json *json)
{
    zpl_json_put_key(text, key);
    zpl_json_put_take(text, json);
}

static void put_row(struct zpl_json_text *text, const struct zpl_output_row *row)
{
    struct zpl_json *value = NULL;
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(&row->digest, hex);
    zpl_json_put_object(text);
    put_int(text, "bytes", (int64_t)row->bytes);
    put_text(text, "digest", hex);
    if (row->rows >= 0)
        put_int(text, "rows", row->rows);
    put_text(text, "type", row->type);
    if (row->json != NULL && zpl_json_parse(row->json, strlen(row->json), &value, NULL) == ZPL_OK)
        put_take(text, "value", value);
    zpl_json_put_end(text);
}

static void put_only_row(struct zpl_json_text *text, const void *of, size_t i)
{
    (void)i;
    put_row(text, *(const struct zpl_output_row *const *)of);
}

/* The text read back: it has one shape, and few ask for it by itself. */
struct zpl_json *zpl_report_output(const struct zpl_output_row *row)
{
    struct zpl_json *written = zpl_json_writing(1, put_only_row, &row, sizeof row), *read = NULL;
    struct zpl_buf text = {0};
    struct zpl_json *output = NULL;
    if (zpl_json_write(written, false, &text) == ZPL_OK &&
        zpl_json_parse(zpl_buf_str(&text), text.len, &read, NULL) == ZPL_OK)
        output = zpl_json_ref(zpl_json_at(read, 0));
    zpl_json_release(read);
    zpl_json_release(written);
    zpl_buf_release(&text);
    return output;
}

/* Of an output that is not made the type alone. */
static void put_output(struct zpl_json_text *text, const struct zpl_output *output,
                       const struct zpl_output_row *row)
{
    struct zpl_buf type = {0};
    if (row != NULL) {
        put_row(text, row);
        return;
    }
    zpl_type_show(output->type, false, &type);
    zpl_json_put_object(text);
    put_text(text, "type", zpl_buf_str(&type));
    zpl_json_put_end(text);
    zpl_buf_release(&type);
}

/* The output whose name comes next in canonical text; NULL: `last` was the last one. */
static const struct zpl_output *next_output(const struct zpl_node *node, const char *last)
{
    const struct zpl_output *next = NULL;
    for (size_t i = 0; i < node->output_count; i++) {
        const struct zpl_output *output = &node->outputs[i];
        if ((last == NULL || zpl_json_compare_keys(output->name, last) > 0) &&
            (next == NULL || zpl_json_compare_keys(output->name, next->name) < 0))
            next = output;
    }
    return next;
}

static void put_outputs(struct zpl_json_text *text, const struct zpl_node *node,
                        const struct zpl_step_plan *step)
{
    const struct zpl_output *output = NULL;
    zpl_json_put_key(text, "outputs");
    zpl_json_put_object(text);
    while ((output = next_output(node, output != NULL ? output->name : NULL)) != NULL) {
        zpl_json_put_key(text, output->name);
        put_output(text, output,
                   step->outputs != NULL ? &step->outputs[output - node->outputs] : NULL);
    }
    zpl_json_put_end(text);
}

/* sql, lua or native: what kind of body it has. */
static const char *body_kind(const struct zpl_node *node)
{
    bool own = node->body != NULL && zpl_body_kind(node->kernel)->field != NULL;
    return own ? node->kernel : node->effect ? "effect" : "native";
}

/* The file of an import as the project knows it. */
static struct zpl_place place_of(const struct zpl_session *session, const struct zpl_node *node)
{
    const struct zpl_source *source = zpl_sources_get(&session->program.sources, node->span.source);
    struct zpl_place place = {0};
    if (source == NULL)
        return place;
    if (strcmp(source->name, session->project.name) != 0)
        place.file = source->name;
    zpl_source_place(source, node->span.begin, &place.line, &place.column);
    return place;
}

/* Of a step inside a map: how many items are in each state; null when the list is not known. */
static struct zpl_json *items_json(const struct zpl_plan *plan, uint32_t id)
{
    const size_t *counts = zpl_mapping_counts(plan, id);
    if (counts == NULL)
        return zpl_json_null();
    struct zpl_json *o = zpl_json_object();
    for (unsigned i = 0; i < ZPL_PLAN_STATES; i++)
        if (counts[i] > 0)
            zpl_json_set_take(o, zpl_plan_status_name((enum zpl_plan_status)i),
                              zpl_json_int((int64_t)counts[i]));
    return o;
}

/* One character a state, in their order. */
static const char ITEM_STATES[] = "-wucs>rfx";

enum zpl_plan_status zpl_report_item_status(char c)
{
    const char *at = c != '\0' ? strchr(ITEM_STATES, c) : NULL;
    return at != NULL ? (enum zpl_plan_status)(at - ITEM_STATES) : ZPL_PLAN_PENDING;
}

static struct zpl_json *made_json(const struct zpl_items *items)
{
    struct zpl_buf text = {0};
    struct zpl_json *json = items->inner != NULL ? zpl_json_array() : NULL;
    for (size_t i = 0; items->inner != NULL && i < items->count; i++)
        zpl_json_add_take(json, made_json(&items->inner[i]));
    if (json != NULL)
        return json;
    for (size_t i = 0; i < items->count; i++) {
        char hex[ZPL_HEX_SIZE];
        zpl_digest_hex(&items->steps[i].key, hex);
        zpl_buf_putc(&text, ITEM_STATES[items->steps[i].status]);
        zpl_buf_add(&text, hex, sizeof hex - 1);
    }
    if (zpl_buf_error(&text) == ZPL_OK)
        json = zpl_json_string(zpl_buf_str(&text));
    zpl_buf_release(&text);
    return json;
}

static struct zpl_json *cost_json(const struct zpl_step_cost *cost)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "duration_ms", zpl_json_int(cost->duration_ns / 1000000));
    zpl_json_set_take(o, "bytes", zpl_json_int((int64_t)cost->bytes));
    zpl_json_set_take(o, "peak_bytes",
                      cost->peak_bytes > 0 ? zpl_json_int((int64_t)cost->peak_bytes)
                                           : zpl_json_null());
    return o;
}

struct steps {
    const struct zpl_plan *plan;
    bool kept; /* as a run keeps them */
};

/* One that the plan is not about is left out. */
static void put_step(struct zpl_json_text *text, const void *of, size_t i)
{
    const struct steps *steps = of;
    const struct zpl_plan *plan = steps->plan;
    uint32_t id = (uint32_t)i;
    const struct zpl_node *node = &plan->graph->nodes[id];
    const struct zpl_step_plan *step = &plan->steps[id];
    const struct zpl_items *items = steps->kept ? zpl_mapping_items(plan, id) : NULL;
    struct zpl_place place = {0};
    char hex[ZPL_HEX_SIZE];
    if (!zpl_plan_keeps(plan, id))
        return;
    if (!steps->kept)
        place = place_of(plan->session, node);
    zpl_json_put_object(text);
    put_int(text, "attempts", step->attempts);
    put_int(text, "duration_ms", step->duration_ns / 1000000);
    put_text(text, "error", step->error);
    if (place.file != NULL)
        put_text(text, "file", place.file);
    if (node->map != plan->scope)
        put_take(text, "items", items_json(plan, id));
    put_text(text, "kernel", node->kernel);
    zpl_digest_hex(&step->key, hex);
    put_text(text, "key", step->keyed ? hex : NULL);
    put_text(text, "kind", body_kind(node));
    if (step->last.known)
        put_take(text, "last", cost_json(&step->last));
    if (!steps->kept)
        put_int(text, "line", place.line);
    if (items != NULL)
        put_take(text, "made", made_json(items));
    put_text(text, "name", node->name);
    if (steps->kept && id > 0 && !zpl_plan_keeps(plan, id - 1))
        put_int(text, "node", id);
    put_outputs(text, node, step);
    put_text(text, "status", zpl_plan_status_name(step->status));
    put_text(text, "step", node->step);
    put_text(text, "why", step->why);
    zpl_json_put_end(text);
}

static struct zpl_json *steps_json(const struct zpl_plan *plan, bool kept)
{
    const struct steps steps = {plan, kept};
    return zpl_json_writing(plan->graph->count, put_step, &steps, sizeof steps);
}

static struct zpl_json *plan_json(const struct zpl_plan *plan, bool kept)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "pipeline", zpl_json_string(plan->graph->pipeline));
    zpl_json_set_take(o, "steps", steps_json(plan, kept));
    return o;
}

struct zpl_json *zpl_report_plan(const struct zpl_plan *plan)
{
    return plan_json(plan, false);
}

struct zpl_json *zpl_report_record(const struct zpl_plan *plan)
{
    return plan_json(plan, true);
}

/* The object without one member. */
static struct zpl_json *without(const struct zpl_json *object, const char *member)
{
    struct zpl_json *o = zpl_json_object();
    const char *key;
    for (size_t i = 0; (key = zpl_json_key_at(object, i)) != NULL; i++)
        if (strcmp(key, member) != 0)
            zpl_json_set_take(o, key, zpl_json_ref(zpl_json_value_at(object, i)));
    return o;
}

enum zpl_err zpl_report_set_places(const struct zpl_json *record, const struct zpl_place *places,
                                   size_t count, struct zpl_json **out)
{
    const struct zpl_json *steps = zpl_json_get(record, "steps");
    struct zpl_json *array = zpl_json_array();
    size_t node = 0;
    *out = NULL;
    for (size_t i = 0; i < zpl_json_count(steps); i++, node++) {
        const struct zpl_json *step = zpl_json_at(steps, i);
        int64_t is = zpl_json_i64(zpl_json_get(step, "node"), (int64_t)node);
        if (is < 0 || (uint64_t)is >= count) {
            zpl_json_release(array);
            return ZPL_ERR_INPUT;
        }
        node = (size_t)is;
        struct zpl_json *o = without(step, "node");
        if (places[node].file != NULL)
            zpl_json_set_take(o, "file", zpl_json_string(places[node].file));
        zpl_json_set_take(o, "line", zpl_json_int(places[node].line));
        zpl_json_add_take(array, o);
    }
    *out = without(record, "steps");
    zpl_json_set_take(*out, "steps", array);
    return *out != NULL ? ZPL_OK : ZPL_ERR_NOMEM;
}

struct zpl_json *zpl_report_steps_of_record(const struct zpl_json *steps)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < zpl_json_count(steps); i++)
        zpl_json_add_take(array, without(zpl_json_at(steps, i), "made"));
    return array;
}

struct zpl_json *zpl_report_of_record(const struct zpl_json *record)
{
    struct zpl_json *o = without(record, "steps");
    zpl_json_set_take(o, "steps", zpl_report_steps_of_record(zpl_json_get(record, "steps")));
    return o;
}

static void set_list(struct zpl_json *o, const char *name, const struct zpl_outlook_list *list)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < list->count; i++)
        zpl_json_add_take(array, zpl_json_string(list->items[i]));
    zpl_json_set_take(o, name, array);
}

struct zpl_json *zpl_report_outlook(const struct zpl_plan *plan, const struct zpl_outlook *outlook)
{
    struct zpl_json *o = zpl_report_plan(plan), *touches = zpl_json_object();
    set_list(touches, "reads", &outlook->reads);
    set_list(touches, "runs", &outlook->runs);
    set_list(touches, "loads", &outlook->loads);
    set_list(touches, "connects", &outlook->connects);
    set_list(touches, "deploys", &outlook->deploys);
    set_list(touches, "finds", &outlook->finds);
    set_list(touches, "writes", &outlook->writes);
    set_list(touches, "takes", &outlook->takes);
    zpl_json_set_take(o, "touches", touches);
    return o;
}

void zpl_report_set_run(struct zpl_json *plan, int64_t id, enum zpl_run_status status,
                        int64_t duration_ns)
{
    zpl_json_set_take(plan, "run", zpl_json_int(id));
    zpl_json_set_take(plan, "status", zpl_json_string(zpl_run_status_name(status)));
    zpl_json_set_take(plan, "duration_ms", zpl_json_int(duration_ns / 1000000));
}

struct zpl_json *zpl_report_run(const struct zpl_run *run)
{
    struct zpl_json *o = zpl_report_plan(&run->plan);
    zpl_report_set_run(o, run->id, run->status, run->ended_ns - run->started_ns);
    return o;
}
