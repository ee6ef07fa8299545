#include "lang/base/arena.h"
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"

#define ALIGNMENT   alignof(max_align_t)
#define BLOCK_FIRST ((size_t)4 << 10)
#define BLOCK_LAST  ((size_t)2 << 20)   /* a large page of the machine's */
#define MAPPED_MIN  ((size_t)256 << 10) /* from this size on a block is pages of its own */
#define PAGE        ((size_t)4 << 10)

struct zpl_arena_block {
    struct zpl_arena_block *next;
    size_t size; /* of bytes */
    size_t used;
    bool mapped;                       /* by mmap(), else from calloc() */
    alignas(max_align_t) char bytes[]; /* new and handed out once, so always zeroed */
};

/* 0 for a size no program can mean. */
static size_t round_up(size_t size)
{
    if (size > SIZE_MAX / 2)
        return 0;
    return size ? (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : ALIGNMENT;
}

/* Counts `size` against the cap; false (and failed) when it does not fit. */
static bool take(struct zpl_arena *arena, size_t size)
{
    size_t cap = arena->cap ? arena->cap : ZPL_ARENA_BYTES_MAX;
    if (size == 0 || arena->used > cap || size > cap - arena->used) {
        arena->failed = true;
        return false;
    }
    arena->used += size;
    return true;
}

/* Pages of the system's; MAP_FAILED: none.  When they are all about to be `filled` they are had at once, instead of
 * one at a time as they are met; BLOCK_LAST bytes as one large page where the system has them. */
static void *map_pages(size_t size, bool filled)
{
    size_t spare = filled && size == BLOCK_LAST ? size : 0;
    char *pages =
        mmap(NULL, size + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return pages;
    if (spare > 0) {
        size_t before = -(uintptr_t)pages & (BLOCK_LAST - 1);
        if (before > 0)
            munmap(pages, before);
        pages += before;
        munmap(pages + size, spare - before);
        madvise(pages, size, MADV_HUGEPAGE);
    }
    if (filled)
        madvise(pages, size, MADV_POPULATE_WRITE);
    return pages;
}

/* A block of `total` bytes at least, with what stands before them. */
static struct zpl_arena_block *new_block(size_t total, bool filled)
{
    bool mapped = total >= MAPPED_MIN;
    struct zpl_arena_block *block;
    if (mapped) {
        total = (total + PAGE - 1) & ~(PAGE - 1);
        void *pages = zpl_fault(ZPL_FAULT_ALLOC) ? MAP_FAILED : map_pages(total, filled);
        block = pages == MAP_FAILED ? NULL : pages;
    } else {
        block = zpl_calloc(1, total);
    }
    if (!block)
        return NULL;
    block->mapped = mapped;
    block->size = total - sizeof *block;
    return block;
}

static void free_block(struct zpl_arena_block *block)
{
    if (block->mapped)
        munmap(block, sizeof *block + block->size);
    else
        free(block);
}

/* A block with room for `size`.  One that is needed for a single big item goes behind the newest,
 * whose rest stays in use. */
static struct zpl_arena_block *add_block(struct zpl_arena *arena, size_t size)
{
    struct zpl_arena_block *newest = arena->blocks;
    size_t total = newest ? (sizeof *newest + newest->size) * 2 : BLOCK_FIRST;
    if (total > BLOCK_LAST)
        total = BLOCK_LAST;
    bool single = newest && size > total / 4;
    bool many = !single && size <= total - sizeof *newest;
    struct zpl_arena_block *block = new_block(many ? total : sizeof *newest + size, many);
    if (!block)
        return NULL;
    struct zpl_arena_block **link = single ? &newest->next : &arena->blocks;
    block->next = *link;
    *link = block;
    return block;
}

void *zpl_arena_alloc(struct zpl_arena *arena, size_t size)
{
    size = round_up(size);
    if (!take(arena, size))
        return NULL;
    struct zpl_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        block = add_block(arena, size);
        if (!block) {
            arena->used -= size;
            arena->failed = true;
            return NULL;
        }
    }
    void *p = block->bytes + block->used;
    block->used += size;
    return p;
}

void zpl_arena_clear(struct zpl_arena *arena)
{
    struct zpl_arena_block *kept = arena->blocks;
    if (kept) {
        struct zpl_arena rest = {.blocks = kept->next};
        zpl_arena_release(&rest);
        memset(kept->bytes, 0, kept->used);
        kept->used = 0;
        kept->next = NULL;
    }
    *arena = (struct zpl_arena){.blocks = kept, .cap = arena->cap};
}

void zpl_arena_release(struct zpl_arena *arena)
{
    struct zpl_arena_block *block = arena->blocks;
    while (block) {
        struct zpl_arena_block *next = block->next;
        free_block(block);
        block = next;
    }
    *arena = (struct zpl_arena){0};
}

bool zpl_arena_failed(const struct zpl_arena *arena)
{
    return arena->failed;
}

void *zpl_arena_array(struct zpl_arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    return zpl_arena_alloc(arena, bytes);
}

char *zpl_arena_strdup(struct zpl_arena *arena, const char *s)
{
    return zpl_arena_strndup(arena, s, strlen(s));
}

char *zpl_arena_strndup(struct zpl_arena *arena, const char *s, size_t n)
{
    if (n == SIZE_MAX) {
        arena->failed = true;
        return NULL;
    }
    char *copy = zpl_arena_alloc(arena, n + 1);
    if (copy && n > 0)
        memcpy(copy, s, n);
    return copy;
}

char *zpl_arena_printf(struct zpl_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = zpl_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

char *zpl_arena_vprintf(struct zpl_arena *arena, const char *format, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    char *text = NULL;
    int n = vsnprintf(small, sizeof small, format, args);
    if (n < 0)
        arena->failed = true;
    else
        text = zpl_arena_alloc(arena, (size_t)n + 1);
    if (text && (size_t)n < sizeof small)
        memcpy(text, small, (size_t)n);
    else if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

/* Makes `items` longer where it stands, which works for the last thing the newest block handed
 * out; NULL if it can't. */
static void *extend(struct zpl_arena *arena, void *items, size_t old_size, size_t new_size)
{
    struct zpl_arena_block *block = arena->blocks;
    size_t more = new_size - old_size;
    if (!block || (char *)items + old_size != block->bytes + block->used ||
        block->size - block->used < more || !take(arena, more))
        return NULL;
    block->used += more;
    return items;
}

/* Moves `items`, all that a mapped block holds, to a larger one without copying; NULL if it can't. */
static void *move_pages(struct zpl_arena *arena, const void *items, size_t old_size,
                        size_t new_size)
{
    struct zpl_arena_block **link = &arena->blocks;
    while (*link && (*link)->bytes != (const char *)items)
        link = &(*link)->next;
    struct zpl_arena_block *block = *link;
    if (!block || !block->mapped || block->used != old_size || !take(arena, new_size - old_size))
        return NULL;
    size_t total = (sizeof *block + new_size + PAGE - 1) & ~(PAGE - 1);
    void *pages = mremap(block, sizeof *block + block->size, total, MREMAP_MAYMOVE);
    if (pages == MAP_FAILED) {
        arena->used -= new_size - old_size;
        return NULL;
    }
    block = *link = pages;
    block->size = total - sizeof *block;
    block->used = new_size;
    return block->bytes;
}

void *zpl_arena_grow(struct zpl_arena *arena, void *items, size_t count, size_t *capacity,
                     size_t item_size)
{
    if (count < *capacity)
        return items;
    size_t wanted = count < 4 ? 8 : count * 2;
    size_t bytes = 0;
    if (count > SIZE_MAX / 2 || __builtin_mul_overflow(wanted, item_size, &bytes) ||
        round_up(bytes) == 0) {
        arena->failed = true;
        return NULL;
    }
    size_t old_size = round_up(*capacity * item_size);
    void *larger = *capacity > 0 ? extend(arena, items, old_size, round_up(bytes)) : NULL;
    if (!larger && *capacity > 0)
        larger = move_pages(arena, items, old_size, round_up(bytes));
    if (!larger) {
        larger = zpl_arena_alloc(arena, bytes);
        if (!larger)
            return NULL;
        if (count > 0)
            memcpy(larger, items, count * item_size);
    }
    *capacity = wanted;
    return larger;
}
