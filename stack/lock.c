#include "stack/lock.h"
#include <errno.h>
#include <fcntl.h>
#include "lang/base/fs.h"

static struct flock byte_lock(short type, uint64_t byte)
{
    return (struct flock){
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)(byte & INT64_MAX), .l_len = 1};
}

int zpl_lock_open(const char *path)
{
    return zpl_fs_open(path, O_RDWR | O_CREAT, 0666);
}

enum zpl_err zpl_lock_take(int fd, uint64_t byte, bool wait)
{
    struct flock lock = byte_lock(F_WRLCK, byte);
    if (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0)
        return ZPL_OK;
    if (errno == EINTR)
        return ZPL_ERR_INTERRUPTED;
    return errno == EAGAIN || errno == EACCES ? ZPL_ERR_BUSY : ZPL_ERR_IO;
}

enum zpl_err zpl_lock_share(int fd, uint64_t byte)
{
    struct flock lock = byte_lock(F_RDLCK, byte);
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return ZPL_OK;
    return errno == EAGAIN || errno == EACCES ? ZPL_ERR_BUSY : ZPL_ERR_IO;
}

void zpl_lock_give(int fd, uint64_t byte)
{
    struct flock lock = byte_lock(F_UNLCK, byte);
    fcntl(fd, F_OFD_SETLK, &lock);
}

bool zpl_lock_is_held(int fd, uint64_t byte)
{
    struct flock lock = byte_lock(F_WRLCK, byte);
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool zpl_lock_find(int fd, uint64_t first, uint64_t count, uint64_t *after)
{
    struct flock lock = byte_lock(F_WRLCK, first);
    lock.l_len = (off_t)count;
    if (count == 0 || fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
        return false;
    *after = (uint64_t)lock.l_start + (uint64_t)lock.l_len;
    return true;
}
