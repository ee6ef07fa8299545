#include "stack/deploy/copy.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/home.h"

#define BLOCK_BYTES (64u << 10)

/* The bytes of one open file into another; the paths are for words. */
static enum zpl_err copy_bytes(int in, int out, struct zpl_diags *diags, const char *from,
                               const char *to)
{
    char block[BLOCK_BYTES];
    size_t got = sizeof block;
    while (got == sizeof block) {
        if (zpl_fs_read_all(in, block, sizeof block, &got) != ZPL_OK)
            return zpl_diag_system(diags, "read", from, errno);
        if (zpl_fs_write_all(out, block, got) != ZPL_OK)
            return zpl_diag_system(diags, "write", to, errno);
    }
    return ZPL_OK;
}

static enum zpl_err copy_file(const char *from, const char *to, struct zpl_diags *diags)
{
    int in = zpl_fs_open(from, O_RDONLY | O_NOFOLLOW, 0);
    if (in < 0)
        return zpl_diag_system(diags, "open", from, errno);
    int out = zpl_fs_open(to, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (out < 0) {
        enum zpl_err err = zpl_diag_system(diags, "make", to, errno);
        close(in);
        return err;
    }
    enum zpl_err err = copy_bytes(in, out, diags, from, to);
    close(in);
    if (close(out) < 0 && err == ZPL_OK)
        err = zpl_diag_system(diags, "write", to, errno);
    return err == ZPL_OK ? zpl_fs_sync(to, diags) : err;
}

static enum zpl_err copy_folder(const char *from, const char *to, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    char **names = NULL;
    size_t count = 0;
    enum zpl_err err = zpl_fs_mkdirs(to, diags);
    if (err == ZPL_OK)
        err = zpl_fs_list(from, &arena, &names, &count, diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        char *paths = zpl_arena_array(&arena, 2, ZPL_PATH_MAX); /* not on the stack: it recurses */
        if (!paths) {
            err = zpl_diag_nomem(diags);
            break;
        }
        err = zpl_home_join(paths, from, names[i], diags);
        if (err == ZPL_OK)
            err = zpl_home_join(paths + ZPL_PATH_MAX, to, names[i], diags);
        if (err == ZPL_OK)
            err = zpl_copy(paths, paths + ZPL_PATH_MAX, diags);
    }
    zpl_arena_release(&arena);
    return err == ZPL_OK ? zpl_fs_sync(to, diags) : err;
}

enum zpl_err zpl_copy(const char *from, const char *to, struct zpl_diags *diags)
{
    struct stat st;
    if (lstat(from, &st) < 0)
        return zpl_diag_system(diags, "look at", from, errno);
    if (S_ISDIR(st.st_mode))
        return copy_folder(from, to, diags);
    if (S_ISREG(st.st_mode))
        return copy_file(from, to, diags);
    zpl_diag_add(diags, ZPL_CODE_DEPLOY, (struct zpl_span){0},
                 "cannot copy %s: it is neither a file nor a folder", from);
    return ZPL_ERR_INPUT;
}
