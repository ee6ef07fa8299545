/* Long texts of the metadata store: in pieces, and read as they were. */
#include "tests/unit/random.h"
#include "tests/unit/sqlite_fixture.h"

/* A list of items like those of plans: {"n":N,"of":{"k":V},"text":"…"}. */
static void add_list(struct zpl_buf *out, const uint64_t *values, size_t count)
{
    zpl_buf_puts(out, "{\"steps\":[");
    for (size_t i = 0; i < count; i++)
        zpl_buf_printf(
            out, "%s{\"n\":%zu,\"of\":[{\"k\":%llu},{\"k\":1}],\"text\":\"größe },{ %u\"}",
            i > 0 ? "," : "", i, (unsigned long long)values[i], (unsigned)(values[i] % 7));
    zpl_buf_puts(out, "]}");
}

static int64_t keep_run(struct fixture *f, const char *plan)
{
    const struct zpl_run_row end = {
        .id = begin_run(f, "p"), .status = ZPL_RUN_DONE, .ended_ns = 5, .plan = plan};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
    return end.id;
}

static void assert_plan(struct fixture *f, int64_t run, const char *plan)
{
    struct zpl_run_row row;
    struct zpl_sqldb *db;
    struct zpl_sqlrow *seen;
    assert_int_equal(f->store.run_get(f->store.self, run, &row, &f->arena, &f->diags), ZPL_OK);
    assert_string_equal(row.plan, plan);
    /* and for people */
    assert_int_equal(zpl_sqldb_open(f->db, ZPL_SQLDB_READ, &db, &f->diags), ZPL_OK);
    assert_int_equal(
        zpl_sqldb_query(db, &seen, &f->diags, "SELECT plan FROM run_texts WHERE run = ?", "i", run),
        ZPL_OK);
    assert_int_equal(zpl_sqldb_step(db, seen, &f->diags), ZPL_OK);
    const char *text = zpl_sqlrow_text(seen, 0);
    assert_string_equal(text ? text : "", plan); /* of no pieces: NULL */
    zpl_sqldb_reset(seen);
    zpl_sqldb_release(db);
}

static void an_edit_adds_the_pieces_that_differ(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 10000 };
    struct random random = {.state = 3};
    uint64_t *values = calloc(COUNT, sizeof *values);
    struct zpl_buf plan = {0};
    for (size_t i = 0; i < COUNT; i++)
        values[i] = random_bits(&random);
    add_list(&plan, values, COUNT);
    assert_plan(f, keep_run(f, zpl_buf_str(&plan)), zpl_buf_str(&plan));
    int64_t pieces = ask(f, "SELECT count(*) FROM pieces");
    assert_in_range(pieces, 50, 2000);
    for (int64_t edit = 0; edit < 20; edit++) {
        values[random_below(&random, COUNT)] = random_below(&random, 100);
        zpl_buf_clear(&plan);
        add_list(&plan, values, COUNT);
        assert_plan(f, keep_run(f, zpl_buf_str(&plan)), zpl_buf_str(&plan));
        int64_t now = ask(f, "SELECT count(*) FROM pieces");
        assert_in_range(now - pieces, 1, 4);
        pieces = now;
    }
    zpl_buf_release(&plan);
    free(values);
}

static void every_text_is_read_as_it_was(void **state)
{
    struct fixture *f = *state;
    static const char *const PARTS[] = {"},{", "}",     "{",  ",",  "x",
                                        "é",   "\"}\"", "},", "{}", "1234567"};
    struct random random = {.state = 5};
    struct zpl_buf plan = {0};
    for (int i = 0; i < 300; i++) {
        zpl_buf_clear(&plan);
        for (size_t n = random_below(&random, 1u << random_below(&random, 10)); n > 0; n--)
            zpl_buf_puts(&plan, PARTS[random_below(&random, sizeof PARTS / sizeof *PARTS)]);
        assert_plan(f, keep_run(f, zpl_buf_str(&plan)), zpl_buf_str(&plan));
    }
    zpl_buf_release(&plan);
}

/* What a run repeats is what stands there, under the same name. */
static void a_run_that_is_repeated_has_the_texts_of_the_other(void **state)
{
    struct fixture *f = *state;
    struct zpl_digest plan, places = digest_of("there");
    struct zpl_run_row row,
        end = {.started_ns = 1, .ended_ns = 2, .plan_digest = &plan, .places_digest = &places};
    int64_t run = keep_run(f, "[1]"), again;
    assert_int_equal(f->store.text_put(f->store.self, "[2]", &plan, &f->diags), ZPL_OK);
    assert_int_equal(f->store.run_repeat(f->store.self, run, &end, &again, &f->diags),
                     ZPL_ERR_NOT_FOUND); /* nobody keeps those places */
    end.places = "there";
    assert_int_equal(f->store.run_repeat(f->store.self, run, &end, &again, &f->diags), ZPL_OK);
    assert_plan(f, again, "[2]");
    end.places = NULL;
    assert_int_equal(f->store.run_repeat(f->store.self, run, &end, &again, &f->diags), ZPL_OK);
    assert_int_equal(f->store.run_get(f->store.self, again, &row, &f->arena, &f->diags), ZPL_OK);
    assert_string_equal(row.graph, "{}");
    assert_string_equal(row.places, "there");
    assert_int_equal(f->store.run_get(f->store.self, run, &row, &f->arena, &f->diags), ZPL_OK);
    assert_null(row.places);
    plan = digest_of("[3]");
    assert_int_equal(f->store.run_repeat(f->store.self, run, &end, &again, &f->diags),
                     ZPL_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_edit_adds_the_pieces_that_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(every_text_is_read_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_that_is_repeated_has_the_texts_of_the_other, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
