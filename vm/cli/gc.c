/* gc.c - zpl gc.   Floor: vm. */
#include "vm/store/gc.h"

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"
#include "vm/protocol/json_read.h"
#include "vm/view/term.h"

#define KEEP_DEFAULT 10

/* Why it goes. */
static const char *reason(const struct zpl_gc_artifact *artifact)
{
    return artifact->maker == NULL ? "no run names it" : "no run that is kept needs it";
}

static const char *reason_of_env(const struct zpl_env_gone *env)
{
    return env->known ? "no run that is kept used it" : "no run is known to have used it";
}

static struct zpl_json *envs_json(const struct zpl_gc *gc)
{
    struct zpl_json *list = zpl_json_array();
    for (size_t i = 0; i < gc->env_count; i++) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "name", zpl_json_string(gc->envs[i].name));
        zpl_json_set_take(o, "bytes", zpl_json_int((int64_t)gc->envs[i].bytes));
        zpl_json_set_take(o, "reason", zpl_json_string(reason_of_env(&gc->envs[i])));
        zpl_json_add_take(list, o);
    }
    return list;
}

static void print_json(const struct zpl_gc *gc, const struct zpl_gc_options *options)
{
    struct zpl_json *o = zpl_json_object(), *list = zpl_json_array();
    for (size_t i = 0; i < gc->removed_count; i++) {
        const struct zpl_made_row *maker = gc->removed[i].maker;
        struct zpl_json *a = zpl_json_object();
        zpl_json_set_take(a, "digest", zpl_digest_json(&gc->removed[i].digest));
        zpl_json_set_take(a, "bytes", zpl_json_int((int64_t)gc->removed[i].bytes));
        zpl_json_set_take(a, "run", maker != NULL ? zpl_json_int(maker->run) : zpl_json_null());
        zpl_json_set_take(a, "step", zpl_json_string(maker != NULL ? maker->step : NULL));
        zpl_json_set_take(a, "output", zpl_json_string(maker != NULL ? maker->output : NULL));
        zpl_json_set_take(a, "reason", zpl_json_string(reason(&gc->removed[i])));
        zpl_json_add_take(list, a);
    }
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "dry_run", zpl_json_bool(options->dry_run));
    zpl_json_set_take(o, "runs", zpl_json_int((int64_t)gc->runs));
    zpl_json_set_take(o, "runs_kept", zpl_json_int((int64_t)gc->runs_kept));
    zpl_json_set_take(o, "runs_removed", zpl_json_int((int64_t)gc->runs_gone));
    zpl_json_set_take(o, "bytes", zpl_json_int((int64_t)gc->bytes));
    zpl_json_set_take(o, "bytes_removed", zpl_json_int((int64_t)gc->removed_bytes));
    zpl_json_set_take(o, "removed", list);
    zpl_json_set_take(o, "envs", envs_json(gc));
    zpl_cli_print_json_take(o);
}

/* "  3/split/train   7.8 kB  720486ecdc3e  no run that is kept needs it" */
static void show_artifact(const struct zpl_gc_artifact *artifact, struct zpl_buf *out)
{
    struct zpl_buf name = {0}, size = {0};
    char hex[ZPL_HEX_SIZE];
    if (artifact->maker != NULL)
        zpl_buf_printf(&name, "%lld/%s/%s", (long long)artifact->maker->run, artifact->maker->step,
                       artifact->maker->output);
    else
        zpl_buf_puts(&name, "(no name)");
    zpl_text_show_bytes(&size, artifact->bytes);
    zpl_digest_hex(&artifact->digest, hex);
    zpl_buf_puts(out, "  ");
    zpl_term_cell(out, zpl_buf_str(&name), 36);
    zpl_buf_printf(out, "  %9s  %.12s  %s\n", zpl_buf_str(&size), hex, reason(artifact));
    zpl_buf_release(&name);
    zpl_buf_release(&size);
}

/* "  envs/3f2a…   450 MB  no run that is kept used it" */
static void show_env(const struct zpl_env_gone *env, struct zpl_buf *out)
{
    struct zpl_buf name = {0}, size = {0};
    zpl_buf_printf(&name, "envs/%s", env->name);
    zpl_text_show_bytes(&size, env->bytes);
    zpl_buf_puts(out, "  ");
    zpl_term_cell(out, zpl_buf_str(&name), 36);
    zpl_buf_printf(out, "  %9s  %12s  %s\n", zpl_buf_str(&size), "", reason_of_env(env));
    zpl_buf_release(&name);
    zpl_buf_release(&size);
}

static void print_text(const struct zpl_gc *gc, const struct zpl_gc_options *options)
{
    struct zpl_buf out = {0};
    const char *would = options->dry_run ? "would remove" : "removed";
    for (size_t i = 0; i < gc->removed_count; i++)
        show_artifact(&gc->removed[i], &out);
    for (size_t i = 0; i < gc->env_count; i++)
        show_env(&gc->envs[i], &out);
    zpl_buf_printf(&out, "%s %zu of %zu artifacts, ", would, gc->removed_count, gc->artifacts);
    zpl_text_show_bytes(&out, gc->removed_bytes);
    zpl_buf_puts(&out, " of ");
    zpl_text_show_bytes(&out, gc->bytes);
    if (gc->env_count > 0)
        zpl_buf_printf(&out, ", and %zu environment%s of Python", gc->env_count,
                       gc->env_count == 1 ? "" : "s");
    zpl_buf_printf(&out, "; %zu of %zu runs %s kept", gc->runs_kept, gc->runs,
                   gc->runs_kept == 1 ? "is" : "are");
    size_t listed = gc->runs - gc->runs_gone - gc->runs_kept;
    if (listed > 0)
        zpl_buf_printf(&out, ", %zu more %s listed, because steps of theirs are still used", listed,
                       listed == 1 ? "stays" : "stay");
    zpl_buf_putc(&out, '\n');
    zpl_cli_print_take(&out);
}

int zpl_cmd_gc(struct zpl_cli *cli)
{
    struct zpl_session session = {0};
    struct zpl_gc gc;
    struct zpl_gc_options options = {
        .keep = cli->keep, .days = cli->days, .dry_run = cli->options & ZPL_OPT_DRY_RUN};
    if (options.keep == 0)
        options.keep = options.days > 0 ? 1 : KEEP_DEFAULT;
    enum zpl_err err = zpl_cli_open(cli, &session, NULL);
    if (err == ZPL_OK)
        err = zpl_cli_has_store(&session);
    if (err == ZPL_OK)
        err = zpl_gc(&session, &options, &gc, &cli->arena);
    if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON))
        print_json(&gc, &options);
    else if (err == ZPL_OK)
        print_text(&gc, &options);
    return zpl_cli_end(cli, &session, err);
}
