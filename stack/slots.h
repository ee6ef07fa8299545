/* slots.h - slots of limits that processes share: of each name at most so many are taken at a time.
 * A slot is a locked byte of one file, so the kernel frees what a process held when it ends, however it
 * ends.  A name has 2^32 bytes of the file, at a place that its digest says.  The lower half are its
 * slots; the upper half are numbers that who waits draws, each behind the others that wait.
 * Promise: what a call asks for is taken whole or not at all.  Those that wait have their turns in the
 * order of their numbers; one that does not come for a slot that is free, because it is stopped or busy
 * with something else, is passed over after ZPL_SLOTS_TURN_MS.
 * Owns: the file and what it has taken, until _release.
 * Errors: BUSY without a diagnostic, SYSTEM diagnostics.   Limits: ZPL_LIMIT_SLOTS_MAX.   Floor: stack. */
#ifndef ZPL_STACK_SLOTS_H
#define ZPL_STACK_SLOTS_H

#include "stack/stack.h"

struct zpl_slots;
enum zpl_err zpl_slots_open(const char *path, struct zpl_slots **out, struct zpl_diags *diags);
void zpl_slots_release(struct zpl_slots *slots); /* NULL is fine */

/* As slots_take, slots_give, slots_of and slots_rest of struct zpl_metadata. */
enum zpl_err zpl_slots_take(struct zpl_slots *slots, const struct zpl_digest *holder,
                            const struct zpl_limit_use *uses, size_t count, size_t *lacking,
                            struct zpl_diags *diags);
void zpl_slots_give(struct zpl_slots *slots, const struct zpl_digest *holder);
size_t zpl_slots_of(struct zpl_slots *slots, const struct zpl_digest *holder, const char *name,
                    uint32_t *out, size_t room);
void zpl_slots_rest(struct zpl_slots *slots);

#endif
