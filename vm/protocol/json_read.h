/* json_read.h - small helpers that protocol and plan share to move lists between C and JSON.
 * Owns: what they read is copied into the arena.   Errors: NULL or false when the JSON has another
 * shape or memory is out; zpl_arena_failed() tells which.   Floor: vm. */
#ifndef ZPL_VM_PROTOCOL_JSON_READ_H
#define ZPL_VM_PROTOCOL_JSON_READ_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/digest.h"
#include "lang/base/json.h"
#include "lang/types/rowkey.h"
#include "lang/types/type.h"

/* A copy of a string member, or NULL when it is absent or null. */
const char *zpl_read_text(const struct zpl_json *object, const char *key, struct zpl_arena *arena);
/* A copy of a string; NULL for anything else. */
const char *zpl_read_string(const struct zpl_json *value, struct zpl_arena *arena);
/* An array of strings; *count of them (`count` may be NULL), NULL-terminated.  Absent or null: NULL
 * and 0. */
bool zpl_read_names(const struct zpl_json *array, struct zpl_arena *arena, const char *const **out,
                    size_t *count);
/* A whole number between two bounds; a truth value. */
bool zpl_read_int(const struct zpl_json *object, const char *key, int64_t least, int64_t most,
                  int64_t *out);
bool zpl_read_bool(const struct zpl_json *object, const char *key, bool *out);
/* A list of them: NULL when the member is no array, else *count tells its length. */
const struct zpl_json *zpl_read_list(const struct zpl_json *object, const char *key, size_t *count);
struct zpl_json *zpl_names_json(const char *const *names, size_t count);
/* A row as [[name, type text], …], and "..." behind them where it is open. */
struct zpl_json *zpl_row_json(const struct zpl_row *row);
const struct zpl_row *zpl_read_row(const struct zpl_json *array, struct zpl_arena *arena);
/* Keys of a row as [[place of a column, …], …]; absent: none. */
struct zpl_json *zpl_keys_json(const struct zpl_row_key *keys, size_t count);
bool zpl_read_keys(const struct zpl_json *array, const struct zpl_row *row, struct zpl_arena *arena,
                   const struct zpl_row_key **out, size_t *count);
bool zpl_read_digest(const struct zpl_json *object, const char *key, struct zpl_digest *out);
struct zpl_json *zpl_digest_json(const struct zpl_digest *digest);

#endif
