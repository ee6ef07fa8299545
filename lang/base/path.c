/* path.c - paths as text: the functions zpl_path_* of fs.h. */
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"

enum zpl_err zpl_path_join(char *out, const char *dir, const char *name)
{
    if (name[0] == '/')
        dir = "";
    size_t n = strlen(dir), m = strlen(name);
    bool slash = n > 0 && m > 0 && dir[n - 1] != '/';
    if (n >= ZPL_PATH_MAX || m >= ZPL_PATH_MAX || n + slash + m >= ZPL_PATH_MAX)
        return ZPL_ERR_LIMIT;
    /* The name first, as it may stand where the folder is copied to. */
    memmove(out + n + slash, name, m + 1);
    memmove(out, dir, n);
    if (slash)
        out[n] = '/';
    return ZPL_OK;
}

enum zpl_err zpl_path_clean(char *out, const char *path)
{
    if (strlen(path) >= ZPL_PATH_MAX)
        return ZPL_ERR_LIMIT;
    bool rooted = path[0] == '/';
    /* What is written is never longer than what was read, so both may be one array.  Nothing before
     * `fixed` can be taken back by a "..". */
    size_t len = rooted, fixed = rooted;
    if (rooted)
        out[0] = '/';
    for (const char *p = path;;) {
        p += strspn(p, "/");
        size_t n = strcspn(p, "/");
        if (n == 0)
            break;
        const char *part = p;
        p += n;
        if (n == 1 && part[0] == '.')
            continue;
        bool up = n == 2 && part[0] == '.' && part[1] == '.';
        if (up && len > fixed) {
            while (len > fixed && out[len - 1] != '/')
                len--;
            if (len > fixed)
                len--;
            continue;
        }
        if (up && rooted)
            continue;
        if (len > rooted)
            out[len++] = '/';
        memmove(out + len, part, n);
        len += n;
        if (up)
            fixed = len;
    }
    if (len == 0)
        out[len++] = '.';
    out[len] = '\0';
    return ZPL_OK;
}

enum zpl_err zpl_path_dir(char *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;
    if (n >= ZPL_PATH_MAX)
        return ZPL_ERR_LIMIT;
    if (slash)
        memmove(out, n > 0 ? path : "/", n > 0 ? n : 1);
    else
        out[0] = '.';
    out[n > 0 ? n : 1] = '\0';
    return ZPL_OK;
}

const char *zpl_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *zpl_path_below(const char *place, const char *path)
{
    size_t n = strlen(place);
    if (strcmp(place, "/") == 0)
        return path + 1;
    return strncmp(path, place, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}
