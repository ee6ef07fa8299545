/* live_log.c - see live_log.h.   Floor: vm. */
#include "vm/live_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/arena.h"
#include "lang/base/digest.h"
#include "lang/base/fs.h"
#include "stack/orchestrator/spool.h"

static const char CUT[] = "\n… more follows in `zpl logs` when the step has ended …\n";

static void file_name(char out[64], int64_t run, const char *step)
{
    char hex[ZPL_HEX_SIZE];
    struct zpl_digest digest = zpl_digest_of(step, strlen(step));
    zpl_digest_hex(&digest, hex);
    snprintf(out, 64, "log-%lld-%.16s", (long long)run, hex);
}

void zpl_live_log_begin(struct zpl_live_log *log, const char *scratch, int64_t run,
                        const char *step)
{
    char dir[ZPL_PATH_MAX], name[64];
    memset(log, 0, sizeof *log);
    file_name(name, run, step);
    if (zpl_path_dir(dir, scratch) != ZPL_OK || zpl_path_join(log->path, dir, name) != ZPL_OK)
        return;
    int fd = zpl_fs_open(log->path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    log->fd = fd > 0 ? fd : 0;
}

void zpl_live_log_add(struct zpl_live_log *log, const char *text, size_t len)
{
    if (log->fd == 0 || log->written > ZPL_LIVE_LOG_BYTES_MAX)
        return;
    log->written += len;
    if (log->written > ZPL_LIVE_LOG_BYTES_MAX) {
        text = CUT;
        len = strlen(CUT);
    }
    if (zpl_fs_write_all(log->fd, text, len) != ZPL_OK)
        log->written = ZPL_LIVE_LOG_BYTES_MAX + 1;
}

void zpl_live_log_release(struct zpl_live_log *log)
{
    if (log->fd > 0) {
        close(log->fd);
        unlink(log->path);
    }
    memset(log, 0, sizeof *log);
}

/* Looks in every folder of home/place; a descriptor, or -1. */
static int look_in(const char *home, const char *place, const char *name)
{
    char folder[ZPL_PATH_MAX], path[ZPL_PATH_MAX];
    struct zpl_arena arena = {0};
    char **owners = NULL;
    size_t count = 0;
    int fd = -1;
    if (zpl_path_join(folder, home, place) == ZPL_OK &&
        zpl_fs_list(folder, &arena, &owners, &count, NULL) == ZPL_OK)
        for (size_t i = 0; fd < 0 && i < count; i++)
            if (zpl_path_join(path, folder, owners[i]) == ZPL_OK &&
                zpl_path_join(path, path, name) == ZPL_OK)
                fd = zpl_fs_open(path, O_RDONLY, 0);
    zpl_arena_release(&arena);
    return fd;
}

int zpl_live_log_open(const char *home, int64_t run, const char *step)
{
    char name[64];
    file_name(name, run, step);
    int fd = look_in(home, "scratch", name);
    return fd >= 0 ? fd : look_in(home, ZPL_SPOOL_NAME, name);
}
