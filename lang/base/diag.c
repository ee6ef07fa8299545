#include "lang/base/diag.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"

static const struct {
    const char *id, *title;
} CODES[ZPL_CODE_COUNT] = {
#define CODE_ROW(name, id, title) {id, title},
    ZPL_CODES(CODE_ROW)
#undef CODE_ROW
};

/* What a list says when it has no memory to say anything else.  Shared by all lists, so never
 * written to. */
static struct zpl_diag no_memory = {.code = ZPL_CODE_NO_MEMORY,
                                    .severity = ZPL_ERROR,
                                    .message = "out of memory",
                                    .help = "free some memory or raise the limit of this process"};
static struct zpl_diag *no_memory_items[] = {&no_memory};
/* What is returned for a diagnostic that is not kept; never written to either. */
static struct zpl_diag not_kept = {.message = ""};

const char *zpl_code_id(enum zpl_code code)
{
    return CODES[code].id;
}

const char *zpl_code_title(enum zpl_code code)
{
    return CODES[code].title;
}

/* `text` itself if it is valid UTF-8, else a mended copy; NULL for NULL and when memory is out. */
static const char *mend(struct zpl_arena *arena, const char *text)
{
    if (!text || zpl_utf8_valid(text, strlen(text)))
        return text;
    struct zpl_buf mended = {0};
    zpl_text_scrub(&mended, text, strlen(text));
    text = zpl_buf_error(&mended) ? NULL : zpl_arena_strdup(arena, zpl_buf_str(&mended));
    zpl_buf_release(&mended);
    return text;
}

/* `text` itself, or its beginning with the number of bytes left out; NULL as above. */
static const char *cut(struct zpl_arena *arena, const char *text)
{
    size_t len = text ? strlen(text) : 0, kept = ZPL_DIAG_TEXT_MAX;
    if (len <= kept)
        return text;
    while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
        kept--;
    struct zpl_buf left = {0};
    zpl_text_show_count(&left, len - kept);
    text = zpl_buf_error(&left)
               ? NULL
               : zpl_arena_printf(arena, "%.*s… %s more", (int)kept, text, zpl_buf_str(&left));
    zpl_buf_release(&left);
    return text;
}

/* The formatted text as valid UTF-8 in the list's arena; NULL when memory is out. */
static const char *make_text(struct zpl_diags *diags, const char *format, va_list args)
{
    return cut(&diags->arena, mend(&diags->arena, zpl_arena_vprintf(&diags->arena, format, args)));
}

/* Where the lines of text[0..len) begin; NULL when memory is out. */
static const uint32_t *line_index(struct zpl_arena *arena, const char *text, size_t len,
                                  uint32_t *count)
{
    const char *end = text + len;
    uint32_t n = 1;
    for (const char *p = text; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        n++;
    uint32_t *lines = zpl_arena_array(arena, n, sizeof *lines);
    if (!lines)
        return NULL;
    uint32_t i = 1;
    for (const char *p = text; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines[i++] = (uint32_t)(p + 1 - text);
    *count = n;
    return lines;
}

uint32_t zpl_sources_add(struct zpl_sources *sources, const char *name, const char *text,
                         size_t len)
{
    if (len >= UINT32_MAX || sources->count >= UINT32_MAX)
        return 0;
    struct zpl_source source = {.len = (uint32_t)len};
    source.name = mend(&sources->arena, zpl_arena_strdup(&sources->arena, name));
    source.text = zpl_arena_strndup(&sources->arena, text, len);
    if (!source.name || !source.text)
        return 0;
    source.lines = line_index(&sources->arena, source.text, len, &source.line_count);
    struct zpl_source *items = zpl_arena_grow(&sources->arena, sources->items, sources->count,
                                              &sources->capacity, sizeof *items);
    if (!source.lines || !items)
        return 0;
    sources->items = items;
    items[sources->count++] = source;
    return (uint32_t)sources->count;
}

const struct zpl_source *zpl_sources_get(const struct zpl_sources *sources, uint32_t number)
{
    if (!sources || number == 0 || number > sources->count)
        return NULL;
    return &sources->items[number - 1];
}

void zpl_sources_release(struct zpl_sources *sources)
{
    zpl_arena_release(&sources->arena);
    *sources = (struct zpl_sources){0};
}

void zpl_source_place(const struct zpl_source *source, uint32_t offset, uint32_t *line,
                      uint32_t *column)
{
    if (offset > source->len)
        offset = source->len;
    /* lines[low] <= offset < lines[high] */
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    uint32_t begin = source->lines[low];
    *line = low + 1;
    *column = (uint32_t)zpl_utf8_length(source->text + begin, offset - begin) + 1;
}

/* Makes sure that the list says NO_MEMORY, in place of its last diagnostic when it can't grow. */
static struct zpl_diag *add_no_memory(struct zpl_diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        if (diags->items[i] == &no_memory)
            return &no_memory;
    }
    diags->errors++;
    if (diags->count < diags->capacity) {
        diags->items[diags->count++] = &no_memory;
    } else if (diags->count > 0) {
        diags->items[diags->count - 1] = &no_memory;
        diags->dropped++;
    } else {
        diags->items = no_memory_items;
        diags->count = 1;
    }
    return &no_memory;
}

/* The place for one more diagnostic in a full list: that of the last warning, for an error. */
static struct zpl_diag **replaceable(struct zpl_diags *diags, enum zpl_severity severity)
{
    if (severity != ZPL_ERROR)
        return NULL;
    for (size_t i = diags->count; i > 0; i--) {
        if (diags->items[i - 1]->severity == ZPL_WARNING)
            return &diags->items[i - 1];
    }
    return NULL;
}

/* Adds a copy of `diag` to the list; its texts are in the list's arena or last as long. */
static struct zpl_diag *keep(struct zpl_diags *diags, const struct zpl_diag *diag)
{
    diags->errors += diag->severity == ZPL_ERROR;
    struct zpl_diag **place = NULL;
    if (diags->count >= ZPL_DIAGS_MAX) {
        diags->dropped++;
        place = replaceable(diags, diag->severity);
        if (!place)
            return &not_kept;
    }
    struct zpl_diag *copy = zpl_arena_alloc(&diags->arena, sizeof *copy);
    if (copy && !place) {
        struct zpl_diag **items = zpl_arena_grow(&diags->arena, diags->items, diags->count,
                                                 &diags->capacity, sizeof(struct zpl_diag *));
        if (items) {
            diags->items = items;
            place = &items[diags->count++];
        }
    }
    if (!copy || !place) {
        diags->dropped++;
        return add_no_memory(diags);
    }
    *copy = *diag;
    *place = copy;
    return copy;
}

static struct zpl_diag *add(struct zpl_diags *diags, enum zpl_code code, enum zpl_severity severity,
                            struct zpl_span span, const char *format, va_list args)
{
    if (!diags)
        return &not_kept;
    struct zpl_diag diag = {.code = code, .severity = severity, .span = span};
    diag.message = make_text(diags, format, args);
    if (diag.message)
        return keep(diags, &diag);
    diags->errors += severity == ZPL_ERROR;
    diags->dropped++;
    return add_no_memory(diags);
}

struct zpl_diag *zpl_diag_add(struct zpl_diags *diags, enum zpl_code code, struct zpl_span span,
                              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct zpl_diag *diag = add(diags, code, ZPL_ERROR, span, format, args);
    va_end(args);
    return diag;
}

struct zpl_diag *zpl_diag_warn(struct zpl_diags *diags, enum zpl_code code, struct zpl_span span,
                               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct zpl_diag *diag = add(diags, code, ZPL_WARNING, span, format, args);
    va_end(args);
    return diag;
}

/* True for a diagnostic of the list, which may be written to. */
static bool is_kept(const struct zpl_diags *diags, const struct zpl_diag *diag)
{
    return diags && diag != &no_memory && diag != &not_kept;
}

static bool is_same_note(const struct zpl_note *a, const struct zpl_note *b)
{
    return a->span.source == b->span.source && a->span.begin == b->span.begin &&
           a->span.end == b->span.end && strcmp(a->text, b->text) == 0;
}

/* Appends a note whose text stays where it is, unless it is there; false when memory is out. */
static bool append_note(struct zpl_diags *diags, struct zpl_diag *diag, struct zpl_span span,
                        const char *text)
{
    struct zpl_note *note = text ? zpl_arena_alloc(&diags->arena, sizeof *note) : NULL;
    if (!note)
        return false;
    *note = (struct zpl_note){.span = span, .text = text};
    struct zpl_note **link = &diag->notes;
    for (; *link; link = &(*link)->next)
        if (is_same_note(*link, note))
            return true;
    *link = note;
    return true;
}

void zpl_diag_note(struct zpl_diags *diags, struct zpl_diag *diag, struct zpl_span span,
                   const char *format, ...)
{
    if (!is_kept(diags, diag))
        return;
    va_list args;
    va_start(args, format);
    if (!append_note(diags, diag, span, make_text(diags, format, args)))
        add_no_memory(diags);
    va_end(args);
}

void zpl_diag_also(struct zpl_diags *diags, struct zpl_diag *diag, const char *name)
{
    if (!is_kept(diags, diag))
        return;
    size_t count = ++diag->also_count, more = count - ZPL_DIAG_ALSO_MAX;
    if (!diag->also) {
        zpl_diag_note(diags, diag, (struct zpl_span){0}, "the same of %s", name);
        for (diag->also = diag->notes; diag->also && diag->also->next;)
            diag->also = diag->also->next;
        diag->also_len = diag->also ? strlen(diag->also->text) : 0;
        return;
    }
    const char *was = diag->also->text;
    char *text = count <= ZPL_DIAG_ALSO_MAX ? zpl_arena_printf(&diags->arena, "%s, %s", was, name)
                                            : zpl_arena_printf(&diags->arena, "%.*s and %zu more",
                                                               (int)diag->also_len, was, more);
    if (!text) {
        add_no_memory(diags);
        return;
    }
    diag->also->text = text;
    if (count <= ZPL_DIAG_ALSO_MAX)
        diag->also_len = strlen(text);
}

void zpl_diag_help(struct zpl_diags *diags, struct zpl_diag *diag, const char *format, ...)
{
    if (!is_kept(diags, diag))
        return;
    va_list args;
    va_start(args, format);
    diag->help = make_text(diags, format, args);
    if (!diag->help)
        add_no_memory(diags);
    va_end(args);
}

/* What a person can do about a failed system call, or NULL when the words of errno say it all. */
static const char *system_help(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "free some space there, or set ZPL_HOME to a folder on a larger disk";
    case EACCES:
    case EPERM:
        return "check who owns it and its permissions";
    case EROFS:
        return "set ZPL_HOME to a folder that can be written";
    case EMFILE:
    case ENFILE:
        return "raise the limit of open files (ulimit -n)";
    case ENOENT:
        return "check the path; a relative one starts at the working directory";
    default:
        return NULL;
    }
}

enum zpl_err zpl_diag_system(struct zpl_diags *diags, const char *operation, const char *path,
                             int error)
{
    if (error == ENOMEM)
        return zpl_diag_nomem(diags);
    const struct zpl_span nowhere = {0};
    const char *words = strerrordesc_np(error);
    struct zpl_diag *diag = words ? zpl_diag_add(diags, ZPL_CODE_SYSTEM, nowhere,
                                                 "cannot %s %s: %s", operation, path, words)
                                  : zpl_diag_add(diags, ZPL_CODE_SYSTEM, nowhere,
                                                 "cannot %s %s: error %d", operation, path, error);
    const char *help = system_help(error);
    if (help)
        zpl_diag_help(diags, diag, "%s", help);
    errno = error;
    return ZPL_ERR_IO;
}

enum zpl_err zpl_diag_nomem(struct zpl_diags *diags)
{
    if (diags)
        add_no_memory(diags);
    return ZPL_ERR_NOMEM;
}

/* A copy of `text` in the list's arena; *ok becomes false when memory is out. */
static const char *copy_text(struct zpl_diags *diags, const char *text, bool *ok)
{
    if (!text)
        return NULL;
    const char *copy = zpl_arena_strdup(&diags->arena, text);
    *ok = *ok && copy;
    return copy;
}

bool zpl_diags_have(const struct zpl_diags *diags, enum zpl_code code, struct zpl_span span,
                    const char *message)
{
    for (size_t i = 0; span.source && i < diags->count; i++) {
        const struct zpl_diag *diag = diags->items[i];
        if (diag->code == code && diag->span.source == span.source &&
            diag->span.begin == span.begin && strcmp(diag->message, message) == 0)
            return true;
    }
    return false;
}

bool zpl_diags_have_anywhere(const struct zpl_diags *diags, enum zpl_code code, const char *message)
{
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i]->code == code && strcmp(diags->items[i]->message, message) == 0)
            return true;
    return false;
}

void zpl_diags_append(struct zpl_diags *diags, const struct zpl_diags *from)
{
    if (!diags)
        return;
    for (size_t i = 0; i < from->count; i++) {
        const struct zpl_diag *item = from->items[i];
        bool ok = item != &no_memory;
        if (ok && zpl_diags_have(diags, item->code, item->span, item->message))
            continue;
        struct zpl_diag copy = *item;
        copy.notes = copy.also = NULL;
        copy.also_count = copy.also_len = 0;
        copy.message = copy_text(diags, item->message, &ok);
        copy.help = copy_text(diags, item->help, &ok);
        for (const struct zpl_note *note = item->notes; ok && note; note = note->next)
            ok = append_note(diags, &copy, note->span, copy_text(diags, note->text, &ok));
        if (ok)
            keep(diags, &copy);
        else
            add_no_memory(diags);
    }
    /* Those that `from` dropped were counted there, the errors among them too. */
    size_t kept_errors = 0;
    for (size_t i = 0; i < from->count; i++)
        kept_errors += from->items[i]->severity == ZPL_ERROR;
    diags->dropped += from->dropped;
    if (from->errors > kept_errors)
        diags->errors += from->errors - kept_errors;
}

void zpl_diags_clear(struct zpl_diags *diags)
{
    zpl_diags_release(diags);
}

void zpl_diags_release(struct zpl_diags *diags)
{
    zpl_arena_release(&diags->arena);
    *diags = (struct zpl_diags){0};
}
