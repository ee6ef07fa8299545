/* cell.h - one cell of a session: a text as it was entered, and how it stands in the program.
 * Promise: an expression is shown; what begins with `x = …` or `function f` declares a local; the text
 * that was entered is never changed, what the program has beside it is known by place.
 * Owns: its texts, in its own arena, until zpl_cell_free().
 * Errors: NOMEM as NULL; what is wrong with the text is in `mistakes`.   Floor: vm. */
#ifndef ZPL_VM_REPL_CELL_H
#define ZPL_VM_REPL_CELL_H

#include "lang/base/diag.h"
#include "lang/syntax/tree.h"

enum zpl_cell_kind {
    ZPL_CELL_EMPTY,      /* blanks and comments */
    ZPL_CELL_UNFINISHED, /* more lines might make it right */
    ZPL_CELL_EXPRESSION, /* shown, not kept */
    ZPL_CELL_CALL,       /* one call and nothing else: shown, and kept, as it may do something */
    ZPL_CELL_STATEMENTS  /* kept */
};
/* What stands in the program before byte `at` of the text. */
struct zpl_cell_insert {
    uint32_t at;
    const char *text;
};
struct zpl_cell {
    enum zpl_cell_kind kind;
    const char *name; /* as diagnostics print it: "[3]", or the name of a file */
    const char *text;
    uint32_t len;
    uint32_t kept;            /* how much of it later cells see: all but a `return` at its end */
    bool from_file;           /* a text that stands as it is, and is never dropped */
    bool broken;              /* its syntax is wrong by itself */
    bool parenthesis;         /* it begins with one */
    const char *const *names; /* that it declares for later cells, each once, in order */
    size_t name_count;
    const struct zpl_cell_insert *inserts;
    size_t insert_count;
    const char *base, *field; /* of an expression `base.field`; else NULL */
    struct zpl_diags mistakes;
    struct zpl_sources sources; /* of their spans */
    struct zpl_arena arena;
};

/* Reads a text; NULL when memory is out. */
struct zpl_cell *zpl_cell_new(const char *name, const char *text, size_t len);
/* The same of a file's text, in which nothing is read in another way than the language has it. */
struct zpl_cell *zpl_cell_from_file(const char *name, const char *text, size_t len);
void zpl_cell_free(struct zpl_cell *cell); /* NULL is fine */

/* Does it declare that name? */
bool zpl_cell_declares(const struct zpl_cell *cell, const char *name);

#endif
