/* key.c - the ingredients of a step, in their order.   Floor: vm. */
#include "vm/plan/key.h"

#include <errno.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "lang/graph/body_kind.h"
#include "stdlib/catalog.h"
#include "vm/plan/name_step.h"
#include "vm/plan/python_step.h"
#include "vm/plan/user_files.h"
#include "vm/protocol/json_read.h"
#include "vm/session/source.h"

/* Adds to the step's list; memory and limits are checked once at the end. */
static void add(struct zpl_plan *plan, uint32_t id, enum zpl_ingredient_kind kind, const char *name,
                const char *value, const char *shown)
{
    struct zpl_step_plan *step = &plan->steps[id];
    if (!zpl_ingredients_add(&step->ingredients, &plan->arena, kind, name, value, shown))
        plan->arena.failed = true;
}

static const char *hex(struct zpl_plan *plan, const struct zpl_digest *digest)
{
    char text[ZPL_HEX_SIZE];
    zpl_digest_hex(digest, text);
    return zpl_arena_strdup(&plan->arena, text);
}

/* The canonical JSON of a tree, in the arena; takes the tree. */
static const char *text_take(struct zpl_plan *plan, struct zpl_json *json)
{
    struct zpl_buf out = {0};
    const char *text = NULL;
    if (zpl_json_write(json, false, &out) == ZPL_OK)
        text = zpl_arena_strndup(&plan->arena, out.data, out.len);
    zpl_json_release(json);
    zpl_buf_release(&out);
    return text;
}

static const char *names_text(struct zpl_plan *plan, const char *const *names, size_t count)
{
    return text_take(plan, zpl_names_json(names, count));
}

/* Version of the format, native code, engines, a user's body. */
static void add_code(struct zpl_plan *plan, const struct zpl_node *node)
{
    add(plan, node->id, ZPL_ING_FORMAT, "zpl", ZPL_VERSION_TEXT(ZPL_KEY_VERSION), NULL);
    add(plan, node->id, ZPL_ING_KERNEL, node->kernel, zpl_stdlib_identity(node->kernel), NULL);
    add(plan, node->id, ZPL_ING_ENGINE, "engines", zpl_stdlib_engines(node->kernel), NULL);
    if (node->body != NULL && (node->identity == NULL || *node->identity == '\0'))
        ZPL_BUG("a body without an identity");
    if (node->body != NULL)
        add(plan, node->id, ZPL_ING_BODY, node->kernel, node->identity,
            zpl_body_kind(node->kernel)->body != ZPL_BODY_LUA ? node->body : NULL);
}

/* Python, what it loads of the project and what of its packages. */
static enum zpl_err add_python(struct zpl_plan *plan, const struct zpl_node *node)
{
    struct zpl_python_step step;
    enum zpl_err err = zpl_python_step(plan, node, &step, &plan->session->diags);
    if (err != ZPL_OK)
        return err;
    for (size_t i = 0; i < step.file_count; i++)
        add(plan, node->id, ZPL_ING_MODULE, step.files[i].path, step.files[i].identity, NULL);
    add(plan, node->id, ZPL_ING_PACKAGE, "python",
        zpl_arena_printf(&plan->arena, "%s %s", step.facts->version, step.facts->implementation),
        NULL);
    for (size_t i = 0; i < step.package_count; i++)
        add(plan, node->id, ZPL_ING_PACKAGE, step.packages[i].name,
            step.packages[i].version != NULL ? step.packages[i].version : ZPL_PYTHON_MISSING, NULL);
    if (zpl_node_workers(node) > 1) /* it is told, and what it computes may be another thing */
        add(plan, node->id, ZPL_ING_WORKERS, "workers",
            zpl_arena_printf(&plan->arena, "%u", zpl_node_workers(node)), NULL);
    return ZPL_OK;
}

/* A param: its value, as canonical JSON and as it is written. */
static enum zpl_err add_param(struct zpl_plan *plan, const struct zpl_node *node,
                              const struct zpl_argument *argument)
{
    struct zpl_buf shown = {0};
    const struct zpl_literal *value;
    enum zpl_err err = zpl_plan_param(plan, node, argument, &value);
    if (err != ZPL_OK)
        return err;
    zpl_literal_show(value, &shown);
    add(plan, node->id, ZPL_ING_PARAM, argument->name, text_take(plan, zpl_literal_json(value)),
        zpl_arena_strdup(&plan->arena, zpl_buf_str(&shown)));
    zpl_buf_release(&shown);
    return ZPL_OK;
}

/* Digest of the file that a path of the program names. */
static enum zpl_err source_digest(struct zpl_plan *plan, const char *path,
                                  struct zpl_digest *digest, struct zpl_diags *diags)
{
    char full[ZPL_PATH_MAX];
    uint64_t bytes;
    if (zpl_project_path(&plan->session->project, path, full) != ZPL_OK)
        return zpl_diag_system(diags, "use", path, ENAMETOOLONG);
    return zpl_source_digest(plan->session, full, digest, &bytes, diags);
}

/* Every file of the user's counts by its content, never by its path. */
static enum zpl_err add_files(struct zpl_plan *plan, const struct zpl_node *node)
{
    struct zpl_user_files files;
    enum zpl_err err = zpl_user_files(plan, node, &files, &plan->session->diags);
    for (size_t i = 0; err == ZPL_OK && i < files.count; i++) {
        const char *path = files.items[i].path;
        struct zpl_buf shown = {0};
        struct zpl_digest digest;
        err = source_digest(plan, path, &digest, &plan->session->diags);
        zpl_text_scrub(&shown, path, strlen(path));
        if (err == ZPL_OK)
            add(plan, node->id, ZPL_ING_SOURCE, files.items[i].name, hex(plan, &digest),
                zpl_arena_strdup(&plan->arena, zpl_buf_str(&shown)));
        zpl_buf_release(&shown);
    }
    return err;
}

/* What a run wrote under a name counts by its content. */
static enum zpl_err add_named(struct zpl_plan *plan, const struct zpl_node *node)
{
    const struct zpl_digest *digest;
    enum zpl_err err = zpl_name_step_ingredient(plan, node->id, &digest);
    if (err == ZPL_OK)
        add(plan, node->id, ZPL_ING_SOURCE, "name", hex(plan, digest), zpl_node_name_of(node));
    return err;
}

/* The column of that name.  A step lists what it reads in stored order or in its own: looking begins
 * at *hint, which is left behind the hit. */
static const struct zpl_column_row *find_column(const struct zpl_output_row *row, const char *name,
                                                size_t *hint)
{
    for (size_t n = 0; n < row->column_count; n++) {
        size_t i = (*hint + n) % row->column_count;
        if (strcmp(row->columns[i].name, name) == 0) {
            *hint = i + 1;
            return &row->columns[i];
        }
    }
    return NULL;
}

/* Is the column among those that the step reads of the table?  Looks at *hint first, as above. */
static bool is_read(const struct zpl_argument *argument, const char *name, size_t *hint)
{
    for (size_t n = 0; !argument->reads_all && n < argument->read_count; n++) {
        size_t i = (*hint + n) % argument->read_count;
        if (strcmp(argument->reads[i], name) == 0) {
            *hint = i + 1;
            return true;
        }
    }
    return argument->reads_all;
}

/* Columns that are held to rules count by their content too, although the step does not read them. */
static void add_held(struct zpl_plan *plan, const struct zpl_node *node,
                     const struct zpl_argument *argument, const struct zpl_output_row *row)
{
    const struct zpl_type *wants = argument->wants;
    size_t hint = 0, next = 0;
    for (size_t i = 0; wants != NULL && wants->kind == ZPL_TABLE && i < wants->row->count; i++) {
        const char *name = wants->row->columns[i].name;
        const struct zpl_column_row *column = find_column(row, name, &hint);
        if (column != NULL && !is_read(argument, name, &next))
            add(plan, node->id, ZPL_ING_COLUMN,
                zpl_arena_printf(&plan->arena, "%s.%s", argument->name, name),
                hex(plan, &column->digest), NULL);
    }
}

/* A table by the columns the step reads and by its row count. */
static void add_table(struct zpl_plan *plan, const struct zpl_node *node,
                      const struct zpl_argument *argument, const struct zpl_output_row *row)
{
    size_t count = argument->reads_all ? row->column_count : argument->read_count;
    size_t hint = 0;
    const char **names = zpl_arena_array(&plan->arena, count + 1, sizeof *names);
    add(plan, node->id, ZPL_ING_ROWS, argument->name,
        zpl_arena_printf(&plan->arena, "%lld", (long long)row->rows), NULL);
    if (names == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        names[i] = argument->reads_all ? row->columns[i].name : argument->reads[i];
    add(plan, node->id, ZPL_ING_ORDER, argument->name, names_text(plan, names, count), NULL);
    for (size_t i = 0; i < count; i++) {
        const struct zpl_column_row *column = find_column(row, names[i], &hint);
        if (column == NULL)
            ZPL_BUG("a step reads a column its input does not have");
        add(plan, node->id, ZPL_ING_COLUMN,
            zpl_arena_printf(&plan->arena, "%s.%s", argument->name, names[i]),
            hex(plan, &column->digest), NULL);
    }
    add_held(plan, node, argument, row);
}

/* An artifact given as an argument. */
static enum zpl_err add_input(struct zpl_plan *plan, const struct zpl_node *node,
                              const struct zpl_argument *argument)
{
    struct zpl_made made;
    if (!zpl_plan_made(plan, argument->value, &made)) {
        struct zpl_buf text = {0};
        zpl_value_show(plan->graph, argument->value, &text);
        zpl_diag_add(&plan->session->diags, ZPL_CODE_WRONG_KIND, node->span,
                     "%s of step %s is %s, and there is none to choose", argument->name, node->name,
                     zpl_buf_str(&text));
        zpl_buf_release(&text);
        return ZPL_ERR_STEP;
    }
    if (made.row->rows >= 0)
        add_table(plan, node, argument, made.row);
    else
        add(plan, node->id, ZPL_ING_INPUT, argument->name, hex(plan, &made.row->digest), NULL);
    return ZPL_OK;
}

/* The rules that a table input is held to before the step runs. */
static void add_wants(struct zpl_plan *plan, const struct zpl_node *node,
                      const struct zpl_argument *argument)
{
    const struct zpl_type *wants = argument->wants;
    for (size_t i = 0; wants != NULL && wants->kind == ZPL_TABLE && i < wants->row->count; i++)
        add(plan, node->id, ZPL_ING_WANTS,
            zpl_arena_printf(&plan->arena, "%s.%s", argument->name, wants->row->columns[i].name),
            zpl_type_text(wants->row->columns[i].type, false, &plan->arena), NULL);
}

/* What is written under a name is an output, of the type that readers find.  That nothing was made is told
 * elsewhere. */
static void add_written(struct zpl_plan *plan, const struct zpl_node *node,
                        const struct zpl_argument *value)
{
    const char *type = zpl_name_step_type(plan, value);
    if (type != NULL)
        add(plan, node->id, ZPL_ING_OUTPUT, value->name, type, NULL);
}

/* Bindings, params, outputs and what is wanted of inputs: what the program says beside code and data. */
static enum zpl_err add_shape(struct zpl_plan *plan, const struct zpl_node *node)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; i < node->binding_count; i++)
        if (zpl_binding_is_seen(node, &node->bindings[i]))
            add(plan, node->id, ZPL_ING_BINDING, node->bindings[i].var,
                names_text(plan, node->bindings[i].columns, node->bindings[i].count), NULL);
    for (size_t i = 0; err == ZPL_OK && i < node->argument_count; i++) {
        const struct zpl_argument *argument = &node->arguments[i];
        if (!zpl_argument_is_source(node, argument) && !zpl_argument_is_input(argument))
            err = add_param(plan, node, argument);
    }
    for (size_t i = 0; i < node->output_count; i++)
        add(plan, node->id, ZPL_ING_OUTPUT, node->outputs[i].name,
            zpl_type_text(node->outputs[i].type, false, &plan->arena), NULL);
    for (size_t i = 0; i < node->argument_count; i++)
        if (zpl_argument_is_input(&node->arguments[i]))
            (zpl_node_writes_name(node) ? add_written : add_wants)(plan, node, &node->arguments[i]);
    return err;
}

/* All of it, then the digest. */
enum zpl_err zpl_key_make(struct zpl_plan *plan, uint32_t id)
{
    const struct zpl_node *node = &plan->graph->nodes[id];
    struct zpl_step_plan *step = &plan->steps[id];
    enum zpl_err err = ZPL_OK;
    memset(&step->ingredients, 0, sizeof step->ingredients);
    add_code(plan, node);
    if (zpl_node_is_python(node))
        err = add_python(plan, node);
    if (err == ZPL_OK)
        err = add_shape(plan, node);
    if (err == ZPL_OK)
        err = add_files(plan, node);
    if (err == ZPL_OK && zpl_node_reads_name(node))
        err = add_named(plan, node);
    for (size_t i = 0; err == ZPL_OK && i < node->argument_count; i++)
        if (zpl_argument_is_input(&node->arguments[i]))
            err = add_input(plan, node, &node->arguments[i]);
    if (err == ZPL_OK && step->ingredients.count >= ZPL_INGREDIENTS_MAX) {
        zpl_diag_add(&plan->session->diags, ZPL_CODE_LANG_LIMIT, node->span,
                     "step %s reads more than %u things", node->name, ZPL_INGREDIENTS_MAX);
        err = ZPL_ERR_LIMIT;
    }
    if (err == ZPL_OK && plan->arena.failed)
        err = zpl_diag_nomem(&plan->session->diags);
    if (err != ZPL_OK)
        return err;
    step->key = zpl_ingredients_key(&step->ingredients, false);
    step->keyed = true;
    return ZPL_OK;
}

/* Does the file still hold what the ingredient says?  A folder or file that is gone holds nothing. */
static enum zpl_err is_same(struct zpl_plan *plan, const struct zpl_user_file *file,
                            const struct zpl_ingredient *item, bool *same, struct zpl_diags *diags)
{
    struct zpl_digest digest;
    char text[ZPL_HEX_SIZE];
    enum zpl_err err = source_digest(plan, file->path, &digest, diags);
    if (err != ZPL_OK)
        return err;
    zpl_digest_hex(&digest, text);
    *same = strcmp(item->value, text) == 0;
    return ZPL_OK;
}

/* Does the file of Python still say what the ingredient says? */
static enum zpl_err is_same_module(struct zpl_plan *plan, const struct zpl_ingredient *item,
                                   bool *same, struct zpl_diags *diags)
{
    const struct zpl_python_module *module;
    enum zpl_err err = zpl_python_module(plan->session, item->name, &module, diags);
    *same = err == ZPL_OK && strcmp(item->value, module->identity) == 0;
    return err;
}

/* Files that came while a command ran were not there for it to read; a source reads all that match. */
enum zpl_err zpl_key_source_same(struct zpl_plan *plan, uint32_t id, const char **changed,
                                 struct zpl_diags *diags)
{
    const struct zpl_ingredients *list = &plan->steps[id].ingredients;
    struct zpl_user_files files;
    const struct zpl_node *node = &plan->graph->nodes[id];
    size_t next = 0, keyed = 0;
    enum zpl_err err = zpl_user_files(plan, node, &files, diags);
    *changed = NULL;
    for (size_t i = 0; err == ZPL_OK && *changed == NULL && i < list->count; i++) {
        const struct zpl_ingredient *item = &list->items[i];
        bool same = false;
        size_t at = next;
        if (item->kind == ZPL_ING_MODULE) {
            err = is_same_module(plan, item, &same, diags);
            if (err == ZPL_OK && !same)
                *changed = item->name;
            continue;
        }
        if (item->kind != ZPL_ING_SOURCE)
            continue;
        keyed++;
        while (at < files.count && strcmp(files.items[at].name, item->name) != 0)
            at++;
        if (at < files.count)
            err = is_same(plan, &files.items[at], item, &same, diags);
        if (err == ZPL_OK && !same)
            *changed = item->shown;
        next = at < files.count ? at + 1 : next;
    }
    if (err == ZPL_OK && *changed == NULL && node->source != NULL && keyed < files.count)
        *changed = files.items[keyed].path;
    return err;
}
