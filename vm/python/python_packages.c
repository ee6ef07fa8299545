/* python_packages.c - which packages are installed, in which versions.  Part of python.h.   Floor: vm. */
#include "vm/python/python_known.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/version.h"
#include "stdlib/body/look.h"
#include "vm/protocol/json_read.h"
#include "vm/session/memo.h"
#include "vm/session/source.h"

/* What a file of paths says (*.pth), by which Python finds modules elsewhere. */
static void add_paths(struct zpl_session *session, const char *folder, const char *name,
                      struct zpl_hasher *hasher)
{
    struct zpl_diags quiet = {0};
    struct zpl_digest digest;
    char path[ZPL_PATH_MAX];
    const char *end = strrchr(name, '.');
    uint64_t bytes;
    if (end != NULL && strcmp(end, ".pth") == 0 && zpl_path_join(path, folder, name) == ZPL_OK &&
        zpl_source_digest(session, path, &digest, &bytes, &quiet) == ZPL_OK)
        zpl_hasher_field(hasher, digest.b, sizeof digest.b);
    zpl_diags_release(&quiet);
}

/* The names in the folders of packages, which say what is installed in which version. */
static struct zpl_digest list_site(struct zpl_session *session)
{
    struct zpl_python *python = session->python;
    struct zpl_arena arena = {0};
    struct zpl_diags quiet = {0};
    struct zpl_hasher hasher;
    struct zpl_stat st;
    char **names;
    if (python->listed)
        return python->site;
    zpl_hasher_init(&hasher);
    for (size_t i = 0; i < python->facts.site_count; i++) {
        const char *folder = python->facts.site[i];
        size_t count = 0;
        zpl_hasher_text(&hasher, folder);
        if (zpl_project_look(&session->project, folder, &st) && st.is_dir &&
            zpl_project_list(&session->project, folder, &arena, &names, &count, &quiet) == ZPL_OK)
            for (size_t k = 0; k < count; k++) {
                zpl_hasher_text(&hasher, names[k]);
                add_paths(session, folder, names[k], &hasher);
            }
    }
    struct zpl_digest site = zpl_hasher_final(&hasher);
    if (!zpl_digest_equal(&site, &python->site))
        python->package_count = 0;
    python->site = site;
    python->listed = true;
    zpl_diags_release(&quiet);
    zpl_arena_release(&arena);
    return python->site;
}

static int by_name(const void *a, const void *b)
{
    const struct zpl_python_package *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* {"packages": {NAME: {"version": …}}, "missing": [NAME]}; false: another shape, or memory is out. */
static bool read_packages(const struct zpl_json *json, struct zpl_arena *arena,
                          struct zpl_known_packages *out)
{
    const struct zpl_json *packages = zpl_json_get(json, "packages");
    const struct zpl_json *missing = zpl_json_get(json, "missing");
    size_t found = zpl_json_count(packages), gone = zpl_json_count(missing);
    struct zpl_python_package *items = zpl_arena_array(arena, found + gone + 1, sizeof *items);
    bool fine = items != NULL && zpl_json_kind(packages) == ZPL_JSON_OBJECT;
    for (size_t i = 0; fine && i < found; i++) {
        items[i].name = zpl_arena_strdup(arena, zpl_json_key_at(packages, i));
        items[i].version = zpl_read_text(zpl_json_value_at(packages, i), "version", arena);
        fine = items[i].name != NULL && items[i].version != NULL;
    }
    for (size_t i = 0; fine && i < gone; i++) {
        items[found + i].name = zpl_read_string(zpl_json_at(missing, i), arena);
        fine = items[found + i].name != NULL;
    }
    if (fine && found + gone > 0)
        qsort(items, found + gone, sizeof *items, by_name);
    out->items = items;
    out->count = fine ? found + gone : 0;
    return fine;
}

/* {"packages": [NAME], "v": 1}; NULL: memory is out. */
static const char *names_question(const char *const *names, size_t count, struct zpl_arena *arena)
{
    struct zpl_json *json = zpl_json_object();
    struct zpl_buf out = {0};
    zpl_json_set_take(json, "v", zpl_json_int(ZPL_PYTHON_VERSION));
    zpl_json_set_take(json, "packages", zpl_names_json(names, count));
    const char *question = zpl_json_write(json, false, &out) == ZPL_OK
                               ? zpl_arena_strdup(arena, zpl_buf_str(&out))
                               : NULL;
    zpl_json_release(json);
    zpl_buf_release(&out);
    return question;
}

/* The distributions of modules of these names. */
static enum zpl_err ask_packages(struct zpl_session *session, const char *const *names,
                                 size_t count, struct zpl_known_packages *out,
                                 struct zpl_diags *diags)
{
    struct zpl_python *python = session->python;
    struct zpl_arena *arena = &session->arena;
    struct zpl_look_request request = {python->facts.interpreter, session->project.root,
                                       names_question(names, count, arena)};
    struct zpl_digest site = list_site(session);
    struct zpl_json *json;
    struct zpl_hasher hasher;
    if (request.question == NULL)
        return zpl_diag_nomem(diags);
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, site.b, sizeof site.b);
    zpl_hasher_field(&hasher, python->helper.b, sizeof python->helper.b);
    zpl_hasher_text(&hasher, request.question);
    struct zpl_digest key = zpl_hasher_final(&hasher);
    enum zpl_err err = zpl_memo_look(session, "packages", &key, &request, &json, diags);
    if (err != ZPL_OK)
        return err;
    bool read = read_packages(json, arena, out);
    zpl_json_release(json);
    if (read)
        return ZPL_OK;
    return zpl_python_unread(session, python->facts.interpreter, diags);
}

enum zpl_err zpl_python_own(struct zpl_session *session, struct zpl_diags *diags)
{
    struct zpl_python *python = session->python;
    struct zpl_look_request request = {
        python->facts.interpreter, session->project.root,
        "{\"own\":true,\"v\":" ZPL_VERSION_TEXT(ZPL_PYTHON_VERSION) "}"};
    struct zpl_digest site = list_site(session);
    struct zpl_json *json;
    struct zpl_hasher hasher;
    if (python->facts.own != NULL && zpl_digest_equal(&site, &python->own))
        return ZPL_OK;
    zpl_hasher_init(&hasher);
    zpl_hasher_field(&hasher, site.b, sizeof site.b);
    zpl_hasher_field(&hasher, python->helper.b, sizeof python->helper.b);
    zpl_hasher_text(&hasher, request.question);
    struct zpl_digest key = zpl_hasher_final(&hasher);
    enum zpl_err err = zpl_memo_look(session, "own", &key, &request, &json, diags);
    if (err != ZPL_OK)
        return err;
    const struct zpl_json *own = zpl_json_get(json, "own");
    bool read = own != NULL &&
                zpl_read_names(own, &session->arena, &python->facts.own, &python->facts.own_count);
    zpl_json_release(json);
    python->own = site;
    return read ? ZPL_OK : zpl_python_unread(session, python->facts.interpreter, diags);
}

/* As above, once a session. */
enum zpl_err zpl_python_packages(struct zpl_session *session, const char *const *names,
                                 size_t count, const struct zpl_python_package **out,
                                 size_t *out_count, struct zpl_diags *diags)
{
    struct zpl_python *python = session->python;
    struct zpl_known_packages fresh = {0};
    struct zpl_hasher hasher;
    *out = NULL;
    *out_count = 0;
    if (count == 0)
        return ZPL_OK;
    zpl_hasher_init(&hasher);
    for (size_t i = 0; i < count; i++)
        zpl_hasher_text(&hasher, names[i]);
    fresh.names = zpl_hasher_final(&hasher);
    (void)list_site(session); /* forgets what others say by now */
    for (size_t i = 0; i < python->package_count; i++)
        if (zpl_digest_equal(&python->packages[i].names, &fresh.names)) {
            *out = python->packages[i].items;
            *out_count = python->packages[i].count;
            return ZPL_OK;
        }
    enum zpl_err err = ask_packages(session, names, count, &fresh, diags);
    if (err != ZPL_OK)
        return err;
    struct zpl_known_packages *packages =
        zpl_arena_grow(&session->arena, python->packages, python->package_count,
                       &python->package_capacity, sizeof *packages);
    if (packages == NULL)
        return zpl_diag_nomem(diags);
    python->packages = packages;
    packages[python->package_count++] = fresh;
    *out = fresh.items;
    *out_count = fresh.count;
    return ZPL_OK;
}
