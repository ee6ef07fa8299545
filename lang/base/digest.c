#include "lang/base/digest.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

/* libcrypto looks an algorithm up by name at each use unless it is fetched once (some microseconds
 * a digest); and each thread keeps one context, since making one costs more than a short digest. */
static EVP_MD *sha256;
static pthread_key_t spare_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void free_context(void *ctx)
{
    EVP_MD_CTX_free(ctx);
}

static void set_up(void)
{
    /* What a machine or a variable configures is of no use here: it could only cost time, or take SHA-256 away. */
    if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
        ZPL_BUG("libcrypto can't begin");
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256)
        ZPL_BUG("libcrypto has no SHA-256");
    if (pthread_key_create(&spare_key, free_context) != 0)
        ZPL_BUG("no thread-specific key for digests");
}

/* The thread's spare context, or a new one. */
static EVP_MD_CTX *take_context(void)
{
    pthread_once(&once, set_up);
    EVP_MD_CTX *ctx = pthread_getspecific(spare_key);
    if (ctx)
        pthread_setspecific(spare_key, NULL);
    else
        ctx = EVP_MD_CTX_new();
    if (!ctx || !EVP_DigestInit_ex2(ctx, sha256, NULL))
        ZPL_BUG("libcrypto can't start SHA-256");
    return ctx;
}

static void give_back(EVP_MD_CTX *ctx)
{
    if (pthread_getspecific(spare_key) || pthread_setspecific(spare_key, ctx) != 0)
        EVP_MD_CTX_free(ctx);
}

void zpl_hasher_init(struct zpl_hasher *h)
{
    h->ctx = take_context();
    h->held = 0;
}

static void update(struct zpl_hasher *h, const void *data, size_t len)
{
    if (!EVP_DigestUpdate(h->ctx, data, len))
        ZPL_BUG("libcrypto can't go on with SHA-256");
}

/* A call of libcrypto costs more than a short piece. */
void zpl_hasher_add(struct zpl_hasher *h, const void *data, size_t len)
{
    if (len > sizeof h->bytes - h->held) {
        update(h, h->bytes, h->held);
        h->held = 0;
    }
    if (len > sizeof h->bytes) {
        update(h, data, len);
    } else if (len > 0) {
        memcpy(h->bytes + h->held, data, len);
        h->held += len;
    }
}

void zpl_hasher_field(struct zpl_hasher *h, const void *data, size_t len)
{
    unsigned char frame[8];
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (unsigned char)((uint64_t)len >> (8 * i));
    zpl_hasher_add(h, frame, sizeof frame);
    zpl_hasher_add(h, data, len);
}

void zpl_hasher_text(struct zpl_hasher *h, const char *text)
{
    zpl_hasher_field(h, text ? text : "", text ? strlen(text) + 1 : 0);
}

struct zpl_digest zpl_hasher_final(struct zpl_hasher *h)
{
    struct zpl_digest digest;
    unsigned size = 0;
    update(h, h->bytes, h->held);
    if (!EVP_DigestFinal_ex(h->ctx, digest.b, &size) || size != sizeof digest.b)
        ZPL_BUG("libcrypto can't end SHA-256");
    zpl_hasher_release(h);
    return digest;
}

void zpl_hasher_release(struct zpl_hasher *h)
{
    if (h->ctx)
        give_back(h->ctx);
    h->ctx = NULL;
}

struct zpl_digest zpl_digest_of(const void *data, size_t len)
{
    struct zpl_hasher h;
    zpl_hasher_init(&h);
    zpl_hasher_add(&h, data, len);
    return zpl_hasher_final(&h);
}

void zpl_digest_hex(const struct zpl_digest *d, char out[ZPL_HEX_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof d->b; i++) {
        out[2 * i] = DIGITS[d->b[i] >> 4];
        out[2 * i + 1] = DIGITS[d->b[i] & 15];
    }
    out[2 * sizeof d->b] = '\0';
}

/* The value of a hexadecimal digit, or -1.  Lower case only: a digest has one spelling. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool zpl_digest_parse(const char *hex, struct zpl_digest *out)
{
    struct zpl_digest digest;
    for (size_t i = 0; i < sizeof digest.b; i++) {
        int high = digit_value(hex[2 * i]);
        int low = high < 0 ? -1 : digit_value(hex[2 * i + 1]);
        if (low < 0)
            return false;
        digest.b[i] = (uint8_t)(high << 4 | low);
    }
    if (hex[2 * sizeof digest.b] != '\0')
        return false;
    *out = digest;
    return true;
}

bool zpl_digest_equal(const struct zpl_digest *a, const struct zpl_digest *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
