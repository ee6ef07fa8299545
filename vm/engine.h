/* engine.h - the checker's engine: questions put to a worker process, with limits.
 * Promise: SQL or a file that hangs or eats memory ends in an answer that says so; the next question
 * gets a new worker.
 * Errors: as lang/check/engine.h.   Limits: ZPL_BIND_MS_MAX, ZPL_BIND_BYTES_MAX.   Floor: vm. */
#ifndef ZPL_VM_ENGINE_H
#define ZPL_VM_ENGINE_H

#include "vm/session.h"

/* Fills an engine that asks the session's orchestrator. */
void zpl_engine_init(struct zpl_engine *engine, struct zpl_session *session);

#endif
