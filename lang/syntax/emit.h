/* emit.h - the text that Lua compiles: one token a line, so that a Lua line number is a place.
 * Promise: EMIT_PLAIN compiles to the bytecode of the original text, line numbers apart.  The map
 * turns every line Lua reports into a token, and zpl_tree_owner() turns that into a node:
 *   - a call reports its argument token, `(`, `{` or the string, also on Lua 5.4.4, where all calls
 *     of a chain share the line of its first token: the callee stands in parentheses on a line of
 *     its own, `( step "x" ) {…}`, and a statement that would begin with one gets a `;`;
 *   - a guard reports the operator, or the keyword of the statement that tests.
 * (In calls that lie deeper than WRAP_LEVEL_MAX (emit.c) the parentheses are left out, and on Lua
 * 5.4.4 such a call reports the first token of its chain.)
 *
 * EMIT_GUARD is for the evaluation of a file.  Outside functions that are the value of a field
 * `lua`, what would look at a run-time value becomes a call of a global that the host provides.
 * They must be reachable by plain global access; a program must not get at _ENV.
 *
 *   __zpl_truth(v)      tests of if, elseif, while (constants apart).  One argument at least; the
 * others are to be ignored, none means nil.  Returns what to test.
 *   __zpl_until(v)      the same for until, where a run-time value has to end the loop.
 *   __zpl_visit(…)      what stands behind the `in` of a `for`; returns what the loop runs on.
 *   __zpl_first(a, b[, c])  __zpl_last()  __zpl_step()
 *                       the bounds of a `for` over numbers, unless all are plain.  The first call
 * gets them all, the others follow it at once and return the second and the third.
 *   __zpl_eq(a, b)  __zpl_ne  __zpl_lt  __zpl_le  __zpl_gt  __zpl_ge
 *                       the comparisons, everywhere.  Exactly two arguments, evaluated left to
 * right. For plain values the result of Lua's operator (with its errors), for a run-time value a
 * condition.  Comparisons with nil come here too.
 *   __zpl_not(v)        `not v`, or the condition "not v".  Exactly one argument.
 *
 * `a and b and c` becomes  __zpl_and(__zpl_andl(a) and __zpl_andr(b) and c), and `or` alike with
 * __zpl_or, __zpl_orl, __zpl_orr; an operand in parentheses is an expression of its own.  The host
 * keeps a stack of left operands:
 *   __zpl_andl(a)       pushes a; returns a (a condition is true to Lua, so evaluation goes on).
 *   __zpl_andr(b)       top := meet(top, b); returns the new top.
 *   __zpl_and(r)        pops top; returns meet(top, r).
 *       meet(t, r) = r when t is plain (if t was false, Lua stopped there and r is t itself),
 *       else the condition "t and r"; r must be a condition, true or false, else BAD_CONDITION.
 *   __zpl_orl(a)        pushes a; returns nil when a is a condition (so that evaluation goes on),
 *                       else a.
 *   __zpl_orr(b)        top := join(top, b); returns nil when the new top is a condition, else it.
 *   __zpl_or(r)         pops top; returns join(top, r).
 *       join(t, r) = r when t is plain, else the condition "t or r", r as above.
 * Each takes exactly one argument and returns one value.  Pushes and pops are paired unless an
 * error passes through, so whoever catches errors (lua_pcall in the host) restores the height it
 * found.
 *
 *   __zpl_rest          a value, not a function: `...` as an item of a table constructor where no
 *                       function's own `...` is meant, "other columns may follow".
 *   __zpl_scope(arg, names)
 *                       the argument of a call `sql "literal"`, `sql [[…]]`, `sql { "literal", … }`
 *                       (with or without parentheses), where `sql` is not a local.  `names` is a
 * new table { name = value } of the locals visible there and of the globals that the file assigned
 * above, as far as the literal mentions them (not in SQL strings or comments; `$name` counts).  Its
 * result is passed to `sql`.
 *
 * Owns: the map its lines, until zpl_emit_map_release().
 * Errors: ZPL_ERR_NOMEM, ZPL_ERR_LIMIT (of the buffer).  The tree must be without errors.
 * Floor: lang. */
#ifndef ZPL_SYNTAX_EMIT_H
#define ZPL_SYNTAX_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/err.h"
#include "lang/syntax/tree.h"

enum zpl_emit_mode { ZPL_EMIT_PLAIN, ZPL_EMIT_GUARD };

/* The tokens of the lines of an emitted text. */
struct zpl_emit_map {
    uint32_t *tokens; /* [line]; [0] is not used, Lua counts lines from 1 */
    size_t count, capacity;
    enum zpl_err err;
};

void zpl_emit_map_release(struct zpl_emit_map *map); /* safe on a zeroed struct; leaves it zeroed */
/* The token of a line that Lua reported, or ZPL_NO_TOKEN. */
uint32_t zpl_emit_map_token(const struct zpl_emit_map *map, int line);

/* Notes that the next line is about `token`; a failure is kept in `err`. */
void zpl_emit_map_add(struct zpl_emit_map *map, uint32_t token);

/* Writes the text of the whole tree; `out` and `map` (zeroed) are the caller's. */
enum zpl_err zpl_emit(const struct zpl_tree *tree, enum zpl_emit_mode mode, struct zpl_buf *out,
                      struct zpl_emit_map *map);

/* The first node whose guarded text is nested deeper than ZPL_NESTING_MAX, or 0.  zpl_parse() has
 * made sure of 0. */
uint32_t zpl_emit_too_deep(const struct zpl_tree *tree);

/* --- closure images --- */

/* A variable that a function uses and does not declare. */
struct zpl_free_name {
    uint32_t token; /* its first use */
    uint32_t decl;  /* the NAME that declares it, the FUNCTION whose `self` it is, 0: a global */
    bool whole;     /* used otherwise than as `T.f` or `T["f"]` read */
    bool written;   /* assigned to inside the function; one of its fields does not count */
    const char **fields; /* the f of every T.f, each once, in order of first use */
    size_t field_count;  /* meaningful also when `whole` */
    size_t field_capacity;
};
struct zpl_free_names {
    struct zpl_free_name *items; /* in order of first use in the text */
    size_t count, capacity;
};

/* The free names of FUNCTION node `function`, in `arena`.  ZPL_ERR_NOMEM. */
enum zpl_err zpl_free_names(const struct zpl_tree *tree, uint32_t function, struct zpl_arena *arena,
                            struct zpl_free_names *out);

/* Writes `function (…) … end` for FUNCTION node `function` in one normal form: no comments, no
 * layout, no redundant parentheses, one spelling of literals, calls, fields and separators; its
 * locals are named __zpl_l1, __zpl_l2, … in order of declaration, its labels __zpl_g1, … and its free
 * names __zpl_f1, __zpl_f2, … in the order of zpl_free_names().  So two functions that differ only in
 * layout or in the names of variables and labels have one text.  There are no guards.  The map gives the token of the original text for
 * every line. */
enum zpl_err zpl_emit_node(const struct zpl_tree *tree, uint32_t function, struct zpl_buf *out,
                           struct zpl_emit_map *map);

/* The names that __zpl_l1, … (`locals`) or __zpl_f1, … stand for in that text, each with a line break. */
enum zpl_err zpl_emit_name_list(const struct zpl_tree *tree, uint32_t function, bool locals,
                                struct zpl_buf *out);
/* The token of `field` in the function's first `name.field`, else of the name's first use. */
uint32_t zpl_free_name_field(const struct zpl_tree *tree, uint32_t function,
                             const struct zpl_free_name *name, const char *field);

/* Writes `message`, Lua's about a text of zpl_emit_node(), with the names of the source. */
enum zpl_err zpl_emit_restore_names(const struct zpl_tree *tree, uint32_t function,
                                    const char *message, struct zpl_buf *out);

#endif
