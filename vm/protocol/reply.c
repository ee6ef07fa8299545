/* reply.c - answers of a worker as JSON, both ways; the words of what went wrong travel with them.
 * What a bind answers is in reply_bind.c.   Floor: vm. */
#include "vm/protocol/reply.h"

#include <string.h>

#include "lang/base/version.h"
#include "vm/protocol/json_read.h"
#include "vm/protocol/protocol.h"

/* Diagnostics without places: a worker has none. */
static struct zpl_json *diags_json(const struct zpl_diags *diags)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < diags->count; i++) {
        const struct zpl_diag *diag = diags->items[i];
        struct zpl_json *o = zpl_json_object();
        struct zpl_json *notes = zpl_json_array();
        for (const struct zpl_note *note = diag->notes; note != NULL; note = note->next)
            zpl_json_add_take(notes, zpl_json_string(note->text));
        zpl_json_set_take(o, "code", zpl_json_string(zpl_code_id(diag->code)));
        zpl_json_set_take(o, "warning", zpl_json_bool(diag->severity == ZPL_WARNING));
        zpl_json_set_take(o, "message", zpl_json_string(diag->message));
        zpl_json_set_take(o, "notes", notes);
        zpl_json_set_take(o, "help", zpl_json_string(diag->help));
        zpl_json_add_take(array, o);
    }
    return array;
}

static enum zpl_code code_of(const char *id)
{
    for (int code = 0; code < ZPL_CODE_COUNT; code++)
        if (strcmp(zpl_code_id((enum zpl_code)code), id) == 0)
            return (enum zpl_code)code;
    return ZPL_CODE_STEP_FAILED;
}

/* Adds what diags_json() wrote to `diags`. */
static void read_diags(const struct zpl_json *array, struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    for (size_t i = 0; i < zpl_json_count(array); i++) {
        const struct zpl_json *o = zpl_json_at(array, i);
        const struct zpl_json *notes = zpl_json_get(o, "notes");
        const char *help = zpl_json_str(zpl_json_get(o, "help"), NULL);
        const char *message = zpl_json_str(zpl_json_get(o, "message"), "");
        enum zpl_code code = code_of(zpl_json_str(zpl_json_get(o, "code"), ""));
        struct zpl_diag *diag = zpl_json_truth(zpl_json_get(o, "warning"), false)
                                    ? zpl_diag_warn(diags, code, nowhere, "%s", message)
                                    : zpl_diag_add(diags, code, nowhere, "%s", message);
        for (size_t k = 0; k < zpl_json_count(notes); k++)
            zpl_diag_note(diags, diag, nowhere, "%s", zpl_json_str(zpl_json_at(notes, k), ""));
        if (help != NULL)
            zpl_diag_help(diags, diag, "%s", help);
    }
}

enum zpl_err zpl_reply_write(enum zpl_err code, struct zpl_json *answer,
                             const struct zpl_diags *diags, struct zpl_buf *out)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "v", zpl_json_int(ZPL_PROTOCOL_VERSION));
    zpl_json_set_take(o, "err", zpl_json_int(code));
    zpl_json_set_take(o, "diags", diags_json(diags));
    zpl_json_set_take(o, "answer", answer);
    enum zpl_err err = zpl_json_write(o, false, out);
    zpl_json_release(o);
    return err;
}

enum zpl_err zpl_reply_open(const void *data, size_t len, struct zpl_json **json,
                            struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    int64_t code = ZPL_OK;
    *json = NULL;
    enum zpl_err err = zpl_json_parse(data, len, json, NULL);
    if (err == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(diags);
    if (err != ZPL_OK)
        err = ZPL_ERR_INPUT;
    else if (zpl_json_i64(zpl_json_get(*json, "v"), 0) != ZPL_PROTOCOL_VERSION)
        err = ZPL_ERR_VERSION;
    else if (!zpl_read_int(*json, "err", ZPL_OK, ZPL_ERR_INTERRUPTED, &code))
        err = ZPL_ERR_INPUT;
    if (err != ZPL_OK) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "a worker's answer can't be understood");
        return err;
    }
    read_diags(zpl_json_get(*json, "diags"), diags);
    return (enum zpl_err)code;
}

static struct zpl_json *made_json(const struct zpl_run_made *made)
{
    struct zpl_json *o = zpl_json_object();
    struct zpl_json *columns = zpl_json_array();
    for (size_t i = 0; i < made->column_count; i++) {
        struct zpl_json *c = zpl_json_array();
        zpl_json_add_take(c, zpl_json_string(made->columns[i].name));
        zpl_json_add_take(c, zpl_digest_json(&made->columns[i].digest));
        zpl_json_add_take(c, zpl_json_int((int64_t)made->columns[i].bytes));
        zpl_json_add_take(columns, c);
    }
    zpl_json_set_take(o, "name", zpl_json_string(made->name));
    zpl_json_set_take(o, "digest", zpl_digest_json(&made->digest));
    zpl_json_set_take(o, "bytes", zpl_json_int((int64_t)made->bytes));
    zpl_json_set_take(o, "tree", zpl_json_bool(made->tree));
    zpl_json_set_take(o, "rows", zpl_json_int(made->rows));
    zpl_json_set_take(o, "columns", columns);
    zpl_json_set_take(o, "json", zpl_json_string(made->json));
    return o;
}

/* What a step made. */
enum zpl_err zpl_reply_encode_run(enum zpl_err err, const struct zpl_run_result *result,
                                  const struct zpl_diags *diags, struct zpl_buf *out)
{
    struct zpl_json *made = zpl_json_array();
    for (size_t i = 0; err == ZPL_OK && i < result->made_count; i++)
        zpl_json_add_take(made, made_json(&result->made[i]));
    return zpl_reply_write(err, made, diags, out);
}

/* [[name, digest, bytes], …] */
static bool read_columns(const struct zpl_json *o, struct zpl_run_made *made,
                         struct zpl_arena *arena)
{
    const struct zpl_json *list = zpl_read_list(o, "columns", &made->column_count);
    struct zpl_run_column *columns =
        zpl_arena_array(arena, made->column_count + 1, sizeof *columns);
    if (list == NULL || columns == NULL)
        return false;
    for (size_t i = 0; i < made->column_count; i++) {
        const struct zpl_json *item = zpl_json_at(list, i);
        int64_t bytes = zpl_json_i64(zpl_json_at(item, 2), -1);
        columns[i].name = zpl_read_string(zpl_json_at(item, 0), arena);
        columns[i].bytes = (uint64_t)bytes;
        if (columns[i].name == NULL || bytes < 0 ||
            !zpl_digest_parse(zpl_json_str(zpl_json_at(item, 1), ""), &columns[i].digest))
            return false;
    }
    made->columns = columns;
    return true;
}

static bool read_made(const struct zpl_json *o, struct zpl_run_made *made, struct zpl_arena *arena)
{
    int64_t bytes;
    made->name = zpl_read_text(o, "name", arena);
    made->json = zpl_read_text(o, "json", arena);
    bool ok = made->name != NULL && zpl_read_digest(o, "digest", &made->digest) &&
              zpl_read_int(o, "bytes", 0, INT64_MAX, &bytes) &&
              zpl_read_bool(o, "tree", &made->tree) &&
              zpl_read_int(o, "rows", -1, INT64_MAX, &made->rows) && read_columns(o, made, arena);
    made->bytes = ok ? (uint64_t)bytes : 0;
    return ok;
}

enum zpl_err zpl_reply_judge(bool whole, const struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_span nowhere = {0};
    if (zpl_arena_failed(arena))
        return zpl_diag_nomem(diags);
    if (whole)
        return ZPL_OK;
    zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "a worker's answer has a part missing");
    return ZPL_ERR_INPUT;
}

/* Reads what a step made. */
enum zpl_err zpl_reply_decode_run(const void *data, size_t len, struct zpl_run_result *out,
                                  struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_json *json;
    enum zpl_err err = zpl_reply_open(data, len, &json, diags);
    memset(out, 0, sizeof *out);
    if (err == ZPL_OK) {
        const struct zpl_json *list = zpl_read_list(json, "answer", &out->made_count);
        struct zpl_run_made *made = zpl_arena_array(arena, out->made_count + 1, sizeof *made);
        bool whole = list != NULL && made != NULL;
        for (size_t i = 0; whole && i < out->made_count; i++)
            whole = read_made(zpl_json_at(list, i), &made[i], arena);
        out->made = made;
        err = zpl_reply_judge(whole, arena, diags);
    }
    zpl_json_release(json);
    return err;
}

/* [[empty, clue, misfit], …] */
static struct zpl_json *looks_json(const struct zpl_schema_answer *answer)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; answer->looks != NULL && i < answer->row->count; i++) {
        struct zpl_json *look = zpl_json_array();
        zpl_json_add_take(look, zpl_json_bool(answer->looks[i].empty));
        zpl_json_add_take(look, zpl_json_string(answer->looks[i].clue));
        zpl_json_add_take(look, zpl_json_string(answer->looks[i].misfit));
        zpl_json_add_take(list, look);
    }
    return list;
}

/* False: malformed or out of memory. */
static bool read_looks(const struct zpl_json *answer, struct zpl_schema_answer *out,
                       struct zpl_arena *arena)
{
    size_t count;
    const struct zpl_json *list = zpl_read_list(answer, "looks", &count);
    struct zpl_schema_look *looks = zpl_arena_array(arena, count + 1, sizeof *looks);
    if (list == NULL || looks == NULL || (count > 0 && count != out->row->count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct zpl_json *look = zpl_json_at(list, i);
        looks[i].empty = zpl_json_truth(zpl_json_at(look, 0), false);
        looks[i].clue = zpl_read_string(zpl_json_at(look, 1), arena);
        looks[i].misfit = zpl_read_string(zpl_json_at(look, 2), arena);
    }
    out->looks = count > 0 ? looks : NULL;
    return true;
}

/* The columns of a source. */
enum zpl_err zpl_reply_encode_schema(enum zpl_err err, const struct zpl_schema_answer *answer,
                                     const struct zpl_diags *diags, struct zpl_buf *out)
{
    struct zpl_json *o = zpl_json_object();
    if (err == ZPL_OK && answer->error != NULL) {
        zpl_json_set_take(o, "error", zpl_json_string(answer->error));
    } else if (err == ZPL_OK) {
        zpl_json_set_take(o, "row", zpl_row_json(answer->row));
        zpl_json_set_take(o, "note", zpl_json_string(answer->note));
        zpl_json_set_take(o, "sparse", zpl_json_bool(answer->sparse));
        zpl_json_set_take(o, "looks", looks_json(answer));
    }
    return zpl_reply_write(err, o, diags, out);
}

/* Reads the columns of a source. */
enum zpl_err zpl_reply_decode_schema(const void *data, size_t len, struct zpl_schema_answer *out,
                                     struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_json *json;
    enum zpl_err err = zpl_reply_open(data, len, &json, diags);
    memset(out, 0, sizeof *out);
    if (err == ZPL_OK) {
        const struct zpl_json *answer = zpl_json_get(json, "answer");
        out->error = zpl_read_text(answer, "error", arena);
        out->note = zpl_read_text(answer, "note", arena);
        if (out->error == NULL)
            out->row = zpl_read_row(zpl_json_get(answer, "row"), arena);
        out->sparse = zpl_json_truth(zpl_json_get(answer, "sparse"), false);
        err = zpl_reply_judge(out->error != NULL ||
                                  (out->row != NULL && read_looks(answer, out, arena)),
                              arena, diags);
    }
    zpl_json_release(json);
    return err;
}

enum zpl_err zpl_reply_encode_json(enum zpl_err err, const struct zpl_json *json,
                                   const struct zpl_diags *diags, struct zpl_buf *out)
{
    return zpl_reply_write(err, json != NULL ? zpl_json_ref(json) : zpl_json_null(), diags, out);
}

enum zpl_err zpl_reply_decode_json(const void *data, size_t len, struct zpl_json **out,
                                   struct zpl_diags *diags)
{
    struct zpl_json *json;
    enum zpl_err err = zpl_reply_open(data, len, &json, diags);
    const struct zpl_json *answer = zpl_json_get(json, "answer");
    *out = err == ZPL_OK && answer != NULL ? zpl_json_ref(answer) : NULL;
    zpl_json_release(json);
    return err;
}
