/* diff_output.h - what diff.c needs of its other file: one output of two runs.   Floor: vm. */
#ifndef ZPL_VM_SHOW_DIFF_OUTPUT_H
#define ZPL_VM_SHOW_DIFF_OUTPUT_H

#include "lang/base/json.h"

/* An output of both sides, or of one (NULL: the other has none). */
struct zpl_json *zpl_diff_output(const char *name, const struct zpl_json *a,
                                 const struct zpl_json *b);
struct zpl_json *zpl_diff_pair(const struct zpl_json *a, const struct zpl_json *b);
/* A field of both: its values, and their difference where both are numbers. */
void zpl_diff_field(struct zpl_json *list, const char *name, const struct zpl_json *a,
                    const struct zpl_json *b);
/* The outputs of a step inside maps, by what is in `outputs`, its own: the means of the numbers that the items of both sides
 * made.  Empty where they made none. */
struct zpl_json *zpl_diff_items(const struct zpl_json *outputs, const struct zpl_json *a,
                                const struct zpl_json *b);
bool zpl_diff_is_number(const struct zpl_json *v);
/* Are they one value?  Absent is equal to absent. */
bool zpl_diff_equal(const struct zpl_json *a, const struct zpl_json *b);

#endif
