/* tree.h - the one lossless tree of a .zpl text, and what can be asked of it.
 * Promise: nodes are numbered; every node knows its tokens, and tokens with the gaps between them
 * are the text to the byte.  Number 0 is no node, so a zeroed link ends every list.
 * Owns: nothing; tree, tokens and nodes live in the arena given to zpl_parse(), the text is
 * borrowed and must outlive the tree.
 * Errors: queries answer 0, ZPL_NO_TOKEN or false when there is nothing.
 * Limits: ZPL_NESTING_MAX, ZPL_CHAIN_MAX (the height of the tree, so recursion is bounded).
 * Floor: lang. */
#ifndef ZPL_SYNTAX_TREE_H
#define ZPL_SYNTAX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/span.h"
#include "lang/syntax/lex.h"

#define ZPL_NO_TOKEN UINT32_MAX

/* What a node is; after the dash its children in order, [x] for one that may be absent. */
enum zpl_node_kind {
    ZPL_NODE_NONE,
    ZPL_NODE_CHUNK,          /* - BLOCK */
    ZPL_NODE_BLOCK,          /* - statements */
    ZPL_NODE_LOCAL,          /* - NAMES [EXPRS] */
    ZPL_NODE_LOCAL_FUNCTION, /* - NAME FUNCTION */
    ZPL_NODE_FUNCTION_STAT,  /* function a.b:c() - NAME or INDEX, FUNCTION */
    ZPL_NODE_ASSIGN,         /* - EXPRS (the targets) EXPRS */
    ZPL_NODE_CALL_STAT,      /* - CALL or METHOD */
    ZPL_NODE_IF,             /* - expression BLOCK, the same again for each elseif, [BLOCK] */
    ZPL_NODE_WHILE,          /* - expression BLOCK */
    ZPL_NODE_REPEAT,         /* - BLOCK expression */
    ZPL_NODE_FOR_NUMBER,     /* - NAMES EXPRS BLOCK */
    ZPL_NODE_FOR_IN,         /* - NAMES EXPRS BLOCK */
    ZPL_NODE_DO,             /* - BLOCK */
    ZPL_NODE_RETURN,         /* - [EXPRS] */
    ZPL_NODE_BREAK,
    ZPL_NODE_GOTO,     /* key: the label's name */
    ZPL_NODE_LABEL,    /* key: its name */
    ZPL_NODE_NAMES,    /* - NAME */
    ZPL_NODE_EXPRS,    /* - expressions */
    ZPL_NODE_FUNCTION, /* - PARAMS BLOCK; key: `function` or, in a statement, `(` */
    ZPL_NODE_PARAMS,   /* - NAME */
    ZPL_NODE_NAME,     /* key: the name */
    ZPL_NODE_NIL,      /* leaves; key: the token */
    ZPL_NODE_TRUE,
    ZPL_NODE_FALSE,
    ZPL_NODE_NUMBER,
    ZPL_NODE_STRING,
    ZPL_NODE_VARARG,
    ZPL_NODE_INDEX,       /* a.b - a; key: the name b */
    ZPL_NODE_INDEX_EXPR,  /* a[b] - a b; key: `[` */
    ZPL_NODE_CALL,        /* - callee arguments; key: `(`, `{` or the string */
    ZPL_NODE_METHOD,      /* a:b() - a arguments; key: as in CALL; see zpl_tree_method() */
    ZPL_NODE_TABLE,       /* - FIELD_… */
    ZPL_NODE_FIELD_NAMED, /* a = b - b; key: the name a */
    ZPL_NODE_FIELD_EXPR,  /* [a] = b - a b; key: `[` */
    ZPL_NODE_FIELD_ITEM,  /* b - b */
    ZPL_NODE_BINARY,      /* - left right; key: the operator */
    ZPL_NODE_UNARY,       /* - operand; key: the operator */
    ZPL_NODE_PAREN,       /* (a) - a */
    ZPL_NODE_ERROR,       /* where an expression should stand; only in trees with errors */
    ZPL_NODE_KINDS
};

enum zpl_node_flag {
    ZPL_NODE_VARIADIC = 1,   /* FUNCTION: has `...` */
    ZPL_NODE_METHOD_DEF = 2, /* FUNCTION: of `function a:b()`, with the hidden parameter `self` */
    ZPL_NODE_BODY = 4,       /* FUNCTION: value of a field `lua`, runs in a worker */
    ZPL_NODE_CONST = 8,      /* NAME that declares: <const> */
    ZPL_NODE_CLOSE = 16,     /* NAME that declares: <close> */
    ZPL_NODE_WRITTEN = 32,   /* NAME that declares: assigned to after its declaration */
    ZPL_NODE_REST = 64,      /* VARARG that says "other columns may follow" */
    ZPL_NODE_SCOPED = 128,   /* CALL of `sql` that is passed the names in scope */
};

struct zpl_tree_node {
    uint8_t kind;        /* enum zpl_node_kind */
    uint8_t flags;       /* enum zpl_node_flag */
    uint16_t height;     /* of the tree below */
    uint32_t begin, end; /* tokens begin..end-1; an empty node has none */
    uint32_t key;        /* the token that says what it does; see the kinds */
    uint32_t parent;     /* nodes */
    uint32_t child, last_child;
    uint32_t next;
    uint32_t decl; /* NAME: the NAME that declares it (its own number if it does so itself), the
                    * FUNCTION for `self`, 0 for a free name.  SCOPED: index into `passed` */
};

/* A name that is visible at a `sql` call and occurs in its text. */
struct zpl_passed {
    uint32_t call;
    uint32_t token; /* a token that spells the name */
};

struct zpl_tree {
    struct zpl_arena *arena;
    const char *text; /* borrowed */
    uint32_t len;
    uint32_t source;
    struct zpl_token *tokens;
    uint32_t token_count; /* with EOF */
    uint32_t node_count;
    uint32_t *owners;            /* per token; see zpl_tree_owner() */
    struct zpl_tree_node *nodes; /* [0] is no node, [1] the CHUNK */
    struct zpl_passed *passed;
    uint32_t passed_count;
    bool unfinished; /* its first mistake is that the text ends: more text might make it right */
};

#define ZPL_TREE_ROOT 1u

/* --- places --- */
struct zpl_span zpl_tree_span(const struct zpl_tree *tree, uint32_t node);
struct zpl_span zpl_tree_token_span(const struct zpl_tree *tree, uint32_t token);
/* The text of a token, not NUL-terminated. */
const char *zpl_tree_text(const struct zpl_tree *tree, uint32_t token, uint32_t *len);
bool zpl_tree_token_is(const struct zpl_tree *tree, uint32_t token, const char *text);
/* Writes the whole text from tokens and gaps. */
void zpl_tree_print(const struct zpl_tree *tree, struct zpl_buf *out);

/* --- from a token (zpl_emit_map gives it for a Lua line) to a node --- */
/* The node a run-time event at `token` is about: the CALL or METHOD of an argument token, the
 * BINARY or UNARY of an operator, the FUNCTION of `function` and of its `(`, the condition of `if`,
 * `elseif`, `while` and `until`, the INDEX of a field name, the loop of `for` and its `do`. */
uint32_t zpl_tree_owner(const struct zpl_tree *tree, uint32_t token);
uint32_t zpl_tree_call_at(const struct zpl_tree *tree, uint32_t token);     /* or 0 */
uint32_t zpl_tree_function_at(const struct zpl_tree *tree, uint32_t token); /* or 0 */

/* --- calls --- */
uint32_t zpl_tree_callee(const struct zpl_tree *tree, uint32_t call);
/* The token of b in a:b(); ZPL_NO_TOKEN for a CALL. */
uint32_t zpl_tree_method(const struct zpl_tree *tree, uint32_t call);
/* The i-th argument from 0. */
uint32_t zpl_tree_argument(const struct zpl_tree *tree, uint32_t call, uint32_t i);
/* The constructor that makes the only argument: written there, or bound to a local that is never
 * assigned again. */
uint32_t zpl_tree_argument_table(const struct zpl_tree *tree, uint32_t call);
/* The token of the variable that gets result k (from 0) of `call` by `local` or an assignment
 * (`local a, b = step {…}`; the field's name for `t.a = …`), or ZPL_NO_TOKEN. */
uint32_t zpl_tree_result_name(const struct zpl_tree *tree, uint32_t call, uint32_t k);

/* --- table constructors; fields are the TABLE's children in written order --- */
/* The field of that name (`a = 1` or `["a"] = 1`); the last one, as Lua has it. */
uint32_t zpl_tree_field(const struct zpl_tree *tree, uint32_t table, const char *name, size_t len);
/* The i-th FIELD_ITEM, from 1. */
uint32_t zpl_tree_item(const struct zpl_tree *tree, uint32_t table, uint32_t i);
/* Writes the name of a field; false for an item or a computed key. */
bool zpl_tree_field_name(const struct zpl_tree *tree, uint32_t field, struct zpl_buf *out);
struct zpl_span zpl_tree_key_span(const struct zpl_tree *tree, uint32_t field);
uint32_t zpl_tree_value(const struct zpl_tree *tree, uint32_t field);

/* --- literals --- */
/* The value of a number token: true and *integer, or false and *real, as Lua reads it. */
bool zpl_tree_number(const struct zpl_tree *tree, uint32_t token, int64_t *integer, double *real);
/* Writes what the literal says, escapes resolved. */
void zpl_tree_string_value(const struct zpl_tree *tree, uint32_t token, struct zpl_buf *out);
/* Does it say exactly s[0..len)? */
bool zpl_tree_string_is(const struct zpl_tree *tree, uint32_t token, const char *s, size_t len);
/* The byte of the source that makes byte `value_offset` of the literal's value; for the value's
 * length the closing quote or bracket.  So a position that an engine reports becomes a place. */
uint32_t zpl_tree_string_offset(const struct zpl_tree *tree, uint32_t token, uint32_t value_offset);

/* --- small steps --- */
uint32_t zpl_tree_count(const struct zpl_tree *tree, uint32_t node); /* children */
uint32_t zpl_tree_child(const struct zpl_tree *tree, uint32_t node, uint32_t i);
/* The expression without its parentheses. */
uint32_t zpl_tree_bare(const struct zpl_tree *tree, uint32_t node);
/* Can the expression give more or fewer values than one? */
bool zpl_tree_is_multiple(const struct zpl_tree *tree, uint32_t node);

#endif
