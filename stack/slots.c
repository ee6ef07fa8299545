#include "stack/slots.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "lang/graph/graph.h"
#include "stack/lock.h"

#define NAME_SHIFT 32 /* of a byte's number: below it stands which of the name's */
#define NAME_MASK  UINT64_C(0x3fffffff) /* bits of the digest that are above it */
#define NUMBERS    (UINT64_C(1) << 31)  /* of the name's bytes: the first that is a number */
#define TURN_NS    (ZPL_SLOTS_TURN_MS * ZPL_NS_PER_MS)

/* A name of which something was asked. */
struct name {
    uint64_t first;   /* its first byte */
    uint64_t number;  /* the byte that we hold because we wait; 0: we do not */
    int64_t since_ns; /* since when there are slots that are left to others; 0: there are none */
};
struct held {
    uint64_t byte;
    struct zpl_digest holder;
};
struct zpl_slots {
    int fd;
    char *path;
    struct name *names;
    size_t name_count;
    struct held *held;
    size_t held_count;
};

enum zpl_err zpl_slots_open(const char *path, struct zpl_slots **out, struct zpl_diags *diags)
{
    struct zpl_slots *slots = zpl_calloc(1, sizeof *slots);
    *out = slots;
    if (!slots)
        return zpl_diag_nomem(diags);
    slots->fd = zpl_lock_open(path);
    slots->path = zpl_strdup(path);
    if (slots->fd >= 0 && slots->path)
        return ZPL_OK;
    enum zpl_err err =
        slots->fd < 0 ? zpl_diag_system(diags, "open", path, errno) : zpl_diag_nomem(diags);
    zpl_slots_release(slots);
    *out = NULL;
    return err;
}

void zpl_slots_release(struct zpl_slots *slots)
{
    if (!slots)
        return;
    if (slots->fd >= 0)
        close(slots->fd);
    free(slots->path);
    free(slots->names);
    free(slots->held);
    free(slots);
}

/* The entry of a name, made when it is new; NULL: no memory. */
static struct name *name_of(struct zpl_slots *slots, const char *name)
{
    struct zpl_digest digest = zpl_digest_of(name, strlen(name));
    uint64_t first;
    memcpy(&first, digest.b, sizeof first);
    first = (first & NAME_MASK) << NAME_SHIFT;
    for (size_t i = 0; i < slots->name_count; i++)
        if (slots->names[i].first == first)
            return &slots->names[i];
    struct name *grown = zpl_realloc(slots->names, (slots->name_count + 1) * sizeof *slots->names);
    if (!grown)
        return NULL;
    slots->names = grown;
    grown[slots->name_count] = (struct name){.first = first};
    return &grown[slots->name_count++];
}

/* What this description holds already it would be given again. */
static bool is_held(const struct zpl_slots *slots, uint64_t byte)
{
    for (size_t i = 0; i < slots->held_count; i++)
        if (slots->held[i].byte == byte)
            return true;
    return false;
}

/* Gives back what was taken after the first `kept`. */
static void give_after(struct zpl_slots *slots, size_t kept)
{
    while (slots->held_count > kept)
        zpl_lock_give(slots->fd, slots->held[--slots->held_count].byte);
}

/* Draws a number behind all others. */
static void wait_for(struct zpl_slots *slots, struct name *name)
{
    uint64_t at = name->first + NUMBERS, end = at + NUMBERS;
    enum zpl_err err = ZPL_ERR_BUSY;
    while (name->number == 0 && err == ZPL_ERR_BUSY) {
        while (at < end && zpl_lock_find(slots->fd, at, end - at, &at))
            ;
        err = at < end ? zpl_lock_take(slots->fd, at, false) : ZPL_ERR_LIMIT;
        if (err == ZPL_OK)
            name->number = at;
    }
}

static void wait_no_more(struct zpl_slots *slots, struct name *name)
{
    if (name->number != 0)
        zpl_lock_give(slots->fd, name->number);
    name->number = 0;
    name->since_ns = 0;
}

/* Are so many slots free? */
static bool are_free(const struct zpl_slots *slots, const struct name *name,
                     const struct zpl_limit_use *use)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < use->of && count < use->slots; i++)
        count += !is_held(slots, name->first + i) && !zpl_lock_is_held(slots->fd, name->first + i);
    return count == use->slots;
}

/* Is it the turn of others, who may still come? */
static bool is_others_turn(const struct zpl_slots *slots, struct name *name,
                           const struct zpl_limit_use *use)
{
    uint64_t first = name->first + NUMBERS, after;
    uint64_t before = name->number != 0 ? name->number - first : NUMBERS;
    if (!zpl_lock_find(slots->fd, first, before, &after))
        return false;
    int64_t now = zpl_clock_monotonic_ns();
    if (!are_free(slots, name, use))
        name->since_ns = 0;
    else if (name->since_ns == 0)
        name->since_ns = now;
    return name->since_ns == 0 || now - name->since_ns < TURN_NS;
}

/* Takes so many free bytes of a name as it can; there is room for them. */
static enum zpl_err take_of(struct zpl_slots *slots, const struct name *name,
                            const struct zpl_limit_use *use, const struct zpl_digest *holder)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < use->of && taken < use->slots; i++) {
        uint64_t byte = name->first + i;
        if (is_held(slots, byte))
            continue;
        enum zpl_err err = zpl_lock_take(slots->fd, byte, false);
        if (err != ZPL_OK && err != ZPL_ERR_BUSY)
            return err;
        if (err == ZPL_OK) {
            slots->held[slots->held_count++] = (struct held){byte, *holder};
            taken++;
        }
    }
    return taken == use->slots ? ZPL_OK : ZPL_ERR_BUSY;
}

enum zpl_err zpl_slots_take(struct zpl_slots *slots, const struct zpl_digest *holder,
                            const struct zpl_limit_use *uses, size_t count, size_t *lacking,
                            struct zpl_diags *diags)
{
    size_t before = slots->held_count, most = before;
    enum zpl_err err = ZPL_OK;
    for (size_t i = 0; i < count; i++)
        most += uses[i].slots;
    struct held *held = zpl_realloc(slots->held, (most + 1) * sizeof *held);
    if (!held)
        return zpl_diag_nomem(diags);
    slots->held = held;
    for (size_t i = 0; err == ZPL_OK && i < count; i++) {
        struct name *name = name_of(slots, uses[i].name);
        if (!name)
            err = zpl_diag_nomem(diags);
        else if (is_others_turn(slots, name, &uses[i]))
            err = ZPL_ERR_BUSY;
        else
            err = take_of(slots, name, &uses[i], holder);
        if (err == ZPL_ERR_IO)
            zpl_diag_system(diags, "lock", slots->path, errno);
        if (err == ZPL_ERR_BUSY) {
            wait_for(slots, name);
            *lacking = i;
        }
    }
    if (err != ZPL_OK)
        give_after(slots, before);
    for (size_t i = 0; err == ZPL_OK && i < count; i++)
        wait_no_more(slots, name_of(slots, uses[i].name));
    return err;
}

void zpl_slots_give(struct zpl_slots *slots, const struct zpl_digest *holder)
{
    size_t kept = 0;
    for (size_t i = 0; i < slots->held_count; i++) {
        if (zpl_digest_equal(&slots->held[i].holder, holder))
            zpl_lock_give(slots->fd, slots->held[i].byte);
        else
            slots->held[kept++] = slots->held[i];
    }
    slots->held_count = kept;
}

size_t zpl_slots_of(struct zpl_slots *slots, const struct zpl_digest *holder, const char *name,
                    uint32_t *out, size_t room)
{
    const struct name *of = name_of(slots, name);
    size_t count = 0;
    for (size_t i = 0; of && i < slots->held_count && count < room; i++)
        if (slots->held[i].byte >> NAME_SHIFT == of->first >> NAME_SHIFT &&
            zpl_digest_equal(&slots->held[i].holder, holder))
            out[count++] = (uint32_t)(slots->held[i].byte - of->first);
    return count;
}

void zpl_slots_rest(struct zpl_slots *slots)
{
    for (size_t i = 0; i < slots->name_count; i++)
        wait_no_more(slots, &slots->names[i]);
}
