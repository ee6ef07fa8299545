/* envs.c - see envs.h.   Floor: vm. */
#include "vm/python/envs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "stdlib/body/env.h"

#define KEYS     ".keys"
#define NAME_LEN 16 /* of a folder, in hexadecimal digits */

enum zpl_err zpl_envs_used(const char *folder, const struct zpl_digest *key,
                           struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX], above[ZPL_PATH_MAX], line[ZPL_HEX_SIZE];
    if ((size_t)snprintf(path, sizeof path, "%s" KEYS, folder) >= sizeof path ||
        zpl_path_dir(above, folder) != ZPL_OK)
        return zpl_diag_system(diags, "write", folder, ENAMETOOLONG);
    enum zpl_err err = zpl_fs_mkdirs(above, diags);
    if (err != ZPL_OK)
        return err;
    zpl_digest_hex(key, line);
    line[ZPL_HEX_SIZE - 1] = '\n';
    int fd = zpl_fs_open(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
    bool written = fd >= 0 && write(fd, line, sizeof line) == (ssize_t)sizeof line;
    if (!written)
        err = zpl_diag_system(diags, "write", path, errno);
    if (fd >= 0)
        close(fd);
    return err;
}

/* An environment that is looked at. */
struct looking {
    bool (*needed)(const void *self, const struct zpl_digest *key);
    const void *self;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
};

/* Is one of the keys in its list needed?  *known: there is one. */
static enum zpl_err look_at_keys(const struct looking *l, const char *folder, bool *needed,
                                 bool *known)
{
    char path[ZPL_PATH_MAX], hex[ZPL_HEX_SIZE];
    struct zpl_buf text = {0};
    struct zpl_digest key;
    struct zpl_stat st;
    *needed = *known = false;
    if ((size_t)snprintf(path, sizeof path, "%s" KEYS, folder) >= sizeof path ||
        zpl_fs_stat(path, &st, NULL) != ZPL_OK)
        return ZPL_OK;
    enum zpl_err err = zpl_fs_read_file(path, SIZE_MAX, &text, l->diags);
    for (size_t i = 0; err == ZPL_OK && !*needed && i + ZPL_HEX_SIZE <= text.len;
         i += ZPL_HEX_SIZE) {
        memcpy(hex, text.data + i, sizeof hex);
        hex[sizeof hex - 1] = '\0';
        if (zpl_digest_parse(hex, &key)) {
            *known = true;
            *needed = l->needed(l->self, &key);
        }
    }
    zpl_buf_release(&text);
    return err;
}

/* What the files below a folder hold; what can't be read holds nothing. */
static uint64_t bytes_below(const char *folder, struct zpl_arena *arena, unsigned depth)
{
    char **names, path[ZPL_PATH_MAX];
    size_t count = 0;
    uint64_t bytes = 0;
    struct stat st;
    if (depth > ZPL_TREE_DEPTH_MAX || zpl_fs_list(folder, arena, &names, &count, NULL) != ZPL_OK)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (zpl_path_join(path, folder, names[i]) == ZPL_OK && lstat(path, &st) == 0)
            bytes +=
                S_ISDIR(st.st_mode) ? bytes_below(path, arena, depth + 1) : (uint64_t)st.st_size;
    return bytes;
}

/* Removes one, if it is to go. */
static enum zpl_err collect(const struct looking *l, const char *folder, bool dry, bool *gone,
                            struct zpl_env_gone *out)
{
    bool needed;
    char keys[ZPL_PATH_MAX];
    *gone = false;
    enum zpl_err err = look_at_keys(l, folder, &needed, &out->known);
    if (err != ZPL_OK || needed)
        return err;
    out->bytes = bytes_below(folder, l->arena, 0);
    err = zpl_env_remove(folder, dry, gone, l->diags);
    if (*gone && !dry && (size_t)snprintf(keys, sizeof keys, "%s" KEYS, folder) < sizeof keys)
        unlink(keys);
    return err;
}

static bool is_env(const char *place, const char *name)
{
    char path[ZPL_PATH_MAX];
    struct zpl_stat st;
    return strlen(name) == NAME_LEN && strspn(name, "0123456789abcdef") == NAME_LEN &&
           zpl_path_join(path, place, name) == ZPL_OK && zpl_fs_stat(path, &st, NULL) == ZPL_OK &&
           st.is_dir;
}

enum zpl_err zpl_envs_collect(struct zpl_session *session, bool dry,
                              bool (*needed)(const void *self, const struct zpl_digest *key),
                              const void *self, const struct zpl_env_gone **out, size_t *count,
                              struct zpl_arena *arena)
{
    const struct looking l = {needed, self, arena, &session->diags};
    char place[ZPL_PATH_MAX], folder[ZPL_PATH_MAX];
    char **names;
    size_t there = 0;
    struct zpl_stat st;
    *out = NULL;
    *count = 0;
    if (zpl_path_join(place, session->project.home, "envs") != ZPL_OK ||
        zpl_fs_stat(place, &st, NULL) != ZPL_OK)
        return ZPL_OK;
    enum zpl_err err = zpl_fs_list(place, arena, &names, &there, &session->diags);
    struct zpl_env_gone *items = zpl_arena_array(arena, there + 1, sizeof *items);
    if (err == ZPL_OK && items == NULL)
        err = zpl_diag_nomem(&session->diags);
    for (size_t i = 0; err == ZPL_OK && i < there; i++) {
        bool gone = false;
        if (!is_env(place, names[i]) || zpl_path_join(folder, place, names[i]) != ZPL_OK)
            continue;
        items[*count].name = names[i];
        err = collect(&l, folder, dry, &gone, &items[*count]);
        *count += gone;
    }
    *out = items;
    return err;
}
