/* item.h - names of steps inside maps: "split[*]" is that of all items together, "split[17]" that of one;
 * of a map inside a map "split[2][3]".  A number may be left open where all items are meant: "split[2][*]".
 * Owns: nothing.   Errors: false.   Floor: vm. */
#ifndef ZPL_VM_PLAN_ITEM_H
#define ZPL_VM_PLAN_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#define ZPL_ITEM_DEPTH_MAX 32 /* maps around a step */

/* Which item of each map around a step, the outermost first: from 1; 0: all of them. */
struct zpl_item_path {
    size_t at[ZPL_ITEM_DEPTH_MAX];
    size_t count;
};

/* Is text[0..len) a name of the step `name`, which has "[*]" for each map around it?  A step outside of
 * maps has its name alone. */
bool zpl_item_match(const char *name, const char *text, size_t len, struct zpl_item_path *out);
/* Is it one step: no map is left open? */
bool zpl_item_is_one(const struct zpl_item_path *path);
/* What stands around the name in a command line that is shown: a shell takes brackets for a pattern. */
const char *zpl_item_quote(const char *name);

#endif
