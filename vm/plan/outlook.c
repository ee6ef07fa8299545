/* outlook.c - see outlook.h.   Floor: vm. */
#include "vm/plan/outlook.h"

#include <stdlib.h>
#include <string.h>

#include "lang/graph/body_kind.h"
#include "stdlib/run.h"
#include "vm/plan/effect.h"
#include "vm/plan/map.h"
#include "vm/plan/python_step.h"
#include "vm/plan/user_files.h"

/* ---- costs ---- */

/* Adds what a step, or one item of it, took the last time. */
static enum zpl_err add_last(struct zpl_plan *plan, struct zpl_metadata *metadata, const char *name,
                             struct zpl_step_cost *cost)
{
    struct zpl_step_row row;
    enum zpl_err err = metadata->step_last(metadata->self, plan->graph->pipeline, name, &row,
                                           &plan->arena, &plan->session->diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
    cost->known = true;
    cost->duration_ns += row.duration_ns;
    if (row.peak_bytes > cost->peak_bytes)
        cost->peak_bytes = row.peak_bytes;
    for (size_t i = 0; i < row.output_count; i++)
        cost->bytes += row.outputs[i].bytes;
    return ZPL_OK;
}

static bool may_run(enum zpl_plan_status status)
{
    return status == ZPL_PLAN_WOULD_RUN || status == ZPL_PLAN_UNKNOWN;
}

/* Of the items of a map that would run, or may: together, ZPL_FIGURES_MOST of them at most. */
static enum zpl_err add_items(struct zpl_plan *plan, struct zpl_metadata *metadata,
                              const struct zpl_items *items, const char *name, size_t *left,
                              struct zpl_step_cost *cost)
{
    const char *star = strstr(name, "[*]");
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; star != NULL && err == ZPL_OK && *left > 0 && i < items->count; i++) {
        const char *inner = zpl_arena_printf(&plan->arena, "%.*s[%zu]%s", (int)(star - name), name,
                                             i + 1, star + 3);
        if (inner == NULL)
            return zpl_diag_nomem(&plan->session->diags);
        if (items->inner != NULL) {
            err = add_items(plan, metadata, &items->inner[i], inner, left, cost);
        } else if (may_run(items->steps[i].status)) {
            err = add_last(plan, metadata, inner, cost);
            --*left;
        }
    }
    return err;
}

enum zpl_err zpl_outlook_costs(struct zpl_plan *plan)
{
    struct zpl_metadata *metadata;
    enum zpl_err err = zpl_session_metadata(plan->session, true, &metadata);
    for (uint32_t id = 0; err == ZPL_OK && id < plan->graph->count; id++) {
        struct zpl_step_plan *step = &plan->steps[id];
        const char *name = plan->graph->nodes[id].name;
        const struct zpl_items *items =
            plan->graph->nodes[id].map != 0 ? zpl_mapping_items(plan, id) : NULL;
        size_t most = ZPL_FIGURES_MOST;
        if (!may_run(step->status))
            continue;
        err = items != NULL ? add_items(plan, metadata, items, name, &most, &step->last)
                            : add_last(plan, metadata, name, &step->last);
    }
    return err;
}

/* ---- what is touched ---- */

static void add(struct zpl_plan *plan, struct zpl_outlook_list *list, const char *item)
{
    const char **grown =
        zpl_arena_grow(&plan->arena, list->items, list->count, &list->capacity, sizeof *grown);
    if (grown == NULL || item == NULL)
        return;
    list->items = grown;
    grown[list->count++] = item;
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = *(const char *const *const *)a;
    const char *const *y = *(const char *const *const *)b;
    int order = strcmp(*x, *y);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Leaves each there once, where it came first.  A program may name very many files. */
static void keep_once(struct zpl_plan *plan, struct zpl_outlook_list *list)
{
    size_t kept = 0;
    const char ***sorted = zpl_arena_array(&plan->arena, list->count + 1, sizeof *sorted);
    if (sorted == NULL || list->count == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = &list->items[i];
    qsort(sorted, list->count, sizeof *sorted, by_text);
    const char *text = NULL;
    for (size_t i = 0; i < list->count; i++) {
        bool again = text != NULL && strcmp(text, *sorted[i]) == 0;
        text = *sorted[i];
        if (again)
            *sorted[i] = NULL;
    }
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] != NULL)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* Are all arguments of the step, which name files, in the program? */
static bool is_written(const struct zpl_node *node)
{
    for (size_t i = 0; i < node->argument_count; i++)
        if (zpl_argument_is_source(node, &node->arguments[i]) &&
            node->arguments[i].value->kind != ZPL_VALUE_LITERAL)
            return false;
    return true;
}

/* "sh tools/copy.sh $rows": a word with a space in it stands between quotes. */
static const char *line_of(struct zpl_plan *plan, const struct zpl_json *words)
{
    struct zpl_buf line = {0};
    for (size_t i = 0; i < zpl_json_count(words); i++) {
        const char *word = zpl_json_str(zpl_json_at(words, i), "");
        bool quoted = *word == '\0' || strpbrk(word, " \t\n'\"") != NULL;
        zpl_buf_puts(&line, i > 0 ? " " : "");
        struct zpl_json *text = quoted ? zpl_json_string(word) : NULL;
        if (text != NULL)
            (void)zpl_json_write(text, false, &line);
        else
            zpl_buf_puts(&line, word);
        zpl_json_release(text);
    }
    const char *text = zpl_arena_strdup(&plan->arena, zpl_buf_str(&line));
    zpl_buf_release(&line);
    return text;
}

static void add_program(struct zpl_plan *plan, const struct zpl_node *node, struct zpl_outlook *out)
{
    struct zpl_json *body = NULL;
    if (zpl_json_parse(node->body, strlen(node->body), &body, NULL) != ZPL_OK)
        return;
    const char *function = zpl_json_str(zpl_json_get(body, "python"), NULL);
    add(plan, &out->runs,
        function != NULL ? zpl_arena_printf(&plan->arena, "python %s", function)
                         : line_of(plan, zpl_json_get(body, "command")));
    if (zpl_json_truth(zpl_json_get(body, "network"), false))
        add(plan, &out->connects, node->name);
    zpl_json_release(body);
}

/* The files of the project that a function of Python is made of. */
static enum zpl_err add_modules(struct zpl_plan *plan, const struct zpl_node *node,
                                struct zpl_outlook *out)
{
    struct zpl_python_step step;
    enum zpl_err err = zpl_python_keyed(plan, node, &step, &plan->session->diags);
    for (size_t i = 0; err == ZPL_OK && i < step.file_count; i++)
        add(plan, &out->reads, step.files[i].path);
    return err;
}

static enum zpl_err add_files(struct zpl_plan *plan, const struct zpl_node *node,
                              struct zpl_outlook *out)
{
    struct zpl_user_files files;
    bool library = zpl_body_kind(node->kernel)->body == ZPL_BODY_LIBRARY;
    if (!is_written(node)) {
        add(plan, &out->reads,
            zpl_arena_printf(&plan->arena, "a file that step %s is told", node->name));
        return ZPL_OK;
    }
    enum zpl_err err = zpl_user_files(plan, node, &files, &plan->session->diags);
    for (size_t i = 0; err == ZPL_OK && i < files.count; i++)
        add(plan, library ? &out->loads : &out->reads, files.items[i].path);
    return err;
}

enum zpl_err zpl_outlook(struct zpl_plan *plan, struct zpl_outlook *out)
{
    enum zpl_err err = ZPL_OK;
    memset(out, 0, sizeof *out);
    for (uint32_t id = 0; err == ZPL_OK && id < plan->graph->count; id++) {
        const struct zpl_node *node = &plan->graph->nodes[id];
        bool program = zpl_body_kind(node->kernel)->program;
        if (zpl_node_reads_name(node))
            add(plan, &out->finds, zpl_node_name_of(node));
        else if (node->source != NULL || node->body != NULL)
            err = add_files(plan, node, out);
        if (program)
            add_program(plan, node, out);
        if (err == ZPL_OK && zpl_node_is_python(node))
            err = add_modules(plan, node, out);
        if (zpl_effect_is(node))
            add(plan, zpl_node_writes_name(node) ? &out->writes : &out->deploys,
                zpl_effect_name(plan, id));
        for (size_t i = 0; i < node->resources.limit_count; i++)
            add(plan, &out->takes, node->resources.limits[i].name);
    }
    struct zpl_outlook_list *lists[] = {&out->reads,   &out->runs,  &out->loads,  &out->connects,
                                        &out->deploys, &out->finds, &out->writes, &out->takes};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        keep_once(plan, lists[i]);
    return err == ZPL_OK && zpl_arena_failed(&plan->arena) ? zpl_diag_nomem(&plan->session->diags)
                                                           : err;
}
