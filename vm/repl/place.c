/* place.c - places in a program as places in the cells of it.   Floor: vm. */
#include <string.h>

#include "lang/base/json.h"
#include "vm/repl/cells.h"

/* Numbers of sources in a program, by piece: the pieces of one cell share theirs. */
struct placing {
    const struct zpl_cells_text *text;
    const uint32_t *sources;
};

/* The first piece that ends behind the byte; at the end of the text the last one. */
size_t zpl_cells_piece_at(const struct zpl_cells_text *text, uint32_t byte)
{
    size_t low = 0, high = text->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text->pieces[middle].begin + text->pieces[middle].len > byte)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The cell's byte that is that byte of the program; the nearest when it is none. */
static uint32_t byte_in(const struct zpl_cells_piece *piece, uint32_t byte)
{
    uint32_t in = byte > piece->begin ? byte - piece->begin : 0;
    return piece->from + (in < piece->len ? in : piece->len);
}

static void place(const struct placing *p, struct zpl_span *span)
{
    if (span->source != 1)
        return;
    size_t first = zpl_cells_piece_at(p->text, span->begin);
    const struct zpl_cells_piece *pieces = p->text->pieces, *begin = &pieces[first];
    const struct zpl_cells_piece *end =
        span->end > span->begin ? &pieces[zpl_cells_piece_at(p->text, span->end - 1)] : begin;
    uint32_t to = end->cell == begin->cell ? byte_in(end, span->end) : begin->cell->len;
    span->begin = byte_in(begin, span->begin);
    span->end = to > span->begin ? to : span->begin;
    span->source = p->sources[first];
}

static void place_diags(const struct placing *p, struct zpl_diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        place(p, &diags->items[i]->span);
        for (struct zpl_note *note = diags->items[i]->notes; note != NULL; note = note->next)
            place(p, &note->span);
    }
}

static void place_graph(const struct placing *p, struct zpl_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        place(p, &graph->nodes[i].span);
    for (size_t i = 0; i < graph->param_count; i++)
        place(p, &graph->params[i].span);
    for (size_t i = 0; i < graph->map_count; i++)
        place(p, &graph->maps[i].span);
}

/* ---- where bodies stand ---- */

/* Where each line of the program begins. */
struct line_starts {
    const struct zpl_cells_text *text;
    const struct zpl_source *source;
};

/* The line of its cell that a line of the program is; *cell is that cell. */
static int64_t line_in(const struct line_starts *l, int64_t line, const struct zpl_cell **cell)
{
    uint32_t first, column;
    if (line < 1 || line > l->source->line_count)
        return line;
    size_t i = zpl_cells_piece_at(l->text, l->source->lines[line - 1]);
    *cell = l->text->pieces[i].cell;
    while (i > 0 && l->text->pieces[i - 1].cell == *cell)
        i--;
    zpl_source_place(l->source, l->text->pieces[i].begin, &first, &column);
    return line - first + 1;
}

/* { file, lines, … } of one function. */
static struct zpl_json *place_function(const struct line_starts *l, const struct zpl_json *function)
{
    const struct zpl_json *lines = zpl_json_get(function, "lines");
    const struct zpl_cell *cell = NULL;
    if (strcmp(zpl_json_str(zpl_json_get(function, "file"), ""), l->source->name) != 0)
        return zpl_json_ref(function);
    struct zpl_json *o = zpl_json_object(), *placed = zpl_json_array();
    const char *key;
    for (size_t i = 0; i < zpl_json_count(lines); i++)
        zpl_json_add_take(placed,
                          zpl_json_int(line_in(l, zpl_json_i64(zpl_json_at(lines, i), 0), &cell)));
    for (size_t i = 0; (key = zpl_json_key_at(function, i)) != NULL; i++)
        if (strcmp(key, "lines") != 0 && strcmp(key, "file") != 0)
            zpl_json_set_take(o, key, zpl_json_ref(zpl_json_get(function, key)));
    zpl_json_set_take(o, "file", zpl_json_string(cell != NULL ? cell->name : l->source->name));
    zpl_json_set_take(o, "lines", placed);
    return o;
}

/* The places of a node's body; they stay as they are when memory is out. */
static void place_body(const struct line_starts *l, struct zpl_graph *graph, struct zpl_node *node)
{
    struct zpl_json *places = NULL, *placed = zpl_json_array();
    struct zpl_buf text = {0};
    if (zpl_json_parse(node->places, strlen(node->places), &places, NULL) == ZPL_OK)
        for (size_t i = 0; i < zpl_json_count(places); i++)
            zpl_json_add_take(placed, place_function(l, zpl_json_at(places, i)));
    const char *kept = places != NULL && zpl_json_write(placed, false, &text) == ZPL_OK
                           ? zpl_arena_strndup(&graph->arena, zpl_buf_str(&text), text.len)
                           : NULL;
    if (kept != NULL)
        node->places = kept;
    zpl_buf_release(&text);
    zpl_json_release(placed);
    zpl_json_release(places);
}

static void place_bodies(const struct zpl_cells_text *text, struct zpl_program *program)
{
    struct line_starts l = {text, zpl_sources_get(&program->sources, 1)};
    for (size_t i = 0; l.source != NULL && i < program->graph.count; i++)
        if (program->graph.nodes[i].places != NULL)
            place_body(&l, &program->graph, &program->graph.nodes[i]);
}

/* ---- all of them ---- */

enum zpl_err zpl_cells_place(const struct zpl_cells_text *text, struct zpl_program *program)
{
    struct zpl_arena scratch = {0};
    uint32_t *sources = zpl_arena_array(&scratch, text->count + 1, sizeof *sources);
    struct placing p = {text, sources};
    bool fine = sources != NULL;
    for (size_t i = 0; fine && i < text->count; i++) {
        const struct zpl_cell *cell = text->pieces[i].cell;
        sources[i] = i > 0 && text->pieces[i - 1].cell == cell
                         ? sources[i - 1]
                         : zpl_sources_add(&program->sources, cell->name, cell->text, cell->len);
        fine = sources[i] != 0;
    }
    if (fine && text->count > 0) {
        place_diags(&p, &program->diags);
        place_graph(&p, &program->graph);
        place_bodies(text, program);
    }
    zpl_arena_release(&scratch);
    return fine ? ZPL_OK : ZPL_ERR_NOMEM;
}
