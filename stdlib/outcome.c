/* outcome.c - see outcome.h.   Floor: stdlib. */
#include "stdlib/outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lang/base/diag.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"

static const struct zpl_span nowhere;

bool zpl_outcome_is_json(const struct zpl_type *type)
{
    return zpl_kind_is_scalar(type->kind) || type->kind == ZPL_REPORT || type->kind == ZPL_RECORD ||
           type->kind == ZPL_LIST || type->kind == ZPL_JSON;
}

static const char *json_word(const struct zpl_json *v)
{
    switch (zpl_json_kind(v)) {
    case ZPL_JSON_BOOL:
        return "true or false";
    case ZPL_JSON_INT:
        return "a whole number";
    case ZPL_JSON_REAL:
        return "a fraction";
    case ZPL_JSON_STRING:
        return "text";
    case ZPL_JSON_ARRAY:
        return "a list";
    case ZPL_JSON_OBJECT:
        return "a record";
    default:
        return "null";
    }
}

/* Is the value one of the type, fields and items aside? */
static bool is_kind(const struct zpl_json *v, const struct zpl_type *type)
{
    enum zpl_json_kind have = zpl_json_kind(v);
    double odd;
    if (have == ZPL_JSON_NULL)
        return type->optional || type->kind == ZPL_JSON;
    switch (type->kind) {
    case ZPL_INT:
        return have == ZPL_JSON_INT;
    case ZPL_FLOAT:
        return have == ZPL_JSON_INT || have == ZPL_JSON_REAL || zpl_json_is_odd_real(v, &odd);
    case ZPL_BOOL:
        return have == ZPL_JSON_BOOL;
    case ZPL_STRING:
    case ZPL_PATH:
    case ZPL_ENUM:
    case ZPL_DATE:
        return have == ZPL_JSON_STRING;
    case ZPL_TIMESTAMP:
        return have == ZPL_JSON_STRING || have == ZPL_JSON_INT;
    case ZPL_LIST:
        return have == ZPL_JSON_ARRAY;
    case ZPL_RECORD:
    case ZPL_REPORT:
        return have == ZPL_JSON_OBJECT;
    default:
        return true;
    }
}

static const char *row_differs(const struct zpl_json *v, const struct zpl_row *row,
                               struct zpl_arena *arena)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct zpl_column *field = &row->columns[i];
        const struct zpl_json *value = zpl_json_get(v, field->name);
        if (value == NULL && !field->type->optional)
            return zpl_arena_printf(arena, "has no field '%s'", field->name);
        if (value == NULL)
            continue;
        const char *why = zpl_outcome_differs(value, field->type, arena);
        if (why != NULL)
            return zpl_arena_printf(arena, "has a field '%s' that %s", field->name, why);
    }
    for (size_t i = 0; !row->open && i < zpl_json_count(v); i++)
        if (zpl_row_find(row, zpl_json_key_at(v, i)) == NULL)
            return zpl_arena_printf(arena, "has a field '%s' that is not declared",
                                    zpl_json_key_at(v, i));
    return NULL;
}

/* The value of a scalar type as a literal, to be held to the type; NULL: nothing holds it (a null; a
 * timestamp as a number of microseconds).  *fine turns false when memory is out. */
static const struct zpl_literal *scalar_of(const struct zpl_json *v, const struct zpl_type *type,
                                           struct zpl_arena *arena, bool *fine)
{
    const struct zpl_literal *out = NULL;
    const char *text;
    double odd;
    size_t n;
    if (!zpl_kind_is_scalar(type->kind) ||
        (type->kind == ZPL_TIMESTAMP && zpl_json_kind(v) == ZPL_JSON_INT))
        return NULL;
    switch (zpl_json_kind(v)) {
    case ZPL_JSON_BOOL:
        out = zpl_literal_bool(arena, zpl_json_truth(v, false));
        break;
    case ZPL_JSON_INT:
        out = zpl_literal_int(arena, zpl_json_i64(v, 0));
        break;
    case ZPL_JSON_REAL:
        out = zpl_literal_float(arena, zpl_json_f64(v, 0));
        break;
    case ZPL_JSON_STRING:
        text = zpl_json_strn(v, &n);
        out = type->kind == ZPL_FLOAT && zpl_json_is_odd_real(v, &odd)
                  ? zpl_literal_float(arena, odd)
                  : zpl_literal_string(arena, text, n);
        break;
    default:
        return NULL;
    }
    *fine = out != NULL;
    return out;
}

/* Does a scalar keep what its type promises beyond the kind: the values of an Enum, a range, a
 * pattern, a day that the calendar has?  NULL, or "is 99, which is above the maximum 5". */
static const char *breaks_promise(const struct zpl_json *v, const struct zpl_type *type,
                                  struct zpl_arena *arena)
{
    struct zpl_buf text = {0};
    const char *why;
    bool range, fine = true;
    const struct zpl_literal *value = scalar_of(v, type, arena, &fine);
    if (!fine)
        return "can't be checked: out of memory";
    if (value == NULL || zpl_type_admit(type, value, arena, &why, &range) != NULL)
        return NULL;
    zpl_literal_show(value, &text);
    const char *out = zpl_arena_printf(arena, "is %.200s, which %s", zpl_buf_str(&text), why);
    zpl_buf_release(&text);
    return out != NULL ? out : why;
}

const char *zpl_outcome_differs(const struct zpl_json *v, const struct zpl_type *type,
                                struct zpl_arena *arena)
{
    if (!is_kind(v, type))
        return zpl_arena_printf(arena, "is %s, but %s is declared%s", json_word(v),
                                zpl_type_text(type, true, arena),
                                zpl_json_kind(v) == ZPL_JSON_NULL && type->kind == ZPL_FLOAT
                                    ? "; what is no number is written NaN"
                                    : "");
    if (zpl_json_kind(v) == ZPL_JSON_ARRAY && type->elem != NULL)
        for (size_t i = 0; i < zpl_json_count(v); i++) {
            const char *why = zpl_outcome_differs(zpl_json_at(v, i), type->elem, arena);
            if (why != NULL)
                return zpl_arena_printf(arena, "has an item %zu that %s", i + 1, why);
        }
    if (zpl_json_kind(v) == ZPL_JSON_OBJECT && type->row != NULL)
        return row_differs(v, type->row, arena);
    return breaks_promise(v, type, arena);
}

/* One file of a folder. */
struct entry {
    const char *path; /* from the folder */
    bool executable;
};
struct tree {
    const char *root;
    struct entry *entries;
    size_t count, capacity;
    struct zpl_arena *arena;
    struct zpl_diags *diags;
};

/* Adds what stands at `name` below the root. */
static enum zpl_err collect(struct tree *tree, const char *name, unsigned depth)
{
    char path[ZPL_PATH_MAX];
    struct stat st;
    if (zpl_path_join(path, tree->root, name) != ZPL_OK || depth > ZPL_TREE_DEPTH_MAX)
        return zpl_diag_system(tree->diags, "read", name, ENAMETOOLONG);
    if (lstat(path, &st) != 0)
        return zpl_diag_system(tree->diags, "read", path, errno);
    if (S_ISREG(st.st_mode)) {
        struct entry *grown =
            zpl_arena_grow(tree->arena, tree->entries, tree->count, &tree->capacity, sizeof *grown);
        const char *copy = zpl_arena_strdup(tree->arena, name);
        if (grown == NULL || copy == NULL)
            return zpl_diag_nomem(tree->diags);
        tree->entries = grown;
        grown[tree->count++] = (struct entry){copy, (st.st_mode & S_IXUSR) != 0};
        return ZPL_OK;
    }
    if (!S_ISDIR(st.st_mode)) {
        zpl_diag_add(tree->diags, ZPL_CODE_STEP_OUTPUT, nowhere,
                     "%s is neither a file nor a folder; only those can be kept", path);
        return ZPL_ERR_STEP;
    }
    char **names;
    size_t count;
    enum zpl_err err = zpl_fs_list(path, tree->arena, &names, &count, tree->diags);
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        char inner[ZPL_PATH_MAX];
        err = zpl_path_join(inner, name, names[i]) == ZPL_OK
                  ? collect(tree, inner, depth + 1)
                  : zpl_diag_system(tree->diags, "read", names[i], ENAMETOOLONG);
    }
    return err;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

enum zpl_err zpl_outcome_tree(const char *path, struct zpl_digest *digest, uint64_t *bytes,
                              struct zpl_arena *arena, struct zpl_diags *diags)
{
    struct tree tree = {.root = path, .arena = arena, .diags = diags};
    struct zpl_hasher manifest;
    *bytes = 0;
    enum zpl_err err = collect(&tree, "", 0);
    if (err != ZPL_OK)
        return err;
    if (tree.count > 0)
        qsort(tree.entries, tree.count, sizeof *tree.entries, by_path);
    zpl_hasher_init(&manifest);
    for (size_t i = 0; err == ZPL_OK && i < tree.count; i++) {
        const struct entry *entry = &tree.entries[i];
        char full[ZPL_PATH_MAX];
        struct zpl_digest file;
        uint64_t size = 0;
        err = zpl_path_join(full, path, entry->path) == ZPL_OK
                  ? zpl_fs_digest(full, &file, &size, diags)
                  : zpl_diag_system(diags, "read", entry->path, ENAMETOOLONG);
        *bytes += size;
        if (err == ZPL_OK) {
            zpl_hasher_field(&manifest, entry->path, strlen(entry->path));
            zpl_hasher_field(&manifest, "x", entry->executable ? 1 : 0);
            zpl_hasher_field(&manifest, file.b, sizeof file.b);
        }
    }
    *digest = zpl_hasher_final(&manifest);
    return err;
}
