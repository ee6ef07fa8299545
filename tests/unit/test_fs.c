/* test_fs.c - files, with every failure told with operation and path. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"

static char folder[ZPL_PATH_MAX];

static int make_folder(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    if (zpl_path_join(folder, parent && *parent ? parent : "/tmp", "zpl-test-XXXXXX") != ZPL_OK)
        return -1;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return zpl_fs_remove_tree(folder, NULL) == ZPL_OK ? 0 : -1;
}

/* A path in the test's folder, in one of four turns. */
static const char *at(const char *name)
{
    static char paths[4][ZPL_PATH_MAX];
    static int turn;
    char *path = paths[turn++ % 4];
    assert_int_equal(zpl_path_join(path, folder, name), ZPL_OK);
    return path;
}

static void write_text(const char *path, const char *text)
{
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, NULL), ZPL_OK);
}

static void expect_text(const char *path, const char *text)
{
    struct zpl_buf out = {0};
    assert_int_equal(zpl_fs_read_file(path, 1 << 20, &out, NULL), ZPL_OK);
    assert_string_equal(zpl_buf_str(&out), text);
    zpl_buf_release(&out);
}

/* The one diagnostic names the path. */
static void expect_told(struct zpl_diags *diags, const char *path)
{
    assert_int_equal(diags->count, 1);
    assert_int_equal(diags->items[0]->code, ZPL_CODE_SYSTEM);
    assert_non_null(strstr(diags->items[0]->message, path));
    zpl_diags_release(diags);
}

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static size_t count_names(const char *path)
{
    struct zpl_arena arena = {0};
    char **names;
    size_t count;
    assert_int_equal(zpl_fs_list(path, &arena, &names, &count, NULL), ZPL_OK);
    zpl_arena_release(&arena);
    return count;
}

static void paths_are_joined(void **state)
{
    (void)state;
    static const char *const CASES[][3] = {{"a", "b", "a/b"},  {"a/", "b", "a/b"}, {"/", "b", "/b"},
                                           {"a", "/b", "/b"},  {"", "b", "b"},     {"a", "", "a"},
                                           {".", "..", "./.."}};
    char out[ZPL_PATH_MAX];
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(zpl_path_join(out, CASES[i][0], CASES[i][1]), ZPL_OK);
        assert_string_equal(out, CASES[i][2]);
    }
    snprintf(out, sizeof out, "dir");
    assert_int_equal(zpl_path_join(out, out, "name"), ZPL_OK);
    assert_string_equal(out, "dir/name");
    snprintf(out, sizeof out, "name");
    assert_int_equal(zpl_path_join(out, "dir", out), ZPL_OK);
    assert_string_equal(out, "dir/name");
    char name[ZPL_PATH_MAX];
    memset(name, 'n', sizeof name);
    name[ZPL_PATH_MAX - 3] = '\0';
    assert_int_equal(zpl_path_join(out, "d", name), ZPL_OK);
    assert_int_equal(strlen(out), ZPL_PATH_MAX - 1);
    assert_int_equal(zpl_path_join(out, "dd", name), ZPL_ERR_LIMIT);
}

static void paths_are_cleaned(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {{"", "."},
                                           {".", "."},
                                           {"./.", "."},
                                           {"a/..", "."},
                                           {"a", "a"},
                                           {"a/", "a"},
                                           {"./a//b/./c/", "a/b/c"},
                                           {"a/../b", "b"},
                                           {"a/b/../../c", "c"},
                                           {"../a", "../a"},
                                           {"../../a/..", "../.."},
                                           {"a/../../b", "../b"},
                                           {"/", "/"},
                                           {"//", "/"},
                                           {"/..", "/"},
                                           {"/../a", "/a"},
                                           {"/a/../..", "/"},
                                           {"/a/./b/", "/a/b"},
                                           {"a/..b", "a/..b"},
                                           {"...", "..."}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char out[ZPL_PATH_MAX], same[ZPL_PATH_MAX];
        assert_int_equal(zpl_path_clean(out, CASES[i][0]), ZPL_OK);
        assert_string_equal(out, CASES[i][1]);
        snprintf(same, sizeof same, "%s", CASES[i][0]);
        assert_int_equal(zpl_path_clean(same, same), ZPL_OK);
        assert_string_equal(same, CASES[i][1]);
    }
    char *huge = calloc(1, ZPL_PATH_MAX + 1), out[ZPL_PATH_MAX];
    memset(huge, 'a', ZPL_PATH_MAX);
    assert_int_equal(zpl_path_clean(out, huge), ZPL_ERR_LIMIT);
    assert_int_equal(zpl_path_join(out, huge, "b"), ZPL_ERR_LIMIT);
    free(huge);
}

static void paths_are_split(void **state)
{
    (void)state;
    static const char *const CASES[][3] = {{"a", ".", "a"},     {"a/b", "a", "b"},
                                           {"/a", "/", "a"},    {"a/b/c.x", "a/b", "c.x"},
                                           {"a/b/", "a/b", ""}, {"", ".", ""}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char out[ZPL_PATH_MAX];
        assert_int_equal(zpl_path_dir(out, CASES[i][0]), ZPL_OK);
        assert_string_equal(out, CASES[i][1]);
        assert_string_equal(zpl_path_base(CASES[i][0]), CASES[i][2]);
    }
}

static void a_file_is_written_and_read_back(void **state)
{
    (void)state;
    struct zpl_buf big = {0}, out = {0};
    for (uint64_t i = 0; i < 50000; i++)
        zpl_buf_u64(&big, i * 0x9E3779B97F4A7C15u);
    zpl_buf_puts(&big, "odd");
    assert_int_equal(zpl_fs_write_file(at("big"), big.data, big.len, true, NULL), ZPL_OK);
    assert_int_equal(zpl_fs_read_file(at("big"), big.len, &out, NULL), ZPL_OK);
    assert_int_equal(out.len, big.len);
    assert_memory_equal(out.data, big.data, big.len);
    struct zpl_digest digest, expected = zpl_digest_of(big.data, big.len);
    uint64_t size = 0;
    assert_int_equal(zpl_fs_digest(at("big"), &digest, &size, NULL), ZPL_OK);
    assert_true(zpl_digest_equal(&digest, &expected));
    assert_int_equal(size, big.len);
    write_text(at("empty"), "");
    expect_text(at("empty"), "");
    write_text(at("big"), "small now");
    expect_text(at("big"), "small now");
    zpl_buf_release(&big);
    zpl_buf_release(&out);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_buf out = {0};
    struct zpl_stat stat;
    struct zpl_arena arena = {0};
    char **names;
    size_t count;
    assert_int_equal(zpl_fs_read_file(at("none"), 10, &out, &diags), ZPL_ERR_NOT_FOUND);
    expect_told(&diags, at("none"));
    assert_int_equal(zpl_fs_stat(at("none"), &stat, &diags), ZPL_ERR_NOT_FOUND);
    write_text(at("file"), "x");
    assert_int_equal(zpl_fs_stat(at("file/below"), &stat, &diags), ZPL_ERR_NOT_FOUND);
    assert_int_equal(diags.count, 0);
    assert_int_equal(zpl_fs_list(at("none"), &arena, &names, &count, &diags), ZPL_ERR_NOT_FOUND);
    expect_told(&diags, at("none"));
    assert_int_equal(zpl_fs_remove_tree(at("none"), &diags), ZPL_OK);
    assert_int_equal(diags.count, 0);
}

static void a_file_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_buf out = {0};
    write_text(at("ten"), "0123456789");
    assert_int_equal(zpl_fs_read_file(at("ten"), 10, &out, &diags), ZPL_OK);
    assert_int_equal(zpl_fs_read_file(at("ten"), 9, &out, &diags), ZPL_ERR_LIMIT);
    expect_told(&diags, at("ten"));
    /* A file that does not tell its size. */
    assert_int_equal(zpl_fs_read_file("/proc/self/status", 1 << 20, &out, NULL), ZPL_OK);
    assert_true(out.len > 100);
    assert_int_equal(zpl_fs_read_file("/proc/self/status", 100, &out, NULL), ZPL_ERR_LIMIT);
    assert_int_equal(zpl_fs_read_file("/dev/zero", 100000, &out, NULL), ZPL_ERR_LIMIT);
    zpl_buf_release(&out);
}

static void folders_are_made_and_listed_sorted(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    assert_int_equal(zpl_fs_mkdirs(at("x/y//z/"), &diags), ZPL_OK);
    assert_int_equal(zpl_fs_mkdirs(at("x/y/z"), &diags), ZPL_OK);
    write_text(at("x/b"), "");
    write_text(at("x/a"), "");
    struct zpl_arena arena = {0};
    char **names;
    size_t count;
    assert_int_equal(zpl_fs_list(at("x"), &arena, &names, &count, &diags), ZPL_OK);
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    assert_string_equal(names[2], "y");
    zpl_arena_release(&arena);
    assert_int_equal(zpl_fs_mkdirs(at("x/a/below"), &diags), ZPL_ERR_IO);
    expect_told(&diags, at("x/a/below"));
    assert_int_equal(zpl_fs_mkdirs(at("x/a"), &diags), ZPL_ERR_IO);
    expect_told(&diags, at("x/a"));
}

static void stat_tells_files_apart(void **state)
{
    (void)state;
    struct zpl_stat file, other, dir;
    write_text(at("one"), "12345");
    write_text(at("two"), "12345");
    assert_int_equal(zpl_fs_stat(at("one"), &file, NULL), ZPL_OK);
    assert_int_equal(zpl_fs_stat(at("two"), &other, NULL), ZPL_OK);
    assert_int_equal(zpl_fs_stat(folder, &dir, NULL), ZPL_OK);
    assert_true(file.is_file && !file.is_dir && dir.is_dir && !dir.is_file);
    assert_int_equal(file.size, 5);
    assert_true(file.inode != other.inode && file.device == other.device);
    int64_t age = zpl_clock_wall_ns() - file.mtime_ns;
    assert_true(age > -1000000000 && age < 60000000000);
}

static void a_tree_is_removed_and_nothing_outside(void **state)
{
    (void)state;
    assert_int_equal(zpl_fs_mkdirs(at("kept"), NULL), ZPL_OK);
    write_text(at("kept/file"), "kept");
    assert_int_equal(zpl_fs_mkdirs(at("tree/a/b/c"), NULL), ZPL_OK);
    assert_int_equal(zpl_fs_mkdirs(at("tree/a/empty"), NULL), ZPL_OK);
    assert_int_equal(zpl_fs_mkdirs(at("tree/d"), NULL), ZPL_OK);
    write_text(at("tree/a/b/c/file"), "gone");
    write_text(at("tree/d/file"), "gone");
    assert_int_equal(symlink("../kept", at("tree/link")), 0);
    assert_int_equal(symlink("nowhere", at("tree/a/dangling")), 0);
    assert_int_equal(mkfifo(at("tree/pipe"), 0600), 0);
    assert_int_equal(chmod(at("tree/d"), 0), 0);
    assert_int_equal(chmod(at("tree/a/b"), 0500), 0);
    assert_int_equal(zpl_fs_remove_tree(at("tree"), NULL), ZPL_OK);
    assert_false(is_there(at("tree")));
    expect_text(at("kept/file"), "kept");
    assert_int_equal(symlink("kept", at("link")), 0);
    assert_int_equal(zpl_fs_remove_tree(at("link"), NULL), ZPL_OK);
    assert_false(is_there(at("link")));
    expect_text(at("kept/file"), "kept");
    assert_int_equal(zpl_fs_remove_tree(at("kept/file"), NULL), ZPL_OK);
    assert_false(is_there(at("kept/file")));
}

/* Deeper than a path may be long, and than there are descriptors. */
static void a_very_deep_tree_is_removed(void **state)
{
    (void)state;
    assert_int_equal(zpl_fs_mkdirs(at("deep"), NULL), ZPL_OK);
    int fd = open(at("deep"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(mkdirat(fd, "level", 0700), 0);
        int inner = openat(fd, "level", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = inner;
        assert_true(fd >= 0);
    }
    close(fd);
    assert_int_equal(zpl_fs_remove_tree(at("deep"), NULL), ZPL_OK);
    assert_false(is_there(at("deep")));
}

static void only_regular_files_are_hashed(void **state)
{
    (void)state;
    struct zpl_diags diags = {0};
    struct zpl_digest digest;
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    assert_int_equal(zpl_fs_digest(at("fifo"), &digest, NULL, &diags), ZPL_ERR_IO);
    expect_told(&diags, at("fifo"));
    assert_int_equal(zpl_fs_digest(folder, &digest, NULL, &diags), ZPL_ERR_IO);
    expect_told(&diags, folder);
}

static void a_short_read_is_told(void **state)
{
    (void)state;
    char data[8];
    size_t got = 0;
    write_text(at("short"), "12345");
    int fd = zpl_fs_open(at("short"), O_RDONLY, 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(zpl_fs_read_all(fd, data, 8, &got), ZPL_OK);
    assert_int_equal(got, 5);
    assert_int_equal(zpl_fs_read_all(fd, data, 8, NULL), ZPL_ERR_IO);
    close(fd);
}

static void on_alarm(int signal)
{
    (void)signal;
}

/* A pipe takes little at a time, and signals interrupt. */
static void writing_goes_on_after_short_writes_and_signals(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t reader = fork();
    assert_true(reader >= 0);
    if (reader == 0) {
        close(ends[1]);
        size_t sum = 0, got = 1;
        static unsigned char block[3000];
        while (got > 0 && zpl_fs_read_all(ends[0], block, sizeof block, &got) == ZPL_OK) {
            for (size_t i = 0; i < got; i++)
                sum += block[i];
            usleep(200);
        }
        _exit(sum % 251 == (size_t)SIZE * 7 % 251 ? 0 : 1);
    }
    close(ends[0]);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    timer_t timer;
    assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
    struct itimerspec often = {{0, 2000000}, {0, 2000000}};
    timer_settime(timer, 0, &often, NULL);
    char *data = malloc(SIZE);
    memset(data, 7, SIZE);
    assert_int_equal(zpl_fs_write_all(ends[1], data, SIZE), ZPL_OK);
    close(ends[1]);
    timer_delete(timer);
    free(data);
    int status = -1;
    while (waitpid(reader, &status, 0) < 0 && errno == EINTR)
        ;
    assert_int_equal(status, 0);
}

/* Something with calls that may fail. */
typedef enum zpl_err operation(struct zpl_diags *diags);

static enum zpl_err replace(struct zpl_diags *diags)
{
    return zpl_fs_write_file(at("safe/file"), "new", 3, true, diags);
}

static enum zpl_err read_back(struct zpl_diags *diags)
{
    struct zpl_buf out = {0};
    enum zpl_err err = zpl_fs_read_file(at("safe/file"), 100, &out, diags);
    zpl_buf_release(&out);
    return err;
}

static enum zpl_err make_deep(struct zpl_diags *diags)
{
    return zpl_fs_mkdirs(at("safe/p/q/r"), diags);
}

static enum zpl_err remove_deep(struct zpl_diags *diags)
{
    return zpl_fs_remove_tree(at("safe/t"), diags);
}

static enum zpl_err list(struct zpl_diags *diags)
{
    struct zpl_arena arena = {0};
    char **names;
    size_t count;
    enum zpl_err err = zpl_fs_list(at("safe"), &arena, &names, &count, diags);
    zpl_arena_release(&arena);
    return err;
}

static enum zpl_err digest(struct zpl_diags *diags)
{
    struct zpl_digest out;
    return zpl_fs_digest(at("safe/file"), &out, NULL, diags);
}

static enum zpl_err sync_folder(struct zpl_diags *diags)
{
    return zpl_fs_sync(at("safe"), diags);
}

/* Fails the 0th, 1st, 2nd … call of one kind until the operation works. */
static void sweep(operation *op, enum zpl_fault_kind kind)
{
    static const int ERRORS[] = {EIO, ENOSPC, EACCES};
    bool failed = true;
    for (long n = 0; failed; n++) {
        struct zpl_diags diags = {0};
        write_text(at("safe/file"), "old");
        zpl_fs_remove_tree(at("safe/p"), NULL);
        zpl_fs_mkdirs(at("safe/t/u/v"), NULL);
        write_text(at("safe/t/u/w"), "x");
        size_t before = count_names(at("safe"));
        zpl_fault_arm(kind, n, ERRORS[n % 3]);
        enum zpl_err err = op(&diags);
        failed = zpl_fault_fired();
        zpl_fault_disarm();
        /* A failed call is an error that is told once, or one that did not matter. */
        if (err == ZPL_OK) {
            assert_int_equal(diags.count, 0);
        } else {
            assert_true(failed);
            assert_int_equal(diags.count, 1);
            assert_int_equal(err, kind == ZPL_FAULT_ALLOC ? ZPL_ERR_NOMEM : ZPL_ERR_IO);
        }
        if (op == replace) {
            /* Old or new and whole, and no other file beside it. */
            struct zpl_buf out = {0};
            assert_int_equal(zpl_fs_read_file(at("safe/file"), 10, &out, NULL), ZPL_OK);
            bool renamed = strcmp(zpl_buf_str(&out), "new") == 0;
            assert_true(renamed || strcmp(zpl_buf_str(&out), "old") == 0);
            assert_true(renamed || err != ZPL_OK);
            assert_int_equal(count_names(at("safe")), before);
            zpl_buf_release(&out);
        }
        assert_true(n < 200);
        zpl_diags_release(&diags);
    }
}

static void failing_calls_are_told_and_leave_no_harm(void **state)
{
    (void)state;
    assert_int_equal(zpl_fs_mkdirs(at("safe"), NULL), ZPL_OK);
    static const enum zpl_fault_kind KINDS[] = {ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN,  ZPL_FAULT_READ,
                                                ZPL_FAULT_WRITE, ZPL_FAULT_FSYNC, ZPL_FAULT_RENAME};
    operation *const OPERATIONS[] = {replace, read_back, make_deep,  remove_deep,
                                     list,    digest,    sync_folder};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        for (size_t j = 0; j < sizeof OPERATIONS / sizeof *OPERATIONS; j++)
            sweep(OPERATIONS[j], KINDS[i]);
    }
}

static void interrupted_calls_are_made_again(void **state)
{
    (void)state;
    assert_int_equal(zpl_fs_mkdirs(at("safe"), NULL), ZPL_OK);
    write_text(at("safe/file"), "old");
    static const enum zpl_fault_kind KINDS[] = {ZPL_FAULT_OPEN, ZPL_FAULT_WRITE, ZPL_FAULT_FSYNC};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        zpl_fault_arm(KINDS[i], 0, EINTR);
        assert_int_equal(replace(NULL), ZPL_OK);
        assert_true(zpl_fault_fired());
    }
    zpl_fault_arm(ZPL_FAULT_READ, 0, EINTR);
    assert_int_equal(read_back(NULL), ZPL_OK);
    assert_true(zpl_fault_fired());
    zpl_fault_disarm();
}

/* Runs first, while this process has written no file: so the names it would take are known. */
static void what_a_killed_process_left_is_no_hindrance(void **state)
{
    (void)state;
    assert_int_equal(zpl_fs_mkdirs(at("left"), NULL), ZPL_OK);
    for (int i = 0; i < 60; i++) {
        char name[64];
        snprintf(name, sizeof name, "left/.zpl-%ld-%d", (long)getpid(), i);
        int fd = open(at(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        close(fd);
    }
    write_text(at("left/file"), "whole");
    expect_text(at("left/file"), "whole");
    assert_int_equal(count_names(at("left")), 61);
}

static void a_durable_write_syncs_file_and_folder(void **state)
{
    (void)state;
    write_text(at("durable"), "old");
    zpl_fault_arm(ZPL_FAULT_FSYNC, 0, EIO);
    assert_int_equal(zpl_fs_write_file(at("durable"), "new", 3, true, NULL), ZPL_ERR_IO);
    expect_text(at("durable"), "old");
    zpl_fault_arm(ZPL_FAULT_FSYNC, 1, EIO);
    assert_int_equal(zpl_fs_write_file(at("durable"), "new", 3, true, NULL), ZPL_ERR_IO);
    expect_text(at("durable"), "new");
    zpl_fault_arm(ZPL_FAULT_FSYNC, 0, EIO);
    assert_int_equal(zpl_fs_write_file(at("durable"), "any", 3, false, NULL), ZPL_OK);
    zpl_fault_disarm();
}

static void clocks_go_forward(void **state)
{
    (void)state;
    int64_t a = zpl_clock_monotonic_ns();
    usleep(2000);
    int64_t b = zpl_clock_monotonic_ns();
    assert_true(b - a >= 2000000);
    assert_true(llabs(zpl_clock_wall_ns() / 1000000000 - (long long)time(NULL)) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_killed_process_left_is_no_hindrance),
        cmocka_unit_test(paths_are_joined),
        cmocka_unit_test(paths_are_cleaned),
        cmocka_unit_test(paths_are_split),
        cmocka_unit_test(a_file_is_written_and_read_back),
        cmocka_unit_test(a_durable_write_syncs_file_and_folder),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
        cmocka_unit_test(folders_are_made_and_listed_sorted),
        cmocka_unit_test(stat_tells_files_apart),
        cmocka_unit_test(a_tree_is_removed_and_nothing_outside),
        cmocka_unit_test(a_very_deep_tree_is_removed),
        cmocka_unit_test(only_regular_files_are_hashed),
        cmocka_unit_test(a_short_read_is_told),
        cmocka_unit_test(writing_goes_on_after_short_writes_and_signals),
        cmocka_unit_test(failing_calls_are_told_and_leave_no_harm),
        cmocka_unit_test(interrupted_calls_are_made_again),
        cmocka_unit_test(clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
