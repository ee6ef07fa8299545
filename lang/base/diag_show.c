/* diag_show.c - diagnostics as a person reads them and as JSON: the end of diag.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "lang/base/diag.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"

#define TAB_COLUMNS   4
#define LINE_COLUMNS  160 /* shown of one line */
#define BEFORE_MAX    100 /* columns before the caret in a line that is shown from its start */
#define BEFORE_CUT    30  /* characters before the caret in a line that is cut */
#define NUMBER_DIGITS 5   /* of a line number, before more push the text to the right */

/* What colours are written as; all empty without. */
struct palette {
    const char *error, *warning, *bold, *dim, *off;
};
static const struct palette PLAIN = {"", "", "", "", ""};
static const struct palette COLOURED = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[34m",
                                        "\x1b[0m"};

struct shower {
    struct zpl_buf *out;
    const struct zpl_sources *sources;
    const struct palette *palette;
};

/* One line of a source, or the part of it from `begin` on that is shown. */
struct line {
    uint32_t number;
    const char *begin, *end;
    bool cut; /* `begin` is not where the line begins */
};

/* True for a character that a terminal would obey instead of showing it: controls, and those that
 * turn the direction of the text around, which may hide what a program does. */
static bool is_unsafe(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x061C || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
}

/* Decodes the character at *p, which it moves behind it, and tells the columns it takes when it
 * stands in `column`. */
static uint32_t next_character(const char **p, const char *end, size_t column, size_t *columns)
{
    uint32_t cp;
    *p += zpl_utf8_next(*p, (size_t)(end - *p), &cp);
    if (cp == '\t')
        *columns = TAB_COLUMNS - column % TAB_COLUMNS;
    else
        *columns = is_unsafe(cp) ? 1 : (size_t)zpl_utf8_width(cp);
    return cp;
}

/* Writes the character of the bytes s[0..n). */
static void put_character(struct zpl_buf *out, uint32_t cp, const char *s, size_t n, size_t columns)
{
    if (cp == '\t')
        zpl_buf_repeat(out, ' ', columns);
    else if (cp == 0xFFFD || is_unsafe(cp))
        zpl_buf_puts(out, "\uFFFD");
    else
        zpl_buf_add(out, s, n);
}

/* A text that may hold anything; its lines after the first are indented. */
static void put_text(struct zpl_buf *out, const char *text, size_t indent)
{
    const char *end = text + strlen(text);
    for (const char *p = text, *next = text; p < end; p = next) {
        size_t columns;
        uint32_t cp = next_character(&next, end, 0, &columns);
        if (cp == '\n') {
            zpl_buf_putc(out, '\n');
            zpl_buf_repeat(out, ' ', indent);
        } else {
            put_character(out, cp, p, (size_t)(next - p), columns);
        }
    }
}

/* The columns from `begin` to `end`, both in one line; stops counting when over `most`. */
static size_t columns_between(const char *begin, const char *end, size_t most)
{
    size_t sum = 0;
    while (begin < end && sum <= most) {
        size_t columns;
        next_character(&begin, end, sum, &columns);
        sum += columns;
    }
    return sum;
}

/* The line of `number` as it is shown when the caret stands below `caret`. */
static struct line find_line(const struct zpl_source *source, uint32_t number, uint32_t caret)
{
    const char *begin = source->text + source->lines[number - 1];
    const char *end = source->text + source->len, *place = source->text + caret;
    if (number < source->line_count)
        end = source->text + source->lines[number] - 1;
    if (end > begin && end[-1] == '\r')
        end--;
    struct line line = {.number = number, .begin = begin, .end = end};
    if (place > end)
        place = end;
    if (columns_between(begin, place, BEFORE_MAX) <= BEFORE_MAX)
        return line;
    line.cut = true;
    line.begin = place;
    for (int i = 0; i < BEFORE_CUT && line.begin > begin; i++) {
        do
            line.begin--;
        while (line.begin > begin && ((unsigned char)*line.begin & 0xC0) == 0x80);
    }
    return line;
}

static void put_gutter(struct shower *s, const char *label)
{
    zpl_buf_printf(s->out, "%s%*s |%s", s->palette->dim, NUMBER_DIGITS, label, s->palette->off);
}

/* The line and, below its bytes from..to, carets; at least one. */
static void put_line(struct shower *s, const struct line *line, const char *from, const char *to,
                     const char *colour)
{
    char label[16] = "";
    size_t digits = (size_t)snprintf(label, sizeof label, "%" PRIu32, line->number);
    put_gutter(s, label);
    zpl_buf_putc(s->out, ' ');
    size_t column = line->cut, first = 0, last = 0;
    bool seen = false;
    if (line->cut)
        zpl_buf_puts(s->out, "…");
    const char *p = line->begin;
    for (const char *next = p; p < line->end; p = next) {
        size_t columns;
        uint32_t cp = next_character(&next, line->end, column, &columns);
        if (column + columns > LINE_COLUMNS)
            break;
        if (p >= from && !seen) {
            seen = true;
            first = column;
        }
        put_character(s->out, cp, p, (size_t)(next - p), columns);
        column += columns;
        if (p < to)
            last = column;
    }
    if (p < line->end)
        zpl_buf_puts(s->out, "…");
    if (!seen)
        first = column;
    zpl_buf_putc(s->out, '\n');
    label[0] = '\0';
    if (digits > NUMBER_DIGITS)
        zpl_buf_repeat(s->out, ' ', digits - NUMBER_DIGITS);
    put_gutter(s, label);
    zpl_buf_repeat(s->out, ' ', first + 1);
    zpl_buf_puts(s->out, colour);
    zpl_buf_repeat(s->out, '^', last > first ? last - first : 1);
    zpl_buf_puts(s->out, s->palette->off);
    zpl_buf_putc(s->out, '\n');
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* The excerpt of a span; nothing for a span without a place. */
static void put_excerpt(struct shower *s, struct zpl_span span, const char *colour)
{
    const struct zpl_source *source = zpl_sources_get(s->sources, span.source);
    if (!source)
        return;
    uint32_t begin = span.begin < source->len ? span.begin : source->len;
    uint32_t end = span.end < source->len ? span.end : source->len;
    uint32_t first, last, column;
    zpl_source_place(source, begin, &first, &column);
    zpl_source_place(source, end > begin ? end - 1 : begin, &last, &column);
    struct line line = find_line(source, first, begin);
    const char *to = first == last ? source->text + end : line.end;
    put_line(s, &line, source->text + begin, to, colour);
    if (first == last)
        return;
    if (last > first + 1) {
        put_gutter(s, "...");
        zpl_buf_putc(s->out, '\n');
    }
    const char *text = source->text + source->lines[last - 1];
    line = find_line(source, last, source->lines[last - 1]);
    put_line(s, &line, skip_blanks(text, line.end), source->text + end, colour);
}

/* "name:line:col: ", or nothing without a place. */
static void put_place(struct shower *s, struct zpl_span span)
{
    const struct zpl_source *source = zpl_sources_get(s->sources, span.source);
    if (!source)
        return;
    uint32_t line, column;
    zpl_source_place(source, span.begin, &line, &column);
    put_text(s->out, source->name, 0);
    zpl_buf_printf(s->out, ":%" PRIu32 ":%" PRIu32 ": ", line, column);
}

static void put_diag(struct shower *s, const struct zpl_diag *diag)
{
    const struct palette *palette = s->palette;
    bool error = diag->severity == ZPL_ERROR;
    const char *colour = error ? palette->error : palette->warning;
    zpl_buf_puts(s->out, palette->bold);
    put_place(s, diag->span);
    zpl_buf_printf(s->out, "%s%s[%s]%s: %s", colour, error ? "error" : "warning",
                   zpl_code_id(diag->code), palette->off, palette->bold);
    put_text(s->out, diag->message, NUMBER_DIGITS);
    zpl_buf_printf(s->out, "%s\n", palette->off);
    put_excerpt(s, diag->span, colour);
    for (const struct zpl_note *note = diag->notes; note; note = note->next) {
        zpl_buf_printf(s->out, "  %s= note:%s ", palette->dim, palette->off);
        put_place(s, note->span);
        put_text(s->out, note->text, NUMBER_DIGITS);
        zpl_buf_putc(s->out, '\n');
        put_excerpt(s, note->span, palette->dim);
    }
    if (diag->help) {
        zpl_buf_printf(s->out, "  %s= help:%s ", palette->dim, palette->off);
        put_text(s->out, diag->help, NUMBER_DIGITS);
        zpl_buf_putc(s->out, '\n');
    }
}

/* A list holds ZPL_DIAGS_MAX and at most one NO_MEMORY more. */
struct sorted {
    const struct zpl_diag *items[ZPL_DIAGS_MAX + 1];
    size_t count;
};

static bool stands_before(struct zpl_span a, struct zpl_span b)
{
    return a.source != b.source ? a.source < b.source : a.begin < b.begin;
}

/* By source and place, those of one place in the order they were added.  Insertion sort: the list
 * is short, mostly sorted, and no memory is needed to tell that there is none. */
static void sort(const struct zpl_diags *diags, struct sorted *sorted)
{
    sorted->count = 0;
    for (size_t i = 0; i < diags->count; i++) {
        size_t j = sorted->count++;
        for (; j > 0 && stands_before(diags->items[i]->span, sorted->items[j - 1]->span); j--)
            sorted->items[j] = sorted->items[j - 1];
        sorted->items[j] = diags->items[i];
    }
}

void zpl_diags_show(const struct zpl_diags *diags, const struct zpl_sources *sources, bool colour,
                    struct zpl_buf *out)
{
    struct shower shower = {.out = out, .sources = sources};
    shower.palette = colour ? &COLOURED : &PLAIN;
    struct sorted sorted;
    sort(diags, &sorted);
    for (size_t i = 0; i < sorted.count; i++)
        put_diag(&shower, sorted.items[i]);
    if (diags->dropped > 0)
        zpl_buf_printf(out, "%zu more %s not shown\n", diags->dropped,
                       diags->dropped == 1 ? "diagnostic is" : "diagnostics are");
}

/* Adds file, line, col, end_line and end_col. */
static bool set_place(struct zpl_json *object, const struct zpl_sources *sources,
                      struct zpl_span span)
{
    static const char *const NAMES[] = {"line", "col", "end_line", "end_col"};
    const struct zpl_source *source = zpl_sources_get(sources, span.source);
    uint32_t places[4];
    if (source) {
        zpl_source_place(source, span.begin, &places[0], &places[1]);
        zpl_source_place(source, span.end > span.begin ? span.end : span.begin, &places[2],
                         &places[3]);
    }
    bool ok = zpl_json_set_take(object, "file", zpl_json_string(source ? source->name : NULL));
    for (size_t i = 0; i < 4; i++)
        ok &=
            zpl_json_set_take(object, NAMES[i], source ? zpl_json_int(places[i]) : zpl_json_null());
    return ok;
}

static struct zpl_json *note_json(const struct zpl_note *note, const struct zpl_sources *sources)
{
    struct zpl_json *object = zpl_json_object();
    bool ok = zpl_json_set_take(object, "message", zpl_json_string(note->text));
    ok &= set_place(object, sources, note->span);
    if (ok)
        return object;
    zpl_json_release(object);
    return NULL;
}

static struct zpl_json *diag_json(const struct zpl_diag *diag, const struct zpl_sources *sources)
{
    struct zpl_json *object = zpl_json_object(), *notes = zpl_json_array();
    bool ok = true;
    for (const struct zpl_note *note = diag->notes; note; note = note->next)
        ok &= zpl_json_add_take(notes, note_json(note, sources));
    const char *severity = diag->severity == ZPL_ERROR ? "error" : "warning";
    ok &= zpl_json_set_take(object, "code", zpl_json_string(zpl_code_id(diag->code)));
    ok &= zpl_json_set_take(object, "severity", zpl_json_string(severity));
    ok &= zpl_json_set_take(object, "message", zpl_json_string(diag->message));
    ok &= zpl_json_set_take(object, "notes", notes);
    ok &= zpl_json_set_take(object, "help", zpl_json_string(diag->help));
    ok &= set_place(object, sources, diag->span);
    if (ok)
        return object;
    zpl_json_release(object);
    return NULL;
}

struct zpl_json *zpl_diags_json(const struct zpl_diags *diags, const struct zpl_sources *sources)
{
    struct zpl_json *array = zpl_json_array();
    struct sorted sorted;
    sort(diags, &sorted);
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < sorted.count; i++)
        ok = zpl_json_add_take(array, diag_json(sorted.items[i], sources));
    if (ok)
        return array;
    zpl_json_release(array);
    return NULL;
}
