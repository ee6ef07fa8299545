/* gpus.c - see gpus.h.   Floor: stack. */
#include "stack/orchestrator/gpus.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(struct zpl_gpus *out, const char *name, size_t len)
{
    if (len == 0 || len >= ZPL_GPU_NAME_SIZE || out->count == ZPL_GPUS_MAX)
        return;
    memcpy(out->names[out->count], name, len);
    out->names[out->count][len] = '\0';
    out->list[out->count] = out->names[out->count];
    out->count++;
}

/* "0,1", "GPU-8932f937-…"; what is behind a "-1" is not seen, as CUDA says. */
static void add_visible(struct zpl_gpus *out, const char *list)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        while (n > 0 && *list == ' ')
            list++, n--;
        if (strncmp(list, "-1", n) == 0)
            return;
        add(out, list, n);
        list += n + (list[n] == ',');
    }
}

/* Numbers from 0, as many as the folder has devices of that name with a number. */
static void add_devices(struct zpl_gpus *out, const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    size_t count = 0, n = strlen(prefix);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        count += strncmp(entry->d_name, prefix, n) == 0 && entry->d_name[n] != '\0' &&
                 strspn(entry->d_name + n, "0123456789") == strlen(entry->d_name + n);
    if (dir != NULL)
        closedir(dir);
    for (size_t i = 0; i < count; i++) {
        char name[24];
        add(out, name, (size_t)snprintf(name, sizeof name, "%zu", i));
    }
}

void zpl_gpus_find(struct zpl_gpus *out)
{
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    out->count = 0;
    if (visible != NULL) {
        add_visible(out, visible);
        return;
    }
    add_devices(out, "/dev", "nvidia");
    if (out->count == 0 && access("/dev/kfd", F_OK) == 0)
        add_devices(out, "/dev/dri", "renderD");
}
