/* digest.h - SHA-256.  The one owner of libcrypto.
 * Owns: the context, until zpl_digest_final() or zpl_digest_release().
 * Errors: none from update and final; a libcrypto without SHA-256 is a ZPL_BUG.   Floor: base. */
#ifndef ZPL_BASE_DIGEST_H
#define ZPL_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/base/err.h"

#define ZPL_HEX_SIZE 65 /* 64 hexadecimal digits and a NUL */

struct zpl_digest {
    uint8_t b[32];
};
struct zpl_hasher {
    void *ctx;   /* EVP_MD_CTX */
    size_t held; /* bytes that it has not been given yet: most pieces are short */
    uint8_t bytes[256];
};

void zpl_hasher_init(struct zpl_hasher *h);
void zpl_hasher_add(struct zpl_hasher *h, const void *data, size_t len);
/* A length-framed field: u64 length, then the bytes.  Two lists of fields never collide. */
void zpl_hasher_field(struct zpl_hasher *h, const void *data, size_t len);
/* A text, with its NUL, as such a field; NULL is an empty field. */
void zpl_hasher_text(struct zpl_hasher *h, const char *text);
struct zpl_digest zpl_hasher_final(struct zpl_hasher *h); /* releases it */
void zpl_hasher_release(struct zpl_hasher *h);

struct zpl_digest zpl_digest_of(const void *data, size_t len);
void zpl_digest_hex(const struct zpl_digest *d, char out[ZPL_HEX_SIZE]);
bool zpl_digest_parse(const char *hex, struct zpl_digest *out); /* 64 digits, a-f in lower case */
bool zpl_digest_equal(const struct zpl_digest *a, const struct zpl_digest *b);

#endif
