/* why.c - zpl why.   Floor: vm. */
#include "vm/plan/why.h"

#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"
#include "vm/protocol/json_read.h"

static void print_json(const struct zpl_plan *plan, uint32_t id, const struct zpl_reasons *reasons)
{
    struct zpl_json *o = zpl_json_object();
    zpl_json_set_take(o, "version", zpl_json_int(ZPL_REPORT_VERSION));
    zpl_json_set_take(o, "step", zpl_json_string(plan->graph->nodes[id].name));
    zpl_json_set_take(o, "status", zpl_json_string(zpl_plan_status_name(plan->steps[id].status)));
    zpl_json_set_take(o, "until", zpl_json_string(plan->steps[id].until));
    zpl_json_set_take(o, "reasons", zpl_names_json(reasons->texts, reasons->count));
    zpl_cli_print_json_take(o);
}

static void print_text(const struct zpl_plan *plan, uint32_t id, const struct zpl_reasons *reasons)
{
    const struct zpl_step_plan *step = &plan->steps[id];
    const char *name = plan->graph->nodes[id].name;
    if (step->status == ZPL_PLAN_CACHED) {
        printf("%s is cached: nothing it is made of has changed\n", name);
        return;
    }
    if (step->status != ZPL_PLAN_WOULD_RUN) {
        printf("%s: %s\n", name,
               step->why != NULL ? step->why : zpl_plan_status_name(step->status));
        return;
    }
    if (reasons->known)
        printf("%s would run; since run %lld:\n", name, (long long)reasons->last_run);
    else
        printf("%s would run:\n", name);
    for (size_t i = 0; i < reasons->count; i++)
        printf("  %s\n", reasons->texts[i]);
}

/* One step of one item: told when it is decided, while its plan is there. */
struct item_watch {
    struct zpl_plan_watch base;
    struct zpl_cli *cli;
};

static enum zpl_err tell(struct zpl_cli *cli, struct zpl_plan *plan, uint32_t id)
{
    struct zpl_reasons reasons = {0};
    enum zpl_err err = ZPL_OK;
    if (plan->steps[id].status == ZPL_PLAN_WOULD_RUN)
        err = zpl_why(plan, id, &reasons, &cli->arena);
    if (err == ZPL_OK && (cli->options & ZPL_OPT_JSON))
        print_json(plan, id, &reasons);
    else if (err == ZPL_OK)
        print_text(plan, id, &reasons);
    return err;
}

static enum zpl_err tell_item(struct zpl_plan_watch *watch, struct zpl_plan *plan, uint32_t id)
{
    return tell(((struct item_watch *)(void *)watch)->cli, plan, id);
}

/* The whole plan, of which one step is told; of the maps around it the items that are meant alone. */
static enum zpl_err plan_and_tell(struct zpl_cli *cli, struct zpl_plan *plan,
                                  const struct zpl_node *node, const struct zpl_item_path *path)
{
    struct item_watch watch = {{.name = cli->words[1], .decided = tell_item}, cli};
    bool one = path->count > 0 && zpl_item_is_one(path);
    struct zpl_narrowing narrowing = {.only_item = zpl_cli_items(cli, plan->graph, node, path)};
    plan->watch = one ? &watch.base : NULL;
    enum zpl_err err = zpl_plan_narrow(plan, &narrowing);
    if (err == ZPL_OK)
        err = zpl_plan_all(plan);
    if (err == ZPL_OK && !watch.base.seen)
        err = tell(cli, plan, node->id); /* of an item: its list is not known */
    return err;
}

int zpl_cmd_why(struct zpl_cli *cli)
{
    struct zpl_session session;
    struct zpl_plan plan = {0};
    struct zpl_item_path path;
    const struct zpl_node *node = NULL;
    enum zpl_err err = zpl_cli_compile(cli, &session);
    if (err == ZPL_OK) {
        node = zpl_cli_find_step(cli, &session, cli->words[1], &path);
        err = node != NULL ? ZPL_OK : ZPL_ERR_NOT_FOUND;
    }
    if (err == ZPL_OK)
        err = zpl_plan_init(&plan, &session, false);
    if (err == ZPL_OK)
        err = plan_and_tell(cli, &plan, node, &path);
    zpl_plan_release(&plan);
    return zpl_cli_end(cli, &session, err);
}
