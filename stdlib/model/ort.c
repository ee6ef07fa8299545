/* ort.c - ONNX Runtime by dlopen.  Its C API is a table of functions to which every version only adds at the end, so
 * those that are used are declared here by hand, by their positions in it: no package that this machine's
 * clients can be asked for by name carries the header beside the library.  tests/unit/test_ort.c holds each of
 * them to what the library does.   Floor: stdlib. */
#include "stdlib/model/ort.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"
#include "stdlib/model/library.h"

static const struct zpl_library library = {.name = "ONNX Runtime",
                                           .version = ZPL_ORT_VERSION,
                                           .variable = "ONNXRUNTIME_DIR",
                                           .folder = "onnxruntime",
                                           .file = "libonnxruntime.so"};

#define API_VERSION     16 /* has all that is used; a library gives every version up to its own */
#define LOG_ERROR       3
#define SEQUENTIAL      0
#define ARENA_ALLOCATOR 1
#define MEMORY_DEFAULT  0

struct api_base {
    const void *(*get_api)(uint32_t version);
    const char *(*version)(void);
};
typedef void on_log(void *self, int severity, const char *category, const char *id,
                    const char *place, const char *message);

/* Every call that can fail returns a status, NULL when it went well. */
static struct {
    void *handle; /* NULL: not open yet */
    void *env;    /* one for the process, which the library wants to be so */
    const char *(*error_message)(const void *status);
    void *(*create_env)(on_log *log, void *self, int severity, const char *id, void **out);
    void *(*create_session)(void *env, const void *data, size_t len, void *options, void **out);
    void *(*run)(void *session, const void *options, const char *const *names,
                 const void *const *inputs, size_t count, const char *const *output_names,
                 size_t output_count, void **outputs);
    void *(*create_options)(void **out);
    void *(*set_execution_mode)(void *options, int mode);
    void *(*set_intra_threads)(void *options, int count);
    void *(*set_inter_threads)(void *options, int count);
    void *(*create_tensor)(void *allocator, const int64_t *dims, size_t rank, int element,
                           void **out);
    void *(*wrap_tensor)(const void *memory, void *data, size_t bytes, const int64_t *dims,
                         size_t rank, int element, void **out);
    void *(*is_tensor)(const void *value, int *out);
    void *(*tensor_data)(void *value, void **out);
    void *(*fill_texts)(void *value, const char *const *texts, size_t count);
    void *(*element_type)(const void *info, int *out);
    void *(*rank)(const void *info, size_t *out);
    void *(*dims)(const void *info, int64_t *out, size_t rank);
    void *(*type_and_shape)(const void *value, void **out);
    void *(*create_memory)(int allocator, int type, void **out);
    void *(*default_allocator)(void **out);
    void (*release_status)(void *status);
    void (*release_memory)(void *memory);
    void (*release_session)(void *session);
    void (*release_value)(void *value);
    void (*release_info)(void *info);
    void (*release_options)(void *options);
    void *(*add_config)(void *options, const char *key, const char *value);
} lib;

static const struct {
    size_t position; /* in struct OrtApi */
    void *slot;
} positions[] = {
    {2, &lib.error_message},
    {4, &lib.create_env},
    {8, &lib.create_session},
    {9, &lib.run},
    {10, &lib.create_options},
    {13, &lib.set_execution_mode},
    {24, &lib.set_intra_threads},
    {25, &lib.set_inter_threads},
    {48, &lib.create_tensor},
    {49, &lib.wrap_tensor},
    {50, &lib.is_tensor},
    {51, &lib.tensor_data},
    {52, &lib.fill_texts},
    {60, &lib.element_type},
    {61, &lib.rank},
    {62, &lib.dims},
    {65, &lib.type_and_shape},
    {69, &lib.create_memory},
    {78, &lib.default_allocator},
    {93, &lib.release_status},
    {94, &lib.release_memory},
    {95, &lib.release_session},
    {96, &lib.release_value},
    {99, &lib.release_info},
    {100, &lib.release_options},
    {130, &lib.add_config},
};

/* Whose log the library's messages go to: they come by way of the one environment. */
static struct zpl_kernel_context *log_ctx;

static void forward_log(void *self, int severity, const char *category, const char *id,
                        const char *place, const char *message)
{
    (void)self, (void)severity, (void)category, (void)id, (void)place;
    if (log_ctx)
        log_ctx->log(log_ctx, "onnxruntime: %.*s", (int)strcspn(message, "\n"), message);
}

static enum zpl_err load(struct zpl_diags *diags)
{
    const struct api_base *(*base)(void);
    const void *const *api = NULL;
    char path[ZPL_PATH_MAX];
    void *handle;
    enum zpl_err err = zpl_library_open(&library, &handle, path, diags);
    if (err != ZPL_OK)
        return err;
    void *symbol = dlsym(handle, "OrtGetApiBase");
    memcpy(&base, &symbol, sizeof base);
    if (symbol) {
        err = zpl_library_hold(&library, handle, path, base()->version(), diags);
        if (err != ZPL_OK)
            return err;
        api = base()->get_api(API_VERSION);
    }
    if (!api)
        return zpl_library_refuse(&library, handle, ZPL_ERR_VERSION,
                                  zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, (struct zpl_span){0},
                                               "%s is not ONNX Runtime %s", path, ZPL_ORT_VERSION),
                                  diags);
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
        memcpy(positions[i].slot, &api[positions[i].position], sizeof *api);
    lib.handle = handle;
    return ZPL_OK;
}

enum zpl_err zpl_ort_open(struct zpl_diags *diags)
{
    return lib.handle ? ZPL_OK : load(diags);
}

/* 0 without a status; else fails with its first line, and lets it go. */
static int check(struct zpl_kernel_context *ctx, const char *what, void *status)
{
    if (!status)
        return 0;
    const char *words = lib.error_message(status);
    int failed =
        ctx->fail(ctx, "ONNX Runtime can't %s: %.*s", what, (int)strcspn(words, "\n"), words);
    lib.release_status(status);
    return failed;
}

/* One thread, nothing that waits for work. */
static int make_options(struct zpl_kernel_context *ctx, void **options)
{
    static const char *const no_spinning[] = {"session.intra_op.allow_spinning",
                                              "session.inter_op.allow_spinning"};
    static const char what[] = "be set up";
    int failed = check(ctx, what, lib.create_options(options));
    if (!failed)
        failed = check(ctx, what, lib.set_execution_mode(*options, SEQUENTIAL));
    if (!failed)
        failed = check(ctx, what, lib.set_intra_threads(*options, 1));
    if (!failed)
        failed = check(ctx, what, lib.set_inter_threads(*options, 1));
    for (size_t i = 0; !failed && i < sizeof no_spinning / sizeof *no_spinning; i++)
        failed = check(ctx, what, lib.add_config(*options, no_spinning[i], "0"));
    return failed;
}

int zpl_ort_new(struct zpl_ort *ort, struct zpl_kernel_context *ctx, const void *model, size_t len)
{
    struct zpl_diags diags = {0};
    void *options = NULL;
    int failed = 0;

    *ort = (struct zpl_ort){.ctx = ctx};
    if (zpl_ort_open(&diags) != ZPL_OK) {
        failed = zpl_fail_diags(ctx, &diags);
        goto done;
    }
    log_ctx = ctx;
    if (!lib.env)
        failed = check(ctx, "start", lib.create_env(forward_log, NULL, LOG_ERROR, "zpl", &lib.env));
    if (!failed)
        failed = make_options(ctx, &options);
    if (!failed)
        failed = check(ctx, "open the model",
                       lib.create_session(lib.env, model, len, options, &ort->session));
done:
    if (options)
        lib.release_options(options);
    zpl_diags_release(&diags);
    return failed;
}

void zpl_ort_release(struct zpl_ort *ort)
{
    if (ort->result)
        lib.release_value(ort->result);
    if (ort->session)
        lib.release_session(ort->session);
    if (log_ctx == ort->ctx)
        log_ctx = NULL;
    *ort = (struct zpl_ort){0};
}

/* A value that shows the tensor's data; of texts one that has copies. */
static int make_value(struct zpl_ort *ort, const struct zpl_ort_tensor *tensor, void *memory,
                      void **out)
{
    void *allocator = NULL;
    size_t count = 1;
    int failed;
    if (tensor->element != ZPL_ONNX_STRING)
        return check(ort->ctx, "take the rows",
                     lib.wrap_tensor(memory, (void *)(uintptr_t)tensor->data, tensor->bytes,
                                     tensor->dims, tensor->rank, tensor->element, out));
    for (size_t i = 0; i < tensor->rank; i++)
        count *= (size_t)tensor->dims[i];
    failed = check(ort->ctx, "take the rows", lib.default_allocator(&allocator));
    if (!failed)
        failed =
            check(ort->ctx, "take the rows",
                  lib.create_tensor(allocator, tensor->dims, tensor->rank, tensor->element, out));
    if (!failed)
        failed = check(ort->ctx, "take the rows", lib.fill_texts(*out, tensor->data, count));
    return failed;
}

/* What the last result is. */
static int read_result(struct zpl_ort *ort, const char *output, struct zpl_ort_tensor *out)
{
    static const char what[] = "tell what it computed";
    struct zpl_kernel_context *ctx = ort->ctx;
    void *info = NULL, *data = NULL;
    int tensor = 0;
    int failed = check(ctx, what, lib.is_tensor(ort->result, &tensor));
    *out = (struct zpl_ort_tensor){.name = output};
    if (!failed && !tensor)
        failed = ctx->fail(ctx, "the model's output '%s' is no tensor; export it with zipmap off",
                           output);
    if (!failed)
        failed = check(ctx, what, lib.type_and_shape(ort->result, &info));
    if (!failed)
        failed = check(ctx, what, lib.element_type(info, &out->element));
    if (!failed)
        failed = check(ctx, what, lib.rank(info, &out->rank));
    if (!failed && out->rank > ZPL_ONNX_RANK_MAX)
        failed = ctx->fail(ctx, "the model's output '%s' has %zu dimensions", output, out->rank);
    if (!failed)
        failed = check(ctx, what, lib.dims(info, out->dims, out->rank));
    if (!failed && out->element != ZPL_ONNX_STRING)
        failed = check(ctx, what, lib.tensor_data(ort->result, &data));
    out->data = data;
    if (info)
        lib.release_info(info);
    return failed;
}

int zpl_ort_run(struct zpl_ort *ort, const struct zpl_ort_tensor *inputs, size_t count,
                const char *output, struct zpl_ort_tensor *out)
{
    struct zpl_kernel_context *ctx = ort->ctx;
    const char **names = zpl_calloc(count + 1, sizeof *names);
    void **values = zpl_calloc(count + 1, sizeof *values);
    void *memory = NULL;
    int failed = names && values ? 0 : ctx->fail(ctx, "out of memory");

    if (ort->result)
        lib.release_value(ort->result);
    ort->result = NULL;
    if (!failed)
        failed = check(ctx, "take the rows",
                       lib.create_memory(ARENA_ALLOCATOR, MEMORY_DEFAULT, &memory));
    for (size_t i = 0; !failed && i < count; i++) {
        names[i] = inputs[i].name;
        failed = make_value(ort, &inputs[i], memory, &values[i]);
    }
    if (!failed)
        failed = check(ctx, "score the rows",
                       lib.run(ort->session, NULL, names, (const void *const *)values, count,
                               &output, 1, &ort->result));
    if (!failed)
        failed = read_result(ort, output, out);
    for (size_t i = 0; values && i < count; i++)
        if (values[i])
            lib.release_value(values[i]);
    if (memory)
        lib.release_memory(memory);
    free(values);
    free(names);
    return failed;
}
