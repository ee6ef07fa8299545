/* From a Lua function to its closure image (closure.h).  Functions and tables get numbers as they are
 * first reached, breadth first, and refer to each other by them: so a cycle is no special case, and the
 * same program gives the same bytes.  What is reached is noted in scratch while Lua may raise errors;
 * JSON is written only after that. */
#include <lauxlib.h>
#include <string.h>
#include "lang/base/limits.h"
#include "lang/base/version.h"
#include "lang/dsl/closure.h"
#include "lang/dsl/step.h"

#define FREE_NAMES_MAX 150 /* a worker declares them as locals of one chunk; Lua has 200 */

enum item_kind { ITEM_NIL, ITEM_LITERAL, ITEM_TABLE, ITEM_FUNCTION, ITEM_BUILTIN };
struct item {
    enum item_kind kind;
    const struct zpl_literal *literal;
    size_t number;    /* of a table or function */
    const char *name; /* of a builtin */
};
struct entry {
    struct item key, value;
};
/* A table to be looked through; `fields` not NULL: only these are reached by this way. */
struct table {
    const char **fields;
    size_t field_count;
    size_t same_as;       /* the entry by which it is reached as a whole, or this one */
    size_t number;        /* in the image, if it is this one */
    struct zpl_span span; /* of the name through which it was reached first */
    struct entry *entries;
    size_t count;
};
struct function {
    const struct zpl_unit *unit;
    uint32_t node;
    struct item *free;
    size_t count;
};
/* A variable that a function shares with whoever else has the same `id`. */
struct shared {
    const void *id;
    size_t function;
    bool written;
    struct zpl_span span;
    const char *name;
};
struct capture {
    lua_State *L;
    struct zpl_host *host;
    struct zpl_arena *arena; /* scratch */
    struct zpl_site body;
    int seen;   /* stack index: table or function → number */
    int tables; /* stack index: number + 1 → table; functions alike */
    int functions;
    struct table *table;
    size_t table_count, table_capacity;
    struct function *function;
    size_t function_count, function_capacity;
    struct shared *shared;
    size_t shared_count, shared_capacity;
    size_t items;
    bool broken;
};

/* ---- telling ----------------------------------------------------------------------------------- */

/* Says which body is meant where the place is outside of it; it gives no image. */
static void note_body(struct capture *c, struct zpl_diag *diag, struct zpl_span span)
{
    if (span.begin < c->body.span.begin || span.end > c->body.span.end ||
        span.source != c->body.span.source)
        zpl_host_note(c->L, diag, c->body.span, "this body reaches it");
    c->broken = true;
}

static void refuse(struct capture *c, struct zpl_span span, const char *message, const char *help)
{
    struct zpl_diag *diag = zpl_host_tell(c->L, ZPL_CODE_BODY, span, "%s", message);
    note_body(c, diag, span);
    zpl_host_help(c->L, diag, "%s", help);
}

/* Counts what is reached; false where that is too much, which is told once. */
static bool has_room(struct capture *c, struct zpl_span span)
{
    if (++c->items <= ZPL_LITERAL_ITEMS_MAX)
        return true;
    if (c->items == ZPL_LITERAL_ITEMS_MAX + 1) {
        struct zpl_diag *diag =
            zpl_host_tell(c->L, ZPL_CODE_LANG_LIMIT, span, "a lua body reaches more than %d values",
                          (int)ZPL_LITERAL_ITEMS_MAX);
        note_body(c, diag, span);
        zpl_host_help(
            c->L, diag,
            "make it an input of the step: a table that `csv.read` or `parquet.read` gives");
    }
    return false;
}

/* Tells the fields that a function reads of the library on top, `name` to it, and that are not there. */
static void check_library(struct capture *c, size_t function, const struct zpl_free_name *name)
{
    lua_State *L = c->L;
    const struct zpl_tree *tree = c->function[function].unit->tree;
    const char *library = zpl_sandbox_builtin(L, -1);
    if (!zpl_sandbox_thaw(L, -1))
        return;
    for (size_t i = 0; i < name->field_count; i++) {
        const char *field = name->fields[i];
        lua_pushstring(L, field);
        bool there = lua_rawget(L, -2) != LUA_TNIL;
        lua_pop(L, 1);
        if (there)
            continue;
        struct zpl_span span = zpl_tree_token_span(
            tree, zpl_free_name_field(tree, c->function[function].node, name, field));
        note_body(c, zpl_tell_no_function(L, lua_gettop(L), library, field, span), span);
    }
    lua_pop(L, 1);
}

/* ---- values ------------------------------------------------------------------------------------ */

/* The number of the table or function on top, given on first sight; *fresh tells which. */
static size_t number_of(struct capture *c, int list, size_t next, bool *fresh)
{
    lua_State *L = c->L;
    lua_pushvalue(L, -1);
    lua_rawget(L, c->seen);
    *fresh = lua_isnil(L, -1);
    size_t number = *fresh ? next : (size_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (*fresh) {
        lua_pushvalue(L, -1);
        lua_pushinteger(L, (lua_Integer)number);
        lua_rawset(L, c->seen);
        lua_pushvalue(L, -1);
        lua_rawseti(L, list, (lua_Integer)number + 1);
    }
    return number;
}

static struct item reach_table(struct capture *c, struct zpl_span span)
{
    bool fresh;
    size_t number = number_of(c, c->tables, c->table_count, &fresh);
    if (fresh) {
        c->table = zpl_host_need(c->L, zpl_arena_grow(c->arena, c->table, c->table_count,
                                                      &c->table_capacity, sizeof *c->table));
        c->table[c->table_count++] = (struct table){.span = span};
    }
    return (struct item){.kind = ITEM_TABLE, .number = number};
}

/* A table of which only `fields` are reached: it gets a number of its own. */
static struct item reach_fields(struct capture *c, struct zpl_span span, const char **fields,
                                size_t count)
{
    c->table = zpl_host_need(c->L, zpl_arena_grow(c->arena, c->table, c->table_count,
                                                  &c->table_capacity, sizeof *c->table));
    c->table[c->table_count] = (struct table){.span = span, .fields = fields, .field_count = count};
    lua_pushvalue(c->L, -1);
    lua_rawseti(c->L, c->tables, (lua_Integer)c->table_count + 1);
    return (struct item){.kind = ITEM_TABLE, .number = c->table_count++};
}

/* The function on top, by the tree it was written in. */
static struct item reach_function(struct capture *c, struct zpl_span span)
{
    lua_State *L = c->L;
    const char *builtin = zpl_sandbox_builtin(L, -1);
    if (builtin)
        return (struct item){.kind = ITEM_BUILTIN, .name = builtin};
    lua_Debug info;
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &info);
    const struct zpl_unit *unit = zpl_host_unit(L, info.source);
    uint32_t token = unit ? zpl_emit_map_token(&unit->map, info.linedefined) : ZPL_NO_TOKEN;
    uint32_t node = token == ZPL_NO_TOKEN ? 0 : zpl_tree_function_at(unit->tree, token);
    if (!node) {
        refuse(c, span, "a lua body can't use this function",
               "it may use its inputs, plain values, your own functions and Lua's libraries");
        return (struct item){.kind = ITEM_NIL};
    }
    bool fresh;
    size_t number = number_of(c, c->functions, c->function_count, &fresh);
    if (fresh) {
        c->function = zpl_host_need(L, zpl_arena_grow(c->arena, c->function, c->function_count,
                                                      &c->function_capacity, sizeof *c->function));
        c->function[c->function_count++] = (struct function){.unit = unit, .node = node};
    }
    return (struct item){.kind = ITEM_FUNCTION, .number = number};
}

static struct item refuse_userdata(struct capture *c, struct zpl_span span)
{
    lua_State *L = c->L;
    const struct zpl_value *value = zpl_test_value(L, -1);
    if (value && zpl_is_poison(value))
        c->broken = true;
    else if (value)
        refuse(c, span, "a lua body can't use a value that is known only at run time",
               "make it an input of the step");
    else
        refuse(c, span,
               lua_pushfstring(L, "a lua body can't use a %s",
                               zpl_test_type(L, -1)   ? "type"
                               : zpl_test_step(L, -1) ? "step"
                                                      : "value of zpl"),
               "it may use its inputs, plain values, your own functions and Lua's libraries");
    return (struct item){.kind = ITEM_NIL};
}

/* What the value on top is in an image.  It stays on the stack. */
static struct item reach(struct capture *c, struct zpl_span span)
{
    lua_State *L = c->L;
    const struct zpl_literal *literal = NULL;
    struct item item;
    size_t len;
    const char *s;
    if (!has_room(c, span))
        return (struct item){.kind = ITEM_NIL};
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        return (struct item){.kind = ITEM_NIL};
    case LUA_TBOOLEAN:
        literal = zpl_literal_bool(c->arena, lua_toboolean(L, -1));
        break;
    case LUA_TNUMBER:
        literal = lua_isinteger(L, -1) ? zpl_literal_int(c->arena, lua_tointeger(L, -1))
                                       : zpl_literal_float(c->arena, lua_tonumber(L, -1));
        break;
    case LUA_TSTRING:
        s = lua_tolstring(L, -1, &len);
        literal = zpl_literal_string(c->arena, s, len);
        break;
    case LUA_TTABLE:
        if ((s = zpl_sandbox_builtin(L, -1)))
            return (struct item){.kind = ITEM_BUILTIN, .name = s};
        if (!zpl_sandbox_thaw(L, -1))
            return reach_table(c, span);
        item = reach_table(c, span);
        lua_pop(L, 1);
        return item;
    case LUA_TFUNCTION:
        return reach_function(c, span);
    case LUA_TUSERDATA:
        if (!(s = zpl_test_path(L, -1, &len)))
            return refuse_userdata(c, span);
        literal = zpl_literal_path(c->arena, s, len);
        break;
    default:
        return refuse_userdata(c, span);
    }
    return (struct item){.kind = ITEM_LITERAL, .literal = zpl_host_need(L, literal)};
}

/* Can the keys of the table at `index` be sorted?  Tells when not. */
static bool check_keys(struct capture *c, int index, struct zpl_span span)
{
    lua_State *L = c->L;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        int type = lua_type(L, -1);
        if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN)
            continue;
        refuse(c, span,
               lua_pushfstring(L, "a lua body can't use a table with a %s as a key",
                               type == LUA_TUSERDATA ? "value of zpl" : lua_typename(L, type)),
               "use numbers or texts as keys");
        return false;
    }
    return true;
}

/* Looks through table `number`: its keys sorted, or the fields that are reached. */
static void open_table(struct capture *c, size_t number)
{
    lua_State *L = c->L;
    struct table *t = &c->table[number];
    struct zpl_span span = t->span;
    const char **fields = t->fields;
    size_t count = t->field_count;
    lua_rawgeti(L, c->tables, (lua_Integer)number + 1);
    int table = lua_gettop(L);
    if (!fields && !check_keys(c, table, span)) {
        lua_settop(L, table - 1);
        return;
    }
    if (!fields) {
        zpl_sandbox_push_sorted_keys(L, table);
        count = lua_rawlen(L, -1);
    }
    struct entry *entries = zpl_host_need(L, zpl_arena_array(c->arena, count + 1, sizeof *entries));
    for (size_t i = 0; i < count; i++) {
        if (fields)
            lua_pushstring(L, fields[i]);
        else
            lua_rawgeti(L, table + 1, (lua_Integer)i + 1);
        entries[i].key = reach(c, span);
        lua_rawget(L, table);
        entries[i].value = reach(c, span);
        lua_pop(L, 1);
    }
    c->table[number].entries = entries;
    c->table[number].count = count;
    lua_settop(L, table - 1);
}

/* ---- functions --------------------------------------------------------------------------------- */

/* Pushes what a name that no one declares stands for; false: nothing pushed (told). */
static bool push_global(struct capture *c, const char *name, struct zpl_span span)
{
    lua_State *L = c->L;
    if (zpl_sandbox_push_builtin(L, name))
        return true;
    zpl_sandbox_push_names(L);
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TFUNCTION && !zpl_sandbox_label(L, -1))
        return true;
    bool known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (known)
        refuse(c, span, lua_pushfstring(L, "a lua body can't use '%s'", name),
               "steps are called where the file is evaluated, not inside a step");
    else
        refuse(c, span, lua_pushfstring(L, "unknown name '%s'", name),
               "a lua body may use its inputs, plain values, your own functions and Lua's "
               "libraries");
    return false;
}

/* Pushes the value of a <const> that Lua folded into the code: only a literal can be one. */
static bool push_constant(struct capture *c, const struct zpl_tree *tree, uint32_t decl)
{
    lua_State *L = c->L;
    uint32_t names = tree->nodes[decl].parent, i = 0;
    for (uint32_t n = tree->nodes[names].child; n && n != decl; n = tree->nodes[n].next)
        i++;
    uint32_t value = zpl_tree_bare(tree, zpl_tree_child(tree, tree->nodes[names].next, i));
    struct zpl_span span = zpl_tree_span(tree, value);
    uint8_t kind = tree->nodes[value].kind;
    if (kind == ZPL_NODE_UNARY)
        kind = tree->nodes[tree->nodes[value].child].kind;
    if (kind != ZPL_NODE_NUMBER && kind != ZPL_NODE_STRING && kind != ZPL_NODE_TRUE &&
        kind != ZPL_NODE_FALSE && kind != ZPL_NODE_NIL)
        return false;
    const char *text = zpl_arena_printf(c->arena, "return %.*s", (int)(span.end - span.begin),
                                        tree->text + span.begin);
    if (luaL_loadstring(L, zpl_host_need(L, text)) == LUA_OK)
        lua_call(L, 0, 1);
    return true;
}

static void note_shared(struct capture *c, size_t function, int upvalue,
                        const struct zpl_free_name *name, struct zpl_span span, const char *text)
{
    c->shared = zpl_host_need(c->L, zpl_arena_grow(c->arena, c->shared, c->shared_count,
                                                   &c->shared_capacity, sizeof *c->shared));
    c->shared[c->shared_count++] = (struct shared){.id = lua_upvalueid(c->L, -1, upvalue),
                                                   .function = function,
                                                   .written = name->written,
                                                   .span = span,
                                                   .name = text};
}

/* Pushes the value of a free name of the function on top; false: nothing pushed (told). */
static bool push_free(struct capture *c, size_t number, const struct zpl_free_name *name,
                      struct zpl_span span, const char *text)
{
    lua_State *L = c->L;
    const struct zpl_tree *tree = c->function[number].unit->tree;
    if (name->decl == 0)
        return push_global(c, text, span);
    const char *upvalue;
    for (int i = 1; (upvalue = lua_getupvalue(L, -1, i)); i++) {
        if (strcmp(upvalue, text) != 0) {
            lua_pop(L, 1);
            continue;
        }
        lua_insert(L, -2);
        note_shared(c, number, i, name, span, text);
        lua_insert(L, -2);
        return true;
    }
    if ((tree->nodes[name->decl].flags & ZPL_NODE_CONST) && push_constant(c, tree, name->decl))
        return true;
    refuse(c, span, lua_pushfstring(L, "a lua body can't take '%s' along", text),
           "declare it without <const>");
    return false;
}

/* Looks at the free names of function `number`. */
static void open_function(struct capture *c, size_t number)
{
    lua_State *L = c->L;
    const struct zpl_tree *tree = c->function[number].unit->tree;
    struct zpl_free_names names = {0};
    if (zpl_free_names(tree, c->function[number].node, c->arena, &names) != ZPL_OK)
        zpl_host_no_memory(L);
    if (names.count > FREE_NAMES_MAX) {
        refuse(c, zpl_tree_span(tree, c->function[number].node),
               "a function inside a lua body uses more than 150 names from outside",
               "put them into a table");
        return;
    }
    struct item *items =
        zpl_host_need(L, zpl_arena_array(c->arena, names.count + 1, sizeof *items));
    lua_rawgeti(L, c->functions, (lua_Integer)number + 1);
    int function = lua_gettop(L);
    for (size_t i = 0; i < names.count; i++) {
        const struct zpl_free_name *name = &names.items[i];
        struct zpl_span span = zpl_tree_token_span(tree, name->token);
        const char *text = zpl_host_need(
            L, zpl_arena_strndup(c->arena, tree->text + span.begin, span.end - span.begin));
        lua_pushvalue(L, function);
        if (push_free(c, number, name, span, text)) {
            bool table = lua_type(L, -1) == LUA_TTABLE && !zpl_sandbox_builtin(L, -1);
            if (lua_type(L, -1) == LUA_TTABLE && !table)
                check_library(c, number, name);
            if (table && zpl_sandbox_thaw(L, -1))
                lua_remove(L, -2);
            items[i] = table && !name->whole && name->field_count > 0
                           ? reach_fields(c, span, name->fields, name->field_count)
                           : reach(c, span);
        }
        lua_settop(L, function);
    }
    lua_settop(L, function - 1);
    c->function[number].free = items;
    c->function[number].count = names.count;
}

/* Two functions that share a variable would each have their own: told when one of them writes it. */
static void check_shared(struct capture *c)
{
    for (size_t i = 0; i < c->shared_count; i++) {
        const struct shared *a = &c->shared[i];
        for (size_t k = 0; a->written && k < c->shared_count; k++) {
            const struct shared *b = &c->shared[k];
            if (a->id != b->id || a->function == b->function)
                continue;
            refuse(c, a->span,
                   lua_pushfstring(
                       c->L, "two functions of a lua body share '%s', and one writes it", a->name),
                   "keep what changes in a table that is passed to both");
            break;
        }
    }
}

/* Numbers the tables of the image.  One of which a function reaches some fields and another one all of
 * it is one table: what is written to it here is read from it there. */
static void number_tables(struct capture *c)
{
    lua_State *L = c->L;
    size_t number = 0;
    for (size_t i = 0; i < c->table_count; i++) {
        struct table *t = &c->table[i];
        lua_rawgeti(L, c->tables, (lua_Integer)i + 1);
        bool whole = lua_rawget(L, c->seen) != LUA_TNIL;
        t->same_as = whole ? (size_t)lua_tointeger(L, -1) : i;
        lua_pop(L, 1);
        if (t->same_as == i)
            t->number = number++;
    }
}

/* ---- writing ----------------------------------------------------------------------------------- */

static struct zpl_json *numbered(const char *kind, size_t number)
{
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, kind, zpl_json_int((int64_t)number));
    return object;
}

static struct zpl_json *item_json(const struct capture *c, const struct item *item)
{
    struct zpl_json *object;
    switch (item->kind) {
    case ITEM_NIL:
        return zpl_json_null();
    case ITEM_LITERAL:
        return zpl_literal_json(item->literal);
    case ITEM_TABLE:
        return numbered("table", c->table[c->table[item->number].same_as].number);
    case ITEM_FUNCTION:
        return numbered("function", item->number);
    case ITEM_BUILTIN:
        object = zpl_json_object();
        zpl_json_set_take(object, "builtin", zpl_json_string(item->name));
        return object;
    }
    return NULL;
}

static struct zpl_json *function_json(const struct capture *c, const struct function *function)
{
    struct zpl_buf text = {0};
    struct zpl_emit_map map = {0};
    struct zpl_json *object = zpl_json_object(), *free_names = zpl_json_array();
    bool fine = zpl_emit_node(function->unit->tree, function->node, &text, &map) == ZPL_OK;
    zpl_json_set_take(object, "text", fine ? zpl_json_stringn(zpl_buf_str(&text), text.len) : NULL);
    for (size_t i = 0; i < function->count; i++)
        zpl_json_add_take(free_names, item_json(c, &function->free[i]));
    zpl_json_set_take(object, "free", free_names);
    zpl_emit_map_release(&map);
    zpl_buf_release(&text);
    return object;
}

static struct zpl_json *table_json(const struct capture *c, const struct table *table)
{
    struct zpl_json *array = zpl_json_array();
    for (size_t i = 0; i < table->count; i++) {
        struct zpl_json *pair = zpl_json_array();
        zpl_json_add_take(pair, item_json(c, &table->entries[i].key));
        zpl_json_add_take(pair, item_json(c, &table->entries[i].value));
        zpl_json_add_take(array, pair);
    }
    return array;
}

/* The whole image, in the graph's arena; NULL when memory is out. */
static const char *write_image(const struct capture *c, struct zpl_arena *arena)
{
    struct zpl_json *object = zpl_json_object();
    struct zpl_json *functions = zpl_json_array(), *tables = zpl_json_array();
    struct zpl_buf text = {0};
    for (size_t i = 0; i < c->function_count; i++)
        zpl_json_add_take(functions, function_json(c, &c->function[i]));
    for (size_t i = 0; i < c->table_count; i++)
        if (c->table[i].same_as == i)
            zpl_json_add_take(tables, table_json(c, &c->table[i]));
    zpl_json_set_take(object, "version", zpl_json_int(ZPL_CLOSURE_VERSION));
    zpl_json_set_take(object, "functions", functions);
    zpl_json_set_take(object, "tables", tables);
    bool fine = zpl_json_write(object, false, &text) == ZPL_OK;
    const char *image = fine ? zpl_arena_strndup(arena, zpl_buf_str(&text), text.len) : NULL;
    zpl_buf_release(&text);
    zpl_json_release(object);
    return image;
}

/* Where the functions of the image stand in the program: an array of what each is. */
static const char *write_places(const struct capture *c, struct zpl_arena *arena)
{
    struct zpl_json *array = zpl_json_array();
    struct zpl_buf text = {0};
    for (size_t i = 0; i < c->function_count; i++)
        zpl_json_add_take(array, zpl_places_json(c->function[i].unit, c->function[i].node));
    bool fine = zpl_json_write(array, false, &text) == ZPL_OK;
    const char *places = fine ? zpl_arena_strndup(arena, zpl_buf_str(&text), text.len) : NULL;
    zpl_buf_release(&text);
    zpl_json_release(array);
    return places;
}

const char *zpl_capture(lua_State *L, struct zpl_site where, const char **places)
{
    struct zpl_host *host = zpl_host_of(L);
    struct capture c = {.L = L, .host = host, .arena = &host->arena, .body = where};
    luaL_checkstack(L, 30, NULL);
    int top = lua_gettop(L);
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    c.seen = top + 1;
    c.tables = top + 2;
    c.functions = top + 3;
    lua_pushvalue(L, top);
    struct item main = reach(&c, where.span);
    lua_pop(L, 1);
    if (main.kind == ITEM_BUILTIN)
        refuse(&c, where.span, "a library function can't be a body by itself",
               "write `lua = function (t) … end`");
    /* Looking through one reaches others, which are appended. */
    size_t functions = 0, tables = 0;
    while (!c.broken && (functions < c.function_count || tables < c.table_count)) {
        if (functions < c.function_count)
            open_function(&c, functions++);
        else
            open_table(&c, tables++);
    }
    check_shared(&c);
    number_tables(&c);
    lua_settop(L, top);
    if (c.broken)
        return NULL;
    *places = zpl_host_need(L, write_places(&c, zpl_host_arena(L)));
    return zpl_host_need(L, write_image(&c, zpl_host_arena(L)));
}
