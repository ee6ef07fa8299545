/* duck.c - see duck.h.   Floor: stdlib. */
#include "stdlib/table/duck.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/base/proc.h"
#include "stdlib/table/tensor.h"

#define LIBRARY "libduckdb.so"

static const struct zpl_span nowhere;

/* Opens `path` if there is a file; notes the place, and what is wrong with it, in `looked`. */
static void *open_at(const char *folder, struct zpl_buf *looked)
{
    char path[ZPL_PATH_MAX];
    if (zpl_path_join(path, folder, LIBRARY) != ZPL_OK || zpl_path_clean(path, path) != ZPL_OK)
        return NULL;
    zpl_buf_printf(looked, "%s%s", looked->len > 0 ? ", " : "", path);
    if (access(path, F_OK) != 0)
        return NULL;
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL)
        zpl_buf_printf(looked, " (%s)", dlerror());
    return library;
}

/* DUCKDB_DIR alone if it is set; else beside the build, then where `make install` puts it. */
static void *find_library(struct zpl_buf *looked)
{
    static const char *const beside[] = {"deps/duckdb", "../deps/duckdb", "../lib/zpl/duckdb"};
    const char *chosen = getenv("DUCKDB_DIR");
    if (chosen != NULL && chosen[0] != '\0')
        return open_at(chosen, looked);
    char self[ZPL_PATH_MAX], folder[ZPL_PATH_MAX], place[ZPL_PATH_MAX];
    if (zpl_proc_self_path(self) != ZPL_OK || zpl_path_dir(folder, self) != ZPL_OK)
        return NULL;
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        if (zpl_path_join(place, folder, beside[i]) != ZPL_OK)
            continue;
        void *library = open_at(place, looked);
        if (library != NULL)
            return library;
    }
    return NULL;
}

/* Fills the table of functions; NULL, or the first name that is not there. */
static const char *resolve(void *library, struct zpl_duck_api *table)
{
#define ZPL_DUCK_RESOLVE(name)                                                                     \
    *(void **)(&table->name) = dlsym(library, "duckdb_" #name);                                    \
    if (table->name == NULL)                                                                       \
        return "duckdb_" #name;
    ZPL_DUCK_FUNCTIONS(ZPL_DUCK_RESOLVE)
#undef ZPL_DUCK_RESOLVE
    return NULL;
}

static struct zpl_duck_api api;
static bool loaded;

const struct zpl_duck_api *zpl_duck_api(void)
{
    if (!loaded)
        ZPL_BUG("DuckDB is called before it was opened");
    return &api;
}

enum zpl_err zpl_duck_load(const struct zpl_duck_api **out, struct zpl_diags *diags)
{
    *out = &api;
    if (loaded)
        return ZPL_OK;
    struct zpl_buf looked = {0};
    void *library = find_library(&looked);
    if (library == NULL) {
        struct zpl_diag *diag = zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, nowhere,
                                             "DuckDB's library could not be opened");
        zpl_diag_note(diags, diag, nowhere, "looked at %s", zpl_buf_str(&looked));
        zpl_diag_help(diags, diag,
                      "'make' fetches it beside the build; or set DUCKDB_DIR to the folder that "
                      "holds " LIBRARY " of DuckDB " ZPL_DUCK_VERSION);
        zpl_buf_release(&looked);
        return ZPL_ERR_NOT_FOUND;
    }
    const char *missing = resolve(library, &api);
    const char *version = missing == NULL ? api.library_version() : "unknown";
    if (missing == NULL && strcmp(version, ZPL_DUCK_VERSION) == 0) {
        loaded = true;
        zpl_buf_release(&looked);
        return ZPL_OK;
    }
    struct zpl_diag *diag =
        missing != NULL
            ? zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, nowhere,
                           "DuckDB's library has no function %s", missing)
            : zpl_diag_add(diags, ZPL_CODE_NO_LIBRARY, nowhere,
                           "DuckDB's library is version %s, but this zpl is made for %s", version,
                           ZPL_DUCK_VERSION);
    zpl_diag_note(diags, diag, nowhere, "looked at %s", zpl_buf_str(&looked));
    zpl_diag_help(diags, diag,
                  "set DUCKDB_DIR to the folder of DuckDB " ZPL_DUCK_VERSION
                  ": another version may write other bytes");
    zpl_buf_release(&looked);
    dlclose(library);
    return ZPL_ERR_VERSION;
}

void zpl_duck_ident(struct zpl_buf *out, const char *name)
{
    zpl_buf_putc(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            zpl_buf_putc(out, '"');
        zpl_buf_putc(out, *name);
    }
    zpl_buf_putc(out, '"');
}

void zpl_duck_text(struct zpl_buf *out, const char *s, size_t n)
{
    zpl_buf_putc(out, '\'');
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\'')
            zpl_buf_putc(out, '\'');
        zpl_buf_putc(out, s[i]);
    }
    zpl_buf_putc(out, '\'');
}

/* What DuckDB would take for a pattern of names. */
#define PATTERN "*?["

void zpl_duck_path(struct zpl_buf *out, const char *path)
{
    zpl_buf_putc(out, '\'');
    for (const char *s = path; *s != '\0'; s++)
        zpl_buf_printf(out, *s == '\'' ? "''" : strchr(PATTERN, *s) != NULL ? "[%c]" : "%c", *s);
    zpl_buf_putc(out, '\'');
}

/* The settings that have to stand before a database is opened: those that all have in common. */
static bool configure(duckdb_config *config)
{
    static const char *const settings[][2] = {
        {"threads", "1"},
        {"temp_directory", ""},
        {"preserve_insertion_order", "true"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"allow_persistent_secrets", "false"},
        {"enable_external_file_cache", "false"},
    };
    if (api.create_config(config) != DuckDBSuccess)
        return false;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (api.set_config(*config, settings[i][0], settings[i][1]) != DuckDBSuccess)
            return false;
    return true;
}

/* What SQL calls without parentheses (`current_date`) is looked up as a function when no column has
 * the name.  A macro of our own that wants an argument stands before it, so such a query does not
 * bind, whatever its scopes are. */
static enum zpl_err shadow_value_functions(struct zpl_duck *duck, struct zpl_diags *diags)
{
    return zpl_duck_exec(duck,
                         "CREATE MACRO current_catalog(x) AS x; CREATE MACRO current_date(x) AS x;"
                         "CREATE MACRO current_schema(x) AS x; CREATE MACRO current_role(x) AS x;"
                         "CREATE MACRO get_current_time(x) AS x;"
                         "CREATE MACRO get_current_timestamp(x) AS x;"
                         "CREATE MACRO current_user(x) AS x;"
                         "CREATE MACRO current_localtime(x) AS x;"
                         "CREATE MACRO current_localtimestamp(x) AS x;"
                         "CREATE MACRO session_user(x) AS x; CREATE MACRO \"user\"(x) AS x;",
                         diags);
}

/* `path` as it is, and as zpl_duck_path() writes it. */
static void add_place(const char *path, struct zpl_buf *sql)
{
    zpl_duck_text(sql, path, strlen(path));
    if (strpbrk(path, PATTERN) != NULL) {
        zpl_buf_puts(sql, ", ");
        zpl_duck_path(sql, path);
    }
}

/* allowed_paths, or the folder that all of them are below. */
static void add_allowed(const struct zpl_duck_options *options, bool folder, struct zpl_buf *sql)
{
    zpl_buf_puts(sql, folder ? "SET allowed_directories = [" : "SET allowed_paths = [");
    if (folder)
        add_place(options->within, sql);
    for (size_t i = 0; !folder && i < options->path_count; i++) {
        zpl_buf_puts(sql, i > 0 ? ", " : "");
        add_place(options->paths[i], sql);
    }
    zpl_buf_puts(sql, "];");
}

static void add_room(const struct zpl_duck_options *options, struct zpl_buf *sql)
{
    uint64_t bytes =
        options->memory_bytes != 0 ? options->memory_bytes : (uint64_t)ZPL_DUCK_BYTES_DEFAULT;
    zpl_buf_printf(sql, "SET memory_limit = '%lluB'; ", (unsigned long long)bytes);
    if (options->scratch == NULL)
        return;
    zpl_buf_puts(sql, "SET temp_directory = ");
    zpl_duck_text(sql, options->scratch, strlen(options->scratch));
    zpl_buf_puts(sql, "; ");
}

/* Closes the doors: only the named files, no other settings. */
static enum zpl_err lock_down(struct zpl_duck *duck, const struct zpl_duck_options *options,
                              struct zpl_diags *diags)
{
    struct zpl_buf sql = {0};
    enum zpl_err err;
    add_room(options, &sql);
    if (options->json_errors)
        zpl_buf_puts(&sql, "SET errors_as_json = true; ");
    if (options->apart)
        zpl_buf_puts(&sql, "SET disabled_optimizers = 'common_subexpressions'; ");
    add_allowed(options, duck->kept, &sql);
    zpl_buf_puts(&sql, " SET enable_external_access = false;");
    if (!options->json_errors)
        zpl_buf_puts(&sql, " SET lock_configuration = true;");
    err = zpl_buf_error(&sql) != ZPL_OK ? zpl_diag_nomem(diags)
                                        : zpl_duck_exec(duck, zpl_buf_str(&sql), diags);
    zpl_buf_release(&sql);
    return err;
}

/* The database that the process keeps.  Functions that sessions registered stay in it, under names that
 * are never used again, so that it is renewed after some. */
#define KEPT_SESSIONS_MAX 200
static struct {
    duckdb_database database; /* NULL: none */
    bool in_use, apart;
    unsigned sessions;
    uint64_t memory_bytes;
    char within[ZPL_PATH_MAX], scratch[ZPL_PATH_MAX]; /* "": it has none */
} kept;

static bool is_below(const struct zpl_duck_options *options, const char *path)
{
    return zpl_path_below(options->within, path) != NULL;
}

static const char *scratch_of(const struct zpl_duck_options *options)
{
    return options->scratch != NULL ? options->scratch : "";
}

/* May a session that asks for this have a database that is kept? */
static bool can_keep(const struct zpl_duck_options *options)
{
    if (options->within == NULL || options->json_errors || kept.in_use ||
        (options->scratch != NULL && !is_below(options, options->scratch)) ||
        strlen(options->within) >= sizeof kept.within ||
        strlen(scratch_of(options)) >= sizeof kept.scratch)
        return false;
    for (size_t i = 0; i < options->path_count; i++)
        if (!is_below(options, options->paths[i]))
            return false;
    return true;
}

static bool fits(const struct zpl_duck_options *options)
{
    return kept.database != NULL && kept.sessions < KEPT_SESSIONS_MAX &&
           kept.apart == options->apart && kept.memory_bytes == options->memory_bytes &&
           strcmp(kept.within, options->within) == 0 &&
           strcmp(kept.scratch, scratch_of(options)) == 0;
}

/* A session of the kept database; false: there is none that fits (then none is kept). */
static bool take_kept(const struct zpl_duck_options *options, struct zpl_duck *out)
{
    if (fits(options) && api.connect(kept.database, &out->connection) == DuckDBSuccess) {
        *out = (struct zpl_duck){&api, kept.database, out->connection, true};
        kept.in_use = true;
        kept.sessions++;
        return true;
    }
    if (kept.database != NULL)
        api.close(&kept.database);
    kept.database = NULL;
    return false;
}

/* The database of an open session is kept from now on. */
static void keep(const struct zpl_duck_options *options, const struct zpl_duck *duck)
{
    kept.database = duck->database;
    kept.in_use = true;
    kept.apart = options->apart;
    kept.sessions = 1;
    kept.memory_bytes = options->memory_bytes;
    memcpy(kept.within, options->within, strlen(options->within) + 1);
    memcpy(kept.scratch, scratch_of(options), strlen(scratch_of(options)) + 1);
}

/* A database as all sessions have it before their own settings, with a connection to it. */
static enum zpl_err make_database(struct zpl_duck *out, struct zpl_diags *diags)
{
    duckdb_config config = NULL;
    char *words = NULL;
    enum zpl_err err = ZPL_OK;
    *out = (struct zpl_duck){.api = &api};
    if (!configure(&config) ||
        api.open_ext(NULL, &out->database, config, &words) != DuckDBSuccess) {
        err = zpl_duck_fail(diags, words != NULL ? words : "the database could not be opened");
        goto done;
    }
    if (api.connect(out->database, &out->connection) != DuckDBSuccess) {
        err = zpl_duck_fail(diags, "the database could not be connected to");
        goto done;
    }
    err = shadow_value_functions(out, diags);
    struct zpl_buf quiet = {0}; /* a library without time zones has only UTC */
    zpl_duck_try(out, "SET GLOBAL TimeZone = 'UTC'", NULL, &quiet);
    zpl_buf_release(&quiet);
done:
    if (words != NULL)
        api.free(words);
    api.destroy_config(&config);
    return err;
}

/* What zpl_duck_ready() made, in the process that this one was forked from; no api: none, or taken.  A second one
 * would save a source's worker as much as it costs all others. */
static struct zpl_duck spare;

void zpl_duck_ready(void)
{
    const struct zpl_duck_api *opened;
    struct zpl_diags quiet = {0};
    if (spare.api == NULL && zpl_duck_load(&opened, &quiet) == ZPL_OK &&
        make_database(&spare, &quiet) != ZPL_OK)
        zpl_duck_release(&spare);
    zpl_diags_release(&quiet);
}

enum zpl_err zpl_duck_open(const struct zpl_duck_options *options, struct zpl_duck *out,
                           struct zpl_diags *diags)
{
    memset(out, 0, sizeof *out);
    const struct zpl_duck_api *opened;
    enum zpl_err err = zpl_duck_load(&opened, diags);
    if (err != ZPL_OK)
        return err;
    bool keeps = can_keep(options);
    if (keeps && take_kept(options, out))
        return ZPL_OK;
    if (spare.api != NULL) {
        *out = spare;
        spare.api = NULL;
    } else {
        err = make_database(out, diags);
    }
    out->kept = keeps;
    if (err == ZPL_OK && !options->json_errors) /* which is for queries that are not run */
        err = zpl_tensor_register(out, diags);
    if (err == ZPL_OK)
        err = lock_down(out, options, diags);
    if (err == ZPL_OK && keeps) {
        keep(options, out);
    } else if (err != ZPL_OK) {
        out->kept = false;
        zpl_duck_release(out);
    }
    return err;
}

void zpl_duck_release(struct zpl_duck *duck)
{
    if (duck->api != NULL) {
        duck->api->disconnect(&duck->connection);
        if (duck->kept)
            kept.in_use = false;
        else
            duck->api->close(&duck->database);
    }
    memset(duck, 0, sizeof *duck);
}

void zpl_duck_words(const char *message, struct zpl_buf *out)
{
    static const char *const ends[] = {"\nLINE ", "\nPossible ", "\n  file = "};
    size_t n = strlen(message);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const char *end = strstr(message, ends[i]);
        if (end != NULL && (size_t)(end - message) < n)
            n = (size_t)(end - message);
    }
    const char *colon = strstr(message, " Error: ");
    if (colon != NULL && (size_t)(colon - message) < 40 && strchr(message, '\n') != colon) {
        n -= (size_t)(colon + 8 - message);
        message = colon + 8;
    }
    bool blank = false;
    for (size_t i = 0; i < n; i++) {
        bool space = strchr(" \t\r\n", message[i]) != NULL;
        if (!space && blank && out->len > 0)
            zpl_buf_putc(out, ' ');
        if (!space)
            zpl_buf_putc(out, message[i]);
        blank = space;
    }
}

enum zpl_err zpl_duck_fail(struct zpl_diags *diags, const char *words)
{
    struct zpl_buf text = {0};
    zpl_duck_words(words, &text);
    bool memory = strstr(words, "Out of Memory Error") != NULL;
    struct zpl_diag *diag =
        zpl_diag_add(diags, memory ? ZPL_CODE_STEP_LIMIT : ZPL_CODE_STEP_FAILED, nowhere, "%s",
                     text.len > 0 ? zpl_buf_str(&text) : "DuckDB failed without saying why");
    if (memory)
        zpl_diag_help(diags, diag, "give the step more with resources = { memory = \"…\" }");
    zpl_buf_release(&text);
    return memory ? ZPL_ERR_NOMEM : ZPL_ERR_STEP;
}

bool zpl_duck_try(struct zpl_duck *duck, const char *sql, duckdb_result *out, struct zpl_buf *words)
{
    duckdb_result result;
    memset(&result, 0, sizeof result);
    bool fine = duck->api->query(duck->connection, sql, &result) == DuckDBSuccess;
    zpl_buf_clear(words);
    if (!fine) {
        const char *why = duck->api->result_error(&result);
        zpl_buf_puts(words, why != NULL ? why : "");
    }
    if (fine && out != NULL) {
        *out = result;
        return true;
    }
    duck->api->destroy_result(&result);
    if (out != NULL)
        memset(out, 0, sizeof *out);
    return fine;
}

enum zpl_err zpl_duck_query(struct zpl_duck *duck, const char *sql, duckdb_result *out,
                            struct zpl_diags *diags)
{
    struct zpl_buf words = {0};
    bool fine = zpl_duck_try(duck, sql, out, &words);
    enum zpl_err err = fine ? ZPL_OK : zpl_duck_fail(diags, zpl_buf_str(&words));
    zpl_buf_release(&words);
    return err;
}

enum zpl_err zpl_duck_exec(struct zpl_duck *duck, const char *sql, struct zpl_diags *diags)
{
    return zpl_duck_query(duck, sql, NULL, diags);
}

const char *zpl_duck_string(duckdb_vector vector, idx_t row, size_t *len)
{
    const duckdb_string_t *s = (const duckdb_string_t *)api.vector_get_data(vector) + row;
    *len = s->value.inlined.length;
    return *len <= sizeof s->value.inlined.inlined ? s->value.inlined.inlined
                                                   : s->value.pointer.ptr;
}

/* The cell of row `row` of a vector of BIGINT or VARCHAR. */
static void read_cell(duckdb_vector vector, bool text, idx_t row, struct zpl_duck_cell *out)
{
    const uint64_t *validity = api.vector_get_validity(vector);
    memset(out, 0, sizeof *out);
    out->valid = validity == NULL || (validity[row / 64] >> (row % 64) & 1) != 0;
    if (!out->valid)
        return;
    if (!text) {
        out->i = ((const int64_t *)api.vector_get_data(vector))[row];
        return;
    }
    out->s = zpl_duck_string(vector, row, &out->n);
}

enum zpl_err zpl_duck_each(struct zpl_duck *duck, const char *sql, zpl_duck_row_fn *row, void *self,
                           struct zpl_diags *diags)
{
    enum { COLUMNS_MAX = 16 };
    struct zpl_duck_cell cells[COLUMNS_MAX];
    bool text[COLUMNS_MAX];
    duckdb_result result;
    enum zpl_err err = zpl_duck_query(duck, sql, &result, diags);
    if (err != ZPL_OK)
        return err;
    size_t count = api.column_count(&result);
    if (count > COLUMNS_MAX)
        ZPL_BUG("a query of our own with too many columns");
    for (size_t c = 0; c < count; c++) {
        duckdb_type type = api.column_type(&result, c);
        text[c] = type == DUCKDB_TYPE_VARCHAR;
        if (!text[c] && type != DUCKDB_TYPE_BIGINT)
            ZPL_BUG("a query of our own with a column that is neither BIGINT nor VARCHAR");
    }
    for (;;) {
        duckdb_data_chunk chunk = api.fetch_chunk(result);
        if (chunk == NULL)
            break;
        idx_t rows = api.data_chunk_get_size(chunk);
        for (idx_t r = 0; r < rows && err == ZPL_OK; r++) {
            for (size_t c = 0; c < count; c++)
                read_cell(api.data_chunk_get_vector(chunk, c), text[c], r, &cells[c]);
            err = row(self, cells, count);
        }
        api.destroy_data_chunk(&chunk);
        if (err != ZPL_OK)
            break;
    }
    api.destroy_result(&result);
    return err;
}
