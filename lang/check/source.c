/* source.c - what a file holds, at check time: the columns of a step that reads one. */
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/check/tell.h"

/* This many files that differ from the first are told. */
#define FILES_TOLD 3

/* A file that is read, and what the engine says of it. */
struct file {
    const char *name; /* as the program holds it */
    struct zpl_schema_answer answer;
    size_t hint; /* for zpl_row_next() */
};
/* The parts of a call to a source, by the names that all sources give them. */
struct source {
    struct zpl_attempt *a;
    const struct zpl_literal *path;      /* one or a list; NULL: known only at run time */
    const char *called;                  /* what messages call the table */
    const struct zpl_type *declared;     /* or NULL */
    const struct zpl_literal *hindsight; /* a list of columns, or NULL */
    struct zpl_span path_span, type_span;
    const struct zpl_call_argument *hindsight_given;
    struct file *files; /* in the order in which they are read */
    size_t count, capacity;
};

static bool names_files(const struct zpl_literal *literal)
{
    if (literal->kind != ZPL_LIT_LIST)
        return literal->kind == ZPL_LIT_PATH;
    for (size_t i = 0; i < literal->as.list.count; i++)
        if (literal->as.list.items[i]->kind != ZPL_LIT_PATH)
            return false;
    return true;
}

static void look_at_inputs(struct source *s)
{
    struct zpl_attempt *a = s->a;
    s->path_span = s->type_span = a->call->callee;
    s->called = "the file";
    for (size_t i = 0; i < a->line->input_count; i++) {
        const char *name = a->line->inputs[i].name;
        const struct zpl_literal *literal = a->values[i] ? a->values[i]->literal : NULL;
        if (!literal || a->values[i]->kind != ZPL_VALUE_LITERAL)
            continue;
        if (strcmp(name, "path") == 0 && names_files(literal)) {
            s->path = literal;
            s->path_span = a->given[i] ? a->given[i]->span : a->call->callee;
            if (literal->kind == ZPL_LIT_PATH)
                s->called = literal->as.str.s;
            else if (literal->as.list.count > 0)
                s->called = literal->as.list.items[0]->as.str.s;
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

/* ---- which files ---- */

static bool tell_outside(struct source *s, const char *path)
{
    struct zpl_attempt *a = s->a;
    if (!a->checker->outside || !a->checker->outside(a->checker->resolve_self, path))
        return false;
    struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_SOURCE_READ, s->path_span,
                                      "'%s' is outside of the project", path);
    zpl_diag_help(&a->diags, d,
                  "a program reads files of its project, and what its params name: declare `data = "
                  "Path`, and give it: --data %s",
                  path);
    return true;
}

/* The file of the same folder whose name is nearest, or NULL. */
static const char *near_file(struct source *s, const char *path)
{
    const struct zpl_checker *checker = s->a->checker;
    char folder[ZPL_PATH_MAX], pattern[ZPL_PATH_MAX];
    const char *const *names = NULL;
    struct zpl_diags quiet = {0};
    size_t count = 0;
    bool asked =
        checker->sources && zpl_path_dir(folder, path) == ZPL_OK && !strpbrk(folder, "\\*?[]") &&
        zpl_path_join(pattern, strcmp(folder, ".") == 0 ? "" : folder, "*") == ZPL_OK &&
        checker->sources(checker->resolve_self, pattern, s->a->scratch, &names, &count, &quiet) ==
            ZPL_OK;
    zpl_diags_release(&quiet);
    return asked ? zpl_text_nearest(path, names, count) : NULL;
}

static void tell_no_match(struct source *s, const char *pattern)
{
    struct zpl_diags *diags = &s->a->diags;
    const char *near = near_file(s, pattern);
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_SOURCE_READ, s->path_span, "no file matches '%s'", pattern);
    if (near)
        zpl_diag_note(diags, d, (struct zpl_span){0}, "there is '%s'", near);
    zpl_diag_help(diags, d,
                  "a pattern is relative to the project; * and ? stand for parts of one name, [ab] "
                  "for one of these characters");
}

/* Adds the files that a path names: itself, or those that it matches. */
static enum zpl_err add_path(struct source *s, const char *path)
{
    struct zpl_attempt *a = s->a;
    const char *const *names = &path;
    size_t count = 1;
    enum zpl_err err = ZPL_OK;
    if (tell_outside(s, path))
        return ZPL_OK;
    if (a->checker->sources)
        err = a->checker->sources(a->checker->resolve_self, path, a->scratch, &names, &count,
                                  &a->diags);
    if (err == ZPL_ERR_LIMIT || count > ZPL_FILES_MAX - s->count) {
        zpl_diag_add(&a->diags, ZPL_CODE_LANG_LIMIT, s->path_span, "more than %d files match '%s'",
                     ZPL_FILES_MAX, path);
        return ZPL_OK;
    }
    if (err)
        return err;
    if (count == 0)
        tell_no_match(s, path);
    for (size_t i = 0; i < count; i++) {
        struct file *files =
            zpl_arena_grow(a->scratch, s->files, s->count, &s->capacity, sizeof *files);
        if (!files)
            return ZPL_ERR_NOMEM;
        s->files = files;
        files[s->count++] = (struct file){.name = names[i]};
    }
    return ZPL_OK;
}

static enum zpl_err list_files(struct source *s)
{
    const struct zpl_literal *path = s->path;
    enum zpl_err err = ZPL_OK;
    if (path->kind == ZPL_LIT_PATH)
        return add_path(s, path->as.str.s);
    for (size_t i = 0; !err && i < path->as.list.count; i++)
        err = add_path(s, path->as.list.items[i]->as.str.s);
    if (!err && path->as.list.count == 0)
        zpl_diag_help(&s->a->diags,
                      zpl_diag_add(&s->a->diags, ZPL_CODE_SOURCE_READ, s->path_span,
                                   "this list names no file"),
                      "name at least one, or write a pattern: \"data/2024-*.csv\"");
    return err;
}

/* ---- what is in them ---- */

const char *zpl_source_step(const char *file)
{
    static const struct {
        const char *ending, *step;
    } steps[] = {{".csv", "csv.read"},   {".tsv", "csv.read"},    {".parquet", "parquet.read"},
                 {".json", "json.read"}, {".jsonl", "json.read"}, {".ndjson", "json.read"}};
    const char *dot = strrchr(file, '.');
    for (size_t i = 0; dot && i < sizeof steps / sizeof *steps; i++)
        if (zpl_text_equal_nocase(dot, steps[i].ending))
            return steps[i].step;
    return NULL;
}

/* A file that is not there has its path told; of another the path is right. */
static void tell_unread(struct source *s, const char *name, const char *path, const char *error)
{
    struct zpl_attempt *a = s->a;
    struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_SOURCE_READ, s->path_span,
                                      "can't read '%s': %s", name, error);
    const char *step = zpl_source_step(name);
    if (strcmp(error, ZPL_SCHEMA_MISSING) != 0) {
        if (step && strcmp(step, a->call->step->name) != 0)
            zpl_diag_help(&a->diags, d, "by its name %s reads it", step);
        return;
    }
    const char *near = near_file(s, name);
    if (strcmp(path, name) != 0)
        zpl_diag_note(&a->diags, d, (struct zpl_span){0}, "looked for at %s", path);
    if (near)
        zpl_diag_help(&a->diags, d, "did you mean '%s'?", near);
    else
        zpl_diag_help(&a->diags, d,
                      "paths in a program are relative to its project; correct this one, or give "
                      "the param it comes from");
}

/* Asks the engine about one file; its row stays NULL when it is not known or was told to be wrong. */
static enum zpl_err ask(struct source *s, struct file *file)
{
    struct zpl_attempt *a = s->a;
    const struct zpl_engine *engine = a->checker->engine;
    const char *path = file->name;
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
    enum zpl_err err = engine->schema(engine->self, &request, &file->answer, a->arena, &a->diags);
    if (err)
        return err;
    if (file->answer.error) {
        tell_unread(s, file->name, path, file->answer.error);
        file->answer.row = NULL;
    }
    return ZPL_OK;
}

/* Asks about every file, until one can't be read.  *known: all rows are there. */
static enum zpl_err ask_all(struct source *s, bool *known)
{
    const struct zpl_engine *engine = s->a->checker->engine;
    *known = false;
    if (!s->path)
        return ZPL_OK;
    if (!engine || !engine->schema)
        return ZPL_OK;
    enum zpl_err err = list_files(s);
    *known = !err && s->count > 0 && s->a->diags.errors == 0;
    for (size_t i = 0; !err && *known && i < s->count; i++) {
        err = ask(s, &s->files[i]);
        *known = s->files[i].answer.row != NULL;
    }
    *known = *known && !err;
    return err;
}

/* ---- the declared type, held to each file ---- */

/* What more files than the one that is told have wrong. */
static void tell_others(struct source *s, struct zpl_diag *d, size_t count)
{
    if (count > 0)
        zpl_diag_note(&s->a->diags, d, (struct zpl_span){0}, "so it is in %zu other file%s", count,
                      count == 1 ? "" : "s");
}

static struct zpl_diag *tell_not_there(struct source *s, const struct file *file, const char *name)
{
    struct zpl_diags *diags = &s->a->diags;
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, s->type_span,
                     "'%s' has no column '%s', which its type declares", file->name, name);
    zpl_tell_columns(diags, d, file->name, file->answer.row);
    zpl_tell_near_column(diags, d, name, file->answer.row);
    return d;
}

static struct zpl_diag *tell_misfit(struct source *s, const struct file *file, size_t column)
{
    struct zpl_diags *diags = &s->a->diags;
    const char *name = file->answer.row->columns[column].name;
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, s->type_span, "column '%s' of '%s' %s", name,
                     file->name, file->answer.looks[column].misfit);
    if (file->answer.looks[column].clue)
        zpl_diag_note(diags, d, (struct zpl_span){0}, "%s", file->answer.looks[column].clue);
    return d;
}

/* A declared column, held to every file: one that lacks it is told, and one where it can't be of the
 * declared type. */
static void hold(struct source *s, const char *name)
{
    const struct file *lacking = NULL, *other = NULL;
    size_t lack = 0, misfits = 0, at = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct file *file = &s->files[i];
        const struct zpl_column *column = zpl_row_next(file->answer.row, name, &s->files[i].hint);
        size_t index = column ? (size_t)(column - file->answer.row->columns) : 0;
        if (!column && lack++ == 0)
            lacking = file;
        if (column && file->answer.looks && file->answer.looks[index].misfit && misfits++ == 0) {
            other = file;
            at = index;
        }
    }
    if (lacking && (!lacking->answer.sparse || lack == s->count))
        tell_others(s, tell_not_there(s, lacking, name), lack - 1);
    if (other)
        tell_others(s, tell_misfit(s, other, at), misfits - 1);
}

/* ---- one row of all files ---- */

static bool is_empty(const struct file *file, const struct zpl_column *column)
{
    return file->answer.looks && file->answer.looks[column - file->answer.row->columns].empty;
}

static const char *clue_of(const struct file *file, const struct zpl_column *column)
{
    return file->answer.looks ? file->answer.looks[column - file->answer.row->columns].clue : NULL;
}

/* The first file that has values in the column, else the first; *out is the column there, NULL: it has
 * none. */
static const struct file *teller(struct source *s, const char *name, const struct zpl_column **out)
{
    const struct zpl_column *first = NULL;
    for (size_t i = 0; i < s->count; i++) {
        struct file *file = &s->files[i];
        const struct zpl_column *column = zpl_row_next(file->answer.row, name, &file->hint);
        if (column && !is_empty(file, column)) {
            *out = column;
            return file;
        }
        first = i == 0 ? column : first;
    }
    *out = first;
    return &s->files[0];
}

/* How a file differs: told with its first difference, the others are notes. */
struct difference {
    struct source *s;
    const struct file *file;
    struct zpl_diag *diag;
    unsigned notes;
};

static void differ(struct difference *d, const char *words)
{
    struct zpl_diags *diags = &d->s->a->diags;
    if (!words)
        return;
    if (!d->diag) {
        d->diag = zpl_diag_add(diags, ZPL_CODE_SOURCE_SCHEMA, d->s->path_span, "'%s' %s",
                               d->file->name, words);
        zpl_diag_help(
            diags, d->diag,
            "files that are read as one table have the same columns: correct the file, or "
            "say what to read of each: type = Table { … }");
    } else if (d->notes++ < 4) {
        zpl_diag_note(diags, d->diag, (struct zpl_span){0}, "it also %s", words);
    }
}

static void compare_types(struct difference *d, const struct zpl_column *column)
{
    struct zpl_arena *scratch = d->s->a->scratch;
    const struct zpl_column *other;
    const struct file *first = teller(d->s, column->name, &other);
    if (!other || is_empty(d->file, column) || zpl_type_equal(column->type, other->type))
        return;
    differ(d, zpl_arena_printf(scratch, "has a column '%s' of type %s, which is %s in '%s'",
                               column->name, zpl_type_text(column->type, true, scratch),
                               zpl_type_text(other->type, true, scratch), first->name));
    const struct file *files[] = {d->file, first};
    const struct zpl_column *columns[] = {column, other};
    for (size_t i = 0; i < 2 && d->diag; i++)
        if (clue_of(files[i], columns[i]))
            zpl_diag_note(&d->s->a->diags, d->diag, (struct zpl_span){0}, "'%s' of '%s': %s",
                          column->name, files[i]->name, clue_of(files[i], columns[i]));
}

/* Holds the columns that no type declares to those of the first file; false after telling. */
static bool compare(struct source *s, const struct file *file)
{
    const struct zpl_row *first = s->files[0].answer.row, *row = file->answer.row;
    const struct zpl_row *declared = s->declared ? s->declared->row : NULL;
    struct difference d = {.s = s, .file = file};
    size_t hint = 0, said = 0;
    for (size_t i = 0; i < first->count; i++) {
        const char *name = first->columns[i].name;
        const struct zpl_column *column = zpl_row_next(row, name, &hint);
        if (declared && zpl_row_next(declared, name, &said))
            continue;
        if (column)
            compare_types(&d, column);
        else
            differ(&d, zpl_arena_printf(s->a->scratch, "has no column '%s', which '%s' has", name,
                                        s->files[0].name));
    }
    hint = 0;
    for (size_t i = 0; i < row->count; i++) {
        const char *name = row->columns[i].name;
        if (!zpl_row_next(first, name, &hint) && !(declared && zpl_row_next(declared, name, &said)))
            differ(&d, zpl_arena_printf(s->a->scratch, "has a column '%s', which '%s' has not",
                                        name, s->files[0].name));
    }
    return d.diag == NULL;
}

/* The columns of the first file, those that are declared with their declared types; declared ones that
 * it leaves out stand behind them. */
static const struct zpl_row *merge(struct source *s)
{
    const struct zpl_row *declared = s->declared ? s->declared->row : NULL;
    const struct zpl_row *file = s->files[0].answer.row;
    struct zpl_arena *arena = s->a->arena;
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    size_t count = 0, hint = 0, most = file->count + (declared ? declared->count : 0);
    struct zpl_column *columns = zpl_arena_array(arena, most, sizeof *columns);
    if (!row || !columns)
        return NULL;
    for (size_t i = 0; i < file->count; i++) {
        const char *name = file->columns[i].name;
        const struct zpl_column *known = declared ? zpl_row_next(declared, name, &hint) : NULL;
        if (!known)
            teller(s, name, &known);
        columns[count++] = *known;
    }
    hint = 0;
    for (size_t i = 0; declared && i < declared->count; i++)
        if (!zpl_row_next(file, declared->columns[i].name, &hint))
            columns[count++] = declared->columns[i];
    *row = (struct zpl_row){columns, count, false};
    return row;
}

/* The row of what is read: the declared columns as written, or all that the files have.  NULL: memory is
 * out. */
static const struct zpl_row *row_of(struct source *s)
{
    size_t differing = 0;
    for (size_t i = 0; s->declared && i < s->declared->row->count; i++)
        hold(s, s->declared->row->columns[i].name);
    if (s->declared && !s->declared->row->open)
        return s->declared->row;
    for (size_t i = 1; differing < FILES_TOLD && i < s->count; i++)
        differing += !compare(s, &s->files[i]);
    return merge(s);
}

static void tell_twins(struct source *s, const struct zpl_row *row)
{
    const struct zpl_column *first, *twin = zpl_row_twins(row, &first);
    if (!twin)
        return;
    struct zpl_diag *d = zpl_diag_add(&s->a->diags, ZPL_CODE_DUPLICATE_COLUMN, s->path_span,
                                      "'%s' has columns '%s' and '%s', which SQL can't tell apart",
                                      s->called, first->name, twin->name);
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
        zpl_tell_unknown_column(a->checker->graph, &a->diags, span, name, s->called, row, NULL);
    }
    for (size_t i = 0; i < row->count; i++) {
        columns[i] = row->columns[i];
        if (!is_listed(s->hindsight, columns[i].name))
            continue;
        columns[i].type = zpl_type_hindsight(a->arena, columns[i].type);
        if (!columns[i].type)
            return NULL;
    }
    *marked = (struct zpl_row){columns, row->count, row->open};
    return marked;
}

/* What the rows say of the columns whose types nobody declared, for messages further on; false: memory is
 * out. */
static bool keep_clues(struct source *s, const struct zpl_row *row, struct zpl_output *output)
{
    const char **clues = zpl_arena_array(s->a->arena, row->count, sizeof *clues);
    size_t hint = 0;
    bool any = false;
    for (size_t i = 0; clues && i < row->count; i++) {
        const char *name = row->columns[i].name;
        if (s->declared && zpl_row_next(s->declared->row, name, &hint))
            continue;
        const struct zpl_column *column;
        const struct file *file = teller(s, name, &column);
        const char *clue = column ? clue_of(file, column) : NULL;
        if (clue)
            clues[i] = zpl_arena_printf(
                s->a->arena, "'%s' is %s, guessed from the rows of '%s': %s", name,
                zpl_type_text(row->columns[i].type, true, s->a->arena), file->name, clue);
        any = any || clue;
    }
    output->clues = any ? clues : NULL;
    return clues && !zpl_arena_failed(s->a->arena);
}

enum zpl_err zpl_attempt_source(struct zpl_attempt *a, struct zpl_output *outputs)
{
    struct source s = {.a = a};
    const struct zpl_row *row = NULL;
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
    bool known;
    enum zpl_err err = ask_all(&s, &known);
    if (err)
        return err;
    if (known && !(row = row_of(&s)))
        return ZPL_ERR_NOMEM;
    if (!known && s.declared && !(s.declared->row && s.declared->row->open))
        row = s.declared->row; /* an open one says too little of a file that can't be read */
    if (row && row->count > ZPL_COLUMNS_MAX) {
        struct zpl_diag *d = zpl_diag_add(&a->diags, ZPL_CODE_LANG_LIMIT, s.path_span,
                                          "'%s' has %zu columns; a table has at most %u", s.called,
                                          row->count, ZPL_COLUMNS_MAX);
        zpl_diag_help(&a->diags, d, "name those to read: type = Table { … }");
        return ZPL_OK;
    }
    if (row)
        tell_twins(&s, row);
    if (row && s.hindsight)
        row = mark_hindsight(&s, row);
    const struct zpl_type *rows = row ? zpl_type_table(a->arena, row) : outputs[0].type;
    if (!rows || (row && known && !keep_clues(&s, row, &outputs[0])))
        return ZPL_ERR_NOMEM;
    outputs[0].type = rows;
    return ZPL_OK;
}
