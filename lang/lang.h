/* lang.h - from text to graph.
 * Promise: zpl_compile() is hermetic: the same text, params and answers of `world` give the same
 * graph, byte for byte.  It reads no file, clock or environment itself, and ends within the limits
 * of limits.h whatever the text says.
 * Owns: the program's graph, sources and diagnostics, until zpl_program_release().
 * Errors: ZPL_ERR_CHECK when there is at least one error among the diagnostics about the text,
 * ZPL_ERR_USAGE when only a given param is wrong; the graph is then whatever could be built (poison
 * nodes included).   Floor: lang. */
#ifndef ZPL_LANG_H
#define ZPL_LANG_H

#include "lang/base/diag.h"
#include "lang/graph/graph.h"
#include "lang/world.h"

struct zpl_given {
    const char *name;
    const char *text; /* as typed; NULL for a flag without a value (a Bool param) */
};
struct zpl_compile_request {
    const char *name; /* as diagnostics print it: "delays.zpl" */
    const char *text;
    size_t len;
    const char *pipeline; /* FILE:PIPELINE, or NULL */
    bool all_pipelines;   /* when none is named: build all that take no inputs, and the others with
                             stand-ins for them, to check them; the graph is then of no use */
    const struct zpl_given *given;
    size_t given_count;
    const char *const *flags; /* the command's own, which a param nothing knows may have meant */
    size_t flag_count;
    bool returns; /* keep what the text returns: the graph is then of the text's own calls, and its
                     pipelines are only checked; with all_pipelines */
};
/* A value that the text returned. */
struct zpl_returned {
    const struct zpl_value *value; /* what steps can be given; NULL: something else */
    const char *words;             /* which then says what it is: "nil", "a function" */
    const char *step; /* of a step its name, and its signature, lines of it; else NULL */
    const char *signature;
};
/* One component of a stack: which flavour, and its options with the defaults filled in. */
struct zpl_stack_part {
    const char *component;
    const struct zpl_flavour_info *flavour;
    const struct zpl_literal *options; /* a RECORD; of a Secret the name */
    struct zpl_span span;
};
/* stack "name" { … }; a component that it does not name is the embedded one. */
struct zpl_stack_def {
    const char *name;
    struct zpl_span span;
    const struct zpl_stack_part *parts;
    size_t part_count;
};
struct zpl_program {
    struct zpl_graph graph;
    struct zpl_stack_def *stacks; /* in the graph's arena */
    size_t stack_count;
    const struct zpl_limit *limits; /* in the graph's arena; of project.zpl */
    size_t limit_count;
    const struct zpl_returned *returned; /* in the graph's arena; when they were asked for */
    size_t returned_count;
    size_t call_count; /* nodes that the text's own calls made; then come those of its pipelines */
    struct zpl_sources sources;
    struct zpl_diags diags;
};

enum zpl_err zpl_compile(const struct zpl_compile_request *request, const struct zpl_world *world,
                         struct zpl_program *out);
void zpl_program_release(struct zpl_program *program); /* safe on a zeroed struct */

#endif
