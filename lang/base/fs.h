/* fs.h - files, with every failure told with operation and path.
 * Owns: nothing; descriptors are the caller's and always CLOEXEC.
 * Errors: ZPL_ERR_IO with a SYSTEM diagnostic (`diags` may be NULL: code only, and errno); NOT_FOUND
 * for ENOENT where a function says so.  For the fault switch making and removing folders and
 * removing files count as writes, listing as reading.
 * Limits: ZPL_PATH_MAX.   Floor: base. */
#ifndef ZPL_BASE_FS_H
#define ZPL_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "lang/base/buf.h"
#include "lang/base/diag.h"
#include "lang/base/digest.h"
#include "lang/base/err.h"

/* What says that a file is still the same without reading it. */
struct zpl_stat {
    uint64_t size, inode, device;
    int64_t mtime_ns, ctime_ns;
    uint32_t mode; /* st_mode */
    bool is_file, is_dir;
};

/* Paths go into out[ZPL_PATH_MAX], which may be the argument itself.  ZPL_ERR_LIMIT if one does not
 * fit; `out` is then as it was.
 * dir + "/" + name; an absolute name stands alone, an empty dir or name is left out. */
enum zpl_err zpl_path_join(char *out, const char *dir, const char *name);
/* Removes ".", "..", doubled slashes and one at the end by text alone; "" becomes ".". */
enum zpl_err zpl_path_clean(char *out, const char *path);
/* The folder part ("." when there is none) and the part after the last slash ("" if it ends so). */
enum zpl_err zpl_path_dir(char *out, const char *path);
const char *zpl_path_base(const char *path);
/* `path` without the leading `place/`, or NULL when it is not below that folder; both clean. */
const char *zpl_path_below(const char *place, const char *path);

int zpl_fs_open(const char *path, int flags, mode_t mode); /* -1 and errno; O_CLOEXEC added */
/* Writes all or fails; goes on after EINTR and short writes. */
enum zpl_err zpl_fs_write_all(int fd, const void *data, size_t len);
/* Reads exactly len; *got tells how much came before the end (NULL: short is ZPL_ERR_IO, EIO). */
enum zpl_err zpl_fs_read_all(int fd, void *data, size_t len, size_t *got);

/* The whole file into `out`, which is cleared first; ZPL_ERR_NOT_FOUND (with a diagnostic) if absent, _LIMIT over `max`. */
enum zpl_err zpl_fs_read_file(const char *path, size_t max, struct zpl_buf *out,
                              struct zpl_diags *diags);
/* Writes beside the path (".zpl-<pid>-<n>") and renames over it: a reader sees the old file or the
 * new one.  `durable` syncs file and folder. */
enum zpl_err zpl_fs_write_file(const char *path, const void *data, size_t len, bool durable,
                               struct zpl_diags *diags);
enum zpl_err zpl_fs_mkdirs(const char *path, struct zpl_diags *diags);
enum zpl_err zpl_fs_rename(const char *from, const char *to, struct zpl_diags *diags);
enum zpl_err zpl_fs_sync(const char *path, struct zpl_diags *diags); /* a file or a folder */
/* Removes a file or a whole folder of any depth, also what its owner made read-only; never follows
 * links; absent is fine. */
enum zpl_err zpl_fs_remove_tree(const char *path, struct zpl_diags *diags);
/* ZPL_ERR_NOT_FOUND without a diagnostic when absent. */
enum zpl_err zpl_fs_stat(const char *path, struct zpl_stat *out, struct zpl_diags *diags);
/* SHA-256 of a regular file's bytes. */
enum zpl_err zpl_fs_digest(const char *path, struct zpl_digest *out, uint64_t *size,
                           struct zpl_diags *diags);
/* The sorted names in a folder (without . and ..), in the arena; ZPL_ERR_NOT_FOUND (with a
 * diagnostic) if it is absent. */
enum zpl_err zpl_fs_list(const char *path, struct zpl_arena *arena, char ***names, size_t *count,
                         struct zpl_diags *diags);
/* Nanoseconds of the monotonic and of the wall clock. */
int64_t zpl_clock_monotonic_ns(void);
int64_t zpl_clock_wall_ns(void);
#define ZPL_NS_PER_MS INT64_C(1000000)

#endif
