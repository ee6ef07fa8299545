/* json_node.h - how a JSON value is kept; for json.c and json_write.c only.
 * Owns: an array owns a reference to each item, an object its keys and a reference to each value;
 * members are sorted as canonical text wants them.   Floor: base. */
#ifndef ZPL_BASE_JSON_NODE_H
#define ZPL_BASE_JSON_NODE_H

#include "lang/base/json.h"

struct zpl_json_member {
    char *key;
    struct zpl_json *value;
};
struct zpl_json {
    enum zpl_json_kind kind;
    bool failed; /* an item or member could not be added */
    bool making; /* an ARRAY whose items are made as they are written */
    size_t refs; /* 0 for the constants, which are never freed */
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
            zpl_json_make_fn *make;
            size_t count; /* what they are made of stands behind this struct */
        } made;
        struct {
            struct zpl_json_member *items;
            size_t count, room;
        } object;
    };
};

#endif
