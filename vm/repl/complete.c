/* complete.c - words that Tab adds.   Floor: vm. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "stdlib/catalog.h"
#include "vm/repl/repl.h"

static const char *const KEYWORDS[] = {"and", "do",       "else",   "elseif", "end",   "false",
                                       "for", "function", "if",     "in",     "local", "nil",
                                       "not", "or",       "return", "then",   "true",  "while"};

struct completing {
    struct zpl_repl *repl;
    struct zpl_arena *arena;
    const char *word; /* that is being typed */
    size_t typed;
    const char **found;
    size_t count, capacity;
};

/* One that begins as the word does. */
static void offer(struct completing *c, const char *name)
{
    if (name == NULL || strncmp(name, c->word, c->typed) != 0)
        return;
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->found[i], name) == 0)
            return;
    const char *kept = zpl_arena_strdup(c->arena, name);
    const char **found = zpl_arena_grow(c->arena, c->found, c->count, &c->capacity, sizeof *found);
    if (kept == NULL || found == NULL)
        return;
    c->found = found;
    found[c->count++] = kept;
}

static void offer_words(struct completing *c)
{
    const struct zpl_step_info *step;
    const struct zpl_cli_word *word;
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof KEYWORDS[0]; i++)
        offer(c, KEYWORDS[i]);
    for (size_t i = 0; (step = zpl_stdlib_step(i)) != NULL; i++)
        offer(c, step->name);
    for (size_t i = 0; (word = zpl_cli_word_at(i)) != NULL; i++)
        offer(c, word->name);
}

/* Columns and fields: behind `name.` those of it, else (a query names them so) all. */
static void offer_columns(struct completing *c, const char *name, const struct zpl_type *type)
{
    size_t len = strlen(name);
    bool qualified = strncmp(c->word, name, len) == 0 && c->word[len] == '.';
    for (size_t i = 0; type->row != NULL && i < type->row->count; i++)
        offer(c, qualified ? zpl_arena_printf(c->arena, "%s.%s", name, type->row->columns[i].name)
                           : type->row->columns[i].name);
}

/* The names of the session, of each the last. */
static size_t names_of(struct completing *c, const char ***out)
{
    const struct zpl_cells *cells = &c->repl->cells;
    const char **names = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = cells->count; i-- > 0;)
        for (size_t k = 0; k < cells->items[i]->name_count; k++) {
            bool known = false;
            for (size_t n = 0; n < count; n++)
                known |= strcmp(names[n], cells->items[i]->names[k]) == 0;
            const char **grown =
                known ? NULL : zpl_arena_grow(c->arena, names, count, &capacity, sizeof *names);
            if (grown == NULL)
                continue;
            names = grown;
            names[count++] = cells->items[i]->names[k];
        }
    *out = names;
    return count;
}

/* The session's names and what they have: an expression of all of them, evaluated for its types. */
static void offer_session(struct completing *c)
{
    const char **names;
    struct zpl_buf text = {0};
    size_t count = names_of(c, &names);
    for (size_t i = 0; i < count; i++) {
        offer(c, names[i]);
        zpl_buf_printf(&text, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    struct zpl_cell *cell = count > 0 ? zpl_cell_new("[:]", zpl_buf_str(&text), text.len) : NULL;
    struct zpl_program *program = &c->repl->session.program;
    if (cell != NULL && zpl_repl_compile(c->repl, NULL, cell) == ZPL_OK)
        for (size_t i = 0; i < program->returned_count && i < count; i++)
            if (program->returned[i].value != NULL)
                offer_columns(c, names[i], program->returned[i].value->type);
    zpl_program_release(program);
    zpl_diags_clear(&c->repl->session.diags);
    zpl_cell_free(cell);
    zpl_buf_release(&text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **zpl_repl_complete(struct zpl_repl *repl, const char *before, size_t *count,
                               size_t *typed, struct zpl_arena *arena)
{
    const char *word = before + strlen(before);
    while (word > before &&
           (isalnum((unsigned char)word[-1]) || word[-1] == '_' || word[-1] == '.'))
        word--;
    struct completing c = {.repl = repl, .arena = arena, .word = word, .typed = strlen(word)};
    *typed = c.typed;
    *count = 0;
    if (c.typed == 0)
        return NULL;
    offer_words(&c);
    offer_session(&c);
    if (c.count > 0)
        qsort(c.found, c.count, sizeof *c.found, by_name);
    *count = c.count;
    return c.found;
}
