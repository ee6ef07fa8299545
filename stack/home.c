#include "stack/home.h"
#include <errno.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"

#define IGNORE_ALL "*\n"

enum zpl_err zpl_home_join(char *out, const char *dir, const char *name, struct zpl_diags *diags)
{
    if (zpl_path_join(out, dir, name) == ZPL_OK)
        return ZPL_OK;
    zpl_diag_system(diags, "use a path in", dir, ENAMETOOLONG);
    return ZPL_ERR_LIMIT;
}

enum zpl_err zpl_home_path(const char *home, const char *name, char *out, struct zpl_diags *diags)
{
    char here[ZPL_PATH_MAX];
    if (!getcwd(here, sizeof here))
        return zpl_diag_system(diags, "find", "the working directory", errno);
    enum zpl_err err = zpl_home_join(out, here, home, diags);
    if (err == ZPL_OK && name[0] != '\0')
        err = zpl_home_join(out, out, name, diags);
    return err;
}

enum zpl_err zpl_home_make(const char *home, const char *name, struct zpl_diags *diags)
{
    char path[ZPL_PATH_MAX];
    struct zpl_stat st;
    enum zpl_err err = zpl_home_join(path, home, ".gitignore", diags);
    if (err == ZPL_OK)
        err = zpl_fs_stat(path, &st, diags);
    if (err == ZPL_ERR_NOT_FOUND) {
        err = zpl_fs_mkdirs(home, diags);
        if (err == ZPL_OK)
            err = zpl_fs_write_file(path, IGNORE_ALL, sizeof IGNORE_ALL - 1, false, diags);
    }
    if (err == ZPL_OK && name[0] != '\0')
        err = zpl_home_join(path, home, name, diags);
    if (err == ZPL_OK && name[0] != '\0')
        err = zpl_fs_mkdirs(path, diags);
    return err;
}
