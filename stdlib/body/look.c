/* look.c - see look.h.   Floor: stdlib. */
#include "stdlib/body/look.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/proc.h"
#include "lang/base/version.h"
#include "stdlib/body/process.h"
#include "stdlib/body/python.h"

static const struct zpl_span nowhere;

const char *const zpl_look_variables[] = {
    "PYENV_VERSION", "PYENV_ROOT",   "PYENV_DIR", "ASDF_PYTHON_VERSION",
    "VIRTUAL_ENV",   "CONDA_PREFIX", NULL};

/* The helper that this process keeps: one after the other is asked of it what the same interpreter can say. */
static struct {
    struct zpl_process_kept process;
    char interpreter[ZPL_PATH_MAX], folder[ZPL_PATH_MAX];
} kept = {.process = {.talk = -1}};

/* How it ended, as of waitpid. */
static int leave(void)
{
    int status = 0;
    if (kept.process.talk < 0)
        return status;
    close(kept.process.talk); /* then nobody asks it any more, and it ends */
    kept.process.talk = -1;
    while (waitpid(kept.process.pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

void zpl_look_leave(void)
{
    if (kept.process.talk >= 0)
        (void)kill(kept.process.pid, SIGKILL);
    (void)leave();
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

/* Starts the helper that the question is for, unless it is there. */
static enum zpl_err keep(const struct zpl_look_request *request, struct zpl_arena *arena,
                         struct zpl_diags *diags)
{
    char **words;
    if (kept.process.talk >= 0 && strcmp(kept.interpreter, request->interpreter) == 0 &&
        strcmp(kept.folder, request->folder) == 0)
        return ZPL_OK;
    zpl_look_leave();
    words = zpl_python_words(request->interpreter, ZPL_PYTHON_LOOK, arena);
    if (words == NULL && !zpl_arena_failed(arena)) {
        struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere,
                                             "the Python package of zpl is not beside it");
        zpl_diag_help(diags, diag, "ZPL_PYTHON_DIR names the folder that it is in");
        return ZPL_ERR_STEP;
    }
    if (words == NULL)
        return zpl_diag_nomem(diags);
    struct zpl_json *body = surroundings();
    struct zpl_process process = {
        .arena = arena, .diags = diags, .folder = request->folder, .body = body, .words = words};
    enum zpl_err err = zpl_path_clean(kept.interpreter, request->interpreter) == ZPL_OK &&
                               zpl_path_clean(kept.folder, request->folder) == ZPL_OK &&
                               zpl_process_keep(&process, &kept.process) == 0
                           ? ZPL_OK
                           : ZPL_ERR_STEP;
    zpl_json_release(body);
    return err;
}

/* What it said, held to what that should be. */
static enum zpl_err judge(const struct zpl_buf *said, const struct zpl_look_request *request,
                          struct zpl_json **out, struct zpl_diags *diags)
{
    struct zpl_json *answer = NULL;
    if (zpl_json_parse(said->data, said->len, &answer, NULL) == ZPL_OK &&
        zpl_json_kind(answer) == ZPL_JSON_OBJECT &&
        zpl_json_i64(zpl_json_get(answer, "v"), 0) == ZPL_PYTHON_VERSION) {
        *out = answer;
        return ZPL_OK;
    }
    zpl_json_release(answer);
    zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "what '%s' says of Python can't be understood",
                 request->interpreter);
    return ZPL_ERR_STEP;
}

enum zpl_err zpl_look(const struct zpl_look_request *request, struct zpl_json **out,
                      struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct zpl_buf said = {.cap = ZPL_MESSAGE_MAX};
    char words[ZPL_EXIT_WORDS_SIZE];
    *out = NULL;
    enum zpl_err err = keep(request, arena, diags);
    if (err != ZPL_OK)
        return err;
    if (zpl_msg_send(kept.process.talk, request->question, strlen(request->question), NULL, 0) ==
            ZPL_OK &&
        zpl_msg_recv(kept.process.talk, &said, NULL, NULL) == ZPL_OK) {
        err = judge(&said, request, out, diags);
    } else {
        zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere,
                     "'%s' ended with %s before it said anything (Python 3.9 or newer does)",
                     request->interpreter, zpl_proc_exit_words(leave(), words));
        err = ZPL_ERR_STEP;
    }
    if (err != ZPL_OK)
        zpl_look_leave();
    zpl_buf_release(&said);
    return err;
}
