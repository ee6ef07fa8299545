/* reproduce.h - what became of a run that was done again, for people.   Floor: vm. */
#ifndef ZPL_VM_VIEW_REPRODUCE_H
#define ZPL_VM_VIEW_REPRODUCE_H

#include "lang/base/json.h"
#include "vm/view/steps.h"

/* A step of the answer of vm/reproduce/reproduce.h as a line. */
void zpl_view_reproduced_step(const struct zpl_view *view, const struct zpl_json *step,
                              struct zpl_buf *out);
/* What differs, output by output, and the count of it all. */
void zpl_view_reproduced(const struct zpl_view *view, const struct zpl_json *answer,
                         struct zpl_buf *out);

#endif
