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
    const char **entries; /* files of steps that were followed for their functions */
    size_t entry_count, entry_capacity;
    struct zpl_known_packages *packages; /* by the names that were asked for */
    size_t package_count, package_capacity;
};

/* Tells that the answer of that program has another shape, ZPL_ERR_STEP, or that memory is out. */
enum zpl_err zpl_python_unread(struct zpl_session *session, const char *program,
                               struct zpl_diags *diags);
/* The file by that path of the program, which has just that content: as the system opens it, in
 * full[ZPL_PATH_MAX]. */
enum zpl_err zpl_python_find(struct zpl_session *session, const char *path, char *full,
                             struct zpl_digest *content, struct zpl_diags *diags);
/* What Python says of a file that zpl_python_find() found, told `beside`, the texts of modules that it imports classes
 * from, or NULL; *out is the caller's. */
enum zpl_err zpl_python_ask(struct zpl_session *session, const char *full,
                            const struct zpl_digest *content, const struct zpl_json *beside,
                            struct zpl_json **out, struct zpl_diags *diags);

#endif
