/* engine.h - the checker's engine: questions put to a worker process, with limits.
 * Promise: SQL or a file that hangs or eats memory ends in an answer that says so; the next question
 * gets a new worker.
 * Errors: as lang/check/engine.h.   Limits: ZPL_BIND_MS_MAX, ZPL_BIND_BYTES_MAX.   Floor: vm. */
#ifndef ZPL_VM_SESSION_ENGINE_H
#define ZPL_VM_SESSION_ENGINE_H

#include "stdlib/body/look.h"
#include "stdlib/preview/preview.h"
#include "vm/session/session.h"

/* Fills an engine that asks workers of this machine, whatever the session's stack is. */
void zpl_engine_init(struct zpl_engine *engine, struct zpl_session *session);

/* What an artifact holds (stdlib/preview/preview.h); *out is the caller's.  Told in the session's
 * diagnostics; ZPL_ERR_USAGE, silently, for a type that needs no engine.  Limit: ZPL_PREVIEW_MS_MAX. */
enum zpl_err zpl_engine_preview(struct zpl_session *session,
                                const struct zpl_preview_request *request, struct zpl_json **out);
/* Writes a table as a file of another format; until it is done, however long that takes. */
enum zpl_err zpl_engine_export(struct zpl_session *session,
                               const struct zpl_export_request *request);
/* What Python says (stdlib/body/look.h); *out is the caller's, NULL after an error.  ZPL_ERR_STEP, told in
 * `diags`: it does not answer.  Limits: ZPL_LOOK_MS_MAX, ZPL_BIND_BYTES_MAX. */
enum zpl_err zpl_engine_look(struct zpl_session *session, const struct zpl_look_request *request,
                             struct zpl_json **out, struct zpl_diags *diags);

#endif
