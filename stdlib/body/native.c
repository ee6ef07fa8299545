/* native.c - the body of a `kernel =` step: a kernel in a library of the user's own.  It is called as
 * those that are built in are, in a process of its own.   Floor: stdlib. */
#include <dlfcn.h>
#include <string.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/context.h"

static int run(struct zpl_kernel_context *ctx)
{
    const struct zpl_run_task *task = zpl_context_of(ctx)->task;
    struct zpl_arena *arena = zpl_context_of(ctx)->arena;
    char path[ZPL_PATH_MAX];
    const char *colon = task->body != NULL ? strrchr(task->body, ':') : NULL;
    if (colon == NULL)
        return ctx->fail(ctx, "a kernel step names a library and a kernel in it");
    const char *file = zpl_arena_strndup(arena, task->body, (size_t)(colon - task->body));
    const char *symbol = zpl_arena_printf(arena, "zpl_kernel_%s", colon + 1);
    if (file == NULL || symbol == NULL || zpl_path_join(path, task->project, file) != ZPL_OK)
        return ctx->fail(ctx, "'%s' is too long", task->body);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return ctx->fail(ctx, "cannot open %s", dlerror());
    const struct zpl_kernel *kernel = dlsym(library, symbol);
    if (kernel == NULL)
        return ctx->fail(
            ctx, "%s defines no kernel '%s': that is the symbol %s, as ZPL_KERNEL(%s) makes it",
            file, colon + 1, symbol, colon + 1);
    if (kernel->abi != ZPL_KERNEL_ABI_VERSION || kernel->run == NULL)
        return ctx->fail(
            ctx,
            "kernel '%s' of %s is made for version %u of the kernel interface, this zpl has %d: "
            "build it anew",
            colon + 1, file, kernel->abi, ZPL_KERNEL_ABI_VERSION);
    return kernel->run(ctx);
}

ZPL_KERNEL(native) = {
    .abi = ZPL_KERNEL_ABI_VERSION,
    .name = "native",
    .signature = "",
    .doc =
        "Runs a kernel in a library of your own (stdlib/kernel.h is all it needs).\n"
        "\n"
        "    local scale = step \"scale\" { signature = \"(rows: Table {x: Float}) -> (rows: Table "
        "{x: Float})\",\n"
        "                                 kernel = \"kernels/scale.so:scale\" }",
    .engines = "duckdb",
    .run = run,
};
