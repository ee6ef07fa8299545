/* diff.h - two runs side by side (vm/show/diff.h), as text.   Floor: vm. */
#ifndef ZPL_VM_VIEW_DIFF_H
#define ZPL_VM_VIEW_DIFF_H

#include <stdbool.h>
#include "lang/base/buf.h"
#include "lang/base/json.h"

/* `width` 0: lines may be as long as they are. */
void zpl_view_diff(const struct zpl_json *diff, unsigned width, bool colour, struct zpl_buf *out);

#endif
