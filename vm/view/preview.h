/* preview.h - what an output holds (vm/show/preview.h), as text for a terminal.
 * Promise: no control character of the data reaches the terminal; what was left out is told.
 * Floor: vm. */
#ifndef ZPL_VM_VIEW_PREVIEW_H
#define ZPL_VM_VIEW_PREVIEW_H

#include <stdbool.h>
#include "lang/base/buf.h"
#include "lang/base/json.h"

/* `width` 0: lines may be as long as they are.  `type` is the output's, as text. */
void zpl_view_preview(const struct zpl_json *preview, const char *type, unsigned width, bool colour,
                      struct zpl_buf *out);

/* One value in a line: numbers as people write them, texts without what a terminal would obey,
 * lists and records with at most `most` parts. */
void zpl_view_value(const struct zpl_json *value, size_t most, struct zpl_buf *out);
/* What an ONNX model is, in one line. */
void zpl_view_onnx(const struct zpl_json *model, struct zpl_buf *out);

/* The value of a param as a run records it (docs/graph.md, literals), in a line, as a .zpl file writes it. */
void zpl_view_param(const struct zpl_json *param, struct zpl_buf *out);
/* The same with thousands apart and five digits: of figures. */
void zpl_view_figure(const struct zpl_json *value, struct zpl_buf *out);
/* "0 … 23, mean 11.5" or "SFO 1,333, JFK 667": what the values of a column are. */
void zpl_view_figures(const struct zpl_json *column, struct zpl_buf *out);

/* "f32 [4, 3]: 0 … 11, mean 5.5": of a Tensor. */
void zpl_view_tensor(const struct zpl_json *tensor, struct zpl_buf *out);

#endif
