/* test_fault.c - the switch that makes the N-th call fail. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "lang/base/fault.h"

/* How many of `calls` calls of `kind` fail, and which was the first. */
static int failing(enum zpl_fault_kind kind, int calls, int *first)
{
    int count = 0;
    *first = -1;
    for (int i = 0; i < calls; i++) {
        if (zpl_fault(kind) && count++ == 0)
            *first = i;
    }
    return count;
}

static void exactly_the_nth_call_fails_once(void **state)
{
    (void)state;
    for (int n = 0; n < 5; n++) {
        int first;
        zpl_fault_arm(ZPL_FAULT_WRITE, n, ENOSPC);
        assert_false(zpl_fault_fired());
        assert_int_equal(failing(ZPL_FAULT_READ, 10, &first), 0);
        errno = 0;
        assert_int_equal(failing(ZPL_FAULT_WRITE, 10, &first), 1);
        assert_int_equal(first, n);
        assert_int_equal(errno, ENOSPC);
        assert_true(zpl_fault_fired());
    }
}

static void a_disarmed_fault_does_not_fire(void **state)
{
    (void)state;
    int first;
    zpl_fault_arm(ZPL_FAULT_OPEN, 0, EIO);
    zpl_fault_disarm();
    assert_int_equal(failing(ZPL_FAULT_OPEN, 10, &first), 0);
    assert_false(zpl_fault_fired());
}

static void allocations_fail_with_enomem(void **state)
{
    (void)state;
    zpl_fault_arm(ZPL_FAULT_ALLOC, 0, EIO);
    errno = 0;
    assert_null(zpl_malloc(8));
    assert_int_equal(errno, ENOMEM);
    zpl_fault_arm(ZPL_FAULT_ALLOC, 0, EIO);
    assert_null(zpl_calloc(2, 8));
    zpl_fault_arm(ZPL_FAULT_ALLOC, 0, EIO);
    char *p = zpl_strdup("kept");
    assert_null(p);
    p = zpl_strdup("kept");
    assert_string_equal(p, "kept");
    zpl_fault_arm(ZPL_FAULT_ALLOC, 0, EIO);
    assert_null(zpl_realloc(p, 100));
    assert_string_equal(p, "kept");
    free(p);
}

static void no_size_is_a_real_allocation(void **state)
{
    (void)state;
    void *a = zpl_malloc(0), *b = zpl_calloc(0, 8), *c = zpl_realloc(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    free(a);
    free(b);
    free(c);
}

static void the_environment_programs_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum zpl_fault_kind kind;
        int n, error;
    } CASES[] = {
        {"alloc:0", ZPL_FAULT_ALLOC, 0, EIO},
        {"open:3", ZPL_FAULT_OPEN, 3, EIO},
        {"read:1:EINTR", ZPL_FAULT_READ, 1, EINTR},
        {"write:2:ENOSPC", ZPL_FAULT_WRITE, 2, ENOSPC},
        {"fsync:0:EROFS", ZPL_FAULT_FSYNC, 0, EROFS},
        {"rename:0:EACCES", ZPL_FAULT_RENAME, 0, EACCES},
        {"fork:1:EMFILE", ZPL_FAULT_FORK, 1, EMFILE},
        {"connect:0:EIO", ZPL_FAULT_CONNECT, 0, EIO},
        {"sqlite:4", ZPL_FAULT_SQLITE, 4, EIO},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int first;
        setenv("ZPL_FAULT", CASES[i].text, 1);
        zpl_fault_init();
        errno = 0;
        assert_int_equal(failing(CASES[i].kind, 10, &first), 1);
        assert_int_equal(first, CASES[i].n);
        assert_int_equal(errno, CASES[i].error);
    }
    unsetenv("ZPL_FAULT");
}

static void an_ill_formed_fault_is_ignored(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "alloc",
                                        "alloc:",
                                        "alloc:x",
                                        "alloc:-1",
                                        "alloc:1x",
                                        "alloc:0:EWHAT",
                                        "alloc:0:",
                                        ":0",
                                        "allocs:0",
                                        "alloc:0:EIO:",
                                        "allo:0",
                                        "0:alloc",
                                        "alloc:9999999999999999999999"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        int first;
        zpl_fault_disarm();
        setenv("ZPL_FAULT", TEXTS[i], 1);
        zpl_fault_init();
        for (int kind = 0; kind < ZPL_FAULT_KINDS; kind++)
            assert_int_equal(failing((enum zpl_fault_kind)kind, 3, &first), 0);
    }
    unsetenv("ZPL_FAULT");
}

/* One that came in a forked process is known where it was armed, and told by a file. */
static void a_fault_of_a_fork_is_told(void **state)
{
    (void)state;
    char path[] = "/tmp/zpl-fault-XXXXXX";
    int fd = mkstemp(path), status;
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    setenv("ZPL_FAULT", "alloc:0", 1);
    setenv("ZPL_FAULT_FIRED", path, 1);
    zpl_fault_init();
    zpl_fault_tell();
    assert_int_equal(access(path, F_OK), -1);
    pid_t pid = fork();
    if (pid == 0)
        _exit(zpl_malloc(1) == NULL ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    zpl_fault_disarm();
    assert_true(zpl_fault_fired());
    zpl_fault_tell();
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    unsetenv("ZPL_FAULT");
    unsetenv("ZPL_FAULT_FIRED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_the_nth_call_fails_once),
        cmocka_unit_test(a_disarmed_fault_does_not_fire),
        cmocka_unit_test(allocations_fail_with_enomem),
        cmocka_unit_test(no_size_is_a_real_allocation),
        cmocka_unit_test(the_environment_programs_a_fault),
        cmocka_unit_test(an_ill_formed_fault_is_ignored),
        cmocka_unit_test(a_fault_of_a_fork_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
