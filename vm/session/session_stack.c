/* session_stack.c - project.zpl, and the stack that was asked for.   Floor: vm. */
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "vm/session/session.h"

#define PROJECT_FILE "project.zpl"

static const struct zpl_stack_def *find(const struct zpl_program *program, const char *name)
{
    for (size_t i = 0; i < program->stack_count; i++)
        if (strcmp(program->stacks[i].name, name) == 0)
            return &program->stacks[i];
    return NULL;
}

/* The orchestrator of the stack is to be opened; the one that the engine was asked through stays its. */
static void use_orchestrator(struct zpl_session *session, const struct zpl_stack_part *part)
{
    if (strcmp(part->flavour->word, "here") == 0)
        return;
    if (session->has_orchestrator) {
        session->here = session->stack.orchestrator;
        session->stack.orchestrator = (struct zpl_orchestrator){0};
        session->has_here = true;
        session->has_orchestrator = false;
    }
    session->config.orchestrator = part->flavour->word;
    session->config.options = part->options;
}

/* What the stack says becomes the session's; --jobs of the command line goes before it. */
static enum zpl_err use(struct zpl_session *session, const struct zpl_stack_def *stack)
{
    const struct zpl_span nowhere = {0};
    for (size_t i = 0; i < stack->part_count; i++) {
        const struct zpl_stack_part *part = &stack->parts[i];
        if (!part->flavour->opens) {
            zpl_diag_add(&session->diags, ZPL_CODE_STACK, nowhere,
                         "stack '%s' can't be used: this build of zpl has no %s '%s'", stack->name,
                         part->component, part->flavour->word);
            return ZPL_ERR_UNREACHABLE;
        }
        const struct zpl_literal *jobs = zpl_literal_field(part->options, "jobs");
        if (jobs != NULL && session->config.jobs == 0)
            session->config.jobs = (uint32_t)jobs->as.i;
        if (strcmp(part->component, "orchestrator") == 0)
            use_orchestrator(session, part);
    }
    return ZPL_OK;
}

/* Compiles project.zpl, when there is one. */
static enum zpl_err compile_project(struct zpl_session *session, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    struct zpl_compile_request request = {.name = PROJECT_FILE};
    struct zpl_stat st;
    struct zpl_diags quiet = {0};
    enum zpl_err err = zpl_path_join(path, session->project.root, PROJECT_FILE);
    if (err == ZPL_OK)
        err = zpl_fs_stat(path, &st, &quiet);
    zpl_diags_release(&quiet);
    if (err != ZPL_OK)
        return ZPL_ERR_NOT_FOUND;
    err = zpl_session_read_program(path, &text, diags);
    if (err == ZPL_OK) {
        struct zpl_digest digest = zpl_digest_of(zpl_buf_str(&text), text.len);
        zpl_witness_content(&session->witness, path, &st, &digest);
        request.text = zpl_buf_str(&text);
        request.len = text.len;
        err = zpl_compile(&request, &session->world, &session->shared);
        session->has_shared = true;
        session->shared_err = err;
    }
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_session_project(struct zpl_session *session, struct zpl_diags *diags)
{
    const struct zpl_program *program = &session->shared;
    struct zpl_buf shown = {0};
    enum zpl_err err = session->has_shared ? session->shared_err : compile_project(session, diags);
    if (err == ZPL_ERR_CHECK && program->diags.errors > 0) {
        const struct zpl_span nowhere = {0};
        zpl_diags_show(&program->diags, &program->sources, false, &shown);
        zpl_diag_add(diags, ZPL_CODE_STACK, nowhere, "project.zpl has mistakes:\n%s",
                     zpl_buf_str(&shown));
    }
    zpl_buf_release(&shown);
    return err;
}

/* Told with the names there are. */
static enum zpl_err unknown(struct zpl_session *session, const struct zpl_program *project,
                            const char *name)
{
    const struct zpl_program *programs[] = {&session->program, project};
    const struct zpl_span nowhere = {0};
    size_t count = 0;
    const char **names = zpl_arena_array(
        &session->arena, session->program.stack_count + project->stack_count + 1, sizeof *names);
    if (names == NULL)
        return zpl_diag_nomem(&session->diags);
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < programs[p]->stack_count; i++)
            names[count++] = programs[p]->stacks[i].name;
    struct zpl_diag *diag = zpl_diag_add(&session->diags, ZPL_CODE_STACK, nowhere,
                                         "neither %s nor project.zpl declares a stack '%s'",
                                         session->project.name, name);
    const char *near = zpl_text_nearest(name, names, count);
    if (near != NULL)
        zpl_diag_help(&session->diags, diag, "did you mean '%s'?", near);
    else
        zpl_diag_help(&session->diags, diag,
                      "declare it: stack \"%s\" { orchestrator = here { jobs = 4 } }", name);
    return ZPL_ERR_USAGE;
}

enum zpl_err zpl_session_use_stack(struct zpl_session *session, const char *name)
{
    struct zpl_program *project = &session->shared;
    enum zpl_err err = ZPL_OK;
    const struct zpl_stack_def *stack = find(&session->program, name);
    if (stack == NULL && strcmp(session->project.relative, PROJECT_FILE) != 0)
        err = zpl_session_project(session, &session->diags);
    if (stack == NULL && err == ZPL_OK)
        stack = find(project, name);
    if (stack != NULL)
        err = use(session, stack);
    else if (err == ZPL_OK || err == ZPL_ERR_NOT_FOUND)
        err = unknown(session, project, name);
    return err;
}
