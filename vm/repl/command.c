/* command.c - what a session is told with a colon in front.   Floor: vm. */
#include <ctype.h>
#include <string.h>

#include "lang/base/text.h"
#include "vm/repl/repl.h"

struct command {
    const char *name, *argument, *summary;
    bool (*run)(struct zpl_repl *repl, const char *argument);
};

static const struct command *commands(void);

static bool run_help(struct zpl_repl *repl, const char *argument)
{
    struct zpl_buf out = {0};
    (void)repl;
    (void)argument;
    zpl_buf_puts(&out,
                 "x = …, local x = …   names a value; its type is told, nothing is computed\n"
                 "x, x.auc, f { x }    shows a value: only what it needs is computed, once\n"
                 "A text that is not finished goes on in the next line; Ctrl-C drops it, or stops\n"
                 "the step that runs; Ctrl-D or exit ends the session.  `zpl doc NAME` explains a "
                 "step.\n\n");
    for (const struct command *c = commands(); c->name != NULL; c++)
        zpl_buf_printf(&out, ":%s%s%s%*s%s\n", c->name, c->argument[0] != '\0' ? " " : "",
                       c->argument, (int)(19 - strlen(c->name) - strlen(c->argument)), "",
                       c->summary);
    zpl_cli_print_take(&out);
    return true;
}

static bool look(struct zpl_repl *repl, const char *argument, bool columns)
{
    struct zpl_cell *cell = zpl_cell_new("[:]", argument, strlen(argument));
    if (cell == NULL) {
        zpl_repl_tell(repl, ZPL_CODE_NO_MEMORY, NULL, "out of memory");
        return true;
    }
    if (!cell->broken && cell->kind != ZPL_CELL_EXPRESSION && cell->kind != ZPL_CELL_CALL) {
        zpl_repl_tell(repl, ZPL_CODE_USAGE, "enter it without the colon first",
                      "only a value has a type: a name or an expression");
        zpl_cell_free(cell);
        return true;
    }
    zpl_repl_look_take(repl, cell, columns);
    return true;
}

static bool run_type(struct zpl_repl *repl, const char *argument)
{
    return look(repl, argument, false);
}

static bool run_columns(struct zpl_repl *repl, const char *argument)
{
    return look(repl, argument, true);
}

/* A cell's text, its further lines below its first. */
static void list_cell(const struct zpl_cell *cell, struct zpl_buf *out)
{
    const char *line = cell->text;
    unsigned margin = (unsigned)strlen(cell->name) + 1;
    if (cell->from_file) {
        zpl_buf_printf(out, "%s\n", cell->name);
        return;
    }
    zpl_buf_printf(out, "%s ", cell->name);
    for (size_t n = 0; *line != '\0'; line += n) {
        n = strcspn(line, "\n");
        zpl_buf_repeat(out, ' ', line > cell->text ? margin : 0);
        zpl_buf_add(out, line, n);
        zpl_buf_putc(out, '\n');
        n += line[n] == '\n';
    }
}

static bool run_list(struct zpl_repl *repl, const char *argument)
{
    struct zpl_buf out = {0};
    (void)argument;
    for (size_t i = 0; i < repl->cells.count; i++)
        list_cell(repl->cells.items[i], &out);
    if (repl->cells.count == 0)
        zpl_buf_puts(&out, "no cells yet\n");
    zpl_cli_print_take(&out);
    return true;
}

static bool run_save(struct zpl_repl *repl, const char *argument)
{
    struct zpl_cells_text text = {0};
    struct zpl_stat st;
    if (zpl_fs_stat(argument, &st, NULL) == ZPL_OK) {
        zpl_repl_tell(repl, ZPL_CODE_USAGE, "give another name, or remove it first",
                      "there is a file '%s' already", argument);
        return true;
    }
    zpl_cells_write(&repl->cells, NULL, &text);
    enum zpl_err err = zpl_cells_text_error(&text) == ZPL_OK
                           ? zpl_fs_write_file(argument, zpl_buf_str(&text.text), text.text.len,
                                               false, &repl->session.diags)
                           : zpl_diag_nomem(&repl->session.diags);
    zpl_cells_text_release(&text);
    if (err == ZPL_OK)
        printf("saved %zu cell%s: zpl run %s\n", repl->cells.count,
               repl->cells.count == 1 ? "" : "s", argument);
    else
        repl->failed = true;
    zpl_repl_tell_all(repl, NULL);
    return true;
}

static bool run_undo(struct zpl_repl *repl, const char *argument)
{
    struct zpl_buf out = {0};
    size_t count = repl->cells.count;
    (void)argument;
    if (count == 0 || repl->cells.items[count - 1]->from_file) {
        zpl_repl_tell(repl, ZPL_CODE_USAGE, NULL, "there is no cell to take back");
        return true;
    }
    zpl_buf_puts(&out, "taken back: ");
    list_cell(repl->cells.items[count - 1], &out);
    zpl_cells_remove(&repl->cells, count - 1);
    zpl_cli_print_take(&out);
    return true;
}

static bool run_quit(struct zpl_repl *repl, const char *argument)
{
    (void)repl;
    (void)argument;
    return false;
}

static const struct command *commands(void)
{
    static const struct command COMMANDS[] = {
        {"help", "", "this", run_help},
        {"type", "EXPRESSION", "what it is; computes nothing", run_type},
        {"columns", "EXPRESSION", "its columns or fields, one a line", run_columns},
        {"list", "", "the cells of this session", run_list},
        {"undo", "", "takes the last of them back", run_undo},
        {"save", "FILE", "writes them as a program that `zpl run` takes", run_save},
        {"quit", "", "ends the session", run_quit},
        {0}};
    return COMMANDS;
}

/* What people type who do not know the commands' names yet, and the command that it means. */
static const struct {
    const char *word, *command;
    bool bare; /* without a colon too */
} ALIASES[] = {{"exit", "quit", true}, {"quit", "quit", true}, {"help", "help", true},
               {"?", "help", true},    {"q", "quit", false},   {"h", "help", false}};
#define ALIAS_COUNT (sizeof ALIASES / sizeof ALIASES[0])

static const char *alias(const char *word, size_t n, bool bare)
{
    for (size_t i = 0; i < ALIAS_COUNT; i++)
        if (strlen(ALIASES[i].word) == n && memcmp(ALIASES[i].word, word, n) == 0 &&
            (ALIASES[i].bare || !bare))
            return ALIASES[i].command;
    return NULL;
}

/* The command that a line without a colon is: exit, quit(), help; NULL: none, or a name of the session. */
static const char *bare_command(const struct zpl_repl *repl, const char *line)
{
    line += strspn(line, " \t");
    size_t n = *line == '?' ? 1 : strcspn(line, " \t\r\n();");
    const char *rest = line + n;
    rest += strspn(rest, " \t");
    rest += strncmp(rest, "()", 2) == 0 ? 2 : 0;
    if (rest[strspn(rest, " \t\r\n;")] != '\0')
        return NULL;
    for (size_t i = 0; i < repl->cells.count; i++)
        for (size_t k = 0; k < repl->cells.items[i]->name_count; k++) {
            const char *name = repl->cells.items[i]->names[k];
            if (strlen(name) == n && memcmp(name, line, n) == 0)
                return NULL;
        }
    return alias(line, n, true);
}

bool zpl_repl_is_command(const struct zpl_repl *repl, const char *line)
{
    if (bare_command(repl, line) != NULL)
        return true;
    while (isspace((unsigned char)*line))
        line++;
    return line[0] == ':' && isalpha((unsigned char)line[1]);
}

static void unknown(struct zpl_repl *repl, const char *name)
{
    const char *names[16];
    char help[64] = "`:help` lists them";
    size_t count = 0;
    for (const struct command *c = commands(); c->name != NULL; c++)
        names[count++] = c->name;
    const char *near = zpl_text_nearest(name, names, count);
    if (near != NULL)
        snprintf(help, sizeof help, "did you mean ':%s'?", near);
    zpl_repl_tell(repl, ZPL_CODE_UNKNOWN_COMMAND, help, "there is no command ':%s'", name);
}

bool zpl_repl_command(struct zpl_repl *repl, const char *line)
{
    char name[16] = "";
    struct zpl_buf argument = {.cap = ZPL_SOURCE_BYTES_MAX};
    bool goes_on = true;
    const char *known = bare_command(repl, line);
    if (known == NULL) {
        line += strspn(line, " \t") + 1;
        size_t n = strcspn(line, " \t\r\n");
        known = alias(line, n, false);
        snprintf(name, sizeof name, "%.*s", (int)n, line);
        line += n;
        line += strspn(line, " \t\r\n");
        n = strlen(line);
        while (n > 0 && isspace((unsigned char)line[n - 1]))
            n--;
        zpl_buf_add(&argument, line, n);
    }
    if (known != NULL)
        snprintf(name, sizeof name, "%s", known);
    const struct command *c = commands();
    while (c->name != NULL && strcmp(c->name, name) != 0)
        c++;
    if (zpl_buf_error(&argument) != ZPL_OK)
        zpl_repl_tell(repl, ZPL_CODE_NO_MEMORY, NULL, "out of memory");
    else if (c->name == NULL)
        unknown(repl, name);
    else if ((c->argument[0] != '\0') == (argument.len > 0))
        goes_on = c->run(repl, zpl_buf_str(&argument));
    else
        zpl_repl_tell(repl, ZPL_CODE_USAGE, NULL, "write `:%s%s%s`", c->name,
                      c->argument[0] != '\0' ? " " : "", c->argument);
    zpl_buf_release(&argument);
    return goes_on;
}
