/* fake_world.h - a world for tests of whole programs and for fuzz targets: a catalog with the steps of
 * the demo, an engine that reads select lists by their words, imports from a list of texts. */
#ifndef ZPL_TESTS_FAKE_WORLD_H
#define ZPL_TESTS_FAKE_WORLD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "lang/graph/graph_json.h"
#include "lang/lang.h"
#include "lang/types/signature.h"

#define IDENTITY "0000000000000000000000000000000000000000000000000000000000000000"

static const struct zpl_step_info fake_steps[] = {
    {"csv.read", "(path: Path, hindsight?: List(String)) -> (rows: Table {...})", "", "csv.read",
     IDENTITY, "csv", NULL, ""},
    {"deploy", "(model: Model, name: String) effect", "", "deploy", IDENTITY, NULL, NULL, ""},
    {"drift", "(seen: Table {...r}, now: Table {...r}) -> (report: Report {drifted: Bool})", "",
     "drift", IDENTITY, NULL, NULL, ""},
    {"evaluate",
     "(model: Model {features: f, label: l: y}, test: Table {l: y, ...f, ...r}) -> "
     "(report: Report {auc: Float, log_loss: Float})",
     "", "evaluate", IDENTITY, NULL, NULL, ""},
    {"parquet.read", "(path: Path, hindsight?: List(String)) -> (rows: Table {...})", "",
     "parquet.read", IDENTITY, "parquet", NULL, ""},
    {"split",
     "(rows: Table {...r}, ratio: Float 0..1 = 0.8, seed: Int = 0) -> "
     "(train: Table {...r}, test: Table {...r}) disjoint",
     "", "split", IDENTITY, NULL, NULL, ""},
    {"xgboost.train",
     "(train: Table {l: y, ...f}, label: column l, features?: columns f, rounds: Int 1..5000 = 100)"
     " -> (model: Model {xgboost, features: f, label: l: y}) where f: Number",
     "", "xgboost.train", IDENTITY, NULL, NULL, ""},
};

static inline const struct zpl_step_info *fake_at(void *self, size_t i)
{
    (void)self;
    return i < sizeof fake_steps / sizeof *fake_steps ? &fake_steps[i] : NULL;
}

static inline const struct zpl_step_info *fake_find(void *self, const char *name)
{
    for (size_t i = 0; fake_at(self, i); i++)
        if (strcmp(fake_steps[i].name, name) == 0)
            return &fake_steps[i];
    return NULL;
}

static inline const struct zpl_row *fake_row(const char *text, struct zpl_arena *arena)
{
    const struct zpl_type *type;
    struct zpl_signature_error error;
    return zpl_type_parse(text, arena, &type, &error) == ZPL_OK ? type->row : NULL;
}

static inline enum zpl_err fake_schema(void *self, const struct zpl_schema_request *request,
                                       struct zpl_schema_answer *answer, struct zpl_arena *arena,
                                       struct zpl_diags *diags)
{
    (void)self;
    (void)diags;
    *answer = (struct zpl_schema_answer){0};
    if (strstr(request->path, "missing"))
        answer->error = "does not exist";
    else
        answer->row = fake_row(
            "Table {date: Timestamp, delay: Int, distance: Int, origin: String, day: Int}", arena);
    return ZPL_OK;
}

/* The table behind FROM has to be one of the request; a letter alone stands for any. */
static inline bool fake_reads(const struct zpl_bind_request *request,
                              struct zpl_bind_answer *answer, struct zpl_arena *arena)
{
    const char *from = strstr(request->sql, "FROM ");
    size_t n = from ? strspn(from + 5, "abcdefghijklmnopqrstuvwxyz_0123456789") : 0;
    for (size_t i = 0; i < request->table_count; i++)
        if (strlen(request->tables[i].name) == n &&
            memcmp(request->tables[i].name, from + 5, n) == 0)
            return true;
    if (n <= 1)
        return true;
    const char *name = zpl_arena_strndup(arena, from + 5, n);
    answer->error =
        (struct zpl_bind_error){.fault = ZPL_BIND_NAME,
                                .message = zpl_arena_printf(arena, "unknown table '%s'", name),
                                .name = name,
                                .offset = from + 5 - request->sql,
                                .length = n};
    return false;
}

/* An item comes from the columns whose names it holds. */
static inline bool fake_origin(const struct zpl_bind_request *request, const char *item,
                               struct zpl_bind_origin *out, struct zpl_arena *arena)
{
    out->sources = zpl_arena_array(arena, 64, sizeof *out->sources);
    for (uint32_t t = 0; out->sources && t < request->table_count; t++)
        for (uint32_t c = 0; c < request->tables[t].row->count && out->count < 64; c++)
            if (strstr(request->sql, request->tables[t].name) &&
                strstr(item, request->tables[t].row->columns[c].name))
                out->sources[out->count++] = (struct zpl_bind_source){.table = t, .column = c};
    return out->sources != NULL;
}

/* A result column for every item of the select list: its last word, Bool when it compares.  'dealy' is
 * unknown, as it is in no table. */
static inline enum zpl_err fake_bind(void *self, const struct zpl_bind_request *request,
                                     struct zpl_bind_answer *answer, struct zpl_arena *arena,
                                     struct zpl_diags *diags)
{
    (void)self;
    (void)diags;
    *answer = (struct zpl_bind_answer){.identity = IDENTITY};
    if (!fake_reads(request, answer, arena))
        return ZPL_OK;
    static const char *const near[] = {"date", "delay", "distance", "origin", NULL};
    const char *wrong = strstr(request->sql, "dealy");
    if (wrong) {
        answer->error = (struct zpl_bind_error){.fault = ZPL_BIND_NAME,
                                                .message = "unknown column 'dealy'",
                                                .name = "dealy",
                                                .candidates = near,
                                                .offset = wrong - request->sql,
                                                .length = 5};
        return ZPL_OK;
    }
    const char *select = strstr(request->sql, "SELECT");
    if (!select || !strstr(select, "FROM")) {
        answer->error = (struct zpl_bind_error){
            .fault = ZPL_BIND_SYNTAX, .message = "not a SELECT", .offset = -1, .length = 1};
        return ZPL_OK;
    }
    char *list = zpl_arena_strdup(arena, select + 6);
    struct zpl_column *columns = zpl_arena_array(arena, 32, sizeof *columns);
    struct zpl_row *row = zpl_arena_alloc(arena, sizeof *row);
    struct zpl_bind_reads *reads = zpl_arena_array(arena, request->table_count + 1, sizeof *reads);
    const char **used = zpl_arena_array(arena, request->param_count + 1, sizeof *used);
    struct zpl_bind_origin *origins = zpl_arena_array(arena, 32, sizeof *origins);
    if (!origins || !list || !columns || !row || !reads || !used)
        return ZPL_ERR_NOMEM;
    *strstr(list, "FROM") = '\0';
    char *rest;
    for (char *item = strtok_r(list, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
        size_t len = strlen(item);
        while (len && strchr(" \n", item[len - 1]))
            item[--len] = '\0';
        char *word = item + len;
        while (word > item && word[-1] != ' ' && word[-1] != '\n')
            word--;
        if (!fake_origin(request, item, &origins[row->count], arena))
            return ZPL_ERR_NOMEM;
        columns[row->count++] =
            (struct zpl_column){zpl_arena_strdup(arena, word),
                                zpl_type_new(arena, strchr(item, '>') ? ZPL_BOOL : ZPL_INT)};
    }
    row->columns = columns;
    answer->row = row;
    answer->origins = origins;
    answer->rows_unknown = true;
    for (size_t i = 0; i < request->table_count; i++)
        if (strstr(request->sql, request->tables[i].name))
            reads[i] = (struct zpl_bind_reads){.used = true, .all = true};
    answer->reads = reads;
    size_t count = 0;
    for (size_t i = 0; i < request->param_count; i++) {
        const char *at = strstr(request->sql, request->params[i].name);
        if (at && at[-1] == '$')
            used[count++] = zpl_arena_strdup(arena, request->params[i].name);
    }
    answer->params_used = used;
    return zpl_arena_failed(arena) ? ZPL_ERR_NOMEM : ZPL_OK;
}

/* Files to import: name, text, name, text, NULL. */
static inline enum zpl_err fake_load(void *self, const char *from, const char *name,
                                     struct zpl_arena *arena, const char **canonical,
                                     const char **text, size_t *len, struct zpl_diags *diags)
{
    (void)from;
    (void)arena;
    (void)diags;
    for (const char *const *file = self; file && *file; file += 2) {
        if (strcmp(file[0], name) != 0)
            continue;
        *canonical = file[0];
        *text = file[1];
        *len = strlen(file[1]);
        return ZPL_OK;
    }
    return ZPL_ERR_NOT_FOUND;
}

/* A world without an engine knows no schema. */
static inline struct zpl_world fake_world(bool engine, const char *const *files)
{
    struct zpl_world world = {.catalog = {.find = fake_find, .at = fake_at},
                              .loader = {.self = (void *)files, .load = fake_load}};
    if (engine)
        world.engine = (struct zpl_engine){.bind = fake_bind, .schema = fake_schema};
    return world;
}

#endif
