/* body_kind.h - the kinds of bodies that steps have, and what each of them is: the one place that says so.
 * Owns: nothing.   Floor: lang/graph. */
#ifndef ZPL_GRAPH_BODY_KIND_H
#define ZPL_GRAPH_BODY_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum zpl_body {
    ZPL_BODY_NONE,    /* a standard step: all code is zpl's */
    ZPL_BODY_COMMAND, /* words and what they need, as JSON */
    ZPL_BODY_LIBRARY, /* "path.so:name" of a kernel of the user's own */
    ZPL_BODY_LUA,     /* a closure image */
    ZPL_BODY_PYTHON,  /* "file.py:function" and what it needs, as JSON */
    ZPL_BODY_SQL      /* one SELECT */
};
struct zpl_body_kind {
    enum zpl_body body;
    const char *kernel; /* what the workers run */
    /* Of a step that a program declares: its value is the body.  NULL: the step is a standard one, and the body
     * zpl's own (struct zpl_step_info). */
    const char *field;
    bool opaque;  /* nobody can say what its outputs are computed from: each may be of all it has */
    bool alone;   /* it runs in a process that no other step has, confined */
    bool program; /* that is a program's, with files, variables and connections that are declared */
};

/* Of a kernel; that of NONE for one that runs no bodies, and for NULL. */
const struct zpl_body_kind *zpl_body_kind(const char *kernel);
/* The i-th kind that a program can declare, by field in alphabetical order; NULL past the end. */
const struct zpl_body_kind *zpl_body_kind_at(size_t i);

#endif
