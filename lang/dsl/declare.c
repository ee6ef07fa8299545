/* step "name" { … }: a step that the program declares itself. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/text.h"
#include "lang/dsl/declare.h"
#include "lang/dsl/step.h"
#include "lang/graph/body_kind.h"

const struct zpl_step_info *zpl_body_info(lua_State *L, const char *kernel)
{
    const struct zpl_catalog *catalog = &zpl_host_of(L)->world->catalog;
    const struct zpl_step_info *known = catalog->find ? catalog->find(catalog->self, kernel) : NULL;
    if (known)
        return known;
    struct zpl_step_info *info = zpl_host_need(L, zpl_arena_alloc(zpl_host_arena(L), sizeof *info));
    *info = (struct zpl_step_info){.name = kernel,
                                   .signature = "",
                                   .doc = "",
                                   .kernel = kernel,
                                   .identity = "",
                                   .engines = ""};
    return info;
}

bool zpl_check_name(lua_State *L, const char *what, const char *name, struct zpl_span span)
{
    size_t len = strlen(name);
    if (len > 0 && len <= ZPL_NAME_MAX && zpl_utf8_valid(name, len) &&
        strpbrk(name, "/\n\r\t :@#\"'") == NULL)
        return true;
    zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, span,
                  "a %s's name has 1 to %d bytes, without blanks, quotes and any of / : @ #", what,
                  ZPL_NAME_MAX);
    return false;
}

/* ---- signatures -------------------------------------------------------------------------------- */

/* Adds what the table at field `name` of the declaration lists. */
static void read_group(lua_State *L, int index, struct zpl_site table, const char *name,
                       struct zpl_fields *out)
{
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_site group = zpl_site_field(table, name);
    size_t count;
    if (lua_getfield(L, index, name) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) > 0) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, group.span,
                      "%s is a table of names and types: { rows = Table { a = Int } }", name);
        lua_pop(L, 1);
        return;
    }
    bool params = strcmp(name, "params") == 0;
    const char *const *names = zpl_site_names(L, -1, group, &count);
    for (size_t i = 0; i < count; i++) {
        struct zpl_site where = zpl_site_field(group, names[i]);
        lua_getfield(L, -1, names[i]);
        const struct zpl_type *type =
            params ? zpl_param_type(L, names[i], where) : zpl_test_type(L, -1);
        const struct zpl_value *value = zpl_test_value(L, -1);
        lua_pop(L, 1);
        if (!zpl_text_is_name(names[i]))
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_key(group, names[i]),
                          "'%s' can't be a name here: it has letters, digits and _", names[i]);
        else if (!type && !params && !(value && zpl_is_poison(value)))
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span, "'%s' needs a type", names[i]);
        if (!type || !zpl_text_is_name(names[i])) {
            out->broken = true;
            continue;
        }
        out->items = zpl_host_need(
            L, zpl_arena_grow(arena, out->items, out->count, &out->capacity, sizeof *out->items));
        const struct zpl_refine *refine = type->refine;
        out->items[out->count++] =
            (struct zpl_field){.name = zpl_host_need(L, zpl_arena_strdup(arena, names[i])),
                               .type = type,
                               .optional = type->optional || (refine && refine->fallback),
                               .fallback = refine ? refine->fallback : NULL};
    }
    lua_pop(L, 1);
}

void zpl_read_fields(lua_State *L, int index, struct zpl_site table, const char *first,
                     const char *second, struct zpl_fields *out)
{
    *out = (struct zpl_fields){0};
    read_group(L, index, table, first, out);
    out->first = out->count;
    if (second)
        read_group(L, index, table, second, out);
}

/* "(rows: Table {a: Int}, k: Int = 3)" */
static void show_fields(const struct zpl_fields *fields, struct zpl_buf *out)
{
    zpl_buf_putc(out, '(');
    for (size_t i = 0; i < fields->count; i++) {
        const struct zpl_field *field = &fields->items[i];
        struct zpl_type plain = *field->type;
        struct zpl_refine refine = {0};
        if (plain.refine) {
            refine = *plain.refine;
            refine.fallback = NULL;
            plain.refine = &refine;
        }
        zpl_buf_printf(out, "%s%s%s: ", i ? ", " : "", field->name,
                       field->optional && !field->fallback ? "?" : "");
        zpl_type_show(&plain, false, out);
        if (field->fallback) {
            zpl_buf_puts(out, " = ");
            zpl_literal_show(field->fallback, out);
        }
    }
    zpl_buf_putc(out, ')');
}

/* The signature that inputs, params and outputs spell out, or NULL (told). */
static const char *spelled_signature(lua_State *L, int index, struct zpl_site table)
{
    struct zpl_fields in, out;
    struct zpl_buf text = {0};
    zpl_read_fields(L, index, table, "inputs", "params", &in);
    zpl_read_fields(L, index, table, "outputs", NULL, &out);
    if (in.broken || out.broken)
        return NULL;
    show_fields(&in, &text);
    zpl_buf_puts(&text, " -> ");
    show_fields(&out, &text);
    return zpl_keep_text(L, zpl_host_arena(L), &text);
}

const struct zpl_signature *zpl_read_signature(lua_State *L, const char *text,
                                               struct zpl_site where)
{
    const struct zpl_signature *signature = NULL;
    struct zpl_signature_error error = {0};
    size_t origin = 0;
    const char *whole = zpl_expand_types(L, text, 0, &origin);
    enum zpl_err err = zpl_signature_parse(whole, zpl_host_arena(L), &signature, &error);
    if (err == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    if (err == ZPL_OK)
        return signature;
    zpl_expand_types(L, text, error.offset, &origin);
    zpl_host_tell(L, ZPL_CODE_SIGNATURE, zpl_site_inside(where, origin, error.length), "%s",
                  error.message ? error.message : "the signature can't be read");
    return NULL;
}

const char *zpl_text_field(lua_State *L, int index, struct zpl_site table, const char *name)
{
    size_t len;
    const char *copy = NULL;
    int type = lua_getfield(L, index, name);
    const char *text = type == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (text && strlen(text) == len && zpl_utf8_valid(text, len))
        copy = zpl_host_need(L, zpl_arena_strdup(zpl_host_arena(L), text));
    else if (type != LUA_TNIL)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_field(table, name).span,
                      "%s takes a text", name);
    lua_pop(L, 1);
    return copy;
}

void zpl_refuse_reserved(lua_State *L, const struct zpl_field *fields, size_t count,
                         struct zpl_site where)
{
    for (size_t i = 0; i < count; i++) {
        if (!zpl_call_has(fields[i].name))
            continue;
        zpl_host_help(
            L,
            zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                          "'%s' can't be an input or param: every call has a field of that "
                          "name",
                          fields[i].name),
            "give it another name");
    }
}

/* ---- fields ------------------------------------------------------------------------------------ */

static const char *const fields[] = {"allow_pickle", "cache",     "command", "doc",       "env",
                                     "files",        "inputs",    "kernel",  "lua",       "network",
                                     "outputs",      "params",    "python",  "resources", "retries",
                                     "secrets",      "signature", "sql",     "timeout",   "vars"};

static bool is_among(const char *const *known, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i], name) == 0)
            return true;
    return false;
}

bool zpl_means_field(lua_State *L, int index, const char *const *known, size_t count,
                     const char *field)
{
    size_t given;
    const char *const *names = zpl_site_names(L, index, (struct zpl_site){0}, &given);
    for (size_t i = 0; i < given; i++) {
        if (is_among(known, count, names[i]))
            continue;
        const char *near = zpl_text_nearest(names[i], known, count);
        if (near && strcmp(near, field) == 0)
            return true;
    }
    return false;
}

bool zpl_step_means(lua_State *L, int index, const char *field)
{
    return zpl_means_field(L, index, fields, sizeof fields / sizeof *fields, field);
}

/* The signature, from one line or spelled out; NULL (told) when there is none that reads. */
static const struct zpl_signature *declared_signature(lua_State *L, int index,
                                                      struct zpl_site table, struct zpl_span name)
{
    const char *text = zpl_text_field(L, index, table, "signature");
    struct zpl_site where = zpl_site_field(table, "signature");
    bool given = lua_getfield(L, index, "signature") != LUA_TNIL;
    bool spelled = lua_getfield(L, index, "inputs") != LUA_TNIL ||
                   lua_getfield(L, index, "outputs") != LUA_TNIL ||
                   lua_getfield(L, index, "params") != LUA_TNIL;
    lua_settop(L, index);
    if (given && spelled) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, where.span,
                      "a step has a signature, or inputs, params and outputs, not both");
        return NULL;
    }
    bool python = !given && !spelled && lua_getfield(L, index, "python") == LUA_TSTRING;
    lua_settop(L, index);
    if (!given && !spelled && !python) {
        if (zpl_step_means(L, index, "signature") || zpl_step_means(L, index, "inputs") ||
            zpl_step_means(L, index, "outputs"))
            return NULL;
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, name,
                                              "the step does not say what it takes and gives");
        zpl_host_help(L, diag,
                      "add `signature = \"(rows: Table {...r}) -> (rows: Table {...r})\"`");
        return NULL;
    }
    if (python) {
        text = zpl_python_signature(L, index, table, &where);
    } else if (!given) {
        where = (struct zpl_site){.span = name};
        text = spelled_signature(L, index, table);
    }
    struct zpl_diags *diags = &zpl_host_of(L)->program->diags;
    size_t told = diags->count;
    const struct zpl_signature *signature = text ? zpl_read_signature(L, text, where) : NULL;
    if (python && text && !signature && diags->count > told)
        zpl_diag_note(diags, diags->items[told], (struct zpl_span){0}, "the function says %s",
                      text);
    if (signature)
        zpl_refuse_reserved(L, signature->inputs, signature->input_count, where);
    return signature;
}

/* ---- steps ------------------------------------------------------------------------------------- */

/* All that a step may have, where nothing near was written. */
static void help_fields(lua_State *L, struct zpl_diag *diag)
{
    if (!diag || diag->help)
        return;
    lua_pushliteral(L, "");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushfstring(L, "%s%s", i > 0 ? ", " : "", fields[i]);
        lua_concat(L, 2);
    }
    zpl_host_help(L, diag, "a step may have %s", lua_tostring(L, -1));
    lua_pop(L, 1);
}

/* Tells fields that no step has. */
static void check_fields(lua_State *L, int index, struct zpl_site table)
{
    size_t count;
    const char *const *names = zpl_site_names(L, index, table, &count);
    for (size_t i = 0; i < count; i++) {
        if (is_among(fields, sizeof fields / sizeof *fields, names[i]))
            continue;
        struct zpl_diag *diag =
            zpl_host_tell(L, ZPL_CODE_UNKNOWN_ARGUMENT, zpl_site_key(table, names[i]),
                          "a step has no field '%s'", names[i]);
        zpl_host_nearest(L, diag, names[i], fields, sizeof fields / sizeof *fields);
        help_fields(L, diag);
    }
    if (lua_rawlen(L, index) > 0)
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, zpl_site_item(table, 1).span,
                      "a step's fields have names: `signature = …`");
}

/* Where a byte of the body stands in the program; see struct zpl_call. */
static struct zpl_span place_in_body(void *self, size_t offset, size_t length)
{
    const struct zpl_step_def *step = self;
    return zpl_site_inside(step->literal, offset, length);
}

/* Checks an SQL body; a wrong one is told here and then left out of the calls. */
static void check_sql_body(lua_State *L, struct zpl_site where, struct zpl_step_def *step)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_call call = {.step = step->info,
                            .body = step->body,
                            .callee = step->literal.span,
                            .span = step->literal.span,
                            .place = place_in_body,
                            .place_self = step,
                            .naming = host->naming,
                            .naming_count = host->naming_count};
    bool wrong = false;
    if (step->broken || zpl_body_kind(step->info->kernel)->body != ZPL_BODY_SQL)
        return;
    call.caller_count = zpl_host_callers(L, &call.callers);
    int64_t before_ns = zpl_host_engine_ns(host);
    if (zpl_check_declared(&host->checker, &call, &wrong) == ZPL_ERR_NOMEM)
        zpl_host_no_memory(L);
    zpl_host_forgive(L, where, before_ns);
    if (wrong)
        step->body = NULL;
}

const char *zpl_body_identity(lua_State *L, const char *body)
{
    struct zpl_digest digest = zpl_digest_of(body, strlen(body));
    char *identity = zpl_host_need(L, zpl_arena_alloc(zpl_host_arena(L), ZPL_HEX_SIZE));
    zpl_digest_hex(&digest, identity);
    return identity;
}

/* The second half of step "name" {…}; upvalues: the name and its span. */
static int declare_step(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_arena *arena = zpl_host_arena(L);
    struct zpl_site call = zpl_host_call(L), table = zpl_site_arguments(call);
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    struct zpl_span span = call.span;
    if (call.node)
        span = zpl_tree_span(call.unit->tree, zpl_tree_callee(call.unit->tree, call.node));
    if (lua_type(L, 1) != LUA_TTABLE) {
        zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION, table.span, "step \"%s\" takes a table", name);
        return zpl_push_poison(L);
    }
    struct zpl_step_def *step = zpl_host_need(L, zpl_arena_alloc(&host->arena, sizeof *step));
    struct zpl_step_info *info = zpl_host_need(L, zpl_arena_alloc(arena, sizeof *info));
    step->lua = step->fixed = LUA_NOREF;
    step->info = info;
    size_t errors = host->program->diags.errors;
    check_fields(L, 1, table);
    const struct zpl_signature *signature = declared_signature(L, 1, table, span);
    step->broken = !zpl_read_body(L, 1, table, span, signature, step) || !signature;
    zpl_read_running(L, 1, table, &step->running);
    const char *doc = zpl_text_field(L, 1, table, "doc");
    const char *kernel = step->kernel ? step->kernel : "";
    const char *identity = "";
    if (step->body && *step->body && zpl_body_kind(kernel)->body != ZPL_BODY_SQL)
        identity = zpl_body_identity(L, step->body);
    *info = (struct zpl_step_info){.name = zpl_host_need(L, zpl_arena_strdup(arena, name)),
                                   .signature = signature ? signature->text : "",
                                   .doc = doc ? doc : "",
                                   .kernel = kernel,
                                   .identity = identity,
                                   .engines = zpl_body_info(L, kernel)->engines};
    if (host->program->diags.errors == errors) /* what it takes and gives was read as meant */
        check_sql_body(L, call, step);
    zpl_push_step(L, step);
    return 1;
}

/* step "name" */
static int name_step(lua_State *L)
{
    struct zpl_site call = zpl_host_call(L);
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TSTRING) {
        struct zpl_diag *diag = zpl_host_tell(L, ZPL_CODE_BAD_DECLARATION,
                                              zpl_site_arguments(call).span, "a step needs a name");
        zpl_host_help(L, diag, "write `step \"name\" { … }`");
        return zpl_push_poison(L);
    }
    if (!zpl_check_name(L, "step", lua_tostring(L, 1), zpl_site_arguments(call).span))
        return zpl_push_poison(L);
    lua_pushcclosure(L, declare_step, 1);
    return 1;
}

int zpl_capture_bodies(lua_State *L)
{
    struct zpl_host *host = zpl_host_of(L);
    struct zpl_graph *graph = &host->program->graph;
    for (size_t i = 0; i < host->step_count; i++) {
        struct zpl_step_def *step = host->steps[i];
        if (step->lua == LUA_NOREF || !step->body || step->broken)
            continue;
        lua_rawgeti(L, LUA_REGISTRYINDEX, step->lua);
        const char *places = NULL, *image = zpl_capture(L, step->function, &places);
        lua_pop(L, 1);
        char *identity = zpl_host_need(L, zpl_arena_alloc(&graph->arena, ZPL_HEX_SIZE));
        if (image) {
            struct zpl_digest digest = zpl_closure_identity(image, strlen(image));
            zpl_digest_hex(&digest, identity);
        }
        for (size_t n = 0; n < graph->count; n++) {
            if (graph->nodes[n].body != step->body)
                continue;
            graph->nodes[n].body = image;
            graph->nodes[n].places = places;
            graph->nodes[n].identity = identity;
            graph->nodes[n].poison = graph->nodes[n].poison || !image;
        }
        step->body = NULL;
    }
    return 0;
}

void zpl_offer_declarations(lua_State *L)
{
    lua_pushcfunction(L, name_step);
    lua_setfield(L, -2, "step");
}
