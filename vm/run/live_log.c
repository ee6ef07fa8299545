/* live_log.c - see live_log.h.   Floor: vm. */
#include "vm/run/live_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/arena.h"
#include "lang/base/digest.h"
#include "lang/base/fs.h"
#include "stack/orchestrator/spool.h"
#include "vm/run/task.h"

static const char CUT[] = "\n… more follows in `zpl logs` when the step has ended …\n";

/* What the names of the files of a run begin with. */
static void run_prefix(char out[64], int64_t run)
{
    snprintf(out, 64, "log-%lld-", (long long)run);
}

static void file_name(char out[64], int64_t run, const char *step)
{
    char hex[ZPL_HEX_SIZE];
    struct zpl_digest digest = zpl_digest_of(step, strlen(step));
    zpl_digest_hex(&digest, hex);
    run_prefix(out, run);
    snprintf(out + strlen(out), 64 - strlen(out), "%.16s", hex);
}

void zpl_live_log_begin(struct zpl_live_log *log, const char *scratch, int64_t run,
                        const char *step)
{
    char dir[ZPL_PATH_MAX], name[64];
    memset(log, 0, sizeof *log);
    file_name(name, run, step);
    if (zpl_path_dir(dir, scratch) != ZPL_OK ||
        (zpl_task_is_group(zpl_path_base(dir)) && zpl_path_dir(dir, dir) != ZPL_OK) ||
        zpl_path_join(log->path, dir, name) != ZPL_OK)
        return;
    int fd = zpl_fs_open(log->path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    log->fd = fd > 0 ? fd : 0;
    if (log->fd > 0 && (zpl_fs_write_all(log->fd, step, strlen(step)) != ZPL_OK ||
                        zpl_fs_write_all(log->fd, "\n", 1) != ZPL_OK))
        log->written = ZPL_LIVE_LOG_BYTES_MAX + 1;
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

/* Its first line, into name[ZPL_PATH_MAX]; leaves the descriptor behind it.  False: it is not whole yet. */
static bool read_name(int fd, char *name)
{
    ssize_t got = pread(fd, name, ZPL_PATH_MAX, 0);
    char *end = got > 0 ? memchr(name, '\n', (size_t)got) : NULL;
    if (end == NULL || lseek(fd, end - name + 1, SEEK_SET) < 0)
        return false;
    *end = '\0';
    return true;
}

static void open_one(const char *path, zpl_live_log_visit *visit, void *self)
{
    char name[ZPL_PATH_MAX];
    int fd = zpl_fs_open(path, O_RDONLY, 0);
    if (fd >= 0 && read_name(fd, name))
        visit(self, name, fd);
    else if (fd >= 0)
        close(fd);
}

/* Those in every folder of home/place. */
static void look_in(const char *home, const char *place, const char *prefix,
                    zpl_live_log_visit *visit, void *self)
{
    char top[ZPL_PATH_MAX], folder[ZPL_PATH_MAX], path[ZPL_PATH_MAX];
    struct zpl_arena arena = {0};
    char **owners = NULL, **files = NULL;
    size_t owner_count = 0, count = 0;
    if (zpl_path_join(top, home, place) != ZPL_OK ||
        zpl_fs_list(top, &arena, &owners, &owner_count, NULL) != ZPL_OK)
        owner_count = 0;
    for (size_t i = 0; i < owner_count; i++) {
        if (zpl_path_join(folder, top, owners[i]) != ZPL_OK ||
            zpl_fs_list(folder, &arena, &files, &count, NULL) != ZPL_OK)
            continue;
        for (size_t k = 0; k < count; k++)
            if (strncmp(files[k], prefix, strlen(prefix)) == 0 &&
                zpl_path_join(path, folder, files[k]) == ZPL_OK)
                open_one(path, visit, self);
    }
    zpl_arena_release(&arena);
}

void zpl_live_log_each(const char *home, int64_t run, zpl_live_log_visit *visit, void *self)
{
    char prefix[64];
    run_prefix(prefix, run);
    look_in(home, "scratch", prefix, visit, self);
    look_in(home, ZPL_SPOOL_NAME, prefix, visit, self);
}
