/* common.c - what several commands do: open, compile, print, end.   Floor: vm. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"

/* Like the error flag of standard output: once set it stays. */
static bool print_failed;
/* One JSON value is all that a command prints. */
static bool json_printed;

bool zpl_cli_print_failed(void)
{
    return print_failed;
}

/* Standard output is the product; what could not be printed shows in the exit code (main). */
void zpl_cli_print_take(struct zpl_buf *text)
{
    print_failed |= zpl_buf_error(text) != ZPL_OK;
    fwrite(zpl_buf_str(text), 1, text->len, stdout);
    zpl_buf_release(text);
}

void zpl_cli_print_json_take(struct zpl_json *json)
{
    struct zpl_buf text = {0};
    json_printed = true;
    if (zpl_json_write(json, true, &text) == ZPL_OK) {
        zpl_buf_putc(&text, '\n');
        zpl_cli_print_take(&text);
    } else { /* half a value would be worse than none */
        print_failed = true;
        zpl_buf_release(&text);
    }
    zpl_json_release(json);
}

static void print_diags_json(const struct zpl_diags *diags, const struct zpl_sources *sources)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "diagnostics", zpl_diags_json(diags, sources));
    zpl_cli_print_json_take(o);
}

void zpl_cli_print_diags_json(const struct zpl_session *session)
{
    struct zpl_diags all = {0};
    zpl_diags_append(&all, &session->program.diags);
    zpl_diags_append(&all, &session->diags);
    print_diags_json(&all, &session->program.sources);
    zpl_diags_release(&all);
}

/* On standard error, in the form of every diagnostic. */
static void print_diags(const struct zpl_cli *cli, const struct zpl_diags *diags,
                        const struct zpl_sources *sources)
{
    struct zpl_buf text = {0};
    if (diags->count > 0)
        zpl_diags_show(diags, sources, cli->colour_err, &text);
    fwrite(zpl_buf_str(&text), 1, text.len, stderr);
    zpl_buf_release(&text);
}

int zpl_cli_usage(struct zpl_cli *cli, enum zpl_code code, const char *help, const char *format,
                  ...)
{
    struct zpl_diags diags = {0};
    struct zpl_span nowhere = {0};
    va_list args;
    va_start(args, format);
    const char *message = zpl_arena_vprintf(&cli->arena, format, args);
    va_end(args);
    struct zpl_diag *diag =
        zpl_diag_add(&diags, code, nowhere, "%s", message != NULL ? message : format);
    if (help != NULL)
        zpl_diag_help(&diags, diag, "%s", help);
    if ((cli->options & ZPL_OPT_JSON) && !json_printed)
        print_diags_json(&diags, NULL);
    print_diags(cli, &diags, NULL);
    zpl_diags_release(&diags);
    return ZPL_EXIT_USAGE;
}

static struct zpl_session_options options_of(const struct zpl_cli *cli, const char *file)
{
    return (struct zpl_session_options){.file = file,
                                        .all_pipelines = cli->command->run == zpl_cmd_check,
                                        .stack = cli->stack,
                                        .given = cli->given,
                                        .given_count = cli->given_count,
                                        .flags = cli->flags,
                                        .flag_count = cli->flag_count,
                                        .jobs = cli->jobs,
                                        .zygote = cli->zygote};
}

enum zpl_err zpl_cli_open(struct zpl_cli *cli, struct zpl_session *session, const char *file)
{
    struct zpl_session_options options = options_of(cli, file);
    return zpl_session_open(session, &options);
}

/* A param named like one of zpl's own flags could never be given. */
static enum zpl_err refuse_flag_names(struct zpl_session *session)
{
    enum zpl_err err = ZPL_OK;
    const struct zpl_graph *graph = &session->program.graph;
    for (size_t i = 0; i < graph->param_count; i++) {
        const struct zpl_param *param = &graph->params[i];
        if (!zpl_cli_is_flag(param->name))
            continue;
        struct zpl_diag *diag =
            zpl_diag_add(&session->program.diags, ZPL_CODE_BAD_DECLARATION, param->span,
                         "a param can't be called '%s': that is a flag of zpl's own", param->name);
        zpl_diag_help(&session->program.diags, diag, "give it another name");
        err = ZPL_ERR_CHECK;
    }
    return err;
}

struct zpl_session_options zpl_cli_session_options(const struct zpl_cli *cli)
{
    return options_of(cli, cli->words[0]);
}

enum zpl_err zpl_cli_compile(struct zpl_cli *cli, struct zpl_session *session)
{
    enum zpl_err err = zpl_cli_open(cli, session, cli->words[0]);
    return err == ZPL_OK         ? zpl_cli_compile_open(cli, session)
           : zpl_cli_signal != 0 ? ZPL_ERR_INTERRUPTED
                                 : err;
}

/* A path on the command line is relative to where one is: told when it is there in the project instead. */
static void tell_elsewhere(struct zpl_cli *cli, struct zpl_session *session)
{
    char full[ZPL_PATH_MAX];
    struct zpl_stat st;
    for (size_t i = 0; i < cli->given_count; i++) {
        const char *text = cli->given[i].text;
        if (text == NULL || text[0] == '/' || zpl_fs_stat(text, &st, NULL) == ZPL_OK ||
            zpl_path_join(full, session->project.root, text) != ZPL_OK ||
            zpl_fs_stat(full, &st, NULL) != ZPL_OK)
            continue;
        struct zpl_diag *diag =
            zpl_diag_warn(&session->diags, ZPL_CODE_SOURCE_READ, (struct zpl_span){0},
                          "--%s %s is looked for in the folder where you are, not in the project's",
                          cli->given[i].name, text);
        zpl_diag_help(&session->diags, diag, "the one of the project: --%s %s", cli->given[i].name,
                      full);
    }
}

enum zpl_err zpl_cli_compile_open(struct zpl_cli *cli, struct zpl_session *session)
{
    struct zpl_session_options options = zpl_cli_session_options(cli);
    enum zpl_err err = zpl_session_compile(session, &options);
    if (err == ZPL_OK)
        err = refuse_flag_names(session);
    if (err == ZPL_ERR_CHECK)
        tell_elsewhere(cli, session);
    return zpl_cli_signal != 0 ? ZPL_ERR_INTERRUPTED : err;
}

static int exit_code(enum zpl_err err)
{
    switch (err) {
    case ZPL_OK:
        return ZPL_EXIT_DONE;
    case ZPL_ERR_USAGE:
    case ZPL_ERR_NOT_FOUND:
        return ZPL_EXIT_USAGE;
    case ZPL_ERR_CHECK:
        return ZPL_EXIT_CHECK;
    case ZPL_ERR_UNREACHABLE:
    case ZPL_ERR_VERSION:
    case ZPL_ERR_CORRUPT:
    case ZPL_ERR_BUSY:
        return ZPL_EXIT_UNREACHABLE;
    case ZPL_ERR_INTERRUPTED:
        return ZPL_EXIT_INTERRUPTED;
    default:
        return ZPL_EXIT_FAILED;
    }
}

/* "2 errors, and warnings" under the diagnostics of a program; errors counts the dropped ones too. */
static void print_count(const struct zpl_diags *diags)
{
    size_t warnings = 0;
    for (size_t i = 0; i < diags->count; i++)
        warnings += diags->items[i]->severity == ZPL_WARNING;
    if (diags->errors > 1 || (diags->errors > 0 && warnings > 0))
        fprintf(stderr, "%zu error%s%s\n", diags->errors, diags->errors == 1 ? "" : "s",
                warnings > 0 ? ", and warnings" : "");
}

void zpl_cli_tell_warnings(struct zpl_cli *cli, const struct zpl_session *session)
{
    print_diags(cli, &session->program.diags, &session->program.sources);
    fflush(stderr);
    cli->told = session->program.diags.count;
}

/* Those of the program that are not printed yet; all of them where some were left out, as their places were taken. */
static void print_rest(const struct zpl_cli *cli, const struct zpl_session *session)
{
    struct zpl_diags rest = session->program.diags;
    if (rest.dropped == 0 && cli->told <= rest.count) {
        rest.items += cli->told;
        rest.count -= cli->told;
    }
    print_diags(cli, &rest, &session->program.sources);
}

int zpl_cli_end(struct zpl_cli *cli, struct zpl_session *session, enum zpl_err err)
{
    bool failed = err != ZPL_OK && err != ZPL_ERR_INTERRUPTED;
    if (failed && (cli->options & ZPL_OPT_JSON) && !json_printed)
        zpl_cli_print_diags_json(session);
    fflush(stdout);
    print_rest(cli, session);
    print_diags(cli, &session->diags, NULL);
    if (err == ZPL_ERR_CHECK)
        print_count(&session->program.diags);
    if (err == ZPL_ERR_INTERRUPTED)
        fputs("interrupted\n", stderr);
    zpl_session_release(session);
    return exit_code(err);
}

enum zpl_err zpl_cli_has_store(struct zpl_session *session)
{
    struct zpl_metadata *metadata;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err != ZPL_OK)
        return err;
    metadata->release(metadata->self);
    *metadata = (struct zpl_metadata){0};
    session->has_metadata = false; /* it is opened again as it is needed */
    return ZPL_OK;
}

/* A step inside a called pipeline has slashes of its own, so only zpl_run_record_step() can tell
 * where the output begins. */
const char *zpl_cli_run_help(struct zpl_cli *cli, const char *word, bool alone)
{
    static const char *const words[] = {"last"};
    size_t n = strlen(word);
    if (zpl_text_nearest(word, words, 1) != NULL)
        return "did you mean `last`?";
    if (n > 4 && strcmp(word + n - 4, ".zpl") == 0)
        return zpl_arena_printf(&cli->arena, "`zpl runs %.*s` lists those of this file",
                                (int)(n - 4), word);
    if (alone && strstr(cli->command->arguments, "/STEP") != NULL)
        return zpl_arena_printf(&cli->arena,
                                "`zpl runs` lists them; a step of the last one is last/%s", word);
    return "`zpl runs` lists them";
}

bool zpl_cli_run_path(struct zpl_cli *cli, const char *text, struct zpl_run_path *out)
{
    char *copy = zpl_arena_strdup(&cli->arena, text);
    char *slash = copy != NULL ? strchr(copy, '/') : NULL;
    char *end = NULL;
    memset(out, 0, sizeof *out);
    if (copy == NULL)
        return false;
    if (slash != NULL) {
        *slash = '\0';
        out->step = slash + 1;
    }
    if (strcmp(copy, "last") != 0) {
        out->run = strtoll(copy, &end, 10);
        if (end == copy || *end != '\0' || out->run < 1) {
            zpl_cli_usage(cli, ZPL_CODE_USAGE, zpl_cli_run_help(cli, copy, out->step == NULL),
                          "'%s' is no run: it is a number, or `last`", copy);
            return false;
        }
    }
    return true;
}

bool zpl_cli_output_path(struct zpl_cli *cli, const char *text, struct zpl_run_path *out)
{
    size_t n = strcspn(text, "/");
    bool letter = isalpha((unsigned char)*text) || *text == '_';
    if (!letter || (n == strlen("last") && strncmp(text, "last", n) == 0))
        return zpl_cli_run_path(cli, text, out);
    *out = (struct zpl_run_path){.name = text};
    return true;
}

enum zpl_err zpl_cli_find_run(struct zpl_cli *cli, struct zpl_session *session,
                              const struct zpl_run_path *path, struct zpl_run_row *out)
{
    struct zpl_metadata *metadata;
    struct zpl_run_row *rows;
    size_t count;
    struct zpl_span nowhere = {0};
    int64_t id = path->run;
    enum zpl_err err = zpl_session_metadata(session, false, &metadata);
    if (err == ZPL_OK && id == 0) {
        err = metadata->run_list(metadata->self, NULL, 1, &rows, &count, &cli->arena,
                                 &session->diags);
        id = err == ZPL_OK && count > 0 ? rows[0].id : 0;
    }
    if (err != ZPL_OK)
        return err;
    err = metadata->run_get(metadata->self, id, out, &cli->arena, &session->diags);
    if (err == ZPL_ERR_NOT_FOUND) {
        struct zpl_diag *diag = id == 0
                                    ? zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, nowhere,
                                                   "nothing has run here yet")
                                    : zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, nowhere,
                                                   "there is no run %lld", (long long)id);
        zpl_diag_help(&session->diags, diag, "`zpl runs` lists those of this project");
    }
    return err;
}
