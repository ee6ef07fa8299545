/* call.h - a step called with arguments: does it fit its signature, and what does it give?
 * Promise: every independent mistake of the call is told once, at the argument it is in, with the
 * step that made the value and a did-you-mean; poison (UNKNOWN types) is never complained about.
 * Owns: nothing; all is put into the graph's arena.
 * Errors: ZPL_ERR_CHECK after telling; the node is then in the graph as poison, its outputs
 * typed as far as they are known.  Other codes are failures of memory or of the engine.
 * Floor: lang/check. */
#ifndef ZPL_CHECK_CALL_H
#define ZPL_CHECK_CALL_H

#include "lang/base/diag.h"
#include "lang/check/engine.h"
#include "lang/graph/graph.h"
#include "lang/types/catalog.h"

/* In the message for a table that has none of the columns which a row variable wants at least one of. */
#define ZPL_LACKS_COLUMNS "needs at least one column"

struct zpl_checker {
    struct zpl_graph *graph;
    struct zpl_diags *diags;
    const struct zpl_engine *engine;
    const char *(*resolve)(void *self, const char *path, struct zpl_arena *arena);
    bool (*outside)(void *self, const char *path); /* see world.h, as the next */
    enum zpl_err (*sources)(void *self, const char *path, struct zpl_arena *arena,
                            const char *const **paths, size_t *count, struct zpl_diags *diags);
    enum zpl_err (*named)(void *self, const char *name, struct zpl_arena *arena, const char **type,
                          const char **maker, struct zpl_diags *diags);
    void *resolve_self;
    size_t
        first; /* nodes before it are of other pipelines of the file, which do not run with these */
    struct zpl_lines *lines;     /* signatures read so far, the checker's own: NULL at the start */
    struct zpl_answers *answers; /* queries that were typed, likewise */
    struct zpl_arena scratch;    /* of the call under way, the checker's own */
};
/* What the checker holds beside the graph; safe on a zeroed struct. */
void zpl_checker_release(struct zpl_checker *checker);

/* One argument as the program wrote it. */
struct zpl_call_argument {
    const char *name;          /* NULL: by position */
    struct zpl_span name_span; /* of the name, or of the value when by position */
    struct zpl_span span;      /* of the value */
    const struct zpl_value *value;
    const struct zpl_span *item_spans; /* of the items of a list or record, or NULL */
    size_t item_count;
};
struct zpl_call {
    const struct zpl_step_info *step;
    const char *body;       /* a user's sql or lua body, else NULL; lives as long as the graph */
    struct zpl_span callee; /* `xgboost.train` */
    struct zpl_span span;   /* the whole call */
    const struct zpl_call_argument *arguments;
    size_t argument_count;
    bool incomplete; /* an argument was told to be nothing: what is missing is not told as well */
    /* For step->kernel "sql" with a body: where byte `offset` of the body stands in the program. */
    struct zpl_span (*place)(void *self, size_t offset, size_t length);
    void *place_self;
    /* Variables that hold what steps made so far, for a did-you-mean in SQL. */
    const struct zpl_naming *naming;
    size_t naming_count;
    /* Names of scalars that a query could use and does not, for the same; raises nothing. */
    const char *const *(*scalars)(void *self, size_t *count);
    /* Told with each diagnostic: "called from …" for calls inside helpers. */
    const struct zpl_span *callers;
    size_t caller_count;
};

/* source.c: the step that reads files whose names end so, "csv.read"; NULL: nobody knows. */
const char *zpl_source_step(const char *file);
/* Is it what every call may say beside its step's inputs: as, when, retries …? */
bool zpl_call_has(const char *word);

/* Checks and adds the node; *id is its number in every case but NOMEM and LIMIT. */
enum zpl_err zpl_check_call(struct zpl_checker *checker, const struct zpl_call *call, uint32_t *id);

/* The sql body call->body of call->step where it is declared: held to its signature when that says all
 * columns of all tables; there are no arguments and no node is made.  *wrong: a mistake was told. */
enum zpl_err zpl_check_declared(struct zpl_checker *checker, const struct zpl_call *call,
                                bool *wrong);

/* `sql [[…]]` on tables and scalars in scope: arguments are all named, without a $; those that are
 * neither tables nor scalars are passed over.  The node keeps the tables that the query uses, by
 * their name, and the scalars it uses, as "$name", in the order given.  One output `rows`.
 * `call->step` gives name, kernel and engines; its signature is not looked at. */
enum zpl_err zpl_check_sql(struct zpl_checker *checker, const struct zpl_call *call,
                           const char *sql, uint32_t *id);

/* The value that `base.field` stands for: of a Report or Record the field, known at run time; of a
 * Table the name of the column, as a literal; of a record written in the program its item.  NULL
 * when the type has no such field (told, with a did-you-mean) or memory is out (told). */
const struct zpl_value *zpl_check_field(struct zpl_checker *checker, const struct zpl_value *base,
                                        const char *field, struct zpl_span span);

/* The same of every item of a list that `each` gathered (list->kind is GATHER): the list of them. */
const struct zpl_value *zpl_check_item_field(struct zpl_checker *checker,
                                             const struct zpl_value *list, const char *field,
                                             struct zpl_span span);

/* The type of output `output` of node `id`. */
const struct zpl_type *zpl_check_output_type(const struct zpl_checker *checker, uint32_t id,
                                             uint32_t output);

#endif
