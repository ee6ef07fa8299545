/* check.c - zpl check.   Floor: vm. */
#include "vm/cli/cli.h"

/* "delays.zpl: 7 steps, no errors" */
static void print_counts(const struct zpl_session *session)
{
    size_t steps = session->program.graph.count, stacks = session->program.stack_count;
    size_t limits = session->program.limit_count;
    printf("%s: ", session->project.name);
    if (steps > 0 || stacks + limits == 0)
        printf("%zu step%s, ", steps, steps == 1 ? "" : "s");
    if (stacks > 0)
        printf("%zu stack%s, ", stacks, stacks == 1 ? "" : "s");
    if (limits > 0)
        printf("%zu limit%s, ", limits, limits == 1 ? "" : "s");
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
    if (cli->options & ZPL_OPT_JSON) {
        zpl_cli_print_diags_json(&session);
        zpl_diags_clear(&session.program.diags); /* they are the product */
        zpl_diags_clear(&session.diags);
    } else if (err == ZPL_OK)
        print_counts(&session);
    return zpl_cli_end(cli, &session, err);
}
