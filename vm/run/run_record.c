/* run_record.c - what a stored run says of its steps.   Floor: vm. */
#include "vm/run/run_record.h"

#include <string.h>

#include "lang/base/version.h"
#include "vm/run/report.h"

/* Gives the steps of a plan the places of the run. */
static enum zpl_err set_places(const char *text, struct zpl_run_record *record)
{
    struct zpl_json *json = NULL, *placed = NULL;
    struct zpl_arena arena = {0};
    struct zpl_place *places;
    size_t count;
    enum zpl_err err = zpl_json_parse(text, strlen(text), &json, NULL);
    if (err == ZPL_OK)
        err = zpl_places_read(json, &places, &count, &arena);
    if (err == ZPL_OK)
        err = zpl_report_set_places(record->plan, places, count, &placed);
    if (err == ZPL_OK) {
        zpl_json_release(record->plan);
        record->plan = placed;
    }
    zpl_json_release(json);
    zpl_arena_release(&arena);
    return err;
}

enum zpl_err zpl_run_record_open(const struct zpl_run_row *row, struct zpl_run_record *out,
                                 struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    memset(out, 0, sizeof *out);
    if (row->plan == NULL || row->plan[0] == '\0')
        return ZPL_OK;
    enum zpl_err err = zpl_json_parse(row->plan, strlen(row->plan), &out->plan, NULL);
    if (err == ZPL_OK && zpl_json_i64(zpl_json_get(out->plan, "version"), 0) != ZPL_REPORT_VERSION)
        err = ZPL_ERR_VERSION;
    if (err == ZPL_OK && row->places != NULL)
        err = set_places(row->places, out);
    if (err == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(diags);
    out->steps = zpl_json_get(out->plan, "steps");
    if (err != ZPL_OK)
        zpl_diag_add(diags,
                     err == ZPL_ERR_VERSION ? ZPL_CODE_STORE_VERSION : ZPL_CODE_STORE_CORRUPT,
                     nowhere, "the plan of run %lld can't be read", (long long)row->id);
    return err;
}

void zpl_run_record_release(struct zpl_run_record *record)
{
    zpl_json_release(record->item);
    zpl_json_release(record->plan);
    memset(record, 0, sizeof *record);
}

const struct zpl_json *zpl_run_record_step(const struct zpl_run_record *record, const char *rest,
                                           const char **output)
{
    const struct zpl_json *found = NULL;
    *output = NULL;
    for (size_t i = 0; i < zpl_json_count(record->steps); i++) {
        const struct zpl_json *step = zpl_json_at(record->steps, i);
        const char *name = zpl_json_str(zpl_json_get(step, "name"), "");
        size_t n = strlen(name);
        if (strcmp(rest, name) == 0) {
            *output = NULL;
            return step;
        }
        if (strncmp(rest, name, n) == 0 && rest[n] == '/' && strchr(rest + n + 1, '/') == NULL) {
            found = step;
            *output = rest + n + 1;
        }
    }
    return found;
}

bool zpl_run_record_counts(const struct zpl_json *step, size_t counts[ZPL_PLAN_STATES])
{
    const struct zpl_json *items = zpl_json_get(step, "items");
    for (unsigned i = 0; i < ZPL_PLAN_STATES; i++) {
        const char *name = zpl_plan_status_name((enum zpl_plan_status)i);
        counts[i] = (size_t)zpl_json_i64(zpl_json_get(items, name), 0);
    }
    return zpl_json_kind(items) == ZPL_JSON_OBJECT;
}

const char **zpl_run_record_names(const struct zpl_run_record *record, struct zpl_arena *arena,
                                  size_t *count)
{
    size_t n = zpl_json_count(record->steps);
    const char **names = zpl_arena_array(arena, n + 1, sizeof *names);
    *count = names != NULL ? n : 0;
    for (size_t i = 0; i < *count; i++)
        names[i] = zpl_json_str(zpl_json_get(zpl_json_at(record->steps, i), "name"), "");
    return names;
}
