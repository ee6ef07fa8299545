/* literal.h - a value that is known while the program is evaluated.
 * Owns: nothing; literals live in the arena of whoever made them and are never changed.
 * Errors: by return value.   Floor: lang/types. */
#ifndef ZPL_TYPES_LITERAL_H
#define ZPL_TYPES_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/json.h"

struct zpl_type;

enum zpl_literal_kind {
    ZPL_LIT_NULL,
    ZPL_LIT_BOOL,
    ZPL_LIT_INT,
    ZPL_LIT_FLOAT,
    ZPL_LIT_STRING,
    ZPL_LIT_PATH,   /* text; relative to the project, absolute, or a URL */
    ZPL_LIT_LIST,   /* items */
    ZPL_LIT_RECORD, /* items with keys, in written order */
    ZPL_LIT_TYPE
};

struct zpl_literal {
    enum zpl_literal_kind kind;
    union {
        bool b;
        int64_t i;
        double f;
        struct {
            const char *s; /* NUL-terminated; may hold NULs before it: see n */
            size_t n;
        } str; /* STRING and PATH */
        struct {
            const struct zpl_literal *const *items;
            const char *const *keys; /* RECORD only */
            size_t count;
        } list;
        const struct zpl_type *type;
    } as;
};

const struct zpl_literal *zpl_literal_null(void);
const struct zpl_literal *zpl_literal_bool(struct zpl_arena *arena, bool v);
const struct zpl_literal *zpl_literal_int(struct zpl_arena *arena, int64_t v);
const struct zpl_literal *zpl_literal_float(struct zpl_arena *arena, double v);
const struct zpl_literal *zpl_literal_string(struct zpl_arena *arena, const char *s, size_t n);
const struct zpl_literal *zpl_literal_path(struct zpl_arena *arena, const char *s, size_t n);
/* Lists, records and types keep what they are given; keys and items live as long as the arena. */
const struct zpl_literal *zpl_literal_list(struct zpl_arena *arena,
                                           const struct zpl_literal *const *items, size_t count);
const struct zpl_literal *zpl_literal_record(struct zpl_arena *arena,
                                             const struct zpl_literal *const *items,
                                             const char *const *keys, size_t count);
/* The field of that name; NULL: it has none, or is no record, or NULL. */
const struct zpl_literal *zpl_literal_field(const struct zpl_literal *record, const char *name);
/* A copy that needs nothing of where the literal stands, types aside. */
const struct zpl_literal *zpl_literal_copy(struct zpl_arena *arena,
                                           const struct zpl_literal *literal);
const struct zpl_literal *zpl_literal_type(struct zpl_arena *arena, const struct zpl_type *type);

/* Of one kind and, to the byte, one value: 1 is not 1.0, 0.0 is not -0.0, NaN is NaN. */
bool zpl_literal_equal(const struct zpl_literal *a, const struct zpl_literal *b);
/* As it would be written in a .zpl file: 15, 0.6, "late", Path "data/x.csv", { "a", "b" }. */
void zpl_literal_show(const struct zpl_literal *v, struct zpl_buf *out);
/* s[0..n) between double quotes with Lua's escapes; bytes that are no UTF-8 as \xNN. */
void zpl_literal_quote(const char *s, size_t n, struct zpl_buf *out);
/* JSON that reads back to an equal literal: null, true, 15, 0.5 (a Float that is whole:
 * {"float":"2"}; non-finite likewise), "s", {"path":"…"}, [..], {"record":[["k",v],…]},
 * {"type":"Table {…}"}, bytes that are no UTF-8 or hold a NUL, here and in a path or key:
 * {"bytes":"<hex>"}. */
struct zpl_json *zpl_literal_json(const struct zpl_literal *v);
const struct zpl_literal *zpl_literal_from_json(const struct zpl_json *json,
                                                struct zpl_arena *arena); /* NULL: malformed */
/* The value that plain JSON stands for, as what steps made is stored: an object is a record with its keys
 * in order, a whole number and the text "NaN", "Infinity" or "-Infinity" a Float where `type` (NULL: not known) says so.  NULL: memory is out. */
const struct zpl_literal *zpl_literal_of_json(const struct zpl_json *json,
                                              const struct zpl_type *type, struct zpl_arena *arena);

#endif
