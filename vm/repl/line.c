/* line.c - libedit, or plain lines.   Floor: vm. */
#include "vm/repl/line.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "vm/view/term.h"

#define SHOWN_MOST 60 /* words that Tab lists */

struct zpl_lines {
    enum zpl_lines_kind kind;
    struct zpl_completer completer;
    char history_path[ZPL_PATH_MAX];
    const char *prompt;
    EditLine *editor;
    History *history;
    /* libedit asks the locale what a character is: held while a line is edited, so that nothing else
     * sees it. */
    locale_t characters;
    const volatile sig_atomic_t *interrupted;
    bool gave_up;  /* a signal came instead of a key */
    sigset_t open; /* the signals that are let in while a key is waited for */
};

/* ---- history ---- */

static void remember(struct zpl_lines *lines, const char *line)
{
    HistEvent event;
    if (line[strspn(line, " \t")] != '\0' && strlen(line) <= ZPL_HISTORY_LINE)
        history(lines->history, &event, H_ENTER, line);
}

static void read_history(struct zpl_lines *lines)
{
    struct zpl_buf text = {0};
    if (zpl_fs_read_file(lines->history_path, ZPL_HISTORY_LINES * (ZPL_HISTORY_LINE + 1), &text,
                         NULL) == ZPL_OK) {
        char *rest = NULL;
        for (char *line = strtok_r(text.data, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            remember(lines, line);
    }
    zpl_buf_release(&text);
}

/* All lines, the oldest first. */
static void collect_history(struct zpl_lines *lines, struct zpl_buf *out)
{
    HistEvent event;
    for (int code = history(lines->history, &event, H_LAST); code >= 0;
         code = history(lines->history, &event, H_PREV)) {
        zpl_buf_add(out, event.str, strcspn(event.str, "\n"));
        zpl_buf_putc(out, '\n');
    }
}

/* Beside its place and renamed over it; for nobody else to read. */
static void write_history(struct zpl_lines *lines)
{
    char beside[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    if (snprintf(beside, sizeof beside, "%s.%ld", lines->history_path, (long)getpid()) >=
        (int)sizeof beside)
        return;
    collect_history(lines, &text);
    int file = text.len > 0 ? zpl_fs_open(beside, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (file >= 0) {
        bool whole = zpl_fs_write_all(file, text.data, text.len) == ZPL_OK;
        whole = close(file) == 0 && whole;
        if (!whole || zpl_fs_rename(beside, lines->history_path, NULL) != ZPL_OK)
            unlink(beside);
    }
    zpl_buf_release(&text);
}

/* ---- the editor ---- */

static struct zpl_lines *lines_of(EditLine *editor)
{
    void *self = NULL;
    el_get(editor, EL_CLIENTDATA, &self);
    return self;
}

static char *prompt_of(EditLine *editor)
{
    return (char *)lines_of(editor)->prompt;
}

static bool has_signal(const struct zpl_lines *lines)
{
    sigset_t pending;
    return *lines->interrupted != 0 || sigpending(&pending) != 0 ||
           sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

/* A byte from the terminal; -1 when a signal came.  Signals are let in only here, so that none comes
 * between a look at it and the wait.  Where both are there when the wait ends, the signal was first: the
 * byte is of the next line, since a terminal forgets what was typed before Ctrl-C. */
static ssize_t read_byte(struct zpl_lines *lines, char *out)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    lines->gave_up =
        has_signal(lines) || ppoll(&keys, 1, NULL, &lines->open) < 0 || has_signal(lines);
    if (lines->gave_up)
        return -1;
    return read(STDIN_FILENO, out, 1);
}

/* A character from the terminal; a signal ends the line. */
static int read_character(EditLine *editor, wchar_t *out)
{
    char bytes[MB_LEN_MAX];
    for (size_t n = 0; n < sizeof bytes; n++) {
        ssize_t got = read_byte(lines_of(editor), bytes + n);
        if (got <= 0)
            return (int)got;
        mbstate_t fresh = {0};
        size_t used = mbrtowc(out, bytes, n + 1, &fresh);
        if (used == (size_t)-1)
            break;
        if (used != (size_t)-2)
            return 1;
    }
    *out = L'\uFFFD';
    return 1;
}

/* The bytes that all of the words begin with. */
static size_t common_length(const char *const *words, size_t count)
{
    size_t n = strlen(words[0]);
    for (size_t i = 1; i < count; i++) {
        size_t k = 0;
        while (k < n && words[i][k] == words[0][k])
            k++;
        n = k;
    }
    return n;
}

/* In columns, as many as the line has room for. */
static void list_words(const char *const *words, size_t count)
{
    size_t shown = count < SHOWN_MOST ? count : SHOWN_MOST;
    unsigned widest = 0, line = zpl_term_width();
    for (size_t i = 0; i < shown; i++) {
        unsigned columns = zpl_term_columns(words[i]);
        widest = columns > widest ? columns : widest;
    }
    unsigned columns = line / (widest + 2) > 0 ? line / (widest + 2) : 1;
    for (size_t i = 0; i < shown; i++)
        printf("%s%-*s", i % columns == 0 ? "\n" : "  ", (int)widest, words[i]);
    if (count > shown)
        printf("\n… %zu more", count - shown);
    putchar('\n');
    fflush(stdout);
}

/* Tab: adds what all words go on with, or lists them. */
static unsigned char complete(EditLine *editor, int key)
{
    struct zpl_lines *lines = lines_of(editor);
    const LineInfo *line = el_line(editor);
    struct zpl_arena arena = {0};
    size_t count = 0, typed = 0;
    unsigned char done = CC_ERROR;
    (void)key;
    const char *before =
        zpl_arena_strndup(&arena, line->buffer, (size_t)(line->cursor - line->buffer));
    const char **words =
        before != NULL && lines->completer.words != NULL
            ? lines->completer.words(lines->completer.self, before, &count, &typed, &arena)
            : NULL;
    size_t common = words != NULL && count > 0 ? common_length(words, count) : 0;
    if (common > typed) {
        const char *more = zpl_arena_strndup(&arena, words[0] + typed, common - typed);
        done = more != NULL && el_insertstr(editor, more) == 0 ? CC_REFRESH : CC_ERROR;
    } else if (count > 1) {
        list_words(words, count);
        done = CC_REDISPLAY;
    }
    zpl_arena_release(&arena);
    return done;
}

static bool open_editor(struct zpl_lines *lines)
{
    HistEvent event;
    lines->characters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = uselocale(lines->characters);
    lines->history = history_init();
    lines->editor = el_init("zpl", stdin, stdout, stderr);
    if (lines->history != NULL && lines->editor != NULL) {
        history(lines->history, &event, H_SETSIZE, ZPL_HISTORY_LINES);
        history(lines->history, &event, H_SETUNIQUE, 1);
        el_set(lines->editor, EL_CLIENTDATA, lines);
        el_set(lines->editor, EL_PROMPT, prompt_of);
        el_set(lines->editor, EL_EDITOR, "emacs");
        el_set(lines->editor, EL_SIGNAL, 0);
        el_set(lines->editor, EL_HIST, history, lines->history);
        el_set(lines->editor, EL_GETCFN, read_character);
        el_set(lines->editor, EL_ADDFN, "zpl-complete", "completes a word", complete);
        el_set(lines->editor, EL_BIND, "^I", "zpl-complete", NULL);
        el_source(lines->editor, NULL);
        read_history(lines);
    }
    uselocale(before);
    return lines->history != NULL && lines->editor != NULL;
}

/* ---- lines ---- */

struct zpl_lines *zpl_lines_open(enum zpl_lines_kind kind, const char *history,
                                 const volatile sig_atomic_t *interrupted,
                                 struct zpl_completer completer)
{
    struct zpl_lines *lines = zpl_calloc(1, sizeof *lines);
    if (lines == NULL)
        return NULL;
    lines->kind = kind;
    lines->completer = completer;
    lines->interrupted = interrupted;
    snprintf(lines->history_path, sizeof lines->history_path, "%s", history);
    if (kind == ZPL_LINES_EDITED && !open_editor(lines))
        lines->kind = ZPL_LINES_PLAIN;
    return lines;
}

/* While a cell is worked on, what is typed ahead is not echoed: it would stand among the lines that move.
 * It is read, and shown, by the next line. */
static void echo(bool on)
{
    struct termios mode;
    if (tcgetattr(STDIN_FILENO, &mode) != 0)
        return;
    mode.c_lflag = on ? mode.c_lflag | ECHO : mode.c_lflag & ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

static enum zpl_line_end read_edited(struct zpl_lines *lines, struct zpl_buf *out)
{
    int count = 0;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    echo(true);
    sigprocmask(SIG_BLOCK, &ends, &lines->open);
    locale_t before = uselocale(lines->characters);
    el_resize(lines->editor);
    lines->gave_up = false;
    const char *line = el_gets(lines->editor, &count);
    uselocale(before);
    sigprocmask(SIG_SETMASK, &lines->open, NULL);
    echo(false);
    if (line == NULL || count <= 0) {
        putchar('\n');
        return lines->gave_up ? ZPL_LINE_INTERRUPTED : ZPL_LINE_END;
    }
    size_t n = (size_t)count;
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    zpl_buf_add(out, line, n);
    remember(lines, zpl_buf_str(out));
    return ZPL_LINE_READ;
}

static enum zpl_line_end read_plain(struct zpl_buf *out)
{
    out->cap = ZPL_SOURCE_BYTES_MAX + 2;
    for (;;) {
        errno = 0;
        int c = getc(stdin);
        bool interrupted = c == EOF && ferror(stdin) && errno == EINTR;
        if (c == EOF)
            clearerr(stdin);
        if (interrupted)
            return ZPL_LINE_INTERRUPTED;
        if (c == '\n' || (c == EOF && out->len > 0))
            return ZPL_LINE_READ;
        if (c == EOF)
            return ZPL_LINE_END;
        zpl_buf_putc(out, (char)c);
        if (zpl_buf_error(out) != ZPL_OK)
            return ZPL_LINE_TOO_LONG;
    }
}

enum zpl_line_end zpl_lines_read(struct zpl_lines *lines, const char *prompt, struct zpl_buf *out)
{
    zpl_buf_clear(out);
    lines->prompt = prompt;
    if (lines->kind == ZPL_LINES_EDITED)
        return read_edited(lines, out);
    if (lines->kind == ZPL_LINES_PLAIN)
        fputs(prompt, stdout);
    fflush(stdout);
    return read_plain(out);
}

void zpl_lines_close(struct zpl_lines *lines)
{
    HistEvent event;
    if (lines == NULL)
        return;
    if (lines->kind == ZPL_LINES_EDITED) {
        write_history(lines);
        echo(true);
    }
    if (lines->editor != NULL)
        el_end(lines->editor);
    if (lines->history != NULL) {
        history(lines->history, &event, H_CLEAR);
        history_end(lines->history);
    }
    if (lines->characters != (locale_t)0)
        freelocale(lines->characters);
    free(lines);
}
