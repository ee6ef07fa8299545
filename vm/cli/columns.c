/* columns.c - see columns.h.   Floor: vm. */
#include "vm/cli/columns.h"

#include <ctype.h>
#include <string.h>

#include "lang/base/text.h"

#define CANDIDATES_TOLD 6

/* ---- which column a word names --------------------------------------------------------------- */

/* The variable that an output of a call was assigned to: `local train, test = split …`, read off the
 * text before the call.  NULL: none. */
static const char *variable_of(const struct zpl_columns *c, uint32_t node, uint32_t output)
{
    const struct zpl_span span = c->graph->nodes[node].span;
    const struct zpl_source *source =
        span.source ? zpl_sources_get(&c->session->program.sources, span.source) : NULL;
    const char *text = source ? source->text : NULL, *end = text ? text + span.begin : NULL;
    const char *names[16];
    size_t lengths[16], count = 0;
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    if (end == text || *--end != '=')
        return NULL;
    do {
        while (end > text && isspace((unsigned char)end[-1]))
            end--;
        const char *begin = end;
        while (begin > text && (isalnum((unsigned char)begin[-1]) || begin[-1] == '_'))
            begin--;
        if (begin == end || count == 16)
            return NULL;
        names[count] = begin;
        lengths[count++] = (size_t)(end - begin);
        end = begin;
        while (end > text && isspace((unsigned char)end[-1]))
            end--;
    } while (end > text && *--end == ',');
    if (output >= count)
        return NULL;
    size_t i = count - 1 - output;
    return zpl_arena_strndup(&c->cli->arena, names[i], lengths[i]);
}

/* The words for a column: with the step and its output, the variable, the step alone, by itself. */
enum { WORDS = 4 };
static void words_of(const struct zpl_columns *c, struct zpl_lineage_column at,
                     const char *variable, const char *words[WORDS])
{
    struct zpl_arena *arena = &c->cli->arena;
    const struct zpl_node *node = &c->graph->nodes[at.node];
    const char *name = zpl_lineage_name(c->graph, at);
    words[0] = zpl_arena_printf(arena, "%s.%s.%s", node->name, node->outputs[at.output].name, name);
    words[1] = variable ? zpl_arena_printf(arena, "%s.%s", variable, name) : words[0];
    words[2] = zpl_arena_printf(arena, "%s.%s", node->name, name);
    words[3] = name;
}

struct candidates {
    struct zpl_lineage_column *items;
    size_t count, capacity;
    const char **words; /* all that could have been meant */
    size_t word_count, word_capacity;
};

static void add_word(struct zpl_columns *c, struct candidates *k, const char *word)
{
    const char **words =
        zpl_arena_grow(&c->cli->arena, k->words, k->word_count, &k->word_capacity, sizeof *words);
    if (words == NULL || word == NULL)
        return;
    k->words = words;
    words[k->word_count++] = word;
}

static void look_at(struct zpl_columns *c, struct candidates *k, const char *word,
                    struct zpl_lineage_column at, const char *variable)
{
    const char *words[WORDS];
    bool fits = false;
    words_of(c, at, variable, words);
    for (int i = 0; i < WORDS; i++) {
        fits = fits || (words[i] != NULL && strcmp(words[i], word) == 0);
        add_word(c, k, words[i]);
    }
    if (!fits)
        return;
    struct zpl_lineage_column *items =
        zpl_arena_grow(&c->cli->arena, k->items, k->count, &k->capacity, sizeof *items);
    if (items == NULL)
        return;
    k->items = items;
    items[k->count++] = at;
}

struct passing {
    const struct candidates *k;
    bool passed;
};

static bool is_candidate(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct passing *p = self;
    for (size_t i = 0; how == ZPL_LINEAGE_PLAIN && i < p->k->count; i++)
        if (memcmp(&p->k->items[i], &from, sizeof from) == 0)
            p->passed = true;
    return !p->passed;
}

/* Leaves out what only passes another candidate on. */
static size_t keep_first_makers(const struct zpl_columns *c, const struct candidates *k,
                                struct zpl_lineage_column *kept)
{
    size_t count = 0;
    for (size_t i = 0; i < k->count; i++) {
        struct passing p = {k, false};
        zpl_lineage_visit(c->graph, k->items[i], is_candidate, &p);
        if (!p.passed)
            kept[count++] = k->items[i];
    }
    return count;
}

static enum zpl_err tell_none(struct zpl_columns *c, struct zpl_diags *diags, const char *word,
                              const struct candidates *k)
{
    struct zpl_span nowhere = {0};
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_UNKNOWN_COLUMN, nowhere, "no table of '%s' has a column '%s'",
                     c->graph->pipeline, word);
    const char *near = zpl_text_nearest(word, k->words, k->word_count);
    if (near != NULL)
        zpl_diag_help(diags, d, "did you mean '%s'?", near);
    else
        zpl_diag_help(diags, d,
                      "write step.output.column (split.train.hour), variable.column, or a column's "
                      "name");
    return ZPL_ERR_NOT_FOUND;
}

static enum zpl_err tell_several(struct zpl_columns *c, struct zpl_diags *diags, const char *word,
                                 const struct zpl_lineage_column *items, size_t count)
{
    struct zpl_span nowhere = {0};
    struct zpl_diag *d =
        zpl_diag_add(diags, ZPL_CODE_USAGE, nowhere, "'%s' may be one of %zu columns", word, count);
    for (size_t i = 0; i < count && i < CANDIDATES_TOLD; i++) {
        const char *words[WORDS];
        words_of(c, items[i], NULL, words);
        zpl_diag_note(diags, d, c->graph->nodes[items[i].node].span, "%s", words[0]);
    }
    zpl_diag_help(diags, d, "say of which step it is");
    return ZPL_ERR_USAGE;
}

enum zpl_err zpl_columns_find(struct zpl_columns *c, const char *word, struct zpl_diags *diags)
{
    struct candidates k = {0};
    for (uint32_t n = 0; n < c->graph->count; n++)
        for (uint32_t o = 0; o < c->graph->nodes[n].output_count; o++) {
            const struct zpl_row *row = zpl_lineage_row(c->graph, n, o);
            const char *variable = row != NULL ? variable_of(c, n, o) : NULL;
            for (uint32_t i = 0; row != NULL && i < row->count; i++)
                look_at(c, &k, word, (struct zpl_lineage_column){n, o, i}, variable);
        }
    struct zpl_lineage_column *kept = zpl_arena_array(&c->cli->arena, k.count + 1, sizeof *kept);
    if (kept == NULL)
        return zpl_diag_nomem(diags);
    if (k.count == 0)
        return tell_none(c, diags, word, &k);
    size_t count = keep_first_makers(c, &k, kept);
    if (count != 1)
        return tell_several(c, diags, word, kept, count);
    c->columns = kept;
    c->count = 1;
    c->capacity = 0;
    return ZPL_OK;
}

/* ---- up and down ----------------------------------------------------------------------------- */

/* Its index among the columns; it is added when it is new.  SIZE_MAX: memory is out. */
static size_t index_of(struct zpl_columns *c, struct zpl_lineage_column at, bool *fresh)
{
    for (size_t i = 0; i < c->count; i++)
        if (memcmp(&c->columns[i], &at, sizeof at) == 0) {
            *fresh = false;
            return i;
        }
    struct zpl_lineage_column *columns =
        zpl_arena_grow(&c->cli->arena, c->columns, c->count, &c->capacity, sizeof *columns);
    if (columns == NULL)
        return SIZE_MAX;
    c->columns = columns;
    columns[c->count] = at;
    *fresh = true;
    return c->count++;
}

static void add_edge(struct zpl_columns *c, size_t from, size_t to, enum zpl_lineage_how how)
{
    struct zpl_columns_edge *edges =
        zpl_arena_grow(&c->cli->arena, c->edges, c->edge_count, &c->edge_capacity, sizeof *edges);
    if (edges == NULL || from == SIZE_MAX || to == SIZE_MAX)
        return;
    c->edges = edges;
    edges[c->edge_count++] = (struct zpl_columns_edge){(uint32_t)from, (uint32_t)to, how};
}

struct going {
    struct zpl_columns *c;
    size_t at;                        /* up: the column whose sources are visited */
    struct zpl_lineage_column column; /* down: the column that is looked at */
    size_t known;                     /* down: columns from here on are those below */
};

static bool go_up(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct going *g = self;
    bool fresh;
    add_edge(g->c, index_of(g->c, from, &fresh), g->at, how);
    return true;
}

static bool is_below(const struct going *g, size_t i)
{
    return i == 0 || i >= g->known;
}

static bool go_down(void *self, struct zpl_lineage_column from, enum zpl_lineage_how how)
{
    struct going *g = self;
    struct zpl_columns *c = g->c;
    bool fresh;
    for (size_t i = 0; i < c->count; i++) {
        if (!is_below(g, i) || memcmp(&c->columns[i], &from, sizeof from) != 0)
            continue;
        add_edge(c, i, index_of(c, g->column, &fresh), how);
        break;
    }
    return true;
}

static void add_reader(struct zpl_columns *c, size_t column, uint32_t node)
{
    for (size_t i = 0; i < c->reader_count; i++)
        if (c->readers[i].column == column && c->readers[i].node == node)
            return;
    struct zpl_columns_reader *readers = zpl_arena_grow(&c->cli->arena, c->readers, c->reader_count,
                                                        &c->reader_capacity, sizeof *readers);
    if (readers == NULL)
        return;
    c->readers = readers;
    readers[c->reader_count++] = (struct zpl_columns_reader){(uint32_t)column, node};
}

/* A step that makes no table: which of the columns below does it read? */
struct reading {
    struct going *going;
    const struct zpl_argument *argument;
    uint32_t node;
};

static void read_output(void *self, uint32_t node, uint32_t output)
{
    struct reading *r = self;
    struct zpl_columns *c = r->going->c;
    for (size_t i = 0; i < c->count; i++) {
        bool read = r->argument->reads_all;
        if (!is_below(r->going, i) || c->columns[i].node != node || c->columns[i].output != output)
            continue;
        for (size_t k = 0; !read && k < r->argument->read_count; k++)
            read = strcmp(r->argument->reads[k], zpl_lineage_name(c->graph, c->columns[i])) == 0;
        if (read)
            add_reader(c, i, r->node);
    }
}

static void find_readers(struct going *g, const struct zpl_node *node)
{
    struct reading r = {.going = g, .node = node->id};
    for (uint32_t o = 0; o < node->output_count; o++)
        if (zpl_lineage_row(g->c->graph, node->id, o) != NULL)
            return;
    for (size_t i = 0; i < node->argument_count; i++) {
        r.argument = &node->arguments[i];
        zpl_lineage_outputs(g->c->graph, r.argument->value, read_output, &r);
    }
}

void zpl_columns_follow(struct zpl_columns *c)
{
    struct going g = {.c = c};
    for (g.at = 0; g.at < c->count; g.at++)
        zpl_lineage_visit(c->graph, c->columns[g.at], go_up, &g);
    g.known = c->count;
    for (uint32_t n = c->columns[0].node + 1; n < c->graph->count; n++) {
        for (uint32_t o = 0; o < c->graph->nodes[n].output_count; o++) {
            const struct zpl_row *row = zpl_lineage_row(c->graph, n, o);
            for (uint32_t i = 0; row != NULL && i < row->count; i++) {
                g.column = (struct zpl_lineage_column){n, o, i};
                zpl_lineage_visit(c->graph, g.column, go_down, &g);
            }
        }
        find_readers(&g, &c->graph->nodes[n]);
    }
}
