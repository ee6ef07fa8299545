/* named.c - see named.h.   Floor: vm. */
#include "vm/session/named.h"

#include <string.h>

/* The store for reading, also where it can't be written to; *out NULL: nothing has run here. */
static enum zpl_err open_store(struct zpl_session *session, struct zpl_metadata *own,
                               struct zpl_metadata **out, struct zpl_diags *diags)
{
    struct zpl_diags quiet = {0};
    *out = zpl_session_memo(session);
    if (*out != NULL)
        return ZPL_OK;
    enum zpl_err err = zpl_metadata_open(&session->config, false, own, &quiet);
    if (err == ZPL_OK)
        *out = own;
    else if (err != ZPL_ERR_NOT_FOUND)
        zpl_diags_append(diags, &quiet);
    zpl_diags_release(&quiet);
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

/* Reads which step stands under the name now; *row is zeroed when none does. */
static enum zpl_err read_now(struct zpl_metadata *metadata, const struct zpl_name_row *names,
                             size_t count, const char *name, struct zpl_step_row *row, bool *there,
                             struct zpl_arena *arena, struct zpl_diags *diags)
{
    *there = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i].name, name) != 0)
            continue;
        enum zpl_err err = metadata->name_step(metadata->self, names[i].step, row, arena, diags);
        if (err == ZPL_ERR_NOT_FOUND) {
            zpl_diag_help(diags,
                          zpl_diag_add(diags, ZPL_CODE_STORE_BUSY, (struct zpl_span){0},
                                       "what was written as '%s' was removed just now", name),
                          "do it again: something newer stands there");
            return ZPL_ERR_BUSY;
        }
        *there = err == ZPL_OK && row->output_count == 1;
        return err;
    }
    return ZPL_OK;
}

/* All names as they are at this moment, and what the program asks of them. */
static enum zpl_err look_up(struct zpl_session *session, const char *name, struct zpl_named *out,
                            struct zpl_diags *diags)
{
    struct zpl_names *names = &session->names;
    struct zpl_metadata own = {0}, *metadata;
    enum zpl_err err = open_store(session, &own, &metadata, diags);
    if (err == ZPL_OK && metadata != NULL && !names->listed)
        err = metadata->name_list(metadata->self, NULL, &names->rows, &names->row_count,
                                  &names->arena, diags);
    names->listed = names->listed || err == ZPL_OK;
    *out = (struct zpl_named){.name = zpl_arena_strdup(&names->arena, name)};
    if (err == ZPL_OK && metadata != NULL)
        err = read_now(metadata, names->rows, names->row_count, name, &out->row, &out->there,
                       &names->arena, diags);
    if (own.release != NULL)
        own.release(own.self);
    return err == ZPL_OK && zpl_arena_failed(&names->arena) ? zpl_diag_nomem(diags) : err;
}

enum zpl_err zpl_named_find(struct zpl_session *session, const char *name,
                            const struct zpl_step_row **out, struct zpl_diags *diags)
{
    struct zpl_names *names = &session->names;
    struct zpl_named found;
    *out = NULL;
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i]->name, name) != 0)
            continue;
        *out = names->items[i]->there ? &names->items[i]->row : NULL;
        return ZPL_OK;
    }
    enum zpl_err err = look_up(session, name, &found, diags);
    if (err != ZPL_OK)
        return err;
    struct zpl_named **items =
        zpl_arena_grow(&names->arena, names->items, names->count, &names->capacity, sizeof *items);
    struct zpl_named *kept = zpl_arena_alloc(&names->arena, sizeof *kept);
    if (items == NULL || kept == NULL)
        return zpl_diag_nomem(diags);
    *kept = found;
    names->items = items;
    items[names->count++] = kept;
    *out = kept->there ? &kept->row : NULL;
    struct zpl_digest answer = zpl_named_answer(*out);
    zpl_witness_name(&session->witness, name, &answer);
    return ZPL_OK;
}

struct zpl_digest zpl_named_answer(const struct zpl_step_row *row)
{
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    if (row != NULL) {
        zpl_hasher_field(&hasher, &row->run, sizeof row->run);
        zpl_hasher_field(&hasher, row->key.b, sizeof row->key.b);
        zpl_hasher_field(&hasher, row->outputs[0].digest.b, sizeof row->outputs[0].digest.b);
        zpl_hasher_field(&hasher, row->outputs[0].type, strlen(row->outputs[0].type));
    }
    return zpl_hasher_final(&hasher);
}

/* What stands under the name at this moment. */
static enum zpl_err read_fresh(struct zpl_session *session, const char *name,
                               struct zpl_step_row *row, bool *there, struct zpl_arena *arena,
                               struct zpl_diags *diags)
{
    struct zpl_metadata own = {0}, *metadata;
    struct zpl_name_row *names = NULL;
    size_t count = 0;
    *there = false;
    enum zpl_err err = open_store(session, &own, &metadata, diags);
    if (err == ZPL_OK && metadata != NULL)
        err = metadata->name_list(metadata->self, name, &names, &count, arena, diags);
    if (err == ZPL_OK && metadata != NULL)
        err = read_now(metadata, names, count, name, row, there, arena, diags);
    if (own.release != NULL)
        own.release(own.self);
    return err;
}

bool zpl_named_holds(struct zpl_session *session, const char *name, const struct zpl_digest *answer)
{
    struct zpl_arena arena = {0};
    struct zpl_diags quiet = {0};
    struct zpl_step_row row;
    bool there;
    bool known = read_fresh(session, name, &row, &there, &arena, &quiet) == ZPL_OK;
    struct zpl_digest now = zpl_named_answer(known && there ? &row : NULL);
    zpl_arena_release(&arena);
    zpl_diags_release(&quiet);
    return known && zpl_digest_equal(&now, answer);
}

enum zpl_err zpl_named_stands(struct zpl_session *session, const char *name,
                              const struct zpl_digest *key, bool *stands, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_step_row row;
    bool there;
    enum zpl_err err = read_fresh(session, name, &row, &there, &arena, diags);
    *stands = err == ZPL_OK && there && zpl_digest_equal(&row.key, key);
    zpl_arena_release(&arena);
    return err;
}

void zpl_named_forget(struct zpl_session *session)
{
    zpl_arena_release(&session->names.arena);
    memset(&session->names, 0, sizeof session->names);
}
