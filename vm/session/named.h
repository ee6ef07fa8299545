/* named.h - what runs have written under names, as a command sees it: looked up once, when the first name
 * is asked for, so that all it reads is of one moment whatever other runs write meanwhile.
 * Owns: what was found, in the session, until zpl_named_forget().
 * Errors: those of the store, told in `diags`.   Floor: vm. */
#ifndef ZPL_VM_SESSION_NAMED_H
#define ZPL_VM_SESSION_NAMED_H

#include "vm/session/session.h"

/* The step that wrote what stands under the name, with its one output; NULL: nothing does.  The witness
 * notes it. */
enum zpl_err zpl_named_find(struct zpl_session *session, const char *name,
                            const struct zpl_step_row **out, struct zpl_diags *diags);
/* The same, now, and without a witness: is it what this answer is of? */
struct zpl_digest zpl_named_answer(const struct zpl_step_row *row); /* NULL: nothing */
bool zpl_named_holds(struct zpl_session *session, const char *name,
                     const struct zpl_digest *answer);
/* Names are looked up anew from here on: another program is evaluated. */
void zpl_named_forget(struct zpl_session *session);

/* Has the step of that key written what stands under the name now? */
enum zpl_err zpl_named_stands(struct zpl_session *session, const char *name,
                              const struct zpl_digest *key, bool *stands, struct zpl_diags *diags);

#endif
