/* test_json_write.c - JSON that is put down as it is walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/json.h"
#include "lang/base/limits.h"

/* The text of a value, which it releases; the caller frees the buffer. */
static const char *text_of(struct zpl_buf *out, struct zpl_json *v, bool pretty)
{
    zpl_buf_clear(out);
    assert_int_equal(zpl_json_write(v, pretty, out), ZPL_OK);
    zpl_json_release(v);
    return zpl_buf_str(out);
}

static struct zpl_json *square(long least, size_t i)
{
    struct zpl_json *object = zpl_json_object();
    zpl_json_set_take(object, "i", zpl_json_int((int64_t)i));
    zpl_json_set_take(object, "in words", zpl_json_array());
    zpl_json_set_take(object, "square", zpl_json_int(least + (int64_t)(i * i)));
    return object;
}

/* Of every third nothing, of the others some as a tree. */
static void put_square(struct zpl_json_text *text, const void *of, size_t i)
{
    const long *least = of;
    if (i % 3 == 0)
        return;
    if (i % 2 == 0) {
        zpl_json_put_take(text, square(*least, i));
        return;
    }
    zpl_json_put_object(text);
    zpl_json_put_key(text, "i");
    zpl_json_put_int(text, (int64_t)i);
    zpl_json_put_key(text, "in words");
    zpl_json_put_array(text);
    zpl_json_put_end(text);
    zpl_json_put_key(text, "square");
    zpl_json_put_int(text, *least + (int64_t)(i * i));
    zpl_json_put_end(text);
}

static void put_null_twice(struct zpl_json_text *text, const void *of, size_t i)
{
    (void)of;
    if (i < 2)
        zpl_json_put_string(text, NULL);
    else
        zpl_json_put_take(text, NULL);
}

static void put_wrong_text(struct zpl_json_text *text, const void *of, size_t i)
{
    (void)of;
    zpl_json_put_object(text);
    zpl_json_put_key(text, i == 0 ? "\xff" : "good");
    zpl_json_put_string(text, "\xff");
    zpl_json_put_end(text);
}

static void put_deep(struct zpl_json_text *text, const void *of, size_t i)
{
    for (size_t n = 0; n < *(const size_t *)of; n++)
        zpl_json_put_array(text);
    zpl_json_put_bool(text, i == 0);
    for (size_t n = 0; n < *(const size_t *)of; n++)
        zpl_json_put_end(text);
}

/* Written as often as one likes, as an array that holds the same. */
static void items_are_written_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    struct zpl_buf lazy = {0}, eager = {0};
    long least = 7;
    struct zpl_json *writing = zpl_json_object(), *array = zpl_json_array();
    zpl_json_set_take(writing, "all", zpl_json_writing(COUNT, put_square, &least, sizeof least));
    for (size_t i = 0; i < COUNT; i++)
        if (i % 3 != 0)
            zpl_json_add_take(array, square(least, i));
    struct zpl_json *whole = zpl_json_object();
    zpl_json_set_take(whole, "all", array);
    least = 0; /* it was copied */
    const struct zpl_json *all = zpl_json_get(writing, "all");
    assert_int_equal(zpl_json_kind(all), ZPL_JSON_ARRAY);
    assert_int_equal(zpl_json_count(all), COUNT);
    assert_null(zpl_json_at(all, 0));
    for (int pretty = 0; pretty < 2; pretty++)
        assert_string_equal(text_of(&lazy, zpl_json_ref(writing), pretty),
                            text_of(&eager, zpl_json_ref(whole), pretty));
    zpl_json_release(writing);
    zpl_json_release(whole);

    writing = zpl_json_writing(0, put_null_twice, &least, sizeof least);
    assert_false(zpl_json_add_take(writing, zpl_json_null()));
    assert_int_equal(zpl_json_write(writing, false, &lazy), ZPL_ERR_NOMEM);
    zpl_json_release(writing);
    assert_string_equal(text_of(&lazy, zpl_json_writing(2, put_null_twice, &least, 0), false),
                        "[null,null]");
    assert_string_equal(text_of(&lazy, zpl_json_writing(1, put_square, &least, 8), true), "[]");
    zpl_buf_release(&lazy);
    zpl_buf_release(&eager);
}

/* Objects that share members with the one before, by turns; `size_t` parts or none. */
static void put_sharing(struct zpl_json_text *text, const void *of, size_t i)
{
    bool parts = *(const size_t *)of != 0, again = parts && i % 3 != 0;
    zpl_json_put_object(text);
    zpl_json_put_key(text, "at");
    zpl_json_put_int(text, (int64_t)i);
    if (again) {
        zpl_json_part_again(text, 1);
    } else {
        if (parts)
            zpl_json_part_begin(text, 1);
        zpl_json_put_key(text, "body");
        zpl_json_put_int(text, (int64_t)(i / 3));
        zpl_json_put_key(text, "kernel");
        zpl_json_put_array(text);
        for (int n = 0; n < 20; n++)
            zpl_json_put_string(text, "a \"quoted\" text");
        zpl_json_put_end(text);
        if (parts)
            zpl_json_part_end(text, 1);
    }
    if (parts && i == 0)
        zpl_json_part_begin(text, 0), zpl_json_part_end(text, 0);
    if (parts)
        zpl_json_part_again(text, 0); /* an empty one */
    zpl_json_put_key(text, "name");
    zpl_json_put_int(text, (int64_t)i);
    zpl_json_put_end(text);
}

static void shared_members_are_as_if_put_each_time(void **state)
{
    (void)state;
    size_t parts[] = {0, 1};
    struct zpl_buf plain = {0}, shared = {0};
    for (int pretty = 0; pretty < 2; pretty++)
        assert_string_equal(
            text_of(&plain, zpl_json_writing(1000, put_sharing, &parts[0], sizeof parts[0]),
                    pretty),
            text_of(&shared, zpl_json_writing(1000, put_sharing, &parts[1], sizeof parts[1]),
                    pretty));
    zpl_buf_release(&plain);
    zpl_buf_release(&shared);
}

/* A digest is that of the text, however long it is, where nothing comes again. */
static void a_digest_needs_no_text(void **state)
{
    (void)state;
    size_t parts = 0;
    struct zpl_buf text = {0};
    for (size_t count = 0; count < 3000; count += 1 + count * 2) {
        struct zpl_json *json = zpl_json_writing(count, put_sharing, &parts, sizeof parts);
        struct zpl_digest digest, wanted;
        assert_int_equal(zpl_json_digest(json, &digest), ZPL_OK);
        text_of(&text, json, false);
        wanted = zpl_digest_of(text.data, text.len);
        assert_true(zpl_digest_equal(&digest, &wanted));
    }
    struct zpl_digest digest;
    assert_int_equal(zpl_json_digest(NULL, &digest), ZPL_ERR_NOMEM);
    zpl_buf_release(&text);
}

/* Items with two parts, which are put again where they are as before: two bits of `of` each. */
static void put_choices(struct zpl_json_text *text, const void *of, size_t i)
{
    static const char *const KEYS[] = {"b", "c"};
    const unsigned *choices = of, now = *choices >> 2 * i, before = *choices >> 2 * (i - (i > 0));
    zpl_json_put_object(text);
    zpl_json_put_key(text, "a");
    zpl_json_put_int(text, 1);
    for (size_t part = 0; part < 2; part++) {
        unsigned bit = 1u << part;
        if (i > 0 && (now & bit) == (before & bit)) {
            zpl_json_part_again(text, part);
            continue;
        }
        zpl_json_part_begin(text, part);
        if (part == 0 || now & bit) { /* the second may be empty */
            zpl_json_put_key(text, KEYS[part]);
            zpl_json_put_bool(text, now & bit);
        }
        zpl_json_part_end(text, part);
    }
    zpl_json_put_end(text);
}

static void a_digest_tells_values_apart(void **state)
{
    (void)state;
    enum { ITEMS = 4, VALUES = 1 << 2 * ITEMS };
    static struct zpl_digest digests[VALUES];
    for (unsigned choices = 0; choices < VALUES; choices++) {
        struct zpl_json *json = zpl_json_writing(ITEMS, put_choices, &choices, sizeof choices);
        struct zpl_digest again;
        assert_int_equal(zpl_json_digest(json, &digests[choices]), ZPL_OK);
        assert_int_equal(zpl_json_digest(json, &again), ZPL_OK);
        assert_true(zpl_digest_equal(&digests[choices], &again));
        for (unsigned other = 0; other < choices; other++)
            assert_false(zpl_digest_equal(&digests[choices], &digests[other]));
        zpl_json_release(json);
    }
}

static enum zpl_err written(size_t count, zpl_json_write_fn *write, const void *of, size_t size)
{
    struct zpl_buf out = {0};
    struct zpl_json *array = zpl_json_writing(count, write, of, size);
    enum zpl_err err = zpl_json_write(array, false, &out);
    zpl_json_release(array);
    zpl_buf_release(&out);
    return err;
}

static void what_can_not_be_written_is_told_at_the_end(void **state)
{
    (void)state;
    size_t most = ZPL_JSON_DEPTH_MAX - 1, more = ZPL_JSON_DEPTH_MAX;
    assert_int_equal(written(2, put_null_twice, &most, 0), ZPL_OK);
    assert_int_equal(written(3, put_null_twice, &most, 0), ZPL_ERR_NOMEM);
    assert_int_equal(written(1, put_wrong_text, &most, 0), ZPL_ERR_NOMEM);
    assert_int_equal(written(2, put_wrong_text, &most, 0), ZPL_ERR_NOMEM);
    assert_int_equal(written(2, put_deep, &most, sizeof most), ZPL_OK);
    assert_int_equal(written(2, put_deep, &more, sizeof more), ZPL_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_written_one_by_one),
        cmocka_unit_test(shared_members_are_as_if_put_each_time),
        cmocka_unit_test(a_digest_needs_no_text),
        cmocka_unit_test(a_digest_tells_values_apart),
        cmocka_unit_test(what_can_not_be_written_is_told_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
