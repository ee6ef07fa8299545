/* json_node.h - how a JSON value is kept; for json.c and json_write.c only.
 * Owns: an array owns a reference to each item, an object its keys and a reference to each value;
 * members are sorted as canonical text wants them.   Floor: base. */
#ifndef ZPL_BASE_JSON_NODE_H
#define ZPL_BASE_JSON_NODE_H

#include "lang/base/json.h"

struct zpl_json_member {
    struct zpl_json *value;
    char *long_key; /* NULL: it is short */
    char short_key[16];
};
static inline const char *zpl_json_member_key(const struct zpl_json_member *member)
{
    return member->long_key ? member->long_key : member->short_key;
}
struct zpl_json {
    enum zpl_json_kind kind;
    bool failed;  /* an item or member could not be added */
    bool writing; /* an ARRAY whose items are written by a function */
    size_t refs;  /* 0 for the constants, which are never freed */
    union {
        bool truth;
        int64_t integer;
        double real; /* finite */
        struct {
            char *text; /* behind this struct, with a NUL */
            size_t len;
        } string;
        struct {
            struct zpl_json **items;
            size_t count, room;
        } array;
        struct {
            zpl_json_write_fn *write;
            size_t count; /* what they are made of stands behind this struct */
        } written;
        struct {
            struct zpl_json_member *items;
            size_t count, room;
        } object;
    };
};

#endif
