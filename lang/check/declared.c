/* declared.c - an SQL body where it is declared.  A signature that says all columns of its tables says
 * all that the query can see, so its mistakes are told once and there, whether it is called or not. */
#include <string.h>
#include "lang/check/attempt.h"
#include "lang/check/line.h"
#include "lang/check/tell.h"

static bool is_fixed(const struct zpl_type *type);

static bool is_fixed_row(const struct zpl_row *row)
{
    bool fixed = !row->open;
    for (size_t i = 0; fixed && i < row->count; i++)
        fixed = row->columns[i].type && is_fixed(row->columns[i].type);
    return fixed;
}

/* Is it one type, whatever the call? */
static bool is_fixed(const struct zpl_type *type)
{
    if (type->kind == ZPL_UNKNOWN || type->kind >= ZPL_NUMBER || type->label_is_var)
        return false;
    return (!type->elem || is_fixed(type->elem)) && (!type->row || is_fixed_row(type->row));
}

static bool is_fixed_line(const struct zpl_signature *line)
{
    bool fixed = true;
    for (size_t i = 0; fixed && i < line->input_count; i++)
        fixed = is_fixed(line->inputs[i].type);
    for (size_t i = 0; fixed && i < line->output_count; i++)
        fixed = is_fixed(line->outputs[i].type);
    return fixed;
}

/* The node that a call with something of each input's type would give. */
static bool fill(struct zpl_attempt *a, struct zpl_node *node)
{
    static const struct zpl_literal null = {.kind = ZPL_LIT_NULL};
    const struct zpl_signature *line = a->line;
    struct zpl_argument *arguments =
        zpl_arena_array(a->arena, line->input_count, sizeof *arguments);
    struct zpl_value *values = zpl_arena_array(a->arena, line->input_count, sizeof *values);
    struct zpl_output *outputs = zpl_arena_array(a->arena, line->output_count, sizeof *outputs);
    if (!arguments || !values || !outputs)
        return false;
    for (size_t i = 0; i < line->input_count; i++) {
        values[i] = (struct zpl_value){
            .kind = ZPL_VALUE_LITERAL, .type = line->inputs[i].type, .literal = &null};
        arguments[i] = (struct zpl_argument){
            .name = line->inputs[i].name, .value = &values[i], .reads_all = true};
    }
    for (size_t i = 0; i < line->output_count; i++)
        outputs[i] =
            (struct zpl_output){.name = line->outputs[i].name, .type = line->outputs[i].type};
    *node = (struct zpl_node){.step = a->call->step->name,
                              .body = a->call->body,
                              .arguments = arguments,
                              .argument_count = line->input_count,
                              .outputs = outputs,
                              .output_count = line->output_count};
    return true;
}

enum zpl_err zpl_check_declared(struct zpl_checker *checker, const struct zpl_call *call,
                                bool *wrong)
{
    struct zpl_arena scratch = {0};
    struct zpl_node node;
    const struct zpl_step_lines *lines = zpl_lines_of(checker, call->step);
    *wrong = false;
    if (!lines)
        return zpl_diag_nomem(checker->diags);
    if (lines->broken || lines->count != 1 || !is_fixed_line(lines->lines[0]))
        return ZPL_OK;
    struct zpl_attempt a = {.checker = checker,
                            .call = call,
                            .line = lines->lines[0],
                            .arena = &scratch,
                            .scratch = &scratch};
    enum zpl_err err = fill(&a, &node) ? zpl_attempt_body(&a, &node) : ZPL_ERR_NOMEM;
    if (err == ZPL_ERR_NOMEM || zpl_arena_failed(&scratch))
        err = zpl_diag_nomem(checker->diags);
    *wrong = a.diags.errors > 0;
    zpl_tell_all(checker, call, &a.diags);
    zpl_diags_release(&a.diags);
    zpl_arena_release(&scratch);
    return err;
}
