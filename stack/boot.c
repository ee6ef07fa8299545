#include "stack/boot.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"

void zpl_boot_name(const struct zpl_stack_config *config, char out[ZPL_BOOT_SIZE])
{
    size_t got = 0;
    if (config->boot) {
        snprintf(out, ZPL_BOOT_SIZE, "%s", config->boot);
        return;
    }
    int fd = zpl_fs_open("/proc/sys/kernel/random/boot_id", O_RDONLY, 0);
    if (fd < 0 || zpl_fs_read_all(fd, out, ZPL_BOOT_SIZE - 1, &got) != ZPL_OK)
        got = 0;
    if (fd >= 0)
        close(fd);
    out[got] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

bool zpl_boot_is(const struct zpl_stack_config *config, const char *name)
{
    char now[ZPL_BOOT_SIZE];
    zpl_boot_name(config, now);
    return name && now[0] != '\0' && strcmp(name, now) == 0;
}
