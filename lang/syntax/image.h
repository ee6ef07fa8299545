/* image.h - the numbers that the variables of a function get in its image.  Private to lang/syntax;
 * the public part is in emit.h.   Floor: lang. */
#ifndef ZPL_SYNTAX_IMAGE_H
#define ZPL_SYNTAX_IMAGE_H

#include "lang/base/arena.h"
#include "lang/base/err.h"
#include "lang/syntax/emit.h"

/* Of every NAME inside a function; nodes are numbered from the FUNCTION on without gaps. */
struct zpl_numbering {
    uint32_t function;
    uint32_t count;         /* nodes, the FUNCTION first */
    uint32_t *local_of;     /* per node: k of __zpl_l<k>, or 0 */
    uint32_t *free_of;      /* per node: k of __zpl_f<k>, or 0 */
    uint32_t *local_tokens; /* [k]: a token that spells the local's name; [0] is not used */
    uint32_t local_count;
    struct zpl_free_names names; /* [k - 1] */
};

/* All of it lives in the arena.  ZPL_ERR_NOMEM. */
enum zpl_err zpl_number_names(const struct zpl_tree *tree, uint32_t function,
                              struct zpl_arena *arena, struct zpl_numbering *out);

#endif
