#include "stack/home.h"
#include <errno.h>
#include <string.h>
#include <sys/vfs.h>
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

const char *zpl_home_network(uint64_t type)
{
    static const struct {
        uint32_t type;
        const char *name;
    } KNOWN[] = {{0x6969, "NFS"},        {0x517B, "SMB"},         {0xFF534D42, "CIFS"},
                 {0xFE534D42, "SMB"},    {0x01021997, "9p"},      {0x5346414F, "AFS"},
                 {0x6B414653, "AFS"},    {0x73757245, "Coda"},    {0x564C, "NCP"},
                 {0x00C36400, "Ceph"},   {0x0BD00BD0, "Lustre"},  {0x47504653, "GPFS"},
                 {0x19830326, "BeeGFS"}, {0x7461636F, "OCFS2"},   {0x01161970, "GFS2"},
                 {0x786F4256, "vboxsf"}, {0x013111A8, "IBRIX"},   {0xAAD7AAEA, "PanFS"},
                 {0xBACBACBC, "VMware"}, {0x20030528, "OrangeFS"}};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if ((uint32_t)type == KNOWN[i].type)
            return KNOWN[i].name;
    return NULL;
}

enum zpl_err zpl_home_lock_failed(const char *home, int error, struct zpl_diags *diags)
{
    struct statfs fs;
    const char *network = statfs(home, &fs) == 0 ? zpl_home_network((uint64_t)fs.f_type) : NULL;
    struct zpl_diag *diag = zpl_diag_add(
        diags, ZPL_CODE_STORE, (struct zpl_span){0}, "cannot lock the store in %s%s%s%s: %s", home,
        network ? " (" : "", network ? network : "", network ? ")" : "", strerror(error));
    zpl_diag_help(
        diags, diag, "%s",
        "locks of files have to work where it lies: mount the file system with them, or keep "
        "the store on a local disk (ZPL_HOME=FOLDER)");
    errno = error;
    return ZPL_ERR_IO;
}
