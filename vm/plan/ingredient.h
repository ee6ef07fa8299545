/* ingredient.h - what a step's key is made of, kept in words beside it.
 * Promise: two steps with equal lists do the same work; two lists that differ, differ in at least one
 * entry that `why` can name.  Never an ingredient: paths, times, store places, run numbers, cores.
 * Owns: nothing; lists live in the caller's arena.   Limits: ZPL_INGREDIENTS_MAX.   Floor: vm. */
#ifndef ZPL_VM_PLAN_INGREDIENT_H
#define ZPL_VM_PLAN_INGREDIENT_H

#include "lang/base/arena.h"
#include "lang/base/digest.h"
#include "lang/base/json.h"

/* In the order in which they enter the key. */
enum zpl_ingredient_kind {
    ZPL_ING_FORMAT,  /* version of the key's format */
    ZPL_ING_KERNEL,  /* identity of native code */
    ZPL_ING_ENGINE,  /* version of an engine that shapes bytes */
    ZPL_ING_BODY,    /* identity of a user's sql or lua; `shown` is its text */
    ZPL_ING_MODULE,  /* syntax of a file of Python that the body imports: name is its path */
    ZPL_ING_PACKAGE, /* version of Python, or of an installed package that such a file imports */
    ZPL_ING_WORKERS, /* how many call a function of Python together, where it is not one */
    ZPL_ING_BINDING, /* columns that a variable of the signature is bound to */
    ZPL_ING_PARAM,   /* canonical value; `shown` as it is written in a program */
    ZPL_ING_OUTPUT,  /* declared type of an output */
    ZPL_ING_WANTS,   /* rules that a column of a table input is held to: name is "input.column" */
    ZPL_ING_SOURCE,  /* content of a user's file; `shown` is its path */
    ZPL_ING_INPUT,   /* content of an input that is no table */
    ZPL_ING_ROWS,    /* row count of a table input */
    ZPL_ING_ORDER,   /* names of the columns read of a table input, in stored order */
    ZPL_ING_COLUMN,  /* content of one column read: name is "input.column" */
    ZPL_ING_KINDS
};
struct zpl_ingredient {
    enum zpl_ingredient_kind kind;
    const char *name;
    const char *value;
    const char *shown; /* for people; not part of the key; NULL: nothing to show */
};
struct zpl_ingredients {
    struct zpl_ingredient *items;
    size_t count, capacity;
};

/* Adds one; texts are borrowed.  False when memory or the limit is exhausted. */
bool zpl_ingredients_add(struct zpl_ingredients *list, struct zpl_arena *arena,
                         enum zpl_ingredient_kind kind, const char *name, const char *value,
                         const char *shown);
/* SHA-256 over the typed, length-framed list in its order.  `shape` leaves out what comes from
 * input content (SOURCE and later): two runs of a step with equal shape differ in data alone. */
struct zpl_digest zpl_ingredients_key(const struct zpl_ingredients *list, bool shape);

/* [[kind, name, value, shown], …] and back; false: malformed, or memory is out. */
struct zpl_json *zpl_ingredients_json(const struct zpl_ingredients *list);
bool zpl_ingredients_read(const char *json, struct zpl_ingredients *out, struct zpl_arena *arena);

const char *zpl_ingredient_kind_name(enum zpl_ingredient_kind kind);

#endif
