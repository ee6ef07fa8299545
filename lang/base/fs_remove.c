/* fs_remove.c - removing whole folders: zpl_fs_remove_tree of fs.h.
 * A step may leave folders nested deeper than there are descriptors or stack, and processes that
 * still move them about.  So one folder is open at a time, the way back up is "..", and who is
 * found there must be the folder that was left: nothing outside the tree is ever removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"

/* Who a folder is. */
struct identity {
    dev_t device;
    ino_t inode;
};

static int open_folder(int at, const char *name)
{
    if (zpl_fault(ZPL_FAULT_OPEN))
        return -1;
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens a folder to be emptied, giving its owner the rights to do so; -1 and errno. */
static int enter(int at, const char *name, struct identity *who)
{
    int fd = open_folder(at, name);
    if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
        fd = open_folder(at, name);
    struct stat st;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) != 0) {
        close(fd);
        return -1;
    }
    if ((st.st_mode & 0700) != 0700)
        (void)!fchmod(fd, (st.st_mode & 07777) | 0700); /* if refused, unlinking tells why */
    *who = (struct identity){.device = st.st_dev, .inode = st.st_ino};
    return fd;
}

/* Removes a file or an empty folder.  0; or an errno, ENOTEMPTY for a folder with something in. */
static int remove_one(int at, const char *name)
{
    if (zpl_fault(ZPL_FAULT_WRITE))
        return errno;
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return 0;
    int error = errno;
    if (error != EISDIR && error != EPERM)
        return error;
    if (unlinkat(at, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno == ENOTDIR)
        return error;
    return errno == EEXIST ? ENOTEMPTY : errno;
}

/* Removes what it can from the open folder until it meets a folder that is not empty: then its name
 * is in `name` and the result ENOTEMPTY.  0 when nothing is left; or an errno. */
static int empty_folder(int fd, char name[NAME_MAX + 1])
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        int error = errno;
        if (copy >= 0)
            close(copy);
        return error;
    }
    rewinddir(dir);
    int error = 0;
    while (error == 0) {
        errno = 0;
        const struct dirent *entry = zpl_fault(ZPL_FAULT_READ) ? NULL : readdir(dir);
        if (!entry) {
            error = errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        error = remove_one(fd, entry->d_name);
        if (error == ENOTEMPTY)
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(dir);
    return error;
}

/* Opens the folder above `fd` and closes that; -1 and errno, ESTALE if it is not `expected`. */
static int leave(int fd, const struct identity *expected)
{
    struct identity found;
    int above = enter(fd, "..", &found);
    int error = errno;
    close(fd);
    if (above >= 0 && (found.device != expected->device || found.inode != expected->inode)) {
        close(above);
        error = ESTALE;
        above = -1;
    }
    errno = error;
    return above;
}

/* Empties the folder `path`; 0 or an errno. */
static int empty_tree(const char *path)
{
    struct zpl_buf above = {0}; /* struct identity of each folder from the top to the open one */
    struct identity who;
    int fd = enter(AT_FDCWD, path, &who);
    int error = fd < 0 ? errno : 0;
    zpl_buf_add(&above, &who, sizeof who);
    while (fd >= 0) {
        char name[NAME_MAX + 1];
        error = empty_folder(fd, name);
        if (error == ENOTEMPTY) {
            int inner = enter(fd, name, &who);
            error = inner < 0 ? errno : 0;
            close(fd);
            fd = inner;
            zpl_buf_add(&above, &who, sizeof who);
        } else if (error == 0 && above.len > sizeof who) {
            zpl_buf_truncate(&above, above.len - sizeof who);
            memcpy(&who, above.data + above.len - sizeof who, sizeof who);
            fd = leave(fd, &who);
            error = fd < 0 ? errno : 0;
        } else {
            break;
        }
        if (zpl_buf_error(&above) != ZPL_OK) {
            error = ENOMEM;
            break;
        }
    }
    if (fd >= 0)
        close(fd);
    zpl_buf_release(&above);
    return error;
}

enum zpl_err zpl_fs_remove_tree(const char *path, struct zpl_diags *diags)
{
    int error = remove_one(AT_FDCWD, path);
    if (error == ENOTEMPTY) {
        error = empty_tree(path);
        if (error == 0)
            error = remove_one(AT_FDCWD, path);
    }
    if (error == 0 || error == ENOENT || error == ENOTDIR)
        return ZPL_OK;
    return zpl_diag_system(diags, "remove", path, error);
}
