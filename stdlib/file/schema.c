/* schema.c - see schema.h.   Floor: stdlib. */
#include "stdlib/file/schema.h"
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/file/datafile.h"

/* The arguments of the step as options of the file. */
static void fill(const struct zpl_schema_request *request, struct zpl_datafile_options *out)
{
    const struct zpl_literal *delimiter = zpl_literal_field(request->options, "delimiter");
    const struct zpl_literal *header = zpl_literal_field(request->options, "header");
    const struct zpl_literal *type = zpl_literal_field(request->options, "type");
    *out = (struct zpl_datafile_options){
        .format = request->format, .path = request->path, .look = true};
    if (delimiter != NULL && delimiter->kind == ZPL_LIT_STRING)
        out->delimiter = delimiter->as.str.s;
    if (header != NULL && header->kind == ZPL_LIT_BOOL) {
        out->header_given = true;
        out->header = header->as.b;
    }
    if (type != NULL && type->kind == ZPL_LIT_TYPE && type->as.type->kind == ZPL_TABLE)
        out->naming = type->as.type->row;
}

/* The columns; one that zpl has no type for, and that nobody asks for, is unknown. */
static const struct zpl_row *typed(const struct zpl_row *row, struct zpl_arena *arena)
{
    struct zpl_row *out = zpl_arena_alloc(arena, sizeof *out);
    struct zpl_column *columns = zpl_arena_array(arena, row->count + 1, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < row->count; i++) {
        columns[i] = row->columns[i];
        if (columns[i].type == NULL)
            columns[i].type = zpl_type_new(arena, ZPL_UNKNOWN);
    }
    if (out != NULL)
        *out = (struct zpl_row){.columns = columns, .count = row->count};
    return out;
}

/* What was seen of each column, and whether it can be of the type that is declared. */
static enum zpl_err look(struct zpl_duck *duck, const struct zpl_datafile *file,
                         const struct zpl_row *declared, struct zpl_schema_answer *answer,
                         struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_relation have = {0};
    struct zpl_schema_look *looks = zpl_arena_array(arena, file->row->count + 1, sizeof *looks);
    enum zpl_err err = ZPL_OK;
    size_t hint = 0;
    if (looks == NULL)
        return zpl_diag_nomem(diags);
    if (declared != NULL && declared->count > 0 && file->row->count > 0)
        err = zpl_relation_from(duck, file->from, &have, arena, diags);
    for (size_t i = 0; err == ZPL_OK && i < file->row->count; i++) {
        const struct zpl_column *wanted =
            declared != NULL ? zpl_row_next(declared, file->row->columns[i].name, &hint) : NULL;
        if (file->looks != NULL)
            looks[i] = (struct zpl_schema_look){.empty = file->looks[i].empty,
                                                .clue = file->looks[i].clue};
        if (wanted != NULL && wanted->type->kind != ZPL_UNKNOWN && i < have.count)
            looks[i].misfit = zpl_datafile_misfit(file, &have, i, wanted->type, arena);
    }
    zpl_relation_release(&have);
    answer->looks = looks;
    return err == ZPL_OK && zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : err;
}

enum zpl_err zpl_duck_schema(const struct zpl_schema_request *request,
                             struct zpl_schema_answer *answer, struct zpl_arena *arena,
                             struct zpl_diags *diags)
{
    struct zpl_datafile_options options;
    struct zpl_duck duck;
    struct zpl_datafile file = {0};
    memset(answer, 0, sizeof *answer);
    fill(request, &options);
    answer->error = zpl_datafile_problem(request->format, request->path, arena);
    if (answer->error != NULL)
        return ZPL_OK;
    char folder[ZPL_PATH_MAX];
    bool known = zpl_path_dir(folder, request->path) == ZPL_OK;
    /* for the next file of this folder, too */
    const struct zpl_duck_options session = {.memory_bytes = ZPL_BIND_BYTES_MAX / 2,
                                             .within = known ? folder : NULL,
                                             .paths = &request->path,
                                             .path_count = 1};
    enum zpl_err err = zpl_duck_open(&session, &duck, diags);
    if (err == ZPL_OK)
        err = zpl_datafile_open(&duck, &options, &file, &answer->error, arena, diags);
    if (err == ZPL_OK && answer->error == NULL) {
        answer->row = typed(file.row, arena);
        answer->note = file.note;
        answer->sparse = zpl_datafile_is_sparse(request->format);
        err = look(&duck, &file, options.naming, answer, arena, diags);
    }
    zpl_duck_release(&duck);
    return err;
}
