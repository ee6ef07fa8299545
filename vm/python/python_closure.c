/* python_closure.c - which files a file of Python imports, as Python would find them, without running it: modules
 * are looked for in the folder of the step's own file, then in the project's, then in those of packages that are edited
 * where they stand; relative ones beside the file that
 * imports them.  A file that may be imported counts: under a condition, in a function, by `from a import *`.
 * Part of python.h.   Floor: vm. */
#include "vm/python/python.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lang/base/fs.h"

/* A closure under construction. */
struct closing {
    struct zpl_session *session;
    const struct zpl_python_facts *facts;
    struct zpl_python_closure *out;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
    const char **
        places; /* the step's folder, the project's, further ones, as the program would name them; "" is the
                            project's.  Where a module that is not relative is looked for. */
    size_t place_count;
    bool is_member;        /* of a package: the step's file, whose imports with dots are found */
    const char *extension; /* ".cpython-311-x86_64-linux-gnu.so" */
    uint32_t *slots;       /* by a hash of the path: 1 + the file's index */
    struct zpl_arena own;  /* of what only the search needs */
    size_t room;
};

/* Where parts of a dotted name are looked for: the package so far, which may lie in several folders that no
 * __init__.py makes one. */
struct spot {
    const char *const *folders;
    size_t count;
};

enum found {
    NOTHING,
    PACKAGE, /* a file, and a folder for what is below it */
    MODULE,  /* a file, or one of machine code */
    FOLDER   /* without __init__.py */
};

/* ---- files ---- */

static size_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *s = (const unsigned char *)text; *s != '\0'; s++)
        hash = (hash ^ *s) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 29);
}

/* Where the file's index stands, or would. */
static uint32_t *slot_of(const struct closing *c, const char *path)
{
    size_t i = hash_of(path) % c->room;
    while (c->slots[i] != 0 && strcmp(c->out->files[c->slots[i] - 1].path, path) != 0)
        i = (i + 1) % c->room;
    return &c->slots[i];
}

/* Puts a file on the list, once; what it imports is looked at in its turn. */
static enum zpl_err add_file(struct closing *c, const char *path)
{
    struct zpl_python_closure *out = c->out;
    uint32_t *slot = slot_of(c, path);
    if (*slot != 0)
        return ZPL_OK;
    if (out->file_count >= ZPL_MODULES_MAX) {
        zpl_diag_add(c->diags, ZPL_CODE_LANG_LIMIT, (struct zpl_span){0},
                     "'%s' imports more than %u files", out->files[0].path, ZPL_MODULES_MAX);
        return ZPL_ERR_LIMIT;
    }
    out->files = zpl_arena_grow(c->arena, out->files, out->file_count, &out->file_capacity,
                                sizeof *out->files);
    path = zpl_arena_strdup(c->arena, path);
    if (out->files == NULL || path == NULL)
        return zpl_diag_nomem(c->diags);
    out->files[out->file_count++] = (struct zpl_python_file){.path = path};
    *slot = (uint32_t)out->file_count;
    return ZPL_OK;
}

/* The name of a module that is installed, or of nothing. */
static void add_name(struct closing *c, const char *module)
{
    struct zpl_python_closure *out = c->out;
    out->names = zpl_arena_grow(c->arena, out->names, out->name_count, &out->name_capacity,
                                sizeof *out->names);
    const char *name = zpl_arena_strndup(c->arena, module, strcspn(module, "."));
    if (out->names != NULL && name != NULL)
        out->names[out->name_count++] = name;
}

static bool is_there(const struct closing *c, const char *path, bool folder)
{
    struct zpl_stat st;
    return zpl_project_look(&c->session->project, path, &st) && (folder ? st.is_dir : st.is_file);
}

/* "folder/name" and an ending. */
static bool put_path(char *out, const char *folder, const char *name, size_t len,
                     const char *ending)
{
    size_t n = strlen(folder), m = strlen(ending);
    bool slash = n > 0 && folder[n - 1] != '/';
    if (n + slash + len + m >= ZPL_PATH_MAX)
        return false;
    memcpy(out, folder, n);
    if (slash)
        out[n] = '/';
    memcpy(out + n + slash, name, len);
    memcpy(out + n + slash + len, ending, m + 1);
    return true;
}

/* One part of a dotted name in one folder, in the order in which Python looks; *path is the file, or the
 * folder that has none. */
static enum found find_part(const struct closing *c, const char *folder, const char *name,
                            size_t len, char *path)
{
    const char *endings[] = {c->extension, ".abi3.so", ".so", ".py"};
    bool is_folder = put_path(path, folder, name, len, "") && is_there(c, path, true);
    if (is_folder && put_path(path, folder, name, len, "/__init__.py") && is_there(c, path, false))
        return PACKAGE;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (put_path(path, folder, name, len, endings[i]) && is_there(c, path, false))
            return MODULE;
    return is_folder && put_path(path, folder, name, len, "") ? FOLDER : NOTHING;
}

/* One part of a dotted name in the package so far, which becomes the package that it is: empty when nothing can
 * be below it.  Its file is put on the list. */
static enum zpl_err find_in(struct closing *c, struct spot *spot, const char *name, size_t len,
                            enum found *found)
{
    const char **folders = zpl_arena_array(&c->own, spot->count + 1, sizeof *folders);
    size_t below = 0;
    char path[ZPL_PATH_MAX];
    enum zpl_err err = folders != NULL ? ZPL_OK : zpl_diag_nomem(c->diags);
    *found = NOTHING;
    for (size_t i = 0; folders != NULL && i < spot->count; i++) {
        enum found kind = find_part(c, spot->folders[i], name, len, path);
        if (kind == PACKAGE || kind == MODULE) {
            *found = kind;
            err = add_file(c, path);
            below = 0;
        }
        if (kind == PACKAGE)
            path[strlen(path) - strlen("/__init__.py")] = '\0';
        if (kind == PACKAGE || kind == FOLDER) {
            folders[below] = zpl_arena_strdup(&c->own, path);
            if (folders[below++] == NULL)
                return zpl_diag_nomem(c->diags);
        }
        if (kind == PACKAGE || kind == MODULE)
            break;
    }
    if (*found == NOTHING && below > 0)
        *found = FOLDER;
    *spot = (struct spot){folders, below};
    return err;
}

/* ---- imports ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_pythons_own(const struct closing *c, const char *module)
{
    char name[ZPL_NAME_MAX + 1];
    const char *key = name;
    size_t len = strcspn(module, ".");
    if (len >= sizeof name)
        return false;
    memcpy(name, module, len);
    name[len] = '\0';
    return c->facts->stdlib_count > 0 &&
           bsearch(&key, c->facts->stdlib, c->facts->stdlib_count, sizeof key, by_text) != NULL;
}

/* Everything that `from package import *` can name: what is in its folders. */
static enum zpl_err add_all(struct closing *c, const struct spot *spot)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && i < spot->count; i++) {
        char **names;
        size_t count;
        err = zpl_project_list(&c->session->project, *spot->folders[i] ? spot->folders[i] : ".",
                               &c->own, &names, &count, c->diags);
        for (size_t k = 0; err == ZPL_OK && k < count; k++) {
            size_t len = strcspn(names[k], ".");
            struct spot at = *spot;
            enum found found;
            if (len > 0 && strncmp(names[k], "__", 2) != 0)
                err = find_in(c, &at, names[k], len, &found);
        }
    }
    return err;
}

/* What is imported from a package: modules of it, or names in it, which no file stands for. */
static enum zpl_err add_names(struct closing *c, const struct zpl_python_import *import,
                              const struct spot *spot, bool *any)
{
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; err == ZPL_OK && spot->count > 0 && i < import->name_count; i++) {
        struct spot at = *spot;
        enum found found = NOTHING;
        if (strcmp(import->names[i], "*") == 0)
            err = add_all(c, spot);
        else
            err = find_in(c, &at, import->names[i], strlen(import->names[i]), &found);
        *any = *any || found != NOTHING;
    }
    return err;
}

/* The folder that dots lead to from a file; false: above all. */
static bool folder_above(const char *file, unsigned level, char *out)
{
    if (zpl_path_dir(out, file) != ZPL_OK)
        return false;
    for (unsigned i = 1; i < level; i++) {
        const char *base = zpl_path_base(out);
        if (strcmp(out, ".") == 0 || strcmp(out, "/") == 0 || strcmp(base, "..") == 0 ||
            zpl_path_dir(out, out) != ZPL_OK)
            return false;
    }
    if (strcmp(out, ".") == 0)
        *out = '\0';
    return true;
}

static enum zpl_err add_import(struct closing *c, const char *file,
                               const struct zpl_python_import *import)
{
    char above[ZPL_PATH_MAX], init[ZPL_PATH_MAX];
    const char *folder = above;
    struct spot spot = {c->places, c->place_count};
    bool met = import->level > 0, any = false;
    enum found found = NOTHING;
    enum zpl_err err = ZPL_OK;
    if (import->level > 0 && !folder_above(file, import->level, above))
        return ZPL_OK; /* Python says so when it runs */
    if (import->level > 0) {
        spot = (struct spot){&folder, 1};
        if (put_path(init, above, "__init__.py", strlen("__init__.py"), "") &&
            is_there(c, init, false))
            err = add_file(c, init);
    }
    for (const char *part = import->module; err == ZPL_OK && *part != '\0' && spot.count > 0;) {
        size_t len = strcspn(part, ".");
        err = find_in(c, &spot, part, len, &found);
        if (found == FOLDER && import->level == 0 && part == import->module &&
            is_pythons_own(c, part))
            return err; /* a module stands before a folder that nothing makes a package */
        met = met || found == PACKAGE || found == MODULE;
        if (found == NOTHING)
            break;
        part += len + (part[len] == '.');
    }
    if (err == ZPL_OK && (found != NOTHING || import->level > 0))
        err = add_names(c, import, &spot, &any);
    if (!met && !any && !is_pythons_own(c, import->module))
        add_name(c, import->module);
    return err;
}

/* ---- all of it ---- */

/* Is what a file imports with dots also imported without, as where the one is tried for the other? */
static bool has_other_way(const struct zpl_python_module *module,
                          const struct zpl_python_import *import)
{
    for (size_t i = 0; i < module->import_count; i++)
        if (module->imports[i].level == 0 && strcmp(module->imports[i].module, import->module) == 0)
            return true;
    return false;
}

/* Keeps the first import that fails if it is made. */
static void find_fault(struct closing *c, size_t i, const struct zpl_python_module *module)
{
    struct zpl_python_closure *out = c->out;
    const char *entry = out->files[0].path, *path = out->files[i].path;
    if (i > 0 && out->fault == NULL && module->error != NULL)
        out->fault = zpl_arena_printf(c->arena, "%s imports %s, which is no Python: %s", entry,
                                      path, module->error);
    for (size_t k = 0; i == 0 && !c->is_member && k < module->import_count; k++)
        if (out->fault == NULL && module->imports[k].level > 0 &&
            !has_other_way(module, &module->imports[k]))
            out->fault = zpl_arena_printf(
                c->arena,
                "%s imports '.%s' in line %u, and is in no package: name it without dots, as it is "
                "found from the file's folder or the project's",
                path, module->imports[k].module, module->imports[k].line);
}

static enum zpl_err read_file(struct closing *c, size_t i)
{
    const struct zpl_python_module *module;
    const char *path = c->out->files[i].path;
    enum zpl_err err = zpl_python_module(c->session, path, &module, c->diags);
    if (err != ZPL_OK)
        return err;
    c->out->files[i].identity = module->identity;
    find_fault(c, i, module);
    for (size_t k = 0; err == ZPL_OK && k < module->import_count; k++)
        err = add_import(c, path, &module->imports[k]);
    return err;
}

/* ".cpython-311-x86_64-linux-gnu.so", as modules of machine code end. */
static const char *extension_of(const struct zpl_python_facts *facts, struct zpl_arena *arena)
{
    struct utsname machine;
    const char *minor = strchr(facts->version, '.');
    if (minor == NULL || uname(&machine) < 0)
        return ".so";
    return zpl_arena_printf(arena, ".%s-%.*s%.*s-%s-linux-gnu.so", facts->implementation,
                            (int)(minor - facts->version), facts->version,
                            (int)strspn(minor + 1, "0123456789"), minor + 1, machine.machine);
}

static int by_path(const void *a, const void *b)
{
    const struct zpl_python_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static void sort_names(struct zpl_python_closure *out)
{
    size_t kept = 0;
    if (out->name_count == 0)
        return;
    qsort(out->names, out->name_count, sizeof *out->names, by_text);
    for (size_t i = 1; i < out->name_count; i++)
        if (strcmp(out->names[kept], out->names[i]) != 0)
            out->names[++kept] = out->names[i];
    out->name_count = kept + 1;
}

/* A file in a package of the project is a member of it: the files that make the folders above it packages run
 * first. */
static enum zpl_err add_packages(struct closing *c, const char *entry)
{
    char folder[ZPL_PATH_MAX], init[ZPL_PATH_MAX];
    enum zpl_err err = ZPL_OK;
    bool whole = true;
    if (*entry == '/')
        return ZPL_OK;
    for (int add = 0; err == ZPL_OK && whole && add < 2; add++) {
        for (const char *at = entry; whole && err == ZPL_OK && zpl_path_dir(folder, at) == ZPL_OK &&
                                     strcmp(folder, ".") != 0;
             at = folder) {
            c->is_member = whole =
                put_path(init, folder, "__init__.py", strlen("__init__.py"), "") &&
                is_there(c, init, false);
            if (whole && add == 1)
                err = add_file(c, init);
        }
    }
    return err;
}

/* Folders whose code is edited where it stands come last, as in Python. */
static void add_own_places(struct closing *c)
{
    const char *root = c->session->project.root;
    for (size_t i = 0; i < c->facts->own_count; i++) {
        const char *folder = c->facts->own[i], *below = zpl_path_below(root, folder);
        if (strcmp(folder, root) != 0)
            c->places[c->place_count++] = below != NULL ? below : folder;
    }
}

/* A new one of the file, the first of its list; c->own is released by the caller in every case. */
static enum zpl_err begin(struct closing *c, const char *entry)
{
    char clean[ZPL_PATH_MAX], dir[ZPL_PATH_MAX];
    if (zpl_path_clean(clean, entry) != ZPL_OK || zpl_path_dir(dir, clean) != ZPL_OK)
        return zpl_diag_system(c->diags, "use", entry, ENAMETOOLONG);
    const char *folder = strcmp(dir, ".") == 0 ? "" : zpl_arena_strdup(&c->own, dir);
    c->places = zpl_arena_array(&c->own, c->facts->own_count + 2, sizeof *c->places);
    c->room = 2 * ZPL_MODULES_MAX;
    c->slots = zpl_arena_array(&c->own, c->room, sizeof *c->slots);
    c->extension = extension_of(c->facts, &c->own);
    if (c->places == NULL || folder == NULL || c->slots == NULL || c->extension == NULL)
        return zpl_diag_nomem(c->diags);
    c->places[c->place_count++] = folder;
    if (*folder != '\0')
        c->places[c->place_count++] = "";
    add_own_places(c);
    return add_file(c, clean);
}

enum zpl_err zpl_python_import_file(struct zpl_session *session,
                                    const struct zpl_python_facts *facts, const char *file,
                                    const char *module, const char **out, struct zpl_arena *arena,
                                    struct zpl_diags *diags)
{
    struct zpl_python_closure found = {0};
    struct closing c = {
        .session = session, .facts = facts, .out = &found, .arena = arena, .diags = diags};
    unsigned level = (unsigned)strspn(module, ".");
    const struct zpl_python_import import = {.level = level, .module = module + level};
    *out = NULL;
    enum zpl_err err = begin(&c, file);
    if (err == ZPL_OK)
        err = add_import(&c, found.files[0].path, &import);
    if (err == ZPL_OK && found.file_count > 1) /* a package stands before what is in it */
        *out = found.files[found.file_count - 1].path;
    zpl_arena_release(&c.own);
    return err;
}

enum zpl_err zpl_python_closure(struct zpl_session *session, const struct zpl_python_facts *facts,
                                const char *entry, struct zpl_python_closure *out,
                                struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct closing c = {
        .session = session, .facts = facts, .out = out, .arena = arena, .diags = diags};
    enum zpl_err err = begin(&c, entry);
    if (err == ZPL_OK)
        err = add_packages(&c, out->files[0].path);
    for (size_t i = 0; err == ZPL_OK && i < out->file_count; i++)
        err = read_file(&c, i);
    if (err == ZPL_OK && (zpl_arena_failed(arena) || zpl_arena_failed(&c.own)))
        err = zpl_diag_nomem(diags);
    zpl_arena_release(&c.own);
    if (err != ZPL_OK)
        return err;
    qsort(out->files + 1, out->file_count - 1, sizeof *out->files, by_path);
    sort_names(out);
    return ZPL_OK;
}
