/* why.c - zpl why.   Floor: vm. */
#include "vm/plan/why.h"

#include <string.h>

#include "lang/base/text.h"
#include "lang/base/version.h"
#include "vm/cli/cli.h"
#include "vm/plan/map.h"
#include "vm/protocol/json_read.h"
#include "vm/view/steps.h"

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

/* The whole plan, of which one step is told, or one item of it, `item`; of the maps around it the items that are
 * meant alone.  *told: it was the item; else nothing is printed where that is wanted. */
static enum zpl_err plan_item(struct zpl_cli *cli, struct zpl_plan *plan,
                              const struct zpl_node *node, const struct zpl_item_path *path,
                              const char *item, bool *told)
{
    struct item_watch watch = {{.name = item, .decided = tell_item}, cli};
    struct zpl_narrowing narrowing = {.only_item = zpl_cli_items(cli, plan->graph, node, path)};
    plan->watch = item != NULL ? &watch.base : NULL;
    enum zpl_err err = zpl_plan_narrow(plan, &narrowing);
    if (err == ZPL_OK)
        err = zpl_plan_all(plan);
    *told = watch.base.seen;
    return err;
}

/* The name of the first item in that state, in the arena; NULL: none is. */
static const char *first_in(const struct zpl_items *items, enum zpl_plan_status status,
                            const char *name, struct zpl_arena *arena)
{
    const char *star = strstr(name, "[*]");
    for (size_t i = 0; star != NULL && i < items->count; i++) {
        if (items->inner == NULL && items->steps[i].status != status)
            continue;
        const char *inner =
            zpl_arena_printf(arena, "%.*s[%zu]%s", (int)(star - name), name, i + 1, star + 3);
        if (inner == NULL || items->inner == NULL)
            return inner;
        const char *found = first_in(&items->inner[i], status, inner, arena);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* Of all items of a step inside maps: how many are in which state, and why the first of them is that would run, or
 * may: all together have no key. */
static enum zpl_err tell_items(struct zpl_cli *cli, struct zpl_session *session,
                               struct zpl_plan *plan, const struct zpl_node *node)
{
    const size_t *counts = zpl_mapping_counts(plan, node->id);
    const struct zpl_items *items = zpl_mapping_items(plan, node->id);
    enum zpl_plan_status status = plan->steps[node->id].status;
    const char *item =
        counts != NULL && items != NULL ? first_in(items, status, node->name, &cli->arena) : NULL;
    struct zpl_plan again = {0};
    struct zpl_item_path path;
    struct zpl_buf text = {0};
    bool told = false;
    if (item == NULL || (status != ZPL_PLAN_WOULD_RUN && status != ZPL_PLAN_UNKNOWN))
        return tell(cli, plan, node->id);
    if (!(cli->options & ZPL_OPT_JSON)) {
        zpl_view_items(counts, &text);
        printf("%s: %s; the first of them:\n", node->name, zpl_buf_str(&text));
    }
    zpl_buf_release(&text);
    enum zpl_err err = zpl_plan_init(&again, session, false);
    if (err == ZPL_OK && !zpl_item_match(node->name, item, strlen(item), &path))
        ZPL_BUG("an item's name is none of its step's");
    if (err == ZPL_OK)
        err = plan_item(cli, &again, node, &path, item, &told);
    zpl_plan_release(&again);
    return err;
}

static enum zpl_err plan_and_tell(struct zpl_cli *cli, struct zpl_session *session,
                                  struct zpl_plan *plan, const struct zpl_node *node,
                                  const struct zpl_item_path *path)
{
    bool one = path->count > 0 && zpl_item_is_one(path), told;
    enum zpl_err err = plan_item(cli, plan, node, path, one ? cli->words[1] : NULL, &told);
    if (err != ZPL_OK || told)
        return err;
    return one ? tell(cli, plan, node->id) /* its list is not known */
               : tell_items(cli, session, plan, node);
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
        err = plan_and_tell(cli, &session, &plan, node, &path);
    zpl_plan_release(&plan);
    return zpl_cli_end(cli, &session, err);
}
