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
    assert_int_equal(f->store.step_failed(f->store.self, "p", "s", &got, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(got.run, 3);
    assert_int_equal(f->store.step_failed(f->store.self, "q", "s", &got, &f->arena, &f->diags),
                     ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->store.step_of_run(f->store.self, 3, "s", &got, &f->arena, &f->diags),
                     ZPL_OK);
    assert_int_equal(got.status, ZPL_STEP_FAILED);
    assert_string_equal(got.error, "no");
}

static void names_of_a_run_are_those_behind_the_last_that_was_seen(void **state)
{
    struct fixture *f = *state;
    static const char *const STEPS[] = {"b", "a[2]", "a[1]"};
    int64_t run = begin_run(f, "p"), last = 0;
    const char **names;
    size_t count;
    for (size_t i = 0; i < 3; i++) {
        struct zpl_step_row step = plain_step(run, STEPS[i], STEPS[i]);
        struct zpl_step_row other = plain_step(begin_run(f, "p"), STEPS[i], STEPS[i]);
        assert_int_equal(put(f, &step), ZPL_OK);
        assert_int_equal(put(f, &other), ZPL_OK);
        assert_int_equal(
            f->store.step_names(f->store.self, run, &last, &names, &count, &f->arena, &f->diags),
            ZPL_OK);
        assert_int_equal(count, 1);
        assert_string_equal(names[0], STEPS[i]);
    }
    assert_int_equal(
        f->store.step_names(f->store.self, run, &last, &names, &count, &f->arena, &f->diags),
        ZPL_OK);
    assert_int_equal(count, 0);
    last = 0;
    assert_int_equal(
        f->store.step_names(f->store.self, run, &last, &names, &count, &f->arena, &f->diags),
        ZPL_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(names[i], STEPS[i]);
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

/* Writes the digest of `value` under a name, as a step of the run. */
static void name(struct fixture *f, int64_t run, const char *name, const char *value)
{
    char step[64];
    const struct zpl_output_row output = {
        .name = "value", .type = "Int", .digest = digest_of(value), .bytes = 1, .rows = -1};
    snprintf(step, sizeof step, "write %s %s", name, value);
    struct zpl_step_row row = plain_step(run, step, step);
    row.outputs = &output;
    row.output_count = 1;
    row.named = name;
    assert_int_equal(put(f, &row), ZPL_OK);
}

static void end_as(struct fixture *f, int64_t run, enum zpl_run_status status)
{
    struct zpl_run_row end = {.id = run, .status = status, .ended_ns = 9, .plan = "[]"};
    assert_int_equal(f->store.run_end(f->store.self, &end, &f->diags), ZPL_OK);
}

/* Holds what stands under all names to "name=value" words. */
static void assert_names(struct fixture *f, const char *wanted)
{
    struct zpl_name_row *names;
    struct zpl_step_row row;
    size_t count;
    const char *at = wanted;
    assert_int_equal(f->store.name_list(f->store.self, NULL, &names, &count, &f->arena, &f->diags),
                     ZPL_OK);
    for (size_t i = 0; i < count; i++) {
        char word[32], value[16];
        assert_int_equal(sscanf(at, "%31[^=]=%15s", word, value), 2);
        at = strchr(at, ' ') ? strchr(at, ' ') + 1 : "";
        assert_string_equal(names[i].name, word);
        struct zpl_name_row *one;
        size_t ones;
        assert_int_equal(f->store.name_list(f->store.self, word, &one, &ones, &f->arena, &f->diags),
                         ZPL_OK);
        assert_int_equal(ones, 1);
        assert_int_equal(one->step, names[i].step);
        assert_int_equal(
            f->store.name_step(f->store.self, names[i].step, &row, &f->arena, &f->diags), ZPL_OK);
        assert_int_equal(row.output_count, 1);
        assert_digest(&row.outputs[0].digest, value);
    }
    assert_string_equal(at, "");
    assert_int_equal(f->store.name_step(f->store.self, 999, &row, &f->arena, &f->diags),
                     ZPL_ERR_NOT_FOUND);
}

static void a_name_is_what_done_runs_wrote_last(void **state)
{
    struct fixture *f = *state;
    assert_names(f, "");
    int64_t one = begin_run(f, "p"), two = begin_run(f, "p"), three = begin_run(f, "p");
    name(f, one, "model", "1");
    name(f, one, "rows", "1");
    assert_names(f, "");
    name(f, two, "model", "2");
    end_as(f, two, ZPL_RUN_DONE);
    assert_names(f, "model=2");
    name(f, three, "rows", "3");
    name(f, three, "model", "3");
    end_as(f, three, ZPL_RUN_FAILED);
    assert_names(f, "model=2");
    end_as(f, one, ZPL_RUN_DONE); /* it wrote before two did */
    assert_names(f, "model=2 rows=1");
    int64_t four = begin_run(f, "p");
    name(f, four, "model", "4");
    end_as(f, four, ZPL_RUN_CANCELLED);
    assert_names(f, "model=2 rows=1");
    int64_t five = begin_run(f, "p");
    name(f, five, "model", "1");
    end_as(f, five, ZPL_RUN_DONE);
    assert_names(f, "model=1 rows=1");
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
        TEST(names_of_a_run_are_those_behind_the_last_that_was_seen),
        TEST(a_long_value_is_left_to_the_artifact),
        TEST(lineage_goes_both_ways),
        TEST(a_memo_comes_back),
        TEST(a_missing_store_is_not_found_silently),
        TEST(a_name_is_what_done_runs_wrote_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
