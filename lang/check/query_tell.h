/* query_tell.h - what the files that tell mistakes of a query share.   Floor: lang/check, private to
 * query_error.c and query_name.c. */
#ifndef ZPL_CHECK_QUERY_TELL_H
#define ZPL_CHECK_QUERY_TELL_H

#include "lang/check/query.h"

/* Names to choose from; those that are the wrong word itself are left out. */
struct zpl_choice {
    const struct zpl_query *q;
    const char *word;
    bool exact; /* case tells names apart, as in the program */
    const char **names;
    size_t count, room;
};

void zpl_choice_offer(struct zpl_choice *c, const char *name);
void zpl_choice_offer_all(struct zpl_choice *c, const char *const *names);
/* NULL: none is near enough. */
const char *zpl_choice_nearest(const struct zpl_choice *c);

bool zpl_query_is_word(char c);
/* The table, or the scalar, of that name; NULL: there is none. */
const struct zpl_query_input *zpl_query_find_input(const struct zpl_query *q, const char *name,
                                                   bool table);
/* Where a word that is one letter or two from this one stands before another, as FORM for FROM; -1: nowhere. */
long zpl_query_misspelt(const struct zpl_query *q, const char *keyword, size_t *length);
/* A name between backticks; NULL: there is none.  *offset is where it begins. */
const char *zpl_query_backticked(const struct zpl_query *q, long *offset);
/* Of the error of an aggregate that does not take the type of what it is given; NULL: nothing to say. */
const char *zpl_query_hint_cast(const struct zpl_query *q, const struct zpl_bind_error *error);

/* query_name.c: an unknown table or $name, and the word before a dot. */
void zpl_query_tell_name(const struct zpl_query *q, const struct zpl_bind_error *error,
                         struct zpl_span span, const char *word, const struct zpl_query_fix *fix,
                         bool table);
void zpl_query_tell_qualifier(const struct zpl_query *q, const struct zpl_bind_error *error,
                              struct zpl_span span, const char *word, struct zpl_query_fix *fix);
bool zpl_query_is_qualifier(const struct zpl_query *q, const struct zpl_bind_error *error);
void zpl_query_fix_name(const struct zpl_query *q, struct zpl_query_fix *fix, bool table);

#endif
