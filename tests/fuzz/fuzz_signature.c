/* fuzz_signature.c - any bytes as a signature and as a type: what is read is written in a form that
 * reads back to itself, and what is not has its place in the text. */
#include "lang/types/signature.h"
#include "tests/fuzz/fuzzing.h"

static void check_error(const char *text, enum zpl_err err, const struct zpl_signature_error *error)
{
    FUZZ_CHECK(err == ZPL_ERR_INPUT || err == ZPL_ERR_NOMEM);
    if (err != ZPL_ERR_INPUT)
        return;
    FUZZ_CHECK(error->message != NULL);
    FUZZ_CHECK(error->offset <= strlen(text) && error->length <= strlen(text) - error->offset);
}

static void try_signature(const char *text)
{
    struct zpl_arena arena = {0};
    struct zpl_buf shown = {0}, again = {0};
    const struct zpl_signature *signature;
    struct zpl_signature_error error = {0};
    enum zpl_err err = zpl_signature_parse(text, &arena, &signature, &error);
    if (err != ZPL_OK) {
        check_error(text, err, &error);
    } else {
        zpl_signature_show(signature, &shown);
        FUZZ_CHECK(!zpl_buf_error(&shown));
        if (zpl_signature_parse(zpl_buf_str(&shown), &arena, &signature, &error) != ZPL_OK)
            FUZZ_SAME(zpl_buf_str(&shown), error.message);
        zpl_signature_show(signature, &again);
        FUZZ_SAME(zpl_buf_str(&shown), zpl_buf_str(&again));
    }
    zpl_buf_release(&shown);
    zpl_buf_release(&again);
    zpl_arena_release(&arena);
}

static void try_type(const char *text)
{
    struct zpl_arena arena = {0};
    struct zpl_buf shown = {0}, again = {0};
    const struct zpl_type *type, *read;
    struct zpl_signature_error error = {0};
    enum zpl_err err = zpl_type_parse(text, &arena, &type, &error);
    if (err != ZPL_OK) {
        check_error(text, err, &error);
    } else {
        zpl_type_show(type, false, &shown);
        FUZZ_CHECK(!zpl_buf_error(&shown));
        if (zpl_type_parse(zpl_buf_str(&shown), &arena, &read, &error) != ZPL_OK)
            FUZZ_SAME(zpl_buf_str(&shown), error.message);
        FUZZ_CHECK(zpl_type_equal(type, read));
        zpl_type_show(read, false, &again);
        FUZZ_SAME(zpl_buf_str(&shown), zpl_buf_str(&again));
        zpl_buf_clear(&again);
        zpl_type_show(type, true, &again); /* for messages; it is not read */
    }
    zpl_buf_release(&shown);
    zpl_buf_release(&again);
    zpl_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zpl_buf text = {0};
    zpl_buf_add(&text, data, size);
    try_signature(zpl_buf_str(&text));
    try_type(zpl_buf_str(&text));
    zpl_buf_release(&text);
    return 0;
}
