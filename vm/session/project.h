/* project.h - where a program lives: its file, its project folder, its state.
 * The project is the nearest folder upward of the file with a project.zpl, else the file's own
 * folder; state is in <project>/.zpl, or in ZPL_HOME.
 * Owns: nothing on the heap.   Errors: NOT_FOUND told with the path and what to do.   Floor: vm. */
#ifndef ZPL_VM_SESSION_PROJECT_H
#define ZPL_VM_SESSION_PROJECT_H

#include "lang/base/arena.h"
#include "lang/base/diag.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"

struct zpl_witness;
struct zpl_project {
    char root[ZPL_PATH_MAX];     /* absolute */
    char home[ZPL_PATH_MAX];     /* absolute: the .zpl folder */
    char file[ZPL_PATH_MAX];     /* absolute; "" when no file was named */
    char name[ZPL_PATH_MAX];     /* the file as the person wrote it, for diagnostics */
    char relative[ZPL_PATH_MAX]; /* the file relative to root */
    struct zpl_witness *witness; /* notes what is asked below, NULL: nobody does; borrowed */
};

/* Finds the project of `file`, or of the working directory when file is NULL.  USAGE: it is a file of data
 * or of another language. */
enum zpl_err zpl_project_open(const char *file, struct zpl_project *out, struct zpl_diags *diags);
/* A path of the program: absolute ones and URLs stand, others are joined to the root. */
enum zpl_err zpl_project_path(const struct zpl_project *project, const char *path, char *out);
/* What is there at a path of the program?  False: nothing. */
bool zpl_project_look(const struct zpl_project *project, const char *path, struct zpl_stat *st);
/* The sorted names in a folder of the program. */
enum zpl_err zpl_project_list(const struct zpl_project *project, const char *folder,
                              struct zpl_arena *arena, char ***names, size_t *count,
                              struct zpl_diags *diags);
/* A path typed on the command line is relative to the working directory: rewrites it to one that is
 * relative to the project if it lies inside, else absolute. */
enum zpl_err zpl_project_adopt(const struct zpl_project *project, const char *typed, char *out);
/* The regular files that match a pattern of the program (relative to the project; * ? [ ] stand for
 * parts of one name), as the program names them, in the order of their bytes; arena text.
 * ZPL_ERR_LIMIT: more than ZPL_FILES_MAX. */
enum zpl_err zpl_project_files(const struct zpl_project *project, const char *pattern,
                               struct zpl_arena *arena, const char *const **paths, size_t *count,
                               struct zpl_diags *diags);
/* The files that a source's path names: a file of this very name, else those that match it as a pattern;
 * a path that is no pattern names itself.  As above; *count is 0 when a pattern matches none. */
enum zpl_err zpl_project_sources(const struct zpl_project *project, const char *path,
                                 struct zpl_arena *arena, const char *const **paths, size_t *count,
                                 struct zpl_diags *diags);
/* A path for people: without the project's root in front when it lies inside; borrowed. */
const char *zpl_project_show(const struct zpl_project *project, const char *path);

#endif
