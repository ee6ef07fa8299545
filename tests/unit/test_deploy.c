/* The deployer that puts models into folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/base/fault.h"
#include "lang/base/fs.h"
#include "lang/base/limits.h"
#include "stack/stack.h"

struct fixture {
    char dir[64];
    char home[96], model[96];
    struct zpl_stack_config config;
    struct zpl_deployer deployer;
    struct zpl_diags diags;
    struct zpl_arena arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    snprintf(f->dir, sizeof f->dir, "/tmp/zpl-test-deploy-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->home, sizeof f->home, "%s/.zpl", f->dir);
    snprintf(f->model, sizeof f->model, "%s/artifact", f->dir);
    f->config.home = f->home;
    return zpl_deployer_open(&f->config, &f->deployer, &f->diags) == ZPL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    zpl_fault_disarm();
    f->deployer.release(f->deployer.self);
    zpl_fs_remove_tree(f->dir, NULL);
    zpl_diags_release(&f->diags);
    zpl_arena_release(&f->arena);
    free(f);
    return 0;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(zpl_fs_write_file(path, text, strlen(text), false, NULL), ZPL_OK);
}

static void assert_text(struct fixture *f, const char *path, const char *wanted)
{
    struct zpl_buf text = {0};
    assert_int_equal(zpl_fs_read_file(path, 1 << 20, &text, &f->diags), ZPL_OK);
    assert_string_equal(zpl_buf_str(&text), wanted);
    zpl_buf_release(&text);
}

static struct zpl_deployment deployment_of(struct fixture *f, const char *key)
{
    return (struct zpl_deployment){.name = "delays",
                                   .model_path = f->model,
                                   .model_type = "Model{xgboost, features: {a = Int}}",
                                   .key = zpl_digest_of(key, strlen(key)),
                                   .manifest = "{\"name\":\"delays\"}"};
}

static enum zpl_err deploy(struct fixture *f, const struct zpl_deployment *d, const char **where)
{
    return f->deployer.deploy(f->deployer.self, d, where, &f->arena, &f->diags);
}

static enum zpl_err current(struct fixture *f, const char *name, const char *key)
{
    struct zpl_digest digest = zpl_digest_of(key, strlen(key));
    return f->deployer.current(f->deployer.self, name, &digest, &f->diags);
}

/* The path of `name` in what is the latest now. */
static const char *latest(struct fixture *f, const char *name, char path[300])
{
    snprintf(path, 300, "%s/deployments/delays/latest/%s", f->home, name);
    return path;
}

/* Things in the folder of the deployment, hidden ones too. */
static int count_things(struct fixture *f)
{
    char path[200];
    int count = 0;
    snprintf(path, sizeof path, "%s/deployments/delays", f->home);
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void asking_makes_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(current(f, "delays", "k"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 0);
    assert_int_equal(access(f->home, F_OK), -1);
}

static void a_model_can_be_read_where_it_is_deployed(void **state)
{
    struct fixture *f = *state;
    struct zpl_deployment d = deployment_of(f, "k");
    const char *where;
    char path[300], hex[ZPL_HEX_SIZE];
    struct stat st;
    put(f->model, "trees");
    chmod(f->model, 0444);
    assert_int_equal(deploy(f, &d, &where), ZPL_OK);
    assert_text(f, latest(f, "model.ubj", path), "trees");
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_mode & S_IWUSR);
    assert_int_equal(st.st_nlink, 1);
    assert_text(f, latest(f, "manifest.json", path), d.manifest);
    zpl_digest_hex(&d.key, hex);
    snprintf(path, sizeof path, "%s/deployments/delays/%.12s", f->home, hex);
    assert_string_equal(where, path);
    assert_int_equal(current(f, "delays", "k"), ZPL_OK);
    assert_int_equal(current(f, "delays", "other"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(current(f, "others", "k"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(f->diags.count, 0);
}

static void the_type_gives_the_file_its_name(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *type, *file;
    } cases[] = {{"Model {onnx}", "model.onnx"},
                 {"Model{torch, features: {onnx = Int}}", "model"},
                 {"Model", "model"}};
    put(f->model, "bytes");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[300];
        const char *where;
        struct zpl_deployment d = deployment_of(f, cases[i].type);
        d.model_type = cases[i].type;
        assert_int_equal(deploy(f, &d, &where), ZPL_OK);
        assert_text(f, latest(f, cases[i].file, path), "bytes");
    }
}

static void the_same_key_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct zpl_deployment one = deployment_of(f, "one"), two = deployment_of(f, "two");
    const char *where;
    char path[300];
    put(f->model, "first");
    assert_int_equal(deploy(f, &one, &where), ZPL_OK);
    put(f->model, "second");
    assert_int_equal(deploy(f, &one, &where), ZPL_OK);
    assert_text(f, latest(f, "model.ubj", path), "first");
    assert_int_equal(count_things(f), 2);

    assert_int_equal(deploy(f, &two, &where), ZPL_OK);
    assert_text(f, latest(f, "model.ubj", path), "second");
    assert_int_equal(current(f, "delays", "one"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(deploy(f, &one, &where), ZPL_OK); /* back to what was kept */
    assert_text(f, latest(f, "model.ubj", path), "first");
    assert_int_equal(current(f, "delays", "one"), ZPL_OK);
}

static void a_deployment_that_is_gone_is_not_current(void **state)
{
    struct fixture *f = *state;
    struct zpl_deployment d = deployment_of(f, "k");
    const char *where;
    put(f->model, "m");
    assert_int_equal(deploy(f, &d, &where), ZPL_OK);
    assert_int_equal(zpl_fs_remove_tree(where, &f->diags), ZPL_OK);
    assert_int_equal(current(f, "delays", "k"), ZPL_ERR_NOT_FOUND);
    assert_int_equal(deploy(f, &d, &where), ZPL_OK);
    assert_int_equal(current(f, "delays", "k"), ZPL_OK);
}

static void a_folder_is_deployed_whole(void **state)
{
    struct fixture *f = *state;
    struct zpl_deployment d = deployment_of(f, "k");
    const char *where;
    char path[300];
    d.model_type = "Model{torch}";
    snprintf(path, sizeof path, "%s/a/b", f->model);
    assert_int_equal(zpl_fs_mkdirs(path, &f->diags), ZPL_OK);
    snprintf(path, sizeof path, "%s/a/b/weights", f->model);
    put(path, "w");
    snprintf(path, sizeof path, "%s/module.json", f->model);
    put(path, "{}");
    assert_int_equal(deploy(f, &d, &where), ZPL_OK);
    assert_text(f, latest(f, "model/a/b/weights", path), "w");
    assert_text(f, latest(f, "model/module.json", path), "{}");
}

static void a_large_model_is_copied_whole(void **state)
{
    struct fixture *f = *state;
    struct zpl_deployment d = deployment_of(f, "k");
    struct zpl_digest wanted, got;
    const char *where;
    char path[300];
    struct zpl_buf text = {0};
    for (int i = 0; i < 100000; i++)
        zpl_buf_printf(&text, "%d,", i);
    put(f->model, zpl_buf_str(&text));
    zpl_buf_release(&text);
    assert_int_equal(deploy(f, &d, &where), ZPL_OK);
    assert_int_equal(zpl_fs_digest(f->model, &wanted, NULL, &f->diags), ZPL_OK);
    assert_int_equal(zpl_fs_digest(latest(f, "model.ubj", path), &got, NULL, &f->diags), ZPL_OK);
    assert_true(zpl_digest_equal(&wanted, &got));
}

static void a_bad_name_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *bad[] = {"", ".", "..", "../x", "a/b", ".hidden", "a b"};
    put(f->model, "m");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct zpl_deployment d = deployment_of(f, "k");
        const char *where;
        d.name = bad[i];
        assert_int_equal(deploy(f, &d, &where), ZPL_ERR_INPUT);
        assert_int_equal(f->diags.count, i + 1);
        assert_int_equal(f->diags.items[i]->code, ZPL_CODE_DEPLOY);
    }
    assert_int_equal(access(f->home, F_OK), -1);
}

/* Each call fails once, in turn: the old deployment stays until the new one is whole, no rest is
 * left, and the next try works. */
static void every_failing_call_leaves_nothing_half(void **state)
{
    struct fixture *f = *state;
    const enum zpl_fault_kind kinds[] = {ZPL_FAULT_ALLOC, ZPL_FAULT_OPEN,  ZPL_FAULT_READ,
                                         ZPL_FAULT_WRITE, ZPL_FAULT_FSYNC, ZPL_FAULT_RENAME};
    struct zpl_deployment old = deployment_of(f, "old");
    const char *where;
    char path[300];
    int failures = 0;
    put(f->model, "old");
    assert_int_equal(deploy(f, &old, &where), ZPL_OK);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool fired = true;
        for (int n = 0; fired; n++) {
            char text[32];
            assert_in_range(n, 0, 100);
            snprintf(text, sizeof text, "kind %d call %d", (int)kinds[k], n);
            struct zpl_deployment d = deployment_of(f, text);
            put(f->model, text);
            assert_int_equal(deploy(f, &old, &where), ZPL_OK);
            int things = count_things(f);
            zpl_arena_release(&f->arena);
            zpl_fault_arm(kinds[k], n, ENOSPC);
            enum zpl_err err = deploy(f, &d, &where);
            fired = zpl_fault_fired();
            zpl_fault_disarm();
            if (err != ZPL_OK) {
                failures++;
                assert_int_equal(f->diags.count, 1);
                zpl_diags_clear(&f->diags);
                /* the new one may be there already, without being the latest */
                assert_in_range(count_things(f), things, things + 1);
                char *words = current(f, "delays", text) == ZPL_OK ? text : "old";
                assert_text(f, latest(f, "model.ubj", path), words);
                assert_int_equal(deploy(f, &d, &where), ZPL_OK);
            }
            assert_int_equal(current(f, "delays", text), ZPL_OK);
            assert_text(f, latest(f, "model.ubj", path), text);
            assert_text(f, latest(f, "manifest.json", path), d.manifest);
            assert_int_equal(count_things(f), things + 1);
        }
    }
    assert_true(failures > 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asking_makes_nothing),
        TEST(a_model_can_be_read_where_it_is_deployed),
        TEST(the_type_gives_the_file_its_name),
        TEST(the_same_key_changes_nothing),
        TEST(a_deployment_that_is_gone_is_not_current),
        TEST(a_folder_is_deployed_whole),
        TEST(a_large_model_is_copied_whole),
        TEST(a_bad_name_is_refused),
        TEST(every_failing_call_leaves_nothing_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
