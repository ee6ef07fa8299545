/* body.h - what crosses between a running lua body and whoever runs it: inputs in, outputs out.
 * Private to lang/dsl; see closure.h.
 * Errors: raised in Lua; `told` when a callback told it already.   Floor: lang/dsl. */
#ifndef ZPL_DSL_BODY_H
#define ZPL_DSL_BODY_H

#include "lang/dsl/closure.h"
#include "lang/dsl/sandbox.h"

/* One call of an image; the owner of its sandbox. */
struct zpl_body {
    const struct zpl_closure_call *call;
    struct zpl_diags *diags;
    const struct zpl_json *image;
    struct zpl_sandbox sandbox;
    struct zpl_arena arena; /* of the image's literals */
    struct zpl_arena cell;  /* of the value being delivered */
    bool running;           /* inside the body's own code */
    /* The last cell of an input that the body read and that is null; row 0: none. */
    const char *null_input, *null_column;
    int64_t null_row;
    bool told, corrupt, no_memory;
};

/* Raises the error that ends a call without memory. */
void zpl_body_no_memory(lua_State *L);
/* Pushes a literal as a plain Lua value; a path is its text. */
void zpl_body_push(lua_State *L, const struct zpl_literal *literal);
/* Pushes the one table that a body is called with. */
void zpl_body_push_inputs(lua_State *L);
/* Hands the `count` results from stack index `first` to the outputs. */
void zpl_body_deliver(lua_State *L, int first, int count);

#endif
