/* What is said to Slurm's commands, word by word, what their answers mean, and the script that every
 * job runs, in a real shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/orchestrator/command.h"
#include "stack/orchestrator/slurm_talk.h"

static struct zpl_arena arena;
static struct zpl_diags diags;

static int tear_down(void **state)
{
    (void)state;
    zpl_arena_release(&arena);
    zpl_diags_release(&diags);
    arena = (struct zpl_arena){0};
    return 0;
}

/* The words of a command line, a space between them. */
static const char *joined(const char *const *words)
{
    const char *all = "";
    assert_non_null(words);
    for (; *words; words++)
        all = zpl_arena_printf(&arena, "%s%s%s", all, *all ? " " : "", *words);
    return all;
}

static void a_batch_says_what_its_tasks_need(void **state)
{
    (void)state;
    const char *const folders[] = {"/s/1", "/s/2 $(x)"};
    struct zpl_slurm_batch batch = {.number = 17,
                                    .script = "/s/task.sh",
                                    .program = "/bin/zpl",
                                    .folders = folders,
                                    .count = 1};
    struct zpl_slurm_options options = {0};
#define ALWAYS "sbatch --parsable --no-requeue --output=/dev/null --job-name=zpl-17 "
    assert_string_equal(joined(zpl_slurm_submit(&batch, &options, &arena)),
                        ALWAYS "--nodes=1 --ntasks=1 --cpus-per-task=1 /s/task.sh /bin/zpl /s/1");
    batch.count = 2;
    batch.needs = (struct zpl_task_needs){
        .cpu = 1.5, .memory_bytes = (UINT64_C(1) << 30) + 1, .timeout_ms = 90000, .gpus = 2};
    options = (struct zpl_slurm_options){.partition = "a b", .account = "$me", .time = "4h"};
    assert_string_equal(joined(zpl_slurm_submit(&batch, &options, &arena)),
                        ALWAYS "--nodes=1 --ntasks=1 --cpus-per-task=2 --mem=1089M --gres=gpu:2 "
                               "--time=3 --partition=a b --account=$me --array=0-1 "
                               "/s/task.sh /bin/zpl /s/1 /s/2 $(x)");
    batch.needs.timeout_ms = 0;
    batch.needs.workers = 3; /* memory of a worker over its two cores */
    batch.count = 1;
    assert_string_equal(joined(zpl_slurm_submit(&batch, &options, &arena)),
                        ALWAYS "--ntasks=3 --cpus-per-task=2 --mem-per-cpu=545M --gpus-per-task=2 "
                               "--time=240 --partition=a b --account=$me /s/task.sh /bin/zpl /s/1");
    batch.needs.together = true; /* on as many nodes as Slurm likes, too */
    assert_string_equal(joined(zpl_slurm_submit(&batch, &options, &arena)),
                        ALWAYS "--ntasks=3 --cpus-per-task=2 --mem-per-cpu=545M --gpus-per-task=2 "
                               "--time=240 --partition=a b --account=$me /s/task.sh /bin/zpl /s/1");
}

static void a_time_may_be_a_duration(void **state)
{
    (void)state;
    static const char *const TIMES[][2] = {
        {"90s", "2"}, {"2h", "120"}, {"1.5d", "2160"}, {"30", "30"}, {"1-12:00:00", "1-12:00:00"}};
    const char *const folders[] = {"/s/1"};
    struct zpl_slurm_batch batch = {.script = "s", .program = "p", .folders = folders, .count = 1};
    for (size_t i = 0; i < sizeof TIMES / sizeof TIMES[0]; i++) {
        struct zpl_slurm_options options = {.time = TIMES[i][0]};
        assert_non_null(strstr(joined(zpl_slurm_submit(&batch, &options, &arena)),
                               zpl_arena_printf(&arena, " --time=%s s p", TIMES[i][1])));
    }
}

static void jobs_are_asked_for_by_their_batches(void **state)
{
    (void)state;
    const uint64_t batches[] = {17, UINT64_C(1764329000000000000)};
    assert_string_equal(joined(zpl_slurm_ask(batches, 2, &arena)),
                        "squeue --noheader --array --states=all --format=%j|%F|%K|%T|%N|%r "
                        "--name=zpl-17,zpl-1764329000000000000");
    const char *const ids[] = {"12_3", "14"};
    assert_string_equal(joined(zpl_slurm_cancel(ids, 2, &arena)), "scancel --quiet 12_3 14");
}

static bool read_row(const char *line, struct zpl_slurm_row *row)
{
    return zpl_slurm_read_row(line, strlen(line), row);
}

static void rows_are_read(void **state)
{
    (void)state;
    struct zpl_slurm_row row;
    assert_true(read_row("zpl-1764329000000000000|12|3|NODE_FAIL|n1|None", &row));
    assert_int_equal(row.batch, UINT64_C(1764329000000000000));
    assert_int_equal(row.index, 3);
    assert_string_equal(row.id, "12_3");
    assert_string_equal(row.node, "n1");
    assert_int_equal(row.state, ZPL_SLURM_NODE_FAILED);
    assert_true(read_row("zpl-5|12|N/A|PENDING||PartitionConfig", &row));
    assert_string_equal(row.id, "12");
    assert_int_equal(row.index, 0);
    assert_string_equal(row.node, "");
    assert_true(zpl_slurm_is_hopeless(row.reason));
    assert_false(zpl_slurm_is_hopeless("Resources"));
    const char *const others[] = {"", "zpl-5", "zpl-x|1|N/A|RUNNING|n1|None",
                                  "sleep|1|N/A|RUNNING|n1|None", "zpl-5|1|N/A|RUNNING"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(read_row(others[i], &row));
}

static void states_are_known(void **state)
{
    (void)state;
    assert_int_equal(zpl_slurm_state_of("PENDING"), ZPL_SLURM_WAITS);
    assert_int_equal(zpl_slurm_state_of("COMPLETING"), ZPL_SLURM_RUNS);
    assert_int_equal(zpl_slurm_state_of("A_STATE_OF_LATER_VERSIONS"), ZPL_SLURM_RUNS);
    assert_int_equal(zpl_slurm_state_of("PREEMPTED"), ZPL_SLURM_PREEMPTED);
    assert_int_equal(zpl_slurm_state_of("OUT_OF_MEMORY"), ZPL_SLURM_MEMORY);
    for (int s = ZPL_SLURM_WAITS; s <= ZPL_SLURM_GONE; s++)
        assert_int_equal(zpl_slurm_state_is_end((enum zpl_slurm_state)s), s > ZPL_SLURM_RUNS);
}

/* ---- the script, and commands at all ----------------------------------------------------------- */

static char folder[] = "/tmp/zpl-talk.XXXXXX";

static const char *write_program(const char *name, const char *text)
{
    const char *path = zpl_arena_printf(&arena, "%s/%s", folder, name);
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, &diags), ZPL_OK);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

/* Runs a command to its end. */
static void run(struct zpl_command_run *command, const char *const *argv, int limit_ms)
{
    *command = (struct zpl_command_run){0};
    assert_int_equal(zpl_command_start(command, argv, limit_ms, &diags), ZPL_OK);
    zpl_command_finish(command);
    assert_false(command->running);
}

static void the_script_runs_the_task_of_its_index(void **state)
{
    (void)state;
    struct zpl_command_run command;
    struct zpl_buf got = {0};
    const char *script = write_program("task.sh", zpl_slurm_script);
    const char *zpl =
        write_program("z pl", "#!/bin/sh\necho \"$1 in $(pwd) for $2\" >\"$2/ran\"\n");
    const char *one = zpl_arena_printf(&arena, "%s/one $(touch hacked)", folder);
    const char *two = zpl_arena_printf(&arena, "%s/two", folder);
    const char *const argv[] = {script, zpl, one, two, NULL};
    assert_int_equal(zpl_fs_mkdirs(one, &diags), ZPL_OK);
    assert_int_equal(zpl_fs_mkdirs(two, &diags), ZPL_OK);

    setenv("SLURM_ARRAY_TASK_ID", "1", 1);
    run(&command, argv, 10000);
    assert_true(zpl_command_worked(&command));
    zpl_command_release(&command);
    const char *ran = zpl_arena_printf(&arena, "%s/ran", two);
    assert_int_equal(zpl_fs_read_file(ran, 1000, &got, &diags), ZPL_OK);
    assert_string_equal(got.data, zpl_arena_printf(&arena, "worker in %s for %s\n", two, two));

    unsetenv("SLURM_ARRAY_TASK_ID"); /* a job that is no array */
    run(&command, argv, 10000);
    assert_true(zpl_command_worked(&command));
    zpl_command_release(&command);
    ran = zpl_arena_printf(&arena, "%s/ran", one);
    assert_int_equal(zpl_fs_read_file(ran, 1000, &got, &diags), ZPL_OK);
    assert_int_equal(access(zpl_arena_printf(&arena, "%s/hacked", one), F_OK), -1);

    zpl_fs_remove_tree(one, NULL); /* not wanted any more: nothing is run */
    run(&command, argv, 10000);
    assert_false(zpl_command_worked(&command));
    zpl_command_release(&command);
    zpl_buf_release(&got);
    zpl_fs_remove_tree(folder, NULL);
}

static void commands_say_how_they_ended(void **state)
{
    (void)state;
    struct zpl_command_run command;
    char words[80];
    run(&command,
        (const char *const[]){"sh", "-c", "echo out; echo one >&2; echo two >&2; exit 3", NULL},
        10000);
    assert_false(zpl_command_worked(&command));
    assert_string_equal(zpl_buf_str(&command.out), "out\n");
    zpl_command_words(&command, words, sizeof words);
    assert_string_equal(words, "two");
    zpl_command_release(&command);

    run(&command, (const char *const[]){"sh", "-c", "kill -9 $$", NULL}, 10000);
    zpl_command_words(&command, words, sizeof words);
    assert_non_null(strstr(words, "SIGKILL"));
    zpl_command_release(&command);

    int64_t before = zpl_clock_monotonic_ns();
    run(&command, (const char *const[]){"sh", "-c", "sleep 60 & sleep 60", NULL}, 200);
    assert_true(zpl_clock_monotonic_ns() - before < INT64_C(5000000000));
    zpl_command_words(&command, words, sizeof words);
    assert_string_equal(words, "it did not end in time");
    zpl_command_release(&command);

    assert_int_equal(diags.count, 0);
    assert_int_equal(
        zpl_command_start(&command, (const char *const[]){"no-such-program", NULL}, 1, &diags),
        ZPL_ERR_IO);
    assert_int_equal(diags.errors, 1);
}

/* More than is kept is read all the same, or the program would wait for ever. */
static void what_says_much_ends(void **state)
{
    (void)state;
    struct zpl_command_run command;
    char much[64];
    snprintf(much, sizeof much, "head -c %u /dev/zero", ZPL_COMMAND_TEXT_MAX * 2);
    run(&command, (const char *const[]){"sh", "-c", much, NULL}, 20000);
    assert_true(zpl_command_worked(&command));
    assert_int_equal(zpl_buf_error(&command.out), ZPL_ERR_LIMIT);
    zpl_command_release(&command);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_batch_says_what_its_tasks_need, tear_down),
        cmocka_unit_test_teardown(a_time_may_be_a_duration, tear_down),
        cmocka_unit_test_teardown(jobs_are_asked_for_by_their_batches, tear_down),
        cmocka_unit_test_teardown(rows_are_read, tear_down),
        cmocka_unit_test_teardown(states_are_known, tear_down),
        cmocka_unit_test_teardown(the_script_runs_the_task_of_its_index, tear_down),
        cmocka_unit_test_teardown(commands_say_how_they_ended, tear_down),
        cmocka_unit_test_teardown(what_says_much_ends, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
