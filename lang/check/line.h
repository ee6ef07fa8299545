/* line.h - the lines of a step's signature, parsed once for all its calls.
 * Owns: nothing; kept in the graph's arena for as long as the checker is used.
 * Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_LINE_H
#define ZPL_CHECK_LINE_H

#include "lang/check/call.h"
#include "lang/types/signature.h"

struct zpl_step_lines {
    const struct zpl_step_info *step;
    const struct zpl_signature **lines;
    size_t count;
    bool broken;                      /* a line can't be read: */
    struct zpl_signature_error error; /* offset in the whole text */
};

/* The lines of `step`, which stays where it is; NULL when memory is out. */
const struct zpl_step_lines *zpl_lines_of(struct zpl_checker *checker,
                                          const struct zpl_step_info *step);

#endif
