#include "lang/base/buf.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lang/base/fault.h"
#include "lang/base/limits.h"

#define ROOM_FIRST 64
#define ROOM_KEPT  (1u << 20) /* of a buffer that is empty */

/* Makes room for `more` bytes and a NUL; false (and the sticky error) when that can't be. */
static bool grow(struct zpl_buf *buf, size_t more)
{
    if (buf->err != ZPL_OK)
        return false;
    size_t cap = buf->cap ? buf->cap : ZPL_BUF_BYTES_MAX;
    if (buf->len > cap || more > cap - buf->len) {
        buf->err = ZPL_ERR_LIMIT;
        return false;
    }
    size_t need = buf->len + more + 1;
    size_t room = buf->room < ROOM_FIRST / 2 ? ROOM_FIRST : buf->room * 2;
    if (room > cap + 1)
        room = cap + 1;
    if (room < need)
        room = need;
    char *data = zpl_realloc(buf->data, room);
    if (!data) {
        buf->err = ZPL_ERR_NOMEM;
        return false;
    }
    buf->data = data;
    buf->room = room;
    return true;
}

/* True when `more` bytes and a NUL fit, now or after growing. */
static inline bool ready(struct zpl_buf *buf, size_t more)
{
    if (__builtin_expect(buf->err == ZPL_OK && more < buf->room - buf->len, 1))
        return true;
    return grow(buf, more);
}

void zpl_buf_release(struct zpl_buf *buf)
{
    free(buf->data);
    *buf = (struct zpl_buf){0};
}

void zpl_buf_clear(struct zpl_buf *buf)
{
    buf->err = ZPL_OK;
    zpl_buf_truncate(buf, 0);
}

enum zpl_err zpl_buf_error(const struct zpl_buf *buf)
{
    return buf->err;
}

const char *zpl_buf_str(const struct zpl_buf *buf)
{
    return buf->data ? buf->data : "";
}

char *zpl_buf_extend(struct zpl_buf *buf, size_t len)
{
    if (!ready(buf, len))
        return NULL;
    char *place = buf->data + buf->len;
    buf->len += len;
    buf->data[buf->len] = '\0';
    return place;
}

void zpl_buf_truncate(struct zpl_buf *buf, size_t len)
{
    if (len > buf->len || !buf->data)
        return;
    buf->len = len;
    buf->data[len] = '\0';
}

void zpl_buf_drop(struct zpl_buf *buf, size_t len)
{
    size_t rest = buf->len - len, cap = buf->cap;
    if (len > 0)
        memmove(buf->data, buf->data + len, rest);
    zpl_buf_truncate(buf, rest);
    if (rest > 0 || buf->room <= ROOM_KEPT)
        return;
    zpl_buf_release(buf);
    buf->cap = cap;
}

void zpl_buf_add(struct zpl_buf *buf, const void *data, size_t len)
{
    char *place = zpl_buf_extend(buf, len);
    if (place && len > 0)
        memcpy(place, data, len);
}

void zpl_buf_puts(struct zpl_buf *buf, const char *s)
{
    zpl_buf_add(buf, s, strlen(s));
}

void zpl_buf_putc(struct zpl_buf *buf, char c)
{
    if (!ready(buf, 1))
        return;
    buf->data[buf->len++] = c;
    buf->data[buf->len] = '\0';
}

void zpl_buf_repeat(struct zpl_buf *buf, char c, size_t count)
{
    char *place = zpl_buf_extend(buf, count);
    if (place && count > 0)
        memset(place, c, count);
}

void zpl_buf_printf(struct zpl_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    zpl_buf_vprintf(buf, format, args);
    va_end(args);
}

void zpl_buf_vprintf(struct zpl_buf *buf, const char *format, va_list args)
{
    if (!ready(buf, 0))
        return;
    va_list again;
    va_copy(again, args);
    /* Most texts fit into the room there is; the others are formatted twice. */
    size_t room = buf->room - buf->len;
    int n = vsnprintf(buf->data + buf->len, room, format, args);
    if (n < 0) {
        buf->data[buf->len] = '\0';
        buf->err = ZPL_ERR_INPUT;
    } else if ((size_t)n < room) {
        buf->len += (size_t)n;
    } else {
        buf->data[buf->len] = '\0';
        char *place = zpl_buf_extend(buf, (size_t)n);
        if (place)
            vsnprintf(place, (size_t)n + 1, format, again);
    }
    va_end(again);
}

/* Adds an integer of so many bytes. */
static void add_number(struct zpl_buf *buf, uint64_t v, size_t count)
{
    unsigned char b[8];
    for (size_t i = 0; i < count; i++)
        b[i] = (unsigned char)(v >> (8 * i));
    zpl_buf_add(buf, b, count);
}

void zpl_buf_u32(struct zpl_buf *buf, uint32_t v)
{
    add_number(buf, v, sizeof v);
}

void zpl_buf_u64(struct zpl_buf *buf, uint64_t v)
{
    add_number(buf, v, sizeof v);
}

uint64_t zpl_buf_number(const void *bytes, size_t count)
{
    const unsigned char *b = bytes;
    uint64_t v = 0;
    for (size_t i = 0; i < count; i++)
        v |= (uint64_t)b[i] << (8 * i);
    return v;
}
