/* look.c - see look.h.   Floor: stdlib. */
#include "stdlib/body/look.h"

#include <string.h>

#include "lang/base/proc.h"
#include "lang/base/version.h"
#include "stdlib/body/process.h"
#include "stdlib/body/python.h"

static const struct zpl_span nowhere;

const char *const zpl_look_variables[] = {
    "PYENV_VERSION", "PYENV_ROOT",   "PYENV_DIR", "ASDF_PYTHON_VERSION",
    "VIRTUAL_ENV",   "CONDA_PREFIX", NULL};

/* The answer, once it is there. */
struct asking {
    struct zpl_json *answer;
    bool heard;
};

static void heard(void *self, const void *message, size_t len)
{
    struct asking *asking = self;
    if (!asking->heard)
        (void)zpl_json_parse(message, len, &asking->answer, NULL);
    asking->heard = true;
}

/* {"network": true, "pass": […]}: the worker that asks has no network to give. */
static struct zpl_json *surroundings(void)
{
    struct zpl_json *body = zpl_json_object(), *pass = zpl_json_array();
    for (size_t i = 0; zpl_look_variables[i] != NULL; i++)
        zpl_json_add_take(pass, zpl_json_string(zpl_look_variables[i]));
    zpl_json_set_take(body, "network", zpl_json_bool(true));
    zpl_json_set_take(body, "pass", pass);
    return body;
}

/* Holds the end of the helper and what it said to what they should be. */
static enum zpl_err judge(const struct zpl_process *process, struct asking *asking,
                          struct zpl_json **out)
{
    char words[ZPL_EXIT_WORDS_SIZE];
    bool whole = zpl_json_kind(asking->answer) == ZPL_JSON_OBJECT &&
                 zpl_json_i64(zpl_json_get(asking->answer, "v"), 0) == ZPL_PYTHON_VERSION;
    *out = whole ? asking->answer : NULL;
    if (whole)
        return ZPL_OK;
    zpl_json_release(asking->answer);
    if (asking->heard)
        zpl_diag_add(process->diags, ZPL_CODE_WORKER, nowhere,
                     "what '%s' says of Python can't be understood", process->words[0]);
    else
        zpl_diag_add(process->diags, ZPL_CODE_WORKER, nowhere,
                     "'%s' ended with %s before it said anything of Python", process->words[0],
                     zpl_proc_exit_words(process->status, words));
    return ZPL_ERR_STEP;
}

enum zpl_err zpl_look(const struct zpl_look_request *request, struct zpl_json **out,
                      struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct asking asking = {0};
    *out = NULL;
    char **words = zpl_python_words(request->interpreter, ZPL_PYTHON_LOOK, arena);
    if (words == NULL && !zpl_arena_failed(arena)) {
        struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere,
                                             "the Python package of zpl is not beside it");
        zpl_diag_help(diags, diag, "ZPL_PYTHON_DIR names the folder that it is in");
        return ZPL_ERR_STEP;
    }
    struct zpl_json *body = surroundings();
    struct zpl_process process = {.arena = arena,
                                  .diags = diags,
                                  .folder = request->folder,
                                  .body = body,
                                  .words = words,
                                  .heard = heard,
                                  .once = true,
                                  .said = request->question,
                                  .said_len = strlen(request->question),
                                  .self = &asking};
    enum zpl_err err = zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : ZPL_OK;
    if (err == ZPL_OK && zpl_process_run(&process) != 0)
        err = ZPL_ERR_STEP;
    if (err == ZPL_OK)
        err = judge(&process, &asking, out);
    else
        zpl_json_release(asking.answer);
    zpl_json_release(body);
    return err;
}
