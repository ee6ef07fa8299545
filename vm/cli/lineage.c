/* lineage.c - zpl lineage.   Floor: vm. */
#include <string.h>

#include "lang/base/version.h"
#include "vm/cli/cli.h"
#include "vm/cli/columns.h"
#include "vm/protocol/json_read.h"
#include "vm/run/run_record.h"

#define DEPTH_MAX  64 /* generations of makers shown */
#define PREFIX_MIN 6

/* An artifact made by a step: told once, however many ways lead to it. */
struct seen {
    struct zpl_digest digest;
    const char *step;
};
/* Walks upward from an artifact, printing or collecting. */
struct walk {
    struct zpl_cli *cli;
    struct zpl_session *session;
    struct zpl_metadata *metadata;
    struct zpl_buf *out;
    struct zpl_json *edges; /* NULL for text */
    struct seen *seen;
    size_t seen_count, seen_capacity;
};

/* Notes it; false when it was told before, or memory is out. */
static bool first_time(struct walk *walk, const struct zpl_digest *digest, const char *step)
{
    for (size_t i = 0; i < walk->seen_count; i++)
        if (zpl_digest_equal(&walk->seen[i].digest, digest) &&
            strcmp(walk->seen[i].step, step) == 0)
            return false;
    struct seen *seen = zpl_arena_grow(&walk->cli->arena, walk->seen, walk->seen_count,
                                       &walk->seen_capacity, sizeof *seen);
    if (seen == NULL)
        return false;
    walk->seen = seen;
    seen[walk->seen_count++] = (struct seen){*digest, step};
    return true;
}

static const struct zpl_output_row *output_of(const struct zpl_step_row *step, const char *prefix)
{
    for (size_t i = 0; i < step->output_count; i++) {
        char hex[ZPL_HEX_SIZE];
        zpl_digest_hex(&step->outputs[i].digest, hex);
        if (strncmp(hex, prefix, strlen(prefix)) == 0)
            return &step->outputs[i];
    }
    return NULL;
}

static void edge(struct walk *walk, const struct zpl_step_row *step, const char *role,
                 const char *name, const struct zpl_digest *digest)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "run", zpl_json_int(step->run));
    zpl_json_set_take(o, "pipeline", zpl_json_string(step->pipeline));
    zpl_json_set_take(o, "step", zpl_json_string(step->name));
    zpl_json_set_take(o, "role", zpl_json_string(role));
    zpl_json_set_take(o, "name", zpl_json_string(name));
    zpl_json_set_take(o, "digest", zpl_digest_json(digest));
    zpl_json_add_take(walk->edges, o);
}

/* Of the steps that made an artifact the one that is meant: a step that changes nothing makes the
 * same bytes as the one before it. */
static const struct zpl_step_row *maker_of(const struct zpl_step_row *steps, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    return &steps[0];
}

/* The step that made the artifact (`name`; "": the newest), then what it read, and so on upward. */
static enum zpl_err makers(struct walk *walk, const char *prefix, const char *name, unsigned depth)
{
    struct zpl_step_row *steps;
    size_t count;
    enum zpl_err err = walk->metadata->step_makers(walk->metadata->self, prefix, &steps, &count,
                                                   &walk->cli->arena, &walk->session->diags);
    if (err != ZPL_OK || count == 0 || depth > DEPTH_MAX)
        return err;
    const struct zpl_step_row *step = maker_of(steps, count, name);
    const struct zpl_output_row *made = output_of(step, prefix);
    char hex[ZPL_HEX_SIZE];
    if (made == NULL || !first_time(walk, &made->digest, step->name))
        return ZPL_OK;
    zpl_digest_hex(&made->digest, hex);
    if (walk->edges != NULL) {
        edge(walk, step, "made", made->name, &made->digest);
    } else {
        zpl_buf_repeat(walk->out, ' ', 2 * depth);
        zpl_buf_printf(walk->out, "%.12s  %s/%s  made by %s in run %lld of %s\n", hex, step->name,
                       made->name, step->step, (long long)step->run, step->pipeline);
    }
    for (size_t i = 0; err == ZPL_OK && i < step->input_count; i++) {
        char input[ZPL_HEX_SIZE];
        zpl_digest_hex(&step->inputs[i].digest, input);
        if (walk->edges != NULL)
            edge(walk, step, "read", step->inputs[i].name, &step->inputs[i].digest);
        err = makers(walk, input, step->inputs[i].step, depth + 1);
    }
    return err;
}

/* The steps that read it. */
static enum zpl_err readers(struct walk *walk, const char *prefix)
{
    struct zpl_step_row *steps;
    size_t count;
    enum zpl_err err = walk->metadata->step_readers(walk->metadata->self, prefix, &steps, &count,
                                                    &walk->cli->arena, &walk->session->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        if (walk->edges == NULL)
            zpl_buf_printf(walk->out, "%sread by %s (%s) in run %lld of %s\n", i == 0 ? "\n" : "",
                           steps[i].name, steps[i].step, (long long)steps[i].run,
                           steps[i].pipeline);
        for (size_t k = 0; walk->edges != NULL && k < steps[i].input_count; k++) {
            char hex[ZPL_HEX_SIZE];
            zpl_digest_hex(&steps[i].inputs[k].digest, hex);
            if (strncmp(hex, prefix, strlen(prefix)) == 0)
                edge(walk, &steps[i], "read", steps[i].inputs[k].name, &steps[i].inputs[k].digest);
        }
    }
    return err;
}

static bool is_prefix(const char *text)
{
    size_t n = strlen(text);
    return n >= PREFIX_MIN && n < ZPL_HEX_SIZE && strspn(text, "0123456789abcdef") == n;
}

/* The digest that RUN/STEP/OUTPUT names. */
static enum zpl_err named_artifact(struct zpl_cli *cli, struct zpl_session *session,
                                   const char *word, const char **digest)
{
    struct zpl_run_path path;
    struct zpl_run_row run;
    struct zpl_run_record record = {0};
    struct zpl_part part;
    struct zpl_span nowhere = {0};
    const struct zpl_json *output = NULL;
    if (!zpl_cli_output_path(cli, word, &path))
        return ZPL_ERR_USAGE;
    if (path.name == NULL && path.step == NULL) {
        struct zpl_diag *diag =
            zpl_diag_add(&session->diags, ZPL_CODE_USAGE, nowhere, "'%s' names no artifact", word);
        zpl_diag_help(
            &session->diags, diag,
            "write RUN/STEP/OUTPUT (last/evaluate/report), a name, or at least %d digits of "
            "a digest that `zpl show` prints",
            PREFIX_MIN);
        return ZPL_ERR_USAGE;
    }
    enum zpl_err err = zpl_cli_find_part(cli, session, &path, &run, &record, &part);
    if (err == ZPL_OK)
        err = zpl_cli_part_output(session, &run, &part, &output);
    const char *hex = zpl_json_str(zpl_json_get(output, "digest"), NULL);
    *digest = hex != NULL ? zpl_arena_strdup(&cli->arena, hex) : NULL;
    zpl_run_record_release(&record);
    if (err != ZPL_OK || *digest != NULL)
        return err;
    zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, nowhere, "run %lld made no '%s'",
                 (long long)run.id, path.step);
    return ZPL_ERR_NOT_FOUND;
}

/* A program, perhaps with one of its pipelines: x.zpl, x.zpl:train. */
static bool is_program(const char *word)
{
    const char *end = strstr(word, ".zpl");
    while (end != NULL && end[4] != '\0' && end[4] != ':')
        end = strstr(end + 1, ".zpl");
    return end != NULL;
}

/* Of a column in a program. */
static int column_lineage(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_buf text = {0};
    const char *format = cli->options & ZPL_OPT_JSON ? "json"
                         : cli->format != NULL       ? cli->format
                                                     : "text";
    bool json = strcmp(format, "json") == 0, dot = strcmp(format, "dot") == 0;
    if (!json && !dot && strcmp(format, "text") != 0)
        return zpl_cli_usage(cli, ZPL_CODE_USAGE, "write text, dot or json",
                             "there is no format '%s'", format);
    if (cli->word_count < 2)
        return zpl_cli_usage(cli, ZPL_CODE_USAGE,
                             "write for example zpl lineage delays.zpl train.late",
                             "of which column of '%s'?", cli->words[0]);
    enum zpl_err err = zpl_cli_compile(cli, &session);
    struct zpl_columns columns = {.cli = cli, .session = &session, .graph = &session.program.graph};
    if (err == ZPL_OK)
        err = zpl_columns_find(&columns, cli->words[1], &session.diags);
    if (err == ZPL_OK)
        zpl_columns_follow(&columns);
    if (err == ZPL_OK && zpl_arena_failed(&cli->arena)) /* half of it would be worse than none */
        err = zpl_diag_nomem(&session.diags);
    if (err == ZPL_OK) {
        if (json)
            zpl_cli_print_json_take(zpl_columns_json(&columns));
        else if (dot)
            zpl_columns_dot(&columns, &text);
        else
            zpl_columns_text(&columns, &text);
    }
    zpl_cli_print_take(&text);
    return zpl_cli_end(cli, &session, err);
}

/* Of an artifact of a run. */
static int artifact_lineage(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_buf text = {0};
    struct walk walk = {.cli = cli, .session = &session, .out = &text};
    struct zpl_span nowhere = {0};
    const char *digest = cli->words[0];
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_session_metadata(&session, false, &walk.metadata);
    if (err == ZPL_OK && !is_prefix(digest))
        err = named_artifact(cli, &session, cli->words[0], &digest);
    if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON))
        walk.edges = zpl_json_array();
    if (err == ZPL_OK)
        err = makers(&walk, digest, "", 0);
    if (err == ZPL_OK && text.len == 0 && zpl_json_count(walk.edges) == 0) {
        zpl_diag_add(&session.diags, ZPL_CODE_UNKNOWN_RUN, nowhere,
                     "no step of this project made an artifact '%s'", digest);
        err = ZPL_ERR_NOT_FOUND;
    }
    if (err == ZPL_OK)
        err = readers(&walk, digest);
    if (err == ZPL_OK && zpl_arena_failed(&cli->arena))
        err = zpl_diag_nomem(&session.diags);
    if (err == ZPL_OK && walk.edges != NULL) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
        zpl_json_set_take(o, "edges", zpl_json_ref(walk.edges));
        zpl_cli_print_json_take(o);
    }
    zpl_json_release(walk.edges);
    zpl_cli_print_take(&text);
    return zpl_cli_end(cli, &session, err);
}

int zpl_cmd_lineage(struct zpl_cli *cli)
{
    if (is_program(cli->words[0]))
        return column_lineage(cli);
    if (cli->word_count > 1 || cli->given_count > 0 || cli->format != NULL)
        return zpl_cli_usage(cli, ZPL_CODE_USAGE, "`zpl lineage --help` has an example",
                             "'%s' is no .zpl file: an artifact is said by one word",
                             cli->words[0]);
    return artifact_lineage(cli);
}
