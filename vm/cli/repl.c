/* repl.c - zpl repl: lines become cells.   Floor: vm. */
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "vm/repl/line.h"
#include "vm/repl/repl.h"

#define HISTORY "repl_history" /* in the project's .zpl */

/* A session at a terminal or a pipe. */
struct talk {
    struct zpl_repl repl;
    struct zpl_lines *lines;
    enum zpl_lines_kind kind;
    struct zpl_buf text; /* of the cell that is being entered */
    unsigned number;     /* of that cell */
    bool over;
};

/* A session outlives Ctrl-C, however often: it stops what is done now (see zpl_cli_signal). */
static void on_interrupt(int number)
{
    zpl_cli_signal = number;
}

static void survive_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

static const char **complete(void *self, const char *before, size_t *count, size_t *typed,
                             struct zpl_arena *arena)
{
    struct talk *talk = self;
    return zpl_repl_complete(&talk->repl, before, count, typed, arena);
}

/* "csv.read of flights.csv …": what a file brings. */
static void greet(const struct talk *talk)
{
    const struct zpl_cells *cells = &talk->repl.cells;
    if (talk->kind == ZPL_LINES_PIPE)
        return;
    if (cells->count > 0 && cells->items[0]->name_count > 0) {
        printf("%s:", cells->items[0]->name);
        for (size_t i = 0; i < cells->items[0]->name_count; i++)
            printf("%s %s", i > 0 ? "," : "", cells->items[0]->names[i]);
        putchar('\n');
    }
    puts(":help tells what can be entered; Ctrl-D ends the session");
}

/* Takes the text as a cell; one that goes on is left to be read on, unless the input is at its end. */
static void enter(struct talk *talk, bool at_end)
{
    char name[24];
    snprintf(name, sizeof name, "[%u]", talk->number);
    struct zpl_cell *cell = zpl_cell_new(name, zpl_buf_str(&talk->text), talk->text.len);
    if (cell == NULL) {
        zpl_repl_tell(&talk->repl, ZPL_CODE_NO_MEMORY, NULL, "out of memory");
        zpl_buf_clear(&talk->text);
        return;
    }
    if (cell->kind == ZPL_CELL_UNFINISHED && !at_end) {
        zpl_cell_free(cell);
        return;
    }
    zpl_buf_clear(&talk->text);
    if (cell->kind == ZPL_CELL_EMPTY) {
        zpl_cell_free(cell);
        return;
    }
    zpl_repl_enter_take(&talk->repl, cell);
    talk->number++;
}

/* A line more; the text of a cell has no line's end behind it. */
static void take_line(struct talk *talk, const struct zpl_buf *line)
{
    if (talk->text.len == 0 && zpl_repl_is_command(&talk->repl, zpl_buf_str(line))) {
        talk->over = !zpl_repl_command(&talk->repl, zpl_buf_str(line));
        return;
    }
    talk->text.cap = ZPL_SOURCE_BYTES_MAX;
    if (talk->text.len > 0)
        zpl_buf_putc(&talk->text, '\n');
    zpl_buf_add(&talk->text, line->data, line->len);
    if (zpl_buf_error(&talk->text) != ZPL_OK) {
        zpl_repl_tell(&talk->repl, ZPL_CODE_LANG_LIMIT, NULL, "a cell has at most %u bytes",
                      ZPL_SOURCE_BYTES_MAX);
        zpl_buf_clear(&talk->text);
        talk->over = talk->kind == ZPL_LINES_PIPE;
        return;
    }
    enter(talk, false);
}

static void read_on(struct talk *talk)
{
    char prompt[32];
    struct zpl_buf line = {0};
    if (talk->text.len > 0)
        snprintf(prompt, sizeof prompt, "… ");
    else
        snprintf(prompt, sizeof prompt, "[%u]> ", talk->number);
    switch (zpl_lines_read(talk->lines, prompt, &line)) {
    case ZPL_LINE_READ:
        take_line(talk, &line);
        break;
    case ZPL_LINE_INTERRUPTED:
        zpl_buf_clear(&talk->text);
        break;
    case ZPL_LINE_TOO_LONG:
        zpl_repl_tell(&talk->repl, ZPL_CODE_LANG_LIMIT, NULL, "a line has at most %u bytes",
                      ZPL_SOURCE_BYTES_MAX);
        talk->over = true;
        break;
    case ZPL_LINE_END:
        if (talk->text.len > 0)
            enter(talk, true);
        else
            talk->over = true;
        break;
    }
    zpl_buf_release(&line);
    if (zpl_cli_signal == SIGINT && talk->kind != ZPL_LINES_PIPE)
        zpl_cli_signal = 0;
    talk->over |= zpl_cli_signal != 0;
}

static enum zpl_lines_kind kind_of(const struct zpl_cli *cli)
{
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return ZPL_LINES_PIPE;
    return cli->terminal ? ZPL_LINES_EDITED : ZPL_LINES_PLAIN;
}

static enum zpl_err talk_on(struct talk *talk)
{
    char history[ZPL_PATH_MAX];
    struct zpl_completer completer = {talk, complete};
    if (zpl_path_join(history, talk->repl.session.project.home, HISTORY) != ZPL_OK)
        history[0] = '\0';
    talk->lines = zpl_lines_open(talk->kind, history, &zpl_cli_signal, completer);
    if (talk->lines == NULL)
        return zpl_diag_nomem(&talk->repl.session.diags);
    talk->repl.interactive = talk->kind != ZPL_LINES_PIPE;
    if (talk->repl.interactive)
        survive_interrupts();
    greet(talk);
    while (!talk->over)
        read_on(talk);
    zpl_lines_close(talk->lines);
    zpl_buf_release(&talk->text);
    return zpl_cli_signal != 0 ? ZPL_ERR_INTERRUPTED : ZPL_OK;
}

/* FILE:PIPELINE means nothing here: pipelines of the file can be called. */
static bool names_pipeline(const struct zpl_cli *cli, const struct zpl_repl *repl)
{
    return cli->word_count > 0 && strcmp(cli->words[0], repl->session.project.name) != 0;
}

int zpl_cmd_repl(struct zpl_cli *cli)
{
    struct talk talk = {.kind = kind_of(cli), .number = 1};
    enum zpl_err err = zpl_repl_open(&talk.repl, cli, cli->word_count > 0 ? cli->words[0] : NULL);
    if (err == ZPL_OK && names_pipeline(cli, &talk.repl)) {
        zpl_repl_tell(&talk.repl, ZPL_CODE_USAGE, "call the pipeline in the session",
                      "zpl repl takes a file, not a pipeline of it");
        err = ZPL_ERR_USAGE;
    }
    if (err == ZPL_OK) {
        zpl_repl_tell_all(&talk.repl, NULL);
        err = talk_on(&talk);
    }
    bool failed = talk.repl.failed && talk.kind == ZPL_LINES_PIPE;
    int code = zpl_cli_end(cli, &talk.repl.session, err);
    zpl_repl_release(&talk.repl);
    return code == ZPL_EXIT_DONE && failed ? ZPL_EXIT_FAILED : code;
}
