/* python.c - which interpreter there is, and what it says of itself.   Floor: vm. */
#include "vm/python/python_known.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "stdlib/body/look.h"
#include "stdlib/body/process.h"
#include "stdlib/body/python.h"
#include "stdlib/catalog.h"
#include "vm/protocol/json_read.h"
#include "vm/session/memo.h"
#include "vm/session/witness.h"

static const struct zpl_span nowhere;

/* ---- which interpreter ---- */

/* A program by its path and by all that stat tells of where links lead; nothing for one that is not there. */
static void add_stat(struct zpl_hasher *hasher, const char *path)
{
    struct zpl_stat st;
    zpl_hasher_text(hasher, path);
    if (path == NULL || zpl_fs_stat(path, &st, NULL) != ZPL_OK)
        return;
    uint64_t fields[] = {st.size, st.inode, st.device, (uint64_t)st.mtime_ns,
                         (uint64_t)st.ctime_ns};
    zpl_hasher_field(hasher, fields, sizeof fields);
}

/* A file of settings by its content, or that it is not there. */
static void add_settings(struct zpl_hasher *hasher, const char *folder, const char *name)
{
    char path[ZPL_PATH_MAX];
    struct zpl_digest digest;
    uint64_t size;
    if (zpl_path_join(path, folder, name) != ZPL_OK || zpl_path_clean(path, path) != ZPL_OK ||
        zpl_fs_digest(path, &digest, &size, NULL) != ZPL_OK) {
        zpl_hasher_text(hasher, NULL);
        return;
    }
    zpl_hasher_text(hasher, path);
    zpl_hasher_field(hasher, digest.b, sizeof digest.b);
}

/* An environment of Python says beside its interpreter what that is. */
static void add_interpreter(struct zpl_hasher *hasher, const char *path)
{
    char folder[ZPL_PATH_MAX];
    add_stat(hasher, path);
    if (zpl_path_dir(folder, path) != ZPL_OK)
        return;
    add_settings(hasher, folder, "pyvenv.cfg");
    add_settings(hasher, folder, "../pyvenv.cfg");
}

/* Is it an interpreter itself, no script or program that looks for one? */
static bool is_interpreter(const char *path)
{
    char real[ZPL_PATH_MAX], magic[4] = "";
    size_t got = 0;
    if (realpath(path, real) == NULL)
        return false;
    const char *name = zpl_path_base(real);
    int fd = zpl_fs_open(real, O_RDONLY, 0);
    bool elf = fd >= 0 && zpl_fs_read_all(fd, magic, sizeof magic, &got) == ZPL_OK &&
               got == sizeof magic && memcmp(magic, "\177ELF", sizeof magic) == 0;
    if (fd >= 0)
        close(fd);
    return elf && (strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0);
}

/* What leads such a program to an interpreter: variables, files of versions up from the project, and the
 * versions that stand beside it, as pyenv has them. */
static void add_choice(struct zpl_hasher *hasher, const struct zpl_project *project,
                       const char *path, struct zpl_arena *arena)
{
    static const char *const files[] = {".python-version", ".tool-versions", "mise.toml",
                                        ".mise.toml"};
    char folder[ZPL_PATH_MAX], up[ZPL_PATH_MAX];
    const char *root = getenv("PYENV_ROOT");
    char **names;
    size_t count = 0;
    for (size_t i = 0; zpl_look_variables[i] != NULL; i++)
        zpl_hasher_text(hasher, getenv(zpl_look_variables[i]));
    memcpy(folder, project->root, strlen(project->root) + 1);
    for (bool top = false; !top;) {
        for (size_t i = 0; i < sizeof files / sizeof *files; i++)
            add_settings(hasher, folder, files[i]);
        top = strcmp(folder, "/") == 0 || zpl_path_dir(up, folder) != ZPL_OK;
        if (!top)
            memcpy(folder, up, strlen(up) + 1);
    }
    if (getenv("HOME") != NULL)
        add_settings(hasher, getenv("HOME"), ".tool-versions");
    if (root == NULL && zpl_path_dir(up, path) == ZPL_OK && zpl_path_dir(folder, up) == ZPL_OK)
        root = folder;
    if (root == NULL || zpl_path_join(up, root, "versions") != ZPL_OK)
        return;
    add_settings(hasher, root, "version");
    if (zpl_fs_list(up, arena, &names, &count, NULL) == ZPL_OK)
        for (size_t i = 0; i < count; i++)
            zpl_hasher_text(hasher, names[i]);
}

/* The program that PATH says; NULL: none. */
static const char *find_program(const struct zpl_project *project, struct zpl_arena *arena,
                                struct zpl_digest *sight)
{
    struct zpl_hasher hasher;
    const char *path = zpl_process_find(ZPL_PYTHON_ON_PATH, project->root, arena);
    zpl_hasher_init(&hasher);
    zpl_hasher_text(&hasher, getenv("HOME")); /* has a user's own packages */
    if (path != NULL)
        add_interpreter(&hasher, path);
    if (path != NULL && !is_interpreter(path))
        add_choice(&hasher, project, path, arena);
    *sight = zpl_hasher_final(&hasher);
    return path;
}

struct zpl_digest zpl_python_sight(const struct zpl_project *project, const char *which)
{
    struct zpl_arena arena = {0};
    struct zpl_hasher hasher;
    struct zpl_digest sight;
    if (strcmp(which, ZPL_PYTHON_ON_PATH) == 0) {
        (void)find_program(project, &arena, &sight);
        zpl_arena_release(&arena);
        return sight;
    }
    zpl_hasher_init(&hasher);
    add_interpreter(&hasher, which);
    return zpl_hasher_final(&hasher);
}

/* ---- what it says of itself ---- */

/* Of what answers: the kernel's sources and those of the package as they stand on the disk. */
static struct zpl_digest helper_digest(struct zpl_arena *arena)
{
    struct zpl_hasher hasher;
    char folder[ZPL_PATH_MAX], path[ZPL_PATH_MAX];
    char **names;
    size_t count = 0;
    zpl_hasher_init(&hasher);
    zpl_hasher_text(&hasher, zpl_stdlib_identity("python"));
    const char *package = zpl_python_folder(arena);
    if (package != NULL && zpl_path_join(folder, package, "zpl") == ZPL_OK &&
        zpl_fs_list(folder, arena, &names, &count, NULL) == ZPL_OK)
        for (size_t i = 0; i < count; i++)
            if (zpl_path_join(path, folder, names[i]) == ZPL_OK)
                add_stat(&hasher, path);
    return zpl_hasher_final(&hasher);
}

enum zpl_err zpl_python_unread(struct zpl_session *session, const char *program,
                               struct zpl_diags *diags)
{
    if (zpl_arena_failed(&session->arena))
        return zpl_diag_nomem(diags);
    zpl_diag_add(diags, ZPL_CODE_WORKER, nowhere, "what '%s' says of Python can't be understood",
                 program);
    return ZPL_ERR_STEP;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The folder of one user's packages counts before it is there. */
static bool add_users(struct zpl_python_facts *facts, struct zpl_arena *arena)
{
    const char *home = getenv("HOME"), *dot = strchr(facts->version, '.');
    const char **site = zpl_arena_array(arena, facts->site_count + 2, sizeof *site);
    if (site == NULL || home == NULL || dot == NULL)
        return site != NULL;
    size_t len = (size_t)(dot - facts->version) + 1 + strspn(dot + 1, "0123456789");
    const char *users = zpl_arena_printf(arena, "%s/.local/lib/python%.*s/site-packages", home,
                                         (int)len, facts->version);
    bool met = users == NULL;
    for (size_t i = 0; i < facts->site_count; i++) {
        site[i] = facts->site[i];
        met = met || strcmp(site[i], users) == 0;
    }
    if (!met)
        site[facts->site_count++] = users;
    facts->site = site;
    return users != NULL;
}

/* What is kept of the answer; false: it has another shape, or memory is out. */
static bool read_facts(const struct zpl_json *json, struct zpl_arena *arena,
                       struct zpl_python_facts *out)
{
    out->interpreter = zpl_read_text(json, "executable", arena);
    out->version = zpl_read_text(json, "version", arena);
    out->implementation = zpl_read_text(json, "implementation", arena);
    if (out->interpreter == NULL || *out->interpreter != '/' || out->version == NULL ||
        out->implementation == NULL ||
        !zpl_read_names(zpl_json_get(json, "stdlib"), arena, &out->stdlib, &out->stdlib_count) ||
        !zpl_read_names(zpl_json_get(json, "site"), arena, &out->site, &out->site_count))
        return false;
    const char **names = zpl_arena_array(arena, out->stdlib_count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < out->stdlib_count; i++)
        names[i] = out->stdlib[i];
    if (names != NULL && out->stdlib_count > 0)
        qsort(names, out->stdlib_count, sizeof *names, by_text);
    out->stdlib = names;
    return names != NULL && add_users(out, arena);
}

/* Asks the program that PATH names, or what is remembered of it. */
static enum zpl_err ask_facts(struct zpl_session *session, const char *program,
                              const struct zpl_digest *sight, struct zpl_python *python,
                              struct zpl_diags *diags)
{
    struct zpl_arena *arena = &session->arena;
    struct zpl_look_request request = {
        program, session->project.root,
        "{\"facts\":true,\"v\":" ZPL_VERSION_TEXT(ZPL_PYTHON_VERSION) "}"};
    struct zpl_digest helper = helper_digest(arena);
    struct zpl_stat st;
    struct zpl_json *json;
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, sight->b, sizeof sight->b);
    zpl_hasher_field(&hasher, helper.b, sizeof helper.b);
    struct zpl_digest key = zpl_hasher_final(&hasher);
    bool sure = zpl_fs_stat(program, &st, NULL) == ZPL_OK && zpl_stat_is_settled(&st);
    enum zpl_err err = zpl_memo_look(session, "python", sure ? &key : NULL, &request, &json, diags);
    if (err != ZPL_OK)
        return err;
    bool read = read_facts(json, arena, &python->facts);
    zpl_json_release(json);
    if (!read)
        return zpl_python_unread(session, program, diags);
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, helper.b, sizeof helper.b);
    add_interpreter(&hasher, python->facts.interpreter);
    zpl_hasher_text(&hasher, python->facts.version);
    python->helper = zpl_hasher_final(&hasher);
    return ZPL_OK;
}

enum zpl_err zpl_python_facts(struct zpl_session *session, const struct zpl_python_facts **out,
                              struct zpl_diags *diags)
{
    struct zpl_digest sight;
    struct zpl_witness *witness = session->project.witness;
    *out = NULL;
    if (session->python != NULL) {
        *out = &session->python->facts;
        return ZPL_OK;
    }
    const char *program = find_program(&session->project, &session->arena, &sight);
    zpl_witness_python(witness, ZPL_PYTHON_ON_PATH, &sight);
    if (program == NULL)
        return zpl_arena_failed(&session->arena) ? zpl_diag_nomem(diags) : ZPL_OK;
    struct zpl_python *python = zpl_arena_alloc(&session->arena, sizeof *python);
    if (python == NULL)
        return zpl_diag_nomem(diags);
    enum zpl_err err = ask_facts(session, program, &sight, python, diags);
    if (err != ZPL_OK)
        return err;
    python->sight = sight;
    sight = zpl_python_sight(&session->project, python->facts.interpreter);
    zpl_witness_python(witness, python->facts.interpreter, &sight);
    session->python = python;
    *out = &python->facts;
    return ZPL_OK;
}

void zpl_python_look_again(struct zpl_session *session)
{
    struct zpl_python *python = session->python;
    if (python == NULL)
        return;
    struct zpl_digest sight = zpl_python_sight(&session->project, ZPL_PYTHON_ON_PATH);
    if (!zpl_digest_equal(&sight, &python->sight))
        session->python = NULL;
    python->listed = false;
}

/* Of a step that needs one: there has to be one. */
enum zpl_err zpl_python_need(struct zpl_session *session, const struct zpl_python_facts **out,
                             struct zpl_diags *diags)
{
    enum zpl_err err = zpl_python_facts(session, out, diags);
    if (err != ZPL_OK || *out != NULL)
        return err;
    struct zpl_diag *diag =
        zpl_diag_add(diags, ZPL_CODE_PYTHON_ENV, nowhere, "there is no python3 on PATH");
    zpl_diag_help(diags, diag, "install Python 3.9 or newer, or let PATH name the folder it is in");
    return ZPL_ERR_STEP;
}
