/* buf.h - a growable run of bytes with a cap.
 * Owns: its bytes, until zpl_buf_release().  `data` is NUL-terminated after every call (never NULL
 * once something was added; use zpl_buf_str for a string that is never NULL).
 * Errors: sticky.  After NOMEM or LIMIT every call is a no-op and zpl_buf_error() says which, so a
 * writer checks once at its end.   Limits: `cap`, or ZPL_BUF_BYTES_MAX when 0.   Floor: base. */
#ifndef ZPL_BASE_BUF_H
#define ZPL_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/err.h"

struct zpl_buf {
    char *data;
    size_t len;
    size_t room;
    size_t cap;
    enum zpl_err err;
};

void zpl_buf_release(struct zpl_buf *buf); /* safe on a zeroed struct; leaves it zeroed */
void zpl_buf_clear(struct zpl_buf *buf);   /* length 0, memory kept, error forgotten */
enum zpl_err zpl_buf_error(const struct zpl_buf *buf);
const char *zpl_buf_str(const struct zpl_buf *buf);

void zpl_buf_add(struct zpl_buf *buf, const void *data, size_t len);
void zpl_buf_puts(struct zpl_buf *buf, const char *s);
void zpl_buf_putc(struct zpl_buf *buf, char c);
/* Adds `len` bytes for the caller to write; returns where, or NULL after an error. */
char *zpl_buf_extend(struct zpl_buf *buf, size_t len);
/* Forgets what stands after the first `len` bytes. */
void zpl_buf_truncate(struct zpl_buf *buf, size_t len);
/* Forgets the first `len` bytes, of as many at least.  What is empty then and had grown large gives its
 * memory back. */
void zpl_buf_drop(struct zpl_buf *buf, size_t len);
void zpl_buf_repeat(struct zpl_buf *buf, char c, size_t count);
void zpl_buf_printf(struct zpl_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void zpl_buf_vprintf(struct zpl_buf *buf, const char *format, va_list args);
/* Little-endian integers, for framed formats. */
void zpl_buf_u32(struct zpl_buf *buf, uint32_t v);
void zpl_buf_u64(struct zpl_buf *buf, uint64_t v);
/* Reads one of so many bytes, 8 at most. */
uint64_t zpl_buf_number(const void *bytes, size_t count);

#endif
