/* graph.c - zpl graph.   Floor: vm. */
#include <string.h>

#include "lang/graph/graph_json.h"
#include "vm/cli/cli.h"
#include "vm/view/drawing.h"

int zpl_cmd_graph(struct zpl_cli *cli)
{
    struct zpl_session session;
    struct zpl_buf text = {0};
    const char *format = cli->options & ZPL_OPT_JSON ? "json"
                         : cli->format != NULL       ? cli->format
                                                     : "text";
    bool json = strcmp(format, "json") == 0;
    bool mermaid = strcmp(format, "mermaid") == 0;
    bool dot = strcmp(format, "dot") == 0;
    if (!json && !mermaid && !dot && strcmp(format, "text") != 0)
        return zpl_cli_usage(cli, ZPL_CODE_USAGE, "write text, mermaid, dot or json",
                             "there is no format '%s'", format);
    enum zpl_err err = zpl_cli_compile(cli, &session);
    const struct zpl_graph *graph = &session.program.graph;
    if (err == ZPL_OK && json)
        zpl_cli_print_json_take(zpl_graph_to_json(graph, &session.program.sources));
    else if (err == ZPL_OK && mermaid)
        zpl_draw_mermaid(graph, &text);
    else if (err == ZPL_OK && dot)
        zpl_draw_dot(graph, &text);
    else if (err == ZPL_OK)
        zpl_draw_text(graph, cli->colour_out, &text);
    zpl_cli_print_take(&text);
    return zpl_cli_end(cli, &session, err);
}
