/* fuzz_syntax.c - any bytes: the text comes back from its tree, and what parses can be emitted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lang/syntax/emit.h"
#include "lang/syntax/parse.h"

/* Emits the tree in both modes, and the image of every function. */
static void emit_all(const struct zpl_tree *tree)
{
    for (int mode = ZPL_EMIT_PLAIN; mode <= ZPL_EMIT_GUARD; mode++) {
        struct zpl_buf out = {0};
        struct zpl_emit_map map = {0};

        if (zpl_emit(tree, (enum zpl_emit_mode)mode, &out, &map) != ZPL_OK)
            abort();
        zpl_emit_map_release(&map);
        zpl_buf_release(&out);
    }
    for (uint32_t i = 1; i < tree->node_count; i++) {
        struct zpl_buf out = {0};
        struct zpl_emit_map map = {0};

        if (tree->nodes[i].kind == ZPL_NODE_FUNCTION &&
            zpl_emit_node(tree, i, &out, &map) != ZPL_OK)
            abort();
        zpl_emit_map_release(&map);
        zpl_buf_release(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zpl_arena arena = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf text = {0}, printed = {0};
    struct zpl_tree *tree;
    enum zpl_err err;

    zpl_buf_add(&text, data, size);
    err = zpl_parse(&arena, 1, zpl_buf_str(&text), text.len, &diags, &tree);
    if ((err != ZPL_OK) != (diags.errors > 0))
        abort();
    if (tree) {
        zpl_tree_print(tree, &printed);
        if (printed.len != text.len ||
            memcmp(zpl_buf_str(&printed), zpl_buf_str(&text), text.len) != 0)
            abort();
    }
    if (!err)
        emit_all(tree);
    zpl_buf_release(&text);
    zpl_buf_release(&printed);
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return 0;
}
