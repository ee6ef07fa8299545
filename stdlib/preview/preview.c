/* preview.c - see preview.h: by type.   Floor: stdlib. */
#include "stdlib/preview/preview.h"

#include <string.h>
#include "lang/types/signature.h"

enum zpl_err zpl_preview(const struct zpl_preview_request *request, struct zpl_json **out,
                         struct zpl_arena *arena, struct zpl_diags *diags)
{
    const struct zpl_type *type;
    struct zpl_signature_error error = {0};
    *out = NULL;
    enum zpl_err err = zpl_type_parse(request->type, arena, &type, &error);
    if (err == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(diags);
    if (err != ZPL_OK) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0}, "the type '%s' can't be read",
                     request->type);
        return ZPL_ERR_INPUT;
    }
    if (type->kind == ZPL_TABLE)
        return zpl_preview_table(request, type, out, arena, diags);
    if (type->kind == ZPL_TENSOR)
        return zpl_preview_tensor(request, out, arena, diags);
    if (zpl_type_is_model_of(type, "xgboost"))
        return zpl_preview_model(request, out, arena, diags);
    if (zpl_type_is_model_of(type, "onnx"))
        return zpl_preview_onnx(request, out, arena, diags);
    return ZPL_ERR_USAGE;
}
