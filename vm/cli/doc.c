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

static int print_all(const struct zpl_cli *cli)
{
    struct zpl_json *array = zpl_json_array();
    const struct zpl_step_info *step;
    for (size_t i = 0; (step = zpl_stdlib_step(i)) != NULL; i++) {
        if (cli->options & ZPL_OPT_JSON)
            zpl_json_add_take(array, step_json(step));
        else
            printf("%-16s %.*s\n", step->name, summary_length(step->doc), step->doc);
    }
    if (cli->options & ZPL_OPT_JSON) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
        zpl_json_set_take(o, "steps", zpl_json_ref(array));
        zpl_cli_print_json_take(o);
    }
    zpl_json_release(array);
    return ZPL_EXIT_DONE;
}

int zpl_cmd_doc(struct zpl_cli *cli)
{
    const char *names[1024];
    const struct zpl_step_info *step;
    size_t count = 0;
    if (cli->word_count == 0)
        return print_all(cli);
    step = zpl_stdlib_find(cli->words[0]);
    if (step != NULL && (cli->options & ZPL_OPT_JSON)) {
        zpl_cli_print_json_take(step_json(step));
        return ZPL_EXIT_DONE;
    }
    if (step != NULL) {
        print_step(step);
        return ZPL_EXIT_DONE;
    }
    while (count < sizeof names / sizeof names[0] && (step = zpl_stdlib_step(count)) != NULL)
        names[count++] = step->name;
    const char *near = zpl_text_nearest(cli->words[0], names, count);
    const char *help = near != NULL ? zpl_arena_printf(&cli->arena, "did you mean '%s'?", near)
                                    : "`zpl doc` lists them";
    return zpl_cli_usage(cli, ZPL_CODE_UNKNOWN_STEP, help, "there is no step '%s'", cli->words[0]);
}
