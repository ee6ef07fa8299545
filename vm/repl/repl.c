/* repl.c - entering a cell: compile, keep, show.   Floor: vm. */
#include "vm/repl/repl.h"

#include <stdarg.h>
#include <string.h>

#include "vm/python/python.h"
#include "vm/session/named.h"

/* ---- telling ---- */

static void print_diags(struct zpl_repl *repl, const struct zpl_diags *diags,
                        const struct zpl_sources *sources)
{
    struct zpl_buf text = {0};
    fflush(stdout);
    if (diags->count > 0)
        zpl_diags_show(diags, sources, repl->cli->colour_err, &text);
    fputs(zpl_buf_str(&text), stderr);
    zpl_buf_release(&text);
}

void zpl_repl_tell(struct zpl_repl *repl, enum zpl_code code, const char *help, const char *format,
                   ...)
{
    const struct zpl_span nowhere = {0};
    struct zpl_diags diags = {0};
    struct zpl_buf text = {0};
    va_list args;
    va_start(args, format);
    zpl_buf_vprintf(&text, format, args);
    va_end(args);
    struct zpl_diag *diag = zpl_diag_add(&diags, code, nowhere, "%s", zpl_buf_str(&text));
    if (help != NULL)
        zpl_diag_help(&diags, diag, "%s", help);
    print_diags(repl, &diags, NULL);
    zpl_diags_release(&diags);
    zpl_buf_release(&text);
    repl->failed = true;
}

void zpl_repl_tell_all(struct zpl_repl *repl, const struct zpl_cell *cell)
{
    struct zpl_diags *all = &repl->session.program.diags, some = *all;
    const struct zpl_sources *sources = &repl->session.program.sources;
    struct zpl_arena scratch = {0};
    some.items = zpl_arena_array(&scratch, all->count + 1, sizeof *some.items);
    some.count = 0;
    for (size_t i = 0; some.items != NULL && i < all->count; i++) {
        const struct zpl_source *source = zpl_sources_get(sources, all->items[i]->span.source);
        if (all->items[i]->severity == ZPL_ERROR || cell == NULL || source == NULL ||
            strcmp(source->name, cell->name) == 0)
            some.items[some.count++] = all->items[i];
    }
    print_diags(repl, &some, sources);
    print_diags(repl, &repl->session.diags, NULL);
    zpl_arena_release(&scratch);
    zpl_diags_clear(all);
    zpl_diags_clear(&repl->session.diags);
}

/* Ctrl-C stops what is done now. */
static bool was_interrupted(struct zpl_repl *repl)
{
    if (zpl_cli_signal == 0)
        return false;
    fflush(stdout);
    fputs("interrupted\n", stderr);
    zpl_diags_clear(&repl->session.program.diags);
    zpl_diags_clear(&repl->session.diags);
    repl->failed = true;
    if (zpl_cli_signal == SIGINT && repl->interactive)
        zpl_cli_signal = 0;
    return true;
}

/* ---- compiling ---- */

static enum zpl_err compile_text(struct zpl_repl *repl, const struct zpl_cells_text *text)
{
    struct zpl_session *session = &repl->session;
    struct zpl_compile_request request = {.name = session->project.name,
                                          .text = zpl_buf_str(&text->text),
                                          .len = text->text.len,
                                          .all_pipelines = true,
                                          .returns = true,
                                          .given = repl->cli->given,
                                          .given_count = repl->cli->given_count};
    zpl_program_release(&session->program);
    zpl_named_forget(session); /* a cell before may have written */
    zpl_python_look_again(session);
    if (zpl_cells_text_error(text) != ZPL_OK)
        return zpl_diag_nomem(&session->diags);
    enum zpl_err err = zpl_compile(&request, &session->world, &session->program);
    if (zpl_cells_place(text, &session->program) != ZPL_OK)
        return zpl_diag_nomem(&session->diags);
    return err;
}

enum zpl_err zpl_repl_compile(struct zpl_repl *repl, const bool *left_out,
                              const struct zpl_cell *cell)
{
    struct zpl_program *program = &repl->session.program;
    struct zpl_cells_text text = {0};
    zpl_cells_write(&repl->cells, left_out, &text);
    if (cell != NULL)
        zpl_cells_write_last(cell, &text);
    enum zpl_err err = compile_text(repl, &text);
    zpl_cells_text_release(&text);
    repl->base = NULL;
    if (cell != NULL && cell->base != NULL && program->returned_count > 1) {
        repl->base = program->returned[0].value;
        program->returned++;
        program->returned_count--;
    }
    return err;
}

/* ---- showing ---- */

/* What was returned, as it is called: the names of a cell, the outputs of a step. */
static const char *label_of(const struct zpl_repl *repl, const struct zpl_cell *cell, size_t i)
{
    const struct zpl_program *program = &repl->session.program;
    const struct zpl_value *value = program->returned[i].value;
    if (cell->kind == ZPL_CELL_STATEMENTS && cell->kept == cell->len && i < cell->name_count)
        return cell->names[i];
    if (program->returned_count < 2 || value == NULL || value->kind != ZPL_VALUE_REF ||
        value->ref.field != NULL)
        return "";
    return program->graph.nodes[value->ref.node].outputs[value->ref.output].name;
}

/* `rows.delay` is the name of a column: shown as that column of the table; NULL: it is none. */
static const struct zpl_value *column_base(const struct zpl_repl *repl, const struct zpl_cell *cell)
{
    const struct zpl_value *base = repl->base;
    return base != NULL && base->kind == ZPL_VALUE_REF && base->type->kind == ZPL_TABLE &&
                   base->type->row != NULL && zpl_row_find(base->type->row, cell->field) != NULL
               ? base
               : NULL;
}

static void show_column_type(const struct zpl_value *base, const struct zpl_cell *cell)
{
    struct zpl_buf out = {0};
    zpl_type_show(zpl_row_find(base->type->row, cell->field)->type, false, &out);
    zpl_buf_printf(&out, ", a column of %s\n", cell->base);
    zpl_cli_print_take(&out);
}

static void show_types(const struct zpl_repl *repl, const struct zpl_cell *cell)
{
    const struct zpl_program *program = &repl->session.program;
    bool named = cell->kind == ZPL_CELL_STATEMENTS;
    struct zpl_buf out = {0};
    for (size_t i = 0; i < program->returned_count; i++)
        zpl_repl_show_type(repl, label_of(repl, cell, i), &program->returned[i], named, &out);
    zpl_cli_print_take(&out);
    fflush(stdout);
}

/* Effects that the call itself brings about: those of nodes that are not there without it. */
static enum zpl_err want_effects(struct zpl_repl *repl, const struct zpl_cell *cell,
                                 const bool *left_out, bool *only, bool *any)
{
    struct zpl_program *program = &repl->session.program;
    bool effects = false;
    for (size_t id = 0; id < program->call_count; id++)
        effects |= program->graph.nodes[id].effect;
    if (cell->kind != ZPL_CELL_CALL || !effects)
        return ZPL_OK;
    struct zpl_program whole = *program;
    *program = (struct zpl_program){0};
    enum zpl_err err = zpl_repl_compile(repl, left_out, NULL);
    size_t before = program->call_count;
    zpl_program_release(program);
    *program = whole;
    for (size_t id = before; err == ZPL_OK && id < program->call_count; id++)
        if (program->graph.nodes[id].effect)
            only[id] = *any = true;
    return err;
}

static void show_column(struct zpl_repl *repl, const struct zpl_plan *plan,
                        const struct zpl_value *base, const char *column, struct zpl_buf *out)
{
    struct zpl_made made;
    zpl_buf_puts(out, "  ");
    if (zpl_plan_made(plan, base, &made) && made.row != NULL)
        zpl_repl_show_output(repl, made.row, column, true, out);
    else
        zpl_repl_show_step(plan, base->ref.node, out);
}

static void show_values(struct zpl_repl *repl, const struct zpl_cell *cell, const bool *only,
                        const struct zpl_plan *plan)
{
    const struct zpl_program *program = &repl->session.program;
    const struct zpl_value *base = column_base(repl, cell);
    struct zpl_buf out = {0};
    for (size_t i = 0; i < program->returned_count; i++) {
        const struct zpl_value *value = program->returned[i].value;
        if (value != NULL && value->kind != ZPL_VALUE_LITERAL)
            zpl_repl_show_value(repl, plan, value, label_of(repl, cell, i), &out);
    }
    if (base != NULL)
        show_column(repl, plan, base, cell->field, &out);
    for (uint32_t id = 0; program->returned_count == 0 && id < program->call_count; id++)
        if (only[id] && program->graph.nodes[id].effect) {
            zpl_buf_printf(&out, "  %s: ", program->graph.nodes[id].name);
            zpl_repl_show_step(plan, id, &out);
        }
    zpl_cli_print_take(&out);
}

/* Computes what the returned values refer to, and shows it. */
static enum zpl_err show(struct zpl_repl *repl, const struct zpl_cell *cell, const bool *left_out)
{
    struct zpl_program *program = &repl->session.program;
    const struct zpl_value *base = column_base(repl, cell);
    struct zpl_arena scratch = {0};
    struct zpl_run done = {0};
    size_t units = program->graph.count + program->graph.map_count;
    bool any = false, *only = zpl_arena_array(&scratch, units + 1, sizeof *only);
    if (only == NULL)
        return zpl_diag_nomem(&repl->session.diags);
    for (size_t i = 0; i < program->returned_count; i++)
        zpl_plan_want(&program->graph, program->returned[i].value, only);
    if (base != NULL)
        only[base->ref.node] = true;
    for (size_t unit = 0; unit < units; unit++)
        any |= only[unit];
    enum zpl_err err = want_effects(repl, cell, left_out, only, &any);
    if (err == ZPL_OK && any) {
        err = zpl_repl_compute(repl, only, &done);
        if (err == ZPL_OK)
            show_values(repl, cell, only, &done.plan);
        zpl_run_release(&done);
    }
    zpl_arena_release(&scratch);
    return err;
}

/* ---- a cell ---- */

/* A cell that is wrong by itself is told by itself, with the lines of its own. */
static bool is_wrong_alone(struct zpl_repl *repl, const struct zpl_cell *cell, enum zpl_err err)
{
    if (!cell->broken || err == ZPL_OK)
        return false;
    print_diags(repl, &cell->mistakes, &cell->sources);
    zpl_diags_clear(&repl->session.program.diags);
    zpl_diags_clear(&repl->session.diags);
    return true;
}

/* The cell is right: it takes the place of those that it replaces. */
static enum zpl_err keep(struct zpl_repl *repl, struct zpl_cell **cell, const bool *replaced)
{
    if (zpl_cells_add(&repl->cells, *cell) != ZPL_OK)
        return zpl_diag_nomem(&repl->session.diags);
    *cell = NULL;
    for (size_t i = repl->cells.count - 1; i-- > 0;)
        if (replaced[i])
            zpl_cells_remove(&repl->cells, i);
    return ZPL_OK;
}

static void show_checked(struct zpl_repl *repl, const struct zpl_cell *cell, const bool *left_out)
{
    const struct zpl_value *base = column_base(repl, cell);
    enum zpl_err err = ZPL_OK;
    if (base != NULL)
        show_column_type(base, cell);
    else
        show_types(repl, cell);
    if (cell->kind != ZPL_CELL_STATEMENTS || cell->kept < cell->len)
        err = show(repl, cell, left_out);
    repl->failed |= err != ZPL_OK;
    if (!was_interrupted(repl))
        zpl_repl_tell_all(repl, cell);
}

void zpl_repl_enter_take(struct zpl_repl *repl, struct zpl_cell *cell)
{
    struct zpl_arena scratch = {0};
    bool *replaced = zpl_arena_array(&scratch, repl->cells.count + 1, sizeof *replaced);
    enum zpl_err err =
        replaced != NULL ? zpl_cells_replaced(&repl->cells, cell, replaced) : ZPL_ERR_NOMEM;
    if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(&repl->session.diags);
    if (err == ZPL_OK)
        err = zpl_repl_compile(repl, replaced, cell);
    if (was_interrupted(repl)) {
        err = ZPL_ERR_INTERRUPTED;
    } else if (err != ZPL_OK) {
        repl->failed = true;
        if (!is_wrong_alone(repl, cell, err))
            zpl_repl_tell_all(repl, cell);
    } else {
        zpl_repl_tell_all(repl, cell);
        show_checked(repl, cell, replaced);
    }
    if (err == ZPL_OK && cell->kind != ZPL_CELL_EXPRESSION && cell->kept > 0)
        err = keep(repl, &cell, replaced);
    zpl_program_release(&repl->session.program);
    zpl_cell_free(cell);
    zpl_arena_release(&scratch);
}

static void show_columns(struct zpl_repl *repl)
{
    const struct zpl_program *program = &repl->session.program;
    struct zpl_buf out = {0};
    for (size_t i = 0; i < program->returned_count; i++) {
        const struct zpl_value *value = program->returned[i].value;
        if (value == NULL || !zpl_repl_show_columns(value->type, &out))
            zpl_repl_tell(repl, ZPL_CODE_USAGE, "`:type` tells what it is",
                          "this has no columns and no fields");
    }
    zpl_cli_print_take(&out);
}

void zpl_repl_look_take(struct zpl_repl *repl, struct zpl_cell *cell, bool columns)
{
    enum zpl_err err = zpl_repl_compile(repl, NULL, cell);
    const struct zpl_value *base = err == ZPL_OK ? column_base(repl, cell) : NULL;
    if (was_interrupted(repl)) {
        err = ZPL_ERR_INTERRUPTED;
    } else if (err != ZPL_OK) {
        repl->failed = true;
        if (!is_wrong_alone(repl, cell, err))
            zpl_repl_tell_all(repl, cell);
    } else if (columns) {
        show_columns(repl);
    } else if (base != NULL) {
        show_column_type(base, cell);
    } else {
        show_types(repl, cell);
    }
    zpl_program_release(&repl->session.program);
    zpl_cell_free(cell);
}

/* ---- a session ---- */

/* The file as the first cell. */
static enum zpl_err load(struct zpl_repl *repl)
{
    struct zpl_session *session = &repl->session;
    struct zpl_buf text = {0};
    enum zpl_err err = zpl_session_read_program(session->project.file, &text, &session->diags);
    struct zpl_cell *cell =
        err == ZPL_OK ? zpl_cell_from_file(session->project.name, zpl_buf_str(&text), text.len)
                      : NULL;
    zpl_buf_release(&text);
    if (err != ZPL_OK)
        return err;
    if (cell == NULL || zpl_cells_add(&repl->cells, cell) != ZPL_OK) {
        zpl_cell_free(cell);
        return zpl_diag_nomem(&session->diags);
    }
    return ZPL_OK;
}

enum zpl_err zpl_repl_open(struct zpl_repl *repl, struct zpl_cli *cli, const char *file)
{
    memset(repl, 0, sizeof *repl);
    repl->cli = cli;
    enum zpl_err err = zpl_cli_open(cli, &repl->session, file);
    if (err != ZPL_OK)
        return err;
    repl->session.project.witness = NULL; /* no run of a session is recalled */
    if (file == NULL) {
        memcpy(repl->session.project.name, ZPL_REPL_NAME, sizeof ZPL_REPL_NAME);
        memcpy(repl->session.project.relative, ZPL_REPL_NAME, sizeof ZPL_REPL_NAME);
    } else {
        err = load(repl);
    }
    return err == ZPL_OK ? zpl_repl_compile(repl, NULL, NULL) : err;
}

void zpl_repl_release(struct zpl_repl *repl)
{
    zpl_cells_release(&repl->cells);
    for (size_t i = 0; i < ZPL_REPL_SEEN_MAX; i++)
        zpl_json_release(repl->seen[i].preview);
    zpl_session_release(&repl->session);
    memset(repl, 0, sizeof *repl);
}
