/* catalog.c - see catalog.h.   Floor: stdlib. */
#include "stdlib/catalog.h"

#include <string.h>
#include "build/gen/identity.h"
#include "lang/base/digest.h"
#include "lang/base/err.h"
#include "lang/graph/body_kind.h"
#include "stdlib/body/export.h"

/* Every kernel: its id, the file it is in, and whether a program can call it by its name (the others
 * run the bodies of users' steps).  By name, in alphabetical order. */
#define KERNELS(X)                                                                                 \
    X(artifact_read, "stdlib/effect/artifact.c", true)                                             \
    X(artifact_write, "stdlib/effect/artifact.c", true)                                            \
    X(command, "stdlib/body/command.c", false)                                                     \
    X(csv_read, "stdlib/file/csv.c", true)                                                         \
    X(deploy, "stdlib/effect/deploy.c", true)                                                      \
    X(drift, "stdlib/model/drift.c", true)                                                         \
    X(evaluate, "stdlib/model/evaluate.c", true)                                                   \
    X(fold, "stdlib/table/split.c", true)                                                          \
    X(json_read, "stdlib/file/json.c", true)                                                       \
    X(lua, "stdlib/body/lua.c", false)                                                             \
    X(native, "stdlib/body/native.c", false)                                                       \
    X(onnx_export, "stdlib/body/export.c", true)                                                   \
    X(parquet_read, "stdlib/file/parquet.c", true)                                                 \
    X(predict, "stdlib/model/predict.c", true)                                                     \
    X(python, "stdlib/body/python.c", false)                                                       \
    X(split, "stdlib/table/split.c", true)                                                         \
    X(sql, "stdlib/query/sql.c", false)                                                            \
    X(xgboost_train, "stdlib/model/train.c", true)

/* The versions this build is made for: table/duck.h, model/xgb.h and model/ort.h refuse others. */
#define DUCKDB_ENGINE      "duckdb 1.4.4"
#define XGBOOST_ENGINE     "xgboost 3.2.0"
#define ONNXRUNTIME_ENGINE "onnxruntime 1.32.0"
#define LUA_ENGINE         "lua 5.4"

#define DECLARE(id, file, callable) extern ZPL_KERNEL(id);
KERNELS(DECLARE)

struct entry {
    const struct zpl_kernel *kernel;
    const char *file;
    bool callable;
};
#define ENTRY(id, file, callable) {&zpl_kernel_##id, file, callable},
static const struct entry entries[] = {KERNELS(ENTRY)};
#define ENTRIES (sizeof entries / sizeof entries[0])

static const struct {
    const char *file, *digest;
} sources[] = {
#define SOURCE(file, digest) {file, digest},
    ZPL_SOURCE_DIGESTS(SOURCE)
#undef SOURCE
};

static const struct entry *find(const char *name)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].kernel->name, name) == 0)
            return &entries[i];
    return NULL;
}

static const char *digest_of(const char *file)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (strcmp(sources[i].file, file) == 0)
            return sources[i].digest;
    ZPL_BUG("a kernel whose file has no digest");
}

/* What shapes a kernel's output: its own sources, and those that read and write tables for it, which
 * it does not include because its context calls them. */
static const char *identity_of(const struct entry *entry)
{
    static char made[ENTRIES][ZPL_HEX_SIZE];
    char *hex = made[entry - entries];
    if (hex[0] == '\0') {
        const char *own = digest_of(entry->file), *tables = digest_of("stdlib/table/write.c");
        struct zpl_hasher hasher;
        zpl_hasher_init(&hasher);
        zpl_hasher_field(&hasher, own, strlen(own));
        zpl_hasher_field(&hasher, tables, strlen(tables));
        struct zpl_digest digest = zpl_hasher_final(&hasher);
        zpl_digest_hex(&digest, hex);
    }
    return hex;
}

/* Is a table among the outputs of one of its overloads? */
static bool gives_table(const char *signature)
{
    for (const char *outputs = signature; (outputs = strstr(outputs, "->")) != NULL;) {
        const char *table = strstr(outputs, "Table"), *end = outputs + strcspn(outputs, "\n");
        if (table != NULL && table < end)
            return true;
        outputs = end;
    }
    return false;
}

/* The versions of a kernel's engines.  One that gives a table is shaped by DuckDB too, which writes it. */
static const char *engines_of(const struct zpl_kernel *kernel)
{
    bool duckdb = strstr(kernel->engines, "duckdb") != NULL || gives_table(kernel->signature);
    bool xgboost = strstr(kernel->engines, "xgboost") != NULL;
    bool onnx = strstr(kernel->engines, "onnxruntime") != NULL;
    if (strstr(kernel->engines, "lua") != NULL)
        return LUA_ENGINE ", " DUCKDB_ENGINE;
    if (xgboost && onnx)
        return duckdb ? DUCKDB_ENGINE ", " XGBOOST_ENGINE ", " ONNXRUNTIME_ENGINE
                      : XGBOOST_ENGINE ", " ONNXRUNTIME_ENGINE;
    return duckdb ? DUCKDB_ENGINE : xgboost ? XGBOOST_ENGINE : "";
}

/* Of the one standard step that is a function of Python's. */
static const char *body_of(const struct zpl_kernel *kernel)
{
    return zpl_body_kind(kernel->name)->body == ZPL_BODY_PYTHON ? zpl_export_body : NULL;
}

/* The kernels that can be called, as the language sees them; filled at the first call. */
static const struct zpl_step_info *steps(size_t *count)
{
    static struct zpl_step_info table[ENTRIES];
    static size_t filled;
    bool fresh = filled == 0;
    for (size_t i = 0; fresh && i < ENTRIES; i++) {
        const struct zpl_kernel *kernel = entries[i].kernel;
        if (entries[i].callable)
            table[filled++] = (struct zpl_step_info){.name = kernel->name,
                                                     .signature = kernel->signature,
                                                     .doc = kernel->doc,
                                                     .kernel = kernel->name,
                                                     .identity = identity_of(&entries[i]),
                                                     .source = kernel->source,
                                                     .body = body_of(kernel),
                                                     .engines = engines_of(kernel)};
    }
    *count = filled;
    return table;
}

const struct zpl_kernel *zpl_stdlib_kernel(const char *name)
{
    const struct entry *entry = find(name);
    return entry != NULL ? entry->kernel : NULL;
}

const struct zpl_step_info *zpl_stdlib_step(size_t i)
{
    size_t count;
    const struct zpl_step_info *table = steps(&count);
    return i < count ? &table[i] : NULL;
}

const struct zpl_step_info *zpl_stdlib_find(const char *name)
{
    size_t count;
    const struct zpl_step_info *table = steps(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

const char *zpl_stdlib_identity(const char *kernel)
{
    const struct entry *entry = find(kernel);
    return entry != NULL ? identity_of(entry) : NULL;
}

const char *zpl_stdlib_engines(const char *kernel)
{
    const struct entry *entry = find(kernel);
    return entry != NULL ? engines_of(entry->kernel) : "";
}
