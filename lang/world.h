/* world.h - all that the language asks of the outside, as structs that vm fills.
 * So the checker needs no database, an editor's buffers and a package's files are just loaders, and
 * a fuzzer needs nothing.   Floor: lang. */
#ifndef ZPL_LANG_WORLD_H
#define ZPL_LANG_WORLD_H

#include "lang/base/diag.h"
#include "lang/check/engine.h"
#include "lang/check/function.h"
#include "lang/graph/graph.h"
#include "lang/types/catalog.h"

/* The text of an import.  `from` is the importing file's name, `name` what it wrote.  *canonical is
 * what diagnostics call it and what cycles are found by.  All in the arena.
 * Without a diagnostic NOT_FOUND when there is no such file, INPUT when it is no .zpl file, LIMIT when it
 * is too large. */
struct zpl_loader {
    void *self;
    enum zpl_err (*load)(void *self, const char *from, const char *name, struct zpl_arena *arena,
                         const char **canonical, const char **text, size_t *len,
                         struct zpl_diags *diags);
};

struct zpl_world {
    struct zpl_loader loader;
    struct zpl_catalog catalog;
    struct zpl_engine engine; /* bind and schema may be NULL: then sources and SQL are unknown */
    /* A path of the program (relative to the project) as the engine can open it; arena text. */
    const char *(*resolve)(void *self, const char *path, struct zpl_arena *arena);
    void *resolve_self;
    /* The files that match a pattern of the program, in a fixed order; arena text.  ZPL_ERR_LIMIT: too
     * many.  NULL function: there are none. */
    enum zpl_err (*files)(void *self, const char *pattern, struct zpl_arena *arena,
                          const char *const **paths, size_t *count, struct zpl_diags *diags);
    /* The files that the path of a source names, as the program holds them; arena text: itself, or, when
     * there is no file of this name, those that it matches as a pattern.  Errors and limits as above.
     * NULL function: itself. */
    enum zpl_err (*sources)(void *self, const char *path, struct zpl_arena *arena,
                            const char *const **paths, size_t *count, struct zpl_diags *diags);
    /* Does the path lead out of the project, to where nobody who runs it pointed?  NULL function: none. */
    bool (*outside)(void *self, const char *path);
    /* Is there a regular file, a folder, at that path of the program?  NULL function: nobody can say. */
    bool (*has_file)(void *self, const char *path);
    bool (*has_folder)(void *self, const char *path);
    /* The function of that name in a file of Python, at a path of the program that has_file() knows.  NULL
     * function, or *out NULL: nobody can say. */
    enum zpl_err (*function)(void *self, const char *path, const char *name,
                             struct zpl_arena *arena, const struct zpl_function **out,
                             struct zpl_diags *diags);
    /* Is there a time zone of that name?  NULL function: nobody can say. */
    bool (*has_zone)(void *self, const char *name);
    /* The limits that project.zpl declares, which live as long as the world.  ZPL_ERR_CHECK (told): it has
     * mistakes.  NULL function: there are none. */
    enum zpl_err (*limits)(void *self, const struct zpl_limit **limits, size_t *count,
                           struct zpl_diags *diags);
    /* What stands under a name that runs write: the text of its type, and who wrote it in words ("run 3");
     * NULL: nothing.  Arena texts.  NULL function: nothing is written anywhere. */
    enum zpl_err (*named)(void *self, const char *name, struct zpl_arena *arena, const char **type,
                          const char **maker, struct zpl_diags *diags);
    /* A path typed on the command line (relative to the working directory) as the program holds it;
     * arena text.  NULL function: it stands as typed. */
    const char *(*adopt)(void *self, const char *typed, struct zpl_arena *arena);
};

#endif
