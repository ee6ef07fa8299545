/* tally.c - a hash table of texts.   Floor: stdlib. */
#include "stdlib/model/tally.h"

#include <stdlib.h>
#include <string.h>

#include "lang/base/fault.h"

#define FIRST_SLOTS 64

/* FNV-1a with a last mixing step, since the low bits choose the slot. */
static uint64_t hash_text(const char *text, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

const char *zpl_tally_text(const struct zpl_tally *tally, size_t id)
{
    return tally->texts.data + tally->entries[id].begin;
}

/* The slot that holds the text, or the empty one where it belongs. */
static size_t find_slot(const struct zpl_tally *tally, const char *text, size_t len, uint64_t hash)
{
    size_t mask = tally->slot_count - 1, slot = hash & mask;

    for (; tally->slots[slot]; slot = (slot + 1) & mask) {
        const struct zpl_tally_entry *entry = &tally->entries[tally->slots[slot] - 1];
        if (entry->hash == hash && entry->len == len &&
            memcmp(tally->texts.data + entry->begin, text, len) == 0)
            break;
    }
    return slot;
}

/* Doubles the slots when half of them are taken. */
static bool make_room(struct zpl_tally *tally)
{
    size_t slot_count = tally->slot_count ? tally->slot_count * 2 : FIRST_SLOTS;
    struct zpl_tally_entry *entries;
    uint32_t *slots;

    if (tally->count < tally->capacity)
        return true;
    if (slot_count > UINT32_MAX)
        return false;
    entries = zpl_realloc(tally->entries, slot_count / 2 * sizeof *entries);
    if (!entries)
        return false;
    tally->entries = entries;
    slots = zpl_calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = slot_count;
    tally->capacity = slot_count / 2;
    for (size_t i = 0; i < tally->count; i++) {
        size_t slot = entries[i].hash & (slot_count - 1);
        while (slots[slot])
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

bool zpl_tally_add(struct zpl_tally *tally, const char *text, size_t len, unsigned side, size_t *id)
{
    uint64_t hash = hash_text(text, len);
    size_t slot;

    if (!make_room(tally))
        return false;
    slot = find_slot(tally, text, len, hash);
    if (!tally->slots[slot]) {
        struct zpl_tally_entry entry = {.begin = tally->texts.len, .len = len, .hash = hash};
        zpl_buf_add(&tally->texts, text, len);
        zpl_buf_putc(&tally->texts, '\0');
        if (zpl_buf_error(&tally->texts) != ZPL_OK)
            return false;
        tally->entries[tally->count] = entry;
        tally->slots[slot] = (uint32_t)++tally->count;
    }
    tally->entries[tally->slots[slot] - 1].count[side]++;
    if (id)
        *id = tally->slots[slot] - 1;
    return true;
}

static int compare(const void *a, const void *b, void *self)
{
    const struct zpl_tally *tally = self;
    const struct zpl_tally_entry *x = &tally->entries[*(const size_t *)a];
    const struct zpl_tally_entry *y = &tally->entries[*(const size_t *)b];
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = memcmp(tally->texts.data + x->begin, tally->texts.data + y->begin, shorter);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

size_t *zpl_tally_sorted(const struct zpl_tally *tally)
{
    size_t *order = zpl_malloc((tally->count + 1) * sizeof *order);

    for (size_t i = 0; order && i < tally->count; i++)
        order[i] = i;
    if (order)
        qsort_r(order, tally->count, sizeof *order, compare, (void *)tally);
    return order;
}

void zpl_tally_release(struct zpl_tally *tally)
{
    zpl_buf_release(&tally->texts);
    free(tally->entries);
    free(tally->slots);
    *tally = (struct zpl_tally){0};
}
