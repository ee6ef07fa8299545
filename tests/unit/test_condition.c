/* test_condition.c - values that become known while a run goes on, against plain C. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "lang/base/limits.h"
#include "tests/unit/random.h"
#include "vm/plan/plan.h"

#define SEEDS 20000

/* Two steps: the first has made a report, the second is not done. */
struct world {
    struct zpl_arena arena;
    struct zpl_step_plan steps[2];
    struct zpl_output_row output;
    struct zpl_plan plan;
    struct zpl_json *report;
    size_t fields;
};

static void start(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->output.name = "report";
    w->steps[0].outputs = &w->output;
    w->steps[0].status = ZPL_PLAN_RAN;
    w->plan.steps = w->steps;
    w->report = zpl_json_object();
}

/* The report as the worker wrote it: from now on it can be read. */
static void report_is_made(struct world *w)
{
    struct zpl_buf text = {0};
    assert_int_equal(zpl_json_write(w->report, false, &text), ZPL_OK);
    w->output.json = zpl_arena_strdup(&w->arena, zpl_buf_str(&text));
    zpl_buf_release(&text);
}

static void end(struct world *w)
{
    zpl_json_release(w->report);
    zpl_arena_release(&w->arena);
}

/* ---- what the values are, in C ---- */

enum sort { INT, FLOAT, STRING, BOOL, NOTHING, UNKNOWN };
struct plain {
    enum sort sort;
    int64_t i;
    double f;
    const char *s;
    bool b;
};

/* Numbers around the places where integers and doubles part. */
static int64_t random_int(struct random *r)
{
    static const int64_t EDGES[] = {0,
                                    1,
                                    -1,
                                    2,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MAX - 1,
                                    (INT64_C(1) << 53),
                                    (INT64_C(1) << 53) + 1,
                                    (INT64_C(1) << 53) - 1,
                                    -(INT64_C(1) << 53) - 1,
                                    INT64_C(1) << 62};
    return EDGES[random_below(r, sizeof EDGES / sizeof *EDGES)];
}

static double random_float(struct random *r)
{
    static const double EDGES[] = {0,      -0.0,     1,         -1,     0.5,      -0.5,    1.5,
                                   2,      0x1p53,   -0x1p53,   0x1p62, 0x1p63,   -0x1p63, 1e300,
                                   -1e300, INFINITY, -INFINITY, 5e-324, 0x1.8p52, 0x1p64};
    return EDGES[random_below(r, sizeof EDGES / sizeof *EDGES)];
}

static struct plain random_plain(struct random *r)
{
    static const char *const TEXTS[] = {"", "a", "ab", "b", "B", "é", "1", "true"};
    struct plain v = {.sort = (enum sort)random_below(r, UNKNOWN + 1)};
    v.i = random_int(r);
    v.f = random_below(r, 8) == 0 ? NAN : random_float(r);
    v.s = TEXTS[random_below(r, sizeof TEXTS / sizeof *TEXTS)];
    v.b = random_bool(r);
    return v;
}

/* A value of the program that holds it: written down, or a field of the report. */
static const struct zpl_value *value_of(struct world *w, struct random *r, const struct plain *v)
{
    static const enum zpl_kind KINDS[] = {ZPL_INT, ZPL_FLOAT, ZPL_STRING, ZPL_BOOL, ZPL_ANY};
    struct zpl_arena *arena = &w->arena;
    const struct zpl_type *type =
        zpl_type_new(arena, v->sort == UNKNOWN ? ZPL_FLOAT : KINDS[v->sort]);
    const char *field = zpl_arena_printf(arena, "f%zu", w->fields++);
    if (v->sort == UNKNOWN)
        return zpl_value_ref(arena, random_bool(r) ? 1 : 0, 0, field, type);
    bool written = random_bool(r);
    const struct zpl_literal *literal = NULL;
    struct zpl_json *json = NULL;
    switch (v->sort) {
    case INT:
        literal = zpl_literal_int(arena, v->i);
        json = zpl_json_int(v->i);
        break;
    case FLOAT:
        literal = zpl_literal_float(arena, v->f);
        json = zpl_json_real(v->f);
        break;
    case STRING:
        literal = zpl_literal_string(arena, v->s, strlen(v->s));
        json = zpl_json_string(v->s);
        break;
    case BOOL:
        literal = zpl_literal_bool(arena, v->b);
        json = zpl_json_bool(v->b);
        break;
    default:
        literal = zpl_literal_null();
        json = zpl_json_null();
    }
    if (written) {
        zpl_json_release(json);
        return zpl_value_literal(arena, literal);
    }
    assert_true(zpl_json_set_take(w->report, field, json));
    return zpl_value_ref(arena, 0, 0, field, type);
}

static bool is_number(const struct plain *v)
{
    return v->sort == INT || v->sort == FLOAT;
}

/* A long double of 64 bits or more of fraction holds every int64_t and every double. */
static long double number(const struct plain *v)
{
    _Static_assert(__LDBL_MANT_DIG__ >= 64, "an oracle that rounds is none");
    return v->sort == INT ? (long double)v->i : (long double)v->f;
}

static bool plain_equal(const struct plain *a, const struct plain *b)
{
    if (is_number(a) && is_number(b))
        return number(a) == number(b);
    if (a->sort != b->sort)
        return false;
    return a->sort == STRING ? strcmp(a->s, b->s) == 0 : a->sort == BOOL ? a->b == b->b : true;
}

static bool plain_less(const struct plain *a, const struct plain *b)
{
    if (is_number(a) && is_number(b))
        return number(a) < number(b);
    return a->sort == STRING && b->sort == STRING && strcmp(a->s, b->s) < 0;
}

static bool plain_compare(enum zpl_cond_op op, const struct plain *a, const struct plain *b)
{
    switch (op) {
    case ZPL_COND_EQ:
        return plain_equal(a, b);
    case ZPL_COND_NE:
        return !plain_equal(a, b);
    case ZPL_COND_LT:
        return plain_less(a, b);
    case ZPL_COND_GT:
        return plain_less(b, a);
    default: /* NaN, null and kinds without an order hold no <= and no >= */
        if (!(is_number(a) && is_number(b)) && a->sort != b->sort)
            return false;
        return op == ZPL_COND_LE ? plain_less(a, b) || plain_equal(a, b)
                                 : plain_less(b, a) || plain_equal(a, b);
    }
}

/* ---- conditions ---- */

enum truth { NO, YES, NOT_KNOWN };

/* A random condition and what it has to be. */
static const struct zpl_value *random_condition(struct world *w, struct random *r, int depth,
                                                enum truth *truth)
{
    enum truth left, right = YES;
    const struct zpl_value *a, *b = NULL;
    size_t pick = depth > 0 ? random_below(r, 5) : 0;
    if (pick < 2) {
        struct plain x = random_plain(r), y = random_below(r, 6) == 0 ? x : random_plain(r);
        enum zpl_cond_op op = (enum zpl_cond_op)random_below(r, ZPL_COND_GE + 1);
        a = value_of(w, r, &x);
        b = value_of(w, r, &y);
        *truth = x.sort == UNKNOWN || y.sort == UNKNOWN ? NOT_KNOWN
                 : plain_compare(op, &x, &y)            ? YES
                                                        : NO;
        return zpl_value_cond(&w->arena, op, a, b);
    }
    if (pick == 2 && random_bool(r)) {
        struct plain x = random_plain(r);
        x.sort = random_bool(r) ? BOOL : UNKNOWN;
        *truth = x.sort == UNKNOWN ? NOT_KNOWN : x.b ? YES : NO;
        return zpl_value_cond(&w->arena, ZPL_COND_TRUTH, value_of(w, r, &x), NULL);
    }
    enum zpl_cond_op op = pick == 2 ? ZPL_COND_NOT : pick == 3 ? ZPL_COND_AND : ZPL_COND_OR;
    a = random_condition(w, r, depth - 1, &left);
    if (op != ZPL_COND_NOT)
        b = random_condition(w, r, depth - 1, &right);
    *truth = left == NOT_KNOWN || right == NOT_KNOWN ? NOT_KNOWN
             : op == ZPL_COND_NOT                    ? (left == NO ? YES : NO)
             : op == ZPL_COND_AND                    ? (left == YES && right == YES ? YES : NO)
                                                     : (left == YES || right == YES ? YES : NO);
    return zpl_value_cond(&w->arena, op, a, b);
}

static void conditions_are_what_c_says_they_are(void **state)
{
    (void)state;
    struct random r = {31};
    size_t met[3] = {0};
    for (int seed = 0; seed < SEEDS; seed++) {
        struct world w;
        enum truth truth;
        start(&w);
        const struct zpl_value *condition =
            random_condition(&w, &r, (int)random_below(&r, 4), &truth);
        assert_non_null(condition);
        report_is_made(&w);
        const struct zpl_literal *got = zpl_plan_value(&w.plan, condition, &w.arena);
        met[truth]++;
        if (truth == NOT_KNOWN && got != NULL)
            fail_msg("seed %d: known too early", seed);
        if (truth != NOT_KNOWN &&
            (got == NULL || got->kind != ZPL_LIT_BOOL || got->as.b != (truth == YES)))
            fail_msg("seed %d: not %s", seed, truth == YES ? "true" : "false");
        end(&w);
    }
    for (int i = 0; i < 3; i++)
        assert_true(met[i] > SEEDS / 20);
}

/* "was it given": null equals null and nothing else. */
static void asking_for_null_is_a_plain_comparison(void **state)
{
    (void)state;
    struct world w;
    start(&w);
    assert_true(zpl_json_set_take(w.report, "none", zpl_json_null()));
    assert_true(zpl_json_set_take(w.report, "zero", zpl_json_int(0)));
    report_is_made(&w);
    const struct zpl_type *type = zpl_type_new(&w.arena, ZPL_FLOAT);
    const struct zpl_value *null = zpl_value_literal(&w.arena, zpl_literal_null());
    static const char *const FIELDS[] = {"none", "zero"};
    for (int i = 0; i < 2; i++) {
        const struct zpl_value *field = zpl_value_ref(&w.arena, 0, 0, FIELDS[i], type);
        const struct zpl_literal *given =
            zpl_plan_value(&w.plan, zpl_value_cond(&w.arena, ZPL_COND_NE, field, null), &w.arena);
        assert_int_equal(given->as.b, i == 1);
    }
    end(&w);
}

/* JSON writes the Float 2.0 as 2: the declared type makes it a Float again, to its key too. */
static void a_whole_float_of_a_report_stays_a_float(void **state)
{
    (void)state;
    struct world w;
    start(&w);
    assert_true(zpl_json_set_take(w.report, "auc", zpl_json_real(2.0)));
    assert_true(zpl_json_set_take(w.report, "rows", zpl_json_int(2)));
    report_is_made(&w);
    const struct zpl_literal *auc = zpl_plan_value(
        &w.plan, zpl_value_ref(&w.arena, 0, 0, "auc", zpl_type_new(&w.arena, ZPL_FLOAT)), &w.arena);
    const struct zpl_literal *rows = zpl_plan_value(
        &w.plan, zpl_value_ref(&w.arena, 0, 0, "rows", zpl_type_new(&w.arena, ZPL_INT)), &w.arena);
    assert_int_equal(auc->kind, ZPL_LIT_FLOAT);
    assert_true(auc->as.f == 2.0);
    assert_int_equal(rows->kind, ZPL_LIT_INT);
    assert_int_equal(rows->as.i, 2);
    end(&w);
}

static void lists_and_records_are_known_when_all_of_them_is(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"x", "y"};
    struct world w;
    start(&w);
    assert_true(zpl_json_set_take(w.report, "a", zpl_json_int(7)));
    report_is_made(&w);
    const struct zpl_type *type = zpl_type_new(&w.arena, ZPL_INT);
    const struct zpl_value *known = zpl_value_ref(&w.arena, 0, 0, "a", type);
    const struct zpl_value *not_known = zpl_value_ref(&w.arena, 1, 0, "a", type);
    const struct zpl_value *three = zpl_value_literal(&w.arena, zpl_literal_int(&w.arena, 3));
    const struct zpl_value *whole[] = {known, three}, *part[] = {three, not_known};
    for (int record = 0; record < 2; record++) {
        const char *const *keys = record ? KEYS : NULL;
        const struct zpl_literal *got =
            zpl_plan_value(&w.plan, zpl_value_items(&w.arena, whole, keys, 2), &w.arena);
        assert_non_null(got);
        assert_int_equal(got->kind, record ? ZPL_LIT_RECORD : ZPL_LIT_LIST);
        assert_int_equal(got->as.list.count, 2);
        assert_int_equal(got->as.list.items[0]->as.i, 7);
        assert_int_equal(got->as.list.items[1]->as.i, 3);
        if (record)
            assert_string_equal(got->as.list.keys[1], "y");
        assert_null(zpl_plan_value(&w.plan, zpl_value_items(&w.arena, part, keys, 2), &w.arena));
    }
    end(&w);
}

/* A report in the store that is no JSON, or no object, has no fields. */
static void a_damaged_report_has_no_values(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "{", "[1]", "3", "null", "{\"b\":1}"};
    struct world w;
    start(&w);
    const struct zpl_value *field =
        zpl_value_ref(&w.arena, 0, 0, "a", zpl_type_new(&w.arena, ZPL_INT));
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        w.output.json = TEXTS[i];
        assert_null(zpl_plan_value(&w.plan, field, &w.arena));
    }
    w.output.json = NULL;
    assert_null(zpl_plan_value(&w.plan, field, &w.arena));
    end(&w);
}

/* The longest chain a program may write is evaluated. */
static void a_long_chain_of_and_has_a_value(void **state)
{
    (void)state;
    struct world w;
    start(&w);
    assert_true(zpl_json_set_take(w.report, "ok", zpl_json_bool(true)));
    report_is_made(&w);
    const struct zpl_value *ok =
        zpl_value_cond(&w.arena, ZPL_COND_TRUTH,
                       zpl_value_ref(&w.arena, 0, 0, "ok", zpl_type_new(&w.arena, ZPL_BOOL)), NULL);
    const struct zpl_value *chain = ok;
    while (zpl_value_fits(ZPL_COND_AND, chain, ok))
        chain = zpl_value_cond(&w.arena, ZPL_COND_AND, chain, ok);
    assert_true(chain->size > ZPL_VALUE_SIZE_MAX / 2);
    assert_true(zpl_plan_value(&w.plan, chain, &w.arena)->as.b);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_what_c_says_they_are),
        cmocka_unit_test(asking_for_null_is_a_plain_comparison),
        cmocka_unit_test(a_whole_float_of_a_report_stays_a_float),
        cmocka_unit_test(lists_and_records_are_known_when_all_of_them_is),
        cmocka_unit_test(a_damaged_report_has_no_values),
        cmocka_unit_test(a_long_chain_of_and_has_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
