/* datafile_csv.c - CSV files: delimiter, header and types as they are found in the text.
 * Floor: stdlib. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "stdlib/file/datafile_format.h"

/* One character that can stand between fields. */
static bool is_delimiter(const char *s)
{
    size_t n = strlen(s);
    return zpl_utf8_valid(s, n) && zpl_utf8_length(s, n) == 1 && strpbrk(s, "\"\r\n") == NULL;
}

/* Of a wide file this many texts are looked at. */
#define LOOKED_AT_MAX 2000000

/* What is found of a CSV file. */
struct sniffed {
    struct zpl_arena *arena;
    const char *delimiter;
    bool header;
    struct zpl_column *columns;
    size_t count, capacity;
    bool odd; /* some numbers are written as an Int is for DuckDB alone */
};

static bool is_text(const struct zpl_duck_cell *cell, const char *text)
{
    return cell->n == strlen(text) && memcmp(cell->s, text, cell->n) == 0;
}

/* The zpl kind of a type that DuckDB guessed. */
static enum zpl_kind guessed_kind(const struct zpl_duck_cell *type)
{
    static const struct {
        const char *name;
        enum zpl_kind kind;
    } kinds[] = {{"BOOLEAN", ZPL_BOOL},
                 {"BIGINT", ZPL_INT},
                 {"DOUBLE", ZPL_FLOAT},
                 {"DATE", ZPL_DATE},
                 {"TIMESTAMP", ZPL_TIMESTAMP}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_text(type, kinds[i].name))
            return kinds[i].kind;
    return ZPL_STRING;
}

static const char *const delimiters[] = {",", ";", "\t", "|"};
#define DELIMITERS (sizeof delimiters / sizeof delimiters[0])

/* The first line. */
struct first_line {
    const char *wrong;         /* words about a file that begins as none should, or NULL */
    size_t fields[DELIMITERS]; /* for each delimiter that may be meant; quoted ones hold none */
    bool odd;                  /* some fields of the first bytes are such as -01, 0x1f or 0b11 */
};

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Does a field begin with a number that DuckDB takes for a whole one, and zpl for none? */
static bool has_odd_number(const char *text, size_t n)
{
    for (size_t i = 1; i + 2 < n; i++) {
        bool minus = text[i] == '-';
        const char *digits = text + i + minus;
        if (is_one_of(text[i - 1], ",;\t| \"\r\n") && digits[0] == '0' &&
            is_one_of(digits[1], minus ? "xXbB0123456789" : "xXbB"))
            return true;
    }
    return false;
}

/* Excel writes a line of this kind before the header. */
static bool names_separator(const char *line, size_t n)
{
    return n >= 5 && n <= 7 && memcmp(line, "sep=", 4) == 0;
}

static void look_at_line(const char *text, size_t n, bool header, struct first_line *out)
{
    bool quoted = false;
    size_t i;
    for (size_t d = 0; d < DELIMITERS; d++)
        out->fields[d] = 1;
    if (n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        out->wrong = "is UTF-16: save it as UTF-8";
        return;
    }
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        n -= 3;
    }
    for (i = 0; i < n && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        if (text[i] == '"')
            quoted = !quoted;
        for (size_t d = 0; !quoted && d < DELIMITERS; d++)
            out->fields[d] += text[i] == delimiters[d][0];
    }
    if (i == 0 && header)
        out->wrong = "begins with an empty line: remove it, so that the names of the columns come "
                     "first";
    else if (names_separator(text, i))
        out->wrong = "begins with a line `sep=`, which is none of the table: remove it, and give "
                     "the delimiter as an argument: delimiter = \";\"";
    else if (header && memchr(text, '\0', i) != NULL)
        out->wrong = "has a NUL in its first line: save it as text in UTF-8";
}

/* DuckDB would pass over empty lines to find a header, and cut a name at a NUL. */
static enum zpl_err read_first_line(const struct zpl_datafile_options *options,
                                    struct first_line *out, struct zpl_diags *diags)
{
    enum { LINE_BYTES = 64 << 10 };
    struct zpl_buf line = {0};
    size_t got = 0;
    int fd = zpl_fs_open(options->path, O_RDONLY, 0);
    char *text = zpl_buf_extend(&line, LINE_BYTES);
    enum zpl_err err = fd < 0         ? zpl_diag_system(diags, "open", options->path, errno)
                       : text == NULL ? zpl_diag_nomem(diags)
                       : zpl_fs_read_all(fd, text, LINE_BYTES, &got) != ZPL_OK
                           ? zpl_diag_system(diags, "read", options->path, errno)
                           : ZPL_OK;
    if (err == ZPL_OK)
        look_at_line(text, got, !options->header_given || options->header, out);
    out->odd = err == ZPL_OK && has_odd_number(text, got);
    if (fd >= 0)
        close(fd);
    zpl_buf_release(&line);
    return err;
}

/* The file as text of `count` columns c0, c1, …, behind FROM. */
static void plain_csv(struct zpl_buf *sql, const char *path, const char *delimiter, size_t count,
                      bool header)
{
    zpl_buf_puts(sql, "read_csv(");
    zpl_duck_path(sql, path);
    zpl_buf_puts(sql, ", auto_detect = false, compression = 'none', quote = '\"', escape = '\"', "
                      "comment = '', skip = 0, delim = ");
    zpl_duck_text(sql, delimiter, strlen(delimiter));
    zpl_buf_printf(sql, ", header = %s", header ? "true" : "false");
    zpl_buf_puts(sql, ", columns = {");
    for (size_t i = 0; i < count; i++)
        zpl_buf_printf(sql, "%s'c%zu': 'VARCHAR'", i > 0 ? ", " : "", i);
    zpl_buf_puts(sql, "})");
}

/* What DuckDB says of a file that is no table at all: it is read with as many columns as its first
 * line has fields, which tells the first line that differs. */
static bool find_bad_line(struct zpl_duck *duck, const char *path, const char *delimiter,
                          size_t fields, struct zpl_buf *words)
{
    struct zpl_buf sql = {0};
    zpl_buf_puts(&sql, "SELECT count(*) FROM ");
    plain_csv(&sql, path, delimiter, fields, false);
    bool fine = zpl_buf_error(&sql) != ZPL_OK || zpl_duck_try(duck, zpl_buf_str(&sql), NULL, words);
    zpl_buf_release(&sql);
    return !fine;
}

/* The second of two names of a header that differ at most in case. */
struct head {
    struct zpl_arena *arena;
    const char *twin; /* NULL: none */
};

static enum zpl_err keep_twin(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    struct head *head = self;
    (void)count;
    head->twin = zpl_arena_strndup(head->arena, cells[0].s, cells[0].n);
    return ZPL_OK;
}

/* DuckDB calls a column without a name column1, trims names, and renames one that is there already to
 * name_1: looks whether it has. */
static enum zpl_err find_twins(struct zpl_duck *duck, const char *path, const struct sniffed *s,
                               const char **why, struct zpl_diags *diags)
{
    struct head head = {.arena = s->arena};
    struct zpl_buf sql = {0};
    bool renamed = false;
    for (size_t i = 0; s->header && i < s->count; i++) {
        const char *bar = strrchr(s->columns[i].name, '_');
        renamed = renamed || (bar != NULL && bar[1] >= '0' && bar[1] <= '9');
    }
    if (!renamed)
        return ZPL_OK;
    /* A name a row: a header may have thousands. */
    zpl_buf_puts(&sql,
                 "SELECT arg_max(name, place) FROM (SELECT if(trim(n) = '', "
                 "'column' || (place - 1), trim(n)) AS name, place FROM (SELECT unnest(names) "
                 "AS n, generate_subscripts(names, 1) AS place FROM (SELECT [");
    for (size_t i = 0; i < s->count; i++)
        zpl_buf_printf(&sql, "%scoalesce(c%zu, '')", i > 0 ? ", " : "", i);
    zpl_buf_puts(&sql, "] AS names FROM ");
    plain_csv(&sql, path, s->delimiter, s->count, false);
    zpl_buf_puts(&sql, " LIMIT 1))) GROUP BY lower(name) HAVING count(*) > 1 "
                       "ORDER BY max(place) LIMIT 1");
    enum zpl_err err = zpl_buf_error(&sql) == ZPL_OK
                           ? zpl_duck_each(duck, zpl_buf_str(&sql), keep_twin, &head, diags)
                           : zpl_diag_nomem(diags);
    if (head.twin != NULL)
        *why = zpl_arena_printf(s->arena, "has two columns called '%s'", head.twin);
    zpl_buf_release(&sql);
    return err;
}

/* A row of the sniffer: delimiter, header, column name, type. */
static enum zpl_err keep_sniffed(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct sniffed *s = self;
    s->delimiter = zpl_arena_strndup(s->arena, cells[0].s, cells[0].n);
    s->header = cells[1].i != 0;
    struct zpl_column *grown =
        zpl_arena_grow(s->arena, s->columns, s->count, &s->capacity, sizeof *grown);
    if (grown == NULL)
        return ZPL_ERR_NOMEM;
    s->columns = grown;
    grown[s->count].name = zpl_arena_strndup(s->arena, cells[2].s, cells[2].n);
    grown[s->count].type = zpl_type_new(s->arena, guessed_kind(&cells[3]));
    s->count++;
    return ZPL_OK;
}

/* Finds header and types with DuckDB, and the delimiter by the first line: DuckDB's own choice would
 * take a file with one short line for one of a single column. */
static enum zpl_err sniff(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                          struct sniffed *out, const char **why, struct zpl_diags *diags)
{
    struct zpl_buf sql = {0}, words = {0}, better = {0};
    duckdb_result none;
    struct first_line first = {0};
    const size_t *fields = first.fields;
    size_t best = 0;
    enum zpl_err err = read_first_line(options, &first, diags);
    *why = first.wrong;
    out->odd = first.odd;
    if (err != ZPL_OK || *why != NULL)
        return err;
    if (options->delimiter != NULL && !is_delimiter(options->delimiter)) {
        *why = "can't be read with this delimiter: it is one character (a tab is \"\\t\"), no "
               "quote and no "
               "line end";
        return ZPL_OK;
    }
    for (size_t d = 1; d < DELIMITERS; d++)
        best = fields[d] > fields[best] ? d : best;
    const char *delimiter = options->delimiter != NULL ? options->delimiter : delimiters[best];
    zpl_buf_puts(&sql, "CREATE OR REPLACE TEMP TABLE zpl_sniffed AS SELECT Delimiter AS d, "
                       "HasHeader::BIGINT AS h, Columns AS c FROM sniff_csv(");
    zpl_duck_path(&sql, options->path);
    zpl_buf_puts(&sql,
                 ", compression = 'none', quote = '\"', escape = '\"', comment = '', skip = 0, "
                 "sample_size = 20480, "
                 "auto_type_candidates = ['BOOLEAN', 'BIGINT', 'DOUBLE', 'DATE', "
                 "'TIMESTAMP', 'VARCHAR'], delim = ");
    zpl_duck_text(&sql, delimiter, strlen(delimiter));
    if (options->header_given)
        zpl_buf_printf(&sql, ", header = %s", options->header ? "true" : "false");
    zpl_buf_putc(&sql, ')');
    if (zpl_buf_error(&sql) != ZPL_OK)
        err = zpl_diag_nomem(diags);
    if (err == ZPL_OK && zpl_duck_try(duck, zpl_buf_str(&sql), &none, &words)) {
        duck->api->destroy_result(&none);
        err = zpl_duck_each(duck,
                            "SELECT d, h, u.name, u.type FROM "
                            "(SELECT d, h, unnest(c) AS u FROM zpl_sniffed)",
                            keep_sniffed, out, diags);
    } else if (err == ZPL_OK) {
        struct zpl_buf line = {0};
        bool found = options->delimiter == NULL &&
                     find_bad_line(duck, options->path, delimiter, fields[best], &better);
        zpl_duck_words(zpl_buf_str(found ? &better : &words), &line);
        *why = zpl_datafile_csv_fault(options->path, zpl_buf_str(&line), out->arena);
        if (*why == NULL)
            *why = zpl_arena_printf(out->arena, "can't be read as CSV: %s", zpl_buf_str(&line));
        zpl_buf_release(&line);
    }
    zpl_buf_release(&sql);
    zpl_buf_release(&words);
    zpl_buf_release(&better);
    return err;
}

/* "read_csv(…)" with nothing left to guess. */
static const char *csv_from(const struct zpl_datafile_options *options, const struct sniffed *s)
{
    struct zpl_buf from = {0};
    zpl_buf_puts(&from, "read_csv(");
    zpl_duck_path(&from, options->path);
    zpl_buf_puts(&from, ", auto_detect = false, compression = 'none', quote = '\"', escape = '\"', "
                        "comment = '', skip = 0, delim = ");
    zpl_duck_text(&from, s->delimiter, strlen(s->delimiter));
    zpl_buf_printf(&from, ", header = %s, columns = {", s->header ? "true" : "false");
    for (size_t i = 0; i < s->count; i++) {
        zpl_buf_puts(&from, i > 0 ? ", " : "");
        zpl_duck_text(&from, s->columns[i].name, strlen(s->columns[i].name));
        zpl_buf_puts(&from, ": 'VARCHAR'");
    }
    zpl_buf_puts(&from, "})");
    const char *text =
        zpl_buf_error(&from) == ZPL_OK ? zpl_arena_strdup(s->arena, zpl_buf_str(&from)) : NULL;
    zpl_buf_release(&from);
    return text;
}

/* What the values of the sample are. */
struct looking {
    const struct sniffed *s;
    const struct zpl_row *declared; /* or NULL */
    struct zpl_datafile_seen *seen; /* one a column */
    bool all;                       /* rows that DuckDB has seen were looked at */
};

/* What the text v is, f being the Float that it is read as. */
static const char kind_of_text[] =
    /* clang-format off */
    "CASE WHEN lower(v) IN ('true', 'false') THEN 'l' WHEN v IN ('0', '1') THEN '1' "
    "WHEN f IS NOT NULL AND NOT contains(v, '_') THEN "
        "CASE WHEN NOT isfinite(f) THEN if(regexp_matches(v, '[0-9]'), 'b', 'x') "
        "WHEN NOT " ZPL_SQL_WHOLE("v") " THEN 'f' "
        "WHEN " ZPL_SQL_ZEROS("v") " THEN '0' "
        "WHEN length(v) > 15 AND TRY_CAST(v AS BIGINT) IS NULL THEN 'b' "
        "WHEN " ZPL_SQL_ROUNDED("v") " THEN 'w' ELSE 'i' END "
    "WHEN substr(v, 5, 1) = '-' AND " ZPL_SQL_DATE("v") " THEN 'd' "
    "WHEN substr(v, 5, 1) = '-' AND " ZPL_SQL_TIME("v") " THEN 't' "
    "WHEN length(v) < 4 AND lower(v) IN ('yes', 'no', 'y', 'n', 't', 'f') THEN 'y' "
    "WHEN contains(v, ',') AND regexp_full_match(v, '\\s*[+-]?([0-9]+,[0-9]+"
        "|[0-9]{1,3}([.][0-9]{3})+,[0-9]+|[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?)\\s*') THEN 'c' "
    "ELSE 's' END";
/* clang-format on */

/* A row: column, letter, how many, first row, the value there. */
static enum zpl_err keep_seen(void *self, const struct zpl_duck_cell *cells, size_t count)
{
    (void)count;
    struct looking *l = self;
    struct zpl_datafile_seen *seen = &l->seen[cells[0].i];
    const char *letter = strchr(ZPL_SEEN_LETTERS, cells[1].s[0]);
    size_t kind = letter != NULL ? (size_t)(letter - ZPL_SEEN_LETTERS) : ZPL_SEEN_TEXT;
    seen->counts[kind] = cells[2].i;
    seen->first_row[kind] = cells[3].i;
    seen->first[kind] = zpl_datafile_quote(cells[4].s, cells[4].n, l->s->arena);
    return ZPL_OK;
}

/* What the values of each column are, but for columns of Int that are not declared, of which DuckDB has
 * said all where none is written oddly. */
static enum zpl_err look_at_texts(struct zpl_duck *duck, const char *path, struct looking *l,
                                  struct zpl_diags *diags)
{
    const struct sniffed *s = l->s;
    struct zpl_buf sql = {0}, list = {0};
    size_t texts = 0, hint = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->odd || (s->columns[i].type != NULL && s->columns[i].type->kind != ZPL_INT) ||
            (l->declared != NULL && zpl_row_next(l->declared, s->columns[i].name, &hint) != NULL))
            zpl_buf_printf(&list, "%sc%zu", texts++ > 0 ? ", " : "", i);
    if (texts == 0)
        return ZPL_OK;
    size_t rows = LOOKED_AT_MAX / texts + 1;
    l->all = rows >= ZPL_DATAFILE_SAMPLE;
    zpl_buf_printf(&sql,
                   "SELECT substr(n, 2)::BIGINT, k, count(*), min(r), arg_min(left(v, 40), r) FROM "
                   "(SELECT n, v, r, %s AS k FROM (SELECT *, TRY_CAST(v AS DOUBLE) AS f FROM "
                   "(UNPIVOT (SELECT row_number() OVER () AS r, %s FROM ",
                   kind_of_text, zpl_buf_str(&list));
    plain_csv(&sql, path, s->delimiter, s->count, s->header);
    zpl_buf_printf(&sql, " LIMIT %zu) ON %s INTO NAME n VALUE v))) GROUP BY n, k",
                   l->all ? (size_t)ZPL_DATAFILE_SAMPLE : rows, zpl_buf_str(&list));
    enum zpl_err err = zpl_buf_error(&sql) != ZPL_OK || zpl_buf_error(&list) != ZPL_OK
                           ? zpl_diag_nomem(diags)
                           : zpl_duck_each(duck, zpl_buf_str(&sql), keep_seen, l, diags);
    zpl_buf_release(&sql);
    zpl_buf_release(&list);
    return err;
}

/* The kind of a column that DuckDB took for `guessed`, when the values that were looked at are of
 * these kinds.  Of a wide file DuckDB has seen more rows (`all`: it has not): then only what is told
 * apart by how it is written makes another kind.  A first value of `inf` makes DuckDB see no numbers. */
static enum zpl_kind settle(enum zpl_kind guessed, unsigned kinds, bool all)
{
    enum zpl_kind seen = zpl_datafile_common(kinds);
    if (kinds == 0)
        return guessed;
    if (guessed == ZPL_INT)
        return seen == ZPL_INT ? guessed : ZPL_STRING;
    if (seen == ZPL_DATE || seen == ZPL_TIMESTAMP)
        return guessed == ZPL_TIMESTAMP ? guessed : seen;
    if (guessed == ZPL_FLOAT)
        return seen == ZPL_INT || seen == ZPL_FLOAT ? guessed : ZPL_STRING;
    if (guessed == ZPL_STRING && seen == ZPL_FLOAT && all && (kinds & ~(1u << ZPL_SEEN_NAMED)) != 0)
        return ZPL_FLOAT;
    return guessed == ZPL_BOOL && seen == ZPL_BOOL ? guessed : ZPL_STRING;
}

/* Looks at the values, for the types that they make and for what is told of them. */
static enum zpl_err look(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                         struct sniffed *s, struct zpl_datafile_look *looks,
                         struct zpl_diags *diags)
{
    struct looking l = {s, options->look ? options->naming : NULL,
                        zpl_arena_array(s->arena, s->count + 1, sizeof *l.seen), false};
    size_t hint = 0;
    if (l.seen == NULL)
        return zpl_diag_nomem(diags);
    enum zpl_err err = look_at_texts(duck, options->path, &l, diags);
    for (size_t i = 0; err == ZPL_OK && i < s->count && s->columns[i].type != NULL; i++) {
        struct zpl_column *column = &s->columns[i];
        const struct zpl_column *declared =
            l.declared != NULL ? zpl_row_next(l.declared, column->name, &hint) : NULL;
        unsigned kinds = zpl_datafile_kinds(&l.seen[i]);
        looks[i].empty = column->type->kind == ZPL_STRING && kinds == 0;
        column->type = zpl_type_new(s->arena, settle(column->type->kind, kinds, l.all));
        if (column->type == NULL)
            continue;
        if (column->type->kind == ZPL_STRING)
            looks[i].clue = zpl_datafile_clue(&l.seen[i], column->name, ZPL_STRING, s->arena);
        if (declared != NULL)
            looks[i].misfit = zpl_datafile_mistyped(&l.seen[i], column, declared->type, s->arena);
    }
    return err;
}

enum zpl_err zpl_datafile_csv(struct zpl_duck *duck, const struct zpl_datafile_options *options,
                              struct zpl_datafile *out, struct zpl_row *row, const char **why,
                              struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct sniffed s = {.arena = arena};
    const struct zpl_row *naming = options->naming;
    enum zpl_err err = sniff(duck, options, &s, why, diags);
    if (err == ZPL_OK && *why == NULL)
        err = find_twins(duck, options->path, &s, why, diags);
    if (err != ZPL_OK || *why != NULL)
        return err;
    for (size_t i = 0; !s.header && naming != NULL && naming->count == s.count && i < s.count; i++)
        s.columns[i].name = naming->columns[i].name;
    row->columns = s.columns;
    row->count = s.count;
    out->from = csv_from(options, &s);
    struct zpl_datafile_look *looks = zpl_arena_array(arena, s.count + 1, sizeof *looks);
    if (looks == NULL)
        return zpl_diag_nomem(diags);
    if (options->look || naming == NULL || naming->open)
        err = look(duck, options, &s, looks, diags);
    if (err != ZPL_OK)
        return err;
    out->looks = looks;
    out->note = zpl_arena_printf(
        arena, "types guessed from the first 20,480 rows (delimiter '%s', %s header)",
        s.delimiter != NULL && s.delimiter[0] == '\t' ? "\\t" : s.delimiter,
        s.header ? "with" : "without");
    return out->from == NULL || zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
}
