/* library.c - see library.h.   Floor: stdlib. */
#include "stdlib/model/library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/fs.h"
#include "lang/base/proc.h"

#define PLACES 4

static const struct zpl_span nowhere;

struct places {
    char paths[PLACES][ZPL_PATH_MAX];
    size_t count;
};

static void add_place(struct places *places, const char *dir, const char *file)
{
    char *path = places->paths[places->count];
    if (zpl_path_join(path, dir, file) == ZPL_OK)
        places->count++;
}

/* Where the library may be, in the order in which it is looked for. */
static void find_places(const struct zpl_library *library, struct places *places)
{
    static const char *const beside[] = {"deps", "../deps", "../lib/zpl"};
    char self[ZPL_PATH_MAX], dir[ZPL_PATH_MAX], joined[ZPL_PATH_MAX], clean[ZPL_PATH_MAX];
    const char *named = getenv(library->variable);

    places->count = 0;
    if (named && *named)
        add_place(places, named, library->file);
    if (zpl_proc_self_path(self) != ZPL_OK || zpl_path_dir(dir, self) != ZPL_OK)
        return;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        if (zpl_path_join(joined, dir, beside[i]) == ZPL_OK &&
            zpl_path_clean(clean, joined) == ZPL_OK &&
            zpl_path_join(joined, clean, library->folder) == ZPL_OK)
            add_place(places, joined, library->file);
}

enum zpl_err zpl_library_refuse(const struct zpl_library *library, void *handle, enum zpl_err err,
                                struct zpl_diag *diag, struct zpl_diags *diags)
{
    zpl_diag_help(diags, diag, "run `make deps`, or set %s to a folder that holds %s of version %s",
                  library->variable, library->file, library->version);
    if (handle)
        dlclose(handle);
    return err;
}

enum zpl_err zpl_library_open(const struct zpl_library *library, void **handle, char *path,
                              struct zpl_diags *diags)
{
    struct places places;
    struct zpl_diag *diag;

    *handle = NULL;
    find_places(library, &places);
    for (size_t i = 0; i < places.count; i++) {
        if (access(places.paths[i], F_OK) != 0)
            continue;
        memcpy(path, places.paths[i], ZPL_PATH_MAX);
        *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
        if (*handle)
            return ZPL_OK;
        diag = zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, nowhere,
                            "the %s library can't be opened: %s", library->name, dlerror());
        return zpl_library_refuse(library, NULL, ZPL_ERR_IO, diag, diags);
    }
    diag = zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, nowhere, "the %s library is not installed",
                        library->name);
    for (size_t i = 0; i < places.count; i++)
        zpl_diag_note(diags, diag, nowhere, "looked for %s", places.paths[i]);
    return zpl_library_refuse(library, NULL, ZPL_ERR_NOT_FOUND, diag, diags);
}

enum zpl_err zpl_library_hold(const struct zpl_library *library, void *handle, const char *path,
                              const char *version, struct zpl_diags *diags)
{
    if (strcmp(version, library->version) == 0)
        return ZPL_OK;
    return zpl_library_refuse(library, handle, ZPL_ERR_VERSION,
                              zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, nowhere,
                                           "%s is %s %s, and zpl needs %s: versions score the same "
                                           "model differently",
                                           path, library->name, version, library->version),
                              diags);
}

int zpl_fail_diags(struct zpl_kernel_context *ctx, const struct zpl_diags *diags)
{
    struct zpl_buf words = {0};
    int failed;

    if (diags->count) {
        const struct zpl_diag *diag = diags->items[0];
        zpl_buf_puts(&words, diag->message);
        for (const struct zpl_note *note = diag->notes; note; note = note->next)
            zpl_buf_printf(&words, "; %s", note->text);
        if (diag->help)
            zpl_buf_printf(&words, "; %s", diag->help);
    }
    failed = ctx->fail(ctx, "%s", words.len ? zpl_buf_str(&words) : "out of memory");
    zpl_buf_release(&words);
    return failed;
}
