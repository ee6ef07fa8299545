/* The machines of a task as Slurm's variables say them, and a program on another one: a srun that says how it was
 * called, and gives back what it is given, stands for Slurm's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/orchestrator/spread.h"

static struct zpl_arena arena;
static struct zpl_diags diags;

static int tear_down(void **state)
{
    (void)state;
    zpl_arena_release(&arena);
    zpl_diags_release(&diags);
    return 0;
}

/* The counts as "2 1", or why there are none. */
static const char *counts(uint32_t workers, const char *said)
{
    static char out[400];
    size_t count, at = 0;
    if (said)
        setenv("SLURM_TASKS_PER_NODE", said, true);
    else
        unsetenv("SLURM_TASKS_PER_NODE");
    zpl_diags_clear(&diags);
    const uint32_t *list = zpl_spread_counts(workers, &count, &arena, &diags);
    assert_int_equal(list == NULL, diags.errors > 0);
    if (list == NULL)
        return diags.items[0]->message;
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%u", i > 0 ? " " : "", list[i]);
    return out;
}

static void workers_are_where_slurm_says(void **state)
{
    (void)state;
    assert_string_equal(counts(4, NULL), "4");
    assert_string_equal(counts(4, "4"), "4");
    assert_string_equal(counts(7, "2(x3),1"), "2 2 2 1");
    assert_string_equal(counts(3, "2,1"), "2 1");
    assert_string_equal(counts(3, "2(x3)"), "2 1"); /* whole nodes were given, and they have room */
    assert_string_equal(counts(3, "0,3"), "3");
    assert_string_equal(counts(4, "2,1"),
                        "4 workers were asked for, and the job was given \"2,1\"");
    for (const char *const *bad = (const char *const[]){"x", "2(x", "2(y3)", "2;1", NULL}; *bad;
         bad++)
        assert_non_null(strstr(counts(3, *bad), "the job was given"));
}

static void a_program_is_started_on_another_machine(void **state)
{
    (void)state;
    static const char srun[] = "#!/bin/sh\necho \"$@\"\nenv | grep -c '^SLURM_NTASKS='\ncat\n";
    static const char *const words[] = {"/bin/zpl", "worker", "-", NULL};
    char folder[] = "/tmp/zpl-spread.XXXXXX", path[ZPL_PATH_MAX], said[1000];
    const char *before = zpl_arena_strdup(&arena, getenv("PATH"));
    size_t len = 0;
    int stream;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(zpl_path_join(path, folder, "srun"), ZPL_OK);
    assert_int_equal(zpl_fs_write_file(path, srun, strlen(srun), false, &diags), ZPL_OK);
    assert_int_equal(chmod(path, 0700), 0);
    setenv("PATH", zpl_arena_printf(&arena, "%s:%s", folder, before), true);
    setenv("SLURM_NTASKS", "7", true);
    setenv("SLURM_JOB_CPUS_PER_NODE", "8(x2),6", true);
    assert_int_equal(zpl_spread_start(2, words, &arena, &stream, &diags), ZPL_OK);
    assert_int_equal(send(stream, "given", 5, 0), 5);
    assert_int_equal(shutdown(stream, SHUT_WR), 0);
    for (ssize_t n; (n = read(stream, said + len, sizeof said - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    assert_string_equal(said,
                        "--relative=2 --nodes=1 --ntasks=1 --cpus-per-task=6 --mem=0 --overlap "
                        "--mpi=none --quiet /bin/zpl worker -\n0\ngiven");
    close(stream);
    assert_true(waitpid(-1, NULL, 0) > 0);
    setenv("PATH", folder, true);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(zpl_spread_start(1, words, &arena, &stream, &diags), ZPL_ERR_IO);
    assert_int_equal(stream, -1);
    assert_non_null(strstr(diags.items[0]->message, "srun"));
    setenv("PATH", before, true);
    zpl_fs_remove_tree(folder, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(workers_are_where_slurm_says, tear_down),
        cmocka_unit_test_teardown(a_program_is_started_on_another_machine, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
