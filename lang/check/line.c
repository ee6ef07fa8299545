#include "lang/check/line.h"
#include <stdint.h>
#include <string.h>

/* An open hash table by the address of the step; a power of two, never more than half full. */
struct zpl_lines {
    struct zpl_step_lines **slots;
    size_t room, count;
};

static size_t slot_of(const struct zpl_lines *t, const struct zpl_step_info *step)
{
    /* Fibonacci hashing: 2^64 divided by the golden ratio spreads addresses. */
    uint64_t mixed = (uint64_t)(uintptr_t)step * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(mixed >> 32) & (t->room - 1);
    while (t->slots[i] && t->slots[i]->step != step)
        i = (i + 1) & (t->room - 1);
    return i;
}

static bool make_room(struct zpl_lines *t, struct zpl_arena *arena)
{
    if (t->count * 2 < t->room)
        return true;
    struct zpl_lines larger = {.room = t->room ? t->room * 2 : 64, .count = t->count};
    larger.slots = zpl_arena_array(arena, larger.room, sizeof(struct zpl_step_lines *));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < t->room; i++)
        if (t->slots[i])
            larger.slots[slot_of(&larger, t->slots[i]->step)] = t->slots[i];
    *t = larger;
    return true;
}

/* Parses every line; false when memory is out. */
static bool parse(struct zpl_step_lines *lines, struct zpl_arena *arena)
{
    const char *text = lines->step->signature;
    size_t room = 0;
    for (const char *s = text; *s && !lines->broken;) {
        size_t n = strcspn(s, "\n");
        const char *line = zpl_arena_strndup(arena, s, n);
        lines->lines =
            zpl_arena_grow(arena, lines->lines, lines->count, &room, sizeof *lines->lines);
        if (!line || !lines->lines)
            return false;
        enum zpl_err err =
            zpl_signature_parse(line, arena, &lines->lines[lines->count], &lines->error);
        if (err == ZPL_ERR_NOMEM)
            return false;
        lines->broken = err != ZPL_OK;
        lines->error.offset += (size_t)(s - text);
        lines->count += err == ZPL_OK;
        s += n + (s[n] == '\n');
    }
    if (lines->count == 0 && !lines->broken) {
        lines->broken = true;
        lines->error.message = "it is empty";
    }
    return true;
}

const struct zpl_step_lines *zpl_lines_of(struct zpl_checker *checker,
                                          const struct zpl_step_info *step)
{
    struct zpl_arena *arena = &checker->graph->arena;
    if (!checker->lines)
        checker->lines = zpl_arena_alloc(arena, sizeof *checker->lines);
    struct zpl_lines *t = checker->lines;
    if (!t || !make_room(t, arena))
        return NULL;
    size_t i = slot_of(t, step);
    if (t->slots[i])
        return t->slots[i];
    struct zpl_step_lines *lines = zpl_arena_alloc(arena, sizeof *lines);
    if (!lines)
        return NULL;
    lines->step = step;
    if (!parse(lines, arena))
        return NULL;
    t->slots[i] = lines;
    t->count++;
    return lines;
}
