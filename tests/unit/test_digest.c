/* test_digest.c - SHA-256 and its spelling. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/digest.h"

static void expect_hex(const struct zpl_digest *digest, const char *expected)
{
    char hex[ZPL_HEX_SIZE];
    zpl_digest_hex(digest, hex);
    assert_string_equal(hex, expected);
}

/* The examples of FIPS 180-4. */
static void the_examples_of_the_standard(void **state)
{
    (void)state;
    struct zpl_digest d = zpl_digest_of("", 0);
    expect_hex(&d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    d = zpl_digest_of("abc", 3);
    expect_hex(&d, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static const char TWO[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    d = zpl_digest_of(TWO, sizeof TWO - 1);
    expect_hex(&d, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct zpl_hasher h;
    zpl_hasher_init(&h);
    char block[1000];
    memset(block, 'a', sizeof block);
    for (int i = 0; i < 1000; i++)
        zpl_hasher_add(&h, block, sizeof block);
    d = zpl_hasher_final(&h);
    expect_hex(&d, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_make_the_same_digest(void **state)
{
    (void)state;
    unsigned char data[500];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7);
    struct zpl_digest whole = zpl_digest_of(data, sizeof data);
    for (size_t size = 1; size < 130; size++) {
        struct zpl_hasher h;
        zpl_hasher_init(&h);
        for (size_t i = 0; i < sizeof data; i += size)
            zpl_hasher_add(&h, data + i, i + size < sizeof data ? size : sizeof data - i);
        struct zpl_digest d = zpl_hasher_final(&h);
        assert_true(zpl_digest_equal(&d, &whole));
    }
}

static struct zpl_digest digest_of_fields(const char *a, const char *b)
{
    struct zpl_hasher h;
    zpl_hasher_init(&h);
    zpl_hasher_field(&h, a, strlen(a));
    zpl_hasher_field(&h, b, strlen(b));
    return zpl_hasher_final(&h);
}

static void fields_do_not_run_together(void **state)
{
    (void)state;
    struct zpl_digest x = digest_of_fields("ab", "c"), y = digest_of_fields("a", "bc"),
                      z = digest_of_fields("abc", ""), again = digest_of_fields("ab", "c");
    assert_false(zpl_digest_equal(&x, &y));
    assert_false(zpl_digest_equal(&x, &z));
    assert_false(zpl_digest_equal(&y, &z));
    assert_true(zpl_digest_equal(&x, &again));
    static const char FRAMED[] = "\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c";
    struct zpl_digest framed = zpl_digest_of(FRAMED, sizeof FRAMED - 1);
    assert_true(zpl_digest_equal(&x, &framed));
}

static void hashers_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct zpl_digest a = zpl_digest_of("aa", 2), b = zpl_digest_of("bb", 2);
    struct zpl_hasher x, y, unused;
    zpl_hasher_init(&x);
    zpl_hasher_add(&x, "a", 1);
    zpl_hasher_init(&y);
    zpl_hasher_init(&unused);
    zpl_hasher_add(&y, "b", 1);
    zpl_hasher_add(&x, "a", 1);
    zpl_hasher_release(&unused);
    zpl_hasher_release(&unused);
    zpl_hasher_add(&y, "b", 1);
    struct zpl_digest got_x = zpl_hasher_final(&x), got_y = zpl_hasher_final(&y);
    assert_true(zpl_digest_equal(&a, &got_x));
    assert_true(zpl_digest_equal(&b, &got_y));
    struct zpl_hasher zeroed = {0};
    zpl_hasher_release(&zeroed);
}

static void *hash_often(void *result)
{
    struct zpl_digest first = zpl_digest_of("thread", 6);
    bool same = true;
    for (int i = 0; i < 1000; i++) {
        struct zpl_digest d = zpl_digest_of("thread", 6);
        same = same && zpl_digest_equal(&d, &first);
    }
    *(struct zpl_digest *)result = same ? first : (struct zpl_digest){0};
    return NULL;
}

static void threads_hash_at_the_same_time(void **state)
{
    (void)state;
    pthread_t threads[4];
    struct zpl_digest results[4], expected = zpl_digest_of("thread", 6);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &results[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(zpl_digest_equal(&results[i], &expected));
    }
}

static void a_digest_has_one_spelling(void **state)
{
    (void)state;
    struct zpl_digest d = zpl_digest_of("abc", 3), parsed;
    char hex[ZPL_HEX_SIZE + 1];
    zpl_digest_hex(&d, hex);
    assert_true(zpl_digest_parse(hex, &parsed));
    assert_true(zpl_digest_equal(&d, &parsed));
    hex[64] = '0';
    hex[65] = '\0';
    assert_false(zpl_digest_parse(hex, &parsed));
    hex[63] = '\0';
    assert_false(zpl_digest_parse(hex, &parsed));
    assert_false(zpl_digest_parse("", &parsed));
    zpl_digest_hex(&d, hex);
    hex[10] = 'g';
    assert_false(zpl_digest_parse(hex, &parsed));
    hex[10] = 'A';
    assert_false(zpl_digest_parse(hex, &parsed));
    assert_true(zpl_digest_equal(&d, &parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standard),
        cmocka_unit_test(pieces_make_the_same_digest),
        cmocka_unit_test(fields_do_not_run_together),
        cmocka_unit_test(hashers_do_not_disturb_each_other),
        cmocka_unit_test(threads_hash_at_the_same_time),
        cmocka_unit_test(a_digest_has_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
