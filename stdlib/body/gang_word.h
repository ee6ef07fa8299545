/* gang_word.h - what a machine says of the part of a gang that it has: one word a line, JSON in UTF-8.
 *     {"heard": TEXT, "rank": R}      a message of that process
 *     {"printed": TEXT, "rank": R}    a line that it printed
 *     {"over": true, "rank": R}       it is over its memory, and is ended for that
 *     {"ended": STATUS, "rank": R, "tried": BOOL}   it is gone: its status as of waitpid, see struct zpl_process
 *     {"noted": TEXT}                 text for the log
 *     {"failed": TEXT}                why there is no part, or not any more
 *     {"alive": true}                 every ZPL_ALIVE_MS
 * Floor: stdlib. */
#ifndef ZPL_STDLIB_GANG_WORD_H
#define ZPL_STDLIB_GANG_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/base/buf.h"
#include "lang/base/json.h"

enum zpl_gang_word_kind {
    ZPL_GANG_HEARD,
    ZPL_GANG_PRINTED,
    ZPL_GANG_OVER,
    ZPL_GANG_ENDED,
    ZPL_GANG_NOTED,
    ZPL_GANG_BROKE, /* "failed" */
    ZPL_GANG_ALIVE
};
struct zpl_gang_word {
    enum zpl_gang_word_kind kind;
    uint32_t rank;    /* of those that have one */
    const char *text; /* of HEARD, PRINTED, NOTED, BROKE; bytes that are no UTF-8 are replaced */
    size_t len;
    int status; /* of ENDED */
    bool tried;
};

/* Adds the word, with the end of its line. */
enum zpl_err zpl_gang_word_put(struct zpl_buf *out, const struct zpl_gang_word *word);
/* Reads a line without its end; the text is in *keep, which the caller releases.  False: it is none. */
bool zpl_gang_word_take(const char *line, size_t len, struct zpl_gang_word *word,
                        struct zpl_json **keep);

#endif
