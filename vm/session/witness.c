/* witness.c - see witness.h.   Floor: vm. */
#include "vm/session/witness.h"

#include <string.h>

#include "vm/python/python.h"
#include "vm/session/project.h"

/* A change within this time of reading may leave the time stamp alone. */
#define RACY_NS 2000000000LL
/* A file whose stat data can't be trusted is read again if it is no larger. */
#define READ_AGAIN_BYTES (16u << 20)

bool zpl_stat_is_settled(const struct zpl_stat *stat)
{
    int64_t changed_ns = stat->mtime_ns > stat->ctime_ns ? stat->mtime_ns : stat->ctime_ns;
    return zpl_clock_wall_ns() - changed_ns > RACY_NS;
}

void zpl_witness_release(struct zpl_witness *witness)
{
    zpl_arena_release(&witness->arena);
    memset(witness, 0, sizeof *witness);
}

/* ---- the list ---- */

static size_t hash_of(enum zpl_saw kind, const char *path)
{
    uint64_t hash = 0xcbf29ce484222325u + (uint64_t)kind;
    for (const unsigned char *s = (const unsigned char *)path; *s != '\0'; s++)
        hash = (hash ^ *s) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 29);
}

/* Where the sight's index stands, or would. */
static uint32_t *place_of(const struct zpl_witness *w, enum zpl_saw kind, const char *path)
{
    size_t i = hash_of(kind, path) % w->room;
    while (w->places[i] != 0 && (w->sights[w->places[i] - 1].kind != kind ||
                                 strcmp(w->sights[w->places[i] - 1].path, path) != 0))
        i = (i + 1) % w->room;
    return &w->places[i];
}

static bool make_room(struct zpl_witness *w)
{
    struct zpl_sight *sights =
        zpl_arena_grow(&w->arena, w->sights, w->count, &w->capacity, sizeof *sights);
    if (sights == NULL)
        return false;
    w->sights = sights;
    if (2 * (w->count + 1) <= w->room)
        return true;
    size_t room = w->room > 0 ? 2 * w->room : 64;
    uint32_t *places = zpl_arena_array(&w->arena, room, sizeof *places);
    if (places == NULL)
        return false;
    w->places = places;
    w->room = room;
    for (size_t i = 0; i < w->count; i++)
        *place_of(w, w->sights[i].kind, w->sights[i].path) = (uint32_t)i + 1;
    return true;
}

/* The sight of that answer; NULL when it was seen before. */
static struct zpl_sight *add(struct zpl_witness *w, enum zpl_saw kind, const char *path,
                             const struct zpl_digest *answer)
{
    if (w->lost)
        return NULL;
    if (!make_room(w)) {
        w->lost = true;
        return NULL;
    }
    uint32_t *place = place_of(w, kind, path);
    if (*place != 0) {
        w->lost = !zpl_digest_equal(&w->sights[*place - 1].answer, answer);
        return NULL;
    }
    struct zpl_sight *sight = &w->sights[w->count];
    *sight = (struct zpl_sight){
        .kind = kind, .path = zpl_arena_strdup(&w->arena, path), .answer = *answer};
    w->lost = sight->path == NULL;
    if (!w->lost)
        *place = (uint32_t)++w->count;
    return w->lost ? NULL : sight;
}

void zpl_witness_lose(struct zpl_witness *witness)
{
    if (witness != NULL)
        witness->lost = true;
}

/* ---- answers ---- */

static struct zpl_digest place_answer(const struct zpl_stat *stat)
{
    char what = stat == NULL ? '-' : stat->is_file ? 'f' : stat->is_dir ? 'd' : '?';
    return zpl_digest_of(&what, 1);
}

static struct zpl_digest list_answer(const char *const *names, size_t count)
{
    struct zpl_hasher hasher;
    zpl_hasher_init(&hasher);
    for (size_t i = 0; i < count; i++)
        zpl_hasher_field(&hasher, names[i], strlen(names[i]));
    return zpl_hasher_final(&hasher);
}

static void add_content(struct zpl_witness *witness, enum zpl_saw kind, const char *path,
                        const struct zpl_stat *stat, const struct zpl_digest *digest)
{
    struct zpl_sight *sight = witness != NULL ? add(witness, kind, path, digest) : NULL;
    if (sight == NULL)
        return;
    sight->stat = *stat;
    sight->sure = zpl_stat_is_settled(stat);
}

void zpl_witness_content(struct zpl_witness *witness, const char *path, const struct zpl_stat *stat,
                         const struct zpl_digest *digest)
{
    add_content(witness, ZPL_SAW_CONTENT, path, stat, digest);
}

void zpl_witness_import(struct zpl_witness *witness, const char *path, const struct zpl_stat *stat,
                        const struct zpl_digest *digest)
{
    add_content(witness, ZPL_SAW_IMPORT, path, stat, digest);
}

void zpl_witness_place(struct zpl_witness *witness, const char *path, const struct zpl_stat *stat)
{
    struct zpl_digest answer = place_answer(stat);
    if (witness != NULL)
        add(witness, ZPL_SAW_PLACE, path, &answer);
}

void zpl_witness_folder(struct zpl_witness *witness, const char *path, char *const *names,
                        size_t count)
{
    struct zpl_digest answer = list_answer((const char *const *)names, count);
    if (witness != NULL)
        add(witness, ZPL_SAW_FOLDER, path, &answer);
}

void zpl_witness_pattern(struct zpl_witness *witness, const char *pattern, const char *const *paths,
                         size_t count)
{
    struct zpl_digest answer = list_answer(paths, count);
    if (witness != NULL)
        add(witness, ZPL_SAW_PATTERN, pattern, &answer);
}

void zpl_witness_name(struct zpl_witness *witness, const char *name,
                      const struct zpl_digest *answer)
{
    if (witness != NULL)
        add(witness, ZPL_SAW_NAME, name, answer);
}

void zpl_witness_python(struct zpl_witness *witness, const char *which,
                        const struct zpl_digest *answer)
{
    if (witness != NULL)
        add(witness, ZPL_SAW_PYTHON, which, answer);
}

void zpl_witness_take(struct zpl_witness *witness, const struct zpl_sight *sight)
{
    struct zpl_sight *own = add(witness, sight->kind, sight->path, &sight->answer);
    if (own == NULL)
        return;
    own->stat = sight->stat;
    own->sure = sight->sure;
}

/* ---- asking again ---- */

static bool same_stat(const struct zpl_stat *a, const struct zpl_stat *b)
{
    return a->size == b->size && a->inode == b->inode && a->device == b->device &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns && a->is_file && b->is_file;
}

static bool content_holds(const struct zpl_sight *sight)
{
    struct zpl_stat stat;
    struct zpl_digest digest;
    uint64_t size;
    if (zpl_fs_stat(sight->path, &stat, NULL) != ZPL_OK || stat.size != sight->stat.size)
        return false;
    if (sight->sure && same_stat(&stat, &sight->stat))
        return true;
    return stat.is_file && stat.size <= READ_AGAIN_BYTES &&
           zpl_fs_digest(sight->path, &digest, &size, NULL) == ZPL_OK &&
           zpl_digest_equal(&digest, &sight->answer);
}

bool zpl_sight_holds(const struct zpl_sight *sight, const struct zpl_project *project)
{
    struct zpl_arena arena = {0};
    struct zpl_diags quiet = {0};
    struct zpl_digest answer = {{0}};
    struct zpl_stat stat;
    const char *const *paths;
    char **names;
    size_t count;
    bool known = true;
    switch (sight->kind) {
    case ZPL_SAW_CONTENT:
    case ZPL_SAW_IMPORT:
        return content_holds(sight);
    case ZPL_SAW_NAME:
        return false;
    case ZPL_SAW_PYTHON:
        answer = zpl_python_sight(project, sight->path);
        break;
    case ZPL_SAW_PLACE:
        answer = place_answer(zpl_fs_stat(sight->path, &stat, NULL) == ZPL_OK ? &stat : NULL);
        break;
    case ZPL_SAW_FOLDER:
        known = zpl_fs_list(sight->path, &arena, &names, &count, &quiet) == ZPL_OK;
        if (known)
            answer = list_answer((const char *const *)names, count);
        break;
    case ZPL_SAW_PATTERN:
        known = zpl_project_files(project, sight->path, &arena, &paths, &count, &quiet) == ZPL_OK;
        if (known)
            answer = list_answer(paths, count);
        break;
    }
    zpl_arena_release(&arena);
    zpl_diags_release(&quiet);
    return known && zpl_digest_equal(&answer, &sight->answer);
}
