/* source.h - the content of a person's file, as a digest that is computed once.
 * Promise: the digest is of the bytes that are there; it is remembered by the file's stat data, and
 * a file changed so recently that its time could not tell is read again (git's racy-timestamp rule).
 * Errors: SYSTEM told with the path; a folder or device is refused.   Floor: vm. */
#ifndef ZPL_VM_SESSION_SOURCE_H
#define ZPL_VM_SESSION_SOURCE_H

#include "vm/session/session.h"

enum zpl_err zpl_source_digest(struct zpl_session *session, const char *path,
                               struct zpl_digest *digest, uint64_t *bytes, struct zpl_diags *diags);

#endif
