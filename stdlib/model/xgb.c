/* xgb.c - XGBoost by dlopen.  The calls that are used are declared here by hand, as the library's
 * version 3.2.0 defines them; nothing else of zpl knows their names.   Floor: stdlib. */
#include "stdlib/model/xgb.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stdlib/model/library.h"

static const struct zpl_library library = {.name = "XGBoost",
                                           .version = ZPL_XGB_VERSION,
                                           .variable = "XGBOOST_DIR",
                                           .folder = "xgboost",
                                           .file = "xgboost/lib/libxgboost.so"};

typedef void on_reset(void *iterator);
typedef int on_next(void *iterator);

/* Every call returns 0, or -1 with the reason in last_error(). */
static struct {
    void *handle; /* NULL: not open yet */
    void (*version)(int *major, int *minor, int *patch);
    const char *(*last_error)(void);
    int (*on_log)(void (*callback)(const char *));
    int (*proxy_create)(void **out);
    int (*proxy_set_dense)(void *proxy, const char *array);
    int (*matrix_create)(void *iterator, void *proxy, void *reference, on_reset *reset,
                         on_next *next, const char *config, void **out);
    int (*matrix_set_info)(void *matrix, const char *field, const char *array);
    int (*matrix_dense)(const char *array, const char *config, void **out);
    int (*matrix_free)(void *matrix);
    int (*booster_create)(void *const matrices[], uint64_t count, void **out);
    int (*booster_free)(void *booster);
    int (*set_param)(void *booster, const char *name, const char *value);
    int (*update)(void *booster, int round, void *matrix);
    int (*evaluate)(void *booster, int round, void *matrices[], const char *names[], uint64_t count,
                    const char **out);
    int (*predict_dense)(void *booster, const char *array, const char *config, void *proxy,
                         const uint64_t **shape, uint64_t *dimensions, const float **out);
    int (*predict_matrix)(void *booster, void *matrix, const char *config, const uint64_t **shape,
                          uint64_t *dimensions, const float **out);
    int (*load_buffer)(void *booster, const void *data, uint64_t len);
    int (*save_buffer)(void *booster, const char *config, uint64_t *len, const char **data);
    int (*get_attr)(void *booster, const char *key, const char **out, int *found);
    int (*set_attr)(void *booster, const char *key, const char *value);
    int (*set_features)(void *booster, const char *field, const char **texts, uint64_t count);
    int (*rounds)(void *booster, int *out);
    int (*importance)(void *booster, const char *config, uint64_t *count, const char ***names,
                      uint64_t *dimensions, const uint64_t **shape, const float **scores);
} lib;

static const struct {
    const char *name;
    void *slot;
} symbols[] = {
    {"XGBoostVersion", &lib.version},
    {"XGBGetLastError", &lib.last_error},
    {"XGBRegisterLogCallback", &lib.on_log},
    {"XGProxyDMatrixCreate", &lib.proxy_create},
    {"XGProxyDMatrixSetDataDense", &lib.proxy_set_dense},
    {"XGQuantileDMatrixCreateFromCallback", &lib.matrix_create},
    {"XGDMatrixSetInfoFromInterface", &lib.matrix_set_info},
    {"XGDMatrixCreateFromDense", &lib.matrix_dense},
    {"XGDMatrixFree", &lib.matrix_free},
    {"XGBoosterCreate", &lib.booster_create},
    {"XGBoosterFree", &lib.booster_free},
    {"XGBoosterSetParam", &lib.set_param},
    {"XGBoosterUpdateOneIter", &lib.update},
    {"XGBoosterEvalOneIter", &lib.evaluate},
    {"XGBoosterPredictFromDense", &lib.predict_dense},
    {"XGBoosterPredictFromDMatrix", &lib.predict_matrix},
    {"XGBoosterLoadModelFromBuffer", &lib.load_buffer},
    {"XGBoosterSaveModelToBuffer", &lib.save_buffer},
    {"XGBoosterGetAttr", &lib.get_attr},
    {"XGBoosterSetAttr", &lib.set_attr},
    {"XGBoosterSetStrFeatureInfo", &lib.set_features},
    {"XGBoosterBoostedRounds", &lib.rounds},
    {"XGBoosterFeatureScore", &lib.importance},
};

/* Whose log the library's messages go to: its callback carries no argument of the caller's. */
static struct zpl_kernel_context *log_ctx;

static void forward_log(const char *message)
{
    if (log_ctx)
        log_ctx->log(log_ctx, "xgboost: %.*s", (int)strcspn(message, "\n"), message);
}

static enum zpl_err load(struct zpl_diags *diags)
{
    int major = 0, minor = 0, patch = 0;
    char version[64], path[ZPL_PATH_MAX];
    void *handle;
    enum zpl_err err = zpl_library_open(&library, &handle, path, diags);

    for (size_t i = 0; err == ZPL_OK && i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(handle, symbols[i].name);
        if (!symbol)
            return zpl_library_refuse(&library, handle, ZPL_ERR_VERSION,
                                      zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, (struct zpl_span){0},
                                                   "%s has no %s: it is not XGBoost %s", path,
                                                   symbols[i].name, ZPL_XGB_VERSION),
                                      diags);
        memcpy(symbols[i].slot, &symbol, sizeof symbol);
    }
    if (err != ZPL_OK)
        return err;
    lib.version(&major, &minor, &patch);
    snprintf(version, sizeof version, "%d.%d.%d", major, minor, patch);
    err = zpl_library_hold(&library, handle, path, version, diags);
    if (err == ZPL_OK)
        lib.handle = handle;
    return err;
}

enum zpl_err zpl_xgb_open(struct zpl_diags *diags)
{
    return lib.handle ? ZPL_OK : load(diags);
}

/* Fails with the library's last error: its first line, without the time, the source line of the
 * library and the stack trace that it puts around it. */
static int fail_library(struct zpl_kernel_context *ctx, const char *what)
{
    const char *words = lib.last_error();
    const char *check;

    while (*words == '[') {
        const char *end = strstr(words, "] ");
        if (!end)
            break;
        words = end + 2;
    }
    check = strstr(words, "Check failed: ");
    if (check && check < words + strcspn(words, "\n"))
        words = check;
    return ctx->fail(ctx, "XGBoost can't %s: %.*s", what, (int)strcspn(words, "\n"), words);
}

int zpl_xgb_new(struct zpl_xgb *xgb, struct zpl_kernel_context *ctx)
{
    struct zpl_diags diags = {0};
    int failed = 0;

    *xgb = (struct zpl_xgb){.ctx = ctx};
    if (zpl_xgb_open(&diags) != ZPL_OK) {
        failed = zpl_fail_diags(ctx, &diags);
        goto done;
    }
    log_ctx = ctx;
    lib.on_log(forward_log);
    if (lib.booster_create(NULL, 0, &xgb->booster))
        failed = fail_library(ctx, "make a model");
done:
    zpl_diags_release(&diags);
    return failed;
}

void zpl_xgb_release(struct zpl_xgb *xgb)
{
    if (xgb->booster)
        lib.booster_free(xgb->booster);
    if (xgb->matrix)
        lib.matrix_free(xgb->matrix);
    if (log_ctx == xgb->ctx)
        log_ctx = NULL;
    *xgb = (struct zpl_xgb){0};
}

/* An array in memory as XGBoost reads it: NumPy's array interface, version 3. */
static void describe(char out[128], const float *data, size_t rows, size_t columns)
{
    snprintf(out, 128,
             "{\"data\":[%" PRIuPTR ",true],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}",
             (uintptr_t)data, rows, columns);
}

/* The one batch that the library may ask for as often as it likes. */
struct batch {
    void *proxy;
    char cells[128], labels[128];
    bool given;
};

static void batch_reset(void *self)
{
    ((struct batch *)self)->given = false;
}

static int batch_next(void *self)
{
    struct batch *batch = self;

    if (batch->given || lib.proxy_set_dense(batch->proxy, batch->cells) ||
        lib.matrix_set_info(batch->proxy, "label", batch->labels))
        return 0;
    batch->given = true;
    return 1;
}

int zpl_xgb_set_rows(struct zpl_xgb *xgb, const float *cells, const float *labels, size_t rows,
                     size_t columns)
{
    struct batch batch = {0};
    int failed = 0;

    describe(batch.cells, cells, rows, columns);
    describe(batch.labels, labels, rows, 1);
    if (lib.proxy_create(&batch.proxy) ||
        lib.matrix_create(&batch, batch.proxy, NULL, batch_reset, batch_next,
                          "{\"missing\":NaN,\"nthread\":1}", &xgb->matrix)) {
        failed = fail_library(xgb->ctx, "take the rows");
        goto done;
    }
    /* A booster made with its rows keeps their margins from round to round. */
    lib.booster_free(xgb->booster);
    xgb->booster = NULL;
    if (lib.booster_create(&xgb->matrix, 1, &xgb->booster))
        failed = fail_library(xgb->ctx, "make a model");
done:
    if (batch.proxy)
        lib.matrix_free(batch.proxy);
    return failed;
}

int zpl_xgb_set(struct zpl_xgb *xgb, const char *name, const char *value)
{
    return lib.set_param(xgb->booster, name, value) ? fail_library(xgb->ctx, "set a parameter") : 0;
}

int zpl_xgb_round(struct zpl_xgb *xgb, int round)
{
    return lib.update(xgb->booster, round, xgb->matrix) ? fail_library(xgb->ctx, "train") : 0;
}

int zpl_xgb_metric(struct zpl_xgb *xgb, int round, char *out, size_t size)
{
    const char *name = "train", *line = NULL, *words;
    char *colon;

    if (lib.evaluate(xgb->booster, round, &xgb->matrix, &name, 1, &line))
        return fail_library(xgb->ctx, "measure a round");
    words = strstr(line, "train-"); /* "[9]\ttrain-logloss:0.43" */
    snprintf(out, size, "%s", words ? words + strlen("train-") : line);
    colon = strchr(out, ':');
    if (colon)
        *colon = ' ';
    return 0;
}

int zpl_xgb_set_features(struct zpl_xgb *xgb, const char **names, const char **types, size_t count)
{
    if (lib.set_features(xgb->booster, "feature_name", names, count) ||
        lib.set_features(xgb->booster, "feature_type", types, count))
        return fail_library(xgb->ctx, "name the features");
    return 0;
}

int zpl_xgb_set_attribute(struct zpl_xgb *xgb, const char *key, const char *value)
{
    return lib.set_attr(xgb->booster, key, value) ? fail_library(xgb->ctx, "keep a text") : 0;
}

int zpl_xgb_attribute(struct zpl_xgb *xgb, const char *key, const char **value)
{
    int found = 0;

    *value = NULL;
    if (lib.get_attr(xgb->booster, key, value, &found))
        return fail_library(xgb->ctx, "read the model's texts");
    if (!found)
        *value = NULL;
    return 0;
}

int zpl_xgb_save(struct zpl_xgb *xgb, const char *path)
{
    struct zpl_diags diags = {0};
    const char *data = NULL;
    uint64_t len = 0;
    int failed = 0;

    if (lib.save_buffer(xgb->booster, "{\"format\":\"ubj\"}", &len, &data))
        return fail_library(xgb->ctx, "write the model");
    if (len > ZPL_MODEL_BYTES_MAX)
        return xgb->ctx->fail(xgb->ctx,
                              "the model has %" PRIu64
                              " bytes, and at most %u can be stored; train "
                              "fewer rounds or shallower trees",
                              len, ZPL_MODEL_BYTES_MAX);
    if (zpl_fs_write_file(path, data, len, false, &diags) != ZPL_OK)
        failed = zpl_fail_diags(xgb->ctx, &diags);
    zpl_diags_release(&diags);
    return failed;
}

int zpl_xgb_load(struct zpl_xgb *xgb, const char *path)
{
    struct zpl_diags diags = {0};
    struct zpl_buf data = {0};
    int failed = 0;

    if (zpl_fs_read_file(path, ZPL_MODEL_BYTES_MAX, &data, &diags) != ZPL_OK)
        failed = zpl_fail_diags(xgb->ctx, &diags);
    else if (lib.load_buffer(xgb->booster, data.data, data.len))
        failed = fail_library(xgb->ctx, "read the model");
    zpl_buf_release(&data);
    zpl_diags_release(&diags);
    return failed;
}

/* The rows as a matrix of the library's: what a booster that is no trees (gblinear) is scored on. */
static int predict_matrix(struct zpl_xgb *xgb, const char *array, const char *config,
                          const uint64_t **shape, uint64_t *dimensions, const float **scores)
{
    void *rows = NULL;
    int failed = lib.matrix_dense(array, "{\"missing\":NaN,\"nthread\":1}", &rows) ||
                 lib.predict_matrix(xgb->booster, rows, config, shape, dimensions, scores);

    if (rows)
        lib.matrix_free(rows);
    return failed;
}

int zpl_xgb_predict(struct zpl_xgb *xgb, const float *cells, size_t rows, size_t columns,
                    const float **scores, size_t *width)
{
    static const char config[] =
        "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
        "\"strict_shape\":true,\"missing\":NaN,\"cache_id\":0}";
    const uint64_t *shape = NULL;
    uint64_t dimensions = 0;
    char array[128];

    describe(array, cells, rows, columns);
    if (lib.predict_dense(xgb->booster, array, config, NULL, &shape, &dimensions, scores) &&
        predict_matrix(xgb, array, config, &shape, &dimensions, scores))
        return fail_library(xgb->ctx, "score the rows");
    if (dimensions != 2 || shape[0] != rows)
        return xgb->ctx->fail(xgb->ctx, "XGBoost scored %" PRIu64 " rows of %zu",
                              dimensions ? shape[0] : 0, rows);
    *width = shape[1];
    return 0;
}

int zpl_xgb_rounds(struct zpl_xgb *xgb, int *out)
{
    return lib.rounds(xgb->booster, out) ? fail_library(xgb->ctx, "count the rounds") : 0;
}

int zpl_xgb_importance(struct zpl_xgb *xgb, const char *kind, const char ***names,
                       const float **scores, size_t *count)
{
    char config[64];
    const uint64_t *shape = NULL;
    uint64_t found = 0, dimensions = 0;

    snprintf(config, sizeof config, "{\"importance_type\":\"%s\"}", kind);
    if (lib.importance(xgb->booster, config, &found, names, &dimensions, &shape, scores))
        return fail_library(xgb->ctx, "tell what its features are worth");
    *count = found;
    return 0;
}
