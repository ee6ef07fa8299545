/* sql.c - `sql [[…]]` on what is in scope, and named steps with an sql body. */
#include <string.h>
#include "lang/check/query.h"
#include "lang/check/tell.h"

/* So many columns that are not declared are told of one result. */
#define UNDECLARED_TOLD 8

static const struct zpl_value *typed(struct zpl_arena *arena, const struct zpl_value *value)
{
    static const enum zpl_kind kinds[] = {
        [ZPL_LIT_NULL] = ZPL_UNKNOWN, [ZPL_LIT_BOOL] = ZPL_BOOL,     [ZPL_LIT_INT] = ZPL_INT,
        [ZPL_LIT_FLOAT] = ZPL_FLOAT,  [ZPL_LIT_STRING] = ZPL_STRING, [ZPL_LIT_PATH] = ZPL_PATH,
        [ZPL_LIT_LIST] = ZPL_LIST,    [ZPL_LIT_RECORD] = ZPL_RECORD, [ZPL_LIT_TYPE] = ZPL_TYPE_OF};
    if (value->type || value->kind != ZPL_VALUE_LITERAL)
        return value;
    struct zpl_value *copy = zpl_arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *value;
    copy->type = zpl_type_new(arena, kinds[value->literal->kind]);
    return copy->type ? copy : NULL;
}

/* One argument of an anonymous query: a table, a scalar, or what SQL can't see. */
static bool add_scope(struct zpl_query *q, const struct zpl_call_argument *argument)
{
    const struct zpl_value *value = typed(q->arena, argument->value);
    if (!value)
        return false;
    const struct zpl_query_input in = {.name = argument->name,
                                       .value = value,
                                       .span = argument->span,
                                       .row = value->type->kind == ZPL_TABLE ? value->type->row
                                                                             : NULL};
    return zpl_query_add(q, &in);
}

/* Room for `count` names; false when memory is out. */
static bool make_room(struct zpl_query *q, size_t count)
{
    q->inputs = zpl_arena_array(q->scratch, count, sizeof *q->inputs);
    q->others = zpl_arena_array(q->scratch, count, sizeof *q->others);
    return q->inputs && q->others;
}

/* The one output `rows`. */
static enum zpl_err give_rows(const struct zpl_query *q, const struct zpl_row *row,
                              struct zpl_node *node)
{
    struct zpl_arena *arena = q->arena;
    struct zpl_output *output = zpl_arena_alloc(arena, sizeof *output);
    if (!output)
        return ZPL_ERR_NOMEM;
    output->name = "rows";
    output->origins = q->origins;
    output->rows = q->rows;
    output->rows_count = q->rows_count;
    output->choices = q->choices;
    output->keys = q->keys;
    output->key_count = q->key_count;
    output->type = row ? zpl_type_table(arena, row) : zpl_type_new(arena, ZPL_UNKNOWN);
    node->outputs = output;
    node->output_count = 1;
    return output->type ? ZPL_OK : ZPL_ERR_NOMEM;
}

enum zpl_err zpl_check_sql(struct zpl_checker *checker, const struct zpl_call *call,
                           const char *sql, uint32_t *id)
{
    struct zpl_arena *scratch = &checker->scratch;
    struct zpl_diags diags = {0};
    struct zpl_arena *arena = &checker->graph->arena;
    struct zpl_node node = {.step = call->step->name,
                            .kernel = call->step->kernel,
                            .identity = call->step->identity,
                            .engines = call->step->engines,
                            .span = call->callee};
    struct zpl_query q = {.checker = checker,
                          .call = call,
                          .diags = &diags,
                          .arena = arena,
                          .scratch = scratch,
                          .sql = zpl_arena_strdup(arena, sql)};
    const struct zpl_row *row = NULL;
    *id = ZPL_NO_NODE;
    enum zpl_err err = make_room(&q, call->argument_count) && q.sql ? ZPL_OK : ZPL_ERR_NOMEM;
    for (size_t i = 0; !err && i < call->argument_count; i++)
        if (!add_scope(&q, &call->arguments[i]))
            err = ZPL_ERR_NOMEM;
    if (!err)
        err = zpl_query_bind(&q, &node, &row);
    enum zpl_err given = give_rows(&q, row, &node);
    err = err ? err : given;
    if (zpl_arena_failed(scratch))
        err = ZPL_ERR_NOMEM;
    err = zpl_check_commit(checker, call, &node, &diags, err, id);
    zpl_diags_release(&diags);
    zpl_arena_clear(scratch);
    return err;
}

/* What a named step's query sees of a table: all of an open input, the declared columns of a closed
 * one in written order. */
static const struct zpl_row *visible(struct zpl_attempt *a, const struct zpl_argument *argument)
{
    const struct zpl_row *stored = argument->value->type->row;
    if (argument->reads_all)
        return stored;
    struct zpl_row *row = zpl_arena_alloc(a->scratch, sizeof *row);
    struct zpl_column *columns = zpl_arena_array(a->scratch, argument->read_count, sizeof *columns);
    if (!row || !columns)
        return NULL;
    size_t hint = 0;
    for (size_t i = 0; i < argument->read_count; i++) {
        const struct zpl_column *column = zpl_row_next(stored, argument->reads[i], &hint);
        if (column)
            columns[row->count++] = *column;
    }
    row->columns = columns;
    return row;
}

static bool add_input(struct zpl_query *q, struct zpl_attempt *a,
                      const struct zpl_argument *argument)
{
    const struct zpl_type *type = argument->value->type;
    struct zpl_query_input in = {
        .name = argument->name, .value = argument->value, .span = argument->span};
    if (type && type->kind == ZPL_TABLE && !(in.row = visible(a, argument)))
        return false;
    return zpl_query_add(q, &in);
}

/* The result with the contracts that the declared output puts on its columns. */
static const struct zpl_row *with_contracts(struct zpl_attempt *a, const struct zpl_row *row,
                                            const struct zpl_row *declared)
{
    struct zpl_row *kept = zpl_arena_alloc(a->arena, sizeof *kept);
    struct zpl_column *columns = zpl_arena_array(a->arena, row->count, sizeof *columns);
    size_t hint = 0;
    if (!kept || !columns)
        return NULL;
    for (size_t i = 0; i < row->count; i++) {
        columns[i] = row->columns[i];
        const struct zpl_column *asked = zpl_row_next(declared, columns[i].name, &hint);
        if (!asked || !asked->type->refine)
            continue;
        struct zpl_refine refine = *asked->type->refine;
        refine.hindsight |= zpl_type_is_hindsight(columns[i].type);
        columns[i].type = zpl_type_refined(a->arena, columns[i].type, &refine);
        if (!columns[i].type)
            return NULL;
    }
    *kept = (struct zpl_row){columns, row->count, row->open};
    return kept;
}

/* Tells the columns of the result that a closed output does not name; true when there are any. */
static bool tell_undeclared(struct zpl_attempt *a, const struct zpl_query *q,
                            const struct zpl_row *row, const struct zpl_output *output)
{
    const struct zpl_row *declared = output->type->row;
    size_t hint = 0, told = 0;
    for (size_t i = 0; !declared->open && i < row->count && told < UNDECLARED_TOLD; i++) {
        const char *name = row->columns[i].name;
        if (zpl_row_next(declared, name, &hint))
            continue;
        struct zpl_diag *d =
            zpl_diag_add(&a->diags, ZPL_CODE_SQL_BIND, zpl_query_word_place(q, name),
                         "column '%s' is not declared by output '%s'", name, output->name);
        zpl_tell_columns(&a->diags, d, output->name, declared);
        zpl_diag_help(&a->diags, d, "declare it, or leave it out of the SELECT");
        told++;
    }
    return told > 0;
}

/* Of lists of numbers a declared Tensor is made; what does not fit is told when the query runs. */
static bool makes_tensor(const struct zpl_type *have, const struct zpl_type *want)
{
    while (have->kind == ZPL_LIST && have->elem)
        have = have->elem;
    return want && want->kind == ZPL_TENSOR &&
           (have->kind == ZPL_FLOAT || have->kind == ZPL_INT || have->kind == ZPL_BOOL);
}

static const struct zpl_row *with_tensors(struct zpl_attempt *a, const struct zpl_row *row,
                                          const struct zpl_type *declared)
{
    struct zpl_row *made = zpl_arena_alloc(a->arena, sizeof *made);
    struct zpl_column *columns = zpl_arena_array(a->arena, row->count, sizeof *columns);
    size_t hint = 0;
    if (declared->kind != ZPL_TABLE || !made || !columns)
        return made && columns ? row : NULL;
    for (size_t i = 0; i < row->count; i++) {
        columns[i] = row->columns[i];
        const struct zpl_column *asked = zpl_row_next(declared->row, columns[i].name, &hint);
        if (!asked || columns[i].type->kind != ZPL_LIST ||
            !makes_tensor(columns[i].type, asked->type))
            continue;
        const struct zpl_refine refine = {.hindsight = zpl_type_is_hindsight(columns[i].type)};
        columns[i].type =
            zpl_type_refined(a->arena, asked->type, refine.hindsight ? &refine : NULL);
        if (!columns[i].type)
            return NULL;
    }
    *made = (struct zpl_row){columns, row->count, row->open};
    return made;
}

/* Holds the result to the declared output and makes it the node's. */
static enum zpl_err give_declared(struct zpl_attempt *a, const struct zpl_query *q,
                                  const struct zpl_row *row, struct zpl_node *node)
{
    struct zpl_output *output = (struct zpl_output *)node->outputs;
    row = with_tensors(a, row, output->type);
    const struct zpl_type *bound = row ? zpl_type_table(a->arena, row) : NULL;
    const char *why = NULL;
    if (!bound)
        return ZPL_ERR_NOMEM;
    if (!zpl_type_fits(bound, output->type, a->scratch, &why)) {
        struct zpl_diag *d =
            zpl_diag_add(&a->diags, ZPL_CODE_SQL_BIND, zpl_query_word_place(q, ""),
                         "the query's result is not the declared '%s': %s%s", output->name,
                         why && strncmp(why, "column", 6) == 0 ? "" : "it ", why ? why : "differs");
        zpl_tell_columns(&a->diags, d, "result", row);
        return ZPL_OK;
    }
    if (output->type->kind == ZPL_TABLE && tell_undeclared(a, q, row, output))
        return ZPL_OK;
    if (output->type->kind == ZPL_TABLE) {
        row = with_contracts(a, row, output->type->row);
        bound = row ? zpl_type_table(a->arena, row) : NULL;
    }
    if (!bound)
        return ZPL_ERR_NOMEM;
    output->type = bound;
    output->origins = q->origins;
    output->rows = q->rows;
    output->rows_count = q->rows_count;
    output->choices = q->choices;
    output->keys = q->keys;
    output->key_count = q->key_count;
    return ZPL_OK;
}

/* The tables that the query uses are held to what the step says of them. */
static void keep_wants(const struct zpl_argument *declared, size_t count, struct zpl_node *node)
{
    struct zpl_argument *used = (struct zpl_argument *)node->arguments;
    if (used == declared)
        return;
    for (size_t i = 0; i < node->argument_count; i++)
        for (size_t k = 0; k < count; k++)
            if (strcmp(used[i].name, declared[k].name) == 0 && declared[k].wants &&
                declared[k].wants->kind == ZPL_TABLE)
                used[i].wants = declared[k].wants;
}

enum zpl_err zpl_attempt_body(struct zpl_attempt *a, struct zpl_node *node)
{
    struct zpl_query q = {.checker = a->checker,
                          .call = a->call,
                          .diags = &a->diags,
                          .arena = a->arena,
                          .scratch = a->scratch,
                          .sql = node->body};
    const struct zpl_row *row = NULL;
    const struct zpl_argument *declared = node->arguments;
    size_t declared_count = node->argument_count;
    if (node->output_count != 1) {
        zpl_diag_add(&a->diags, ZPL_CODE_BODY, a->call->callee,
                     "a step with an sql body has one output, a Table; %s has %zu",
                     a->call->step->name, node->output_count);
        return ZPL_OK;
    }
    if (!make_room(&q, node->argument_count))
        return ZPL_ERR_NOMEM;
    for (size_t i = 0; i < node->argument_count; i++)
        if (!add_input(&q, a, &node->arguments[i]))
            return ZPL_ERR_NOMEM;
    enum zpl_err err = zpl_query_bind(&q, node, &row);
    keep_wants(declared, declared_count, node);
    if (err || !row)
        return err;
    return give_declared(a, &q, row, node);
}
