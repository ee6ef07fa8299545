/* folder.c - the artifact store in a folder: home/objects/ab/cdef… by the SHA-256 of the bytes.
 * An artifact is a file, or a folder of files and folders; files are read-only.  It appears whole,
 * by rename from scratch, which is on the same file system.  Nothing is synced here: after a power
 * loss a file may be torn, so what was written before the machine was started is read before it is
 * relied on (step_sure of the metadata).
 * Folders stay writable for their owner, or neither rename nor removal would be possible.
 * Scratch: home/scratch/<pid>-<n>/ belongs to one open store, which holds a lock in it; one whose
 * lock is free was left by a dead process and is removed when a store is opened.
 * Owns: its scratch folder, until release.
 * Errors: SYSTEM and STORE diagnostics with operation and path.   Floor: stack. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/home.h"
#include "stack/lock.h"
#include "stack/flavours.h"

#define GUARD_NAME "guard" /* locked while scratch folders come and go */
#define OWNER_NAME "owner" /* locked as long as its scratch folder is in use */
#define FILE_MODE                                                                                  \
    0444 /* and 0111 for what its owner could execute: a folder's digest counts that */

struct folder {
    char home[ZPL_PATH_MAX]; /* all absolute: workers get these paths */
    char objects[ZPL_PATH_MAX];
    char scratch[ZPL_PATH_MAX];
    char mine[ZPL_PATH_MAX]; /* our folder in scratch; "" before it is needed */
    int owner;               /* the lock in it, or -1 */
    uint64_t made;           /* folders handed out */
};

/* ---- scratch --------------------------------------------------------------------------------- */

/* Removes a scratch folder that nobody holds; the caller holds the guard. */
static void remove_if_stale(const char *scratch, const char *name)
{
    char path[ZPL_PATH_MAX], lock[ZPL_PATH_MAX];
    if (zpl_path_join(path, scratch, name) != ZPL_OK ||
        zpl_path_join(lock, path, OWNER_NAME) != ZPL_OK)
        return;
    int fd = zpl_fs_open(lock, O_RDWR, 0);
    bool stale = fd >= 0 ? zpl_lock_take(fd, 0, false) == ZPL_OK : errno == ENOENT;
    if (stale)
        zpl_fs_remove_tree(path, NULL);
    if (fd >= 0)
        close(fd);
}

/* Removes what dead processes left.  It is housekeeping: a store that can't be written, or another
 * that does the same right now, is no reason to complain. */
static void remove_stale(const struct folder *folder)
{
    char guard_path[ZPL_PATH_MAX];
    struct zpl_arena arena = {0};
    char **names = NULL;
    size_t count = 0;
    if (zpl_path_join(guard_path, folder->scratch, GUARD_NAME) != ZPL_OK)
        return;
    int guard = zpl_fs_open(guard_path, O_RDWR, 0);
    if (guard < 0)
        return;
    if (zpl_lock_take(guard, 0, false) == ZPL_OK &&
        zpl_fs_list(folder->scratch, &arena, &names, &count, NULL) == ZPL_OK)
        for (size_t i = 0; i < count; i++)
            if (strcmp(names[i], GUARD_NAME) != 0)
                remove_if_stale(folder->scratch, names[i]);
    close(guard);
    zpl_arena_release(&arena);
}

/* Makes our folder in scratch and locks it; the caller holds the guard. */
static enum zpl_err make_mine(struct folder *folder, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX], lock[ZPL_PATH_MAX], name[64];
    int error = EEXIST;
    for (unsigned n = 0; error == EEXIST; n++) {
        snprintf(name, sizeof name, "%ld-%u", (long)getpid(), n);
        enum zpl_err err = zpl_home_join(path, folder->scratch, name, diags);
        if (err == ZPL_OK)
            err = zpl_home_join(lock, path, OWNER_NAME, diags);
        if (err != ZPL_OK)
            return err;
        error = mkdir(path, 0777) == 0 ? 0 : errno;
    }
    if (error != 0)
        return zpl_diag_system(diags, "make the folder", path, error);
    int owner = zpl_lock_open(lock);
    if (owner < 0 || zpl_lock_take(owner, 0, false) != ZPL_OK) {
        enum zpl_err err = zpl_diag_system(diags, "lock", lock, errno);
        if (owner >= 0)
            close(owner);
        zpl_fs_remove_tree(path, NULL);
        return err;
    }
    folder->owner = owner;
    memcpy(folder->mine, path, sizeof path);
    return ZPL_OK;
}

/* Our folder in scratch, made when it is first needed. */
static enum zpl_err need_mine(struct folder *folder, struct zpl_diags *diags)
{
    char guard_path[ZPL_PATH_MAX];
    if (folder->mine[0] != '\0')
        return ZPL_OK;
    enum zpl_err err = zpl_home_make(folder->home, "scratch", diags);
    if (err == ZPL_OK)
        err = zpl_home_join(guard_path, folder->scratch, GUARD_NAME, diags);
    if (err != ZPL_OK)
        return err;
    int guard = zpl_lock_open(guard_path);
    if (guard < 0)
        return zpl_diag_system(diags, "open", guard_path, errno);
    do {
        err = zpl_lock_take(guard, 0, true);
    } while (err == ZPL_ERR_INTERRUPTED); /* it is held for moments only */
    if (err == ZPL_OK)
        err = make_mine(folder, diags);
    else
        err = zpl_diag_system(diags, "lock", guard_path, errno);
    close(guard);
    return err;
}

static enum zpl_err scratch(void *self, const char *group, char *path, struct zpl_diags *diags)
{
    struct folder *folder = self;
    char name[ZPL_NAME_MAX];
    enum zpl_err err = need_mine(folder, diags);
    if (err != ZPL_OK)
        return err;
    snprintf(name, sizeof name, "%s%s%llu", group, *group != '\0' ? "/" : "",
             (unsigned long long)folder->made++);
    err = zpl_home_join(path, folder->mine, name, diags);
    return err == ZPL_OK ? zpl_fs_mkdirs(path, diags) : err;
}

static void scratch_remove(void *self, const char *path)
{
    struct folder *folder = self;
    size_t n = strlen(folder->mine);
    if (n == 0 || strncmp(path, folder->mine, n) != 0 || path[n] != '/')
        ZPL_BUG("a path that is not in scratch");
    zpl_fs_remove_tree(path, NULL);
}

/* ---- objects --------------------------------------------------------------------------------- */

static enum zpl_err object_path(const struct folder *folder, const struct zpl_digest *digest,
                                char *path, struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE], name[ZPL_HEX_SIZE + 1];
    zpl_digest_hex(digest, hex);
    snprintf(name, sizeof name, "%.2s/%s", hex, hex + 2);
    return zpl_home_join(path, folder->objects, name, diags);
}

static enum zpl_err make_read_only(int parent, const char *name, const char *path, int depth,
                                   struct zpl_diags *diags);

/* Everything in the open folder `fd`, which is closed. */
static enum zpl_err make_entries_read_only(int fd, const char *path, int depth,
                                           struct zpl_diags *diags)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        enum zpl_err err = zpl_diag_system(diags, "list", path, errno);
        close(fd);
        return err;
    }
    enum zpl_err err = ZPL_OK;
    struct dirent *entry;
    while (err == ZPL_OK && (errno = 0, entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            err = make_read_only(dirfd(dir), entry->d_name, path, depth + 1, diags);
    if (err == ZPL_OK && errno != 0)
        err = zpl_diag_system(diags, "list", path, errno);
    closedir(dir);
    return err;
}

/* A file, or all files of a folder, named from the open folder `parent`; `path` is for words.
 * Links and devices are refused: what they lead to is not in the store. */
static enum zpl_err make_read_only(int parent, const char *name, const char *path, int depth,
                                   struct zpl_diags *diags)
{
    struct stat st;
    int fd = zpl_fault(ZPL_FAULT_OPEN)
                 ? -1
                 : openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno != ELOOP)
        return zpl_diag_system(diags, "open", path, errno);
    bool looked = fd >= 0 && fstat(fd, &st) == 0;
    if (looked && S_ISDIR(st.st_mode) && depth < ZPL_TREE_DEPTH_MAX)
        return make_entries_read_only(fd, path, depth, diags);
    enum zpl_err err = ZPL_OK;
    if (!looked || !S_ISREG(st.st_mode)) {
        struct zpl_diag *diag =
            zpl_diag_add(diags, ZPL_CODE_STORE, (struct zpl_span){0},
                         "cannot keep %s: %s is not a file, nor a folder less than %d levels deep",
                         path, name, ZPL_TREE_DEPTH_MAX);
        zpl_diag_help(diags, diag, "write files and folders only, no links");
        err = ZPL_ERR_INPUT;
    } else if (fchmod(fd, st.st_mode & S_IXUSR ? FILE_MODE | 0111 : FILE_MODE) < 0) {
        err = zpl_diag_system(diags, "make read-only", path, errno);
    }
    if (fd >= 0)
        close(fd);
    return err;
}

/* Renames to a name that nobody has (EEXIST or ENOTEMPTY when somebody has), or over a torn file.
 * 0, or an errno. */
static int rename_to(const char *from, const char *to, bool replace)
{
    if (zpl_fault(ZPL_FAULT_RENAME))
        return errno;
    if (!replace) {
        if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
            return 0;
        if (errno != EINVAL && errno != ENOSYS)
            return errno;
        /* A file system that can't: a file replaces the same bytes, a folder is not replaced. */
    }
    return rename(from, to) == 0 ? 0 : errno;
}

/* Moves what is ready to its place, making the folder of its shard if it is the first there. */
static enum zpl_err move(struct folder *folder, const char *path, const char *target, bool replace,
                         struct zpl_diags *diags)
{
    char shard[ZPL_PATH_MAX];
    int error = rename_to(path, target, replace);
    if (error == ENOENT) {
        enum zpl_err err = zpl_path_dir(shard, target);
        if (err == ZPL_OK)
            err = zpl_home_make(folder->home, shard, diags);
        if (err != ZPL_OK)
            return err;
        error = rename_to(path, target, replace);
    }
    if (error == EEXIST || error == ENOTEMPTY) /* another process was quicker */
        return zpl_fs_remove_tree(path, diags);
    return error == 0 ? ZPL_OK : zpl_diag_system(diags, "move an artifact to", target, error);
}

static enum zpl_err publish(void *self, const char *path, const struct zpl_digest *digest,
                            uint64_t bytes, struct zpl_diags *diags)
{
    struct folder *folder = self;
    char target[ZPL_PATH_MAX];
    struct zpl_stat old, new;
    enum zpl_err err = object_path(folder, digest, target, diags);
    if (err != ZPL_OK)
        return err;
    err = zpl_fs_stat(target, &old, diags);
    bool there = err == ZPL_OK;
    bool torn = there && old.is_file && old.size != bytes; /* by a power loss */
    if (there && !torn)
        return zpl_fs_remove_tree(path, diags);
    if (!there && err != ZPL_ERR_NOT_FOUND)
        return err;
    err = make_read_only(AT_FDCWD, path, path, 0, diags);
    if (err == ZPL_OK)
        err = zpl_fs_stat(path, &new, diags);
    if (err == ZPL_OK && new.is_file &&new.size != bytes) {
        zpl_diag_add(diags, ZPL_CODE_STORE, (struct zpl_span){0},
                     "cannot keep %s: it has %llu bytes and had %llu when it was digested", path,
                     (unsigned long long)new.size, (unsigned long long)bytes);
        err = ZPL_ERR_INPUT;
    }
    return err == ZPL_OK ? move(folder, path, target, torn, diags) : err;
}

static enum zpl_err has(void *self, const struct zpl_digest *digest, uint64_t bytes,
                        struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    struct zpl_stat st;
    enum zpl_err err = object_path(self, digest, path, diags);
    if (err == ZPL_OK)
        err = zpl_fs_stat(path, &st, diags);
    bool torn = err == ZPL_OK && st.is_file && bytes != UINT64_MAX && st.size != bytes;
    return torn ? ZPL_ERR_NOT_FOUND : err;
}

static enum zpl_err local(void *self, const struct zpl_digest *digest, char *path,
                          struct zpl_diags *diags)
{
    struct zpl_stat st;
    enum zpl_err err = object_path(self, digest, path, diags);
    if (err == ZPL_OK)
        err = zpl_fs_stat(path, &st, diags);
    if (err == ZPL_ERR_NOT_FOUND) {
        struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_STORE, (struct zpl_span){0},
                                             "the artifact %s is not there", path);
        zpl_diag_help(diags, diag, "run the pipeline again; the step that makes it will run");
    }
    return err;
}

/* ---- housekeeping ---------------------------------------------------------------------------- */

/* Bytes of all files below. */
static enum zpl_err tree_bytes(const char *path, int depth, uint64_t *bytes,
                               struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_stat st;
    char **names = NULL, inner[ZPL_PATH_MAX];
    size_t count = 0;
    enum zpl_err err = zpl_fs_stat(path, &st, diags);
    if (err == ZPL_OK && !st.is_dir)
        *bytes += st.size;
    if (err == ZPL_OK && st.is_dir && depth < ZPL_TREE_DEPTH_MAX)
        err = zpl_fs_list(path, &arena, &names, &count, diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        err = zpl_home_join(inner, path, names[i], diags);
        if (err == ZPL_OK)
            err = tree_bytes(inner, depth + 1, bytes, diags);
    }
    zpl_arena_release(&arena);
    return err;
}

struct listing {
    struct zpl_artifact *items;
    size_t count, capacity;
    char **strays;
    size_t stray_count, stray_capacity;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
};

static enum zpl_err add_stray(struct listing *l, const char *path)
{
    char **strays =
        zpl_arena_grow(l->arena, l->strays, l->stray_count, &l->stray_capacity, sizeof *strays);
    if (!strays)
        return zpl_diag_nomem(l->diags);
    l->strays = strays;
    strays[l->stray_count] = zpl_arena_strdup(l->arena, path);
    return strays[l->stray_count++] ? ZPL_OK : zpl_diag_nomem(l->diags);
}

/* objects/ab/cdef…: an artifact if that is a digest. */
static enum zpl_err add_entry(struct listing *l, const char *dir, const char *shard,
                              const char *name)
{
    char path[ZPL_PATH_MAX], hex[ZPL_HEX_SIZE];
    struct zpl_artifact item = {0};
    struct zpl_stat st;
    enum zpl_err err = zpl_home_join(path, dir, name, l->diags);
    if (err == ZPL_OK)
        err = zpl_fs_stat(path, &st, l->diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err; /* it has just gone */
    bool named = strlen(shard) == 2 && strlen(name) == ZPL_HEX_SIZE - 3;
    if (named)
        snprintf(hex, sizeof hex, "%.2s%.62s", shard, name);
    if (!named || !zpl_digest_parse(hex, &item.digest))
        return add_stray(l, path);
    item.tree = st.is_dir;
    struct zpl_diags told = {0};
    err = tree_bytes(path, 0, &item.bytes, &told);
    if (err != ZPL_ERR_NOT_FOUND)
        zpl_diags_append(l->diags, &told);
    zpl_diags_release(&told);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
    struct zpl_artifact *items =
        zpl_arena_grow(l->arena, l->items, l->count, &l->capacity, sizeof *items);
    if (!items)
        return zpl_diag_nomem(l->diags);
    l->items = items;
    items[l->count++] = item;
    return ZPL_OK;
}

static enum zpl_err list(void *self, struct zpl_artifact **out, size_t *count, char ***strays,
                         size_t *stray_count, struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct folder *folder = self;
    struct listing l = {.arena = arena, .diags = diags};
    struct zpl_stat st;
    char **shards = NULL, **names, dir[ZPL_PATH_MAX];
    size_t shard_count = 0, name_count = 0;
    enum zpl_err err = zpl_fs_stat(folder->objects, &st, diags);
    if (err == ZPL_OK)
        err = zpl_fs_list(folder->objects, arena, &shards, &shard_count, diags);
    for (size_t i = 0; err == ZPL_OK && i < shard_count; i++) {
        err = zpl_home_join(dir, folder->objects, shards[i], diags);
        if (err == ZPL_OK)
            err = zpl_fs_stat(dir, &st, diags);
        if (err == ZPL_OK && !st.is_dir)
            err = add_stray(&l, dir);
        else if (err == ZPL_OK)
            err = zpl_fs_list(dir, arena, &names, &name_count, diags);
        for (size_t k = 0; err == ZPL_OK && st.is_dir && k < name_count; k++)
            err = add_entry(&l, dir, shards[i], names[k]);
    }
    *out = l.items;
    *count = l.count;
    *strays = l.strays;
    *stray_count = l.stray_count;
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* Moved to scratch first: half a folder never stands under its digest. */
static enum zpl_err remove_object(void *self, const struct zpl_digest *digest,
                                  struct zpl_diags *diags)
{
    struct folder *folder = self;
    char path[ZPL_PATH_MAX], aside[ZPL_PATH_MAX], name[32];
    enum zpl_err err = object_path(folder, digest, path, diags);
    if (err == ZPL_OK)
        err = need_mine(folder, diags);
    snprintf(name, sizeof name, "gone-%llu", (unsigned long long)folder->made++);
    if (err == ZPL_OK)
        err = zpl_home_join(aside, folder->mine, name, diags);
    if (err != ZPL_OK)
        return err;
    int error = rename_to(path, aside, false);
    if (error != 0)
        return error == ENOENT ? ZPL_OK : zpl_diag_system(diags, "remove", path, error);
    return zpl_fs_remove_tree(aside, diags);
}

static void release(void *self)
{
    struct folder *folder = self;
    if (folder->mine[0] != '\0')
        zpl_fs_remove_tree(folder->mine, NULL);
    if (folder->owner >= 0)
        close(folder->owner);
    free(folder);
}

enum zpl_err zpl_artifacts_folder(const struct zpl_stack_config *config, struct zpl_artifacts *out,
                                  struct zpl_diags *diags)
{
    *out = (struct zpl_artifacts){0};
    struct folder *folder = zpl_calloc(1, sizeof *folder);
    if (!folder)
        return zpl_diag_nomem(diags);
    folder->owner = -1;
    enum zpl_err err = zpl_home_path(config->home, "", folder->home, diags);
    if (err == ZPL_OK)
        err = zpl_home_join(folder->objects, folder->home, "objects", diags);
    if (err == ZPL_OK)
        err = zpl_home_join(folder->scratch, folder->home, "scratch", diags);
    if (err != ZPL_OK) {
        free(folder);
        return err;
    }
    remove_stale(folder);
    *out = (struct zpl_artifacts){.self = folder,
                                  .flavour = "folder",
                                  .scratch = scratch,
                                  .scratch_remove = scratch_remove,
                                  .publish = publish,
                                  .has = has,
                                  .local = local,
                                  .list = list,
                                  .remove = remove_object,
                                  .release = release};
    return ZPL_OK;
}
