#include "lang/base/fs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"

#define READ_BLOCK ((size_t)64 << 10)

int zpl_fs_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do {
        fd = zpl_fault(ZPL_FAULT_OPEN) ? -1 : open(path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

enum zpl_err zpl_fs_write_all(int fd, const void *data, size_t len)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = zpl_fault(ZPL_FAULT_WRITE) ? -1 : write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return ZPL_ERR_IO;
        }
        p += n;
        len -= (size_t)n;
    }
    return ZPL_OK;
}

enum zpl_err zpl_fs_read_all(int fd, void *data, size_t len, size_t *got)
{
    char *p = data;
    size_t done = 0;
    while (done < len) {
        ssize_t n = zpl_fault(ZPL_FAULT_READ) ? -1 : read(fd, p + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ZPL_ERR_IO;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    if (got) {
        *got = done;
    } else if (done < len) {
        errno = EIO;
        return ZPL_ERR_IO;
    }
    return ZPL_OK;
}

/* Says that a file is larger than the caller takes. */
static enum zpl_err too_large(const char *path, size_t max, struct zpl_diags *diags)
{
    struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_SYSTEM, (struct zpl_span){0},
                                         "cannot read %s: it has more than %zu bytes", path, max);
    zpl_diag_help(diags, diag, "give a smaller file; this is all that is read of one");
    return ZPL_ERR_LIMIT;
}

/* Everything from fd to its end; the size it tells is a hint only, since files grow and those of
 * /proc say 0.  One byte over `max` is asked for, to see that there is more. */
static enum zpl_err read_to_end(int fd, size_t hint, size_t max, struct zpl_buf *out)
{
    size_t got = 1;
    for (size_t want = hint + 1; got > 0 && out->len <= max; want = READ_BLOCK) {
        if (want > max - out->len)
            want = max - out->len + 1;
        size_t before = out->len;
        char *place = zpl_buf_extend(out, want);
        if (!place)
            return zpl_buf_error(out);
        enum zpl_err err = zpl_fs_read_all(fd, place, want, &got);
        zpl_buf_truncate(out, before + got);
        if (err != ZPL_OK)
            return err;
        if (got < want)
            break;
    }
    return out->len > max ? ZPL_ERR_LIMIT : ZPL_OK;
}

enum zpl_err zpl_fs_read_file(const char *path, size_t max, struct zpl_buf *out,
                              struct zpl_diags *diags)
{
    zpl_buf_clear(out);
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    if (fd < 0) {
        int error = errno;
        zpl_diag_system(diags, "open", path, error);
        errno = error;
        return error == ENOENT ? ZPL_ERR_NOT_FOUND : ZPL_ERR_IO;
    }
    struct stat st;
    enum zpl_err err = ZPL_OK;
    if (fstat(fd, &st) != 0) {
        err = zpl_diag_system(diags, "read", path, errno);
        goto done;
    }
    size_t size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    err = size > max ? ZPL_ERR_LIMIT : read_to_end(fd, size, max, out);
    if (err == ZPL_ERR_IO)
        zpl_diag_system(diags, "read", path, errno);
    else if (err == ZPL_ERR_LIMIT)
        too_large(path, max, diags);
    else if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(diags);
done:
    close(fd);
    return err;
}

/* fsync with the switch. */
static int sync_fd(int fd)
{
    int result;
    do {
        result = zpl_fault(ZPL_FAULT_FSYNC) ? -1 : fsync(fd);
    } while (result != 0 && errno == EINTR);
    return result;
}

/* Creates a new file with a name nobody uses in the folder of `path`; -1 and errno. */
static int create_beside(const char *path, char temporary[ZPL_PATH_MAX])
{
    static atomic_uint counter;
    char dir[ZPL_PATH_MAX];
    if (zpl_path_dir(dir, path) != ZPL_OK) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (int attempt = 0; attempt < 1000; attempt++) {
        char name[64];
        snprintf(name, sizeof name, ".zpl-%ld-%u", (long)getpid(), atomic_fetch_add(&counter, 1));
        if (zpl_path_join(temporary, dir, name) != ZPL_OK) {
            errno = ENAMETOOLONG;
            return -1;
        }
        /* A file of that name is what a killed process with the same number left behind. */
        int fd = zpl_fs_open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

enum zpl_err zpl_fs_write_file(const char *path, const void *data, size_t len, bool durable,
                               struct zpl_diags *diags)
{
    char temporary[ZPL_PATH_MAX], dir[ZPL_PATH_MAX];
    int fd = create_beside(path, temporary);
    if (fd < 0)
        return zpl_diag_system(diags, "write", path, errno);
    enum zpl_err err = zpl_fs_write_all(fd, data, len);
    if (err == ZPL_OK && durable && sync_fd(fd) != 0)
        err = ZPL_ERR_IO;
    int error = errno;
    /* Some file systems tell of a full disk only now. */
    if (close(fd) != 0 && err == ZPL_OK) {
        err = ZPL_ERR_IO;
        error = errno;
    }
    if (err != ZPL_OK)
        err = zpl_diag_system(diags, "write", path, error);
    else
        err = zpl_fs_rename(temporary, path, diags);
    if (err != ZPL_OK) {
        unlink(temporary);
        return err;
    }
    if (durable && zpl_path_dir(dir, path) == ZPL_OK)
        err = zpl_fs_sync(dir, diags);
    return err;
}

/* mkdir with the switch; a folder that is there already is fine.  0, or an errno. */
static int make_folder(const char *path)
{
    if (!zpl_fault(ZPL_FAULT_WRITE) && mkdir(path, 0777) == 0)
        return 0;
    int error = errno;
    struct stat st;
    if (error == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    return error;
}

enum zpl_err zpl_fs_mkdirs(const char *path, struct zpl_diags *diags)
{
    char prefix[ZPL_PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof prefix)
        return zpl_diag_system(diags, "make the folder", path, ENAMETOOLONG);
    memcpy(prefix, path, n + 1);
    /* Mostly all but the last are there; so the whole path is tried first. */
    int error = n == 0 ? ENOENT : make_folder(prefix);
    for (size_t i = 1; n > 0 && error == ENOENT && i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        prefix[i] = '\0';
        int made = make_folder(prefix);
        if (made != 0 || i == n) {
            error = made;
            break;
        }
        prefix[i] = '/';
    }
    return error == 0 ? ZPL_OK : zpl_diag_system(diags, "make the folder", path, error);
}

enum zpl_err zpl_fs_rename(const char *from, const char *to, struct zpl_diags *diags)
{
    if (!zpl_fault(ZPL_FAULT_RENAME) && rename(from, to) == 0)
        return ZPL_OK;
    int error = errno;
    char operation[ZPL_PATH_MAX + 32];
    snprintf(operation, sizeof operation, "rename %s to", from);
    return zpl_diag_system(diags, operation, to, error);
}

enum zpl_err zpl_fs_sync(const char *path, struct zpl_diags *diags)
{
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    if (fd < 0)
        return zpl_diag_system(diags, "open", path, errno);
    enum zpl_err err = ZPL_OK;
    if (sync_fd(fd) != 0)
        err = zpl_diag_system(diags, "sync", path, errno);
    close(fd);
    return err;
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

enum zpl_err zpl_fs_stat(const char *path, struct zpl_stat *out, struct zpl_diags *diags)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        int error = errno;
        if (error == ENOENT || error == ENOTDIR)
            return ZPL_ERR_NOT_FOUND;
        return zpl_diag_system(diags, "look at", path, error);
    }
    *out = (struct zpl_stat){.size = (uint64_t)st.st_size,
                             .inode = st.st_ino,
                             .device = st.st_dev,
                             .mtime_ns = nanoseconds(st.st_mtim),
                             .ctime_ns = nanoseconds(st.st_ctim),
                             .mode = st.st_mode,
                             .is_file = S_ISREG(st.st_mode),
                             .is_dir = S_ISDIR(st.st_mode)};
    return ZPL_OK;
}

/* Hashes an open file to its end; ZPL_ERR_IO and errno. */
static enum zpl_err digest_fd(int fd, struct zpl_digest *out, uint64_t *size)
{
    char block[READ_BLOCK];
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    uint64_t total = 0;
    size_t got = sizeof block;
    while (got == sizeof block) {
        if (zpl_fs_read_all(fd, block, sizeof block, &got) != ZPL_OK) {
            zpl_hasher_release(&hasher);
            return ZPL_ERR_IO;
        }
        zpl_hasher_add(&hasher, block, got);
        total += got;
    }
    *out = zpl_hasher_final(&hasher);
    *size = total;
    return ZPL_OK;
}

enum zpl_err zpl_fs_digest(const char *path, struct zpl_digest *out, uint64_t *size,
                           struct zpl_diags *diags)
{
    uint64_t total = 0;
    /* O_NONBLOCK: opening a pipe must not wait for its writer. */
    int fd = zpl_fs_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return zpl_diag_system(diags, "open", path, errno);
    struct stat st;
    enum zpl_err err = ZPL_OK;
    if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
        zpl_diag_add(diags, ZPL_CODE_SYSTEM, (struct zpl_span){0},
                     "cannot read %s: it is not a regular file", path);
        err = ZPL_ERR_IO;
    } else if (digest_fd(fd, out, &total) != ZPL_OK) {
        err = zpl_diag_system(diags, "read", path, errno);
    } else if (size) {
        *size = total;
    }
    close(fd);
    return err;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names an open folder gives, unsorted; ZPL_ERR_IO and errno, or ZPL_ERR_NOMEM. */
static enum zpl_err collect_names(DIR *dir, struct zpl_arena *arena, char ***names, size_t *count)
{
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = zpl_fault(ZPL_FAULT_READ) ? NULL : readdir(dir);
        if (!entry)
            return errno == 0 ? ZPL_OK : ZPL_ERR_IO;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char **items = zpl_arena_grow(arena, *names, *count, &capacity, sizeof *items);
        char *name = zpl_arena_strdup(arena, entry->d_name);
        if (!items || !name)
            return ZPL_ERR_NOMEM;
        items[(*count)++] = name;
        *names = items;
    }
}

enum zpl_err zpl_fs_list(const char *path, struct zpl_arena *arena, char ***names, size_t *count,
                         struct zpl_diags *diags)
{
    *names = NULL;
    *count = 0;
    int fd = zpl_fs_open(path, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        zpl_diag_system(diags, "list", path, error);
        return error == ENOENT ? ZPL_ERR_NOT_FOUND : ZPL_ERR_IO;
    }
    enum zpl_err err = collect_names(dir, arena, names, count);
    if (err == ZPL_ERR_IO)
        zpl_diag_system(diags, "list", path, errno);
    else if (err == ZPL_ERR_NOMEM)
        zpl_diag_nomem(diags);
    closedir(dir);
    if (err == ZPL_OK && *count > 1)
        qsort(*names, *count, sizeof **names, compare_names);
    return err;
}

/* A clock of the kernel that can't fail. */
static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        ZPL_BUG("the kernel has no such clock");
    return nanoseconds(now);
}

int64_t zpl_clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t zpl_clock_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}
