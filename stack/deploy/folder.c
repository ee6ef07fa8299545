/* folder.c - the deployer that puts models into folders:
 *     home/deployments/<name>/<first 12 digits of the key>/model.ubj (or a folder), manifest.json
 *     home/deployments/<name>/latest -> the newest of them
 * Promise: a deployment appears whole, by rename, and `latest` goes from the old one to the new one
 * in one step; whoever reads it sees one of the two.  It is synced: a deployment outlasts a power
 * loss.  Deploying the same key again only makes it the latest.  Older ones stay, to go back to.
 * Owns: nothing in the file system is held open.
 * Errors: SYSTEM and DEPLOY diagnostics.   Limits: ZPL_NAME_MAX.   Floor: stack. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/json.h"
#include "lang/base/limits.h"
#include "stack/deploy/copy.h"
#include "stack/flavours.h"
#include "stack/home.h"

#define LATEST     "latest"
#define KEY_DIGITS 12
#define KEY_SIZE   (KEY_DIGITS + 1)

struct deployer {
    char home[ZPL_PATH_MAX];
};

/* The extension that readers of a framework's one-file format expect. */
static const struct {
    const char *framework, *extension;
} FORMATS[] = {{"xgboost", ".ubj"}, {"onnx", ".onnx"}, {"keras", ".keras"}, {"lightgbm", ".txt"}};

/* The file name of a model of a type such as "Model{xgboost, …}". */
static void model_name(const char *type, char out[32])
{
    const char *extension = "";
    const char *word = strchr(type, '{');
    word = word ? word + 1 + strspn(word + 1, " ") : "";
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        size_t n = strlen(FORMATS[i].framework);
        if (strncmp(word, FORMATS[i].framework, n) == 0 && !isalnum((unsigned char)word[n]))
            extension = FORMATS[i].extension;
    }
    snprintf(out, 32, "model%s", extension);
}

static void short_key(const struct zpl_digest *key, char out[KEY_SIZE])
{
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(key, hex);
    memcpy(out, hex, KEY_DIGITS);
    out[KEY_DIGITS] = '\0';
}

/* A name is one folder's: letters, digits, "_", "-" and, not in front, ".". */
static bool is_name(const char *name)
{
    size_t n = strlen(name);
    bool good = n > 0 && n <= ZPL_NAME_MAX && name[0] != '.';
    for (size_t i = 0; good && i < n; i++)
        good = isalnum((unsigned char)name[i]) || strchr("_-.", name[i]);
    return good;
}

static enum zpl_err check_name(const char *name, struct zpl_diags *diags)
{
    if (is_name(name))
        return ZPL_OK;
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_DEPLOY, (struct zpl_span){0},
                                         "'%.80s' can't be the name of a deployment", name);
    zpl_diag_help(diags, diag, "use up to %d letters, digits, '_', '-' and '.'", ZPL_NAME_MAX);
    return ZPL_ERR_INPUT;
}

/* home/deployments/<name>. */
static enum zpl_err name_path(const struct deployer *deployer, const char *name, char *out,
                              struct zpl_diags *diags)
{
    enum zpl_err err = check_name(name, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(out, deployer->home, "deployments", diags);
    return err == ZPL_OK ? zpl_home_join(out, out, name, diags) : err;
}

/* Fills the new folder `folder`. */
static enum zpl_err fill(const struct zpl_deployment *deployment, const char *folder,
                         struct zpl_diags *diags)
{
    char name[32], path[ZPL_PATH_MAX];
    enum zpl_err err = zpl_fs_mkdirs(folder, diags);
    model_name(deployment->model_type, name);
    if (err == ZPL_OK)
        err = zpl_home_join(path, folder, name, diags);
    if (err == ZPL_OK)
        err = zpl_copy(deployment->model_path, path, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(path, folder, "manifest.json", diags);
    if (err == ZPL_OK)
        err = zpl_fs_write_file(path, deployment->manifest, strlen(deployment->manifest), true,
                                diags);
    return err;
}

/* The model in the folder of a deployment, under whichever of its names. */
static bool find_model(const char *folder, char path[ZPL_PATH_MAX], struct zpl_stat *st)
{
    char name[32];
    for (size_t i = 0; i <= sizeof FORMATS / sizeof *FORMATS; i++) {
        snprintf(name, sizeof name, "model%s", i > 0 ? FORMATS[i - 1].extension : "");
        if (zpl_path_join(path, folder, name) == ZPL_OK && zpl_fs_stat(path, st, NULL) == ZPL_OK)
            return true;
    }
    return false;
}

/* The manifest in the folder of a deployment; NULL: there is none that can be read.  The caller releases it. */
static struct zpl_json *read_manifest(const char *folder)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf text = {0};
    struct zpl_json *manifest = NULL;
    if (zpl_path_join(path, folder, "manifest.json") == ZPL_OK &&
        zpl_fs_read_file(path, ZPL_MESSAGE_MAX, &text, NULL) == ZPL_OK)
        (void)zpl_json_parse(zpl_buf_str(&text), text.len, &manifest, NULL);
    zpl_buf_release(&text);
    return manifest;
}

/* Is the folder of a deployment as it was filled: a manifest, and a model of the size that it says?
 * ZPL_OK, or NOT_FOUND (silent). */
static enum zpl_err is_whole(const char *folder)
{
    char path[ZPL_PATH_MAX];
    struct zpl_json *manifest = read_manifest(folder);
    struct zpl_stat st;
    int64_t bytes = zpl_json_i64(zpl_json_get(manifest, "bytes"), -1); /* old ones have none */
    bool whole = manifest && find_model(folder, path, &st) &&
                 (st.is_dir || bytes < 0 || st.size == (uint64_t)bytes);
    zpl_json_release(manifest);
    return whole ? ZPL_OK : ZPL_ERR_NOT_FOUND;
}

/* Makes dir/<key> unless it is there and whole. */
static enum zpl_err place(const struct zpl_deployment *deployment, const char *dir, const char *key,
                          struct zpl_diags *diags)
{
    char target[ZPL_PATH_MAX], temporary[ZPL_PATH_MAX], name[64];
    snprintf(name, sizeof name, ".%s-%ld", key, (long)getpid());
    enum zpl_err err = zpl_home_join(target, dir, key, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(temporary, dir, name, diags);
    if (err == ZPL_OK)
        err = is_whole(target);
    if (err != ZPL_ERR_NOT_FOUND)
        return err;
    err = zpl_fs_remove_tree(temporary, diags); /* of a dead process with our number */
    if (err == ZPL_OK)
        err = fill(deployment, temporary, diags);
    if (err == ZPL_OK)
        err = zpl_fs_remove_tree(target, diags); /* what is left of one that was damaged */
    if (err == ZPL_OK)
        err = zpl_fs_rename(temporary, target, diags);
    if (err == ZPL_OK)
        return zpl_fs_sync(dir, diags);
    zpl_fs_remove_tree(temporary, NULL);
    return err;
}

/* Points dir/latest to `key` by renaming a new link over the old one. */
static enum zpl_err make_latest(const char *dir, const char *key, struct zpl_diags *diags)
{
    char latest[ZPL_PATH_MAX], temporary[ZPL_PATH_MAX], name[64];
    snprintf(name, sizeof name, ".%s-%ld", LATEST, (long)getpid());
    enum zpl_err err = zpl_home_join(latest, dir, LATEST, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(temporary, dir, name, diags);
    if (err != ZPL_OK)
        return err;
    unlink(temporary);
    if (symlink(key, temporary) < 0)
        return zpl_diag_system(diags, "make the link", temporary, errno);
    err = zpl_fs_rename(temporary, latest, diags);
    if (err == ZPL_OK)
        return zpl_fs_sync(dir, diags);
    unlink(temporary);
    return err;
}

/* Does dir/latest point to `key`, and is that whole?  ZPL_OK, or NOT_FOUND (silent). */
static enum zpl_err is_latest(const char *dir, const char *key, struct zpl_diags *diags)
{
    char latest[ZPL_PATH_MAX], target[64];
    enum zpl_err err = zpl_home_join(latest, dir, LATEST, diags);
    if (err != ZPL_OK)
        return err;
    ssize_t n = readlink(latest, target, sizeof target - 1);
    if (n < 0 && errno != ENOENT && errno != ENOTDIR && errno != EINVAL)
        return zpl_diag_system(diags, "read the link", latest, errno);
    if (n != KEY_DIGITS || memcmp(target, key, KEY_DIGITS) != 0)
        return ZPL_ERR_NOT_FOUND;
    return is_whole(latest);
}

static enum zpl_err deploy(void *self, const struct zpl_deployment *deployment, const char **where,
                           struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct deployer *deployer = self;
    char dir[ZPL_PATH_MAX], key[KEY_SIZE];
    short_key(&deployment->key, key);
    enum zpl_err err = name_path(deployer, deployment->name, dir, diags);
    if (err != ZPL_OK)
        return err;
    *where = zpl_arena_printf(arena, "%s/%s", dir, key);
    if (!*where)
        return zpl_diag_nomem(diags);
    err = is_latest(dir, key, diags);
    if (err != ZPL_ERR_NOT_FOUND)
        return err;
    err = zpl_home_make(deployer->home, "deployments", diags);
    if (err == ZPL_OK)
        err = zpl_fs_mkdirs(dir, diags);
    if (err == ZPL_OK)
        err = place(deployment, dir, key, diags);
    return err == ZPL_OK ? make_latest(dir, key, diags) : err;
}

static enum zpl_err current(void *self, const char *name, const struct zpl_digest *key,
                            struct zpl_diags *diags)
{
    char dir[ZPL_PATH_MAX], digits[KEY_SIZE];
    short_key(key, digits);
    enum zpl_err err = name_path(self, name, dir, diags);
    return err == ZPL_OK ? is_latest(dir, digits, diags) : err;
}

/* home/deployments/<name>/latest. */
static enum zpl_err latest_path(const struct deployer *deployer, const char *name, char *out,
                                struct zpl_diags *diags)
{
    enum zpl_err err = name_path(deployer, name, out, diags);
    return err == ZPL_OK ? zpl_home_join(out, out, LATEST, diags) : err;
}

/* What the folder says that is deployed under the name. */
static void read_deployed(const char *folder, struct zpl_deployed *out, struct zpl_arena *arena)
{
    char path[ZPL_PATH_MAX];
    struct zpl_stat st;
    struct zpl_json *manifest = read_manifest(folder);
    const char *hex = zpl_json_str(zpl_json_get(manifest, "model"), "");
    if (zpl_digest_parse(hex, &out->model) && find_model(folder, path, &st))
        out->model_path = zpl_arena_strdup(arena, path);
    zpl_json_release(manifest);
}

static enum zpl_err list(void *self, struct zpl_deployed **out, size_t *count,
                         struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct deployer *deployer = self;
    char path[ZPL_PATH_MAX];
    char **names = NULL;
    size_t most = 0;
    struct zpl_stat st;
    *count = 0;
    enum zpl_err err = zpl_home_join(path, deployer->home, "deployments", diags);
    if (err == ZPL_OK && zpl_fs_stat(path, &st, NULL) == ZPL_ERR_NOT_FOUND)
        return ZPL_OK; /* nothing was deployed */
    if (err == ZPL_OK)
        err = zpl_fs_list(path, arena, &names, &most, diags);
    *out = zpl_arena_array(arena, most + 1, sizeof **out);
    if (err == ZPL_OK && !*out)
        err = zpl_diag_nomem(diags);
    for (size_t i = 0; err == ZPL_OK && i < most; i++) {
        if (!is_name(names[i]))
            continue;
        err = latest_path(deployer, names[i], path, diags);
        if (err != ZPL_OK)
            break;
        (*out)[*count].name = names[i];
        read_deployed(path, &(*out)[(*count)++], arena);
    }
    return err == ZPL_OK && zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : err;
}

static enum zpl_err remove_latest(void *self, const char *name, struct zpl_diags *diags)
{
    char latest[ZPL_PATH_MAX], real[ZPL_PATH_MAX];
    enum zpl_err err = latest_path(self, name, latest, diags);
    if (err != ZPL_OK || !realpath(latest, real))
        return err; /* it leads to nothing already */
    return zpl_fs_remove_tree(real, diags);
}

static void release(void *self)
{
    free(self);
}

enum zpl_err zpl_deployer_folder(const struct zpl_stack_config *config, struct zpl_deployer *out,
                                 struct zpl_diags *diags)
{
    *out = (struct zpl_deployer){0};
    struct deployer *deployer = zpl_calloc(1, sizeof *deployer);
    if (!deployer)
        return zpl_diag_nomem(diags);
    enum zpl_err err = zpl_home_join(deployer->home, config->home, "", diags);
    if (err != ZPL_OK) {
        free(deployer);
        return err;
    }
    *out = (struct zpl_deployer){.self = deployer,
                                 .flavour = "folder",
                                 .deploy = deploy,
                                 .current = current,
                                 .list = list,
                                 .remove = remove_latest,
                                 .release = release};
    return ZPL_OK;
}
