#include "lang/check/call.h"
#include <string.h>
#include "lang/base/limits.h"
#include "lang/check/keys.h"
#include "lang/check/line.h"
#include "lang/check/tell.h"
#include "lang/graph/body_kind.h"

/* One call while it is looked at: every line of the signature is tried, one is kept. */
struct trial {
    struct zpl_checker *checker;
    const struct zpl_call *call;
    struct zpl_arena *scratch; /* the checker's */
    struct zpl_attempt *attempts;
    size_t count;
    struct zpl_attempt *chosen;
};

/* Which argument belongs where, what the variables stand for, does it fit; false: no memory. */
static bool try_line(struct trial *t, struct zpl_attempt *a, const struct zpl_signature *line)
{
    *a = (struct zpl_attempt){.checker = t->checker,
                              .call = t->call,
                              .line = line,
                              .arena = &t->checker->graph->arena,
                              .scratch = t->scratch};
    if (!zpl_attempt_arguments(a))
        return false;
    zpl_attempt_declare(a);
    zpl_attempt_unify(a);
    zpl_attempt_where(a);
    return !zpl_arena_failed(t->scratch) && !zpl_arena_failed(a->arena);
}

/* The first line that fits, else the one with the fewest mistakes. */
static enum zpl_err try_lines(struct trial *t, const struct zpl_step_lines *lines)
{
    t->attempts = zpl_arena_array(t->scratch, lines->count, sizeof *t->attempts);
    if (!t->attempts)
        return ZPL_ERR_NOMEM;
    while (t->count < lines->count) {
        struct zpl_attempt *a = &t->attempts[t->count++];
        if (!try_line(t, a, lines->lines[t->count - 1]))
            return ZPL_ERR_NOMEM;
        if (!t->chosen || a->diags.errors < t->chosen->diags.errors)
            t->chosen = a;
        if (t->chosen->diags.errors == 0 && !t->chosen->poison)
            break;
    }
    return ZPL_OK;
}

/* With an input that is not known several lines may fit: an output is known only if they agree. */
static const struct zpl_type *agreed(struct trial *t, size_t output)
{
    const struct zpl_type *type =
        zpl_attempt_fill(t->chosen, t->chosen->line->outputs[output].type);
    for (size_t i = 0; i < t->count && type && t->chosen->poison; i++) {
        struct zpl_attempt *other = &t->attempts[i];
        if (other == t->chosen || other->diags.errors > t->chosen->diags.errors ||
            output >= other->line->output_count)
            continue;
        const struct zpl_type *second = zpl_attempt_fill(other, other->line->outputs[output].type);
        if (!second || !zpl_type_equal(type, second))
            type = zpl_type_new(t->chosen->arena, ZPL_UNKNOWN);
    }
    return type;
}

static bool fill_arguments(struct zpl_attempt *a, struct zpl_node *node)
{
    const struct zpl_signature *line = a->line;
    struct zpl_argument *arguments =
        zpl_arena_array(a->arena, line->input_count, sizeof *arguments);
    if (!arguments)
        return false;
    for (size_t i = 0; i < line->input_count; i++) {
        const struct zpl_value *value = a->values[i];
        if (!value)
            continue;
        struct zpl_argument *argument = &arguments[node->argument_count++];
        argument->name = line->inputs[i].name;
        argument->value = value;
        if (a->given[i])
            argument->span = a->given[i]->span;
        if (value->type && value->type->kind == ZPL_TABLE) {
            zpl_attempt_reads(a, i, argument);
            argument->wants = zpl_attempt_wants(a, i);
        } else if (value->kind != ZPL_VALUE_LITERAL)
            argument->reads_all = true; /* tables may stand inside a list */
        if (value->kind != ZPL_VALUE_LITERAL && zpl_kind_is_scalar(line->inputs[i].type->kind))
            argument->wants = line->inputs[i].type;
    }
    node->arguments = arguments;
    return true;
}

static bool fill_outputs(struct trial *t, struct zpl_node *node)
{
    const struct zpl_signature *line = t->chosen->line;
    struct zpl_output *outputs =
        zpl_arena_array(t->chosen->arena, line->output_count, sizeof *outputs);
    if (!outputs)
        return false;
    for (size_t i = 0; i < line->output_count; i++) {
        outputs[i].name = line->outputs[i].name;
        outputs[i].type = agreed(t, i);
        if (!outputs[i].type)
            return false;
    }
    node->outputs = outputs;
    node->output_count = line->output_count;
    return true;
}

/* All of the node but what the graph gives it. */
static enum zpl_err fill_node(struct trial *t, struct zpl_node *node)
{
    struct zpl_attempt *a = t->chosen;
    const struct zpl_step_info *step = t->call->step;
    node->step = step->name;
    node->kernel = step->kernel;
    node->identity = step->identity;
    node->engines = step->engines;
    node->source = step->source;
    node->body = t->call->body;
    node->span = t->call->callee;
    if (!a)
        return ZPL_OK;
    node->effect = a->line->effect;
    node->disjoint = a->line->disjoint;
    if (!fill_arguments(a, node) || !fill_outputs(t, node) ||
        !zpl_keys_of_step(a->checker->graph, node, (struct zpl_output *)node->outputs, a->arena))
        return ZPL_ERR_NOMEM;
    zpl_attempt_bindings(a, node);
    if (zpl_node_reads_name(node) || zpl_node_writes_name(node))
        return zpl_attempt_named(a, node);
    if (step->source && node->output_count > 0)
        return zpl_attempt_source(a, (struct zpl_output *)node->outputs);
    if (a->diags.errors > 0)
        return ZPL_OK;
    if (node->body && zpl_body_kind(step->kernel)->body == ZPL_BODY_SQL)
        return zpl_attempt_body(a, node);
    return ZPL_OK;
}

static void tell_broken(struct trial *t, const struct zpl_step_lines *lines)
{
    struct zpl_diag *d = zpl_diag_add(t->checker->diags, ZPL_CODE_SIGNATURE, t->call->callee,
                                      "the signature of %s can't be read: %s", t->call->step->name,
                                      lines->error.message);
    zpl_diag_note(t->checker->diags, d, (struct zpl_span){0}, "at byte %zu of: %s",
                  lines->error.offset, t->call->step->signature);
}

/* Puts the filled node into the graph. */
static enum zpl_err add_node(struct zpl_graph *graph, const struct zpl_node *filled, uint32_t *id)
{
    struct zpl_node *node = zpl_graph_add(graph);
    if (!node)
        return zpl_arena_failed(&graph->arena) ? ZPL_ERR_NOMEM : ZPL_ERR_LIMIT;
    *id = node->id;
    bool cache = node->cache;
    *node = *filled;
    node->id = *id;
    node->cache = cache;
    return ZPL_OK;
}

enum zpl_err zpl_check_commit(struct zpl_checker *checker, const struct zpl_call *call,
                              struct zpl_node *node, struct zpl_diags *told, enum zpl_err err,
                              uint32_t *id)
{
    bool wrong = told->errors > 0;
    zpl_tell_all(checker, call, told);
    if (err == ZPL_ERR_NOMEM || zpl_arena_failed(&checker->graph->arena))
        return zpl_diag_nomem(checker->diags);
    node->poison = wrong || err != ZPL_OK;
    enum zpl_err added = add_node(checker->graph, node, id);
    if (added == ZPL_ERR_NOMEM)
        return zpl_diag_nomem(checker->diags);
    if (added) {
        zpl_diag_add(checker->diags, ZPL_CODE_LANG_LIMIT, call->callee,
                     "a graph has at most %u steps", ZPL_NODES_MAX);
        return added;
    }
    if (err)
        return err;
    return wrong ? ZPL_ERR_CHECK : ZPL_OK;
}

enum zpl_err zpl_check_call(struct zpl_checker *checker, const struct zpl_call *call, uint32_t *id)
{
    struct trial t = {.checker = checker, .call = call, .scratch = &checker->scratch};
    struct zpl_node node = {0};
    struct zpl_diags none = {0};
    enum zpl_err err = ZPL_OK;
    *id = ZPL_NO_NODE;
    const struct zpl_step_lines *lines = zpl_lines_of(checker, call->step);
    if (!lines)
        return zpl_diag_nomem(checker->diags);
    if (lines->broken) {
        tell_broken(&t, lines);
        err = ZPL_ERR_CHECK;
    } else {
        err = try_lines(&t, lines);
    }
    if (!err || err == ZPL_ERR_CHECK) {
        enum zpl_err filled = fill_node(&t, &node);
        err = filled ? filled : err;
    }
    if (zpl_arena_failed(t.scratch))
        err = ZPL_ERR_NOMEM;
    err = zpl_check_commit(checker, call, &node, t.chosen ? &t.chosen->diags : &none, err, id);
    for (size_t i = 0; i < t.count; i++)
        zpl_diags_release(&t.attempts[i].diags);
    zpl_arena_clear(t.scratch);
    return err;
}

void zpl_checker_release(struct zpl_checker *checker)
{
    zpl_arena_release(&checker->scratch);
}

const struct zpl_type *zpl_check_output_type(const struct zpl_checker *checker, uint32_t id,
                                             uint32_t output)
{
    if (id >= checker->graph->count || output >= checker->graph->nodes[id].output_count)
        return NULL;
    return checker->graph->nodes[id].outputs[output].type;
}
