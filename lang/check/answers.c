/* answers.c - see answers.h: a hash table with open addressing.   Floor: lang/check. */
#include "lang/check/answers.h"
#include <string.h>

struct entry {
    uint64_t hash; /* 0: free */
    struct zpl_bind_request request;
    struct zpl_bind_answer answer;
};
struct zpl_answers {
    struct entry *entries;
    size_t count, capacity; /* a power of two, at most half full */
};

/* FNV-1a, 64 bits, over a text and what separates it from the next. */
static uint64_t mix_text(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return (h ^ 0x100) * 0x100000001b3u;
}

static uint64_t mix_word(uint64_t h, uint64_t word)
{
    return (h ^ word) * 0x9e3779b97f4a7c15u;
}

/* Of a column's refinements those that an answer tells of: its warnings know what is unique, its columns
 * what is known only afterwards. */
static unsigned refined(const struct zpl_column *column)
{
    const struct zpl_refine *refine = column->type->refine;
    return refine ? (unsigned)refine->unique | (unsigned)refine->hindsight << 1 : 0;
}

/* By what a row says: one that stands in scratch is another at every call. */
static uint64_t mix_row(uint64_t h, const struct zpl_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        h = mix_word(mix_text(h, row->columns[i].name),
                     (uint64_t)row->columns[i].type->kind << 2 | refined(&row->columns[i]));
    return mix_word(h, row->count);
}

static bool same_row(const struct zpl_row *a, const struct zpl_row *b)
{
    if (!zpl_row_equal(a, b))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (refined(&a->columns[i]) != refined(&b->columns[i]))
            return false;
    return true;
}

static uint64_t mix_keys(uint64_t h, const struct zpl_bind_table *table)
{
    for (size_t k = 0; k < table->key_count; k++) {
        for (size_t i = 0; i < table->keys[k].count; i++)
            h = mix_word(h, table->keys[k].columns[i]);
        h = mix_word(h, table->keys[k].count);
    }
    return mix_word(h, table->key_count);
}

static bool same_keys(const struct zpl_bind_table *a, const struct zpl_bind_table *b)
{
    if (a->key_count != b->key_count)
        return false;
    for (size_t k = 0; k < a->key_count; k++) {
        size_t count = a->keys[k].count;
        if (count != b->keys[k].count || (count && memcmp(a->keys[k].columns, b->keys[k].columns,
                                                          count * sizeof(uint32_t)) != 0))
            return false;
    }
    return true;
}

static uint64_t hash_of(const struct zpl_bind_request *r)
{
    uint64_t h = mix_text(0xcbf29ce484222325u, r->sql);
    for (size_t i = 0; i < r->table_count; i++)
        h = mix_keys(mix_row(mix_text(h, r->tables[i].name), r->tables[i].row), &r->tables[i]);
    for (size_t i = 0; i < r->param_count; i++)
        h = mix_word(mix_text(h, r->params[i].name), r->params[i].kind);
    h ^= h >> 32;
    return h ? h : 1;
}

static bool same(const struct zpl_bind_request *a, const struct zpl_bind_request *b)
{
    if (strcmp(a->sql, b->sql) != 0 || a->table_count != b->table_count ||
        a->param_count != b->param_count)
        return false;
    for (size_t i = 0; i < a->table_count; i++)
        if (strcmp(a->tables[i].name, b->tables[i].name) != 0 ||
            !same_row(a->tables[i].row, b->tables[i].row) ||
            !same_keys(&a->tables[i], &b->tables[i]))
            return false;
    for (size_t i = 0; i < a->param_count; i++)
        if (a->params[i].kind != b->params[i].kind ||
            strcmp(a->params[i].name, b->params[i].name) != 0)
            return false;
    return true;
}

/* The entry of that request, or the free one where it would be. */
static struct entry *place(const struct zpl_answers *answers, uint64_t hash,
                           const struct zpl_bind_request *request)
{
    size_t i = hash & (answers->capacity - 1);
    while (answers->entries[i].hash != 0 &&
           (answers->entries[i].hash != hash || !same(&answers->entries[i].request, request)))
        i = (i + 1) & (answers->capacity - 1);
    return &answers->entries[i];
}

const struct zpl_bind_answer *zpl_answers_find(const struct zpl_checker *checker,
                                               const struct zpl_bind_request *request)
{
    if (!checker->answers)
        return NULL;
    const struct entry *entry = place(checker->answers, hash_of(request), request);
    return entry->hash != 0 ? &entry->answer : NULL;
}

/* Room for one more; false: no memory. */
static bool grow(struct zpl_answers *answers, struct zpl_arena *arena)
{
    if (answers->count * 2 < answers->capacity)
        return true;
    struct zpl_answers larger = {.capacity = answers->capacity ? answers->capacity * 2 : 16,
                                 .count = answers->count};
    larger.entries = zpl_arena_array(arena, larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < answers->capacity; i++)
        if (answers->entries[i].hash != 0)
            *place(&larger, answers->entries[i].hash, &answers->entries[i].request) =
                answers->entries[i];
    *answers = larger;
    return true;
}

/* The row in `arena`; its names and types are there already.  NULL: no memory. */
static const struct zpl_row *keep_row(const struct zpl_row *row, struct zpl_arena *arena)
{
    struct zpl_row *kept = zpl_arena_alloc(arena, sizeof *kept);
    struct zpl_column *columns = zpl_arena_array(arena, row->count, sizeof *columns);
    if (!kept || !columns)
        return NULL;
    for (size_t i = 0; i < row->count; i++)
        columns[i] = row->columns[i];
    *kept = (struct zpl_row){columns, row->count, row->open};
    return kept;
}

/* The keys in `arena`; NULL: no memory. */
static const struct zpl_row_key *keep_keys(const struct zpl_bind_table *table,
                                           struct zpl_arena *arena)
{
    struct zpl_row_key *keys = zpl_arena_array(arena, table->key_count, sizeof *keys);
    for (size_t k = 0; keys && k < table->key_count; k++) {
        uint32_t *columns = zpl_arena_array(arena, table->keys[k].count, sizeof *columns);
        if (!columns)
            return NULL;
        for (size_t i = 0; i < table->keys[k].count; i++)
            columns[i] = table->keys[k].columns[i];
        keys[k] = (struct zpl_row_key){columns, table->keys[k].count};
    }
    return keys;
}

void zpl_answers_keep(struct zpl_checker *checker, const struct zpl_bind_request *request,
                      const struct zpl_bind_answer *answer)
{
    struct zpl_arena *arena = &checker->graph->arena;
    if (!checker->answers)
        checker->answers = zpl_arena_alloc(arena, sizeof *checker->answers);
    struct zpl_bind_table *tables =
        zpl_arena_array(arena, request->table_count + 1, sizeof *tables);
    struct zpl_bind_param *params =
        zpl_arena_array(arena, request->param_count + 1, sizeof *params);
    if (!checker->answers || !tables || !params || !grow(checker->answers, arena))
        return;
    for (size_t i = 0; i < request->table_count; i++) {
        const struct zpl_bind_table *asked = &request->tables[i];
        tables[i] = (struct zpl_bind_table){asked->name, keep_row(asked->row, arena),
                                            keep_keys(asked, arena), asked->key_count};
        if (!tables[i].row || !tables[i].keys)
            return;
    }
    for (size_t i = 0; i < request->param_count; i++)
        params[i] = request->params[i];
    uint64_t hash = hash_of(request);
    struct entry *entry = place(checker->answers, hash, request);
    *entry = (struct entry){.hash = hash, .request = *request, .answer = *answer};
    entry->request.tables = tables;
    entry->request.params = params;
    checker->answers->count++;
}
