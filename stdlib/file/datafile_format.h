/* datafile_format.h - what datafile.c asks of each format.
 * Each fills row and `from` of a file that is there and of that format; *why is what is wrong with it.
 * Floor: stdlib, private to the datafile sources. */
#ifndef ZPL_FILE_DATAFILE_FORMAT_H
#define ZPL_FILE_DATAFILE_FORMAT_H

#include "stdlib/file/datafile.h"

/* Types are guessed from this many rows. */
#define ZPL_DATAFILE_SAMPLE 20480

typedef enum zpl_err zpl_datafile_format_fn(struct zpl_duck *duck,
                                            const struct zpl_datafile_options *options,
                                            struct zpl_datafile *out, struct zpl_row *row,
                                            const char **why, struct zpl_arena *arena,
                                            struct zpl_diags *diags);
zpl_datafile_format_fn zpl_datafile_csv;
zpl_datafile_format_fn zpl_datafile_json;
zpl_datafile_format_fn zpl_datafile_parquet;

/* ---- what a type is guessed from (datafile_guess.c) ---- */

/* What a value is.  BINARY: 0 or 1; NAMED: NaN or an infinity as a text; LONG: an Int that no Float is equal to; BIG: a number that neither
 * Int nor Float holds; ZEROS: a whole number that begins with zeros, which are a part of what it says;
 * WORD: yes, no, t, f …, which may be meant as a truth value; COMMA: a number with a comma in it. */
enum zpl_datafile_kind {
    ZPL_SEEN_NONE,
    ZPL_SEEN_BINARY,
    ZPL_SEEN_WHOLE,
    ZPL_SEEN_LONG,
    ZPL_SEEN_REAL,
    ZPL_SEEN_NAMED,
    ZPL_SEEN_BIG,
    ZPL_SEEN_LOGICAL,
    ZPL_SEEN_DATE,
    ZPL_SEEN_TIME,
    ZPL_SEEN_ZEROS,
    ZPL_SEEN_WORD,
    ZPL_SEEN_COMMA,
    ZPL_SEEN_TEXT,
    ZPL_SEEN_ARRAY,
    ZPL_SEEN_OBJECT,
    ZPL_SEEN_KINDS
};
/* Their letters, by which SQL tells them. */
#define ZPL_SEEN_LETTERS "n1iwfxbldt0ycsao"

/* Conditions of SQL about the text x.  The first is one of whole numbers of any size, the last one of
 * whole numbers that a Float would round: a Float has 53 bits, which are 15 digits. */
#define ZPL_SQL_WHOLE(x) "regexp_full_match(" x ", '\\s*[+-]?[0-9]+\\s*')"
#define ZPL_SQL_ZEROS(x) "regexp_matches(" x ", '^\\s*[+-]?0[0-9]')"
#define ZPL_SQL_DATE(x)                                                                            \
    "(regexp_full_match(" x ", '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND TRY_CAST(" x                      \
    " AS DATE) IS NOT NULL)"
#define ZPL_SQL_TIME(x)                                                                            \
    "(regexp_full_match(" x ", '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"                   \
    "(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?') AND TRY_CAST(" x                 \
    " AS TIMESTAMPTZ) IS NOT NULL)"
#define ZPL_SQL_ROUNDED(x)                                                                         \
    "(length(" x ") > 15 AND NOT contains(" x                                                      \
    ", '.') AND " ZPL_SQL_WHOLE(x) " AND coalesce(TRY_CAST(TRY_CAST(" x                            \
                                   " AS DOUBLE) AS HUGEINT) <> TRY_CAST(" x " AS HUGEINT), true))"

/* What the values of a column are. */
struct zpl_datafile_seen {
    int64_t counts[ZPL_SEEN_KINDS], first_row[ZPL_SEEN_KINDS];
    const char *first[ZPL_SEEN_KINDS]; /* the value in that row, quoted */
};
/* As bits, 1 << kind; 0: there is no value. */
unsigned zpl_datafile_kinds(const struct zpl_datafile_seen *seen);
/* The kind of zpl that holds values of all these; ZPL_JSON: of several kinds, which no other does. */
enum zpl_kind zpl_datafile_common(unsigned kinds);
/* What most values of the column are, and the first that is something else, or what no number holds;
 * NULL: nothing that explains its type, `type`. */
const char *zpl_datafile_clue(const struct zpl_datafile_seen *seen, const char *column,
                              enum zpl_kind type, struct zpl_arena *arena);

/* Why the column, of such values, is not of the declared type: most of them are of kinds that never
 * are.  Words that follow its name; NULL: they may be. */
const char *zpl_datafile_mistyped(const struct zpl_datafile_seen *seen,
                                  const struct zpl_column *column, const struct zpl_type *declared,
                                  struct zpl_arena *arena);

/* The bytes of a value of a file as a message shows them, on one line; arena text. */
const char *zpl_datafile_quote(const char *s, size_t n, struct zpl_arena *arena);
/* zpl_datafile_stray() of a JSON file. */
enum zpl_err zpl_datafile_json_stray(struct zpl_duck *duck, const char *path,
                                     const struct zpl_row *row, int64_t *at, const char **key,
                                     struct zpl_arena *arena, struct zpl_diags *diags);
/* What is wrong with the text of a JSON file, with its line; NULL: nothing that we know of. */
const char *zpl_datafile_json_fault(const char *path, const char *said, struct zpl_arena *arena);
/* The same of a CSV file. */
const char *zpl_datafile_csv_fault(const char *path, const char *said, struct zpl_arena *arena);

#endif
