/* The metadata store in SQLite: what is not as it was written, or is another's, is told. */
#include "tests/unit/sqlite_fixture.h"

static void another_version_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *changes[] = {"PRAGMA user_version = 99", "PRAGMA user_version = 0"};
    begin_run(f, "p");
    close_store(f);
    for (int i = 0; i < 4; i++) {
        alter(f, changes[i / 2]);
        assert_int_equal(zpl_metadata_open(&f->config, i % 2, &f->store, &f->diags),
                         ZPL_ERR_VERSION);
        assert_int_equal(f->diags.count, 1);
        assert_int_equal(f->diags.items[0]->code, ZPL_CODE_STORE_VERSION);
        assert_non_null(strstr(f->diags.items[0]->message, f->db));
        assert_non_null(f->diags.items[0]->help);
        zpl_diags_clear(&f->diags);
    }
    assert_int_equal(ask(f, "SELECT count(*) FROM runs"), 1); /* nothing was changed */
}

static void a_corrupt_file_is_told(void **state)
{
    struct fixture *f = *state;
    close_store(f);
    zpl_fs_write_file(f->db, "this is no database, but long enough to look like a header of one",
                      65, false, NULL);
    for (int write = 0; write < 2; write++) {
        assert_int_equal(zpl_metadata_open(&f->config, write, &f->store, &f->diags),
                         ZPL_ERR_CORRUPT);
        assert_int_equal(f->diags.items[0]->code, ZPL_CODE_STORE_CORRUPT);
        assert_non_null(strstr(f->diags.items[0]->message, f->db));
        zpl_diags_clear(&f->diags);
    }
}

static void a_damaged_digest_is_told(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row got, step = plain_step(begin_run(f, "p"), "s", "key");
    assert_int_equal(put(f, &step), ZPL_OK);
    alter(f, "UPDATE steps SET shape_key = 'rubbish'");
    assert_int_equal(by_key(f, "key", &got), ZPL_ERR_CORRUPT);
    assert_int_equal(f->diags.items[0]->code, ZPL_CODE_STORE_CORRUPT);
    struct zpl_output_row output = {.name = "a", .type = "T", .rows = -1};
    step = plain_step(begin_run(f, "p"), "t", "other");
    step.outputs = &output;
    step.output_count = 1;
    assert_int_equal(put(f, &step), ZPL_OK);
    alter(f, "UPDATE outputs SET digest = 'rubbish'");
    assert_int_equal(step_made(f, "other", &got), ZPL_ERR_CORRUPT);
    assert_int_equal(f->diags.items[1]->code, ZPL_CODE_STORE_CORRUPT);
}

/* A step with all that can belong to one, and its run. */
static void put_whole_step(struct fixture *f)
{
    const struct zpl_column_row columns[] = {{"a", digest_of("a")}, {"b", digest_of("b")}};
    const struct zpl_output_row outputs[] = {{.name = "rows",
                                              .type = "Table {a: Int, b: Int}",
                                              .digest = digest_of("rows"),
                                              .bytes = 4,
                                              .rows = 2,
                                              .columns = columns,
                                              .column_count = 2},
                                             {.name = "n",
                                              .type = "Int",
                                              .digest = digest_of("7"),
                                              .bytes = 1,
                                              .rows = -1,
                                              .json = "7"}};
    const struct zpl_input_row input = {"in", digest_of("in"), "before", "out"};
    struct zpl_step_row step = plain_step(begin_run(f, "p"), "s", "key");
    step.ingredients = "[]";
    step.log = "said";
    step.log_len = 4;
    step.outputs = outputs;
    step.output_count = 2;
    step.inputs = &input;
    step.input_count = 1;
    step.named = "for/others";
    assert_int_equal(put(f, &step), ZPL_OK);
    const struct zpl_run_row end = {.id = 1, .status = ZPL_RUN_DONE, .ended_ns = 5};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
}

static void start_afresh(struct fixture *f, const char *boot)
{
    close_store(f);
    if (!boot)
        assert_int_equal(zpl_fs_remove_tree(f->home, &f->diags), ZPL_OK);
    f->config.boot = boot;
    assert_int_equal(zpl_metadata_open(&f->config, true, &f->store, &f->diags), ZPL_OK);
}

static enum zpl_err read_all(struct fixture *f)
{
    struct zpl_step_row step;
    struct zpl_run_row run;
    enum zpl_err err = f->store.step_of_run(f->store.self, 1, "s", &step, &f->arena, &f->diags);
    return err == ZPL_OK ? f->store.run_get(f->store.self, 1, &run, &f->arena, &f->diags) : err;
}

static void what_was_not_written_is_told(void **state)
{
    struct fixture *f = *state;
    static const char *const CHANGES[] = {
        "UPDATE steps SET key = replace(key, substr(key, 1, 1), 'f')",
        "UPDATE steps SET kernel = 'sqm'",
        "UPDATE steps SET duration_ns = 1",
        "UPDATE steps SET peak_bytes = 1",
        "UPDATE steps SET error = ''",
        "UPDATE steps SET ingredients = NULL",
        "UPDATE steps SET log = 'sand'",
        "UPDATE steps SET log_sum = NULL",
        "UPDATE steps SET sum = NULL",
        "UPDATE outputs SET rows = 3 WHERE name = 'rows'",
        "UPDATE outputs SET type = 'Table {a: Int, c: Int}' WHERE name = 'rows'",
        "UPDATE outputs SET value = '8' WHERE name = 'n'",
        "DELETE FROM outputs WHERE name = 'n'",
        "UPDATE columns SET name = 'c' WHERE name = 'b'",
        "UPDATE columns SET output = 2",
        "UPDATE inputs SET digest = (SELECT digest FROM outputs LIMIT 1)",
        "UPDATE inputs SET step = 2",
        "UPDATE names SET name = 'for/nobody'",
        "UPDATE names SET step = 2",
        "DELETE FROM names",
        "UPDATE runs SET status = 'failed'",
        "UPDATE runs SET params = '{}'",
        "UPDATE runs SET graph = plan",
        "UPDATE pieces SET text = '[ ]' WHERE text = '[]'",
        "DELETE FROM pieces WHERE text = '[]'",
        "DELETE FROM texts WHERE digest = (SELECT graph FROM runs LIMIT 1)",
        "UPDATE text_pieces SET piece = 3 - piece",
        "DELETE FROM text_pieces WHERE text = 1"};
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        const char *why = NULL;
        int64_t run;
        start_afresh(f, NULL);
        put_whole_step(f);
        assert_int_equal(read_all(f), ZPL_OK);
        assert_int_equal(f->store.integrity(f->store.self, &why, &f->arena, &f->diags), ZPL_OK);
        assert_null(why);
        alter(f, zpl_arena_printf(&f->arena, "PRAGMA foreign_keys = OFF; %s", CHANGES[i]));
        assert_int_equal(read_all(f), ZPL_ERR_CORRUPT);
        assert_int_equal(f->diags.items[0]->code, ZPL_CODE_STORE_CORRUPT);
        assert_non_null(strstr(f->diags.items[0]->help, "zpl doctor --repair"));
        zpl_diags_clear(&f->diags);
        assert_int_equal(f->store.integrity(f->store.self, &why, &f->arena, &f->diags), ZPL_OK);
        assert_non_null(why);
        assert_int_equal(f->store.alone_begin(f->store.self, &run, &f->diags), ZPL_OK);
        assert_int_equal(f->store.mend(f->store.self, &f->diags), ZPL_OK);
        assert_int_equal(f->store.alone_commit(f->store.self, ZPL_OK, &f->diags), ZPL_OK);
        f->store.alone_end(f->store.self);
        assert_int_equal(read_all(f), ZPL_ERR_NOT_FOUND);
        assert_int_equal(f->store.integrity(f->store.self, &why, &f->arena, &f->diags), ZPL_OK);
        assert_null(why);
        assert_int_equal(f->diags.count, 0);
    }
}

static void what_is_remembered_and_damaged_is_forgotten(void **state)
{
    struct fixture *f = *state;
    struct zpl_digest key = digest_of("question");
    struct zpl_buf answer = {0};
    assert_int_equal(f->store.memo_put(f->store.self, "bind", &key, "answer", 6, &f->diags),
                     ZPL_OK);
    assert_int_equal(f->store.memo_get(f->store.self, "bind", &key, &answer, &f->diags), ZPL_OK);
    alter(f, "UPDATE memo SET data = 'anzwer'");
    assert_int_equal(f->store.memo_get(f->store.self, "bind", &key, &answer, &f->diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 0);
    zpl_buf_release(&answer);
}

static void what_another_start_wrote_is_unsure(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *boot;
        bool unsure;
    } STARTS[] = {{"one", false}, {"two", true}, {"", true}, {"three", true}};
    struct zpl_step_row step;
    struct zpl_digest key = digest_of("key");
    start_afresh(f, "one");
    put_whole_step(f);
    for (size_t i = 0; i < sizeof STARTS / sizeof *STARTS; i++) {
        start_afresh(f, STARTS[i].boot);
        assert_int_equal(by_key(f, "key", &step), ZPL_OK);
        assert_int_equal(step.unsure, STARTS[i].unsure);
    }
    /* who does not know which start it is can't tell that another one read it */
    start_afresh(f, "");
    assert_int_equal(f->store.step_sure(f->store.self, &key, &f->diags), ZPL_OK);
    assert_int_equal(by_key(f, "key", &step), ZPL_OK);
    assert_true(step.unsure);
    /* what a later start read came from the disk */
    start_afresh(f, "two");
    assert_int_equal(f->store.step_sure(f->store.self, &key, &f->diags), ZPL_OK);
    start_afresh(f, "three");
    assert_int_equal(by_key(f, "key", &step), ZPL_OK);
    assert_false(step.unsure);
}

static void one_machine_at_a_time(void **state)
{
    struct fixture *f = *state;
    const struct zpl_stack_config here = {.home = f->home, .boot = "here"},
                                  there = {.home = f->home, .boot = "there"};
    start_afresh(f, "here");
    begin_run(f, "p");
    for (int write = 0; write < 2; write++) {
        struct zpl_metadata other;
        assert_int_equal(zpl_metadata_open(&there, write, &other, &f->diags), ZPL_ERR_BUSY);
        assert_int_equal(f->diags.items[0]->code, ZPL_CODE_STORE_BUSY);
        assert_non_null(strstr(f->diags.items[0]->message, "another machine"));
        zpl_diags_clear(&f->diags);
        assert_int_equal(zpl_metadata_open(&here, write, &other, &f->diags), ZPL_OK);
        other.release(other.self);
    }
    /* who only reads is in the way of another machine too, and each has it when the other has gone */
    struct zpl_metadata reader, other;
    close_store(f);
    assert_int_equal(zpl_metadata_open(&here, false, &reader, &f->diags), ZPL_OK);
    assert_int_equal(zpl_metadata_open(&there, true, &other, &f->diags), ZPL_ERR_BUSY);
    reader.release(reader.self);
    assert_int_equal(zpl_metadata_open(&there, true, &other, &f->diags), ZPL_OK);
    assert_int_equal(zpl_metadata_open(&here, true, &reader, &f->diags), ZPL_ERR_BUSY);
    other.release(other.self);
}

static void a_network_is_known_by_its_type(void **state)
{
    static const struct {
        uint64_t type;
        const char *name;
    } KNOWN[] = {
        {0x6969, "NFS"},    {0xFF534D42, "CIFS"},   {(uint64_t)(int32_t)0xFF534D42, "CIFS"},
        {0x01021997, "9p"}, {0x0BD00BD0, "Lustre"}, {0xEF53, NULL},
        {0x58465342, NULL}, {0x01021994, NULL},     {0x9123683E, NULL}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        const char *name = zpl_home_network(KNOWN[i].type);
        assert_true(name == NULL ? KNOWN[i].name == NULL
                                 : KNOWN[i].name != NULL && strcmp(name, KNOWN[i].name) == 0);
    }
    assert_int_equal(zpl_home_lock_failed(f->home, ENOLCK, &f->diags), ZPL_ERR_IO);
    assert_non_null(strstr(f->diags.items[0]->message, f->home));
    assert_non_null(strstr(f->diags.items[0]->help, "ZPL_HOME"));
    zpl_diags_clear(&f->diags);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(another_version_is_refused),
        TEST(a_corrupt_file_is_told),
        TEST(a_damaged_digest_is_told),
        TEST(what_was_not_written_is_told),
        TEST(what_is_remembered_and_damaged_is_forgotten),
        TEST(what_another_start_wrote_is_unsure),
        TEST(one_machine_at_a_time),
        TEST(a_network_is_known_by_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
