/* check.c - zpl check.   Floor: vm. */
#include "lang/base/version.h"
#include "vm/cli/cli.h"

/* { version, diagnostics } of the program and of everything around it. */
static void print_json(struct zpl_session *session)
{
    struct zpl_json *o = zpl_json_object();
    struct zpl_diags all = {0};
    zpl_diags_append(&all, &session->program.diags);
    zpl_diags_append(&all, &session->diags);
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "diagnostics", zpl_diags_json(&all, &session->program.sources));
    zpl_cli_print_json_take(o);
    zpl_diags_clear(&session->program.diags);
    zpl_diags_clear(&session->diags);
    zpl_diags_release(&all);
}

/* "delays.zpl: 7 steps, no errors" */
static void print_counts(const struct zpl_session *session)
{
    size_t steps = session->program.graph.count, stacks = session->program.stack_count;
    printf("%s: ", session->project.name);
    if (steps > 0 || stacks == 0)
        printf("%zu step%s, ", steps, steps == 1 ? "" : "s");
    if (stacks > 0)
        printf("%zu stack%s, ", stacks, stacks == 1 ? "" : "s");
    puts("no errors");
}

int zpl_cmd_check(struct zpl_cli *cli)
{
    struct zpl_session session;
    if (cli->options & ZPL_OPT_EXPLAIN)
        return zpl_cli_explain(cli);
    if (cli->word_count == 0)
        return zpl_cli_usage(cli, ZPL_CODE_USAGE, "usage: zpl check FILE", "check which file?");
    enum zpl_err err = zpl_cli_compile(cli, &session);
    if (cli->options & ZPL_OPT_JSON)
        print_json(&session);
    else if (err == ZPL_OK)
        print_counts(&session);
    return zpl_cli_end(cli, &session, err);
}
