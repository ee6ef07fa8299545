/* memo.h - an engine that remembers: the same question is put to a worker once.
 * Promise: an answer is reused only for the same SQL, input columns, param types, file content and
 * engine version.  Answers about limits are not kept.  A store that can't be written costs time only.
 * Floor: vm. */
#ifndef ZPL_VM_MEMO_H
#define ZPL_VM_MEMO_H

#include "vm/session.h"

struct zpl_memo {
    struct zpl_session *session;
    struct zpl_engine inner;
};
/* `memo` must live as long as the engine. */
void zpl_memo_init(struct zpl_memo *memo, struct zpl_session *session, struct zpl_engine inner,
                   struct zpl_engine *out);

#endif
