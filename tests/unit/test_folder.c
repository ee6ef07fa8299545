/* The artifact store in a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/stack.h"

#define NOBODY 65534

struct fixture {
    char dir[64]; /* a temporary folder */
    char home[96];
    struct zpl_stack_config config;
    struct zpl_artifacts store;
    struct zpl_diags diags;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    snprintf(f->dir, sizeof f->dir, "/tmp/zpl-test-folder-XXXXXX");
    if (!mkdtemp(f->dir) || chmod(f->dir, 0755) < 0)
        return -1;
    snprintf(f->home, sizeof f->home, "%s/.zpl", f->dir);
    f->config.home = f->home;
    return zpl_artifacts_open(&f->config, &f->store, &f->diags) == ZPL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    zpl_fault_disarm();
    if (f->store.release)
        f->store.release(f->store.self);
    zpl_fs_remove_tree(f->dir, NULL);
    zpl_diags_release(&f->diags);
    free(f);
    return 0;
}

static void put(const char *path, const char *text)
{
    struct zpl_diags diags = {0};
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, &diags), ZPL_OK);
}

/* A file of that text in a new scratch folder; its path. */
static const char *make_file(struct fixture *f, const char *text, char path[ZPL_PATH_MAX])
{
    assert_int_equal(f->store.scratch(f->store.self, "", path, &f->diags), ZPL_OK);
    zpl_path_join(path, path, "out.bin");
    put(path, text);
    return path;
}

static enum zpl_err publish(struct fixture *f, const char *path, const char *text)
{
    struct zpl_digest digest = zpl_digest_of(text, strlen(text));
    return f->store.publish(f->store.self, path, &digest, strlen(text), &f->diags);
}

static enum zpl_err has(struct fixture *f, const char *text)
{
    struct zpl_digest digest = zpl_digest_of(text, strlen(text));
    return f->store.has(f->store.self, &digest, strlen(text), &f->diags);
}

static void local_path(struct fixture *f, const char *text, char path[ZPL_PATH_MAX])
{
    struct zpl_digest digest = zpl_digest_of(text, strlen(text));
    assert_int_equal(f->store.local(f->store.self, &digest, path, &f->diags), ZPL_OK);
    assert_int_equal(path[0], '/');
}

static void assert_stored(struct fixture *f, const char *text)
{
    char path[ZPL_PATH_MAX];
    struct zpl_buf bytes = {0};
    struct zpl_stat st;
    local_path(f, text, path);
    assert_int_equal(zpl_fs_read_file(path, 1 << 20, &bytes, &f->diags), ZPL_OK);
    assert_string_equal(zpl_buf_str(&bytes), text);
    assert_int_equal(zpl_fs_stat(path, &st, &f->diags), ZPL_OK);
    assert_int_equal(st.mode & 07777, 0444);
    zpl_buf_release(&bytes);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Names in home/<name>, without hidden ones and `skip`. */
static int count_in(struct fixture *f, const char *name, const char *skip)
{
    char path[200];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", f->home, name);
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.' && strcmp(entry->d_name, skip) != 0;
    closedir(dir);
    return count;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void asking_makes_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(has(f, "nobody made this"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 0);
    assert_false(exists(f->home));
    char path[ZPL_PATH_MAX];
    struct zpl_digest digest = zpl_digest_of("x", 1);
    assert_int_equal(f->store.local(f->store.self, &digest, path, &f->diags), ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 1);
}

static void a_file_is_kept(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX], ignore[200];
    make_file(f, "seven bytes", path);
    assert_int_equal(publish(f, path, "seven bytes"), ZPL_OK);
    assert_int_equal(has(f, "seven bytes"), ZPL_OK);
    assert_stored(f, "seven bytes");
    assert_false(exists(path));
    struct zpl_buf text = {0};
    snprintf(ignore, sizeof ignore, "%s/.gitignore", f->home);
    assert_int_equal(zpl_fs_read_file(ignore, 100, &text, &f->diags), ZPL_OK);
    assert_string_equal(zpl_buf_str(&text), "*\n");
    zpl_buf_release(&text);
}

static void a_second_copy_is_dropped(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX], kept[ZPL_PATH_MAX];
    struct zpl_stat first, second;
    assert_int_equal(publish(f, make_file(f, "same", path), "same"), ZPL_OK);
    local_path(f, "same", kept);
    zpl_fs_stat(kept, &first, NULL);
    assert_int_equal(publish(f, make_file(f, "same", path), "same"), ZPL_OK);
    assert_false(exists(path));
    zpl_fs_stat(kept, &second, NULL);
    assert_int_equal(first.inode, second.inode);
}

static void a_torn_file_is_replaced(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX], kept[ZPL_PATH_MAX];
    assert_int_equal(publish(f, make_file(f, "all of it", path), "all of it"), ZPL_OK);
    local_path(f, "all of it", kept);
    chmod(kept, 0644);
    assert_int_equal(truncate(kept, 3), 0);
    assert_int_equal(publish(f, make_file(f, "all of it", path), "all of it"), ZPL_OK);
    assert_stored(f, "all of it");
}

static void a_folder_is_kept(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX], at[ZPL_PATH_MAX + 64];
    struct zpl_stat st;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(f->store.scratch(f->store.self, "", path, &f->diags), ZPL_OK);
        zpl_path_join(path, path, "tree");
        snprintf(at, sizeof at, "%s/deep/deeper", path);
        assert_int_equal(zpl_fs_mkdirs(at, &f->diags), ZPL_OK);
        snprintf(at, sizeof at, "%s/deep/deeper/leaf", path);
        put(at, "leaf");
        snprintf(at, sizeof at, "%s/root", path);
        put(at, "root");
        assert_int_equal(publish(f, path, "manifest of the tree"), ZPL_OK);
        assert_false(exists(path));
    }
    local_path(f, "manifest of the tree", path);
    snprintf(at, sizeof at, "%s/deep/deeper/leaf", path);
    assert_int_equal(zpl_fs_stat(at, &st, &f->diags), ZPL_OK);
    assert_int_equal(st.mode & 07777, 0444);
    assert_int_equal(st.size, 4);
}

static void what_is_no_artifact_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX], at[ZPL_PATH_MAX + 64];
    /* a link in a folder */
    f->store.scratch(f->store.self, "", path, &f->diags);
    snprintf(at, sizeof at, "%s/link", path);
    assert_int_equal(symlink("/etc/passwd", at), 0);
    assert_int_equal(publish(f, path, "with link"), ZPL_ERR_INPUT);
    assert_int_equal(has(f, "with link"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 1);
    /* a pipe, which nobody writes to */
    f->store.scratch(f->store.self, "", path, &f->diags);
    zpl_path_join(path, path, "pipe");
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_int_equal(publish(f, path, "pipe"), ZPL_ERR_INPUT);
    /* a file that changed after it was digested, and one that is gone */
    make_file(f, "longer than it was", path);
    assert_int_equal(publish(f, path, "shorter"), ZPL_ERR_INPUT);
    assert_int_equal(has(f, "shorter"), ZPL_ERR_NOT_FOUND);
    unlink(path);
    assert_int_equal(publish(f, path, "gone"), ZPL_ERR_IO);
    assert_int_equal(f->diags.count, 4);
    assert_non_null(strstr(f->diags.items[3]->message, path));
}

/* A process that opens the store, makes scratch and waits to be killed. */
static pid_t start_user(struct fixture *f)
{
    int ready[2];
    char c;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct zpl_artifacts store;
        struct zpl_diags diags = {0};
        char path[ZPL_PATH_MAX];
        if (zpl_artifacts_open(&f->config, &store, &diags) == ZPL_OK &&
            store.scratch(store.self, "", path, &diags) == ZPL_OK) {
            zpl_path_join(path, path, "half");
            zpl_fs_write_file(path, "written", 7, false, &diags);
            (void)!write(ready[1], "x", 1);
        }
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

static void kill_user(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void scratch_of_the_dead_is_removed(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX];
    struct zpl_artifacts other;
    make_file(f, "ours", path);
    pid_t living = start_user(f), dead = start_user(f);
    assert_int_equal(count_in(f, "scratch", "guard"), 3);
    kill_user(dead);
    assert_int_equal(zpl_artifacts_open(&f->config, &other, &f->diags), ZPL_OK);
    assert_int_equal(count_in(f, "scratch", "guard"), 2);
    assert_true(exists(path));
    other.release(other.self);
    kill_user(living);
    f->store.release(f->store.self);
    assert_int_equal(zpl_artifacts_open(&f->config, &f->store, &f->diags), ZPL_OK);
    assert_int_equal(count_in(f, "scratch", "guard"), 0);
}

static void scratch_goes_when_it_is_not_needed(void **state)
{
    struct fixture *f = *state;
    char one[ZPL_PATH_MAX], two[ZPL_PATH_MAX];
    make_file(f, "1", one);
    make_file(f, "2", two);
    assert_string_not_equal(one, two);
    *strrchr(one, '/') = '\0';
    f->store.scratch_remove(f->store.self, one);
    assert_false(exists(one));
    assert_true(exists(two));
    f->store.release(f->store.self);
    f->store.release = NULL;
    assert_int_equal(count_in(f, "scratch", "guard"), 0);
}

static void a_relative_home_gives_absolute_paths(void **state)
{
    struct fixture *f = *state;
    char here[ZPL_PATH_MAX], path[ZPL_PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(f->dir), 0);
    struct zpl_stack_config config = {.home = ".zpl"};
    f->store.release(f->store.self);
    assert_int_equal(zpl_artifacts_open(&config, &f->store, &f->diags), ZPL_OK);
    assert_int_equal(publish(f, make_file(f, "relative", path), "relative"), ZPL_OK);
    assert_int_equal(chdir(here), 0);
    assert_stored(f, "relative");
}

/* Another user can use what is there, and is told what can't be written. */
static void a_read_only_store_can_be_read(void **state)
{
    struct fixture *f = *state;
    char path[ZPL_PATH_MAX];
    if (getuid() != 0)
        skip();
    assert_int_equal(publish(f, make_file(f, "for all", path), "for all"), ZPL_OK);
    pid_t pid = fork();
    if (pid == 0) {
        struct zpl_artifacts store;
        struct zpl_diags diags = {0};
        struct zpl_digest digest = zpl_digest_of("for all", 7);
        bool good =
            setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0;
        good = good && zpl_artifacts_open(&f->config, &store, &diags) == ZPL_OK;
        good = good && store.has(store.self, &digest, 7, &diags) == ZPL_OK;
        good = good && store.local(store.self, &digest, path, &diags) == ZPL_OK;
        good = good && open(path, O_RDONLY) >= 0 && diags.count == 0;
        good = good && store.scratch(store.self, "", path, &diags) == ZPL_ERR_IO;
        good = good && diags.count == 1 && diags.items[0]->code == ZPL_CODE_SYSTEM;
        good = good && strstr(diags.items[0]->message, f->home);
        good = good && strstr(diags.items[0]->message, strerror(EACCES));
        _exit(good ? 0 : 1);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void many_may_publish_the_same(void **state)
{
    struct fixture *f = *state;
    enum { PROCESSES = 4, TIMES = 40 };
    pid_t pids[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        if (pids[p] != 0)
            continue;
        struct fixture mine = {.config = f->config};
        bool good = zpl_artifacts_open(&mine.config, &mine.store, &mine.diags) == ZPL_OK;
        for (int i = 0; good && i < TIMES; i++) {
            char path[ZPL_PATH_MAX], text[32];
            snprintf(text, sizeof text, "artifact %d", i);
            good = mine.store.scratch(mine.store.self, "", path, &mine.diags) == ZPL_OK;
            zpl_path_join(path, path, "out");
            good = good && zpl_fs_write_file(path, text, strlen(text), false, NULL) == ZPL_OK;
            good = good && publish(&mine, path, text) == ZPL_OK && !exists(path);
        }
        if (good)
            mine.store.release(mine.store.self);
        _exit(good ? 0 : 1);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 1;
        waitpid(pids[p], &status, 0);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < TIMES; i++) {
        char text[32];
        snprintf(text, sizeof text, "artifact %d", i);
        assert_stored(f, text);
    }
    assert_int_equal(count_in(f, "scratch", "guard"), 0);
}

/* Each call fails once, in turn: the artifact is there whole or not at all, the failure is told with
 * a path in the store, and the next try works. */
static void every_failing_call_leaves_nothing_half(void **state)
{
    struct fixture *f = *state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN, ZPL_FAULT_READ,
                                         ZPL_FAULT_WRITE, ZPL_FAULT_RENAME};
    int failures = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        for (int n = 0; fired; n++) {
            char text[32], path[ZPL_PATH_MAX];
            assert_in_range(n, 0, 100);
            snprintf(text, sizeof text, "kind %d call %d", (int)kinds[k], n);
            make_file(f, text, path);
            zpl_fault_arm(kinds[k], n, ENOSPC);
            enum zpl_err err = publish(f, path, text);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            if (err == ZPL_OK) {
                assert_stored(f, text);
            } else {
                failures++;
                assert_int_equal(has(f, text), ZPL_ERR_NOT_FOUND);
                assert_int_equal(f->diags.count, 1);
                assert_non_null(strstr(f->diags.items[0]->message, f->home));
                assert_non_null(strstr(f->diags.items[0]->message, strerror(ENOSPC)));
                zpl_diags_clear(&f->diags);
                assert_int_equal(publish(f, path, text), ZPL_OK);
                assert_stored(f, text);
            }
        }
    }
    assert_true(failures >= 3);
}

/* The same for opening the store and making scratch in a new home. */
static void every_failing_call_of_scratch_is_told(void **state)
{
    struct fixture *f = *state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN, ZPL_FAULT_WRITE,
                                         ZPL_FAULT_RENAME};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        for (int n = 0; fired; n++) {
            struct zpl_artifacts store;
            char path[ZPL_PATH_MAX];
            assert_in_range(n, 0, 100);
            zpl_fs_remove_tree(f->home, NULL);
            zpl_fault_arm(kinds[k], n, ENOSPC);
            enum zpl_err err = zpl_artifacts_open(&f->config, &store, &f->diags);
            if (err == ZPL_OK)
                err = store.scratch(store.self, "", path, &f->diags);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            assert_int_equal(f->diags.count, err == ZPL_OK ? 0 : 1);
            if (err == ZPL_OK)
                assert_true(exists(path));
            zpl_diags_clear(&f->diags);
            if (store.release)
                store.release(store.self);
            assert_int_equal(count_in(f, "scratch", "guard"), 0);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asking_makes_nothing),
        TEST(a_file_is_kept),
        TEST(a_second_copy_is_dropped),
        TEST(a_torn_file_is_replaced),
        TEST(a_folder_is_kept),
        TEST(what_is_no_artifact_is_refused),
        TEST(scratch_of_the_dead_is_removed),
        TEST(scratch_goes_when_it_is_not_needed),
        TEST(a_relative_home_gives_absolute_paths),
        TEST(a_read_only_store_can_be_read),
        TEST(many_may_publish_the_same),
        TEST(every_failing_call_leaves_nothing_half),
        TEST(every_failing_call_of_scratch_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
