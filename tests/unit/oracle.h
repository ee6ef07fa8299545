/* oracle.h - an engine made of one answer at a time, for tests of queries: what it is asked, what becomes
 * of its answers and of its errors. */
#ifndef ZPL_TESTS_ORACLE_H
#define ZPL_TESTS_ORACLE_H

#include "tests/unit/checking.h"

#define IDENTITY "ababababababababababababababababababababababababababababababab01"

static const struct zpl_step_info sql = {
    .name = "sql", .signature = "", .kernel = "sql", .identity = "00", .engines = "duckdb 1.4.4"};

/* Answers the next query, and notes what it was asked. */
struct oracle {
    struct bench *b;
    const char *result;        /* type of the rows */
    const char *rename_second; /* what its second column is really called, or NULL */
    const char *reads[4];      /* by table: "*", "a b", "" (used, no column), NULL: not used */
    const char *params[4];     /* used */
    struct zpl_bind_warning warning; /* .message NULL: none */
    struct zpl_bind_error error;
    enum zpl_err err;
    const struct zpl_bind_error *more; /* for what is asked after that error, NULL: the same */
    size_t more_count;
    size_t asked;
    char first[512];   /* the first request */
    char request[512]; /* "flights(delay distance) | $minutes:Int | SELECT …" */
};

static inline void note_request(struct oracle *o, const struct zpl_bind_request *request)
{
    size_t n = 0, room = sizeof o->request;
    for (size_t i = 0; i < request->table_count; i++) {
        const struct zpl_row *row = request->tables[i].row;
        n += (size_t)snprintf(o->request + n, room - n, "%s(", request->tables[i].name);
        for (size_t k = 0; k < row->count; k++)
            n += (size_t)snprintf(o->request + n, room - n, "%s%s", k ? " " : "",
                                  row->columns[k].name);
        n += (size_t)snprintf(o->request + n, room - n, ") ");
    }
    for (size_t i = 0; i < request->param_count; i++)
        n += (size_t)snprintf(o->request + n, room - n, "$%s:%s ", request->params[i].name,
                              zpl_kind_name(request->params[i].kind));
    snprintf(o->request + n, room - n, "| %s", request->sql);
}

static inline const char *const *split_words(struct zpl_arena *arena, const char *text,
                                             size_t *count)
{
    const char **words = zpl_arena_array(arena, 16, sizeof *words);
    for (*count = 0; *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, " ");
        words[(*count)++] = zpl_arena_strndup(arena, text, n);
        text += n;
    }
    return words;
}

static inline enum zpl_err answer(void *self, const struct zpl_bind_request *request,
                                  struct zpl_bind_answer *out, struct zpl_arena *arena,
                                  struct zpl_diags *diags)
{
    struct oracle *o = self;
    o->asked++;
    note_request(o, request);
    if (o->err) {
        zpl_diag_add(diags, ZPL_CODE_WORKER, (struct zpl_span){0}, "the engine is gone");
        return o->err;
    }
    if (o->asked == 1)
        memcpy(o->first, o->request, sizeof o->first);
    out->error = o->error;
    if (o->asked > 1 && o->more)
        out->error = o->asked - 2 < o->more_count ? o->more[o->asked - 2]
                                                  : (struct zpl_bind_error){.offset = -1};
    if (out->error.message)
        return ZPL_OK;
    struct zpl_bind_reads *reads = zpl_arena_array(arena, request->table_count, sizeof *reads);
    for (size_t i = 0; i < request->table_count; i++) {
        reads[i].used = o->reads[i] != NULL;
        reads[i].all = o->reads[i] && strcmp(o->reads[i], "*") == 0;
        if (o->reads[i] && !reads[i].all)
            reads[i].columns = split_words(arena, o->reads[i], &reads[i].count);
    }
    out->reads = reads;
    out->row = type_of(o->b, o->result)->row;
    if (o->rename_second)
        ((struct zpl_column *)out->row->columns)[1].name = o->rename_second;
    out->identity = IDENTITY;
    out->params_used = o->params;
    out->warnings = &o->warning;
    out->warning_count = o->warning.message != NULL;
    return ZPL_OK;
}

/* The query's text stands in the program right behind "sql ". */
static inline struct zpl_span place(void *self, size_t offset, size_t length)
{
    struct bench *b = self;
    uint32_t begin = 4 + (uint32_t)offset;
    return (struct zpl_span){b->source, begin, begin + (uint32_t)length};
}

static inline void start(struct bench *b, struct oracle *o, const char *result)
{
    bench_start(b);
    *o = (struct oracle){.b = b, .result = result};
    b->engine.self = o;
    b->engine.bind = answer;
    define(b, "flights", "Table {date: Timestamp, delay: Int hindsight, distance: Float}");
    define(b, "planes", "Table {tail: String, seats: Int}");
}

#endif
