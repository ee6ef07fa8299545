/* arena.h - memory that goes all at once.
 * Owns: everything allocated from it, until zpl_arena_release().
 * Errors: NULL when memory or `cap` is exhausted; then zpl_arena_failed() stays true, so a builder
 * may check once at its end.   Limits: ZPL_ARENA_BYTES_MAX.   Floor: base. */
#ifndef ZPL_BASE_ARENA_H
#define ZPL_BASE_ARENA_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

struct zpl_arena_block;
struct zpl_arena {
    struct zpl_arena_block *blocks; /* newest first */
    size_t used;                    /* bytes handed out */
    size_t cap;                     /* bytes at most; 0 means ZPL_ARENA_BYTES_MAX */
    bool failed;
};

void zpl_arena_release(struct zpl_arena *arena); /* safe on a zeroed struct; leaves it zeroed */
/* Gives everything back but one block, so that filling it again asks the system for nothing. */
void zpl_arena_clear(struct zpl_arena *arena);
bool zpl_arena_failed(const struct zpl_arena *arena);

/* `size` zeroed bytes aligned for any type. */
void *zpl_arena_alloc(struct zpl_arena *arena, size_t size);
/* An array; the multiplication is checked. */
void *zpl_arena_array(struct zpl_arena *arena, size_t count, size_t size);
/* Copies with a NUL added. */
char *zpl_arena_strdup(struct zpl_arena *arena, const char *s);
char *zpl_arena_strndup(struct zpl_arena *arena, const char *s, size_t n);
char *zpl_arena_printf(struct zpl_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *zpl_arena_vprintf(struct zpl_arena *arena, const char *format, va_list args);

/* Grows an arena array by doubling: returns `items` or a larger copy with room for count + 1, the
 * new items zeroed; `items` are then no longer to be used.  NULL on failure; `items` and *capacity
 * are then as they were.  With *capacity 0 the items may stand anywhere and are copied. */
void *zpl_arena_grow(struct zpl_arena *arena, void *items, size_t count, size_t *capacity,
                     size_t item_size);

#endif
