#include "lang/graph/graph.h"
#include <string.h>
#include "lang/base/limits.h"

void zpl_graph_release(struct zpl_graph *graph)
{
    zpl_arena_release(&graph->arena);
    memset(graph, 0, sizeof *graph);
}

struct zpl_node *zpl_graph_add(struct zpl_graph *graph)
{
    if (graph->count >= ZPL_NODES_MAX)
        return NULL;
    struct zpl_node *nodes =
        zpl_arena_grow(&graph->arena, graph->nodes, graph->count, &graph->capacity, sizeof *nodes);
    if (!nodes)
        return NULL;
    graph->nodes = nodes;
    struct zpl_node *node = &nodes[graph->count];
    *node = (struct zpl_node){.id = (uint32_t)graph->count, .cache = true};
    graph->count++;
    return node;
}

struct zpl_param *zpl_graph_add_param(struct zpl_graph *graph)
{
    struct zpl_param *params = zpl_arena_grow(&graph->arena, graph->params, graph->param_count,
                                              &graph->param_capacity, sizeof *params);
    if (!params)
        return NULL;
    graph->params = params;
    return &params[graph->param_count++];
}

bool zpl_graph_add_import(struct zpl_graph *graph, const char *name, const char *digest)
{
    struct zpl_import *imports = zpl_arena_grow(&graph->arena, graph->imports, graph->import_count,
                                                &graph->import_capacity, sizeof *imports);
    if (!imports || !name || !digest)
        return false;
    graph->imports = imports;
    imports[graph->import_count++] = (struct zpl_import){name, digest};
    return true;
}

struct zpl_map *zpl_graph_add_map(struct zpl_graph *graph)
{
    struct zpl_map *maps = zpl_arena_grow(&graph->arena, graph->maps, graph->map_count,
                                          &graph->map_capacity, sizeof *maps);
    if (!maps)
        return NULL;
    graph->maps = maps;
    maps[graph->map_count] = (struct zpl_map){0};
    return &maps[graph->map_count++];
}

bool zpl_map_within(const struct zpl_graph *graph, uint32_t inner, uint32_t outer)
{
    while (inner > outer)
        inner = graph->maps[inner - 1].parent;
    return inner == outer;
}

const struct zpl_node *zpl_graph_find(const struct zpl_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].name && strcmp(graph->nodes[i].name, name) == 0)
            return &graph->nodes[i];
    return NULL;
}

/* "[*]" or "[17]" at the text: how long it is; 0: it is none. */
static size_t item_length(const char *text)
{
    if (*text != '[')
        return 0;
    size_t digits = strspn(text + 1, "0123456789"), n = digits > 0 ? digits : text[1] == '*';
    return n > 0 && text[n + 1] == ']' ? n + 2 : 0;
}

/* May an item of one be called as the other, or as an item of it? */
static bool names_meet(const char *a, const char *b)
{
    while (*a && *b) {
        size_t m = item_length(a), n = item_length(b);
        bool open = m > 0 && n > 0 && (a[1] == '*' || b[1] == '*');
        if (!open && *a != *b)
            return false;
        a += open ? m : 1;
        b += open ? n : 1;
    }
    return *a == *b;
}

const struct zpl_node *zpl_graph_rival(const struct zpl_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].name && names_meet(graph->nodes[i].name, name))
            return &graph->nodes[i];
    return NULL;
}

const struct zpl_argument *zpl_node_argument(const struct zpl_node *node, const char *name)
{
    for (size_t i = 0; i < node->argument_count; i++)
        if (strcmp(node->arguments[i].name, name) == 0)
            return &node->arguments[i];
    return NULL;
}

/* ---- names: a table from text to how often it was counted ------------------------------------ */

struct tally_slot {
    const char *text;
    uint32_t count;
    uint32_t
        hash; /* the upper half: what differs in it is another text, and need not be looked at */
};
struct tally {
    struct tally_slot *slots;
    size_t mask; /* a power of two, less one */
};

/* FNV-1a, 64 bits. */
static uint64_t hash_text(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return h;
}

/* Room for `count` texts at half load; false when memory is out. */
static bool tally_init(struct tally *tally, struct zpl_arena *arena, size_t count)
{
    size_t size = 16;
    while (size < count * 2)
        size *= 2;
    tally->mask = size - 1;
    tally->slots = zpl_arena_array(arena, size, sizeof *tally->slots);
    return tally->slots != NULL;
}

static uint32_t *tally_of(struct tally *tally, const char *text)
{
    uint64_t full = hash_text(text);
    uint32_t hash = (uint32_t)(full >> 32);
    size_t i = full & tally->mask;
    while (tally->slots[i].text && tally->slots[i].text != text &&
           (tally->slots[i].hash != hash || strcmp(tally->slots[i].text, text) != 0))
        i = (i + 1) & tally->mask;
    tally->slots[i].text = text;
    tally->slots[i].hash = hash;
    return &tally->slots[i].count;
}

/* How often each name was counted.  Where there are maps an item of "make[*]" may be called as another
 * node is, "make[3]": names that are alike but for their numbers meet, unless they have them in the same
 * places. */
struct crowd {
    struct tally names;
    struct tally alike; /* with [*] for each number; of names that have one */
    struct tally kinds; /* with [#] for each number */
};

/* How often each wish was made, and which names are given. */
struct naming_state {
    struct zpl_arena arena;
    bool maps;             /* the graph has some */
    struct crowd plain;    /* prefix and step */
    struct crowd assigned; /* prefix, step and variable */
    struct crowd
        taken; /* at most three look-ups a node, of mostly one name: there is a slot for each */
    struct tally ordinals; /* nodes of a step so far */
};
struct wish {
    const char *plain;
    const char *assigned; /* NULL: no variable */
};

/* The texts behind each other, up to a NULL; NULL when memory is out.  (Printing would take as long as
 * all the rest of naming.) */
static const char *join(struct zpl_arena *arena, const char *const *parts)
{
    size_t len = 0, at = 0;
    for (size_t i = 0; parts[i]; i++)
        len += strlen(parts[i]);
    char *text = zpl_arena_alloc(arena, len + 1);
    for (size_t i = 0; text && parts[i]; i++) {
        size_t n = strlen(parts[i]);
        memcpy(text + at, parts[i], n);
        at += n;
    }
    return text;
}

static bool crowd_init(struct crowd *crowd, struct naming_state *state, size_t count)
{
    return tally_init(&crowd->names, &state->arena, count) &&
           (!state->maps || (tally_init(&crowd->alike, &state->arena, count) &&
                             tally_init(&crowd->kinds, &state->arena, count)));
}

/* The name with this sign for each number of an item; NULL when memory is out. */
static const char *shape_of(struct zpl_arena *arena, const char *name, char sign)
{
    char *shape = zpl_arena_strdup(arena, name), *out = shape;
    for (size_t n; shape && *name; name += n > 0 ? n : 1) {
        n = item_length(name);
        *out++ = *name;
        if (n > 0) {
            *out++ = name[1] == '*' ? '*' : sign;
            *out++ = ']';
        }
    }
    if (shape)
        *out = '\0';
    return shape;
}

/* Counts `more` of that name; true if it is then there that often and meets no other.  Without memory
 * the arena has failed. */
static bool is_alone(struct naming_state *state, struct crowd *crowd, const char *name,
                     uint32_t more, uint32_t times)
{
    uint32_t *count = tally_of(&crowd->names, name);
    *count += more;
    if (!state->maps || !strchr(name, '['))
        return *count == times;
    const char *alike = shape_of(&state->arena, name, '*');
    const char *kind = shape_of(&state->arena, name, '#');
    if (!alike || !kind)
        return false;
    uint32_t *met = tally_of(&crowd->alike, alike), *same = tally_of(&crowd->kinds, kind);
    *met += more;
    *same += more;
    return *count == times && *met == *same;
}

/* "#12": the end of the buffer's text. */
static const char *ordinal_text(uint32_t n, char out[12])
{
    char *s = out + 11;
    *s = '\0';
    do
        *--s = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    *--s = '#';
    return s;
}

/* The texts of a wish; false when memory is out. */
static bool spell_wish(struct naming_state *state, const struct zpl_node *node,
                       const struct zpl_naming *naming, struct wish *out)
{
    const char *prefix = naming->prefix ? naming->prefix : "";
    const char *suffix = naming->suffix ? naming->suffix : "";
    out->plain = join(&state->arena, (const char *const[]){prefix, node->step, suffix, NULL});
    out->assigned = NULL;
    if (naming->variable)
        out->assigned = join(&state->arena, (const char *const[]){prefix, node->step, "@",
                                                                  naming->variable, suffix, NULL});
    return out->plain && (out->assigned || !naming->variable);
}

/* Of a loop each call has the texts that the one before has, so they are not spelled again. */
static bool wishes_alike(const struct zpl_node *node, const struct zpl_naming *naming)
{
    const struct zpl_naming *before = naming - 1;
    return node[-1].name == NULL && node[-1].step == node->step &&
           before->prefix == naming->prefix && before->suffix == naming->suffix &&
           before->variable == naming->variable;
}

static bool wish_names(struct naming_state *state, const struct zpl_node *node,
                       const struct zpl_naming *naming, struct wish *out)
{
    if (node->id > 0 && wishes_alike(node, naming))
        *out = out[-1];
    else if (!spell_wish(state, node, naming, out))
        return false;
    is_alone(state, &state->plain, out->plain, 1, 1);
    if (out->assigned)
        is_alone(state, &state->assigned, out->assigned, 1, 1);
    return true;
}

/* Takes the name if nobody has it. */
static bool take_name(struct naming_state *state, const char *name)
{
    if (state->maps)
        return is_alone(state, &state->taken, name, 0, 0) &&
               is_alone(state, &state->taken, name, 1, 1);
    uint32_t *count = tally_of(&state->taken.names, name);
    return *count == 0 && ++*count;
}

/* The first wish that nobody else has, taken; NULL when memory is out. */
static const char *choose_name(struct naming_state *state, const struct wish *wish)
{
    uint32_t *ordinal = tally_of(&state->ordinals, wish->plain);
    ++*ordinal;
    if (is_alone(state, &state->plain, wish->plain, 0, 1) && take_name(state, wish->plain))
        return wish->plain;
    if (wish->assigned && is_alone(state, &state->assigned, wish->assigned, 0, 1) &&
        take_name(state, wish->assigned))
        return wish->assigned;
    for (;; ++*ordinal) {
        char digits[12];
        const char *name =
            join(&state->arena,
                 (const char *const[]){wish->plain, ordinal_text(*ordinal, digits), NULL});
        if (!name || zpl_arena_failed(&state->arena) || take_name(state, name))
            return name;
    }
}

enum zpl_err zpl_graph_name(struct zpl_graph *graph, const struct zpl_naming *naming)
{
    struct naming_state state = {.maps = graph->map_count > 0};
    size_t n = graph->count;
    struct wish *wishes = zpl_arena_array(&state.arena, n + 1, sizeof *wishes);
    bool fine = wishes && crowd_init(&state.plain, &state, n) &&
                crowd_init(&state.assigned, &state, n) &&
                crowd_init(&state.taken, &state, n * 3 / 2 + 1) &&
                tally_init(&state.ordinals, &state.arena, n);
    for (size_t i = 0; fine && i < n; i++) {
        if (graph->nodes[i].name)
            is_alone(&state, &state.taken, graph->nodes[i].name, 1, 1);
        else
            fine = wish_names(&state, &graph->nodes[i], &naming[i], &wishes[i]);
    }
    for (size_t i = 0; fine && i < n; i++) {
        struct zpl_node *node = &graph->nodes[i];
        if (node->name)
            continue;
        const char *name = choose_name(&state, &wishes[i]);
        node->name = name ? zpl_arena_strdup(&graph->arena, name) : NULL;
        fine = node->name != NULL;
    }
    fine = fine && !zpl_arena_failed(&state.arena);
    zpl_arena_release(&state.arena);
    return fine ? ZPL_OK : ZPL_ERR_NOMEM;
}

bool zpl_node_reads_name(const struct zpl_node *node)
{
    return node->source && strcmp(node->source, "artifact") == 0;
}

bool zpl_node_writes_name(const struct zpl_node *node)
{
    return node->effect && !node->body && node->kernel &&
           strcmp(node->kernel, "artifact.write") == 0;
}

const char *zpl_node_name_of(const struct zpl_node *node)
{
    const struct zpl_argument *name = zpl_node_argument(node, "name");
    const struct zpl_value *value = name ? name->value : NULL;
    bool known = value && value->kind == ZPL_VALUE_LITERAL && value->literal &&
                 value->literal->kind == ZPL_LIT_STRING;
    return known ? value->literal->as.str.s : NULL;
}
