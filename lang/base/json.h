/* json.h - JSON as a tree, and its canonical text.  The one owner of jansson.
 * Owns: a value is reference-counted; constructors return one reference, `_take` functions
 * consume the reference they are given (also when they fail), `_get`/`_at` borrow.
 * Canonical text is RFC 8785 (sorted keys, shortest numbers, no white space) with one difference:
 * integers keep 64 bits.  A real that is a whole number is written without a point, as RFC 8785 has
 * it, and reads back as an integer (zpl_json_f64 takes both).  NULL is accepted everywhere and
 * behaves as an absent value, so a builder checks once, with zpl_json_write().
 * Errors: NULL from constructors when memory is out.   Limits: ZPL_JSON_DEPTH_MAX.
 * Threads: a value is one thread's; references are not counted atomically.   Floor: base. */
#ifndef ZPL_BASE_JSON_H
#define ZPL_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/buf.h"
#include "lang/base/digest.h"
#include "lang/base/err.h"

struct zpl_json; /* opaque */

enum zpl_json_kind {
    ZPL_JSON_ABSENT, /* a NULL pointer */
    ZPL_JSON_NULL,
    ZPL_JSON_BOOL,
    ZPL_JSON_INT,
    ZPL_JSON_REAL,
    ZPL_JSON_STRING,
    ZPL_JSON_ARRAY,
    ZPL_JSON_OBJECT
};

struct zpl_json *zpl_json_object(void);
struct zpl_json *zpl_json_array(void);
struct zpl_json *zpl_json_string(const char *s); /* must be UTF-8, else NULL; NULL gives null */
struct zpl_json *zpl_json_stringn(const char *s, size_t n);
struct zpl_json *zpl_json_int(int64_t v);
/* NaN and the infinities, which JSON has no numbers for, are the texts "NaN", "Infinity" and "-Infinity". */
struct zpl_json *zpl_json_real(double v);
struct zpl_json *zpl_json_bool(bool v);
struct zpl_json *zpl_json_null(void);
/* An array of `count` items each of which is written by `write` when the text is, so that a long list
 * never stands in memory; one for which nothing is written is left out.  `of` (`size` bytes, plain data) is
 * copied; what it points to has to outlive the array.  Items can be neither added nor read. */
struct zpl_json_text; /* opaque */
typedef void zpl_json_write_fn(struct zpl_json_text *text, const void *of, size_t i);
struct zpl_json *zpl_json_writing(size_t count, zpl_json_write_fn *write, const void *of,
                                  size_t size);
struct zpl_json *zpl_json_ref(const struct zpl_json *v); /* another reference */
void zpl_json_release(struct zpl_json *v);               /* NULL is fine */

/* Sets or appends.  False, and from then on the object or array can't be written, when memory is
 * out, when `value` is NULL (its constructor failed), or when the key is not UTF-8. */
bool zpl_json_set_take(struct zpl_json *object, const char *key, struct zpl_json *value);
bool zpl_json_add_take(struct zpl_json *array, struct zpl_json *value);

enum zpl_json_kind zpl_json_kind(const struct zpl_json *v);
/* Is it the text of NaN or an infinity?  Whoever asks knows that a number is meant. */
bool zpl_json_is_odd_real(const struct zpl_json *v, double *out);
const struct zpl_json *zpl_json_get(const struct zpl_json *object, const char *key);
const struct zpl_json *zpl_json_at(const struct zpl_json *array, size_t i);
size_t zpl_json_count(const struct zpl_json *v); /* members of an array or object, else 0 */
/* Visits an object's members in the order of canonical text, i from 0; constant time. */
const struct zpl_json *zpl_json_value_at(const struct zpl_json *object, size_t i);
const char *zpl_json_key_at(const struct zpl_json *object, size_t i);
/* A string's bytes, which may hold NULs; NULL for anything else. */
const char *zpl_json_strn(const struct zpl_json *v, size_t *len);
/* Typed reads with a default for anything else (for zpl_json_str also a string with a NUL inside). */
const char *zpl_json_str(const struct zpl_json *v, const char *fallback);
int64_t zpl_json_i64(const struct zpl_json *v, int64_t fallback);
double zpl_json_f64(const struct zpl_json *v, double fallback); /* reads integers too */
bool zpl_json_truth(const struct zpl_json *v, bool fallback);

/* Parses one value; *error_offset (may be NULL) tells the byte of a mistake.  ZPL_ERR_INPUT (also for
 * a key that stands twice, bytes that are not UTF-8, and a number no double can hold), _LIMIT,
 * _NOMEM.  A whole number beyond 64 bits becomes a real. */
enum zpl_err zpl_json_parse(const char *text, size_t len, struct zpl_json **out,
                            size_t *error_offset);
/* Adds the canonical text to `out`, or one indented by two spaces with sorted keys when `pretty`.
 * ZPL_ERR_NOMEM when building the value failed or memory is out, _LIMIT over the depth or the cap
 * of `out`. */
enum zpl_err zpl_json_write(const struct zpl_json *v, bool pretty, struct zpl_buf *out);

/* A digest that tells a value from all others: of its canonical text, which never stands in memory whole, and in which a mark stands
 * for members that are put again (below); so it is no name of that text.  Errors: as of writing. */
enum zpl_err zpl_json_digest(const struct zpl_json *v, struct zpl_digest *out);

/* What `write` above puts down: one value, arrays and objects between _put_object or _put_array and
 * _put_end.  Before each member's value stands its key; keys come in the order of canonical text (anything
 * else is a ZPL_BUG) and live until the end of their object.  Errors are sticky, and told by
 * zpl_json_write(); as from constructors for texts that are not UTF-8. */
int zpl_json_compare_keys(const char *a, const char *b); /* that order: by UTF-16 code units */
void zpl_json_put_object(struct zpl_json_text *text);
void zpl_json_put_array(struct zpl_json_text *text);
void zpl_json_put_end(struct zpl_json_text *text);
void zpl_json_put_key(struct zpl_json_text *text, const char *key);
void zpl_json_put_string(struct zpl_json_text *text, const char *s); /* NULL gives null */
void zpl_json_put_stringn(struct zpl_json_text *text, const char *s, size_t n);
void zpl_json_put_int(struct zpl_json_text *text, int64_t v);
void zpl_json_put_bool(struct zpl_json_text *text, bool v);
void zpl_json_put_take(struct zpl_json_text *text, struct zpl_json *v); /* NULL: an error */

/* Members that many objects of a text share, as what the steps of one kind have: what is put between _begin and _end, members that are
 * not the object's first, is put by _again as often as it comes (the last of that number; there has to be one).  They are
 * a copy then, where putting each would take as long as the first time. */
#define ZPL_JSON_PARTS 2
void zpl_json_part_begin(struct zpl_json_text *text, size_t part);
void zpl_json_part_end(struct zpl_json_text *text, size_t part);
void zpl_json_part_again(struct zpl_json_text *text, size_t part);

#endif
