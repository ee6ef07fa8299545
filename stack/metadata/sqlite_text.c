/* sqlite_text.c - long texts: plans and graphs.  A run shares them with other runs, by their digest; and since
 * after an edit most of a plan is what it was, a text is kept in pieces, each once.  It is cut behind items of
 * lists ("},") whose own bytes say so, thus in the same places whatever stands around them.
 * What was read is held to the digest of the text; pieces that are damaged are forgotten by mending, with the
 * texts that need them.
 * Errors: STORE_CORRUPT that names the run.   Floor: stack. */
#include <string.h>
#include "stack/metadata/sqlite.h"

#define PIECE_ITEMS 64 /* items in a piece, about */

/* Of all bytes; good enough to choose by. */
static uint64_t mix(const char *bytes, size_t len)
{
    static const uint64_t ODD = 0x9e3779b97f4a7c15u;
    uint64_t hash = len, word;
    for (; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * ODD;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, bytes, len);
    hash = (hash ^ word) * ODD;
    return hash ^ hash >> 32;
}

/* How much of text[0..len) is an item with what separates it from the next one. */
static size_t item_length(const char *text, size_t len)
{
    const char *end = text + len, *at = text;
    while ((at = memchr(at, '}', (size_t)(end - at))) != NULL) {
        at++;
        if (end - at >= 2 && at[0] == ',' && at[1] == '{')
            return (size_t)(at + 1 - text);
    }
    return len;
}

static size_t piece_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        size_t item = item_length(text + at, len - at);
        uint64_t hash = mix(text + at, item);
        at += item;
        if (hash % PIECE_ITEMS == 0)
            break;
    }
    return at;
}

/* The number of the row with that digest; 0: there is none. */
static enum zpl_err find(struct zpl_sqlite *store, const char *sql, const char *hex, int64_t *id,
                         struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    *id = 0;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags, sql, "s", hex);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
    *id = zpl_sqlrow_int(row, 0);
    zpl_sqldb_reset(row);
    return ZPL_OK;
}

static enum zpl_err keep_piece(struct zpl_sqlite *store, const char *bytes, size_t len, int64_t *id,
                               struct zpl_diags *diags)
{
    char hex[ZPL_HEX_SIZE];
    struct zpl_digest digest = zpl_digest_of(bytes, len);
    zpl_digest_hex(&digest, hex);
    enum zpl_err err = find(store, "SELECT id FROM pieces WHERE digest = ?", hex, id, diags);
    if (err != ZPL_OK || *id > 0)
        return err;
    err = zpl_sqldb_run(store->db, diags,
                        "INSERT INTO pieces (digest, text) VALUES (?, CAST(? AS TEXT))", "sb", hex,
                        bytes, len);
    *id = zpl_sqldb_last_id(store->db);
    return err;
}

enum zpl_err zpl_sqlite_keep_text(struct zpl_sqlite *store, const char *text,
                                  const struct zpl_digest *digest, char hex[ZPL_HEX_SIZE],
                                  struct zpl_diags *diags)
{
    int64_t id;
    hex[0] = '\0';
    if (!text)
        return ZPL_OK;
    size_t len = strlen(text);
    struct zpl_digest own = digest ? *digest : zpl_digest_of(text, len);
    zpl_digest_hex(&own, hex);
    enum zpl_err err = find(store, "SELECT id FROM texts WHERE digest = ?", hex, &id, diags);
    if (err != ZPL_OK || id > 0)
        return err;
    err = zpl_sqldb_run(store->db, diags, "INSERT INTO texts (digest) VALUES (?)", "s", hex);
    id = zpl_sqldb_last_id(store->db);
    for (size_t at = 0; err == ZPL_OK && at < len;) {
        int64_t piece;
        size_t n = piece_length(text + at, len - at);
        err = keep_piece(store, text + at, n, &piece, diags);
        if (err == ZPL_OK)
            err = zpl_sqldb_run(store->db, diags,
                                "INSERT INTO text_pieces (text, at, piece) VALUES (?, ?, ?)", "iii",
                                id, (int64_t)at, piece);
        at += n;
    }
    return err;
}

/* The pieces behind each other. */
static enum zpl_err join(struct zpl_sqlite *store, const char *hex, struct zpl_buf *out,
                         struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags,
                        "SELECT p.text FROM texts t JOIN text_pieces o ON o.text = t.id "
                        "JOIN pieces p ON p.id = o.piece WHERE t.digest = ? ORDER BY o.at",
                        "s", hex);
    while (err == ZPL_OK && (err = zpl_sqldb_step(store->db, row, diags)) == ZPL_OK) {
        size_t len;
        const void *bytes = zpl_sqlrow_blob(row, 0, &len);
        zpl_buf_add(out, bytes, len);
    }
    return err == ZPL_ERR_NOT_FOUND ? ZPL_OK : err;
}

enum zpl_err zpl_sqlite_read_text(struct zpl_sqlite *store, const char *hex, int64_t run,
                                  const char **out, struct zpl_arena *arena,
                                  struct zpl_diags *diags)
{
    struct zpl_buf text = {0};
    struct zpl_digest digest;
    *out = NULL;
    if (!hex)
        return ZPL_OK;
    enum zpl_err err = join(store, hex, &text, diags);
    if (err == ZPL_OK && zpl_buf_error(&text) != ZPL_OK)
        err = zpl_diag_nomem(diags);
    if (err == ZPL_OK) {
        struct zpl_digest now = zpl_digest_of(zpl_buf_str(&text), text.len);
        bool whole = zpl_digest_parse(hex, &digest) && zpl_digest_equal(&now, &digest);
        err = whole ? ZPL_OK : zpl_sqlite_damaged("runs", run, diags);
    }
    if (err == ZPL_OK) {
        *out = zpl_arena_strndup(arena, zpl_buf_str(&text), text.len);
        err = zpl_sqlite_arena(arena, diags);
    }
    zpl_buf_release(&text);
    return err;
}

enum zpl_err zpl_sqlite_check_piece(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    struct zpl_sqlrow *row;
    struct zpl_digest digest;
    size_t len;
    enum zpl_err err = zpl_sqldb_query(store->db, &row, diags,
                                       "SELECT digest, text FROM pieces WHERE id = ?", "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err != ZPL_OK)
        return err == ZPL_ERR_NOT_FOUND ? zpl_sqlite_damaged("pieces", id, diags) : err;
    const char *hex = zpl_sqlrow_text(row, 0);
    const void *bytes = zpl_sqlrow_blob(row, 1, &len);
    struct zpl_digest now = zpl_digest_of(len > 0 ? bytes : "", len);
    bool whole = hex && zpl_digest_parse(hex, &digest) && zpl_digest_equal(&now, &digest);
    zpl_sqldb_reset(row);
    return whole ? ZPL_OK : zpl_sqlite_damaged("pieces", id, diags);
}

enum zpl_err zpl_sqlite_check_text(struct zpl_sqlite *store, int64_t id, struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    struct zpl_diags told = {0};
    struct zpl_sqlrow *row;
    const char *hex = NULL, *text;
    enum zpl_err err =
        zpl_sqldb_query(store->db, &row, diags, "SELECT digest FROM texts WHERE id = ?", "i", id);
    if (err == ZPL_OK)
        err = zpl_sqldb_step(store->db, row, diags);
    if (err == ZPL_OK) {
        hex = zpl_sqlite_text(&arena, row, 0, "");
        zpl_sqldb_reset(row);
        err = zpl_sqlite_arena(&arena, diags);
    }
    if (err == ZPL_OK)
        err = zpl_sqlite_read_text(store, hex, 0, &text, &arena, &told);
    if (err == ZPL_ERR_CORRUPT || err == ZPL_ERR_NOT_FOUND)
        err = zpl_sqlite_damaged("texts", id, diags);
    else
        zpl_diags_append(diags, &told);
    zpl_diags_release(&told);
    zpl_arena_release(&arena);
    return err;
}
