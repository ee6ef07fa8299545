/* item.c - see item.h.   Floor: vm. */
#include "vm/plan/item.h"

#include <stdint.h>
#include <string.h>

static const char STAR[] = "[*]";
#define STAR_LEN (sizeof STAR - 1)

/* "[17]" at text: its number and how long it is; 0: it is none. */
static size_t read_number(const char *text, size_t len, size_t *number)
{
    size_t i = 1;
    *number = 0;
    if (len < 3 || text[0] != '[' || text[1] == '0')
        return 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
        if (*number > (UINT32_MAX - 9) / 10)
            return 0;
        *number = *number * 10 + (size_t)(text[i] - '0');
    }
    return i > 1 && i < len && text[i] == ']' ? i + 1 : 0;
}

bool zpl_item_match(const char *name, const char *text, size_t len, struct zpl_item_path *out)
{
    const char *end = text + len;
    out->count = 0;
    while (*name != '\0') {
        size_t left = (size_t)(end - text), number = 0, used;
        if (strncmp(name, STAR, STAR_LEN) != 0) {
            if (left == 0 || *text++ != *name++)
                return false;
            continue;
        }
        used = left >= STAR_LEN && memcmp(text, STAR, STAR_LEN) == 0
                   ? STAR_LEN
                   : read_number(text, left, &number);
        if (used == 0 || out->count == ZPL_ITEM_DEPTH_MAX)
            return false;
        out->at[out->count++] = number;
        text += used;
        name += STAR_LEN;
    }
    return text == end;
}

bool zpl_item_is_one(const struct zpl_item_path *path)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->at[i] == 0)
            return false;
    return true;
}

const char *zpl_item_quote(const char *name)
{
    return strchr(name, '[') != NULL ? "'" : "";
}
