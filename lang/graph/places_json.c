#include "lang/graph/places_json.h"
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "lang/graph/graph_json.h"

/* ---- writing --------------------------------------------------------------------------------- */

/* Some that stand one behind the other, each `lines` below the one before it in that file. */
struct row {
    uint32_t count;
    uint32_t file;   /* 0: the program's own; else from 1 */
    uint32_t column; /* from 1; 0: they have no place */
    int64_t lines;
};
struct rows {
    struct row *items;
    size_t count, capacity;
};
struct writer {
    const struct zpl_sources *sources;
    const char *own;
    struct zpl_arena arena;
    const char **files; /* by number, from 1, in order of first use */
    uint32_t file_count;
    uint32_t *numbers;    /* by source: 1 + the number of its file; 0: not met yet */
    uint32_t *lines;      /* by file: of the last one in it */
    struct zpl_span span; /* of the last one, */
    struct row at;        /* and where that is: file and column, */
    uint32_t line;        /* and line */
    struct rows params, nodes, maps;
};

static uint32_t file_of(struct writer *w, const struct zpl_source *source, uint32_t number)
{
    if (w->numbers[number] == 0 && strcmp(source->name, w->own) == 0) {
        w->numbers[number] = 1;
    } else if (w->numbers[number] == 0) {
        w->files[++w->file_count] = source->name;
        w->numbers[number] = 1 + w->file_count;
    }
    return w->numbers[number] - 1;
}

static void add(struct writer *w, struct rows *rows, struct zpl_span span)
{
    const struct zpl_source *source = zpl_sources_get(w->sources, span.source);
    struct row *last = rows->count > 0 ? &rows->items[rows->count - 1] : NULL;
    if (span.source != w->span.source || span.begin != w->span.begin) {
        w->span = span;
        w->at = (struct row){.count = 1};
        if (source) {
            w->at.file = file_of(w, source, span.source);
            zpl_source_place(source, span.begin, &w->line, &w->at.column);
        }
    }
    w->at.lines = source ? (int64_t)w->line - w->lines[w->at.file] : 0;
    if (source)
        w->lines[w->at.file] = w->line;
    if (last && last->file == w->at.file && last->column == w->at.column &&
        last->lines == w->at.lines) {
        last->count++;
        return;
    }
    struct row *items =
        zpl_arena_grow(&w->arena, rows->items, rows->count, &rows->capacity, sizeof *items);
    if (!items)
        return;
    rows->items = items;
    items[rows->count++] = w->at;
}

/* Every list begins at the top of its files. */
static void begin(struct writer *w)
{
    memset(w->lines, 0, (w->sources->count + 1) * sizeof *w->lines);
}

static void walk(struct writer *w, const struct zpl_graph *graph)
{
    begin(w);
    for (size_t i = 0; i < graph->param_count; i++)
        add(w, &w->params, graph->params[i].span);
    begin(w);
    for (size_t i = 0; i < graph->count; i++)
        add(w, &w->nodes, graph->nodes[i].span);
    begin(w);
    for (size_t i = 0; i < graph->map_count; i++)
        add(w, &w->maps, graph->maps[i].span);
}

static void put_int(struct zpl_json_text *text, const char *key, int64_t v, int64_t usual)
{
    if (v == usual)
        return;
    zpl_json_put_key(text, key);
    zpl_json_put_int(text, v);
}

static void put_row(struct zpl_json_text *text, const void *of, size_t i)
{
    const struct row *row = &((const struct rows *)of)->items[i];
    zpl_json_put_object(text);
    put_int(text, "column", row->column, 0);
    put_int(text, "count", row->count, 1);
    put_int(text, "file", row->file, 0);
    put_int(text, "lines", row->lines, 0);
    zpl_json_put_end(text);
}

static void set_rows(struct zpl_json *object, const char *key, const struct rows *rows)
{
    if (rows->count)
        zpl_json_set_take(object, key, zpl_json_writing(rows->count, put_row, rows, sizeof *rows));
}

/* Of what was walked; it must not outlive the writer. */
static struct zpl_json *places_json(const struct writer *w, const struct zpl_graph *graph)
{
    struct zpl_json *object = zpl_json_object(), *files = zpl_json_array();
    zpl_json_set_take(object, "version", zpl_json_int(ZPL_PLACES_VERSION));
    for (uint32_t i = 1; i <= w->file_count; i++)
        zpl_json_add_take(files, zpl_json_string(w->files[i]));
    zpl_json_set_take(object, "files", files);
    if (graph->import_count)
        zpl_json_set_take(object, "imports", zpl_imports_json(graph));
    set_rows(object, "params", &w->params);
    set_rows(object, "nodes", &w->nodes);
    set_rows(object, "maps", &w->maps);
    return object;
}

enum zpl_err zpl_places_write(const struct zpl_graph *graph, const struct zpl_sources *sources,
                              const char *own, struct zpl_buf *out)
{
    struct writer w = {.sources = sources, .own = own, .at = {.count = 1}};
    w.files = zpl_arena_array(&w.arena, sources->count + 1, sizeof *w.files);
    w.numbers = zpl_arena_array(&w.arena, sources->count + 1, sizeof *w.numbers);
    w.lines = zpl_arena_array(&w.arena, sources->count + 1, sizeof *w.lines);
    if (!zpl_arena_failed(&w.arena))
        walk(&w, graph);
    struct zpl_json *json = zpl_arena_failed(&w.arena) ? NULL : places_json(&w, graph);
    enum zpl_err err = json ? zpl_json_write(json, false, out) : ZPL_ERR_NOMEM;
    zpl_json_release(json);
    zpl_arena_release(&w.arena);
    return err;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A whole number of an entry, 0..UINT32_MAX; false: it is none. */
static bool number(const struct zpl_json *row, const char *key, int64_t usual, uint32_t *out)
{
    int64_t v = zpl_json_i64(zpl_json_get(row, key), zpl_json_get(row, key) ? -1 : usual);
    *out = (uint32_t)v;
    return v >= 0 && v <= UINT32_MAX;
}

/* What one entry says; `places` has room for those, `lines` has the last line of each file. */
static bool read_row(const struct zpl_json *row, const struct zpl_json *files, int64_t *lines,
                     struct zpl_place *places, uint32_t count)
{
    uint32_t column, file;
    int64_t step = zpl_json_i64(zpl_json_get(row, "lines"), 0);
    if (!number(row, "column", 0, &column) || !number(row, "file", 0, &file) ||
        file > zpl_json_count(files) || step > UINT32_MAX || step < -(int64_t)UINT32_MAX)
        return false;
    const char *name = file ? zpl_json_str(zpl_json_at(files, file - 1), NULL) : NULL;
    if (file && !name)
        return false;
    for (uint32_t i = 0; i < count && column; i++) {
        lines[file] += step;
        if (lines[file] < 1 || lines[file] > UINT32_MAX)
            return false;
        places[i] = (struct zpl_place){name, (uint32_t)lines[file], column};
    }
    return true;
}

enum zpl_err zpl_places_read(const struct zpl_json *json, struct zpl_place **out, size_t *count,
                             struct zpl_arena *arena)
{
    const struct zpl_json *files = zpl_json_get(json, "files"), *rows = zpl_json_get(json, "nodes");
    size_t room = 0, row_count = zpl_json_count(rows);
    uint32_t n;
    *out = NULL;
    *count = 0;
    if (zpl_json_i64(zpl_json_get(json, "version"), ZPL_PLACES_VERSION) != ZPL_PLACES_VERSION)
        return ZPL_ERR_VERSION;
    if (zpl_json_kind(zpl_json_get(json, "version")) != ZPL_JSON_INT)
        return ZPL_ERR_INPUT;
    for (size_t i = 0; i < row_count; i++) {
        if (!number(zpl_json_at(rows, i), "count", 1, &n) || n > ZPL_NODES_MAX - room)
            return ZPL_ERR_INPUT;
        room += n;
    }
    int64_t *lines = zpl_arena_array(arena, zpl_json_count(files) + 1, sizeof *lines);
    struct zpl_place *places = zpl_arena_array(arena, room + 1, sizeof *places);
    if (!lines || !places)
        return ZPL_ERR_NOMEM;
    for (size_t i = 0; i < row_count; i++) {
        (void)number(zpl_json_at(rows, i), "count", 1, &n);
        if (!read_row(zpl_json_at(rows, i), files, lines, &places[*count], n))
            return ZPL_ERR_INPUT;
        *count += n;
    }
    *out = places;
    return ZPL_OK;
}
