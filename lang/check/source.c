/* source.c - what a file holds, at check time: the columns of a step that reads one. */
#include <string.h>
#include "lang/base/limits.h"
#include "lang/check/tell.h"

/* The parts of a call to a source, by the names that all sources give them. */
struct source {
    struct zpl_attempt *a;
    const struct zpl_literal *path;      /* NULL: known only at run time */
    const struct zpl_type *declared;     /* or NULL */
    const struct zpl_literal *hindsight; /* a list of columns, or NULL */
    struct zpl_span path_span, type_span;
    const struct zpl_call_argument *hindsight_given;
};

static void look_at_inputs(struct source *s)
{
    struct zpl_attempt *a = s->a;
    s->path_span = s->type_span = a->call->callee;
    for (size_t i = 0; i < a->line->input_count; i++) {
        const char *name = a->line->inputs[i].name;
        const struct zpl_literal *literal = a->values[i] ? a->values[i]->literal : NULL;
        if (!literal || a->values[i]->kind != ZPL_VALUE_LITERAL)
            continue;
        if (strcmp(name, "path") == 0 && literal->kind == ZPL_LIT_PATH) {
            s->path = literal;
            s->path_span = a->given[i] ? a->given[i]->span : a->call->callee;
        } else if (strcmp(name, "type") == 0 && literal->kind == ZPL_LIT_TYPE) {
            s->declared = literal->as.type;
            s->type_span = a->given[i] ? a->given[i]->span : a->call->callee;
        } else if (strcmp(name, "hindsight") == 0 && literal->kind == ZPL_LIT_LIST) {
            s->hindsight = literal;
            s->hindsight_given = a->given[i];
        }
    }
}

/* The arguments that change how the file is read, as a record. */
static const struct zpl_literal *options(struct zpl_attempt *a)
{
    size_t count = a->line->input_count, kept = 0;
    const struct zpl_literal **items = zpl_arena_array(a->scratch, count, sizeof *items);
    const char **keys = zpl_arena_array(a->scratch, count, sizeof *keys);
    for (size_t i = 0; items && keys && i < count; i++) {
        const char *name = a->line->inputs[i].name;
        if (!a->values[i] || a->values[i]->kind != ZPL_VALUE_LITERAL || strcmp(name, "path") == 0 ||
            strcmp(name, "hindsight") == 0)
            continue;
        keys[kept] = name;
        items[kept++] = a->values[i]->literal;
    }
    return items && keys ? zpl_literal_record(a->scratch, items, keys, kept) : NULL;
}

/* Asks the engine; *row is NULL when it is not known or was told to be wrong. */
static enum zpl_err ask(struct source *s, const struct zpl_row **row)
{
    struct zpl_attempt *a = s->a;
    const struct zpl_engine *engine = a->checker->engine;
    *row = NULL;
    if (!s->path || !engine || !engine->schema)
        return ZPL_OK;
    const char *path = s->path->as.str.s;
    if (a->checker->outside && a->checker->outside(a->checker->resolve_self, path)) {
        struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_SOURCE_READ, s->path_span,
                                          "'%s' is outside of the project", path);
        zpl_diag_help(
            &a->diags, d,
            "a program reads files of its project, and what its params name: declare `data = "
            "Path`, and give it: --data %s",
            path);
        return ZPL_OK;
    }
    if (a->checker->resolve)
        path = a->checker->resolve(a->checker->resolve_self, path, a->scratch);
    if (!path && zpl_arena_failed(a->scratch))
        return ZPL_ERR_NOMEM;
    if (!path) {
        zpl_diag_add(&a->diags, ZPL_CODE_SOURCE_READ, s->path_span,
                     "this path is too long: with its project's folder it has more than %d bytes",
                     ZPL_PATH_MAX - 1);
        return ZPL_OK;
    }
    struct zpl_schema_request request = {
        .format = a->call->step->source, .path = path, .options = options(a)};
    struct zpl_schema_answer answer = {0};
    enum zpl_err err = engine->schema(engine->self, &request, &answer, a->arena, &a->diags);
    if (err)
        return err;
    if (answer.error) {
        struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_SOURCE_READ, s->path_span,
                                          "can't read '%s': %s", s->path->as.str.s, answer.error);
        if (strcmp(path, s->path->as.str.s) != 0)
            zpl_diag_note(&a->diags, d, (struct zpl_span){0}, "looked for at %s", path);
        zpl_diag_help(&a->diags, d,
                      "paths in a program are relative to its project; correct this one, or give "
                      "the param it comes from");
        return ZPL_OK;
    }
    *row = answer.row;
    return ZPL_OK;
}

static void tell_not_there(struct source *s, const struct zpl_row *file, const char *name)
{
    struct zpl_diags *diags = &s->a->diags;
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, s->type_span,
                     "'%s' has no column '%s', which its type declares", s->path->as.str.s, name);
    zpl_tell_columns(diags, d, s->path->as.str.s, file);
    zpl_tell_near_column(diags, d, name, file);
}

/* The file's columns where the declared type is open, in stored order, with the declared types; a
 * closed one gives its own columns, as written. */
static const struct zpl_row *declare(struct source *s, const struct zpl_row *file)
{
    const struct zpl_row *declared = s->declared->row;
    struct zpl_arena *arena = s->a->arena;
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    struct zpl_column *columns = zpl_arena_array(arena, file->count, sizeof *columns);
    size_t hint = 0;
    if (!row || !columns)
        return NULL;
    for (size_t i = 0; i < declared->count; i++)
        if (!zpl_row_next(file, declared->columns[i].name, &hint))
            tell_not_there(s, file, declared->columns[i].name);
    if (!declared->open)
        return declared;
    hint = 0;
    for (size_t i = 0; i < file->count; i++) {
        const struct zpl_column *known = zpl_row_next(declared, file->columns[i].name, &hint);
        columns[i] = known ? *known : file->columns[i];
    }
    *row = (struct zpl_row){columns, file->count, false};
    return row;
}

static void tell_twins(struct source *s, const struct zpl_row *row)
{
    const struct zpl_column *first, *twin = zpl_row_twins(row, &first);
    if (!twin)
        return;
    struct zpl_diag *d =
        zpl_diag_add(&s->a->diags, ZPL_CODE_DUPLICATE_COLUMN, s->path_span,
                     "'%s' has columns '%s' and '%s', which SQL can't tell apart",
                     s->path ? s->path->as.str.s : "the file", first->name, twin->name);
    zpl_diag_help(&s->a->diags, d, "rename one of them in the file");
}

static bool is_listed(const struct zpl_literal *list, const char *name)
{
    for (size_t i = 0; i < list->as.list.count; i++)
        if (strcmp(list->as.list.items[i]->as.str.s, name) == 0)
            return true;
    return false;
}

/* The row with its listed columns marked as known only afterwards. */
static const struct zpl_row *mark_hindsight(struct source *s, const struct zpl_row *row)
{
    struct zpl_attempt *a = s->a;
    struct zpl_row *marked = zpl_arena_alloc(a->arena, sizeof *marked);
    struct zpl_column *columns = zpl_arena_array(a->arena, row->count, sizeof *columns);
    if (!marked || !columns)
        return NULL;
    for (size_t i = 0; i < s->hindsight->as.list.count; i++) {
        const char *name = s->hindsight->as.list.items[i]->as.str.s;
        if (row->open || zpl_row_find(row, name))
            continue;
        struct zpl_span span =
            s->hindsight_given ? zpl_item_span(s->hindsight_given, name) : a->call->callee;
        zpl_tell_unknown_column(a->checker->graph, &a->diags, span, name,
                                s->path ? s->path->as.str.s : "the file", row, NULL);
    }
    for (size_t i = 0; i < row->count; i++) {
        const struct zpl_type *type = row->columns[i].type;
        columns[i] = row->columns[i];
        if (!is_listed(s->hindsight, columns[i].name))
            continue;
        struct zpl_refine refine = type->refine ? *type->refine : (struct zpl_refine){0};
        refine.hindsight = true;
        columns[i].type = zpl_type_refined(a->arena, type, &refine);
        if (!columns[i].type)
            return NULL;
    }
    *marked = (struct zpl_row){columns, row->count, row->open};
    return marked;
}

enum zpl_err zpl_attempt_source(struct zpl_attempt *a, struct zpl_output *outputs)
{
    struct source s = {.a = a};
    const struct zpl_row *row;
    look_at_inputs(&s);
    outputs[0].type = zpl_type_new(a->arena, ZPL_UNKNOWN);
    if (!outputs[0].type)
        return ZPL_ERR_NOMEM;
    if (a->diags.errors > 0) /* of a wrong call nobody knows which file was meant */
        return ZPL_OK;
    if (s.declared && s.declared->kind != ZPL_TABLE) {
        zpl_diag_add(&a->diags, ZPL_CODE_WRONG_KIND, s.type_span,
                     "the type of a file of rows is a Table, not %s",
                     zpl_say_kind(s.declared->kind, a->scratch));
        return ZPL_OK;
    }
    enum zpl_err err = ask(&s, &row);
    if (err)
        return err;
    if (row && s.declared)
        row = declare(&s, row);
    else if (s.declared && !(s.declared->row && s.declared->row->open))
        row = s.declared->row; /* an open one says too little of a file that can't be read */
    if (row && row->count > ZPL_COLUMNS_MAX) {
        struct zpl_diag *d =
            zpl_diag_add(&a->diags, ZPL_CODE_LANG_LIMIT, s.path_span,
                         "'%s' has %zu columns; a table has at most %u",
                         s.path ? s.path->as.str.s : "the file", row->count, ZPL_COLUMNS_MAX);
        zpl_diag_help(&a->diags, d, "name those to read: type = Table { … }");
        return ZPL_OK;
    }
    if (row)
        tell_twins(&s, row);
    if (row && s.hindsight)
        row = mark_hindsight(&s, row);
    const struct zpl_type *rows = row ? zpl_type_table(a->arena, row) : outputs[0].type;
    if (!rows)
        return ZPL_ERR_NOMEM;
    outputs[0].type = rows;
    return ZPL_OK;
}
