/* datafile_json.c - JSON files: an object a line, or an array of objects.
 * A key is a column.  Its type is that of its values in the sample: Int, Float, Bool, Date, Timestamp,
 * String, or a List of one of them; of several kinds, and of objects, it is Json.   Floor: stdlib. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "stdlib/file/datafile_format.h"

/* A wide file is sampled for this many values. */
#define VALUES_MAX 1000000

static const char letters[] = ZPL_SEEN_LETTERS;

static const char classes[] =
    "CREATE OR REPLACE TEMP MACRO zpl_kind(t, x) AS CASE WHEN t IS NULL OR t = 'NULL' THEN 'n' "
    "WHEN t = 'BOOLEAN' THEN 'l' WHEN t = 'OBJECT' THEN 'o' WHEN t = 'ARRAY' THEN 'a' "
    "WHEN t IN ('BIGINT', 'UBIGINT') THEN CASE WHEN TRY_CAST(x AS BIGINT) IS NULL THEN 'b' "
    "WHEN " ZPL_SQL_ROUNDED(
        "x") " THEN 'w' ELSE 'i' END "
             "WHEN t = 'DOUBLE' THEN CASE WHEN x IN ('NaN', 'Infinity', '-Infinity') THEN 'f' "
             "WHEN regexp_full_match(x, '-?[0-9]+') OR NOT isfinite(TRY_CAST(x AS DOUBLE)) THEN "
             "'b' "
             "ELSE 'f' END "
             "WHEN x IN ('NaN', 'Infinity', '-Infinity') THEN 'x' "
             "WHEN " ZPL_SQL_DATE("x") " THEN 'd' WHEN " ZPL_SQL_TIME("x") " THEN 't' ELSE 's' END";

struct key {
    const char *name;
    int64_t order;
    struct zpl_datafile_seen values, elements; /* elements of its arrays */
};
struct json_file {
    struct zpl_arena *arena;
    const char *path;
    bool array;
    int64_t most;                          /* rows of the sample, at most */
    int64_t rows, strange_row, double_row; /* of the sample */
    const char *strange;                   /* what stands there instead of an object */
    struct key *keys;
    size_t count, capacity;
    const char *wrong; /* words about a key that can be no column */
};

enum { EDGE_BYTES = 64 << 10 };
static const char blank[] = " \t\r\n";

/* Reads up to EDGE_BYTES from `from` on (as lseek). */
static enum zpl_err read_edge(const char *path, int fd, off_t from, int whence, struct zpl_buf *out,
                              struct zpl_diags *diags)
{
    size_t got = 0;
    zpl_buf_clear(out);
    char *text = zpl_buf_extend(out, EDGE_BYTES);
    if (text == NULL)
        return zpl_diag_nomem(diags);
    if (lseek(fd, from, whence) < 0 || zpl_fs_read_all(fd, text, EDGE_BYTES, &got) != ZPL_OK)
        return zpl_diag_system(diags, "read", path, errno);
    zpl_buf_truncate(out, got);
    return ZPL_OK;
}

/* Is it an array?  Told by the first byte that is no white space.  An array has to end: of one that was
 * cut off behind a comma DuckDB would give the rows before, without a word. */
static enum zpl_err look_at_edges(struct json_file *f, const char **why, struct zpl_diags *diags)
{
    struct zpl_buf edge = {0};
    struct zpl_stat stat;
    size_t i = 0;
    enum zpl_err err = zpl_fs_stat(f->path, &stat, diags);
    int fd = err == ZPL_OK ? zpl_fs_open(f->path, O_RDONLY, 0) : -1;
    if (err == ZPL_OK && fd < 0)
        err = zpl_diag_system(diags, "open", f->path, errno);
    if (err == ZPL_OK)
        err = read_edge(f->path, fd, 0, SEEK_SET, &edge, diags);
    if (err == ZPL_OK && edge.len >= 3 && memcmp(edge.data, "\xef\xbb\xbf", 3) == 0)
        i = 3;
    while (err == ZPL_OK && i < edge.len && memchr(blank, edge.data[i], sizeof blank - 1) != NULL)
        i++;
    f->array = err == ZPL_OK && i < edge.len && edge.data[i] == '[';
    if (f->array && stat.size > EDGE_BYTES)
        err = read_edge(f->path, fd, -(off_t)EDGE_BYTES, SEEK_END, &edge, diags);
    size_t end = edge.len;
    while (err == ZPL_OK && end > 0 && memchr(blank, edge.data[end - 1], sizeof blank - 1) != NULL)
        end--;
    if (err == ZPL_OK && f->array && end > 0 && edge.data[end - 1] != ']')
        *why = zpl_datafile_json_fault(f->path, "JSON", f->arena);
    if (err == ZPL_OK && f->array && end > 0 && edge.data[end - 1] != ']' && *why == NULL)
        *why = "is no JSON: it begins an array that does not end";
    if (fd >= 0)
        close(fd);
    zpl_buf_release(&edge);
    return err;
}

/* "function('path', …" without the closing parenthesis. */
static void reader(const struct json_file *f, const char *function, struct zpl_buf *out)
{
    zpl_buf_printf(out, "%s(", function);
    zpl_duck_path(out, f->path);
    zpl_buf_printf(out, ", compression = 'uncompressed', format = '%s'",
                   f->array ? "array" : "newline_delimited");
}

/* The first rows as (r, json), behind FROM. */
static void sample(const struct json_file *f, int64_t rows, struct zpl_buf *out)
{
    zpl_buf_puts(out, "(SELECT row_number() OVER () AS r, json FROM ");
    reader(f, "read_json_objects", out);
    zpl_buf_printf(out, ") LIMIT %lld)", (long long)rows);
}

static enum zpl_err keep_facts(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct json_file *f = self;
    f->rows = cells[0].i;
    f->strange_row = cells[1].i;
    f->double_row = cells[2].i;
    if (cells[3].valid)
        f->strange = zpl_datafile_quote(cells[3].s, cells[3].n, f->arena);
    return ZPL_OK;
}

/* Asks one query; when DuckDB can't read the file, *why says so. */
static enum zpl_err ask(struct zpl_duck *duck, const struct json_file *f, const struct zpl_buf *sql,
                        zpl_duck_row_fn *row, void *self, const char **why, struct zpl_diags *diags)
{
    struct zpl_diags said = {0};
    if (zpl_buf_error(sql) != ZPL_OK)
        return zpl_diag_nomem(diags);
    enum zpl_err err = zpl_duck_each(duck, zpl_buf_str(sql), row, self, &said);
    if (err == ZPL_ERR_STEP && said.count > 0) {
        const char *words = said.items[said.count - 1]->message;
        *why = zpl_datafile_json_fault(f->path, words, f->arena);
        if (*why == NULL)
            *why = zpl_arena_printf(f->arena, "can't be read as JSON: %s", words);
        err = ZPL_OK;
    } else if (err != ZPL_OK) {
        zpl_diags_append(diags, &said);
    }
    zpl_diags_release(&said);
    return err;
}

static enum zpl_err keep_width(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    *(int64_t *)self = cells[0].i;
    return ZPL_OK;
}

/* How many rows to look at: fewer of wide ones. */
static enum zpl_err choose_sample(struct zpl_duck *duck, struct json_file *f, const char **why,
                                  struct zpl_diags *diags)
{
    struct zpl_buf sql = {0};
    int64_t width = 0;
    zpl_buf_puts(&sql, "SELECT coalesce(max(len(json_keys(json))), 1)::BIGINT FROM ");
    sample(f, 50, &sql);
    enum zpl_err err = ask(duck, f, &sql, keep_width, &width, why, diags);
    zpl_buf_release(&sql);
    f->most = VALUES_MAX / (width > 0 ? width : 1) + 1;
    if (f->most > ZPL_DATAFILE_SAMPLE)
        f->most = ZPL_DATAFILE_SAMPLE;
    return err;
}

/* How many rows there are, and the first that is no object, or has a key twice. */
static enum zpl_err look_at_rows(struct zpl_duck *duck, struct json_file *f, const char **why,
                                 struct zpl_diags *diags)
{
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "SELECT count(*), coalesce(min(r) FILTER (t <> 'OBJECT'), 0), "
                       "coalesce(min(r) FILTER (len(k) <> len(list_distinct(k))), 0), "
                       "arg_min(left(CAST(json AS VARCHAR), 40), r) FILTER (t <> 'OBJECT') "
                       "FROM (SELECT r, json, json_type(json) AS t, json_keys(json) AS k FROM ");
    sample(f, f->most, &sql);
    zpl_buf_putc(&sql, ')');
    enum zpl_err err = ask(duck, f, &sql, keep_facts, f, why, diags);
    zpl_buf_release(&sql);
    const char *row = f->array ? "element" : "object";
    if (err != ZPL_OK || *why != NULL)
        return err;
    if (f->strange_row > 0)
        *why = zpl_arena_printf(f->arena,
                                "is no JSON of rows: %s %lld is %s, not an object (one object a "
                                "line, or an array of objects, is a table)",
                                f->array ? "element" : "row", (long long)f->strange_row,
                                f->strange != NULL ? f->strange : "something else");
    else if (f->double_row > 0)
        *why =
            zpl_arena_printf(f->arena, "has a key twice in %s %lld", row, (long long)f->double_row);
    return ZPL_OK;
}

/* The key of that name; the rows of one stand together. */
static struct key *key_of(struct json_file *f, const struct zpl_duck_cell *name)
{
    struct key *last = f->count > 0 ? &f->keys[f->count - 1] : NULL;
    if (last != NULL && strlen(last->name) == name->n && memcmp(last->name, name->s, name->n) == 0)
        return last;
    struct key *keys = zpl_arena_grow(f->arena, f->keys, f->count, &f->capacity, sizeof *keys);
    char *copy = zpl_arena_strndup(f->arena, name->s, name->n);
    if (keys == NULL || copy == NULL)
        return NULL;
    f->keys = keys;
    keys[f->count] = (struct key){.name = copy, .order = INT64_MAX};
    return &keys[f->count++];
}

/* A row: key, is it of elements, letter, how many, first row, the value there, place. */
static enum zpl_err keep_kind(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct json_file *f = self;
    const char *letter = strchr(letters, cells[2].s[0]);
    if (cells[0].n == 0 || memchr(cells[0].s, '\0', cells[0].n) != NULL)
        f->wrong = cells[0].n == 0 ? "has a key that is empty" : "has a key with a NUL in it";
    if (f->wrong != NULL)
        return ZPL_OK;
    struct key *key = key_of(f, &cells[0]);
    if (key == NULL || letter == NULL)
        return ZPL_ERR_NOMEM;
    struct zpl_datafile_seen *seen = cells[1].i != 0 ? &key->elements : &key->values;
    size_t kind = (size_t)(letter - letters);
    seen->counts[kind] = cells[3].i;
    seen->first_row[kind] = cells[4].i;
    if (cells[5].valid)
        seen->first[kind] = zpl_datafile_quote(cells[5].s, cells[5].n, f->arena);
    if (cells[6].i < key->order)
        key->order = cells[6].i;
    return ZPL_OK;
}

static int by_order(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

/* The keys in the order in which they are met, with the kinds of their values. */
static enum zpl_err look_at_keys(struct zpl_duck *duck, struct json_file *f, const char **why,
                                 struct zpl_diags *diags)
{
    struct zpl_buf sql = {0};
    enum zpl_err err = zpl_duck_exec(duck, classes, diags);
    zpl_buf_puts(&sql, "WITH k AS (SELECT s.r, s.r * 1000000 + e.id AS o, e.key AS k, e.type AS t, "
                       "e.value AS v FROM ");
    sample(f, f->most, &sql);
    zpl_buf_puts(
        &sql,
        " AS s, json_each(s.json) AS e), "
        "c AS (SELECT r, o, k, 0 AS e, zpl_kind(t, json_extract_string(v, '$')) AS c, v FROM k "
        "UNION ALL SELECT r, o, k, 1, zpl_kind(json_type(u), json_extract_string(u, '$')), u FROM "
        "(SELECT r, o, k, unnest(CAST(v AS JSON[])) AS u FROM k WHERE t = 'ARRAY')) "
        "SELECT k, e::BIGINT, c, count(*), min(r), arg_min(left(CAST(v AS VARCHAR), 40), r), "
        "min(o)::BIGINT FROM c GROUP BY k, e, c ORDER BY k");
    if (err == ZPL_OK)
        err = ask(duck, f, &sql, keep_kind, f, why, diags);
    zpl_buf_release(&sql);
    if (f->count > 0)
        qsort(f->keys, f->count, sizeof *f->keys, by_order);
    return err;
}

static const struct zpl_type *type_of(const struct key *key, struct zpl_arena *arena)
{
    unsigned kinds = zpl_datafile_kinds(&key->values);
    enum zpl_kind element = zpl_datafile_common(zpl_datafile_kinds(&key->elements));
    if (kinds != 1u << ZPL_SEEN_ARRAY || element == ZPL_JSON)
        return zpl_type_new(arena, zpl_datafile_common(kinds));
    struct zpl_type *list = zpl_arena_alloc(arena, sizeof *list);
    const struct zpl_type *plain = zpl_type_new(arena, ZPL_LIST);
    if (list == NULL || plain == NULL)
        return NULL;
    *list = *plain;
    list->elem = zpl_type_new(arena, element);
    return list->elem != NULL ? list : NULL;
}

/* The columns: those that are declared, and with an open row, or none, the keys that were found. */
static size_t list_columns(const struct json_file *f, const struct zpl_row *naming,
                           struct zpl_column *columns, struct zpl_datafile_look *looks)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        const struct zpl_type *type = type_of(&f->keys[i], f->arena);
        columns[count] = (struct zpl_column){f->keys[i].name, type};
        const struct zpl_datafile_seen *seen = &f->keys[i].values;
        looks[count++] = (struct zpl_datafile_look){
            .empty = zpl_datafile_kinds(seen) == 0,
            .arrays = seen->counts[ZPL_SEEN_ARRAY] > 0,
            .objects = seen->counts[ZPL_SEEN_OBJECT] > 0,
            .clue = zpl_datafile_clue(seen, f->keys[i].name, type != NULL ? type->kind : ZPL_JSON,
                                      f->arena)};
    }
    for (size_t i = 0; naming != NULL && i < naming->count; i++) {
        bool known = false;
        for (size_t k = 0; !known && k < f->count; k++)
            known = strcmp(f->keys[k].name, naming->columns[i].name) == 0;
        if (!known)
            columns[count++] = naming->columns[i];
    }
    return count;
}

/* Does the text of a JSON value say enough?  No object and no array reads as one of these. */
static bool is_plain(const struct zpl_type *type)
{
    return type != NULL &&
           (type->kind == ZPL_INT || type->kind == ZPL_FLOAT || type->kind == ZPL_BOOL);
}

static const char *from_of(const struct json_file *f, const struct zpl_row *row)
{
    struct zpl_buf from = {0};
    reader(f, "read_json", &from);
    zpl_buf_puts(&from, ", auto_detect = false, records = 'true', columns = {");
    for (size_t i = 0; i < row->count; i++) {
        zpl_buf_puts(&from, i > 0 ? ", " : "");
        zpl_duck_text(&from, row->columns[i].name, strlen(row->columns[i].name));
        zpl_buf_puts(&from, is_plain(row->columns[i].type) ? ": 'VARCHAR'" : ": 'JSON'");
    }
    zpl_buf_puts(&from, "})");
    const char *text =
        zpl_buf_error(&from) == ZPL_OK ? zpl_arena_strdup(f->arena, zpl_buf_str(&from)) : NULL;
    zpl_buf_release(&from);
    return text;
}

struct stray {
    struct zpl_arena *arena;
    int64_t at;
    const char *key;
};

static enum zpl_err keep_stray(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct stray *stray = self;
    stray->at = cells[0].i;
    stray->key = zpl_datafile_quote(cells[1].s, cells[1].n, stray->arena);
    return ZPL_OK;
}

/* The first (row, key) of all objects of which the keys are, or are not, among these. */
static void find_key(const struct json_file *f, const struct zpl_row *row, bool among,
                     struct zpl_buf *sql)
{
    zpl_buf_puts(sql, "SELECT r, k FROM (SELECT r, unnest(json_keys(json)) AS k FROM ");
    sample(f, INT64_MAX, sql);
    zpl_buf_printf(sql, ") WHERE k %s (", among ? "IN" : "NOT IN");
    for (size_t i = 0; i < row->count; i++) {
        zpl_buf_puts(sql, i > 0 ? ", " : "");
        zpl_duck_text(sql, row->columns[i].name, strlen(row->columns[i].name));
    }
    zpl_buf_puts(sql, ") LIMIT 1");
}

/* A file that can't be read to its end says so when its rows are read. */
enum zpl_err zpl_datafile_json_stray(struct zpl_duck *duck, const char *path,
                                     const struct zpl_row *row, int64_t *at, const char **key,
                                     struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct json_file f = {.arena = arena, .path = path};
    struct stray stray = {.arena = arena};
    struct zpl_buf sql = {0};
    const char *why = NULL;
    enum zpl_err err = look_at_edges(&f, &why, diags);
    find_key(&f, row, false, &sql);
    if (err == ZPL_OK && why == NULL && row->count > 0)
        err = ask(duck, &f, &sql, keep_stray, &stray, &why, diags);
    zpl_buf_release(&sql);
    *at = stray.at;
    *key = stray.key;
    return err;
}

/* Declared keys that are looked for. */
struct wanted {
    struct zpl_column *columns;
    size_t count;
    size_t found; /* its place; `count`: none */
};

static enum zpl_err keep_found(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct wanted *w = self;
    for (size_t i = 0; i < w->count; i++)
        if (strlen(w->columns[i].name) == cells[1].n &&
            memcmp(w->columns[i].name, cells[1].s, cells[1].n) == 0)
            w->found = i;
    return ZPL_OK;
}

static bool has_key(const struct json_file *f, const char *name)
{
    for (size_t k = 0; k < f->count; k++)
        if (strcmp(f->keys[k].name, name) == 0)
            return true;
    return false;
}

/* Adds the declared keys that the sample has not and an object behind it has.  However many there are, the
 * file is read to its end once at most. */
static enum zpl_err look_behind(struct zpl_duck *duck, struct json_file *f,
                                const struct zpl_row *naming, const char **why,
                                struct zpl_diags *diags)
{
    struct wanted w = {.columns = zpl_arena_array(f->arena, naming->count + 1, sizeof *w.columns)};
    enum zpl_err err = w.columns != NULL ? ZPL_OK : zpl_diag_nomem(diags);
    for (size_t i = 0; err == ZPL_OK && i < naming->count; i++)
        if (!has_key(f, naming->columns[i].name))
            w.columns[w.count++] = naming->columns[i];
    while (err == ZPL_OK && *why == NULL && w.count > 0) {
        const struct zpl_row row = {.columns = w.columns, .count = w.count};
        struct zpl_buf sql = {0};
        w.found = w.count;
        find_key(f, &row, true, &sql);
        err = ask(duck, f, &sql, keep_found, &w, why, diags);
        zpl_buf_release(&sql);
        if (w.found == w.count)
            break;
        struct key *keys = zpl_arena_grow(f->arena, f->keys, f->count, &f->capacity, sizeof *keys);
        if (keys == NULL)
            return zpl_diag_nomem(diags);
        f->keys = keys;
        keys[f->count++] = (struct key){.name = w.columns[w.found].name, .order = INT64_MAX};
        w.columns[w.found] = w.columns[--w.count];
    }
    return err;
}

enum zpl_err zpl_datafile_json(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                               struct zpl_datafile *out, struct zpl_row *row, const char **why,
                               struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct json_file f = {.arena = arena, .path = options->path};
    const struct zpl_row *naming = options->naming;
    bool closed = naming != NULL && !naming->open;
    bool look = !closed || options->look;
    enum zpl_err err = look_at_edges(&f, why, diags);
    if (err == ZPL_OK && *why == NULL && look)
        err = choose_sample(duck, &f, why, diags);
    if (err == ZPL_OK && *why == NULL && look)
        err = look_at_rows(duck, &f, why, diags);
    if (err == ZPL_OK && *why == NULL && f.rows > 0)
        err = look_at_keys(duck, &f, why, diags);
    if (err == ZPL_OK && *why == NULL && options->look && naming != NULL && f.rows >= f.most)
        err = look_behind(duck, &f, naming, why, diags);
    if (err != ZPL_OK || *why != NULL)
        return err;
    if (naming == NULL && f.wrong == NULL && f.count == 0)
        f.wrong = "has no keys: declare what its columns are with `type`";
    if (f.wrong != NULL && !closed)
        *why = f.wrong;
    size_t most = f.count + (naming != NULL ? naming->count : 0);
    struct zpl_column *columns = zpl_arena_array(arena, most + 1, sizeof *columns);
    struct zpl_datafile_look *looks = zpl_arena_array(arena, most + 1, sizeof *looks);
    if (columns == NULL || looks == NULL)
        return zpl_diag_nomem(diags);
    /* What is not in the sample is not told to be there, unless there is no sample. */
    bool all = !options->look || f.rows == 0;
    *row = (struct zpl_row){.columns = columns,
                            .count = list_columns(&f, all ? naming : NULL, columns, looks)};
    out->looks = looks;
    out->from = from_of(&f, row);
    out->note = zpl_arena_printf(arena, "types guessed from the first 20,480 rows (%s)",
                                 f.array ? "an array of objects" : "an object a line");
    return out->from == NULL || zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
}
