/* reproduce_output.c - one output then and now: bytes, columns, fields, the first row that differs.
 * Part of reproduce.h.   Floor: vm. */
#include "vm/reproduce/reproduce_step.h"

#include <string.h>

#include "vm/protocol/json_read.h"
#include "vm/run/report.h"
#include "vm/session/engine.h"
#include "vm/show/diff_output.h"

static const struct zpl_digest *now_of(const struct zpl_run_made *now, const char *name)
{
    for (size_t i = 0; i < now->column_count; i++)
        if (strcmp(now->columns[i].name, name) == 0)
            return &now->columns[i].digest;
    return NULL;
}

static bool had(const struct zpl_output_row *then, const char *name)
{
    for (size_t i = 0; i < then->column_count; i++)
        if (strcmp(then->columns[i].name, name) == 0)
            return true;
    return false;
}

/* Columns by their digests: each of a table stands alone. */
static struct zpl_json *columns_json(const struct zpl_output_row *then,
                                     const struct zpl_run_made *now)
{
    struct zpl_json *o = zpl_json_object(), *added = zpl_json_array(), *removed = zpl_json_array(),
                    *changed = zpl_json_array();
    for (size_t i = 0; i < then->column_count; i++) {
        const struct zpl_column_row *column = &then->columns[i];
        const struct zpl_digest *digest = now_of(now, column->name);
        if (digest == NULL)
            zpl_json_add_take(removed, zpl_json_string(column->name));
        else if (!zpl_digest_equal(digest, &column->digest))
            zpl_json_add_take(changed, zpl_json_string(column->name));
    }
    for (size_t i = 0; i < now->column_count; i++)
        if (!had(then, now->columns[i].name))
            zpl_json_add_take(added, zpl_json_string(now->columns[i].name));
    zpl_json_set_take(o, "added", added);
    zpl_json_set_take(o, "removed", removed);
    zpl_json_set_take(o, "changed", changed);
    return o;
}

struct zpl_json *zpl_reproduce_output(const struct zpl_output_row *then,
                                      const struct zpl_run_made *now)
{
    const struct zpl_output_row row = {.name = then->name,
                                       .type = then->type,
                                       .digest = now->digest,
                                       .bytes = now->bytes,
                                       .rows = now->rows,
                                       .json = now->json};
    struct zpl_json *a = zpl_report_output(then), *b = zpl_report_output(&row);
    struct zpl_json *o = zpl_diff_output(then->name, a, b);
    zpl_json_set_take(o, "digests",
                      zpl_diff_pair(zpl_json_get(a, "digest"), zpl_json_get(b, "digest")));
    zpl_json_set_take(o, "type", zpl_json_string(then->type));
    if (then->rows >= 0)
        zpl_json_set_take(o, "columns", columns_json(then, now));
    zpl_json_release(a);
    zpl_json_release(b);
    return o;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The place of a column in a preview, or its count of columns. */
static size_t place_of(const struct zpl_json *preview, const char *name)
{
    const struct zpl_json *columns = zpl_json_get(preview, "columns");
    size_t i = 0, count = zpl_json_count(columns);
    while (i < count &&
           strcmp(zpl_json_str(zpl_json_get(zpl_json_at(columns, i), "name"), ""), name) != 0)
        i++;
    return i;
}

/* The cells of a row that differ, of the columns that do; NULL: none. */
static struct zpl_json *cells(const struct zpl_json *changed, const struct zpl_json *then,
                              const struct zpl_json *now, size_t row)
{
    const struct zpl_json *a = zpl_json_at(zpl_json_get(then, "head"), row);
    const struct zpl_json *b = zpl_json_at(zpl_json_get(now, "head"), row);
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < zpl_json_count(changed); i++) {
        const char *name = zpl_json_str(zpl_json_at(changed, i), "");
        const struct zpl_json *x = zpl_json_at(a, place_of(then, name));
        const struct zpl_json *y = zpl_json_at(b, place_of(now, name));
        if (x == NULL || y == NULL || zpl_diff_equal(x, y))
            continue;
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "name", zpl_json_string(name));
        zpl_json_set_take(o, "values", zpl_diff_pair(x, y));
        zpl_json_add_take(list, o);
    }
    if (zpl_json_count(list) > 0)
        return list;
    zpl_json_release(list);
    return NULL;
}

static void set_first(const struct zpl_reproduce_look *look, const struct zpl_json *then,
                      const struct zpl_json *now)
{
    const struct zpl_json *changed = zpl_json_get(zpl_json_get(look->output, "columns"), "changed");
    size_t count = zpl_json_count(zpl_json_get(then, "head"));
    struct zpl_json *values = NULL;
    for (size_t row = 0; values == NULL && row < count; row++) {
        values = cells(changed, then, now, row);
        if (values == NULL)
            continue;
        struct zpl_json *first = zpl_json_object();
        zpl_json_set_take(first, "row", zpl_json_int((int64_t)row + 1));
        zpl_json_set_take(first, "values", values);
        zpl_json_set_take(look->output, "first", first);
    }
}

enum zpl_err zpl_reproduce_first(struct zpl_session *session, const struct zpl_reproduce_look *look)
{
    struct zpl_artifacts *artifacts;
    struct zpl_json *previews[2] = {NULL, NULL};
    char path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_session_artifacts(session, &artifacts);
    if (err == ZPL_OK)
        err = artifacts->local(artifacts->self, &look->then, path, &session->diags);
    for (int i = 0; err == ZPL_OK && i < 2; i++)
        err = zpl_engine_preview(session,
                                 &(struct zpl_preview_request){.type = look->type,
                                                               .path = i == 0 ? path : look->path,
                                                               .rows = look->rows[i],
                                                               .head = ZPL_PREVIEW_ROWS_MAX},
                                 &previews[i]);
    if (err == ZPL_OK)
        set_first(look, previews[0], previews[1]);
    zpl_json_release(previews[0]);
    zpl_json_release(previews[1]);
    if (err == ZPL_ERR_NOMEM || err == ZPL_ERR_INTERRUPTED)
        return err;
    if (err != ZPL_OK) /* it tells less, and is no trouble of the run */
        zpl_diags_clear(&session->diags);
    return ZPL_OK;
}
