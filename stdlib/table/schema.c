/* schema.c - see bind.h: the columns of a file that a program names.   Floor: stdlib. */
#include <string.h>
#include "lang/base/limits.h"
#include "stdlib/table/bind.h"
#include "stdlib/table/datafile.h"

/* The argument of that name, NULL when it was not given. */
static const struct zpl_literal *option(const struct zpl_literal *options, const char *name)
{
    for (size_t i = 0;
         options != NULL && options->kind == ZPL_LIT_RECORD && i < options->as.list.count; i++)
        if (strcmp(options->as.list.keys[i], name) == 0)
            return options->as.list.items[i];
    return NULL;
}

enum zpl_err zpl_duck_schema(const struct zpl_schema_request *request,
                             struct zpl_schema_answer *answer, struct zpl_arena *arena,
                             struct zpl_diags *diags)
{
    struct zpl_datafile_options options = {.format = request->format, .path = request->path};
    const struct zpl_literal *delimiter = option(request->options, "delimiter");
    const struct zpl_literal *header = option(request->options, "header");
    memset(answer, 0, sizeof *answer);
    if (delimiter != NULL && delimiter->kind == ZPL_LIT_STRING)
        options.delimiter = delimiter->as.str.s;
    if (header != NULL && header->kind == ZPL_LIT_BOOL) {
        options.header_given = true;
        options.header = header->as.b;
    }
    if (strcmp(request->format, "csv") != 0 && strcmp(request->format, "parquet") != 0) {
        answer->error =
            zpl_arena_printf(arena, "is of a format this zpl can't read: '%s'", request->format);
        return ZPL_OK;
    }
    answer->error = zpl_datafile_problem(request->format, request->path, arena);
    if (answer->error != NULL)
        return ZPL_OK;
    struct zpl_duck duck;
    struct zpl_datafile file = {0};
    const struct zpl_duck_options session = {
        .memory_bytes = ZPL_BIND_BYTES_MAX / 2, .paths = &request->path, .path_count = 1};
    enum zpl_err err = zpl_duck_open(&session, &duck, diags);
    if (err == ZPL_OK)
        err = zpl_datafile_open(&duck, &options, &file, &answer->error, arena, diags);
    if (err == ZPL_OK && answer->error == NULL) {
        answer->row = file.row;
        answer->note = file.note;
    }
    zpl_duck_release(&duck);
    return err;
}
