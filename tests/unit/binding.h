/* binding.h - what the tests of the binder share: tables, params, and questions about them. */
#ifndef ZPL_TESTS_BINDING_H
#define ZPL_TESTS_BINDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "lang/types/signature.h"
#include "stdlib/query/bind.h"

static struct zpl_arena arena;
static struct zpl_diags diags;

/* What is asked of the engine many times is, under a sanitizer, which looks at our code and not at the
 * engine's, asked once in so many. */
#ifdef __SANITIZE_ADDRESS__
enum { ONE_IN = 5 };
#else
enum { ONE_IN = 1 };
#endif

static inline int tear_down(void **state)
{
    (void)state;
    zpl_diags_release(&diags);
    zpl_arena_release(&arena);
    return 0;
}

static inline const struct zpl_row *row_of(const char *type)
{
    const struct zpl_type *parsed;
    struct zpl_signature_error error;
    assert_int_equal(zpl_type_parse(type, &arena, &parsed, &error), ZPL_OK);
    return parsed->row;
}

#define FLIGHTS                                                                                    \
    "Table {date: Timestamp, delay: Int hindsight, distance: Int, origin: String, \"end\": "       \
    "Float, "                                                                                      \
    "kind: Enum {\"a\", \"b\"}}"

static inline struct zpl_bind_answer bind_params(const char *sql,
                                                 const struct zpl_bind_param *params, size_t count)
{
    const struct zpl_bind_table tables[] = {
        {.name = "flights", .row = row_of(FLIGHTS)},
        {.name = "planes", .row = row_of("Table {origin: String, seats: Int}")},
    };
    const struct zpl_bind_request request = {
        .sql = sql, .tables = tables, .table_count = 2, .params = params, .param_count = count};
    struct zpl_bind_answer answer;
    if (zpl_duck_bind(&request, &answer, &arena, &diags) != ZPL_OK)
        fail_msg("%s", diags.items[diags.count - 1]->message);
    return answer;
}

static inline struct zpl_bind_answer bind(const char *sql)
{
    static const struct zpl_bind_param params[] = {
        {"minutes", ZPL_INT}, {"ratio", ZPL_FLOAT}, {"word", ZPL_STRING}, {"flag", ZPL_BOOL}};
    return bind_params(sql, params, 4);
}

/* The error of a query: its kind, and the text its place covers. */
static inline void assert_error(const char *sql, enum zpl_bind_fault fault, const char *place,
                                const char *words)
{
    struct zpl_bind_answer answer = bind(sql);
    if (answer.error.message == NULL)
        fail_msg("%s: passed", sql);
    if (answer.error.fault != fault || strstr(answer.error.message, words) == NULL)
        fail_msg("%s: fault %d, %s", sql, (int)answer.error.fault, answer.error.message);
    if (place == NULL)
        return;
    const char *at = strstr(sql, place);
    assert_non_null(at);
    if (answer.error.offset != at - sql || answer.error.length != strlen(place))
        fail_msg("%s: at %ld, %zu bytes", sql, answer.error.offset, answer.error.length);
}

#endif
