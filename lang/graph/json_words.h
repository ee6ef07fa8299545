/* json_words.h - the words of the canonical JSON that its writer and its reader share, and that show
 * values.
 * Private to lang/graph.   Floor: lang/graph. */
#ifndef ZPL_GRAPH_JSON_WORDS_H
#define ZPL_GRAPH_JSON_WORDS_H

#include "lang/graph/graph.h"

static const char *const zpl_cond_words[] = {
    [ZPL_COND_EQ] = "==",   [ZPL_COND_NE] = "~=",      [ZPL_COND_LT] = "<",    [ZPL_COND_LE] = "<=",
    [ZPL_COND_GT] = ">",    [ZPL_COND_GE] = ">=",      [ZPL_COND_AND] = "and", [ZPL_COND_OR] = "or",
    [ZPL_COND_NOT] = "not", [ZPL_COND_TRUTH] = "truth"};
enum { ZPL_COND_WORDS = sizeof zpl_cond_words / sizeof *zpl_cond_words };

static const char *const zpl_pick_words[] = {[ZPL_PICK_COALESCE] = "coalesce",
                                             [ZPL_PICK_MAX] = "max",
                                             [ZPL_PICK_MIN] = "min",
                                             [ZPL_PICK_MEAN] = "mean"};
enum { ZPL_PICK_WORDS = sizeof zpl_pick_words / sizeof *zpl_pick_words };

#endif
