/* function.h - what a function of Python says of itself, and whether that is what a step declares.
 * Owns: nothing; texts are in the arena of whoever asked.   Errors: told.   Floor: lang/check. */
#ifndef ZPL_CHECK_FUNCTION_H
#define ZPL_CHECK_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/types/signature.h"

enum zpl_parameter_kind {
    ZPL_PARAMETER_PLAIN,   /* by place or name, or by name alone */
    ZPL_PARAMETER_PLACED,  /* by place alone */
    ZPL_PARAMETER_REST,    /* *args */
    ZPL_PARAMETER_KEYWORDS /* **kwargs */
};
struct zpl_parameter {
    const char *name;
    enum zpl_parameter_kind kind;
    const char
        *annotation; /* with imported names in full: "pandas.DataFrame", "list[int]"; NULL: none */
    bool has_default;
    uint32_t line, column; /* from 1, columns in characters */
};
struct zpl_function {
    const char *error; /* words that follow the path: "has no function 'trian'"; NULL: none */
    uint32_t error_line, error_column; /* 0: no place */
    const char *const *candidates;     /* with an error: the file's functions */
    size_t candidate_count;
    uint32_t line;                          /* of its name */
    const struct zpl_parameter *parameters; /* in written order */
    size_t parameter_count;
    const char *returns; /* as an annotation; NULL: none */
    const char *
        signature; /* that it gives itself, by @zpl.step("…") or by its annotations; NULL: it does not */
    const char *
        warning; /* what its file or one that it imports can't be run by; NULL: nothing that is seen, or told */
    const char *unsigned_why; /* NULL, or why it does not: words that follow the function's name */
};

/* The step that is to be done by it. */
struct zpl_function_use {
    const char *path, *name; /* "steps/train.py", "train" */
    const struct zpl_function *function;
    const struct zpl_signature *signature;
    struct zpl_span where; /* the text that names the function */
};
/* Are its parameters what the step gives by name, and its annotations the types of these and of what it
 * returns?  What has no annotation, or one of a class that nobody knows, may be anything.  False after
 * telling. */
bool zpl_check_function(const struct zpl_function_use *use, struct zpl_arena *arena,
                        struct zpl_diags *diags);

#endif
