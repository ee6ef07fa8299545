/* reply.h - what the answers to all kinds of tasks have in common: { v, err, diags, answer }.
 * Only reply.c and reply_bind.c look inside; others use protocol.h.
 * Errors: WORKER diagnostics for what can't be understood; out of memory is told.   Floor: vm. */
#ifndef ZPL_VM_PROTOCOL_REPLY_H
#define ZPL_VM_PROTOCOL_REPLY_H

#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "lang/base/json.h"

/* Takes the answer. */
enum zpl_err zpl_reply_write(enum zpl_err code, struct zpl_json *answer,
                             const struct zpl_diags *diags, struct zpl_buf *out);
/* Parses a reply and passes its diagnostics on; *json is to be released in every case. */
enum zpl_err zpl_reply_open(const void *data, size_t len, struct zpl_json **json,
                            struct zpl_diags *diags);
/* Is the answer whole?  Memory is looked at here, once: a text that was lost on the way must not
 * read as one that was not sent.  Told, and the code for it. */
enum zpl_err zpl_reply_judge(bool whole, const struct zpl_arena *arena, struct zpl_diags *diags);

#endif
