#include "lang/check/query.h"
#include <string.h>
#include "lang/base/digest.h"
#include "lang/check/answers.h"
#include "lang/check/keys.h"
#include "lang/check/tell.h"

struct zpl_span zpl_query_place(const struct zpl_query *query, long offset, size_t length)
{
    const struct zpl_call *call = query->call;
    if (offset < 0 || !call->place)
        return call->callee;
    size_t at = (size_t)offset;
    for (size_t i = 0; i < query->edit_count; i++) {
        const struct zpl_query_edit *e = &query->edits[i];
        if (at >= e->at + e->put)
            at -= e->put - e->length;
    }
    return call->place(call->place_self, at, length ? length : 1);
}

/* The kind that a scalar has in SQL. */
static enum zpl_kind sql_kind(enum zpl_kind kind)
{
    return kind == ZPL_ENUM || kind == ZPL_PATH || kind == ZPL_CLASS ? ZPL_STRING : kind;
}

bool zpl_query_add(struct zpl_query *q, const struct zpl_query_input *input)
{
    enum zpl_kind kind = input->value->type ? input->value->type->kind : ZPL_UNKNOWN;
    struct zpl_query_input in = *input;
    in.name = zpl_arena_strdup(q->arena, in.name);
    if (!in.name)
        return false;
    if (kind == ZPL_TABLE || zpl_kind_is_scalar(kind))
        q->inputs[q->input_count++] = in;
    else
        q->others[q->other_count++] = (struct zpl_query_other){in.name, kind};
    return true;
}

bool zpl_query_request(const struct zpl_query *q, struct zpl_bind_request *request)
{
    struct zpl_bind_table *tables = zpl_arena_array(q->scratch, q->input_count, sizeof *tables);
    struct zpl_bind_param *params = zpl_arena_array(q->scratch, q->input_count, sizeof *params);
    *request = (struct zpl_bind_request){.sql = q->asked, .tables = tables, .params = params};
    if (!tables || !params)
        return false;
    for (size_t i = 0; i < q->input_count; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        if (in->row) {
            struct zpl_bind_table *table = &tables[request->table_count++];
            table->name = in->name;
            table->row = in->row;
            if (!zpl_keys_pass(q->checker->graph, in->value, in->row, q->scratch, &table->keys,
                               &table->key_count))
                return false;
        } else
            params[request->param_count++] =
                (struct zpl_bind_param){in->name, sql_kind(in->value->type->kind)};
    }
    return true;
}

static bool is_used(const struct zpl_bind_answer *answer, const char *param)
{
    for (const char *const *p = answer->params_used; p && *p; p++)
        if (strcmp(*p, param) == 0)
            return true;
    return false;
}

/* The columns that the query reads, in the order of the table. */
static bool fill_reads(const struct zpl_query *q, const struct zpl_query_input *in,
                       const struct zpl_bind_reads *reads, struct zpl_argument *argument)
{
    const struct zpl_row *stored = in->value->type->row;
    /* All of a closed input are not all of the table behind it. */
    size_t count = reads->all ? in->row->count : reads->count, kept = 0;
    argument->reads_all = reads->all && in->row == stored;
    if (argument->reads_all)
        return true;
    const char **names = zpl_arena_array(q->arena, count, sizeof *names);
    if (!names)
        return false;
    size_t hint = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = reads->all ? in->row->columns[i].name : reads->columns[i];
        const struct zpl_column *column = zpl_row_next(in->row, name, &hint);
        if (column)
            names[kept++] = column->name;
    }
    argument->reads = names;
    argument->read_count = kept;
    return true;
}

/* Only what the query uses; all of it when the answer is not known (NULL). */
static bool fill_arguments(const struct zpl_query *q, const struct zpl_bind_answer *answer,
                           struct zpl_node *node)
{
    struct zpl_argument *arguments = zpl_arena_array(q->arena, q->input_count, sizeof *arguments);
    size_t table = 0;
    if (!arguments)
        return false;
    node->argument_count = 0;
    node->arguments = arguments;
    for (size_t i = 0; i < q->input_count; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        const struct zpl_bind_reads *reads = answer && in->row ? &answer->reads[table++] : NULL;
        bool used = !answer || (reads ? reads->used || reads->all || reads->count > 0
                                      : is_used(answer, in->name));
        if (!used)
            continue;
        struct zpl_argument *argument = &arguments[node->argument_count++];
        *argument = (struct zpl_argument){
            .name = in->name, .value = in->value, .span = in->span, .reads_all = !answer};
        if (!in->row)
            argument->name = zpl_arena_printf(q->arena, "$%s", in->name);
        if (!argument->name || (reads && !fill_reads(q, in, reads, argument)))
            return false;
    }
    return true;
}

/* Was a hindsight column of that name read? */
static bool is_hindsight(const struct zpl_query *q, const struct zpl_bind_answer *answer,
                         const char *name)
{
    size_t table = 0;
    for (size_t i = 0; i < q->input_count; i++) {
        const struct zpl_query_input *in = &q->inputs[i];
        if (!in->row)
            continue;
        const struct zpl_bind_reads *reads = &answer->reads[table++];
        const struct zpl_column *column = zpl_row_find(in->row, name);
        if (!column || !zpl_type_is_hindsight(column->type))
            continue;
        if (reads->all)
            return true;
        for (size_t k = 0; k < reads->count; k++)
            if (strcmp(reads->columns[k], name) == 0)
                return true;
    }
    return false;
}

/* Does the query take all columns (`*`) of a table of which not all are known? */
static bool takes_more(const struct zpl_query *q, const struct zpl_bind_answer *answer)
{
    size_t table = 0;
    for (size_t i = 0; i < q->input_count; i++)
        if (q->inputs[i].row && answer->reads[table++].all && q->inputs[i].row->open)
            return true;
    return false;
}

/* The result with its hindsight columns marked: where it is not known what a column comes from, those
 * that keep the name of one that was read; open when it may have more than the engine was told of. */
static const struct zpl_row *finish_row(const struct zpl_query *q,
                                        const struct zpl_bind_answer *answer)
{
    const struct zpl_row *row = answer->row;
    struct zpl_column *columns = NULL;
    bool open = takes_more(q, answer);
    for (size_t i = 0; i < row->count; i++) {
        bool known = answer->origins && !answer->origins[i].all; /* then the engine marked it */
        if (known || !is_hindsight(q, answer, row->columns[i].name))
            continue;
        if (!columns) {
            columns = zpl_arena_array(q->arena, row->count, sizeof *columns);
            if (!columns)
                return NULL;
            memcpy(columns, row->columns, row->count * sizeof *columns);
        }
        columns[i].type = zpl_type_hindsight(q->arena, columns[i].type);
        if (!columns[i].type)
            return NULL;
    }
    if (!columns && !open)
        return row;
    struct zpl_row *finished = zpl_arena_alloc(q->arena, sizeof *finished);
    if (finished)
        *finished = (struct zpl_row){columns ? columns : row->columns, row->count, open};
    return finished;
}

/* False (and told) when two columns of the result can't be told apart. */
static bool has_no_twins(const struct zpl_query *q, const struct zpl_row *row)
{
    const struct zpl_column *first, *twin = zpl_row_twins(row, &first);
    if (!twin)
        return true;
    struct zpl_diag *d =
        zpl_diag_add(q->diags, ZPL_CODE_DUPLICATE_COLUMN, q->call->callee,
                     "the query gives two columns '%s' and '%s'", first->name, twin->name);
    zpl_diag_help(q->diags, d, "name one of them otherwise with AS");
    return false;
}

/* By what it says, where the engine could not tell what it means. */
static enum zpl_err identify_by_text(const struct zpl_query *q, struct zpl_node *node)
{
    struct zpl_digest digest = zpl_digest_of(q->sql, strlen(q->sql));
    char *identity = zpl_arena_alloc(q->arena, ZPL_HEX_SIZE);
    if (!identity)
        return ZPL_ERR_NOMEM;
    zpl_digest_hex(&digest, identity);
    node->identity = identity;
    return ZPL_OK;
}

enum zpl_err zpl_query_bind(struct zpl_query *q, struct zpl_node *node, const struct zpl_row **row)
{
    const struct zpl_engine *engine = q->checker->engine;
    struct zpl_bind_request request;
    struct zpl_bind_answer answer = {0};
    *row = NULL;
    node->body = q->sql;
    if (!engine || !engine->bind)
        return fill_arguments(q, NULL, node) ? identify_by_text(q, node) : ZPL_ERR_NOMEM;
    q->asked = q->sql;
    if (!zpl_query_request(q, &request))
        return ZPL_ERR_NOMEM;
    const struct zpl_bind_answer *known = zpl_answers_find(q->checker, &request);
    enum zpl_err err = ZPL_OK;
    if (known)
        answer = *known;
    else
        err = engine->bind(engine->self, &request, &answer, q->arena, q->diags);
    bool wrong = err || answer.error.message || !answer.row;
    if (!wrong && !known && q->arena == &q->checker->graph->arena) /* it will be there as long */
        zpl_answers_keep(q->checker, &request, &answer);
    if (!err && answer.error.message && !zpl_query_tell_all(q, &answer.error))
        return ZPL_ERR_NOMEM;
    if (!fill_arguments(q, wrong ? NULL : &answer, node))
        return ZPL_ERR_NOMEM;
    for (size_t i = 0; i < answer.warning_count; i++) {
        const struct zpl_bind_warning *w = &answer.warnings[i];
        zpl_diag_warn(q->diags, ZPL_CODE_SQL_BIND, zpl_query_place(q, w->offset, w->length), "%s",
                      w->message);
    }
    if (wrong) /* of what is not known it may still be run, as what it says */
        return err ? err : identify_by_text(q, node);
    node->identity = answer.identity;
    if (!has_no_twins(q, answer.row))
        return ZPL_OK;
    if (!zpl_query_origins(q, &answer, node))
        return ZPL_ERR_NOMEM;
    q->keys = answer.keys;
    q->key_count = answer.key_count;
    *row = finish_row(q, &answer);
    return *row ? ZPL_OK : ZPL_ERR_NOMEM;
}
