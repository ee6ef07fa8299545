/* onnx.c - see preview.h: what an ONNX model takes, gives and is made of, read off its file.   Floor: stdlib. */
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/model/onnx.h"
#include "stdlib/preview/preview.h"

#define OPERATORS_MAX 30 /* kinds that are listed */

static struct zpl_json *values_json(const struct zpl_onnx_value *values, size_t count,
                                    struct zpl_arena *arena)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count; i++) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "name", zpl_json_string(values[i].name));
        zpl_json_set_take(o, "type", zpl_json_string(zpl_onnx_shape(&values[i], arena)));
        zpl_json_add_take(array, o);
    }
    return array;
}

static struct zpl_json *counts_json(const struct zpl_onnx_count *counts, size_t count,
                                    const char *name, const char *number)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < count && i < OPERATORS_MAX; i++) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, name, zpl_json_string(counts[i].name));
        zpl_json_set_take(o, number, zpl_json_int(counts[i].count));
        zpl_json_add_take(array, o);
    }
    return array;
}

/* What zpl recorded, as far as it is there. */
static void add_recorded(const char *text, struct zpl_json *out)
{
    static const char *const members[] = {"label", "label_type", "classes", "output"};
    struct zpl_json *said = NULL;
    if (text == NULL || zpl_json_parse(text, strlen(text), &said, NULL) != ZPL_OK)
        return;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (zpl_json_get(said, members[i]) != NULL)
            zpl_json_set_take(out, members[i], zpl_json_ref(zpl_json_get(said, members[i])));
    zpl_json_set_take(out, "means", zpl_json_string(zpl_json_str(zpl_json_get(said, "kind"), "")));
    zpl_json_release(said);
}

static struct zpl_json *describe(const struct zpl_onnx *onnx, size_t bytes, struct zpl_arena *arena)
{
    struct zpl_json *out = zpl_json_object();
    zpl_json_set_take(out, "kind", zpl_json_string("onnx"));
    zpl_json_set_take(out, "framework", zpl_json_string("onnx"));
    zpl_json_set_take(out, "bytes", zpl_json_int((int64_t)bytes));
    add_recorded(onnx->recorded, out);
    zpl_json_set_take(out, "producer",
                      zpl_json_string(zpl_arena_printf(arena, "%s%s%s", onnx->producer,
                                                       *onnx->producer_version ? " " : "",
                                                       onnx->producer_version)));
    zpl_json_set_take(out, "opsets",
                      counts_json(onnx->opsets, onnx->opset_count, "domain", "version"));
    zpl_json_set_take(out, "inputs", values_json(onnx->inputs, onnx->input_count, arena));
    zpl_json_set_take(out, "outputs", values_json(onnx->outputs, onnx->output_count, arena));
    zpl_json_set_take(out, "nodes", zpl_json_int(onnx->nodes));
    zpl_json_set_take(out, "operators",
                      counts_json(onnx->operators, onnx->operator_count, "name", "count"));
    return out;
}

enum zpl_err zpl_preview_onnx(const struct zpl_preview_request *request, struct zpl_json **out,
                              struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_buf data = {0};
    struct zpl_onnx onnx;
    const char *words = NULL;
    enum zpl_err err = zpl_fs_read_file(request->path, ZPL_MODEL_BYTES_MAX, &data, diags);
    if (err == ZPL_OK && zpl_onnx_read(data.data, data.len, &onnx, arena, &words)) {
        *out = describe(&onnx, data.len, arena);
    } else if (err == ZPL_OK && words == NULL) {
        err = zpl_diag_nomem(diags);
    } else if (err == ZPL_OK) {
        zpl_diag_add(diags, ZPL_CODE_STEP_FAILED, (struct zpl_span){0},
                     "the model is no file of ONNX: %s", words);
        err = ZPL_ERR_STEP;
    }
    zpl_buf_release(&data);
    return err;
}
