/* session.c - project, program and components of one command.   Floor: vm. */
#include "vm/session/session.h"

#include <errno.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/graph/graph_json.h"
#include "lang/graph/places_json.h"
#include "stack/catalog.h"
#include "stdlib/catalog.h"
#include "vm/python/python.h"
#include "vm/session/engine.h"
#include "vm/session/memo.h"
#include "vm/session/named.h"

/* ---- what the language asks of the outside ---- */

/* A path of the program as the engine can open it. */
static const char *resolve(void *self, const char *path, struct zpl_arena *arena)
{
    const struct zpl_session *session = self;
    char full[ZPL_PATH_MAX];
    if (zpl_project_path(&session->project, path, full) != ZPL_OK)
        return NULL;
    return zpl_arena_strdup(arena, full);
}

/* A path from the command line as the program holds it. */
static const char *adopt(void *self, const char *typed, struct zpl_arena *arena)
{
    const struct zpl_session *session = self;
    char path[ZPL_PATH_MAX];
    if (zpl_project_adopt(&session->project, typed, path) != ZPL_OK)
        return NULL;
    return zpl_arena_strdup(arena, path);
}

/* Is the path that of `place`, or below it? */
static bool is_in(const char *path, const char *place)
{
    return strcmp(path, place) == 0 || zpl_path_below(place, path) != NULL;
}

/* Outside are files that are neither below the project's folder nor what the command line names, or below
 * that.  (Links are the project's own business.) */
static bool outside(void *self, const char *path)
{
    const struct zpl_session *session = self;
    char full[ZPL_PATH_MAX], named[ZPL_PATH_MAX], adopted[ZPL_PATH_MAX];
    if (strstr(path, "://") != NULL || zpl_project_path(&session->project, path, full) != ZPL_OK ||
        is_in(full, session->project.root))
        return false;
    for (size_t i = 0; i < session->given_count; i++)
        if (session->given[i].text != NULL &&
            zpl_project_adopt(&session->project, session->given[i].text, adopted) == ZPL_OK &&
            zpl_project_path(&session->project, adopted, named) == ZPL_OK && is_in(full, named))
            return false;
    return true;
}

static bool has_file(void *self, const char *path)
{
    const struct zpl_session *session = self;
    struct zpl_stat st;
    return zpl_project_look(&session->project, path, &st) && st.is_file;
}

static bool has_folder(void *self, const char *path)
{
    const struct zpl_session *session = self;
    struct zpl_stat st;
    return zpl_project_look(&session->project, path, &st) && st.is_dir;
}

#define ZONES "/usr/share/zoneinfo"

/* A machine without the list of zones takes all. */
static bool has_zone(void *self, const char *name)
{
    const struct zpl_session *session = self;
    char path[ZPL_PATH_MAX];
    struct zpl_stat st;
    if (!zpl_project_look(&session->project, ZONES "/Etc/UTC", &st) ||
        zpl_path_join(path, ZONES, name) != ZPL_OK)
        return true;
    return zpl_project_look(&session->project, path, &st) && st.is_file;
}

static enum zpl_err files(void *self, const char *pattern, struct zpl_arena *arena,
                          const char *const **paths, size_t *count, struct zpl_diags *diags)
{
    const struct zpl_session *session = self;
    return zpl_project_files(&session->project, pattern, arena, paths, count, diags);
}

static enum zpl_err sources(void *self, const char *path, struct zpl_arena *arena,
                            const char *const **paths, size_t *count, struct zpl_diags *diags)
{
    const struct zpl_session *session = self;
    return zpl_project_sources(&session->project, path, arena, paths, count, diags);
}

/* Is there a file when the ending that an import adds is taken off again? */
static bool is_other_file(char *full, const char *ending)
{
    struct zpl_stat st;
    size_t n = strlen(full), added = strlen(ending);
    if (added == 0 || n <= added)
        return false;
    full[n - added] = '\0';
    return zpl_fs_stat(full, &st, NULL) == ZPL_OK && st.is_file;
}

/* Reads a text of the language; one that is too large is ZPL_ERR_LIMIT, without words. */
static enum zpl_err read_program(const char *path, struct zpl_buf *out, struct zpl_diags *diags)
{
    struct zpl_diags own = {0};
    enum zpl_err err = zpl_fs_read_file(path, ZPL_SOURCE_BYTES_MAX, out, &own);
    if (err != ZPL_ERR_LIMIT)
        zpl_diags_append(diags, &own);
    zpl_diags_release(&own);
    return err;
}

enum zpl_err zpl_session_read_program(const char *path, struct zpl_buf *out,
                                      struct zpl_diags *diags)
{
    const struct zpl_span nowhere = {0};
    enum zpl_err err = read_program(path, out, diags);
    if (err != ZPL_ERR_LIMIT)
        return err;
    zpl_diag_add(diags, ZPL_CODE_LANG_LIMIT, nowhere,
                 "%s is too large: the text of a program has at most %u bytes", path,
                 ZPL_SOURCE_BYTES_MAX);
    return ZPL_ERR_CHECK;
}

/* An import: relative to the importing file, with ".zpl" added when it has no ending. */
static enum zpl_err load(void *self, const char *from, const char *name, struct zpl_arena *arena,
                         const char **canonical, const char **text, size_t *len,
                         struct zpl_diags *diags)
{
    const struct zpl_session *session = self;
    char dir[ZPL_PATH_MAX];
    char joined[ZPL_PATH_MAX];
    char path[ZPL_PATH_MAX];
    char full[ZPL_PATH_MAX];
    struct zpl_buf content = {0};
    struct zpl_stat st;
    size_t n = strlen(name);
    const char *ending = n > 4 && strcmp(name + n - 4, ".zpl") == 0 ? "" : ".zpl";
    const char *importer =
        strcmp(from, session->project.name) == 0 ? session->project.relative : from;
    if (zpl_path_dir(dir, importer) != ZPL_OK || zpl_path_join(joined, dir, name) != ZPL_OK ||
        strlen(joined) + strlen(ending) >= sizeof joined)
        return zpl_diag_system(diags, "import", name, ENAMETOOLONG);
    memcpy(joined + strlen(joined), ending, strlen(ending) + 1);
    if (zpl_path_clean(path, joined) != ZPL_OK ||
        zpl_project_path(&session->project, path, full) != ZPL_OK)
        return zpl_diag_system(diags, "import", name, ENAMETOOLONG);
    enum zpl_err err = zpl_fs_stat(full, &st, diags);
    if (err == ZPL_OK)
        err = read_program(full, &content, diags);
    if (err == ZPL_OK) {
        struct zpl_digest digest = zpl_digest_of(content.data, content.len);
        zpl_witness_import(session->project.witness, full, &st, &digest);
        *canonical = zpl_arena_strdup(arena, path);
        *text = zpl_arena_strndup(arena, zpl_buf_str(&content), content.len);
        *len = content.len;
        err = *canonical != NULL && *text != NULL ? ZPL_OK : zpl_diag_nomem(diags);
    } else if (err == ZPL_ERR_NOT_FOUND && is_other_file(full, ending)) {
        err = ZPL_ERR_INPUT;
    }
    zpl_buf_release(&content);
    return err;
}

static const struct zpl_step_info *catalog_find(void *self, const char *name)
{
    (void)self;
    return zpl_stdlib_find(name);
}

static const struct zpl_step_info *catalog_at(void *self, size_t i)
{
    (void)self;
    return zpl_stdlib_step(i);
}

static const struct zpl_flavour_info *catalog_flavour(void *self, size_t i)
{
    (void)self;
    return zpl_flavour_at(i);
}

/* Without project.zpl there is none. */
static enum zpl_err limits(void *self, const struct zpl_limit **out, size_t *count,
                           struct zpl_diags *diags)
{
    struct zpl_session *session = self;
    enum zpl_err err = zpl_session_project(session, diags);
    *out = session->shared.limits;
    *count = session->shared.limit_count;
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

static enum zpl_err named(void *self, const char *name, struct zpl_arena *arena, const char **type,
                          const char **maker, struct zpl_diags *diags)
{
    struct zpl_session *session = self;
    const struct zpl_step_row *row;
    enum zpl_err err = zpl_named_find(session, name, &row, diags);
    *type = err == ZPL_OK && row != NULL ? row->outputs[0].type : NULL;
    *maker = *type != NULL ? zpl_arena_printf(arena, "run %lld", (long long)row->run) : NULL;
    return err;
}

static enum zpl_err function(void *self, const char *path, const char *name,
                             struct zpl_arena *arena, const struct zpl_function **out,
                             struct zpl_diags *diags)
{
    return zpl_python_function(self, path, name, arena, out, diags);
}

/* Fills the world; the engine remembers its answers. */
static enum zpl_err fill_world(struct zpl_session *session)
{
    struct zpl_engine raw;
    session->memo = zpl_arena_alloc(&session->arena, sizeof *session->memo);
    if (session->memo == NULL)
        return zpl_diag_nomem(&session->diags);
    zpl_engine_init(&raw, session);
    zpl_memo_init(session->memo, session, raw, &session->world.engine);
    session->world.loader = (struct zpl_loader){session, load};
    session->world.catalog = (struct zpl_catalog){NULL, catalog_find, catalog_at, catalog_flavour};
    session->world.resolve = resolve;
    session->world.adopt = adopt;
    session->world.files = files;
    session->world.sources = sources;
    session->world.has_file = has_file;
    session->world.has_folder = has_folder;
    session->world.function = function;
    session->world.has_zone = has_zone;
    session->world.outside = outside;
    session->world.limits = limits;
    session->world.named = named;
    session->world.resolve_self = session;
    return ZPL_OK;
}

/* ---- opening, compiling, closing ---- */

/* Splits FILE:PIPELINE; a colon inside a path is part of the path. */
static const char *split_file(struct zpl_session *session, const char *argument,
                              const char **pipeline)
{
    const char *colon = strrchr(argument, ':');
    *pipeline = NULL;
    if (colon == NULL || strchr(colon, '/') != NULL || !zpl_text_is_name(colon + 1))
        return argument;
    *pipeline = colon + 1;
    return zpl_arena_strndup(&session->arena, argument, (size_t)(colon - argument));
}

/* The project of the file, or of the working directory. */
enum zpl_err zpl_session_open(struct zpl_session *session,
                              const struct zpl_session_options *options)
{
    const char *pipeline;
    const char *file = NULL;
    memset(session, 0, sizeof *session);
    if (options->file != NULL)
        file = split_file(session, options->file, &pipeline);
    enum zpl_err err = zpl_project_open(file, &session->project, &session->diags);
    session->project.witness = &session->witness;
    session->config.home = session->project.home;
    session->config.jobs = options->jobs;
    session->config.zygote = options->zygote;
    session->given = options->given;
    session->given_count = options->given_count;
    return err == ZPL_OK ? fill_world(session) : err;
}

/* Text to graph. */
enum zpl_err zpl_session_compile(struct zpl_session *session,
                                 const struct zpl_session_options *options)
{
    struct zpl_buf text = {0};
    struct zpl_compile_request request = {.name = session->project.name,
                                          .all_pipelines = options->all_pipelines,
                                          .given = options->given,
                                          .given_count = options->given_count,
                                          .flags = options->flags,
                                          .flag_count = options->flag_count};
    (void)split_file(session, options->file, &request.pipeline);
    enum zpl_err err = zpl_session_read_program(session->project.file, &text, &session->diags);
    if (err == ZPL_OK) {
        session->text_digest = zpl_digest_of(zpl_buf_str(&text), text.len);
        request.text = zpl_buf_str(&text);
        request.len = text.len;
        session->has_graph_digest = false;
        err = zpl_compile(&request, &session->world, &session->program);
    }
    zpl_buf_release(&text);
    return err == ZPL_OK && options->stack ? zpl_session_use_stack(session, options->stack) : err;
}

static struct zpl_json *graph_json(const struct zpl_session *session)
{
    return zpl_graph_to_kept_json(&session->program.graph);
}

enum zpl_err zpl_session_digest_graph(struct zpl_session *session, struct zpl_digest *out)
{
    if (!session->has_graph_digest) {
        struct zpl_json *json = graph_json(session);
        enum zpl_err err = zpl_json_digest(json, &session->graph_digest);
        zpl_json_release(json);
        if (err != ZPL_OK)
            return zpl_diag_nomem(&session->diags);
        session->has_graph_digest = true;
    }
    *out = session->graph_digest;
    return ZPL_OK;
}

enum zpl_err zpl_session_write_graph(struct zpl_session *session, struct zpl_buf *out)
{
    struct zpl_json *json = graph_json(session);
    enum zpl_err err = zpl_json_write(json, false, out);
    zpl_json_release(json);
    return err == ZPL_OK ? ZPL_OK : zpl_diag_nomem(&session->diags);
}

enum zpl_err zpl_session_write_places(struct zpl_session *session, struct zpl_buf *out)
{
    const struct zpl_program *program = &session->program;
    enum zpl_err err =
        zpl_places_write(&program->graph, &program->sources, session->project.name, out);
    return err == ZPL_OK ? ZPL_OK : zpl_diag_nomem(&session->diags);
}

void zpl_session_release(struct zpl_session *session)
{
    if (session->has_here)
        session->here.release(session->here.self);
    zpl_stack_release(&session->stack);
    zpl_program_release(&session->shared);
    zpl_program_release(&session->program);
    zpl_diags_release(&session->diags);
    zpl_witness_release(&session->witness);
    zpl_named_forget(session);
    zpl_arena_release(&session->arena);
    memset(session, 0, sizeof *session);
}

/* ---- components ---- */

enum zpl_err zpl_session_orchestrator(struct zpl_session *session, struct zpl_orchestrator **out)
{
    enum zpl_err err = ZPL_OK;
    if (!session->has_orchestrator)
        err =
            zpl_orchestrator_open(&session->config, &session->stack.orchestrator, &session->diags);
    session->has_orchestrator = err == ZPL_OK;
    *out = &session->stack.orchestrator;
    return err;
}

/* Once a stack is used that is elsewhere, the one that was opened before it is kept for the engine. */
enum zpl_err zpl_session_here(struct zpl_session *session, struct zpl_orchestrator **out)
{
    struct zpl_stack_config config = session->config;
    config.orchestrator = NULL;
    config.options = NULL;
    config.jobs = 1;
    if (session->config.orchestrator == NULL && !session->steps_run)
        return zpl_session_orchestrator(session, out);
    enum zpl_err err = session->has_here
                           ? ZPL_OK
                           : zpl_orchestrator_open(&config, &session->here, &session->diags);
    session->has_here = err == ZPL_OK;
    *out = &session->here;
    return err;
}

/* The nearest folder above with a store in it, in the arena; NULL: none has one. */
static const char *store_above(const char *folder, struct zpl_arena *arena)
{
    char at[ZPL_PATH_MAX], up[ZPL_PATH_MAX], store[ZPL_PATH_MAX];
    struct zpl_stat st;
    while (zpl_path_dir(up, folder) == ZPL_OK && strcmp(up, folder) != 0) {
        memcpy(at, up, sizeof at);
        if (zpl_path_join(store, at, ".zpl/zpl.db") == ZPL_OK &&
            zpl_fs_stat(store, &st, NULL) == ZPL_OK && st.is_file)
            return zpl_arena_strdup(arena, at);
        folder = at;
    }
    return NULL;
}

/* Told when a command that only reads finds no store. */
static enum zpl_err never_ran(struct zpl_session *session)
{
    struct zpl_span nowhere = {0};
    struct zpl_diag *diag = zpl_diag_add(&session->diags, ZPL_CODE_UNKNOWN_RUN, nowhere,
                                         "nothing has run in %s yet", session->project.root);
    const char *above = store_above(session->project.root, &session->arena);
    if (above != NULL)
        zpl_diag_help(&session->diags, diag,
                      "in %s it did: go there, or put a file project.zpl there, which may be empty "
                      "and makes one project of it and the folders below",
                      above);
    else
        zpl_diag_help(&session->diags, diag,
                      "run a pipeline first (zpl run FILE), or go to the folder where it ran");
    return ZPL_ERR_NOT_FOUND;
}

enum zpl_err zpl_session_metadata(struct zpl_session *session, bool write,
                                  struct zpl_metadata **out)
{
    enum zpl_err err = ZPL_OK;
    *out = &session->stack.metadata;
    if (session->has_metadata)
        return ZPL_OK;
    size_t told = session->diags.count;
    err = zpl_metadata_open(&session->config, write, &session->stack.metadata, &session->diags);
    if (err == ZPL_ERR_NOT_FOUND && !write && session->diags.count == told)
        err = never_ran(session);
    session->has_metadata = err == ZPL_OK;
    return err;
}

struct zpl_metadata *zpl_session_memo(struct zpl_session *session)
{
    struct zpl_diags quiet = {0};
    if (!session->has_metadata && !session->memo_off) {
        session->has_metadata =
            zpl_metadata_open(&session->config, true, &session->stack.metadata, &quiet) == ZPL_OK;
        session->memo_off = !session->has_metadata;
    }
    zpl_diags_release(&quiet);
    return session->has_metadata && !session->memo_off ? &session->stack.metadata : NULL;
}

enum zpl_err zpl_session_artifacts(struct zpl_session *session, struct zpl_artifacts **out)
{
    enum zpl_err err = ZPL_OK;
    if (!session->has_artifacts)
        err = zpl_artifacts_open(&session->config, &session->stack.artifacts, &session->diags);
    session->has_artifacts = err == ZPL_OK;
    *out = &session->stack.artifacts;
    return err;
}

enum zpl_err zpl_session_deployer(struct zpl_session *session, struct zpl_deployer **out)
{
    enum zpl_err err = ZPL_OK;
    if (!session->has_deployer)
        err = zpl_deployer_open(&session->config, &session->stack.deployer, &session->diags);
    session->has_deployer = err == ZPL_OK;
    *out = &session->stack.deployer;
    return err;
}
