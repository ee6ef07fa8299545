/* sound.h - are the bytes of an artifact those that were stored?
 * Promise: what a step reads, what is shown, exported, deployed or decided on was read whole and held to its
 * digest before; only what this run has just made is taken as it is.  A run that finds everything done reads
 * nothing: `zpl doctor` does.
 * Errors: STORE_CORRUPT (ZPL_ERR_CORRUPT) with what to do; those of reading.   Floor: vm. */
#ifndef ZPL_VM_SESSION_SOUND_H
#define ZPL_VM_SESSION_SOUND_H

#include "vm/session/session.h"

/* The file or folder at `path` against its digest. */
enum zpl_err zpl_sound_path(const char *path, const struct zpl_digest *digest,
                            struct zpl_diags *diags);
/* Where the artifact's bytes are, held to the digest. */
enum zpl_err zpl_sound_local(struct zpl_session *session, const struct zpl_digest *digest,
                             char *path /* ZPL_PATH_MAX */, struct zpl_diags *diags);
/* It has just been made and is about to be published: one that is there and damaged makes room. */
enum zpl_err zpl_sound_make_room(struct zpl_session *session, const struct zpl_digest *digest,
                                 struct zpl_diags *diags);

#endif
