/* export.h - an output of a run as a file or folder outside of the store.
 * Promise: the target appears whole or not at all, and nothing that is there is lost unless that is
 * asked for; a folder never is.
 * Errors: told in the session's diagnostics; ZPL_ERR_USAGE for a target that does not fit the type or is
 * there already, ZPL_ERR_NOT_FOUND when the bytes are gone.   Floor: vm. */
#ifndef ZPL_VM_SHOW_EXPORT_H
#define ZPL_VM_SHOW_EXPORT_H

#include "vm/session/session.h"

/* `output` is one of a run's record; `force` replaces a file.  A table is written as the target's ending
 * says (.csv .parquet .json .jsonl), a value as .json, a String also as .txt, models, files and folders
 * as they are. */
enum zpl_err zpl_export(struct zpl_session *session, const struct zpl_json *output,
                        const char *target, bool force);

#endif
