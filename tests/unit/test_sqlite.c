/* The metadata store in SQLite: what is put in comes back. */
#include "tests/unit/sqlite_fixture.h"

static void a_run_comes_back(void **state)
{
    struct fixture *f = *state;
    struct zpl_run_row row;
    assert_int_equal(begin_run(f, "delays"), 1);
    assert_int_equal(begin_run(f, "delays"), 2);
    assert_int_equal(f->store.run_get(f->store.self, 1, &row, &f->arena, &f->diags), ZPL_OK);
    assert_int_equal(row.id, 1);
    assert_int_equal(row.status, ZPL_RUN_RUNNING);
    assert_string_equal(row.pipeline, "delays");
    assert_string_equal(row.file, "x.zpl");
    assert_int_equal(row.started_ns, 1700000000000000001);
    assert_int_equal(row.ended_ns, 0);
    assert_string_equal(row.params, "{\"a\":1}");
    assert_string_equal(row.plan, "[]");
    assert_string_equal(row.graph, "{}");
    assert_null(row.error);

    struct zpl_run_row end = {
        .id = 1, .status = ZPL_RUN_FAILED, .ended_ns = 5, .plan = "[1]", .error = "step 'x'"};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
    assert_int_equal(f->store.run_get(f->store.self, 1, &row, &f->arena, &f->diags), ZPL_OK);
    assert_int_equal(row.status, ZPL_RUN_FAILED);
    assert_int_equal(row.ended_ns, 5);
    assert_string_equal(row.plan, "[1]");
    assert_string_equal(row.graph, "{}");
    assert_string_equal(row.error, "step 'x'");
    assert_int_equal(f->store.run_get(f->store.self, 3, &row, &f->arena, &f->diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 0);
}

static void runs_are_listed_newest_first(void **state)
{
    struct fixture *f = *state;
    struct zpl_run_row *rows;
    size_t count;
    for (int i = 0; i < 20; i++)
        begin_run(f, i % 2 ? "odd" : "even");
    assert_int_equal(f->store.run_list(f->store.self, NULL, 5, &rows, &count, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(rows[i].id, 20 - i);
    assert_int_equal(
        f->store.run_list(f->store.self, "even", SIZE_MAX, &rows, &count, &f->arena, &f->diags),
        ZPL_OK);
    assert_int_equal(count, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(rows[i].id, 19 - 2 * i);
        assert_string_equal(rows[i].pipeline, "even");
        assert_int_equal(rows[i].status, ZPL_RUN_RUNNING);
    }
    assert_int_equal(
        f->store.run_list(f->store.self, "none", 5, &rows, &count, &f->arena, &f->diags), ZPL_OK);
    assert_int_equal(count, 0);
}

static void a_step_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    char log[] = "head\0\xff tail";
    struct zpl_column_row columns[] = {{"hour", digest_of("c1")}, {"late", digest_of("c2")}};
    struct zpl_output_row outputs[] = {{.name = "rows",
                                        .type = "Table{hour = Int}",
                                        .digest = digest_of("rows"),
                                        .bytes = UINT64_C(5) << 40,
                                        .rows = 0,
                                        .columns = columns,
                                        .column_count = 2},
                                       {.name = "report",
                                        .type = "Report{auc = Float}",
                                        .digest = digest_of("report"),
                                        .rows = -1,
                                        .json = "{\"auc\":0.7}"}};
    struct zpl_input_row inputs[] = {{"left", digest_of("in1"), "flights", "rows"},
                                     {"data", digest_of("in2"), "", ""}};
    struct zpl_step_row step = {.run = begin_run(f, "p"),
                                .pipeline = "p",
                                .name = "train@model",
                                .step = "xgboost.train",
                                .kernel = "native:xgboost.train",
                                .status = ZPL_STEP_RAN,
                                .key = digest_of("key"),
                                .shape_key = digest_of("shape"),
                                .ingredients = "[\"été\"]",
                                .started_ns = 11,
                                .duration_ns = 22,
                                .peak_bytes = 33,
                                .attempts = 2,
                                .log = log,
                                .log_len = sizeof log - 1,
                                .outputs = outputs,
                                .output_count = 2,
                                .inputs = inputs,
                                .input_count = 2};
    assert_int_equal(put(f, &step), ZPL_OK);
    struct zpl_step_row got;
    assert_int_equal(
        f->store.step_of_run(f->store.self, step.run, step.name, &got, &f->arena, &f->diags),
        ZPL_OK);
    assert_int_equal(got.run, step.run);
    assert_string_equal(got.pipeline, "p");
    assert_string_equal(got.name, "train@model");
    assert_string_equal(got.step, "xgboost.train");
    assert_string_equal(got.kernel, "native:xgboost.train");
    assert_int_equal(got.status, ZPL_STEP_RAN);
    assert_digest(&got.key, "key");
    assert_digest(&got.shape_key, "shape");
    assert_string_equal(got.ingredients, "[\"été\"]");
    assert_int_equal(got.started_ns, 11);
    assert_int_equal(got.duration_ns, 22);
    assert_int_equal(got.peak_bytes, 33);
    assert_int_equal(got.attempts, 2);
    assert_null(got.error);
    assert_int_equal(got.log_len, sizeof log - 1);
    assert_memory_equal(got.log, log, got.log_len);

    assert_int_equal(by_key(f, "key", &got), ZPL_OK);
    assert_null(got.log);
    assert_int_equal(got.output_count, 2);
    assert_string_equal(got.outputs[0].name, "rows");
    assert_string_equal(got.outputs[0].type, "Table{hour = Int}");
    assert_digest(&got.outputs[0].digest, "rows");
    assert_true(got.outputs[0].bytes == UINT64_C(5) << 40);
    assert_int_equal(got.outputs[0].rows, 0);
    assert_null(got.outputs[0].json);
    assert_int_equal(got.outputs[0].column_count, 2);
    assert_string_equal(got.outputs[0].columns[1].name, "late");
    assert_digest(&got.outputs[0].columns[1].digest, "c2");
    assert_int_equal(got.outputs[1].rows, -1);
    assert_int_equal(got.outputs[1].column_count, 0);
    assert_string_equal(got.outputs[1].json, "{\"auc\":0.7}");
    assert_int_equal(got.input_count, 2);
    assert_string_equal(got.inputs[0].name, "left");
    assert_string_equal(got.inputs[0].step, "flights");
    assert_string_equal(got.inputs[0].output, "rows");
    assert_digest(&got.inputs[1].digest, "in2");
    assert_string_equal(got.inputs[1].step, "");

    struct zpl_step_row made;
    assert_int_equal(step_made(f, "key", &made), ZPL_OK);
    assert_int_equal(made.started_ns, 11);
    assert_int_equal(made.duration_ns, 22);
    assert_int_equal(made.output_count, 2);
    assert_string_equal(made.outputs[0].name, "rows");
    assert_digest(&made.outputs[0].digest, "rows");
    assert_int_equal(made.outputs[0].column_count, 2);
    assert_digest(&made.outputs[0].columns[1].digest, "c2");
    assert_string_equal(made.outputs[1].json, "{\"auc\":0.7}");
    assert_int_equal(f->diags.count, 0);
}

/* A step that made nothing (an effect) is there too. */
static void a_step_without_outputs_was_made(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row made, step = plain_step(begin_run(f, "p"), "s", "key");
    assert_int_equal(step_made(f, "key", &made), ZPL_ERR_NOT_FOUND);
    assert_int_equal(put(f, &step), ZPL_OK);
    assert_int_equal(step_made(f, "key", &made), ZPL_OK);
    assert_int_equal(made.output_count, 0);
    assert_int_equal(made.started_ns, 1);
}

/* While it is held, a store reads as it was; letting go or writing shows what others have done. */
static void what_is_held_stays_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct fixture other = {.config = f->config};
    struct zpl_step_row got;
    assert_int_equal(zpl_metadata_open(&other.config, true, &other.store, &other.diags), ZPL_OK);
    int64_t run = begin_run(f, "p");
    struct zpl_step_row a = plain_step(run, "a", "a"), b = plain_step(run, "b", "b"),
                        c = plain_step(run, "c", "c");
    for (int i = 0; i < 2; i++)
        assert_int_equal(f->store.hold(f->store.self, &f->diags), ZPL_OK);
    assert_int_equal(step_made(f, "a", &got), ZPL_ERR_NOT_FOUND);
    assert_int_equal(put(&other, &a), ZPL_OK);
    assert_int_equal(step_made(f, "a", &got), ZPL_ERR_NOT_FOUND);
    for (int i = 0; i < 2; i++)
        f->store.let_go(f->store.self);
    assert_int_equal(step_made(f, "a", &got), ZPL_OK);

    assert_int_equal(f->store.hold(f->store.self, &f->diags), ZPL_OK);
    assert_int_equal(step_made(f, "b", &got), ZPL_ERR_NOT_FOUND);
    assert_int_equal(put(&other, &b), ZPL_OK);
    assert_int_equal(put(f, &c), ZPL_OK);
    assert_int_equal(step_made(f, "b", &got), ZPL_OK);
    assert_int_equal(step_made(f, "c", &got), ZPL_OK);
    close_store(&other);
}

static void what_is_not_there_is_not_found_silently(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row row;
    struct zpl_step_row *rows;
    size_t count = 7;
    assert_int_equal(by_key(f, "never", &row), ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->store.step_last(f->store.self, "p", "n", &row, &f->arena, &f->diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->store.step_of_run(f->store.self, 1, "n", &row, &f->arena, &f->diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(
        f->store.step_makers(f->store.self, "abcdef", &rows, &count, &f->arena, &f->diags), ZPL_OK);
    assert_int_equal(count, 0);
    assert_int_equal(f->diags.count, 0);
}

static void the_newest_success_counts(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row got;
    for (int i = 0; i < 3; i++) {
        struct zpl_step_row step = plain_step(begin_run(f, "p"), "s", "key");
        step.started_ns = 100 + i;
        step.ingredients = "[]";
        if (i == 2) {
            step.status = ZPL_STEP_FAILED;
            step.error = "no";
        }
        assert_int_equal(put(f, &step), ZPL_OK);
    }
    assert_int_equal(by_key(f, "key", &got), ZPL_OK);
    assert_int_equal(got.started_ns, 101);
    assert_int_equal(f->store.step_last(f->store.self, "p", "s", &got, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(got.started_ns, 101);
    assert_string_equal(got.ingredients, "[]");
    assert_int_equal(f->store.step_of_run(f->store.self, 3, "s", &got, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(got.status, ZPL_STEP_FAILED);
    assert_string_equal(got.error, "no");
}

static void a_long_value_is_left_to_the_artifact(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row got;
    struct zpl_buf json = {0};
    for (int more = 0; more < 2; more++) {
        zpl_buf_clear(&json);
        zpl_buf_putc(&json, '"');
        zpl_buf_repeat(&json, 'x', ZPL_INLINE_BYTES_MAX - 2 + (size_t)more);
        zpl_buf_putc(&json, '"');
        struct zpl_output_row output = {
            .name = "v", .type = "Json", .digest = digest_of("v"), .json = json.data, .rows = -1};
        struct zpl_step_row step = plain_step(begin_run(f, "p"), "s", more ? "long" : "short");
        step.outputs = &output;
        step.output_count = 1;
        assert_int_equal(put(f, &step), ZPL_OK);
    }
    assert_int_equal(by_key(f, "short", &got), ZPL_OK);
    assert_int_equal(strlen(got.outputs[0].json), ZPL_INLINE_BYTES_MAX);
    assert_int_equal(by_key(f, "long", &got), ZPL_OK);
    assert_null(got.outputs[0].json);
    zpl_buf_release(&json);
}

static void lineage_goes_both_ways(void **state)
{
    struct fixture *f = *state;
    struct zpl_step_row *rows;
    size_t count;
    char hex[ZPL_HEX_SIZE];
    struct zpl_output_row output = {.name = "rows", .type = "T", .digest = digest_of("a")};
    struct zpl_input_row input = {"rows", digest_of("a"), "make", "rows"};
    for (int i = 0; i < 2; i++) {
        int64_t run = begin_run(f, "p");
        struct zpl_step_row maker = plain_step(run, "make", "k1"),
                            user = plain_step(run, "use", "k2");
        maker.outputs = &output;
        maker.output_count = 1;
        user.inputs = &input;
        user.input_count = 1;
        assert_int_equal(put(f, &maker), ZPL_OK);
        assert_int_equal(put(f, &user), ZPL_OK);
    }
    zpl_digest_hex(&output.digest, hex);
    for (size_t n = 6; n <= 64; n += 29) {
        char prefix[ZPL_HEX_SIZE];
        snprintf(prefix, sizeof prefix, "%.*s", (int)n, hex);
        for (char *c = prefix; n == 6 && *c; c++)
            *c = *c >= 'a' ? (char)(*c - 32) : *c;
        assert_int_equal(
            f->store.step_makers(f->store.self, prefix, &rows, &count, &f->arena, &f->diags),
            ZPL_OK);
        assert_int_equal(count, 2);
        assert_int_equal(rows[0].run, 2);
        assert_string_equal(rows[0].name, "make");
        assert_int_equal(rows[1].output_count, 1);
        assert_int_equal(
            f->store.step_readers(f->store.self, prefix, &rows, &count, &f->arena, &f->diags),
            ZPL_OK);
        assert_int_equal(count, 2);
        assert_string_equal(rows[1].name, "use");
        assert_string_equal(rows[1].inputs[0].step, "make");
    }
    const char *bad[] = {"abcde", "zzzzzz", "", "abcdef' OR 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            f->store.step_makers(f->store.self, bad[i], &rows, &count, &f->arena, &f->diags),
            ZPL_ERR_INPUT);
        assert_int_equal(f->diags.count, i + 1);
    }
}

static void a_memo_comes_back(void **state)
{
    struct fixture *f = *state;
    struct zpl_digest key = digest_of("k");
    struct zpl_buf out = {0};
    assert_int_equal(f->store.memo_get(f->store.self, "bind", &key, &out, &f->diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->store.memo_put(f->store.self, "bind", &key, "a\0b", 3, &f->diags), ZPL_OK);
    assert_int_equal(f->store.memo_put(f->store.self, "file", &key, NULL, 0, &f->diags), ZPL_OK);
    assert_int_equal(f->store.memo_get(f->store.self, "bind", &key, &out, &f->diags), ZPL_OK);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.data, "a\0b", 3);
    assert_int_equal(f->store.memo_put(f->store.self, "bind", &key, "new", 3, &f->diags), ZPL_OK);
    assert_int_equal(f->store.memo_get(f->store.self, "bind", &key, &out, &f->diags), ZPL_OK);
    assert_memory_equal(out.data, "new", 3);
    assert_int_equal(f->store.memo_get(f->store.self, "file", &key, &out, &f->diags), ZPL_OK);
    assert_int_equal(out.len, 0);
    zpl_buf_release(&out);
    assert_int_equal(f->diags.count, 0);
}

static void a_missing_store_is_not_found_silently(void **state)
{
    struct fixture *f = *state;
    struct zpl_metadata reader;
    close_store(f);
    zpl_fs_remove_tree(f->home, NULL);
    assert_int_equal(zpl_metadata_open(&f->config, false, &reader, &f->diags), ZPL_ERR_NOT_FOUND);
    assert_null(reader.release);
    assert_int_equal(f->diags.count, 0);
    assert_int_equal(access(f->home, F_OK), -1);
}

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
        "UPDATE runs SET status = 'failed'",
        "UPDATE runs SET params = '{}'",
        "UPDATE runs SET graph = plan",
        "UPDATE texts SET text = '[ ]' WHERE text = '[]'",
        "DELETE FROM texts WHERE text = '{}'"};
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
        TEST(a_run_comes_back),
        TEST(runs_are_listed_newest_first),
        TEST(a_step_comes_back_whole),
        TEST(a_step_without_outputs_was_made),
        TEST(what_is_held_stays_as_it_was),
        TEST(what_is_not_there_is_not_found_silently),
        TEST(the_newest_success_counts),
        TEST(a_long_value_is_left_to_the_artifact),
        TEST(lineage_goes_both_ways),
        TEST(a_memo_comes_back),
        TEST(a_missing_store_is_not_found_silently),
        TEST(what_was_not_written_is_told),
        TEST(what_is_remembered_and_damaged_is_forgotten),
        TEST(what_another_start_wrote_is_unsure),
        TEST(one_machine_at_a_time),
        TEST(a_network_is_known_by_its_type),
        TEST(another_version_is_refused),
        TEST(a_corrupt_file_is_told),
        TEST(a_damaged_digest_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
