/* narrow.c - which steps of a program a command is about: --only and --from.   Floor: vm. */
#include <string.h>

#include "lang/base/text.h"
#include "vm/cli/cli.h"
#include "vm/plan/plan.h"

/* Is it the whole, the family or the last part of a dotted step's name: xgboost.train, xgboost, train? */
static bool is_part_of(const char *word, const char *step, size_t step_len)
{
    size_t n = strlen(word);
    if (n == 0 || n > step_len)
        return false;
    return (memcmp(step, word, n) == 0 && (n == step_len || step[n] == '.')) ||
           (n < step_len && step[step_len - n - 1] == '.' &&
            memcmp(step + step_len - n, word, n) == 0);
}

const char *zpl_cli_near_step(const char *word, const char *const *names, size_t count)
{
    const char *part = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t step = strcspn(names[i], "@#[");
        if (names[i][step] == '@' && strcmp(names[i] + step + 1, word) == 0)
            return names[i];
        if (part == NULL && is_part_of(word, names[i], step))
            part = names[i];
    }
    const char *near = count > 0 ? zpl_text_nearest(word, names, count) : NULL;
    for (size_t i = 0; near == NULL && part == NULL && i < count; i++) {
        const char *at = strchr(names[i], '@');
        const char *variable = at != NULL ? at + 1 : names[i];
        if (zpl_text_nearest(word, &variable, 1) != NULL)
            return names[i];
    }
    return near != NULL ? near : part;
}

/* How many maps a node is in. */
static size_t depth_of(const struct zpl_graph *graph, const struct zpl_node *node)
{
    size_t depth = 0;
    for (uint32_t map = node->map; map != 0; map = graph->maps[map - 1].parent)
        depth++;
    return depth;
}

const struct zpl_node *zpl_cli_find_step(struct zpl_cli *cli, struct zpl_session *session,
                                         const char *name, struct zpl_item_path *path)
{
    const struct zpl_graph *graph = &session->program.graph;
    const struct zpl_node *node = zpl_graph_find(graph, name);
    path->count = 0;
    if (node != NULL)
        return node;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].map != 0 &&
            zpl_item_match(graph->nodes[i].name, name, strlen(name), path) &&
            path->count == depth_of(graph, &graph->nodes[i]))
            return &graph->nodes[i];
    const char **names = zpl_arena_array(&cli->arena, graph->count + 1, sizeof *names);
    struct zpl_span nowhere = {0};
    for (size_t i = 0; names != NULL && i < graph->count; i++)
        names[i] = graph->nodes[i].name;
    const char *near = names != NULL ? zpl_cli_near_step(name, names, graph->count) : NULL;
    struct zpl_diag *diag = zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, nowhere,
                                         "%s has no step '%s'", graph->pipeline, name);
    if (near != NULL)
        zpl_diag_help(&session->diags, diag, "did you mean '%s'?", near);
    else
        zpl_diag_help(&session->diags, diag, "`zpl graph %s` lists them", cli->words[0]);
    return NULL;
}

const size_t *zpl_cli_items(struct zpl_cli *cli, const struct zpl_graph *graph,
                            const struct zpl_node *node, const struct zpl_item_path *path)
{
    size_t *items =
        path->count > 0 ? zpl_arena_array(&cli->arena, graph->map_count + 1, sizeof *items) : NULL;
    size_t depth = path->count;
    for (uint32_t map = node->map; items != NULL && depth > 0; map = graph->maps[map - 1].parent)
        items[map - 1] = path->at[--depth];
    return items;
}

enum zpl_err zpl_cli_narrow(struct zpl_cli *cli, struct zpl_session *session,
                            struct zpl_narrowing *out)
{
    const struct zpl_graph *graph = &session->program.graph;
    struct zpl_item_path path;
    *out = (struct zpl_narrowing){0};
    if (cli->only != NULL) {
        const struct zpl_node *node = zpl_cli_find_step(cli, session, cli->only, &path);
        bool *units =
            zpl_arena_array(&cli->arena, graph->count + graph->map_count + 1, sizeof *units);
        if (node == NULL)
            return ZPL_ERR_NOT_FOUND;
        if (units == NULL)
            return zpl_diag_nomem(&session->diags);
        units[node->id] = true;
        out->only = units;
        out->only_item = zpl_cli_items(cli, graph, node, &path);
    }
    if (cli->from != NULL) {
        out->from = zpl_cli_find_step(cli, session, cli->from, &path);
        if (out->from == NULL)
            return ZPL_ERR_NOT_FOUND;
        out->from_item = zpl_cli_items(cli, graph, out->from, &path);
    }
    return zpl_arena_failed(&cli->arena) ? zpl_diag_nomem(&session->diags) : ZPL_OK;
}
