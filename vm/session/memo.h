/* memo.h - an engine that remembers: the same question is put to a worker once.
 * Promise: an answer is reused only for the same SQL, input columns, param types, file content and
 * engine version; one of Python's for the key that its asker gives it.  Answers about limits are not kept.  A store that can't be written costs time only.
 * Floor: vm. */
#ifndef ZPL_VM_SESSION_MEMO_H
#define ZPL_VM_SESSION_MEMO_H

#include "stdlib/body/look.h"
#include "vm/session/session.h"

struct zpl_memo {
    struct zpl_session *session;
    struct zpl_engine inner;
};
/* `memo` must live as long as the engine. */
void zpl_memo_init(struct zpl_memo *memo, struct zpl_session *session, struct zpl_engine inner,
                   struct zpl_engine *out);
/* What Python says, remembered in that space under `key`; without one (NULL) it is asked.  As zpl_engine_look(). */
enum zpl_err zpl_memo_look(struct zpl_session *session, const char *space,
                           const struct zpl_digest *key, const struct zpl_look_request *request,
                           struct zpl_json **out, struct zpl_diags *diags);

#endif
