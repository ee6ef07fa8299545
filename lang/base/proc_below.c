#include "lang/base/proc_below.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/limits.h"

#define PROC_PATH_SIZE 96

/* Reads a file of /proc into `text`; false when the process is gone. */
static bool read_proc(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = 0;
    ssize_t n = 0;
    while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fd);
    return n >= 0;
}

/* Adds the numbers in a file like /proc/7/task/7/children to out[count..max). */
static size_t add_children(const char *path, pid_t *out, size_t count, size_t max)
{
    char text[16384]; /* a longer list is cut; the next look sees the rest */
    if (!read_proc(path, text, sizeof text))
        return count;
    char *at = text;
    while (count < max) {
        char *end = NULL;
        long pid = strtol(at, &end, 10);
        if (end == at || *end == '\0') /* each number is followed by a space */
            return count;
        out[count++] = (pid_t)pid;
        at = end;
    }
    return count;
}

size_t zpl_proc_children(pid_t pid, pid_t *out, size_t max)
{
    if (pid == 0)
        return add_children("/proc/thread-self/children", out, 0, max);
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (!threads)
        return 0;
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(threads))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)pid, entry->d_name);
        count = add_children(path, out, count, max);
    }
    closedir(threads);
    return count;
}

/* The number of KiB after `name` in the text of /proc/7/status. */
static uint64_t status_kib(const char *status, const char *name)
{
    const char *line = strstr(status, name);
    return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

uint64_t zpl_proc_memory(pid_t pid)
{
    char path[PROC_PATH_SIZE], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (!read_proc(path, text, sizeof text))
        return 0;
    return (status_kib(text, "\nRssAnon:") + status_kib(text, "\nRssShmem:")) * 1024;
}

/* The same, of a page that n processes share the n-th part. */
static uint64_t memory_share_of(pid_t pid)
{
    char path[PROC_PATH_SIZE], text[4096];
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    if (!read_proc(path, text, sizeof text) || strstr(text, "\nPss_Anon:") == NULL)
        return zpl_proc_memory(pid); /* an older kernel does not say it */
    return (status_kib(text, "\nPss_Anon:") + status_kib(text, "\nPss_Shmem:")) * 1024;
}

uint64_t zpl_proc_memory_below(pid_t pid, uint64_t limit)
{
    static pid_t pids[ZPL_DESCENDANTS_MAX]; /* one thread, see above; too big for a stack */
    uint64_t bytes = 0, shared = 0;
    size_t count = pid != 0 ? 1 : zpl_proc_children(0, pids, ZPL_DESCENDANTS_MAX);
    if (pid != 0)
        pids[0] = pid;
    for (size_t i = 0; i < count; i++) {
        bytes += zpl_proc_memory(pids[i]);
        count += zpl_proc_children(pids[i], pids + count, ZPL_DESCENDANTS_MAX - count);
    }
    for (size_t i = 0; bytes > limit && i < count; i++)
        shared += memory_share_of(pids[i]);
    return bytes > limit ? shared : bytes;
}
