/* term.c - terminal facts and cells.   Floor: vm. */
#include "vm/view/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lang/base/text.h"

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST   20
#define LINES_DEFAULT 24

void zpl_term_init(bool *terminal, bool *colour_out, bool *colour_err, unsigned *width)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool able =
        term != NULL && strcmp(term, "dumb") != 0 && (no_color == NULL || *no_color == '\0');
    bool capable = term != NULL && strcmp(term, "dumb") != 0;
    *terminal = capable && isatty(STDOUT_FILENO) == 1;
    *colour_out = able && *terminal;
    *colour_err = able && isatty(STDERR_FILENO) == 1;
    *width = zpl_term_width();
}

void zpl_term_size(unsigned *columns, unsigned *lines)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    *columns = known && size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
    *lines = known && size.ws_row > 0 ? size.ws_row : LINES_DEFAULT;
}

unsigned zpl_term_width(void)
{
    unsigned columns, lines;
    zpl_term_size(&columns, &lines);
    return columns < WIDTH_LEAST ? WIDTH_LEAST : columns;
}

unsigned zpl_term_lines(const char *text, unsigned columns)
{
    unsigned lines = 0, used = 0;
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        if (text[i] == '\033') {
            i += strcspn(text + i, "m");
            i += text[i] == 'm';
            continue;
        }
        i += zpl_utf8_next(text + i, n - i, &cp);
        unsigned w = cp == '\n' ? 0 : (unsigned)zpl_utf8_width(cp);
        bool wraps = used > 0 && used + w > columns; /* a wide character is not divided */
        lines += cp == '\n' || wraps;
        used = cp == '\n' ? 0 : wraps ? w : used + w;
    }
    return lines;
}

/* How many characters the text begins with that are a byte, and a column, each. */
static size_t plain_length(const char *text)
{
    size_t n = 0;
    while (text[n] >= 0x20 && text[n] < 0x7f)
        n++;
    return n;
}

unsigned zpl_term_columns(const char *text)
{
    size_t plain = plain_length(text), n = plain + strlen(text + plain);
    unsigned columns = (unsigned)plain;
    for (size_t i = plain; i < n;) {
        uint32_t cp;
        i += zpl_utf8_next(text + i, n - i, &cp);
        columns += (unsigned)zpl_utf8_width(cp);
    }
    return columns;
}

/* Adds a character as it can be shown. */
static void show_character(struct zpl_buf *out, const char *text, size_t bytes, uint32_t cp)
{
    bool invalid = bytes == 1 && (unsigned char)text[0] >= 0x80;
    bool control = cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
    if (cp == '\n' || cp == '\t' || cp == '\r')
        zpl_buf_putc(out, ' ');
    else if (invalid || control)
        zpl_buf_puts(out, "\uFFFD");
    else
        zpl_buf_add(out, text, bytes);
}

void zpl_term_text(struct zpl_buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t bytes = zpl_utf8_next(text + i, n - i, &cp);
        show_character(out, text + i, bytes, cp);
        i += bytes;
    }
}

void zpl_term_cell(struct zpl_buf *out, const char *text, unsigned width)
{
    size_t n = strlen(text), plain = plain_length(text);
    bool cut = zpl_term_columns(text) > width;
    unsigned most = cut && width > 0 ? width - 1 : width;
    unsigned used = plain < most ? (unsigned)plain : most;
    zpl_buf_add(out, text, used);
    for (size_t i = used; i < n;) {
        uint32_t cp;
        size_t bytes = zpl_utf8_next(text + i, n - i, &cp);
        unsigned w = (unsigned)zpl_utf8_width(cp);
        if (used + w > most)
            break;
        show_character(out, text + i, bytes, cp);
        used += w;
        i += bytes;
    }
    if (cut && width > 0) {
        zpl_buf_puts(out, "…");
        used++;
    }
    zpl_buf_repeat(out, ' ', used < width ? width - used : 0);
}

const char *zpl_term_paint(enum zpl_paint paint, bool colour)
{
    static const char *const CODES[] = {"\033[0m",  "\033[2m",  "\033[1m", "\033[32m",
                                        "\033[33m", "\033[31m", "\033[36m"};
    return colour ? CODES[paint] : "";
}
