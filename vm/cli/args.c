/* args.c - reads the command line; prints help.   Floor: vm. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "vm/cli/cli.h"

#define COUNT_MOST (ZPL_SLOTS_MAX * 1000ul)

struct option {
    const char *name; /* without the dashes */
    unsigned bit;
    const char *value; /* what its value is called, or NULL for none */
    const char *summary;
};
static const struct option OPTIONS[] = {
    {"json", ZPL_OPT_JSON, NULL, "print one JSON value for other programs"},
    {"jobs", ZPL_OPT_JOBS, "N", "steps that run at the same time (default: one a core)"},
    {"no-cache", ZPL_OPT_NO_CACHE, NULL, "do everything again"},
    {"fail-fast", ZPL_OPT_FAIL_FAST, NULL, "start nothing more after a step failed"},
    {"format", ZPL_OPT_FORMAT, "F", "text, mermaid, dot or json"},
    {"limit", ZPL_OPT_LIMIT, "N", "how many to list (default 20)"},
    {"explain", ZPL_OPT_EXPLAIN, "CODE", "more about a diagnostic's code"},
    {"stack", ZPL_OPT_STACK, "NAME", "where to run: a stack of the program or of project.zpl"},
    {"rows", ZPL_OPT_ROWS, "N", "first rows or items to show (default 10, at most 1000)"},
    {"html", ZPL_OPT_HTML, "FILE", "write a page about the run to this file"},
    {"force", ZPL_OPT_FORCE, NULL, "replace a file that is there"},
    {"keep", ZPL_OPT_KEEP, "N", "runs to keep of each pipeline, the newest ones (default 10)"},
    {"days", ZPL_OPT_DAYS, "N",
     "keep the runs of the last N days, and the newest of each pipeline"},
    {"dry-run", ZPL_OPT_DRY_RUN, NULL, "say what would be removed, and remove nothing"},
    {"repair", ZPL_OPT_REPAIR, NULL, "forget outputs whose bytes are wrong or missing"},
    {"follow", ZPL_OPT_FOLLOW, NULL, "print on as steps print, until they have ended (also -f)"},
    {"events", ZPL_OPT_EVENTS, NULL, "print what happens as JSON lines, when it happens"},
    {"only", ZPL_OPT_ONLY, "STEP",
     "this step, 'split[*]' or one item 'split[3]', and what it needs"},
    {"from", ZPL_OPT_FROM, "STEP", "do this step and all that depend on it again"},
    {"help", ZPL_OPT_HELP, NULL, "this page"},
};
#define OPTION_COUNT (sizeof OPTIONS / sizeof OPTIONS[0])

bool zpl_cli_is_flag(const char *name)
{
    unsigned taken = ZPL_OPT_HELP;
    for (const struct zpl_command *c = zpl_cli_commands(); c->name != NULL; c++)
        if (c->options & ZPL_OPT_PARAMS)
            taken |= c->options;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(OPTIONS[i].name, name) == 0)
            return (taken & OPTIONS[i].bit) != 0;
    return false;
}

static const struct zpl_command *find_command(const char *name)
{
    const struct zpl_command *command = zpl_cli_commands();
    while (command->name != NULL && strcmp(command->name, name) != 0)
        command++;
    return command->name != NULL ? command : NULL;
}

/* Stacks call it, not people: it is not listed. */
static bool is_hidden(const struct zpl_command *command)
{
    return command->run == zpl_cmd_worker;
}

/* A command that is nearly what was typed. */
static const char *nearest_command(const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const struct zpl_command *c = zpl_cli_commands(); c->name != NULL && count < 64; c++)
        if (!is_hidden(c))
            names[count++] = c->name;
    return zpl_text_nearest(word, names, count);
}

/* Of zpl as a whole. */
static void general_help(void)
{
    puts("zpl: typed pipelines for machine learning\n\nusage: zpl COMMAND [ARGUMENTS]\n");
    for (const struct zpl_command *c = zpl_cli_commands(); c->name != NULL; c++)
        if (!is_hidden(c))
            printf("  %-9s %s\n", c->name, c->summary);
    puts("\n`zpl COMMAND --help` says more.  The language: docs/language.md");
}

void zpl_cli_help(const struct zpl_cli *cli)
{
    const struct zpl_command *command = cli->command;
    if (command == NULL) {
        general_help();
        return;
    }
    printf("zpl %s: %s\n\nusage: zpl %s %s\n", command->name, command->summary, command->name,
           command->arguments);
    if (command->details != NULL)
        printf("\n%s\n", command->details);
    puts("\noptions:");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char flag[32];
        if (!((command->options | ZPL_OPT_HELP) & OPTIONS[i].bit))
            continue;
        snprintf(flag, sizeof flag, "--%s%s%s", OPTIONS[i].name,
                 OPTIONS[i].value != NULL ? " " : "",
                 OPTIONS[i].value != NULL ? OPTIONS[i].value : "");
        printf("  %-14s %s\n", flag, OPTIONS[i].summary);
    }
    if (command->options & ZPL_OPT_PARAMS)
        puts("  --PARAM VALUE  a param that the program declares");
    printf("\nexample:\n  %s\n", command->example);
}

/* A whole number from 1; false tells. */
static bool read_count(struct zpl_cli *cli, const char *flag, const char *text, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*text == '\0' || *text == '-' || *end != '\0' || n < 1 || n > COUNT_MOST) {
        zpl_cli_usage(cli, ZPL_CODE_USAGE, NULL,
                      "--%s takes a whole number from 1 to %lu, not '%s'", flag, COUNT_MOST, text);
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

/* Takes the value of one of zpl's own options. */
static bool take_value(struct zpl_cli *cli, const struct option *option, const char *value)
{
    switch (option->bit) {
    case ZPL_OPT_JOBS:
        if (!read_count(cli, option->name, value, &cli->jobs))
            return false;
        if (cli->jobs <= ZPL_SLOTS_MAX)
            return true;
        zpl_cli_usage(cli, ZPL_CODE_USAGE, NULL, "--jobs is at most %d", ZPL_SLOTS_MAX);
        return false;
    case ZPL_OPT_LIMIT:
        return read_count(cli, option->name, value, &cli->limit);
    case ZPL_OPT_ROWS:
        if (!read_count(cli, option->name, value, &cli->rows))
            return false;
        if (cli->rows <= ZPL_PREVIEW_ROWS_MAX)
            return true;
        zpl_cli_usage(cli, ZPL_CODE_USAGE, "`zpl export` writes all rows to a file",
                      "--rows is at most %d", ZPL_PREVIEW_ROWS_MAX);
        return false;
    case ZPL_OPT_KEEP:
        return read_count(cli, option->name, value, &cli->keep);
    case ZPL_OPT_DAYS:
        return read_count(cli, option->name, value, &cli->days);
    case ZPL_OPT_HTML:
        cli->html = value;
        return true;
    case ZPL_OPT_FORMAT:
        cli->format = value;
        return true;
    case ZPL_OPT_STACK:
        cli->stack = value;
        return true;
    case ZPL_OPT_EXPLAIN:
        cli->explain = value;
        return true;
    case ZPL_OPT_ONLY:
        cli->only = value;
        return true;
    case ZPL_OPT_FROM:
        cli->from = value;
        return true;
    default:
        return true;
    }
}

static bool list_flags(struct zpl_cli *cli)
{
    cli->flags = zpl_arena_array(&cli->arena, OPTION_COUNT, sizeof *cli->flags);
    for (size_t i = 0; cli->flags != NULL && i < OPTION_COUNT; i++)
        if ((cli->command->options | ZPL_OPT_HELP) & OPTIONS[i].bit)
            cli->flags[cli->flag_count++] = OPTIONS[i].name;
    return cli->flags != NULL;
}

/* A flag nothing knows: with the nearest one this command has. */
static bool unknown_flag(struct zpl_cli *cli, const char *name)
{
    const char *near = zpl_text_nearest(name, cli->flags, cli->flag_count);
    const char *help = near != NULL ? zpl_arena_printf(&cli->arena, "did you mean --%s?", near)
                                    : zpl_arena_printf(&cli->arena, "`zpl %s --help` lists them",
                                                       cli->command->name);
    zpl_cli_usage(cli, ZPL_CODE_UNKNOWN_FLAG, help, "zpl %s has no option --%s", cli->command->name,
                  name);
    return false;
}

/* -j 3, -json: the options that may be meant, or what options look like. */
static enum zpl_err short_flag(struct zpl_cli *cli, const char *word)
{
    const char *name = word + 1, *near = NULL;
    size_t n = strcspn(name, "=");
    for (size_t i = 0; i < cli->flag_count; i++)
        if (strncmp(cli->flags[i], name, n) == 0)
            near = near == NULL ? cli->flags[i]
                                : zpl_arena_printf(&cli->arena, "%s or --%s", near, cli->flags[i]);
    if (near == NULL && n > 1)
        near = zpl_text_nearest(name, cli->flags, cli->flag_count);
    const char *help =
        near != NULL ? zpl_arena_printf(&cli->arena, "did you mean --%s?", near)
        : cli->command->options & ZPL_OPT_PARAMS
            ? zpl_arena_printf(&cli->arena, "options and params have two dashes, as --%s", name)
            : zpl_arena_printf(&cli->arena, "`zpl %s --help` lists them", cli->command->name);
    zpl_cli_usage(cli, ZPL_CODE_UNKNOWN_FLAG, help, "zpl %s has no option %s", cli->command->name,
                  word);
    return ZPL_ERR_USAGE;
}

/* A param of the pipeline: its value is the next word, unless that is a flag or there is none. */
static void take_param(struct zpl_cli *cli, const char *name, const char *value, int argc,
                       char **argv, int *i)
{
    if (value == NULL && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0)
        value = argv[++*i];
    cli->given[cli->given_count++] = (struct zpl_given){name, value};
}

/* One word that begins with two dashes. */
static bool take_flag(struct zpl_cli *cli, int argc, char **argv, int *i)
{
    const char *word = argv[*i] + 2;
    const char *equals = strchr(word, '=');
    const char *name =
        equals != NULL ? zpl_arena_strndup(&cli->arena, word, (size_t)(equals - word)) : word;
    const char *value = equals != NULL ? equals + 1 : NULL;
    unsigned allowed = cli->command->options | ZPL_OPT_HELP;
    const struct option *option = OPTIONS;
    if (name == NULL)
        return false;
    while (option < OPTIONS + OPTION_COUNT && strcmp(option->name, name) != 0)
        option++;
    if (option == OPTIONS + OPTION_COUNT || !(allowed & option->bit)) {
        if (zpl_cli_is_flag(name) || !(allowed & ZPL_OPT_PARAMS))
            return unknown_flag(cli, name);
        take_param(cli, name, value, argc, argv, i);
        return true;
    }
    cli->options |= option->bit;
    if (option->value == NULL && value != NULL) {
        zpl_cli_usage(cli, ZPL_CODE_USAGE, NULL, "--%s takes no value", name);
        return false;
    }
    if (option->value == NULL)
        return true;
    if (value == NULL && *i + 1 < argc)
        value = argv[++*i];
    if (value != NULL)
        return take_value(cli, option, value);
    zpl_cli_usage(cli, ZPL_CODE_USAGE, NULL, "--%s needs a value", name);
    return false;
}

/* An option of some command. */
static bool is_option(const char *word)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, OPTIONS[i].name) == 0)
            return true;
    return false;
}

/* Finds the command; false when there is none to run. */
static bool take_command(struct zpl_cli *cli, int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (word == NULL || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
        strcmp(word, "help") == 0) {
        cli->options |= ZPL_OPT_HELP;
        if (argc <= 2 || argv[2][0] == '-')
            return word != NULL;
        word = argv[2];
    }
    cli->command = find_command(strcmp(word, "--version") == 0 ? "version" : word);
    if (cli->command != NULL)
        return true;
    const char *near = nearest_command(word);
    size_t n = strlen(word);
    const char *help = "`zpl --help` lists the commands";
    if (is_option(word))
        help =
            zpl_arena_printf(&cli->arena, "options stand behind the command: zpl %s %s",
                             argc > 2 && find_command(argv[2]) != NULL ? argv[2] : "COMMAND", word);
    else if (strcasecmp(word, "-v") == 0)
        help = "did you mean `zpl version`?";
    else if (near != NULL)
        help = zpl_arena_printf(&cli->arena, "did you mean `zpl %s`?", near);
    else if (n > 4 && strcmp(word + n - 4, ".zpl") == 0)
        help = zpl_arena_printf(&cli->arena, "to run it: zpl run %s", word);
    zpl_cli_usage(cli, ZPL_CODE_UNKNOWN_COMMAND, help, "zpl has no command '%s'", word);
    return false;
}

/* Was an option nothing knows taken for a param, with the file as its value or without any file?  Then that
 * is what is told. */
static bool swallowed(struct zpl_cli *cli)
{
    for (size_t i = 0; i < cli->given_count; i++) {
        const char *text = cli->given[i].text;
        size_t n = text != NULL ? strlen(text) : 0;
        if ((n > 4 && strcmp(text + n - 4, ".zpl") == 0) ||
            zpl_text_nearest(cli->given[i].name, cli->flags, cli->flag_count) != NULL)
            return !unknown_flag(cli, cli->given[i].name);
    }
    return false;
}

/* What a word too many may have been meant as; NULL: nothing comes to mind. */
static const char *too_many(struct zpl_cli *cli)
{
    const char *word = cli->words[cli->command->most];
    if (cli->given_count > 0)
        return "a pattern of files stands in quotes, else the shell expands it: "
               "--data 'data/*.csv'";
    size_t n = strcspn(word, "=");
    if ((cli->command->options & ZPL_OPT_PARAMS) && n > 0 && word[n] == '=')
        return zpl_arena_printf(&cli->arena, "a param is given as --%.*s %s", (int)n, word,
                                word + n + 1);
    if (cli->command->options & ZPL_OPT_ONLY)
        return zpl_arena_printf(&cli->arena, "of one step and what it needs: --only %s", word);
    return NULL;
}

static enum zpl_err wrong_count(struct zpl_cli *cli)
{
    bool few = cli->word_count < cli->command->least;
    const char *more = few ? NULL : too_many(cli);
    const char *usage = zpl_arena_printf(&cli->arena, "usage: zpl %s %s%s%s", cli->command->name,
                                         cli->command->arguments, more != NULL ? "; " : "",
                                         more != NULL ? more : "");
    zpl_cli_usage(cli, ZPL_CODE_USAGE, usage,
                  few ? "zpl %s needs more words" : "zpl %s takes fewer words", cli->command->name);
    return ZPL_ERR_USAGE;
}

/* Command, options, params, words. */
enum zpl_err zpl_cli_parse(struct zpl_cli *cli, int argc, char **argv)
{
    cli->words = zpl_arena_array(&cli->arena, (size_t)argc + 1, sizeof *cli->words);
    cli->given = zpl_arena_array(&cli->arena, (size_t)argc + 1, sizeof *cli->given);
    cli->limit = 20;
    cli->rows = 10;
    if (cli->words == NULL || cli->given == NULL)
        return ZPL_ERR_NOMEM;
    if (!take_command(cli, argc, argv)) {
        if (argc <= 1)
            general_help();
        return ZPL_ERR_USAGE;
    }
    if (cli->command != NULL && !list_flags(cli))
        return ZPL_ERR_NOMEM;
    /* Known before anything is told. */
    for (int i = 2; cli->command != NULL && i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            cli->options |= cli->command->options & ZPL_OPT_JSON;
    for (int i = 2; cli->command != NULL && i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0)
            cli->options |= ZPL_OPT_HELP;
        else if (strcmp(argv[i], "-f") == 0 && (cli->command->options & ZPL_OPT_FOLLOW))
            cli->options |= ZPL_OPT_FOLLOW;
        else if (argv[i][0] == '-' && isalpha((unsigned char)argv[i][1]))
            return short_flag(cli, argv[i]);
        else if (strncmp(argv[i], "--", 2) != 0 || argv[i][2] == '\0')
            cli->words[cli->word_count++] = argv[i];
        else if (!take_flag(cli, argc, argv, &i))
            return ZPL_ERR_USAGE;
    }
    if (cli->options & (ZPL_OPT_HELP | ZPL_OPT_EXPLAIN))
        return ZPL_OK;
    if (cli->word_count < cli->command->least && swallowed(cli))
        return ZPL_ERR_USAGE;
    if (cli->word_count < cli->command->least || cli->word_count > cli->command->most)
        return wrong_count(cli);
    return ZPL_OK;
}
