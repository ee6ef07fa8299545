/* python_known.h - what a session knows of Python, for the files that are python.h.
 * Owns: all of it is in the session's arena.   Floor: vm. */
#ifndef ZPL_VM_PYTHON_PYTHON_KNOWN_H
#define ZPL_VM_PYTHON_PYTHON_KNOWN_H

#include "vm/python/python.h"

struct zpl_known_module {
    struct zpl_digest content;
    struct zpl_python_module module;
};
struct zpl_known_packages {
    struct zpl_digest names;
    const struct zpl_python_package *items;
    size_t count;
};
struct zpl_python {
    struct zpl_python_facts facts;
    struct zpl_digest sight;  /* of python3 on PATH, as it was */
    struct zpl_digest helper; /* of what answers, and of the interpreter that runs it */
    struct zpl_digest site;   /* of the names in the folders of packages, once they were listed */
    bool listed;
    struct zpl_digest own;             /* for which of them the facts have `own` */
    struct zpl_known_module **modules; /* by the content of their files */
    size_t module_count, module_capacity;
    struct zpl_known_packages *packages; /* by the names that were asked for */
    size_t package_count, package_capacity;
};

/* As zpl_python_facts(), where there has to be one: ZPL_ERR_STEP, told. */
enum zpl_err zpl_python_need(struct zpl_session *session, const struct zpl_python_facts **out,
                             struct zpl_diags *diags);
/* Tells that the answer of that program has another shape, ZPL_ERR_STEP, or that memory is out. */
enum zpl_err zpl_python_unread(struct zpl_session *session, const char *program,
                               struct zpl_diags *diags);
/* The file by that path of the program, which has just that content: as the system opens it, in
 * full[ZPL_PATH_MAX]. */
enum zpl_err zpl_python_find(struct zpl_session *session, const char *path, char *full,
                             struct zpl_digest *content, struct zpl_diags *diags);
/* What Python says of a file that zpl_python_find() found; *out is the caller's. */
enum zpl_err zpl_python_ask(struct zpl_session *session, const char *full,
                            const struct zpl_digest *content, struct zpl_json **out,
                            struct zpl_diags *diags);
/* Finds out facts->own, if that is not known: the folders that files of paths name where packages are installed. */
enum zpl_err zpl_python_own(struct zpl_session *session, struct zpl_diags *diags);
/* The distributions of modules of these sorted names, and what these need. */
enum zpl_err zpl_python_packages(struct zpl_session *session, const char *const *names,
                                 size_t count, struct zpl_python_step *out,
                                 struct zpl_diags *diags);

#endif
