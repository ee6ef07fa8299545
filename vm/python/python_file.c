/* python_file.c - what a file of Python says, and a function in it.  Part of python.h.   Floor: vm. */
#include "vm/python/python_known.h"

#include <errno.h>
#include <string.h>

#include "lang/base/fs.h"
#include "lang/base/text.h"
#include "lang/base/version.h"
#include "stdlib/body/look.h"
#include "vm/protocol/json_read.h"
#include "vm/session/memo.h"
#include "vm/session/source.h"

static const struct zpl_span nowhere;

/* ---- what a file says ---- */

/* {"text": …, "v": 1}, and "beside", or NULL; NULL: memory is out. */
static const char *text_question(const struct zpl_buf *text, const struct zpl_json *beside,
                                 struct zpl_arena *arena)
{
    struct zpl_json *json = zpl_json_object();
    struct zpl_buf out = {0};
    zpl_json_set_take(json, "v", zpl_json_int(ZPL_PYTHON_VERSION));
    zpl_json_set_take(json, "text", zpl_json_stringn(text->len > 0 ? text->data : "", text->len));
    if (beside != NULL)
        zpl_json_set_take(json, "beside", zpl_json_ref(beside));
    const char *question = zpl_json_write(json, false, &out) == ZPL_OK
                               ? zpl_arena_strndup(arena, zpl_buf_str(&out), out.len)
                               : NULL;
    zpl_json_release(json);
    zpl_buf_release(&out);
    return question;
}

/* {"v": 1, "error": {"line": 1, "column": 1, "message": …}}, as the helper says that a text is none. */
static struct zpl_json *no_python(const char *message)
{
    struct zpl_json *json = zpl_json_object(), *error = zpl_json_object();
    zpl_json_set_take(error, "line", zpl_json_int(1));
    zpl_json_set_take(error, "column", zpl_json_int(1));
    zpl_json_set_take(error, "message", zpl_json_string(message));
    zpl_json_set_take(json, "v", zpl_json_int(ZPL_PYTHON_VERSION));
    zpl_json_set_take(json, "error", error);
    return json;
}

/* What a file that is in another encoding says of it in its first two lines, as Python reads them: "latin-1"; the
 * words for it, in the arena. */
static const char *not_utf8(const struct zpl_buf *text, struct zpl_arena *arena)
{
    const char *line = zpl_buf_str(text);
    for (int i = 0; i < 2 && line != NULL && *line == '#'; i++) {
        size_t len = strcspn(line, "\r\n");
        const char *at = memmem(line, len, "coding", strlen("coding")), *end = line + len;
        if (at != NULL && (at[6] == ':' || at[6] == '=')) {
            for (at += 7; at < end && (*at == ' ' || *at == '\t'); at++)
                ;
            return zpl_arena_printf(arena,
                                    "it is in %.*s, and zpl reads UTF-8: save it as UTF-8, without "
                                    "the line that says the encoding",
                                    (int)strcspn(at, " \t\r\n"), at);
        }
        line = line[len] != '\0' ? line + len + 1 : NULL;
    }
    return "it is not in UTF-8: save it as such";
}

/* The path as the system opens it, and the content that is there. */
enum zpl_err zpl_python_find(struct zpl_session *session, const char *path, char *full,
                             struct zpl_digest *content, struct zpl_diags *diags)
{
    uint64_t bytes;
    if (zpl_project_path(&session->project, path, full) != ZPL_OK)
        return zpl_diag_system(diags, "use", path, ENAMETOOLONG);
    return zpl_source_digest(session, full, content, &bytes, diags);
}

/* What Python says of the file, which was just found to have that content. */
enum zpl_err zpl_python_ask(struct zpl_session *session, const char *full,
                            const struct zpl_digest *content, const struct zpl_json *beside,
                            struct zpl_json **out, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_buf text = {0};
    struct zpl_hasher hasher;
    const struct zpl_python *python = session->python;
    struct zpl_look_request request = {python->facts.interpreter, session->project.root, NULL};
    *out = NULL;
    enum zpl_err err = zpl_fs_read_file(full, ZPL_MODULE_BYTES_MAX, &text, diags);
    if (err == ZPL_OK && memchr(zpl_buf_str(&text), '\0', text.len) != NULL) {
        *out = no_python("source code cannot contain null bytes");
    } else if (err == ZPL_OK && !zpl_utf8_valid(zpl_buf_str(&text), text.len)) {
        *out = no_python(not_utf8(&text, &arena));
    } else if (err == ZPL_OK && (request.question = text_question(&text, beside, &arena)) == NULL) {
        err = zpl_diag_nomem(diags);
    } else if (err == ZPL_OK) {
        struct zpl_digest now = zpl_digest_of(zpl_buf_str(&text), text.len);
        zpl_hasher_init(&hasher);
        zpl_hasher_field(&hasher, content->b, sizeof content->b);
        zpl_hasher_field(&hasher, python->helper.b, sizeof python->helper.b);
        for (size_t i = 0; i < zpl_json_count(beside); i++) {
            const char *other = zpl_json_str(zpl_json_get(zpl_json_at(beside, i), "text"), "");
            zpl_hasher_field(&hasher, other, strlen(other));
        }
        struct zpl_digest key = zpl_hasher_final(&hasher);
        err = zpl_memo_look(session, "module", zpl_digest_equal(&now, content) ? &key : NULL,
                            &request, out, diags);
    }
    zpl_buf_release(&text);
    zpl_arena_release(&arena);
    return err;
}

static uint32_t number(const struct zpl_json *object, const char *name)
{
    int64_t value = zpl_json_i64(zpl_json_get(object, name), 0);
    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static bool is_library(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".so") == 0;
}

/* What counts by its bytes: a module of machine code, and what Python can't read. */
static bool read_bytes(const struct zpl_digest *content, struct zpl_arena *arena,
                       struct zpl_python_module *out)
{
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(content, hex);
    *out = (struct zpl_python_module){.identity = zpl_arena_printf(arena, "bytes:%s", hex)};
    return out->identity != NULL;
}

/* What is kept of the answer; false: it has another shape, or memory is out. */
static bool read_module(const struct zpl_json *json, const struct zpl_digest *content,
                        struct zpl_arena *arena, struct zpl_python_module *out)
{
    const struct zpl_json *imports = zpl_json_get(json, "imports");
    const struct zpl_json *error = zpl_json_get(json, "error");
    if (error != NULL) { /* it fails when it is imported, if it is */
        bool read = read_bytes(content, arena, out);
        out->error = zpl_arena_printf(
            arena, "%s (%u:%u)", zpl_json_str(zpl_json_get(error, "message"), "it can't be read"),
            number(error, "line"), number(error, "column"));
        return read && out->error != NULL;
    }
    *out = (struct zpl_python_module){0};
    out->identity = zpl_read_text(json, "identity", arena);
    out->import_count = zpl_json_count(imports);
    struct zpl_python_import *items = zpl_arena_array(arena, out->import_count + 1, sizeof *items);
    out->imports = items;
    for (size_t i = 0; items != NULL && i < out->import_count; i++) {
        const struct zpl_json *import = zpl_json_at(imports, i);
        int64_t level;
        items[i].line = number(import, "line");
        items[i].module = zpl_read_text(import, "module", arena);
        if (items[i].module == NULL)
            items[i].module = "";
        if (!zpl_read_int(import, "level", 0, 1000, &level) ||
            !zpl_read_names(zpl_json_get(import, "names"), arena, &items[i].names,
                            &items[i].name_count))
            return false;
        items[i].level = (unsigned)level;
    }
    return items != NULL && out->identity != NULL;
}

/* One that the session has met before; NULL: it has not. */
static const struct zpl_python_module *known(const struct zpl_python *python,
                                             const struct zpl_digest *content)
{
    for (size_t i = 0; i < python->module_count; i++)
        if (zpl_digest_equal(&python->modules[i]->content, content))
            return &python->modules[i]->module;
    return NULL;
}

enum zpl_err zpl_python_module(struct zpl_session *session, const char *path,
                               const struct zpl_python_module **out, struct zpl_diags *diags)
{
    struct zpl_arena *arena = &session->arena;
    const struct zpl_python_facts *facts;
    char full[ZPL_PATH_MAX];
    struct zpl_digest content;
    struct zpl_json *json = NULL;
    enum zpl_err err = zpl_python_need(session, &facts, diags);
    if (err == ZPL_OK)
        err = zpl_python_find(session, path, full, &content, diags);
    if (err != ZPL_OK)
        return err;
    struct zpl_python *python = session->python;
    *out = known(python, &content);
    if (*out != NULL)
        return ZPL_OK;
    bool code = is_library(path);
    err = code ? ZPL_OK : zpl_python_ask(session, full, &content, NULL, &json, diags);
    if (err != ZPL_OK)
        return err;
    struct zpl_known_module *fresh = zpl_arena_alloc(arena, sizeof *fresh);
    struct zpl_known_module **modules = zpl_arena_grow(arena, python->modules, python->module_count,
                                                       &python->module_capacity, sizeof(void *));
    bool read = fresh != NULL && modules != NULL &&
                (code ? read_bytes(&content, arena, &fresh->module)
                      : read_module(json, &content, arena, &fresh->module));
    zpl_json_release(json);
    if (!read)
        return zpl_python_unread(session, python->facts.interpreter, diags);
    fresh->content = content;
    python->modules = modules;
    modules[python->module_count++] = fresh;
    *out = &fresh->module;
    return ZPL_OK;
}

/* ---- a function ---- */

static enum zpl_parameter_kind kind_of(const char *word)
{
    return strcmp(word, "placed") == 0     ? ZPL_PARAMETER_PLACED
           : strcmp(word, "rest") == 0     ? ZPL_PARAMETER_REST
           : strcmp(word, "keywords") == 0 ? ZPL_PARAMETER_KEYWORDS
                                           : ZPL_PARAMETER_PLAIN;
}

static bool is_true(const struct zpl_json *object, const char *name)
{
    return zpl_json_truth(zpl_json_get(object, name), false);
}

static void read_parameters(const struct zpl_json *list, struct zpl_function *out,
                            struct zpl_arena *arena)
{
    size_t count = zpl_json_count(list);
    struct zpl_parameter *parameters = zpl_arena_array(arena, count + 1, sizeof *parameters);
    for (size_t i = 0; parameters != NULL && i < count; i++) {
        const struct zpl_json *o = zpl_json_at(list, i);
        parameters[i] =
            (struct zpl_parameter){.name = zpl_read_text(o, "name", arena),
                                   .kind = kind_of(zpl_json_str(zpl_json_get(o, "kind"), "")),
                                   .annotation = zpl_read_text(o, "annotation", arena),
                                   .has_default = is_true(o, "default"),
                                   .line = number(o, "line"),
                                   .column = number(o, "column")};
        if (parameters[i].name == NULL)
            parameters[i].name = "";
    }
    out->parameters = parameters;
    out->parameter_count = parameters != NULL ? count : 0;
}

static void fail(struct zpl_function *out, const char *words)
{
    if (words != NULL)
        out->error = words;
}

static void fail_at(struct zpl_function *out, const char *words, const struct zpl_json *place)
{
    fail(out, words);
    out->error_line = number(place, "line");
    out->error_column = number(place, "column");
}

/* The functions of the file, for a name that is none of them. */
static void read_candidates(const struct zpl_json *functions, struct zpl_function *out,
                            struct zpl_arena *arena)
{
    size_t count = zpl_json_count(functions);
    const char **names = zpl_arena_array(arena, count + 1, sizeof *names);
    for (size_t i = 0; names != NULL && i < count; i++)
        names[i] = zpl_arena_strdup(arena, zpl_json_key_at(functions, i));
    out->candidates = names;
    out->candidate_count = names != NULL ? count : 0;
}

/* The function, or why there is none that a step can run. */
static void read_function(const struct zpl_json *json, const char *name, struct zpl_arena *arena,
                          struct zpl_function *out)
{
    const struct zpl_json *error = zpl_json_get(json, "error");
    const struct zpl_json *functions = zpl_json_get(json, "functions");
    const struct zpl_json *function = zpl_json_get(functions, name);
    if (error != NULL) {
        const char *message = zpl_json_str(zpl_json_get(error, "message"), "it can't be read");
        fail_at(out, zpl_arena_printf(arena, "is no Python: %s", message), error);
        return;
    }
    const char *other = zpl_json_str(zpl_json_get(zpl_json_get(json, "others"), name), NULL);
    if (function == NULL && other != NULL) {
        fail(out, zpl_arena_printf(arena,
                                   "has '%s' as %s: a step runs a function that stands at the top "
                                   "of the file; write `def` with its inputs that calls it",
                                   name, other));
        return;
    }
    if (function == NULL) {
        read_candidates(functions, out, arena);
        fail(out, zpl_arena_printf(arena, "has no function '%s'", name));
        return;
    }
    out->line = number(function, "line");
    read_parameters(zpl_json_get(function, "params"), out, arena);
    out->returns = zpl_read_text(function, "returns", arena);
    out->signature = zpl_read_text(function, "signature", arena);
    out->unsigned_why = zpl_read_text(function, "unsigned", arena);
    if (is_true(function, "async"))
        fail_at(out,
                zpl_arena_printf(arena,
                                 "has '%s' as an async function: a step's function returns "
                                 "what it makes",
                                 name),
                function);
    else if (is_true(function, "generator"))
        fail_at(out,
                zpl_arena_printf(arena,
                                 "has '%s' as a generator: a step's function returns what "
                                 "it makes, and yields nothing",
                                 name),
                function);
}

/* What can't be asked about is told of the file; what is wrong with this machine is the caller's to tell. */
static enum zpl_err tell_of_file(enum zpl_err err, struct zpl_function *out,
                                 struct zpl_arena *arena, struct zpl_diags *own,
                                 struct zpl_diags *diags)
{
    if ((err == ZPL_ERR_STEP || err == ZPL_ERR_IO || err == ZPL_ERR_LIMIT) && own->count > 0) {
        fail(out, zpl_arena_printf(arena, "can't be looked at: %s", own->items[0]->message));
        err = ZPL_OK;
    } else {
        zpl_diags_append(diags, own);
    }
    return err;
}

/* The program is checked without what nobody here can say: told once. */
static void warn_unasked(const struct zpl_diags *own, struct zpl_diags *diags)
{
    struct zpl_buf message = {0};
    if (own->count > 0)
        zpl_buf_printf(&message, "functions of Python are not looked at: %s",
                       own->items[0]->message);
    else
        zpl_buf_puts(&message,
                     "functions of Python are not looked at: there is no python3 on PATH");
    if (!zpl_diags_have_anywhere(diags, ZPL_CODE_PYTHON, zpl_buf_str(&message)))
        zpl_diag_warn(diags, ZPL_CODE_PYTHON, nowhere, "%s", zpl_buf_str(&message));
    zpl_buf_release(&message);
}

/* What its file imports is read with the program, once for a file; what goes wrong there the plan tells. */
static void follow(struct zpl_session *session, const struct zpl_python_facts *facts,
                   const char *path, struct zpl_arena *arena, struct zpl_function *function)
{
    struct zpl_python *python = session->python;
    struct zpl_python_closure closure = {0};
    struct zpl_diags own = {0};
    for (size_t i = 0; i < python->entry_count; i++)
        if (strcmp(python->entries[i], path) == 0)
            return;
    python->entries = zpl_arena_grow(&session->arena, python->entries, python->entry_count,
                                     &python->entry_capacity, sizeof *python->entries);
    const char *kept = zpl_arena_strdup(&session->arena, path);
    if (python->entries == NULL || kept == NULL)
        return;
    python->entries[python->entry_count++] = kept;
    if (zpl_python_closure(session, facts, path, &closure, arena, &own) == ZPL_OK)
        function->warning = closure.fault;
    zpl_diags_release(&own);
}

/* The text of a module that a function's file imports, if it is one of the project's: added to the list. */
static enum zpl_err add_beside(struct zpl_session *session, const struct zpl_python_facts *facts,
                               const char *path, const char *module, struct zpl_json *list,
                               struct zpl_arena *arena, struct zpl_diags *diags)
{
    char full[ZPL_PATH_MAX];
    struct zpl_digest content;
    struct zpl_buf text = {0};
    const char *file = NULL;
    enum zpl_err err = zpl_python_import_file(session, facts, path, module, &file, arena, diags);
    if (err != ZPL_OK || file == NULL || is_library(file))
        return err;
    err = zpl_python_find(session, file, full, &content, diags);
    if (err == ZPL_OK)
        err = zpl_fs_read_file(full, ZPL_MODULE_BYTES_MAX, &text, diags);
    if (err == ZPL_OK && zpl_utf8_valid(zpl_buf_str(&text), text.len)) {
        struct zpl_json *o = zpl_json_object();
        zpl_json_set_take(o, "module", zpl_json_string(module));
        zpl_json_set_take(o, "text", zpl_json_string(zpl_buf_str(&text)));
        zpl_json_add_take(list, o);
    }
    zpl_buf_release(&text);
    return err;
}

/* Annotations that name classes of other files of the project are understood with the texts of these: *json becomes what
 * is said with them. */
static enum zpl_err ask_beside(struct zpl_session *session, const struct zpl_python_facts *facts,
                               const char *path, const struct zpl_digest *content, const char *name,
                               struct zpl_arena *arena, struct zpl_json **json,
                               struct zpl_diags *diags)
{
    const struct zpl_json *function = zpl_json_get(zpl_json_get(*json, "functions"), name);
    const struct zpl_json *wants = zpl_json_get(function, "wants");
    char full[ZPL_PATH_MAX];
    if (zpl_json_count(wants) == 0)
        return ZPL_OK;
    struct zpl_json *beside = zpl_json_array(), *more = NULL;
    enum zpl_err err = zpl_python_own(session, diags);
    for (size_t i = 0; err == ZPL_OK && i < zpl_json_count(wants); i++)
        err = add_beside(session, facts, path, zpl_json_str(zpl_json_at(wants, i), ""), beside,
                         arena, diags);
    if (err == ZPL_OK && zpl_json_count(beside) > 0) {
        if (zpl_project_path(&session->project, path, full) != ZPL_OK)
            err = zpl_diag_system(diags, "use", path, ENAMETOOLONG);
        else
            err = zpl_python_ask(session, full, content, beside, &more, diags);
    }
    zpl_json_release(beside);
    if (more == NULL)
        return err;
    zpl_json_release(*json);
    *json = more;
    return err;
}

enum zpl_err zpl_python_function(struct zpl_session *session, const char *path, const char *name,
                                 struct zpl_arena *arena, const struct zpl_function **out,
                                 struct zpl_diags *diags)
{
    const struct zpl_python_facts *facts;
    struct zpl_function *function = zpl_arena_alloc(arena, sizeof *function);
    struct zpl_diags own = {0};
    char full[ZPL_PATH_MAX];
    struct zpl_digest content;
    struct zpl_json *json = NULL;
    *out = NULL;
    if (function == NULL)
        return zpl_diag_nomem(diags);
    enum zpl_err err = zpl_python_facts(session, &facts, &own);
    if (err == ZPL_ERR_STEP || (err == ZPL_OK && facts == NULL)) {
        warn_unasked(&own, diags);
        zpl_diags_release(&own);
        return ZPL_OK;
    }
    if (err == ZPL_OK)
        err = zpl_python_find(session, path, full, &content, &own);
    if (err == ZPL_OK)
        err = zpl_python_ask(session, full, &content, NULL, &json, &own);
    if (err == ZPL_OK)
        err = ask_beside(session, facts, path, &content, name, arena, &json, &own);
    if (err == ZPL_OK)
        read_function(json, name, arena, function);
    if (err == ZPL_OK && function->error == NULL)
        follow(session, facts, path, arena, function);
    if (err != ZPL_OK)
        err = tell_of_file(err, function, arena, &own, diags);
    zpl_json_release(json);
    zpl_diags_release(&own);
    *out = function;
    return err == ZPL_OK && zpl_arena_failed(arena) ? zpl_diag_nomem(diags) : err;
}
