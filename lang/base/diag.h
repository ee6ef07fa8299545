/* diag.h - the one diagnostic struct, the list of them, and how they read.
 * Owns: a struct zpl_diags holds its diagnostics and their texts in an arena of its own; a struct
 * zpl_sources holds copies of the texts that spans point into.
 * Errors: adding never fails visibly: when memory is out the list keeps a ready-made NO_MEMORY
 * diagnostic.  A NULL list is fine everywhere: the words are dropped and the code returned.
 * Limits: ZPL_DIAGS_MAX; more are counted in `dropped`, and an error takes the place of a warning.
 * Floor: base. */
#ifndef ZPL_BASE_DIAG_H
#define ZPL_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/err.h"
#include "lang/base/json.h"
#include "lang/base/span.h"

enum zpl_code {
#define ZPL_CODE_ENUM(name, id, title) ZPL_CODE_##name,
    ZPL_CODES(ZPL_CODE_ENUM)
#undef ZPL_CODE_ENUM
        ZPL_CODE_COUNT
};
enum zpl_severity { ZPL_ERROR, ZPL_WARNING };

const char *zpl_code_id(enum zpl_code code);    /* "E014" */
const char *zpl_code_title(enum zpl_code code); /* one line of plain words */

struct zpl_note {
    struct zpl_span span; /* source 0: no place */
    const char *text;
    struct zpl_note *next;
};
struct zpl_diag {
    enum zpl_code code;
    enum zpl_severity severity;
    struct zpl_span span;
    const char *message;
    struct zpl_note *notes; /* in the order they were added */
    const char *help;       /* what to do, or NULL */
    struct zpl_note *also;  /* of the notes that which zpl_diag_also() writes, or NULL */
    size_t also_count;      /* names that were added to it */
    size_t also_len;        /* bytes of it that are about names */
};

struct zpl_source {
    const char *name; /* as diagnostics print it */
    const char *text; /* NUL-terminated */
    uint32_t len;
    const uint32_t *lines; /* where each line begins, ascending; the first is 0 */
    uint32_t line_count;
};
struct zpl_sources {
    struct zpl_arena arena;
    struct zpl_source *items;
    size_t count, capacity;
};
struct zpl_diags {
    struct zpl_arena arena;
    struct zpl_diag **items;
    size_t count, capacity;
    size_t errors;  /* how many were errors, the dropped ones too */
    size_t dropped; /* over ZPL_DIAGS_MAX */
};

/* Copies the text; returns the source's number (for spans), 0 when memory is out. */
uint32_t zpl_sources_add(struct zpl_sources *sources, const char *name, const char *text,
                         size_t len);
const struct zpl_source *zpl_sources_get(const struct zpl_sources *sources, uint32_t number);
void zpl_sources_release(struct zpl_sources *sources);

/* Adds a diagnostic and returns it, never NULL; notes and help are added to the result with the
 * functions below, not by hand.  Texts that are not UTF-8 have the invalid bytes replaced. */
struct zpl_diag *zpl_diag_add(struct zpl_diags *diags, enum zpl_code code, struct zpl_span span,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));
struct zpl_diag *zpl_diag_warn(struct zpl_diags *diags, enum zpl_code code, struct zpl_span span,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
void zpl_diag_note(struct zpl_diags *diags, struct zpl_diag *diag, struct zpl_span span,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same is to be said of `name`: one note names ZPL_DIAG_ALSO_MAX of them and counts the rest, "the same of fit[2],
 * fit[3] and 7 more". */
void zpl_diag_also(struct zpl_diags *diags, struct zpl_diag *diag, const char *name);
void zpl_diag_help(struct zpl_diags *diags, struct zpl_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A failed system call: "cannot <operation> <path>: <strerror(error)>"; returns ZPL_ERR_IO
 * (ZPL_ERR_NOMEM for ENOMEM), so that callers write `return zpl_diag_system(…)`; errno is `error`
 * again afterwards. */
enum zpl_err zpl_diag_system(struct zpl_diags *diags, const char *operation, const char *path,
                             int error);
/* Out of memory: adds NO_MEMORY once and returns ZPL_ERR_NOMEM. */
enum zpl_err zpl_diag_nomem(struct zpl_diags *diags);
/* Was the same said of the same place already?  (Without a place: never.) */
bool zpl_diags_have(const struct zpl_diags *diags, enum zpl_code code, struct zpl_span span,
                    const char *message);
/* Is there one of this code and message, wherever it is? */
bool zpl_diags_have_anywhere(const struct zpl_diags *diags, enum zpl_code code,
                             const char *message);
/* Copies every diagnostic of `from` that `diags` does not have (spans are kept as they are). */
void zpl_diags_append(struct zpl_diags *diags, const struct zpl_diags *from);
void zpl_diags_clear(struct zpl_diags *diags);
void zpl_diags_release(struct zpl_diags *diags);

/* 1-based line and column; the column counts characters, a tab is one.  Logarithmic in the lines. */
void zpl_source_place(const struct zpl_source *source, uint32_t offset, uint32_t *line,
                      uint32_t *column);

/* As a person reads it:
 *     delays.zpl:12:7: error[E014]: unknown column 'dealy'
 *        12 |       dealy > $minutes AS late
 *           |       ^^^^^
 *       = note: delays.zpl:8:7: the table comes from here
 *         8 |       split { flights }
 *           |       ^^^^^
 *       = help: did you mean 'delay'?
 * Sorted by source and place, those without a place first.  The caret stands below what it means:
 * tabs become spaces up to the next multiple of four, wide characters count two columns, combining
 * ones none, and characters that would move the cursor or turn the text around are shown as U+FFFD.
 * Of a span over several lines the first and the last are shown, of a long line the part around the
 * span.  `colour` adds ANSI colours. */
void zpl_diags_show(const struct zpl_diags *diags, const struct zpl_sources *sources, bool colour,
                    struct zpl_buf *out);
/* The array of {code, severity, file, line, col, end_line, end_col, message, notes, help} in the same
 * order.  end_line and end_col tell the place behind the last character; without a place file and
 * the numbers are null; a note is {message, file, line, col, end_line, end_col}; help may be null.
 * NULL when memory is out. */
struct zpl_json *zpl_diags_json(const struct zpl_diags *diags, const struct zpl_sources *sources);

#endif
