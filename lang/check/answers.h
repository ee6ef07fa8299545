/* answers.h - what the engine answered to the queries of this program, so that a query in a loop is asked
 * once.  Rows are compared by what they say; of refinements `unique` and `hindsight` count, which with
 * the keys are all that an answer depends on.
 * Owns: nothing; answers and requests are in the graph's arena, as long as the checker is used.
 * Floor: lang/check, private to it. */
#ifndef ZPL_CHECK_ANSWERS_H
#define ZPL_CHECK_ANSWERS_H

#include "lang/check/call.h"

/* The answer to that request; NULL: it was not asked. */
const struct zpl_bind_answer *zpl_answers_find(const struct zpl_checker *checker,
                                               const struct zpl_bind_request *request);
/* Keeps an answer without an error, which is in the graph's arena as are the request's texts and types;
 * its rows need not be.  Without memory it is not kept. */
void zpl_answers_keep(struct zpl_checker *checker, const struct zpl_bind_request *request,
                      const struct zpl_bind_answer *answer);

#endif
