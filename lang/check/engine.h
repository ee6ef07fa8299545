/* engine.h - what the checker asks of a database engine: the types of a query's result and of a
 * source's columns.  Filled by vm (a worker behind a memo); a test fills it with tables of its own.
 * Owns: nothing; answers are put into the caller's arena.
 * Errors: ZPL_OK also when the SQL or the file is wrong: then `error.message` is set.  Anything
 * else means that the engine could not be asked; its diagnostics say why.   Floor: lang/check. */
#ifndef ZPL_CHECK_ENGINE_H
#define ZPL_CHECK_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/diag.h"
#include "lang/types/choice.h"
#include "lang/types/rowkey.h"
#include "lang/types/type.h"
#include "lang/types/when.h"

struct zpl_bind_table {
    const char *name;
    const struct zpl_row *row;
    const struct zpl_row_key *keys; /* beside its unique columns */
    size_t key_count;
};
struct zpl_bind_param {
    const char *name; /* without the $ */
    enum zpl_kind kind;
};
struct zpl_bind_request {
    const char *sql;
    const struct zpl_bind_table *tables;
    size_t table_count;
    const struct zpl_bind_param *params;
    size_t param_count;
};

/* Which columns of one table may change the result's bytes (influence lineage). */
struct zpl_bind_reads {
    bool used; /* the query names the table; `SELECT count(*)` uses one and reads no column */
    bool all;  /* every column, in stored order */
    const char *const *columns;
    size_t count;
};
/* A column of the request's tables. */
struct zpl_bind_source {
    uint32_t table, column;
    bool
        by; /* it only chooses: a key of a join, group or window, a filter of what is aggregated or may
                be missing */
    bool key; /* it does as a key of the groups that are the result's rows, and by nothing else */
    uint8_t when; /* enum zpl_when: of which rows, where the table's are the result's */
};
/* A table whose rows decide a value, by their number or their gaps. */
struct zpl_bind_choice {
    uint32_t table;
    uint8_t when; /* enum zpl_when: which of them, as of a source */
};
/* The column of a time by which rows are before or after others. */
struct zpl_bind_order {
    enum {
        ZPL_ORDER_NONE,   /* there is none, or none that has a name */
        ZPL_ORDER_SOURCE, /* of a table */
        ZPL_ORDER_RESULT  /* of the result */
    } of;
    uint32_t table, column;
    bool nulls_first; /* rows without a time are before all others, else after them */
};
/* What one column of the result is computed from (value lineage).  Filters of the result's own rows
 * are no part of it: they choose rows, not values. */
struct zpl_bind_origin {
    struct zpl_bind_source *sources; /* by table and column */
    size_t count;
    bool all;   /* not known: all that the query reads */
    bool plain; /* its one source that is no `by`, unchanged */
    struct zpl_bind_order order;
    const uint32_t *over; /* tables: an aggregate puts the values of all their rows together */
    size_t over_count;
    const uint32_t *with; /* params that it is computed with */
    size_t with_count;
    const struct zpl_bind_choice *chosen[ZPL_CHOICES];
    size_t chosen_count[ZPL_CHOICES];
};
/* The result's rows, or some of them: each is made of one row of each of these tables. */
struct zpl_bind_rows {
    const uint32_t *tables; /* the leading one first */
    size_t count;
    bool filtered; /* not every row of the leading one is there */
    bool repeats;  /* one of them may be there more than once */
    bool grouped;  /* several of them may be one of the result's */
};
enum zpl_bind_fault {
    ZPL_BIND_FINE,
    ZPL_BIND_SYNTAX,
    ZPL_BIND_NAME,      /* a name; the checker explains "unknown column 'x'", "unknown table 'x'",
                      "unknown function 'x'", "unknown param 'x'" and "two columns …" further,
                      other words are told as they are */
    ZPL_BIND_TYPE,      /* operators and arguments that do not fit, or a result of no zpl type */
    ZPL_BIND_FORBIDDEN, /* more than one SELECT, files, settings, clocks, chance */
    ZPL_BIND_LIMIT,     /* it took too long or too much memory */
    ZPL_BIND_LITERAL    /* a constant that can't become what it is cast to, explicitly or not */
};
/* What can be named at a place of a query: the columns of one thing that its FROM reads. */
struct zpl_bind_scope {
    const char *name;           /* as the query calls it, "": not at all; of a table of the request
                                   the table's own */
    bool given;                 /* a table of the request; else a subquery or a name of a WITH */
    const char *const *columns; /* NULL-terminated */
};
struct zpl_bind_error {
    enum zpl_bind_fault fault;
    const char *message;           /* for a person, without position; NULL: no error */
    const char *name;              /* the word that is unknown or forbidden (with TYPE: the result
                                      column that has no zpl type; with LITERAL: that it is none
                                      of), or NULL */
    const char *const *candidates; /* NULL-terminated, or NULL */
    long offset;                   /* byte in the SQL text, -1: unknown */
    size_t length;                 /* bytes, at least 1 */
    const struct zpl_bind_scope *scope; /* of an unknown column, the innermost SELECT's first */
    size_t scope_count;                 /* 0: not known */
};
/* What is allowed, but may differ from what the writer expects. */
struct zpl_bind_warning {
    const char *message;
    long offset; /* as above */
    size_t length;
};
struct zpl_bind_answer {
    const struct zpl_row *row;             /* the result's columns */
    const struct zpl_bind_reads *reads;    /* one a table, in the order of the request */
    const struct zpl_bind_origin *origins; /* one a column of the result, or NULL: all unknown */
    const struct zpl_bind_rows *rows;      /* alternatives, as of a union */
    size_t rows_count;
    bool rows_unknown;
    struct zpl_bind_origin choices[ZPL_CHOICES]; /* what decides the result's rows */
    const struct zpl_row_key *keys;              /* of the result, those that are known */
    size_t key_count;
    const char *identity;           /* the statement's meaning without layout: 64 hex digits */
    const char *const *params_used; /* NULL-terminated names */
    const struct zpl_bind_warning *warnings;
    size_t warning_count;
    struct zpl_bind_error error;
};

/* The error of a file that is not there. */
#define ZPL_SCHEMA_MISSING "does not exist"

struct zpl_schema_request {
    const char *format;                /* "csv", "json", "parquet" */
    const char *path;                  /* absolute */
    const struct zpl_literal *options; /* a RECORD of the step's arguments, or NULL */
};
/* What the file's rows say of one of its columns. */
struct zpl_schema_look {
    bool empty;       /* it holds no value: any type would do */
    const char *clue; /* why its type was guessed no narrower: "17 of 20 values are numbers; …" */
    const char *misfit; /* why it can't be of the type that is declared, as words that follow its
                           name; the last two may be NULL */
};
struct zpl_schema_answer {
    const struct zpl_row *row;
    const struct zpl_schema_look *looks; /* one a column, or NULL */
    bool sparse;                         /* a column that the file lacks is one of nulls */
    const char *note;  /* how types were found: "guessed from the first 20,480 rows", or NULL */
    const char *error; /* NULL: none; words that follow the path */
};

struct zpl_engine {
    void *self;
    enum zpl_err (*bind)(void *self, const struct zpl_bind_request *request,
                         struct zpl_bind_answer *answer, struct zpl_arena *arena,
                         struct zpl_diags *diags);
    enum zpl_err (*schema)(void *self, const struct zpl_schema_request *request,
                           struct zpl_schema_answer *answer, struct zpl_arena *arena,
                           struct zpl_diags *diags);
    /* Nanoseconds that it has worked so far, answers it remembered aside; NULL: none that count. */
    int64_t (*spent_ns)(void *self);
};

#endif
