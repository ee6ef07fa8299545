/* python.h - the Python of this machine as steps of the kernel "python" use it: which interpreter, what its
 * files say (never run, only parsed), what they import, which packages.
 * Promise: what is not asked of a worker again is what would be answered again; all that was looked at is
 * noted by the session's witness.
 * Owns: nothing; what is remembered of a session is in its arena.
 * Errors: told.  ZPL_ERR_STEP: Python does not answer.   Limits: ZPL_MODULES_MAX, ZPL_MODULE_BYTES_MAX.
 * Floor: vm. */
#ifndef ZPL_VM_PYTHON_PYTHON_H
#define ZPL_VM_PYTHON_PYTHON_H

#include "lang/check/function.h"
#include "vm/session/session.h"

/* ---- the interpreter ---- */

struct zpl_python_facts {
    const char *interpreter;    /* the program that is started, by its absolute path */
    const char *version;        /* "3.11.2" */
    const char *implementation; /* "cpython" */
    const char *const *stdlib;  /* names of its own modules, sorted */
    size_t stdlib_count;
    const char *const *site; /* folders of packages, NULL-terminated */
    size_t site_count;
    const char *const *own; /* folders whose code is edited where it stands; see zpl_python_own() */
    size_t own_count;
};
/* What `python3` on PATH leads to.  *out NULL: there is none. */
enum zpl_err zpl_python_facts(struct zpl_session *session, const struct zpl_python_facts **out,
                              struct zpl_diags *diags);
/* As zpl_python_facts(), where there has to be one: ZPL_ERR_STEP, told. */
enum zpl_err zpl_python_need(struct zpl_session *session, const struct zpl_python_facts **out,
                             struct zpl_diags *diags);
/* From now on the machine is looked at anew: what a session found out before counts where it is still so. */
void zpl_python_look_again(struct zpl_session *session);
/* What the witness notes of ZPL_PYTHON_ON_PATH (which program that is, and what leads it to another), and of
 * an interpreter by its path: other answers for other programs. */
#define ZPL_PYTHON_ON_PATH "python3"
struct zpl_digest zpl_python_sight(const struct zpl_project *project, const char *which);

/* ---- files ---- */

struct zpl_python_import {
    unsigned level; /* dots before it */
    uint32_t line;
    const char *module;       /* "a.b"; "" behind dots alone */
    const char *const *names; /* that are imported from it; "*" for all */
    size_t name_count;
};
struct zpl_python_module {
    const char *identity; /* of its syntax tree; of its bytes when Python can't read it */
    const struct zpl_python_import *imports;
    size_t import_count;
    const char *error; /* NULL, or why Python can't read it: "expected ':' (1:10)" */
};
/* What the file says, at a path of the program.  NOT_FOUND, told: there is none. */
enum zpl_err zpl_python_module(struct zpl_session *session, const char *path,
                               const struct zpl_python_module **out, struct zpl_diags *diags);
/* The function of that name in it, as zpl_world.function. */
enum zpl_err zpl_python_function(struct zpl_session *session, const char *path, const char *name,
                                 struct zpl_arena *arena, const struct zpl_function **out,
                                 struct zpl_diags *diags);

/* ---- what a file leads to ---- */

struct zpl_python_file {
    const char *path; /* as the program would name it */
    const char *identity;
};
struct zpl_python_package {
    const char *name, *version; /* of a distribution; NULL: no such module is installed */
};
/* Finds out facts->own, if that is not known: the folders that files of paths name where packages are installed. */
enum zpl_err zpl_python_own(struct zpl_session *session, struct zpl_diags *diags);
/* The distributions of modules of these sorted names, and what these need; in the session's arena. */
enum zpl_err zpl_python_packages(struct zpl_session *session, const char *const *names,
                                 size_t count, const struct zpl_python_package **out,
                                 size_t *out_count, struct zpl_diags *diags);
/* The file that an import in `file` reads, `module` as it is written with its dots; NULL: it is none of the project's.  In
 * `arena`.  In python_closure.c. */
enum zpl_err zpl_python_import_file(struct zpl_session *session,
                                    const struct zpl_python_facts *facts, const char *file,
                                    const char *module, const char **out, struct zpl_arena *arena,
                                    struct zpl_diags *diags);
/* The files of the project that `entry` imports, directly or not, `entry` first and the others by their paths;
 * and the names of the modules that are in none and not Python's own, beside those that *out has, which is zeroed
 * otherwise.  In `arena`.  In python_closure.c. */
struct zpl_python_closure {
    struct zpl_python_file *files;
    size_t file_count, file_capacity;
    const char **names; /* sorted, each once */
    size_t name_count, name_capacity;
    const char
        *fault; /* the first import that fails if it is made, in words; NULL: none that is seen */
};
enum zpl_err zpl_python_closure(struct zpl_session *session, const struct zpl_python_facts *facts,
                                const char *entry, struct zpl_python_closure *out,
                                struct zpl_arena *arena, struct zpl_diags *diags);

#endif
