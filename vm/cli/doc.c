/* doc.c - zpl doc.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "stdlib/catalog.h"
#include "vm/cli/cli.h"

/* The first line of a doc text. */
static int summary_length(const char *doc)
{
    return (int)strcspn(doc, "\n");
}

static struct zpl_json *step_json(const struct zpl_step_info *step)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(step->name));
    zpl_json_set_take(o, "signature", zpl_json_string(step->signature));
    zpl_json_set_take(o, "doc", zpl_json_string(step->doc));
    zpl_json_set_take(o, "engines", zpl_json_string(step->engines));
    return o;
}

/* Every line of the signature with the step's name in front. */
static void print_step(const struct zpl_step_info *step)
{
    const char *line = step->signature;
    while (*line != '\0') {
        int n = summary_length(line);
        printf("%s %.*s\n", step->name, n, line);
        line += n;
        if (*line == '\n')
            line++;
    }
    printf("\n%s\n", step->doc);
}

/* One of them is a value by itself. */
static void print_one_json_take(struct zpl_json *o)
{
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_cli_print_json_take(o);
}

static struct zpl_json *word_json(const struct zpl_cli_word *word)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "name", zpl_json_string(word->name));
    zpl_json_set_take(o, "usage", zpl_json_string(word->usage));
    zpl_json_set_take(o, "doc", zpl_json_string(word->doc));
    return o;
}

static void print_all_json(void)
{
    struct zpl_json *o = zpl_json_object(), *steps = zpl_json_array(), *words = zpl_json_array();
    const struct zpl_step_info *step;
    const struct zpl_cli_word *word;
    for (size_t i = 0; (step = zpl_stdlib_step(i)) != NULL; i++)
        zpl_json_add_take(steps, step_json(step));
    for (size_t i = 0; (word = zpl_cli_word_at(i)) != NULL; i++)
        zpl_json_add_take(words, word_json(word));
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "steps", steps);
    zpl_json_set_take(o, "words", words);
    zpl_cli_print_json_take(o);
}

static void print_summary(const char *name, const char *doc)
{
    printf("%-16s %.*s\n", name, summary_length(doc), doc);
}

static int print_all(const struct zpl_cli *cli)
{
    const struct zpl_step_info *step;
    const struct zpl_cli_word *word;
    if (cli->options & ZPL_OPT_JSON) {
        print_all_json();
        return ZPL_EXIT_DONE;
    }
    for (size_t i = 0; (step = zpl_stdlib_step(i)) != NULL; i++)
        print_summary(step->name, step->doc);
    puts("\nThe language's own words:\n");
    for (size_t i = 0; (word = zpl_cli_word_at(i)) != NULL; i++)
        print_summary(word->name, word->doc);
    return ZPL_EXIT_DONE;
}

static int print_word(const struct zpl_cli *cli, const struct zpl_cli_word *word)
{
    if (cli->options & ZPL_OPT_JSON)
        print_one_json_take(word_json(word));
    else
        printf("%s\n\n%s\n", word->usage, word->doc);
    return ZPL_EXIT_DONE;
}

int zpl_cmd_doc(struct zpl_cli *cli)
{
    const char *names[1024];
    const struct zpl_step_info *step;
    const struct zpl_cli_word *word;
    size_t count = 0;
    if (cli->word_count == 0)
        return print_all(cli);
    if ((word = zpl_cli_word_find(cli->words[0])) != NULL)
        return print_word(cli, word);
    step = zpl_stdlib_find(cli->words[0]);
    if (step != NULL && (cli->options & ZPL_OPT_JSON)) {
        print_one_json_take(step_json(step));
        return ZPL_EXIT_DONE;
    }
    if (step != NULL) {
        print_step(step);
        return ZPL_EXIT_DONE;
    }
    while (count < sizeof names / sizeof names[0] && (word = zpl_cli_word_at(count)) != NULL)
        names[count++] = word->name;
    size_t own = count;
    while (count < sizeof names / sizeof names[0] && (step = zpl_stdlib_step(count - own)) != NULL)
        names[count++] = step->name;
    const char *near = zpl_text_nearest(cli->words[0], names, count);
    size_t typed = strlen(cli->words[0]);
    for (size_t i = 0; near == NULL && i < count; i++) /* xgboost is xgboost.train */
        if (strncmp(names[i], cli->words[0], typed) == 0 && names[i][typed] == '.')
            near = names[i];
    const char *help = near != NULL ? zpl_arena_printf(&cli->arena, "did you mean '%s'?", near)
                                    : "`zpl doc` lists them";
    return zpl_cli_usage(cli, ZPL_CODE_UNKNOWN_STEP, help, "there is no step or word '%s'",
                         cli->words[0]);
}
